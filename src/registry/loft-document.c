/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-document.h"

#include <string.h>

#include "registry/loft-name.h"
#include "registry/loft-time.h"
#include "registry/loft-version.h"

#define ARCHIVE_SUFFIX ".tar.gz"
#define DIGEST_LENGTH 64

static GStrv
get_strings (JsonObject *object, const char *member)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  JsonArray *array = loft_json_get_array (object, member);
  guint length = array != NULL ? json_array_get_length (array) : 0;

  for (guint i = 0; i < length; i++)
    {
      JsonNode *node = json_array_get_element (array, i);

      if (JSON_NODE_HOLDS_VALUE (node) &&
          json_node_get_value_type (node) == G_TYPE_STRING)
        g_strv_builder_add (builder, json_node_get_string (node));
    }

  return g_strv_builder_end (builder);
}

static GHashTable *
get_dependencies (JsonObject *manifest)
{
  GHashTable *dependencies =
    g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  JsonObject *object =
    manifest != NULL ? loft_json_get_object (manifest, "dependencies") : NULL;
  if (object == NULL)
    return dependencies;

  JsonObjectIter iter;
  const char *name;
  json_object_iter_init (&iter, object);
  while (json_object_iter_next (&iter, &name, NULL))
    {
      const char *constraint = loft_json_get_string (object, name);

      if (constraint != NULL)
        g_hash_table_insert (dependencies,
                             g_strdup (name),
                             g_strdup (constraint));
    }

  return dependencies;
}

static gboolean
is_sha256 (const char *text)
{
  return strlen (text) == 64 && strspn (text, "0123456789abcdef") == 64;
}

/* The object that holds the tarball is named by the document, which in an
 * adopted folder anybody may have written: nothing but the two names that the
 * layout knows is followed. */
static gboolean
is_archive_of (const char *archive, const char *key)
{
  if (!g_str_has_prefix (archive, key))
    return FALSE;

  const char *rest = archive + strlen (key);
  if (g_str_equal (rest, ARCHIVE_SUFFIX))
    return TRUE;
  if (*rest != '~' ||
      strlen (rest) != 1 + DIGEST_LENGTH + strlen (ARCHIVE_SUFFIX))
    return FALSE;

  return strspn (rest + 1, "0123456789abcdef") == 64 &&
         g_str_equal (rest + 1 + DIGEST_LENGTH, ARCHIVE_SUFFIX);
}

static gboolean
version_fits_key (const char *version, const char *key)
{
  if (g_str_equal (version, key))
    return TRUE;

  g_autofree char *plain = loft_version_without_build (version);

  return g_str_equal (plain, key);
}

static gboolean
read_identity (LoftDocument *self, JsonObject *object, GError **error)
{
  const char *name = loft_json_get_string (object, "name");
  const char *version = loft_json_get_string (object, "version");

  if (name == NULL || !g_str_equal (name, self->name))
    {
      g_set_error (error,
                   LOFT_REGISTRY_ERROR,
                   LOFT_REGISTRY_ERROR_CORRUPT,
                   "The document “%s/%s.json” names the package “%s”",
                   self->name,
                   self->key,
                   name != NULL ? name : "");
      return FALSE;
    }
  if (version == NULL || !version_fits_key (version, self->key))
    {
      g_set_error (error,
                   LOFT_REGISTRY_ERROR,
                   LOFT_REGISTRY_ERROR_CORRUPT,
                   "The document “%s/%s.json” names the version “%s”",
                   self->name,
                   self->key,
                   version != NULL ? version : "");
      return FALSE;
    }

  self->version = g_strdup (version);

  return TRUE;
}

