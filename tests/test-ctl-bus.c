/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kit/ctl-kit.h"

/* What the administrator's tool says where there is no registry, no right, or
 * another registry than it expects. */

/* Who has no rights may read, and is told what to do about the rest. */
static void
test_others (CtlKit *kit, gconstpointer test_data)
{
  if (getuid () != 0)
    {
      g_test_skip ("only root can be somebody else");
      return;
    }

  g_autoptr (CtlKitResult) status = ctl_kit_run_as ("status", BUS_KIT_NOBODY);
  g_assert_cmpint (status->status, ==, 0);
  g_autoptr (CtlKitResult) reload = ctl_kit_run_as ("reload", BUS_KIT_NOBODY);
  g_assert_cmpint (reload->status, ==, 4);
  g_assert_nonnull (strstr (reload->err, "Try it as root"));
}

/* Without a registry, and without a bus, there is advice. */
static void
test_nobody (CtlKit *kit, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;

  daemon_kit_stop (kit->daemon, &error);
  g_assert_no_error (error);
  g_assert_true (bus_kit_wait_name (kit->connection, BUS_KIT_NAME, FALSE));

  g_autoptr (CtlKitResult) alone = ctl_kit_run ("status");
  g_assert_cmpint (alone->status, ==, 3);
  g_assert_nonnull (strstr (alone->err, "Start loft-registryd"));
  g_assert_nonnull (strstr (alone->err, "bus = system"));
  g_assert_nonnull (strstr (alone->err, "systemctl start loft-registry"));
}

/* 1 while another registry is on the bus, 2 when it shall leave. */
static int other_serves; /* atomic */

static void
answer_cb (GDBusConnection *connection,
           const char *sender,
           const char *object_path,
           const char *interface_name,
           const char *method_name,
           GVariant *parameters,
           GDBusMethodInvocation *invocation,
           gpointer user_data)
{
  g_dbus_method_invocation_return_value (invocation, g_variant_new ("(u)", 2u));
}

/* Has left when it answers, as a registry that stops: then the call has come to
 * it, and its object has gone. */
static void
leave_cb (GDBusConnection *connection,
          const char *sender,
          const char *object_path,
          const char *interface_name,
          const char *method_name,
          GVariant *parameters,
          GDBusMethodInvocation *invocation,
          gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) answer =
    g_dbus_connection_call_sync (connection,
                                 "org.freedesktop.DBus",
                                 "/org/freedesktop/DBus",
                                 "org.freedesktop.DBus",
                                 "ReleaseName",
                                 g_variant_new ("(s)", BUS_KIT_NAME),
                                 G_VARIANT_TYPE ("(u)"),
                                 G_DBUS_CALL_FLAGS_NONE,
                                 -1,
                                 NULL,
                                 &error);

  g_assert_no_error (error);
  g_dbus_method_invocation_return_dbus_error (
    invocation,
    g_str_equal (method_name, "Reload")
      ? "org.freedesktop.DBus.Error.UnknownObject"
      : "org.freedesktop.DBus.Error.AccessDenied",
    "Nobody is here");
}

/**
 * Other:
 * @interface: its methods, in XML
 * @vtable: what answers them
 * @kit: the bus
 *
 * Another registry.
 */
typedef struct
{
  const char *interface;
  GDBusInterfaceVTable vtable;
  CtlKit *kit;
} Other;

