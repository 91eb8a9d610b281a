/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include <fcntl.h>
#include <gio/gunixsocketaddress.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "kit/ctl-kit.h"
#include "kit/package-kit.h"

/* Exporting by the administrator's tool. */

/* More than any pipe holds. */
#define LARGE (4 * 1024 * 1024)

#define WAIT_SECONDS 30
#define CAUGHT "\nSigCgt:\t"

static void
publish_large (CtlKit *kit)
{
  g_autoptr (GBytes) tarball = package_kit_make ("large", "1.0.0", LARGE, 1);
  g_autoptr (Wire) wire = wire_new (kit->daemon->port);
  g_autoptr (GError) error = NULL;
  g_autoptr (WireAnswer) answer =
    wire_request (wire,
                  "PUT",
                  "/packages/large/1.0.0",
                  "Content-Type: application/gzip\r\n",
                  tarball,
                  &error);

  g_assert_no_error (error);
  g_assert_cmpuint (answer->status, ==, 201);
}

/* The archive holds everything, and never replaces a file. */
static void
test_file (CtlKit *kit, gconstpointer test_data)
{
  g_autofree char *path =
    g_build_filename (kit->daemon->folder, "all.tar", NULL);
  g_autofree char *part = g_strconcat (path, ".part", NULL);
  g_autofree char *line = g_strdup_printf ("export '%s'", path);

  ctl_kit_publish (kit, "exported", "1.0.0", "");
  g_autofree char *text = ctl_kit_succeed (line);
  g_assert_true (g_str_has_prefix (text, path));
  g_autofree char *members = ctl_kit_list_archive ("-tf", path);
  g_assert_nonnull (strstr (members, "exported/1.0.0.json\n"));
  g_assert_nonnull (strstr (members, "exported/1.0.0.tar.gz\n"));
  g_assert_false (g_file_test (part, G_FILE_TEST_EXISTS));

  g_autoptr (CtlKitResult) again = ctl_kit_run (line);
  g_assert_cmpint (again->status, ==, 1);
  g_assert_nonnull (strstr (again->err, "There is such a file already"));
  g_autoptr (CtlKitResult) nowhere = ctl_kit_run ("export /nowhere/all.tar");
  g_assert_cmpint (nowhere->status, ==, 1);
}

/* An export that fails leaves no file behind. */
static void
test_failed (CtlKit *kit, gconstpointer test_data)
{
  g_autofree char *path =
    g_build_filename (kit->daemon->folder, "none.tar", NULL);
  g_autofree char *part = g_strconcat (path, ".part", NULL);
  g_autofree char *line = g_strdup_printf ("export '%s'", path);
  g_autoptr (GError) error = NULL;

  daemon_kit_stop (kit->daemon, &error);
  g_assert_no_error (error);
  g_assert_true (bus_kit_wait_name (kit->connection, BUS_KIT_NAME, FALSE));
  g_autoptr (CtlKitResult) result = ctl_kit_run (line);
  g_assert_cmpint (result->status, ==, 3);
  g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));
  g_assert_false (g_file_test (part, G_FILE_TEST_EXISTS));
}

/* Waits until a process does something itself about Ctrl+C. */
static void
wait_for_handler (const char *pid)
{
  g_autofree char *path = g_build_filename ("/proc", pid, "status", NULL);
  gint64 end = g_get_monotonic_time () + WAIT_SECONDS * G_USEC_PER_SEC;

  while (g_get_monotonic_time () < end)
    {
      g_autofree char *text = NULL;
      const char *caught = g_file_get_contents (path, &text, NULL, NULL)
                             ? strstr (text, CAUGHT)
                             : NULL;

      if (caught != NULL &&
          (g_ascii_strtoull (caught + strlen (CAUGHT), NULL, 16) &
           1u << (SIGINT - 1)) != 0)
        return;
      g_usleep (1000);
    }
  g_assert_not_reached ();
}

/* Ctrl+C ends the export, not only the tool: nobody reads, so that it would go
 * on for ever. */
