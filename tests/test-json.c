/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-json.h"

#include <string.h>

#include "registry/loft-registry-error.h"

#define LIMIT (1024 * 1024)

typedef struct
{
  const char *text;
  gsize length;     /* 0: up to the NUL */
  const char *what; /* NULL: as the text; else what comes out, or the problem */
} Row;

static const Row good_rows[] = {
  { "null" },
  { "true" },
  { "false" },
  { "0" },
  { "-0", 0, "0" },
  { "7" },
  { "-12" },
  { "9007199254740992" },
  { "-9007199254740992" },
  { "0.5" },
  { "-0.25" },
  { "1.5e3", 0, "1500.0" },
  { "1E3", 0, "1000.0" },
  { "1e-2", 0, "0.01" },
  { "0e1", 0, "0.0" },
  { "-1.25E+2", 0, "-125.0" },
  { "1e20", 0, "1e+20" },
  { "1e300", 0, "1e+300" },
  { "0.1" },
  { "2.5E-10", 0, "2.5e-10" },
  { "123456789012345678901234567890.0", 0, "1.2345678901234568e+29" },
  { "\"\"" },
  { "\"plain\"" },
  { "\"\\\"\\\\\\b\\f\\n\\r\\t\"" },
  { "\"\\/\"", 0, "\"/\"" },
  { "\"\\u0041\\u00e4\\u20AC\"", 0, "\"Aä€\"" },
  { "\"\\uD83D\\uDE00\"", 0, "\"😀\"" },
  { "\"\\ud83d\\ude00\\ud83d\\ude00\"", 0, "\"😀😀\"" },
  { "\"\\u0022\\u005c\\u000a\\u0001\"", 0, "\"\\\"\\\\\\n\\u0001\"" },
  { "\"Größe 😀\"" },
  { "\"\xef\xbf\xbf\xef\xb7\x90\xf4\x8f\xbf\xbf\"" },
  { "\"\x7f\"", 0, "\"\\u007f\"" },
  { "[]" },
  { "{}" },
  { " [ 1 , 2 ] ", 0, "[1,2]" },
  { "\t{\r\n\"a\" :\n1 } \n", 0, "{\"a\":1}" },
  { "[[],{},[{}]]" },
  { "{\"b\":1,\"a\":{\"b\":2},\"\":null}" },
  { "{\"a\":1,\"A\":2,\"a \":3}" },
  { "[{\"a\":1},{\"a\":2}]" },
  { "[true,false,null,-1,\"x\"]" },
};

