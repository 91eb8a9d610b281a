/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include <fcntl.h>
#include <glib-unix.h>
#include <glib/gstdio.h>
#include <json-glib/json-glib.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kit/ctl-kit.h"
#include "kit/package-kit.h"

/* The administrator's tool, and a real registry on a bus. */

#define COLUMNS 50

/* What a hostile description wants to do to a terminal: to leave the table, to
 * change colours in two ways, and to turn the text around. */
#define HOSTILE "a\\nb\\u001b[31mc\\u009b2Jd\\u202ee"

typedef struct
{
  const char *line;
  int status;
  const char *expected;
} Row;

/* What is expected stands in the output, or among the complaints. */
static void
check_rows (const Row *rows, gsize n)
{
  for (gsize i = 0; i < n; i++)
    {
      g_autoptr (CtlKitResult) result = ctl_kit_run (rows[i].line);
      const char *text = rows[i].status == 0 ? result->out : result->err;
      const char *other = rows[i].status == 0 ? result->err : result->out;

      g_assert_cmpint (result->status, ==, rows[i].status);
      g_assert_nonnull (strstr (text, rows[i].expected));
      g_assert_cmpstr (other, ==, "");
    }
}

static JsonNode *
get_json (const char *line)
{
  g_autofree char *text = ctl_kit_succeed (line);
  g_autoptr (GError) error = NULL;
  JsonNode *node = json_from_string (text, &error);

  g_assert_no_error (error);
  g_assert_nonnull (node);

  return node;
}

static const Row good[] = {
  { "status", 0, "    Catalog:  ready\n" },
  { "status", 0, "   Packages:  2\n" },
  { "status", 0, "   Versions:  3\n" },
  { "--system status", 0, "    Workers:  2\n" },
  { "packages",
    0,
    "NAME   VERSION  PUBLISHED         DESCRIPTION\nalpha  1.1.0  " },
  { "packages beta", 0, "The second one\n" },
  { "packages -n 1 --sort=name", 0, "alpha" },
  { "packages unheard-of", 0, "NAME" },
  { "show alpha", 0, "Description:  The first one\n" },
  { "show alpha", 0, "\n\nVERSION  PUBLISHED" },
  { "show alpha@1.0.0", 0, "     State:  yanked\n" },
  { "show alpha@1.1.0", 0, "   SHA-256:  " },
  { "logs", 0, "publish       alpha 1.1.0" },
  { "logs -n 1", 0, "yank          alpha 1.0.0" },
  { "metrics", 0, "loft_catalog_versions 3\n" },
  { "reload", 0, "The configuration was read again.\n" },
  { "--version", 0, "loft-registryctl (loft-registry) " PACKAGE_VERSION "\n" },
  { "status --help", 0, "Tell how the registry is\n" },
};

/* Each command does what it says. */
static void
test_good (CtlKit *kit, gconstpointer test_data)
{
  ctl_kit_publish (kit, "alpha", "1.0.0", "The first one");
  ctl_kit_publish (kit, "alpha", "1.1.0", "The first one");
  ctl_kit_publish (kit, "beta", "1.0.0", "The second one");
  g_autofree char *nothing = bus_kit_try (kit->connection,
                                          BUS_KIT_PATH,
                                          "Yank",
                                          "('alpha', '1.0.0', '')");
  g_assert_cmpstr (nothing, ==, "()");

  check_rows (good, G_N_ELEMENTS (good));
}

