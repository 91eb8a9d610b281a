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
  LoftValidity validity = { 0 };

  return question->has_view ? loft_catalog_view_version (self->catalog,
                                                         &question->view,
                                                         question->name,
                                                         version,
                                                         &validity,
                                                         error)
                            : loft_catalog_get_version (self->catalog,
                                                        question->name,
                                                        version,
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
                const LoftCatalogVersion *older,
                const LoftCatalogVersion *newer,
                JsonBuilder *builder,
                char **out_next,
                GCancellable *cancellable,
                GError **error)
{
  g_autoptr (LoftDownload) one =
    open_tarball (self, question, older, cancellable, error);
  g_autoptr (LoftDownload) other =
    one != NULL ? open_tarball (self, question, newer, cancellable, error)
                : NULL;
  const LoftDiffSides sides = { one,
                                other,
                                g_get_monotonic_time () + TIME_MAX,
                                cancellable };

  if (other == NULL)
    return FALSE;

  return question->path != NULL
           ? loft_diff_add_file (&sides, question->path, builder, error)
           : loft_diff_add_files (&sides,
                                  question->after,
                                  builder,
                                  out_next,
                                  error);
}

static LoftDiff *
compare (LoftRegistry *self,
         const Question *question,
         GCancellable *cancellable,
         GError **error)
{
  g_autoptr (LoftCatalogVersion) older =
    find_version (self, question, question->old_version, error);
  g_autoptr (LoftCatalogVersion) newer =
    older != NULL ? find_version (self, question, question->new_version, error)
                  : NULL;
  if (newer == NULL)
    return NULL;

  g_autoptr (LoftDiff) diff = g_new0 (LoftDiff, 1);
  g_autoptr (JsonBuilder) builder = json_builder_new_immutable ();
  json_builder_begin_object (builder);
  add_versions (builder, question, older, newer);
  if (question->path == NULL && g_str_equal (older->key, newer->key))
    loft_diff_add_nothing (builder);
  else if (!add_difference (self,
                            question,
                            older,
                            newer,
                            builder,
                            &diff->next,
                            cancellable,
                            error))
    return NULL;
  json_builder_end_object (builder);
  diff->root = json_builder_get_root (builder);

  return g_steal_pointer (&diff);
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

  if (diff != NULL)
    {
      g_task_return_pointer (task, diff, (GDestroyNotify) loft_diff_free);
      return;
    }
  loft_registry_translate_error (&local_error);
  g_task_return_error (task, local_error);
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
  Question *question = g_new0 (Question, 1);

  question->has_view = wish->view != NULL;
  if (wish->view != NULL)
    question->view = *wish->view;
  question->name = g_strdup (wish->name);
  question->old_version = g_strdup (wish->old_version);
  question->new_version = g_strdup (wish->new_version);
  question->path = g_strdup (wish->path);
  question->after = g_strdup (wish->after);
  g_task_set_source_tag (task, loft_registry_diff_async);
  g_task_set_task_data (task, question, question_free);
  loft_registry_push_reader (self, task, compare_in_thread_cb);
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
