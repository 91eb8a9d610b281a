/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "kit/loft-test-archive.h"
#include "kit/log-kit.h"
#include "kit/site-kit.h"
#include "kit/upkeep-kit.h"
#include "registry/loft-json.h"
#include "registry/loft-previous.h"

#include <string.h>

#define HTML "Accept: text/html,*/*;q=0.8\r\n"
#define PLAIN "text/html; charset=utf-8"
#define DIFF "/packages/hello/diff/1.0.0/1.1.0"
#define BACK "/packages/hello/diff/1.1.0/1.0.0"
#define LINES 100000
#define LARGE (1024 * 1024 + 1)

static const LoftTestMember old_members[] = {
  { .path = "same.lf", .content = "fn same () {}\n" },
  { .path = "src/main.lf",
    .content = "fn main () {\n  one ();\n  two ();\n}\n" },
  { .path = "gone.txt", .content = "good\nbye\n" },
  { .path = "end.txt", .content = "with\nend\n" },
  { .path = "crlf.txt", .content = "one\ntwo\n" },
  { .path = "latin.txt", .content = "caf\xe9 au lait\n" },
  { .path = "bin/data", .content = "a\0b", .length = 3 },
  { .path = "link", .type = '2', .target = "same.lf" },
  { .path = "becomes", .content = "a file\n" },
  { .path = "empty", .content = "" },
};

static const LoftTestMember new_members[] = {
  { .path = "same.lf", .content = "fn same () {}\n" },
  { .path = "src/main.lf",
    .content = "fn main () {\n  one ();\n  <b>three</b> ();\n}\n" },
  { .path = "<script>new.txt", .content = "</pre><script>steal ()</script>\n" },
  { .path = "end.txt", .content = "with\nend" },
  { .path = "crlf.txt", .content = "one\r\ntwo\r\n" },
  { .path = "latin.txt", .content = "caf\xc3\xa9 au lait\n" },
  { .path = "bin/data", .content = "a\0bc", .length = 4 },
  { .path = "link", .type = '2', .target = "src/main.lf" },
  { .path = "becomes", .type = '2', .target = "same.lf" },
  { .path = "empty", .content = "no more\n" },
  { .path = "turn.txt",
    .content = "a\xe2\x80\xae"
               "b\n" },
};

static LoftTestArchive *
begin (const char *version, const LoftTestMember *members, gsize n_members)
{
  LoftTestArchive *archive = loft_test_archive_new ();

  loft_test_archive_add_manifest (archive, "hello", version);
  for (gsize i = 0; i < n_members; i++)
    loft_test_archive_add (archive, &members[i]);

  return archive;
}

/* Takes the archive. */
static void
publish (ServerFixture *fixture, const char *version, LoftTestArchive *archive)
{
  g_autoptr (LoftTestArchive) owned = archive;

  site_kit_publish_archive (fixture, "hello", version, owned);
}

static void
publish_cb (ServerFixture *fixture, gconstpointer data)
{
  publish (fixture,
           "1.0.0",
           begin ("1.0.0", old_members, G_N_ELEMENTS (old_members)));
  publish (fixture,
           "1.1.0",
           begin ("1.1.0", new_members, G_N_ELEMENTS (new_members)));
}

