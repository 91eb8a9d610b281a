/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "gate/loft-head.h"

G_BEGIN_DECLS

/**
 * LoftHotHead:
 *
 * The head of an answer that was sent once, with the places where the date and
 * the request's id stand.
 */
typedef struct _LoftHotHead LoftHotHead;

LoftHotHead *loft_hot_head_new (const char *head, gsize length);
void loft_hot_head_free (LoftHotHead *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LoftHotHead, loft_hot_head_free)

gsize loft_hot_head_get_size (const LoftHotHead *self);
gsize loft_hot_head_write (const LoftHotHead *self,
                           const char *date,
                           LoftSpan id,
                           char *out_head);

G_END_DECLS
