/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-docs-queue.h"
#include "registry/loft-registry-docs.h"
#include "registry/loft-registry-private.h"

/* Telling how it is with documentation: what waits, and what can't be built. */

#define COUNT_MAX 1000

typedef struct
{
  char *name;    /* owned, NULL for all */
  char *version; /* owned, NULL for all */
  guint limit;
} Question;

static void
question_free (gpointer data)
{
  Question *question = data;

  g_free (question->name);
  g_free (question->version);
  g_free (question);
}

/* Behind which event of the log versions get documentation by themselves. */
static gboolean
get_since (LoftRegistry *self, guint64 *out_since)
{
  guint64 fact = loft_page_get_fact (self->page, LOFT_PAGE_DOCS_SINCE);

  *out_since = fact > 0 ? fact - 1 : 0;

  return fact > 0;
}

/* Nobody builds what is yanked, unless it is not any more. */
static void
forget_wish (LoftDocs *docs)
{
  docs->state = docs->generation != NULL ? LOFT_DOCS_BUILT : LOFT_DOCS_NONE;
  docs->attempts = 0;
  g_clear_pointer (&docs->reason, g_free);
  g_clear_pointer (&docs->log, g_free);
}

/**
 * loft_registry_look_up_docs:
 * @self: a registry
 * @name: a package
 * @version: one of its versions
 * @out_docs: (out caller-allocates): how it is with its documentation
 * @error: return location for a #GError
 *
 * Looks it up. Of what was published a moment ago nothing is told yet, but it
 * waits.
 *
 * Returns: %TRUE, or %FALSE with @error set to a #LoftRegistryError
 */
gboolean
loft_registry_look_up_docs (LoftRegistry *self,
                            const char *name,
                            const LoftCatalogVersion *version,
                            LoftDocs *out_docs,
                            GError **error)
{
  g_return_val_if_fail (LOFT_IS_REGISTRY (self), FALSE);
  g_return_val_if_fail (name != NULL && version != NULL, FALSE);
  g_return_val_if_fail (out_docs != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  guint64 since = 0;

  if (!loft_catalog_get_docs (self->catalog,
                              name,
                              version->key,
                              out_docs,
                              error))
    return FALSE;

  if (version->yanked && out_docs->state == LOFT_DOCS_WAITING)
    forget_wish (out_docs);
  if (out_docs->state == LOFT_DOCS_NONE && get_since (self, &since) &&
      version->seq > (gint64) since && !version->yanked)
    out_docs->state = LOFT_DOCS_WAITING;

  return TRUE;
}

/**
 * loft_registry_count_docs:
 * @self: a registry
 * @out_waiting: (out): how many versions wait for documentation; of those that
 *   nothing is told of yet up to a thousand are counted
 * @out_failed: (out): of how many it could not be built
 *
 * Counts them, as far as that is known. Blocks, for looks into the catalog.
 */
void
loft_registry_count_docs (LoftRegistry *self,
                          guint64 *out_waiting,
                          guint64 *out_failed)
{
  g_return_if_fail (LOFT_IS_REGISTRY (self));
  g_return_if_fail (out_waiting != NULL && out_failed != NULL);

  guint64 since = 0;

  *out_waiting = 0;
  *out_failed = 0;
  if (!loft_registry_can_answer (self, NULL))
    return;

  loft_catalog_count_docs (self->catalog, LOFT_DOCS_FAILED, out_failed, NULL);
  loft_catalog_count_docs (self->catalog, LOFT_DOCS_WAITING, out_waiting, NULL);
  if (!get_since (self, &since))
    return;

  g_autoptr (GPtrArray) jobs = loft_docs_list_new (
    self->catalog,
    since,
    MAX (since, loft_page_get_fact (self->page, LOFT_PAGE_DOCS_DONE)),
    COUNT_MAX,
    NULL);
  *out_waiting += jobs != NULL ? jobs->len : 0;
}

static void
write_item (JsonBuilder *builder,
            const char *name,
            const char *version,
            const LoftDocs *docs,
            gboolean with_log)
{
  json_builder_begin_object (builder);
  loft_json_add_string (builder, "name", name);
  loft_json_add_string (builder, "version", version);
  loft_docs_write (docs, with_log, builder);
  json_builder_end_object (builder);
}

static gboolean
write_told (LoftRegistry *self,
            LoftDocsState state,
            guint *left,
            JsonBuilder *builder,
            GError **error)
{
  g_autoptr (GPtrArray) items =
    loft_catalog_list_docs (self->catalog, state, *left, error);

  for (guint i = 0; items != NULL && i < items->len; i++)
    {
      const LoftCatalogDocsItem *item = g_ptr_array_index (items, i);

      write_item (builder, item->name, item->key, &item->docs, FALSE);
    }
  *left -= items != NULL ? items->len : 0;

  return items != NULL;
}

static gboolean
write_new (LoftRegistry *self, guint left, JsonBuilder *builder, GError **error)
{
  const LoftDocs waiting = { .state = LOFT_DOCS_WAITING };
  guint64 since = 0;

  if (left == 0 || !get_since (self, &since))
    return TRUE;

  g_autoptr (GPtrArray) jobs = loft_docs_list_new (
    self->catalog,
    since,
    MAX (since, loft_page_get_fact (self->page, LOFT_PAGE_DOCS_DONE)),
    left,
    error);
  for (guint i = 0; jobs != NULL && i < jobs->len; i++)
    {
      const LoftDocsJob *job = g_ptr_array_index (jobs, i);

      write_item (builder, job->name, job->version->version, &waiting, FALSE);
    }

  return jobs != NULL;
}

static GBytes *
list (LoftRegistry *self, const Question *question, GError **error)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  guint left = question->limit;

  json_builder_begin_array (builder);
  if (!write_told (self, LOFT_DOCS_FAILED, &left, builder, error) ||
      !write_told (self, LOFT_DOCS_WAITING, &left, builder, error) ||
      !write_new (self, left, builder, error))
    return NULL;
  json_builder_end_array (builder);

  g_autoptr (JsonNode) root = json_builder_get_root (builder);

  return loft_json_to_bytes (root);
}

