/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-log-entry.h"
#include "registry/loft-parallel.h"
#include "registry/loft-registry-error.h"

/* The documents that events tell of. Where the storage is far away each takes a
 * round trip, so several are asked for at once: a node that follows others, or
 * begins, would else fall behind those who publish. */

#define LOADERS_MAX 16

/**
 * loft_log_load_document:
 * @storage: the storage
 * @name: a package
 * @key: name of the document without `.json`
 * @cancellable: (nullable): a cancellable
 * @error: return location for a #GError
 *
 * Reads a document from the storage. Blocks.
 *
 * Returns: (transfer full): the document, or %NULL with @error set to a
 *   #LoftStorageError or to %LOFT_REGISTRY_ERROR_CORRUPT
 */
LoftDocument *
loft_log_load_document (LoftStorage *storage,
                        const char *name,
                        const char *key,
                        GCancellable *cancellable,
                        GError **error)
{
  g_return_val_if_fail (LOFT_IS_STORAGE (storage), NULL);
  g_return_val_if_fail (name != NULL && key != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  g_autofree char *object_key = loft_document_make_key (name, key);
  g_autoptr (LoftObject) object =
    loft_storage_read (storage, object_key, 0, -1, cancellable, error);
  if (object == NULL)
    return NULL;

  g_autoptr (GBytes) text =
    loft_object_load (object, LOFT_DOCUMENT_SIZE_MAX, cancellable, error);
  if (text == NULL)
    return NULL;

  return loft_document_parse (name,
                              key,
                              text,
                              loft_object_get_modified (object),
                              error);
}

static gboolean
is_about_document (const LoftEvent *event)
{
  return (event->type == LOFT_EVENT_PUBLISH ||
          event->type == LOFT_EVENT_ADOPT) &&
         event->name != NULL && event->key != NULL;
}

static gboolean
is_transient (const GError *error)
{
  return !g_error_matches (error,
                           LOFT_STORAGE_ERROR,
                           LOFT_STORAGE_ERROR_NOT_FOUND) &&
         !g_error_matches (error,
                           LOFT_STORAGE_ERROR,
                           LOFT_STORAGE_ERROR_CORRUPT) &&
         !g_error_matches (error,
                           LOFT_STORAGE_ERROR,
                           LOFT_STORAGE_ERROR_INVALID_KEY) &&
         !g_error_matches (error,
                           LOFT_REGISTRY_ERROR,
                           LOFT_REGISTRY_ERROR_CORRUPT);
}

static LoftDocument *
load_published (LoftStorage *storage,
                const LoftEvent *event,
                GCancellable *cancellable,
                GError **error)
{
  g_autoptr (LoftDocument) document = loft_log_load_document (storage,
                                                              event->name,
                                                              event->key,
                                                              cancellable,
                                                              error);
  if (document == NULL)
    return NULL;

  if (event->document_sha256 != NULL &&
      !g_str_equal (event->document_sha256, document->digest))
    {
      g_set_error (error,
                   LOFT_REGISTRY_ERROR,
                   LOFT_REGISTRY_ERROR_CORRUPT,
                   "The document “%s/%s.json” is not the one that was "
                   "published",
                   event->name,
                   event->key);
      return NULL;
    }

  if (document->sha256 == NULL)
    document->sha256 = g_strdup (event->archive_sha256);
  if (document->size < 0)
    document->size = event->size;
  loft_event_date (event, document);

  return g_steal_pointer (&document);
}

/* What all threads share that load the documents of some events. */
typedef struct
{
  LoftStorage *storage;      /* not owned */
  GPtrArray *missing;        /* not owned, of LoftEvent */
  GCancellable *cancellable; /* not owned, nullable */

  GMutex mutex;
  guint broken;
  GError *first;     /* owned, nullable: what is wrong with one of those */
  GError *transient; /* owned, nullable: why the storage could not */
} Loading;

/* Returns whether the others are worth a try. */
static gboolean
note_failure (Loading *self, GError *local_error)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->mutex);
  gboolean transient = is_transient (local_error);
  GError **place = transient ? &self->transient : &self->first;

  if (!transient)
    self->broken++;
  if (*place == NULL)
    *place = local_error;
  else
    g_error_free (local_error);

  return !transient;
}

static gboolean
load_one (guint i, gpointer user_data)
{
  Loading *self = user_data;
  LoftEvent *event = g_ptr_array_index (self->missing, i);
  g_autoptr (GError) local_error = NULL;

  event->document =
    load_published (self->storage, event, self->cancellable, &local_error);

  return event->document != NULL ||
         note_failure (self, g_steal_pointer (&local_error));
}

/**
 * loft_log_load_documents:
 * @storage: the storage
 * @events: (element-type LoftEvent): events
 * @cancellable: (nullable): a cancellable
 * @error: return location for a #GError
 *
 * Gives each event about a version its document, where it has none yet. One
 * that is missing or broken is reported and left out: the log goes on. Blocks.
 *
 * Returns: %TRUE, or %FALSE with @error set to a #LoftStorageError if the
 *   storage could not answer
 */
gboolean
loft_log_load_documents (LoftStorage *storage,
                         GPtrArray *events,
                         GCancellable *cancellable,
                         GError **error)
{
  g_return_val_if_fail (LOFT_IS_STORAGE (storage), FALSE);
  g_return_val_if_fail (events != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  g_autoptr (GPtrArray) missing = g_ptr_array_new ();
  for (guint i = 0; i < events->len; i++)
    {
      LoftEvent *event = g_ptr_array_index (events, i);

      if (is_about_document (event) && event->document == NULL)
        g_ptr_array_add (missing, event);
    }

  Loading loading = { .storage = storage,
                      .missing = missing,
                      .cancellable = cancellable };
  g_mutex_init (&loading.mutex);
  loft_parallel (missing->len, LOADERS_MAX, load_one, &loading);
  g_mutex_clear (&loading.mutex);

  g_autoptr (GError) first = loading.first;
  if (loading.transient != NULL)
    {
      g_propagate_error (error, loading.transient);
      return FALSE;
    }
  if (loading.broken > 0)
    g_warning ("The log names %u documents that can't be read, of which the "
               "first: %s",
               loading.broken,
               first->message);

  return TRUE;
}
