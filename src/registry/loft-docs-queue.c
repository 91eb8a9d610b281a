/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-docs-queue.h"

#include <string.h>

#include "registry/loft-json.h"
#include "registry/loft-registry-error.h"

/* What is to be built is nowhere but in the log.
 *
 * Versions that were published since there was something that builds
 * documentation wait in the order of the log, from where on is in a small
 * document in the storage: `since`. Whoever has one built tells of that in the
 * log, be it that it could not be; so, up to the first version of which nothing
 * is told, all have been seen to. How far that is, is only remembered, in that
 * document too: `done`. It saves reading all of the log at every start, and may
 * be behind.
 *
 * Those that an administrator wants, or that could not be built the first time,
 * are `waiting`, as the log tells, and come behind the new ones. Those that
 * nobody can build now are passed over for a while. */

#define DOCUMENT_MAX 4096
#define PAGE 500
#define EVENTS_MAX 20000
#define WAITING_MAX 200

/* So many events may be looked at once more after a start. */
#define SAVE_STEP 1000

struct _LoftDocsQueue
{
  LoftStorage *storage; /* owned */
  LoftCatalog *catalog; /* owned */
  char *etag;           /* owned, nullable: of the document */
  guint64 since;
  guint64 done;
  guint64 saved;
  GHashTable *put_off; /* owned, of owned gint64 by owned object keys */
};

/**
 * loft_docs_job_free:
 * @self: (transfer full): a job
 *
 * Frees @self.
 */
void
loft_docs_job_free (LoftDocsJob *self)
{
  g_return_if_fail (self != NULL);

  g_free (self->name);
  g_clear_pointer (&self->version, loft_catalog_version_free);
  loft_docs_clear (&self->docs);
  g_free (self);
}

/**
 * loft_docs_queue_new:
 * @storage: a storage
 * @catalog: the catalog of what is in it
 *
 * Makes a queue that has to be loaded.
 *
 * Returns: (transfer full): a queue
 */
LoftDocsQueue *
loft_docs_queue_new (LoftStorage *storage, LoftCatalog *catalog)
{
  g_return_val_if_fail (LOFT_IS_STORAGE (storage), NULL);
  g_return_val_if_fail (LOFT_IS_CATALOG (catalog), NULL);

  LoftDocsQueue *self = g_new0 (LoftDocsQueue, 1);

  self->storage = g_object_ref (storage);
  self->catalog = g_object_ref (catalog);
  self->put_off =
    g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);

  return self;
}

/**
 * loft_docs_queue_free:
 * @self: (transfer full): a queue
 *
 * Frees @self.
 */
void
loft_docs_queue_free (LoftDocsQueue *self)
{
  g_return_if_fail (self != NULL);

  g_object_unref (self->storage);
  g_object_unref (self->catalog);
  g_free (self->etag);
  g_hash_table_unref (self->put_off);
  g_free (self);
}

/* Writes the document in the place of what was read. */
static gboolean
write_document (LoftDocsQueue *self, GCancellable *cancellable, GError **error)
{
  g_autofree char *text = g_strdup_printf ("{\"since\":%" G_GUINT64_FORMAT
                                           ",\"done\":%" G_GUINT64_FORMAT "}",
                                           self->since,
                                           self->done);
  g_autoptr (GBytes) bytes = g_bytes_new (text, strlen (text));
  char *etag = loft_storage_replace (self->storage,
                                     LOFT_DOCS_QUEUE_KEY,
                                     bytes,
                                     self->etag,
                                     cancellable,
                                     error);
  if (etag == NULL)
    return FALSE;

  g_free (self->etag);
  self->etag = etag;
  self->saved = self->done;

  return TRUE;
}

