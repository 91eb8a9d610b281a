/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "fuzz/fuzz.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "fuzz/gate-server.h"

/*
 * What the gate lets through, libsoup understands as the gate does: as the same
 * number of requests, with the same methods, targets and bodies; and each gets
 * one answer, in order.
 *
 * An input is what a client sends, after one byte that says how: in pieces of
 * how many bytes, whether it gives the server time between them, and whether
 * it waits for the answers or goes.
 */
#define GOES_AWAY 0x80
#define HURRIES 0x40

/* Any input is done with in a fraction of that. */
#define PATIENCE (10 * G_USEC_PER_SEC)
#define TURNS 3

/* What is to become of the next request. */
typedef enum
{
  EXPECT_ANSWER,
  EXPECT_REFUSAL,
  EXPECT_NOTHING
} Expectation;

typedef struct
{
  const char *data; /* of what the client sends */
  gsize size;
  gsize at; /* where the next request begins */
  LoftHead head;
} Model;

static Expectation
read_model (Model *self)
{
  LoftHeadResult result = loft_head_parse (self->data + self->at,
                                           self->size - self->at,
                                           0,
                                           &gate_server_limits,
                                           &self->head);

  if (result == LOFT_HEAD_INCOMPLETE)
    return EXPECT_NOTHING;

  return result == LOFT_HEAD_REFUSED ? EXPECT_REFUSAL : EXPECT_ANSWER;
}

/* What need not be encoded is decoded, and the rest in capitals: that is the
 * same target (RFC 3986, section 6.2.2). */
static char *
normalise (const char *text, gsize length)
{
  GString *out = g_string_new (NULL);

  for (gsize i = 0; i < length; i++)
    {
      if (text[i] != '%')
        {
          g_string_append_c (out, text[i]);
          continue;
        }
      g_assert_cmpuint (length - i, >=, 3);

      int value = g_ascii_xdigit_value (text[i + 1]) * 16 +
                  g_ascii_xdigit_value (text[i + 2]);
      if (value < 0x80 &&
          (g_ascii_isalnum ((char) value) || strchr ("-._~", value) != NULL))
        g_string_append_c (out, (char) value);
      else
        g_string_append_printf (out, "%%%02X", (guint) value);
      i += 2;
    }

  return g_string_free (out, FALSE);
}

/* The target as the HTTP server has it, without scheme and host. */
static char *
dup_path (const LoftHead *head)
{
  LoftSpan target = head->target;
  const char *path = target.data;

  /* It keeps apart elsewhere that this means no path at all. */
  if (target.data[0] == '*')
    return g_strdup ("/");
  if (target.data[0] != '/')
    {
      path = memmem (target.data, target.length, "://", 3);
      g_assert_nonnull (path);
      path += 3;
      path = memchr (path, '/', target.length - (gsize) (path - target.data));
      g_assert_nonnull (path);
    }

  return normalise (path, target.length - (gsize) (path - target.data));
}

/* Reads what is there; FALSE at the end. */
static gboolean
receive (GSocket *socket, GByteArray *answers)
{
  guint8 buffer[16 * 1024];

  while (TRUE)
    {
      gssize n = recv (g_socket_get_fd (socket), buffer, sizeof buffer, 0);

      if (n < 0 && errno == EAGAIN)
        return TRUE;
      if (n <= 0)
        return FALSE;
      g_byte_array_append (answers, buffer, (guint) n);
    }
}

/* Sends what there is, in pieces, while the server works. A client that takes
 * no answer meanwhile would at some point not get rid of more. */
static gboolean
send_pieces (GSocket *socket,
             const char *data,
             gsize size,
             gsize piece,
             guint turns,
             GByteArray *answers)
{
  int fd = g_socket_get_fd (socket);

  while (size > 0)
    {
      gssize n = send (fd, data, MIN (piece, size), MSG_NOSIGNAL);

      for (guint i = 0; i < turns; i++)
        g_main_context_iteration (NULL, FALSE);
      if (n < 0 && errno == EAGAIN)
        {
          turns = MAX (turns, 1);
          receive (socket, answers);
          continue;
        }
      if (n < 0)
        return FALSE;
      data += n;
      size -= (gsize) n;
    }

  return TRUE;
}

/* A connection that neither goes on nor ends is a finding too. */
static void
wait_for_end (GateServer *server, GSocket *socket, GByteArray *answers)
{
  gint64 end = g_get_monotonic_time () + PATIENCE;
  gboolean open = socket != NULL;

  while (open || !gate_server_is_empty (server) ||
         g_main_context_pending (NULL))
    {
      g_main_context_iteration (NULL, FALSE);
      if (open)
        open = receive (socket, answers);
      g_assert_cmpint (g_get_monotonic_time (), <, end);
    }
}

/* An answer of the server, at the front of what has come. */
typedef struct
{
  guint status;
  gboolean closes;
  const char *body;
  gsize length;
} Answer;

static char *
find_header (const char *head, const char *name)
{
  g_autofree char *start = g_strconcat ("\r\n", name, ": ", NULL);
  const char *line = strcasestr (head, start);

  if (line == NULL)
    return NULL;
  line += strlen (start);

  return g_strndup (line, strcspn (line, "\r"));
}

