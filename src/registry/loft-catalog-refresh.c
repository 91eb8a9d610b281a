/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-catalog-private.h"

#include <json-glib/json-glib.h>

#include "registry/loft-element.h"
#include "registry/loft-registry-error.h"

/* What follows from a package's newest version: the fragment of the full list,
 * who depends on whom, and where packages stand in the index of the search.
 * Done once a transaction for each package that was changed in it. */

typedef struct
{
  char *name;       /* owned */
  char *newest;     /* owned, nullable */
  char *head;       /* owned, nullable */
  char *owners;     /* owned, nullable */
  char *deprecated; /* owned, nullable */
} Newest;

static void
newest_clear (Newest *newest)
{
  g_clear_pointer (&newest->name, g_free);
  g_clear_pointer (&newest->newest, g_free);
  g_clear_pointer (&newest->head, g_free);
  g_clear_pointer (&newest->owners, g_free);
  g_clear_pointer (&newest->deprecated, g_free);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Newest, newest_clear)

static gboolean
find_newest (LoftCatalogConnection *connection,
             gint64 package,
             Newest *out_newest,
             GError **error)
{
  g_autoptr (LoftCatalogStatement) find = loft_catalog_query (
    connection,
    error,
    "SELECT p.name, v.version, v.head,"
    "    CASE WHEN p.revision > 0 THEN p.owners ELSE v.owners END,"
    "    p.deprecated"
    "  FROM packages AS p"
    "  LEFT JOIN versions AS v ON v.package = p.id AND NOT v.yanked"
    "  WHERE p.id = ?1"
    "  ORDER BY v.stable DESC, v.sort DESC, v.key DESC LIMIT 1",
    "i",
    package);
  if (find == NULL || !loft_catalog_step_to_row (find, error))
    return FALSE;

  out_newest->name = g_strdup (loft_catalog_column_text (find, 0));
  out_newest->newest = g_strdup (loft_catalog_column_text (find, 1));
  out_newest->head = g_strdup (loft_catalog_column_text (find, 2));
  out_newest->owners = g_strdup (loft_catalog_column_text (find, 3));
  out_newest->deprecated = g_strdup (loft_catalog_column_text (find, 4));

  return TRUE;
}

static gboolean
store_fragment (LoftCatalogConnection *connection,
                const Newest *newest,
                GError **error)
{
  if (newest->head == NULL)
    return loft_catalog_run (connection,
                             error,
                             "DELETE FROM fragments WHERE name = ?1",
                             "t",
                             newest->name);

  g_autoptr (GString) element = g_string_sized_new (1024);
  loft_element_append (element,
                       newest->head,
                       newest->owners,
                       FALSE,
                       newest->deprecated);

  return loft_catalog_run (
    connection,
    error,
    "INSERT INTO fragments VALUES (?1, ?2)"
    "  ON CONFLICT DO UPDATE SET element = excluded.element"
    "  WHERE element <> excluded.element",
    "tt",
    newest->name,
    element->str);
}

/**
 * loft_catalog_parse_dependencies:
 * @head: (nullable): the head of an element
 * @out_owner: (out) (nullable) (transfer full): what the object belongs to
 *
 * Reads on what a version depends. Heads are our own text, so json-glib may
 * read them.
 *
 * Returns: (transfer none) (nullable): names to constraints
 */
JsonObject *
loft_catalog_parse_dependencies (const char *head, JsonNode **out_owner)
{
  g_autofree char *whole = g_strconcat (head != NULL ? head : "{", "}", NULL);
  JsonNode *node = json_from_string (whole, NULL);
  JsonObject *object = node != NULL && JSON_NODE_HOLDS_OBJECT (node)
                         ? json_node_get_object (node)
                         : NULL;

  *out_owner = node;

  return object != NULL && json_object_has_member (object, "dependencies")
           ? json_object_get_object_member (object, "dependencies")
           : NULL;
}

static GHashTable *
list_known (LoftCatalogConnection *connection, const char *name, GError **error)
{
  g_autoptr (GHashTable) known =
    g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  g_autoptr (LoftCatalogStatement) list = loft_catalog_query (
    connection,
    error,
    "SELECT target, requirement FROM dependencies WHERE dependent = ?1",
    "t",
    name);
  if (list == NULL)
    return NULL;

  int code = SQLITE_DONE;
  while ((code = loft_catalog_step (list, error)) == SQLITE_ROW)
    g_hash_table_insert (known,
                         g_strdup (loft_catalog_column_text (list, 0)),
                         g_strdup (loft_catalog_column_text (list, 1)));

  return code == SQLITE_DONE ? g_steal_pointer (&known) : NULL;
}

