/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-archive.h"

#include <fcntl.h>
#include <locale.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kit/loft-test-archive.h"

static const LoftArchiveLimits default_limits = LOFT_ARCHIVE_LIMITS_DEFAULT;

static int
open_bytes (GBytes *bytes)
{
  int fd = memfd_create ("archive", MFD_CLOEXEC);
  gsize length = 0;
  const guint8 *data = g_bytes_get_data (bytes, &length);

  g_assert_cmpint (fd, !=, -1);
  while (length > 0)
    {
      gssize count = write (fd, data, length);

      g_assert_cmpint (count, >, 0);
      data += count;
      length -= count;
    }

  return fd;
}

static LoftArchive *
inspect (GBytes *bytes, const LoftArchiveLimits *limits, LoftFindings *findings)
{
  int fd = open_bytes (bytes);
  g_autoptr (GError) error = NULL;
  LoftArchive *archive =
    loft_archive_inspect (fd, limits, findings, NULL, &error);

  g_assert_no_error (error);
  g_assert_nonnull (archive);
  close (fd);

  return archive;
}

static void
assert_no_findings (LoftFindings *findings)
{
  if (loft_findings_get_total (findings) > 0)
    g_error ("%s: %s",
             loft_findings_get (findings, 0)->rule,
             loft_findings_get (findings, 0)->detail);
}

static LoftArchive *
inspect_good (GBytes *bytes)
{
  g_autoptr (LoftFindings) findings = loft_findings_new ();
  LoftArchive *archive = inspect (bytes, &default_limits, findings);

  assert_no_findings (findings);

  return archive;
}

static LoftArchive *
inspect_good_archive (LoftTestArchive *archive)
{
  g_autoptr (GBytes) bytes = loft_test_archive_to_gzip (archive);

  return inspect_good (bytes);
}

/* A good package gives its files in order, its manifest and its README. */
static void
test_good (void)
{
  g_autoptr (GBytes) bytes = loft_test_package ("hello-lib", "0.1.0");
  g_autoptr (LoftArchive) archive = inspect_good (bytes);
  const LoftArchiveFile *file = NULL;

  g_assert_cmpuint (archive->files->len, ==, 3);
  file = g_ptr_array_index (archive->files, 0);
  g_assert_cmpstr (file->path, ==, "README.md");
  g_assert_cmpuint (file->size, ==, 18);
  file = g_ptr_array_index (archive->files, 1);
  g_assert_cmpstr (file->path, ==, "manifest.json");
  file = g_ptr_array_index (archive->files, 2);
  g_assert_cmpstr (file->path, ==, "src/main.lf");
  g_assert_cmpstr (archive->manifest->name, ==, "hello-lib");
  g_assert_cmpstr (archive->manifest->version, ==, "0.1.0");
  g_assert_cmpstr (archive->readme_path, ==, "README.md");
  g_assert_cmpstr (archive->readme, ==, "# hello-lib 0.1.0\n");
  g_assert_cmpuint (archive->unpacked, ==, 18 + 13 + 83);
}

/* What tar writes beside plain files is taken: folders, the root, “./” before
 * paths, long names, symbolic links inside, sparse files. */
