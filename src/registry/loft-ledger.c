/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-ledger.h"

#include <glib/gstdio.h>
#include <string.h>

#include "registry/loft-catalog-private.h"

/* How many names are given at once. */
#define PAGE 500

/* Nothing in it outlives the process, so nothing has to survive a crash: no
 * journal, no sync, and no name in the file system. */
static const char *const ledger_schema = "PRAGMA journal_mode = DELETE;"
                                         "PRAGMA journal_mode = OFF;"
                                         "PRAGMA locking_mode = EXCLUSIVE;"
                                         "PRAGMA synchronous = OFF;"
                                         "CREATE TABLE told ("
                                         "  name TEXT NOT NULL,"
                                         "  key TEXT NOT NULL,"
                                         "  type INTEGER NOT NULL,"
                                         "  seq INTEGER NOT NULL,"
                                         "  time INTEGER NOT NULL,"
                                         "  archive TEXT,"
                                         "  document TEXT,"
                                         "  size INTEGER NOT NULL,"
                                         "  published INTEGER NOT NULL,"
                                         "  count INTEGER NOT NULL DEFAULT 1,"
                                         "  marked INTEGER NOT NULL DEFAULT 0,"
                                         "  PRIMARY KEY (name, key)"
                                         ") STRICT, WITHOUT ROWID;"
                                         "CREATE TABLE states ("
                                         "  name TEXT PRIMARY KEY,"
                                         "  revision INTEGER NOT NULL"
                                         ") STRICT, WITHOUT ROWID;"
                                         "CREATE TABLE doubts ("
                                         "  kind INTEGER NOT NULL,"
                                         "  name TEXT NOT NULL,"
                                         "  key TEXT NOT NULL,"
                                         "  PRIMARY KEY (kind, name, key)"
                                         ") STRICT, WITHOUT ROWID;"
                                         "BEGIN;";

struct _LoftLedger
{
  LoftCatalogConnection *connection; /* owned */
  char *last_name;                   /* owned: of the last unmarked version */
  char *last_key;                    /* owned: the same */
};

/**
 * loft_ledger_entry_free:
 * @self: (transfer full): an entry
 *
 * Frees @self.
 */
void
loft_ledger_entry_free (LoftLedgerEntry *self)
{
  g_return_if_fail (self != NULL);

  loft_event_unref (self->event);
  g_free (self);
}

/**
 * loft_ledger_new:
 * @directory: where there is room for it
 * @error: return location for a #GError
 *
 * Makes an empty ledger.
 *
 * Returns: (transfer full): the ledger, or %NULL with @error set to a
 *   #LoftRegistryError
 */
