/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-manifest.h"

#include <string.h>

#include "registry/loft-name.h"
#include "registry/loft-path.h"
#include "registry/loft-quote.h"
#include "registry/loft-version.h"

/* In characters, but for the path, which is in bytes. */
#define DESCRIPTION_MAX 1000
#define REPOSITORY_MAX 500
#define LICENSE_MAX 200
#define AUTHOR_MAX 200
#define AUTHORS_MAX 100
#define KEYWORD_MAX 64
#define KEYWORDS_MAX 32
#define ENTRYPOINT_MAX 255
#define DEPENDENCIES_MAX 256

/* What the checks of the single fields share. */
typedef struct
{
  JsonObject *object;     /* unowned */
  const char *where;      /* unowned */
  LoftFindings *findings; /* unowned */
} Reader;

/* The member, unless it is absent or null, which say the same. */
static JsonNode *
get_member (const Reader *reader, const char *member)
{
  JsonNode *node = json_object_get_member (reader->object, member);

  return node != NULL && !JSON_NODE_HOLDS_NULL (node) ? node : NULL;
}

static const char *
get_node_string (JsonNode *node)
{
  return JSON_NODE_HOLDS_VALUE (node) &&
             json_node_get_value_type (node) == G_TYPE_STRING
           ? json_node_get_string (node)
           : NULL;
}

static gboolean
is_one_line (const char *text)
{
  for (const char *p = text; *p != '\0'; p = g_utf8_next_char (p))
    if (g_unichar_iscntrl (g_utf8_get_char (p)))
      return FALSE;

  return TRUE;
}

/* Takes a string of at most @most characters; several lines only where that is
 * said. */
static char *
take_string (const Reader *reader,
             const char *member,
             const char *rule,
             glong most,
             gboolean may_have_lines)
{
  JsonNode *node = get_member (reader, member);
  if (node == NULL)
    return NULL;

  const char *text = get_node_string (node);
  if (text == NULL)
    loft_findings_add (reader->findings,
                       rule,
                       member,
                       "“%s” in %s must be a string",
                       member,
                       reader->where);
  else if (g_utf8_strlen (text, -1) > most)
    loft_findings_add (reader->findings,
                       rule,
                       member,
                       "“%s” in %s has more than %ld characters",
                       member,
                       reader->where,
                       most);
  else if (!may_have_lines && !is_one_line (text))
    loft_findings_add (reader->findings,
                       rule,
                       member,
                       "“%s” in %s must be one line without control "
                       "characters",
                       member,
                       reader->where);
  else
    return g_strdup (text);

  return NULL;
}

/* Takes a list of short strings. */
static GStrv
take_strings (const Reader *reader,
              const char *member,
              const char *rule,
              guint most_strings,
              glong most)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  JsonNode *node = get_member (reader, member);
  JsonArray *array = node != NULL && JSON_NODE_HOLDS_ARRAY (node)
                       ? json_node_get_array (node)
                       : NULL;
  guint length = array != NULL ? json_array_get_length (array) : 0;
  gboolean is_good = (node == NULL || array != NULL) && length <= most_strings;

  for (guint i = 0; is_good && i < length; i++)
    {
      const char *text = get_node_string (json_array_get_element (array, i));

      is_good =
        text != NULL && g_utf8_strlen (text, -1) <= most && is_one_line (text);
      if (is_good)
        g_strv_builder_add (builder, text);
    }

  if (!is_good)
    loft_findings_add (reader->findings,
                       rule,
                       member,
                       "“%s” in %s must be a list of at most %u strings, each "
                       "one line of at most %ld characters",
                       member,
                       reader->where,
                       most_strings,
                       most);

  return g_strv_builder_end (builder);
}

static char *
take_name (const Reader *reader)
{
  JsonNode *node = get_member (reader, "name");
  const char *name = node != NULL ? get_node_string (node) : NULL;

  if (name == NULL)
    {
      loft_findings_add (reader->findings,
                         "manifest-name",
                         "name",
                         "%s must have a string “name”",
                         reader->where);
      return NULL;
    }

  if (!loft_name_is_valid (name) && !loft_name_is_adoptable (name))
    {
      g_autofree char *quoted = loft_quote (name);

      loft_findings_add (reader->findings,
                         "manifest-name",
                         "name",
                         "“name” in %s is %s, which cannot be a package name",
                         reader->where,
                         quoted);
    }

  return g_strdup (name);
}

static char *
take_version (const Reader *reader)
{
  JsonNode *node = get_member (reader, "version");
  const char *version = node != NULL ? get_node_string (node) : NULL;
  g_autoptr (GError) error = NULL;

  if (version == NULL)
    loft_findings_add (reader->findings,
                       "manifest-version",
                       "version",
                       "%s must have a string “version”",
                       reader->where);
  else if (!loft_version_check (version, &error))
    loft_findings_add (reader->findings,
                       "manifest-version",
                       "version",
                       "“version” in %s: %s",
                       reader->where,
                       error->message);

  return g_strdup (version);
}

