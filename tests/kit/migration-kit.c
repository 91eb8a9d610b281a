/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "kit/migration-kit.h"

#include <string.h>

#include "backend/loft-backend-loader.h"
#include "kit/storage-kit.h"
#include "registry/loft-json.h"
#include "registry/loft-log-entry.h"

void
migration_kit_publish (MigrationFixture *fixture,
                       const char *name,
                       const char *version)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *element = registry_kit_publish (&fixture->source,
                                                   name,
                                                   version,
                                                   version,
                                                   REGISTRY_KIT_TOKEN,
                                                   NULL,
                                                   &error);

  g_assert_no_error (error);
}

/* Opens the folder as a server would. */
void
migration_kit_open (MigrationFixture *fixture)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GKeyFile) config = storage_kit_config (fixture->root);

  fixture->real = loft_backend_open ("filesystem", config, NULL, &error);
  g_assert_no_error (error);
  fixture->target = fault_storage_new (fixture->real);
}

void
migration_kit_close (MigrationFixture *fixture)
{
  storage_kit_finalize (g_steal_pointer (&fixture->target));
  storage_kit_finalize (g_steal_pointer (&fixture->real));
}

/* Some of everything: what the original server has left, claims, versions, one
 * of them yanked, and a token. */
void
migration_fixture_set_up (MigrationFixture *fixture, gconstpointer test_data)
{
  const LoftCaller caller = { .administrator = "admin:root" };
  const LoftTokenWish wish = { .user = "jane" };
  g_autofree char *secret = NULL;
  g_autoptr (GError) error = NULL;

  registry_fixture_set_up (&fixture->source, test_data);
  upkeep_kit_put_adopted (&fixture->source, "adopted", "0.1.0");
  upkeep_kit_put (&fixture->source, "users.json", "{}", -1);
  upkeep_kit_put (&fixture->source, "docs/index.html", "<p>", -1);
  registry_fixture_start (&fixture->source);
  migration_kit_publish (fixture, "hello", "1.0.0");
  migration_kit_publish (fixture, "hello", "1.1.0");
  migration_kit_publish (fixture, "other", "1.0.0");
  g_autofree char *yanked = registry_kit_yank (&fixture->source,
                                               "hello",
                                               "1.0.0",
                                               TRUE,
                                               REGISTRY_KIT_TOKEN,
                                               &error);
  g_assert_no_error (error);
  g_autoptr (LoftToken) token = registry_kit_create_token (&fixture->source,
                                                           &wish,
                                                           &caller,
                                                           &secret,
                                                           &error);
  g_assert_no_error (error);

  g_autoptr (GKeyFile) config = storage_kit_config (fixture->source.root);
  fixture->observer = loft_backend_observe ("filesystem", config, NULL, &error);
  g_assert_no_error (error);
  fixture->root = storage_kit_make_root ();
  fixture->options = (LoftMigrationOptions){
    .jobs = 3,
    .check = LOFT_MIGRATION_CHECK_WRITTEN,
    .patience = 20 * G_TIME_SPAN_SECOND,
  };
  migration_kit_open (fixture);
}

void
migration_fixture_tear_down (MigrationFixture *fixture, gconstpointer test_data)
{
  if (fixture->target != NULL)
    migration_kit_close (fixture);
  storage_kit_finalize (g_steal_pointer (&fixture->observer));
  registry_fixture_tear_down (&fixture->source, test_data);
  storage_kit_remove_root (fixture->root);
  g_free (fixture->root);
  g_free (fixture->found);
}

gboolean
migration_kit_run (MigrationFixture *fixture,
                   GCancellable *cancellable,
                   GError **error)
{
  g_autoptr (LoftMigration) migration =
    loft_migration_new (fixture->observer, fixture->target, &fixture->options);
  gboolean done = loft_migration_run (migration, cancellable, error);

  loft_migration_get_figures (migration, &fixture->figures);
  g_free (fixture->found);
  fixture->found = upkeep_kit_describe (loft_migration_get_report (migration));

  return done;
}

void
migration_kit_succeed (MigrationFixture *fixture)
{
  g_autoptr (GError) error = NULL;
  gboolean done = migration_kit_run (fixture, NULL, &error);

  g_assert_no_error (error);
  g_assert_true (done);
  g_assert_cmpstr (fixture->found, ==, "");
}

void
migration_kit_fail (MigrationFixture *fixture, const char *message)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (migration_kit_run (fixture, NULL, &error));
  g_assert_error (error, LOFT_STORAGE_ERROR, LOFT_STORAGE_ERROR_EXISTS);
  g_assert_nonnull (strstr (error->message, message));
}

static GBytes *
read_whole (LoftStorage *storage, const char *key)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (LoftObject) object =
    loft_storage_read (storage, key, 0, -1, NULL, &error);
  g_assert_no_error (error);
  GBytes *bytes = loft_object_load (object, G_MAXINT, NULL, &error);
  g_assert_no_error (error);

  return bytes;
}

