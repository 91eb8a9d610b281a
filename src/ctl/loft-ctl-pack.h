/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

int loft_ctl_pack_open (const char *path, GError **error);
gboolean loft_ctl_pack_identify (int fd,
                                 char **out_name,
                                 char **out_version,
                                 GError **error);

G_END_DECLS
