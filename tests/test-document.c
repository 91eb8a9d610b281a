/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-document.h"

#include <string.h>

#include "registry/loft-time.h"

#define DIGITS                                                                 \
  "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static LoftDocument *
parse (const char *name, const char *key, const char *text, GError **error)
{
  g_autoptr (GBytes) bytes = g_bytes_new (text, strlen (text));

  return loft_document_parse (name, key, bytes, 1700000000000000, error);
}

/* A document of the original server is read with all that it says; what only
 * ours say is missing, and its time is that of the storage. */
static void
test_adopted (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (LoftDocument) document = parse (
    "hello",
    "1.0.0+a",
    "{\"name\":\"hello\",\"version\":\"1.0.0+a\",\"description\":\"D\","
    "\"manifest\":{\"dependencies\":{\"other\":\"^1\"},\"keywords\":[\"k\"]},"
    "\"repository\":null,\"authors\":[\"A\",3],\"license\":\"MIT\","
    "\"owners\":[\"ann\"]}",
    &error);

  g_assert_no_error (error);
  g_assert_true (document->adopted);
  g_assert_cmpstr (document->version, ==, "1.0.0+a");
  g_assert_cmpstr (document->archive, ==, "1.0.0+a.tar.gz");
  g_assert_cmpstr (document->description, ==, "D");
  g_assert_null (document->repository);
  g_assert_cmpstr (document->license, ==, "MIT");
  g_assert_cmpuint (g_strv_length (document->authors), ==, 1);
  g_assert_cmpstr (document->owners[0], ==, "ann");
  g_assert_cmpstr (document->keywords[0], ==, "k");
  g_assert_cmpstr (g_hash_table_lookup (document->dependencies, "other"),
                   ==,
                   "^1");
  g_assert_cmpint (document->size, ==, -1);
  g_assert_null (document->sha256);
  g_assert_cmpint (document->published_at, ==, 1700000000000000);
}

/* What is built for a publish reads back the same. */
static void
test_build (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (LoftFindings) findings = loft_findings_new ();
  static const char text[] =
    "{\"name\":\"hello\",\"version\":\"1.0.0+b\",\"entrypoint\":\"m.lf\","
    "\"description\":\"mine\",\"dependencies\":{\"other\":\"~2.1\"}}";
  g_autoptr (JsonNode) json = loft_json_parse (text, strlen (text), &error);
  g_assert_no_error (error);

  LoftArchiveFile file = { (char *) "m.lf", 12 };
  LoftArchive archive = { .files = g_ptr_array_new (),
                          .readme_path = (char *) "README.md",
                          .readme = (char *) "# “Hi”\n" };
  archive.manifest = loft_manifest_new (json, "manifest.json", findings);
  g_assert_cmpuint (loft_findings_get_length (findings), ==, 0);
  g_ptr_array_add (archive.files, &file);

  const char *owners[] = { "t-1", NULL };
  const LoftActor publisher = { .name = (char *) "bob",
                                .token = (char *) "k-0123456789abcdef",
                                .request = (char *) "r1" };
  LoftDocumentFacts facts = { .archive = "1.0.0~" DIGITS ".tar.gz",
                              .size = 77,
                              .sha256 = DIGITS,
                              .published_at = 1767323045000006,
                              .published_by = &publisher,
                              .description = "other",
                              .owners = owners };
  g_autoptr (GBytes) built = loft_document_build (&archive, &facts);
  g_autoptr (LoftDocument) document =
    loft_document_parse ("hello", "1.0.0", built, 0, &error);
  g_assert_no_error (error);
  g_assert_false (document->adopted);
  g_assert_cmpstr (document->version, ==, "1.0.0+b");
  g_assert_cmpstr (document->archive, ==, facts.archive);
  g_assert_cmpstr (document->published_by.name, ==, "bob");
  g_assert_cmpstr (document->published_by.token, ==, publisher.token);
  g_assert_cmpstr (document->published_by.request, ==, "r1");
  g_assert_cmpint (document->size, ==, 77);
  g_assert_cmpstr (document->sha256, ==, DIGITS);
  g_assert_cmpint (document->published_at, ==, facts.published_at);
  g_assert_cmpstr (document->description, ==, "other");
  g_assert_cmpstr (document->owners[0], ==, "t-1");
  g_assert_cmpstr (document->readme, ==, archive.readme);
  g_assert_cmpstr (g_hash_table_lookup (document->dependencies, "other"),
                   ==,
                   "~2.1");

  g_autoptr (GBytes) shown =
    loft_document_render (built, "{\"yanked\":true}", &error);
  g_assert_no_error (error);
  g_autofree char *copy =
    g_strndup (g_bytes_get_data (shown, NULL), g_bytes_get_size (shown));
  g_assert_nonnull (strstr (copy, "\"yanked\":true"));
  g_assert_nonnull (
    strstr (copy, "\"files\":[{\"path\":\"m.lf\",\"size\":12}]"));
  g_assert_nonnull (strstr (copy, "\"readme\":\"README.md\""));

  loft_manifest_free (archive.manifest);
  g_ptr_array_unref (archive.files);
}

