/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "daemon/loft-notifier.h"
#include "registry/loft-message-id.h"

#ifdef HAVE_SYSTEMD
#include <systemd/sd-daemon.h>
#endif

/* Memory wakes nobody, so workers that start are looked at this often, in
 * milliseconds. Once they serve, this ends. */
#define START_INTERVAL 20

/* What the bus may take to give the name, in microseconds. Whoever has started
 * the service can administer it then; without a bus it serves all the same. */
#define BUS_PATIENCE (2 * G_TIME_SPAN_SECOND)

#define STATUS_SECONDS 1

/**
 * LoftNotifier:
 *
 * Tells the service manager, where there is one that wants to know, how the
 * daemon is: that all that serves has started, that it reads its configuration
 * again, that it stops, what it is doing in one line of text, and, again and
 * again, that its processes are not stuck.
 */
struct _LoftNotifier
{
  GObject parent_instance;

  LoftRegistry *registry; /* owned */
  LoftWorkers *workers;   /* owned, nullable */
  LoftDbusService *bus;   /* owned, nullable */
  char *status;           /* owned; what was told last, NULL for nothing */
  gint64 bus_end;         /* monotonic; until when the bus is waited for */
  guint64 watchdog;       /* microseconds; 0 if nobody watches */
  guint start_source;
  guint status_source;
  guint watchdog_source;
  gboolean stuck;
};

G_DEFINE_FINAL_TYPE (LoftNotifier, loft_notifier, G_TYPE_OBJECT)

static void
loft_notifier_dispose (GObject *object)
{
  LoftNotifier *self = LOFT_NOTIFIER (object);

  g_clear_handle_id (&self->start_source, g_source_remove);
  g_clear_handle_id (&self->status_source, g_source_remove);
  g_clear_handle_id (&self->watchdog_source, g_source_remove);
  g_clear_object (&self->bus);
  g_clear_object (&self->workers);
  g_clear_object (&self->registry);

  G_OBJECT_CLASS (loft_notifier_parent_class)->dispose (object);
}

static void
loft_notifier_finalize (GObject *object)
{
  LoftNotifier *self = LOFT_NOTIFIER (object);

  g_free (self->status);

  G_OBJECT_CLASS (loft_notifier_parent_class)->finalize (object);
}

static void
loft_notifier_class_init (LoftNotifierClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = loft_notifier_dispose;
  G_OBJECT_CLASS (klass)->finalize = loft_notifier_finalize;
}

static void
loft_notifier_init (LoftNotifier *self)
{
}

#ifdef HAVE_SYSTEMD
static void
tell (const char *state)
{
  int result = sd_notify (0, state);

  if (result < 0)
    g_debug ("The service manager was not told “%s”: %s",
             state,
             g_strerror (-result));
}

static guint64
find_watchdog (void)
{
  uint64_t interval = 0;

  return sd_watchdog_enabled (0, &interval) > 0 ? interval : 0;
}
#else
static void
tell (const char *state)
{
}

static guint64
find_watchdog (void)
{
  return 0;
}
#endif

static char *
describe (LoftRegistry *registry)
{
  LoftRegistryStatus status;

  loft_registry_get_status (registry, &status);
  switch (status.phase)
    {
    case LOFT_REGISTRY_STARTING:
      return g_strdup_printf ("Reading the log, at event %" G_GUINT64_FORMAT,
                              status.sequence);
    case LOFT_REGISTRY_REBUILDING:
      return g_strdup_printf ("Making the catalog anew, %" G_GUINT64_FORMAT
                              " of %" G_GUINT64_FORMAT " documents so far",
                              status.scanned,
                              MAX (status.scanned, status.expected));
    case LOFT_REGISTRY_FAILING:
      return g_strdup_printf ("The storage can't be read; packages: "
                              "%" G_GUINT64_FORMAT
                              ", last event: %" G_GUINT64_FORMAT,
                              status.packages,
                              status.sequence);
    case LOFT_REGISTRY_READY:
    default:
      return g_strdup_printf ("Up to date; packages: %" G_GUINT64_FORMAT
                              ", last event: %" G_GUINT64_FORMAT,
                              status.packages,
                              status.sequence);
    }
}

static void
tell_status (LoftNotifier *self, const char *status)
{
  g_autofree char *state = g_strconcat ("STATUS=", status, NULL);

  if (g_strcmp0 (status, self->status) == 0)
    return;

  g_free (self->status);
  self->status = g_strdup (status);
  tell (state);
}

static gboolean
is_on_bus (LoftNotifier *self)
{
  return self->bus == NULL || loft_dbus_service_is_reachable (self->bus);
}

