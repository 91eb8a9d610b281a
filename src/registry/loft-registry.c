/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-registry-private.h"

#include <errno.h>
#include <string.h>

#include "registry/loft-name.h"

/* The registry itself: it knows every rule about packages and versions, and
 * nothing about how requests arrive or where bytes are kept.
 *
 * What the catalog can answer is answered in the caller's thread; what touches
 * the storage, or takes time, runs in worker threads. Writers have a pool of
 * their own, since each waits for the disk several times: they must not keep
 * readers from GLib's. */

#define WRITERS_MAX 32
#define RESCAN_INTERVAL (24 * 60 * 60)
#define MAX_TARBALL (20 * 1024 * 1024)

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

  G_OBJECT_CLASS (loft_registry_parent_class)->dispose (object);
}

static void
loft_registry_finalize (GObject *object)
{
  LoftRegistry *self = LOFT_REGISTRY (object);

  g_clear_object (&self->log);
  g_clear_object (&self->catalog);
  g_clear_object (&self->storage);
  g_clear_pointer (&self->page, loft_page_unref);
  g_clear_pointer (&self->authority, loft_authority_free);
  g_free (self->cache_directory);
  g_clear_pointer (&self->settings, loft_registry_settings_free);
  g_clear_pointer (&self->list, g_bytes_unref);
  g_free (self->list_digest);
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
   * Something was published or changed. Emitted in the context in which the
   * registry was made; several changes may share one emission.
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
  g_mutex_init (&self->mutex);
  g_cond_init (&self->keeper_cond);
  g_queue_init (&self->list_waiting);
}

static gboolean
notify_cb (gpointer data)
{
  LoftRegistry *self = data;

  g_atomic_int_set (&self->notifying, FALSE);
  g_signal_emit (self, signals[SIGNAL_CHANGED], 0);

  return G_SOURCE_REMOVE;
}

/**
 * loft_registry_announce:
 * @self: a registry
 *
 * Has “changed” emitted; safe in any thread.
 */
void
loft_registry_announce (LoftRegistry *self)
{
  if (!g_atomic_int_compare_and_exchange (&self->notifying, FALSE, TRUE))
    return;

  g_autoptr (GSource) source = g_idle_source_new ();
  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_callback (source,
                         notify_cb,
                         g_object_ref (self),
                         g_object_unref);
  g_source_attach (source, self->context);
}

static void
applied_cb (gpointer user_data)
{
  loft_registry_announce (user_data);
}

/**
 * loft_registry_new:
 * @storage: an open storage
 * @cache_directory: where the catalog and uploads are kept; made if missing
 * @settings: what the administrator chose
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
                   "The cache directory “%s” can't be made: %s",
                   cache_directory,
                   g_strerror (code));
      return NULL;
    }

  g_autofree char *digest =
    g_compute_checksum_for_string (G_CHECKSUM_SHA256,
                                   loft_storage_get_uri (storage),
                                   -1);
  digest[16] = '\0';
  g_autoptr (LoftPage) page = loft_page_new (1, error);
  if (page == NULL)
    return NULL;

  g_autoptr (LoftCatalog) catalog =
    loft_catalog_open (cache_directory, digest, page, error);
  if (catalog == NULL)
    return NULL;

  LoftRegistry *self = g_object_new (LOFT_TYPE_REGISTRY, NULL);
  self->storage = g_object_ref (storage);
  self->page = g_steal_pointer (&page);
  self->catalog = g_steal_pointer (&catalog);
  self->log = loft_log_new (storage, self->catalog, applied_cb, self);
  self->authority = loft_authority_new (storage);
  self->cache_directory = g_strdup (cache_directory);
  self->settings = loft_registry_settings_copy (settings);

  return self;
}

/**
 * loft_registry_settings_new:
 *
 * Makes the defaults.
 *
 * Returns: (transfer full): settings
 */
LoftRegistrySettings *
loft_registry_settings_new (void)
{
  LoftRegistrySettings *self = g_new0 (LoftRegistrySettings, 1);
  const LoftArchiveLimits limits = LOFT_ARCHIVE_LIMITS_DEFAULT;

  self->publish = LOFT_PUBLISH_CLAIM;
  self->max_tarball = MAX_TARBALL;
  self->archive = limits;
  self->rescan_interval = RESCAN_INTERVAL;

  return self;
}

/**
 * loft_registry_settings_copy:
 * @self: settings
 *
 * Copies @self.
 *
 * Returns: (transfer full): the copy
 */
LoftRegistrySettings *
loft_registry_settings_copy (const LoftRegistrySettings *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  LoftRegistrySettings *copy = g_new (LoftRegistrySettings, 1);
  *copy = *self;
  copy->reserved = g_strdupv (self->reserved);

  return copy;
}

/**
 * loft_registry_settings_free:
 * @self: (transfer full): settings
 *
 * Frees @self.
 */
void
loft_registry_settings_free (LoftRegistrySettings *self)
{
  g_return_if_fail (self != NULL);

  g_strfreev (self->reserved);
  g_free (self);
}

/**
 * loft_registry_dup_settings:
 * @self: a registry
 *
 * Gives the settings as they are now; safe in any thread.
 *
 * Returns: (transfer full): a copy
 */
LoftRegistrySettings *
loft_registry_dup_settings (LoftRegistry *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->mutex);

  return loft_registry_settings_copy (self->settings);
}

/**
 * loft_registry_set_settings:
 * @self: a registry
 * @settings: what the administrator chose
 *
 * Changes the settings for whatever begins from now on.
 */
