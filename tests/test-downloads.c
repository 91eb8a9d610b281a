/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include <glib/gstdio.h>
#include <string.h>

#include "kit/catalog-kit.h"
#include "kit/fault-fixture.h"
#include "kit/storage-kit.h"
#include "registry/loft-download-keeper.h"

/* Two nodes, which share a store, count downloads. */

#define DAY (G_GINT64_CONSTANT (24) * 60 * 60 * G_USEC_PER_SEC)

/* Noon of 2026-11-26. */
#define TODAY 20783
#define NOW (TODAY * DAY + DAY / 2)

typedef struct
{
  Kit kit;
  LoftDownloadKeeper *keeper;
} Node;

typedef struct
{
  FaultFixture store;
  Node one;
  Node other;
} Fixture;

static void
start (Fixture *fixture, Node *node, const char *name)
{
  node->keeper =
    loft_download_keeper_new (fixture->store.storage, node->kit.catalog, name);
}

static void
restart (Fixture *fixture, Node *node, const char *name)
{
  g_clear_pointer (&node->keeper, loft_download_keeper_free);
  kit_reopen (&node->kit);
  start (fixture, node, name);
}

static void
set_up (Fixture *fixture, gconstpointer test_data)
{
  fault_fixture_set_up (&fixture->store, NULL);
  kit_setup (&fixture->one.kit, NULL);
  kit_setup (&fixture->other.kit, NULL);
  start (fixture, &fixture->one, "11111111");
  start (fixture, &fixture->other, "22222222");
}

static void
tear_down (Fixture *fixture, gconstpointer test_data)
{
  g_clear_pointer (&fixture->one.keeper, loft_download_keeper_free);
  g_clear_pointer (&fixture->other.keeper, loft_download_keeper_free);
  kit_teardown (&fixture->one.kit, NULL);
  kit_teardown (&fixture->other.kit, NULL);
  fault_fixture_tear_down (&fixture->store, NULL);
}

static void
note (Node *node, gint64 day, const char *name, const char *version, gint64 n)
{
  g_autoptr (GPtrArray) counts = loft_download_counts_new ();
  g_autoptr (GError) error = NULL;

  loft_download_counts_add (counts, day, name, version, n);
  loft_catalog_note_downloads (node->kit.catalog, counts, &error);
  g_assert_no_error (error);
}

static void
flush (Node *node, gint64 now)
{
  g_autoptr (GError) error = NULL;

  loft_download_keeper_flush (node->keeper, now, NULL, &error);
  g_assert_no_error (error);
}

static void
merge (Node *node, gint64 now)
{
  g_autoptr (GError) error = NULL;

  loft_download_keeper_merge (node->keeper, now, TRUE, NULL, &error);
  g_assert_no_error (error);
}

static void
pack (Node *node, gint64 now)
{
  g_autoptr (GError) error = NULL;

  loft_download_keeper_pack (node->keeper, now, NULL, &error);
  g_assert_no_error (error);
}

/* The total, and the last three days. */
static char *
count (Node *node, const char *name, gint64 today)
{
  g_autoptr (GError) error = NULL;
  guint64 days[3];
  guint64 total = 0;

  loft_catalog_count_downloads (node->kit.catalog,
                                name,
                                today - 2,
                                G_N_ELEMENTS (days),
                                days,
                                &total,
                                &error);
  g_assert_no_error (error);

  return g_strdup_printf ("%u: %u %u %u",
                          (guint) total,
                          (guint) days[0],
                          (guint) days[1],
                          (guint) days[2]);
}

static void
assert_count (Node *node, const char *name, const char *expected)
{
  g_autofree char *found = count (node, name, TODAY);

  g_assert_cmpstr (found, ==, expected);
}

static guint
count_objects (Fixture *fixture, const char *prefix)
{
  g_autofree char *keys =
    storage_kit_list (fixture->store.real, prefix, NULL, 1000);
  g_auto (GStrv) split = g_strsplit (keys, " ", -1);
  guint n = 0;

  for (gsize i = 0; split[i] != NULL; i++)
    n += *split[i] != '\0';

  return n;
}

/* What a node counts is seen there once it was written, and at the other when
 * that has looked; however often they write and look. */
