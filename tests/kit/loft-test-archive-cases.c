/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "kit/loft-test-archive-cases.h"

#define TEN "0123456789"
#define HUNDRED TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN
#define LONG                                                                   \
  HUNDRED "/" HUNDRED "/0123456789012345678901234567890123456789012345"

#define FILES(...) ((const LoftTestMember[]){ __VA_ARGS__, { .path = NULL } })
#define FILE(p)                                                                \
  {                                                                            \
    .path = p, .content = "x"                                                  \
  }
#define LINK(p, t)                                                             \
  {                                                                            \
    .path = p, .type = '2', .target = t                                        \
  }
#define FOLDER(p)                                                              \
  {                                                                            \
    .path = p, .type = '5'                                                     \
  }
#define TYPE(p, t)                                                             \
  {                                                                            \
    .path = p, .type = t                                                       \
  }
#define LONG_NAME(c, l)                                                        \
  {                                                                            \
    .path = "long", .type = 'L', .content = c, .length = l                     \
  }
#define SIZE(s)                                                                \
  {                                                                            \
    .path = "a", .size_field = s                                               \
  }

static const LoftTestCase cases[] = {
  { "gzip/nothing", "gzip-format", NULL, loft_test_make_nothing },
  { "gzip/other", "gzip-format", NULL, loft_test_make_no_gzip },
  { "gzip/plain-tar", "gzip-format", NULL, loft_test_make_plain_tar },
  { "gzip/method", "gzip-format", NULL, loft_test_make_wrong_method },
  { "gzip/flags", "gzip-format", NULL, loft_test_make_wrong_flags },
  { "gzip/data", "gzip-data", NULL, loft_test_make_wrong_data },
  { "gzip/crc", "gzip-crc", NULL, loft_test_make_wrong_crc },
  { "gzip/length", "gzip-length", NULL, loft_test_make_wrong_length },
  { "gzip/cut-trailer", "gzip-truncated", NULL, loft_test_make_cut_trailer },
  { "gzip/cut-data", "gzip-truncated", NULL, loft_test_make_cut_data },
  { "gzip/garbage-after", "gzip-trailing", NULL, loft_test_make_garbage_after },
  { "gzip/second-member", "gzip-trailing", NULL, loft_test_make_second_member },

  { "tar/none", "tar-header", NULL, loft_test_make_no_tar },
  { "tar/empty", "tar-block", NULL, loft_test_make_empty_member },
  { "tar/no-end", "tar-end", NULL, loft_test_make_no_end },
  { "tar/half-end", "tar-end", NULL, loft_test_make_half_end },
  { "tar/odd-end", "tar-block", NULL, loft_test_make_odd_end },
  { "tar/tail", "tar-trailing", NULL, loft_test_make_tail },
  { "tar/cut-header", "tar-block", NULL, loft_test_make_cut_header },
  { "tar/cut-member", "tar-block", NULL, loft_test_make_cut_member },
  { "tar/hidden-member", "tar-end", NULL, loft_test_make_hidden_member },
  { "tar/checksum", "tar-header", FILES ({ .path = "a", .is_damaged = TRUE }) },
  { "tar/old-format",
    "tar-header",
    FILES ({ .path = "a", .magic = "\0\0\0\0\0\0\0\0" }) },
  { "tar/odd-format",
    "tar-header",
    FILES ({ .path = "a", .magic = "ustar\00001" }) },
  { "tar/hard-link",
    "tar-hard-link",
    FILES ({ .path = "a", .type = '1', .target = "manifest.json" }) },
  { "tar/character-device", "tar-device", FILES (TYPE ("a", '3')) },
  { "tar/block-device", "tar-device", FILES (TYPE ("a", '4')) },
  { "tar/fifo", "tar-device", FILES (TYPE ("a", '6')) },
  { "tar/contiguous", "tar-type", FILES (TYPE ("a", '7')) },
  { "tar/old-file", "tar-type", FILES (TYPE ("a", '-')) },
  { "tar/long-link", "tar-type", FILES (TYPE ("a", 'K')) },
  { "tar/dump-folder", "tar-type", FILES (TYPE ("a", 'D')) },
  { "tar/volume", "tar-type", FILES (TYPE ("a", 'V')) },
  { "tar/multi-volume", "tar-type", FILES (TYPE ("a", 'M')) },
  { "tar/unknown", "tar-type", FILES (TYPE ("a", '\xff')) },
  { "tar/pax",
    "tar-pax",
    FILES ({ .path = "p", .type = 'x', .content = "12 path=abc\n" }) },
  { "tar/pax-global",
    "tar-pax",
    FILES ({ .path = "p", .type = 'g', .content = "12 path=abc\n" }) },
  { "tar/size-negative",
    "tar-size",
    FILES (SIZE ("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x00")) },
  { "tar/size-overflow",
    "tar-size",
    FILES (SIZE ("\x80\0\0\1\0\0\0\0\0\0\0\0")) },
  { "tar/size-word", "tar-size", FILES (SIZE ("twelve bytes")) },
  { "tar/size-decimal", "tar-size", FILES (SIZE ("00000000009\0")) },
  { "tar/size-none", "tar-size", FILES (SIZE ("\0\0\0\0\0\0\0\0\0\0\0\0")) },
  { "tar/folder-data",
    "tar-size",
    FILES ({ .path = "a/", .type = '5', .content = "x" }) },
  { "tar/link-data",
    "tar-size",
    FILES ({ .path = "a",
             .type = '2',
             .target = "manifest.json",
             .content = "x" }) },
  { "tar/long-name-nul",
    "tar-long-name",
    FILES (LONG_NAME ("a\0b", 4), FILE ("c")) },
  { "tar/long-name-two-nuls",
    "tar-long-name",
    FILES (LONG_NAME ("a\0", 3), FILE ("c")) },
  { "tar/long-name-twice",
    "tar-long-name",
    FILES (LONG_NAME ("a", 2), LONG_NAME ("b", 2), FILE ("c")) },
  { "tar/long-name-empty",
    "tar-long-name",
    FILES (LONG_NAME (NULL, 0), FILE ("c")) },
  { "tar/long-name-alone", "tar-long-name", FILES (LONG_NAME ("a", 2)) },
  { "tar/sparse-overlap", "tar-sparse", NULL, loft_test_make_sparse_overlap },
  { "tar/sparse-order", "tar-sparse", NULL, loft_test_make_sparse_order },
  { "tar/sparse-odd", "tar-sparse", NULL, loft_test_make_sparse_odd },
  { "tar/sparse-size", "tar-sparse", NULL, loft_test_make_sparse_size },
  { "tar/sparse-endless", "tar-sparse", NULL, loft_test_make_sparse_endless },
  { "tar/sparse-no-map", "tar-sparse", FILES (TYPE ("a", 'S')) },
  { "tar/sparse-posix",
    "tar-sparse",
    FILES ({ .path = "a", .type = 'S', .magic = "ustar\00000" }) },

  { "bomb/sparse", "unpacked-size", NULL, loft_test_make_sparse_bomb },
  { "bomb/claim", "unpacked-size", NULL, loft_test_make_large_claim },
  { "bomb/ratio", "ratio", NULL, loft_test_make_ratio },
  { "bomb/sparse-ratio", "ratio", NULL, loft_test_make_sparse_ratio },
  { "bomb/zeros-after", "ratio", NULL, loft_test_make_zeros_after },
  { "bomb/entries", "entries", NULL, loft_test_make_many_entries },
  { "bomb/folders", "entries", NULL, loft_test_make_many_folders },

  { "path/absolute", "path-absolute", FILES (FILE ("/etc/passwd")) },
  { "path/parent", "path-parent", FILES (FILE ("../up")) },
  { "path/parent-inside", "path-parent", FILES (FILE ("a/../../up")) },
  { "path/parent-last", "path-parent", FILES (FOLDER ("a/..")) },
  { "path/parent-dotted", "path-parent", FILES (FILE ("./../up")) },
  { "path/empty", "path-form", FILES (FILE ("")) },
  { "path/dot", "path-form", FILES (FILE (".")) },
  { "path/empty-component", "path-form", FILES (FILE ("a//b")) },
  { "path/dot-component", "path-form", FILES (FILE ("a/./b")) },
  { "path/file-slash", "path-form", FILES (FILE ("a/")) },
  { "path/folder-slashes", "path-form", FILES (FOLDER ("a//")) },
  { "path/backslash", "path-character", FILES (FILE ("a\\b")) },
  { "path/newline", "path-character", FILES (FILE ("a\nb")) },
  { "path/escape", "path-character", FILES (FILE ("a\x1b[2J")) },
  { "path/c1-control", "path-character", FILES (FILE ("a\xc2\x9b")) },
  { "path/drive", "path-drive", FILES (FILE ("C:x")) },
  { "path/no-utf8", "path-utf8", FILES (FILE ("a\xff")) },
  { "path/overlong-utf8", "path-utf8", FILES (FILE ("\xc0\xae\xc0\xae/a")) },
  { "path/too-long", "path-length", FILES (FILE (LONG "89012345")) },
  { "path/much-too-long",
    "path-length",
    FILES ({ .path = "L", .type = 'L', .size_field = "00000100000" }) },
  { "path/duplicate", "path-duplicate", FILES (FILE ("a"), FILE ("a")) },
  { "path/duplicate-dotted",
    "path-duplicate",
    FILES (FILE ("a"), FILE ("./a")) },
  { "path/duplicate-folder",
    "path-duplicate",
    FILES (FOLDER ("a/"), FOLDER ("a")) },
  { "path/duplicate-kinds",
    "path-duplicate",
    FILES (FOLDER ("a/"), FILE ("a")) },
  { "path/case", "path-case", FILES (FILE ("a"), FILE ("A")) },
  { "path/case-folder", "path-case", FILES (FILE ("Src/a"), FILE ("src/b")) },
  { "path/case-manifest", "path-case", FILES (FILE ("Manifest.JSON")) },
  { "path/case-sharp-s",
    "path-case",
    FILES (FILE ("STRASSE"), FILE ("straße")) },
  { "path/composition",
    "path-case",
    FILES (FILE ("\xc3\xa4"), FILE ("a\xcc\x88")) },
  { "path/below-file", "path-conflict", FILES (FILE ("a"), FILE ("a/b")) },
  { "path/above-file", "path-conflict", FILES (FILE ("a/b"), FILE ("a")) },
  { "path/below-link",
    "path-below-link",
    FILES (FOLDER ("d/"), LINK ("a", "d"), FILE ("a/b")) },
  { "path/above-link",
    "path-below-link",
    FILES (FOLDER ("d/"), FILE ("a/b"), LINK ("a", "d")) },

  { "link/absolute", "link-escape", FILES (LINK ("a", "/etc/passwd")) },
  { "link/parent", "link-escape", FILES (LINK ("a", "..")) },
  { "link/parents", "link-escape", FILES (LINK ("a/b", "../../x")) },
  { "link/out-and-in",
    "link-escape",
    FILES (LINK ("a", "../hello-lib/manifest.json")) },
  { "link/chain-out",
    "link-escape",
    FILES (LINK ("d/up", ".."), LINK ("a", "d/up/../x")) },
  { "link/dangling", "link-target", FILES (LINK ("a", "b")) },
  { "link/other-case", "link-target", FILES (LINK ("a", "Manifest.json")) },
  { "link/nothing", "link-target", FILES (LINK ("a", "")) },
  { "link/through-file",
    "link-target",
    FILES (LINK ("a", "manifest.json/../manifest.json")) },
  { "link/backslash", "link-target", FILES (LINK ("a", "..\\x")) },
  { "link/no-utf8", "link-target", FILES (LINK ("a", "\xff")) },
  { "link/itself", "link-chain", FILES (LINK ("a", "a")) },

  { "manifest/missing", "manifest-missing", NULL, loft_test_make_no_manifest },
  { "manifest/deep", "manifest-missing", NULL, loft_test_make_deep_manifest },
  { "manifest/link", "manifest-missing", NULL, loft_test_make_linked_manifest },
  { "manifest/twice", "manifest-duplicate", FILES (FILE ("manifest.json")) },
  { "manifest/twice-dotted",
    "manifest-duplicate",
    FILES (FILE ("./manifest.json")) },
  { "manifest/no-json", "manifest-json", NULL, loft_test_make_no_json },
  { "manifest/empty", "manifest-json", NULL, loft_test_make_empty_manifest },
  { "manifest/nested", "manifest-json", NULL, loft_test_make_nested_manifest },
  { "manifest/large", "manifest-size", NULL, loft_test_make_large_manifest },
  { "manifest/array", "manifest-object", NULL, loft_test_make_array_manifest },
  { "manifest/path-dependency",
    "path-dependency",
    NULL,
    loft_test_make_path_dependency },
};

/* Gives all archives that must be refused. */
const LoftTestCase *
loft_test_archive_cases (gsize *out_length)
{
  *out_length = G_N_ELEMENTS (cases);

  return cases;
}

/* Makes the archive of a case. */
GBytes *
loft_test_case_make (const LoftTestCase *self)
{
  if (self->members == NULL)
    return self->make ();

  g_autoptr (LoftTestArchive) archive = loft_test_archive_new ();

  loft_test_archive_add_manifest (archive, LOFT_TEST_NAME, LOFT_TEST_VERSION);
  for (const LoftTestMember *member = self->members; member->path != NULL;
       member++)
    loft_test_archive_add (archive, member);

  return loft_test_archive_to_gzip (archive);
}
