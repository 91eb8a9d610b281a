/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "kit/registry-kit.h"
#include "kit/storage-kit.h"
#include "registry/loft-token-store.h"

#include <string.h>

#define NOTE_TIMEOUT (20 * G_TIME_SPAN_SECOND)
#define DAY (24 * 60 * 60)

/* How tokens come and go. A registry, and one that has joined it as another
 * process would: they share the page and the files, and nothing in memory. */
typedef struct
{
  RegistryFixture owner;
  RegistryFixture member; /* whose registry is all that is used */
} Fixture;

static const LoftCaller root = { .administrator = "admin:root" };

static void
set_up (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;

  fixture->owner.page = loft_page_new (2, &error);
  g_assert_no_error (error);
  registry_fixture_set_up (&fixture->owner, test_data);
  fixture->owner.settings->publish = LOFT_PUBLISH_TOKEN;
  loft_registry_set_settings (fixture->owner.registry, fixture->owner.settings);
  fixture->member.registry = loft_registry_join (fixture->owner.storage,
                                                 fixture->owner.cache,
                                                 fixture->owner.settings,
                                                 fixture->owner.page,
                                                 1,
                                                 &error);
  g_assert_no_error (error);
  registry_fixture_start (&fixture->owner);
}

static void
leave (Fixture *fixture)
{
  if (fixture->member.registry == NULL)
    return;

  loft_registry_stop (fixture->member.registry);
  storage_kit_finalize (g_steal_pointer (&fixture->member.registry));
}

static void
tear_down (Fixture *fixture, gconstpointer test_data)
{
  leave (fixture);
  registry_fixture_tear_down (&fixture->owner, test_data);
}

static LoftToken *
create (RegistryFixture *where,
        const LoftTokenWish *wish,
        const LoftCaller *caller,
        char **out_secret)
{
  g_autoptr (GError) error = NULL;
  LoftToken *token =
    registry_kit_create_token (where, wish, caller, out_secret, &error);

  g_assert_no_error (error);
  g_assert_nonnull (token);
  g_assert_null (strstr (token->id, *out_secret + 5));

  return token;
}

static LoftToken *
create_for (RegistryFixture *where, const char *user, char **out_secret)
{
  const LoftTokenWish wish = { .user = user };

  return create (where, &wish, &root, out_secret);
}

static gboolean
is_taken (RegistryFixture *where, const char *version, const char *secret)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *element =
    registry_kit_publish (where, "hello", version, "a", secret, NULL, &error);

  if (element == NULL)
    g_assert_error (error,
                    LOFT_REGISTRY_ERROR,
                    LOFT_REGISTRY_ERROR_TOKEN_NEEDED);

  return element != NULL;
}

static void
revoke_id (RegistryFixture *where, const char *id, const LoftCaller *caller)
{
  g_autoptr (GError) error = NULL;

  registry_kit_revoke_token (where, id, caller, &error);
  g_assert_no_error (error);
}

/* All events, as they stand in the log. */
static char *
dup_log (RegistryFixture *where)
{
  g_autoptr (GError) error = NULL;
  guint64 last;
  g_autoptr (GBytes) changes =
    loft_registry_list_changes (where->registry, 0, 1000, &last, &error);

  g_assert_no_error (error);

  return g_strndup (g_bytes_get_data (changes, NULL),
                    g_bytes_get_size (changes));
}

static guint
count (const char *text, const char *part)
{
  g_auto (GStrv) pieces = g_strsplit (text, part, -1);

  return g_strv_length (pieces) - 1;
}

/* What one process has issued another takes at once, and what it has revoked no
 * other takes any more, whichever process it was. */
static void
test_everywhere (Fixture *fixture, gconstpointer test_data)
{
  RegistryFixture *const both[] = { &fixture->owner, &fixture->member };

  for (guint i = 0; i < 6; i++)
    {
      g_autofree char *secret = NULL;
      g_autoptr (LoftToken) token = create_for (both[i % 2], "ann", &secret);

      for (guint j = 0; j < 2; j++)
        {
          g_autofree char *version = g_strdup_printf ("1.%u.%u", i, j);

          g_assert_true (is_taken (both[j], version, secret));
        }
      revoke_id (both[i / 2 % 2], token->id, &root);
      for (guint j = 0; j < 4; j++)
        g_assert_false (is_taken (both[j % 2], "2.0.0", secret));
    }
}

