/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "kit/log-kit.h"
#include "kit/storage-kit.h"
#include "kit/upkeep-kit.h"

#include <string.h>

#include "registry/loft-log-entry.h"

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

/* Seven events: one for what was adopted, the claim and the first version of
 * hello in one entry, its second version, which is entry 4, what was yanked,
 * and the claim and the version of other in one entry. */
static void
set_up (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;

  registry_fixture_set_up (fixture, test_data);
  upkeep_kit_put_adopted (fixture, "adopted", "0.1.0");
  upkeep_kit_put (fixture, "users.json", "{}", -1);
  registry_fixture_start (fixture);
  publish (fixture, "hello", "1.0.0");
  publish (fixture, "hello", "1.1.0");
  g_autofree char *element =
    registry_kit_yank (fixture, "hello", "1.0.0", TRUE, TOKEN, &error);
  g_assert_no_error (error);
  publish (fixture, "other", "1.0.0");
}

static void
assert_found (Fixture *fixture,
              const LoftVerifyOptions *options,
              const char *expected)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *found = upkeep_kit_verify (fixture, options, NULL, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (found, ==, expected);
}

/* Where everything is right, nothing is found, and every version was seen. */
static void
test_healthy (Fixture *fixture, gconstpointer test_data)
{
  upkeep_kit_put (fixture, "_registry/downloads/packs.json", "{}", -1);
  upkeep_kit_put (fixture,
                  "_registry/downloads/parts/2026-11-26-11111111-000001",
                  "{\"days\":{}}",
                  -1);
  for (guint repair = 0; repair < 2; repair++)
    {
      g_autoptr (GError) error = NULL;
      LoftVerifyOptions options = { .repair = repair == 1 };
      UpkeepProgress progress = { NULL };
      g_autofree char *before = registry_kit_changes (fixture);
      g_autofree char *found =
        upkeep_kit_verify (fixture, &options, &progress, &error);

      g_assert_no_error (error);
      g_assert_cmpstr (found, ==, "");
      g_assert_cmpuint (progress.done, ==, 4);
      g_assert_cmpuint (progress.total, ==, 4);
      g_assert_cmpstr (progress.unit, ==, "versions");
      g_autofree char *after = registry_kit_changes (fixture);
      g_assert_cmpstr (after, ==, before);
    }
}

/* A publish that is on its way is no damage. */
static void
test_busy (Fixture *fixture, gconstpointer test_data)
{
  for (guint round = 0; round < 3; round++)
    {
      g_autoptr (GAsyncResult) result = NULL;
      g_autoptr (GError) error = NULL;

      loft_registry_verify_async (fixture->registry,
                                  NULL,
                                  NULL,
                                  NULL,
                                  NULL,
                                  upkeep_kit_take_cb,
                                  &result);
      for (guint i = 0; i < 200 && (result == NULL || i < 20); i++)
        {
          g_autofree char *name = g_strdup_printf ("busy-%u-%u", round, i / 4);
          g_autofree char *version = g_strdup_printf ("1.%u.0", i % 4);

          publish (fixture, name, version);
        }
      upkeep_kit_wait (&result);

      g_autoptr (LoftReport) report =
        loft_registry_verify_finish (fixture->registry, result, &error);
      g_assert_no_error (error);
      g_autofree char *found = upkeep_kit_describe (report);
      g_assert_cmpstr (found, ==, "");
    }
}

/* Changes a byte of an object. */
static void
flip (Fixture *fixture, const char *key, const char *near)
{
  gsize length;
  g_autofree char *content = upkeep_kit_get (fixture, key, &length);
  char *place = near != NULL ? strstr (content, near) : content + length / 2;

  g_assert_nonnull (place);
  *place ^= 1;
  upkeep_kit_put (fixture, key, content, (gssize) length);
}

static void
cut (Fixture *fixture, const char *key)
{
  gsize length;
  g_autofree char *content = upkeep_kit_get (fixture, key, &length);

  upkeep_kit_put (fixture, key, content, (gssize) length / 2);
}

static void
damage_archive (Fixture *fixture)
{
  flip (fixture, "hello/1.0.0.tar.gz", NULL);
}

static void
cut_archive (Fixture *fixture)
{
  cut (fixture, "adopted/0.1.0.tar.gz");
}

