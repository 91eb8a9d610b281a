/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "kit/loft-test-archive.h"
#include "kit/log-kit.h"
#include "kit/server-kit.h"

#include <string.h>

/* A row: what is asked, and what has to be in the answer. */
static const ServerKitRow rows[] = {
  { .name = "root",
    .target = "/",
    .status = 200,
    .header = "Content-Type: application/json",
    .body = "{\"name\":\"loft Package Registry\",\"version\":\"" PACKAGE_VERSION
            "\",\"packages_count\":2,\"users_count\":0}" },
  { .name = "livez", .target = "/livez", .status = 200, .body = "alive" },
  { .name = "readyz",
    .target = "/readyz",
    .status = 200,
    .header = "Cache-Control: no-store",
    .body = "\"status\":\"ready\"" },
  { .name = "no-server-header",
    .target = "/",
    .status = 200,
    .header = "Server:" },
  { .name = "list",
    .target = "/packages",
    .status = 200,
    .header = "Vary: Accept, Accept-Encoding",
    .body = "\"name\":\"hello-lib\",\"version\":\"0.2.0\"" },
  { .name = "list-slash", .target = "//packages//", .status = 200 },
  { .name = "list-unknown-parameter",
    .target = "/packages?x=1",
    .status = 200 },
  { .name = "versions",
    .target = "/packages/hello-lib",
    .status = 200,
    .header = "Cache-Control: public, no-cache",
    .body = "\"version\":\"0.3.0-rc.1\"" },
  { .name = "versions-double-slash",
    .target = "//packages//hello-lib/",
    .status = 200 },
  { .name = "versions-encoded",
    .target = "/packages/hello%2Dlib",
    .status = 200 },
  { .name = "versions-cors",
    .target = "/packages/hello-lib",
    .status = 200,
    .header = "Access-Control-Allow-Origin: *" },
  { .name = "versions-with-accept",
    .target = "/packages/hello-lib",
    .headers = "Accept: */*\r\n",
    .status = 200,
    .header = "Content-Encoding:" },
  { .name = "no-such-package",
    .target = "/packages/left-pad",
    .status = 404,
    .header = "Content-Type: application/problem+json",
    .body = "{\"detail\":\"" },
  { .name = "no-such-package-cors",
    .target = "/packages/left-pad",
    .status = 404,
    .header = "Access-Control-Allow-Origin: *" },
  { .name = "no-such-package-head",
    .method = "HEAD",
    .target = "/packages/left-pad",
    .status = 404 },
  { .name = "version",
    .target = "/packages/hello-lib/0.1.0",
    .status = 200,
    .body = "\"files\":" },
  { .name = "version-manifest",
    .target = "/packages/hello-lib/0.1.0",
    .status = 200,
    .body = "\"manifest\":" },
  { .name = "no-such-version",
    .target = "/packages/hello-lib/9.9.9",
    .status = 404 },
  { .name = "download-type",
    .target = "/packages/hello-lib/0.1.0/download",
    .status = 200,
    .header = "Content-Type: application/gzip" },
  { .name = "download-cached-forever",
    .target = "/packages/hello-lib/0.1.0/download",
    .status = 200,
    .header = "Cache-Control: public, max-age=31536000, immutable" },
  { .name = "download-ranges",
    .target = "/packages/hello-lib/0.1.0/download",
    .status = 200,
    .header = "Accept-Ranges: bytes" },
  { .name = "download-name",
    .target = "/packages/hello-lib/0.1.0/download",
    .status = 200,
    .header =
      "Content-Disposition: attachment; filename=\"hello-lib-0.1.0.tar.gz\"" },
  { .name = "download-nosniff",
    .target = "/packages/hello-lib/0.1.0/download",
    .status = 200,
    .header = "X-Content-Type-Options: nosniff" },
  { .name = "download-never-encoded",
    .target = "/packages/hello-lib/0.1.0/download",
    .headers = "Accept-Encoding: gzip, zstd\r\n",
    .status = 200,
    .header = "Content-Encoding:" },
  { .name = "no-such-download",
    .target = "/packages/hello-lib/9.9.9/download",
    .status = 404 },
  { .name = "dependents",
    .target = "/packages/hello-lib/dependents",
    .status = 200,
    .body = "\"user-lib\"" },
  { .name = "search",
    .target = "/packages?q=hello",
    .status = 200,
    .body = "hello-lib" },
  { .name = "page",
    .target = "/packages?limit=1&sort=name",
    .status = 200,
    .header = "Link: <?sort=name&limit=1&after=*>; rel=\"next\"" },
  { .name = "bad-sort", .target = "/packages?sort=size", .status = 400 },
  { .name = "bad-limit", .target = "/packages?limit=-1", .status = 400 },
  { .name = "endless-limit", .target = "/packages?limit=99999", .status = 400 },
  { .name = "limit-twice",
    .target = "/packages?limit=1&limit=2",
    .status = 400 },
  { .name = "bad-query", .target = "/packages?q=%zz", .status = 400 },
  { .name = "odd-query", .target = "/packages?q=%22%28OR", .status = 200 },
  { .name = "bad-cursor",
    .target = "/packages?limit=1&after=%01",
    .status = 400 },
  { .name = "changes",
    .target = "/changes",
    .status = 200,
    .header = "Content-Type: application/x-ndjson",
    .body = "{\"seq\":1," },
  { .name = "changes-next",
    .target = "/changes?limit=1",
    .status = 200,
    .header = "Link: <?limit=1&since=1>; rel=\"next\"" },
  { .name = "changes-bad-since", .target = "/changes?since=x", .status = 400 },
  { .name = "changes-bad-wait", .target = "/changes?wait=1s", .status = 400 },
  { .name = "options",
    .method = "OPTIONS",
    .target = "/packages/hello-lib/0.1.0",
    .status = 204,
    .header = "Allow: GET, HEAD, PUT, OPTIONS" },
  { .name = "options-methods",
    .method = "OPTIONS",
    .target = "/packages",
    .status = 204,
    .header = "Access-Control-Allow-Methods: GET, HEAD, OPTIONS" },
  { .name = "options-all", .method = "OPTIONS", .target = "*", .status = 204 },
  { .name = "options-nowhere",
    .method = "OPTIONS",
    .target = "/nowhere",
    .status = 404 },
  { .name = "method",
    .method = "PATCH",
    .target = "/packages/publish",
    .status = 405,
    .header = "Allow: POST, GET, HEAD, OPTIONS" },
  { .name = "method-lower-case",
    .method = "get",
    .target = "/packages",
    .status = 405 },
  { .name = "nowhere", .target = "/nowhere", .status = 404 },
  { .name = "id",
    .target = "/",
    .headers = "X-Request-Id: from-the-proxy.1\r\n",
    .status = 200,
    .header = "X-Request-Id: from-the-proxy.1" },
  { .name = "body-of-a-get",
    .target = "/",
    .headers = "Content-Length: 0\r\n",
    .status = 200 },
  { .name = "absolute-target",
    .target = "http://127.0.0.1/packages/hello-lib",
    .status = 200 },
};

