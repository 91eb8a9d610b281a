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

/* What the resolver of released clients takes, and no more: a requirement that
 * it cannot parse makes a package that nobody can install. */
#define CONSTRAINT_MAX 256
#define COMPARATORS_MAX 32

static void
skip_spaces (const char **text)
{
  while (**text == ' ')
    (*text)++;
}

static gboolean
take_char (const char **text, char c)
{
  if (**text != c)
    return FALSE;

  (*text)++;

  return TRUE;
}

static gboolean
take_wildcard (const char **text)
{
  return take_char (text, '*') || take_char (text, 'x') ||
         take_char (text, 'X');
}

static void
take_operator (const char **text)
{
  if (take_char (text, '>') || take_char (text, '<'))
    take_char (text, '=');
  else if (!take_char (text, '=') && !take_char (text, '~'))
    take_char (text, '^');
}

static const char *
take_part (const char **text)
{
  const char *start = *text;
  guint64 value = 0;

  for (; g_ascii_isdigit (**text); (*text)++)
    if (!g_uint64_checked_mul (&value, value, 10) ||
        !g_uint64_checked_add (&value, value, **text - '0'))
      return "a number is too large";

  if (*text == start)
    return "a number is missing";
  if (*text - start > 1 && *start == '0')
    return "a number begins with a zero";

  return NULL;
}

/* Takes the identifiers after a hyphen or a plus, by checking them as those of
 * a whole version. */
static const char *
take_suffix (const char **text)
{
  gsize length = 1;

  while (g_ascii_isalnum ((*text)[length]) || (*text)[length] == '-' ||
         (*text)[length] == '.')
    length++;

  g_autofree char *suffix = g_strndup (*text, length);
  g_autofree char *whole = g_strconcat ("0.0.0", suffix, NULL);
  if (strlen (whole) > LOFT_VERSION_MAX || !loft_version_check (whole, NULL))
    return "its pre-release or build part is malformed";

  *text += length;

  return NULL;
}

/* Takes the second and third number, either of which may be left out or be a
 * wildcard; suffixes may follow only where all three are there. */
static const char *
take_rest (const char **text)
{
  gboolean has_wildcard = FALSE;
  guint numbers = 1;

  for (guint i = 0; i < 2 && take_char (text, '.'); i++)
    {
      if (take_wildcard (text))
        {
          has_wildcard = TRUE;
          continue;
        }
      if (has_wildcard)
        return "a number follows a wildcard";

      const char *problem = take_part (text);
      if (problem != NULL)
        return problem;
      numbers++;
    }

  const char *problem = NULL;
  if (numbers == 3 && **text == '-')
    problem = take_suffix (text);
  if (problem == NULL && numbers == 3 && **text == '+')
    problem = take_suffix (text);

  return problem;
}

static const char *
take_comparator (const char **text)
{
  const char *start = *text;

  if (take_wildcard (text))
    {
      skip_spaces (text);
      if (**text == ',' || **text == '\0')
        return "a wildcard must stand alone";
      *text = start;
    }

  take_operator (text);
  skip_spaces (text);
  if (**text == '\0')
    return "a version is missing";

  const char *problem = take_part (text);
  if (problem == NULL)
    problem = take_rest (text);
  if (problem == NULL)
    skip_spaces (text);

  return problem;
}

/* Returns what is wrong, or NULL. */
static const char *
parse_constraint (const char *text)
{
  skip_spaces (&text);

  const char *after = text;
  if (take_wildcard (&after))
    {
      skip_spaces (&after);
      if (*after == '\0')
        return NULL;
    }

  for (guint i = 0; i < COMPARATORS_MAX; i++)
    {
      const char *problem = take_comparator (&text);

      if (problem != NULL || *text == '\0')
        return problem;
      if (!take_char (&text, ','))
        return "a comma is missing, or a character does not belong there";
      skip_spaces (&text);
    }

  return "it has too many parts";
}

/**
 * loft_constraint_check:
 * @constraint: any string
 * @error: return location for a #GError
 *
 * Checks the syntax of a requirement on versions: comparators with commas
 * between them, each a version, whole or in part, after one of the operators
 * `=`, `>`, `>=`, `<`, `<=`, `~` and `^` or none; wildcards such as `1.*` and
 * `1.2.x`; or `*` alone. Only spaces are white space.
 *
 * Returns: %TRUE if it is one; %FALSE with @error set to
 *   %LOFT_REGISTRY_ERROR_MALFORMED otherwise
 */
gboolean
loft_constraint_check (const char *constraint, GError **error)
{
  g_return_val_if_fail (constraint != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  const char *problem =
    strnlen (constraint, CONSTRAINT_MAX + 1) > CONSTRAINT_MAX
      ? "it has more than 256 characters"
      : parse_constraint (constraint);
  if (problem == NULL)
    return TRUE;

  g_autofree char *quoted = loft_quote (constraint);
  g_set_error (error,
               LOFT_REGISTRY_ERROR,
               LOFT_REGISTRY_ERROR_MALFORMED,
               "%s is not a version constraint such as “^1.2”: %s",
               quoted,
               problem);

  return FALSE;
}
