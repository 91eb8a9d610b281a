/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-element.h"

#include <string.h>

#include "registry/loft-time.h"

/*
 * An element is rendered in two parts. The head is what a document says; it
 * never changes, so it is rendered once and kept. The tail is what may change
 * later: owners, yanked, deprecated. Lists of thousands of versions are then
 * little more than copies.
 *
 * The same document always gives the same bytes, on every node and in every
 * release that does not change the form: ETags rest on it.
 */

static void
append_nullable (GString *text, const char *string)
{
  if (string != NULL)
    loft_json_append_string (text, string);
  else
    g_string_append (text, "null");
}

static void
append_strings (GString *text, const char *const *strings)
{
  g_string_append_c (text, '[');
  for (gsize i = 0; strings != NULL && strings[i] != NULL; i++)
    {
      if (i > 0)
        g_string_append_c (text, ',');
      loft_json_append_string (text, strings[i]);
    }
  g_string_append_c (text, ']');
}

static int
compare_strings_cb (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

/* In byte order of the names: a hash table has none of its own. */
static void
append_dependencies (GString *text, GHashTable *dependencies)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new ();
  GHashTableIter iter;
  gpointer key;

  if (dependencies != NULL)
    {
      g_hash_table_iter_init (&iter, dependencies);
      while (g_hash_table_iter_next (&iter, &key, NULL))
        g_ptr_array_add (names, key);
      g_ptr_array_sort (names, compare_strings_cb);
    }

  g_string_append_c (text, '{');
  for (guint i = 0; i < names->len; i++)
    {
      if (i > 0)
        g_string_append_c (text, ',');
      loft_json_append_string (text, names->pdata[i]);
      g_string_append_c (text, ':');
      loft_json_append_string (
        text,
        g_hash_table_lookup (dependencies, names->pdata[i]));
    }
  g_string_append_c (text, '}');
}

static void
append_member (GString *text, const char *member, const char *value)
{
  g_string_append_printf (text, ",\"%s\":", member);
  append_nullable (text, value);
}

/**
 * loft_element_render_head:
 * @document: a document
 * @sha256: (nullable): of the tarball, in hex, for a document that lacks it
 * @size: bytes of the tarball, for a document that lacks it, or -1
 *
 * Renders the part of an element that never changes. The object is left open:
 * loft_element_append() closes it.
 *
 * Returns: (transfer full): the beginning of a JSON object
 */
char *
loft_element_render_head (const LoftDocument *document,
                          const char *sha256,
                          gint64 size)
{
  g_return_val_if_fail (document != NULL, NULL);

  GString *text = g_string_sized_new (512);
  g_autofree char *published = loft_time_format (document->published_at);
  gint64 known_size = document->size >= 0 ? document->size : size;

  g_string_append (text, "{\"name\":");
  loft_json_append_string (text, document->name);
  append_member (text, "version", document->version);
  append_member (text, "description", document->description);
  append_member (text, "repository", document->repository);
  g_string_append (text, ",\"authors\":");
  append_strings (text, (const char *const *) document->authors);
  append_member (text, "license", document->license);
  append_member (text, "published_at", published);
  if (known_size >= 0)
    g_string_append_printf (text, ",\"size\":%" G_GINT64_FORMAT, known_size);
  else
    g_string_append (text, ",\"size\":null");
  append_member (text,
                 "sha256",
                 document->sha256 != NULL ? document->sha256 : sha256);
  g_string_append (text, ",\"dependencies\":");
  append_dependencies (text, document->dependencies);

  return g_string_free (text, FALSE);
}

/**
 * loft_element_append:
 * @text: where to append
 * @head: what loft_element_render_head() gave
 * @owners: (nullable): what loft_element_render_owners() gave; none for %NULL
 * @yanked: whether the version is yanked
 * @deprecated: (nullable): why the package should not be used any more
 *
 * Appends a whole element.
 */
void
loft_element_append (GString *text,
                     const char *head,
                     const char *owners,
                     gboolean yanked,
                     const char *deprecated)
{
  g_return_if_fail (text != NULL && head != NULL);

  g_string_append (text, head);
  g_string_append (text, ",\"owners\":");
  g_string_append (text, owners != NULL ? owners : "[]");
  g_string_append (text, yanked ? ",\"yanked\":true" : ",\"yanked\":false");
  append_member (text, "deprecated", deprecated);
  g_string_append_c (text, '}');
}

/**
 * loft_element_render_owners:
 * @owners: (nullable) (array zero-terminated=1): public ids
 *
 * Renders the owners of an element.
 *
 * Returns: (transfer full): a JSON array
 */
char *
loft_element_render_owners (const char *const *owners)
{
  GString *text = g_string_new (NULL);

  append_strings (text, owners);

  return g_string_free (text, FALSE);
}