/* What nobody can read is as good as nothing: then it begins now. */
static gboolean
take_document (LoftDocsQueue *self, GBytes *text)
{
  gsize length = 0;
  const char *data = g_bytes_get_data (text, &length);
  g_autoptr (JsonNode) json = loft_json_parse (data, length, NULL);
  JsonObject *object = json != NULL && JSON_NODE_HOLDS_OBJECT (json)
                         ? json_node_get_object (json)
                         : NULL;
  gint64 since = object != NULL ? loft_json_get_int (object, "since", -1) : -1;
  gint64 done = object != NULL ? loft_json_get_int (object, "done", -1) : -1;

  if (since < 0)
    return FALSE;

  self->since = (guint64) since;
  self->done = (guint64) MAX (since, done);
  self->saved = self->done;

  return TRUE;
}

/**
 * loft_docs_queue_load:
 * @self: a queue
 * @cancellable: (nullable): a cancellable
 * @error: return location for a #GError
 *
 * Finds out where the queue begins. Where it has not begun yet it does so with
 * what is published from now on. Blocks.
 *
 * Returns: %TRUE, or %FALSE with @error set; then it may be tried again
 */
gboolean
loft_docs_queue_load (LoftDocsQueue *self,
                      GCancellable *cancellable,
                      GError **error)
{
  g_return_val_if_fail (self != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  g_autoptr (GError) local_error = NULL;
  g_autoptr (LoftObject) object = loft_storage_read (self->storage,
                                                     LOFT_DOCS_QUEUE_KEY,
                                                     0,
                                                     -1,
                                                     cancellable,
                                                     &local_error);
  g_autoptr (GBytes) text =
    object != NULL
      ? loft_object_load (object, DOCUMENT_MAX, cancellable, &local_error)
      : NULL;

  if (text == NULL &&
      !g_error_matches (local_error,
                        LOFT_STORAGE_ERROR,
                        LOFT_STORAGE_ERROR_NOT_FOUND) &&
      !g_error_matches (local_error,
                        LOFT_STORAGE_ERROR,
                        LOFT_STORAGE_ERROR_CORRUPT))
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }

  g_free (self->etag);
  self->etag = object != NULL ? g_strdup (loft_object_get_etag (object)) : NULL;
  guint64 now = loft_catalog_get_sequence (self->catalog);
  if (text != NULL && take_document (self, text) && self->done <= now)
    return TRUE;

  /* A log that has lost its end goes on from there. */
  self->since = now;
  self->done = now;

  return write_document (self, cancellable, error);
}

/**
 * loft_docs_queue_save:
 * @self: a queue
 * @cancellable: (nullable): a cancellable
 * @error: return location for a #GError
 *
 * Remembers how far everything was seen to, if that is worth it. Blocks.
 *
 * Returns: %TRUE, or %FALSE with @error set
 */
