/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "kit/log-kit.h"
#include "kit/registry-kit.h"
#include "kit/storage-kit.h"

#include <string.h>

#include "registry/loft-document.h"
#include "registry/loft-registry-private.h"

#define TOKEN REGISTRY_KIT_TOKEN
#define OTHER_TOKEN REGISTRY_KIT_OTHER_TOKEN

typedef RegistryFixture Fixture;

static void
set_up_started (Fixture *fixture, gconstpointer test_data)
{
  registry_fixture_set_up (fixture, test_data);
  registry_fixture_start (fixture);
}

static void
publish (Fixture *fixture,
         const char *name,
         const char *version,
         const char *content,
         const char *token)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *element =
    registry_kit_publish (fixture, name, version, content, token, NULL, &error);

  g_assert_no_error (error);
  g_assert_nonnull (element);
}

static void
assert_refused (Fixture *fixture,
                const char *name,
                const char *version,
                const char *content,
                const char *token,
                LoftRegistryError code)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (registry_kit_publish (fixture,
                                       name,
                                       version,
                                       content,
                                       token,
                                       NULL,
                                       &error));
  g_assert_error (error, LOFT_REGISTRY_ERROR, (int) code);
}

#define assert_versions(fixture, name, expected)                               \
  G_STMT_START                                                                 \
  {                                                                            \
    g_autofree char *listed = registry_kit_versions (fixture, name);           \
    g_assert_cmpstr (listed, ==, expected);                                    \
  }                                                                            \
  G_STMT_END

#define assert_changes(fixture, expected)                                      \
  G_STMT_START                                                                 \
  {                                                                            \
    g_autofree char *told = registry_kit_changes (fixture);                    \
    g_assert_cmpstr (told, ==, expected);                                      \
  }                                                                            \
  G_STMT_END

static void
assert_download (Fixture *fixture,
                 const char *name,
                 const char *version,
                 const char *packed_version,
                 const char *content)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) expected =
    registry_kit_pack (name, packed_version, content);
  g_autofree char *sha256 =
    g_compute_checksum_for_bytes (G_CHECKSUM_SHA256, expected);
  g_autoptr (LoftDownload) download =
    registry_kit_download (fixture, name, version, &error);

  g_assert_no_error (error);
  g_assert_true (g_bytes_equal (download->bytes, expected));
  g_assert_cmpstr (download->sha256, ==, sha256);
}

/* What was published is listed in the client's order and handed out, before
 * and after a restart, and by a catalog made anew. */
static void
test_publish (Fixture *fixture, gconstpointer test_data)
{
  publish (fixture, "hello", "0.2.0", "a", TOKEN);
  publish (fixture, "hello", "1.0.0-rc.1", "b", TOKEN);
  publish (fixture, "hello", "0.1.0", "c", TOKEN);
  publish (fixture, "hello", "0.10.0", "d", TOKEN);

  for (guint round = 0; round < 3; round++)
    {
      assert_versions (fixture, "hello", "1.0.0-rc.1 0.1.0 0.2.0 0.10.0");
      assert_download (fixture, "hello", "0.10.0", "0.10.0", "d");
      assert_changes (fixture,
                      "1 claim hello -\n"
                      "2 publish hello 0.2.0\n"
                      "3 publish hello 1.0.0-rc.1\n"
                      "4 publish hello 0.1.0\n"
                      "5 publish hello 0.10.0\n");
      if (round < 2)
        registry_fixture_restart (fixture, round == 1);
    }
}

/* The same bytes again are no second version; other bytes are refused. */
static void
test_publish_again (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;
  gboolean created = TRUE;

  publish (fixture, "hello", "1.0.0", "a", TOKEN);
  g_autofree char *element = registry_kit_publish (fixture,
                                                   "hello",
                                                   "1.0.0",
                                                   "a",
                                                   TOKEN,
                                                   &created,
                                                   &error);
  g_assert_no_error (error);
  g_assert_nonnull (strstr (element, "\"version\":\"1.0.0\""));
  g_assert_false (created);
  assert_refused (fixture,
                  "hello",
                  "1.0.0",
                  "other",
                  TOKEN,
                  LOFT_REGISTRY_ERROR_EXISTS);

  assert_changes (fixture, "1 claim hello -\n2 publish hello 1.0.0\n");
  assert_download (fixture, "hello", "1.0.0", "1.0.0", "a");
}