/* What is printed for programs is JSON, and has what they want. */
static void
test_json (CtlKit *kit, gconstpointer test_data)
{
  ctl_kit_publish (kit, "alpha", "1.0.0", "The first one");
  ctl_kit_publish (kit, "beta", "2.0.0", "The second one");

  g_autoptr (JsonNode) status = get_json ("status --json");
  JsonObject *object = json_node_get_object (status);
  g_assert_cmpstr (json_object_get_string_member (object, "catalog"),
                   ==,
                   "ready");
  g_assert_cmpint (json_object_get_int_member (object, "packages"), ==, 2);
  g_assert_false (json_object_get_boolean_member (object, "read_only"));

  g_autoptr (JsonNode) packages = get_json ("--json packages --limit 1");
  JsonArray *array = json_node_get_array (packages);
  g_assert_cmpuint (json_array_get_length (array), ==, 1);
  g_autoptr (JsonNode) none = get_json ("--json packages unheard-of");
  g_assert_cmpuint (json_array_get_length (json_node_get_array (none)), ==, 0);

  g_autoptr (JsonNode) versions = get_json ("show --json beta");
  object = json_array_get_object_element (json_node_get_array (versions), 0);
  g_assert_cmpstr (json_object_get_string_member (object, "version"),
                   ==,
                   "2.0.0");
  g_autoptr (JsonNode) version = get_json ("show --json beta@2.0.0");
  object = json_node_get_object (version);
  g_assert_cmpstr (json_object_get_string_member (object, "name"), ==, "beta");

  g_autoptr (JsonNode) event = get_json ("logs --json -n 1");
  object = json_node_get_object (event);
  g_assert_cmpstr (json_object_get_string_member (object, "type"),
                   ==,
                   "publish");

  g_autoptr (JsonNode) metrics = get_json ("metrics --json");
  array = json_node_get_array (metrics);
  g_assert_cmpuint (json_array_get_length (array), >, 10);
  object = json_array_get_object_element (array, 0);
  g_assert_true (json_object_has_member (object, "labels"));

  g_autoptr (JsonNode) reload = get_json ("reload --json");
  g_assert_true (
    json_object_get_boolean_member (json_node_get_object (reload), "reloaded"));
}

static const Row changes[] = {
  { "yank alpha@1.0.0 --reason 'no good'", 0, "alpha 1.0.0 is yanked" },
  { "show alpha@1.0.0", 0, "yanked" },
  { "logs -n 1", 0, "yank          alpha 1.0.0  admin  no good\n" },
  { "unyank --json alpha@1.0.0",
    0,
    "{\"name\":\"alpha\",\"unyanked\":\"1.0.0\"}\n" },
  { "logs -n 1", 0, "unyank        alpha 1.0.0  admin\n" },
  { "deprecate alpha 'use beta'", 0, "alpha is deprecated.\n" },
  { "logs -n 1", 0, "deprecate     alpha  admin  use beta\n" },
  { "show alpha", 0, "Deprecated:  use beta\n" },
  { "deprecate --undo alpha", 0, "alpha is not deprecated.\n" },
  { "owners alpha ann bob", 0, "ann\nbob\n" },
  { "owners alpha --json", 0, "[\"ann\",\"bob\"]\n" },
  { "owners --none alpha", 0, "" },
  { "owners alpha --json", 0, "[]\n" },
  { "token create ann -s yank -p 'a*' -l 2w", 0, "  Token:  loft_" },
  { "token list", 0, "  a*       " },
  { "token list --json", 0, "\"user\":\"ann\"" },
};

/* What is changed is changed, and the log names the administrator. */
static void
test_changes (CtlKit *kit, gconstpointer test_data)
{
  ctl_kit_publish (kit, "alpha", "1.0.0", "");

  check_rows (changes, G_N_ELEMENTS (changes));
}

/* A token that was revoked is shown as such. */
static void
test_revoke (CtlKit *kit, gconstpointer test_data)
{
  g_autoptr (JsonNode) created = get_json ("token create --json ann");
  const char *id =
    json_object_get_string_member (json_node_get_object (created), "id");
  g_autofree char *line = g_strdup_printf ("token revoke %s", id);

  g_autofree char *revoked = ctl_kit_succeed (line);
  g_assert_nonnull (strstr (revoked, "is good nowhere any more"));
  g_autofree char *list = ctl_kit_succeed ("token list");
  g_assert_nonnull (strstr (list, id));
  g_assert_nonnull (strstr (list, "revoked"));
}

/* Long work is waited for, and what it has found and left has a status of its
 * own. */
