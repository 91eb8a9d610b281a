/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-checkpoint.h"

#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>

#include "registry/loft-catalog-private.h"
#include "registry/loft-checkpoint-pack.h"
#include "registry/loft-json.h"
#include "registry/loft-registry-error.h"

/* Copies of the catalog that lie in the storage, so that a node which has none
 * begins with one instead of reading every document.
 *
 * A small document names the newest copy for each schema, since nodes of two
 * releases may run side by side. Parts are stored before it names them, under
 * keys that were never used; it is replaced only if nobody else has done so
 * since it was read. Parts that are older than all that it named before and
 * names now are garbage: whoever still reads them fails, and reads the document
 * again.
 *
 * Nothing rests on a copy. It is used only if its last event is the log's, and
 * what follows is applied from the log; a node for which there is none, or a
 * broken one, makes its own catalog. */

#define NOTE_SIZE_MAX (64 * 1024)
#define PARTS_MAX 100000
#define LIST_PAGE 1000

/* A copy is worth a new one once it has grown by one part in so many: else the
 * copies would cost more than what they save. */
#define GROWTH 20

typedef struct
{
  guint64 sequence;
  LoftPacked packed;
} Checkpoint;

static void
checkpoint_clear (Checkpoint *self)
{
  loft_packed_clear (&self->packed);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Checkpoint, checkpoint_clear)

static gboolean
is_missing (const GError *error)
{
  return g_error_matches (error,
                          LOFT_STORAGE_ERROR,
                          LOFT_STORAGE_ERROR_NOT_FOUND);
}

/* The document, be it an empty one. */
static JsonNode *
read_note (LoftStorage *storage,
           char **out_etag,
           GCancellable *cancellable,
           GError **error)
{
  g_autoptr (GError) local_error = NULL;
  g_autoptr (LoftObject) object = loft_storage_read (storage,
                                                     LOFT_CHECKPOINT_KEY,
                                                     0,
                                                     -1,
                                                     cancellable,
                                                     &local_error);
  if (is_missing (local_error))
    return loft_json_parse ("{}", 2, error);

  if (object != NULL && out_etag != NULL)
    *out_etag = g_strdup (loft_object_get_etag (object));

  /* What nobody can read is worth as much as nothing, and is replaced. */
  g_autoptr (GBytes) text =
    object != NULL
      ? loft_object_load (object, NOTE_SIZE_MAX, cancellable, &local_error)
      : NULL;
  if (g_error_matches (local_error,
                       LOFT_STORAGE_ERROR,
                       LOFT_STORAGE_ERROR_CORRUPT))
    return loft_json_parse ("{}", 2, error);
  if (text == NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return NULL;
    }

  gsize length;
  const char *data = g_bytes_get_data (text, &length);
  g_autoptr (JsonNode) note = loft_json_parse (data, length, NULL);
  if (note != NULL && JSON_NODE_HOLDS_OBJECT (note))
    return g_steal_pointer (&note);

  return loft_json_parse ("{}", 2, error);
}

static gboolean
parse_checkpoint (JsonObject *entry, Checkpoint *out)
{
  const char *stem =
    entry != NULL ? loft_json_get_string (entry, "stem") : NULL;
  const char *sha256 =
    entry != NULL ? loft_json_get_string (entry, "sha256") : NULL;

  if (stem == NULL || sha256 == NULL ||
      !g_str_has_prefix (stem, LOFT_CHECKPOINT_PREFIX))
    return FALSE;

  gint64 sequence = loft_json_get_int (entry, "sequence", 0);
  gint64 parts = loft_json_get_int (entry, "parts", 0);
  gint64 size = loft_json_get_int (entry, "size", 0);
  if (sequence <= 0 || parts <= 0 || parts > PARTS_MAX || size <= 0)
    return FALSE;

  out->sequence = (guint64) sequence;
  out->packed.parts = (guint) parts;
  out->packed.size = (guint64) size;
  out->packed.stem = g_strdup (stem);
  out->packed.sha256 = g_strdup (sha256);

  return TRUE;
}

static char *
schema_name (void)
{
  return g_strdup_printf ("%d", LOFT_CATALOG_SCHEMA);
}

static gboolean
find_checkpoint (JsonNode *note, Checkpoint *out)
{
  g_autofree char *schema = schema_name ();

  return parse_checkpoint (
    loft_json_get_object (json_node_get_object (note), schema),
    out);
}

