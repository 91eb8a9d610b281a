/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "kit/ctl-kit.h"
#include "kit/package-kit.h"
#include "kit/stranger-kit.h"

/* Importing from another registry that means harm, breaks off, or has no more
 * than the original one. */

#define MEBIBYTE (G_GUINT64_CONSTANT (1) << 20)
#define ZEROS "00000000000000000000000000000000"

typedef struct
{
  CtlKit kit;
  Stranger *server; /* owned */
} Fixture;

/**
 * Case:
 * @name: of the test
 * @func: what the server does
 * @options: of the command
 * @status: what it exits with
 * @error: what it complains about
 * @out: (nullable): the beginning of what it prints
 *
 * What a server may do, and what comes of it.
 */
typedef struct
{
  const char *name;
  StrangerFunc func;
  const char *options;
  int status;
  const char *error;
  const char *out;
} Case;

static void
set_up (Fixture *fixture, gconstpointer test_data)
{
  ctl_kit_set_up (&fixture->kit, NULL);
  fixture->server = stranger_new ();
}

static void
tear_down (Fixture *fixture, gconstpointer test_data)
{
  stranger_free (fixture->server);
  ctl_kit_tear_down (&fixture->kit, NULL);
}

static CtlKitResult *
import (Fixture *fixture, const char *options)
{
  g_autofree char *line = g_strdup_printf ("import http://127.0.0.1:%u %s",
                                           stranger_get_port (fixture->server),
                                           options);

  return ctl_kit_run (line);
}

static gboolean
is_list (const char *target)
{
  return g_str_equal (target, "/packages");
}

static gboolean
is_package (const char *target)
{
  return g_str_equal (target, "/packages/good");
}

static gboolean
is_tarball (const char *target)
{
  return g_str_has_suffix (target, "/download");
}

static gboolean
answer_if (gboolean is_asked, GOutputStream *stream, const char *body)
{
  if (is_asked)
    stranger_answer (stream, 200, "", body);

  return is_asked;
}

static gboolean
redirect_if (gboolean is_asked, GOutputStream *stream, const char *location)
{
  g_autofree char *field = g_strdup_printf ("Location: %s\r\n", location);

  if (is_asked)
    stranger_answer (stream, 302, field, "");

  return is_asked;
}

static gboolean
endless_string (Stranger *self, const char *target, GOutputStream *stream)
{
  if (!is_list (target))
    return FALSE;
  stranger_write (stream, "HTTP/1.1 200 OK\r\n\r\n[{\"name\":\"");
  stranger_flood (self, stream, "a", 1024 * MEBIBYTE);

  return TRUE;
}

static gboolean
endless_space (Stranger *self, const char *target, GOutputStream *stream)
{
  if (!is_package (target))
    return FALSE;
  stranger_write (stream, "HTTP/1.1 200 OK\r\n\r\n[");
  stranger_flood (self, stream, "\n", 1024 * MEBIBYTE);

  return TRUE;
}

static gboolean
endless_head (Stranger *self, const char *target, GOutputStream *stream)
{
  stranger_write (stream, "HTTP/1.1 200 OK\r\n");
  stranger_flood (self, stream, "X-Field: value\r\n", 1024 * MEBIBYTE);

  return TRUE;
}

