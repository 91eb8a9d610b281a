/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-catalog-private.h"

/* What views need to know besides what there is now: which event told of what
 * first, and what any version ever depended on. */

/* The event may have been passed because the document was missing then. */
static gboolean
find_passed_event (LoftCatalogWrite *write,
                   const LoftDocument *document,
                   LoftCatalogComing *coming,
                   GError **error)
{
  g_autoptr (LoftCatalogStatement) find =
    loft_catalog_query (write->connection,
                        error,
                        "SELECT e.seq, e.time FROM problems AS p"
                        "  CROSS JOIN events AS e ON e.seq = p.seq"
                        "  WHERE p.name = ?1 AND p.key = ?2"
                        "  ORDER BY p.seq LIMIT 1",
                        "tt",
                        document->name,
                        document->key);
  int code = find != NULL ? loft_catalog_step (find, error) : SQLITE_ERROR;

  if (code == SQLITE_ROW)
    {
      coming->seq = loft_catalog_column_int (find, 0);
      coming->since = loft_catalog_column_int (find, 1);
    }

  return code != SQLITE_ERROR;
}

/**
 * loft_catalog_find_coming:
 * @write: what is being written
 * @document: a document
 * @event: (nullable): the event that tells of it now
 * @coming: (inout): what is known of how it came
 * @error: return location for a #GError
 *
 * Finds out which event told of a document first. What was adopted has been
 * there always: its event only tells when it was found.
 *
 * Returns: %TRUE on success; %FALSE with @error set
 */
gboolean
loft_catalog_find_coming (LoftCatalogWrite *write,
                          const LoftDocument *document,
                          const LoftEvent *event,
                          LoftCatalogComing *coming,
                          GError **error)
{
  if (document->adopted)
    {
      coming->seq = 0;
      coming->since = document->published_at;
      return TRUE;
    }
  if (coming->seq != LOFT_CATALOG_NO_EVENT)
    return TRUE;
  if (!find_passed_event (write, document, coming, error))
    return FALSE;
  if (event != NULL && coming->seq == LOFT_CATALOG_NO_EVENT)
    {
      coming->seq = (gint64) event->seq;
      coming->since = event->time;
    }

  return TRUE;
}

/**
 * loft_catalog_note_coming:
 * @write: what is being written
 * @package: a package
 * @coming: how one of its versions came
 * @error: return location for a #GError
 *
 * Remembers that a package has one more version, if it is the first one.
 *
 * Returns: %TRUE on success; %FALSE with @error set
 */
gboolean
loft_catalog_note_coming (LoftCatalogWrite *write,
                          gint64 package,
                          const LoftCatalogComing *coming,
                          GError **error)
{
  return loft_catalog_run (
    write->connection,
    error,
    "UPDATE packages SET first = min (first, ?2), oldest = min (oldest, ?3)"
    "  WHERE id = ?1 AND (first > ?2 OR oldest > ?3)",
    "iii",
    package,
    coming->seq,
    coming->since);
}

/**
 * loft_catalog_note_comings:
 * @write: what is being written
 * @package: a package
 * @error: return location for a #GError
 *
 * Finds out anew how a package's versions came, where one of them that was
 * known already came in another way than it had seemed.
 *
 * Returns: %TRUE on success; %FALSE with @error set
 */
gboolean
loft_catalog_note_comings (LoftCatalogWrite *write,
                           gint64 package,
                           GError **error)
{
  return loft_catalog_run (
    write->connection,
    error,
    "UPDATE packages SET changed = max (v.newest,"
    "      ifnull ((SELECT max (seq) FROM states WHERE package = ?1), 0)),"
    "    latest = v.latest, first = v.first, oldest = v.oldest"
    "  FROM (SELECT max (seq) AS newest, max (since) AS latest,"
    "      min (seq) AS first, min (since) AS oldest"
    "    FROM versions WHERE package = ?1) AS v"
    "  WHERE id = ?1",
    "i",
    package);
}

/**
 * loft_catalog_note_state:
 * @write: what is being written
 * @event: an event that tells of a state, which is stored already
 * @error: return location for a #GError
 *
 * Remembers that a package's state was told of by @event, unless an earlier
 * event told of a later one.
 *
 * Returns: %TRUE on success; %FALSE with @error set
 */
gboolean
loft_catalog_note_state (LoftCatalogWrite *write,
                         const LoftEvent *event,
                         GError **error)
{
  if (!loft_catalog_run (
        write->connection,
        error,
        "INSERT INTO states SELECT p.id, ?2, ?3 FROM packages AS p"
        "  WHERE p.name = ?1 AND ?3 > ifnull ("
        "    (SELECT s.revision FROM states AS s WHERE s.package = p.id"
        "      ORDER BY s.seq DESC LIMIT 1), 0)",
        "tii",
        event->name,
        (gint64) event->seq,
        (gint64) event->state->revision))
    return FALSE;

  return sqlite3_changes (write->connection->db) == 0 ||
         loft_catalog_run (write->connection,
                           error,
                           "UPDATE packages SET changed = max (changed, ?2)"
                           "  WHERE name = ?1",
                           "ti",
                           event->name,
                           (gint64) event->seq);
}

/**
 * loft_catalog_note_mentions:
 * @write: what is being written
 * @document: a document
 * @error: return location for a #GError
 *
 * Remembers on what a version depends.
 *
 * Returns: %TRUE on success; %FALSE with @error set
 */
gboolean
loft_catalog_note_mentions (LoftCatalogWrite *write,
                            const LoftDocument *document,
                            GError **error)
{
  GHashTableIter iter;
  gpointer target;

  g_hash_table_iter_init (&iter, document->dependencies);
  while (g_hash_table_iter_next (&iter, &target, NULL))
    if (!loft_catalog_run (write->connection,
                           error,
                           "INSERT OR IGNORE INTO mentions VALUES (?1, ?2)",
                           "tt",
                           (const char *) target,
                           document->name))
      return FALSE;

  return TRUE;
}
