/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-path.h"

#include <string.h>

/**
 * loft_path_normalise:
 * @path: the path of a member of an archive
 * @is_folder: whether it is that of a folder
 *
 * Takes off what a path may have and still mean the same: “./” before it, as
 * tar writes it when it packs “.”, and a slash after that of a folder.
 *
 * Returns: (transfer full): the path as loft_path_check() wants it, if it is
 *   good otherwise
 */
char *
loft_path_normalise (const char *path, gboolean is_folder)
{
  g_return_val_if_fail (path != NULL, NULL);

  if (g_str_has_prefix (path, "./"))
    path += 2;

  gsize length = strlen (path);
  if (is_folder && length > 1 && path[length - 1] == '/')
    length--;

  return g_strndup (path, length);
}

/* Looks at one component of a path. */
static const char *
check_component (const char *start, gsize length, const char **out_rule)
{
  *out_rule = "path-form";
  if (length == 0)
    return "it has an empty component";
  if (length == 1 && start[0] == '.')
    return "it has a component “.”";
  if (length == 2 && start[0] == '.' && start[1] == '.')
    {
      *out_rule = "path-parent";
      return "it has a component “..”";
    }

  return NULL;
}

/**
 * loft_path_check_characters:
 * @path: any string
 * @out_rule: (out): the name of the rule that it breaks
 *
 * Checks that the characters of @path mean the same on every system.
 *
 * Returns: (nullable): what is wrong, as a part of a sentence; or %NULL if all
 *   is well
 */
const char *
loft_path_check_characters (const char *path, const char **out_rule)
{
  g_return_val_if_fail (path != NULL && out_rule != NULL, NULL);

  *out_rule = "path-utf8";
  if (!g_utf8_validate (path, -1, NULL))
    return "it is not valid UTF-8";

  *out_rule = "path-character";
  for (const char *p = path; *p != '\0'; p = g_utf8_next_char (p))
    {
      if (*p == '\\')
        return "it has a backslash, which some systems take for a separator";
      if (g_unichar_iscntrl (g_utf8_get_char (p)))
        return "it has a control character";
    }

  *out_rule = "path-drive";
  if (g_ascii_isalpha (path[0]) && path[1] == ':')
    return "it begins with a drive letter";

  return NULL;
}

/**
 * loft_path_check:
 * @path: any string
 * @most: how many bytes it may have
 * @out_rule: (out) (optional): the name of the rule that it breaks
 *
 * Checks that @path names something below the folder that it is resolved in,
 * on every system, and is written in the one shortest way: components with
 * single slashes between them.
 *
 * Returns: (nullable): what is wrong, as a part of a sentence; or %NULL if the
 *   path is good
 */
const char *
loft_path_check (const char *path, gsize most, const char **out_rule)
{
  g_return_val_if_fail (path != NULL, NULL);

  const char *ignored = NULL;
  const char **rule = out_rule != NULL ? out_rule : &ignored;

  *rule = "path-length";
  if (strnlen (path, most + 1) > most)
    return "it is too long";

  const char *problem = loft_path_check_characters (path, rule);
  if (problem != NULL)
    return problem;

  *rule = "path-absolute";
  if (*path == '/')
    return "it is absolute";

  for (const char *start = path;;)
    {
      gsize length = strcspn (start, "/");

      problem = check_component (start, length, rule);
      if (problem != NULL)
        return problem;
      if (start[length] == '\0')
        break;
      start += length + 1;
    }

  *rule = NULL;

  return NULL;
}
