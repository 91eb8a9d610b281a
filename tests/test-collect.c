/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "kit/log-kit.h"
#include "kit/storage-kit.h"
#include "kit/upkeep-kit.h"

#define TOKEN REGISTRY_KIT_TOKEN
#define DIGEST                                                                 \
  "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

typedef RegistryFixture Fixture;

static void
publish (Fixture *fixture, const char *name, const char *version)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *element =
    registry_kit_publish (fixture, name, version, "a", TOKEN, NULL, &error);

  g_assert_no_error (error);
  g_assert_nonnull (element);
}

/* hello 1.0.0 has the plain name for its tarball, hello 1.1.0 another one, for
 * somebody's stood there. */
static void
set_up (Fixture *fixture, gconstpointer test_data)
{
  registry_fixture_set_up (fixture, test_data);
  registry_fixture_start (fixture);
  publish (fixture, "hello", "1.0.0");
  upkeep_kit_put (fixture, "hello/1.1.0.tar.gz", "other", -1);
  publish (fixture, "hello", "1.1.0");
}

static char *
list (Fixture *fixture, const char *prefix)
{
  return storage_kit_list (fixture->storage, prefix, NULL, 0);
}

static void
assert_collected (Fixture *fixture, gboolean dry_run, const char *expected)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *found = upkeep_kit_collect (fixture, dry_run, NULL, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (found, ==, expected);
}

static void
assert_served (Fixture *fixture)
{
  static const char *const versions[] = { "1.0.0", "1.1.0" };

  for (gsize i = 0; i < G_N_ELEMENTS (versions); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (LoftDownload) download =
        registry_kit_download (fixture, "hello", versions[i], &error);

      g_assert_no_error (error);
    }
}

/* What a document does not name goes, once it is said; what is named stays. */
static void
test_garbage (Fixture *fixture, gconstpointer test_data)
{
  upkeep_kit_put (fixture, "hello/1.0.0~" DIGEST ".tar.gz", "x", -1);
  g_autofree char *before = list (fixture, "");

  assert_collected (fixture,
                    TRUE,
                    "archive-garbage hello/1.0.0~" DIGEST ".tar.gz\n"
                    "archive-garbage hello/1.1.0.tar.gz");
  g_autofree char *after = list (fixture, "");
  g_assert_cmpstr (after, ==, before);

  assert_collected (fixture,
                    FALSE,
                    "archive-garbage hello/1.0.0~" DIGEST ".tar.gz repaired\n"
                    "archive-garbage hello/1.1.0.tar.gz repaired");
  assert_collected (fixture, FALSE, "");
  assert_served (fixture);
  g_autoptr (GError) error = NULL;
  g_autofree char *found = upkeep_kit_verify (fixture, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (found, ==, "");
}

/* What the next document may name stays, and so does all that is not known. */
static void
test_kept (Fixture *fixture, gconstpointer test_data)
{
  assert_collected (fixture,
                    FALSE,
                    "archive-garbage hello/1.1.0.tar.gz repaired");

  upkeep_kit_put (fixture, "new/1.0.0.tar.gz", "x", -1);
  upkeep_kit_put (fixture, "new/1.0.0~" DIGEST ".tar.gz", "x", -1);
  upkeep_kit_put (fixture, "torn/1.0.0.tar.gz", "x", -1);
  upkeep_kit_put (fixture, "torn/1.0.0~" DIGEST ".tar.gz", "x", -1);
  upkeep_kit_put (fixture, "torn/1.0.0.json", "{\"name\":", -1);
  upkeep_kit_put_adopted (fixture, "lost", "1.0.0");
  upkeep_kit_remove (fixture, "lost/1.0.0.tar.gz");
  upkeep_kit_put (fixture, "lost/1.0.0~" DIGEST ".tar.gz", "x", -1);
  upkeep_kit_put_adopted (fixture, "odd", "1.0.0");
  upkeep_kit_put_adopted (fixture, "odd", "1.0.0~" DIGEST);
  upkeep_kit_put (fixture, "hello/1.0.0~short.tar.gz", "x", -1);
  upkeep_kit_put (fixture, "hello/.tar.gz", "x", -1);
  upkeep_kit_put (fixture, "_registry/1.0.0~" DIGEST ".tar.gz", "x", -1);
  upkeep_kit_put (fixture, "docs/1.0.0~" DIGEST ".tar.gz", "x", -1);
  upkeep_kit_put (fixture, "hello/sub/1.0.0~" DIGEST ".tar.gz", "x", -1);
  g_autofree char *before = list (fixture, "");

  assert_collected (fixture,
                    FALSE,
                    "archive-orphan hello/1.0.0~short.tar.gz\n"
                    "archive-orphan new/1.0.0.tar.gz\n"
                    "archive-orphan new/1.0.0~" DIGEST ".tar.gz");
  g_autofree char *after = list (fixture, "");
  g_assert_cmpstr (after, ==, before);
  assert_served (fixture);
}

/* While others publish, nothing of theirs is taken for garbage. */
static void
test_busy (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  guint published = 0;

  for (guint i = 0; i < 20; i++)
    {
      g_autofree char *key = g_strdup_printf ("busy/1.%u.0.tar.gz", i);

      upkeep_kit_put (fixture, key, "other", -1);
    }
  loft_registry_collect_async (fixture->registry,
                               FALSE,
                               NULL,
                               NULL,
                               NULL,
                               upkeep_kit_take_cb,
                               &result);
  for (; published < 20; published++)
    {
      g_autofree char *version = g_strdup_printf ("1.%u.0", published);

      publish (fixture, "busy", version);
    }
  upkeep_kit_wait (&result);
  g_autoptr (LoftReport) report =
    loft_registry_collect_finish (fixture->registry, result, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < loft_report_get_length (report); i++)
    g_assert_cmpstr (loft_report_get (report, i)->kind, ==, "archive-garbage");

  g_autofree char *rest = upkeep_kit_collect (fixture, FALSE, NULL, &error);
  g_assert_no_error (error);
  g_autofree char *found = upkeep_kit_verify (fixture, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (found, ==, "");
}

/* It can be ended, and it stops at what the storage refuses. */
static void
test_ends (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;
  UpkeepProgress progress = { .cancellable = cancellable, .cancel_at = 1 };
  g_autofree char *before = list (fixture, "");

  g_assert_null (upkeep_kit_collect (fixture, FALSE, &progress, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&error);

  fault_storage_arm (fixture->storage,
                     FAULT_UNREADABLE,
                     "hello/1.1.0.json",
                     1000);
  g_assert_null (upkeep_kit_collect (fixture, FALSE, NULL, &error));
  fault_storage_arm (fixture->storage, FAULT_NONE, "", 0);
  g_assert_error (error, LOFT_REGISTRY_ERROR, LOFT_REGISTRY_ERROR_UNAVAILABLE);
  g_autofree char *after = list (fixture, "");
  g_assert_cmpstr (after, ==, before);
}

#define add(name, func)                                                        \
  g_test_add ("/collect/" name,                                                \
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

  add ("garbage", test_garbage);
  add ("kept", test_kept);
  add ("busy", test_busy);
  add ("ends", test_ends);

  return g_test_run ();
}
