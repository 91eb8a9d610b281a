/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * LoftS3Page:
 * @keys: the keys, in the order in which they came
 * @next: (nullable): how to go on, or %NULL after the last page
 *
 * One page of a list.
 */
typedef struct
{
  GPtrArray *keys; /* owned, of owned strings */
  char *next;      /* owned, nullable */
} LoftS3Page;

void loft_s3_page_free (LoftS3Page *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LoftS3Page, loft_s3_page_free)

char *loft_s3_xml_find (GBytes *xml, const char *name);
LoftS3Page *loft_s3_xml_parse_page (GBytes *xml, GError **error);

G_END_DECLS