static const ServerKitRow rows[] = {
  { .name = "json",
    .target = DIFF,
    .status = 200,
    .header = "Content-Type: application/json",
    .body = "\"name\":\"hello\",\"old\":\"1.0.0\",\"new\":\"1.1.0\","
            "\"old_yanked\":false,\"new_yanked\":false,\"backwards\":false,"
            "\"added\":2,\"removed\":1,\"changed\":9,\"unchanged\":1," },
  { .name = "json-text",
    .target = DIFF,
    .status = 200,
    .body = "{\"path\":\"src/main.lf\",\"change\":\"changed\",\"old_size\":35,"
            "\"new_size\":44,\"lines_added\":1,\"lines_removed\":1,\"diff\":"
            "\"@@ -1,4 +1,4 @@\\n fn main () {\\n   one ();\\n-  two ();\\n"
            "+  <b>three</b> ();\\n }\\n\"}",
    .absent = "same.lf\",\"change" },
  { .name = "json-removed",
    .target = DIFF,
    .status = 200,
    .body = "{\"path\":\"gone.txt\",\"change\":\"removed\",\"old_size\":9,"
            "\"lines_added\":0,\"lines_removed\":2,\"diff\":"
            "\"@@ -1,2 +0,0 @@\\n-good\\n-bye\\n\"}" },
  { .name = "json-link",
    .target = DIFF,
    .status = 200,
    .body = "{\"path\":\"becomes\",\"change\":\"changed\",\"old_size\":7,"
            "\"new_size\":7,\"is_link\":true," },
  { .name = "json-file",
    .target = DIFF "/bin/data",
    .status = 200,
    .body = "\"path\":\"bin/data\",\"change\":\"changed\",\"old_size\":3,"
            "\"new_size\":4,\"left_out\":\"binary\"}" },
  { .name = "json-same",
    .target = DIFF "/same.lf",
    .status = 200,
    .body = "\"path\":\"same.lf\",\"change\":\"none\"" },
  { .name = "page",
    .target = DIFF,
    .headers = HTML,
    .status = 200,
    .header = "Content-Type: text/html; charset=utf-8",
    .body = "<del>-  two ();\n</del>"
            "<ins>+  &lt;b&gt;three&lt;/b&gt; ();\n</ins> }\n</code>" },
  { .name = "page-numbers",
    .target = DIFF "/src/main.lf",
    .headers = HTML,
    .status = 200,
    .body = ">   \n1 1\n2 2\n3  \n  3\n4 4\n</pre>" },
  { .name = "page-counts",
    .target = DIFF,
    .headers = HTML,
    .status = 200,
    .body = "Files: 2 added, 1 removed, 9 changed, 1 as they were" },
  { .name = "page-inert",
    .target = DIFF,
    .headers = HTML,
    .status = 200,
    .body = "+&lt;/pre&gt;&lt;script&gt;steal ()&lt;/script&gt;",
    .absent = "<script>" },
  { .name = "page-turned",
    .target = DIFF,
    .headers = HTML,
    .status = 200,
    .body = "turn.txt",
    .absent = "\xe2\x80\xae" },
  { .name = "page-end",
    .target = DIFF "/end.txt",
    .headers = HTML,
    .status = 200,
    .body = "<ins>+end\n</ins><span class=\"hunk\">\\ No line break at the end"
            "</span></code>" },
  { .name = "page-crlf",
    .target = DIFF "/crlf.txt",
    .headers = HTML,
    .status = 200,
    .body = "<del>-one\n-two\n</del><ins>+one\xe2\x86\xb5\n+two\xe2\x86\xb5\n",
    .absent = "\r" },
  { .name = "page-latin",
    .target = DIFF "/latin.txt",
    .headers = HTML,
    .status = 200,
    .body = "-caf\xef\xbf\xbd au lait\n</del><ins>+caf\xc3\xa9 au lait" },
  { .name = "page-binary",
    .target = DIFF "/bin/data",
    .headers = HTML,
    .status = 200,
    .body = "Changed, no text",
    .absent = "<ins>" },
  { .name = "page-binary-links",
    .target = DIFF "/bin/data",
    .headers = HTML,
    .status = 200,
    .body = "<a href=\"../../../../../../packages/hello/1.0.0/files/bin/data\">"
            "3 bytes</a> → <a href=\"../../../../../../packages/hello/1.1.0/"
            "files/bin/data\">4 bytes</a>" },
  { .name = "page-link",
    .target = DIFF "/link",
    .headers = HTML,
    .status = 200,
    .body = "<del>-same.lf\n</del>",
    .absent = "files/link" },
  { .name = "page-empty",
    .target = DIFF "/empty",
    .headers = HTML,
    .status = 200,
    .body = "<ins>+no more\n</ins>" },
  { .name = "page-same",
    .target = DIFF "/same.lf",
    .headers = HTML,
    .status = 200,
    .body = "The same in both versions" },
  { .name = "page-swap",
    .target = BACK,
    .headers = HTML,
    .status = 200,
    .body = "<a href=\"../../../../packages/hello/diff/1.0.0/1.1.0\">Swap the "
            "versions</a>" },
  { .name = "page-added",
    .target = BACK "/gone.txt",
    .headers = HTML,
    .status = 200,
    .body = "<ins>+good\n+bye\n</ins>" },
  { .name = "page-policy",
    .target = DIFF,
    .headers = HTML,
    .status = 200,
    .header = "Content-Security-Policy: default-src 'none'; *" },
  { .name = "equal",
    .target = "/packages/hello/diff/1.0.0/1.0.0",
    .status = 200,
    .body = "\"added\":0,\"removed\":0,\"changed\":0,\"files\":[]}" },
  { .name = "page-equal",
    .target = "/packages/hello/diff/1.0.0/1.0.0+build",
    .headers = HTML,
    .status = 200,
    .body = "No file differs." },
  { .name = "after",
    .target = DIFF "?after=src/a",
    .headers = HTML,
    .status = 200,
    .body = "src/main.lf",
    .absent = "gone.txt" },
  { .name = "behind",
    .target = DIFF "?after=z",
    .headers = HTML,
    .status = 200,
    .body = "Nothing more differs." },
  { .name = "view",
    .target = "/at/3" DIFF,
    .headers = HTML,
    .status = 200,
    .body = "href=\"../../../../../../at/3/packages/hello/1.0.0\"" },
  { .name = "view-early", .target = "/at/2" DIFF, .status = 404 },
  { .name = "young", .target = "/min-age/7d" DIFF, .status = 404 },
  { .name = "choice",
    .target = "/packages/hello/diff?old=+1.0.0&new=1.1.0%2Bb",
    .headers = HTML,
    .status = 303,
    .header = "Location: ../../packages/hello/diff/1.0.0/1.1.0+b" },
  { .name = "choice-slash",
    .target = "/at/2/packages/hello/diff/?old=../..&new=a/b",
    .headers = HTML,
    .status = 400 },
  { .name = "choice-dots",
    .target = "/packages/hello/diff?old=1.0.0&new=..",
    .headers = HTML,
    .status = 400 },
  { .name = "choice-view",
    .target = "/at/2/packages/hello/diff/?old=1.0.0&new=1.1.0",
    .headers = HTML,
    .status = 303,
    .header = "Location: ../../../../../at/2/packages/hello/diff/1.0.0/1.1.0" },
  { .name = "choice-none", .target = "/packages/hello/diff", .status = 400 },
  { .name = "choice-half",
    .target = "/packages/hello/diff?new=1.1.0",
    .headers = HTML,
    .status = 400 },
  { .name = "choice-page",
    .target = "/packages/hello/diff",
    .headers = HTML,
    .status = 200,
    .body = "name=\"old\" type=\"text\" value=\"1.0.0\"" },
  { .name = "versions",
    .target = "/packages/hello?versions=all",
    .headers = HTML,
    .status = 200,
    .body = "<a href=\"../packages/hello/diff/1.0.0/1.1.0\">since 1.0.0</a>",
    .absent = "diff/1.1.0" },
  { .name = "package",
    .target = "/packages/hello/1.1.0",
    .headers = HTML,
    .status = 200,
    .body = "<dt>Changes</dt><dd class=\"long\"><a href=\"../../packages/hello/"
            "diff/1.0.0/1.1.0\">since 1.0.0</a>" },
  { .name = "package-first",
    .target = "/packages/hello/1.0.0",
    .headers = HTML,
    .status = 200,
    .absent = "<dt>Changes</dt>" },
  { .name = "no-file", .target = DIFF "/none", .status = 404 },
  { .name = "no-old",
    .target = "/packages/hello/diff/0.1.0/1.0.0",
    .status = 404 },
  { .name = "no-new",
    .target = "/packages/hello/diff/1.0.0/9.0.0",
    .headers = HTML,
    .status = 404 },
  { .name = "no-package",
    .target = "/packages/none/diff/1.0.0/1.1.0",
    .status = 404 },
  { .name = "method", .method = "POST", .target = DIFF, .status = 405 },
};

