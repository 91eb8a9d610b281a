/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-registry-private.h"

#include <errno.h>
#include <glib-unix.h>
#include <glib/gi18n.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "registry/loft-metered-storage.h"

/* The registry itself: it knows every rule about packages and versions, and
 * nothing about how requests arrive or where bytes are kept.
 *
 * What the catalog can answer is answered in the caller's thread; what touches
 * the storage, or takes time, runs in worker threads. Writers have a pool of
 * their own, since each waits for the disk several times: they must not keep
 * readers from GLib's. Long work has another one, for the same reason. */

#define WRITERS_MAX 32
#define UPKEEPERS_MAX 4

enum
{
  SIGNAL_CHANGED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (LoftRegistry, loft_registry, G_TYPE_OBJECT)

/* A task of a writer, with what it is to run. */
typedef struct
{
  GTask *task; /* owned */
  GTaskThreadFunc func;
} WriterTask;

static void
loft_registry_dispose (GObject *object)
{
  LoftRegistry *self = LOFT_REGISTRY (object);

  loft_registry_stop (self);
  if (self->bell != NULL)
    g_source_destroy (self->bell);
  g_clear_pointer (&self->bell, g_source_unref);

  G_OBJECT_CLASS (loft_registry_parent_class)->dispose (object);
}

static void
loft_registry_finalize (GObject *object)
{
  LoftRegistry *self = LOFT_REGISTRY (object);

  g_clear_pointer (&self->lease, loft_lease_free);
  g_clear_pointer (&self->docs_lease, loft_lease_free);
  g_clear_pointer (&self->downloads, loft_download_keeper_free);
  g_clear_pointer (&self->tarballs, loft_tarball_cache_free);
  g_clear_object (&self->log);
  g_clear_object (&self->catalog);
  g_clear_object (&self->storage);
  g_clear_pointer (&self->page, loft_page_unref);
  g_clear_pointer (&self->authority, loft_authority_free);
  g_free (self->cache_directory);
  g_clear_pointer (&self->settings, loft_registry_settings_free);
  g_clear_pointer (&self->list, g_bytes_unref);
  g_free (self->list_digest);
  g_clear_pointer (&self->view_lists, loft_view_lists_unref);
  g_clear_object (&self->stopping);
  g_main_context_unref (self->context);
  g_mutex_clear (&self->mutex);
  g_cond_clear (&self->keeper_cond);

  G_OBJECT_CLASS (loft_registry_parent_class)->finalize (object);
}

static void
loft_registry_class_init (LoftRegistryClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = loft_registry_dispose;
  object_class->finalize = loft_registry_finalize;

  /**
   * LoftRegistry::changed:
   * @self: a registry
   *
   * Something was published or changed, or the catalog has become complete.
   * Emitted in the context in which the registry was made; several changes may
   * share one emission.
   */
  signals[SIGNAL_CHANGED] = g_signal_new ("changed",
                                          LOFT_TYPE_REGISTRY,
                                          G_SIGNAL_RUN_LAST,
                                          0,
                                          NULL,
                                          NULL,
                                          NULL,
                                          G_TYPE_NONE,
                                          0);
}

static void
run_writer_cb (gpointer data, gpointer user_data)
{
  WriterTask *work = data;
  g_autoptr (GTask) task = g_steal_pointer (&work->task);

  work->func (task,
              g_task_get_source_object (task),
              g_task_get_task_data (task),
              g_task_get_cancellable (task));
  g_free (work);
}

static void
loft_registry_init (LoftRegistry *self)
{
  self->context = g_main_context_ref_thread_default ();
  self->stopping = g_cancellable_new ();
  self->writers =
    g_thread_pool_new (run_writer_cb, NULL, WRITERS_MAX, FALSE, NULL);
  self->upkeepers =
    g_thread_pool_new (run_writer_cb, NULL, UPKEEPERS_MAX, FALSE, NULL);
  g_mutex_init (&self->mutex);
  g_cond_init (&self->keeper_cond);
  g_queue_init (&self->list_waiting);
  g_queue_init (&self->view_waiting);
  self->view_lists = loft_view_lists_new (self);
}

static gboolean
rung_cb (int fd, GIOCondition condition, gpointer user_data)
{
  LoftRegistry *self = LOFT_REGISTRY (user_data);
  eventfd_t count;

  eventfd_read (fd, &count);
  g_signal_emit (self, signals[SIGNAL_CHANGED], 0);

  return G_SOURCE_CONTINUE;
}

static void
watch_bell (LoftRegistry *self, guint slot)
{
  self->bell =
    g_unix_fd_source_new (loft_page_get_bell (self->page, slot), G_IO_IN);
  g_source_set_callback (self->bell, G_SOURCE_FUNC (rung_cb), self, NULL);
  g_source_attach (self->bell, self->context);
}

/**
 * loft_registry_announce:
 * @self: a registry
 *
 * Has “changed” emitted, in all processes; safe in any thread.
 */
void
loft_registry_announce (LoftRegistry *self)
{
  loft_page_ring (self->page);
}

static void
applied_cb (gpointer user_data)
{
  loft_registry_announce (user_data);
}

static char *
name_store (LoftStorage *storage)
{
  char *digest = g_compute_checksum_for_string (G_CHECKSUM_SHA256,
                                                loft_storage_get_uri (storage),
                                                -1);

  digest[16] = '\0';

  return digest;
}

static LoftRegistry *
make (LoftStorage *storage,
      const char *cache_directory,
      const LoftRegistrySettings *settings,
      LoftPage *page,
      guint slot,
      LoftCatalog *catalog)
{
  LoftRegistry *self = g_object_new (LOFT_TYPE_REGISTRY, NULL);

  self->page = loft_page_ref (page);
  self->slot = slot;
  self->figures = loft_page_get_slot (page, slot);
  atomic_store (&self->figures->pid, (guint64) getpid ());
  self->storage = loft_metered_storage_new (storage, page, slot);
  self->catalog = g_object_ref (catalog);
  self->log = loft_log_new (self->storage, self->catalog, applied_cb, self);
  self->authority = loft_authority_new (self->storage);

  g_autofree char *node = g_uuid_string_random ();
  node[8] = '\0';
  self->lease = loft_lease_new (self->storage, LOFT_LEASE_KEY, node);
  self->docs_lease = loft_lease_new (self->storage, LOFT_LEASE_DOCS_KEY, node);
  self->downloads =
    loft_download_keeper_new (self->storage, self->catalog, node);
  self->cache_directory = g_strdup (cache_directory);
  if (loft_storage_has (storage, LOFT_STORAGE_FEATURE_REMOTE))
    self->tarballs = loft_tarball_cache_new (self->storage,
                                             cache_directory,
                                             &self->figures->tarballs);
  loft_registry_set_settings (self, settings);
  watch_bell (self, slot);

  return self;
}

/**
 * loft_registry_new:
 * @storage: an open storage
 * @cache_directory: where the catalog and uploads are kept; made if missing
 * @settings: what the administrator chose
 * @page: (nullable): the memory that it shares with processes that join; %NULL
 *   if there are to be none
 * @error: return location for a #GError
 *
 * Makes the registry of what is in @storage. It answers from the storage alone
 * until loft_registry_start() was called and the catalog is complete. Signals
 * are emitted in the caller's main context. Opens files, so it may block.
 *
 * Returns: (transfer full): the registry, or %NULL with @error set to
 *   %LOFT_REGISTRY_ERROR_FAILED or %LOFT_REGISTRY_ERROR_NO_SPACE
 */
LoftRegistry *
loft_registry_new (LoftStorage *storage,
                   const char *cache_directory,
                   const LoftRegistrySettings *settings,
                   LoftPage *page,
                   GError **error)
{
  g_return_val_if_fail (LOFT_IS_STORAGE (storage), NULL);
  g_return_val_if_fail (cache_directory != NULL && settings != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  if (g_mkdir_with_parents (cache_directory, 0700) == -1)
    {
      int code = errno;
      g_set_error (error,
                   LOFT_REGISTRY_ERROR,
                   LOFT_REGISTRY_ERROR_FAILED,
                   _ ("The cache directory “%s” can't be made: %s"),
                   cache_directory,
                   g_strerror (code));
      return NULL;
    }

  g_autoptr (LoftPage) shared =
    page != NULL ? loft_page_ref (page) : loft_page_new (1, error);
  if (shared == NULL)
    return NULL;

  loft_page_set_fact (shared, LOFT_PAGE_ANSWERS, FALSE);
  loft_page_set_fact (shared, LOFT_PAGE_PHASE, LOFT_REGISTRY_STARTING);

  g_autofree char *store = name_store (storage);
  g_autoptr (LoftCatalog) catalog =
    loft_catalog_open (cache_directory, store, shared, error);
  if (catalog == NULL)
    return NULL;

  return make (storage, cache_directory, settings, shared, 0, catalog);
}

/**
 * loft_registry_join:
 * @storage: an open storage, the same as that of the process that began
 * @cache_directory: the same as there
 * @settings: what the administrator chose
 * @page: the memory that loft_registry_new() was given there
 * @slot: which of its slots is this process's; not 0
 * @error: return location for a #GError
 *
 * Makes the registry of another process of the same daemon. It does all that
 * one does which loft_registry_new() made, but looks after nothing: it must not
 * be started. Opens files, so it may block.
 *
 * Returns: (transfer full): the registry, or %NULL with @error set to a
 *   #LoftRegistryError
 */
LoftRegistry *
loft_registry_join (LoftStorage *storage,
                    const char *cache_directory,
                    const LoftRegistrySettings *settings,
                    LoftPage *page,
                    guint slot,
                    GError **error)
{
  g_return_val_if_fail (LOFT_IS_STORAGE (storage), NULL);
  g_return_val_if_fail (cache_directory != NULL && settings != NULL, NULL);
  g_return_val_if_fail (page != NULL && slot > 0, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  g_autofree char *store = name_store (storage);
  g_autoptr (LoftCatalog) catalog =
    loft_catalog_join (cache_directory, store, page, slot, error);
  if (catalog == NULL)
    return NULL;

  LoftRegistry *self =
    make (storage, cache_directory, settings, page, slot, catalog);
  self->joined = TRUE;

  return self;
}

/**
 * loft_registry_start:
 * @self: a registry
 *
 * Begins to bring catalog and storage together, in the background.
 */
void
loft_registry_start (LoftRegistry *self)
{
  g_return_if_fail (LOFT_IS_REGISTRY (self));
  g_return_if_fail (!self->joined);
  g_return_if_fail (self->keeper == NULL && self->writers != NULL);

  if (self->tarballs != NULL)
    loft_tarball_cache_tidy (self->tarballs);
  self->keeper = g_thread_new ("keeper", loft_registry_keep, self);
  self->watcher = g_thread_new ("watcher", loft_registry_watch, self);
  self->counter = g_thread_new ("counter", loft_registry_keep_downloads, self);
  self->docs = g_thread_new ("docs", loft_registry_keep_docs, self);
}

/**
 * loft_registry_leave:
 * @self: a registry that was started
 *
 * Says that it will be stopped soon, when those who have asked for something
 * have got it: until then it goes on, but looks after the storage no more.
 */
void
loft_registry_leave (LoftRegistry *self)
{
  g_return_if_fail (LOFT_IS_REGISTRY (self));

  g_atomic_int_set (&self->is_leaving, TRUE);
}

/**
 * loft_registry_stop:
 * @self: a registry
 *
 * Ends what runs in the background, and waits for the publishes that have
 * begun. After this nothing can be written. May be called twice.
 */
void
loft_registry_stop (LoftRegistry *self)
{
  g_return_if_fail (LOFT_IS_REGISTRY (self));

  g_cancellable_cancel (self->stopping);
  g_mutex_lock (&self->mutex);
  g_cond_broadcast (&self->keeper_cond);
  g_mutex_unlock (&self->mutex);
  if (self->watcher != NULL)
    g_thread_join (g_steal_pointer (&self->watcher));
  gboolean counted = self->counter != NULL;
  if (counted)
    g_thread_join (g_steal_pointer (&self->counter));
  if (self->docs != NULL)
    g_thread_join (g_steal_pointer (&self->docs));
  gboolean settled =
    self->keeper != NULL &&
    GPOINTER_TO_INT (g_thread_join (g_steal_pointer (&self->keeper)));
  if (self->upkeepers != NULL)
    g_thread_pool_free (g_steal_pointer (&self->upkeepers), FALSE, TRUE);
  if (self->writers != NULL)
    g_thread_pool_free (g_steal_pointer (&self->writers), FALSE, TRUE);
  if (counted)
    loft_registry_keep_last_downloads (self);
  if (settled && !self->rescan_wanted)
    loft_registry_note_clean_end (self);
}

/**
 * loft_registry_rescan:
 * @self: a registry
 *
 * Has documents and log compared soon.
 */
void
loft_registry_rescan (LoftRegistry *self)
{
  g_return_if_fail (LOFT_IS_REGISTRY (self));

  g_mutex_lock (&self->mutex);
  self->rescan_wanted = TRUE;
  g_cond_broadcast (&self->keeper_cond);
  g_mutex_unlock (&self->mutex);
}

/**
 * loft_registry_recover:
 * @self: a registry that others have joined
 *
 * To be called once a process has died that had joined. It is counted, what it
 * had committed is told of, and what it may have left between a document and
 * its event is looked for.
 */
void
loft_registry_recover (LoftRegistry *self)
{
  g_return_if_fail (LOFT_IS_REGISTRY (self));

  g_autoptr (GError) local_error = NULL;
  guint64 deaths = loft_page_get_fact (self->page, LOFT_PAGE_DEATHS);

  loft_page_set_fact (self->page, LOFT_PAGE_DEATHS, deaths + 1);
  if (loft_catalog_tell_sequence (self->catalog, &local_error))
    loft_registry_announce (self);
  else
    g_warning ("What a process that died has changed is not told of yet: %s",
               local_error->message);
  loft_registry_rescan (self);
}

static LoftRegistryError
translate_code (LoftStorageError code)
{
  switch (code)
    {
    case LOFT_STORAGE_ERROR_NOT_FOUND:
    case LOFT_STORAGE_ERROR_CORRUPT:
      return LOFT_REGISTRY_ERROR_CORRUPT;
    case LOFT_STORAGE_ERROR_NO_SPACE:
      return LOFT_REGISTRY_ERROR_NO_SPACE;
    case LOFT_STORAGE_ERROR_UNAVAILABLE:
    case LOFT_STORAGE_ERROR_UNKNOWN:
      return LOFT_REGISTRY_ERROR_UNAVAILABLE;
    case LOFT_STORAGE_ERROR_DENIED:
      return LOFT_REGISTRY_ERROR_READ_ONLY;
    case LOFT_STORAGE_ERROR_INVALID_KEY:
      return LOFT_REGISTRY_ERROR_MALFORMED;
    case LOFT_STORAGE_ERROR_EXISTS:
    case LOFT_STORAGE_ERROR_CHANGED:
    case LOFT_STORAGE_ERROR_FAILED:
    default:
      return LOFT_REGISTRY_ERROR_FAILED;
    }
}

/**
 * loft_registry_translate_error:
 * @error: (inout): an error of whatever domain
 *
 * Turns what the storage says into what it means to the registry. What is
 * missing there although the registry relies on it is corrupt.
 */
void
loft_registry_translate_error (GError **error)
{
  GError *old = *error;

  if (old->domain == LOFT_REGISTRY_ERROR ||
      g_error_matches (old, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;

  LoftRegistryError code = LOFT_REGISTRY_ERROR_FAILED;
  if (old->domain == LOFT_STORAGE_ERROR)
    code = translate_code ((LoftStorageError) old->code);

  *error = g_error_new_literal (LOFT_REGISTRY_ERROR, (int) code, old->message);
  g_error_free (old);
}

static void
run_in_pool (GThreadPool *pool, GTask *task, GTaskThreadFunc func)
{
  if (pool == NULL)
    {
      g_task_return_new_error (task,
                               LOFT_REGISTRY_ERROR,
                               LOFT_REGISTRY_ERROR_UNAVAILABLE,
                               "The registry is being stopped");
      return;
    }

  WriterTask *work = g_new0 (WriterTask, 1);
  work->task = g_object_ref (task);
  work->func = func;
  g_thread_pool_push (pool, work, NULL);
}

/**
 * loft_registry_run:
 * @self: a registry
 * @task: a task
 * @func: what it is to do, once, ending with a g_task_return_…() call
 *
 * Runs @func in a writer's thread.
 */
void
loft_registry_run (LoftRegistry *self, GTask *task, GTaskThreadFunc func)
{
  run_in_pool (self->writers, task, func);
}

/**
 * loft_registry_run_upkeep:
 * @self: a registry
 * @task: a task
 * @func: what it is to do, as with loft_registry_run()
 *
 * Runs @func in a thread for long work.
 */
void
loft_registry_run_upkeep (LoftRegistry *self, GTask *task, GTaskThreadFunc func)
{
  run_in_pool (self->upkeepers, task, func);
}

/**
 * loft_registry_new_spool:
 * @self: a registry
 * @size: how many bytes it will hold at most, or -1 if that is not known
 * @error: return location for a #GError
 *
 * Makes a spool for an upload.
 *
 * Returns: (transfer full): the spool, or %NULL with @error set to
 *   %LOFT_REGISTRY_ERROR_NO_SPACE or %LOFT_REGISTRY_ERROR_FAILED
 */
LoftSpool *
loft_registry_new_spool (LoftRegistry *self, goffset size, GError **error)
{
  g_return_val_if_fail (LOFT_IS_REGISTRY (self), NULL);

  return loft_spool_new (self->cache_directory, size, error);
}
