/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "kit/server-kit.h"
#include "kit/upkeep-kit.h"

#include <string.h>

#define HTML "Accept: text/html,application/xhtml+xml,*/*;q=0.8\r\n"
#define PAGE                                                                   \
  "<!DOCTYPE html><link rel=stylesheet href=style.css>"                        \
  "<script>steal()</script><h1>hello</h1>"

static void
publish (ServerFixture *fixture, const char *name, const char *version)
{
  g_autoptr (GError) error = NULL;
  gboolean created = FALSE;
  g_autofree char *element = registry_kit_publish (&fixture->registry,
                                                   name,
                                                   version,
                                                   "x",
                                                   REGISTRY_KIT_TOKEN,
                                                   &created,
                                                   &error);

  g_assert_no_error (error);
  g_assert_true (created);
}

static void
put (ServerFixture *fixture, const char *key, const char *text)
{
  upkeep_kit_put (&fixture->registry, key, text, -1);
}

static void
rescan (ServerFixture *fixture)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *report =
    upkeep_kit_rescan (&fixture->registry, NULL, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (report, ==, "");
}

/* What the original server has left, of some versions. */
static void
set_up (ServerFixture *fixture, gconstpointer test_data)
{
  server_fixture_set_up (fixture, test_data);
  publish (fixture, "hello", "1.0.0");
  publish (fixture, "hello", "1.1.0");
  publish (fixture, "hello", "2.0.0");
  publish (fixture, "bare", "1.0.0");
  put (fixture, "docs/hello/1.0.0/index.html", PAGE);
  put (fixture, "docs/hello/1.1.0/index.html", PAGE);
  put (fixture, "docs/hello/1.1.0/style.css", "h1 { color: red }");
  put (fixture, "docs/hello/1.1.0/script.js", "steal ()");
  put (fixture, "docs/hello/1.1.0/logo.png", "\211PNG");
  put (fixture, "docs/hello/1.1.0/program.bin", "\177ELF");
  put (fixture, "docs/hello/1.1.0/sub folder/index.html", "<h1>sub</h1>");
  put (fixture, "docs/hello/1.1.0/~1/index.html", "half written");
  put (fixture, "docs/gone/1.0.0/index.html", PAGE);
  put (fixture, "hello/secret.html", "not documentation");
  rescan (fixture);
}

#define POLICY                                                                 \
  "Content-Security-Policy: sandbox; default-src 'none'; style-src 'self' "    \
  "'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; media-src "   \
  "'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"

