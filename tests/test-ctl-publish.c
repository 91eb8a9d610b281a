/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kit/ctl-kit.h"

/* Publishing by the administrator's tool to a real registry. */

#define TOKEN "0123456789abcdefghijklmnopqrstuvwxyzABCD"
#define MIB (G_GOFFSET_CONSTANT (1024) * 1024)
#define NOISE 200000
#define OTHER_TOKEN "another-token-of-more-than-32-characters"

static void
write_file (CtlKit *kit, const char *path, const char *text)
{
  g_autofree char *full = g_build_filename (kit->daemon->folder, path, NULL);
  g_autofree char *folder = g_path_get_dirname (full);
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (g_mkdir_with_parents (folder, 0700), ==, 0);
  g_file_set_contents (full, text, -1, &error);
  g_assert_no_error (error);
}

/* Makes a file so long, by a hole at its end. */
static void
extend (CtlKit *kit, const char *path, goffset size)
{
  g_autofree char *full = g_build_filename (kit->daemon->folder, path, NULL);

  g_assert_cmpint (truncate (full, size), ==, 0);
}

static void
write_package (CtlKit *kit, const char *version)
{
  g_autofree char *manifest =
    g_strdup_printf ("{\"name\":\"sent\",\"version\":\"%s\",\"entrypoint\":"
                     "\"src/main.lf\",\"dependencies\":{}}",
                     version);

  write_file (kit, "package/manifest.json", manifest);
  write_file (kit, "package/src/main.lf", "// nothing\n");
  write_file (kit, "package/.hidden", "kept\n");
}

static CtlKitResult *
publish (CtlKit *kit, const char *path, const char *options)
{
  g_autofree char *line =
    g_strdup_printf ("publish '%s/%s' --registry http://127.0.0.1:%u/ %s",
                     kit->daemon->folder,
                     path,
                     kit->daemon->port,
                     options);

  return ctl_kit_run (line);
}

static void
assert_published (CtlKit *kit, const char *options, const char *expected)
{
  g_autoptr (CtlKitResult) result = publish (kit, "package", options);

  g_assert_cmpint (result->status, ==, 0);
  g_assert_cmpstr (result->out, ==, expected);
  g_assert_cmpstr (result->err, ==, "");
}

static void
assert_refused (CtlKit *kit,
                const char *path,
                const char *options,
                int status,
                const char *expected)
{
  g_autoptr (CtlKitResult) result = publish (kit, path, options);

  g_assert_cmpint (result->status, ==, status);
  g_assert_nonnull (strstr (result->err, expected));
  g_assert_cmpstr (result->out, ==, "");
}

/* A folder comes out as it went in, and the same one is the same archive. */
static void
test_round_trip (CtlKit *kit, gconstpointer test_data)
{
  g_autofree char *tarball =
    g_build_filename (kit->daemon->storage, "sent", "1.0.0.tar.gz", NULL);

  write_package (kit, "1.0.0");
  assert_published (kit, "", "sent 1.0.0 is published.\n");
  assert_published (kit, "", "sent 1.0.0 was there already, the same.\n");

  g_autofree char *members = ctl_kit_list_archive ("-tzf", tarball);
  g_assert_cmpstr (members, ==, ".hidden\nmanifest.json\nsrc/\nsrc/main.lf\n");

  g_autoptr (CtlKitResult) again =
    publish (kit, "storage/sent/1.0.0.tar.gz", "--json");
  g_assert_cmpstr (again->out,
                   ==,
                   "{\"name\":\"sent\",\"version\":\"1.0.0\"}\n");

  write_file (kit, "package/src/main.lf", "// something else\n");
  assert_refused (kit, "package", "", 1, "(409)");
}

/* The token is shown that was given, and another one has not the right. */
static void
test_token (CtlKit *kit, gconstpointer test_data)
{
  g_autofree char *option =
    g_strdup_printf ("--token-file '%s/token'", kit->daemon->folder);

  write_package (kit, "1.0.0");
  write_file (kit, "token", TOKEN "\n");
  assert_published (kit, option, "sent 1.0.0 is published.\n");

  write_package (kit, "1.1.0");
  assert_refused (kit, "package", "", 4, "LOFT_TOKEN");
  g_setenv ("LOFT_TOKEN", OTHER_TOKEN, TRUE);
  assert_refused (kit, "package", "", 4, "(403)");
  assert_published (kit, option, "sent 1.1.0 is published.\n");
  write_package (kit, "1.2.0");
  g_setenv ("LOFT_TOKEN", TOKEN, TRUE);
  assert_published (kit, "", "sent 1.2.0 is published.\n");
  g_unsetenv ("LOFT_TOKEN");

  write_file (kit, "token", "two words");
  assert_refused (kit, "package", option, 2, "This is no token");
  assert_refused (kit, "package", "-t /dev/zero", 2, "This is no token");
  extend (kit, "token", 100);
  assert_refused (kit, "package", option, 2, "This is no token");
}

