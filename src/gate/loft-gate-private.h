/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "gate/loft-gate.h"
#include "gate/loft-peers.h"

#include <sys/socket.h>

G_BEGIN_DECLS

/* How much is read at once; and how much of hot answers is gathered before it
 * is sent. */
#define LOFT_GATE_BUFFER_SIZE (64 * 1024)

typedef struct _LoftConnection LoftConnection;

/* What the epoll descriptor tells events of begins with this. */
typedef struct
{
  gboolean is_listener;
} LoftWatch;

/**
 * LoftGate:
 *
 * What stands before an HTTP server: it accepts connections, reads heads and
 * lets through what is sound. It lives on the main context of the thread that
 * made it.
 *
 * All sockets are in one epoll descriptor, edge-triggered, in one source. What
 * has happened to them is looked up in that source's check, so that the sources
 * of the streams, which have no descriptor of their own, are ready in the same
 * turn. But the HTTP server is called only by the source's dispatch, or by the
 * sources of its own streams.
 */
struct _LoftGate
{
  GObject parent_instance;

  LoftGateSettings settings; /* owns its list */
  LoftGateDelegate delegate;
  gpointer user_data;
  LoftGateFigures own_figures;
  LoftGateFigures *figures; /* its own, or somebody's */

  int epoll_fd;
  int reserve_fd;  /* given up to have one for a refusal; -1 if there is none */
  GSource *source; /* owned */
  gpointer epoll_tag;     /* the source's */
  GPtrArray *listeners;   /* owned, of owned LoftListener */
  GPtrArray *connections; /* owned, of LoftConnection that owns itself */
  LoftPeers *peers;       /* owned */
  guint n_idle;           /* connections that the HTTP server waits on */
  guint evict_at;         /* where the search for an idle connection goes on */

  GPtrArray *corked; /* owned, of owned LoftConnection with output to send */
  GPtrArray *again;  /* owned, of owned LoftConnection to look at again */
  GPtrArray *handed; /* owned, of owned LoftConnection to dispatch */

  LoftHotCache *hot; /* owned, NULL if there is none */
  LoftHotMark mark;  /* up to where it is good */

  char *inbox;  /* owned, for what was just read */
  char *outbox; /* owned, for hot answers of one connection */
  gsize outbox_length;

  guint turn;
  guint32 now; /* seconds, monotonic */
  gint64 date_seconds;
  char date[30];
  gboolean stopping;
};

/* loft-gate-accept.c */
void loft_gate_accept (LoftGate *self, LoftWatch *watch);
void loft_gate_accept_last (LoftGate *self);
void loft_gate_resume_listeners (LoftGate *self);
void loft_gate_close_listeners (LoftGate *self);
gboolean loft_gate_has_paused_listener (LoftGate *self);
void loft_gate_listener_free (gpointer data);

/* loft-gate-hot.c */
gboolean loft_gate_answer_hot (LoftGate *self,
                               LoftConnection *connection,
                               const LoftHead *head);
void loft_gate_count_hot (LoftGate *self);
void
loft_gate_refuse (LoftGate *self, LoftConnection *connection, LoftHead *head);
void loft_gate_send_outbox (LoftGate *self,
                            LoftConnection *connection,
                            GBytes *body);
void loft_gate_keep_hot (LoftGate *self,
                         LoftConnection *connection,
                         const char *head,
                         gsize length);

/* loft-gate-loop.c */
GSource *loft_gate_source_new (LoftGate *self);
void loft_gate_read_clock (LoftGate *self);
void loft_gate_await_tick (LoftGate *self);

G_END_DECLS
