/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "loft-s3-config.h"

#include <glib/gi18n.h>
#include <string.h>

#include "loft-s3-request.h"
#include "storage/loft-storage-config.h"
#include "storage/loft-storage.h"

#define GROUP "s3"
#define DEFAULT_REGION "us-east-1"

static const char *const names[] = {
  "access-key", "addressing", "ca-file",       "credentials-file", "endpoint",
  "region",     "secret-key", "session-token", "timeout",          NULL,
};

/**
 * loft_s3_config_free:
 * @self: (transfer full): a configuration
 *
 * Frees @self.
 */
void
loft_s3_config_free (LoftS3Config *self)
{
  g_return_if_fail (self != NULL);

  g_free (self->bucket);
  g_free (self->prefix);
  g_clear_pointer (&self->endpoint, g_uri_unref);
  g_free (self->region);
  g_free (self->access_key);
  g_free (self->secret_key);
  g_free (self->token);
  g_free (self->credentials_file);
  g_free (self->ca_file);
  g_free (self);
}

/* What goes into a host's name, and what is safe in a path. */
static gboolean
check_bucket (const char *bucket)
{
  gsize length = strspn (bucket,
                         "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                         "0123456789-._");

  return length >= 3 && length <= 255 && bucket[length] == '\0' &&
         bucket[0] != '.';
}

static gboolean
read_location (LoftS3Config *self, GKeyFile *key_file, GError **error)
{
  g_autofree char *storage =
    g_key_file_get_string (key_file, "registry", "storage", NULL);
  const char *place = storage;

  if (place == NULL || !g_str_has_prefix (place, "s3://"))
    return loft_storage_config_refuse (
      error,
      _ ("“storage” in [registry] must be s3://BUCKET or "
         "s3://BUCKET/PREFIX"));
  place += strlen ("s3://");

  const char *rest = strchr (place, '/');
  self->bucket =
    rest != NULL ? g_strndup (place, (gsize) (rest - place)) : g_strdup (place);
  if (!check_bucket (self->bucket))
    return loft_storage_config_refuse (
      error,
      _ ("What follows s3:// in “storage” is not the name of a "
         "bucket"));

  g_autofree char *prefix = g_strdup (rest != NULL ? rest + 1 : "");
  if (g_str_has_suffix (prefix, "/"))
    prefix[strlen (prefix) - 1] = '\0';
  if (prefix[0] == '\0')
    {
      self->prefix = g_strdup ("");
      return TRUE;
    }

  self->prefix = g_strconcat (prefix, "/", NULL);
  if (strpbrk (prefix, "?#%") != NULL)
    return loft_storage_config_refuse (
      error,
      _ ("The prefix “%s” may not contain “?”, “#” or “%%”; settings "
         "belong into the group [s3]"),
      prefix);

  return loft_storage_key_check (prefix, error);
}

static gboolean
read_endpoint (LoftS3Config *self, GKeyFile *key_file, GError **error)
{
  g_autofree char *written =
    loft_storage_config_dup_text (key_file, GROUP, "endpoint");
  g_autofree char *text =
    written != NULL
      ? g_steal_pointer (&written)
      : g_strdup_printf ("https://s3.%s.amazonaws.com", self->region);
  g_autoptr (GUri) uri = g_uri_parse (text, G_URI_FLAGS_NONE, NULL);

  if (uri == NULL || g_uri_get_host (uri) == NULL ||
      g_uri_get_host (uri)[0] == '\0' || g_uri_get_userinfo (uri) != NULL ||
      g_uri_get_query (uri) != NULL || g_uri_get_fragment (uri) != NULL ||
      (g_strcmp0 (g_uri_get_path (uri), "") != 0 &&
       g_strcmp0 (g_uri_get_path (uri), "/") != 0) ||
      (g_strcmp0 (g_uri_get_scheme (uri), "http") != 0 &&
       g_strcmp0 (g_uri_get_scheme (uri), "https") != 0))
    return loft_storage_config_refuse (
      error,
      _ ("“endpoint” in [s3] must be http://HOST or "
         "https://HOST, with a port where it is not the usual one"));

  self->endpoint = g_steal_pointer (&uri);

  return TRUE;
}

static gboolean
read_addressing (LoftS3Config *self, GKeyFile *key_file, GError **error)
{
  g_autofree char *text =
    loft_storage_config_dup_text (key_file, GROUP, "addressing");

  if (text == NULL || g_str_equal (text, "auto"))
    self->virtual_host =
      g_str_has_suffix (g_uri_get_host (self->endpoint), ".amazonaws.com") &&
      strchr (self->bucket, '.') == NULL;
  else if (g_str_equal (text, "virtual"))
    self->virtual_host = TRUE;
  else if (!g_str_equal (text, "path"))
    return loft_storage_config_refuse (
      error,
      _ ("“addressing” in [s3] must be auto, path or virtual, "
         "not “%s”"),
      text);

  return TRUE;
}

static gboolean
read_keys (LoftS3Config *self, GKeyFile *key_file, GError **error)
{
  self->access_key =
    loft_storage_config_dup_text (key_file, GROUP, "access-key");
  self->secret_key =
    loft_storage_config_dup_text (key_file, GROUP, "secret-key");
  self->token = loft_storage_config_dup_text (key_file, GROUP, "session-token");
  self->credentials_file =
    loft_storage_config_dup_text (key_file, GROUP, "credentials-file");

  if ((self->access_key == NULL) != (self->secret_key == NULL))
    return loft_storage_config_refuse (
      error,
      _ ("[s3] needs “access-key” and “secret-key”, or "
         "neither of them"));
  if (self->access_key == NULL && self->credentials_file == NULL)
    return loft_storage_config_refuse (
      error,
      _ ("There are no keys for the storage: [s3] needs "
         "“access-key” and “secret-key”, or “credentials-file”"));

  return TRUE;
}

static gboolean
read_rest (LoftS3Config *self, GKeyFile *key_file, GError **error)
{
  if (!loft_storage_config_get_timeout (key_file, GROUP, &self->timeout, error))
    return FALSE;

  self->ca_file = loft_storage_config_dup_text (key_file, GROUP, "ca-file");

  return TRUE;
}

/**
 * loft_s3_config_new:
 * @key_file: the configuration of the whole server
 * @error: return location for a #GError
 *
 * Reads where the store is from `storage` in the group `registry`, and the
 * rest from the group `s3`. No message repeats a secret.
 *
 * Returns: (transfer full): what it says, or %NULL with
 *   %LOFT_STORAGE_ERROR_FAILED
 */
LoftS3Config *
loft_s3_config_new (GKeyFile *key_file, GError **error)
{
  g_return_val_if_fail (key_file != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  g_autoptr (LoftS3Config) self = g_new0 (LoftS3Config, 1);
  g_autofree char *region =
    loft_storage_config_dup_text (key_file, GROUP, "region");

  self->region =
    region != NULL ? g_steal_pointer (&region) : g_strdup (DEFAULT_REGION);

  if (!loft_storage_config_check_keys (key_file, GROUP, names, error) ||
      !read_location (self, key_file, error) ||
      !read_endpoint (self, key_file, error) ||
      !read_addressing (self, key_file, error) ||
      !read_keys (self, key_file, error) || !read_rest (self, key_file, error))
    return NULL;

  return g_steal_pointer (&self);
}

/**
 * loft_s3_config_uses_tls:
 * @self: a configuration
 *
 * Returns: whether nobody on the way can change what is sent
 */
gboolean
loft_s3_config_uses_tls (const LoftS3Config *self)
{
  g_return_val_if_fail (self != NULL, FALSE);

  return g_str_equal (g_uri_get_scheme (self->endpoint), "https");
}

/**
 * loft_s3_config_format_host:
 * @self: a configuration
 *
 * Returns: (transfer full): what the header `Host` says, and what is signed
 */
char *
loft_s3_config_format_host (const LoftS3Config *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  const char *host = g_uri_get_host (self->endpoint);
  int port = g_uri_get_port (self->endpoint);
  int usual = loft_s3_config_uses_tls (self) ? 443 : 80;
  GString *text = g_string_new (NULL);

  if (self->virtual_host)
    g_string_append_printf (text, "%s.", self->bucket);
  g_string_append_printf (text,
                          strchr (host, ':') != NULL ? "[%s]" : "%s",
                          host);
  if (port != -1 && port != usual)
    g_string_append_printf (text, ":%d", port);

  return g_string_free (text, FALSE);
}

/**
 * loft_s3_config_format_path:
 * @self: a configuration
 * @key: (nullable): an object's key, or %NULL for the bucket itself
 *
 * Returns: (transfer full): where it is below the host, percent-encoded
 */
char *
loft_s3_config_format_path (const LoftS3Config *self, const char *key)
{
  g_return_val_if_fail (self != NULL, NULL);

  g_autofree char *path =
    g_strconcat (self->virtual_host ? "" : "/",
                 self->virtual_host ? "" : self->bucket,
                 key != NULL || self->virtual_host ? "/" : "",
                 key != NULL ? self->prefix : "",
                 key != NULL ? key : "",
                 NULL);

  return loft_s3_encode (path, TRUE);
}

/**
 * loft_s3_config_format_uri:
 * @self: a configuration
 *
 * Returns: (transfer full): where the store is, for people
 */
char *
loft_s3_config_format_uri (const LoftS3Config *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  g_autofree char *prefix =
    g_strndup (self->prefix,
               strlen (self->prefix) - (self->prefix[0] != '\0' ? 1 : 0));
  g_autofree char *host = loft_s3_config_format_host (self);

  return g_strdup_printf ("s3://%s%s%s?endpoint=%s://%s",
                          self->bucket,
                          prefix[0] != '\0' ? "/" : "",
                          prefix,
                          g_uri_get_scheme (self->endpoint),
                          host);
}
