/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "kit/registry-kit.h"
#include "kit/storage-kit.h"

#include <string.h>

/* Tokens of the original server. */

#define ANNS "3f0c1d9e-6a52-4c1b-9a57-1f5f0f6f3a01"
#define BOBS "8b1e7c44-0d7b-4f0e-8a9d-5d7f2f1c9b02"
#define NOBODYS "c2a9f1b0-7e31-4b62-b1d4-9e8a7c6d5f03"

typedef RegistryFixture Fixture;

static const LoftCaller root = { .administrator = "admin:root" };

static const char users[] =
  "{\"11\":{\"github_id\":11,\"username\":\"ann\",\"avatar_url\":null,"
  "\"created_at\":\"2025-01-02T03:04:05.123456789Z\"},"
  "\"12\":{\"github_id\":12,\"username\":\"bob-b\",\"avatar_url\":\"x\","
  "\"created_at\":\"2025-01-02T03:04:05Z\"},"
  "\"13\":{\"github_id\":13,\"username\":\"../cid\"}}";

static const char tokens[] =
  "{\"" ANNS "\":{\"id\":\"11111111-aaaa-4aaa-8aaa-111111111111\","
  "\"name\":\"laptop\",\"user_github_id\":11,\"token_hash\":\"" ANNS "\","
  "\"created_at\":\"2025-02-03T04:05:06.123456789Z\",\"last_used_at\":null},"
  "\"" BOBS "\":{\"id\":\"a b\",\"name\":\"a\\nb\","
  "\"user_github_id\":12,\"token_hash\":\"" BOBS "\","
  "\"created_at\":\"long ago\"},"
  "\"" NOBODYS "\":{\"id\":\"x\",\"user_github_id\":99},"
  "\"cccccccccccccccccccccccc\":{\"id\":\"x\",\"user_github_id\":13},"
  "\"short\":{\"id\":\"x\",\"user_github_id\":11},"
  "\"not a token that can be sent\":{\"id\":\"x\",\"user_github_id\":11},"
  "\"loft_4444444444444444444444\":{\"id\":\"x\",\"user_github_id\":11},"
  "\"dddddddddddddddddddddddd\":\"ann\"}";

static void
put (Fixture *fixture, const char *key, const char *text)
{
  g_autofree char *path = g_build_filename (fixture->root, key, NULL);
  g_autofree char *folder = g_path_get_dirname (path);
  g_autoptr (GError) error = NULL;

  g_mkdir_with_parents (folder, 0700);
  g_file_set_contents (path, text, -1, &error);
  g_assert_no_error (error);
}

static void
set_up (Fixture *fixture, gconstpointer test_data)
{
  registry_fixture_set_up (fixture, test_data);
  fixture->settings->publish = GPOINTER_TO_INT (test_data);
  loft_registry_set_settings (fixture->registry, fixture->settings);
  put (fixture,
       "old/1.0.0.json",
       "{\"name\":\"old\",\"version\":\"1.0.0\",\"manifest\":{},"
       "\"authors\":[],\"owners\":[\"ann\"]}");
  put (fixture, "old/1.0.0.tar.gz", "any bytes");
}

static const char *
publish (Fixture *fixture,
         const char *name,
         const char *version,
         const char *token)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *element =
    registry_kit_publish (fixture, name, version, "a", token, NULL, &error);

  if (element != NULL)
    return "done";
  g_assert_true (error->domain == LOFT_REGISTRY_ERROR);
  if (error->code == LOFT_REGISTRY_ERROR_TOKEN_NEEDED)
    return "no token";

  return error->code == LOFT_REGISTRY_ERROR_FORBIDDEN ? "forbidden" : "error";
}

static void
assert_content (Fixture *fixture, const char *key, const char *expected)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *content = storage_kit_get (fixture->real, key, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (content, ==, expected);
}