static gboolean
read_archive (LoftDocument *self, JsonObject *object, GError **error)
{
  const char *archive = loft_json_get_string (object, "archive");
  const char *sha256 = loft_json_get_string (object, "sha256");

  if ((archive != NULL && !is_archive_of (archive, self->key)) ||
      (sha256 != NULL && !is_sha256 (sha256)))
    {
      g_set_error (error,
                   LOFT_REGISTRY_ERROR,
                   LOFT_REGISTRY_ERROR_CORRUPT,
                   "The document “%s/%s.json” does not name its tarball",
                   self->name,
                   self->key);
      return FALSE;
    }

  self->archive = archive != NULL
                    ? g_strdup (archive)
                    : g_strconcat (self->key, ARCHIVE_SUFFIX, NULL);
  self->sha256 = g_strdup (sha256);
  self->size = loft_json_get_int (object, "size", -1);

  return TRUE;
}

static void
read_description (LoftDocument *self, JsonObject *object, gint64 modified)
{
  JsonObject *manifest = loft_json_get_object (object, "manifest");
  JsonObject *readme = loft_json_get_object (object, "readme");
  const char *published_at = loft_json_get_string (object, "published_at");

  self->description = g_strdup (loft_json_get_string (object, "description"));
  self->repository = g_strdup (loft_json_get_string (object, "repository"));
  self->license = g_strdup (loft_json_get_string (object, "license"));
  self->authors = get_strings (object, "authors");
  self->owners = get_strings (object, "owners");
  self->keywords =
    manifest != NULL ? get_strings (manifest, "keywords") : g_new0 (char *, 1);
  self->dependencies = get_dependencies (manifest);
  if (readme != NULL)
    self->readme = g_strdup (loft_json_get_string (readme, "text"));

  self->adopted = published_at == NULL ||
                  !loft_time_parse (published_at, &self->published_at);
  if (self->adopted)
    self->published_at = modified;
  else
    loft_actor_read (&self->published_by, object, "published");
}

/**
 * loft_document_parse:
 * @name: the package whose folder holds the document
 * @key: name of the object without `.json`
 * @text: the document
 * @modified: the object's time, in microseconds since 1970
 * @error: return location for a #GError
 *
 * Reads a document, ours or one of the original server. What may be missing
 * there is missing here; what it says of itself must be true.
 *
 * Returns: (transfer full): the document, or %NULL with @error set to
 *   %LOFT_REGISTRY_ERROR_CORRUPT
 */