static gboolean
endless_chunks (Stranger *self, const char *target, GOutputStream *stream)
{
  if (!is_tarball (target))
    return FALSE;
  stranger_write (stream,
                  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
  stranger_flood (self, stream, "8\r\nabcdefgh\r\n", 1024 * MEBIBYTE);

  return TRUE;
}

static gboolean
many_packages (Stranger *self, const char *target, GOutputStream *stream)
{
  if (!is_list (target))
    return FALSE;
  stranger_write (stream, "HTTP/1.1 200 OK\r\n\r\n[{\"name\":\"first\"}");
  for (guint i = 0; i < 1100 && !stranger_is_stopping (self); i++)
    {
      g_autoptr (GString) thousand = g_string_new (NULL);

      for (guint j = 0; j < 1000; j++)
        g_string_append_printf (thousand, ",{\"name\":\"p%u\"}", i * 1000 + j);
      if (!stranger_write (stream, thousand->str))
        break;
    }

  return TRUE;
}

static gboolean
redirect_round (Stranger *self, const char *target, GOutputStream *stream)
{
  return redirect_if (is_list (target), stream, "/packages");
}

static gboolean
redirect_file (Stranger *self, const char *target, GOutputStream *stream)
{
  return redirect_if (is_list (target), stream, "file:///etc/passwd");
}

static gboolean
redirect_ftp (Stranger *self, const char *target, GOutputStream *stream)
{
  return redirect_if (is_list (target), stream, "ftp://127.0.0.1/packages");
}

static gboolean
redirect_nowhere (Stranger *self, const char *target, GOutputStream *stream)
{
  if (is_list (target))
    stranger_answer (stream, 307, "", "");

  return is_list (target);
}

static gboolean
html (Stranger *self, const char *target, GOutputStream *stream)
{
  return answer_if (TRUE, stream, "<!DOCTYPE html><p>Hello</p>");
}

static gboolean
no_utf8 (Stranger *self, const char *target, GOutputStream *stream)
{
  return answer_if (is_list (target), stream, "[{\"name\":\"\xff\"}]");
}

static gboolean
deep (Stranger *self, const char *target, GOutputStream *stream)
{
  g_autofree char *brackets = g_strnfill (100 * 1000, '[');
  g_autofree char *body = g_strconcat ("[{\"name\":", brackets, NULL);

  return answer_if (is_list (target), stream, body);
}

static gboolean
twice (Stranger *self, const char *target, GOutputStream *stream)
{
  return answer_if (is_list (target),
                    stream,
                    "[{\"name\":\"a\",\"name\":\"b\"}]");
}

static gboolean
cut_short (Stranger *self, const char *target, GOutputStream *stream)
{
  return answer_if (is_list (target), stream, "[{\"name\":\"good\"}");
}

static gboolean
more_behind (Stranger *self, const char *target, GOutputStream *stream)
{
  return answer_if (is_list (target), stream, "[{\"name\":\"good\"}] []");
}

static gboolean
nameless (Stranger *self, const char *target, GOutputStream *stream)
{
  return answer_if (is_list (target), stream, "[{\"name\":7}]");
}

static gboolean
failing (Stranger *self, const char *target, GOutputStream *stream)
{
  if (is_list (target))
    stranger_answer (stream, 500, "", "");

  return is_list (target);
}

static gboolean
short_body (Stranger *self, const char *target, GOutputStream *stream)
{
  if (is_list (target))
    stranger_answer (stream, 200, "Content-Length: 1000\r\n", "[");

  return is_list (target);
}

static gboolean
short_chunks (Stranger *self, const char *target, GOutputStream *stream)
{
  if (is_tarball (target))
    stranger_write (stream,
                    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                    "8\r\nabcdefgh\r\n");

  return is_tarball (target);
}

static gboolean
slow_head (Stranger *self, const char *target, GOutputStream *stream)
{
  stranger_drip (self, stream, "HTTP/1.1 200 OK\r\nX-Field: abc\r\n");

  return TRUE;
}

static gboolean
slow_body (Stranger *self, const char *target, GOutputStream *stream)
{
  if (!is_list (target))
    return FALSE;
  stranger_write (stream, "HTTP/1.1 200 OK\r\n\r\n[");
  stranger_drip (self, stream, "  ");

  return TRUE;
}

static gboolean
silent (Stranger *self, const char *target, GOutputStream *stream)
{
  for (guint i = 0; i < 200 && !stranger_is_stopping (self); i++)
    g_usleep (50 * 1000);

  return TRUE;
}

static gboolean
endless_changes (Stranger *self, const char *target, GOutputStream *stream)
{
  return answer_if (g_str_has_prefix (target, "/changes"),
                    stream,
                    "{\"seq\":1,\"type\":\"publish\",\"name\":\"good\"}\n");
}

static gboolean
bad_names (Stranger *self, const char *target, GOutputStream *stream)
{
  g_autofree char *name = g_strnfill (MEBIBYTE, 'x');
  g_autofree char *body =
    g_strdup_printf ("[{\"name\":\"../x\"},{\"name\":\"..\"},{\"name\":\"\"},"
                     "{\"name\":\"/etc/passwd\"},{\"name\":\"a\\u001bb\"},"
                     "{\"name\":\"%s\"},"
                     "{\"name\":\"a\\nloft-registryctl: forged\"},"
                     "{\"name\":\"a\\r\\nImported: 9\"},{\"name\":\"good\"}]",
                     name);

  return answer_if (is_list (target), stream, body);
}

static gboolean
bad_versions (Stranger *self, const char *target, GOutputStream *stream)
{
  return answer_if (is_package (target),
                    stream,
                    "[{\"name\":\"good\",\"version\":\"../../x\"},"
                    "{\"name\":\"good\",\"version\":\"1\\nforged\"},"
                    "{\"name\":\"good\",\"version\":\"1.0\"},"
                    "{\"name\":\"good\",\"version\":\"1.0.0\"},"
                    "{\"name\":\"good\",\"version\":\"1.0.0+again\"}]");
}

static gboolean
other_package (Stranger *self, const char *target, GOutputStream *stream)
{
  return answer_if (is_package (target),
                    stream,
                    "[{\"name\":\"bad\",\"version\":\"1.0.0\"}]");
}

static gboolean
lying_digest (Stranger *self, const char *target, GOutputStream *stream)
{
  return answer_if (is_package (target),
                    stream,
                    "[{\"name\":\"good\",\"version\":\"1.0.0\",\"sha256\":"
                    "\"" ZEROS ZEROS "\"}]");
}

static gboolean
too_long (Stranger *self, const char *target, GOutputStream *stream)
{
  if (is_tarball (target))
    return endless_chunks (self, target, stream);

  return answer_if (is_package (target),
                    stream,
                    "[{\"name\":\"good\",\"version\":\"1.0.0\",\"size\":10}]");
}

static gboolean
too_short (Stranger *self, const char *target, GOutputStream *stream)
{
  return answer_if (
    is_package (target),
    stream,
    "[{\"name\":\"good\",\"version\":\"1.0.0\",\"size\":1000000}]");
}

static gboolean
no_tarball (Stranger *self, const char *target, GOutputStream *stream)
{
  return answer_if (is_tarball (target), stream, "This is no tarball");
}

static gboolean
tarball_elsewhere (Stranger *self, const char *target, GOutputStream *stream)
{
  return redirect_if (is_tarball (target), stream, "file:///etc/passwd");
}

static gboolean
gone (Stranger *self, const char *target, GOutputStream *stream)
{
  if (is_package (target))
    stranger_answer (stream, 404, "", "");

  return is_package (target);
}

/* clang-format off */
static const Case cases[] = {
  { "endless-string", endless_string, "", 1, "no JSON as a registry", NULL },
  { "endless-space", endless_space, "", 1, "too large", "Imported: 0, " },
  { "endless-head", endless_head, "--retries 0", 3, "/changes", NULL },
  { "many-packages", many_packages, "", 1, "more packages than", NULL },
  { "redirect-round", redirect_round, "", 1, "again and again", NULL },
  { "redirect-file", redirect_file, "", 1, "where nothing is fetched", NULL },
  { "redirect-ftp", redirect_ftp, "", 1, "where nothing is fetched", NULL },
  { "redirect-nowhere", redirect_nowhere, "", 1, "nothing is fetched", NULL },
  { "html", html, "", 1, "no JSON as a registry", NULL },
  { "no-utf8", no_utf8, "", 1, "no JSON as a registry", NULL },
  { "deep", deep, "", 1, "no JSON as a registry", NULL },
  { "twice", twice, "", 1, "no JSON as a registry", NULL },
  { "cut-short", cut_short, "", 1, "no JSON as a registry", NULL },
  { "more-behind", more_behind, "", 1, "no JSON as a registry", NULL },
  { "nameless", nameless, "", 1, "a package without a name", NULL },
  { "failing", failing, "--retries 0", 3, "answers with 500", NULL },
  { "short-body", short_body, "--retries 0", 3, "goes on where", NULL },
  { "short-chunks", short_chunks, "", 1, "good/1.0.0: ",
    "Imported: 0, there already: 0, conflicts: 0, refused: 1" },
  { "slow-head", slow_head, "--timeout 1 --retries 0", 3, "too long", NULL },
  { "slow-body", slow_body, "--timeout 1 --retries 0", 3, "too long", NULL },
  { "silent", silent, "--timeout 1 --retries 0", 3, "goes on where", NULL },
  { "endless-changes", endless_changes, "", 1, "in no order", NULL },
  { "bad-names", bad_names, "", 1, "../x: This is no name",
    "Imported: 1, there already: 0, conflicts: 0, refused: 8" },
  { "bad-versions", bad_versions, "", 1, "good/../../x: This is no version",
    "Imported: 1, there already: 0, conflicts: 0, refused: 3" },
  { "other-package", other_package, "", 1, "with another package",
    "Imported: 0, there already: 0, conflicts: 0, refused: 1" },
  { "lying-digest", lying_digest, "", 1, "not the one that it tells of",
    "Imported: 0, there already: 0, conflicts: 0, refused: 1" },
  { "too-long", too_long, "", 1, "too large",
    "Imported: 0, there already: 0, conflicts: 0, refused: 1" },
  { "too-short", too_short, "", 1, "not the one that it tells of",
    "Imported: 0, there already: 0, conflicts: 0, refused: 1" },
  { "no-tarball", no_tarball, "", 1, "good/1.0.0: ",
    "Imported: 0, there already: 0, conflicts: 0, refused: 1" },
  { "tarball-elsewhere", tarball_elsewhere, "", 1, "where nothing is fetched",
    "Imported: 0, there already: 0, conflicts: 0, refused: 1" },
  { "gone", gone, "", 1, "answers with 404",
    "Imported: 0, there already: 0, conflicts: 0, refused: 1" },
};
/* clang-format on */

/* What a stranger wrote begins no line, and takes no more than its room; only
 * how to go on has a line of its own. */
static void
check_lines (const char *text)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

  for (guint i = 0; lines[i] != NULL && *lines[i] != '\0'; i++)
    {
      g_assert_true (g_str_has_prefix (lines[i], "loft-registryctl: ") ||
                     g_str_has_prefix (lines[i], "The same command goes on"));
      g_assert_false (g_str_has_prefix (lines[i], "loft-registryctl: forged"));
      g_assert_cmpuint (strlen (lines[i]), <, 600);
    }
  g_assert_null (strchr (text, '\r'));
}

