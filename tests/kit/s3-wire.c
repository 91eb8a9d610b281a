/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "kit/s3-wire.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>

static GHashTable *
parse_query (const char *query)
{
  GHashTable *table =
    g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  g_auto (GStrv) pairs = g_strsplit (query != NULL ? query : "", "&", -1);

  for (guint i = 0; pairs[i] != NULL; i++)
    {
      g_auto (GStrv) pair = g_strsplit (pairs[i], "=", 2);

      if (pair[0] != NULL && pair[1] != NULL)
        g_hash_table_insert (table,
                             g_uri_unescape_string (pair[0], NULL),
                             g_uri_unescape_string (pair[1], NULL));
    }

  return table;
}

static GBytes *
read_body (GInputStream *input, GHashTable *headers)
{
  const char *length = g_hash_table_lookup (headers, "content-length");
  gsize size = length != NULL ? (gsize) g_ascii_strtoull (length, NULL, 10) : 0;
  g_autofree char *body = g_malloc (MAX (size, 1));
  gsize n = 0;

  if (!g_input_stream_read_all (input, body, size, &n, NULL, NULL) || n < size)
    return NULL;

  return g_bytes_new_take (g_steal_pointer (&body), size);
}

/* Head and body are written apart, and neither is to wait for the other. */
void
s3_wire_hurry (GSocketConnection *connection)
{
  g_socket_set_option (g_socket_connection_get_socket (connection),
                       IPPROTO_TCP,
                       TCP_NODELAY,
                       1,
                       NULL);
}

/* NULL at the end of a connection. */
S3Question *
s3_wire_read (GDataInputStream *input)
{
  g_autofree char *line =
    g_data_input_stream_read_line (input, NULL, NULL, NULL);
  g_auto (GStrv) words = line != NULL ? g_strsplit (line, " ", 3) : NULL;

  if (words == NULL || g_strv_length (words) != 3)
    return NULL;

  S3Question *question = g_new0 (S3Question, 1);
  question->target = g_strdup (words[1]);
  char *query = strchr (words[1], '?');

  if (query != NULL)
    *query++ = '\0';
  const char *name =
    words[1] + MIN (strlen ("/" S3_WIRE_BUCKET "/"), strlen (words[1]));
  question->method = g_strdup (words[0]);
  question->path = g_uri_unescape_string (name, NULL);
  question->query = parse_query (query);
  question->headers =
    g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);

  for (;;)
    {
      g_autofree char *header =
        g_data_input_stream_read_line (input, NULL, NULL, NULL);
      char *colon = header != NULL ? strchr (header, ':') : NULL;

      if (colon == NULL)
        break;
      *colon = '\0';
      g_hash_table_insert (question->headers,
                           g_ascii_strdown (header, -1),
                           g_strstrip (g_strdup (colon + 1)));
    }

  question->body = read_body (G_INPUT_STREAM (input), question->headers);
  if (question->body == NULL)
    {
      question->body = g_bytes_new (NULL, 0);
      s3_question_free (question);
      return NULL;
    }

  return question;
}

/* FALSE if the connection is of no more use. */
gboolean
s3_wire_write (GOutputStream *output,
               const S3Question *question,
               const S3Reply *reply,
               gboolean cut)
{
  gsize size = 0;
  const void *body = g_bytes_get_data (reply->body, &size);
  g_autofree char *head =
    g_strdup_printf ("HTTP/1.1 %u Said\r\nContent-Length: %" G_GOFFSET_FORMAT
                     "\r\nLast-Modified: Fri, 24 May 2013 00:00:00 GMT\r\n"
                     "%s\r\n",
                     reply->status,
                     reply->length != -1 ? reply->length : (goffset) size,
                     reply->headers->str);

  if (!g_output_stream_write_all (output,
                                  head,
                                  cut && size == 0 ? 15 : strlen (head),
                                  NULL,
                                  NULL,
                                  NULL))
    return FALSE;
  if (size > 0 && !g_str_equal (question->method, "HEAD") &&
      !g_output_stream_write_all (output,
                                  body,
                                  cut ? size / 2 : size,
                                  NULL,
                                  NULL,
                                  NULL))
    return FALSE;

  return !cut;
}

static void
write_question (GOutputStream *output, const S3Question *question)
{
  g_autoptr (GString) head = g_string_new (NULL);
  GHashTableIter iterator;
  gpointer name = NULL;
  gpointer value = NULL;
  gsize size = 0;
  const void *body = g_bytes_get_data (question->body, &size);

  /* Whoever speaks 1.0 gets no chunks, and the end is the end. */
  g_string_printf (head,
                   "%s %s HTTP/1.0\r\n",
                   question->method,
                   question->target);
  g_hash_table_iter_init (&iterator, question->headers);
  while (g_hash_table_iter_next (&iterator, &name, &value))
    if (!g_str_equal (name, "connection"))
      g_string_append_printf (head,
                              "%s: %s\r\n",
                              (const char *) name,
                              (const char *) value);
  g_string_append (head, "\r\n");

  g_output_stream_write_all (output, head->str, head->len, NULL, NULL, NULL);
  g_output_stream_write_all (output, body, size, NULL, NULL, NULL);
}

static S3Reply *
read_answer (GDataInputStream *input)
{
  g_autofree char *line =
    g_data_input_stream_read_line (input, NULL, NULL, NULL);
  g_autoptr (GOutputStream) body = g_memory_output_stream_new_resizable ();

  if (line == NULL || strlen (line) < strlen ("HTTP/1.1 200"))
    return NULL;

  S3Reply *reply = s3_reply_new (
    (guint) g_ascii_strtoull (line + strlen ("HTTP/1.1 "), NULL, 10),
    NULL);

  for (;;)
    {
      g_autofree char *header =
        g_data_input_stream_read_line (input, NULL, NULL, NULL);

      if (header == NULL || *header == '\0')
        break;
      if (g_ascii_strncasecmp (header, "Content-Length:", 15) == 0)
        reply->length = (goffset) g_ascii_strtoull (header + 15, NULL, 10);
      else if (g_ascii_strncasecmp (header, "Connection:", 11) != 0 &&
               g_ascii_strncasecmp (header, "Last-Modified:", 14) != 0)
        g_string_append_printf (reply->headers, "%s\r\n", header);
    }

  g_output_stream_splice (body,
                          G_INPUT_STREAM (input),
                          G_OUTPUT_STREAM_SPLICE_CLOSE_TARGET,
                          NULL,
                          NULL);
  g_bytes_unref (reply->body);
  reply->body =
    g_memory_output_stream_steal_as_bytes (G_MEMORY_OUTPUT_STREAM (body));

  return reply;
}

/* Asks an engine on this machine; NULL if it does not answer. */
S3Reply *
s3_wire_forward (guint16 port, const S3Question *question)
{
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_autoptr (GSocketConnection) connection =
    g_socket_client_connect_to_host (client, "127.0.0.1", port, NULL, NULL);

  if (connection == NULL)
    return NULL;

  s3_wire_hurry (connection);
  g_autoptr (GDataInputStream) input = g_data_input_stream_new (
    g_io_stream_get_input_stream (G_IO_STREAM (connection)));

  g_data_input_stream_set_newline_type (input,
                                        G_DATA_STREAM_NEWLINE_TYPE_CR_LF);
  write_question (g_io_stream_get_output_stream (G_IO_STREAM (connection)),
                  question);

  return read_answer (input);
}
