/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-catalog-private.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <glib/gstdio.h>

#include "registry/loft-registry-error.h"

/* How a connection is set up. There is no memory map: a page that can't be
 * read would then be a signal instead of an error, and the map of each
 * connection counts as memory of the process. */
#define SETTINGS_BOTH                                                          \
  "PRAGMA foreign_keys = OFF;"                                                 \
  "PRAGMA mmap_size = 0;"                                                      \
  "PRAGMA temp_store = MEMORY;"                                                \
  "PRAGMA cell_size_check = ON;"
#define SETTINGS_WRITER                                                        \
  SETTINGS_BOTH                                                                \
  "PRAGMA cache_size = -8192;"                                                 \
  "PRAGMA journal_mode = WAL;"                                                 \
  "PRAGMA synchronous = NORMAL;"                                               \
  "PRAGMA wal_autocheckpoint = 0;"
#define SETTINGS_READER SETTINGS_BOTH "PRAGMA cache_size = -2048;"

#define BUSY_TIMEOUT 5000

static gboolean
is_no_space (int code)
{
  return code == ENOSPC || code == EDQUOT || code == EFBIG;
}

static LoftRegistryError
code_for_error (LoftCatalogConnection *self, int code)
{
  switch (code & 0xff)
    {
    case SQLITE_FULL:
      return LOFT_REGISTRY_ERROR_NO_SPACE;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return LOFT_REGISTRY_ERROR_CORRUPT;
    case SQLITE_BUSY:
      return LOFT_REGISTRY_ERROR_UNAVAILABLE;
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
      return self->db != NULL && is_no_space (sqlite3_system_errno (self->db))
               ? LOFT_REGISTRY_ERROR_NO_SPACE
               : LOFT_REGISTRY_ERROR_FAILED;
    default:
      return LOFT_REGISTRY_ERROR_FAILED;
    }
}

/* What turned out to be corrupt is not opened again after a restart. The mark
 * is beside the file, since nothing can be trusted inside. */