/* Versions that differ in build metadata alone are one version. */
static void
test_publish_build (Fixture *fixture, gconstpointer test_data)
{
  publish (fixture, "hello", "1.0.0+a", "x", TOKEN);
  assert_refused (fixture,
                  "hello",
                  "1.0.0+b",
                  "x",
                  TOKEN,
                  LOFT_REGISTRY_ERROR_EXISTS);
  assert_refused (fixture,
                  "hello",
                  "1.0.0",
                  "x",
                  TOKEN,
                  LOFT_REGISTRY_ERROR_EXISTS);

  assert_versions (fixture, "hello", "1.0.0+a");
  assert_download (fixture, "hello", "1.0.0", "1.0.0+a", "x");
  assert_download (fixture, "hello", "1.0.0+a", "1.0.0+a", "x");
}

/* A name belongs to the token that published it first. */
static void
test_claim (Fixture *fixture, gconstpointer test_data)
{
  publish (fixture, "mine", "1.0.0", "a", TOKEN);
  assert_refused (fixture,
                  "mine",
                  "1.1.0",
                  "a",
                  OTHER_TOKEN,
                  LOFT_REGISTRY_ERROR_FORBIDDEN);
  assert_refused (fixture,
                  "mine",
                  "1.1.0",
                  "a",
                  NULL,
                  LOFT_REGISTRY_ERROR_TOKEN_NEEDED);
  publish (fixture, "mine", "1.1.0", "a", TOKEN);
  assert_versions (fixture, "mine", "1.0.0 1.1.0");
}

/* A name first published with a placeholder for a token stays open to all. */
static void
test_claim_weak (Fixture *fixture, gconstpointer test_data)
{
  publish (fixture, "ours", "1.0.0", "a", "short");
  publish (fixture, "ours", "1.1.0", "a", NULL);
  publish (fixture, "ours", "1.2.0", "a", OTHER_TOKEN);
  publish (fixture,
           "theirs",
           "1.0.0",
           "a",
           "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
  publish (fixture, "theirs", "1.1.0", "a", TOKEN);
}

/* In open mode everybody publishes everything. */
static void
test_open (Fixture *fixture, gconstpointer test_data)
{
  publish (fixture, "mine", "1.0.0", "a", TOKEN);
  fixture->settings->publish = LOFT_PUBLISH_OPEN;
  loft_registry_set_settings (fixture->registry, fixture->settings);

  publish (fixture, "mine", "1.1.0", "a", NULL);
  publish (fixture, "other", "1.0.0", "a", TOKEN);
  fixture->settings->publish = LOFT_PUBLISH_CLAIM;
  loft_registry_set_settings (fixture->registry, fixture->settings);
  publish (fixture, "other", "1.1.0", "a", OTHER_TOKEN);
}

/* Neither a token nor its hash is in anything that the world sees. */
static void
test_secrets (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;

  publish (fixture, "mine", "1.0.0", "a", TOKEN);
  g_autofree char *state =
    storage_kit_get (fixture->real, "mine/package.json", &error);
  g_assert_no_error (error);
  g_autoptr (JsonNode) json = loft_json_parse (state, strlen (state), &error);
  g_assert_no_error (error);
  JsonObject *owner = json_array_get_object_element (
    loft_json_get_array (json_node_get_object (json), "owners"),
    0);
  const char *hash = loft_json_get_string (owner, "token");
  const char *id = loft_json_get_string (owner, "id");
  g_assert_nonnull (hash);
  g_assert_null (strstr (state, TOKEN));

  g_autofree char *list = registry_kit_list (fixture, "mine", &error);
  g_autofree char *shown = registry_kit_show (fixture, "mine", "1.0.0", &error);
  guint64 last;
  g_autoptr (GBytes) changes =
    loft_registry_list_changes (fixture->registry, 0, 10, &last, &error);
  g_autofree char *told =
    g_strndup (g_bytes_get_data (changes, NULL), g_bytes_get_size (changes));
  const char *const seen[] = { list, shown, told };
  for (gsize i = 0; i < G_N_ELEMENTS (seen); i++)
    {
      g_assert_nonnull (strstr (seen[i], id));
      g_assert_null (strstr (seen[i], hash));
      g_assert_null (strstr (seen[i], TOKEN));
    }
}

/* A new name may not look like one that exists. */
static void
test_confusable (Fixture *fixture, gconstpointer test_data)
{
  publish (fixture, "hello-lib", "1.0.0", "a", TOKEN);
  assert_refused (fixture,
                  "hello_lib",
                  "1.0.0",
                  "a",
                  TOKEN,
                  LOFT_REGISTRY_ERROR_RULES);
  publish (fixture, "hello-lib", "1.1.0", "a", TOKEN);
}

/* A yanked version is in no list, is handed out still, and can come back;
 * wishes that are fulfilled already change nothing. */
static void
test_yank (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;

  publish (fixture, "hello", "1.0.0", "a", TOKEN);
  publish (fixture, "hello", "1.1.0", "b", TOKEN);
  for (guint i = 0; i < 2; i++)
    {
      g_autofree char *element =
        registry_kit_yank (fixture, "hello", "1.1.0", TRUE, TOKEN, &error);
      g_assert_no_error (error);
      g_assert_nonnull (strstr (element, "\"yanked\":true"));
    }
  assert_versions (fixture, "hello", "1.0.0");
  assert_download (fixture, "hello", "1.1.0", "1.1.0", "b");
  registry_fixture_restart (fixture, TRUE);
  assert_versions (fixture, "hello", "1.0.0");

  for (guint i = 0; i < 2; i++)
    {
      g_autofree char *element =
        registry_kit_yank (fixture, "hello", "1.1.0", FALSE, TOKEN, &error);
      g_assert_no_error (error);
      g_assert_nonnull (strstr (element, "\"yanked\":false"));
    }
  assert_versions (fixture, "hello", "1.0.0 1.1.0");
  assert_changes (fixture,
                  "1 claim hello -\n"
                  "2 publish hello 1.0.0\n"
                  "3 publish hello 1.1.0\n"
                  "4 yank hello 1.1.0\n"
                  "5 unyank hello 1.1.0\n");
}

/* Only whoever may publish may yank, and only what is there. */
static void
test_yank_refused (Fixture *fixture, gconstpointer test_data)
{
  static const struct
  {
    const char *name;
    const char *version;
    const char *token;
    LoftRegistryError code;
  } cases[] = {
    { "hello", "1.0.0", OTHER_TOKEN, LOFT_REGISTRY_ERROR_FORBIDDEN },
    { "hello", "1.0.0", NULL, LOFT_REGISTRY_ERROR_TOKEN_NEEDED },
    { "hello", "2.0.0", TOKEN, LOFT_REGISTRY_ERROR_NO_SUCH_VERSION },
    { "hullo", "1.0.0", TOKEN, LOFT_REGISTRY_ERROR_NO_SUCH_PACKAGE },
    { "../hello", "1.0.0", TOKEN, LOFT_REGISTRY_ERROR_NO_SUCH_PACKAGE },
  };

  publish (fixture, "hello", "1.0.0", "a", TOKEN);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (registry_kit_yank (fixture,
                                        cases[i].name,
                                        cases[i].version,
                                        TRUE,
                                        cases[i].token,
                                        &error));
      g_assert_error (error, LOFT_REGISTRY_ERROR, (int) cases[i].code);
    }
  assert_versions (fixture, "hello", "1.0.0");
}

