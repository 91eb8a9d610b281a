/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include <string.h>

#include "registry/loft-docs.h"
#include "registry/loft-log-entry.h"
#include "registry/loft-upkeep-private.h"
#include "registry/loft-walk.h"

/* Comparing the storage with the log.
 *
 * A document without event (a crash came between the two, or the original
 * server wrote it) is told of; where nothing can be written, it is applied
 * without an event. What is wrong in the storage is counted, reported and left
 * as it is. */

#define EVENTS_AT_ONCE 500
#define PROGRESS_PAUSE (10 * G_TIME_SPAN_SECOND)
#define PROBLEMS_SHOWN 10
#define DOCS_PAGE 4096

/* The note in the catalog that says that documentation was looked for. */
#define NOTE_DOCS "docs"

typedef struct
{
  LoftRegistry *self;        /* not owned */
  LoftUpkeep *upkeep;        /* not owned, nullable: for the keeper */
  GCancellable *cancellable; /* not owned */
  gboolean read_only;
  GPtrArray *folder;    /* not owned, of keys */
  const char *name;     /* the folder's */
  gboolean unannounced; /* something was applied without an event */
  GPtrArray *events;    /* owned, of owned LoftEvent */
  guint64 documents;
  guint64 expected;
  guint64 reported;
  guint64 problems; /* those of them that are some */
  guint64 told;
  gint64 shown_at;
} Scan;

static void
scan_clear (Scan *scan)
{
  g_ptr_array_unref (scan->events);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Scan, scan_clear)

static void
show_progress (Scan *scan)
{
  loft_page_set_fact (scan->self->page, LOFT_PAGE_SCANNED, scan->documents);

  if (scan->upkeep != NULL)
    loft_upkeep_show (scan->upkeep,
                      scan->documents,
                      MAX (scan->documents, scan->expected),
                      "versions");

  gint64 now = g_get_monotonic_time ();
  if (now - scan->shown_at < PROGRESS_PAUSE)
    return;

  scan->shown_at = now;
  g_message ("Compared %" G_GUINT64_FORMAT " documents with the log so far",
             scan->documents);
}

static void
report (Scan *scan, const char *kind, const char *subject, const char *message)
{
  if (scan->upkeep != NULL)
    loft_report_add (scan->upkeep->report, kind, subject, FALSE, "%s", message);
  if (++scan->reported <= PROBLEMS_SHOWN)
    g_message ("In the storage: %s", message);
  else
    g_info ("In the storage: %s", message);
}

static void
report_problem (Scan *scan,
                const char *kind,
                const char *subject,
                const char *message)
{
  scan->problems++;
  report (scan, kind, subject, message);
}

static gboolean
flush_events (Scan *scan, GError **error)
{
  if (scan->events->len == 0)
    return TRUE;

  scan->told += scan->events->len;
  gboolean done = loft_log_append (scan->self->log, scan->events, error);
  g_ptr_array_set_size (scan->events, 0);

  return done;
}

static gboolean
pass_over (Scan *scan,
           const char *kind,
           const char *subject,
           GError *local_error,
           GError **error)
{
  g_autoptr (GError) owned = local_error;

  if (!loft_upkeep_is_local (owned))
    {
      g_propagate_error (error, g_steal_pointer (&owned));
      return FALSE;
    }
  report_problem (scan, kind, subject, owned->message);

  return TRUE;
}

