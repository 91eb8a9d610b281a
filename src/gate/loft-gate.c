/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "gate/loft-connection.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <unistd.h>

G_DEFINE_FINAL_TYPE (LoftGate, loft_gate, G_TYPE_OBJECT)

static void
loft_gate_dispose (GObject *object)
{
  LoftGate *self = LOFT_GATE (object);

  if (self->source != NULL)
    {
      loft_gate_close (self);
      g_source_destroy (self->source);
    }
  g_clear_pointer (&self->source, g_source_unref);

  G_OBJECT_CLASS (loft_gate_parent_class)->dispose (object);
}

static void
loft_gate_finalize (GObject *object)
{
  LoftGate *self = LOFT_GATE (object);

  g_ptr_array_unref (self->listeners);
  g_ptr_array_unref (self->connections);
  g_ptr_array_unref (self->corked);
  g_ptr_array_unref (self->again);
  g_ptr_array_unref (self->handed);
  loft_peers_free (self->peers);
  g_clear_pointer (&self->hot, loft_hot_cache_free);
  g_clear_pointer (&self->settings.trusted, loft_address_list_unref);
  g_free (self->inbox);
  g_free (self->outbox);
  if (self->epoll_fd >= 0)
    close (self->epoll_fd);
  if (self->reserve_fd >= 0)
    close (self->reserve_fd);

  G_OBJECT_CLASS (loft_gate_parent_class)->finalize (object);
}

static void
loft_gate_class_init (LoftGateClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = loft_gate_dispose;
  G_OBJECT_CLASS (klass)->finalize = loft_gate_finalize;
}

static void
unref_connection (gpointer data)
{
  loft_connection_unref (data);
}

static void
loft_gate_init (LoftGate *self)
{
  self->figures = &self->own_figures;
  self->epoll_fd = -1;
  self->reserve_fd = -1;
  self->listeners = g_ptr_array_new_with_free_func (loft_gate_listener_free);
  self->connections = g_ptr_array_new ();
  self->corked = g_ptr_array_new ();
  self->again = g_ptr_array_new ();
  self->handed = g_ptr_array_new ();
  self->peers = loft_peers_new ();
  self->inbox = g_malloc (LOFT_GATE_BUFFER_SIZE);
  self->outbox = g_malloc (LOFT_GATE_BUFFER_SIZE);
  loft_gate_read_clock (self);
}

/**
 * loft_gate_new:
 * @settings: what it allows
 * @delegate: who stands behind it
 * @user_data: for @delegate
 * @error: return location for a #GError
 *
 * Makes a gate on the main context of this thread.
 *
 * Returns: (transfer full): the gate, or %NULL with @error set to a
 *   #GIOErrorEnum where the system has no descriptor for it
 */
