/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "pages/loft-markdown-private.h"

#include <string.h>

/*
 * Every URL that leaves this file begins with one of a few strings that are
 * written here, or with what the caller gave; what a stranger wrote comes after
 * that, and only in characters that mean nothing to HTML and end no URL.
 */

/* Longer ones are not for people. */
#define MAX_URL 2048

/* What may stand in a URL as it is. */
#define UNRESERVED "-._~"
#define RESERVED ":/?#@!$&*+,;=()%"

/* What browsers make of a URL before they look at it: blanks around it and line
 * ends and tabs in it are nothing. NULL if other controls are in it. */
static char *
clean (const char *url)
{
  if (strlen (url) > MAX_URL)
    return NULL;

  g_autoptr (GString) clean = g_string_new (NULL);
  const char *end = url + strlen (url);

  while (url < end && (guchar) *url <= ' ')
    url++;
  while (end > url && (guchar) end[-1] <= ' ')
    end--;
  for (; url < end; url++)
    if (strchr ("\t\n\r", *url) != NULL)
      continue;
    else if (g_ascii_iscntrl (*url))
      return NULL;
    else
      g_string_append_c (clean, *url);

  return g_string_free (g_steal_pointer (&clean), FALSE);
}

/* Marks of direction hide where a link leads. */
static gboolean
is_plain (const char *text)
{
  if (!g_utf8_validate (text, -1, NULL))
    return FALSE;

  for (; *text != '\0'; text = g_utf8_next_char (text))
    {
      gunichar c = g_utf8_get_char (text);

      if (g_unichar_type (c) == G_UNICODE_FORMAT || g_unichar_iscntrl (c))
        return FALSE;
    }

  return TRUE;
}

/* The length of the scheme that @url begins with, without its colon; 0 if it is
 * relative. */
static gsize
get_scheme (const char *url)
{
  gsize length = 0;

  if (!g_ascii_isalpha (url[0]))
    return 0;
  while (g_ascii_isalnum (url[length]) ||
         (url[length] != '\0' && strchr ("+-.", url[length]) != NULL))
    length++;

  return url[length] == ':' ? length : 0;
}

/* A percent sign that encodes nothing is encoded, and so is a second hash. */
static gboolean
is_out_of_place (const char *text, gboolean in_fragment)
{
  if (*text == '%')
    return !g_ascii_isxdigit (text[1]) || !g_ascii_isxdigit (text[2]);

  return *text == '#' && in_fragment;
}

static void
append_encoded (GString *url, const char *text, const char *allowed)
{
  gboolean in_fragment = FALSE;

  for (; *text != '\0'; text++)
    {
      if ((g_ascii_isalnum (*text) || strchr (allowed, *text) != NULL) &&
          !is_out_of_place (text, in_fragment))
        g_string_append_c (url, *text);
      else
        g_string_append_printf (url, "%%%02X", (guint) (guchar) *text);
      in_fragment = in_fragment || *text == '#';
    }
}

/* http and https, with a host, and nobody's name before it: that is only there
 * to be taken for the host. */
static char *
resolve_web (const char *scheme, const char *rest)
{
  if (!g_str_has_prefix (rest, "//") || strchr (rest, '\\') != NULL ||
      !is_plain (rest))
    return NULL;

  const char *host = rest + 2;
  gsize length = strcspn (host, "/?#");
  if (length == 0 || memchr (host, '@', length) != NULL ||
      !(g_ascii_isalnum (*host) || (guchar) *host >= 0x80))
    return NULL;

  GString *url = g_string_new (scheme);
  append_encoded (url, rest, UNRESERVED RESERVED);

  return g_string_free (url, FALSE);
}

/* What is encoded is what a mail program would see, so controls are not allowed
 * there either: they would begin other lines of the mail's head. */
static char *
resolve_mail (const char *rest)
{
  g_autofree char *decoded = g_uri_unescape_string (rest, NULL);

  if (decoded == NULL || strchr (rest, '@') == NULL || !is_plain (rest) ||
      !is_plain (decoded))
    return NULL;

  GString *url = g_string_new ("mailto:");
  append_encoded (url, rest, UNRESERVED ":/?@!$&*+,;=%");

  return g_string_free (url, FALSE);
}

