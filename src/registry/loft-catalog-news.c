/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-catalog-private.h"

#include "registry/loft-element.h"
#include "registry/loft-registry-error.h"

/* What was published last, of one package or of all. */

#define ELEMENT                                                                \
  "v.head, CASE WHEN p.revision > 0 THEN p.owners ELSE v.owners END,"          \
  " p.deprecated"

/* Of one package it takes a look at every version, but not at what they say. */
#define OF_ONE                                                                 \
  "SELECT " ELEMENT " FROM packages AS p"                                      \
  "  CROSS JOIN (SELECT key AS which, published AS moment FROM versions"       \
  "    WHERE package = (SELECT id FROM packages WHERE name = ?1)"              \
  "      AND yanked = 0"                                                       \
  "    ORDER BY published DESC, sort DESC, key LIMIT ?2) AS n"                 \
  "  CROSS JOIN versions AS v ON v.package = p.id AND v.key = n.which"         \
  "  WHERE p.name = ?1 ORDER BY n.moment DESC, v.sort DESC, v.key"

#define OF_ALL                                                                 \
  "SELECT " ELEMENT " FROM versions AS v INDEXED BY versions_by_time"          \
  "  CROSS JOIN packages AS p ON p.id = v.package"                             \
  "  WHERE v.yanked = 0 ORDER BY v.published DESC, p.name, v.key LIMIT ?1"

/* What is of no event has changed when its versions came. */
#define CHANGE_OF_ONE                                                          \
  "SELECT ifnull (e.time, p.latest) FROM packages AS p"                        \
  "  LEFT JOIN events AS e ON e.seq = p.changed"                               \
  "  WHERE p.name = ?1 AND p.versions > 0"

#define CHANGE_OF_ALL                                                          \
  "SELECT ifnull ((SELECT time FROM events ORDER BY seq DESC LIMIT 1), 0)"

static void
set_no_such_package (const char *name, GError **error)
{
  g_set_error (error,
               LOFT_REGISTRY_ERROR,
               LOFT_REGISTRY_ERROR_NO_SUCH_PACKAGE,
               "There is no package “%s”",
               name);
}

static gboolean
find_change (LoftCatalogReader *reader,
             const char *name,
             gint64 *out_changed,
             GError **error)
{
  g_autoptr (LoftCatalogStatement) find =
    name != NULL ? loft_catalog_query (reader, error, CHANGE_OF_ONE, "t", name)
                 : loft_catalog_query (reader, error, CHANGE_OF_ALL, "");
  int code = find != NULL ? loft_catalog_step (find, error) : SQLITE_ERROR;

  if (code == SQLITE_DONE)
    set_no_such_package (name, error);
  if (code != SQLITE_ROW)
    return FALSE;

  *out_changed = loft_catalog_column_int (find, 0);

  return TRUE;
}

static char *
find_origin (LoftCatalogReader *reader, GError **error)
{
  g_autoptr (LoftCatalogStatement) find =
    loft_catalog_query (reader,
                        error,
                        "SELECT text FROM events ORDER BY seq LIMIT 1",
                        "");
  int code = find != NULL ? loft_catalog_step (find, error) : SQLITE_ERROR;

  if (code == SQLITE_DONE)
    return g_strdup ("");

  return code == SQLITE_ROW
           ? g_compute_checksum_for_string (G_CHECKSUM_SHA256,
                                            loft_catalog_column_text (find, 0),
                                            -1)
           : NULL;
}

/**
 * loft_catalog_list_news:
 * @self: a catalog
 * @name: (nullable): a package; %NULL for all
 * @limit: versions at most
 * @out_origin: (out) (transfer full): a digest of the first event; empty if
 *   there is none
 * @out_changed: (out): microseconds since 1970: when anything happened last
 *   that the list might tell of
 * @error: return location for a #GError
 *
 * Lists the versions that were published last, without the yanked ones. Blocks.
 *
 * Returns: (transfer full): a JSON array of elements, or %NULL with @error set;
 *   %LOFT_REGISTRY_ERROR_NO_SUCH_PACKAGE if there never was a version of @name
 */
