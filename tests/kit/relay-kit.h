/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* A network that delivers late: what clients have sent is held back, be they
 * still there or not, and comes to the server when it is let go. */
typedef struct _Relay Relay;

Relay *relay_new (guint16 server_port);
guint16 relay_get_port (Relay *self);
void relay_hold (Relay *self);
void relay_let_new_pass (Relay *self);
gboolean relay_release (Relay *self);
void relay_free (Relay *self);

G_END_DECLS
