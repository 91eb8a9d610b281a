/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-token-store.h"
#include "registry/loft-upkeep-private.h"

/* What is stored of tokens that were revoked or have expired, and is of no use
 * any more. It is kept for a while, so that who asks why a token is not good
 * finds it in the list. The log tells for ever that there was such a token, so
 * its id is given to no other one.
 *
 * A token that was issued here is recognized by how it begins, and is refused
 * whether anything is stored of it or not. One that was taken over from the
 * original server is not, and would be taken over again: what is stored of it
 * stays. So does a token as long as one that was created by it: whoever revokes
 * the one has to find the other. */

#define KEPT (90 * G_TIME_SPAN_DAY)

static gint64
find_end (const LoftToken *token)
{
  if (token->revoked_at == 0 || token->expires_at == 0)
    return MAX (token->revoked_at, token->expires_at);

  return MIN (token->revoked_at, token->expires_at);
}

static gboolean
is_over (const LoftToken *token, gint64 now)
{
  gint64 end = find_end (token);

  return end != 0 && now - end > KEPT && !loft_token_is_adopted (token);
}

/* Ids of the tokens by which those were created that stay. */
static GHashTable *
list_parents (GPtrArray *all, GHashTable *over)
{
  GHashTable *parents = g_hash_table_new (g_str_hash, g_str_equal);

  for (guint i = 0; i < all->len; i++)
    {
      const LoftToken *token = g_ptr_array_index (all, i);

      if (token->parent != NULL && !g_hash_table_contains (over, token))
        g_hash_table_add (parents, token->parent);
    }

  return parents;
}

/* One that stays may keep another one, and so on. */
static GHashTable *
choose (GPtrArray *all)
{
  gint64 now = g_get_real_time ();
  GHashTable *over = g_hash_table_new (NULL, NULL);
  guint before;

  for (guint i = 0; i < all->len; i++)
    if (is_over (all->pdata[i], now))
      g_hash_table_add (over, all->pdata[i]);

  do
    {
      g_autoptr (GHashTable) parents = list_parents (all, over);

      before = g_hash_table_size (over);
      for (guint i = 0; i < all->len; i++)
        {
          const LoftToken *token = g_ptr_array_index (all, i);

          if (g_hash_table_contains (parents, token->id))
            g_hash_table_remove (over, token);
        }
    }
  while (g_hash_table_size (over) < before);

  return over;
}

/* That there was such a token stands in the log first. */
static gboolean
drop (LoftUpkeep *upkeep, LoftToken *token, GError **error)
{
  LoftRegistry *registry = upkeep->registry;
  g_autoptr (GPtrArray) told = g_ptr_array_new ();

  g_ptr_array_add (told, token);

  return loft_registry_tell_of (registry, told, error) &&
         loft_token_store_remove (
           loft_authority_get_tokens (registry->authority),
           token->sha256,
           upkeep->cancellable,
           error);
}

/**
 * loft_collect_tokens:
 * @upkeep: the work of which this is a part
 * @dry_run: whether to report what would be removed, and remove nothing
 * @error: return location for a #GError
 *
 * Removes what is stored of tokens that have not been good for long. Blocks.
 *
 * Returns: %TRUE, or %FALSE with @error set
 */
gboolean
loft_collect_tokens (LoftUpkeep *upkeep, gboolean dry_run, GError **error)
{
  g_autoptr (GPtrArray) all = loft_token_store_list (
    loft_authority_get_tokens (upkeep->registry->authority),
    upkeep->cancellable,
    error);
  if (all == NULL)
    return FALSE;

  g_autoptr (GHashTable) over = choose (all);
  for (guint i = 0; i < all->len; i++)
    {
      LoftToken *token = g_ptr_array_index (all, i);

      if (!g_hash_table_contains (over, token))
        continue;
      if (!dry_run && !drop (upkeep, token, error))
        return FALSE;
      loft_report_add (upkeep->report,
                       "token-ended",
                       token->id,
                       !dry_run,
                       "Token %s of %s has not been good for more than 90 days",
                       token->id,
                       token->user);
    }

  return TRUE;
}
