/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "kit/stranger-kit.h"

#include <string.h>

#include "kit/package-kit.h"

#define HEAD_MAX 8192
#define DRIP_USEC (50 * 1000)
#define DRIPS_MAX 1200

/* A server that offers what the original one does, one package, and of that one
 * version; but for what a test has it do instead. */
struct _Stranger
{
  GSocketListener *listener; /* owned */
  GCancellable *cancellable; /* owned */
  GThread *thread;           /* owned */
  guint16 port;
  GBytes *tarball; /* owned */

  GMutex lock;
  StrangerFunc func;
  char *members;      /* owned */
  GPtrArray *targets; /* owned: of all requests */
  GPtrArray *threads; /* owned: of all connections */
};

typedef struct
{
  Stranger *server;              /* not owned */
  GSocketConnection *connection; /* owned */
} Visit;

/* Bytes as they are; FALSE once nobody reads them. */
gboolean
stranger_write (GOutputStream *stream, const char *text)
{
  return g_output_stream_write_all (stream,
                                    text,
                                    strlen (text),
                                    NULL,
                                    NULL,
                                    NULL);
}

/* A whole answer, which says how long it is unless the fields do. */
void
stranger_answer (GOutputStream *stream,
                 guint status,
                 const char *fields,
                 const char *body)
{
  g_autofree char *length =
    g_strdup_printf ("Content-Length: %" G_GSIZE_FORMAT "\r\n", strlen (body));
  g_autofree char *text =
    g_strdup_printf ("HTTP/1.1 %u Some\r\nConnection: close\r\n%s%s\r\n%s",
                     status,
                     strstr (fields, "Content-Length") == NULL ? length : "",
                     fields,
                     body);

  stranger_write (stream, text);
}

/* The same text again and again, until nobody reads it or the test is over. */
void
stranger_flood (Stranger *self,
                GOutputStream *stream,
                const char *text,
                guint64 most)
{
  g_autoptr (GString) block = g_string_new (NULL);

  while (block->len < 64 * 1024)
    g_string_append (block, text);
  for (guint64 done = 0; done < most && !stranger_is_stopping (self);
       done += block->len)
    if (!stranger_write (stream, block->str))
      return;
}

/* A text, a character now and then. */
void
stranger_drip (Stranger *self, GOutputStream *stream, const char *text)
{
  for (guint i = 0; i < DRIPS_MAX && !stranger_is_stopping (self); i++)
    {
      const char drop[] = { text[i % strlen (text)], '\0' };

      if (!stranger_write (stream, drop))
        return;
      g_usleep (DRIP_USEC);
    }
}

static void
answer_well (Stranger *self, const char *target, GOutputStream *stream)
{
  g_mutex_lock (&self->lock);
  g_autofree char *element =
    g_strdup_printf ("[{\"name\":\"good\",\"version\":\"1.0.0\"%s}]",
                     self->members);
  g_mutex_unlock (&self->lock);

  if (g_str_equal (target, "/packages") ||
      g_str_equal (target, "/packages/good"))
    stranger_answer (stream, 200, "", element);
  else if (g_str_equal (target, "/packages/good/1.0.0/download"))
    {
      gsize size;
      const char *data = g_bytes_get_data (self->tarball, &size);
      g_autofree char *head =
        g_strdup_printf ("HTTP/1.1 200 OK\r\nContent-Length: %" G_GSIZE_FORMAT
                         "\r\nConnection: close\r\n\r\n",
                         size);

      if (stranger_write (stream, head))
        g_output_stream_write_all (stream, data, size, NULL, NULL, NULL);
    }
  else
    stranger_answer (stream, 404, "", "");
}

static char *
read_target (GInputStream *stream)
{
  g_autoptr (GString) head = g_string_new (NULL);
  char c;

  while (head->len < HEAD_MAX && strstr (head->str, "\r\n\r\n") == NULL &&
         g_input_stream_read (stream, &c, 1, NULL, NULL) == 1)
    g_string_append_c (head, c);
  g_auto (GStrv) words = g_strsplit (head->str, " ", 3);

  return g_strv_length (words) == 3 ? g_strdup (words[1]) : NULL;
}

