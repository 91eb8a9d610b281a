/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include <glib/gstdio.h>
#include <sqlite3.h>
#include <unistd.h>

#include "kit/catalog-kit.h"
#include "registry/loft-catalog-private.h"
#include "registry/loft-registry-error.h"

/* How often somebody was told that a catalog is not used. */
static guint n_messages;

static GLogWriterOutput
write_log_cb (GLogLevelFlags level,
              const GLogField *fields,
              gsize n_fields,
              gpointer user_data)
{
  if (level != G_LOG_LEVEL_MESSAGE)
    return g_log_writer_default (level, fields, n_fields, user_data);

  for (gsize i = 0; i < n_fields; i++)
    if (g_str_equal (fields[i].key, "MESSAGE") &&
        g_str_has_prefix (fields[i].value, "A catalog is not used: "))
      {
        g_test_message ("%s", (const char *) fields[i].value);
        n_messages++;
      }

  return G_LOG_WRITER_HANDLED;
}

#define SCHEMA G_STRINGIFY (LOFT_CATALOG_SCHEMA)

static char *
catalog_path (Kit *kit, const char *stem, guint generation)
{
  g_autofree char *name =
    g_strdup_printf ("catalog-%s-" SCHEMA "-%u.db", stem, generation);

  return g_build_filename (kit->directory, name, NULL);
}

static void
assert_exists (Kit *kit, const char *stem, guint generation, gboolean exists)
{
  g_autofree char *path = catalog_path (kit, stem, generation);

  g_assert_cmpint (g_file_test (path, G_FILE_TEST_EXISTS), ==, exists);
}

static void
assert_packages (LoftCatalog *catalog, const char *expected)
{
  g_autofree char *packages = kit_packages (catalog);

  g_assert_cmpstr (packages, ==, expected);
}

static void
close_catalog (Kit *kit)
{
  g_assert_finalize_object (kit->catalog);
  kit->catalog = NULL;
}

static void
run_sql (const char *path, const char *sql)
{
  sqlite3 *db = NULL;

  g_assert_cmpint (sqlite3_open (path, &db), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_exec (db, sql, NULL, NULL, NULL), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_close (db), ==, SQLITE_OK);
}

/* What was committed is there after a restart, and so are the figures. */
static void
test_reopen (Kit *kit, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;
  guint64 versions = 0;

  kit_publish (kit->catalog, "hello", "1.0.0");
  kit_publish (kit->catalog, "hello", "1.1.0");
  kit_reopen (kit);
  loft_catalog_count (kit->catalog, NULL, &versions, &error);
  g_assert_cmpuint (versions, ==, 2);
  g_assert_cmpuint (loft_catalog_get_sequence (kit->catalog), ==, 2);
  g_assert_true (loft_catalog_is_complete (kit->catalog));
  assert_packages (kit->catalog, "hello");
  assert_exists (kit, "test", 1, TRUE);
}

/* A second owner of the same store gets files of its own. */
static void
test_second (Kit *kit, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;
  LoftCatalog *catalogs[15];

  kit_publish (kit->catalog, "hello", "1.0.0");
  for (gsize i = 0; i < G_N_ELEMENTS (catalogs); i++)
    {
      catalogs[i] = loft_catalog_open (kit->directory, "test", NULL, &error);
      g_assert_no_error (error);
      assert_packages (catalogs[i], "");
    }
  assert_exists (kit, "test.15", 1, TRUE);

  g_assert_null (loft_catalog_open (kit->directory, "test", NULL, &error));
  g_assert_error (error, LOFT_REGISTRY_ERROR, LOFT_REGISTRY_ERROR_FAILED);
  g_assert_nonnull (strstr (error->message, kit->directory));

  for (gsize i = 0; i < G_N_ELEMENTS (catalogs); i++)
    g_assert_finalize_object (catalogs[i]);
  kit_reopen (kit);
  assert_packages (kit->catalog, "hello");
}

/* Another store in the same directory has nothing to do with it. */
static void
test_other_store (Kit *kit, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;

  kit_publish (kit->catalog, "hello", "1.0.0");
  LoftCatalog *other =
    loft_catalog_open (kit->directory, "test2", NULL, &error);
  g_assert_no_error (error);
  assert_packages (other, "");
  g_assert_finalize_object (other);
  kit_reopen (kit);
  assert_packages (kit->catalog, "hello");
}

#define ANOTHER_PROCESS "/catalog-file/process/subprocess"

/* The other process: it must not get the files that its parent has. */
static void
test_another_process (void)
{
  g_autoptr (GError) error = NULL;
  const char *directory = g_getenv ("LOFT_TEST_DIRECTORY");

  if (directory == NULL)
    return;

  g_autoptr (LoftCatalog) catalog =
    loft_catalog_open (directory, "test", NULL, &error);
  g_assert_no_error (error);
  kit_publish (catalog, "theirs", "1.0.0");
  assert_packages (catalog, "theirs");
}