static const Row bad_rows[] = {
  { "", 0, "ends too early" },
  { " ", 0, "ends too early" },
  { "nul", 0, "ends too early" },
  { "nulL", 0, "column 4: a value must come" },
  { "nullx", 0, "follows the value" },
  { "True", 0, "column 1: a value must come" },
  { "NaN", 0, "a value must come" },
  { "Infinity", 0, "a value must come" },
  { "-Infinity", 0, "number is malformed" },
  { "undefined", 0, "a value must come" },
  { "\xef\xbb\xbfnull", 0, "a value must come" },
  { "null null", 0, "column 6: something follows" },
  { "{}{}", 0, "something follows" },
  { "1 2", 0, "something follows" },
  { "null,", 0, "something follows" },
  { "null", 5, "something follows" },
  { "\"a", 0, "ends too early" },
  { "\"a\\", 0, "ends too early" },
  { "'a'", 0, "a value must come" },
  { "// c\n1", 0, "a value must come" },
  { "1 /* c */", 0, "something follows" },
  { "var x = 1", 0, "a value must come" },
  { "\v1", 0, "a value must come" },
  { "\f1", 0, "a value must come" },
  { "\xc2\xa0"
    "1",
    0,
    "a value must come" },
  { "[", 0, "ends too early" },
  { "]", 0, "a value must come" },
  { "[1", 0, "ends too early" },
  { "[1,", 0, "ends too early" },
  { "[1,]", 0, "column 4: a value must come" },
  { "[,1]", 0, "a value must come" },
  { "[1 2]", 0, "comma or “]”" },
  { "[1x", 0, "comma or “]”" },
  { "[1}", 0, "comma or “]”" },
  { "[1:2]", 0, "comma or “]”" },
  { "{", 0, "ends too early" },
  { "{\"a\"", 0, "ends too early" },
  { "{\"a\"}", 0, "a colon must come" },
  { "{\"a\":}", 0, "a value must come" },
  { "{\"a\":1", 0, "ends too early" },
  { "{\"a\":1]", 0, "comma or “}”" },
  { "{\"a\":1,}", 0, "a key" },
  { "{,}", 0, "a key" },
  { "{a:1}", 0, "a key" },
  { "{1:1}", 0, "a key" },
  { "{\"a\" 1}", 0, "a colon" },
  { "{\"a\"::1}", 0, "a value must come" },
  { "{\"a\":1 \"b\":2}", 0, "comma or “}”" },
  { "{\"a\":1,\"a\":2}", 0, "twice" },
  { "{\"a\":1,\n \"\\u0061\":2}", 0, "line 2, column 9: a key occurs twice" },
  { "{\"\":1,\"\":2}", 0, "twice" },
  { "{\"x\":{\"a\":1,\"b\":2,\"a\":3}}", 0, "twice" },
  { "{\"😀\":1,\"\\ud83d\\ude00\":2}", 0, "twice" },
  { "01", 0, "number is malformed" },
  { "-", 0, "number is malformed" },
  { "-01", 0, "number is malformed" },
  { "+1", 0, "a value must come" },
  { ".5", 0, "a value must come" },
  { "1.", 0, "number is malformed" },
  { "1.e1", 0, "number is malformed" },
  { "1e", 0, "number is malformed" },
  { "1e+", 0, "number is malformed" },
  { "1e1.5", 0, "number is malformed" },
  { "1.2.3", 0, "number is malformed" },
  { "1-2", 0, "number is malformed" },
  { "--1", 0, "number is malformed" },
  { "0x10", 0, "something follows" },
  { "1_000", 0, "something follows" },
  { "1e400", 0, "number is too large" },
  { "-1e400", 0, "number is too large" },
  { "9007199254740993", 0, "not within" },
  { "-9007199254740993", 0, "not within" },
  { "18446744073709551617", 0, "not within" },
  { "\"a\nb\"", 0, "control character" },
  { "\"a\tb\"", 0, "control character" },
  { "\"a\0b\"", 5, "control character" },
  { "\"\\u0000\"", 0, "u0000" },
  { "{\"a\\u0000b\":1}", 0, "u0000" },
  { "\"\\x41\"", 0, "no such escape" },
  { "\"\\'\"", 0, "no such escape" },
  { "\"\\\n\"", 0, "no such escape" },
  { "\"\\\0\"", 4, "no such escape" },
  { "\"\\U0041\"", 0, "no such escape" },
  { "\"\\u004\"", 0, "four hex digits" },
  { "\"\\u004g\"", 0, "four hex digits" },
  { "\"\\u-041\"", 0, "four hex digits" },
  { "\"\\ud83d\"", 0, "surrogate" },
  { "\"\\ud83dx\"", 0, "surrogate" },
  { "\"\\ud83d\\n\"", 0, "surrogate" },
  { "\"\\ud83d\\u0041\"", 0, "surrogate" },
  { "\"\\ud83d\\ud83d\"", 0, "surrogate" },
  { "\"\\ude00\"", 0, "surrogate" },
  { "\"\\ude00\\ud83d\"", 0, "surrogate" },
  { "\"\x80\"", 0, "not valid UTF-8" },
  { "\"\xff\"", 0, "not valid UTF-8" },
  { "\"\xc0\x80\"", 0, "not valid UTF-8" },
  { "\"\xc1\xbf\"", 0, "not valid UTF-8" },
  { "\"\xe0\x9f\xbf\"", 0, "not valid UTF-8" },
  { "\"\xf0\x8f\xbf\xbf\"", 0, "not valid UTF-8" },
  { "\"\xed\xa0\x80\"", 0, "not valid UTF-8" },
  { "\"\xed\xbf\xbf\"", 0, "not valid UTF-8" },
  { "\"\xf4\x90\x80\x80\"", 0, "not valid UTF-8" },
  { "\"\xf5\x80\x80\x80\"", 0, "not valid UTF-8" },
  { "\"\xe2\x82\"", 0, "not valid UTF-8" },
  { "\"\xc3\"", 0, "not valid UTF-8" },
  { "\"\xc3(\"", 0, "not valid UTF-8" },
  { "{\"\xff\":1}", 0, "not valid UTF-8" },
  { "\"\xe2\x82", 0, "ends too early" },
};