/* The oldest that @note names, of whatever schema; @least if that is older. */
static guint64
find_oldest (JsonNode *note, guint64 least)
{
  JsonObject *object = json_node_get_object (note);
  g_autoptr (GList) schemas = json_object_get_members (object);

  for (GList *item = schemas; item != NULL; item = item->next)
    {
      g_auto (Checkpoint) named = { 0 };

      if (parse_checkpoint (loft_json_get_object (object, item->data), &named))
        least = MIN (least, named.sequence);
    }

  return least;
}

static JsonNode *
make_entry (const Checkpoint *checkpoint)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "sequence");
  json_builder_add_int_value (builder, (gint64) checkpoint->sequence);
  loft_json_add_string (builder, "stem", checkpoint->packed.stem);
  json_builder_set_member_name (builder, "parts");
  json_builder_add_int_value (builder, checkpoint->packed.parts);
  json_builder_set_member_name (builder, "size");
  json_builder_add_int_value (builder, (gint64) checkpoint->packed.size);
  loft_json_add_string (builder, "sha256", checkpoint->packed.sha256);
  json_builder_end_object (builder);

  return json_builder_get_root (builder);
}

/* Removes the parts of copies that nobody begins with any more. */
static gboolean
remove_older (LoftStorage *storage,
              guint64 sequence,
              GCancellable *cancellable,
              GError **error)
{
  g_auto (GStrv) keys = loft_storage_list (storage,
                                           LOFT_CHECKPOINT_PREFIX,
                                           NULL,
                                           LIST_PAGE,
                                           cancellable,
                                           error);

  for (gsize i = 0; keys != NULL && keys[i] != NULL; i++)
    {
      const char *digits = keys[i] + strlen (LOFT_CHECKPOINT_PREFIX);
      g_autoptr (GError) local_error = NULL;

      if (!g_ascii_isdigit (*digits) ||
          g_ascii_strtoull (digits, NULL, 10) >= sequence)
        break;
      if (!loft_storage_remove (storage, keys[i], cancellable, &local_error) &&
          !is_missing (local_error))
        {
          g_propagate_error (error, g_steal_pointer (&local_error));
          return FALSE;
        }
    }

  return keys != NULL;
}

/* Stores the copy at @path and has it named. */
static gboolean
publish (LoftStorage *storage,
         const char *path,
         guint64 sequence,
         JsonNode *note,
         const char *etag,
         GCancellable *cancellable,
         GError **error)
{
  g_autofree char *id = g_uuid_string_random ();
  g_autofree char *stem =
    g_strdup_printf (LOFT_CHECKPOINT_PREFIX "%020" G_GUINT64_FORMAT "-%.8s",
                     sequence,
                     id);
  g_autofree char *schema = schema_name ();
  g_auto (Checkpoint) checkpoint = { .sequence = sequence };
  guint64 oldest = find_oldest (note, sequence);

  if (!loft_pack (storage, path, stem, &checkpoint.packed, cancellable, error))
    return FALSE;

  json_object_set_member (json_node_get_object (note),
                          schema,
                          make_entry (&checkpoint));
  g_autoptr (GBytes) text = loft_json_to_bytes (note);
  g_autofree char *written = loft_storage_replace (storage,
                                                   LOFT_CHECKPOINT_KEY,
                                                   text,
                                                   etag,
                                                   cancellable,
                                                   error);

  return written != NULL && remove_older (storage, oldest, cancellable, error);
}

/**
 * loft_checkpoint_write:
 * @storage: where others find it
 * @catalog: a catalog that is complete
 * @interval: after how many events at the earliest there is to be another
 * @out_sequence: (out): the last event in the newest copy that there is; 0 if
 *   there is none
 * @cancellable: (nullable): a cancellable
 * @error: return location for a #GError
 *
 * Leaves a copy of the catalog, if the last one is old. Blocks, for as long as
 * it takes to write the catalog again.
 *
 * Returns: %TRUE, or %FALSE with @error set to a #LoftStorageError, such as
 *   %LOFT_STORAGE_ERROR_CHANGED if somebody else has left one meanwhile, or to
 *   a #LoftRegistryError
 */
