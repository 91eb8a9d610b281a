/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include <glib-object.h>

G_BEGIN_DECLS

/**
 * LoftReportItem:
 * @kind: what kind of thing it is: a word that never changes its meaning
 * @subject: the key of the object that it is about
 * @detail: a sentence for people, without a full stop
 * @repaired: whether it was put right
 *
 * Something that is not as it should be.
 */
typedef struct
{
  char *kind;    /* owned */
  char *subject; /* owned */
  char *detail;  /* owned */
  gboolean repaired;
} LoftReportItem;

/**
 * LoftReport:
 *
 * What long work has found, of bounded length: what comes after the thousandth
 * item is only counted.
 */
typedef struct _LoftReport LoftReport;

LoftReport *loft_report_new (void);
LoftReport *loft_report_ref (LoftReport *self);
void loft_report_unref (LoftReport *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LoftReport, loft_report_unref)

void loft_report_add (LoftReport *self,
                      const char *kind,
                      const char *subject,
                      gboolean repaired,
                      const char *format,
                      ...) G_GNUC_PRINTF (5, 6);
guint loft_report_get_length (LoftReport *self);
guint64 loft_report_get_total (LoftReport *self);
const LoftReportItem *loft_report_get (LoftReport *self, guint index);

G_END_DECLS
