/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "kit/site-kit.h"

#include <string.h>

#define ATOM "application/atom+xml; charset=utf-8"
#define HTML "Accept: text/html,*/*;q=0.8\r\n"

/* More than a feed has. */
#define VERSIONS 60

static char *
get_feed (ServerFixture *fixture, const char *target)
{
  char *feed = site_kit_get (fixture, target, NULL, ATOM);

  if (!site_kit_check_xml (feed, "atom.rng"))
    g_test_message ("There is no xmllint: the feed was not checked");

  return feed;
}

static guint
count (const char *text, const char *part)
{
  guint n = 0;

  for (const char *next = strstr (text, part); next != NULL;
       next = strstr (next + 1, part))
    n++;

  return n;
}

static char *
find_id (const char *feed, const char *title)
{
  g_autofree char *pattern =
    g_strdup_printf ("<id>(urn:uuid:[^<]+)</id>\\s*<title>%s</title>", title);
  g_autoptr (GRegex) regex = g_regex_new (pattern, 0, 0, NULL);
  g_autoptr (GMatchInfo) match = NULL;

  g_assert_true (g_regex_match (regex, feed, 0, &match));

  return g_match_info_fetch (match, 1);
}

static void
entries_cb (ServerFixture *fixture, gconstpointer data)
{
  g_autofree char *empty = get_feed (fixture, "/feed.atom");

  g_assert_cmpuint (count (empty, "<entry>"), ==, 0);
  site_kit_publish (fixture,
                    "hello",
                    "1.0.0",
                    "\"description\":\"Says hello\",\"authors\":"
                    "[\"Ann <ann@example.org>\",\"<bob@example.org>\"]");
  site_kit_publish (fixture, "world", "1.0.0-rc.1", NULL);
  site_kit_publish (fixture, "hello", "0.9.0", NULL);

  g_autofree char *all = get_feed (fixture, "/feed.atom");
  g_autofree char *one = get_feed (fixture, "/packages/hello/feed.atom");

  g_assert_cmpuint (count (all, "<entry>"), ==, 3);
  g_assert_true (strstr (all, "<title>hello 0.9.0</title>") <
                 strstr (all, "<title>world 1.0.0-rc.1</title>"));
  g_assert_true (strstr (all, "<title>world 1.0.0-rc.1</title>") <
                 strstr (all, "<title>hello 1.0.0</title>"));
  g_assert_nonnull (strstr (all, "<summary>Says hello</summary>"));
  g_assert_nonnull (strstr (all, "<name>Ann</name>"));
  g_assert_null (strstr (all, "@example.org"));
  g_assert_nonnull (strstr (all, "href=\"./packages/hello/0.9.0\""));
  g_assert_cmpuint (count (one, "<entry>"), ==, 2);
  g_assert_nonnull (strstr (one, "href=\"../../packages/hello/0.9.0\""));
  g_assert_nonnull (strstr (one, "href=\"../../packages/hello/feed.atom\""));

  g_autofree char *id = find_id (all, "hello 1.0.0");
  g_autofree char *same = find_id (one, "hello 1.0.0");
  g_autofree char *other = find_id (one, "hello 0.9.0");
  g_autofree char *of_all = find_id (all, "loft packages");
  g_autofree char *of_one = find_id (one, "hello · loft packages");
  g_assert_cmpstr (id, ==, same);
  g_assert_cmpstr (id, !=, other);
  g_assert_cmpstr (of_all, !=, of_one);
}

/* A feed has what was published last, of all packages or of one, by ids that do
 * not depend on which feed tells of it. */
static void
test_entries (ServerFixture *fixture, gconstpointer test_data)
{
  server_fixture_run (fixture, entries_cb, NULL);
}

static void
length_cb (ServerFixture *fixture, gconstpointer data)
{
  for (guint i = 0; i < VERSIONS; i++)
    {
      g_autofree char *version = g_strdup_printf ("1.%u.0", i);

      site_kit_publish (fixture, "hello", version, NULL);
    }

  g_autofree char *all = get_feed (fixture, "/feed.atom");
  g_autofree char *one = get_feed (fixture, "/packages/hello/feed.atom");
  g_assert_cmpuint (count (all, "<entry>"), ==, 50);
  g_assert_cmpuint (count (one, "<entry>"), ==, 50);
  g_assert_nonnull (strstr (all, "hello 1.59.0<"));
  g_assert_nonnull (strstr (one, "hello 1.10.0<"));
  g_assert_null (strstr (one, "hello 1.9.0<"));
}

