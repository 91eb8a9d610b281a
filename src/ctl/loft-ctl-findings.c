/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "ctl/loft-ctl-findings.h"

#include <glib/gi18n.h>

#include "ctl/loft-ctl-table.h"

static const LoftCtlColumn columns[] = {
  { N_ ("KIND"), FALSE },
  { N_ ("SUBJECT"), FALSE },
  { N_ ("STATE"), FALSE },
  { N_ ("DETAIL"), FALSE },
};

/**
 * loft_ctl_findings_print:
 * @self: what the command was told
 * @findings: (type aa{sv}): what was found, as jobs tell it
 *
 * Prints what was found, unless programs read it.
 *
 * Returns: how many of them are left as they were
 */
guint64
loft_ctl_findings_print (const LoftCtl *self, GVariant *findings)
{
  guint64 left = 0;
  g_autoptr (LoftCtlTable) table =
    loft_ctl_table_new (columns, G_N_ELEMENTS (columns));

  for (gsize i = 0; i < g_variant_n_children (findings); i++)
    {
      g_autoptr (GVariant) finding = g_variant_get_child_value (findings, i);
      const char *kind = "";
      const char *subject = "";
      const char *detail = "";
      gboolean repaired = FALSE;

      g_variant_lookup (finding, "kind", "&s", &kind);
      g_variant_lookup (finding, "subject", "&s", &subject);
      g_variant_lookup (finding, "detail", "&s", &detail);
      g_variant_lookup (finding, "repaired", "b", &repaired);
      left += repaired ? 0 : 1;
      loft_ctl_table_add (table,
                          repaired ? LOFT_CTL_STYLE_PLAIN : LOFT_CTL_STYLE_BAD,
                          kind,
                          subject,
                          repaired ? _ ("repaired") : "",
                          detail,
                          NULL);
    }
  if (!self->json && g_variant_n_children (findings) > 0)
    loft_ctl_table_print (table, self);

  return left;
}
