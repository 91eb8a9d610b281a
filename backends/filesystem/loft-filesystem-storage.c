/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "loft-filesystem-storage.h"

#include <fcntl.h>
#include <glib/gi18n.h>

#include "loft-filesystem-list.h"
#include "loft-filesystem-walk.h"
#include "loft-filesystem-write.h"
#include "storage/loft-storage-plugin.h"

/* What is promised after a power cut
 *
 * A disk keeps what was flushed to it, in whatever order it likes, and may keep
 * or lose anything else. There are two kinds of things to flush: the content
 * of a file, and the folder that holds its name. A name can be on the disk
 * without the content, and the content without any name.
 *
 * create: a file without a name (O_TMPFILE) is filled and flushed, then linked
 *   to its name, which only succeeds if that is free, then the folder is
 *   flushed. After a power cut there is either no such name or one with the
 *   whole content; and once the caller was told that it worked, there is one.
 *   A name is no use if a folder above it is lost, so the name of every folder
 *   on the way is flushed too. Who made that folder does not matter: another
 *   thread may have made it a moment ago and not have flushed it yet. Folders
 *   known to be on the disk are remembered, by number, birth time and place.
 *
 * EXISTS is a promise too: the caller may tell a client that its package is
 *   safe because it is already there. So what is there is flushed first, by
 *   whomever it was written, and the folders above it as well.
 *
 * replace: the new content is a file of its own, flushed, before it is renamed
 *   over the old one; then the folder is flushed. After a power cut there is
 *   the old document or the new one; once the caller was told, the new one.
 *   Readers may see the new one a moment before it is certain to stay.
 *
 * remove: the folder is flushed, so that what was removed does not return.
 *
 * When a flush fails, the kernel may have dropped what it could not write and
 *   count it as written, so that a second flush succeeds and means nothing.
 *   A file whose flush failed has no name yet and is thrown away; a later try
 *   writes everything again. A folder cannot be thrown away: after a failed
 *   flush of one, nothing is stored or confirmed any more, by no process of the
 *   server, until it is started again.
 *
 * Where the filesystem has no files without a name, a file in _registry/tmp
 * takes their part; what a crash leaves there is removed at the next start.
 * Where it has no hard links nothing could be created exclusively, so it is
 * refused. All of this rests on the disk doing what a flush asks; a
 * filesystem mounted without barriers promises nothing. */

/* Up to here an object is read at once: that costs less than a mapping, and
 * small documents are looked at, which a mapping is not fit for. */
#define READ_MAX (64 * 1024)

/**
 * LoftFilesystemStorage:
 *
 * Keeps objects as files in a folder, under the names that their keys are.
 */
struct _LoftFilesystemStorage
{
  GObject parent_instance;

  LoftFilesystemRoot *root; /* owned, nullable until it is open */
  char *uri;                /* owned, nullable until it is open */
};

