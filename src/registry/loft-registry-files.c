/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-registry-files.h"

#include "registry/loft-member.h"
#include "registry/loft-registry-private.h"

/* Reading files of packages, out of tarballs. */

typedef struct
{
  gboolean has_view;
  LoftView view;
  char *name;    /* owned */
  char *version; /* owned */
  char *path;    /* owned */
  gsize length;
} Question;

static void
question_free (gpointer data)
{
  Question *question = data;

  g_free (question->name);
  g_free (question->version);
  g_free (question->path);
  g_free (question);
}

/**
 * loft_file_free:
 * @self: (transfer full): a file
 *
 * Frees @self.
 */
void
loft_file_free (LoftFile *self)
{
  g_return_if_fail (self != NULL);

  g_free (self->version);
  g_free (self->path);
  g_free (self->digest);
  g_clear_pointer (&self->bytes, g_bytes_unref);
  g_free (self);
}

/* It is the same for as long as the tarball is, wherever in it. */
static char *
make_digest (const char *sha256, const char *path)
{
  g_autofree char *text = g_strconcat (sha256, "/", path, NULL);

  return g_compute_checksum_for_string (G_CHECKSUM_SHA256, text, -1);
}

static LoftCatalogVersion *
find_version (LoftRegistry *self, const Question *question, GError **error)
{
  return loft_catalog_view_version (self->catalog,
                                    question->has_view ? &question->view : NULL,
                                    question->name,
                                    question->version,
                                    NULL,
                                    error);
}

static LoftFile *
find_file (LoftRegistry *self, const Question *question, GError **error)
{
  g_autoptr (LoftCatalogVersion) found = find_version (self, question, error);

  if (found == NULL)
    return NULL;

  LoftFile *file = g_new0 (LoftFile, 1);
  file->version = g_strdup (found->version);
  file->path = g_strdup (question->path);
  if (found->sha256 != NULL)
    file->digest = make_digest (found->sha256, file->path);

  return file;
}

static LoftFile *
read_file (LoftRegistry *self,
           const Question *question,
           GCancellable *cancellable,
           GError **error)
{
  g_autoptr (LoftCatalogVersion) found = find_version (self, question, error);
  g_autoptr (LoftDownload) download =
    found != NULL ? loft_registry_open_archive_here (self,
                                                     question->name,
                                                     found,
                                                     FALSE,
                                                     cancellable,
                                                     error)
                  : NULL;
  if (download == NULL)
    return NULL;

  g_autoptr (LoftFile) file = g_new0 (LoftFile, 1);
  file->bytes = loft_member_read (download,
                                  question->path,
                                  question->length,
                                  &file->size,
                                  cancellable,
                                  error);
  if (file->bytes == NULL)
    return NULL;
  file->version = g_strdup (found->version);
  file->path = g_strdup (question->path);
  if (download->sha256 != NULL)
    file->digest = make_digest (download->sha256, file->path);

  return g_steal_pointer (&file);
}

/* Takes the file and the error. */
static void
return_file (GTask *task, LoftFile *file, GError *error)
{
  if (file != NULL)
    {
      g_task_return_pointer (task, file, (GDestroyNotify) loft_file_free);
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
  LoftFile *file = find_file (source_object, task_data, &local_error);

  return_file (task, file, local_error);
}

static void
read_in_thread_cb (GTask *task,
                   gpointer source_object,
                   gpointer task_data,
                   GCancellable *cancellable)
{
  GError *local_error = NULL;
  LoftFile *file =
    read_file (source_object, task_data, cancellable, &local_error);

  return_file (task, file, local_error);
}

static Question *
question_new (const LoftView *view,
              const char *name,
              const char *version,
              const char *path,
              gsize length)
{
  Question *question = g_new0 (Question, 1);

  question->has_view = view != NULL;
  if (view != NULL)
    question->view = *view;
  question->name = g_strdup (name);
  question->version = g_strdup (version);
  question->path = g_strdup (path);
  question->length = length;

  return question;
}

/**
 * loft_registry_find_file_async:
 * @self: a registry
 * @view: (nullable): a view; %NULL for the registry as it is
 * @name: a package
 * @version: a version, yanked or not
 * @path: of a file in it
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async): called when it was found
 * @user_data: for @callback
 *
 * Finds out what a file is told by, without a look at the tarball, in which
 * there may be no such file. loft_registry_read_file_finish() ends it.
 */
void
loft_registry_find_file_async (LoftRegistry *self,
                               const LoftView *view,
                               const char *name,
                               const char *version,
                               const char *path,
                               GCancellable *cancellable,
                               GAsyncReadyCallback callback,
                               gpointer user_data)
{
  g_return_if_fail (LOFT_IS_REGISTRY (self));
  g_return_if_fail (name != NULL && version != NULL && path != NULL);

  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);
  g_autoptr (GError) local_error = NULL;

  g_task_set_source_tag (task, loft_registry_find_file_async);
  g_task_set_task_data (task,
                        question_new (view, name, version, path, 0),
                        question_free);
  if (loft_registry_can_answer (self, &local_error))
    g_task_run_in_thread (task, find_in_thread_cb);
  else
    g_task_return_error (task, g_steal_pointer (&local_error));
}

/**
 * loft_registry_read_file_async:
 * @self: a registry
 * @view: (nullable): a view; %NULL for the registry as it is
 * @name: a package
 * @version: a version, yanked or not
 * @path: of a file in it
 * @length: how many bytes of it are wanted at most
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async): called when it was read
 * @user_data: for @callback
 *
 * Reads a file out of a version's tarball.
 */
void
loft_registry_read_file_async (LoftRegistry *self,
                               const LoftView *view,
                               const char *name,
                               const char *version,
                               const char *path,
                               gsize length,
                               GCancellable *cancellable,
                               GAsyncReadyCallback callback,
                               gpointer user_data)
{
  g_return_if_fail (LOFT_IS_REGISTRY (self));
  g_return_if_fail (name != NULL && version != NULL && path != NULL);

  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);

  g_task_set_source_tag (task, loft_registry_read_file_async);
  g_task_set_task_data (task,
                        question_new (view, name, version, path, length),
                        question_free);
  loft_registry_push_reader (self, LOFT_READING_FILE, task, read_in_thread_cb);
}

/**
 * loft_registry_read_file_finish:
 * @self: a registry
 * @result: what the callback got
 * @error: return location for a #GError
 *
 * Ends what loft_registry_read_file_async() began.
 *
 * Returns: (transfer full): the file, or %NULL with @error set to a
 *   #LoftRegistryError: %LOFT_REGISTRY_ERROR_NOT_FOUND if there is none,
 *   %LOFT_REGISTRY_ERROR_BUSY if too many are wanted at once
 */
LoftFile *
loft_registry_read_file_finish (LoftRegistry *self,
                                GAsyncResult *result,
                                GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}
