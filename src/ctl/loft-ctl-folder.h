/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include <json-glib/json-glib.h>
#include <sys/stat.h>

G_BEGIN_DECLS

int loft_ctl_folder_open (int at, const char *name, GError **error);
GPtrArray *loft_ctl_folder_list (int fd, GError **error);
int loft_ctl_folder_open_file (int fd,
                               const char *name,
                               struct stat *out_status,
                               GError **error);
JsonObject *loft_ctl_folder_read (int fd,
                                  const char *name,
                                  struct stat *out_status,
                                  GError **error);

G_END_DECLS
