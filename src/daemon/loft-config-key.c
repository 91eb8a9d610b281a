/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "daemon/loft-config-key.h"

#define KIB G_GUINT64_CONSTANT (1024)
#define MIB (1024 * KIB)
#define GIB (1024 * MIB)

/* So that a window in seconds is no larger than what fits 32 bits. */
#define LIMIT_MAX 10000

static const LoftConfigKeyInfo infos[] = {
  [LOFT_CONFIG_STORAGE] = {
    .group = "registry",
    .name = "storage",
    .type = LOFT_CONFIG_TEXT,
    .fallback = "./registry-storage",
    .variable = "STORAGE_DIR",
    .option = "--storage",
    .minimum = 1,
  },
  [LOFT_CONFIG_BACKEND] = {
    .group = "registry",
    .name = "backend",
    .type = LOFT_CONFIG_NAME,
    .fallback = "",
  },
  [LOFT_CONFIG_TAKE_OVER] = {
    .group = "registry",
    .name = "take-over",
    .type = LOFT_CONFIG_BOOLEAN,
    .fallback = "false",
    .option = "--take-over",
  },
  [LOFT_CONFIG_PUBLISH] = {
    .group = "registry",
    .name = "publish",
    .type = LOFT_CONFIG_CHOICE,
    .fallback = "claim",
    .choices = "open claim token",
    .reloadable = TRUE,
  },
  [LOFT_CONFIG_TOKEN_LIFETIME] = {
    .group = "registry",
    .name = "token-lifetime",
    .type = LOFT_CONFIG_SECONDS,
    .fallback = "7776000",
    .minimum = 0,
    .maximum = G_GUINT64_CONSTANT (10) * 366 * 86400,
    .reloadable = TRUE,
  },
  [LOFT_CONFIG_CACHE_DIRECTORY] = {
    .group = "registry",
    .name = "cache-directory",
    .type = LOFT_CONFIG_TEXT,
    .fallback = "",
  },
  [LOFT_CONFIG_DOWNLOAD] = {
    .group = "registry",
    .name = "download",
    .type = LOFT_CONFIG_CHOICE,
    .fallback = "proxy",
    .choices = "proxy redirect",
  },
  [LOFT_CONFIG_TARBALL_CACHE_SIZE] = {
    .group = "registry",
    .name = "tarball-cache-size",
    .type = LOFT_CONFIG_SIZE,
    .fallback = "1 GiB",
    .minimum = 0,
    .maximum = 1024 * GIB,
    .reloadable = TRUE,
  },
  [LOFT_CONFIG_RESERVED_NAMES] = {
    .group = "registry",
    .name = "reserved-names",
    .type = LOFT_CONFIG_WORDS,
    .fallback = "",
    .reloadable = TRUE,
  },
  [LOFT_CONFIG_MAX_TARBALL_SIZE] = {
    .group = "registry",
    .name = "max-tarball-size",
    .type = LOFT_CONFIG_SIZE,
    .fallback = "20 MiB",
    .minimum = KIB,
    .maximum = GIB,
    .reloadable = TRUE,
  },
  [LOFT_CONFIG_MAX_UNPACKED_SIZE] = {
    .group = "registry",
    .name = "max-unpacked-size",
    .type = LOFT_CONFIG_SIZE,
    .fallback = "256 MiB",
    .minimum = KIB,
    .maximum = 64 * GIB,
    .reloadable = TRUE,
  },
  [LOFT_CONFIG_MAX_RATIO] = {
    .group = "registry",
    .name = "max-ratio",
    .type = LOFT_CONFIG_COUNT,
    .fallback = "50",
    .minimum = 1,
    .maximum = 2000,
    .reloadable = TRUE,
  },
  [LOFT_CONFIG_RATIO_FROM_SIZE] = {
    .group = "registry",
    .name = "ratio-from-size",
    .type = LOFT_CONFIG_SIZE,
    .fallback = "64 MiB",
    .minimum = 0,
    .maximum = 64 * GIB,
    .reloadable = TRUE,
  },
  [LOFT_CONFIG_MAX_ENTRIES] = {
    .group = "registry",
    .name = "max-entries",
    .type = LOFT_CONFIG_COUNT,
    .fallback = "20000",
    .minimum = 1,
    .maximum = 1000000,
    .reloadable = TRUE,
  },
  [LOFT_CONFIG_MAX_PATH_LENGTH] = {
    .group = "registry",
    .name = "max-path-length",
    .type = LOFT_CONFIG_COUNT,
    .fallback = "255",
    .minimum = 16,
    .maximum = 4095,
    .reloadable = TRUE,
  },
  [LOFT_CONFIG_MAX_VERSIONS_PER_PACKAGE] = {
    .group = "registry",
    .name = "max-versions-per-package",
    .type = LOFT_CONFIG_COUNT,
    .fallback = "10000",
    .minimum = 0,
    .maximum = 1000000,
    .reloadable = TRUE,
  },
  [LOFT_CONFIG_MAX_BYTES_PER_PACKAGE] = {
    .group = "registry",
    .name = "max-bytes-per-package",
    .type = LOFT_CONFIG_SIZE,
    .fallback = "0",
    .minimum = 0,
    .maximum = 1024 * GIB,
    .reloadable = TRUE,
  },
  [LOFT_CONFIG_RESCAN_INTERVAL] = {
    .group = "registry",
    .name = "rescan-interval",
    .type = LOFT_CONFIG_SECONDS,
    .fallback = "86400",
    .minimum = 0,
    .maximum = 366 * 86400,
    .reloadable = TRUE,
  },
  [LOFT_CONFIG_LOG_POLL] = {
    .group = "registry",
    .name = "log-poll",
    .type = LOFT_CONFIG_COUNT,
    .fallback = "500",
    .minimum = 10,
    .maximum = 60000,
    .reloadable = TRUE,
  },
  [LOFT_CONFIG_CHECKPOINT_INTERVAL] = {
    .group = "registry",
    .name = "checkpoint-interval",
    .type = LOFT_CONFIG_COUNT,
    .fallback = "5000",
    .minimum = 0,
    .maximum = 1000000000,
    .reloadable = TRUE,
  },
  [LOFT_CONFIG_MAINTENANCE_LEASE] = {
    .group = "registry",
    .name = "maintenance-lease",
    .type = LOFT_CONFIG_SECONDS,
    .fallback = "300",
    .minimum = 3,
    .maximum = 86400,
    .reloadable = TRUE,
  },
  [LOFT_CONFIG_DOWNLOAD_COUNTS] = {
    .group = "registry",
    .name = "download-counts",
    .type = LOFT_CONFIG_BOOLEAN,
    .fallback = "true",
    .reloadable = TRUE,
  },
  [LOFT_CONFIG_DOWNLOAD_COUNT_INTERVAL] = {
    .group = "registry",
    .name = "download-count-interval",
    .type = LOFT_CONFIG_SECONDS,
    .fallback = "60",
    .minimum = 1,
    .maximum = 3600,
    .reloadable = TRUE,
  },
  [LOFT_CONFIG_DOC_COMMAND] = {
    .group = "registry",
    .name = "doc-command",
    .type = LOFT_CONFIG_COMMAND,
    .fallback = "",
    .reloadable = TRUE,
  },
  [LOFT_CONFIG_DOC_SOCKET] = {
    .group = "registry",
    .name = "doc-socket",
    .type = LOFT_CONFIG_TEXT,
    .fallback = "/run/loft-registry-docs.sock",
    .minimum = 1,
    .reloadable = TRUE,
  },
  [LOFT_CONFIG_DOC_TIMEOUT] = {
    .group = "registry",
    .name = "doc-timeout",
    .type = LOFT_CONFIG_SECONDS,
    .fallback = "120",
    .minimum = 1,
    .maximum = 3600,
    .reloadable = TRUE,
  },
  [LOFT_CONFIG_DOC_MEMORY] = {
    .group = "registry",
    .name = "doc-memory",
    .type = LOFT_CONFIG_SIZE,
    .fallback = "1 GiB",
    .minimum = MIB,
    .maximum = 64 * GIB,
    .reloadable = TRUE,
  },
  [LOFT_CONFIG_DOC_OUTPUT_SIZE] = {
    .group = "registry",
    .name = "doc-output-size",
    .type = LOFT_CONFIG_SIZE,
    .fallback = "64 MiB",
    .minimum = KIB,
    .maximum = 4 * GIB,
    .reloadable = TRUE,
  },
  [LOFT_CONFIG_DOC_ATTEMPTS] = {
    .group = "registry",
    .name = "doc-attempts",
    .type = LOFT_CONFIG_COUNT,
    .fallback = "3",
    .minimum = 1,
    .maximum = 20,
    .reloadable = TRUE,
  },
  [LOFT_CONFIG_DOC_RETRY_INTERVAL] = {
    .group = "registry",
    .name = "doc-retry-interval",
    .type = LOFT_CONFIG_SECONDS,
    .fallback = "300",
    .minimum = 1,
    .maximum = 86400,
    .reloadable = TRUE,
  },
  [LOFT_CONFIG_BUS] = {
    .group = "registry",
    .name = "bus",
    .type = LOFT_CONFIG_CHOICE,
    .fallback = "none",
    .choices = "none system session",
  },
  [LOFT_CONFIG_VERBOSE] = {
    .group = "registry",
    .name = "verbose",
    .type = LOFT_CONFIG_BOOLEAN,
    .fallback = "false",
    .option = "--verbose",
    .reloadable = TRUE,
  },
  [LOFT_CONFIG_LISTEN] = {
    .group = "http",
    .name = "listen",
    .type = LOFT_CONFIG_ADDRESSES,
    .fallback = "0.0.0.0:3030",
    .variable = "BIND_ADDR",
    .option = "--listen",
    .minimum = 1,
  },
  [LOFT_CONFIG_PUBLIC_URL] = {
    .group = "http",
    .name = "public-url",
    .type = LOFT_CONFIG_URL,
    .fallback = "",
    .reloadable = TRUE,
  },
  [LOFT_CONFIG_SECURITY_CONTACT] = {
    .group = "http",
    .name = "security-contact",
    .type = LOFT_CONFIG_REFERENCE,
    .fallback = "",
    .reloadable = TRUE,
  },
  [LOFT_CONFIG_SECURITY_POLICY] = {
    .group = "http",
    .name = "security-policy",
    .type = LOFT_CONFIG_REFERENCE,
    .fallback = "",
    .reloadable = TRUE,
  },
  [LOFT_CONFIG_WORKERS] = {
    .group = "http",
    .name = "workers",
    .type = LOFT_CONFIG_COUNT,
    .fallback = "0",
    .minimum = 0,
    .maximum = 255,
  },
  [LOFT_CONFIG_WORKER_TIMEOUT] = {
    .group = "http",
    .name = "worker-timeout",
    .type = LOFT_CONFIG_SECONDS,
    .fallback = "20",
    .minimum = 0,
    .maximum = 3600,
    .reloadable = TRUE,
  },
  [LOFT_CONFIG_ACCESS_LOG] = {
    .group = "http",
    .name = "access-log",
    .type = LOFT_CONFIG_BOOLEAN,
    .fallback = "true",
    .reloadable = TRUE,
  },
  [LOFT_CONFIG_DRAIN_TIMEOUT] = {
    .group = "http",
    .name = "drain-timeout",
    .type = LOFT_CONFIG_SECONDS,
    .fallback = "25",
    .minimum = 0,
    .maximum = 3600,
    .reloadable = TRUE,
  },
  [LOFT_CONFIG_MAX_WAIT] = {
    .group = "http",
    .name = "max-wait",
    .type = LOFT_CONFIG_SECONDS,
    .fallback = "60",
    .minimum = 0,
    .maximum = 3600,
    .reloadable = TRUE,
  },
  [LOFT_CONFIG_METRICS_ALLOW] = {
    .group = "http",
    .name = "metrics-allow",
    .type = LOFT_CONFIG_NETWORKS,
    .fallback = "",
    .reloadable = TRUE,
  },
  [LOFT_CONFIG_TRUSTED_PROXIES] = {
    .group = "http",
    .name = "trusted-proxies",
    .type = LOFT_CONFIG_NETWORKS,
    .fallback = "127.0.0.0/8, ::1",
    .reloadable = TRUE,
  },
  [LOFT_CONFIG_HOT_RESPONSES] = {
    .group = "http",
    .name = "hot-responses",
    .type = LOFT_CONFIG_BOOLEAN,
    .fallback = "true",
    .reloadable = TRUE,
  },
  [LOFT_CONFIG_HOT_SIZE] = {
    .group = "http",
    .name = "hot-size",
    .type = LOFT_CONFIG_SIZE,
    .fallback = "64 MiB",
    .minimum = MIB,
    .maximum = 64 * GIB,
    .reloadable = TRUE,
  },
  [LOFT_CONFIG_MAX_CONNECTIONS] = {
    .group = "http",
    .name = "max-connections",
    .type = LOFT_CONFIG_COUNT,
    .fallback = "20000",
    .minimum = 1,
    .maximum = 1000000,
    .reloadable = TRUE,
  },
  [LOFT_CONFIG_MAX_CONNECTIONS_PER_PEER] = {
    .group = "http",
    .name = "max-connections-per-peer",
    .type = LOFT_CONFIG_COUNT,
    .fallback = "1000",
    .minimum = 0,
    .maximum = 1000000,
    .reloadable = TRUE,
  },
  [LOFT_CONFIG_LIMIT_NEW] = {
    .group = "http",
    .name = "limit-new",
    .type = LOFT_CONFIG_COUNT,
    .fallback = "5",
    .minimum = 0,
    .maximum = LIMIT_MAX,
    .reloadable = TRUE,
  },
  [LOFT_CONFIG_LIMIT_NEW_INTERVAL] = {
    .group = "http",
    .name = "limit-new-interval",
    .type = LOFT_CONFIG_SECONDS,
    .fallback = "600",
    .minimum = 1,
    .maximum = 86400,
    .reloadable = TRUE,
  },
  [LOFT_CONFIG_LIMIT_UPDATES] = {
    .group = "http",
    .name = "limit-updates",
    .type = LOFT_CONFIG_COUNT,
    .fallback = "30",
    .minimum = 0,
    .maximum = LIMIT_MAX,
    .reloadable = TRUE,
  },
  [LOFT_CONFIG_LIMIT_UPDATES_INTERVAL] = {
    .group = "http",
    .name = "limit-updates-interval",
    .type = LOFT_CONFIG_SECONDS,
    .fallback = "60",
    .minimum = 1,
    .maximum = 86400,
    .reloadable = TRUE,
  },
  [LOFT_CONFIG_LIMIT_FAILURES] = {
    .group = "http",
    .name = "limit-failures",
    .type = LOFT_CONFIG_COUNT,
    .fallback = "10",
    .minimum = 0,
    .maximum = LIMIT_MAX,
    .reloadable = TRUE,
  },
  [LOFT_CONFIG_LIMIT_FAILURES_INTERVAL] = {
    .group = "http",
    .name = "limit-failures-interval",
    .type = LOFT_CONFIG_SECONDS,
    .fallback = "6",
    .minimum = 1,
    .maximum = 86400,
    .reloadable = TRUE,
  },
  [LOFT_CONFIG_MAX_HEAD_SIZE] = {
    .group = "http",
    .name = "max-head-size",
    .type = LOFT_CONFIG_SIZE,
    .fallback = "16 KiB",
    .minimum = KIB,
    .maximum = 64 * KIB,
    .reloadable = TRUE,
  },
  [LOFT_CONFIG_MAX_HEADERS] = {
    .group = "http",
    .name = "max-headers",
    .type = LOFT_CONFIG_COUNT,
    .fallback = "100",
    .minimum = 10,
    .maximum = 1000,
    .reloadable = TRUE,
  },
  [LOFT_CONFIG_HEAD_TIMEOUT] = {
    .group = "http",
    .name = "head-timeout",
    .type = LOFT_CONFIG_SECONDS,
    .fallback = "10",
    .minimum = 1,
    .maximum = 3600,
    .reloadable = TRUE,
  },
  [LOFT_CONFIG_IDLE_TIMEOUT] = {
    .group = "http",
    .name = "idle-timeout",
    .type = LOFT_CONFIG_SECONDS,
    .fallback = "75",
    .minimum = 1,
    .maximum = 86400,
    .reloadable = TRUE,
  },
  [LOFT_CONFIG_BODY_TIMEOUT] = {
    .group = "http",
    .name = "body-timeout",
    .type = LOFT_CONFIG_SECONDS,
    .fallback = "30",
    .minimum = 1,
    .maximum = 3600,
    .reloadable = TRUE,
  },
  [LOFT_CONFIG_WRITE_TIMEOUT] = {
    .group = "http",
    .name = "write-timeout",
    .type = LOFT_CONFIG_SECONDS,
    .fallback = "30",
    .minimum = 1,
    .maximum = 3600,
    .reloadable = TRUE,
  },
  [LOFT_CONFIG_MIN_RATE] = {
    .group = "http",
    .name = "min-rate",
    .type = LOFT_CONFIG_COUNT,
    .fallback = "500",
    .minimum = 0,
    .maximum = 1000000,
    .reloadable = TRUE,
  },
};

