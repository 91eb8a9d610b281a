/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include <string.h>
#include <unistd.h>

#include "kit/builder-double.h"
#include "kit/ctl-kit.h"

/* What the administrator's tool tells of documentation, and has built. */

#define TIMEOUT (30 * G_TIME_SPAN_SECOND)

static void
configure (CtlKit *kit, const char *key, const char *value)
{
  g_autoptr (GError) error = NULL;

  daemon_kit_configure (kit->daemon, "registry", key, value, &error);
  g_assert_no_error (error);
}

static char *
make_socket_path (CtlKit *kit)
{
  return g_build_filename (kit->daemon->folder, "socket", NULL);
}

static void
wait_for (const char *line, const char *expected)
{
  gint64 end = g_get_monotonic_time () + TIMEOUT;

  for (;;)
    {
      g_autofree char *said = ctl_kit_succeed (line);

      if (strstr (said, expected) != NULL)
        return;
      g_test_message ("%s", said);
      g_assert_cmpint (g_get_monotonic_time (), <, end);
      g_usleep (100000);
    }
}

/* From now on documentation is built, by whoever listens. */
static void
turn_on (CtlKit *kit)
{
  g_autofree char *path = make_socket_path (kit);

  configure (kit, "doc-socket", path);
  configure (kit, "doc-attempts", "1");
  configure (kit, "doc-command", "loft doc -o {output}");
  g_autofree char *said = ctl_kit_succeed ("reload");

  /* It is, once what comes next waits for it. */
  gint64 end = g_get_monotonic_time () + TIMEOUT;
  for (guint i = 0;; i++)
    {
      g_autofree char *version = g_strdup_printf ("%u.0.0", i + 1);
      g_autofree char *line = g_strdup_printf ("docs begin@%s --json", version);

      ctl_kit_publish (kit, "begin", version, "nothing");
      g_autofree char *shown = ctl_kit_succeed (line);
      if (strstr (shown, "\"none\"") == NULL)
        {
          wait_for (line, "\"built\"");
          return;
        }
      g_assert_cmpint (g_get_monotonic_time (), <, end);
      g_usleep (100000);
    }
}

static void
assert_has (const char *text, const char *part)
{
  g_test_message ("%s", text);
  g_assert_nonnull (strstr (text, part));
}

/* What could not be built is listed, with the reason; of one version the last
 * words are shown; and it is built once an administrator wants that. */
static void
test_failed (CtlKit *kit, gconstpointer test_data)
{
  g_autofree char *path = make_socket_path (kit);
  BuilderDouble *builder = builder_double_new (path);

  turn_on (kit);
  builder_double_expect (builder,
                         &(BuilderReply){ .status = "failed",
                                          .reason = "exit status 3",
                                          .log = "line 1\nNo such thing" });
  ctl_kit_publish (kit, "hello", "1.2.3", "nothing");
  wait_for ("docs", "exit status 3");

  g_autofree char *listed = ctl_kit_succeed ("docs --json");
  assert_has (listed,
              "\"name\":\"hello\",\"version\":\"1.2.3\","
              "\"state\":\"failed\",\"shown\":false,\"attempts\":1");
  g_autofree char *shown = ctl_kit_succeed ("docs hello@1.2.3");
  assert_has (shown, "Reason:  exit status 3");
  assert_has (shown, "\n\nline 1\nNo such thing\n");
  g_autofree char *all = ctl_kit_succeed ("docs hello@1.2.3 --json");
  assert_has (all, "\"log\":\"line 1\\nNo such thing\"");

  g_autofree char *said = ctl_kit_succeed ("docs --rebuild hello@1.2.3");
  g_assert_cmpstr (said,
                   ==,
                   "The documentation of hello 1.2.3 waits to be built.\n");
  wait_for ("docs hello@1.2.3", "State:  built");
  g_autofree char *after = ctl_kit_succeed ("docs --json");
  g_assert_null (strstr (after, "hello"));
  g_autofree char *audit = ctl_kit_succeed ("logs --audit --json");
  assert_has (audit, "\"docs\":\"waiting\"");
  assert_has (audit, "\"actor\":\"admin:");
  g_autofree char *log = ctl_kit_succeed ("logs --type docs --package hello");
  assert_has (log, "docs          hello 1.2.3");
  assert_has (log, "failed: exit status 3");
  builder_double_free (builder);
}

/* What was there before is built only if somebody wants it, and then no more
 * than so much. */
static void
test_missing (CtlKit *kit, gconstpointer test_data)
{
  g_autofree char *path = make_socket_path (kit);
  BuilderDouble *builder = builder_double_new (path);

  ctl_kit_publish (kit, "old", "1.0.0", "nothing");
  ctl_kit_publish (kit, "old", "2.0.0", "nothing");
  ctl_kit_publish (kit, "old", "3.0.0", "nothing");
  g_autofree char *yanked = ctl_kit_succeed ("yank old@3.0.0");
  turn_on (kit);
  g_autofree char *none = ctl_kit_succeed ("docs old@2.0.0");
  assert_has (none, "State:  none");

  g_autofree char *one = ctl_kit_succeed ("docs --build-missing -n 1 --json");
  g_assert_cmpstr (one, ==, "{ \"waiting\" : 1 }\n");
  g_autofree char *rest = ctl_kit_succeed ("docs --build-missing");
  assert_has (rest, " waits to be built.\n");
  wait_for ("docs old@1.0.0", "State:  built");
  wait_for ("docs old@2.0.0", "State:  built");
  g_autofree char *left = ctl_kit_succeed ("docs old@3.0.0");
  assert_has (left, "State:  none");
  g_autofree char *again = ctl_kit_succeed ("docs --build-missing --json");
  g_assert_cmpstr (again, ==, "{ \"waiting\" : 0 }\n");

  g_autoptr (CtlKitResult) refused = ctl_kit_run ("docs --rebuild old@3.0.0");
  g_assert_cmpint (refused->status, ==, 1);
  assert_has (refused->err, "is yanked");
  builder_double_free (builder);
}

static void
test_refused (CtlKit *kit, gconstpointer test_data)
{
  static const struct
  {
    const char *line;
    int status;
    const char *said;
  } rows[] = {
    { "docs --rebuild hello@1.0.0", 1, "doc-command is not set" },
    { "docs --build-missing", 1, "doc-command is not set" },
    { "docs --rebuild", 2, "--rebuild takes a version" },
    { "docs --build-missing hello@1.0.0", 2, "--build-missing takes neither" },
    { "docs --build-missing --rebuild", 2, "takes" },
    { "docs -n -1", 2, "not negative" },
    { "docs hello", 2, "hello" },
    { "docs nothing@1.0.0", 5, "nothing" },
    { "docs hello@2.0.0", 5, "2.0.0" },
  };

  ctl_kit_publish (kit, "hello", "1.0.0", "nothing");
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (CtlKitResult) result = ctl_kit_run (rows[i].line);

      g_test_message ("%s: %s", rows[i].line, result->err);
      g_assert_cmpint (result->status, ==, rows[i].status);
      g_assert_nonnull (strstr (result->err, rows[i].said));
    }

  g_autofree char *listed = ctl_kit_succeed ("docs --json");
  g_assert_cmpstr (listed, ==, "[\n]\n");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);
  ctl_kit_add ("/ctl-docs/failed", test_failed);
  ctl_kit_add ("/ctl-docs/missing", test_missing);
  ctl_kit_add ("/ctl-docs/refused", test_refused);

  return g_test_run ();
}
