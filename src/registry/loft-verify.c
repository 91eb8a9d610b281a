/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include <string.h>

#include "registry/loft-checkpoint-pack.h"
#include "registry/loft-checkpoint.h"
#include "registry/loft-docs.h"
#include "registry/loft-download-keeper.h"
#include "registry/loft-export.h"
#include "registry/loft-lease.h"
#include "registry/loft-log-entry.h"
#include "registry/loft-verify-private.h"
#include "registry/loft-walk.h"

/* Whether everything that is stored is as it was when it was acknowledged:
 * every tarball against its digest, every document against the log, the log
 * against the catalog's copy, and the catalog against the documents.
 *
 * First the log is read, into a ledger; then the storage is walked through.
 * Others publish meanwhile, and a publish that is on its way looks like damage:
 * a tarball without document, a document without event, an event that the
 * catalog has not applied. So these are doubts, and looked at again at the end,
 * when the log has been read anew and long enough has passed for a publish to
 * take its next step. What still is so then is a finding.
 *
 * Repaired is only what follows from what is there: the event of a document or
 * state whose tarball is the right one, and the row of the catalog, which is a
 * cache. Both may be cut short anywhere: each is done at once or not at all,
 * and again the next time. Nothing else is guessed, and nothing removed. */

#define PAGE 1000

/* What an administrator, the original server or an export leaves beside the
 * packages. */
static const char *const known_files[] = {
  "users.json",
  "tokens.json",
};
static const char *const kept_folders[] = {
  "_registry/claims/",
  LOFT_DOWNLOADS_PREFIX,
  "_registry/names/",
  "_registry/tokens/",
};

typedef struct
{
  gboolean repair;
  GStrv packages; /* owned, nullable */
} Options;

static void
options_free (gpointer data)
{
  Options *options = data;

  g_strfreev (options->packages);
  g_free (options);
}

