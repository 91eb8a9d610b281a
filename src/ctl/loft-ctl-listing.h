/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "ctl/loft-ctl-source.h"

G_BEGIN_DECLS

/**
 * LoftCtlNote:
 * @yanked: reasons by version
 * @deprecated: (nullable): why the package should not be used
 *
 * What another registry says of a package as it is now.
 */
typedef struct
{
  GHashTable *yanked; /* owned */
  char *deprecated;   /* owned, nullable */
  gsize size;
} LoftCtlNote;

/**
 * LoftCtlListing:
 * @names: packages, which need not be names
 *
 * What another registry has.
 */
typedef struct
{
  GPtrArray *names; /* owned; the strings are the chunk's */

  GStringChunk *chunk; /* owned */
  GHashTable *known;   /* owned: the names */
  GHashTable *notes;   /* owned: LoftCtlNote by name */
  gsize notes_size;
} LoftCtlListing;

LoftCtlListing *loft_ctl_listing_fetch (LoftCtlSource *source, GError **error);
void loft_ctl_listing_free (LoftCtlListing *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LoftCtlListing, loft_ctl_listing_free)

const LoftCtlNote *loft_ctl_listing_get_note (LoftCtlListing *self,
                                              const char *name);

G_END_DECLS
