/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "kit/loft-test-archive.h"

#include <string.h>
#include <zlib.h>

#define BLOCK 512

struct _LoftTestArchive
{
  GByteArray *bytes; /* owned */
};

LoftTestArchive *
loft_test_archive_new (void)
{
  LoftTestArchive *self = g_new0 (LoftTestArchive, 1);

  self->bytes = g_byte_array_new ();

  return self;
}

void
loft_test_archive_free (LoftTestArchive *self)
{
  g_byte_array_unref (self->bytes);
  g_free (self);
}

/* Adds bytes as they are, without filling their block up. */
void
loft_test_archive_add_bytes (LoftTestArchive *self,
                             const void *data,
                             gsize length)
{
  g_byte_array_append (self->bytes, data, length);
}

static void
fill_block (LoftTestArchive *self)
{
  static const guint8 zeros[BLOCK];
  gsize over = self->bytes->len % BLOCK;

  if (over > 0)
    g_byte_array_append (self->bytes, zeros, BLOCK - over);
}

/* Ends the archive with its two blocks of zeros. */
void
loft_test_archive_end (LoftTestArchive *self)
{
  static const guint8 zeros[2 * BLOCK];

  fill_block (self);
  g_byte_array_append (self->bytes, zeros, sizeof zeros);
}

static void
put_octal (guint8 *field, gsize length, guint64 value)
{
  for (gsize i = length - 1; i-- > 0; value >>= 3)
    field[i] = '0' + (value & 7);
  field[length - 1] = '\0';
}

static void
put_checksum (guint8 *header, guint wrong_by)
{
  guint sum = wrong_by;

  memset (header + 148, ' ', 8);
  for (gsize i = 0; i < BLOCK; i++)
    sum += header[i];
  put_octal (header + 148, 7, sum);
}

static void
put_string (guint8 *field, const char *text, gsize most)
{
  memcpy (field, text, strnlen (text, most));
}

static void
add_header (LoftTestArchive *self,
            const LoftTestMember *member,
            guint64 size,
            const guint8 *sparse)
{
  guint8 header[BLOCK] = { 0 };

  put_string (header, member->path, 100);
  put_octal (header + 100, 8, 0644);
  put_octal (header + 108, 8, 0);
  put_octal (header + 116, 8, 0);
  put_octal (header + 124, 12, size);
  put_octal (header + 136, 12, 1);
  if (member->size_field != NULL)
    memcpy (header + 124, member->size_field, 12);
  header[156] = member->type == 0     ? '0'
                : member->type == '-' ? '\0'
                                      : (guint8) member->type;
  if (member->target != NULL)
    put_string (header + 157, member->target, 100);
  memcpy (header + 257, member->magic != NULL ? member->magic : "ustar  ", 8);
  if (sparse != NULL)
    memcpy (header + 386, sparse, 4 * 24 + 1 + 12);

  put_checksum (header, member->is_damaged ? 1 : 0);
  loft_test_archive_add_bytes (self, header, sizeof header);
}

static gsize
get_length (const LoftTestMember *member)
{
  if (member->length > 0 || member->content == NULL)
    return member->length;

  return strlen (member->content);
}

/* Adds a member, right or wrong. */
void
loft_test_archive_add (LoftTestArchive *self, const LoftTestMember *member)
{
  gsize length = get_length (member);

  if (strlen (member->path) > 100)
    loft_test_archive_add (
      self,
      &(LoftTestMember){ .path = "././@LongLink",
                         .type = 'L',
                         .content = member->path,
                         .length = strlen (member->path) + 1 });

  add_header (self, member, length, NULL);
  if (member->content != NULL)
    loft_test_archive_add_bytes (self, member->content, length);
  fill_block (self);
}

/* Adds a file. */
void
loft_test_archive_add_file (LoftTestArchive *self,
                            const char *path,
                            const char *content)
{
  loft_test_archive_add (self,
                         &(LoftTestMember){ .path = path, .content = content });
}

/* Adds a manifest that is good if @name and @version are. */
void
loft_test_archive_add_manifest (LoftTestArchive *self,
                                const char *name,
                                const char *version)
{
  g_autofree char *text =
    g_strdup_printf ("{\"dependencies\":{},\"entrypoint\":\"src/main.lf\","
                     "\"name\":\"%s\",\"version\":\"%s\"}",
                     name,
                     version);

  loft_test_archive_add_file (self, "manifest.json", text);
}

