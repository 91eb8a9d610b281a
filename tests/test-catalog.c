/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "kit/catalog-kit.h"
#include "registry/loft-json.h"
#include "registry/loft-registry-error.h"

static void
assert_versions (Kit *kit, const char *name, const char *expected)
{
  g_autofree char *versions = kit_versions (kit->catalog, name);

  g_assert_cmpstr (versions, ==, expected);
}

static void
assert_packages (Kit *kit, const char *expected)
{
  g_autofree char *packages = kit_packages (kit->catalog);

  g_assert_cmpstr (packages, ==, expected);
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

/* What the first element of a package's list says. */
static char *
first_element (Kit *kit, const char *name)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) list =
    loft_catalog_list_versions (kit->catalog, name, &error);
  g_assert_no_error (error);

  return g_strndup (g_bytes_get_data (list, NULL), g_bytes_get_size (list));
}

/* Yanked versions are in no list, yet they can be looked up. */
static void
test_yanked (Kit *kit, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;

  kit_publish (kit->catalog, "hello", "1.0.0");
  kit_publish (kit->catalog, "hello", "2.0.0");
  kit_change (kit->catalog, "hello", kit_state (1, "ann", "2.0.0"));
  assert_versions (kit, "hello", "1.0.0");

  g_autoptr (GBytes) packages =
    loft_catalog_list_packages (kit->catalog, NULL, &error);
  g_assert_no_error (error);
  g_autofree char *newest = kit_members (packages, "version");
  g_assert_cmpstr (newest, ==, "1.0.0");

  g_autoptr (LoftCatalogVersion) version =
    loft_catalog_get_version (kit->catalog, "hello", "2.0.0", &error);
  g_assert_no_error (error);
  g_assert_true (version->yanked);
  g_assert_nonnull (strstr (version->element, "\"yanked\":true"));

  kit_change (kit->catalog, "hello", kit_state (2, "ann", "1.0.0"));
  assert_versions (kit, "hello", "2.0.0");
  kit_change (kit->catalog, "hello", kit_state (3, "ann", NULL));
  assert_versions (kit, "hello", "1.0.0 2.0.0");
}

/* A package with yanked versions alone has an empty list, and is missing in
 * the list of packages. */
static void
test_all_yanked (Kit *kit, gconstpointer test_data)
{
  kit_publish (kit->catalog, "hello", "1.0.0");
  kit_publish (kit->catalog, "other", "1.0.0");
  kit_change (kit->catalog, "hello", kit_state (1, NULL, "1.0.0"));
  assert_versions (kit, "hello", "");
  assert_packages (kit, "other");
  assert_count (kit, 2, 2);
}

/* Nobody knows a package that has never had a version, claimed or not. */
static void
test_unknown (Kit *kit, gconstpointer test_data)
{
  static const char *const names[] = { "claimed", "nothing", "", "a'b\"--" };

  kit_change (kit->catalog, "claimed", kit_state (1, "ann", NULL));
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GError) version_error = NULL;

      g_assert_null (
        loft_catalog_list_versions (kit->catalog, names[i], &error));
      g_assert_error (error,
                      LOFT_REGISTRY_ERROR,
                      LOFT_REGISTRY_ERROR_NO_SUCH_PACKAGE);
      g_assert_null (loft_catalog_get_version (kit->catalog,
                                               names[i],
                                               "1.0.0",
                                               &version_error));
      g_assert_error (version_error,
                      LOFT_REGISTRY_ERROR,
                      LOFT_REGISTRY_ERROR_NO_SUCH_PACKAGE);
    }

  g_autoptr (GError) error = NULL;
  g_autoptr (LoftCatalogPackage) package =
    loft_catalog_get_package (kit->catalog, "claimed", &error);
  g_assert_no_error (error);
  g_assert_cmpuint (package->versions, ==, 0);
  g_assert_cmpuint (package->revision, ==, 1);
  g_assert_cmpstr (package->owners[0], ==, "ann");
  assert_count (kit, 0, 0);
}

