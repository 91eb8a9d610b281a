/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "loft-s3-probe.h"

#include <glib/gi18n.h>
#include <string.h>

#include "loft-s3-error.h"
#include "loft-s3-list.h"
#include "loft-s3-state.h"
#include "loft-s3-xml.h"
#include "storage/loft-storage.h"

/* An engine that overlooks a condition does what it is told, and destroys what
 * another writer has just stored. Nothing in its answers would ever show it. So
 * before anything else the conditions are tried on an object of our own, and
 * whatever is not refused that has to be, is the end. */

#define ANSWER_MAX (64 * 1024)

typedef struct
{
  LoftS3Engine *engine;      /* not owned */
  GCancellable *cancellable; /* not owned */
  char *key;                 /* owned */
  char *etag;                /* owned, nullable: of what is there */
} Probe;

static void
probe_clear (Probe *self)
{
  g_free (self->key);
  g_free (self->etag);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Probe, probe_clear)

static gboolean G_GNUC_PRINTF (2, 3)
  refuse (GError **error, const char *format, ...)
{
  va_list arguments;

  va_start (arguments, format);
  g_autofree char *why = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_set_error (error,
               LOFT_STORAGE_ERROR,
               LOFT_STORAGE_ERROR_FAILED,
               _ ("This storage engine will not do: %s"),
               why);

  return FALSE;
}

static LoftS3Answer *
put (Probe *self,
     const char *text,
     const char *condition,
     const char *value,
     GError **error)
{
  gint64 patience = loft_s3_engine_get_config (self->engine)->timeout;
  gboolean sent = FALSE;
  g_autoptr (GBytes) bytes = g_bytes_new (text, strlen (text));
  g_autoptr (LoftS3Body) body = loft_s3_body_new_bytes (bytes);
  g_autoptr (LoftS3Request) request =
    loft_s3_engine_build_request (self->engine, "PUT", self->key);

  loft_s3_request_add_header (request, condition, value);
  loft_s3_request_add_header (request, LOFT_S3_WRITES_HEADER, text);

  return loft_s3_engine_try (self->engine,
                             request,
                             body,
                             ANSWER_MAX,
                             &patience,
                             &sent,
                             self->cancellable,
                             error);
}

static LoftS3State *
look (Probe *self, GError **error)
{
  gint64 patience = loft_s3_engine_get_config (self->engine)->timeout;

  return loft_s3_state_read (self->engine,
                             self->key,
                             &patience,
                             self->cancellable,
                             error);
}

static gboolean
is_success (const LoftS3Answer *answer)
{
  return answer->status >= 200 && answer->status <= 299;
}

/* Whether what stands there is what was written as @text. */
static gboolean
stands (Probe *self, const char *text, gboolean *out_stands, GError **error)
{
  g_autoptr (LoftS3State) state = look (self, error);

  if (state == NULL)
    return FALSE;
  if (state->exists && (state->etag == NULL || state->etag[0] == '\0'))
    return refuse (error, _ ("it tells no etags"));
  if (state->exists && state->writes[0] == NULL)
    return refuse (error, _ ("it does not keep metadata (x-amz-meta-)"));

  *out_stands =
    state->exists && g_str_equal (loft_s3_state_get_mark (state), text);
  g_free (self->etag);
  self->etag = g_steal_pointer (&state->etag);

  return TRUE;
}

/* No bucket comes into being by waiting for it, as far as we know. */
static gboolean
set_refusal (const LoftS3Answer *answer, GError **error)
{
  g_autoptr (GError) local_error = NULL;

  loft_s3_answer_set_error (answer, NULL, &local_error);
  if (loft_s3_answer_has_code (answer, "NoSuchBucket"))
    local_error->code = LOFT_STORAGE_ERROR_FAILED;
  g_propagate_error (error, g_steal_pointer (&local_error));

  return FALSE;
}

static gboolean
probe_create (Probe *self, GError **error)
{
  gboolean first = FALSE;
  g_autoptr (LoftS3Answer) created =
    put (self, "first", "if-none-match", "*", error);

  if (created == NULL)
    return FALSE;
  if (created->status == SOUP_STATUS_NOT_IMPLEMENTED)
    return refuse (
      error,
      _ ("it has no conditional writes (PUT with “If-None-Match” is "
         "not implemented)"));
  if (!is_success (created))
    return set_refusal (created, error);

  g_autoptr (LoftS3Answer) again =
    put (self, "second", "if-none-match", "*", error);
  if (again == NULL || !stands (self, "first", &first, error))
    return FALSE;
  if (is_success (again) || !first)
    return refuse (error,
                   _ ("it ignores “If-None-Match”, so two writers could both "
                      "believe to have created an object"));

  return TRUE;
}

/* Replaces what is there by @to, and finds out whether that worked. */
static gboolean
probe_replace (Probe *self,
               LoftS3Match match,
               const char *to,
               gboolean *out_worked,
               GError **error)
{
  g_autofree char *value = match == LOFT_S3_MATCH_QUOTED
                             ? g_strdup_printf ("\"%s\"", self->etag)
                             : g_strdup (self->etag);
  g_autoptr (LoftS3Answer) answer = put (self, to, "if-match", value, error);

  if (answer == NULL)
    return FALSE;
  if (answer->status == SOUP_STATUS_NOT_IMPLEMENTED)
    return refuse (
      error,
      _ ("it has no conditional writes (PUT with “If-Match” is not "
         "implemented)"));

  return stands (self, to, out_worked, error);
}

