/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-registry-error.h"
#include "registry/loft-token.h"

#include <string.h>

#define NOW G_GINT64_CONSTANT (1790000000000000)

/* A token has 256 bits that no other one has, and its hash is SHA-256. */
static void
test_draw (void)
{
  g_autoptr (GHashTable) seen =
    g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  for (guint i = 0; i < 1000; i++)
    {
      g_autoptr (GError) error = NULL;
      char *secret = loft_token_draw (&error);

      g_assert_no_error (error);
      g_assert_true (g_str_has_prefix (secret, "loft_"));
      g_assert_cmpuint (strlen (secret), ==, 5 + 2 * 32);
      g_assert_cmpuint (strspn (secret + 5, "0123456789abcdef"), ==, 64);
      g_assert_true (g_hash_table_add (seen, secret));
    }

  g_autofree char *hash = loft_token_hash ("abc");
  g_assert_cmpstr (hash,
                   ==,
                   "ba7816bf8f01cfea414140de5dae2223"
                   "b00361a396177a9cb410ff61f20015ad");
}

/* A token is good until it is revoked, or its time has come. */
static void
test_good (void)
{
  static const struct
  {
    gint64 expires_at;
    gint64 revoked_at;
    gboolean good;
  } cases[] = {
    { 0, 0, TRUE },          { NOW + 1, 0, TRUE },        { NOW, 0, FALSE },
    { NOW - 1, 0, FALSE },   { 0, NOW - 1, FALSE },       { 0, NOW, FALSE },
    { NOW + 1, NOW, FALSE }, { NOW - 1, NOW - 1, FALSE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      const LoftToken token = { .expires_at = cases[i].expires_at,
                                .revoked_at = cases[i].revoked_at };

      g_assert_cmpint (loft_token_is_good (&token, NOW), ==, cases[i].good);
    }
}

/* A pattern is a name, or has stars for any letters. */
static void
test_pattern (void)
{
  static const struct
  {
    const char *pattern;
    const char *name;
    gboolean fits;
  } cases[] = {
    { "*", "hello", TRUE },           { "hello", "hello", TRUE },
    { "hello", "hello-lib", FALSE },  { "hello-*", "hello-lib", TRUE },
    { "hello-*", "hello", FALSE },    { "*-lib", "hello-lib", TRUE },
    { "*-lib", "hello-lib2", FALSE }, { "h*o", "hello", TRUE },
    { "*", "Odd Näme", TRUE },        { "hello", "Hello", FALSE },
    { "a*b*c", "a-b-c", TRUE },       { "a*b*c", "acb", FALSE },
  };
  static const char *const invalid[] = {
    "", "a?", "a/b", "[a]", "a b", "a,b", "ä*", "{a}", "a\nb",
  };
  g_autofree char *longest = g_strnfill (128, 'a');
  g_autofree char *longer = g_strnfill (129, 'a');

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      LoftToken token = { .pattern = (char *) cases[i].pattern };

      g_test_message ("%s %s", cases[i].pattern, cases[i].name);
      g_assert_true (loft_token_pattern_is_valid (cases[i].pattern));
      g_assert_cmpint (loft_token_covers (&token, cases[i].name),
                       ==,
                       cases[i].fits);
    }
  for (gsize i = 0; i < G_N_ELEMENTS (invalid); i++)
    g_assert_false (loft_token_pattern_is_valid (invalid[i]));
  g_assert_true (loft_token_pattern_is_valid (longest));
  g_assert_false (loft_token_pattern_is_valid (longer));
}

/* Scopes have names, and nothing else is one. */
static void
test_scopes (void)
{
  const char *const all[] = { "admin",          "yank",        "owners",
                              "publish-update", "publish-new", NULL };
  const char *const wrong[] = { "yank", "Yank", NULL };
  const char *const none[] = { NULL };
  LoftScopes scopes;

  g_assert_true (loft_scopes_parse (all, &scopes));
  g_assert_cmpuint (scopes, ==, LOFT_SCOPES_USER | LOFT_SCOPE_ADMIN);
  g_auto (GStrv) names = loft_scopes_to_strv (scopes);
  g_autofree char *joined = g_strjoinv (" ", names);
  g_assert_cmpstr (joined, ==, "publish-new publish-update yank owners admin");
  g_assert_false (loft_scopes_parse (wrong, &scopes));
  g_assert_true (loft_scopes_parse (none, &scopes));
  g_assert_cmpuint (scopes, ==, 0);
}