/* The log tells who has issued and revoked what, and holds no secret; nor does
 * anything else that is stored. */
static void
test_events (Fixture *fixture, gconstpointer test_data)
{
  const LoftTokenWish wish = { .user = "ann",
                               .name = "continuous integration",
                               .pattern = "hello*" };
  const LoftCaller other = { .administrator = "admin:ops" };
  g_autofree char *secret = NULL;
  g_autoptr (LoftToken) token = create (&fixture->owner, &wish, &root, &secret);
  g_autofree char *hash = loft_token_hash (secret);

  g_assert_true (is_taken (&fixture->owner, "1.0.0", secret));
  revoke_id (&fixture->owner, token->id, &other);
  revoke_id (&fixture->member, token->id, &root);

  g_autofree char *told = registry_kit_changes (&fixture->owner);
  g_assert_cmpstr (told,
                   ==,
                   "1 token-create - -\n"
                   "2 claim hello -\n"
                   "3 publish hello 1.0.0\n"
                   "4 token-revoke - -\n");

  g_autofree char *log = dup_log (&fixture->member);
  g_assert_cmpuint (count (log, token->id), ==, 2);
  g_assert_cmpuint (count (log, "\"actor\":\"admin\""), ==, 2);
  g_assert_null (strstr (log, "admin:"));
  g_assert_cmpuint (count (log, "\"actor\":\"ann\""), ==, 2);
  g_assert_cmpuint (count (log, "\"pattern\":\"hello*\""), ==, 2);
  g_assert_null (strstr (log, secret + 5));
  g_assert_null (strstr (log, hash));
  g_assert_null (strstr (log, "integration"));

  g_autofree char *path = g_strconcat (fixture->owner.root,
                                       "/_registry/tokens/",
                                       hash,
                                       ".json",
                                       NULL);
  g_autofree char *stored = NULL;
  g_assert_true (g_file_get_contents (path, &stored, NULL, NULL));
  g_assert_null (strstr (stored, secret + 5));
}

/* What the catalog knows of tokens can be found out again. */
static void
test_forgotten (Fixture *fixture, gconstpointer test_data)
{
  g_autofree char *secret = NULL;
  g_autoptr (LoftToken) token = create_for (&fixture->owner, "ann", &secret);
  g_autofree char *before = dup_log (&fixture->owner);

  leave (fixture);
  registry_fixture_restart (&fixture->owner, TRUE);
  g_autofree char *after = dup_log (&fixture->owner);
  g_assert_cmpstr (after, ==, before);
  g_assert_true (is_taken (&fixture->owner, "1.0.0", secret));
  revoke_id (&fixture->owner, token->id, &root);
  g_assert_false (is_taken (&fixture->owner, "1.1.0", secret));
}

/* An event that got lost is made up for, by whoever wants the same again and by
 * a scan. */
static void
test_lost_event (Fixture *fixture, gconstpointer test_data)
{
  RegistryFixture *where = &fixture->owner;
  g_autoptr (GError) error = NULL;
  g_autofree char *secret = NULL;
  g_autofree char *unknown = NULL;
  g_autoptr (LoftToken) token = create_for (where, "ann", &secret);
  const LoftTokenWish wish = { .user = "bob" };

  fault_storage_arm (where->storage, FAULT_UNAVAILABLE, "_registry/log/", 1);
  g_assert_false (registry_kit_revoke_token (where, token->id, &root, &error));
  g_assert_error (error, LOFT_REGISTRY_ERROR, LOFT_REGISTRY_ERROR_UNAVAILABLE);
  g_clear_error (&error);
  g_assert_false (is_taken (&fixture->member, "1.0.0", secret));
  revoke_id (where, token->id, &root);

  fault_storage_arm (where->storage, FAULT_UNAVAILABLE, "_registry/log/", 1);
  g_assert_null (
    registry_kit_create_token (where, &wish, &root, &unknown, &error));
  g_assert_null (unknown);
  leave (fixture);
  registry_fixture_restart (where, TRUE);
  g_autofree char *told = registry_kit_changes (where);
  g_assert_cmpstr (told,
                   ==,
                   "1 token-create - -\n"
                   "2 token-revoke - -\n"
                   "3 token-create - -\n");
}

