/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "docs/loft-builder-answer.h"

#include <string.h>

#include "docs/loft-builder-request.h"
#include "registry/loft-json.h"
#include "registry/loft-quote.h"

/* Characters of a reason, which is text for people. */
#define REASON_MAX 400

/**
 * loft_builder_answer_new:
 * @status: what came of a request
 * @reason: (nullable): any bytes: why nothing better
 *
 * Makes an answer.
 *
 * Returns: (transfer full): the answer
 */
LoftBuilderAnswer *
loft_builder_answer_new (LoftBuilderStatus status, const char *reason)
{
  LoftBuilderAnswer *self = g_new0 (LoftBuilderAnswer, 1);

  self->status = status;
  if (reason != NULL)
    self->reason = loft_escape_length (reason, strlen (reason), REASON_MAX);

  return self;
}

/**
 * loft_builder_answer_free:
 * @self: (transfer full): an answer
 *
 * Frees it.
 */
void
loft_builder_answer_free (LoftBuilderAnswer *self)
{
  g_return_if_fail (self != NULL);

  g_free (self->reason);
  g_free (self->log);
  g_clear_pointer (&self->archive, loft_spool_unref);
  g_free (self);
}

/**
 * loft_builder_status_to_string:
 * @status: what came of a request
 *
 * Names a status.
 *
 * Returns: its name in the protocol
 */
const char *
loft_builder_status_to_string (LoftBuilderStatus status)
{
  switch (status)
    {
    case LOFT_BUILDER_STATUS_BUILT:
      return "built";
    case LOFT_BUILDER_STATUS_FAILED:
      return "failed";
    case LOFT_BUILDER_STATUS_UNAVAILABLE:
    default:
      return "unavailable";
    }
}

static void
add_number (JsonBuilder *builder, const char *member, guint64 number)
{
  json_builder_set_member_name (builder, member);
  json_builder_add_int_value (builder, (gint64) number);
}

static void
add_text (JsonBuilder *builder, const char *member, const char *text)
{
  json_builder_set_member_name (builder, member);
  if (text != NULL)
    json_builder_add_string_value (builder, text);
  else
    json_builder_add_null_value (builder);
}

/**
 * loft_builder_answer_send:
 * @self: an answer
 * @wire: where to
 *
 * Sends an answer, with its archive.
 *
 * Returns: %FALSE if nobody takes it
 */
gboolean
loft_builder_answer_send (const LoftBuilderAnswer *self, LoftBuilderWire *wire)
{
  g_return_val_if_fail (self != NULL && wire != NULL, FALSE);

  g_autoptr (JsonBuilder) builder = json_builder_new ();
  goffset size =
    self->archive != NULL ? loft_spool_get_size (self->archive) : 0;

  json_builder_begin_object (builder);
  add_number (builder, "protocol", LOFT_BUILDER_PROTOCOL);
  add_text (builder, "status", loft_builder_status_to_string (self->status));
  add_text (builder, "reason", self->reason);
  add_text (builder, "log", self->log != NULL ? self->log : "");
  add_number (builder, "files", self->files);
  add_number (builder, "bytes", self->bytes);
  add_number (builder, "archive_bytes", (guint64) size);
  json_builder_end_object (builder);

  g_autoptr (JsonNode) node = json_builder_get_root (builder);
  g_autoptr (GBytes) bytes = loft_json_to_bytes (node);

  return loft_builder_wire_write (wire,
                                  g_bytes_get_data (bytes, NULL),
                                  g_bytes_get_size (bytes)) &&
         (self->archive == NULL ||
          loft_builder_wire_write_file (wire,
                                        loft_spool_get_fd (self->archive)));
}
