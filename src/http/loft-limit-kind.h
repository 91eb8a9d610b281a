/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * LoftLimitKind:
 * @LOFT_LIMIT_NEW: publishing under a name that nobody has yet
 * @LOFT_LIMIT_UPDATES: publishing under one that exists
 * @LOFT_LIMIT_FAILURES: sending a token that is not good
 *
 * What nobody may do as often as he likes.
 */
typedef enum
{
  LOFT_LIMIT_NEW,
  LOFT_LIMIT_UPDATES,
  LOFT_LIMIT_FAILURES,
  LOFT_N_LIMITS
} LoftLimitKind;

/**
 * LoftLimit:
 * @burst: how often at once; 0 for no limit
 * @interval: seconds until once more
 *
 * How often something may be done.
 */
typedef struct
{
  guint burst;
  guint interval;
} LoftLimit;

G_END_DECLS
