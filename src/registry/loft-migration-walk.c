/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include <glib/gi18n.h>
#include <string.h>

#include "registry/loft-checkpoint-pack.h"
#include "registry/loft-checkpoint.h"
#include "registry/loft-docs.h"
#include "registry/loft-document.h"
#include "registry/loft-download-keeper.h"
#include "registry/loft-lease.h"
#include "registry/loft-log-entry.h"
#include "registry/loft-migration-private.h"
#include "registry/loft-name.h"
#include "registry/loft-token-store-private.h"
#include "registry/loft-walk.h"

/* Both stores, gone through side by side: once to count, and to find what makes
 * the target another registry's; then to copy. */

#define OWN "_registry"
#define DOCS "docs"

typedef struct
{
  LoftMigration *migration;  /* not owned */
  LoftMigrationKeys *source; /* owned */
  LoftMigrationKeys *target; /* owned */
  GPtrArray *others;         /* owned, nullable: what only the target has */
  gboolean is_survey;
  gboolean is_registry; /* something was met that tells so */
} Walk;

static void
walk_clear (Walk *walk)
{
  loft_migration_keys_free (walk->source);
  loft_migration_keys_free (walk->target);
  g_clear_pointer (&walk->others, g_ptr_array_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Walk, walk_clear)

static void
walk_init (Walk *walk,
           LoftMigration *migration,
           const char *prefix,
           gboolean is_survey)
{
  walk->migration = migration;
  walk->source = loft_migration_keys_new (migration, migration->source, prefix);
  walk->target = loft_migration_keys_new (migration, migration->target, prefix);
  walk->others = g_ptr_array_new_with_free_func (g_free);
  walk->is_survey = is_survey;
}

/* What the original server keeps beside the packages. */
static gboolean
is_adopted_file (const char *key)
{
  return g_str_equal (key, "users.json") || g_str_equal (key, "tokens.json") ||
         g_str_has_prefix (key, DOCS "/");
}

static void
count (LoftMigration *self)
{
  g_mutex_lock (&self->mutex);
  self->figures.total++;
  g_mutex_unlock (&self->mutex);
}

/* Other folders may hold JSON too, and one that is called "docs". */
static gboolean
tells_registry (const char *key)
{
  g_autofree char *name = NULL;
  g_autofree char *stem = NULL;

  return g_str_equal (key, "users.json") || g_str_equal (key, "tokens.json") ||
         loft_document_parse_key (key, &name, &stem);
}

typedef struct
{
  char *key; /* owned */
  LoftMigrationPresence presence;
} Single;

static void
single_free (gpointer data)
{
  Single *single = data;

  g_free (single->key);
  g_free (single);
}

static gboolean
copy_single (LoftMigration *self, gpointer data, GError **error)
{
  Single *single = data;
  LoftMigrationObject object = { .key = single->key,
                                 .presence = single->presence };

  if (!loft_migration_copy (self, &object, error))
    return FALSE;
  loft_migration_note_done (self);

  return TRUE;
}

/**
 * loft_migration_push_copy: (skip)
 * @self: a migration that runs
 * @key: the key of an object that is written once
 * @is_there: whether the target was listed to have it
 *
 * Has an object copied.
 *
 * Returns: whether there is any use in going on
 */
gboolean
loft_migration_push_copy (LoftMigration *self,
                          const char *key,
                          gboolean is_there)
{
  Single *single = g_new0 (Single, 1);

  single->key = g_strdup (key);
  single->presence = is_there ? LOFT_MIGRATION_PRESENT : LOFT_MIGRATION_ABSENT;

  return loft_migration_push (self, copy_single, single, single_free);
}

/* A version or a state that only the target has was published there: nothing
 * but that puts it where the source never had it. */
static gboolean
look_at_other (LoftMigration *self, const char *key, GError **error)
{
  g_autofree char *name = NULL;
  g_autofree char *stem = NULL;

  if (!loft_document_parse_key (key, &name, &stem) &&
      !g_str_has_suffix (key, "/package.json"))
    return TRUE;

  return loft_migration_differ (self, key, "Only the target has it", error);
}

static gboolean
look_at_others (Walk *walk, GError **error)
{
  for (guint i = 0; i < walk->others->len && walk->is_survey; i++)
    if (!look_at_other (walk->migration, walk->others->pdata[i], error))
      return FALSE;
  g_ptr_array_set_size (walk->others, 0);

  return TRUE;
}

/* Something outside of the packages' folders. */
static gboolean
take_single (Walk *walk, const char *peeked, GError **error)
{
  g_autofree char *key = g_strdup (peeked);
  gboolean is_there = FALSE;

  loft_migration_keys_pass (walk->source);
  if (!is_adopted_file (key))
    {
      if (walk->is_survey)
        loft_migration_pass_over (walk->migration, key);
      return TRUE;
    }
  if (walk->is_survey)
    {
      count (walk->migration);
      walk->is_registry |= tells_registry (key);
      return TRUE;
    }
  if (!loft_migration_keys_find (walk->target,
                                 key,
                                 walk->others,
                                 &is_there,
                                 error))
    return FALSE;
  loft_migration_push_copy (walk->migration, key, is_there);

  return TRUE;
}

static gboolean
is_part (const char *name, const char *key)
{
  const char *object = key + strlen (name) + 1;
  g_autofree char *stem = loft_document_find_stem (object);

  return strchr (object, '/') == NULL && loft_name_is_adoptable (name) &&
         (stem != NULL ||
          (g_str_has_suffix (object, ".json") && *object != '.'));
}

/* Drops what is no part of the package. */
static void
sift (Walk *walk, const char *name, GPtrArray *keys)
{
  for (guint i = 0; i < keys->len;)
    if (is_part (name, keys->pdata[i]))
      i++;
    else
      {
        if (walk->is_survey)
          loft_migration_pass_over (walk->migration, keys->pdata[i]);
        g_ptr_array_remove_index (keys, i);
      }
}

static gboolean
survey_folder (Walk *walk,
               GPtrArray *keys,
               GPtrArray *target_keys,
               GError **error)
{
  for (guint i = 0; i < keys->len; i++)
    {
      count (walk->migration);
      walk->is_registry |= tells_registry (keys->pdata[i]);
    }
  for (guint i = 0; i < target_keys->len; i++)
    if (!loft_walk_has (keys, target_keys->pdata[i]) &&
        !look_at_other (walk->migration, target_keys->pdata[i], error))
      return FALSE;

  return TRUE;
}

static gboolean
take_folder (Walk *walk, const char *key, GError **error)
{
  g_autofree char *prefix = g_strndup (key, strcspn (key, "/") + 1);
  g_autofree char *name = g_strndup (prefix, strlen (prefix) - 1);
  g_autoptr (GPtrArray) keys =
    loft_migration_keys_take (walk->source, prefix, NULL, error);
  g_autoptr (GPtrArray) target_keys =
    keys != NULL
      ? loft_migration_keys_take (walk->target, prefix, walk->others, error)
      : NULL;
  if (target_keys == NULL)
    return FALSE;

  sift (walk, name, keys);
  if (walk->is_survey)
    return survey_folder (walk, keys, target_keys, error);
  if (keys->len > 0)
    loft_migration_copy_folder (walk->migration, name, keys, target_keys);

  return TRUE;
}

static gboolean
take_next (Walk *walk, const char *key, GError **error)
{
  if (strchr (key, '/') != NULL && !is_adopted_file (key))
    return take_folder (walk, key, error);

  return take_single (walk, key, error);
}

static gboolean
walk_packages (Walk *walk, GError **error)
{
  const char *key;

  for (;;)
    {
      if (g_cancellable_set_error_if_cancelled (walk->migration->cancellable,
                                                error) ||
          !loft_migration_keys_peek (walk->source, &key, error))
        return FALSE;
      if (key == NULL)
        break;
      if (!take_next (walk, key, error) || !look_at_others (walk, error))
        return FALSE;
    }
  if (!walk->is_survey)
    return TRUE;

  g_autoptr (GPtrArray) none =
    loft_migration_keys_take (walk->target, NULL, walk->others, error);

  return none != NULL && look_at_others (walk, error);
}

/* Keys below our own folder that are copied, or are ours and are not. */
static gboolean
is_own (const char *key, gboolean *out_counts)
{
  static const char *const kept[] = { OWN "/claims/",
                                      LOFT_DOWNLOADS_PREFIX,
                                      OWN "/names/",
                                      LOFT_TOKEN_STORE_PREFIX,
                                      LOFT_LOG_PREFIX };

  *out_counts = TRUE;
  for (gsize i = 0; i < G_N_ELEMENTS (kept); i++)
    if (g_str_has_prefix (key, kept[i]))
      return TRUE;

  *out_counts = FALSE;

  return g_str_equal (key, OWN "/salt") || g_str_equal (key, LOFT_LEASE_KEY) ||
         g_str_equal (key, LOFT_LEASE_DOCS_KEY) ||
         g_str_equal (key, LOFT_DOCS_QUEUE_KEY) ||
         g_str_equal (key, LOFT_CHECKPOINT_KEY) ||
         g_str_has_prefix (key, LOFT_CHECKPOINT_PREFIX);
}

static gboolean
survey_own (Walk *walk, GError **error)
{
  LoftMigration *self = walk->migration;
  g_autoptr (LoftMigrationKeys) keys =
    loft_migration_keys_new (self, self->source, OWN "/");
  const char *key;

  for (;;)
    {
      gboolean counts;

      if (!loft_migration_keys_peek (keys, &key, error))
        return FALSE;
      if (key == NULL)
        return TRUE;
      if (!is_own (key, &counts))
        loft_migration_pass_over (self, key);
      else
        {
          walk->is_registry = TRUE;
          if (counts)
            count (self);
        }
      loft_migration_keys_pass (keys);
    }
}

/**
 * loft_migration_survey: (skip)
 * @self: a migration
 * @error: return location for a #GError
 *
 * Counts what there is to copy, and looks for what the target should not have.
 * Blocks.
 *
 * Returns: %TRUE, or %FALSE with @error set, such as
 *   %LOFT_STORAGE_ERROR_NOT_FOUND if the source is no registry
 */
gboolean
loft_migration_survey (LoftMigration *self, GError **error)
{
  g_auto (Walk) walk = { NULL };

  walk_init (&walk, self, "", TRUE);

  if (!survey_own (&walk, error) || !walk_packages (&walk, error))
    return FALSE;
  if (walk.is_registry)
    return TRUE;

  g_set_error_literal (error,
                       LOFT_STORAGE_ERROR,
                       LOFT_STORAGE_ERROR_NOT_FOUND,
                       _ ("There is no registry in the source"));

  return FALSE;
}

/**
 * loft_migration_copy_packages: (skip)
 * @self: a migration that runs
 * @error: return location for a #GError
 *
 * Copies all packages, and what the original server has left. Blocks.
 *
 * Returns: %TRUE once it is done, or %FALSE with @error set
 */
gboolean
loft_migration_copy_packages (LoftMigration *self, GError **error)
{
  g_auto (Walk) walk = { NULL };

  walk_init (&walk, self, "", FALSE);

  return walk_packages (&walk, error) && loft_migration_drain (self, error);
}

static gboolean
drop_one (LoftMigration *self, gpointer data, GError **error)
{
  const char *key = data;
  g_autoptr (GError) local_error = NULL;
  g_autoptr (LoftObject) object = loft_storage_read (self->source,
                                                     key,
                                                     0,
                                                     0,
                                                     self->cancellable,
                                                     &local_error);

  if (object != NULL || self->options.dry_run)
    return TRUE;
  if (loft_migration_is_missing (local_error))
    {
      g_clear_error (&local_error);
      if (loft_storage_remove (self->target,
                               key,
                               self->cancellable,
                               &local_error) ||
          loft_migration_is_missing (local_error))
        return TRUE;
    }
  g_propagate_error (error, g_steal_pointer (&local_error));

  return FALSE;
}

/* What is stored of a token goes when it has not been good for long. Where the
 * target still has it from an earlier run it may look good there. */
static gboolean
drop_token (LoftMigration *self, const char *key, GError **error)
{
  return loft_migration_insist (self, drop_one, (gpointer) key, error);
}

/* Objects that may change have a copy of their own, and those that may go a
 * drop. */
typedef struct
{
  const char *prefix;
  LoftMigrationFunc copy; /* nullable */
  gboolean (*drop) (LoftMigration *self, const char *key, GError **error);
} Folder;

static gboolean
look_behind (Walk *walk, const Folder *folder, GError **error)
{
  for (guint i = 0; i < walk->others->len && folder->drop != NULL; i++)
    if (!folder->drop (walk->migration, walk->others->pdata[i], error))
      return FALSE;
  g_ptr_array_set_size (walk->others, 0);

  return TRUE;
}

static gboolean
copy_own_folder (LoftMigration *self, const Folder *folder, GError **error)
{
  g_auto (Walk) walk = { NULL };
  const char *key;

  walk_init (&walk, self, folder->prefix, FALSE);
  for (;;)
    {
      gboolean is_there;

      if (g_cancellable_set_error_if_cancelled (self->cancellable, error) ||
          !loft_migration_keys_peek (walk.source, &key, error))
        return FALSE;
      if (key == NULL)
        break;
      if (!loft_migration_keys_find (walk.target,
                                     key,
                                     walk.others,
                                     &is_there,
                                     error))
        return FALSE;
      if (folder->copy != NULL)
        loft_migration_push (self, folder->copy, g_strdup (key), g_free);
      else
        loft_migration_push_copy (self, key, is_there);
      loft_migration_keys_pass (walk.source);
      if (!look_behind (&walk, folder, error))
        return FALSE;
    }

  g_autoptr (GPtrArray) rest =
    loft_migration_keys_take (walk.target, NULL, walk.others, error);

  return rest != NULL && look_behind (&walk, folder, error) &&
         loft_migration_drain (self, error);
}

/* Parts of numbers may only go once the pack that covers them is there. */
static const Folder folders[] = {
  { .prefix = OWN "/claims/" },
  { .prefix = LOFT_DOWNLOADS_INDEX,
    .copy = loft_migration_copy_downloads,
    .drop = loft_migration_drop_downloads },
  { .prefix = LOFT_DOWNLOADS_PACKS },
  { .prefix = LOFT_DOWNLOADS_PARTS,
    .copy = loft_migration_copy_downloads,
    .drop = loft_migration_drop_downloads },
  { .prefix = OWN "/names/" },
  { .prefix = LOFT_TOKEN_STORE_PREFIX,
    .copy = loft_migration_copy_token,
    .drop = drop_token },
};

/**
 * loft_migration_copy_own: (skip)
 * @self: a migration that runs
 * @error: return location for a #GError
 *
 * Copies what the registry keeps beside the packages, but for the log. Blocks.
 *
 * Returns: %TRUE once it is done, or %FALSE with @error set
 */
gboolean
loft_migration_copy_own (LoftMigration *self, GError **error)
{
  for (gsize i = 0; i < G_N_ELEMENTS (folders); i++)
    if (!copy_own_folder (self, &folders[i], error))
      return FALSE;

  return TRUE;
}
