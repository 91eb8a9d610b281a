/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-export.h"

#include <archive.h>
#include <archive_entry.h>
#include <glib/gi18n.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <locale.h>
#include <string.h>
#include <unistd.h>

#include "registry/loft-document.h"
#include "registry/loft-hex.h"
#include "registry/loft-json.h"
#include "registry/loft-registry-error.h"
#include "registry/loft-tar-writer.h"

/* An export, read once from its beginning to its end. The list of what is in it
 * comes last: so a list of the same form is made of what is read, in a spool,
 * and must be the same in the end. One that was cut short has no list. */

#define BLOCK_SIZE (256 * 1024)
#define TAR_BLOCK 512
#define HEAD_SIZE_MAX 4096
#define SHA256_LENGTH 32

typedef struct archive ArchiveReader;
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ArchiveReader, archive_read_free)

typedef struct
{
  ArchiveReader *archive; /* owned */
  LoftSpool *list;        /* owned: as it should be */
  LoftExportFunc func;
  gpointer user_data;        /* not owned */
  GCancellable *cancellable; /* not owned, nullable */
  LoftExportSummary summary;
  GString *head; /* owned */
} Reader;

static void
reader_clear (Reader *reader)
{
  g_clear_pointer (&reader->archive, archive_read_free);
  g_clear_pointer (&reader->list, loft_spool_unref);
  g_string_free (reader->head, TRUE);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Reader, reader_clear)

G_GNUC_PRINTF (2, 3)
static gboolean
refuse (GError **error, const char *format, ...)
{
  va_list arguments;

  va_start (arguments, format);
  g_autofree char *why = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_autofree char *valid = g_utf8_make_valid (why, -1);
  g_set_error_literal (error,
                       LOFT_REGISTRY_ERROR,
                       LOFT_REGISTRY_ERROR_CORRUPT,
                       valid);

  return FALSE;
}

static const char *
get_reason (Reader *reader)
{
  const char *reason = archive_error_string (reader->archive);

  return reason != NULL ? reason : "it can't be read";
}

/* Reads a member. Gives its digest, and what it holds if that is wanted. */
static char *
read_member (Reader *reader, GString *content, gsize most, GError **error)
{
  gnutls_hash_hd_t hash;
  const void *block;
  size_t length;
  la_int64_t offset;
  guint8 digest[SHA256_LENGTH];
  gboolean good = TRUE;
  int code = ARCHIVE_OK;

  if (gnutls_hash_init (&hash, GNUTLS_DIG_SHA256) < 0)
    {
      refuse (error, _ ("This is no whole export: GnuTLS offers no SHA-256"));
      return NULL;
    }
  while (good && (code = archive_read_data_block (reader->archive,
                                                  &block,
                                                  &length,
                                                  &offset)) == ARCHIVE_OK)
    {
      gnutls_hash (hash, block, length);
      reader->summary.bytes += length;
      if (content != NULL && content->len + length <= most)
        g_string_append_len (content, block, (gssize) length);
      good = !g_cancellable_set_error_if_cancelled (reader->cancellable, error);
    }
  gnutls_hash_deinit (hash, digest);

  if (good && code != ARCHIVE_EOF)
    good =
      refuse (error, _ ("This is no whole export: %s"), get_reason (reader));

  return good ? loft_hex_encode (digest, sizeof digest) : NULL;
}

/* Names the first member that is not what the list says. */
static gboolean
refuse_list (Reader *reader, goffset place, GError **error)
{
  char text[4096];
  goffset from = MAX (0, place - (goffset) sizeof text / 2);
  gssize got =
    pread (loft_spool_get_fd (reader->list), text, sizeof text - 1, from);
  if (got <= place - from)
    return refuse (
      error,
      _ ("This is no whole export: its list names what it does not hold"));

  text[got] = '\0';
  char *line = text + (place - from);
  while (line > text && line[-1] != '\n')
    line--;
  if (*line == '#')
    line += strcspn (line, "\n") + (strchr (line, '\n') != NULL ? 1 : 0);
  line[strcspn (line, "\n")] = '\0';
  const char *path = strstr (line, "  ");

  return refuse (error,
                 _ ("This is no whole export: “%s” is not what its list says"),
                 path != NULL ? path + 2 : line);
}

