/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "kit/fault-storage.h"

struct _FaultStorage
{
  GObject parent_instance;

  LoftStorage *storage; /* owned */
  FaultRivalFunc rival;
  gpointer user_data; /* not owned */

  GMutex mutex;
  FaultKind kind;
  char *prefix; /* owned, nullable */
  guint times;
  char *late_key; /* owned, nullable */
  GBytes *late;   /* owned, nullable */
};

static void fault_storage_iface_init (LoftStorageInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (FaultStorage,
                               fault_storage,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (LOFT_TYPE_STORAGE,
                                                      fault_storage_iface_init))

static void
fault_storage_finalize (GObject *object)
{
  FaultStorage *self = FAULT_STORAGE (object);

  g_clear_object (&self->storage);
  g_free (self->prefix);
  g_free (self->late_key);
  g_clear_pointer (&self->late, g_bytes_unref);
  g_mutex_clear (&self->mutex);

  G_OBJECT_CLASS (fault_storage_parent_class)->finalize (object);
}

static void
fault_storage_class_init (FaultStorageClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = fault_storage_finalize;
}

static void
fault_storage_init (FaultStorage *self)
{
  g_mutex_init (&self->mutex);
}

LoftStorage *
fault_storage_new (LoftStorage *storage)
{
  FaultStorage *self = g_object_new (FAULT_TYPE_STORAGE, NULL);

  self->storage = g_object_ref (storage);

  return LOFT_STORAGE (self);
}

void
fault_storage_arm (LoftStorage *storage,
                   FaultKind kind,
                   const char *prefix,
                   guint times)
{
  FaultStorage *self = FAULT_STORAGE (storage);
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->mutex);

  self->kind = kind;
  g_free (self->prefix);
  self->prefix = g_strdup (prefix);
  self->times = times;
}

/* How many faults are still to come. */
guint
fault_storage_get_left (LoftStorage *storage)
{
  FaultStorage *self = FAULT_STORAGE (storage);
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->mutex);

  return self->times;
}

void
fault_storage_set_rival (LoftStorage *storage,
                         FaultRivalFunc func,
                         gpointer user_data)
{
  FaultStorage *self = FAULT_STORAGE (storage);

  self->rival = func;
  self->user_data = user_data;
}

static gboolean
is_of_reads (FaultKind kind)
{
  return kind == FAULT_UNREADABLE || kind == FAULT_READ_RIVAL;
}

static FaultKind
next_fault (FaultStorage *self, const char *key, gboolean reading)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->mutex);

  if (self->times == 0 || is_of_reads (self->kind) != reading ||
      !g_str_has_prefix (key, self->prefix))
    return FAULT_NONE;
  self->times--;

  return self->kind;
}

/* Fails before the operation where that is wanted; the rival acts first. */
static gboolean
fail_before (FaultStorage *self,
             FaultKind kind,
             const char *key,
             GError **error)
{
  LoftStorageError code = LOFT_STORAGE_ERROR_UNKNOWN;

  switch (kind)
    {
    case FAULT_NONE:
    case FAULT_LOST_ANSWER:
    case FAULT_READ_RIVAL:
      return FALSE;
    case FAULT_RIVAL:
      self->rival (self->storage, key, self->user_data);
      return FALSE;
    case FAULT_UNAVAILABLE:
    case FAULT_UNREADABLE:
      code = LOFT_STORAGE_ERROR_UNAVAILABLE;
      break;
    case FAULT_NO_SPACE:
      code = LOFT_STORAGE_ERROR_NO_SPACE;
      break;
    case FAULT_LOST_REQUEST:
    case FAULT_LATE:
    default:
      break;
    }
  g_set_error (error, LOFT_STORAGE_ERROR, (int) code, "Fault on “%s”", key);

  return TRUE;
}

static gboolean
fail_after (FaultKind kind, const char *key, GError **error)
{
  if (kind != FAULT_LOST_ANSWER)
    return FALSE;

  g_set_error (error,
               LOFT_STORAGE_ERROR,
               LOFT_STORAGE_ERROR_UNKNOWN,
               "Lost the answer on “%s”",
               key);

  return TRUE;
}

static gboolean
fault_storage_open (LoftStorage *storage,
                    GKeyFile *config,
                    GCancellable *cancellable,
                    GError **error)
{
  return TRUE;
}