typedef struct
{
  const char *path;
  const char *text;
} BrokenCase;

static const BrokenCase broken_cases[] = {
  { "empty", "" },
  { "torn", "{\"name\":\"hello\",\"vers" },
  { "array", "[]" },
  { "null", "null" },
  { "no-name", "{\"version\":\"1.0.0\"}" },
  { "no-version", "{\"name\":\"hello\"}" },
  { "other-name", "{\"name\":\"hullo\",\"version\":\"1.0.0\"}" },
  { "other-version", "{\"name\":\"hello\",\"version\":\"1.0.1\"}" },
  { "version-number", "{\"name\":\"hello\",\"version\":1}" },
  { "archive-outside",
    "{\"name\":\"hello\",\"version\":\"1.0.0\",\"archive\":"
    "\"../x/1.0.0.tar.gz\"}" },
  { "archive-other",
    "{\"name\":\"hello\",\"version\":\"1.0.0\",\"archive\":"
    "\"1.0.1.tar.gz\"}" },
  { "archive-short-digest",
    "{\"name\":\"hello\",\"version\":\"1.0.0\",\"archive\":"
    "\"1.0.0~abc.tar.gz\"}" },
  { "sha256-short",
    "{\"name\":\"hello\",\"version\":\"1.0.0\",\"sha256\":\"abc\"}" },
  { "duplicate-key",
    "{\"name\":\"hello\",\"name\":\"hello\",\"version\":\"1.0.0\"}" },
};

/* What is not the document that its place says is refused as corrupt. */
static void
test_broken (gconstpointer data)
{
  const BrokenCase *broken = data;
  g_autoptr (GError) error = NULL;

  g_assert_null (parse ("hello", "1.0.0", broken->text, &error));
  g_assert_error (error, LOFT_REGISTRY_ERROR, LOFT_REGISTRY_ERROR_CORRUPT);
}

/* Only documents of versions are taken for such. */
static void
test_parse_key (void)
{
  static const char *const others[] = {
    "users.json",       "hello/package.json",
    "hello/.json",      "hello/1.0.0.tar.gz",
    "hello/a/1.0.json", "docs/1.0.0.json",
    "_registry/x.json", "hello",
  };
  char *name = NULL;
  char *key = NULL;

  g_assert_true (loft_document_parse_key ("hello/1.0.0+a.json", &name, &key));
  g_assert_cmpstr (name, ==, "hello");
  g_assert_cmpstr (key, ==, "1.0.0+a");
  g_free (name);
  g_free (key);
  for (gsize i = 0; i < G_N_ELEMENTS (others); i++)
    g_assert_false (loft_document_parse_key (others[i], &name, &key));
}

/* Times lose nothing on their way through the text, and sort as text. */
static void
test_time (void)
{
  static const gint64 times[] = {
    0, 1, 999999, 1000000, 1767323045000006, 253402300799999999
  };
  g_autofree char *last = g_strdup ("");

  for (gsize i = 0; i < G_N_ELEMENTS (times); i++)
    {
      g_autofree char *text = loft_time_format (times[i]);
      gint64 read;

      g_assert_true (loft_time_parse (text, &read));
      g_assert_cmpint (read, ==, times[i]);
      g_assert_cmpstr (last, <, text);
      g_free (last);
      last = g_steal_pointer (&text);
    }
  gint64 unused;
  g_assert_false (loft_time_parse ("yesterday", &unused));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  g_test_add_func ("/document/adopted", test_adopted);
  g_test_add_func ("/document/build", test_build);
  g_test_add_func ("/document/parse-key", test_parse_key);
  g_test_add_func ("/document/time", test_time);
  for (gsize i = 0; i < G_N_ELEMENTS (broken_cases); i++)
    {
      g_autofree char *path =
        g_strconcat ("/document/broken/", broken_cases[i].path, NULL);

      g_test_add_data_func (path, &broken_cases[i], test_broken);
    }

  return g_test_run ();
}
