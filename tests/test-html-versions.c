/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "kit/site-kit.h"

#include <string.h>

#define HTML "Accept: text/html\r\n"
#define TYPE "text/html; charset=utf-8"
#define ALL "/packages/many?versions=all"

/* Two pages and a bit, of which one is a pre-release. */
#define VERSIONS 205

typedef struct
{
  const char *target;
  const char *first;
  const char *last;
  const char *absent;
  const char *words;
  const char *newer; /* nullable */
  const char *older; /* nullable */
} PageCase;

static const PageCase pages[] = {
  { ALL,
    ">1.0.203<",
    ">1.0.104<",
    ">1.0.103<",
    "Shown here: 1 to 100.",
    NULL,
    "?versions=all&after=1.0.104" },
  { ALL "&after=1.0.104",
    ">1.0.103<",
    ">1.0.4<",
    ">1.0.3<",
    "Shown here: 101 to 200.",
    "?versions=all",
    "?versions=all&after=1.0.4" },
  { ALL "&after=1.0.4",
    ">1.0.3<",
    ">9.0.0-rc.1<",
    ">1.0.4<",
    "Shown here: 201 to 205.",
    "?versions=all&after=1.0.104",
    NULL },
  { ALL "&after=0.5.0",
    ">9.0.0-rc.1<",
    ">9.0.0-rc.1<",
    ">1.0.3<",
    "205 in all",
    "?versions=all&after=1.0.100",
    NULL },
  { ALL "&after=1.0.103%2Bb",
    ">1.0.103<",
    ">1.0.4<",
    ">1.0.3<",
    "Shown here: 101 to 200.",
    "?versions=all",
    NULL },
  { "/at/205/packages/many?versions=all&after=1.0.104",
    "at/205/packages/many/1.0.103\"",
    "at/205/packages/many/1.0.4\"",
    ">1.0.3<",
    "Shown here: 101 to 200.",
    "?versions=all",
    "?versions=all&after=1.0.4" },
};

static void
expect_link (const char *links,
             const char *html,
             const char *query,
             const char *relation)
{
  g_autofree char *header =
    g_strdup_printf ("<%s>; rel=\"%s\"", query, relation);
  g_auto (GStrv) parts = g_strsplit (query, "&", -1);
  g_autofree char *escaped = g_strjoinv ("&amp;", parts);
  g_autofree char *anchor =
    g_strdup_printf ("<a rel=\"%s\" href=\"%s\">", relation, escaped);

  g_assert_nonnull (strstr (links, header));
  g_assert_nonnull (strstr (html, anchor));
}

static void
check_page (ServerFixture *fixture, const PageCase *row)
{
  g_autoptr (HttpAnswer) answer =
    http_request (fixture->port, "GET", row->target, HTML, NULL);
  g_autofree char *text = http_answer_dup_text (answer);
  g_autofree char *links = http_answer_get_header (answer, "Link");

  g_test_message ("%s: %s", row->target, answer->head);
  g_assert_cmpuint (answer->status, ==, 200);
  g_assert_cmpuint (strlen (text), <, 40 * 1000);
  g_assert_nonnull (strstr (text, row->first));
  g_assert_nonnull (strstr (text, row->last));
  g_assert_null (strstr (text, row->absent));
  g_assert_nonnull (strstr (text, row->words));
  if (row->newer != NULL)
    expect_link (links, text, row->newer, "prev");
  else
    g_assert_null (strstr (text, "rel=\"prev\""));
  if (row->older != NULL)
    expect_link (links, text, row->older, "next");
}

static void
pages_cb (ServerFixture *fixture, gconstpointer data)
{
  for (guint i = 0; i < VERSIONS - 1; i++)
    {
      g_autofree char *version = g_strdup_printf ("1.0.%u", i);

      site_kit_publish (fixture, "many", version, NULL);
    }
  site_kit_publish (fixture, "many", "9.0.0-rc.1", NULL);
  site_kit_publish (fixture, "few", "1.0.0", NULL);
  for (guint i = 0; i < G_N_ELEMENTS (pages); i++)
    check_page (fixture, &pages[i]);

  g_autofree char *few =
    site_kit_get (fixture, "/packages/few?versions=all", HTML, TYPE);
  g_assert_null (strstr (few, "class=\"paging\""));
  g_assert_null (strstr (few, "Shown here"));

  g_autofree char *json = site_kit_get (fixture, ALL, NULL, "application/json");
  g_assert_nonnull (strstr (json, "\"1.0.0\""));
  g_assert_nonnull (strstr (json, "\"1.0.203\""));
}

/* Each version is on one page, and from each page links lead to those around
 * it. */
static void
test_pages (ServerFixture *fixture, gconstpointer test_data)
{
  server_fixture_run (fixture, pages_cb, NULL);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  g_test_add ("/html-versions/pages",
              ServerFixture,
              NULL,
              server_fixture_set_up,
              test_pages,
              server_fixture_tear_down);

  return g_test_run ();
}
