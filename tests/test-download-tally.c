/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "http/loft-download-tally.h"

#include "kit/registry-kit.h"

/* What a process counts of downloads, before it is handed over. */

#define NOW G_GINT64_CONSTANT (1795694400000000)

typedef struct
{
  RegistryFixture registry;
  LoftDownloadTally *tally; /* owned */
  LoftCounter counted;
  LoftCounter missed;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer test_data)
{
  registry_fixture_set_up (&fixture->registry, NULL);
  fixture->tally = loft_download_tally_new (fixture->registry.registry,
                                            &fixture->counted,
                                            &fixture->missed);
}

static void
tear_down (Fixture *fixture, gconstpointer test_data)
{
  g_clear_pointer (&fixture->tally, loft_download_tally_free);
  registry_fixture_tear_down (&fixture->registry, NULL);
}

static void
add (Fixture *fixture, guint from, guint n)
{
  for (guint i = from; i < from + n; i++)
    {
      g_autofree char *subject = g_strdup_printf ("hello/1.%u.0", i);

      loft_download_tally_add (fixture->tally, subject, NOW);
    }
}

/* A crowd of versions takes as much memory as two tables, and no more: what
 * finds no room is counted in all. Once a table is kept there is room again. */
static void
test_full (Fixture *fixture, gconstpointer test_data)
{
  guint64 missed = 10;

  add (fixture, 0, 2 * LOFT_DOWNLOAD_TALLY_MAX);
  g_assert_cmpuint (loft_counter_get (&fixture->missed), ==, 0);
  add (fixture, 2 * LOFT_DOWNLOAD_TALLY_MAX, 10);
  g_assert_cmpuint (loft_counter_get (&fixture->missed), ==, missed);

  /* What is in the table already is counted all the same. */
  add (fixture, LOFT_DOWNLOAD_TALLY_MAX, 10);
  g_assert_cmpuint (loft_counter_get (&fixture->missed), ==, missed);

  for (guint i = 0; i < 3000; i++)
    {
      add (fixture, 3 * LOFT_DOWNLOAD_TALLY_MAX, 1);
      if (loft_counter_get (&fixture->missed) == missed)
        break;
      missed = loft_counter_get (&fixture->missed);
      g_main_context_iteration (NULL, FALSE);
      g_usleep (G_USEC_PER_SEC / 100);
    }
  g_assert_cmpuint (missed, <, 10 + 3000);
  g_assert_cmpuint (loft_counter_get (&fixture->missed), ==, missed);
  g_assert_cmpuint (loft_counter_get (&fixture->counted),
                    >=,
                    2 * LOFT_DOWNLOAD_TALLY_MAX + 21);
}

/* What is handed over when the tally goes is kept, and nobody is called. */
static void
test_end (Fixture *fixture, gconstpointer test_data)
{
  add (fixture, 0, 10);
  loft_download_tally_flush (fixture->tally);
  add (fixture, 0, 10);
  g_clear_pointer (&fixture->tally, loft_download_tally_free);
  loft_registry_stop (fixture->registry.registry);
  while (g_main_context_iteration (NULL, FALSE))
    continue;
  g_assert_cmpuint (loft_counter_get (&fixture->counted), ==, 20);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  g_test_add ("/download-tally/full",
              Fixture,
              NULL,
              set_up,
              test_full,
              tear_down);
  g_test_add ("/download-tally/end",
              Fixture,
              NULL,
              set_up,
              test_end,
              tear_down);

  return g_test_run ();
}
