/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-catalog-private.h"

#include <gio/gio.h>

/*
 * The index of the search, and where packages stand in it.
 *
 * SQLite gives matches in the order of their row numbers, and stops where it is
 * told to. So the number is the package's place in the order of worth: its high
 * bits say how often the count of its dependents was doubled, the greatest
 * first, its low bits are the package's row. The first matches are the best
 * ones then, and nobody has to look at the others. A place changes with every
 * doubling only, so a package is moved a few times in its life.
 *
 * The index does not keep the text: `texts` does, and an entry can only be
 * taken out by giving its place and words again.
 *
 * While the catalog is being built the index is left alone: a package gets its
 * text once then, not once a version. At the end all are put there in the order
 * of their places, thousands at a time, which is what SQLite does best; then
 * the parts are merged into one. Whoever wants to write in between need not
 * wait for more than one batch, and what was not finished is gone on with the
 * next time.
 */

/* Packages in one transaction, and how much of the index is in memory for it,
 * in bytes. */
#define BATCH 2000
#define BATCH_SIZE "16777216"
#define DEFAULT_SIZE "1048576"

/* Pages that one step of merging writes. */
#define MERGE_PAGES 1000

/* More doublings than a registry could have packages for. */
#define WORTH_MAX 31
#define WORTH_NONE -1

/**
 * loft_catalog_worth:
 * @dependents: how many packages depend on one
 *
 * Tells what a package is worth: one for the first dependent and for each
 * doubling.
 *
 * Returns: from 0 to 31
 */
int
loft_catalog_worth (gint64 dependents)
{
  return dependents > 0
           ? MIN ((int) g_bit_storage ((gulong) dependents), WORTH_MAX)
           : 0;
}

static gint64
make_place (gint64 package, gint64 dependents, gboolean is_listed)
{
  int worth = is_listed ? loft_catalog_worth (dependents) : WORTH_NONE;

  return ((gint64) (WORTH_MAX - worth) << LOFT_CATALOG_PLACE_BITS) + package;
}

/* What `texts` has of a package. */
typedef struct
{
  gint64 package;
  gint64 place; /* 0 if it is not in the index */
  gint64 wanted;
  char *words; /* owned, NULL if there is no text */
} Entry;

static void
entry_clear (Entry *entry)
{
  g_free (entry->words);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Entry, entry_clear)

static gboolean
read_entry (LoftCatalogConnection *connection,
            gint64 package,
            Entry *out_entry,
            GError **error)
{
  g_autoptr (LoftCatalogStatement) find = loft_catalog_query (
    connection,
    error,
    "SELECT p.dependents, p.newest IS NOT NULL, ifnull (t.place, 0), t.words"
    "  FROM texts AS t CROSS JOIN packages AS p ON p.id = t.id"
    "  WHERE t.id = ?1",
    "i",
    package);
  int code = find != NULL ? loft_catalog_step (find, error) : SQLITE_ERROR;

  if (code == SQLITE_ROW)
    {
      out_entry->package = package;
      out_entry->wanted = make_place (package,
                                      loft_catalog_column_int (find, 0),
                                      loft_catalog_column_int (find, 1) != 0);
      out_entry->place = loft_catalog_column_int (find, 2);
      out_entry->words = g_strdup (loft_catalog_column_text (find, 3));
    }

  return code == SQLITE_ROW || code == SQLITE_DONE;
}

/* The statements on the index write one row of values each: with others, those
 * that select, SQLite would write the whole index to its file first. */

static gboolean
remove_entry (LoftCatalogConnection *connection,
              const Entry *entry,
              GError **error)
{
  return entry->place == 0 ||
         loft_catalog_run (connection,
                           error,
                           "INSERT INTO search (search, rowid, words)"
                           "  VALUES ('delete', ?1, ?2)",
                           "it",
                           entry->place,
                           entry->words);
}

static gboolean
insert_entry (LoftCatalogConnection *connection,
              const Entry *entry,
              GError **error)
{
  return loft_catalog_run (connection,
                           error,
                           "UPDATE texts SET place = ?2 WHERE id = ?1",
                           "ii",
                           entry->package,
                           entry->wanted) &&
         loft_catalog_run (connection,
                           error,
                           "INSERT INTO search (rowid, words) VALUES (?1, ?2)",
                           "it",
                           entry->wanted,
                           entry->words);
}

/**
 * loft_catalog_store_text:
 * @connection: a connection in a transaction
 * @package: the package's row
 * @document: its highest version
 * @error: return location for a #GError
 *
 * Replaces what a package is found by. It is not found at all then, until
 * loft_catalog_index().
 *
 * Returns: %TRUE on success; %FALSE with @error set
 */
