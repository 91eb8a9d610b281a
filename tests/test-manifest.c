/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-manifest.h"

#include <string.h>

static LoftManifest *
read_manifest (const char *text, LoftFindings *findings)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonNode) node = loft_json_parse (text, strlen (text), &error);

  g_assert_no_error (error);

  return loft_manifest_new (node, "manifest.json", findings);
}

/* All that a good manifest says comes out, what we do not know included. */
static void
test_whole (void)
{
  g_autoptr (LoftFindings) findings = loft_findings_new ();
  g_autoptr (LoftManifest) manifest = read_manifest (
    "{\"name\":\"hello-lib\",\"version\":\"0.1.0+b\","
    "\"entrypoint\":\"src/main.lf\",\"description\":\"One.\\nTwo.\","
    "\"repository\":\"https://example.org/\",\"license\":\"MIT\","
    "\"authors\":[\"A\",\"B\"],\"keywords\":[\"k\"],"
    "\"dependencies\":{\"a\":\"^1\",\"Odd Name\":\"~0.2.0\"},"
    "\"tool\":{\"x\":[1]}}",
    findings);

  g_assert_cmpuint (loft_findings_get_total (findings), ==, 0);
  g_assert_cmpstr (manifest->name, ==, "hello-lib");
  g_assert_cmpstr (manifest->version, ==, "0.1.0+b");
  g_assert_cmpstr (manifest->entrypoint, ==, "src/main.lf");
  g_assert_cmpstr (manifest->description, ==, "One.\nTwo.");
  g_assert_cmpstr (manifest->repository, ==, "https://example.org/");
  g_assert_cmpstr (manifest->license, ==, "MIT");
  g_assert_cmpuint (g_strv_length (manifest->authors), ==, 2);
  g_assert_cmpstr (manifest->keywords[0], ==, "k");
  g_assert_cmpuint (g_hash_table_size (manifest->dependencies), ==, 2);
  g_assert_cmpstr (g_hash_table_lookup (manifest->dependencies, "a"), ==, "^1");
  g_assert_true (
    json_object_has_member (json_node_get_object (manifest->json), "tool"));
}

/* A field that is absent or null is no finding and leaves nothing behind. */
static void
test_least (void)
{
  static const char *const texts[] = {
    "{\"name\":\"a\",\"version\":\"1.0.0\"}",
    "{\"name\":\"a\",\"version\":\"1.0.0\",\"entrypoint\":null,"
    "\"description\":null,\"repository\":null,\"license\":null,"
    "\"authors\":null,\"keywords\":null,\"dependencies\":null}",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr (LoftFindings) findings = loft_findings_new ();
      g_autoptr (LoftManifest) manifest = read_manifest (texts[i], findings);

      g_assert_cmpuint (loft_findings_get_total (findings), ==, 0);
      g_assert_null (manifest->entrypoint);
      g_assert_null (manifest->description);
      g_assert_nonnull (manifest->authors);
      g_assert_null (manifest->authors[0]);
      g_assert_null (manifest->keywords[0]);
      g_assert_cmpuint (g_hash_table_size (manifest->dependencies), ==, 0);
    }
}

/* Each wrong field is exactly one finding under its own rule, and only what
 * has no name or version is no manifest. */