static void
verify_clear (LoftVerify *self)
{
  g_clear_pointer (&self->ledger, loft_ledger_free);
  g_hash_table_unref (self->named);
  g_ptr_array_unref (self->events);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (LoftVerify, verify_clear)

static void
report_foreign (LoftVerify *self, const char *key)
{
  loft_report_add (self->upkeep->report,
                   "foreign-file",
                   key,
                   FALSE,
                   "“%s” is no part of the registry",
                   key);
}

static void
take_stray_cb (const char *key, gpointer user_data)
{
  LoftVerify *self = user_data;

  for (gsize i = 0; i < G_N_ELEMENTS (known_files); i++)
    if (g_str_equal (key, known_files[i]))
      return;

  report_foreign (self, key);
}

static gboolean
take_folder_cb (const char *name,
                GPtrArray *keys,
                gpointer user_data,
                GError **error)
{
  LoftVerify *self = user_data;

  self->keys = keys;
  g_hash_table_remove_all (self->named);
  for (guint i = 0; i < keys->len; i++)
    {
      g_autofree char *owner = NULL;
      g_autofree char *key = NULL;

      if (g_cancellable_set_error_if_cancelled (self->upkeep->cancellable,
                                                error))
        return FALSE;
      if (!loft_document_parse_key (keys->pdata[i], &owner, &key))
        continue;
      if (!loft_verify_document (self, name, key, error))
        return FALSE;
      self->done++;
      loft_upkeep_show (self->upkeep,
                        self->done,
                        MAX (self->done, self->total),
                        "versions");
    }

  for (guint i = 0; i < keys->len; i++)
    {
      g_autofree char *owner = NULL;
      g_autofree char *key = NULL;

      if (!loft_document_parse_key (keys->pdata[i], &owner, &key) &&
          !loft_verify_other (self, name, keys->pdata[i], error))
        return FALSE;
    }

  return loft_verify_state (self, name, FALSE, error);
}

/**
 * loft_verify_is_kept:
 * @key: a storage key
 *
 * Returns: whether it is that of an object of ours which is the truth itself,
 *   and neither of the log nor made of it
 */
gboolean
loft_verify_is_kept (const char *key)
{
  for (gsize i = 0; i < G_N_ELEMENTS (kept_folders); i++)
    if (g_str_has_prefix (key, kept_folders[i]))
      return TRUE;

  return g_str_equal (key, "_registry/salt");
}

static gboolean
is_own (const char *key)
{
  if (loft_verify_is_kept (key) || g_str_equal (key, LOFT_EXPORT_HEAD) ||
      g_str_equal (key, LOFT_EXPORT_LIST) ||
      g_str_equal (key, LOFT_CHECKPOINT_KEY) ||
      g_str_equal (key, LOFT_LEASE_KEY) ||
      g_str_equal (key, LOFT_LEASE_DOCS_KEY) ||
      g_str_equal (key, LOFT_DOCS_QUEUE_KEY) ||
      g_str_has_prefix (key, LOFT_CHECKPOINT_PREFIX))
    return TRUE;

  guint64 seq = loft_log_parse_entry_key (key);
  if (seq > 0)
    return TRUE;
  if (!g_str_has_prefix (key, LOFT_LOG_PREFIX))
    return FALSE;

  g_autofree char *sealed = loft_log_sealed_key (
    g_ascii_strtoull (key + strlen (LOFT_LOG_PREFIX), NULL, 10));

  return g_str_equal (key, sealed);
}

/* What is in our own folder. */
static gboolean
check_own (LoftVerify *self, GError **error)
{
  g_autofree char *after = NULL;

  for (;;)
    {
      g_auto (GStrv) keys = loft_storage_list (self->registry->storage,
                                               "_registry/",
                                               after,
                                               PAGE,
                                               self->upkeep->cancellable,
                                               error);
      if (keys == NULL)
        return FALSE;
      if (keys[0] == NULL)
        return TRUE;

      for (gsize i = 0; keys[i] != NULL; i++)
        {
          if (!is_own (keys[i]))
            report_foreign (self, keys[i]);
          g_free (after);
          after = g_strdup (keys[i]);
        }
    }
}

static gboolean
walk (LoftVerify *self, GError **error)
{
  LoftStorage *storage = self->registry->storage;
  GCancellable *cancellable = self->upkeep->cancellable;

  if (self->packages == NULL)
    return loft_walk (storage,
                      take_folder_cb,
                      take_stray_cb,
                      self,
                      cancellable,
                      error) &&
           check_own (self, error);

  for (gsize i = 0; self->packages[i] != NULL; i++)
    if (!loft_walk_folder (storage,
                           self->packages[i],
                           take_folder_cb,
                           self,
                           cancellable,
                           error))
      return FALSE;

  return TRUE;
}

static gboolean
look_again (LoftVerify *self,
            LoftDoubt doubt,
            const char *name,
            const char *key,
            GError **error)
{
  if (g_cancellable_set_error_if_cancelled (self->upkeep->cancellable, error))
    return FALSE;

  switch (doubt)
    {
    case LOFT_DOUBT_DOCUMENT:
      return loft_verify_document_again (self, name, key, error);
    case LOFT_DOUBT_STATE:
      return loft_verify_state (self, name, TRUE, error);
    case LOFT_DOUBT_ARCHIVE:
      return loft_verify_archive_again (self, name, key, error);
    default:
      g_return_val_if_reached (FALSE);
    }
}

static gboolean
settle_doubts (LoftVerify *self, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  gboolean doubts = loft_ledger_has_doubts (self->ledger, &local_error);

  if (local_error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }
  if (!doubts)
    return TRUE;
  if (!loft_upkeep_wait (self->upkeep, error) ||
      !loft_verify_read_log (self, error))
    return FALSE;

  /* States before documents, as in the log of a publish. */
  static const LoftDoubt order[] = { LOFT_DOUBT_STATE,
                                     LOFT_DOUBT_DOCUMENT,
                                     LOFT_DOUBT_ARCHIVE };
  for (gsize i = 0; i < G_N_ELEMENTS (order); i++)
    for (;;)
      {
        g_autoptr (GPtrArray) pairs =
          loft_ledger_take_doubts (self->ledger, order[i], error);
        if (pairs == NULL)
          return FALSE;
        if (pairs->len == 0)
          break;

        for (guint j = 0; j < pairs->len; j += 2)
          if (!look_again (self,
                           order[i],
                           pairs->pdata[j],
                           pairs->pdata[j + 1],
                           error))
            return FALSE;
      }

  return loft_verify_tell (self, 0, error);
}

/* Documents are never removed: one that the log tells of and that is not there
 * is lost. */
static gboolean
look_for_lost (LoftVerify *self, GError **error)
{
  for (;;)
    {
      g_autoptr (GPtrArray) pairs =
        loft_ledger_take_unmarked (self->ledger, error);
      if (pairs == NULL)
        return FALSE;
      if (pairs->len == 0)
        return TRUE;

      for (guint i = 0; i < pairs->len; i += 2)
        {
          g_autofree char *key =
            loft_document_make_key (pairs->pdata[i], pairs->pdata[i + 1]);
          g_autoptr (GError) local_error = NULL;
          g_autoptr (LoftObject) object =
            loft_storage_read (self->registry->storage,
                               key,
                               0,
                               0,
                               self->upkeep->cancellable,
                               &local_error);

          if (object == NULL &&
              !loft_verify_report (self,
                                   "document-missing",
                                   key,
                                   g_steal_pointer (&local_error),
                                   error))
            return FALSE;
        }
    }
}

static gboolean
verify (LoftUpkeep *upkeep, GError **error)
{
  LoftRegistry *registry = upkeep->registry;
  const Options *options = upkeep->options;
  g_auto (LoftVerify) self = {
    .upkeep = upkeep,
    .registry = registry,
    .packages = (const char *const *) options->packages,
    .repair = options->repair,
    .read_only =
      loft_storage_has (registry->storage, LOFT_STORAGE_FEATURE_READ_ONLY),
    .next = 1,
    .named = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL),
    .events =
      g_ptr_array_new_with_free_func ((GDestroyNotify) loft_event_unref),
  };

  if (options->packages == NULL)
    loft_catalog_count (registry->catalog, NULL, &self.total, NULL);
  if (self.repair && !loft_registry_can_write (registry, error))
    return FALSE;

  loft_upkeep_show (upkeep, 0, self.total, "versions");
  self.ledger = loft_ledger_new (registry->cache_directory, error);
  if (self.ledger == NULL || !loft_verify_read_log (&self, error) ||
      !walk (&self, error) || !settle_doubts (&self, error) ||
      !look_for_lost (&self, error))
    return FALSE;

  loft_upkeep_show_last (upkeep, self.done, self.done, "versions");

  return TRUE;
}

