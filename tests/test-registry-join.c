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

#include "registry/loft-registry-private.h"

#define TOKEN REGISTRY_KIT_TOKEN
#define VERSIONS 60
#define SIGNAL_TIMEOUT (10 * G_TIME_SPAN_SECOND)

/* A registry, and one that has joined it as another process would: they share
 * the page and the files, and nothing in memory. */
typedef struct
{
  RegistryFixture owner;
  RegistryFixture member; /* whose registry is all that is used */
} Fixture;

static LoftRegistry *
join (Fixture *fixture, LoftPage *page)
{
  g_autoptr (GError) error = NULL;
  LoftRegistry *registry = loft_registry_join (fixture->owner.storage,
                                               fixture->owner.cache,
                                               fixture->owner.settings,
                                               page,
                                               1,
                                               &error);
  g_assert_no_error (error);

  return registry;
}

static void
set_up (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;

  fixture->owner.page = loft_page_new (2, &error);
  g_assert_no_error (error);
  registry_fixture_set_up (&fixture->owner, test_data);
  fixture->member.registry = join (fixture, fixture->owner.page);
}

static void
set_up_started (Fixture *fixture, gconstpointer test_data)
{
  set_up (fixture, test_data);
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

static void
publish (RegistryFixture *where,
         const char *name,
         const char *version,
         gboolean expect_created)
{
  g_autoptr (GError) error = NULL;
  gboolean created = FALSE;
  g_autofree char *element =
    registry_kit_publish (where, name, version, "a", TOKEN, &created, &error);

  g_assert_no_error (error);
  g_assert_nonnull (element);
  g_assert_cmpint (created, ==, expect_created);
}

static void
assert_versions (RegistryFixture *where, const char *name, const char *expected)
{
  g_autofree char *listed = registry_kit_versions (where, name);

  g_assert_cmpstr (listed, ==, expected);
}

static void
assert_listed (RegistryFixture *where, const char *version)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *member = g_strdup_printf ("\"version\":\"%s\"", version);
  g_autofree char *list = registry_kit_list_all (where, &error);

  g_assert_no_error (error);
  g_assert_nonnull (strstr (list, member));
}

static LoftMark
get_mark (RegistryFixture *where)
{
  LoftMark mark;

  loft_registry_get_mark (where->registry, &mark.sequence, &mark.epoch);

  return mark;
}

/* What one has acknowledged, the other shows at once, whatever it has kept. */
static void
test_visible (Fixture *fixture, gconstpointer test_data)
{
  RegistryFixture *const both[] = { &fixture->owner, &fixture->member };
  g_autoptr (GString) expected = g_string_new (NULL);

  for (guint i = 0; i < 20; i++)
    {
      g_autoptr (GError) error = NULL;
      RegistryFixture *writer = both[i % 2];
      RegistryFixture *reader = both[1 - i % 2];
      g_autofree char *version = g_strdup_printf ("1.%u.0", i);
      LoftMark before = get_mark (reader);

      publish (writer, "hello", version, TRUE);
      g_string_append_printf (expected, "%s%s", i > 0 ? " " : "", version);
      g_assert_cmpuint (get_mark (reader).sequence, >, before.sequence);
      g_auto (GStrv) names = loft_registry_list_changed_names (reader->registry,
                                                               before.sequence,
                                                               10);
      g_assert_cmpuint (g_strv_length (names), ==, 1);
      g_assert_cmpstr (names[0], ==, "hello");
      assert_versions (reader, "hello", expected->str);
      assert_listed (reader, version);
      assert_listed (writer, version);
      publish (reader, "hello", version, FALSE);
    }

  g_autoptr (GError) error = NULL;
  g_autofree char *yanked = registry_kit_yank (&fixture->member,
                                               "hello",
                                               "1.19.0",
                                               TRUE,
                                               TOKEN,
                                               &error);
  g_assert_no_error (error);
  assert_listed (&fixture->owner, "1.18.0");
  g_autofree char *again =
    registry_kit_yank (&fixture->owner, "hello", "1.19.0", TRUE, TOKEN, &error);
  g_assert_no_error (error);

  g_autofree char *ours = registry_kit_changes (&fixture->owner);
  g_autofree char *theirs = registry_kit_changes (&fixture->member);
  g_assert_cmpstr (ours, ==, theirs);
  g_assert_true (g_str_has_suffix (ours, "\n22 yank hello 1.19.0\n"));
}

