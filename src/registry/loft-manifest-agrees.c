/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-manifest.h"

#include "registry/loft-quote.h"

static void
check_same (const char *field,
            const char *one,
            const char *other,
            LoftFindings *findings)
{
  if (g_str_equal (one, other))
    return;

  g_autofree char *quoted_one = loft_quote (one);
  g_autofree char *quoted_other = loft_quote (other);
  loft_findings_add (findings,
                     "manifest-disagrees",
                     field,
                     "The %s is %s in one place and %s in another",
                     field,
                     quoted_one,
                     quoted_other);
}

static gboolean
has_same_dependencies (LoftManifest *self, LoftManifest *other)
{
  if (g_hash_table_size (self->dependencies) !=
      g_hash_table_size (other->dependencies))
    return FALSE;

  GHashTableIter iter;
  gpointer name = NULL;
  gpointer constraint = NULL;
  g_hash_table_iter_init (&iter, self->dependencies);
  while (g_hash_table_iter_next (&iter, &name, &constraint))
    if (g_strcmp0 (g_hash_table_lookup (other->dependencies, name),
                   constraint) != 0)
      return FALSE;

  return TRUE;
}

/**
 * loft_manifest_agrees:
 * @self: what the publisher says about the package
 * @other: what its archive says
 * @findings: where to add what is wrong
 *
 * Checks that two manifests say the same where it matters for those who
 * install the package: name, version and dependencies. Each that differs is a
 * finding `manifest-disagrees`.
 *
 * Returns: whether they agree
 */
gboolean
loft_manifest_agrees (LoftManifest *self,
                      LoftManifest *other,
                      LoftFindings *findings)
{
  g_return_val_if_fail (self != NULL && other != NULL, FALSE);
  g_return_val_if_fail (findings != NULL, FALSE);

  guint before = loft_findings_get_total (findings);

  check_same ("name", self->name, other->name, findings);
  check_same ("version", self->version, other->version, findings);
  if (!has_same_dependencies (self, other))
    loft_findings_add (findings,
                       "manifest-disagrees",
                       "dependencies",
                       "The dependencies are not the same in the request and "
                       "in manifest.json");

  return loft_findings_get_total (findings) == before;
}