gboolean
loft_catalog_store_text (LoftCatalogConnection *connection,
                         gint64 package,
                         const LoftDocument *document,
                         GError **error)
{
  g_autofree char *words = loft_catalog_tag_words (document);
  g_auto (Entry) entry = { 0, 0, 0, NULL };

  if (!read_entry (connection, package, &entry, error))
    return FALSE;
  if (g_strcmp0 (entry.words, words) == 0)
    return TRUE;

  return remove_entry (connection, &entry, error) &&
         loft_catalog_run (connection,
                           error,
                           "INSERT INTO texts VALUES (?1, NULL, ?2)"
                           "  ON CONFLICT DO UPDATE"
                           "  SET place = NULL, words = excluded.words",
                           "it",
                           package,
                           words);
}

static gboolean
index_one (LoftCatalogConnection *connection, gint64 package, GError **error)
{
  g_auto (Entry) entry = { 0, 0, 0, NULL };

  if (!read_entry (connection, package, &entry, error))
    return FALSE;
  if (entry.words == NULL || entry.place == entry.wanted)
    return TRUE;

  return remove_entry (connection, &entry, error) &&
         insert_entry (connection, &entry, error);
}

static int
compare_entries_cb (gconstpointer a, gconstpointer b)
{
  const Entry *x = a;
  const Entry *y = b;

  return (x->place > y->place) - (x->place < y->place);
}

static int
compare_wanted_cb (gconstpointer a, gconstpointer b)
{
  const Entry *x = a;
  const Entry *y = b;

  return (x->wanted > y->wanted) - (x->wanted < y->wanted);
}

static GArray *
read_entries (LoftCatalogConnection *connection,
              GHashTable *packages,
              GError **error)
{
  g_autoptr (GArray) entries = g_array_new (FALSE, FALSE, sizeof (Entry));
  GHashTableIter iter;
  gpointer key;

  g_array_set_clear_func (entries, (GDestroyNotify) entry_clear);
  g_hash_table_iter_init (&iter, packages);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    {
      Entry entry = { 0, 0, 0, NULL };

      if (!read_entry (connection, *(const gint64 *) key, &entry, error))
        return NULL;
      if (entry.words != NULL && entry.place != entry.wanted)
        g_array_append_val (entries, entry);
      else
        entry_clear (&entry);
    }

  return g_steal_pointer (&entries);
}

/**
 * loft_catalog_index:
 * @connection: a connection in a transaction
 * @packages: (element-type gint64): rows of packages
 * @error: return location for a #GError
 *
 * Puts packages where they belong in the index, those that are not there. In
 * the order of their places, since SQLite writes a part of the index whenever
 * it has to go back.
 *
 * Returns: %TRUE on success; %FALSE with @error set
 */
gboolean
loft_catalog_index (LoftCatalogConnection *connection,
                    GHashTable *packages,
                    GError **error)
{
  g_autoptr (GArray) entries = read_entries (connection, packages, error);
  if (entries == NULL)
    return FALSE;

  g_array_sort (entries, compare_entries_cb);
  for (guint i = 0; i < entries->len; i++)
    if (!remove_entry (connection, &g_array_index (entries, Entry, i), error))
      return FALSE;

  g_array_sort (entries, compare_wanted_cb);
  for (guint i = 0; i < entries->len; i++)
    if (!insert_entry (connection, &g_array_index (entries, Entry, i), error))
      return FALSE;

  return TRUE;
}

static int
compare_places_cb (gconstpointer a, gconstpointer b)
{
  gint64 x = *(const gint64 *) a;
  gint64 y = *(const gint64 *) b;

  return (x > y) - (x < y);
}

/* The places for all that wait for one, in order. */
static GArray *
list_waiting (LoftCatalogConnection *connection, GError **error)
{
  g_autoptr (GArray) places = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_autoptr (LoftCatalogStatement) list = loft_catalog_query (
    connection,
    error,
    "SELECT p.id, p.dependents, p.newest IS NOT NULL FROM texts AS t"
    "  CROSS JOIN packages AS p ON p.id = t.id WHERE t.place IS NULL",
    "");
  int code = SQLITE_ERROR;

  while (list != NULL && (code = loft_catalog_step (list, error)) == SQLITE_ROW)
    {
      gint64 place = make_place (loft_catalog_column_int (list, 0),
                                 loft_catalog_column_int (list, 1),
                                 loft_catalog_column_int (list, 2) != 0);

      g_array_append_val (places, place);
    }
  g_array_sort (places, compare_places_cb);

  return code == SQLITE_DONE ? g_steal_pointer (&places) : NULL;
}

static gboolean
index_places (LoftCatalogConnection *connection,
              GArray *places,
              guint begin,
              guint end,
              GCancellable *cancellable,
              GError **error)
{
  gint64 mask = (G_GINT64_CONSTANT (1) << LOFT_CATALOG_PLACE_BITS) - 1;

  for (guint i = begin; i < end; i++)
    if (g_cancellable_set_error_if_cancelled (cancellable, error) ||
        !index_one (connection,
                    g_array_index (places, gint64, i) & mask,
                    error))
      return FALSE;

  return TRUE;
}

