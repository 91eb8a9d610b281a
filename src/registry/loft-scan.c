/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "registry/loft-log-entry.h"
#include "registry/loft-name.h"
#include "registry/loft-registry-private.h"

/* Comparing the storage with the log.
 *
 * A document without event (a crash came between the two, or the original
 * server wrote it) is told of; where nothing can be written, it is applied
 * without an event. The scan goes through the storage in the order of its keys,
 * a folder at a time, so its memory is bounded by the largest folder. What is
 * wrong in the storage is counted, reported and left as it is. */

#define PAGE 4096
#define EVENTS_AT_ONCE 500
#define PROGRESS_PAUSE (10 * G_TIME_SPAN_SECOND)
#define PROBLEMS_SHOWN 10

/* Names of the original server's own files, and of ours. */
static const char *const not_packages[] = { "_registry", "docs" };

typedef struct
{
  LoftRegistry *self; /* not owned */
  gboolean read_only;
  GPtrArray *folder;    /* owned, of owned keys */
  char *name;           /* owned, nullable: the folder's */
  gboolean unannounced; /* something was applied without an event */
  GPtrArray *events;    /* owned, of owned LoftEvent */
  guint64 documents;
  guint64 problems;
  guint64 told;
  gint64 shown_at;
} Scan;

static void
scan_clear (Scan *scan)
{
  g_ptr_array_unref (scan->folder);
  g_ptr_array_unref (scan->events);
  g_free (scan->name);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Scan, scan_clear)

static void
show_progress (Scan *scan)
{
  loft_page_set_fact (scan->self->page, LOFT_PAGE_SCANNED, scan->documents);

  /* A catalog that answers is not to fall behind meanwhile. */
  if (loft_registry_can_answer (scan->self, NULL))
    loft_registry_watch (scan->self, NULL);

  gint64 now = g_get_monotonic_time ();
  if (now - scan->shown_at < PROGRESS_PAUSE)
    return;

  scan->shown_at = now;
  g_message ("Compared %" G_GUINT64_FORMAT " documents with the log so far",
             scan->documents);
}

