/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "kit/builder-double.h"

#include <gio/gunixsocketaddress.h>
#include <json-glib/json-glib.h>
#include <string.h>
#include <unistd.h>

#include "kit/loft-test-archive.h"

#define PIECE_SIZE 65536

struct _BuilderDouble
{
  char *path;                /* owned */
  GSocketListener *listener; /* owned */
  GCancellable *stopping;    /* owned */
  GThread *thread;           /* owned: takes connections */
  GMutex mutex;
  GQueue replies; /* owned, of owned BuilderReply */
  guint count;
  char *request;   /* owned, nullable: the last one */
  GBytes *tarball; /* owned, nullable */
};

/* An archive of one file. */
GBytes *
builder_double_pack (const char *path, const char *content)
{
  g_autoptr (LoftTestArchive) archive = loft_test_archive_new ();

  loft_test_archive_add_file (archive, path, content);
  loft_test_archive_end (archive);

  return loft_test_archive_to_tar (archive);
}

static void
reply_free (gpointer data)
{
  BuilderReply *reply = data;

  g_clear_pointer (&reply->archive, g_bytes_unref);
  g_free (reply);
}

/* What a page says tells whose it is. */
static BuilderReply *
make_page (const char *request)
{
  g_autoptr (JsonNode) node = json_from_string (request, NULL);
  JsonObject *object = json_node_get_object (node);
  g_autofree char *page =
    g_strdup_printf ("<h1>%s %s</h1>",
                     json_object_get_string_member (object, "name"),
                     json_object_get_string_member (object, "version"));
  BuilderReply *reply = g_new0 (BuilderReply, 1);

  reply->status = "built";
  reply->archive = builder_double_pack ("index.html", page);
  reply->archive_bytes = -1;

  return reply;
}

static gsize
get_tarball_size (const char *request)
{
  g_autoptr (JsonNode) node = json_from_string (request, NULL);

  return (gsize) json_object_get_int_member (json_node_get_object (node),
                                             "tarball_bytes");
}

static char *
format_line (const BuilderReply *reply)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  if (reply->line != NULL)
    return g_strdup (reply->line);

  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "protocol");
  json_builder_add_int_value (builder, 1);
  json_builder_set_member_name (builder, "status");
  json_builder_add_string_value (builder, reply->status);
  json_builder_set_member_name (builder, "reason");
  if (reply->reason != NULL)
    json_builder_add_string_value (builder, reply->reason);
  else
    json_builder_add_null_value (builder);
  json_builder_set_member_name (builder, "log");
  json_builder_add_string_value (builder, reply->log != NULL ? reply->log : "");
  json_builder_set_member_name (builder, "archive_bytes");
  json_builder_add_int_value (builder,
                              reply->archive_bytes >= 0 ? reply->archive_bytes
                              : reply->archive != NULL
                                ? (gint64) g_bytes_get_size (reply->archive)
                                : 0);
  json_builder_end_object (builder);

  g_autoptr (JsonNode) root = json_builder_get_root (builder);
  g_autofree char *text = json_to_string (root, FALSE);

  return g_strconcat (text, "\n", NULL);
}

static BuilderReply *
take_request (BuilderDouble *self, const char *request)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->mutex);
  BuilderReply *reply = g_queue_pop_head (&self->replies);

  self->count++;
  g_free (self->request);
  self->request = g_strdup (request);

  return reply != NULL ? reply : make_page (request);
}

static void
read_tarball (BuilderDouble *self, GInputStream *input, const char *request)
{
  gsize size = get_tarball_size (request);
  g_autofree char *tarball = g_malloc (MAX (size, 1));
  gsize length = 0;

  g_input_stream_read_all (input, tarball, size, &length, NULL, NULL);

  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->mutex);
  g_clear_pointer (&self->tarball, g_bytes_unref);
  self->tarball = g_bytes_new_take (g_steal_pointer (&tarball), length);
}

