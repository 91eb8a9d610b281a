/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "loft-gio-write.h"

#include <string.h>

#include "loft-gio-error.h"
#include "loft-gio-file.h"
#include "loft-gio-lease.h"
#include "loft-gio-settle.h"
#include "loft-gio-upload.h"
#include "storage/loft-storage.h"

static const char *
get_name (const char *key)
{
  const char *slash = strrchr (key, '/');

  return slash != NULL ? slash + 1 : key;
}

/* Whether the server has said no, so that there is nothing to come. */
static gboolean
is_final (const GError *error)
{
  return !loft_gio_error_is (error, LOFT_STORAGE_ERROR_UNKNOWN) &&
         !loft_gio_error_is (error, LOFT_STORAGE_ERROR_UNAVAILABLE);
}

/* What a write of a closed key comes to. Even a no may be the second answer to
 * what was done at once, since GVfs repeats what it has lost the answer to. But
 * what is gone may have been taken by another owner of the store. */
static gboolean
conclude (LoftGioStore *store,
          const LoftGioDoubt *doubt,
          const GError *cause,
          GError **error)
{
  gboolean done = FALSE;

  if (!is_final (cause) || !loft_gio_settle (store, doubt, &done, NULL) ||
      (done && !loft_gio_lease_check (store->lease, NULL)))
    {
      g_set_error (error,
                   LOFT_STORAGE_ERROR,
                   LOFT_STORAGE_ERROR_UNKNOWN,
                   "What became of “%s” is not known: %s",
                   doubt->key,
                   cause->message);
      loft_gio_store_forget_folders (store);
      return FALSE;
    }

  loft_gio_store_reopen (store, doubt->key);
  if (!done)
    g_propagate_error (error, g_error_copy (cause));

  return done;
}

static gboolean
check_free (LoftGioStore *store, const char *key, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  LoftGioInfo info;

  if (loft_gio_file_query (store->engine, key, &info, &local_error))
    {
      g_set_error (
        error,
        LOFT_STORAGE_ERROR,
        info.is_file ? LOFT_STORAGE_ERROR_EXISTS : LOFT_STORAGE_ERROR_FAILED,
        info.is_file ? "“%s” is already there"
                     : "“%s” cannot be stored: there is a folder of that name",
        key);
      return FALSE;
    }
  if (loft_gio_error_is (local_error, LOFT_STORAGE_ERROR_NOT_FOUND))
    return TRUE;

  g_propagate_error (error, g_steal_pointer (&local_error));

  return FALSE;
}

/* Puts content beside where it belongs. */
static gboolean
prepare (LoftGioStore *store,
         LoftGioDoubt *doubt,
         GInputStream *content,
         goffset size,
         GCancellable *cancellable,
         GError **error)
{
  if (!loft_gio_store_make_parent (store, doubt->key, error))
    return FALSE;

  loft_gio_store_begin_fresh (store, doubt);
  if (loft_gio_upload (store->engine,
                       doubt->fresh,
                       content,
                       size,
                       cancellable,
                       error) &&
      !g_cancellable_set_error_if_cancelled (cancellable, error))
    return TRUE;

  loft_gio_file_delete (store->engine, doubt->fresh, NULL);
  loft_gio_store_forget_folders (store);

  return FALSE;
}

/* Whether what is ready may be done. */
static gboolean
check_owned (LoftGioStore *store, LoftGioDoubt *doubt, GError **error)
{
  if (loft_gio_lease_check (store->lease, error))
    return TRUE;

  if (doubt->fresh != NULL)
    loft_gio_file_delete (store->engine, doubt->fresh, NULL);

  return FALSE;
}

static gboolean
create_locked (LoftGioStore *store,
               const char *key,
               GInputStream *content,
               goffset size,
               GCancellable *cancellable,
               GError **error)
{
  g_autoptr (LoftGioDoubt) doubt = loft_gio_doubt_new (key);
  g_autoptr (GError) local_error = NULL;

  if (!loft_gio_settle_key (store, key, error) ||
      !check_free (store, key, error) ||
      !prepare (store, doubt, content, size, cancellable, error) ||
      !check_owned (store, doubt, error))
    return FALSE;

  if (loft_gio_file_rename (store->engine,
                            doubt->fresh,
                            get_name (key),
                            &local_error))
    return TRUE;

  const LoftGioDoubt *closed = doubt;
  loft_gio_store_close (store, g_steal_pointer (&doubt));

  return conclude (store, closed, local_error, error);
}

/**
 * loft_gio_create: (skip)
 * @store: a store
 * @key: a key
 * @content: what to store
 * @size: how many bytes that must be
 * @cancellable: (nullable): a cancellable
 * @error: return location for a #GError
 *
 * Does what loft_storage_create() promises.
 *
 * Returns: whether it is stored; else @error is set
 */
gboolean
loft_gio_create (LoftGioStore *store,
                 const char *key,
                 GInputStream *content,
                 goffset size,
                 GCancellable *cancellable,
                 GError **error)
{
  if (g_cancellable_set_error_if_cancelled (cancellable, error) ||
      !loft_gio_store_lock (store, key, error))
    return FALSE;

  gboolean done = create_locked (store, key, content, size, cancellable, error);
  loft_gio_store_unlock (store, key);

  return done;
}

static gboolean
check_expected (LoftGioStore *store,
                const char *key,
                const char *etag,
                GError **error)
{
  g_autoptr (GBytes) content =
    loft_gio_file_fetch (store->engine,
                         key,
                         0,
                         LOFT_STORAGE_DOCUMENT_MAX + 1,
                         error);

  if (content == NULL)
    return FALSE;

  g_autofree char *current =
    g_compute_checksum_for_bytes (G_CHECKSUM_SHA256, content);
  if (g_str_equal (current, etag))
    return TRUE;

  g_set_error (error,
               LOFT_STORAGE_ERROR,
               LOFT_STORAGE_ERROR_CHANGED,
               "“%s” is not the document that was expected",
               key);

  return FALSE;
}

