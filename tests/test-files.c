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

#include <string.h>

#define HTML "Accept: text/html,*/*;q=0.8\r\n"
#define PLAIN "text/html; charset=utf-8"
#define FILES "/packages/hello/1.0.0/files"
#define RAW "/packages/hello/1.0.0/raw"
#define POLICY "Content-Security-Policy: default-src 'none'; sandbox"
#define BIG (24 * 1024 * 1024)

static const char readme[] = "# Hello\n"
                             "[code](src/main.lf) [up](../../../etc/passwd)\n"
                             "[root](/src/main.lf#L2) ![logo](img/logo.svg)\n";

static const char program[] = "// <b>A comment</b>\n"
                              "fn main() {\n"
                              "  print(\"hello\");\n"
                              "}\n";

static const LoftTestMember members[] = {
  { .path = "README.md", .content = readme },
  { .path = "src/main.lf", .content = program },
  { .path = "img/logo.svg",
    .content = "<svg xmlns=\"http://www.w3.org/2000/svg\" onload=\"x()\"/>" },
  { .path = "bin/nul", .content = "a\0b", .length = 3 },
  { .path = "bin/latin", .content = "caf\xe9\n" },
  { .path = "bin/wrong", .content = "caf\xe9\xe9\n" },
  { .path = "bin/controls", .content = "a\1\2b\n" },
  { .path = "empty", .content = "" },
  { .path = "separators.txt",
    .content = "one\xe2\x80\xa8two\xe2\x80\xaethree\n" },
  { .path = "<script>.txt", .content = "</pre><script>alert(1)</script>\n" },
  { .path = "javascript:alert(1)", .content = "nothing\n" },
  { .path = "\xe2\x80\xaetxt.exe", .content = "turned\n" },
  { .path = "page.html", .content = "<script>alert(1)</script>" },
  { .path = "link", .type = '2', .target = "src/main.lf" },
};

static void
publish_cb (ServerFixture *fixture, gconstpointer data)
{
  g_autoptr (LoftTestArchive) archive = loft_test_archive_new ();
  g_autofree char *lines = g_strnfill (30000, '\n');
  g_autofree char *wide = g_strnfill (2 * 1024 * 1024, 'w');
  g_autofree char *big = g_malloc0 (BIG);
  const LoftTestMember member = { .path = "big",
                                  .content = big,
                                  .length = BIG };

  loft_test_archive_add_manifest (archive, "hello", "1.0.0");
  for (gsize i = 0; i < G_N_ELEMENTS (members); i++)
    loft_test_archive_add (archive, &members[i]);
  loft_test_archive_add_file (archive, "lines.txt", lines);
  loft_test_archive_add_file (archive, "wide.txt", wide);
  loft_test_archive_add (archive, &member);
  loft_test_archive_add_file (archive, "last.txt", "behind all that\n");
  site_kit_publish_archive (fixture, "hello", "1.0.0", archive);
}

