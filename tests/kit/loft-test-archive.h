/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Archives for tests, written byte by byte by code of our own, so that they can
 * be wrong in every way. */

/**
 * LoftTestMember:
 * @path: its path; one of more than 100 bytes is written as a long name
 * @type: its type letter; 0 means `0`, a file; `-` means the letter NUL
 * @content: (nullable): what it holds
 * @length: how many bytes that is; 0 means up to the NUL
 * @target: (nullable): where a link leads
 * @size_field: (nullable): twelve bytes in place of the right size
 * @magic: (nullable): eight bytes in place of GNU's
 * @is_damaged: whether the checksum is wrong
 *
 * A member to write.
 */
typedef struct
{
  const char *path;
  char type;
  const char *content;
  gsize length;
  const char *target;
  const char *size_field;
  const char *magic;
  gboolean is_damaged;
} LoftTestMember;

typedef struct _LoftTestArchive LoftTestArchive;

LoftTestArchive *loft_test_archive_new (void);
void loft_test_archive_free (LoftTestArchive *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LoftTestArchive, loft_test_archive_free)

void loft_test_archive_add (LoftTestArchive *self,
                            const LoftTestMember *member);
void loft_test_archive_add_file (LoftTestArchive *self,
                                 const char *path,
                                 const char *content);
void loft_test_archive_add_manifest (LoftTestArchive *self,
                                     const char *name,
                                     const char *version);
void loft_test_archive_add_sparse (LoftTestArchive *self,
                                   const char *path,
                                   guint64 size,
                                   const guint64 (*extents)[2],
                                   gsize n_extents);
void loft_test_archive_add_bytes (LoftTestArchive *self,
                                  const void *data,
                                  gsize length);
void loft_test_archive_end (LoftTestArchive *self);
GBytes *loft_test_archive_to_tar (LoftTestArchive *self);
GBytes *loft_test_archive_to_gzip (LoftTestArchive *self);

GBytes *loft_test_gzip (GBytes *content);
GBytes *loft_test_package (const char *name, const char *version);
char *
loft_test_publish_body (const char *name, const char *version, GBytes *tarball);

/**
 * LoftTestCase:
 * @name: what it is, as a part of a test's name
 * @rule: the only rule that it breaks, as a finding names it
 * @make: makes the archive, which says that it is `hello-lib` 0.1.0
 *
 * An archive that must be refused.
 */
typedef struct
{
  const char *name;
  const char *rule;
  const LoftTestMember *members; /* besides manifest.json; NULL: see @make */
  GBytes *(*make) (void);
} LoftTestCase;

const LoftTestCase *loft_test_archive_cases (gsize *out_length);
GBytes *loft_test_case_make (const LoftTestCase *self);

G_END_DECLS
