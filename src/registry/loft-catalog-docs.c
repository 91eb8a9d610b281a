/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-catalog-private.h"

/* How it is with the documentation of versions. */

/**
 * loft_catalog_note_docs:
 * @write: what is written
 * @event: an event that tells of a version's documentation
 * @error: return location for a #GError
 *
 * Notes it.
 *
 * Returns: %TRUE on success; %FALSE with @error set
 */
gboolean
loft_catalog_note_docs (LoftCatalogWrite *write,
                        const LoftEvent *event,
                        GError **error)
{
  return loft_catalog_run (
    write->connection,
    error,
    "INSERT OR REPLACE INTO docs VALUES (?1, ?2, ?3, ?4)",
    "ttit",
    event->name != NULL ? event->name : "",
    event->key != NULL ? event->key : "",
    (gint64) event->docs.state,
    event->docs.generation);
}

/**
 * loft_catalog_get_docs:
 * @self: a catalog
 * @name: a package
 * @key: key of one of its documents
 * @out_docs: (out caller-allocates): how it is with the version's documentation
 * @error: return location for a #GError
 *
 * Looks it up.
 *
 * Returns: %TRUE on success; %FALSE with @error set
 */
gboolean
loft_catalog_get_docs (LoftCatalog *self,
                       const char *name,
                       const char *key,
                       LoftDocs *out_docs,
                       GError **error)
{
  g_return_val_if_fail (LOFT_IS_CATALOG (self), FALSE);
  g_return_val_if_fail (name != NULL && key != NULL, FALSE);
  g_return_val_if_fail (out_docs != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  out_docs->state = LOFT_DOCS_NONE;
  out_docs->generation = NULL;

  g_autoptr (LoftCatalogReader) reader = loft_catalog_take_reader (self, error);
  if (reader == NULL)
    return FALSE;

  g_autoptr (LoftCatalogStatement) find =
    loft_catalog_query (reader,
                        error,
                        "SELECT state, generation FROM docs"
                        "  WHERE name = ?1 AND key = ?2",
                        "tt",
                        name,
                        key);
  int code = find != NULL ? loft_catalog_step (find, error) : SQLITE_ERROR;
  if (code == SQLITE_ROW)
    {
      out_docs->state = (LoftDocsState) loft_catalog_column_int (find, 0);
      out_docs->generation = g_strdup (loft_catalog_column_text (find, 1));
    }

  return code == SQLITE_ROW || code == SQLITE_DONE;
}
