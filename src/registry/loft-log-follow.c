/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-log-private.h"
#include "registry/loft-registry-error.h"

/* Applying what others have written. */

/* Reads what follows the catalog. */
static GPtrArray *
read_next (LoftLog *self,
           guint *out_generation,
           GCancellable *cancellable,
           GError **error)
{
  guint64 applied;

  if (!loft_catalog_read_sequence (self->catalog,
                                   &applied,
                                   out_generation,
                                   error))
    return NULL;

  return loft_log_read (self->storage, applied + 1, cancellable, error);
}

/**
 * loft_log_is_shared:
 * @self: a log
 *
 * Returns: whether other daemons may write to it
 */
gboolean
loft_log_is_shared (LoftLog *self)
{
  return loft_storage_has (self->storage, LOFT_STORAGE_FEATURE_SHARED);
}

/**
 * loft_log_catch_up:
 * @self: a log of a storage that daemons share
 * @out_any: (out): whether there was anything to apply
 * @out_end: (out): what there is behind that
 * @cancellable: (nullable): a cancellable
 * @error: return location for a #GError
 *
 * Applies what others have written until now. For whoever leads. Where all of
 * them go on writing there is no end to be seen of the log, but all that was
 * there when this was called is applied when it returns.
 *
 * Returns: %TRUE, or %FALSE with @error set
 */
gboolean
loft_log_catch_up (LoftLog *self,
                   gboolean *out_any,
                   LoftLogEnd *out_end,
                   GCancellable *cancellable,
                   GError **error)
{
  *out_any = FALSE;
  *out_end = LOFT_LOG_MORE;
  while (*out_end != LOFT_LOG_END)
    {
      guint64 applied;
      guint generation;
      if (!loft_catalog_read_sequence (self->catalog,
                                       &applied,
                                       &generation,
                                       error))
        return FALSE;

      g_autoptr (GPtrArray) events = loft_log_read_ahead (self->storage,
                                                          applied + 1,
                                                          out_end,
                                                          cancellable,
                                                          error);
      if (events == NULL)
        return FALSE;
      if (events->len == 0)
        break;
      if (!loft_log_apply (self, events, cancellable, error))
        return FALSE;
      *out_any = TRUE;
      if (*out_end == LOFT_LOG_END)
        loft_catalog_set_followed (self->catalog, generation);
    }

  return TRUE;
}

/* An entry that was lost must not be written again, with something else in it:
 * other daemons know what was there. */
static gboolean
fail_at_gap (LoftLog *self, GError **error)
{
  guint64 applied;

  if (!loft_catalog_read_sequence (self->catalog, &applied, NULL, error))
    return FALSE;

  loft_catalog_set_followed (self->catalog, 0);
  g_set_error (error,
               LOFT_REGISTRY_ERROR,
               LOFT_REGISTRY_ERROR_CORRUPT,
               "The log has lost event %" G_GUINT64_FORMAT
               ", and has later ones: bring it back from a backup",
               applied + 1);

  return FALSE;
}

/* Follows until there is nothing more, or nothing that was there when it
 * began. */
static gboolean
follow (LoftLog *self, GCancellable *cancellable, GError **error)
{
  while (!g_cancellable_set_error_if_cancelled (cancellable, error))
    {
      g_autoptr (GError) local_error = NULL;
      LoftLogEnd end = LOFT_LOG_MORE;
      gboolean any = FALSE;

      if (loft_log_is_shared (self) &&
          !loft_log_catch_up (self, &any, &end, cancellable, error))
        return FALSE;
      if (any && end == LOFT_LOG_END)
        return TRUE;

      guint generation;
      g_autoptr (GPtrArray) events =
        read_next (self, &generation, cancellable, &local_error);
      if (g_error_matches (local_error,
                           LOFT_STORAGE_ERROR,
                           LOFT_STORAGE_ERROR_NOT_FOUND))
        {
          if (end == LOFT_LOG_GAP)
            return fail_at_gap (self, error);
          loft_catalog_set_followed (self->catalog, generation);
          return TRUE;
        }
      if (events == NULL)
        {
          g_propagate_error (error, g_steal_pointer (&local_error));
          return FALSE;
        }
      if (!loft_log_apply (self, events, cancellable, error))
        return FALSE;
    }

  return FALSE;
}

/* Whether a catalog that was at the end before still is. */
static gboolean
is_at_end (LoftLog *self, GCancellable *cancellable, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  guint generation;
  g_autoptr (GPtrArray) events =
    read_next (self, &generation, cancellable, &local_error);

  if (events != NULL)
    return FALSE;
  if (g_error_matches (local_error,
                       LOFT_STORAGE_ERROR,
                       LOFT_STORAGE_ERROR_NOT_FOUND))
    return loft_catalog_check_followed (self->catalog, generation, NULL);

  g_propagate_error (error, g_steal_pointer (&local_error));

  return FALSE;
}

/**
 * loft_log_follow:
 * @self: a log
 * @cancellable: (nullable): a cancellable
 * @error: return location for a #GError
 *
 * Applies all that the log held, when this was called, and the catalog does
 * not. Until that has been done once for a generation of the catalog, nothing
 * can be appended. Blocks.
 *
 * Returns: %TRUE once that is done, or %FALSE with @error set to a
 *   #LoftStorageError, a #LoftRegistryError or %G_IO_ERROR_CANCELLED
 */
gboolean
loft_log_follow (LoftLog *self, GCancellable *cancellable, GError **error)
{
  g_return_val_if_fail (LOFT_IS_LOG (self), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  /* It is looked first, so that no writer has to wait for an answer from afar
   * where there is nothing to apply. */
  g_autoptr (GError) local_error = NULL;
  if (is_at_end (self, cancellable, &local_error))
    return TRUE;
  if (local_error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }

  loft_log_lead (self);
  gboolean done = follow (self, cancellable, error);
  loft_log_step_down (self);

  return done;
}
