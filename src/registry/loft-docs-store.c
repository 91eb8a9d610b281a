/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-docs-store.h"

#include <string.h>

#include "registry/loft-docs.h"
#include "registry/loft-path.h"
#include "registry/loft-registry-error.h"
#include "registry/loft-tar-header.h"

/* From the archive of an answer into the storage, a file at a time. Whoever has
 * packed it ran a stranger's program, so that nothing about it is believed:
 * only plain files are taken, of names that are plain everywhere, none twice,
 * none where there is a folder, and no more than so many, of so many bytes. */

#define LONG_NAME_MAX 1024
#define LIST_PAGE 1000

typedef struct
{
  LoftDocsWire *wire; /* not owned */
  guint64 left;       /* bytes of the archive */
  guint64 bytes_left; /* that its files may have */
  LoftStorage *storage;
  const char *prefix;
  GCancellable *cancellable;
  GHashTable *files;   /* owned, of owned paths */
  GHashTable *folders; /* owned, of owned paths */
  char *long_name;     /* owned, nullable: of the next member */
} Store;

static void
store_clear (Store *self)
{
  g_clear_pointer (&self->files, g_hash_table_unref);
  g_clear_pointer (&self->folders, g_hash_table_unref);
  g_clear_pointer (&self->long_name, g_free);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Store, store_clear)

static gboolean refuse (GError **error, const char *format, ...)
  G_GNUC_PRINTF (2, 3);

static gboolean
refuse (GError **error, const char *format, ...)
{
  va_list arguments;

  va_start (arguments, format);
  g_autofree char *detail = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_set_error (error,
               LOFT_REGISTRY_ERROR,
               LOFT_REGISTRY_ERROR_RULES,
               "The documentation can't be taken: %s",
               detail);

  return FALSE;
}

static gboolean
take (Store *self, gpointer data, gsize length, GError **error)
{
  if (length > self->left)
    return refuse (error, "its archive ends too early");
  self->left -= length;

  return loft_docs_wire_read (self->wire, data, length, error);
}

static gboolean
take_padding (Store *self, guint64 size, GError **error)
{
  guint8 padding[LOFT_TAR_BLOCK];
  gsize rest = (gsize) (size % LOFT_TAR_BLOCK);

  return rest == 0 || take (self, padding, LOFT_TAR_BLOCK - rest, error);
}

/* Takes the name that is too long for the header that follows. */
static gboolean
take_long_name (Store *self, guint64 size, GError **error)
{
  if (self->long_name != NULL || size > LONG_NAME_MAX)
    return refuse (error, "its archive has a name that is too long");

  self->long_name = g_malloc0 ((gsize) size + 1);

  return take (self, self->long_name, (gsize) size, error) &&
         take_padding (self, size, error);
}

/* Notes the folders that a path is in. */
static gboolean
take_folders (Store *self, const char *path, GError **error)
{
  for (const char *slash = strchr (path, '/'); slash != NULL;
       slash = strchr (slash + 1, '/'))
    {
      g_autofree char *folder = g_strndup (path, (gsize) (slash - path));

      if (g_hash_table_contains (self->files, folder))
        return refuse (error, "“%s” is a file and a folder", folder);
      g_hash_table_add (self->folders, g_steal_pointer (&folder));
    }

  return TRUE;
}

static gboolean
check_path (Store *self, const char *path, char **out_key, GError **error)
{
  if (!g_utf8_validate (path, -1, NULL))
    return refuse (error, "a path is not text in UTF-8");

  g_autofree char *key = g_strconcat (self->prefix, path, NULL);
  const char *detail = loft_path_check (path, LOFT_STORAGE_KEY_MAX, NULL);
  if (detail == NULL && !loft_storage_key_check (key, NULL))
    detail = "it is no key";
  if (detail != NULL)
    return refuse (error, "the path “%.100s”: %s", path, detail);

  if (g_hash_table_contains (self->folders, path))
    return refuse (error, "“%s” is a file and a folder", path);
  if (!take_folders (self, path, error))
    return FALSE;
  if (!g_hash_table_add (self->files, g_strdup (path)))
    return refuse (error, "“%s” is there twice", path);
  if (g_hash_table_size (self->files) > LOFT_DOCS_FILES_MAX)
    return refuse (error, "it has more than %d files", LOFT_DOCS_FILES_MAX);

  *out_key = g_steal_pointer (&key);

  return TRUE;
}