static const ServerKitRow rows[] = {
  { .name = "package",
    .target = "/packages/hello/1.0.0",
    .headers = HTML,
    .status = 200,
    .body = "href=\"../../packages/hello/1.0.0/files/src/main.lf\"" },
  { .name = "readme-link",
    .target = "/packages/hello",
    .headers = HTML,
    .status = 200,
    .body = "<a href=\"../packages/hello/1.0.0/files/src/main.lf\">code</a>" },
  { .name = "readme-parent",
    .target = "/packages/hello",
    .headers = HTML,
    .status = 200,
    .body = "<a href=\"../packages/hello/1.0.0/files/etc/passwd\">up</a>" },
  { .name = "readme-root",
    .target = "/packages/hello",
    .headers = HTML,
    .status = 200,
    .body =
      "<a href=\"../packages/hello/1.0.0/files/src/main.lf#L2\">root</a>" },
  { .name = "readme-image",
    .target = "/packages/hello",
    .headers = HTML,
    .status = 200,
    .body = "src=\"../packages/hello/1.0.0/raw/img/logo.svg\"" },
  { .name = "list-json",
    .target = FILES,
    .status = 200,
    .header = "Content-Type: application/json",
    .body = "\"path\":\"src/main.lf\"" },
  { .name = "list",
    .target = FILES,
    .headers = HTML,
    .status = 200,
    .body = "href=\"../../../packages/hello/1.0.0/files/src/main.lf\"",
    .absent = "<script>" },
  { .name = "list-scheme",
    .target = FILES,
    .headers = HTML,
    .status = 200,
    .absent = "href=\"javascript" },
  { .name = "list-after",
    .target = FILES "?after=page.html",
    .headers = HTML,
    .status = 200,
    .body = "src/main.lf",
    .absent = "README.md" },
  { .name = "about",
    .target = FILES "/src/main.lf",
    .status = 200,
    .header = "Content-Type: application/json",
    .body = "{\"path\":\"src/main.lf\",\"size\":52}" },
  { .name = "lines",
    .target = FILES "/src/main.lf",
    .headers = HTML,
    .status = 200,
    .body = "<a id=\"L4\" href=\"#L4\" tabindex=\"-1\">4</a>",
    .absent = "id=\"L5\"" },
  { .name = "classes",
    .target = FILES "/src/main.lf",
    .headers = HTML,
    .status = 200,
    .body = "<span class=\"tok-k\">fn</span>",
    .absent = "<b>" },
  { .name = "view",
    .target = "/at/2" FILES "/src/main.lf",
    .headers = HTML,
    .status = 200,
    .body = "href=\"../../../../../../../at/2/packages/hello/1.0.0/raw/src/"
            "main.lf\"" },
  { .name = "young",
    .target = "/min-age/7d" RAW "/src/main.lf",
    .status = 404 },
  { .name = "nul",
    .target = FILES "/bin/nul",
    .headers = HTML,
    .status = 200,
    .body = "This file is no text." },
  { .name = "latin",
    .target = FILES "/bin/latin",
    .headers = HTML,
    .status = 200,
    .body = "caf\357\277\275\n" },
  { .name = "wrong",
    .target = FILES "/bin/wrong",
    .headers = HTML,
    .status = 200,
    .body = "This file is no text." },
  { .name = "controls",
    .target = FILES "/bin/controls",
    .headers = HTML,
    .status = 200,
    .body = "This file is no text." },
  { .name = "empty",
    .target = FILES "/empty",
    .headers = HTML,
    .status = 200,
    .absent = "id=\"L1\"" },
  { .name = "separators",
    .target = FILES "/separators.txt",
    .headers = HTML,
    .status = 200,
    .body = "id=\"L1\"",
    .absent = "\xe2\x80\xae" },
  { .name = "markup",
    .target = FILES "/%3Cscript%3E.txt",
    .headers = HTML,
    .status = 200,
    .body = "&lt;/pre&gt;&lt;script&gt;",
    .absent = "<script>" },
  { .name = "turned",
    .target = FILES "/%E2%80%AEtxt.exe",
    .headers = HTML,
    .status = 200,
    .body = "turned",
    .absent = "\xe2\x80\xae" },
  { .name = "scheme",
    .target = FILES "/javascript:alert(1)",
    .headers = HTML,
    .status = 200,
    .absent = "href=\"javascript" },
  { .name = "many-lines",
    .target = FILES "/lines.txt",
    .headers = HTML,
    .status = 200,
    .body = "Only the beginning is shown.",
    .absent = "id=\"L20001\"" },
  { .name = "wide-line",
    .target = FILES "/wide.txt",
    .headers = HTML,
    .status = 200,
    .body = "Only the beginning is shown." },
  { .name = "image",
    .target = FILES "/img/logo.svg",
    .headers = HTML,
    .status = 200,
    .body = "<img class=\"picture\" "
            "src=\"../../../../../packages/hello/1.0.0/raw/img/logo.svg\"",
    .absent = "onload" },
  { .name = "raw-image",
    .target = RAW "/img/logo.svg",
    .status = 200,
    .header = "Content-Type: image/svg+xml" },
  { .name = "raw-image-saved",
    .target = RAW "/img/logo.svg",
    .status = 200,
    .header = "Content-Disposition: attachment; filename=\"logo.svg\"" },
  { .name = "raw-policy",
    .target = RAW "/img/logo.svg",
    .headers = HTML,
    .status = 200,
    .header = POLICY },
  { .name = "raw-nosniff",
    .target = RAW "/img/logo.svg",
    .status = 200,
    .header = "X-Content-Type-Options: nosniff" },
  { .name = "raw-cache",
    .target = RAW "/img/logo.svg",
    .status = 200,
    .header = "Cache-Control: public, max-age=31536000, immutable" },
  { .name = "raw-page",
    .target = RAW "/page.html",
    .headers = HTML,
    .status = 200,
    .header = "Content-Type: application/octet-stream" },
  { .name = "raw-page-saved",
    .target = RAW "/page.html",
    .status = 200,
    .header = "Content-Disposition: attachment; filename=\"page.html\"" },
  { .name = "raw-big", .target = RAW "/big", .status = 413 },
  { .name = "big",
    .target = FILES "/big",
    .headers = HTML,
    .status = 200,
    .body = "This file is too large to be shown." },
  { .name = "last",
    .target = RAW "/last.txt",
    .status = 200,
    .body = "behind all that" },
  { .name = "link", .target = RAW "/link", .status = 404 },
  { .name = "none", .target = RAW "/none", .status = 404 },
  { .name = "folder", .target = RAW "/src", .status = 404 },
  { .name = "parent", .target = RAW "/../hello", .status = 400 },
  { .name = "encoded-parent", .target = RAW "/%2e%2e/hello", .status = 400 },
  { .name = "encoded-slash", .target = RAW "/src%2Fmain.lf", .status = 400 },
  { .name = "newline", .target = RAW "/a%0Ab", .status = 400 },
  { .name = "no-version",
    .target = "/packages/hello/2.0.0/raw/a",
    .status = 404 },
  { .name = "no-package",
    .target = "/packages/none/1.0.0/raw/a",
    .status = 404 },
};

