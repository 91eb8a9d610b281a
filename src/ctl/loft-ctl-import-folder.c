/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "ctl/loft-ctl-import.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n.h>
#include <string.h>
#include <unistd.h>

#include "ctl/loft-ctl-folder.h"
#include "ctl/loft-ctl-json.h"
#include "ctl/loft-ctl-progress.h"
#include "registry/loft-version.h"

/* Import from a folder of the original server, or from a storage of our own.
 * Nothing in it is believed: the registry looks into all of it as if it were
 * published. */

#define BLOCK (64 * 1024)
#define DOCUMENT ".json"
#define TARBALL ".tar.gz"
#define STATE "package.json"
#define DIGEST_LENGTH 64
#define TARBALL_SIZE_MAX (G_GUINT64_CONSTANT (1) << 30)

/* What is taken over of a document; the registry finds the rest in the tarball.
 */
static const char *const members[] = {
  "name",    "version", "description",  "repository", "authors",
  "license", "owners",  "published_at", "size",       "sha256",
};

typedef struct
{
  const LoftCtlImport *import; /* not owned */
  const char *name;            /* not owned */
  int fd;
  JsonObject *state; /* owned, nullable */
  JsonArray *owners; /* owned, nullable: public ids, if there is a state */
} Package;

/* As the storage has it: the version itself, or with the digest behind it. */
static gboolean
is_tarball_of (const char *archive, const char *stem)
{
  const char *rest =
    g_str_has_prefix (archive, stem) ? archive + strlen (stem) : "";

  if (*rest == '~' && strspn (rest + 1, "0123456789abcdef") == DIGEST_LENGTH)
    rest += 1 + DIGEST_LENGTH;

  return g_str_equal (rest, TARBALL);
}

/* Whose a package is stands in its state, once it has one. Nothing is guessed:
 * without owners it would be everybody's. */
static JsonArray *
list_owners (JsonObject *state)
{
  g_autoptr (JsonArray) ids = json_array_new ();
  JsonNode *node = json_object_get_member (state, "owners");
  if (node == NULL || !JSON_NODE_HOLDS_ARRAY (node))
    return NULL;

  JsonArray *owners = json_node_get_array (node);
  for (guint i = 0; i < json_array_get_length (owners); i++)
    {
      JsonNode *owner = json_array_get_element (owners, i);
      const char *id =
        JSON_NODE_HOLDS_OBJECT (owner)
          ? loft_json_get_string (json_node_get_object (owner), "id")
          : NULL;

      if (id == NULL)
        return NULL;
      json_array_add_string_element (ids, id);
    }

  return g_steal_pointer (&ids);
}

/* The time of a document that tells none is that of its file, as it is where
 * the folder is served. */
static char *
make_document (Package *self, JsonObject *object, const struct stat *status)
{
  g_autoptr (JsonNode) root = json_node_new (JSON_NODE_OBJECT);
  g_autoptr (JsonObject) document = json_object_new ();
  g_autoptr (GDateTime) modified =
    g_date_time_new_from_unix_utc (status->st_mtime);

  for (gsize i = 0; i < G_N_ELEMENTS (members); i++)
    {
      JsonNode *node = json_object_get_member (object, members[i]);

      if (node != NULL && !JSON_NODE_HOLDS_NULL (node))
        json_object_set_member (document, members[i], json_node_copy (node));
    }
  if (self->owners != NULL)
    json_object_set_array_member (document,
                                  "owners",
                                  json_array_ref (self->owners));
  if (!json_object_has_member (document, "published_at") && modified != NULL &&
      g_date_time_to_unix (modified) <= g_get_real_time () / G_USEC_PER_SEC)
    {
      g_autofree char *time = g_date_time_format_iso8601 (modified);

      json_object_set_string_member (document, "published_at", time);
    }
  json_node_set_object (root, document);

  return json_to_string (root, FALSE);
}

