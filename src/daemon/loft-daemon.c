/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "daemon/loft-daemon.h"

#include <glib-unix.h>
#include <locale.h>
#include <sys/resource.h>
#include <unistd.h>

#include "daemon/loft-config-changes.h"
#include "daemon/loft-log-writer.h"
#include "daemon/loft-notifier.h"
#include "daemon/loft-open.h"
#include "daemon/loft-settings.h"
#include "daemon/loft-sockets.h"
#include "daemon/loft-workers.h"
#include "dbus/loft-dbus-service.h"
#include "http/loft-metrics.h"
#include "registry/loft-message-id.h"

/* What workers may take beyond the time to drain. */
#define STOP_MARGIN 5

/* What the storage may take to tell the end of the log before clients are let
 * in all the same, which are then answered from the catalog alone. */
#define START_TIMEOUT (3 * G_TIME_SPAN_SECOND)

/* How many answers at most are delivered once all has been stopped. */
#define DELIVERIES_MAX 1000

/**
 * LoftDaemon:
 *
 * The running program: it puts storage, registry and HTTP server together as
 * the configuration says, and answers the signals. With workers it serves
 * nothing itself: it keeps the sockets, catalog and storage, and them.
 */
struct _LoftDaemon
{
  GObject parent_instance;

  LoftConfig *config;     /* owned */
  char *file;             /* owned, nullable */
  GStrv environment;      /* owned */
  char **options;         /* owned; as many as there are keys */
  LoftStorage *storage;   /* owned */
  LoftRegistry *registry; /* owned */
  GPtrArray *sockets;     /* owned, of owned GSocket */
  LoftPage *page;         /* owned, NULL without workers */
  LoftWorkers *workers;   /* owned, nullable; else there is a server */
  LoftHttpServer *server; /* owned, nullable */
  LoftDbusService *bus;   /* owned, nullable */
  LoftNotifier *notifier; /* owned, NULL until it serves */
  GMainLoop *loop;        /* owned */
  GPtrArray *signals;     /* owned; our signal sources */
  gboolean stopping;
};

G_DEFINE_FINAL_TYPE (LoftDaemon, loft_daemon, G_TYPE_OBJECT)

static void
destroy_source (gpointer data)
{
  GSource *source = data;

  g_source_destroy (source);
  g_source_unref (source);
}

static void
loft_daemon_dispose (GObject *object)
{
  LoftDaemon *self = LOFT_DAEMON (object);

  g_clear_pointer (&self->signals, g_ptr_array_unref);
  g_clear_object (&self->bus);
  g_clear_object (&self->notifier);
  g_clear_object (&self->server);
  g_clear_object (&self->workers);
  g_clear_pointer (&self->sockets, g_ptr_array_unref);
  g_clear_object (&self->registry);
  g_clear_pointer (&self->page, loft_page_unref);
  g_clear_object (&self->storage);
  g_clear_object (&self->config);

  G_OBJECT_CLASS (loft_daemon_parent_class)->dispose (object);
}

static void
loft_daemon_finalize (GObject *object)
{
  LoftDaemon *self = LOFT_DAEMON (object);

  for (guint i = 0; i < LOFT_CONFIG_N_KEYS; i++)
    g_free (self->options[i]);
  g_free (self->options);
  g_strfreev (self->environment);
  g_free (self->file);
  g_main_loop_unref (self->loop);

  G_OBJECT_CLASS (loft_daemon_parent_class)->finalize (object);
}

static void
loft_daemon_class_init (LoftDaemonClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = loft_daemon_dispose;
  G_OBJECT_CLASS (klass)->finalize = loft_daemon_finalize;
}

static void
loft_daemon_init (LoftDaemon *self)
{
  self->loop = g_main_loop_new (NULL, FALSE);
  self->options = g_new0 (char *, LOFT_CONFIG_N_KEYS);
  self->signals = g_ptr_array_new_with_free_func (destroy_source);
}

