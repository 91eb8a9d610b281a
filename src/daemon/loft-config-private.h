/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "daemon/loft-config.h"

G_BEGIN_DECLS

/**
 * LoftConfig:
 *
 * The configuration as it results from the command line, the environment, the
 * configuration file and the defaults, in this order of precedence. Immutable
 * once loaded.
 */
struct _LoftConfig
{
  GObject parent_instance;

  GVariant *values[LOFT_CONFIG_N_KEYS]; /* owned */
  char *origins[LOFT_CONFIG_N_KEYS];    /* owned */
  GKeyFile *key_file;                   /* owned */
};

G_END_DECLS