static void
test_jobs (CtlKit *kit, gconstpointer test_data)
{
  g_autofree char *document =
    g_build_filename (kit->daemon->storage, "broken", "1.0.0.json", NULL);
  g_autofree char *orphan =
    g_build_filename (kit->daemon->storage, "sound", "2.0.0.tar.gz", NULL);
  g_autoptr (GError) error = NULL;

  ctl_kit_publish (kit, "sound", "1.0.0", "");
  ctl_kit_publish (kit, "broken", "1.0.0", "");
  g_autofree char *clean = ctl_kit_succeed ("verify");
  g_assert_true (g_str_has_prefix (clean, "Verified: "));
  g_autofree char *scanned = ctl_kit_succeed ("rescan");
  g_assert_cmpstr (scanned, ==, "");
  g_autoptr (JsonNode) collected = get_json ("collect --json");
  g_assert_cmpint (
    json_object_get_int_member (json_node_get_object (collected), "count"),
    ==,
    0);

  g_file_set_contents (document, "no document", -1, &error);
  g_assert_no_error (error);
  g_autoptr (CtlKitResult) verified = ctl_kit_run ("verify");
  g_assert_cmpint (verified->status, ==, 6);
  g_assert_nonnull (strstr (verified->out, "broken/1.0.0.json"));
  g_assert_nonnull (strstr (verified->err, "left"));
  g_autoptr (CtlKitResult) json = ctl_kit_run ("verify --json broken");
  g_assert_cmpint (json->status, ==, 6);
  g_autoptr (JsonNode) node = json_from_string (json->out, &error);
  g_assert_no_error (error);
  JsonArray *findings =
    json_object_get_array_member (json_node_get_object (node), "findings");
  g_assert_cmpuint (json_array_get_length (findings), >, 0);
  g_autofree char *other = ctl_kit_succeed ("verify sound");
  g_assert_null (strstr (other, "broken"));

  g_file_set_contents (orphan, "no tarball", -1, &error);
  g_assert_no_error (error);
  g_autoptr (CtlKitResult) left = ctl_kit_run ("collect --dry-run");
  g_assert_cmpint (left->status, ==, 6);
  g_assert_nonnull (strstr (left->out, "archive-orphan"));
}

static const Row bad[] = {
  { "", 2, "No command was given" },
  { "frobnicate", 2, "There is no command “frobnicate”" },
  { "--frobnicate status", 2, "--frobnicate" },
  { "status --frobnicate", 2, "--frobnicate" },
  { "status now", 2, "Usage: loft-registryctl status" },
  { "show", 2, "Usage: loft-registryctl show NAME[@VERSION]" },
  { "show a b", 2, "Usage: loft-registryctl show NAME[@VERSION]" },
  { "--user --system status", 2, "exclude each other" },
  { "packages --limit=-1", 2, "--limit" },
  { "packages --sort size", 2, "sort" },
  { "logs --lines=-1", 2, "--lines" },
  { "logs --since=much", 2, "much" },
  { "logs --since -1", 2, "“-1” is neither" },
  { "yank known", 2, "“known” is no NAME@VERSION" },
  { "yank @1.0.0", 2, "is no NAME@VERSION" },
  { "unyank known@", 2, "is no NAME@VERSION" },
  { "yank unknown@1.0.0", 5, "unknown" },
  { "unyank known@9.9.9", 5, "9.9.9" },
  { "deprecate known", 2, "either a message or --undo" },
  { "deprecate known --undo text", 2, "either a message or --undo" },
  { "deprecate unknown text", 5, "unknown" },
  { "owners known ann --none", 2, "either owners or --none" },
  { "owners unknown", 5, "unknown" },
  { "token", 2, "Usage: loft-registryctl token" },
  { "token create", 2, "Usage: loft-registryctl token" },
  { "token list ann", 2, "Usage: loft-registryctl token" },
  { "token list --scope yank", 2, "Only “token create”" },
  { "token create ann -l forever", 2, "--lifetime: “forever”" },
  { "token create ann -l 0d", 2, "--lifetime: “0d”" },
  { "token create ann -l 1dd", 2, "--lifetime: “1dd”" },
  { "token create ann -s everything", 2, "Scopes are publish-new" },
  { "token create ann -p 'a/b'", 2, "A pattern is the name of a package" },
  { "token create ann -l 600w", 2, "ten years at most" },
  { "token create 'a b'", 2, "A user's name has letters" },
  { "owners known 'a b'", 2, "“a b” is neither the name of a user" },
  { "token revoke nothing", 5, "no such token" },
  { "rescan now", 2, "Usage: loft-registryctl rescan" },
  { "collect now", 2, "Usage: loft-registryctl collect" },
  { "--address=nowhere: status", 3, "No connection to that bus" },
  { "--address=unix:path=/nowhere status", 3, "No connection to that bus" },
  { "show unknown", 5, "“loft-registryctl packages” lists" },
  { "show ''", 5, "There is no package" },
  { "show ../secret", 5, "There is no package" },
  { "show known@9.9.9", 5, "There is no such version: known@9.9.9" },
};

