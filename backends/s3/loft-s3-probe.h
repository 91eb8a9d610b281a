/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "loft-s3-engine.h"

G_BEGIN_DECLS

gboolean
loft_s3_probe (LoftS3Engine *engine, GCancellable *cancellable, GError **error);

G_END_DECLS
