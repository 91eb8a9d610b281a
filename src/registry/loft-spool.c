/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-spool.h"

#include <errno.h>
#include <fcntl.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <sys/mman.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "registry/loft-hex.h"

/* Most tarballs are small, and those are kept in memory: a file that is made
 * only to be deleted costs as much as one that stays, and some filesystems
 * search for a while among what was deleted lately whenever they make another.
 * All that is in memory at one time is bounded as well. */
#define MEMORY_MAX (256 * 1024)
#define MEMORY_MAX_ALL (16 * 1024 * 1024)

#define SHA256_LENGTH 32

struct _LoftSpool
{
  gatomicrefcount ref_count;
  int fd;
  int reserved; /* bytes of the memory that all share; 0 for a file */
  goffset size;
  gnutls_hash_hd_t hash; /* owned, NULL once finished */
  char *sha256;          /* owned, NULL until finished */
};

static int memory_used; /* atomic */

static gboolean
fail (GError **error, const char *what, int code)
{
  g_set_error (error,
               LOFT_REGISTRY_ERROR,
               code == ENOSPC || code == EDQUOT || code == EFBIG
                 ? LOFT_REGISTRY_ERROR_NO_SPACE
                 : LOFT_REGISTRY_ERROR_FAILED,
               "Could not %s the spool file: %s",
               what,
               g_strerror (code));

  return FALSE;
}

static int
open_memory (int size)
{
  if (g_atomic_int_add (&memory_used, size) > MEMORY_MAX_ALL - size)
    {
      g_atomic_int_add (&memory_used, -size);
      return -1;
    }

  int fd = memfd_create ("spool", MFD_CLOEXEC);
  if (fd == -1)
    g_atomic_int_add (&memory_used, -size);

  return fd;
}

static int
open_file (const char *directory, goffset size, GError **error)
{
  struct statvfs space = { 0 };
  int fd = open (directory, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

  if (fd == -1 && (errno == EOPNOTSUPP || errno == EISDIR))
    {
      g_autofree char *path =
        g_build_filename (directory, "spool-XXXXXX", NULL);

      fd = g_mkstemp_full (path, O_RDWR | O_CLOEXEC, 0600);
      if (fd != -1)
        unlink (path);
    }
  if (fd == -1)
    {
      fail (error, "create", errno);
      return -1;
    }
  if (size > 0 && fstatvfs (fd, &space) == 0 &&
      (guint64) size / space.f_frsize > space.f_bavail)
    {
      close (fd);
      g_set_error (error,
                   LOFT_REGISTRY_ERROR,
                   LOFT_REGISTRY_ERROR_NO_SPACE,
                   "There is no space to receive %" G_GOFFSET_FORMAT " bytes",
                   size);
      return -1;
    }

  return fd;
}

/**
 * loft_spool_new:
 * @directory: where its bytes are kept meanwhile, if they are many
 * @size: how many will be written at most, or -1 if that is not known
 * @error: return location for a #GError
 *
 * Makes an empty spool. It has no name, so that nothing is left of it however
 * the process ends.
 *
 * Returns: (transfer full): the spool, or %NULL with @error set to
 *   %LOFT_REGISTRY_ERROR_NO_SPACE or %LOFT_REGISTRY_ERROR_FAILED
 */
LoftSpool *
loft_spool_new (const char *directory, goffset size, GError **error)
{
  g_return_val_if_fail (directory != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  int reserved = size >= 0 && size <= MEMORY_MAX ? (int) size : 0;
  int fd = reserved > 0 ? open_memory (reserved) : -1;
  if (fd == -1)
    {
      reserved = 0;
      fd = open_file (directory, size, error);
    }
  if (fd == -1)
    return NULL;

  LoftSpool *self = g_new0 (LoftSpool, 1);
  g_atomic_ref_count_init (&self->ref_count);
  self->fd = fd;
  self->reserved = reserved;
  if (gnutls_hash_init (&self->hash, GNUTLS_DIG_SHA256) < 0)
    {
      self->hash = NULL;
      g_set_error_literal (error,
                           LOFT_REGISTRY_ERROR,
                           LOFT_REGISTRY_ERROR_FAILED,
                           "GnuTLS offers no SHA-256");
      loft_spool_unref (self);
      return NULL;
    }

  return self;
}

/**
 * loft_spool_ref:
 * @self: a spool
 *
 * Takes a reference.
 *
 * Returns: (transfer full): @self
 */
LoftSpool *
loft_spool_ref (LoftSpool *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  g_atomic_ref_count_inc (&self->ref_count);

  return self;
}

/**
 * loft_spool_unref:
 * @self: (transfer full): a spool
 *
 * Drops a reference; with the last one the bytes are gone.
 */
void
loft_spool_unref (LoftSpool *self)
{
  g_return_if_fail (self != NULL);

  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  if (self->hash != NULL)
    gnutls_hash_deinit (self->hash, NULL);
  close (self->fd);
  g_free (self->sha256);
  g_atomic_int_add (&memory_used, -self->reserved);
  g_free (self);
}

/**
 * loft_spool_write:
 * @self: a spool that is not finished
 * @data: bytes
 * @length: how many
 * @error: return location for a #GError
 *
 * Adds bytes at the end. Blocks.
 *
 * Returns: %TRUE, or %FALSE with @error set to %LOFT_REGISTRY_ERROR_NO_SPACE
 *   or %LOFT_REGISTRY_ERROR_FAILED
 */
gboolean
loft_spool_write (LoftSpool *self,
                  gconstpointer data,
                  gsize length,
                  GError **error)
{
  g_return_val_if_fail (self != NULL && self->hash != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  const char *next = data;
  gsize rest = length;
  while (rest > 0)
    {
      gssize written = write (self->fd, next, rest);

      if (written == -1 && errno == EINTR)
        continue;
      if (written <= 0)
        return fail (error, "write", written == 0 ? ENOSPC : errno);
      next += written;
      rest -= (gsize) written;
    }

  gnutls_hash (self->hash, data, length);
  self->size += (goffset) length;

  return TRUE;
}

/**
 * loft_spool_finish:
 * @self: a spool
 * @error: return location for a #GError
 *
 * Ends the writing, so that the digest is known.
 *
 * Returns: %TRUE; never fails today, yet callers must be ready for it
 */
gboolean
loft_spool_finish (LoftSpool *self, GError **error)
{
  g_return_val_if_fail (self != NULL && self->hash != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  guint8 digest[SHA256_LENGTH];
  gnutls_hash_deinit (self->hash, digest);
  self->hash = NULL;
  self->sha256 = loft_hex_encode (digest, sizeof digest);

  return TRUE;
}

/**
 * loft_spool_get_fd:
 * @self: a spool
 *
 * Gives the open file; its offset is anywhere.
 *
 * Returns: (transfer none): a file descriptor
 */
int
loft_spool_get_fd (LoftSpool *self)
{
  g_return_val_if_fail (self != NULL, -1);

  return self->fd;
}

/**
 * loft_spool_get_size:
 * @self: a spool
 *
 * Tells how much was written.
 *
 * Returns: bytes
 */
goffset
loft_spool_get_size (LoftSpool *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->size;
}

/**
 * loft_spool_get_sha256:
 * @self: a finished spool
 *
 * Gives the digest of all that was written.
 *
 * Returns: (transfer none): SHA-256 in hex
 */
const char *
loft_spool_get_sha256 (LoftSpool *self)
{
  g_return_val_if_fail (self != NULL && self->hash == NULL, NULL);

  return self->sha256;
}