static void
test_interrupted (CtlKit *kit, gconstpointer test_data)
{
  char buffer[512];
  g_autoptr (GError) error = NULL;
  g_autoptr (GSubprocessLauncher) launcher =
    g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE);

  publish_large (kit);
  g_autoptr (GSubprocess) process = ctl_kit_launch (launcher, "export -");
  g_assert_true (
    g_input_stream_read_all (g_subprocess_get_stdout_pipe (process),
                             buffer,
                             sizeof buffer,
                             NULL,
                             NULL,
                             &error));
  g_assert_no_error (error);
  wait_for_handler (g_subprocess_get_identifier (process));
  g_subprocess_send_signal (process, SIGINT);
  g_subprocess_wait (process, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (g_subprocess_get_if_exited (process));
  g_assert_cmpint (g_subprocess_get_exit_status (process), ==, 1);
}

static void
wait_for_file (const char *path)
{
  gint64 end = g_get_monotonic_time () + WAIT_SECONDS * G_USEC_PER_SEC;

  while (!g_file_test (path, G_FILE_TEST_EXISTS))
    {
      g_assert_cmpint (g_get_monotonic_time (), <, end);
      g_usleep (1000);
    }
}

/* A signal that comes before the registry has answered leaves nothing behind.
 */
static void
test_early_signal (CtlKit *kit, gconstpointer test_data)
{
  g_autofree char *path =
    g_build_filename (kit->daemon->folder, "early.tar", NULL);
  g_autofree char *part = g_strconcat (path, ".part", NULL);
  g_autofree char *silent =
    g_build_filename (kit->daemon->folder, "silent", NULL);
  g_autofree char *line =
    g_strdup_printf ("--address 'unix:path=%s' export '%s'", silent, path);
  g_autoptr (GError) error = NULL;
  g_autoptr (GSocketAddress) address = g_unix_socket_address_new (silent);
  g_autoptr (GSocket) socket = g_socket_new (G_SOCKET_FAMILY_UNIX,
                                             G_SOCKET_TYPE_STREAM,
                                             G_SOCKET_PROTOCOL_DEFAULT,
                                             &error);
  g_autoptr (GSubprocessLauncher) launcher =
    g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_NONE);

  g_assert_no_error (error);
  g_assert_true (g_socket_bind (socket, address, TRUE, &error));
  g_assert_true (g_socket_listen (socket, &error));
  g_autoptr (GSubprocess) process = ctl_kit_launch (launcher, line);
  wait_for_file (part);
  wait_for_handler (g_subprocess_get_identifier (process));
  g_subprocess_send_signal (process, SIGINT);
  g_subprocess_wait (process, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (g_subprocess_get_if_signaled (process));
  g_assert_false (g_file_test (part, G_FILE_TEST_EXISTS));
}