/* What can't be done is refused with a reason and a status of its own. */
static void
test_bad (CtlKit *kit, gconstpointer test_data)
{
  ctl_kit_publish (kit, "known", "1.0.0", "");

  check_rows (bad, G_N_ELEMENTS (bad));
}

/* Runs a command that prints to where nobody takes it. Gives its complaint. */
static char *
print_to (int fd, const char *line, int *out_status)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;
  g_autoptr (GSubprocessLauncher) launcher =
    g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDERR_PIPE);

  g_subprocess_launcher_take_stdout_fd (launcher, fd);
  g_autoptr (GSubprocess) process = ctl_kit_launch (launcher, line);
  g_subprocess_communicate_utf8 (process, NULL, NULL, NULL, &text, &error);
  g_assert_no_error (error);
  *out_status = g_subprocess_get_status (process);

  return g_steal_pointer (&text);
}

/* A full disk is a failure, and a reader who has enough is none. */
static void
test_output (CtlKit *kit, gconstpointer test_data)
{
  static const char *const lines[] = { "--help",
                                       "logs --help",
                                       "--version",
                                       "packages" };

  ctl_kit_publish (kit, "known", "1.0.0", "");
  for (gsize i = 0; i < G_N_ELEMENTS (lines); i++)
    {
      int ends[2];
      int status;
      g_autofree char *full =
        print_to (open ("/dev/full", O_WRONLY | O_CLOEXEC), lines[i], &status);

      g_test_message ("%s: %s", lines[i], full);
      g_assert_true (WIFEXITED (status));
      g_assert_cmpint (WEXITSTATUS (status), ==, 1);
      g_assert_nonnull (strstr (full, "can't be written"));

      g_assert_true (g_unix_open_pipe (ends, FD_CLOEXEC, NULL));
      close (ends[0]);
      g_autofree char *closed = print_to (ends[1], lines[i], &status);
      g_assert_cmpstr (closed, ==, "");
      g_assert_true (WIFSIGNALED (status));
      g_assert_cmpint (WTERMSIG (status), ==, SIGPIPE);
    }
}

/* NULL where the system has no terminals to give, as in a bare chroot. */
static char *
run_on_terminal (const char *line)
{
  int terminal = posix_openpt (O_RDWR | O_NOCTTY | O_CLOEXEC);
  struct winsize size = { .ws_row = 24, .ws_col = COLUMNS };
  g_autoptr (GString) text = g_string_new (NULL);
  char buffer[4096];
  ssize_t n;

  if (terminal == -1)
    return NULL;
  g_assert_cmpint (grantpt (terminal), ==, 0);
  g_assert_cmpint (unlockpt (terminal), ==, 0);
  g_assert_cmpint (ioctl (terminal, TIOCSWINSZ, &size), ==, 0);
  int other = open (ptsname (terminal), O_RDWR | O_NOCTTY | O_CLOEXEC);
  g_assert_cmpint (other, !=, -1);

  g_autoptr (GSubprocessLauncher) launcher =
    g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_NONE);
  g_subprocess_launcher_setenv (launcher, "TERM", "xterm", TRUE);
  g_subprocess_launcher_unsetenv (launcher, "NO_COLOR");
  g_subprocess_launcher_take_stdout_fd (launcher, other);
  g_autoptr (GSubprocess) process = ctl_kit_launch (launcher, line);
  g_clear_object (&launcher);

  /* Once nobody has the other end any more, reading fails. */
  while ((n = read (terminal, buffer, sizeof buffer)) > 0)
    g_string_append_len (text, buffer, n);
  g_subprocess_wait (process, NULL, NULL);
  close (terminal);

  return g_string_free (g_steal_pointer (&text), FALSE);
}

/* No such text can be published, but it may be in a folder of the original
 * server. */
