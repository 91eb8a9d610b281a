/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "kit/html-check.h"

#include <string.h>

/*
 * Reads what became of a README more strictly than any browser does, and shares
 * no code with what wrote it. A `<` begins a tag that is spelled exactly so, a
 * `&` a reference of a few, elements end in order and stand where HTML has
 * them, and attributes have values of the forms that are listed here.
 */

typedef enum
{
  FORM_WORDS,  /* any text */
  FORM_LINK,   /* http, https, mailto, a file of the package, a heading */
  FORM_IMAGE,  /* a file of the package */
  FORM_NUMBER, /* digits */
  FORM_ID,     /* of a heading */
  FORM_CLASS,  /* one that we have */
  FORM_REL,
  FORM_LAZY,
  FORM_ZERO,
} Form;

static const struct
{
  const char *element;
  const char *name;
  Form form;
} attributes[] = {
  { "a", "href", FORM_LINK },       { "a", "rel", FORM_REL },
  { "a", "title", FORM_WORDS },     { "code", "class", FORM_CLASS },
  { "div", "class", FORM_CLASS },   { "div", "tabindex", FORM_ZERO },
  { "h2", "id", FORM_ID },          { "h3", "id", FORM_ID },
  { "h4", "id", FORM_ID },          { "h5", "id", FORM_ID },
  { "h6", "id", FORM_ID },          { "img", "alt", FORM_WORDS },
  { "img", "loading", FORM_LAZY },  { "img", "src", FORM_IMAGE },
  { "li", "class", FORM_CLASS },    { "ol", "start", FORM_NUMBER },
  { "p", "class", FORM_CLASS },     { "pre", "class", FORM_CLASS },
  { "pre", "tabindex", FORM_ZERO }, { "span", "class", FORM_CLASS },
  { "td", "class", FORM_CLASS },    { "th", "class", FORM_CLASS },
};

#define FLOW "body blockquote li div "
#define PHRASES "p h2 h3 h4 h5 h6 li td th em strong del a blockquote "

/* Elements, and the ones that they may stand in. */
static const struct
{
  const char *name;
  const char *parents;
} elements[] = {
  { "a", PHRASES },      { "blockquote", FLOW },
  { "br", PHRASES },     { "code", PHRASES "pre " },
  { "del", PHRASES },    { "div", FLOW },
  { "em", PHRASES },     { "h2", FLOW },
  { "h3", FLOW },        { "h4", FLOW },
  { "h5", FLOW },        { "h6", FLOW },
  { "hr", FLOW },        { "img", PHRASES },
  { "li", "ol ul " },    { "ol", FLOW },
  { "p", FLOW },         { "pre", FLOW },
  { "span", "code " },   { "strong", PHRASES },
  { "table", "div " },   { "tbody", "table " },
  { "td", "tr " },       { "th", "tr " },
  { "thead", "table " }, { "tr", "tbody thead " },
  { "ul", FLOW },
};

typedef struct
{
  const char *at;
  const char *end;
  GPtrArray *open; /* owned: names */
  GHashTable *ids; /* owned */
  char *mistake;   /* owned, nullable: the first */
} Check;

G_GNUC_PRINTF (2, 3)
static gboolean
fail (Check *self, const char *format, ...)
{
  va_list arguments;

  va_start (arguments, format);
  if (self->mistake == NULL)
    {
      g_autofree char *what = g_strdup_vprintf (format, arguments);
      g_autofree char *where =
        g_strndup (self->at, (gsize) MIN (self->end - self->at, 60));

      self->mistake = g_strdup_printf ("%s before “%s”", what, where);
    }
  va_end (arguments);

  return FALSE;
}

static gboolean
has_word (const char *words, const char *word)
{
  g_autofree char *spaced = g_strconcat (" ", words, NULL);
  g_autofree char *wanted = g_strconcat (" ", word, " ", NULL);

  return strstr (spaced, wanted) != NULL;
}

static gboolean
has_only (const char *text, const char *allowed)
{
  for (; *text != '\0'; text++)
    if (!g_ascii_isalnum (*text) && strchr (allowed, *text) == NULL)
      return FALSE;

  return TRUE;
}

