/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "ctl/loft-ctl.h"

G_DEFINE_QUARK (loft_ctl_error, loft_ctl_error)

/**
 * loft_ctl_fail:
 * @error: return location for a #GError
 * @what: (nullable): what it is about
 * @reason: what is wrong
 *
 * Sets %LOFT_CTL_ERROR_FAILED.
 *
 * Returns: %FALSE
 */
gboolean
loft_ctl_fail (GError **error, const char *what, const char *reason)
{
  g_set_error (error,
               LOFT_CTL_ERROR,
               LOFT_CTL_ERROR_FAILED,
               "%s%s%s",
               what != NULL ? what : "",
               what != NULL ? ": " : "",
               reason);

  return FALSE;
}