static gboolean
take_document (Scan *scan,
               const char *object_key,
               const char *key,
               GError **error)
{
  LoftRegistry *self = scan->self;
  g_autoptr (GError) local_error = NULL;
  g_autoptr (LoftDocument) document = loft_log_load_document (self->storage,
                                                              scan->name,
                                                              key,
                                                              scan->cancellable,
                                                              &local_error);
  if (document == NULL)
    return pass_over (scan,
                      "document-broken",
                      object_key,
                      g_steal_pointer (&local_error),
                      error);

  g_autofree char *archive =
    g_strconcat (scan->name, "/", document->archive, NULL);
  if (!loft_walk_has (scan->folder, archive))
    {
      g_autofree char *message =
        g_strdup_printf ("“%s” is missing, the tarball of “%s”",
                         archive,
                         object_key);
      report_problem (scan, "archive-missing", archive, message);
      return TRUE;
    }

  if (document->sha256 == NULL || document->size < 0)
    {
      g_clear_pointer (&document->sha256, g_free);
      document->sha256 = loft_registry_hash_object (self->storage,
                                                    archive,
                                                    &document->size,
                                                    scan->cancellable,
                                                    &local_error);
      if (document->sha256 == NULL)
        return pass_over (scan,
                          "archive-damaged",
                          archive,
                          g_steal_pointer (&local_error),
                          error);
    }

  if (scan->read_only)
    {
      scan->unannounced = TRUE;
      return loft_catalog_apply_unlogged (self->catalog, document, NULL, error);
    }

  g_ptr_array_add (scan->events,
                   loft_event_new_for_document (g_steal_pointer (&document)));

  return scan->events->len < EVENTS_AT_ONCE || flush_events (scan, error);
}

static gboolean
take_state (Scan *scan, const char *object_key, GError **error)
{
  LoftRegistry *self = scan->self;
  g_autoptr (GError) local_error = NULL;
  g_autoptr (LoftState) state =
    loft_authority_read_state (self->authority, scan->name, NULL, &local_error);
  if (state == NULL)
    return pass_over (scan,
                      "state-broken",
                      object_key,
                      g_steal_pointer (&local_error),
                      error);

  g_autoptr (LoftCatalogPackage) package =
    loft_catalog_get_package (self->catalog, scan->name, NULL);
  if (package != NULL && package->revision >= state->revision)
    return TRUE;

  if (scan->read_only)
    {
      scan->unannounced = TRUE;
      return loft_catalog_apply_unlogged_state (self->catalog,
                                                scan->name,
                                                state,
                                                error);
    }

  g_ptr_array_add (scan->events, loft_event_new_for_state (scan->name, state));

  return TRUE;
}

static gboolean
is_known (Scan *scan, const char *key)
{
  LoftRegistry *self = scan->self;

  return scan->read_only
           ? loft_catalog_has_document (self->catalog, scan->name, key)
           : loft_catalog_is_logged (self->catalog, scan->name, key);
}

/* A publish that was cut short leaves it, and nothing is lost or wrong. So it
 * is told, but nobody is called for it. */
static void
look_for_orphan (Scan *scan, const char *object_key)
{
  if (!g_str_has_suffix (object_key, ".tar.gz") ||
      strchr (object_key, '~') != NULL)
    return;

  g_autofree char *stem =
    g_strndup (object_key, strlen (object_key) - strlen (".tar.gz"));
  g_autofree char *document = g_strconcat (stem, ".json", NULL);
  if (loft_walk_has (scan->folder, document))
    return;

  g_autofree char *message =
    g_strdup_printf ("“%s” has no document", object_key);
  report (scan, "archive-orphan", object_key, message);
}

static gboolean
take_folder_cb (const char *folder_name,
                GPtrArray *keys,
                gpointer user_data,
                GError **error)
{
  Scan *scan = user_data;

  scan->name = folder_name;
  scan->folder = keys;
  for (guint i = 0; i < scan->folder->len; i++)
    {
      const char *object_key = g_ptr_array_index (scan->folder, i);
      g_autofree char *name = NULL;
      g_autofree char *key = NULL;

      if (g_str_has_suffix (object_key, "/package.json"))
        {
          if (!take_state (scan, object_key, error))
            return FALSE;
          continue;
        }
      if (!loft_document_parse_key (object_key, &name, &key))
        {
          look_for_orphan (scan, object_key);
          continue;
        }

      scan->documents++;
      if (!is_known (scan, key) &&
          !take_document (scan, object_key, key, error))
        return FALSE;
    }
  if (scan->unannounced)
    loft_registry_announce (scan->self);
  scan->unannounced = FALSE;
  show_progress (scan);

  return TRUE;
}

