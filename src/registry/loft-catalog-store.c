/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-catalog-private.h"

#include <string.h>

#include "registry/loft-element.h"
#include "registry/loft-name.h"
#include "registry/loft-registry-error.h"
#include "registry/loft-version.h"

/*
 * What the tables hold is a function of the documents and of each package's
 * highest state, whatever the order in which they came: the greatest of times,
 * the text of the highest version, the newest of those that are not yanked. So
 * a catalog that grew event by event and one that was built anew are the same.
 */

/* Finds a package's row, or makes one. */
static gboolean
ensure_package (LoftCatalogWrite *write,
                const char *name,
                gint64 *out_package,
                GError **error)
{
  g_autofree char *folded = loft_name_fold (name);
  g_autoptr (LoftCatalogStatement) find =
    loft_catalog_query (write->connection,
                        error,
                        "SELECT id FROM packages WHERE name = ?1",
                        "t",
                        name);
  if (find == NULL)
    return FALSE;

  int code = loft_catalog_step (find, error);
  if (code == SQLITE_ROW)
    *out_package = loft_catalog_column_int (find, 0);
  if (code != SQLITE_DONE)
    return code == SQLITE_ROW;

  if (!loft_catalog_run (write->connection,
                         error,
                         "INSERT INTO packages (name, folded, dependents)"
                         "  SELECT ?1, ?2, count (*) FROM dependencies"
                         "  WHERE target = ?1",
                         "tt",
                         name,
                         folded))
    return FALSE;

  *out_package = sqlite3_last_insert_rowid (write->connection->db);

  return TRUE;
}

static void
mark_dirty (LoftCatalogWrite *write, gint64 package)
{
  g_hash_table_add (write->dirty, g_memdup2 (&package, sizeof package));
}

/* A version that is known already: what the new document lacks is taken from
 * it, and @out_same tells whether nothing is left to change. */
typedef struct
{
  gboolean known;
  gint64 size;
  char *sha256;  /* owned, nullable */
  char *head;    /* owned, nullable */
  char *archive; /* owned, nullable */
  LoftCatalogComing coming;
} Known;

static void
known_clear (Known *known)
{
  g_clear_pointer (&known->sha256, g_free);
  g_clear_pointer (&known->head, g_free);
  g_clear_pointer (&known->archive, g_free);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Known, known_clear)

static gboolean
find_known (LoftCatalogWrite *write,
            gint64 package,
            const char *key,
            Known *out_known,
            GError **error)
{
  g_autoptr (LoftCatalogStatement) find =
    loft_catalog_query (write->connection,
                        error,
                        "SELECT size, sha256, head, archive, seq, since"
                        "  FROM versions"
                        "  WHERE package = ?1 AND key = ?2",
                        "it",
                        package,
                        key);
  if (find == NULL)
    return FALSE;

  int code = loft_catalog_step (find, error);
  if (code == SQLITE_ROW)
    {
      out_known->known = TRUE;
      out_known->size = loft_catalog_column_int (find, 0);
      out_known->sha256 = g_strdup (loft_catalog_column_text (find, 1));
      out_known->head = g_strdup (loft_catalog_column_text (find, 2));
      out_known->archive = g_strdup (loft_catalog_column_text (find, 3));
      out_known->coming.seq = loft_catalog_column_int (find, 4);
      out_known->coming.since = loft_catalog_column_int (find, 5);
    }

  return code != SQLITE_ERROR;
}

/* The usual name of a tarball is not stored. */
static const char *
archive_to_store (const LoftDocument *document)
{
  gsize length = strlen (document->key);
  gboolean is_usual =
    document->archive == NULL ||
    (strncmp (document->archive, document->key, length) == 0 &&
     strcmp (document->archive + length, ".tar.gz") == 0);

  return is_usual ? NULL : document->archive;
}

