/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include <string.h>

#include "registry/loft-ledger.h"
#include "registry/loft-log-entry.h"
#include "registry/loft-upkeep-private.h"
#include "registry/loft-walk.h"

/* Tarballs that nobody can ever ask for: where two publish one version at the
 * same time, each stores its own, and one document wins. Once that stands, and
 * names one of them, nothing can refer to the others any more, and they may go.
 * As long as there is no document, the next one may name any of them: they
 * stay, however old they are, and are reported.
 *
 * It does not look for garbage where there is only one tarball. */

typedef struct
{
  LoftUpkeep *upkeep;     /* not owned */
  LoftRegistry *registry; /* not owned */
  LoftLedger *ledger;     /* owned */
  gboolean dry_run;
  guint64 done;
} Collect;

static void
collect_clear (Collect *collect)
{
  g_clear_pointer (&collect->ledger, loft_ledger_free);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Collect, collect_clear)

static LoftDocument *
load (Collect *collect, const char *name, const char *stem, GError **error)
{
  return loft_log_load_document (collect->registry->storage,
                                 name,
                                 stem,
                                 collect->upkeep->cancellable,
                                 error);
}

static gboolean
is_missing (const GError *error)
{
  return g_error_matches (error,
                          LOFT_STORAGE_ERROR,
                          LOFT_STORAGE_ERROR_NOT_FOUND);
}

/* Removes a tarball that another document than its own can't name. */
static gboolean
drop (Collect *collect, const char *key, const char *stem, GError **error)
{
  g_autoptr (GError) local_error = NULL;

  /* The publisher that lost removes its own too. */
  if (!collect->dry_run && !loft_storage_remove (collect->registry->storage,
                                                 key,
                                                 collect->upkeep->cancellable,
                                                 &local_error))
    {
      if (is_missing (local_error))
        return TRUE;
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }

  loft_report_add (collect->upkeep->report,
                   "archive-garbage",
                   key,
                   !collect->dry_run,
                   "“%s” is not the tarball that the document of version %s "
                   "names",
                   key,
                   stem);

  return TRUE;
}

/* Whether a document of just that name is there: that of a plain tarball, or
 * an odd one in a folder that somebody made by hand. */
static gboolean
has_namesake (GPtrArray *keys, const char *key)
{
  g_autofree char *plain = g_strndup (key, strlen (key) - strlen (".tar.gz"));
  g_autofree char *document = g_strconcat (plain, ".json", NULL);

  return loft_walk_has (keys, document);
}

/* Drops the tarballs of a version that its document does not name. */
static gboolean
drop_others (Collect *collect,
             const LoftDocument *document,
             GPtrArray *keys,
             GError **error)
{
  g_autofree char *named =
    g_strconcat (document->name, "/", document->archive, NULL);

  /* If that is lost, nothing that might explain it goes as well. */
  if (!loft_walk_has (keys, named))
    return TRUE;

  for (guint i = 0; i < keys->len; i++)
    {
      const char *key = g_ptr_array_index (keys, i);
      g_autofree char *stem = loft_document_find_stem (strchr (key, '/') + 1);
      if (stem == NULL || !g_str_equal (stem, document->key) ||
          g_str_equal (key, named))
        continue;

      g_autofree char *plain =
        g_strconcat (document->name, "/", stem, ".tar.gz", NULL);
      if (!g_str_equal (key, plain) && has_namesake (keys, key))
        continue;
      if (!drop (collect, key, stem, error))
        return FALSE;
    }

  return TRUE;
}

/* Looks at a version of which there is a tarball that is not the plain one. */
static gboolean
take_version (Collect *collect,
              const char *name,
              const char *stem,
              GPtrArray *keys,
              GError **error)
{
  g_autoptr (GError) local_error = NULL;
  g_autoptr (LoftDocument) document = load (collect, name, stem, &local_error);

  if (document != NULL)
    return drop_others (collect, document, keys, error);
  if (loft_upkeep_is_local (local_error))
    return TRUE;

  g_propagate_error (error, g_steal_pointer (&local_error));

  return FALSE;
}

static gboolean
take_folder_cb (const char *name,
                GPtrArray *keys,
                gpointer user_data,
                GError **error)
{
  Collect *collect = user_data;
  g_autofree char *last = NULL;

  for (guint i = 0; i < keys->len; i++)
    {
      const char *key = g_ptr_array_index (keys, i);
      const char *object = strchr (key, '/') + 1;
      g_autofree char *stem = loft_document_find_stem (object);
      if (stem == NULL)
        continue;

      g_autofree char *document = loft_document_make_key (name, stem);
      if (!loft_walk_has (keys, document) && !has_namesake (keys, key))
        {
          if (!loft_ledger_doubt (collect->ledger,
                                  LOFT_DOUBT_ARCHIVE,
                                  name,
                                  object,
                                  error))
            return FALSE;
        }
      else if (object[strlen (stem)] == '~' && g_strcmp0 (stem, last) != 0)
        {
          if (!take_version (collect, name, stem, keys, error))
            return FALSE;
          g_free (last);
          last = g_steal_pointer (&stem);
        }
    }
  collect->done += keys->len;
  loft_upkeep_show (collect->upkeep, collect->done, 0, "objects");

  return TRUE;
}

