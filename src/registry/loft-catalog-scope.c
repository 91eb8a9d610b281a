/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-catalog-private.h"

#include <string.h>

#include "registry/loft-element.h"
#include "registry/loft-registry-error.h"

/*
 * A view of the past needs no past to be stored: versions never change, so
 * those of then are those whose event is early enough; and what may change, the
 * state, stands whole in every event that changed it. A package in which
 * nothing happened since is seen as it is now, which is nearly always so.
 */

/* How many versions a package may have, and how many bytes the event of its
 * state, to be looked at without leaving a main loop. */
#define QUICK_VERSIONS 200
#define QUICK_STATE_SIZE (64 * 1024)

/* The last event that is not later than @time; 0 if there is none. */
static gboolean
find_event (LoftCatalogConnection *connection,
            gint64 time,
            gint64 *out_seq,
            GError **error)
{
  g_autoptr (LoftCatalogStatement) find =
    loft_catalog_query (connection,
                        error,
                        "SELECT seq FROM events WHERE time <= ?1"
                        "  ORDER BY time DESC, seq DESC LIMIT 1",
                        "i",
                        time);
  int code = find != NULL ? loft_catalog_step (find, error) : SQLITE_ERROR;

  *out_seq = code == SQLITE_ROW ? loft_catalog_column_int (find, 0) : 0;

  return code != SQLITE_ERROR;
}

static gboolean
refuse_future (GError **error)
{
  g_set_error_literal (error,
                       LOFT_REGISTRY_ERROR,
                       LOFT_REGISTRY_ERROR_NOT_FOUND,
                       "This view is of a moment that has not come yet");

  return FALSE;
}

/**
 * loft_catalog_scope_init:
 * @self: what is to be set
 * @reader: a connection with a transaction open
 * @view: a view
 * @error: return location for a #GError
 *
 * Finds out what a view comes to at this moment. Once there is a later event,
 * what was before it is settled, since no event is added in front of another
 * and none has an earlier time than the one before.
 *
 * Returns: %TRUE on success; %FALSE with @error set,
 *   %LOFT_REGISTRY_ERROR_NOT_FOUND for a view of the future
 */
gboolean
loft_catalog_scope_init (LoftCatalogScope *self,
                         LoftCatalogConnection *reader,
                         const LoftView *view,
                         GError **error)
{
  LoftCatalogMeta meta = { 0 };
  gint64 now = g_get_real_time ();

  if (!loft_catalog_read_meta (reader, &meta, error))
    return FALSE;

  /* Who sees an event in a view will find no answers that are older. */
  loft_page_raise_sequence (reader->catalog->page, meta.applied);

  gint64 applied = (gint64) meta.applied;
  *self = (LoftCatalogScope){ .seq = G_MAXINT64, .since = G_MAXINT64 };
  switch (view->kind)
    {
    case LOFT_VIEW_AT_EVENT:
      self->seq = view->value;
      self->validity.settled = TRUE;
      return view->value <= applied || refuse_future (error);

    case LOFT_VIEW_AT_TIME:
      if (!find_event (reader, view->value, &self->seq, error))
        return FALSE;
      self->validity.settled = self->seq < applied;
      return self->validity.settled || view->value <= now ||
             refuse_future (error);

    case LOFT_VIEW_MIN_AGE:
    default:
      self->by_age = TRUE;
      self->age = view->value;
      self->since = now - view->value;
      return TRUE;
    }
}

/**
 * loft_catalog_scope_has:
 * @self: a scope
 * @seq: number of the event that told of a version
 * @since: when it came
 *
 * Tells whether a version is to be seen, and remembers the next one that comes
 * of age.
 *
 * Returns: whether it is
 */
gboolean
loft_catalog_scope_has (LoftCatalogScope *self, gint64 seq, gint64 since)
{
  LoftValidity *validity = &self->validity;

  if (seq <= self->seq && since <= self->since)
    return TRUE;
  if (self->by_age && since != LOFT_CATALOG_NO_EVENT &&
      (validity->until == 0 || since + self->age < validity->until))
    validity->until = since + self->age;

  return FALSE;
}

static void
take_state (LoftCatalogPackageRow *row, const LoftState *state)
{
  GHashTableIter iter;
  gpointer key;

  row->has_state = TRUE;
  row->owners = loft_catalog_render_owners (state);
  row->deprecated = g_strdup (state->deprecated);
  g_hash_table_iter_init (&iter, state->yanked);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    g_hash_table_add (row->yanked, g_strdup (key));
}

static gboolean
refuse_slow (GError **error)
{
  g_set_error_literal (error,
                       LOFT_REGISTRY_ERROR,
                       LOFT_REGISTRY_ERROR_NOT_READY,
                       "There is too much of the package to show it quickly");

  return FALSE;
}

static gboolean
read_past_state (const LoftCatalogScope *self,
                 LoftCatalogConnection *connection,
                 LoftCatalogPackageRow *out_row,
                 GError **error)
{
  g_autoptr (LoftCatalogStatement) find =
    loft_catalog_query (connection,
                        error,
                        "SELECT e.text FROM states AS s"
                        "  CROSS JOIN events AS e ON e.seq = s.seq"
                        "  WHERE s.package = ?1 AND s.seq <= ?2"
                        "  ORDER BY s.seq DESC LIMIT 1",
                        "ii",
                        out_row->id,
                        self->seq);
  int code = find != NULL ? loft_catalog_step (find, error) : SQLITE_ERROR;

  out_row->yanked =
    g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  if (code != SQLITE_ROW)
    return code == SQLITE_DONE;

  const char *text = loft_catalog_column_text (find, 0);
  gsize length = strlen (text);
  if (self->quick && length > QUICK_STATE_SIZE)
    return refuse_slow (error);

  g_autoptr (LoftEvent) event = loft_event_parse (text, length, error);
  if (event == NULL)
    return FALSE;
  if (event->state == NULL)
    {
      loft_catalog_set_error (connection, SQLITE_CORRUPT, error);
      return FALSE;
    }
  take_state (out_row, event->state);

  return TRUE;
}

