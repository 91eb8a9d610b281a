/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "kit/wire-kit.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>

#define PIECE 65536
#define HEAD_MAX 65536
#define TIMEOUT 60

struct _Wire
{
  guint16 port;
  GSocket *socket;    /* owned, nullable */
  GByteArray *buffer; /* owned; received, and not yet read */
};

/* A client of 127.0.0.1:@port, which connects with its first request. */
Wire *
wire_new (guint16 port)
{
  Wire *self = g_new0 (Wire, 1);

  self->port = port;
  self->buffer = g_byte_array_new ();

  return self;
}

static void
disconnect (Wire *self)
{
  g_clear_object (&self->socket);
  g_byte_array_set_size (self->buffer, 0);
}

void
wire_free (Wire *self)
{
  disconnect (self);
  g_byte_array_unref (self->buffer);
  g_free (self);
}

static gboolean
connect_to_server (Wire *self, GError **error)
{
  g_autoptr (GInetAddress) loopback =
    g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV4);
  g_autoptr (GSocketAddress) address =
    g_inet_socket_address_new (loopback, self->port);
  g_autoptr (GSocket) socket = g_socket_new (G_SOCKET_FAMILY_IPV4,
                                             G_SOCKET_TYPE_STREAM,
                                             G_SOCKET_PROTOCOL_TCP,
                                             error);
  if (socket == NULL)
    return FALSE;

  g_socket_set_timeout (socket, TIMEOUT);
  if (!g_socket_connect (socket, address, NULL, error) ||
      !g_socket_set_option (socket, IPPROTO_TCP, TCP_NODELAY, 1, error))
    return FALSE;

  self->socket = g_steal_pointer (&socket);

  return TRUE;
}

/* Sends bytes as they are, over the connection that is open or a new one. */
gboolean
wire_write (Wire *self, const void *data, gsize size, GError **error)
{
  const char *next = data;

  if (self->socket == NULL && !connect_to_server (self, error))
    return FALSE;

  while (size > 0)
    {
      gssize sent = g_socket_send (self->socket, next, size, NULL, error);

      if (sent < 0)
        {
          disconnect (self);
          return FALSE;
        }
      next += sent;
      size -= (gsize) sent;
    }

  return TRUE;
}

/* Receives some more bytes; 0 at the end of the connection. */
static gssize
receive (Wire *self, GError **error)
{
  guint8 piece[PIECE];
  gssize received =
    g_socket_receive (self->socket, (char *) piece, sizeof piece, NULL, error);

  if (received > 0)
    g_byte_array_append (self->buffer, piece, (guint) received);

  return received;
}

static gboolean
receive_more (Wire *self, GError **error)
{
  gssize received = receive (self, error);

  if (received == 0)
    g_set_error_literal (error,
                         G_IO_ERROR,
                         G_IO_ERROR_CONNECTION_CLOSED,
                         "The server closed the connection");

  return received > 0;
}

static char *
read_head (Wire *self, GError **error)
{
  const char *end = NULL;

  for (;;)
    {
      if (self->buffer->len > 0)
        end = g_strstr_len ((const char *) self->buffer->data,
                            self->buffer->len,
                            "\r\n\r\n");
      if (end != NULL)
        break;
      if (self->buffer->len > HEAD_MAX)
        {
          g_set_error_literal (error,
                               G_IO_ERROR,
                               G_IO_ERROR_INVALID_DATA,
                               "The head of an answer does not end");
          return NULL;
        }
      if (!receive_more (self, error))
        return NULL;
    }

  gsize length = (gsize) (end - (const char *) self->buffer->data) + 4;
  char *head = g_strndup ((const char *) self->buffer->data, length);
  g_byte_array_remove_range (self->buffer, 0, (guint) length);

  return head;
}

static gboolean
find_length (const WireAnswer *answer, guint64 *out_size, GError **error)
{
  g_autofree char *length = wire_answer_get_header (answer, "Content-Length");

  if (length != NULL)
    return g_ascii_string_to_unsigned (length,
                                       10,
                                       0,
                                       G_MAXINT,
                                       out_size,
                                       error);

  g_set_error_literal (error,
                       G_IO_ERROR,
                       G_IO_ERROR_INVALID_DATA,
                       "An answer does not tell its length");

  return FALSE;
}

static GBytes *
read_body (Wire *self, const WireAnswer *answer, GError **error)
{
  guint64 size;

  if (!find_length (answer, &size, error))
    return NULL;

  while (self->buffer->len < size)
    if (!receive_more (self, error))
      return NULL;

  GBytes *body = g_bytes_new (self->buffer->data, (gsize) size);
  g_byte_array_remove_range (self->buffer, 0, (guint) size);

  return body;
}

