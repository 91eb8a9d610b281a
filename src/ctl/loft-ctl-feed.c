/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "ctl/loft-ctl-feed.h"

#include <glib/gi18n.h>
#include <string.h>

#define PAGE 1000

/* How long the registry waits for something to happen, and how long the bus
 * waits for its answer. */
#define WAIT_SECONDS 60
#define WAIT_MSEC (2 * WAIT_SECONDS * 1000)

/* How often it is looked whether a registry is there again. */
#define REJOIN_PAUSE (G_TIME_SPAN_SECOND / 2)

struct _LoftCtlFeed
{
  const LoftCtl *ctl; /* not owned */
  gboolean audit;
  LoftBusRegistry1 *registry; /* owned, NULL while it is gone */
};

/**
 * loft_ctl_feed_new:
 * @ctl: what the command was told
 * @audit: whether to read what only administrators may
 * @error: return location for a #GError
 *
 * Finds a registry whose log can be read.
 *
 * Returns: (transfer full): a feed, or %NULL with @error set
 */
LoftCtlFeed *
loft_ctl_feed_new (const LoftCtl *ctl, gboolean audit, GError **error)
{
  g_autoptr (LoftBusRegistry1) registry = loft_ctl_bus_connect (ctl, error);
  if (registry == NULL)
    return NULL;

  LoftCtlFeed *self = g_new0 (LoftCtlFeed, 1);
  self->ctl = ctl;
  self->audit = audit;
  self->registry = g_steal_pointer (&registry);

  return self;
}

/**
 * loft_ctl_feed_free:
 * @self: (transfer full): a feed
 *
 * Frees @self.
 */
void
loft_ctl_feed_free (LoftCtlFeed *self)
{
  g_return_if_fail (self != NULL);

  g_clear_object (&self->registry);
  g_free (self);
}

/**
 * loft_ctl_feed_get_end:
 * @self: a feed that was only just made
 *
 * Returns: the number of the last event
 */
guint64
loft_ctl_feed_get_end (LoftCtlFeed *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return loft_bus_registry1_get_sequence (self->registry);
}

static GStrv
call (LoftCtlFeed *self,
      guint64 since,
      guint limit,
      guint wait,
      guint64 *out_last,
      GError **error)
{
  g_auto (GStrv) events = NULL;
  gboolean read = (self->audit ? loft_bus_registry1_call_list_audit_sync
                               : loft_bus_registry1_call_list_changes_sync) (
    self->registry,
    since,
    limit,
    wait,
    G_DBUS_CALL_FLAGS_NONE,
    WAIT_MSEC,
    &events,
    out_last,
    NULL,
    error);

  return read ? g_steal_pointer (&events) : NULL;
}

/**
 * loft_ctl_feed_read:
 * @self: a feed
 * @since: number of an event
 * @limit: how many at most; 0 for a page
 * @out_last: (out): from where to go on
 * @error: return location for a #GError
 *
 * Reads what followed an event.
 *
 * Returns: (transfer full): events, each a JSON object; none at the end; or
 *   %NULL with @error set
 */
GStrv
loft_ctl_feed_read (LoftCtlFeed *self,
                    guint64 since,
                    guint limit,
                    guint64 *out_last,
                    GError **error)
{
  g_return_val_if_fail (self != NULL && out_last != NULL, NULL);

  return call (self, since, limit != 0 ? limit : PAGE, 0, out_last, error);
}

/* Whether it fails because the registry is not there, or not ready: it may only
 * be starting anew. */
static gboolean
is_absence (const GError *error)
{
  static const char *const names[] = { "NotReady", "Unavailable", "Cancelled" };
  static const int codes[] = {
    G_DBUS_ERROR_SERVICE_UNKNOWN,
    G_DBUS_ERROR_NAME_HAS_NO_OWNER,
    G_DBUS_ERROR_NO_REPLY,
    G_DBUS_ERROR_DISCONNECTED,
  };
  g_autofree char *name = g_dbus_error_get_remote_error (error);

  for (gsize i = 0; i < G_N_ELEMENTS (codes); i++)
    if (g_error_matches (error, G_DBUS_ERROR, codes[i]))
      return TRUE;
  for (gsize i = 0; name != NULL && i < G_N_ELEMENTS (names); i++)
    if (g_str_has_suffix (name, names[i]))
      return TRUE;

  return g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CLOSED) ||
         g_error_matches (error, LOFT_CTL_ERROR, LOFT_CTL_ERROR_UNREACHABLE);
}

static void
tell_of_absence (LoftCtlFeed *self)
{
  if (self->registry != NULL)
    g_printerr ("loft-registryctl: %s\n",
                _ ("The registry has left the bus; waiting until it is back."));
  g_clear_object (&self->registry);
}

/**
 * loft_ctl_feed_wait:
 * @self: a feed
 * @since: number of an event
 * @out_last: (out): from where to go on
 * @error: return location for a #GError
 *
 * Waits until something follows an event, or for some time. If the registry
 * leaves meanwhile, waits until it is back as well.
 *
 * Returns: (transfer full): as of loft_ctl_feed_read()
 */
GStrv
loft_ctl_feed_wait (LoftCtlFeed *self,
                    guint64 since,
                    guint64 *out_last,
                    GError **error)
{
  g_return_val_if_fail (self != NULL && out_last != NULL, NULL);

  for (;;)
    {
      g_autoptr (GError) local_error = NULL;
      gboolean known = self->registry != NULL;

      if (!known)
        self->registry = loft_ctl_bus_connect (self->ctl, &local_error);

      GStrv events =
        self->registry != NULL
          ? call (self, since, PAGE, WAIT_SECONDS, out_last, &local_error)
          : NULL;
      if (events != NULL)
        return events;
      if (!is_absence (local_error) && !(known && loft_ctl_bus_has_left ()))
        {
          g_propagate_error (error, g_steal_pointer (&local_error));
          return NULL;
        }

      tell_of_absence (self);
      g_usleep (REJOIN_PAUSE);
    }
}
