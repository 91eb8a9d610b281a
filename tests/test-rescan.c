/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "kit/log-kit.h"
#include "kit/upkeep-kit.h"

#define TOKEN REGISTRY_KIT_TOKEN

typedef RegistryFixture Fixture;

typedef struct
{
  LoftRegistry *registry; /* not owned */
  LoftRegistryStatus status;
} Noted;

static void
publish (Fixture *fixture, const char *name, const char *version)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *element =
    registry_kit_publish (fixture, name, version, "a", TOKEN, NULL, &error);

  g_assert_no_error (error);
  g_assert_nonnull (element);
}

static void
set_up (Fixture *fixture, gconstpointer test_data)
{
  registry_fixture_set_up (fixture, test_data);
  registry_fixture_start (fixture);
  publish (fixture, "hello", "1.0.0");
  publish (fixture, "hello", "1.1.0");
}

/* Once it is done, what was put there meanwhile is served, and nothing is told
 * twice. */
static void
test_adopt (Fixture *fixture, gconstpointer test_data)
{
  for (guint round = 0; round < 2; round++)
    {
      g_autoptr (GError) error = NULL;
      UpkeepProgress progress = { NULL };

      if (round == 0)
        upkeep_kit_put_adopted (fixture, "adopted", "0.1.0");
      g_autofree char *found = upkeep_kit_rescan (fixture, &progress, &error);
      g_assert_no_error (error);
      g_assert_cmpstr (found, ==, "");
      g_assert_cmpuint (progress.done, ==, 3);
      g_assert_cmpuint (progress.total, ==, 3);
      g_assert_cmpstr (progress.unit, ==, "versions");

      g_autofree char *versions = registry_kit_versions (fixture, "adopted");
      g_assert_cmpstr (versions, ==, "0.1.0");
      g_autofree char *changes = registry_kit_changes (fixture);
      g_assert_cmpstr (changes,
                       ==,
                       "1 claim hello -\n"
                       "2 publish hello 1.0.0\n"
                       "3 publish hello 1.1.0\n"
                       "4 adopt adopted 0.1.0\n");
    }
}

static void
note_status_cb (LoftStorage *storage, const char *key, gpointer user_data)
{
  Noted *noted = user_data;

  loft_registry_get_status (noted->registry, &noted->status);
}

/* While a folder is adopted for the first time, it is known how far that is,
 * though no log tells how much there is. */
static void
test_progress (Fixture *fixture, gconstpointer test_data)
{
  Noted noted = { NULL };
  LoftRegistryStatus status;

  upkeep_kit_put_adopted (fixture, "alpha", "0.1.0");
  upkeep_kit_put_adopted (fixture, "alpha", "0.2.0");
  upkeep_kit_put_adopted (fixture, "zebra", "0.1.0");
  upkeep_kit_put_adopted (fixture, "zebra", "0.2.0");

  noted.registry = fixture->registry;
  fault_storage_set_rival (fixture->storage, note_status_cb, &noted);
  fault_storage_arm (fixture->storage, FAULT_READ_RIVAL, "zebra/0.2.0.json", 1);
  registry_fixture_start (fixture);

  g_assert_cmpint (noted.status.phase, ==, LOFT_REGISTRY_REBUILDING);
  g_assert_cmpuint (noted.status.scanned, ==, 2);
  g_assert_cmpuint (noted.status.expected, ==, 4);
  loft_registry_get_status (fixture->registry, &status);
  g_assert_cmpint (status.phase, ==, LOFT_REGISTRY_READY);
  g_assert_cmpuint (status.scanned, ==, 4);
}

