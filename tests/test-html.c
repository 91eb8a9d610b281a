/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "kit/loft-test-archive.h"
#include "kit/server-kit.h"
#include "registry/loft-json.h"

#include <string.h>

#define HTML "Accept: text/html,application/xhtml+xml,*/*;q=0.8\r\n"
#define POLICY                                                                 \
  "Content-Security-Policy: default-src 'none'; script-src 'self'; "           \
  "connect-src 'self'; style-src 'self'; img-src 'self'; form-action 'self'; " \
  "base-uri 'none'; frame-ancestors 'none'"
#define README                                                                 \
  "# hello\n\nA *friendly* <library>.\n\n[a](javascript:steal())\n\n"          \
  "<script>steal()</script>\n\n```loft\nfn hello () {}\n```\n"

/* A README that is no Markdown. */
#define PLAIN "A *plain* <text>.\n"

/* More links than the site of a test has. */
#define LINKS_MAX 2000

/* Versions and dependents that do not fit on one page. */
#define VERSIONS 30
#define DEPENDENTS 20

/* Publishes what a manifest says, as anybody could. */
static void
publish (ServerFixture *fixture,
         const char *name,
         const char *version,
         const char *members,
         const char *readme)
{
  g_autofree char *manifest =
    g_strdup_printf ("{\"name\":\"%s\",\"version\":\"%s\"%s%s}",
                     name,
                     version,
                     members != NULL ? "," : "",
                     members != NULL ? members : "");
  g_autofree char *target = g_strdup_printf ("/packages/%s/%s", name, version);
  g_autoptr (LoftTestArchive) archive = loft_test_archive_new ();

  loft_test_archive_add_file (archive, "manifest.json", manifest);
  loft_test_archive_add_file (archive, "src/main.lf", "x");
  loft_test_archive_add_file (archive, "src/<img src=x>.lf", "x");
  if (g_strcmp0 (readme, PLAIN) == 0)
    loft_test_archive_add_file (archive, "README.txt", readme);
  else if (readme != NULL)
    loft_test_archive_add_file (archive, "README.md", readme);
  loft_test_archive_end (archive);

  g_autoptr (GBytes) tarball = loft_test_archive_to_gzip (archive);
  g_autoptr (HttpAnswer) answer = http_request (fixture->port,
                                                "PUT",
                                                target,
                                                SERVER_KIT_AUTH SERVER_KIT_GZIP,
                                                tarball);
  g_test_message ("%s: %s", target, answer->head);
  g_assert_cmpuint (answer->status, ==, 201);
}

static void
publish_cb (ServerFixture *fixture, gconstpointer data)
{
  publish (fixture, "hello-lib", "0.1.0", NULL, NULL);
  publish (fixture, "hello-lib", "0.2.0", NULL, PLAIN);
  publish (fixture,
           "hello-lib",
           "1.0.0",
           "\"description\":\"Says hello\",\"license\":\"MIT\","
           "\"repository\":\"https://git.example.org/hello?a=1&b=2\","
           "\"authors\":[\"Ann <ann@example.org>\",\"Bob\"]",
           README);
  publish (fixture,
           "user-lib",
           "1.0.0",
           "\"dependencies\":{\"hello-lib\":\"^1.0.0\"}",
           NULL);
}

static void
set_up (ServerFixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;

  server_fixture_set_up (fixture, test_data);
  server_fixture_run (fixture, publish_cb, NULL);

  g_autofree char *yanked = registry_kit_yank (&fixture->registry,
                                               "hello-lib",
                                               "0.2.0",
                                               TRUE,
                                               REGISTRY_KIT_TOKEN,
                                               &error);
  g_assert_no_error (error);
  g_assert_nonnull (yanked);
  g_assert_true (registry_kit_deprecate (&fixture->registry,
                                         "user-lib",
                                         "Use <hello-lib>",
                                         REGISTRY_KIT_TOKEN,
                                         &error));
  g_assert_no_error (error);
}

