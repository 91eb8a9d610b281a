/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "daemon/loft-settings.h"

#include "daemon/loft-log-writer.h"

static void
read_docs (LoftConfig *config, LoftDocsSettings *settings)
{
  const char *command = loft_config_get_text (config, LOFT_CONFIG_DOC_COMMAND);

  /* It was looked at when the configuration was read. */
  g_shell_parse_argv (command, NULL, &settings->command, NULL);
  settings->socket =
    g_strdup (loft_config_get_text (config, LOFT_CONFIG_DOC_SOCKET));
  settings->timeout =
    (guint) loft_config_get_number (config, LOFT_CONFIG_DOC_TIMEOUT);
  settings->memory = loft_config_get_number (config, LOFT_CONFIG_DOC_MEMORY);
  settings->output_size =
    loft_config_get_number (config, LOFT_CONFIG_DOC_OUTPUT_SIZE);
  settings->attempts =
    (guint) loft_config_get_number (config, LOFT_CONFIG_DOC_ATTEMPTS);
  settings->retry_interval =
    (guint) loft_config_get_number (config, LOFT_CONFIG_DOC_RETRY_INTERVAL);
}

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

  settings->publish = g_str_equal (publish, "open")    ? LOFT_PUBLISH_OPEN
                      : g_str_equal (publish, "token") ? LOFT_PUBLISH_TOKEN
                                                       : LOFT_PUBLISH_CLAIM;
  settings->redirect =
    g_str_equal (loft_config_get_text (config, LOFT_CONFIG_DOWNLOAD),
                 "redirect");
  settings->tarball_cache =
    loft_config_get_number (config, LOFT_CONFIG_TARBALL_CACHE_SIZE);
  settings->token_lifetime =
    loft_config_get_number (config, LOFT_CONFIG_TOKEN_LIFETIME);
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
  settings->max_versions =
    loft_config_get_number (config, LOFT_CONFIG_MAX_VERSIONS_PER_PACKAGE);
  settings->max_bytes =
    loft_config_get_number (config, LOFT_CONFIG_MAX_BYTES_PER_PACKAGE);
  settings->rescan_interval =
    loft_config_get_number (config, LOFT_CONFIG_RESCAN_INTERVAL);
  settings->log_poll = loft_config_get_number (config, LOFT_CONFIG_LOG_POLL);
  settings->checkpoint_interval =
    loft_config_get_number (config, LOFT_CONFIG_CHECKPOINT_INTERVAL);
  settings->maintenance_lease =
    loft_config_get_number (config, LOFT_CONFIG_MAINTENANCE_LEASE);
  settings->download_counts =
    loft_config_get_boolean (config, LOFT_CONFIG_DOWNLOAD_COUNTS);
  settings->download_count_interval =
    loft_config_get_number (config, LOFT_CONFIG_DOWNLOAD_COUNT_INTERVAL);
  read_docs (config, &settings->docs);
  g_clear_pointer (&settings->reserved, g_strfreev);
  settings->reserved =
    loft_config_get_words (config, LOFT_CONFIG_RESERVED_NAMES);

  return settings;
}

static guint
get_number (LoftConfig *config, LoftConfigKey key)
{
  return (guint) loft_config_get_number (config, key);
}

static LoftGateSettings
read_gate (LoftConfig *config)
{
  LoftGateSettings settings = LOFT_GATE_SETTINGS_DEFAULT;
  g_auto (GStrv) trusted =
    loft_config_get_words (config, LOFT_CONFIG_TRUSTED_PROXIES);

  settings.head.size = get_number (config, LOFT_CONFIG_MAX_HEAD_SIZE);
  settings.head.target = MIN (settings.head.target, settings.head.size);
  settings.head.fields = get_number (config, LOFT_CONFIG_MAX_HEADERS);
  settings.head_timeout = get_number (config, LOFT_CONFIG_HEAD_TIMEOUT);
  settings.idle_timeout = get_number (config, LOFT_CONFIG_IDLE_TIMEOUT);
  settings.body_timeout = get_number (config, LOFT_CONFIG_BODY_TIMEOUT);
  settings.write_timeout = get_number (config, LOFT_CONFIG_WRITE_TIMEOUT);
  settings.min_rate = get_number (config, LOFT_CONFIG_MIN_RATE);
  settings.connections = get_number (config, LOFT_CONFIG_MAX_CONNECTIONS);
  settings.connections_per_peer =
    get_number (config, LOFT_CONFIG_MAX_CONNECTIONS_PER_PEER);
  settings.hot_size =
    loft_config_get_boolean (config, LOFT_CONFIG_HOT_RESPONSES)
      ? loft_config_get_number (config, LOFT_CONFIG_HOT_SIZE)
      : 0;

  /* They were looked at when the configuration was read. */
  settings.trusted =
    loft_address_list_new ((const char *const *) trusted, NULL);

  return settings;
}