LoftDocument *
loft_document_parse (const char *name,
                     const char *key,
                     GBytes *text,
                     gint64 modified,
                     GError **error)
{
  g_return_val_if_fail (name != NULL && key != NULL && text != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  gsize length;
  const char *data = g_bytes_get_data (text, &length);
  g_autoptr (GError) local_error = NULL;
  g_autoptr (JsonNode) json = loft_json_parse (data, length, &local_error);
  if (json == NULL || !JSON_NODE_HOLDS_OBJECT (json))
    {
      g_set_error (error,
                   LOFT_REGISTRY_ERROR,
                   LOFT_REGISTRY_ERROR_CORRUPT,
                   "The document “%s/%s.json” is broken: %s",
                   name,
                   key,
                   local_error != NULL ? local_error->message
                                       : "it is not an object");
      return NULL;
    }

  JsonObject *object = json_node_get_object (json);
  g_autoptr (LoftDocument) self = g_new0 (LoftDocument, 1);
  self->name = g_strdup (name);
  self->key = g_strdup (key);
  if (!read_identity (self, object, error) ||
      !read_archive (self, object, error))
    return NULL;
  read_description (self, object, modified);
  self->digest = g_compute_checksum_for_bytes (G_CHECKSUM_SHA256, text);

  return g_steal_pointer (&self);
}

/**
 * loft_document_free:
 * @self: (transfer full): a document
 *
 * Frees @self.
 */
void
loft_document_free (LoftDocument *self)
{
  g_return_if_fail (self != NULL);

  g_free (self->name);
  g_free (self->version);
  g_free (self->key);
  g_free (self->archive);
  g_free (self->description);
  g_free (self->repository);
  g_free (self->license);
  g_strfreev (self->authors);
  g_strfreev (self->keywords);
  g_strfreev (self->owners);
  g_clear_pointer (&self->dependencies, g_hash_table_unref);
  loft_actor_clear (&self->published_by);
  g_free (self->sha256);
  g_free (self->readme);
  g_free (self->digest);
  g_free (self);
}

static void
add_string (JsonBuilder *builder, const char *member, const char *value)
{
  json_builder_set_member_name (builder, member);
  if (value != NULL)
    json_builder_add_string_value (builder, value);
  else
    json_builder_add_null_value (builder);
}

static void
add_strings (JsonBuilder *builder,
             const char *member,
             const char *const *values)
{
  json_builder_set_member_name (builder, member);
  json_builder_begin_array (builder);
  for (; values != NULL && *values != NULL; values++)
    json_builder_add_string_value (builder, *values);
  json_builder_end_array (builder);
}

static void
add_contents (JsonBuilder *builder, const LoftArchive *archive)
{
  json_builder_set_member_name (builder, "files");
  json_builder_begin_array (builder);
  for (guint i = 0; i < archive->files->len; i++)
    {
      const LoftArchiveFile *file = g_ptr_array_index (archive->files, i);

      json_builder_begin_object (builder);
      add_string (builder, "path", file->path);
      json_builder_set_member_name (builder, "size");
      json_builder_add_int_value (builder, (gint64) file->size);
      json_builder_end_object (builder);
    }
  json_builder_end_array (builder);

  json_builder_set_member_name (builder, "readme");
  if (archive->readme == NULL)
    {
      json_builder_add_null_value (builder);
      return;
    }
  json_builder_begin_object (builder);
  add_string (builder, "path", archive->readme_path);
  add_string (builder, "text", archive->readme);
  json_builder_end_object (builder);
}

/**
 * loft_document_build:
 * @archive: what was found in the tarball; it has a manifest
 * @facts: what else there is to say
 *
 * Writes the document of a version that is about to be published: the fields
 * of the original server, and ours.
 *
 * Returns: (transfer full): the document's text
 */
GBytes *
loft_document_build (const LoftArchive *archive, const LoftDocumentFacts *facts)
{
  g_return_val_if_fail (archive != NULL && archive->manifest != NULL, NULL);
  g_return_val_if_fail (facts != NULL && facts->sha256 != NULL, NULL);
  g_return_val_if_fail (facts->published_by != NULL, NULL);

  const LoftManifest *manifest = archive->manifest;
  g_autoptr (JsonBuilder) builder = json_builder_new_immutable ();
  g_autofree char *published_at = loft_time_format (facts->published_at);

  json_builder_begin_object (builder);
  add_string (builder, "name", manifest->name);
  add_string (builder, "version", manifest->version);
  add_string (builder,
              "description",
              facts->description != NULL ? facts->description
                                         : manifest->description);
  json_builder_set_member_name (builder, "manifest");
  json_builder_add_value (builder, json_node_ref (manifest->json));
  add_string (builder,
              "repository",
              facts->repository != NULL ? facts->repository
                                        : manifest->repository);
  add_strings (builder,
               "authors",
               facts->authors != NULL
                 ? facts->authors
                 : (const char *const *) manifest->authors);
  add_string (builder,
              "license",
              facts->license != NULL ? facts->license : manifest->license);
  add_strings (builder, "owners", facts->owners);
  add_string (builder, "published_at", published_at);
  loft_actor_write (facts->published_by, builder, "published");
  json_builder_set_member_name (builder, "size");
  json_builder_add_int_value (builder, facts->size);
  add_string (builder, "sha256", facts->sha256);
  if (facts->archive != NULL)
    add_string (builder, "archive", facts->archive);
  add_contents (builder, archive);
  json_builder_end_object (builder);

  g_autoptr (JsonNode) root = json_builder_get_root (builder);

  return loft_json_to_bytes (root);
}

/**
 * loft_document_render:
 * @text: a stored document
 * @element: the version's element, a JSON object
 * @error: return location for a #GError
 *
 * Joins the element, which knows what has changed since, with what only the
 * document holds: the manifest, the list of files, and the README's path.
 *
 * Returns: (transfer full): a JSON object, or %NULL with @error set to
 *   %LOFT_REGISTRY_ERROR_CORRUPT
 */
GBytes *
loft_document_render (GBytes *text, const char *element, GError **error)
{
  g_return_val_if_fail (text != NULL && element != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  gsize length;
  const char *data = g_bytes_get_data (text, &length);
  g_autoptr (JsonNode) stored = loft_json_parse (data, length, NULL);
  g_autoptr (JsonNode) shown =
    loft_json_parse (element, strlen (element), NULL);
  if (stored == NULL || !JSON_NODE_HOLDS_OBJECT (stored) || shown == NULL ||
      !JSON_NODE_HOLDS_OBJECT (shown))
    {
      g_set_error_literal (error,
                           LOFT_REGISTRY_ERROR,
                           LOFT_REGISTRY_ERROR_CORRUPT,
                           "The stored document is broken");
      return NULL;
    }

  static const char *const members[] = { "manifest", "files" };
  JsonObject *from = json_node_get_object (stored);
  JsonObject *to = json_node_get_object (shown);
  for (gsize i = 0; i < G_N_ELEMENTS (members); i++)
    if (json_object_has_member (from, members[i]))
      json_object_set_member (to,
                              members[i],
                              json_object_dup_member (from, members[i]));

  JsonObject *readme = loft_json_get_object (from, "readme");
  const char *path =
    readme != NULL ? loft_json_get_string (readme, "path") : NULL;
  if (path != NULL)
    json_object_set_string_member (to, "readme", path);

  return loft_json_to_bytes (shown);
}

/**
 * loft_document_make_key:
 * @name: a package
 * @key: name of the document without `.json`
 *
 * Tells where a document is stored.
 *
 * Returns: (transfer full): a storage key
 */
char *
loft_document_make_key (const char *name, const char *key)
{
  g_return_val_if_fail (name != NULL && key != NULL, NULL);

  return g_strconcat (name, "/", key, ".json", NULL);
}

/**
 * loft_document_parse_key:
 * @object_key: a storage key
 * @out_name: (out) (transfer full): the package
 * @out_key: (out) (transfer full): name of the document without `.json`
 *
 * Tells whether an object is the document of a version, and of which.
 *
 * Returns: whether it is
 */
gboolean
loft_document_parse_key (const char *object_key,
                         char **out_name,
                         char **out_key)
{
  g_return_val_if_fail (object_key != NULL, FALSE);
  g_return_val_if_fail (out_name != NULL && out_key != NULL, FALSE);

  const char *slash = strchr (object_key, '/');
  if (slash == NULL || strchr (slash + 1, '/') != NULL ||
      !g_str_has_suffix (slash, ".json") || g_str_equal (slash, "/.json") ||
      g_str_equal (slash, "/package.json"))
    return FALSE;

  g_autofree char *name = g_strndup (object_key, (gsize) (slash - object_key));
  if (!loft_name_is_adoptable (name))
    return FALSE;

  *out_name = g_steal_pointer (&name);
  *out_key = g_strndup (slash + 1, strlen (slash + 1) - strlen (".json"));

  return TRUE;
}

/**
 * loft_document_find_stem:
 * @archive: name of an object in a package's folder
 *
 * Tells by its name of which document an object may be the tarball.
 *
 * Returns: (transfer full) (nullable): the document's key, or %NULL if the
 *   object is no tarball
 */
char *
loft_document_find_stem (const char *archive)
{
  g_return_val_if_fail (archive != NULL, NULL);

  if (!g_str_has_suffix (archive, ARCHIVE_SUFFIX))
    return NULL;

  gsize length = strlen (archive) - strlen (ARCHIVE_SUFFIX);
  g_autofree char *stem = g_strndup (archive, length);
  char *mark = strrchr (stem, '~');
  if (mark != NULL && strlen (mark + 1) == DIGEST_LENGTH &&
      strspn (mark + 1, "0123456789abcdef") == DIGEST_LENGTH)
    *mark = '\0';

  return *stem != '\0' ? g_steal_pointer (&stem) : NULL;
}
