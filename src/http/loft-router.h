/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * LoftEndpoint:
 *
 * What answers a route; nothing to the router but a pointer.
 */
typedef struct _LoftEndpoint LoftEndpoint;

/**
 * LoftRoute:
 * @method: an HTTP method; GET stands for HEAD too
 * @pattern: a path such as `/packages/:name`, in which a segment that begins
 *   with a colon takes any one segment, and a last one that begins with a star
 *   all that is left, which is one at least
 * @endpoint: what answers
 *
 * A row of the routing table.
 */
typedef struct
{
  const char *method;
  const char *pattern;
  const LoftEndpoint *endpoint;
} LoftRoute;

/**
 * LoftRouter:
 *
 * Finds what answers a method and a path.
 */
typedef struct _LoftRouter LoftRouter;

LoftRouter *loft_router_new (const LoftRoute *routes, gsize n_routes);
void loft_router_free (LoftRouter *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LoftRouter, loft_router_free)

GStrv loft_router_split_path (const char *path, GError **error);
const LoftEndpoint *loft_router_find (const LoftRouter *self,
                                      const char *method,
                                      const char *const *segments,
                                      const char *const **out_pattern);
gsize loft_router_get_row (const LoftRouter *self, const char *const *pattern);
char *loft_router_list_methods (const LoftRouter *self,
                                const char *const *segments);

char *loft_router_decode (const char *text,
                          gsize length,
                          gboolean plus_is_space,
                          GError **error);

G_END_DECLS
