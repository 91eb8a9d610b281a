/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * LoftDocsTickFunc:
 * @user_data: what was given with the function
 * @error: return location for a #GError
 *
 * Called every now and then by what takes long.
 *
 * Returns: %FALSE with @error set to end that
 */
typedef gboolean (*LoftDocsTickFunc) (gpointer user_data, GError **error);

/**
 * LoftDocsWire:
 *
 * A connection to the program that builds documentation.
 */
typedef struct _LoftDocsWire LoftDocsWire;

LoftDocsWire *loft_docs_wire_new (const char *path,
                                  LoftDocsTickFunc tick,
                                  gpointer tick_data,
                                  GCancellable *cancellable,
                                  GError **error);
void loft_docs_wire_free (LoftDocsWire *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LoftDocsWire, loft_docs_wire_free)

void loft_docs_wire_set_patience (LoftDocsWire *self, guint seconds);
gboolean loft_docs_wire_send (LoftDocsWire *self,
                              gconstpointer data,
                              gsize length,
                              GError **error);
char *loft_docs_wire_read_line (LoftDocsWire *self, gsize most, GError **error);
gboolean loft_docs_wire_read (LoftDocsWire *self,
                              gpointer data,
                              gsize length,
                              GError **error);

G_END_DECLS
