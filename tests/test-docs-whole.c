/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>

#include "kit/builder-kit.h"
#include "kit/ctl-kit.h"

/* From a publish to a page: the server, what builds documentation in its
 * sandbox, and what an administrator sees of it. */

#define TIMEOUT (60 * G_TIME_SPAN_SECOND)

/* What packages say of themselves decides what becomes of them. */
#define COMMAND                                                                \
  "sh -c 'case $(cat manifest.json) in "                                       \
  "*broken*) echo \"Looking around\"; echo \"No such thing\" >&2; exit 3;; "   \
  "*slow*) sleep 3;; esac; mkdir {output}/sub; "                               \
  "cp manifest.json {output}/sub; echo \"<h1>made</h1>\" "                     \
  ">{output}/index.html'"

typedef struct
{
  CtlKit kit;
  char *folder;         /* owned */
  char *path;           /* owned: of the socket */
  GSubprocess *builder; /* owned */
  gboolean is_skipped;
} Fixture;

static void
wait_for (const char *line, const char *expected)
{
  gint64 end = g_get_monotonic_time () + TIMEOUT;

  for (;;)
    {
      g_autofree char *said = ctl_kit_succeed (line);

      if (strstr (said, expected) != NULL)
        return;
      g_assert_cmpint (g_get_monotonic_time (), <, end);
      g_usleep (100000);
    }
}

static void
start_builder (Fixture *fixture)
{
  g_autofree char *program =
    g_test_build_filename (G_TEST_BUILT, "..", "loft-registry-docs", NULL);
  g_autoptr (GError) error = NULL;

  fixture->builder = g_subprocess_new (G_SUBPROCESS_FLAGS_NONE,
                                       &error,
                                       program,
                                       "--listen",
                                       fixture->path,
                                       NULL);
  g_assert_no_error (error);
}

static void
turn_on (Fixture *fixture)
{
  const char *const pairs[][2] = {
    { "doc-command", COMMAND },
    { "doc-socket", fixture->path },
    { "doc-attempts", "2" },
    { "doc-retry-interval", "1" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (pairs); i++)
    {
      g_autoptr (GError) error = NULL;

      daemon_kit_configure (fixture->kit.daemon,
                            "registry",
                            pairs[i][0],
                            pairs[i][1],
                            &error);
      g_assert_no_error (error);
    }

  /* Nobody listens yet: what is published then waits. */
  g_autofree char *said = ctl_kit_succeed ("reload");
  gint64 end = g_get_monotonic_time () + TIMEOUT;
  for (guint i = 1;; i++)
    {
      g_autofree char *version = g_strdup_printf ("%u.0.0", i);
      g_autofree char *line = g_strdup_printf ("docs begin@%s --json", version);

      ctl_kit_publish (&fixture->kit, "begin", version, "nothing");
      g_autofree char *shown = ctl_kit_succeed (line);
      if (strstr (shown, "\"none\"") == NULL)
        {
          start_builder (fixture);
          wait_for (line, "\"built\"");
          return;
        }
      g_assert_cmpint (g_get_monotonic_time (), <, end);
      g_usleep (100000);
    }
}

static void
set_up (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;

  /* It may have no other children. */
  fixture->is_skipped = builder_kit_skip ();
  if (fixture->is_skipped)
    return;

  fixture->folder = g_dir_make_tmp ("loft-docs-XXXXXX", &error);
  g_assert_no_error (error);
  fixture->path = g_build_filename (fixture->folder, "socket", NULL);
  ctl_kit_set_up (&fixture->kit, NULL);
  fixture->kit.daemon->expects_warnings = TRUE;
}

static void
tear_down (Fixture *fixture, gconstpointer test_data)
{
  if (fixture->is_skipped)
    return;

  ctl_kit_tear_down (&fixture->kit, NULL);
  if (fixture->builder != NULL)
    {
      g_subprocess_send_signal (fixture->builder, SIGTERM);
      g_subprocess_wait (fixture->builder, NULL, NULL);
      g_object_unref (fixture->builder);
    }
  g_remove (fixture->path);
  g_assert_cmpint (g_rmdir (fixture->folder), ==, 0);
  g_free (fixture->path);
  g_free (fixture->folder);
}

static char *
get (Fixture *fixture, const char *target, const char *headers, guint status)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (Wire) wire = wire_new (fixture->kit.daemon->port);
  g_autoptr (WireAnswer) answer =
    wire_request (wire, "GET", target, headers, NULL, &error);

  g_assert_no_error (error);
  g_assert_cmpuint (answer->status, ==, status);

  return wire_answer_dup_text (answer);
}

static void
assert_has (const char *text, const char *part)
{
  g_test_message ("%s", text);
  g_assert_nonnull (strstr (text, part));
}

/* What is published over the wire has documentation a moment later; that of a
 * command that fails has a reason, for readers and for administrators. */
static void
test_published (Fixture *fixture, gconstpointer test_data)
{
  if (fixture->is_skipped)
    return;

  turn_on (fixture);
  ctl_kit_publish (&fixture->kit, "hello", "1.0.0", "fine");
  ctl_kit_publish (&fixture->kit, "bad", "1.0.0", "broken");
  wait_for ("docs hello@1.0.0 --json", "\"built\"");
  g_autofree char *elsewhere = get (fixture, "/d/hello", NULL, 307);
  g_autofree char *page = get (fixture, "/pkg-docs/hello/1.0.0/", NULL, 200);
  g_assert_cmpstr (page, ==, "<h1>made</h1>\n");
  g_autofree char *file =
    get (fixture, "/pkg-docs/hello/1.0.0/sub/manifest.json", NULL, 200);
  assert_has (file, "\"name\":\"hello\"");

  wait_for ("docs bad@1.0.0 --json", "\"failed\"");
  g_autofree char *shown = ctl_kit_succeed ("docs bad@1.0.0");
  assert_has (shown, "Tries:  2");
  assert_has (shown, "Looking around\nNo such thing");
  g_autofree char *html =
    get (fixture, "/packages/bad/1.0.0", "Accept: text/html\r\n", 200);
  assert_has (html, "<dd>It could not be built.</dd>");
  assert_has (html, "Looking around\nNo such thing");
  g_autofree char *none = get (fixture, "/d/bad/1.0.0", NULL, 404);
}

/* A server that is killed in the middle has it built when it is back. */
static void
test_killed (Fixture *fixture, gconstpointer test_data)
{
  if (fixture->is_skipped)
    return;

  turn_on (fixture);
  ctl_kit_publish (&fixture->kit, "hello", "1.0.0", "slow");
  g_usleep (5 * G_TIME_SPAN_SECOND / 2);
  daemon_kit_kill (fixture->kit.daemon);
  ctl_kit_start (&fixture->kit);
  wait_for ("docs hello@1.0.0 --json", "\"built\"");
  g_autofree char *page = get (fixture, "/pkg-docs/hello/1.0.0/", NULL, 200);
  g_assert_cmpstr (page, ==, "<h1>made</h1>\n");
}

#define ADD(path, func)                                                        \
  g_test_add ("/docs-whole/" path, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  ADD ("published", test_published);
  ADD ("killed", test_killed);

  return g_test_run ();
}
