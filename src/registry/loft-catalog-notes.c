/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-catalog-private.h"

#include "registry/loft-registry-error.h"

/* What a generation says of itself, and what the registry notes in it. */

static gboolean
read_meta (LoftCatalog *self,
           LoftCatalogMeta *out_meta,
           guint *out_generation,
           GError **error)
{
  g_autoptr (LoftCatalogReader) reader = loft_catalog_take_reader (self, error);
  if (reader == NULL)
    return FALSE;

  if (out_generation != NULL)
    *out_generation = reader->file->generation;

  return loft_catalog_read_meta (reader, out_meta, error);
}

/**
 * loft_catalog_get_sequence:
 * @self: a catalog
 *
 * Tells how far the catalog is, without reading it.
 *
 * Returns: number of the last event that somebody may have been told of; 0 if
 *   there was none
 */
guint64
loft_catalog_get_sequence (LoftCatalog *self)
{
  g_return_val_if_fail (LOFT_IS_CATALOG (self), 0);

  return loft_page_get_sequence (self->page);
}

/**
 * loft_catalog_read_sequence:
 * @self: a catalog
 * @out_sequence: (out): the number; 0 if there was none
 * @out_generation: (out) (optional): to which generation it was
 * @error: return location for a #GError
 *
 * Gives the number of the last event that was applied, by whatever process.
 *
 * Returns: %TRUE on success; %FALSE with @error set
 */
