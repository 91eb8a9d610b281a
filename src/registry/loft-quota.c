/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-registry-private.h"

static gboolean
measure (LoftRegistry *self,
         const char *name,
         guint64 *out_versions,
         guint64 *out_bytes,
         GError **error)
{
  g_autoptr (GError) local_error = NULL;

  if (loft_catalog_measure_package (self->catalog,
                                    name,
                                    out_versions,
                                    out_bytes,
                                    &local_error))
    return TRUE;
  if (g_error_matches (local_error,
                       LOFT_REGISTRY_ERROR,
                       LOFT_REGISTRY_ERROR_NO_SUCH_PACKAGE))
    {
      *out_versions = 0;
      *out_bytes = 0;
      return TRUE;
    }
  g_propagate_error (error, g_steal_pointer (&local_error));

  return FALSE;
}

/**
 * loft_registry_check_quota:
 * @self: a registry
 * @name: a package
 * @size: bytes of a tarball, or -1 if that is not known
 * @error: return location for a #GError
 *
 * Tells whether a package may have one version more. As far as the catalog
 * knows: what several publish at once may exceed it. Blocks.
 *
 * Returns: %TRUE, or %FALSE with @error set to %LOFT_REGISTRY_ERROR_RULES
 */
gboolean
loft_registry_check_quota (LoftRegistry *self,
                           const char *name,
                           goffset size,
                           GError **error)
{
  g_autoptr (LoftRegistrySettings) settings = loft_registry_dup_settings (self);
  g_autoptr (LoftFindings) findings = loft_findings_new ();
  guint64 versions;
  guint64 bytes;

  if (settings->max_versions == 0 && settings->max_bytes == 0)
    return TRUE;
  if (!measure (self, name, &versions, &bytes, error))
    return FALSE;

  if (settings->max_versions > 0 && versions >= settings->max_versions)
    loft_findings_add (findings,
                       "quota-versions",
                       name,
                       "The package “%s” has %" G_GUINT64_FORMAT
                       " versions, and may have no more",
                       name,
                       versions);
  if (settings->max_bytes > 0 &&
      bytes + (guint64) MAX (size, 0) > settings->max_bytes)
    loft_findings_add (
      findings,
      "quota-bytes",
      name,
      "The tarballs of the package “%s” would take more than %" G_GUINT64_FORMAT
      " bytes",
      name,
      settings->max_bytes);

  return loft_findings_to_error (findings, error);
}