/* What is no package is refused before anything is sent. */
static void
test_bad (CtlKit *kit, gconstpointer test_data)
{
  g_autofree char *deep = g_strnfill (200 * 1000, '[');
  g_autofree char *fifo =
    g_build_filename (kit->daemon->folder, "package", "fifo", NULL);

  assert_refused (kit, "nowhere", "", 1, "nowhere: No such file");
  write_file (kit, "empty/file", "");
  assert_refused (kit, "empty", "", 1, "There is none at the root");
  assert_refused (kit, "empty/file", "", 1, "There is none at the root");
  write_file (kit, "nameless/manifest.json", "{\"version\":\"1.0.0\"}");
  assert_refused (kit, "nameless", "", 1, "It has no name and version");
  write_file (kit, "deep/manifest.json", deep);
  assert_refused (kit, "deep", "", 1, "It has no name and version");
  write_file (kit,
              "escaping/manifest.json",
              "{\"name\":\"../x\",\"version\":\"1.0.0\"}");
  assert_refused (kit, "escaping", "", 1, "(4");

  write_package (kit, "1.0.0");
  assert_refused (kit, "package", "--registry nonsense", 2, "is no URL");
  assert_refused (kit, "package", "--registry file:///a", 2, "is no URL");
  assert_refused (kit, "package", "--registry http:///a", 2, "is no URL");
  assert_refused (kit,
                  "package",
                  "--registry http://127.0.0.1:1",
                  3,
                  "reached");
  assert_refused (kit, "package", "--token-file /nowhere", 1, "/nowhere");
  g_assert_cmpint (mkfifo (fifo, 0600), ==, 0);
  assert_refused (kit, "package", "", 1, "Only files and folders");
  assert_refused (kit, "package/fifo", "", 1, "Only files and folders");
}

/* What is too large is not packed first, however little of it there is. */
static void
test_large (CtlKit *kit, gconstpointer test_data)
{
  write_package (kit, "1.0.0");
  write_file (kit, "package/small", "");
  extend (kit, "package/small", 2 * MIB);
  write_file (kit, "package/sparse", "");
  extend (kit, "package/sparse", 255 * MIB);
  assert_refused (kit, "package", "", 1, "larger than 256.0");
  extend (kit, "package/sparse", G_GINT64_CONSTANT (50000) * MIB);
  assert_refused (kit, "package", "", 1, "sparse: With this");
  extend (kit, "package/sparse", 1025 * MIB);
  assert_refused (kit, "package/sparse", "", 1, "more than 1.0");
}

/* All that is wrong is told, a line each. */
static void
test_errors (CtlKit *kit, gconstpointer test_data)
{
  write_package (kit, "1.0.0");
  write_file (kit,
              "package/manifest.json",
              "{\"name\":\"sent\",\"version\":\"1.0.0\",\"entrypoint\":"
              "\"nowhere.lf\",\"dependencies\":{\"b\":\"!\",\"c\":\"?\"}}");

  g_autoptr (CtlKitResult) result = publish (kit, "package", "");
  g_auto (GStrv) lines = g_strsplit (result->err, "\n", -1);

  g_test_message ("%s", result->err);
  g_assert_cmpint (result->status, ==, 1);
  g_assert_true (g_str_has_suffix (lines[0], "several rules (422)"));
  g_assert_cmpuint (g_strv_length (lines), >=, 4);
  g_assert_true (g_str_has_prefix (lines[1], "  "));
  g_assert_true (g_str_has_prefix (lines[2], "  "));
}

