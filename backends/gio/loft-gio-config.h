/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * LoftGioConfig:
 * @root: (owned): the folder that holds the store
 * @user: (owned) (nullable): who asks for it
 * @password: (owned) (nullable): with which password, or passphrase of a key
 * @timeout: how long a call may take, in µs
 * @take_over: whether to take the store from whoever owns it
 *
 * What the configuration says of the store.
 */
typedef struct
{
  GFile *root;
  char *user;
  char *password;
  gint64 timeout;
  gboolean take_over;
} LoftGioConfig;

LoftGioConfig *loft_gio_config_new (GKeyFile *key_file, GError **error);
void loft_gio_config_free (LoftGioConfig *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LoftGioConfig, loft_gio_config_free)

G_END_DECLS
