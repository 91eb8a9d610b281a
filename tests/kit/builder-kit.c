/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "kit/builder-kit.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <glib/gstdio.h>
#include <locale.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kit/loft-test-archive.h"

/* Where temporary files of builders go, which have to leave nothing there. */
static char *folder; /* owned */

/**
 * builder_kit_set_up:
 *
 * Prepares the process to start builders. Processes that one of them leaves
 * behind become ours, so that none goes unnoticed.
 */
void
builder_kit_set_up (void)
{
  g_autoptr (GError) error = NULL;

  setlocale (LC_CTYPE, "C.UTF-8");
  prctl (PR_SET_CHILD_SUBREAPER, 1);
  folder = g_dir_make_tmp ("loft-builder-XXXXXX", &error);
  g_assert_no_error (error);
  /* Started by root, the builder is another user. */
  g_assert_cmpint (chmod (folder, 01777), ==, 0);
  g_setenv ("TMPDIR", folder, TRUE);
}

/**
 * builder_kit_tear_down:
 *
 * Ends what builder_kit_set_up() began. Nothing may be left.
 */
void
builder_kit_tear_down (void)
{
  g_assert_cmpint (waitpid (-1, NULL, WNOHANG), ==, -1);
  g_assert_cmpint (g_rmdir (folder), ==, 0);
  g_clear_pointer (&folder, g_free);
}

/* A builder does not outlive a test that fails. */
static void
prepare_cb (gpointer user_data)
{
  prctl (PR_SET_PDEATHSIG, SIGTERM);
}

/**
 * builder_kit_connect:
 * @options: (nullable): options of the program
 * @out_pid: (out): its process
 *
 * Starts a builder, as a service manager does for a connection.
 *
 * Returns: the other end of the connection
 */
int
builder_kit_connect (char **options, GPid *out_pid)
{
  g_autofree char *program =
    g_test_build_filename (G_TEST_BUILT, "..", "loft-registry-docs", NULL);
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  g_autoptr (GError) error = NULL;
  int fds[2];

  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds),
                   ==,
                   0);
  g_strv_builder_add (builder, program);
  for (guint i = 0; options != NULL && options[i] != NULL; i++)
    g_strv_builder_add (builder, options[i]);

  g_auto (GStrv) arguments = g_strv_builder_end (builder);
  g_spawn_async_with_fds (NULL,
                          arguments,
                          NULL,
                          G_SPAWN_DO_NOT_REAP_CHILD,
                          prepare_cb,
                          NULL,
                          out_pid,
                          fds[1],
                          -1,
                          -1,
                          &error);
  g_assert_no_error (error);
  close (fds[1]);

  return fds[0];
}

/**
 * builder_kit_wait:
 * @pid: a builder, or any other process of ours
 *
 * Waits for it, but not for ever.
 *
 * Returns: its status, as waitpid() has it
 */
int
builder_kit_wait (GPid pid)
{
  int status = -1;
  pid_t ended = 0;

  for (guint i = 0; i < 3000 && ended == 0; i++)
    {
      ended = waitpid (pid, &status, WNOHANG);
      if (ended == 0)
        g_usleep (10000);
    }
  g_assert_cmpint (ended, ==, pid);

  return status;
}

/**
 * builder_kit_send:
 * @fd: a connection
 * @bytes: what to send, as far as it is taken
 *
 * Sends bytes.
 */
void
builder_kit_send (int fd, GBytes *bytes)
{
  gsize length = 0;
  const char *data = g_bytes_get_data (bytes, &length);

  while (length > 0)
    {
      gssize count = send (fd, data, length, MSG_NOSIGNAL);

      if (count == -1 && errno != EINTR)
        break;
      data += MAX (count, 0);
      length -= (gsize) MAX (count, 0);
    }
}

/**
 * builder_kit_receive:
 * @fd: (transfer full): a connection
 *
 * Receives all that comes until the other end closes it.
 *
 * Returns: (transfer full): that
 */
GBytes *
builder_kit_receive (int fd)
{
  GByteArray *all = g_byte_array_new ();
  guint8 piece[4096];
  gssize count;

  while ((count = recv (fd, piece, sizeof piece, 0)) > 0)
    g_byte_array_append (all, piece, (guint) count);
  g_assert_cmpint (count, ==, 0);
  close (fd);

  return g_byte_array_free_to_bytes (all);
}

