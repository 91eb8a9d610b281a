/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include <glib.h>

#include "registry/loft-spool.h"

G_BEGIN_DECLS

/* Bytes of the line of a request, with its end. */
#define LOFT_BUILDER_LINE_MAX (64 * 1024)

/**
 * LoftBuilderWire:
 *
 * The connection that a request came by.
 */
typedef struct _LoftBuilderWire LoftBuilderWire;

LoftBuilderWire *loft_builder_wire_new (int fd);
void loft_builder_wire_free (LoftBuilderWire *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LoftBuilderWire, loft_builder_wire_free)

char *loft_builder_wire_read_line (LoftBuilderWire *self, GError **error);
LoftSpool *loft_builder_wire_read_bytes (LoftBuilderWire *self,
                                         guint64 length,
                                         const char *folder,
                                         GError **error);
gboolean
loft_builder_wire_write (LoftBuilderWire *self, const char *data, gsize length);
gboolean loft_builder_wire_write_file (LoftBuilderWire *self, int fd);
void loft_builder_wire_finish (LoftBuilderWire *self);

G_END_DECLS
