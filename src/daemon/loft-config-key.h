/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * LoftConfigError:
 * @LOFT_CONFIG_ERROR_READ: a file can't be read
 * @LOFT_CONFIG_ERROR_SYNTAX: a line is neither group, nor key, nor comment
 * @LOFT_CONFIG_ERROR_UNKNOWN: there is no such group or key
 * @LOFT_CONFIG_ERROR_VALUE: the value is none that the key takes
 *
 * What is wrong with a configuration.
 */
typedef enum
{
  LOFT_CONFIG_ERROR_READ,
  LOFT_CONFIG_ERROR_SYNTAX,
  LOFT_CONFIG_ERROR_UNKNOWN,
  LOFT_CONFIG_ERROR_VALUE
} LoftConfigError;

#define LOFT_CONFIG_ERROR (loft_config_error_quark ())
GQuark loft_config_error_quark (void);

/**
 * LoftConfigKey:
 *
 * Every key of the configuration; the table in loft-config-key.c says what
 * each is called, takes and means.
 */
typedef enum
{
  LOFT_CONFIG_STORAGE,
  LOFT_CONFIG_BACKEND,
  LOFT_CONFIG_TAKE_OVER,
  LOFT_CONFIG_PUBLISH,
  LOFT_CONFIG_TOKEN_LIFETIME,
  LOFT_CONFIG_CACHE_DIRECTORY,
  LOFT_CONFIG_DOWNLOAD,
  LOFT_CONFIG_TARBALL_CACHE_SIZE,
  LOFT_CONFIG_RESERVED_NAMES,
  LOFT_CONFIG_MAX_TARBALL_SIZE,
  LOFT_CONFIG_MAX_UNPACKED_SIZE,
  LOFT_CONFIG_MAX_RATIO,
  LOFT_CONFIG_RATIO_FROM_SIZE,
  LOFT_CONFIG_MAX_ENTRIES,
  LOFT_CONFIG_MAX_PATH_LENGTH,
  LOFT_CONFIG_MAX_VERSIONS_PER_PACKAGE,
  LOFT_CONFIG_MAX_BYTES_PER_PACKAGE,
  LOFT_CONFIG_RESCAN_INTERVAL,
  LOFT_CONFIG_LOG_POLL,
  LOFT_CONFIG_CHECKPOINT_INTERVAL,
  LOFT_CONFIG_MAINTENANCE_LEASE,
  LOFT_CONFIG_DOWNLOAD_COUNTS,
  LOFT_CONFIG_DOWNLOAD_COUNT_INTERVAL,
  LOFT_CONFIG_DOC_COMMAND,
  LOFT_CONFIG_DOC_SOCKET,
  LOFT_CONFIG_DOC_TIMEOUT,
  LOFT_CONFIG_DOC_MEMORY,
  LOFT_CONFIG_DOC_OUTPUT_SIZE,
  LOFT_CONFIG_DOC_ATTEMPTS,
  LOFT_CONFIG_DOC_RETRY_INTERVAL,
  LOFT_CONFIG_BUS,
  LOFT_CONFIG_VERBOSE,
  LOFT_CONFIG_LISTEN,
  LOFT_CONFIG_PUBLIC_URL,
  LOFT_CONFIG_SECURITY_CONTACT,
  LOFT_CONFIG_SECURITY_POLICY,
  LOFT_CONFIG_WORKERS,
  LOFT_CONFIG_WORKER_TIMEOUT,
  LOFT_CONFIG_ACCESS_LOG,
  LOFT_CONFIG_DRAIN_TIMEOUT,
  LOFT_CONFIG_MAX_WAIT,
  LOFT_CONFIG_METRICS_ALLOW,
  LOFT_CONFIG_TRUSTED_PROXIES,
  LOFT_CONFIG_HOT_RESPONSES,
  LOFT_CONFIG_HOT_SIZE,
  LOFT_CONFIG_MAX_CONNECTIONS,
  LOFT_CONFIG_MAX_CONNECTIONS_PER_PEER,
  LOFT_CONFIG_LIMIT_NEW,
  LOFT_CONFIG_LIMIT_NEW_INTERVAL,
  LOFT_CONFIG_LIMIT_UPDATES,
  LOFT_CONFIG_LIMIT_UPDATES_INTERVAL,
  LOFT_CONFIG_LIMIT_FAILURES,
  LOFT_CONFIG_LIMIT_FAILURES_INTERVAL,
  LOFT_CONFIG_MAX_HEAD_SIZE,
  LOFT_CONFIG_MAX_HEADERS,
  LOFT_CONFIG_HEAD_TIMEOUT,
  LOFT_CONFIG_IDLE_TIMEOUT,
  LOFT_CONFIG_BODY_TIMEOUT,
  LOFT_CONFIG_WRITE_TIMEOUT,
  LOFT_CONFIG_MIN_RATE,
  LOFT_CONFIG_N_KEYS
} LoftConfigKey;

