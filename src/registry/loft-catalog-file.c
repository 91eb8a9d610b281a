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
#include <sys/file.h>

#include "registry/loft-registry-error.h"

/*
 * Which file is the catalog.
 *
 * A file is `catalog-STEM-SCHEMA-GENERATION.db`; the stem is the store, or
 * `STORE.1` to `STORE.15` for further daemons on the host. Whoever holds the
 * lock `catalog-STEM.lock` owns all files of the stem. The newest generation
 * that can be used is used. If there is none, the next number is built: a
 * generation that is damaged, of another program or of another release never
 * stops the start, and is never written to. What is left of others is deleted
 * under the lock, where nobody can have it open.
 */

#define STEMS_MAX 16

static const char *const companions[] = { "-wal",
                                          "-shm",
                                          "-journal",
                                          "-corrupt" };

static char *
make_path (const char *directory, const char *stem, guint generation)
{
  return g_strdup_printf ("%s/catalog-%s-%d-%u.db",
                          directory,
                          stem,
                          LOFT_CATALOG_SCHEMA,
                          generation);
}

/**
 * loft_catalog_file_new:
 * @directory: where catalogs are
 * @stem: a stem
 * @generation: a number
 *
 * Names a file. Opens nothing.
 *
 * Returns: (transfer full): the file
 */
LoftCatalogFile *
loft_catalog_file_new (const char *directory,
                       const char *stem,
                       guint generation)
{
  LoftCatalogFile *self = g_atomic_rc_box_new0 (LoftCatalogFile);

  self->path = make_path (directory, stem, generation);
  self->generation = generation;

  return self;
}

/**
 * loft_catalog_file_new_at:
 * @path: where it is
 *
 * Names a file that is no generation. Opens nothing.
 *
 * Returns: (transfer full): the file
 */
LoftCatalogFile *
loft_catalog_file_new_at (const char *path)
{
  LoftCatalogFile *self = g_atomic_rc_box_new0 (LoftCatalogFile);

  self->path = g_strdup (path);

  return self;
}

static void
remove_file (const char *path)
{
  if (g_unlink (path) == -1 && errno != ENOENT)
    g_debug ("Can't remove “%s”: %s", path, g_strerror (errno));
}

static void
remove_with_companions (const char *path)
{
  remove_file (path);
  for (gsize i = 0; i < G_N_ELEMENTS (companions); i++)
    {
      g_autofree char *companion = g_strconcat (path, companions[i], NULL);

      remove_file (companion);
    }
}

static void
file_clear (gpointer data)
{
  LoftCatalogFile *self = data;

  if (g_atomic_int_get (&self->superseded))
    remove_with_companions (self->path);
  g_free (self->path);
}

/**
 * loft_catalog_file_ref:
 * @self: a file
 *
 * Takes a reference.
 *
 * Returns: (transfer full): @self
 */
LoftCatalogFile *
loft_catalog_file_ref (LoftCatalogFile *self)
{
  return g_atomic_rc_box_acquire (self);
}

/**
 * loft_catalog_file_unref:
 * @self: (transfer full): a file
 *
 * Drops a reference. With the last one a superseded file is deleted: nobody
 * has it open any more.
 */
void
loft_catalog_file_unref (LoftCatalogFile *self)
{
  g_atomic_rc_box_release_full (self, file_clear);
}

/* Takes one lock; -1 without an error if somebody else has it. */
static int
try_lock (const char *path, GError **error)
{
  int fd = g_open (path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd != -1 && flock (fd, LOCK_EX | LOCK_NB) == 0)
    return fd;

  int saved_errno = errno;
  if (fd != -1)
    g_close (fd, NULL);
  if (fd == -1 || saved_errno != EWOULDBLOCK)
    g_set_error (error,
                 LOFT_REGISTRY_ERROR,
                 saved_errno == ENOSPC || saved_errno == EDQUOT
                   ? LOFT_REGISTRY_ERROR_NO_SPACE
                   : LOFT_REGISTRY_ERROR_FAILED,
                 "The catalog's lock “%s” can't be taken: %s",
                 path,
                 g_strerror (saved_errno));

  return -1;
}