static void
test_odd_but_good (void)
{
  static const guint64 extents[][2] = {
    { 0, 512 },     { 1024, 1024 }, { 4096, 512 },  { 8192, 512 },
    { 16384, 512 }, { 32768, 100 }, { 3145728, 0 },
  };
  g_autoptr (LoftTestArchive) maker = loft_test_archive_new ();
  g_autofree char *longest = g_strnfill (255, 'n');
  static const LoftTestMember members[] = {
    { .path = "./", .type = '5' },
    { .path = "./manifest.json",
      .content = "{\"name\":\"a\",\"version\":\"1.0.0\"}" },
    { .path = ".hidden", .content = "" },
    { .path = "dir/", .type = '5' },
    { .path = "dir/sub/file", .content = "x" },
    { .path = "Größe", .content = "ä" },
    { .path = "ab:c d'e\"e", .content = "x" },
    { .path = "..." },
    { .path = "ustar", .magic = "ustar\00000", .content = "x" },
    { .path = "link", .type = '2', .target = "dir/sub/../sub/file" },
    { .path = "dir/sub/up", .type = '2', .target = "../../link" },
    { .path = "folder-link", .type = '2', .target = "./dir/" },
    { .path = "through", .type = '2', .target = "folder-link/sub/file" },
    { .path = "binary-size",
      .content = "x",
      .size_field = "\x80\0\0\0\0\0\0\0\0\0\0\1" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (members); i++)
    loft_test_archive_add (maker, &members[i]);
  loft_test_archive_add_file (maker, longest, "x");
  loft_test_archive_add_sparse (maker,
                                "sparse",
                                3145728,
                                extents,
                                G_N_ELEMENTS (extents));

  g_autoptr (LoftArchive) archive = inspect_good_archive (maker);
  g_assert_cmpstr (archive->manifest->name, ==, "a");
  g_assert_null (archive->readme);
  g_assert_cmpuint (archive->files->len, ==, 10);
  g_assert_cmpuint (archive->unpacked, ==, 3145728 + 6 + 31);
}

/* Each archive that must be refused breaks exactly its own rule, and says so
 * in a sentence. */
static void
test_refused (gconstpointer data)
{
  const LoftTestCase *row = data;
  g_autoptr (GBytes) bytes = loft_test_case_make (row);
  g_autoptr (LoftFindings) findings = loft_findings_new ();
  g_autoptr (LoftArchive) archive = inspect (bytes, &default_limits, findings);

  for (guint i = 0; i < loft_findings_get_length (findings); i++)
    {
      const LoftFinding *finding = loft_findings_get (findings, i);

      g_test_message ("%s: %s", finding->rule, finding->detail);
      g_assert_true (g_utf8_validate (finding->detail, -1, NULL));
    }

  g_assert_cmpuint (loft_findings_get_total (findings), >=, 1);
  g_assert_cmpstr (loft_findings_get (findings, 0)->rule, ==, row->rule);
  if (!g_str_equal (row->rule, "link-chain"))
    g_assert_cmpuint (loft_findings_get_total (findings), ==, 1);
}

/* All broken rules about paths are told at once. */
static void
test_several (void)
{
  g_autoptr (LoftTestArchive) maker = loft_test_archive_new ();
  g_autoptr (LoftFindings) findings = loft_findings_new ();

  loft_test_archive_add_file (maker, "/absolute", "x");
  loft_test_archive_add_file (maker, "../up", "x");
  loft_test_archive_add_file (maker, "a", "x");
  loft_test_archive_add_file (maker, "A", "x");
  g_autoptr (GBytes) bytes = loft_test_archive_to_gzip (maker);
  g_autoptr (LoftArchive) archive = inspect (bytes, &default_limits, findings);

  g_assert_cmpuint (loft_findings_get_total (findings), ==, 4);
  g_assert_true (loft_findings_has (findings, "path-absolute"));
  g_assert_true (loft_findings_has (findings, "path-parent"));
  g_assert_true (loft_findings_has (findings, "path-case"));
  g_assert_true (loft_findings_has (findings, "manifest-missing"));
  g_assert_cmpuint (archive->files->len, ==, 1);
}

/* Limits hold to the byte and the member: what is at them passes. */
static void
test_limits (void)
{
  static const struct
  {
    LoftArchiveLimits limits;
    const char *rule;
  } rows[] = {
    { { 114, 50, 1000000, 3, 13 }, NULL },
    { { 113, 50, 1000000, 3, 13 }, "unpacked-size" },
    { { 114, 50, 1000000, 2, 13 }, "entries" },
    { { 114, 50, 1000000, 3, 12 }, "path-length" },
    { { 114, 1, 114, 3, 13 }, "ratio" },
    { { 114, 20, 114, 3, 13 }, NULL },
    { { G_MAXUINT64, G_MAXUINT, G_MAXUINT64, G_MAXUINT, G_MAXUINT }, NULL },
  };
  g_autoptr (GBytes) bytes = loft_test_package ("hello-lib", "0.1.0");

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (LoftFindings) findings = loft_findings_new ();
      g_autoptr (LoftArchive) archive =
        inspect (bytes, &rows[i].limits, findings);

      if (rows[i].rule == NULL)
        assert_no_findings (findings);
      else
        g_assert_cmpstr (loft_findings_get (findings, 0)->rule,
                         ==,
                         rows[i].rule);
    }
}

