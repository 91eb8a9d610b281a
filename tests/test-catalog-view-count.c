/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "kit/catalog-kit.h"
#include "registry/loft-catalog-private.h"

/* How many packages a view shows. */

#define N_EVENTS 900
#define N_PACKAGES 700

#define SLOWLY "SELECT count (DISTINCT package) FROM versions WHERE "

/* The same by a look at every version. */
static guint64
count_slowly (LoftCatalog *catalog, const LoftView *view, gint64 last)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (LoftCatalogReader) reader =
    loft_catalog_take_reader (catalog, &error);
  g_autoptr (LoftCatalogStatement) count =
    view->kind == LOFT_VIEW_MIN_AGE
      ? loft_catalog_query (reader, &error, SLOWLY "since <= ?1", "i", last)
      : loft_catalog_query (reader, &error, SLOWLY "seq <= ?1", "i", last);

  loft_catalog_step_to_row (count, &error);
  g_assert_no_error (error);

  return (guint64) loft_catalog_column_int (count, 0);
}

static void
check (LoftCatalog *catalog, const LoftView *view, gint64 last)
{
  g_autoptr (GError) error = NULL;
  LoftValidity validity = { 0 };
  guint64 packages = 0;

  loft_catalog_view_count (catalog, view, &packages, &validity, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (packages, ==, count_slowly (catalog, view, last));
}

/* Views of an age move on while they are looked at; what came is half an hour
 * away from where they end. */
static void
check_all (LoftCatalog *catalog, gint64 now)
{
  gint64 applied = (gint64) loft_catalog_get_sequence (catalog);

  for (gint64 seq = 0; seq <= applied; seq += 7)
    {
      LoftView at = { LOFT_VIEW_AT_EVENT, seq };

      check (catalog, &at, seq);
    }
  for (gint64 hours = 1; hours < N_EVENTS * 2; hours += 13)
    {
      gint64 then = now - hours * G_TIME_SPAN_HOUR;
      LoftView age = { LOFT_VIEW_MIN_AGE, g_get_real_time () - then };

      check (catalog, &age, then);
    }
}

/* A publish, of what was adopted now and then; many of those have one time. */
static LoftEvent *
make_event (GRand *rand, gint64 now, guint seq)
{
  g_autofree char *name =
    g_strdup_printf ("package-%d", g_rand_int_range (rand, 0, N_PACKAGES));
  g_autofree char *version =
    g_strdup_printf ("1.%d.0", g_rand_int_range (rand, 0, 3));
  LoftDocument *document = kit_document (name, version);

  if (g_rand_int_range (rand, 0, 3) == 0)
    {
      document->adopted = TRUE;
      document->published_at =
        g_rand_boolean (rand)
          ? 0
          : now - g_rand_int_range (rand, 0, 2 * N_EVENTS) * G_TIME_SPAN_HOUR -
              G_TIME_SPAN_HOUR / 2;
    }

  LoftEvent *event = loft_event_new_for_document (document);
  loft_event_seal (event,
                   seq,
                   now - (N_EVENTS - seq) * G_TIME_SPAN_HOUR -
                     G_TIME_SPAN_HOUR / 2);

  return event;
}

/* Yanks all versions there may be of a package, which hides none from counts.
 */
static LoftEvent *
make_yank (GRand *rand, guint64 *revisions, gint64 now, guint seq)
{
  int package = g_rand_int_range (rand, 0, N_PACKAGES);
  g_autofree char *name = g_strdup_printf ("package-%d", package);
  LoftState *state = kit_state (++revisions[package], "ann", "1.0.0");
  LoftEvent *event = loft_event_new_for_state (name, state);

  g_hash_table_insert (state->yanked, g_strdup ("1.1.0"), g_strdup (""));
  loft_state_free (state);
  loft_event_seal (event,
                   seq,
                   now - (N_EVENTS - seq) * G_TIME_SPAN_HOUR -
                     G_TIME_SPAN_HOUR / 2);

  return event;
}

/* Some documents are found before an event tells of them, some events come
 * before their documents. */
static void
grow (LoftCatalog *catalog, GRand *rand, gint64 now)
{
  guint64 revisions[N_PACKAGES] = { 0 };
  g_autoptr (LoftDocument) late = NULL;

  for (guint seq = 1; seq <= N_EVENTS; seq++)
    {
      g_autoptr (GError) error = NULL;
      int what = g_rand_int_range (rand, 0, 10);
      LoftEvent *event = what < 2 ? make_yank (rand, revisions, now, seq)
                                  : make_event (rand, now, seq);

      if (what == 2)
        loft_catalog_apply_unlogged (catalog, event->document, NULL, &error);
      g_assert_no_error (error);
      if (what == 3 && late == NULL)
        late = g_steal_pointer (&event->document);
      kit_apply (catalog, event);
      if (what == 4 && late != NULL)
        {
          loft_catalog_apply_unlogged (catalog, late, NULL, &error);
          g_clear_pointer (&late, loft_document_free);
        }
      g_assert_no_error (error);
      if (seq == N_EVENTS / 3)
        check_all (catalog, now);
    }
}

/* Whatever the history, it is as many as a look at every version finds. */
static void
test_histories (void)
{
  for (guint32 seed = 1; seed <= 2; seed++)
    {
      Kit kit = { NULL };
      g_autoptr (GRand) rand = g_rand_new_with_seed (seed);
      gint64 now = g_get_real_time ();

      g_test_message ("seed %u", seed);
      kit_setup (&kit, NULL);
      grow (kit.catalog, rand, now);
      check_all (kit.catalog, now);
      kit_teardown (&kit, NULL);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  g_test_add_func ("/catalog-view-count/histories", test_histories);

  return g_test_run ();
}
