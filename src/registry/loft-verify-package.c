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

/* What else is in a package's folder besides documents. */

static gboolean
is_missing (const GError *error)
{
  return g_error_matches (error,
                          LOFT_STORAGE_ERROR,
                          LOFT_STORAGE_ERROR_NOT_FOUND);
}

static gboolean
check_state (LoftVerify *self,
             const char *name,
             LoftState *state,
             gboolean again,
             GError **error)
{
  g_autofree char *key = g_strconcat (name, "/package.json", NULL);
  guint64 revision;

  if (!loft_ledger_find_revision (self->ledger, name, &revision, error))
    return FALSE;
  if (state->revision > revision && again)
    return loft_verify_lack (self,
                             key,
                             loft_event_new_for_state (name, state),
                             error);
  if (state->revision > revision && !self->read_only)
    return loft_ledger_doubt (self->ledger, LOFT_DOUBT_STATE, name, "", error);

  if (state->revision < revision)
    loft_report_add (self->upkeep->report,
                     "state-old",
                     key,
                     FALSE,
                     "“%s” is of revision %" G_GUINT64_FORMAT
                     ", and the log tells of revision %" G_GUINT64_FORMAT,
                     key,
                     state->revision,
                     revision);

  return TRUE;
}

/**
 * loft_verify_state:
 * @self: a comparison
 * @name: a package
 * @again: whether it is looked at again, because the log did not tell of it
 * @error: return location for a #GError
 *
 * Looks at a package's state, if it should have one. Blocks.
 *
 * Returns: %TRUE, or %FALSE with @error set
 */
gboolean
loft_verify_state (LoftVerify *self,
                   const char *name,
                   gboolean again,
                   GError **error)
{
  g_autofree char *key = g_strconcat (name, "/package.json", NULL);
  g_autoptr (GError) local_error = NULL;
  guint64 revision;

  if (!loft_ledger_find_revision (self->ledger, name, &revision, error))
    return FALSE;
  if (!again && revision == 0 && !loft_walk_has (self->keys, key))
    return TRUE;

  g_autoptr (LoftState) state =
    loft_authority_read_state (self->registry->authority,
                               name,
                               NULL,
                               &local_error);
  if (state != NULL)
    return check_state (self, name, state, again, error);

  const char *kind =
    is_missing (local_error) ? "state-missing" : "state-broken";

  return loft_verify_report (self,
                             kind,
                             key,
                             g_steal_pointer (&local_error),
                             error);
}

/**
 * loft_verify_other:
 * @self: a comparison
 * @name: a package
 * @key: storage key of an object in its folder that is no document
 * @error: return location for a #GError
 *
 * Looks at an object, once all documents of its package were looked at. Blocks.
 *
 * Returns: %TRUE, or %FALSE with @error set
 */
gboolean
loft_verify_other (LoftVerify *self,
                   const char *name,
                   const char *key,
                   GError **error)
{
  const char *object = strchr (key, '/') + 1;
  g_autofree char *stem = loft_document_find_stem (object);

  if (g_str_equal (object, "package.json") ||
      g_hash_table_contains (self->named, object))
    return TRUE;
  if (stem != NULL)
    return loft_ledger_doubt (self->ledger,
                              LOFT_DOUBT_ARCHIVE,
                              name,
                              object,
                              error);

  loft_report_add (self->upkeep->report,
                   "foreign-file",
                   key,
                   FALSE,
                   "“%s” is no part of a package",
                   key);

  return TRUE;
}

static gboolean
is_there (LoftVerify *self, const char *key)
{
  g_autoptr (LoftObject) object = loft_storage_read (self->registry->storage,
                                                     key,
                                                     0,
                                                     0,
                                                     self->upkeep->cancellable,
                                                     NULL);

  return object != NULL;
}

/**
 * loft_verify_archive_again:
 * @self: a comparison
 * @name: a package
 * @archive: name of a tarball that no document named
 * @error: return location for a #GError
 *
 * Looks again at a tarball. It is garbage if there is a document that names
 * another one. Blocks.
 *
 * Returns: %TRUE, or %FALSE with @error set
 */
gboolean
loft_verify_archive_again (LoftVerify *self,
                           const char *name,
                           const char *archive,
                           GError **error)
{
  g_autofree char *key = g_strconcat (name, "/", archive, NULL);
  g_autofree char *stem = loft_document_find_stem (archive);
  g_autoptr (LoftLedgerEntry) told = NULL;
  g_autoptr (GError) local_error = NULL;
  g_autoptr (LoftDocument) document =
    loft_log_load_document (self->registry->storage,
                            name,
                            stem,
                            self->upkeep->cancellable,
                            &local_error);

  if (document == NULL && !loft_upkeep_is_local (local_error))
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }
  if (document != NULL && g_str_equal (document->archive, archive))
    return TRUE;
  if (!loft_ledger_find (self->ledger, name, stem, &told, error))
    return FALSE;

  /* What happened to the document is reported as that. */
  if ((document == NULL && (told != NULL || !is_missing (local_error))) ||
      !is_there (self, key))
    return TRUE;

  if (document != NULL)
    loft_report_add (self->upkeep->report,
                     "archive-garbage",
                     key,
                     FALSE,
                     "“%s” is not the tarball of “%s/%s.json”, which names "
                     "another one",
                     key,
                     name,
                     stem);
  else
    loft_report_add (self->upkeep->report,
                     "archive-orphan",
                     key,
                     FALSE,
                     "“%s” has no document",
                     key);

  return TRUE;
}
