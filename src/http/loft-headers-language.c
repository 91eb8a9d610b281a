/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "http/loft-headers.h"

#include "http/loft-headers-private.h"

#include <string.h>

/* A subtag has as many letters and digits. */
#define SUBTAG_MAX 8

static gboolean
is_range (const char *range)
{
  gsize length = 0;

  for (; *range != '\0'; range++)
    {
      length = *range == '-' ? 0 : length + 1;
      if ((*range != '-' && !g_ascii_isalnum (*range)) || length > SUBTAG_MAX ||
          (*range == '-' && range[1] == '\0'))
        return FALSE;
    }

  return TRUE;
}

static gboolean
has_subtag (const char *range, const char *subtag)
{
  g_auto (GStrv) parts = g_strsplit (range, "-", -1);

  for (guint i = 1; parts[0] != NULL && parts[i] != NULL; i++)
    if (g_ascii_strcasecmp (parts[i], subtag) == 0)
      return TRUE;

  return FALSE;
}

/* Those who name Taiwan or the traditional script mean another Chinese than the
 * one of the mainland, and may like English better. Most of them name `zh` as
 * well, and then get it where they put it. */
static gboolean
is_traditional (const char *range)
{
  static const char *const subtags[] = { "Hant", "TW", "HK", "MO" };

  if (g_ascii_strncasecmp (range, "zh-", 3) != 0 || has_subtag (range, "Hans"))
    return FALSE;
  for (gsize i = 0; i < G_N_ELEMENTS (subtags); i++)
    if (has_subtag (range, subtags[i]))
      return TRUE;

  return FALSE;
}

/* One that is named in full, or else one of the same language; -1 for none. */
static int
find_tag (const char *range, const char *const *tags)
{
  gsize length = strcspn (range, "-");

  if (length == 0 || !is_range (range))
    return -1;
  for (int i = 0; tags[i] != NULL; i++)
    if (g_ascii_strcasecmp (range, tags[i]) == 0)
      return i;
  if (is_traditional (range))
    return -1;
  for (int i = 0; tags[i] != NULL; i++)
    if (strcspn (tags[i], "-") == length &&
        g_ascii_strncasecmp (range, tags[i], length) == 0)
      return i;

  return -1;
}

/**
 * loft_headers_negotiate_language:
 * @accept_language: (nullable): value of `Accept-Language`
 * @tags: (array zero-terminated=1): what there is; the first is for those who
 *   like none of it
 *
 * Chooses the language that a client likes best; of those that it likes
 * equally, the one that it names first. A region that we don't have gets its
 * language: `de-AT` means `de`. A `*` means the first one, unless that is
 * named. Items that make no sense are passed over.
 *
 * Returns: which one of @tags
 */
guint
loft_headers_negotiate_language (const char *accept_language,
                                 const char *const *tags)
{
  g_return_val_if_fail (tags != NULL && tags[0] != NULL, 0);

  const char *list = accept_language != NULL ? accept_language : "";
  gboolean is_first_named = FALSE;
  int wildcard = 0;
  int best_quality = 0;
  int best = 0;

  while (TRUE)
    {
      g_autofree char *item = loft_headers_next_item (&list);

      if (item == NULL)
        break;

      gsize length = strcspn (item, "; \t");
      int quality = loft_headers_parse_quality (item + length);

      item[length] = '\0';
      int found = g_str_equal (item, "*") ? -1 : find_tag (item, tags);
      if (quality == LOFT_QUALITY_UNSET)
        continue;
      if (g_str_equal (item, "*"))
        wildcard = MAX (wildcard, quality);
      is_first_named |= found == 0;
      if (found >= 0 && quality > best_quality)
        {
          best = found;
          best_quality = quality;
        }
    }

  return wildcard > best_quality && !is_first_named ? 0 : (guint) best;
}
