/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-version.h"

#include <string.h>

#include "registry/loft-quote.h"
#include "registry/loft-registry-error.h"

/* A piece of a version: a view into the string that was parsed. */
typedef struct
{
  const char *start; /* unowned, NULL if there is no such piece */
  gsize length;
} Span;

typedef struct
{
  Span core[3];
  Span pre;
  Span build;
} Version;

static gboolean
is_identifier_char (char c)
{
  return g_ascii_isalnum (c) || c == '-';
}

static gboolean
span_is_numeric (const Span *span)
{
  for (gsize i = 0; i < span->length; i++)
    if (!g_ascii_isdigit (span->start[i]))
      return FALSE;

  return span->length > 0;
}

/* Takes a number without leading zeros from the front of @text. */
static const char *
take_number (const char **text, Span *out)
{
  const char *start = *text;

  while (g_ascii_isdigit (**text))
    (*text)++;

  *out = (Span){ start, *text - start };
  if (out->length == 0)
    return "a number is missing";
  if (out->length > 1 && *start == '0')
    return "a number begins with a zero";

  return NULL;
}

/* Takes dot-separated identifiers; in a pre-release, where they have an order,
 * numbers must not begin with a zero. */
static const char *
take_identifiers (const char **text, gboolean is_pre, Span *out)
{
  const char *start = *text;

  for (;;)
    {
      Span one = { *text, 0 };

      while (is_identifier_char (**text))
        (*text)++;
      one.length = *text - one.start;

      if (one.length == 0)
        return is_pre ? "a pre-release identifier is empty or has a character "
                        "other than letters, digits and hyphens"
                      : "a build identifier is empty or has a character other "
                        "than letters, digits and hyphens";
      if (is_pre && one.length > 1 && *one.start == '0' &&
          span_is_numeric (&one))
        return "a numeric pre-release identifier begins with a zero";
      if (**text != '.')
        break;
      (*text)++;
    }

  *out = (Span){ start, *text - start };

  return NULL;
}

/* Takes what may follow the three numbers. */
static const char *
take_suffixes (const char **text, Version *out)
{
  const char *problem = NULL;

  if (**text == '-')
    {
      (*text)++;
      problem = take_identifiers (text, TRUE, &out->pre);
    }
  if (problem == NULL && **text == '+')
    {
      (*text)++;
      problem = take_identifiers (text, FALSE, &out->build);
    }

  return problem;
}

/* Parses a whole version of any length; returns what is wrong, or NULL. */
static const char *
parse_version (const char *text, Version *out)
{
  memset (out, 0, sizeof *out);

  for (guint i = 0; i < G_N_ELEMENTS (out->core); i++)
    {
      if (i > 0 && *text != '.')
        return "it needs three numbers with dots between them";
      if (i > 0)
        text++;

      const char *problem = take_number (&text, &out->core[i]);
      if (problem != NULL)
        return problem;
    }

  const char *problem = take_suffixes (&text, out);
  if (problem != NULL)
    return problem;

  return *text == '\0' ? NULL
                       : "something follows it that does not belong there";
}

/**
 * loft_version_check:
 * @version: any string
 * @error: return location for a #GError
 *
 * Checks that @version is a version by Semantic Versioning 2.0.0 of at most
 * %LOFT_VERSION_MAX characters. Its numbers may have any length.
 *
 * Returns: %TRUE if it is; %FALSE with @error set to
 *   %LOFT_REGISTRY_ERROR_MALFORMED otherwise
 */
