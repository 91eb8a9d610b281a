/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "http/loft-headers.h"
#include "http/loft-problem.h"
#include "registry/loft-registry-error.h"

#include <string.h>

/* The coding that a client likes best is chosen, and none that it did not name:
 * there are clients that cannot decode. */
static void
test_negotiate (void)
{
  static const struct
  {
    const char *accept;
    LoftCoding coding;
  } rows[] = {
    { NULL, LOFT_CODING_IDENTITY },
    { "", LOFT_CODING_IDENTITY },
    { "*", LOFT_CODING_IDENTITY },
    { "identity", LOFT_CODING_IDENTITY },
    { "br, deflate", LOFT_CODING_IDENTITY },
    { "gzip", LOFT_CODING_GZIP },
    { "x-gzip", LOFT_CODING_GZIP },
    { "GZip", LOFT_CODING_GZIP },
    { "gzip, deflate, br, zstd", LOFT_CODING_ZSTD },
    { "zstd, gzip", LOFT_CODING_ZSTD },
    { "gzip;q=1.0, zstd;q=0.5", LOFT_CODING_GZIP },
    { "zstd;q=0.999,gzip", LOFT_CODING_GZIP },
    { "gzip ; q=0.2 , zstd ; q=0.3", LOFT_CODING_ZSTD },
    { "gzip;q=0", LOFT_CODING_IDENTITY },
    { "gzip;q=0.000, zstd;q=0", LOFT_CODING_IDENTITY },
    { "identity;q=1, gzip;q=0.5", LOFT_CODING_IDENTITY },
    { "identity;q=0.5, gzip;q=0.5", LOFT_CODING_GZIP },
    { "identity;q=0, gzip;q=0.001", LOFT_CODING_GZIP },
    { "identity;q=0", LOFT_CODING_IDENTITY },
    { "gzip;q=2", LOFT_CODING_IDENTITY },
    { "gzip;q=1.001", LOFT_CODING_IDENTITY },
    { "gzip;q=0.0001", LOFT_CODING_IDENTITY },
    { "gzip;q=", LOFT_CODING_IDENTITY },
    { "gzip;q=x, zstd", LOFT_CODING_ZSTD },
    { "gzip;level=9", LOFT_CODING_IDENTITY },
    { ",,,gzip,,", LOFT_CODING_GZIP },
    { "gzipped", LOFT_CODING_IDENTITY },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_test_message ("%s", rows[i].accept);
      g_assert_cmpint (loft_headers_negotiate (rows[i].accept),
                       ==,
                       rows[i].coding);
    }
}

