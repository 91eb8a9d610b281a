/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-catalog-private.h"

#include <string.h>

#include "registry/loft-element.h"

/* What a version's row should be, where it has become something else: its event
 * was applied while the document was missing, or the file was damaged. */

/**
 * loft_catalog_matches:
 * @self: a catalog
 * @document: a document
 * @event: the event that tells of it, which was applied
 * @out_matches: (out): whether the catalog shows what @document says
 * @error: return location for a #GError
 *
 * Compares a version's row with its document.
 *
 * Returns: %TRUE on success; %FALSE with @error set
 */
gboolean
loft_catalog_matches (LoftCatalog *self,
                      const LoftDocument *document,
                      const LoftEvent *event,
                      gboolean *out_matches,
                      GError **error)
{
  g_return_val_if_fail (LOFT_IS_CATALOG (self), FALSE);
  g_return_val_if_fail (document != NULL && event != NULL, FALSE);
  g_return_val_if_fail (out_matches != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  g_autofree char *head =
    loft_element_render_head (document, event->archive_sha256, event->size);
  g_autofree char *usual = g_strconcat (document->key, ".tar.gz", NULL);
  g_autoptr (LoftCatalogReader) reader = loft_catalog_take_reader (self, error);
  g_autoptr (LoftCatalogStatement) find =
    reader != NULL
      ? loft_catalog_query (reader,
                            error,
                            "SELECT v.head, ifnull (v.archive, ?3)"
                            "  FROM packages AS p CROSS JOIN versions AS v"
                            "    ON v.package = p.id AND v.key = ?2"
                            "  WHERE p.name = ?1",
                            "ttt",
                            document->name,
                            document->key,
                            usual)
      : NULL;
  int code = find != NULL ? loft_catalog_step (find, error) : SQLITE_ERROR;

  *out_matches =
    code == SQLITE_ROW &&
    g_str_equal (loft_catalog_column_text (find, 0), head) &&
    g_str_equal (loft_catalog_column_text (find, 1), document->archive);

  return code != SQLITE_ERROR;
}

/* The row may be gone without anybody having counted that. */
static gboolean
recount (LoftCatalogWrite *write, const char *name, GError **error)
{
  g_autoptr (LoftCatalogStatement) find = loft_catalog_query (
    write->connection,
    error,
    "SELECT versions,"
    "    (SELECT count (*) FROM versions WHERE package = id)"
    "  FROM packages WHERE name = ?1",
    "t",
    name);
  int code = find != NULL ? loft_catalog_step (find, error) : SQLITE_ERROR;
  if (code != SQLITE_ROW)
    return code == SQLITE_DONE;

  gint64 counted = loft_catalog_column_int (find, 0);
  gint64 real = loft_catalog_column_int (find, 1);
  write->meta.versions -= (guint64) (counted - real);
  if (counted > 0 && real == 0)
    write->meta.packages--;

  return loft_catalog_run (write->connection,
                           error,
                           "UPDATE packages SET versions = ?2 WHERE name = ?1",
                           "ti",
                           name,
                           real);
}

/**
 * loft_catalog_restore:
 * @self: a catalog
 * @document: a document
 * @event: the event that tells of it, which was applied
 * @error: return location for a #GError
 *
 * Makes a version's row anew.
 *
 * Returns: %TRUE on success; %FALSE with @error set as by loft_catalog_apply()
 */
gboolean
loft_catalog_restore (LoftCatalog *self,
                      const LoftDocument *document,
                      const LoftEvent *event,
                      GError **error)
{
  g_return_val_if_fail (LOFT_IS_CATALOG (self), FALSE);
  g_return_val_if_fail (loft_catalog_is_owner (self), FALSE);
  g_return_val_if_fail (document != NULL && event != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->writer_lock);
  g_auto (LoftCatalogWrite) write = { NULL };
  LoftCatalogConnection *writer = loft_catalog_get_writer (self, error);
  g_autoptr (LoftCatalogTransaction) transaction =
    writer != NULL ? loft_catalog_begin (writer, "BEGIN IMMEDIATE", error)
                   : NULL;

  if (transaction == NULL || !loft_catalog_write_init (&write, writer, error) ||
      !recount (&write, document->name, error) ||
      !loft_catalog_store_document (&write, document, event, error))
    return FALSE;

  return loft_catalog_write_end (self,
                                 &write,
                                 g_steal_pointer (&transaction),
                                 NULL,
                                 error);
}