static gboolean
count_folder_cb (const char *folder_name,
                 GPtrArray *keys,
                 gpointer user_data,
                 GError **error)
{
  guint64 *documents = user_data;

  for (guint i = 0; i < keys->len; i++)
    {
      g_autofree char *name = NULL;
      g_autofree char *key = NULL;

      if (loft_document_parse_key (keys->pdata[i], &name, &key))
        (*documents)++;
    }

  return TRUE;
}

/* Everything waits for a catalog that is made anew, so how long that takes is
 * worth one more look at all names, which is quick beside reading. */
static gboolean
count_documents (Scan *scan, GError **error)
{
  LoftRegistry *self = scan->self;
  guint64 documents = 0;

  loft_page_set_fact (self->page, LOFT_PAGE_SCANNED, 0);
  loft_page_set_fact (self->page, LOFT_PAGE_EXPECTED, 0);
  if (loft_catalog_is_complete (self->catalog))
    return TRUE;
  if (!loft_walk (self->storage,
                  count_folder_cb,
                  NULL,
                  &documents,
                  scan->cancellable,
                  error))
    return FALSE;

  loft_page_set_fact (self->page, LOFT_PAGE_EXPECTED, documents);

  return TRUE;
}

/* Tells of documentation that the original server has left. */
static gboolean
take_docs_page (Scan *scan, GStrv keys, GError **error)
{
  for (gsize i = 0; keys[i] != NULL; i++)
    {
      g_autofree char *name = NULL;
      g_autofree char *key = NULL;
      g_auto (LoftDocs) known = { .state = LOFT_DOCS_NONE };
      const LoftDocs found = { .state = LOFT_DOCS_BUILT,
                               .generation = (char *) "" };

      if (!loft_docs_parse_key (keys[i], &name, &key) ||
          !loft_catalog_has_document (scan->self->catalog, name, key))
        continue;
      if (!loft_catalog_get_docs (scan->self->catalog,
                                  name,
                                  key,
                                  &known,
                                  error))
        return FALSE;
      if (known.generation != NULL)
        continue;
      g_ptr_array_add (scan->events,
                       loft_event_new_for_docs (name, key, &found));
      if (scan->events->len >= EVENTS_AT_ONCE && !flush_events (scan, error))
        return FALSE;
    }

  return TRUE;
}

/* Looks for it: once in the life of a catalog, and when somebody wishes that,
 * since the registry itself leaves none there unsaid. */
static gboolean
take_docs (Scan *scan, GError **error)
{
  LoftCatalog *catalog = scan->self->catalog;
  g_autofree char *note = loft_catalog_get_note (catalog, NOTE_DOCS, NULL);
  g_autofree char *after = NULL;

  if (scan->read_only || (note != NULL && scan->upkeep == NULL))
    return TRUE;
  if (!flush_events (scan, error))
    return FALSE;

  while (!g_cancellable_set_error_if_cancelled (scan->cancellable, error))
    {
      g_auto (GStrv) keys = loft_storage_list (scan->self->storage,
                                               LOFT_DOCS_FOLDER "/",
                                               after,
                                               DOCS_PAGE,
                                               scan->cancellable,
                                               error);
      if (keys == NULL)
        return FALSE;

      guint length = g_strv_length (keys);
      if (length == 0)
        return loft_catalog_set_note (catalog, NOTE_DOCS, "found", error);
      if (!take_docs_page (scan, keys, error))
        return FALSE;
      g_free (after);
      after = g_strdup (keys[length - 1]);
    }

  return FALSE;
}

