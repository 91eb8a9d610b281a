/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "loft-gio-engine.h"

G_BEGIN_DECLS

/**
 * LoftGioRequest:
 * @file: (owned): what it is about
 * @path: (owned): its path below the root
 * @name: (owned) (nullable): its new name
 * @offset: the first byte that is wanted
 * @length: how many are wanted
 *
 * One call about one name. A call that got stuck keeps it until it returns.
 */
typedef struct
{
  gatomicrefcount ref_count;
  GFile *file;
  char *path;
  char *name;
  goffset offset;
  gsize length;
} LoftGioRequest;

LoftGioRequest *loft_gio_request_new (LoftGioEngine *engine, const char *path);
void loft_gio_request_unref (gpointer data);

gpointer loft_gio_request_run (LoftGioRequest *request,
                               LoftGioEngine *engine,
                               LoftGioFunction function,
                               GDestroyNotify free_result,
                               GError **error);
gpointer loft_gio_request_look (LoftGioRequest *request,
                                LoftGioEngine *engine,
                                LoftGioFunction function,
                                GDestroyNotify free_result,
                                GError **error);

G_END_DECLS