/* Whatever the server does, it comes to an end that says what was wrong;
 * nothing is asked for that is no part of a registry, and the registry goes on.
 */
static void
test_hostile (Fixture *fixture, gconstpointer test_data)
{
  const Case *hostile = test_data;

  stranger_set_func (fixture->server, hostile->func);
  g_autoptr (CtlKitResult) result = import (fixture, hostile->options);
  g_assert_cmpint (result->status, ==, hostile->status);
  g_assert_nonnull (strstr (result->err, hostile->error));
  g_assert_null (strchr (result->err, '\033'));
  g_assert_cmpuint (strlen (result->err), <, 4096);
  check_lines (result->err);
  if (hostile->out != NULL)
    g_assert_true (g_str_has_prefix (result->out, hostile->out));
  else
    g_assert_cmpstr (result->out, ==, "");
  g_assert_cmpuint (stranger_count (fixture->server, ".."), ==, 0);
  g_assert_cmpuint (stranger_count (fixture->server, "passwd"), ==, 0);

  g_autofree char *status = ctl_kit_succeed ("status");
}

/* What the original server offers is enough. It tells no digests, so what is
 * there is taken for the same, but where it is to be compared. */
static void
test_original (Fixture *fixture, gconstpointer test_data)
{
  stranger_set_members (fixture->server,
                        ",\"description\":null,\"manifest\":{},\"repository\":"
                        "null,\"authors\":null,\"license\":\"MIT\","
                        "\"owners\":[\"alice\"],\"deprecated\":\"Use better\"");
  g_autoptr (CtlKitResult) first = import (fixture, "");
  g_assert_cmpint (first->status, ==, 0);
  g_assert_cmpstr (first->out,
                   ==,
                   "Imported: 1, there already: 0, conflicts: 0, refused: 0\n"
                   "Yanked: 0, deprecated: 1\n");
  g_autofree char *owners = ctl_kit_succeed ("owners good");
  g_assert_nonnull (strstr (owners, "alice"));

  g_autoptr (CtlKitResult) second = import (fixture, "");
  g_assert_cmpint (second->status, ==, 0);
  g_assert_cmpuint (stranger_count (fixture->server, "/download"), ==, 1);
  g_autoptr (CtlKitResult) third = import (fixture, "--compare");
  g_assert_cmpint (third->status, ==, 0);
  g_assert_cmpstr (third->out,
                   ==,
                   "Imported: 0, there already: 1, conflicts: 0, refused: 0\n");
  g_assert_cmpuint (stranger_count (fixture->server, "/download"), ==, 2);
}

