/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "kit/server-kit.h"

#include <string.h>

/* Enough for a tarball, and for a text, that are sent from where they lie. */
#define LARGE 40000

static const char *const targets[] = {
  "/",
  "/?x=1",
  "/livez",
  "/readyz",
  "/nothing",
  "/packages",
  "/packages/",
  "//packages//",
  "/packages?x=1",
  "/packages?limit=1",
  "/packages?q=hello",
  "/packages?sort=bad",
  "/packages/hello-lib",
  "/packages/hello%2Dlib",
  "/packages/hello-lib/",
  "/packages/hello-lib?x=y",
  "/packages/large-lib",
  "/packages/none",
  "/packages/..",
  "/packages/hello-lib/0.1.0",
  "/packages/hello-lib/0.2.0",
  "/packages/hello-lib/9.9.9",
  "/packages/hello-lib/dependents",
  "/packages/hello-lib?versions=all",
  "/packages/hello-lib/0.1.0/download",
  "/packages/large-lib/1.0.0/download",
  "/packages/hello-lib/9.9.9/download",
  "/at/2/packages/hello-lib",
  "/at/2/packages/hello-lib/0.1.0",
  "/at/2/packages/hello-lib/0.1.0/download",
  "/at/2000-01-01/packages/hello-lib",
  "/min-age/1d/packages/hello-lib",
  "/at/3/",
  "/at/3/changes",
  "/at/3/packages",
  "/at/3/packages?limit=1",
  "/at/3/packages?q=hello",
  "/at/3/packages/hello-lib/dependents",
  "/at/99/packages",
  "/min-age/1d/",
  "/min-age/1d/packages",
  "/changes",
};

/* What a client may say; TAG stands for the entity tag of the answer. */
static const char *const headers[] = {
  "",
  "Accept: */*\r\nUser-Agent: x\r\n",
  "Accept: application/json\r\n",
  "Accept: text/html,*/*;q=0.8\r\n",
  "Accept: text/html\r\nIf-None-Match: TAG\r\n",
  "Accept: text/html\r\nAccept-Encoding: gzip\r\n",
  "Accept-Encoding: gzip\r\n",
  "Accept-Encoding: gzip, zstd\r\n",
  "Accept-Encoding: gzip;q=0.5, zstd;q=0\r\n",
  "Accept-Encoding: br\r\n",
  "If-None-Match: TAG\r\n",
  "If-None-Match: W/TAG\r\n",
  "If-None-Match: \"x\", TAG\r\n",
  "If-None-Match: *\r\n",
  "If-None-Match: \"x\"\r\n",
  "If-None-Match: nonsense\r\n",
  "Accept-Encoding: zstd\r\nIf-None-Match: TAG\r\n",
  "X-Request-Id: a.b\r\n",
  "X-Request-Id: a b\r\n",
  "Range: bytes=0-9\r\n",
  "Origin: https://elsewhere.example\r\n",
  "Authorization: Bearer x\r\n",
  "Cookie: a=b\r\n",
  "Connection: keep-alive\r\n",
  "Connection: close\r\n",
};

static const char *const methods[] = { "GET", "HEAD", "OPTIONS" };

static void
set_hot (ServerFixture *fixture, gboolean hot)
{
  LoftHttpSettings settings = LOFT_HTTP_SETTINGS_DEFAULT;

  settings.access_log = FALSE;
  if (!hot)
    settings.gate.hot_size = 0;
  loft_http_server_set_settings (fixture->server, &settings);
}

static void
publish (ServerFixture *fixture,
         const char *name,
         const char *version,
         const char *content)
{
  g_autoptr (GError) error = NULL;
  gboolean created = FALSE;
  g_autofree char *text = registry_kit_publish (&fixture->registry,
                                                name,
                                                version,
                                                content,
                                                REGISTRY_KIT_TOKEN,
                                                &created,
                                                &error);

  g_assert_no_error (error);
  g_assert_true (created);
}

static void
set_up (ServerFixture *fixture, gconstpointer test_data)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (1);
  GString *large = g_string_new (NULL);

  /* What can't be compressed is large as a tarball too. */
  while (large->len < LARGE)
    g_string_append_c (large, (char) g_rand_int_range (rand, 33, 127));

  server_fixture_set_up (fixture, NULL);
  publish (fixture, "hello-lib", "0.1.0", "x");
  publish (fixture, "hello-lib", "0.2.0", "x");
  publish (fixture, "large-lib", "1.0.0", large->str);
  g_string_free (large, TRUE);
}

