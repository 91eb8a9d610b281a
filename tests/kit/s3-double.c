/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "kit/s3-double.h"

#include <stdlib.h>
#include <string.h>

#define BUCKET "bucket"

typedef struct
{
  char *method; /* owned */
  S3Fate fate;
  guint status;
  char *code; /* owned, nullable */
} Plan;

struct _S3Double
{
  GSocketService *service; /* owned */
  GMainContext *context;   /* owned */
  GMainLoop *loop;         /* owned */
  GThread *thread;         /* owned */
  S3Memory *memory;        /* owned */
  guint16 port;

  GMutex lock; /* guards what follows */
  GCond changed;
  GQueue plans; /* owned, of Plan */
  S3Meddler meddler;
  gpointer meddler_data;
  gboolean hanging;
  gboolean released;
  guint n_late;
  guint n_threads;
  guint n_requests;
  guint n_connections;
};

static void
plan_free (gpointer data)
{
  Plan *plan = data;

  g_free (plan->method);
  g_free (plan->code);
  g_free (plan);
}

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

/* NULL at the end of a connection. */
static S3Question *
read_question (GDataInputStream *input)
{
  g_autofree char *line =
    g_data_input_stream_read_line (input, NULL, NULL, NULL);
  g_auto (GStrv) words = line != NULL ? g_strsplit (line, " ", 3) : NULL;

  if (words == NULL || g_strv_length (words) != 3)
    return NULL;

  S3Question *question = g_new0 (S3Question, 1);
  char *query = strchr (words[1], '?');

  if (query != NULL)
    *query++ = '\0';
  const char *name =
    words[1] + MIN (strlen ("/" BUCKET "/"), strlen (words[1]));
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

static gboolean
write_reply (GOutputStream *output,
             const S3Question *question,
             const S3Reply *reply,
             gboolean cut)
{
  gsize size = 0;
  const void *body = g_bytes_get_data (reply->body, &size);
  g_autofree char *head =
    g_strdup_printf ("HTTP/1.1 %u Said\r\nContent-Length: %" G_GSIZE_FORMAT
                     "\r\nLast-Modified: Fri, 24 May 2013 00:00:00 GMT\r\n"
                     "%s\r\n",
                     reply->status,
                     size,
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

static Plan *
take_plan (S3Double *self, const char *method)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  Plan *plan = g_queue_peek_head (&self->plans);

  self->n_requests++;
  while (self->hanging && !self->released)
    g_cond_wait (&self->changed, &self->lock);
  if (plan == NULL || !g_str_equal (plan->method, method))
    return NULL;

  return g_queue_pop_head (&self->plans);
}

static void
wait_for_release (S3Double *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  self->n_late++;
  while (!self->released)
    g_cond_wait (&self->changed, &self->lock);
}

static void
late_is_done (S3Double *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  self->n_late--;
  g_cond_broadcast (&self->changed);
}

static void
meddle (S3Double *self, const char *name)
{
  S3Meddler meddler = NULL;

  g_mutex_lock (&self->lock);
  meddler = self->meddler;
  g_mutex_unlock (&self->lock);
  if (meddler != NULL)
    meddler (self->memory, name, self->meddler_data);
}

/* NULL if there is to be no answer. */
static S3Reply *
suffer (S3Double *self, const S3Question *question, const Plan *plan)
{
  S3Reply *reply = NULL;

  switch (plan->fate)
    {
    case S3_FATE_LOST:
      break;
    case S3_FATE_ANSWER_LOST:
      s3_reply_free (s3_memory_ask (self->memory, question));
      break;
    case S3_FATE_REFUSED:
      reply = s3_reply_new (plan->status, plan->code);
      break;
    case S3_FATE_DONE_REFUSED:
      s3_reply_free (s3_memory_ask (self->memory, question));
      reply = s3_reply_new (plan->status, plan->code);
      break;
    case S3_FATE_TWICE:
      s3_reply_free (s3_memory_ask (self->memory, question));
      reply = s3_memory_ask (self->memory, question);
      break;
    case S3_FATE_HANGS:
    case S3_FATE_LATE:
      meddle (self, question->path);
      wait_for_release (self);
      if (plan->fate == S3_FATE_LATE)
        s3_reply_free (s3_memory_ask (self->memory, question));
      late_is_done (self);
      return NULL;
    case S3_FATE_ANSWER_HANGS:
      s3_reply_free (s3_memory_ask (self->memory, question));
      meddle (self, question->path);
      wait_for_release (self);
      late_is_done (self);
      return NULL;
    case S3_FATE_ANSWER_CUT:
    case S3_FATE_NORMAL:
    default:
      reply = s3_memory_ask (self->memory, question);
      break;
    }
  meddle (self, question->path);

  return reply;
}

static gboolean
run_cb (GThreadedSocketService *service,
        GSocketConnection *connection,
        GObject *source_object,
        gpointer user_data)
{
  S3Double *self = user_data;
  GOutputStream *output =
    g_io_stream_get_output_stream (G_IO_STREAM (connection));
  g_autoptr (GDataInputStream) input = g_data_input_stream_new (
    g_io_stream_get_input_stream (G_IO_STREAM (connection)));
  gboolean more = TRUE;

  g_data_input_stream_set_newline_type (input,
                                        G_DATA_STREAM_NEWLINE_TYPE_CR_LF);
  g_mutex_lock (&self->lock);
  self->n_connections++;
  self->n_threads++;
  g_mutex_unlock (&self->lock);

  while (more)
    {
      g_autoptr (S3Question) question = read_question (input);
      g_autoptr (S3Reply) reply = NULL;

      if (question == NULL)
        break;

      Plan *plan = take_plan (self, question->method);
      gboolean cut = plan != NULL && plan->fate == S3_FATE_ANSWER_CUT;

      reply = plan != NULL ? suffer (self, question, plan)
                           : s3_memory_ask (self->memory, question);
      more = reply != NULL && write_reply (output, question, reply, cut);
      g_clear_pointer (&plan, plan_free);
    }

  g_io_stream_close (G_IO_STREAM (connection), NULL, NULL);
  g_mutex_lock (&self->lock);
  self->n_threads--;
  g_cond_broadcast (&self->changed);
  g_mutex_unlock (&self->lock);

  return TRUE;
}

static gpointer
serve (gpointer data)
{
  S3Double *self = data;

  g_main_context_push_thread_default (self->context);
  g_socket_service_start (self->service);
  g_main_loop_run (self->loop);
  g_socket_service_stop (self->service);
  g_socket_listener_close (G_SOCKET_LISTENER (self->service));
  while (g_main_context_iteration (self->context, FALSE))
    continue;
  g_main_context_pop_thread_default (self->context);

  return NULL;
}

S3Double *
s3_double_new (S3MemoryFlags flags)
{
  S3Double *self = g_new0 (S3Double, 1);
  g_autoptr (GInetAddress) loopback =
    g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV4);
  g_autoptr (GSocketAddress) address = g_inet_socket_address_new (loopback, 0);
  g_autoptr (GSocketAddress) effective = NULL;
  g_autoptr (GError) error = NULL;

  self->memory = s3_memory_new (flags);
  g_mutex_init (&self->lock);
  g_cond_init (&self->changed);
  self->context = g_main_context_new ();
  self->loop = g_main_loop_new (self->context, FALSE);
  self->service = g_threaded_socket_service_new (-1);
  g_signal_connect (self->service, "run", G_CALLBACK (run_cb), self);

  g_main_context_push_thread_default (self->context);
  g_socket_listener_add_address (G_SOCKET_LISTENER (self->service),
                                 address,
                                 G_SOCKET_TYPE_STREAM,
                                 G_SOCKET_PROTOCOL_TCP,
                                 NULL,
                                 &effective,
                                 &error);
  g_assert_no_error (error);
  self->port =
    g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (effective));
  g_main_context_pop_thread_default (self->context);
  self->thread = g_thread_new ("s3-double", serve, self);

  return self;
}

