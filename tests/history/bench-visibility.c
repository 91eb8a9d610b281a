/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

/* bench-visibility COUNT CLIENTS
 *
 * Measures how long it takes until what one registry has acknowledged is seen
 * at two others on the same store, which LOFT_TEST_CONFIG names: COUNT
 * versions, while CLIENTS publish at each of the three as fast as they can. */

#include <stdlib.h>

#include "history/history-node.h"
#include "kit/package-kit.h"
#include "kit/wire-kit.h"

#define NODES 3
#define READY_SECONDS 60
#define SEEN_SECONDS 60
#define SIZE 5000
#define POLL 500

/* So that it does not keep step with those who look. */
#define PAUSE_MAX (700 * 1000)

#define HEADERS                                                                \
  "Content-Type: application/gzip\r\n"                                         \
  "Authorization: Bearer a-token-of-which-only-the-bench-knows\r\n"

typedef struct
{
  guint16 port;
  guint number;
  const gint *stopping; /* not owned, atomic */
  guint published;
} Publisher;

typedef struct
{
  guint16 port;
  const char *target; /* not owned */
  gint64 seen;
} Watcher;

static guint
publish (Wire *wire, const char *name, const char *version, guint32 seed)
{
  g_autofree char *target = g_strdup_printf ("/packages/%s/%s", name, version);
  g_autoptr (GBytes) tarball = package_kit_make (name, version, SIZE, seed);
  g_autoptr (WireAnswer) answer =
    wire_request (wire, "PUT", target, HEADERS, tarball, NULL);

  return answer != NULL ? answer->status : 0;
}

static gpointer
publish_cb (gpointer data)
{
  Publisher *self = data;
  g_autofree char *name = g_strdup_printf ("load-%u", self->number);
  g_autoptr (Wire) wire = wire_new (self->port);

  for (guint i = 0; !g_atomic_int_get (self->stopping); i++)
    {
      g_autofree char *version = g_strdup_printf ("1.%u.0", i);

      if (publish (wire, name, version, i) == 201)
        self->published++;
    }

  return NULL;
}

/* Looks again and again until the version is there. */
static gpointer
watch_cb (gpointer data)
{
  Watcher *self = data;
  gint64 end = g_get_monotonic_time () + SEEN_SECONDS * G_USEC_PER_SEC;
  g_autoptr (Wire) wire = wire_new (self->port);

  while (g_get_monotonic_time () < end)
    {
      g_autoptr (WireAnswer) answer = wire_get (wire, self->target, NULL);

      if (answer != NULL && answer->status == 200)
        {
          self->seen = g_get_monotonic_time ();
          break;
        }
      g_usleep (POLL);
    }

  return NULL;
}

/* Publishes a version at the first, and adds how long it took at the others. */
static gboolean
measure (HistoryNode **nodes, Wire *wire, guint number, GArray *lags)
{
  g_autofree char *version = g_strdup_printf ("1.%u.0", number);
  g_autofree char *target = g_strconcat ("/packages/seen/", version, NULL);
  Watcher watchers[NODES] = { 0 };
  GThread *threads[NODES] = { NULL };

  for (guint i = 1; i < NODES; i++)
    {
      watchers[i].port = (guint16) nodes[i]->port;
      watchers[i].target = target;
      threads[i] = g_thread_new ("watch", watch_cb, &watchers[i]);
    }
  guint status = publish (wire, "seen", version, number);
  gint64 acknowledged = g_get_monotonic_time ();

  for (guint i = 1; i < NODES; i++)
    {
      g_thread_join (threads[i]);

      /* Others may see it before its publisher is told. */
      gint64 lag = MAX (watchers[i].seen - acknowledged, 0);
      if (watchers[i].seen != 0)
        g_array_append_val (lags, lag);
    }

  return status == 201 && lags->len % (NODES - 1) == 0;
}

static int
compare_lags (gconstpointer a, gconstpointer b)
{
  gint64 left = *(const gint64 *) a;
  gint64 right = *(const gint64 *) b;

  return left < right ? -1 : left > right;
}

static double
get_quantile (GArray *lags, double quantile)
{
  guint i = (guint) (quantile * (double) (lags->len - 1) + 0.5);

  return (double) g_array_index (lags, gint64, i) / 1000;
}

static HistoryNode *
begin_node (guint number, GError **error)
{
  g_autoptr (GKeyFile) store = g_key_file_new ();

  if (!g_key_file_load_from_file (store,
                                  g_getenv ("LOFT_TEST_CONFIG"),
                                  G_KEY_FILE_NONE,
                                  error))
    return NULL;
  g_key_file_remove_key (store, "s3", "timeout", NULL);

  HistoryNode *node = history_node_new (store, number, error);
  if (node == NULL)
    return NULL;
  if (history_node_start (node, error) &&
      daemon_kit_wait_ready (node->daemon, READY_SECONDS, error))
    return node;
  history_node_free (node);

  return NULL;
}

static gboolean
run (HistoryNode **nodes, guint count, guint clients)
{
  g_autoptr (GArray) lags = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_autoptr (Wire) wire = wire_new ((guint16) nodes[0]->port);
  g_autofree Publisher *publishers = g_new0 (Publisher, clients * NODES);
  g_autofree GThread **threads = g_new0 (GThread *, clients * NODES);
  gint stopping = FALSE;
  gint64 begin = g_get_monotonic_time ();
  gboolean done = TRUE;
  guint published = 0;

  for (guint i = 0; i < clients * NODES; i++)
    {
      publishers[i].port = (guint16) nodes[i % NODES]->port;
      publishers[i].number = i;
      publishers[i].stopping = &stopping;
      threads[i] = g_thread_new ("publish", publish_cb, &publishers[i]);
    }
  for (guint i = 0; i < count && done; i++)
    {
      g_usleep ((gulong) g_random_int_range (0, PAUSE_MAX));
      done = measure (nodes, wire, i, lags);
    }
  g_atomic_int_set (&stopping, TRUE);
  for (guint i = 0; i < clients * NODES; i++)
    {
      g_thread_join (threads[i]);
      published += publishers[i].published;
    }
  if (!done)
    return FALSE;

  g_array_sort (lags, compare_lags);
  g_print ("%u versions, %.1f others a second: seen after %.0f ms (p50), "
           "%.0f ms (p90), %.0f ms (p99), %.0f ms at most\n",
           count,
           (double) published * G_USEC_PER_SEC /
             (double) (g_get_monotonic_time () - begin),
           get_quantile (lags, 0.5),
           get_quantile (lags, 0.9),
           get_quantile (lags, 0.99),
           get_quantile (lags, 1));

  return TRUE;
}

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  HistoryNode *nodes[NODES] = { NULL };
  gboolean done = TRUE;

  g_test_init (&argc, &argv, NULL);
  if (argc != 3 || g_getenv ("LOFT_TEST_CONFIG") == NULL)
    {
      g_printerr ("usage: with-ceph STORE bench-visibility COUNT CLIENTS\n");
      return 2;
    }

  for (guint i = 0; i < NODES && error == NULL; i++)
    nodes[i] = begin_node (i, &error);
  if (error != NULL)
    g_printerr ("%s\n", error->message);
  else
    done = run (nodes,
                (guint) strtoul (argv[1], NULL, 10),
                (guint) strtoul (argv[2], NULL, 10));
  for (guint i = 0; i < NODES; i++)
    g_clear_pointer (&nodes[i], history_node_free);

  return error == NULL && done ? 0 : 1;
}
