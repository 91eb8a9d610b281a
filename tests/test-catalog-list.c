/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "kit/catalog-kit.h"
#include "registry/loft-registry-error.h"

static void
assert_versions (Kit *kit, const char *name, const char *expected)
{
  g_autofree char *versions = kit_versions (kit->catalog, name);

  g_assert_cmpstr (versions, ==, expected);
}

static void
assert_count (Kit *kit, guint64 packages, guint64 versions)
{
  g_autoptr (GError) error = NULL;
  guint64 n_packages = 0;
  guint64 n_versions = 0;

  loft_catalog_count (kit->catalog, &n_packages, &n_versions, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (n_packages, ==, packages);
  g_assert_cmpuint (n_versions, ==, versions);
}

/* Versions stand in the order that resolves for the released client, however
 * they came. */
static void
test_order (Kit *kit, gconstpointer test_data)
{
  static const char *const versions[] = {
    "1.10.0", "2.0.0-rc.1",    "1.2.0",      "2.0.0-alpha.10", "0.9.0", "1.9.0",
    "1.2.1",  "2.0.0-alpha.9", "1.0.0-beta", "10.0.0",         "2.0.0",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (versions); i++)
    kit_publish (kit->catalog, "hello", versions[i]);

  assert_versions (kit,
                   "hello",
                   "1.0.0-beta 2.0.0-alpha.9 2.0.0-alpha.10 2.0.0-rc.1 "
                   "0.9.0 1.2.0 1.2.1 1.9.0 1.10.0 2.0.0 10.0.0");
  kit_reopen (kit);
  assert_versions (kit,
                   "hello",
                   "1.0.0-beta 2.0.0-alpha.9 2.0.0-alpha.10 2.0.0-rc.1 "
                   "0.9.0 1.2.0 1.2.1 1.9.0 1.10.0 2.0.0 10.0.0");
}

/* The full list is in order and complete, from nothing to many packages. */
static void
test_packages (Kit *kit, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) nothing =
    loft_catalog_list_packages (kit->catalog, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpmem (g_bytes_get_data (nothing, NULL),
                   g_bytes_get_size (nothing),
                   "[]",
                   2);

  g_autoptr (GPtrArray) events =
    g_ptr_array_new_with_free_func ((GDestroyNotify) loft_event_unref);
  for (guint i = 0; i < 1500; i++)
    {
      g_autofree char *name = g_strdup_printf ("p%04u", (i * 7) % 1500);

      g_ptr_array_add (events, kit_event (kit_document (name, "1.0.0"), i + 1));
    }
  loft_catalog_apply (kit->catalog, events, &error);
  g_assert_no_error (error);

  g_autofree char *names = kit_packages (kit->catalog);
  g_auto (GStrv) split = g_strsplit (names, " ", -1);
  g_assert_cmpuint (g_strv_length (split), ==, 1500);
  for (guint i = 1; split[i] != NULL; i++)
    g_assert_cmpstr (split[i - 1], <, split[i]);
  assert_count (kit, 1500, 1500);
}

/* Events come back as they stand in the log, and the digest is the last one's.
 */
static void
test_changes (Kit *kit, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GString) expected = g_string_new (NULL);
  g_autofree char *digest = NULL;

  g_autofree char *none = loft_catalog_get_digest (kit->catalog, NULL, &error);
  g_assert_cmpstr (none, ==, "");

  for (guint i = 1; i <= 5; i++)
    {
      g_autofree char *version = g_strdup_printf ("1.%u.0", i);
      LoftEvent *event = kit_event (kit_document ("hello", version), i);

      if (i > 2 && i < 5)
        g_string_append_printf (expected, "%s\n", event->text);
      g_free (digest);
      digest =
        g_compute_checksum_for_string (G_CHECKSUM_SHA256, event->text, -1);
      kit_apply (kit->catalog, event);
    }

  guint64 last = 0;
  g_autoptr (GBytes) page =
    loft_catalog_list_changes (kit->catalog, 2, 2, &last, &error);
  g_assert_no_error (error);
  g_assert_cmpmem (g_bytes_get_data (page, NULL),
                   g_bytes_get_size (page),
                   expected->str,
                   expected->len);
  g_assert_cmpuint (last, ==, 4);

  g_autoptr (GBytes) end =
    loft_catalog_list_changes (kit->catalog, G_MAXUINT64, 9, &last, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (g_bytes_get_size (end), ==, 0);
  g_assert_cmpuint (last, ==, G_MAXUINT64);

  kit_reopen (kit);
  g_autofree char *kept = loft_catalog_get_digest (kit->catalog, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (kept, ==, digest);
}

/* Dependents are the packages whose newest version depends on one, by name, in
 * pages. */
static void
test_dependents (Kit *kit, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < 5; i++)
    {
      g_autofree char *name = g_strdup_printf ("user%u", i);
      LoftDocument *document = kit_document (name, "1.0.0");

      kit_depend (document, "base", "^1.0");
      kit_publish_document (kit->catalog, document);
    }
  kit_publish (kit->catalog, "user1", "2.0.0");
  kit_publish (kit->catalog, "user2", "0.1.0");
  kit_change (kit->catalog, "user3", kit_state (1, NULL, "1.0.0"));

  g_assert_null (
    loft_catalog_list_dependents (kit->catalog, "base", NULL, 2, NULL, &error));
  g_assert_error (error,
                  LOFT_REGISTRY_ERROR,
                  LOFT_REGISTRY_ERROR_NO_SUCH_PACKAGE);
  g_clear_error (&error);

  kit_publish (kit->catalog, "base", "1.0.0");
  g_autofree char *next = NULL;
  g_autoptr (GBytes) first =
    loft_catalog_list_dependents (kit->catalog, "base", NULL, 2, &next, &error);
  g_assert_no_error (error);
  g_autofree char *names = kit_members (first, "name");
  g_assert_cmpstr (names, ==, "user0 user2");
  g_autofree char *constraints = kit_members (first, "constraint");
  g_assert_cmpstr (constraints, ==, "^1.0 ^1.0");

  g_autofree char *end = NULL;
  g_autoptr (GBytes) second =
    loft_catalog_list_dependents (kit->catalog, "base", next, 2, &end, &error);
  g_assert_no_error (error);
  g_autofree char *rest = kit_members (second, "name");
  g_assert_cmpstr (rest, ==, "user4");
  g_assert_null (end);
}

/* Holds that a list is of 1.1.0, 1.2.0 and so on, without parsing it, which
 * would take longer than all else. */
static void
assert_ascending (GBytes *list, guint n_versions)
{
  g_autofree char *text =
    g_strndup (g_bytes_get_data (list, NULL), g_bytes_get_size (list));
  const char *rest = text;

  for (guint i = 1; i <= n_versions; i++)
    {
      g_autofree char *version = g_strdup_printf ("\"1.%u.0\"", i);

      rest = strstr (rest, "\"version\":");
      g_assert_nonnull (rest);
      rest += strlen ("\"version\":");
      g_assert_true (g_str_has_prefix (rest, version));
    }
  g_assert_null (strstr (rest, "\"version\":"));
}

/* A package with ten thousand versions is a package like any other, but not
 * listed where that would hold others up; one with ten is listed in no time. */
static void
test_many_versions (Kit *kit, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) events =
    g_ptr_array_new_with_free_func ((GDestroyNotify) loft_event_unref);

  for (guint i = 0; i < 10010; i++)
    {
      g_autofree char *version = g_strdup_printf ("1.%u.0", 10010 - i);

      g_ptr_array_add (
        events,
        kit_event (kit_document (i < 10 ? "few" : "many", version), i + 1));
    }
  loft_catalog_apply (kit->catalog, events, &error);
  g_assert_no_error (error);

  gint64 start = g_get_monotonic_time ();
  g_autoptr (GBytes) many =
    loft_catalog_list_versions (kit->catalog, "many", &error);
  g_assert_no_error (error);
  g_test_message ("10,000 versions: %.1f ms",
                  (g_get_monotonic_time () - start) / 1000.0);
  assert_ascending (many, 10000);
  g_assert_null (loft_catalog_list_few_versions (kit->catalog, "many", &error));
  g_assert_error (error, LOFT_REGISTRY_ERROR, LOFT_REGISTRY_ERROR_NOT_READY);
  g_clear_error (&error);

  start = g_get_monotonic_time ();
  for (guint i = 0; i < 1000; i++)
    {
      g_autoptr (GBytes) few =
        loft_catalog_list_few_versions (kit->catalog, "few", &error);

      g_assert_no_error (error);
    }
  g_test_message ("10 versions: %.1f µs",
                  (g_get_monotonic_time () - start) / 1000.0);
}

