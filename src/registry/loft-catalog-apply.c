/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-catalog-private.h"

#include "registry/loft-registry-error.h"

/* Applying: the log in, in its order, one transaction a call. */

/**
 * loft_catalog_write_clear:
 * @write: what was written
 *
 * Frees what is in @write.
 */
void
loft_catalog_write_clear (LoftCatalogWrite *write)
{
  g_clear_pointer (&write->dirty, g_hash_table_unref);
  g_clear_pointer (&write->moved, g_hash_table_unref);
}

/**
 * loft_catalog_write_init:
 * @write: (out caller-allocates): what is to be written
 * @connection: where a transaction has begun
 * @error: return location for a #GError
 *
 * Begins to write.
 *
 * Returns: %TRUE on success; %FALSE with @error set
 */
gboolean
loft_catalog_write_init (LoftCatalogWrite *write,
                         LoftCatalogConnection *connection,
                         GError **error)
{
  write->connection = connection;
  write->dirty =
    g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  write->moved =
    g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);

  return loft_catalog_read_meta (connection, &write->meta, error);
}

/* What another process, or an attempt that was given up, has applied already is
 * passed over. It is asked for within the transaction: nobody can apply
 * anything between the answer and the commit. */
static gboolean
find_applied (LoftCatalogWrite *write,
              const LoftEvent *event,
              gboolean *out_applied,
              GError **error)
{
  *out_applied = FALSE;
  if (event->seq > write->meta.applied || event->text == NULL)
    return TRUE;

  g_autoptr (LoftCatalogStatement) find =
    loft_catalog_query (write->connection,
                        error,
                        "SELECT text FROM events WHERE seq = ?1",
                        "i",
                        (gint64) event->seq);
  int code = find != NULL ? loft_catalog_step (find, error) : SQLITE_ERROR;

  *out_applied = code == SQLITE_ROW &&
                 g_str_equal (loft_catalog_column_text (find, 0), event->text);

  return code != SQLITE_ERROR;
}

/* A gap would lose an event for ever, so the caller is refused. There is one
 * where the catalog was reset while an event was being written: then it will
 * have that one too, in its turn. */
static gboolean
check_sequence (LoftCatalogWrite *write, const LoftEvent *event, GError **error)
{
  guint64 applied = write->meta.applied;

  if (event->text != NULL && event->seq > 0 && event->seq == applied + 1)
    return TRUE;

  g_set_error (error,
               LOFT_REGISTRY_ERROR,
               event->seq > applied + 1 ? LOFT_REGISTRY_ERROR_NOT_READY
                                        : LOFT_REGISTRY_ERROR_FAILED,
               "Event %" G_GUINT64_FORMAT
               " can't be applied to the catalog “%s”, which is at event "
               "%" G_GUINT64_FORMAT,
               event->seq,
               write->connection->file->path,
               applied);

  return FALSE;
}

static gboolean
record_problem (LoftCatalogWrite *write, const LoftEvent *event, GError **error)
{
  return loft_catalog_run (
    write->connection,
    error,
    "INSERT OR REPLACE INTO problems VALUES (?1, ?2, ?3)",
    "itt",
    (gint64) event->seq,
    event->name != NULL ? event->name : "",
    event->key != NULL ? event->key : "");
}

static gboolean
forget_unlogged (LoftCatalogWrite *write,
                 const LoftEvent *event,
                 GError **error)
{
  return loft_catalog_run (write->connection,
                           error,
                           "DELETE FROM unlogged WHERE name = ?1 AND key = ?2",
                           "tt",
                           event->name != NULL ? event->name : "",
                           event->key != NULL ? event->key : "");
}

/* Remembers that no event tells of a document, unless one does. */
static gboolean
remember_unlogged (LoftCatalogWrite *write,
                   const LoftDocument *document,
                   GError **error)
{
  return loft_catalog_run (
    write->connection,
    error,
    "INSERT OR IGNORE INTO unlogged SELECT ?1, ?2 WHERE NOT EXISTS"
    "  (SELECT 1 FROM packages AS p"
    "    CROSS JOIN versions AS v ON v.package = p.id AND v.key = ?2"
    "    WHERE p.name = ?1"
    "   UNION ALL SELECT 1 FROM problems WHERE name = ?1 AND key = ?2)",
    "tt",
    document->name,
    document->key);
}

static gboolean
note_token (LoftCatalogWrite *write, const LoftEvent *event, GError **error)
{
  return loft_catalog_run (write->connection,
                           error,
                           "INSERT OR IGNORE INTO tokens VALUES (?1, ?2)",
                           "tt",
                           event->token->id,
                           event->type == LOFT_EVENT_TOKEN_REVOKE ? "revoke"
                                                                  : "create");
}

