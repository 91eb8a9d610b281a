/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "docs/loft-builder-request.h"

#include "registry/loft-json.h"
#include "registry/loft-registry-error.h"

#define NAME_MAX_LENGTH 255

/* A number of the request, and between what it has to lie. */
typedef struct
{
  const char *member;
  gint64 least;
  gint64 most;
} Range;

static const Range seconds_range = { "seconds", 1, 24 * 60 * 60 };
static const Range memory_range = { "memory",
                                    1024 * 1024,
                                    G_GINT64_CONSTANT (1) << 44 };
static const Range processes_range = { "processes", 1, 100000 };
static const Range bytes_range = { "output_bytes",
                                   1,
                                   G_GINT64_CONSTANT (1) << 36 };
static const Range files_range = { "output_files", 1, 1000000 };

/* As much as any registry takes. */
static const Range tarball_range = { "tarball_bytes", 1, 1024 * 1024 * 1024 };

static gboolean
fail (const char *problem, GError **error)
{
  g_set_error (error,
               LOFT_REGISTRY_ERROR,
               LOFT_REGISTRY_ERROR_MALFORMED,
               "The request can't be understood: %s",
               problem);

  return FALSE;
}

static gboolean
take_number (JsonObject *object,
             const Range *range,
             guint64 *out_number,
             GError **error)
{
  gint64 number = loft_json_get_int (object, range->member, -1);

  if (number < range->least || number > range->most)
    {
      g_autofree char *problem = g_strdup_printf (
        "%s is no number from %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT,
        range->member,
        range->least,
        range->most);

      return fail (problem, error);
    }
  *out_number = (guint64) number;

  return TRUE;
}

static gboolean
take_name (JsonObject *object,
           const char *member,
           char **out_name,
           GError **error)
{
  const char *name = loft_json_get_string (object, member);
  gboolean is_good =
    name != NULL && *name != '\0' && strlen (name) <= NAME_MAX_LENGTH;

  for (const char *c = name; is_good && *c != '\0'; c++)
    is_good = !g_ascii_iscntrl (*c);
  if (!is_good)
    return fail ("name or version is missing or odd", error);
  *out_name = g_strdup (name);

  return TRUE;
}

static gboolean
take_command (JsonObject *object, GStrv *out_command, GError **error)
{
  JsonArray *array = loft_json_get_array (object, "command");
  guint n = array != NULL ? json_array_get_length (array) : 0;
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();

  for (guint i = 0; i < n; i++)
    {
      JsonNode *node = json_array_get_element (array, i);

      if (!JSON_NODE_HOLDS_VALUE (node) ||
          json_node_get_value_type (node) != G_TYPE_STRING)
        return fail ("command is no list of strings", error);
      g_strv_builder_add (builder, json_node_get_string (node));
    }
  *out_command = g_strv_builder_end (builder);
  if (n == 0 || **out_command[0] == '\0')
    return fail ("there is no command", error);

  return TRUE;
}

static gboolean
take_members (LoftBuilderRequest *self, JsonObject *object, GError **error)
{
  JsonObject *limits = loft_json_get_object (object, "limits");

  if (loft_json_get_int (object, "protocol", -1) != LOFT_BUILDER_PROTOCOL)
    return fail ("it is in another version of the protocol", error);

  return take_name (object, "name", &self->name, error) &&
         take_name (object, "version", &self->version, error) &&
         take_command (object, &self->command, error) &&
         take_number (limits, &seconds_range, &self->seconds, error) &&
         take_number (limits, &memory_range, &self->memory, error) &&
         take_number (limits, &processes_range, &self->processes, error) &&
         take_number (limits, &bytes_range, &self->output_bytes, error) &&
         take_number (limits, &files_range, &self->output_files, error) &&
         take_number (object, &tarball_range, &self->tarball_bytes, error);
}

/**
 * loft_builder_request_parse:
 * @text: (array length=length): what came, up to the end of the line
 * @length: how many bytes
 * @error: return location for a #GError
 *
 * Reads a request.
 *
 * Returns: (transfer full): it, or %NULL with @error set to
 *   %LOFT_REGISTRY_ERROR_MALFORMED
 */
LoftBuilderRequest *
loft_builder_request_parse (const char *text, gsize length, GError **error)
{
  g_return_val_if_fail (text != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  g_autoptr (LoftBuilderRequest) self = g_new0 (LoftBuilderRequest, 1);
  g_autoptr (GError) local_error = NULL;
  g_autoptr (JsonNode) node = loft_json_parse (text, length, &local_error);

  if (node == NULL)
    {
      fail (local_error->message, error);
      return NULL;
    }
  if (!JSON_NODE_HOLDS_OBJECT (node))
    {
      fail ("it is no object", error);
      return NULL;
    }
  if (!take_members (self, json_node_get_object (node), error))
    return NULL;

  return g_steal_pointer (&self);
}

/**
 * loft_builder_request_free:
 * @self: (transfer full): a request
 *
 * Frees it.
 */
void
loft_builder_request_free (LoftBuilderRequest *self)
{
  g_return_if_fail (self != NULL);

  g_free (self->name);
  g_free (self->version);
  g_strfreev (self->command);
  g_free (self);
}