/**
 * builder_kit_make_package:
 *
 * Makes a package with something to read.
 *
 * Returns: (transfer full): its tarball
 */
GBytes *
builder_kit_make_package (void)
{
  g_autoptr (LoftTestArchive) archive = loft_test_archive_new ();

  loft_test_archive_add_manifest (archive, "hello", "1.0.0");
  loft_test_archive_add_file (archive, "src/page.txt", "a page\n");
  loft_test_archive_add_file (archive, "src/grüße.txt", "grüße\n");
  loft_test_archive_end (archive);

  return loft_test_archive_to_gzip (archive);
}

static void
add_number (JsonBuilder *builder, const char *member, guint64 number)
{
  json_builder_set_member_name (builder, member);
  json_builder_add_int_value (builder, (gint64) number);
}

static void
add_limits (JsonBuilder *builder, const BuilderLimits *limits)
{
  const guint64 mebibyte = 1024 * 1024;

  json_builder_set_member_name (builder, "limits");
  json_builder_begin_object (builder);
  add_number (builder, "seconds", limits->seconds != 0 ? limits->seconds : 60);
  add_number (builder,
              "memory",
              limits->memory != 0 ? limits->memory : 256 * mebibyte);
  add_number (builder,
              "processes",
              limits->processes != 0 ? limits->processes : 50);
  add_number (builder,
              "output_bytes",
              limits->bytes != 0 ? limits->bytes : 8 * mebibyte);
  add_number (builder,
              "output_files",
              limits->files != 0 ? limits->files : 1000);
  json_builder_end_object (builder);
}

/**
 * builder_kit_make_request:
 * @command: (array zero-terminated=1): what makes the documentation
 * @limits: what it may take
 * @tarball: the package
 *
 * Makes a request, with the tarball.
 *
 * Returns: (transfer full): what to send
 */
GBytes *
builder_kit_make_request (const char *const *command,
                          const BuilderLimits *limits,
                          GBytes *tarball)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  json_builder_begin_object (builder);
  add_number (builder, "protocol", 1);
  json_builder_set_member_name (builder, "name");
  json_builder_add_string_value (builder, "hello");
  json_builder_set_member_name (builder, "version");
  json_builder_add_string_value (builder, "1.0.0");
  json_builder_set_member_name (builder, "command");
  json_builder_begin_array (builder);
  for (guint i = 0; command[i] != NULL; i++)
    json_builder_add_string_value (builder, command[i]);
  json_builder_end_array (builder);
  add_limits (builder, limits);
  add_number (builder, "tarball_bytes", g_bytes_get_size (tarball));
  json_builder_end_object (builder);

  g_autoptr (JsonNode) node = json_builder_get_root (builder);
  g_autofree char *text = json_to_string (node, FALSE);
  GByteArray *all = g_byte_array_new ();

  g_byte_array_append (all, (const guint8 *) text, strlen (text));
  g_byte_array_append (all, (const guint8 *) "\n", 1);
  g_byte_array_append (all,
                       g_bytes_get_data (tarball, NULL),
                       g_bytes_get_size (tarball));

  return g_byte_array_free_to_bytes (all);
}

/* Whatever is no file fails the test. */
static GHashTable *
read_archive (const char *data, gsize length)
{
  GHashTable *files = g_hash_table_new_full (g_str_hash,
                                             g_str_equal,
                                             g_free,
                                             (GDestroyNotify) g_bytes_unref);
  struct archive *archive = archive_read_new ();
  struct archive_entry *entry = NULL;
  int status = ARCHIVE_EOF;

  archive_read_support_format_tar (archive);
  if (length > 0)
    {
      g_assert_cmpint (archive_read_open_memory (archive, data, length), ==, 0);
      status = archive_read_next_header (archive, &entry);
    }
  for (; status == ARCHIVE_OK;
       status = archive_read_next_header (archive, &entry))
    {
      gsize size = (gsize) archive_entry_size (entry);
      char *content = g_malloc (size + 1);

      g_assert_cmpint (archive_entry_filetype (entry), ==, AE_IFREG);
      g_assert_null (archive_entry_hardlink (entry));
      g_assert_cmpint (archive_read_data (archive, content, size), ==, size);
      g_assert_true (
        g_hash_table_insert (files,
                             g_strdup (archive_entry_pathname (entry)),
                             g_bytes_new_take (content, size)));
    }
  g_assert_cmpint (status, ==, ARCHIVE_EOF);
  archive_read_free (archive);

  return files;
}

