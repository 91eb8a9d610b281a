/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "kit/registry-kit.h"
#include "kit/storage-kit.h"

#include <string.h>

/* What tokens are good for. */

typedef RegistryFixture Fixture;

static const LoftCaller root = { .administrator = "admin:root" };

static void
set_up (Fixture *fixture, gconstpointer test_data)
{
  registry_fixture_set_up (fixture, test_data);
  fixture->settings->publish = GPOINTER_TO_INT (test_data);
  loft_registry_set_settings (fixture->registry, fixture->settings);
  registry_fixture_start (fixture);
}

/* The scopes stand between blanks. */
static char *
issue (Fixture *fixture,
       const char *user,
       const char *scopes,
       const char *pattern)
{
  g_auto (GStrv) names = g_strsplit (scopes, " ", -1);
  const LoftTokenWish wish = { .user = user,
                               .scopes = (const char *const *) names,
                               .pattern = pattern };
  g_autoptr (GError) error = NULL;
  char *secret = NULL;
  g_autoptr (LoftToken) token =
    registry_kit_create_token (fixture, &wish, &root, &secret, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (token->user, ==, user);

  return secret;
}

static const char *
describe (const GError *error)
{
  if (error == NULL)
    return "done";
  if (error->domain != LOFT_REGISTRY_ERROR)
    return error->message;
  if (error->code == LOFT_REGISTRY_ERROR_TOKEN_NEEDED)
    return "no token";
  if (error->code == LOFT_REGISTRY_ERROR_FORBIDDEN)
    return "forbidden";

  return error->message;
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

  return describe (error);
}

static const char *
yank (Fixture *fixture,
      const char *name,
      const char *version,
      const char *token)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *element =
    registry_kit_yank (fixture, name, version, TRUE, token, &error);

  return describe (error);
}

static const char *
deprecate (Fixture *fixture, const char *name, const char *token)
{
  g_autoptr (GError) error = NULL;

  registry_kit_deprecate (fixture, name, token, token, &error);

  return describe (error);
}

static const char *
set_owners (Fixture *fixture,
            const char *name,
            const char *owners,
            const char *token)
{
  const LoftCaller caller = { .token = token };
  g_autoptr (GError) error = NULL;

  registry_kit_set_owners (fixture, name, owners, &caller, &error);

  return describe (error);
}

/* Each scope is good for one thing alone, and admin for everything. */
static void
test_scopes (Fixture *fixture, gconstpointer test_data)
{
  static const struct
  {
    const char *scopes;
    const char *fresh;
    const char *update;
    const char *yank;
    const char *owners;
  } cases[] = {
    { "publish-new", "done", "forbidden", "forbidden", "forbidden" },
    { "publish-update", "forbidden", "done", "forbidden", "forbidden" },
    { "yank", "forbidden", "forbidden", "done", "forbidden" },
    { "owners", "forbidden", "forbidden", "forbidden", "done" },
    { "admin", "done", "done", "done", "done" },
    { "publish-new yank", "done", "forbidden", "done", "forbidden" },
    { "", "done", "done", "done", "forbidden" },
  };
  g_autofree char *full = issue (fixture, "ann", "publish-new", "*");

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *token = issue (fixture, "ann", cases[i].scopes, "*");
      g_autofree char *name = g_strdup_printf ("old-%" G_GSIZE_FORMAT, i);
      g_autofree char *fresh = g_strdup_printf ("new-%" G_GSIZE_FORMAT, i);

      g_test_message ("“%s”", cases[i].scopes);
      g_assert_cmpstr (publish (fixture, name, "1.0.0", full), ==, "done");
      g_assert_cmpstr (publish (fixture, fresh, "1.0.0", token),
                       ==,
                       cases[i].fresh);
      g_assert_cmpstr (publish (fixture, name, "1.1.0", token),
                       ==,
                       cases[i].update);
      g_assert_cmpstr (yank (fixture, name, "1.0.0", token), ==, cases[i].yank);
      g_assert_cmpstr (deprecate (fixture, name, token), ==, cases[i].yank);
      g_assert_cmpstr (set_owners (fixture, name, "ann bob", token),
                       ==,
                       cases[i].owners);
    }
}

/* A token is for the packages of its pattern, an administrator's too. */
static void
test_pattern (Fixture *fixture, gconstpointer test_data)
{
  g_autofree char *some =
    issue (fixture, "ann", "publish-new publish-update yank owners", "ann-*");
  g_autofree char *admin = issue (fixture, "bob", "admin", "ann-*");
  g_autofree char *all = issue (fixture, "ann", "", "*");

  g_assert_cmpstr (publish (fixture, "ann-a", "1.0.0", some), ==, "done");
  g_assert_cmpstr (publish (fixture, "other", "1.0.0", some), ==, "forbidden");
  g_assert_cmpstr (publish (fixture, "other", "1.0.0", all), ==, "done");
  g_assert_cmpstr (publish (fixture, "other", "1.1.0", some), ==, "forbidden");
  g_assert_cmpstr (yank (fixture, "other", "1.0.0", some), ==, "forbidden");
  g_assert_cmpstr (set_owners (fixture, "other", "bob", some), ==, "forbidden");
  g_assert_cmpstr (publish (fixture, "ann-a", "1.1.0", admin), ==, "done");
  g_assert_cmpstr (publish (fixture, "other", "1.1.0", admin), ==, "forbidden");
}