/**
 * loft_catalog_lock_again:
 * @directory: where catalogs are
 * @stem: a stem
 * @fd: its lock, as it was taken
 * @error: return location for a #GError
 *
 * Makes sure that a stem is still locked: somebody may have deleted what was,
 * and the directory with it, which is made again then.
 *
 * Returns: @fd if that is still the lock, or else a new one; -1 with @error set
 */
int
loft_catalog_lock_again (const char *directory,
                         const char *stem,
                         int fd,
                         GError **error)
{
  g_autofree char *path =
    g_strdup_printf ("%s/catalog-%s.lock", directory, stem);
  struct stat ours, found;

  if (fstat (fd, &ours) == 0 && stat (path, &found) == 0 &&
      ours.st_dev == found.st_dev && ours.st_ino == found.st_ino)
    return fd;

  g_mkdir_with_parents (directory, 0700);

  g_autoptr (GError) local_error = NULL;
  int new_fd = try_lock (path, &local_error);
  if (local_error != NULL)
    g_propagate_error (error, g_steal_pointer (&local_error));
  else if (new_fd == -1)
    g_set_error (error,
                 LOFT_REGISTRY_ERROR,
                 LOFT_REGISTRY_ERROR_FAILED,
                 "The catalog's lock “%s” was deleted, and another daemon has "
                 "a new one",
                 path);

  return new_fd;
}

/**
 * loft_catalog_make_stem:
 * @store: the store
 * @number: 0, or that of a further daemon on the host
 *
 * Names a stem.
 *
 * Returns: (transfer full): the stem
 */
char *
loft_catalog_make_stem (const char *store, guint number)
{
  return number == 0 ? g_strdup (store)
                     : g_strdup_printf ("%s.%u", store, number);
}

/**
 * loft_catalog_lock:
 * @directory: where catalogs are
 * @store: the store
 * @out_number: (out): number of the stem of which the caller is the owner
 * @error: return location for a #GError
 *
 * Finds files that no other daemon uses.
 *
 * Returns: the lock's descriptor, or -1 with @error set
 */
int
loft_catalog_lock (const char *directory,
                   const char *store,
                   guint *out_number,
                   GError **error)
{
  for (guint i = 0; i < STEMS_MAX; i++)
    {
      g_autofree char *stem = loft_catalog_make_stem (store, i);
      g_autofree char *path =
        g_strdup_printf ("%s/catalog-%s.lock", directory, stem);
      g_autoptr (GError) local_error = NULL;
      int fd = try_lock (path, &local_error);

      if (fd != -1)
        {
          *out_number = i;
          return fd;
        }
      if (local_error != NULL)
        {
          g_propagate_error (error, g_steal_pointer (&local_error));
          return -1;
        }
    }

  g_set_error (error,
               LOFT_REGISTRY_ERROR,
               LOFT_REGISTRY_ERROR_FAILED,
               "All %d catalogs in “%s” are in use by other daemons",
               STEMS_MAX,
               directory);

  return -1;
}

/* Splits `catalog-STEM-SCHEMA-GENERATION.db` and whatever follows it. */
static gboolean
parse_filename (const char *filename,
                const char *stem,
                guint64 *out_schema,
                guint64 *out_generation,
                const char **out_rest)
{
  g_autofree char *prefix = g_strdup_printf ("catalog-%s-", stem);
  if (!g_str_has_prefix (filename, prefix))
    return FALSE;

  char *end = NULL;
  const char *start = filename + strlen (prefix);
  *out_schema = g_ascii_strtoull (start, &end, 10);
  if (!g_ascii_isdigit (*start) || *end != '-')
    return FALSE;

  start = end + 1;
  *out_generation = g_ascii_strtoull (start, &end, 10);
  if (!g_ascii_isdigit (*start) || !g_str_has_prefix (end, ".db") ||
      *out_generation >= G_MAXUINT)
    return FALSE;

  *out_rest = end + strlen (".db");

  return **out_rest == '\0' || **out_rest == '-';
}