/* Two processes on one host do not share a catalog. */
static void
test_process (Kit *kit, gconstpointer test_data)
{
  kit_publish (kit->catalog, "ours", "1.0.0");
  g_setenv ("LOFT_TEST_DIRECTORY", kit->directory, TRUE);
  g_test_trap_subprocess (ANOTHER_PROCESS, 0, G_TEST_SUBPROCESS_DEFAULT);
  g_unsetenv ("LOFT_TEST_DIRECTORY");
  g_test_trap_assert_passed ();
  assert_packages (kit->catalog, "ours");
  assert_exists (kit, "test.1", 1, TRUE);
}

static void
damage_empty (const char *path)
{
  g_assert_true (g_file_set_contents (path, "", 0, NULL));
}

static void
damage_garbage (const char *path)
{
  g_autofree char *garbage = g_strnfill (100000, 'x');

  g_assert_true (g_file_set_contents (path, garbage, -1, NULL));
}

static void
damage_truncate (const char *path)
{
  g_assert_cmpint (truncate (path, 8192), ==, 0);
}

static void
damage_header (const char *path)
{
  g_assert_cmpint (truncate (path, 100), ==, 0);
}

/* All pages but the first two. */
static void
damage_pages (const char *path)
{
  g_autofree char *content = NULL;
  gsize length = 0;

  g_assert_true (g_file_get_contents (path, &content, &length, NULL));
  memset (content + 8192, 0xa5, length - 8192);
  g_assert_true (g_file_set_contents (path, content, length, NULL));
}

static void
damage_foreign (const char *path)
{
  g_unlink (path);
  run_sql (path, "CREATE TABLE people (name TEXT);");
}

static void
damage_application (const char *path)
{
  run_sql (path, "PRAGMA application_id = 1;");
}

static void
damage_schema (const char *path)
{
  run_sql (path, "PRAGMA user_version = 99;");
}

static void
damage_tables (const char *path)
{
  run_sql (path, "DROP TABLE fragments;");
}

static void
damage_columns (const char *path)
{
  run_sql (path, "ALTER TABLE versions RENAME head TO tail;");
}

static void
damage_meta (const char *path)
{
  run_sql (path, "DELETE FROM meta;");
}

static void
damage_events (const char *path)
{
  run_sql (path, "DELETE FROM events;");
}

static void
damage_directory (const char *path)
{
  g_unlink (path);
  g_assert_cmpint (g_mkdir (path, 0700), ==, 0);
}

static void
damage_link (const char *path)
{
  g_unlink (path);
  g_assert_cmpint (symlink ("/nonexistent/file", path), ==, 0);
}

static void
damage_mark (const char *path)
{
  g_autofree char *mark = g_strconcat (path, "-corrupt", NULL);

  g_assert_true (g_file_set_contents (mark, "", 0, NULL));
}

static const struct
{
  const char *name;
  void (*damage) (const char *path);
} damages[] = {
  { "empty", damage_empty },
  { "garbage", damage_garbage },
  { "truncated", damage_truncate },
  { "header", damage_header },
  { "pages", damage_pages },
  { "foreign", damage_foreign },
  { "application", damage_application },
  { "schema", damage_schema },
  { "tables", damage_tables },
  { "columns", damage_columns },
  { "meta", damage_meta },
  { "events", damage_events },
  { "directory", damage_directory },
  { "link", damage_link },
  { "mark", damage_mark },
};

/* A file that can't be the catalog never stops the start: an empty generation
 * takes its place, and it works. */
static void
test_damaged (Kit *kit, gconstpointer test_data)
{
  g_autofree char *first = catalog_path (kit, "test", 1);
  void (*damage) (const char *path) =
    damages[GPOINTER_TO_UINT (test_data)].damage;

  kit_publish (kit->catalog, "hello", "1.0.0");
  close_catalog (kit);
  damage (first);

  n_messages = 0;
  kit_reopen (kit);
  g_assert_cmpuint (n_messages, ==, 1);
  g_assert_false (loft_catalog_is_complete (kit->catalog));
  g_assert_cmpuint (loft_catalog_get_sequence (kit->catalog), ==, 0);
  assert_packages (kit->catalog, "");
  assert_exists (kit, "test", 2, TRUE);
  if (damage != damage_directory)
    assert_exists (kit, "test", 1, FALSE);

  kit_publish (kit->catalog, "hello", "1.0.0");
  kit_reopen (kit);
  assert_packages (kit->catalog, "hello");
}

/* Remains beside a good file do no harm, and what other releases and crashes
 * left is cleared away. */
