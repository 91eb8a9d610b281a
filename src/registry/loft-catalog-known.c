/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-catalog-private.h"

/* Whether something is known already, or told of by the log. */

static gboolean
finds_document (LoftCatalog *self,
                const char *question,
                const char *name,
                const char *key)
{
  g_autoptr (GError) local_error = NULL;
  g_autoptr (LoftCatalogReader) reader =
    loft_catalog_take_reader (self, &local_error);
  g_autoptr (LoftCatalogStatement) find =
    reader == NULL
      ? NULL
      : loft_catalog_query (reader, &local_error, question, "tt", name, key);
  int code =
    find != NULL ? loft_catalog_step (find, &local_error) : SQLITE_ERROR;

  if (code == SQLITE_ERROR)
    g_debug ("Can't look “%s/%s” up: %s", name, key, local_error->message);

  return code == SQLITE_ROW;
}

/**
 * loft_catalog_has_document:
 * @self: a catalog
 * @name: a package
 * @key: a document's key
 *
 * Tells whether a document is known. Quick; where the catalog can't be read it
 * is not known, and who then applies it meets the error.
 *
 * Returns: whether it is in the catalog
 */
gboolean
loft_catalog_has_document (LoftCatalog *self, const char *name, const char *key)
{
  g_return_val_if_fail (LOFT_IS_CATALOG (self), FALSE);
  g_return_val_if_fail (name != NULL && key != NULL, FALSE);

  return finds_document (
    self,
    "SELECT 1 FROM packages AS p"
    "  CROSS JOIN versions AS v ON v.package = p.id AND v.key = ?2"
    "  WHERE p.name = ?1",
    name,
    key);
}

/**
 * loft_catalog_is_logged:
 * @self: a catalog
 * @name: a package
 * @key: a document's key
 *
 * Tells whether an event was applied that tells of a document, were it broken
 * by then. Quick; where the catalog can't be read it is not known.
 *
 * Returns: whether the log has it
 */
gboolean
loft_catalog_is_logged (LoftCatalog *self, const char *name, const char *key)
{
  g_return_val_if_fail (LOFT_IS_CATALOG (self), FALSE);
  g_return_val_if_fail (name != NULL && key != NULL, FALSE);

  return finds_document (
    self,
    "SELECT 1 FROM packages AS p"
    "  CROSS JOIN versions AS v ON v.package = p.id AND v.key = ?2"
    "  WHERE p.name = ?1 AND NOT EXISTS"
    "    (SELECT 1 FROM unlogged WHERE name = ?1 AND key = ?2)"
    "  UNION ALL SELECT 1 FROM problems WHERE name = ?1 AND key = ?2",
    name,
    key);
}

/**
 * loft_catalog_is_token_told:
 * @self: a catalog
 * @id: public id of a token
 * @revoked: whether it is asked of the token's end, or of its beginning
 *
 * Tells whether an event was applied that tells of a token. Quick; where the
 * catalog can't be read it is not known.
 *
 * Returns: whether the log has it
 */
gboolean
loft_catalog_is_token_told (LoftCatalog *self, const char *id, gboolean revoked)
{
  g_return_val_if_fail (LOFT_IS_CATALOG (self), FALSE);
  g_return_val_if_fail (id != NULL, FALSE);

  return finds_document (self,
                         "SELECT 1 FROM tokens WHERE id = ?1 AND type = ?2",
                         id,
                         revoked ? "revoke" : "create");
}
