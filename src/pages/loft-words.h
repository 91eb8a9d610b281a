/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * LoftWords:
 *
 * The texts of pages in one language.
 */
typedef struct _LoftWords LoftWords;

void loft_words_add_to_digest (GChecksum *digest);
const char *const *loft_words_list_tags (void);
const LoftWords *loft_words_find (const char *tag);
const char *loft_words_get_tag (const LoftWords *self);

const char *loft_words_get (const LoftWords *self, const char *text)
  G_GNUC_FORMAT (2);
const char *loft_words_get_in (const LoftWords *self,
                               const char *context,
                               const char *text) G_GNUC_FORMAT (3);
const char *loft_words_get_plural (const LoftWords *self,
                                   const char *context,
                                   const char *one,
                                   const char *many,
                                   guint64 n) G_GNUC_FORMAT (3)
  G_GNUC_FORMAT (4);

char *loft_words_format_number (const LoftWords *self, gint64 n);
char *loft_words_format_size (const LoftWords *self, gint64 size);
char *loft_words_format_date (const LoftWords *self, GDateTime *time);
char *loft_words_format_time (const LoftWords *self, GDateTime *time);
char *
loft_words_format_age (const LoftWords *self, GDateTime *time, GDateTime *now);

G_END_DECLS
