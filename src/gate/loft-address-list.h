/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * LoftAddressList:
 *
 * Addresses and networks that somebody has listed.
 */
typedef struct _LoftAddressList LoftAddressList;

LoftAddressList *loft_address_list_new (const char *const *entries,
                                        GError **error);
LoftAddressList *loft_address_list_ref (LoftAddressList *self);
void loft_address_list_unref (LoftAddressList *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LoftAddressList, loft_address_list_unref)

gboolean loft_address_list_contains (LoftAddressList *self,
                                     GInetAddress *address);
GInetAddress *loft_address_simplify (GInetAddress *address);

G_END_DECLS
