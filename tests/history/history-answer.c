/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "history/history-answer.h"

#include <string.h>

#include "kit/package-kit.h"
#include "registry/loft-json.h"

/* What a server has answered, as it is recorded. */

static JsonNode *
parse (const WireAnswer *answer)
{
  gsize length;
  const char *text = g_bytes_get_data (answer->body, &length);

  return length > 0 ? loft_json_parse (text, length, NULL) : NULL;
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

/* The time of an event, in microseconds. */
static gint64
parse_time (const char *text)
{
  g_autoptr (GDateTime) time =
    text != NULL ? g_date_time_new_from_iso8601 (text, NULL) : NULL;

  return time != NULL ? g_date_time_to_unix (time) * G_USEC_PER_SEC +
                          g_date_time_get_microsecond (time)
                      : 0;
}

/* Takes a line of the log; what is no event has the number 0, and is found to
 * be a duplicate. */
void
history_answer_take_event (HistoryRecord *record, const char *line)
{
  g_autoptr (JsonNode) json = loft_json_parse (line, strlen (line), NULL);

  record->text = g_compute_checksum_for_string (G_CHECKSUM_SHA256, line, -1);
  if (json == NULL || !JSON_NODE_HOLDS_OBJECT (json))
    return;

  JsonObject *event = json_node_get_object (json);
  JsonObject *state = loft_json_get_object (event, "state");

  record->seq = (guint64) loft_json_get_int (event, "seq", 0);
  record->begin = parse_time (loft_json_get_string (event, "time"));
  record->type = g_strdup (loft_json_get_string (event, "type"));
  record->name = g_strdup (loft_json_get_string (event, "name"));
  record->version = g_strdup (loft_json_get_string (event, "version"));
  record->got = g_strdup (loft_json_get_string (event, "sha256"));
  if (state != NULL)
    record->revision = (guint64) loft_json_get_int (state, "revision", 0);
}