static gboolean
take_file (Store *self, const char *path, guint64 size, GError **error)
{
  g_autofree char *key = NULL;

  if (!check_path (self, path, &key, error))
    return FALSE;
  if (size > LOFT_DOCS_FILE_MAX)
    return refuse (error,
                   "“%s” has more than %d bytes",
                   path,
                   LOFT_DOCS_FILE_MAX);
  if (size > self->bytes_left)
    return refuse (error, "it is too large");
  self->bytes_left -= size;

  g_autofree char *data = g_malloc (MAX (size, 1));
  if (!take (self, data, (gsize) size, error) ||
      !take_padding (self, size, error))
    return FALSE;

  g_autoptr (GInputStream) stream =
    g_memory_input_stream_new_from_data (data, (gssize) size, NULL);

  return loft_storage_create (self->storage,
                              key,
                              stream,
                              (goffset) size,
                              self->cancellable,
                              error);
}

static gboolean
take_member (Store *self, const LoftTarHeader *header, GError **error)
{
  guint64 size = 0;

  if (!loft_tar_header_has_checksum (header) ||
      !(loft_tar_header_is_gnu (header) || loft_tar_header_is_ustar (header)) ||
      !loft_tar_parse_number (header->size, sizeof header->size, &size))
    return refuse (error, "its archive has a broken header");
  if (header->type == 'L')
    return take_long_name (self, size, error);
  if (header->type != '0')
    return refuse (error, "its archive has more in it than files");

  g_autofree char *path = g_steal_pointer (&self->long_name);
  if (path == NULL)
    path = loft_tar_header_get_path (header);

  return take_file (self, path, size, error);
}

static gboolean
is_zero (const guint8 *block)
{
  for (gsize i = 0; i < LOFT_TAR_BLOCK; i++)
    if (block[i] != 0)
      return FALSE;

  return TRUE;
}

static gboolean
take_end (Store *self, GError **error)
{
  guint8 block[LOFT_TAR_BLOCK];

  if (self->left < LOFT_TAR_BLOCK || self->left % LOFT_TAR_BLOCK != 0)
    return refuse (error, "its archive has no end");
  while (self->left > 0)
    {
      if (!take (self, block, sizeof block, error))
        return FALSE;
      if (!is_zero (block))
        return refuse (error, "its archive has something behind its end");
    }
  if (!g_hash_table_contains (self->files, LOFT_DOCS_INDEX))
    return refuse (error, "it has no %s", LOFT_DOCS_INDEX);

  return TRUE;
}

/**
 * loft_docs_store:
 * @wire: where an archive comes from
 * @length: of the archive
 * @bytes_max: bytes of its files at most
 * @storage: where to store them
 * @prefix: before their paths there
 * @cancellable: (nullable): a cancellable
 * @error: return location for a #GError
 *
 * Stores the files of an answer. What was stored stays there if one of them
 * can't be. Blocks.
 *
 * Returns: %TRUE, or %FALSE with @error set: to %LOFT_REGISTRY_ERROR_RULES if
 *   the archive is to blame, to a #LoftStorageError, or as by
 *   loft_docs_wire_read()
 */
gboolean
loft_docs_store (LoftDocsWire *wire,
                 guint64 length,
                 guint64 bytes_max,
                 LoftStorage *storage,
                 const char *prefix,
                 GCancellable *cancellable,
                 GError **error)
{
  g_return_val_if_fail (wire != NULL && prefix != NULL, FALSE);
  g_return_val_if_fail (LOFT_IS_STORAGE (storage), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  g_auto (Store) self = {
    .wire = wire,
    .left = length,
    .bytes_left = bytes_max,
    .storage = storage,
    .prefix = prefix,
    .cancellable = cancellable,
    .files = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL),
    .folders = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL),
  };

  for (;;)
    {
      LoftTarHeader header;

      if (!take (&self, &header, sizeof header, error))
        return FALSE;
      if (is_zero ((const guint8 *) &header))
        return take_end (&self, error);
      if (!take_member (&self, &header, error))
        return FALSE;
    }
}

/**
 * loft_docs_remove:
 * @storage: a storage
 * @prefix: what the keys of its objects begin with
 * @cancellable: (nullable): a cancellable
 *
 * Removes documentation that nothing tells of, as far as that can be done:
 * what is left of it is garbage, which is collected some time. Blocks.
 */
void
loft_docs_remove (LoftStorage *storage,
                  const char *prefix,
                  GCancellable *cancellable)
{
  g_return_if_fail (LOFT_IS_STORAGE (storage));
  g_return_if_fail (prefix != NULL && g_str_has_suffix (prefix, "/"));

  for (guint n = 0; n <= LOFT_DOCS_FILES_MAX; n += LIST_PAGE)
    {
      g_auto (GStrv) keys =
        loft_storage_list (storage, prefix, NULL, LIST_PAGE, cancellable, NULL);

      if (keys == NULL || keys[0] == NULL)
        return;
      for (gsize i = 0; keys[i] != NULL; i++)
        if (!loft_storage_remove (storage, keys[i], cancellable, NULL))
          return;
    }
}
