/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "kit/s3-double.h"

#include "kit/s3-wire.h"

/* Connections that may wait, as those of several registries do after a pause.
 */
#define BACKLOG 256

typedef struct
{
  char *method; /* owned */
  S3Fate fate;
  guint status;
  char *code;   /* owned, nullable */
  gulong delay; /* in µs, before it is done late, or 0 */
} Plan;

struct _S3Double
{
  GSocketService *service;      /* owned */
  GTlsCertificate *certificate; /* owned, nullable */
  GMainContext *context;        /* owned */
  GMainLoop *loop;              /* owned */
  GThread *thread;              /* owned */
  S3Memory *memory;             /* owned */
  guint16 port;
  guint16 upstream; /* where to ask instead of the memory, or 0 */

  GMutex lock; /* guards what follows */
  GCond changed;
  GQueue plans; /* owned, of Plan */
  S3Meddler meddler;
  gpointer meddler_data;
  S3Filter filter;
  gpointer filter_data;
  guint chaos; /* in percent */
  gboolean hanging;
  gboolean released;
  guint n_late;
  guint n_threads;
  guint n_requests;
  guint n_connections;
  char *digest; /* owned, nullable: what the last PUT said of its body */
};

static void
plan_free (gpointer data)
{
  Plan *plan = data;

  g_free (plan->method);
  g_free (plan->code);
  g_free (plan);
}

/* Whatever may happen to a request that is let through in the end, or not. */
static Plan *
draw_plan (guint percent)
{
  static const struct
  {
    S3Fate fate;
    guint status;
    gulong delay;
  } lots[] = {
    { S3_FATE_LOST, 0, 0 },           { S3_FATE_ANSWER_LOST, 0, 0 },
    { S3_FATE_LATE, 0, 1500000 },     { S3_FATE_LATE, 0, 3000000 },
    { S3_FATE_REFUSED, 500, 0 },      { S3_FATE_REFUSED, 503, 0 },
    { S3_FATE_DONE_REFUSED, 500, 0 }, { S3_FATE_DONE_REFUSED, 504, 0 },
    { S3_FATE_TWICE, 0, 0 },          { S3_FATE_ANSWER_CUT, 0, 0 },
  };

  if ((guint) g_random_int_range (0, 100) >= percent)
    return NULL;

  gsize i = (gsize) g_random_int_range (0, G_N_ELEMENTS (lots));
  Plan *plan = g_new0 (Plan, 1);

  plan->fate = lots[i].fate;
  plan->status = lots[i].status;
  plan->delay = lots[i].delay;

  return plan;
}

static Plan *
take_plan (S3Double *self, const S3Question *question)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  Plan *plan = g_queue_peek_head (&self->plans);

  self->n_requests++;
  if (g_str_equal (question->method, "PUT"))
    {
      g_free (self->digest);
      self->digest = g_strdup (
        g_hash_table_lookup (question->headers, "x-amz-content-sha256"));
    }
  while (self->hanging && !self->released)
    g_cond_wait (&self->changed, &self->lock);
  if (plan == NULL || !g_str_equal (plan->method, question->method))
    return draw_plan (self->chaos);

  return g_queue_pop_head (&self->plans);
}

static S3Reply *
ask (S3Double *self, const S3Question *question)
{
  return self->upstream != 0 ? s3_wire_forward (self->upstream, question)
                             : s3_memory_ask (self->memory, question);
}

