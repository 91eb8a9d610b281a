/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include <signal.h>
#include <stdlib.h>

#include "history/history-audit.h"
#include "history/history-check.h"
#include "history/history-clients.h"
#include "history/history-follower.h"
#include "history/history-node.h"
#include "history/history-recorder.h"
#include "kit/s3-double.h"

/*
 * Several registries on one object store, under everything at once: clients
 * that publish the same versions, yank and read; registries and their workers
 * that are killed, frozen, or robbed of their catalogs; a store that hangs, and
 * a network on which requests and answers are lost, late, or there twice.
 * Whatever anybody was told is written down, and has to be a history that
 * registries can have which keep their promises. In the end one more registry
 * begins with nothing, and has to become the same as the others.
 *
 * The store is one in memory, or the one that LOFT_TEST_CONFIG names; then
 * LOFT_TEST_OSD and LOFT_TEST_GATEWAY are its processes, to be stopped where it
 * is to hang. The environment also says how much is done:
 *
 *   LOFT_HISTORY_PUBLISHES   how many publishes, 300
 *   LOFT_HISTORY_PAUSE       seconds that the store hangs at most, 3
 *   LOFT_HISTORY_HARM        milliseconds until the next node is harmed, in the
 *                            mean, 1500
 *   LOFT_HISTORY_CHAOS       how many of a hundred requests come to grief, 3
 *   LOFT_HISTORY_SECONDS     when it has to be over, 400
 *   LOFT_HISTORY_CHECKPOINT  after how many changes a copy of the catalog is
 *                            left in the store; 0, never, so that the last
 *                            registry begins with the documents
 *   LOFT_HISTORY_FILE        where the history is kept
 */
#define NODES 3
#define CLIENTS_PER_NODE 8
#define PUBLISHES 300
#define PUBLISHES_SHORT 60
#define PAUSE_SECONDS 3
#define HARM_MILLISECONDS 1500
#define CHAOS 3
#define SECONDS 400
#define READY_SECONDS 60
#define SETTLE_SECONDS 60

/* How many publishes there are for each pause. */
#define PUBLISHES_PER_PAUSE 75

#define POLL (5 * 1000)
#define SETTLE_POLL (200 * 1000)
#define SETTLED 10

typedef struct
{
  S3Double *engine;              /* owned */
  GKeyFile *store;               /* owned */
  HistoryRecorder *recorder;     /* owned */
  HistoryNode *nodes[NODES + 1]; /* owned */
  HistoryClients *clients;       /* owned */
  GRand *random;                 /* owned */
  guint32 seed;
  guint publishes;
  gint64 end;
  GPid parts[3];
  guint part;
  gboolean hanging;
  gint64 pause_end;
  GArray *frozen; /* owned, nullable: processes */
  gint64 thaw;
  guint harms;
  guint pauses;
} Fixture;

static guint
get_number (const char *variable, guint fallback)
{
  const char *text = g_getenv (variable);

  return text != NULL ? (guint) strtoul (text, NULL, 10) : fallback;
}

/* Whoever goes to the store goes through the bad network. */
static GKeyFile *
make_store (S3Double **out_engine)
{
  const char *path = g_getenv ("LOFT_TEST_CONFIG");
  g_autoptr (GKeyFile) store = g_key_file_new ();
  g_autoptr (GError) error = NULL;

  if (path == NULL)
    {
      *out_engine = s3_double_new (S3_MEMORY_GOOD);

      return s3_double_make_config (*out_engine, "");
    }

  g_key_file_load_from_file (store, path, G_KEY_FILE_NONE, &error);
  g_assert_no_error (error);
  g_autofree char *endpoint =
    g_key_file_get_string (store, "s3", "endpoint", NULL);
  g_autoptr (GUri) uri = g_uri_parse (endpoint, G_URI_FLAGS_NONE, &error);
  g_assert_no_error (error);

  *out_engine = s3_double_new_proxy ((guint16) g_uri_get_port (uri));
  g_autofree char *own = s3_double_format_uri (*out_engine);
  g_key_file_set_string (store, "s3", "endpoint", own);

  /* As long as it is in earnest. */
  g_key_file_remove_key (store, "s3", "timeout", NULL);

  return g_steal_pointer (&store);
}

static HistoryNode *
begin_node (Fixture *fixture, guint number)
{
  g_autoptr (GError) error = NULL;
  HistoryNode *node = history_node_new (fixture->store, number, &error);

  g_assert_no_error (error);
  history_node_start (node, &error);
  g_assert_no_error (error);
  daemon_kit_wait_ready (node->daemon, READY_SECONDS, &error);
  g_assert_no_error (error);

  return node;
}

