/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "kit/loft-test-archive.h"
#include "kit/server-kit.h"

#include <string.h>

#define HTML "Accept: text/html\r\n"
#define IN(languages) HTML "Accept-Language: " languages "\r\n"
#define VARY "Vary: Accept, Accept-Encoding, Accept-Language"

/* More than any head may have. */
#define HUGE_SIZE (100 * 1000)

/* More than is remembered of a header, but a good one. */
#define LONG_SIZE 4000

static void
publish_cb (ServerFixture *fixture, gconstpointer data)
{
  const char *manifest = "{\"name\":\"hello-lib\",\"version\":\"1.0.0\","
                         "\"description\":\"Says hello\"}";
  g_autoptr (LoftTestArchive) archive = loft_test_archive_new ();

  loft_test_archive_add_file (archive, "manifest.json", manifest);
  loft_test_archive_add_file (archive, "README.md", "# hello\n");
  loft_test_archive_end (archive);

  g_autoptr (GBytes) tarball = loft_test_archive_to_gzip (archive);
  g_autoptr (HttpAnswer) answer = http_request (fixture->port,
                                                "PUT",
                                                "/packages/hello-lib/1.0.0",
                                                SERVER_KIT_AUTH SERVER_KIT_GZIP,
                                                tarball);
  g_assert_cmpuint (answer->status, ==, 201);
}

static void
set_up (ServerFixture *fixture, gconstpointer test_data)
{
  server_fixture_set_up (fixture, test_data);
  server_fixture_run (fixture, publish_cb, NULL);
}

static const ServerKitRow rows[] = {
  { .name = "none",
    .target = "/packages/hello-lib",
    .headers = HTML,
    .status = 200,
    .header = "Content-Language: en",
    .body = "<html lang=\"en\" dir=\"ltr\">" },
  { .name = "german",
    .target = "/packages/hello-lib",
    .headers = IN ("de-AT,de;q=0.9,en;q=0.5"),
    .status = 200,
    .header = "Content-Language: de",
    .body = "<html lang=\"de\" dir=\"ltr\">",
    .absent = "Dependencies" },
  { .name = "vary",
    .target = "/packages/hello-lib",
    .headers = IN ("de"),
    .status = 200,
    .header = VARY,
    .body = "<h2>Abhängigkeiten</h2>" },
  { .name = "spanish",
    .target = "/packages",
    .headers = IN ("es"),
    .status = 200,
    .header = "Content-Language: es",
    .body = "<h1>Todos los paquetes</h1>" },
  { .name = "french",
    .target = "/packages/hello-lib/dependents",
    .headers = IN ("fr-CA"),
    .status = 200,
    .header = "Content-Language: fr",
    .body = "<h1>Paquets qui dépendent de <a " },
  { .name = "chinese",
    .target = "/packages/hello-lib?versions=all",
    .headers = IN ("zh-Hans-CN"),
    .status = 200,
    .header = "Content-Language: zh-CN",
    .body = "hello-lib</a> 的版本</h1>" },
  { .name = "traditional",
    .target = "/",
    .headers = IN ("zh-TW"),
    .status = 200,
    .header = "Content-Language: en" },
  { .name = "size",
    .target = "/packages/hello-lib",
    .headers = IN ("de"),
    .status = 200,
    .body = " Byte</td>" },
  { .name = "age",
    .target = "/packages/hello-lib",
    .headers = IN ("fr"),
    .status = 200,
    .body = ", aujourd’hui</dd>" },
  { .name = "strangers",
    .target = "/packages/hello-lib",
    .headers = IN ("de"),
    .status = 200,
    .body = "<p class=\"lead\" lang=\"\" dir=\"auto\">Says hello</p>" },
  { .name = "readme",
    .target = "/packages/hello-lib",
    .headers = IN ("de"),
    .status = 200,
    .body = "<section class=\"readme\" lang=\"\"" },
  { .name = "view",
    .target = "/at/2/packages/hello-lib",
    .headers = IN ("es"),
    .status = 200,
    .header = VARY,
    .body = "<html lang=\"es\"" },
  { .name = "problem",
    .target = "/packages/none",
    .headers = IN ("de"),
    .status = 404,
    .header = "Content-Language: de",
    .body = "<h1>Diese Seite gibt es nicht</h1>" },
  { .name = "problem-detail",
    .target = "/packages/none",
    .headers = IN ("de"),
    .status = 404,
    .header = "Vary: Accept, Accept-Language",
    .body = "bad\">Ein Paket dieses Namens gibt es nicht.</p>",
    .absent = "lang=\"en\"" },
  { .name = "problem-english",
    .target = "/packages/none",
    .headers = IN ("en"),
    .status = 404,
    .body = "lang=\"en\">There is no package “none”." },
  { .name = "problem-version",
    .target = "/packages/hello-lib/9.9.9",
    .headers = IN ("fr"),
    .status = 404,
    .body = "Le paquet n’a pas cette version." },
  { .name = "problem-path",
    .target = "/nothing",
    .headers = IN ("es"),
    .status = 404,
    .body = "No hay nada en esta dirección." },
  { .name = "problem-query",
    .target = "/packages?limit=x",
    .headers = IN ("de"),
    .status = 400,
    .body = "An der Adresse stimmt etwas nicht.</p>\n<p lang=\"en\">" },
  { .name = "json",
    .target = "/packages/hello-lib",
    .headers = "Accept-Language: de\r\n",
    .status = 200,
    .header = "Vary: Accept, Accept-Encoding",
    .body = "[{\"name\":\"hello-lib\"" },
  { .name = "json-language",
    .target = "/packages/hello-lib",
    .headers = "Accept-Language: de\r\n",
    .status = 200,
    .header = "Content-Language:" },
  { .name = "json-problem",
    .target = "/packages/none",
    .headers = "Accept-Language: de\r\n",
    .status = 404,
    .header = "Content-Language:",
    .body = "\"title\":\"Not Found\"" },
};

