/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

/* bench-idle PORT CONNECTIONS TARGET
 *
 * Opens so many connections, asks for TARGET once on each, says so, and keeps
 * them open until it is killed. */

#include <stdlib.h>
#include <unistd.h>

#include "bench/bench-kit.h"
#include "kit/wire-kit.h"

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;

  g_set_prgname ("bench-idle");
  if (argc != 4)
    {
      g_printerr ("usage: bench-idle PORT CONNECTIONS TARGET\n");
      return 2;
    }

  guint16 port = (guint16) g_ascii_strtoull (argv[1], NULL, 10);
  guint connections = (guint) g_ascii_strtoull (argv[2], NULL, 10);
  g_autoptr (GPtrArray) wires =
    g_ptr_array_new_with_free_func ((GDestroyNotify) wire_free);

  for (guint i = 0; i < connections; i++)
    {
      Wire *wire = wire_new (port);
      g_ptr_array_add (wires, wire);

      g_autoptr (WireAnswer) answer = wire_get (wire, argv[3], &error);
      if (answer == NULL)
        return bench_fail (error);
      if (answer->status != 200)
        {
          g_printerr ("bench-idle: status %u\n", answer->status);
          return EXIT_FAILURE;
        }
    }

  g_print ("idle\n");
  for (;;)
    pause ();
}