static gboolean
apply_event (LoftCatalogWrite *write, LoftEvent *event, GError **error)
{
  if (!check_sequence (write, event, error) ||
      !loft_catalog_run (write->connection,
                         error,
                         "INSERT INTO events VALUES (?1, ?2, ?3, ?4)",
                         "iitt",
                         (gint64) event->seq,
                         event->time,
                         event->name != NULL ? event->name : "",
                         event->text))
    return FALSE;

  write->meta.applied = event->seq;

  if (event->type == LOFT_EVENT_OTHER)
    return TRUE;
  if (event->token != NULL)
    return note_token (write, event, error);
  if (event->type == LOFT_EVENT_DOCS)
    return loft_catalog_note_docs (write, event, error);

  if (event->type == LOFT_EVENT_PUBLISH || event->type == LOFT_EVENT_ADOPT)
    {
      gboolean ok =
        event->document != NULL
          ? loft_catalog_store_document (write, event->document, event, error)
          : record_problem (write, event, error);
      if (!ok || !forget_unlogged (write, event, error))
        return FALSE;
    }

  return event->state == NULL || event->name == NULL ||
         (loft_catalog_store_state (write, event->name, event->state, error) &&
          loft_catalog_note_state (write, event, error));
}

static gboolean
write_meta (LoftCatalogWrite *write, const char *digest, GError **error)
{
  return loft_catalog_run (
    write->connection,
    error,
    "UPDATE meta SET applied = ?1, digest = ifnull (?2, digest),"
    "  packages = ?3, versions = ?4",
    "itii",
    (gint64) write->meta.applied,
    digest,
    (gint64) write->meta.packages,
    (gint64) write->meta.versions);
}

/**
 * loft_catalog_write_end:
 * @self: a catalog
 * @write: what was written
 * @transaction: (transfer full): where
 * @digest: (nullable): of the last event that was applied, if any was
 * @error: return location for a #GError
 *
 * What all ways of applying end with. Where no event was applied there is no
 * number that moves, so whatever is remembered is to be forgotten.
 *
 * Returns: %TRUE on success; %FALSE with @error set
 */
gboolean
loft_catalog_write_end (LoftCatalog *self,
                        LoftCatalogWrite *write,
                        LoftCatalogTransaction *transaction,
                        const char *digest,
                        GError **error)
{
  g_autoptr (LoftCatalogTransaction) open = transaction;

  if (!loft_catalog_refresh (write, error) ||
      !write_meta (write, digest, error) ||
      !loft_catalog_commit (g_steal_pointer (&open), error))
    return FALSE;

  if (digest != NULL)
    loft_page_raise_sequence (self->page, write->meta.applied);
  else
    loft_page_begin_epoch (self->page);

  return TRUE;
}

/**
 * loft_catalog_apply:
 * @self: a catalog
 * @events: (element-type LoftEvent): events as they stand in the log, with
 *   their documents, in unbroken order; the first one that was not applied yet
 *   follows the last one that was
 * @error: return location for a #GError
 *
 * Applies events, all or none; those that were applied already are passed over.
 * The event of a version whose document is missing
 * is recorded and counted as a problem. What a document says that the catalog
 * knows already, or a state that is older than the one it knows, changes
 * nothing.
 *
 * Returns: %TRUE on success; %FALSE with @error set:
 *   %LOFT_REGISTRY_ERROR_NOT_READY if events are missing between,
 *   %LOFT_REGISTRY_ERROR_FAILED if the order is broken or the catalog can't be
 *   written, %LOFT_REGISTRY_ERROR_NO_SPACE, or %LOFT_REGISTRY_ERROR_CORRUPT if
 *   the catalog is damaged and has to be reset
 */