/**
 * loft_daemon_new:
 * @config: the configuration
 * @file: (nullable): the file that was read for it
 * @environment: (nullable): the environment that was read
 * @options: (array fixed-size=LOFT_CONFIG_N_KEYS): the options that were read
 *
 * Creates a daemon that will do as @config says. The other arguments are kept
 * for reading the configuration again.
 *
 * Returns: (transfer full): a daemon, which does nothing yet
 */
LoftDaemon *
loft_daemon_new (LoftConfig *config,
                 const char *file,
                 const char *const *environment,
                 const char *const *options)
{
  g_return_val_if_fail (LOFT_IS_CONFIG (config), NULL);
  g_return_val_if_fail (options != NULL, NULL);

  LoftDaemon *self = g_object_new (LOFT_TYPE_DAEMON, NULL);

  self->config = g_object_ref (config);
  self->file = g_strdup (file);
  self->environment = g_strdupv ((char **) environment);
  for (guint i = 0; i < LOFT_CONFIG_N_KEYS; i++)
    self->options[i] = g_strdup (options[i]);

  return self;
}

static void
set_patience (LoftDaemon *self)
{
  loft_workers_set_patience (
    self->workers,
    (guint) loft_config_get_number (self->config, LOFT_CONFIG_WORKER_TIMEOUT));
}

static void
apply_settings (LoftDaemon *self)
{
  loft_settings_apply (self->config, 1, self->registry, self->server);
  if (self->workers != NULL)
    {
      g_autofree char *data = loft_config_to_data (self->config);

      loft_workers_set_config (self->workers, data);
      set_patience (self);
    }
}

static gboolean
read_again (LoftDaemon *self, GError **error)
{
  g_autoptr (LoftConfig) config =
    loft_config_load (self->file,
                      (const char *const *) self->environment,
                      (const char *const *) self->options,
                      error);
  if (config == NULL)
    return FALSE;

  loft_config_report_changes (self->config, config);
  g_set_object (&self->config, config);
  apply_settings (self);
  g_message ("The configuration was read again");

  return TRUE;
}

static gboolean
reload (gpointer user_data, GError **error)
{
  LoftDaemon *self = LOFT_DAEMON (user_data);

  loft_notifier_begin_reload (self->notifier);
  gboolean done = read_again (self, error);
  loft_notifier_end_reload (self->notifier);

  return done;
}

static gboolean
reload_cb (gpointer user_data)
{
  g_autoptr (GError) local_error = NULL;

  if (!reload (user_data, &local_error))
    g_warning ("The configuration stays as it was: %s", local_error->message);

  return G_SOURCE_CONTINUE;
}

static void
died_cb (LoftWorkers *workers, gpointer user_data)
{
  LoftDaemon *self = LOFT_DAEMON (user_data);

  loft_registry_recover (self->registry);
}

static void
stopped_cb (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (LoftDaemon) self = LOFT_DAEMON (user_data);

  loft_workers_stop_finish (LOFT_WORKERS (source_object), result, NULL);
  g_main_loop_quit (self->loop);
}

static void
drained_cb (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  LoftHttpServer *server = LOFT_HTTP_SERVER (source_object);
  g_autoptr (LoftDaemon) self = LOFT_DAEMON (user_data);
  g_autoptr (GError) local_error = NULL;

  if (!loft_http_server_drain_finish (server, result, &local_error))
    g_message ("Not every request was finished: %s", local_error->message);

  g_main_loop_quit (self->loop);
}

