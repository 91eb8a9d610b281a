/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-previous.h"

#include <string.h>

#include "registry/loft-json.h"
#include "registry/loft-version.h"

/* Which version another one came after. */

typedef struct
{
  JsonArray *versions;
  GPtrArray *previous;
  const char *stable; /* nullable: the last one so far */
  const char *any;    /* nullable: the same, pre-releases too */
} Search;

static const char *
get_text (JsonArray *versions, guint i)
{
  return loft_json_get_string (json_array_get_object_element (versions, i),
                               "version");
}

static void
take (Search *self, guint i, gboolean is_stable)
{
  JsonObject *version = json_array_get_object_element (self->versions, i);
  const char *text = loft_json_get_string (version, "version");

  self->previous->pdata[i] =
    (gpointer) (is_stable && self->stable != NULL ? self->stable : self->any);
  if (json_object_get_boolean_member_with_default (version, "yanked", FALSE))
    return;
  self->any = text;
  if (is_stable)
    self->stable = text;
}

/**
 * loft_previous_find:
 * @versions: versions in the order of clients: pre-releases, then all others
 *
 * Finds for each version the one that it came after, by precedence: the release
 * before a release, if there is one, and else whatever was before. Nobody is
 * led to a yanked one.
 *
 * Returns: (transfer container): for each element of @versions a text of it, or
 *   %NULL if it is the first
 */
GPtrArray *
loft_previous_find (JsonArray *versions)
{
  g_return_val_if_fail (versions != NULL, NULL);

  guint length = json_array_get_length (versions);
  guint n_early = 0;
  while (n_early < length &&
         loft_version_is_prerelease (get_text (versions, n_early)))
    n_early++;

  Search search = { versions, g_ptr_array_new (), NULL, NULL };
  g_ptr_array_set_size (search.previous, (int) length);
  for (guint early = 0, stable = n_early; early < n_early || stable < length;)
    if (early < n_early &&
        (stable == length ||
         loft_version_compare (get_text (versions, early),
                               get_text (versions, stable)) < 0))
      take (&search, early++, FALSE);
    else
      take (&search, stable++, TRUE);

  return search.previous;
}

static int
compare (const char *a, const char *b)
{
  int order = loft_version_is_prerelease (b) - loft_version_is_prerelease (a);

  if (order == 0)
    order = loft_version_compare (a, b);

  return order != 0 ? order : strcmp (a, b);
}

/**
 * loft_previous_count:
 * @versions: versions in the order of clients: pre-releases, then all others
 * @version: a version, which need not be among them
 *
 * Returns: how many of @versions come before it in that order
 */
guint
loft_previous_count (JsonArray *versions, const char *version)
{
  g_return_val_if_fail (versions != NULL && version != NULL, 0);

  guint low = 0;
  guint high = json_array_get_length (versions);

  while (low < high)
    {
      guint middle = low + (high - low) / 2;

      if (compare (get_text (versions, middle), version) < 0)
        low = middle + 1;
      else
        high = middle;
    }

  return low;
}
