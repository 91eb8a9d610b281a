/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

/* check-history FILE...
 *
 * Tells what is wrong with histories that were kept; each FILE is one. */

#include "history/history-check.h"

int
main (int argc, char **argv)
{
  gboolean sound = TRUE;

  g_set_prgname ("check-history");
  if (argc < 2)
    {
      g_printerr ("usage: check-history FILE...\n");
      return 2;
    }

  for (int i = 1; i < argc; i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GPtrArray) records = history_load (argv[i], &error);

      if (records == NULL)
        {
          g_printerr ("%s\n", error->message);
          return 2;
        }

      g_autoptr (GPtrArray) faults = history_check (records);
      for (guint j = 0; j < faults->len; j++)
        g_print ("%s\n", (char *) faults->pdata[j]);
      g_print ("%s: %u records, %u faults\n",
               argv[i],
               records->len,
               faults->len);
      sound = sound && faults->len == 0;
    }

  return sound ? 0 : 1;
}