static gboolean
insert_version (LoftCatalogWrite *write,
                gint64 package,
                const LoftDocument *document,
                const char *sha256,
                gint64 size,
                const char *head,
                const LoftCatalogComing *coming,
                GError **error)
{
  g_autoptr (GBytes) sort = loft_version_sort_key (document->version);
  g_autofree char *owners =
    document->owners != NULL && document->owners[0] != NULL
      ? loft_element_render_owners ((const char *const *) document->owners)
      : NULL;

  return loft_catalog_run (
    write->connection,
    error,
    "INSERT OR REPLACE INTO versions"
    "  (package, stable, sort, key, version, archive, size, sha256, published,"
    "   yanked, owners, head, seq, since)"
    "  VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9,"
    "    EXISTS (SELECT 1 FROM yanked WHERE package = ?1 AND key = ?4),"
    "    ?10, ?11, ?12, ?13)",
    "iibtttitittii",
    package,
    (gint64) !loft_version_is_prerelease (document->version),
    sort,
    document->key,
    document->version,
    archive_to_store (document),
    document->size >= 0 ? document->size : size,
    document->sha256 != NULL ? document->sha256 : sha256,
    document->published_at,
    owners,
    head,
    coming->seq,
    coming->since);
}

/* Counts a version that was not known. */
static gboolean
count_version (LoftCatalogWrite *write,
               gint64 package,
               const LoftCatalogComing *coming,
               GError **error)
{
  g_autoptr (LoftCatalogStatement) update = loft_catalog_query (
    write->connection,
    error,
    "UPDATE packages SET versions = versions + 1,"
    "    changed = max (changed, ?2), latest = max (latest, ?3)"
    "  WHERE id = ?1 RETURNING versions",
    "iii",
    package,
    coming->seq,
    coming->since);
  if (update == NULL || !loft_catalog_step_to_row (update, error))
    return FALSE;

  write->meta.versions++;
  if (loft_catalog_column_int (update, 0) == 1)
    write->meta.packages++;

  return loft_catalog_step (update, error) == SQLITE_DONE;
}

/* Whether @key is the highest version of its package, yanked or not. */
static gboolean
is_highest (LoftCatalogWrite *write,
            gint64 package,
            const char *key,
            gboolean *out_highest,
            GError **error)
{
  g_autoptr (LoftCatalogStatement) find =
    loft_catalog_query (write->connection,
                        error,
                        "SELECT key FROM versions WHERE package = ?1"
                        "  ORDER BY stable DESC, sort DESC, key DESC LIMIT 1",
                        "i",
                        package);
  if (find == NULL || !loft_catalog_step_to_row (find, error))
    return FALSE;

  *out_highest = g_str_equal (loft_catalog_column_text (find, 0), key);

  return TRUE;
}

static gboolean
touch_package (LoftCatalogWrite *write,
               gint64 package,
               gint64 time,
               GError **error)
{
  return loft_catalog_run (
    write->connection,
    error,
    "UPDATE packages SET updated = ?2 WHERE id = ?1 AND updated < ?2",
    "ii",
    package,
    time);
}

/**
 * loft_catalog_store_document:
 * @write: what is being written
 * @document: a document
 * @event: (nullable): the event that tells of it, if there is one
 * @error: return location for a #GError
 *
 * Stores a version.
 *
 * Returns: %TRUE on success; %FALSE with @error set
 */