static gboolean
quit_cb (gpointer user_data)
{
  g_main_loop_quit (user_data);

  return G_SOURCE_REMOVE;
}

/* To be called when no client is left, for connections are waited for. */
void
s3_double_free (S3Double *self)
{
  g_autoptr (GSource) source = g_idle_source_new ();

  s3_double_set_hanging (self, FALSE);
  s3_double_release (self);
  g_source_set_callback (source, quit_cb, self->loop, NULL);
  g_source_attach (source, self->context);
  g_thread_join (self->thread);

  g_mutex_lock (&self->lock);
  while (self->n_threads > 0)
    g_cond_wait (&self->changed, &self->lock);
  g_mutex_unlock (&self->lock);

  g_queue_clear_full (&self->plans, plan_free);
  g_object_unref (self->service);
  g_main_loop_unref (self->loop);
  g_main_context_unref (self->context);
  s3_memory_free (self->memory);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->changed);
  g_free (self);
}

S3Memory *
s3_double_get_memory (S3Double *self)
{
  return self->memory;
}

guint16
s3_double_get_port (S3Double *self)
{
  return self->port;
}

/* A configuration for it; @lines go into the backend's group. */
GKeyFile *
s3_double_make_config (S3Double *self, const char *lines)
{
  g_autofree char *text =
    g_strdup_printf ("[registry]\nstorage=s3://" BUCKET "/p\n"
                     "[s3]\nendpoint=http://127.0.0.1:%u\n"
                     "access-key=me\nsecret-key=secret\n%s\n",
                     self->port,
                     lines);
  g_autoptr (GError) error = NULL;
  GKeyFile *config = g_key_file_new ();

  g_key_file_load_from_data (config, text, (gsize) -1, G_KEY_FILE_NONE, &error);
  g_assert_no_error (error);

  return config;
}

/* The next request that no plan before this one takes meets @fate, if it is of
 * @method. */
void
s3_double_plan (S3Double *self,
                const char *method,
                S3Fate fate,
                guint status,
                const char *code)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  Plan *plan = g_new0 (Plan, 1);

  plan->method = g_strdup (method);
  plan->fate = fate;
  plan->status = status;
  plan->code = g_strdup (code);
  g_queue_push_tail (&self->plans, plan);
}

/* Who acts each time a plan was carried out, before anybody hears of it. */
void
s3_double_set_meddler (S3Double *self, S3Meddler meddler, gpointer data)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  self->meddler = meddler;
  self->meddler_data = data;
}

/* Nothing is answered any more, or again. */
void
s3_double_set_hanging (S3Double *self, gboolean hanging)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  self->hanging = hanging;
  g_cond_broadcast (&self->changed);
}

/* Lets everything happen that is late, and waits for it. */
void
s3_double_release (S3Double *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  self->released = TRUE;
  g_cond_broadcast (&self->changed);
  while (self->n_late > 0)
    g_cond_wait (&self->changed, &self->lock);
  self->released = FALSE;
}

/* How many plans no request has met yet. */
guint
s3_double_count_plans (S3Double *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return g_queue_get_length (&self->plans);
}

guint
s3_double_count_requests (S3Double *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return self->n_requests;
}

guint
s3_double_count_connections (S3Double *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return self->n_connections;
}
