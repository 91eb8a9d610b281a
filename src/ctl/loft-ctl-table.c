/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "ctl/loft-ctl-table.h"

#include <glib/gi18n.h>
#include <string.h>

#include "ctl/loft-ctl-text.h"

#define GAP 2

/* The last column is cut no shorter than this, and others no shorter than a
 * date and a time; a line then is longer than the terminal. */
#define LEAST 8
#define WIDE 16

#define RESET "\033[0m"

static const char *const escapes[] = {
  [LOFT_CTL_STYLE_PLAIN] = "",
  [LOFT_CTL_STYLE_DIM] = "\033[2m",
  [LOFT_CTL_STYLE_BAD] = "\033[31m",
};

typedef struct
{
  LoftCtlStyle style;
  char *cells[LOFT_CTL_COLUMNS_MAX]; /* owned */
} Row;

/**
 * LoftCtlTable:
 *
 * Lines of cells, for people. Whatever is added may come from strangers: it can
 * do nothing to a terminal.
 */
struct _LoftCtlTable
{
  const LoftCtlColumn *columns; /* not owned: static */
  guint n_columns;
  int widths[LOFT_CTL_COLUMNS_MAX];
  int shown[LOFT_CTL_COLUMNS_MAX]; /* widths, cut to fit */
  GPtrArray *rows;                 /* owned, of owned Row */
};

static void
row_free (gpointer data)
{
  Row *row = data;

  for (guint i = 0; i < LOFT_CTL_COLUMNS_MAX; i++)
    g_free (row->cells[i]);
  g_free (row);
}

/**
 * loft_ctl_table_new:
 * @columns: its columns; they have to outlive it
 * @n: how many
 *
 * Creates an empty table.
 *
 * Returns: (transfer full): a table
 */
LoftCtlTable *
loft_ctl_table_new (const LoftCtlColumn *columns, guint n)
{
  g_return_val_if_fail (n > 0 && n <= LOFT_CTL_COLUMNS_MAX, NULL);

  LoftCtlTable *self = g_new0 (LoftCtlTable, 1);

  self->columns = columns;
  self->n_columns = n;
  self->rows = g_ptr_array_new_with_free_func (row_free);
  for (guint i = 0; i < n; i++)
    if (columns[i].title != NULL)
      self->widths[i] = loft_ctl_text_width (_ (columns[i].title));

  return self;
}

/**
 * loft_ctl_table_free:
 * @self: (transfer full): a table
 *
 * Frees a table.
 */
void
loft_ctl_table_free (LoftCtlTable *self)
{
  g_ptr_array_unref (self->rows);
  g_free (self);
}

/**
 * loft_ctl_table_add:
 * @self: a table
 * @style: how the line looks
 * @...: a text for each column, and %NULL
 *
 * Adds a line.
 */
void
loft_ctl_table_add (LoftCtlTable *self, LoftCtlStyle style, ...)
{
  Row *row = g_new0 (Row, 1);
  va_list cells;

  row->style = style;
  va_start (cells, style);
  for (guint i = 0; i < self->n_columns; i++)
    {
      const char *cell = va_arg (cells, const char *);

      if (cell == NULL)
        break;
      row->cells[i] = loft_ctl_text_clean (cell, FALSE);
      self->widths[i] =
        MAX (self->widths[i], loft_ctl_text_width (row->cells[i]));
    }
  va_end (cells);
  g_ptr_array_add (self->rows, row);
}

static void
append_blanks (GString *line, int n)
{
  for (int i = 0; i < n; i++)
    g_string_append_c (line, ' ');
}

/* Nothing follows the last cell of a line, not even blanks. */
static void
append_cell (LoftCtlTable *self, GString *line, guint column, const char *cell)
{
  gboolean is_last = column + 1 == self->n_columns;
  g_autofree char *shown = loft_ctl_text_shorten (cell, self->shown[column]);
  int blanks = self->shown[column] - loft_ctl_text_width (shown);

  if (self->columns[column].right)
    append_blanks (line, blanks);
  g_string_append (line, shown);
  if (!is_last && !self->columns[column].right)
    append_blanks (line, blanks);
  if (!is_last)
    append_blanks (line, GAP);
}

static guint
find_widest (LoftCtlTable *self)
{
  guint widest = 0;

  for (guint i = 1; i + 1 < self->n_columns; i++)
    if (self->shown[i] > WIDE &&
        (widest == 0 || self->shown[i] > self->shown[widest]))
      widest = i;

  return widest;
}

/* The last column gives way first, then whatever is wider than dates and
 * numbers are. By the first one things are named: it is never cut for the
 * others. */
static void
fit (LoftCtlTable *self, const LoftCtl *ctl)
{
  guint last = self->n_columns - 1;
  int excess = (int) last * GAP - ctl->width;

  memcpy (self->shown, self->widths, sizeof self->shown);
  if (ctl->width <= 0)
    return;

  for (guint i = 0; i < self->n_columns; i++)
    excess += self->shown[i];
  int given = CLAMP (excess, 0, MAX (self->shown[last] - LEAST, 0));
  self->shown[last] -= given;
  excess -= given;
  for (guint i = find_widest (self); i > 0 && excess > 0;
       i = find_widest (self))
    {
      self->shown[i]--;
      excess--;
    }
}

static void
print_line (LoftCtlTable *self, const char *const *cells, const char *before)
{
  g_autoptr (GString) line = g_string_new (before);

  for (guint i = 0; i < self->n_columns; i++)
    append_cell (self, line, i, cells[i] != NULL ? cells[i] : "");
  while (line->len > 0 && line->str[line->len - 1] == ' ')
    g_string_truncate (line, line->len - 1);
  g_print ("%s%s\n", line->str, *before != '\0' ? RESET : "");
}

static void
print_titles (LoftCtlTable *self, const LoftCtl *ctl)
{
  const char *titles[LOFT_CTL_COLUMNS_MAX] = { NULL };

  if (self->columns[0].title == NULL)
    return;

  for (guint i = 0; i < self->n_columns; i++)
    titles[i] = _ (self->columns[i].title);
  print_line (self, titles, ctl->colours ? "\033[1m" : "");
}

/**
 * loft_ctl_table_print:
 * @self: a table
 * @ctl: what the command was told
 *
 * Prints a table, as wide as the terminal at most, if only long texts have to
 * be cut for that.
 */
void
loft_ctl_table_print (LoftCtlTable *self, const LoftCtl *ctl)
{
  fit (self, ctl);
  print_titles (self, ctl);
  for (guint i = 0; i < self->rows->len; i++)
    {
      const Row *row = self->rows->pdata[i];

      print_line (self,
                  (const char *const *) row->cells,
                  ctl->colours ? escapes[row->style] : "");
    }
}