/* Has another registry on the bus. */
static gpointer
serve_other_cb (gpointer data)
{
  const Other *other = data;
  CtlKit *kit = other->kit;
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (GError) error = NULL;
  g_autofree char *xml =
    g_strdup_printf ("<node><interface name='%s'>%s</interface></node>",
                     BUS_KIT_NAME,
                     other->interface);
  g_autoptr (GDBusNodeInfo) node = g_dbus_node_info_new_for_xml (xml, &error);
  g_assert_no_error (error);

  g_main_context_push_thread_default (context);
  guint id = g_dbus_connection_register_object (kit->connection,
                                                BUS_KIT_PATH,
                                                node->interfaces[0],
                                                &other->vtable,
                                                NULL,
                                                NULL,
                                                &error);
  g_assert_no_error (error);
  g_autoptr (GVariant) answer =
    g_dbus_connection_call_sync (kit->connection,
                                 "org.freedesktop.DBus",
                                 "/org/freedesktop/DBus",
                                 "org.freedesktop.DBus",
                                 "RequestName",
                                 g_variant_new ("(su)", BUS_KIT_NAME, 0u),
                                 G_VARIANT_TYPE ("(u)"),
                                 G_DBUS_CALL_FLAGS_NONE,
                                 -1,
                                 NULL,
                                 &error);
  g_assert_no_error (error);
  g_atomic_int_set (&other_serves, 1);
  while (g_atomic_int_get (&other_serves) == 1)
    if (!g_main_context_iteration (context, FALSE))
      g_usleep (1000);
  g_dbus_connection_unregister_object (kit->connection, id);
  g_main_context_pop_thread_default (context);

  return NULL;
}

static GThread *
start_other (Other *other)
{
  g_atomic_int_set (&other_serves, 0);
  GThread *thread = g_thread_new ("other", serve_other_cb, other);
  g_assert_true (
    bus_kit_wait_name (other->kit->connection, BUS_KIT_NAME, TRUE));

  return thread;
}

static void
stop_other (GThread *thread)
{
  while (g_atomic_int_get (&other_serves) == 0)
    g_usleep (1000);
  g_atomic_int_set (&other_serves, 2);
  g_thread_join (thread);
}

static void
stop_registry (CtlKit *kit)
{
  g_autoptr (GError) error = NULL;

  daemon_kit_stop (kit->daemon, &error);
  g_assert_no_error (error);
  g_assert_true (bus_kit_wait_name (kit->connection, BUS_KIT_NAME, FALSE));
}

/* A registry that is older or newer gives no riddles. */
static void
test_other_version (CtlKit *kit, gconstpointer test_data)
{
  static const char *const lines[] = {
    "yank a@1.0.0",
    "reload",
    "logs --audit",
  };
  Other other = {
    "<method name='Reload'><arg type='s' direction='in'/></method>",
    { .method_call = answer_cb },
    kit
  };

  stop_registry (kit);
  GThread *thread = start_other (&other);

  for (gsize i = 0; i < G_N_ELEMENTS (lines); i++)
    {
      g_autoptr (CtlKitResult) result = ctl_kit_run (lines[i]);

      g_assert_cmpint (result->status, ==, 1);
      g_assert_nonnull (strstr (result->err, "is of another version than"));
      g_assert_nonnull (strstr (result->err, "systemctl restart"));
    }
  stop_other (thread);
}

/* A call that comes while the registry leaves is to be made again, whatever the
 * bus says of it. */
static void
test_leaving (CtlKit *kit, gconstpointer test_data)
{
  static const char *const lines[] = { "reload", "rescan" };
  Other other = { "<method name='Reload'/><method name='Rescan'/>",
                  { .method_call = leave_cb },
                  kit };

  stop_registry (kit);
  for (gsize i = 0; i < G_N_ELEMENTS (lines); i++)
    {
      GThread *thread = start_other (&other);
      g_autoptr (CtlKitResult) result = ctl_kit_run (lines[i]);

      g_assert_cmpint (result->status, ==, 3);
      g_assert_nonnull (strstr (result->err, "has just left the bus"));
      g_assert_null (strstr (result->err, "another version"));
      g_assert_null (strstr (result->err, "policy"));
      stop_other (thread);
    }
}

int
main (int argc, char **argv)
{
  if (!bus_kit_init (&argc, &argv))
    return EXIT_SUCCESS;

  ctl_kit_add ("/ctl-bus/others", test_others);
  ctl_kit_add ("/ctl-bus/nobody", test_nobody);
  ctl_kit_add ("/ctl-bus/other-version", test_other_version);
  ctl_kit_add ("/ctl-bus/leaving", test_leaving);

  return g_test_run ();
}
