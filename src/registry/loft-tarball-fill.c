/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-tarball-fill.h"

#include <errno.h>
#include <fcntl.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "registry/loft-hex.h"
#include "registry/loft-registry-private.h"

/*
 * Fetching a tarball, which a thread does, and no other thread of any process
 * of the registry at the same time: they read the file that it writes.
 */

#define SHA256_LENGTH 32
#define PIECE_SIZE (256 * 1024)

/* How often a file is looked at that another process fills. */
#define FOLLOW_INTERVAL (4 * G_TIME_SPAN_MILLISECOND)

/* How often the one who fills it may die before it is put down to something
 * else. */
#define ATTEMPTS 3

#define STOPPED "The registry is being stopped"

/* Bytes of tarballs in memory, of which there are some only while the disk of
 * the cache can't take them. */
#define MEMORY_MAX (64 * 1024 * 1024)

static gint64 memory_used; /* atomic, in bytes */

/**
 * loft_tarball_fill_free:
 * @self: (transfer full): what has to be fetched
 *
 * Frees @self.
 */
void
loft_tarball_fill_free (LoftTarballFill *self)
{
  g_return_if_fail (self != NULL);

  g_object_unref (self->storage);
  g_object_unref (self->stopping);
  g_object_unref (self->tarball);
  if (self->copy != -1)
    close (self->copy);
  g_free (self->key);
  g_free (self->sha256);
  g_free (self);
}

static gboolean
set_corrupt (LoftTarballFill *self, const char *what, GError **error)
{
  loft_counter_add (&self->figures->corrupt, 1);
  g_set_error (error,
               LOFT_REGISTRY_ERROR,
               LOFT_REGISTRY_ERROR_CORRUPT,
               "The tarball “%s” %s",
               self->key,
               what);

  return FALSE;
}

static LoftObject *
open_object (LoftTarballFill *self, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  g_autoptr (LoftObject) object = loft_storage_read (self->storage,
                                                     self->key,
                                                     0,
                                                     -1,
                                                     self->stopping,
                                                     &local_error);

  if (g_error_matches (local_error,
                       LOFT_STORAGE_ERROR,
                       LOFT_STORAGE_ERROR_NOT_FOUND))
    g_set_error (error,
                 LOFT_REGISTRY_ERROR,
                 LOFT_REGISTRY_ERROR_CORRUPT,
                 "The tarball “%s” is missing",
                 self->key);
  else if (g_error_matches (local_error,
                            LOFT_STORAGE_ERROR,
                            LOFT_STORAGE_ERROR_DENIED))
    g_set_error (error,
                 LOFT_REGISTRY_ERROR,
                 LOFT_REGISTRY_ERROR_UNAVAILABLE,
                 "The storage does not give “%s”: %s",
                 self->key,
                 local_error->message);
  else if (object == NULL)
    g_propagate_error (error, g_steal_pointer (&local_error));
  else if (loft_object_get_size (object) !=
           loft_tarball_get_size (self->tarball))
    set_corrupt (self, "is not the one that was published", error);
  else
    return g_steal_pointer (&object);

  return NULL;
}

static gboolean
write_piece (int fd, const char *piece, gsize size, GError **error)
{
  gsize done = 0;

  while (done < size)
    {
      gssize n = write (fd, piece + done, size - done);

      if (n == -1 && errno == EINTR)
        continue;
      if (n == -1)
        {
          int code = errno;

          g_set_error (error,
                       LOFT_REGISTRY_ERROR,
                       LOFT_REGISTRY_ERROR_UNAVAILABLE,
                       "The copy of a tarball can't be written: %s",
                       g_strerror (code));
          return FALSE;
        }
      done += (gsize) n;
    }

  return TRUE;
}

/* Sums up the blocks that are complete. Gives where the next one begins. */
static gsize
sum_blocks (LoftTarballSums *sums, const char *piece, gsize begin, gsize end)
{
  for (; end - begin >= LOFT_TARBALL_BLOCK; begin += LOFT_TARBALL_BLOCK)
    loft_tarball_sums_append (sums, piece + begin, LOFT_TARBALL_BLOCK);

  return begin;
}