/* Puts what is there aside, and the new content in its place, if there is one.
 * If that fails the key is closed, before anybody looks for it. */
static gboolean
swap (LoftGioStore *store, LoftGioDoubt *doubt, GError **error)
{
  loft_gio_store_begin_swap (store);
  gboolean done =
    loft_gio_file_rename (store->engine,
                          doubt->key,
                          get_name (doubt->aside),
                          error) &&
    (doubt->fresh == NULL || loft_gio_file_rename (store->engine,
                                                   doubt->fresh,
                                                   get_name (doubt->key),
                                                   error));
  if (!done)
    loft_gio_store_close (store, doubt);
  loft_gio_store_end_swap (store);

  return done;
}

/* Takes over @doubt. */
static gboolean
swap_or_conclude (LoftGioStore *store, LoftGioDoubt *doubt, GError **error)
{
  g_autoptr (LoftGioDoubt) owned = doubt;
  g_autoptr (GError) local_error = NULL;

  owned->aside = loft_gio_store_name (store, owned->key, "old");
  if (!loft_gio_intend (store, owned, error))
    {
      if (owned->fresh != NULL)
        loft_gio_file_delete (store->engine, owned->fresh, NULL);
      return FALSE;
    }

  if (!check_owned (store, owned, error))
    {
      loft_gio_file_delete (store->engine, owned->intent, NULL);
      return FALSE;
    }

  if (!swap (store, owned, &local_error))
    return conclude (store, g_steal_pointer (&owned), local_error, error);

  /* What is left of it is in nobody's way, and the next start tidies up. */
  if (!loft_gio_file_delete (store->engine, owned->aside, &local_error) ||
      !loft_gio_file_delete (store->engine, owned->intent, &local_error))
    g_debug ("What was put aside stays: %s", local_error->message);

  return TRUE;
}

static gboolean
replace_locked (LoftGioStore *store,
                const char *key,
                GBytes *content,
                const char *etag,
                GCancellable *cancellable,
                GError **error)
{
  g_autoptr (LoftGioDoubt) doubt = loft_gio_doubt_new (key);
  g_autoptr (GInputStream) stream =
    g_memory_input_stream_new_from_bytes (content);

  return loft_gio_settle_key (store, key, error) &&
         check_expected (store, key, etag, error) &&
         prepare (store,
                  doubt,
                  stream,
                  (goffset) g_bytes_get_size (content),
                  cancellable,
                  error) &&
         swap_or_conclude (store, g_steal_pointer (&doubt), error);
}

/**
 * loft_gio_replace: (skip)
 * @store: a store
 * @key: a key
 * @content: the new content
 * @etag: (nullable): what is expected, or %NULL for nothing
 * @cancellable: (nullable): a cancellable
 * @error: return location for a #GError
 *
 * Does what loft_storage_replace() promises.
 *
 * Returns: (transfer full): the new etag, or %NULL with @error set
 */
char *
loft_gio_replace (LoftGioStore *store,
                  const char *key,
                  GBytes *content,
                  const char *etag,
                  GCancellable *cancellable,
                  GError **error)
{
  g_autoptr (GError) local_error = NULL;
  gboolean done = FALSE;

  if (g_cancellable_set_error_if_cancelled (cancellable, error) ||
      !loft_gio_store_lock (store, key, error))
    return NULL;

  if (etag != NULL)
    done =
      replace_locked (store, key, content, etag, cancellable, &local_error);
  else
    {
      g_autoptr (GInputStream) stream =
        g_memory_input_stream_new_from_bytes (content);

      done = create_locked (store,
                            key,
                            stream,
                            (goffset) g_bytes_get_size (content),
                            cancellable,
                            &local_error);
    }
  loft_gio_store_unlock (store, key);

  if (done)
    return g_compute_checksum_for_bytes (G_CHECKSUM_SHA256, content);

  if (loft_gio_error_is (local_error, LOFT_STORAGE_ERROR_EXISTS) ||
      loft_gio_error_is (local_error, LOFT_STORAGE_ERROR_NOT_FOUND))
    local_error->code = LOFT_STORAGE_ERROR_CHANGED;
  g_propagate_error (error, g_steal_pointer (&local_error));

  return NULL;
}

static gboolean
remove_locked (LoftGioStore *store, const char *key, GError **error)
{
  LoftGioInfo info;

  if (!loft_gio_settle_key (store, key, error) ||
      !loft_gio_file_query (store->engine, key, &info, error))
    return FALSE;
  if (!info.is_file)
    {
      g_set_error (error,
                   LOFT_STORAGE_ERROR,
                   LOFT_STORAGE_ERROR_NOT_FOUND,
                   "There is no “%s”",
                   key);
      return FALSE;
    }

  return swap_or_conclude (store, loft_gio_doubt_new (key), error);
}

/**
 * loft_gio_remove: (skip)
 * @store: a store
 * @key: a key
 * @error: return location for a #GError
 *
 * Does what loft_storage_remove() promises. The folder stays.
 *
 * Returns: whether it is removed; else @error is set
 */
gboolean
loft_gio_remove (LoftGioStore *store, const char *key, GError **error)
{
  if (!loft_gio_store_lock (store, key, error))
    return FALSE;

  gboolean done = remove_locked (store, key, error);
  loft_gio_store_unlock (store, key);

  return done;
}