/* What links stand for is published, and a folder that holds itself is not. */
static void
test_links (CtlKit *kit, gconstpointer test_data)
{
  g_autofree char *tarball =
    g_build_filename (kit->daemon->storage, "sent", "1.0.0.tar.gz", NULL);
  g_autofree char *package =
    g_build_filename (kit->daemon->folder, "package", NULL);
  g_autofree char *file = g_build_filename (package, "link.lf", NULL);
  g_autofree char *folder = g_build_filename (package, "linked", NULL);
  g_autofree char *broken = g_build_filename (package, "broken", NULL);

  write_package (kit, "1.0.0");
  write_file (kit, "beside/other.lf", "// other\n");
  g_assert_cmpint (symlink ("src/main.lf", file), ==, 0);
  g_assert_cmpint (symlink ("../beside", folder), ==, 0);
  assert_published (kit, "", "sent 1.0.0 is published.\n");
  g_autofree char *members = ctl_kit_list_archive ("-tvzf", tarball);
  g_assert_nonnull (strstr (members, " link.lf\n"));
  g_assert_nonnull (strstr (members, " linked/other.lf\n"));
  g_assert_null (strstr (members, " -> "));

  g_assert_cmpint (symlink ("nowhere", broken), ==, 0);
  assert_refused (kit, "package", "", 1, "broken: No such file");
  g_assert_cmpint (g_unlink (broken), ==, 0);
  g_assert_cmpint (symlink ("..", broken), ==, 0);
  assert_refused (kit, "package", "", 1, "holds itself");
}

/* What a registry has got of a request that it refused from the head alone. */
typedef struct
{
  GSocketListener *listener; /* owned */
  char *head;                /* owned */
  gsize rest;
} Refuser;

static gpointer
refuse_in_thread_cb (gpointer data)
{
  static const char answer[] = "HTTP/1.1 403 Forbidden\r\n"
                               "Content-Type: application/problem+json\r\n"
                               "Content-Length: 17\r\n"
                               "Connection: close\r\n\r\n"
                               "{\"detail\":\"Away\"}";
  Refuser *self = data;
  g_autoptr (GSocketConnection) connection =
    g_socket_listener_accept (self->listener, NULL, NULL, NULL);
  GInputStream *input = g_io_stream_get_input_stream (G_IO_STREAM (connection));
  g_autoptr (GString) head = g_string_new (NULL);
  char byte;
  char rest[4096];
  gssize n;

  while (!g_str_has_suffix (head->str, "\r\n\r\n") &&
         g_input_stream_read (input, &byte, 1, NULL, NULL) == 1)
    g_string_append_c (head, byte);
  g_output_stream_write_all (
    g_io_stream_get_output_stream (G_IO_STREAM (connection)),
    answer,
    strlen (answer),
    NULL,
    NULL,
    NULL);
  g_socket_shutdown (g_socket_connection_get_socket (connection),
                     FALSE,
                     TRUE,
                     NULL);
  while ((n = g_input_stream_read (input, rest, sizeof rest, NULL, NULL)) > 0)
    self->rest += (gsize) n;
  self->head = g_string_free (g_steal_pointer (&head), FALSE);

  return NULL;
}

/* A package that is worth asking for. */
static void
write_large_package (CtlKit *kit)
{
  g_autofree char *noise = g_malloc (NOISE);
  g_autofree char *path =
    g_build_filename (kit->daemon->folder, "package", "noise", NULL);
  g_autoptr (GError) error = NULL;

  write_package (kit, "1.0.0");
  for (guint i = 0; i < NOISE; i++)
    noise[i] = (char) g_random_int ();
  g_file_set_contents (path, noise, NOISE, &error);
  g_assert_no_error (error);
}

static CtlKitResult *
publish_to (CtlKit *kit,
            GSocketListener *listener,
            GCancellable *done,
            GThreadFunc func,
            void *data)
{
  g_autoptr (GError) error = NULL;
  guint port = g_socket_listener_add_any_inet_port (listener, NULL, &error);
  g_assert_no_error (error);

  GThread *thread = g_thread_new ("stranger", func, data);
  g_autofree char *line =
    g_strdup_printf ("publish '%s/package' --registry http://127.0.0.1:%u",
                     kit->daemon->folder,
                     port);
  CtlKitResult *result = ctl_kit_run (line);
  g_cancellable_cancel (done);
  g_thread_join (thread);

  return result;
}

/* What is large is sent only once the registry wants it, and what a registry
 * refuses is not sent. */
static void
test_expect (CtlKit *kit, gconstpointer test_data)
{
  Refuser refuser = { .listener = g_socket_listener_new () };

  write_large_package (kit);
  g_autoptr (CtlKitResult) refused =
    publish_to (kit, refuser.listener, NULL, refuse_in_thread_cb, &refuser);
  g_test_message ("%s%s", refuser.head, refused->err);
  g_assert_cmpint (refused->status, ==, 4);
  g_assert_nonnull (strstr (refused->err, "Away (403)"));
  g_assert_nonnull (strstr (refuser.head, "Expect: 100-continue\r\n"));
  g_assert_cmpuint (refuser.rest, ==, 0);
  g_free (refuser.head);
  g_object_unref (refuser.listener);

  assert_published (kit, "", "sent 1.0.0 is published.\n");
}