static char *
compute_sha256 (int fd, GError **error)
{
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
  g_autofree guchar *block = g_malloc (BLOCK);
  ssize_t n;

  while ((n = read (fd, block, BLOCK)) > 0)
    g_checksum_update (checksum, block, n);
  if (n == 0)
    return g_strdup (g_checksum_get_string (checksum));

  loft_ctl_fail (error, NULL, g_strerror (errno));

  return NULL;
}

static gboolean
take_tarball (Package *self,
              const char *version,
              int fd,
              const char *document,
              GError **error)
{
  LoftCtlIntake *intake = self->import->intake;

  if (!self->import->dry_run)
    return loft_ctl_intake_give (intake, version, fd, document, error);

  g_autofree char *sha256 = compute_sha256 (fd, error);
  if (sha256 == NULL)
    return FALSE;
  loft_ctl_intake_note (intake,
                        version,
                        sha256,
                        loft_ctl_intake_find (intake, version, sha256));

  return TRUE;
}

static gboolean
take_version (Package *self, const char *stem, GError **error)
{
  g_autofree char *file = g_strconcat (stem, DOCUMENT, NULL);
  g_autofree char *plain = g_strconcat (stem, TARBALL, NULL);
  struct stat status;

  if (!g_utf8_validate (stem, -1, NULL))
    return loft_ctl_fail (error, NULL, _ ("The name is not in UTF-8"));

  g_autoptr (JsonObject) object =
    loft_ctl_folder_read (self->fd, file, &status, error);
  if (object == NULL)
    return FALSE;

  g_autofree char *document = make_document (self, object, &status);
  const char *archive = loft_json_get_string (object, "archive");
  if (archive != NULL && !is_tarball_of (archive, stem))
    return loft_ctl_fail (error,
                          NULL,
                          _ ("The document names a tarball of something else"));
  int fd = loft_ctl_folder_open_file (self->fd,
                                      archive != NULL ? archive : plain,
                                      &status,
                                      error);
  if (fd == -1)
    return FALSE;

  /* A file is named without build metadata. */
  const char *version = loft_json_get_string (object, "version");
  g_autofree char *without =
    version != NULL ? loft_version_without_build (version) : NULL;
  gboolean taken =
    (guint64) status.st_size > TARBALL_SIZE_MAX
      ? loft_ctl_fail (error, NULL, _ ("The tarball is too large"))
      : take_tarball (self,
                      g_strcmp0 (without, stem) == 0 ? version : stem,
                      fd,
                      document,
                      error);
  close (fd);

  return taken;
}

static gboolean
read_state (Package *self, GError **error)
{
  struct stat status;

  if (fstatat (self->fd, STATE, &status, AT_SYMLINK_NOFOLLOW) == -1 &&
      errno == ENOENT)
    return TRUE;

  self->state = loft_ctl_folder_read (self->fd, STATE, &status, error);
  if (self->state == NULL)
    return FALSE;

  self->owners = list_owners (self->state);

  return self->owners != NULL ||
         loft_ctl_fail (error, NULL, _ ("Its state does not tell whose it is"));
}

static gboolean
take_state (Package *self, GError **error)
{
  LoftCtlIntake *intake = self->import->intake;
  JsonObject *yanked = loft_json_get_object (self->state, "yanked");
  const char *deprecated = loft_json_get_string (self->state, "deprecated");
  JsonObjectIter iter;
  const char *version;

  if (yanked != NULL)
    {
      json_object_iter_init (&iter, yanked);
      while (json_object_iter_next (&iter, &version, NULL))
        if (!loft_ctl_intake_yank (intake,
                                   version,
                                   loft_json_get_string (yanked, version),
                                   error))
          return FALSE;
    }

  return deprecated == NULL ||
         loft_ctl_intake_deprecate (intake, deprecated, error);
}