static void
do_it (S3Double *self, const S3Question *question)
{
  S3Reply *reply = ask (self, question);

  g_clear_pointer (&reply, s3_reply_free);
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

static void
filter (S3Double *self, const S3Question *question, S3Reply *reply)
{
  S3Filter func = NULL;
  gpointer data = NULL;

  g_mutex_lock (&self->lock);
  func = self->filter;
  data = self->filter_data;
  g_mutex_unlock (&self->lock);
  if (func != NULL && reply != NULL)
    func (question, reply, data);
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
      do_it (self, question);
      break;
    case S3_FATE_REFUSED:
      reply = s3_reply_new (plan->status, plan->code);
      break;
    case S3_FATE_DONE_REFUSED:
      do_it (self, question);
      reply = s3_reply_new (plan->status, plan->code);
      break;
    case S3_FATE_TWICE:
      do_it (self, question);
      reply = ask (self, question);
      break;
    case S3_FATE_HANGS:
    case S3_FATE_LATE:
      meddle (self, question->path);
      if (plan->delay > 0)
        {
          g_usleep (plan->delay);
          do_it (self, question);
          return NULL;
        }
      wait_for_release (self);
      if (plan->fate == S3_FATE_LATE)
        do_it (self, question);
      late_is_done (self);
      return NULL;
    case S3_FATE_ANSWER_HANGS:
      do_it (self, question);
      meddle (self, question->path);
      wait_for_release (self);
      late_is_done (self);
      return NULL;
    case S3_FATE_ANSWER_CUT:
    case S3_FATE_NORMAL:
    default:
      reply = ask (self, question);
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
  g_autoptr (GIOStream) stream =
    self->certificate != NULL
      ? g_tls_server_connection_new (G_IO_STREAM (connection),
                                     self->certificate,
                                     NULL)
      : g_object_ref (G_IO_STREAM (connection));
  GOutputStream *output = g_io_stream_get_output_stream (stream);
  g_autoptr (GDataInputStream) input =
    g_data_input_stream_new (g_io_stream_get_input_stream (stream));
  gboolean more = TRUE;

  s3_wire_hurry (connection);
  g_data_input_stream_set_newline_type (input,
                                        G_DATA_STREAM_NEWLINE_TYPE_CR_LF);
  g_mutex_lock (&self->lock);
  self->n_connections++;
  self->n_threads++;
  g_mutex_unlock (&self->lock);

  while (more)
    {
      g_autoptr (S3Question) question = s3_wire_read (input);
      g_autoptr (S3Reply) reply = NULL;

      if (question == NULL)
        break;

      Plan *plan = take_plan (self, question);
      gboolean cut = plan != NULL && plan->fate == S3_FATE_ANSWER_CUT;

      reply =
        plan != NULL ? suffer (self, question, plan) : ask (self, question);
      filter (self, question, reply);
      more = reply != NULL && s3_wire_write (output, question, reply, cut);
      g_clear_pointer (&plan, plan_free);
    }

  g_io_stream_close (stream, NULL, NULL);
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
  return s3_double_new_tls (flags, NULL);
}

/* One that speaks TLS, if there is a certificate. */
S3Double *
s3_double_new_tls (S3MemoryFlags flags, GTlsCertificate *certificate)
{
  S3Double *self = g_new0 (S3Double, 1);
  g_autoptr (GInetAddress) loopback =
    g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV4);
  g_autoptr (GSocketAddress) address = g_inet_socket_address_new (loopback, 0);
  g_autoptr (GSocketAddress) effective = NULL;
  g_autoptr (GError) error = NULL;

  g_set_object (&self->certificate, certificate);
  self->memory = s3_memory_new (flags);
  g_mutex_init (&self->lock);
  g_cond_init (&self->changed);
  self->context = g_main_context_new ();
  self->loop = g_main_loop_new (self->context, FALSE);
  self->service = g_threaded_socket_service_new (-1);
  g_socket_listener_set_backlog (G_SOCKET_LISTENER (self->service), BACKLOG);
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

/* One that passes everything on to an engine on this machine. */
S3Double *
s3_double_new_proxy (guint16 port)
{
  S3Double *self = s3_double_new (S3_MEMORY_GOOD);

  self->upstream = port;

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
  g_clear_object (&self->certificate);
  g_free (self->digest);
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

char *
s3_double_format_uri (S3Double *self)
{
  return g_strdup_printf ("%s://127.0.0.1:%u",
                          self->certificate != NULL ? "https" : "http",
                          self->port);
}

/* A configuration for it; @lines go into the backend's group. */
GKeyFile *
s3_double_make_config (S3Double *self, const char *lines)
{
  g_autofree char *uri = s3_double_format_uri (self);
  g_autofree char *text =
    g_strdup_printf ("[registry]\nstorage=s3://" S3_WIRE_BUCKET "/p\n"
                     "[s3]\nendpoint=%s\n"
                     "access-key=me\nsecret-key=secret\n%s\n",
                     uri,
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

/* So many of a hundred requests meet something at random. */
/* Called in the thread of a connection, before it is answered. */
void
s3_double_set_filter (S3Double *self, S3Filter func, gpointer data)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  self->filter = func;
  self->filter_data = data;
}

void
s3_double_set_chaos (S3Double *self, guint percent)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  self->chaos = percent;
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

/* What the last PUT said of its body. */
char *
s3_double_dup_digest (S3Double *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return g_strdup (self->digest);
}
