/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-tar-header.h"

#include <string.h>

/**
 * loft_tar_parse_number:
 * @field: (array length=length): a field of a header
 * @length: its length
 * @out_value: (out): the number
 *
 * Reads a number: octal digits, with spaces before and spaces or zero bytes
 * after them, or the binary form of GNU tar. Readers differ in what they make
 * of anything else, negative numbers among it.
 *
 * Returns: %FALSE if it is none, or above 2^63 - 1
 */
gboolean
loft_tar_parse_number (const guint8 *field, gsize length, guint64 *out_value)
{
  guint64 value = 0;
  gsize i = 0;

  if (field[0] == 0x80)
    {
      for (i = 1; i < length; i++)
        {
          if (value >> 55 != 0)
            return FALSE;
          value = value << 8 | field[i];
        }
      *out_value = value;
      return TRUE;
    }

  while (i < length && field[i] == ' ')
    i++;

  gsize first = i;
  for (; i < length && field[i] >= '0' && field[i] <= '7'; i++)
    value = value << 3 | (guint64) (field[i] - '0');
  if (i == first)
    return FALSE;

  for (; i < length; i++)
    if (field[i] != ' ' && field[i] != '\0')
      return FALSE;

  *out_value = value;

  return TRUE;
}

/**
 * loft_tar_header_has_checksum:
 * @self: a header
 *
 * Checks the sum over the header, in which the sum itself counts as spaces.
 *
 * Returns: whether it is right
 */
gboolean
loft_tar_header_has_checksum (const LoftTarHeader *self)
{
  const guint8 *bytes = (const guint8 *) self;
  guint64 stored = 0;
  guint64 sum = 0;

  for (gsize i = 0; i < sizeof *self; i++)
    sum += bytes[i];
  for (gsize i = 0; i < sizeof self->checksum; i++)
    sum += ' ' - self->checksum[i];

  return loft_tar_parse_number (self->checksum,
                                sizeof self->checksum,
                                &stored) &&
         stored == sum;
}

/**
 * loft_tar_header_is_gnu:
 * @self: a header
 *
 * Tells whether a header is in the format of GNU tar.
 *
 * Returns: whether it has that format's magic
 */
gboolean
loft_tar_header_is_gnu (const LoftTarHeader *self)
{
  return memcmp (self->magic, "ustar  ", 8) == 0;
}

/**
 * loft_tar_header_is_ustar:
 * @self: a header
 *
 * Tells whether a header is in the format of POSIX.
 *
 * Returns: whether it has that format's magic and version
 */
gboolean
loft_tar_header_is_ustar (const LoftTarHeader *self)
{
  return memcmp (self->magic, "ustar\00000", 8) == 0;
}

/**
 * loft_tar_header_get_path:
 * @self: a header
 *
 * Gets the path that the header itself holds.
 *
 * Returns: (transfer full): the path, any bytes
 */
char *
loft_tar_header_get_path (const LoftTarHeader *self)
{
  g_autofree char *name =
    g_strndup ((const char *) self->name, sizeof self->name);

  if (!loft_tar_header_is_ustar (self) || self->prefix[0] == '\0')
    return g_steal_pointer (&name);

  g_autofree char *prefix =
    g_strndup ((const char *) self->prefix, sizeof self->prefix);

  return g_strconcat (prefix, "/", name, NULL);
}

/**
 * loft_tar_sparse_take:
 * @self: a map
 * @extent: where the next extent begins and how long it is
 *
 * Takes the next extent of a sparse file. They must be in order and apart, and
 * all before the last must fill whole blocks, since released clients refuse
 * others; none may follow an empty one, which ends the map for some readers and
 * not for others.
 *
 * Returns: %FALSE if the extent is refused
 */
gboolean
loft_tar_sparse_take (LoftTarSparse *self, const guint8 extent[24])
{
  guint64 offset = 0;
  guint64 length = 0;

  if (extent[0] == '\0' && extent[12] == '\0')
    {
      self->is_ended = TRUE;
      return TRUE;
    }

  if (self->is_ended || !loft_tar_parse_number (extent, 12, &offset) ||
      !loft_tar_parse_number (extent + 12, 12, &length))
    return FALSE;
  if (offset < self->next || length > G_MAXINT64 - offset)
    return FALSE;
  if (length > 0 && self->stored % LOFT_TAR_BLOCK != 0)
    return FALSE;

  self->next = offset + length;
  self->stored += length;

  return self->stored <= G_MAXINT64;
}