/* Build metadata makes no version another one, unless keys differ in it. */
static void
test_build_metadata (Kit *kit, gconstpointer test_data)
{
  static const struct
  {
    const char *asked, *found;
  } cases[] = {
    { "1.0.0", "1.0.0" },     { "1.0.0+a", "1.0.0" },
    { "1.0.0+b", "1.0.0" },   { "2.0.0", "2.0.0+a" },
    { "2.0.0+a", "2.0.0+a" }, { "2.0.0+b", "2.0.0+b" },
    { "2.0.0+c", "2.0.0+a" }, { "odd name", "odd name" },
    { "3.0.0", "as-it-was" }, { "as-it-was", "as-it-was" },
  };
  static const struct
  {
    const char *version, *key;
  } documents[] = {
    { "1.0.0+a", "1.0.0" },   { "2.0.0+b", "2.0.0+b" },
    { "2.0.0+a", "2.0.0+a" }, { "odd name", "odd name" },
    { "3.0.0", "as-it-was" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (documents); i++)
    {
      LoftDocument *document = kit_document ("hello", documents[i].version);

      g_free (document->key);
      document->key = g_strdup (documents[i].key);
      kit_publish_document (kit->catalog, document);
      g_assert_true (
        loft_catalog_has_document (kit->catalog, "hello", documents[i].key));
    }

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (LoftCatalogVersion) version =
        loft_catalog_get_version (kit->catalog,
                                  "hello",
                                  cases[i].asked,
                                  &error);
      g_assert_no_error (error);
      g_assert_cmpstr (version->key, ==, cases[i].found);
    }

  g_autoptr (GError) error = NULL;
  g_assert_null (
    loft_catalog_get_version (kit->catalog, "hello", "4.0.0", &error));
  g_assert_error (error,
                  LOFT_REGISTRY_ERROR,
                  LOFT_REGISTRY_ERROR_NO_SUCH_VERSION);
  g_assert_false (loft_catalog_has_document (kit->catalog, "hello", "2.0.0"));
  g_assert_false (loft_catalog_has_document (kit->catalog, "none", "1.0.0"));
}

/* The facts of a version come back as the document gave them. */
static void
test_version (Kit *kit, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;
  LoftDocument *plain = kit_document ("hello", "1.0.0");
  LoftDocument *moved = kit_document ("hello", "1.1.0");
  g_autofree char *sha256 = g_strdup (plain->sha256);

  g_free (moved->archive);
  moved->archive = g_strdup ("1.1.0~abc.tar.gz");
  kit_publish_document (kit->catalog, plain);
  kit_publish_document (kit->catalog, moved);

  g_autoptr (LoftCatalogVersion) version =
    loft_catalog_get_version (kit->catalog, "hello", "1.0.0", &error);
  g_assert_no_error (error);
  g_assert_cmpstr (version->archive, ==, "1.0.0.tar.gz");
  g_assert_cmpstr (version->version, ==, "1.0.0");
  g_assert_cmpstr (version->sha256, ==, sha256);
  g_assert_cmpint (version->size, ==, 100);
  g_assert_cmpint (version->published_at, ==, 1700000000000000);
  g_assert_false (version->yanked);
  g_autofree char *list = g_strconcat ("[", version->element, NULL);
  g_autofree char *element = first_element (kit, "hello");
  g_assert_true (g_str_has_prefix (element, list));

  g_autoptr (LoftCatalogVersion) other =
    loft_catalog_get_version (kit->catalog, "hello", "1.1.0", &error);
  g_assert_no_error (error);
  g_assert_cmpstr (other->archive, ==, "1.1.0~abc.tar.gz");
}

/* Owners are those of the state; before there is one, those that the original
 * server wrote into the document. */
static void
test_owners (Kit *kit, gconstpointer test_data)
{
  LoftDocument *document = kit_document ("hello", "1.0.0");

  g_strfreev (document->owners);
  document->owners = g_strsplit ("old1 old2", " ", 2);
  kit_publish_document (kit->catalog, document);
  g_autofree char *before = first_element (kit, "hello");
  g_assert_nonnull (strstr (before, "\"owners\":[\"old1\",\"old2\"]"));

  kit_change (kit->catalog, "hello", kit_state (1, "new", NULL));
  g_autofree char *after = first_element (kit, "hello");
  g_assert_nonnull (strstr (after, "\"owners\":[\"new\"]"));
  g_assert_null (strstr (after, "secret"));

  kit_change (kit->catalog, "hello", kit_state (2, NULL, NULL));
  g_autofree char *open = first_element (kit, "hello");
  g_assert_nonnull (strstr (open, "\"owners\":[]"));
}

/* An older state never replaces a later one. */
static void
test_revisions (Kit *kit, gconstpointer test_data)
{
  LoftState *deprecated = kit_state (3, "third", NULL);

  deprecated->deprecated = g_strdup ("use other");
  kit_publish (kit->catalog, "hello", "1.0.0");
  kit_change (kit->catalog, "hello", deprecated);
  kit_change (kit->catalog, "hello", kit_state (2, "second", "1.0.0"));
  kit_change (kit->catalog, "hello", kit_state (3, "again", "1.0.0"));

  g_autofree char *element = first_element (kit, "hello");
  g_assert_nonnull (strstr (element, "\"owners\":[\"third\"]"));
  g_assert_nonnull (strstr (element, "\"deprecated\":\"use other\""));
  g_assert_cmpuint (loft_catalog_get_sequence (kit->catalog), ==, 4);
}