static const ServerKitRow rows[] = {
  { .name = "home",
    .target = "/",
    .headers = HTML,
    .status = 200,
    .header = "Content-Type: text/html; charset=utf-8",
    .body = "LOFT_REGISTRY=http://127.0.0.1" },
  { .name = "home-own",
    .target = "/",
    .headers = HTML,
    .status = 200,
    .header = "Cache-Control: private, no-cache" },
  { .name = "home-newest",
    .target = "/",
    .headers = HTML,
    .status = 200,
    .body = "href=\"./packages/user-lib\"" },
  { .name = "home-dependents",
    .target = "/",
    .headers = HTML,
    .status = 200,
    .body = "<h2>Most depended on</h2>" },
  { .name = "list-dependents",
    .target = "/packages?sort=dependents&limit=1",
    .status = 200,
    .body = "[{\"name\":\"hello-lib\"",
    .absent = "user-lib" },
  { .name = "home-proxy",
    .target = "/",
    .headers = HTML "Forwarded: for=192.0.2.1;proto=https\r\n",
    .status = 200,
    .body = "LOFT_REGISTRY=http://" },
  { .name = "policy",
    .target = "/packages/hello-lib",
    .headers = HTML,
    .status = 200,
    .header = POLICY },
  { .name = "referrer",
    .target = "/packages/hello-lib",
    .headers = HTML,
    .status = 200,
    .header = "Referrer-Policy: no-referrer" },
  { .name = "nosniff",
    .target = "/packages/hello-lib",
    .headers = HTML,
    .status = 200,
    .header = "X-Content-Type-Options: nosniff" },
  { .name = "vary",
    .target = "/packages/hello-lib",
    .headers = HTML,
    .status = 200,
    .header = "Vary: Accept, Accept-Encoding, Accept-Language" },
  { .name = "json-vary",
    .target = "/packages/hello-lib",
    .status = 200,
    .header = "Vary: Accept, Accept-Encoding",
    .body = "[{\"name\":\"hello-lib\"" },
  { .name = "json-anything",
    .target = "/packages/hello-lib",
    .headers = "Accept: */*\r\n",
    .status = 200,
    .header = "Content-Type: application/json" },
  { .name = "json-policy",
    .target = "/packages/hello-lib",
    .headers = "Accept: application/json\r\n",
    .status = 200,
    .body = "[{\"name\":\"hello-lib\"",
    .absent = "html" },
  { .name = "package-newest",
    .target = "/packages/hello-lib",
    .headers = HTML,
    .status = 200,
    .body = "<h1>hello-lib <span class=\"version\">1.0.0</span></h1>" },
  { .name = "package-readme",
    .target = "/packages/hello-lib",
    .headers = HTML,
    .status = 200,
    .body = "<h2 id=\"readme-hello\">hello</h2>\n"
            "<p>A <em>friendly</em> &lt;library&gt;.</p>\n<p>a</p>",
    .absent = "steal" },
  { .name = "package-readme-code",
    .target = "/packages/hello-lib/1.0.0",
    .headers = HTML,
    .status = 200,
    .body = "<span class=\"tok-k\">fn</span> hello () {}" },
  { .name = "package-readme-plain",
    .target = "/packages/hello-lib/0.2.0",
    .headers = HTML,
    .status = 200,
    .body = "tabindex=\"0\">A *plain* &lt;text&gt;.\n</pre>" },
  { .name = "package-readme-none",
    .target = "/packages/hello-lib/0.1.0",
    .headers = HTML,
    .status = 200,
    .body = "This version has no README." },
  { .name = "package-install",
    .target = "/packages/hello-lib",
    .headers = HTML,
    .status = 200,
    .body = "<code>loft add hello-lib</code>" },
  { .name = "package-yanked-row",
    .target = "/packages/hello-lib",
    .headers = HTML,
    .status = 200,
    .body = "<tr class=\"yanked\" ><td><a href=\"../packages/hello-lib/0.2.0\"",
    .absent = "<strong>Yanked" },
  { .name = "package-dependent",
    .target = "/packages/hello-lib",
    .headers = HTML,
    .status = 200,
    .body = "<a href=\"../packages/user-lib\">user-lib</a> "
            "<code>^1.0.0</code>" },
  { .name = "package-repository",
    .target = "/packages/hello-lib",
    .headers = HTML,
    .status = 200,
    .body = "href=\"https://git.example.org/hello?a=1&amp;b=2\"" },
  { .name = "package-data",
    .target = "/packages/user-lib",
    .headers = HTML,
    .status = 200,
    .body = "<script type=\"application/ld+json\">"
            "{\"@context\":\"https://schema.org\","
            "\"@type\":\"SoftwareSourceCode\",\"name\":\"user-lib\"" },
  { .name = "package-deprecated",
    .target = "/packages/user-lib",
    .headers = HTML,
    .status = 200,
    .body = "<bdi lang=\"\">Use &lt;hello-lib&gt;</bdi>" },
  { .name = "package-dependency",
    .target = "/packages/user-lib",
    .headers = HTML,
    .status = 200,
    .body = "<a href=\"../packages/hello-lib\">hello-lib</a>" },
  { .name = "version",
    .target = "/packages/hello-lib/0.1.0",
    .headers = HTML,
    .status = 200,
    .body = "The newest version is "
            "<a href=\"../../packages/hello-lib/1.0.0\">1.0.0</a>" },
  { .name = "version-install",
    .target = "/packages/hello-lib/0.1.0",
    .headers = HTML,
    .status = 200,
    .body = "loft add hello-lib -v =0.1.0" },
  { .name = "version-yanked",
    .target = "/packages/hello-lib/0.2.0",
    .headers = HTML,
    .status = 200,
    .body = "<strong>Yanked.</strong>" },
  { .name = "slashes",
    .target = "//packages//hello-lib//0.1.0/",
    .headers = HTML,
    .status = 200,
    .body = "href=\"../../../../../../packages/hello-lib/1.0.0\"" },
  { .name = "versions",
    .target = "/packages/hello-lib?versions=all",
    .headers = HTML,
    .status = 200,
    .body = "<h1>Versions of ",
    .absent = "README" },
  { .name = "list",
    .target = "/packages",
    .headers = HTML,
    .status = 200,
    .body = "<a href=\"./packages/hello-lib\">hello-lib</a>" },
  { .name = "list-page",
    .target = "/packages?limit=1",
    .headers = HTML,
    .status = 200,
    .body = "<a rel=\"next\" href=\"?limit=1&amp;after=",
    .absent = "user-lib" },
  { .name = "list-order",
    .target = "/packages?sort=updated",
    .headers = HTML,
    .status = 200,
    .body = "<strong aria-current=\"true\">Last published</strong>" },
  { .name = "search",
    .target = "/packages?q=user",
    .headers = HTML,
    .status = 200,
    .body = "user-lib</a>",
    .absent = "hello-lib</a>" },
  { .name = "search-query",
    .target = "/packages?q=%22%3E%3Cscript%3E",
    .headers = HTML,
    .status = 200,
    .body = "value=\"&quot;&gt;&lt;script&gt;\"",
    .absent = "<script>" },
  { .name = "search-nothing",
    .target = "/packages?q=zebra",
    .headers = HTML,
    .status = 200,
    .body = "No package has all of these words" },
  { .name = "dependents",
    .target = "/packages/hello-lib/dependents",
    .headers = HTML,
    .status = 200,
    .body = "<td><a href=\"../../packages/user-lib\">user-lib</a></td>" },
  { .name = "dependents-none",
    .target = "/packages/user-lib/dependents",
    .headers = HTML,
    .status = 200,
    .body = "No package here depends on it" },
  { .name = "view",
    .target = "/at/3/packages/hello-lib",
    .headers = HTML,
    .status = 200,
    .header = "Cache-Control: public, no-cache",
    .body = "<a href=\"../../../at/3/packages/hello-lib/0.1.0\"",
    .absent = "today" },
  { .name = "view-list",
    .target = "/at/3/packages",
    .headers = HTML,
    .status = 200,
    .body = "<a href=\"../../at/3/packages/hello-lib\">hello-lib</a>",
    .absent = "search" },
  { .name = "view-home",
    .target = "/at/3",
    .headers = HTML,
    .status = 200,
    .header = "Cache-Control: private, no-cache",
    .body = "/at/3\nloft add NAME" },
  { .name = "view-asset",
    .target = "/at/3/packages/hello-lib/0.1.0",
    .headers = HTML,
    .status = 200,
    .body = "href=\"../../../../static/style-" },
  { .name = "missing",
    .target = "/packages/none",
    .headers = HTML,
    .status = 404,
    .header = "Content-Type: text/html; charset=utf-8",
    .body = "There is no package “none”." },
  { .name = "missing-id",
    .target = "/packages/none",
    .headers = HTML "X-Request-Id: abc\r\n",
    .status = 404,
    .body = "request <code>abc</code>" },
  { .name = "missing-policy",
    .target = "/nothing/here",
    .headers = HTML,
    .status = 404,
    .header = POLICY },
  { .name = "missing-json",
    .target = "/packages/none",
    .headers = "Accept: */*\r\n",
    .status = 404,
    .header = "Content-Type: application/problem+json",
    .absent = "<" },
  { .name = "bad-sort",
    .target = "/packages?sort=size",
    .headers = HTML,
    .status = 400,
    .body = "must be relevance, name, updated or dependents" },
  { .name = "write",
    .method = "POST",
    .target = "/packages/publish",
    .headers = HTML SERVER_KIT_JSON,
    .status = 411,
    .header = "Content-Type: application/problem+json" },
  { .name = "no-asset", .target = "/static/style.css", .status = 404 },
};

