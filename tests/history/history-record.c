/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "history/history-record.h"

#include <string.h>

#include "registry/loft-json.h"

/* A history is kept as lines of JSON, so that it can be looked through with
 * what there is for that. What is not there, 0 or false is left out. */

static const char *const op_names[] = {
  [HISTORY_PUBLISH] = "publish",   [HISTORY_YANK] = "yank",
  [HISTORY_UNYANK] = "unyank",     [HISTORY_READ] = "read",
  [HISTORY_DOWNLOAD] = "download", [HISTORY_EVENT] = "event",
  [HISTORY_FOLLOW] = "follow",     [HISTORY_LIST] = "list",
  [HISTORY_TROUBLE] = "trouble",
};

HistoryRecord *
history_record_new (HistoryOp op, guint node)
{
  HistoryRecord *self = g_new0 (HistoryRecord, 1);

  self->op = op;
  self->node = node;

  return self;
}

void
history_record_free (HistoryRecord *self)
{
  g_free (self->client);
  g_free (self->name);
  g_free (self->version);
  g_free (self->sent);
  g_free (self->got);
  g_free (self->type);
  g_free (self->text);
  g_free (self);
}

static void
append_text (GString *line, const char *member, const char *text)
{
  if (text == NULL)
    return;

  g_string_append_printf (line, ",\"%s\":", member);
  loft_json_append_string (line, text);
}

static void
append_number (GString *line, const char *member, gint64 number)
{
  if (number != 0)
    g_string_append_printf (line, ",\"%s\":%" G_GINT64_FORMAT, member, number);
}

static void
append_truth (GString *line, const char *member, gboolean is_true)
{
  if (is_true)
    g_string_append_printf (line, ",\"%s\":true", member);
}

/* A line, without its end. */
char *
history_record_format (const HistoryRecord *self)
{
  g_autoptr (GString) line = g_string_new (NULL);

  g_string_append_printf (line,
                          "{\"op\":\"%s\",\"node\":%u",
                          op_names[self->op],
                          self->node);
  append_text (line, "client", self->client);
  append_text (line, "name", self->name);
  append_text (line, "version", self->version);
  append_text (line, "sent", self->sent);
  append_number (line, "status", self->status);
  append_number (line, "begin", self->begin);
  append_number (line, "end", self->end);
  append_text (line, "got", self->got);
  append_truth (line, "yanked", self->yanked);
  append_truth (line, "final", self->final);
  append_number (line, "seq", (gint64) self->seq);
  append_text (line, "type", self->type);
  append_number (line, "revision", (gint64) self->revision);
  append_text (line, "text", self->text);
  g_string_append_c (line, '}');

  return g_string_free (g_steal_pointer (&line), FALSE);
}

static gboolean
find_op (const char *name, HistoryOp *out_op)
{
  for (gsize i = 0; name != NULL && i < G_N_ELEMENTS (op_names); i++)
    if (g_str_equal (op_names[i], name))
      {
        *out_op = (HistoryOp) i;
        return TRUE;
      }

  return FALSE;
}

HistoryRecord *
history_record_parse (const char *line, GError **error)
{
  g_autoptr (JsonNode) json = loft_json_parse (line, strlen (line), error);
  HistoryOp op;

  if (json == NULL)
    return NULL;

  JsonObject *object =
    JSON_NODE_HOLDS_OBJECT (json) ? json_node_get_object (json) : NULL;
  if (object == NULL || !find_op (loft_json_get_string (object, "op"), &op))
    {
      g_set_error (error,
                   G_IO_ERROR,
                   G_IO_ERROR_INVALID_DATA,
                   "“%s” is no record",
                   line);
      return NULL;
    }

  HistoryRecord *self =
    history_record_new (op, (guint) loft_json_get_int (object, "node", 0));
  self->client = g_strdup (loft_json_get_string (object, "client"));
  self->name = g_strdup (loft_json_get_string (object, "name"));
  self->version = g_strdup (loft_json_get_string (object, "version"));
  self->sent = g_strdup (loft_json_get_string (object, "sent"));
  self->status = (guint) loft_json_get_int (object, "status", 0);
  self->begin = loft_json_get_int (object, "begin", 0);
  self->end = loft_json_get_int (object, "end", 0);
  self->got = g_strdup (loft_json_get_string (object, "got"));
  self->yanked =
    json_object_get_boolean_member_with_default (object, "yanked", FALSE);
  self->final =
    json_object_get_boolean_member_with_default (object, "final", FALSE);
  self->seq = (guint64) loft_json_get_int (object, "seq", 0);
  self->type = g_strdup (loft_json_get_string (object, "type"));
  self->revision = (guint64) loft_json_get_int (object, "revision", 0);
  self->text = g_strdup (loft_json_get_string (object, "text"));

  return self;
}

/* Reads the records of a history, in their order. */
GPtrArray *
history_load (const char *path, GError **error)
{
  g_autofree char *text = NULL;

  if (!g_file_get_contents (path, &text, NULL, error))
    return NULL;

  g_autoptr (GPtrArray) records =
    g_ptr_array_new_with_free_func ((GDestroyNotify) history_record_free);
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++)
    {
      if (lines[i][0] == '\0')
        continue;

      HistoryRecord *record = history_record_parse (lines[i], error);
      if (record == NULL)
        return NULL;
      g_ptr_array_add (records, record);
    }

  return g_steal_pointer (&records);
}
