/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "kit/bus-kit.h"

#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <glib/gstdio.h>

#define START_SECONDS 30
#define PAUSE 1000

/* Like the system bus: what is not allowed is denied. Whoever runs the tests
 * may have the registry's name. */
#define CONFIG                                                                 \
  "<!DOCTYPE busconfig PUBLIC"                                                 \
  " '-//freedesktop//DTD D-BUS Bus Configuration 1.0//EN'"                     \
  " 'http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd'>\n"          \
  "<busconfig>\n"                                                              \
  "<listen>unix:path=%s/bus</listen>\n"                                        \
  "<auth>EXTERNAL</auth>\n"                                                    \
  "<policy context='default'>\n"                                               \
  "<allow user='*'/>\n"                                                        \
  "<deny own='*'/>\n"                                                          \
  "<deny send_type='method_call'/>\n"                                          \
  "<allow send_type='signal'/>\n"                                              \
  "<allow send_requested_reply='true' send_type='method_return'/>\n"           \
  "<allow send_requested_reply='true' send_type='error'/>\n"                   \
  "<allow receive_type='method_call'/>\n"                                      \
  "<allow receive_type='method_return'/>\n"                                    \
  "<allow receive_type='error'/>\n"                                            \
  "<allow receive_type='signal'/>\n"                                           \
  "<allow send_destination='org.freedesktop.DBus'/>\n"                         \
  "<allow own='org.freedesktop.PolicyKit1'/>\n"                                \
  "<allow send_destination='org.freedesktop.PolicyKit1'/>\n"                   \
  "</policy>\n"                                                                \
  "<include>%s</include>\n"                                                    \
  "<policy user='%u'><allow own='" BUS_KIT_NAME "'/></policy>\n"               \
  "</busconfig>\n"

/* Whether there is a program for it. */
gboolean
bus_kit_is_possible (void)
{
  g_autofree char *program = g_find_program_in_path ("dbus-daemon");

  return program != NULL;
}

/* Begins tests that need a bus. Without the program for it, says that they are
 * left out, and gives FALSE. */
gboolean
bus_kit_init (int *argc, char ***argv)
{
  g_test_init (argc, argv, NULL);

  if (bus_kit_is_possible ())
    return TRUE;

  g_print ("1..0 # SKIP dbus-daemon is not installed\n");
  return FALSE;
}

static void
child_setup_cb (gpointer user_data)
{
  prctl (PR_SET_PDEATHSIG, SIGKILL);
}

static gboolean
write_config (BusKit *self, const char *path, GError **error)
{
  g_autofree char *policy = g_test_build_filename (G_TEST_DIST,
                                                   "..",
                                                   "data",
                                                   "dbus",
                                                   BUS_KIT_NAME ".conf",
                                                   NULL);
  g_autofree char *text =
    g_strdup_printf (CONFIG, self->folder, policy, (guint) getuid ());

  return g_file_set_contents (path, text, -1, error);
}

static gboolean
launch (BusKit *self, GError **error)
{
  g_autofree char *config = g_build_filename (self->folder, "bus.conf", NULL);
  g_autofree char *option = g_strconcat ("--config-file=", config, NULL);
  const char *arguments[] = { "dbus-daemon", option,       "--nofork",
                              "--nopidfile", "--nosyslog", NULL };

  /* The bus names users whom this machine may not know, and says so. */
  return write_config (self, config, error) &&
         g_spawn_async (NULL,
                        (char **) arguments,
                        NULL,
                        G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD |
                          G_SPAWN_STDERR_TO_DEV_NULL,
                        child_setup_cb,
                        NULL,
                        &self->pid,
                        error);
}

/* Starts the bus, or starts it again where it was, and waits for it. */
gboolean
bus_kit_start (BusKit *self, GError **error)
{
  gint64 end = g_get_monotonic_time () + START_SECONDS * G_USEC_PER_SEC;

  if (!launch (self, error))
    return FALSE;

  for (;;)
    {
      g_autoptr (GError) local_error = NULL;
      g_autoptr (GDBusConnection) connection =
        bus_kit_connect (self, getuid (), &local_error);

      if (connection != NULL)
        return TRUE;
      if (g_get_monotonic_time () > end)
        {
          g_propagate_error (error, g_steal_pointer (&local_error));
          return FALSE;
        }
      g_usleep (PAUSE);
    }
}

/* Ends the bus, if it runs, as a crash would. */
void
bus_kit_stop (BusKit *self)
{
  g_autofree char *socket = g_build_filename (self->folder, "bus", NULL);

  if (self->pid != 0)
    {
      kill (self->pid, SIGKILL);
      waitpid (self->pid, NULL, 0);
    }
  self->pid = 0;
  g_unlink (socket);
}