/* Both have the same objects. */
void
migration_kit_assert_same (MigrationFixture *fixture)
{
  g_autofree char *expected = storage_kit_list (fixture->observer, "", NULL, 0);
  g_autofree char *keys = storage_kit_list (fixture->real, "", NULL, 0);
  g_auto (GStrv) each = g_strsplit (keys, " ", -1);

  g_assert_cmpstr (keys, ==, expected);
  for (gsize i = 0; each[i] != NULL; i++)
    {
      g_autoptr (GBytes) ours = read_whole (fixture->observer, each[i]);
      g_autoptr (GBytes) theirs = read_whole (fixture->real, each[i]);

      if (!g_bytes_equal (ours, theirs))
        g_error ("%s differs", each[i]);
    }
}

static gboolean
has (MigrationFixture *fixture, const char *key)
{
  g_autoptr (LoftObject) object =
    loft_storage_read (fixture->real, key, 0, 0, NULL, NULL);

  return object != NULL;
}

static void
assert_document_sound (MigrationFixture *fixture,
                       const char *name,
                       const char *stem)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (LoftDocument) document =
    loft_log_load_document (fixture->real, name, stem, NULL, &error);
  g_assert_no_error (error);
  g_autofree char *archive = g_strconcat (name, "/", document->archive, NULL);
  g_autofree char *state = g_strconcat (name, "/package.json", NULL);
  g_autoptr (GBytes) bytes = read_whole (fixture->real, archive);
  g_autofree char *digest =
    g_compute_checksum_for_bytes (G_CHECKSUM_SHA256, bytes);

  if (document->sha256 != NULL)
    g_assert_cmpstr (digest, ==, document->sha256);
  if (!g_str_equal (name, "adopted"))
    g_assert_true (has (fixture, state));
}

static void
assert_state_sound (MigrationFixture *fixture,
                    const char *name,
                    guint64 revision)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *key = g_strconcat (name, "/package.json", NULL);
  g_autofree char *reserved = g_strconcat ("_registry/names/", name, NULL);
  g_autoptr (GBytes) bytes = read_whole (fixture->real, key);
  gsize length;
  const char *text = g_bytes_get_data (bytes, &length);
  g_autoptr (JsonNode) json = loft_json_parse (text, length, &error);
  g_assert_no_error (error);
  g_autoptr (LoftState) state = loft_state_from_json (json, &error);
  g_assert_no_error (error);

  g_assert_cmpuint (state->revision, >=, revision);
  g_assert_true (has (fixture, reserved));
  g_assert_true (has (fixture, "_registry/salt"));
  for (guint i = 0; i < state->owners->len; i++)
    {
      const LoftOwner *owner = g_ptr_array_index (state->owners, i);
      g_autofree char *claim =
        g_strconcat ("_registry/claims/", owner->token, ".json", NULL);

      g_assert_true (has (fixture, claim));
    }
}

static void
assert_log_sound (MigrationFixture *fixture)
{
  guint64 seq = 1;
  g_autofree char *entries =
    storage_kit_list (fixture->real, LOFT_LOG_PREFIX, NULL, 0);
  g_auto (GStrv) keys = g_strsplit (entries, " ", -1);

  for (guint n = 0; *entries != '\0' && n < g_strv_length (keys); n++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GPtrArray) events =
        loft_log_read_entry (fixture->real, seq, NULL, &error);

      g_assert_no_error (error);
      for (guint i = 0; i < events->len; i++)
        {
          const LoftEvent *event = g_ptr_array_index (events, i);

          if (event->key != NULL && event->state == NULL)
            assert_document_sound (fixture, event->name, event->key);
          if (event->state != NULL)
            assert_state_sound (fixture, event->name, event->state->revision);
        }
      seq += events->len;
    }
}

/* What is there by now is a registry, if an older one: the log has no gap, and
 * what it tells of is there; so is what each document rests on, and each
 * state. */
void
migration_kit_assert_sound (MigrationFixture *fixture)
{
  g_autofree char *list = storage_kit_list (fixture->real, "", NULL, 0);
  g_auto (GStrv) keys = g_strsplit (list, " ", -1);

  for (gsize i = 0; keys[i] != NULL; i++)
    {
      g_autofree char *name = NULL;
      g_autofree char *stem = NULL;
      g_autofree char *folder = g_strndup (keys[i], strcspn (keys[i], "/"));

      if (loft_document_parse_key (keys[i], &name, &stem))
        assert_document_sound (fixture, name, stem);
      else if (g_str_has_suffix (keys[i], "/package.json"))
        assert_state_sound (fixture, folder, 0);
    }
  assert_log_sound (fixture);
}

/* A server on the copy has nothing to complain of, and answers as the source.
 */
void
migration_kit_assert_serves (MigrationFixture *fixture)
{
  g_autoptr (GError) error = NULL;
  RegistryFixture copy = { .root = fixture->root };
  g_autofree char *expected = registry_kit_list_all (&fixture->source, &error);
  g_assert_no_error (error);

  migration_kit_close (fixture);
  copy.cache = storage_kit_make_root ();
  copy.settings = loft_registry_settings_new ();
  registry_fixture_open (&copy);
  registry_fixture_start (&copy);
  g_autofree char *found = upkeep_kit_verify (&copy, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (found, ==, "");
  g_autofree char *list = registry_kit_list_all (&copy, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (list, ==, expected);

  registry_fixture_close (&copy);
  storage_kit_remove_root (copy.cache);
  g_free (copy.cache);
  loft_registry_settings_free (copy.settings);
}
