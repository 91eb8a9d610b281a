/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "loft-gio-mount.h"

#include <glib/gi18n.h>

#include "loft-gio-job.h"
#include "loft-gio-server.h"
#include "storage/loft-storage.h"

/* What GVfs serves it serves by a process of its own for each server, which
 * may die, hang, or lose the server for good. There is one cure for all of it:
 * to have that process ended and started again. While that is in vain nobody
 * waits for it but the one who tries. */

/* How soon it is tried again. */
#define PAUSE (1 * G_TIME_SPAN_SECOND)

struct _LoftGioMount
{
  GFile *root;    /* owned */
  char *user;     /* owned, nullable */
  char *password; /* owned, nullable */
  gint64 timeout; /* of each step, in µs */

  GMutex lock; /* guards what follows */
  GCond changed;
  guint64 age; /* how often it was mounted */
  gboolean is_suspect;
  gboolean is_busy;
  gint64 failed; /* when it last failed, or 0 */
};

/**
 * loft_gio_mount_new: (skip)
 * @root: the folder that holds the store
 * @user: (nullable): who asks for it
 * @password: (nullable): with which password
 * @timeout: how long mounting may take, in µs
 *
 * Returns: (transfer full): what keeps @root mounted, once it is checked
 */
LoftGioMount *
loft_gio_mount_new (GFile *root,
                    const char *user,
                    const char *password,
                    gint64 timeout)
{
  LoftGioMount *self = g_new0 (LoftGioMount, 1);

  self->root = g_object_ref (root);
  self->user = g_strdup (user);
  self->password = g_strdup (password);
  self->timeout = timeout;
  self->is_suspect = TRUE;
  g_mutex_init (&self->lock);
  g_cond_init (&self->changed);

  return self;
}

/**
 * loft_gio_mount_free: (skip)
 * @self: (transfer full): a mount
 *
 * Frees @self. What is mounted stays so.
 */
void
loft_gio_mount_free (LoftGioMount *self)
{
  g_object_unref (self->root);
  g_free (self->user);
  g_free (self->password);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->changed);
  g_free (self);
}

/* Asked a second time, the password was wrong. */
static void
ask_password_cb (GMountOperation *operation,
                 const char *message,
                 const char *default_user,
                 const char *default_domain,
                 GAskPasswordFlags flags,
                 gpointer user_data)
{
  LoftGioJob *job = user_data;

  if (job->password == NULL || job->was_asked)
    {
      g_mount_operation_reply (operation, G_MOUNT_OPERATION_ABORTED);
      return;
    }

  job->was_asked = TRUE;
  g_mount_operation_set_username (operation,
                                  job->user != NULL ? job->user : default_user);
  g_mount_operation_set_password (operation, job->password);
  g_mount_operation_set_password_save (operation, G_PASSWORD_SAVE_NEVER);
  g_mount_operation_reply (operation, G_MOUNT_OPERATION_HANDLED);
}

/* Whatever it says, the process of GVfs is known now. */
static void
looked_cb (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  LoftGioJob *job = user_data;
  g_autoptr (GFileInfo) info =
    g_file_query_info_finish (job->root, result, NULL);

  loft_gio_job_return (job, NULL);
}

/* Of a process of GVfs that was asked without waiting it is noticed at once if
 * it ends. Nobody else of ours asks like that. */
static void
mounted_cb (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  LoftGioJob *job = user_data;
  g_autoptr (GError) local_error = NULL;

  if (g_file_mount_enclosing_volume_finish (job->root, result, &local_error) ||
      g_error_matches (local_error, G_IO_ERROR, G_IO_ERROR_ALREADY_MOUNTED))
    g_file_query_info_async (job->root,
                             G_FILE_ATTRIBUTE_STANDARD_TYPE,
                             G_FILE_QUERY_INFO_NONE,
                             G_PRIORITY_DEFAULT,
                             job->cancellable,
                             looked_cb,
                             job);
  else
    loft_gio_job_return (job, g_steal_pointer (&local_error));
}

static gboolean
mount_cb (gpointer user_data)
{
  LoftGioJob *job = user_data;
  g_autoptr (GMountOperation) operation = g_mount_operation_new ();

  g_signal_connect (operation,
                    "ask-password",
                    G_CALLBACK (ask_password_cb),
                    job);
  g_file_mount_enclosing_volume (job->root,
                                 G_MOUNT_MOUNT_NONE,
                                 operation,
                                 job->cancellable,
                                 mounted_cb,
                                 job);

  return G_SOURCE_REMOVE;
}

static LoftStorageError
classify (const GError *error)
{
  if (error->domain != G_IO_ERROR)
    return LOFT_STORAGE_ERROR_UNAVAILABLE;

  switch (error->code)
    {
    case G_IO_ERROR_PERMISSION_DENIED:
    case G_IO_ERROR_FAILED_HANDLED:
      return LOFT_STORAGE_ERROR_DENIED;
    case G_IO_ERROR_NOT_SUPPORTED:
      return LOFT_STORAGE_ERROR_FAILED;
    default:
      return LOFT_STORAGE_ERROR_UNAVAILABLE;
    }
}