static gboolean
copy_stream (LoftTarballFill *self,
             GInputStream *stream,
             int fd,
             gnutls_hash_hd_t hash,
             LoftTarballSums *sums,
             GError **error)
{
  g_autofree char *piece = g_malloc (PIECE_SIZE);
  goffset size = loft_tarball_get_size (self->tarball);
  gsize summed = 0;
  gsize got = 0;

  for (goffset offset = 0; offset < size;)
    {
      if (got == PIECE_SIZE)
        summed = got = 0;

      gsize wanted = (gsize) MIN (size - offset, (goffset) (PIECE_SIZE - got));
      gssize n = g_input_stream_read (stream,
                                      piece + got,
                                      wanted,
                                      self->stopping,
                                      error);

      if (n == 0)
        return set_corrupt (self, "ends too early", error);
      if (n < 0 || !write_piece (fd, piece + got, (gsize) n, error))
        return FALSE;

      offset += n;
      loft_tarball_advance (self->tarball, offset);
      loft_counter_add (&self->figures->fetched, (guint64) n);
      gnutls_hash (hash, piece + got, (gsize) n);
      got += (gsize) n;
      summed = sum_blocks (sums, piece, summed, got);
    }
  if (summed < got)
    loft_tarball_sums_append (sums, piece + summed, got - summed);

  return TRUE;
}

static LoftTarballSums *
fetch (LoftTarballFill *self, int fd, GError **error)
{
  g_autoptr (LoftTarballSums) sums =
    loft_tarball_sums_new (loft_tarball_get_size (self->tarball));
  g_autoptr (LoftObject) object = open_object (self, error);
  gnutls_hash_hd_t hash;

  loft_counter_add (&self->figures->fetches, 1);
  if (object == NULL)
    return NULL;
  if (gnutls_hash_init (&hash, GNUTLS_DIG_SHA256) < 0)
    {
      g_set_error_literal (error,
                           LOFT_REGISTRY_ERROR,
                           LOFT_REGISTRY_ERROR_FAILED,
                           "GnuTLS offers no SHA-256");
      return NULL;
    }

  guint8 digest[SHA256_LENGTH];
  gboolean copied =
    copy_stream (self, loft_object_get_stream (object), fd, hash, sums, error);
  gnutls_hash_deinit (hash, digest);
  g_autofree char *found = loft_hex_encode (digest, sizeof digest);

  if (copied && !g_str_equal (found, self->sha256))
    copied = set_corrupt (self, "is not the one that was published", error);

  return copied ? g_steal_pointer (&sums) : NULL;
}

/* Has the tarball read from another descriptor, which holds no lock. */
static gboolean
begin (LoftTarballFill *self, int fd, GError **error)
{
  g_autofree char *path = g_strdup_printf ("/proc/self/fd/%d", fd);
  int copy = open (path, O_RDONLY | O_CLOEXEC);
  int code = errno;

  if (copy != -1 && loft_tarball_begin (self->tarball, copy))
    return TRUE;

  g_set_error (error,
               LOFT_REGISTRY_ERROR,
               LOFT_REGISTRY_ERROR_UNAVAILABLE,
               "The copy of a tarball can't be read: %s",
               copy == -1 ? g_strerror (code) : "it was begun again");

  return FALSE;
}

static LoftTarballSums *
fill_memory (LoftTarballFill *self, GError **error)
{
  gint64 size = loft_tarball_get_size (self->tarball);
  int fd = -1;
  LoftTarballSums *sums = NULL;

  if (__atomic_add_fetch (&memory_used, size, __ATOMIC_RELAXED) <= MEMORY_MAX)
    fd = memfd_create ("loft-tarball", MFD_CLOEXEC);
  if (fd == -1)
    g_set_error_literal (error,
                         LOFT_REGISTRY_ERROR,
                         LOFT_REGISTRY_ERROR_UNAVAILABLE,
                         "There is no room for the copy of a tarball");
  else if (begin (self, fd, error))
    sums = fetch (self, fd, error);
  if (fd != -1)
    close (fd);
  __atomic_sub_fetch (&memory_used, size, __ATOMIC_RELAXED);

  return sums;
}

