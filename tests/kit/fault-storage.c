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

void
fault_storage_set_rival (LoftStorage *storage,
                         FaultRivalFunc func,
                         gpointer user_data)
{
  FaultStorage *self = FAULT_STORAGE (storage);

  self->rival = func;
  self->user_data = user_data;
}

static FaultKind
next_fault (FaultStorage *self, const char *key)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->mutex);

  if (self->times == 0 || !g_str_has_prefix (key, self->prefix))
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
      return FALSE;
    case FAULT_RIVAL:
      self->rival (self->storage, key, self->user_data);
      return FALSE;
    case FAULT_UNAVAILABLE:
      code = LOFT_STORAGE_ERROR_UNAVAILABLE;
      break;
    case FAULT_NO_SPACE:
      code = LOFT_STORAGE_ERROR_NO_SPACE;
      break;
    case FAULT_LOST_REQUEST:
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

static gboolean
fault_storage_create (LoftStorage *storage,
                      const char *key,
                      GInputStream *content,
                      goffset size,
                      GCancellable *cancellable,
                      GError **error)
{
  FaultStorage *self = FAULT_STORAGE (storage);
  FaultKind kind = next_fault (self, key);

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
  FaultKind kind = next_fault (self, key);
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
  return loft_storage_read (FAULT_STORAGE (storage)->storage,
                            key,
                            offset,
                            length,
                            cancellable,
                            error);
}

static GStrv
fault_storage_list (LoftStorage *storage,
                    const char *prefix,
                    const char *after,
                    guint limit,
                    GCancellable *cancellable,
                    GError **error)
{
  return loft_storage_list (FAULT_STORAGE (storage)->storage,
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
