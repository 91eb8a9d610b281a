/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "kit/daemon-kit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <glib/gstdio.h>

#define LISTENING "Listening on http://127.0.0.1:"
#define START_SECONDS 60
#define STOP_SECONDS 60
#define PAUSE 1000

/* What a service manager does that passes sockets. */
#define PASS "LISTEN_PID=$$ LISTEN_FDS=1 exec \"$0\" --config \"$1\""

/* The system lets no program change its limits between fork and exec, except
 * for this: whoever started the daemon takes it along, whatever happens. */
static void
child_setup_cb (gpointer user_data)
{
  prctl (PR_SET_PDEATHSIG, SIGKILL);
}

static gboolean
write_config (DaemonKit *self, GError **error)
{
  g_autoptr (GKeyFile) config = g_key_file_new ();

  g_key_file_set_string (config, "registry", "storage", self->storage);
  g_key_file_set_string (config, "registry", "cache-directory", self->cache);
  g_key_file_set_string (config, "http", "listen", "127.0.0.1:0");
  g_key_file_set_string (config, "http", "access-log", "false");

  return g_key_file_save_to_file (config, self->config, error);
}

/* A daemon that does not run yet. Without a @folder it gets a temporary one,
 * which goes with it. */
DaemonKit *
daemon_kit_new (const char *folder, GError **error)
{
  g_autofree char *made =
    folder == NULL ? g_dir_make_tmp ("loft-XXXXXX", error) : g_strdup (folder);
  if (made == NULL)
    return NULL;

  g_autoptr (DaemonKit) self = g_new0 (DaemonKit, 1);
  self->owns_folder = folder == NULL;
  self->folder = g_steal_pointer (&made);
  self->storage = g_build_filename (self->folder, "storage", NULL);
  self->cache = g_build_filename (self->folder, "cache", NULL);
  self->config = g_build_filename (self->folder, "loft-registry.conf", NULL);
  self->log = g_build_filename (self->folder, "log", NULL);

  if (g_mkdir_with_parents (self->storage, 0700) == -1)
    {
      g_set_error_literal (error,
                           G_FILE_ERROR,
                           g_file_error_from_errno (errno),
                           "The storage can't be made");
      return NULL;
    }

  return write_config (self, error) ? g_steal_pointer (&self) : NULL;
}

static gboolean
remove_tree (GFile *file, GError **error)
{
  g_autoptr (GFileEnumerator) children =
    g_file_enumerate_children (file,
                               G_FILE_ATTRIBUTE_STANDARD_NAME,
                               G_FILE_QUERY_INFO_NOFOLLOW_SYMLINKS,
                               NULL,
                               NULL);

  while (children != NULL)
    {
      GFile *child = NULL;

      if (!g_file_enumerator_iterate (children, NULL, &child, NULL, error))
        return FALSE;
      if (child == NULL)
        break;
      if (!remove_tree (child, error))
        return FALSE;
    }

  return g_file_delete (file, NULL, error);
}

/* Removes the cache directory of a daemon that does not run. */
gboolean
daemon_kit_forget_cache (DaemonKit *self, GError **error)
{
  g_autoptr (GFile) cache = g_file_new_for_path (self->cache);

  return remove_tree (cache, error);
}

void
daemon_kit_free (DaemonKit *self)
{
  daemon_kit_kill (self);
  if (self->owns_folder)
    {
      g_autoptr (GFile) folder = g_file_new_for_path (self->folder);

      remove_tree (folder, NULL);
    }
  g_free (self->folder);
  g_free (self->storage);
  g_free (self->cache);
  g_clear_object (&self->listener);
  g_free (self->config);
  g_free (self->log);
  g_free (self);
}

static char *
find_program (void)
{
  const char *chosen = g_getenv ("LOFT_REGISTRYD");

  return chosen != NULL
           ? g_strdup (chosen)
           : g_test_build_filename (G_TEST_BUILT, "..", "loft-registryd", NULL);
}

/* What the environment says of the configuration must not reach the daemon. */
static GStrv
make_environment (DaemonKit *self)
{
  GStrv environment = g_get_environ ();
  g_auto (GStrv) names = g_listenv ();

  for (guint i = 0; names[i] != NULL; i++)
    if (g_str_has_prefix (names[i], "LOFT_REGISTRY_") ||
        g_str_equal (names[i], "BIND_ADDR") ||
        g_str_equal (names[i], "STORAGE_DIR"))
      environment = g_environ_unsetenv (environment, names[i]);
  if (self->expects_warnings)
    environment = g_environ_unsetenv (environment, "G_DEBUG");

  return environment;
}

