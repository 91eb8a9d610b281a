/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "docs/loft-builder-output.h"
#include "kit/builder-kit.h"
#include "kit/loft-test-archive.h"

/* What a builder takes, and what it lets out: none of this needs a sandbox. */

static const BuilderLimits enough = { 0 };

static void
assert_text (const char *text, const char *part)
{
  if (text == NULL || strstr (text, part) == NULL)
    g_error ("“%s” is not in “%s”", part, text != NULL ? text : "");
}

typedef struct
{
  const char *name;
  const char *line;
  const char *reason;
} Malformed;

#define COMMAND "\"command\":[\"true\"]"
#define LIMITS                                                                 \
  "\"limits\":{\"seconds\":1,\"memory\":99999999,\"processes\":9,"             \
  "\"output_bytes\":99,\"output_files\":9}"
#define NAMES "\"name\":\"hello\",\"version\":\"1.0.0\""
#define SIZE "\"tarball_bytes\":10"

static const Malformed malformed[] = {
  { "nothing", "", "ends too early" },
  { "no-line", "{\"protocol\":1", "ends too early" },
  { "empty-line", "\n", "can't be understood" },
  { "no-json", "GET / HTTP/1.1\r\n\r\n", "can't be understood" },
  { "no-object", "[]\n", "no object" },
  { "protocol",
    "{\"protocol\":2," NAMES "," COMMAND "," LIMITS "," SIZE "}\n",
    "another version of the protocol" },
  { "no-name",
    "{\"protocol\":1,\"version\":\"1.0.0\"," COMMAND "," LIMITS "," SIZE "}\n",
    "name or version" },
  { "odd-name",
    "{\"protocol\":1,\"name\":\"a\\nb\",\"version\":\"1\"," COMMAND "," LIMITS
    "," SIZE "}\n",
    "name or version" },
  { "no-command",
    "{\"protocol\":1," NAMES ",\"command\":[]," LIMITS "," SIZE "}\n",
    "there is no command" },
  { "odd-command",
    "{\"protocol\":1," NAMES ",\"command\":[\"a\",1]," LIMITS "," SIZE "}\n",
    "no list of strings" },
  { "no-limits",
    "{\"protocol\":1," NAMES "," COMMAND "," SIZE "}\n",
    "seconds is no number" },
  { "no-size",
    "{\"protocol\":1," NAMES "," COMMAND "," LIMITS "}\n",
    "tarball_bytes is no number" },
  { "too-large",
    "{\"protocol\":1," NAMES "," COMMAND "," LIMITS
    ",\"tarball_bytes\":9000000000000}\n",
    "tarball_bytes is no number" },
  { "short",
    "{\"protocol\":1," NAMES "," COMMAND "," LIMITS "," SIZE "}\n12345",
    "ends too early" },
  { "deep", NULL, "can't be understood" },
  { "long", NULL, "too long" },
  { "nul", NULL, "NUL" },
};

static GBytes *
make_malformed (const Malformed *self)
{
  GByteArray *bytes = g_byte_array_new ();

  if (self->line != NULL)
    g_byte_array_append (bytes,
                         (const guint8 *) self->line,
                         strlen (self->line));
  else
    {
      gboolean is_deep = g_str_equal (self->name, "deep");

      g_byte_array_set_size (bytes, is_deep ? 60000 : 70000);
      memset (bytes->data,
              is_deep                           ? '['
              : g_str_equal (self->name, "nul") ? 0
                                                : ' ',
              bytes->len);
      if (!g_str_equal (self->name, "long"))
        bytes->data[50000] = '\n';
    }

  return g_byte_array_free_to_bytes (bytes);
}

/* A request that makes no sense is answered, and is no package's fault. */
static void
test_malformed (gconstpointer test_data)
{
  const Malformed *self = test_data;
  g_autoptr (GBytes) request = make_malformed (self);
  GPid pid;
  int fd = builder_kit_connect (NULL, &pid);

  builder_kit_send (fd, request);
  shutdown (fd, SHUT_WR);

  g_autoptr (GBytes) bytes = builder_kit_receive (fd);
  g_assert_true (WIFEXITED (builder_kit_wait (pid)));

  g_autoptr (BuilderAnswer) answer = builder_kit_parse (bytes);
  g_assert_cmpstr (answer->status, ==, "unavailable");
  assert_text (answer->reason, self->reason);
}

