/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include <gio/gio.h>

#include "loft-gio-call.h"
#include "loft-gio-mount.h"

G_BEGIN_DECLS

typedef struct _LoftGioEngine LoftGioEngine;

/* How many bytes are read by one call, and held at a time. */
#define LOFT_GIO_PIECE_SIZE (4 * 1024 * 1024)

/**
 * LoftGioInfo:
 * @is_file: whether it is a file, not a folder
 * @size: how many bytes it has
 * @modified: when it was written, in µs since the epoch, or 0
 *
 * What is known of a name.
 */
typedef struct
{
  gboolean is_file;
  goffset size;
  gint64 modified;
} LoftGioInfo;

LoftGioEngine *
loft_gio_engine_new (GFile *root, LoftGioMount *mount, gint64 timeout);
LoftGioEngine *loft_gio_engine_ref (LoftGioEngine *self);
void loft_gio_engine_unref (LoftGioEngine *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LoftGioEngine, loft_gio_engine_unref)

GFile *loft_gio_engine_get_root (LoftGioEngine *self);
LoftGioMount *loft_gio_engine_get_mount (LoftGioEngine *self);
gint64 loft_gio_engine_get_timeout (LoftGioEngine *self);
gpointer loft_gio_engine_run (LoftGioEngine *self,
                              LoftGioFunction function,
                              gpointer data,
                              GDestroyNotify free_data,
                              GDestroyNotify free_result,
                              gint64 timeout,
                              GError **error);

gboolean loft_gio_engine_take_slot (LoftGioEngine *self, GError **error);
void loft_gio_engine_give_slot (LoftGioEngine *self);

gboolean loft_gio_engine_query (LoftGioEngine *self,
                                const char *path,
                                LoftGioInfo *out_info,
                                GError **error);
GBytes *loft_gio_engine_fetch (LoftGioEngine *self,
                               const char *path,
                               goffset offset,
                               gsize length,
                               GError **error);
GPtrArray *loft_gio_engine_enumerate (LoftGioEngine *self,
                                      const char *path,
                                      GError **error);
gboolean loft_gio_engine_rename (LoftGioEngine *self,
                                 const char *path,
                                 const char *name,
                                 GError **error);
gboolean
loft_gio_engine_delete (LoftGioEngine *self, const char *path, GError **error);
gboolean loft_gio_engine_make_folder (LoftGioEngine *self,
                                      const char *path,
                                      GError **error);

G_END_DECLS
