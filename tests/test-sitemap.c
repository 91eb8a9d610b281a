/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "kit/site-kit.h"

#include <string.h>

#define XML "application/xml; charset=utf-8"
#define URL "https://x.example/a&b"
#define LOC "<loc>https://x.example/a&amp;b"

/* More than fit in a part. */
#define PACKAGES 1001

static void
expect_status (ServerFixture *fixture, const char *target, guint status)
{
  g_autoptr (HttpAnswer) answer =
    http_request (fixture->port, "GET", target, NULL, NULL);

  g_test_message ("%s: %s", target, answer->head);
  g_assert_cmpuint (answer->status, ==, status);
}

static void
unknown_cb (ServerFixture *fixture, gconstpointer data)
{
  g_autofree char *robots =
    site_kit_get (fixture, "/robots.txt", NULL, "text/plain; charset=utf-8");

  g_assert_null (strstr (robots, "Sitemap:"));
  expect_status (fixture, "/sitemap.xml", 404);
  expect_status (fixture, "/sitemap.xml?part=1", 404);
}

/* Without its own address a registry has no map. */
static void
test_unknown (ServerFixture *fixture, gconstpointer test_data)
{
  server_fixture_run (fixture, unknown_cb, NULL);
}

static void
parts_cb (ServerFixture *fixture, gconstpointer data)
{
  g_autofree char *empty = site_kit_get (fixture, "/sitemap.xml", NULL, XML);

  g_assert_nonnull (strstr (empty, "<sitemapindex "));
  g_assert_null (strstr (empty, "<loc>"));
  for (guint i = 1; i <= PACKAGES; i++)
    {
      g_autofree char *name = g_strdup_printf ("p-%u", i);

      site_kit_publish (fixture, name, "1.0.0", NULL);
    }

  g_autofree char *robots =
    site_kit_get (fixture, "/robots.txt", NULL, "text/plain; charset=utf-8");
  g_autofree char *index = site_kit_get (fixture, "/sitemap.xml", NULL, XML);
  g_autofree char *first =
    site_kit_get (fixture, "/sitemap.xml?part=1", NULL, XML);
  g_autofree char *second =
    site_kit_get (fixture, "/sitemap.xml?part=2", NULL, XML);

  g_assert_nonnull (strstr (robots, "\nSitemap: " URL "/sitemap.xml\n"));
  g_assert_nonnull (strstr (index, LOC "/sitemap.xml?part=1</loc>"));
  g_assert_nonnull (strstr (index, LOC "/sitemap.xml?part=2</loc>"));
  g_assert_null (strstr (index, "part=3"));
  g_assert_nonnull (strstr (first, LOC "/packages/p-1</loc><lastmod>20"));
  g_assert_nonnull (strstr (first, LOC "/packages/p-1000</loc>"));
  g_assert_null (strstr (first, "/packages/p-1001<"));
  g_assert_nonnull (strstr (second, LOC "/packages/p-1001</loc>"));
  g_assert_null (strstr (second, "/packages/p-1000<"));
  expect_status (fixture, "/sitemap.xml?part=3", 404);
  expect_status (fixture, "/sitemap.xml?part=0", 404);
  expect_status (fixture, "/sitemap.xml?part=x", 404);
  expect_status (fixture, "/at/1/sitemap.xml", 404);
}

/* Every package is in one part, and every part in the index. */
static void
test_parts (ServerFixture *fixture, gconstpointer test_data)
{
  site_kit_set_url (fixture, URL);
  server_fixture_run (fixture, parts_cb, NULL);
}

static void
publish_cb (ServerFixture *fixture, gconstpointer data)
{
  site_kit_publish (fixture, "gone", "1.0.0", NULL);
  site_kit_publish (fixture, "here", "1.0.0", NULL);

  g_autofree char *map =
    site_kit_get (fixture, "/sitemap.xml?part=1", NULL, XML);
  g_assert_nonnull (strstr (map, "/packages/gone<"));
}

static void
yanked_cb (ServerFixture *fixture, gconstpointer data)
{
  g_autofree char *map =
    site_kit_get (fixture, "/sitemap.xml?part=1", NULL, XML);

  g_assert_null (strstr (map, "/packages/gone<"));
  g_assert_nonnull (strstr (map, "/packages/here<"));
}

/* What lists do not show is in no map. */
static void
test_yanked (ServerFixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;

  site_kit_set_url (fixture, URL);
  server_fixture_run (fixture, publish_cb, NULL);
  g_autofree char *yanked = registry_kit_yank (&fixture->registry,
                                               "gone",
                                               "1.0.0",
                                               TRUE,
                                               REGISTRY_KIT_TOKEN,
                                               &error);
  g_assert_no_error (error);
  server_fixture_run (fixture, yanked_cb, NULL);
}

#define ADD(path, func)                                                        \
  g_test_add (path,                                                            \
              ServerFixture,                                                   \
              NULL,                                                            \
              server_fixture_set_up,                                           \
              func,                                                            \
              server_fixture_tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  ADD ("/sitemap/unknown", test_unknown);
  ADD ("/sitemap/parts", test_parts);
  ADD ("/sitemap/yanked", test_yanked);

  return g_test_run ();
}
