/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include <glib/gstdio.h>
#include <string.h>
#include <utime.h>

#include "kit/log-kit.h"
#include "kit/storage-kit.h"
#include "kit/upkeep-kit.h"
#include "registry/loft-registry-private.h"

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

static void
put_docs (Fixture *fixture, const char *key, gint64 age)
{
  g_autofree char *path = g_build_filename (fixture->root, key, NULL);
  gint64 time = g_get_real_time () / G_USEC_PER_SEC - age;
  struct utimbuf times = { time, time };

  upkeep_kit_put (fixture, key, "x", -1);
  g_assert_cmpint (g_utime (path, &times), ==, 0);
}

#define DAY (24 * 60 * 60)

/* What was built and is not shown goes, unless it may be on its way. */
static void
test_docs (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) events =
    g_ptr_array_new_with_free_func ((GDestroyNotify) loft_event_unref);
  const LoftDocs built = { .state = LOFT_DOCS_BUILT,
                           .generation = (char *) "new" };

  upkeep_kit_remove (fixture, "hello/1.1.0.tar.gz");
  g_ptr_array_add (events, loft_event_new_for_docs ("hello", "1.0.0", &built));
  loft_log_append (fixture->registry->log, events, &error);
  g_assert_no_error (error);
  put_docs (fixture, "docs/hello/1.0.0/index.html", 9 * DAY);
  put_docs (fixture, "docs/hello/1.0.0/~new/index.html", 2 * DAY);
  put_docs (fixture, "docs/hello/1.0.0/~old/a/b.html", 2 * DAY);
  put_docs (fixture, "docs/hello/1.0.0/~old/index.html", 2 * DAY);
  put_docs (fixture, "docs/hello/1.0.0/~now/index.html", DAY / 2);
  put_docs (fixture, "docs/hello/1.1.0/~lost/index.html", 2 * DAY);
  put_docs (fixture, "docs/gone/1.0.0/~lost/index.html", 2 * DAY);

  assert_collected (fixture,
                    TRUE,
                    "docs-garbage docs/gone/1.0.0/~lost/\n"
                    "docs-garbage docs/hello/1.0.0/~old/\n"
                    "docs-garbage docs/hello/1.1.0/~lost/");
  assert_collected (fixture,
                    FALSE,
                    "docs-garbage docs/gone/1.0.0/~lost/ repaired\n"
                    "docs-garbage docs/hello/1.0.0/~old/ repaired\n"
                    "docs-garbage docs/hello/1.1.0/~lost/ repaired");
  assert_collected (fixture, FALSE, "");

  g_autofree char *left = list (fixture, "docs/");
  g_assert_cmpstr (left,
                   ==,
                   "hello/1.0.0/index.html hello/1.0.0/~new/index.html "
                   "hello/1.0.0/~now/index.html");
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

/* A token by hand. Times are whole JSON members, with a comma before. */
static void
put_token (Fixture *fixture,
           const char *id,
           const char *secret,
           const char *rest)
{
  g_autofree char *sha256 =
    g_compute_checksum_for_string (G_CHECKSUM_SHA256, secret, -1);
  g_autofree char *key =
    g_strconcat ("_registry/tokens/", sha256, ".json", NULL);
  g_autofree char *text = g_strdup_printf (
    "{\"id\":\"%s\",\"user\":\"ann\",\"scopes\":[\"publish-new\"],"
    "\"pattern\":\"*\",\"created_at\":\"2020-01-01T00:00:00Z\","
    "\"sha256\":\"%s\"%s}",
    id,
    sha256,
    rest);

  upkeep_kit_put (fixture, key, text, -1);
}

static char *
make_past (const char *member, guint days)
{
  g_autoptr (GDateTime) now = g_date_time_new_now_utc ();
  g_autoptr (GDateTime) then = g_date_time_add_days (now, -(int) days);
  g_autofree char *text = g_date_time_format_iso8601 (then);

  return g_strdup_printf (",\"%s\":\"%s\"", member, text);
}

