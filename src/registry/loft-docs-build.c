/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-docs-build.h"

#include <string.h>

#include "registry/loft-docs-store.h"
#include "registry/loft-json.h"
#include "registry/loft-registry-error.h"

/* Having the documentation of a version built.
 *
 * A program of its own does that, in a unit of its own: it runs code of
 * strangers, and what confines that can't be set up by a daemon that is
 * confined itself. It is told in one line what is to be done, gets the tarball,
 * and answers with one line, behind which comes an archive. It is believed as
 * little as what it runs.
 *
 * Where it can't be reached, hangs up without having read what it was sent, or
 * says itself that it can't build anything, the package is not to blame.
 * Whatever else goes wrong, an answer that makes no sense among it, is put down
 * to the package, since it may have caused that: else one that ends the program
 * would be built again and again for ever. */

#define PROTOCOL 1
#define ANSWER_MAX (256 * 1024)
#define PIECE_SIZE (64 * 1024)
#define PROCESSES_MAX 64

/* Seconds that are waited beyond what the command itself may take, and for
 * what is sent and received. */
#define MARGIN 60
#define PATIENCE 120

/* Bytes of an archive beyond those of its files: headers and padding. */
#define MEMBER_OVERHEAD 2048
#define ARCHIVE_OVERHEAD (64 * 1024)

typedef struct
{
  const LoftDocsOrder *order;
  LoftDocsResult *result;
  LoftDocsWire *wire; /* owned, nullable */
  GCancellable *cancellable;
} Build;

static void
build_clear (Build *self)
{
  g_clear_pointer (&self->wire, loft_docs_wire_free);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Build, build_clear)

/**
 * loft_docs_settings_copy:
 * @self: (out caller-allocates): settings
 * @other: other ones
 *
 * Makes @self the same as @other.
 */
void
loft_docs_settings_copy (LoftDocsSettings *self, const LoftDocsSettings *other)
{
  g_return_if_fail (self != NULL && other != NULL);

  *self = *other;
  self->command = g_strdupv (other->command);
  self->socket = g_strdup (other->socket);
}

/**
 * loft_docs_settings_clear:
 * @self: settings
 *
 * Frees what is in @self.
 */
void
loft_docs_settings_clear (LoftDocsSettings *self)
{
  g_return_if_fail (self != NULL);

  g_clear_pointer (&self->command, g_strfreev);
  g_clear_pointer (&self->socket, g_free);
}

/**
 * loft_docs_result_clear:
 * @self: a result
 *
 * Frees what is in @self.
 */
void
loft_docs_result_clear (LoftDocsResult *self)
{
  g_clear_pointer (&self->reason, g_free);
  g_clear_pointer (&self->log, g_free);
}

static gboolean
conclude (Build *self, LoftDocsOutcome outcome, const char *reason)
{
  self->result->outcome = outcome;
  g_free (self->result->reason);
  self->result->reason =
    reason != NULL ? loft_docs_clean_text (reason, LOFT_DOCS_REASON_MAX, FALSE)
                   : NULL;

  return TRUE;
}

/* What went wrong at the other end is a result; that this end is wanted for
 * something else is none. */
