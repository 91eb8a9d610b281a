/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "daemon/loft-config-changes.h"

/* What a configuration that was read again has that the last one had not. */

/* Groups that are not ours belong to backends, which read them once. */
static char *
backend_groups_to_text (LoftConfig *config)
{
  GKeyFile *key_file = loft_config_get_key_file (config);
  g_auto (GStrv) groups = g_key_file_get_groups (key_file, NULL);
  GString *text = g_string_new (NULL);

  for (guint i = 0; groups[i] != NULL; i++)
    {
      if (loft_config_key_is_group (groups[i]))
        continue;

      g_auto (GStrv) keys =
        g_key_file_get_keys (key_file, groups[i], NULL, NULL);

      g_string_append_printf (text, "[%s]\n", groups[i]);
      for (guint j = 0; keys != NULL && keys[j] != NULL; j++)
        {
          g_autofree char *value =
            g_key_file_get_value (key_file, groups[i], keys[j], NULL);

          g_string_append_printf (text, "%s=%s\n", keys[j], value);
        }
    }

  return g_string_free (text, FALSE);
}

/**
 * loft_config_report_changes:
 * @before: a configuration
 * @after: the one that takes its place in a program that runs
 *
 * Says in the log what has changed. What can't change while running keeps its
 * old value until the next start, and is said to.
 */
void
loft_config_report_changes (LoftConfig *before, LoftConfig *after)
{
  g_return_if_fail (LOFT_IS_CONFIG (before) && LOFT_IS_CONFIG (after));

  for (guint i = 0; i < LOFT_CONFIG_N_KEYS; i++)
    {
      const LoftConfigKeyInfo *info = loft_config_key_get_info (i);

      if (loft_config_is_same (before, after, i))
        continue;
      if (info->reloadable)
        g_message ("[%s] %s has changed", info->group, info->name);
      else
        g_warning ("[%s] %s has changed, which takes effect only at the next "
                   "start",
                   info->group,
                   info->name);
    }

  g_autofree char *groups_before = backend_groups_to_text (before);
  g_autofree char *groups_after = backend_groups_to_text (after);

  if (!g_str_equal (groups_before, groups_after))
    g_warning ("The settings of a backend have changed, which takes effect "
               "only at the next start");
}