/* A package belongs to a user, whichever token it was published by; to other
 * users it does not, unless it is given to them. */
static void
test_owners (Fixture *fixture, gconstpointer test_data)
{
  g_autofree char *one = issue (fixture, "ann", "", "*");
  g_autofree char *other = issue (fixture, "ann", "owners publish-update", "*");
  g_autofree char *bob = issue (fixture, "bob", "", "*");

  g_assert_cmpstr (publish (fixture, "anns", "1.0.0", one), ==, "done");
  g_assert_cmpstr (publish (fixture, "anns", "1.1.0", other), ==, "done");
  g_assert_cmpstr (publish (fixture, "anns", "1.2.0", bob), ==, "forbidden");
  g_assert_cmpstr (set_owners (fixture, "anns", "bob", other), ==, "done");
  g_assert_cmpstr (publish (fixture, "anns", "1.2.0", bob), ==, "done");
  g_assert_cmpstr (publish (fixture, "anns", "1.3.0", one), ==, "forbidden");
}

/* Where tokens are asked for nothing else is good, and nothing is written for
 * whoever has none. */
static void
test_strangers (Fixture *fixture, gconstpointer test_data)
{
  g_autofree char *before = storage_kit_list (fixture->real, "", NULL, 0);
  static const char *const tokens[] = {
    NULL,
    REGISTRY_KIT_TOKEN,
    "short",
    "loft_",
    "loft_0000000000000000000000000000000000000000000000000000000000000000",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (tokens); i++)
    g_assert_cmpstr (publish (fixture, "theirs", "1.0.0", tokens[i]),
                     ==,
                     "no token");

  g_autofree char *after = storage_kit_list (fixture->real, "", NULL, 0);
  g_assert_cmpstr (after, ==, before);
}

static void
expire (Fixture *fixture, const char *token)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *hash =
    g_compute_checksum_for_string (G_CHECKSUM_SHA256, token, -1);
  g_autofree char *path =
    g_strconcat (fixture->root, "/_registry/tokens/", hash, ".json", NULL);
  g_autofree char *text = NULL;

  g_file_get_contents (path, &text, NULL, &error);
  g_assert_no_error (error);
  char *time =
    strstr (text, "\"expires_at\":\"") + strlen ("\"expires_at\":\"");
  memcpy (time, "2001", 4);
  g_file_set_contents (path, text, -1, &error);
  g_assert_no_error (error);
}

static void
revoke_all (Fixture *fixture, const char *user)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) tokens =
    registry_kit_list_tokens (fixture, &root, &error);

  g_assert_no_error (error);
  for (guint i = 0; i < tokens->len; i++)
    {
      const LoftToken *token = g_ptr_array_index (tokens, i);

      if (!g_str_equal (token->user, user))
        continue;
      registry_kit_revoke_token (fixture, token->id, &root, &error);
      g_assert_no_error (error);
    }
}

/* Whatever is wrong with a token, the answer is the same to the letter. */
static void
test_same_answer (Fixture *fixture, gconstpointer test_data)
{
  g_autofree char *expired = issue (fixture, "ann", "", "*");
  g_autofree char *revoked = issue (fixture, "bob", "", "*");
  g_autofree char *truncated = issue (fixture, "cid", "", "*");
  g_autofree char *longer = g_strconcat (truncated, "0", NULL);
  g_autofree char *guessed = loft_token_draw (NULL);
  const char *const bad[] = { expired, revoked, truncated, longer, guessed };
  g_autofree char *expected = NULL;

  for (gsize i = 0; i < 3; i++)
    {
      g_autofree char *name = g_strdup_printf ("was-%" G_GSIZE_FORMAT, i);

      g_assert_cmpstr (publish (fixture, name, "1.0.0", bad[i]), ==, "done");
    }
  expire (fixture, expired);
  revoke_all (fixture, "bob");
  truncated[strlen (truncated) - 1] = '\0';

  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (registry_kit_publish (fixture,
                                           "was-0",
                                           "1.1.0",
                                           "a",
                                           bad[i],
                                           NULL,
                                           &error));
      g_assert_error (error,
                      LOFT_REGISTRY_ERROR,
                      LOFT_REGISTRY_ERROR_TOKEN_NEEDED);
      if (expected == NULL)
        expected = g_strdup (error->message);
      g_assert_cmpstr (error->message, ==, expected);
    }
}