static LoftTarballSums *
fill_file (LoftTarballFill *self, int fd, GError **error)
{
  goffset size = loft_tarball_get_size (self->tarball);
  gboolean keep = FALSE;
  g_autoptr (GError) local_error = NULL;

  if (!loft_tarball_folder_reserve (self->folder, fd, size, &keep))
    {
      loft_tarball_folder_settle (self->folder, self->sha256, fd, 0, FALSE);
      return fill_memory (self, error);
    }

  g_autoptr (LoftTarballSums) sums =
    begin (self, fd, &local_error) ? fetch (self, fd, &local_error) : NULL;
  if (sums == NULL)
    loft_registry_translate_error (&local_error);
  gboolean corrupt = g_error_matches (local_error,
                                      LOFT_REGISTRY_ERROR,
                                      LOFT_REGISTRY_ERROR_CORRUPT);

  fchmod (fd,
          sums != NULL ? LOFT_TARBALL_MARK_WHOLE
          : corrupt    ? LOFT_TARBALL_MARK_CORRUPT
                       : LOFT_TARBALL_MARK_GIVEN_UP);
  if (sums != NULL)
    loft_tarball_complete (self->tarball, sums);
  else
    g_propagate_error (error, g_steal_pointer (&local_error));
  loft_tarball_folder_settle (self->folder,
                              self->sha256,
                              fd,
                              keep ? size : 0,
                              keep && sums != NULL);

  return g_steal_pointer (&sums);
}

/* %NULL while nothing has been decided. */
static GError *
read_mark (LoftTarballFill *self, guint mode)
{
  if (mode == LOFT_TARBALL_MARK_CORRUPT)
    return g_error_new (LOFT_REGISTRY_ERROR,
                        LOFT_REGISTRY_ERROR_CORRUPT,
                        "The tarball “%s” is not the one that was published",
                        self->key);
  if (mode == LOFT_TARBALL_MARK_GIVEN_UP)
    return g_error_new (LOFT_REGISTRY_ERROR,
                        LOFT_REGISTRY_ERROR_UNAVAILABLE,
                        "The storage does not give “%s”",
                        self->key);
  if (g_cancellable_is_cancelled (self->stopping))
    return g_error_new_literal (LOFT_REGISTRY_ERROR,
                                LOFT_REGISTRY_ERROR_UNAVAILABLE,
                                STOPPED);

  return NULL;
}

/* Compares what is whole. FALSE comes without an error if it is not right, and
 * it is gone then. */
static LoftTarballSums *
verify (LoftTarballFill *self, int fd, GError **error)
{
  LoftTarballSums *sums =
    loft_tarball_sums_verify (fd,
                              loft_tarball_get_size (self->tarball),
                              self->sha256,
                              self->stopping);

  if (sums != NULL)
    return sums;
  if (g_cancellable_is_cancelled (self->stopping))
    g_set_error_literal (error,
                         LOFT_REGISTRY_ERROR,
                         LOFT_REGISTRY_ERROR_UNAVAILABLE,
                         STOPPED);
  else
    loft_tarball_folder_drop (self->folder, self->sha256, fd);

  return NULL;
}

/* Reads along while another process fills the file. If that dies, %NULL comes
 * without an error. */
static LoftTarballSums *
follow (LoftTarballFill *self, int fd, GError **error)
{
  if (!begin (self, fd, error))
    return NULL;

  for (;;)
    {
      gboolean dead = flock (fd, LOCK_EX | LOCK_NB) == 0;
      struct stat status = { 0 };

      if (dead)
        flock (fd, LOCK_UN);
      fstat (fd, &status);

      guint mode = status.st_mode & 0777;
      if (mode == LOFT_TARBALL_MARK_WHOLE)
        return verify (self, fd, error);

      GError *verdict = read_mark (self, mode);
      if (verdict != NULL)
        {
          g_propagate_error (error, verdict);
          return NULL;
        }
      if (dead)
        return NULL;

      loft_tarball_advance (self->tarball, status.st_size);
      g_usleep (FOLLOW_INTERVAL);
    }
}

