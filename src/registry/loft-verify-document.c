/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include <string.h>

#include "registry/loft-log-entry.h"
#include "registry/loft-verify-private.h"
#include "registry/loft-walk.h"

/* One object each: what it says, what the log says of it, and what the catalog
 * has made of that. What may only be a publish on its way is a doubt at first,
 * and a finding if it still is so when it is looked at again. */

#define EVENTS_AT_ONCE 500

static gboolean
is_missing (const GError *error)
{
  return g_error_matches (error,
                          LOFT_STORAGE_ERROR,
                          LOFT_STORAGE_ERROR_NOT_FOUND);
}

/**
 * loft_verify_report:
 * @self: a comparison
 * @kind: what kind of finding it is
 * @key: a storage key
 * @reason: (transfer full): why it can't be read
 * @error: return location for a #GError
 *
 * Reports what is wrong with an object, if it is that and not the storage.
 *
 * Returns: %TRUE, or %FALSE with @error set
 */
gboolean
loft_verify_report (LoftVerify *self,
                    const char *kind,
                    const char *key,
                    GError *reason,
                    GError **error)
{
  g_autoptr (GError) owned = reason;

  if (!loft_upkeep_is_local (owned))
    {
      g_propagate_error (error, g_steal_pointer (&owned));
      return FALSE;
    }
  loft_report_add (self->upkeep->report,
                   kind,
                   key,
                   FALSE,
                   "%s",
                   owned->message);

  return TRUE;
}

static gboolean
check_archive (LoftVerify *self,
               const LoftDocument *document,
               const char *sha256,
               GError **error)
{
  g_autofree char *key =
    g_strconcat (document->name, "/", document->archive, NULL);
  g_autoptr (GError) local_error = NULL;
  g_autofree char *real = loft_registry_hash_object (self->registry->storage,
                                                     key,
                                                     NULL,
                                                     self->upkeep->cancellable,
                                                     &local_error);
  if (real == NULL)
    {
      const char *kind =
        is_missing (local_error) ? "archive-missing" : "archive-damaged";

      return loft_verify_report (self,
                                 kind,
                                 key,
                                 g_steal_pointer (&local_error),
                                 error);
    }

  if (sha256 != NULL && !g_str_equal (real, sha256))
    loft_report_add (self->upkeep->report,
                     "archive-damaged",
                     key,
                     FALSE,
                     "The tarball “%s” is not the one that was published",
                     key);

  return TRUE;
}

/* Compares a document with its event. Whether they agree on the document. */
static gboolean
compare_with_event (LoftVerify *self,
                    const LoftDocument *document,
                    const LoftLedgerEntry *told)
{
  const LoftEvent *event = told->event;
  g_autofree char *key = loft_document_make_key (document->name, document->key);

  if (told->count > 1)
    loft_report_add (self->upkeep->report,
                     "event-twice",
                     key,
                     FALSE,
                     "The log tells %u times that “%s” was published",
                     told->count,
                     key);
  if (event->document_sha256 != NULL &&
      !g_str_equal (event->document_sha256, document->digest))
    {
      loft_report_add (self->upkeep->report,
                       "document-changed",
                       key,
                       FALSE,
                       "The document “%s” is not the one that was published",
                       key);
      return FALSE;
    }
  if (event->archive_sha256 != NULL && document->sha256 != NULL &&
      !g_str_equal (event->archive_sha256, document->sha256))
    loft_report_add (self->upkeep->report,
                     "event-differs",
                     key,
                     FALSE,
                     "The log tells of another tarball than “%s”",
                     key);

  return TRUE;
}

static gboolean
compare_with_catalog (LoftVerify *self,
                      const LoftDocument *document,
                      const LoftLedgerEntry *told,
                      gboolean *out_matches,
                      GError **error)
{
  return loft_catalog_matches (self->registry->catalog,
                               document,
                               told->event,
                               out_matches,
                               error);
}

/**
 * loft_verify_document:
 * @self: a comparison
 * @name: a package
 * @key: key of a document in its folder
 * @error: return location for a #GError
 *
 * Looks at a document and its tarball. Blocks.
 *
 * Returns: %TRUE, or %FALSE with @error set
 */
gboolean
loft_verify_document (LoftVerify *self,
                      const char *name,
                      const char *key,
                      GError **error)
{
  g_autoptr (LoftLedgerEntry) told = NULL;
  g_autoptr (GError) local_error = NULL;
  g_autoptr (LoftDocument) document =
    loft_log_load_document (self->registry->storage,
                            name,
                            key,
                            self->upkeep->cancellable,
                            &local_error);
  if (document == NULL && is_missing (local_error))
    return TRUE;
  if (!loft_ledger_mark (self->ledger, name, key, error))
    return FALSE;
  if (document == NULL)
    {
      g_autofree char *object_key = loft_document_make_key (name, key);

      return loft_verify_report (self,
                                 "document-broken",
                                 object_key,
                                 g_steal_pointer (&local_error),
                                 error);
    }

  if (!loft_ledger_find (self->ledger, name, key, &told, error))
    return FALSE;
  if (told != NULL)
    loft_event_date (told->event, document);

  g_hash_table_add (self->named, g_strdup (document->archive));

  gboolean matches = told != NULL || self->read_only;
  gboolean changed = told != NULL && !compare_with_event (self, document, told);
  if (told != NULL && !changed &&
      !compare_with_catalog (self, document, told, &matches, error))
    return FALSE;
  if (!matches &&
      !loft_ledger_doubt (self->ledger, LOFT_DOUBT_DOCUMENT, name, key, error))
    return FALSE;

  const char *sha256 = told != NULL && (changed || document->sha256 == NULL)
                         ? told->event->archive_sha256
                         : document->sha256;

  return check_archive (self, document, sha256, error);
}