static char *
take_entrypoint (const Reader *reader)
{
  JsonNode *node = get_member (reader, "entrypoint");
  if (node == NULL)
    return NULL;

  const char *path = get_node_string (node);
  const char *problem = path != NULL
                          ? loft_path_check (path, ENTRYPOINT_MAX, NULL)
                          : "it must be a string";
  if (problem == NULL)
    return g_strdup (path);

  loft_findings_add (reader->findings,
                     "manifest-entrypoint",
                     "entrypoint",
                     "“entrypoint” in %s must be the path of a file in the "
                     "archive: %s",
                     reader->where,
                     problem);

  return NULL;
}

static gboolean
looks_like_path (const char *constraint)
{
  return *constraint == '.' || strpbrk (constraint, "/\\") != NULL;
}

static void
add_path_dependency (const Reader *reader, const char *name)
{
  g_autofree char *quoted = loft_quote (name);

  loft_findings_add (
    reader->findings,
    "path-dependency",
    name,
    "The dependency %s in %s is a path, which nobody else has; "
    "publish that package too, and depend on a version of it",
    quoted,
    reader->where);
}

static void
take_dependency (const Reader *reader,
                 const char *name,
                 JsonNode *node,
                 GHashTable *dependencies)
{
  g_autofree char *quoted = loft_quote (name);
  const char *constraint = get_node_string (node);
  g_autoptr (GError) error = NULL;

  if (!loft_name_is_valid (name) && !loft_name_is_adoptable (name))
    {
      loft_findings_add (reader->findings,
                         "manifest-dependencies",
                         name,
                         "%s depends on %s, which cannot be a package name",
                         reader->where,
                         quoted);
      return;
    }

  if (constraint != NULL)
    g_hash_table_insert (dependencies, g_strdup (name), g_strdup (constraint));

  if (JSON_NODE_HOLDS_OBJECT (node) &&
      json_object_has_member (json_node_get_object (node), "path"))
    add_path_dependency (reader, name);
  else if (constraint == NULL)
    loft_findings_add (reader->findings,
                       "manifest-dependencies",
                       name,
                       "The dependency %s in %s must have a string for its "
                       "version constraint",
                       quoted,
                       reader->where);
  else if (looks_like_path (constraint))
    add_path_dependency (reader, name);
  else if (!loft_constraint_check (constraint, &error))
    loft_findings_add (reader->findings,
                       "manifest-dependencies",
                       name,
                       "The dependency %s in %s: %s",
                       quoted,
                       reader->where,
                       error->message);
}

static GHashTable *
take_dependencies (const Reader *reader)
{
  GHashTable *dependencies =
    g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  JsonNode *node = get_member (reader, "dependencies");
  if (node == NULL)
    return dependencies;

  JsonObject *object =
    JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
  if (object == NULL || json_object_get_size (object) > DEPENDENCIES_MAX)
    {
      loft_findings_add (reader->findings,
                         "manifest-dependencies",
                         "dependencies",
                         "“dependencies” in %s must be an object of at most %d "
                         "package names, each with a version constraint",
                         reader->where,
                         DEPENDENCIES_MAX);
      return dependencies;
    }

  JsonObjectIter iter;
  const char *name = NULL;
  JsonNode *member = NULL;
  json_object_iter_init_ordered (&iter, object);
  while (json_object_iter_next_ordered (&iter, &name, &member))
    take_dependency (reader, name, member, dependencies);

  return dependencies;
}

static gboolean
text_is_clean (const char *text)
{
  for (const char *p = text; *p != '\0'; p = g_utf8_next_char (p))
    if (*p != '\n' && *p != '\t' && g_unichar_iscntrl (g_utf8_get_char (p)))
      return FALSE;

  return TRUE;
}

/* Whether no string and no name of a member, however deep, holds a control
 * character: all of it is shown to people sooner or later. */
static gboolean
node_is_clean (JsonNode *node)
{
  if (JSON_NODE_HOLDS_VALUE (node))
    {
      const char *text = get_node_string (node);

      return text == NULL || text_is_clean (text);
    }

  if (JSON_NODE_HOLDS_ARRAY (node))
    {
      JsonArray *array = json_node_get_array (node);

      for (guint i = 0; i < json_array_get_length (array); i++)
        if (!node_is_clean (json_array_get_element (array, i)))
          return FALSE;
    }

  if (JSON_NODE_HOLDS_OBJECT (node))
    {
      JsonObjectIter iter;
      const char *name = NULL;
      JsonNode *member = NULL;

      json_object_iter_init (&iter, json_node_get_object (node));
      while (json_object_iter_next (&iter, &name, &member))
        if (!text_is_clean (name) || !node_is_clean (member))
          return FALSE;
    }

  return TRUE;
}

