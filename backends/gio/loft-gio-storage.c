/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "loft-gio-storage.h"

#include "loft-gio-config.h"
#include "loft-gio-lease.h"
#include "loft-gio-list.h"
#include "loft-gio-observe.h"
#include "loft-gio-read.h"
#include "loft-gio-settle.h"
#include "loft-gio-write.h"

/**
 * LoftGioStorage:
 *
 * Keeps objects wherever GVfs reaches. There is nothing that all of its
 * engines do exclusively, so one daemon owns the store, and one process of it
 * does all the writing.
 */
struct _LoftGioStorage
{
  GObject parent_instance;

  LoftGioStore *store; /* owned, nullable until it is open */
  LoftGioLease *lease; /* owned, nullable until it is open to write */
  char *uri;           /* owned, nullable until it is open */
};

static void loft_storage_iface_init (LoftStorageInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (LoftGioStorage,
                               loft_gio_storage,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (LOFT_TYPE_STORAGE,
                                                      loft_storage_iface_init))

static void
loft_gio_storage_finalize (GObject *object)
{
  LoftGioStorage *self = LOFT_GIO_STORAGE (object);

  g_clear_pointer (&self->lease, loft_gio_lease_release);
  g_clear_pointer (&self->store, loft_gio_store_free);
  g_free (self->uri);

  G_OBJECT_CLASS (loft_gio_storage_parent_class)->finalize (object);
}

static void
loft_gio_storage_class_init (LoftGioStorageClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = loft_gio_storage_finalize;
}

static void
loft_gio_storage_init (LoftGioStorage *self)
{
}

static gboolean
set_up (LoftGioStorage *self, LoftGioConfig *config, GError **error)
{
  g_return_val_if_fail (self->store == NULL, FALSE);

  self->uri = g_file_get_uri (config->root);

  g_autoptr (LoftGioMount) mount = loft_gio_mount_new (config->root,
                                                       config->user,
                                                       config->password,
                                                       config->timeout);
  if (!loft_gio_mount_check (mount, error))
    return FALSE;

  g_autoptr (LoftGioEngine) engine =
    loft_gio_engine_new (config->root,
                         g_steal_pointer (&mount),
                         config->timeout);
  self->store = loft_gio_store_new (engine);

  return TRUE;
}

/* A daemon that has died can not have left work to do to one that may not
 * write, so the store is owned first. */
static gboolean
loft_gio_storage_open (LoftStorage *storage,
                       GKeyFile *key_file,
                       GCancellable *cancellable,
                       GError **error)
{
  LoftGioStorage *self = LOFT_GIO_STORAGE (storage);
  g_autoptr (LoftGioConfig) config = loft_gio_config_new (key_file, error);

  if (config == NULL || !set_up (self, config, error))
    return FALSE;

  gboolean forced = FALSE;
  self->lease =
    loft_gio_lease_take (self->store, config->take_over, &forced, error);
  self->store->lease = self->lease;
  if (self->lease == NULL || !loft_gio_settle_intents (self->store, error))
    return FALSE;
  if (!forced)
    return TRUE;

  /* What the former owner has on its way goes by being listed. */
  g_auto (GStrv) keys =
    loft_gio_list (self->store, NULL, NULL, 0, cancellable, error);

  return keys != NULL;
}

static gboolean
loft_gio_storage_observe (LoftStorage *storage,
                          GKeyFile *key_file,
                          GCancellable *cancellable,
                          GError **error)
{
  g_autoptr (LoftGioConfig) config = loft_gio_config_new (key_file, error);

  return config != NULL && set_up (LOFT_GIO_STORAGE (storage), config, error);
}

static gboolean
check_owned (LoftGioStorage *self, GError **error)
{
  if (self->lease != NULL)
    return TRUE;

  g_set_error (error,
               LOFT_STORAGE_ERROR,
               LOFT_STORAGE_ERROR_DENIED,
               "%s was opened only to be read",
               self->uri);

  return FALSE;
}

static LoftStorageFeatures
loft_gio_storage_get_features (LoftStorage *storage)
{
  return LOFT_GIO_STORAGE (storage)->lease != NULL
           ? LOFT_STORAGE_FEATURE_REMOTE
           : LOFT_STORAGE_FEATURE_REMOTE | LOFT_STORAGE_FEATURE_READ_ONLY;
}

static const char *
loft_gio_storage_get_uri (LoftStorage *storage)
{
  return LOFT_GIO_STORAGE (storage)->uri;
}

static gboolean
loft_gio_storage_create (LoftStorage *storage,
                         const char *key,
                         GInputStream *content,
                         goffset size,
                         GCancellable *cancellable,
                         GError **error)
{
  LoftGioStorage *self = LOFT_GIO_STORAGE (storage);

  return loft_gio_store_check_key (key, error) && check_owned (self, error) &&
         loft_gio_create (self->store, key, content, size, cancellable, error);
}

static char *
loft_gio_storage_replace (LoftStorage *storage,
                          const char *key,
                          GBytes *content,
                          const char *etag,
                          GCancellable *cancellable,
                          GError **error)
{
  LoftGioStorage *self = LOFT_GIO_STORAGE (storage);

  if (!loft_gio_store_check_key (key, error) || !check_owned (self, error))
    return NULL;

  return loft_gio_replace (self->store, key, content, etag, cancellable, error);
}

static LoftObject *
loft_gio_storage_read (LoftStorage *storage,
                       const char *key,
                       goffset offset,
                       goffset length,
                       GCancellable *cancellable,
                       GError **error)
{
  LoftGioStorage *self = LOFT_GIO_STORAGE (storage);

  if (!loft_gio_store_check_key (key, error))
    return NULL;

  if (self->lease == NULL)
    return loft_gio_observe (self->store,
                             key,
                             offset,
                             length,
                             cancellable,
                             error);

  return loft_gio_read (self->store, key, offset, length, cancellable, error);
}

static GStrv
loft_gio_storage_list (LoftStorage *storage,
                       const char *prefix,
                       const char *after,
                       guint limit,
                       GCancellable *cancellable,
                       GError **error)
{
  LoftGioStorage *self = LOFT_GIO_STORAGE (storage);

  return loft_gio_list (self->store, prefix, after, limit, cancellable, error);
}

static gboolean
loft_gio_storage_remove (LoftStorage *storage,
                         const char *key,
                         GCancellable *cancellable,
                         GError **error)
{
  LoftGioStorage *self = LOFT_GIO_STORAGE (storage);

  return loft_gio_store_check_key (key, error) &&
         !g_cancellable_set_error_if_cancelled (cancellable, error) &&
         check_owned (self, error) && loft_gio_remove (self->store, key, error);
}

static void
loft_storage_iface_init (LoftStorageInterface *iface)
{
  iface->open = loft_gio_storage_open;
  iface->observe = loft_gio_storage_observe;
  iface->get_features = loft_gio_storage_get_features;
  iface->get_uri = loft_gio_storage_get_uri;
  iface->create = loft_gio_storage_create;
  iface->replace = loft_gio_storage_replace;
  iface->read = loft_gio_storage_read;
  iface->list = loft_gio_storage_list;
  iface->remove = loft_gio_storage_remove;
}