G_STATIC_ASSERT (G_N_ELEMENTS (infos) == LOFT_CONFIG_N_KEYS);

/**
 * loft_config_key_get_info:
 * @key: a key
 *
 * Looks up what is known about @key.
 *
 * Returns: (transfer none): the row of the table
 */
const LoftConfigKeyInfo *
loft_config_key_get_info (LoftConfigKey key)
{
  g_return_val_if_fail (key < LOFT_CONFIG_N_KEYS, NULL);

  return &infos[key];
}

/**
 * loft_config_key_find:
 * @group: a group's name
 * @name: a key's name
 * @out_key: (out) (optional): where to put the key
 *
 * Finds the key that is called @name in @group.
 *
 * Returns: whether there is such a key
 */
gboolean
loft_config_key_find (const char *group,
                      const char *name,
                      LoftConfigKey *out_key)
{
  g_return_val_if_fail (group != NULL && name != NULL, FALSE);

  for (guint i = 0; i < LOFT_CONFIG_N_KEYS; i++)
    if (g_str_equal (infos[i].group, group) &&
        g_str_equal (infos[i].name, name))
      {
        if (out_key != NULL)
          *out_key = i;
        return TRUE;
      }

  return FALSE;
}

/**
 * loft_config_key_is_group:
 * @group: a name
 *
 * Finds out whether any key is in a group called @group.
 *
 * Returns: whether there is such a group
 */
gboolean
loft_config_key_is_group (const char *group)
{
  g_return_val_if_fail (group != NULL, FALSE);

  for (guint i = 0; i < LOFT_CONFIG_N_KEYS; i++)
    if (g_str_equal (infos[i].group, group))
      return TRUE;

  return FALSE;
}

/**
 * loft_config_key_get_variable:
 * @key: a key
 *
 * Names the environment variable that sets @key.
 *
 * Returns: (transfer full): its name
 */
char *
loft_config_key_get_variable (LoftConfigKey key)
{
  g_return_val_if_fail (key < LOFT_CONFIG_N_KEYS, NULL);

  if (infos[key].variable != NULL)
    return g_strdup (infos[key].variable);

  g_autofree char *capitals = g_ascii_strup (infos[key].name, -1);

  return g_strconcat ("LOFT_REGISTRY_",
                      g_strdelimit (capitals, "-", '_'),
                      NULL);
}
