/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "pages/loft-html-writer.h"

#include <string.h>

/* What may follow once the writer is full: the ends of open elements are not
 * counted, and whoever fills it wants to say so. */
#define RESERVE 8192

/**
 * LoftHtmlWriter:
 *
 * Writes HTML that is balanced and whose texts are texts, whatever is written:
 * names of elements and attributes are ours, all else is escaped here. It takes
 * no more than it was made for; what comes afterwards is ignored, together with
 * the ends of elements that were ignored.
 */
struct _LoftHtmlWriter
{
  GString *html;   /* owned */
  GPtrArray *open; /* owned: names of the open elements, not owned */
  gsize limit;
  guint ignored;   /* elements that were opened after it was full */
  gboolean in_tag; /* the newest start tag can still have attributes */
};

/**
 * loft_html_writer_new:
 * @limit: how many bytes it takes
 *
 * Returns: (transfer full): a new writer
 */
LoftHtmlWriter *
loft_html_writer_new (gsize limit)
{
  LoftHtmlWriter *self = g_new0 (LoftHtmlWriter, 1);

  self->html = g_string_new (NULL);
  self->open = g_ptr_array_new ();
  self->limit = limit;

  return self;
}

void
loft_html_writer_free (LoftHtmlWriter *self)
{
  g_string_free (self->html, TRUE);
  g_ptr_array_unref (self->open);
  g_free (self);
}

/* Marks that turn the direction of what follows would reach beyond what they
 * stand in, and make text read otherwise than it is. */
static gboolean
turns_direction (gunichar c)
{
  return (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

static gboolean
can_be_shown (gunichar c)
{
  if (c < 0x20)
    return c == '\t' || c == '\n';

  return !(c >= 0x7f && c < 0xa0) && (c & 0xfffe) != 0xfffe &&
         !(c >= 0xfdd0 && c <= 0xfdef);
}

/* What stands for a character; NULL if that is the character itself. */
static const char *
find_substitute (gunichar c)
{
  if (c == '&')
    return "&amp;";
  if (c == '<')
    return "&lt;";
  if (c == '>')
    return "&gt;";
  if (c == '"')
    return "&quot;";
  if (c == '\r')
    return "";

  return can_be_shown (c) && !turns_direction (c) ? NULL : "\357\277\275";
}

/* The character at @text, and how many bytes it has. */
static gunichar
read_character (const char *text, const char *end, gsize *out_size)
{
  gunichar c = (guchar) *text;

  *out_size = 1;
  if (c < 0x80)
    return c;

  c = g_utf8_get_char_validated (text, end - text);
  if (c == (gunichar) -1 || c == (gunichar) -2)
    return 0xffff; /* which can't be shown either */
  *out_size = (gsize) g_unichar_to_utf8 (c, NULL);

  return c;
}

static void
append_escaped (LoftHtmlWriter *self, const char *text, gsize length)
{
  const char *end = text + length;
  const char *from = text;

  while (text < end && self->html->len + (gsize) (text - from) < self->limit)
    {
      gsize size = 0;
      gunichar c = read_character (text, end, &size);
      const char *substitute = find_substitute (c);

      if (substitute != NULL)
        {
          g_string_append_len (self->html, from, text - from);
          g_string_append (self->html, substitute);
          from = text + size;
        }
      text += size;
    }

  g_string_append_len (self->html, from, text - from);
}

static void
end_tag (LoftHtmlWriter *self)
{
  if (self->in_tag)
    g_string_append_c (self->html, '>');
  self->in_tag = FALSE;
}

static gboolean
start_tag (LoftHtmlWriter *self, const char *element)
{
  end_tag (self);
  if (loft_html_writer_is_full (self))
    return FALSE;

  g_string_append_c (self->html, '<');
  g_string_append (self->html, element);
  self->in_tag = TRUE;

  return TRUE;
}

/**
 * loft_html_writer_open:
 * @self: a writer
 * @element: (not nullable): the name of an element, a constant
 *
 * Begins an element, which loft_html_writer_close() ends.
 */
void
loft_html_writer_open (LoftHtmlWriter *self, const char *element)
{
  if (self->ignored > 0 || !start_tag (self, element))
    self->ignored++;
  else
    g_ptr_array_add (self->open, (gpointer) element);
}

/**
 * loft_html_writer_add_void:
 * @self: a writer
 * @element: the name of an element that has no end, a constant
 *
 * Adds an element such as `img`.
 */
void
loft_html_writer_add_void (LoftHtmlWriter *self, const char *element)
{
  if (self->ignored == 0)
    start_tag (self, element);
}

/**
 * loft_html_writer_set:
 * @self: a writer
 * @attribute: the name of an attribute, a constant
 * @value: its value, UTF-8
 *
 * Gives an attribute to the element that was just begun.
 */
void
loft_html_writer_set (LoftHtmlWriter *self,
                      const char *attribute,
                      const char *value)
{
  if (!self->in_tag)
    return;

  g_string_append_c (self->html, ' ');
  g_string_append (self->html, attribute);
  g_string_append (self->html, "=\"");
  append_escaped (self, value, strlen (value));
  g_string_append_c (self->html, '"');
}

/**
 * loft_html_writer_add_text:
 * @self: a writer
 * @text: a text; what is not UTF-8 in it is replaced
 * @length: its length in bytes
 *
 * Adds a text to the element that is open.
 */
void
loft_html_writer_add_text (LoftHtmlWriter *self, const char *text, gsize length)
{
  end_tag (self);
  if (self->ignored == 0)
    append_escaped (self, text, length);
}

/**
 * loft_html_writer_close:
 * @self: a writer
 *
 * Ends the element that was opened last.
 */
void
loft_html_writer_close (LoftHtmlWriter *self)
{
  g_return_if_fail (self->ignored > 0 || self->open->len > 0);

  end_tag (self);
  if (self->ignored > 0)
    {
      self->ignored--;
      return;
    }

  guint last = self->open->len - 1;
  g_string_append (self->html, "</");
  g_string_append (self->html, g_ptr_array_index (self->open, last));
  g_string_append_c (self->html, '>');
  g_ptr_array_set_size (self->open, (int) last);
}

/**
 * loft_html_writer_is_full:
 * @self: a writer
 *
 * Returns: whether something was ignored, or would be
 */
gboolean
loft_html_writer_is_full (LoftHtmlWriter *self)
{
  return self->html->len >= self->limit;
}

/**
 * loft_html_writer_close_all:
 * @self: a writer
 *
 * Ends all elements, and lets a few more bytes in if the writer is full.
 */
void
loft_html_writer_close_all (LoftHtmlWriter *self)
{
  self->ignored = 0;
  while (self->open->len > 0)
    loft_html_writer_close (self);
  end_tag (self);

  self->limit = self->html->len + RESERVE;
}

/**
 * loft_html_writer_finish:
 * @self: a writer, which is empty afterwards
 *
 * Returns: (transfer full): what was written
 */
GString *
loft_html_writer_finish (LoftHtmlWriter *self)
{
  loft_html_writer_close_all (self);

  GString *html = g_steal_pointer (&self->html);
  self->html = g_string_new (NULL);

  return html;
}