/* Two versions can be compared, whatever is in them. */
static void
test_rows (ServerFixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;

  server_fixture_run (fixture, publish_cb, NULL);
  server_kit_run_rows (fixture, rows, G_N_ELEMENTS (rows));

  g_autofree char *yanked = registry_kit_yank (&fixture->registry,
                                               "hello",
                                               "1.0.0",
                                               TRUE,
                                               REGISTRY_KIT_TOKEN,
                                               &error);
  g_assert_no_error (error);
  const ServerKitRow again = { .name = "yanked",
                               .target = DIFF,
                               .headers = HTML,
                               .status = 200,
                               .body = "Version <a href=\"../../../../packages/"
                                       "hello/1.0.0\">1.0.0</a> was yanked." };
  server_kit_run_rows (fixture, &again, 1);
}

/* A text of lines that no other has, in any order. */
static char *
make_lines (guint n, guint modulus, guint32 seed)
{
  GString *text = g_string_new (NULL);
  g_autoptr (GRand) rand = g_rand_new_with_seed (seed);

  for (guint i = 0; i < n; i++)
    g_string_append_printf (
      text,
      "%u\n",
      modulus > 0 ? (guint) g_rand_int_range (rand, 0, (int) modulus)
                  : seed + i);

  return g_string_free (text, FALSE);
}

