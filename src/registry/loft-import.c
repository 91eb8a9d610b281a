/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-import.h"

#include <string.h>

#include "registry/loft-document.h"
#include "registry/loft-json.h"
#include "registry/loft-quote.h"
#include "registry/loft-state.h"
#include "registry/loft-time.h"

/* What the document of another registry says of a version. It may say anything:
 * only what this one cannot find in the tarball is taken from it, when it is of
 * the right type, and what can be compared with the tarball must agree. */

#define OWNERS_MAX 100

/* Clocks differ. */
#define FUTURE_MAX (60 * G_TIME_SPAN_SECOND)

/**
 * loft_import_free:
 * @self: (transfer full): an import
 *
 * Frees @self.
 */
void
loft_import_free (LoftImport *self)
{
  g_return_if_fail (self != NULL);

  loft_actor_clear (&self->actor);
  loft_actor_clear (&self->published_by);
  g_strfreev (self->owners);
  g_free (self);
}

static JsonNode *
get_member (JsonObject *object, const char *member)
{
  JsonNode *node = json_object_get_member (object, member);

  return node != NULL && !JSON_NODE_HOLDS_NULL (node) ? node : NULL;
}

static gboolean
is_string (JsonNode *node)
{
  return JSON_NODE_HOLDS_VALUE (node) &&
         json_node_get_value_type (node) == G_TYPE_STRING;
}

static void
add_type (LoftFindings *findings, const char *member, const char *type)
{
  loft_findings_add (findings,
                     "document-field",
                     member,
                     "The document's “%s” is not %s",
                     member,
                     type);
}

static char *
take_string (JsonObject *object, const char *member, LoftFindings *findings)
{
  JsonNode *node = get_member (object, member);

  if (node != NULL && is_string (node))
    return g_strdup (json_node_get_string (node));
  if (node != NULL)
    add_type (findings, member, "a string");

  return NULL;
}

static GStrv
take_strings (JsonObject *object, const char *member, LoftFindings *findings)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  JsonNode *node = get_member (object, member);
  JsonArray *array = node != NULL && JSON_NODE_HOLDS_ARRAY (node)
                       ? json_node_get_array (node)
                       : NULL;

  if (node == NULL)
    return NULL;
  if (array == NULL)
    {
      add_type (findings, member, "an array");
      return NULL;
    }

  for (guint i = 0; i < json_array_get_length (array); i++)
    {
      JsonNode *element = json_array_get_element (array, i);

      if (!is_string (element))
        {
          add_type (findings, member, "an array of strings");
          return NULL;
        }
      g_strv_builder_add (builder, json_node_get_string (element));
    }

  return g_strv_builder_end (builder);
}

static void
check_string (JsonObject *object,
              const char *member,
              const char *expected,
              gboolean needed,
              LoftFindings *findings)
{
  g_autofree char *value = take_string (object, member, findings);

  if (value == NULL ? needed : !g_str_equal (value, expected))
    loft_findings_add (findings,
                       "document-differs",
                       member,
                       "The document's “%s” is not “%s”",
                       member,
                       expected);
}

static void
check_size (JsonObject *object, gint64 expected, LoftFindings *findings)
{
  JsonNode *node = get_member (object, "size");

  if (node == NULL)
    return;
  if (!JSON_NODE_HOLDS_VALUE (node) ||
      json_node_get_value_type (node) != G_TYPE_INT64)
    add_type (findings, "size", "an integer");
  else if (json_node_get_int (node) != expected)
    loft_findings_add (findings,
                       "document-differs",
                       "size",
                       "The document's “size” is not that of the tarball");
}

static void
take_owners (LoftImport *self, JsonObject *object, LoftFindings *findings)
{
  g_strfreev (self->owners);
  self->owners = take_strings (object, "owners", findings);
  if (self->owners == NULL)
    self->owners = g_new0 (char *, 1);

  if (g_strv_length (self->owners) > OWNERS_MAX)
    {
      loft_findings_add (findings,
                         "owners",
                         "owners",
                         "There are more than %d owners",
                         OWNERS_MAX);
      return;
    }
  for (gsize i = 0; self->owners[i] != NULL; i++)
    if (!loft_owner_id_is_valid (self->owners[i]))
      {
        g_autofree char *quoted = loft_quote (self->owners[i]);

        loft_findings_add (findings,
                           "owners",
                           self->owners[i],
                           "%s is neither the name of a user nor the public id "
                           "of a token",
                           quoted);
      }
}

static void
take_time (LoftImport *self, JsonObject *object, LoftFindings *findings)
{
  g_autofree char *text = take_string (object, "published_at", findings);

  self->published_at = 0;
  if (text == NULL)
    return;
  if (!loft_time_parse (text, &self->published_at) || self->published_at <= 0 ||
      self->published_at > g_get_real_time () + FUTURE_MAX)
    loft_findings_add (findings,
                       "document-time",
                       "published_at",
                       "The document's “published_at” is no time in the past");
}

/**
 * loft_import_read_document:
 * @self: an import
 * @request: the wish to publish, with name, version and tarball
 * @document: what another registry says of that version
 * @error: return location for a #GError
 *
 * Takes from @document what only it can say. Of what it does not say nothing is
 * guessed: without a time it was published now.
 *
 * Returns: %TRUE, or %FALSE with @error set to
 *   %LOFT_REGISTRY_ERROR_TOO_LARGE, %LOFT_REGISTRY_ERROR_MALFORMED or
 *   %LOFT_REGISTRY_ERROR_RULES
 */
gboolean
loft_import_read_document (LoftImport *self,
                           LoftPublishRequest *request,
                           GBytes *document,
                           GError **error)
{
  g_return_val_if_fail (self != NULL && request != NULL, FALSE);
  g_return_val_if_fail (request->spool != NULL && document != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  g_autoptr (LoftFindings) findings = loft_findings_new ();
  g_autoptr (GError) local_error = NULL;
  gsize length;
  const char *text = g_bytes_get_data (document, &length);

  if (length > LOFT_DOCUMENT_SIZE_MAX)
    {
      g_set_error (error,
                   LOFT_REGISTRY_ERROR,
                   LOFT_REGISTRY_ERROR_TOO_LARGE,
                   "The document is larger than %d bytes",
                   LOFT_DOCUMENT_SIZE_MAX);
      return FALSE;
    }

  g_autoptr (JsonNode) json =
    loft_json_parse (text != NULL ? text : "", length, &local_error);
  if (json == NULL || !JSON_NODE_HOLDS_OBJECT (json))
    {
      g_set_error (error,
                   LOFT_REGISTRY_ERROR,
                   LOFT_REGISTRY_ERROR_MALFORMED,
                   "The document is broken: %s",
                   local_error != NULL ? local_error->message
                                       : "it is not an object");
      return FALSE;
    }

  JsonObject *object = json_node_get_object (json);
  check_string (object, "name", request->name, TRUE, findings);
  check_string (object, "version", request->version, TRUE, findings);
  check_string (object,
                "sha256",
                loft_spool_get_sha256 (request->spool),
                FALSE,
                findings);
  check_size (object, loft_spool_get_size (request->spool), findings);
  request->description = take_string (object, "description", findings);
  request->repository = take_string (object, "repository", findings);
  request->license = take_string (object, "license", findings);
  request->authors = take_strings (object, "authors", findings);
  take_owners (self, object, findings);
  loft_actor_read (&self->published_by,
                   json_node_get_object (json),
                   "published");
  take_time (self, object, findings);

  return loft_findings_to_error (findings, error);
}
