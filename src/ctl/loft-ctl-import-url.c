/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "ctl/loft-ctl-import.h"

#include <errno.h>
#include <glib/gi18n.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "ctl/loft-ctl-elements.h"
#include "ctl/loft-ctl-json.h"
#include "ctl/loft-ctl-listing.h"
#include "ctl/loft-ctl-progress.h"
#include "registry/loft-json.h"
#include "registry/loft-name.h"
#include "registry/loft-version.h"

/* Import from another registry over HTTP. What every registry offers is enough;
 * where one tells digests, only what is missing is fetched. It need not mean
 * well: an answer is taken for what it is once the registry that takes it in
 * has looked into it, and is bounded until then. */

#define PACKAGE_SIZE_MAX (G_GUINT64_CONSTANT (128) << 20)
#define TARBALL_SIZE_MAX (G_GUINT64_CONSTANT (1) << 30)

typedef struct
{
  char *version;  /* owned */
  char *sha256;   /* owned, nullable */
  char *document; /* owned, nullable if it is not wanted */
  gint64 size;
  LoftCtlPresence presence;
} Version;

typedef struct
{
  const LoftCtlImport *import; /* not owned */
  LoftCtlSource *source;       /* not owned */
  const char *name;            /* not owned */
  const LoftCtlNote *note;     /* not owned, nullable */
  LoftCtlElements *elements;   /* owned while something is read */
  GPtrArray *versions;         /* owned */
  GHashTable *listed;          /* owned: without build metadata */
  GHashTable *yanked;          /* owned: as the list says */
  char *deprecated;            /* owned, nullable */
} Package;

typedef struct
{
  int fd;
  guint64 size;
  GChecksum *checksum; /* owned */
} Spool;

static void
version_free (gpointer data)
{
  Version *version = data;

  g_free (version->version);
  g_free (version->sha256);
  g_free (version->document);
  g_free (version);
}

static void
package_clear (Package *package)
{
  g_ptr_array_unref (package->versions);
  g_hash_table_unref (package->listed);
  g_hash_table_unref (package->yanked);
  g_free (package->deprecated);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Package, package_clear)

static int
compare_cb (gconstpointer a, gconstpointer b)
{
  const Version *const *one = a;
  const Version *const *other = b;

  return loft_version_compare ((*one)->version, (*other)->version);
}

static gboolean
fetch (Package *self,
       const char *path,
       guint64 most,
       LoftCtlSourceFunc func,
       gpointer user_data,
       GError **error)
{
  g_autofree char *name = g_uri_escape_string (self->name, NULL, FALSE);
  g_autofree char *whole = g_strconcat ("packages/", name, path, NULL);

  return loft_ctl_source_get (self->source,
                              whole,
                              most,
                              func,
                              user_data,
                              error);
}

/* Only what is wanted is kept. */
static gboolean
element_cb (JsonObject *element, gpointer user_data, GError **error)
{
  Package *self = user_data;
  const char *name = loft_json_get_string (element, "name");
  const char *version = loft_json_get_string (element, "version");
  const char *sha256 = loft_json_get_string (element, "sha256");
  const char *deprecated = loft_json_get_string (element, "deprecated");

  if (g_strcmp0 (name, self->name) != 0 || version == NULL ||
      strlen (version) > LOFT_VERSION_MAX)
    return loft_ctl_fail (error, NULL, _ ("It answers with another package"));
  if (!g_hash_table_add (self->listed, loft_version_without_build (version)))
    return TRUE;

  Version *new = g_new0 (Version, 1);
  new->version = g_strdup (version);
  new->sha256 = g_strdup (sha256);
  new->size = loft_json_get_int (element, "size", -1);
  new->presence = loft_ctl_intake_find (self->import->intake, version, sha256);
  g_ptr_array_add (self->versions, new);
  if (new->presence == LOFT_CTL_PRESENCE_MISSING ||
      new->presence == LOFT_CTL_PRESENCE_UNKNOWN)
    {
      g_autoptr (JsonNode) node = json_node_new (JSON_NODE_OBJECT);

      json_node_set_object (node, element);
      new->document = json_to_string (node, FALSE);
    }

  if (loft_ctl_json_get_boolean (element, "yanked"))
    g_hash_table_add (self->yanked, g_strdup (version));
  g_free (self->deprecated);
  self->deprecated = g_strdup (deprecated);

  return TRUE;
}

static gboolean
list_cb (const char *data, gsize length, gpointer user_data, GError **error)
{
  Package *self = user_data;

  if (data != NULL)
    return loft_ctl_elements_feed (self->elements, data, length, error);

  loft_ctl_elements_reset (self->elements);
  g_ptr_array_set_size (self->versions, 0);
  g_hash_table_remove_all (self->listed);
  g_hash_table_remove_all (self->yanked);

  return TRUE;
}

static gboolean
read_list (Package *self, GError **error)
{
  g_autoptr (LoftCtlElements) elements =
    loft_ctl_elements_new (LOFT_CTL_ELEMENT_ARRAY, element_cb, self);

  self->elements = elements;

  return fetch (self, "", PACKAGE_SIZE_MAX, list_cb, self, error) &&
         loft_ctl_elements_finish (elements, error);
}

