/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "storage/loft-storage.h"

#include <errno.h>
#include <string.h>

#include "storage/loft-storage-thread.h"

/* How many characters of a key that is wrong a message repeats. */
#define QUOTE_MAX 64

/**
 * LoftStorage:
 *
 * Where the registry keeps its objects. Keys are UTF-8, `/`-separated, without
 * empty, `.` or `..` segments, at most %LOFT_STORAGE_SEGMENT_MAX bytes a
 * segment and %LOFT_STORAGE_KEY_MAX in all. An object is written once and
 * whole; only small documents are ever replaced. A key that has other keys
 * below it, as `a` has beside `a/b`, may be refused by a storage that keeps
 * folders.
 *
 * Every call but the _async ones may block, and may come from several threads
 * at once. Errors are #LoftStorageError, save that a cancelled call fails with
 * %G_IO_ERROR_CANCELLED. A write that was cancelled did not happen.
 */

G_DEFINE_QUARK (loft_storage_error, loft_storage_error)

G_DEFINE_INTERFACE (LoftStorage, loft_storage, G_TYPE_OBJECT)

static void
loft_storage_default_init (LoftStorageInterface *iface)
{
  loft_storage_set_async_defaults (iface);
}

/**
 * loft_storage_error_from_errno:
 * @code: an errno value
 *
 * Returns: what a storage answers where the system answered @code
 */
LoftStorageError
loft_storage_error_from_errno (int code)
{
  switch (code)
    {
    case ENOENT:
      return LOFT_STORAGE_ERROR_NOT_FOUND;
    case EEXIST:
      return LOFT_STORAGE_ERROR_EXISTS;
    case ENOSPC:
    case EDQUOT:
      return LOFT_STORAGE_ERROR_NO_SPACE;
    case EROFS:
    case EACCES:
    case EPERM:
    case ELOOP:
      return LOFT_STORAGE_ERROR_DENIED;
    case ESTALE:
    case ETIMEDOUT:
    case EMFILE:
    case ENFILE:
    case ENOMEM:
      return LOFT_STORAGE_ERROR_UNAVAILABLE;
    case ENAMETOOLONG:
      return LOFT_STORAGE_ERROR_INVALID_KEY;
    default:
      return LOFT_STORAGE_ERROR_FAILED;
    }
}

/* What a client sent may be of any length and hold anything. */
static char *
quote_key (const char *key)
{
  g_autofree char *head = g_strndup (key, QUOTE_MAX * 4);
  g_autofree char *valid = g_utf8_make_valid (head, -1);
  GString *quoted = g_string_new ("“");
  guint n = 0;

  for (const char *p = valid; *p != '\0'; p = g_utf8_next_char (p))
    {
      gunichar c = g_utf8_get_char (p);

      if (n++ == QUOTE_MAX)
        {
          g_string_append (quoted, "…");
          break;
        }
      if (g_unichar_isprint (c))
        g_string_append_unichar (quoted, c);
      else
        g_string_append_printf (quoted, "\\u%04x", c);
    }

  g_string_append (quoted, "”");

  return g_string_free (quoted, FALSE);
}

static gboolean
refuse_key (const char *key, const char *why, GError **error)
{
  g_autofree char *quoted = quote_key (key);

  g_set_error (error,
               LOFT_STORAGE_ERROR,
               LOFT_STORAGE_ERROR_INVALID_KEY,
               "%s is not a key: %s",
               quoted,
               why);

  return FALSE;
}

/**
 * loft_storage_key_check:
 * @key: what may be a key
 * @error: return location for a #GError
 *
 * Checks @key against the rules for keys.
 *
 * Returns: whether it is one; else %LOFT_STORAGE_ERROR_INVALID_KEY is set, and
 *   its message says why
 */
