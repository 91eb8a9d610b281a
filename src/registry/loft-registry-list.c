/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-registry-private.h"

/* Lists that take their time: the full one, search, dependents.
 *
 * The full list is made by one thread at a time and kept until something
 * changes. Who asks while it is being made gets that one if nothing has changed
 * since it was begun, else all who wait share the next. */

typedef struct
{
  GBytes *list; /* owned */
  char *digest; /* owned */
  LoftMark mark;
} List;

static void
list_free (gpointer data)
{
  List *list = data;

  g_clear_pointer (&list->list, g_bytes_unref);
  g_free (list->digest);
  g_free (list);
}

static LoftMark
get_mark (LoftRegistry *self)
{
  LoftMark mark;

  loft_registry_get_mark (self, &mark.sequence, &mark.epoch);

  return mark;
}

/* Whether a list of @mark has everything that was told of by the time of
 * @asked. Both numbers only grow while anybody is answered. */
static gboolean
is_recent (const LoftMark *mark, const LoftMark *asked)
{
  return mark->epoch >= asked->epoch && mark->sequence >= asked->sequence;
}

static void
build_in_thread_cb (GTask *task,
                    gpointer source_object,
                    gpointer task_data,
                    GCancellable *cancellable)
{
  LoftRegistry *self = LOFT_REGISTRY (source_object);
  g_autoptr (GError) local_error = NULL;
  List *list = g_new0 (List, 1);

  /* Noted before the catalog is read, so the list is never newer than it says.
   */
  list->mark = get_mark (self);
  list->list =
    loft_catalog_list_packages (self->catalog, &list->digest, &local_error);
  if (list->list == NULL)
    {
      list_free (list);
      loft_registry_translate_error (&local_error);
      g_task_return_error (task, g_steal_pointer (&local_error));
      return;
    }

  g_task_return_pointer (task, list, list_free);
}

static void build_list (LoftRegistry *self);

static void
build_cb (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  LoftRegistry *self = LOFT_REGISTRY (source_object);
  g_autoptr (GError) local_error = NULL;
  List *list = g_task_propagate_pointer (G_TASK (result), &local_error);
  GQueue waiting = self->list_waiting;

  g_queue_init (&self->list_waiting);
  self->list_building = FALSE;
  if (list != NULL)
    {
      g_clear_pointer (&self->list, g_bytes_unref);
      g_free (self->list_digest);
      self->list = g_steal_pointer (&list->list);
      self->list_digest = g_steal_pointer (&list->digest);
      self->list_mark = list->mark;
      list_free (list);
    }

  while (!g_queue_is_empty (&waiting))
    {
      g_autoptr (GTask) task = g_queue_pop_head (&waiting);
      const LoftMark *asked = g_task_get_task_data (task);

      if (local_error != NULL)
        g_task_return_error (task, g_error_copy (local_error));
      else if (is_recent (&self->list_mark, asked))
        g_task_return_boolean (task, TRUE);
      else
        g_queue_push_tail (&self->list_waiting, g_steal_pointer (&task));
    }
  if (!g_queue_is_empty (&self->list_waiting))
    build_list (self);
}

static void
build_list (LoftRegistry *self)
{
  g_autoptr (GTask) task = g_task_new (self, NULL, build_cb, NULL);

  self->list_building = TRUE;
  g_task_set_source_tag (task, build_list);
  g_task_run_in_thread (task, build_in_thread_cb);
}

/**
 * loft_registry_list_packages_async:
 * @self: a registry
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async): called when the list is there
 * @user_data: for @callback
 *
 * Lists all packages, each with its newest version.
 */
void
loft_registry_list_packages_async (LoftRegistry *self,
                                   GCancellable *cancellable,
                                   GAsyncReadyCallback callback,
                                   gpointer user_data)
{
  g_return_if_fail (LOFT_IS_REGISTRY (self));

  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);
  g_autoptr (GError) local_error = NULL;
  LoftMark mark = get_mark (self);

  g_task_set_source_tag (task, loft_registry_list_packages_async);
  if (!loft_registry_can_answer (self, &local_error))
    {
      g_task_return_error (task, g_steal_pointer (&local_error));
      return;
    }
  if (self->list != NULL && is_recent (&self->list_mark, &mark))
    {
      g_task_return_boolean (task, TRUE);
      return;
    }

  g_task_set_task_data (task, g_memdup2 (&mark, sizeof mark), g_free);
  g_queue_push_tail (&self->list_waiting, g_steal_pointer (&task));
  if (!self->list_building)
    build_list (self);
}

/**
 * loft_registry_list_packages_finish:
 * @self: a registry
 * @result: what the callback got
 * @out_digest: (out) (optional) (transfer full): a digest of the list
 * @error: return location for a #GError
 *
 * Ends what loft_registry_list_packages_async() began.
 *
 * Returns: (transfer full): a JSON array, or %NULL with @error set to
 *   %LOFT_REGISTRY_ERROR_NOT_READY or another #LoftRegistryError
 */
GBytes *
loft_registry_list_packages_finish (LoftRegistry *self,
                                    GAsyncResult *result,
                                    char **out_digest,
                                    GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);

  if (!g_task_propagate_boolean (G_TASK (result), error))
    return NULL;
  if (out_digest != NULL)
    *out_digest = g_strdup (self->list_digest);

  return g_bytes_ref (self->list);
}

/* A page of a list. */
typedef struct
{
  char *subject; /* owned, nullable: a query, or a name */
  char *after;   /* owned, nullable */
  LoftSort sort;
  guint limit;
  char *next; /* owned, nullable */
} Page;