static LoftTestArchive *
make_heavy (const char *version, guint32 seed)
{
  LoftTestArchive *archive = begin (version, NULL, 0);
  g_autofree char *distinct = make_lines (LINES, 0, seed * 1000000);
  g_autofree char *random = make_lines (LINES * 5, 10, seed);
  g_autofree char *large = g_strnfill (LARGE, (char) ('a' + seed));
  g_autofree char *wide = g_strnfill (LARGE - 2, (char) ('a' + seed));

  loft_test_archive_add_file (archive, "distinct.txt", distinct);
  loft_test_archive_add_file (archive, "large.txt", large);
  loft_test_archive_add_file (archive, "random.txt", random);
  loft_test_archive_add_file (archive, "wide.txt", wide);

  return archive;
}

static void
heavy_cb (ServerFixture *fixture, gconstpointer data)
{
  static const ServerKitRow heavy[] = {
    { .name = "heavy",
      .target = DIFF,
      .headers = HTML,
      .status = 200,
      .body = "shown on a page of its own" },
    { .name = "large",
      .target = DIFF "/large.txt",
      .status = 200,
      .body = "\"left_out\":\"too-large\"" },
    { .name = "distinct",
      .target = DIFF "/distinct.txt",
      .headers = HTML,
      .status = 200,
      .body = "Only the beginning is shown." },
    { .name = "distinct-json",
      .target = DIFF "/distinct.txt",
      .status = 200,
      .body = "\"lines_added\":100000,\"lines_removed\":100000," },
    { .name = "random",
      .target = DIFF "/random.txt",
      .headers = HTML,
      .status = 200,
      .body = "takes too long to compare" },
    { .name = "wide",
      .target = DIFF "/wide.txt",
      .status = 200,
      .body = "\"lines_added\":1,\"lines_removed\":1," },
  };

  publish (fixture, "1.0.0", make_heavy ("1.0.0", 1));
  publish (fixture, "1.1.0", make_heavy ("1.1.0", 2));
  for (gsize i = 0; i < G_N_ELEMENTS (heavy); i++)
    server_kit_ask_row (fixture, &heavy[i]);
}

/* Texts that are made to keep a diff busy do so for a moment only. */
static void
test_heavy (ServerFixture *fixture, gconstpointer test_data)
{
  server_fixture_run (fixture, heavy_cb, NULL);
}

static LoftTestArchive *
make_many (const char *version, const char *content)
{
  LoftTestArchive *archive = begin (version, NULL, 0);

  for (guint i = 0; i < 300; i++)
    {
      g_autofree char *path = g_strdup_printf ("src/%03u.lf", i);

      loft_test_archive_add_file (archive, path, content);
    }

  return archive;
}

static void
many_cb (ServerFixture *fixture, gconstpointer data)
{
  static const ServerKitRow pages[] = {
    { .name = "first",
      .target = DIFF,
      .headers = HTML,
      .status = 200,
      .body = "<a rel=\"next\" href=\"?after=src%2F198.lf\">",
      .absent = "src/199.lf" },
    { .name = "first-json",
      .target = DIFF,
      .status = 200,
      .header = "Link: <?after=src%2F198.lf>; rel=\"next\"" },
    { .name = "first-elsewhere",
      .target = DIFF,
      .headers = HTML,
      .status = 200,
      .body = "<a href=\"../../../../packages/hello/diff/1.0.0/1.1.0/src/"
              "150.lf\">" },
    { .name = "second",
      .target = DIFF "?after=src%2F198.lf",
      .headers = HTML,
      .status = 200,
      .body = "src/199.lf",
      .absent = "rel=\"next\"" },
  };

  publish (fixture, "1.0.0", make_many ("1.0.0", "old\n"));
  publish (fixture, "1.1.0", make_many ("1.1.0", "new\n"));
  for (gsize i = 0; i < G_N_ELEMENTS (pages); i++)
    server_kit_ask_row (fixture, &pages[i]);
}

/* Of many files that differ every one can be reached. */
static void
test_many (ServerFixture *fixture, gconstpointer test_data)
{
  server_fixture_run (fixture, many_cb, NULL);
}