/* Takes an answer; FALSE if there is none left. */
static gboolean
take_answer (GByteArray *answers, gsize *at, gboolean is_head, Answer *out)
{
  gsize size = answers->len - *at;

  if (size == 0)
    return FALSE;

  const char *data = (const char *) answers->data + *at;
  const char *end = memmem (data, size, "\r\n\r\n", 4);
  g_assert_nonnull (end);
  g_autofree char *head = g_strndup (data, (gsize) (end - data));
  g_assert_true (g_str_has_prefix (head, "HTTP/1."));
  g_autofree char *length = find_header (head, "Content-Length");
  g_autofree char *connection = find_header (head, "Connection");

  out->status = (guint) strtoul (head + strlen ("HTTP/1.1 "), NULL, 10);
  out->closes =
    connection != NULL && g_ascii_strcasecmp (connection, "close") == 0;
  out->body = end + 4;
  out->length = 0;
  if (out->status >= 200 && !is_head && out->status != 304)
    {
      g_assert_nonnull (length);
      out->length = strtoul (length, NULL, 10);
    }
  *at += (gsize) (end - data) + 4 + out->length;
  g_assert_cmpuint (*at, <=, answers->len);

  return out->status >= 200 || take_answer (answers, at, is_head, out);
}

/* A request whose answer says what was asked was asked just that. */
static void
check_answer (Model *self, const Answer *answer)
{
  g_autofree char *path = dup_path (&self->head);
  g_autofree char *expected =
    g_strdup_printf ("%.*s %s %" G_GUINT64_FORMAT "\n",
                     (int) self->head.method_text.length,
                     self->head.method_text.data,
                     path,
                     self->head.body_length);

  if (answer->status != 200 || answer->length == 0)
    return;
  g_assert_cmpuint (answer->length, >=, strlen (expected));
  g_assert_cmpmem (answer->body,
                   strlen (expected),
                   expected,
                   strlen (expected));
}

/* Goes over what was asked as the gate reads it, beside what was answered. */
static void
check_answers (Model *self, GByteArray *answers, gboolean stays)
{
  gsize at = 0;
  gboolean closed = FALSE;

  while (!closed)
    {
      Expectation expectation = read_model (self);
      gboolean is_head = self->head.method == LOFT_HEAD_METHOD_HEAD;
      Answer answer = { 0 };

      if (expectation == EXPECT_NOTHING)
        break;

      gsize start = self->at + self->head.skipped + self->head.length;
      gboolean whole = self->head.body_length <= self->size - start;
      gboolean refused = expectation == EXPECT_REFUSAL;
      gboolean answered = take_answer (answers, &at, is_head, &answer);

      if (!answered)
        {
          g_assert_false (stays && (refused || whole));
          return;
        }
      if (refused)
        {
          /* Which one depends on how much had come. */
          g_assert_cmpuint (answer.status, >=, 400);
          g_assert_true (answer.closes);
          break;
        }
      check_answer (self, &answer);

      /* One of HTTP/1.0 is the last unless it asks for more. */
      closed = answer.closes || !whole || answer.status == 400 ||
               (self->head.minor == 0 && at == answers->len);
      self->at = whole ? start + (gsize) self->head.body_length : self->size;
    }
  g_assert_cmpuint (at, ==, answers->len);
}

static gboolean
is_span (LoftSpan span, const char *text)
{
  return span.length == strlen (text) &&
         memcmp (span.data, text, span.length) == 0;
}

/* Goes over what was asked as the gate reads it, beside what was taken for
 * requests. */
static void
check_requests (Model *self, GateServer *server)
{
  for (guint i = 0; i < server->requests->len; i++)
    {
      const GateServerRequest *request = server->requests->pdata[i];
      g_assert_cmpint (read_model (self), ==, EXPECT_ANSWER);
      g_autofree char *path = dup_path (&self->head);
      gsize start = self->at + self->head.skipped + self->head.length;
      gsize left = self->size - start;

      g_assert_true (is_span (self->head.method_text, request->method));
      g_autofree char *target =
        normalise (request->target, strlen (request->target));
      g_assert_cmpstr (target, ==, path);
      g_assert_cmpint (request->announced, ==, self->head.body_length);
      g_assert_true (!request->is_hot || self->head.plain);
      if (request->body != NULL)
        g_assert_cmpmem (g_bytes_get_data (request->body, NULL),
                         g_bytes_get_size (request->body),
                         self->data + start,
                         self->head.body_length);
      self->at = start + (gsize) MIN (left, self->head.body_length);
    }
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  GateServer *server = gate_server_get ();

  if (size < 2)
    return 0;

  Model model = { .data = (const char *) data + 1, .size = size - 1 };
  Model again = model;
  gboolean stays = (data[0] & GOES_AWAY) == 0;
  guint turns = (data[0] & HURRIES) == 0 ? TURNS : 0;
  gsize piece = 1 + (gsize) (data[0] & 0x3f) * 32;
  g_autoptr (GByteArray) answers = g_byte_array_new ();
  g_autoptr (GSocket) socket = gate_server_connect (server);

  send_pieces (socket, model.data, model.size, piece, turns, answers);
  if (stays)
    {
      shutdown (g_socket_get_fd (socket), SHUT_WR);
      wait_for_end (server, socket, answers);
    }
  else
    {
      receive (socket, answers);
      g_socket_close (socket, NULL);
      wait_for_end (server, NULL, answers);
    }

  if (stays)
    check_answers (&model, answers, stays);
  check_requests (&again, server);
  gate_server_reset (server);

  return 0;
}