/**
 * loft_registry_verify_async:
 * @self: a registry that has not joined another one
 * @options: (nullable): what to do
 * @progress: (nullable): told how many versions were looked at
 * @progress_data: for @progress
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async): called when it is done
 * @user_data: for @callback
 *
 * Reads everything that is stored, and finds out whether it is what was
 * published. What is found is of one of these kinds:
 *
 * - `archive-damaged`, `archive-missing`: a tarball;
 * - `document-broken`, `document-changed`, `document-missing`: a document;
 * - `state-broken`, `state-old`, `state-missing`: a `package.json`;
 * - `event-missing`, `event-twice`, `event-differs`: what the log tells of a
 *   document or a `package.json`;
 * - `log-broken`, `log-missing`, `log-changed`: the log itself;
 * - `catalog-differs`: what the catalog has made of a document;
 * - `archive-orphan`: a tarball that has no document, which is kept;
 * - `archive-garbage`: one that no document can name any more;
 * - `foreign-file`: what is no part of the registry.
 */
void
loft_registry_verify_async (LoftRegistry *self,
                            const LoftVerifyOptions *options,
                            LoftProgressFunc progress,
                            gpointer progress_data,
                            GCancellable *cancellable,
                            GAsyncReadyCallback callback,
                            gpointer user_data)
{
  g_return_if_fail (LOFT_IS_REGISTRY (self));
  g_return_if_fail (!self->joined);

  LoftUpkeep *upkeep = loft_upkeep_new (self, verify, progress, progress_data);
  Options *copy = g_new0 (Options, 1);

  copy->repair = options != NULL && options->repair;
  copy->packages = options != NULL ? g_strdupv (options->packages) : NULL;
  upkeep->options = copy;
  upkeep->free_options = options_free;
  loft_upkeep_start (upkeep,
                     loft_registry_verify_async,
                     cancellable,
                     callback,
                     user_data);
}

/**
 * loft_registry_verify_finish:
 * @self: a registry
 * @result: what the callback got
 * @error: return location for a #GError
 *
 * Ends what loft_registry_verify_async() began.
 *
 * Returns: (transfer full): what was found, or %NULL with @error set to a
 *   #LoftRegistryError, such as %LOFT_REGISTRY_ERROR_NOT_READY, or to
 *   %G_IO_ERROR_CANCELLED
 */
LoftReport *
loft_registry_verify_finish (LoftRegistry *self,
                             GAsyncResult *result,
                             GError **error)
{
  g_return_val_if_fail (LOFT_IS_REGISTRY (self), NULL);

  return loft_upkeep_finish (self, loft_registry_verify_async, result, error);
}
