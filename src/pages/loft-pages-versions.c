/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "pages/loft-pages-private.h"

#include "registry/loft-json.h"

/* Versions of a package, the newest first. */

/* Beside everything else, and on a page of their own: more would be heavy. */
#define FEW_MAX 25
#define PAGE_MAX 100

/**
 * loft_pages_copy_object:
 * @object: an object
 * @members: (array zero-terminated): names
 *
 * Returns: (transfer full): an object that has no members but those
 */
JsonObject *
loft_pages_copy_object (JsonObject *object, const char *const *members)
{
  g_return_val_if_fail (object != NULL && members != NULL, NULL);

  JsonObject *copy = json_object_new ();

  for (gsize i = 0; members[i] != NULL; i++)
    if (json_object_has_member (object, members[i]))
      json_object_set_member (copy,
                              members[i],
                              json_object_dup_member (object, members[i]));

  return copy;
}

static const char *
get_text (JsonArray *versions, guint i)
{
  return loft_json_get_string (json_array_get_object_element (versions, i),
                               "version");
}

/* The newest version of all is after nothing. */
static char *
format_query (JsonArray *versions, guint begin)
{
  if (begin == 0)
    return g_strdup ("?versions=all");

  const char *last =
    get_text (versions, json_array_get_length (versions) - begin);
  g_autofree char *value = g_uri_escape_string (last, NULL, FALSE);

  return g_strconcat ("?versions=all&after=", value, NULL);
}

/**
 * loft_pages_find_versions:
 * @versions: the versions of a package, as the registry lists them
 * @begin: how many of them are newer than those on the page
 * @out: (out): the page
 *
 * Finds what is around a page of versions.
 */
void
loft_pages_find_versions (JsonNode *versions,
                          guint begin,
                          LoftPagesVersions *out)
{
  g_return_if_fail (versions != NULL && out != NULL);

  JsonArray *array = json_node_get_array (versions);
  guint length = json_array_get_length (array);

  g_return_if_fail (begin <= length);

  *out = (LoftPagesVersions){ .begin = begin };
  if (begin > 0)
    out->newer = format_query (array, begin - MIN (begin, PAGE_MAX));
  if (length - begin > PAGE_MAX)
    out->older = format_query (array, begin + PAGE_MAX);
}

/**
 * loft_pages_versions_clear:
 * @self: a page of versions
 *
 * Drops what it holds.
 */
void
loft_pages_versions_clear (LoftPagesVersions *self)
{
  g_return_if_fail (self != NULL);

  g_clear_pointer (&self->newer, g_free);
  g_clear_pointer (&self->older, g_free);
}

static JsonObject *
new_row (const LoftPagesPlace *place,
         JsonObject *version,
         const char *previous,
         const char *shown)
{
  static const char *const members[] = { "version",
                                         "published_at",
                                         "size",
                                         "yanked",
                                         NULL };
  JsonObject *row = loft_pages_copy_object (version, members);

  loft_pages_add_words (place, row);
  if (previous != NULL)
    json_object_set_string_member (row, "previous", previous);
  json_object_set_boolean_member (
    row,
    "shown",
    g_strcmp0 (loft_json_get_string (row, "version"), shown) == 0);

  return row;
}

static void
add_page (JsonObject *values, const LoftPagesVersions *page, guint n_rows)
{
  if (page->newer == NULL && page->older == NULL)
    return;

  if (page->newer != NULL)
    json_object_set_string_member (values, "newer", page->newer);
  if (page->older != NULL)
    json_object_set_string_member (values, "older", page->older);
  if (n_rows == 0)
    return;
  json_object_set_int_member (values, "first", page->begin + 1);
  json_object_set_int_member (values, "last", page->begin + n_rows);
}

/**
 * loft_pages_add_versions:
 * @place: where the page is
 * @values: where to put them
 * @package: what to show
 *
 * Adds rows of the newest versions, or of the page of versions that is wanted.
 */
void
loft_pages_add_versions (const LoftPagesPlace *place,
                         JsonObject *values,
                         const LoftPagesPackage *package)
{
  g_return_if_fail (place != NULL && values != NULL && package != NULL);

  const LoftPagesVersions *page = package->all_versions;
  JsonArray *versions = json_node_get_array (package->versions);
  guint length = json_array_get_length (versions);
  guint begin = page != NULL ? page->begin : 0;
  guint max = MIN (length - begin, page != NULL ? PAGE_MAX : FEW_MAX);
  const char *shown =
    loft_json_get_string (json_node_get_object (package->version), "version");
  JsonArray *rows = json_array_new ();

  for (guint i = length - begin; i > length - begin - max; i--)
    json_array_add_object_element (
      rows,
      new_row (place,
               json_array_get_object_element (versions, i - 1),
               g_ptr_array_index (package->previous, i - 1),
               shown));
  json_object_set_array_member (values, "versions", rows);
  json_object_set_int_member (values, "n_versions", length);
  json_object_set_boolean_member (values, "more_versions", max < length);
  if (page != NULL)
    add_page (values, page, max);
}