/* Every file of a package can be looked at, whatever it is and is called, and
 * READMEs lead to them. */
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
                               .target = RAW "/src/main.lf",
                               .status = 200,
                               .body = "fn main" };
  server_kit_run_rows (fixture, &again, 1);
}

static void
many_cb (ServerFixture *fixture, gconstpointer data)
{
  static const ServerKitRow pages[] = {
    { .name = "first",
      .target = "/packages/hello/2.0.0/files",
      .headers = HTML,
      .status = 200,
      .body = "<a rel=\"next\" href=\"?after=src%2F198.lf\">",
      .absent = "src/199.lf" },
    { .name = "second",
      .target = "/packages/hello/2.0.0/files?after=src%2F198.lf",
      .headers = HTML,
      .status = 200,
      .body = "src/199.lf",
      .absent = "rel=\"next\"" },
    { .name = "behind",
      .target = "/packages/hello/2.0.0/files?after=z",
      .headers = HTML,
      .status = 200,
      .absent = "rel=\"next\"" },
  };
  g_autoptr (LoftTestArchive) archive = loft_test_archive_new ();

  loft_test_archive_add_manifest (archive, "hello", "2.0.0");
  for (guint i = 0; i < 300; i++)
    {
      g_autofree char *path = g_strdup_printf ("src/%03u.lf", i);

      loft_test_archive_add_file (archive, path, "x");
    }
  site_kit_publish_archive (fixture, "hello", "2.0.0", archive);
  for (gsize i = 0; i < G_N_ELEMENTS (pages); i++)
    server_kit_ask_row (fixture, &pages[i]);
}

/* Of many files every one can be reached. */
static void
test_many (ServerFixture *fixture, gconstpointer test_data)
{
  server_fixture_run (fixture, many_cb, NULL);
}