/* Nothing comes after the list but the end of a tar archive, two blocks of
 * zeros. libarchive would do without. */
static gboolean
read_end (Reader *reader, GError **error)
{
  struct archive_entry *entry;
  la_int64_t place = archive_filter_bytes (reader->archive, 0);
  la_int64_t blocks = (place + TAR_BLOCK - 1) / TAR_BLOCK;
  int code = archive_read_next_header (reader->archive, &entry);

  if (code == ARCHIVE_OK)
    return refuse (error,
                   _ ("This is no whole export: it goes on after its list"));
  if (code != ARCHIVE_EOF)
    return refuse (error,
                   _ ("This is no whole export: %s"),
                   get_reason (reader));

  return archive_filter_bytes (reader->archive, 0) >=
           (blocks + 2) * TAR_BLOCK ||
         refuse (error, _ ("This is no whole export: it was cut short"));
}

/* Compares the list in the archive with the one that was made. */
static gboolean
read_list (Reader *reader, GError **error)
{
  int fd = loft_spool_get_fd (reader->list);
  goffset place = 0;
  const void *block;
  size_t length;
  la_int64_t offset;
  int code;

  while (
    (code =
       archive_read_data_block (reader->archive, &block, &length, &offset)) ==
    ARCHIVE_OK)
    {
      const char *theirs = block;
      g_autofree char *ours = g_malloc (length);
      gssize got = pread (fd, ours, length, place);

      for (gsize i = 0; i < length; i++)
        if ((gssize) i >= got || ours[i] != theirs[i])
          return refuse_list (reader, place + (goffset) i, error);
      place += (goffset) length;
    }
  if (code != ARCHIVE_EOF)
    return refuse (error,
                   _ ("This is no whole export: %s"),
                   get_reason (reader));

  return place == loft_spool_get_size (reader->list) ||
         refuse_list (reader, place, error);
}

static gboolean
read_head (Reader *reader, GError **error)
{
  g_autoptr (JsonNode) json =
    loft_json_parse (reader->head->str, reader->head->len, NULL);
  JsonObject *object = json != NULL && JSON_NODE_HOLDS_OBJECT (json)
                         ? json_node_get_object (json)
                         : NULL;
  gint64 format = object != NULL ? loft_json_get_int (object, "format", 0) : 0;
  gint64 sequence =
    object != NULL ? loft_json_get_int (object, "sequence", -1) : -1;

  if (format != LOFT_EXPORT_FORMAT || sequence < 0)
    return refuse (
      error,
      _ ("This is no whole export: it is of another kind or a later release"));

  reader->summary.sequence = (guint64) sequence;

  return TRUE;
}

static gboolean
take_member (Reader *reader, const char *path, gint64 modified, GError **error)
{
  gboolean first = reader->summary.objects == 0;
  g_autofree char *name = NULL;
  g_autofree char *key = NULL;

  if (first && !g_str_equal (path, LOFT_EXPORT_HEAD))
    return refuse (error,
                   _ ("This is no whole export: it begins with “%s”"),
                   path);
  if (!loft_storage_key_check (path, NULL))
    return refuse (error,
                   _ ("This is no whole export: “%s” is no name of an object"),
                   path);

  g_autofree char *sha256 =
    read_member (reader, first ? reader->head : NULL, HEAD_SIZE_MAX, error);
  if (sha256 == NULL || (first && !read_head (reader, error)))
    return FALSE;

  g_autoptr (GString) line = g_string_new (NULL);
  loft_tar_append_line (line, sha256, path, modified);
  reader->summary.objects++;
  if (loft_document_parse_key (path, &name, &key) &&
      !g_str_equal (name, "_registry"))
    {
      reader->summary.versions++;
      if (reader->func != NULL)
        reader->func (name, key, reader->user_data);
    }

  return loft_spool_write (reader->list, line->str, line->len, error);
}