static JsonNode *
scan (const char *text, gsize length, gsize piece, GError **error)
{
  g_autoptr (LoftJsonScanner) scanner = loft_json_scanner_new (LIMIT);

  for (gsize taken = 0; taken < length;)
    {
      gsize most = length - taken;
      gsize some = g_test_rand_int_range (1, 8);
      gsize next = MIN (most, piece > 0 ? piece : some);
      /* A copy of its own, so that a read beyond the piece is seen. */
      g_autofree char *copy = g_memdup2 (text + taken, next);

      if (!loft_json_scanner_feed (scanner, copy, next, error))
        return NULL;
      taken += next;
    }

  return loft_json_scanner_finish (scanner, error);
}

static void
assert_good (const Row *row, gsize piece)
{
  gsize length = row->length > 0 ? row->length : strlen (row->text);
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonNode) node = scan (row->text, length, piece, &error);

  g_assert_no_error (error);

  g_autoptr (GBytes) bytes = loft_json_to_bytes (node);
  g_autofree char *out =
    g_strndup (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
  g_autofree char *expected =
    g_strconcat (row->what != NULL ? row->what : row->text, "\n", NULL);
  g_assert_cmpstr (out, ==, expected);
}

static void
assert_bad (const Row *row, gsize piece)
{
  gsize length = row->length > 0 ? row->length : strlen (row->text);
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonNode) node = scan (row->text, length, piece, &error);

  g_assert_null (node);
  g_assert_error (error, LOFT_REGISTRY_ERROR, LOFT_REGISTRY_ERROR_MALFORMED);
  if (strstr (error->message, row->what) == NULL)
    g_error ("“%s”: “%s” is not in “%s”", row->text, row->what, error->message);
}

/* What RFC 8259 allows and everybody reads alike is taken, and comes out with
 * the same meaning, however it arrives. */
static void
test_good (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (good_rows); i++)
    {
      assert_good (&good_rows[i], LIMIT);
      assert_good (&good_rows[i], 1);
      for (guint round = 0; round < 20; round++)
        assert_good (&good_rows[i], 0);
    }
}

/* Everything else is refused for the same reason, however it arrives. */
static void
test_bad (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (bad_rows); i++)
    {
      assert_bad (&bad_rows[i], LIMIT);
      assert_bad (&bad_rows[i], 1);
      for (guint round = 0; round < 20; round++)
        assert_bad (&bad_rows[i], 0);
    }
}

/* Every prefix of a text ends too early, and no byte after it is taken. */
static void
test_prefixes (void)
{
  static const char text[] =
    "{\"a\":[1,-2.5e3,\"\\ud83d\\ude00ä\\n\",true,null],\"b\":{}}";

  for (gsize length = 0; length < strlen (text); length++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (JsonNode) node = loft_json_parse (text, length, &error);

      g_assert_null (node);
      g_assert_nonnull (strstr (error->message, "ends too early"));
    }
}

