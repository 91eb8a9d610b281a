/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "kit/catalog-kit.h"

typedef struct
{
  Kit *kit;
  int stop; /* atomic */
} Reading;

/* Lists until it is told to stop: what was seen once never goes away. */
static gpointer
read_cb (gpointer user_data)
{
  Reading *reading = user_data;
  guint64 seen = 0;

  while (!g_atomic_int_get (&reading->stop))
    {
      g_autoptr (GError) error = NULL;
      guint64 sequence = loft_catalog_get_sequence (reading->kit->catalog);
      g_autoptr (GBytes) list =
        loft_catalog_list_versions (reading->kit->catalog, "hello", &error);
      g_assert_no_error (error);
      g_autoptr (GBytes) packages =
        loft_catalog_list_packages (reading->kit->catalog, NULL, &error);
      g_assert_no_error (error);
      g_autofree char *versions = kit_members (list, "version");
      g_autofree char *newest = kit_members (packages, "version");
      g_auto (GStrv) split = g_strsplit (versions, " ", -1);
      guint length = g_strv_length (split);

      g_assert_cmpuint (length, >=, sequence);
      g_assert_cmpuint (length, >=, seen);
      g_assert_true (g_str_has_prefix (newest, "1."));
      seen = length;
    }

  return NULL;
}

/* Readers never wait for the writer, nor see half of what it does. */
static void
test_concurrent (Kit *kit, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;
  Reading reading = { kit, FALSE };
  GThread *threads[6];

  kit_publish (kit->catalog, "hello", "1.1.0");
  for (gsize i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("reader", read_cb, &reading);
  for (guint i = 2; i < 150; i++)
    {
      g_autofree char *version = g_strdup_printf ("1.%u.0", i);

      kit_publish (kit->catalog, "hello", version);
      if (i % 50 == 0)
        g_assert_true (loft_catalog_checkpoint (kit->catalog, &error));
    }
  g_atomic_int_set (&reading.stop, TRUE);
  for (gsize i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
}

/* More threads than there are connections get their turns. */
static gpointer
look_up_cb (gpointer user_data)
{
  for (guint i = 0; i < 50; i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (LoftCatalogVersion) version =
        loft_catalog_get_version (user_data, "hello", "1.0.0", &error);

      g_assert_no_error (error);
    }

  return NULL;
}

static void
test_many_readers (Kit *kit, gconstpointer test_data)
{
  GThread *threads[40];

  kit_publish (kit->catalog, "hello", "1.0.0");
  for (gsize i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("reader", look_up_cb, kit->catalog);
  for (gsize i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
}

/* A random history of a few packages. */
static GPtrArray *
make_history (GRand *rand)
{
  GPtrArray *events =
    g_ptr_array_new_with_free_func ((GDestroyNotify) loft_event_unref);
  guint64 revisions[5] = { 0 };

  for (guint seq = 1; seq <= 120; seq++)
    {
      guint which = g_rand_int_range (rand, 0, G_N_ELEMENTS (revisions));
      g_autofree char *name = g_strdup_printf ("package-%u", which);
      g_autofree char *version =
        g_strdup_printf ("%d.%d.0%s",
                         g_rand_int_range (rand, 0, 3),
                         g_rand_int_range (rand, 0, 4),
                         g_rand_boolean (rand) ? "" : "-rc.1");

      if (g_rand_int_range (rand, 0, 3) == 0)
        {
          g_ptr_array_add (
            events,
            kit_state_event (name,
                             kit_state (++revisions[which], name, version),
                             seq));
          continue;
        }

      LoftDocument *document = kit_document (name, version);
      g_autofree char *other =
        g_strdup_printf ("package-%c", '0' + version[0] % 5);
      kit_depend (document, other, version);
      document->readme = g_strdup_printf ("Read about %s", version);
      document->published_at += version[0] * 1000 + version[2];
      g_ptr_array_add (events, kit_event (document, seq));
    }

  return events;
}

/* Applies a history to an empty catalog in pieces; with @first set, the
 * documents come before it, in any order. */
static char *
replay (GPtrArray *history, GRand *rand, gboolean first, gboolean complete)
{
  g_autoptr (GError) error = NULL;
  Kit kit = { NULL };

  kit_setup (&kit, NULL);
  if (!complete)
    g_assert_true (loft_catalog_reset (kit.catalog, &error));

  for (guint i = 0; first && i < 4 * history->len; i++)
    {
      const LoftEvent *event =
        history->pdata[g_rand_int_range (rand, 0, history->len)];

      if (event->document != NULL)
        loft_catalog_apply_unlogged (kit.catalog,
                                     event->document,
                                     NULL,
                                     &error);
      g_assert_no_error (error);
    }

  for (guint i = 0; i < history->len;)
    {
      g_autoptr (GPtrArray) events = g_ptr_array_new ();
      guint n = g_rand_int_range (rand, 1, 20);

      for (; n > 0 && i < history->len; n--)
        g_ptr_array_add (events, history->pdata[i++]);
      loft_catalog_apply (kit.catalog, events, &error);
      g_assert_no_error (error);
    }

  loft_catalog_set_complete (kit.catalog, NULL, &error);
  g_assert_no_error (error);
  char *dump = kit_dump (kit.catalog);
  kit_teardown (&kit, NULL);

  return dump;
}

/* A catalog that grew with its events and one that was built anew from them
 * answer the same, byte for byte. */
static void
test_rebuild (void)
{
  for (guint32 seed = 1; seed <= 8; seed++)
    {
      g_autoptr (GRand) rand = g_rand_new_with_seed (seed);
      g_autoptr (GPtrArray) history = make_history (rand);
      g_autofree char *grown = replay (history, rand, FALSE, TRUE);
      g_autofree char *rebuilt = replay (history, rand, FALSE, FALSE);
      g_autofree char *found = replay (history, rand, TRUE, TRUE);
      g_autofree char *scanned = replay (history, rand, TRUE, FALSE);

      g_assert_cmpstr (grown, ==, rebuilt);
      g_assert_cmpstr (grown, ==, found);
      g_assert_cmpstr (grown, ==, scanned);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  g_test_add ("/catalog-history/concurrent",
              Kit,
              NULL,
              kit_setup,
              test_concurrent,
              kit_teardown);
  g_test_add ("/catalog-history/many-readers",
              Kit,
              NULL,
              kit_setup,
              test_many_readers,
              kit_teardown);
  g_test_add_func ("/catalog-history/rebuild", test_rebuild);

  return g_test_run ();
}
