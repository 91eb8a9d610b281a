/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-registry-diff.h"

#include "registry/loft-diff.h"
#include "registry/loft-json.h"
#include "registry/loft-registry-private.h"
#include "registry/loft-version.h"

/* Comparing two versions of a package. */

#define TIME_MAX (10 * G_TIME_SPAN_SECOND)

typedef struct
{
  gboolean has_view;
  LoftView view;
  char *name;        /* owned */
  char *old_version; /* owned */
  char *new_version; /* owned */
  char *path;        /* owned, nullable */
  char *after;       /* owned, nullable */
} Question;

static void
question_free (gpointer data)
{
  Question *question = data;

  g_free (question->name);
  g_free (question->old_version);
  g_free (question->new_version);
  g_free (question->path);
  g_free (question->after);
  g_free (question);
}

typedef struct
{
  LoftCatalogVersion *older; /* owned */
  LoftCatalogVersion *newer; /* owned */
} Pair;

static void
pair_clear (Pair *self)
{
  g_clear_pointer (&self->older, loft_catalog_version_free);
  g_clear_pointer (&self->newer, loft_catalog_version_free);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Pair, pair_clear)

/**
 * loft_diff_free:
 * @self: (transfer full): a diff
 *
 * Frees @self.
 */
void
loft_diff_free (LoftDiff *self)
{
  g_return_if_fail (self != NULL);

  g_free (self->digest);
  g_clear_pointer (&self->root, json_node_unref);
  g_free (self->next);
  g_free (self);
}

static LoftCatalogVersion *
find_version (LoftRegistry *self,
              const Question *question,
              const char *version,
              GError **error)
{
  return loft_catalog_view_version (self->catalog,
                                    question->has_view ? &question->view : NULL,
                                    question->name,
                                    version,
                                    NULL,
                                    error);
}

static LoftDownload *
open_tarball (LoftRegistry *self,
              const Question *question,
              const LoftCatalogVersion *version,
              GCancellable *cancellable,
              GError **error)
{
  return loft_registry_open_archive_here (self,
                                          question->name,
                                          version,
                                          FALSE,
                                          cancellable,
                                          error);
}

static void
add_flag (JsonBuilder *builder, const char *member, gboolean value)
{
  json_builder_set_member_name (builder, member);
  json_builder_add_boolean_value (builder, value);
}

static void
add_versions (JsonBuilder *builder,
              const Question *question,
              const LoftCatalogVersion *older,
              const LoftCatalogVersion *newer)
{
  loft_json_add_string (builder, "name", question->name);
  loft_json_add_string (builder, "old", older->version);
  loft_json_add_string (builder, "new", newer->version);
  add_flag (builder, "old_yanked", older->yanked);
  add_flag (builder, "new_yanked", newer->yanked);
  add_flag (builder,
            "backwards",
            loft_version_compare (older->version, newer->version) > 0);
}

static gboolean
add_difference (LoftRegistry *self,
                const Question *question,
                const Pair *pair,
                JsonBuilder *builder,
                LoftDiff *diff,
                GCancellable *cancellable,
                GError **error)
{
  g_autoptr (LoftDownload) one =
    open_tarball (self, question, pair->older, cancellable, error);
  g_autoptr (LoftDownload) other =
    one != NULL ? open_tarball (self, question, pair->newer, cancellable, error)
                : NULL;
  LoftDiffSides sides = { .old_tarball = one,
                          .new_tarball = other,
                          .end = g_get_monotonic_time () + TIME_MAX,
                          .cancellable = cancellable };

  if (other == NULL)
    return FALSE;

  gboolean good =
    question->path != NULL
      ? loft_diff_add_file (&sides, question->path, builder, error)
      : loft_diff_add_files (&sides,
                             question->after,
                             builder,
                             &diff->next,
                             error);
  diff->is_partial = sides.is_partial;

  return good;
}

/* Nothing else is in it. */
static char *
make_digest (const Question *question, const Pair *pair)
{
  const LoftCatalogVersion *const both[] = { pair->older, pair->newer };
  g_autoptr (GString) text = g_string_new (question->name);

  for (gsize i = 0; i < G_N_ELEMENTS (both); i++)
    {
      if (both[i]->sha256 == NULL)
        return NULL;
      g_string_append_printf (text,
                              "\n%s\n%s\n%d",
                              both[i]->version,
                              both[i]->sha256,
                              both[i]->yanked);
    }
  g_string_append_printf (text,
                          "\n%s\n%s",
                          question->path != NULL ? question->path : "",
                          question->after != NULL ? question->after : "");

  return g_compute_checksum_for_string (G_CHECKSUM_SHA256, text->str, -1);
}

static gboolean
find_pair (LoftRegistry *self,
           const Question *question,
           Pair *pair,
           GError **error)
{
  pair->older = find_version (self, question, question->old_version, error);
  if (pair->older == NULL)
    return FALSE;
  pair->newer = find_version (self, question, question->new_version, error);

  return pair->newer != NULL;
}

static LoftDiff *
find_diff (LoftRegistry *self, const Question *question, GError **error)
{
  g_auto (Pair) pair = { NULL, NULL };

  if (!find_pair (self, question, &pair, error))
    return NULL;

  LoftDiff *diff = g_new0 (LoftDiff, 1);
  diff->digest = make_digest (question, &pair);

  return diff;
}

