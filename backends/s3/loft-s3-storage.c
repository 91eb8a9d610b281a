/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "loft-s3-storage.h"

#include "loft-s3-list.h"
#include "loft-s3-probe.h"
#include "loft-s3-read.h"
#include "loft-s3-write.h"

/**
 * LoftS3Storage:
 *
 * Keeps objects in a bucket of an object store. Conditional writes make it
 * exclusive among all writers, on whatever machine.
 */
struct _LoftS3Storage
{
  GObject parent_instance;

  LoftS3Engine *engine; /* owned, nullable until it is open */
  gboolean read_only;
  char *uri; /* owned, nullable until it is open */
};

static void loft_storage_iface_init (LoftStorageInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (LoftS3Storage,
                               loft_s3_storage,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (LOFT_TYPE_STORAGE,
                                                      loft_storage_iface_init))

static void
loft_s3_storage_finalize (GObject *object)
{
  LoftS3Storage *self = LOFT_S3_STORAGE (object);

  g_clear_pointer (&self->engine, loft_s3_engine_unref);
  g_free (self->uri);

  G_OBJECT_CLASS (loft_s3_storage_parent_class)->finalize (object);
}

static void
loft_s3_storage_class_init (LoftS3StorageClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = loft_s3_storage_finalize;
}

static void
loft_s3_storage_init (LoftS3Storage *self)
{
}

static gboolean
set_up (LoftS3Storage *self, GKeyFile *key_file, GError **error)
{
  LoftS3Config *config = loft_s3_config_new (key_file, error);

  g_return_val_if_fail (self->engine == NULL, FALSE);

  if (config == NULL)
    return FALSE;

  self->uri = loft_s3_config_format_uri (config);
  self->engine = loft_s3_engine_new (config, error);

  return self->engine != NULL;
}

static gboolean
loft_s3_storage_open (LoftStorage *storage,
                      GKeyFile *key_file,
                      GCancellable *cancellable,
                      GError **error)
{
  LoftS3Storage *self = LOFT_S3_STORAGE (storage);

  return set_up (self, key_file, error) &&
         loft_s3_probe (self->engine, cancellable, error);
}

/* What the parent of this process has found out it need not find out before it
 * writes, and an engine that is away is no reason not to start. One
 * request of no consequence has its name looked up before a crowd asks for it.
 */
static gboolean
loft_s3_storage_join (LoftStorage *storage,
                      GKeyFile *key_file,
                      GCancellable *cancellable,
                      GError **error)
{
  LoftS3Storage *self = LOFT_S3_STORAGE (storage);

  if (!set_up (self, key_file, error))
    return FALSE;

  gint64 patience = loft_s3_engine_get_config (self->engine)->timeout;
  gboolean sent = FALSE;
  g_autoptr (LoftS3Request) request =
    loft_s3_engine_build_request (self->engine, "HEAD", NULL);
  g_autoptr (LoftS3Answer) answer = loft_s3_engine_try (self->engine,
                                                        request,
                                                        NULL,
                                                        0,
                                                        &patience,
                                                        &sent,
                                                        cancellable,
                                                        NULL);

  return TRUE;
}

/* What is tried at other times is about writing; this is about the way to what
 * is read. */
static gboolean
loft_s3_storage_observe (LoftStorage *storage,
                         GKeyFile *key_file,
                         GCancellable *cancellable,
                         GError **error)
{
  LoftS3Storage *self = LOFT_S3_STORAGE (storage);

  if (!set_up (self, key_file, error))
    return FALSE;

  self->read_only = TRUE;
  g_auto (GStrv) keys =
    loft_s3_list (self->engine, NULL, NULL, 1, cancellable, error);

  return keys != NULL;
}

static gboolean
check_writable (LoftS3Storage *self, GError **error)
{
  if (!self->read_only)
    return TRUE;

  g_set_error (error,
               LOFT_STORAGE_ERROR,
               LOFT_STORAGE_ERROR_DENIED,
               "%s was opened only to be read",
               self->uri);

  return FALSE;
}

static LoftStorageFeatures
loft_s3_storage_get_features (LoftStorage *storage)
{
  LoftS3Storage *self = LOFT_S3_STORAGE (storage);

  return LOFT_STORAGE_FEATURE_SHARED | LOFT_STORAGE_FEATURE_REMOTE |
         (self->read_only ? LOFT_STORAGE_FEATURE_READ_ONLY
                          : LOFT_STORAGE_FEATURE_REDIRECT);
}

static const char *
loft_s3_storage_get_uri (LoftStorage *storage)
{
  return LOFT_S3_STORAGE (storage)->uri;
}

static gint64
loft_s3_storage_get_clock_skew (LoftStorage *storage)
{
  return loft_s3_engine_get_clock_skew (LOFT_S3_STORAGE (storage)->engine);
}

/* Nothing is written before the engine was tried. Where a process could not do
 * so when it began, or left that to its parent, it does so now. */
static gboolean
make_sure (LoftS3Storage *self, GCancellable *cancellable, GError **error)
{
  return loft_s3_engine_get_match (self->engine) != LOFT_S3_MATCH_UNKNOWN ||
         loft_s3_probe (self->engine, cancellable, error);
}

/* A write is not interrupted once it is sent: nobody would know its outcome. */
static gboolean
loft_s3_storage_create (LoftStorage *storage,
                        const char *key,
                        GInputStream *content,
                        goffset size,
                        GCancellable *cancellable,
                        GError **error)
{
  LoftS3Storage *self = LOFT_S3_STORAGE (storage);
  gboolean tls =
    loft_s3_config_uses_tls (loft_s3_engine_get_config (self->engine));
  g_autofree char *etag = NULL;

  if (!loft_s3_check_key (key, error) || !check_writable (self, error) ||
      !make_sure (self, cancellable, error))
    return FALSE;

  g_autoptr (LoftS3Body) body =
    loft_s3_body_new_stream (content, size, !tls, cancellable, error);

  return body != NULL &&
         !g_cancellable_set_error_if_cancelled (cancellable, error) &&
         loft_s3_create (self->engine, key, body, &etag, error);
}

static char *
loft_s3_storage_replace (LoftStorage *storage,
                         const char *key,
                         GBytes *content,
                         const char *etag,
                         GCancellable *cancellable,
                         GError **error)
{
  LoftS3Storage *self = LOFT_S3_STORAGE (storage);

  if (!loft_s3_check_key (key, error) || !check_writable (self, error) ||
      g_cancellable_set_error_if_cancelled (cancellable, error) ||
      !make_sure (self, cancellable, error))
    return NULL;

  g_autoptr (LoftS3Body) body = loft_s3_body_new_bytes (content);

  return loft_s3_replace (self->engine, key, body, etag, error);
}

static LoftObject *
loft_s3_storage_read (LoftStorage *storage,
                      const char *key,
                      goffset offset,
                      goffset length,
                      GCancellable *cancellable,
                      GError **error)
{
  LoftS3Storage *self = LOFT_S3_STORAGE (storage);

  if (!loft_s3_check_key (key, error))
    return NULL;

  return loft_s3_read (self->engine, key, offset, length, cancellable, error);
}

static GStrv
loft_s3_storage_list (LoftStorage *storage,
                      const char *prefix,
                      const char *after,
                      guint limit,
                      GCancellable *cancellable,
                      GError **error)
{
  LoftS3Storage *self = LOFT_S3_STORAGE (storage);

  return loft_s3_list (self->engine, prefix, after, limit, cancellable, error);
}

static gboolean
loft_s3_storage_remove (LoftStorage *storage,
                        const char *key,
                        GCancellable *cancellable,
                        GError **error)
{
  LoftS3Storage *self = LOFT_S3_STORAGE (storage);

  return loft_s3_check_key (key, error) && check_writable (self, error) &&
         !g_cancellable_set_error_if_cancelled (cancellable, error) &&
         loft_s3_remove (self->engine, key, error);
}

static char *
loft_s3_storage_redirect (LoftStorage *storage,
                          const char *key,
                          guint seconds,
                          GCancellable *cancellable,
                          GError **error)
{
  LoftS3Storage *self = LOFT_S3_STORAGE (storage);

  if (!loft_s3_check_key (key, error))
    return NULL;

  g_autoptr (LoftS3Request) request =
    loft_s3_engine_build_request (self->engine, "GET", key);

  return loft_s3_engine_presign (self->engine, request, seconds, error);
}

static void
loft_storage_iface_init (LoftStorageInterface *iface)
{
  iface->open = loft_s3_storage_open;
  iface->join = loft_s3_storage_join;
  iface->observe = loft_s3_storage_observe;
  iface->get_features = loft_s3_storage_get_features;
  iface->get_uri = loft_s3_storage_get_uri;
  iface->get_clock_skew = loft_s3_storage_get_clock_skew;
  iface->create = loft_s3_storage_create;
  iface->replace = loft_s3_storage_replace;
  iface->read = loft_s3_storage_read;
  iface->list = loft_s3_storage_list;
  iface->remove = loft_s3_storage_remove;
  iface->redirect = loft_s3_storage_redirect;
}
