/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-registry-docs.h"
#include "registry/loft-registry-private.h"

/* Wanting documentation of what has none, or has another one. The log is told,
 * and whoever has it built finds it there. */

#define EVENTS_AT_ONCE 500

typedef struct
{
  char *name;          /* owned, NULL for all that have none */
  char *version;       /* owned, NULL for all */
  char *administrator; /* owned */
  char *request;       /* owned, nullable */
  guint limit;
  guint count;
} Wish;

static void
wish_free (gpointer data)
{
  Wish *wish = data;

  g_free (wish->name);
  g_free (wish->version);
  g_free (wish->administrator);
  g_free (wish->request);
  g_free (wish);
}

static LoftEvent *
make_event (const Wish *wish,
            const char *name,
            const char *key,
            const char *version)
{
  const LoftDocs waiting = { .state = LOFT_DOCS_WAITING };
  LoftEvent *event = loft_event_new_for_docs (name, key, &waiting);

  g_free (event->version);
  event->version = g_strdup (version);
  loft_actor_set (&event->actor, wish->administrator, NULL, wish->request);

  return event;
}

static gboolean
append (LoftRegistry *self, Wish *wish, GPtrArray *events, GError **error)
{
  guint length = events->len;

  if (length > 0 && !loft_log_append (self->log, events, error))
    return FALSE;
  g_ptr_array_set_size (events, 0);
  wish->count += length;

  return TRUE;
}

static gboolean
want_one (LoftRegistry *self, Wish *wish, GPtrArray *events, GError **error)
{
  g_autoptr (LoftCatalogVersion) version =
    loft_catalog_get_version (self->catalog, wish->name, wish->version, error);

  if (version == NULL)
    return FALSE;
  if (version->yanked)
    {
      g_set_error (error,
                   LOFT_REGISTRY_ERROR,
                   LOFT_REGISTRY_ERROR_RULES,
                   "“%s” %s is yanked, and gets no documentation",
                   wish->name,
                   version->version);
      return FALSE;
    }

  g_ptr_array_add (
    events,
    make_event (wish, wish->name, version->key, version->version));

  return append (self, wish, events, error);
}

static gboolean
want_missing (LoftRegistry *self, Wish *wish, GPtrArray *events, GError **error)
{
  guint64 since = loft_page_get_fact (self->page, LOFT_PAGE_DOCS_SINCE);
  g_autoptr (GPtrArray) items =
    loft_catalog_list_without_docs (self->catalog,
                                    MAX (since, 1) - 1,
                                    wish->limit,
                                    error);

  if (items == NULL)
    return FALSE;
  for (guint i = 0; i < items->len; i++)
    {
      const LoftCatalogDocsItem *item = g_ptr_array_index (items, i);

      g_ptr_array_add (events,
                       make_event (wish, item->name, item->key, item->key));
      if (events->len == EVENTS_AT_ONCE && !append (self, wish, events, error))
        return FALSE;
    }

  return append (self, wish, events, error);
}

static gboolean
check_command (LoftRegistry *self, GError **error)
{
  g_autoptr (LoftRegistrySettings) settings = loft_registry_dup_settings (self);

  if (settings->docs.command != NULL)
    return TRUE;

  g_set_error_literal (error,
                       LOFT_REGISTRY_ERROR,
                       LOFT_REGISTRY_ERROR_RULES,
                       "No documentation is built here: doc-command is not "
                       "set");

  return FALSE;
}

static void
want_in_thread_cb (GTask *task,
                   gpointer source_object,
                   gpointer task_data,
                   GCancellable *cancellable)
{
  LoftRegistry *self = LOFT_REGISTRY (source_object);
  Wish *wish = task_data;
  g_autoptr (GError) local_error = NULL;
  g_autoptr (GPtrArray) events =
    g_ptr_array_new_with_free_func ((GDestroyNotify) loft_event_unref);

  if (loft_registry_can_write (self, &local_error) &&
      check_command (self, &local_error) &&
      (wish->name != NULL ? want_one (self, wish, events, &local_error)
                          : want_missing (self, wish, events, &local_error)))
    {
      g_task_return_boolean (task, TRUE);
      return;
    }
  loft_registry_translate_error (&local_error);
  g_task_return_error (task, g_steal_pointer (&local_error));
}

/**
 * loft_registry_want_docs_async:
 * @self: a registry
 * @name: (nullable): a package; %NULL for all versions that nobody ever wanted
 *   documentation of, the newest first
 * @version: (nullable): one of its versions
 * @limit: how many of those at most
 * @caller: the administrator who wants it
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async): called when it is told, or refused
 * @user_data: for @callback
 *
 * Has documentation built some time, be it once more. What there is is shown
 * until then.
 */
void
loft_registry_want_docs_async (LoftRegistry *self,
                               const char *name,
                               const char *version,
                               guint limit,
                               const LoftCaller *caller,
                               GCancellable *cancellable,
                               GAsyncReadyCallback callback,
                               gpointer user_data)
{
  g_return_if_fail (LOFT_IS_REGISTRY (self));
  g_return_if_fail ((name != NULL) == (version != NULL));
  g_return_if_fail (caller != NULL && caller->administrator != NULL);

  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);
  Wish *wish = g_new0 (Wish, 1);

  wish->name = g_strdup (name);
  wish->version = g_strdup (version);
  wish->limit = limit;
  wish->administrator = g_strdup (caller->administrator);
  wish->request = g_strdup (caller->request);
  g_task_set_check_cancellable (task, FALSE);
  g_task_set_source_tag (task, loft_registry_want_docs_async);
  g_task_set_task_data (task, wish, wish_free);
  loft_registry_run (self, task, want_in_thread_cb);
}

/**
 * loft_registry_want_docs_finish:
 * @self: a registry
 * @result: what the callback got
 * @out_count: (out): of how many versions
 * @error: return location for a #GError
 *
 * Ends what loft_registry_want_docs_async() began.
 *
 * Returns: %TRUE, or %FALSE with @error set to a #LoftRegistryError
 */
gboolean
loft_registry_want_docs_finish (LoftRegistry *self,
                                GAsyncResult *result,
                                guint *out_count,
                                GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  g_return_val_if_fail (out_count != NULL, FALSE);

  const Wish *wish = g_task_get_task_data (G_TASK (result));
  *out_count = wish->count;

  return g_task_propagate_boolean (G_TASK (result), error);
}