/* A deprecated package says so in each of its elements. */
static void
test_deprecate (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;

  publish (fixture, "hello", "1.0.0", "a", TOKEN);
  g_assert_true (
    registry_kit_deprecate (fixture, "hello", "use “hi”", TOKEN, &error));
  g_autofree char *list = registry_kit_list (fixture, "hello", &error);
  g_assert_nonnull (strstr (list, "\"deprecated\":\"use “hi”\""));
  g_assert_true (
    registry_kit_deprecate (fixture, "hello", NULL, TOKEN, &error));
  g_autofree char *again = registry_kit_list (fixture, "hello", &error);
  g_assert_nonnull (strstr (again, "\"deprecated\":null"));

  g_assert_false (
    registry_kit_deprecate (fixture, "hello", "no", OTHER_TOKEN, &error));
  g_assert_error (error, LOFT_REGISTRY_ERROR, LOFT_REGISTRY_ERROR_FORBIDDEN);
  assert_changes (fixture,
                  "1 claim hello -\n"
                  "2 publish hello 1.0.0\n"
                  "3 deprecate hello -\n"
                  "4 deprecate hello -\n");
}

static void
assert_document (Fixture *fixture, const char *name, const char *version)
{
  g_autofree char *key = loft_document_make_key (name, version);
  g_autoptr (GError) error = NULL;
  g_autoptr (LoftObject) object =
    loft_storage_read (fixture->storage, key, 0, -1, NULL, &error);

  g_assert_no_error (error);
  g_assert_nonnull (object);
}

