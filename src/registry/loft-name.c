/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-name.h"

#include <string.h>

#include "registry/loft-quote.h"

#define SEGMENT_MAX 255

/* Folded names that no new package may take. The second group is the standard
 * library of loft: the modules that every program gets (default/), and the
 * libraries for general use that come with the interpreter (lib/), which a
 * program imports by these names; a package of that name would be taken for
 * one of them. The last group are devices, which Windows finds in any folder.
 */
static const char *const reserved_names[] = {
  "docs",      "publish",   "std",

  "code",      "coroutine", "images",   "json",    "stacktrace", "text",
  "arguments", "crypto",    "graphics", "imaging", "lexer",      "logger",
  "parser",    "random",    "server",   "shapes",  "web",

  "aux",       "con",       "nul",      "prn",
};

static gboolean
is_lower_or_digit (char c)
{
  return g_ascii_islower (c) || g_ascii_isdigit (c);
}

/**
 * loft_name_is_valid:
 * @name: any string
 *
 * Checks the form of a package name: lower-case ASCII letters and digits, a
 * letter first, single hyphens and underscores between them, at most
 * %LOFT_NAME_MAX characters.
 *
 * Returns: whether @name has the form that new names must have
 */
gboolean
loft_name_is_valid (const char *name)
{
  g_return_val_if_fail (name != NULL, FALSE);

  if (!g_ascii_islower (*name))
    return FALSE;

  gsize length = 1;
  for (; name[length] != '\0'; length++)
    {
      char c = name[length];
      gboolean is_separator = c == '-' || c == '_';

      if (length >= LOFT_NAME_MAX)
        return FALSE;
      if (!is_separator && !is_lower_or_digit (c))
        return FALSE;
      if (is_separator && !is_lower_or_digit (name[length + 1]))
        return FALSE;
    }

  return TRUE;
}

static gboolean
is_numbered_device (const char *folded)
{
  return (g_str_has_prefix (folded, "com") ||
          g_str_has_prefix (folded, "lpt")) &&
         folded[3] >= '1' && folded[3] <= '9' && folded[4] == '\0';
}

/**
 * loft_name_is_reserved:
 * @name: any string
 * @also_reserved: (nullable) (array zero-terminated=1): further reserved names
 *
 * Tells whether a new package may not have @name, nor one that folds onto it,
 * because something else goes by it: the registry's own routes and folders, the
 * standard library, or a device of an operating system.
 *
 * Returns: whether @name is reserved
 */
gboolean
loft_name_is_reserved (const char *name, const char *const *also_reserved)
{
  g_return_val_if_fail (name != NULL, FALSE);

  g_autofree char *folded = loft_name_fold (name);

  for (gsize i = 0; i < G_N_ELEMENTS (reserved_names); i++)
    if (g_str_equal (folded, reserved_names[i]))
      return TRUE;

  for (; also_reserved != NULL && *also_reserved != NULL; also_reserved++)
    {
      g_autofree char *other = loft_name_fold (*also_reserved);

      if (g_str_equal (folded, other))
        return TRUE;
    }

  return is_numbered_device (folded);
}

/**
 * loft_name_check_new:
 * @name: any string
 * @also_reserved: (nullable) (array zero-terminated=1): further reserved names
 * @findings: where to add what is wrong
 *
 * Checks a name that no package has yet, with the findings `name-length`,
 * `name-pattern` and `name-reserved`.
 *
 * Returns: whether a new package may have that name; %FALSE with a finding
 *   added otherwise
 */
gboolean
loft_name_check_new (const char *name,
                     const char *const *also_reserved,
                     LoftFindings *findings)
{
  g_return_val_if_fail (name != NULL, FALSE);
  g_return_val_if_fail (findings != NULL, FALSE);

  g_autofree char *quoted = loft_quote (name);

  if (strlen (name) > LOFT_NAME_MAX)
    loft_findings_add (findings,
                       "name-length",
                       name,
                       "The name %s is longer than %d characters",
                       quoted,
                       LOFT_NAME_MAX);
  else if (!loft_name_is_valid (name))
    loft_findings_add (findings,
                       "name-pattern",
                       name,
                       "%s cannot be a package name: it takes lower-case "
                       "letters and digits, a letter first, with single "
                       "hyphens or underscores between them",
                       quoted);
  else if (loft_name_is_reserved (name, also_reserved))
    loft_findings_add (findings,
                       "name-reserved",
                       name,
                       "The name %s is reserved; please choose another one",
                       quoted);
  else
    return TRUE;

  return FALSE;
}

/**
 * loft_name_is_adoptable:
 * @name: any string
 *
 * Tells whether a folder of that name, made by the original server, which took
 * nearly any name, can be served as a package: one path segment of valid UTF-8
 * without control characters, and none of the names that mean something else
 * in the layout of the storage. Every valid name but `docs` is adoptable too.
 *
 * Returns: whether it can be served
 */
gboolean
loft_name_is_adoptable (const char *name)
{
  static const char *const not_packages[] = {
    "", ".", "..", "docs", "tokens.json", "users.json", NULL,
  };

  g_return_val_if_fail (name != NULL, FALSE);

  if (strnlen (name, SEGMENT_MAX + 1) > SEGMENT_MAX ||
      !g_utf8_validate (name, -1, NULL))
    return FALSE;
  if (g_strv_contains (not_packages, name) ||
      g_str_has_prefix (name, "_registry"))
    return FALSE;

  for (const char *p = name; *p != '\0'; p = g_utf8_next_char (p))
    if (*p == '/' || g_unichar_iscntrl (g_utf8_get_char (p)))
      return FALSE;

  return TRUE;
}

/**
 * loft_name_fold:
 * @name: any string
 *
 * Folds names that people confuse: hyphens and underscores, upper and lower
 * case of ASCII letters. It depends on nothing but @name, since what it gives
 * is kept in the storage.
 *
 * Returns: (transfer full): the folded name
 */
char *
loft_name_fold (const char *name)
{
  g_return_val_if_fail (name != NULL, NULL);

  return g_strdelimit (g_ascii_strdown (name, -1), "_", '-');
}