/* People read pages in their language; programs are answered as ever. */
static void
test_rows (ServerFixture *fixture, gconstpointer test_data)
{
  server_kit_run_rows (fixture, rows, G_N_ELEMENTS (rows));
}

static HttpAnswer *
ask (ServerFixture *fixture, const char *languages, const char *etag)
{
  g_autofree char *headers =
    g_strdup_printf (HTML "Accept-Language: %s\r\n%s%s%s",
                     languages,
                     etag != NULL ? "If-None-Match: " : "",
                     etag != NULL ? etag : "",
                     etag != NULL ? "\r\n" : "");

  return http_request (fixture->port,
                       "GET",
                       "/packages/hello-lib",
                       headers,
                       NULL);
}

static void
check_language (const HttpAnswer *answer, const char *language)
{
  g_autofree char *text = http_answer_dup_text (answer);
  g_autofree char *html = g_strdup_printf ("<html lang=\"%s\"", language);
  g_autofree char *header = g_strconcat ("Content-Language: ", language, NULL);

  g_assert_cmpuint (answer->status, ==, 200);
  g_assert_nonnull (strstr (text, html));
  server_kit_check_header (answer, header);
  server_kit_check_header (answer, VARY);
}

static void
hot_cb (ServerFixture *fixture, gconstpointer data)
{
  /* Each was asked for before, if only in other words. */
  static const char *const again[][2] = {
    { "de-AT,de;q=0.9,en-US;q=0.8,en;q=0.7", "de" },
    { "xx, fr;q=0.3", "fr" },
    { "en-GB", "en" },
    { "de;q=0.1, es;q=0.2", "es" },
    { "zh", "zh-CN" },
    { "pt-BR", "en" },
  };
  static const char *const languages[] = { "de", "fr", "en", "es", "zh-CN" };

  for (gsize i = 0; i < G_N_ELEMENTS (languages); i++)
    {
      g_autoptr (HttpAnswer) answer = ask (fixture, languages[i], NULL);

      check_language (answer, languages[i]);
    }

  guint64 before = loft_figure_get (&fixture->figures->hot_hits);
  for (gsize i = 0; i < G_N_ELEMENTS (again); i++)
    {
      g_autoptr (HttpAnswer) answer = ask (fixture, again[i][0], NULL);

      g_test_message ("%s", again[i][0]);
      check_language (answer, again[i][1]);
    }
  g_assert_cmpuint (loft_figure_get (&fixture->figures->hot_hits),
                    ==,
                    before + G_N_ELEMENTS (again));
}

/* A page is a hot answer once a language, however a reader asks for that. */
static void
test_hot (ServerFixture *fixture, gconstpointer test_data)
{
  server_fixture_run (fixture, hot_cb, NULL);
}

static void
etag_cb (ServerFixture *fixture, gconstpointer data)
{
  g_autoptr (HttpAnswer) german = ask (fixture, "de", NULL);
  g_autofree char *etag = http_answer_get_header (german, "ETag");

  for (int i = 0; i < 2; i++)
    {
      g_autoptr (HttpAnswer) known = ask (fixture, "de-CH", etag);
      g_autoptr (HttpAnswer) other = ask (fixture, "fr", etag);

      g_assert_cmpuint (known->status, ==, 304);
      check_language (other, "fr");
    }
}

/* Who has a page in one language does not have it in another. */
static void
test_etag (ServerFixture *fixture, gconstpointer test_data)
{
  server_fixture_run (fixture, etag_cb, NULL);
}

static void
long_cb (ServerFixture *fixture, gconstpointer data)
{
  g_autofree char *filler = g_strnfill (LONG_SIZE, ',');
  g_autofree char *long_list = g_strconcat (filler, "es", NULL);
  g_autofree char *huge_list = g_strnfill (HUGE_SIZE, 'a');
  g_autoptr (HttpAnswer) first = ask (fixture, long_list, NULL);
  g_autoptr (HttpAnswer) huge = ask (fixture, huge_list, NULL);
  g_autoptr (HttpAnswer) other = ask (fixture, "de", NULL);

  check_language (first, "es");
  g_assert_cmpuint (huge->status, ==, 431);
  check_language (other, "de");
}

/* However long the list of a reader's languages is, others get theirs. */
static void
test_long (ServerFixture *fixture, gconstpointer test_data)
{
  server_fixture_run (fixture, long_cb, NULL);
}

#define ADD(path, func)                                                        \
  g_test_add (path, ServerFixture, NULL, set_up, func, server_fixture_tear_down)

int
main (int argc, char **argv)
{
  g_setenv ("LANGUAGE", "es:fr", TRUE);
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  ADD ("/html-language/rows", test_rows);
  ADD ("/html-language/hot", test_hot);
  ADD ("/html-language/etag", test_etag);
  ADD ("/html-language/long", test_long);

  return g_test_run ();
}