static const ServerKitRow rows[] = {
  { .name = "newest",
    .target = "/d/hello",
    .status = 307,
    .header = "Location: ../pkg-docs/hello/1.1.0/" },
  { .name = "newest-slash",
    .target = "/d/hello/",
    .status = 307,
    .header = "Location: ../../pkg-docs/hello/1.1.0/" },
  { .name = "version",
    .target = "/d/hello/1.0.0",
    .status = 307,
    .header = "Location: ../../pkg-docs/hello/1.0.0/" },
  { .name = "version-none",
    .target = "/d/hello/2.0.0",
    .status = 404,
    .body = "There is no documentation of “hello” 2.0.0" },
  { .name = "version-none-page",
    .target = "/d/hello/2.0.0",
    .headers = HTML,
    .status = 404,
    .header = "Content-Type: text/html; charset=utf-8",
    .body = "There is no documentation of “hello” 2.0.0" },
  { .name = "version-unknown", .target = "/d/hello/9.9.9", .status = 404 },
  { .name = "package-none", .target = "/d/bare", .status = 404 },
  { .name = "package-unknown", .target = "/d/gone", .status = 404 },
  { .name = "package-unknown-file",
    .target = "/pkg-docs/gone/1.0.0/",
    .status = 404 },
  { .name = "folder",
    .target = "/pkg-docs/hello/1.1.0/",
    .status = 200,
    .header = "Content-Type: text/html; charset=utf-8",
    .body = PAGE },
  { .name = "folder-policy",
    .target = "/pkg-docs/hello/1.1.0/",
    .status = 200,
    .header = POLICY },
  { .name = "folder-nosniff",
    .target = "/pkg-docs/hello/1.1.0/",
    .status = 200,
    .header = "X-Content-Type-Options: nosniff" },
  { .name = "folder-referrer",
    .target = "/pkg-docs/hello/1.1.0/",
    .status = 200,
    .header = "Referrer-Policy: no-referrer" },
  { .name = "folder-fresh",
    .target = "/pkg-docs/hello/1.1.0/",
    .status = 200,
    .header = "Cache-Control: public, no-cache" },
  { .name = "folder-bare",
    .target = "/pkg-docs/hello/1.1.0",
    .status = 307,
    .header = "Location: ./1.1.0/" },
  { .name = "folder-in-folder",
    .target = "/pkg-docs/hello/1.1.0/sub%20folder",
    .status = 307,
    .header = "Location: ./sub%20folder/" },
  { .name = "folder-in-folder-slash",
    .target = "/pkg-docs/hello/1.1.0/sub%20folder/",
    .status = 200,
    .body = "<h1>sub</h1>" },
  { .name = "file",
    .target = "/pkg-docs/hello/1.1.0/sub%20folder/index.html",
    .status = 200,
    .header = POLICY,
    .body = "<h1>sub</h1>" },
  { .name = "file-head",
    .method = "HEAD",
    .target = "/pkg-docs/hello/1.1.0/style.css",
    .status = 200,
    .header = "Content-Length: 17" },
  { .name = "style",
    .target = "/pkg-docs/hello/1.1.0/style.css",
    .status = 200,
    .header = "Content-Type: text/css; charset=utf-8" },
  { .name = "script",
    .target = "/pkg-docs/hello/1.1.0/script.js",
    .status = 200,
    .header = "Content-Type: text/plain; charset=utf-8" },
  { .name = "picture",
    .target = "/pkg-docs/hello/1.1.0/logo.png",
    .headers = "Accept-Encoding: gzip\r\n",
    .status = 200,
    .header = "Content-Type: image/png" },
  { .name = "picture-policy",
    .target = "/pkg-docs/hello/1.1.0/logo.png",
    .status = 200,
    .header = POLICY },
  { .name = "unknown-type",
    .target = "/pkg-docs/hello/1.1.0/program.bin",
    .status = 200,
    .header = "Content-Type: application/octet-stream" },
  { .name = "file-none",
    .target = "/pkg-docs/hello/1.1.0/none.html",
    .status = 404,
    .body = "There is no such page in the documentation of “hello” 1.1.0" },
  { .name = "file-as-folder",
    .target = "/pkg-docs/hello/1.1.0/style.css/",
    .status = 404 },
  { .name = "up",
    .target = "/pkg-docs/hello/1.1.0/../../../hello/secret.html",
    .status = 400,
    .absent = "not documentation" },
  { .name = "up-encoded",
    .target = "/pkg-docs/hello/1.1.0/%2e%2e/%2e%2e/%2e%2e/hello/secret.html",
    .status = 400,
    .absent = "not documentation" },
  { .name = "up-encoded-slash",
    .target = "/pkg-docs/hello/1.1.0/..%2f..%2f..%2fhello/secret.html",
    .status = 400,
    .absent = "not documentation" },
  { .name = "up-version",
    .target = "/pkg-docs/hello/%2e%2e%2fhello/secret.html",
    .status = 400 },
  { .name = "half-written",
    .target = "/pkg-docs/hello/1.1.0/~1/",
    .status = 404,
    .absent = "half written" },
  { .name = "method",
    .method = "POST",
    .target = "/pkg-docs/hello/1.1.0/index.html",
    .status = 405,
    .header = "Allow: GET, HEAD, OPTIONS" },
  { .name = "view", .target = "/at/1/d/hello", .status = 404 },
  { .name = "view-newest", .target = "/at/1000/d/hello", .status = 404 },
  { .name = "view-version", .target = "/min-age/1h/d/hello", .status = 404 },
  { .name = "link",
    .target = "/packages/hello/1.1.0",
    .headers = HTML,
    .status = 200,
    .body = "<a href=\"../../pkg-docs/hello/1.1.0/\">" },
  { .name = "link-none",
    .target = "/packages/hello/2.0.0",
    .headers = HTML,
    .status = 200,
    .absent = "pkg-docs" },
};

/* Documentation is found by package and by version, and shown as what its names
 * say, in a page of nobody; nothing else is reached by its paths. */
static void
test_rows (ServerFixture *fixture, gconstpointer test_data)
{
  server_kit_run_rows (fixture, rows, G_N_ELEMENTS (rows));
}