/* Browsers get pages, programs what they always got. */
static void
test_rows (ServerFixture *fixture, gconstpointer test_data)
{
  server_kit_run_rows (fixture, rows, G_N_ELEMENTS (rows));
}

/* What strangers can write, wherever they can write it. */
static const char *const hostile[] = {
  "<script>alert(1)</script>",
  "\\\"><img src=x onerror=alert(1)>",
  "'><svg/onload=alert(1)>",
  "javascript:alert(1)",
  "JaVaScRiPt:alert(1)",
  " javascript:alert(1)",
  "vbscript:msgbox(1)",
  "data:text/html;base64,PHNjcmlwdD4=",
  "https://x.example/\\\" onmouseover=\\\"alert(1)",
  "//elsewhere.example/x",
  "/\\\\elsewhere.example/x",
  "{{html body}}{{if a}}",
  "&lt;b&gt;&#60;script&#62;",
  "</title></head><body>",
  "]]><!--",
  "</script><script>alert(1)</script>",
  "<!--<script>\\u2028\\u2029]]>",
  "exe.\\u202egnp \\u2066x",
  "<a href=\\\"http://x\\\">x</a>",
  "<base href=//elsewhere.example>",
  "<meta http-equiv=refresh content=0>",
};

/* Takes out the one script that a page names. */
static char *
drop_script (const char *page)
{
  g_autoptr (GRegex) script =
    g_regex_new ("<script defer=\"defer\" "
                 "src=\"(\\./|(\\.\\./)+)static/script-[0-9a-f]{16}\\.js"
                 "\"( data-[a-z]+=\"[^\"<]*\")*></script>",
                 0,
                 0,
                 NULL);
  g_autoptr (GMatchInfo) match = NULL;

  g_assert_true (g_regex_match (script, page, 0, &match));
  g_autofree char *found = g_match_info_fetch (match, 0);
  char *rest = g_strdup (page);
  char *place = strstr (rest, found);
  memmove (place, place + strlen (found), strlen (place + strlen (found)) + 1);

  return rest;
}

