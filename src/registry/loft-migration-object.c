/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-hash-stream.h"
#include "registry/loft-migration-private.h"

#include <glib/gi18n.h>
#include <string.h>

/* Objects that are written once. Each attempt looks first what there is, unless
 * the list has just told that there is nothing; so one of unknown outcome is
 * followed by one that finds out. */

#define CHUNK (128 * 1024)

/**
 * loft_migration_load: (skip)
 * @self: a migration
 * @storage: one of its stores
 * @key: a storage key
 * @limit: how many bytes are acceptable
 * @error: return location for a #GError
 *
 * Reads a small object whole. Blocks.
 *
 * Returns: (transfer full): its content, or %NULL with @error set
 */
GBytes *
loft_migration_load (LoftMigration *self,
                     LoftStorage *storage,
                     const char *key,
                     gsize limit,
                     GError **error)
{
  g_autoptr (LoftObject) object =
    loft_storage_read (storage, key, 0, -1, self->cancellable, error);

  return object != NULL
           ? loft_object_load (object, limit, self->cancellable, error)
           : NULL;
}

static void
note_verified (LoftMigration *self)
{
  g_mutex_lock (&self->mutex);
  self->figures.verified++;
  g_mutex_unlock (&self->mutex);
}

static gboolean
compare_streams (LoftMigration *self,
                 GInputStream *a,
                 GInputStream *b,
                 gboolean *out_same,
                 GError **error)
{
  g_autofree char *left = g_malloc (CHUNK);
  g_autofree char *right = g_malloc (CHUNK);
  gsize n = 0;
  gsize m = 0;

  do
    {
      if (!g_input_stream_read_all (a,
                                    left,
                                    CHUNK,
                                    &n,
                                    self->cancellable,
                                    error) ||
          !g_input_stream_read_all (b,
                                    right,
                                    CHUNK,
                                    &m,
                                    self->cancellable,
                                    error))
        return FALSE;
      *out_same = n == m && memcmp (left, right, n) == 0;
    }
  while (*out_same && n == CHUNK);

  return TRUE;
}

static LoftObject *
read_source (LoftMigration *self,
             const LoftMigrationObject *object,
             goffset length,
             GError **error)
{
  if (object->content != NULL)
    return loft_object_new_bytes (object->content,
                                  0,
                                  (goffset) g_bytes_get_size (object->content),
                                  NULL,
                                  0);

  return loft_storage_read (self->source,
                            object->key,
                            0,
                            length,
                            self->cancellable,
                            error);
}

/* What the target has is right if it is what a document says; only where none
 * says anything it takes the source to know. */
static gboolean
compare_content (LoftMigration *self,
                 const LoftMigrationObject *object,
                 LoftObject *target,
                 LoftObject *source,
                 gboolean *out_same,
                 GError **error)
{
  GInputStream *stream = loft_object_get_stream (target);

  if (object->sha256 == NULL)
    return compare_streams (self,
                            stream,
                            loft_object_get_stream (source),
                            out_same,
                            error);

  g_autofree char *digest =
    loft_hash_stream_drain (stream, NULL, self->cancellable, error);
  if (digest == NULL)
    return FALSE;
  *out_same = g_str_equal (digest, object->sha256);

  return TRUE;
}

/* Looks at an object that the target may have. */
static gboolean
look (LoftMigration *self,
      LoftMigrationObject *object,
      gboolean *out_found,
      GError **error)
{
  gboolean same = FALSE;
  goffset length = object->by_size ? 0 : -1;
  g_autoptr (GError) local_error = NULL;
  g_autoptr (LoftObject) target = loft_storage_read (self->target,
                                                     object->key,
                                                     0,
                                                     length,
                                                     self->cancellable,
                                                     &local_error);

  *out_found = target != NULL || !loft_migration_is_missing (local_error);
  if (target == NULL)
    {
      if (!*out_found)
        return TRUE;
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }

  g_autoptr (LoftObject) source =
    read_source (self, object, length, &local_error);
  if (source == NULL)
    {
      object->outcome = LOFT_MIGRATION_LEFT;
      if (loft_migration_is_missing (local_error))
        return TRUE;
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }

  same = loft_object_get_size (target) == loft_object_get_size (source);
  if ((same || object->sha256 != NULL) && !object->by_size)
    {
      if (!compare_content (self, object, target, source, &same, error))
        return FALSE;
      if (same)
        note_verified (self);
    }
  object->outcome = same ? LOFT_MIGRATION_SAME : LOFT_MIGRATION_DIFFERS;

  return TRUE;
}

/* Reads back what was written. What is not as it was written is removed again,
 * since nobody can have asked for it yet, and the next run would not know
 * whose mistake it is. */
