/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "registry/loft-registry-error.h"

#include <gio/gio.h>

G_BEGIN_DECLS

char *loft_compare_texts (GBytes *old_text,
                          GBytes *new_text,
                          gint64 end,
                          GCancellable *cancellable,
                          GError **error);

G_END_DECLS
