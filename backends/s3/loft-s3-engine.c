/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "loft-s3-engine.h"

#include <glib/gi18n.h>
#include <string.h>

#include "loft-s3-credentials.h"
#include "loft-s3-error.h"
#include "loft-s3-sign.h"
#include "storage/loft-storage.h"

/* So many requests in a row without an answer, and the engine is away. */
#define SILENCES_MAX 2

/* How often it is tried then. */
#define TRIAL_INTERVAL (G_USEC_PER_SEC / 2)

/* How long a silence counts when nobody asks any more, in microseconds. */
#define SILENCE_AGE (2 * G_TIME_SPAN_SECOND)

/* Between two tries, doubled each time. */
#define PAUSE_FIRST (40 * G_TIME_SPAN_MILLISECOND)
#define PAUSE_MAX G_USEC_PER_SEC

#define EMPTY_SHA256                                                           \
  "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

/* An engine that hangs
 *
 * Whoever asks waits in a thread, and threads are few. If each of them waited
 * its full time for an engine that is away, those that come later would wait
 * for a thread first, and so longer than anybody may. So after a few silences
 * in a row the engine counts as away: one request at a time is let through to
 * find out whether it is back, and all others fail at once. Any answer, even a
 * refusal, ends that, and so does a while in which nobody asked: what was so
 * before says nothing of now. */

/* How old what an answer says of the time may be, in microseconds. */
#define CLOCK_PATIENCE (2 * G_TIME_SPAN_SECOND)

struct _LoftS3Engine
{
  int ref_count; /* atomic */
  int match;     /* atomic: LoftS3Match */

  LoftS3Config *config;           /* owned */
  LoftS3Credentials *credentials; /* owned */
  LoftS3Client *client;           /* owned */
  char *host;                     /* owned */

  GMutex lock; /* guards what follows */
  guint n_silences;
  gint64 next_trial;
  gint64 skew; /* microseconds that the engine's clock is ahead */
};

/**
 * loft_s3_engine_new:
 * @config: (transfer full): where the store is
 * @error: return location for a #GError
 *
 * Gets ready to talk to an engine. Nothing is sent yet.
 *
 * Returns: (transfer full): the engine, or %NULL with @error set
 */