static void
test_wrong_fields (void)
{
  static const struct
  {
    const char *fields;
    const char *rule;
    gboolean is_manifest;
  } rows[] = {
    { "\"version\":\"1.0.0\"", "manifest-name", FALSE },
    { "\"name\":7,\"version\":\"1.0.0\"", "manifest-name", FALSE },
    { "\"name\":null,\"version\":\"1.0.0\"", "manifest-name", FALSE },
    { "\"name\":\"../a\",\"version\":\"1.0.0\"", "manifest-name", TRUE },
    { "\"name\":\"\",\"version\":\"1.0.0\"", "manifest-name", TRUE },
    { "\"name\":\"a\"", "manifest-version", FALSE },
    { "\"name\":\"a\",\"version\":1", "manifest-version", FALSE },
    { "\"name\":\"a\",\"version\":[\"1.0.0\"]", "manifest-version", FALSE },
    { "\"name\":\"a\",\"version\":\"1.0\"", "manifest-version", TRUE },
    { "\"name\":\"a\",\"version\":\"../1.0.0\"", "manifest-version", TRUE },
#define GOOD "\"name\":\"a\",\"version\":\"1.0.0\","
    { GOOD "\"entrypoint\":7", "manifest-entrypoint", TRUE },
    { GOOD "\"entrypoint\":\"\"", "manifest-entrypoint", TRUE },
    { GOOD "\"entrypoint\":\"/a\"", "manifest-entrypoint", TRUE },
    { GOOD "\"entrypoint\":\"../a\"", "manifest-entrypoint", TRUE },
    { GOOD "\"entrypoint\":\"a/../b\"", "manifest-entrypoint", TRUE },
    { GOOD "\"entrypoint\":\"a\\\\b\"", "manifest-entrypoint", TRUE },
    { GOOD "\"entrypoint\":\"c:a\"", "manifest-entrypoint", TRUE },
    { GOOD "\"entrypoint\":\"a//b\"", "manifest-entrypoint", TRUE },
    { GOOD "\"entrypoint\":\"a/\"", "manifest-entrypoint", TRUE },
    { GOOD "\"description\":7", "manifest-description", TRUE },
    { GOOD "\"description\":{}", "manifest-description", TRUE },
    { GOOD "\"description\":\"a\\u0007\"", "manifest-text", TRUE },
    { GOOD "\"repository\":true", "manifest-repository", TRUE },
    { GOOD "\"repository\":\"a\\nb\"", "manifest-repository", TRUE },
    { GOOD "\"license\":[]", "manifest-license", TRUE },
    { GOOD "\"authors\":\"A\"", "manifest-authors", TRUE },
    { GOOD "\"authors\":[7]", "manifest-authors", TRUE },
    { GOOD "\"authors\":[\"a\",null]", "manifest-authors", TRUE },
    { GOOD "\"keywords\":{}", "manifest-keywords", TRUE },
    { GOOD "\"keywords\":[\"a\\nb\"]", "manifest-keywords", TRUE },
    { GOOD "\"dependencies\":[]", "manifest-dependencies", TRUE },
    { GOOD "\"dependencies\":\"b\"", "manifest-dependencies", TRUE },
    { GOOD "\"dependencies\":{\"b\":1}", "manifest-dependencies", TRUE },
    { GOOD "\"dependencies\":{\"b\":null}", "manifest-dependencies", TRUE },
    { GOOD "\"dependencies\":{\"b\":{}}", "manifest-dependencies", TRUE },
    { GOOD "\"dependencies\":{\"b\":\"latest\"}",
      "manifest-dependencies",
      TRUE },
    { GOOD "\"dependencies\":{\"a/b\":\"1\"}", "manifest-dependencies", TRUE },
    { GOOD "\"dependencies\":{\"\":\"1\"}", "manifest-dependencies", TRUE },
    { GOOD "\"dependencies\":{\"b\":\"../b\"}", "path-dependency", TRUE },
    { GOOD "\"dependencies\":{\"b\":\"./b\"}", "path-dependency", TRUE },
    { GOOD "\"dependencies\":{\"b\":\".\"}", "path-dependency", TRUE },
    { GOOD "\"dependencies\":{\"b\":\"/b\"}", "path-dependency", TRUE },
    { GOOD "\"dependencies\":{\"b\":\"~/b\"}", "path-dependency", TRUE },
    { GOOD "\"dependencies\":{\"b\":\"c:\\\\b\"}", "path-dependency", TRUE },
    { GOOD "\"dependencies\":{\"b\":{\"path\":\"b\"}}",
      "path-dependency",
      TRUE },
    { GOOD "\"other\":[{\"x\":\"\\u001b[2J\"}]", "manifest-text", TRUE },
    { GOOD "\"x\\u009b\":1", "manifest-text", TRUE },
#undef GOOD
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (LoftFindings) findings = loft_findings_new ();
      g_autofree char *text = g_strconcat ("{", rows[i].fields, "}", NULL);
      g_autoptr (LoftManifest) manifest = read_manifest (text, findings);

      if (loft_findings_get_total (findings) != 1 ||
          !loft_findings_has (findings, rows[i].rule) ||
          (manifest != NULL) != rows[i].is_manifest)
        g_error ("“%s” is not one finding %s", text, rows[i].rule);
      g_assert_nonnull (
        strstr (loft_findings_get (findings, 0)->detail, "manifest.json"));
    }
}

/* What is no object is no manifest. */
static void
test_no_object (void)
{
  static const char *const texts[] = { "null", "7", "\"x\"", "[]", "true" };

  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr (LoftFindings) findings = loft_findings_new ();

      g_assert_null (read_manifest (texts[i], findings));
      g_assert_true (loft_findings_has (findings, "manifest-object"));
    }
}