static LoftDiff *
compare (LoftRegistry *self,
         const Question *question,
         GCancellable *cancellable,
         GError **error)
{
  g_auto (Pair) pair = { NULL, NULL };

  if (!find_pair (self, question, &pair, error))
    return NULL;

  g_autoptr (LoftDiff) diff = g_new0 (LoftDiff, 1);
  g_autoptr (JsonBuilder) builder = json_builder_new_immutable ();
  json_builder_begin_object (builder);
  add_versions (builder, question, pair.older, pair.newer);
  if (question->path == NULL && g_str_equal (pair.older->key, pair.newer->key))
    loft_diff_add_nothing (builder);
  else if (!add_difference (self,
                            question,
                            &pair,
                            builder,
                            diff,
                            cancellable,
                            error))
    return NULL;
  json_builder_end_object (builder);
  diff->root = json_builder_get_root (builder);
  if (!diff->is_partial)
    diff->digest = make_digest (question, &pair);

  return g_steal_pointer (&diff);
}

/* Takes what differs, and the error. */
static void
return_diff (GTask *task, LoftDiff *diff, GError *error)
{
  if (diff != NULL)
    {
      g_task_return_pointer (task, diff, (GDestroyNotify) loft_diff_free);
      return;
    }
  loft_registry_translate_error (&error);
  g_task_return_error (task, error);
}

static void
find_in_thread_cb (GTask *task,
                   gpointer source_object,
                   gpointer task_data,
                   GCancellable *cancellable)
{
  GError *local_error = NULL;
  LoftDiff *diff = find_diff (source_object, task_data, &local_error);

  return_diff (task, diff, local_error);
}

static void
compare_in_thread_cb (GTask *task,
                      gpointer source_object,
                      gpointer task_data,
                      GCancellable *cancellable)
{
  GError *local_error = NULL;
  LoftDiff *diff =
    compare (source_object, task_data, cancellable, &local_error);

  return_diff (task, diff, local_error);
}

static Question *
question_new (const LoftDiffWish *wish)
{
  Question *question = g_new0 (Question, 1);

  question->has_view = wish->view != NULL;
  if (wish->view != NULL)
    question->view = *wish->view;
  question->name = g_strdup (wish->name);
  question->old_version = g_strdup (wish->old_version);
  question->new_version = g_strdup (wish->new_version);
  question->path = g_strdup (wish->path);
  question->after = g_strdup (wish->after);

  return question;
}

/**
 * loft_registry_find_diff_async:
 * @self: a registry
 * @wish: what to compare
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async): called when it was found
 * @user_data: for @callback
 *
 * Finds out what a comparison is told by, without a look at the tarballs.
 * loft_registry_diff_finish() ends it.
 */
void
loft_registry_find_diff_async (LoftRegistry *self,
                               const LoftDiffWish *wish,
                               GCancellable *cancellable,
                               GAsyncReadyCallback callback,
                               gpointer user_data)
{
  g_return_if_fail (LOFT_IS_REGISTRY (self));
  g_return_if_fail (wish != NULL && wish->name != NULL);
  g_return_if_fail (wish->old_version != NULL && wish->new_version != NULL);

  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);
  g_autoptr (GError) local_error = NULL;

  g_task_set_source_tag (task, loft_registry_find_diff_async);
  g_task_set_task_data (task, question_new (wish), question_free);
  if (loft_registry_can_answer (self, &local_error))
    g_task_run_in_thread (task, find_in_thread_cb);
  else
    g_task_return_error (task, g_steal_pointer (&local_error));
}

/**
 * loft_registry_diff_async:
 * @self: a registry
 * @wish: what to compare
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async): called when it was compared
 * @user_data: for @callback
 *
 * Compares two versions of a package, or one file of them.
 */
void
loft_registry_diff_async (LoftRegistry *self,
                          const LoftDiffWish *wish,
                          GCancellable *cancellable,
                          GAsyncReadyCallback callback,
                          gpointer user_data)
{
  g_return_if_fail (LOFT_IS_REGISTRY (self));
  g_return_if_fail (wish != NULL && wish->name != NULL);
  g_return_if_fail (wish->old_version != NULL && wish->new_version != NULL);

  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);

  g_task_set_source_tag (task, loft_registry_diff_async);
  g_task_set_task_data (task, question_new (wish), question_free);
  loft_registry_push_reader (self,
                             LOFT_READING_BOTH,
                             task,
                             compare_in_thread_cb);
}

/**
 * loft_registry_diff_finish:
 * @self: a registry
 * @result: what the callback got
 * @error: return location for a #GError
 *
 * Ends what loft_registry_diff_async() began.
 *
 * Returns: (transfer full): what differs, or %NULL with @error set to a
 *   #LoftRegistryError: %LOFT_REGISTRY_ERROR_NOT_FOUND if no side has the file,
 *   %LOFT_REGISTRY_ERROR_BUSY if too many want such things at once
 */
LoftDiff *
loft_registry_diff_finish (LoftRegistry *self,
                           GAsyncResult *result,
                           GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}