static gboolean
take_versions (Package *self, GPtrArray *files, GError **error)
{
  for (guint i = 0; i < files->len; i++)
    {
      const char *file = files->pdata[i];
      g_autofree char *stem =
        g_strndup (file, strlen (file) - strlen (DOCUMENT));
      g_autoptr (GError) local_error = NULL;

      if (take_version (self, stem, &local_error) ||
          loft_ctl_intake_refuse (self->import->intake,
                                  self->name,
                                  stem,
                                  &local_error))
        continue;
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }

  return TRUE;
}

/* The documents of a package, and nothing else. */
static GPtrArray *
list_documents (int fd, GError **error)
{
  g_autoptr (GPtrArray) names = loft_ctl_folder_list (fd, error);
  g_autoptr (GPtrArray) files = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; names != NULL && i < names->len; i++)
    if (g_str_has_suffix (names->pdata[i], DOCUMENT) &&
        !g_str_equal (names->pdata[i], STATE))
      g_ptr_array_add (files, g_strdup (names->pdata[i]));

  return names != NULL ? g_steal_pointer (&files) : NULL;
}

static gboolean
take_package (Package *self, GError **error)
{
  g_autoptr (GPtrArray) files = list_documents (self->fd, error);
  if (files == NULL)
    return FALSE;
  if (files->len == 0)
    return TRUE;
  if (!g_utf8_validate (self->name, -1, NULL))
    return loft_ctl_fail (error, NULL, _ ("The name is not in UTF-8"));

  return read_state (self, error) &&
         loft_ctl_intake_begin (self->import->intake, self->name, error) &&
         take_versions (self, files, error) &&
         (self->state == NULL || take_state (self, error));
}

/* Files beside the packages, such as those that the original server keeps, are
 * no packages; a link might be taken for one. */
static gboolean
take_name (const LoftCtlImport *self, int at, const char *name, GError **error)
{
  Package package = { .import = self, .name = name, .fd = -1 };
  g_autoptr (GError) local_error = NULL;
  struct stat status;

  if (*name == '_' || g_str_equal (name, "docs"))
    return TRUE;
  if (fstatat (at, name, &status, AT_SYMLINK_NOFOLLOW) == -1)
    loft_ctl_fail (&local_error, NULL, g_strerror (errno));
  else if (S_ISREG (status.st_mode))
    return TRUE;
  else if (!S_ISDIR (status.st_mode))
    loft_ctl_fail (&local_error, NULL, _ ("This is no folder"));
  else if ((package.fd = loft_ctl_folder_open (at, name, &local_error)) != -1)
    {
      take_package (&package, &local_error);
      close (package.fd);
      g_clear_pointer (&package.state, json_object_unref);
      g_clear_pointer (&package.owners, json_array_unref);
    }
  if (local_error == NULL ||
      loft_ctl_intake_refuse (self->intake, name, NULL, &local_error))
    return TRUE;

  g_propagate_error (error, g_steal_pointer (&local_error));

  return FALSE;
}

/**
 * loft_ctl_import_folder:
 * @ctl: what the command was told
 * @self: what is to be done
 * @path: a folder
 * @error: return location for a #GError
 *
 * Takes in what is in a folder. What is wrong with some of it is told, and
 * keeps nothing else out.
 *
 * Returns: %TRUE, or %FALSE with @error set if there was no use in going on
 */
gboolean
loft_ctl_import_folder (const LoftCtl *ctl,
                        const LoftCtlImport *self,
                        const char *path,
                        GError **error)
{
  gboolean done = TRUE;
  int fd = loft_ctl_folder_open (AT_FDCWD, path, error);
  if (fd == -1)
    return FALSE;

  g_autoptr (LoftCtlProgress) progress = loft_ctl_progress_new (ctl);
  g_autoptr (GPtrArray) names = loft_ctl_folder_list (fd, error);
  for (guint i = 0; names != NULL && done && i < names->len; i++)
    {
      loft_ctl_progress_show (progress, i, names->len, "packages");
      done = take_name (self, fd, names->pdata[i], error);
    }
  close (fd);

  return names != NULL && done;
}