/* Adds the segments of a path to @segments; no `..` leads above the first. */
static void
walk (GPtrArray *segments, const char *path)
{
  g_auto (GStrv) parts = g_strsplit (path, "/", -1);

  for (guint i = 0; parts[i] != NULL; i++)
    if (g_str_equal (parts[i], ".."))
      {
        if (segments->len > 0)
          g_ptr_array_set_size (segments, (int) segments->len - 1);
      }
    else if (*parts[i] != '\0' && !g_str_equal (parts[i], "."))
      g_ptr_array_add (segments, g_strdup (parts[i]));
}

/* The URL of a file in the package, which is below @base whatever @target says;
 * NULL if it names none. @target may be encoded. */
static char *
resolve_file (const LoftMarkdownPlace *place,
              const char *base,
              const char *target)
{
  if (base == NULL)
    return NULL;

  gsize length = strcspn (target, "?#");
  g_autofree char *encoded = g_strndup (target, length);
  g_autofree char *path = g_uri_unescape_string (encoded, NULL);
  g_autoptr (GPtrArray) segments = g_ptr_array_new_with_free_func (g_free);

  if (path == NULL || *path == '\0' || g_str_has_prefix (path, "//") ||
      strchr (path, '\\') != NULL || !is_plain (path))
    return NULL;

  if (*path != '/')
    {
      walk (segments, place->path);
      if (segments->len > 0)
        g_ptr_array_set_size (segments, (int) segments->len - 1);
    }
  walk (segments, path);
  if (segments->len == 0)
    return NULL;

  GString *url = g_string_new (base);
  for (guint i = 0; i < segments->len; i++)
    {
      if (i > 0)
        g_string_append_c (url, '/');
      append_encoded (url, g_ptr_array_index (segments, i), UNRESERVED);
    }

  return g_string_free (url, FALSE);
}

/* A heading of the text itself. */
static char *
resolve_fragment (const char *fragment)
{
  g_autofree char *decoded = g_uri_unescape_string (fragment, NULL);

  if (decoded == NULL || !g_utf8_validate (decoded, -1, NULL))
    return NULL;

  g_autofree char *slug = loft_markdown_make_slug (decoded);
  GString *url = g_string_new ("#readme-");
  append_encoded (url, slug, UNRESERVED);

  return g_string_free (url, FALSE);
}

/* A link into a file, such as to a line of it, keeps what is after the hash. */
static char *
resolve_file_link (const LoftMarkdownPlace *place, const char *target)
{
  g_autofree char *file = resolve_file (place, place->links, target);
  const char *fragment = strchr (target, '#');

  if (file == NULL || fragment == NULL || fragment[1] == '\0')
    return g_steal_pointer (&file);

  GString *url = g_string_new (file);
  g_string_append_c (url, '#');
  append_encoded (url, fragment + 1, UNRESERVED "%");

  return g_string_free (url, FALSE);
}

char *
loft_markdown_resolve_link (const LoftMarkdownPlace *place, const char *url)
{
  g_autofree char *target = clean (url);

  if (target == NULL || *target == '\0')
    return NULL;
  if (*target == '#')
    return target[1] != '\0' ? resolve_fragment (target + 1) : NULL;

  gsize scheme = get_scheme (target);
  if (scheme == 0)
    return resolve_file_link (place, target);

  const char *rest = target + scheme + 1;
  if (scheme == 4 && g_ascii_strncasecmp (target, "http", 4) == 0)
    return resolve_web ("http:", rest);
  if (scheme == 5 && g_ascii_strncasecmp (target, "https", 5) == 0)
    return resolve_web ("https:", rest);
  if (scheme == 6 && g_ascii_strncasecmp (target, "mailto", 6) == 0)
    return resolve_mail (rest);

  return NULL;
}

char *
loft_markdown_resolve_image (const LoftMarkdownPlace *place, const char *url)
{
  g_autofree char *target = clean (url);

  if (target == NULL || get_scheme (target) > 0)
    return NULL;

  return resolve_file (place, place->images, target);
}

/* Whether a URL that was resolved leads away from the registry. */
gboolean
loft_markdown_is_outside (const char *url)
{
  return get_scheme (url) > 0;
}
