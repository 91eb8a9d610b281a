/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "pages/loft-badge.h"

#include <string.h>

#include "pages/loft-escape.h"

/* A small picture of two words, for READMEs elsewhere. It has no style, which
 * nobody would allow it, and the text is as wide as the drawing says, whichever
 * font it gets. */

#define HEIGHT 20
#define PADDING 6

/* Letters; what is longer is cut. */
#define LETTERS_MAX 40

static char *
shorten (const char *text)
{
  g_autofree char *valid = g_utf8_make_valid (text, -1);

  if (g_utf8_strlen (valid, -1) <= LETTERS_MAX)
    return g_steal_pointer (&valid);

  g_autofree char *head = g_utf8_substring (valid, 0, LETTERS_MAX - 1);

  return g_strconcat (head, "…", NULL);
}

/* About as wide as most fonts have it at 11 pixels. */
static guint
measure (const char *text)
{
  guint width = 0;

  for (const char *next = text; *next != '\0'; next = g_utf8_next_char (next))
    if ((guchar) *next >= 0x80)
      width += 11;
    else if (strchr ("fijlrtI.,:;!|'-() ", *next) != NULL)
      width += 5;
    else
      width += strchr ("mwMW@%", *next) != NULL ? 10 : 7;

  return MAX (width, 1);
}

static void
append_part (GString *svg,
             const char *text,
             guint x,
             guint width,
             const char *fill)
{
  g_string_append_printf (svg,
                          "<rect x=\"%u\" width=\"%u\" height=\"%d\" "
                          "fill=\"%s\"/>"
                          "<text x=\"%u\" y=\"14\" textLength=\"%u\">",
                          x,
                          width + 2 * PADDING,
                          HEIGHT,
                          fill,
                          x + PADDING,
                          width);
  loft_escape_append_text (svg, text);
  g_string_append (svg, "</text>");
}

/**
 * loft_badge_render:
 * @label: what it is about
 * @value: what it tells of that
 * @color: how it looks
 *
 * Draws a badge, which people who do not see it are told of as well.
 *
 * Returns: (transfer full): an SVG picture
 */
GBytes *
loft_badge_render (const char *label, const char *value, LoftBadgeColor color)
{
  g_return_val_if_fail (label != NULL && value != NULL, NULL);

  static const char *const fills[] = { "#0b62a8", "#8a5200", "#666" };
  g_autofree char *left = shorten (label);
  g_autofree char *right = shorten (value);
  guint left_width = measure (left);
  guint right_width = measure (right);
  g_autoptr (GString) svg = g_string_sized_new (1024);

  g_string_append_printf (svg,
                          "<svg xmlns=\"http://www.w3.org/2000/svg\" "
                          "width=\"%u\" height=\"%d\" role=\"img\" "
                          "aria-labelledby=\"t\"><title id=\"t\">",
                          left_width + right_width + 4 * PADDING,
                          HEIGHT);
  loft_escape_append_text (svg, label);
  g_string_append (svg, ": ");
  loft_escape_append_text (svg, value);
  g_string_append (svg,
                   "</title><g fill=\"#fff\" font-size=\"11\" "
                   "font-family=\"Verdana,DejaVu Sans,sans-serif\">");
  append_part (svg, left, 0, left_width, "#444");
  append_part (svg, right, left_width + 2 * PADDING, right_width, fills[color]);
  g_string_append (svg, "</g></svg>\n");

  return g_string_free_to_bytes (g_steal_pointer (&svg));
}