/* No `..`, not even encoded, leads out of where a URL seems to be. */
static gboolean
stays_below (const char *url, const char *base)
{
  g_autofree char *path = g_strndup (url, strcspn (url, "#"));
  g_autofree char *decoded = g_uri_unescape_string (path, NULL);

  if (!g_str_has_prefix (path, base) || path[strlen (base)] == '\0' ||
      decoded == NULL || strchr (decoded, '\\') != NULL ||
      !has_only (url, "/-._~%#"))
    return FALSE;

  g_auto (GStrv) segments = g_strsplit (decoded + 1, "/", -1);
  for (guint i = 0; segments[i] != NULL; i++)
    if (*segments[i] == '\0' || has_word (". .. ", segments[i]))
      return FALSE;

  return TRUE;
}

static gboolean
is_link (const char *url)
{
  if (g_str_has_prefix (url, "#readme-"))
    return has_only (url, "#-._~%");
  if (g_str_has_prefix (url, "mailto:"))
    {
      g_autofree char *decoded = g_uri_unescape_string (url, NULL);

      return decoded != NULL && strpbrk (decoded, "\r\n\t") == NULL;
    }
  if (g_str_has_prefix (url, "http://") || g_str_has_prefix (url, "https://"))
    {
      const char *host = strstr (url, "://") + 3;

      return strcspn (host, "/?#") > 0 &&
             memchr (host, '@', strcspn (host, "/?#")) == NULL &&
             has_only (url, "-._~:/?#@!$&*+,;=()%");
    }

  return stays_below (url, "/packages/p/1.0.0/files/");
}

static gboolean
is_class (const char *value)
{
  return has_word ("task table center right text more "
                   "tok-k tok-t tok-s tok-n tok-c ",
                   value) ||
         (g_str_has_prefix (value, "language-") && has_only (value, "+#-"));
}

static gboolean
is_of_form (Check *self, Form form, const char *value)
{
  switch (form)
    {
    case FORM_WORDS:
      return TRUE;
    case FORM_LINK:
      return is_link (value);
    case FORM_IMAGE:
      return stays_below (value, "/packages/p/1.0.0/raw/");
    case FORM_NUMBER:
      return *value != '\0' && value[strspn (value, "0123456789")] == '\0';
    case FORM_ID:
      return g_str_has_prefix (value, "readme-") &&
             strpbrk (value, " \t\n\"'<>&") == NULL &&
             g_hash_table_add (self->ids, g_strdup (value));
    case FORM_CLASS:
      return is_class (value);
    case FORM_REL:
      return g_str_equal (value, "nofollow noopener ugc");
    case FORM_LAZY:
      return g_str_equal (value, "lazy");
    case FORM_ZERO:
      return g_str_equal (value, "0");
    default:
      return FALSE;
    }
}

static gboolean
is_shown (gunichar c)
{
  if (c < 0x20)
    return c == '\n' || c == '\t';

  return !(c >= 0x7f && c <= 0x9f) && !(c >= 0x202a && c <= 0x202e) &&
         !(c >= 0x2066 && c <= 0x2069) && (c & 0xfffe) != 0xfffe;
}

/* Reads a text until @stop, and returns it without references. */
static char *
read_text (Check *self, char stop)
{
  static const char *const names[] = { "&amp;", "&lt;", "&gt;", "&quot;" };
  g_autoptr (GString) text = g_string_new (NULL);

  while (self->at < self->end && *self->at != stop)
    {
      gunichar c = g_utf8_get_char (self->at);
      guint i = 0;

      if (c == '<' || c == '>' || !is_shown (c))
        {
          fail (self, "U+%04X in a text", c);
          return NULL;
        }
      while (c == '&' && i < G_N_ELEMENTS (names) &&
             !g_str_has_prefix (self->at, names[i]))
        i++;
      if (i == G_N_ELEMENTS (names))
        {
          fail (self, "a bare ampersand");
          return NULL;
        }
      g_string_append_unichar (text, c == '&' ? (guchar) "&<>\""[i] : c);
      self->at += c == '&' ? strlen (names[i])
                           : (gsize) (g_utf8_next_char (self->at) - self->at);
    }

  return g_string_free (g_steal_pointer (&text), FALSE);
}

