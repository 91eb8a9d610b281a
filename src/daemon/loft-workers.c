/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "daemon/loft-workers-private.h"

#include <fcntl.h>
#include <glib-unix.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/loft-parent-link.h"
#include "registry/loft-message-id.h"

/* How long to wait before one that has died is started again: not at all if it
 * has lived for a while, else longer each time. */
#define LIFE_MIN (10 * G_TIME_SPAN_SECOND)
#define PAUSE_MIN 100
#define PAUSE_MAX 30000

/* Room for a configuration that nobody has read yet. */
#define LINK_SIZE (1024 * 1024)

enum
{
  SIGNAL_DIED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

/**
 * LoftWorkers:
 *
 * The processes that serve: started, watched, started again, and stopped, all
 * on the main loop of the thread that made it.
 */
G_DEFINE_FINAL_TYPE (LoftWorkers, loft_workers, G_TYPE_OBJECT)

static void
clear_source (GSource **source)
{
  if (*source != NULL)
    g_source_destroy (*source);
  g_clear_pointer (source, g_source_unref);
}

static void
close_link (LoftWorker *worker)
{
  if (worker->link != -1)
    close (worker->link);
  worker->link = -1;
}

/* A worker that still runs ends with its link. */
static void
worker_free (gpointer data)
{
  LoftWorker *worker = data;

  clear_source (&worker->watch);
  clear_source (&worker->restart);
  close_link (worker);
  g_free (worker);
}

static void
loft_workers_finalize (GObject *object)
{
  LoftWorkers *self = LOFT_WORKERS (object);

  clear_source (&self->deadline);
  clear_source (&self->look);
  g_ptr_array_unref (self->all);
  g_ptr_array_unref (self->sockets);
  loft_page_unref (self->page);
  g_free (self->config);

  G_OBJECT_CLASS (loft_workers_parent_class)->finalize (object);
}

static void
loft_workers_class_init (LoftWorkersClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = loft_workers_finalize;

  /**
   * LoftWorkers::died:
   * @self: the workers
   *
   * One has ended in the middle of its work.
   */
  signals[SIGNAL_DIED] = g_signal_new ("died",
                                       LOFT_TYPE_WORKERS,
                                       G_SIGNAL_RUN_LAST,
                                       0,
                                       NULL,
                                       NULL,
                                       NULL,
                                       G_TYPE_NONE,
                                       0);
}

static void
loft_workers_init (LoftWorkers *self)
{
  self->all = g_ptr_array_new_with_free_func (worker_free);
}

static gboolean
look_cb (gpointer user_data)
{
  loft_workers_look (LOFT_WORKERS (user_data));

  return G_SOURCE_CONTINUE;
}

/**
 * loft_workers_new:
 * @page: what they share; each gets a slot of it, from 1 on
 * @sockets: (element-type GSocket): where they listen
 *
 * Creates workers, as many as the page has slots for.
 *
 * Returns: (transfer full): the workers, none of which runs
 */
LoftWorkers *
loft_workers_new (LoftPage *page, GPtrArray *sockets)
{
  g_return_val_if_fail (page != NULL && sockets != NULL, NULL);

  LoftWorkers *self = g_object_new (LOFT_TYPE_WORKERS, NULL);

  self->page = loft_page_ref (page);
  self->sockets = g_ptr_array_ref (sockets);
  for (guint slot = 1; slot < loft_page_get_n_slots (page); slot++)
    {
      LoftWorker *worker = g_new0 (LoftWorker, 1);

      worker->workers = self;
      worker->slot = slot;
      worker->link = -1;
      g_ptr_array_add (self->all, worker);
    }

  return self;
}

/* One that does not know what the others know is of no use. */
static void
send_config (LoftWorker *worker)
{
  if (loft_parent_link_send (worker->link, worker->workers->config))
    return;

  g_warning ("Worker %u does not take its configuration; it is ended",
             worker->slot);
  kill (worker->pid, SIGKILL);
}

/**
 * loft_workers_set_config:
 * @self: workers
 * @config: what loft_config_to_data() gave
 *
 * Tells all workers, those that run and those that will, how they are
 * configured.
 */
void
loft_workers_set_config (LoftWorkers *self, const char *config)
{
  g_return_if_fail (LOFT_IS_WORKERS (self));
  g_return_if_fail (config != NULL);

  g_free (self->config);
  self->config = g_strdup (config);
  for (guint i = 0; i < self->all->len; i++)
    {
      LoftWorker *worker = g_ptr_array_index (self->all, i);

      if (worker->pid != 0)
        send_config (worker);
    }
}

/* What a worker inherits, in the order of its descriptors. */
static GArray *
list_descriptors (LoftWorkers *self, int link)
{
  GArray *fds = g_array_new (FALSE, FALSE, sizeof (int));
  int page = loft_page_get_fd (self->page);

  g_array_append_val (fds, link);
  g_array_append_val (fds, page);
  for (guint i = 0; i < loft_page_get_n_slots (self->page); i++)
    {
      int bell = loft_page_get_bell (self->page, i);

      g_array_append_val (fds, bell);
    }
  for (guint i = 0; i < self->sockets->len; i++)
    {
      int fd = g_socket_get_fd (g_ptr_array_index (self->sockets, i));

      g_array_append_val (fds, fd);
    }

  return fds;
}

/* The program is the file that runs here, even if another one of its name has
 * been installed since. */
static gboolean
spawn (LoftWorker *worker, int link, GError **error)
{
  LoftWorkers *self = worker->workers;
  g_autoptr (GArray) fds = list_descriptors (self, link);
  g_autofree int *targets = g_new (int, fds->len);
  g_autofree char *option =
    g_strdup_printf ("--worker=%u,%u", worker->slot, self->sockets->len);
  const char *arguments[] = { "/proc/self/exe",
                              "loft-registryd",
                              option,
                              NULL };
  g_auto (GStrv) environment = g_get_environ ();

  for (guint i = 0; i < fds->len; i++)
    targets[i] = LOFT_WORKERS_FD_LINK + (int) i;
  environment = g_environ_unsetenv (environment, "LISTEN_PID");
  environment = g_environ_unsetenv (environment, "LISTEN_FDS");
  environment = g_environ_unsetenv (environment, "LISTEN_FDNAMES");
  environment = g_environ_unsetenv (environment, "NOTIFY_SOCKET");
  environment = g_environ_unsetenv (environment, "WATCHDOG_PID");
  environment = g_environ_unsetenv (environment, "WATCHDOG_USEC");

  return g_spawn_async_with_pipes_and_fds (NULL,
                                           arguments,
                                           (const char *const *) environment,
                                           G_SPAWN_DO_NOT_REAP_CHILD |
                                             G_SPAWN_FILE_AND_ARGV_ZERO,
                                           NULL,
                                           NULL,
                                           -1,
                                           -1,
                                           -1,
                                           (int *) (gpointer) fds->data,
                                           targets,
                                           fds->len,
                                           &worker->pid,
                                           NULL,
                                           NULL,
                                           NULL,
                                           error);
}

static void restart_later (LoftWorker *worker);

/* Ends the stop once nobody runs any more. */
static void
finish_stop (LoftWorkers *self)
{
  for (guint i = 0; i < self->all->len; i++)
    {
      const LoftWorker *worker = g_ptr_array_index (self->all, i);

      if (worker->pid != 0)
        return;
    }

  g_autoptr (GTask) task = g_steal_pointer (&self->stop);
  clear_source (&self->deadline);
  if (task != NULL)
    g_task_return_boolean (task, TRUE);
}

/* The system's own way to end by this signal is in force only before a worker
 * has begun anything. */
static gboolean
is_in_order (int status)
{
  return (WIFEXITED (status) && WEXITSTATUS (status) == 0) ||
         (WIFSIGNALED (status) && WTERMSIG (status) == SIGTERM);
}

/* It has said itself why, and has left nothing half done. */
static gboolean
could_not_start (int status)
{
  return WIFEXITED (status) && WEXITSTATUS (status) == LOFT_WORKERS_EXIT;
}

static void
report_end (const LoftWorker *worker, int status)
{
  if (is_in_order (status) && worker->workers->stop == NULL)
    g_message ("Worker %u, process %d, was stopped",
               worker->slot,
               (int) worker->pid);
  else if (is_in_order (status) || could_not_start (status))
    g_debug ("Worker %u has ended", worker->slot);
  else if (WIFSIGNALED (status))
    g_log_structured (G_LOG_DOMAIN,
                      G_LOG_LEVEL_WARNING,
                      "MESSAGE_ID",
                      LOFT_MESSAGE_WORKER_DIED,
                      "MESSAGE",
                      "Worker %u, process %d, was ended by signal %d",
                      worker->slot,
                      (int) worker->pid,
                      WTERMSIG (status));
  else
    g_log_structured (G_LOG_DOMAIN,
                      G_LOG_LEVEL_WARNING,
                      "MESSAGE_ID",
                      LOFT_MESSAGE_WORKER_DIED,
                      "MESSAGE",
                      "Worker %u, process %d, ended with status %d",
                      worker->slot,
                      (int) worker->pid,
                      WEXITSTATUS (status));
}

static void
ended_cb (GPid pid, int status, gpointer user_data)
{
  LoftWorker *worker = user_data;
  g_autoptr (LoftWorkers) self = g_object_ref (worker->workers);

  report_end (worker, status);
  clear_source (&worker->watch);
  close_link (worker);
  worker->pid = 0;
  if (!is_in_order (status) && !could_not_start (status))
    g_signal_emit (self, signals[SIGNAL_DIED], 0);

  if (self->stop != NULL)
    finish_stop (self);
  else
    restart_later (worker);
}

static void
start (LoftWorker *worker)
{
  LoftWorkers *self = worker->workers;
  g_autoptr (GError) local_error = NULL;
  int ends[2];

  worker->started_at = g_get_monotonic_time ();
  worker->ended = FALSE;
  loft_page_set_beat (self->page, worker->slot, 0);
  if (!g_unix_open_pipe (ends, FD_CLOEXEC, &local_error))
    {
      g_warning ("Worker %u can't be started, and that is tried again: %s",
                 worker->slot,
                 local_error->message);
      restart_later (worker);
      return;
    }

  worker->link = ends[1];
  g_unix_set_fd_nonblocking (worker->link, TRUE, NULL);
  fcntl (worker->link, F_SETPIPE_SZ, LINK_SIZE);
  gboolean spawned = spawn (worker, ends[0], &local_error);
  close (ends[0]);
  if (!spawned)
    {
      g_warning ("Worker %u can't be started, and that is tried again: %s",
                 worker->slot,
                 local_error->message);
      worker->pid = 0;
      close_link (worker);
      restart_later (worker);
      return;
    }

  g_debug ("Worker %u is process %d", worker->slot, (int) worker->pid);
  worker->watch = g_child_watch_source_new (worker->pid);
  g_source_set_callback (worker->watch, G_SOURCE_FUNC (ended_cb), worker, NULL);
  g_source_attach (worker->watch, g_main_context_get_thread_default ());
  send_config (worker);
}

static gboolean
restart_cb (gpointer user_data)
{
  LoftWorker *worker = user_data;

  clear_source (&worker->restart);
  start (worker);

  return G_SOURCE_REMOVE;
}

static void
restart_later (LoftWorker *worker)
{
  guint pause = 0;

  if (g_get_monotonic_time () - worker->started_at > LIFE_MIN)
    worker->deaths = 0;
  else
    pause = MIN (PAUSE_MIN << MIN (worker->deaths, 16), PAUSE_MAX);
  worker->deaths++;

  worker->restart = g_timeout_source_new (pause);
  g_source_set_callback (worker->restart, restart_cb, worker, NULL);
  g_source_attach (worker->restart, g_main_context_get_thread_default ());
}

/**
 * loft_workers_start:
 * @self: workers that have a configuration
 *
 * Starts all workers.
 */
void
loft_workers_start (LoftWorkers *self)
{
  g_return_if_fail (LOFT_IS_WORKERS (self));
  g_return_if_fail (self->config != NULL && self->stop == NULL);

  for (guint i = 0; i < self->all->len; i++)
    start (g_ptr_array_index (self->all, i));
  self->look = g_timeout_source_new_seconds (1);
  g_source_set_callback (self->look, look_cb, self, NULL);
  g_source_attach (self->look, g_main_context_get_thread_default ());
}

static gboolean
deadline_cb (gpointer user_data)
{
  LoftWorkers *self = LOFT_WORKERS (user_data);

  clear_source (&self->deadline);
  for (guint i = 0; i < self->all->len; i++)
    {
      const LoftWorker *worker = g_ptr_array_index (self->all, i);

      if (worker->pid != 0)
        kill (worker->pid, SIGKILL);
    }

  return G_SOURCE_REMOVE;
}

/**
 * loft_workers_stop_async:
 * @self: workers that were started
 * @seconds: how long they may take
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async): called when none runs any more
 * @user_data: for @callback
 *
 * Has all workers finish what they are doing, and end. Those that take too long
 * are ended.
 */
void
loft_workers_stop_async (LoftWorkers *self,
                         guint seconds,
                         GCancellable *cancellable,
                         GAsyncReadyCallback callback,
                         gpointer user_data)
{
  g_return_if_fail (LOFT_IS_WORKERS (self));
  g_return_if_fail (self->stop == NULL);

  self->stop = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (self->stop, loft_workers_stop_async);
  for (guint i = 0; i < self->all->len; i++)
    {
      LoftWorker *worker = g_ptr_array_index (self->all, i);

      clear_source (&worker->restart);
      if (worker->pid != 0)
        kill (worker->pid, SIGTERM);
    }

  self->deadline = g_timeout_source_new_seconds (seconds);
  g_source_set_callback (self->deadline, deadline_cb, self, NULL);
  g_source_attach (self->deadline, g_main_context_get_thread_default ());
  finish_stop (self);
}

/**
 * loft_workers_stop_finish:
 * @self: workers
 * @result: what the callback was given
 * @error: return location for a #GError
 *
 * Ends loft_workers_stop_async().
 *
 * Returns: %TRUE, or %FALSE with @error set to %G_IO_ERROR_CANCELLED
 */
gboolean
loft_workers_stop_finish (LoftWorkers *self,
                          GAsyncResult *result,
                          GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}