static void
publish (RegistryFixture *registry, const char *version)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *element = registry_kit_publish (registry,
                                                   "hello-lib",
                                                   version,
                                                   version,
                                                   REGISTRY_KIT_TOKEN,
                                                   NULL,
                                                   &error);

  g_assert_no_error (error);
  g_assert_nonnull (element);
}

static void
publish_user (ServerFixture *fixture)
{
  g_autoptr (LoftTestArchive) archive = loft_test_archive_new ();

  loft_test_archive_add_file (
    archive,
    "manifest.json",
    "{\"name\":\"user-lib\",\"version\":\"1.0.0\",\"entrypoint\":\"m.lf\","
    "\"dependencies\":{\"hello-lib\":\"^0.1.0\"}}");
  loft_test_archive_add_file (archive, "m.lf", "");
  loft_test_archive_end (archive);

  g_autoptr (GBytes) tarball = loft_test_archive_to_gzip (archive);
  g_autoptr (HttpAnswer) answer = http_request (fixture->port,
                                                "PUT",
                                                "/packages/user-lib/1.0.0",
                                                SERVER_KIT_AUTH SERVER_KIT_GZIP,
                                                tarball);
  g_assert_cmpuint (answer->status, ==, 201);
}

static void
publish_user_cb (ServerFixture *fixture, gconstpointer data)
{
  publish_user (fixture);
}

