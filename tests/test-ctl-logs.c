/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include <json-glib/json-glib.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kit/ctl-kit.h"
#include "kit/wire-kit.h"

/* What the administrator's tool tells of the log of changes. */

/* A reader of lines that the tool prints as time goes by. */
typedef struct
{
  GSubprocess *process;    /* owned */
  GDataInputStream *lines; /* owned */
} Follower;

static void
follower_start (Follower *self, const char *line)
{
  g_autoptr (GSubprocessLauncher) launcher =
    g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE);

  self->process = ctl_kit_launch (launcher, line);
  self->lines =
    g_data_input_stream_new (g_subprocess_get_stdout_pipe (self->process));
}

static void
follower_expect (Follower *self, const char *expected)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *line =
    g_data_input_stream_read_line (self->lines, NULL, NULL, &error);

  g_assert_no_error (error);
  g_assert_nonnull (line);
  g_test_message ("%s", line);
  g_assert_nonnull (strstr (line, expected));
}

static void
follower_stop (Follower *self)
{
  g_autoptr (GError) error = NULL;

  g_subprocess_force_exit (self->process);
  g_subprocess_wait (self->process, NULL, &error);
  g_assert_no_error (error);
  g_clear_object (&self->lines);
  g_clear_object (&self->process);
}

static guint
count_lines (const char *text)
{
  guint n = 0;

  for (const char *c = text; *c != '\0'; c++)
    n += *c == '\n';

  return n;
}

/* Who follows gets what happens meanwhile. */
static void
test_follow (CtlKit *kit, gconstpointer test_data)
{
  Follower follower;

  ctl_kit_publish (kit, "early", "1.0.0", "");
  follower_start (&follower, "logs -f -n 1");
  follower_expect (&follower, "publish       early 1.0.0");
  ctl_kit_publish (kit, "late", "1.0.0", "");
  follower_expect (&follower, "claim         late");
  follower_expect (&follower, "publish       late 1.0.0");
  follower_stop (&follower);
}

/* Who follows waits while the registry is away, misses nothing of what happened
 * meanwhile, and is told nothing twice. */
static void
test_restart (CtlKit *kit, gconstpointer test_data)
{
  Follower followers[6];

  ctl_kit_publish (kit, "early", "1.0.0", "");
  for (guint i = 0; i < G_N_ELEMENTS (followers); i++)
    {
      follower_start (&followers[i], "logs -f --type publish");
      follower_expect (&followers[i], "early 1.0.0");
    }
  for (guint i = 0; i < 6; i++)
    {
      g_autofree char *name = g_strdup_printf ("late%u", i);
      g_autoptr (GError) error = NULL;

      daemon_kit_stop (kit->daemon, &error);
      g_assert_no_error (error);
      g_assert_true (bus_kit_wait_name (kit->connection, BUS_KIT_NAME, FALSE));
      ctl_kit_start (kit);
      ctl_kit_publish (kit, name, "1.0.0", "");
      for (guint j = 0; j < G_N_ELEMENTS (followers); j++)
        follower_expect (&followers[j], name);
    }
  ctl_kit_publish (kit, "last", "1.0.0", "");
  for (guint i = 0; i < G_N_ELEMENTS (followers); i++)
    {
      follower_expect (&followers[i], "last 1.0.0");
      follower_stop (&followers[i]);
    }
}

static JsonObject *
get_audit (JsonNode **out_node, const char *line)
{
  g_autofree char *text = ctl_kit_succeed (line);
  g_autoptr (GError) error = NULL;

  *out_node = json_from_string (text, &error);
  g_assert_no_error (error);
  g_assert_nonnull (*out_node);

  return json_object_get_object_member (json_node_get_object (*out_node),
                                        "audit");
}

static void
assert_hides (CtlKit *kit, const char *target, const char *secret)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (Wire) wire = wire_new (kit->daemon->port);
  g_autoptr (WireAnswer) answer =
    wire_request (wire, "GET", target, NULL, NULL, &error);

  g_assert_no_error (error);
  g_assert_cmpuint (answer->status, ==, 200);
  g_autofree char *text = g_strndup (g_bytes_get_data (answer->body, NULL),
                                     g_bytes_get_size (answer->body));
  g_assert_nonnull (strstr (text, "\"type\":\"yank\""));
  g_assert_null (strstr (text, "audit"));
  g_assert_null (strstr (text, secret));
}

/* The audit trail names administrators, tokens and requests; what everybody may
 * read names none of them. */
static void
test_audit (CtlKit *kit, gconstpointer test_data)
{
  g_autofree char *name = g_strdup_printf ("admin:%s", g_get_user_name ());
  g_autoptr (JsonNode) node = NULL;

  ctl_kit_publish (kit, "alpha", "1.0.0", "");
  JsonObject *audit = get_audit (&node, "logs --audit --json -n 1");
  g_assert_cmpuint (strlen (json_object_get_string_member (audit, "request")),
                    ==,
                    16);

  g_autofree char *yanked = ctl_kit_succeed ("yank alpha@1.0.0");
  g_clear_pointer (&node, json_node_unref);
  audit = get_audit (&node, "logs --audit --json -n 1");
  g_assert_cmpstr (json_object_get_string_member (audit, "actor"), ==, name);
  g_autofree char *request =
    g_strconcat ("  request ",
                 json_object_get_string_member (audit, "request"),
                 "\n",
                 NULL);
  g_autofree char *line = ctl_kit_succeed ("logs --audit -t yank");
  g_assert_nonnull (strstr (line, name));
  g_assert_true (g_str_has_suffix (line, request));

  g_autofree char *open = ctl_kit_succeed ("logs --json");
  g_assert_null (strstr (open, "audit"));
  g_assert_null (strstr (open, name));
  assert_hides (kit, "/changes", name);
  assert_hides (kit, "/at/3/changes", name);
}