static void loft_storage_iface_init (LoftStorageInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (LoftFilesystemStorage,
                               loft_filesystem_storage,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (LOFT_TYPE_STORAGE,
                                                      loft_storage_iface_init))

static void
loft_filesystem_storage_finalize (GObject *object)
{
  LoftFilesystemStorage *self = LOFT_FILESYSTEM_STORAGE (object);

  g_clear_pointer (&self->root, loft_filesystem_root_free);
  g_free (self->uri);

  G_OBJECT_CLASS (loft_filesystem_storage_parent_class)->finalize (object);
}

static void
loft_filesystem_storage_class_init (LoftFilesystemStorageClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = loft_filesystem_storage_finalize;
}

static void
loft_filesystem_storage_init (LoftFilesystemStorage *self)
{
}

static char *
read_config (GKeyFile *config, GError **error)
{
  g_auto (GStrv) keys = g_key_file_get_keys (config, "filesystem", NULL, NULL);

  for (guint i = 0; keys != NULL && keys[i] != NULL; i++)
    if (g_strcmp0 (keys[i], "Root") != 0)
      {
        g_set_error (
          error,
          LOFT_STORAGE_ERROR,
          LOFT_STORAGE_ERROR_FAILED,
          _ ("“%s” in [filesystem] is unknown; there is only “Root”"),
          keys[i]);
        return NULL;
      }

  g_autofree char *root =
    g_key_file_get_string (config, "filesystem", "Root", NULL);

  if (root == NULL || root[0] == '\0')
    {
      g_set_error (error,
                   LOFT_STORAGE_ERROR,
                   LOFT_STORAGE_ERROR_FAILED,
                   _ ("“Root” in [filesystem] must name a folder"));
      return NULL;
    }

  return g_canonicalize_filename (root, NULL);
}

static gboolean
open_root (LoftFilesystemStorage *self,
           GKeyFile *config,
           LoftFilesystemRoot *(*open) (const char *path, GError **error),
           GCancellable *cancellable,
           GError **error)
{
  g_return_val_if_fail (self->root == NULL, FALSE);

  g_autofree char *path = read_config (config, error);
  if (path == NULL || g_cancellable_set_error_if_cancelled (cancellable, error))
    return FALSE;

  g_autofree char *uri = g_filename_to_uri (path, NULL, error);
  if (uri == NULL)
    return FALSE;

  self->root = open (path, error);
  self->uri = g_steal_pointer (&uri);

  return self->root != NULL;
}

static gboolean
loft_filesystem_storage_open (LoftStorage *storage,
                              GKeyFile *config,
                              GCancellable *cancellable,
                              GError **error)
{
  return open_root (LOFT_FILESYSTEM_STORAGE (storage),
                    config,
                    loft_filesystem_root_open,
                    cancellable,
                    error);
}

static gboolean
loft_filesystem_storage_join (LoftStorage *storage,
                              GKeyFile *config,
                              GCancellable *cancellable,
                              GError **error)
{
  return open_root (LOFT_FILESYSTEM_STORAGE (storage),
                    config,
                    loft_filesystem_root_join,
                    cancellable,
                    error);
}

static gboolean
loft_filesystem_storage_observe (LoftStorage *storage,
                                 GKeyFile *config,
                                 GCancellable *cancellable,
                                 GError **error)
{
  return open_root (LOFT_FILESYSTEM_STORAGE (storage),
                    config,
                    loft_filesystem_root_observe,
                    cancellable,
                    error);
}

static LoftStorageFeatures
loft_filesystem_storage_get_features (LoftStorage *storage)
{
  LoftFilesystemStorage *self = LOFT_FILESYSTEM_STORAGE (storage);

  return self->root != NULL && self->root->read_only != NULL
           ? LOFT_STORAGE_FEATURE_READ_ONLY
           : LOFT_STORAGE_FEATURE_NONE;
}

static const char *
loft_filesystem_storage_get_uri (LoftStorage *storage)
{
  return LOFT_FILESYSTEM_STORAGE (storage)->uri;
}

static gboolean
loft_filesystem_storage_create (LoftStorage *storage,
                                const char *key,
                                GInputStream *content,
                                goffset size,
                                GCancellable *cancellable,
                                GError **error)
{
  LoftFilesystemStorage *self = LOFT_FILESYSTEM_STORAGE (storage);

  return loft_filesystem_check_key (key, error) &&
         loft_filesystem_create (self->root,
                                 key,
                                 content,
                                 size,
                                 cancellable,
                                 error);
}

static char *
loft_filesystem_storage_replace (LoftStorage *storage,
                                 const char *key,
                                 GBytes *content,
                                 const char *etag,
                                 GCancellable *cancellable,
                                 GError **error)
{
  LoftFilesystemStorage *self = LOFT_FILESYSTEM_STORAGE (storage);

  if (!loft_filesystem_check_key (key, error))
    return NULL;

  return loft_filesystem_replace (self->root,
                                  key,
                                  content,
                                  etag,
                                  cancellable,
                                  error);
}

/* Where nothing is found because nothing is there any more, it would be wrong
 * to say that there is no such object. */
static gboolean
check_root (LoftFilesystemStorage *self, GError **error)
{
  struct stat status;

  if (fstat (self->root->fd, &status) == -1 || status.st_nlink > 0)
    return TRUE;

  g_set_error (error,
               LOFT_STORAGE_ERROR,
               LOFT_STORAGE_ERROR_UNAVAILABLE,
               "The folder “%s” was deleted; once it is there again, the "
               "server has to be started again",
               self->root->path);

  return FALSE;
}

static LoftObject *
read_object (LoftFilesystemStorage *self,
             const char *key,
             goffset offset,
             goffset length,
             GCancellable *cancellable,
             GError **error)
{
  const char *name = NULL;
  struct stat status;

  if (!loft_filesystem_check_key (key, error) ||
      g_cancellable_set_error_if_cancelled (cancellable, error))
    return NULL;

  g_auto (LoftFd) folder =
    loft_filesystem_open_parent (self->root, key, O_PATH, &name, error);
  if (folder == -1)
    return NULL;

  LoftFd fd = loft_filesystem_open_file (folder, name, key, &status, error);
  if (fd == -1)
    return NULL;

  goffset size = status.st_size;
  gint64 modified = (gint64) status.st_mtim.tv_sec * G_USEC_PER_SEC +
                    status.st_mtim.tv_nsec / 1000;

  offset = MIN (offset, size);
  length = length == -1 ? size - offset : MIN (length, size - offset);

  g_autoptr (LoftObject) file =
    loft_object_new_fd (fd, offset, length, size, NULL, modified);
  if (length > READ_MAX)
    return g_steal_pointer (&file);

  g_autoptr (GBytes) bytes =
    loft_object_load (file, READ_MAX, cancellable, error);
  if (bytes == NULL)
    return NULL;

  return loft_object_new_bytes (bytes, offset, size, NULL, modified);
}

static LoftObject *
loft_filesystem_storage_read (LoftStorage *storage,
                              const char *key,
                              goffset offset,
                              goffset length,
                              GCancellable *cancellable,
                              GError **error)
{
  LoftFilesystemStorage *self = LOFT_FILESYSTEM_STORAGE (storage);
  g_autoptr (GError) local_error = NULL;
  LoftObject *object =
    read_object (self, key, offset, length, cancellable, &local_error);

  if (local_error != NULL && (!g_error_matches (local_error,
                                                LOFT_STORAGE_ERROR,
                                                LOFT_STORAGE_ERROR_NOT_FOUND) ||
                              check_root (self, error)))
    g_propagate_error (error, g_steal_pointer (&local_error));

  return object;
}

static GStrv
loft_filesystem_storage_list (LoftStorage *storage,
                              const char *prefix,
                              const char *after,
                              guint limit,
                              GCancellable *cancellable,
                              GError **error)
{
  LoftFilesystemStorage *self = LOFT_FILESYSTEM_STORAGE (storage);
  g_auto (GStrv) keys =
    loft_filesystem_list (self->root, prefix, after, limit, cancellable, error);

  if (keys == NULL || (keys[0] == NULL && !check_root (self, error)))
    return NULL;

  return g_steal_pointer (&keys);
}

static gboolean
loft_filesystem_storage_remove (LoftStorage *storage,
                                const char *key,
                                GCancellable *cancellable,
                                GError **error)
{
  LoftFilesystemStorage *self = LOFT_FILESYSTEM_STORAGE (storage);

  return loft_filesystem_check_key (key, error) &&
         loft_filesystem_remove (self->root, key, cancellable, error);
}

static void
loft_storage_iface_init (LoftStorageInterface *iface)
{
  iface->open = loft_filesystem_storage_open;
  iface->join = loft_filesystem_storage_join;
  iface->observe = loft_filesystem_storage_observe;
  iface->get_features = loft_filesystem_storage_get_features;
  iface->get_uri = loft_filesystem_storage_get_uri;
  iface->create = loft_filesystem_storage_create;
  iface->replace = loft_filesystem_storage_replace;
  iface->read = loft_filesystem_storage_read;
  iface->list = loft_filesystem_storage_list;
  iface->remove = loft_filesystem_storage_remove;
}

const LoftStoragePlugin loft_storage_plugin = {
  .abi = LOFT_STORAGE_PLUGIN_ABI,
  .get_type = loft_filesystem_storage_get_type,
};