/* Where nobody answers it is said where that is, without what else stands in
 * the URL, and what names another one. */
static void
test_unreachable (CtlKit *kit, gconstpointer test_data)
{
  g_autofree char *line =
    g_strdup_printf ("publish '%s/package' --registry http://127.0.0.1:1/sub",
                     kit->daemon->folder);

  write_package (kit, "1.0.0");
  g_autoptr (CtlKitResult) result = ctl_kit_run (line);
  g_assert_cmpint (result->status, ==, 3);
  g_assert_nonnull (
    strstr (result->err, "http://127.0.0.1:1/sub/ can't be reached: "));
  g_assert_nonnull (strstr (result->err, "--registry or LOFT_REGISTRY"));
}

/* One that does not answer who asks, or only so much, but takes what is sent to
 * it nevertheless. */
typedef struct
{
  GSocketListener *listener; /* owned */
  GCancellable *done;        /* owned */
  const char *answer;        /* not owned */
  gsize got;
} Mute;

static gpointer
take_in_thread_cb (gpointer data)
{
  static const char created[] = "HTTP/1.1 201 Created\r\n"
                                "Content-Length: 2\r\n"
                                "Connection: close\r\n\r\n{}";
  Mute *self = data;

  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (GSocketConnection) connection =
        g_socket_listener_accept (self->listener, NULL, self->done, NULL);
      if (connection == NULL)
        break;

      GInputStream *input =
        g_io_stream_get_input_stream (G_IO_STREAM (connection));
      GOutputStream *output =
        g_io_stream_get_output_stream (G_IO_STREAM (connection));
      g_autoptr (GString) text = g_string_new (NULL);
      char piece[4096];
      gssize n;

      while (
        (i == 0 || text->len < NOISE) &&
        (n = g_input_stream_read (input, piece, sizeof piece, NULL, NULL)) > 0)
        {
          g_string_append_len (text, piece, n);
          if (i == 0)
            g_output_stream_write_all (output,
                                       self->answer,
                                       strlen (self->answer),
                                       NULL,
                                       NULL,
                                       NULL);
        }
      self->got = text->len;
      g_assert_true ((strstr (text->str, "Expect: ") != NULL) == (i == 0));
      if (i == 1)
        g_output_stream_write_all (output,
                                   created,
                                   strlen (created),
                                   NULL,
                                   NULL,
                                   NULL);
    }

  return NULL;
}

/* Nobody waits for ever to be asked for it. */
static void
test_mute (CtlKit *kit, gconstpointer test_data)
{
  static const char *const answers[] = {
    "",
    "HTTP/1.1 417 Expectation Failed\r\nContent-Length: 0\r\n\r\n",
  };

  write_large_package (kit);
  for (gsize i = 0; i < G_N_ELEMENTS (answers); i++)
    {
      Mute mute = { .listener = g_socket_listener_new (),
                    .done = g_cancellable_new (),
                    .answer = answers[i] };
      g_autoptr (CtlKitResult) sent =
        publish_to (kit, mute.listener, mute.done, take_in_thread_cb, &mute);

      g_test_message ("%s%s", sent->out, sent->err);
      g_assert_cmpint (sent->status, ==, 0);
      g_assert_cmpstr (sent->out, ==, "sent 1.0.0 is published.\n");
      g_assert_cmpuint (mute.got, >=, NOISE);
      g_object_unref (mute.done);
      g_object_unref (mute.listener);
    }
}

int
main (int argc, char **argv)
{
  if (!bus_kit_init (&argc, &argv))
    return EXIT_SUCCESS;

  g_unsetenv ("LOFT_TOKEN");
  ctl_kit_add ("/ctl-publish/round-trip", test_round_trip);
  ctl_kit_add ("/ctl-publish/unreachable", test_unreachable);
  ctl_kit_add ("/ctl-publish/token", test_token);
  ctl_kit_add ("/ctl-publish/bad", test_bad);
  ctl_kit_add ("/ctl-publish/errors", test_errors);
  ctl_kit_add ("/ctl-publish/large", test_large);
  ctl_kit_add ("/ctl-publish/links", test_links);
  ctl_kit_add ("/ctl-publish/expect", test_expect);
  ctl_kit_add ("/ctl-publish/mute", test_mute);

  return g_test_run ();
}
