/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "pages/loft-pages-private.h"

#include <string.h>

#include "pages/loft-markdown.h"
#include "registry/loft-json.h"

/* The page of a package. */

/* More would make the page heavy. */
#define FILES_MAX 100

static const char *
find_previous (const LoftPagesPackage *package, const char *shown)
{
  JsonArray *versions = json_node_get_array (package->versions);

  for (guint i = json_array_get_length (versions); i > 0; i--)
    if (g_strcmp0 (
          shown,
          loft_json_get_string (json_array_get_object_element (versions, i - 1),
                                "version")) == 0)
      return g_ptr_array_index (package->previous, i - 1);

  return NULL;
}

/* Which versions may be worth to compare. */
static void
add_comparison (JsonObject *values,
                const LoftPagesPackage *package,
                const char *name,
                const char *shown)
{
  const char *previous = find_previous (package, shown);

  if (previous == NULL)
    return;
  json_object_set_string_member (values, "name", name);
  json_object_set_string_member (values, "old", previous);
  json_object_set_string_member (values, "new", shown);
}

static void
add_dependencies (JsonObject *values, JsonObject *version)
{
  JsonObject *dependencies = loft_json_get_object (version, "dependencies");
  JsonArray *rows = json_array_new ();
  JsonObjectIter iter;
  const char *name = NULL;
  JsonNode *constraint = NULL;

  if (dependencies != NULL)
    {
      json_object_iter_init_ordered (&iter, dependencies);
      while (json_object_iter_next_ordered (&iter, &name, &constraint))
        {
          JsonObject *row = json_object_new ();

          json_object_set_string_member (row, "name", name);
          json_object_set_member (row,
                                  "constraint",
                                  json_node_copy (constraint));
          json_array_add_object_element (rows, row);
        }
    }
  json_object_set_array_member (values, "dependencies", rows);
}

static void
add_files (const LoftPagesPlace *place, JsonObject *values, JsonObject *version)
{
  JsonArray *files = loft_json_get_array (version, "files");

  json_object_set_array_member (
    values,
    "files",
    loft_pages_new_files (place, version, 0, FILES_MAX));
  json_object_set_int_member (values,
                              "n_files",
                              files != NULL ? json_array_get_length (files)
                                            : 0);
}

/* Whoever looks at an old version, or at one that was yanked, shall know of a
 * better one. */
static void
add_newest (JsonObject *values, const LoftPagesPackage *package)
{
  JsonArray *versions = json_node_get_array (package->versions);
  const char *shown =
    loft_json_get_string (json_node_get_object (package->version), "version");

  for (guint i = json_array_get_length (versions); i > 0; i--)
    {
      JsonObject *version = json_array_get_object_element (versions, i - 1);
      const char *text = loft_json_get_string (version, "version");

      if (json_object_get_boolean_member_with_default (version,
                                                       "yanked",
                                                       FALSE))
        continue;
      if (g_strcmp0 (text, shown) != 0)
        json_object_set_string_member (values, "newest", text);
      return;
    }
}

/* What is not said to be Markdown is text. */
static LoftHtml *
render_readme (const LoftPagesPlace *place,
               JsonObject *values,
               const LoftPagesPackage *package)
{
  const char *path = package->readme_path;
  const char *suffix = path != NULL ? strrchr (path, '.') : NULL;

  if (package->readme == NULL)
    return NULL;
  if (suffix == NULL || g_ascii_strcasecmp (suffix, ".md") != 0)
    {
      json_object_set_string_member (values, "plain_readme", package->readme);
      return NULL;
    }

  g_autoptr (GBytes) source =
    g_bytes_new_static (package->readme, strlen (package->readme));

  JsonObject *version = json_node_get_object (package->version);
  const char *name = loft_json_get_string (version, "name");
  const char *text = loft_json_get_string (version, "version");
  g_autofree char *links =
    loft_pages_format_folder (place, name, text, "files");
  g_autofree char *images = loft_pages_format_folder (place, name, text, "raw");

  return loft_markdown_render (source, path, links, images);
}