BusKit *
bus_kit_new (GError **error)
{
  g_autoptr (BusKit) self = g_new0 (BusKit, 1);

  self->folder = g_dir_make_tmp ("loft-bus-XXXXXX", error);
  if (self->folder == NULL)
    return NULL;
  g_chmod (self->folder, 0711);
  self->address = g_strdup_printf ("unix:path=%s/bus", self->folder);
  if (!bus_kit_start (self, error))
    return NULL;
  g_setenv ("DBUS_SYSTEM_BUS_ADDRESS", self->address, TRUE);

  return g_steal_pointer (&self);
}

void
bus_kit_free (BusKit *self)
{
  if (self->folder != NULL)
    {
      g_autofree char *config =
        g_build_filename (self->folder, "bus.conf", NULL);

      bus_kit_stop (self);
      g_unlink (config);
      g_rmdir (self->folder);
    }
  g_free (self->folder);
  g_free (self->address);
  g_free (self);
}

/* A connection of a user: of another one only for root. */
GDBusConnection *
bus_kit_connect (BusKit *self, uid_t uid, GError **error)
{
  uid_t own = geteuid ();

  if (uid != own && seteuid (uid) == -1)
    {
      g_set_error_literal (error,
                           G_IO_ERROR,
                           G_IO_ERROR_PERMISSION_DENIED,
                           "Only root can be somebody else");
      return NULL;
    }
  GDBusConnection *connection = g_dbus_connection_new_for_address_sync (
    self->address,
    G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT |
      G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
    NULL,
    NULL,
    error);
  if (uid != own)
    g_assert_cmpint (seteuid (own), ==, 0);

  return connection;
}

/* Waits until somebody has a name, or nobody has it any more. */
gboolean
bus_kit_wait_name (GDBusConnection *connection, const char *name, gboolean is)
{
  gint64 end = g_get_monotonic_time () + START_SECONDS * G_USEC_PER_SEC;

  while (g_get_monotonic_time () < end)
    {
      gboolean has = !is;
      g_autoptr (GVariant) answer =
        g_dbus_connection_call_sync (connection,
                                     "org.freedesktop.DBus",
                                     "/org/freedesktop/DBus",
                                     "org.freedesktop.DBus",
                                     "NameHasOwner",
                                     g_variant_new ("(s)", name),
                                     G_VARIANT_TYPE ("(b)"),
                                     G_DBUS_CALL_FLAGS_NONE,
                                     -1,
                                     NULL,
                                     NULL);

      if (answer != NULL)
        g_variant_get (answer, "(b)", &has);
      if (has == is)
        return TRUE;
      g_usleep (PAUSE);
    }

  return FALSE;
}

/* Calls a method of the registry, or of a job, with parameters that are written
 * in GVariant's text format. */
GVariant *
bus_kit_call (GDBusConnection *connection,
              const char *path,
              const char *method,
              const char *parameters,
              GError **error)
{
  g_autoptr (GVariant) values =
    g_variant_parse (NULL, parameters, NULL, NULL, error);
  if (values == NULL)
    return NULL;

  return g_dbus_connection_call_sync (
    connection,
    BUS_KIT_NAME,
    path,
    g_str_equal (path, BUS_KIT_PATH) ? BUS_KIT_NAME : BUS_KIT_NAME ".Job",
    method,
    values,
    NULL,
    G_DBUS_CALL_FLAGS_NONE,
    -1,
    NULL,
    error);
}

/* The same, for tests that look at the answer as text: an error is its name,
 * that of the registry's own ones without what all have. */
char *
bus_kit_try (GDBusConnection *connection,
             const char *path,
             const char *method,
             const char *parameters)
{
  g_autoptr (GError) local_error = NULL;
  g_autoptr (GVariant) answer =
    bus_kit_call (connection, path, method, parameters, &local_error);

  if (answer != NULL)
    return g_variant_print (answer, FALSE);

  char *name = g_dbus_error_get_remote_error (local_error);
  if (name == NULL)
    return g_strdup (local_error->message);
  if (g_str_has_prefix (name, BUS_KIT_ERROR))
    memmove (name,
             name + strlen (BUS_KIT_ERROR),
             strlen (name) - strlen (BUS_KIT_ERROR) + 1);

  return name;
}

/* What a property is just now. */
GVariant *
bus_kit_get (GDBusConnection *connection,
             const char *path,
             const char *property)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) value = NULL;
  g_autoptr (GVariant) answer = g_dbus_connection_call_sync (
    connection,
    BUS_KIT_NAME,
    path,
    "org.freedesktop.DBus.Properties",
    "Get",
    g_variant_new ("(ss)",
                   g_str_equal (path, BUS_KIT_PATH) ? BUS_KIT_NAME
                                                    : BUS_KIT_NAME ".Job",
                   property),
    G_VARIANT_TYPE ("(v)"),
    G_DBUS_CALL_FLAGS_NONE,
    -1,
    NULL,
    &error);
  g_assert_no_error (error);
  g_variant_get (answer, "(v)", &value);

  return g_steal_pointer (&value);
}
