/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "daemon/loft-config.h"
#include "http/loft-http-server.h"
#include "registry/loft-registry.h"

G_BEGIN_DECLS

LoftRegistrySettings *loft_settings_for_registry (LoftConfig *config);
LoftHttpSettings loft_settings_for_http (LoftConfig *config);
void loft_settings_apply (LoftConfig *config,
                          guint n_servers,
                          LoftRegistry *registry,
                          LoftHttpServer *server);

G_END_DECLS