static void
page_free (gpointer data)
{
  Page *page = data;

  g_free (page->subject);
  g_free (page->after);
  g_free (page->next);
  g_free (page);
}

static void
run_page (LoftRegistry *self,
          GTask *task,
          const char *subject,
          LoftSort sort,
          const char *after,
          guint limit,
          GTaskThreadFunc func)
{
  g_autoptr (GError) local_error = NULL;
  Page *page = g_new0 (Page, 1);

  page->subject = g_strdup (subject);
  page->after = g_strdup (after);
  page->sort = sort;
  page->limit = limit;
  g_task_set_task_data (task, page, page_free);
  if (loft_registry_can_answer (self, &local_error))
    g_task_run_in_thread (task, func);
  else
    g_task_return_error (task, g_steal_pointer (&local_error));
}

static void
return_page (GTask *task, GBytes *bytes, GError *error)
{
  g_autoptr (GError) owned = error;

  if (bytes != NULL)
    {
      g_task_return_pointer (task, bytes, (GDestroyNotify) g_bytes_unref);
      return;
    }
  loft_registry_translate_error (&owned);
  g_task_return_error (task, g_steal_pointer (&owned));
}

static GBytes *
finish_page (LoftRegistry *self,
             GAsyncResult *result,
             char **out_next,
             GError **error)
{
  GBytes *bytes = g_task_propagate_pointer (G_TASK (result), error);
  Page *page = g_task_get_task_data (G_TASK (result));

  if (bytes != NULL && out_next != NULL)
    *out_next = g_steal_pointer (&page->next);

  return bytes;
}

static void
search_in_thread_cb (GTask *task,
                     gpointer source_object,
                     gpointer task_data,
                     GCancellable *cancellable)
{
  LoftRegistry *self = LOFT_REGISTRY (source_object);
  Page *page = task_data;
  GError *local_error = NULL;
  GBytes *bytes = loft_catalog_search (self->catalog,
                                       page->subject,
                                       page->sort,
                                       page->after,
                                       page->limit,
                                       &page->next,
                                       &local_error);

  return_page (task, bytes, local_error);
}

/**
 * loft_registry_search_async:
 * @self: a registry
 * @query: (nullable): words to look for
 * @sort: in what order
 * @after: (nullable): where the last page ended
 * @limit: how many packages at most
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async): called when the answer is there
 * @user_data: for @callback
 *
 * Looks for packages.
 */
void
loft_registry_search_async (LoftRegistry *self,
                            const char *query,
                            LoftSort sort,
                            const char *after,
                            guint limit,
                            GCancellable *cancellable,
                            GAsyncReadyCallback callback,
                            gpointer user_data)
{
  g_return_if_fail (LOFT_IS_REGISTRY (self));

  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);

  g_task_set_source_tag (task, loft_registry_search_async);
  run_page (self, task, query, sort, after, limit, search_in_thread_cb);
}

/**
 * loft_registry_search_finish:
 * @self: a registry
 * @result: what the callback got
 * @out_next: (out) (optional) (transfer full) (nullable): where the next page
 *   begins; %NULL on the last
 * @error: return location for a #GError
 *
 * Ends what loft_registry_search_async() began.
 *
 * Returns: (transfer full): a JSON array, or %NULL with @error set to a
 *   #LoftRegistryError
 */
GBytes *
loft_registry_search_finish (LoftRegistry *self,
                             GAsyncResult *result,
                             char **out_next,
                             GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);

  return finish_page (self, result, out_next, error);
}

static void
dependents_in_thread_cb (GTask *task,
                         gpointer source_object,
                         gpointer task_data,
                         GCancellable *cancellable)
{
  LoftRegistry *self = LOFT_REGISTRY (source_object);
  Page *page = task_data;
  GError *local_error = NULL;
  GBytes *bytes = loft_catalog_list_dependents (self->catalog,
                                                page->subject,
                                                page->after,
                                                page->limit,
                                                &page->next,
                                                &local_error);

  return_page (task, bytes, local_error);
}

/**
 * loft_registry_list_dependents_async:
 * @self: a registry
 * @name: a package
 * @after: (nullable): where the last page ended
 * @limit: how many packages at most
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async): called when the answer is there
 * @user_data: for @callback
 *
 * Lists the packages that depend on @name.
 */
void
loft_registry_list_dependents_async (LoftRegistry *self,
                                     const char *name,
                                     const char *after,
                                     guint limit,
                                     GCancellable *cancellable,
                                     GAsyncReadyCallback callback,
                                     gpointer user_data)
{
  g_return_if_fail (LOFT_IS_REGISTRY (self));
  g_return_if_fail (name != NULL);

  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);

  g_task_set_source_tag (task, loft_registry_list_dependents_async);
  run_page (self,
            task,
            name,
            LOFT_SORT_NAME,
            after,
            limit,
            dependents_in_thread_cb);
}

/**
 * loft_registry_list_dependents_finish:
 * @self: a registry
 * @result: what the callback got
 * @out_next: (out) (optional) (transfer full) (nullable): where the next page
 *   begins; %NULL on the last
 * @error: return location for a #GError
 *
 * Ends what loft_registry_list_dependents_async() began.
 *
 * Returns: (transfer full): a JSON array, or %NULL with @error set to a
 *   #LoftRegistryError
 */
GBytes *
loft_registry_list_dependents_finish (LoftRegistry *self,
                                      GAsyncResult *result,
                                      char **out_next,
                                      GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);

  return finish_page (self, result, out_next, error);
}
