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
#include "registry/loft-text.h"

/* Files of a package: the list of them, and each one. */

/* So many are on a page. */
#define FILES_MAX 200

/**
 * loft_pages_format_folder:
 * @place: where the page is
 * @name: a package
 * @version: one of its versions
 * @folder: what is below it
 *
 * Writes where something of a version is.
 *
 * Returns: (transfer full): a relative reference that ends in a slash
 */
char *
loft_pages_format_folder (const LoftPagesPlace *place,
                          const char *name,
                          const char *version,
                          const char *folder)
{
  g_return_val_if_fail (place != NULL && name != NULL, NULL);
  g_return_val_if_fail (version != NULL && folder != NULL, NULL);

  g_autofree char *one = g_uri_escape_string (name, NULL, FALSE);
  g_autofree char *other = g_uri_escape_string (version, NULL, FALSE);

  return g_strconcat (place->base,
                      "packages/",
                      one,
                      "/",
                      other,
                      "/",
                      folder,
                      "/",
                      NULL);
}

static char *
format_link (const char *folder, const char *path)
{
  g_autofree char *encoded = g_uri_escape_string (path, "/", FALSE);

  return g_strconcat (folder, encoded, NULL);
}

static JsonObject *
new_row (const LoftPagesPlace *place, const char *folder, JsonNode *node)
{
  JsonObject *file =
    JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
  const char *path = file != NULL ? loft_json_get_string (file, "path") : NULL;
  gint64 size = file != NULL ? loft_json_get_int (file, "size", -1) : -1;

  if (path == NULL)
    return NULL;

  JsonObject *row = json_object_new ();
  g_autofree char *link = format_link (folder, path);
  json_object_set_string_member (row, "path", path);
  json_object_set_string_member (row, "link", link);
  if (size >= 0)
    {
      g_autofree char *text = loft_words_format_size (place->words, size);

      json_object_set_string_member (row, "size_text", text);
    }

  return row;
}

/**
 * loft_pages_new_files:
 * @place: where the page is
 * @version: a version, as the registry describes it
 * @begin: how many of its files to leave out
 * @max: how many to list at most
 *
 * Lists files.
 *
 * Returns: (transfer full): a row for each
 */
JsonArray *
loft_pages_new_files (const LoftPagesPlace *place,
                      JsonObject *version,
                      guint begin,
                      guint max)
{
  g_return_val_if_fail (place != NULL && version != NULL, NULL);

  JsonArray *files = loft_json_get_array (version, "files");
  guint length = files != NULL ? json_array_get_length (files) : 0;
  JsonArray *rows = json_array_new ();
  g_autofree char *folder =
    loft_pages_format_folder (place,
                              loft_json_get_string (version, "name"),
                              loft_json_get_string (version, "version"),
                              "files");

  for (guint i = begin; i < length && i - begin < max; i++)
    {
      JsonObject *row =
        new_row (place, folder, json_array_get_element (files, i));

      if (row != NULL)
        json_array_add_object_element (rows, row);
    }

  return rows;
}

static void
add_package (JsonObject *values, const char *name, const char *version)
{
  JsonObject *package = json_object_new ();

  json_object_set_string_member (package, "name", name);
  json_object_set_string_member (package, "version", version);
  json_object_set_object_member (values, "package", package);
}

/* How many files are not behind that path; they are in order. */
static guint
find_begin (JsonArray *files, const char *after)
{
  guint length = files != NULL ? json_array_get_length (files) : 0;
  guint i = 0;

  for (; after != NULL && i < length; i++)
    {
      JsonNode *node = json_array_get_element (files, i);
      const char *path =
        JSON_NODE_HOLDS_OBJECT (node)
          ? loft_json_get_string (json_node_get_object (node), "path")
          : NULL;

      if (path != NULL && strcmp (path, after) > 0)
        break;
    }

  return i;
}

/**
 * loft_pages_render_files:
 * @place: where the page is
 * @version: a version, as the registry describes it
 * @after: (nullable): the path after which the page begins
 *
 * Lists the files of a version.
 *
 * Returns: (transfer full): a page
 */
LoftHtml *
loft_pages_render_files (const LoftPagesPlace *place,
                         JsonNode *version,
                         const char *after)
{
  g_return_val_if_fail (place != NULL && version != NULL, NULL);

  JsonObject *object = json_node_get_object (version);
  const char *name = loft_json_get_string (object, "name");
  const char *text = loft_json_get_string (object, "version");
  JsonArray *files = loft_json_get_array (object, "files");
  guint begin = find_begin (files, after);
  JsonArray *rows = loft_pages_new_files (place, object, begin, FILES_MAX);
  guint length = json_array_get_length (rows);
  g_autoptr (JsonObject) values = loft_pages_new_values (place);
  g_autofree char *shown = g_strdup_printf ("%s %s", name, text);
  g_autofree char *title =
    g_strdup_printf (loft_words_get (place->words, "Files of %s"), shown);

  add_package (values, name, text);
  json_object_set_boolean_member (values, "further", begin > 0);
  if (files != NULL && begin + FILES_MAX < json_array_get_length (files) &&
      length > 0)
    {
      g_autofree char *last = g_uri_escape_string (
        loft_json_get_string (json_array_get_object_element (rows, length - 1),
                              "path"),
        NULL,
        FALSE);
      g_autofree char *next = g_strconcat ("?after=", last, NULL);

      json_object_set_string_member (values, "next", next);
    }
  json_object_set_array_member (values, "files", rows);

  return loft_pages_finish (place, "files", values, title, NULL);
}

static char *
make_text (const LoftPagesFile *file)
{
  gsize length = 0;
  const char *data = g_bytes_get_data (file->bytes, &length);

  return loft_text_decode (data, length, length < file->size);
}

/**
 * loft_pages_render_file:
 * @place: where the page is
 * @file: what to show
 *
 * Shows a file: a text as text, a picture as a picture.
 *
 * Returns: (transfer full): a page
 */
LoftHtml *
loft_pages_render_file (const LoftPagesPlace *place, const LoftPagesFile *file)
{
  g_return_val_if_fail (place != NULL && file != NULL, NULL);

  g_autoptr (JsonObject) values = loft_pages_new_values (place);
  g_autofree char *folder =
    loft_pages_format_folder (place, file->name, file->version, "raw");
  g_autofree char *raw = format_link (folder, file->path);
  g_autofree char *size =
    loft_words_format_size (place->words, (gint64) file->size);
  g_autofree char *title =
    g_strdup_printf ("%s · %s %s", file->path, file->name, file->version);
  gboolean is_image = file->is_image && file->size <= LOFT_PAGES_RAW_MAX;
  g_autofree char *text = file->is_image ? NULL : make_text (file);
  gboolean is_cut = FALSE;
  g_autoptr (LoftHtml) source =
    text != NULL
      ? loft_markdown_render_source (text,
                                     g_str_has_suffix (file->path, ".lf") ||
                                       g_str_has_suffix (file->path, ".loft"),
                                     &is_cut)
      : NULL;

  add_package (values, file->name, file->version);
  json_object_set_string_member (values, "path", file->path);
  json_object_set_string_member (values, "size_text", size);
  if (file->size <= LOFT_PAGES_RAW_MAX)
    json_object_set_string_member (values, "raw", raw);
  json_object_set_boolean_member (values, "is_image", is_image);
  json_object_set_boolean_member (values,
                                  "is_cut",
                                  is_cut || g_bytes_get_size (file->bytes) <
                                              file->size);

  return loft_pages_finish (place, "file", values, title, source);
}