#define assert_names(kit, after, limit, expected)                              \
  G_STMT_START                                                                 \
  {                                                                            \
    g_auto (GStrv) names =                                                     \
      loft_catalog_list_changed_names (kit->catalog, after, limit, NULL);      \
    g_autofree char *joined = names != NULL ? g_strjoinv (" ", names) : NULL;  \
    g_assert_cmpstr (joined, ==, expected);                                    \
  }                                                                            \
  G_STMT_END

/* What changed is told name by name, or not at all: neither where that is too
 * much, nor where events are missing. */
static void
test_changed_names (Kit *kit, gconstpointer test_data)
{
  assert_names (kit, 0, 10, "");
  assert_names (kit, 1, 10, NULL);

  kit_publish (kit->catalog, "one", "1.0.0");
  kit_publish (kit->catalog, "two", "1.0.0");
  kit_publish (kit->catalog, "one", "1.1.0");
  kit_change (kit->catalog, "three", kit_state (1, "ann", NULL));

  assert_names (kit, 0, 4, "one two three");
  assert_names (kit, 0, 3, NULL);
  assert_names (kit, 2, 10, "one three");
  assert_names (kit, 3, 1, "three");
  assert_names (kit, 4, 0, "");
  assert_names (kit, 3, 0, NULL);
  assert_names (kit, 5, 10, NULL);
  assert_names (kit, G_MAXUINT64, 10, NULL);
}