static void
remove_archive (Fixture *fixture)
{
  upkeep_kit_remove (fixture, "hello/1.1.0.tar.gz");
}

static void
cut_document (Fixture *fixture)
{
  cut (fixture, "hello/1.1.0.json");
}

static void
change_document (Fixture *fixture)
{
  flip (fixture, "hello/1.1.0.json", "2026");
}

/* Two things in one: a document that does not tell the truth any more does not
 * hide what became of its tarball. */
static void
change_both (Fixture *fixture)
{
  flip (fixture, "hello/1.1.0.json", "2026");
  flip (fixture, "hello/1.1.0.tar.gz", NULL);
}

static void
remove_document (Fixture *fixture)
{
  upkeep_kit_remove (fixture, "hello/1.1.0.json");
}

static void
remove_package (Fixture *fixture)
{
  upkeep_kit_remove (fixture, "other/1.0.0.json");
  upkeep_kit_remove (fixture, "other/1.0.0.tar.gz");
  upkeep_kit_remove (fixture, "other/package.json");
}

static void
cut_state (Fixture *fixture)
{
  cut (fixture, "hello/package.json");
}

static void
age_state (Fixture *fixture)
{
  gsize length;
  g_autofree char *text =
    upkeep_kit_get (fixture, "hello/package.json", &length);
  char *revision = strstr (text, "\"revision\":2");

  g_assert_nonnull (revision);
  revision[strlen ("\"revision\":")] = '1';
  upkeep_kit_put (fixture, "hello/package.json", text, -1);
}

static void
remove_state (Fixture *fixture)
{
  upkeep_kit_remove (fixture, "hello/package.json");
}

static void
change_log (Fixture *fixture)
{
  flip (fixture, "_registry/log/00000000000000000004", "\"node\":\"");
  flip (fixture, "_registry/log/00000000000000000004", "\"id\":\"");
}

static void
change_event (Fixture *fixture)
{
  gsize length;
  const char *key = "_registry/log/00000000000000000004";
  g_autofree char *text = upkeep_kit_get (fixture, key, &length);
  char *sha256 = strstr (text, "\"sha256\":\"");

  g_assert_nonnull (sha256);
  sha256 += strlen ("\"sha256\":\"");
  *sha256 = *sha256 == '0' ? '1' : '0';
  upkeep_kit_put (fixture, key, text, (gssize) length);
}

static void
cut_log (Fixture *fixture)
{
  cut (fixture, "_registry/log/00000000000000000004");
}

static void
remove_log (Fixture *fixture)
{
  upkeep_kit_remove (fixture, "_registry/log/00000000000000000004");
  upkeep_kit_remove (fixture, "_registry/log/00000000000000000005");
}

static void
add_orphan (Fixture *fixture)
{
  upkeep_kit_put (fixture, "hello/9.0.0.tar.gz", "x", -1);
  upkeep_kit_put (fixture, "new/1.0.0~" DIGEST ".tar.gz", "x", -1);
}

static void
add_garbage (Fixture *fixture)
{
  upkeep_kit_put (fixture, "hello/1.0.0~" DIGEST ".tar.gz", "x", -1);
}

static void
add_foreign (Fixture *fixture)
{
  upkeep_kit_put (fixture, "README", "x", -1);
  upkeep_kit_put (fixture, "hello/README", "x", -1);
  upkeep_kit_put (fixture, "hello/sub/1.0.0.json", "x", -1);
  upkeep_kit_put (fixture, "_registry/log/3", "x", -1);
  upkeep_kit_put (fixture, "docs/hello/index.html", "x", -1);
}

static void
add_document (Fixture *fixture)
{
  upkeep_kit_put_adopted (fixture, "late", "1.0.0");
}

static void
add_half (Fixture *fixture)
{
  upkeep_kit_put_adopted (fixture, "half", "1.0.0");
  upkeep_kit_remove (fixture, "half/1.0.0.tar.gz");
}

static void
raise_state (Fixture *fixture)
{
  gsize length;
  g_autofree char *text =
    upkeep_kit_get (fixture, "hello/package.json", &length);
  char *revision = strstr (text, "\"revision\":2");

  g_assert_nonnull (revision);
  revision[strlen ("\"revision\":")] = '3';
  upkeep_kit_put (fixture, "hello/package.json", text, -1);
}