static LoftStorageFeatures
fault_storage_get_features (LoftStorage *storage)
{
  return loft_storage_get_features (FAULT_STORAGE (storage)->storage);
}

static const char *
fault_storage_get_uri (LoftStorage *storage)
{
  return loft_storage_get_uri (FAULT_STORAGE (storage)->storage);
}

/* Keeps what is asked for, to be stored once the caller has given it up. */
static void
delay (FaultStorage *self, const char *key, GInputStream *content, goffset size)
{
  g_autoptr (GError) error = NULL;

  g_clear_pointer (&self->late, g_bytes_unref);
  self->late = g_input_stream_read_bytes (content, (gsize) size, NULL, &error);
  g_assert_no_error (error);
  g_free (self->late_key);
  self->late_key = g_strdup (key);
}

static void
land (FaultStorage *self, const char *key)
{
  if (g_strcmp0 (self->late_key, key) != 0)
    return;

  g_autoptr (GError) error = NULL;
  g_autoptr (GInputStream) stream =
    g_memory_input_stream_new_from_bytes (self->late);
  loft_storage_create (self->storage,
                       key,
                       stream,
                       (goffset) g_bytes_get_size (self->late),
                       NULL,
                       &error);
  g_assert_no_error (error);
  g_clear_pointer (&self->late_key, g_free);
}

static gboolean
fault_storage_create (LoftStorage *storage,
                      const char *key,
                      GInputStream *content,
                      goffset size,
                      GCancellable *cancellable,
                      GError **error)
{
  FaultStorage *self = FAULT_STORAGE (storage);
  FaultKind kind = next_fault (self, key, FALSE);

  if (kind == FAULT_LATE)
    delay (self, key, content, size);
  else
    land (self, key);

  return !fail_before (self, kind, key, error) &&
         loft_storage_create (self->storage,
                              key,
                              content,
                              size,
                              cancellable,
                              error) &&
         !fail_after (kind, key, error);
}

static char *
fault_storage_replace (LoftStorage *storage,
                       const char *key,
                       GBytes *content,
                       const char *etag,
                       GCancellable *cancellable,
                       GError **error)
{
  FaultStorage *self = FAULT_STORAGE (storage);
  FaultKind kind = next_fault (self, key, FALSE);
  g_autofree char *written = NULL;

  if (fail_before (self, kind, key, error))
    return NULL;

  written = loft_storage_replace (self->storage,
                                  key,
                                  content,
                                  etag,
                                  cancellable,
                                  error);
  if (written == NULL || fail_after (kind, key, error))
    return NULL;

  return g_steal_pointer (&written);
}

static LoftObject *
fault_storage_read (LoftStorage *storage,
                    const char *key,
                    goffset offset,
                    goffset length,
                    GCancellable *cancellable,
                    GError **error)
{
  FaultStorage *self = FAULT_STORAGE (storage);
  FaultKind kind = next_fault (self, key, TRUE);

  if (fail_before (self, kind, key, error))
    return NULL;

  LoftObject *object =
    loft_storage_read (self->storage, key, offset, length, cancellable, error);
  if (kind == FAULT_READ_RIVAL)
    self->rival (self->storage, key, self->user_data);

  return object;
}

static GStrv
fault_storage_list (LoftStorage *storage,
                    const char *prefix,
                    const char *after,
                    guint limit,
                    GCancellable *cancellable,
                    GError **error)
{
  FaultStorage *self = FAULT_STORAGE (storage);

  if (fail_before (self, next_fault (self, prefix, TRUE), prefix, error))
    return NULL;

  return loft_storage_list (self->storage,
                            prefix,
                            after,
                            limit,
                            cancellable,
                            error);
}

static gboolean
fault_storage_remove (LoftStorage *storage,
                      const char *key,
                      GCancellable *cancellable,
                      GError **error)
{
  return loft_storage_remove (FAULT_STORAGE (storage)->storage,
                              key,
                              cancellable,
                              error);
}

static void
fault_storage_iface_init (LoftStorageInterface *iface)
{
  iface->open = fault_storage_open;
  iface->get_features = fault_storage_get_features;
  iface->get_uri = fault_storage_get_uri;
  iface->create = fault_storage_create;
  iface->replace = fault_storage_replace;
  iface->read = fault_storage_read;
  iface->list = fault_storage_list;
  iface->remove = fault_storage_remove;
}