gboolean
loft_checkpoint_write (LoftStorage *storage,
                       LoftCatalog *catalog,
                       guint64 interval,
                       guint64 *out_sequence,
                       GCancellable *cancellable,
                       GError **error)
{
  g_return_val_if_fail (LOFT_IS_STORAGE (storage), FALSE);
  g_return_val_if_fail (LOFT_IS_CATALOG (catalog), FALSE);
  g_return_val_if_fail (interval > 0 && out_sequence != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  guint64 applied;
  *out_sequence = 0;
  if (!loft_catalog_read_sequence (catalog, &applied, NULL, error))
    return FALSE;

  g_autofree char *etag = NULL;
  g_autoptr (JsonNode) note = read_note (storage, &etag, cancellable, error);
  if (note == NULL)
    return FALSE;

  g_auto (Checkpoint) newest = { 0 };
  find_checkpoint (note, &newest);
  *out_sequence = newest.sequence;
  if (applied < newest.sequence + MAX (interval, newest.sequence / GROWTH))
    return TRUE;

  g_autofree char *path = loft_catalog_make_snapshot_path (catalog);
  guint64 sequence;
  if (!loft_catalog_write_snapshot (catalog, path, &sequence, error))
    return FALSE;

  gboolean done =
    publish (storage, path, sequence, note, etag, cancellable, error);
  g_unlink (path);
  if (done)
    *out_sequence = sequence;

  return done;
}

/* Whatever is wrong with the copy itself: there are other ways to begin. */
static gboolean
is_useless (const GError *error)
{
  return is_missing (error) ||
         g_error_matches (error,
                          LOFT_STORAGE_ERROR,
                          LOFT_STORAGE_ERROR_CORRUPT) ||
         error->domain == LOFT_REGISTRY_ERROR;
}

static gboolean
adopt (LoftStorage *storage,
       LoftCatalog *catalog,
       const Checkpoint *checkpoint,
       GCancellable *cancellable,
       GError **error)
{
  g_autofree char *path = loft_catalog_make_snapshot_path (catalog);
  gboolean done =
    loft_unpack (storage, &checkpoint->packed, path, cancellable, error) &&
    loft_catalog_adopt_snapshot (catalog, path, error);

  g_unlink (path);

  return done;
}

/**
 * loft_checkpoint_restore:
 * @storage: where there may be a copy
 * @catalog: a catalog that nobody is answered from
 * @least: an event that a copy has to be beyond to be worth it
 * @out_restored: (out): whether the catalog is the copy now
 * @cancellable: (nullable): a cancellable
 * @error: return location for a #GError
 *
 * Begins with the newest copy of the catalog, where there is one. Whether that
 * is one of this log is not looked at. A copy that is broken is told of and
 * left alone. Blocks.
 *
 * Returns: %TRUE, or %FALSE with @error set to a #LoftStorageError or to
 *   %G_IO_ERROR_CANCELLED
 */
gboolean
loft_checkpoint_restore (LoftStorage *storage,
                         LoftCatalog *catalog,
                         guint64 least,
                         gboolean *out_restored,
                         GCancellable *cancellable,
                         GError **error)
{
  g_return_val_if_fail (LOFT_IS_STORAGE (storage), FALSE);
  g_return_val_if_fail (LOFT_IS_CATALOG (catalog), FALSE);
  g_return_val_if_fail (out_restored != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  *out_restored = FALSE;

  g_autoptr (JsonNode) note = read_note (storage, NULL, cancellable, error);
  if (note == NULL)
    return FALSE;

  g_auto (Checkpoint) newest = { 0 };
  if (!find_checkpoint (note, &newest) || newest.sequence <= least)
    return TRUE;

  gint64 begin = g_get_monotonic_time ();
  g_autoptr (GError) local_error = NULL;
  *out_restored = adopt (storage, catalog, &newest, cancellable, &local_error);
  if (*out_restored)
    {
      g_message (
        "Began with the copy of the catalog of event %" G_GUINT64_FORMAT
        ", %" G_GUINT64_FORMAT " bytes, in %.1f s",
        newest.sequence,
        newest.packed.size,
        (double) (g_get_monotonic_time () - begin) / G_USEC_PER_SEC);
      return TRUE;
    }
  if (is_useless (local_error))
    {
      g_message ("The copy of the catalog in the storage is of no use: %s",
                 local_error->message);
      return TRUE;
    }
  g_propagate_error (error, g_steal_pointer (&local_error));

  return FALSE;
}
