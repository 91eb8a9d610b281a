/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-metered-storage.h"

/**
 * LoftMeteredStorage:
 *
 * Another storage, every operation of which is counted and timed. It has no
 * asynchronous methods of its own: those of the interface run the ones that
 * count.
 */
struct _LoftMeteredStorage
{
  GObject parent_instance;

  LoftStorage *storage;         /* owned */
  LoftPage *page;               /* owned */
  LoftRegistryFigures *figures; /* the page's */
};

static void loft_metered_storage_iface_init (LoftStorageInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (
  LoftMeteredStorage,
  loft_metered_storage,
  G_TYPE_OBJECT,
  G_IMPLEMENT_INTERFACE (LOFT_TYPE_STORAGE, loft_metered_storage_iface_init))

static void
loft_metered_storage_finalize (GObject *object)
{
  LoftMeteredStorage *self = LOFT_METERED_STORAGE (object);

  g_clear_object (&self->storage);
  g_clear_pointer (&self->page, loft_page_unref);

  G_OBJECT_CLASS (loft_metered_storage_parent_class)->finalize (object);
}

static void
loft_metered_storage_class_init (LoftMeteredStorageClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = loft_metered_storage_finalize;
}

static void
loft_metered_storage_init (LoftMeteredStorage *self)
{
}

/* Counts what has begun at @start, and passes its error on. */
static void
count (LoftMeteredStorage *self,
       LoftOperation operation,
       gint64 start,
       GError *local_error,
       GError **error)
{
  loft_registry_figures_count_operation (self->figures,
                                         operation,
                                         local_error,
                                         g_get_monotonic_time () - start);
  if (local_error != NULL)
    g_propagate_error (error, local_error);
}

static gboolean
loft_metered_storage_open (LoftStorage *storage,
                           GKeyFile *config,
                           GCancellable *cancellable,
                           GError **error)
{
  LoftMeteredStorage *self = LOFT_METERED_STORAGE (storage);

  return loft_storage_open (self->storage, config, cancellable, error);
}

static LoftStorageFeatures
loft_metered_storage_get_features (LoftStorage *storage)
{
  return loft_storage_get_features (LOFT_METERED_STORAGE (storage)->storage);
}

static const char *
loft_metered_storage_get_uri (LoftStorage *storage)
{
  return loft_storage_get_uri (LOFT_METERED_STORAGE (storage)->storage);
}

static gint64
loft_metered_storage_get_clock_skew (LoftStorage *storage)
{
  return loft_storage_get_clock_skew (LOFT_METERED_STORAGE (storage)->storage);
}

static gboolean
loft_metered_storage_create (LoftStorage *storage,
                             const char *key,
                             GInputStream *content,
                             goffset size,
                             GCancellable *cancellable,
                             GError **error)
{
  LoftMeteredStorage *self = LOFT_METERED_STORAGE (storage);
  GError *local_error = NULL;
  gint64 start = g_get_monotonic_time ();
  gboolean created = loft_storage_create (self->storage,
                                          key,
                                          content,
                                          size,
                                          cancellable,
                                          &local_error);

  count (self, LOFT_OPERATION_CREATE, start, local_error, error);

  return created;
}

static char *
loft_metered_storage_replace (LoftStorage *storage,
                              const char *key,
                              GBytes *content,
                              const char *etag,
                              GCancellable *cancellable,
                              GError **error)
{
  LoftMeteredStorage *self = LOFT_METERED_STORAGE (storage);
  GError *local_error = NULL;
  gint64 start = g_get_monotonic_time ();
  char *new_etag = loft_storage_replace (self->storage,
                                         key,
                                         content,
                                         etag,
                                         cancellable,
                                         &local_error);

  count (self, LOFT_OPERATION_REPLACE, start, local_error, error);

  return new_etag;
}

static LoftObject *
loft_metered_storage_read (LoftStorage *storage,
                           const char *key,
                           goffset offset,
                           goffset length,
                           GCancellable *cancellable,
                           GError **error)
{
  LoftMeteredStorage *self = LOFT_METERED_STORAGE (storage);
  GError *local_error = NULL;
  gint64 start = g_get_monotonic_time ();
  LoftObject *object = loft_storage_read (self->storage,
                                          key,
                                          offset,
                                          length,
                                          cancellable,
                                          &local_error);

  count (self, LOFT_OPERATION_READ, start, local_error, error);

  return object;
}

static GStrv
loft_metered_storage_list (LoftStorage *storage,
                           const char *prefix,
                           const char *after,
                           guint limit,
                           GCancellable *cancellable,
                           GError **error)
{
  LoftMeteredStorage *self = LOFT_METERED_STORAGE (storage);
  GError *local_error = NULL;
  gint64 start = g_get_monotonic_time ();
  GStrv keys = loft_storage_list (self->storage,
                                  prefix,
                                  after,
                                  limit,
                                  cancellable,
                                  &local_error);

  count (self, LOFT_OPERATION_LIST, start, local_error, error);

  return keys;
}

static gboolean
loft_metered_storage_remove (LoftStorage *storage,
                             const char *key,
                             GCancellable *cancellable,
                             GError **error)
{
  LoftMeteredStorage *self = LOFT_METERED_STORAGE (storage);
  GError *local_error = NULL;
  gint64 start = g_get_monotonic_time ();
  gboolean removed =
    loft_storage_remove (self->storage, key, cancellable, &local_error);

  count (self, LOFT_OPERATION_REMOVE, start, local_error, error);

  return removed;
}

static char *
loft_metered_storage_redirect (LoftStorage *storage,
                               const char *key,
                               guint seconds,
                               GCancellable *cancellable,
                               GError **error)
{
  LoftMeteredStorage *self = LOFT_METERED_STORAGE (storage);
  GError *local_error = NULL;
  gint64 start = g_get_monotonic_time ();
  char *url = loft_storage_redirect (self->storage,
                                     key,
                                     seconds,
                                     cancellable,
                                     &local_error);

  count (self, LOFT_OPERATION_REDIRECT, start, local_error, error);

  return url;
}

static void
loft_metered_storage_iface_init (LoftStorageInterface *iface)
{
  iface->open = loft_metered_storage_open;
  iface->get_features = loft_metered_storage_get_features;
  iface->get_uri = loft_metered_storage_get_uri;
  iface->get_clock_skew = loft_metered_storage_get_clock_skew;
  iface->create = loft_metered_storage_create;
  iface->replace = loft_metered_storage_replace;
  iface->read = loft_metered_storage_read;
  iface->list = loft_metered_storage_list;
  iface->remove = loft_metered_storage_remove;
  iface->redirect = loft_metered_storage_redirect;
}

/**
 * loft_metered_storage_new:
 * @storage: an open storage
 * @page: the memory that the daemon's processes share
 * @slot: which of its slots is this process's
 *
 * Makes a storage of the same objects that counts its operations in a slot.
 *
 * Returns: (transfer full): the storage
 */
LoftStorage *
loft_metered_storage_new (LoftStorage *storage, LoftPage *page, guint slot)
{
  g_return_val_if_fail (LOFT_IS_STORAGE (storage), NULL);
  g_return_val_if_fail (page != NULL, NULL);

  LoftMeteredStorage *self = g_object_new (LOFT_TYPE_METERED_STORAGE, NULL);

  self->storage = g_object_ref (storage);
  self->page = loft_page_ref (page);
  self->figures = loft_page_get_slot (page, slot);

  return LOFT_STORAGE (self);
}
