/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-gunzip.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

/*
 * Why not leave gzip to libarchive: its filter takes whatever follows the first
 * member, further members included, does not look at the checksum, and takes a
 * file that is not compressed at all. Released clients unpack the first member
 * and ignore the rest, so what is not exactly one intact member would be
 * something else to them than to us.
 */

#define INPUT_SIZE 65536
#define WINDOW_BITS_GZIP (MAX_WBITS + 16)

struct _LoftGunzip
{
  int fd;                 /* unowned */
  LoftFindings *findings; /* owned */
  goffset offset;         /* of the next byte to read from the file */
  gboolean is_ended;
  gboolean is_broken;
  z_stream stream;
  guint8 *input; /* owned */
};

/**
 * loft_gunzip_new:
 * @fd: a file, which must stay open, and whose position is not used
 * @findings: where to add what is wrong
 *
 * Begins to inflate a file, with the findings `gzip-format`, `gzip-data`,
 * `gzip-crc`, `gzip-length`, `gzip-truncated` and `gzip-trailing`.
 *
 * Returns: (transfer full): the stream
 */
LoftGunzip *
loft_gunzip_new (int fd, LoftFindings *findings)
{
  g_return_val_if_fail (fd >= 0, NULL);
  g_return_val_if_fail (findings != NULL, NULL);

  LoftGunzip *self = g_new0 (LoftGunzip, 1);

  self->fd = fd;
  self->input = g_malloc (INPUT_SIZE);
  self->findings = loft_findings_ref (findings);

  return self;
}

/**
 * loft_gunzip_free:
 * @self: (transfer full): a stream
 *
 * Frees a stream.
 */
void
loft_gunzip_free (LoftGunzip *self)
{
  g_return_if_fail (self != NULL);

  inflateEnd (&self->stream);
  loft_findings_unref (self->findings);
  g_free (self->input);
  g_free (self);
}

/* Reads more of the file, if nothing is left of what was read; FALSE only if
 * that failed. At the end of the file nothing is there afterwards either. */
static gboolean
fill (LoftGunzip *self, GError **error)
{
  if (self->stream.avail_in > 0)
    return TRUE;

  gssize count = 0;
  do
    count = pread (self->fd, self->input, INPUT_SIZE, self->offset);
  while (count == -1 && errno == EINTR);

  if (count == -1)
    {
      int saved_errno = errno;

      g_set_error (error,
                   LOFT_REGISTRY_ERROR,
                   LOFT_REGISTRY_ERROR_FAILED,
                   "Cannot read the archive: %s",
                   g_strerror (saved_errno));
      return FALSE;
    }

  self->offset += count;
  self->stream.next_in = self->input;
  self->stream.avail_in = count;

  return TRUE;
}

static gboolean
begin (LoftGunzip *self, GError **error)
{
  if (!fill (self, error))
    return FALSE;

  if (inflateInit2 (&self->stream, WINDOW_BITS_GZIP) != Z_OK)
    {
      g_set_error_literal (error,
                           LOFT_REGISTRY_ERROR,
                           LOFT_REGISTRY_ERROR_FAILED,
                           "Cannot begin to inflate the archive");
      return FALSE;
    }

  if (self->stream.avail_in < 2 || self->input[0] != 0x1f ||
      self->input[1] != 0x8b)
    {
      self->is_broken = TRUE;
      loft_findings_add (self->findings,
                         "gzip-format",
                         NULL,
                         "The archive is not a gzip file");
    }

  return TRUE;
}

/* Nothing may follow the member, or clients would not see the same as we do. */
static gboolean
end (LoftGunzip *self, GError **error)
{
  self->is_ended = TRUE;
  if (!fill (self, error))
    return FALSE;
  if (self->stream.avail_in == 0)
    return TRUE;

  gboolean is_member = self->stream.avail_in >= 2 &&
                       memcmp (self->stream.next_in, "\x1f\x8b", 2) == 0;

  self->is_broken = TRUE;
  loft_findings_add (
    self->findings,
    "gzip-trailing",
    NULL,
    is_member ? "The archive has a second gzip member, which clients "
                "would not unpack"
              : "Something follows the compressed data of the archive");

  return TRUE;
}