static gboolean
index_batch (LoftCatalog *self,
             GArray *places,
             guint begin,
             GCancellable *cancellable,
             GError **error)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->writer_lock);
  g_autoptr (LoftCatalogTransaction) transaction =
    loft_catalog_begin (self->writer, "BEGIN IMMEDIATE", error);

  return transaction != NULL &&
         index_places (transaction,
                       places,
                       begin,
                       MIN (begin + BATCH, places->len),
                       cancellable,
                       error) &&
         loft_catalog_commit (g_steal_pointer (&transaction), error);
}

/* Indexes what waits now. */
static gboolean
index_waiting (LoftCatalog *self, GCancellable *cancellable, GError **error)
{
  g_autoptr (GArray) places = NULL;

  {
    g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->writer_lock);

    places = list_waiting (self->writer, error);
  }
  if (places == NULL)
    return FALSE;

  for (guint i = 0; i < places->len; i += BATCH)
    if (!index_batch (self, places, i, cancellable, error) ||
        !loft_catalog_checkpoint (self, error))
      return FALSE;

  return TRUE;
}

/* Merging parts while they come in would write everything several times. */
static gboolean
set_merging (LoftCatalog *self, gboolean merging, GError **error)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->writer_lock);

  return loft_catalog_execute (
    self->writer,
    merging ? "INSERT INTO search (search, rank) VALUES ('automerge', 4);"
              "INSERT INTO search (search, rank)"
              "  VALUES ('hashsize', " DEFAULT_SIZE ")"
            : "INSERT INTO search (search, rank) VALUES ('automerge', 0);"
              "INSERT INTO search (search, rank)"
              "  VALUES ('hashsize', " BATCH_SIZE ")",
    error);
}

/* One step of merging; *@out_more is whether it did anything. */
static gboolean
merge_some (LoftCatalog *self, gint64 pages, gboolean *out_more, GError **error)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->writer_lock);
  gint64 before = sqlite3_total_changes64 (self->writer->db);

  if (!loft_catalog_run (self->writer,
                         error,
                         "INSERT INTO search (search, rank)"
                         "  VALUES ('merge', ?1)",
                         "i",
                         pages))
    return FALSE;

  /* That a merge did nothing is itself counted as one change. */
  *out_more = sqlite3_total_changes64 (self->writer->db) - before > 1;

  return TRUE;
}

/* Makes one part of the index out of all. The first step is told so by a
 * negative number. */
static gboolean
merge_all (LoftCatalog *self, GCancellable *cancellable, GError **error)
{
  gboolean more = TRUE;

  for (gint64 pages = -MERGE_PAGES; more; pages = MERGE_PAGES)
    if (g_cancellable_set_error_if_cancelled (cancellable, error) ||
        !merge_some (self, pages, &more, error))
      return FALSE;

  return loft_catalog_checkpoint (self, error);
}

/* Indexes what was written meanwhile, and says that nothing waits. */
static gboolean
finish (LoftCatalog *self, GCancellable *cancellable, GError **error)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->writer_lock);
  g_autoptr (LoftCatalogTransaction) transaction =
    loft_catalog_begin (self->writer, "BEGIN IMMEDIATE", error);
  g_autoptr (GArray) places =
    transaction != NULL ? list_waiting (transaction, error) : NULL;

  if (places == NULL ||
      !index_places (transaction, places, 0, places->len, cancellable, error) ||
      !loft_catalog_run (transaction,
                         error,
                         "UPDATE meta SET complete = 1",
                         "") ||
      !loft_catalog_commit (g_steal_pointer (&transaction), error))
    return FALSE;

  loft_page_begin_epoch (self->page);

  return TRUE;
}

static gboolean
read_complete (LoftCatalog *self, gboolean *out_complete, GError **error)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->writer_lock);
  LoftCatalogMeta meta = { 0 };
  gboolean ok = loft_catalog_read_meta (self->writer, &meta, error);

  *out_complete = meta.complete;

  return ok;
}

/**
 * loft_catalog_set_complete:
 * @self: a catalog
 * @cancellable: (nullable): a cancellable
 * @error: return location for a #GError
 *
 * Says that everything that is stored is in the catalog. Until then the index
 * of the search is left alone; it is built now, which may take a minute. Others
 * may write meanwhile. What was done is not lost if it is cancelled.
 *
 * Returns: %TRUE on success; %FALSE with @error set
 */
gboolean
loft_catalog_set_complete (LoftCatalog *self,
                           GCancellable *cancellable,
                           GError **error)
{
  g_return_val_if_fail (LOFT_IS_CATALOG (self), FALSE);
  g_return_val_if_fail (loft_catalog_is_owner (self), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  gboolean complete = FALSE;

  if (!read_complete (self, &complete, error))
    return FALSE;

  return complete ||
         (set_merging (self, FALSE, error) &&
          index_waiting (self, cancellable, error) &&
          merge_all (self, cancellable, error) &&
          set_merging (self, TRUE, error) && finish (self, cancellable, error));
}