/* Answers may get lost, and the storage be full: then there is a token or there
 * is none, and no message names what it is stored as. */
static void
test_faults (Fixture *fixture, gconstpointer test_data)
{
  RegistryFixture *where = &fixture->owner;
  static const FaultKind harmless[] = {
    FAULT_LOST_ANSWER,
    FAULT_LOST_REQUEST,
    FAULT_LATE,
  };

  for (gsize i = 0; i < G_N_ELEMENTS (harmless); i++)
    {
      g_autofree char *secret = NULL;
      g_autofree char *version = g_strdup_printf ("1.%" G_GSIZE_FORMAT ".0", i);

      fault_storage_arm (where->storage, harmless[i], "_registry/tokens/", 1);
      g_autoptr (LoftToken) token = create_for (where, "ann", &secret);
      g_assert_true (is_taken (where, version, secret));
      fault_storage_arm (where->storage, harmless[i], "_registry/tokens/", 1);
      revoke_id (where, token->id, &root);
      g_assert_false (is_taken (where, "2.0.0", secret));
    }

  const LoftTokenWish wish = { .user = "ann" };
  g_autofree char *none = NULL;
  g_autoptr (GError) error = NULL;
  fault_storage_arm (where->storage, FAULT_NO_SPACE, "_registry/tokens/", 1);
  g_assert_null (
    registry_kit_create_token (where, &wish, &root, &none, &error));
  g_assert_error (error, LOFT_REGISTRY_ERROR, LOFT_REGISTRY_ERROR_NO_SPACE);
  g_assert_null (strstr (error->message, "tokens/"));
  g_assert_nonnull (strstr (error->message, "no space left"));
}