static void
report_problem (Scan *scan, const char *message)
{
  scan->problems++;
  if (scan->problems <= PROBLEMS_SHOWN)
    g_message ("In the storage: %s", message);
  else
    g_info ("In the storage: %s", message);
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

/* Whether an error is the object's, or that of the storage as a whole. */
static gboolean
is_local (const GError *error)
{
  return g_error_matches (error,
                          LOFT_REGISTRY_ERROR,
                          LOFT_REGISTRY_ERROR_CORRUPT) ||
         g_error_matches (error,
                          LOFT_STORAGE_ERROR,
                          LOFT_STORAGE_ERROR_CORRUPT) ||
         g_error_matches (error,
                          LOFT_STORAGE_ERROR,
                          LOFT_STORAGE_ERROR_NOT_FOUND) ||
         g_error_matches (error,
                          LOFT_STORAGE_ERROR,
                          LOFT_STORAGE_ERROR_DENIED) ||
         g_error_matches (error, LOFT_STORAGE_ERROR, LOFT_STORAGE_ERROR_FAILED);
}

static gboolean
pass_over (Scan *scan, GError *local_error, GError **error)
{
  g_autoptr (GError) owned = local_error;

  if (!is_local (owned))
    {
      g_propagate_error (error, g_steal_pointer (&owned));
      return FALSE;
    }
  report_problem (scan, owned->message);

  return TRUE;
}

static int
compare_key (gconstpointer key, gconstpointer item)
{
  return strcmp (key, *(const char *const *) item);
}

/* The folder's keys are in byte order, as the storage lists them. */
static gboolean
has_object (Scan *scan, const char *key)
{
  return bsearch (key,
                  scan->folder->pdata,
                  scan->folder->len,
                  sizeof (gpointer),
                  compare_key) != NULL;
}

static gboolean
take_document (Scan *scan, const char *key, GError **error)
{
  LoftRegistry *self = scan->self;
  g_autoptr (GError) local_error = NULL;
  g_autoptr (LoftDocument) document = loft_log_load_document (self->storage,
                                                              scan->name,
                                                              key,
                                                              self->stopping,
                                                              &local_error);
  if (document == NULL)
    return pass_over (scan, g_steal_pointer (&local_error), error);

  g_autofree char *archive =
    g_strconcat (scan->name, "/", document->archive, NULL);
  if (!has_object (scan, archive))
    {
      g_autofree char *message =
        g_strdup_printf ("“%s” is missing, the tarball of “%s/%s.json”",
                         archive,
                         scan->name,
                         key);
      report_problem (scan, message);
      return TRUE;
    }

  if (document->sha256 == NULL || document->size < 0)
    {
      g_clear_pointer (&document->sha256, g_free);
      document->sha256 = loft_registry_hash_object (self->storage,
                                                    archive,
                                                    &document->size,
                                                    self->stopping,
                                                    &local_error);
      if (document->sha256 == NULL)
        return pass_over (scan, g_steal_pointer (&local_error), error);
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
take_state (Scan *scan, GError **error)
{
  LoftRegistry *self = scan->self;
  g_autoptr (GError) local_error = NULL;
  g_autoptr (LoftState) state =
    loft_authority_read_state (self->authority, scan->name, NULL, &local_error);
  if (state == NULL)
    return pass_over (scan, g_steal_pointer (&local_error), error);

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

static void
look_for_orphan (Scan *scan, const char *object_key)
{
  if (!g_str_has_suffix (object_key, ".tar.gz") ||
      strchr (object_key, '~') != NULL)
    return;

  g_autofree char *stem =
    g_strndup (object_key, strlen (object_key) - strlen (".tar.gz"));
  g_autofree char *document = g_strconcat (stem, ".json", NULL);
  if (has_object (scan, document))
    return;

  g_autofree char *message =
    g_strdup_printf ("“%s” has no document", object_key);
  report_problem (scan, message);
}

static gboolean
take_folder (Scan *scan, GError **error)
{
  for (guint i = 0; i < scan->folder->len; i++)
    {
      const char *object_key = g_ptr_array_index (scan->folder, i);
      g_autofree char *name = NULL;
      g_autofree char *key = NULL;

      if (g_str_has_suffix (object_key, "/package.json"))
        {
          if (!take_state (scan, error))
            return FALSE;
          continue;
        }
      if (!loft_document_parse_key (object_key, &name, &key))
        {
          look_for_orphan (scan, object_key);
          continue;
        }

      scan->documents++;
      if (!is_known (scan, key) && !take_document (scan, key, error))
        return FALSE;
    }
  g_ptr_array_set_size (scan->folder, 0);
  if (scan->unannounced)
    loft_registry_announce (scan->self);
  scan->unannounced = FALSE;
  show_progress (scan);

  return TRUE;
}

/* Adds a key to the current folder, or ends that and begins the next. */
static gboolean
take_key (Scan *scan, const char *key, GError **error)
{
  const char *slash = strchr (key, '/');
  if (slash == NULL || strchr (slash + 1, '/') != NULL)
    return TRUE;

  g_autofree char *name = g_strndup (key, (gsize) (slash - key));
  if (g_strcmp0 (name, scan->name) != 0)
    {
      if (!take_folder (scan, error))
        return FALSE;

      g_free (scan->name);
      scan->name = g_steal_pointer (&name);
    }
  if (loft_name_is_adoptable (scan->name))
    g_ptr_array_add (scan->folder, g_strdup (key));

  return TRUE;
}

/* Where to go on after @key: behind the whole folder, if it is none of a
 * package. */
static char *
skip_folder (const char *key)
{
  for (gsize i = 0; i < G_N_ELEMENTS (not_packages); i++)
    {
      gsize length = strlen (not_packages[i]);

      if (strncmp (key, not_packages[i], length) == 0 && key[length] == '/')
        return g_strdup_printf ("%s%c", not_packages[i], '/' + 1);
    }

  return g_strdup (key);
}

static gboolean
scan_pages (Scan *scan, GError **error)
{
  LoftRegistry *self = scan->self;
  g_autofree char *after = NULL;

  while (!g_cancellable_set_error_if_cancelled (self->stopping, error))
    {
      g_auto (GStrv) keys = loft_storage_list (self->storage,
                                               "",
                                               after,
                                               PAGE,
                                               self->stopping,
                                               error);
      if (keys == NULL)
        return FALSE;
      if (keys[0] == NULL)
        return take_folder (scan, error) && flush_events (scan, error);

      gsize i;
      g_autofree char *next = NULL;
      for (i = 0; keys[i] != NULL; i++)
        {
          g_free (next);
          next = skip_folder (keys[i]);
          if (!g_str_equal (next, keys[i]))
            break;
          if (!take_key (scan, keys[i], error))
            return FALSE;
        }
      g_free (after);
      after = g_steal_pointer (&next);
    }

  return FALSE;
}

/**
 * loft_registry_scan:
 * @self: a registry
 * @error: return location for a #GError
 *
 * Compares all documents and states in the storage with the log, and tells of
 * those that it lacks. For the keeper's thread. Blocks.
 *
 * Returns: %TRUE at the end of the storage, or %FALSE with @error set to a
 *   #LoftStorageError, a #LoftRegistryError or %G_IO_ERROR_CANCELLED
 */
gboolean
loft_registry_scan (LoftRegistry *self, GError **error)
{
  g_auto (Scan) scan = {
    .self = self,
    .read_only = (loft_storage_get_features (self->storage) &
                  LOFT_STORAGE_FEATURE_READ_ONLY) != 0,
    .folder = g_ptr_array_new_with_free_func (g_free),
    .events =
      g_ptr_array_new_with_free_func ((GDestroyNotify) loft_event_unref),
    .shown_at = g_get_monotonic_time (),
  };

  if (!scan_pages (&scan, error))
    return FALSE;

  loft_page_set_fact (self->page, LOFT_PAGE_SCANNED, scan.documents);
  loft_page_set_fact (self->page, LOFT_PAGE_PROBLEMS, scan.problems);

  if (scan.told > 0 || scan.problems > 0)
    g_message ("Compared %" G_GUINT64_FORMAT
               " documents with the log: %" G_GUINT64_FORMAT
               " events added, %" G_GUINT64_FORMAT " problems in the storage",
               scan.documents,
               scan.told,
               scan.problems);

  return TRUE;
}