/* Without bubblewrap nothing is built, and that is no package's fault. */
static void
test_no_bubblewrap (void)
{
  g_autofree char *path = g_strdup (g_getenv ("PATH"));

  g_setenv ("PATH", "/nonexistent", TRUE);
  g_autoptr (BuilderAnswer) answer = builder_kit_build ("true", &enough);
  g_setenv ("PATH", path, TRUE);

  g_assert_cmpstr (answer->status, ==, "unavailable");
  assert_text (answer->reason, "is it installed?");
}

static int
connect_to (const char *path)
{
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  int fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int status = -1;

  g_strlcpy (address.sun_path, path, sizeof address.sun_path);
  for (guint i = 0; i < 500 && status == -1; i++)
    {
      status = connect (fd, (struct sockaddr *) &address, sizeof address);
      if (status == -1)
        g_usleep (20000);
    }
  g_assert_cmpint (status, ==, 0);

  return fd;
}

static BuilderAnswer *
ask_at (const char *path, GBytes *request)
{
  int fd = connect_to (path);

  builder_kit_send (fd, request);

  g_autoptr (GBytes) bytes = builder_kit_receive (fd);

  return builder_kit_parse (bytes);
}

/* Without a service manager it makes a socket, and serves one after another. */
static void
test_listen (void)
{
  g_autofree char *folder = g_dir_make_tmp ("loft-socket-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "socket", NULL);
  char *options[] = { (char *) "--listen", path, NULL };
  const char *const command[] = { "false", NULL };
  g_autoptr (GBytes) package = builder_kit_make_package ();
  g_autoptr (GBytes) request =
    builder_kit_make_request (command, &enough, package);
  g_autoptr (GBytes) nonsense = g_bytes_new_static ("x\n", 2);
  GStatBuf status;
  GPid pid;

  close (builder_kit_connect (options, &pid));
  for (guint i = 0; i < 3; i++)
    {
      g_autoptr (BuilderAnswer) refused = ask_at (path, nonsense);
      g_autoptr (BuilderAnswer) answer = ask_at (path, request);

      g_assert_cmpstr (refused->status, ==, "unavailable");
      g_assert_cmpstr (answer->status, !=, "built");
    }
  g_assert_cmpint (g_stat (path, &status), ==, 0);
  g_assert_cmpint (status.st_mode & 0777, ==, 0660);

  /* One that hangs is ended with it. */
  int fd = connect_to (path);
  g_usleep (300000);
  g_assert_cmpint (kill (pid, SIGTERM), ==, 0);
  g_assert_cmpint (builder_kit_wait (pid), ==, 0);
  close (fd);
  g_assert_cmpint (g_rmdir (folder), ==, 0);
}

static const LoftTestMember index_member = { "index.html", .content = "index" };

typedef struct
{
  const char *name;
  const LoftTestMember *members; /* and index.html */
  const char *reason;
} Forged;

#define MEMBERS(...)                                                           \
  (const LoftTestMember[])                                                     \
  {                                                                            \
    __VA_ARGS__, { NULL }                                                      \
  }

static const Forged forged[] = {
  { "link",
    MEMBERS ({ "a", .type = '2', .target = "/etc/shadow" }),
    "no file" },
  { "folder", MEMBERS ({ "a/", .type = '5' }), "no file" },
  { "hard-link",
    MEMBERS ({ "a", .type = '1', .target = "index.html" }),
    "link" },
  { "device", MEMBERS ({ "a", .type = '3' }), "device" },
  { "pipe", MEMBERS ({ "a", .type = '6' }), "pipe" },
  { "up", MEMBERS ({ "../a", .content = "x" }), "path" },
  { "inner-up", MEMBERS ({ "a/../../b", .content = "x" }), "path" },
  { "absolute", MEMBERS ({ "/etc/passwd", .content = "x" }), "path" },
  { "hidden", MEMBERS ({ ".htaccess", .content = "x" }), "path" },
  { "inner-hidden", MEMBERS ({ "a/.b/c", .content = "x" }), "path" },
  { "control", MEMBERS ({ "a\nb", .content = "x" }), "path" },
  { "twice", MEMBERS ({ "index.html", .content = "x" }), "twice" },
  { "many",
    MEMBERS ({ "a", .content = "x" }, { "b", .content = "x" }),
    "more than 2" },
  { "large", MEMBERS ({ "a", .content = "0123456789abcdef" }), "more than 20" },
  { "magic", MEMBERS ({ "a", .content = "x", .magic = "nothing" }), "format" },
  { "checksum",
    MEMBERS ({ "a", .content = "x", .is_damaged = TRUE }),
    "damaged" },
};

static gboolean
check_output (GBytes *bytes, GError **error)
{
  g_autofree char *path = NULL;
  int fd = g_file_open_tmp (NULL, &path, NULL);
  gsize length = 0;
  const char *data = g_bytes_get_data (bytes, &length);
  guint64 n_files = 0;
  guint64 n_bytes = 0;

  g_unlink (path);
  g_assert_cmpint (write (fd, data, length), ==, length);

  gboolean is_good =
    loft_builder_output_check (fd, 20, 2, &n_files, &n_bytes, error);
  close (fd);
  if (is_good)
    {
      g_assert_cmpuint (n_files, ==, 1);
      g_assert_cmpuint (n_bytes, ==, 5);
    }

  return is_good;
}

/* Whatever a sandbox sends, only files come out that can be served. */
static void
test_forged (gconstpointer test_data)
{
  const Forged *self = test_data;
  g_autoptr (LoftTestArchive) archive = loft_test_archive_new ();
  g_autoptr (GError) error = NULL;

  loft_test_archive_add (archive, &index_member);
  for (const LoftTestMember *member = self->members; member->path != NULL;
       member++)
    loft_test_archive_add (archive, member);
  loft_test_archive_end (archive);

  g_autoptr (GBytes) bytes = loft_test_archive_to_tar (archive);
  g_assert_false (check_output (bytes, &error));
  g_assert_nonnull (error);
  assert_text (error->message, self->reason);
}

/* A part of an archive is none, wherever it was cut. */
static void
test_cut (void)
{
  g_autoptr (LoftTestArchive) archive = loft_test_archive_new ();

  loft_test_archive_add (archive, &index_member);
  loft_test_archive_end (archive);

  g_autoptr (GBytes) whole = loft_test_archive_to_tar (archive);
  g_autoptr (GError) error = NULL;
  g_assert_true (check_output (whole, &error));
  g_assert_no_error (error);

  for (gsize length = 0; length < 2048; length += 256)
    {
      g_autoptr (GBytes) part = g_bytes_new_from_bytes (whole, 0, length);
      g_autoptr (GError) local_error = NULL;

      g_assert_false (check_output (part, &local_error));
      g_assert_nonnull (local_error);
    }
}

/* Whatever the server has let through, nothing is unpacked that must not be. */
static void
test_tarball (gconstpointer test_data)
{
  const LoftTestCase *broken = test_data;
  const char *const command[] = { "true", NULL };
  g_autoptr (GBytes) tarball = loft_test_case_make (broken);
  g_autoptr (GBytes) request =
    builder_kit_make_request (command, &enough, tarball);
  g_autoptr (BuilderAnswer) answer = builder_kit_ask (request, NULL);

  g_assert_cmpstr (answer->status, ==, "failed");
  assert_text (answer->reason, "The tarball can't be unpacked: ");
}

/* These may hold more here than an ordinary registry takes. */
static gboolean
is_of_size (const LoftTestCase *broken)
{
  static const char *const rules[] = { "entries",
                                       "path-length",
                                       "ratio",
                                       "unpacked-size",
                                       NULL };

  return g_strv_contains (rules, broken->rule);
}

static void
add_tarballs (void)
{
  gsize n_cases = 0;
  const LoftTestCase *cases = loft_test_archive_cases (&n_cases);

  for (gsize i = 0; i < n_cases; i++)
    {
      g_autofree char *path =
        g_strconcat ("/docs-request/tarball/", cases[i].name, NULL);
      gsize length = 0;
      g_autoptr (GBytes) tarball = loft_test_case_make (&cases[i]);

      g_bytes_get_data (tarball, &length);
      if (!is_of_size (&cases[i]) && length > 0)
        g_test_add_data_func (path, &cases[i], test_tarball);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);
  builder_kit_set_up ();

  for (guint i = 0; i < G_N_ELEMENTS (malformed); i++)
    {
      g_autofree char *path =
        g_strconcat ("/docs-request/malformed/", malformed[i].name, NULL);

      g_test_add_data_func (path, &malformed[i], test_malformed);
    }
  g_test_add_func ("/docs-request/no-bubblewrap", test_no_bubblewrap);
  g_test_add_func ("/docs-request/listen", test_listen);
  add_tarballs ();
  for (guint i = 0; i < G_N_ELEMENTS (forged); i++)
    {
      g_autofree char *path =
        g_strconcat ("/docs-request/forged/", forged[i].name, NULL);

      g_test_add_data_func (path, &forged[i], test_forged);
    }
  g_test_add_func ("/docs-request/cut", test_cut);

  int status = g_test_run ();
  builder_kit_tear_down ();

  return status;
}