LoftGate *
loft_gate_new (const LoftGateSettings *settings,
               const LoftGateDelegate *delegate,
               gpointer user_data,
               GError **error)
{
  g_return_val_if_fail (settings != NULL && delegate != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  g_autoptr (LoftGate) self = g_object_new (LOFT_TYPE_GATE, NULL);
  self->delegate = *delegate;
  self->user_data = user_data;
  self->epoll_fd = epoll_create1 (EPOLL_CLOEXEC);
  if (self->epoll_fd >= 0)
    self->reserve_fd = open ("/dev/null", O_RDONLY | O_CLOEXEC);
  if (self->reserve_fd < 0)
    {
      int code = errno;

      g_set_error (error,
                   G_IO_ERROR,
                   (int) g_io_error_from_errno (code),
                   "Can't watch connections: %s",
                   g_strerror (code));
      return NULL;
    }

  loft_gate_set_settings (self, settings);
  self->source = loft_gate_source_new (self);
  g_source_attach (self->source, g_main_context_get_thread_default ());

  return g_steal_pointer (&self);
}

/**
 * loft_gate_set_settings:
 * @self: a gate
 * @settings: what it allows from now on
 *
 * Changes the settings, for connections that are there too. Hot answers are
 * forgotten if their room changes.
 */
void
loft_gate_set_settings (LoftGate *self, const LoftGateSettings *settings)
{
  g_return_if_fail (LOFT_IS_GATE (self));
  g_return_if_fail (settings != NULL);

  gsize size = self->delegate.choose != NULL ? settings->hot_size : 0;
  if (size != self->settings.hot_size || self->hot == NULL)
    {
      g_clear_pointer (&self->hot, loft_hot_cache_free);
      if (size > 0)
        self->hot = loft_hot_cache_new (size);
      self->mark = (LoftHotMark){ 0 };
      loft_gate_count_hot (self);
    }

  LoftAddressList *trusted = settings->trusted != NULL
                               ? loft_address_list_ref (settings->trusted)
                               : NULL;
  g_clear_pointer (&self->settings.trusted, loft_address_list_unref);
  self->settings = *settings;
  self->settings.hot_size = size;
  self->settings.trusted = trusted;
}

/**
 * loft_gate_set_figures:
 * @self: a gate that has not accepted a connection yet
 * @figures: where it counts, as long as it lives
 *
 * Has it count in a place where others can read along.
 */
void
loft_gate_set_figures (LoftGate *self, LoftGateFigures *figures)
{
  g_return_if_fail (LOFT_IS_GATE (self));
  g_return_if_fail (figures != NULL);

  self->figures = figures;
}

/**
 * loft_gate_stop:
 * @self: a gate
 *
 * Takes leave: accepts no more connections, and ends those that have been idle
 * for a while. Who is being answered is not disturbed, and who may be about to
 * ask is waited for, as far as loft_gate_is_quiet() is asked.
 */
void
loft_gate_stop (LoftGate *self)
{
  g_return_if_fail (LOFT_IS_GATE (self));

  self->stopping = TRUE;
  loft_gate_accept_last (self);
  loft_gate_close_listeners (self);
  for (guint i = 0; i < self->connections->len; i++)
    loft_connection_mark_again (self->connections->pdata[i]);
  g_main_context_wakeup (g_source_get_context (self->source));
}

/**
 * loft_gate_is_quiet:
 * @self: a gate
 *
 * Finds out whether a gate that stops may be closed, and ends the connections
 * that have become idle meanwhile. Looks at all connections, so it is for the
 * end.
 *
 * Returns: whether nothing waits to be sent, nor for the HTTP server, nobody is
 *   about to ask, and no client would lose its answer by a reset
 */
gboolean
loft_gate_is_quiet (LoftGate *self)
{
  g_return_val_if_fail (LOFT_IS_GATE (self), TRUE);

  gboolean quiet = TRUE;

  for (guint i = 0; i < self->connections->len; i++)
    {
      LoftConnection *connection = self->connections->pdata[i];

      if (connection->state == LOFT_CONNECTION_DRAINING &&
          !loft_connection_has_output (connection) &&
          !loft_connection_is_unfinished (connection))
        continue;
      quiet = FALSE;
      if (!loft_connection_may_ask (connection))
        loft_connection_mark_again (connection);
    }

  return quiet;
}

static void
release_all (GPtrArray *connections)
{
  g_ptr_array_foreach (connections, (GFunc) (void *) unref_connection, NULL);
  g_ptr_array_set_size (connections, 0);
}

/**
 * loft_gate_close:
 * @self: a gate
 *
 * Closes all connections at once, whatever is under way.
 */
void
loft_gate_close (LoftGate *self)
{
  g_return_if_fail (LOFT_IS_GATE (self));

  loft_gate_close_listeners (self);
  while (self->connections->len > 0)
    {
      g_autoptr (LoftConnection) connection = loft_connection_ref (
        self->connections->pdata[self->connections->len - 1]);

      loft_connection_flush (connection);
      loft_connection_close (connection);
    }
  release_all (self->corked);
  release_all (self->again);
  release_all (self->handed);
}

/**
 * loft_gate_forget:
 * @self: a gate
 * @tag: what has changed
 *
 * Forgets the hot answers that speak of @tag, and those that change with every
 * change.
 */
void
loft_gate_forget (LoftGate *self, const char *tag)
{
  g_return_if_fail (LOFT_IS_GATE (self));
  g_return_if_fail (tag != NULL);

  if (self->hot == NULL)
    return;
  loft_hot_cache_forget (self->hot, tag);
  loft_gate_count_hot (self);
}

/**
 * loft_gate_forget_all:
 * @self: a gate
 *
 * Forgets all hot answers.
 */
void
loft_gate_forget_all (LoftGate *self)
{
  g_return_if_fail (LOFT_IS_GATE (self));

  if (self->hot == NULL)
    return;
  loft_hot_cache_clear (self->hot);
  loft_gate_count_hot (self);
}
