/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

/* bench-start FOLDER SECONDS
 *
 * Starts the daemon on FOLDER/storage with FOLDER/cache, and stops it again.
 * Prints the milliseconds until it listened, until it had told the versions of
 * a package that bench-fill made, and until it was ready; and its resident and
 * anonymous memory then, in KiB. SECONDS is how long that may take. */

#include <stdlib.h>
#include <string.h>

#include "bench/bench-kit.h"
#include "kit/daemon-kit.h"
#include "kit/package-kit.h"
#include "kit/wire-kit.h"

static guint64
read_memory (GPid pid, const char *field)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/status", (int) pid);
  g_autofree char *text = NULL;

  if (!g_file_get_contents (path, &text, NULL, NULL))
    return 0;

  const char *line = strstr (text, field);

  return line != NULL ? g_ascii_strtoull (line + strlen (field), NULL, 10) : 0;
}

static double
get_since (gint64 start)
{
  return (double) (g_get_monotonic_time () - start) / 1e3;
}

static gboolean
ask (DaemonKit *daemon, GError **error)
{
  g_autoptr (Wire) wire = wire_new (daemon->port);
  g_autofree char *name = package_kit_name (0);
  g_autofree char *target = g_strconcat ("/packages/", name, NULL);
  g_autoptr (WireAnswer) answer = wire_get (wire, target, error);

  if (answer == NULL)
    return FALSE;
  if (answer->status == 200)
    return TRUE;

  g_set_error (error,
               G_IO_ERROR,
               G_IO_ERROR_FAILED,
               "The first answer is %u",
               answer->status);

  return FALSE;
}

static gboolean
measure (DaemonKit *daemon, guint seconds, GError **error)
{
  gint64 start = g_get_monotonic_time ();

  if (!daemon_kit_start (daemon, error))
    return FALSE;
  double listening = get_since (start);

  if (!ask (daemon, error))
    return FALSE;
  double answered = get_since (start);

  if (!daemon_kit_wait_ready (daemon, seconds, error))
    return FALSE;
  double ready = get_since (start);

  g_print ("%.1f %.1f %.1f %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT "\n",
           listening,
           answered,
           ready,
           read_memory (daemon->pid, "\nVmRSS:"),
           read_memory (daemon->pid, "\nRssAnon:"));

  return daemon_kit_stop (daemon, error);
}

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;

  g_set_prgname ("bench-start");
  if (argc != 3)
    {
      g_printerr ("usage: bench-start FOLDER SECONDS\n");
      return 2;
    }

  g_autoptr (DaemonKit) daemon = daemon_kit_new (argv[1], &error);
  if (daemon == NULL ||
      !measure (daemon, (guint) g_ascii_strtoull (argv[2], NULL, 10), &error))
    return bench_fail (error);

  return EXIT_SUCCESS;
}
