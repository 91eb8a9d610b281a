/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "gate/loft-buffer.h"
#include "gate/loft-gate-private.h"

G_BEGIN_DECLS

/**
 * LoftConnectionState:
 * @LOFT_CONNECTION_PARKED: between two requests, in the gate alone
 * @LOFT_CONNECTION_HANDED: about to be handed over to the HTTP server
 * @LOFT_CONNECTION_SERVED: the HTTP server has its stream
 * @LOFT_CONNECTION_DRAINING: all is said; what still comes is thrown away
 * @LOFT_CONNECTION_CLOSED: gone
 *
 * Where a connection is in its life.
 */
typedef enum
{
  LOFT_CONNECTION_PARKED,
  LOFT_CONNECTION_HANDED,
  LOFT_CONNECTION_SERVED,
  LOFT_CONNECTION_DRAINING,
  LOFT_CONNECTION_CLOSED
} LoftConnectionState;

/**
 * LoftRelease:
 * @LOFT_RELEASE_NONE: it is not
 * @LOFT_RELEASE_FED: it is about to read half a request
 * @LOFT_RELEASE_ENDED: it has read it, and finds no more
 *
 * How far the HTTP server is with letting an idle connection go. A mere end of
 * the stream would not make it do so.
 */
typedef enum
{
  LOFT_RELEASE_NONE,
  LOFT_RELEASE_FED,
  LOFT_RELEASE_ENDED
} LoftRelease;

/* An answer that is to become a hot one as soon as its head is written. */
typedef struct
{
  LoftHotResponse *response; /* owned */
  LoftHotMark mark;
} LoftCapture;

/**
 * LoftConnection:
 *
 * A connection of a client. There are many of them, so it is kept small.
 */
struct _LoftConnection
{
  LoftWatch watch;
  guint references;
  LoftGate *gate; /* outlives every connection that is not closed */
  int fd;
  guint index; /* in the gate's list */

  LoftConnectionState state : 4;
  LoftRelease release : 4;
  guint parking : 1;   /* once it is released, it lives on */
  guint readable : 1;  /* as far as is known */
  guint writable : 1;  /* as far as is known */
  guint ended : 1;     /* there is no more to read */
  guint hung_up : 1;   /* the peer has closed its side at least */
  guint failed : 1;    /* nothing can be written any more */
  guint fresh : 1;     /* no head has come yet */
  guint idle : 1;      /* the HTTP server waits for a request */
  guint begun : 1;     /* the HTTP server has read some of the request */
  guint expecting : 1; /* the body is held back until a 100 was written */
  guint old : 1;       /* it speaks HTTP/1.0, which knows no 100 */
  guint cut : 1;       /* it was refused before that, so this is the end */
  guint answered : 1;  /* the head of the answer was written */
  guint fragile : 1;   /* its body may not be read here: see below */
  guint torn : 1;      /* the system could not read it either */
  guint farewell : 1;  /* our side is shut down as soon as all is sent */
  guint shut : 1;      /* it was */
  guint is_corked : 1;
  guint is_again : 1;
  guint is_handed : 1;
  guint is_counted : 1; /* among the connections of its peer */

  guint32 since; /* seconds: when its head began, or its end */
  guint32 last;  /* seconds: when something moved */
  guint32 paced; /* seconds: since when its pace is taken; 0 if it is not */
  int queued;    /* bytes that the system had not sent yet, when it mattered */
  guint turn;    /* in which the two below were set */
  guint read_left;
  guint write_left;

  /* A file that is mapped may become shorter. Whoever reads the rest of the
   * mapping is ended by a signal, but for the system, which says so. */

  guint64 received;   /* bytes */
  guint64 sent;       /* bytes that the system has taken */
  guint64 paced_from; /* bytes that had moved when its pace began to be taken */
  guint64 grant;    /* bytes of the request that the HTTP server may read yet */
  guint64 withheld; /* bytes of it that it may not read yet */
  guint64 drain_left; /* bytes that it may send yet, as it has declared */
  guint64 drain_max;  /* bytes that are thrown away at most */