typedef struct
{
  const char *name;
  void (*damage) (Fixture *fixture);
  const char *expected;
  const char *repaired; /* NULL where nothing can be done about it */
} Case;

static const Case cases[] = {
  { "archive-damaged",
    damage_archive,
    "archive-damaged hello/1.0.0.tar.gz",
    NULL },
  { "archive-cut", cut_archive, "archive-damaged adopted/0.1.0.tar.gz", NULL },
  { "archive-missing",
    remove_archive,
    "archive-missing hello/1.1.0.tar.gz",
    NULL },
  { "document-broken", cut_document, "document-broken hello/1.1.0.json", NULL },
  { "document-changed",
    change_document,
    "document-changed hello/1.1.0.json",
    NULL },
  { "document-and-archive",
    change_both,
    "archive-damaged hello/1.1.0.tar.gz\n"
    "document-changed hello/1.1.0.json",
    NULL },
  { "document-missing",
    remove_document,
    "document-missing hello/1.1.0.json",
    NULL },
  { "package-missing",
    remove_package,
    "document-missing other/1.0.0.json",
    NULL },
  { "state-broken", cut_state, "state-broken hello/package.json", NULL },
  { "state-old", age_state, "state-old hello/package.json", NULL },
  { "state-missing", remove_state, "state-missing hello/package.json", NULL },
  { "log-broken-json",
    change_log,
    "log-broken _registry/log/00000000000000000004",
    NULL },
  { "log-changed",
    change_event,
    "log-changed _registry/log/00000000000000000004",
    NULL },
  { "log-broken",
    cut_log,
    "log-broken _registry/log/00000000000000000004",
    NULL },
  { "log-missing",
    remove_log,
    "log-missing _registry/log/00000000000000000004",
    NULL },
  { "archive-orphan",
    add_orphan,
    "archive-orphan hello/9.0.0.tar.gz\n"
    "archive-orphan new/1.0.0~" DIGEST ".tar.gz",
    NULL },
  { "archive-garbage",
    add_garbage,
    "archive-garbage hello/1.0.0~" DIGEST ".tar.gz",
    NULL },
  { "foreign-file",
    add_foreign,
    "foreign-file README\n"
    "foreign-file _registry/log/3\n"
    "foreign-file hello/README\n"
    "foreign-file hello/sub/1.0.0.json",
    NULL },
  { "event-missing",
    add_document,
    "event-missing late/1.0.0.json",
    "event-missing late/1.0.0.json repaired" },
  { "event-and-archive-missing",
    add_half,
    "archive-missing half/1.0.0.tar.gz\n"
    "event-missing half/1.0.0.json",
    NULL },
  { "event-missing-state",
    raise_state,
    "event-missing hello/package.json",
    "event-missing hello/package.json repaired" },
};

/* Every kind of damage is found, and nothing else is; what can be repaired with
 * certainty is, once, and nothing else is touched. */
static void
test_damage (Fixture *fixture, gconstpointer test_data)
{
  const Case *test = test_data;
  LoftVerifyOptions options = { .repair = TRUE };

  test->damage (fixture);
  assert_found (fixture, NULL, test->expected);
  assert_found (fixture,
                &options,
                test->repaired != NULL ? test->repaired : test->expected);
  assert_found (fixture,
                &options,
                test->repaired != NULL ? "" : test->expected);
}

/* Whoever wants to know of some packages is told of those. */
static void
test_packages (Fixture *fixture, gconstpointer test_data)
{
  const char *const names[] = { "hello", "none", "../x", "_registry", NULL };
  LoftVerifyOptions options = { .packages = (GStrv) names };

  remove_document (fixture);
  remove_package (fixture);
  cut_archive (fixture);
  add_foreign (fixture);
  assert_found (fixture,
                &options,
                "document-missing hello/1.1.0.json\n"
                "foreign-file hello/README");
}