/* Links through links are followed only so far, however they are woven. */
static void
test_link_bounds (void)
{
  g_autoptr (LoftTestArchive) chain = loft_test_archive_new ();
  g_autoptr (LoftTestArchive) many = loft_test_archive_new ();
  g_autoptr (LoftFindings) findings = loft_findings_new ();

  loft_test_archive_add_manifest (chain, "a", "1.0.0");
  loft_test_archive_add (
    chain,
    &(LoftTestMember){ .path = "0", .type = '2', .target = "manifest.json" });
  for (guint i = 1; i < 17; i++)
    {
      g_autofree char *path = g_strdup_printf ("%u", i);
      g_autofree char *target = g_strdup_printf ("%u", i - 1);

      loft_test_archive_add (
        chain,
        &(LoftTestMember){ .path = path, .type = '2', .target = target });
    }
  g_autoptr (LoftArchive) archive = inspect_good_archive (chain);

  loft_test_archive_add_manifest (many, "a", "1.0.0");
  for (guint i = 0; i < 19000; i++)
    {
      g_autofree char *path = g_strdup_printf ("%u", i);

      loft_test_archive_add (
        many,
        &(LoftTestMember){ .path = path,
                           .type = '2',
                           .target = "./././././././././././././././manifest"
                                     ".json" });
    }
  g_autoptr (GBytes) bytes = loft_test_archive_to_gzip (many);
  g_autoptr (LoftArchive) other = inspect (bytes, &default_limits, findings);
  g_assert_cmpuint (loft_findings_get_total (findings), ==, 1);
  g_assert_true (loft_findings_has (findings, "link-chain"));
}

static char *
read_readme (const char *content, gsize length, const char *const *paths)
{
  g_autoptr (LoftTestArchive) maker = loft_test_archive_new ();

  loft_test_archive_add_manifest (maker, "a", "1.0.0");
  for (; *paths != NULL; paths++)
    loft_test_archive_add (maker,
                           &(LoftTestMember){ .path = *paths,
                                              .content = content,
                                              .length = length });

  g_autoptr (LoftArchive) archive = inspect_good_archive (maker);

  if (archive->readme_path == NULL)
    return NULL;

  return g_strconcat (archive->readme_path, ":", archive->readme, NULL);
}

/* Of several READMEs at the root the best is taken, whatever their case. */
static void
test_readme_choice (void)
{
  static const struct
  {
    const char *paths[4];
    const char *expected;
  } rows[] = {
    { { "README.txt", "README", "README.md" }, "README.md:x" },
    { { "README.md", "README", "README.txt" }, "README.md:x" },
    { { "README.txt", "readme" }, "readme:x" },
    { { "ReadMe.MD" }, "ReadMe.MD:x" },
    { { "readme.TXT" }, "readme.TXT:x" },
    { { "./README" }, "README:x" },
    { { "doc/README.md" }, NULL },
    { { "README.rst" }, NULL },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *found = read_readme ("x", 1, rows[i].paths);

      g_assert_cmpstr (found, ==, rows[i].expected);
    }
}

