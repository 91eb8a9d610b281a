/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "loft-gio-server.h"

#include <gio/gunixsocketaddress.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>

#include "storage/loft-storage.h"

/* How often to look whether a process that was ended is gone. */
#define LOOK_AGAIN (10 * G_TIME_SPAN_MILLISECOND)

/* What GVfs tells of each mount, and where in it the host is. */
#define MOUNTS_TYPE "(a(sossssssbay(aya{sv})ay))"
#define SPEC 10

/* What GVfs calls a scheme. */
static const char *
get_type (GUri *uri)
{
  const char *scheme = g_uri_get_scheme (uri);

  return g_str_equal (scheme, "davs") ? "dav" : scheme;
}

/* Whether a mount, as GVfs describes it, is that of @uri. */
static gboolean
is_mount_of (GVariant *mount, GUri *uri)
{
  g_autoptr (GVariant) spec = g_variant_get_child_value (mount, SPEC);
  g_autoptr (GVariant) items = g_variant_get_child_value (spec, 1);
  g_autofree char *port = g_uri_get_port (uri) != -1
                            ? g_strdup_printf ("%d", g_uri_get_port (uri))
                            : NULL;
  const char *wanted[][2] = {
    { "type", get_type (uri) },
    { "host", g_uri_get_host (uri) },
    { "user", g_uri_get_user (uri) },
    { "port", port },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (wanted); i++)
    {
      const char *value = NULL;

      g_variant_lookup (items, wanted[i][0], "^&ay", &value);
      if (wanted[i][1] != NULL && g_strcmp0 (value, wanted[i][1]) != 0)
        return FALSE;
    }

  return TRUE;
}

/* Names on the bus of those that serve something else. */
static GHashTable *
list_others (GDBusConnection *bus, GUri *uri, int timeout, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  g_autoptr (GHashTable) others =
    g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GVariant) answer =
    g_dbus_connection_call_sync (bus,
                                 "org.gtk.vfs.Daemon",
                                 "/org/gtk/vfs/mounttracker",
                                 "org.gtk.vfs.MountTracker",
                                 "ListMounts",
                                 NULL,
                                 G_VARIANT_TYPE (MOUNTS_TYPE),
                                 G_DBUS_CALL_FLAGS_NONE,
                                 timeout,
                                 NULL,
                                 &local_error);

  /* Without GVfs nothing is served; that it is missing is told by mounting. */
  if (answer == NULL && !g_error_matches (local_error,
                                          G_DBUS_ERROR,
                                          G_DBUS_ERROR_SERVICE_UNKNOWN))
    {
      g_dbus_error_strip_remote_error (local_error);
      g_set_error (error,
                   LOFT_STORAGE_ERROR,
                   LOFT_STORAGE_ERROR_UNAVAILABLE,
                   "GVfs does not tell what is mounted: %s",
                   local_error->message);
      return NULL;
    }

  g_autoptr (GVariant) mounts =
    answer != NULL ? g_variant_get_child_value (answer, 0) : NULL;
  for (gsize i = 0; mounts != NULL && i < g_variant_n_children (mounts); i++)
    {
      g_autoptr (GVariant) mount = g_variant_get_child_value (mounts, i);
      char *name = NULL;

      if (is_mount_of (mount, uri))
        continue;
      g_variant_get_child (mount, 0, "s", &name);
      g_hash_table_add (others, name);
    }

  return g_steal_pointer (&others);
}

static GVariant *
ask_bus (GDBusConnection *bus,
         const char *question,
         const char *name,
         const char *type,
         int timeout)
{
  return g_dbus_connection_call_sync (bus,
                                      "org.freedesktop.DBus",
                                      "/org/freedesktop/DBus",
                                      "org.freedesktop.DBus",
                                      question,
                                      name != NULL ? g_variant_new ("(s)", name)
                                                   : NULL,
                                      G_VARIANT_TYPE (type),
                                      G_DBUS_CALL_FLAGS_NONE,
                                      timeout,
                                      NULL,
                                      NULL);
}

static gboolean
has_owner (GDBusConnection *bus, const char *name, int timeout)
{
  g_autoptr (GVariant) answer =
    ask_bus (bus, "NameHasOwner", name, "(b)", timeout);
  gboolean has = TRUE;

  if (answer != NULL)
    g_variant_get (answer, "(b)", &has);

  return has;
}

/* Gives 0 if what has that name on the bus is no process of @program. */
static pid_t
get_process (GDBusConnection *bus,
             const char *name,
             const char *program,
             int timeout)
{
  g_autoptr (GVariant) answer =
    ask_bus (bus, "GetConnectionUnixProcessID", name, "(u)", timeout);
  guint32 pid = 0;

  if (answer != NULL)
    g_variant_get (answer, "(u)", &pid);

  g_autofree char *path = g_strdup_printf ("/proc/%u/comm", pid);
  g_autofree char *text = NULL;

  return pid > 1 && g_file_get_contents (path, &text, NULL, NULL) &&
             g_str_equal (g_strchomp (text), program)
           ? (pid_t) pid
           : 0;
}

