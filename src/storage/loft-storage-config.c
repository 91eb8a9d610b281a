/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "storage/loft-storage-config.h"

#include <glib/gi18n.h>

#include "storage/loft-storage.h"

/* What backends read of the group that bears their name. */

#define DEFAULT_TIMEOUT 4
#define MAX_TIMEOUT 300

/**
 * loft_storage_config_refuse:
 * @error: return location for a #GError
 * @format: what is wrong, as of printf()
 * @...: what belongs to it
 *
 * Sets %LOFT_STORAGE_ERROR_FAILED.
 *
 * Returns: %FALSE
 */
gboolean
loft_storage_config_refuse (GError **error, const char *format, ...)
{
  va_list arguments;

  va_start (arguments, format);
  if (error != NULL)
    *error = g_error_new_valist (LOFT_STORAGE_ERROR,
                                 LOFT_STORAGE_ERROR_FAILED,
                                 format,
                                 arguments);
  va_end (arguments);

  return FALSE;
}

/**
 * loft_storage_config_check_keys:
 * @key_file: the configuration of the whole server
 * @group: the backend's group, which may be missing
 * @names: what may be in it, up to a %NULL
 * @error: return location for a #GError
 *
 * Looks for a key that the backend does not know.
 *
 * Returns: %TRUE if there is none; else %FALSE with @error set to
 *   %LOFT_STORAGE_ERROR_FAILED
 */
gboolean
loft_storage_config_check_keys (GKeyFile *key_file,
                                const char *group,
                                const char *const *names,
                                GError **error)
{
  g_return_val_if_fail (key_file != NULL, FALSE);
  g_return_val_if_fail (group != NULL && names != NULL, FALSE);

  g_auto (GStrv) keys = g_key_file_get_keys (key_file, group, NULL, NULL);

  for (guint i = 0; keys != NULL && keys[i] != NULL; i++)
    if (!g_strv_contains (names, keys[i]))
      {
        g_autofree char *known = g_strjoinv (", ", (char **) names);

        return loft_storage_config_refuse (
          error,
          _ ("“%s” in [%s] is unknown; there are %s"),
          keys[i],
          group,
          known);
      }

  return TRUE;
}

/**
 * loft_storage_config_dup_text:
 * @key_file: a configuration
 * @group: the backend's group
 * @name: a key
 *
 * Gives a value without the blanks around it. An empty one is none.
 *
 * Returns: (transfer full) (nullable): the value, or %NULL if there is none
 */
char *
loft_storage_config_dup_text (GKeyFile *key_file,
                              const char *group,
                              const char *name)
{
  g_return_val_if_fail (key_file != NULL, NULL);
  g_return_val_if_fail (group != NULL && name != NULL, NULL);

  g_autofree char *text = g_key_file_get_string (key_file, group, name, NULL);

  if (text != NULL)
    g_strstrip (text);

  return text != NULL && text[0] != '\0' ? g_steal_pointer (&text) : NULL;
}

/**
 * loft_storage_config_get_timeout:
 * @key_file: a configuration
 * @group: the group of a backend that asks a server
 * @out_timeout: (out): how long that may take, in microseconds
 * @error: return location for a #GError
 *
 * Reads `timeout`, a number of seconds; it is four of them without it.
 *
 * Returns: %TRUE, or %FALSE with @error set to %LOFT_STORAGE_ERROR_FAILED
 */
gboolean
loft_storage_config_get_timeout (GKeyFile *key_file,
                                 const char *group,
                                 gint64 *out_timeout,
                                 GError **error)
{
  g_return_val_if_fail (key_file != NULL && group != NULL, FALSE);
  g_return_val_if_fail (out_timeout != NULL, FALSE);

  g_autofree char *text =
    loft_storage_config_dup_text (key_file, group, "timeout");
  guint64 seconds = DEFAULT_TIMEOUT;

  if (text != NULL &&
      !g_ascii_string_to_unsigned (text, 10, 1, MAX_TIMEOUT, &seconds, NULL))
    return loft_storage_config_refuse (
      error,
      _ ("“timeout” in [%s] must be a number of seconds from 1 to %d"),
      group,
      MAX_TIMEOUT);
  *out_timeout = (gint64) seconds * G_USEC_PER_SEC;

  return TRUE;
}