static void
set_up (ServerFixture *fixture, gconstpointer test_data)
{
  server_fixture_set_up (fixture, NULL);
  publish (&fixture->registry, "0.1.0");
  publish (&fixture->registry, "0.3.0-rc.1");
  publish (&fixture->registry, "0.2.0");
  server_fixture_run (fixture, publish_user_cb, NULL);
}

/* Every path answers as the contract has it. */
static void
test_rows (ServerFixture *fixture, gconstpointer test_data)
{
  server_kit_run_rows (fixture, rows, G_N_ELEMENTS (rows));
}

/* The client takes the last element or the last match: pre-releases come first,
 * then versions in their order. */
static void
ask_order (ServerFixture *fixture, gconstpointer data)
{
  g_autoptr (HttpAnswer) answer =
    http_request (fixture->port, "GET", "/packages/hello-lib", NULL, NULL);
  g_autofree char *text = http_answer_dup_text (answer);
  const char *pre = strstr (text, "\"version\":\"0.3.0-rc.1\"");
  const char *first = strstr (text, "\"version\":\"0.1.0\"");
  const char *last = strstr (text, "\"version\":\"0.2.0\"");

  g_assert_true (g_str_has_prefix (text, "["));
  g_assert_true (pre < first);
  g_assert_true (first < last);
}

static void
test_order (ServerFixture *fixture, gconstpointer test_data)
{
  server_fixture_run (fixture, ask_order, NULL);
}

/* Each coding has its own entity tag, a 304 for it, and the same content. */
static void
ask_codings (ServerFixture *fixture, gconstpointer data)
{
  static const char *const codings[] = { "identity", "gzip", "zstd" };
  g_autoptr (GHashTable) tags =
    g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (HttpClient) client = http_client_new (fixture->port);

  for (gsize i = 0; i < G_N_ELEMENTS (codings); i++)
    {
      g_autofree char *accept =
        g_strdup_printf ("Accept-Encoding: %s\r\n", codings[i]);
      g_autoptr (HttpAnswer) answer =
        http_client_request (client, "GET", "/packages", accept, NULL);
      g_autofree char *tag = http_answer_get_header (answer, "ETag");
      g_autofree char *coding =
        http_answer_get_header (answer, "Content-Encoding");
      g_assert_cmpuint (answer->status, ==, 200);
      g_assert_cmpstr (coding, ==, i > 0 ? codings[i] : NULL);

      g_autofree char *condition =
        g_strdup_printf ("%sIf-None-Match: \"x\", W/%s\r\n", accept, tag);
      g_autoptr (HttpAnswer) again =
        http_client_request (client, "GET", "/packages", condition, NULL);
      g_autofree char *length =
        http_answer_get_header (again, "Content-Length");
      g_autofree char *same_tag = http_answer_get_header (again, "ETag");
      g_assert_cmpuint (again->status, ==, 304);
      g_assert_cmpstr (same_tag, ==, tag);
      g_assert_null (length);

      g_autoptr (HttpAnswer) head =
        http_client_request (client, "HEAD", "/packages", accept, NULL);
      g_autofree char *promised =
        http_answer_get_header (head, "Content-Length");
      g_assert_cmpuint (g_ascii_strtoull (promised, NULL, 10),
                        ==,
                        g_bytes_get_size (answer->body));
      g_assert_true (g_hash_table_add (tags, g_steal_pointer (&tag)));
    }
}

static void
test_codings (ServerFixture *fixture, gconstpointer test_data)
{
  server_fixture_run (fixture, ask_codings, NULL);
}

/* A part of a tarball is that part; two parts, or parts of another one, are the
 * whole. */