/* A file that another export is writing is left to it. */
static void
test_concurrent (CtlKit *kit, gconstpointer test_data)
{
  g_autofree char *path =
    g_build_filename (kit->daemon->folder, "both.tar", NULL);
  g_autofree char *part = g_strconcat (path, ".part", NULL);
  g_autofree char *line = g_strdup_printf ("export '%s'", path);
  int fd = g_open (part, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

  g_assert_cmpint (fd, !=, -1);
  g_assert_cmpint (flock (fd, LOCK_EX), ==, 0);
  g_autoptr (CtlKitResult) result = ctl_kit_run (line);
  g_assert_cmpint (result->status, ==, 1);
  g_assert_nonnull (strstr (result->err, "Another export is writing it"));
  g_assert_true (g_file_test (part, G_FILE_TEST_EXISTS));
  close (fd);

  g_autofree char *done = ctl_kit_succeed (line);
  g_assert_false (g_file_test (part, G_FILE_TEST_EXISTS));
}

static void
check_broken (const char *line, const char *why)
{
  g_autoptr (CtlKitResult) result = ctl_kit_run (line);

  g_assert_cmpint (result->status, ==, 1);
  g_assert_cmpstr (result->out, ==, "");
  g_assert_nonnull (strstr (result->err, "This is no whole export"));
  g_assert_nonnull (strstr (result->err, why));
}

/* An archive is checked where no registry runs: one that was cut short, lacks a
 * member or has another bit in it is not taken for whole. */
static void
test_check (CtlKit *kit, gconstpointer test_data)
{
  g_autofree char *path =
    g_build_filename (kit->daemon->folder, "kept.tar", NULL);
  g_autofree char *line = g_strdup_printf ("export '%s'", path);
  g_autofree char *check = g_strdup_printf ("export --check '%s'", path);
  g_autofree char *piped =
    g_strdup_printf ("--address unix:path=/nowhere --json export --check '%s'",
                     path);
  const char *delete[] = { "tar", "--delete",          "-f",
                           path,  "kept/1.0.0.tar.gz", NULL };
  g_autofree char *content = NULL;
  gsize length;
  g_autoptr (GError) error = NULL;

  ctl_kit_publish (kit, "kept", "1.0.0", "");
  g_autofree char *written = ctl_kit_succeed (line);
  g_autofree char *whole = ctl_kit_succeed (check);
  g_assert_nonnull (strstr (whole, "kept.tar is whole: 1 version, "));
  g_autofree char *json = ctl_kit_succeed (piped);
  g_assert_nonnull (strstr (json, "\"versions\":1,"));

  g_file_get_contents (path, &content, &length, &error);
  g_assert_no_error (error);
  gsize used = length;
  while (content[used - 1] == '\0')
    used--;
  used += 512 - used % 512;
  for (gsize part = 0; part < used + 1024; part += 500)
    {
      g_test_message ("The first %" G_GSIZE_FORMAT " bytes", part);
      g_file_set_contents (path, content, (gssize) part, NULL);
      check_broken (check, "");
    }
  for (gsize place = 0; place < used; place += 53)
    if (content[place] != '\0')
      {
        g_test_message ("A bit of byte %" G_GSIZE_FORMAT, place);
        content[place] ^= 1;
        g_file_set_contents (path, content, (gssize) length, NULL);
        check_broken (check, "");
        content[place] ^= 1;
      }

  g_file_set_contents (path, content, (gssize) length, NULL);
  g_spawn_sync (NULL,
                (char **) delete,
                NULL,
                G_SPAWN_SEARCH_PATH,
                NULL,
                NULL,
                NULL,
                NULL,
                NULL,
                &error);
  g_assert_no_error (error);
  check_broken (check, "is not what its list says");
}

/* What is no archive, or not there, is said to be so. */
static void
test_check_other (CtlKit *kit, gconstpointer test_data)
{
  g_autoptr (CtlKitResult) missing =
    ctl_kit_run ("export --check /nowhere/all.tar");
  g_assert_cmpint (missing->status, ==, 1);
  g_assert_nonnull (strstr (missing->err, "/nowhere/all.tar: No such file"));
  g_autoptr (CtlKitResult) folder = ctl_kit_run ("export --check /");
  g_assert_cmpint (folder->status, ==, 1);
  g_assert_nonnull (strstr (folder->err, "/: Is a directory"));
  check_broken ("export --check /dev/null", "");
}

int
main (int argc, char **argv)
{
  if (!bus_kit_init (&argc, &argv))
    return EXIT_SUCCESS;

  ctl_kit_add ("/ctl-export/file", test_file);
  ctl_kit_add ("/ctl-export/failed", test_failed);
  ctl_kit_add ("/ctl-export/interrupted", test_interrupted);
  ctl_kit_add ("/ctl-export/early-signal", test_early_signal);
  ctl_kit_add ("/ctl-export/concurrent", test_concurrent);
  ctl_kit_add ("/ctl-export/check", test_check);
  ctl_kit_add ("/ctl-export/check-other", test_check_other);

  return g_test_run ();
}