  LoftBuffer in;
  gsize in_seen; /* bytes of it that are no whole head, as was found out */
  LoftBuffer out;
  GBytes *body; /* owned, nullable: what is to be sent after that */
  gsize body_sent;

  LoftGateStream *stream; /* not owned, NULL if it has none */
  GSource *source;        /* not owned: for reading, NULL if there is none */
  guint n_writers;        /* sources for writing */
  int representation;     /* which one of its target; -1 if never hot */
  LoftSpan target;        /* owned, of a request that may become hot */
  LoftCapture *capture;   /* owned, nullable */

  GSocketAddress *local; /* owned */
  LoftPeerKey peer;
  guint16 port;
  guint8 family;
};

/* loft-connection.c */
LoftConnection *loft_connection_new (LoftGate *gate,
                                     int fd,
                                     GSocketAddress *local,
                                     const struct sockaddr_storage *remote);
LoftConnection *loft_connection_ref (LoftConnection *self);
void loft_connection_unref (LoftConnection *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LoftConnection, loft_connection_unref)
GSocketAddress *loft_connection_dup_remote (const LoftConnection *self);
void loft_connection_read_peer (const struct sockaddr_storage *address,
                                LoftPeerKey *out_key,
                                guint16 *out_port,
                                guint8 *out_family);
GInetAddress *loft_connection_make_address (const LoftPeerKey *key,
                                            guint8 family);
void loft_connection_close (LoftConnection *self);
void loft_connection_fail (LoftConnection *self);
void loft_connection_set_state (LoftConnection *self,
                                LoftConnectionState state);
void loft_connection_event (LoftConnection *self, guint32 events);
void loft_connection_look_again (LoftConnection *self);
void loft_connection_dispatch (LoftConnection *self);
void loft_connection_clear_capture (LoftConnection *self);
void loft_connection_set_idle (LoftConnection *self, gboolean idle);
void loft_connection_touch (LoftConnection *self);
void loft_connection_begin_turn (LoftConnection *self);
void loft_connection_mark_again (LoftConnection *self);
void loft_connection_mark_handed (LoftConnection *self);

/* loft-gate-stream.c */
LoftGateStream *loft_gate_stream_new (LoftConnection *connection);
void loft_gate_stream_hang_up (LoftGateStream *self);

/* loft-stream-source.c */
GSource *loft_stream_source_new (GObject *pollable,
                                 LoftConnection *connection,
                                 gboolean reads,
                                 GCancellable *cancellable);

/* loft-connection-end.c */
void loft_connection_release (LoftConnection *self, gboolean parking);
void loft_connection_detach (LoftConnection *self);
void
loft_connection_finish (LoftConnection *self, guint64 rest, gboolean farewell);
void loft_connection_drain (LoftConnection *self);
gboolean loft_connection_is_unfinished (LoftConnection *self);
gboolean loft_connection_may_ask (const LoftConnection *self);
void loft_connection_check_deadline (LoftConnection *self);

/* loft-connection-input.c */
void loft_connection_read_heads (LoftConnection *self);
gboolean loft_connection_can_read (LoftConnection *self);
gssize loft_connection_read (LoftConnection *self,
                             void *buffer,
                             gsize count,
                             GError **error);
gssize loft_connection_receive (LoftConnection *self, void *buffer, gsize room);
void loft_connection_await_input (LoftConnection *self);

/* loft-connection-output.c */
gboolean loft_connection_has_output (LoftConnection *self);
void
loft_connection_append (LoftConnection *self, const char *data, gsize length);
void loft_connection_flush (LoftConnection *self);
gboolean loft_connection_can_write (LoftConnection *self);
gssize loft_connection_write (LoftConnection *self,
                              const void *data,
                              gsize count,
                              GError **error);

G_END_DECLS