static void
ask_ranges (ServerFixture *fixture, gconstpointer data)
{
  static const char target[] = "/packages/hello-lib/0.1.0/download";
  g_autoptr (HttpClient) client = http_client_new (fixture->port);
  g_autoptr (HttpAnswer) whole =
    http_client_request (client, "GET", target, NULL, NULL);
  g_autofree char *tag = http_answer_get_header (whole, "ETag");
  g_autofree char *digest = http_answer_get_header (whole, "Repr-Digest");
  g_autofree char *sha256 =
    g_compute_checksum_for_bytes (G_CHECKSUM_SHA256, whole->body);
  g_autofree char *expected = g_strdup_printf ("\"sha256-%s\"", sha256);
  gsize size = g_bytes_get_size (whole->body);
  g_assert_cmpstr (tag, ==, expected);
  g_assert_nonnull (digest);

  g_autofree char *good =
    g_strdup_printf ("Range: bytes=10-19\r\nIf-Range: %s\r\n", tag);
  g_autoptr (HttpAnswer) part =
    http_client_request (client, "GET", target, good, NULL);
  g_autofree char *range = http_answer_get_header (part, "Content-Range");
  g_autofree char *same = http_answer_get_header (part, "Repr-Digest");
  g_autofree char *place =
    g_strdup_printf ("bytes 10-19/%" G_GSIZE_FORMAT, size);
  g_autoptr (GBytes) slice = g_bytes_new_from_bytes (whole->body, 10, 10);
  g_assert_cmpuint (part->status, ==, 206);
  g_assert_true (g_bytes_equal (part->body, slice));
  g_assert_cmpstr (range, ==, place);
  g_assert_cmpstr (same, ==, digest);

  const char *others[] = { "Range: bytes=0-1,3-4\r\n",
                           "Range: bytes=x\r\n",
                           "Range: bytes=0-1\r\nIf-Range: \"other\"\r\n",
                           "Range: bytes=0-1\r\nRange: bytes=2-3\r\n" };
  for (gsize i = 0; i < G_N_ELEMENTS (others); i++)
    {
      g_autoptr (HttpAnswer) answer =
        http_client_request (client, "GET", target, others[i], NULL);

      g_assert_cmpuint (answer->status, ==, 200);
      g_assert_true (g_bytes_equal (answer->body, whole->body));
    }

  g_autoptr (HttpAnswer) beyond =
    http_client_request (client,
                         "GET",
                         target,
                         "Range: bytes=99999-\r\n",
                         NULL);
  g_autofree char *total = http_answer_get_header (beyond, "Content-Range");
  g_autofree char *star = g_strdup_printf ("bytes */%" G_GSIZE_FORMAT, size);
  g_assert_cmpuint (beyond->status, ==, 416);
  g_assert_cmpstr (total, ==, star);

  g_autofree char *known =
    g_strdup_printf ("If-None-Match: %s\r\nRange: bytes=99999-\r\n", tag);
  g_autoptr (HttpAnswer) unchanged =
    http_client_request (client, "GET", target, known, NULL);
  g_assert_cmpuint (unchanged->status, ==, 304);

  g_autoptr (HttpAnswer) head =
    http_client_request (client, "HEAD", target, "Range: bytes=0-1\r\n", NULL);
  g_autofree char *length = http_answer_get_header (head, "Content-Length");
  g_assert_cmpuint (head->status, ==, 200);
  g_assert_cmpuint (g_ascii_strtoull (length, NULL, 10), ==, size);
}

static void
test_ranges (ServerFixture *fixture, gconstpointer test_data)
{
  server_fixture_run (fixture, ask_ranges, NULL);
}

static guint
ask_with (HttpClient *client,
          const char *method,
          const char *target,
          const char *format,
          const char *tag)
{
  g_auto (GStrv) parts = g_strsplit (format, "TAG", -1);
  g_autofree char *headers = g_strjoinv (tag, parts);
  g_autoptr (HttpAnswer) answer =
    http_client_request (client, method, target, headers, NULL);

  g_test_message ("%s %s, %s: %u", method, target, headers, answer->status);

  return answer->status;
}

/* Who wants only what he knows is told where there is something else by now,
 * before all else, also of what is handed out again and again. */
