/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "daemon/loft-config.h"

/**
 * loft_config_print:
 * @self: a configuration
 *
 * Writes the values that count as a configuration file, with their origins.
 * The groups of backends, which may hold secrets, are left out.
 *
 * Returns: (transfer full): the text
 */
char *
loft_config_print (LoftConfig *self)
{
  g_return_val_if_fail (LOFT_IS_CONFIG (self), NULL);

  GKeyFile *key_file = loft_config_get_key_file (self);
  GString *text = g_string_new (NULL);
  const char *group = NULL;

  for (guint i = 0; i < LOFT_CONFIG_N_KEYS; i++)
    {
      const LoftConfigKeyInfo *info = loft_config_key_get_info (i);
      g_autofree char *value =
        g_key_file_get_string (key_file, info->group, info->name, NULL);

      if (group == NULL || !g_str_equal (group, info->group))
        g_string_append_printf (text,
                                "%s[%s]\n",
                                group == NULL ? "" : "\n",
                                info->group);
      group = info->group;
      g_string_append_printf (text, "# %s\n", loft_config_get_origin (self, i));
      g_string_append_printf (text, "%s=%s\n", info->name, value);
    }

  return g_string_free (text, FALSE);
}

/**
 * loft_config_to_data:
 * @self: a configuration
 *
 * Writes all of it, secrets too, for loft_config_new_from_data() in a process
 * of ours.
 *
 * Returns: (transfer full): the data
 */
char *
loft_config_to_data (LoftConfig *self)
{
  g_return_val_if_fail (LOFT_IS_CONFIG (self), NULL);

  return g_key_file_to_data (loft_config_get_key_file (self), NULL, NULL);
}