static void
test_two_nodes (Fixture *fixture, gconstpointer test_data)
{
  note (&fixture->one, TODAY, "hello", "1.0.0", 2);
  note (&fixture->one, TODAY, "hello", "1.0.0", 1);
  assert_count (&fixture->one, "hello", "0: 0 0 0");
  for (guint i = 0; i < 3; i++)
    {
      flush (&fixture->one, NOW);
      merge (&fixture->one, NOW);
      merge (&fixture->other, NOW);
      assert_count (&fixture->one, "hello", "3: 0 0 3");
      assert_count (&fixture->other, "hello", "3: 0 0 3");
    }

  note (&fixture->other, TODAY, "hello", "2.0.0", 10);
  note (&fixture->one, TODAY, "hello", "1.0.0", 4);
  note (&fixture->one, TODAY, "world", "1.0.0", 1);
  flush (&fixture->other, NOW);
  flush (&fixture->one, NOW);
  for (guint i = 0; i < 3; i++)
    {
      merge (&fixture->one, NOW);
      merge (&fixture->other, NOW);
      assert_count (&fixture->one, "hello", "17: 0 0 17");
      assert_count (&fixture->other, "hello", "17: 0 0 17");
      assert_count (&fixture->other, "world", "1: 0 0 1");
    }
}

/* A day's downloads lie in one object of each node, and nothing is written when
 * there is nothing new. */
static void
test_writes (Fixture *fixture, gconstpointer test_data)
{
  for (guint i = 0; i < 20; i++)
    {
      g_autofree char *name = g_strdup_printf ("package-%u", i);

      note (&fixture->one, TODAY, name, "1.0.0", i + 1);
      flush (&fixture->one, NOW + i);
    }
  g_assert_cmpuint (count_objects (fixture, LOFT_DOWNLOADS_PREFIX), ==, 1);

  fault_storage_arm (fixture->store.storage, FAULT_UNAVAILABLE, "_", 1);
  flush (&fixture->one, NOW);
  g_assert_cmpuint (fault_storage_get_left (fixture->store.storage), ==, 1);
  fault_storage_arm (fixture->store.storage, FAULT_NONE, "_", 0);

  /* What many versions make is in several, none of which is large. */
  for (guint i = 0; i < 4500; i++)
    {
      g_autofree char *version = g_strdup_printf ("1.%u.0", i);

      note (&fixture->one, TODAY, "many", version, 1);
    }
  flush (&fixture->one, NOW);
  g_assert_cmpuint (count_objects (fixture, LOFT_DOWNLOADS_PREFIX), ==, 3);
  merge (&fixture->other, NOW);
  assert_count (&fixture->other, "many", "4500: 0 0 4500");
  assert_count (&fixture->other, "package-19", "20: 0 0 20");
}

/* What was counted before midnight is told of that day, also when it is written
 * after that, into the object of another day. */
static void
test_midnight (Fixture *fixture, gconstpointer test_data)
{
  note (&fixture->one, TODAY - 1, "hello", "1.0.0", 3);
  flush (&fixture->one, TODAY * DAY - 1);
  note (&fixture->one, TODAY - 1, "hello", "1.0.0", 4);
  note (&fixture->one, TODAY, "hello", "1.0.0", 5);
  flush (&fixture->one, TODAY * DAY + 1);

  g_assert_cmpuint (count_objects (fixture, LOFT_DOWNLOADS_PARTS "2026-11-25-"),
                    ==,
                    1);
  g_assert_cmpuint (count_objects (fixture, LOFT_DOWNLOADS_PARTS "2026-11-26-"),
                    ==,
                    1);
  merge (&fixture->other, NOW);
  assert_count (&fixture->one, "hello", "12: 0 7 5");
  assert_count (&fixture->other, "hello", "12: 0 7 5");
}

/* A catalog that was thrown away is filled again, and what its node counts from
 * then on comes on top. */
static void
test_forgotten (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;

  note (&fixture->one, TODAY, "hello", "1.0.0", 3);
  flush (&fixture->one, NOW);
  g_assert_true (loft_catalog_reset (fixture->one.kit.catalog, &error));
  assert_count (&fixture->one, "hello", "0: 0 0 0");

  note (&fixture->one, TODAY, "hello", "1.0.0", 4);
  flush (&fixture->one, NOW);
  merge (&fixture->one, NOW);
  merge (&fixture->other, NOW);
  assert_count (&fixture->one, "hello", "7: 0 0 7");
  assert_count (&fixture->other, "hello", "7: 0 0 7");
}

/* A node that ended counts on, and what it had no time to write is written by
 * its next run. */
static void
test_killed (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;

  note (&fixture->one, TODAY, "hello", "1.0.0", 1);
  flush (&fixture->one, NOW);
  note (&fixture->one, TODAY, "hello", "1.0.0", 2);
  fault_storage_arm (fixture->store.storage, FAULT_UNAVAILABLE, "_", 1);
  g_assert_false (
    loft_download_keeper_flush (fixture->one.keeper, NOW, NULL, &error));
  g_assert_error (error, LOFT_STORAGE_ERROR, LOFT_STORAGE_ERROR_UNAVAILABLE);
  note (&fixture->one, TODAY, "hello", "1.0.0", 4);

  restart (fixture, &fixture->one, "33333333");
  merge (&fixture->one, NOW);
  assert_count (&fixture->one, "hello", "3: 0 0 3");
  flush (&fixture->one, NOW);
  merge (&fixture->one, NOW);
  merge (&fixture->other, NOW);
  assert_count (&fixture->one, "hello", "7: 0 0 7");
  assert_count (&fixture->other, "hello", "7: 0 0 7");
}