static void
ask_wanted (ServerFixture *fixture, gconstpointer data)
{
  static const char *const targets[] = { "/packages",
                                         "/packages/hello-lib",
                                         "/packages/hello-lib/0.1.0",
                                         "/packages/hello-lib/0.1.0/download",
                                         "/packages/hello-lib/0.1.0/files" };
  static const struct
  {
    const char *headers;
    guint status;
  } conditions[] = {
    { "If-Match: TAG\r\n", 200 },
    { "If-Match: *\r\n", 200 },
    { "If-Match: \"x\", TAG\r\n", 200 },
    { "If-Match: TAG\r\nIf-None-Match: TAG\r\n", 304 },
    { "If-Match: \"x\"\r\n", 412 },
    { "If-Match: W/TAG\r\n", 412 },
    { "If-Match: \"x\"\r\nIf-None-Match: TAG\r\n", 412 },
    { "If-Match: \"x\"\r\nRange: bytes=0-1\r\n", 412 },
  };
  g_autoptr (HttpClient) client = http_client_new (fixture->port);

  for (gsize i = 0; i < G_N_ELEMENTS (targets); i++)
    {
      g_autoptr (HttpAnswer) answer =
        http_client_request (client, "GET", targets[i], NULL, NULL);
      g_autofree char *tag = http_answer_get_header (answer, "ETag");

      g_assert_cmpuint (answer->status, ==, 200);
      g_assert_nonnull (tag);
      for (gsize j = 0; j < G_N_ELEMENTS (conditions); j++)
        {
          g_assert_cmpuint (
            ask_with (client, "GET", targets[i], conditions[j].headers, tag),
            ==,
            conditions[j].status);
          g_assert_cmpuint (
            ask_with (client, "HEAD", targets[i], conditions[j].headers, tag),
            ==,
            conditions[j].status);
          g_assert_cmpuint (ask_with (client, "GET", targets[i], "", tag),
                            ==,
                            200);
        }
    }
}

static void
test_wanted (ServerFixture *fixture, gconstpointer test_data)
{
  server_fixture_run (fixture, ask_wanted, NULL);
}

/* A page leads to the next until all were seen, by links that only tell the
 * query, so that they work behind any prefix. */
static void
ask_pages (ServerFixture *fixture, gconstpointer data)
{
  g_autofree char *target = g_strdup ("/packages?limit=1&sort=name");
  g_autoptr (GString) seen = g_string_new (NULL);
  guint n = 0;

  while (target != NULL)
    {
      g_autoptr (HttpAnswer) answer =
        http_request (fixture->port, "GET", target, NULL, NULL);
      g_autofree char *text = http_answer_dup_text (answer);
      g_autofree char *link = http_answer_get_header (answer, "Link");

      g_assert_cmpuint (answer->status, ==, 200);
      g_assert_cmpuint (n++, <, 5);
      g_string_append (seen, text);
      g_clear_pointer (&target, g_free);
      if (link == NULL)
        break;
      g_assert_true (g_str_has_prefix (link, "<?"));
      *strchr (link, '>') = '\0';
      target = g_strconcat ("/packages", link + 1, NULL);
    }
  g_assert_nonnull (strstr (seen->str, "hello-lib"));
  g_assert_nonnull (strstr (seen->str, "user-lib"));
}

static void
test_pages (ServerFixture *fixture, gconstpointer test_data)
{
  server_fixture_run (fixture, ask_pages, NULL);
}

/* Requests that are sent at once are answered in their order. */
static void
ask_pipelined (ServerFixture *fixture, gconstpointer data)
{
  static const char request[] =
    "GET /packages/hello-lib HTTP/1.1\r\nHost: x\r\n\r\n"
    "GET /packages/hello-lib/0.2.0/download HTTP/1.1\r\nHost: x\r\n\r\n"
    "GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n"
    "GET /livez HTTP/1.1\r\nHost: x\r\n\r\n";
  static const guint statuses[] = { 200, 200, 404, 200 };
  g_autoptr (HttpClient) client = http_client_new (fixture->port);

  http_client_send_text (client, request);
  for (gsize i = 0; i < G_N_ELEMENTS (statuses); i++)
    {
      g_autoptr (HttpAnswer) answer = http_client_receive (client, TRUE);

      g_assert_cmpuint (answer->status, ==, statuses[i]);
    }
}

static void
test_pipelined (ServerFixture *fixture, gconstpointer test_data)
{
  server_fixture_run (fixture, ask_pipelined, NULL);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  log_kit_init ();

#define ADD(path, func)                                                        \
  g_test_add ("/http-read/" path,                                              \
              ServerFixture,                                                   \
              NULL,                                                            \
              set_up,                                                          \
              func,                                                            \
              server_fixture_tear_down)

  ADD ("rows", test_rows);
  ADD ("order", test_order);
  ADD ("codings", test_codings);
  ADD ("ranges", test_ranges);
  ADD ("wanted", test_wanted);
  ADD ("pages", test_pages);
  ADD ("pipelined", test_pipelined);

  return g_test_run ();
}
