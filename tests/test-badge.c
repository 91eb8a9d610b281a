/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "kit/site-kit.h"
#include "pages/loft-badge.h"

#include <string.h>

#define HTML "Accept: text/html,*/*;q=0.8\r\n"
#define SVG "image/svg+xml"

static const ServerKitRow rows[] = {
  { .name = "version",
    .target = "/badges/hello.svg",
    .status = 200,
    .header = "Content-Type: image/svg+xml",
    .body = "role=\"img\" aria-labelledby=\"t\"><title id=\"t\">"
            "hello: v1.0.0</title>" },
  { .name = "browser",
    .target = "/badges/hello.svg",
    .headers = HTML,
    .status = 200,
    .header = "Content-Type: image/svg+xml" },
  { .name = "policy",
    .target = "/badges/hello.svg",
    .status = 200,
    .header = "Content-Security-Policy: default-src 'none'; "
              "style-src 'none'; sandbox" },
  { .name = "nosniff",
    .target = "/badges/hello.svg",
    .status = 200,
    .header = "X-Content-Type-Options: nosniff" },
  { .name = "cache",
    .target = "/badges/hello.svg",
    .status = 200,
    .header = "Cache-Control: public, max-age=300" },
  { .name = "yanked",
    .target = "/badges/gone.svg",
    .status = 200,
    .body = "gone: yanked" },
  { .name = "unknown",
    .target = "/badges/%3Cscript%3E%22.svg",
    .headers = HTML,
    .status = 404,
    .header = "Content-Type: image/svg+xml",
    .body = "<title id=\"t\">&lt;script&gt;&quot;: unknown</title>",
    .absent = "<script" },
  { .name = "unknown-policy",
    .target = "/badges/none.svg",
    .status = 404,
    .header = "Content-Security-Policy: default-src 'none'; "
              "style-src 'none'; sandbox" },
  { .name = "no-picture",
    .target = "/badges/hello",
    .status = 404,
    .header = "Content-Type: application/problem+json" },
  { .name = "yank-reason",
    .target = "/packages/gone/1.0.0",
    .headers = HTML,
    .status = 200,
    .body = "<bdi lang=\"\">It &lt;eats&gt; files</bdi>" },
  { .name = "robots",
    .target = "/robots.txt",
    .headers = HTML,
    .status = 200,
    .header = "Content-Type: text/plain; charset=utf-8",
    .body = "User-agent: *\nDisallow: /at/\n" },
  { .name = "depended-on",
    .target = "/",
    .headers = HTML,
    .status = 200,
    .absent = "Most depended on" },
  { .name = "canonical",
    .target = "/packages/hello",
    .headers = HTML,
    .status = 200,
    .body = "<link rel=\"canonical\" href=\"../packages/hello\"/>",
    .absent = "og:url" },
  { .name = "canonical-view",
    .target = "/at/2/packages/hello/1.0.0",
    .headers = HTML,
    .status = 200,
    .body = "rel=\"canonical\" href=\"../../../../packages/hello/1.0.0\"/>" },
  { .name = "open-graph",
    .target = "/packages/hello",
    .headers = HTML,
    .status = 200,
    .body = "<meta property=\"og:description\" "
            "content=\"Says &quot;&gt;&lt;hello\"/>" },
};

static const ServerKitRow known_rows[] = {
  { .name = "snippet",
    .target = "/packages/hello",
    .headers = HTML,
    .status = 200,
    .body = "[![hello](https://example.net/loft/badges/hello.svg)]"
            "(https://example.net/loft/packages/hello)" },
  { .name = "known-canonical",
    .target = "/packages/hello",
    .headers = HTML,
    .status = 200,
    .body = "href=\"https://example.net/loft/packages/hello\"/>" },
  { .name = "known-og-url",
    .target = "/packages/hello/1.0.0",
    .headers = HTML,
    .status = 200,
    .body = "<meta property=\"og:url\" "
            "content=\"https://example.net/loft/packages/hello/1.0.0\"/>" },
};

static void
publish_cb (ServerFixture *fixture, gconstpointer data)
{
  site_kit_publish (fixture,
                    "hello",
                    "1.0.0",
                    "\"description\":\"Says \\\"><hello\"");
  site_kit_publish (fixture, "gone", "1.0.0", NULL);

  const char reason[] = "{\"reason\":\"It <eats> files\"}";
  g_autoptr (GBytes) body = g_bytes_new_static (reason, strlen (reason));
  g_autoptr (HttpAnswer) answer = http_request (fixture->port,
                                                "POST",
                                                "/packages/gone/1.0.0/yank",
                                                SERVER_KIT_AUTH SERVER_KIT_JSON,
                                                body);
  g_assert_cmpuint (answer->status, ==, 200);
}

/* Badges tell the newest version, or that there is none; and pages tell where
 * they are to be found. */
static void
test_rows (ServerFixture *fixture, gconstpointer test_data)
{
  server_fixture_run (fixture, publish_cb, NULL);
  server_kit_run_rows (fixture, rows, G_N_ELEMENTS (rows));
  site_kit_set_url (fixture, "https://example.net/loft");
  server_kit_run_rows (fixture, known_rows, G_N_ELEMENTS (known_rows));
}

static void
hot_cb (ServerFixture *fixture, gconstpointer data)
{
  site_kit_publish (fixture, "hello", "1.0.0", NULL);

  g_autofree char *first =
    site_kit_get (fixture, "/badges/hello.svg", NULL, SVG);
  guint64 before = loft_figure_get (&fixture->figures->hot_hits);
  g_autofree char *second =
    site_kit_get (fixture, "/badges/hello.svg", NULL, SVG);

  g_assert_cmpstr (first, ==, second);
  g_assert_cmpuint (loft_figure_get (&fixture->figures->hot_hits),
                    ==,
                    before + 1);
  site_kit_publish (fixture, "hello", "1.1.0", NULL);
  g_autofree char *third =
    site_kit_get (fixture, "/badges/hello.svg", NULL, SVG);
  g_assert_nonnull (strstr (third, "v1.1.0"));
}

/* A badge is a hot answer, and knows of a new version at once. */
static void
test_hot (ServerFixture *fixture, gconstpointer test_data)
{
  server_fixture_run (fixture, hot_cb, NULL);
}

/* Whatever the words, the picture is one, and not wide. */
static void
test_words (void)
{
  static const char *const words[] = {
    "",
    "a",
    "]]></title><script>x</script>",
    "\xff\xfe",
    "&amp;",
    "日本語",
    "1.0.0-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (words); i++)
    {
      g_autoptr (GBytes) svg =
        loft_badge_render (words[i], words[i], LOFT_BADGE_GREY);
      g_autofree char *text =
        g_strndup (g_bytes_get_data (svg, NULL), g_bytes_get_size (svg));

      g_assert_cmpuint (g_bytes_get_size (svg), <, 2000);
      g_assert_null (strstr (text, "<script"));
      if (!site_kit_check_xml (text, "badge.rng"))
        g_test_message ("There is no xmllint: the badge was not checked");
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  g_test_add ("/badge/rows",
              ServerFixture,
              NULL,
              server_fixture_set_up,
              test_rows,
              server_fixture_tear_down);
  g_test_add ("/badge/hot",
              ServerFixture,
              NULL,
              server_fixture_set_up,
              test_hot,
              server_fixture_tear_down);
  g_test_add_func ("/badge/words", test_words);

  return g_test_run ();
}
