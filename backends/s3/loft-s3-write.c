/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "loft-s3-write.h"

#include <string.h>

#include "loft-s3-error.h"
#include "loft-s3-state.h"
#include "storage/loft-storage.h"

/* Who has written?
 *
 * A conditional PUT is answered by 200 if it did something. No other answer
 * means that it did nothing: an answer may be lost on its way, and the same
 * request, sent once more by a library or a proxy, is then refused because of
 * itself; an engine that is torn between two writers says 409, or 404, or 500
 * to one of them, and a gateway says 504 of what its engine does a moment
 * later. So after any other answer the object is looked at.
 *
 * The content does not tell: two writers may write the same. So each write
 * bears a mark, drawn at random, in the object's metadata; and since somebody
 * may have replaced the document before we look, a replacement takes the marks
 * of its predecessors along. Then there are four cases:
 *
 *   our mark is there:           it was written, by us
 *   the mark that we meant to
 *   replace is below others:     somebody else was first: it was not written
 *   that mark is on top:         it was not written yet, so we try again; only
 *                                one of the tries can succeed
 *   anything else:               nobody knows (UNKNOWN)
 *
 * A request that was given up may still take effect later. It does no harm: as
 * long as nothing has changed it writes what was meant to be written then, and
 * the caller was told that nobody knows; once something has, its condition
 * fails. That takes etags that do not come back, so a document that may become
 * what it was before must count its revisions. */

#define MARKS_MAX 16
#define ANSWER_MAX (64 * 1024)

typedef struct
{
  LoftS3Engine *engine; /* not owned */
  const char *key;      /* not owned */
  LoftS3Body *body;     /* not owned */
  gint64 patience;

  char *mark;             /* owned */
  char *base;             /* owned, nullable: the mark that is replaced */
  LoftS3Request *request; /* owned */

  gboolean unsure;    /* a try may have done something unseen */
  GError *last_error; /* owned, nullable: why the last try failed */
} Write;

static void
write_clear (Write *self)
{
  g_free (self->mark);
  g_free (self->base);
  g_clear_pointer (&self->request, loft_s3_request_free);
  g_clear_error (&self->last_error);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Write, write_clear)

static void
write_init (Write *self,
            LoftS3Engine *engine,
            const char *key,
            LoftS3Body *body)
{
  self->engine = engine;
  self->key = key;
  self->body = body;
  self->patience = loft_s3_engine_get_config (engine)->timeout;
  self->mark = g_uuid_string_random ();
}

static void
prepare (Write *self,
         const char *condition,
         const char *value,
         const char *const *writes)
{
  g_autoptr (GString) marks = g_string_new (self->mark);

  for (guint i = 0; writes != NULL && writes[i] != NULL && i + 1 < MARKS_MAX;
       i++)
    g_string_append_printf (marks, " %s", writes[i]);

  self->request = loft_s3_engine_build_request (self->engine, "PUT", self->key);
  loft_s3_request_add_header (self->request, condition, value);
  loft_s3_request_add_header (self->request, LOFT_S3_WRITES_HEADER, marks->str);
}

/**
 * Outcome:
 * @DONE: it was written
 * @OPEN: that has to be looked at
 * @AGAIN: nothing was sent, or it was put off
 * @OVER: it was refused for good
 *
 * What a try tells.
 */
typedef enum
{
  DONE,
  OPEN,
  AGAIN,
  OVER
} Outcome;

static Outcome
judge (Write *self, const LoftS3Answer *answer, gboolean sent)
{
  if (answer == NULL)
    {
      self->unsure |= sent;
      return sent ? OPEN : AGAIN;
    }
  if (answer->status >= 200 && answer->status <= 299)
    return DONE;

  switch (answer->status)
    {
    case SOUP_STATUS_NOT_FOUND:
    case SOUP_STATUS_CONFLICT:
    case SOUP_STATUS_REQUEST_TIMEOUT:
    case SOUP_STATUS_PRECONDITION_FAILED:
      self->unsure = TRUE;
      return OPEN;
    case SOUP_STATUS_NOT_IMPLEMENTED:
    case 507:
      return OVER;
    case 429:
      return AGAIN;
    default:
      break;
    }

  if (answer->status < 500)
    return OVER;
  if (answer->status == SOUP_STATUS_SERVICE_UNAVAILABLE &&
      (loft_s3_answer_has_code (answer, "SlowDown") ||
       loft_s3_answer_has_code (answer, "ServiceUnavailable")))
    return AGAIN;

  self->unsure = TRUE;

  return OPEN;
}