gboolean
loft_catalog_read_sequence (LoftCatalog *self,
                            guint64 *out_sequence,
                            guint *out_generation,
                            GError **error)
{
  g_return_val_if_fail (LOFT_IS_CATALOG (self), FALSE);
  g_return_val_if_fail (out_sequence != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  LoftCatalogMeta meta;
  if (!read_meta (self, &meta, out_generation, error))
    return FALSE;

  *out_sequence = meta.applied;

  return TRUE;
}

/**
 * loft_catalog_tell_sequence:
 * @self: a catalog
 * @error: return location for a #GError
 *
 * Makes sure that the page tells of everything that was applied. Whoever
 * applied it may not have come to that yet, or have died before.
 *
 * Returns: %TRUE on success; %FALSE with @error set
 */
gboolean
loft_catalog_tell_sequence (LoftCatalog *self, GError **error)
{
  guint64 sequence;

  if (!loft_catalog_read_sequence (self, &sequence, NULL, error))
    return FALSE;

  loft_page_raise_sequence (self->page, sequence);

  return TRUE;
}

/**
 * loft_catalog_set_followed:
 * @self: a catalog
 * @generation: the generation in which everything was applied that the log held
 *
 * Says that the end of the log was reached: that what follows in the log will
 * follow in the catalog too.
 */
void
loft_catalog_set_followed (LoftCatalog *self, guint generation)
{
  g_return_if_fail (LOFT_IS_CATALOG (self));

  loft_page_set_fact (self->page, LOFT_PAGE_FOLLOWED, generation);
}

/**
 * loft_catalog_check_followed:
 * @self: a catalog
 * @generation: which generation was read
 * @error: return location for a #GError
 *
 * Tells whether it could be learnt from that generation what the next number in
 * the log is, and what the log tells of: whether it has been followed to the
 * end of the log, and still is the one that counts.
 *
 * Returns: %TRUE, or %FALSE with @error set to %LOFT_REGISTRY_ERROR_NOT_READY
 */
gboolean
loft_catalog_check_followed (LoftCatalog *self,
                             guint generation,
                             GError **error)
{
  g_return_val_if_fail (LOFT_IS_CATALOG (self), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (loft_page_get_fact (self->page, LOFT_PAGE_FOLLOWED) == generation &&
      loft_page_get_fact (self->page, LOFT_PAGE_GENERATION) == generation)
    return TRUE;

  g_set_error_literal (error,
                       LOFT_REGISTRY_ERROR,
                       LOFT_REGISTRY_ERROR_NOT_READY,
                       "The registry is still reading its log; try again soon");

  return FALSE;
}

/**
 * loft_catalog_is_complete:
 * @self: a catalog
 *
 * Tells whether everything that is stored is in the catalog.
 *
 * Returns: %FALSE as long as it is being built, or if it can't be read
 */
gboolean
loft_catalog_is_complete (LoftCatalog *self)
{
  g_return_val_if_fail (LOFT_IS_CATALOG (self), FALSE);

  LoftCatalogMeta meta;

  return read_meta (self, &meta, NULL, NULL) && meta.complete;
}

/**
 * loft_catalog_count:
 * @self: a catalog
 * @out_packages: (out) (optional): packages with at least one version
 * @out_versions: (out) (optional): versions, yanked ones included
 * @error: return location for a #GError
 *
 * Counts what is in the catalog. Quick, whatever it holds.
 *
 * Returns: %TRUE on success; %FALSE with @error set
 */
gboolean
loft_catalog_count (LoftCatalog *self,
                    guint64 *out_packages,
                    guint64 *out_versions,
                    GError **error)
{
  g_return_val_if_fail (LOFT_IS_CATALOG (self), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  LoftCatalogMeta meta;
  if (!read_meta (self, &meta, NULL, error))
    return FALSE;

  if (out_packages != NULL)
    *out_packages = meta.packages;
  if (out_versions != NULL)
    *out_versions = meta.versions;

  return TRUE;
}

/* The first value of the first row of @statement, as a new string. */
static char *
take_text (LoftCatalogStatement *statement, GError **error)
{
  if (statement == NULL || loft_catalog_step (statement, error) != SQLITE_ROW)
    return NULL;

  return g_strdup (loft_catalog_column_text (statement, 0));
}

/**
 * loft_catalog_get_digest:
 * @self: a catalog
 * @out_sequence: (out) (optional): the number of that event; 0 if there was
 * none
 * @error: return location for a #GError
 *
 * Gives the SHA-256 of the text of the last event that was applied.
 *
 * Returns: (transfer full): the digest in hex, empty if there was no event, or
 *   %NULL with @error set
 */
char *
loft_catalog_get_digest (LoftCatalog *self,
                         guint64 *out_sequence,
                         GError **error)
{
  g_return_val_if_fail (LOFT_IS_CATALOG (self), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  g_autoptr (LoftCatalogReader) reader = loft_catalog_take_reader (self, error);
  if (reader == NULL)
    return NULL;

  g_autoptr (LoftCatalogStatement) statement =
    loft_catalog_query (reader, error, "SELECT digest, applied FROM meta", "");
  char *digest = take_text (statement, error);

  if (digest != NULL && out_sequence != NULL)
    *out_sequence = (guint64) loft_catalog_column_int (statement, 1);

  return digest;
}

/**
 * loft_catalog_get_note:
 * @self: a catalog
 * @name: the note
 * @error: return location for a #GError
 *
 * Reads what loft_catalog_set_note() wrote into this generation.
 *
 * Returns: (transfer full) (nullable): the note; %NULL if there is none, or
 *   with @error set
 */
char *
loft_catalog_get_note (LoftCatalog *self, const char *name, GError **error)
{
  g_return_val_if_fail (LOFT_IS_CATALOG (self), NULL);
  g_return_val_if_fail (name != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  g_autoptr (LoftCatalogReader) reader = loft_catalog_take_reader (self, error);
  if (reader == NULL)
    return NULL;

  g_autoptr (LoftCatalogStatement) statement =
    loft_catalog_query (reader,
                        error,
                        "SELECT value FROM notes WHERE name = ?1",
                        "t",
                        name);

  return take_text (statement, error);
}

/**
 * loft_catalog_set_note:
 * @self: a catalog
 * @name: the note
 * @value: (nullable): what to write; %NULL removes the note
 * @error: return location for a #GError
 *
 * Writes a note of the caller's into this generation.
 *
 * Returns: %TRUE on success; %FALSE with @error set
 */
gboolean
loft_catalog_set_note (LoftCatalog *self,
                       const char *name,
                       const char *value,
                       GError **error)
{
  g_return_val_if_fail (LOFT_IS_CATALOG (self), FALSE);
  g_return_val_if_fail (loft_catalog_is_owner (self), FALSE);
  g_return_val_if_fail (name != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->writer_lock);

  if (value == NULL)
    return loft_catalog_run (self->writer,
                             error,
                             "DELETE FROM notes WHERE name = ?1",
                             "t",
                             name);

  return loft_catalog_run (self->writer,
                           error,
                           "INSERT OR REPLACE INTO notes VALUES (?1, ?2)",
                           "tt",
                           name,
                           value);
}
