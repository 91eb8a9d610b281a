/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include <json-glib/json-glib.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kit/ctl-kit.h"
#include "kit/package-kit.h"

/* Importing from another registry that means well: both are real ones. */

#define READY_SECONDS 60
#define WAIT_SECONDS 30

typedef struct
{
  CtlKit kit;        /* takes in */
  DaemonKit *source; /* owned */
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;

  ctl_kit_set_up (&fixture->kit, NULL);
  fixture->source = daemon_kit_new (NULL, &error);
  g_assert_no_error (error);
  daemon_kit_configure (fixture->source, "http", "workers", "1", &error);
  g_assert_no_error (error);
}

static void
tear_down (Fixture *fixture, gconstpointer test_data)
{
  daemon_kit_free (fixture->source);
  ctl_kit_tear_down (&fixture->kit, NULL);
}

/* Has the source serve so many packages, of two versions each. */
static void
start_source (Fixture *fixture, guint packages)
{
  g_autoptr (GError) error = NULL;

  package_kit_fill (&(PackageKitFolder){ .storage = fixture->source->storage,
                                         .packages = packages,
                                         .versions = 2,
                                         .size = 1000 },
                    NULL,
                    NULL,
                    &error);
  g_assert_no_error (error);
  daemon_kit_start (fixture->source, &error);
  g_assert_no_error (error);
  daemon_kit_wait_ready (fixture->source, READY_SECONDS, &error);
  g_assert_no_error (error);
}

static CtlKitResult *
import (Fixture *fixture, const char *path, const char *options)
{
  g_autofree char *line = g_strdup_printf ("import http://127.0.0.1:%u%s %s",
                                           fixture->source->port,
                                           path,
                                           options);

  return ctl_kit_run (line);
}

static void
yank (DaemonKit *source, const char *version, const char *reason)
{
  g_autofree char *target = g_strdup_printf ("/packages/%s/yank", version);
  g_autofree char *text = g_strdup_printf ("{\"reason\":\"%s\"}", reason);
  g_autoptr (GBytes) body = g_bytes_new (text, strlen (text));
  g_autoptr (Wire) wire = wire_new (source->port);
  g_autoptr (GError) error = NULL;
  g_autoptr (WireAnswer) answer =
    wire_request (wire,
                  "POST",
                  target,
                  "Content-Type: application/json\r\n",
                  body,
                  &error);

  g_assert_no_error (error);
  g_assert_cmpuint (answer->status, ==, 200);
}

static char *
get (DaemonKit *daemon, const char *target)
{
  g_autoptr (Wire) wire = wire_new (daemon->port);
  g_autoptr (GError) error = NULL;
  g_autoptr (WireAnswer) answer =
    wire_request (wire, "GET", target, "", NULL, &error);
  gsize length;

  g_assert_no_error (error);
  g_assert_cmpuint (answer->status, ==, 200);
  const char *text = g_bytes_get_data (answer->body, &length);

  return g_strndup (text, length);
}

/* A member of a version, as a registry serves it. */
static char *
get_member (DaemonKit *daemon, const char *version, const char *member)
{
  g_autofree char *target = g_strconcat ("/packages/", version, NULL);
  g_autofree char *text = get (daemon, target);
  g_autoptr (JsonNode) node = json_from_string (text, NULL);

  return g_strdup (
    json_object_get_string_member (json_node_get_object (node), member));
}

static void
assert_same (Fixture *fixture, const char *version, const char *member)
{
  g_autofree char *there = get_member (fixture->source, version, member);
  g_autofree char *here = get_member (fixture->kit.daemon, version, member);

  g_assert_nonnull (there);
  g_assert_cmpstr (here, ==, there);
}

/* All versions come over with their times; what is yanked there is yanked here,
 * with the reason, also where all versions of a package are. Once more changes
 * nothing. */
static void
test_whole (Fixture *fixture, gconstpointer test_data)
{
  start_source (fixture, 3);
  yank (fixture->source, "filled-0/0.1.0", "It burns");
  yank (fixture->source, "filled-1/0.1.0", "");
  yank (fixture->source, "filled-1/0.2.0", "");

  g_autoptr (CtlKitResult) first = import (fixture, "", "");
  g_assert_cmpint (first->status, ==, 0);
  g_assert_cmpstr (first->err, ==, "");
  g_assert_cmpstr (first->out,
                   ==,
                   "Imported: 6, there already: 0, conflicts: 0, refused: 0\n"
                   "Yanked: 3, deprecated: 0\n");
  assert_same (fixture, "filled-2/0.2.0", "sha256");
  assert_same (fixture, "filled-2/0.2.0", "published_at");
  assert_same (fixture, "filled-0/0.1.0", "published_at");
  g_autofree char *left = get (fixture->kit.daemon, "/packages/filled-0");
  g_assert_null (strstr (left, "\"0.1.0\""));
  g_autofree char *changes = get (fixture->kit.daemon, "/changes");
  g_assert_nonnull (strstr (changes, "It burns"));

  g_autoptr (CtlKitResult) second = import (fixture, "/", "--json");
  g_assert_cmpint (second->status, ==, 0);
  g_assert_cmpstr (second->out,
                   ==,
                   "{\"created\":0,\"present\":6,\"conflicts\":0,\"refused\":0,"
                   "\"yanked\":0,\"deprecated\":0}\n");
}

