/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "storage/loft-object.h"

G_BEGIN_DECLS

#define LOFT_STORAGE_KEY_MAX 512
#define LOFT_STORAGE_SEGMENT_MAX 255
#define LOFT_STORAGE_DOCUMENT_MAX (1024 * 1024)

/**
 * LoftStorageError:
 * @LOFT_STORAGE_ERROR_NOT_FOUND: there is no such object
 * @LOFT_STORAGE_ERROR_EXISTS: the key is taken, durably
 * @LOFT_STORAGE_ERROR_CHANGED: the object is not the one that was expected
 * @LOFT_STORAGE_ERROR_NO_SPACE: no room; nothing was written
 * @LOFT_STORAGE_ERROR_UNAVAILABLE: the engine can't answer now; try again
 * @LOFT_STORAGE_ERROR_UNKNOWN: the outcome is unknown; read back
 * @LOFT_STORAGE_ERROR_DENIED: the engine refuses, for want of a right
 * @LOFT_STORAGE_ERROR_CORRUPT: what is stored is not what was written
 * @LOFT_STORAGE_ERROR_INVALID_KEY: not a key
 * @LOFT_STORAGE_ERROR_FAILED: anything else
 *
 * Why a storage operation failed.
 */
typedef enum
{
  LOFT_STORAGE_ERROR_NOT_FOUND,
  LOFT_STORAGE_ERROR_EXISTS,
  LOFT_STORAGE_ERROR_CHANGED,
  LOFT_STORAGE_ERROR_NO_SPACE,
  LOFT_STORAGE_ERROR_UNAVAILABLE,
  LOFT_STORAGE_ERROR_UNKNOWN,
  LOFT_STORAGE_ERROR_DENIED,
  LOFT_STORAGE_ERROR_CORRUPT,
  LOFT_STORAGE_ERROR_INVALID_KEY,
  LOFT_STORAGE_ERROR_FAILED
} LoftStorageError;

#define LOFT_STORAGE_ERROR (loft_storage_error_quark ())
GQuark loft_storage_error_quark (void);
LoftStorageError loft_storage_error_from_errno (int code);

/**
 * LoftStorageFeatures:
 * @LOFT_STORAGE_FEATURE_NONE: a single writer owns the store
 * @LOFT_STORAGE_FEATURE_SHARED: create and replace are exclusive among all
 *   writers of the store, on whatever machine
 * @LOFT_STORAGE_FEATURE_REDIRECT: can hand out URLs
 * @LOFT_STORAGE_FEATURE_READ_ONLY: every write is refused
 * @LOFT_STORAGE_FEATURE_REMOTE: what is read comes over a network, or may:
 *   copies on this machine are worth their room
 *
 * What a storage is, known once it is open.
 */
typedef enum /*< flags >*/
{
  LOFT_STORAGE_FEATURE_NONE = 0,
  LOFT_STORAGE_FEATURE_SHARED = 1 << 0,
  LOFT_STORAGE_FEATURE_REDIRECT = 1 << 1,
  LOFT_STORAGE_FEATURE_READ_ONLY = 1 << 2,
  LOFT_STORAGE_FEATURE_REMOTE = 1 << 3
} LoftStorageFeatures;

#define LOFT_TYPE_STORAGE (loft_storage_get_type ())
G_DECLARE_INTERFACE (LoftStorage, loft_storage, LOFT, STORAGE, GObject)

/* Every method but the _async ones may block and may be called from several
 * threads at once. Keys were checked before a method sees them. */
struct _LoftStorageInterface
{
  GTypeInterface parent_iface;

  /* Required. Called once, first; a backend reads the group of its name. */
  gboolean (*open) (LoftStorage *self,
                    GKeyFile *config,
                    GCancellable *cancellable,
                    GError **error);

  /* Optional, in place of open(): what the parent of this process has opened
   * before, and keeps open. Its processes may write side by side. */
  gboolean (*join) (LoftStorage *self,
                    GKeyFile *config,
                    GCancellable *cancellable,
                    GError **error);

  /* Optional, in place of open(): only to read, whoever owns the store
   * meanwhile. Nothing is written, not even what would say that it is read. */
  gboolean (*observe) (LoftStorage *self,
                       GKeyFile *config,
                       GCancellable *cancellable,
                       GError **error);

  /* Required. */
  LoftStorageFeatures (*get_features) (LoftStorage *self);

  /* Required. Names the store for people, without secrets. */
  const char *(*get_uri) (LoftStorage *self);

  /* Optional. Quick: tells what was found out last. */
  gint64 (*get_clock_skew) (LoftStorage *self);

  /* Required. @content yields exactly @size bytes, or the call fails. */
  gboolean (*create) (LoftStorage *self,
                      const char *key,
                      GInputStream *content,
                      goffset size,
                      GCancellable *cancellable,
                      GError **error);

  /* Required. Returns the new etag. */
  char *(*replace) (LoftStorage *self,
                    const char *key,
                    GBytes *content,
                    const char *etag,
                    GCancellable *cancellable,
                    GError **error);

  /* Required. @length is -1 for all that follows @offset. */
  LoftObject *(*read) (LoftStorage *self,
                       const char *key,
                       goffset offset,
                       goffset length,
                       GCancellable *cancellable,
                       GError **error);

  /* Required. Returns a %NULL-terminated array. */
  GStrv (*list) (LoftStorage *self,
                 const char *prefix,
                 const char *after,
                 guint limit,
                 GCancellable *cancellable,
                 GError **error);

