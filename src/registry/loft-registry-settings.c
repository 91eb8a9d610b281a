/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-registry-private.h"

#define RESCAN_INTERVAL (24 * 60 * 60)
#define LOG_POLL 500
#define CHECKPOINT_INTERVAL 5000
#define MAINTENANCE_LEASE 300
#define DOWNLOAD_COUNT_INTERVAL 60
#define TOKEN_LIFETIME (90 * 24 * 60 * 60)
#define MAX_TARBALL (20 * 1024 * 1024)
#define MAX_VERSIONS 10000
#define TARBALL_CACHE (1024 * 1024 * 1024)
#define DOCS_TIMEOUT 120
#define DOCS_MEMORY (1024 * 1024 * 1024)
#define DOCS_OUTPUT_SIZE (64 * 1024 * 1024)
#define DOCS_ATTEMPTS 3
#define DOCS_RETRY_INTERVAL 300

/**
 * loft_registry_settings_new:
 *
 * Makes the defaults.
 *
 * Returns: (transfer full): settings
 */
LoftRegistrySettings *
loft_registry_settings_new (void)
{
  LoftRegistrySettings *self = g_new0 (LoftRegistrySettings, 1);
  const LoftArchiveLimits limits = LOFT_ARCHIVE_LIMITS_DEFAULT;

  self->publish = LOFT_PUBLISH_CLAIM;
  self->max_tarball = MAX_TARBALL;
  self->max_versions = MAX_VERSIONS;
  self->tarball_cache = TARBALL_CACHE;
  self->archive = limits;
  self->token_lifetime = TOKEN_LIFETIME;
  self->rescan_interval = RESCAN_INTERVAL;
  self->log_poll = LOG_POLL;
  self->checkpoint_interval = CHECKPOINT_INTERVAL;
  self->maintenance_lease = MAINTENANCE_LEASE;
  self->download_counts = TRUE;
  self->download_count_interval = DOWNLOAD_COUNT_INTERVAL;
  self->docs.timeout = DOCS_TIMEOUT;
  self->docs.memory = DOCS_MEMORY;
  self->docs.output_size = DOCS_OUTPUT_SIZE;
  self->docs.attempts = DOCS_ATTEMPTS;
  self->docs.retry_interval = DOCS_RETRY_INTERVAL;

  return self;
}

/**
 * loft_registry_settings_copy:
 * @self: settings
 *
 * Copies @self.
 *
 * Returns: (transfer full): the copy
 */
LoftRegistrySettings *
loft_registry_settings_copy (const LoftRegistrySettings *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  LoftRegistrySettings *copy = g_new (LoftRegistrySettings, 1);
  *copy = *self;
  copy->reserved = g_strdupv (self->reserved);
  loft_docs_settings_copy (&copy->docs, &self->docs);

  return copy;
}

/**
 * loft_registry_settings_free:
 * @self: (transfer full): settings
 *
 * Frees @self.
 */
void
loft_registry_settings_free (LoftRegistrySettings *self)
{
  g_return_if_fail (self != NULL);

  g_strfreev (self->reserved);
  loft_docs_settings_clear (&self->docs);
  g_free (self);
}

/**
 * loft_registry_dup_settings:
 * @self: a registry
 *
 * Gives the settings as they are now; safe in any thread.
 *
 * Returns: (transfer full): a copy
 */
LoftRegistrySettings *
loft_registry_dup_settings (LoftRegistry *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->mutex);

  return loft_registry_settings_copy (self->settings);
}

/**
 * loft_registry_set_settings:
 * @self: a registry
 * @settings: what the administrator chose
 *
 * Changes the settings for whatever begins from now on.
 */
void
loft_registry_set_settings (LoftRegistry *self,
                            const LoftRegistrySettings *settings)
{
  g_return_if_fail (LOFT_IS_REGISTRY (self));
  g_return_if_fail (settings != NULL);

  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->mutex);
  g_autoptr (LoftRegistrySettings) old = self->settings;

  self->settings = loft_registry_settings_copy (settings);
  if (self->tarballs != NULL)
    loft_tarball_cache_set_size (self->tarballs, settings->tarball_cache);
}

/**
 * loft_registry_redirects:
 * @self: a registry
 *
 * Tells whether clients are sent to the storage for tarballs.
 *
 * Returns: whether they are
 */
gboolean
loft_registry_redirects (LoftRegistry *self)
{
  g_return_val_if_fail (LOFT_IS_REGISTRY (self), FALSE);

  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->mutex);

  return self->settings->redirect &&
         loft_storage_has (self->storage, LOFT_STORAGE_FEATURE_REDIRECT);
}

/**
 * loft_registry_get_max_tarball:
 * @self: a registry
 *
 * Tells how large a tarball may be.
 *
 * Returns: bytes
 */
goffset
loft_registry_get_max_tarball (LoftRegistry *self)
{
  g_return_val_if_fail (LOFT_IS_REGISTRY (self), 0);

  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->mutex);

  return self->settings->max_tarball;
}

/**
 * loft_registry_get_quota:
 * @self: a registry
 * @out_versions: (out): versions of a package at most; 0 for any number
 * @out_bytes: (out): bytes of all its tarballs at most; 0 for any number
 *
 * Tells how large a package may be.
 */
void
loft_registry_get_quota (LoftRegistry *self,
                         guint64 *out_versions,
                         guint64 *out_bytes)
{
  g_return_if_fail (LOFT_IS_REGISTRY (self));
  g_return_if_fail (out_versions != NULL && out_bytes != NULL);

  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->mutex);

  *out_versions = self->settings->max_versions;
  *out_bytes = self->settings->max_bytes;
}