/* Nothing is counted twice, or not at all, where nobody knows what became of a
 * write. */
static void
test_unknown (Fixture *fixture, gconstpointer test_data)
{
  static const FaultKind kinds[] = { FAULT_LOST_ANSWER,
                                     FAULT_LOST_REQUEST,
                                     FAULT_UNAVAILABLE };

  for (guint i = 0; i < 12; i++)
    {
      note (&fixture->one, TODAY, "hello", "1.0.0", 1);
      fault_storage_arm (fixture->store.storage,
                         kinds[i % G_N_ELEMENTS (kinds)],
                         LOFT_DOWNLOADS_PREFIX,
                         1 + i / 6);
      loft_download_keeper_flush (fixture->one.keeper, NOW, NULL, NULL);
      loft_download_keeper_flush (fixture->one.keeper, NOW, NULL, NULL);
      fault_storage_arm (fixture->store.storage, FAULT_NONE, "_", 0);
      flush (&fixture->one, NOW);
    }

  merge (&fixture->one, NOW);
  merge (&fixture->other, NOW);
  assert_count (&fixture->one, "hello", "12: 0 0 12");
  assert_count (&fixture->other, "hello", "12: 0 0 12");
}

/* What is taken away, or is no list of numbers, is not counted; the rest is. */
static void
test_damage (Fixture *fixture, gconstpointer test_data)
{
  static const char *const wrong[] = {
    "",
    "[]",
    "{}",
    "{\"days\":[]}",
    "{\"days\":{\"2026-13-01\":{}}}",
    "{\"days\":{\"2026-11-26\":[]}}",
    "{\"days\":{\"2026-11-26\":{\"hello\":1}}}",
    "{\"days\":{\"2026-11-26\":{\"hello\":{\"1.0.0\":-1}}}}",
    "{\"days\":{\"2026-11-26\":{\"hello\":{\"1.0.0\":9007199254740991}}}}",
  };
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (wrong); i++)
    {
      g_autofree char *key =
        g_strdup_printf (LOFT_DOWNLOADS_PARTS "2026-11-26-33333333-%06u", i);

      storage_kit_put (fixture->store.real, key, wrong[i], &error);
      g_assert_no_error (error);
    }
  storage_kit_put (fixture->store.real,
                   LOFT_DOWNLOADS_PARTS "what",
                   "{\"days\":{\"2026-11-26\":{\"hello\":{\"1.0.0\":1}}}}",
                   &error);
  note (&fixture->one, TODAY, "hello", "1.0.0", 3);
  flush (&fixture->one, NOW);
  merge (&fixture->other, NOW);
  assert_count (&fixture->other, "hello", "3: 0 0 3");

  g_assert_true (loft_storage_remove (fixture->store.real,
                                      LOFT_DOWNLOADS_PARTS
                                      "2026-11-26-11111111-000001",
                                      NULL,
                                      &error));
  merge (&fixture->one, NOW);
  merge (&fixture->other, NOW);
  assert_count (&fixture->one, "hello", "0: 0 0 0");
  assert_count (&fixture->other, "hello", "0: 0 0 0");
  note (&fixture->one, TODAY, "hello", "1.0.0", 4);
  flush (&fixture->one, NOW);
  merge (&fixture->other, NOW);
  assert_count (&fixture->one, "hello", "4: 0 0 4");
  assert_count (&fixture->other, "hello", "4: 0 0 4");
}

/* Runs the first node from so many days ago until so many, each of them with
 * downloads. */
static void
live (Fixture *fixture, guint from, guint until)
{
  for (guint i = from; i >= until; i--)
    {
      note (&fixture->one, TODAY - i, "hello", "1.0.0", 2);
      flush (&fixture->one, NOW - (gint64) i * DAY);
    }
}

static void
check_packed (Fixture *fixture, Node *node, guint total)
{
  g_autofree char *expected = g_strdup_printf ("%u: 2 2 0", total);

  merge (node, NOW);
  assert_count (node, "hello", expected);
  g_assert_cmpuint (count_objects (fixture, LOFT_DOWNLOADS_PARTS),
                    <,
                    LOFT_DOWNLOADS_PARTS_KEPT);
}

/* Old objects become few, whoever puts them together, and everybody counts the
 * same: who has seen all of them, some, or none. */
