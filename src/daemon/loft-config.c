/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "backend/loft-backend-config.h"
#include "daemon/loft-config-private.h"

G_DEFINE_FINAL_TYPE (LoftConfig, loft_config, G_TYPE_OBJECT)

static void
loft_config_finalize (GObject *object)
{
  LoftConfig *self = LOFT_CONFIG (object);

  for (guint i = 0; i < LOFT_CONFIG_N_KEYS; i++)
    {
      g_clear_pointer (&self->values[i], g_variant_unref);
      g_clear_pointer (&self->origins[i], g_free);
    }
  g_clear_pointer (&self->key_file, g_key_file_unref);

  G_OBJECT_CLASS (loft_config_parent_class)->finalize (object);
}

static void
loft_config_class_init (LoftConfigClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = loft_config_finalize;
}

static void
loft_config_init (LoftConfig *self)
{
  self->key_file = g_key_file_new ();
}

/**
 * loft_config_get_text:
 * @self: a configuration
 * @key: a key that takes a text, a name or a choice
 *
 * Returns: (transfer none): the value of @key
 */
const char *
loft_config_get_text (LoftConfig *self, LoftConfigKey key)
{
  g_return_val_if_fail (LOFT_IS_CONFIG (self), NULL);
  g_return_val_if_fail (key < LOFT_CONFIG_N_KEYS, NULL);

  return g_variant_get_string (self->values[key], NULL);
}

/**
 * loft_config_get_boolean:
 * @self: a configuration
 * @key: a key that takes true or false
 *
 * Returns: the value of @key
 */
gboolean
loft_config_get_boolean (LoftConfig *self, LoftConfigKey key)
{
  g_return_val_if_fail (LOFT_IS_CONFIG (self), FALSE);
  g_return_val_if_fail (key < LOFT_CONFIG_N_KEYS, FALSE);

  return g_variant_get_boolean (self->values[key]);
}

/**
 * loft_config_get_number:
 * @self: a configuration
 * @key: a key that takes a count, a size (bytes) or a time (seconds)
 *
 * Returns: the value of @key
 */
guint64
loft_config_get_number (LoftConfig *self, LoftConfigKey key)
{
  g_return_val_if_fail (LOFT_IS_CONFIG (self), 0);
  g_return_val_if_fail (key < LOFT_CONFIG_N_KEYS, 0);

  return g_variant_get_uint64 (self->values[key]);
}

/**
 * loft_config_get_words:
 * @self: a configuration
 * @key: a key that takes words or addresses
 *
 * Returns: (transfer full): the value of @key
 */
GStrv
loft_config_get_words (LoftConfig *self, LoftConfigKey key)
{
  g_return_val_if_fail (LOFT_IS_CONFIG (self), NULL);
  g_return_val_if_fail (key < LOFT_CONFIG_N_KEYS, NULL);

  return g_variant_dup_strv (self->values[key], NULL);
}

/**
 * loft_config_get_origin:
 * @self: a configuration
 * @key: a key
 *
 * Returns: (transfer none): where the value of @key was written: a file with
 *   line and key, a variable, an option, or `default`
 */
const char *
loft_config_get_origin (LoftConfig *self, LoftConfigKey key)
{
  g_return_val_if_fail (LOFT_IS_CONFIG (self), NULL);
  g_return_val_if_fail (key < LOFT_CONFIG_N_KEYS, NULL);

  return self->origins[key];
}

/**
 * loft_config_is_same:
 * @self: a configuration
 * @other: another
 * @key: a key
 *
 * Returns: whether @key has the same value in both
 */
gboolean
loft_config_is_same (LoftConfig *self, LoftConfig *other, LoftConfigKey key)
{
  g_return_val_if_fail (LOFT_IS_CONFIG (self), FALSE);
  g_return_val_if_fail (LOFT_IS_CONFIG (other), FALSE);
  g_return_val_if_fail (key < LOFT_CONFIG_N_KEYS, FALSE);

  return g_variant_equal (self->values[key], other->values[key]);
}

/**
 * loft_config_get_backend:
 * @self: a configuration
 *
 * Names the backend that serves the storage: the one that is configured, else
 * what the scheme of the storage's URI stands for, else `filesystem`.
 *
 * Returns: (transfer full): its name, which may be no known one
 */
char *
loft_config_get_backend (LoftConfig *self)
{
  g_return_val_if_fail (LOFT_IS_CONFIG (self), NULL);

  const char *backend = loft_config_get_text (self, LOFT_CONFIG_BACKEND);
  const char *storage = loft_config_get_text (self, LOFT_CONFIG_STORAGE);

  if (*backend != '\0')
    return g_strdup (backend);

  return loft_backend_config_guess (storage);
}

/**
 * loft_config_get_key_file:
 * @self: a configuration
 *
 * Gives the whole configuration in the form that backends read: their own
 * groups as they are written in the file, and ours with the values that count.
 *
 * Returns: (transfer none): a key file
 */
GKeyFile *
loft_config_get_key_file (LoftConfig *self)
{
  g_return_val_if_fail (LOFT_IS_CONFIG (self), NULL);

  return self->key_file;
}