/**
 * LoftConfigType:
 * @LOFT_CONFIG_TEXT: any text; a string
 * @LOFT_CONFIG_NAME: letters, digits and hyphens; a string
 * @LOFT_CONFIG_CHOICE: one of several words; a string
 * @LOFT_CONFIG_BOOLEAN: true or false
 * @LOFT_CONFIG_COUNT: a whole number; an unsigned 64-bit number
 * @LOFT_CONFIG_SIZE: bytes, also as KiB, MiB or GiB; the same
 * @LOFT_CONFIG_SECONDS: a whole number of seconds; the same
 * @LOFT_CONFIG_WORDS: words between commas or blanks; an array of strings
 * @LOFT_CONFIG_ADDRESSES: the same, of addresses with a port
 * @LOFT_CONFIG_NETWORKS: the same, of addresses and networks
 * @LOFT_CONFIG_COMMAND: nothing, or a command as a shell takes it, in which
 *   `{output}` stands for a folder; a string
 * @LOFT_CONFIG_URL: nothing, or a URL of a site, without a slash at its end; a
 *   string
 * @LOFT_CONFIG_REFERENCE: nothing, or a URI of a page, a mailbox or a
 * telephone; a string
 *
 * What a key takes.
 */
typedef enum
{
  LOFT_CONFIG_TEXT,
  LOFT_CONFIG_NAME,
  LOFT_CONFIG_CHOICE,
  LOFT_CONFIG_BOOLEAN,
  LOFT_CONFIG_COUNT,
  LOFT_CONFIG_SIZE,
  LOFT_CONFIG_SECONDS,
  LOFT_CONFIG_WORDS,
  LOFT_CONFIG_ADDRESSES,
  LOFT_CONFIG_NETWORKS,
  LOFT_CONFIG_COMMAND,
  LOFT_CONFIG_URL,
  LOFT_CONFIG_REFERENCE
} LoftConfigType;

/**
 * LoftConfigKeyInfo:
 * @group: where in the file
 * @name: what it is called there
 * @type: what it takes
 * @fallback: the default, as it would be written in the file
 * @variable: (nullable): the environment variable, where it isn't
 *   `LOFT_REGISTRY_` and the name in capitals
 * @option: (nullable): the command line option, for messages
 * @choices: (nullable): the words of a choice, between blanks
 * @minimum: the least number allowed
 * @maximum: the greatest number allowed
 * @reloadable: whether a change takes effect without a new start
 *
 * Everything about one key.
 */
typedef struct
{
  const char *group;
  const char *name;
  LoftConfigType type;
  const char *fallback;
  const char *variable;
  const char *option;
  const char *choices;
  guint64 minimum;
  guint64 maximum;
  gboolean reloadable;
} LoftConfigKeyInfo;

const LoftConfigKeyInfo *loft_config_key_get_info (LoftConfigKey key);
gboolean loft_config_key_find (const char *group,
                               const char *name,
                               LoftConfigKey *out_key);
gboolean loft_config_key_is_group (const char *group);
char *loft_config_key_get_variable (LoftConfigKey key);
GVariant *
loft_config_key_parse (LoftConfigKey key, const char *text, GError **error);
char *loft_config_key_format (GVariant *value);
GInetSocketAddress *loft_config_parse_address (const char *text);

G_END_DECLS
