/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

char *loft_builder_folder_new (GError **error);
gboolean
loft_builder_folder_unpack (const char *folder, int tarball, GError **error);
void loft_builder_folder_remove (char *folder);

G_END_DECLS
