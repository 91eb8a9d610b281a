/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include <string.h>

#include "dbus/loft-dbus-private.h"
#include "registry/loft-event.h"

/* Telling on the bus what happens. */

/* What is not told of by a signal, such as the end of a rebuild, is looked for
 * so often. */
#define PAUSE 1

/* So many events are told of before others get their turn; and who is that far
 * behind is told only of what comes next. */
#define EVENTS_AT_ONCE 100
#define EVENTS_MAX 10000

/**
 * LoftDbusNews:
 *
 * What the bus was told, as long as a service is on it.
 */
struct _LoftDbusNews
{
  LoftDbusService *service;                 /* not owned */
  GVariant *told[LOFT_DBUS_PROPERTIES_MAX]; /* owned, nullable each */
  gboolean follows;
  guint64 sequence; /* the last event that was told of, if it follows */
  gulong changed_id;
  GSource *tick; /* owned */
  GSource *more; /* owned, nullable */
};

static void
clear_source (GSource **source)
{
  if (*source != NULL)
    g_source_destroy (*source);
  g_clear_pointer (source, g_source_unref);
}

static void
emit (LoftDbusNews *self, const char *signal, GVariant *parameters)
{
  g_dbus_connection_emit_signal (self->service->connection,
                                 NULL,
                                 LOFT_DBUS_PATH,
                                 LOFT_DBUS_INTERFACE,
                                 signal,
                                 parameters,
                                 NULL);
}

static void
tell_event (LoftDbusNews *self, const LoftEvent *event)
{
  if (event->name == NULL || event->version == NULL)
    return;

  switch (event->type)
    {
    case LOFT_EVENT_PUBLISH:
    case LOFT_EVENT_ADOPT:
      emit (self,
            "Published",
            g_variant_new ("(sst)", event->name, event->version, event->seq));
      break;
    case LOFT_EVENT_YANK:
    case LOFT_EVENT_UNYANK:
      emit (self,
            "Yanked",
            g_variant_new ("(ssbt)",
                           event->name,
                           event->version,
                           event->type == LOFT_EVENT_YANK,
                           event->seq));
      break;
    case LOFT_EVENT_OTHER:
    case LOFT_EVENT_CLAIM:
    case LOFT_EVENT_DEPRECATE:
    case LOFT_EVENT_OWNERS:
    case LOFT_EVENT_TOKEN_CREATE:
    case LOFT_EVENT_TOKEN_REVOKE:
    case LOFT_EVENT_ADMINISTER:
    case LOFT_EVENT_DOCS:
    default:
      break;
    }
}

static void
tell_lines (LoftDbusNews *self, GBytes *lines)
{
  gsize size = 0;
  const char *line = g_bytes_get_data (lines, &size);
  const char *end = line + size;

  while (line < end)
    {
      const char *feed = memchr (line, '\n', (gsize) (end - line));
      const char *next = feed != NULL ? feed : end;
      g_autoptr (LoftEvent) event =
        loft_event_parse (line, (gsize) (next - line), NULL);

      if (event != NULL)
        tell_event (self, event);
      line = next + 1;
    }
}

static gboolean more_cb (gpointer user_data);

/* As long as the catalog is incomplete nobody knows what is new. */
static void
tell_events (LoftDbusNews *self)
{
  LoftRegistry *registry = self->service->registry;
  LoftRegistryStatus status = { 0 };

  loft_registry_get_status (registry, &status);
  if (!self->follows || self->sequence > status.sequence ||
      status.sequence - self->sequence > EVENTS_MAX)
    {
      self->follows = status.phase == LOFT_REGISTRY_READY;
      self->sequence = status.sequence;
      return;
    }
  if (self->sequence == status.sequence)
    return;

  guint64 last = self->sequence;
  g_autoptr (GBytes) lines = loft_registry_list_changes (registry,
                                                         self->sequence,
                                                         EVENTS_AT_ONCE,
                                                         &last,
                                                         NULL);
  if (lines == NULL || last <= self->sequence)
    return;

  tell_lines (self, lines);
  self->sequence = last;
  if (last < status.sequence && self->more == NULL)
    {
      self->more = g_idle_source_new ();
      g_source_set_callback (self->more, more_cb, self, NULL);
      g_source_attach (self->more, g_main_context_get_thread_default ());
    }
}

static gboolean
more_cb (gpointer user_data)
{
  LoftDbusNews *self = user_data;

  clear_source (&self->more);
  tell_events (self);

  return G_SOURCE_REMOVE;
}

static void
changed_cb (LoftRegistry *registry, gpointer user_data)
{
  LoftDbusNews *self = user_data;

  tell_events (self);
}

static gboolean
tick_cb (gpointer user_data)
{
  LoftDbusNews *self = user_data;

  tell_events (self);
  loft_dbus_tell_properties (self->service, self->told);

  return G_SOURCE_CONTINUE;
}

/**
 * loft_dbus_news_new:
 * @service: a service that is on the bus
 *
 * Begins to tell of what happens from now on.
 *
 * Returns: (transfer full): what was told
 */
LoftDbusNews *
loft_dbus_news_new (LoftDbusService *service)
{
  LoftDbusNews *self = g_new0 (LoftDbusNews, 1);

  self->service = service;
  self->changed_id = g_signal_connect (service->registry,
                                       "changed",
                                       G_CALLBACK (changed_cb),
                                       self);
  self->tick = g_timeout_source_new_seconds (PAUSE);
  g_source_set_callback (self->tick, tick_cb, self, NULL);
  g_source_attach (self->tick, g_main_context_get_thread_default ());
  tick_cb (self);

  return self;
}

/**
 * loft_dbus_news_free:
 * @self: what was told
 *
 * Tells no more.
 */
void
loft_dbus_news_free (LoftDbusNews *self)
{
  g_clear_signal_handler (&self->changed_id, self->service->registry);
  clear_source (&self->tick);
  clear_source (&self->more);
  for (guint i = 0; i < LOFT_DBUS_PROPERTIES_MAX; i++)
    g_clear_pointer (&self->told[i], g_variant_unref);
  g_free (self);
}
