/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "gate/loft-connection.h"

#include "gate/loft-gate-refusal.h"
#include "gate/loft-request-id.h"

#include <string.h>

/*
 * What the gate answers on its own.
 *
 * Answers to requests that came together leave together: they are gathered in
 * the gate's outbox until the heads that were read are used up. Only a body
 * that is not small is sent from where it lies.
 */
#define BODY_COPY_MAX (16 * 1024)

static GSocketAddress *
dup_remote (const LoftGateAnswer *answer)
{
  return loft_connection_dup_remote (answer->connection);
}

static void
tell (LoftGate *self, LoftConnection *connection, LoftGateAnswer *answer)
{
  if (self->delegate.answered == NULL)
    return;

  answer->dup_remote = dup_remote;
  answer->connection = connection;
  self->delegate.answered (answer, self->user_data);
}

/**
 * loft_gate_send_outbox:
 * @self: a gate
 * @connection: whose answers were gathered
 * @body: (nullable): what to send behind them
 *
 * Sends what was gathered; what the client does not take yet waits.
 */
void
loft_gate_send_outbox (LoftGate *self, LoftConnection *connection, GBytes *body)
{
  gsize length = self->outbox_length;

  if (length == 0 || connection->state == LOFT_CONNECTION_CLOSED)
    {
      self->outbox_length = 0;
      return;
    }

  /* The outbox is lent to the connection, so that nothing is copied unless some
   * of it is left over. */
  LoftBuffer own = connection->out;
  connection->out = (LoftBuffer){ self->outbox, 0, (guint) length, 0 };
  connection->body = body != NULL ? g_bytes_ref (body) : NULL;
  connection->body_sent = 0;
  self->outbox_length = 0;
  loft_connection_flush (connection);

  LoftBuffer left = connection->out;
  connection->out = own;
  if (left.data != NULL)
    loft_buffer_append (&connection->out, left.data + left.start, left.length);
}

/* Whether the client has the answer already; FALSE in @out_clear if only a
 * closer look at its list of tags could tell. */
static gboolean
is_known (LoftSpan list, const char *etag, gboolean *out_clear)
{
  *out_clear = TRUE;
  if (list.data == NULL)
    return FALSE;
  if (loft_span_equal (list, "*"))
    return TRUE;

  if (list.length > 2 && memcmp (list.data, "W/", 2) == 0)
    {
      list.data += 2;
      list.length -= 2;
    }
  *out_clear = list.length >= 2 && list.data[0] == '"' &&
               list.data[list.length - 1] == '"' &&
               memchr (list.data + 1, '"', list.length - 2) == NULL;

  return *out_clear && loft_span_equal (list, etag);
}

static LoftSpan
find_id (const LoftHead *head, char made[LOFT_REQUEST_ID_LENGTH + 1])
{
  LoftSpan proposed = head->fields[LOFT_HEAD_FIELD_X_REQUEST_ID];

  if (proposed.data != NULL && loft_request_id_is_good (proposed))
    return proposed;

  loft_request_id_make (made);

  return (LoftSpan){ made, LOFT_REQUEST_ID_LENGTH };
}

static void
send_hot (LoftGate *self,
          LoftConnection *connection,
          const LoftHead *head,
          const LoftHotResponse *response,
          gboolean known)
{
  const LoftHotHead *text = known ? response->not_modified : response->head;
  gsize size = 0;
  const char *body = g_bytes_get_data (response->body, &size);
  gboolean bodiless = known || head->method == LOFT_HEAD_METHOD_HEAD;
  gsize copied = bodiless || size > BODY_COPY_MAX ? 0 : size;
  char made[LOFT_REQUEST_ID_LENGTH + 1];
  LoftSpan id = find_id (head, made);

  if (self->outbox_length + loft_hot_head_get_size (text) + copied >
      LOFT_GATE_BUFFER_SIZE)
    loft_gate_send_outbox (self, connection, NULL);

  char *end = self->outbox + self->outbox_length;
  gsize length = loft_hot_head_write (text, self->date, id, end);
  if (copied > 0)
    memcpy (end + length, body, copied);
  self->outbox_length += length + copied;
  loft_figure_add (&self->figures->hot_hits, 1);
  loft_figure_add (&self->figures->hot_sent, length + (bodiless ? 0 : size));
  if (known)
    loft_figure_add (&self->figures->hot_not_modified, 1);

  LoftGateAnswer answer = {
    .head = head,
    .status = known ? 304 : 200,
    .kind = response->kind,
    .subject = bodiless ? NULL : response->subject,
    .size = bodiless ? 0 : size,
    .request_id = id,
  };
  tell (self, connection, &answer);

  /* Last, since the client may be told to look at what was counted. */
  if (!bodiless && copied < size)
    loft_gate_send_outbox (self, connection, response->body);
}

/* Forgets what has changed, so that what is still known is good. */
static void
refresh (LoftGate *self)
{
  LoftHotMark mark = { 0 };

  self->delegate.get_mark (&mark, self->user_data);
  if (mark.sequence == self->mark.sequence && mark.epoch == self->mark.epoch)
    return;

  LoftHotMark before = self->mark;
  self->mark = mark;
  if (mark.epoch != before.epoch)
    loft_gate_forget_all (self);
  else
    self->delegate.refresh (&before, self->user_data);
}