GBytes *
loft_catalog_list_news (LoftCatalog *self,
                        const char *name,
                        guint limit,
                        char **out_origin,
                        gint64 *out_changed,
                        GError **error)
{
  g_return_val_if_fail (LOFT_IS_CATALOG (self), NULL);
  g_return_val_if_fail (out_origin != NULL && out_changed != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  g_autofree char *origin = NULL;
  g_autoptr (GString) text = g_string_sized_new (16384);
  g_autoptr (LoftCatalogReader) reader = loft_catalog_take_reader (self, error);
  if (reader == NULL || loft_catalog_begin (reader, "BEGIN", error) == NULL ||
      !find_change (reader, name, out_changed, error) ||
      (origin = find_origin (reader, error)) == NULL)
    return NULL;

  g_autoptr (LoftCatalogStatement) list =
    name != NULL
      ? loft_catalog_query (reader, error, OF_ONE, "ti", name, (gint64) limit)
      : loft_catalog_query (reader, error, OF_ALL, "i", (gint64) limit);
  int code = SQLITE_ERROR;
  while (list != NULL && (code = loft_catalog_step (list, error)) == SQLITE_ROW)
    {
      g_string_append_c (text, text->len == 0 ? '[' : ',');
      loft_element_append (text,
                           loft_catalog_column_text (list, 0),
                           loft_catalog_column_text (list, 1),
                           FALSE,
                           loft_catalog_column_text (list, 2));
    }
  if (code != SQLITE_DONE)
    return NULL;

  g_string_append (text, text->len == 0 ? "[]" : "]");
  *out_origin = g_steal_pointer (&origin);

  return g_string_free_to_bytes (g_steal_pointer (&text));
}

/**
 * loft_catalog_find_newest:
 * @self: a catalog
 * @name: a package
 * @out_version: (out) (transfer full) (nullable): its newest version; %NULL if
 *   all are yanked
 * @error: return location for a #GError
 *
 * Finds out which version of a package is in lists. Quick.
 *
 * Returns: %TRUE, or %FALSE with @error set;
 *   %LOFT_REGISTRY_ERROR_NO_SUCH_PACKAGE if there never was a version of @name
 */
gboolean
loft_catalog_find_newest (LoftCatalog *self,
                          const char *name,
                          char **out_version,
                          GError **error)
{
  g_return_val_if_fail (LOFT_IS_CATALOG (self), FALSE);
  g_return_val_if_fail (name != NULL && out_version != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  g_autoptr (LoftCatalogReader) reader = loft_catalog_take_reader (self, error);
  if (reader == NULL)
    return FALSE;

  g_autoptr (LoftCatalogStatement) find =
    loft_catalog_query (reader,
                        error,
                        "SELECT newest FROM packages"
                        "  WHERE name = ?1 AND versions > 0",
                        "t",
                        name);
  int code = find != NULL ? loft_catalog_step (find, error) : SQLITE_ERROR;

  if (code == SQLITE_DONE)
    set_no_such_package (name, error);
  if (code != SQLITE_ROW)
    return FALSE;

  *out_version = g_strdup (loft_catalog_column_text (find, 0));

  return TRUE;
}

/**
 * loft_catalog_get_yank_reason:
 * @self: a catalog
 * @name: a package
 * @key: the key of one of its versions
 * @error: return location for a #GError
 *
 * Tells why a version is yanked.
 *
 * Returns: (transfer full) (nullable): the reason; %NULL if none was given, or
 *   with @error set
 */
char *
loft_catalog_get_yank_reason (LoftCatalog *self,
                              const char *name,
                              const char *key,
                              GError **error)
{
  g_return_val_if_fail (LOFT_IS_CATALOG (self), NULL);
  g_return_val_if_fail (name != NULL && key != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  g_autoptr (LoftCatalogReader) reader = loft_catalog_take_reader (self, error);
  if (reader == NULL)
    return NULL;

  g_autoptr (LoftCatalogStatement) find =
    loft_catalog_query (reader,
                        error,
                        "SELECT y.reason FROM packages AS p"
                        "  CROSS JOIN yanked AS y ON y.package = p.id"
                        "  WHERE p.name = ?1 AND y.key = ?2 AND y.reason <> ''",
                        "tt",
                        name,
                        key);

  return find != NULL && loft_catalog_step (find, error) == SQLITE_ROW
           ? g_strdup (loft_catalog_column_text (find, 0))
           : NULL;
}