/* Before the owner is ready nobody is, and then both are. */
static void
test_ready (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;
  LoftMark before = get_mark (&fixture->member);

  g_assert_null (registry_kit_publish (&fixture->member,
                                       "hello",
                                       "1.0.0",
                                       "a",
                                       TOKEN,
                                       NULL,
                                       &error));
  g_assert_error (error, LOFT_REGISTRY_ERROR, LOFT_REGISTRY_ERROR_NOT_READY);

  registry_fixture_start (&fixture->owner);
  LoftRegistryStatus status;
  loft_registry_get_status (fixture->member.registry, &status);
  g_assert_cmpint (status.phase, ==, LOFT_REGISTRY_READY);
  g_assert_cmpuint (get_mark (&fixture->member).epoch, >, before.epoch);
  publish (&fixture->member, "hello", "1.0.0", TRUE);
  assert_versions (&fixture->owner, "hello", "1.0.0");
}

/* A catalog that is made anew is the one that both read and write. */
static void
test_generation (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;

  publish (&fixture->member, "hello", "1.0.0", TRUE);
  assert_versions (&fixture->member, "hello", "1.0.0");
  g_assert_true (loft_catalog_reset (fixture->owner.registry->catalog, &error));
  g_assert_no_error (error);
  assert_versions (&fixture->member, "hello", "There is no package “hello”");
  g_assert_cmpuint (get_mark (&fixture->member).sequence, ==, 0);

  /* Nothing can be told before the log was read to its end. */
  g_assert_null (registry_kit_publish (&fixture->member,
                                       "hello",
                                       "1.1.0",
                                       "a",
                                       TOKEN,
                                       NULL,
                                       &error));
  g_assert_error (error, LOFT_REGISTRY_ERROR, LOFT_REGISTRY_ERROR_NOT_READY);
  g_clear_error (&error);
  loft_log_follow (fixture->owner.registry->log, NULL, &error);
  g_assert_no_error (error);
  publish (&fixture->member, "hello", "1.1.0", FALSE);
  assert_versions (&fixture->owner, "hello", "1.0.0 1.1.0");
  g_assert_cmpuint (get_mark (&fixture->owner).sequence, ==, 3);
}

/* Joins with a page of its own, so that nobody hears of what it does: as if it
 * had died right after each commit. */
static LoftRegistry *
join_unheard (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (LoftPage) page = loft_page_new (2, &error);
  g_assert_no_error (error);

  for (guint i = 0; i < LOFT_PAGE_N_FACTS; i++)
    loft_page_set_fact (page, i, loft_page_get_fact (fixture->owner.page, i));

  return join (fixture, page);
}

/* What a process had committed when it died is told of by the next answer that
 * rests on it, by whoever shows the change, and by the owner at the latest. */
static void
test_died (Fixture *fixture, gconstpointer test_data)
{
  RegistryFixture dead = { .registry = join_unheard (fixture) };
  guint64 last;

  publish (&dead, "hello", "1.0.0", TRUE);
  g_assert_cmpuint (get_mark (&fixture->member).sequence, ==, 0);
  publish (&fixture->member, "hello", "1.0.0", FALSE);
  g_assert_cmpuint (get_mark (&fixture->owner).sequence, ==, 2);

  publish (&dead, "hello", "1.1.0", TRUE);
  g_assert_cmpuint (get_mark (&fixture->member).sequence, ==, 2);
  g_autoptr (GBytes) changes =
    loft_registry_list_changes (fixture->member.registry, 2, 10, &last, NULL);
  g_assert_cmpuint (last, ==, 3);
  g_assert_cmpuint (get_mark (&fixture->owner).sequence, ==, 3);

  publish (&dead, "hello", "1.2.0", TRUE);
  g_assert_cmpuint (get_mark (&fixture->member).sequence, ==, 3);
  loft_registry_recover (fixture->owner.registry);
  g_assert_cmpuint (get_mark (&fixture->member).sequence, ==, 4);

  loft_registry_stop (dead.registry);
  storage_kit_finalize (dead.registry);
}