/* A lost answer, wherever it is lost, neither loses nor doubles anything. */
static void
test_lost_answers (Fixture *fixture, gconstpointer test_data)
{
  static const char *const prefixes[] = {
    "_registry/claims/", "_registry/names/", "NAME/package.json",
    "NAME/1.0.0.tar.gz", "NAME/1.0.0.json",  "_registry/log/",
  };
  static const FaultKind kinds[] = { FAULT_LOST_ANSWER, FAULT_LOST_REQUEST };

  for (gsize i = 0; i < G_N_ELEMENTS (prefixes) * G_N_ELEMENTS (kinds); i++)
    {
      FaultKind kind = kinds[i % G_N_ELEMENTS (kinds)];
      const char *token = i % G_N_ELEMENTS (kinds) == 0 ? TOKEN : OTHER_TOKEN;
      g_autofree char *name = g_strdup_printf ("hello-%" G_GSIZE_FORMAT, i);
      g_autoptr (GString) prefix =
        g_string_new (prefixes[i / G_N_ELEMENTS (kinds)]);
      g_autoptr (GError) error = NULL;

      g_string_replace (prefix, "NAME", name, 1);
      fault_storage_arm (fixture->storage, kind, prefix->str, 1);
      g_autofree char *element =
        registry_kit_publish (fixture, name, "1.0.0", "a", token, NULL, &error);

      /* A request that got lost may be an error, which the client may answer by
       * trying again. */
      if (element == NULL)
        {
          g_assert_cmpint (kind, ==, FAULT_LOST_REQUEST);
          publish (fixture, name, "1.0.0", "a", token);
        }
      g_assert_cmpuint (fault_storage_get_left (fixture->storage), ==, 0);
      assert_document (fixture, name, "1.0.0");
      assert_download (fixture, name, "1.0.0", "1.0.0", "a");
    }

  g_autofree char *before = registry_kit_changes (fixture);
  registry_fixture_restart (fixture, TRUE);
  assert_changes (fixture, before);
}

/* A full or absent storage fails the publish with the reason; nothing is
 * listed, and once there is room the same publish succeeds. */
static void
test_faults (Fixture *fixture, gconstpointer test_data)
{
  static const char *const prefixes[] = {
    "_registry/names/", "hello/package.json", "hello/1.0.0.tar.gz",
    "hello/1.0.0.json", "_registry/log/",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (prefixes); i++)
    {
      fault_storage_arm (fixture->storage, FAULT_NO_SPACE, prefixes[i], 1);
      assert_refused (fixture,
                      "hello",
                      "1.0.0",
                      "a",
                      TOKEN,
                      LOFT_REGISTRY_ERROR_NO_SPACE);
      assert_versions (fixture, "hello", "There is no package “hello”");
    }
  fault_storage_arm (fixture->storage, FAULT_UNAVAILABLE, "_registry/log/", 1);
  assert_refused (fixture,
                  "hello",
                  "1.0.0",
                  "a",
                  TOKEN,
                  LOFT_REGISTRY_ERROR_UNAVAILABLE);

  publish (fixture, "hello", "1.0.0", "a", TOKEN);
  assert_versions (fixture, "hello", "1.0.0");
  assert_changes (fixture, "1 claim hello -\n2 publish hello 1.0.0\n");
}

typedef struct
{
  guint created;
  guint refused;
  guint pending;
} Race;

static void
race_cb (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  Race *race = user_data;
  g_autoptr (GError) error = NULL;
  gboolean created = FALSE;
  g_autoptr (GBytes) element =
    loft_registry_publish_finish (LOFT_REGISTRY (source_object),
                                  result,
                                  &created,
                                  &error);

  if (element != NULL)
    race->created += created ? 1 : 0;
  else
    {
      g_assert_true (g_error_matches (error,
                                      LOFT_REGISTRY_ERROR,
                                      LOFT_REGISTRY_ERROR_EXISTS) ||
                     g_error_matches (error,
                                      LOFT_REGISTRY_ERROR,
                                      LOFT_REGISTRY_ERROR_FORBIDDEN));
      race->refused++;
    }
  race->pending--;
}

#define RACERS 24

static void
assert_archives (Fixture *fixture, guint expected)
{
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) keys =
    loft_storage_list (fixture->real, "hello/", NULL, 1000, NULL, &error);
  guint n = 0;

  g_assert_no_error (error);
  for (gsize i = 0; keys[i] != NULL; i++)
    n += g_str_has_suffix (keys[i], ".tar.gz") ? 1 : 0;
  g_assert_cmpuint (n, ==, expected);
}

