/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-registry-private.h"

/**
 * loft_registry_list_versions:
 * @self: a registry
 * @name: a package
 * @error: return location for a #GError
 *
 * Lists the versions of a package, in the order on which clients rely: from
 * the catalog, quick enough for a main loop.
 *
 * Returns: (transfer full): a JSON array, or %NULL with @error set to
 *   %LOFT_REGISTRY_ERROR_NOT_READY as long as the catalog is incomplete or if
 *   the list is long (use loft_registry_list_versions_async() then), or to
 *   %LOFT_REGISTRY_ERROR_NO_SUCH_PACKAGE
 */
GBytes *
loft_registry_list_versions (LoftRegistry *self,
                             const char *name,
                             GError **error)
{
  g_return_val_if_fail (LOFT_IS_REGISTRY (self), NULL);
  g_return_val_if_fail (name != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  if (!loft_registry_can_answer (self, error))
    return NULL;

  return loft_catalog_list_few_versions (self->catalog, name, error);
}

/**
 * loft_registry_list_changes:
 * @self: a registry
 * @since: number of the last event that the caller knows
 * @limit: how many events at most
 * @out_last: (out): number of the last event in the answer, or @since
 * @error: return location for a #GError
 *
 * Lists changes in order, as strangers may see them: from the catalog, quick
 * enough for a main loop.
 *
 * Returns: (transfer full): NDJSON, or %NULL with @error set to a
 *   #LoftRegistryError
 */
GBytes *
loft_registry_list_changes (LoftRegistry *self,
                            guint64 since,
                            guint limit,
                            guint64 *out_last,
                            GError **error)
{
  g_autoptr (GBytes) lines =
    loft_registry_list_audit (self, since, limit, out_last, error);

  return lines != NULL ? loft_event_leave_out_audit (lines) : NULL;
}

/**
 * loft_registry_list_audit:
 * @self: a registry
 * @since: as with loft_registry_list_changes()
 * @limit: as well
 * @out_last: (out): as well
 * @error: return location for a #GError
 *
 * Lists changes with all that the log knows of who made them, which is for
 * administrators alone.
 *
 * Returns: (transfer full): NDJSON, or %NULL with @error set to a
 *   #LoftRegistryError
 */
GBytes *
loft_registry_list_audit (LoftRegistry *self,
                          guint64 since,
                          guint limit,
                          guint64 *out_last,
                          GError **error)
{
  g_return_val_if_fail (LOFT_IS_REGISTRY (self), NULL);
  g_return_val_if_fail (out_last != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  if (!loft_registry_can_answer (self, error))
    return NULL;

  return loft_catalog_list_changes (self->catalog,
                                    since,
                                    limit,
                                    out_last,
                                    error);
}

/**
 * loft_registry_list_changed_names:
 * @self: a registry
 * @after: a sequence that loft_registry_get_mark() told, in the epoch that is
 *   still the same
 * @limit: how many events to look at at most
 *
 * Lists the packages that have changed since. There may be some that changed
 * after the mark was read that made the caller ask, so it is that mark which
 * holds from now on, and no later one. What other packages' answers say of
 * these (lists of all, searches, dependents) has changed too. From the catalog,
 * quick enough for a main loop.
 *
 * Returns: (transfer full) (nullable): the names, or %NULL if it can't be told:
 *   then everything may have changed
 */
GStrv
loft_registry_list_changed_names (LoftRegistry *self,
                                  guint64 after,
                                  guint limit)
{
  g_return_val_if_fail (LOFT_IS_REGISTRY (self), NULL);

  if (!loft_registry_can_answer (self, NULL))
    return NULL;

  return loft_catalog_list_changed_names (self->catalog, after, limit, NULL);
}

/**
 * loft_registry_check_publish:
 * @self: a registry
 * @name: a package
 * @version: (nullable): a version
 * @size: bytes of the tarball, or -1 if that is not known
 * @token: (nullable): the bearer token
 * @out_exists: (out) (optional): whether that version exists
 * @error: return location for a #GError
 *
 * Tells, before the tarball is sent, whether it will be refused for what is
 * known by then. From the catalog, quick enough for a main loop; whether a
 * token is the owner's is only known to loft_registry_publish_async().
 *
 * Returns: %TRUE if there is nothing against it, or %FALSE with @error set to
 *   a #LoftRegistryError
 */
gboolean
loft_registry_check_publish (LoftRegistry *self,
                             const char *name,
                             const char *version,
                             goffset size,
                             const char *token,
                             gboolean *out_exists,
                             GError **error)
{
  g_return_val_if_fail (LOFT_IS_REGISTRY (self), FALSE);
  g_return_val_if_fail (name != NULL && version != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  g_autoptr (LoftRegistrySettings) settings = loft_registry_dup_settings (self);

  if (!loft_registry_can_write (self, error) ||
      !loft_registry_check_names (self, name, version, error))
    return FALSE;
  if (size > settings->max_tarball)
    {
      g_set_error (error,
                   LOFT_REGISTRY_ERROR,
                   LOFT_REGISTRY_ERROR_TOO_LARGE,
                   "The tarball is larger than %" G_GOFFSET_FORMAT " bytes",
                   settings->max_tarball);
      return FALSE;
    }

  g_autoptr (LoftCatalogPackage) package =
    loft_catalog_get_package (self->catalog, name, NULL);
  if (settings->publish == LOFT_PUBLISH_CLAIM && token == NULL &&
      package != NULL && package->owners[0] != NULL)
    {
      g_set_error (error,
                   LOFT_REGISTRY_ERROR,
                   LOFT_REGISTRY_ERROR_TOKEN_NEEDED,
                   "The package “%s” has an owner: send the owner's token",
                   name);
      return FALSE;
    }

  if (out_exists != NULL)
    {
      g_autoptr (LoftCatalogVersion) known =
        loft_catalog_get_version (self->catalog, name, version, NULL);

      *out_exists = known != NULL;
    }

  return TRUE;
}

/* A read that runs in a thread of GLib's pool. */
typedef GBytes *(*ReadFunc) (LoftRegistry *self,
                             const char *name,
                             const char *version,
                             GCancellable *cancellable,
                             GError **error);

typedef struct
{
  ReadFunc func;
  char *name;    /* owned */
  char *version; /* owned, nullable */
} Read;

static void
read_free (gpointer data)
{
  Read *read = data;

  g_free (read->name);
  g_free (read->version);
  g_free (read);
}

static void
read_in_thread_cb (GTask *task,
                   gpointer source_object,
                   gpointer task_data,
                   GCancellable *cancellable)
{
  const Read *read = task_data;
  g_autoptr (GError) local_error = NULL;
  GBytes *bytes = read->func (LOFT_REGISTRY (source_object),
                              read->name,
                              read->version,
                              cancellable,
                              &local_error);

  if (bytes != NULL)
    {
      g_task_return_pointer (task, bytes, (GDestroyNotify) g_bytes_unref);
      return;
    }
  loft_registry_translate_error (&local_error);
  g_task_return_error (task, g_steal_pointer (&local_error));
}

static void
run_read (LoftRegistry *self,
          gpointer source_tag,
          ReadFunc func,
          const char *name,
          const char *version,
          GCancellable *cancellable,
          GAsyncReadyCallback callback,
          gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);
  Read *read = g_new0 (Read, 1);

  read->func = func;
  read->name = g_strdup (name);
  read->version = g_strdup (version);
  g_task_set_source_tag (task, source_tag);
  g_task_set_task_data (task, read, read_free);
  g_task_run_in_thread (task, read_in_thread_cb);
}

static GBytes *
read_versions (LoftRegistry *self,
               const char *name,
               const char *version,
               GCancellable *cancellable,
               GError **error)
{
  if (loft_registry_can_answer (self, NULL))
    return loft_catalog_list_versions (self->catalog, name, error);

  return loft_registry_read_folder (self, name, cancellable, error);
}

/**
 * loft_registry_list_versions_async:
 * @self: a registry
 * @name: a package
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async): called when the answer is there
 * @user_data: for @callback
 *
 * Lists the versions of a package, from the storage if the catalog is not
 * complete.
 */
void
loft_registry_list_versions_async (LoftRegistry *self,
                                   const char *name,
                                   GCancellable *cancellable,
                                   GAsyncReadyCallback callback,
                                   gpointer user_data)
{
  g_return_if_fail (LOFT_IS_REGISTRY (self));
  g_return_if_fail (name != NULL);

  run_read (self,
            loft_registry_list_versions_async,
            read_versions,
            name,
            NULL,
            cancellable,
            callback,
            user_data);
}

/**
 * loft_registry_list_versions_finish:
 * @self: a registry
 * @result: what the callback got
 * @error: return location for a #GError
 *
 * Ends what loft_registry_list_versions_async() began.
 *
 * Returns: (transfer full): a JSON array, or %NULL with @error set to a
 *   #LoftRegistryError
 */
GBytes *
loft_registry_list_versions_finish (LoftRegistry *self,
                                    GAsyncResult *result,
                                    GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

static GBytes *
read_all_versions (LoftRegistry *self,
                   const char *name,
                   const char *version,
                   GCancellable *cancellable,
                   GError **error)
{
  if (!loft_registry_can_answer (self, error))
    return NULL;

  return loft_catalog_list_all_versions (self->catalog, name, error);
}

/**
 * loft_registry_list_all_versions_async:
 * @self: a registry
 * @name: a package
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async): called when the answer is there
 * @user_data: for @callback
 *
 * Lists the versions of a package, yanked ones too.
 */
void
loft_registry_list_all_versions_async (LoftRegistry *self,
                                       const char *name,
                                       GCancellable *cancellable,
                                       GAsyncReadyCallback callback,
                                       gpointer user_data)
{
  g_return_if_fail (LOFT_IS_REGISTRY (self));
  g_return_if_fail (name != NULL);

  run_read (self,
            loft_registry_list_all_versions_async,
            read_all_versions,
            name,
            NULL,
            cancellable,
            callback,
            user_data);
}

/**
 * loft_registry_list_all_versions_finish:
 * @self: a registry
 * @result: what the callback got
 * @error: return location for a #GError
 *
 * Ends what loft_registry_list_all_versions_async() began.
 *
 * Returns: (transfer full): a JSON array, or %NULL with @error set to a
 *   #LoftRegistryError
 */
GBytes *
loft_registry_list_all_versions_finish (LoftRegistry *self,
                                        GAsyncResult *result,
                                        GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

/**
 * loft_registry_show_version_async:
 * @self: a registry
 * @name: a package
 * @version: a version
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async): called when the answer is there
 * @user_data: for @callback
 *
 * Tells all about a version, its manifest and files included.
 */
void
loft_registry_show_version_async (LoftRegistry *self,
                                  const char *name,
                                  const char *version,
                                  GCancellable *cancellable,
                                  GAsyncReadyCallback callback,
                                  gpointer user_data)
{
  g_return_if_fail (LOFT_IS_REGISTRY (self));
  g_return_if_fail (name != NULL && version != NULL);

  run_read (self,
            loft_registry_show_version_async,
            loft_registry_read_version,
            name,
            version,
            cancellable,
            callback,
            user_data);
}

/**
 * loft_registry_show_version_finish:
 * @self: a registry
 * @result: what the callback got
 * @error: return location for a #GError
 *
 * Ends what loft_registry_show_version_async() began.
 *
 * Returns: (transfer full): a JSON object, or %NULL with @error set to a
 *   #LoftRegistryError
 */
GBytes *
loft_registry_show_version_finish (LoftRegistry *self,
                                   GAsyncResult *result,
                                   GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}
