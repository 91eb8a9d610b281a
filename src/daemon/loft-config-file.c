/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "daemon/loft-config-file.h"

#include <glib/gi18n.h>

/* GKeyFile forgives much and tells no line numbers. So a file is first read
 * line by line here, which finds whatever is no group, key or comment, what is
 * written twice and what is unknown; GKeyFile then only takes values out of a
 * file that is known to be sound. */

static void
line_free (gpointer data)
{
  LoftConfigLine *line = data;

  g_free (line->group);
  g_free (line->key);
  g_free (line->text);
  g_free (line);
}

static gboolean line_error (GError **error,
                            LoftConfigError code,
                            const char *file,
                            guint number,
                            const char *format,
                            ...) G_GNUC_PRINTF (5, 6);

static gboolean
line_error (GError **error,
            LoftConfigError code,
            const char *file,
            guint number,
            const char *format,
            ...)
{
  va_list arguments;

  va_start (arguments, format);
  g_autofree char *reason = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_set_error (error,
               LOFT_CONFIG_ERROR,
               code,
               "%s:%u: %s",
               file,
               number,
               reason);
  return FALSE;
}

/* Appends to @lines what @text, the line @number of @file, says. */
static gboolean
scan_line (GPtrArray *lines,
           const char *file,
           guint number,
           const char *text,
           GError **error)
{
  g_autofree char *stripped = g_strstrip (g_strdup (text));

  if (stripped[0] == '\0' || stripped[0] == '#')
    return TRUE;

  if (!g_utf8_validate (stripped, -1, NULL))
    return line_error (error,
                       LOFT_CONFIG_ERROR_SYNTAX,
                       file,
                       number,
                       _ ("The line is not in UTF-8"));

  const char *equals = strchr (stripped, '=');
  const LoftConfigLine *last =
    lines->len > 0 ? g_ptr_array_index (lines, lines->len - 1) : NULL;
  LoftConfigLine *line = g_new0 (LoftConfigLine, 1);

  g_ptr_array_add (lines, line);
  line->number = number;

  if (g_str_has_prefix (stripped, "[") && g_str_has_suffix (stripped, "]"))
    line->group = g_strndup (stripped + 1, strlen (stripped) - 2);
  else if (equals != NULL && equals > stripped && last != NULL)
    {
      line->group = g_strdup (last->group);
      line->key = g_strchomp (g_strndup (stripped, equals - stripped));
    }
  else
    return line_error (error,
                       LOFT_CONFIG_ERROR_SYNTAX,
                       file,
                       number,
                       equals != NULL
                         ? _ ("“%s” comes before any [group]")
                         : _ ("“%s” is no [group], key=value or # comment"),
                       stripped);

  return TRUE;
}

/* A key may be written once. A group may be opened again: that loses nothing.
 */
static gboolean
check_lines (GPtrArray *lines, const char *file, GError **error)
{
  g_autoptr (GHashTable) seen =
    g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  for (guint i = 0; i < lines->len; i++)
    {
      const LoftConfigLine *line = g_ptr_array_index (lines, i);

      if (line->key == NULL)
        continue;
      if (!g_hash_table_add (
            seen,
            g_strdup_printf ("[%s] %s", line->group, line->key)))
        return line_error (error,
                           LOFT_CONFIG_ERROR_SYNTAX,
                           file,
                           line->number,
                           _ ("“%s” is there twice"),
                           line->key);
      if (loft_config_key_is_group (line->group) &&
          !loft_config_key_find (line->group, line->key, NULL))
        return line_error (error,
                           LOFT_CONFIG_ERROR_UNKNOWN,
                           file,
                           line->number,
                           _ ("“%s” is no key of [%s]"),
                           line->key,
                           line->group);
    }

  return TRUE;
}

static GPtrArray *
scan_file (const char *file, const char *content, GError **error)
{
  g_autoptr (GPtrArray) lines = g_ptr_array_new_with_free_func (line_free);
  g_auto (GStrv) texts = g_strsplit (content, "\n", -1);

  for (guint i = 0; texts[i] != NULL; i++)
    if (!scan_line (lines, file, i + 1, texts[i], error))
      return NULL;

  if (!check_lines (lines, file, error))
    return NULL;

  return g_steal_pointer (&lines);
}

/* Fills in the values of the keys that are ours. */
static gboolean
read_values (GPtrArray *lines,
             const char *file,
             GKeyFile *key_file,
             GError **error)
{
  for (guint i = 0; i < lines->len; i++)
    {
      LoftConfigLine *line = g_ptr_array_index (lines, i);
      g_autoptr (GError) local_error = NULL;

      if (line->key == NULL || !loft_config_key_is_group (line->group))
        continue;

      line->text =
        g_key_file_get_string (key_file, line->group, line->key, &local_error);
      if (line->text == NULL)
        return line_error (error,
                           LOFT_CONFIG_ERROR_VALUE,
                           file,
                           line->number,
                           "“%s”: %s",
                           line->key,
                           local_error->message);
    }

  return TRUE;
}

/**
 * loft_config_file_read:
 * @file: a file's name
 * @key_file: takes everything that is in the file
 * @error: return location for a #GError
 *
 * Reads a configuration file. Groups that are not ours are let through, for
 * they may belong to a backend.
 *
 * Returns: (transfer container) (element-type LoftConfigLine): all lines that
 *   say something; or %NULL with %LOFT_CONFIG_ERROR_READ,
 *   %LOFT_CONFIG_ERROR_SYNTAX, %LOFT_CONFIG_ERROR_UNKNOWN for a key, or
 *   %LOFT_CONFIG_ERROR_VALUE for a bad escape
 */
GPtrArray *
loft_config_file_read (const char *file, GKeyFile *key_file, GError **error)
{
  g_return_val_if_fail (file != NULL && key_file != NULL, NULL);

  g_autoptr (GError) local_error = NULL;
  g_autofree char *content = NULL;
  gsize length = 0;

  if (!g_file_get_contents (file, &content, &length, &local_error))
    {
      g_set_error_literal (error,
                           LOFT_CONFIG_ERROR,
                           LOFT_CONFIG_ERROR_READ,
                           local_error->message);
      return NULL;
    }

  if (strlen (content) != length)
    {
      g_set_error (error,
                   LOFT_CONFIG_ERROR,
                   LOFT_CONFIG_ERROR_SYNTAX,
                   _ ("%s: There is a zero byte in it"),
                   file);
      return NULL;
    }

  g_autoptr (GPtrArray) lines = scan_file (file, content, error);

  if (lines == NULL)
    return NULL;

  if (!g_key_file_load_from_data (key_file,
                                  content,
                                  length,
                                  G_KEY_FILE_NONE,
                                  &local_error))
    {
      g_set_error (error,
                   LOFT_CONFIG_ERROR,
                   LOFT_CONFIG_ERROR_SYNTAX,
                   "%s: %s",
                   file,
                   local_error->message);
      return NULL;
    }

  if (!read_values (lines, file, key_file, error))
    return NULL;

  return g_steal_pointer (&lines);
}