static gboolean
conclude_error (Build *self,
                LoftDocsOutcome outcome,
                const char *what,
                GError *local_error,
                GError **error)
{
  g_autoptr (GError) owned = local_error;
  g_autofree char *reason = g_strdup_printf ("%s: %s", what, owned->message);

  if (owned->domain == G_IO_ERROR &&
      !g_error_matches (owned, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return conclude (self, outcome, reason);

  g_propagate_error (error, g_steal_pointer (&owned));

  return FALSE;
}

static void
add_number (JsonBuilder *builder, const char *member, guint64 value)
{
  json_builder_set_member_name (builder, member);
  json_builder_add_int_value (builder, (gint64) value);
}

static char *
make_request (const LoftDocsOrder *order, goffset size)
{
  const LoftDocsSettings *settings = order->settings;
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  json_builder_begin_object (builder);
  add_number (builder, "protocol", PROTOCOL);
  loft_json_add_string (builder, "name", order->name);
  loft_json_add_string (builder, "version", order->version);
  json_builder_set_member_name (builder, "command");
  json_builder_begin_array (builder);
  for (gsize i = 0; settings->command[i] != NULL; i++)
    json_builder_add_string_value (builder, settings->command[i]);
  json_builder_end_array (builder);
  json_builder_set_member_name (builder, "limits");
  json_builder_begin_object (builder);
  add_number (builder, "seconds", settings->timeout);
  add_number (builder, "memory", settings->memory);
  add_number (builder, "processes", PROCESSES_MAX);
  add_number (builder, "output_bytes", settings->output_size);
  add_number (builder, "output_files", LOFT_DOCS_FILES_MAX);
  json_builder_end_object (builder);
  add_number (builder, "tarball_bytes", (guint64) size);
  json_builder_end_object (builder);

  g_autoptr (JsonNode) root = json_builder_get_root (builder);
  g_autoptr (GString) line = g_string_new (NULL);
  loft_json_append (line, root);
  g_string_append_c (line, '\n');

  return g_string_free (g_steal_pointer (&line), FALSE);
}

static gboolean
send_stream (Build *self, GInputStream *stream, goffset size, GError **error)
{
  g_autofree char *piece = g_malloc (PIECE_SIZE);

  while (size > 0)
    {
      gsize wanted = (gsize) MIN (size, PIECE_SIZE);
      g_autoptr (GError) local_error = NULL;
      gssize length = g_input_stream_read (stream,
                                           piece,
                                           wanted,
                                           self->cancellable,
                                           &local_error);

      if (length <= 0)
        {
          g_set_error (error,
                       LOFT_STORAGE_ERROR,
                       LOFT_STORAGE_ERROR_UNAVAILABLE,
                       "“%s” can't be read: %s",
                       self->order->archive,
                       local_error != NULL ? local_error->message
                                           : "it ends too early");
          return FALSE;
        }
      if (!loft_docs_wire_send (self->wire, piece, (gsize) length, error))
        return FALSE;
      size -= length;
    }

  return TRUE;
}

static gboolean
send_request (Build *self, LoftObject *tarball, GError **error)
{
  goffset size = loft_object_get_length (tarball);
  g_autofree char *line = make_request (self->order, size);

  loft_docs_wire_set_patience (self->wire, PATIENCE);

  return loft_docs_wire_send (self->wire, line, strlen (line), error) &&
         send_stream (self, loft_object_get_stream (tarball), size, error);
}

static gboolean
take_archive (Build *self, JsonObject *answer, GError **error)
{
  const LoftDocsOrder *order = self->order;
  gint64 length = loft_json_get_int (answer, "archive_bytes", -1);
  guint64 most = order->settings->output_size +
                 LOFT_DOCS_FILES_MAX * (guint64) MEMBER_OVERHEAD +
                 ARCHIVE_OVERHEAD;
  g_autoptr (GError) local_error = NULL;

  if (length < 0 || (guint64) length > most)
    return conclude (self,
                     LOFT_DOCS_OUTCOME_FAILED,
                     "The documentation is too large");

  loft_docs_wire_set_patience (self->wire, PATIENCE);
  if (loft_docs_store (self->wire,
                       (guint64) length,
                       order->settings->output_size,
                       order->storage,
                       order->prefix,
                       self->cancellable,
                       &local_error))
    return conclude (self, LOFT_DOCS_OUTCOME_BUILT, NULL);
  if (g_error_matches (local_error,
                       LOFT_REGISTRY_ERROR,
                       LOFT_REGISTRY_ERROR_RULES))
    return conclude (self, LOFT_DOCS_OUTCOME_FAILED, local_error->message);

  return conclude_error (self,
                         LOFT_DOCS_OUTCOME_FAILED,
                         "The documentation did not come to its end",
                         g_steal_pointer (&local_error),
                         error);
}

static gboolean
take_answer (Build *self, const char *line, GError **error)
{
  g_autoptr (JsonNode) json = loft_json_parse (line, strlen (line), NULL);
  JsonObject *answer = json != NULL && JSON_NODE_HOLDS_OBJECT (json)
                         ? json_node_get_object (json)
                         : NULL;
  const char *status =
    answer != NULL && loft_json_get_int (answer, "protocol", 0) == PROTOCOL
      ? loft_json_get_string (answer, "status")
      : NULL;
  const char *reason =
    status != NULL ? loft_json_get_string (answer, "reason") : NULL;
  const char *log =
    status != NULL ? loft_json_get_string (answer, "log") : NULL;

  if (log != NULL)
    self->result->log = loft_docs_clean_text (log, LOFT_DOCS_LOG_MAX, TRUE);
  if (g_strcmp0 (status, "built") == 0)
    return take_archive (self, answer, error);
  if (g_strcmp0 (status, "unavailable") == 0)
    return conclude (self, LOFT_DOCS_OUTCOME_UNAVAILABLE, reason);
  if (g_strcmp0 (status, "failed") == 0)
    return conclude (self,
                     LOFT_DOCS_OUTCOME_FAILED,
                     reason != NULL ? reason : "The command failed");

  return conclude (self,
                   LOFT_DOCS_OUTCOME_FAILED,
                   "What builds documentation has given an answer that makes "
                   "no sense");
}

/* One that is missing or damaged will hardly come back by itself. */
static gboolean
conclude_tarball (Build *self, GError *local_error, GError **error)
{
  g_autoptr (GError) owned = local_error;

  if (g_error_matches (owned,
                       LOFT_STORAGE_ERROR,
                       LOFT_STORAGE_ERROR_NOT_FOUND) ||
      g_error_matches (owned, LOFT_STORAGE_ERROR, LOFT_STORAGE_ERROR_CORRUPT))
    return conclude (self, LOFT_DOCS_OUTCOME_FAILED, owned->message);

  g_propagate_error (error, g_steal_pointer (&owned));

  return FALSE;
}

static gboolean
build (Build *self, LoftObject *tarball, GError **error)
{
  const LoftDocsSettings *settings = self->order->settings;
  g_autoptr (GError) local_error = NULL;

  self->wire = loft_docs_wire_new (settings->socket,
                                   self->order->tick,
                                   self->order->tick_data,
                                   self->cancellable,
                                   &local_error);
  if (self->wire == NULL)
    return conclude_error (self,
                           LOFT_DOCS_OUTCOME_UNAVAILABLE,
                           "What builds documentation can't be reached",
                           g_steal_pointer (&local_error),
                           error);

  /* Who answers before he has read everything, and hangs up, is heard all the
   * same. */
  gboolean sent = send_request (self, tarball, &local_error);
  if (!sent &&
      (local_error->domain != G_IO_ERROR ||
       g_error_matches (local_error, G_IO_ERROR, G_IO_ERROR_CANCELLED)))
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }
  g_clear_error (&local_error);

  loft_docs_wire_set_patience (self->wire,
                               sent ? settings->timeout + MARGIN : MARGIN);
  g_autofree char *line =
    loft_docs_wire_read_line (self->wire, ANSWER_MAX, &local_error);
  gboolean unread =
    !sent ||
    g_error_matches (local_error, G_IO_ERROR, G_IO_ERROR_CONNECTION_CLOSED);
  if (line == NULL)
    return conclude_error (self,
                           unread ? LOFT_DOCS_OUTCOME_UNAVAILABLE
                                  : LOFT_DOCS_OUTCOME_FAILED,
                           "What builds documentation has not answered",
                           g_steal_pointer (&local_error),
                           error);

  return take_answer (self, line, error);
}

/**
 * loft_docs_build:
 * @order: what is to be built
 * @out_result: (out caller-allocates): what came of it
 * @cancellable: (nullable): a cancellable
 * @error: return location for a #GError
 *
 * Has documentation built, and stores it. Of what was not stored whole nothing
 * is left, if that can be. Blocks.
 *
 * Returns: %TRUE if there is a result, whatever it is; %FALSE with @error set
 *   if it has to be tried again: to a #LoftStorageError, to
 *   %G_IO_ERROR_CANCELLED, or by the tick
 */
gboolean
loft_docs_build (const LoftDocsOrder *order,
                 LoftDocsResult *out_result,
                 GCancellable *cancellable,
                 GError **error)
{
  g_return_val_if_fail (order != NULL && out_result != NULL, FALSE);
  g_return_val_if_fail (order->settings->command != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  *out_result = (LoftDocsResult){ .outcome = LOFT_DOCS_OUTCOME_FAILED };

  g_auto (Build) self = {
    .order = order,
    .result = out_result,
    .cancellable = cancellable,
  };
  g_autoptr (GError) local_error = NULL;
  g_autoptr (LoftObject) tarball = loft_storage_read (order->storage,
                                                      order->archive,
                                                      0,
                                                      -1,
                                                      cancellable,
                                                      &local_error);
  if (tarball == NULL)
    return conclude_tarball (&self, g_steal_pointer (&local_error), error);

  gboolean done = build (&self, tarball, error);

  if (!done || out_result->outcome != LOFT_DOCS_OUTCOME_BUILT)
    loft_docs_remove (order->storage, order->prefix, cancellable);
  if (!done)
    loft_docs_result_clear (out_result);

  return done;
}