static void
set_up (Fixture *fixture, gconstpointer test_data)
{
  fixture->store = make_store (&fixture->engine);
  g_key_file_set_integer (fixture->store,
                          "registry",
                          "checkpoint-interval",
                          (int) get_number ("LOFT_HISTORY_CHECKPOINT", 0));
  g_key_file_set_string (fixture->store, "registry", "maintenance-lease", "5");
  fixture->seed = (guint32) g_test_rand_int ();
  fixture->random = g_rand_new_with_seed (fixture->seed);
  g_random_set_seed (fixture->seed);
  fixture->publishes = get_number (
    "LOFT_HISTORY_PUBLISHES",
    g_getenv ("LOFT_TEST_SHORT") != NULL ? PUBLISHES_SHORT : PUBLISHES);
  fixture->end =
    g_get_monotonic_time () +
    (gint64) get_number ("LOFT_HISTORY_SECONDS", SECONDS) * G_USEC_PER_SEC;
  fixture->parts[1] = (GPid) get_number ("LOFT_TEST_GATEWAY", 0);
  fixture->parts[2] = (GPid) get_number ("LOFT_TEST_OSD", 0);
  fixture->recorder = history_recorder_new ();
  for (guint i = 0; i < NODES; i++)
    fixture->nodes[i] = begin_node (fixture, i);
  fixture->clients = history_clients_new (fixture->recorder,
                                          fixture->nodes,
                                          NODES,
                                          CLIENTS_PER_NODE,
                                          fixture->publishes,
                                          fixture->seed);
}

static void
tear_down (Fixture *fixture, gconstpointer test_data)
{
  for (guint i = 0; i <= NODES; i++)
    g_clear_pointer (&fixture->nodes[i], history_node_free);
  history_clients_free (fixture->clients);
  history_recorder_free (fixture->recorder);
  g_rand_free (fixture->random);
  g_key_file_unref (fixture->store);
  s3_double_free (fixture->engine);
}

static guint
choose (Fixture *fixture, guint from, guint to)
{
  return (guint) g_rand_int_range (fixture->random, (gint32) from, (gint32) to);
}

/* Kills one of the processes that serve, if there are any. */
static void
kill_worker (Fixture *fixture, guint number)
{
  g_autoptr (GArray) workers =
    daemon_kit_list_workers (fixture->nodes[number]->daemon);

  history_recorder_note (fixture->recorder, number, "kill a worker");
  if (workers->len > 0)
    kill (g_array_index (workers, GPid, choose (fixture, 0, workers->len)),
          SIGKILL);
}

/* Kills a node, and starts it again without waiting for it. */
static void
kill_node (Fixture *fixture, guint number)
{
  g_autoptr (GError) error = NULL;

  history_recorder_note (fixture->recorder, number, "kill");
  history_node_kill (fixture->nodes[number]);
  g_usleep (choose (fixture, 0, 500) * 1000);
  history_node_launch (fixture->nodes[number], &error);
  g_assert_no_error (error);
}

/* The same, but it is told to stop before it is killed. */
static void
stop_node (Fixture *fixture, guint number)
{
  HistoryNode *node = fixture->nodes[number];

  history_recorder_note (fixture->recorder, number, "stop");
  if (node->daemon->pid != 0)
    daemon_kit_ask_to_stop (node->daemon);
  g_usleep (choose (fixture, 0, 1000) * 1000);
  kill_node (fixture, number);
}

/* The same, and its catalog is lost. */
static void
rob_node (Fixture *fixture, guint number)
{
  HistoryNode *node = fixture->nodes[number];

  history_recorder_note (fixture->recorder, number, "lose the catalog");
  history_node_kill (node);
  daemon_kit_forget_cache (node->daemon, NULL);
  kill_node (fixture, number);
}

/* Holds all processes of a node, as a machine does that is moved or out of
 * memory. Meanwhile the others go on. If it is killed before it goes on, what
 * serves for it does so for a moment longer. */