static void
hot_cb (ServerFixture *fixture, gconstpointer data)
{
  publish_cb (fixture, NULL);

  g_autofree char *first = site_kit_get (fixture, DIFF, HTML, PLAIN);
  guint64 before = loft_figure_get (&fixture->figures->hot_hits);
  g_autofree char *second = site_kit_get (fixture, DIFF, HTML, PLAIN);
  g_autofree char *json =
    site_kit_get (fixture, DIFF, NULL, "application/json");

  g_assert_cmpstr (first, ==, second);
  g_assert_null (strstr (json, "<html"));
  g_assert_cmpuint (loft_figure_get (&fixture->figures->hot_hits),
                    ==,
                    before + 1);
}

/* What was compared is a hot answer, to those who want the same of it. */
static void
test_hot (ServerFixture *fixture, gconstpointer test_data)
{
  server_fixture_run (fixture, hot_cb, NULL);
}

#define DOCUMENT                                                               \
  "{\"name\":\"odd\",\"version\":\"%s\",\"manifest\":{},\"owners\":[]}"

static void
adopt (ServerFixture *fixture, const char *version, GBytes *tarball)
{
  gsize size = 0;
  const char *data = g_bytes_get_data (tarball, &size);
  g_autofree char *archive = g_strdup_printf ("odd/%s.tar.gz", version);
  g_autofree char *key = g_strdup_printf ("odd/%s.json", version);
  g_autofree char *document = g_strdup_printf (DOCUMENT, version);

  upkeep_kit_put (&fixture->registry, archive, data, (gssize) size);
  upkeep_kit_put (&fixture->registry, key, document, -1);
}

static const LoftTestMember odd_members[] = {
  { .path = "../up", .content = "outside\n" },
  { .path = "hard", .type = '1', .target = "manifest.json" },
  { .path = "a\nb", .content = "two lines\n" },
  { .path = "\xff", .content = "no text\n" },
  { .path = "twice", .content = "first\n" },
  { .path = "twice", .content = "second\n" },
};

static const ServerKitRow odd_rows[] = {
  { .name = "odd",
    .target = "/packages/odd/diff/1.0.0/2.0.0",
    .status = 200,
    .body = "\"added\":4,\"removed\":0,\"changed\":0,\"unchanged\":1,",
    .absent = "second" },
  { .name = "odd-page",
    .target = "/packages/odd/diff/1.0.0/2.0.0",
    .headers = HTML,
    .status = 200,
    .body = "+two lines",
    .absent = "a%0Ab" },
  { .name = "odd-parent",
    .target = "/packages/odd/diff/1.0.0/2.0.0",
    .headers = HTML,
    .status = 200,
    .body = "<bdi>../up</bdi>",
    .absent = "/../up\"" },
  { .name = "torn", .target = "/packages/odd/diff/1.0.0/3.0.0", .status = 500 },
};

static GBytes *
make_odd (gsize n_members)
{
  g_autoptr (LoftTestArchive) archive = loft_test_archive_new ();

  loft_test_archive_add_file (archive, "manifest.json", "{}");
  for (gsize i = 0; i < n_members; i++)
    loft_test_archive_add (archive, &odd_members[i]);
  loft_test_archive_end (archive);

  return loft_test_archive_to_gzip (archive);
}

/* What the original server has left may be anything, and harms nobody. */
static void
test_adopted (ServerFixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) few = make_odd (0);
  g_autoptr (GBytes) many = make_odd (G_N_ELEMENTS (odd_members));
  g_autoptr (GBytes) half =
    g_bytes_new_from_bytes (many, 0, g_bytes_get_size (many) / 2);

  adopt (fixture, "1.0.0", few);
  adopt (fixture, "2.0.0", many);
  adopt (fixture, "3.0.0", half);

  g_autofree char *report =
    upkeep_kit_rescan (&fixture->registry, NULL, &error);
  g_assert_no_error (error);
  g_test_message ("%s", report);
  log_kit_expect (G_LOG_LEVEL_WARNING, "*odd-3.0.0.tar.gz can't be read*");
  server_kit_run_rows (fixture, odd_rows, G_N_ELEMENTS (odd_rows));
  log_kit_check ();
}