static void
hot_cb (ServerFixture *fixture, gconstpointer data)
{
  publish_cb (fixture, NULL);

  g_autofree char *first =
    site_kit_get (fixture, FILES "/src/main.lf", HTML, PLAIN);
  guint64 before = loft_figure_get (&fixture->figures->hot_hits);
  g_autofree char *second =
    site_kit_get (fixture, FILES "/src/main.lf", HTML, PLAIN);
  g_autofree char *about =
    site_kit_get (fixture, FILES "/src/main.lf", NULL, "application/json");

  g_assert_cmpstr (first, ==, second);
  g_assert_null (strstr (about, "<html"));
  g_assert_cmpuint (loft_figure_get (&fixture->figures->hot_hits),
                    ==,
                    before + 1);
}

/* What was looked at is a hot answer, to those who want the same of it. */
static void
test_hot (ServerFixture *fixture, gconstpointer test_data)
{
  server_fixture_run (fixture, hot_cb, NULL);
}

static guint
ask_known (ServerFixture *fixture,
           const char *target,
           const char *headers,
           const char *etag)
{
  g_autofree char *lines =
    g_strconcat (headers, "If-None-Match: ", etag, "\r\n", NULL);
  g_autoptr (HttpAnswer) answer =
    http_request (fixture->port, "GET", target, lines, NULL);

  g_test_message ("%s: %s", target, answer->head);
  if (answer->status == 304)
    {
      g_autofree char *own = http_answer_get_header (answer, "ETag");

      g_assert_cmpstr (own, ==, etag);
    }

  return answer->status;
}

#define GZIP "Accept-Encoding: gzip\r\n"

static const struct
{
  const char *target;
  const char *headers;
} known_rows[] = {
  { RAW "/src/main.lf", "" },
  { RAW "/src/main.lf", GZIP },
  { FILES "/src/main.lf", HTML },
  { FILES "/src/main.lf", HTML GZIP },
  { FILES "/src/main.lf", "" },
  { FILES "/src/main.lf", GZIP },
  { "/at/2" FILES "/src/main.lf", HTML },
};

static void
etags_cb (ServerFixture *fixture, gconstpointer data)
{
  char **etags = (char **) data;

  publish_cb (fixture, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (known_rows); i++)
    etags[i] =
      site_kit_get_etag (fixture, known_rows[i].target, known_rows[i].headers);
  g_assert_cmpstr (etags[2], !=, etags[6]);
}

static void
known_cb (ServerFixture *fixture, gconstpointer data)
{
  char *const *etags = data;
  g_autofree char *other = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (known_rows); i++)
    g_assert_cmpuint (ask_known (fixture,
                                 known_rows[i].target,
                                 known_rows[i].headers,
                                 etags[i]),
                      ==,
                      304);

  /* Who has another one, or nothing that is said, needs the tarball. */
  g_assert_cmpuint (ask_known (fixture, RAW "/src/main.lf", "", etags[2]),
                    ==,
                    500);
  g_assert_cmpuint (ask_known (fixture, FILES "/src/main.lf", HTML, "*"),
                    ==,
                    500);
  g_assert_cmpuint (
    ask_known (fixture, "/packages/hello/2.0.0/raw/a", "", etags[0]),
    ==,
    404);
}

/* Who has a file already is told so without a look into the tarball. */
static void
test_known (ServerFixture *fixture, gconstpointer test_data)
{
  char *etags[G_N_ELEMENTS (known_rows)] = { NULL };
  g_autoptr (GError) error = NULL;

  server_fixture_run (fixture, etags_cb, etags);

  /* The package has changed, so that nothing is hot. */
  g_autofree char *yanked = registry_kit_yank (&fixture->registry,
                                               "hello",
                                               "1.0.0",
                                               TRUE,
                                               REGISTRY_KIT_TOKEN,
                                               &error);
  g_assert_no_error (error);
  upkeep_kit_remove (&fixture->registry, "hello/1.0.0.tar.gz");
  log_kit_expect (G_LOG_LEVEL_WARNING, "*hello/1.0.0.tar.gz* is missing*");
  server_fixture_run (fixture, known_cb, etags);
  log_kit_check ();
  for (gsize i = 0; i < G_N_ELEMENTS (etags); i++)
    g_free (etags[i]);
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
  { .path = "manifest.json", .content = "{}" },
  { .path = "../up", .content = "outside" },
  { .path = "/root", .content = "outside" },
  { .path = "hard", .type = '1', .target = "manifest.json" },
  { .path = "soft", .type = '2', .target = "/etc/passwd" },
  { .path = "a\nb", .content = "two lines" },
  { .path = "\xff", .content = "no text" },
  { .path = "twice", .content = "first" },
  { .path = "twice", .content = "second" },
  { .path = "last", .content = "behind all that" },
};

