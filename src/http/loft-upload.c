/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "http/loft-upload.h"

#include "http/loft-base64.h"
#include "registry/loft-json.h"
#include "registry/loft-registry-error.h"

/*
 * The main loop reads the body and does nothing else with it: what arrives is
 * collected and handed, batch by batch, to a thread that scans, decodes, hashes
 * and writes. There is one batch of an upload under way at a time, so that its
 * bytes stay in order and the thread's part of the object needs no lock. What
 * is too little for a batch waits for more, or for the end: the way to the
 * thread and back costs more than it takes to write a small tarball.
 *
 * A client that sends faster than the disk writes is made to wait: with so much
 * in memory its message is paused, which libsoup allows in the middle of a
 * body, and TCP does the rest. That bounds the memory of an upload, whatever
 * its length.
 */
#define QUEUE_MAX (256 * 1024)
#define QUEUE_LOW (128 * 1024)
#define BATCH_MIN (64 * 1024)

/* What a publish request may say beside its tarball. */
#define JSON_MAX (1024 * 1024)

#define DECODE_PIECE (16 * 1024)

/**
 * LoftUpload:
 *
 * A tarball on its way from a request's body to a spool.
 */
struct _LoftUpload
{
  GObject parent_instance;

  LoftUploadFormat format;
  goffset max;

  /* The thread's while a batch is under way. */
  LoftSpool *spool;         /* owned */
  LoftJsonScanner *scanner; /* owned, NULL for a plain tarball */
  LoftBase64 base64;
  JsonNode *json; /* owned, NULL before the end */

  /* The main loop's. */
  GPtrArray *queue; /* owned, of owned GBytes */
  gsize queued;     /* bytes in @queue */
  gsize under_way;  /* bytes of the batch, if there is one */
  gboolean busy;
  GError *error; /* owned, nullable: why it failed */
  GTask *finish; /* owned, nullable: waits for the end */
};

G_DEFINE_FINAL_TYPE (LoftUpload, loft_upload, G_TYPE_OBJECT)

typedef struct
{
  GPtrArray *chunks; /* owned, of owned GBytes */
  gboolean last;
} Batch;

static void
batch_free (Batch *self)
{
  g_ptr_array_unref (self->chunks);
  g_free (self);
}

static void start_batch (LoftUpload *self, LoftRequest *request, gboolean last);

static void
loft_upload_finalize (GObject *object)
{
  LoftUpload *self = LOFT_UPLOAD (object);

  g_clear_pointer (&self->scanner, loft_json_scanner_free);
  g_clear_pointer (&self->json, json_node_unref);
  g_clear_pointer (&self->spool, loft_spool_unref);
  g_clear_pointer (&self->queue, g_ptr_array_unref);
  g_clear_error (&self->error);
  g_clear_object (&self->finish);

  G_OBJECT_CLASS (loft_upload_parent_class)->finalize (object);
}

static void
loft_upload_class_init (LoftUploadClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = loft_upload_finalize;
}

static void
loft_upload_init (LoftUpload *self)
{
  self->queue = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
}

static gboolean
write_tarball (LoftUpload *self,
               gconstpointer data,
               gsize length,
               GError **error)
{
  if (loft_spool_get_size (self->spool) > self->max - (goffset) length)
    {
      g_set_error (error,
                   LOFT_REGISTRY_ERROR,
                   LOFT_REGISTRY_ERROR_TOO_LARGE,
                   "The tarball is longer than %" G_GOFFSET_FORMAT " bytes",
                   self->max);
      return FALSE;
    }

  return loft_spool_write (self->spool, data, length, error);
}

