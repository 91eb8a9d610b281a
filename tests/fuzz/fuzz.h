/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What libFuzzer calls for each input. An assertion that fails is a finding. */
int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

G_END_DECLS
