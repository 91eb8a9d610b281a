/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include <glib/gi18n.h>

#include "backend/loft-backend-config.h"
#include "daemon/loft-config-file.h"
#include "daemon/loft-config-private.h"

/* Reading the configuration: defaults, the file, the environment and the
 * command line, of which each has the last word on what comes before it. */

/* Takes @text for @key; @origin is where it was written, and opens the error
 * message if @text is no value for @key. */
static gboolean
take_value (LoftConfig *self,
            LoftConfigKey key,
            const char *text,
            const char *origin,
            GError **error)
{
  g_autoptr (GVariant) value = loft_config_key_parse (key, text, error);

  if (value == NULL)
    {
      g_prefix_error (error, "%s: ", origin);
      return FALSE;
    }

  g_clear_pointer (&self->values[key], g_variant_unref);
  self->values[key] = g_steal_pointer (&value);
  g_free (self->origins[key]);
  self->origins[key] = g_strdup (origin);

  return TRUE;
}

static const char *
get_variable (const char *const *environment, const char *name)
{
  return g_environ_getenv ((char **) environment, name);
}

static gboolean
take_defaults (LoftConfig *self, const char *const *environment, GError **error)
{
  for (guint i = 0; i < LOFT_CONFIG_N_KEYS; i++)
    if (!take_value (self,
                     i,
                     loft_config_key_get_info (i)->fallback,
                     "default",
                     error))
      return FALSE;

  /* The service manager may have made a directory for us, or several; the
   * first is ours. */
  const char *cache = get_variable (environment, "CACHE_DIRECTORY");

  if (cache != NULL && *cache != '\0')
    {
      g_auto (GStrv) directories = g_strsplit (cache, ":", -1);

      return take_value (self,
                         LOFT_CONFIG_CACHE_DIRECTORY,
                         directories[0],
                         "CACHE_DIRECTORY",
                         error);
    }

  const char *xdg_cache = get_variable (environment, "XDG_CACHE_HOME");
  g_autofree char *directory =
    g_build_filename (xdg_cache != NULL && g_path_is_absolute (xdg_cache)
                        ? xdg_cache
                        : g_get_user_cache_dir (),
                      PACKAGE_NAME,
                      NULL);

  return take_value (self,
                     LOFT_CONFIG_CACHE_DIRECTORY,
                     directory,
                     "default",
                     error);
}

static gboolean
is_backend (LoftConfig *self, const char *group)
{
  g_autofree char *backend = loft_config_get_backend (self);

  if (g_str_equal (group, backend))
    return TRUE;

  const char *directory = g_getenv ("LOFT_BACKENDDIR");
  g_autofree char *module = g_strconcat (group, "." G_MODULE_SUFFIX, NULL);
  g_autofree char *path =
    g_build_filename (directory != NULL ? directory : LOFT_BACKENDDIR,
                      module,
                      NULL);

  return strchr (group, G_DIR_SEPARATOR) == NULL &&
         g_file_test (path, G_FILE_TEST_EXISTS);
}

/* Each group has to be ours or a backend's, be it one that is not in use. */
static gboolean
check_groups (LoftConfig *self,
              const char *file,
              GPtrArray *lines,
              GError **error)
{
  for (guint i = 0; i < lines->len; i++)
    {
      const LoftConfigLine *line = g_ptr_array_index (lines, i);

      if (line->key == NULL && !loft_config_key_is_group (line->group) &&
          !is_backend (self, line->group))
        {
          g_set_error (error,
                       LOFT_CONFIG_ERROR,
                       LOFT_CONFIG_ERROR_UNKNOWN,
                       _ ("%s:%u: [%s] is no group, nor is there a backend "
                          "of this name"),
                       file,
                       line->number,
                       line->group);
          return FALSE;
        }
    }

  return TRUE;
}

static gboolean
take_lines (LoftConfig *self,
            const char *file,
            GPtrArray *lines,
            GError **error)
{
  for (guint i = 0; i < lines->len; i++)
    {
      const LoftConfigLine *line = g_ptr_array_index (lines, i);
      LoftConfigKey key;

      if (line->text == NULL ||
          !loft_config_key_find (line->group, line->key, &key))
        continue;

      g_autofree char *origin = g_strdup_printf ("%s:%u: [%s] %s",
                                                 file,
                                                 line->number,
                                                 line->group,
                                                 line->key);
      if (!take_value (self, key, line->text, origin, error))
        return FALSE;
    }

  return TRUE;
}

/* An empty variable counts as none. One that begins like ours but is not is
 * an error as a key in the file would be; only `LOFT_REGISTRY` itself belongs
 * to the client. */