LoftLedger *
loft_ledger_new (const char *directory, GError **error)
{
  g_return_val_if_fail (directory != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  g_autofree char *stem = g_uuid_string_random ();
  LoftCatalogFile *file = loft_catalog_file_new (directory, stem, 0);
  LoftCatalogConnection *connection =
    loft_catalog_connection_open (file,
                                  SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
                                  error);
  gboolean made = connection != NULL &&
                  loft_catalog_execute (connection, ledger_schema, error);

  g_unlink (file->path);
  loft_catalog_file_unref (file);
  if (!made)
    {
      g_clear_pointer (&connection, loft_catalog_connection_free);
      return NULL;
    }

  LoftLedger *self = g_new0 (LoftLedger, 1);
  self->connection = connection;
  self->last_name = g_strdup ("");
  self->last_key = g_strdup ("");

  return self;
}

/**
 * loft_ledger_free:
 * @self: (transfer full): a ledger
 *
 * Frees @self, and all that was in it.
 */
void
loft_ledger_free (LoftLedger *self)
{
  g_return_if_fail (self != NULL);

  loft_catalog_connection_free (self->connection);
  g_free (self->last_name);
  g_free (self->last_key);
  g_free (self);
}

/**
 * loft_ledger_add:
 * @self: a ledger
 * @event: an event of the log
 * @error: return location for a #GError
 *
 * Notes what an event tells.
 *
 * Returns: %TRUE on success; %FALSE with @error set
 */
gboolean
loft_ledger_add (LoftLedger *self, const LoftEvent *event, GError **error)
{
  g_return_val_if_fail (self != NULL && event != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (event->name == NULL)
    return TRUE;
  if (event->state != NULL)
    return loft_catalog_run (
      self->connection,
      error,
      "INSERT INTO states VALUES (?1, ?2) ON CONFLICT DO"
      "  UPDATE SET revision = max (revision, excluded.revision)",
      "ti",
      event->name,
      (gint64) event->state->revision);
  if ((event->type != LOFT_EVENT_PUBLISH && event->type != LOFT_EVENT_ADOPT) ||
      event->key == NULL)
    return TRUE;

  return loft_catalog_run (
    self->connection,
    error,
    "INSERT INTO told (name, key, type, seq, time, archive, document, size,"
    "    published) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"
    "  ON CONFLICT DO UPDATE SET count = count + 1",
    "ttiiittii",
    event->name,
    event->key,
    (gint64) event->type,
    (gint64) event->seq,
    event->time,
    event->archive_sha256,
    event->document_sha256,
    event->size,
    event->published_at);
}

/**
 * loft_ledger_find:
 * @self: a ledger
 * @name: a package
 * @key: a document's key
 * @out_entry: (out) (transfer full) (nullable): what the log tells of it; %NULL
 *   if that is nothing
 * @error: return location for a #GError
 *
 * Finds what the log tells of a version.
 *
 * Returns: %TRUE on success; %FALSE with @error set
 */
gboolean
loft_ledger_find (LoftLedger *self,
                  const char *name,
                  const char *key,
                  LoftLedgerEntry **out_entry,
                  GError **error)
{
  g_return_val_if_fail (self != NULL, FALSE);
  g_return_val_if_fail (name != NULL && key != NULL, FALSE);
  g_return_val_if_fail (out_entry != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  g_autoptr (LoftCatalogStatement) find =
    loft_catalog_query (self->connection,
                        error,
                        "SELECT type, seq, time, archive, document, size,"
                        "    published, count"
                        "  FROM told WHERE name = ?1 AND key = ?2",
                        "tt",
                        name,
                        key);
  int code = find != NULL ? loft_catalog_step (find, error) : SQLITE_ERROR;

  *out_entry = NULL;
  if (code != SQLITE_ROW)
    return code == SQLITE_DONE;

  LoftEvent *event =
    loft_event_new ((LoftEventType) loft_catalog_column_int (find, 0), name);
  event->key = g_strdup (key);
  event->seq = (guint64) loft_catalog_column_int (find, 1);
  event->time = loft_catalog_column_int (find, 2);
  event->archive_sha256 = g_strdup (loft_catalog_column_text (find, 3));
  event->document_sha256 = g_strdup (loft_catalog_column_text (find, 4));
  event->size = loft_catalog_column_int (find, 5);
  event->published_at = loft_catalog_column_int (find, 6);

  *out_entry = g_new0 (LoftLedgerEntry, 1);
  (*out_entry)->event = event;
  (*out_entry)->count = (guint) loft_catalog_column_int (find, 7);

  return TRUE;
}

/**
 * loft_ledger_mark:
 * @self: a ledger
 * @name: a package
 * @key: a document's key
 * @error: return location for a #GError
 *
 * Notes that a version's document was found.
 *
 * Returns: %TRUE on success; %FALSE with @error set
 */
gboolean
loft_ledger_mark (LoftLedger *self,
                  const char *name,
                  const char *key,
                  GError **error)
{
  g_return_val_if_fail (self != NULL, FALSE);
  g_return_val_if_fail (name != NULL && key != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return loft_catalog_run (self->connection,
                           error,
                           "UPDATE told SET marked = 1"
                           "  WHERE name = ?1 AND key = ?2",
                           "tt",
                           name,
                           key);
}

/**
 * loft_ledger_find_revision:
 * @self: a ledger
 * @name: a package
 * @out_revision: (out): the highest revision that the log tells of; 0 for none
 * @error: return location for a #GError
 *
 * Finds what the log tells of a package's state.
 *
 * Returns: %TRUE on success; %FALSE with @error set
 */
gboolean
loft_ledger_find_revision (LoftLedger *self,
                           const char *name,
                           guint64 *out_revision,
                           GError **error)
{
  g_return_val_if_fail (self != NULL && name != NULL, FALSE);
  g_return_val_if_fail (out_revision != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  g_autoptr (LoftCatalogStatement) find =
    loft_catalog_query (self->connection,
                        error,
                        "SELECT revision FROM states WHERE name = ?1",
                        "t",
                        name);
  int code = find != NULL ? loft_catalog_step (find, error) : SQLITE_ERROR;

  *out_revision =
    code == SQLITE_ROW ? (guint64) loft_catalog_column_int (find, 0) : 0;

  return code != SQLITE_ERROR;
}

/**
 * loft_ledger_doubt:
 * @self: a ledger
 * @doubt: what is in doubt
 * @name: a package
 * @key: a document's key; a tarball's name; empty for a state
 * @error: return location for a #GError
 *
 * Notes that something is to be looked at again.
 *
 * Returns: %TRUE on success; %FALSE with @error set
 */
gboolean
loft_ledger_doubt (LoftLedger *self,
                   LoftDoubt doubt,
                   const char *name,
                   const char *key,
                   GError **error)
{
  g_return_val_if_fail (self != NULL, FALSE);
  g_return_val_if_fail (name != NULL && key != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return loft_catalog_run (self->connection,
                           error,
                           "INSERT OR IGNORE INTO doubts VALUES (?1, ?2, ?3)",
                           "itt",
                           (gint64) doubt,
                           name,
                           key);
}

/**
 * loft_ledger_has_doubts:
 * @self: a ledger
 * @error: return location for a #GError
 *
 * Returns: whether anything is to be looked at again; %FALSE with @error set
 *   if that can't be told
 */
gboolean
loft_ledger_has_doubts (LoftLedger *self, GError **error)
{
  g_return_val_if_fail (self != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  g_autoptr (LoftCatalogStatement) find =
    loft_catalog_query (self->connection,
                        error,
                        "SELECT 1 FROM doubts LIMIT 1",
                        "");

  return find != NULL && loft_catalog_step (find, error) == SQLITE_ROW;
}

/* Takes pairs out of the rows of @statement, one after the other. */
static GPtrArray *
take_pairs (LoftCatalogStatement *statement, GError **error)
{
  g_autoptr (GPtrArray) pairs = g_ptr_array_new_with_free_func (g_free);
  int code = statement != NULL ? SQLITE_ROW : SQLITE_ERROR;

  while (code == SQLITE_ROW)
    {
      code = loft_catalog_step (statement, error);
      if (code != SQLITE_ROW)
        break;

      g_ptr_array_add (pairs,
                       g_strdup (loft_catalog_column_text (statement, 0)));
      g_ptr_array_add (pairs,
                       g_strdup (loft_catalog_column_text (statement, 1)));
    }

  return code == SQLITE_DONE ? g_steal_pointer (&pairs) : NULL;
}

/**
 * loft_ledger_take_doubts:
 * @self: a ledger
 * @doubt: what is in doubt
 * @error: return location for a #GError
 *
 * Gives some of what is to be looked at again, and forgets that.
 *
 * Returns: (transfer full) (element-type utf8): names and keys in turn, none if
 *   there are no doubts left; %NULL with @error set
 */
GPtrArray *
loft_ledger_take_doubts (LoftLedger *self, LoftDoubt doubt, GError **error)
{
  g_return_val_if_fail (self != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  g_autoptr (GPtrArray) pairs = NULL;
  {
    g_autoptr (LoftCatalogStatement) find =
      loft_catalog_query (self->connection,
                          error,
                          "SELECT name, key FROM doubts WHERE kind = ?1"
                          "  ORDER BY name, key LIMIT ?2",
                          "ii",
                          (gint64) doubt,
                          (gint64) PAGE);

    pairs = take_pairs (find, error);
  }
  if (pairs == NULL)
    return NULL;

  for (guint i = 0; i < pairs->len; i += 2)
    if (!loft_catalog_run (self->connection,
                           error,
                           "DELETE FROM doubts"
                           "  WHERE kind = ?1 AND name = ?2 AND key = ?3",
                           "itt",
                           (gint64) doubt,
                           (const char *) pairs->pdata[i],
                           (const char *) pairs->pdata[i + 1]))
      return NULL;

  return g_steal_pointer (&pairs);
}

/**
 * loft_ledger_take_unmarked:
 * @self: a ledger
 * @error: return location for a #GError
 *
 * Gives some versions that the log tells of and that were not marked; others
 * the next time.
 *
 * Returns: (transfer full) (element-type utf8): names and keys in turn, none if
 *   there are no more; %NULL with @error set
 */
GPtrArray *
loft_ledger_take_unmarked (LoftLedger *self, GError **error)
{
  g_return_val_if_fail (self != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  GPtrArray *pairs = NULL;
  {
    g_autoptr (LoftCatalogStatement) find =
      loft_catalog_query (self->connection,
                          error,
                          "SELECT name, key FROM told"
                          "  WHERE marked = 0 AND (name, key) > (?1, ?2)"
                          "  ORDER BY name, key LIMIT ?3",
                          "tti",
                          self->last_name,
                          self->last_key,
                          (gint64) PAGE);

    pairs = take_pairs (find, error);
  }

  if (pairs != NULL && pairs->len > 0)
    {
      g_free (self->last_name);
      g_free (self->last_key);
      self->last_name = g_strdup (pairs->pdata[pairs->len - 2]);
      self->last_key = g_strdup (pairs->pdata[pairs->len - 1]);
    }

  return pairs;
}