/* Starts the process, and waits for nothing. The thread that calls this has to
 * live as long as the daemon. */
gboolean
daemon_kit_launch (DaemonKit *self, GError **error)
{
  g_autofree char *program = find_program ();
  const char *plain[] = { program, "--config", self->config, NULL };
  const char *passing[] = {
    "/bin/sh", "-c", PASS, program, self->config, NULL
  };
  const char **arguments = self->listener == NULL ? plain : passing;
  int socket = self->listener != NULL ? g_socket_get_fd (self->listener) : -1;
  int target = 3;
  g_auto (GStrv) environment = make_environment (self);
  int log = g_open (self->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

  g_return_val_if_fail (self->pid == 0, FALSE);
  if (log == -1)
    {
      g_set_error_literal (error,
                           G_FILE_ERROR,
                           g_file_error_from_errno (errno),
                           "The log of the daemon can't be written");
      return FALSE;
    }

  self->port = 0;
  self->log_start = lseek (log, 0, SEEK_END);
  gboolean started =
    g_spawn_async_with_pipes_and_fds (NULL,
                                      arguments,
                                      (const char *const *) environment,
                                      G_SPAWN_DO_NOT_REAP_CHILD,
                                      child_setup_cb,
                                      NULL,
                                      -1,
                                      log,
                                      log,
                                      &socket,
                                      &target,
                                      socket != -1 ? 1 : 0,
                                      &self->pid,
                                      NULL,
                                      NULL,
                                      NULL,
                                      error);
  close (log);

  return started;
}

/* What the daemon wrote since it was started. */
char *
daemon_kit_dup_log (DaemonKit *self)
{
  char *text = NULL;
  gsize length;

  if (!g_file_get_contents (self->log, &text, &length, NULL))
    return g_strdup ("");

  g_autofree char *owned = text;

  return g_strdup (text + MIN ((gsize) self->log_start, length));
}

static gboolean
fail (DaemonKit *self, const char *what, GError **error)
{
  g_autofree char *log = daemon_kit_dup_log (self);

  g_set_error (error,
               G_IO_ERROR,
               G_IO_ERROR_FAILED,
               "The daemon %s; it said:\n%s",
               what,
               log);

  return FALSE;
}

/* Whether the process has ended of itself; how is told in @out_status. */
gboolean
daemon_kit_has_ended (DaemonKit *self, int *out_status)
{
  pid_t pid = waitpid (self->pid, out_status, WNOHANG);

  if (pid == self->pid)
    self->pid = 0;

  return self->pid == 0;
}

/* Whether the daemon has said where it listens. */
gboolean
daemon_kit_find_port (DaemonKit *self)
{
  g_autofree char *log = daemon_kit_dup_log (self);
  const char *line = strstr (log, LISTENING);

  if (line == NULL || strchr (line, '\n') == NULL)
    return FALSE;

  self->port = (guint16) g_ascii_strtoull (line + strlen (LISTENING), NULL, 10);

  return TRUE;
}

/* Waits until the daemon says where it listens. */
gboolean
daemon_kit_wait_listening (DaemonKit *self, GError **error)
{
  gint64 end = g_get_monotonic_time () + START_SECONDS * G_USEC_PER_SEC;
  int status;

  while (!daemon_kit_find_port (self))
    {
      if (daemon_kit_has_ended (self, &status))
        return fail (self, "ended instead of listening", error);
      if (g_get_monotonic_time () > end)
        return fail (self, "does not listen", error);
      g_usleep (PAUSE);
    }

  return TRUE;
}

gboolean
daemon_kit_start (DaemonKit *self, GError **error)
{
  return daemon_kit_launch (self, error) &&
         daemon_kit_wait_listening (self, error);
}

/* Waits until the daemon answers everything. */
gboolean
daemon_kit_wait_ready (DaemonKit *self, guint seconds, GError **error)
{
  gint64 end = g_get_monotonic_time () + (gint64) seconds * G_USEC_PER_SEC;
  g_autoptr (Wire) wire = wire_new (self->port);
  int status;

  for (;;)
    {
      g_autoptr (WireAnswer) answer = wire_get (wire, "/readyz", NULL);

      if (answer != NULL && answer->status == 200)
        return TRUE;
      if (daemon_kit_has_ended (self, &status))
        return fail (self, "ended instead of becoming ready", error);
      if (g_get_monotonic_time () > end)
        return fail (self, "does not become ready", error);
      g_usleep (PAUSE);
    }
}

/* Tells the daemon to stop in order. */
void
daemon_kit_ask_to_stop (DaemonKit *self)
{
  g_return_if_fail (self->pid != 0);

  kill (self->pid, SIGTERM);
}

/* Waits for a daemon that was told to stop. */
gboolean
daemon_kit_wait_stopped (DaemonKit *self, GError **error)
{
  gint64 end = g_get_monotonic_time () + STOP_SECONDS * G_USEC_PER_SEC;
  int status = 0;

  while (!daemon_kit_has_ended (self, &status))
    {
      if (g_get_monotonic_time () > end)
        return fail (self, "does not stop", error);
      g_usleep (PAUSE);
    }

  if (!WIFEXITED (status) || WEXITSTATUS (status) != 0)
    return fail (self, "did not stop in order", error);

  return TRUE;
}

gboolean
daemon_kit_stop (DaemonKit *self, GError **error)
{
  daemon_kit_ask_to_stop (self);

  return daemon_kit_wait_stopped (self, error);
}

/* Kills the daemon without warning, if it runs, and waits for that. */
void
daemon_kit_kill (DaemonKit *self)
{
  if (self->pid == 0)
    return;

  kill (self->pid, SIGKILL);
  waitpid (self->pid, NULL, 0);
  self->pid = 0;
}

/* Changes the configuration, for the next start or the next time that it is
 * read. */
gboolean
daemon_kit_configure (DaemonKit *self,
                      const char *group,
                      const char *key,
                      const char *value,
                      GError **error)
{
  g_autoptr (GKeyFile) config = g_key_file_new ();

  if (!g_key_file_load_from_file (config, self->config, G_KEY_FILE_NONE, error))
    return FALSE;
  g_key_file_set_string (config, group, key, value);

  return g_key_file_save_to_file (config, self->config, error);
}

/* The parent of a process; 0 if there is no such process any more. */
static GPid
find_parent (const char *pid)
{
  g_autofree char *path = g_build_filename ("/proc", pid, "stat", NULL);
  g_autofree char *text = NULL;
  int parent = 0;

  /* What stands in parentheses, and is anything, is followed by the state. */
  if (!g_file_get_contents (path, &text, NULL, NULL))
    return 0;
  const char *state = strrchr (text, ')');
  if (state == NULL || strlen (state) < 4 || state[2] == 'Z')
    return 0;

  return sscanf (state + 3, "%d", &parent) == 1 ? parent : 0;
}

static int
compare_pids (gconstpointer a, gconstpointer b)
{
  return *(const GPid *) a - *(const GPid *) b;
}

/* The processes that the daemon has started, in order. */
GArray *
daemon_kit_list_workers (DaemonKit *self)
{
  GArray *workers = g_array_new (FALSE, FALSE, sizeof (GPid));
  g_autoptr (GDir) proc = g_dir_open ("/proc", 0, NULL);

  for (const char *name = NULL;
       proc != NULL && (name = g_dir_read_name (proc)) != NULL;)
    if (g_ascii_isdigit (*name) && self->pid != 0 &&
        find_parent (name) == self->pid)
      {
        GPid pid = atoi (name);

        g_array_append_val (workers, pid);
      }
  g_array_sort (workers, compare_pids);

  return workers;
}

/* Waits until there are so many processes. */
gboolean
daemon_kit_wait_workers (DaemonKit *self, guint n, GError **error)
{
  gint64 end = g_get_monotonic_time () + START_SECONDS * G_USEC_PER_SEC;

  while (g_get_monotonic_time () < end)
    {
      g_autoptr (GArray) workers = daemon_kit_list_workers (self);

      if (workers->len == n)
        return TRUE;
      g_usleep (PAUSE);
    }

  return fail (self, "has not as many workers as it should", error);
}

/* Connects to one of the workers: the others are held up meanwhile. */
Wire *
daemon_kit_connect (DaemonKit *self, GPid worker, GError **error)
{
  g_autoptr (GArray) workers = daemon_kit_list_workers (self);
  g_autoptr (Wire) wire = wire_new (self->port);

  for (guint i = 0; i < workers->len; i++)
    if (g_array_index (workers, GPid, i) != worker)
      kill (g_array_index (workers, GPid, i), SIGSTOP);
  g_autoptr (WireAnswer) answer = wire_get (wire, "/", error);
  for (guint i = 0; i < workers->len; i++)
    kill (g_array_index (workers, GPid, i), SIGCONT);

  return answer != NULL ? g_steal_pointer (&wire) : NULL;
}