/* The date, the request's id and how long something took are of the moment. */
static char *
describe (const HttpAnswer *answer)
{
  g_auto (GStrv) lines = g_strsplit (answer->head, "\r\n", -1);
  GString *text = g_string_new (NULL);

  for (gsize i = 0; lines[i] != NULL; i++)
    if (!g_str_has_prefix (lines[i], "Date: ") &&
        !g_str_has_prefix (lines[i], "X-Request-Id: "))
      g_string_append_printf (text, "%s\n", lines[i]);
    else
      g_string_append_printf (text,
                              "%.*s\n",
                              (int) strcspn (lines[i], " "),
                              lines[i]);

  g_autofree char *digest =
    g_compute_checksum_for_bytes (G_CHECKSUM_SHA256, answer->body);
  g_string_append_printf (text,
                          "%" G_GSIZE_FORMAT " %s",
                          g_bytes_get_size (answer->body),
                          digest);

  /* A problem names the id in its body. */
  if (answer->status >= 400)
    g_string_truncate (text, text->len - strlen (digest));

  return g_string_free (text, FALSE);
}

/* Everything that can be asked, asked @times times; the last answers. */
typedef struct
{
  guint times;
  GPtrArray *answers; /* owned, of owned texts */
} Walk;

static char *
fill_tag (const char *template, const char *tag)
{
  g_auto (GStrv) parts = g_strsplit (template, "TAG", -1);

  return g_strjoinv (tag, parts);
}

static void
ask (ServerFixture *fixture,
     Walk *walk,
     const char *method,
     const char *target,
     const char *template)
{
  g_autofree char *encoding = g_strndup (
    template,
    g_str_has_prefix (template, "Accept") ? strcspn (template, "\n") + 1 : 0);
  g_autoptr (HttpAnswer) first =
    http_request (fixture->port, "GET", target, encoding, NULL);
  g_autofree char *tag = http_answer_get_header (first, "ETag");
  g_autofree char *filled = fill_tag (template, tag != NULL ? tag : "\"none\"");
  g_autofree char *text = NULL;

  for (guint i = 0; i < walk->times; i++)
    {
      g_autoptr (HttpClient) client = http_client_new (fixture->port);
      g_autofree char *request =
        g_strdup_printf ("%s %s HTTP/1.1\r\nHost: x\r\n%s\r\n",
                         method,
                         target,
                         filled);

      g_assert_true (http_client_send_text (client, request));
      g_autoptr (HttpAnswer) answer =
        http_client_receive (client, !g_str_equal (method, "HEAD"));
      g_free (text);
      text = describe (answer);
    }
  g_ptr_array_add (
    walk->answers,
    g_strdup_printf ("%s %s\n%s\n%s", method, target, filled, text));
}

static void
walk_cb (ServerFixture *fixture, gconstpointer data)
{
  Walk *walk = (Walk *) data;

  for (gsize m = 0; m < G_N_ELEMENTS (methods); m++)
    for (gsize t = 0; t < G_N_ELEMENTS (targets); t++)
      for (gsize h = 0; h < G_N_ELEMENTS (headers); h++)
        ask (fixture, walk, methods[m], targets[t], headers[h]);
}

static GPtrArray *
walk (ServerFixture *fixture, gboolean hot, guint times)
{
  Walk walk = { times, g_ptr_array_new_with_free_func (g_free) };

  set_hot (fixture, hot);
  server_fixture_run (fixture, walk_cb, &walk);

  return walk.answers;
}

/* A hot answer is, byte for byte, what it would be without. */
static void
test_same (ServerFixture *fixture, gconstpointer test_data)
{
  g_autoptr (GPtrArray) cold = walk (fixture, FALSE, 1);
  guint64 before = loft_figure_get (&fixture->figures->hot_hits);
  g_assert_cmpuint (before, ==, 0);

  /* What was asked for twice is hot the third time. */
  g_autoptr (GPtrArray) hot = walk (fixture, TRUE, 3);
  guint64 hits = loft_figure_get (&fixture->figures->hot_hits);
  guint64 known = loft_figure_get (&fixture->figures->hot_not_modified);

  g_test_message ("%" G_GUINT64_FORMAT " hot, %" G_GUINT64_FORMAT
                  " of them 304",
                  hits,
                  known);
  g_assert_cmpuint (hits, >, cold->len);
  g_assert_cmpuint (known, >, 100);
  g_assert_cmpuint (cold->len, ==, hot->len);
  for (guint i = 0; i < cold->len; i++)
    g_assert_cmpstr (cold->pdata[i], ==, hot->pdata[i]);
}

static char *
get (guint16 port, const char *target)
{
  g_autoptr (HttpAnswer) answer =
    http_request (port, "GET", target, NULL, NULL);

  g_assert_cmpuint (answer->status, ==, 200);

  return http_answer_dup_text (answer);
}

static void
assert_hit (ServerFixture *fixture, const char *target, gboolean expected)
{
  guint64 before = loft_figure_get (&fixture->figures->hot_hits);
  g_autofree char *text = get (fixture->port, target);

  g_test_message ("%s", target);
  g_assert_cmpuint (loft_figure_get (&fixture->figures->hot_hits) - before,
                    ==,
                    expected);
}