/* Of many who publish one version with different bytes, one wins, and its
 * bytes are what everybody gets, and the others' do not stay. Of as many who
 * claim one name with different tokens, one owns it. */
static void
test_race (Fixture *fixture, gconstpointer test_data)
{
  gboolean one_version = GPOINTER_TO_INT (test_data);
  Race race = { .pending = RACERS };

  for (guint i = 0; i < RACERS; i++)
    {
      g_autofree char *content = g_strdup_printf ("content %u", i);
      g_autofree char *version =
        one_version ? g_strdup ("1.0.0") : g_strdup_printf ("1.0.%u", i);
      g_autofree char *token =
        one_version ? g_strdup (TOKEN) : g_strdup_printf ("%s-%u", TOKEN, i);
      g_autoptr (GBytes) tarball =
        registry_kit_pack ("hello", version, content);

      loft_registry_publish_async (fixture->registry,
                                   registry_kit_request (fixture->registry,
                                                         "hello",
                                                         version,
                                                         tarball,
                                                         token),
                                   NULL,
                                   race_cb,
                                   &race);
    }
  while (race.pending > 0)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpuint (race.created, ==, 1);
  g_assert_cmpuint (race.refused, ==, RACERS - 1);
  assert_archives (fixture, 1);

  g_autoptr (GError) error = NULL;
  g_autofree char *versions = registry_kit_versions (fixture, "hello");
  g_autoptr (LoftDownload) download =
    registry_kit_download (fixture, "hello", versions, &error);
  g_assert_no_error (error);
  g_autofree char *sha256 =
    g_compute_checksum_for_bytes (G_CHECKSUM_SHA256, download->bytes);
  g_assert_cmpstr (sha256, ==, download->sha256);

  g_autofree char *before = registry_kit_changes (fixture);
  registry_fixture_restart (fixture, TRUE);
  assert_changes (fixture, before);
}

static void
same_owner_cb (LoftStorage *storage, const char *key, gpointer user_data)
{
  Fixture *fixture = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) tarball = registry_kit_pack ("hello", "1.0.0", "a");
  g_autoptr (LoftPublishRequest) request =
    registry_kit_request (fixture->registry, "hello", "1.0.0", tarball, TOKEN);
  LoftPublishJob job = { .request = request };

  loft_registry_publish (fixture->registry, &job, &error);
  g_assert_no_error (error);
  g_clear_pointer (&job.element, g_bytes_unref);
}

/* Who publishes two versions of a new name at once owns it in both. */
static void
test_claim_same_owner (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;

  fault_storage_set_rival (fixture->storage, same_owner_cb, fixture);
  fault_storage_arm (fixture->storage,
                     FAULT_READ_RIVAL,
                     "hello/package.json",
                     1);
  g_autofree char *element =
    registry_kit_publish (fixture, "hello", "1.1.0", "a", TOKEN, NULL, &error);
  g_assert_no_error (error);
  g_assert_nonnull (element);
}

/* Keeps a thread where it is, as long as it is held. */
typedef struct
{
  GMutex mutex;
  GCond cond;
  gboolean held;
} Hold;

static void
hold_cb (LoftStorage *storage, const char *key, gpointer user_data)
{
  Hold *hold = user_data;

  g_mutex_lock (&hold->mutex);
  hold->held = TRUE;
  g_cond_signal (&hold->cond);
  while (hold->held)
    g_cond_wait (&hold->cond, &hold->mutex);
  g_mutex_unlock (&hold->mutex);
}

/* Whoever is let in once that was awaited can publish. */
static void
test_await_start (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;
  Hold hold = { .held = FALSE };

  registry_fixture_close (fixture);
  registry_fixture_open (fixture);
  g_mutex_init (&hold.mutex);
  g_cond_init (&hold.cond);
  fault_storage_set_rival (fixture->storage, hold_cb, &hold);
  fault_storage_arm (fixture->storage, FAULT_READ_RIVAL, "_registry/log/", 1);
  loft_registry_start (fixture->registry);

  g_mutex_lock (&hold.mutex);
  while (!hold.held)
    g_cond_wait (&hold.cond, &hold.mutex);
  g_assert_false (loft_registry_await_start (fixture->registry, 1000));
  hold.held = FALSE;
  g_cond_signal (&hold.cond);
  g_mutex_unlock (&hold.mutex);

  g_assert_true (
    loft_registry_await_start (fixture->registry, 60 * G_TIME_SPAN_SECOND));
  LoftRegistryStatus status;
  loft_registry_get_status (fixture->registry, &status);
  g_assert_cmpint (status.phase, ==, LOFT_REGISTRY_READY);
  g_autofree char *element =
    registry_kit_publish (fixture, "hello", "1.0.0", "a", TOKEN, NULL, &error);
  g_assert_no_error (error);
  g_assert_nonnull (element);
  g_mutex_clear (&hold.mutex);
  g_cond_clear (&hold.cond);
}