static WireAnswer *
read_status (Wire *self, GError **error)
{
  g_autoptr (WireAnswer) answer = g_new0 (WireAnswer, 1);

  answer->head = read_head (self, error);
  if (answer->head == NULL)
    return NULL;

  if (!g_str_has_prefix (answer->head, "HTTP/1.") ||
      strlen (answer->head) < strlen ("HTTP/1.1 200"))
    {
      g_set_error_literal (error,
                           G_IO_ERROR,
                           G_IO_ERROR_INVALID_DATA,
                           "That is no answer in HTTP");
      return NULL;
    }
  answer->status =
    (guint) g_ascii_strtoull (answer->head + strlen ("HTTP/1.1 "), NULL, 10);

  return g_steal_pointer (&answer);
}

static WireAnswer *
read_answer (Wire *self, gboolean has_body, GError **error)
{
  g_autoptr (WireAnswer) answer = read_status (self, error);

  if (answer == NULL)
    return NULL;

  if (!has_body || answer->status == 204 || answer->status == 304 ||
      answer->status < 200)
    answer->body = g_bytes_new (NULL, 0);
  else
    answer->body = read_body (self, answer, error);

  return answer->body == NULL ? NULL : g_steal_pointer (&answer);
}

static WireAnswer *
end_answer (Wire *self, WireAnswer *answer)
{
  if (answer == NULL)
    {
      disconnect (self);
      return NULL;
    }

  g_autofree char *connection = wire_answer_get_header (answer, "Connection");
  if (connection != NULL && g_ascii_strcasecmp (connection, "close") == 0)
    disconnect (self);

  return answer;
}

/* Reads an answer, which has a body unless it is one to HEAD. */
WireAnswer *
wire_read (Wire *self, gboolean has_body, GError **error)
{
  return end_answer (self, read_answer (self, has_body, error));
}

static gboolean
skip_body (Wire *self, guint64 size, GError **error)
{
  while (self->buffer->len < size)
    {
      size -= self->buffer->len;
      g_byte_array_set_size (self->buffer, 0);
      if (!receive_more (self, error))
        return FALSE;
    }
  g_byte_array_remove_range (self->buffer, 0, (guint) size);

  return TRUE;
}

/* Reads an answer, of whose body only the size is kept. */
WireAnswer *
wire_skip (Wire *self, guint64 *out_size, GError **error)
{
  g_autoptr (WireAnswer) answer = read_status (self, error);

  if (answer != NULL && find_length (answer, out_size, error) &&
      skip_body (self, *out_size, error))
    answer->body = g_bytes_new (NULL, 0);

  return end_answer (
    self,
    answer != NULL && answer->body != NULL ? g_steal_pointer (&answer) : NULL);
}

/* Sends a request. @headers are whole lines, or NULL. */
gboolean
wire_send (Wire *self,
           const char *method,
           const char *target,
           const char *headers,
           GBytes *body,
           GError **error)
{
  g_autoptr (GString) head = g_string_new (NULL);
  gsize size = 0;
  const void *data = body != NULL ? g_bytes_get_data (body, &size) : NULL;

  g_string_printf (head,
                   "%s %s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n%s",
                   method,
                   target,
                   self->port,
                   headers != NULL ? headers : "");
  if (body != NULL)
    g_string_append_printf (head,
                            "Content-Length: %" G_GSIZE_FORMAT "\r\n",
                            size);
  g_string_append (head, "\r\n");

  return wire_write (self, head->str, head->len, error) &&
         wire_write (self, data, size, error);
}

/* Sends a request and reads its answer. */
WireAnswer *
wire_request (Wire *self,
              const char *method,
              const char *target,
              const char *headers,
              GBytes *body,
              GError **error)
{
  if (!wire_send (self, method, target, headers, body, error))
    return NULL;

  return wire_read (self, !g_str_equal (method, "HEAD"), error);
}

WireAnswer *
wire_get (Wire *self, const char *target, GError **error)
{
  return wire_request (self, "GET", target, NULL, NULL, error);
}

/* The value of a header, or NULL where it is missing. */
char *
wire_answer_get_header (const WireAnswer *answer, const char *name)
{
  g_auto (GStrv) lines = g_strsplit (answer->head, "\r\n", -1);
  gsize length = strlen (name);

  for (guint i = 1; lines[i] != NULL; i++)
    if (g_ascii_strncasecmp (lines[i], name, length) == 0 &&
        lines[i][length] == ':')
      return g_strdup (g_strstrip (lines[i] + length + 1));

  return NULL;
}

/* The body as a text. */
char *
wire_answer_dup_text (const WireAnswer *answer)
{
  gsize size;
  const char *data = g_bytes_get_data (answer->body, &size);

  return g_strndup (data, size);
}

void
wire_answer_free (WireAnswer *answer)
{
  g_free (answer->head);
  if (answer->body != NULL)
    g_bytes_unref (answer->body);
  g_free (answer);
}

/* The status of the answer, which there has to be. */
guint
wire_publish (Wire *self,
              const char *name,
              const char *version,
              GBytes *tarball)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *target = g_strdup_printf ("/packages/%s/%s", name, version);
  g_autoptr (WireAnswer) answer =
    wire_request (self,
                  "PUT",
                  target,
                  "Content-Type: application/gzip\r\n",
                  tarball,
                  &error);

  g_assert_no_error (error);

  return answer->status;
}
