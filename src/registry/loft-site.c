/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-site.h"

#include "registry/loft-registry-private.h"

/**
 * loft_site_package_free:
 * @self: (transfer full): a package
 *
 * Frees @self.
 */
void
loft_site_package_free (LoftSitePackage *self)
{
  g_free (self->name);
  g_free (self);
}

/**
 * loft_registry_count_site_parts:
 * @self: a registry
 * @out_n: (out): parts that there are, from 1 on
 * @error: return location for a #GError
 *
 * Tells in how many parts all packages are listed: from the catalog, quick
 * enough for a main loop.
 *
 * Returns: %TRUE, or %FALSE with @error set to a #LoftRegistryError
 */
gboolean
loft_registry_count_site_parts (LoftRegistry *self,
                                guint64 *out_n,
                                GError **error)
{
  g_return_val_if_fail (LOFT_IS_REGISTRY (self), FALSE);
  g_return_val_if_fail (out_n != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return loft_registry_can_answer (self, error) &&
         loft_catalog_count_site_parts (self->catalog, out_n, error);
}

static void
list_in_thread_cb (GTask *task,
                   gpointer source_object,
                   gpointer task_data,
                   GCancellable *cancellable)
{
  LoftRegistry *self = LOFT_REGISTRY (source_object);
  const guint64 *part = task_data;
  g_autoptr (GError) local_error = NULL;
  GPtrArray *packages =
    loft_catalog_list_site (self->catalog, *part, &local_error);

  if (packages != NULL)
    {
      g_task_return_pointer (task,
                             packages,
                             (GDestroyNotify) g_ptr_array_unref);
      return;
    }
  loft_registry_translate_error (&local_error);
  g_task_return_error (task, g_steal_pointer (&local_error));
}

/**
 * loft_registry_list_site_async:
 * @self: a registry
 * @part: a part that there is
 * @cancellable: (nullable): a cancellable
 * @callback: called when its packages are known
 * @user_data: for @callback
 *
 * Lists the packages of a part of all.
 */
void
loft_registry_list_site_async (LoftRegistry *self,
                               guint64 part,
                               GCancellable *cancellable,
                               GAsyncReadyCallback callback,
                               gpointer user_data)
{
  g_return_if_fail (LOFT_IS_REGISTRY (self));
  g_return_if_fail (part >= 1);

  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);
  g_autoptr (GError) local_error = NULL;

  g_task_set_source_tag (task, loft_registry_list_site_async);
  g_task_set_task_data (task, g_memdup2 (&part, sizeof part), g_free);
  if (loft_registry_can_answer (self, &local_error))
    g_task_run_in_thread (task, list_in_thread_cb);
  else
    g_task_return_error (task, g_steal_pointer (&local_error));
}

/**
 * loft_registry_list_site_finish:
 * @self: a registry
 * @result: what the callback was given
 * @error: return location for a #GError
 *
 * Ends loft_registry_list_site_async().
 *
 * Returns: (transfer full) (element-type LoftSitePackage): the packages, or
 *   %NULL with @error set to a #LoftRegistryError
 */
GPtrArray *
loft_registry_list_site_finish (LoftRegistry *self,
                                GAsyncResult *result,
                                GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}
