/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "kit/ctl-kit.h"

#include <unistd.h>

#include "kit/loft-test-archive.h"

#define READY_SECONDS 60

void
ctl_kit_start (CtlKit *self)
{
  g_autoptr (GError) error = NULL;

  daemon_kit_start (self->daemon, &error);
  g_assert_no_error (error);
  daemon_kit_wait_ready (self->daemon, READY_SECONDS, &error);
  g_assert_no_error (error);
  g_assert_true (bus_kit_wait_name (self->connection, BUS_KIT_NAME, TRUE));
}

void
ctl_kit_set_up (CtlKit *self, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;

  self->bus = bus_kit_new (&error);
  g_assert_no_error (error);
  self->connection = bus_kit_connect (self->bus, getuid (), &error);
  g_assert_no_error (error);
  self->daemon = daemon_kit_new (NULL, &error);
  g_assert_no_error (error);
  daemon_kit_configure (self->daemon, "http", "workers", "2", &error);
  g_assert_no_error (error);
  daemon_kit_configure (self->daemon, "registry", "bus", "system", &error);
  g_assert_no_error (error);
  ctl_kit_start (self);
}

void
ctl_kit_tear_down (CtlKit *self, gconstpointer test_data)
{
  daemon_kit_free (self->daemon);
  g_object_unref (self->connection);
  bus_kit_free (self->bus);
}

void
ctl_kit_add (const char *path, void (*test) (CtlKit *, gconstpointer))
{
  g_test_add (path, CtlKit, NULL, ctl_kit_set_up, test, ctl_kit_tear_down);
}

/* Publishes over HTTP; the description is what JSON takes in quotes. */
void
ctl_kit_publish (CtlKit *self,
                 const char *name,
                 const char *version,
                 const char *description)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (LoftTestArchive) archive = loft_test_archive_new ();
  g_autoptr (Wire) wire = wire_new (self->daemon->port);
  g_autofree char *target = g_strdup_printf ("/packages/%s/%s", name, version);
  g_autofree char *manifest =
    g_strdup_printf ("{\"name\":\"%s\",\"version\":\"%s\",\"entrypoint\":"
                     "\"src/main.lf\",\"dependencies\":{},"
                     "\"description\":\"%s\"}",
                     name,
                     version,
                     description);

  loft_test_archive_add_file (archive, "manifest.json", manifest);
  loft_test_archive_add_file (archive, "src/main.lf", "// nothing\n");
  g_autoptr (GBytes) body = loft_test_archive_to_gzip (archive);
  g_autoptr (WireAnswer) answer =
    wire_request (wire,
                  "PUT",
                  target,
                  "Content-Type: application/gzip\r\n",
                  body,
                  &error);
  g_assert_no_error (error);
  g_assert_cmpuint (answer->status, ==, 201);
}

/* Starts the tool with arguments that are written as for a shell. */
GSubprocess *
ctl_kit_launch (GSubprocessLauncher *launcher, const char *line)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *program =
    g_test_build_filename (G_TEST_BUILT, "..", "loft-registryctl", NULL);
  g_autofree char *whole = g_strdup_printf ("'%s' %s", program, line);
  g_auto (GStrv) arguments = NULL;

  g_shell_parse_argv (whole, NULL, &arguments, &error);
  g_assert_no_error (error);
  GSubprocess *process =
    g_subprocess_launcher_spawnv (launcher,
                                  (const char *const *) arguments,
                                  &error);
  g_assert_no_error (error);

  return process;
}

static void
become_cb (gpointer user_data)
{
  if (setuid (GPOINTER_TO_UINT (user_data)) == -1)
    _exit (99);
}

/* The same for another user, which only root can do. */
CtlKitResult *
ctl_kit_run_as (const char *line, guint32 uid)
{
  g_autoptr (GError) error = NULL;
  CtlKitResult *result = g_new0 (CtlKitResult, 1);
  g_autoptr (GSubprocessLauncher) launcher = g_subprocess_launcher_new (
    G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_PIPE);

  if (uid != getuid ())
    g_subprocess_launcher_set_child_setup (launcher,
                                           become_cb,
                                           GUINT_TO_POINTER (uid),
                                           NULL);
  g_autoptr (GSubprocess) process = ctl_kit_launch (launcher, line);

  g_subprocess_communicate_utf8 (process,
                                 NULL,
                                 NULL,
                                 &result->out,
                                 &result->err,
                                 &error);
  g_assert_no_error (error);
  g_assert_true (g_subprocess_get_if_exited (process));
  result->status = g_subprocess_get_exit_status (process);
  g_test_message ("%s: %d\n%s%s",
                  line,
                  result->status,
                  result->out,
                  result->err);

  return result;
}

/* Runs the tool to its end. */
CtlKitResult *
ctl_kit_run (const char *line)
{
  return ctl_kit_run_as (line, getuid ());
}

/* What the tool prints, having nothing to complain about. */
char *
ctl_kit_succeed (const char *line)
{
  g_autoptr (CtlKitResult) result = ctl_kit_run (line);

  g_assert_cmpint (result->status, ==, 0);
  g_assert_cmpstr (result->err, ==, "");

  return g_steal_pointer (&result->out);
}

/* What tar lists of an archive. */
char *
ctl_kit_list_archive (const char *options, const char *path)
{
  const char *const arguments[] = { "tar", options, path, NULL };
  g_autofree char *members = NULL;
  g_autoptr (GError) error = NULL;

  g_spawn_sync (NULL,
                (char **) arguments,
                NULL,
                G_SPAWN_SEARCH_PATH,
                NULL,
                NULL,
                &members,
                NULL,
                NULL,
                &error);
  g_assert_no_error (error);

  return g_steal_pointer (&members);
}

void
ctl_kit_result_free (CtlKitResult *self)
{
  g_free (self->out);
  g_free (self->err);
  g_free (self);
}
