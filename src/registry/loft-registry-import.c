/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include <string.h>

#include "registry/loft-import.h"
#include "registry/loft-upkeep-private.h"

/* A version of another registry, taken over. It is published as any other, but
 * for who may do that and since when it is there; so it can be done again after
 * it was cut short, and is one version then. */

#define CHUNK (256 * 1024)

typedef struct
{
  LoftPublishJob job;    /* with a request, and an import */
  GInputStream *tarball; /* owned */
  GBytes *document;      /* owned */
} Options;

static void
options_free (gpointer data)
{
  Options *options = data;

  loft_publish_request_free (options->job.request);
  loft_import_free (options->job.import);
  g_clear_pointer (&options->job.element, g_bytes_unref);
  g_object_unref (options->tarball);
  g_bytes_unref (options->document);
  g_free (options);
}

static gboolean
receive (LoftUpkeep *upkeep, LoftSpool *spool, GError **error)
{
  const Options *options = upkeep->options;
  goffset most = loft_registry_get_max_tarball (upkeep->registry);
  g_autofree char *chunk = g_malloc (CHUNK);
  g_autoptr (GError) local_error = NULL;
  gssize got;

  while ((got = g_input_stream_read (options->tarball,
                                     chunk,
                                     CHUNK,
                                     upkeep->cancellable,
                                     &local_error)) > 0)
    {
      if (loft_spool_get_size (spool) + got > most)
        {
          g_set_error (error,
                       LOFT_REGISTRY_ERROR,
                       LOFT_REGISTRY_ERROR_TOO_LARGE,
                       "The tarball is larger than %" G_GOFFSET_FORMAT " bytes",
                       most);
          return FALSE;
        }
      if (!loft_spool_write (spool, chunk, (gsize) got, error))
        return FALSE;
    }
  if (got == 0)
    return loft_spool_finish (spool, error);

  if (g_error_matches (local_error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    g_propagate_error (error, g_steal_pointer (&local_error));
  else
    g_set_error (error,
                 LOFT_REGISTRY_ERROR,
                 LOFT_REGISTRY_ERROR_MALFORMED,
                 "The tarball can't be read: %s",
                 local_error->message);

  return FALSE;
}

static gboolean
import_version (LoftUpkeep *upkeep, GError **error)
{
  Options *options = upkeep->options;
  LoftPublishRequest *request = options->job.request;

  request->spool = loft_registry_new_spool (upkeep->registry, -1, error);

  return request->spool != NULL && receive (upkeep, request->spool, error) &&
         loft_import_read_document (options->job.import,
                                    request,
                                    options->document,
                                    error) &&
         loft_registry_publish (upkeep->registry, &options->job, error);
}

/**
 * loft_registry_import_version_async:
 * @self: a registry that has not joined another one
 * @name: a package
 * @version: a version
 * @tarball: its tarball, which is read to its end
 * @document: what another registry says of it, a JSON object
 * @caller: the administrator who wants it
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async): called when it is done, or refused
 * @user_data: for @callback
 *
 * Takes in a version of another registry. It is inspected as if it was
 * published, and keeps its time. If nobody has the name, it gets the owners
 * that
 * @document names. If the same tarball is there already, nothing changes.
 */
void
loft_registry_import_version_async (LoftRegistry *self,
                                    const char *name,
                                    const char *version,
                                    GInputStream *tarball,
                                    GBytes *document,
                                    const LoftCaller *caller,
                                    GCancellable *cancellable,
                                    GAsyncReadyCallback callback,
                                    gpointer user_data)
{
  g_return_if_fail (LOFT_IS_REGISTRY (self));
  g_return_if_fail (!self->joined);
  g_return_if_fail (name != NULL && version != NULL);
  g_return_if_fail (G_IS_INPUT_STREAM (tarball) && document != NULL);
  g_return_if_fail (caller != NULL && caller->administrator != NULL);

  LoftUpkeep *upkeep = loft_upkeep_new (self, import_version, NULL, NULL);
  Options *options = g_new0 (Options, 1);

  options->job.request = g_new0 (LoftPublishRequest, 1);
  options->job.request->name = g_strdup (name);
  options->job.request->version = g_strdup (version);
  options->job.import = g_new0 (LoftImport, 1);
  loft_actor_set (&options->job.import->actor,
                  caller->administrator,
                  NULL,
                  caller->request);
  options->tarball = g_object_ref (tarball);
  options->document = g_bytes_ref (document);
  upkeep->options = options;
  upkeep->free_options = options_free;
  loft_upkeep_start (upkeep,
                     loft_registry_import_version_async,
                     cancellable,
                     callback,
                     user_data);
}

/**
 * loft_registry_import_version_finish:
 * @self: a registry
 * @result: what the callback got
 * @out_created: (out) (optional): %FALSE if the same tarball was there already
 * @error: return location for a #GError
 *
 * Ends what loft_registry_import_version_async() began. One that was cancelled
 * may have been done.
 *
 * Returns: %TRUE, or %FALSE with @error set to a #LoftRegistryError, such as
 *   %LOFT_REGISTRY_ERROR_EXISTS if another tarball is there, or to
 *   %G_IO_ERROR_CANCELLED
 */
gboolean
loft_registry_import_version_finish (LoftRegistry *self,
                                     GAsyncResult *result,
                                     gboolean *out_created,
                                     GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  const LoftUpkeep *upkeep = g_task_get_task_data (G_TASK (result));
  const Options *options = upkeep->options;
  g_autoptr (LoftReport) report =
    loft_upkeep_finish (self,
                        loft_registry_import_version_async,
                        result,
                        error);
  if (report != NULL && out_created != NULL)
    *out_created = options->job.created;

  return report != NULL;
}