void
loft_registry_set_settings (LoftRegistry *self,
                            const LoftRegistrySettings *settings)
{
  g_return_if_fail (LOFT_IS_REGISTRY (self));
  g_return_if_fail (settings != NULL);

  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->mutex);
  g_autoptr (LoftRegistrySettings) old = self->settings;

  self->settings = loft_registry_settings_copy (settings);
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
  g_return_if_fail (self->keeper == NULL && self->writers != NULL);

  self->keeper = g_thread_new ("keeper", loft_registry_keep, self);
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
  gboolean settled =
    self->keeper != NULL &&
    GPOINTER_TO_INT (g_thread_join (g_steal_pointer (&self->keeper)));
  if (self->writers != NULL)
    g_thread_pool_free (g_steal_pointer (&self->writers), FALSE, TRUE);
  if (settled)
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
 * loft_registry_get_max_tarball:
 * @self: a registry
 *
 * Tells how large a tarball may be.
 *
 * Returns: bytes
 */
goffset
loft_registry_get_max_tarball (LoftRegistry *self)
{
  g_return_val_if_fail (LOFT_IS_REGISTRY (self), 0);

  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->mutex);

  return self->settings->max_tarball;
}

static gboolean
is_read_only (LoftRegistry *self)
{
  return (loft_storage_get_features (self->storage) &
          LOFT_STORAGE_FEATURE_READ_ONLY) != 0;
}

/**
 * loft_registry_get_status:
 * @self: a registry
 * @out: (out caller-allocates): how it is
 *
 * Tells how the registry is. Quick.
 */
void
loft_registry_get_status (LoftRegistry *self, LoftRegistryStatus *out)
{
  g_return_if_fail (LOFT_IS_REGISTRY (self));
  g_return_if_fail (out != NULL);

  memset (out, 0, sizeof *out);
  loft_catalog_count (self->catalog, &out->packages, &out->versions, NULL);
  out->sequence = loft_catalog_get_sequence (self->catalog);
  out->read_only = is_read_only (self);

  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->mutex);
  out->phase = self->phase;
  out->scanned = self->scanned;
  out->problems = self->problems;
}

/**
 * loft_registry_get_sequence:
 * @self: a registry
 *
 * Tells how far the changes are visible.
 *
 * Returns: number of the last event that is
 */
guint64
loft_registry_get_sequence (LoftRegistry *self)
{
  g_return_val_if_fail (LOFT_IS_REGISTRY (self), 0);

  return loft_catalog_get_sequence (self->catalog);
}

/**
 * loft_registry_get_mark:
 * @self: a registry
 * @out_sequence: (out): the last event that somebody may have been told of
 * @out_epoch: (out): moves with every change that no event tells of
 *
 * Tells whether what is remembered of answers still holds: it does if it is of
 * the same mark. The mark belongs to it that was read before the answer was
 * made. If only the sequence has moved, loft_registry_list_changed_names()
 * tells what has to be forgotten. Two loads from memory.
 */
void
loft_registry_get_mark (LoftRegistry *self,
                        guint64 *out_sequence,
                        guint64 *out_epoch)
{
  g_return_if_fail (LOFT_IS_REGISTRY (self));
  g_return_if_fail (out_sequence != NULL && out_epoch != NULL);

  /* In this order: who sees a new epoch sees a sequence of it. */
  *out_epoch = loft_page_get_epoch (self->page);
  *out_sequence = loft_page_get_sequence (self->page);
}

/**
 * loft_registry_can_answer:
 * @self: a registry
 * @error: return location for a #GError
 *
 * Tells whether the catalog may answer.
 *
 * Returns: %TRUE, or %FALSE with @error set to %LOFT_REGISTRY_ERROR_NOT_READY
 */
gboolean
loft_registry_can_answer (LoftRegistry *self, GError **error)
{
  if (g_atomic_int_get (&self->answers))
    return TRUE;

  g_set_error_literal (error,
                       LOFT_REGISTRY_ERROR,
                       LOFT_REGISTRY_ERROR_NOT_READY,
                       "The registry is still reading its storage; try again "
                       "soon");

  return FALSE;
}

/**
 * loft_registry_can_write:
 * @self: a registry
 * @error: return location for a #GError
 *
 * Tells whether anything may be published or changed.
 *
 * Returns: %TRUE, or %FALSE with @error set to %LOFT_REGISTRY_ERROR_NOT_READY
 *   or %LOFT_REGISTRY_ERROR_READ_ONLY
 */
gboolean
loft_registry_can_write (LoftRegistry *self, GError **error)
{
  if (!loft_registry_can_answer (self, error))
    return FALSE;
  if (!is_read_only (self))
    return TRUE;

  g_set_error_literal (error,
                       LOFT_REGISTRY_ERROR,
                       LOFT_REGISTRY_ERROR_READ_ONLY,
                       "This registry takes no changes: its storage is "
                       "read-only");

  return FALSE;
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
  if (self->writers == NULL)
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
  g_thread_pool_push (self->writers, work, NULL);
}

/**
 * loft_registry_new_spool:
 * @self: a registry
 * @error: return location for a #GError
 *
 * Makes a spool for an upload.
 *
 * Returns: (transfer full): the spool, or %NULL with @error set to
 *   %LOFT_REGISTRY_ERROR_NO_SPACE or %LOFT_REGISTRY_ERROR_FAILED
 */
LoftSpool *
loft_registry_new_spool (LoftRegistry *self, GError **error)
{
  g_return_val_if_fail (LOFT_IS_REGISTRY (self), NULL);

  return loft_spool_new (self->cache_directory, error);
}
