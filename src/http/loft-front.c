/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "http/loft-front.h"

#include "http/loft-access-log.h"
#include "http/loft-headers.h"
#include "pages/loft-words.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

/* What is asked for by the same client is mostly worded the same. */
#define WORDING_MAX 256

/* Packages that are forgotten one by one; where more have changed, all are. */
#define CHANGES_MAX 256

/* How a header was worded last, and what that stands for. */
typedef struct
{
  char text[WORDING_MAX];
  gsize length;
  int meaning;
} Wording;

struct _LoftFront
{
  LoftHttpShared *shared; /* owned */
  SoupServer *server;     /* owned */
  LoftGate *gate;         /* owned */

  Wording accept;
  Wording accept_encoding;
  Wording accept_language;
};

static GQuark
stream_quark (void)
{
  static GQuark quark = 0;

  if (quark == 0)
    quark = g_quark_from_static_string ("loft-gate-stream");

  return quark;
}

/**
 * loft_front_find_stream:
 * @message: a message
 *
 * Finds the stream that a message came by. libsoup gives it out only when it
 * gives it up, so the address leads to it.
 *
 * Returns: (transfer none) (nullable): the stream
 */
LoftGateStream *
loft_front_find_stream (SoupServerMessage *message)
{
  GSocketAddress *address = soup_server_message_get_remote_address (message);

  return address != NULL
           ? g_object_get_qdata (G_OBJECT (address), stream_quark ())
           : NULL;
}

static void
accept_cb (LoftGateStream *stream,
           GSocketAddress *local,
           GSocketAddress *remote,
           gpointer user_data)
{
  LoftFront *self = user_data;
  g_autoptr (GError) local_error = NULL;

  g_object_set_qdata_full (G_OBJECT (remote),
                           stream_quark (),
                           g_object_ref (stream),
                           g_object_unref);
  if (!soup_server_accept_iostream (self->server,
                                    G_IO_STREAM (stream),
                                    local,
                                    remote,
                                    &local_error))
    g_warning ("Can't serve a connection: %s", local_error->message);
}

static int
find_coding (const char *accept_encoding)
{
  return (int) loft_headers_negotiate (accept_encoding);
}

static int
find_page (const char *accept)
{
  return loft_headers_prefer_html (accept);
}

static int
find_language (const char *accept_language)
{
  return (int) loft_headers_negotiate_language (accept_language,
                                                loft_words_list_tags ());
}

/* What a header stands for that is short enough to remember. */
static int
get_meaning (Wording *wording, LoftSpan value, int (*find) (const char *))
{
  if (value.length != wording->length ||
      (value.length > 0 &&
       memcmp (value.data, wording->text, value.length) != 0))
    {
      if (value.length > 0)
        memcpy (wording->text, value.data, value.length);
      wording->text[value.length] = '\0';
      wording->length = value.length;
      wording->meaning = find (wording->text);
    }

  return wording->meaning;
}

/* As representations are counted where answers are offered. */
static int
choose_cb (const LoftHead *head, gpointer user_data)
{
  LoftFront *self = user_data;
  LoftSpan accept = head->fields[LOFT_HEAD_FIELD_ACCEPT];
  LoftSpan accept_encoding = head->fields[LOFT_HEAD_FIELD_ACCEPT_ENCODING];
  LoftSpan accept_language = head->fields[LOFT_HEAD_FIELD_ACCEPT_LANGUAGE];

  /* An answer that may be old has to say so, with its age. */
  if (accept.length >= WORDING_MAX || accept_encoding.length >= WORDING_MAX ||
      accept_language.length >= WORDING_MAX ||
      loft_registry_get_age (self->shared->registry) > 0)
    return -1;

  int coding =
    get_meaning (&self->accept_encoding, accept_encoding, find_coding);
  gboolean html = get_meaning (&self->accept, accept, find_page) != 0;

  if (!html)
    return coding;

  int language =
    get_meaning (&self->accept_language, accept_language, find_language);
  int representation = LOFT_CODINGS * (1 + language) + coding;

  return representation < LOFT_HOT_REPRESENTATIONS ? representation : -1;
}

static void
get_mark_cb (LoftHotMark *out_mark, gpointer user_data)
{
  LoftFront *self = user_data;

  loft_http_shared_get_mark (self->shared, out_mark);
}

static void
refresh_cb (const LoftHotMark *mark, gpointer user_data)
{
  LoftFront *self = user_data;
  g_auto (GStrv) names =
    loft_registry_list_changed_names (self->shared->registry,
                                      mark->sequence,
                                      CHANGES_MAX);

  if (names == NULL)
    loft_gate_forget_all (self->gate);
  for (gsize i = 0; names != NULL && names[i] != NULL; i++)
    loft_gate_forget (self->gate, names[i]);
}