static gboolean
single_cb (const char *data, gsize length, gpointer user_data, GError **error)
{
  Package *self = user_data;

  if (data != NULL)
    return loft_ctl_elements_feed (self->elements, data, length, error);

  loft_ctl_elements_reset (self->elements);

  return TRUE;
}

/* A yanked version is in no list. */
static gboolean
read_yanked (Package *self, const char *version, GError **error)
{
  g_autofree char *escaped = g_uri_escape_string (version, NULL, FALSE);
  g_autofree char *path = g_strconcat ("/", escaped, NULL);
  g_autoptr (LoftCtlElements) elements =
    loft_ctl_elements_new (LOFT_CTL_ELEMENT_SINGLE, element_cb, self);

  self->elements = elements;

  return fetch (self, path, PACKAGE_SIZE_MAX, single_cb, self, error) &&
         loft_ctl_elements_finish (elements, error);
}

static gboolean
read_all_yanked (Package *self, GError **error)
{
  GHashTableIter iter;
  gpointer version;

  if (self->note == NULL)
    return TRUE;
  g_hash_table_iter_init (&iter, self->note->yanked);
  while (g_hash_table_iter_next (&iter, &version, NULL))
    {
      g_autoptr (GError) local_error = NULL;

      if (loft_version_check (version, &local_error) &&
          (g_hash_table_contains (self->listed, version) ||
           read_yanked (self, version, &local_error)))
        continue;
      if (!loft_ctl_intake_refuse (self->import->intake,
                                   self->name,
                                   version,
                                   &local_error))
        {
          g_propagate_error (error, g_steal_pointer (&local_error));
          return FALSE;
        }
    }

  return TRUE;
}

static gboolean
spool_cb (const char *data, gsize length, gpointer user_data, GError **error)
{
  Spool *spool = user_data;

  if (data == NULL)
    {
      g_checksum_reset (spool->checksum);
      spool->size = 0;
      if (ftruncate (spool->fd, 0) == 0 && lseek (spool->fd, 0, SEEK_SET) == 0)
        return TRUE;
      return loft_ctl_fail (error, NULL, g_strerror (errno));
    }

  g_checksum_update (spool->checksum, (const guchar *) data, (gssize) length);
  spool->size += length;
  while (length > 0)
    {
      ssize_t written = write (spool->fd, data, length);

      if (written == -1 && errno != EINTR)
        return loft_ctl_fail (error, NULL, g_strerror (errno));
      data += MAX (written, 0);
      length -= (gsize) MAX (written, 0);
    }

  return TRUE;
}

static gboolean
download (Package *self, const Version *version, Spool *spool, GError **error)
{
  g_autofree char *escaped =
    g_uri_escape_string (version->version, NULL, FALSE);
  g_autofree char *path = g_strconcat ("/", escaped, "/download", NULL);
  guint64 most = version->size >= 0
                   ? MIN ((guint64) version->size, TARBALL_SIZE_MAX)
                   : TARBALL_SIZE_MAX;

  if (!fetch (self, path, most, spool_cb, spool, error))
    return FALSE;

  const char *sha256 = g_checksum_get_string (spool->checksum);
  if ((version->size >= 0 && spool->size != (guint64) version->size) ||
      (version->sha256 != NULL &&
       g_ascii_strcasecmp (version->sha256, sha256) != 0))
    return loft_ctl_fail (error,
                          NULL,
                          _ ("The tarball is not the one that it tells of"));
  if (lseek (spool->fd, 0, SEEK_SET) != 0)
    return loft_ctl_fail (error, NULL, g_strerror (errno));

  return TRUE;
}

static gboolean
give (Package *self, const Version *version, Spool *spool, GError **error)
{
  LoftCtlIntake *intake = self->import->intake;
  gboolean is_there = version->presence == LOFT_CTL_PRESENCE_UNKNOWN;

  if (is_there ? !self->import->compare : self->import->dry_run)
    {
      loft_ctl_intake_note (intake,
                            version->version,
                            version->sha256,
                            version->presence);
      return TRUE;
    }
  if (!download (self, version, spool, error))
    return FALSE;
  if (!is_there)
    return loft_ctl_intake_give (intake,
                                 version->version,
                                 spool->fd,
                                 version->document,
                                 error);

  const char *sha256 = g_checksum_get_string (spool->checksum);
  loft_ctl_intake_note (
    intake,
    version->version,
    sha256,
    loft_ctl_intake_find (intake, version->version, sha256));

  return TRUE;
}

