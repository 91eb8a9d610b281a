/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "daemon/loft-settings.h"

/**
 * loft_settings_for_registry:
 * @config: a configuration
 *
 * Returns: (transfer full): what @config says about the registry
 */
LoftRegistrySettings *
loft_settings_for_registry (LoftConfig *config)
{
  g_return_val_if_fail (LOFT_IS_CONFIG (config), NULL);

  LoftRegistrySettings *settings = loft_registry_settings_new ();
  const char *publish = loft_config_get_text (config, LOFT_CONFIG_PUBLISH);

  settings->publish =
    g_str_equal (publish, "open") ? LOFT_PUBLISH_OPEN : LOFT_PUBLISH_CLAIM;
  settings->max_tarball =
    loft_config_get_number (config, LOFT_CONFIG_MAX_TARBALL_SIZE);
  settings->archive.unpacked =
    loft_config_get_number (config, LOFT_CONFIG_MAX_UNPACKED_SIZE);
  settings->archive.ratio =
    loft_config_get_number (config, LOFT_CONFIG_MAX_RATIO);
  settings->archive.ratio_from =
    loft_config_get_number (config, LOFT_CONFIG_RATIO_FROM_SIZE);
  settings->archive.entries =
    loft_config_get_number (config, LOFT_CONFIG_MAX_ENTRIES);
  settings->archive.path =
    loft_config_get_number (config, LOFT_CONFIG_MAX_PATH_LENGTH);
  settings->rescan_interval =
    loft_config_get_number (config, LOFT_CONFIG_RESCAN_INTERVAL);
  g_clear_pointer (&settings->reserved, g_strfreev);
  settings->reserved =
    loft_config_get_words (config, LOFT_CONFIG_RESERVED_NAMES);

  return settings;
}

/**
 * loft_settings_for_http:
 * @config: a configuration
 *
 * Returns: what @config says about the HTTP server
 */
LoftHttpSettings
loft_settings_for_http (LoftConfig *config)
{
  LoftHttpSettings settings = LOFT_HTTP_SETTINGS_DEFAULT;

  g_return_val_if_fail (LOFT_IS_CONFIG (config), settings);

  settings.access_log =
    loft_config_get_boolean (config, LOFT_CONFIG_ACCESS_LOG);
  settings.drain_timeout =
    loft_config_get_number (config, LOFT_CONFIG_DRAIN_TIMEOUT);
  settings.max_wait = loft_config_get_number (config, LOFT_CONFIG_MAX_WAIT);

  return settings;
}
