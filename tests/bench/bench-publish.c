/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

/* bench-publish PORT SECONDS CLIENTS SIZE PREFIX [new]
 *
 * Measures how many versions a second so many clients publish, with tarballs of
 * about SIZE bytes. Each has a package of its own, whose name begins with
 * PREFIX; with "new", each version is the first of another package. */

#include <stdlib.h>

#include "bench/bench-kit.h"
#include "kit/package-kit.h"
#include "kit/wire-kit.h"

#define HEADERS                                                                \
  "Content-Type: application/gzip\r\n"                                         \
  "Authorization: Bearer a-token-of-which-only-the-bench-knows\r\n"

typedef struct
{
  Wire **wires; /* owned */
  const char *prefix;
  gsize size;
  gboolean is_new;
} Publish;

static gboolean
publish_cb (guint worker, guint turn, gpointer user_data, GError **error)
{
  const Publish *publish = user_data;
  g_autofree char *name =
    publish->is_new
      ? g_strdup_printf ("%s-%u-%u", publish->prefix, worker, turn)
      : g_strdup_printf ("%s-%u", publish->prefix, worker);
  g_autofree char *version =
    g_strdup_printf ("1.0.%u", publish->is_new ? 0 : turn);
  g_autofree char *target = g_strdup_printf ("/packages/%s/%s", name, version);
  g_autoptr (GBytes) tarball =
    package_kit_make (name, version, publish->size, turn);
  g_autoptr (WireAnswer) answer = wire_request (publish->wires[worker],
                                                "PUT",
                                                target,
                                                HEADERS,
                                                tarball,
                                                error);

  if (answer == NULL || answer->status == 201)
    return answer != NULL;

  return bench_refuse_answer (target, answer->status, error);
}

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;

  g_set_prgname ("bench-publish");
  if (argc != 6 && argc != 7)
    {
      g_printerr (
        "usage: bench-publish PORT SECONDS CLIENTS SIZE PREFIX [new]\n");
      return 2;
    }

  guint16 port = (guint16) g_ascii_strtoull (argv[1], NULL, 10);
  guint clients = (guint) g_ascii_strtoull (argv[3], NULL, 10);
  g_autoptr (GPtrArray) wires =
    g_ptr_array_new_with_free_func ((GDestroyNotify) wire_free);
  for (guint i = 0; i < clients; i++)
    g_ptr_array_add (wires, wire_new (port));

  Publish publish = {
    .wires = (Wire **) wires->pdata,
    .prefix = argv[5],
    .size = (gsize) g_ascii_strtoull (argv[4], NULL, 10),
    .is_new = argc == 7,
  };

  if (!bench_run (clients,
                  g_ascii_strtod (argv[2], NULL),
                  publish_cb,
                  &publish,
                  &error))
    return bench_fail (error);

  return EXIT_SUCCESS;
}
