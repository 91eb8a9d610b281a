/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "loft-gio-list.h"

#include <string.h>

#include "loft-gio-error.h"
#include "loft-gio-file.h"
#include "loft-gio-lease.h"
#include "loft-gio-settle.h"
#include "storage/loft-storage.h"

/* How often something may go wrong while a list is made. */
#define ATTEMPTS 4

typedef struct
{
  LoftGioStore *store; /* not owned */
  const char *prefix;
  const char *after;
  guint limit;
  GCancellable *cancellable; /* not owned, nullable */
  GPtrArray *keys;           /* owned */
} Walk;

static gboolean
is_full (const Walk *walk)
{
  return walk->limit > 0 && walk->keys->len >= walk->limit;
}

/* Whether @path is wanted, or below it, if it is a folder with its slash. */
static gboolean
is_wanted (const Walk *walk, const char *path)
{
  gboolean is_folder = g_str_has_suffix (path, "/");
  gboolean in_prefix = g_str_has_prefix (path, walk->prefix) ||
                       (is_folder && g_str_has_prefix (walk->prefix, path));
  gboolean follows = strcmp (path, walk->after) > 0 ||
                     (is_folder && g_str_has_prefix (walk->after, path));

  return in_prefix && follows;
}

static gboolean
is_key (const char *path)
{
  g_autofree char *plain =
    g_strndup (path, strlen (path) - (g_str_has_suffix (path, "/") ? 1 : 0));

  return loft_storage_key_check (plain, NULL) &&
         loft_gio_store_check_key (plain, NULL);
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

/* No document is being replaced while a folder is read: it could be missed. */
static GPtrArray *
read_folder (Walk *walk, const char *folder, GError **error)
{
  g_autofree char *path = g_strdup (folder);

  if (g_str_has_suffix (path, "/"))
    path[strlen (path) - 1] = '\0';

  g_rw_lock_reader_lock (&walk->store->list_lock);
  GPtrArray *names = loft_gio_file_enumerate (walk->store->engine, path, error);
  g_rw_lock_reader_unlock (&walk->store->list_lock);

  if (names != NULL)
    g_ptr_array_sort (names, compare_names);

  return names;
}

/* Deletes what never came to a key. Nobody else has written what was found
 * while the store was ours, and that is looked at only now. */
static void
tidy_up (LoftGioStore *store, const char *folder, GPtrArray *names)
{
  g_autoptr (GPtrArray) leftovers = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; store->lease != NULL && i < names->len; i++)
    {
      g_autofree char *path =
        g_strconcat (folder, g_ptr_array_index (names, i), NULL);

      if (loft_gio_store_is_leftover (store, path))
        g_ptr_array_add (leftovers, g_steal_pointer (&path));
    }
  if (leftovers->len == 0 || !loft_gio_lease_check (store->lease, NULL))
    return;

  for (guint i = 0; i < leftovers->len; i++)
    loft_gio_file_delete (store->engine, leftovers->pdata[i], NULL);
}

/* A folder's name sorts with its slash, as it stands in the keys below it, so
 * the order of the walk is the order of the keys. */
static gboolean
list_folder (Walk *walk, const char *folder, GError **error)
{
  g_autoptr (GError) local_error = NULL;

  if (g_cancellable_set_error_if_cancelled (walk->cancellable, error))
    return FALSE;

  g_autoptr (GPtrArray) names = read_folder (walk, folder, &local_error);
  if (names == NULL)
    {
      if (loft_gio_error_is (local_error, LOFT_STORAGE_ERROR_NOT_FOUND))
        return TRUE;
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }

  tidy_up (walk->store, folder, names);

  for (guint i = 0; i < names->len && !is_full (walk); i++)
    {
      g_autofree char *path =
        g_strconcat (folder, g_ptr_array_index (names, i), NULL);

      if (!is_wanted (walk, path) || !is_key (path))
        continue;
      if (!g_str_has_suffix (path, "/"))
        g_ptr_array_add (walk->keys, g_steal_pointer (&path));
      else if (!list_folder (walk, path, error))
        return FALSE;
    }

  return TRUE;
}

/**
 * loft_gio_list: (skip)
 * @store: a store
 * @prefix: (nullable): with what the keys begin
 * @after: (nullable): what the keys follow
 * @limit: how many keys are wanted, or 0
 * @cancellable: (nullable): a cancellable
 * @error: return location for a #GError
 *
 * Does what loft_storage_list() promises.
 *
 * Returns: (transfer full): the keys, or %NULL with @error set
 */
GStrv
loft_gio_list (LoftGioStore *store,
               const char *prefix,
               const char *after,
               guint limit,
               GCancellable *cancellable,
               GError **error)
{
  g_autoptr (GPtrArray) keys = g_ptr_array_new_with_free_func (g_free);
  Walk walk = {
    .store = store,
    .prefix = prefix != NULL ? prefix : "",
    .after = after != NULL ? after : "",
    .limit = limit,
    .cancellable = cancellable,
    .keys = keys,
  };
  const char *slash = strrchr (walk.prefix, '/');
  g_autofree char *start =
    slash != NULL ? g_strndup (walk.prefix, (gsize) (slash - walk.prefix) + 1)
                  : g_strdup ("");

  for (guint i = 0; i < ATTEMPTS; i++)
    {
      g_ptr_array_set_size (keys, 0);
      if (!loft_gio_settle_all (store, error) ||
          ((start[0] == '\0' || is_key (start)) &&
           !list_folder (&walk, start, error)))
        return NULL;

      /* A document whose replacement went wrong meanwhile may be missed. */
      g_autoptr (GPtrArray) closed = loft_gio_store_get_closed (store);
      if (closed->len > 0)
        continue;

      g_ptr_array_add (keys, NULL);
      return (GStrv) g_ptr_array_steal (keys, NULL);
    }

  g_set_error (error,
               LOFT_STORAGE_ERROR,
               LOFT_STORAGE_ERROR_UNAVAILABLE,
               "What is stored changes again and again");

  return NULL;
}