gboolean
loft_storage_key_check (const char *key, GError **error)
{
  g_return_val_if_fail (key != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (key[0] == '\0')
    return refuse_key (key, "it is empty", error);
  if (strnlen (key, LOFT_STORAGE_KEY_MAX + 1) > LOFT_STORAGE_KEY_MAX)
    return refuse_key (
      key,
      "it has more than " G_STRINGIFY (LOFT_STORAGE_KEY_MAX) " bytes",
      error);
  if (!g_utf8_validate (key, -1, NULL))
    return refuse_key (key, "it is not valid UTF-8", error);

  for (const char *segment = key;;)
    {
      gsize length = strcspn (segment, "/");

      if (length == 0)
        return refuse_key (key, "a segment is empty", error);
      if (strncmp (segment, "..", length) == 0 && length <= 2)
        return refuse_key (key, "a segment is “.” or “..”", error);
      if (length > LOFT_STORAGE_SEGMENT_MAX)
        return refuse_key (key,
                           "a segment has more than " G_STRINGIFY (
                             LOFT_STORAGE_SEGMENT_MAX) " bytes",
                           error);
      if (segment[length] == '\0')
        return TRUE;

      segment += length + 1;
    }
}

/**
 * loft_storage_open:
 * @self: a storage that is not open
 * @config: the configuration; the group named after the backend is read
 * @cancellable: (nullable): a cancellable
 * @error: return location for a #GError
 *
 * Makes @self ready, and probes that the engine keeps the promises that
 * the backend makes. Called once, before anything else.
 *
 * Returns: whether it worked; else %LOFT_STORAGE_ERROR_FAILED for a
 *   configuration or an engine that will not do, %LOFT_STORAGE_ERROR_DENIED
 *   for want of a right, %LOFT_STORAGE_ERROR_UNAVAILABLE where it may work
 *   later. That somebody else owns the store is the one or the other: whether
 *   waiting helps, the backend knows
 */
gboolean
loft_storage_open (LoftStorage *self,
                   GKeyFile *config,
                   GCancellable *cancellable,
                   GError **error)
{
  g_return_val_if_fail (LOFT_IS_STORAGE (self), FALSE);
  g_return_val_if_fail (config != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return LOFT_STORAGE_GET_IFACE (self)->open (self, config, cancellable, error);
}

/**
 * loft_storage_can_join:
 * @self: an open storage
 *
 * Tells whether processes that this one starts may use the store too.
 *
 * Returns: whether loft_storage_join() can work there
 */
gboolean
loft_storage_can_join (LoftStorage *self)
{
  g_return_val_if_fail (LOFT_IS_STORAGE (self), FALSE);

  return LOFT_STORAGE_GET_IFACE (self)->join != NULL ||
         loft_storage_has (self, LOFT_STORAGE_FEATURE_SHARED);
}

/**
 * loft_storage_join:
 * @self: a storage that is not open
 * @config: the configuration with which the parent process has opened it
 * @cancellable: (nullable): a cancellable
 * @error: return location for a #GError
 *
 * Makes @self ready in a process whose parent has the store open, or, where it
 * is remote and shared, as long as its engine is away. What
 * several such processes do, they do as the threads of one. Called once, in
 * place of loft_storage_open().
 *
 * Returns: whether it worked; else @error is set as by loft_storage_open(),
 *   %LOFT_STORAGE_ERROR_UNAVAILABLE if the parent does not have it open any
 *   more
 */
gboolean
loft_storage_join (LoftStorage *self,
                   GKeyFile *config,
                   GCancellable *cancellable,
                   GError **error)
{
  g_return_val_if_fail (LOFT_IS_STORAGE (self), FALSE);
  g_return_val_if_fail (config != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  LoftStorageInterface *iface = LOFT_STORAGE_GET_IFACE (self);

  return iface->join != NULL ? iface->join (self, config, cancellable, error)
                             : iface->open (self, config, cancellable, error);
}

/**
 * loft_storage_observe:
 * @self: a storage that is not open
 * @config: the configuration; the group named after the backend is read
 * @cancellable: (nullable): a cancellable
 * @error: return location for a #GError
 *
 * Makes @self ready to be read, whoever else owns the store and writes to it.
 * It has %LOFT_STORAGE_FEATURE_READ_ONLY, and leaves no trace. A document that
 * is replaced while keys are listed may be missing from the list; a read of
 * it never finds nothing. Called once, in place of loft_storage_open().
 *
 * Returns: whether it worked; else @error is set as by loft_storage_open(),
 *   %LOFT_STORAGE_ERROR_FAILED if the backend can't do that
 */
gboolean
loft_storage_observe (LoftStorage *self,
                      GKeyFile *config,
                      GCancellable *cancellable,
                      GError **error)
{
  g_return_val_if_fail (LOFT_IS_STORAGE (self), FALSE);
  g_return_val_if_fail (config != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  LoftStorageInterface *iface = LOFT_STORAGE_GET_IFACE (self);

  if (iface->observe != NULL)
    return iface->observe (self, config, cancellable, error);

  g_set_error_literal (error,
                       LOFT_STORAGE_ERROR,
                       LOFT_STORAGE_ERROR_FAILED,
                       "This backend can't only read");

  return FALSE;
}

/**
 * loft_storage_get_features:
 * @self: an open storage
 *
 * Returns: what the storage is; it does not change while it is open
 */
LoftStorageFeatures
loft_storage_get_features (LoftStorage *self)
{
  g_return_val_if_fail (LOFT_IS_STORAGE (self), LOFT_STORAGE_FEATURE_NONE);

  return LOFT_STORAGE_GET_IFACE (self)->get_features (self);
}

/**
 * loft_storage_has:
 * @self: an open storage
 * @feature: one feature
 *
 * Returns: whether the storage has it
 */
gboolean
loft_storage_has (LoftStorage *self, LoftStorageFeatures feature)
{
  return (loft_storage_get_features (self) & feature) != 0;
}

/**
 * loft_storage_get_uri:
 * @self: an open storage
 *
 * Returns: (transfer none): where the store is, for people, without secrets
 */
const char *
loft_storage_get_uri (LoftStorage *self)
{
  g_return_val_if_fail (LOFT_IS_STORAGE (self), NULL);

  return LOFT_STORAGE_GET_IFACE (self)->get_uri (self);
}

/**
 * loft_storage_get_clock_skew:
 * @self: an open storage
 *
 * Tells how far the storage's clock is from this machine's, as its last answer
 * said. Quick.
 *
 * Returns: microseconds, exact to about a second: positive if the storage's is
 *   ahead, 0 if nothing is known or the clock is the same
 */
gint64
loft_storage_get_clock_skew (LoftStorage *self)
{
  g_return_val_if_fail (LOFT_IS_STORAGE (self), 0);

  LoftStorageInterface *iface = LOFT_STORAGE_GET_IFACE (self);

  return iface->get_clock_skew != NULL ? iface->get_clock_skew (self) : 0;
}

/**
 * loft_storage_create:
 * @self: an open storage
 * @key: the new object's key
 * @content: yields the content
 * @size: how many bytes @content yields
 * @cancellable: (nullable): a cancellable
 * @error: return location for a #GError
 *
 * Stores an object that was not there. It appears whole and durable, or not at
 * all. Of any number of concurrent calls for one key exactly one succeeds.
 * @content is read up to its end but not closed; what fails while it is read
 * is passed on as it is.
 *
 * Returns: whether it is stored; else @error is set:
 *   %LOFT_STORAGE_ERROR_EXISTS if the key is taken, and what is there is
 *   durable; %LOFT_STORAGE_ERROR_INVALID_KEY; %LOFT_STORAGE_ERROR_NO_SPACE;
 *   %LOFT_STORAGE_ERROR_DENIED; %LOFT_STORAGE_ERROR_UNAVAILABLE;
 *   %LOFT_STORAGE_ERROR_UNKNOWN if it may or may not be stored;
 *   %LOFT_STORAGE_ERROR_FAILED, among others if @content yields fewer or
 *   more than @size bytes
 */
gboolean
loft_storage_create (LoftStorage *self,
                     const char *key,
                     GInputStream *content,
                     goffset size,
                     GCancellable *cancellable,
                     GError **error)
{
  g_return_val_if_fail (LOFT_IS_STORAGE (self), FALSE);
  g_return_val_if_fail (key != NULL, FALSE);
  g_return_val_if_fail (G_IS_INPUT_STREAM (content), FALSE);
  g_return_val_if_fail (size >= 0, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (!loft_storage_key_check (key, error))
    return FALSE;

  return LOFT_STORAGE_GET_IFACE (self)
    ->create (self, key, content, size, cancellable, error);
}

/**
 * loft_storage_replace:
 * @self: an open storage
 * @key: the document's key
 * @content: the new content, at most %LOFT_STORAGE_DOCUMENT_MAX bytes
 * @etag: (nullable): the etag of what shall be replaced, or %NULL if there must
 *   be nothing
 * @cancellable: (nullable): a cancellable
 * @error: return location for a #GError
 *
 * Replaces a small document if it is still the one that the caller has seen.
 * A reader sees the old content or the new, never a mixture.
 *
 * Returns: (transfer full): the new etag, or %NULL with @error set:
 *   %LOFT_STORAGE_ERROR_CHANGED if there is another document, or none, or
 *   one where there must be nothing; %LOFT_STORAGE_ERROR_FAILED, among others
 *   for a @content that is too large; and the other errors of
 *   loft_storage_create()
 */
char *
loft_storage_replace (LoftStorage *self,
                      const char *key,
                      GBytes *content,
                      const char *etag,
                      GCancellable *cancellable,
                      GError **error)
{
  g_return_val_if_fail (LOFT_IS_STORAGE (self), NULL);
  g_return_val_if_fail (key != NULL, NULL);
  g_return_val_if_fail (content != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  if (!loft_storage_key_check (key, error))
    return NULL;

  if (g_bytes_get_size (content) > LOFT_STORAGE_DOCUMENT_MAX)
    {
      g_set_error (error,
                   LOFT_STORAGE_ERROR,
                   LOFT_STORAGE_ERROR_FAILED,
                   "The new content of “%s” has %" G_GSIZE_FORMAT
                   " bytes, more than the %d of a small document",
                   key,
                   g_bytes_get_size (content),
                   LOFT_STORAGE_DOCUMENT_MAX);
      return NULL;
    }

  return LOFT_STORAGE_GET_IFACE (self)
    ->replace (self, key, content, etag, cancellable, error);
}

/**
 * loft_storage_read:
 * @self: an open storage
 * @key: the object's key
 * @offset: the first byte that is wanted
 * @length: how many bytes are wanted, or -1 for all that follow @offset
 * @cancellable: (nullable): a cancellable
 * @error: return location for a #GError
 *
 * Reads an object or a range of it. A range is clamped to the object: beyond
 * its end there are no bytes, and its size tells why.
 *
 * Returns: (transfer full): the object, or %NULL with @error set:
 *   %LOFT_STORAGE_ERROR_NOT_FOUND if there is none;
 *   %LOFT_STORAGE_ERROR_INVALID_KEY; %LOFT_STORAGE_ERROR_DENIED;
 *   %LOFT_STORAGE_ERROR_CORRUPT; %LOFT_STORAGE_ERROR_UNAVAILABLE;
 *   %LOFT_STORAGE_ERROR_FAILED
 */
LoftObject *
loft_storage_read (LoftStorage *self,
                   const char *key,
                   goffset offset,
                   goffset length,
                   GCancellable *cancellable,
                   GError **error)
{
  g_return_val_if_fail (LOFT_IS_STORAGE (self), NULL);
  g_return_val_if_fail (key != NULL, NULL);
  g_return_val_if_fail (offset >= 0 && length >= -1, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  if (!loft_storage_key_check (key, error))
    return NULL;

  return LOFT_STORAGE_GET_IFACE (self)
    ->read (self, key, offset, length, cancellable, error);
}

/**
 * loft_storage_list:
 * @self: an open storage
 * @prefix: (nullable): with what the keys begin; any string
 * @after: (nullable): what the keys follow; any string, whether a key or not
 * @limit: how many keys are wanted, or 0 for all
 * @cancellable: (nullable): a cancellable
 * @error: return location for a #GError
 *
 * Lists keys in the order of their bytes. An object that is created or removed
 * meanwhile may or may not be listed; every other one is, once.
 *
 * Returns: (transfer full): the keys, or %NULL with @error set:
 *   %LOFT_STORAGE_ERROR_DENIED, %LOFT_STORAGE_ERROR_UNAVAILABLE or
 *   %LOFT_STORAGE_ERROR_FAILED
 */
GStrv
loft_storage_list (LoftStorage *self,
                   const char *prefix,
                   const char *after,
                   guint limit,
                   GCancellable *cancellable,
                   GError **error)
{
  g_return_val_if_fail (LOFT_IS_STORAGE (self), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  return LOFT_STORAGE_GET_IFACE (self)
    ->list (self, prefix, after, limit, cancellable, error);
}

/**
 * loft_storage_remove:
 * @self: an open storage
 * @key: the object's key
 * @cancellable: (nullable): a cancellable
 * @error: return location for a #GError
 *
 * Removes an object for good. It is the caller who knows that nothing refers
 * to it any more.
 *
 * Returns: whether it is removed; else @error is set:
 *   %LOFT_STORAGE_ERROR_NOT_FOUND if there is none; and the other errors of
 *   loft_storage_create()
 */
gboolean
loft_storage_remove (LoftStorage *self,
                     const char *key,
                     GCancellable *cancellable,
                     GError **error)
{
  g_return_val_if_fail (LOFT_IS_STORAGE (self), FALSE);
  g_return_val_if_fail (key != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (!loft_storage_key_check (key, error))
    return FALSE;

  return LOFT_STORAGE_GET_IFACE (self)->remove (self, key, cancellable, error);
}

/**
 * loft_storage_redirect:
 * @self: an open storage
 * @key: the object's key
 * @seconds: how long the address shall be good for
 * @cancellable: (nullable): a cancellable
 * @error: return location for a #GError
 *
 * Makes an address from which a client may fetch the object for itself. Only
 * a storage with %LOFT_STORAGE_FEATURE_REDIRECT can.
 *
 * Returns: (transfer full): the URL, or %NULL with @error set;
 *   %LOFT_STORAGE_ERROR_FAILED if the storage hands out none
 */
char *
loft_storage_redirect (LoftStorage *self,
                       const char *key,
                       guint seconds,
                       GCancellable *cancellable,
                       GError **error)
{
  g_return_val_if_fail (LOFT_IS_STORAGE (self), NULL);
  g_return_val_if_fail (key != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  LoftStorageInterface *iface = LOFT_STORAGE_GET_IFACE (self);

  if (!loft_storage_key_check (key, error))
    return NULL;

  if (iface->redirect == NULL)
    {
      g_set_error (error,
                   LOFT_STORAGE_ERROR,
                   LOFT_STORAGE_ERROR_FAILED,
                   "%s hands out no addresses",
                   iface->get_uri (self));
      return NULL;
    }

  return iface->redirect (self, key, seconds, cancellable, error);
}