static GBytes *
show (LoftRegistry *self, const Question *question, GError **error)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_auto (LoftDocs) docs = { .state = LOFT_DOCS_NONE };
  g_autoptr (LoftCatalogVersion) version =
    loft_catalog_get_version (self->catalog,
                              question->name,
                              question->version,
                              error);

  if (version == NULL ||
      !loft_registry_look_up_docs (self, question->name, version, &docs, error))
    return NULL;

  write_item (builder, question->name, version->version, &docs, TRUE);
  g_autoptr (JsonNode) root = json_builder_get_root (builder);

  return loft_json_to_bytes (root);
}

static void
tell_in_thread_cb (GTask *task,
                   gpointer source_object,
                   gpointer task_data,
                   GCancellable *cancellable)
{
  LoftRegistry *self = LOFT_REGISTRY (source_object);
  const Question *question = task_data;
  g_autoptr (GError) local_error = NULL;
  GBytes *text = question->name != NULL ? show (self, question, &local_error)
                                        : list (self, question, &local_error);

  if (text != NULL)
    g_task_return_pointer (task, text, (GDestroyNotify) g_bytes_unref);
  else
    g_task_return_error (task, g_steal_pointer (&local_error));
}

static void
tell (LoftRegistry *self,
      const char *name,
      const char *version,
      guint limit,
      GCancellable *cancellable,
      GAsyncReadyCallback callback,
      gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);
  g_autoptr (GError) local_error = NULL;
  Question *question = g_new0 (Question, 1);

  question->name = g_strdup (name);
  question->version = g_strdup (version);
  question->limit = limit;
  g_task_set_source_tag (task, tell);
  g_task_set_task_data (task, question, question_free);
  if (loft_registry_can_answer (self, &local_error))
    g_task_run_in_thread (task, tell_in_thread_cb);
  else
    g_task_return_error (task, g_steal_pointer (&local_error));
}

/**
 * loft_registry_list_docs_async:
 * @self: a registry
 * @limit: versions at most
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async): called when the answer is there
 * @user_data: for @callback
 *
 * Lists the versions whose documentation could not be built, and those that
 * wait for some.
 */
void
loft_registry_list_docs_async (LoftRegistry *self,
                               guint limit,
                               GCancellable *cancellable,
                               GAsyncReadyCallback callback,
                               gpointer user_data)
{
  g_return_if_fail (LOFT_IS_REGISTRY (self));
  g_return_if_fail (limit > 0);

  tell (self, NULL, NULL, limit, cancellable, callback, user_data);
}

/**
 * loft_registry_show_docs_async:
 * @self: a registry
 * @name: a package
 * @version: one of its versions
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async): called when the answer is there
 * @user_data: for @callback
 *
 * Tells how it is with a version's documentation, and what was said last when
 * it could not be built.
 */
void
loft_registry_show_docs_async (LoftRegistry *self,
                               const char *name,
                               const char *version,
                               GCancellable *cancellable,
                               GAsyncReadyCallback callback,
                               gpointer user_data)
{
  g_return_if_fail (LOFT_IS_REGISTRY (self));
  g_return_if_fail (name != NULL && version != NULL);

  tell (self, name, version, 0, cancellable, callback, user_data);
}

/**
 * loft_registry_tell_docs_finish:
 * @self: a registry
 * @result: what the callback got
 * @error: return location for a #GError
 *
 * Ends loft_registry_list_docs_async() and loft_registry_show_docs_async().
 *
 * Returns: (transfer full): a JSON array of objects, or an object; %NULL with
 *   @error set to a #LoftRegistryError
 */
GBytes *
loft_registry_tell_docs_finish (LoftRegistry *self,
                                GAsyncResult *result,
                                GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}
