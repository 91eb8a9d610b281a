/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * SoakClients:
 *
 * Clients that publish, yank, read and leave, each in a thread of its own, and
 * that know what was acknowledged to any of them.
 */
typedef struct _SoakClients SoakClients;

SoakClients *soak_clients_new (guint16 port);
void soak_clients_free (SoakClients *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SoakClients, soak_clients_free)

void soak_clients_start (SoakClients *self);
void soak_clients_expect_loss (SoakClients *self);
void soak_clients_stop (SoakClients *self);
void soak_clients_audit (SoakClients *self);
void soak_clients_report (SoakClients *self, guint kills);

G_END_DECLS
