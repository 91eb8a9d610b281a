/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-catalog-private.h"

/*
 * How many packages a view shows, without a look at them.
 *
 * `tallies` counts packages by when they came, in buckets: of single values, of
 * 256 of them side by side, of 256 of those, and so on. All that came up to
 * some moment are those in the buckets that end before it: of each size but the
 * greatest, the ones that lie in the same bucket of the next size as that
 * moment does, fewer than 256.
 */

static LoftCatalogStatement *
query_tally (LoftCatalogConnection *reader,
             LoftCatalogTally kind,
             gint64 last,
             GError **error)
{
  return loft_catalog_query (
    reader,
    error,
    "SELECT ifnull (sum (t.n), 0) FROM tally_sizes AS s"
    "  CROSS JOIN tallies AS t ON t.kind = ?1 AND t.bits = s.bits"
    "    AND t.bucket >= ifnull (?2 >> s.next << 8, ?3)"
    "    AND t.bucket < (?2 >> s.bits) + (s.bits = 0)",
    "iii",
    (gint64) kind,
    last,
    G_MININT64);
}

static gboolean
count_until (LoftCatalogConnection *reader,
             LoftCatalogTally kind,
             gint64 last,
             guint64 *out_packages,
             GError **error)
{
  g_autoptr (LoftCatalogStatement) sum =
    query_tally (reader, kind, last, error);
  if (sum == NULL || !loft_catalog_step_to_row (sum, error))
    return FALSE;

  *out_packages = (guint64) loft_catalog_column_int (sum, 0);

  return TRUE;
}

/* Who comes of age next, if there is anybody. */
static gboolean
find_next (LoftCatalogConnection *reader,
           LoftCatalogScope *scope,
           GError **error)
{
  g_autoptr (LoftCatalogStatement) find =
    loft_catalog_query (reader,
                        error,
                        "SELECT min (oldest) FROM packages WHERE oldest > ?1",
                        "i",
                        scope->since);
  if (find == NULL || !loft_catalog_step_to_row (find, error))
    return FALSE;

  loft_catalog_scope_has (
    scope,
    0,
    MAX (loft_catalog_column_int (find, 0), scope->since));

  return TRUE;
}

/**
 * loft_catalog_view_count:
 * @self: a catalog
 * @view: a view
 * @out_packages: (out): packages of which a version is to be seen
 * @out_validity: (out): how long the answer holds
 * @error: return location for a #GError
 *
 * Counts packages. Blocks, but not for long, however many there are.
 *
 * Returns: %TRUE on success; %FALSE with @error set,
 *   %LOFT_REGISTRY_ERROR_NOT_FOUND for a view of the future
 */
gboolean
loft_catalog_view_count (LoftCatalog *self,
                         const LoftView *view,
                         guint64 *out_packages,
                         LoftValidity *out_validity,
                         GError **error)
{
  g_return_val_if_fail (LOFT_IS_CATALOG (self), FALSE);
  g_return_val_if_fail (view != NULL && out_packages != NULL, FALSE);
  g_return_val_if_fail (out_validity != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  LoftCatalogScope scope = { 0 };
  g_autoptr (LoftCatalogReader) reader = loft_catalog_take_reader (self, error);
  if (reader == NULL || loft_catalog_begin (reader, "BEGIN", error) == NULL ||
      !loft_catalog_scope_init (&scope, reader, view, error))
    return FALSE;
  if (scope.by_age ? !count_until (reader,
                                   LOFT_CATALOG_TALLY_TIME,
                                   scope.since,
                                   out_packages,
                                   error) ||
                       !find_next (reader, &scope, error)
                   : !count_until (reader,
                                   LOFT_CATALOG_TALLY_EVENT,
                                   scope.seq,
                                   out_packages,
                                   error))
    return FALSE;
  *out_validity = scope.validity;

  return TRUE;
}