static void
adopt (CtlKit *kit, const char *name, const char *description)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) tarball = package_kit_make (name, "1.0.0", 1000, 1);
  g_autofree char *folder = g_build_filename (kit->daemon->storage, name, NULL);
  g_autofree char *archive = g_build_filename (folder, "1.0.0.tar.gz", NULL);
  g_autofree char *document = g_build_filename (folder, "1.0.0.json", NULL);
  g_autofree char *text =
    g_strdup_printf ("{\"name\":\"%s\",\"version\":\"1.0.0\","
                     "\"description\":\"%s\",\"manifest\":"
                     "{\"name\":\"%s\",\"version\":\"1.0.0\"}}",
                     name,
                     description,
                     name);

  daemon_kit_stop (kit->daemon, &error);
  g_assert_no_error (error);
  g_assert_cmpint (g_mkdir (folder, 0700), ==, 0);
  g_file_set_contents (archive,
                       g_bytes_get_data (tarball, NULL),
                       (gssize) g_bytes_get_size (tarball),
                       &error);
  g_assert_no_error (error);
  g_file_set_contents (document, text, -1, &error);
  g_assert_no_error (error);
  daemon_kit_forget_cache (kit->daemon, &error);
  g_assert_no_error (error);
  ctl_kit_start (kit);
}

/* A table is no wider than the terminal, and no text from strangers does
 * anything to that. */
static void
test_terminal (CtlKit *kit, gconstpointer test_data)
{
  ctl_kit_publish (kit,
                   "long-one",
                   "1.0.0",
                   "Much that is good is to be said about this package");
  adopt (kit, "rude-one", HOSTILE);

  g_autofree char *text = run_on_terminal ("packages");
  if (text == NULL)
    {
      g_test_skip ("no terminal can be opened here");
      return;
    }
  g_test_message ("%s", text);
  g_assert_nonnull (strstr (text, "\033[1mNAME"));
  g_assert_nonnull (strstr (text, "Much"));
  g_assert_nonnull (strstr (text, "…\r\n"));
  g_assert_null (strstr (text, "this package"));
  g_assert_nonnull (strstr (text, "a b\xef\xbf\xbd[31m"));
  g_assert_null (strstr (text, "\xc2\x9b"));
  g_assert_null (strstr (text, "\xe2\x80\xae"));

  g_auto (GStrv) lines = g_strsplit (text, "\r\n", -1);
  g_assert_cmpuint (g_strv_length (lines), ==, 4);
  for (guint i = 1; lines[i] != NULL; i++)
    g_assert_cmpint (g_utf8_strlen (lines[i], -1), <=, COLUMNS);

  g_autofree char *plain = ctl_kit_succeed ("packages");
  g_assert_null (strchr (plain, '\033'));
  g_assert_nonnull (strstr (plain, "about this package\n"));
}

/* A long text in the middle of a table gives way, so that what follows is seen,
 * and the ids by which things are named stay whole. */
static void
test_middle (CtlKit *kit, gconstpointer test_data)
{
  g_autofree char *pattern = g_strnfill (120, '*');
  g_autofree char *line =
    g_strdup_printf ("token create ann --pattern %s", pattern);
  g_autofree char *token = ctl_kit_succeed (line);
  g_autofree char *plain = ctl_kit_succeed ("token list");
  g_autofree char *text = run_on_terminal ("token list");
  if (text == NULL)
    {
      g_test_skip ("no terminal can be opened here");
      return;
    }
  g_test_message ("%s", text);

  const char *id = strstr (plain, "k-");
  g_assert_nonnull (id);
  g_autofree char *whole = g_strndup (id, 18);
  g_assert_nonnull (strstr (plain, pattern));
  g_assert_nonnull (strstr (text, whole));
  g_assert_nonnull (strstr (text, " ***************…  "));
  g_assert_nonnull (strstr (text, "publish…\r\n"));
}

int
main (int argc, char **argv)
{
  if (!bus_kit_init (&argc, &argv))
    return EXIT_SUCCESS;

  g_setenv ("TZ", "UTC", TRUE);
  ctl_kit_add ("/ctl/good", test_good);
  ctl_kit_add ("/ctl/json", test_json);
  ctl_kit_add ("/ctl/bad", test_bad);
  ctl_kit_add ("/ctl/output", test_output);
  ctl_kit_add ("/ctl/changes", test_changes);
  ctl_kit_add ("/ctl/revoke", test_revoke);
  ctl_kit_add ("/ctl/jobs", test_jobs);
  ctl_kit_add ("/ctl/terminal", test_terminal);
  ctl_kit_add ("/ctl/middle", test_middle);

  return g_test_run ();
}
