/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "dbus/loft-dbus-private.h"
#include "dbus/loft-dbus-user.h"

/* Listing changes, so many at once that answering holds nobody else up. A
 * reader who has seen everything may wait for more, for a bounded time, and
 * only so many may, and so many times each connection and each user. */

#define LIMIT_MAX 1000
#define SECONDS_MAX 300
#define WAITING_MAX 256
#define WAITING_OF_USER_MAX 64
#define WAITING_OF_ONE_MAX 8

typedef struct
{
  LoftDbusService *service;          /* not owned: it ends all waits */
  GDBusMethodInvocation *invocation; /* owned; its answer takes it */
  gboolean audit;
  guint64 since;
  guint limit;
  gulong changed_id;
  GSource *timeout;     /* owned */
  GCancellable *asking; /* owned: for whom, until that is known */
  gboolean has_user;
  guint32 user;
} Wait;

static void
wait_free (Wait *self)
{
  g_queue_remove (&self->service->waiting, self);
  g_clear_signal_handler (&self->changed_id, self->service->registry);
  if (self->timeout != NULL)
    g_source_destroy (self->timeout);
  g_clear_pointer (&self->timeout, g_source_unref);
  g_cancellable_cancel (self->asking);
  g_clear_object (&self->asking);
  g_free (self);
}

/* Answers with what there is; with nothing only if @may_be_empty. */
static gboolean
answer (LoftDbusService *self,
        GDBusMethodInvocation *invocation,
        gboolean audit,
        guint64 since,
        guint limit,
        gboolean may_be_empty)
{
  guint64 last = since;
  g_autoptr (GError) local_error = NULL;
  g_autoptr (GBytes) lines =
    (audit ? loft_registry_list_audit
           : loft_registry_list_changes) (self->registry,
                                          since,
                                          limit,
                                          &last,
                                          &local_error);

  if (lines != NULL && g_bytes_get_size (lines) == 0 && !may_be_empty)
    return FALSE;

  GVariant *events =
    lines != NULL ? loft_dbus_split_lines (lines, &local_error) : NULL;
  if (events == NULL)
    loft_dbus_error_return (invocation, local_error);
  else
    g_dbus_method_invocation_return_value (
      invocation,
      g_variant_new ("(@ast)", events, MAX (last, since)));

  return TRUE;
}

static void
end_wait (Wait *wait, gboolean may_be_empty)
{
  if (answer (wait->service,
              wait->invocation,
              wait->audit,
              wait->since,
              wait->limit,
              may_be_empty))
    wait_free (wait);
}

static void
changed_cb (LoftRegistry *registry, gpointer user_data)
{
  end_wait (user_data, FALSE);
}

static gboolean
timeout_cb (gpointer user_data)
{
  end_wait (user_data, TRUE);

  return G_SOURCE_REMOVE;
}

static gboolean
refuse_wait (GError **error, const char *who)
{
  g_set_error (error,
               LOFT_DBUS_ERROR,
               LOFT_DBUS_ERROR_BUSY,
               "%s for changes already",
               who);

  return FALSE;
}

static gboolean
check_connection (LoftDbusService *self,
                  GDBusMethodInvocation *invocation,
                  GError **error)
{
  const char *sender = g_dbus_method_invocation_get_sender (invocation);
  guint own = 0;

  for (GList *l = self->waiting.head; l != NULL; l = l->next)
    {
      const Wait *wait = l->data;

      if (g_str_equal (g_dbus_method_invocation_get_sender (wait->invocation),
                       sender))
        own++;
    }

  return own < WAITING_OF_ONE_MAX ||
         refuse_wait (error, "You wait too many times");
}

/* Whoever has not been found out yet takes no place from anybody else. */
static gboolean
check_user (LoftDbusService *self, guint32 user, GError **error)
{
  guint all = 0;
  guint own = 0;

  for (GList *l = self->waiting.head; l != NULL; l = l->next)
    {
      const Wait *wait = l->data;

      all += wait->has_user ? 1 : 0;
      own += wait->has_user && wait->user == user ? 1 : 0;
    }
  if (own >= WAITING_OF_USER_MAX)
    return refuse_wait (error, "You wait too many times");

  return all < WAITING_MAX || refuse_wait (error, "Too many wait");
}

