/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "registry/loft-tar-check.h"
#include "registry/loft-tar-header.h"

G_BEGIN_DECLS

typedef enum
{
  STATE_HEADER,
  STATE_SPARSE,    /* continuation of a sparse map */
  STATE_LONG_NAME, /* data of a long name */
  STATE_DATA,      /* data of a file, which is skipped */
  STATE_ONE_ZERO,  /* after one zero block */
  STATE_END,       /* after two of them */
  STATE_STOPPED,
} State;

struct _LoftTarCheck
{
  LoftArchiveLimits limits;
  guint64 packed;
  LoftFindings *findings; /* owned */
  LoftTarCheckFunc func;
  gpointer user_data; /* unowned */

  State state;
  gboolean is_begun; /* whether there was a good header */
  guint64 raw;       /* bytes so far */
  guint64 raw_most;  /* how many there may be */
  guint64 unpacked;  /* sizes of the members so far */
  guint entries;

  guint8 block[LOFT_TAR_BLOCK]; /* that is being read */
  gsize filled;
  guint64 skip; /* bytes of data to come, the padding included */

  GByteArray *long_name; /* owned, nullable: for the next header */
  gsize long_name_size;

  LoftTarMember *member; /* owned, nullable: whose sparse map is read */
  LoftTarSparse sparse;
  guint64 stored;
};

gboolean loft_tar_check_stop (LoftTarCheck *self,
                              const char *rule,
                              const char *subject,
                              const char *detail);
gboolean
loft_tar_check_measure (LoftTarCheck *self, guint64 size, guint64 most);
gboolean loft_tar_check_begin_member (LoftTarCheck *self,
                                      const LoftTarHeader *header,
                                      guint64 size);
gboolean loft_tar_check_take_sparse (LoftTarCheck *self);

G_END_DECLS
