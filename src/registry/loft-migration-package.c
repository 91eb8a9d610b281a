/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include <string.h>

#include "registry/loft-document.h"
#include "registry/loft-migration-private.h"
#include "registry/loft-walk.h"

/* The folder of a package: its state, then of each version the tarball, then
 * the document. Whoever comes first copies the state, the others wait for it.
 *
 * A tarball that is missing in the source, or not the one that was published,
 * is reported and not copied, so that it can be once it was mended; its
 * document is, since nobody else may publish that version. */

typedef struct
{
  char *name;             /* owned */
  GPtrArray *keys;        /* owned: what the source has */
  GPtrArray *target_keys; /* owned */

  GMutex mutex;
  gboolean has_state; /* under mutex: its state was copied */
  gboolean failed;    /* under mutex: it can't be, which was told */
} Folder;

typedef struct
{
  Folder *folder; /* owned */
  char *key;      /* owned: the document's, or the tarball's */
  char *stem;     /* owned, nullable: of a document */
  GBytes *text;   /* owned, nullable: of a document, once it was read */
} Part;

static void
folder_clear (gpointer data)
{
  Folder *folder = data;

  g_free (folder->name);
  g_ptr_array_unref (folder->keys);
  g_ptr_array_unref (folder->target_keys);
  g_mutex_clear (&folder->mutex);
}

static void
folder_unref (Folder *folder)
{
  g_atomic_rc_box_release_full (folder, folder_clear);
}

static void
part_free (gpointer data)
{
  Part *part = data;

  folder_unref (part->folder);
  g_free (part->key);
  g_free (part->stem);
  g_clear_pointer (&part->text, g_bytes_unref);
  g_free (part);
}

static Part *
part_new (Folder *folder, const char *key, const char *stem)
{
  Part *part = g_new0 (Part, 1);

  part->folder = g_atomic_rc_box_acquire (folder);
  part->key = g_strdup (key);
  part->stem = g_strdup (stem);

  return part;
}

/* Where it can't be copied, whoever comes first tells why, and the others give
 * up with no error set. */
static gboolean
ensure_state (LoftMigration *self, Folder *folder, GError **error)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&folder->mutex);

  if (!folder->has_state && !folder->failed)
    {
      folder->has_state = loft_migration_copy_state (self, folder->name, error);
      folder->failed = !folder->has_state;
    }

  return folder->has_state;
}

static LoftMigrationPresence
get_presence (Folder *folder, const char *key)
{
  return loft_walk_has (folder->target_keys, key) ? LOFT_MIGRATION_PRESENT
                                                  : LOFT_MIGRATION_ABSENT;
}

/* A tarball whose document is there was read when that was written. */
static gboolean
copy_archive (LoftMigration *self,
              Part *part,
              const LoftDocument *document,
              GError **error)
{
  g_autofree char *key =
    g_strconcat (part->folder->name, "/", document->archive, NULL);
  LoftMigrationObject object = {
    .key = key,
    .presence = get_presence (part->folder, key),
    .sha256 = document->sha256,
    .by_size = self->options.check != LOFT_MIGRATION_CHECK_ALL &&
               loft_walk_has (part->folder->target_keys, part->key),
  };

  if (!loft_migration_copy (self, &object, error))
    return FALSE;

  if (object.outcome == LOFT_MIGRATION_GONE ||
      object.outcome == LOFT_MIGRATION_LEFT)
    loft_migration_find (self,
                         "archive-missing",
                         key,
                         "The source does not have the tarball “%s”",
                         key);
  else if (object.outcome == LOFT_MIGRATION_DAMAGED)
    loft_migration_find (self,
                         "archive-damaged",
                         key,
                         "The source's tarball “%s” is not the one that was "
                         "published",
                         key);

  return TRUE;
}

/* What a document names that says nothing is not known: all that it might. */
static gboolean
copy_archives (LoftMigration *self, Part *part, GError **error)
{
  Folder *folder = part->folder;

  for (guint i = 0; i < folder->keys->len; i++)
    {
      const char *key = g_ptr_array_index (folder->keys, i);
      g_autofree char *stem =
        loft_document_find_stem (key + strlen (folder->name) + 1);
      LoftMigrationObject object = {
        .key = key,
        .presence = get_presence (folder, key),
      };

      if (g_strcmp0 (stem, part->stem) == 0 &&
          !loft_migration_copy (self, &object, error))
        return FALSE;
    }

  return TRUE;
}

