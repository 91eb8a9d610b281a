/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "fuzz/fuzz.h"

#include <string.h>

#include "gate/loft-forwarded.h"
#include "http/loft-headers.h"

#define SIZE 1000

static gboolean
has (const char *text, const char *part)
{
  g_autofree char *small = g_ascii_strdown (text, -1);

  return strstr (small, part) != NULL;
}

/* Nobody gets a coding that he has not named, nor is told that he has what he
 * has not named. */
static void
check_negotiation (const char *text)
{
  LoftCoding coding = loft_headers_negotiate (text);

  g_assert_cmpint (coding, >=, 0);
  g_assert_cmpint (coding, <, LOFT_CODINGS);
  g_assert_true (coding == LOFT_CODING_IDENTITY ||
                 has (text, coding == LOFT_CODING_GZIP ? "gzip" : "zstd"));
  if (loft_headers_match_etag (text, "\"a\""))
    g_assert_true (has (text, "\"a\"") || has (text, "*"));
}

static void
check_range (const char *text)
{
  goffset first = -1;
  goffset last = -1;

  if (loft_headers_parse_range (text, SIZE, &first, &last) !=
      LOFT_RANGE_SATISFIABLE)
    return;
  g_assert_cmpint (first, >=, 0);
  g_assert_cmpint (first, <=, last);
  g_assert_cmpint (last, <, SIZE);
  g_assert_null (strchr (text, ','));
}

static void
check_token (const char *text)
{
  g_autofree char *token = NULL;
  g_autoptr (GError) error = NULL;
  gboolean good = loft_headers_parse_token (text, &token, &error);

  g_assert_true (good == (error == NULL));
  g_assert_true (good == (token != NULL));
  if (good)
    g_assert_true (g_str_is_ascii (token) && g_str_has_suffix (text, token));
}

static void
check_query (const char *text)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GHashTable) query = loft_headers_parse_query (text, &error);
  GHashTableIter iter;
  gpointer name = NULL;
  gpointer value = NULL;

  g_assert_true ((query == NULL) == (error != NULL));
  if (query == NULL)
    {
      g_assert_true (g_utf8_validate (error->message, -1, NULL));
      return;
    }
  g_hash_table_iter_init (&iter, query);
  while (g_hash_table_iter_next (&iter, &name, &value))
    {
      g_assert_true (g_utf8_validate (name, -1, NULL));
      g_assert_true (g_utf8_validate (value, -1, NULL));
    }
}

/* A proxy's word is taken for the client, but never for a proxy's own, unless
 * there is nobody else. */
static void
check_peer (const char *text)
{
  static const char *const entries[] = { "127.0.0.0/8", "::1", NULL };
  static LoftAddressList *trusted = NULL;
  g_autoptr (GInetAddress) proxy = g_inet_address_new_from_string ("127.0.0.1");
  g_autoptr (GInetAddress) other = g_inet_address_new_from_string ("192.0.2.1");

  if (trusted == NULL)
    trusted = loft_address_list_new (entries, NULL);

  g_autoptr (GInetAddress) one =
    loft_forwarded_find_peer (proxy, text, NULL, trusted);
  g_autoptr (GInetAddress) two =
    loft_forwarded_find_peer (proxy, NULL, text, trusted);
  g_autoptr (GInetAddress) three =
    loft_forwarded_find_peer (other, text, text, trusted);

  g_assert_nonnull (one);
  g_assert_nonnull (two);
  g_assert_true (g_inet_address_equal (three, other));
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  static const char *const media_types[] = { "application/json", NULL };
  g_autofree char *text = g_strndup ((const char *) data, size);

  check_negotiation (text);
  check_range (text);
  check_token (text);
  check_query (text);
  check_peer (text);
  if (loft_headers_is_media_type (text, media_types))
    g_assert_true (has (text, "application/json"));
  g_assert_true (loft_headers_is_foreign (text, NULL));

  return 0;
}