static gboolean
read_all (Reader *reader, GError **error)
{
  struct archive_entry *entry;
  int code;

  while ((code = archive_read_next_header (reader->archive, &entry)) ==
         ARCHIVE_OK)
    {
      const char *path = archive_entry_pathname (entry);

      if (path == NULL || archive_entry_filetype (entry) != AE_IFREG ||
          archive_entry_hardlink (entry) != NULL)
        return refuse (error,
                       _ ("This is no whole export: “%s” is no file"),
                       path != NULL ? path : "");
      if (!g_str_equal (path, LOFT_EXPORT_LIST))
        {
          gint64 modified = archive_entry_mtime (entry) * G_USEC_PER_SEC +
                            archive_entry_mtime_nsec (entry) / 1000;

          if (!take_member (reader, path, modified, error))
            return FALSE;
          continue;
        }

      if (!loft_spool_finish (reader->list, error) ||
          !read_list (reader, error) || !read_end (reader, error))
        return FALSE;

      return reader->summary.objects > 0 ||
             refuse (error, _ ("This is no whole export: it is empty"));
    }

  return code == ARCHIVE_EOF
           ? refuse (error, _ ("This is no whole export: it was cut short"))
           : refuse (error,
                     _ ("This is no whole export: %s"),
                     get_reason (reader));
}

/* A tar archive is filled up with zeros, and whoever writes them into a pipe is
 * not to be told that nobody reads them. */
static void
drain (Reader *reader, int fd)
{
  char block[4096];

  while (!g_cancellable_is_cancelled (reader->cancellable) &&
         read (fd, block, sizeof block) > 0)
    continue;
}

/**
 * loft_export_verify:
 * @fd: what loft_registry_export_async() wrote, read from where it is
 * @directory: where there is room for a list of what is in it
 * @func: (scope call) (nullable): told of each version
 * @user_data: for @func
 * @out_summary: (out caller-allocates) (optional): what is in it
 * @cancellable: (nullable): a cancellable
 * @error: return location for a #GError
 *
 * Reads an export, and makes sure that it is whole. Blocks.
 *
 * Returns: %TRUE, or %FALSE with @error set to %LOFT_REGISTRY_ERROR_CORRUPT,
 *   %LOFT_REGISTRY_ERROR_NO_SPACE, %LOFT_REGISTRY_ERROR_FAILED or
 *   %G_IO_ERROR_CANCELLED
 */
gboolean
loft_export_verify (int fd,
                    const char *directory,
                    LoftExportFunc func,
                    gpointer user_data,
                    LoftExportSummary *out_summary,
                    GCancellable *cancellable,
                    GError **error)
{
  g_return_val_if_fail (fd >= 0 && directory != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  g_auto (Reader) reader = {
    .archive = archive_read_new (),
    .list = loft_spool_new (directory, -1, error),
    .func = func,
    .user_data = user_data,
    .cancellable = cancellable,
    .head = g_string_new (NULL),
  };
  if (reader.list == NULL)
    return FALSE;
  if (archive_read_support_format_tar (reader.archive) != ARCHIVE_OK ||
      archive_read_open_fd (reader.archive, fd, BLOCK_SIZE) != ARCHIVE_OK)
    return refuse (error,
                   _ ("This is no whole export: %s"),
                   get_reason (&reader));

  /* libarchive converts names by the locale of the thread, which otherwise
   * stays what it is: errors are told in its language. */
  locale_t own = duplocale (LC_GLOBAL_LOCALE);
  locale_t utf8 = newlocale (LC_CTYPE_MASK, "C.UTF-8", own);
  locale_t used = utf8 != (locale_t) 0 ? utf8 : own;
  locale_t before = uselocale (used);
  gboolean done = read_all (&reader, error);
  uselocale (before);
  freelocale (used);

  if (done)
    drain (&reader, fd);
  if (done && out_summary != NULL)
    *out_summary = reader.summary;

  return done;
}
