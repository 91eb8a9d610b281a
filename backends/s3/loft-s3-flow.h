/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * LoftS3Flow:
 *
 * The body of an answer, from the client's thread to the one that reads it, no
 * more of it at a time than has to be.
 */
typedef struct _LoftS3Flow LoftS3Flow;

LoftS3Flow *loft_s3_flow_new (void);
LoftS3Flow *loft_s3_flow_ref (LoftS3Flow *self);
void loft_s3_flow_unref (LoftS3Flow *self);

/* For who writes it. */
GSource *loft_s3_flow_begin (LoftS3Flow *self,
                             GSourceFunc func,
                             gpointer data,
                             GDestroyNotify destroy);
gboolean loft_s3_flow_push (LoftS3Flow *self, GBytes *chunk);
void loft_s3_flow_end (LoftS3Flow *self, GError *error);
gboolean loft_s3_flow_is_left (LoftS3Flow *self);

/* For who reads it. */
GBytes *
loft_s3_flow_take (LoftS3Flow *self, GCancellable *cancellable, GError **error);
void loft_s3_flow_leave (LoftS3Flow *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LoftS3Flow, loft_s3_flow_leave)

G_END_DECLS