/**
 * loft_verify_tell:
 * @self: a comparison
 * @most: how many events may wait
 * @error: return location for a #GError
 *
 * Adds what the log lacks to it, if that has become more than @most. Blocks.
 *
 * Returns: %TRUE, or %FALSE with @error set
 */
gboolean
loft_verify_tell (LoftVerify *self, guint most, GError **error)
{
  if (self->events->len <= most)
    return TRUE;
  if (!loft_log_append (self->registry->log, self->events, error))
    return FALSE;

  for (guint i = 0; i < self->events->len; i++)
    {
      const LoftEvent *event = g_ptr_array_index (self->events, i);
      g_autofree char *key =
        loft_document_make_key (event->name,
                                event->state != NULL ? "package" : event->key);

      loft_report_add (self->upkeep->report,
                       "event-missing",
                       key,
                       TRUE,
                       "The log did not tell of “%s”",
                       key);
    }
  g_ptr_array_set_size (self->events, 0);

  return TRUE;
}

/**
 * loft_verify_lack:
 * @self: a comparison
 * @key: a storage key
 * @event: (transfer full): what follows from what is stored there
 * @error: return location for a #GError
 *
 * Reports an event that the log lacks, and has it added, if it may be. Blocks.
 *
 * Returns: %TRUE, or %FALSE with @error set
 */
gboolean
loft_verify_lack (LoftVerify *self,
                  const char *key,
                  LoftEvent *event,
                  GError **error)
{
  g_autoptr (LoftEvent) owned = event;

  if (self->repair)
    {
      g_ptr_array_add (self->events, g_steal_pointer (&owned));
      return loft_verify_tell (self, EVENTS_AT_ONCE, error);
    }

  loft_report_add (self->upkeep->report,
                   "event-missing",
                   key,
                   FALSE,
                   "The log does not tell of “%s”",
                   key);

  return TRUE;
}

/* An event must say of which tarball it tells; one that is missing has been
 * reported already. */
static gboolean
lack_publish (LoftVerify *self, LoftDocument *document, GError **error)
{
  g_autoptr (LoftDocument) owned = document;
  g_autoptr (GError) local_error = NULL;
  g_autofree char *key = loft_document_make_key (owned->name, owned->key);
  g_autofree char *archive =
    g_strconcat (owned->name, "/", owned->archive, NULL);
  gint64 size;
  g_autofree char *sha256 =
    loft_registry_hash_object (self->registry->storage,
                               archive,
                               &size,
                               self->upkeep->cancellable,
                               &local_error);
  if (sha256 == NULL && !loft_upkeep_is_local (local_error))
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }
  if (sha256 == NULL ||
      (owned->sha256 != NULL && !g_str_equal (owned->sha256, sha256)))
    {
      loft_report_add (self->upkeep->report,
                       "event-missing",
                       key,
                       FALSE,
                       "The log does not tell of “%s”, whose tarball is not "
                       "there",
                       key);
      return TRUE;
    }

  g_free (owned->sha256);
  owned->sha256 = g_steal_pointer (&sha256);
  owned->size = size;

  return loft_verify_lack (
    self,
    key,
    loft_event_new_for_document (g_steal_pointer (&owned)),
    error);
}

/**
 * loft_verify_document_again:
 * @self: a comparison
 * @name: a package
 * @key: key of a document in its folder
 * @error: return location for a #GError
 *
 * Looks again at a document that the log or the catalog did not have. Blocks.
 *
 * Returns: %TRUE, or %FALSE with @error set
 */
gboolean
loft_verify_document_again (LoftVerify *self,
                            const char *name,
                            const char *key,
                            GError **error)
{
  g_autoptr (LoftLedgerEntry) told = NULL;
  g_autoptr (GError) local_error = NULL;
  g_autoptr (LoftDocument) document =
    loft_log_load_document (self->registry->storage,
                            name,
                            key,
                            self->upkeep->cancellable,
                            &local_error);
  if (document == NULL)
    {
      if (loft_upkeep_is_local (local_error))
        return TRUE;
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }
  if (!loft_ledger_find (self->ledger, name, key, &told, error))
    return FALSE;
  if (told == NULL)
    return lack_publish (self, g_steal_pointer (&document), error);

  loft_event_date (told->event, document);
  gboolean matches;
  if (!loft_ledger_mark (self->ledger, name, key, error) ||
      !compare_with_catalog (self, document, told, &matches, error))
    return FALSE;
  if (matches)
    return TRUE;

  if (self->repair && !loft_catalog_restore (self->registry->catalog,
                                             document,
                                             told->event,
                                             error))
    return FALSE;
  if (self->repair)
    loft_registry_announce (self->registry);

  g_autofree char *object_key = loft_document_make_key (name, key);
  loft_report_add (self->upkeep->report,
                   "catalog-differs",
                   object_key,
                   self->repair,
                   "The catalog does not show what “%s” says",
                   object_key);

  return TRUE;
}
