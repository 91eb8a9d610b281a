/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "daemon/loft-worker.h"

#include <fcntl.h>
#include <glib-unix.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "backend/loft-backend-loader.h"
#include "daemon/loft-log-writer.h"
#include "daemon/loft-parent-link.h"
#include "daemon/loft-settings.h"
#include "daemon/loft-workers.h"

/* How often the parent hears that the main loop turns. */
#define BEAT_SECONDS 1

/* A process that serves. All it has is from its parent: the configuration, the
 * sockets, and the page by which it joins the registry. It listens to no signal
 * that a terminal sends to all processes at once; its parent does. */
typedef struct
{
  LoftConfig *config;     /* owned */
  LoftStorage *storage;   /* owned */
  LoftPage *page;         /* owned */
  LoftRegistry *registry; /* owned */
  LoftHttpServer *server; /* owned, nullable */
  GMainLoop *loop;        /* owned */
  guint slot;
  gboolean stopping;
} Worker;

static void
worker_clear (Worker *self)
{
  g_clear_object (&self->server);
  g_clear_object (&self->registry);
  g_clear_object (&self->storage);
  g_clear_pointer (&self->page, loft_page_unref);
  g_clear_object (&self->config);
  g_clear_pointer (&self->loop, g_main_loop_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Worker, worker_clear)

static gboolean
beat_cb (gpointer user_data)
{
  const Worker *self = user_data;

  loft_page_set_beat (self->page, self->slot, g_get_monotonic_time ());

  return G_SOURCE_CONTINUE;
}

static void
drained_cb (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  Worker *self = user_data;
  g_autoptr (GError) local_error = NULL;

  if (!loft_http_server_drain_finish (LOFT_HTTP_SERVER (source_object),
                                      result,
                                      &local_error))
    g_message ("Not every request was finished: %s", local_error->message);
  g_main_loop_quit (self->loop);
}

static gboolean
stop_cb (gpointer user_data)
{
  Worker *self = user_data;

  /* A service manager may tell all processes what the parent tells us as well;
   * to end at once is the parent's to decide. */
  if (self->stopping)
    return G_SOURCE_CONTINUE;

  self->stopping = TRUE;
  loft_http_server_drain_async (self->server, NULL, drained_cb, self);

  return G_SOURCE_CONTINUE;
}

static void
configured_cb (const char *message, gpointer user_data)
{
  Worker *self = user_data;
  g_autoptr (GError) local_error = NULL;
  g_autoptr (LoftConfig) config =
    loft_config_new_from_data (message, &local_error);

  if (config == NULL)
    {
      g_critical ("The parent's configuration can't be read: %s",
                  local_error->message);
      return;
    }

  g_set_object (&self->config, config);
  loft_settings_apply (self->config,
                       loft_page_get_n_slots (self->page) - 1,
                       self->registry,
                       self->server);
}

static gboolean
open_page (Worker *self, GError **error)
{
  /* How many bells there are is in the page. */
  g_autoptr (LoftPage) page =
    loft_page_open (fcntl (LOFT_WORKERS_FD_PAGE, F_DUPFD_CLOEXEC, 0),
                    NULL,
                    error);
  if (page == NULL)
    return FALSE;

  guint n_slots = loft_page_get_n_slots (page);
  g_autofree int *bells = g_new (int, n_slots);
  for (guint i = 0; i < n_slots; i++)
    bells[i] = LOFT_WORKERS_FD_BELLS + (int) i;
  self->page = loft_page_open (LOFT_WORKERS_FD_PAGE, bells, error);

  return self->page != NULL;
}

static gboolean
join (Worker *self, GError **error)
{
  g_autoptr (LoftRegistrySettings) settings =
    loft_settings_for_registry (self->config);
  g_autofree char *backend = loft_config_get_backend (self->config);

  self->storage = loft_backend_join (backend,
                                     loft_config_get_key_file (self->config),
                                     NULL,
                                     error);
  if (self->storage == NULL)
    return FALSE;

  self->registry = loft_registry_join (
    self->storage,
    loft_config_get_text (self->config, LOFT_CONFIG_CACHE_DIRECTORY),
    settings,
    self->page,
    self->slot,
    error);

  return self->registry != NULL;
}

static gboolean
listen_everywhere (Worker *self, guint n_sockets, GError **error)
{
  g_auto (LoftHttpSettings) settings = loft_settings_for_http (self->config);
  int first = LOFT_WORKERS_FD_BELLS + (int) loft_page_get_n_slots (self->page);

  self->server = loft_http_server_new (self->registry, &settings, error);
  if (self->server == NULL)
    return FALSE;

  for (guint i = 0; i < n_sockets; i++)
    {
      g_autoptr (GSocket) socket =
        g_socket_new_from_fd (first + (int) i, error);

      if (socket == NULL ||
          !loft_http_server_add_listener (self->server, socket, error))
        return FALSE;
    }

  return TRUE;
}

static gboolean
parse (const char *description,
       guint *out_slot,
       guint *out_sockets,
       GError **error)
{
  g_auto (GStrv) words = g_strsplit (description, ",", 2);
  guint64 slot, sockets;

  if (g_strv_length (words) != 2 ||
      !g_ascii_string_to_unsigned (words[0],
                                   10,
                                   1,
                                   LOFT_PAGE_SLOTS_MAX,
                                   &slot,
                                   error) ||
      !g_ascii_string_to_unsigned (words[1], 10, 0, G_MAXINT, &sockets, error))
    return FALSE;

  *out_slot = (guint) slot;
  *out_sockets = (guint) sockets;

  return TRUE;
}

static gboolean
set_up (Worker *self, const char *description, GError **error)
{
  guint n_sockets = 0;
  if (!parse (description, &self->slot, &n_sockets, error))
    return FALSE;

  int last = LOFT_WORKERS_FD_BELLS + LOFT_PAGE_SLOTS_MAX + (int) n_sockets;
  for (int fd = LOFT_WORKERS_FD_LINK; fd < last; fd++)
    fcntl (fd, F_SETFD, FD_CLOEXEC);

  g_autofree char *data = loft_parent_link_receive (LOFT_WORKERS_FD_LINK);
  if (data == NULL)
    {
      g_set_error_literal (error,
                           G_IO_ERROR,
                           G_IO_ERROR_BROKEN_PIPE,
                           "The server is gone that started this worker");
      return FALSE;
    }
  self->config = loft_config_new_from_data (data, error);
  if (self->config == NULL || !open_page (self, error))
    return FALSE;

  loft_parent_link_watch (LOFT_WORKERS_FD_LINK, configured_cb, self);
  if (!join (self, error) || !listen_everywhere (self, n_sockets, error))
    return FALSE;

  loft_settings_apply (self->config,
                       loft_page_get_n_slots (self->page) - 1,
                       self->registry,
                       self->server);

  return TRUE;
}

/**
 * loft_worker_run:
 * @description: the worker's slot, a comma, and how many sockets it has
 *
 * Serves in a process that was started by #LoftWorkers, until that says to
 * stop. Then running requests are finished within the configured time. If it
 * can't, that is said in the log.
 *
 * Returns: what the process is to exit with: 0 if it served and stopped in
 *   order, %LOFT_WORKERS_EXIT if it could not start
 */
int
loft_worker_run (const char *description)
{
  g_return_val_if_fail (description != NULL, LOFT_WORKERS_EXIT);

  g_auto (Worker) self = { .loop = g_main_loop_new (NULL, FALSE) };
  g_autoptr (GError) local_error = NULL;

  prctl (PR_SET_NAME, "loft-registryd");

  /* The link tells of the parent's end, but not one that hangs: that would keep
   * the storage, so that no other server could have it. */
  prctl (PR_SET_PDEATHSIG, SIGKILL);
  signal (SIGINT, SIG_IGN);
  signal (SIGHUP, SIG_IGN);
  if (!set_up (&self, description, &local_error))
    {
      g_warning ("A worker can't serve: %s", local_error->message);
      return LOFT_WORKERS_EXIT;
    }

  guint source = g_unix_signal_add (SIGTERM, stop_cb, &self);
  guint beat = g_timeout_add_seconds (BEAT_SECONDS, beat_cb, &self);
  beat_cb (&self);
  g_main_loop_run (self.loop);
  loft_registry_stop (self.registry);
  g_source_remove (beat);
  g_source_remove (source);

  return EXIT_SUCCESS;
}