/* A feed is never long. */
static void
test_length (ServerFixture *fixture, gconstpointer test_data)
{
  server_fixture_run (fixture, length_cb, NULL);
}

static void
url_cb (ServerFixture *fixture, gconstpointer data)
{
  g_autofree char *feed = get_feed (fixture, "/packages/hello/feed.atom");
  g_autofree char *id = find_id (feed, "hello 1.0.0");
  const char *before = data;

  g_assert_nonnull (
    strstr (feed, "\"https://example.net/loft/packages/hello/feed.atom\""));
  g_assert_nonnull (
    strstr (feed, "\"https://example.net/loft/packages/hello/1.0.0\""));
  g_assert_null (strstr (feed, "127.0.0.1"));
  g_assert_cmpstr (id, ==, before);
}

static void
publish_cb (ServerFixture *fixture, gconstpointer data)
{
  char **out_id = (char **) data;

  site_kit_publish (fixture, "hello", "1.0.0", NULL);

  g_autofree char *feed = get_feed (fixture, "/packages/hello/feed.atom");
  *out_id = find_id (feed, "hello 1.0.0");
}

/* Where the registry is known to be, links are whole; ids stay what they were.
 */
static void
test_url (ServerFixture *fixture, gconstpointer test_data)
{
  g_autofree char *id = NULL;

  server_fixture_run (fixture, publish_cb, &id);
  site_kit_set_url (fixture, "https://example.net/loft");
  server_fixture_run (fixture, url_cb, id);
}

static void
yanked_cb (ServerFixture *fixture, gconstpointer data)
{
  g_autofree char *all = get_feed (fixture, "/feed.atom");
  g_autofree char *one = get_feed (fixture, "/packages/hello/feed.atom");

  g_assert_cmpuint (count (all, "<entry>"), ==, 0);
  g_assert_cmpuint (count (one, "<entry>"), ==, 0);
}

/* What was yanked leaves the feeds. */
static void
test_yanked (ServerFixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *id = NULL;

  server_fixture_run (fixture, publish_cb, &id);
  g_autofree char *yanked = registry_kit_yank (&fixture->registry,
                                               "hello",
                                               "1.0.0",
                                               TRUE,
                                               REGISTRY_KIT_TOKEN,
                                               &error);
  g_assert_no_error (error);
  server_fixture_run (fixture, yanked_cb, NULL);
}

static void
hostile_cb (ServerFixture *fixture, gconstpointer data)
{
  site_kit_publish (fixture,
                    "hostile",
                    "1.0.0-rc.1+a",
                    "\"description\":\"]]></summary><script>&amp;\\u202e"
                    "\\ufffe <![CDATA[ <!-- <?xml?>\","
                    "\"authors\":[\"\\\"><x>\",\"  \",\"&lt;a\"]");

  g_autofree char *feed = get_feed (fixture, "/feed.atom");
  g_assert_nonnull (strstr (feed,
                            "<summary>]]&gt;&lt;/summary&gt;&lt;script&gt;"
                            "&amp;amp;"));
  g_assert_null (strstr (feed, "\xe2\x80\xae"));
  g_assert_nonnull (strstr (feed, "<name>&quot;&gt;</name>"));
  g_assert_nonnull (strstr (feed, "<name>&amp;lt;a</name>"));
  g_assert_nonnull (strstr (feed, "/packages/hostile/1.0.0-rc.1%2Ba\""));
}

/* Whatever a stranger publishes stays text, and the feed stays a feed. */
static void
test_hostile (ServerFixture *fixture, gconstpointer test_data)
{
  server_fixture_run (fixture, hostile_cb, NULL);
}

/* Once the second is over in which the last change was. */
static char *
await_modified (ServerFixture *fixture, const char *target)
{
  for (int i = 0; i < 300; i++)
    {
      g_autoptr (HttpAnswer) answer =
        http_request (fixture->port, "GET", target, NULL, NULL);
      char *modified = http_answer_get_header (answer, "Last-Modified");

      if (modified != NULL)
        return modified;
      g_usleep (G_USEC_PER_SEC / 100);
    }

  g_assert_not_reached ();
}

static void
ask_again (ServerFixture *fixture,
           const char *target,
           const char *header,
           const char *value,
           guint status)
{
  g_autofree char *headers = g_strdup_printf ("%s: %s\r\n", header, value);
  g_autoptr (HttpAnswer) answer =
    http_request (fixture->port, "GET", target, headers, NULL);

  g_test_message ("%s%s", headers, answer->head);
  g_assert_cmpuint (answer->status, ==, status);
  g_assert_cmpuint (g_bytes_get_size (answer->body) > 0, ==, status == 200);
}