/* Notes when the scan was, so that the next one is not due before its time. */
static gboolean
conclude (Scan *scan, GError **error)
{
  LoftRegistry *self = scan->self;
  g_autofree char *now =
    g_strdup_printf ("%" G_GINT64_FORMAT, g_get_real_time ());

  loft_page_set_fact (self->page, LOFT_PAGE_SCANNED, scan->documents);
  loft_page_set_fact (self->page, LOFT_PAGE_PROBLEMS, scan->problems);
  if (scan->upkeep != NULL)
    loft_upkeep_show_last (scan->upkeep,
                           scan->documents,
                           scan->documents,
                           "versions");

  if (scan->told > 0 || scan->problems > 0)
    g_message ("Compared %" G_GUINT64_FORMAT
               " documents with the log: %" G_GUINT64_FORMAT
               " events added, %" G_GUINT64_FORMAT " problems in the storage",
               scan->documents,
               scan->told,
               scan->problems);

  return loft_catalog_set_note (self->catalog,
                                LOFT_REGISTRY_NOTE_SCANNED,
                                now,
                                error);
}

/**
 * loft_registry_scan:
 * @self: a registry
 * @upkeep: (nullable): as what somebody wants it; %NULL for the keeper
 * @error: return location for a #GError
 *
 * Compares all documents, states and tokens in the storage with the log, and
 * tells of those that it lacks. Blocks.
 *
 * Returns: %TRUE at the end of the storage, or %FALSE with @error set to a
 *   #LoftStorageError, a #LoftRegistryError or %G_IO_ERROR_CANCELLED
 */
gboolean
loft_registry_scan (LoftRegistry *self, LoftUpkeep *upkeep, GError **error)
{
  g_auto (Scan) scan = {
    .self = self,
    .upkeep = upkeep,
    .cancellable = upkeep != NULL ? upkeep->cancellable : self->stopping,
    .read_only =
      loft_storage_has (self->storage, LOFT_STORAGE_FEATURE_READ_ONLY),
    .events =
      g_ptr_array_new_with_free_func ((GDestroyNotify) loft_event_unref),
    .shown_at = g_get_monotonic_time (),
  };

  loft_catalog_count (self->catalog, NULL, &scan.expected, NULL);

  return (scan.read_only ||
          loft_registry_tell_tokens (self, scan.cancellable, error)) &&
         count_documents (&scan, error) &&
         loft_walk (self->storage,
                    take_folder_cb,
                    NULL,
                    &scan,
                    scan.cancellable,
                    error) &&
         take_docs (&scan, error) && flush_events (&scan, error) &&
         conclude (&scan, error);
}

static gboolean
rescan (LoftUpkeep *upkeep, GError **error)
{
  return loft_registry_scan (upkeep->registry, upkeep, error);
}

/**
 * loft_registry_rescan_async:
 * @self: a registry that has not joined another one
 * @progress: (nullable): told how many versions were looked at
 * @progress_data: for @progress
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async): called when it is done
 * @user_data: for @callback
 *
 * Compares documents and log at once, and tells of what the log lacks, as the
 * registry does by itself every now and then.
 */
void
loft_registry_rescan_async (LoftRegistry *self,
                            LoftProgressFunc progress,
                            gpointer progress_data,
                            GCancellable *cancellable,
                            GAsyncReadyCallback callback,
                            gpointer user_data)
{
  g_return_if_fail (LOFT_IS_REGISTRY (self));
  g_return_if_fail (!self->joined);

  loft_upkeep_start (loft_upkeep_new (self, rescan, progress, progress_data),
                     loft_registry_rescan_async,
                     cancellable,
                     callback,
                     user_data);
}

/**
 * loft_registry_rescan_finish:
 * @self: a registry
 * @result: what the callback got
 * @error: return location for a #GError
 *
 * Ends what loft_registry_rescan_async() began.
 *
 * Returns: (transfer full): what is wrong in the storage, or %NULL with @error
 *   set to a #LoftRegistryError, such as %LOFT_REGISTRY_ERROR_NOT_READY, or to
 *   %G_IO_ERROR_CANCELLED
 */
LoftReport *
loft_registry_rescan_finish (LoftRegistry *self,
                             GAsyncResult *result,
                             GError **error)
{
  g_return_val_if_fail (LOFT_IS_REGISTRY (self), NULL);

  return loft_upkeep_finish (self, loft_registry_rescan_async, result, error);
}