/* The page tells of what was applied, and of what no event tells of. */
static void
test_page (Kit *kit, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *directory = g_dir_make_tmp ("catalog-XXXXXX", &error);
  g_assert_no_error (error);
  g_autoptr (LoftPage) page = loft_page_new (1, &error);
  g_assert_no_error (error);
  g_autoptr (LoftCatalog) catalog =
    loft_catalog_open (directory, "test", page, &error);
  g_assert_no_error (error);
  g_autoptr (LoftDocument) document = kit_document ("hello", "1.0.0");

  guint64 epoch = loft_page_get_epoch (page);
  kit_publish (catalog, "hello", "1.0.0");
  g_assert_cmpuint (loft_page_get_sequence (page), ==, 1);
  g_assert_cmpuint (loft_page_get_epoch (page), ==, epoch);

  loft_catalog_apply_unlogged (catalog, document, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (loft_page_get_epoch (page), >, epoch);

  epoch = loft_page_get_epoch (page);
  loft_catalog_set_complete (catalog, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (loft_page_get_epoch (page), >, epoch);

  epoch = loft_page_get_epoch (page);
  loft_catalog_reset (catalog, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (loft_page_get_sequence (page), ==, 0);
  g_assert_cmpuint (loft_page_get_epoch (page), >, epoch);

  g_clear_object (&catalog);
  kit_remove (directory);
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

  add_test ("/catalog-list/order", test_order);
  add_test ("/catalog-list/packages", test_packages);
  add_test ("/catalog-list/changes", test_changes);
  add_test ("/catalog-list/dependents", test_dependents);
  add_test ("/catalog-list/many-versions", test_many_versions);
  add_test ("/catalog-list/changed-names", test_changed_names);
  add_test ("/catalog-list/page", test_page);

  return g_test_run ();
}