#define VERSIONS                                                               \
  "[{\"version\":\"0.1.0-a\"},{\"version\":\"1.0.0-a\"},"                      \
  "{\"version\":\"1.0.0-b\",\"yanked\":true},{\"version\":\"2.0.0-a\"},"       \
  "{\"version\":\"0.9.0\",\"yanked\":true},{\"version\":\"1.0.0\"},"           \
  "{\"version\":\"1.1.0\",\"yanked\":true},{\"version\":\"1.2.0\"}]"

/* A release is compared with the release before it, whatever was tried between
 * them, and nobody is led to a yanked version. */
static void
test_previous (void)
{
  static const char *const expected[] = { NULL,    "0.1.0-a", "1.0.0-a",
                                          "1.2.0", "0.1.0-a", "1.0.0-a",
                                          "1.0.0", "1.0.0" };
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonNode) root =
    loft_json_parse (VERSIONS, strlen (VERSIONS), &error);
  g_assert_no_error (error);
  g_autoptr (GPtrArray) previous =
    loft_previous_find (json_node_get_array (root));

  g_assert_cmpuint (previous->len, ==, G_N_ELEMENTS (expected));
  for (guint i = 0; i < previous->len; i++)
    g_assert_cmpstr (previous->pdata[i], ==, expected[i]);
}

static const struct
{
  const char *target;
  const char *headers;
} known_rows[] = {
  { DIFF, "" },
  { DIFF, HTML },
  { DIFF "/src/main.lf", "" },
  { DIFF "/src/main.lf", HTML "Accept-Encoding: gzip\r\n" },
  { DIFF "?after=end.txt", HTML },
  { BACK, HTML },
};

static void
etags_cb (ServerFixture *fixture, gconstpointer data)
{
  char **etags = (char **) data;

  publish_cb (fixture, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (known_rows); i++)
    {
      etags[i] = site_kit_get_etag (fixture,
                                    known_rows[i].target,
                                    known_rows[i].headers);
      for (gsize j = 0; j < i; j++)
        g_assert_cmpstr (etags[i], !=, etags[j]);
    }
}

static void
known_cb (ServerFixture *fixture, gconstpointer data)
{
  char *const *etags = data;

  for (gsize i = 0; i < G_N_ELEMENTS (known_rows); i++)
    {
      g_autofree char *headers = g_strconcat (known_rows[i].headers,
                                              "If-None-Match: ",
                                              etags[i],
                                              "\r\n",
                                              NULL);
      const ServerKitRow row = { .target = known_rows[i].target,
                                 .headers = headers,
                                 .status = 304 };

      server_kit_ask_row (fixture, &row);
    }
}

/* Who has a comparison already is told so without a look into the tarballs. */
static void
test_known (ServerFixture *fixture, gconstpointer test_data)
{
  char *etags[G_N_ELEMENTS (known_rows)] = { NULL };
  g_autoptr (GError) error = NULL;

  server_fixture_run (fixture, etags_cb, etags);

  /* The package has changed, so that nothing is hot. */
  g_assert_true (registry_kit_deprecate (&fixture->registry,
                                         "hello",
                                         "Use another one",
                                         REGISTRY_KIT_TOKEN,
                                         &error));
  g_assert_no_error (error);
  upkeep_kit_remove (&fixture->registry, "hello/1.0.0.tar.gz");
  server_fixture_run (fixture, known_cb, etags);
  for (gsize i = 0; i < G_N_ELEMENTS (etags); i++)
    g_free (etags[i]);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);
  log_kit_init ();

  g_test_add_func ("/diff/previous", test_previous);
  g_test_add ("/diff/rows",
              ServerFixture,
              NULL,
              server_fixture_set_up,
              test_rows,
              server_fixture_tear_down);
  g_test_add ("/diff/adopted",
              ServerFixture,
              NULL,
              server_fixture_set_up,
              test_adopted,
              server_fixture_tear_down);
  g_test_add ("/diff/heavy",
              ServerFixture,
              NULL,
              server_fixture_set_up,
              test_heavy,
              server_fixture_tear_down);
  g_test_add ("/diff/many",
              ServerFixture,
              NULL,
              server_fixture_set_up,
              test_many,
              server_fixture_tear_down);
  g_test_add ("/diff/hot",
              ServerFixture,
              NULL,
              server_fixture_set_up,
              test_hot,
              server_fixture_tear_down);
  g_test_add ("/diff/known",
              ServerFixture,
              NULL,
              server_fixture_set_up,
              test_known,
              server_fixture_tear_down);

  return g_test_run ();
}