static const char *const of_all[] = { "/", "/packages" };
static const char *const of_hello[] = {
  "/packages/hello-lib",
  "/packages/hello-lib/0.1.0",
  "/packages/hello-lib/0.1.0/download",
};
static const char *const of_large[] = {
  "/packages/large-lib",
  "/packages/large-lib/1.0.0/download",
};

static void
assert_hits (ServerFixture *fixture,
             const char *const *list,
             gsize n,
             gboolean expected)
{
  for (gsize i = 0; i < n; i++)
    assert_hit (fixture, list[i], expected);
}

static void
warm (ServerFixture *fixture)
{
  assert_hits (fixture, of_all, G_N_ELEMENTS (of_all), FALSE);
  assert_hits (fixture, of_hello, G_N_ELEMENTS (of_hello), FALSE);
  assert_hits (fixture, of_large, G_N_ELEMENTS (of_large), FALSE);
  assert_hits (fixture, of_all, G_N_ELEMENTS (of_all), TRUE);
  assert_hits (fixture, of_hello, G_N_ELEMENTS (of_hello), TRUE);
  assert_hits (fixture, of_large, G_N_ELEMENTS (of_large), TRUE);
}

/* The figures follow what is forgotten too. */
static void
assert_n_targets (ServerFixture *fixture, guint64 n)
{
  g_assert_cmpuint (loft_figure_get (&fixture->figures->hot_targets), ==, n);
  g_assert_cmpuint (loft_figure_get (&fixture->figures->hot_size), >, 0);
}

static void
change (ServerFixture *fixture, gconstpointer data)
{
  g_autoptr (GBytes) tarball = registry_kit_pack ("hello-lib", "0.3.0", "x");
  g_autoptr (GBytes) empty = g_bytes_new_static ("{}", 2);

  warm (fixture);

  g_autoptr (HttpAnswer) published =
    http_request (fixture->port,
                  "PUT",
                  "/packages/hello-lib/0.3.0",
                  SERVER_KIT_AUTH SERVER_KIT_GZIP,
                  tarball);
  g_assert_cmpuint (published->status, ==, 201);
  assert_n_targets (fixture, 7);
  g_autoptr (HttpAnswer) none =
    http_request (fixture->port, "GET", "/packages/no-lib", NULL, NULL);
  g_assert_cmpuint (none->status, ==, 404);
  assert_n_targets (fixture, 2);
  g_autofree char *after = get (fixture->port, "/packages/hello-lib");
  g_assert_nonnull (strstr (after, "\"version\":\"0.3.0\""));
  assert_hits (fixture, of_large, G_N_ELEMENTS (of_large), TRUE);
  assert_hits (fixture, of_all, G_N_ELEMENTS (of_all), FALSE);
  assert_hits (fixture, of_all, G_N_ELEMENTS (of_all), TRUE);

  g_autoptr (HttpAnswer) yanked =
    http_request (fixture->port,
                  "POST",
                  "/packages/hello-lib/0.1.0/yank",
                  SERVER_KIT_AUTH SERVER_KIT_JSON,
                  empty);
  g_assert_cmpuint (yanked->status, ==, 200);
  g_autofree char *element = get (fixture->port, "/packages/hello-lib/0.1.0");
  g_assert_nonnull (strstr (element, "\"yanked\":true"));
  assert_hits (fixture, of_large, G_N_ELEMENTS (of_large), TRUE);
  assert_hits (fixture, of_all, G_N_ELEMENTS (of_all), FALSE);
}

/* A change makes what it concerns cold, and nothing else. */
static void
test_change (ServerFixture *fixture, gconstpointer test_data)
{
  set_hot (fixture, TRUE);
  server_fixture_run (fixture, change, NULL);
}

static void
ask_lists (ServerFixture *fixture, gconstpointer data)
{
  for (guint i = 1; i <= 20; i++)
    {
      g_autofree char *target = g_strdup_printf ("/min-age/%ud/packages", i);
      g_autofree char *list = get (fixture->port, target);

      g_assert_cmpstr (list, ==, "[]");
      assert_n_targets (fixture, i);
    }
}

/* That lists of views are remembered keeps nobody waiting for other lists. */
static void
test_lists (ServerFixture *fixture, gconstpointer test_data)
{
  set_hot (fixture, TRUE);
  server_fixture_run (fixture, ask_lists, NULL);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  g_test_add ("/http-hot/same",
              ServerFixture,
              NULL,
              set_up,
              test_same,
              server_fixture_tear_down);
  g_test_add ("/http-hot/change",
              ServerFixture,
              NULL,
              set_up,
              test_change,
              server_fixture_tear_down);
  g_test_add ("/http-hot/lists",
              ServerFixture,
              NULL,
              set_up,
              test_lists,
              server_fixture_tear_down);

  return g_test_run ();
}