static gboolean
take_version (Package *self,
              const Version *version,
              Spool *spool,
              GError **error)
{
  g_autoptr (GError) local_error = NULL;

  if (!loft_version_check (version->version, NULL))
    loft_ctl_fail (&local_error, NULL, _ ("This is no version"));
  else if (version->document == NULL)
    loft_ctl_intake_note (self->import->intake,
                          version->version,
                          version->sha256,
                          version->presence);
  else
    give (self, version, spool, &local_error);
  if (local_error == NULL || loft_ctl_intake_refuse (self->import->intake,
                                                     self->name,
                                                     version->version,
                                                     &local_error))
    return TRUE;

  g_propagate_error (error, g_steal_pointer (&local_error));

  return FALSE;
}

static gboolean
take_state (Package *self, GError **error)
{
  LoftCtlIntake *intake = self->import->intake;
  const char *deprecated =
    self->note != NULL ? self->note->deprecated : self->deprecated;
  GHashTableIter iter;
  gpointer version;
  gpointer reason;

  g_hash_table_iter_init (&iter, self->yanked);
  while (g_hash_table_iter_next (&iter, &version, NULL))
    {
      reason = self->note != NULL
                 ? g_hash_table_lookup (self->note->yanked, version)
                 : NULL;
      if (!loft_ctl_intake_yank (intake, version, reason, error))
        return FALSE;
    }

  return deprecated == NULL ||
         loft_ctl_intake_deprecate (intake, deprecated, error);
}

static gboolean
take_package (Package *self, Spool *spool, GError **error)
{
  g_autoptr (GError) local_error = NULL;

  if (!loft_name_is_adoptable (self->name))
    return loft_ctl_fail (error, NULL, _ ("This is no name of a package"));
  if (!loft_ctl_intake_begin (self->import->intake, self->name, error))
    return FALSE;

  /* Where all versions are yanked, there is nothing to list. */
  if (!read_list (self, &local_error) &&
      (self->note == NULL || !g_error_matches (local_error,
                                               LOFT_CTL_ERROR,
                                               LOFT_CTL_ERROR_NOT_FOUND)))
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }
  if (!read_all_yanked (self, error))
    return FALSE;

  g_ptr_array_sort (self->versions, compare_cb);
  for (guint i = 0; i < self->versions->len; i++)
    if (!take_version (self, self->versions->pdata[i], spool, error))
      return FALSE;

  return take_state (self, error);
}

static gboolean
take_name (const LoftCtlImport *self,
           LoftCtlSource *source,
           LoftCtlListing *listing,
           const char *name,
           Spool *spool,
           GError **error)
{
  g_autoptr (GError) local_error = NULL;
  g_auto (Package) package = {
    .import = self,
    .source = source,
    .name = name,
    .note = loft_ctl_listing_get_note (listing, name),
    .versions = g_ptr_array_new_with_free_func (version_free),
    .listed = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL),
    .yanked = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL),
  };

  if (take_package (&package, spool, &local_error))
    return TRUE;
  if (loft_ctl_intake_refuse (self->intake, name, NULL, &local_error))
    return TRUE;

  g_propagate_error (error, g_steal_pointer (&local_error));

  return FALSE;
}

static gboolean
take_all (const LoftCtl *ctl,
          const LoftCtlImport *self,
          LoftCtlSource *source,
          Spool *spool,
          GError **error)
{
  g_autoptr (LoftCtlListing) listing = loft_ctl_listing_fetch (source, error);
  if (listing == NULL)
    return FALSE;

  g_autoptr (LoftCtlProgress) progress = loft_ctl_progress_new (ctl);
  for (guint i = 0; i < listing->names->len; i++)
    {
      loft_ctl_progress_show (progress, i, listing->names->len, "packages");
      if (!take_name (self,
                      source,
                      listing,
                      listing->names->pdata[i],
                      spool,
                      error))
        return FALSE;
    }

  return TRUE;
}

/**
 * loft_ctl_import_url:
 * @ctl: what the command was told
 * @self: what is to be done
 * @source: another registry
 * @error: return location for a #GError
 *
 * Takes in what another registry has. What is wrong with some of it is told,
 * and keeps nothing else out.
 *
 * Returns: %TRUE, or %FALSE with @error set if there was no use in going on
 */
gboolean
loft_ctl_import_url (const LoftCtl *ctl,
                     const LoftCtlImport *self,
                     LoftCtlSource *source,
                     GError **error)
{
  g_autofree char *temporary = NULL;
  g_autoptr (GError) local_error = NULL;
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
  Spool spool = { .checksum = checksum };

  spool.fd = g_file_open_tmp ("loft-XXXXXX", &temporary, error);
  if (spool.fd == -1)
    return FALSE;
  g_unlink (temporary);

  gboolean done = take_all (ctl, self, source, &spool, &local_error);
  close (spool.fd);
  if (done)
    return TRUE;

  if (g_error_matches (local_error, LOFT_CTL_ERROR, LOFT_CTL_ERROR_UNREACHABLE))
    g_set_error (error,
                 LOFT_CTL_ERROR,
                 LOFT_CTL_ERROR_UNREACHABLE,
                 _ ("%s\nThe same command goes on where it ended: what was "
                    "imported is not fetched again."),
                 local_error->message);
  else
    g_propagate_error (error, g_steal_pointer (&local_error));

  return FALSE;
}