static char *
dup_span (LoftSpan span)
{
  return span.data != NULL ? g_strndup (span.data, span.length) : NULL;
}

static void
answered_cb (const LoftGateAnswer *answer, gpointer user_data)
{
  LoftFront *self = user_data;
  LoftHttpSettings *settings = &self->shared->settings;
  const LoftHead *head = answer->head;

  /* What was ready takes no time worth a clock. */
  loft_http_figures_count (
    &self->shared->figures->http,
    answer->kind,
    loft_http_method_find (head->method_text.data, head->method_text.length),
    answer->status,
    (goffset) answer->size,
    0);
  if (answer->subject != NULL)
    loft_http_shared_count_download (self->shared, answer->subject);
  if (!settings->access_log)
    return;

  g_autoptr (GSocketAddress) remote = answer->dup_remote (answer);
  g_autofree char *forwarded =
    dup_span (head->fields[LOFT_HEAD_FIELD_FORWARDED]);
  g_autofree char *x_forwarded_for =
    dup_span (head->fields[LOFT_HEAD_FIELD_X_FORWARDED_FOR]);
  g_autoptr (GInetAddress) peer = loft_http_shared_find_peer (self->shared,
                                                              remote,
                                                              forwarded,
                                                              x_forwarded_for);
  g_autofree char *id = dup_span (answer->request_id);
  g_autofree char *method = dup_span (head->method_text);
  g_autofree char *target = dup_span (head->target);
  const LoftAccess access = {
    .request_id = id,
    .method = method,
    .target = target,
    .peer = peer,
    .status = answer->status,
    .bytes = (goffset) answer->size,
  };

  loft_access_log (&access);
}

/* Without a listener SoupServer closes each connection after one answer: so it
 * gets one by which nobody ever comes. */
static gboolean
add_dead_listener (SoupServer *server, GError **error)
{
  int ends[2] = { -1, -1 };

  if (socketpair (AF_UNIX,
                  SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
                  0,
                  ends) < 0)
    {
      int code = errno;

      g_set_error (error,
                   G_IO_ERROR,
                   (int) g_io_error_from_errno (code),
                   "Can't make a socket: %s",
                   g_strerror (code));
      return FALSE;
    }

  g_autoptr (GSocket) other = g_socket_new_from_fd (ends[1], NULL);
  g_autoptr (GSocket) socket = g_socket_new_from_fd (ends[0], error);
  if (socket == NULL || other == NULL)
    return FALSE;
  g_object_set_data_full (G_OBJECT (server),
                          "loft-other-end",
                          g_steal_pointer (&other),
                          g_object_unref);

  return soup_server_listen_socket (server, socket, 0, error);
}

/**
 * loft_front_new:
 * @shared: what requests share
 * @server: a server that listens nowhere
 * @error: return location for a #GError
 *
 * Makes the gate before a server.
 *
 * Returns: (transfer full): the front, or %NULL with @error set to a
 *   #GIOErrorEnum
 */
LoftFront *
loft_front_new (LoftHttpShared *shared, SoupServer *server, GError **error)
{
  static const LoftGateDelegate delegate = {
    .accept = accept_cb,
    .choose = choose_cb,
    .get_mark = get_mark_cb,
    .refresh = refresh_cb,
    .answered = answered_cb,
  };
  LoftFront *self = g_new0 (LoftFront, 1);

  self->shared = g_atomic_rc_box_acquire (shared);
  self->server = g_object_ref (server);
  self->gate = loft_gate_new (&shared->settings.gate, &delegate, self, error);
  if (self->gate == NULL || !add_dead_listener (server, error))
    {
      loft_front_free (self);
      return NULL;
    }
  loft_gate_set_figures (self->gate, &shared->figures->gate);

  return self;
}

/**
 * loft_front_free:
 * @self: (transfer full): a front
 *
 * Closes all connections, and frees @self.
 */
void
loft_front_free (LoftFront *self)
{
  if (self->gate != NULL)
    loft_gate_close (self->gate);
  g_clear_object (&self->gate);
  g_object_unref (self->server);
  loft_http_shared_unref (self->shared);
  g_free (self);
}

/**
 * loft_front_get_gate:
 * @self: a front
 *
 * Returns: (transfer none): its gate
 */
LoftGate *
loft_front_get_gate (LoftFront *self)
{
  return self->gate;
}
