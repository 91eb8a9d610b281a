/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "kit/catalog-kit.h"

/* What comes first, in a registry in which every package has some words in
 * common with all others. */

/* Packages that depend on others and are called app-0000 and so on; more than
 * are ranked at once. */
#define APPS 1500

typedef struct
{
  const char *name;
  const char *keywords;
  const char *description;
  const char *readme;
  guint dependents;
} Package;

static const Package packages[] = {
  { "json", "parser", "Reads and writes JSON", "See RFC 8259", 900 },
  { "json-schema", "json validation", "Validates documents", "Drafts", 40 },
  { "json-pretty", "", "Prints JSON with colours", "", 0 },
  { "fast-json", "json simd", "Reads JSON quickly", "", 3 },
  { "serial", "json yaml toml", "Turns values into text and back", "", 1200 },
  { "yaml", "parser", "Reads and writes YAML 1.2", "", 300 },
  { "yaml-tools", "cli", "Looks into YAML files", "", 2 },
  { "yamlite", "", "A small subset of YAML", "", 12 },
  { "toml", "parser", "Reads configuration", "", 250 },
  { "http", "network", "Requests and responses", "TLS is in tls-core", 1000 },
  { "http-client", "http network", "Sends requests", "Follows redirects", 600 },
  { "http-server", "http network", "Answers requests", "", 500 },
  { "tiny-http", "http", "A server of 200 lines", "", 0 },
  { "websocket", "http network", "Sockets over HTTP", "", 80 },
  { "net-client", "", "An HTTP client for old servers", "", 0 },
  { "tls-core", "network tls", "Encrypts connections", "", 400 },
  { "regex", "text", "Regular expressions in linear time", "", 700 },
  { "regular", "", "Regular work on a schedule", "", 0 },
  { "log", "", "Writes what happens", "", 1100 },
  { "logger", "log", "Writes logs to files", "Rotates the logs", 150 },
  { "login", "", "A form for passwords", "Uses argon2 hashing", 20 },
  { "blog", "", "A generator of sites", "", 1 },
  { "matrix", "algebra", "Dense and sparse matrices", "", 60 },
  { "linear-algebra", "matrix", "Solves systems", "Eigenvalues", 200 },
  { "geo_json", "maps", "Points and polygons", "", 9 },
  { "colour", "terminal", "Colours in terminals", "", 350 },
  { "café", "", "Menus", "Crème brûlée", 0 },
  { "zip", "archive", "Reads and writes archives", "Deflate, zstandard", 90 },
  { "zstd", "archive compression", "Zstandard", "", 70 },
  { "argon", "", "A noble gas", "", 5 },
};

typedef struct
{
  const char *query;
  const char *first;
} Query;

static const Query queries[] = {
  /* The name itself, however it is written and whoever is used more. */
  { "json", "json json-schema geo_json json-pretty" },
  { "JSON", "json" },
  { "log", "log logger login" },
  { "yaml", "yaml yaml-tools serial yamlite" },
  { "http", "http http-client http-server" },
  { "geo-json", "geo_json" },
  { "geo json", "geo_json" },
  { "Json_Schema", "json-schema" },
  { "CAFÉ", "café" },
  { "cafe", "café" },
  { "app-0007", "app-0007" },
  /* The beginning of a name. */
  { "js", "json" },
  { "yam", "yaml" },
  { "yamli", "yamlite" },
  { "regu", "regular" },
  { "websock", "websocket" },
  { "z", "zip zstd" },
  { "logg", "logger" },
  { "http-c", "http-client" },
  { "json sch", "json-schema" },
  /* Words of names in any order. */
  { "server http", "http-server" },
  { "client http", "http-client" },
  { "tools", "yaml-tools" },
  { "core", "tls-core" },
  /* Keywords, then descriptions, then READMEs. */
  { "network", "http http-client http-server tls-core websocket" },
  { "algebra", "linear-algebra matrix" },
  { "compression", "zstd" },
  { "toml", "toml serial" },
  { "polygons", "geo_json" },
  { "subset yaml", "yamlite" },
  { "linear time", "regex" },
  { "passwords", "login" },
  { "eigenvalues", "linear-algebra" },
  { "zstandard", "zstd zip" },
  { "argon2", "login" },
  { "argon", "argon login" },
  { "creme brulee", "café" },
  { "rfc 8259", "json" },
  /* What all have in common: those that are used most. */
  { "library", "serial log http json" },
  { "lib", "serial log http json" },
  { "librar", "serial log http json" },
  { "written in loft", "serial log http json" },
};

static LoftDocument *
make_document (const Package *package)
{
  LoftDocument *document = kit_document (package->name, "1.0.0");

  g_strfreev (document->keywords);
  document->keywords = g_strsplit (package->keywords, " ", -1);
  g_free (document->description);
  document->description =
    g_strdup_printf ("%s. A library", package->description);
  document->readme = g_strdup_printf ("%s. Written in loft", package->readme);

  return document;
}