/* Only who names HTML gets it, and likes it better than JSON. */
static void
test_html (void)
{
  static const struct
  {
    const char *accept;
    gboolean html;
  } rows[] = {
    { NULL, FALSE },
    { "", FALSE },
    { "*/*", FALSE },
    { "application/json", FALSE },
    { "text/*", FALSE },
    { "text/html", TRUE },
    { "TEXT/HTML", TRUE },
    { "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,"
      "image/webp,*/*;q=0.8",
      TRUE },
    { "text/html,application/xhtml+xml,application/signed-exchange;v=b3;q=0.7,"
      "*/*;q=0.8",
      TRUE },
    { "text/html, */*", TRUE },
    { "text/html;q=0.5, */*", FALSE },
    { "text/html;q=0.5, application/*;q=0.8", FALSE },
    { "text/html, application/json", FALSE },
    { "text/html, application/json;q=0.9", TRUE },
    { "application/json, text/html;q=0.9", FALSE },
    { "text/html;q=0", FALSE },
    { "text/html;q=0.1", TRUE },
    { "text/html;q=x", FALSE },
    { "text/htmlx", FALSE },
    { "application/json;q=0, text/html;q=0.1", TRUE },
    { "image/*, text/css", FALSE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_test_message ("%s", rows[i].accept);
      g_assert_cmpint (loft_headers_prefer_html (rows[i].accept),
                       ==,
                       rows[i].html);
    }
}

/* The language that a reader likes best, of those that there are. */
static void
test_language (void)
{
  static const char *const tags[] = { "en", "de", "fr", "zh-CN", NULL };
  static const struct
  {
    const char *accept_language;
    const char *tag;
  } rows[] = {
    { NULL, "en" },
    { "", "en" },
    { "*", "en" },
    { "de", "de" },
    { "DE", "de" },
    { "de-AT", "de" },
    { "de-Latn-AT-1996", "de" },
    { "de-AT, fr;q=0.9", "de" },
    { "fr;q=0.9, de-AT", "de" },
    { "fr, de", "fr" },
    { "fr;q=0.5, de;q=0.5", "fr" },
    { "fr;q=0.5, de;q=0.501", "de" },
    { "de;q=0", "en" },
    { "de;q=0, fr;q=0.001", "fr" },
    { "de;q=0.000, de-AT", "de" },
    { "en;q=0", "en" },
    { "en;q=0, *", "en" },
    { "*;q=0.5, de;q=0.2", "en" },
    { "*;q=0.2, de;q=0.5", "de" },
    { "*, de", "de" },
    { "en;q=0.1, de;q=0.2, *;q=0.5", "de" },
    { "*;q=0", "en" },
    { "pt-BR, pt;q=0.9", "en" },
    { "pt-BR, pt;q=0.9, fr;q=0.1", "fr" },
    { "en-GB, de", "en" },
    { "deu", "en" },
    { "d", "en" },
    { "zh", "zh-CN" },
    { "zh-CN", "zh-CN" },
    { "zh-Hans", "zh-CN" },
    { "zh-Hans-CN", "zh-CN" },
    { "zh-Hans-HK", "zh-CN" },
    { "zh-SG", "zh-CN" },
    { "zh-TW", "en" },
    { "zh-Hant", "en" },
    { "zh-hant-cn", "en" },
    { "zh-HK, fr;q=0.1", "fr" },
    { "zh-TW, zh;q=0.9, en;q=0.8", "zh-CN" },
    { "zh-TW, en;q=0.9, zh;q=0.8", "en" },
    { " de ; q=0.5 , fr ; q=0.4 ", "de" },
    { "de;q=2, fr;q=0.1", "fr" },
    { "de;q=, fr;q=x", "en" },
    { "de;x=1, fr", "fr" },
    { "de_AT, fr;q=0.1", "fr" },
    { "de-, -de, -, fr;q=0.1", "fr" },
    { "de-abcdefghi, fr;q=0.1", "fr" },
    { ",,,;;;,de", "de" },
    { "d\xc3\xa9, fr;q=0.1", "fr" },
    { "../../de", "en" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      guint found =
        loft_headers_negotiate_language (rows[i].accept_language, tags);

      g_test_message ("%s", rows[i].accept_language);
      g_assert_cmpstr (tags[found], ==, rows[i].tag);
    }
}

/* Entity tags are compared weakly, in lists too. */
static void
test_etag (void)
{
  static const struct
  {
    const char *list;
    gboolean matches;
    gboolean only_weakly;
  } rows[] = {
    { "\"abc\"", TRUE },
    { "W/\"abc\"", TRUE, TRUE },
    { "W/\"abc\", \"abc\"", TRUE },
    { "*", TRUE },
    { " * ", TRUE },
    { "\"x\", \"abc\"", TRUE },
    { "\"x\",W/\"abc\" , \"y\"", TRUE, TRUE },
    { "\"a,b\", \"abc\"", TRUE },
    { ", \"abc\"", TRUE },
    { "\"x\",, \"abc\",", TRUE },
    { ",", FALSE },
    { "", FALSE },
    { "abc", FALSE },
    { "\"ab\"", FALSE },
    { "\"abcd\"", FALSE },
    { "\"abc", FALSE },
    { "w/\"abc\"", FALSE },
    { "\"x\" \"abc\"", FALSE },
    { "\"x, \"abc\"", FALSE },
    { "*, \"x\"", FALSE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_test_message ("%s", rows[i].list);
      g_assert_cmpint (loft_headers_match_etag (rows[i].list, "\"abc\""),
                       ==,
                       rows[i].matches);
      g_assert_cmpint (
        loft_headers_match_etag_strongly (rows[i].list, "\"abc\""),
        ==,
        rows[i].matches && !rows[i].only_weakly);
    }
}

/* One range of bytes is understood; whatever else there may be is the whole. */
static void
test_range (void)
{
  static const struct
  {
    const char *range;
    LoftRangeResult result;
    goffset first;
    goffset last;
  } rows[] = {
    { "bytes=0-0", LOFT_RANGE_SATISFIABLE, 0, 0 },
    { "bytes=0-99", LOFT_RANGE_SATISFIABLE, 0, 99 },
    { "bytes=10-19", LOFT_RANGE_SATISFIABLE, 10, 19 },
    { "Bytes=10-19", LOFT_RANGE_SATISFIABLE, 10, 19 },
    { "bytes=90-", LOFT_RANGE_SATISFIABLE, 90, 99 },
    { "bytes=90-1000", LOFT_RANGE_SATISFIABLE, 90, 99 },
    { "bytes=-1", LOFT_RANGE_SATISFIABLE, 99, 99 },
    { "bytes=-100", LOFT_RANGE_SATISFIABLE, 0, 99 },
    { "bytes=-1000", LOFT_RANGE_SATISFIABLE, 0, 99 },
    { "bytes=5-99999999999999999999999", LOFT_RANGE_SATISFIABLE, 5, 99 },
    { "bytes=-99999999999999999999999", LOFT_RANGE_SATISFIABLE, 0, 99 },
    { "bytes=100-", LOFT_RANGE_UNSATISFIABLE, 0, 0 },
    { "bytes=100-200", LOFT_RANGE_UNSATISFIABLE, 0, 0 },
    { "bytes=99999999999999999999999-", LOFT_RANGE_UNSATISFIABLE, 0, 0 },
    { "bytes=-0", LOFT_RANGE_UNSATISFIABLE, 0, 0 },
    { "bytes=0-0,1-1", LOFT_RANGE_NONE, 0, 0 },
    { "bytes=0-0,", LOFT_RANGE_NONE, 0, 0 },
    { "bytes=5-4", LOFT_RANGE_NONE, 0, 0 },
    { "bytes=-", LOFT_RANGE_NONE, 0, 0 },
    { "bytes=", LOFT_RANGE_NONE, 0, 0 },
    { "bytes", LOFT_RANGE_NONE, 0, 0 },
    { "bytes=a-b", LOFT_RANGE_NONE, 0, 0 },
    { "bytes=0x1-2", LOFT_RANGE_NONE, 0, 0 },
    { "bytes=+1-2", LOFT_RANGE_NONE, 0, 0 },
    { "bytes=1--2", LOFT_RANGE_NONE, 0, 0 },
    { "items=0-1", LOFT_RANGE_NONE, 0, 0 },
    { "", LOFT_RANGE_NONE, 0, 0 },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      goffset first = 0;
      goffset last = 0;

      g_test_message ("%s", rows[i].range);
      g_assert_cmpint (
        loft_headers_parse_range (rows[i].range, 100, &first, &last),
        ==,
        rows[i].result);
      g_assert_cmpint (first, ==, rows[i].first);
      g_assert_cmpint (last, ==, rows[i].last);
    }
}

/* There is no byte of nothing. */
static void
test_range_of_nothing (void)
{
  static const char *const ranges[] = { "bytes=0-", "bytes=0-0", "bytes=-1" };

  for (gsize i = 0; i < G_N_ELEMENTS (ranges); i++)
    {
      goffset first = 0;
      goffset last = 0;

      g_assert_cmpint (loft_headers_parse_range (ranges[i], 0, &first, &last),
                       ==,
                       LOFT_RANGE_UNSATISFIABLE);
    }
}

/* A header that is there holds a token, or is refused without being shown. */
static void
test_token (void)
{
  static const struct
  {
    const char *header;
    const char *token;
    gboolean good;
  } rows[] = {
    { NULL, NULL, TRUE },
    { "Bearer abc", "abc", TRUE },
    { "bearer   abc", "abc", TRUE },
    { "Bearer a.b_c-d~e+f/g=", "a.b_c-d~e+f/g=", TRUE },
    { "", NULL, FALSE },
    { "Bearer", NULL, FALSE },
    { "Bearer ", NULL, FALSE },
    { "Bearerabc", NULL, FALSE },
    { "Basic abc", NULL, FALSE },
    { "Bearer a b", NULL, FALSE },
    { "Bearer abc, Bearer abc", NULL, FALSE },
    { "Bearer abc\xc3\xa9", NULL, FALSE },
    { "abc", NULL, FALSE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *token = NULL;
      g_autoptr (GError) error = NULL;
      gboolean good = loft_headers_parse_token (rows[i].header, &token, &error);

      g_test_message ("%s", rows[i].header);
      g_assert_cmpint (good, ==, rows[i].good);
      g_assert_cmpstr (token, ==, rows[i].token);
      if (!good)
        {
          g_assert_error (error,
                          LOFT_REGISTRY_ERROR,
                          LOFT_REGISTRY_ERROR_TOKEN_NEEDED);
          g_assert_null (strstr (error->message, "abc"));
        }
    }
}

/* No token is endless. */
static void
test_long_token (void)
{
  g_autofree char *filler = g_strnfill (2000, 'a');
  g_autofree char *header = g_strconcat ("Bearer ", filler, NULL);
  g_autofree char *token = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_false (loft_headers_parse_token (header, &token, &error));
  g_assert_error (error, LOFT_REGISTRY_ERROR, LOFT_REGISTRY_ERROR_TOKEN_NEEDED);
}

/* Parameters and letter case do not make another type. */
static void
test_media_type (void)
{
  static const char *const types[] = { "application/json", NULL };

  g_assert_true (loft_headers_is_media_type ("application/json", types));
  g_assert_true (
    loft_headers_is_media_type ("Application/JSON; charset=utf-8", types));
  g_assert_false (loft_headers_is_media_type ("application/json5", types));
  g_assert_false (loft_headers_is_media_type ("text/plain", types));
  g_assert_false (loft_headers_is_media_type ("", types));
  g_assert_false (loft_headers_is_media_type (NULL, types));
}

/* A page is foreign unless it comes from the very host that was asked. */
static void
test_origin (void)
{
  static const struct
  {
    const char *origin;
    const char *host;
    gboolean foreign;
  } rows[] = {
    { "http://example.org", "example.org", FALSE },
    { "http://Example.org", "example.ORG", FALSE },
    { "http://example.org:80", "example.org", FALSE },
    { "http://example.org", "example.org:80", FALSE },
    { "https://example.org", "example.org:443", FALSE },
    { "http://example.org:3030", "example.org:3030", FALSE },
    { "http://[::1]:3030", "[::1]:3030", FALSE },
    { "http://example.org:3031", "example.org:3030", TRUE },
    { "http://example.com", "example.org", TRUE },
    { "http://example.org.evil", "example.org", TRUE },
    { "https://example.org", "example.org:80", TRUE },
    { "null", "example.org", TRUE },
    { "null", "null", TRUE },
    { "", "", TRUE },
    { "http://example.org", NULL, TRUE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_test_message ("%s", rows[i].origin);
      g_assert_cmpint (loft_headers_is_foreign (rows[i].origin, rows[i].host),
                       ==,
                       rows[i].foreign);
    }
}

/* Parameters are decoded once. */
static void
test_query (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GHashTable) query =
    loft_headers_parse_query ("a=1&b=x+y%2Bz&&c&d=%2525&%65=&f=a=b", &error);

  g_assert_no_error (error);
  g_assert_cmpuint (g_hash_table_size (query), ==, 6);
  g_assert_cmpstr (g_hash_table_lookup (query, "a"), ==, "1");
  g_assert_cmpstr (g_hash_table_lookup (query, "b"), ==, "x y+z");
  g_assert_cmpstr (g_hash_table_lookup (query, "c"), ==, "");
  g_assert_cmpstr (g_hash_table_lookup (query, "d"), ==, "%25");
  g_assert_cmpstr (g_hash_table_lookup (query, "e"), ==, "");
  g_assert_cmpstr (g_hash_table_lookup (query, "f"), ==, "a=b");
}

/* A parameter that occurs twice, or is no text, is refused. */
static void
test_bad_query (void)
{
  static const char *const queries[] = {
    "a=1&a=2", "a&a",   "a=1&%61=1", "a=%",   "a=%zz",
    "%00=1",   "a=%00", "a=%0a",     "a=%ff",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (queries); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GHashTable) query =
        loft_headers_parse_query (queries[i], &error);

      g_test_message ("%s", queries[i]);
      g_assert_error (error, LOFT_HTTP_ERROR, LOFT_HTTP_ERROR_BAD_REQUEST);
      g_assert_null (query);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/headers/negotiate", test_negotiate);
  g_test_add_func ("/headers/html", test_html);
  g_test_add_func ("/headers/language", test_language);
  g_test_add_func ("/headers/etag", test_etag);
  g_test_add_func ("/headers/range", test_range);
  g_test_add_func ("/headers/range/nothing", test_range_of_nothing);
  g_test_add_func ("/headers/token", test_token);
  g_test_add_func ("/headers/token/long", test_long_token);
  g_test_add_func ("/headers/media-type", test_media_type);
  g_test_add_func ("/headers/origin", test_origin);
  g_test_add_func ("/headers/query", test_query);
  g_test_add_func ("/headers/query/bad", test_bad_query);

  return g_test_run ();
}