static void
drain (gpointer user_data)
{
  LoftDaemon *self = LOFT_DAEMON (user_data);

  if (self->stopping)
    return;

  self->stopping = TRUE;
  loft_registry_leave (self->registry);
  loft_notifier_stop (self->notifier);
  g_log_structured (G_LOG_DOMAIN,
                    G_LOG_LEVEL_MESSAGE,
                    "MESSAGE_ID",
                    LOFT_MESSAGE_STOPPING,
                    "MESSAGE",
                    "Stopping, once the running requests are answered");
  if (self->workers != NULL)
    loft_workers_stop_async (
      self->workers,
      (guint) loft_config_get_number (self->config, LOFT_CONFIG_DRAIN_TIMEOUT) +
        STOP_MARGIN,
      NULL,
      stopped_cb,
      g_object_ref (self));
  else
    loft_http_server_drain_async (self->server,
                                  NULL,
                                  drained_cb,
                                  g_object_ref (self));

  /* Nobody watches them any more in this process, and none is to come. */
  loft_sockets_close (self->sockets);
}

static gboolean
stop_cb (gpointer user_data)
{
  LoftDaemon *self = LOFT_DAEMON (user_data);

  /* Whatever was acknowledged is durable, so there is nothing left to save. */
  if (self->stopping)
    {
      g_message ("Stopping at once");
      _exit (EXIT_FAILURE);
    }
  drain (self);

  return G_SOURCE_CONTINUE;
}

static GStrv
list_addresses (gpointer user_data)
{
  LoftDaemon *self = LOFT_DAEMON (user_data);

  return loft_sockets_list_urls (self->sockets);
}

static void
start_bus (LoftDaemon *self)
{
  const char *bus = loft_config_get_text (self->config, LOFT_CONFIG_BUS);
  g_autofree char *backend = loft_config_get_backend (self->config);

  if (g_str_equal (bus, "none"))
    return;

  const LoftDbusDelegate delegate = {
    .storage_uri = loft_storage_get_uri (self->storage),
    .backend = backend,
    .workers = self->page != NULL ? loft_page_get_n_slots (self->page) - 1 : 1,
    .activated =
      loft_sockets_are_passed ((const char *const *) self->environment),
    .reload = reload,
    .drain = drain,
    .list_addresses = list_addresses,
    .render_metrics = loft_metrics_render,
  };
  self->bus = loft_dbus_service_new (
    self->registry,
    g_str_equal (bus, "system") ? G_BUS_TYPE_SYSTEM : G_BUS_TYPE_SESSION,
    &delegate,
    self);
  loft_dbus_service_start (self->bus);
}

static void
watch_signal (LoftDaemon *self, int number, GSourceFunc func)
{
  GSource *source = g_unix_signal_source_new (number);

  g_source_set_callback (source, func, self, NULL);
  g_source_attach (source, NULL);
  g_ptr_array_add (self->signals, source);
}

/* Each connection and each mapped tarball may need a descriptor. The soft
 * limit is low for the sake of programs that use select(); we don't. */