/* Gets the string `tarball` as the scanner comes along. */
static gboolean
decode_cb (const char *data, gsize length, gpointer user_data, GError **error)
{
  LoftUpload *self = user_data;
  guint8 decoded[LOFT_BASE64_ROOM (DECODE_PIECE)];

  while (length > 0)
    {
      gsize piece = MIN (length, DECODE_PIECE);
      gsize n = 0;

      if (!loft_base64_decode (&self->base64, data, piece, decoded, &n, error))
        return FALSE;
      if (n > 0 && !write_tarball (self, decoded, n, error))
        return FALSE;
      data += piece;
      length -= piece;
    }

  return TRUE;
}

static gboolean
take_chunk (LoftUpload *self, GBytes *chunk, GError **error)
{
  gsize length = 0;
  const char *data = g_bytes_get_data (chunk, &length);

  if (self->scanner != NULL)
    return loft_json_scanner_feed (self->scanner, data, length, error);

  return write_tarball (self, data, length, error);
}

static gboolean
take_end (LoftUpload *self, GError **error)
{
  if (self->scanner != NULL)
    {
      self->json = loft_json_scanner_finish (self->scanner, error);
      if (self->json == NULL || !loft_base64_finish (&self->base64, error))
        return FALSE;
    }

  return loft_spool_finish (self->spool, error);
}

static void
batch_in_thread_cb (GTask *task,
                    gpointer source_object,
                    gpointer task_data,
                    GCancellable *cancellable)
{
  LoftUpload *self = LOFT_UPLOAD (source_object);
  const Batch *batch = task_data;
  g_autoptr (GError) local_error = NULL;

  for (guint i = 0; i < batch->chunks->len && local_error == NULL; i++)
    take_chunk (self, g_ptr_array_index (batch->chunks, i), &local_error);
  if (batch->last && local_error == NULL)
    take_end (self, &local_error);

  if (local_error != NULL)
    g_task_return_error (task, g_steal_pointer (&local_error));
  else
    g_task_return_boolean (task, TRUE);
}

static void
end (LoftUpload *self)
{
  g_autoptr (GTask) finish = g_steal_pointer (&self->finish);

  if (self->error != NULL)
    g_task_return_error (finish, g_error_copy (self->error));
  else
    g_task_return_boolean (finish, TRUE);
}

static void
batch_cb (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  LoftUpload *self = LOFT_UPLOAD (source_object);
  g_autoptr (LoftRequest) request = LOFT_REQUEST (user_data);
  const Batch *batch = g_task_get_task_data (G_TASK (result));

  self->busy = FALSE;
  self->under_way = 0;
  if (!g_task_propagate_boolean (G_TASK (result), &self->error))
    {
      g_ptr_array_set_size (self->queue, 0);
      self->queued = 0;
    }

  if (self->finish != NULL && (batch->last || self->error != NULL))
    end (self);
  else if (self->finish != NULL)
    start_batch (self, request, TRUE);
  else
    {
      if (self->queued >= BATCH_MIN && loft_request_is_alive (request))
        start_batch (self, request, FALSE);
      if (self->queued + self->under_way <= QUEUE_LOW)
        loft_request_resume (request);
    }
}

static void
start_batch (LoftUpload *self, LoftRequest *request, gboolean last)
{
  Batch *batch = g_new0 (Batch, 1);

  batch->last = last;
  batch->chunks = g_steal_pointer (&self->queue);
  self->queue = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  self->under_way = self->queued;
  self->queued = 0;
  self->busy = TRUE;

  g_autoptr (GTask) task =
    g_task_new (self, NULL, batch_cb, g_object_ref (request));
  g_task_set_source_tag (task, start_batch);
  g_task_set_task_data (task, batch, (GDestroyNotify) batch_free);
  g_task_run_in_thread (task, batch_in_thread_cb);
}

static void
got_chunk_cb (SoupServerMessage *message, GBytes *chunk, gpointer user_data)
{
  LoftRequest *request = LOFT_REQUEST (user_data);
  LoftUpload *self = loft_request_get_data (request);

  /* The rest of a body that is refused is read all the same, so that the client
   * comes to read the answer. */
  if (self->error != NULL)
    return;

  g_ptr_array_add (self->queue, g_bytes_ref (chunk));
  self->queued += g_bytes_get_size (chunk);
  if (!self->busy && self->queued >= BATCH_MIN)
    start_batch (self, request, FALSE);
  if (self->queued + self->under_way > QUEUE_MAX)
    loft_request_pause (request);
}

