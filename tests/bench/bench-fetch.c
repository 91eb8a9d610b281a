/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

/* bench-fetch PORT PACKAGES
 *
 * Does for each package that bench-fill made what a client does: asks for its
 * versions, and downloads the first.
 *
 * bench-fetch PORT pause
 *
 * Measures how long the versions of a package take at most while the list of
 * all packages is made and sent. Prints that and the time of the list, in
 * milliseconds, and the size of the list. */

#include <stdlib.h>
#include <string.h>

#include "bench/bench-kit.h"
#include "kit/package-kit.h"
#include "kit/wire-kit.h"

static gboolean
get (Wire *wire, const char *target, gsize *out_size, GError **error)
{
  g_autoptr (WireAnswer) answer = wire_get (wire, target, error);

  if (answer == NULL)
    return FALSE;
  if (answer->status != 200)
    return bench_refuse_answer (target, answer->status, error);
  if (out_size != NULL)
    *out_size = g_bytes_get_size (answer->body);

  return TRUE;
}

static gboolean
fetch_all (guint16 port, guint packages, GError **error)
{
  g_autoptr (Wire) wire = wire_new (port);
  g_autofree char *version = package_kit_version (0);

  for (guint i = 0; i < packages; i++)
    {
      g_autofree char *name = package_kit_name (i);
      g_autofree char *list = g_strconcat ("/packages/", name, NULL);
      g_autofree char *download =
        g_strconcat (list, "/", version, "/download", NULL);

      if (!get (wire, list, NULL, error) || !get (wire, download, NULL, error))
        return FALSE;
    }

  return TRUE;
}

typedef struct
{
  guint16 port;
  int done; /* atomic */
  gint64 took;
  gsize size;
  GError *error; /* owned, nullable */
} List;

static gpointer
list_cb (gpointer data)
{
  List *list = data;
  g_autoptr (Wire) wire = wire_new (list->port);
  gint64 before = g_get_monotonic_time ();

  get (wire, "/packages", &list->size, &list->error);
  list->took = g_get_monotonic_time () - before;
  g_atomic_int_set (&list->done, TRUE);

  return NULL;
}

static gboolean
measure_pause (guint16 port, GError **error)
{
  List list = { .port = port };
  g_autoptr (Wire) wire = wire_new (port);
  g_autofree char *name = package_kit_name (0);
  g_autofree char *target = g_strconcat ("/packages/", name, NULL);
  gint64 longest = 0;
  gboolean going = get (wire, target, NULL, error);
  GThread *thread = g_thread_new ("list", list_cb, &list);

  while (going && !g_atomic_int_get (&list.done))
    {
      gint64 before = g_get_monotonic_time ();

      going = get (wire, target, NULL, error);
      longest = MAX (longest, g_get_monotonic_time () - before);
    }
  g_thread_join (thread);

  if (going && list.error != NULL)
    g_propagate_error (error, g_steal_pointer (&list.error));
  if (error != NULL && *error != NULL)
    return FALSE;

  g_print ("%.1f %.1f %" G_GSIZE_FORMAT "\n",
           (double) longest / 1e3,
           (double) list.took / 1e3,
           list.size);

  return TRUE;
}

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;

  g_set_prgname ("bench-fetch");
  if (argc != 3)
    {
      g_printerr ("usage: bench-fetch PORT PACKAGES|pause\n");
      return 2;
    }

  guint16 port = (guint16) g_ascii_strtoull (argv[1], NULL, 10);
  guint packages = (guint) g_ascii_strtoull (argv[2], NULL, 10);
  gboolean done = g_str_equal (argv[2], "pause")
                    ? measure_pause (port, &error)
                    : fetch_all (port, packages, &error);

  return done ? EXIT_SUCCESS : bench_fail (error);
}
