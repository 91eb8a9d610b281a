/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * LoftPeers:
 *
 * How many connections each peer has.
 */
typedef struct _LoftPeers LoftPeers;

/* An address as bytes, whatever its family. */
typedef struct
{
  guint8 bytes[16];
} LoftPeerKey;

LoftPeers *loft_peers_new (void);
void loft_peers_free (LoftPeers *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LoftPeers, loft_peers_free)

guint loft_peers_get_count (LoftPeers *self, const LoftPeerKey *key);
void loft_peers_add (LoftPeers *self, const LoftPeerKey *key);
void loft_peers_remove (LoftPeers *self, const LoftPeerKey *key);

G_END_DECLS
