/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-registry-docs.h"

#include <string.h>

#include "registry/loft-json.h"
#include "registry/loft-registry-private.h"

/* Reading documentation, which a thread does. */

/* A package is looked through so far for the newest version that has some. */
#define VERSIONS_MAX 25

typedef struct
{
  gboolean has_view;
  LoftView view;
  char *name;    /* owned */
  char *version; /* owned, nullable: the newest one that has documentation */
  char *path;    /* owned, nullable: none is wanted, but only to know it */
} Question;

/* A version, and how it is with its documentation. */
typedef struct
{
  LoftCatalogVersion *version; /* owned, nullable */
  LoftDocs docs;
} Found;

static void
found_clear (Found *found)
{
  g_clear_pointer (&found->version, loft_catalog_version_free);
  loft_docs_clear (&found->docs);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Found, found_clear)

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
 * loft_docs_answer_free:
 * @self: (transfer full): an answer
 *
 * Frees @self.
 */
void
loft_docs_answer_free (LoftDocsAnswer *self)
{
  g_return_if_fail (self != NULL);

  g_free (self->version);
  g_clear_pointer (&self->bytes, g_bytes_unref);
  g_free (self);
}

static gboolean
find_version (LoftRegistry *self,
              const Question *question,
              const char *version,
              Found *found,
              GError **error)
{
  found_clear (found);
  found->version =
    loft_catalog_view_version (self->catalog,
                               question->has_view ? &question->view : NULL,
                               question->name,
                               version,
                               NULL,
                               error);

  return found->version != NULL && loft_catalog_get_docs (self->catalog,
                                                          question->name,
                                                          found->version->key,
                                                          &found->docs,
                                                          error);
}

static JsonNode *
list_versions (LoftRegistry *self, const Question *question, GError **error)
{
  LoftValidity validity = { 0 };
  g_autoptr (GBytes) list =
    question->has_view
      ? loft_catalog_view_versions (self->catalog,
                                    &question->view,
                                    question->name,
                                    &validity,
                                    error)
      : loft_catalog_list_versions (self->catalog, question->name, error);
  gsize length = 0;
  const char *text = list != NULL ? g_bytes_get_data (list, &length) : NULL;

  return text != NULL ? loft_json_parse (text, length, error) : NULL;
}

/* Finds the newest version that has documentation, or else the newest. */
static gboolean
find_newest (LoftRegistry *self,
             const Question *question,
             Found *found,
             GError **error)
{
  g_autoptr (JsonNode) list = list_versions (self, question, error);
  JsonArray *array = list != NULL ? json_node_get_array (list) : NULL;
  guint length = array != NULL ? json_array_get_length (array) : 0;
  const char *newest = NULL;

  if (list == NULL)
    return FALSE;

  for (guint i = 0; i < MIN (length, VERSIONS_MAX); i++)
    {
      const char *version = loft_json_get_string (
        json_array_get_object_element (array, length - 1 - i),
        "version");

      if (newest == NULL)
        newest = version;
      if (!find_version (self, question, version, found, error))
        return FALSE;
      if (found->docs.generation != NULL)
        return TRUE;
    }
  if (newest != NULL)
    return find_version (self, question, newest, found, error);

  g_set_error (error,
               LOFT_REGISTRY_ERROR,
               LOFT_REGISTRY_ERROR_NOT_FOUND,
               "There is no documentation of “%s”",
               question->name);

  return FALSE;
}

static LoftObject *
open_file (LoftRegistry *self,
           const Question *question,
           const Found *found,
           const char *path,
           goffset length,
           GCancellable *cancellable,
           GError **error)
{
  g_autofree char *prefix = loft_docs_make_prefix (question->name,
                                                   found->version->key,
                                                   found->docs.generation);
  g_autofree char *key = g_strconcat (prefix, path, NULL);

  /* What was built is reached through the log, and no other way. */
  if (*path == '~' &&
      (found->docs.generation == NULL || *found->docs.generation == '\0'))
    {
      g_set_error (error,
                   LOFT_STORAGE_ERROR,
                   LOFT_STORAGE_ERROR_NOT_FOUND,
                   "“%s” is not of the original server",
                   key);
      return NULL;
    }

  return loft_storage_read (self->storage, key, 0, length, cancellable, error);
}

static gboolean
is_missing (const GError *error)
{
  return g_error_matches (error,
                          LOFT_STORAGE_ERROR,
                          LOFT_STORAGE_ERROR_NOT_FOUND) ||
         g_error_matches (error,
                          LOFT_STORAGE_ERROR,
                          LOFT_STORAGE_ERROR_INVALID_KEY);
}

static void
set_no_docs (const Question *question, const Found *found, GError **error)
{
  g_set_error (error,
               LOFT_REGISTRY_ERROR,
               LOFT_REGISTRY_ERROR_NOT_FOUND,
               "%s of “%s” %s",
               found->docs.generation != NULL
                 ? "There is no such page in the documentation"
                 : "There is no documentation",
               question->name,
               found->version->version);
}

/* Takes the error of a read. */
static gboolean
refuse (const Question *question,
        const Found *found,
        GError *local_error,
        GError **error)
{
  g_autoptr (GError) owned = local_error;

  if (is_missing (owned))
    set_no_docs (question, found, error);
  else
    g_propagate_error (error, g_steal_pointer (&owned));

  return FALSE;
}

/* Whether there is documentation. Where the catalog does not tell, as with a
 * store that takes no writes, the storage does. */
