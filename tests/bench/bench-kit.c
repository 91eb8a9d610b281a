/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "bench/bench-kit.h"

#include <stdlib.h>

typedef struct
{
  guint number;
  gint64 end;
  BenchFunc func;
  gpointer user_data; /* not owned */
  GArray *times;      /* owned, of microseconds */
  GError *error;      /* owned, nullable */
  GThread *thread;    /* owned */
} Worker;

static gpointer
work_cb (gpointer data)
{
  Worker *self = data;
  gint64 before = g_get_monotonic_time ();

  for (guint turn = 0; before < self->end; turn++)
    {
      if (!self->func (self->number, turn, self->user_data, &self->error))
        break;

      gint64 after = g_get_monotonic_time ();
      gint64 time = after - before;

      g_array_append_val (self->times, time);
      before = after;
    }

  return NULL;
}

static int
compare_times (gconstpointer a, gconstpointer b)
{
  const gint64 *first = a;
  const gint64 *second = b;

  return (*first > *second) - (*first < *second);
}

/* Prints the median, the 99th percentile and the longest of @times, in
 * milliseconds; then how many they are. */
void
bench_print_times (GArray *times)
{
  double ms[3] = { 0 };

  g_array_sort (times, compare_times);
  if (times->len > 0)
    {
      ms[0] = (double) g_array_index (times, gint64, times->len / 2) / 1e3;
      ms[1] =
        (double) g_array_index (times, gint64, times->len * 99 / 100) / 1e3;
      ms[2] = (double) g_array_index (times, gint64, times->len - 1) / 1e3;
    }

  g_print ("%.2f %.2f %.2f %u\n", ms[0], ms[1], ms[2], times->len);
}

/* Has @workers threads do @func again and again for some time, and prints how
 * quick they were: how many a second, then as bench_print_times(). A function
 * that fails without an error ends its own thread only. */
gboolean
bench_run (guint workers,
           double seconds,
           BenchFunc func,
           gpointer user_data,
           GError **error)
{
  g_autofree Worker *all = g_new0 (Worker, workers);
  g_autoptr (GArray) times = g_array_new (FALSE, FALSE, sizeof (gint64));
  gint64 start = g_get_monotonic_time ();
  gboolean failed = FALSE;

  for (guint i = 0; i < workers; i++)
    {
      all[i].number = i;
      all[i].end = start + (gint64) (seconds * G_USEC_PER_SEC);
      all[i].func = func;
      all[i].user_data = user_data;
      all[i].times = g_array_new (FALSE, FALSE, sizeof (gint64));
      all[i].thread = g_thread_new ("worker", work_cb, &all[i]);
    }

  for (guint i = 0; i < workers; i++)
    {
      g_thread_join (all[i].thread);
      g_array_append_vals (times, all[i].times->data, all[i].times->len);
      g_array_unref (all[i].times);
      if (all[i].error != NULL && !failed)
        g_propagate_error (error, g_steal_pointer (&all[i].error));
      else
        g_clear_error (&all[i].error);
      failed = failed || (error != NULL && *error != NULL);
    }

  double took =
    (double) (g_get_monotonic_time () - start) / (double) G_USEC_PER_SEC;
  if (!failed)
    {
      g_print ("%.1f ", times->len / took);
      bench_print_times (times);
    }

  return !failed;
}

/* For an answer that ends what is measured. Always FALSE. */
gboolean
bench_refuse_answer (const char *target, guint status, GError **error)
{
  g_set_error (error,
               G_IO_ERROR,
               G_IO_ERROR_FAILED,
               "%s was answered with %u",
               target,
               status);

  return FALSE;
}

int
bench_fail (const GError *error)
{
  g_printerr ("%s: %s\n", g_get_prgname (), error->message);

  return EXIT_FAILURE;
}
