/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "backend/loft-backend-loader.h"

#include <glib/gi18n.h>
#include <string.h>

#include "storage/loft-storage-plugin.h"

G_DEFINE_QUARK (loft_backend_error, loft_backend_error)

#define MODULE_SUFFIX ".so"

static gboolean
check_name (const char *name, GError **error)
{
  gsize length = strspn (name, "abcdefghijklmnopqrstuvwxyz0123456789-");

  if (length > 0 && name[length] == '\0')
    return TRUE;

  g_autofree char *shown = g_strescape (name, NULL);
  g_set_error (error,
               LOFT_BACKEND_ERROR,
               LOFT_BACKEND_ERROR_INVALID_NAME,
               _ ("“%s” is not the name of a backend, which has small letters, "
                  "digits and hyphens only"),
               shown);

  return FALSE;
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

/* What there is instead of the one that is missing, in one line; NULL if there
 * is nothing. */
static char *
list_backends (const char *directory)
{
  g_autoptr (GDir) dir = g_dir_open (directory, 0, NULL);
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);

  for (const char *file = dir != NULL ? g_dir_read_name (dir) : NULL;
       file != NULL;
       file = g_dir_read_name (dir))
    if (g_str_has_suffix (file, MODULE_SUFFIX))
      g_ptr_array_add (
        names,
        g_strndup (file, strlen (file) - strlen (MODULE_SUFFIX)));

  if (names->len == 0)
    return NULL;

  g_ptr_array_sort (names, compare_names);
  g_ptr_array_add (names, NULL);

  return g_strjoinv (", ", (char **) names->pdata);
}

static GModule *
open_module (const char *directory, const char *name, GError **error)
{
  g_autofree char *path =
    g_strconcat (directory, G_DIR_SEPARATOR_S, name, MODULE_SUFFIX, NULL);

  if (!g_file_test (path, G_FILE_TEST_EXISTS))
    {
      g_autofree char *others = list_backends (directory);

      g_set_error (error,
                   LOFT_BACKEND_ERROR,
                   LOFT_BACKEND_ERROR_MISSING,
                   others != NULL
                     ? _ ("There is no backend “%s”: “%s” has %s")
                     : _ ("There is no backend “%s”: “%s” has no backend at "
                          "all"),
                   name,
                   directory,
                   others);
      return NULL;
    }

  g_autoptr (GError) local_error = NULL;
  GModule *module =
    g_module_open_full (path,
                        G_MODULE_BIND_LAZY | G_MODULE_BIND_LOCAL,
                        &local_error);
  if (module == NULL)
    g_set_error (error,
                 LOFT_BACKEND_ERROR,
                 LOFT_BACKEND_ERROR_FOREIGN,
                 _ ("“%s” cannot be loaded: %s"),
                 path,
                 local_error->message);

  return module;
}

static const LoftStoragePlugin *
find_plugin (GModule *module, GError **error)
{
  gpointer symbol = NULL;

  if (!g_module_symbol (module, "loft_storage_plugin", &symbol) ||
      symbol == NULL)
    {
      g_set_error (error,
                   LOFT_BACKEND_ERROR,
                   LOFT_BACKEND_ERROR_FOREIGN,
                   _ ("“%s” is not a backend of loft-registry"),
                   g_module_name (module));
      return NULL;
    }

  /* Nothing but the number may be trusted before it was compared. */
  const LoftStoragePlugin *plugin = symbol;
  if (plugin->abi != LOFT_STORAGE_PLUGIN_ABI)
    {
      g_set_error (
        error,
        LOFT_BACKEND_ERROR,
        LOFT_BACKEND_ERROR_ABI,
        _ ("“%s” was built for another version of loft-registry: its "
           "interface has the number %u, not %u"),
        g_module_name (module),
        plugin->abi,
        LOFT_STORAGE_PLUGIN_ABI);
      return NULL;
    }

  return plugin;
}

static LoftStorage *
load (const char *name, GError **error)
{
  const char *directory = g_getenv ("LOFT_BACKENDDIR");

  if (!check_name (name, error))
    return NULL;

  GModule *module =
    open_module (directory != NULL ? directory : LOFT_BACKENDDIR, name, error);
  if (module == NULL)
    return NULL;

  const LoftStoragePlugin *plugin = find_plugin (module, error);
  if (plugin == NULL)
    {
      g_module_close (module);
      return NULL;
    }

  /* GObject cannot register a type twice, so the module must never unload. */
  g_module_make_resident (module);

  GType type = plugin->get_type ();
  if (!g_type_is_a (type, LOFT_TYPE_STORAGE))
    {
      g_set_error (error,
                   LOFT_BACKEND_ERROR,
                   LOFT_BACKEND_ERROR_FOREIGN,
                   _ ("The backend “%s” brings no storage"),
                   name);
      return NULL;
    }

  return g_object_new (type, NULL);
}

/* One of the ways in which a storage is made ready. */
typedef gboolean (*BeginFunc) (LoftStorage *storage,
                               GKeyFile *config,
                               GCancellable *cancellable,
                               GError **error);

static LoftStorage *
begin (const char *name,
       BeginFunc func,
       GKeyFile *config,
       GCancellable *cancellable,
       GError **error)
{
  g_return_val_if_fail (name != NULL, NULL);
  g_return_val_if_fail (config != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  g_autoptr (LoftStorage) storage = load (name, error);
  if (storage == NULL || !func (storage, config, cancellable, error))
    return NULL;

  return g_steal_pointer (&storage);
}

/**
 * loft_backend_open:
 * @name: what the configuration calls the backend
 * @config: the configuration; the group called @name is the backend's
 * @cancellable: (nullable): a cancellable
 * @error: return location for a #GError
 *
 * Loads the backend @name from the folder of backends, which the environment
 * variable `LOFT_BACKENDDIR` may name, and opens its storage. May block.
 *
 * Returns: (transfer full): the open storage, or %NULL with @error set: a
 *   #LoftBackendError if there is no such backend, else what
 *   loft_storage_open() failed with
 */
LoftStorage *
loft_backend_open (const char *name,
                   GKeyFile *config,
                   GCancellable *cancellable,
                   GError **error)
{
  return begin (name, loft_storage_open, config, cancellable, error);
}

/**
 * loft_backend_join:
 * @name: what the configuration calls the backend
 * @config: the configuration of the parent process
 * @cancellable: (nullable): a cancellable
 * @error: return location for a #GError
 *
 * Does what loft_backend_open() does, in a process whose parent has the storage
 * open.
 *
 * Returns: (transfer full): the storage, or %NULL with @error set
 */
LoftStorage *
loft_backend_join (const char *name,
                   GKeyFile *config,
                   GCancellable *cancellable,
                   GError **error)
{
  return begin (name, loft_storage_join, config, cancellable, error);
}

/**
 * loft_backend_observe:
 * @name: what the configuration calls the backend
 * @config: the configuration; the group called @name is the backend's
 * @cancellable: (nullable): a cancellable
 * @error: return location for a #GError
 *
 * Does what loft_backend_open() does, only to read what others may own.
 *
 * Returns: (transfer full): the storage, or %NULL with @error set
 */
LoftStorage *
loft_backend_observe (const char *name,
                      GKeyFile *config,
                      GCancellable *cancellable,
                      GError **error)
{
  return begin (name, loft_storage_observe, config, cancellable, error);
}
