/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "loft-s3-error.h"
#include "loft-s3-state.h"
#include "loft-s3-write.h"
#include "storage/loft-storage.h"

#define ANSWER_MAX (64 * 1024)

static gboolean
delete_once (LoftS3Engine *engine,
             const char *key,
             gint64 *patience,
             GError **error)
{
  g_autoptr (LoftS3Request) request =
    loft_s3_engine_build_request (engine, "DELETE", key);
  g_autoptr (LoftS3Answer) answer =
    loft_s3_engine_ask (engine, request, ANSWER_MAX, patience, NULL, error);

  if (answer == NULL)
    return FALSE;
  if ((answer->status >= 200 && answer->status <= 299) ||
      answer->status == SOUP_STATUS_NOT_FOUND)
    return TRUE;

  return loft_s3_answer_set_error (answer, key, error);
}

/**
 * loft_s3_remove:
 * @engine: an engine
 * @key: an object's key
 * @error: return location for a #GError
 *
 * Removes an object. An engine may answer that it did so although it did not,
 * when somebody writes at the same moment; so it is looked at.
 *
 * Returns: whether the object that was there is gone; else @error is set as by
 *   loft_storage_remove()
 */
gboolean
loft_s3_remove (LoftS3Engine *engine, const char *key, GError **error)
{
  g_return_val_if_fail (engine != NULL && key != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  gint64 patience = loft_s3_engine_get_config (engine)->timeout;
  g_autoptr (LoftS3State) before =
    loft_s3_state_read (engine, key, &patience, NULL, error);

  if (before == NULL)
    return FALSE;
  if (!before->exists)
    {
      g_set_error (error,
                   LOFT_STORAGE_ERROR,
                   LOFT_STORAGE_ERROR_NOT_FOUND,
                   "There is no “%s”",
                   key);
      return FALSE;
    }

  for (guint tries = 0;; tries++)
    {
      g_autoptr (GError) local_error = NULL;
      g_autoptr (LoftS3State) state = NULL;

      if (delete_once (engine, key, &patience, &local_error))
        state = loft_s3_state_read (engine, key, &patience, NULL, &local_error);
      if (state != NULL &&
          (!state->exists || g_strcmp0 (loft_s3_state_get_mark (state),
                                        loft_s3_state_get_mark (before)) != 0))
        return TRUE;

      if (state != NULL && loft_s3_engine_pause (tries, &patience))
        continue;

      if (local_error != NULL &&
          !g_error_matches (local_error,
                            LOFT_STORAGE_ERROR,
                            LOFT_STORAGE_ERROR_UNAVAILABLE))
        g_propagate_error (error, g_steal_pointer (&local_error));
      else
        g_set_error (error,
                     LOFT_STORAGE_ERROR,
                     LOFT_STORAGE_ERROR_UNKNOWN,
                     "Whether “%s” was removed is unknown",
                     key);
      return FALSE;
    }
}
