/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include <signal.h>
#include <string.h>

#include "kit/builder-double.h"
#include "kit/package-kit.h"
#include "kit/store-kit.h"

/* Documentation, where several daemons share a store: one has it built. */

#define TIMEOUT (60 * G_TIME_SPAN_SECOND)
#define READY_SECONDS 60
#define LEASE 3

typedef struct
{
  StoreKit store;         /* with the first daemon */
  DaemonKit *other;       /* owned */
  BuilderDouble *builder; /* owned */
} Fixture;

static void
configure (Fixture *fixture, DaemonKit *daemon)
{
  g_autofree char *path =
    g_build_filename (fixture->store.daemon->folder, "socket", NULL);
  g_autofree char *lease = g_strdup_printf ("%d", LEASE);
  const char *const pairs[][2] = {
    { "doc-command", "loft doc -o {output}" },
    { "doc-socket", path },
    { "maintenance-lease", lease },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (pairs); i++)
    {
      g_autoptr (GError) error = NULL;

      daemon_kit_configure (daemon,
                            "registry",
                            pairs[i][0],
                            pairs[i][1],
                            &error);
      g_assert_no_error (error);
    }
}

static void
start (DaemonKit *daemon)
{
  g_autoptr (GError) error = NULL;

  daemon_kit_start (daemon, &error);
  g_assert_no_error (error);
  daemon_kit_wait_ready (daemon, READY_SECONDS, &error);
  g_assert_no_error (error);
}

static char *
get (DaemonKit *daemon, const char *target)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (Wire) wire = wire_new (daemon->port);
  g_autoptr (WireAnswer) answer = wire_get (wire, target, &error);

  g_assert_no_error (error);

  return wire_answer_dup_text (answer);
}

static void
wait_for (DaemonKit *daemon, const char *target, const char *part)
{
  gint64 end = g_get_monotonic_time () + TIMEOUT;

  for (;;)
    {
      g_autofree char *text = get (daemon, target);

      if (strstr (text, part) != NULL)
        return;
      g_assert_cmpint (g_get_monotonic_time (), <, end);
      g_usleep (20000);
    }
}

static void
publish (DaemonKit *daemon, const char *name)
{
  g_autoptr (Wire) wire = wire_new (daemon->port);
  g_autoptr (GBytes) tarball = package_kit_make (name, "1.0.0", 1000, 1);

  g_assert_cmpuint (wire_publish (wire, name, "1.0.0", tarball), ==, 201);
}

static void
set_up (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;

  store_kit_set_up (&fixture->store);
  fixture->other = daemon_kit_new (NULL, &error);
  g_assert_no_error (error);
  store_kit_configure_daemon (&fixture->store, fixture->other);
  configure (fixture, fixture->store.daemon);
  configure (fixture, fixture->other);

  g_autofree char *path =
    g_build_filename (fixture->store.daemon->folder, "socket", NULL);
  fixture->builder = builder_double_new (path);

  /* From here on what is published is built. */
  start (fixture->store.daemon);
  publish (fixture->store.daemon, "begin");
  gint64 end = g_get_monotonic_time () + TIMEOUT;
  for (guint i = 0;; i++)
    {
      g_autofree char *name = g_strdup_printf ("begin%u", i);
      g_autofree char *target = g_strdup_printf ("/packages/%s/1.0.0", name);

      publish (fixture->store.daemon, name);
      g_autofree char *text = get (fixture->store.daemon, target);
      if (strstr (text, "\"docs\"") != NULL)
        {
          wait_for (fixture->store.daemon, target, "\"state\":\"built\"");
          return;
        }
      g_assert_cmpint (g_get_monotonic_time (), <, end);
      g_usleep (100000);
    }
}

static void
tear_down (Fixture *fixture, gconstpointer test_data)
{
  daemon_kit_free (fixture->other);
  store_kit_tear_down (&fixture->store);
  builder_double_free (fixture->builder);
}

static guint
count_told (DaemonKit *daemon, const char *name)
{
  g_autofree char *text = get (daemon, "/changes?since=0");
  g_autofree char *part =
    g_strdup_printf ("\"type\":\"docs\",\"name\":\"%s\",\"version\":\"1.0.0\"",
                     name);
  guint count = 0;

  for (const char *c = strstr (text, part); c != NULL; c = strstr (c + 1, part))
    count++;

  return count;
}

static void
assert_shown (DaemonKit *daemon, const char *name)
{
  g_autofree char *target = g_strdup_printf ("/packages/%s/1.0.0", name);
  g_autofree char *page = g_strdup_printf ("/pkg-docs/%s/1.0.0/", name);
  g_autofree char *expected = g_strdup_printf ("<h1>%s 1.0.0</h1>", name);

  wait_for (daemon, target, "\"state\":\"built\"");
  g_autofree char *text = get (daemon, page);
  g_assert_cmpstr (text, ==, expected);
}

/* Whoever takes a publish, each version is built once, and all show it. */
static void
test_once (Fixture *fixture, gconstpointer test_data)
{
  static const char *const names[] = { "aa", "bb", "cc", "dd", "ee", "ff" };
  DaemonKit *const daemons[] = { fixture->store.daemon, fixture->other };

  start (fixture->other);
  guint before = builder_double_count (fixture->builder);
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    publish (daemons[i % 2], names[i]);
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      assert_shown (daemons[0], names[i]);
      assert_shown (daemons[1], names[i]);
      g_assert_cmpuint (count_told (daemons[1], names[i]), ==, 1);
    }
  g_assert_cmpuint (builder_double_count (fixture->builder),
                    ==,
                    before + G_N_ELEMENTS (names));
}

static void
begin_to_build (Fixture *fixture, const char *name)
{
  gint64 end = g_get_monotonic_time () + TIMEOUT;
  guint before = builder_double_count (fixture->builder);

  builder_double_expect (fixture->builder,
                         &(BuilderReply){ .line = "", .hangs = TRUE });
  publish (fixture->store.daemon, name);
  while (builder_double_count (fixture->builder) == before)
    {
      g_assert_cmpint (g_get_monotonic_time (), <, end);
      g_usleep (1000);
    }
}

/* What one was having built when it was killed, the next one has built. */
static void
test_killed (Fixture *fixture, gconstpointer test_data)
{
  begin_to_build (fixture, "hello");
  daemon_kit_kill (fixture->store.daemon);
  start (fixture->other);
  assert_shown (fixture->other, "hello");
  g_assert_cmpuint (count_told (fixture->other, "hello"), ==, 1);
}

/* One that sleeps meanwhile finds that it is not its turn any more, and has
 * nothing to tell. */
static void
test_paused (Fixture *fixture, gconstpointer test_data)
{
  begin_to_build (fixture, "hello");
  g_assert_cmpint (kill (fixture->store.daemon->pid, SIGSTOP), ==, 0);
  start (fixture->other);
  assert_shown (fixture->other, "hello");

  g_assert_cmpint (kill (fixture->store.daemon->pid, SIGCONT), ==, 0);
  publish (fixture->other, "next");
  assert_shown (fixture->other, "next");
  assert_shown (fixture->store.daemon, "next");
  assert_shown (fixture->store.daemon, "hello");
  g_assert_cmpuint (count_told (fixture->other, "hello"), ==, 1);
  g_assert_cmpuint (count_told (fixture->other, "next"), ==, 1);
}

#define ADD(path, func)                                                        \
  g_test_add ("/docs-nodes/" path, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  ADD ("once", test_once);
  ADD ("killed", test_killed);
  ADD ("paused", test_paused);

  return g_test_run ();
}