/* What is wrong is reported, and left as it is. */
static void
test_problems (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;

  upkeep_kit_put (fixture, "torn/1.0.0.json", "{\"name\":", -1);
  upkeep_kit_put_adopted (fixture, "less", "1.0.0");
  upkeep_kit_remove (fixture, "less/1.0.0.tar.gz");
  upkeep_kit_put (fixture, "more/1.0.0.tar.gz", "anything", -1);
  upkeep_kit_put (fixture, "hello/package.json", "[]", -1);

  g_autofree char *found = upkeep_kit_rescan (fixture, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (found,
                   ==,
                   "archive-missing less/1.0.0.tar.gz\n"
                   "archive-orphan more/1.0.0.tar.gz\n"
                   "document-broken torn/1.0.0.json\n"
                   "state-broken hello/package.json");
  LoftRegistryStatus status;
  loft_registry_get_status (fixture->registry, &status);
  g_assert_cmpuint (status.problems, ==, 3);
}

/* Whoever does not want it any more is told so, and the registry goes on. */
static void
test_cancel (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;
  UpkeepProgress progress = { .cancellable = cancellable, .cancel_at = 1 };

  upkeep_kit_put_adopted (fixture, "adopted", "0.1.0");
  g_assert_null (upkeep_kit_rescan (fixture, &progress, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&error);
  publish (fixture, "hello", "1.2.0");

  g_autofree char *found = upkeep_kit_rescan (fixture, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (found, ==, "");
  g_autofree char *versions = registry_kit_versions (fixture, "adopted");
  g_assert_cmpstr (versions, ==, "0.1.0");
}

/* While the catalog is being made, or once it is all over, there is no use in
 * it. */
static void
test_unready (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;

  registry_fixture_close (fixture);
  registry_fixture_open (fixture);
  g_assert_null (upkeep_kit_rescan (fixture, NULL, &error));
  g_assert_error (error, LOFT_REGISTRY_ERROR, LOFT_REGISTRY_ERROR_NOT_READY);
  g_clear_error (&error);

  registry_fixture_start (fixture);
  loft_registry_stop (fixture->registry);
  g_assert_null (upkeep_kit_rescan (fixture, NULL, &error));
  g_assert_error (error, LOFT_REGISTRY_ERROR, LOFT_REGISTRY_ERROR_UNAVAILABLE);
}

/* The end of the registry is the end of all that runs in it. */
static void
test_stop (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  loft_registry_rescan_async (fixture->registry,
                              NULL,
                              NULL,
                              NULL,
                              upkeep_kit_take_cb,
                              &result);
  loft_registry_stop (fixture->registry);
  upkeep_kit_wait (&result);

  g_autoptr (LoftReport) report =
    loft_registry_rescan_finish (fixture->registry, result, &error);
  g_assert_true (report != NULL ||
                 g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED));
}

/* What comes after the thousandth item is counted, and no more. */
static void
test_report (void)
{
  g_autoptr (LoftReport) report = loft_report_new ();

  for (guint i = 0; i < 1001; i++)
    loft_report_add (report, "kind", "a\xff", i == 1, "number %u", i);

  g_assert_cmpuint (loft_report_get_total (report), ==, 1001);
  g_assert_cmpuint (loft_report_get_length (report), ==, 1000);
  const LoftReportItem *item = loft_report_get (report, 1);
  g_assert_cmpstr (item->kind, ==, "kind");
  g_assert_true (g_utf8_validate (item->subject, -1, NULL));
  g_assert_cmpstr (item->detail, ==, "number 1");
  g_assert_true (item->repaired);
}

#define add(name, func)                                                        \
  g_test_add ("/rescan/" name,                                                 \
              Fixture,                                                         \
              NULL,                                                            \
              set_up,                                                          \
              func,                                                            \
              registry_fixture_tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);
  log_kit_init ();

  add ("adopt", test_adopt);
  add ("problems", test_problems);
  add ("cancel", test_cancel);
  add ("unready", test_unready);
  add ("stop", test_stop);
  g_test_add ("/rescan/progress",
              Fixture,
              NULL,
              registry_fixture_set_up,
              test_progress,
              registry_fixture_tear_down);
  g_test_add_func ("/rescan/report", test_report);

  return g_test_run ();
}