/* Where the id of a token can't be stored, nothing of the token is told. */
static void
test_secrets_failure (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;

  fault_storage_arm (fixture->storage, FAULT_NO_SPACE, "_registry/claims/", 1);
  g_assert_null (
    registry_kit_publish (fixture, "hello", "1.0.0", "a", TOKEN, NULL, &error));
  g_assert_error (error, LOFT_REGISTRY_ERROR, LOFT_REGISTRY_ERROR_NO_SPACE);
  g_assert_null (strstr (error->message, "claims/"));
}

static void
assert_moved (Fixture *fixture,
              LoftMark *mark,
              gboolean moved,
              const char *expected)
{
  LoftMark now;

  loft_registry_get_mark (fixture->registry, &now.sequence, &now.epoch);
  g_assert_cmpuint (now.epoch, ==, mark->epoch);
  g_assert_cmpint (now.sequence > mark->sequence, ==, moved);

  g_auto (GStrv) names =
    loft_registry_list_changed_names (fixture->registry, mark->sequence, 10);
  g_assert_nonnull (names);
  g_autofree char *joined = g_strjoinv (" ", names);
  g_assert_cmpstr (joined, ==, expected);
  *mark = now;
}

/* Whoever reads the mark after an answer knows of the change. */
static void
test_mark (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;
  LoftMark mark;

  loft_registry_get_mark (fixture->registry, &mark.sequence, &mark.epoch);
  publish (fixture, "hello", "1.0.0", "a", TOKEN);
  assert_moved (fixture, &mark, TRUE, "hello");
  publish (fixture, "hello", "1.0.0", "a", TOKEN);
  assert_moved (fixture, &mark, FALSE, "");
  publish (fixture, "world", "1.0.0", "a", TOKEN);
  assert_moved (fixture, &mark, TRUE, "world");

  for (guint i = 0; i < 2; i++)
    {
      g_autofree char *element =
        registry_kit_yank (fixture, "hello", "1.0.0", TRUE, TOKEN, &error);
      g_assert_no_error (error);
      assert_moved (fixture, &mark, i == 0, i == 0 ? "hello" : "");
    }

  for (guint i = 0; i < 2; i++)
    {
      g_autofree char *list = registry_kit_list_all (fixture, &error);
      g_assert_no_error (error);
      g_assert_null (strstr (list, "\"hello\""));
      g_assert_nonnull (strstr (list, "\"world\""));
    }
}

static void
add (const char *path, void (*func) (Fixture *, gconstpointer))
{
  g_test_add (path,
              Fixture,
              NULL,
              set_up_started,
              func,
              registry_fixture_tear_down);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);
  log_kit_init ();

  add ("/registry/publish", test_publish);
  add ("/registry/publish/again", test_publish_again);
  add ("/registry/publish/build", test_publish_build);
  add ("/registry/claim", test_claim);
  add ("/registry/claim/weak", test_claim_weak);
  add ("/registry/claim/same-owner", test_claim_same_owner);
  add ("/registry/secrets/failure", test_secrets_failure);
  add ("/registry/open", test_open);
  add ("/registry/secrets", test_secrets);
  add ("/registry/confusable", test_confusable);
  add ("/registry/yank", test_yank);
  add ("/registry/yank/refused", test_yank_refused);
  add ("/registry/deprecate", test_deprecate);
  add ("/registry/mark", test_mark);
  add ("/registry/lost-answers", test_lost_answers);
  add ("/registry/faults", test_faults);
  add ("/registry/await-start", test_await_start);
  g_test_add ("/registry/race/version",
              Fixture,
              GINT_TO_POINTER (TRUE),
              set_up_started,
              test_race,
              registry_fixture_tear_down);
  g_test_add ("/registry/race/name",
              Fixture,
              GINT_TO_POINTER (FALSE),
              set_up_started,
              test_race,
              registry_fixture_tear_down);

  return g_test_run ();
}