static gboolean
read_text (LoftMigration *self, gpointer data, GError **error)
{
  Part *part = data;

  part->text = loft_migration_load (self,
                                    self->source,
                                    part->key,
                                    LOFT_DOCUMENT_SIZE_MAX,
                                    error);

  return part->text != NULL;
}

static gboolean
is_broken (const GError *error)
{
  return loft_migration_is_missing (error) ||
         g_error_matches (error,
                          LOFT_STORAGE_ERROR,
                          LOFT_STORAGE_ERROR_CORRUPT);
}

/* Gives %NULL with no error set for one that can't be understood. */
static LoftDocument *
read_document (LoftMigration *self, Part *part, GError **error)
{
  g_autoptr (GError) local_error = NULL;

  if (!loft_migration_insist (self, read_text, part, &local_error) &&
      !is_broken (local_error))
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return NULL;
    }

  LoftDocument *document = part->text != NULL
                             ? loft_document_parse (part->folder->name,
                                                    part->stem,
                                                    part->text,
                                                    0,
                                                    &local_error)
                             : NULL;
  if (document == NULL)
    loft_migration_find (self,
                         "document-broken",
                         part->key,
                         "%s",
                         local_error->message);

  return document;
}

static gboolean
copy_version (LoftMigration *self, gpointer data, GError **error)
{
  Part *part = data;
  g_autoptr (GError) local_error = NULL;

  if (!ensure_state (self, part->folder, error))
    return FALSE;

  g_autoptr (LoftDocument) document = read_document (self, part, &local_error);
  if (local_error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }
  if (!(document != NULL ? copy_archive (self, part, document, error)
                         : copy_archives (self, part, error)))
    return FALSE;

  LoftMigrationObject object = {
    .key = part->key,
    .presence = get_presence (part->folder, part->key),
    .content = part->text,
  };
  if (!loft_migration_copy (self, &object, error))
    return FALSE;
  loft_migration_note_done (self);

  return TRUE;
}

static gboolean
copy_state (LoftMigration *self, gpointer data, GError **error)
{
  Part *part = data;

  if (!ensure_state (self, part->folder, error))
    return FALSE;
  if (loft_walk_has (part->folder->keys, part->key))
    loft_migration_note_done (self);

  return TRUE;
}

/* A tarball without document, which the next one may name. */
static gboolean
copy_orphan (LoftMigration *self, gpointer data, GError **error)
{
  Part *part = data;
  LoftMigrationObject object = {
    .key = part->key,
    .presence = get_presence (part->folder, part->key),
  };

  if (!loft_migration_copy (self, &object, error))
    return FALSE;
  loft_migration_note_done (self);

  return TRUE;
}

/* Those of a version that has a document are copied with that, or not at all.
 */
static gboolean
push_archive (LoftMigration *self,
              Folder *folder,
              const char *key,
              const char *stem)
{
  g_autofree char *document = loft_document_make_key (folder->name, stem);

  if (!loft_walk_has (folder->keys, document))
    return loft_migration_push (self,
                                copy_orphan,
                                part_new (folder, key, NULL),
                                part_free);

  loft_migration_note_done (self);

  return TRUE;
}

/**
 * loft_migration_copy_folder: (skip)
 * @self: a migration that runs
 * @name: a package
 * @keys: (element-type utf8): what the source has in its folder
 * @target_keys: (element-type utf8): what the target has there
 *
 * Has a package copied.
 *
 * Returns: whether there is any use in going on
 */
gboolean
loft_migration_copy_folder (LoftMigration *self,
                            const char *name,
                            GPtrArray *keys,
                            GPtrArray *target_keys)
{
  Folder *folder = g_atomic_rc_box_new0 (Folder);
  g_autofree char *state = g_strconcat (name, "/package.json", NULL);

  folder->name = g_strdup (name);
  folder->keys = g_ptr_array_ref (keys);
  folder->target_keys = g_ptr_array_ref (target_keys);
  g_mutex_init (&folder->mutex);

  gboolean useful = loft_migration_push (self,
                                         copy_state,
                                         part_new (folder, state, NULL),
                                         part_free);
  for (guint i = 0; i < keys->len && useful; i++)
    {
      const char *key = g_ptr_array_index (keys, i);
      g_autofree char *owner = NULL;
      g_autofree char *document = NULL;
      g_autofree char *stem = loft_document_find_stem (key + strlen (name) + 1);

      if (stem != NULL)
        useful = push_archive (self, folder, key, stem);
      else if (loft_document_parse_key (key, &owner, &document))
        useful = loft_migration_push (self,
                                      copy_version,
                                      part_new (folder, key, document),
                                      part_free);
    }
  folder_unref (folder);

  return useful;
}
