/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "loft-gio-settle.h"

#include <string.h>

#include "loft-gio-error.h"
#include "loft-gio-file.h"
#include "loft-gio-upload.h"
#include "storage/loft-storage.h"

/* Writes that arrive late
 *
 * A key changes by renames only, each to a name that must be free and from a
 * name that no other write has:
 *
 *   create    FRESH → KEY
 *   replace   KEY → ASIDE, FRESH → KEY
 *   remove    KEY → ASIDE
 *
 * A server or a daemon of GVfs that hangs may do any of them long after we
 * gave up. So the key is closed. The mount is renewed, which ends what GVfs
 * has queued; but a server may still hold what it was sent. Therefore:
 *
 *   FRESH is deleted. If it is there no more, FRESH → KEY has happened; either
 *   way it can not happen from now on, for it has no source.
 *   ASIDE is made a folder. If that can not be made because a file is there,
 *   KEY → ASIDE has happened; either way it can not happen from now on, for
 *   its target is taken. That folder stays for good.
 *
 * Then nothing of ours is under way, the key is read back, and what was put
 * aside without a successor is put back. Only then may the key be written.
 *
 * A daemon that dies knows nothing of its doubts, so KEY → ASIDE is noted
 * before it is sent, and whoever opens the store settles what is noted. What a
 * dead daemon's FRESH → KEY may yet do is to create what is not there. */

/* Deletes what may be gone already; tells whether it was. */
static gboolean
delete_if_there (LoftGioStore *store,
                 const char *path,
                 gboolean *out_deleted,
                 GError **error)
{
  g_autoptr (GError) local_error = NULL;

  *out_deleted = loft_gio_file_delete (store->engine, path, &local_error);
  if (*out_deleted ||
      loft_gio_error_is (local_error, LOFT_STORAGE_ERROR_NOT_FOUND))
    return TRUE;

  g_propagate_error (error, g_steal_pointer (&local_error));

  return FALSE;
}

/* Tells whether the old content is at @path. If not, it never gets there. */
static gboolean
bar (LoftGioStore *store,
     const char *path,
     gboolean *out_is_there,
     GError **error)
{
  LoftGioInfo info;

  if (loft_gio_file_make_folder (store->engine, path, NULL))
    {
      *out_is_there = FALSE;
      return TRUE;
    }
  if (!loft_gio_file_query (store->engine, path, &info, error))
    return FALSE;

  *out_is_there = info.is_file;

  return TRUE;
}

static gboolean
settle_aside (LoftGioStore *store,
              const LoftGioDoubt *doubt,
              gboolean *out_done,
              GError **error)
{
  g_autoptr (GError) local_error = NULL;
  gboolean is_aside = FALSE;
  gboolean deleted = FALSE;
  LoftGioInfo info;

  if (!bar (store, doubt->aside, &is_aside, error))
    return FALSE;
  if (doubt->fresh == NULL)
    *out_done = is_aside;
  if (!is_aside)
    return TRUE;

  /* Of a document that was to be removed nothing is put back. */
  if (doubt->fresh == NULL ||
      loft_gio_file_query (store->engine, doubt->key, &info, &local_error))
    return delete_if_there (store, doubt->aside, &deleted, error);

  if (!loft_gio_error_is (local_error, LOFT_STORAGE_ERROR_NOT_FOUND))
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }

  const char *slash = strrchr (doubt->key, '/');
  return loft_gio_file_rename (store->engine,
                               doubt->aside,
                               slash != NULL ? slash + 1 : doubt->key,
                               error);
}

/**
 * loft_gio_settle: (skip)
 * @store: a store
 * @doubt: about a key that nobody else writes
 * @out_done: (out): whether what was tried has happened
 * @error: return location for a #GError
 *
 * Finds out what became of a write, and makes sure that no more comes of it.
 *
 * Returns: whether it is settled; else @error is set
 */
gboolean
loft_gio_settle (LoftGioStore *store,
                 const LoftGioDoubt *doubt,
                 gboolean *out_done,
                 GError **error)
{
  gboolean deleted = FALSE;

  *out_done = FALSE;
  if (doubt->fresh != NULL)
    {
      if (!delete_if_there (store, doubt->fresh, &deleted, error))
        return FALSE;
      *out_done = !deleted;
    }
  if (doubt->aside != NULL && !settle_aside (store, doubt, out_done, error))
    return FALSE;
  if (doubt->intent != NULL)
    return delete_if_there (store, doubt->intent, &deleted, error);

  return TRUE;
}

/**
 * loft_gio_settle_key: (skip)
 * @store: a store
 * @key: a key that the caller has locked
 * @error: return location for a #GError
 *
 * Opens @key again, if it is closed.
 *
 * Returns: whether it is open; else %LOFT_STORAGE_ERROR_UNAVAILABLE is set
 */
gboolean
loft_gio_settle_key (LoftGioStore *store, const char *key, GError **error)
{
  const LoftGioDoubt *doubt = loft_gio_store_get_doubt (store, key);
  g_autoptr (GError) local_error = NULL;
  gboolean done = FALSE;

  if (doubt == NULL)
    return TRUE;

  if (loft_gio_mount_renew (loft_gio_engine_get_mount (store->engine),
                            doubt->asked,
                            &local_error) &&
      loft_gio_settle (store, doubt, &done, &local_error))
    {
      g_debug ("“%s” can be written again", key);
      loft_gio_store_reopen (store, key);
      return TRUE;
    }

  g_set_error (error,
               LOFT_STORAGE_ERROR,
               LOFT_STORAGE_ERROR_UNAVAILABLE,
               "What became of the last write of “%s” is not known yet: %s",
               key,
               local_error->message);

  return FALSE;
}