static char *
nested (guint depth, const char *open, const char *close)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < depth; i++)
    g_string_append (text, open);
  g_string_append (text, "0");
  for (guint i = 0; i < depth; i++)
    g_string_append (text, close);

  return g_string_free (text, FALSE);
}

/* Nesting, length of numbers, and the number of members and values have their
 * bounds, which no text gets past. */
static void
test_bounds (void)
{
  static const struct
  {
    guint depth;
    const char *open;
    const char *close;
    gboolean is_good;
  } rows[] = {
    { 64, "[", "]", TRUE },       { 65, "[", "]", FALSE },
    { 64, "{\"a\":", "}", TRUE }, { 65, "{\"a\":", "}", FALSE },
    { 100000, "[", "]", FALSE },  { 100000, "{\"a\":", "}", FALSE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *text =
        nested (rows[i].depth, rows[i].open, rows[i].close);
      g_autoptr (GError) error = NULL;
      g_autoptr (JsonNode) node = loft_json_parse (text, strlen (text), &error);

      g_assert_cmpint (node != NULL, ==, rows[i].is_good);
      if (!rows[i].is_good)
        g_assert_nonnull (strstr (error->message, "nested too deeply"));
    }

  g_autofree char *digits = g_strnfill (400, '1');
  g_autofree char *fraction = g_strconcat ("0.", digits, NULL);
  g_assert_null (loft_json_parse (digits, 400, NULL));
  g_assert_null (loft_json_parse (fraction, 402, NULL));

  GString *members = g_string_new ("{");
  for (guint i = 0; i < 5000; i++)
    g_string_append_printf (members, "%s\"%u\":0", i > 0 ? "," : "", i);
  g_string_append (members, "}");
  g_autoptr (GError) error = NULL;
  g_assert_null (scan (members->str, members->len, LIMIT, &error));
  g_assert_nonnull (strstr (error->message, "too many members"));
  g_clear_error (&error);
  g_autoptr (JsonNode) stored =
    loft_json_parse (members->str, members->len, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (json_object_get_size (json_node_get_object (stored)),
                    ==,
                    5000);
  g_string_free (members, TRUE);

  GString *values = g_string_new ("[0");
  for (guint i = 0; i < 70000; i++)
    g_string_append (values, ",0");
  g_string_append (values, "]");
  g_assert_null (scan (values->str, values->len, LIMIT, &error));
  g_assert_nonnull (strstr (error->message, "too many values"));
  g_string_free (values, TRUE);
}

/* Keys that were made to collide in a hash table do not get to one. */
static void
test_flood (void)
{
  GString *text = g_string_new ("{");
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < 1000; i++)
    {
      g_string_append (text, i > 0 ? ",\"" : "\"");
      for (guint bit = 0; bit < 10; bit++)
        g_string_append (text, i >> bit & 1 ? "Ez" : "FY");
      g_string_append (text, "\":0");
    }
  g_string_append (text, "}");

  g_assert_null (scan (text->str, text->len, LIMIT, &error));
  g_assert_nonnull (strstr (error->message, "same hash"));
  g_string_free (text, TRUE);
}

/* Only what is kept counts for the limit, and not one byte more is kept. */
static void
test_limit (void)
{
  static const char text[] = " [ \"abc\" , 12 ] ";
  gsize kept = strlen ("[\"abc\",12]");

  for (gsize limit = 0; limit <= kept; limit++)
    {
      g_autoptr (LoftJsonScanner) scanner = loft_json_scanner_new (limit);
      g_autoptr (GError) error = NULL;
      gboolean fed =
        loft_json_scanner_feed (scanner, text, strlen (text), &error);

      g_assert_cmpint (fed, ==, limit == kept);
      if (!fed)
        {
          g_assert_error (error,
                          LOFT_REGISTRY_ERROR,
                          LOFT_REGISTRY_ERROR_TOO_LARGE);
          g_assert_false (loft_json_scanner_feed (scanner, "]", 1, NULL));
          g_assert_null (loft_json_scanner_finish (scanner, NULL));
        }
    }
}

static gboolean
collect_cb (const char *data, gsize length, gpointer user_data, GError **error)
{
  g_string_append_len (user_data, data, length);

  return TRUE;
}

static gboolean
refuse_cb (const char *data, gsize length, gpointer user_data, GError **error)
{
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE, "Full");

  return FALSE;
}