/* A wait that has ended meanwhile is gone, and was cancelled. */
static void
found_user_cb (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) local_error = NULL;
  guint32 user = 0;
  gboolean found = loft_dbus_ask_user_finish (G_DBUS_CONNECTION (source_object),
                                              result,
                                              &user,
                                              &local_error);
  if (g_error_matches (local_error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;

  Wait *wait = user_data;
  if (found && check_user (wait->service, user, &local_error))
    {
      wait->user = user;
      wait->has_user = TRUE;
      return;
    }
  loft_dbus_error_return (wait->invocation, local_error);
  wait_free (wait);
}

static void
wait_for_change (LoftDbusService *self,
                 GDBusMethodInvocation *invocation,
                 gboolean audit,
                 guint64 since,
                 guint limit,
                 guint seconds)
{
  Wait *wait = g_new0 (Wait, 1);

  wait->service = self;
  wait->invocation = invocation;
  wait->audit = audit;
  wait->since = since;
  wait->limit = limit;
  wait->changed_id =
    g_signal_connect (self->registry, "changed", G_CALLBACK (changed_cb), wait);
  wait->timeout = g_timeout_source_new_seconds (seconds);
  g_source_set_callback (wait->timeout, timeout_cb, wait, NULL);
  g_source_attach (wait->timeout, g_main_context_get_thread_default ());
  g_queue_push_tail (&self->waiting, wait);
  wait->asking = g_cancellable_new ();
  loft_dbus_ask_user (invocation, wait->asking, found_user_cb, wait);
}

/**
 * loft_dbus_end_waiting:
 * @self: a service
 *
 * Answers all who wait for changes, with none.
 */
void
loft_dbus_end_waiting (LoftDbusService *self)
{
  while (!g_queue_is_empty (&self->waiting))
    end_wait (g_queue_peek_head (&self->waiting), TRUE);
}

static void
list (LoftDbusService *self, GDBusMethodInvocation *invocation, gboolean audit)
{
  GVariant *parameters = g_dbus_method_invocation_get_parameters (invocation);
  g_autoptr (GError) local_error = NULL;
  guint64 since;
  guint limit;
  guint seconds;

  g_variant_get (parameters, "(tuu)", &since, &limit, &seconds);
  limit = limit == 0 ? LIMIT_MAX : MIN (limit, LIMIT_MAX);
  if (since > G_MAXINT64)
    g_set_error_literal (&local_error,
                         LOFT_DBUS_ERROR,
                         LOFT_DBUS_ERROR_ARGUMENT,
                         "No event has such a number");
  else if (seconds > 0)
    check_connection (self, invocation, &local_error);

  if (local_error != NULL)
    loft_dbus_error_return (invocation, local_error);
  else if (!answer (self, invocation, audit, since, limit, seconds == 0))
    wait_for_change (self,
                     invocation,
                     audit,
                     since,
                     limit,
                     MIN (seconds, SECONDS_MAX));
}

/**
 * loft_dbus_list_changes:
 * @self: a service
 * @invocation: (transfer full): a call
 * @caller: (nullable): not used
 *
 * Answers ListChanges.
 */
void
loft_dbus_list_changes (LoftDbusService *self,
                        GDBusMethodInvocation *invocation,
                        const LoftCaller *caller)
{
  list (self, invocation, FALSE);
}

/**
 * loft_dbus_list_audit:
 * @self: a service
 * @invocation: (transfer full): a call
 * @caller: who calls
 *
 * Answers ListAudit.
 */
void
loft_dbus_list_audit (LoftDbusService *self,
                      GDBusMethodInvocation *invocation,
                      const LoftCaller *caller)
{
  list (self, invocation, TRUE);
}
