/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "history/history-answer.h"

#include "kit/package-kit.h"
#include "registry/loft-json.h"

/* What a server has answered, as it is recorded. */

/* JSON, or NULL if it is none. */
JsonNode *
history_answer_parse (const char *text, gsize length)
{
  return length > 0 ? loft_json_parse (text, length, NULL) : NULL;
}

static JsonNode *
parse (const WireAnswer *answer)
{
  gsize length;
  const char *text = g_bytes_get_data (answer->body, &length);

  return history_answer_parse (text, length);
}

static void
take_element (HistoryRecord *record, JsonObject *element)
{
  g_free (record->got);
  record->got = g_strdup (loft_json_get_string (element, "sha256"));
  record->yanked =
    json_object_get_boolean_member_with_default (element, "yanked", FALSE);
}

static void
take_status (HistoryRecord *record, const WireAnswer *answer)
{
  record->end = g_get_monotonic_time ();
  record->status = answer != NULL ? answer->status : 0;
}

/* Takes an answer about a version, or its tarball, or that none came. */
void
history_answer_take (HistoryRecord *record, const WireAnswer *answer)
{
  take_status (record, answer);
  if (record->status / 100 != 2)
    return;

  if (record->op == HISTORY_DOWNLOAD)
    {
      record->got = package_kit_digest (answer->body);
      return;
    }

  g_autoptr (JsonNode) json = parse (answer);
  if (json != NULL && JSON_NODE_HOLDS_OBJECT (json))
    take_element (record, json_node_get_object (json));
}

/* Takes from the list of a package what it says of a version, which is not
 * there if the list does not have it. */
void
history_answer_take_list (HistoryRecord *record, const WireAnswer *answer)
{
  take_status (record, answer);
  g_autoptr (JsonNode) json = record->status == 200 ? parse (answer) : NULL;
  if (json == NULL || !JSON_NODE_HOLDS_ARRAY (json))
    return;

  JsonArray *elements = json_node_get_array (json);
  record->status = 404;
  for (guint i = 0; i < json_array_get_length (elements); i++)
    {
      JsonObject *element = json_array_get_object_element (elements, i);

      if (g_strcmp0 (loft_json_get_string (element, "version"),
                     record->version) != 0)
        continue;
      record->status = 200;
      take_element (record, element);
    }
}