static void
add_package (GHashTable *packages, gint64 package)
{
  g_hash_table_add (packages, g_memdup2 (&package, sizeof package));
}

static gboolean
change_dependents (LoftCatalogWrite *write,
                   const char *target,
                   gint64 difference,
                   GError **error)
{
  g_autoptr (LoftCatalogStatement) update =
    loft_catalog_query (write->connection,
                        error,
                        "UPDATE packages SET dependents = dependents + ?2"
                        "  WHERE name = ?1 RETURNING id",
                        "ti",
                        target,
                        difference);
  int code = SQLITE_ERROR;

  while (update != NULL &&
         (code = loft_catalog_step (update, error)) == SQLITE_ROW)
    add_package (write->moved, loft_catalog_column_int (update, 0));

  return code == SQLITE_DONE;
}

static gboolean
store_dependency (LoftCatalogWrite *write,
                  const char *dependent,
                  const char *target,
                  const char *requirement,
                  const char *known_requirement,
                  GError **error)
{
  if (g_strcmp0 (requirement, known_requirement) == 0)
    return TRUE;

  return loft_catalog_run (
           write->connection,
           error,
           "INSERT OR REPLACE INTO dependencies VALUES (?1, ?2, ?3)",
           "ttt",
           target,
           dependent,
           requirement) &&
         (known_requirement != NULL ||
          change_dependents (write, target, 1, error));
}

static gboolean
remove_dependency (LoftCatalogWrite *write,
                   const char *dependent,
                   const char *target,
                   GError **error)
{
  return loft_catalog_run (
           write->connection,
           error,
           "DELETE FROM dependencies WHERE target = ?1 AND dependent = ?2",
           "tt",
           target,
           dependent) &&
         change_dependents (write, target, -1, error);
}

/* Only what differs is written: from one version to the next dependencies
 * hardly ever change. */
static gboolean
store_dependencies (LoftCatalogWrite *write,
                    const Newest *newest,
                    GError **error)
{
  g_autoptr (JsonNode) owner = NULL;
  JsonObject *wanted = loft_catalog_parse_dependencies (newest->head, &owner);
  g_autoptr (GHashTable) known =
    list_known (write->connection, newest->name, error);
  if (known == NULL)
    return FALSE;

  JsonObjectIter iter;
  const char *target = NULL;
  JsonNode *requirement = NULL;
  if (wanted != NULL)
    json_object_iter_init (&iter, wanted);
  while (wanted != NULL && json_object_iter_next (&iter, &target, &requirement))
    {
      if (!store_dependency (write,
                             newest->name,
                             target,
                             json_node_get_string (requirement),
                             g_hash_table_lookup (known, target),
                             error))
        return FALSE;
      g_hash_table_remove (known, target);
    }

  GHashTableIter rest;
  gpointer key;
  g_hash_table_iter_init (&rest, known);
  while (g_hash_table_iter_next (&rest, &key, NULL))
    if (!remove_dependency (write, newest->name, key, error))
      return FALSE;

  return TRUE;
}

/**
 * loft_catalog_refresh:
 * @write: what is being written
 * @error: return location for a #GError
 *
 * Brings everything up to date that follows from the newest versions of the
 * packages that were changed.
 *
 * Returns: %TRUE on success; %FALSE with @error set
 */
gboolean
loft_catalog_refresh (LoftCatalogWrite *write, GError **error)
{
  LoftCatalogConnection *connection = write->connection;
  GHashTableIter iter;
  gpointer key;

  g_hash_table_iter_init (&iter, write->dirty);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    {
      gint64 package = *(const gint64 *) key;
      g_auto (Newest) newest = { NULL };

      if (!find_newest (connection, package, &newest, error) ||
          !store_fragment (connection, &newest, error) ||
          !store_dependencies (write, &newest, error) ||
          !loft_catalog_run (connection,
                             error,
                             "UPDATE packages SET newest = ?2 WHERE id = ?1 "
                             "AND newest IS NOT ?2",
                             "it",
                             package,
                             newest.newest))
        return FALSE;
      add_package (write->moved, package);
    }

  return !write->meta.complete ||
         loft_catalog_index (connection, write->moved, error);
}
