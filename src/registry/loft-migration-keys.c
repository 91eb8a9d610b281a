/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-migration-private.h"

#include <string.h>

/* The keys of a store, in their order and a page at a time, so that two stores
 * can be gone through side by side. */

#define PAGE 4096
#define OWN "_registry"

struct _LoftMigrationKeys
{
  LoftMigration *migration; /* not owned */
  LoftStorage *storage;     /* not owned */
  const char *prefix;       /* static */
  char *after;              /* owned, nullable: where the next page begins */
  GStrv page;               /* owned, nullable */
  gsize next;               /* in the page */
  gboolean ended;
};

/**
 * loft_migration_keys_new: (skip)
 * @self: a migration
 * @storage: one of its stores
 * @prefix: a static string with which the keys begin; if it is empty those of
 *   our own folder are left out
 *
 * Returns: (transfer full): its keys, before the first
 */
LoftMigrationKeys *
loft_migration_keys_new (LoftMigration *self,
                         LoftStorage *storage,
                         const char *prefix)
{
  LoftMigrationKeys *keys = g_new0 (LoftMigrationKeys, 1);

  keys->migration = self;
  keys->storage = storage;
  keys->prefix = prefix;

  return keys;
}

/**
 * loft_migration_keys_free: (skip)
 * @self: (transfer full): keys
 *
 * Frees @self.
 */
void
loft_migration_keys_free (LoftMigrationKeys *self)
{
  g_free (self->after);
  g_strfreev (self->page);
  g_free (self);
}

static gboolean
read_page (LoftMigration *migration, gpointer data, GError **error)
{
  LoftMigrationKeys *self = data;

  g_clear_pointer (&self->page, g_strfreev);
  self->next = 0;
  self->page = loft_storage_list (self->storage,
                                  self->prefix,
                                  self->after,
                                  PAGE,
                                  migration->cancellable,
                                  error);

  return self->page != NULL;
}

static gboolean
ensure_page (LoftMigrationKeys *self, GError **error)
{
  if (self->ended || (self->page != NULL && self->page[self->next] != NULL))
    return TRUE;
  if (!loft_migration_insist (self->migration, read_page, self, error))
    return FALSE;

  gsize length = g_strv_length (self->page);
  self->ended = length == 0;
  if (length > 0)
    {
      g_free (self->after);
      self->after = g_strdup (self->page[length - 1]);
    }

  return TRUE;
}

/* Goes on behind our own folder, which may hold far more than all others,
 * without listing it. */
static gboolean
skip_own (LoftMigrationKeys *self)
{
  if (self->ended || *self->prefix != '\0' ||
      !g_str_has_prefix (self->page[self->next], OWN "/"))
    return FALSE;

  g_free (self->after);
  self->after = g_strdup_printf (OWN "%c", '/' + 1);
  g_clear_pointer (&self->page, g_strfreev);

  return TRUE;
}

/**
 * loft_migration_keys_peek: (skip)
 * @self: keys
 * @out_key: (out) (transfer none) (nullable): the next key, or %NULL at the end
 * @error: return location for a #GError
 *
 * Tells the next key, without going on. Blocks.
 *
 * Returns: %TRUE, or %FALSE with @error set
 */
gboolean
loft_migration_keys_peek (LoftMigrationKeys *self,
                          const char **out_key,
                          GError **error)
{
  do
    if (!ensure_page (self, error))
      return FALSE;
  while (skip_own (self));

  *out_key = self->ended ? NULL : self->page[self->next];

  return TRUE;
}

/**
 * loft_migration_keys_pass: (skip)
 * @self: keys, of which there is a next one
 *
 * Goes on.
 */
void
loft_migration_keys_pass (LoftMigrationKeys *self)
{
  self->next++;
}

/**
 * loft_migration_keys_find: (skip)
 * @self: keys
 * @key: a key that comes behind all that were looked for before
 * @others: (nullable) (element-type utf8): where to put the keys before it
 * @out_found: (out): whether it is there
 * @error: return location for a #GError
 *
 * Goes on behind @key. Blocks.
 *
 * Returns: %TRUE, or %FALSE with @error set
 */
gboolean
loft_migration_keys_find (LoftMigrationKeys *self,
                          const char *key,
                          GPtrArray *others,
                          gboolean *out_found,
                          GError **error)
{
  const char *next;

  *out_found = FALSE;
  for (;;)
    {
      if (!loft_migration_keys_peek (self, &next, error))
        return FALSE;
      if (next == NULL || strcmp (next, key) > 0)
        return TRUE;

      *out_found = g_str_equal (next, key);
      if (!*out_found && others != NULL)
        g_ptr_array_add (others, g_strdup (next));
      self->next++;
      if (*out_found)
        return TRUE;
    }
}

/**
 * loft_migration_keys_take: (skip)
 * @self: keys
 * @prefix: (nullable): how keys begin, or %NULL for what comes after all
 * @others: (nullable) (element-type utf8): where to put the keys before those
 * @error: return location for a #GError
 *
 * Goes on behind all keys that begin with @prefix. Blocks.
 *
 * Returns: (transfer full) (element-type utf8): those keys, or %NULL with
 *   @error set
 */
GPtrArray *
loft_migration_keys_take (LoftMigrationKeys *self,
                          const char *prefix,
                          GPtrArray *others,
                          GError **error)
{
  g_autoptr (GPtrArray) taken = g_ptr_array_new_with_free_func (g_free);
  gsize length = prefix != NULL ? strlen (prefix) : 0;
  const char *key;

  for (;;)
    {
      if (!loft_migration_keys_peek (self, &key, error))
        return NULL;
      if (key == NULL)
        return g_steal_pointer (&taken);

      int order = prefix != NULL ? strncmp (key, prefix, length) : -1;
      if (order > 0)
        return g_steal_pointer (&taken);
      if (order == 0)
        g_ptr_array_add (taken, g_strdup (key));
      else if (others != NULL && others->len < PAGE)
        g_ptr_array_add (others, g_strdup (key));
      self->next++;
    }
}