/* A README is cut between two characters, and made valid. */
static void
test_readme_text (void)
{
  static const char *const path[] = { "README", NULL };
  g_autofree char *broken = read_readme ("a\xff\0b", 4, path);
  g_autofree char *empty = read_readme ("", 0, path);
  GString *content = g_string_new (NULL);

  g_assert_cmpstr (broken,
                   ==,
                   "README:a\xef\xbf\xbd\xef\xbf\xbd"
                   "b");
  g_assert_cmpstr (empty, ==, "README:");

  while (content->len < 200000)
    g_string_append (content, "€");
  g_autofree char *cut = read_readme (content->str, content->len, path);
  g_assert_cmpuint (strlen (cut), ==, strlen ("README:") + 65535);
  g_assert_true (g_utf8_validate (cut, -1, NULL));
  g_assert_null (strstr (cut, "\xef\xbf\xbd"));
  g_string_free (content, TRUE);

  g_autofree char *garbage = g_strnfill (65536, '\xff');
  g_autofree char *mended = read_readme (garbage, 65536, path);
  g_assert_cmpuint (strlen (mended), <=, strlen ("README:") + 65536);
  g_assert_true (g_utf8_validate (mended, -1, NULL));
}

/* What fails on our side is an error, not a finding. */
static void
test_errors (void)
{
  g_autoptr (LoftFindings) findings = loft_findings_new ();
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GBytes) bytes = loft_test_package ("a", "1.0.0");
  g_autoptr (GError) error = NULL;
  int fd = open_bytes (bytes);

  g_cancellable_cancel (cancellable);
  g_assert_null (
    loft_archive_inspect (fd, &default_limits, findings, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&error);
  close (fd);

  g_assert_null (
    loft_archive_inspect (fd, &default_limits, findings, NULL, &error));
  g_assert_error (error, LOFT_REGISTRY_ERROR, LOFT_REGISTRY_ERROR_FAILED);
  g_clear_error (&error);

  int folder = open ("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  g_assert_null (
    loft_archive_inspect (folder, &default_limits, findings, NULL, &error));
  g_assert_error (error, LOFT_REGISTRY_ERROR, LOFT_REGISTRY_ERROR_FAILED);
  close (folder);

  g_assert_cmpuint (loft_findings_get_total (findings), ==, 0);
}

/* The position of the file is neither used nor moved, and the thread's locale
 * is what it was. */
static void
test_leaves_no_trace (void)
{
  g_autoptr (LoftFindings) findings = loft_findings_new ();
  g_autoptr (GBytes) bytes = loft_test_package ("a", "1.0.0");
  locale_t before = uselocale ((locale_t) 0);
  int fd = open_bytes (bytes);
  off_t position = lseek (fd, 7, SEEK_SET);
  g_autoptr (LoftArchive) archive =
    loft_archive_inspect (fd, &default_limits, findings, NULL, NULL);

  assert_no_findings (findings);
  g_assert_nonnull (archive);
  g_assert_cmpint (lseek (fd, 0, SEEK_CUR), ==, position);
  g_assert_true (uselocale ((locale_t) 0) == before);
  close (fd);
}

/* Names in UTF-8 are read alike where the program's locale is “C”. */
static void
test_plain_locale (void)
{
  g_autofree char *before = g_strdup (setlocale (LC_ALL, NULL));

  g_assert_nonnull (setlocale (LC_ALL, "C"));
  test_odd_but_good ();
  setlocale (LC_ALL, before);
}

/* An archive that is damaged anywhere is refused or, where the damage changes
 * nothing, taken; it is never worse than that. */
