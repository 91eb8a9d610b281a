/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "dbus/loft-bus-generated.h"
#include "dbus/loft-dbus-job.h"
#include "dbus/loft-dbus-private.h"

/* Being on the bus. A registry outlives a bus: when that goes away, its work
 * goes on, and it is there again soon after the bus is. The log tells of the
 * loss and of the return, and of no attempt between them. */

/* Seconds until the bus is looked for again: twice as many each time, but less
 * than a bus waits for what it has started. */
#define PAUSE_FIRST 1
#define PAUSE_MAX 8

static void
name_acquired_cb (GDBusConnection *connection,
                  const char *name,
                  gpointer user_data)
{
  LoftDbusService *self = LOFT_DBUS_SERVICE (user_data);

  self->has_name = TRUE;
  self->pause = 0;
  g_message ("On the bus as %s", name);
}

static const char *
get_bus_name (LoftDbusService *self)
{
  return self->bus == G_BUS_TYPE_SYSTEM ? "system" : "session";
}

static void
name_lost_cb (GDBusConnection *connection, const char *name, gpointer user_data)
{
  LoftDbusService *self = LOFT_DBUS_SERVICE (user_data);

  self->has_name = FALSE;
  if (connection == NULL || g_dbus_connection_is_closed (connection))
    return;

  g_warning ("The name %s can't be had on the %s bus, so this registry can't "
             "be administered: another one has it, or the bus has no policy "
             "that gives it to this user; see bus in loft-registry.conf(5)",
             name,
             get_bus_name (self));
}

static gboolean
again_cb (gpointer user_data)
{
  LoftDbusService *self = LOFT_DBUS_SERVICE (user_data);

  g_clear_pointer (&self->again, g_source_unref);
  loft_dbus_join (self);

  return G_SOURCE_REMOVE;
}

static void
join_later (LoftDbusService *self)
{
  if (self->pause == 0)
    g_warning ("The %s bus can't be reached, so this registry can't be "
               "administered until it can; it is looked for again and again, "
               "unless bus is none",
               get_bus_name (self));
  self->pause = CLAMP (2 * self->pause, PAUSE_FIRST, PAUSE_MAX);
  self->again = g_timeout_source_new_seconds (self->pause);
  g_source_set_callback (self->again, again_cb, self, NULL);
  g_source_attach (self->again, g_main_context_get_thread_default ());
}

static void
closed_cb (GDBusConnection *connection,
           gboolean remote_peer_vanished,
           const GError *error,
           gpointer user_data)
{
  LoftDbusService *self = LOFT_DBUS_SERVICE (user_data);

  /* Who called over that bus hears no answer any more. */
  loft_dbus_end_waiting (self);
  loft_dbus_part (self);
  join_later (self);
}

static void
join_jobs (LoftDbusService *self)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, self->jobs);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      LoftDbusJob *job = LOFT_DBUS_JOB (value);
      g_autoptr (GError) local_error = NULL;

      if (!loft_dbus_job_join_bus (job, &local_error))
        g_warning ("The bus does not get %s: %s",
                   loft_dbus_job_get_path (job),
                   local_error->message);
    }
}

static void
show_objects (LoftDbusService *self)
{
  g_autoptr (GError) local_error = NULL;

  self->object_id =
    g_dbus_connection_register_object (self->connection,
                                       LOFT_DBUS_PATH,
                                       loft_bus_registry1_interface_info (),
                                       &loft_dbus_service_vtable,
                                       self,
                                       NULL,
                                       &local_error);
  if (self->object_id == 0)
    {
      g_warning ("The bus gets no object: %s", local_error->message);
      return;
    }
  self->news = loft_dbus_news_new (self);
  join_jobs (self);
}

static void
connected_cb (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (LoftDbusService) self = LOFT_DBUS_SERVICE (user_data);
  g_autoptr (GError) local_error = NULL;
  g_autoptr (GDBusConnection) connection =
    g_bus_get_finish (result, &local_error);

  if (g_cancellable_is_cancelled (self->stopping))
    return;
  /* GLib gives the one that is closed as long as a call holds on to it. */
  if (connection == NULL || g_dbus_connection_is_closed (connection))
    {
      g_debug ("No bus: %s", local_error ? local_error->message : "it is gone");
      join_later (self);
      return;
    }

  g_dbus_connection_set_exit_on_close (connection, FALSE);
  self->connection = g_steal_pointer (&connection);
  self->closed_id =
    g_signal_connect (self->connection, "closed", G_CALLBACK (closed_cb), self);
  show_objects (self);
  self->name_id =
    g_bus_own_name_on_connection (self->connection,
                                  LOFT_DBUS_INTERFACE,
                                  G_BUS_NAME_OWNER_FLAGS_DO_NOT_QUEUE,
                                  name_acquired_cb,
                                  name_lost_cb,
                                  self,
                                  NULL);
}

/**
 * loft_dbus_join:
 * @self: a service that is on no bus
 *
 * Looks for the bus, until it is found or the service stops.
 */
void
loft_dbus_join (LoftDbusService *self)
{
  g_bus_get (self->bus, self->stopping, connected_cb, g_object_ref (self));
}

/**
 * loft_dbus_part:
 * @self: a service
 *
 * Leaves the bus, if it is there, and looks for it no more. Jobs go on.
 */
void
loft_dbus_part (LoftDbusService *self)
{
  GHashTableIter iter;
  gpointer value;

  if (self->again != NULL)
    g_source_destroy (self->again);
  g_clear_pointer (&self->again, g_source_unref);
  g_clear_pointer (&self->news, loft_dbus_news_free);
  g_hash_table_iter_init (&iter, self->jobs);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    loft_dbus_job_lose_bus (LOFT_DBUS_JOB (value));

  if (self->name_id != 0)
    g_bus_unown_name (self->name_id);
  self->name_id = 0;
  self->has_name = FALSE;
  if (self->object_id != 0)
    g_dbus_connection_unregister_object (self->connection, self->object_id);
  self->object_id = 0;
  g_clear_signal_handler (&self->closed_id, self->connection);
  if (self->connection != NULL &&
      !g_dbus_connection_is_closed (self->connection))
    g_dbus_connection_flush (self->connection, NULL, NULL, NULL);
  g_clear_object (&self->connection);
}