static gboolean
take_environment (LoftConfig *self,
                  const char *const *environment,
                  GError **error)
{
  g_autoptr (GHashTable) known =
    g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  for (guint i = 0; i < LOFT_CONFIG_N_KEYS; i++)
    {
      char *variable = loft_config_key_get_variable (i);
      const char *text = get_variable (environment, variable);

      g_hash_table_add (known, variable);
      if (text != NULL && *text != '\0' &&
          !take_value (self, i, text, variable, error))
        return FALSE;
    }

  for (guint i = 0; environment != NULL && environment[i] != NULL; i++)
    {
      g_autofree char *variable =
        g_strndup (environment[i], strcspn (environment[i], "="));

      if (g_str_has_prefix (variable, "LOFT_REGISTRY_") &&
          !g_hash_table_contains (known, variable))
        {
          g_set_error (error,
                       LOFT_CONFIG_ERROR,
                       LOFT_CONFIG_ERROR_UNKNOWN,
                       _ ("%s: There is no such environment variable"),
                       variable);
          return FALSE;
        }
    }

  return TRUE;
}

static gboolean
take_options (LoftConfig *self, const char *const *options, GError **error)
{
  for (guint i = 0; options != NULL && i < LOFT_CONFIG_N_KEYS; i++)
    if (options[i] != NULL && !take_value (self,
                                           i,
                                           options[i],
                                           loft_config_key_get_info (i)->option,
                                           error))
      return FALSE;

  return TRUE;
}

/* What a backend is given: the file, with the values that count. */
static gboolean
complete_key_file (LoftConfig *self,
                   const char *const *environment,
                   GError **error)
{
  for (guint i = 0; i < LOFT_CONFIG_N_KEYS; i++)
    {
      const LoftConfigKeyInfo *info = loft_config_key_get_info (i);
      g_autofree char *text = loft_config_key_format (self->values[i]);

      g_key_file_set_string (self->key_file, info->group, info->name, text);
    }

  g_autofree char *backend = loft_config_get_backend (self);
  const char *storage = loft_config_get_text (self, LOFT_CONFIG_STORAGE);

  if (!loft_backend_config_complete (self->key_file,
                                     backend,
                                     storage,
                                     environment,
                                     error))
    {
      g_prefix_error (error, "%s: ", self->origins[LOFT_CONFIG_STORAGE]);
      return FALSE;
    }

  return TRUE;
}

/**
 * loft_config_load:
 * @file: (nullable): the configuration file; %NULL for the installed one,
 *   which may be missing
 * @environment: (nullable): the environment, as from g_get_environ()
 * @options: (nullable) (array fixed-size=LOFT_CONFIG_N_KEYS): what the command
 *   line says for each key, %NULL for nothing
 * @error: return location for a #GError
 *
 * Puts the configuration together: options before environment before file
 * before defaults. Everything that is written is checked, also what something
 * else overrides.
 *
 * Returns: (transfer full): the configuration, or %NULL with a
 *   #LoftConfigError whose message says where the mistake is
 */
LoftConfig *
loft_config_load (const char *file,
                  const char *const *environment,
                  const char *const *options,
                  GError **error)
{
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  g_autoptr (LoftConfig) self = g_object_new (LOFT_TYPE_CONFIG, NULL);
  g_autoptr (GPtrArray) lines = NULL;
  const char *path = file != NULL ? file : LOFT_CONFIG_FILE;

  if (!take_defaults (self, environment, error))
    return NULL;

  if (file != NULL || g_file_test (path, G_FILE_TEST_EXISTS))
    {
      lines = loft_config_file_read (path, self->key_file, error);
      if (lines == NULL || !take_lines (self, path, lines, error))
        return NULL;
    }

  if (!take_environment (self, environment, error) ||
      !take_options (self, options, error))
    return NULL;

  if (lines != NULL && !check_groups (self, path, lines, error))
    return NULL;

  if (!complete_key_file (self, environment, error))
    return NULL;

  return g_steal_pointer (&self);
}

/**
 * loft_config_new_from_data:
 * @data: what loft_config_to_data() gave in another process
 * @error: return location for a #GError
 *
 * Takes over the configuration of a process that has read it.
 *
 * Returns: (transfer full): the configuration, or %NULL with @error set
 */
LoftConfig *
loft_config_new_from_data (const char *data, GError **error)
{
  g_return_val_if_fail (data != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  g_autoptr (LoftConfig) self = g_object_new (LOFT_TYPE_CONFIG, NULL);

  if (!g_key_file_load_from_data (self->key_file,
                                  data,
                                  (gsize) -1,
                                  G_KEY_FILE_NONE,
                                  error))
    return NULL;

  for (guint i = 0; i < LOFT_CONFIG_N_KEYS; i++)
    {
      const LoftConfigKeyInfo *info = loft_config_key_get_info (i);
      g_autofree char *text =
        g_key_file_get_string (self->key_file, info->group, info->name, error);

      if (text == NULL || !take_value (self, i, text, "parent", error))
        return NULL;
    }

  return g_steal_pointer (&self);
}
