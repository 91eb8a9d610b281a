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

const LoftWords *loft_words_find (const char *name);

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

G_END_DECLS