static void
mark_corrupt (LoftCatalogConnection *self)
{
  g_autofree char *mark = g_strconcat (self->file->path, "-corrupt", NULL);
  int fd = g_open (mark, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

  if (fd != -1)
    g_close (fd, NULL);
}

/**
 * loft_catalog_set_error:
 * @self: a connection
 * @code: a result code of SQLite
 * @error: return location for a #GError
 *
 * Says what SQLite said, in the registry's terms, with the file named.
 */
void
loft_catalog_set_error (LoftCatalogConnection *self, int code, GError **error)
{
  LoftRegistryError registry_code = code_for_error (self, code);
  const char *message =
    self->db != NULL && (sqlite3_errcode (self->db) & 0xff) == (code & 0xff)
      ? sqlite3_errmsg (self->db)
      : sqlite3_errstr (code);

  if (registry_code == LOFT_REGISTRY_ERROR_CORRUPT)
    mark_corrupt (self);

  g_set_error (error,
               LOFT_REGISTRY_ERROR,
               registry_code,
               "The catalog “%s” failed: %s",
               self->file->path,
               message);
}

/**
 * loft_catalog_execute:
 * @self: a connection
 * @sql: any number of statements
 * @error: return location for a #GError
 *
 * Runs statements whose results are of no interest.
 *
 * Returns: %TRUE on success; %FALSE with @error set
 */
gboolean
loft_catalog_execute (LoftCatalogConnection *self,
                      const char *sql,
                      GError **error)
{
  int code = sqlite3_exec (self->db, sql, NULL, NULL, NULL);

  if (code == SQLITE_OK)
    return TRUE;

  loft_catalog_set_error (self, code, error);

  return FALSE;
}

static void
statement_free (LoftCatalogStatement *self)
{
  sqlite3_finalize (self->statement);
  g_free (self);
}

/**
 * loft_catalog_connection_open:
 * @file: the database
 * @flags: `SQLITE_OPEN_READONLY`, or `SQLITE_OPEN_READWRITE` with or without
 *   `SQLITE_OPEN_CREATE`
 * @error: return location for a #GError
 *
 * Opens a connection.
 *
 * Returns: (transfer full): the connection, or %NULL with @error set
 */
LoftCatalogConnection *
loft_catalog_connection_open (LoftCatalogFile *file, int flags, GError **error)
{
  g_autoptr (LoftCatalogConnection) self = g_new0 (LoftCatalogConnection, 1);

  self->file = loft_catalog_file_ref (file);
  self->statements =
    g_hash_table_new_full (NULL, NULL, NULL, (GDestroyNotify) statement_free);

  /* A connection has one user at a time, so it needs no mutex of its own. */
  int code =
    sqlite3_open_v2 (file->path, &self->db, flags | SQLITE_OPEN_NOMUTEX, NULL);
  if (code != SQLITE_OK)
    {
      loft_catalog_set_error (self, code, error);
      return NULL;
    }

  sqlite3_extended_result_codes (self->db, 1);
  sqlite3_busy_timeout (self->db, BUSY_TIMEOUT);
  sqlite3_db_config (self->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
  if (!loft_catalog_execute (
        self,
        (flags & SQLITE_OPEN_READONLY) != 0 ? SETTINGS_READER : SETTINGS_WRITER,
        error))
    return NULL;

  return g_steal_pointer (&self);
}

/**
 * loft_catalog_connection_free:
 * @self: (transfer full): a connection that nobody uses
 *
 * Closes a connection.
 */
void
loft_catalog_connection_free (LoftCatalogConnection *self)
{
  g_hash_table_unref (self->statements);
  if (sqlite3_close (self->db) != SQLITE_OK)
    g_critical ("A statement of “%s” is still in use", self->file->path);
  loft_catalog_file_unref (self->file);
  g_free (self);
}

static LoftCatalogStatement *
prepare (LoftCatalogConnection *self, const char *sql, GError **error)
{
  LoftCatalogStatement *statement = g_hash_table_lookup (self->statements, sql);
  if (statement != NULL)
    return statement;

  sqlite3_stmt *prepared = NULL;
  int code = sqlite3_prepare_v3 (self->db,
                                 sql,
                                 -1,
                                 SQLITE_PREPARE_PERSISTENT,
                                 &prepared,
                                 NULL);
  if (code != SQLITE_OK)
    {
      loft_catalog_set_error (self, code, error);
      return NULL;
    }

  statement = g_new0 (LoftCatalogStatement, 1);
  statement->statement = prepared;
  statement->connection = self;
  g_hash_table_insert (self->statements, (gpointer) sql, statement);

  return statement;
}

static int
bind_one (sqlite3_stmt *statement, int index, char type, va_list *args)
{
  switch (type)
    {
    case 'i':
      return sqlite3_bind_int64 (statement, index, va_arg (*args, gint64));
    case 't':
      return sqlite3_bind_text (statement,
                                index,
                                va_arg (*args, const char *),
                                -1,
                                SQLITE_STATIC);
    case 'b':
      {
        gsize size = 0;
        gconstpointer data = g_bytes_get_data (va_arg (*args, GBytes *), &size);

        return sqlite3_bind_blob64 (statement,
                                    index,
                                    data,
                                    size,
                                    SQLITE_STATIC);
      }
    default:
      g_return_val_if_reached (SQLITE_MISUSE);
    }
}

static LoftCatalogStatement *
query_valist (LoftCatalogConnection *self,
              GError **error,
              const char *sql,
              const char *format,
              va_list *args)
{
  g_autoptr (LoftCatalogStatement) statement = prepare (self, sql, error);
  if (statement == NULL)
    return NULL;

  for (int i = 0; format[i] != '\0'; i++)
    {
      int code = bind_one (statement->statement, i + 1, format[i], args);

      if (code != SQLITE_OK)
        {
          loft_catalog_set_error (self, code, error);
          return NULL;
        }
    }

  return g_steal_pointer (&statement);
}

/**
 * loft_catalog_query:
 * @self: a connection
 * @error: return location for a #GError
 * @sql: a statement: always the same literal, by whose address it is kept
 * @format: a letter for each value that follows: `i` a #gint64, `t` a text,
 *   which may be %NULL, `b` a #GBytes
 * @...: the values; they must live until the statement is reset
 *
 * Makes a statement ready to be stepped through.
 *
 * Returns: (transfer none): the statement, or %NULL with @error set
 */
LoftCatalogStatement *
loft_catalog_query (LoftCatalogConnection *self,
                    GError **error,
                    const char *sql,
                    const char *format,
                    ...)
{
  va_list args;

  va_start (args, format);
  LoftCatalogStatement *statement =
    query_valist (self, error, sql, format, &args);
  va_end (args);

  return statement;
}

/**
 * loft_catalog_run:
 * @self: a connection
 * @error: return location for a #GError
 * @sql: as for loft_catalog_query()
 * @format: as for loft_catalog_query()
 * @...: the values
 *
 * Runs a statement that gives no rows.
 *
 * Returns: %TRUE on success; %FALSE with @error set
 */
gboolean
loft_catalog_run (LoftCatalogConnection *self,
                  GError **error,
                  const char *sql,
                  const char *format,
                  ...)
{
  va_list args;

  va_start (args, format);
  g_autoptr (LoftCatalogStatement) statement =
    query_valist (self, error, sql, format, &args);
  va_end (args);

  return statement != NULL &&
         loft_catalog_step (statement, error) == SQLITE_DONE;
}

/**
 * loft_catalog_step:
 * @self: a statement
 * @error: return location for a #GError
 *
 * Goes to the next row.
 *
 * Returns: `SQLITE_ROW`; `SQLITE_DONE` after the last one; `SQLITE_ERROR` with
 *   @error set
 */
int
loft_catalog_step (LoftCatalogStatement *self, GError **error)
{
  int code = sqlite3_step (self->statement);

  if (code == SQLITE_ROW || code == SQLITE_DONE)
    return code;

  loft_catalog_set_error (self->connection, code, error);

  return SQLITE_ERROR;
}

/**
 * loft_catalog_step_to_row:
 * @self: a statement that gives a row, unless the catalog is damaged
 * @error: return location for a #GError
 *
 * Goes to a row that must be there.
 *
 * Returns: %TRUE if @self stands on it; %FALSE with @error set
 */
gboolean
loft_catalog_step_to_row (LoftCatalogStatement *self, GError **error)
{
  int code = loft_catalog_step (self, error);

  if (code == SQLITE_DONE)
    loft_catalog_set_error (self->connection, SQLITE_CORRUPT, error);

  return code == SQLITE_ROW;
}

/**
 * loft_catalog_statement_reset:
 * @self: a statement
 *
 * Ends the use of a statement and forgets what was bound to it.
 */
void
loft_catalog_statement_reset (LoftCatalogStatement *self)
{
  sqlite3_reset (self->statement);
  sqlite3_clear_bindings (self->statement);
}

/**
 * loft_catalog_column_text:
 * @self: a statement that stands on a row
 * @column: which value, from 0
 *
 * Reads a text.
 *
 * Returns: (transfer none) (nullable): the text, valid until the next step
 */
const char *
loft_catalog_column_text (LoftCatalogStatement *self, int column)
{
  return (const char *) sqlite3_column_text (self->statement, column);
}

/**
 * loft_catalog_column_int:
 * @self: a statement that stands on a row
 * @column: which value, from 0
 *
 * Reads a number.
 *
 * Returns: the number
 */
gint64
loft_catalog_column_int (LoftCatalogStatement *self, int column)
{
  return sqlite3_column_int64 (self->statement, column);
}

/**
 * loft_catalog_begin:
 * @self: a connection without a transaction
 * @sql: `BEGIN` for reading, `BEGIN IMMEDIATE` for writing
 * @error: return location for a #GError
 *
 * Begins a transaction.
 *
 * Returns: (transfer full): the transaction, or %NULL with @error set
 */
LoftCatalogTransaction *
loft_catalog_begin (LoftCatalogConnection *self,
                    const char *sql,
                    GError **error)
{
  return loft_catalog_run (self, error, sql, "") ? self : NULL;
}

/**
 * loft_catalog_commit:
 * @self: (transfer full): a transaction
 * @error: return location for a #GError
 *
 * Commits a transaction, or rolls it back.
 *
 * Returns: %TRUE if it is committed; %FALSE with @error set if it is rolled
 *   back
 */
gboolean
loft_catalog_commit (LoftCatalogTransaction *self, GError **error)
{
  g_autoptr (LoftCatalogTransaction) transaction = self;

  return loft_catalog_run (transaction, error, "COMMIT", "");
}

/**
 * loft_catalog_rollback:
 * @self: (transfer full): a transaction
 *
 * Rolls back what is not committed.
 */
void
loft_catalog_rollback (LoftCatalogTransaction *self)
{
  /* After some errors SQLite has done it by itself. */
  if (!sqlite3_get_autocommit (self->db))
    sqlite3_exec (self->db, "ROLLBACK", NULL, NULL, NULL);
}

/**
 * loft_catalog_read_meta:
 * @connection: a connection
 * @out_meta: (out): where to put what it says
 * @error: return location for a #GError
 *
 * Reads what a generation says of itself.
 *
 * Returns: %TRUE on success; %FALSE with @error set,
 *   %LOFT_REGISTRY_ERROR_CORRUPT if it says nothing
 */
gboolean
loft_catalog_read_meta (LoftCatalogConnection *connection,
                        LoftCatalogMeta *out_meta,
                        GError **error)
{
  g_autoptr (LoftCatalogStatement) statement = loft_catalog_query (
    connection,
    error,
    "SELECT applied, complete, packages, versions FROM meta WHERE id = 1",
    "");
  if (statement == NULL || !loft_catalog_step_to_row (statement, error))
    return FALSE;

  out_meta->applied = loft_catalog_column_int (statement, 0);
  out_meta->complete = loft_catalog_column_int (statement, 1) != 0;
  out_meta->packages = loft_catalog_column_int (statement, 2);
  out_meta->versions = loft_catalog_column_int (statement, 3);

  return TRUE;
}