/* The diverted string arrives decoded and whole, is not kept, and is only ever
 * the member of the outermost object. */
static void
test_divert (void)
{
  static const struct
  {
    const char *text;
    const char *diverted;
    const char *rest;
  } rows[] = {
    { "{\"t\":\"abc\",\"n\":1}", "abc", "{\"t\":\"\",\"n\":1}" },
    { "{\"n\":1,\"\\u0074\":\"a\\/\\u0062\\ud83d\\ude00\\\"\\n\"}",
      "a/b😀\"\n",
      "{\"n\":1,\"t\":\"\"}" },
    { "{\"t\" : \"\" }", "", "{\"t\":\"\"}" },
    { "{\"t\":\"Größe\"}", "Größe", "{\"t\":\"\"}" },
    { "{\"t\":7}", "", "{\"t\":7}" },
    { "{\"t\":null}", "", "{\"t\":null}" },
    { "{\"t\":[\"abc\"],\"u\":\"v\"}", "", "{\"t\":[\"abc\"],\"u\":\"v\"}" },
    { "{\"t\":{\"t\":\"abc\"},\"u\":\"v\"}",
      "",
      "{\"t\":{\"t\":\"abc\"},\"u\":\"v\"}" },
    { "{\"x\":{\"t\":\"abc\"}}", "", "{\"x\":{\"t\":\"abc\"}}" },
    { "{\"x\":\"t\",\"y\":\"abc\"}", "", "{\"x\":\"t\",\"y\":\"abc\"}" },
    { "[\"t\",\"abc\"]", "", "[\"t\",\"abc\"]" },
    { "[{\"t\":\"abc\"}]", "", "[{\"t\":\"abc\"}]" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    for (gsize piece = 1; piece < 40; piece++)
      {
        g_autoptr (LoftJsonScanner) scanner = loft_json_scanner_new (100);
        g_autoptr (GError) error = NULL;
        GString *diverted = g_string_new (NULL);

        loft_json_scanner_divert (scanner, "t", collect_cb, diverted);
        for (gsize at = 0; at < strlen (rows[i].text); at += piece)
          loft_json_scanner_feed (scanner,
                                  rows[i].text + at,
                                  MIN (piece, strlen (rows[i].text) - at),
                                  &error);
        g_autoptr (JsonNode) node = loft_json_scanner_finish (scanner, &error);
        g_assert_no_error (error);

        g_autofree char *rest = json_to_string (node, FALSE);
        g_assert_cmpstr (diverted->str, ==, rows[i].diverted);
        g_assert_cmpstr (rest, ==, rows[i].rest);
        g_string_free (diverted, TRUE);
      }
}

/* A second member of the diverted name, broken UTF-8 in it and an error of the
 * one who takes it all end the scan. */
static void
test_divert_refused (void)
{
  static const struct
  {
    const char *text;
    LoftJsonSinkFunc func;
    const char *problem;
  } rows[] = {
    { "{\"t\":\"a\",\"t\":\"b\"}", collect_cb, "twice" },
    { "{\"t\":\"a\\u0000\"}", collect_cb, "u0000" },
    { "{\"t\":\"a\xff\"}", collect_cb, "UTF-8" },
    { "{\"t\":\"a\n\"}", collect_cb, "control" },
    { "{\"t\":\"a\"}", refuse_cb, "Full" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (LoftJsonScanner) scanner = loft_json_scanner_new (100);
      g_autoptr (GError) error = NULL;
      GString *diverted = g_string_new (NULL);

      loft_json_scanner_divert (scanner, "t", rows[i].func, diverted);
      g_assert_false (loft_json_scanner_feed (scanner,
                                              rows[i].text,
                                              strlen (rows[i].text),
                                              &error));
      g_assert_nonnull (strstr (error->message, rows[i].problem));
      g_string_free (diverted, TRUE);
    }
}

static gboolean
count_cb (const char *data, gsize length, gpointer user_data, GError **error)
{
  *(gsize *) user_data += length;

  return TRUE;
}

/* A large diverted string passes quickly and leaves nothing in memory. */
static void
test_large (void)
{
  gsize length = 28 * 1000 * 1000;
  g_autofree char *content = g_strnfill (length, 'Q');
  g_autoptr (LoftJsonScanner) scanner = loft_json_scanner_new (20);
  g_autoptr (GError) error = NULL;
  gsize counted = 0;

  loft_json_scanner_divert (scanner, "tarball", count_cb, &counted);
  loft_json_scanner_feed (scanner, "{\"tarball\":\"", 12, &error);
  g_assert_no_error (error);

  g_test_timer_start ();
  loft_json_scanner_feed (scanner, content, length, &error);
  double seconds = g_test_timer_elapsed ();
  g_assert_no_error (error);
  g_test_minimized_result (seconds,
                           "scanned %.0f MB/s",
                           length / seconds / 1e6);

  loft_json_scanner_feed (scanner, "\"}", 2, &error);
  g_autoptr (JsonNode) node = loft_json_scanner_finish (scanner, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (counted, ==, length);
}

/* Members are found by name and type, and the rest is as if absent. */
static void
test_get (void)
{
  static const char text[] =
    "{\"s\":\"x\",\"i\":7,\"d\":1.5,\"o\":{},\"a\":[],\"n\":null,\"b\":true}";
  g_autoptr (JsonNode) node = loft_json_parse (text, strlen (text), NULL);
  JsonObject *object = json_node_get_object (node);

  g_assert_cmpstr (loft_json_get_string (object, "s"), ==, "x");
  g_assert_null (loft_json_get_string (object, "i"));
  g_assert_null (loft_json_get_string (object, "n"));
  g_assert_null (loft_json_get_string (object, "o"));
  g_assert_null (loft_json_get_string (object, "none"));
  g_assert_null (loft_json_get_string (NULL, "s"));
  g_assert_cmpint (loft_json_get_int (object, "i", -1), ==, 7);
  g_assert_cmpint (loft_json_get_int (object, "d", -1), ==, -1);
  g_assert_cmpint (loft_json_get_int (object, "b", -1), ==, -1);
  g_assert_cmpint (loft_json_get_int (object, "s", -1), ==, -1);
  g_assert_cmpint (loft_json_get_int (NULL, "i", -1), ==, -1);
  g_assert_nonnull (loft_json_get_object (object, "o"));
  g_assert_null (loft_json_get_object (object, "a"));
  g_assert_null (loft_json_get_object (object, "n"));
  g_assert_null (loft_json_get_object (NULL, "o"));
  g_assert_nonnull (loft_json_get_array (object, "a"));
  g_assert_null (loft_json_get_array (object, "o"));
  g_assert_null (loft_json_get_array (NULL, "a"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  g_test_add_func ("/json/good", test_good);
  g_test_add_func ("/json/bad", test_bad);
  g_test_add_func ("/json/prefixes", test_prefixes);
  g_test_add_func ("/json/bounds", test_bounds);
  g_test_add_func ("/json/flood", test_flood);
  g_test_add_func ("/json/limit", test_limit);
  g_test_add_func ("/json/divert", test_divert);
  g_test_add_func ("/json/divert-refused", test_divert_refused);
  g_test_add_func ("/json/large", test_large);
  g_test_add_func ("/json/get", test_get);

  return g_test_run ();
}
