/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "ctl/loft-ctl-store.h"

#include <glib/gi18n.h>
#include <stdlib.h>
#include <string.h>

#include "backend/loft-backend-config.h"
#include "backend/loft-backend-loader.h"
#include "ctl/loft-ctl.h"

/* A store, without the server. How to get there is read where the server reads
 * it; a file that is named says it all, and what the environment says is only
 * about the server's own. */

#define GROUP "registry"

#define FIRST_PAUSE (100 * G_TIME_SPAN_MILLISECOND)
#define LAST_PAUSE (5 * G_TIME_SPAN_SECOND)

struct _LoftCtlStore
{
  GKeyFile *config; /* owned */
  char *backend;    /* owned */
  char *uri;        /* owned: where it is, in one spelling */
};

/**
 * loft_ctl_store_free:
 * @self: (transfer full): a store
 *
 * Frees @self.
 */
void
loft_ctl_store_free (LoftCtlStore *self)
{
  g_key_file_unref (self->config);
  g_free (self->backend);
  g_free (self->uri);
  g_free (self);
}

static GKeyFile *
read_config (const char *file, GError **error)
{
  g_autoptr (GKeyFile) config = g_key_file_new ();
  const char *path = file != NULL ? file : LOFT_CONFIG_FILE;
  g_autoptr (GError) local_error = NULL;

  if (g_key_file_load_from_file (config, path, G_KEY_FILE_NONE, &local_error) ||
      (file == NULL &&
       g_error_matches (local_error, G_FILE_ERROR, G_FILE_ERROR_NOENT)))
    return g_steal_pointer (&config);

  loft_ctl_fail (error, path, local_error->message);

  return NULL;
}

static char *
get_text (GKeyFile *config, const char *key)
{
  g_autofree char *text = g_key_file_get_string (config, GROUP, key, NULL);

  if (text != NULL)
    g_strstrip (text);

  return text != NULL && *text != '\0' ? g_steal_pointer (&text) : NULL;
}

/* A place that is named has the backend that its URI tells. */
static char *
choose_backend (GKeyFile *config, const char *place, const char *named)
{
  g_autofree char *backend =
    named == NULL ? get_text (config, "backend") : NULL;

  return backend != NULL ? g_steal_pointer (&backend)
                         : loft_backend_config_guess (place);
}

/* Links are followed as far as there is anything yet. */
static char *
resolve (const char *path)
{
  g_autofree char *real = realpath (path, NULL);
  if (real != NULL)
    return g_steal_pointer (&real);

  g_autofree char *folder = g_path_get_dirname (path);
  g_autofree char *name = g_path_get_basename (path);
  if (g_str_equal (folder, path))
    return g_strdup (path);

  g_autofree char *above = resolve (folder);

  return g_build_filename (above, name, NULL);
}

static char *
make_uri (GKeyFile *config, const char *backend, const char *storage)
{
  g_autofree char *root =
    g_key_file_get_string (config, "filesystem", "Root", NULL);

  if (!g_str_equal (backend, "filesystem") || root == NULL)
    return g_strdup (storage);

  g_autofree char *path = g_canonicalize_filename (root, NULL);
  g_autofree char *real = resolve (path);

  return g_strconcat ("file://", real, NULL);
}

/**
 * loft_ctl_store_new:
 * @place: (nullable): a folder or URI; %NULL for what the configuration says
 * @file: (nullable): a configuration; %NULL for the server's, and for what the
 *   environment says beside it
 * @error: return location for a #GError
 *
 * Finds out which store is meant, and how to get there.
 *
 * Returns: (transfer full): the store, or %NULL with @error set
 */