/* A version that is known to be yanked before it is known is yanked. */
static void
test_state_first (Kit *kit, gconstpointer test_data)
{
  kit_change (kit->catalog, "hello", kit_state (1, NULL, "1.0.0"));
  kit_publish (kit->catalog, "hello", "1.0.0");
  kit_publish (kit->catalog, "hello", "0.1.0");
  assert_versions (kit, "hello", "0.1.0");
}

/* The same document twice is one version, logged or not; what the first one
 * lacked may come with the second. */
static void
test_again (Kit *kit, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (LoftDocument) document = kit_document ("hello", "1.0.0");
  g_autoptr (LoftState) state = kit_state (1, "ann", NULL);

  g_clear_pointer (&document->sha256, g_free);
  document->size = -1;
  for (guint i = 0; i < 2; i++)
    {
      loft_catalog_apply_unlogged (kit->catalog, document, state, &error);
      g_assert_no_error (error);
    }
  g_assert_cmpuint (loft_catalog_get_sequence (kit->catalog), ==, 0);
  assert_count (kit, 1, 1);

  kit_publish (kit->catalog, "hello", "1.0.0");
  kit_publish (kit->catalog, "hello", "1.0.0");
  assert_count (kit, 1, 1);
  assert_versions (kit, "hello", "1.0.0");

  loft_catalog_apply_unlogged (kit->catalog, document, NULL, &error);
  g_assert_no_error (error);
  g_autofree char *element = first_element (kit, "hello");
  g_assert_nonnull (strstr (element, "\"size\":100,\"sha256\":\""));
}