static gboolean
other_tarball (Stranger *self, const char *target, GOutputStream *stream)
{
  return answer_if (is_tarball (target), stream, "Other bytes");
}

/* Without digests a conflict shows when it is to be compared. */
static void
test_compared (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (CtlKitResult) first = import (fixture, "");
  g_assert_cmpint (first->status, ==, 0);
  stranger_set_func (fixture->server, other_tarball);
  g_autoptr (CtlKitResult) second = import (fixture, "");
  g_assert_cmpint (second->status, ==, 0);
  g_autoptr (CtlKitResult) third = import (fixture, "--compare");
  g_assert_cmpint (third->status, ==, 6);
  g_assert_nonnull (strstr (third->err, "good/1.0.0: Other bytes"));
}

static gboolean
changes (Stranger *self, const char *target, GOutputStream *stream)
{
  if (g_str_has_prefix (target, "/changes?since=0"))
    return answer_if (
      TRUE,
      stream,
      "{\"seq\":1,\"type\":\"claim\",\"name\":\"claimed\",\"state\":{}}\n"
      "{\"seq\":2,\"type\":\"publish\",\"name\":\"good\"}\n"
      "{\"seq\":3,\"type\":\"from-the-future\"}\n"
      "{\"seq\":5,\"type\":\"deprecate\",\"name\":\"good\",\"state\":"
      "{\"deprecated\":\"Use better\",\"yanked\":{\"1.0.0\":\"It burns\"}}}\n");

  return answer_if (g_str_has_prefix (target, "/changes?since=5"), stream, "");
}

