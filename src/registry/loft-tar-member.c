/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-tar-private.h"

#include <string.h>

#include "registry/loft-quote.h"

/* The members of the tar archive that is checked: their types, their sizes,
 * and the maps of sparse files. */

#define SPARSE_BLOCKS_MAX 256

/**
 * loft_tar_member_free:
 * @self: (transfer full): a member
 *
 * Frees a member.
 */
void
loft_tar_member_free (LoftTarMember *self)
{
  g_return_if_fail (self != NULL);

  g_free (self->path);
  g_free (self->target);
  g_free (self);
}

/**
 * loft_tar_check_stop:
 * @self: a check
 * @rule: the rule that is broken
 * @subject: (nullable): what breaks it
 * @detail: a sentence
 *
 * Adds a finding and stops the check.
 *
 * Returns: %FALSE
 */
gboolean
loft_tar_check_stop (LoftTarCheck *self,
                     const char *rule,
                     const char *subject,
                     const char *detail)
{
  self->state = STATE_STOPPED;
  loft_findings_add (self->findings, rule, subject, "%s", detail);

  return FALSE;
}

/**
 * loft_tar_check_measure:
 * @self: a check
 * @size: how much the archive unpacks to, as far as is known
 * @most: how much that may be
 *
 * Holds the limits of size.
 *
 * Returns: %FALSE with a finding added if it is too much, or out of all
 *   proportion to the size of the file
 */
gboolean
loft_tar_check_measure (LoftTarCheck *self, guint64 size, guint64 most)
{
  guint64 proportionate = 0;

  if (size > most)
    {
      self->state = STATE_STOPPED;
      loft_findings_add (self->findings,
                         "unpacked-size",
                         NULL,
                         "The archive unpacks to more than %" G_GUINT64_FORMAT
                         " bytes",
                         self->limits.unpacked);
      return FALSE;
    }

  if (!g_uint64_checked_mul (&proportionate, self->packed, self->limits.ratio))
    proportionate = G_MAXUINT64;
  if (size > MAX (self->limits.ratio_from, proportionate))
    {
      self->state = STATE_STOPPED;
      loft_findings_add (self->findings,
                         "ratio",
                         NULL,
                         "The archive unpacks to more than %u times its size",
                         self->limits.ratio);
      return FALSE;
    }

  return TRUE;
}

/* Counts a member and hands it on. */
static gboolean
end_member (LoftTarCheck *self, LoftTarMember *member)
{
  g_autoptr (LoftTarMember) owned = member;

  if (++self->entries > self->limits.entries)
    {
      self->state = STATE_STOPPED;
      loft_findings_add (self->findings,
                         "entries",
                         NULL,
                         "The archive has more than %u members",
                         self->limits.entries);
      return FALSE;
    }

  if (owned->size > G_MAXUINT64 - self->unpacked)
    self->unpacked = G_MAXUINT64;
  else
    self->unpacked += owned->size;
  if (!loft_tar_check_measure (self, self->unpacked, self->limits.unpacked))
    return FALSE;

  if (!self->func (g_steal_pointer (&owned), self->user_data))
    {
      self->state = STATE_STOPPED;
      return FALSE;
    }

  self->skip = self->stored;
  if (self->skip % LOFT_TAR_BLOCK != 0)
    self->skip += LOFT_TAR_BLOCK - self->skip % LOFT_TAR_BLOCK;
  self->state = self->skip > 0 ? STATE_DATA : STATE_HEADER;

  return TRUE;
}

/* Refuses what is no file, folder or symbolic link, and says what it is. */
static gboolean
refuse_type (LoftTarCheck *self, guint8 type, const char *path)
{
  g_autofree char *quoted = loft_quote (path);
  g_autofree char *letter = loft_quote_length ((const char *) &type, 1);

  self->state = STATE_STOPPED;
  if (type == 'x' || type == 'g')
    loft_findings_add (self->findings,
                       "tar-pax",
                       NULL,
                       "The archive has PAX headers, which clients read "
                       "differently; pack it in the format of GNU tar "
                       "(tar --format=gnu)");
  else if (type == '1')
    loft_findings_add (self->findings,
                       "tar-hard-link",
                       path,
                       "%s is a hard link",
                       quoted);
  else if (type == '3' || type == '4' || type == '6')
    loft_findings_add (self->findings,
                       "tar-device",
                       path,
                       "%s is a %s",
                       quoted,
                       type == '6' ? "named pipe" : "device");
  else
    loft_findings_add (self->findings,
                       "tar-type",
                       path,
                       "%s is of the type %s; only files, folders and symbolic "
                       "links are taken",
                       quoted,
                       letter);

  return FALSE;
}