/* Takes out what is there for programs, and makes sure that it is nothing to a
 * browser, and to programs what was published. */
static void
drop_data (char *page, const char *published)
{
  static const char start[] = "<script type=\"application/ld+json\">";
  char *begin = strstr (page, start);

  if (begin == NULL)
    {
      g_assert_null (published);
      return;
    }

  const char *json = begin + strlen (start);
  gsize length = strcspn (json, "<>&'\n");
  g_autoptr (JsonNode) node = loft_json_parse (json, length, NULL);

  g_assert_true (g_str_has_prefix (json + length, "</script>"));
  g_assert_nonnull (node);
  g_assert_cmpstr (
    loft_json_get_string (json_node_get_object (node), "description"),
    ==,
    published);
  const char *rest = json + length + strlen ("</script>");
  memmove (begin, rest, strlen (rest) + 1);
}

static void
assert_inert (const char *whole, const char *published)
{
  g_autofree char *page = drop_script (whole);
  /* None of which a page of ours has. */
  static const char *const patterns[] = {
    "<script",   "<img src=x", "<svg",         "<base",
    "<b>",       "<meta http", "<!--",         "{{html}}",
    "href=\"//", "href=\"/",   "\xe2\x80\xae", "\xe2\x81\xa6",
  };
  g_autoptr (GRegex) links =
    g_regex_new ("(href|src|action)=\"\\s*[a-z]*script|"
                 "(href|src|action)=\"data|"
                 "<img (?!src=\"(\\.\\./)+packages/[a-z0-9-]+/1\\.0\\.0/raw/)|"
                 "<[a-z][^<>\"]*(\"[^\"]*\"[^<>\"]*)*\\son[a-z]+\\s*=",
                 G_REGEX_CASELESS,
                 0,
                 NULL);

  drop_data (page, published);
  for (gsize i = 0; i < G_N_ELEMENTS (patterns); i++)
    {
      g_test_message ("%s", patterns[i]);
      g_assert_null (strstr (page, patterns[i]));
    }
  g_assert_false (g_regex_match (links, page, 0, NULL));
}