/**
 * loft_catalog_scope_take_package:
 * @self: a scope
 * @statement: stands on a row that begins with %LOFT_CATALOG_PACKAGE_COLUMNS
 * @out_row: (out): the package's row, cleared
 * @error: return location for a #GError
 *
 * Reads what a package was.
 *
 * Returns: %TRUE on success; %FALSE with @error set
 */
gboolean
loft_catalog_scope_take_package (const LoftCatalogScope *self,
                                 LoftCatalogStatement *statement,
                                 LoftCatalogPackageRow *out_row,
                                 GError **error)
{
  out_row->id = loft_catalog_column_int (statement, 0);
  if (!self->by_age && loft_catalog_column_int (statement, 1) > self->seq)
    return read_past_state (self, statement->connection, out_row, error);

  out_row->has_state = loft_catalog_column_int (statement, 2) > 0;
  out_row->owners = g_strdup (loft_catalog_column_text (statement, 3));
  out_row->deprecated = g_strdup (loft_catalog_column_text (statement, 4));

  return TRUE;
}

/**
 * loft_catalog_scope_has_package:
 * @self: a scope
 * @statement: stands on a row that begins with %LOFT_CATALOG_PACKAGE_COLUMNS
 *
 * Tells whether any version of a package is to be seen.
 *
 * Returns: whether one is, yanked or not
 */
gboolean
loft_catalog_scope_has_package (LoftCatalogScope *self,
                                LoftCatalogStatement *statement)
{
  return loft_catalog_scope_has (self,
                                 loft_catalog_column_int (statement, 5),
                                 loft_catalog_column_int (statement, 6));
}

/**
 * loft_catalog_scope_step:
 * @self: a scope
 * @versions: goes through a package's versions by rows that begin with
 *   %LOFT_CATALOG_VERSION_COLUMNS
 * @package: the package
 * @error: return location for a #GError
 *
 * Goes to the next version that lists show.
 *
 * Returns: as loft_catalog_step()
 */
int
loft_catalog_scope_step (LoftCatalogScope *self,
                         LoftCatalogStatement *versions,
                         const LoftCatalogPackageRow *package,
                         GError **error)
{
  int code = SQLITE_ERROR;

  while ((code = loft_catalog_step (versions, error)) == SQLITE_ROW)
    {
      const char *key = loft_catalog_column_text (versions, 0);
      gboolean yanked = package->yanked != NULL
                          ? g_hash_table_contains (package->yanked, key)
                          : loft_catalog_column_int (versions, 1) != 0;

      if (loft_catalog_scope_has (self,
                                  loft_catalog_column_int (versions, 2),
                                  loft_catalog_column_int (versions, 3)) &&
          !yanked)
        break;
    }

  return code;
}

/**
 * loft_catalog_append_version:
 * @text: where to append
 * @versions: stands on a row that begins with %LOFT_CATALOG_VERSION_COLUMNS
 * @package: the package
 *
 * Appends the element of a version that is not yanked.
 */
void
loft_catalog_append_version (GString *text,
                             LoftCatalogStatement *versions,
                             const LoftCatalogPackageRow *package)
{
  loft_element_append (text,
                       loft_catalog_column_text (versions, 5),
                       package->has_state
                         ? package->owners
                         : loft_catalog_column_text (versions, 4),
                       FALSE,
                       package->deprecated);
}

static void
set_no_such_package (const LoftCatalogScope *scope,
                     const char *name,
                     GError **error)
{
  g_set_error (error,
               LOFT_REGISTRY_ERROR,
               LOFT_REGISTRY_ERROR_NO_SUCH_PACKAGE,
               scope->by_age ? "No version of “%s” is old enough for this view"
                             : "There was no package “%s” then",
               name);
}

/**
 * loft_catalog_scope_find_package:
 * @self: a scope
 * @connection: a connection with a transaction open
 * @name: a package
 * @out_row: (out): the package's row, cleared
 * @error: return location for a #GError
 *
 * Finds a package of which a version is to be seen.
 *
 * Returns: %TRUE on success; %FALSE with @error set,
 *   %LOFT_REGISTRY_ERROR_NO_SUCH_PACKAGE or, if the scope is a quick one and
 *   there is too much of it, %LOFT_REGISTRY_ERROR_NOT_READY
 */
gboolean
loft_catalog_scope_find_package (LoftCatalogScope *self,
                                 LoftCatalogConnection *connection,
                                 const char *name,
                                 LoftCatalogPackageRow *out_row,
                                 GError **error)
{
  g_autoptr (LoftCatalogStatement) find =
    loft_catalog_query (connection,
                        error,
                        "SELECT " LOFT_CATALOG_PACKAGE_COLUMNS ", p.versions"
                        "  FROM packages AS p WHERE p.name = ?1",
                        "t",
                        name);
  int code = find != NULL ? loft_catalog_step (find, error) : SQLITE_ERROR;

  if (code == SQLITE_DONE ||
      (code == SQLITE_ROW && !loft_catalog_scope_has_package (self, find)))
    {
      set_no_such_package (self, name, error);
      return FALSE;
    }
  if (code != SQLITE_ROW)
    return FALSE;
  if (self->quick && loft_catalog_column_int (find, 7) > QUICK_VERSIONS)
    return refuse_slow (error);

  return loft_catalog_scope_take_package (self, find, out_row, error);
}