static void
test_remains (Kit *kit, gconstpointer test_data)
{
  static const char *const remains[] = {
    "catalog-test-" SCHEMA "-1.db-wal", "catalog-test-" SCHEMA "-1.db-shm",
    "catalog-test-" SCHEMA "-7.db-wal", "catalog-test-0-3.db",
    "catalog-test-999-3.db-journal",
  };
  static const char *const foreign[] = {
    "catalog-test-" SCHEMA "-1.dbx",
    "catalog-test-x-1.db",
    "catalog-test-" SCHEMA "-99999999999999999999.db",
    "catalog-test3-" SCHEMA "-1.db",
    "notes.txt",
  };

  kit_publish (kit->catalog, "hello", "1.0.0");
  close_catalog (kit);
  for (gsize i = 0; i < G_N_ELEMENTS (remains); i++)
    {
      g_autofree char *path =
        g_build_filename (kit->directory, remains[i], NULL);

      g_assert_true (g_file_set_contents (path, "garbage", 7, NULL));
    }
  for (gsize i = 0; i < G_N_ELEMENTS (foreign); i++)
    {
      g_autofree char *path =
        g_build_filename (kit->directory, foreign[i], NULL);

      g_assert_true (g_file_set_contents (path, "theirs", 6, NULL));
    }

  kit_reopen (kit);
  assert_packages (kit->catalog, "hello");
  for (gsize i = 2; i < G_N_ELEMENTS (remains); i++)
    {
      g_autofree char *path =
        g_build_filename (kit->directory, remains[i], NULL);

      g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));
    }
  for (gsize i = 0; i < G_N_ELEMENTS (foreign); i++)
    {
      g_autofree char *path =
        g_build_filename (kit->directory, foreign[i], NULL);

      g_assert_true (g_file_test (path, G_FILE_TEST_EXISTS));
    }
}

/* The newest generation that can be used is used. */
static void
test_newest (Kit *kit, gconstpointer test_data)
{
  g_autofree char *first = catalog_path (kit, "test", 1);
  g_autofree char *third = catalog_path (kit, "test", 3);
  g_autofree char *tenth = catalog_path (kit, "test", 10);
  g_autofree char *content = NULL;
  gsize length = 0;

  kit_publish (kit->catalog, "hello", "1.0.0");
  close_catalog (kit);
  g_assert_true (g_file_get_contents (first, &content, &length, NULL));
  g_assert_true (g_file_set_contents (third, content, length, NULL));
  damage_garbage (first);
  damage_garbage (tenth);

  n_messages = 0;
  kit_reopen (kit);
  g_assert_cmpuint (n_messages, ==, 1);
  assert_packages (kit->catalog, "hello");
  assert_exists (kit, "test", 1, FALSE);
  assert_exists (kit, "test", 3, TRUE);
  assert_exists (kit, "test", 10, FALSE);
}

/* A damage that shows only when it is read is an error, and the file is not
 * opened again. */
static void
test_damaged_later (Kit *kit, gconstpointer test_data)
{
  g_autofree char *path = catalog_path (kit, "test", 1);
  g_autofree char *content = NULL;
  gsize length = 0;
  guint failed = 0;

  for (guint i = 0; i < 300; i++)
    {
      g_autofree char *name = g_strdup_printf ("package%u", i);

      kit_publish (kit->catalog, name, "1.0.0");
    }
  close_catalog (kit);
  g_assert_true (g_file_get_contents (path, &content, &length, NULL));
  memset (content + length / 2, 0xa5, length / 2);
  g_assert_true (g_file_set_contents (path, content, length, NULL));

  kit_reopen (kit);
  if (loft_catalog_get_sequence (kit->catalog) == 0)
    return;
  for (guint i = 0; i < 300; i++)
    {
      g_autoptr (GError) error = NULL;
      g_autofree char *name = g_strdup_printf ("package%u", i);
      g_autoptr (GBytes) list =
        loft_catalog_list_versions (kit->catalog, name, &error);

      failed += g_error_matches (error,
                                 LOFT_REGISTRY_ERROR,
                                 LOFT_REGISTRY_ERROR_CORRUPT);
    }
  g_assert_cmpuint (failed, >, 0);

  n_messages = 0;
  kit_reopen (kit);
  g_assert_cmpuint (n_messages, ==, 1);
  g_assert_cmpuint (loft_catalog_get_sequence (kit->catalog), ==, 0);
}

static void
add_test (const char *path, void (*func) (Kit *, gconstpointer))
{
  g_test_add (path, Kit, NULL, kit_setup, func, kit_teardown);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);
  g_log_set_writer_func (write_log_cb, NULL, NULL);

  add_test ("/catalog-file/reopen", test_reopen);
  add_test ("/catalog-file/second", test_second);
  add_test ("/catalog-file/other-store", test_other_store);
  add_test ("/catalog-file/process", test_process);
  g_test_add_func (ANOTHER_PROCESS, test_another_process);
  for (guint i = 0; i < G_N_ELEMENTS (damages); i++)
    {
      g_autofree char *path =
        g_strconcat ("/catalog-file/damaged/", damages[i].name, NULL);

      g_test_add (path,
                  Kit,
                  GUINT_TO_POINTER (i),
                  kit_setup,
                  test_damaged,
                  kit_teardown);
    }
  add_test ("/catalog-file/damaged-later", test_damaged_later);
  add_test ("/catalog-file/remains", test_remains);
  add_test ("/catalog-file/newest", test_newest);

  return g_test_run ();
}