/* Numbers of our schema's generations, the newest first; whatever else is in
 * the way of the next one counts for @out_highest alone. */
static GArray *
list_generations (const char *directory,
                  const char *stem,
                  guint *out_highest,
                  GError **error)
{
  g_autoptr (GArray) generations = g_array_new (FALSE, FALSE, sizeof (guint));
  g_autoptr (GDir) dir = g_dir_open (directory, 0, error);
  if (dir == NULL)
    {
      g_prefix_error (error, "The catalog's directory can't be read: ");
      return NULL;
    }

  *out_highest = 0;
  for (const char *filename; (filename = g_dir_read_name (dir)) != NULL;)
    {
      guint64 schema, number;
      const char *rest = NULL;

      if (!parse_filename (filename, stem, &schema, &number, &rest) ||
          schema != LOFT_CATALOG_SCHEMA)
        continue;

      guint generation = number;
      *out_highest = MAX (*out_highest, generation);
      if (*rest == '\0')
        g_array_append_val (generations, generation);
    }

  return g_steal_pointer (&generations);
}

static int
compare_descending_cb (gconstpointer a, gconstpointer b)
{
  guint x = *(const guint *) a;
  guint y = *(const guint *) b;

  return (x < y) - (x > y);
}

/* Deletes all files of the stem but those of @keep. */
static void
remove_others (const char *directory, const char *stem, guint keep)
{
  g_autoptr (GDir) dir = g_dir_open (directory, 0, NULL);
  const char *filename = NULL;

  while (dir != NULL && (filename = g_dir_read_name (dir)) != NULL)
    {
      guint64 schema, generation;
      const char *rest = NULL;

      if (!parse_filename (filename, stem, &schema, &generation, &rest) ||
          (schema == LOFT_CATALOG_SCHEMA && generation == keep))
        continue;

      g_autofree char *path = g_build_filename (directory, filename, NULL);
      remove_file (path);
    }
}

/* Looks at the root of every table. What lies deeper shows when it is read:
 * looking at all of it would take as long as building it anew. */
static gboolean
check_content (LoftCatalogConnection *connection, GError **error)
{
  static const char *const probes[] = {
    "SELECT 1 FROM pragma_application_id, pragma_user_version"
    "  WHERE application_id = ?1 AND user_version = ?2",
    "SELECT 1 FROM meta"
    "  WHERE applied = (SELECT ifnull (max (seq), 0) FROM events)",
    "SELECT count (*) FROM (SELECT name FROM notes LIMIT 1)",
    "SELECT count (*) FROM (SELECT name FROM events LIMIT 1)",
    "SELECT count (*) FROM (SELECT owners FROM packages LIMIT 1)",
    "SELECT count (*) FROM (SELECT head FROM versions LIMIT 1)",
    "SELECT count (*) FROM (SELECT reason FROM yanked LIMIT 1)",
    "SELECT count (*) FROM (SELECT element FROM fragments LIMIT 1)",
    "SELECT count (*) FROM (SELECT requirement FROM dependencies LIMIT 1)",
    "SELECT count (*) FROM (SELECT words FROM texts LIMIT 1)",
    "SELECT count (*) FROM (SELECT rowid FROM search"
    "  WHERE search MATCH '\"wa\"' LIMIT 1)",
    "SELECT count (*) FROM (SELECT key FROM problems LIMIT 1)",
    "SELECT count (*) FROM (SELECT key FROM unlogged LIMIT 1)",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (probes); i++)
    {
      g_autoptr (LoftCatalogStatement) statement =
        loft_catalog_query (connection,
                            error,
                            probes[i],
                            i == 0 ? "ii" : "",
                            (gint64) LOFT_CATALOG_APPLICATION_ID,
                            (gint64) LOFT_CATALOG_SCHEMA);

      if (statement == NULL || !loft_catalog_step_to_row (statement, error))
        return FALSE;
    }

  return TRUE;
}