static void
check_view_cb (ServerFixture *fixture, gconstpointer data)
{
  guint64 now = loft_registry_get_sequence (fixture->registry.registry);
  g_autofree char *view = g_strdup_printf ("/at/%" G_GUINT64_FORMAT, now);
  g_autofree char *newest = g_strconcat (view, "/d/hello", NULL);
  g_autofree char *page = g_strconcat (view, "/pkg-docs/hello/1.1.0/", NULL);
  g_autofree char *later = g_strdup ("/at/1/pkg-docs/hello/2.0.0/");

  g_autoptr (HttpAnswer) found =
    http_request (fixture->port, "GET", newest, NULL, NULL);
  g_assert_cmpuint (found->status, ==, 307);
  g_autofree char *location = http_answer_get_header (found, "Location");
  g_autofree char *expected =
    g_strconcat ("../../..", view, "/pkg-docs/hello/1.1.0/", NULL);
  g_assert_cmpstr (location, ==, expected);

  g_autoptr (HttpAnswer) read =
    http_request (fixture->port, "GET", page, NULL, NULL);
  g_assert_cmpuint (read->status, ==, 200);

  g_autoptr (HttpAnswer) refused =
    http_request (fixture->port, "GET", later, NULL, NULL);
  g_assert_cmpuint (refused->status, ==, 404);
}

/* A view has the documentation of the versions that it has. */
static void
test_view (ServerFixture *fixture, gconstpointer test_data)
{
  server_fixture_run (fixture, check_view_cb, NULL);
}

static char *
get (ServerFixture *fixture, const char *target, const char *headers)
{
  g_autoptr (HttpAnswer) answer =
    http_request (fixture->port, "GET", target, headers, NULL);

  g_assert_cmpuint (answer->status, ==, 200);

  return http_answer_dup_text (answer);
}

static void
check_hot_cb (ServerFixture *fixture, gconstpointer data)
{
  guint64 before = loft_figure_get (&fixture->figures->hot_hits);
  g_autofree char *first =
    get (fixture, "/pkg-docs/hello/1.1.0/style.css", NULL);
  g_autofree char *second =
    get (fixture, "/pkg-docs/hello/1.1.0/style.css", NULL);
  g_autofree char *page = get (fixture, "/pkg-docs/hello/1.1.0/", HTML);
  g_autoptr (HttpAnswer) answer =
    http_request (fixture->port, "GET", "/pkg-docs/hello/1.1.0/", HTML, NULL);
  g_autofree char *etag = http_answer_get_header (answer, "ETag");
  g_autofree char *known =
    g_strconcat (HTML "If-None-Match: ", etag, "\r\n", NULL);
  g_autoptr (HttpAnswer) same =
    http_request (fixture->port, "GET", "/pkg-docs/hello/1.1.0/", known, NULL);

  g_assert_cmpstr (first, ==, second);
  g_assert_cmpstr (page, ==, PAGE);
  server_kit_check_header (answer, POLICY);
  g_assert_cmpuint (same->status, ==, 304);
  g_assert_cmpuint (loft_figure_get (&fixture->figures->hot_hits),
                    ==,
                    before + 2);
}

/* What was shown once is a hot answer, and not sent to those who have it. */
static void
test_hot (ServerFixture *fixture, gconstpointer test_data)
{
  server_fixture_run (fixture, check_hot_cb, NULL);
}

static void
check_link_cb (ServerFixture *fixture, gconstpointer data)
{
  g_autofree char *page = get (fixture, "/packages/bare/1.0.0", HTML);

  g_assert_cmpint (strstr (page, "/pkg-docs/bare/1.0.0/") != NULL,
                   ==,
                   GPOINTER_TO_INT (data));
}

/* What is put there later is found by a rescan, told of by the log once, and
 * known to a catalog that is made anew. */
static void
test_found_later (ServerFixture *fixture, gconstpointer test_data)
{
  server_fixture_run (fixture, check_link_cb, GINT_TO_POINTER (FALSE));
  put (fixture, "docs/bare/1.0.0/index.html", PAGE);
  rescan (fixture);
  server_fixture_run (fixture, check_link_cb, GINT_TO_POINTER (TRUE));

  g_autofree char *changes = registry_kit_changes (&fixture->registry);
  g_assert_true (g_str_has_suffix (changes, " docs bare 1.0.0\n"));
  rescan (fixture);
  g_autofree char *again = registry_kit_changes (&fixture->registry);
  g_assert_cmpstr (changes, ==, again);
}

#define ADD(path, func)                                                        \
  g_test_add (path, ServerFixture, NULL, set_up, func, server_fixture_tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  ADD ("/docs/rows", test_rows);
  ADD ("/docs/view", test_view);
  ADD ("/docs/hot", test_hot);
  ADD ("/docs/found-later", test_found_later);

  return g_test_run ();
}
