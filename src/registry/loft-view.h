/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * LoftViewKind:
 * @LOFT_VIEW_AT_EVENT: as it was when an event was the last one
 * @LOFT_VIEW_AT_TIME: as it was at a time
 * @LOFT_VIEW_MIN_AGE: as it is, without versions that are younger than that
 *
 * What a view leaves out.
 */
typedef enum
{
  LOFT_VIEW_AT_EVENT,
  LOFT_VIEW_AT_TIME,
  LOFT_VIEW_MIN_AGE
} LoftViewKind;

/**
 * LoftView:
 * @kind: what @value means
 * @value: an event's number; microseconds since 1970; or an age in microseconds
 *
 * A way to see the registry.
 */
typedef struct
{
  LoftViewKind kind;
  gint64 value;
} LoftView;

/**
 * LoftValidity:
 * @settled: whether the answer will be the same for ever
 * @until: microseconds since 1970 when the answer will be another because a
 *   version comes of age then; 0 if none is waiting
 *
 * How long an answer under a view holds.
 */
typedef struct
{
  gboolean settled;
  gint64 until;
} LoftValidity;

gboolean loft_view_parse_at (const char *text, LoftView *out, GError **error);
gboolean
loft_view_parse_min_age (const char *text, LoftView *out, GError **error);

G_END_DECLS