static gboolean
end_sparse (LoftTarCheck *self)
{
  if (self->sparse.next != self->member->size ||
      self->sparse.stored != self->stored)
    return loft_tar_check_stop (
      self,
      "tar-sparse",
      self->member->path,
      "The map of a sparse file does not match its size");

  return end_member (self, g_steal_pointer (&self->member));
}

static gboolean
take_extents (LoftTarCheck *self, const guint8 (*extents)[24], guint count)
{
  for (guint i = 0; i < count; i++)
    if (!loft_tar_sparse_take (&self->sparse, extents[i]))
      return loft_tar_check_stop (self,
                                  "tar-sparse",
                                  self->member->path,
                                  "The map of a sparse file is malformed");

  return TRUE;
}

/**
 * loft_tar_check_take_sparse:
 * @self: a check
 *
 * Takes a block that continues a sparse map: it holds 21 extents, and says
 * whether another one comes.
 *
 * Returns: %FALSE with a finding added to stop
 */
gboolean
loft_tar_check_take_sparse (LoftTarCheck *self)
{
  if (++self->sparse.blocks > SPARSE_BLOCKS_MAX)
    return loft_tar_check_stop (self,
                                "tar-sparse",
                                self->member->path,
                                "The map of a sparse file is too long");
  if (!take_extents (self, (const guint8 (*)[24]) self->block, 21))
    return FALSE;

  return self->block[504] != 0 ? TRUE : end_sparse (self);
}

static gboolean
begin_sparse (LoftTarCheck *self,
              const LoftTarHeader *header,
              LoftTarMember *member)
{
  g_clear_pointer (&self->member, loft_tar_member_free);
  self->member = member;
  self->sparse = (LoftTarSparse){ 0 };

  if (!loft_tar_header_is_gnu (header) ||
      !loft_tar_parse_number (header->gnu.real_size,
                              sizeof header->gnu.real_size,
                              &member->size))
    return loft_tar_check_stop (self,
                                "tar-sparse",
                                member->path,
                                "The header of a sparse file is malformed");
  if (!take_extents (self,
                     header->gnu.sparse,
                     G_N_ELEMENTS (header->gnu.sparse)))
    return FALSE;

  self->state = STATE_SPARSE;

  return header->gnu.is_extended != 0 ? TRUE : end_sparse (self);
}

/**
 * loft_tar_check_begin_member:
 * @self: a check
 * @header: a header, whose checksum and format are good
 * @size: the size in it
 *
 * Takes the header of a member, which ends the long name before it.
 *
 * Returns: %FALSE to stop
 */
gboolean
loft_tar_check_begin_member (LoftTarCheck *self,
                             const LoftTarHeader *header,
                             guint64 size)
{
  g_autoptr (LoftTarMember) member = g_new0 (LoftTarMember, 1);

  member->type = header->type;
  member->size = size;
  member->path = self->long_name != NULL
                   ? g_strdup ((const char *) self->long_name->data)
                   : loft_tar_header_get_path (header);
  g_clear_pointer (&self->long_name, g_byte_array_unref);

  self->stored = size;
  switch (header->type)
    {
    case '0':
      /* Some readers take that for a folder, from before there was a type. */
      if (g_str_has_suffix (member->path, "/"))
        return loft_tar_check_stop (self,
                                    "path-form",
                                    member->path,
                                    "The path of a file ends in a slash");
      return end_member (self, g_steal_pointer (&member));

    case 'S':
      return begin_sparse (self, header, g_steal_pointer (&member));

    case '2':
    case '5':
      if (size != 0)
        return loft_tar_check_stop (
          self,
          "tar-size",
          member->path,
          "A folder or a symbolic link in the archive has data");
      if (header->type == '2')
        member->target =
          g_strndup ((const char *) header->link, sizeof header->link);
      return end_member (self, g_steal_pointer (&member));

    default:
      return refuse_type (self, header->type, member->path);
    }
}