static void
hostile_cb (ServerFixture *fixture, gconstpointer data)
{
  for (gsize i = 0; i < G_N_ELEMENTS (hostile); i++)
    {
      g_autofree char *name = g_strdup_printf ("hostile-%u", (guint) i);
      g_autofree char *target = g_strconcat ("/packages/", name, NULL);
      g_autofree char *members = g_strdup_printf (
        "\"description\":\"%s\",\"repository\":\"%s\","
        "\"license\":\"%s\",\"authors\":[\"%s\"],\"keywords\":[\"hostile\"]",
        hostile[i],
        hostile[i],
        hostile[i],
        hostile[i]);
      g_autoptr (JsonNode) node = NULL;
      g_autofree char *json = g_strdup_printf ("\"%s\"", hostile[i]);

      node = loft_json_parse (json, strlen (json), NULL);
      publish (fixture, name, "1.0.0", members, json_node_get_string (node));

      g_autoptr (HttpAnswer) answer =
        http_request (fixture->port, "GET", target, HTML, NULL);
      g_autofree char *text = http_answer_dup_text (answer);
      g_test_message ("%s", hostile[i]);
      g_assert_cmpuint (answer->status, ==, 200);
      assert_inert (text, json_node_get_string (node));
    }

  g_autoptr (HttpAnswer) list =
    http_request (fixture->port, "GET", "/packages?limit=100", HTML, NULL);
  g_autofree char *text = http_answer_dup_text (list);
  assert_inert (text, NULL);
  g_assert_nonnull (strstr (text, "hostile-20"));
}

/* Whatever a stranger publishes stays text. */
static void
test_hostile (ServerFixture *fixture, gconstpointer test_data)
{
  server_fixture_run (fixture, hostile_cb, NULL);
}

typedef struct
{
  GHashTable *seen; /* owned, of owned URLs */
  GQueue waiting;   /* of URLs in @seen */
  char *tidy;       /* owned, nullable */
} Crawl;