gboolean
loft_catalog_store_document (LoftCatalogWrite *write,
                             const LoftDocument *document,
                             const LoftEvent *event,
                             GError **error)
{
  gint64 package = 0;
  g_auto (Known) known = { .size = -1, .coming = LOFT_CATALOG_COMING_UNKNOWN };

  if (!ensure_package (write, document->name, &package, error) ||
      !find_known (write, package, document->key, &known, error))
    return FALSE;

  LoftCatalogComing coming = known.coming;
  if (!loft_catalog_find_coming (write, document, event, &coming, error))
    return FALSE;

  const char *any_sha256 = event != NULL && event->archive_sha256 != NULL
                             ? event->archive_sha256
                             : known.sha256;
  gint64 any_size =
    event != NULL && event->size >= 0 ? event->size : known.size;
  g_autofree char *head =
    loft_element_render_head (document, any_sha256, any_size);
  if (known.known && g_str_equal (head, known.head) &&
      g_strcmp0 (archive_to_store (document), known.archive) == 0 &&
      coming.seq == known.coming.seq && coming.since == known.coming.since)
    return TRUE;

  if (!insert_version (write,
                       package,
                       document,
                       any_sha256,
                       any_size,
                       head,
                       &coming,
                       error) ||
      !(known.known
          ? loft_catalog_note_comings (write, package, error)
          : count_version (write, package, &coming, error) &&
              loft_catalog_note_coming (write, package, &coming, error)) ||
      !loft_catalog_note_mentions (write, document, error) ||
      !touch_package (write, package, document->published_at, error) ||
      !loft_catalog_run (write->connection,
                         error,
                         "DELETE FROM problems WHERE name = ?1 AND key = ?2",
                         "tt",
                         document->name,
                         document->key))
    return FALSE;

  mark_dirty (write, package);

  gboolean highest = FALSE;
  if (!is_highest (write, package, document->key, &highest, error))
    return FALSE;

  return !highest ||
         loft_catalog_store_text (write->connection, package, document, error);
}

static gboolean
store_yanked (LoftCatalogWrite *write,
              gint64 package,
              const LoftState *state,
              GError **error)
{
  GHashTableIter iter;
  gpointer key, reason;

  if (!loft_catalog_run (write->connection,
                         error,
                         "DELETE FROM yanked WHERE package = ?1",
                         "i",
                         package))
    return FALSE;

  g_hash_table_iter_init (&iter, state->yanked);
  while (g_hash_table_iter_next (&iter, &key, &reason))
    if (!loft_catalog_run (write->connection,
                           error,
                           "INSERT INTO yanked VALUES (?1, ?2, ?3)",
                           "itt",
                           package,
                           (const char *) key,
                           reason != NULL ? (const char *) reason : ""))
      return FALSE;

  return loft_catalog_run (
    write->connection,
    error,
    "UPDATE versions SET yanked = NOT yanked WHERE package = ?1 AND"
    "  yanked <> EXISTS (SELECT 1 FROM yanked AS y"
    "    WHERE y.package = versions.package AND y.key = versions.key)",
    "i",
    package);
}

/**
 * loft_catalog_render_owners:
 * @state: a package's state
 *
 * Renders the owners that a state names.
 *
 * Returns: (transfer full): a JSON array
 */
char *
loft_catalog_render_owners (const LoftState *state)
{
  g_autoptr (GPtrArray) ids = g_ptr_array_new ();

  for (guint i = 0; i < state->owners->len; i++)
    {
      const LoftOwner *owner = state->owners->pdata[i];

      g_ptr_array_add (ids, owner->id);
    }
  g_ptr_array_add (ids, NULL);

  return loft_element_render_owners ((const char *const *) ids->pdata);
}

/**
 * loft_catalog_store_state:
 * @write: what is being written
 * @name: a package
 * @state: its state
 * @error: return location for a #GError
 *
 * Stores a package's state, unless a later one is known.
 *
 * Returns: %TRUE on success; %FALSE with @error set
 */
gboolean
loft_catalog_store_state (LoftCatalogWrite *write,
                          const char *name,
                          const LoftState *state,
                          GError **error)
{
  gint64 package = 0;
  g_autofree char *owners = loft_catalog_render_owners (state);

  if (state->revision == 0)
    return TRUE;
  if (!ensure_package (write, name, &package, error) ||
      !loft_catalog_run (write->connection,
                         error,
                         "UPDATE packages"
                         "  SET revision = ?2, owners = ?3, deprecated = ?4"
                         "  WHERE id = ?1 AND revision < ?2",
                         "iitt",
                         package,
                         (gint64) state->revision,
                         owners,
                         state->deprecated))
    return FALSE;

  /* Nothing was changed: a later revision is known. */
  if (sqlite3_changes (write->connection->db) == 0)
    return TRUE;

  mark_dirty (write, package);

  return store_yanked (write, package, state, error) &&
         touch_package (write, package, state->changed_at, error);
}
