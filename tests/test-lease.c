/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-lease.h"

#include "kit/fault-fixture.h"
#include "kit/storage-kit.h"

/* Which of several daemons looks after a storage. */

#define FOR_EVER G_TIME_SPAN_DAY

typedef struct
{
  FaultFixture store;
  LoftLease *one;   /* owned */
  LoftLease *other; /* owned */
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer test_data)
{
  fault_fixture_set_up (&fixture->store, NULL);
  fixture->one = loft_lease_new (fixture->store.storage, LOFT_LEASE_KEY, "one");
  fixture->other =
    loft_lease_new (fixture->store.storage, LOFT_LEASE_KEY, "other");
}

static void
tear_down (Fixture *fixture, gconstpointer test_data)
{
  g_clear_pointer (&fixture->one, loft_lease_free);
  g_clear_pointer (&fixture->other, loft_lease_free);
  fault_fixture_tear_down (&fixture->store, NULL);
}

static gboolean
hold (LoftLease *lease, gint64 patience)
{
  g_autoptr (GError) error = NULL;
  gboolean held = FALSE;

  loft_lease_hold (lease, patience, &held, NULL, &error);
  g_assert_no_error (error);

  return held;
}

static void
test_one (Fixture *fixture, gconstpointer test_data)
{
  g_assert_true (hold (fixture->one, FOR_EVER));
  for (guint i = 0; i < 5; i++)
    {
      g_assert_false (hold (fixture->other, FOR_EVER));
      g_assert_true (hold (fixture->one, FOR_EVER));
    }
}

/* However little patience somebody has: what was renewed is seen anew. */
static void
test_renewed (Fixture *fixture, gconstpointer test_data)
{
  g_assert_true (hold (fixture->one, FOR_EVER));
  g_assert_false (hold (fixture->other, FOR_EVER));
  g_usleep (20 * G_TIME_SPAN_MILLISECOND);
  g_assert_true (hold (fixture->one, FOR_EVER));
  g_assert_false (hold (fixture->other, 20 * G_TIME_SPAN_SECOND));
}

static void
test_silent (Fixture *fixture, gconstpointer test_data)
{
  g_assert_true (hold (fixture->one, FOR_EVER));
  g_assert_false (hold (fixture->other, FOR_EVER));
  g_usleep (20 * G_TIME_SPAN_MILLISECOND);
  g_assert_true (hold (fixture->other, 10 * G_TIME_SPAN_MILLISECOND));

  /* The first learns of it when it wants to go on. */
  g_assert_false (hold (fixture->one, FOR_EVER));
  g_assert_true (hold (fixture->other, FOR_EVER));
  g_assert_false (hold (fixture->one, FOR_EVER));
}

static void
test_given_up (Fixture *fixture, gconstpointer test_data)
{
  g_assert_true (hold (fixture->one, FOR_EVER));
  g_assert_false (hold (fixture->other, FOR_EVER));
  loft_lease_give_up (fixture->other);
  g_assert_false (hold (fixture->other, FOR_EVER));
  loft_lease_give_up (fixture->one);
  g_assert_true (hold (fixture->other, FOR_EVER));
  g_assert_false (hold (fixture->one, FOR_EVER));
}

/* A daemon that has crashed and is back is another node. */
static void
test_again (Fixture *fixture, gconstpointer test_data)
{
  g_assert_true (hold (fixture->one, FOR_EVER));
  loft_lease_free (fixture->one);
  fixture->one =
    loft_lease_new (fixture->store.storage, LOFT_LEASE_KEY, "third");
  g_assert_false (hold (fixture->one, FOR_EVER));
}

static void
test_broken (Fixture *fixture, gconstpointer test_data)
{
  g_autofree char *large = g_strnfill (60000, ' ');
  const char *const documents[] = { "", "{", "[]", "{\"node\":7}", large };

  for (gsize i = 0; i < G_N_ELEMENTS (documents); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autofree char *path =
        g_build_filename (fixture->store.root, LOFT_LEASE_KEY, NULL);
      g_autoptr (LoftLease) lease =
        loft_lease_new (fixture->store.storage, LOFT_LEASE_KEY, "fourth");

      storage_kit_put (fixture->store.real, LOFT_LEASE_KEY, "{}", NULL);
      g_file_set_contents (path, documents[i], -1, &error);
      g_assert_no_error (error);
      g_assert_true (hold (lease, FOR_EVER));
      g_assert_false (hold (fixture->other, FOR_EVER));
    }
}

static void
test_faults (Fixture *fixture, gconstpointer test_data)
{
  static const FaultKind unknown[] = { FAULT_LOST_ANSWER, FAULT_LOST_REQUEST };
  g_autoptr (GError) error = NULL;
  gboolean held = TRUE;

  /* Whoever does not know whether it holds the lease does not. */
  for (gsize i = 0; i < G_N_ELEMENTS (unknown); i++)
    {
      g_assert_true (hold (fixture->one, FOR_EVER));
      fault_storage_arm (fixture->store.storage, unknown[i], LOFT_LEASE_KEY, 1);
      g_assert_false (hold (fixture->one, FOR_EVER));
      g_assert_false (hold (fixture->other, FOR_EVER));
      g_assert_true (hold (fixture->one, FOR_EVER));
    }

  fault_storage_arm (fixture->store.storage,
                     FAULT_UNAVAILABLE,
                     LOFT_LEASE_KEY,
                     1);
  g_assert_false (
    loft_lease_hold (fixture->one, FOR_EVER, &held, NULL, &error));
  g_assert_error (error, LOFT_STORAGE_ERROR, LOFT_STORAGE_ERROR_UNAVAILABLE);
  g_assert_false (held);
  g_assert_true (hold (fixture->one, FOR_EVER));
}

static void
add (const char *path, void (*func) (Fixture *, gconstpointer))
{
  g_test_add (path, Fixture, NULL, set_up, func, tear_down);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  add ("/lease/one", test_one);
  add ("/lease/renewed", test_renewed);
  add ("/lease/silent", test_silent);
  add ("/lease/given-up", test_given_up);
  add ("/lease/again", test_again);
  add ("/lease/broken", test_broken);
  add ("/lease/faults", test_faults);

  return g_test_run ();
}
