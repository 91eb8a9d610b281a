/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "daemon/loft-open.h"

#include <glib/gi18n.h>

#include "backend/loft-backend-loader.h"

/* An engine that is away for now is opened as if somebody else had looked at it
 * already; the backend does so itself before it writes. Who owns a store alone
 * has to have it. */
static LoftStorage *
open_away (LoftConfig *config)
{
  g_autofree char *backend = loft_config_get_backend (config);
  g_autoptr (LoftStorage) storage =
    loft_backend_join (backend, loft_config_get_key_file (config), NULL, NULL);

  return storage != NULL &&
             loft_storage_has (storage, LOFT_STORAGE_FEATURE_SHARED) &&
             loft_storage_has (storage, LOFT_STORAGE_FEATURE_REMOTE)
           ? g_steal_pointer (&storage)
           : NULL;
}

static gboolean
check_download (LoftConfig *config, LoftStorage *storage, GError **error)
{
  const char *download = loft_config_get_text (config, LOFT_CONFIG_DOWNLOAD);

  if (!g_str_equal (download, "redirect") ||
      loft_storage_has (storage, LOFT_STORAGE_FEATURE_REDIRECT))
    return TRUE;

  g_set_error (error,
               LOFT_CONFIG_ERROR,
               LOFT_CONFIG_ERROR_VALUE,
               _ ("%s: The storage %s has no addresses to which clients could "
                  "be redirected; it takes “proxy”"),
               loft_config_get_origin (config, LOFT_CONFIG_DOWNLOAD),
               loft_storage_get_uri (storage));

  return FALSE;
}

/**
 * loft_open_storage:
 * @config: the configuration
 * @out_away: (out): set if the storage does not answer: why
 * @error: return location for a #GError
 *
 * Opens the storage that the configuration names. One that others may use as
 * well is opened also while it does not answer. Blocks.
 *
 * Returns: (transfer full): the storage, or %NULL with @error set
 */
LoftStorage *
loft_open_storage (LoftConfig *config, GError **out_away, GError **error)
{
  g_return_val_if_fail (LOFT_IS_CONFIG (config), NULL);
  g_return_val_if_fail (out_away != NULL && *out_away == NULL, NULL);

  g_autofree char *backend = loft_config_get_backend (config);
  g_autoptr (GError) local_error = NULL;
  g_autoptr (LoftStorage) storage =
    loft_backend_open (backend,
                       loft_config_get_key_file (config),
                       NULL,
                       &local_error);

  if (local_error != NULL)
    g_prefix_error (&local_error,
                    _ ("Can't open the storage (%s): "),
                    loft_config_get_origin (config, LOFT_CONFIG_STORAGE));
  if (g_error_matches (local_error,
                       LOFT_STORAGE_ERROR,
                       LOFT_STORAGE_ERROR_UNAVAILABLE))
    storage = open_away (config);
  if (storage == NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return NULL;
    }
  if (!check_download (config, storage, error))
    return NULL;

  if (local_error != NULL)
    g_propagate_error (out_away, g_steal_pointer (&local_error));

  return g_steal_pointer (&storage);
}
