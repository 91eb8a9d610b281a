/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "backend/loft-backend-config.h"

#include <string.h>

#define GIO "gio"
#define S3 "s3"

/* What tools for this service take from the environment. The first that is set
 * counts. */
static const char *const s3_variables[][2] = {
  { "endpoint", "AWS_ENDPOINT_URL_S3" },
  { "endpoint", "AWS_ENDPOINT_URL" },
  { "region", "AWS_REGION" },
  { "region", "AWS_DEFAULT_REGION" },
  { "ca-file", "AWS_CA_BUNDLE" },
};

/* An empty variable counts as none. */
static const char *
get_variable (const char *const *environment, const char *name)
{
  const char *value =
    environment != NULL ? g_environ_getenv ((char **) environment, name) : NULL;

  return value != NULL && *value != '\0' ? value : NULL;
}

/* Keys belong together: those of one place are never mixed with another's. */
static void
complete_s3_keys (GKeyFile *key_file, const char *const *environment)
{
  const char *access_key = get_variable (environment, "AWS_ACCESS_KEY_ID");
  const char *secret_key = get_variable (environment, "AWS_SECRET_ACCESS_KEY");
  const char *token = get_variable (environment, "AWS_SESSION_TOKEN");
  const char *file = get_variable (environment, "AWS_SHARED_CREDENTIALS_FILE");
  const char *directory = get_variable (environment, "CREDENTIALS_DIRECTORY");
  g_autofree char *credential =
    directory != NULL ? g_build_filename (directory, "key_s3", NULL) : NULL;

  if (access_key != NULL && secret_key != NULL)
    {
      g_key_file_set_string (key_file, S3, "access-key", access_key);
      g_key_file_set_string (key_file, S3, "secret-key", secret_key);
      g_key_file_set_string (key_file,
                             S3,
                             "session-token",
                             token != NULL ? token : "");
    }
  else if (file != NULL)
    {
      g_key_file_set_string (key_file, S3, "credentials-file", file);
      g_key_file_remove_key (key_file, S3, "access-key", NULL);
      g_key_file_remove_key (key_file, S3, "secret-key", NULL);
    }
  else if (!g_key_file_has_key (key_file, S3, "access-key", NULL) &&
           !g_key_file_has_key (key_file, S3, "credentials-file", NULL) &&
           credential != NULL && g_file_test (credential, G_FILE_TEST_EXISTS))
    g_key_file_set_string (key_file, S3, "credentials-file", credential);
}

static void
complete_s3 (GKeyFile *key_file, const char *const *environment)
{
  const char *last = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (s3_variables); i++)
    {
      const char *value = get_variable (environment, s3_variables[i][1]);

      if (value == NULL || g_strcmp0 (s3_variables[i][0], last) == 0)
        continue;
      last = s3_variables[i][0];
      g_key_file_set_string (key_file, S3, last, value);
    }

  complete_s3_keys (key_file, environment);
}

static void
complete_gio (GKeyFile *key_file, const char *const *environment)
{
  const char *directory = get_variable (environment, "CREDENTIALS_DIRECTORY");
  g_autofree char *credential =
    directory != NULL ? g_build_filename (directory, "key_gio", NULL) : NULL;

  if (!g_key_file_has_key (key_file, GIO, "credentials-file", NULL) &&
      credential != NULL && g_file_test (credential, G_FILE_TEST_EXISTS))
    g_key_file_set_string (key_file, GIO, "credentials-file", credential);
}

static const char *const gvfs_schemes[] = { "dav", "davs", "sftp", NULL };

/**
 * loft_backend_config_guess:
 * @storage: where a store is
 *
 * Tells which backend is meant where none is named: the one that the scheme of
 * the store's URI stands for.
 *
 * Returns: (transfer full): its name, which may be no known one
 */
char *
loft_backend_config_guess (const char *storage)
{
  g_return_val_if_fail (storage != NULL, NULL);

  const char *scheme = g_uri_peek_scheme (storage);

  if (scheme == NULL || strstr (storage, "://") == NULL ||
      g_str_equal (scheme, "file"))
    return g_strdup ("filesystem");

  /* What GVfs reaches goes by the names that it has there. */
  if (g_strv_contains (gvfs_schemes, scheme))
    return g_strdup ("gio");

  return g_strdup (scheme);
}

/**
 * loft_backend_config_complete:
 * @key_file: (inout): the whole configuration
 * @backend: the backend that serves the storage
 * @storage: where the configuration says that it is
 * @environment: (nullable): the environment
 * @error: return location for a #GError
 *
 * Gives the backend what it does not have from the file, for backends know
 * neither the environment nor how a path may be written.
 *
 * Returns: whether @storage is fit for the backend
 */
gboolean
loft_backend_config_complete (GKeyFile *key_file,
                              const char *backend,
                              const char *storage,
                              const char *const *environment,
                              GError **error)
{
  g_return_val_if_fail (key_file != NULL, FALSE);
  g_return_val_if_fail (backend != NULL && storage != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (g_str_equal (backend, S3))
    complete_s3 (key_file, environment);
  if (g_str_equal (backend, GIO))
    complete_gio (key_file, environment);
  if (!g_str_equal (backend, "filesystem"))
    return TRUE;

  g_autofree char *root = g_str_has_prefix (storage, "file://")
                            ? g_filename_from_uri (storage, NULL, error)
                            : g_strdup (storage);
  if (root == NULL)
    return FALSE;

  g_key_file_set_string (key_file, backend, "Root", root);

  return TRUE;
}