LoftCtlStore *
loft_ctl_store_new (const char *place, const char *file, GError **error)
{
  g_autoptr (GKeyFile) config = read_config (file, error);
  if (config == NULL)
    return NULL;

  g_auto (GStrv) environment = file == NULL ? g_get_environ () : NULL;
  g_autofree char *configured = get_text (config, "storage");
  const char *storage = place != NULL ? place : configured;
  if (storage == NULL)
    {
      loft_ctl_fail (error,
                     file != NULL ? file : LOFT_CONFIG_FILE,
                     _ ("It does not say where the store is"));
      return NULL;
    }

  g_autofree char *backend = choose_backend (config, storage, place);

  g_key_file_set_string (config, GROUP, "storage", storage);
  if (!loft_backend_config_complete (config,
                                     backend,
                                     storage,
                                     (const char *const *) environment,
                                     error))
    return NULL;

  LoftCtlStore *self = g_new0 (LoftCtlStore, 1);

  self->uri = make_uri (config, backend, storage);
  self->config = g_steal_pointer (&config);
  self->backend = g_steal_pointer (&backend);

  return self;
}

static gboolean
contains (const char *outer, const char *inner)
{
  gsize length = strlen (outer);

  while (length > 0 && outer[length - 1] == '/')
    length--;

  return strncmp (outer, inner, length) == 0 &&
         (inner[length] == '/' || inner[length] == '\0');
}

/**
 * loft_ctl_store_overlaps:
 * @self: a store
 * @other: another one
 *
 * Tells whether one lies in the other, or both are one.
 *
 * Returns: whether that is so, as far as can be told from their names
 */
gboolean
loft_ctl_store_overlaps (LoftCtlStore *self, LoftCtlStore *other)
{
  g_autofree char *ours =
    g_key_file_get_string (self->config, "s3", "endpoint", NULL);
  g_autofree char *theirs =
    g_key_file_get_string (other->config, "s3", "endpoint", NULL);

  return g_str_equal (self->backend, other->backend) &&
         (!g_str_equal (self->backend, "s3") ||
          g_strcmp0 (ours, theirs) == 0) &&
         (contains (self->uri, other->uri) || contains (other->uri, self->uri));
}

static LoftStorage *
open_once (LoftCtlStore *self,
           gboolean only_read,
           GCancellable *cancellable,
           GError **error)
{
  return only_read ? loft_backend_observe (self->backend,
                                           self->config,
                                           cancellable,
                                           error)
                   : loft_backend_open (self->backend,
                                        self->config,
                                        cancellable,
                                        error);
}

/* A folder of this machine is there or not, and whoever owns it stays. */
static gboolean
is_transient (LoftCtlStore *self, const GError *error)
{
  return !g_str_equal (self->backend, "filesystem") &&
         error->domain == LOFT_STORAGE_ERROR &&
         (error->code == LOFT_STORAGE_ERROR_UNAVAILABLE ||
          error->code == LOFT_STORAGE_ERROR_UNKNOWN);
}

/**
 * loft_ctl_store_open:
 * @self: a store
 * @only_read: whether it is only read, and may belong to a server
 * @patience: for how long to try again what fails for the moment, in
 *   microseconds
 * @cancellable: (nullable): a cancellable
 * @error: return location for a #GError
 *
 * Opens a store. That it is tried again is told on standard error. Blocks.
 *
 * Returns: (transfer full): the store, or %NULL with @error set
 */
LoftStorage *
loft_ctl_store_open (LoftCtlStore *self,
                     gboolean only_read,
                     gint64 patience,
                     GCancellable *cancellable,
                     GError **error)
{
  gint64 end = g_get_monotonic_time () + patience;
  gboolean told = FALSE;

  for (gint64 pause = FIRST_PAUSE;; pause = MIN (2 * pause, LAST_PAUSE))
    {
      g_autoptr (GError) local_error = NULL;
      LoftStorage *storage =
        open_once (self, only_read, cancellable, &local_error);
      gint64 left = end - g_get_monotonic_time ();

      if (storage != NULL)
        return storage;
      if (!is_transient (self, local_error) || left <= 0)
        {
          /* Of two, it has to be said which. */
          g_propagate_prefixed_error (error,
                                      g_steal_pointer (&local_error),
                                      "%s: ",
                                      self->uri);
          return NULL;
        }
      if (!told)
        g_printerr (_ ("%s: %s; trying again\n"),
                    self->uri,
                    local_error->message);
      told = TRUE;
      g_usleep ((gulong) MIN (pause, left));
    }
}