static void
freeze_node (Fixture *fixture, guint number, gint64 now)
{
  guint most = get_number ("LOFT_HISTORY_PAUSE", PAUSE_SECONDS) * 1000;
  DaemonKit *daemon = fixture->nodes[number]->daemon;

  if (fixture->frozen != NULL || daemon->pid == 0)
    return;

  history_recorder_note (fixture->recorder, number, "freeze");
  fixture->frozen = daemon_kit_list_workers (daemon);
  g_array_append_val (fixture->frozen, daemon->pid);
  fixture->thaw = now + choose (fixture, 500, MAX (most, 501)) * 1000;
  for (guint i = 0; i < fixture->frozen->len; i++)
    kill (g_array_index (fixture->frozen, GPid, i), SIGSTOP);
}

static void
thaw_node (Fixture *fixture)
{
  history_recorder_note (fixture->recorder, 0, "thaw");
  for (guint i = 0; i < fixture->frozen->len; i++)
    kill (g_array_index (fixture->frozen, GPid, i), SIGCONT);
  g_clear_pointer (&fixture->frozen, g_array_unref);
}

static void
harm_node (Fixture *fixture, gint64 now)
{
  guint number = choose (fixture, 0, NODES);

  fixture->harms++;
  switch (choose (fixture, 0, 8))
    {
    case 0:
      kill_worker (fixture, number);
      break;
    case 1:
      stop_node (fixture, number);
      break;
    case 2:
      rob_node (fixture, number);
      break;
    case 3:
      freeze_node (fixture, number, now);
      break;
    default:
      kill_node (fixture, number);
      break;
    }
}

/* Takes note of nodes that listen again. */
static void
look_after_nodes (Fixture *fixture)
{
  for (guint i = 0; i < NODES; i++)
    {
      g_autoptr (GError) error = NULL;

      if (fixture->nodes[i]->port != 0)
        continue;
      if (history_node_poll (fixture->nodes[i], &error))
        history_recorder_note (fixture->recorder, i, "listen");
      g_assert_no_error (error);
    }
}

/* Has the store hang, or go on: the part @which of it, or all. */
static void
set_hanging (Fixture *fixture, guint which, gboolean hanging)
{
  static const char *const names[] = { "store", "gateway", "disk" };
  g_autofree char *text =
    g_strconcat (hanging ? "pause " : "continue ", names[which], NULL);

  if (fixture->parts[which] != 0)
    kill (fixture->parts[which], hanging ? SIGSTOP : SIGCONT);
  else
    s3_double_set_hanging (fixture->engine, hanging);
  history_recorder_note (fixture->recorder, 0, text);
}

/* Has the store hang, or go on after a while. */
static void
pause_store (Fixture *fixture, gint64 now)
{
  guint most = get_number ("LOFT_HISTORY_PAUSE", PAUSE_SECONDS) * 1000;

  if (fixture->hanging)
    {
      set_hanging (fixture, fixture->part, FALSE);
      fixture->hanging = FALSE;
      return;
    }

  fixture->pauses++;
  fixture->part = choose (fixture, 0, G_N_ELEMENTS (fixture->parts));
  fixture->hanging = TRUE;
  fixture->pause_end = now + choose (fixture, 1000, MAX (most, 1001)) * 1000;
  set_hanging (fixture, fixture->part, TRUE);
}

/* Harms a node now and then, also while the store hangs and nobody gets on;
 * and has the store hang, for each so many publishes. */
static void
make_trouble (Fixture *fixture)
{
  guint next_pause = choose (fixture, 0, PUBLISHES_PER_PAUSE);
  guint most = 2 * get_number ("LOFT_HISTORY_HARM", HARM_MILLISECONDS);
  gint64 next_harm = 0;

  while (!history_clients_are_done (fixture->clients))
    {
      guint progress = history_clients_get_progress (fixture->clients);
      gint64 now = g_get_monotonic_time ();

      look_after_nodes (fixture);
      if (now > fixture->end)
        history_clients_stop (fixture->clients);
      if (fixture->frozen != NULL && now > fixture->thaw)
        thaw_node (fixture);
      if (fixture->hanging ? now > fixture->pause_end : progress >= next_pause)
        {
          pause_store (fixture, now);
          next_pause = progress + choose (fixture, 1, 2 * PUBLISHES_PER_PAUSE);
        }
      if (progress < fixture->publishes && now > next_harm)
        {
          harm_node (fixture, now);
          next_harm = now + choose (fixture, 0, MAX (most, 1)) * 1000;
        }
      g_usleep (POLL);
    }
  if (fixture->frozen != NULL)
    thaw_node (fixture);
  if (fixture->hanging)
    set_hanging (fixture, fixture->part, FALSE);
}

