/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "test-storage-contract.h"

#include <string.h>

#define N_CREATORS 64
#define N_COUNTERS 8
#define N_INCREMENTS 10
#define N_WRITTEN 100

typedef struct
{
  StorageFixture *fixture; /* not owned */
  const char *key;
  guint n;
  gsize size;
  int *gate; /* atomic: raised when all may start */
  GError *error;
  gboolean won;
} Racer;

/* Threads that all wait at one gate collide for certain. */
static void
race (GThreadFunc function, Racer *racers, guint n)
{
  g_autofree GThread **threads = g_new0 (GThread *, n);
  int gate = 0;

  for (guint i = 0; i < n; i++)
    {
      racers[i].gate = &gate;
      racers[i].n = i;
      threads[i] = g_thread_new ("racer", function, &racers[i]);
    }
  g_atomic_int_set (&gate, 1);
  for (guint i = 0; i < n; i++)
    g_thread_join (threads[i]);
}

static void
wait_at_gate (const Racer *racer)
{
  while (!g_atomic_int_get (racer->gate))
    g_thread_yield ();
}

/* Every creator has bytes of its own, and as many of them. */
static void
assert_whole (Racer *racer, guint *out_winner)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *text =
    storage_kit_get (racer->fixture->storage, racer->key, &error);

  g_assert_no_error (error);
  guint n = (guint) (text[0] - '!');
  g_autofree char *expected =
    g_strnfill (racer->size + n, (char) ('!' + (char) n));
  g_assert_cmpstr (text, ==, expected);
  *out_winner = n;
}

static gpointer
create_thread (gpointer data)
{
  Racer *racer = data;
  g_autofree char *text =
    g_strnfill (racer->size + racer->n, (char) ('!' + (char) racer->n));

  wait_at_gate (racer);
  racer->won =
    storage_kit_put (racer->fixture->storage, racer->key, text, &racer->error);

  /* Whoever lost finds the winner's object complete, at once. */
  guint winner = 0;
  assert_whole (racer, &winner);

  return NULL;
}

static void
race_creators (StorageFixture *fixture, const char *name, gsize size)
{
  g_autofree char *key = storage_fixture_key (fixture, name);
  Racer racers[N_CREATORS] = { 0 };
  guint n_won = 0;
  guint winner = 0;

  for (guint i = 0; i < N_CREATORS; i++)
    {
      racers[i].fixture = fixture;
      racers[i].key = key;
      racers[i].size = size;
    }
  race (create_thread, racers, N_CREATORS);

  assert_whole (&racers[0], &winner);
  for (guint i = 0; i < N_CREATORS; i++)
    {
      if (racers[i].won)
        {
          g_assert_no_error (racers[i].error);
          g_assert_cmpuint (i, ==, winner);
          n_won++;
        }
      else
        g_assert_error (racers[i].error,
                        LOFT_STORAGE_ERROR,
                        LOFT_STORAGE_ERROR_EXISTS);
      g_clear_error (&racers[i].error);
    }
  g_assert_cmpuint (n_won, ==, 1);
}

/* Of 64 concurrent creators of one key exactly one wins, and what is there is
 * the winner's; whether its folder is new or not, and whatever its size. */
static void
test_creators (StorageFixture *fixture, gconstpointer test_data)
{
  race_creators (fixture, "new/folder/key", 10);
  race_creators (fixture, "new/folder/other", 10);
  race_creators (fixture, "large", 100000);
}

static gpointer
first_thread (gpointer data)
{
  Racer *racer = data;
  g_autoptr (GBytes) bytes = g_bytes_new (&racer->n, sizeof racer->n);

  wait_at_gate (racer);
  g_autofree char *etag = loft_storage_replace (racer->fixture->storage,
                                                racer->key,
                                                bytes,
                                                NULL,
                                                NULL,
                                                &racer->error);
  racer->won = etag != NULL;

  return NULL;
}

/* Of those who expect nothing one wins; to the others the document has
 * changed. */
static void
test_first_documents (StorageFixture *fixture, gconstpointer test_data)
{
  g_autofree char *key = storage_fixture_key (fixture, "name/document");
  Racer racers[N_COUNTERS * 2] = { 0 };
  guint n_won = 0;

  for (guint i = 0; i < G_N_ELEMENTS (racers); i++)
    {
      racers[i].fixture = fixture;
      racers[i].key = key;
    }
  race (first_thread, racers, G_N_ELEMENTS (racers));

  for (guint i = 0; i < G_N_ELEMENTS (racers); i++)
    {
      if (racers[i].won)
        n_won++;
      else
        g_assert_error (racers[i].error,
                        LOFT_STORAGE_ERROR,
                        LOFT_STORAGE_ERROR_CHANGED);
      g_clear_error (&racers[i].error);
    }
  g_assert_cmpuint (n_won, ==, 1);
}

