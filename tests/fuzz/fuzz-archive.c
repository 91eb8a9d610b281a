/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "fuzz/fuzz.h"

#include <archive.h>
#include <archive_entry.h>
#include <locale.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>

#include "registry/loft-archive.h"
#include "registry/loft-path.h"
#include "registry/loft-survey.h"

/*
 * An input is a plain tar archive, since no mutation would ever find a right
 * checksum: those of its headers are put right here, and it is compressed. One
 * that begins as gzip does is taken as it is.
 */
#define BLOCK 512
#define CHECKSUM 148
#define MAGIC 257

typedef struct archive Reader;
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Reader, archive_read_free)

static const LoftArchiveLimits limits = {
  .unpacked = 256 * 1024,
  .ratio = 50,
  .ratio_from = 64 * 1024,
  .entries = 40,
  .path = 255,
};

static void
put_checksums_right (guint8 *tar, gsize size)
{
  for (gsize at = 0; at + BLOCK <= size; at += BLOCK)
    {
      guint8 *block = tar + at;
      guint sum = 0;

      if (memcmp (block + MAGIC, "ustar", 5) != 0)
        continue;
      memset (block + CHECKSUM, ' ', 8);
      for (guint i = 0; i < BLOCK; i++)
        sum += block[i];
      g_snprintf ((char *) block + CHECKSUM, 8, "%06o", sum);
    }
}

static gboolean
is_gzip (const guint8 *data, gsize size)
{
  return size >= 2 && data[0] == 0x1f && data[1] == 0x8b;
}

static void
write_all (int fd, const guint8 *data, gsize size)
{
  while (size > 0)
    {
      gssize n = write (fd, data, size);

      g_assert_cmpint (n, >, 0);
      data += n;
      size -= (gsize) n;
    }
}

static void
write_compressed (int fd, guint8 *tar, gsize size)
{
  z_stream stream = { 0 };
  g_assert_cmpint (deflateInit2 (&stream,
                                 1,
                                 Z_DEFLATED,
                                 MAX_WBITS + 16,
                                 8,
                                 Z_DEFAULT_STRATEGY),
                   ==,
                   Z_OK);

  gsize room = deflateBound (&stream, size);
  g_autofree guint8 *out = g_malloc (room);

  stream.next_in = tar;
  stream.avail_in = (uInt) size;
  stream.next_out = out;
  stream.avail_out = (uInt) room;
  g_assert_cmpint (deflate (&stream, Z_FINISH), ==, Z_STREAM_END);
  write_all (fd, out, stream.total_out);
  deflateEnd (&stream);
}

static int
make_file (const guint8 *data, gsize size)
{
  int fd = memfd_create ("archive", MFD_CLOEXEC);

  g_assert_cmpint (fd, >=, 0);
  if (is_gzip (data, size))
    {
      write_all (fd, data, size);
      return fd;
    }

  g_autofree guint8 *tar = g_memdup2 (data, size);
  put_checksums_right (tar, size);
  write_compressed (fd, tar, size);

  return fd;
}

static void
check_findings (LoftFindings *findings)
{
  for (guint i = 0; i < loft_findings_get_length (findings); i++)
    {
      const LoftFinding *finding = loft_findings_get (findings, i);

      g_assert_true (g_utf8_validate (finding->detail, -1, NULL));
      g_assert_null (strpbrk (finding->detail, "\r\n"));
      if (finding->subject != NULL)
        g_assert_true (g_utf8_validate (finding->subject, -1, NULL));
    }
}

/* The paths of an archive that was let through lead to nothing but places of
 * their own below the folder that it is unpacked to. */
static void
check_files (const LoftArchive *archive)
{
  g_autoptr (GHashTable) seen =
    g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  guint64 unpacked = 0;

  for (guint i = 0; i < archive->files->len; i++)
    {
      const LoftArchiveFile *file = archive->files->pdata[i];

      g_assert_null (loft_path_check (file->path, limits.path, NULL));
      g_assert_true (g_hash_table_add (seen, g_utf8_casefold (file->path, -1)));
      unpacked += file->size;
    }
  g_assert_cmpuint (unpacked, ==, archive->unpacked);
  g_assert_cmpuint (unpacked, <=, limits.unpacked);
  g_assert_cmpuint (archive->files->len, <=, limits.entries);
  g_assert_nonnull (archive->manifest);
  if (archive->readme != NULL)
    g_assert_true (g_utf8_validate (archive->readme, -1, NULL));
}