static void
assert_refused (Fixture *fixture, const char *secret)
{
  g_autoptr (GError) error = NULL;
  const LoftCaller caller = { .token = secret };

  g_assert_null (registry_kit_list_tokens (fixture, &caller, &error));
  g_assert_error (error, LOFT_REGISTRY_ERROR, LOFT_REGISTRY_ERROR_TOKEN_NEEDED);
}

static gboolean
is_told (Fixture *fixture, const char *type, const char *id)
{
  g_autoptr (GError) error = NULL;
  guint64 last;
  g_autoptr (GBytes) lines =
    loft_registry_list_changes (fixture->registry, 0, 1000, &last, &error);
  g_assert_no_error (error);
  gsize length;
  const char *data = g_bytes_get_data (lines, &length);
  g_autofree char *text = g_strndup (data, length);
  g_auto (GStrv) split = g_strsplit (text, "\n", -1);

  for (guint i = 0; split[i] != NULL; i++)
    if (strstr (split[i], type) != NULL && strstr (split[i], id) != NULL)
      return TRUE;

  return FALSE;
}

/* Tokens that have not been good for long go, but not what still matters of
 * them: the log tells of them, they are refused, and whose tokens theirs are is
 * not forgotten. */
static void
test_tokens (Fixture *fixture, gconstpointer test_data)
{
  g_autofree char *expired = make_past ("expires_at", 91);
  g_autofree char *revoked = make_past ("revoked_at", 91);
  g_autofree char *lately = make_past ("expires_at", 89);
  g_autofree char *adopted =
    g_strconcat (revoked, ",\"created_by\":\"adoption\"", NULL);
  const char *gone = "token-ended k-0000000000000001 repaired\n"
                     "token-ended k-0000000000000002 repaired";

  put_token (fixture, "k-0000000000000001", "loft_expired", expired);
  put_token (fixture, "k-0000000000000002", "loft_revoked", revoked);
  put_token (fixture, "k-0000000000000003", "loft_lately", lately);
  put_token (fixture, "k-0000000000000004", "loft_good", "");
  put_token (fixture, "k-0000000000000005", "one-of-the-original", adopted);
  put_token (fixture, "k-0000000000000006", "loft_parent", expired);
  put_token (fixture,
             "k-0000000000000007",
             "loft_child",
             ",\"parent\":\"k-0000000000000006\"");
  upkeep_kit_remove (fixture, "hello/1.1.0.tar.gz");
  g_autofree char *before = list (fixture, "_registry/tokens/");

  assert_collected (fixture,
                    TRUE,
                    "token-ended k-0000000000000001\n"
                    "token-ended k-0000000000000002");
  g_autofree char *kept = list (fixture, "_registry/tokens/");
  g_assert_cmpstr (kept, ==, before);

  assert_collected (fixture, FALSE, gone);
  assert_collected (fixture, FALSE, "");
  g_autoptr (GError) error = NULL;
  const LoftCaller administrator = { .administrator = "admin:root" };
  g_autoptr (GPtrArray) tokens =
    registry_kit_list_tokens (fixture, &administrator, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (tokens->len, ==, 5);
  assert_refused (fixture, "loft_expired");
  assert_refused (fixture, "loft_revoked");

  /* Nothing of what was there gets lost when the catalog is made anew. */
  registry_fixture_restart (fixture, TRUE);
  g_assert_true (is_told (fixture, "token-create", "k-0000000000000001"));
  g_assert_true (is_told (fixture, "token-revoke", "k-0000000000000002"));
  g_assert_false (is_told (fixture, "token-revoke", "k-0000000000000001"));
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
  add ("docs", test_docs);
  add ("busy", test_busy);
  add ("tokens", test_tokens);
  add ("ends", test_ends);

  return g_test_run ();
}
