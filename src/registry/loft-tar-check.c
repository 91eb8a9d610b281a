/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-tar-private.h"

#include <string.h>

/*
 * Why the raw headers are read here although libarchive reads them too: readers
 * of tar differ. A PAX record may give a size or a path that only some of them
 * heed, so that the same bytes hold other members for one than for another; a
 * name goes on behind a NUL or does not; a bad number is 0 or an error. So what
 * passes is only what all readers take alike, in the shape that the tar of GNU
 * and the released clients write: that is known only where nobody has
 * interpreted anything yet. What libarchive then makes of it must be the same.
 *
 * All limits are held here, before libarchive sees a byte: the headers of an
 * archive say how large it is, and a sparse map may cost more memory than data.
 */

/* More than any path that is taken. */
#define LONG_NAME_MAX 4096

/**
 * loft_tar_check_new:
 * @limits: what the archive may hold
 * @packed: its size in bytes, compressed
 * @findings: where to add what is wrong
 * @func: takes the members
 * @user_data: for @func
 *
 * Begins to check an archive, with the findings `tar-block`, `tar-header`,
 * `tar-type`, `tar-pax`, `tar-hard-link`, `tar-device`, `tar-size`,
 * `tar-long-name`, `tar-sparse`, `tar-end`, `tar-trailing`, `path-length`,
 * `entries`, `unpacked-size` and `ratio`. Each of them ends the check, since
 * what follows cannot be trusted, or would be too much.
 *
 * Returns: (transfer full): the check
 */
LoftTarCheck *
loft_tar_check_new (const LoftArchiveLimits *limits,
                    guint64 packed,
                    LoftFindings *findings,
                    LoftTarCheckFunc func,
                    gpointer user_data)
{
  g_return_val_if_fail (limits != NULL && findings != NULL, NULL);
  g_return_val_if_fail (func != NULL, NULL);

  LoftTarCheck *self = g_new0 (LoftTarCheck, 1);

  self->limits = *limits;
  self->packed = packed;
  self->findings = loft_findings_ref (findings);
  self->func = func;
  self->user_data = user_data;

  /* Headers, long names and padding are few beside the data of an honest
   * archive; and zeros at its end may be many, but not without bound. */
  guint64 overhead = ((guint64) limits->entries + 512) * 4 * LOFT_TAR_BLOCK;
  if (!g_uint64_checked_add (&self->raw_most, limits->unpacked, overhead))
    self->raw_most = G_MAXUINT64;

  return self;
}

/**
 * loft_tar_check_free:
 * @self: (transfer full): a check
 *
 * Frees a check.
 */
void
loft_tar_check_free (LoftTarCheck *self)
{
  g_return_if_fail (self != NULL);

  loft_findings_unref (self->findings);
  g_clear_pointer (&self->long_name, g_byte_array_unref);
  g_clear_pointer (&self->member, loft_tar_member_free);
  g_free (self);
}

static gboolean
begin_long_name (LoftTarCheck *self, guint64 size)
{
  if (self->long_name != NULL)
    return loft_tar_check_stop (
      self,
      "tar-long-name",
      NULL,
      "The archive has two long names for one member");
  if (size == 0)
    return loft_tar_check_stop (self,
                                "tar-long-name",
                                NULL,
                                "The archive has an empty long name");
  if (size > LONG_NAME_MAX)
    return loft_tar_check_stop (
      self,
      "path-length",
      NULL,
      "A path in the archive has more than 4096 bytes");

  self->long_name = g_byte_array_sized_new (size);
  self->long_name_size = size;
  self->state = STATE_LONG_NAME;

  return TRUE;
}

static gboolean
take_long_name (LoftTarCheck *self)
{
  gsize left = self->long_name_size - self->long_name->len;

  g_byte_array_append (self->long_name,
                       self->block,
                       MIN (left, LOFT_TAR_BLOCK));
  if (left > LOFT_TAR_BLOCK)
    return TRUE;

  /* One NUL at its end belongs to it; before that, some readers stop there and
   * some go on. */
  const guint8 *nul =
    memchr (self->long_name->data, '\0', self->long_name->len);
  if (nul == self->long_name->data ||
      (nul != NULL && nul != self->long_name->data + self->long_name->len - 1))
    return loft_tar_check_stop (self,
                                "tar-long-name",
                                NULL,
                                "A long name in the archive has a NUL in it");

  if (nul == NULL)
    g_byte_array_append (self->long_name, (const guint8 *) "", 1);
  self->state = STATE_HEADER;

  return TRUE;
}

static gboolean
take_header (LoftTarCheck *self)
{
  const LoftTarHeader *header = (const LoftTarHeader *) self->block;
  guint64 size = 0;

  if (!loft_tar_header_has_checksum (header))
    return loft_tar_check_stop (
      self,
      "tar-header",
      NULL,
      !self->is_begun
        ? "There is no tar archive in the gzip file"
        : "The archive is damaged: a header has a wrong checksum");
  if (!loft_tar_header_is_gnu (header) && !loft_tar_header_is_ustar (header))
    return loft_tar_check_stop (
      self,
      "tar-header",
      NULL,
      "The archive is neither in the format of GNU tar nor in that "
      "of POSIX; pack it with tar --format=gnu");
  if (!loft_tar_parse_number (header->size, sizeof header->size, &size))
    return loft_tar_check_stop (
      self,
      "tar-size",
      NULL,
      "The size of a member is negative, too large or no number");

  self->is_begun = TRUE;
  if (header->type == 'L')
    return begin_long_name (self, size);

  return loft_tar_check_begin_member (self, header, size);
}

