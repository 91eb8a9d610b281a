/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "gate/loft-address-list.h"
#include "gate/loft-gate-figures.h"
#include "gate/loft-gate-stream.h"

G_BEGIN_DECLS

/**
 * LoftGateSettings:
 * @head: how large a head may be
 * @head_timeout: seconds that a head may take from its first byte to its last,
 *   or a new connection until it has sent its first one
 * @idle_timeout: seconds that a connection may wait between two requests
 * @body_timeout: seconds that may pass between two pieces of a body
 * @write_timeout: seconds that may pass until a client takes more of an answer
 * @min_rate: bytes a second that a body has to come with, or to be taken with,
 *   over the time of the timeout; 0 for any
 * @drain_timeout: seconds that a connection may take to end
 * @drain_size: bytes that are read and thrown away meanwhile, at most
 * @park_after: seconds after which an idle connection is taken away from the
 *   HTTP server
 * @connections: connections at most
 * @connections_per_peer: connections of one address at most; 0 for no limit
 * @hot_size: bytes that hot answers may take; 0 for none
 * @trusted: (nullable): proxies, whose connections are not counted by peer
 *
 * What a gate allows.
 */
typedef struct
{
  LoftHeadLimits head;
  guint head_timeout;
  guint idle_timeout;
  guint body_timeout;
  guint write_timeout;
  guint min_rate;
  guint drain_timeout;
  gsize drain_size;
  guint park_after;
  guint connections;
  guint connections_per_peer;
  gsize hot_size;
  LoftAddressList *trusted;
} LoftGateSettings;

#define LOFT_GATE_SETTINGS_DEFAULT                                             \
  {                                                                            \
    .head = LOFT_HEAD_LIMITS_DEFAULT, .head_timeout = 10, .idle_timeout = 75,  \
    .body_timeout = 30, .write_timeout = 30, .min_rate = 500,                  \
    .drain_timeout = 30, .drain_size = 64 * 1024 * 1024, .park_after = 2,      \
    .connections = 20000, .connections_per_peer = 1000,                        \
    .hot_size = 64 * 1024 * 1024                                               \
  }

typedef struct _LoftGateAnswer LoftGateAnswer;

/**
 * LoftGateAnswer:
 * @head: the head that was answered, as far as it was good
 * @status: the status
 * @kind: what a hot answer is to those who count it; 0 for a refusal
 * @subject: (nullable): a hot answer's, if its body was sent
 * @size: bytes of its body that were sent
 * @request_id: the request's id
 * @dup_remote: tells who has connected
 *
 * An answer that the gate has given on its own.
 */
struct _LoftGateAnswer
{
  const LoftHead *head;
  guint status;
  guint kind;
  const char *subject;
  gsize size;
  LoftSpan request_id;
  GSocketAddress *(*dup_remote) (const LoftGateAnswer *answer);
  gconstpointer connection; /* the gate's own */
};

/**
 * LoftGateDelegate:
 * @accept: takes a connection that has sent a good head, which no hot answer
 *   was there for; it owns no reference to the stream yet
 * @choose: (nullable): says which representation of its target a request wants,
 *   or -1 if there is no hot answer to such a request
 * @get_mark: (nullable): tells how far the changes have come. It is called for
 *   each request, so it must be quick
 * @refresh: (nullable): makes the gate forget what has changed since @mark
 * @answered: (nullable): hears of answers that the gate has given
 *
 * What a gate asks of who stands behind it. Without @choose, @get_mark and
 * @refresh there are no hot answers.
 */
typedef struct
{
  void (*accept) (LoftGateStream *stream,
                  GSocketAddress *local,
                  GSocketAddress *remote,
                  gpointer user_data);
  int (*choose) (const LoftHead *head, gpointer user_data);
  void (*get_mark) (LoftHotMark *out_mark, gpointer user_data);
  void (*refresh) (const LoftHotMark *mark, gpointer user_data);
  void (*answered) (const LoftGateAnswer *answer, gpointer user_data);
} LoftGateDelegate;

#define LOFT_TYPE_GATE (loft_gate_get_type ())
G_DECLARE_FINAL_TYPE (LoftGate, loft_gate, LOFT, GATE, GObject)

LoftGate *loft_gate_new (const LoftGateSettings *settings,
                         const LoftGateDelegate *delegate,
                         gpointer user_data,
                         GError **error);
void loft_gate_set_settings (LoftGate *self, const LoftGateSettings *settings);
void loft_gate_set_figures (LoftGate *self, LoftGateFigures *figures);
gboolean
loft_gate_add_listener (LoftGate *self, GSocket *socket, GError **error);
void loft_gate_stop (LoftGate *self);
gboolean loft_gate_is_quiet (LoftGate *self);
void loft_gate_close (LoftGate *self);

void loft_gate_forget (LoftGate *self, const char *tag);
void loft_gate_forget_all (LoftGate *self);

G_END_DECLS