static gpointer
visit_thread (gpointer data)
{
  Visit *visit = data;
  Stranger *self = visit->server;
  GIOStream *stream = G_IO_STREAM (visit->connection);
  GOutputStream *output = g_io_stream_get_output_stream (stream);
  char *target = read_target (g_io_stream_get_input_stream (stream));

  if (target != NULL)
    {
      g_mutex_lock (&self->lock);
      g_ptr_array_add (self->targets, target);
      StrangerFunc func = self->func;
      g_mutex_unlock (&self->lock);

      if (func == NULL || !func (self, target, output))
        answer_well (self, target, output);
    }
  g_io_stream_close (stream, NULL, NULL);
  g_object_unref (visit->connection);
  g_free (visit);

  return NULL;
}

static gpointer
accept_thread (gpointer data)
{
  Stranger *self = data;
  GSocketConnection *connection;

  while ((connection = g_socket_listener_accept (self->listener,
                                                 NULL,
                                                 self->cancellable,
                                                 NULL)) != NULL)
    {
      Visit *visit = g_new0 (Visit, 1);

      visit->server = self;
      visit->connection = connection;
      g_ptr_array_add (self->threads,
                       g_thread_new ("visit", visit_thread, visit));
    }

  return NULL;
}

Stranger *
stranger_new (void)
{
  Stranger *self = g_new0 (Stranger, 1);
  g_autoptr (GInetAddress) loopback =
    g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV4);
  g_autoptr (GSocketAddress) address = g_inet_socket_address_new (loopback, 0);
  g_autoptr (GSocketAddress) bound = NULL;
  g_autoptr (GError) error = NULL;

  self->listener = g_socket_listener_new ();
  g_socket_listener_add_address (self->listener,
                                 address,
                                 G_SOCKET_TYPE_STREAM,
                                 G_SOCKET_PROTOCOL_TCP,
                                 NULL,
                                 &bound,
                                 &error);
  g_assert_no_error (error);
  self->port = g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (bound));
  self->cancellable = g_cancellable_new ();
  self->tarball = package_kit_make ("good", "1.0.0", 1000, 1);
  self->members = g_strdup ("");
  self->targets = g_ptr_array_new_with_free_func (g_free);
  self->threads = g_ptr_array_new ();
  g_mutex_init (&self->lock);
  self->thread = g_thread_new ("accept", accept_thread, self);

  return self;
}

void
stranger_free (Stranger *self)
{
  g_cancellable_cancel (self->cancellable);
  g_thread_join (self->thread);
  for (guint i = 0; i < self->threads->len; i++)
    g_thread_join (self->threads->pdata[i]);

  g_ptr_array_unref (self->threads);
  g_ptr_array_unref (self->targets);
  g_socket_listener_close (self->listener);
  g_object_unref (self->listener);
  g_object_unref (self->cancellable);
  g_bytes_unref (self->tarball);
  g_mutex_clear (&self->lock);
  g_free (self->members);
  g_free (self);
}

guint16
stranger_get_port (Stranger *self)
{
  return self->port;
}

void
stranger_set_func (Stranger *self, StrangerFunc func)
{
  g_mutex_lock (&self->lock);
  self->func = func;
  g_mutex_unlock (&self->lock);
}

/* What is said of the version, as JSON after its name and number. */
void
stranger_set_members (Stranger *self, const char *members)
{
  g_mutex_lock (&self->lock);
  g_free (self->members);
  self->members = g_strdup (members);
  g_mutex_unlock (&self->lock);
}

/* How many targets had that in them. */
guint
stranger_count (Stranger *self, const char *part)
{
  guint n = 0;

  g_mutex_lock (&self->lock);
  for (guint i = 0; i < self->targets->len; i++)
    n += strstr (self->targets->pdata[i], part) != NULL ? 1 : 0;
  g_mutex_unlock (&self->lock);

  return n;
}

gboolean
stranger_is_stopping (Stranger *self)
{
  return g_cancellable_is_cancelled (self->cancellable);
}