gboolean
loft_version_check (const char *version, GError **error)
{
  g_return_val_if_fail (version != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  Version parsed;
  const char *problem =
    strnlen (version, LOFT_VERSION_MAX + 1) > LOFT_VERSION_MAX
      ? "it has more than 150 characters"
      : parse_version (version, &parsed);
  if (problem == NULL)
    return TRUE;

  g_autofree char *quoted = loft_quote (version);
  g_set_error (error,
               LOFT_REGISTRY_ERROR,
               LOFT_REGISTRY_ERROR_MALFORMED,
               "%s is not a semantic version such as “1.2.3”: %s",
               quoted,
               problem);

  return FALSE;
}

static int
compare_bytes (const Span *a, const Span *b)
{
  int order = memcmp (a->start, b->start, MIN (a->length, b->length));

  if (order == 0)
    order = (a->length > b->length) - (a->length < b->length);

  return (order > 0) - (order < 0);
}

static int
compare_numbers (const Span *a, const Span *b)
{
  if (a->length != b->length)
    return a->length < b->length ? -1 : 1;

  return compare_bytes (a, b);
}

/* Splits the first identifier off; FALSE if there is none left. */
static gboolean
next_identifier (Span *rest, Span *out)
{
  if (rest->start == NULL)
    return FALSE;

  const char *dot = memchr (rest->start, '.', rest->length);
  if (dot == NULL)
    {
      *out = *rest;
      *rest = (Span){ NULL, 0 };
    }
  else
    {
      *out = (Span){ rest->start, dot - rest->start };
      *rest = (Span){ dot + 1, rest->length - out->length - 1 };
    }

  return TRUE;
}

static int
compare_identifiers (const Span *a, const Span *b)
{
  gboolean a_is_numeric = span_is_numeric (a);
  gboolean b_is_numeric = span_is_numeric (b);

  if (a_is_numeric && b_is_numeric)
    return compare_numbers (a, b);
  if (a_is_numeric != b_is_numeric)
    return a_is_numeric ? -1 : 1;

  return compare_bytes (a, b);
}

static int
compare_pre (Span a, Span b)
{
  /* A version without a pre-release comes after those with one. */
  if (a.start == NULL || b.start == NULL)
    return (a.start == NULL) - (b.start == NULL);

  for (;;)
    {
      Span one_a, one_b;
      gboolean has_a = next_identifier (&a, &one_a);
      gboolean has_b = next_identifier (&b, &one_b);

      if (!has_a || !has_b)
        return has_a - has_b;

      int order = compare_identifiers (&one_a, &one_b);
      if (order != 0)
        return order;
    }
}

/**
 * loft_version_compare:
 * @a: any string
 * @b: any string
 *
 * Orders versions by the precedence of Semantic Versioning 2.0.0, in which
 * build metadata does not count. Strings that are no versions at all, as old
 * folders may hold them, come before all versions, in the order of their bytes.
 *
 * Returns: -1, 0 or 1 as @a comes before, with or after @b
 */
int
loft_version_compare (const char *a, const char *b)
{
  g_return_val_if_fail (a != NULL && b != NULL, 0);

  Version parsed_a, parsed_b;
  gboolean a_is_odd = parse_version (a, &parsed_a) != NULL;
  gboolean b_is_odd = parse_version (b, &parsed_b) != NULL;

  if (a_is_odd && b_is_odd)
    {
      int order = strcmp (a, b);

      return (order > 0) - (order < 0);
    }
  if (a_is_odd != b_is_odd)
    return a_is_odd ? -1 : 1;

  for (guint i = 0; i < G_N_ELEMENTS (parsed_a.core); i++)
    {
      int order = compare_numbers (&parsed_a.core[i], &parsed_b.core[i]);

      if (order != 0)
        return order;
    }

  return compare_pre (parsed_a.pre, parsed_b.pre);
}

/**
 * loft_version_is_prerelease:
 * @version: any string
 *
 * Tells whether @version is listed with the pre-releases, which come before the
 * stable versions. A string that is no version is: clients take the last one
 * listed for the newest stable one, and nobody can say that of it.
 *
 * Returns: %FALSE if @version is a stable version
 */
gboolean
loft_version_is_prerelease (const char *version)
{
  g_return_val_if_fail (version != NULL, FALSE);

  Version parsed;

  return parse_version (version, &parsed) != NULL || parsed.pre.start != NULL;
}

/**
 * loft_version_without_build:
 * @version: any string
 *
 * Takes the build metadata off, which makes no version distinct. A string that
 * is no version is left as it is.
 *
 * Returns: (transfer full): the version without build metadata
 */
char *
loft_version_without_build (const char *version)
{
  g_return_val_if_fail (version != NULL, NULL);

  Version parsed;
  if (parse_version (version, &parsed) != NULL || parsed.build.start == NULL)
    return g_strdup (version);

  return g_strndup (version, parsed.build.start - 1 - version);
}

static void
append_number_key (GByteArray *key, const Span *number)
{
  /* The length comes first, so that longer numbers are larger ones. */
  if (number->length < 0xff)
    {
      guint8 length = number->length;

      g_byte_array_append (key, &length, 1);
    }
  else
    {
      guint64 length = GUINT64_TO_BE ((guint64) number->length);

      g_byte_array_append (key, (const guint8 *) "\xff", 1);
      g_byte_array_append (key, (const guint8 *) &length, sizeof length);
    }

  g_byte_array_append (key, (const guint8 *) number->start, number->length);
}

/* Identifiers are numbers (1), or else text (2) that ends in a zero byte. A
 * zero ends the list, so that the shorter one comes first; no list at all is 3.
 */
static void
append_pre_key (GByteArray *key, Span pre)
{
  if (pre.start == NULL)
    {
      g_byte_array_append (key, (const guint8 *) "\3", 1);
      return;
    }

  Span one;
  while (next_identifier (&pre, &one))
    if (span_is_numeric (&one))
      {
        g_byte_array_append (key, (const guint8 *) "\1", 1);
        append_number_key (key, &one);
      }
    else
      {
        g_byte_array_append (key, (const guint8 *) "\2", 1);
        g_byte_array_append (key, (const guint8 *) one.start, one.length);
        g_byte_array_append (key, (const guint8 *) "\0", 1);
      }

  g_byte_array_append (key, (const guint8 *) "\0", 1);
}

/**
 * loft_version_sort_key:
 * @version: any string
 *
 * Makes bytes that a database can sort by: memcmp() orders the keys of any two
 * strings as loft_version_compare() orders the strings, where the shorter of
 * two keys with a common beginning comes first.
 *
 * Returns: (transfer full): the key
 */
GBytes *
loft_version_sort_key (const char *version)
{
  g_return_val_if_fail (version != NULL, NULL);

  GByteArray *key = g_byte_array_new ();
  Version parsed;

  if (parse_version (version, &parsed) != NULL)
    {
      g_byte_array_append (key, (const guint8 *) "\0", 1);
      g_byte_array_append (key, (const guint8 *) version, strlen (version));
    }
  else
    {
      g_byte_array_append (key, (const guint8 *) "\1", 1);
      for (guint i = 0; i < G_N_ELEMENTS (parsed.core); i++)
        append_number_key (key, &parsed.core[i]);
      append_pre_key (key, parsed.pre);
    }

  return g_byte_array_free_to_bytes (key);
}