/* Remembers what was asked for, in case that the answer becomes a hot one. */
static void
expect_capture (LoftConnection *connection, const LoftHead *head)
{
  g_free ((char *) connection->target.data);
  connection->target.data = g_memdup2 (head->target.data, head->target.length);
  connection->target.length = head->target.length;
}

/**
 * loft_gate_answer_hot:
 * @self: a gate
 * @connection: a connection
 * @head: a good head that it has sent
 *
 * Answers a request if its answer is ready.
 *
 * Returns: whether it was answered
 */
gboolean
loft_gate_answer_hot (LoftGate *self,
                      LoftConnection *connection,
                      const LoftHead *head)
{
  gboolean clear = TRUE;

  connection->representation = -1;
  if (self->hot == NULL || self->stopping || !head->plain || head->close ||
      head->method == LOFT_HEAD_METHOD_OTHER || head->body_length > 0)
    return FALSE;

  int representation = self->delegate.choose (head, self->user_data);
  if (representation < 0)
    return FALSE;

  refresh (self);

  const LoftHotResponse *response =
    loft_hot_cache_lookup (self->hot, head->target, (guint) representation);
  if (response != NULL && response->until > 0 &&
      response->until <= self->date_seconds)
    response = NULL;
  gboolean known =
    response != NULL && is_known (head->fields[LOFT_HEAD_FIELD_IF_NONE_MATCH],
                                  response->etag,
                                  &clear);
  if (response != NULL && clear &&
      (known ? response->not_modified : response->head) != NULL)
    {
      send_hot (self, connection, head, response, known);
      return TRUE;
    }

  connection->representation = representation;
  expect_capture (connection, head);
  loft_figure_add (&self->figures->hot_misses, 1);

  return FALSE;
}

/**
 * loft_gate_count_hot:
 * @self: a gate
 *
 * Tells how many hot answers there are, when that has changed.
 */
void
loft_gate_count_hot (LoftGate *self)
{
  LoftHotCache *hot = self->hot;

  loft_figure_set (&self->figures->hot_size,
                   hot != NULL ? loft_hot_cache_get_size (hot) : 0);
  loft_figure_set (&self->figures->hot_targets,
                   hot != NULL ? loft_hot_cache_get_n_targets (hot) : 0);
}

/**
 * loft_gate_keep_hot:
 * @self: a gate
 * @connection: a connection with an answer to capture
 * @head: (array length=length): the head of the answer
 * @length: its bytes
 *
 * Keeps an answer that is being written, if nothing has changed since it was
 * made.
 */
void
loft_gate_keep_hot (LoftGate *self,
                    LoftConnection *connection,
                    const char *head,
                    gsize length)
{
  static const char ok[] = "HTTP/1.1 200 ";
  static const char not_modified[] = "HTTP/1.1 304 ";
  g_autofree LoftCapture *capture = g_steal_pointer (&connection->capture);
  g_autoptr (LoftHotResponse) response = capture->response;

  if (self->hot == NULL || self->stopping || connection->target.data == NULL ||
      length < sizeof ok - 1)
    return;

  /* What changes after this look at the mark is forgotten by the next one. */
  refresh (self);
  if (self->mark.sequence != capture->mark.sequence ||
      self->mark.epoch != capture->mark.epoch)
    return;

  if (memcmp (head, ok, sizeof ok - 1) == 0)
    response->head = loft_hot_head_new (head, length);
  else if (memcmp (head, not_modified, sizeof not_modified - 1) == 0)
    response->not_modified = loft_hot_head_new (head, length);
  if (response->head == NULL && response->not_modified == NULL)
    return;

  loft_hot_cache_store (self->hot,
                        connection->target,
                        g_steal_pointer (&response));
  loft_gate_count_hot (self);
}

/* What ends in an empty line. */
static gsize
measure_head (const char *text, gsize size)
{
  const char *end = memmem (text, size, "\r\n\r\n", 4);

  return end != NULL ? (gsize) (end - text) + 4 : size;
}

/**
 * loft_gate_refuse:
 * @self: a gate
 * @connection: a connection
 * @head: what came instead of a good head
 *
 * Answers that it is refused, and ends the connection.
 */
void
loft_gate_refuse (LoftGate *self, LoftConnection *connection, LoftHead *head)
{
  g_autoptr (LoftConnection) held = loft_connection_ref (connection);
  char made[LOFT_REQUEST_ID_LENGTH + 1];
  LoftSpan id = find_id (head, made);
  g_autofree char *id_text = g_strndup (id.data, id.length);
  g_autoptr (GBytes) text =
    loft_gate_refusal_render (head->status, head->reason, self->date, id_text);
  gsize size = 0;
  const char *data = g_bytes_get_data (text, &size);
  LoftGateAnswer answer = {
    .head = head,
    .status = head->status,
    .request_id = id,
  };

  loft_gate_send_outbox (self, connection, NULL);
  if (connection->state == LOFT_CONNECTION_CLOSED)
    return;

  loft_figure_add (&self->figures->refused, 1);
  tell (self, connection, &answer);
  if (head->method == LOFT_HEAD_METHOD_HEAD)
    size = measure_head (data, size);
  loft_connection_append (connection, data, size);
  if (connection->state == LOFT_CONNECTION_SERVED)
    loft_connection_release (connection, FALSE);
  else
    loft_connection_finish (connection, G_MAXUINT64, TRUE);
}
