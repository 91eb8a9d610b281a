/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-downloads.h"

#include "registry/loft-json.h"
#include "registry/loft-registry-private.h"

/* How often tarballs are downloaded: each process that serves counts for
 * itself, and hands over what it has every now and then; the process that looks
 * after the catalog brings that into the storage, and what other nodes have
 * counted into the catalog, from which everybody is answered. */

typedef struct
{
  char *name; /* owned */
  guint n_days;
} Question;

static void
question_free (gpointer data)
{
  Question *question = data;

  g_free (question->name);
  g_free (question);
}

static void
note_in_thread_cb (GTask *task,
                   gpointer source_object,
                   gpointer task_data,
                   GCancellable *cancellable)
{
  LoftRegistry *self = LOFT_REGISTRY (source_object);
  g_autoptr (GError) local_error = NULL;

  if (loft_catalog_note_downloads (self->catalog, task_data, &local_error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, g_steal_pointer (&local_error));
}

/**
 * loft_registry_note_downloads_async:
 * @self: a registry
 * @counts: (element-type LoftDownloadCount): what was downloaded, which nobody
 *   changes meanwhile
 * @callback: (nullable) (scope async): called when that is kept, or can't be
 * @user_data: for @callback
 *
 * Adds to the numbers of downloads. They are to be seen some time later.
 */
void
loft_registry_note_downloads_async (LoftRegistry *self,
                                    GPtrArray *counts,
                                    GAsyncReadyCallback callback,
                                    gpointer user_data)
{
  g_return_if_fail (LOFT_IS_REGISTRY (self));
  g_return_if_fail (counts != NULL);

  g_autoptr (GTask) task = g_task_new (self, NULL, callback, user_data);

  g_task_set_source_tag (task, loft_registry_note_downloads_async);
  g_task_set_task_data (task,
                        g_ptr_array_ref (counts),
                        (GDestroyNotify) g_ptr_array_unref);
  loft_registry_run (self, task, note_in_thread_cb);
}

/**
 * loft_registry_note_downloads_finish:
 * @self: a registry
 * @result: what the callback got
 * @error: return location for a #GError
 *
 * Ends loft_registry_note_downloads_async().
 *
 * Returns: %TRUE, or %FALSE with @error set to a #LoftRegistryError, and none
 *   of them is kept
 */
gboolean
loft_registry_note_downloads_finish (LoftRegistry *self,
                                     GAsyncResult *result,
                                     GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

/**
 * loft_registry_counts_downloads:
 * @self: a registry
 * @out_interval: (out) (optional): seconds in which numbers are handed over
 *
 * Tells whether downloads are counted, which takes a storage that can be
 * written to; safe in any thread.
 *
 * Returns: whether they are
 */
gboolean
loft_registry_counts_downloads (LoftRegistry *self, guint *out_interval)
{
  g_return_val_if_fail (LOFT_IS_REGISTRY (self), FALSE);

  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->mutex);

  if (out_interval != NULL)
    *out_interval = self->settings->download_count_interval;

  return self->settings->download_counts &&
         !loft_storage_has (self->storage, LOFT_STORAGE_FEATURE_READ_ONLY);
}

/**
 * loft_registry_read_downloads:
 * @self: a registry
 * @name: a package
 * @error: return location for a #GError
 *
 * Tells how often a package was downloaded, as it is known at the moment.
 * Blocks, for a look into the catalog.
 *
 * Returns: (transfer full): the numbers, all 0 where there is no such package;
 *   free with g_free(). %NULL with @error set to a #LoftRegistryError
 */
LoftDownloads *
loft_registry_read_downloads (LoftRegistry *self,
                              const char *name,
                              GError **error)
{
  g_return_val_if_fail (LOFT_IS_REGISTRY (self), NULL);
  g_return_val_if_fail (name != NULL, NULL);

  g_autofree LoftDownloads *downloads = g_new0 (LoftDownloads, 1);

  downloads->today = loft_download_day (g_get_real_time ());
  if (!loft_catalog_count_downloads (self->catalog,
                                     name,
                                     downloads->today - LOFT_DOWNLOAD_DAYS + 1,
                                     LOFT_DOWNLOAD_DAYS,
                                     downloads->days,
                                     &downloads->total,
                                     error))
    return NULL;

  return g_steal_pointer (&downloads);
}

static void
append_days (GString *text, const LoftDownloads *downloads, guint n_days)
{
  for (guint i = LOFT_DOWNLOAD_DAYS - n_days; i < LOFT_DOWNLOAD_DAYS; i++)
    {
      g_autofree char *day = loft_download_day_format (
        downloads->today - LOFT_DOWNLOAD_DAYS + 1 + (gint64) i);

      g_string_append_printf (
        text,
        "%s{\"day\":\"%s\",\"downloads\":%" G_GUINT64_FORMAT "}",
        i > LOFT_DOWNLOAD_DAYS - n_days ? "," : "",
        day,
        downloads->days[i]);
    }
}

static GBytes *
render (LoftRegistry *self, const Question *question, GError **error)
{
  g_autoptr (GPtrArray) versions =
    loft_catalog_list_version_downloads (self->catalog, question->name, error);
  g_autofree LoftDownloads *downloads =
    versions != NULL
      ? loft_registry_read_downloads (self, question->name, error)
      : NULL;
  g_autoptr (GString) text = g_string_new ("{\"name\":");

  if (downloads == NULL)
    return NULL;
  if (versions->len == 0)
    {
      g_set_error (error,
                   LOFT_REGISTRY_ERROR,
                   LOFT_REGISTRY_ERROR_NO_SUCH_PACKAGE,
                   "There is no package “%s”",
                   question->name);
      return NULL;
    }

  loft_json_append_string (text, question->name);
  g_string_append_printf (text,
                          ",\"total\":%" G_GUINT64_FORMAT ",\"days\":[",
                          downloads->total);
  append_days (text, downloads, question->n_days);
  g_string_append (text, "],\"versions\":[");
  for (guint i = 0; i < versions->len; i++)
    {
      const LoftDownloadCount *count = versions->pdata[i];

      g_string_append (text, i > 0 ? ",{\"version\":" : "{\"version\":");
      loft_json_append_string (text, count->version);
      g_string_append_printf (text,
                              ",\"downloads\":%" G_GINT64_FORMAT "}",
                              count->n);
    }
  g_string_append (text, "]}");

  return g_string_free_to_bytes (g_steal_pointer (&text));
}

static void
show_in_thread_cb (GTask *task,
                   gpointer source_object,
                   gpointer task_data,
                   GCancellable *cancellable)
{
  g_autoptr (GError) local_error = NULL;
  GBytes *text =
    render (LOFT_REGISTRY (source_object), task_data, &local_error);

  if (text != NULL)
    g_task_return_pointer (task, text, (GDestroyNotify) g_bytes_unref);
  else
    g_task_return_error (task, g_steal_pointer (&local_error));
}

/**
 * loft_registry_show_downloads_async:
 * @self: a registry
 * @name: a package
 * @n_days: for how many days, up to %LOFT_DOWNLOAD_DAYS
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async): called when the answer is there
 * @user_data: for @callback
 *
 * Tells how often a package was downloaded, in all, by day and by version.
 */
void
loft_registry_show_downloads_async (LoftRegistry *self,
                                    const char *name,
                                    guint n_days,
                                    GCancellable *cancellable,
                                    GAsyncReadyCallback callback,
                                    gpointer user_data)
{
  g_return_if_fail (LOFT_IS_REGISTRY (self));
  g_return_if_fail (name != NULL);
  g_return_if_fail (n_days > 0 && n_days <= LOFT_DOWNLOAD_DAYS);

  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);
  g_autoptr (GError) local_error = NULL;
  Question *question = g_new0 (Question, 1);

  question->name = g_strdup (name);
  question->n_days = n_days;
  g_task_set_source_tag (task, loft_registry_show_downloads_async);
  g_task_set_task_data (task, question, question_free);
  if (loft_registry_can_answer (self, &local_error))
    g_task_run_in_thread (task, show_in_thread_cb);
  else
    g_task_return_error (task, g_steal_pointer (&local_error));
}

/**
 * loft_registry_show_downloads_finish:
 * @self: a registry
 * @result: what the callback got
 * @error: return location for a #GError
 *
 * Ends loft_registry_show_downloads_async().
 *
 * Returns: (transfer full): a JSON object, or %NULL with @error set to a
 *   #LoftRegistryError
 */
GBytes *
loft_registry_show_downloads_finish (LoftRegistry *self,
                                     GAsyncResult *result,
                                     GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}