static char *
read_name (Check *self)
{
  gsize length = 0;

  while (g_ascii_islower (self->at[length]) ||
         g_ascii_isdigit (self->at[length]))
    length++;
  char *name = g_strndup (self->at, length);
  self->at += length;

  return name;
}

/* Reads ` NAME="VALUE"`, which @element may have, once. */
static gboolean
read_attribute (Check *self, const char *element, GString *seen)
{
  self->at++;
  g_autofree char *name = read_name (self);
  guint i = 0;

  while (i < G_N_ELEMENTS (attributes) &&
         !(g_str_equal (attributes[i].element, element) &&
           g_str_equal (attributes[i].name, name)))
    i++;
  if (i == G_N_ELEMENTS (attributes) || has_word (seen->str, name))
    return fail (self, "attribute “%s” of “%s”", name, element);
  g_string_append_printf (seen, "%s ", name);

  if (!g_str_has_prefix (self->at, "=\""))
    return fail (self, "no quote");
  self->at += 2;
  g_autofree char *value = read_text (self, '"');
  if (value == NULL || self->at == self->end)
    return fail (self, "no value");
  self->at++;
  if (!is_of_form (self, attributes[i].form, value))
    return fail (self, "%s=“%s” of “%s”", name, value, element);

  return TRUE;
}

static gboolean
may_stand_here (Check *self, const char *name)
{
  const char *parent = self->open->len > 0
                         ? g_ptr_array_index (self->open, self->open->len - 1)
                         : "body";
  guint i = 0;

  while (i < G_N_ELEMENTS (elements) && !g_str_equal (elements[i].name, name))
    i++;
  if (i == G_N_ELEMENTS (elements) || !has_word (elements[i].parents, parent))
    return FALSE;

  for (guint j = 0; j < self->open->len && g_str_equal (name, "a"); j++)
    if (g_str_equal (g_ptr_array_index (self->open, j), "a"))
      return FALSE;

  return TRUE;
}

static gboolean
read_start (Check *self)
{
  self->at++;
  g_autofree char *name = read_name (self);
  g_autoptr (GString) seen = g_string_new (NULL);

  if (!may_stand_here (self, name))
    return fail (self, "element “%s”", name);
  while (*self->at == ' ')
    if (!read_attribute (self, name, seen))
      return FALSE;
  if (*self->at != '>')
    return fail (self, "no end of a tag");
  self->at++;

  if ((g_str_equal (name, "a") && !has_word (seen->str, "href")) ||
      (g_str_equal (name, "img") && !has_word (seen->str, "alt")))
    return fail (self, "something missing of “%s”", name);
  if (!has_word ("br hr img ", name))
    g_ptr_array_add (self->open, g_steal_pointer (&name));

  return TRUE;
}

static gboolean
read_end (Check *self)
{
  self->at += 2;
  g_autofree char *name = read_name (self);
  guint n = self->open->len;

  if (*self->at != '>' || n == 0 ||
      !g_str_equal (g_ptr_array_index (self->open, n - 1), name))
    return fail (self, "end of “%s”", name);
  self->at++;
  g_ptr_array_set_size (self->open, (int) n - 1);

  return TRUE;
}

static gboolean
read_piece (Check *self)
{
  if (*self->at != '<')
    {
      g_autofree char *text = read_text (self, '<');

      return text != NULL;
    }

  return self->at[1] == '/' ? read_end (self) : read_start (self);
}

/**
 * html_check:
 * @html: what shall be a part of a page, for `/packages/p/1.0.0/files/` and
 *   `/packages/p/1.0.0/raw/`
 * @length: its length
 *
 * Returns: (nullable): what is wrong with it, if anything
 */
char *
html_check (const char *html, gsize length)
{
  if (!g_utf8_validate (html, (gssize) length, NULL))
    return g_strdup ("It is not UTF-8");

  g_autofree char *copy = g_strndup (html, length);
  g_autoptr (GPtrArray) open = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GHashTable) ids =
    g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  Check check = { copy, copy + length, open, ids, NULL };

  while (check.at < check.end && read_piece (&check))
    continue;
  if (open->len > 0)
    fail (&check, "%u elements are open", open->len);

  return check.mistake;
}