  /* Required. */
  gboolean (*remove) (LoftStorage *self,
                      const char *key,
                      GCancellable *cancellable,
                      GError **error);

  /* Optional, with LOFT_STORAGE_FEATURE_REDIRECT. */
  char *(*redirect) (LoftStorage *self,
                     const char *key,
                     guint seconds,
                     GCancellable *cancellable,
                     GError **error);

  /* Optional. The defaults run the method in a worker thread. */
  void (*create_async) (LoftStorage *self,
                        const char *key,
                        GInputStream *content,
                        goffset size,
                        GCancellable *cancellable,
                        GAsyncReadyCallback callback,
                        gpointer user_data);
  gboolean (*create_finish) (LoftStorage *self,
                             GAsyncResult *result,
                             GError **error);
  void (*replace_async) (LoftStorage *self,
                         const char *key,
                         GBytes *content,
                         const char *etag,
                         GCancellable *cancellable,
                         GAsyncReadyCallback callback,
                         gpointer user_data);
  char *(*replace_finish) (LoftStorage *self,
                           GAsyncResult *result,
                           GError **error);
  void (*read_async) (LoftStorage *self,
                      const char *key,
                      goffset offset,
                      goffset length,
                      GCancellable *cancellable,
                      GAsyncReadyCallback callback,
                      gpointer user_data);
  LoftObject *(*read_finish) (LoftStorage *self,
                              GAsyncResult *result,
                              GError **error);
  void (*list_async) (LoftStorage *self,
                      const char *prefix,
                      const char *after,
                      guint limit,
                      GCancellable *cancellable,
                      GAsyncReadyCallback callback,
                      gpointer user_data);
  GStrv (*list_finish) (LoftStorage *self,
                        GAsyncResult *result,
                        GError **error);
  void (*remove_async) (LoftStorage *self,
                        const char *key,
                        GCancellable *cancellable,
                        GAsyncReadyCallback callback,
                        gpointer user_data);
  gboolean (*remove_finish) (LoftStorage *self,
                             GAsyncResult *result,
                             GError **error);
};

gboolean loft_storage_key_check (const char *key, GError **error);

gboolean loft_storage_open (LoftStorage *self,
                            GKeyFile *config,
                            GCancellable *cancellable,
                            GError **error);
gboolean loft_storage_can_join (LoftStorage *self);
gboolean loft_storage_join (LoftStorage *self,
                            GKeyFile *config,
                            GCancellable *cancellable,
                            GError **error);
gboolean loft_storage_observe (LoftStorage *self,
                               GKeyFile *config,
                               GCancellable *cancellable,
                               GError **error);
LoftStorageFeatures loft_storage_get_features (LoftStorage *self);
gboolean loft_storage_has (LoftStorage *self, LoftStorageFeatures feature);
const char *loft_storage_get_uri (LoftStorage *self);
gint64 loft_storage_get_clock_skew (LoftStorage *self);

gboolean loft_storage_create (LoftStorage *self,
                              const char *key,
                              GInputStream *content,
                              goffset size,
                              GCancellable *cancellable,
                              GError **error);
void loft_storage_create_async (LoftStorage *self,
                                const char *key,
                                GInputStream *content,
                                goffset size,
                                GCancellable *cancellable,
                                GAsyncReadyCallback callback,
                                gpointer user_data);
gboolean loft_storage_create_finish (LoftStorage *self,
                                     GAsyncResult *result,
                                     GError **error);

char *loft_storage_replace (LoftStorage *self,
                            const char *key,
                            GBytes *content,
                            const char *etag,
                            GCancellable *cancellable,
                            GError **error);
void loft_storage_replace_async (LoftStorage *self,
                                 const char *key,
                                 GBytes *content,
                                 const char *etag,
                                 GCancellable *cancellable,
                                 GAsyncReadyCallback callback,
                                 gpointer user_data);
char *loft_storage_replace_finish (LoftStorage *self,
                                   GAsyncResult *result,
                                   GError **error);

LoftObject *loft_storage_read (LoftStorage *self,
                               const char *key,
                               goffset offset,
                               goffset length,
                               GCancellable *cancellable,
                               GError **error);
void loft_storage_read_async (LoftStorage *self,
                              const char *key,
                              goffset offset,
                              goffset length,
                              GCancellable *cancellable,
                              GAsyncReadyCallback callback,
                              gpointer user_data);
LoftObject *loft_storage_read_finish (LoftStorage *self,
                                      GAsyncResult *result,
                                      GError **error);

GStrv loft_storage_list (LoftStorage *self,
                         const char *prefix,
                         const char *after,
                         guint limit,
                         GCancellable *cancellable,
                         GError **error);
void loft_storage_list_async (LoftStorage *self,
                              const char *prefix,
                              const char *after,
                              guint limit,
                              GCancellable *cancellable,
                              GAsyncReadyCallback callback,
                              gpointer user_data);
GStrv loft_storage_list_finish (LoftStorage *self,
                                GAsyncResult *result,
                                GError **error);

gboolean loft_storage_remove (LoftStorage *self,
                              const char *key,
                              GCancellable *cancellable,
                              GError **error);
void loft_storage_remove_async (LoftStorage *self,
                                const char *key,
                                GCancellable *cancellable,
                                GAsyncReadyCallback callback,
                                gpointer user_data);
gboolean loft_storage_remove_finish (LoftStorage *self,
                                     GAsyncResult *result,
                                     GError **error);

char *loft_storage_redirect (LoftStorage *self,
                             const char *key,
                             guint seconds,
                             GCancellable *cancellable,
                             GError **error);

G_END_DECLS