static void
raise_file_limit (void)
{
  struct rlimit limit;

  if (getrlimit (RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max)
    {
      limit.rlim_cur = limit.rlim_max;
      if (setrlimit (RLIMIT_NOFILE, &limit) != 0)
        g_debug ("The limit of open files stays: %s", g_strerror (errno));
    }
}

static guint
count_workers (LoftDaemon *self)
{
  guint wanted =
    (guint) loft_config_get_number (self->config, LOFT_CONFIG_WORKERS);

  if (wanted == 0)
    wanted = MIN (g_get_num_processors (), LOFT_PAGE_SLOTS_MAX - 1);
  if (wanted == 1 || loft_storage_can_join (self->storage))
    return wanted;

  g_message ("One process serves, since the storage can be used by one only");

  return 1;
}

static gboolean
open_registry (LoftDaemon *self, GError **error)
{
  g_autoptr (LoftRegistrySettings) settings =
    loft_settings_for_registry (self->config);
  guint n_workers = count_workers (self);

  if (n_workers > 1)
    {
      self->page = loft_page_new (1 + n_workers, error);
      if (self->page == NULL)
        return FALSE;
    }

  self->registry = loft_registry_new (
    self->storage,
    loft_config_get_text (self->config, LOFT_CONFIG_CACHE_DIRECTORY),
    settings,
    self->page,
    error);

  return self->registry != NULL;
}

static gboolean
set_up (LoftDaemon *self, GError **error)
{
  g_autoptr (GError) away = NULL;

  self->storage = loft_open_storage (self->config, &away, error);
  if (self->storage == NULL || !open_registry (self, error))
    return FALSE;
  if (away != NULL && !loft_registry_has_catalog (self->registry))
    {
      g_propagate_error (error, g_steal_pointer (&away));
      return FALSE;
    }

  self->sockets = loft_sockets_open (self->config,
                                     (const char *const *) self->environment,
                                     error);

  return self->sockets != NULL;
}

static void
start_workers (LoftDaemon *self)
{
  g_autofree char *data = loft_config_to_data (self->config);

  self->workers = loft_workers_new (self->page, self->sockets);
  g_signal_connect_object (self->workers,
                           "died",
                           G_CALLBACK (died_cb),
                           self,
                           0);
  loft_workers_set_config (self->workers, data);
  set_patience (self);
  loft_workers_start (self->workers);
}

static gboolean
serve (LoftDaemon *self, GError **error)
{
  if (self->page != NULL)
    {
      start_workers (self);
      return TRUE;
    }

  g_auto (LoftHttpSettings) settings = loft_settings_for_http (self->config);

  self->server = loft_http_server_new (self->registry, &settings, error);
  if (self->server == NULL)
    return FALSE;
  for (guint i = 0; i < self->sockets->len; i++)
    if (!loft_http_server_add_listener (self->server,
                                        self->sockets->pdata[i],
                                        error))
      return FALSE;

  return TRUE;
}

/* Who has asked the registry for something keeps it, and with it the storage,
 * until the answer has been delivered. */
static void
deliver_last (void)
{
  for (guint i = 0; i < DELIVERIES_MAX; i++)
    if (!g_main_context_iteration (NULL, FALSE))
      return;
}

/**
 * loft_daemon_run:
 * @self: a daemon
 * @error: return location for a #GError
 *
 * Opens the storage, listens, and serves until a signal says to stop. Then
 * running requests are finished within the configured time.
 *
 * Returns: %TRUE if it served and stopped in order; %FALSE with @error set if
 *   it could not start
 */
gboolean
loft_daemon_run (LoftDaemon *self, GError **error)
{
  g_return_val_if_fail (LOFT_IS_DAEMON (self), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  loft_log_writer_set_verbose (
    loft_config_get_boolean (self->config, LOFT_CONFIG_VERBOSE));
  raise_file_limit ();

  if (!set_up (self, error))
    return FALSE;

  /* Until here errors are for who starts the program, in his language. What is
   * said from now on goes to the log and to programs, and that is English. It
   * has to be changed before there are threads. */
  setlocale (LC_MESSAGES, "C");

  watch_signal (self, SIGTERM, stop_cb);
  watch_signal (self, SIGINT, stop_cb);
  watch_signal (self, SIGHUP, reload_cb);

  loft_registry_start (self->registry);
  loft_registry_await_start (self->registry, START_TIMEOUT);
  if (!serve (self, error))
    {
      loft_registry_stop (self->registry);
      return FALSE;
    }
  loft_sockets_report (self->sockets, self->config);
  start_bus (self);

  g_log_structured (G_LOG_DOMAIN,
                    G_LOG_LEVEL_MESSAGE,
                    "MESSAGE_ID",
                    LOFT_MESSAGE_STARTED,
                    "MESSAGE",
                    "%s %s serves %s",
                    PACKAGE_NAME,
                    PACKAGE_VERSION,
                    loft_storage_get_uri (self->storage));
  self->notifier = loft_notifier_new (self->registry, self->workers, self->bus);
  g_main_loop_run (self->loop);
  if (self->bus != NULL)
    loft_dbus_service_stop (self->bus);
  loft_registry_stop (self->registry);
  deliver_last ();
  g_message ("Stopped");

  return TRUE;
}
