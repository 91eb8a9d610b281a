/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "gate/loft-peers.h"

#include <string.h>

struct _LoftPeers
{
  GHashTable *counts; /* owned, of numbers by owned LoftPeerKey */
};

static guint
hash_key (gconstpointer data)
{
  const LoftPeerKey *key = data;
  guint32 words[4];

  memcpy (words, key->bytes, sizeof words);

  return words[0] ^ words[1] * 31 ^ words[2] * 997 ^ words[3] * 65537;
}

static gboolean
equal_keys (gconstpointer a, gconstpointer b)
{
  return memcmp (a, b, sizeof (LoftPeerKey)) == 0;
}

/**
 * loft_peers_new:
 *
 * Makes an empty count.
 *
 * Returns: (transfer full): it
 */
LoftPeers *
loft_peers_new (void)
{
  LoftPeers *self = g_new0 (LoftPeers, 1);

  self->counts = g_hash_table_new_full (hash_key, equal_keys, g_free, NULL);

  return self;
}

/**
 * loft_peers_free:
 * @self: (transfer full): a count
 *
 * Frees @self.
 */
void
loft_peers_free (LoftPeers *self)
{
  g_hash_table_unref (self->counts);
  g_free (self);
}

/**
 * loft_peers_get_count:
 * @self: a count
 * @key: a peer
 *
 * Returns: how many connections the peer has
 */
guint
loft_peers_get_count (LoftPeers *self, const LoftPeerKey *key)
{
  return GPOINTER_TO_UINT (g_hash_table_lookup (self->counts, key));
}

/**
 * loft_peers_add:
 * @self: a count
 * @key: a peer
 *
 * Counts a connection.
 */
void
loft_peers_add (LoftPeers *self, const LoftPeerKey *key)
{
  guint count = loft_peers_get_count (self, key);

  g_hash_table_replace (self->counts,
                        g_memdup2 (key, sizeof *key),
                        GUINT_TO_POINTER (count + 1));
}

/**
 * loft_peers_remove:
 * @self: a count
 * @key: a peer that has a connection
 *
 * Counts a connection no more.
 */
void
loft_peers_remove (LoftPeers *self, const LoftPeerKey *key)
{
  guint count = loft_peers_get_count (self, key);

  if (count > 1)
    g_hash_table_insert (self->counts,
                         g_memdup2 (key, sizeof *key),
                         GUINT_TO_POINTER (count - 1));
  else
    g_hash_table_remove (self->counts, key);
}