/* A view is a registry too: what came later is left out. */
static void
test_view (Fixture *fixture, gconstpointer test_data)
{
  start_source (fixture, 2);
  yank (fixture->source, "filled-0/0.1.0", "");

  g_autoptr (CtlKitResult) result = import (fixture, "/at/4", "");
  g_assert_cmpint (result->status, ==, 0);
  g_assert_cmpstr (result->out,
                   ==,
                   "Imported: 4, there already: 0, conflicts: 0, refused: 0\n");
  assert_same (fixture, "filled-1/0.1.0", "published_at");
}

/* Nothing is changed when only told what would be. */
static void
test_dry_run (Fixture *fixture, gconstpointer test_data)
{
  start_source (fixture, 2);
  yank (fixture->source, "filled-0/0.1.0", "");
  g_autoptr (CtlKitResult) result = import (fixture, "", "--dry-run");
  g_assert_cmpint (result->status, ==, 0);
  g_assert_cmpstr (result->out,
                   ==,
                   "To import: 4, there already: 0, conflicts: 0, refused: 0\n"
                   "To yank: 1, to deprecate: 0\n");
  g_autofree char *packages = ctl_kit_succeed ("--json packages");
  g_assert_cmpstr (packages, ==, "[\n]\n");
}

/* Other bytes are named and left alone, and say nothing of those that are
 * there. */
static void
test_conflict (Fixture *fixture, gconstpointer test_data)
{
  start_source (fixture, 1);
  ctl_kit_publish (&fixture->kit, "filled-0", "0.1.0", "another one");
  g_autofree char *before =
    get_member (fixture->kit.daemon, "filled-0/0.1.0", "sha256");
  yank (fixture->source, "filled-0/0.1.0", "");

  g_autoptr (CtlKitResult) result = import (fixture, "", "");
  g_assert_cmpint (result->status, ==, 6);
  g_assert_cmpstr (result->out,
                   ==,
                   "Imported: 1, there already: 0, conflicts: 1, refused: 0\n");
  g_assert_nonnull (strstr (result->err, "filled-0/0.1.0: Other bytes"));
  g_autofree char *after =
    get_member (fixture->kit.daemon, "filled-0/0.1.0", "sha256");
  g_assert_cmpstr (after, ==, before);
  g_autofree char *listed = get (fixture->kit.daemon, "/packages/filled-0");
  g_assert_nonnull (strstr (listed, "\"0.1.0\""));
}

static void
wait_for_versions (Fixture *fixture)
{
  gint64 end = g_get_monotonic_time () + WAIT_SECONDS * G_USEC_PER_SEC;
  g_autofree char *packages = NULL;

  do
    {
      g_assert_cmpint (g_get_monotonic_time (), <, end);
      g_usleep (1000);
      g_free (packages);
      packages = get (fixture->kit.daemon, "/packages");
    }
  while (g_str_equal (packages, "[]"));
}

/* Killed half way, it fetches the rest when it is run again. */
static void
test_killed (Fixture *fixture, gconstpointer test_data)
{
  guint created = 0;
  guint present = 0;
  g_autoptr (GError) error = NULL;
  g_autoptr (GSubprocessLauncher) launcher =
    g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_NONE);

  start_source (fixture, 100);
  g_autofree char *line =
    g_strdup_printf ("import http://127.0.0.1:%u", fixture->source->port);
  g_autoptr (GSubprocess) process = ctl_kit_launch (launcher, line);
  wait_for_versions (fixture);
  g_subprocess_send_signal (process, SIGKILL);
  g_subprocess_wait (process, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (g_subprocess_get_if_signaled (process));

  g_autoptr (CtlKitResult) rest = import (fixture, "", "--json");
  g_assert_cmpint (rest->status, ==, 0);
  g_assert_cmpint (
    sscanf (rest->out, "{\"created\":%u,\"present\":%u,", &created, &present),
    ==,
    2);
  g_assert_cmpuint (created + present, ==, 200);
  g_assert_cmpuint (created, >, 0);
  g_assert_cmpuint (present, >, 0);
  g_autoptr (CtlKitResult) verified = ctl_kit_run ("verify");
  g_assert_cmpint (verified->status, ==, 0);
}

static void
add (const char *path, void (*test) (Fixture *, gconstpointer))
{
  g_test_add (path, Fixture, NULL, set_up, test, tear_down);
}

int
main (int argc, char **argv)
{
  if (!bus_kit_init (&argc, &argv))
    return EXIT_SUCCESS;

  add ("/ctl-import-url/whole", test_whole);
  add ("/ctl-import-url/view", test_view);
  add ("/ctl-import-url/dry-run", test_dry_run);
  add ("/ctl-import-url/conflict", test_conflict);
  add ("/ctl-import-url/killed", test_killed);

  return g_test_run ();
}
