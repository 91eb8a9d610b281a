/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "kit/daemon-kit.h"
#include "kit/package-kit.h"
#include "kit/usage-kit.h"
#include "kit/wire-kit.h"

/*
 * The real program under siege, by siege-load, while a well-behaved client is
 * served. How fast that is depends on the machine, so it is told and not
 * tested, but for a bound that no machine is as slow as; what the server takes
 * it has to give back.
 *
 * SIEGE_SECONDS says how long each kind of siege lasts; "make siege" lasts
 * longer than "make check".
 */
#define SECONDS 2
#define SECONDS_SHORT 0.5
#define LATENCY_MAX (5 * G_USEC_PER_SEC)
#define READY_SECONDS 60
#define SETTLE_SECONDS 60
#define PAUSE 2000
#define RETRY 5000

#define DRIBBLERS 5000
#define SIPPERS 500
#define RESETS 20000
#define CROWD 1000
#define FEW_DESCRIPTORS 256

/* Memory that stays with the allocator, and is no leak. */
#define MEMORY_KEPT (96 * 1024 * 1024)

#define LARGE_SIZE (4 * 1024 * 1024)

typedef struct
{
  DaemonKit *daemon; /* owned */
} Fixture;

/* The client that is measured, in a thread of its own. */
typedef struct
{
  guint16 port;
  gint done;     /* atomic */
  GArray *times; /* owned, of gint64: microseconds for each answer */
  guint retries;
} Prober;

static void
publish (DaemonKit *daemon, const char *name, gsize size)
{
  g_autoptr (Wire) wire = wire_new (daemon->port);
  g_autoptr (GBytes) tarball = package_kit_make (name, "1.0.0", size, 1);

  g_assert_cmpuint (wire_publish (wire, name, "1.0.0", tarball), ==, 201);
}

static void
set_up (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;

  fixture->daemon = daemon_kit_new (NULL, &error);
  g_assert_no_error (error);
  daemon_kit_start (fixture->daemon, &error);
  g_assert_no_error (error);
  daemon_kit_wait_ready (fixture->daemon, READY_SECONDS, &error);
  g_assert_no_error (error);
  publish (fixture->daemon, "small", 1000);
  publish (fixture->daemon, "large", LARGE_SIZE);
}

static void
tear_down (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;

  daemon_kit_stop (fixture->daemon, &error);
  g_assert_no_error (error);
  daemon_kit_free (fixture->daemon);
}

static double
get_seconds (void)
{
  const char *text = g_getenv ("SIEGE_SECONDS");

  if (text != NULL)
    return strtod (text, NULL);

  return g_getenv ("LOFT_TEST_SHORT") != NULL ? SECONDS_SHORT : SECONDS;
}

static char *
start_load (Fixture *fixture,
            const char *kind,
            guint connections,
            double seconds,
            GSubprocess **out_process)
{
  g_autofree char *program =
    g_test_build_filename (G_TEST_BUILT, "siege", "siege-load", NULL);
  g_autofree char *port = g_strdup_printf ("%u", fixture->daemon->port);
  g_autofree char *count = g_strdup_printf ("%u", connections);
  g_autofree char *duration = g_strdup_printf ("%.1f", seconds);
  const char *target = g_str_equal (kind, "sip")
                         ? "/packages/large/1.0.0/download"
                         : "/packages/small";
  g_autoptr (GError) error = NULL;

  *out_process = g_subprocess_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE,
                                   &error,
                                   program,
                                   kind,
                                   port,
                                   count,
                                   duration,
                                   target,
                                   NULL);
  g_assert_no_error (error);

  return g_strdup_printf ("%s, %s connections", kind, count);
}

/* One request until it is answered: who is sent away comes again. */
static void
probe (Prober *self, Wire *wire, const char *target)
{
  gint64 start = g_get_monotonic_time ();

  while (g_get_monotonic_time () - start < 2 * LATENCY_MAX)
    {
      g_autoptr (WireAnswer) answer = wire_get (wire, target, NULL);

      if (answer != NULL && answer->status == 200)
        break;
      self->retries++;
      g_usleep (RETRY);
    }

  gint64 time = g_get_monotonic_time () - start;
  g_array_append_val (self->times, time);
}