static void
put_extents (guint8 *map,
             gsize most,
             const guint64 (**extents)[2],
             gsize *n_extents)
{
  for (; most > 0 && *n_extents > 0; most--, (*n_extents)--, (*extents)++)
    {
      put_octal (map, 12, (**extents)[0]);
      put_octal (map + 12, 12, (**extents)[1]);
      map += 24;
    }
}

/* Adds a sparse file of @size bytes: pairs of offset and length, all whose
 * bytes are “x”. */
void
loft_test_archive_add_sparse (LoftTestArchive *self,
                              const char *path,
                              guint64 size,
                              const guint64 (*extents)[2],
                              gsize n_extents)
{
  guint8 map[4 * 24 + 1 + 12] = { 0 };
  guint64 stored = 0;

  for (gsize i = 0; i < n_extents; i++)
    stored += extents[i][1];

  put_extents (map, 4, &extents, &n_extents);
  map[96] = n_extents > 0;
  put_octal (map + 97, 12, size);
  add_header (self,
              &(LoftTestMember){ .path = path, .type = 'S' },
              stored,
              map);

  while (n_extents > 0)
    {
      guint8 block[BLOCK] = { 0 };

      put_extents (block, 21, &extents, &n_extents);
      block[504] = n_extents > 0;
      loft_test_archive_add_bytes (self, block, sizeof block);
    }

  g_autofree char *data = g_strnfill (MIN (stored, 1024 * 1024), 'x');
  loft_test_archive_add_bytes (self, data, strlen (data));
  fill_block (self);
}

/* Gives what was added so far, as it is. */
GBytes *
loft_test_archive_to_tar (LoftTestArchive *self)
{
  return g_bytes_new (self->bytes->data, self->bytes->len);
}

/* Ends the archive and compresses it. */
GBytes *
loft_test_archive_to_gzip (LoftTestArchive *self)
{
  loft_test_archive_end (self);

  g_autoptr (GBytes) tar = loft_test_archive_to_tar (self);

  return loft_test_gzip (tar);
}

/* Makes a gzip file of one member. */
GBytes *
loft_test_gzip (GBytes *content)
{
  gsize length = 0;
  const guint8 *data = g_bytes_get_data (content, &length);
  z_stream stream = { 0 };

  g_assert_cmpint (deflateInit2 (&stream,
                                 6,
                                 Z_DEFLATED,
                                 MAX_WBITS + 16,
                                 8,
                                 Z_DEFAULT_STRATEGY),
                   ==,
                   Z_OK);

  gsize most = deflateBound (&stream, length) + 32;
  guint8 *out = g_malloc (most);
  stream.next_in = (guint8 *) data;
  stream.avail_in = length;
  stream.next_out = out;
  stream.avail_out = most;
  g_assert_cmpint (deflate (&stream, Z_FINISH), ==, Z_STREAM_END);

  gsize total = stream.total_out;
  deflateEnd (&stream);

  return g_bytes_new_take (out, total);
}

/* Makes a small good package. */
GBytes *
loft_test_package (const char *name, const char *version)
{
  g_autoptr (LoftTestArchive) archive = loft_test_archive_new ();
  g_autofree char *readme = g_strdup_printf ("# %s %s\n", name, version);

  loft_test_archive_add_manifest (archive, name, version);
  loft_test_archive_add_file (archive, "README.md", readme);
  loft_test_archive_add_file (archive, "src/main.lf", "fn main() {}\n");

  return loft_test_archive_to_gzip (archive);
}

/* Makes the JSON body that the released client sends; the strings must need no
 * escapes. */
char *
loft_test_publish_body (const char *name, const char *version, GBytes *tarball)
{
  gsize length = 0;
  const guint8 *data = g_bytes_get_data (tarball, &length);
  g_autofree char *base64 = g_base64_encode (data, length);

  return g_strdup_printf ("{\"name\":\"%s\",\"version\":\"%s\","
                          "\"description\":null,"
                          "\"manifest\":{\"dependencies\":{},"
                          "\"entrypoint\":\"src/main.lf\","
                          "\"name\":\"%s\",\"version\":\"%s\"},"
                          "\"tarball\":\"%s\"}",
                          name,
                          version,
                          name,
                          version,
                          base64);
}