static gboolean
increment (Racer *racer, GError **error)
{
  LoftStorage *storage = racer->fixture->storage;
  g_autoptr (LoftObject) object =
    loft_storage_read (storage, racer->key, 0, -1, NULL, error);
  if (object == NULL)
    return FALSE;

  g_autoptr (GBytes) old = loft_object_load (object, 100, NULL, error);
  if (old == NULL)
    return FALSE;

  g_autofree char *text =
    g_strndup (g_bytes_get_data (old, NULL), g_bytes_get_size (old));
  g_autofree char *next = g_strdup_printf ("%d", atoi (text) + 1);
  g_autoptr (GBytes) bytes = g_bytes_new (next, strlen (next));
  g_autofree char *etag = loft_storage_replace (storage,
                                                racer->key,
                                                bytes,
                                                loft_object_get_etag (object),
                                                NULL,
                                                error);

  return etag != NULL;
}

static gpointer
count_thread (gpointer data)
{
  Racer *racer = data;

  wait_at_gate (racer);
  for (guint i = 0; i < N_INCREMENTS;)
    {
      g_autoptr (GError) error = NULL;

      if (increment (racer, &error))
        i++;
      else
        g_assert_error (error, LOFT_STORAGE_ERROR, LOFT_STORAGE_ERROR_CHANGED);
    }

  return NULL;
}

/* A counter that many increment loses no increment. */
static void
test_counter (StorageFixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *key = storage_fixture_key (fixture, "counter");
  Racer racers[N_COUNTERS] = { 0 };

  g_assert_true (storage_kit_put (fixture->storage, key, "0", &error));
  for (guint i = 0; i < N_COUNTERS; i++)
    {
      racers[i].fixture = fixture;
      racers[i].key = key;
    }
  race (count_thread, racers, N_COUNTERS);

  g_autofree char *text = storage_kit_get (fixture->storage, key, &error);
  g_assert_cmpint (atoi (text), ==, N_COUNTERS * N_INCREMENTS);
}

static gpointer
write_thread (gpointer data)
{
  Racer *racer = data;

  wait_at_gate (racer);
  for (guint i = 0; i < N_WRITTEN; i++)
    {
      g_autoptr (GError) error = NULL;
      g_autofree char *key = g_strdup_printf ("%s%02u/%03u",
                                              racer->fixture->prefix,
                                              i % 7,
                                              i * 37 % N_WRITTEN);

      storage_kit_put (racer->fixture->storage, key, "whole", &error);
      g_assert_no_error (error);
    }

  return NULL;
}

static gpointer
list_thread (gpointer data)
{
  Racer *racer = data;
  guint n = 0;

  wait_at_gate (racer);
  while (n < N_WRITTEN)
    {
      g_autoptr (GError) error = NULL;
      g_auto (GStrv) keys = loft_storage_list (racer->fixture->storage,
                                               racer->fixture->prefix,
                                               NULL,
                                               0,
                                               NULL,
                                               &error);

      g_assert_no_error (error);
      g_assert_cmpuint (g_strv_length (keys), >=, n);
      n = g_strv_length (keys);
      for (guint i = 0; i < n; i++)
        {
          g_autofree char *text =
            storage_kit_get (racer->fixture->storage, keys[i], &error);

          g_assert_no_error (error);
          g_assert_cmpstr (text, ==, "whole");
          g_assert_true (i == 0 || strcmp (keys[i - 1], keys[i]) < 0);
        }
    }

  return NULL;
}

static gpointer
write_or_list_thread (gpointer data)
{
  return ((Racer *) data)->n == 0 ? write_thread (data) : list_thread (data);
}

/* What a list names while others write is whole, and stays there. */
static void
test_list_while_writing (StorageFixture *fixture, gconstpointer test_data)
{
  Racer racers[3] = { 0 };

  for (guint i = 0; i < G_N_ELEMENTS (racers); i++)
    racers[i].fixture = fixture;
  race (write_or_list_thread, racers, G_N_ELEMENTS (racers));
}

void
contract_add_race_tests (void)
{
  CONTRACT_TEST ("/race/creators", test_creators);
  CONTRACT_TEST ("/race/first-documents", test_first_documents);
  CONTRACT_TEST ("/race/counter", test_counter);
  CONTRACT_TEST ("/race/list-while-writing", test_list_while_writing);
}
