/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "kit/registry-kit.h"

#include <string.h>

#include "backend/loft-backend-loader.h"
#include "kit/loft-test-archive.h"
#include "kit/storage-kit.h"

#define READY_TIMEOUT (20 * G_TIME_SPAN_SECOND)

void
registry_fixture_open (RegistryFixture *fixture)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GKeyFile) config = storage_kit_config (fixture->root);

  fixture->real = loft_backend_open ("filesystem", config, NULL, &error);
  g_assert_no_error (error);
  fixture->storage = fault_storage_new (fixture->real);
  fixture->registry = loft_registry_new (fixture->storage,
                                         fixture->cache,
                                         fixture->settings,
                                         fixture->page,
                                         &error);
  g_assert_no_error (error);
}

/* Starts the registry, and waits until its catalog answers. */
void
registry_fixture_start (RegistryFixture *fixture)
{
  gint64 end = g_get_monotonic_time () + READY_TIMEOUT;
  LoftRegistryStatus status;

  loft_registry_start (fixture->registry);
  do
    {
      g_assert_cmpint (g_get_monotonic_time (), <, end);
      g_usleep (1000);
      loft_registry_get_status (fixture->registry, &status);
    }
  while (status.phase != LOFT_REGISTRY_READY);
}

void
registry_fixture_close (RegistryFixture *fixture)
{
  loft_registry_stop (fixture->registry);
  storage_kit_finalize (g_steal_pointer (&fixture->registry));
  storage_kit_finalize (g_steal_pointer (&fixture->storage));
  storage_kit_finalize (g_steal_pointer (&fixture->real));
}

void
registry_fixture_restart (RegistryFixture *fixture, gboolean forget_catalog)
{
  registry_fixture_close (fixture);
  if (forget_catalog)
    storage_kit_remove_root (fixture->cache);
  registry_fixture_open (fixture);
  registry_fixture_start (fixture);
}

void
registry_fixture_set_up (RegistryFixture *fixture, gconstpointer test_data)
{
  fixture->root = storage_kit_make_root ();
  fixture->cache = storage_kit_make_root ();
  fixture->settings = loft_registry_settings_new ();
  registry_fixture_open (fixture);
}

void
registry_fixture_tear_down (RegistryFixture *fixture, gconstpointer test_data)
{
  registry_fixture_close (fixture);
  storage_kit_remove_root (fixture->root);
  storage_kit_remove_root (fixture->cache);
  loft_registry_settings_free (fixture->settings);
  g_clear_pointer (&fixture->page, loft_page_unref);
  g_free (fixture->root);
  g_free (fixture->cache);
}

static char *
to_text (GBytes *bytes)
{
  if (bytes == NULL)
    return NULL;

  gsize length;
  const char *data = g_bytes_get_data (bytes, &length);
  char *text = g_strndup (data, length);

  g_bytes_unref (bytes);

  return text;
}

static void
take_result_cb (GObject *source_object,
                GAsyncResult *result,
                gpointer user_data)
{
  GAsyncResult **out_result = user_data;

  *out_result = g_object_ref (result);
}

static void
wait_for (GAsyncResult **result)
{
  while (*result == NULL)
    g_main_context_iteration (NULL, TRUE);
}

/* A package whose only difference from others is its content. */
GBytes *
registry_kit_pack (const char *name, const char *version, const char *content)
{
  g_autoptr (LoftTestArchive) archive = loft_test_archive_new ();

  loft_test_archive_add_manifest (archive, name, version);
  loft_test_archive_add_file (archive, "src/main.lf", content);
  loft_test_archive_end (archive);

  return loft_test_archive_to_gzip (archive);
}

LoftPublishRequest *
registry_kit_request (LoftRegistry *registry,
                      const char *name,
                      const char *version,
                      GBytes *tarball,
                      const char *token)
{
  g_autoptr (GError) error = NULL;
  LoftPublishRequest *request = g_new0 (LoftPublishRequest, 1);
  gsize length;
  const char *data = g_bytes_get_data (tarball, &length);

  request->name = g_strdup (name);
  request->version = g_strdup (version);
  request->token = g_strdup (token);
  request->spool = loft_registry_new_spool (registry, -1, &error);
  g_assert_no_error (error);
  loft_spool_write (request->spool, data, length, &error);
  g_assert_no_error (error);
  loft_spool_finish (request->spool, &error);
  g_assert_no_error (error);

  return request;
}

char *
registry_kit_publish (RegistryFixture *fixture,
                      const char *name,
                      const char *version,
                      const char *content,
                      const char *token,
                      gboolean *out_created,
                      GError **error)
{
  g_autoptr (GBytes) tarball = registry_kit_pack (name, version, content);
  g_autoptr (GAsyncResult) result = NULL;

  loft_registry_publish_async (
    fixture->registry,
    registry_kit_request (fixture->registry, name, version, tarball, token),
    NULL,
    take_result_cb,
    &result);
  wait_for (&result);

  return to_text (loft_registry_publish_finish (fixture->registry,
                                                result,
                                                out_created,
                                                error));
}

char *
registry_kit_list (RegistryFixture *fixture, const char *name, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  loft_registry_list_versions_async (fixture->registry,
                                     name,
                                     NULL,
                                     take_result_cb,
                                     &result);
  wait_for (&result);

  return to_text (
    loft_registry_list_versions_finish (fixture->registry, result, error));
}

char *
registry_kit_list_all (RegistryFixture *fixture, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  loft_registry_list_packages_async (fixture->registry,
                                     NULL,
                                     take_result_cb,
                                     &result);
  wait_for (&result);

  return to_text (loft_registry_list_packages_finish (fixture->registry,
                                                      result,
                                                      NULL,
                                                      error));
}

