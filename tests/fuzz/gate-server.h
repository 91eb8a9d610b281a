/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include <libsoup/soup.h>

#include "gate/loft-gate.h"

G_BEGIN_DECLS

/* An HTTP server that tells what it was asked, behind a gate. */

/* What was taken for a request. */
typedef struct
{
  char *method;      /* owned */
  char *target;      /* owned: path and query */
  GBytes *body;      /* owned, NULL if it was not read to its end */
  goffset announced; /* bytes of it */
  gboolean is_hot;   /* the gate has answered it, and not the HTTP server */
} GateServerRequest;

typedef struct
{
  SoupServer *soup;    /* owned */
  LoftGate *gate;      /* owned */
  GSocket *socket;     /* owned: where it listens */
  GPtrArray *requests; /* owned, of owned GateServerRequest */
  LoftGateFigures figures;
} GateServer;

extern const LoftHeadLimits gate_server_limits;

GateServer *gate_server_get (void);
GSocket *gate_server_connect (GateServer *self);
void gate_server_reset (GateServer *self);
gboolean gate_server_is_empty (GateServer *self);

G_END_DECLS