/* Waits until all listen that were killed last. */
static void
await_nodes (Fixture *fixture)
{
  gint64 end = g_get_monotonic_time () + READY_SECONDS * G_USEC_PER_SEC;

  for (guint i = 0; i < NODES; i++)
    while (fixture->nodes[i]->port == 0)
      {
        if (g_get_monotonic_time () > end)
          {
            g_autofree char *log =
              daemon_kit_dup_log (fixture->nodes[i]->daemon);

            g_error ("Node %u does not come back; it said:\n%s", i, log);
          }
        look_after_nodes (fixture);
        g_usleep (POLL);
      }
}

/* Whether all nodes have the same number of changes now. */
static gboolean
are_even (Fixture *fixture, gint64 *last)
{
  gint64 first = history_node_get_sequence (fixture->nodes[0]);
  gboolean even = first >= 0 && first == *last;

  for (guint i = 1; i <= NODES; i++)
    if (history_node_get_sequence (fixture->nodes[i]) != first)
      even = FALSE;
  *last = first;

  return even;
}

/* Waits until the nodes have all changes, and no more are made: a node that was
 * killed has to look for what it was about to tell. */
static void
settle (Fixture *fixture)
{
  gint64 end = g_get_monotonic_time () + SETTLE_SECONDS * G_USEC_PER_SEC;
  gint64 last = -1;

  for (guint even = 0; even < SETTLED;)
    {
      even = are_even (fixture, &last) ? even + 1 : 0;
      if (g_get_monotonic_time () > end)
        {
          for (guint i = 0; i <= NODES; i++)
            g_test_message ("node %u has %" G_GINT64_FORMAT " changes",
                            i,
                            history_node_get_sequence (fixture->nodes[i]));
          g_error ("The nodes do not become even");
        }
      g_usleep (SETTLE_POLL);
    }
}

static void
keep_history (Fixture *fixture, gboolean sound)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *name = g_strdup_printf ("loft-history-%u", fixture->seed);
  g_autofree char *path = g_strdup (g_getenv ("LOFT_HISTORY_FILE"));

  if (path == NULL && sound)
    return;
  if (path == NULL)
    path = g_build_filename (g_get_tmp_dir (), name, NULL);
  history_recorder_save (fixture->recorder, path, &error);
  g_assert_no_error (error);
  g_test_message ("the history is kept in %s", path);
}

static void
test_history (Fixture *fixture, gconstpointer data)
{
  gint64 begin = g_get_monotonic_time ();
  HistoryFollower *followers[NODES];

  s3_double_set_chaos (fixture->engine,
                       get_number ("LOFT_HISTORY_CHAOS", CHAOS));
  for (guint i = 0; i < NODES; i++)
    followers[i] =
      history_follower_new (fixture->recorder, fixture->nodes[i], i);
  history_clients_start (fixture->clients);
  make_trouble (fixture);
  history_clients_join (fixture->clients);
  s3_double_set_chaos (fixture->engine, 0);
  gint64 worked = g_get_monotonic_time ();

  await_nodes (fixture);
  fixture->nodes[NODES] = begin_node (fixture, NODES);
  g_test_message ("%.1f s until one more is ready",
                  (double) (g_get_monotonic_time () - worked) / G_USEC_PER_SEC);
  settle (fixture);
  g_test_message ("%.1f s until all are even",
                  (double) (g_get_monotonic_time () - worked) / G_USEC_PER_SEC);
  for (guint i = 0; i < NODES; i++)
    history_follower_stop (followers[i]);
  history_audit (fixture->recorder, fixture->nodes, NODES + 1);
  g_autoptr (GPtrArray) faults = history_check (fixture->recorder->records);

  history_clients_report (fixture->clients);
  g_test_message ("%u harms, %u pauses; %.1f s, and %.1f s to read all; "
                  "%u records",
                  fixture->harms,
                  fixture->pauses,
                  (double) (worked - begin) / G_USEC_PER_SEC,
                  (double) (g_get_monotonic_time () - worked) / G_USEC_PER_SEC,
                  fixture->recorder->records->len);
  keep_history (fixture, faults->len == 0);
  for (guint i = 0; i < faults->len; i++)
    g_test_message ("%s", (char *) faults->pdata[i]);
  g_assert_cmpuint (faults->len, ==, 0);
  g_assert_cmpuint (history_clients_get_progress (fixture->clients),
                    ==,
                    fixture->publishes);
  g_assert_cmpuint (history_clients_get_given_up (fixture->clients), ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  g_test_add ("/history", Fixture, NULL, set_up, test_history, tear_down);

  return g_test_run ();
}