LoftS3Engine *
loft_s3_engine_new (LoftS3Config *config, GError **error)
{
  g_return_val_if_fail (config != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  g_autoptr (LoftS3Config) owned = config;
  g_autoptr (LoftS3Client) client =
    loft_s3_client_new (config->endpoint, config->ca_file, error);
  if (client == NULL)
    return NULL;

  LoftS3Engine *self = g_new0 (LoftS3Engine, 1);

  self->ref_count = 1;
  self->credentials = loft_s3_credentials_new (config);
  self->host = loft_s3_config_format_host (config);
  self->config = g_steal_pointer (&owned);
  self->client = g_steal_pointer (&client);
  g_mutex_init (&self->lock);

  return self;
}

/**
 * loft_s3_engine_ref:
 * @self: an engine
 *
 * Returns: (transfer full): another reference
 */
LoftS3Engine *
loft_s3_engine_ref (LoftS3Engine *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  g_atomic_int_inc (&self->ref_count);

  return self;
}

/**
 * loft_s3_engine_unref:
 * @self: (transfer full): an engine
 *
 * Gives up a reference. With the last one all connections are closed.
 */
void
loft_s3_engine_unref (LoftS3Engine *self)
{
  g_return_if_fail (self != NULL);

  if (!g_atomic_int_dec_and_test (&self->ref_count))
    return;

  loft_s3_client_free (self->client);
  loft_s3_credentials_free (self->credentials);
  loft_s3_config_free (self->config);
  g_free (self->host);
  g_mutex_clear (&self->lock);
  g_free (self);
}

/**
 * loft_s3_engine_get_match:
 * @self: an engine
 *
 * Returns: how it takes etags, as far as that is known
 */
LoftS3Match
loft_s3_engine_get_match (LoftS3Engine *self)
{
  g_return_val_if_fail (self != NULL, LOFT_S3_MATCH_UNKNOWN);

  return g_atomic_int_get (&self->match);
}

/**
 * loft_s3_engine_set_match:
 * @self: an engine
 * @match: how it takes etags
 *
 * Remembers what was found out.
 */
void
loft_s3_engine_set_match (LoftS3Engine *self, LoftS3Match match)
{
  g_return_if_fail (self != NULL);

  g_atomic_int_set (&self->match, match);
}

/**
 * loft_s3_engine_get_config:
 * @self: an engine
 *
 * Returns: (transfer none): where it is
 */
const LoftS3Config *
loft_s3_engine_get_config (LoftS3Engine *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->config;
}

/**
 * loft_s3_engine_build_request:
 * @self: an engine
 * @method: a method of HTTP
 * @key: (nullable): an object's key, or %NULL for the bucket
 *
 * Returns: (transfer full): a request to which query and headers can be added
 */
LoftS3Request *
loft_s3_engine_build_request (LoftS3Engine *self,
                              const char *method,
                              const char *key)
{
  g_return_val_if_fail (self != NULL && method != NULL, NULL);

  g_autofree char *path = loft_s3_config_format_path (self->config, key);
  LoftS3Request *request = loft_s3_request_new (method, path);

  loft_s3_request_add_header (request, "host", self->host);

  return request;
}

static LoftS3Signer
make_signer (LoftS3Engine *self, const LoftS3Keys *keys)
{
  return (LoftS3Signer){
    .access_key = keys->access_key,
    .secret_key = keys->secret_key,
    .token = keys->token,
    .region = self->config->region,
    .service = "s3",
    .time = g_get_real_time () / G_USEC_PER_SEC,
  };
}

/**
 * loft_s3_engine_presign:
 * @self: an engine
 * @request: what shall be asked for
 * @seconds: how long the address is good for
 * @error: return location for a #GError
 *
 * Returns: (transfer full): an address at which anybody may ask for it, or
 *   %NULL with @error set
 */
char *
loft_s3_engine_presign (LoftS3Engine *self,
                        LoftS3Request *request,
                        guint seconds,
                        GError **error)
{
  g_return_val_if_fail (self != NULL && request != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  g_autoptr (LoftS3Keys) keys =
    loft_s3_credentials_get (self->credentials, error);
  if (keys == NULL)
    return NULL;

  LoftS3Signer signer = make_signer (self, keys);
  loft_s3_presign (&signer, request, seconds);
  g_autofree char *query = loft_s3_request_format_query (request);

  return g_strdup_printf ("%s://%s%s?%s",
                          g_uri_get_scheme (self->config->endpoint),
                          self->host,
                          request->path,
                          query);
}

/* How long to wait for an answer: enough is left for another try, or for
 * reading back. Who tries whether the engine is back may have waited for a
 * thread. */
static gint64
get_share (LoftS3Engine *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  gint64 now = g_get_monotonic_time ();

  if (self->n_silences == SILENCES_MAX && now > self->next_trial + SILENCE_AGE)
    self->n_silences--;
  if (self->n_silences < SILENCES_MAX)
    return self->config->timeout / 2;
  if (now < self->next_trial)
    return 0;

  /* Nobody else tries while this one waits. */
  self->next_trial = now + self->config->timeout;

  return self->config->timeout * 2 / 5;
}

static void
note_result (LoftS3Engine *self, gboolean answered)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  if (answered)
    self->n_silences = 0;
  else if (self->n_silences < SILENCES_MAX)
    self->n_silences++;

  if (self->n_silences == SILENCES_MAX)
    self->next_trial = g_get_monotonic_time () + TRIAL_INTERVAL;
}

static const char *
get_payload (LoftS3Engine *self, const LoftS3Body *body)
{
  if (body == NULL)
    return EMPTY_SHA256;
  if (body->sha256 != NULL)
    return body->sha256;

  return LOFT_S3_UNSIGNED_PAYLOAD;
}

/* What the engine's clock says, in the middle of the second that it names and
 * of the time that the answer took. One that took long tells nothing. */
static void
note_clock (LoftS3Engine *self, const LoftS3Answer *answer, gint64 took)
{
  const char *text = soup_message_headers_get_one (answer->headers, "Date");
  g_autoptr (GDateTime) date =
    text != NULL ? soup_date_time_new_from_http_string (text) : NULL;

  if (date == NULL || took > CLOCK_PATIENCE)
    return;

  gint64 theirs =
    g_date_time_to_unix (date) * G_USEC_PER_SEC + G_USEC_PER_SEC / 2;
  gint64 skew = theirs - (g_get_real_time () - took / 2);

  g_mutex_lock (&self->lock);
  self->skew = ABS (skew) <= G_USEC_PER_SEC ? 0 : skew;
  g_mutex_unlock (&self->lock);
}

/**
 * loft_s3_engine_get_clock_skew:
 * @self: an engine
 *
 * Returns: microseconds that the engine's clock is ahead of ours; 0 if that is
 *   no more than about a second, or not known
 */
gint64
loft_s3_engine_get_clock_skew (LoftS3Engine *self)
{
  g_return_val_if_fail (self != NULL, 0);

  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return self->skew;
}

/* Where nothing is found an engine may say so only to whom it lists things. */
static const char *
find_right (LoftS3Request *request)
{
  g_autofree char *query = loft_s3_request_format_query (request);

  if (g_str_equal (request->method, "PUT") ||
      g_str_equal (request->method, "POST"))
    return "s3:PutObject";
  if (g_str_equal (request->method, "DELETE"))
    return "s3:DeleteObject";

  return strstr (query, "list-type=") != NULL ? "s3:ListBucket"
                                              : "s3:GetObject, s3:ListBucket";
}

static LoftS3Answer *
send_signed (LoftS3Engine *self,
             LoftS3Request *request,
             LoftS3Body *body,
             gsize limit,
             gint64 patience,
             gboolean *out_sent,
             GCancellable *cancellable,
             GError **error)
{
  g_autoptr (LoftS3Keys) keys =
    loft_s3_credentials_get (self->credentials, error);
  if (keys == NULL)
    return NULL;

  g_autoptr (LoftS3Request) copy = loft_s3_request_copy (request);
  LoftS3Signer signer = make_signer (self, keys);
  g_autoptr (GError) local_error = NULL;

  loft_s3_sign (&signer, copy, get_payload (self, body));

  LoftS3Answer *answer = loft_s3_client_send (self->client,
                                              copy,
                                              body,
                                              limit,
                                              patience,
                                              out_sent,
                                              cancellable,
                                              &local_error);

  if (answer != NULL)
    {
      answer->config = self->config;
      answer->right = find_right (request);
    }
  if (g_cancellable_is_cancelled (cancellable) && answer == NULL)
    g_propagate_error (error, g_steal_pointer (&local_error));
  else
    {
      note_result (self, answer != NULL);
      if (answer == NULL)
        loft_s3_error_set_unanswered (self->host, local_error, error);
    }

  return answer;
}

/**
 * loft_s3_engine_try:
 * @self: an engine
 * @request: what to ask; it is signed in a copy
 * @body: (nullable): what it carries
 * @limit: how many bytes the body of the answer may have
 * @patience: (inout): how much longer the caller waits for what gets nowhere,
 *   in µs
 * @out_sent: (out): whether the engine may have got the request
 * @cancellable: (nullable): a cancellable
 * @error: return location for a #GError
 *
 * Asks once.
 *
 * Returns: (transfer full): the answer, of whatever status, or %NULL where
 * there is none, with %LOFT_STORAGE_ERROR_UNAVAILABLE, or
 * %LOFT_STORAGE_ERROR_DENIED if the engine's certificate is not trusted
 */
LoftS3Answer *
loft_s3_engine_try (LoftS3Engine *self,
                    LoftS3Request *request,
                    LoftS3Body *body,
                    gsize limit,
                    gint64 *patience,
                    gboolean *out_sent,
                    GCancellable *cancellable,
                    GError **error)
{
  g_return_val_if_fail (self != NULL && request != NULL, NULL);
  g_return_val_if_fail (patience != NULL && out_sent != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  *out_sent = FALSE;
  if (g_cancellable_set_error_if_cancelled (cancellable, error))
    return NULL;

  gint64 share = *patience > 0 ? get_share (self) : 0;
  share = MIN (share, *patience);
  if (share <= 0)
    {
      *patience = 0;
      g_set_error (error,
                   LOFT_STORAGE_ERROR,
                   LOFT_STORAGE_ERROR_UNAVAILABLE,
                   _ ("The storage at %s does not answer"),
                   self->host);
      return NULL;
    }

  gint64 before = g_get_monotonic_time ();
  LoftS3Answer *answer = send_signed (self,
                                      request,
                                      body,
                                      limit,
                                      share,
                                      out_sent,
                                      cancellable,
                                      error);

  gint64 took = g_get_monotonic_time () - before;
  if (answer != NULL)
    note_clock (self, answer, took);
  *patience -= MIN (took, share);

  return answer;
}

/**
 * loft_s3_engine_pause:
 * @tries: how often it was tried before
 * @patience: (inout): how much longer the caller waits, in µs
 *
 * Waits before another try, for a time that nobody else waits for.
 *
 * Returns: whether there is time for one
 */
gboolean
loft_s3_engine_pause (guint tries, gint64 *patience)
{
  g_return_val_if_fail (patience != NULL, FALSE);

  gint64 longest = MIN ((gint64) PAUSE_FIRST << MIN (tries, 10), PAUSE_MAX);
  gint64 pause = (gint64) ((double) longest * g_random_double_range (0.5, 1.0));

  if (pause >= *patience)
    return FALSE;

  g_usleep ((gulong) pause);
  *patience -= pause;

  return TRUE;
}

/**
 * loft_s3_engine_ask:
 * @self: an engine
 * @request: what to ask: something that may be done more than once
 * @limit: how many bytes the body of the answer may have
 * @patience: (inout): how much longer the caller waits, in µs
 * @cancellable: (nullable): a cancellable
 * @error: return location for a #GError
 *
 * Asks until there is an answer that is not for the moment only.
 *
 * Returns: (transfer full): the answer, or %NULL with
 *   %LOFT_STORAGE_ERROR_UNAVAILABLE
 */
LoftS3Answer *
loft_s3_engine_ask (LoftS3Engine *self,
                    LoftS3Request *request,
                    gsize limit,
                    gint64 *patience,
                    GCancellable *cancellable,
                    GError **error)
{
  g_return_val_if_fail (self != NULL && request != NULL, NULL);
  g_return_val_if_fail (patience != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  for (guint tries = 0;; tries++)
    {
      gboolean sent = FALSE;
      g_autoptr (GError) local_error = NULL;
      g_autoptr (LoftS3Answer) answer = loft_s3_engine_try (self,
                                                            request,
                                                            NULL,
                                                            limit,
                                                            patience,
                                                            &sent,
                                                            cancellable,
                                                            &local_error);

      if (answer != NULL && !loft_s3_answer_is_transient (answer))
        return g_steal_pointer (&answer);

      if ((answer == NULL &&
           !g_error_matches (local_error,
                             LOFT_STORAGE_ERROR,
                             LOFT_STORAGE_ERROR_UNAVAILABLE)) ||
          !loft_s3_engine_pause (tries, patience))
        {
          if (answer != NULL)
            loft_s3_answer_set_error (answer, NULL, error);
          else
            g_propagate_error (error, g_steal_pointer (&local_error));
          return NULL;
        }
    }
}