static gboolean
status_cb (gpointer user_data)
{
  LoftNotifier *self = LOFT_NOTIFIER (user_data);
  g_autofree char *registry = describe (self->registry);
  g_autofree char *status =
    g_strconcat (registry, is_on_bus (self) ? "" : "; not on the bus", NULL);

  tell_status (self, status);

  return G_SOURCE_CONTINUE;
}

static gboolean
start_cb (gpointer user_data)
{
  LoftNotifier *self = LOFT_NOTIFIER (user_data);

  if (self->workers != NULL && !loft_workers_all_serve (self->workers))
    return G_SOURCE_CONTINUE;
  if (!is_on_bus (self) && g_get_monotonic_time () < self->bus_end)
    return G_SOURCE_CONTINUE;

  self->start_source = 0;
  status_cb (self);
  tell ("READY=1");

  return G_SOURCE_REMOVE;
}

/* That this is called shows that the parent's own main loop turns. */
static gboolean
watchdog_cb (gpointer user_data)
{
  LoftNotifier *self = LOFT_NOTIFIER (user_data);
  gint64 since = g_get_monotonic_time () - (gint64) self->watchdog;
  guint silent =
    self->workers != NULL ? loft_workers_find_silent (self->workers, since) : 0;

  if (silent == 0)
    tell ("WATCHDOG=1");
  else if (!self->stuck)
    g_log_structured (
      G_LOG_DOMAIN,
      G_LOG_LEVEL_WARNING,
      "MESSAGE_ID",
      LOFT_MESSAGE_WORKER_STUCK,
      "MESSAGE",
      "Worker %u is stuck, and as long as it is, the service manager "
      "is not told that all is well",
      silent);
  self->stuck = silent != 0;

  return G_SOURCE_CONTINUE;
}

/**
 * loft_notifier_new:
 * @registry: what is served
 * @workers: (nullable): who serves it, if others do
 * @bus: (nullable): the registry on a bus, if it shall be there
 *
 * Begins to tell the service manager of a daemon that listens, and whose
 * workers were started: that it is ready once they serve and the bus has given
 * the name, or has taken too long for that. Does nothing if the environment
 * names no such manager, or if this was built without systemd.
 *
 * Returns: (transfer full): a notifier
 */
LoftNotifier *
loft_notifier_new (LoftRegistry *registry,
                   LoftWorkers *workers,
                   LoftDbusService *bus)
{
  g_return_val_if_fail (LOFT_IS_REGISTRY (registry), NULL);
  g_return_val_if_fail (workers == NULL || LOFT_IS_WORKERS (workers), NULL);
  g_return_val_if_fail (bus == NULL || LOFT_IS_DBUS_SERVICE (bus), NULL);

  LoftNotifier *self = g_object_new (LOFT_TYPE_NOTIFIER, NULL);

  self->registry = g_object_ref (registry);
  g_set_object (&self->workers, workers);
  g_set_object (&self->bus, bus);
  if (g_getenv ("NOTIFY_SOCKET") == NULL)
    return self;

  self->bus_end = g_get_monotonic_time () + BUS_PATIENCE;
  self->start_source = g_timeout_add (START_INTERVAL, start_cb, self);
  self->status_source = g_timeout_add_seconds (STATUS_SECONDS, status_cb, self);
  self->watchdog = find_watchdog ();
  if (self->watchdog > 0)
    self->watchdog_source =
      g_timeout_add ((guint) (self->watchdog / 1000 / 2), watchdog_cb, self);

  return self;
}

/**
 * loft_notifier_begin_reload:
 * @self: a notifier
 *
 * Says that the configuration is being read again, unless the daemon is still
 * starting.
 */
void
loft_notifier_begin_reload (LoftNotifier *self)
{
  g_return_if_fail (LOFT_IS_NOTIFIER (self));

  if (self->start_source == 0)
    tell ("RELOADING=1");
}

/**
 * loft_notifier_end_reload:
 * @self: a notifier
 *
 * Says that the configuration was read again, whatever came of it.
 */
void
loft_notifier_end_reload (LoftNotifier *self)
{
  g_return_if_fail (LOFT_IS_NOTIFIER (self));

  if (self->start_source == 0)
    tell ("READY=1");
}

/**
 * loft_notifier_stop:
 * @self: a notifier
 *
 * Says that the daemon stops. It still has to show that it is not stuck.
 */
void
loft_notifier_stop (LoftNotifier *self)
{
  g_return_if_fail (LOFT_IS_NOTIFIER (self));

  g_clear_handle_id (&self->start_source, g_source_remove);
  g_clear_handle_id (&self->status_source, g_source_remove);
  tell ("STOPPING=1");
  tell_status (self, "Finishing the requests that are running");
}