char *
registry_kit_show (RegistryFixture *fixture,
                   const char *name,
                   const char *version,
                   GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  loft_registry_show_version_async (fixture->registry,
                                    name,
                                    version,
                                    NULL,
                                    take_result_cb,
                                    &result);
  wait_for (&result);

  return to_text (
    loft_registry_show_version_finish (fixture->registry, result, error));
}

char *
registry_kit_yank_as (RegistryFixture *fixture,
                      const char *name,
                      const char *version,
                      gboolean yank,
                      const LoftCaller *caller,
                      GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  loft_registry_yank_async (fixture->registry,
                            name,
                            version,
                            yank,
                            yank ? "a reason" : NULL,
                            caller,
                            NULL,
                            take_result_cb,
                            &result);
  wait_for (&result);

  return to_text (loft_registry_yank_finish (fixture->registry, result, error));
}

char *
registry_kit_yank (RegistryFixture *fixture,
                   const char *name,
                   const char *version,
                   gboolean yank,
                   const char *token,
                   GError **error)
{
  const LoftCaller caller = { .token = token };

  return registry_kit_yank_as (fixture, name, version, yank, &caller, error);
}

gboolean
registry_kit_deprecate_as (RegistryFixture *fixture,
                           const char *name,
                           const char *message,
                           const LoftCaller *caller,
                           GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  loft_registry_deprecate_async (fixture->registry,
                                 name,
                                 message,
                                 caller,
                                 NULL,
                                 take_result_cb,
                                 &result);
  wait_for (&result);

  return loft_registry_deprecate_finish (fixture->registry, result, error);
}

gboolean
registry_kit_deprecate (RegistryFixture *fixture,
                        const char *name,
                        const char *message,
                        const char *token,
                        GError **error)
{
  const LoftCaller caller = { .token = token };

  return registry_kit_deprecate_as (fixture, name, message, &caller, error);
}

/* The owners stand between blanks. */
gboolean
registry_kit_set_owners (RegistryFixture *fixture,
                         const char *name,
                         const char *owners,
                         const LoftCaller *caller,
                         GError **error)
{
  g_auto (GStrv) ids = g_strsplit (owners, " ", -1);
  g_autoptr (GAsyncResult) result = NULL;

  loft_registry_set_owners_async (fixture->registry,
                                  name,
                                  (const char *const *) ids,
                                  caller,
                                  NULL,
                                  take_result_cb,
                                  &result);
  wait_for (&result);

  return loft_registry_set_owners_finish (fixture->registry, result, error);
}

LoftToken *
registry_kit_create_token (RegistryFixture *fixture,
                           const LoftTokenWish *wish,
                           const LoftCaller *caller,
                           char **out_secret,
                           GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  loft_registry_create_token_async (fixture->registry,
                                    wish,
                                    caller,
                                    NULL,
                                    take_result_cb,
                                    &result);
  wait_for (&result);

  return loft_registry_create_token_finish (fixture->registry,
                                            result,
                                            out_secret,
                                            error);
}

gboolean
registry_kit_revoke_token (RegistryFixture *fixture,
                           const char *id,
                           const LoftCaller *caller,
                           GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  loft_registry_revoke_token_async (fixture->registry,
                                    id,
                                    caller,
                                    NULL,
                                    take_result_cb,
                                    &result);
  wait_for (&result);

  return loft_registry_revoke_token_finish (fixture->registry, result, error);
}

GPtrArray *
registry_kit_list_tokens (RegistryFixture *fixture,
                          const LoftCaller *caller,
                          GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  loft_registry_list_tokens_async (fixture->registry,
                                   caller,
                                   NULL,
                                   take_result_cb,
                                   &result);
  wait_for (&result);

  return loft_registry_list_tokens_finish (fixture->registry, result, error);
}

LoftDownload *
registry_kit_download (RegistryFixture *fixture,
                       const char *name,
                       const char *version,
                       GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  loft_registry_download_async (fixture->registry,
                                name,
                                version,
                                FALSE,
                                NULL,
                                take_result_cb,
                                &result);
  wait_for (&result);

  return loft_registry_download_finish (fixture->registry, result, error);
}

/* All events, as `seq type name version`, a line each. */
char *
registry_kit_changes (RegistryFixture *fixture)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GString) text = g_string_new (NULL);
  guint64 last;
  g_autofree char *lines = to_text (
    loft_registry_list_changes (fixture->registry, 0, 1000, &last, &error));
  g_assert_no_error (error);

  g_auto (GStrv) split = g_strsplit (lines, "\n", -1);
  for (gsize i = 0; split[i] != NULL && *split[i] != '\0'; i++)
    {
      g_autoptr (LoftEvent) event =
        loft_event_parse (split[i], strlen (split[i]), &error);
      g_assert_no_error (error);

      g_string_append_printf (text,
                              "%" G_GUINT64_FORMAT " %s %s %s\n",
                              event->seq,
                              loft_event_type_to_string (event->type),
                              event->name != NULL ? event->name : "-",
                              event->version != NULL ? event->version : "-");
    }

  return g_strdup (text->str);
}

/* The versions of a package in the order of its list. */
char *
registry_kit_versions (RegistryFixture *fixture, const char *name)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GString) text = g_string_new (NULL);
  g_autofree char *list = registry_kit_list (fixture, name, &error);
  if (list == NULL)
    return g_strdup (error->message);

  g_autoptr (JsonNode) json = loft_json_parse (list, strlen (list), &error);
  g_assert_no_error (error);
  JsonArray *array = json_node_get_array (json);
  for (guint i = 0; i < json_array_get_length (array); i++)
    g_string_append_printf (
      text,
      "%s%s",
      i > 0 ? " " : "",
      loft_json_get_string (json_array_get_object_element (array, i),
                            "version"));

  return g_strdup (text->str);
}