/* No object but the original server's own file holds a token. */
static void
assert_secret (Fixture *fixture)
{
  g_autofree char *list = storage_kit_list (fixture->real, "", NULL, 0);
  g_auto (GStrv) keys = g_strsplit_set (list, " \n", -1);
  guint seen = 0;

  for (gsize i = 0; keys[i] != NULL; i++)
    {
      g_autoptr (GError) error = NULL;
      g_autofree char *content =
        *keys[i] != '\0' ? storage_kit_get (fixture->real, keys[i], &error)
                         : NULL;

      if (content == NULL || g_str_equal (keys[i], "tokens.json"))
        continue;
      seen++;
      g_assert_null (strstr (content, ANNS));
      g_assert_null (strstr (content, BOBS));
    }
  g_assert_cmpuint (seen, >, 4);
}

/* Users go on with the tokens that they have, to their packages and no others;
 * the files stay as they were, and nothing else holds a token. */
static void
test_adopt (Fixture *fixture, gconstpointer test_data)
{
  put (fixture, "users.json", users);
  put (fixture, "tokens.json", tokens);
  registry_fixture_start (fixture);

  g_assert_cmpstr (publish (fixture, "old", "1.1.0", BOBS), ==, "forbidden");
  g_assert_cmpstr (publish (fixture, "old", "1.1.0", ANNS), ==, "done");
  g_assert_cmpstr (publish (fixture, "new", "1.0.0", BOBS), ==, "done");
  g_assert_cmpstr (publish (fixture, "new", "1.1.0", ANNS), ==, "forbidden");
  g_assert_cmpstr (publish (fixture, "old", "1.2.0", NOBODYS), !=, "done");
  assert_content (fixture, "users.json", users);
  assert_content (fixture, "tokens.json", tokens);
  assert_secret (fixture);

  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) all = registry_kit_list_tokens (fixture, &root, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (all->len, ==, 2);
  const LoftToken *first = all->pdata[0];
  const LoftToken *other = all->pdata[1];
  g_assert_cmpstr (first->id, ==, "11111111-aaaa-4aaa-8aaa-111111111111");
  g_assert_cmpstr (first->user, ==, "ann");
  g_assert_cmpstr (first->name, ==, "laptop");
  g_assert_cmpuint (first->scopes, ==, LOFT_SCOPES_USER);
  g_assert_cmpint (first->expires_at, ==, 0);
  g_assert_cmpint (first->created_at, ==, G_GINT64_CONSTANT (1738555506123456));
  g_assert_true (g_str_has_prefix (other->id, "k-"));
  g_assert_cmpstr (other->user, ==, "bob-b");
  g_assert_null (other->name);
}

/* It is done and told of once, and what was revoked stays revoked, though the
 * catalog be forgotten. */
static void
test_once (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;

  put (fixture, "users.json", users);
  put (fixture, "tokens.json", tokens);
  registry_fixture_start (fixture);
  registry_kit_revoke_token (fixture,
                             "11111111-aaaa-4aaa-8aaa-111111111111",
                             &root,
                             &error);
  g_assert_no_error (error);
  registry_fixture_restart (fixture, FALSE);
  registry_fixture_restart (fixture, TRUE);
  g_autofree char *told = registry_kit_changes (fixture);
  g_assert_cmpstr (told,
                   ==,
                   "1 adopt old 1.0.0\n"
                   "2 token-create - -\n"
                   "3 token-create - -\n"
                   "4 token-revoke - -\n");
  g_assert_cmpstr (publish (fixture, "old", "1.1.0", ANNS), ==, "no token");
  g_assert_cmpstr (publish (fixture, "new", "1.0.0", BOBS), ==, "done");
}

/* Tokens that had one id between them have one each, before and after the
 * catalog was forgotten, and are revoked one by one. */
