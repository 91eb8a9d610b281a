/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "kit/catalog-kit.h"
#include "kit/fault-fixture.h"
#include "kit/storage-kit.h"
#include "registry/loft-log-entry.h"
#include "registry/loft-parallel.h"

/* Whoever is behind reads several entries of the log at once. */

/* Writes an entry of events @first to @last. */
static void
put_entry (FaultFixture *fixture, guint64 first, guint64 last)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GString) text = g_string_new (NULL);
  g_autofree char *key = loft_log_entry_key (first);

  for (guint64 seq = first; seq <= last; seq++)
    {
      g_autoptr (LoftEvent) event =
        kit_event (kit_document ("abc", "1.0.0"), seq);

      g_string_append_printf (text, "%s\n", event->text);
    }
  storage_kit_put (fixture->real, key, text->str, &error);
  g_assert_no_error (error);
}

static void
assert_events (FaultFixture *fixture,
               guint64 from,
               guint64 last,
               LoftLogEnd end)
{
  LoftLogEnd got_end;
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) events =
    loft_log_read_ahead (fixture->storage, from, &got_end, NULL, &error);

  g_assert_no_error (error);
  g_assert_cmpuint (events->len, ==, last + 1 - from);
  g_assert_cmpint (got_end, ==, end);
  for (guint i = 0; i < events->len; i++)
    {
      const LoftEvent *event = g_ptr_array_index (events, i);

      g_assert_cmpuint (event->seq, ==, from + i);
    }
}

static void
test_several (FaultFixture *fixture, gconstpointer test_data)
{
  assert_events (fixture, 1, 0, LOFT_LOG_END);
  put_entry (fixture, 1, 1);
  put_entry (fixture, 2, 9);
  put_entry (fixture, 10, 10);
  assert_events (fixture, 1, 10, LOFT_LOG_END);
  assert_events (fixture, 2, 10, LOFT_LOG_END);
  assert_events (fixture, 10, 10, LOFT_LOG_END);
  assert_events (fixture, 11, 10, LOFT_LOG_END);
}

/* However much there is, it is read in order, and none is left out. */
static void
test_many (FaultFixture *fixture, gconstpointer test_data)
{
  for (guint64 seq = 1; seq <= 300; seq++)
    put_entry (fixture, seq, seq);

  LoftLogEnd end = LOFT_LOG_MORE;
  guint64 applied = 0;
  for (guint turn = 0; turn < 300 && applied < 300; turn++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GPtrArray) events =
        loft_log_read_ahead (fixture->storage, applied + 1, &end, NULL, &error);

      g_assert_no_error (error);
      g_assert_cmpuint (events->len, >, 1);
      g_assert_cmpint (end == LOFT_LOG_END, ==, applied + events->len == 300);
      for (guint i = 0; i < events->len; i++)
        {
          const LoftEvent *event = g_ptr_array_index (events, i);

          g_assert_cmpuint (event->seq, ==, ++applied);
        }
    }
  g_assert_cmpuint (applied, ==, 300);
}

/* What has been sealed stands between the entries. */
static void
test_sealed (FaultFixture *fixture, gconstpointer test_data)
{
  g_autofree char *key = loft_log_sealed_key (1);

  put_entry (fixture, 1, 2);
  put_entry (fixture, 3, 3);
  storage_kit_put (fixture->real, key, "", NULL);
  assert_events (fixture, 1, 3, LOFT_LOG_END);
}

static void
test_gap (FaultFixture *fixture, gconstpointer test_data)
{
  put_entry (fixture, 1, 2);
  put_entry (fixture, 4, 5);
  assert_events (fixture, 1, 2, LOFT_LOG_GAP);
  assert_events (fixture, 3, 2, LOFT_LOG_GAP);
}

static void
test_faults (FaultFixture *fixture, gconstpointer test_data)
{
  LoftLogEnd end;
  g_autoptr (GError) error = NULL;
  g_autofree char *third = loft_log_entry_key (3);
  g_autofree char *first = loft_log_entry_key (1);

  for (guint64 seq = 1; seq <= 9; seq++)
    put_entry (fixture, seq, seq);

  /* What could be read counts. */
  fault_storage_arm (fixture->storage, FAULT_UNREADABLE, third, 1);
  assert_events (fixture, 1, 2, LOFT_LOG_MORE);
  assert_events (fixture, 1, 9, LOFT_LOG_END);

  fault_storage_arm (fixture->storage, FAULT_UNREADABLE, first, 1);
  g_assert_null (loft_log_read_ahead (fixture->storage, 1, &end, NULL, &error));
  g_assert_error (error, LOFT_STORAGE_ERROR, LOFT_STORAGE_ERROR_UNAVAILABLE);
}

typedef struct
{
  gint counts[1000]; /* atomic */
  gint at_once;      /* atomic */
  gint at_once_most;
  guint stop;
} Parts;

static gboolean
part_cb (guint i, gpointer user_data)
{
  Parts *parts = user_data;
  gint at_once = g_atomic_int_add (&parts->at_once, 1) + 1;

  if (at_once > g_atomic_int_get (&parts->at_once_most))
    g_atomic_int_set (&parts->at_once_most, at_once);
  g_atomic_int_inc (&parts->counts[i]);
  if (i % 50 == 0)
    g_usleep (G_TIME_SPAN_MILLISECOND);
  g_atomic_int_add (&parts->at_once, -1);

  return i != parts->stop;
}

static void
test_parts (void)
{
  static const guint threads[] = { 0, 1, 2, 16 };

  for (gsize i = 0; i < G_N_ELEMENTS (threads); i++)
    for (guint n = 0; n <= 1000; n = n * 10 + 1)
      {
        Parts parts = { .stop = G_MAXUINT };
        guint length = MIN (n, G_N_ELEMENTS (parts.counts));

        loft_parallel (length, threads[i], part_cb, &parts);
        for (guint j = 0; j < length; j++)
          g_assert_cmpint (parts.counts[j], ==, 1);
        g_assert_cmpint (parts.at_once_most, <=, MAX (threads[i], 1));
      }
}

static void
test_stop (void)
{
  static const guint threads[] = { 1, 4 };

  for (gsize i = 0; i < G_N_ELEMENTS (threads); i++)
    {
      Parts parts = { .stop = 100 };
      guint done = 0;

      loft_parallel (1000, threads[i], part_cb, &parts);
      for (guint j = 0; j < 1000; j++)
        {
          g_assert_cmpint (parts.counts[j], <=, 1);
          g_assert_cmpint (parts.counts[j], >=, j <= 100);
          done += (guint) parts.counts[j];
        }
      if (threads[i] == 1)
        g_assert_cmpuint (done, ==, 101);
    }
}

static void
add (const char *path, void (*func) (FaultFixture *, gconstpointer))
{
  g_test_add (path,
              FaultFixture,
              NULL,
              fault_fixture_set_up,
              func,
              fault_fixture_tear_down);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  add ("/log-ahead/several", test_several);
  add ("/log-ahead/many", test_many);
  add ("/log-ahead/sealed", test_sealed);
  add ("/log-ahead/gap", test_gap);
  add ("/log-ahead/faults", test_faults);
  g_test_add_func ("/parallel/parts", test_parts);
  g_test_add_func ("/parallel/stop", test_stop);

  return g_test_run ();
}