static void
add_data_finding (LoftGunzip *self)
{
  static const struct
  {
    const char *message; /* of zlib */
    const char *rule;
    const char *detail;
  } known[] = {
    { "incorrect data check",
      "gzip-crc",
      "The archive is damaged: its checksum is wrong" },
    { "incorrect length check",
      "gzip-length",
      "The archive is damaged: its length is wrong" },
    { "unknown compression method",
      "gzip-format",
      "The archive is compressed by a method that gzip does not have" },
    { "unknown header flags set",
      "gzip-format",
      "The gzip header of the archive has flags that gzip does not have" },
    { "header crc mismatch",
      "gzip-format",
      "The gzip header of the archive is damaged" },
  };
  const char *message = self->stream.msg;

  self->is_broken = TRUE;
  for (gsize i = 0; i < G_N_ELEMENTS (known); i++)
    if (g_strcmp0 (message, known[i].message) == 0)
      {
        loft_findings_add (self->findings,
                           known[i].rule,
                           NULL,
                           "%s",
                           known[i].detail);
        return;
      }

  loft_findings_add (self->findings,
                     "gzip-data",
                     NULL,
                     "The compressed data of the archive is damaged: %s",
                     message != NULL ? message : "it cannot be inflated");
}

/* Inflates once; FALSE only if reading failed. */
static gboolean
step (LoftGunzip *self, GError **error)
{
  if (!fill (self, error))
    return FALSE;

  if (self->stream.avail_in == 0)
    {
      self->is_broken = TRUE;
      loft_findings_add (self->findings,
                         "gzip-truncated",
                         NULL,
                         "The archive ends in the middle: its compressed data "
                         "is cut off");
      return TRUE;
    }

  switch (inflate (&self->stream, Z_NO_FLUSH))
    {
    case Z_OK:
      return TRUE;

    case Z_STREAM_END:
      return end (self, error);

    case Z_MEM_ERROR:
      g_set_error_literal (error,
                           LOFT_REGISTRY_ERROR,
                           LOFT_REGISTRY_ERROR_FAILED,
                           "Cannot inflate the archive: out of memory");
      return FALSE;

    default:
      add_data_finding (self);
      return TRUE;
    }
}

/**
 * loft_gunzip_read:
 * @self: a stream
 * @buffer: (array length=length): where to write
 * @length: how much room there is
 * @error: return location for a #GError
 *
 * Inflates more bytes.
 *
 * Returns: how many, 0 at the end or where the file breaks a rule, see
 *   loft_gunzip_is_broken(); -1 with @error set to %LOFT_REGISTRY_ERROR_FAILED
 *   if the file cannot be read
 */
gssize
loft_gunzip_read (LoftGunzip *self,
                  guint8 *buffer,
                  gsize length,
                  GError **error)
{
  g_return_val_if_fail (self != NULL && buffer != NULL, -1);
  g_return_val_if_fail (length > 0 && length <= G_MAXINT, -1);
  g_return_val_if_fail (error == NULL || *error == NULL, -1);

  if (self->stream.state == NULL && !begin (self, error))
    return -1;

  self->stream.next_out = buffer;
  self->stream.avail_out = length;
  while (self->stream.avail_out > 0 && !self->is_ended && !self->is_broken)
    if (!step (self, error))
      return -1;

  return length - self->stream.avail_out;
}

/**
 * loft_gunzip_is_broken:
 * @self: a stream
 *
 * Tells whether the file broke a rule.
 *
 * Returns: whether a finding was added
 */
gboolean
loft_gunzip_is_broken (LoftGunzip *self)
{
  g_return_val_if_fail (self != NULL, FALSE);

  return self->is_broken;
}