static void
test_ids (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;

  put (fixture, "users.json", users);
  put (fixture,
       "tokens.json",
       "{\"" ANNS "\":{\"id\":\"same\",\"user_github_id\":11},"
       "\"" BOBS "\":{\"id\":\"same\",\"user_github_id\":12}}");
  registry_fixture_start (fixture);
  registry_fixture_restart (fixture, TRUE);
  g_autofree char *told = registry_kit_changes (fixture);
  g_assert_cmpstr (told,
                   ==,
                   "1 adopt old 1.0.0\n"
                   "2 token-create - -\n"
                   "3 token-create - -\n");

  const LoftCaller bob = { .token = BOBS };
  g_autoptr (GPtrArray) bobs = registry_kit_list_tokens (fixture, &bob, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (bobs->len, ==, 1);
  const LoftToken *token = bobs->pdata[0];
  registry_kit_revoke_token (fixture, "same", &root, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (publish (fixture, "old", "1.1.0", ANNS), ==, "no token");
  g_assert_cmpstr (publish (fixture, "new", "1.0.0", BOBS), ==, "done");
  registry_kit_revoke_token (fixture, token->id, &bob, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (publish (fixture, "new", "1.1.0", BOBS), ==, "no token");
}

/* A token that came later is taken at the next start. */
static void
test_later (Fixture *fixture, gconstpointer test_data)
{
  put (fixture, "users.json", users);
  put (fixture, "tokens.json", "{}");
  registry_fixture_start (fixture);
  g_assert_cmpstr (publish (fixture, "old", "1.1.0", ANNS), ==, "no token");
  put (fixture, "tokens.json", tokens);
  registry_fixture_restart (fixture, FALSE);
  g_assert_cmpstr (publish (fixture, "old", "1.1.0", ANNS), ==, "done");
}

/* What a token has claimed before it was taken over stays its own. */
static void
test_claimed (Fixture *fixture, gconstpointer test_data)
{
  registry_fixture_start (fixture);
  g_assert_cmpstr (publish (fixture, "mine", "1.0.0", ANNS), ==, "done");
  put (fixture, "users.json", users);
  put (fixture, "tokens.json", tokens);
  registry_fixture_restart (fixture, FALSE);
  g_assert_cmpstr (publish (fixture, "mine", "1.1.0", ANNS), ==, "done");
  g_assert_cmpstr (publish (fixture, "mine", "1.2.0", BOBS), ==, "forbidden");
  g_assert_cmpstr (publish (fixture, "old", "1.1.0", ANNS), ==, "done");
}

/* Files that make no sense stop nothing. */
static void
test_broken (Fixture *fixture, gconstpointer test_data)
{
  static const char *const broken[] = {
    "", "{", "[]", "null", "{\"a\":1,\"a\":2}", "\xff",
  };

  put (fixture, "users.json", users);
  put (fixture, "tokens.json", tokens);
  for (gsize i = 0; i < G_N_ELEMENTS (broken); i++)
    {
      put (fixture, i % 2 == 0 ? "users.json" : "tokens.json", broken[i]);
      registry_fixture_restart (fixture, FALSE);
      g_assert_cmpstr (publish (fixture, "old", "1.1.0", ANNS), ==, "no token");
    }
}

static void
add (const char *path,
     LoftPublishMode mode,
     void (*func) (Fixture *, gconstpointer))
{
  g_test_add (path,
              Fixture,
              GINT_TO_POINTER (mode),
              set_up,
              func,
              registry_fixture_tear_down);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  add ("/token-adopt/token", LOFT_PUBLISH_TOKEN, test_adopt);
  add ("/token-adopt/claim", LOFT_PUBLISH_CLAIM, test_adopt);
  add ("/token-adopt/once", LOFT_PUBLISH_TOKEN, test_once);
  add ("/token-adopt/ids", LOFT_PUBLISH_TOKEN, test_ids);
  add ("/token-adopt/later", LOFT_PUBLISH_TOKEN, test_later);
  add ("/token-adopt/claimed", LOFT_PUBLISH_CLAIM, test_claimed);
  add ("/token-adopt/broken", LOFT_PUBLISH_TOKEN, test_broken);

  return g_test_run ();
}
