/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "daemon/loft-config-key.h"

G_BEGIN_DECLS

#define LOFT_TYPE_CONFIG (loft_config_get_type ())
G_DECLARE_FINAL_TYPE (LoftConfig, loft_config, LOFT, CONFIG, GObject)

LoftConfig *loft_config_load (const char *file,
                              const char *const *environment,
                              const char *const *options,
                              GError **error);
LoftConfig *loft_config_new_from_data (const char *data, GError **error);

const char *loft_config_get_text (LoftConfig *self, LoftConfigKey key);
gboolean loft_config_get_boolean (LoftConfig *self, LoftConfigKey key);
guint64 loft_config_get_number (LoftConfig *self, LoftConfigKey key);
GStrv loft_config_get_words (LoftConfig *self, LoftConfigKey key);
const char *loft_config_get_origin (LoftConfig *self, LoftConfigKey key);
gboolean
loft_config_is_same (LoftConfig *self, LoftConfig *other, LoftConfigKey key);

char *loft_config_get_backend (LoftConfig *self);
GKeyFile *loft_config_get_key_file (LoftConfig *self);
char *loft_config_print (LoftConfig *self);
char *loft_config_to_data (LoftConfig *self);

G_END_DECLS