static void
serve (BuilderDouble *self, GSocketConnection *connection)
{
  g_autoptr (GDataInputStream) input = g_data_input_stream_new (
    g_io_stream_get_input_stream (G_IO_STREAM (connection)));
  GOutputStream *output =
    g_io_stream_get_output_stream (G_IO_STREAM (connection));
  g_autofree char *request =
    g_data_input_stream_read_line (input, NULL, NULL, NULL);

  if (request == NULL)
    return;

  BuilderReply *reply = take_request (self, request);

  if (!reply->deaf)
    read_tarball (self, G_INPUT_STREAM (input), request);
  if (reply->status != NULL || reply->line != NULL)
    {
      g_autofree char *line = format_line (reply);

      g_output_stream_write_all (output, line, strlen (line), NULL, NULL, NULL);
    }
  if (reply->archive != NULL)
    g_output_stream_write_all (output,
                               g_bytes_get_data (reply->archive, NULL),
                               g_bytes_get_size (reply->archive),
                               NULL,
                               NULL,
                               NULL);
  if (reply->hangs)
    {
      char byte;

      g_input_stream_read (G_INPUT_STREAM (input), &byte, 1, NULL, NULL);
    }
  reply_free (reply);
  g_io_stream_close (G_IO_STREAM (connection), NULL, NULL);
}

typedef struct
{
  BuilderDouble *builder;        /* not owned */
  GSocketConnection *connection; /* owned */
} Serve;

static gpointer
serve_cb (gpointer data)
{
  g_autofree Serve *work = data;

  serve (work->builder, work->connection);
  g_object_unref (work->connection);

  return NULL;
}

static gpointer
take_cb (gpointer data)
{
  BuilderDouble *self = data;
  g_autoptr (GPtrArray) threads = g_ptr_array_new ();

  for (;;)
    {
      GSocketConnection *connection =
        g_socket_listener_accept (self->listener, NULL, self->stopping, NULL);
      if (connection == NULL)
        break;

      Serve *work = g_new (Serve, 1);
      work->builder = self;
      work->connection = connection;
      g_ptr_array_add (threads, g_thread_new ("serve", serve_cb, work));
    }
  for (guint i = 0; i < threads->len; i++)
    g_thread_join (threads->pdata[i]);

  return NULL;
}

/* Listens; there must be nothing at @path. */
BuilderDouble *
builder_double_new (const char *path)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GSocketAddress) address = g_unix_socket_address_new (path);
  BuilderDouble *self = g_new0 (BuilderDouble, 1);

  self->path = g_strdup (path);
  g_mutex_init (&self->mutex);
  g_queue_init (&self->replies);
  self->stopping = g_cancellable_new ();
  self->listener = g_socket_listener_new ();
  g_socket_listener_add_address (self->listener,
                                 address,
                                 G_SOCKET_TYPE_STREAM,
                                 G_SOCKET_PROTOCOL_DEFAULT,
                                 NULL,
                                 NULL,
                                 &error);
  g_assert_no_error (error);
  self->thread = g_thread_new ("builder", take_cb, self);

  return self;
}

/* Whoever was connected has to have hung up, or to do so. */
void
builder_double_free (BuilderDouble *self)
{
  g_cancellable_cancel (self->stopping);
  g_thread_join (self->thread);
  g_socket_listener_close (self->listener);
  g_object_unref (self->listener);
  g_object_unref (self->stopping);
  unlink (self->path);
  g_queue_clear_full (&self->replies, reply_free);
  g_free (self->path);
  g_free (self->request);
  g_clear_pointer (&self->tarball, g_bytes_unref);
  g_mutex_clear (&self->mutex);
  g_free (self);
}

/* Adds an answer behind those that are still to be given. */
void
builder_double_expect (BuilderDouble *self, const BuilderReply *reply)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->mutex);
  BuilderReply *copy = g_new (BuilderReply, 1);

  *copy = *reply;
  if (copy->archive != NULL)
    g_bytes_ref (copy->archive);
  g_queue_push_tail (&self->replies, copy);
}

/* How often something was to be built. */
guint
builder_double_count (BuilderDouble *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->mutex);

  return self->count;
}

char *
builder_double_dup_request (BuilderDouble *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->mutex);

  return g_strdup (self->request);
}

GBytes *
builder_double_ref_tarball (BuilderDouble *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->mutex);

  return self->tarball != NULL ? g_bytes_ref (self->tarball) : NULL;
}