static void
count_cb (LoftRegistry *registry, gpointer user_data)
{
  guint *count = user_data;

  (*count)++;
}

static gboolean
wake_cb (gpointer user_data)
{
  return G_SOURCE_CONTINUE;
}

/* Whoever waits for changes hears of those that others make. */
static void
test_changed (Fixture *fixture, gconstpointer test_data)
{
  guint owner = 0;
  guint member = 0;
  gint64 end = g_get_monotonic_time () + SIGNAL_TIMEOUT;
  guint timer = g_timeout_add (10, wake_cb, NULL);

  g_signal_connect (fixture->owner.registry,
                    "changed",
                    G_CALLBACK (count_cb),
                    &owner);
  g_signal_connect (fixture->member.registry,
                    "changed",
                    G_CALLBACK (count_cb),
                    &member);
  for (guint i = 0; i < 2; i++)
    {
      owner = member = 0;
      publish (i == 0 ? &fixture->owner : &fixture->member,
               "hello",
               i == 0 ? "1.0.0" : "1.1.0",
               TRUE);
      while ((owner == 0 || member == 0) && g_get_monotonic_time () < end)
        g_main_context_iteration (NULL, TRUE);
      g_assert_cmpuint (owner, >, 0);
      g_assert_cmpuint (member, >, 0);
    }
  g_source_remove (timer);
}

static void
published_cb (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  guint *pending = user_data;
  g_autoptr (GBytes) element =
    loft_registry_publish_finish (LOFT_REGISTRY (source_object),
                                  result,
                                  NULL,
                                  &error);
  g_assert_no_error (error);
  (*pending)--;
}

/* Whatever both publish at once, be it the same, is in the log once, and in one
 * order. */
static void
test_race (Fixture *fixture, gconstpointer test_data)
{
  RegistryFixture *const both[] = { &fixture->owner, &fixture->member };
  guint pending = 0;

  for (guint i = 0; i < VERSIONS; i++)
    for (guint j = 0; j < 2; j++)
      {
        g_autofree char *name = g_strdup_printf ("p%u", i % 3 == 0 ? j : 2);
        g_autofree char *version = g_strdup_printf ("1.%u.0", i);
        g_autoptr (GBytes) tarball = registry_kit_pack (name, version, "a");

        pending++;
        loft_registry_publish_async (both[j]->registry,
                                     registry_kit_request (both[j]->registry,
                                                           name,
                                                           version,
                                                           tarball,
                                                           TOKEN),
                                     NULL,
                                     published_cb,
                                     &pending);
      }
  while (pending > 0)
    g_main_context_iteration (NULL, TRUE);

  g_autofree char *ours = registry_kit_changes (&fixture->owner);
  g_autofree char *theirs = registry_kit_changes (&fixture->member);
  g_assert_cmpstr (ours, ==, theirs);

  g_auto (GStrv) lines = g_strsplit (ours, "\n", -1);
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);
  guint n_lines = 0;
  for (; *lines[n_lines] != '\0'; n_lines++)
    {
      char *event = strchr (lines[n_lines], ' ');

      g_assert_cmpuint (g_ascii_strtoull (lines[n_lines], NULL, 10),
                        ==,
                        n_lines + 1);
      g_assert_true (g_hash_table_add (seen, event));
    }

  /* Three names were claimed; every third version is of two packages. */
  g_assert_cmpuint (n_lines, ==, 3 + VERSIONS + VERSIONS / 3);

  leave (fixture);
  registry_fixture_restart (&fixture->owner, TRUE);
  g_autofree char *rebuilt = registry_kit_changes (&fixture->owner);
  g_assert_cmpstr (rebuilt, ==, ours);
}

static void
add (const char *path,
     void (*begin) (Fixture *, gconstpointer),
     void (*test) (Fixture *, gconstpointer))
{
  g_test_add (path, Fixture, NULL, begin, test, tear_down);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);
  log_kit_init ();

  add ("/registry-join/visible", set_up_started, test_visible);
  add ("/registry-join/ready", set_up, test_ready);
  add ("/registry-join/generation", set_up_started, test_generation);
  add ("/registry-join/died", set_up_started, test_died);
  add ("/registry-join/changed", set_up_started, test_changed);
  add ("/registry-join/race", set_up_started, test_race);

  return g_test_run ();
}