static void
test_damaged (void)
{
  g_autoptr (GBytes) good = loft_test_package ("a", "1.0.0");
  gsize length = g_bytes_get_size (good);

  for (gsize i = 0; i < length; i++)
    for (guint bit = 0; bit < 8; bit += 3)
      {
        g_autofree guint8 *copy =
          g_memdup2 (g_bytes_get_data (good, NULL), length);
        copy[i] ^= 1 << bit;

        g_autoptr (GBytes) bytes = g_bytes_new (copy, length);
        g_autoptr (LoftFindings) findings = loft_findings_new ();
        g_autoptr (LoftArchive) archive =
          inspect (bytes, &default_limits, findings);

        if (loft_findings_get_total (findings) > 0)
          continue;
        g_assert_cmpuint (archive->files->len, ==, 3);
        g_assert_cmpstr (archive->manifest->name, ==, "a");
      }

  for (gsize i = 0; i < length; i++)
    {
      g_autoptr (GBytes) bytes = g_bytes_new_from_bytes (good, 0, i);
      g_autoptr (LoftFindings) findings = loft_findings_new ();
      g_autoptr (LoftArchive) archive =
        inspect (bytes, &default_limits, findings);

      g_assert_cmpuint (loft_findings_get_total (findings), ==, 1);
    }
}

/* Random changes to the tar itself never get past the two readers into a path
 * that is not below the folder. */
static void
test_random_tar (void)
{
  g_autoptr (LoftTestArchive) maker = loft_test_archive_new ();
  g_autofree char *longest = g_strnfill (200, 'n');
  static const guint64 extents[][2] = { { 0, 512 }, { 1024, 0 } };

  loft_test_archive_add_manifest (maker, "a", "1.0.0");
  loft_test_archive_add_file (maker, longest, "x");
  loft_test_archive_add_sparse (maker, "sparse", 1024, extents, 2);
  loft_test_archive_add_file (maker, "b/c", "x");
  loft_test_archive_end (maker);
  g_autoptr (GBytes) tar = loft_test_archive_to_tar (maker);
  gsize length = g_bytes_get_size (tar);

  for (guint round = 0; round < 500; round++)
    {
      g_autofree guint8 *copy =
        g_memdup2 (g_bytes_get_data (tar, NULL), length);

      for (guint i = g_test_rand_int_range (1, 4); i > 0; i--)
        {
          gsize block = g_test_rand_int_range (0, length / 512) * 512;
          guint8 *header = copy + block;
          guint sum = 8 * ' ';

          header[g_test_rand_int_range (0, 512)] = g_test_rand_int ();
          for (gsize at = 0; at < 512; at++)
            sum += at < 148 || at >= 156 ? header[at] : 0;
          g_snprintf ((char *) header + 148, 7, "%06o", sum);
        }

      g_autoptr (GBytes) changed = g_bytes_new (copy, length);
      g_autoptr (GBytes) bytes = loft_test_gzip (changed);
      g_autoptr (LoftFindings) findings = loft_findings_new ();
      g_autoptr (LoftArchive) archive =
        inspect (bytes, &default_limits, findings);
      for (guint i = 0; i < archive->files->len; i++)
        {
          const LoftArchiveFile *file = g_ptr_array_index (archive->files, i);

          g_assert_true (g_utf8_validate (file->path, -1, NULL));
          g_assert_false (g_path_is_absolute (file->path));
          g_assert_null (strstr (file->path, "../"));
        }
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  g_test_add_func ("/archive/good", test_good);
  g_test_add_func ("/archive/odd-but-good", test_odd_but_good);
  g_test_add_func ("/archive/several", test_several);
  g_test_add_func ("/archive/limits", test_limits);
  g_test_add_func ("/archive/link-bounds", test_link_bounds);
  g_test_add_func ("/archive/readme/choice", test_readme_choice);
  g_test_add_func ("/archive/readme/text", test_readme_text);
  g_test_add_func ("/archive/errors", test_errors);
  g_test_add_func ("/archive/leaves-no-trace", test_leaves_no_trace);
  g_test_add_func ("/archive/plain-locale", test_plain_locale);
  g_test_add_func ("/archive/damaged", test_damaged);
  g_test_add_func ("/archive/random-tar", test_random_tar);

  gsize length = 0;
  const LoftTestCase *cases = loft_test_archive_cases (&length);
  for (gsize i = 0; i < length; i++)
    {
      g_autofree char *name =
        g_strconcat ("/archive/refused/", cases[i].name, NULL);

      g_test_add_data_func (name, &cases[i], test_refused);
    }

  return g_test_run ();
}
