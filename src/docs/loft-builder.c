/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "docs/loft-builder.h"

#include <string.h>

#include "docs/loft-builder-answer.h"
#include "docs/loft-builder-folder.h"
#include "docs/loft-builder-log.h"
#include "docs/loft-builder-output.h"
#include "docs/loft-builder-request.h"
#include "docs/loft-builder-run.h"
#include "docs/loft-builder-sandbox.h"
#include "registry/loft-quote.h"

/* The part of a log that a reason quotes. */
#define QUOTE_MAX 200

typedef struct
{
  int client;                  /* unowned */
  int program;                 /* unowned */
  const char *const *readable; /* unowned */
  const char *folder;          /* unowned */
  LoftBuilderWire *wire;       /* unowned */
} Build;

static LoftBuilderAnswer *
make_answer (LoftBuilderStatus status, const char *reason, const GString *log)
{
  LoftBuilderAnswer *answer = loft_builder_answer_new (status, reason);

  if (log != NULL)
    answer->log = loft_builder_log_to_text (log);

  return answer;
}

static LoftBuilderAnswer *
make_unavailable (const char *reason)
{
  return loft_builder_answer_new (LOFT_BUILDER_STATUS_UNAVAILABLE, reason);
}

/* Nothing of a stranger has run yet, so what is in the log is bubblewrap's. */
static LoftBuilderAnswer *
explain (const LoftBuilderRun *run)
{
  g_autofree char *log = loft_builder_log_to_text (run->log);
  const char *line = g_strchomp (log);
  const char *last = strrchr (line, '\n');
  g_autofree char *reason = g_strdup_printf (
    "bubblewrap can't make a sandbox here (%.*s); it needs a kernel that lets "
    "users make namespaces, and a service that may",
    QUOTE_MAX,
    *line != '\0' ? (last != NULL ? last + 1 : line) : "it says nothing");

  return make_answer (LOFT_BUILDER_STATUS_UNAVAILABLE, reason, run->log);
}

static LoftBuilderAnswer *
take_archive (LoftBuilderRun *run, const LoftBuilderRequest *request)
{
  guint64 files = 0;
  guint64 bytes = 0;
  g_autoptr (GError) error = NULL;

  if (!loft_spool_finish (run->archive, &error))
    return make_answer (LOFT_BUILDER_STATUS_UNAVAILABLE,
                        error->message,
                        run->log);
  if (!loft_builder_output_check (loft_spool_get_fd (run->archive),
                                  request->output_bytes,
                                  request->output_files,
                                  &files,
                                  &bytes,
                                  &error))
    return make_answer (LOFT_BUILDER_STATUS_FAILED, error->message, run->log);

  LoftBuilderAnswer *answer =
    make_answer (LOFT_BUILDER_STATUS_BUILT, NULL, run->log);
  answer->files = files;
  answer->bytes = bytes;
  answer->archive = g_steal_pointer (&run->archive);

  return answer;
}

/* Returns NULL if nobody wants an answer. */
static LoftBuilderAnswer *
judge (LoftBuilderRun *run, const LoftBuilderRequest *request)
{
  g_autofree char *too_long =
    g_strdup_printf ("It took longer than %" G_GUINT64_FORMAT " seconds",
                     request->seconds);

  switch (run->end)
    {
    case LOFT_BUILDER_END_STOPPED:
      return NULL;

    case LOFT_BUILDER_END_BUILT:
      return take_archive (run, request);

    case LOFT_BUILDER_END_FAILED:
      return make_answer (LOFT_BUILDER_STATUS_FAILED,
                          run->reason->str,
                          run->log);

    case LOFT_BUILDER_END_TIME:
      return make_answer (LOFT_BUILDER_STATUS_FAILED, too_long, run->log);

    case LOFT_BUILDER_END_SIZE:
      return make_answer (LOFT_BUILDER_STATUS_FAILED,
                          "More came out of the sandbox than may",
                          run->log);

    case LOFT_BUILDER_END_BROKEN:
      return make_unavailable (
        "The documentation can't be kept meanwhile; is the disk full?");

    case LOFT_BUILDER_END_NONE:
    default:
      return run->is_begun
               ? make_answer (LOFT_BUILDER_STATUS_FAILED,
                              "The sandbox was ended, most likely since it "
                              "took too much memory",
                              run->log)
               : explain (run);
    }
}

