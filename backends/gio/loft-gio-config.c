/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "loft-gio-config.h"

#include <glib/gi18n.h>
#include <string.h>

#include "storage/loft-storage-config.h"
#include "storage/loft-storage.h"

#define GROUP "gio"

static const char *const names[] = { "credentials-file", "timeout", NULL };

/**
 * loft_gio_config_free: (skip)
 * @self: (transfer full): a configuration
 *
 * Frees @self.
 */
void
loft_gio_config_free (LoftGioConfig *self)
{
  g_clear_object (&self->root);
  g_free (self->user);
  g_free (self->password);
  g_free (self);
}

/* A password in the URI would be shown wherever the store is named. */
static gboolean
read_location (LoftGioConfig *self, GKeyFile *key_file, GError **error)
{
  g_autofree char *storage =
    g_key_file_get_string (key_file, "registry", "storage", NULL);
  g_autoptr (GUri) uri =
    storage != NULL
      ? g_uri_parse (storage,
                     G_URI_FLAGS_HAS_PASSWORD | G_URI_FLAGS_NON_DNS,
                     NULL)
      : NULL;

  if (uri == NULL)
    return loft_storage_config_refuse (
      error,
      _ ("“storage” in [registry] must be a URI, as "
         "davs://USER@HOST/FOLDER or sftp://USER@HOST/FOLDER"));
  if (g_uri_get_password (uri) != NULL)
    return loft_storage_config_refuse (
      error,
      _ ("The password must not be in “storage”; it belongs into "
         "the file that “credentials-file” in [gio] names"));

  self->root = g_file_new_for_uri (storage);

  return TRUE;
}

static gboolean
read_credentials (LoftGioConfig *self, GKeyFile *key_file, GError **error)
{
  g_autofree char *path =
    loft_storage_config_dup_text (key_file, GROUP, "credentials-file");
  g_autoptr (GKeyFile) file = g_key_file_new ();
  g_autoptr (GError) local_error = NULL;

  if (path == NULL)
    return TRUE;
  if (!g_key_file_load_from_file (file, path, G_KEY_FILE_NONE, &local_error))
    return loft_storage_config_refuse (error,
                                       _ ("“%s” can not be read: %s"),
                                       path,
                                       local_error->message);

  self->user = loft_storage_config_dup_text (file, GROUP, "user");
  self->password = g_key_file_get_string (file, GROUP, "password", NULL);
  if (self->password == NULL)
    return loft_storage_config_refuse (
      error,
      _ ("“%s” has no “password” in a group [gio]"),
      path);

  return TRUE;
}

static gboolean
read_rest (LoftGioConfig *self, GKeyFile *key_file, GError **error)
{

  if (!loft_storage_config_get_timeout (key_file, GROUP, &self->timeout, error))
    return FALSE;

  self->take_over =
    g_key_file_get_boolean (key_file, "registry", "take-over", NULL);

  return TRUE;
}

/**
 * loft_gio_config_new: (skip)
 * @key_file: the configuration of the whole server
 * @error: return location for a #GError
 *
 * Reads where the store is from `storage` in the group `registry`, and the
 * rest from the group `gio`. No message repeats a secret.
 *
 * Returns: (transfer full): what it says, or %NULL with
 *   %LOFT_STORAGE_ERROR_FAILED
 */
LoftGioConfig *
loft_gio_config_new (GKeyFile *key_file, GError **error)
{
  g_autoptr (LoftGioConfig) self = g_new0 (LoftGioConfig, 1);

  if (!loft_storage_config_check_keys (key_file, GROUP, names, error) ||
      !read_location (self, key_file, error) ||
      !read_credentials (self, key_file, error) ||
      !read_rest (self, key_file, error))
    return NULL;

  return g_steal_pointer (&self);
}
