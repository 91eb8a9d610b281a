/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * LoftBadgeColor:
 * @LOFT_BADGE_GOOD: all is well
 * @LOFT_BADGE_EARLY: not settled yet
 * @LOFT_BADGE_GREY: there is nothing to tell
 *
 * How a badge looks.
 */
typedef enum
{
  LOFT_BADGE_GOOD,
  LOFT_BADGE_EARLY,
  LOFT_BADGE_GREY
} LoftBadgeColor;

GBytes *
loft_badge_render (const char *label, const char *value, LoftBadgeColor color);

G_END_DECLS
