/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "daemon/loft-config.h"
#include "storage/loft-storage.h"

G_BEGIN_DECLS

LoftStorage *
loft_open_storage (LoftConfig *config, GError **out_away, GError **error);

G_END_DECLS