static void
read_limits (LoftConfig *config, LoftLimit *limits)
{
  limits[LOFT_LIMIT_NEW].burst = get_number (config, LOFT_CONFIG_LIMIT_NEW);
  limits[LOFT_LIMIT_NEW].interval =
    get_number (config, LOFT_CONFIG_LIMIT_NEW_INTERVAL);
  limits[LOFT_LIMIT_UPDATES].burst =
    get_number (config, LOFT_CONFIG_LIMIT_UPDATES);
  limits[LOFT_LIMIT_UPDATES].interval =
    get_number (config, LOFT_CONFIG_LIMIT_UPDATES_INTERVAL);
  limits[LOFT_LIMIT_FAILURES].burst =
    get_number (config, LOFT_CONFIG_LIMIT_FAILURES);
  limits[LOFT_LIMIT_FAILURES].interval =
    get_number (config, LOFT_CONFIG_LIMIT_FAILURES_INTERVAL);
}

/**
 * loft_settings_for_http:
 * @config: a configuration
 *
 * Returns: (transfer full): what @config says about the HTTP server
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
  settings.count_downloads =
    loft_config_get_boolean (config, LOFT_CONFIG_DOWNLOAD_COUNTS);
  settings.gate = read_gate (config);

  const char *url = loft_config_get_text (config, LOFT_CONFIG_PUBLIC_URL);
  settings.public_url = *url != '\0' ? g_strdup (url) : NULL;

  const char *contact =
    loft_config_get_text (config, LOFT_CONFIG_SECURITY_CONTACT);
  settings.security_contact = *contact != '\0' ? g_strdup (contact) : NULL;

  const char *policy =
    loft_config_get_text (config, LOFT_CONFIG_SECURITY_POLICY);
  settings.security_policy = *policy != '\0' ? g_strdup (policy) : NULL;
  read_limits (config, settings.limits);

  g_auto (GStrv) metrics_allow =
    loft_config_get_words (config, LOFT_CONFIG_METRICS_ALLOW);
  settings.metrics_allow =
    loft_address_list_new ((const char *const *) metrics_allow, NULL);

  return settings;
}

/**
 * loft_settings_apply:
 * @config: a configuration
 * @n_servers: how many processes serve
 * @registry: the registry
 * @server: (nullable): the HTTP server, in a process that serves
 *
 * Does as @config says from now on. What is limited for all processes together,
 * each takes its share of.
 */
void
loft_settings_apply (LoftConfig *config,
                     guint n_servers,
                     LoftRegistry *registry,
                     LoftHttpServer *server)
{
  g_return_if_fail (LOFT_IS_CONFIG (config));
  g_return_if_fail (LOFT_IS_REGISTRY (registry));
  g_return_if_fail (n_servers > 0);

  g_autoptr (LoftRegistrySettings) registry_settings =
    loft_settings_for_registry (config);
  g_auto (LoftHttpSettings) http_settings = loft_settings_for_http (config);

  http_settings.gate.connections =
    MAX (http_settings.gate.connections / n_servers, 1);
  http_settings.gate.hot_size /= n_servers;

  loft_log_writer_set_verbose (
    loft_config_get_boolean (config, LOFT_CONFIG_VERBOSE));
  loft_registry_set_settings (registry, registry_settings);
  if (server != NULL)
    loft_http_server_set_settings (server, &http_settings);
}
