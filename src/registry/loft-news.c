/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-news.h"

#include "registry/loft-registry-private.h"

typedef struct
{
  char *name; /* owned, nullable */
  guint limit;
} Wish;

static void
wish_free (gpointer data)
{
  Wish *wish = data;

  g_free (wish->name);
  g_free (wish);
}

/**
 * loft_news_free:
 * @self: (transfer full): news
 *
 * Frees @self.
 */
void
loft_news_free (LoftNews *self)
{
  g_clear_pointer (&self->elements, g_bytes_unref);
  g_free (self->origin);
  g_free (self);
}

static void
list_in_thread_cb (GTask *task,
                   gpointer source_object,
                   gpointer task_data,
                   GCancellable *cancellable)
{
  LoftRegistry *self = LOFT_REGISTRY (source_object);
  const Wish *wish = task_data;
  g_autoptr (GError) local_error = NULL;
  g_autoptr (LoftNews) news = g_new0 (LoftNews, 1);

  news->elements = loft_catalog_list_news (self->catalog,
                                           wish->name,
                                           wish->limit,
                                           &news->origin,
                                           &news->changed,
                                           &local_error);
  if (news->elements != NULL)
    {
      g_task_return_pointer (task,
                             g_steal_pointer (&news),
                             (GDestroyNotify) loft_news_free);
      return;
    }
  loft_registry_translate_error (&local_error);
  g_task_return_error (task, g_steal_pointer (&local_error));
}

/**
 * loft_registry_find_newest:
 * @self: a registry
 * @name: a package
 * @out_version: (out) (transfer full) (nullable): its newest version; %NULL if
 *   all are yanked
 * @error: return location for a #GError
 *
 * Finds out which version of a package is the newest: from the catalog, quick
 * enough for a main loop.
 *
 * Returns: %TRUE, or %FALSE with @error set to a #LoftRegistryError
 */
gboolean
loft_registry_find_newest (LoftRegistry *self,
                           const char *name,
                           char **out_version,
                           GError **error)
{
  g_return_val_if_fail (LOFT_IS_REGISTRY (self), FALSE);
  g_return_val_if_fail (name != NULL && out_version != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return loft_registry_can_answer (self, error) &&
         loft_catalog_find_newest (self->catalog, name, out_version, error);
}

/**
 * loft_registry_list_news_async:
 * @self: a registry
 * @name: (nullable): a package; %NULL for all
 * @limit: versions at most
 * @cancellable: (nullable): a cancellable
 * @callback: called when they are known
 * @user_data: for @callback
 *
 * Lists what was published last.
 */
void
loft_registry_list_news_async (LoftRegistry *self,
                               const char *name,
                               guint limit,
                               GCancellable *cancellable,
                               GAsyncReadyCallback callback,
                               gpointer user_data)
{
  g_return_if_fail (LOFT_IS_REGISTRY (self));
  g_return_if_fail (limit > 0);

  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);
  g_autoptr (GError) local_error = NULL;
  Wish *wish = g_new0 (Wish, 1);

  wish->name = g_strdup (name);
  wish->limit = limit;
  g_task_set_source_tag (task, loft_registry_list_news_async);
  g_task_set_task_data (task, wish, wish_free);
  if (loft_registry_can_answer (self, &local_error))
    g_task_run_in_thread (task, list_in_thread_cb);
  else
    g_task_return_error (task, g_steal_pointer (&local_error));
}

/**
 * loft_registry_list_news_finish:
 * @self: a registry
 * @result: what the callback was given
 * @error: return location for a #GError
 *
 * Ends loft_registry_list_news_async().
 *
 * Returns: (transfer full): the news, or %NULL with @error set to a
 *   #LoftRegistryError
 */
LoftNews *
loft_registry_list_news_finish (LoftRegistry *self,
                                GAsyncResult *result,
                                GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}