/* %NULL comes without an error if it is to be tried again. */
static LoftTarballSums *
attempt (LoftTarballFill *self, GError **error)
{
  int fd = -1;
  LoftTarballClaim claim =
    loft_tarball_folder_claim (self->folder,
                               self->sha256,
                               loft_tarball_get_size (self->tarball),
                               &fd);

  if (claim == LOFT_TARBALL_CLAIM_MINE)
    {
      /* Somebody else may have been quicker. */
      int copy =
        loft_tarball_folder_open (self->folder,
                                  self->sha256,
                                  loft_tarball_get_size (self->tarball));
      if (copy == -1)
        return fill_file (self, fd, error);
      loft_tarball_folder_settle (self->folder, self->sha256, fd, 0, FALSE);

      g_autoptr (LoftTarballSums) sums = verify (self, copy, error);

      if (sums == NULL)
        close (copy);

      return sums != NULL && loft_tarball_begin (self->tarball, copy)
               ? g_steal_pointer (&sums)
               : NULL;
    }
  if (claim == LOFT_TARBALL_CLAIM_REFUSED)
    return fill_memory (self, error);

  LoftTarballSums *sums = NULL;
  if (claim == LOFT_TARBALL_CLAIM_TAKEN)
    sums = follow (self, fd, error);
  else if (begin (self, fd, error))
    sums = verify (self, fd, error);
  close (fd);

  return sums;
}

/**
 * loft_tarball_fill_from_copy:
 * @self: what may have to be fetched, with a copy of it
 *
 * Takes the copy if it is right; else it is gone. Blocks, but never for the
 * storage.
 *
 * Returns: whether it was right
 */
gboolean
loft_tarball_fill_from_copy (LoftTarballFill *self)
{
  g_return_val_if_fail (self != NULL && self->copy != -1, FALSE);

  g_autoptr (LoftTarballSums) sums = verify (self, self->copy, NULL);
  int copy = self->copy;

  self->copy = -1;
  if (sums == NULL)
    close (copy);
  else if (loft_tarball_begin (self->tarball, copy))
    loft_tarball_complete (self->tarball, sums);

  return sums != NULL;
}

/**
 * loft_tarball_fill_run:
 * @self: what has to be fetched
 * @error: return location for a #GError
 *
 * Gets a tarball, from the storage or from who gets it already, and tells the
 * tarball how far that is. Blocks.
 *
 * Returns: whether it is whole; else @error is set to a #LoftRegistryError
 */
gboolean
loft_tarball_fill_run (LoftTarballFill *self, GError **error)
{
  g_return_val_if_fail (self != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  g_autoptr (GError) local_error = NULL;
  g_autoptr (LoftTarballSums) sums = NULL;

  for (guint i = 0; i < ATTEMPTS && sums == NULL && local_error == NULL; i++)
    sums = attempt (self, &local_error);

  if (sums != NULL)
    {
      loft_tarball_complete (self->tarball, sums);
      return TRUE;
    }
  if (local_error == NULL)
    g_set_error_literal (&local_error,
                         LOFT_REGISTRY_ERROR,
                         LOFT_REGISTRY_ERROR_UNAVAILABLE,
                         "Those who fetch a tarball die again and again");
  else if (g_cancellable_is_cancelled (self->stopping))
    {
      g_clear_error (&local_error);
      g_set_error_literal (&local_error,
                           LOFT_REGISTRY_ERROR,
                           LOFT_REGISTRY_ERROR_UNAVAILABLE,
                           STOPPED);
    }
  loft_registry_translate_error (&local_error);
  loft_tarball_fail (self->tarball, local_error);
  g_propagate_error (error, g_steal_pointer (&local_error));

  return FALSE;
}
