/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "ctl/loft-ctl-progress.h"

#include <glib/gi18n.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "ctl/loft-ctl-text.h"

#define PAUSE (G_USEC_PER_SEC / 10)
#define BAR 20
#define CLEAR "\r\033[K"

/**
 * LoftCtlProgress:
 *
 * Tells a terminal, beside what is printed, how far something is. Where there
 * is no terminal, and where programs read what is printed, it tells nothing.
 */
struct _LoftCtlProgress
{
  gboolean is_shown;
  gboolean has_line;
  int width;
  gint64 started_at;
  gint64 shown_at;
};

/**
 * loft_ctl_progress_new:
 * @ctl: what the command was told
 *
 * Begins with something that takes its time.
 *
 * Returns: (transfer full): a progress
 */
LoftCtlProgress *
loft_ctl_progress_new (const LoftCtl *ctl)
{
  LoftCtlProgress *self = g_new0 (LoftCtlProgress, 1);
  struct winsize size = { 0 };

  self->started_at = g_get_monotonic_time ();
  self->is_shown = !ctl->json && isatty (STDERR_FILENO) == 1 &&
                   g_strcmp0 (g_getenv ("TERM"), "dumb") != 0;
  if (self->is_shown && ioctl (STDERR_FILENO, TIOCGWINSZ, &size) == 0)
    self->width = size.ws_col;

  return self;
}

/**
 * loft_ctl_progress_free:
 * @self: (transfer full): a progress
 *
 * Ends, and leaves nothing on the terminal.
 */
void
loft_ctl_progress_free (LoftCtlProgress *self)
{
  if (self->has_line)
    g_printerr (CLEAR);
  g_free (self);
}

/* Without the unit, which follows or goes without saying. */
static char *
describe_number (guint64 amount, const char *unit)
{
  return g_str_equal (unit, "bytes")
           ? g_format_size (amount)
           : g_strdup_printf ("%" G_GUINT64_FORMAT, amount);
}

static void
append_amount (GString *line, guint64 done, guint64 total, const char *unit)
{
  if (total > 0)
    {
      g_autofree char *number = describe_number (done, unit);

      g_string_append_printf (line, "%s/", number);
    }

  g_autofree char *amount =
    loft_ctl_text_amount (total > 0 ? total : done, unit);
  g_string_append (line, amount);
}

static void
append_bar (GString *line, guint64 done, guint64 total)
{
  guint64 filled = (guint64) ((double) done / (double) total * BAR);

  g_string_append_c (line, '[');
  for (guint64 i = 0; i < BAR; i++)
    g_string_append_c (line, i < filled ? '#' : '.');
  g_string_append (line, "] ");
  g_string_append_printf (line,
                          _ ("%3.0f %%"),
                          (double) done / (double) total * 100);
  g_string_append (line, "  ");
}

static void
append_rate (LoftCtlProgress *self,
             GString *line,
             guint64 done,
             guint64 total,
             const char *unit)
{
  double seconds = (double) (g_get_monotonic_time () - self->started_at) /
                   (double) G_USEC_PER_SEC;
  double rate = seconds > 0 ? (double) done / seconds : 0;

  if (seconds < 1 || rate <= 0)
    return;

  g_autofree char *amount = describe_number ((guint64) rate, unit);
  g_string_append (line, "  ");
  /* Translators: so many a second */
  g_string_append_printf (line, _ ("%s/s"), amount);
  if (total > done)
    {
      g_autofree char *left =
        loft_ctl_text_duration ((guint64) ((double) (total - done) / rate));

      g_string_append (line, "  ");
      /* Translators: how long it will take, such as “12 s left” */
      g_string_append_printf (line, _ ("%s left"), left);
    }
}

/**
 * loft_ctl_progress_show:
 * @self: a progress
 * @done: how much is done
 * @total: how much there is to do; 0 as long as nobody knows
 * @unit: of what
 *
 * Tells how far it is, and how long it may take, but not more often than
 * anybody could read.
 */
void
loft_ctl_progress_show (LoftCtlProgress *self,
                        guint64 done,
                        guint64 total,
                        const char *unit)
{
  gint64 now = g_get_monotonic_time ();

  if (!self->is_shown || (self->has_line && now - self->shown_at < PAUSE))
    return;

  g_autoptr (GString) line = g_string_new (NULL);
  if (total > 0)
    append_bar (line, MIN (done, total), total);
  append_amount (line, done, total, unit);
  append_rate (self, line, done, total, unit);

  g_autofree char *clean = loft_ctl_text_clean (line->str, FALSE);
  g_autofree char *fitting = self->width > 1
                               ? loft_ctl_text_shorten (clean, self->width - 1)
                               : g_strdup (clean);
  g_printerr (CLEAR "%s", fitting);
  self->has_line = TRUE;
  self->shown_at = now;
}
