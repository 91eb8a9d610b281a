/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Bytes of a slot. A page is sparse: what nobody touches takes no memory. */
#define LOFT_PAGE_SLOT_SIZE (64 * 1024)
#define LOFT_PAGE_SLOTS_MAX 256

typedef struct _LoftPage LoftPage;

LoftPage *loft_page_new (guint n_slots, GError **error);
LoftPage *loft_page_open (int fd, GError **error);
LoftPage *loft_page_ref (LoftPage *self);
void loft_page_unref (LoftPage *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LoftPage, loft_page_unref)

int loft_page_get_fd (LoftPage *self);
guint loft_page_get_n_slots (LoftPage *self);
gpointer loft_page_get_slot (LoftPage *self, guint index);

guint64 loft_page_get_sequence (LoftPage *self);
void loft_page_raise_sequence (LoftPage *self, guint64 sequence);
guint64 loft_page_get_epoch (LoftPage *self);
void loft_page_begin_epoch (LoftPage *self);
void loft_page_start_over (LoftPage *self);

G_END_DECLS