/* Where changes can be followed, the last state counts. */
static void
test_changes (Fixture *fixture, gconstpointer test_data)
{
  stranger_set_members (fixture->server, ",\"yanked\":true");
  stranger_set_func (fixture->server, changes);
  g_autoptr (CtlKitResult) result = import (fixture, "");
  g_assert_cmpint (result->status, ==, 0);
  g_assert_cmpstr (result->out,
                   ==,
                   "Imported: 1, there already: 0, conflicts: 0, refused: 0\n"
                   "Yanked: 1, deprecated: 1\n");
  g_assert_cmpuint (stranger_count (fixture->server, "claimed"), ==, 0);
  g_autofree char *log = ctl_kit_succeed ("--json logs");
  g_assert_nonnull (strstr (log, "It burns"));
  g_assert_nonnull (strstr (log, "Use better"));
}

static gboolean
at_second_try (Stranger *self, const char *target, GOutputStream *stream)
{
  if (stranger_count (self, target) > 1 || !is_tarball (target))
    return FALSE;

  return short_body (self, "/packages", stream);
}

/* What breaks off is tried again. */
static void
test_retried (Fixture *fixture, gconstpointer test_data)
{
  stranger_set_func (fixture->server, at_second_try);
  g_autoptr (CtlKitResult) result = import (fixture, "--retries 1");
  g_assert_cmpint (result->status, ==, 0);
  g_assert_cmpstr (result->err, ==, "");
  g_assert_cmpuint (stranger_count (fixture->server, "/download"), ==, 2);
}