static gboolean
probe_match (Probe *self, GError **error)
{
  gboolean worked = FALSE;
  g_autofree char *outdated = g_strdup (self->etag);
  LoftS3Match match = LOFT_S3_MATCH_QUOTED;

  if (!probe_replace (self, match, "third", &worked, error))
    return FALSE;
  if (!worked)
    {
      match = LOFT_S3_MATCH_PLAIN;
      if (!probe_replace (self, match, "third", &worked, error))
        return FALSE;
    }
  if (!worked)
    return refuse (
      error,
      _ ("it refuses “If-Match” with the etag that it told itself"));

  g_free (self->etag);
  self->etag = g_steal_pointer (&outdated);
  if (!probe_replace (self, match, "fourth", &worked, error))
    return FALSE;
  if (worked)
    return refuse (error,
                   _ ("it ignores “If-Match”, so one writer could destroy what "
                      "another has just stored"));

  loft_s3_engine_set_match (self->engine, match);

  return TRUE;
}

static gboolean
probe_list (Probe *self, GError **error)
{
  gint64 patience = loft_s3_engine_get_config (self->engine)->timeout;
  g_autofree char *name =
    g_strconcat (loft_s3_engine_get_config (self->engine)->prefix,
                 self->key,
                 NULL);
  g_autoptr (LoftS3Request) request =
    loft_s3_engine_build_request (self->engine, "GET", NULL);

  loft_s3_request_add_query (request, "list-type", "2");
  loft_s3_request_add_query (request, "prefix", name);
  g_autoptr (LoftS3Answer) answer = loft_s3_engine_ask (self->engine,
                                                        request,
                                                        ANSWER_MAX,
                                                        &patience,
                                                        self->cancellable,
                                                        error);
  if (answer == NULL)
    return FALSE;
  if (answer->status != SOUP_STATUS_OK)
    return loft_s3_answer_set_error (answer, NULL, error);

  g_autofree char *listed = loft_s3_xml_find (answer->body, "Key");
  if (g_strcmp0 (listed, name) != 0)
    return refuse (error, _ ("it does not list at once what was stored"));

  return TRUE;
}

static gboolean
probe_remove (Probe *self, GError **error)
{
  gint64 patience = loft_s3_engine_get_config (self->engine)->timeout;
  g_autoptr (LoftS3Request) request =
    loft_s3_engine_build_request (self->engine, "DELETE", self->key);
  g_autoptr (LoftS3Answer) answer = loft_s3_engine_ask (self->engine,
                                                        request,
                                                        ANSWER_MAX,
                                                        &patience,
                                                        self->cancellable,
                                                        error);
  if (answer == NULL)
    return FALSE;
  if (!is_success (answer))
    return loft_s3_answer_set_error (answer, NULL, error);

  g_autoptr (LoftS3State) state = look (self, error);
  if (state == NULL)
    {
      g_prefix_error (error,
                      _ ("What was removed can't be told from the rest: "));
      return FALSE;
    }

  return state->exists ? refuse (error, _ ("it does not remove objects"))
                       : TRUE;
}

/* Whoever lends a bucket only to be read gives keys that seem to be good. */
static void
explain_refusal (Probe *self, GError **error)
{
  if (!g_error_matches (*error, LOFT_STORAGE_ERROR, LOFT_STORAGE_ERROR_DENIED))
    return;

  g_auto (GStrv) keys =
    loft_s3_list (self->engine, NULL, NULL, 1, self->cancellable, NULL);
  if (keys == NULL)
    return;

  g_autoptr (GError) refusal = g_steal_pointer (error);
  g_set_error (error,
               LOFT_STORAGE_ERROR,
               LOFT_STORAGE_ERROR_DENIED,
               _ ("%s. The access key may look into the bucket, but a registry "
                  "also has to read, write and remove objects there: it needs "
                  "s3:GetObject, s3:PutObject and s3:DeleteObject"),
               refusal->message);
}

/**
 * loft_s3_probe:
 * @engine: an engine
 * @cancellable: (nullable): a cancellable
 * @error: return location for a #GError
 *
 * Finds out whether the engine keeps the promises of the backend, and how it
 * takes etags. Leaves nothing behind unless it breaks off.
 *
 * Returns: whether it does; else %LOFT_STORAGE_ERROR_FAILED says what it lacks,
 *   or one of the other errors of loft_storage_open() is set
 */
gboolean
loft_s3_probe (LoftS3Engine *engine, GCancellable *cancellable, GError **error)
{
  g_return_val_if_fail (engine != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  g_auto (Probe) self = { .engine = engine, .cancellable = cancellable };
  g_autofree char *name = g_uuid_string_random ();

  g_autoptr (GError) local_error = NULL;

  self.key = g_strconcat (LOFT_S3_PROBE_FOLDER, name, NULL);

  gboolean good = probe_create (&self, &local_error) &&
                  probe_match (&self, &local_error) &&
                  probe_list (&self, &local_error);

  /* What it lacks is known; that the object stays then is the lesser evil. And
   * one that does not answer would only keep us waiting once more. */
  if (!g_error_matches (local_error,
                        LOFT_STORAGE_ERROR,
                        LOFT_STORAGE_ERROR_UNAVAILABLE) &&
      !probe_remove (&self, good ? &local_error : NULL))
    good = FALSE;
  explain_refusal (&self, &local_error);
  if (local_error != NULL)
    g_propagate_error (error, g_steal_pointer (&local_error));

  return good;
}