static gboolean
check_docs (LoftRegistry *self,
            const Question *question,
            const Found *found,
            GCancellable *cancellable,
            GError **error)
{
  g_autoptr (GError) local_error = NULL;

  if (found->docs.generation != NULL)
    return TRUE;

  g_autoptr (LoftObject) object = open_file (self,
                                             question,
                                             found,
                                             LOFT_DOCS_INDEX,
                                             0,
                                             cancellable,
                                             &local_error);

  return object != NULL ||
         refuse (question, found, g_steal_pointer (&local_error), error);
}

static gboolean
load_file (LoftDocsAnswer *answer,
           LoftObject *object,
           GCancellable *cancellable,
           GError **error)
{
  answer->bytes =
    loft_object_load (object, LOFT_DOCS_FILE_MAX, cancellable, error);

  return answer->bytes != NULL;
}

/* A path that ends in a slash is a folder's, and that of a folder without one
 * leads to it. */
static gboolean
read_file (LoftRegistry *self,
           const Question *question,
           const Found *found,
           LoftDocsAnswer *answer,
           GCancellable *cancellable,
           GError **error)
{
  g_autoptr (GError) local_error = NULL;
  gboolean slash =
    *question->path == '\0' || g_str_has_suffix (question->path, "/");
  g_autofree char *index =
    g_strconcat (question->path, slash ? "" : "/", LOFT_DOCS_INDEX, NULL);
  g_autoptr (LoftObject) object = open_file (self,
                                             question,
                                             found,
                                             slash ? index : question->path,
                                             -1,
                                             cancellable,
                                             &local_error);

  if (object != NULL)
    return load_file (answer, object, cancellable, error);
  if (slash || !is_missing (local_error))
    return refuse (question, found, g_steal_pointer (&local_error), error);

  g_clear_error (&local_error);
  object =
    open_file (self, question, found, index, 0, cancellable, &local_error);
  answer->is_folder = object != NULL;

  return answer->is_folder ||
         refuse (question, found, g_steal_pointer (&local_error), error);
}

static gboolean
answer_question (LoftRegistry *self,
                 const Question *question,
                 LoftDocsAnswer *answer,
                 GCancellable *cancellable,
                 GError **error)
{
  g_auto (Found) found = { NULL };

  if (!(question->version != NULL
          ? find_version (self, question, question->version, &found, error)
          : find_newest (self, question, &found, error)))
    return FALSE;

  answer->version = g_strdup (found.version->version);

  return question->path != NULL
           ? read_file (self, question, &found, answer, cancellable, error)
           : check_docs (self, question, &found, cancellable, error);
}

static void
answer_in_thread_cb (GTask *task,
                     gpointer source_object,
                     gpointer task_data,
                     GCancellable *cancellable)
{
  g_autoptr (GError) local_error = NULL;
  g_autoptr (LoftDocsAnswer) answer = g_new0 (LoftDocsAnswer, 1);

  if (answer_question (LOFT_REGISTRY (source_object),
                       task_data,
                       answer,
                       cancellable,
                       &local_error))
    {
      g_task_return_pointer (task,
                             g_steal_pointer (&answer),
                             (GDestroyNotify) loft_docs_answer_free);
      return;
    }
  loft_registry_translate_error (&local_error);
  g_task_return_error (task, g_steal_pointer (&local_error));
}

static void
ask (LoftRegistry *self,
     const LoftView *view,
     const char *name,
     const char *version,
     const char *path,
     GCancellable *cancellable,
     GAsyncReadyCallback callback,
     gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);
  g_autoptr (GError) local_error = NULL;
  Question *question = g_new0 (Question, 1);

  question->has_view = view != NULL;
  if (view != NULL)
    question->view = *view;
  question->name = g_strdup (name);
  question->version = g_strdup (version);
  question->path = g_strdup (path);
  g_task_set_source_tag (task, ask);
  g_task_set_task_data (task, question, question_free);
  if (loft_registry_can_answer (self, &local_error))
    g_task_run_in_thread (task, answer_in_thread_cb);
  else
    g_task_return_error (task, g_steal_pointer (&local_error));
}

/**
 * loft_registry_find_docs_async:
 * @self: a registry
 * @view: (nullable): a view; %NULL for the registry as it is
 * @name: a package
 * @version: (nullable): a version; %NULL for the newest that has documentation
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async): called when it is known
 * @user_data: for @callback
 *
 * Finds out whether there is documentation.
 */
void
loft_registry_find_docs_async (LoftRegistry *self,
                               const LoftView *view,
                               const char *name,
                               const char *version,
                               GCancellable *cancellable,
                               GAsyncReadyCallback callback,
                               gpointer user_data)
{
  g_return_if_fail (LOFT_IS_REGISTRY (self));
  g_return_if_fail (name != NULL);

  ask (self, view, name, version, NULL, cancellable, callback, user_data);
}

/**
 * loft_registry_read_docs_async:
 * @self: a registry
 * @view: (nullable): a view; %NULL for the registry as it is
 * @name: a package
 * @version: a version
 * @path: of a file of its documentation, without a slash before it; empty, or
 *   with one behind it, for a folder
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async): called when it was read
 * @user_data: for @callback
 *
 * Reads a file of documentation.
 */
void
loft_registry_read_docs_async (LoftRegistry *self,
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

  ask (self, view, name, version, path, cancellable, callback, user_data);
}

/**
 * loft_registry_docs_finish:
 * @self: a registry
 * @result: what the callback got
 * @error: return location for a #GError
 *
 * Ends loft_registry_find_docs_async() and loft_registry_read_docs_async().
 *
 * Returns: (transfer full): what was found, or %NULL with @error set to a
 *   #LoftRegistryError: %LOFT_REGISTRY_ERROR_NOT_FOUND where there is none
 */
LoftDocsAnswer *
loft_registry_docs_finish (LoftRegistry *self,
                           GAsyncResult *result,
                           GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}
