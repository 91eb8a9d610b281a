/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "kit/http-kit.h"

#include <string.h>

#define TIMEOUT_SECONDS 60

struct _HttpClient
{
  GSocket *socket;    /* owned */
  GByteArray *buffer; /* owned: what came and was not taken yet */
};

void
http_answer_free (HttpAnswer *self)
{
  g_free (self->head);
  g_bytes_unref (self->body);
  g_free (self);
}

/* The first header of that name, or NULL. */
char *
http_answer_get_header (const HttpAnswer *self, const char *name)
{
  g_auto (GStrv) lines = g_strsplit (self->head, "\r\n", -1);
  gsize length = strlen (name);

  for (gsize i = 1; lines[0] != NULL && lines[i] != NULL; i++)
    if (g_ascii_strncasecmp (lines[i], name, length) == 0 &&
        lines[i][length] == ':')
      return g_strdup (g_strstrip (lines[i] + length + 1));

  return NULL;
}

char *
http_answer_dup_text (const HttpAnswer *self)
{
  gsize size = 0;
  const char *data = g_bytes_get_data (self->body, &size);

  return g_strndup (data != NULL ? data : "", size);
}

HttpClient *
http_client_new (guint16 port)
{
  HttpClient *self = g_new0 (HttpClient, 1);
  g_autoptr (GInetAddress) loopback =
    g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV4);
  g_autoptr (GSocketAddress) address =
    g_inet_socket_address_new (loopback, port);
  g_autoptr (GError) error = NULL;

  self->buffer = g_byte_array_new ();
  self->socket = g_socket_new (G_SOCKET_FAMILY_IPV4,
                               G_SOCKET_TYPE_STREAM,
                               G_SOCKET_PROTOCOL_TCP,
                               &error);
  g_assert_no_error (error);
  g_socket_set_timeout (self->socket, TIMEOUT_SECONDS);
  g_socket_connect (self->socket, address, NULL, &error);
  g_assert_no_error (error);

  return self;
}

void
http_client_free (HttpClient *self)
{
  g_socket_close (self->socket, NULL);
  g_object_unref (self->socket);
  g_byte_array_unref (self->buffer);
  g_free (self);
}

GSocket *
http_client_get_socket (HttpClient *self)
{
  return self->socket;
}

/* Sends everything; FALSE if the server does not take it any more. */
gboolean
http_client_send (HttpClient *self, const void *data, gsize length)
{
  const char *next = data;

  while (length > 0)
    {
      g_autoptr (GError) error = NULL;
      gssize n = g_socket_send (self->socket, next, length, NULL, &error);

      if (n <= 0)
        {
          g_test_message ("send: %s", error != NULL ? error->message : "?");
          return FALSE;
        }
      next += n;
      length -= (gsize) n;
    }

  return TRUE;
}

gboolean
http_client_send_text (HttpClient *self, const char *text)
{
  return http_client_send (self, text, strlen (text));
}

/* FALSE at the end, or after an error. */
static gboolean
fill (HttpClient *self)
{
  g_autofree char *data = g_malloc (64 * 1024);
  g_autoptr (GError) error = NULL;
  gssize n = g_socket_receive (self->socket, data, 64 * 1024, NULL, &error);

  if (n < 0)
    g_test_message ("receive: %s", error->message);
  if (n <= 0)
    return FALSE;
  g_byte_array_append (self->buffer, (const guint8 *) data, (guint) n);

  return TRUE;
}

/* Whether the server has closed the connection and said nothing more. */
gboolean
http_client_is_closed (HttpClient *self)
{
  return self->buffer->len == 0 && !fill (self);
}

static char *
take_head (HttpClient *self)
{
  while (TRUE)
    {
      const char *data = (const char *) self->buffer->data;
      const char *end =
        self->buffer->len > 0
          ? g_strstr_len (data, (gssize) self->buffer->len, "\r\n\r\n")
          : NULL;

      if (end != NULL)
        {
          gsize length = (gsize) (end - data) + 2;
          char *head = g_strndup (data, length);

          g_byte_array_remove_range (self->buffer, 0, (guint) length + 2);
          return head;
        }
      if (!fill (self))
        return NULL;
    }
}

/* Reads one answer, informational ones too. */
HttpAnswer *
http_client_receive (HttpClient *self, gboolean has_body)
{
  HttpAnswer *answer = g_new0 (HttpAnswer, 1);

  answer->head = take_head (self);
  if (answer->head == NULL)
    {
      answer->head = g_strdup ("");
      answer->body = g_bytes_new_static (NULL, 0);
      return answer;
    }

  g_assert_true (g_str_has_prefix (answer->head, "HTTP/1."));
  answer->status =
    (guint) g_ascii_strtoull (answer->head + strlen ("HTTP/1.1 "), NULL, 10);

  g_autofree char *length = http_answer_get_header (answer, "Content-Length");
  guint64 size = length != NULL && has_body && answer->status != 304
                   ? g_ascii_strtoull (length, NULL, 10)
                   : 0;
  while (self->buffer->len < size)
    g_assert_true (fill (self));
  answer->body = g_bytes_new (self->buffer->data, size);
  if (size > 0)
    g_byte_array_remove_range (self->buffer, 0, (guint) size);

  return answer;
}

/* Sends a well-formed request, with a length where there is a body, and reads
 * the answer. */
HttpAnswer *
http_client_request (HttpClient *self,
                     const char *method,
                     const char *target,
                     const char *headers,
                     GBytes *body)
{
  g_autoptr (GString) head = g_string_new (NULL);

  g_string_printf (head,
                   "%s %s HTTP/1.1\r\nHost: 127.0.0.1\r\n%s",
                   method,
                   target,
                   headers != NULL ? headers : "");
  if (body != NULL)
    g_string_append_printf (head,
                            "Content-Length: %" G_GSIZE_FORMAT "\r\n",
                            g_bytes_get_size (body));
  g_string_append (head, "\r\n");
  http_client_send (self, head->str, head->len);
  if (body != NULL)
    http_client_send (self,
                      g_bytes_get_data (body, NULL),
                      g_bytes_get_size (body));

  return http_client_receive (self, !g_str_equal (method, "HEAD"));
}

/* The same on a connection of its own. */
HttpAnswer *
http_request (guint16 port,
              const char *method,
              const char *target,
              const char *headers,
              GBytes *body)
{
  g_autoptr (HttpClient) client = http_client_new (port);

  return http_client_request (client, method, target, headers, body);
}