/* A wish that makes no sense is refused with every reason. */
static void
test_wishes (Fixture *fixture, gconstpointer test_data)
{
  static const char *const unknown[] = { "yank", "everything", NULL };
  g_autofree char *long_name = g_strnfill (101, 'n');
  const struct
  {
    LoftTokenWish wish;
    const char *rule;
  } cases[] = {
    { { .user = NULL }, "token-user" },
    { { .user = "" }, "token-user" },
    { { .user = "a/b" }, "token-user" },
    { { .user = "admin:root" }, "token-user" },
    { { .user = "t-0123456789abcdef" }, "token-user" },
    { { .user = "ann", .name = "" }, "token-name" },
    { { .user = "ann", .name = long_name }, "token-name" },
    { { .user = "ann", .name = "a\nb" }, "token-name" },
    { { .user = "ann", .scopes = unknown }, "token-scopes" },
    { { .user = "ann", .pattern = "" }, "token-pattern" },
    { { .user = "ann", .pattern = "a b" }, "token-pattern" },
    { { .user = "ann", .seconds = G_MAXUINT64 }, "token-expiry" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autofree char *secret = NULL;

      g_assert_null (registry_kit_create_token (&fixture->owner,
                                                &cases[i].wish,
                                                &root,
                                                &secret,
                                                &error));
      g_assert_error (error, LOFT_REGISTRY_ERROR, LOFT_REGISTRY_ERROR_RULES);
      g_assert_true (
        loft_findings_has (loft_findings_from_error (error), cases[i].rule));
    }
  g_autofree char *told = registry_kit_changes (&fixture->owner);
  g_assert_cmpstr (told, ==, "");
}

static gint64
get_seconds (const LoftToken *token)
{
  return (token->expires_at - token->created_at) / G_TIME_SPAN_SECOND;
}

/* A token is good for as long as was wished, else for as long as the
 * administrator has chosen, 90 days at first. */
static void
test_lifetime (Fixture *fixture, gconstpointer test_data)
{
  RegistryFixture *where = &fixture->owner;
  const LoftTokenWish hour = { .user = "ann", .seconds = 3600 };
  g_autofree char *one = NULL;
  g_autofree char *other = NULL;
  g_autofree char *third = NULL;
  g_autoptr (LoftToken) usual = create_for (where, "ann", &one);
  g_autoptr (LoftToken) wished = create (where, &hour, &root, &other);

  g_assert_cmpint (get_seconds (usual), ==, 90 * DAY);
  g_assert_cmpint (get_seconds (wished), ==, 3600);

  where->settings->token_lifetime = 0;
  loft_registry_set_settings (where->registry, where->settings);
  g_autoptr (LoftToken) endless = create_for (where, "ann", &third);
  g_assert_cmpint (endless->expires_at, ==, 0);
  g_assert_true (is_taken (where, "1.0.0", third));
}

/* By a token its user gets others, which may no more and end no later; an
 * administrator gets any. */
static void
test_self_service (Fixture *fixture, gconstpointer test_data)
{
  RegistryFixture *where = &fixture->owner;
  static const char *const yank[] = { "yank", NULL };
  static const char *const admin[] = { "admin", NULL };
  const LoftTokenWish for_ann = { .user = "ann",
                                  .pattern = "ann-*",
                                  .seconds = DAY };
  const LoftTokenWish for_root = { .user = "boss", .scopes = admin };
  g_autofree char *anns = NULL;
  g_autofree char *bosses = NULL;
  g_autoptr (LoftToken) own = create (where, &for_ann, &root, &anns);
  g_autoptr (LoftToken) boss = create (where, &for_root, &root, &bosses);
  const LoftCaller ann = { .token = anns };
  const LoftCaller chief = { .token = bosses };
  const struct
  {
    const LoftCaller *caller;
    LoftTokenWish wish;
    gboolean granted;
  } cases[] = {
    { &ann, { .name = "mine" }, TRUE },
    { &ann, { .user = "ann", .scopes = yank, .pattern = "ann-*" }, TRUE },
    { &ann, { .user = "bob" }, FALSE },
    { &ann, { .scopes = admin }, FALSE },
    { &ann, { .pattern = "*" }, FALSE },
    { &ann, { .pattern = "ann-a" }, FALSE },
    { &chief, { .user = "bob", .scopes = admin }, TRUE },
    { &chief, { .scopes = admin, .pattern = "b-*" }, TRUE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autofree char *secret = NULL;
      g_autoptr (LoftToken) token = registry_kit_create_token (where,
                                                               &cases[i].wish,
                                                               cases[i].caller,
                                                               &secret,
                                                               &error);

      g_test_message ("case %" G_GSIZE_FORMAT, i);
      if (!cases[i].granted)
        g_assert_error (error,
                        LOFT_REGISTRY_ERROR,
                        LOFT_REGISTRY_ERROR_FORBIDDEN);
      g_assert_cmpint (token != NULL, ==, cases[i].granted);
      if (token == NULL || cases[i].caller == &chief)
        continue;
      g_assert_cmpstr (token->user, ==, "ann");
      g_assert_cmpstr (token->pattern, ==, "ann-*");
      g_assert_cmpuint (token->scopes & ~own->scopes, ==, 0);
      g_assert_cmpint (token->expires_at, ==, own->expires_at);
    }
}

/* With a token goes what its user has made of it; others' tokens stay. */
static void
test_descendants (Fixture *fixture, gconstpointer test_data)
{
  RegistryFixture *where = &fixture->owner;
  const LoftTokenWish more = { .name = "more" };
  g_auto (GStrv) secrets = g_new0 (char *, 4);
  g_autofree char *other = NULL;
  g_autoptr (LoftToken) first = create_for (where, "ann", &secrets[0]);
  g_autoptr (LoftToken) unrelated = create_for (where, "ann", &other);
  const LoftCaller parent = { .token = secrets[0] };
  g_autoptr (LoftToken) child = create (where, &more, &parent, &secrets[1]);
  const LoftCaller middle = { .token = secrets[1] };
  g_autoptr (LoftToken) grandchild =
    create (where, &more, &middle, &secrets[2]);

  g_assert_true (is_taken (where, "1.0.0", secrets[2]));
  revoke_id (where, first->id, &parent);
  for (gsize i = 0; i < 3; i++)
    g_assert_false (is_taken (&fixture->member, "1.1.0", secrets[i]));
  g_assert_true (is_taken (where, "1.1.0", other));
}

/* Stores a token that another one has made, as another process does. */
static void
make_child_cb (LoftStorage *storage, const char *key, gpointer user_data)
{
  const LoftToken *child = user_data;
  g_autoptr (LoftTokenStore) store = loft_token_store_new (storage);
  g_autoptr (GError) error = NULL;

  loft_token_store_create (store, child, &error);
  g_assert_no_error (error);
}

/* What a token makes while it is being revoked ends with it. */
static void
test_late_child (Fixture *fixture, gconstpointer test_data)
{
  RegistryFixture *where = &fixture->owner;
  g_autofree char *secret = NULL;
  g_autofree char *late = loft_token_draw (NULL);
  g_autoptr (LoftToken) parent = create_for (where, "ann", &secret);
  g_autoptr (LoftToken) child = loft_token_copy (parent);
  g_autofree char *hash = loft_token_hash (secret);
  g_autofree char *key = g_strconcat ("_registry/tokens/", hash, NULL);

  g_free (child->id);
  child->id = loft_token_draw_id (NULL);
  child->parent = g_strdup (parent->id);
  child->sha256 = loft_token_hash (late);
  fault_storage_set_rival (where->storage, make_child_cb, child);
  fault_storage_arm (where->storage, FAULT_READ_RIVAL, key, 1);
  revoke_id (where, parent->id, &root);
  g_assert_cmpuint (fault_storage_get_left (where->storage), ==, 0);

  g_assert_false (is_taken (where, "1.0.0", secret));
  g_assert_false (is_taken (where, "1.0.0", late));
}

/* A user sees and revokes his own tokens, and learns nothing of others'. */
static void
test_own (Fixture *fixture, gconstpointer test_data)
{
  RegistryFixture *where = &fixture->owner;
  g_autoptr (GError) error = NULL;
  g_autofree char *anns = NULL;
  g_autofree char *bobs = NULL;
  g_autoptr (LoftToken) one = create_for (where, "ann", &anns);
  g_autoptr (LoftToken) other = create_for (where, "bob", &bobs);
  const LoftCaller ann = { .token = anns };
  const LoftCaller nobody = { .token = NULL };
  g_autoptr (GPtrArray) own = registry_kit_list_tokens (where, &ann, &error);
  g_assert_no_error (error);
  g_autoptr (GPtrArray) all = registry_kit_list_tokens (where, &root, &error);
  g_assert_no_error (error);

  g_assert_cmpuint (own->len, ==, 1);
  g_assert_cmpuint (all->len, ==, 2);
  g_assert_cmpstr (((LoftToken *) own->pdata[0])->id, ==, one->id);
  g_assert_null (((LoftToken *) own->pdata[0])->sha256);

  g_assert_false (registry_kit_revoke_token (where, other->id, &ann, &error));
  g_assert_error (error, LOFT_REGISTRY_ERROR, LOFT_REGISTRY_ERROR_NOT_FOUND);
  g_clear_error (&error);
  g_assert_false (registry_kit_revoke_token (where, "k-0", &root, &error));
  g_assert_error (error, LOFT_REGISTRY_ERROR, LOFT_REGISTRY_ERROR_NOT_FOUND);
  g_clear_error (&error);
  g_assert_null (registry_kit_list_tokens (where, &nobody, &error));
  g_assert_error (error, LOFT_REGISTRY_ERROR, LOFT_REGISTRY_ERROR_TOKEN_NEEDED);
  g_assert_true (is_taken (where, "1.0.0", bobs));
}

/* Who looks after his own tokens is not kept waiting by others', however many
 * those are: what is stored of them is not read. */
static void
test_many (Fixture *fixture, gconstpointer test_data)
{
  RegistryFixture *where = &fixture->owner;
  g_autoptr (GError) error = NULL;
  g_autofree char *anns = NULL;
  g_autofree char *bobs = NULL;
  g_autofree char *news = NULL;
  g_autoptr (LoftToken) one = create_for (where, "ann", &anns);
  g_autoptr (LoftToken) other = create_for (where, "bob", &bobs);
  const LoftCaller ann = { .token = anns };
  g_autoptr (GPtrArray) first = registry_kit_list_tokens (where, &ann, &error);
  g_assert_no_error (error);
  g_autofree char *hash = loft_token_hash (bobs);
  g_autofree char *key = g_strconcat ("_registry/tokens/", hash, NULL);

  fault_storage_arm (where->storage, FAULT_UNREADABLE, key, 1);
  g_autoptr (LoftToken) new = create_for (&fixture->member, "ann", &news);
  g_autoptr (GPtrArray) own = registry_kit_list_tokens (where, &ann, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (own->len, ==, 2);
  revoke_id (where, new->id, &ann);
  g_assert_false (is_taken (where, "1.0.0", news));

  g_autoptr (GPtrArray) then = registry_kit_list_tokens (where, &ann, &error);
  g_assert_no_error (error);
  g_assert_cmpint (((LoftToken *) then->pdata[1])->revoked_at, !=, 0);
  revoke_id (where, one->id, &root);
  g_assert_cmpuint (fault_storage_get_left (where->storage), ==, 1);

  fault_storage_arm (where->storage, FAULT_NONE, "", 0);
  revoke_id (&fixture->member, other->id, &root);
  g_assert_false (is_taken (where, "1.0.0", bobs));
}

static LoftToken *
wait_for_use (Fixture *fixture)
{
  gint64 end = g_get_monotonic_time () + NOTE_TIMEOUT;

  while (TRUE)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GPtrArray) all =
        registry_kit_list_tokens (&fixture->owner, &root, &error);
      g_assert_no_error (error);
      g_assert_cmpuint (all->len, ==, 1);

      const LoftToken *token = all->pdata[0];
      if (token->last_used_at != 0)
        return loft_token_copy (token);
      g_assert_cmpint (g_get_monotonic_time (), <, end);
      g_usleep (1000);
    }
}

/* A use is noted after a while, and not each single one. */
static void
test_last_use (Fixture *fixture, gconstpointer test_data)
{
  g_autofree char *secret = NULL;
  g_autoptr (LoftToken) token = create_for (&fixture->owner, "ann", &secret);

  g_assert_cmpint (token->last_used_at, ==, 0);
  g_assert_true (is_taken (&fixture->owner, "1.0.0", secret));
  g_autoptr (LoftToken) used = wait_for_use (fixture);
  g_assert_cmpint (used->last_used_at, >=, token->created_at);

  g_assert_true (is_taken (&fixture->owner, "1.1.0", secret));
  g_assert_true (is_taken (&fixture->member, "1.2.0", secret));
  g_autoptr (LoftToken) again = wait_for_use (fixture);
  g_assert_cmpint (again->last_used_at, ==, used->last_used_at);
}

static void
add (const char *path, void (*func) (Fixture *, gconstpointer))
{
  g_test_add (path, Fixture, NULL, set_up, func, tear_down);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  add ("/token-change/everywhere", test_everywhere);
  add ("/token-change/events", test_events);
  add ("/token-change/forgotten", test_forgotten);
  add ("/token-change/lost-event", test_lost_event);
  add ("/token-change/faults", test_faults);
  add ("/token-change/wishes", test_wishes);
  add ("/token-change/lifetime", test_lifetime);
  add ("/token-change/self-service", test_self_service);
  add ("/token-change/descendants", test_descendants);
  add ("/token-change/late-child", test_late_child);
  add ("/token-change/own", test_own);
  add ("/token-change/many", test_many);
  add ("/token-change/last-use", test_last_use);

  return g_test_run ();
}