gboolean
loft_docs_queue_save (LoftDocsQueue *self,
                      GCancellable *cancellable,
                      GError **error)
{
  g_return_val_if_fail (self != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return self->done < self->saved + SAVE_STEP ||
         write_document (self, cancellable, error);
}

/**
 * loft_docs_queue_get_since:
 * @self: a queue that was loaded
 *
 * Returns: behind which event of the log versions get documentation
 */
guint64
loft_docs_queue_get_since (LoftDocsQueue *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->since;
}

/**
 * loft_docs_queue_get_done:
 * @self: a queue that was loaded
 *
 * Returns: up to which event of the log they were seen to
 */
guint64
loft_docs_queue_get_done (LoftDocsQueue *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->done;
}

static char *
make_object_key (const char *name, const char *key)
{
  return g_strconcat (name, "/", key, NULL);
}

static gboolean
is_put_off (LoftDocsQueue *self, const char *name, const char *key)
{
  g_autofree char *object_key = make_object_key (name, key);
  const gint64 *until = g_hash_table_lookup (self->put_off, object_key);

  if (until == NULL)
    return FALSE;
  if (g_get_monotonic_time () < *until)
    return TRUE;

  g_hash_table_remove (self->put_off, object_key);

  return FALSE;
}

/**
 * loft_docs_queue_put_off:
 * @self: a queue
 * @job: what can't be built now
 * @seconds: for how long
 *
 * Has others found meanwhile. It is remembered in this process only.
 */
void
loft_docs_queue_put_off (LoftDocsQueue *self,
                         const LoftDocsJob *job,
                         guint seconds)
{
  g_return_if_fail (self != NULL && job != NULL);

  gint64 *until = g_new (gint64, 1);

  *until = g_get_monotonic_time () + seconds * G_TIME_SPAN_SECOND;
  g_hash_table_insert (self->put_off,
                       make_object_key (job->name, job->version->key),
                       until);
}

static gboolean
is_missing (const GError *error)
{
  return g_error_matches (error,
                          LOFT_REGISTRY_ERROR,
                          LOFT_REGISTRY_ERROR_NO_SUCH_PACKAGE) ||
         g_error_matches (error,
                          LOFT_REGISTRY_ERROR,
                          LOFT_REGISTRY_ERROR_NO_SUCH_VERSION);
}

/* Looks up a version, unless there is none any more, or it is yanked. */
static gboolean
find_job (LoftCatalog *catalog,
          const char *name,
          const char *key,
          LoftDocsJob **out_job,
          GError **error)
{
  g_autoptr (GError) local_error = NULL;
  g_autoptr (LoftDocsJob) job = g_new0 (LoftDocsJob, 1);

  job->name = g_strdup (name);
  job->version = loft_catalog_get_version (catalog, name, key, &local_error);
  if (is_missing (local_error))
    return TRUE;
  if (job->version == NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }
  if (!loft_catalog_get_docs (catalog,
                              name,
                              job->version->key,
                              &job->docs,
                              error))
    return FALSE;
  if (!job->version->yanked)
    *out_job = g_steal_pointer (&job);

  return TRUE;
}

/* What an event has to do with versions of which nothing is told yet. */
static gboolean
find_open (LoftCatalog *catalog,
           guint64 since,
           const LoftEvent *event,
           LoftDocsJob **out_job,
           GError **error)
{
  g_autoptr (LoftDocsJob) job = NULL;

  if ((event->type != LOFT_EVENT_PUBLISH && event->type != LOFT_EVENT_UNYANK) ||
      event->name == NULL || event->key == NULL)
    return TRUE;
  if (!find_job (catalog, event->name, event->key, &job, error))
    return FALSE;
  if (job != NULL && job->docs.state == LOFT_DOCS_NONE &&
      job->version->seq > (gint64) since)
    *out_job = g_steal_pointer (&job);

  return TRUE;
}

/* Events as the catalog has them are sound. */
static GPtrArray *
list_events (LoftCatalog *catalog, guint64 after, GError **error)
{
  guint64 last = 0;
  g_autoptr (GBytes) lines =
    loft_catalog_list_changes (catalog, after, PAGE, &last, error);
  if (lines == NULL)
    return NULL;

  gsize length = 0;
  const char *line = g_bytes_get_data (lines, &length);
  const char *end = line + length;
  g_autoptr (GPtrArray) events =
    g_ptr_array_new_with_free_func ((GDestroyNotify) loft_event_unref);

  while (line < end)
    {
      const char *feed = memchr (line, '\n', (gsize) (end - line));
      LoftEvent *event = loft_event_parse (line, (gsize) (feed - line), error);

      if (event == NULL)
        return NULL;
      g_ptr_array_add (events, event);
      line = feed + 1;
    }

  return g_steal_pointer (&events);
}

/* Looks for a version of which nothing is told, and moves up to there. */
static gboolean
find_new (LoftDocsQueue *self, LoftDocsJob **out_job, GError **error)
{
  guint64 place = self->done;
  gboolean is_free = TRUE;

  for (guint n = 0; n < EVENTS_MAX; n += PAGE)
    {
      g_autoptr (GPtrArray) events = list_events (self->catalog, place, error);

      if (events == NULL)
        return FALSE;
      for (guint i = 0; i < events->len; i++)
        {
          const LoftEvent *event = g_ptr_array_index (events, i);
          g_autoptr (LoftDocsJob) job = NULL;

          if (!find_open (self->catalog, self->since, event, &job, error))
            return FALSE;
          if (job != NULL && !is_put_off (self, job->name, job->version->key))
            {
              *out_job = g_steal_pointer (&job);
              return TRUE;
            }
          is_free = is_free && job == NULL;
          place = event->seq;
          if (is_free)
            self->done = place;
        }
      if (events->len < PAGE)
        break;
    }

  return TRUE;
}

/* Each time it could not be built it is left alone twice as long. */
static gboolean
is_due (const LoftDocs *docs, const LoftDocsSettings *settings)
{
  guint doublings = MIN (MAX (docs->attempts, 1) - 1, 16);
  gint64 pause =
    ((gint64) settings->retry_interval << doublings) * G_TIME_SPAN_SECOND;

  return docs->attempts == 0 || g_get_real_time () - docs->time >= pause;
}

static gboolean
find_waiting (LoftDocsQueue *self,
              const LoftDocsSettings *settings,
              LoftDocsJob **out_job,
              GError **error)
{
  g_autoptr (GPtrArray) items = loft_catalog_list_docs (self->catalog,
                                                        LOFT_DOCS_WAITING,
                                                        WAITING_MAX,
                                                        error);
  if (items == NULL)
    return FALSE;

  for (guint i = 0; i < items->len; i++)
    {
      const LoftCatalogDocsItem *item = g_ptr_array_index (items, i);
      g_autoptr (LoftDocsJob) job = NULL;

      if (!is_due (&item->docs, settings) ||
          is_put_off (self, item->name, item->key))
        continue;
      if (!find_job (self->catalog, item->name, item->key, &job, error))
        return FALSE;
      if (job == NULL || job->docs.state != LOFT_DOCS_WAITING)
        continue;
      *out_job = g_steal_pointer (&job);
      return TRUE;
    }

  return TRUE;
}

/**
 * loft_docs_queue_find:
 * @self: a queue that was loaded
 * @settings: how documentation is built
 * @out_job: (out) (nullable): what is to be built next; %NULL for nothing
 * @error: return location for a #GError
 *
 * Finds out what is to be built, by the catalog as it is now.
 *
 * Returns: %TRUE, or %FALSE with @error set to a #LoftRegistryError
 */
gboolean
loft_docs_queue_find (LoftDocsQueue *self,
                      const LoftDocsSettings *settings,
                      LoftDocsJob **out_job,
                      GError **error)
{
  g_return_val_if_fail (self != NULL && settings != NULL, FALSE);
  g_return_val_if_fail (out_job != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  *out_job = NULL;

  return find_new (self, out_job, error) &&
         (*out_job != NULL || find_waiting (self, settings, out_job, error));
}

/**
 * loft_docs_list_new:
 * @catalog: a catalog
 * @since: behind which event of the log versions get documentation
 * @done: up to which event they have been seen to
 * @limit: versions at most
 * @error: return location for a #GError
 *
 * Lists the versions that wait for documentation without having been told of.
 *
 * Returns: (transfer full) (element-type LoftDocsJob): versions, or %NULL with
 *   @error set to a #LoftRegistryError
 */
GPtrArray *
loft_docs_list_new (LoftCatalog *catalog,
                    guint64 since,
                    guint64 done,
                    guint limit,
                    GError **error)
{
  g_return_val_if_fail (LOFT_IS_CATALOG (catalog), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  g_autoptr (GPtrArray) jobs =
    g_ptr_array_new_with_free_func ((GDestroyNotify) loft_docs_job_free);

  for (guint n = 0; n < EVENTS_MAX; n += PAGE)
    {
      g_autoptr (GPtrArray) events = list_events (catalog, done, error);

      if (events == NULL)
        return NULL;
      for (guint i = 0; i < events->len; i++)
        {
          const LoftEvent *event = g_ptr_array_index (events, i);
          LoftDocsJob *job = NULL;

          if (!find_open (catalog, since, event, &job, error))
            return NULL;
          if (job != NULL)
            g_ptr_array_add (jobs, job);
          if (jobs->len == limit)
            return g_steal_pointer (&jobs);
          done = event->seq;
        }
      if (events->len < PAGE)
        break;
    }

  return g_steal_pointer (&jobs);
}