static void
conditions_cb (ServerFixture *fixture, gconstpointer data)
{
  const char *target = data;

  site_kit_publish (fixture, "hello", "1.0.0", NULL);

  g_autofree char *modified = await_modified (fixture, target);
  g_autoptr (HttpAnswer) answer =
    http_request (fixture->port, "GET", target, NULL, NULL);
  g_autofree char *etag = http_answer_get_header (answer, "ETag");

  server_kit_check_header (answer, "Cache-Control: public, no-cache");
  server_kit_check_header (answer, "X-Content-Type-Options: nosniff");
  server_kit_check_header (answer, "Vary: Accept-Encoding");
  for (int i = 0; i < 2; i++)
    {
      ask_again (fixture, target, "If-None-Match", etag, 304);
      ask_again (fixture, target, "If-Modified-Since", modified, 304);
      ask_again (fixture,
                 target,
                 "If-None-Match: \"x\"\r\nIf-Modified-Since",
                 modified,
                 200);
    }

  site_kit_publish (fixture, "hello", "1.1.0", NULL);
  ask_again (fixture, target, "If-None-Match", etag, 200);
  ask_again (fixture, target, "If-Modified-Since", modified, 200);
}

static void
hot_cb (ServerFixture *fixture, gconstpointer data)
{
  const char *target = data;
  g_autofree char *modified = await_modified (fixture, target);
  g_autofree char *first = get_feed (fixture, target);
  guint64 before = loft_figure_get (&fixture->figures->hot_hits);
  g_autofree char *second = get_feed (fixture, target);
  g_autofree char *page = site_kit_get (fixture, target, HTML, ATOM);

  g_assert_cmpstr (first, ==, second);
  g_assert_cmpstr (first, ==, page);
  g_assert_cmpuint (loft_figure_get (&fixture->figures->hot_hits),
                    ==,
                    before + 2);
}

/* Who has a feed already is told so, by whichever mark of it he knows; and who
 * has none is answered at once. */
static void
test_conditions (ServerFixture *fixture, gconstpointer test_data)
{
  server_fixture_run (fixture, conditions_cb, test_data);
  server_fixture_run (fixture, hot_cb, test_data);
}

static const ServerKitRow rows[] = {
  { .name = "missing", .target = "/packages/none/feed.atom", .status = 404 },
  { .name = "view", .target = "/at/1/feed.atom", .status = 404 },
  { .name = "alternate",
    .target = "/packages",
    .headers = HTML,
    .status = 200,
    .body = "<link rel=\"alternate\" type=\"application/atom+xml\" "
            "title=\"loft packages\" href=\"./feed.atom\"/>" },
  { .name = "package-alternate",
    .target = "/packages/hello/1.0.0",
    .headers = HTML,
    .status = 200,
    .body = "title=\"hello\" href=\"../../packages/hello/feed.atom\"/>" },
  { .name = "package-link",
    .target = "/packages/hello",
    .headers = HTML,
    .status = 200,
    .body = "<a href=\"../packages/hello/feed.atom\">Atom feed</a>" },
  { .name = "view-page",
    .target = "/at/2/packages/hello",
    .headers = HTML,
    .status = 200,
    .absent = "feed.atom" },
};

/* Pages lead to feeds, where there are any. */
static void
test_rows (ServerFixture *fixture, gconstpointer test_data)
{
  g_autofree char *id = NULL;

  server_fixture_run (fixture, publish_cb, &id);
  server_kit_run_rows (fixture, rows, G_N_ELEMENTS (rows));
}

#define ADD(path, data, func)                                                  \
  g_test_add (path,                                                            \
              ServerFixture,                                                   \
              data,                                                            \
              server_fixture_set_up,                                           \
              func,                                                            \
              server_fixture_tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  ADD ("/feed/entries", NULL, test_entries);
  ADD ("/feed/length", NULL, test_length);
  ADD ("/feed/url", NULL, test_url);
  ADD ("/feed/yanked", NULL, test_yanked);
  ADD ("/feed/hostile", NULL, test_hostile);
  ADD ("/feed/conditions/all", "/feed.atom", test_conditions);
  ADD ("/feed/conditions/one", "/packages/hello/feed.atom", test_conditions);
  ADD ("/feed/rows", NULL, test_rows);

  return g_test_run ();
}
