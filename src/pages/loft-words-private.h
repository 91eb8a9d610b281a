/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "pages/loft-words.h"

G_BEGIN_DECLS

/**
 * LoftMessages:
 * @bytes: (nullable): a catalog of messages, as msgfmt makes it
 * @n: how many messages it has
 * @originals: where in @bytes the messages are listed
 * @translations: where in @bytes their translations are listed
 * @is_swapped: whether its numbers are those of another machine
 *
 * A catalog that is looked into where it lies.
 */
typedef struct
{
  GBytes *bytes; /* owned, nullable */
  guint32 n;
  guint32 originals;
  guint32 translations;
  gboolean is_swapped;
} LoftMessages;

gboolean loft_messages_init (LoftMessages *self, GBytes *bytes);
const char *loft_messages_find (const LoftMessages *self,
                                const char *key,
                                gsize *out_length);

LoftWords *loft_words_new (const char *tag, GBytes *bytes);
void loft_words_free (LoftWords *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LoftWords, loft_words_free)

guint loft_plural_find (const char *rule, guint64 n);

G_END_DECLS