static void
test_pack (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;

  live (fixture, 40, 1);
  note (&fixture->other, TODAY - 20, "hello", "2.0.0", 100);
  flush (&fixture->other, NOW - 20 * DAY);
  merge (&fixture->one, NOW);
  merge (&fixture->other, NOW - 3 * DAY);
  pack (&fixture->one, NOW);
  g_assert_cmpuint (count_objects (fixture, LOFT_DOWNLOADS_PACKS), ==, 1);
  check_packed (fixture, &fixture->one, 180);
  check_packed (fixture, &fixture->other, 180);

  g_assert_true (loft_catalog_reset (fixture->other.kit.catalog, &error));
  check_packed (fixture, &fixture->other, 180);
  pack (&fixture->other, NOW);
  g_assert_cmpuint (count_objects (fixture, LOFT_DOWNLOADS_PACKS), ==, 1);

  /* Days so long ago are in the total, and nowhere else. */
  live (fixture, 200, 41);
  merge (&fixture->one, NOW);
  pack (&fixture->one, NOW);
  check_packed (fixture, &fixture->one, 500);
  g_autofree char *old = count (&fixture->one, "hello", TODAY - 190);
  g_assert_cmpstr (old, ==, "500: 0 0 0");
}

static void
rival_cb (LoftStorage *storage, const char *key, gpointer user_data)
{
  Fixture *fixture = user_data;

  merge (&fixture->other, NOW);
  pack (&fixture->other, NOW);
}

/* Two that put the same objects together do not count them twice. */
static void
test_pack_rivals (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *part = NULL;

  live (fixture, 40, 1);
  merge (&fixture->one, NOW);
  fault_storage_set_rival (fixture->store.storage, rival_cb, fixture);
  fault_storage_arm (fixture->store.storage,
                     FAULT_RIVAL,
                     LOFT_DOWNLOADS_INDEX,
                     1);
  g_assert_false (
    loft_download_keeper_pack (fixture->one.keeper, NOW, NULL, &error));
  g_assert_error (error, LOFT_STORAGE_ERROR, LOFT_STORAGE_ERROR_CHANGED);
  g_clear_error (&error);
  g_assert_cmpuint (count_objects (fixture, LOFT_DOWNLOADS_PACKS), ==, 1);
  check_packed (fixture, &fixture->one, 80);
  check_packed (fixture, &fixture->other, 80);

  /* An object that was left lying beside its pack is removed, and not counted
   * once more. */
  storage_kit_put (fixture->store.real,
                   LOFT_DOWNLOADS_PARTS "2026-10-20-11111111-000004",
                   "{\"days\":{\"2026-10-20\":{\"hello\":{\"1.0.0\":9}}}}",
                   &error);
  g_assert_no_error (error);
  g_assert_true (loft_catalog_reset (fixture->one.kit.catalog, NULL));
  check_packed (fixture, &fixture->one, 80);
  part = storage_kit_get (fixture->store.real,
                          LOFT_DOWNLOADS_PARTS "2026-10-20-11111111-000004",
                          &error);
  g_assert_error (error, LOFT_STORAGE_ERROR, LOFT_STORAGE_ERROR_NOT_FOUND);
}

/* A node that begins with the catalog of another has nothing of that one's to
 * write. */
static void
test_adopted (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;
  guint64 sequence;

  note (&fixture->one, TODAY, "hello", "1.0.0", 1);
  fault_storage_arm (fixture->store.storage, FAULT_UNAVAILABLE, "_", 1);
  loft_download_keeper_flush (fixture->one.keeper, NOW, NULL, NULL);
  note (&fixture->one, TODAY, "hello", "1.0.0", 2);
  g_assert_true (
    loft_catalog_set_complete (fixture->one.kit.catalog, NULL, &error));

  g_autofree char *path =
    loft_catalog_make_snapshot_path (fixture->other.kit.catalog);
  loft_catalog_write_snapshot (fixture->one.kit.catalog,
                               path,
                               &sequence,
                               &error);
  g_assert_no_error (error);
  loft_catalog_adopt_snapshot (fixture->other.kit.catalog, path, &error);
  g_assert_no_error (error);

  flush (&fixture->other, NOW);
  g_assert_cmpuint (count_objects (fixture, LOFT_DOWNLOADS_PREFIX), ==, 0);
  flush (&fixture->one, NOW);
  merge (&fixture->other, NOW);
  assert_count (&fixture->other, "hello", "3: 0 0 3");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

#define ADD(name, func)                                                        \
  g_test_add ("/downloads/" name, Fixture, NULL, set_up, func, tear_down)
  ADD ("two-nodes", test_two_nodes);
  ADD ("writes", test_writes);
  ADD ("midnight", test_midnight);
  ADD ("forgotten", test_forgotten);
  ADD ("killed", test_killed);
  ADD ("unknown", test_unknown);
  ADD ("damage", test_damage);
  ADD ("pack", test_pack);
  ADD ("pack-rivals", test_pack_rivals);
  ADD ("adopted", test_adopted);
#undef ADD

  return g_test_run ();
}