/* A “#” in @each becomes a number. */
static char *
repeated (const char *before, const char *each, guint count, const char *after)
{
  GString *text = g_string_new (before);

  for (guint i = 0; i < count; i++)
    for (const char *p = each; *p != '\0'; p++)
      if (*p == '#')
        g_string_append_printf (text, "%u", i);
      else
        g_string_append_c (text, *p);
  g_string_append (text, after);

  return g_string_free (text, FALSE);
}

/* Every field has its bound: one at the bound is taken, one above is not. */
static void
test_bounds (void)
{
  static const struct
  {
    const char *before;
    const char *each;
    const char *after;
    guint most;
    const char *rule;
  } rows[] = {
    { "\"description\":\"", "ä", "\"", 1000, "manifest-description" },
    { "\"repository\":\"", "r", "\"", 500, "manifest-repository" },
    { "\"license\":\"", "l", "\"", 200, "manifest-license" },
    { "\"entrypoint\":\"", "e", "\"", 255, "manifest-entrypoint" },
    { "\"authors\":[\"", "ä", "\"]", 200, "manifest-authors" },
    { "\"authors\":[\"x\"", ",\"x\"", "]", 99, "manifest-authors" },
    { "\"keywords\":[\"", "ä", "\"]", 64, "manifest-keywords" },
    { "\"keywords\":[\"x\"", ",\"x\"", "]", 31, "manifest-keywords" },
    { "\"dependencies\":{\"x\":\"1\"",
      ",\"x#\":\"1\"",
      "}",
      255,
      "manifest-dependencies" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    for (guint over = 0; over < 2; over++)
      {
        g_autoptr (LoftFindings) findings = loft_findings_new ();
        g_autofree char *field = repeated (rows[i].before,
                                           rows[i].each,
                                           rows[i].most + over,
                                           rows[i].after);
        g_autofree char *text =
          g_strconcat ("{\"name\":\"a\",\"version\":\"1.0.0\",",
                       field,
                       "}",
                       NULL);
        g_autoptr (LoftManifest) manifest = read_manifest (text, findings);

        g_assert_nonnull (manifest);
        g_assert_cmpuint (loft_findings_get_total (findings), ==, over);
        g_assert_cmpint (loft_findings_has (findings, rows[i].rule), ==, over);
      }
}

/* Two manifests agree if name, version and dependencies are the same. */
static void
test_agrees (void)
{
  static const struct
  {
    const char *text;
    const char *differs;
  } rows[] = {
    { "{\"dependencies\":{\"c\":\"2\",\"b\":\"1\"},\"version\":\"1.0.0\","
      "\"name\":\"a\",\"description\":\"other\"}",
      NULL },
    { "{\"name\":\"b\",\"version\":\"1.0.0\","
      "\"dependencies\":{\"b\":\"1\",\"c\":\"2\"}}",
      "name" },
    { "{\"name\":\"a\",\"version\":\"1.0.0+x\","
      "\"dependencies\":{\"b\":\"1\",\"c\":\"2\"}}",
      "version" },
    { "{\"name\":\"a\",\"version\":\"1.0.0\","
      "\"dependencies\":{\"b\":\"1\",\"c\":\"3\"}}",
      "dependencies" },
    { "{\"name\":\"a\",\"version\":\"1.0.0\","
      "\"dependencies\":{\"b\":\"1\",\"d\":\"2\"}}",
      "dependencies" },
    { "{\"name\":\"a\",\"version\":\"1.0.0\"}", "dependencies" },
  };
  g_autoptr (LoftFindings) none = loft_findings_new ();
  g_autoptr (LoftManifest) one =
    read_manifest ("{\"name\":\"a\",\"version\":\"1.0.0\","
                   "\"dependencies\":{\"b\":\"1\",\"c\":\"2\"}}",
                   none);

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (LoftFindings) findings = loft_findings_new ();
      g_autoptr (LoftManifest) other = read_manifest (rows[i].text, findings);

      g_assert_cmpint (loft_manifest_agrees (one, other, findings),
                       ==,
                       rows[i].differs == NULL);
      if (rows[i].differs != NULL)
        {
          g_assert_true (loft_findings_has (findings, "manifest-disagrees"));
          g_assert_cmpstr (loft_findings_get (findings, 0)->subject,
                           ==,
                           rows[i].differs);
        }
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  g_test_add_func ("/manifest/whole", test_whole);
  g_test_add_func ("/manifest/least", test_least);
  g_test_add_func ("/manifest/wrong-fields", test_wrong_fields);
  g_test_add_func ("/manifest/no-object", test_no_object);
  g_test_add_func ("/manifest/bounds", test_bounds);
  g_test_add_func ("/manifest/agrees", test_agrees);

  return g_test_run ();
}