static LoftBuilderAnswer *
run (const Build *self, const LoftBuilderRequest *request, const char *sources)
{
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) command =
    loft_builder_sandbox_make_command (request, sources, self->readable);
  g_autoptr (LoftBuilderRun) result = loft_builder_run (
    (const char *const *) command,
    self->program,
    self->client,
    request->seconds,
    loft_builder_output_get_most (request->output_bytes, request->output_files),
    self->folder,
    &error);

  if (result != NULL)
    return judge (result, request);

  g_autofree char *reason =
    g_strdup_printf ("bubblewrap can't be started (%s); is it installed?",
                     error->message);

  return make_unavailable (reason);
}

static LoftBuilderAnswer *
unpack_and_run (const Build *self,
                const LoftBuilderRequest *request,
                int tarball)
{
  g_autofree char *sources = g_build_filename (self->folder, "src", NULL);
  g_autoptr (GError) error = NULL;

  if (loft_builder_folder_unpack (sources, tarball, &error))
    return run (self, request, sources);

  return loft_builder_answer_new (
    g_error_matches (error, LOFT_REGISTRY_ERROR, LOFT_REGISTRY_ERROR_RULES)
      ? LOFT_BUILDER_STATUS_FAILED
      : LOFT_BUILDER_STATUS_UNAVAILABLE,
    error->message);
}

static LoftBuilderAnswer *
build (const Build *self)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *line = loft_builder_wire_read_line (self->wire, &error);
  g_autoptr (LoftBuilderRequest) request =
    line != NULL ? loft_builder_request_parse (line, strlen (line), &error)
                 : NULL;
  g_autoptr (LoftSpool) tarball =
    request != NULL ? loft_builder_wire_read_bytes (self->wire,
                                                    request->tarball_bytes,
                                                    self->folder,
                                                    &error)
                    : NULL;
  if (tarball == NULL)
    return make_unavailable (error->message);

  LoftBuilderAnswer *answer =
    unpack_and_run (self, request, loft_spool_get_fd (tarball));
  g_autofree char *name = loft_quote (request->name);
  g_autofree char *version = loft_quote (request->version);
  g_message ("Documentation of %s %s: %s%s%s",
             name,
             version,
             answer != NULL ? loft_builder_status_to_string (answer->status)
                            : "given up, since nobody waits for it",
             answer != NULL && answer->reason != NULL ? ": " : "",
             answer != NULL && answer->reason != NULL ? answer->reason : "");

  return answer;
}

static gboolean
send_answer (const LoftBuilderAnswer *answer, LoftBuilderWire *wire)
{
  if (!loft_builder_answer_send (answer, wire))
    return FALSE;
  loft_builder_wire_finish (wire);

  return TRUE;
}

/**
 * loft_builder_serve:
 * @client: a connected socket
 * @program: this program's file, opened
 * @readable: (array zero-terminated=1): folders that the sandbox may read
 *
 * Reads a request, builds what it asks for, and answers. The process must be in
 * a locale of UTF-8.
 *
 * Returns: whether an answer was taken
 */
gboolean
loft_builder_serve (int client, int program, const char *const *readable)
{
  g_return_val_if_fail (client >= 0 && program >= 0, FALSE);
  g_return_val_if_fail (readable != NULL, FALSE);

  g_autoptr (GError) error = NULL;
  g_autoptr (LoftBuilderWire) wire = loft_builder_wire_new (client);
  char *folder = loft_builder_folder_new (&error);
  Build self = { client, program, readable, folder, wire };
  g_autoptr (LoftBuilderAnswer) answer =
    folder != NULL ? build (&self) : make_unavailable (error->message);

  if (folder != NULL)
    loft_builder_folder_remove (folder);

  return answer != NULL && send_answer (answer, wire);
}

/**
 * loft_builder_refuse:
 * @client: a connected socket
 * @reason: why nothing can be built
 *
 * Answers whatever is asked for that it can't be built here now.
 *
 * Returns: whether an answer was taken
 */
gboolean
loft_builder_refuse (int client, const char *reason)
{
  g_return_val_if_fail (client >= 0 && reason != NULL, FALSE);

  g_autoptr (LoftBuilderWire) wire = loft_builder_wire_new (client);
  g_autoptr (LoftBuilderAnswer) answer = make_unavailable (reason);

  return send_answer (answer, wire);
}
