/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

/* bench-lag COUNT PAUSE PREFIX PORT OTHER...
 *
 * Publishes so many versions at one registry and measures for each of the
 * others how long after the answer the version is in its list. Before each,
 * waits for up to PAUSE milliseconds, drawn at random: else each publish would
 * come right after the last look at the log. Prints the median, the 99th
 * percentile and the longest of all times, in milliseconds, and how many they
 * are. */

#include <stdlib.h>
#include <string.h>

#include "bench/bench-kit.h"
#include "kit/package-kit.h"
#include "kit/wire-kit.h"

#define HEADERS                                                                \
  "Content-Type: application/gzip\r\n"                                         \
  "Authorization: Bearer a-token-of-which-only-the-bench-knows\r\n"

/* So that lists stay short. */
#define VERSIONS 10
#define LOOK_PAUSE G_TIME_SPAN_MILLISECOND
#define LAG_MAX (30 * G_TIME_SPAN_SECOND)

typedef struct
{
  guint16 port;
  Wire *wire; /* owned */
  const char *target;
  const char *wanted;
  gint64 since;
  gint64 lag;
  GError *error; /* owned, nullable */
} Watcher;

static gboolean
is_there (Watcher *self, GError **error)
{
  g_autoptr (WireAnswer) answer = wire_get (self->wire, self->target, error);
  if (answer == NULL || answer->status != 200)
    return FALSE;

  g_autofree char *text = wire_answer_dup_text (answer);

  return strstr (text, self->wanted) != NULL;
}

static gpointer
watch_cb (gpointer data)
{
  Watcher *self = data;

  while (!is_there (self, &self->error) && self->error == NULL)
    {
      if (g_get_monotonic_time () - self->since > LAG_MAX)
        g_set_error (&self->error,
                     G_IO_ERROR,
                     G_IO_ERROR_TIMED_OUT,
                     "%s did not get %s",
                     self->target,
                     self->wanted);
      g_usleep (LOOK_PAUSE);
    }
  self->lag = g_get_monotonic_time () - self->since;

  return NULL;
}

/* Watches everywhere at once until the version is there. */
static gboolean
watch (GArray *watchers,
       const char *target,
       const char *wanted,
       GArray *lags,
       GError **error)
{
  g_autoptr (GPtrArray) threads = g_ptr_array_new ();
  gint64 since = g_get_monotonic_time ();
  gboolean done = TRUE;

  for (guint i = 0; i < watchers->len; i++)
    {
      Watcher *watcher = &g_array_index (watchers, Watcher, i);

      watcher->target = target;
      watcher->wanted = wanted;
      watcher->since = since;
      g_ptr_array_add (threads, g_thread_new ("watcher", watch_cb, watcher));
    }
  for (guint i = 0; i < watchers->len; i++)
    {
      Watcher *watcher = &g_array_index (watchers, Watcher, i);

      g_thread_join (g_ptr_array_index (threads, i));
      g_array_append_val (lags, watcher->lag);
      if (watcher->error != NULL && done)
        g_propagate_error (error, g_steal_pointer (&watcher->error));
      g_clear_error (&watcher->error);
      done = done && (error == NULL || *error == NULL);
    }

  return done;
}

static gboolean
publish (Wire *wire, const char *name, const char *version, GError **error)
{
  g_autofree char *target = g_strdup_printf ("/packages/%s/%s", name, version);
  g_autoptr (GBytes) tarball = package_kit_make (name, version, 1000, 0);
  g_autoptr (WireAnswer) answer =
    wire_request (wire, "PUT", target, HEADERS, tarball, error);

  if (answer == NULL || answer->status == 201)
    return answer != NULL;

  return bench_refuse_answer (target, answer->status, error);
}

static gboolean
measure (Wire *wire,
         GArray *watchers,
         guint number,
         const char *prefix,
         GArray *lags,
         GError **error)
{
  g_autofree char *name = g_strdup_printf ("%s-%u", prefix, number / VERSIONS);
  g_autofree char *version = g_strdup_printf ("1.0.%u", number % VERSIONS);
  g_autofree char *target = g_strconcat ("/packages/", name, NULL);
  g_autofree char *wanted = g_strconcat ("\"version\":\"", version, "\"", NULL);

  return publish (wire, name, version, error) &&
         watch (watchers, target, wanted, lags, error);
}

static void
watcher_clear (gpointer data)
{
  Watcher *self = data;

  wire_free (self->wire);
}

static void
add_watchers (GArray *watchers, char **ports)
{
  for (guint i = 0; ports[i] != NULL; i++)
    {
      guint16 port = (guint16) g_ascii_strtoull (ports[i], NULL, 10);
      Watcher watcher = { .port = port, .wire = wire_new (port) };

      g_array_append_val (watchers, watcher);
    }
}

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GArray) watchers = g_array_new (FALSE, FALSE, sizeof (Watcher));
  g_autoptr (GArray) lags = g_array_new (FALSE, FALSE, sizeof (gint64));

  g_set_prgname ("bench-lag");
  if (argc < 6)
    {
      g_printerr ("usage: bench-lag COUNT PAUSE PREFIX PORT OTHER...\n");
      return 2;
    }

  guint count = (guint) g_ascii_strtoull (argv[1], NULL, 10);
  guint pause = (guint) g_ascii_strtoull (argv[2], NULL, 10);
  g_autoptr (Wire) wire =
    wire_new ((guint16) g_ascii_strtoull (argv[4], NULL, 10));

  g_array_set_clear_func (watchers, watcher_clear);
  add_watchers (watchers, argv + 5);
  for (guint i = 0; i < count; i++)
    {
      g_usleep ((gulong) (g_random_double () * pause * 1000));
      if (!measure (wire, watchers, i, argv[3], lags, &error))
        return bench_fail (error);
    }
  bench_print_times (lags);

  return EXIT_SUCCESS;
}