/* How many bytes a file really has. */
static guint64
measure (Reader *reader)
{
  guint64 size = 0;
  gsize length = 0;
  gint64 offset = 0;
  const void *block = NULL;
  int status;

  while (
    (status = archive_read_data_block (reader, &block, &length, &offset)) ==
    ARCHIVE_OK)
    size = (guint64) offset + length;
  g_assert_cmpint (status, ==, ARCHIVE_EOF);

  return size;
}

static const LoftArchiveFile *
find_file (const LoftArchive *archive, const char *path)
{
  for (guint i = 0; i < archive->files->len; i++)
    {
      const LoftArchiveFile *file = archive->files->pdata[i];

      if (g_str_equal (file->path, path))
        return file;
    }

  return NULL;
}

/* A client that unpacks it finds these files, whole, and no others. */
static void
check_as_client (const LoftArchive *archive, int fd)
{
  g_autoptr (Reader) reader = archive_read_new ();
  struct archive_entry *entry = NULL;
  guint files = 0;
  int status;

  g_assert_cmpint (lseek (fd, 0, SEEK_SET), ==, 0);
  archive_read_support_filter_gzip (reader);
  archive_read_support_format_tar (reader);
  g_assert_cmpint (archive_read_open_fd (reader, fd, BLOCK), ==, ARCHIVE_OK);
  while ((status = archive_read_next_header (reader, &entry)) == ARCHIVE_OK ||
         status == ARCHIVE_WARN)
    {
      if (archive_entry_filetype (entry) != AE_IFREG)
        continue;

      g_autofree char *path =
        loft_path_normalise (archive_entry_pathname (entry), FALSE);
      const LoftArchiveFile *file = find_file (archive, path);
      g_assert_nonnull (file);
      g_assert_cmpuint (measure (reader), <=, file->size);
      files++;
    }
  g_assert_cmpint (status, ==, ARCHIVE_EOF);
  g_assert_cmpuint (files, ==, archive->files->len);
}

/* Whoever compares versions finds these files, too. */
static void
check_survey (const LoftArchive *archive, int fd)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GMappedFile) file = g_mapped_file_new_from_fd (fd, FALSE, &error);
  g_assert_no_error (error);
  g_autoptr (GBytes) bytes = g_mapped_file_get_bytes (file);
  char filename[] = "archive";
  const LoftDownload download = { .bytes = bytes,
                                  .size = (goffset) g_bytes_get_size (bytes),
                                  .filename = filename };
  g_autoptr (GHashTable) survey =
    loft_survey_new (&download, NULL, 0, G_MAXINT64, NULL, &error);

  g_assert_no_error (error);
  for (guint i = 0; i < archive->files->len; i++)
    {
      const LoftArchiveFile *expected = archive->files->pdata[i];
      const LoftSurveyFile *found =
        g_hash_table_lookup (survey, expected->path);

      g_assert_nonnull (found);
      g_assert_false (found->is_link);
      g_assert_cmpuint (found->size, <=, expected->size);
    }
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autoptr (LoftFindings) findings = loft_findings_new ();
  g_autoptr (GError) error = NULL;
  int fd = make_file (data, size);
  g_autoptr (LoftArchive) archive =
    loft_archive_inspect (fd, &limits, findings, NULL, &error);

  setlocale (LC_CTYPE, "C.UTF-8");
  g_assert_no_error (error);
  g_assert_nonnull (archive);
  check_findings (findings);
  if (loft_findings_get_total (findings) == 0)
    {
      check_files (archive);
      check_as_client (archive, fd);
      check_survey (archive, fd);
    }
  close (fd);

  return 0;
}