static LoftDocument *
make_app (guint i)
{
  g_autofree char *name = g_strdup_printf ("app-%04u", i);
  const Package package = { name, "", "An app", "Is on the network", 0 };
  LoftDocument *document = make_document (&package);

  for (guint j = 0; j < G_N_ELEMENTS (packages); j++)
    if (i < packages[j].dependents)
      kit_depend (document, packages[j].name, "^1.0.0");

  return document;
}

static void
add_event (GPtrArray *events, LoftDocument *document)
{
  g_ptr_array_add (events, kit_event (document, events->len + 1));
}

static GPtrArray *
make_events (void)
{
  GPtrArray *events =
    g_ptr_array_new_with_free_func ((GDestroyNotify) loft_event_unref);

  for (guint i = 0; i < APPS; i++)
    add_event (events, make_app (i));
  for (guint i = 0; i < G_N_ELEMENTS (packages); i++)
    add_event (events, make_document (&packages[i]));

  return events;
}

static char *
search (LoftCatalog *catalog, const char *query, guint limit)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) page = loft_catalog_search (catalog,
                                                 query,
                                                 LOFT_SORT_RELEVANCE,
                                                 NULL,
                                                 limit,
                                                 NULL,
                                                 &error);
  g_assert_no_error (error);

  return kit_members (page, "name");
}

static void
assert_queries (LoftCatalog *catalog)
{
  for (guint i = 0; i < G_N_ELEMENTS (queries); i++)
    {
      g_auto (GStrv) first = g_strsplit (queries[i].first, " ", -1);
      g_autofree char *names =
        search (catalog, queries[i].query, g_strv_length (first));

      g_test_message ("%s", queries[i].query);
      g_assert_cmpstr (names, ==, queries[i].first);
    }
}

/* What must come first does, in a catalog that grew with its events. */
static void
test_grown (Kit *kit, gconstpointer test_data)
{
  g_autoptr (GPtrArray) events = make_events ();

  for (guint i = 0; i < events->len;)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GPtrArray) some = g_ptr_array_new ();

      for (; some->len < 100 && i < events->len; i++)
        g_ptr_array_add (some, events->pdata[i]);
      loft_catalog_apply (kit->catalog, some, &error);
      g_assert_no_error (error);
    }

  assert_queries (kit->catalog);
}

/* And in one that was built of them. */
static void
test_built (Kit *kit, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) events = make_events ();

  g_assert_true (loft_catalog_reset (kit->catalog, &error));
  loft_catalog_apply (kit->catalog, events, &error);
  g_assert_no_error (error);
  g_assert_true (loft_catalog_set_complete (kit->catalog, NULL, &error));

  assert_queries (kit->catalog);
}

/* A package moves with the count of its dependents, up and down, though there
 * are more matches than are looked at. */
static void
test_moves (Kit *kit, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) events = make_events ();

  loft_catalog_apply (kit->catalog, events, &error);
  g_assert_no_error (error);
  for (guint round = 1; round <= 3; round++)
    {
      g_autofree char *before = search (kit->catalog, "app", 1);
      g_assert_cmpstr (before, !=, "app-1499");

      g_autofree char *version = g_strdup_printf ("%u.0.0", round * 2);
      LoftDocument *user = kit_document ("user", version);
      kit_depend (user, "app-1499", "*");
      kit_publish_document (kit->catalog, user);
      g_autofree char *with = search (kit->catalog, "app", 1);
      g_assert_cmpstr (with, ==, "app-1499");

      g_autofree char *next = g_strdup_printf ("%u.0.0", round * 2 + 1);
      kit_publish (kit->catalog, "user", next);
      g_autofree char *after = search (kit->catalog, "app", 1);
      g_assert_cmpstr (after, ==, before);
    }
}

/* A package without a version to show is not found, and takes no place from
 * those that have one. */
static void
test_yanked (Kit *kit, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) events = make_events ();

  loft_catalog_apply (kit->catalog, events, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < 1000; i++)
    {
      g_autofree char *name = g_strdup_printf ("app-%04u", i);

      kit_change (kit->catalog, name, kit_state (1, NULL, "1.0.0"));
    }

  g_autofree char *names = search (kit->catalog, "app", 100);
  g_auto (GStrv) split = g_strsplit (names, " ", -1);
  g_assert_cmpuint (g_strv_length (split), ==, 100);

  kit_change (kit->catalog, "app-0000", kit_state (2, NULL, NULL));
  g_autofree char *back = search (kit->catalog, "app 0000", 1);
  g_assert_cmpstr (back, ==, "app-0000");
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

  add_test ("/catalog-ranking/grown", test_grown);
  add_test ("/catalog-ranking/built", test_built);
  add_test ("/catalog-ranking/moves", test_moves);
  add_test ("/catalog-ranking/yanked", test_yanked);

  return g_test_run ();
}
