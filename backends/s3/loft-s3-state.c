/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "loft-s3-state.h"

#include <string.h>

#include "loft-s3-error.h"
#include "storage/loft-storage.h"

#define ERROR_MAX (64 * 1024)
#define TRIES_MAX 5

/**
 * loft_s3_state_free:
 * @self: (transfer full): a state
 *
 * Frees @self.
 */
void
loft_s3_state_free (LoftS3State *self)
{
  g_return_if_fail (self != NULL);

  g_free (self->etag);
  g_strfreev (self->writes);
  g_free (self);
}

/**
 * loft_s3_answer_dup_etag:
 * @answer: an answer
 *
 * Returns: (transfer full) (nullable): the etag that it names, without quotes
 */
char *
loft_s3_answer_dup_etag (const LoftS3Answer *answer)
{
  g_return_val_if_fail (answer != NULL, NULL);

  const char *etag = soup_message_headers_get_one (answer->headers, "ETag");
  gsize length = etag != NULL ? strlen (etag) : 0;

  if (length >= 2 && etag[0] == '"' && etag[length - 1] == '"')
    return g_strndup (etag + 1, length - 2);

  return g_strdup (etag);
}

/**
 * loft_s3_answer_get_modified:
 * @answer: an answer
 *
 * Returns: when the object was written, in µs since the epoch, or 0
 */
gint64
loft_s3_answer_get_modified (const LoftS3Answer *answer)
{
  g_return_val_if_fail (answer != NULL, 0);

  const char *text =
    soup_message_headers_get_one (answer->headers, "Last-Modified");
  g_autoptr (GDateTime) time =
    text != NULL ? soup_date_time_new_from_http_string (text) : NULL;

  return time != NULL ? g_date_time_to_unix (time) * G_USEC_PER_SEC : 0;
}

static LoftS3State *
state_new (const LoftS3Answer *answer)
{
  LoftS3State *self = g_new0 (LoftS3State, 1);
  const char *writes =
    answer != NULL
      ? soup_message_headers_get_one (answer->headers, LOFT_S3_WRITES_HEADER)
      : NULL;

  self->writes = g_strsplit (writes != NULL ? writes : "", " ", -1);
  if (answer == NULL)
    return self;

  self->exists = TRUE;
  self->size = soup_message_headers_get_content_length (answer->headers);
  self->modified = loft_s3_answer_get_modified (answer);
  self->etag = loft_s3_answer_dup_etag (answer);

  return self;
}

/**
 * loft_s3_state_read:
 * @engine: an engine
 * @key: an object's key
 * @patience: (inout): how much longer the caller waits, in µs
 * @cancellable: (nullable): a cancellable
 * @error: return location for a #GError
 *
 * Finds out what is there. That nothing is there is believed only where the
 * engine says what is missing: it might be the bucket.
 *
 * Returns: (transfer full): the state, or %NULL with @error set
 */
LoftS3State *
loft_s3_state_read (LoftS3Engine *engine,
                    const char *key,
                    gint64 *patience,
                    GCancellable *cancellable,
                    GError **error)
{
  g_return_val_if_fail (engine != NULL && key != NULL, NULL);
  g_return_val_if_fail (patience != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  for (guint tries = 0; tries < TRIES_MAX; tries++)
    {
      g_autoptr (LoftS3Request) head =
        loft_s3_engine_build_request (engine, "HEAD", key);
      g_autoptr (LoftS3Answer) answer =
        loft_s3_engine_ask (engine, head, 0, patience, cancellable, error);

      if (answer == NULL)
        return NULL;
      if (answer->status == SOUP_STATUS_OK)
        return state_new (answer);
      if (answer->status != SOUP_STATUS_NOT_FOUND)
        {
          loft_s3_answer_set_error (answer, key, error);
          return NULL;
        }

      /* An answer to HEAD has no body, so it cannot say what is missing. */
      g_autoptr (LoftS3Request) get =
        loft_s3_engine_build_request (engine, "GET", key);
      loft_s3_request_add_header (get, "range", "bytes=0-0");
      g_autoptr (LoftS3Answer) body = loft_s3_engine_ask (engine,
                                                          get,
                                                          ERROR_MAX,
                                                          patience,
                                                          cancellable,
                                                          error);

      if (body == NULL)
        return NULL;
      if (body->status == SOUP_STATUS_NOT_FOUND &&
          !loft_s3_answer_has_code (body, "NoSuchBucket"))
        return state_new (NULL);
      if (body->status == SOUP_STATUS_NOT_FOUND)
        {
          loft_s3_answer_set_error (body, key, error);
          return NULL;
        }
    }

  g_set_error (error,
               LOFT_STORAGE_ERROR,
               LOFT_STORAGE_ERROR_UNAVAILABLE,
               "“%s” comes and goes",
               key);

  return NULL;
}

/**
 * loft_s3_state_get_mark:
 * @self: the state of an object that exists
 *
 * Returns: (transfer none): what tells its last write from any other: the
 *   write's own mark, or the etag where somebody else has written
 */
const char *
loft_s3_state_get_mark (LoftS3State *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->writes[0] != NULL && self->writes[0][0] != '\0' ? self->writes[0]
                                                               : self->etag;
}
