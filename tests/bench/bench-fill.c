/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

/* bench-fill STORAGE PACKAGES VERSIONS SIZE [SIZE]
 *
 * Fills a folder as the original server does: so many packages, each with so
 * many versions, whose tarballs have about so many bytes; the odd ones of them
 * as many as the second SIZE says. */

#include <stdlib.h>

#include "bench/bench-kit.h"
#include "kit/package-kit.h"

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;

  g_set_prgname ("bench-fill");
  if (argc != 5 && argc != 6)
    {
      g_printerr ("usage: bench-fill STORAGE PACKAGES VERSIONS SIZE [SIZE]\n");
      return 2;
    }

  const PackageKitFolder folder = {
    .storage = argv[1],
    .packages = (guint) g_ascii_strtoull (argv[2], NULL, 10),
    .versions = (guint) g_ascii_strtoull (argv[3], NULL, 10),
    .size = (gsize) g_ascii_strtoull (argv[4], NULL, 10),
    .odd_size = (gsize) g_ascii_strtoull (argv[argc - 1], NULL, 10),
  };

  if (!package_kit_fill (&folder, NULL, NULL, &error))
    return bench_fail (error);

  return EXIT_SUCCESS;
}