/**
 * loft_catalog_open_existing:
 * @file: what may be a catalog
 * @error: return location for a #GError
 *
 * Opens a generation, if it is one, of this release, and looks sound.
 *
 * Returns: (transfer full): a connection for writing, or %NULL with @error set
 */
LoftCatalogConnection *
loft_catalog_open_existing (LoftCatalogFile *file, GError **error)
{
  g_autofree char *mark = g_strconcat (file->path, "-corrupt", NULL);
  if (!g_file_test (file->path, G_FILE_TEST_IS_REGULAR) ||
      g_file_test (mark, G_FILE_TEST_EXISTS))
    {
      g_set_error (error,
                   LOFT_REGISTRY_ERROR,
                   LOFT_REGISTRY_ERROR_CORRUPT,
                   "“%s” is no catalog, or known to be damaged",
                   file->path);
      return NULL;
    }

  /* A look that changes nothing, since the file may be somebody else's. */
  g_autoptr (LoftCatalogConnection) reader =
    loft_catalog_connection_open (file, SQLITE_OPEN_READONLY, error);
  if (reader == NULL || !check_content (reader, error))
    return NULL;

  return loft_catalog_connection_open (file, SQLITE_OPEN_READWRITE, error);
}

/**
 * loft_catalog_open_new:
 * @directory: where catalogs are
 * @stem: a stem whose lock the caller has
 * @generation: a number that no file has
 * @error: return location for a #GError
 *
 * Builds an empty generation.
 *
 * Returns: (transfer full): a connection for writing, or %NULL with @error set
 */
LoftCatalogConnection *
loft_catalog_open_new (const char *directory,
                       const char *stem,
                       guint generation,
                       GError **error)
{
  g_autoptr (LoftCatalogFile) file =
    loft_catalog_file_new (directory, stem, generation);

  remove_with_companions (file->path);

  g_autoptr (LoftCatalogConnection) connection =
    loft_catalog_connection_open (file,
                                  SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
                                  error);
  g_autofree char *identity =
    g_strdup_printf ("PRAGMA application_id = %d; PRAGMA user_version = %d;",
                     LOFT_CATALOG_APPLICATION_ID,
                     LOFT_CATALOG_SCHEMA);

  if (connection != NULL &&
      loft_catalog_execute (connection, "BEGIN IMMEDIATE", error) &&
      loft_catalog_execute (connection, loft_catalog_schema, error) &&
      loft_catalog_execute (connection, identity, error) &&
      loft_catalog_execute (connection, "COMMIT", error))
    return g_steal_pointer (&connection);

  g_atomic_int_set (&file->superseded, TRUE);

  return NULL;
}

/**
 * loft_catalog_open_newest:
 * @directory: where catalogs are
 * @stem: a stem whose lock the caller has
 * @error: return location for a #GError
 *
 * Opens the newest generation that can be used, or else an empty one, and
 * deletes all others.
 *
 * Returns: (transfer full): a connection for writing, or %NULL with @error set
 */
LoftCatalogConnection *
loft_catalog_open_newest (const char *directory,
                          const char *stem,
                          GError **error)
{
  guint highest = 0;
  g_autoptr (GArray) generations =
    list_generations (directory, stem, &highest, error);
  if (generations == NULL)
    return NULL;

  g_autoptr (LoftCatalogConnection) connection = NULL;
  g_array_sort (generations, compare_descending_cb);
  for (guint i = 0; connection == NULL && i < generations->len; i++)
    {
      g_autoptr (LoftCatalogFile) file =
        loft_catalog_file_new (directory,
                               stem,
                               g_array_index (generations, guint, i));
      g_autoptr (GError) local_error = NULL;

      connection = loft_catalog_open_existing (file, &local_error);
      if (connection == NULL)
        g_message ("A catalog is not used: %s", local_error->message);
    }

  if (connection == NULL)
    connection = loft_catalog_open_new (directory, stem, highest + 1, error);
  if (connection == NULL)
    return NULL;

  remove_others (directory, stem, connection->file->generation);

  return g_steal_pointer (&connection);
}