static gboolean
is_zero (const guint8 *data, gsize length)
{
  return length == 0 ||
         (data[0] == 0 && memcmp (data, data + 1, length - 1) == 0);
}

/* Takes a header, or a zero block in its place. */
static gboolean
take_header_or_end (LoftTarCheck *self)
{
  gboolean is_end = is_zero (self->block, LOFT_TAR_BLOCK);

  if (is_end && self->long_name != NULL)
    return loft_tar_check_stop (self,
                                "tar-long-name",
                                NULL,
                                "The archive has a long name without a member");
  if (!is_end && self->state == STATE_ONE_ZERO)
    return loft_tar_check_stop (
      self,
      "tar-end",
      NULL,
      "The archive goes on after a block of zeros, where some "
      "clients stop");
  if (!is_end)
    return take_header (self);

  self->state = self->state == STATE_HEADER ? STATE_ONE_ZERO : STATE_END;

  return TRUE;
}

static gboolean
take_block (LoftTarCheck *self)
{
  switch (self->state)
    {
    case STATE_HEADER:
    case STATE_ONE_ZERO:
      return take_header_or_end (self);

    case STATE_LONG_NAME:
      return take_long_name (self);

    case STATE_SPARSE:
      return loft_tar_check_take_sparse (self);

    case STATE_END:
    case STATE_DATA:
    case STATE_STOPPED:
    default:
      return FALSE;
    }
}

/* Takes some of the data, and tells how much; 0 to stop. */
static gsize
take_some (LoftTarCheck *self, const guint8 *data, gsize length)
{
  if (self->state == STATE_DATA)
    {
      gsize count = MIN (self->skip, length);

      self->skip -= count;
      if (self->skip == 0)
        self->state = STATE_HEADER;
      return count;
    }

  if (self->state == STATE_END)
    {
      if (!is_zero (data, length))
        loft_tar_check_stop (self,
                             "tar-trailing",
                             NULL,
                             "Something follows the end of the archive");
      return self->state == STATE_END ? length : 0;
    }

  gsize count = MIN (LOFT_TAR_BLOCK - self->filled, length);
  memcpy (self->block + self->filled, data, count);
  self->filled += count;
  if (self->filled < LOFT_TAR_BLOCK)
    return count;

  self->filled = 0;

  return take_block (self) ? count : 0;
}

/**
 * loft_tar_check_feed:
 * @self: a check
 * @data: (array length=length): the next bytes of the archive
 * @length: how many
 *
 * Takes the next bytes.
 *
 * Returns: %FALSE if a finding was added or the function stopped it, and no
 *   more is to be fed
 */
gboolean
loft_tar_check_feed (LoftTarCheck *self, const guint8 *data, gsize length)
{
  g_return_val_if_fail (self != NULL, FALSE);
  g_return_val_if_fail (data != NULL || length == 0, FALSE);

  if (self->state == STATE_STOPPED)
    return FALSE;

  self->raw += length;
  if (!loft_tar_check_measure (self, self->raw, self->raw_most))
    return FALSE;

  while (length > 0)
    {
      gsize count = take_some (self, data, length);
      if (count == 0)
        return FALSE;

      data += count;
      length -= count;
    }

  return TRUE;
}

/**
 * loft_tar_check_finish:
 * @self: a check that was fed the whole archive
 *
 * Checks that the archive is complete: whole blocks, the last two of which at
 * least are zero.
 *
 * Returns: %FALSE with a finding added if it is not
 */
gboolean
loft_tar_check_finish (LoftTarCheck *self)
{
  g_return_val_if_fail (self != NULL, FALSE);

  switch (self->state)
    {
    case STATE_END:
      if (self->raw % LOFT_TAR_BLOCK == 0)
        return TRUE;
      return loft_tar_check_stop (self,
                                  "tar-block",
                                  NULL,
                                  "The archive is no whole number of blocks "
                                  "of 512 bytes");

    case STATE_HEADER:
    case STATE_ONE_ZERO:
      if (self->filled > 0 || !self->is_begun)
        return loft_tar_check_stop (self,
                                    "tar-block",
                                    NULL,
                                    "The archive ends in the middle of a "
                                    "header");
      return loft_tar_check_stop (self,
                                  "tar-end",
                                  NULL,
                                  "The archive lacks the two blocks of zeros "
                                  "at its end");

    case STATE_DATA:
    case STATE_LONG_NAME:
    case STATE_SPARSE:
      return loft_tar_check_stop (self,
                                  "tar-block",
                                  NULL,
                                  "The archive ends in the middle of a member");

    case STATE_STOPPED:
    default:
      return FALSE;
    }
}