/**
 * loft_gio_settle_all: (skip)
 * @store: a store
 * @error: return location for a #GError
 *
 * Opens every key again that is closed.
 *
 * Returns: whether none is closed; else %LOFT_STORAGE_ERROR_UNAVAILABLE is set
 */
gboolean
loft_gio_settle_all (LoftGioStore *store, GError **error)
{
  g_autoptr (GPtrArray) keys = loft_gio_store_get_closed (store);

  for (guint i = 0; i < keys->len; i++)
    {
      const char *key = g_ptr_array_index (keys, i);

      if (!loft_gio_store_lock (store, key, error))
        return FALSE;
      gboolean open = loft_gio_settle_key (store, key, error);
      loft_gio_store_unlock (store, key);
      if (!open)
        return FALSE;
    }

  return TRUE;
}

/**
 * loft_gio_intend: (skip)
 * @store: a store
 * @doubt: (inout): what is about to happen
 * @error: return location for a #GError
 *
 * Notes that a key's content is about to be put aside.
 *
 * Returns: whether it is noted; else @error is set, and it must not happen
 */
gboolean
loft_gio_intend (LoftGioStore *store, LoftGioDoubt *doubt, GError **error)
{
  g_autofree char *path =
    loft_gio_store_name (store, LOFT_GIO_FOLDER "/x", "intent");
  g_autoptr (GVariant) note = g_variant_ref_sink (
    g_variant_new ("(smss)", doubt->key, doubt->fresh, doubt->aside));
  g_autofree char *text = g_variant_print (note, FALSE);

  if (!loft_gio_store_make_parent (store, path, error) ||
      !loft_gio_upload_text (store->engine, path, text, error))
    return FALSE;

  doubt->intent = g_steal_pointer (&path);

  return TRUE;
}

/* What was cut off while it was written was noted, and did not happen. */
static LoftGioDoubt *
parse_intent (GBytes *content, const char *path)
{
  gsize size = 0;
  const char *text = g_bytes_get_data (content, &size);
  g_autoptr (GVariant) note = size > 0
                                ? g_variant_parse (G_VARIANT_TYPE ("(smss)"),
                                                   text,
                                                   text + size,
                                                   NULL,
                                                   NULL)
                                : NULL;

  if (note == NULL)
    return NULL;

  LoftGioDoubt *doubt = g_new0 (LoftGioDoubt, 1);

  g_variant_get (note, "(smss)", &doubt->key, &doubt->fresh, &doubt->aside);
  doubt->intent = g_strdup (path);

  return doubt;
}

static gboolean
settle_intent (LoftGioStore *store, const char *path, GError **error)
{
  gboolean done = FALSE;
  g_autoptr (GBytes) content =
    loft_gio_file_fetch (store->engine, path, 0, LOFT_GIO_PIECE_SIZE, error);

  if (content == NULL)
    return FALSE;

  g_autoptr (LoftGioDoubt) doubt = parse_intent (content, path);
  if (doubt == NULL)
    return delete_if_there (store, path, &done, error);

  g_message ("Settling a write of “%s” that was cut off", doubt->key);

  return loft_gio_settle (store, doubt, &done, error);
}

/* Paths of what is noted; none is no failure. */
static GPtrArray *
list_intents (LoftGioStore *store, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  g_autoptr (GPtrArray) paths = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GPtrArray) names =
    loft_gio_file_enumerate (store->engine, LOFT_GIO_FOLDER, &local_error);

  if (names == NULL &&
      !loft_gio_error_is (local_error, LOFT_STORAGE_ERROR_NOT_FOUND))
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return NULL;
    }

  for (guint i = 0; names != NULL && i < names->len; i++)
    {
      const char *name = g_ptr_array_index (names, i);

      if (g_str_has_prefix (name, ".loft-intent-"))
        g_ptr_array_add (paths, g_strconcat (LOFT_GIO_FOLDER "/", name, NULL));
    }

  return g_steal_pointer (&paths);
}

/**
 * loft_gio_settle_intents: (skip)
 * @store: a store that nobody else uses yet
 * @error: return location for a #GError
 *
 * Settles what a daemon that has died left half done.
 *
 * Returns: whether all is settled; else @error is set
 */
gboolean
loft_gio_settle_intents (LoftGioStore *store, GError **error)
{
  g_autoptr (GPtrArray) paths = list_intents (store, error);

  for (guint i = 0; paths != NULL && i < paths->len; i++)
    if (!settle_intent (store, paths->pdata[i], error))
      return FALSE;

  return paths != NULL;
}

/**
 * loft_gio_is_intended: (skip)
 * @store: a store that somebody else may own
 * @key: a key
 * @out_intended: (out): whether its content may be put aside at this moment
 * @error: return location for a #GError
 *
 * Looks for a note that says so. One that can't be read, being written or gone,
 * may be about any key.
 *
 * Returns: whether that could be found out; else @error is set
 */
gboolean
loft_gio_is_intended (LoftGioStore *store,
                      const char *key,
                      gboolean *out_intended,
                      GError **error)
{
  g_autoptr (GPtrArray) paths = list_intents (store, error);

  *out_intended = FALSE;
  for (guint i = 0; paths != NULL && i < paths->len && !*out_intended; i++)
    {
      const char *path = g_ptr_array_index (paths, i);
      g_autoptr (GBytes) content =
        loft_gio_file_fetch (store->engine, path, 0, LOFT_GIO_PIECE_SIZE, NULL);
      g_autoptr (LoftGioDoubt) doubt =
        content != NULL ? parse_intent (content, path) : NULL;

      *out_intended = doubt == NULL || g_str_equal (doubt->key, key);
    }

  return paths != NULL;
}