/* By a connection that stays, and by one of its own, in turns. */
static gpointer
probe_in_thread (gpointer data)
{
  static const char *const targets[] = { "/packages/small",
                                         "/packages/small/1.0.0",
                                         "/packages?q=small" };
  Prober *self = data;
  g_autoptr (Wire) kept = wire_new (self->port);

  for (guint turn = 0; !g_atomic_int_get (&self->done); turn++)
    {
      const char *target = targets[turn / 2 % G_N_ELEMENTS (targets)];
      g_autoptr (Wire) fresh = wire_new (self->port);

      probe (self, turn % 2 == 0 ? kept : fresh, target);
      g_usleep (PAUSE);
    }

  return NULL;
}

static int
compare_times (gconstpointer a, gconstpointer b)
{
  gint64 one = *(const gint64 *) a;
  gint64 other = *(const gint64 *) b;

  return (one > other) - (one < other);
}

static void
report (Prober *self, const char *siege, const char *load)
{
  g_array_sort (self->times, compare_times);

  const gint64 *times = (const gint64 *) (void *) self->times->data;
  guint n = self->times->len;

  g_assert_cmpuint (n, >, 0);
  g_test_message ("%s: %s", siege, load);
  g_test_message ("%s: %u answers, median %.2f ms, 99 %% %.2f ms, worst %.2f "
                  "ms, %u tried again",
                  siege,
                  n,
                  (double) times[n / 2] / 1000,
                  (double) times[n * 99 / 100] / 1000,
                  (double) times[n - 1] / 1000,
                  self->retries);
  g_assert_cmpint (times[n - 1], <, LATENCY_MAX);
}

/* Lays siege, while somebody is served. */
static void
besiege (Fixture *fixture, const char *kind, guint connections, double seconds)
{
  g_autoptr (GSubprocess) process = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *siege =
    start_load (fixture, kind, connections, seconds, &process);
  g_autofree char *output = NULL;
  Prober prober = {
    .port = fixture->daemon->port,
    .times = g_array_new (FALSE, FALSE, sizeof (gint64)),
  };
  GThread *thread = g_thread_new ("prober", probe_in_thread, &prober);

  g_subprocess_communicate_utf8 (process, NULL, NULL, &output, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (g_subprocess_get_successful (process));
  g_atomic_int_set (&prober.done, TRUE);
  g_thread_join (thread);

  report (&prober, siege, g_strchomp (output));
  g_array_unref (prober.times);
}

/* Afterwards it has as many descriptors as before, and not much more memory. */
static void
assert_given_back (Fixture *fixture, const Usage *before, const char *kind)
{
  g_autoptr (GError) error = NULL;
  Usage after = { 0 };
  gboolean same = usage_wait (fixture->daemon,
                              before->descriptors,
                              SETTLE_SECONDS,
                              &after,
                              &error);

  g_assert_no_error (error);
  g_test_message ("%s: descriptors %u before, %u after; memory %.1f MiB "
                  "before, %.1f MiB after",
                  kind,
                  before->descriptors,
                  after.descriptors,
                  (double) before->memory / (1024 * 1024),
                  (double) after.memory / (1024 * 1024));
  g_assert_true (same);
  if (usage_is_meaningful ())
    g_assert_cmpuint (after.memory, <, before->memory + MEMORY_KEPT);
}

typedef struct
{
  const char *kind;
  guint connections;
} Siege;

static void
test_siege (Fixture *fixture, gconstpointer data)
{
  const Siege *siege = data;
  g_autoptr (GError) error = NULL;
  Usage before = { 0 };

  /* What is opened once, and then stays, is opened by that. */
  besiege (fixture, "crowd", 64, 0.5);
  usage_settle (fixture->daemon, &before, &error);
  g_assert_no_error (error);

  besiege (fixture, siege->kind, siege->connections, get_seconds ());
  assert_given_back (fixture, &before, siege->kind);
}

/* With too few descriptors for all who come, all are served in turns. */
static void
test_few_descriptors (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  usage_limit_descriptors (fixture->daemon, FEW_DESCRIPTORS, &error);
  g_assert_no_error (error);
  test_siege (fixture, data);
}

static const Siege dribblers = { "dribble", DRIBBLERS };
static const Siege sippers = { "sip", SIPPERS };
static const Siege resets = { "reset", RESETS };
static const Siege a_crowd = { "crowd", CROWD };

#define ADD(name, data, func)                                                  \
  g_test_add ("/siege/" name, Fixture, data, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  ADD ("dribble", &dribblers, test_siege);
  ADD ("sip", &sippers, test_siege);
  ADD ("reset", &resets, test_siege);
  ADD ("few-descriptors", &a_crowd, test_few_descriptors);

  return g_test_run ();
}