/* Of most there is nothing to say. */
static void
add_docs (JsonObject *values, const LoftPagesDocs *docs)
{
  if (!docs->is_there && !docs->is_waiting && !docs->is_failed)
    return;

  JsonObject *shown = json_object_new ();

  json_object_set_boolean_member (shown, "is_there", docs->is_there);
  json_object_set_boolean_member (shown, "is_waiting", docs->is_waiting);
  json_object_set_boolean_member (shown, "is_failed", docs->is_failed);
  json_object_set_boolean_member (shown, "has_failed", docs->has_failed);
  if (docs->reason != NULL)
    json_object_set_string_member (shown, "reason", docs->reason);
  if (docs->log != NULL)
    json_object_set_string_member (shown, "log", docs->log);
  json_object_set_object_member (values, "docs", shown);
}

/* The one place of what is shown, whatever view or query led to it. */
static void
add_canonical (JsonObject *values,
               const LoftPagesPlace *place,
               const char *name,
               const char *version)
{
  g_autofree char *segment = g_uri_escape_string (name, NULL, FALSE);
  g_autofree char *other =
    version != NULL ? g_uri_escape_string (version, NULL, FALSE) : NULL;
  g_autofree char *path =
    g_strconcat ("packages/", segment, other != NULL ? "/" : NULL, other, NULL);
  g_autofree char *canonical = place->url != NULL
                                 ? g_strconcat (place->url, "/", path, NULL)
                                 : g_strconcat (place->root, path, NULL);

  json_object_set_string_member (values, "canonical", canonical);
}

/**
 * loft_pages_render_package:
 * @place: where the page is
 * @package: what to show
 *
 * Shows a package by one of its versions, or all versions of it.
 *
 * Returns: (transfer full): a page
 */
LoftHtml *
loft_pages_render_package (const LoftPagesPlace *place,
                           const LoftPagesPackage *package)
{
  g_return_val_if_fail (place != NULL && package != NULL, NULL);

  static const char *const members[] = {
    "name", "version", "description", "repository", "authors",      "license",
    "size", "sha256",  "yanked",      "deprecated", "published_at", NULL
  };
  JsonObject *version = json_node_get_object (package->version);
  g_autoptr (JsonObject) values = loft_pages_new_values (place);
  JsonObject *shown = loft_pages_copy_object (version, members);
  const char *name = loft_json_get_string (version, "name");
  const char *text = loft_json_get_string (version, "version");

  loft_pages_add_words (place, shown);
  json_object_set_object_member (values, "package", shown);
  json_object_set_boolean_member (values, "is_named", package->is_named);
  add_docs (values, &package->docs);
  json_object_set_boolean_member (values, "is_partial", package->is_partial);
  loft_pages_add_versions (place, values, package);
  add_comparison (values, package, name, text);
  if (package->all_versions != NULL)
    {
      g_autofree char *title =
        g_strdup_printf (loft_words_get (place->words, "Versions of %s"), name);

      return loft_pages_finish (place, "versions", values, title, NULL);
    }

  g_autofree char *title = g_strdup_printf ("%s %s", name, text);
  add_canonical (values, place, name, package->is_named ? text : NULL);
  json_object_set_object_member (
    values,
    "software",
    loft_pages_new_software (place,
                             shown,
                             loft_json_get_string (values, "canonical")));
  if (package->yank_reason != NULL)
    json_object_set_string_member (values, "yank_reason", package->yank_reason);
  add_newest (values, package);
  add_dependencies (values, version);
  add_files (place, values, version);
  json_object_set_member (values,
                          "dependents",
                          json_node_copy (package->dependents));
  json_object_set_boolean_member (values,
                                  "more_dependents",
                                  package->more_dependents);
  if (package->days != NULL)
    json_object_set_object_member (values,
                                   "downloads",
                                   loft_pages_new_downloads (package));
  g_autoptr (LoftHtml) readme = render_readme (place, values, package);

  return loft_pages_finish (place, "package", values, title, readme);
}