static const ServerKitRow odd_rows[] = {
  { .name = "odd-list", .target = "/packages/odd/1.0.0/files", .status = 200 },
  { .name = "odd-page",
    .target = "/packages/odd/1.0.0/files",
    .headers = HTML,
    .status = 200 },
  { .name = "up", .target = "/packages/odd/1.0.0/raw/up", .status = 404 },
  { .name = "hard", .target = "/packages/odd/1.0.0/raw/hard", .status = 404 },
  { .name = "soft", .target = "/packages/odd/1.0.0/raw/soft", .status = 404 },
  { .name = "bytes", .target = "/packages/odd/1.0.0/raw/%FF", .status = 400 },
  { .name = "twice",
    .target = "/packages/odd/1.0.0/raw/twice",
    .status = 200,
    .body = "first" },
  { .name = "odd-last",
    .target = "/packages/odd/1.0.0/raw/last",
    .status = 200,
    .body = "behind all that" },
  { .name = "torn", .target = "/packages/odd/2.0.0/raw/last", .status = 500 },
  { .name = "no-gzip", .target = "/packages/odd/3.0.0/raw/a", .status = 500 },
};

/* What the original server has left may be anything, and harms nobody. */
static void
test_adopted (ServerFixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (LoftTestArchive) archive = loft_test_archive_new ();
  g_autoptr (GBytes) other = g_bytes_new_static ("this is no gzip", 15);

  for (gsize i = 0; i < G_N_ELEMENTS (odd_members); i++)
    loft_test_archive_add (archive, &odd_members[i]);
  loft_test_archive_end (archive);

  g_autoptr (GBytes) whole = loft_test_archive_to_gzip (archive);
  g_autoptr (GBytes) half =
    g_bytes_new_from_bytes (whole, 0, g_bytes_get_size (whole) / 2);
  adopt (fixture, "1.0.0", whole);
  adopt (fixture, "2.0.0", half);
  adopt (fixture, "3.0.0", other);

  g_autofree char *report =
    upkeep_kit_rescan (&fixture->registry, NULL, &error);
  g_assert_no_error (error);
  g_test_message ("%s", report);
  log_kit_expect (G_LOG_LEVEL_WARNING, "*odd-2.0.0.tar.gz can't be read*");
  log_kit_expect (G_LOG_LEVEL_WARNING, "*odd-3.0.0.tar.gz can't be read*");
  server_kit_run_rows (fixture, odd_rows, G_N_ELEMENTS (odd_rows));
  log_kit_check ();
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);
  log_kit_init ();

  g_test_add ("/files/rows",
              ServerFixture,
              NULL,
              server_fixture_set_up,
              test_rows,
              server_fixture_tear_down);
  g_test_add ("/files/adopted",
              ServerFixture,
              NULL,
              server_fixture_set_up,
              test_adopted,
              server_fixture_tear_down);
  g_test_add ("/files/many",
              ServerFixture,
              NULL,
              server_fixture_set_up,
              test_many,
              server_fixture_tear_down);
  g_test_add ("/files/hot",
              ServerFixture,
              NULL,
              server_fixture_set_up,
              test_hot,
              server_fixture_tear_down);
  g_test_add ("/files/known",
              ServerFixture,
              NULL,
              server_fixture_set_up,
              test_known,
              server_fixture_tear_down);

  return g_test_run ();
}
