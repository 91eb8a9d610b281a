/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "loft-gio-server.h"

#include <signal.h>

#include "storage/loft-storage.h"

/* How often to look whether a process that was ended is gone. */
#define LOOK_AGAIN (10 * G_TIME_SPAN_MILLISECOND)

/* What GVfs tells of each mount, and where in it the host is. */
#define MOUNTS_TYPE "(a(sosssssbay(aya{sv})ay))"
#define SPEC 9

/* Whether a mount, as GVfs describes it, is that of @uri. */
static gboolean
is_mount_of (GVariant *mount, GUri *uri)
{
  g_autoptr (GVariant) spec = g_variant_get_child_value (mount, SPEC);
  g_autoptr (GVariant) items = g_variant_get_child_value (spec, 1);
  const char *scheme = g_uri_get_scheme (uri);
  g_autofree char *port = g_uri_get_port (uri) != -1
                            ? g_strdup_printf ("%d", g_uri_get_port (uri))
                            : NULL;
  const char *wanted[][2] = {
    { "type", g_str_equal (scheme, "davs") ? "dav" : scheme },
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

/* Returns the name on the bus of the process that serves @root, if any does. */
static char *
find_server (GDBusConnection *bus, GFile *root, int timeout)
{
  g_autofree char *text = g_file_get_uri (root);
  g_autoptr (GUri) uri = g_uri_parse (text, G_URI_FLAGS_NON_DNS, NULL);
  g_autoptr (GVariant) answer =
    g_dbus_connection_call_sync (bus,
                                 "org.gtk.vfs.Daemon",
                                 "/org/gtk/vfs/mounttracker",
                                 "org.gtk.vfs.MountTracker",
                                 "ListMounts",
                                 g_variant_new ("(b)", FALSE),
                                 G_VARIANT_TYPE (MOUNTS_TYPE),
                                 G_DBUS_CALL_FLAGS_NONE,
                                 timeout,
                                 NULL,
                                 NULL);

  if (answer == NULL || uri == NULL)
    return NULL;

  g_autoptr (GVariant) mounts = g_variant_get_child_value (answer, 0);
  for (gsize i = 0; i < g_variant_n_children (mounts); i++)
    {
      g_autoptr (GVariant) mount = g_variant_get_child_value (mounts, i);
      char *name = NULL;

      if (!is_mount_of (mount, uri))
        continue;
      g_variant_get_child (mount, 0, "s", &name);
      return name;
    }

  return NULL;
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
                                      g_variant_new ("(s)", name),
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

/**
 * loft_gio_server_end: (skip)
 * @root: a folder
 * @patience: how long that may take, in µs
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
  int timeout = (int) (patience / 1000);
  gint64 end = g_get_monotonic_time () + patience;
  g_autoptr (GDBusConnection) bus =
    g_bus_get_sync (G_BUS_TYPE_SESSION, NULL, NULL);
  g_autofree char *name = bus != NULL ? find_server (bus, root, timeout) : NULL;

  if (name == NULL)
    return TRUE;

  g_autoptr (GVariant) answer =
    ask_bus (bus, "GetConnectionUnixProcessID", name, "(u)", timeout);
  guint32 pid = 0;

  if (answer != NULL)
    g_variant_get (answer, "(u)", &pid);
  if (pid > 1)
    kill ((pid_t) pid, SIGKILL);

  while (g_get_monotonic_time () < end)
    {
      if (!has_owner (bus, name, timeout))
        return TRUE;
      g_usleep (LOOK_AGAIN);
    }

  g_set_error (error,
               LOFT_STORAGE_ERROR,
               LOFT_STORAGE_ERROR_UNAVAILABLE,
               "The mount does not end");

  return FALSE;
}
