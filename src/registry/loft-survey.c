/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-survey.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <string.h>

#include "registry/loft-members.h"

/* What a tarball holds: of each file its size and its digest, and of some their
 * contents. */

#define BUFFER_SIZE (64 * 1024)

/* What was published here has far less; an adopted tarball may have anything.
 */
#define PATHS_MAX (16 * 1024 * 1024)

typedef struct
{
  LoftMembers *members; /* owned */
  GHashTable *files;    /* owned: path to LoftSurveyFile, which owns it */
  GHashTable *wanted;   /* unowned, nullable: a set of paths */
  gsize content_max;
  gsize n_paths;
  char *buffer; /* owned */
} Survey;

static void
survey_clear (Survey *self)
{
  g_clear_pointer (&self->members, loft_members_free);
  g_clear_pointer (&self->files, g_hash_table_unref);
  g_clear_pointer (&self->buffer, g_free);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Survey, survey_clear)

static void
file_free (gpointer data)
{
  LoftSurveyFile *file = data;

  g_free (file->path);
  g_clear_pointer (&file->content, g_bytes_unref);
  g_free (file);
}

static gboolean
read_content (Survey *self,
              LoftSurveyFile *file,
              gnutls_hash_hd_t hash,
              GByteArray *content,
              GError **error)
{
  gssize count = 0;

  file->size = 0;
  while (
    (count =
       loft_members_read (self->members, self->buffer, BUFFER_SIZE, error)) > 0)
    {
      file->size += (guint64) count;
      gnutls_hash (hash, self->buffer, (gsize) count);
      if (content != NULL && content->len <= self->content_max)
        g_byte_array_append (content,
                             (const guint8 *) self->buffer,
                             (guint) count);
    }

  return count == 0;
}

static gboolean
take_file (Survey *self, LoftSurveyFile *file, GError **error)
{
  g_autoptr (GByteArray) content =
    self->wanted != NULL ? g_byte_array_new () : NULL;
  gnutls_hash_hd_t hash = NULL;

  if (gnutls_hash_init (&hash, GNUTLS_DIG_SHA256) < 0)
    {
      g_set_error_literal (error,
                           LOFT_REGISTRY_ERROR,
                           LOFT_REGISTRY_ERROR_FAILED,
                           "There is no SHA-256");
      return FALSE;
    }

  gboolean good = read_content (self, file, hash, content, error);
  gnutls_hash_deinit (hash, file->digest);
  if (good && content != NULL && content->len <= self->content_max)
    file->content = g_byte_array_free_to_bytes (g_steal_pointer (&content));

  return good;
}

static void
take_target (Survey *self, LoftSurveyFile *file, const char *target)
{
  file->is_link = TRUE;
  file->size = strlen (target);
  gnutls_hash_fast (GNUTLS_DIG_SHA256, target, file->size, file->digest);
  if (self->wanted != NULL)
    file->content = g_bytes_new (target, file->size);
}

/* The first one of a path counts, as it does for who reads that path. */
static gboolean
take_member (Survey *self, const LoftMember *member, GError **error)
{
  g_autofree char *path = g_utf8_make_valid (member->path, -1);

  if (g_hash_table_contains (self->files, path) ||
      (self->wanted != NULL && !g_hash_table_contains (self->wanted, path)))
    return TRUE;

  self->n_paths += strlen (path);
  if (self->n_paths > PATHS_MAX)
    {
      g_set_error_literal (error,
                           LOFT_REGISTRY_ERROR,
                           LOFT_REGISTRY_ERROR_TOO_LARGE,
                           "The paths in the tarball are too long");
      return FALSE;
    }

  LoftSurveyFile *file = g_new0 (LoftSurveyFile, 1);
  file->path = g_steal_pointer (&path);
  g_hash_table_insert (self->files, file->path, file);
  if (member->target == NULL)
    return take_file (self, file, error);
  take_target (self, file, member->target);

  return TRUE;
}

static gboolean
is_complete (const Survey *self)
{
  return self->wanted != NULL &&
         g_hash_table_size (self->files) == g_hash_table_size (self->wanted);
}

/**
 * loft_survey_new:
 * @download: a tarball
 * @wanted: (nullable): a set of paths; %NULL for all that there are
 * @content_max: bytes of a file whose content is given, where paths are wanted
 * @end: when to give up, by the monotonic clock
 * @cancellable: (nullable): a cancellable
 * @error: return location for a #GError
 *
 * Looks through a tarball. Blocks.
 *
 * Returns: (transfer full): files by their paths, of #LoftSurveyFile, or %NULL
 *   with @error set to a #LoftRegistryError
 */
GHashTable *
loft_survey_new (const LoftDownload *download,
                 GHashTable *wanted,
                 gsize content_max,
                 gint64 end,
                 GCancellable *cancellable,
                 GError **error)
{
  g_return_val_if_fail (download != NULL, NULL);

  g_autoptr (GError) local_error = NULL;
  LoftMember member = { 0 };
  g_auto (Survey) survey = {
    .members = loft_members_open (download, end, cancellable, error),
    .files = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, file_free),
    .wanted = wanted,
    .content_max = content_max,
    .buffer = g_malloc (BUFFER_SIZE),
  };

  if (survey.members == NULL)
    return NULL;
  while (!is_complete (&survey) &&
         loft_members_next (survey.members, &member, &local_error))
    if (!take_member (&survey, &member, error))
      return NULL;
  if (local_error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return NULL;
    }

  return g_steal_pointer (&survey.files);
}

/**
 * loft_survey_are_same:
 * @one: (nullable): a file
 * @other: (nullable): another one
 *
 * Returns: whether there are both, and both hold the same
 */
gboolean
loft_survey_are_same (const LoftSurveyFile *one, const LoftSurveyFile *other)
{
  return one != NULL && other != NULL && one->is_link == other->is_link &&
         one->size == other->size &&
         memcmp (one->digest, other->digest, LOFT_SURVEY_DIGEST) == 0;
}