/* Writes an event into the log as it stands in the storage. */
static void
write_event (Fixture *fixture, guint64 seq, guint64 like, const char *sha256)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *from = loft_log_entry_key (like);
  g_autofree char *to = loft_log_entry_key (seq);
  g_autoptr (GPtrArray) events =
    loft_log_read_entry (fixture->storage, like, NULL, &error);
  g_assert_no_error (error);
  LoftEvent *event = events->pdata[events->len - 1];

  g_test_message ("as %s", from);
  if (sha256 != NULL)
    {
      g_free (event->archive_sha256);
      event->archive_sha256 = g_strdup (sha256);
    }
  loft_event_seal (event, seq, event->time);
  g_autofree char *line = g_strconcat (event->text, "\n", NULL);
  upkeep_kit_put (fixture, to, line, -1);
}

/* A version that was told of twice, and the other time of another tarball. */
static void
test_twice (Fixture *fixture, gconstpointer test_data)
{
  LoftVerifyOptions options = { .repair = TRUE };

  write_event (fixture, 8, 4, DIGEST);
  registry_fixture_restart (fixture, FALSE);
  assert_found (fixture, NULL, "event-twice hello/1.1.0.json");
  assert_found (fixture, &options, "event-twice hello/1.1.0.json");
}

/* A version of whose tarball the log tells something else than its document. */
static void
test_differs (Fixture *fixture, gconstpointer test_data)
{
  write_event (fixture, 4, 4, DIGEST);
  registry_fixture_restart (fixture, TRUE);
  assert_found (fixture, NULL, "event-differs hello/1.1.0.json");
}

/* Whether a thousand is sealed, and all of its entries are gone. */
static gboolean
is_sealed (Fixture *fixture, const char *sealed)
{
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) keys =
    loft_storage_list (fixture->real, LOFT_LOG_PREFIX, NULL, 2, NULL, &error);

  g_assert_no_error (error);

  return g_str_equal (keys[0], sealed) &&
         loft_log_parse_entry_key (keys[1]) >= LOFT_LOG_SEAL;
}

/* A thousand of events that was sealed is one finding when it is damaged: the
 * documents are compared with what the catalog keeps. */
static void
test_sealed (Fixture *fixture, gconstpointer test_data)
{
  const char *sealed =
    "_registry/log/00000000000000000000-00000000000000000999.ndjson";
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < 1100; i++)
    {
      g_autofree char *version = g_strdup_printf ("0.%u.0", i);

      upkeep_kit_put_adopted (fixture, "many", version);
    }
  g_autofree char *scanned = upkeep_kit_rescan (fixture, NULL, &error);
  g_assert_no_error (error);
  registry_fixture_restart (fixture, FALSE);

  gint64 end = g_get_monotonic_time () + 20 * G_TIME_SPAN_SECOND;
  while (!is_sealed (fixture, sealed))
    {
      g_assert_cmpint (g_get_monotonic_time (), <, end);
      g_usleep (1000);
    }

  assert_found (fixture, NULL, "");
  cut (fixture, sealed);
  assert_found (fixture, NULL, "log-broken _registry/log/00000000000000000001");
  upkeep_kit_remove (fixture, sealed);
  assert_found (fixture,
                NULL,
                "log-missing _registry/log/00000000000000000001");
}

/* A document that was away when the catalog was made is served again. */
static void
test_catalog (Fixture *fixture, gconstpointer test_data)
{
  gsize length;
  LoftVerifyOptions options = { .repair = TRUE };
  LoftRegistryStatus status;
  g_autofree char *before = registry_kit_changes (fixture);
  g_autofree char *text = upkeep_kit_get (fixture, "hello/1.1.0.json", &length);

  remove_document (fixture);
  log_kit_expect (G_LOG_LEVEL_WARNING, "The log names 1 documents that *");
  registry_fixture_restart (fixture, TRUE);
  log_kit_check ();
  g_autofree char *missing = registry_kit_versions (fixture, "hello");
  g_assert_cmpstr (missing, ==, "");

  upkeep_kit_put (fixture, "hello/1.1.0.json", text, (gssize) length);
  assert_found (fixture, NULL, "catalog-differs hello/1.1.0.json");
  assert_found (fixture, &options, "catalog-differs hello/1.1.0.json repaired");
  assert_found (fixture, &options, "");
  g_autofree char *present = registry_kit_versions (fixture, "hello");
  g_assert_cmpstr (present, ==, "1.1.0");
  loft_registry_get_status (fixture->registry, &status);
  g_assert_cmpuint (status.packages, ==, 3);
  g_assert_cmpuint (status.versions, ==, 4);
  g_autofree char *after = registry_kit_changes (fixture);
  g_assert_cmpstr (after, ==, before);
}

