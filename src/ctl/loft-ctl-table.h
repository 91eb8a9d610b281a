/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "ctl/loft-ctl.h"

G_BEGIN_DECLS

/**
 * LoftCtlStyle:
 * @LOFT_CTL_STYLE_PLAIN: as the terminal has it
 * @LOFT_CTL_STYLE_DIM: of less weight
 * @LOFT_CTL_STYLE_BAD: of what is wrong
 *
 * How a line of a table looks, where colours may be printed.
 */
typedef enum
{
  LOFT_CTL_STYLE_PLAIN,
  LOFT_CTL_STYLE_DIM,
  LOFT_CTL_STYLE_BAD
} LoftCtlStyle;

/* The most columns that a table has. */
#define LOFT_CTL_COLUMNS_MAX 8

/**
 * LoftCtlColumn:
 * @title: (nullable): what stands above it
 * @right: whether its cells stand at the right
 *
 * A column of a table. The last one is what a narrow terminal cuts short.
 */
typedef struct
{
  const char *title;
  gboolean right;
} LoftCtlColumn;

typedef struct _LoftCtlTable LoftCtlTable;

LoftCtlTable *loft_ctl_table_new (const LoftCtlColumn *columns, guint n);
void loft_ctl_table_free (LoftCtlTable *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LoftCtlTable, loft_ctl_table_free)

void loft_ctl_table_add (LoftCtlTable *self,
                         LoftCtlStyle style,
                         ...) G_GNUC_NULL_TERMINATED;
void loft_ctl_table_print (LoftCtlTable *self, const LoftCtl *ctl);

G_END_DECLS