gboolean
loft_catalog_apply (LoftCatalog *self, GPtrArray *events, GError **error)
{
  g_return_val_if_fail (LOFT_IS_CATALOG (self), FALSE);
  g_return_val_if_fail (events != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (events->len == 0)
    return TRUE;

  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->writer_lock);
  g_auto (LoftCatalogWrite) write = { NULL };
  LoftCatalogConnection *writer = loft_catalog_get_writer (self, error);
  g_autoptr (LoftCatalogTransaction) transaction =
    writer != NULL ? loft_catalog_begin (writer, "BEGIN IMMEDIATE", error)
                   : NULL;

  if (transaction == NULL || !loft_catalog_write_init (&write, writer, error))
    return FALSE;

  guint64 before = write.meta.applied;
  for (guint i = 0; i < events->len; i++)
    {
      gboolean applied;

      if (!find_applied (&write, events->pdata[i], &applied, error) ||
          (!applied && !apply_event (&write, events->pdata[i], error)))
        return FALSE;
    }

  if (write.meta.applied == before)
    {
      loft_page_raise_sequence (self->page, before);
      return TRUE;
    }

  const LoftEvent *last = events->pdata[events->len - 1];
  g_autofree char *digest =
    g_compute_checksum_for_string (G_CHECKSUM_SHA256, last->text, -1);

  return loft_catalog_write_end (self,
                                 &write,
                                 g_steal_pointer (&transaction),
                                 digest,
                                 error);
}

/**
 * loft_catalog_apply_unlogged:
 * @self: a catalog
 * @document: a document that is stored
 * @state: (nullable): its package's state
 * @error: return location for a #GError
 *
 * Takes over what is stored but can't be logged, since the storage takes no
 * writes. The event may follow later.
 *
 * Returns: %TRUE on success; %FALSE with @error set as by loft_catalog_apply()
 */
gboolean
loft_catalog_apply_unlogged (LoftCatalog *self,
                             LoftDocument *document,
                             LoftState *state,
                             GError **error)
{
  g_return_val_if_fail (LOFT_IS_CATALOG (self), FALSE);
  g_return_val_if_fail (loft_catalog_is_owner (self), FALSE);
  g_return_val_if_fail (document != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->writer_lock);
  g_auto (LoftCatalogWrite) write = { NULL };
  g_autoptr (LoftCatalogTransaction) transaction =
    loft_catalog_begin (self->writer, "BEGIN IMMEDIATE", error);

  if (transaction == NULL ||
      !loft_catalog_write_init (&write, self->writer, error) ||
      !remember_unlogged (&write, document, error) ||
      !loft_catalog_store_document (&write, document, NULL, error) ||
      (state != NULL &&
       !loft_catalog_store_state (&write, document->name, state, error)))
    return FALSE;

  return loft_catalog_write_end (self,
                                 &write,
                                 g_steal_pointer (&transaction),
                                 NULL,
                                 error);
}

/**
 * loft_catalog_apply_unlogged_state:
 * @self: a catalog
 * @name: a package
 * @state: its state
 * @error: return location for a #GError
 *
 * Takes over a state that is stored but can't be logged, as
 * loft_catalog_apply_unlogged() does with a document.
 *
 * Returns: %TRUE on success; %FALSE with @error set as by loft_catalog_apply()
 */
gboolean
loft_catalog_apply_unlogged_state (LoftCatalog *self,
                                   const char *name,
                                   LoftState *state,
                                   GError **error)
{
  g_return_val_if_fail (LOFT_IS_CATALOG (self), FALSE);
  g_return_val_if_fail (loft_catalog_is_owner (self), FALSE);
  g_return_val_if_fail (name != NULL && state != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->writer_lock);
  g_auto (LoftCatalogWrite) write = { NULL };
  g_autoptr (LoftCatalogTransaction) transaction =
    loft_catalog_begin (self->writer, "BEGIN IMMEDIATE", error);

  if (transaction == NULL ||
      !loft_catalog_write_init (&write, self->writer, error) ||
      !loft_catalog_store_state (&write, name, state, error))
    return FALSE;

  return loft_catalog_write_end (self,
                                 &write,
                                 g_steal_pointer (&transaction),
                                 NULL,
                                 error);
}

/**
 * loft_catalog_count_problems:
 * @self: a catalog
 * @out_problems: (out): events of versions whose document was missing, and is
 *   not known by now
 * @error: return location for a #GError
 *
 * Counts what was found wrong while events were applied.
 *
 * Returns: %TRUE on success; %FALSE with @error set
 */
gboolean
loft_catalog_count_problems (LoftCatalog *self,
                             guint64 *out_problems,
                             GError **error)
{
  g_return_val_if_fail (LOFT_IS_CATALOG (self), FALSE);
  g_return_val_if_fail (out_problems != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  g_autoptr (LoftCatalogReader) reader = loft_catalog_take_reader (self, error);
  if (reader == NULL)
    return FALSE;

  g_autoptr (LoftCatalogStatement) statement =
    loft_catalog_query (reader, error, "SELECT count (*) FROM problems", "");
  if (statement == NULL || !loft_catalog_step_to_row (statement, error))
    return FALSE;

  *out_problems = loft_catalog_column_int (statement, 0);

  return TRUE;
}