/* With claims users' tokens and tokens of strangers live side by side. */
static void
test_claim (Fixture *fixture, gconstpointer test_data)
{
  g_autofree char *ann = issue (fixture, "ann", "", "*");
  g_autofree char *guessed = loft_token_draw (NULL);

  g_assert_cmpstr (publish (fixture, "anns", "1.0.0", ann), ==, "done");
  g_assert_cmpstr (publish (fixture, "anns", "1.1.0", REGISTRY_KIT_TOKEN),
                   ==,
                   "forbidden");
  g_assert_cmpstr (publish (fixture, "anns", "1.1.0", NULL), ==, "no token");
  g_assert_cmpstr (publish (fixture, "theirs", "1.0.0", REGISTRY_KIT_TOKEN),
                   ==,
                   "done");
  g_assert_cmpstr (publish (fixture, "theirs", "1.1.0", ann), ==, "forbidden");
  g_assert_cmpstr (publish (fixture, "open", "1.0.0", NULL), ==, "done");
  g_assert_cmpstr (publish (fixture, "open", "1.1.0", ann), ==, "done");
  g_assert_cmpstr (publish (fixture, "new", "1.0.0", guessed), ==, "no token");
}

static void
put_adopted (Fixture *fixture, const char *owners)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *document =
    g_strdup_printf ("{\"name\":\"old\",\"version\":\"1.0.0\","
                     "\"manifest\":{},\"authors\":[],\"owners\":[%s]}",
                     owners);

  storage_kit_put (fixture->real, "old/1.0.0.tar.gz", "any bytes", &error);
  g_assert_no_error (error);
  storage_kit_put (fixture->real, "old/1.0.0.json", document, &error);
  g_assert_no_error (error);
  registry_fixture_restart (fixture, TRUE);
}

/* To a package of the original server its owners publish who have tokens. */
static void
test_adopted (Fixture *fixture, gconstpointer test_data)
{
  put_adopted (fixture, "\"ann\"");

  g_autofree char *ann = issue (fixture, "ann", "", "*");
  g_autofree char *bob = issue (fixture, "bob", "", "*");
  g_assert_cmpstr (publish (fixture, "old", "1.1.0", bob), ==, "forbidden");
  g_assert_cmpstr (publish (fixture, "old", "1.1.0", ann), ==, "done");
  g_assert_cmpstr (yank (fixture, "old", "1.0.0", ann), ==, "done");
}

static void
count_cb (LoftStorage *storage, const char *key, gpointer user_data)
{
  guint *count = user_data;

  ++*count;
}

/* What a publish has to know of who may is read once, wherever it is asked: the
 * storage may be far away. Nothing else of the package is read. */
static void
test_reads (Fixture *fixture, gconstpointer test_data)
{
  static const char *const prefixes[] = { "_registry/tokens/", "hello/" };
  g_autofree char *token =
    issue (fixture, "ann", "publish-new publish-update", "*");
  guint count;

  g_assert_cmpstr (publish (fixture, "hello", "1.0.0", token), ==, "done");
  fault_storage_set_rival (fixture->storage, count_cb, &count);
  for (guint i = 0; i < G_N_ELEMENTS (prefixes); i++)
    {
      g_autofree char *version = g_strdup_printf ("1.1.%u", i);

      count = 0;
      fault_storage_arm (fixture->storage, FAULT_READ_RIVAL, prefixes[i], 100);
      g_assert_cmpstr (publish (fixture, "hello", version, token), ==, "done");
      g_assert_cmpuint (count, ==, 1);
    }
  fault_storage_arm (fixture->storage, FAULT_NONE, "", 0);
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

  add ("/token-rights/token/scopes", LOFT_PUBLISH_TOKEN, test_scopes);
  add ("/token-rights/claim/scopes", LOFT_PUBLISH_CLAIM, test_scopes);
  add ("/token-rights/token/pattern", LOFT_PUBLISH_TOKEN, test_pattern);
  add ("/token-rights/claim/pattern", LOFT_PUBLISH_CLAIM, test_pattern);
  add ("/token-rights/token/owners", LOFT_PUBLISH_TOKEN, test_owners);
  add ("/token-rights/claim/owners", LOFT_PUBLISH_CLAIM, test_owners);
  add ("/token-rights/token/strangers", LOFT_PUBLISH_TOKEN, test_strangers);
  add ("/token-rights/token/same-answer", LOFT_PUBLISH_TOKEN, test_same_answer);
  add ("/token-rights/claim/same-answer", LOFT_PUBLISH_CLAIM, test_same_answer);
  add ("/token-rights/claim/side-by-side", LOFT_PUBLISH_CLAIM, test_claim);
  add ("/token-rights/token/reads", LOFT_PUBLISH_TOKEN, test_reads);
  add ("/token-rights/claim/reads", LOFT_PUBLISH_CLAIM, test_reads);
  add ("/token-rights/token/adopted", LOFT_PUBLISH_TOKEN, test_adopted);
  add ("/token-rights/claim/adopted", LOFT_PUBLISH_CLAIM, test_adopted);

  return g_test_run ();
}
