/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-report.h"

#define ITEMS_MAX 1000

struct _LoftReport
{
  GPtrArray *items; /* owned, of owned LoftReportItem */
  guint64 total;
};

static void
item_free (gpointer data)
{
  LoftReportItem *item = data;

  g_free (item->kind);
  g_free (item->subject);
  g_free (item->detail);
  g_free (item);
}

/**
 * loft_report_new:
 *
 * Makes an empty report. One thread at a time may add to it; references may be
 * taken and dropped in any.
 *
 * Returns: (transfer full): the report
 */
LoftReport *
loft_report_new (void)
{
  LoftReport *self = g_atomic_rc_box_new0 (LoftReport);

  self->items = g_ptr_array_new_with_free_func (item_free);

  return self;
}

/**
 * loft_report_ref:
 * @self: a report
 *
 * Takes another reference.
 *
 * Returns: (transfer full): @self
 */
LoftReport *
loft_report_ref (LoftReport *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return g_atomic_rc_box_acquire (self);
}

static void
report_clear (gpointer data)
{
  LoftReport *self = data;

  g_ptr_array_unref (self->items);
}

/**
 * loft_report_unref:
 * @self: (transfer full): a report
 *
 * Drops a reference, and with the last one the report.
 */
void
loft_report_unref (LoftReport *self)
{
  g_return_if_fail (self != NULL);

  g_atomic_rc_box_release_full (self, report_clear);
}

/**
 * loft_report_add:
 * @self: a report
 * @kind: what kind of thing it is
 * @subject: a storage key
 * @repaired: whether it was put right
 * @format: a sentence for people, without a full stop
 * @...: what @format needs
 *
 * Adds an item; after the thousandth it is only counted.
 */
void
loft_report_add (LoftReport *self,
                 const char *kind,
                 const char *subject,
                 gboolean repaired,
                 const char *format,
                 ...)
{
  g_return_if_fail (self != NULL);
  g_return_if_fail (kind != NULL && subject != NULL && format != NULL);

  self->total++;
  if (self->items->len >= ITEMS_MAX)
    return;

  va_list arguments;
  va_start (arguments, format);
  g_autofree char *detail = g_strdup_vprintf (format, arguments);
  va_end (arguments);

  LoftReportItem *item = g_new0 (LoftReportItem, 1);
  item->kind = g_strdup (kind);
  item->subject = g_utf8_make_valid (subject, -1);
  item->detail = g_utf8_make_valid (detail, -1);
  item->repaired = repaired;
  g_ptr_array_add (self->items, item);
}

/**
 * loft_report_get_length:
 * @self: a report
 *
 * Counts the items that were kept, which loft_report_get() gives.
 *
 * Returns: how many, at most a thousand
 */
guint
loft_report_get_length (LoftReport *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->items->len;
}

/**
 * loft_report_get_total:
 * @self: a report
 *
 * Counts all items, those included that were not kept.
 *
 * Returns: how many
 */
guint64
loft_report_get_total (LoftReport *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->total;
}

/**
 * loft_report_get:
 * @self: a report
 * @index: below loft_report_get_length()
 *
 * Gives one item.
 *
 * Returns: (transfer none): the item, which lives as long as the report
 */
const LoftReportItem *
loft_report_get (LoftReport *self, guint index)
{
  g_return_val_if_fail (self != NULL, NULL);
  g_return_val_if_fail (index < self->items->len, NULL);

  return g_ptr_array_index (self->items, index);
}
