/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "loft-gio-config.h"

#include <glib/gi18n.h>
#include <string.h>

#include "storage/loft-storage.h"

#define GROUP "gio"
#define DEFAULT_TIMEOUT 4
#define MAX_TIMEOUT 300

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

static gboolean G_GNUC_PRINTF (2, 3)
  refuse (GError **error, const char *format, ...)
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

static gboolean
check_names (GKeyFile *key_file, GError **error)
{
  g_auto (GStrv) keys = g_key_file_get_keys (key_file, GROUP, NULL, NULL);

  for (guint i = 0; keys != NULL && keys[i] != NULL; i++)
    if (!g_strv_contains (names, keys[i]))
      {
        g_autofree char *known = g_strjoinv (", ", (char **) names);

        return refuse (error,
                       _ ("“%s” in [gio] is unknown; there are %s"),
                       keys[i],
                       known);
      }

  return TRUE;
}

/* An empty value is none. */
static char *
get_text (GKeyFile *key_file, const char *name)
{
  g_autofree char *text = g_key_file_get_string (key_file, GROUP, name, NULL);

  if (text != NULL)
    g_strstrip (text);

  return text != NULL && text[0] != '\0' ? g_steal_pointer (&text) : NULL;
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
    return refuse (error,
                   _ ("“storage” in [registry] must be a URI, as "
                      "davs://USER@HOST/FOLDER or sftp://USER@HOST/FOLDER"));
  if (g_uri_get_password (uri) != NULL)
    return refuse (error,
                   _ ("The password must not be in “storage”; it belongs into "
                      "the file that “credentials-file” in [gio] names"));

  self->root = g_file_new_for_uri (storage);

  return TRUE;
}

static gboolean
read_credentials (LoftGioConfig *self, GKeyFile *key_file, GError **error)
{
  g_autofree char *path = get_text (key_file, "credentials-file");
  g_autoptr (GKeyFile) file = g_key_file_new ();
  g_autoptr (GError) local_error = NULL;

  if (path == NULL)
    return TRUE;
  if (!g_key_file_load_from_file (file, path, G_KEY_FILE_NONE, &local_error))
    return refuse (error,
                   _ ("“%s” can not be read: %s"),
                   path,
                   local_error->message);

  self->user = get_text (file, "user");
  self->password = g_key_file_get_string (file, GROUP, "password", NULL);
  if (self->password == NULL)
    return refuse (error, _ ("“%s” has no “password” in a group [gio]"), path);

  return TRUE;
}

static gboolean
read_rest (LoftGioConfig *self, GKeyFile *key_file, GError **error)
{
  g_autofree char *timeout = get_text (key_file, "timeout");
  guint64 seconds = DEFAULT_TIMEOUT;

  if (timeout != NULL &&
      !g_ascii_string_to_unsigned (timeout, 10, 1, MAX_TIMEOUT, &seconds, NULL))
    return refuse (error,
                   _ ("“timeout” in [gio] must be a number of seconds from 1 "
                      "to %d"),
                   MAX_TIMEOUT);
  self->timeout = (gint64) seconds * G_USEC_PER_SEC;

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

  if (!check_names (key_file, error) ||
      !read_location (self, key_file, error) ||
      !read_credentials (self, key_file, error) ||
      !read_rest (self, key_file, error))
    return NULL;

  return g_steal_pointer (&self);
}