/* A repair that is cut short loses nothing, doubles nothing, and is done the
 * next time. */
static void
test_repair_cut (Fixture *fixture, gconstpointer test_data)
{
  static const FaultKind kinds[] = { FAULT_UNAVAILABLE,
                                     FAULT_NO_SPACE,
                                     FAULT_LOST_ANSWER,
                                     FAULT_LOST_REQUEST };
  LoftVerifyOptions options = { .repair = TRUE };

  for (gsize i = 0; i < G_N_ELEMENTS (kinds); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autofree char *name = g_strdup_printf ("late-%" G_GSIZE_FORMAT, i);
      g_autofree char *line = g_strdup_printf (" adopt %s 1.0.0\n", name);

      upkeep_kit_put_adopted (fixture, name, "1.0.0");
      fault_storage_arm (fixture->storage, kinds[i], "_registry/log/0", 1);
      g_autofree char *found =
        upkeep_kit_verify (fixture, &options, NULL, &error);
      fault_storage_arm (fixture->storage, FAULT_NONE, "", 0);
      g_test_message ("%s", found != NULL ? found : error->message);

      registry_fixture_close (fixture);
      storage_kit_remove_root (fixture->cache);
      registry_fixture_open (fixture);
      registry_fixture_start (fixture);
      assert_found (fixture, &options, "");
      g_autofree char *changes = registry_kit_changes (fixture);
      const char *told = strstr (changes, line);
      g_assert_nonnull (told);
      g_assert_null (strstr (told + 1, line));
    }
}

/* It can be ended at any time, and nothing is left of it. */
static void
test_cancel (Fixture *fixture, gconstpointer test_data)
{
  for (guint repair = 0; repair < 2; repair++)
    {
      g_autoptr (GCancellable) cancellable = g_cancellable_new ();
      g_autoptr (GError) error = NULL;
      LoftVerifyOptions options = { .repair = repair == 1 };
      UpkeepProgress progress = { .cancellable = cancellable, .cancel_at = 1 };

      g_assert_null (upkeep_kit_verify (fixture, &options, &progress, &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
    }

  g_autoptr (GError) error = NULL;
  g_autoptr (GDir) cache = g_dir_open (fixture->cache, 0, &error);
  g_assert_no_error (error);
  const char *name;
  while ((name = g_dir_read_name (cache)) != NULL)
    g_assert_true (g_str_has_prefix (name, "catalog-"));
}

/* That the storage can't be reached is no damage. */
static void
test_unreachable (Fixture *fixture, gconstpointer test_data)
{
  static const char *const prefixes[] = { "_registry/log/",
                                          "hello/1.0.0.json",
                                          "hello/1.0.0.tar.gz",
                                          "hello/package.json" };

  for (gsize i = 0; i < G_N_ELEMENTS (prefixes); i++)
    {
      g_autoptr (GError) error = NULL;

      fault_storage_arm (fixture->storage, FAULT_UNREADABLE, prefixes[i], 1000);
      g_assert_null (upkeep_kit_verify (fixture, NULL, NULL, &error));
      fault_storage_arm (fixture->storage, FAULT_NONE, "", 0);
      g_assert_error (error,
                      LOFT_REGISTRY_ERROR,
                      LOFT_REGISTRY_ERROR_UNAVAILABLE);
    }
}

#define add(name, func)                                                        \
  g_test_add ("/verify/" name,                                                 \
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

  add ("healthy", test_healthy);
  add ("busy", test_busy);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path =
        g_strconcat ("/verify/damage/", cases[i].name, NULL);

      g_test_add (path,
                  Fixture,
                  &cases[i],
                  set_up,
                  test_damage,
                  registry_fixture_tear_down);
    }
  add ("packages", test_packages);
  add ("twice", test_twice);
  add ("differs", test_differs);
  add ("sealed", test_sealed);
  add ("catalog", test_catalog);
  add ("repair-cut", test_repair_cut);
  add ("cancel", test_cancel);
  add ("unreachable", test_unreachable);

  return g_test_run ();
}