static gboolean
read_back (LoftMigration *self,
           const LoftMigrationObject *object,
           const char *digest,
           GError **error)
{
  g_autoptr (LoftObject) target = loft_storage_read (self->target,
                                                     object->key,
                                                     0,
                                                     -1,
                                                     self->cancellable,
                                                     error);
  if (target == NULL)
    return FALSE;

  g_autofree char *stored =
    loft_hash_stream_drain (loft_object_get_stream (target),
                            NULL,
                            self->cancellable,
                            error);
  if (stored == NULL)
    return FALSE;
  if (g_str_equal (stored, digest))
    {
      note_verified (self);
      return TRUE;
    }

  g_autofree char *shown = loft_migration_show_key (object->key);
  loft_storage_remove (self->target, object->key, NULL, NULL);
  loft_migration_find (self,
                       "target-damages",
                       object->key,
                       "The target gives back something else than was stored");
  g_set_error (error,
               LOFT_STORAGE_ERROR,
               LOFT_STORAGE_ERROR_CORRUPT,
               _ ("The target gives back something else than was stored under "
                  "“%s”"),
               shown);

  return FALSE;
}

static gboolean
store (LoftMigration *self,
       LoftMigrationObject *object,
       LoftObject *source,
       GError **error)
{
  goffset size = loft_object_get_size (source);
  g_autoptr (GInputStream) stream =
    loft_hash_stream_new (loft_object_get_stream (source),
                          size,
                          object->sha256);
  g_autoptr (GError) local_error = NULL;

  if (!loft_storage_create (self->target,
                            object->key,
                            stream,
                            size,
                            self->cancellable,
                            &local_error))
    {
      object->outcome = LOFT_MIGRATION_DAMAGED;
      if (loft_hash_stream_is_refused (LOFT_HASH_STREAM (stream)))
        return TRUE;

      /* Somebody has been there: look again. */
      if (g_error_matches (local_error,
                           LOFT_STORAGE_ERROR,
                           LOFT_STORAGE_ERROR_EXISTS))
        local_error->code = LOFT_STORAGE_ERROR_CHANGED;
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }

  object->outcome = LOFT_MIGRATION_COPIED;
  object->stored = TRUE;
  g_mutex_lock (&self->mutex);
  self->figures.bytes += (guint64) size;
  g_mutex_unlock (&self->mutex);

  const char *digest = loft_hash_stream_get_digest (LOFT_HASH_STREAM (stream));

  return self->options.check == LOFT_MIGRATION_CHECK_SIZES ||
         read_back (self, object, digest, error);
}

static gboolean
create (LoftMigration *self, LoftMigrationObject *object, GError **error)
{
  gboolean dry_run = self->options.dry_run;
  g_autoptr (GError) local_error = NULL;
  g_autoptr (LoftObject) source =
    read_source (self, object, dry_run ? 0 : -1, &local_error);

  object->outcome = LOFT_MIGRATION_COPIED;
  if (source != NULL)
    return dry_run || store (self, object, source, error);

  object->outcome = LOFT_MIGRATION_GONE;
  if (loft_migration_is_missing (local_error))
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&local_error));

  return FALSE;
}

static gboolean
attempt (LoftMigration *self, gpointer data, GError **error)
{
  LoftMigrationObject *object = data;
  LoftMigrationPresence presence = object->presence;
  gboolean found = FALSE;

  /* What is met at the next attempt may be what this one leaves. */
  if (presence != LOFT_MIGRATION_ABSENT && !look (self, object, &found, error))
    return FALSE;
  object->presence = LOFT_MIGRATION_UNKNOWN;
  if (found)
    return TRUE;

  object->by_size = FALSE;

  return create (self, object, error);
}

/**
 * loft_migration_copy: (skip)
 * @self: a migration
 * @object: (inout): what to copy
 * @error: return location for a #GError
 *
 * Makes sure that the target has an object that is written once. Blocks.
 *
 * Returns: %TRUE with its outcome set, or %FALSE with @error set:
 *   %LOFT_STORAGE_ERROR_EXISTS if the target has another one
 */
gboolean
loft_migration_copy (LoftMigration *self,
                     LoftMigrationObject *object,
                     GError **error)
{
  if (!loft_migration_insist (self, attempt, object, error))
    return FALSE;

  g_mutex_lock (&self->mutex);
  if (object->stored || object->outcome == LOFT_MIGRATION_COPIED)
    self->figures.copied++;
  else if (object->outcome == LOFT_MIGRATION_SAME && !object->by_the_way)
    self->figures.same++;
  g_mutex_unlock (&self->mutex);

  return object->outcome != LOFT_MIGRATION_DIFFERS ||
         loft_migration_differ (self,
                                object->key,
                                "The target holds something else",
                                error);
}