static void
add_link (Crawl *crawl, const char *base, const char *reference)
{
  g_autofree char *plain = g_strdup (reference);
  g_auto (GStrv) parts = g_strsplit (plain, "&amp;", -1);
  g_autofree char *link = g_strjoinv ("&", parts);
  g_autofree char *url =
    g_uri_resolve_relative (base, link, G_URI_FLAGS_ENCODED, NULL);

  g_assert_nonnull (url);
  url[strcspn (url, "#")] = '\0';
  if (!g_str_has_prefix (url, "http://localhost/") ||
      g_hash_table_contains (crawl->seen, url))
    return;

  g_queue_push_tail (&crawl->waiting, url);
  g_hash_table_add (crawl->seen, g_steal_pointer (&url));
  g_assert_cmpuint (g_hash_table_size (crawl->seen), <, LINKS_MAX);
}

static void
add_links (Crawl *crawl, const char *base, const char *page)
{
  g_autoptr (GRegex) regex =
    g_regex_new (" (?:href|src|action)=\"([^\"]*)\"", 0, 0, NULL);
  g_autoptr (GMatchInfo) match = NULL;

  g_regex_match (regex, page, 0, &match);
  for (; g_match_info_matches (match); g_match_info_next (match, NULL))
    {
      g_autofree char *reference = g_match_info_fetch (match, 1);

      add_link (crawl, base, reference);
    }
}

/* tidy knows neither all of ARIA nor what forms have learnt since, and not that
 * `lang=""` is how HTML says that nobody knows the language. */
static void
check_markup (const char *tidy, const char *url, GBytes *page)
{
  const char *const command[] = { tidy,
                                  "-quiet",
                                  "-errors",
                                  "--show-info",
                                  "no",
                                  "--warn-proprietary-attributes",
                                  "no",
                                  "--drop-empty-elements",
                                  "no",
                                  "--mute",
                                  "MISSING_ATTR_VALUE",
                                  NULL };
  g_autoptr (GError) error = NULL;
  g_autoptr (GSubprocess) process = g_subprocess_newv (
    command,
    G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE |
      G_SUBPROCESS_FLAGS_STDERR_MERGE,
    &error);
  g_assert_no_error (error);
  g_autoptr (GBytes) output = NULL;

  g_assert_true (
    g_subprocess_communicate (process, page, NULL, &output, NULL, &error));
  g_assert_no_error (error);
  g_test_message ("%s: %.*s",
                  url,
                  (int) g_bytes_get_size (output),
                  (const char *) g_bytes_get_data (output, NULL));
  g_assert_cmpuint (g_bytes_get_size (output), ==, 0);
}

static void
visit (ServerFixture *fixture, Crawl *crawl, const char *url)
{
  const char *target = url + strlen ("http://localhost");
  g_autoptr (HttpAnswer) answer =
    http_request (fixture->port, "GET", target, HTML, NULL);
  g_autofree char *type = http_answer_get_header (answer, "Content-Type");

  g_test_message ("%s %u", url, answer->status);
  g_assert_cmpuint (answer->status, ==, 200);
  if (!g_str_has_prefix (type, "text/html"))
    return;

  g_autofree char *text = http_answer_dup_text (answer);
  g_assert_cmpuint (strlen (text), <, 40 * 1000);
  add_links (crawl, url, text);
  if (crawl->tidy != NULL)
    check_markup (crawl->tidy, url, answer->body);
}

