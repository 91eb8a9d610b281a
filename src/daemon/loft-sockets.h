/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "daemon/loft-config.h"

G_BEGIN_DECLS

gboolean loft_sockets_are_passed (const char *const *environment);
GPtrArray *loft_sockets_open (LoftConfig *config,
                              const char *const *environment,
                              GError **error);
void loft_sockets_report (GPtrArray *sockets, LoftConfig *config);
GStrv loft_sockets_list_urls (GPtrArray *sockets);
void loft_sockets_close (GPtrArray *sockets);

G_END_DECLS