static Outcome
put (Write *self, char **out_etag)
{
  gboolean sent = FALSE;

  g_clear_error (&self->last_error);
  g_autoptr (LoftS3Answer) answer = loft_s3_engine_try (self->engine,
                                                        self->request,
                                                        self->body,
                                                        ANSWER_MAX,
                                                        &self->patience,
                                                        &sent,
                                                        NULL,
                                                        &self->last_error);
  Outcome outcome = judge (self, answer, sent);

  if (outcome == DONE)
    *out_etag = loft_s3_answer_dup_etag (answer);
  else if (answer != NULL)
    loft_s3_answer_set_error (answer, self->key, &self->last_error);
  else if (!g_error_matches (self->last_error,
                             LOFT_STORAGE_ERROR,
                             LOFT_STORAGE_ERROR_UNAVAILABLE))
    outcome = OVER;

  return outcome;
}

/* Ends without knowing, or with what the last try was told. */
static gboolean
give_up (Write *self, GError **error)
{
  if (self->unsure)
    g_set_error (error,
                 LOFT_STORAGE_ERROR,
                 LOFT_STORAGE_ERROR_UNKNOWN,
                 "Whether “%s” was stored is unknown: %s",
                 self->key,
                 self->last_error->message);
  else if (g_error_matches (self->last_error,
                            LOFT_STORAGE_ERROR,
                            LOFT_STORAGE_ERROR_FAILED) ||
           g_error_matches (self->last_error,
                            LOFT_STORAGE_ERROR,
                            LOFT_STORAGE_ERROR_NOT_FOUND))
    g_set_error_literal (error,
                         LOFT_STORAGE_ERROR,
                         LOFT_STORAGE_ERROR_FAILED,
                         self->last_error->message);
  else
    g_propagate_error (error, g_steal_pointer (&self->last_error));

  return FALSE;
}

static LoftS3State *
look (Write *self)
{
  g_autoptr (GError) local_error = NULL;
  LoftS3State *state = loft_s3_state_read (self->engine,
                                           self->key,
                                           &self->patience,
                                           NULL,
                                           &local_error);

  if (state == NULL)
    {
      g_clear_error (&self->last_error);
      self->last_error = g_steal_pointer (&local_error);
    }

  return state;
}

static gboolean
set_error (GError **error, LoftStorageError code, const char *key)
{
  g_set_error (error,
               LOFT_STORAGE_ERROR,
               (int) code,
               code == LOFT_STORAGE_ERROR_EXISTS
                 ? "“%s” exists already"
                 : "“%s” is not what it was any more",
               key);

  return FALSE;
}

/* The etag of what was written, where another write has followed already. */
static char *
compute_etag (const LoftS3Body *body)
{
  return body->bytes != NULL
           ? g_compute_checksum_for_bytes (G_CHECKSUM_MD5, body->bytes)
           : NULL;
}

static char *
pick_etag (Write *self, LoftS3State *state)
{
  return g_str_equal (state->writes[0], self->mark) ? g_strdup (state->etag)
                                                    : compute_etag (self->body);
}

/**
 * loft_s3_create:
 * @engine: an engine
 * @key: the new object's key
 * @body: its content
 * @out_etag: (out): the new object's etag
 * @error: return location for a #GError
 *
 * Stores an object that was not there.
 *
 * Returns: whether it is stored; else @error is set as by
 *   loft_storage_create()
 */