static void
take_texts (const Reader *reader, LoftManifest *self)
{
  self->description = take_string (reader,
                                   "description",
                                   "manifest-description",
                                   DESCRIPTION_MAX,
                                   TRUE);
  self->repository = take_string (reader,
                                  "repository",
                                  "manifest-repository",
                                  REPOSITORY_MAX,
                                  FALSE);
  self->license =
    take_string (reader, "license", "manifest-license", LICENSE_MAX, FALSE);
  self->authors = take_strings (reader,
                                "authors",
                                "manifest-authors",
                                AUTHORS_MAX,
                                AUTHOR_MAX);
  self->keywords = take_strings (reader,
                                 "keywords",
                                 "manifest-keywords",
                                 KEYWORDS_MAX,
                                 KEYWORD_MAX);
}

/**
 * loft_manifest_new:
 * @json: a value that came from loft_json_scanner_finish() or loft_json_parse()
 * @where: what to call it in findings, such as “manifest.json”
 * @findings: where to add what is wrong
 *
 * Reads a manifest and checks every field that the registry knows, with the
 * findings `manifest-object`, `manifest-name`, `manifest-version`,
 * `manifest-entrypoint`, `manifest-description`, `manifest-repository`,
 * `manifest-license`, `manifest-authors`, `manifest-keywords`,
 * `manifest-dependencies`, `manifest-text` and `path-dependency`. Whatever else
 * it holds is allowed and kept in its JSON. A field that is wrong is left out;
 * but the name, the version and the constraints are kept as they are if they
 * are strings at all, so that old documents can be read too.
 *
 * Returns: (transfer full) (nullable): the manifest, or %NULL with a finding
 *   added if it is no object with a name and a version
 */
LoftManifest *
loft_manifest_new (JsonNode *json, const char *where, LoftFindings *findings)
{
  g_return_val_if_fail (json != NULL, NULL);
  g_return_val_if_fail (where != NULL && findings != NULL, NULL);

  if (!JSON_NODE_HOLDS_OBJECT (json))
    {
      loft_findings_add (findings,
                         "manifest-object",
                         NULL,
                         "%s must be a JSON object",
                         where);
      return NULL;
    }

  Reader reader = { json_node_get_object (json), where, findings };
  g_autoptr (LoftManifest) self = g_new0 (LoftManifest, 1);

  self->json = json_node_ref (json);
  self->name = take_name (&reader);
  self->version = take_version (&reader);
  self->entrypoint = take_entrypoint (&reader);
  self->dependencies = take_dependencies (&reader);
  take_texts (&reader, self);

  if (!node_is_clean (json))
    loft_findings_add (findings,
                       "manifest-text",
                       NULL,
                       "A text in %s holds a control character",
                       where);

  return self->name != NULL && self->version != NULL ? g_steal_pointer (&self)
                                                     : NULL;
}

/**
 * loft_manifest_parse:
 * @text: (array length=length): a JSON text that somebody sent
 * @length: how many bytes, which the caller has bounded
 * @where: what to call it in findings, such as “manifest.json”
 * @findings: where to add what is wrong
 *
 * Parses and reads a manifest, with the finding `manifest-json` and those of
 * loft_manifest_new().
 *
 * Returns: (transfer full) (nullable): the manifest, or %NULL with a finding
 *   added
 */
LoftManifest *
loft_manifest_parse (const char *text,
                     gsize length,
                     const char *where,
                     LoftFindings *findings)
{
  g_return_val_if_fail (text != NULL || length == 0, NULL);
  g_return_val_if_fail (where != NULL && findings != NULL, NULL);

  g_autoptr (LoftJsonScanner) scanner = loft_json_scanner_new (length);
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonNode) json = NULL;
  if (loft_json_scanner_feed (scanner, text, length, &error))
    json = loft_json_scanner_finish (scanner, &error);
  if (json != NULL)
    return loft_manifest_new (json, where, findings);

  loft_findings_add (findings,
                     "manifest-json",
                     NULL,
                     "%s: %s",
                     where,
                     error->message);

  return NULL;
}

/**
 * loft_manifest_free:
 * @self: (transfer full): a manifest
 *
 * Frees a manifest.
 */
void
loft_manifest_free (LoftManifest *self)
{
  g_return_if_fail (self != NULL);

  g_free (self->name);
  g_free (self->version);
  g_free (self->entrypoint);
  g_free (self->description);
  g_free (self->repository);
  g_free (self->license);
  g_strfreev (self->authors);
  g_strfreev (self->keywords);
  g_clear_pointer (&self->dependencies, g_hash_table_unref);
  g_clear_pointer (&self->json, json_node_unref);
  g_free (self);
}
