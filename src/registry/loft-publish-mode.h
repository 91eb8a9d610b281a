/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * LoftPublishMode:
 * @LOFT_PUBLISH_OPEN: anyone publishes anything
 * @LOFT_PUBLISH_CLAIM: a name belongs to the token that published it first
 * @LOFT_PUBLISH_TOKEN: only tokens that were issued here are good
 *
 * Who may publish.
 */
typedef enum
{
  LOFT_PUBLISH_OPEN,
  LOFT_PUBLISH_CLAIM,
  LOFT_PUBLISH_TOKEN
} LoftPublishMode;

G_END_DECLS
