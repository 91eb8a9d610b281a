/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "ctl/loft-ctl-text.h"

#include <glib/gi18n.h>
#include <inttypes.h>
#include <string.h>

#include "ctl/loft-ctl.h"

#define ELLIPSIS 0x2026
#define REPLACEMENT 0xfffd

/* Controls could do things to a terminal, and format characters, which say in
 * which direction text runs, make it show another text than there is. */
static const GUnicodeType harmful[] = {
  G_UNICODE_CONTROL,
  G_UNICODE_FORMAT,
  G_UNICODE_LINE_SEPARATOR,
  G_UNICODE_PARAGRAPH_SEPARATOR,
};

static gboolean
is_harmless (gunichar c)
{
  GUnicodeType type = g_unichar_type (c);

  for (guint i = 0; i < G_N_ELEMENTS (harmful); i++)
    if (harmful[i] == type)
      return FALSE;

  return TRUE;
}

/**
 * loft_ctl_text_clean:
 * @text: a text that may come from strangers
 * @keep_lines: whether it may have several lines
 *
 * Makes a text fit for a terminal.
 *
 * Returns: (transfer full): the text, with a sign in the place of what a
 *   terminal should not get
 */
char *
loft_ctl_text_clean (const char *text, gboolean keep_lines)
{
  g_autofree char *valid = g_utf8_make_valid (text, -1);
  GString *clean = g_string_new (NULL);

  for (const char *c = valid; *c != '\0'; c = g_utf8_next_char (c))
    {
      gunichar character = g_utf8_get_char (c);

      if (character == '\n' && !keep_lines)
        g_string_append_c (clean, ' ');
      else if (character == '\n' || is_harmless (character))
        g_string_append_unichar (clean, character);
      else
        g_string_append_unichar (clean, REPLACEMENT);
    }

  return g_string_free (clean, FALSE);
}

static int
get_character_width (gunichar character)
{
  if (g_unichar_iszerowidth (character))
    return 0;

  return g_unichar_iswide (character) ? 2 : 1;
}

/**
 * loft_ctl_text_width:
 * @text: a clean text
 *
 * Tells how much room a text takes.
 *
 * Returns: how many columns of a terminal
 */
int
loft_ctl_text_width (const char *text)
{
  int width = 0;

  for (const char *c = text; *c != '\0'; c = g_utf8_next_char (c))
    width += get_character_width (g_utf8_get_char (c));

  return width;
}

/**
 * loft_ctl_text_shorten:
 * @text: a clean text
 * @width: how many columns it may take
 *
 * Cuts a text, if need be, and shows that it was.
 *
 * Returns: (transfer full): a text that is no wider than @width
 */
char *
loft_ctl_text_shorten (const char *text, int width)
{
  int taken = 0;

  if (loft_ctl_text_width (text) <= width)
    return g_strdup (text);

  GString *cut = g_string_new (NULL);
  for (const char *c = text; *c != '\0'; c = g_utf8_next_char (c))
    {
      gunichar character = g_utf8_get_char (c);

      taken += get_character_width (character);
      if (taken > width - 1)
        break;
      g_string_append_unichar (cut, character);
    }
  g_string_append_unichar (cut, ELLIPSIS);

  return g_string_free (cut, FALSE);
}

/**
 * loft_ctl_text_line:
 * @text: a text that may come from strangers
 * @width: how many columns of a terminal it may take
 *
 * Makes a text part of a line: it can neither begin another one nor take all
 * the room.
 *
 * Returns: (transfer full): a clean text that is no wider than @width
 */
char *
loft_ctl_text_line (const char *text, int width)
{
  g_autofree char *clean = loft_ctl_text_clean (text, FALSE);

  return loft_ctl_text_shorten (clean, width);
}

/**
 * loft_ctl_text_amount:
 * @amount: how much or how many
 * @unit: of what, as the registry calls it
 *
 * Says how much something is.
 *
 * Returns: (transfer full): a text
 */
char *
loft_ctl_text_amount (guint64 amount, const char *unit)
{
  if (g_str_equal (unit, "bytes"))
    return g_format_size (amount);
  if (g_str_equal (unit, "versions"))
    return g_strdup_printf (
      ngettext ("%" PRIu64 " version", "%" PRIu64 " versions", (gulong) amount),
      amount);
  if (g_str_equal (unit, "packages"))
    return g_strdup_printf (
      ngettext ("%" PRIu64 " package", "%" PRIu64 " packages", (gulong) amount),
      amount);
  if (g_str_equal (unit, "objects"))
    return g_strdup_printf (
      ngettext ("%" PRIu64 " object", "%" PRIu64 " objects", (gulong) amount),
      amount);

  return g_strdup_printf ("%" G_GUINT64_FORMAT " %s", amount, unit);
}

/**
 * loft_ctl_text_duration:
 * @seconds: a time span
 *
 * Says how long something is, with as much precision as people want.
 *
 * Returns: (transfer full): a text
 */
char *
loft_ctl_text_duration (guint64 seconds)
{
  guint64 minutes = seconds / 60;
  guint64 hours = minutes / 60;

  if (hours >= 48)
    return g_strdup_printf (
      ngettext ("%" PRIu64 " day", "%" PRIu64 " days", (gulong) (hours / 24)),
      hours / 24);
  if (hours > 0)
    return g_strdup_printf (_ ("%" PRIu64 " h %02" PRIu64 " min"),
                            hours,
                            minutes % 60);
  if (minutes > 0)
    return g_strdup_printf (_ ("%" PRIu64 " min %02" PRIu64 " s"),
                            minutes,
                            seconds % 60);

  return g_strdup_printf (_ ("%" PRIu64 " s"), seconds);
}

/**
 * loft_ctl_text_time:
 * @iso: (nullable): a time in RFC 3339
 *
 * Says when something was, by the clock on the user's wall.
 *
 * Returns: (transfer full): a text, which is empty without a time
 */
char *
loft_ctl_text_time (const char *iso)
{
  g_autoptr (GDateTime) time =
    iso != NULL ? g_date_time_new_from_iso8601 (iso, NULL) : NULL;
  g_autoptr (GDateTime) local =
    time != NULL ? g_date_time_to_local (time) : NULL;

  if (local == NULL)
    return g_strdup ("");

  /* Translators: a time as strftime() writes it, always of the same width */
  return g_date_time_format (local, _ ("%Y-%m-%d %H:%M"));
}

/**
 * loft_ctl_text_split_version:
 * @text: a name and a version, with an at sign between
 * @out_name: (out) (transfer full): the name
 * @out_version: (out) (transfer full): the version
 * @error: return location for a #GError
 *
 * Takes apart what the user wrote.
 *
 * Returns: %TRUE, or %FALSE with @error set to %LOFT_CTL_ERROR_USAGE
 */
gboolean
loft_ctl_text_split_version (const char *text,
                             char **out_name,
                             char **out_version,
                             GError **error)
{
  const char *at = strchr (text, '@');

  if (at == NULL || at == text || at[1] == '\0')
    {
      g_set_error (error,
                   LOFT_CTL_ERROR,
                   LOFT_CTL_ERROR_USAGE,
                   _ ("“%s” is no NAME@VERSION, such as hello@1.0.0"),
                   text);
      return FALSE;
    }

  *out_name = g_strndup (text, (gsize) (at - text));
  *out_version = g_strdup (at + 1);

  return TRUE;
}
