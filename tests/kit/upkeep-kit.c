/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "kit/upkeep-kit.h"

#include <glib/gstdio.h>

/* What is told of progress never goes back. */
void
upkeep_kit_progress_cb (guint64 done,
                        guint64 total,
                        const char *unit,
                        gpointer user_data)
{
  UpkeepProgress *progress = user_data;

  g_assert_cmpuint (done, >=, progress->done);
  g_assert_true (total == 0 || done <= total);
  progress->done = done;
  progress->total = total;
  progress->unit = unit;
  progress->calls++;
  if (progress->cancellable != NULL && progress->calls == progress->cancel_at)
    g_cancellable_cancel (progress->cancellable);
}

void
upkeep_kit_take_cb (GObject *source_object,
                    GAsyncResult *result,
                    gpointer user_data)
{
  GAsyncResult **out_result = user_data;

  *out_result = g_object_ref (result);
}

void
upkeep_kit_wait (GAsyncResult **result)
{
  while (*result == NULL)
    g_main_context_iteration (NULL, TRUE);
}

static int
compare_lines (gconstpointer a, gconstpointer b)
{
  return g_strcmp0 (*(const char *const *) a, *(const char *const *) b);
}

/* All items, as `kind subject`, and what was done about it, a sorted line each.
 * Each has a sentence. */
char *
upkeep_kit_describe (LoftReport *report)
{
  g_autoptr (GPtrArray) lines = g_ptr_array_new_with_free_func (g_free);

  if (report == NULL)
    return NULL;

  g_assert_cmpuint (loft_report_get_length (report),
                    ==,
                    loft_report_get_total (report));
  for (guint i = 0; i < loft_report_get_length (report); i++)
    {
      const LoftReportItem *item = loft_report_get (report, i);

      g_assert_cmpstr (item->detail, !=, "");
      g_test_message ("%s: %s", item->kind, item->detail);
      g_ptr_array_add (lines,
                       g_strdup_printf ("%s %s%s",
                                        item->kind,
                                        item->subject,
                                        item->repaired ? " repaired" : ""));
    }
  g_ptr_array_sort (lines, compare_lines);
  g_ptr_array_add (lines, NULL);

  return g_strjoinv ("\n", (char **) lines->pdata);
}

typedef LoftReport *(*FinishFunc) (LoftRegistry *registry,
                                   GAsyncResult *result,
                                   GError **error);

static char *
finish (RegistryFixture *fixture,
        GAsyncResult **result,
        FinishFunc func,
        GError **error)
{
  upkeep_kit_wait (result);

  g_autoptr (LoftReport) report = func (fixture->registry, *result, error);

  return upkeep_kit_describe (report);
}

static GCancellable *
get_cancellable (UpkeepProgress *progress)
{
  return progress != NULL ? progress->cancellable : NULL;
}

static LoftProgressFunc
get_func (UpkeepProgress *progress)
{
  return progress != NULL ? upkeep_kit_progress_cb : NULL;
}

char *
upkeep_kit_rescan (RegistryFixture *fixture,
                   UpkeepProgress *progress,
                   GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  loft_registry_rescan_async (fixture->registry,
                              get_func (progress),
                              progress,
                              get_cancellable (progress),
                              upkeep_kit_take_cb,
                              &result);

  return finish (fixture, &result, loft_registry_rescan_finish, error);
}

char *
upkeep_kit_verify (RegistryFixture *fixture,
                   const LoftVerifyOptions *options,
                   UpkeepProgress *progress,
                   GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  loft_registry_verify_async (fixture->registry,
                              options,
                              get_func (progress),
                              progress,
                              get_cancellable (progress),
                              upkeep_kit_take_cb,
                              &result);

  return finish (fixture, &result, loft_registry_verify_finish, error);
}

char *
upkeep_kit_collect (RegistryFixture *fixture,
                    gboolean dry_run,
                    UpkeepProgress *progress,
                    GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  loft_registry_collect_async (fixture->registry,
                               dry_run,
                               get_func (progress),
                               progress,
                               get_cancellable (progress),
                               upkeep_kit_take_cb,
                               &result);

  return finish (fixture, &result, loft_registry_collect_finish, error);
}

char *
upkeep_kit_export (RegistryFixture *fixture,
                   int fd,
                   UpkeepProgress *progress,
                   GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  loft_registry_export_async (fixture->registry,
                              fd,
                              get_func (progress),
                              progress,
                              get_cancellable (progress),
                              upkeep_kit_take_cb,
                              &result);

  return finish (fixture, &result, loft_registry_export_finish, error);
}

gboolean
upkeep_kit_import (RegistryFixture *fixture,
                   const char *name,
                   const char *version,
                   GInputStream *tarball,
                   GBytes *document,
                   gboolean *out_created,
                   GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  const LoftCaller caller = { .administrator = "admin:test" };
  loft_registry_import_version_async (fixture->registry,
                                      name,
                                      version,
                                      tarball,
                                      document,
                                      &caller,
                                      NULL,
                                      upkeep_kit_take_cb,
                                      &result);
  upkeep_kit_wait (&result);

  return loft_registry_import_version_finish (fixture->registry,
                                              result,
                                              out_created,
                                              error);
}

/* Writes below the root, as an administrator could. */
void
upkeep_kit_put (RegistryFixture *fixture,
                const char *key,
                const char *data,
                gssize length)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *path = g_build_filename (fixture->root, key, NULL);
  g_autofree char *folder = g_path_get_dirname (path);

  g_assert_cmpint (g_mkdir_with_parents (folder, 0755), ==, 0);
  g_file_set_contents (path, data, length, &error);
  g_assert_no_error (error);
}

/* A version as the original server wrote them. */
void
upkeep_kit_put_adopted (RegistryFixture *fixture,
                        const char *name,
                        const char *version)
{
  g_autoptr (GBytes) tarball = registry_kit_pack (name, version, "adopted");
  g_autofree char *archive = g_strdup_printf ("%s/%s.tar.gz", name, version);
  g_autofree char *key = g_strdup_printf ("%s/%s.json", name, version);
  g_autofree char *text =
    g_strdup_printf ("{\"name\":\"%s\",\"version\":\"%s\",\"description\":null,"
                     "\"manifest\":{\"dependencies\":{}},\"repository\":null,"
                     "\"authors\":[],\"license\":null,\"owners\":[]}",
                     name,
                     version);
  gsize length;
  const char *data = g_bytes_get_data (tarball, &length);

  upkeep_kit_put (fixture, archive, data, (gssize) length);
  upkeep_kit_put (fixture, key, text, -1);
}

char *
upkeep_kit_get (RegistryFixture *fixture, const char *key, gsize *length)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *path = g_build_filename (fixture->root, key, NULL);
  char *content = NULL;

  g_file_get_contents (path, &content, length, &error);
  g_assert_no_error (error);

  return content;
}

void
upkeep_kit_remove (RegistryFixture *fixture, const char *key)
{
  g_autofree char *path = g_build_filename (fixture->root, key, NULL);

  g_assert_cmpint (g_unlink (path), ==, 0);
}