static gboolean
mount_root (LoftGioMount *self, GError **error)
{
  g_autoptr (LoftGioJob) job =
    loft_gio_job_new (self->root, self->user, self->password);
  g_autoptr (GError) local_error = NULL;

  if (loft_gio_job_run (job, mount_cb, self->timeout, &local_error))
    return TRUE;

  LoftStorageError code = classify (local_error);
  g_autofree char *uri = g_file_get_uri (self->root);

  g_dbus_error_strip_remote_error (local_error);
  g_set_error (error,
               LOFT_STORAGE_ERROR,
               (int) code,
               code == LOFT_STORAGE_ERROR_FAILED
                 ? _ ("“%s” can not be mounted; that takes GVfs with its "
                      "backends, and a session bus: %s")
                 : _ ("“%s” can not be mounted: %s"),
               uri,
               local_error->message);

  return FALSE;
}

static gboolean forget_cb (gpointer user_data);

static void
unmounted_cb (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  g_mount_unmount_with_operation_finish (G_MOUNT (source_object), result, NULL);
  forget_cb (user_data);
}

/* This process remembers what serves a mount, and goes on asking for it when it
 * is dead: it forgets only what it was told to unmount. That fails, as nobody
 * is there to do it, and does no less for that. */
static gboolean
forget_cb (gpointer user_data)
{
  LoftGioJob *job = user_data;
  g_autoptr (GMount) mount =
    g_file_find_enclosing_mount (job->root, job->cancellable, NULL);

  if (mount != NULL && !g_cancellable_is_cancelled (job->cancellable))
    g_mount_unmount_with_operation (mount,
                                    G_MOUNT_UNMOUNT_FORCE,
                                    NULL,
                                    job->cancellable,
                                    unmounted_cb,
                                    job);
  else
    loft_gio_job_return (job, NULL);

  return G_SOURCE_REMOVE;
}

static gboolean
forget_root (LoftGioMount *self, GError **error)
{
  g_autoptr (LoftGioJob) job =
    loft_gio_job_new (self->root, self->user, self->password);

  return loft_gio_job_run (job, forget_cb, self->timeout, error);
}

static gboolean
mount_again (LoftGioMount *self, GError **error)
{
  if (g_file_is_native (self->root))
    return TRUE;

  return loft_gio_server_end (self->root, self->timeout, error) &&
         forget_root (self, error) && mount_root (self, error);
}

static gboolean
refuse (GError **error)
{
  g_set_error (error,
               LOFT_STORAGE_ERROR,
               LOFT_STORAGE_ERROR_UNAVAILABLE,
               "The storage is away");

  return FALSE;
}

/* Whether the caller is the one to try, with the lock held. Others wait for
 * him, unless he or another has failed before. */
static gboolean
take_turn (LoftGioMount *self, GError **error)
{
  gint64 now = g_get_monotonic_time ();

  if (self->failed != 0 && (self->is_busy || now - self->failed < PAUSE))
    return refuse (error);
  while (self->is_busy)
    if (!g_cond_wait_until (&self->changed,
                            &self->lock,
                            now + 2 * self->timeout))
      return refuse (error);

  return TRUE;
}

static gboolean
renew (LoftGioMount *self, guint64 asked, GError **error)
{
  if (!take_turn (self, error))
    return FALSE;
  if (self->age > asked)
    return TRUE;

  self->is_busy = TRUE;
  g_mutex_unlock (&self->lock);
  gboolean done = mount_again (self, error);
  g_mutex_lock (&self->lock);

  self->is_busy = FALSE;
  self->failed = done ? 0 : g_get_monotonic_time ();
  if (done)
    {
      self->age++;
      self->is_suspect = FALSE;
    }
  g_cond_broadcast (&self->changed);

  return done;
}

/**
 * loft_gio_mount_get_age: (skip)
 * @self: a mount
 *
 * Returns: how often it was mounted until now
 */
guint64
loft_gio_mount_get_age (LoftGioMount *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return self->age;
}

/**
 * loft_gio_mount_is_suspect: (skip)
 * @self: a mount
 *
 * Returns: whether it is to be mounted again before the next call
 */
gboolean
loft_gio_mount_is_suspect (LoftGioMount *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return self->is_suspect;
}

/**
 * loft_gio_mount_suspect: (skip)
 * @self: a mount
 *
 * Has it mounted again before the next call.
 */
void
loft_gio_mount_suspect (LoftGioMount *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  self->is_suspect = TRUE;
}

/**
 * loft_gio_mount_check: (skip)
 * @self: a mount
 * @error: return location for a #GError
 *
 * Makes sure that it is mounted, as far as is known.
 *
 * Returns: whether it is; else @error is set
 */
gboolean
loft_gio_mount_check (LoftGioMount *self, GError **error)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return !self->is_suspect || renew (self, self->age, error);
}

/**
 * loft_gio_mount_renew: (skip)
 * @self: a mount
 * @asked: an age
 * @error: return location for a #GError
 *
 * Makes sure that it was mounted again since it had the age @asked, so that
 * nothing that GVfs was asked for before can happen any more.
 *
 * Returns: whether it was; else @error is set
 */
gboolean
loft_gio_mount_renew (LoftGioMount *self, guint64 asked, GError **error)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return self->age > asked || renew (self, asked, error);
}