/**
 * builder_kit_parse:
 * @bytes: all that was received
 *
 * Reads an answer, which has to be whole.
 *
 * Returns: (transfer full): the answer
 */
BuilderAnswer *
builder_kit_parse (GBytes *bytes)
{
  BuilderAnswer *self = g_new0 (BuilderAnswer, 1);
  g_autoptr (JsonParser) parser = json_parser_new ();
  g_autoptr (GError) error = NULL;
  gsize length = 0;
  const char *data = g_bytes_get_data (bytes, &length);
  const char *end = length > 0 ? memchr (data, '\n', length) : NULL;

  g_assert_nonnull (end);
  g_assert_cmpint (end - data, <, 256 * 1024);
  json_parser_load_from_data (parser, data, end - data, &error);
  g_assert_no_error (error);

  JsonObject *object = json_node_get_object (json_parser_get_root (parser));
  gsize rest = length - (gsize) (end + 1 - data);
  self->status = g_strdup (json_object_get_string_member (object, "status"));
  self->reason = g_strdup (
    json_object_get_string_member_with_default (object, "reason", NULL));
  self->log = g_strdup (json_object_get_string_member (object, "log"));
  g_assert_cmpint (json_object_get_int_member (object, "protocol"), ==, 1);
  g_assert_cmpuint (strlen (self->log), <=, 16 * 1024);
  g_assert_cmpint (json_object_get_int_member (object, "archive_bytes"),
                   ==,
                   rest);
  g_assert_cmpint (rest > 0, ==, g_str_equal (self->status, "built"));
  self->files = read_archive (end + 1, rest);
  g_assert_cmpint (json_object_get_int_member (object, "files"),
                   ==,
                   g_hash_table_size (self->files));

  return self;
}

/**
 * builder_answer_free:
 * @self: (transfer full): an answer
 *
 * Frees it.
 */
void
builder_answer_free (BuilderAnswer *self)
{
  g_free (self->status);
  g_free (self->reason);
  g_free (self->log);
  g_hash_table_unref (self->files);
  g_free (self);
}

/**
 * builder_kit_ask:
 * @request: what to send
 * @options: (nullable): options of the program
 *
 * Has a builder of its own answer a request.
 *
 * Returns: (transfer full): the answer
 */
BuilderAnswer *
builder_kit_ask (GBytes *request, char **options)
{
  GPid pid;
  int fd = builder_kit_connect (options, &pid);

  builder_kit_send (fd, request);

  g_autoptr (GBytes) bytes = builder_kit_receive (fd);
  g_assert_cmpint (builder_kit_wait (pid), ==, 0);
  g_assert_cmpint (waitpid (-1, NULL, WNOHANG), ==, -1);

  return builder_kit_parse (bytes);
}

/**
 * builder_kit_build:
 * @script: for the shell
 * @limits: what it may take
 *
 * Has documentation built by a script.
 *
 * Returns: (transfer full): the answer
 */
BuilderAnswer *
builder_kit_build (const char *script, const BuilderLimits *limits)
{
  const char *const command[] = { "sh", "-c", script, NULL };
  g_autoptr (GBytes) package = builder_kit_make_package ();
  g_autoptr (GBytes) request =
    builder_kit_make_request (command, limits, package);

  return builder_kit_ask (request, NULL);
}

/**
 * builder_kit_skip:
 *
 * Skips the test where no sandbox can be made.
 *
 * Returns: whether it was skipped
 */
gboolean
builder_kit_skip (void)
{
  const BuilderLimits enough = { 0 };
  g_autoptr (BuilderAnswer) answer =
    builder_kit_build ("echo >$LOFT_DOCS_OUTPUT/index.html", &enough);

  if (!g_str_equal (answer->status, "unavailable"))
    return FALSE;
  g_test_skip (answer->reason);

  return TRUE;
}