static void
crawl_cb (ServerFixture *fixture, gconstpointer data)
{
  Crawl crawl = {
    g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL),
    G_QUEUE_INIT,
    g_find_program_in_path ("tidy"),
  };

  for (int i = 0; i < VERSIONS; i++)
    {
      g_autofree char *version = g_strdup_printf ("2.%d.0-rc.1", i);

      publish (fixture, "hello-lib", version, NULL, README);
    }
  for (int i = 0; i < DEPENDENTS; i++)
    {
      g_autofree char *name = g_strdup_printf ("dependent-%d", i);

      publish (fixture,
               name,
               "1.0.0",
               "\"description\":\"<&>\","
               "\"dependencies\":{\"hello-lib\":\"^1.0.0\"}",
               NULL);
    }

  add_link (&crawl, "http://localhost/", "/");
  add_link (&crawl, "http://localhost/", "/packages?limit=5");
  add_link (&crawl, "http://localhost/", "/packages?q=hello");
  add_link (&crawl, "http://localhost/", "/at/3/");
  while (!g_queue_is_empty (&crawl.waiting))
    visit (fixture, &crawl, g_queue_pop_head (&crawl.waiting));

  g_assert_cmpuint (g_hash_table_size (crawl.seen), >, 50);
  g_assert_true (
    g_hash_table_contains (crawl.seen,
                           "http://localhost/packages/hello-lib?versions=all"));
  g_hash_table_unref (crawl.seen);
  g_free (crawl.tidy);
}

/* Every link of a page leads somewhere, and every page is good HTML and light.
 */
static void
test_crawl (ServerFixture *fixture, gconstpointer test_data)
{
  server_fixture_run (fixture, crawl_cb, NULL);
}

static void
check_asset (ServerFixture *fixture,
             const char *page,
             const char *pattern,
             const char *type)
{
  g_autoptr (GRegex) regex = g_regex_new (pattern, 0, 0, NULL);
  g_autoptr (GMatchInfo) match = NULL;

  g_assert_true (g_regex_match (regex, page, 0, &match));
  g_autofree char *target = g_match_info_fetch (match, 1);
  g_autoptr (HttpAnswer) answer =
    http_request (fixture->port, "GET", target, "Accept: */*\r\n", NULL);
  g_assert_cmpuint (answer->status, ==, 200);
  server_kit_check_header (answer, type);
  server_kit_check_header (answer, "X-Content-Type-Options: nosniff");
  server_kit_check_header (answer,
                           "Cache-Control: public, max-age=31536000, "
                           "immutable");
}

static void
asset_cb (ServerFixture *fixture, gconstpointer data)
{
  g_autoptr (HttpAnswer) page =
    http_request (fixture->port, "GET", "/", HTML, NULL);
  g_autofree char *text = http_answer_dup_text (page);

  check_asset (fixture,
               text,
               "href=\"\\.(/static/style-[0-9a-f]+\\.css)\"",
               "Content-Type: text/css; charset=utf-8");
  check_asset (fixture,
               text,
               "src=\"\\.(/static/script-[0-9a-f]+\\.js)\"",
               "Content-Type: text/javascript; charset=utf-8");
}

/* Style and script may be kept for ever: others have other names. */
static void
test_asset (ServerFixture *fixture, gconstpointer test_data)
{
  server_fixture_run (fixture, asset_cb, NULL);
}

static char *
get_page (ServerFixture *fixture, const char *target)
{
  g_autoptr (HttpAnswer) answer =
    http_request (fixture->port, "GET", target, HTML, NULL);

  g_assert_cmpuint (answer->status, ==, 200);

  return http_answer_dup_text (answer);
}

static void
hot_cb (ServerFixture *fixture, gconstpointer data)
{
  const char *target = "/packages/hello-lib";
  g_autofree char *json = NULL;
  g_autofree char *first = get_page (fixture, target);
  guint64 before = loft_figure_get (&fixture->figures->hot_hits);
  g_autofree char *second = get_page (fixture, target);

  g_assert_cmpuint (loft_figure_get (&fixture->figures->hot_hits),
                    ==,
                    before + 1);
  g_assert_cmpstr (first, ==, second);

  g_autoptr (HttpAnswer) answer =
    http_request (fixture->port, "GET", target, NULL, NULL);
  json = http_answer_dup_text (answer);
  g_assert_cmpint (json[0], ==, '[');

  publish (fixture,
           "other-lib",
           "1.0.0",
           "\"dependencies\":{\"hello-lib\":\"*\"}",
           NULL);
  g_autofree char *third = get_page (fixture, target);
  g_assert_nonnull (strstr (third, "other-lib"));
}

