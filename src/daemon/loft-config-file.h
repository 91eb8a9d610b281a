/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "daemon/loft-config-key.h"

G_BEGIN_DECLS

/**
 * LoftConfigLine:
 * @number: which line, from 1
 * @group: the group that it opens or is in
 * @key: (nullable): the key, unless it opens the group
 * @text: (nullable): the value, if the group is ours
 *
 * What a line of the file says.
 */
typedef struct
{
  guint number;
  char *group; /* owned */
  char *key;   /* owned, nullable */
  char *text;  /* owned, nullable */
} LoftConfigLine;

GPtrArray *
loft_config_file_read (const char *file, GKeyFile *key_file, GError **error);

G_END_DECLS