static gboolean
wait_for_end (GDBusConnection *bus,
              const char *name,
              gint64 patience,
              GError **error)
{
  gint64 end = g_get_monotonic_time () + patience;

  while (g_get_monotonic_time () < end)
    {
      if (!has_owner (bus, name, (int) (patience / 1000)))
        return TRUE;
      g_usleep (LOOK_AGAIN);
    }

  g_set_error (error,
               LOFT_STORAGE_ERROR,
               LOFT_STORAGE_ERROR_UNAVAILABLE,
               "The mount does not end");

  return FALSE;
}

/* Ends those that serve the mount, that were to serve it and are stuck in that,
 * or that serve nothing since the GVfs that knew of them has died. */
static gboolean
end_servers (GDBusConnection *bus, GUri *uri, gint64 patience, GError **error)
{
  int timeout = (int) (patience / 1000);
  g_autofree char *program = g_strconcat ("gvfsd-", get_type (uri), NULL);
  g_autoptr (GHashTable) others = list_others (bus, uri, timeout, error);
  g_autoptr (GVariant) answer =
    others != NULL ? ask_bus (bus, "ListNames", NULL, "(as)", timeout) : NULL;

  if (answer == NULL)
    return others != NULL;

  g_autofree const char **names = NULL;
  g_variant_get (answer, "(^a&s)", &names);
  for (gsize i = 0; names[i] != NULL; i++)
    {
      pid_t pid =
        names[i][0] == ':' && !g_hash_table_contains (others, names[i])
          ? get_process (bus, names[i], program, timeout)
          : 0;

      if (pid == 0)
        continue;
      kill (pid, SIGKILL);
      if (!wait_for_end (bus, names[i], patience, error))
        return FALSE;
    }

  return TRUE;
}

/* Whether a process was told to connect to where @uri leads. */
static gboolean
is_connection_to (pid_t pid, GUri *uri)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/cmdline", (int) pid);
  g_autofree char *port = g_strdup_printf ("%d", g_uri_get_port (uri));
  g_autofree char *line = NULL;
  gsize length = 0;

  if (!g_file_get_contents (path, &line, &length, NULL))
    return FALSE;

  g_autoptr (GPtrArray) words = g_ptr_array_new ();
  for (gsize i = 0; i < length; i += strlen (line + i) + 1)
    g_ptr_array_add (words, line + i);
  g_ptr_array_add (words, NULL);

  const char *const *all = (const char *const *) words->pdata;
  return g_strv_contains (all, g_uri_get_host (uri)) &&
         (g_uri_get_port (uri) == -1 || g_strv_contains (all, port)) &&
         (g_uri_get_user (uri) == NULL ||
          g_strv_contains (all, g_uri_get_user (uri)));
}

/* Ends who listens at @path, if it is a connection to where @uri leads. */
static void
end_connection (const char *path, GUri *uri)
{
  g_autoptr (GSocketAddress) address = g_unix_socket_address_new (path);
  g_autoptr (GSocket) socket = g_socket_new (G_SOCKET_FAMILY_UNIX,
                                             G_SOCKET_TYPE_STREAM,
                                             G_SOCKET_PROTOCOL_DEFAULT,
                                             NULL);
  g_autoptr (GCredentials) peer = NULL;

  /* It may be too busy to take us, which must not make us wait. */
  if (socket != NULL)
    {
      g_socket_set_blocking (socket, FALSE);
      if (g_socket_connect (socket, address, NULL, NULL))
        peer = g_socket_get_credentials (socket, NULL);
    }

  pid_t pid = peer != NULL ? g_credentials_get_unix_pid (peer, NULL) : 0;
  if (pid <= 1 || !is_connection_to (pid, uri))
    return;

  kill (pid, SIGKILL);
  g_unlink (path);
}

/* With SFTP one process of ssh has the connection, which it shares with those
 * that come later, and it outlives who has started it for as long as the server
 * does not answer. */
static void
end_connections (GUri *uri)
{
  g_autofree char *path =
    g_build_filename (g_get_user_runtime_dir (), "gvfsd-sftp", NULL);
  g_autoptr (GDir) folder = g_str_equal (g_uri_get_scheme (uri), "sftp")
                              ? g_dir_open (path, 0, NULL)
                              : NULL;
  const char *name = NULL;

  while (folder != NULL && (name = g_dir_read_name (folder)) != NULL)
    {
      g_autofree char *socket = g_build_filename (path, name, NULL);

      end_connection (socket, uri);
    }
}

/**
 * loft_gio_server_end: (skip)
 * @root: a folder
 * @patience: how long each step may take, in µs
 * @error: return location for a #GError
 *
 * Ends the process of GVfs that serves @root, and with it all that it has
 * queued. Unmounting would wait for it; it may be the one that does not answer.
 *
 * Returns: whether there is none; else @error is set
 */
gboolean
loft_gio_server_end (GFile *root, gint64 patience, GError **error)
{
  g_autofree char *text = g_file_get_uri (root);
  g_autoptr (GUri) uri = g_uri_parse (text, G_URI_FLAGS_NON_DNS, NULL);
  g_autoptr (GDBusConnection) bus =
    g_bus_get_sync (G_BUS_TYPE_SESSION, NULL, NULL);

  if (bus == NULL || uri == NULL)
    return TRUE;
  if (!end_servers (bus, uri, patience, error))
    return FALSE;

  end_connections (uri);

  return TRUE;
}