/* A page is a hot answer of its own, and knows of a new dependent at once. */
static void
test_hot (ServerFixture *fixture, gconstpointer test_data)
{
  server_fixture_run (fixture, hot_cb, NULL);
}

/* A proxy that is believed says how it was asked; nobody else does. */
static void
test_proxy (ServerFixture *fixture, gconstpointer test_data)
{
  static const char *const proxies[] = { "127.0.0.0/8", NULL };
  static const ServerKitRow by_proxy[] = {
    { .target = "/",
      .headers = HTML "Forwarded: for=192.0.2.1;proto=https\r\n",
      .status = 200,
      .body = "LOFT_REGISTRY=https://127.0.0.1" },
    { .target = "/",
      .headers = HTML "Forwarded: proto=https, for=192.0.2.1;proto=http\r\n",
      .status = 200,
      .body = "LOFT_REGISTRY=http://127.0.0.1" },
  };
  g_auto (LoftHttpSettings) settings = LOFT_HTTP_SETTINGS_DEFAULT;

  settings.gate.trusted = loft_address_list_new (proxies, NULL);
  loft_http_server_set_settings (fixture->server, &settings);
  server_kit_run_rows (fixture, by_proxy, G_N_ELEMENTS (by_proxy));
}

static void
public_url_cb (ServerFixture *fixture, gconstpointer data)
{
  const char *url = data;
  g_autofree char *first = get_page (fixture, "/");
  guint64 before = loft_figure_get (&fixture->figures->hot_hits);
  g_autoptr (HttpAnswer) second =
    http_request (fixture->port,
                  "GET",
                  "/",
                  HTML "Forwarded: for=192.0.2.1;proto=http\r\n",
                  NULL);
  g_autofree char *text = http_answer_dup_text (second);
  g_autofree char *command =
    g_strdup_printf ("export LOFT_REGISTRY=%s\nloft add", url);

  g_assert_nonnull (strstr (first, command));
  g_assert_cmpstr (text, ==, first);
  g_assert_cmpuint (loft_figure_get (&fixture->figures->hot_hits),
                    ==,
                    before + 1);
  server_kit_check_header (second, "Cache-Control: public, no-cache");
}

/* Where the registry is known to be, the first page is a hot answer too, and
 * changes with what is known. */
static void
test_public_url (ServerFixture *fixture, gconstpointer test_data)
{
  static const char *const urls[] = { "https://packages.example.org",
                                      "https://example.net/loft" };
  static const ServerKitRow view = {
    .target = "/at/3",
    .headers = HTML,
    .status = 200,
    .header = "Cache-Control: public, no-cache",
    .body = "LOFT_REGISTRY=https://example.net/loft/at/3\n",
  };

  static const ServerKitRow package = {
    .target = "/at/3/packages/hello-lib/0.1.0",
    .headers = HTML,
    .status = 200,
    .body = "\"url\":\"https://example.net/loft/packages/hello-lib/0.1.0\"}",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (urls); i++)
    {
      g_auto (LoftHttpSettings) settings = LOFT_HTTP_SETTINGS_DEFAULT;

      settings.public_url = g_strdup (urls[i]);
      loft_http_server_set_settings (fixture->server, &settings);
      server_fixture_run (fixture, public_url_cb, urls[i]);
    }
  server_kit_run_rows (fixture, &view, 1);
  server_kit_run_rows (fixture, &package, 1);
}

#define ADD(path, func)                                                        \
  g_test_add (path, ServerFixture, NULL, set_up, func, server_fixture_tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  ADD ("/html/rows", test_rows);
  ADD ("/html/hostile", test_hostile);
  ADD ("/html/crawl", test_crawl);
  ADD ("/html/asset", test_asset);
  ADD ("/html/hot", test_hot);
  ADD ("/html/proxy", test_proxy);
  ADD ("/html/public-url", test_public_url);

  return g_test_run ();
}
