/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "pages/loft-pages.h"

G_BEGIN_DECLS

/**
 * LoftPagesFeed:
 * @url: (nullable): where readers find the registry, without a slash at its
 *   end; %NULL if nobody knows
 * @name: (nullable): whose feed it is; %NULL if it is of all packages
 * @elements: versions, as the registry lists them, the newest first
 * @origin: what tells the registry from all others
 * @changed: microseconds since 1970: when anything happened last
 *
 * What was published lately.
 */
typedef struct
{
  const char *url;
  const char *name;
  JsonNode *elements;
  const char *origin;
  gint64 changed;
} LoftPagesFeed;

LoftHtml *loft_pages_render_feed (const LoftPagesPlace *place,
                                  const LoftPagesFeed *feed);

G_END_DECLS