gboolean
loft_s3_create (LoftS3Engine *engine,
                const char *key,
                LoftS3Body *body,
                char **out_etag,
                GError **error)
{
  g_return_val_if_fail (engine != NULL && key != NULL, FALSE);
  g_return_val_if_fail (body != NULL && out_etag != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  g_auto (Write) self = { 0 };

  write_init (&self, engine, key, body);
  prepare (&self, "if-none-match", "*", NULL);

  for (guint tries = 0;; tries++)
    {
      Outcome outcome = put (&self, out_etag);

      if (outcome == DONE)
        return TRUE;
      if (outcome == OVER)
        return give_up (&self, error);
      if (outcome == OPEN)
        {
          g_autoptr (LoftS3State) state = look (&self);

          if (state == NULL)
            return give_up (&self, error);
          if (state->exists &&
              g_strv_contains ((const char *const *) state->writes, self.mark))
            {
              *out_etag = pick_etag (&self, state);
              return TRUE;
            }
          if (state->exists)
            return set_error (error, LOFT_STORAGE_ERROR_EXISTS, key);
        }
      if (!loft_s3_engine_pause (tries, &self.patience))
        return give_up (&self, error);
    }
}

/**
 * Replaced:
 * @OURS: by us
 * @THEIRS: by somebody else
 * @NOT_YET: by nobody
 * @UNCLEAR: that is not to be seen
 *
 * By whom a document was replaced.
 */
typedef enum
{
  OURS,
  THEIRS,
  NOT_YET,
  UNCLEAR
} Replaced;

static Replaced
find_out (Write *self, LoftS3State *state)
{
  const char *const *writes = (const char *const *) state->writes;

  if (!state->exists)
    return UNCLEAR;
  if (g_strv_contains (writes, self->mark))
    return OURS;
  if (g_strcmp0 (loft_s3_state_get_mark (state), self->base) == 0)
    return NOT_YET;
  if (g_strv_contains (writes, self->base))
    return THEIRS;

  return UNCLEAR;
}

static char *
format_match (LoftS3Engine *engine, const char *etag)
{
  return loft_s3_engine_get_match (engine) == LOFT_S3_MATCH_QUOTED
           ? g_strdup_printf ("\"%s\"", etag)
           : g_strdup (etag);
}

/* What stands there, if it is still what the caller has seen. Where its writer
 * left no mark its etag takes the place of one, and is handed on as such. */
static gboolean
find_base (Write *self, const char *etag, GError **error)
{
  g_autoptr (LoftS3State) state =
    loft_s3_state_read (self->engine, self->key, &self->patience, NULL, error);
  if (state == NULL)
    return FALSE;
  if (!state->exists || g_strcmp0 (state->etag, etag) != 0)
    return set_error (error, LOFT_STORAGE_ERROR_CHANGED, self->key);

  g_autofree char *match = format_match (self->engine, etag);
  const char *const unmarked[] = { etag, NULL };

  self->base = g_strdup (loft_s3_state_get_mark (state));
  prepare (self,
           "if-match",
           match,
           g_strcmp0 (self->base, state->etag) == 0
             ? unmarked
             : (const char *const *) state->writes);

  return TRUE;
}

static char *
first_document (LoftS3Engine *engine,
                const char *key,
                LoftS3Body *body,
                GError **error)
{
  g_autoptr (GError) local_error = NULL;
  char *etag = NULL;

  if (loft_s3_create (engine, key, body, &etag, &local_error))
    return etag != NULL ? etag : compute_etag (body);

  if (g_error_matches (local_error,
                       LOFT_STORAGE_ERROR,
                       LOFT_STORAGE_ERROR_EXISTS))
    set_error (error, LOFT_STORAGE_ERROR_CHANGED, key);
  else
    g_propagate_error (error, g_steal_pointer (&local_error));

  return NULL;
}

/**
 * loft_s3_replace:
 * @engine: an engine
 * @key: a document's key
 * @body: its new content, in memory
 * @etag: (nullable): what shall be replaced, or %NULL for nothing
 * @error: return location for a #GError
 *
 * Replaces a document if it is what the caller has seen.
 *
 * Returns: (transfer full): the new etag, or %NULL with @error set as by
 *   loft_storage_replace()
 */
char *
loft_s3_replace (LoftS3Engine *engine,
                 const char *key,
                 LoftS3Body *body,
                 const char *etag,
                 GError **error)
{
  g_return_val_if_fail (engine != NULL && key != NULL, NULL);
  g_return_val_if_fail (body != NULL && body->bytes != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  if (etag == NULL)
    return first_document (engine, key, body, error);

  g_auto (Write) self = { 0 };
  char *new_etag = NULL;

  write_init (&self, engine, key, body);
  if (!find_base (&self, etag, error))
    return NULL;

  for (guint tries = 0;; tries++)
    {
      Outcome outcome = put (&self, &new_etag);

      if (outcome == DONE)
        return new_etag != NULL ? new_etag : compute_etag (body);
      if (outcome == OPEN)
        {
          g_autoptr (LoftS3State) state = look (&self);
          Replaced replaced = state != NULL ? find_out (&self, state) : UNCLEAR;

          if (replaced == OURS)
            return pick_etag (&self, state);
          if (replaced == THEIRS)
            {
              set_error (error, LOFT_STORAGE_ERROR_CHANGED, key);
              return NULL;
            }
          if (replaced == UNCLEAR)
            outcome = OVER;
        }
      if (outcome == OVER || !loft_s3_engine_pause (tries, &self.patience))
        {
          give_up (&self, error);
          return NULL;
        }
    }
}