/* What an administrator does besides is in the trail. */
static void
test_acts (CtlKit *kit, gconstpointer test_data)
{
  Follower follower;

  follower_start (&follower, "logs --audit -f");
  g_autofree char *reloaded = ctl_kit_succeed ("reload");
  follower_expect (&follower, "administer    Reload  admin:");
  g_autofree char *verified = ctl_kit_succeed ("verify");
  follower_expect (&follower, "administer    Verify  admin:");
  follower_stop (&follower);

  g_autofree char *open = ctl_kit_succeed ("logs --json");
  g_assert_null (strstr (open, "Reload"));
}

/* Filters leave what was asked for, the last lines of it or all. */
static void
test_filters (CtlKit *kit, gconstpointer test_data)
{
  static const struct
  {
    const char *line;
    guint lines;
  } rows[] = {
    { "logs", 7 },
    { "logs -p alpha", 4 },
    { "logs -p alpha -n 2", 2 },
    { "logs --package alpha --type publish", 2 },
    { "logs -p unknown", 0 },
    { "logs -a admin", 2 },
    { "logs -a nobody", 0 },
    { "logs --since 0 -t claim", 2 },
    { "logs --since 5", 2 },
    { "logs --since 3 -n 1", 4 },
    { "logs --since 9", 0 },
    { "logs --since 1h", 7 },
    { "logs --since -2d", 7 },
    { "logs --since yesterday", 7 },
    { "logs --since 2001-01-01", 7 },
    { "logs --since '2001-01-01 12:00'", 7 },
    { "logs --since 2001-01-01T12:00:00Z", 7 },
    { "logs --since 2100-01-01", 0 },
    { "logs --since 0s", 0 },
  };
  g_autofree char *actor =
    g_strdup_printf ("logs --audit -a %s", g_get_user_name ());

  ctl_kit_publish (kit, "alpha", "1.0.0", "");
  ctl_kit_publish (kit, "alpha", "1.1.0", "");
  ctl_kit_publish (kit, "beta", "1.0.0", "");
  g_autofree char *yanked = ctl_kit_succeed ("yank alpha@1.0.0");
  g_autofree char *other = ctl_kit_succeed ("deprecate beta old");

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *text = ctl_kit_succeed (rows[i].line);

      g_test_message ("%s: %s", rows[i].line, text);
      g_assert_cmpuint (count_lines (text), ==, rows[i].lines);
    }
  g_autofree char *own = ctl_kit_succeed (actor);
  g_assert_cmpuint (count_lines (own), ==, 2);
}

/* A type that no event has is a mistake, and those that there are are named. */
static void
test_types (CtlKit *kit, gconstpointer test_data)
{
  g_autoptr (CtlKitResult) wrong = ctl_kit_run ("logs --type=zzz");

  g_assert_cmpint (wrong->status, ==, 2);
  g_assert_nonnull (strstr (wrong->err, "“zzz”"));
  g_assert_nonnull (
    strstr (wrong->err,
            "publish, adopt, claim, yank, unyank, deprecate, "
            "owners, token-create, token-revoke, administer, docs"));
  g_autofree char *none = ctl_kit_succeed ("logs --type administer");
  g_assert_cmpstr (none, ==, "");
}

/* The audit trail is for administrators. */
static void
test_others (CtlKit *kit, gconstpointer test_data)
{
  if (getuid () != 0)
    {
      g_test_skip ("only root can be somebody else");
      return;
    }

  g_autoptr (CtlKitResult) open = ctl_kit_run_as ("logs", BUS_KIT_NOBODY);
  g_assert_cmpint (open->status, ==, 0);
  g_autoptr (CtlKitResult) audit =
    ctl_kit_run_as ("logs --audit", BUS_KIT_NOBODY);
  g_assert_cmpint (audit->status, ==, 4);
  g_assert_nonnull (strstr (audit->err, "Try it as root"));
}

int
main (int argc, char **argv)
{
  if (!bus_kit_init (&argc, &argv))
    return EXIT_SUCCESS;

  g_setenv ("TZ", "UTC", TRUE);
  ctl_kit_add ("/ctl-logs/follow", test_follow);
  ctl_kit_add ("/ctl-logs/restart", test_restart);
  ctl_kit_add ("/ctl-logs/audit", test_audit);
  ctl_kit_add ("/ctl-logs/acts", test_acts);
  ctl_kit_add ("/ctl-logs/filters", test_filters);
  ctl_kit_add ("/ctl-logs/types", test_types);
  ctl_kit_add ("/ctl-logs/others", test_others);

  return g_test_run ();
}
