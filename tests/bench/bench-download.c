/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

/* bench-download PORT SECONDS CLIENTS COUNT NAME [once]
 *
 * Measures how many tarballs a second so many clients download: those of the
 * first COUNT versions of package NAME that bench-publish has published, again
 * and again, or each once. A client that is sent elsewhere goes there, over a
 * connection that it keeps as well. */

#include <stdlib.h>
#include <string.h>

#include "bench/bench-kit.h"
#include "kit/wire-kit.h"

typedef struct
{
  GPtrArray *wires; /* owned, of Wire */
  Wire **others;    /* owned: where clients were sent */
  const char *name;
  guint count;
  gboolean once;
  int next; /* atomic */
} Download;

/* Gets what is at a target. Where that is elsewhere, gives its address. */
static gboolean
get (Wire *wire, const char *target, char **out_location, GError **error)
{
  guint64 size;

  if (!wire_send (wire, "GET", target, NULL, NULL, error))
    return FALSE;

  g_autoptr (WireAnswer) answer = wire_skip (wire, &size, error);
  if (answer == NULL)
    return FALSE;

  *out_location = answer->status >= 300 && answer->status <= 399
                    ? wire_answer_get_header (answer, "Location")
                    : NULL;
  if (answer->status == 200 || *out_location != NULL)
    return TRUE;

  return bench_refuse_answer (target, answer->status, error);
}

static gboolean
go_there (Wire **wire, const char *location, GError **error)
{
  g_autofree char *further = NULL;
  const char *authority = strstr (location, "://");
  const char *port = authority != NULL ? strchr (authority + 3, ':') : NULL;
  const char *target = port != NULL ? strchr (port, '/') : NULL;

  if (target == NULL)
    {
      g_set_error (error,
                   G_IO_ERROR,
                   G_IO_ERROR_FAILED,
                   "This is no address with a port: %s",
                   location);
      return FALSE;
    }
  if (*wire == NULL)
    *wire = wire_new ((guint16) g_ascii_strtoull (port + 1, NULL, 10));

  return get (*wire, target, &further, error);
}

static gboolean
download_cb (guint worker, guint turn, gpointer user_data, GError **error)
{
  Download *self = user_data;
  guint number = (guint) g_atomic_int_add (&self->next, 1);

  if (self->once && number >= self->count)
    return FALSE;

  g_autofree char *target = g_strdup_printf ("/packages/%s/1.0.%u/download",
                                             self->name,
                                             number % self->count);
  g_autofree char *location = NULL;

  return get (g_ptr_array_index (self->wires, worker),
              target,
              &location,
              error) &&
         (location == NULL ||
          go_there (&self->others[worker], location, error));
}

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;

  g_set_prgname ("bench-download");
  if (argc != 6 && argc != 7)
    {
      g_printerr (
        "usage: bench-download PORT SECONDS CLIENTS COUNT NAME [once]\n");
      return 2;
    }

  guint16 port = (guint16) g_ascii_strtoull (argv[1], NULL, 10);
  guint clients = (guint) g_ascii_strtoull (argv[3], NULL, 10);
  g_autoptr (GPtrArray) wires =
    g_ptr_array_new_with_free_func ((GDestroyNotify) wire_free);
  g_autofree Wire **others = g_new0 (Wire *, clients);
  Download download = {
    .wires = wires,
    .others = others,
    .name = argv[5],
    .count = MAX ((guint) g_ascii_strtoull (argv[4], NULL, 10), 1),
    .once = argc == 7,
  };

  for (guint i = 0; i < clients; i++)
    g_ptr_array_add (wires, wire_new (port));
  gboolean done = bench_run (clients,
                             g_ascii_strtod (argv[2], NULL),
                             download_cb,
                             &download,
                             &error);
  for (guint i = 0; i < clients; i++)
    g_clear_pointer (&others[i], wire_free);

  return done ? EXIT_SUCCESS : bench_fail (error);
}