static gboolean
two_packages (Stranger *self, const char *target, GOutputStream *stream)
{
  return answer_if (is_list (target),
                    stream,
                    "[{\"name\":\"good\"},{\"name\":\"later\"}]") ||
         answer_if (g_str_equal (target, "/packages/later"), stream, "[]");
}

static gboolean
half_way (Stranger *self, const char *target, GOutputStream *stream)
{
  return g_str_equal (target, "/packages/later") ||
         two_packages (self, target, stream);
}

/* A source that goes away half way leaves what was imported, and how to go on.
 */
static void
test_half_way (Fixture *fixture, gconstpointer test_data)
{
  stranger_set_func (fixture->server, half_way);
  g_autoptr (CtlKitResult) first = import (fixture, "--retries 1");
  g_assert_cmpint (first->status, ==, 3);
  g_assert_nonnull (strstr (first->err, "The same command goes on"));
  g_assert_cmpuint (stranger_count (fixture->server, "/later"), ==, 2);

  stranger_set_func (fixture->server, two_packages);
  g_autoptr (CtlKitResult) second = import (fixture, "");
  g_assert_cmpint (second->status, ==, 0);
  g_assert_cmpstr (second->out,
                   ==,
                   "Imported: 0, there already: 1, conflicts: 0, refused: 0\n");
  g_assert_cmpuint (stranger_count (fixture->server, "/download"), ==, 1);
}

/* What is no URL of a registry is refused before anything is asked. */
static void
test_urls (Fixture *fixture, gconstpointer test_data)
{
  const char *const urls[] = { "file:///tmp",
                               "ftp://127.0.0.1/",
                               "http://",
                               "'http://127.0.0.1:1/?a=b'",
                               "http://127.0.0.1:99999/" };

  for (gsize i = 0; i < G_N_ELEMENTS (urls); i++)
    {
      g_autofree char *line = g_strconcat ("import ", urls[i], NULL);
      g_autoptr (CtlKitResult) result = ctl_kit_run (line);

      g_assert_cmpint (result->status, ==, 2);
      g_assert_nonnull (strstr (result->err, "no URL of a registry"));
    }
  g_autoptr (CtlKitResult) nobody =
    ctl_kit_run ("import http://127.0.0.1:1/ --retries 0");
  g_assert_cmpint (nobody->status, ==, 3);
  g_autoptr (CtlKitResult) never = import (fixture, "--timeout 0");
  g_assert_cmpint (never->status, ==, 2);
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

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path =
        g_strconcat ("/ctl-import-stranger/", cases[i].name, NULL);

      g_test_add (path, Fixture, &cases[i], set_up, test_hostile, tear_down);
    }
  add ("/ctl-import-stranger/original", test_original);
  add ("/ctl-import-stranger/compared", test_compared);
  add ("/ctl-import-stranger/changes", test_changes);
  add ("/ctl-import-stranger/retried", test_retried);
  add ("/ctl-import-stranger/half-way", test_half_way);
  add ("/ctl-import-stranger/urls", test_urls);

  return g_test_run ();
}
