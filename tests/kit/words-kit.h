/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include <glib.h>

/**
 * WordsKitMessage:
 * @text: a text; behind its context and `~` if it has one
 * @translation: its forms, with `|` between them
 *
 * A message of a catalog.
 */
typedef struct
{
  const char *text;
  const char *translation;
} WordsKitMessage;

GBytes *
words_kit_make (const WordsKitMessage *messages, gsize n, gboolean swapped);