/**
 * loft_upload_new:
 * @spool: where the tarball goes
 * @format: how it is sent
 * @max: bytes of the tarball at most
 *
 * Prepares for an upload.
 *
 * Returns: (transfer full): the upload
 */
LoftUpload *
loft_upload_new (LoftSpool *spool, LoftUploadFormat format, goffset max)
{
  g_return_val_if_fail (spool != NULL, NULL);

  LoftUpload *self = g_object_new (LOFT_TYPE_UPLOAD, NULL);
  self->spool = loft_spool_ref (spool);
  self->format = format;
  self->max = max;
  if (format == LOFT_UPLOAD_JSON)
    {
      self->scanner = loft_json_scanner_new (JSON_MAX);
      loft_json_scanner_divert (self->scanner, "tarball", decode_cb, self);
    }

  return self;
}

/**
 * loft_upload_receive:
 * @self: (transfer full): an upload
 * @request: a request none of whose body was read yet
 *
 * Takes the body of @request as it arrives; the request keeps the upload as its
 * data.
 */
void
loft_upload_receive (LoftUpload *self, LoftRequest *request)
{
  g_return_if_fail (LOFT_IS_UPLOAD (self));
  g_return_if_fail (LOFT_IS_REQUEST (request));

  SoupServerMessage *message = loft_request_get_message (request);

  loft_request_set_data (request, self, g_object_unref);
  soup_message_body_set_accumulate (
    soup_server_message_get_request_body (message),
    FALSE);
  g_signal_connect_object (message,
                           "got-chunk",
                           G_CALLBACK (got_chunk_cb),
                           request,
                           0);
}

/**
 * loft_upload_finish_async:
 * @self: an upload
 * @request: the request, whose body was read to its end
 * @callback: called when everything is in the spool
 * @user_data: for @callback
 *
 * Waits until the whole body is dealt with.
 */
void
loft_upload_finish_async (LoftUpload *self,
                          LoftRequest *request,
                          GAsyncReadyCallback callback,
                          gpointer user_data)
{
  g_return_if_fail (LOFT_IS_UPLOAD (self));
  g_return_if_fail (self->finish == NULL);

  self->finish = g_task_new (self, NULL, callback, user_data);
  g_task_set_source_tag (self->finish, loft_upload_finish_async);
  if (self->error != NULL)
    end (self);
  else if (!self->busy)
    start_batch (self, request, TRUE);
}

/**
 * loft_upload_finish:
 * @self: an upload
 * @result: what the callback was given
 * @out_spool: (out) (transfer full): the tarball
 * @out_json: (out) (transfer full) (nullable): what else the body said; %NULL
 *   if it was the tarball itself
 * @error: return location for a #GError
 *
 * Ends loft_upload_finish_async().
 *
 * Returns: %TRUE, or %FALSE with @error set: %LOFT_REGISTRY_ERROR_MALFORMED if
 *   the body is no JSON or the tarball is no base64,
 *   %LOFT_REGISTRY_ERROR_TOO_LARGE, %LOFT_REGISTRY_ERROR_NO_SPACE or
 *   %LOFT_REGISTRY_ERROR_FAILED
 */
gboolean
loft_upload_finish (LoftUpload *self,
                    GAsyncResult *result,
                    LoftSpool **out_spool,
                    JsonNode **out_json,
                    GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  g_return_val_if_fail (out_spool != NULL && out_json != NULL, FALSE);

  if (!g_task_propagate_boolean (G_TASK (result), error))
    return FALSE;
  *out_spool = g_steal_pointer (&self->spool);
  *out_json = g_steal_pointer (&self->json);

  return TRUE;
}
