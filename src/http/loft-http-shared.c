/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "http/loft-http-shared.h"

/* Compressed lists, mostly; what does not fit is compressed again. */
#define ENCODER_CACHE_MAX (32 * 1024 * 1024)

static void
loft_http_shared_clear (LoftHttpShared *self)
{
  g_clear_object (&self->registry);
  g_clear_object (&self->encoder);
}

/**
 * loft_http_shared_new:
 * @registry: the registry
 * @settings: what the administrator has chosen
 *
 * Makes what the requests of a server share.
 *
 * Returns: (transfer full): it
 */
LoftHttpShared *
loft_http_shared_new (LoftRegistry *registry, const LoftHttpSettings *settings)
{
  g_return_val_if_fail (LOFT_IS_REGISTRY (registry), NULL);
  g_return_val_if_fail (settings != NULL, NULL);

  LoftHttpShared *self = g_atomic_rc_box_new0 (LoftHttpShared);
  self->registry = g_object_ref (registry);
  self->encoder = loft_encoder_new (ENCODER_CACHE_MAX);
  self->settings = *settings;

  return self;
}

/**
 * loft_http_shared_unref:
 * @self: (transfer full): what requests share
 *
 * Drops a reference.
 */
void
loft_http_shared_unref (LoftHttpShared *self)
{
  g_atomic_rc_box_release_full (self, (GDestroyNotify) loft_http_shared_clear);
}
