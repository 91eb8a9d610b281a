/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-walk.h"

#include <stdlib.h>
#include <string.h>

#include "registry/loft-name.h"

/* A way through the whole storage in the order of its keys, a folder at a time,
 * so that the memory that it takes is bounded by the largest folder. */

#define PAGE 4096

/* Names of the original server's own files, and of ours. */
static const char *const not_packages[] = { "_registry", "docs" };

typedef struct
{
  LoftStorage *storage; /* not owned */
  LoftWalkFolderFunc folder_func;
  LoftWalkStrayFunc stray_func;
  gpointer user_data;
  GPtrArray *keys; /* owned, of owned keys */
  char *name;      /* owned, nullable: the folder's */
} Walk;

static void
walk_clear (Walk *walk)
{
  g_ptr_array_unref (walk->keys);
  g_free (walk->name);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Walk, walk_clear)

static void
take_stray (Walk *walk, const char *key)
{
  if (walk->stray_func != NULL)
    walk->stray_func (key, walk->user_data);
}

static gboolean
end_folder (Walk *walk, GError **error)
{
  if (walk->keys->len > 0 &&
      !walk->folder_func (walk->name, walk->keys, walk->user_data, error))
    return FALSE;

  g_ptr_array_set_size (walk->keys, 0);

  return TRUE;
}

/* Adds a key to the current folder, or ends that and begins the next. */
static gboolean
take_key (Walk *walk, const char *key, GError **error)
{
  const char *slash = strchr (key, '/');
  if (slash == NULL || strchr (slash + 1, '/') != NULL)
    {
      take_stray (walk, key);
      return TRUE;
    }

  g_autofree char *name = g_strndup (key, (gsize) (slash - key));
  if (g_strcmp0 (name, walk->name) != 0)
    {
      if (!end_folder (walk, error))
        return FALSE;

      g_free (walk->name);
      walk->name = g_steal_pointer (&name);
    }
  if (loft_name_is_adoptable (walk->name))
    g_ptr_array_add (walk->keys, g_strdup (key));
  else
    take_stray (walk, key);

  return TRUE;
}

/* Where to go on after @key: behind the whole folder, if it is none of a
 * package. */
static char *
skip_folder (const char *key)
{
  for (gsize i = 0; i < G_N_ELEMENTS (not_packages); i++)
    {
      gsize length = strlen (not_packages[i]);

      if (strncmp (key, not_packages[i], length) == 0 && key[length] == '/')
        return g_strdup_printf ("%s%c", not_packages[i], '/' + 1);
    }

  return g_strdup (key);
}

/* Takes the keys of a page up to the first that is skipped; tells after which
 * key the next page begins. */
static char *
take_page (Walk *walk, GStrv keys, GError **error)
{
  g_autofree char *next = NULL;

  for (gsize i = 0; keys[i] != NULL; i++)
    {
      g_free (next);
      next = skip_folder (keys[i]);
      if (!g_str_equal (next, keys[i]))
        break;
      if (!take_key (walk, keys[i], error))
        return NULL;
    }

  return g_steal_pointer (&next);
}

/**
 * loft_walk:
 * @storage: a storage
 * @folder_func: (scope call): called for each folder that may be a package's
 * @stray_func: (scope call) (nullable): called for each object outside of them
 * @user_data: for both
 * @cancellable: (nullable): a cancellable
 * @error: return location for a #GError
 *
 * Goes through the storage, but for our own folder and the original server's
 * documentation. Blocks.
 *
 * Returns: %TRUE at the end of the storage, or %FALSE with @error set to a
 *   #LoftStorageError, to %G_IO_ERROR_CANCELLED, or by @folder_func
 */
gboolean
loft_walk (LoftStorage *storage,
           LoftWalkFolderFunc folder_func,
           LoftWalkStrayFunc stray_func,
           gpointer user_data,
           GCancellable *cancellable,
           GError **error)
{
  g_return_val_if_fail (LOFT_IS_STORAGE (storage), FALSE);
  g_return_val_if_fail (folder_func != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  g_auto (Walk) walk = {
    .storage = storage,
    .folder_func = folder_func,
    .stray_func = stray_func,
    .user_data = user_data,
    .keys = g_ptr_array_new_with_free_func (g_free),
  };
  g_autofree char *after = NULL;

  while (!g_cancellable_set_error_if_cancelled (cancellable, error))
    {
      g_auto (GStrv) keys =
        loft_storage_list (storage, "", after, PAGE, cancellable, error);
      if (keys == NULL)
        return FALSE;
      if (keys[0] == NULL)
        return end_folder (&walk, error);

      char *next = take_page (&walk, keys, error);
      if (next == NULL)
        return FALSE;

      g_free (after);
      after = next;
    }

  return FALSE;
}

/**
 * loft_walk_folder:
 * @storage: a storage
 * @name: a package
 * @folder_func: (scope call): called for its folder, unless that is empty
 * @user_data: for @folder_func
 * @cancellable: (nullable): a cancellable
 * @error: return location for a #GError
 *
 * Goes to one folder only. Blocks.
 *
 * Returns: as loft_walk()
 */
gboolean
loft_walk_folder (LoftStorage *storage,
                  const char *name,
                  LoftWalkFolderFunc folder_func,
                  gpointer user_data,
                  GCancellable *cancellable,
                  GError **error)
{
  g_return_val_if_fail (LOFT_IS_STORAGE (storage), FALSE);
  g_return_val_if_fail (name != NULL && folder_func != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (!loft_name_is_adoptable (name))
    return TRUE;

  g_auto (Walk) walk = {
    .folder_func = folder_func,
    .user_data = user_data,
    .keys = g_ptr_array_new_with_free_func (g_free),
  };
  g_autofree char *prefix = g_strconcat (name, "/", NULL);
  g_auto (GStrv) keys =
    loft_storage_list (storage, prefix, NULL, 0, cancellable, error);
  if (keys == NULL)
    return FALSE;

  for (gsize i = 0; keys[i] != NULL; i++)
    if (!take_key (&walk, keys[i], error))
      return FALSE;

  return end_folder (&walk, error);
}

static int
compare_key (gconstpointer key, gconstpointer item)
{
  return strcmp (key, *(const char *const *) item);
}

/**
 * loft_walk_has:
 * @keys: (element-type utf8): a folder's keys
 * @key: a storage key
 *
 * Returns: whether @key is one of them
 */
gboolean
loft_walk_has (GPtrArray *keys, const char *key)
{
  g_return_val_if_fail (keys != NULL && key != NULL, FALSE);

  return keys->len > 0 && bsearch (key,
                                   keys->pdata,
                                   keys->len,
                                   sizeof (gpointer),
                                   compare_key) != NULL;
}
