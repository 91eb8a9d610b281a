/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "registry/loft-document.h"
#include "registry/loft-state.h"

G_BEGIN_DECLS

char *loft_element_render_head (const LoftDocument *document,
                                const char *sha256,
                                gint64 size);
void loft_element_append (GString *text,
                          const char *head,
                          const char *owners,
                          gboolean yanked,
                          const char *deprecated);
char *loft_element_render_owners (const char *const *owners);

G_END_DECLS