/* One that was on its way has its document by now, or has been removed. */
static gboolean
look_again (Collect *collect,
            const char *name,
            const char *archive,
            GError **error)
{
  g_autofree char *key = g_strconcat (name, "/", archive, NULL);
  g_autofree char *stem = loft_document_find_stem (archive);
  g_autoptr (GError) local_error = NULL;
  g_autoptr (LoftDocument) document = load (collect, name, stem, &local_error);
  g_autoptr (LoftObject) object = NULL;

  if (document == NULL && is_missing (local_error))
    {
      g_clear_error (&local_error);
      object = loft_storage_read (collect->registry->storage,
                                  key,
                                  0,
                                  0,
                                  collect->upkeep->cancellable,
                                  &local_error);
    }
  if (object != NULL)
    loft_report_add (collect->upkeep->report,
                     "archive-orphan",
                     key,
                     FALSE,
                     "“%s” has no document, and is kept: the next one may "
                     "name it",
                     key);
  if (local_error == NULL || loft_upkeep_is_local (local_error))
    return TRUE;

  g_propagate_error (error, g_steal_pointer (&local_error));

  return FALSE;
}

static gboolean
look_at_orphans (Collect *collect, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  gboolean doubts = loft_ledger_has_doubts (collect->ledger, &local_error);

  if (local_error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }
  if (doubts && !loft_upkeep_wait (collect->upkeep, error))
    return FALSE;

  while (doubts)
    {
      g_autoptr (GPtrArray) pairs =
        loft_ledger_take_doubts (collect->ledger, LOFT_DOUBT_ARCHIVE, error);
      if (pairs == NULL)
        return FALSE;

      for (guint i = 0; i < pairs->len; i += 2)
        if (!look_again (collect, pairs->pdata[i], pairs->pdata[i + 1], error))
          return FALSE;
      doubts = pairs->len > 0;
    }

  return TRUE;
}

static gboolean
collect_garbage (LoftUpkeep *upkeep, GError **error)
{
  LoftRegistry *registry = upkeep->registry;
  g_auto (Collect) collect = {
    .upkeep = upkeep,
    .registry = registry,
    .dry_run = GPOINTER_TO_INT (upkeep->options),
  };

  if (!collect.dry_run && !loft_registry_can_write (registry, error))
    return FALSE;

  loft_upkeep_show (upkeep, 0, 0, "objects");
  collect.ledger = loft_ledger_new (registry->cache_directory, error);
  if (collect.ledger == NULL ||
      !loft_walk (registry->storage,
                  take_folder_cb,
                  NULL,
                  &collect,
                  upkeep->cancellable,
                  error) ||
      !look_at_orphans (&collect, error) ||
      !loft_collect_docs (upkeep, collect.dry_run, error) ||
      !loft_collect_tokens (upkeep, collect.dry_run, error))
    return FALSE;

  loft_upkeep_show_last (upkeep, collect.done, collect.done, "objects");

  return TRUE;
}

/**
 * loft_registry_collect_async:
 * @self: a registry that has not joined another one
 * @dry_run: whether to report what would be removed, and remove nothing
 * @progress: (nullable): told how many objects were looked at
 * @progress_data: for @progress
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async): called when it is done
 * @user_data: for @callback
 *
 * Removes tarballs that no document can name any more: they are reported as
 * `archive-garbage`. Those that have no document are reported as
 * `archive-orphan`, and kept. What is stored of tokens that have not been good
 * for 90 days goes too, as `token-ended`, and documentation that is not shown,
 * as `docs-garbage`.
 */
void
loft_registry_collect_async (LoftRegistry *self,
                             gboolean dry_run,
                             LoftProgressFunc progress,
                             gpointer progress_data,
                             GCancellable *cancellable,
                             GAsyncReadyCallback callback,
                             gpointer user_data)
{
  g_return_if_fail (LOFT_IS_REGISTRY (self));
  g_return_if_fail (!self->joined);

  LoftUpkeep *upkeep =
    loft_upkeep_new (self, collect_garbage, progress, progress_data);

  upkeep->options = GINT_TO_POINTER (dry_run);
  loft_upkeep_start (upkeep,
                     loft_registry_collect_async,
                     cancellable,
                     callback,
                     user_data);
}

/**
 * loft_registry_collect_finish:
 * @self: a registry
 * @result: what the callback got
 * @error: return location for a #GError
 *
 * Ends what loft_registry_collect_async() began.
 *
 * Returns: (transfer full): what was found, repaired where it was removed; or
 *   %NULL with @error set to a #LoftRegistryError or to %G_IO_ERROR_CANCELLED
 */
LoftReport *
loft_registry_collect_finish (LoftRegistry *self,
                              GAsyncResult *result,
                              GError **error)
{
  g_return_val_if_fail (LOFT_IS_REGISTRY (self), NULL);

  return loft_upkeep_finish (self, loft_registry_collect_async, result, error);
}