/* Events without a document are passed, and counted until it is there. */
static void
test_problems (Kit *kit, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (LoftDocument) document = kit_document ("hello", "1.0.0");
  LoftEvent *event = kit_event (kit_document ("hello", "1.0.0"), 1);
  guint64 problems = 0;

  g_clear_pointer (&event->document, loft_document_free);
  kit_apply (kit->catalog, event);
  loft_catalog_count_problems (kit->catalog, &problems, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (problems, ==, 1);
  g_assert_cmpuint (loft_catalog_get_sequence (kit->catalog), ==, 1);
  assert_count (kit, 0, 0);

  loft_catalog_apply_unlogged (kit->catalog, document, NULL, &error);
  g_assert_no_error (error);
  loft_catalog_count_problems (kit->catalog, &problems, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (problems, ==, 0);
  g_assert_true (loft_catalog_is_logged (kit->catalog, "hello", "1.0.0"));
}

/* What is known is not always in the log; once it is, it stays so. */
static void
test_logged (Kit *kit, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (LoftDocument) document = kit_document ("hello", "1.0.0");
  g_autoptr (LoftState) state = kit_state (1, "ann", "1.0.0");

  g_assert_false (loft_catalog_is_logged (kit->catalog, "hello", "1.0.0"));
  for (guint i = 0; i < 2; i++)
    {
      loft_catalog_apply_unlogged (kit->catalog, document, NULL, &error);
      g_assert_no_error (error);
      g_assert_true (
        loft_catalog_has_document (kit->catalog, "hello", "1.0.0"));
      g_assert_cmpint (loft_catalog_is_logged (kit->catalog, "hello", "1.0.0"),
                       ==,
                       i);
      kit_publish (kit->catalog, "hello", "1.0.0");
      g_assert_true (loft_catalog_is_logged (kit->catalog, "hello", "1.0.0"));
    }

  loft_catalog_apply_unlogged_state (kit->catalog, "hello", state, &error);
  g_assert_no_error (error);
  assert_versions (kit, "hello", "");
}

/* Types of a later release are kept and skipped. */
static void
test_other_type (Kit *kit, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;
  LoftEvent *event = kit_event (kit_document ("hello", "1.0.0"), 1);

  event->type = LOFT_EVENT_OTHER;
  kit_apply (kit->catalog, event);
  assert_count (kit, 0, 0);
  g_assert_cmpuint (loft_catalog_get_sequence (kit->catalog), ==, 1);

  guint64 last = 0;
  g_autoptr (GBytes) changes =
    loft_catalog_list_changes (kit->catalog, 0, 10, &last, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (last, ==, 1);
  g_assert_cmpuint (g_bytes_get_size (changes), >, 10);
}

/* Events are applied in unbroken order from the first one, all or none. */
static void
test_sequence (Kit *kit, gconstpointer test_data)
{
  static const struct
  {
    guint64 seqs[2];
    LoftRegistryError code;
  } bad[] = {
    { { 2, 4 }, LOFT_REGISTRY_ERROR_NOT_READY },
    { { 3, 4 }, LOFT_REGISTRY_ERROR_NOT_READY },
    { { 1, 2 }, LOFT_REGISTRY_ERROR_FAILED },
    { { 2, 2 }, LOFT_REGISTRY_ERROR_FAILED },
    { { 0, 1 }, LOFT_REGISTRY_ERROR_FAILED },
  };

  g_autoptr (GError) first_error = NULL;
  g_autoptr (GPtrArray) second =
    g_ptr_array_new_with_free_func ((GDestroyNotify) loft_event_unref);

  g_ptr_array_add (second, kit_event (kit_document ("hello", "1.0.0"), 2));
  g_assert_false (loft_catalog_apply (kit->catalog, second, &first_error));
  g_assert_error (first_error,
                  LOFT_REGISTRY_ERROR,
                  LOFT_REGISTRY_ERROR_NOT_READY);

  kit_apply (kit->catalog, kit_event (kit_document ("hello", "1.0.0"), 1));
  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GPtrArray) events =
        g_ptr_array_new_with_free_func ((GDestroyNotify) loft_event_unref);

      for (guint j = 0; j < 2; j++)
        g_ptr_array_add (
          events,
          kit_event (kit_document ("other", "1.0.0"), bad[i].seqs[j]));
      g_assert_false (loft_catalog_apply (kit->catalog, events, &error));
      g_assert_error (error, LOFT_REGISTRY_ERROR, (int) bad[i].code);
      g_assert_cmpuint (loft_catalog_get_sequence (kit->catalog), ==, 1);
    }

  assert_packages (kit, "hello");
  assert_count (kit, 1, 1);
}

/* Events that were applied already are passed over, those that follow are not.
 */
static void
test_applied (Kit *kit, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) events =
    g_ptr_array_new_with_free_func ((GDestroyNotify) loft_event_unref);

  g_ptr_array_add (events, kit_event (kit_document ("one", "1.0.0"), 1));
  g_ptr_array_add (events, kit_event (kit_document ("two", "1.0.0"), 2));
  for (guint i = 0; i < 4; i++)
    {
      if (i == 2)
        g_ptr_array_add (events, kit_event (kit_document ("two", "1.1.0"), 3));
      loft_catalog_apply (kit->catalog, events, &error);
      g_assert_no_error (error);
      g_assert_cmpuint (loft_catalog_get_sequence (kit->catalog),
                        ==,
                        i < 2 ? 2 : 3);
      assert_count (kit, 2, i < 2 ? 2 : 3);
    }

  guint64 sequence = 0;
  loft_catalog_read_sequence (kit->catalog, &sequence, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (sequence, ==, 3);
}

/* A folding belongs to the name that had it first, versions or not. */
static void
test_folded (Kit *kit, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (loft_catalog_find_folded (kit->catalog, "hello-lib", &error));
  g_assert_no_error (error);
  kit_change (kit->catalog, "hello_lib", kit_state (1, "ann", NULL));
  g_autofree char *name =
    loft_catalog_find_folded (kit->catalog, "hello-lib", &error);
  g_assert_no_error (error);
  g_assert_cmpstr (name, ==, "hello_lib");
}

/* Notes are kept, replaced and removed. */
static void
test_notes (Kit *kit, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (loft_catalog_get_note (kit->catalog, "scan", &error));
  g_assert_no_error (error);
  g_assert_true (loft_catalog_set_note (kit->catalog, "scan", "1", &error));
  g_assert_true (loft_catalog_set_note (kit->catalog, "scan", "2", &error));
  kit_reopen (kit);
  g_autofree char *note = loft_catalog_get_note (kit->catalog, "scan", &error);
  g_assert_cmpstr (note, ==, "2");
  g_assert_true (loft_catalog_set_note (kit->catalog, "scan", NULL, &error));
  g_assert_null (loft_catalog_get_note (kit->catalog, "scan", &error));
  g_assert_no_error (error);
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

  add_test ("/catalog/yanked", test_yanked);
  add_test ("/catalog/all-yanked", test_all_yanked);
  add_test ("/catalog/unknown", test_unknown);
  add_test ("/catalog/build-metadata", test_build_metadata);
  add_test ("/catalog/version", test_version);
  add_test ("/catalog/owners", test_owners);
  add_test ("/catalog/revisions", test_revisions);
  add_test ("/catalog/state-first", test_state_first);
  add_test ("/catalog/again", test_again);
  add_test ("/catalog/problems", test_problems);
  add_test ("/catalog/logged", test_logged);
  add_test ("/catalog/other-type", test_other_type);
  add_test ("/catalog/sequence", test_sequence);
  add_test ("/catalog/applied", test_applied);
  add_test ("/catalog/folded", test_folded);
  add_test ("/catalog/notes", test_notes);

  return g_test_run ();
}