/* Only who may do all with all packages is an administrator. */
static void
test_administrator (void)
{
  LoftToken token = { .scopes = LOFT_SCOPE_ADMIN, .pattern = (char *) "*" };

  g_assert_true (loft_token_is_administrator (&token));
  token.pattern = (char *) "ours-*";
  g_assert_false (loft_token_is_administrator (&token));
  token.pattern = (char *) "*";
  token.scopes = LOFT_SCOPES_USER;
  g_assert_false (loft_token_is_administrator (&token));
}

static char *
to_text (JsonNode *json)
{
  g_autoptr (JsonNode) owned = json;

  return json_to_string (owned, FALSE);
}

/* What is stored is read again as it was; the world sees no secret of it. */
static void
test_json (void)
{
  static const char stored[] =
    "{\"id\":\"k-0123456789abcdef\",\"user\":\"ann\","
    "\"scopes\":[\"publish-new\",\"yank\"],\"pattern\":\"a-*\","
    "\"created_at\":\"2026-09-01T10:00:00.000001Z\","
    "\"expires_at\":\"2026-11-30T10:00:00.000001Z\",\"name\":\"ci\","
    "\"created_by\":\"admin:root\",\"parent\":\"k-fedcba9876543210\","
    "\"revoked_at\":\"2026-10-01T10:00:00.000001Z\","
    "\"revoked_by\":\"bob\","
    "\"last_used_at\":\"2026-09-02T10:00:00.000001Z\",\"github_id\":7,"
    "\"sha256\":\"00ff\"}";
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonNode) json = loft_json_parse (stored, strlen (stored), &error);
  g_assert_no_error (error);
  g_autoptr (LoftToken) token = loft_token_from_json (json, &error);
  g_assert_no_error (error);
  g_autoptr (LoftToken) copy = loft_token_copy (token);

  g_autofree char *again = to_text (loft_token_to_json (copy, TRUE));
  g_autofree char *shown = to_text (loft_token_to_json (copy, FALSE));
  g_autofree char *public = to_text (loft_token_to_public_json (copy));
  g_assert_cmpstr (again, ==, stored);
  g_assert_null (strstr (shown, "00ff"));
  g_assert_null (strstr (public, "00ff"));
  g_assert_null (strstr (public, "\"ci\""));
}

/* Nothing is guessed about what is broken. */
static void
test_broken (void)
{
  static const char *const broken[] = {
    "null",
    "[]",
    "{}",
    "{\"id\":\"k\",\"user\":\"ann\",\"scopes\":[]}",
    "{\"id\":\"k\",\"user\":\"a/b\",\"scopes\":[],\"pattern\":\"*\"}",
    "{\"id\":7,\"user\":\"ann\",\"scopes\":[],\"pattern\":\"*\"}",
    "{\"id\":\"k\",\"user\":\"ann\",\"scopes\":[\"all\"],"
    "\"pattern\":\"*\"}",
    "{\"id\":\"k\",\"user\":\"ann\",\"scopes\":[1],\"pattern\":\"*\"}",
    "{\"id\":\"k\",\"user\":\"ann\",\"scopes\":\"yank\","
    "\"pattern\":\"*\"}",
    "{\"id\":\"k\",\"user\":\"ann\",\"scopes\":[],\"pattern\":\"*\","
    "\"expires_at\":\"soon\"}",
    "{\"id\":\"k\",\"user\":\"ann\",\"scopes\":[],\"pattern\":\"*\","
    "\"expires_at\":0}",
    "{\"id\":\"k\",\"user\":\"ann\",\"scopes\":[],\"pattern\":\"*\","
    "\"revoked_at\":true}",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (broken); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (JsonNode) json =
        loft_json_parse (broken[i], strlen (broken[i]), &error);
      g_assert_no_error (error);

      g_test_message ("%s", broken[i]);
      g_assert_null (loft_token_from_json (json, &error));
      g_assert_error (error, LOFT_REGISTRY_ERROR, LOFT_REGISTRY_ERROR_CORRUPT);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  g_test_add_func ("/token/draw", test_draw);
  g_test_add_func ("/token/good", test_good);
  g_test_add_func ("/token/pattern", test_pattern);
  g_test_add_func ("/token/scopes", test_scopes);
  g_test_add_func ("/token/administrator", test_administrator);
  g_test_add_func ("/token/json", test_json);
  g_test_add_func ("/token/broken", test_broken);

  return g_test_run ();
}
