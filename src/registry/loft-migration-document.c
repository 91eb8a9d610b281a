/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-download-keeper.h"
#include "registry/loft-json.h"
#include "registry/loft-migration-private.h"
#include "registry/loft-name.h"
#include "registry/loft-state.h"
#include "registry/loft-token.h"

/* Documents that change, and what they rest on. One that the target has is
 * replaced by what came later, if it is still the one that was looked at; where
 * it is not clear what came later, nothing is done. */

#define SALT_KEY "_registry/salt"

typedef enum
{
  ORDER_SAME,
  ORDER_LATER,   /* the source has what came later */
  ORDER_UNCLEAR, /* the target has, or they do not follow from one another */
  ORDER_KEPT     /* the same, but what the target has may stay */
} Order;

typedef struct
{
  const char *key;
  Order (*compare) (GBytes *source, GBytes *target);
  gboolean (*prepare) (LoftMigration *self,
                       const char *key,
                       GBytes *source,
                       GError **error);
  Order order;    /* what was found */
  gboolean there; /* whether the source has it */
  gboolean written;
} Document;

/* Gives %TRUE without content where there is none. */
static gboolean
read_document (LoftMigration *self,
               LoftStorage *storage,
               const char *key,
               GBytes **out_content,
               char **out_etag,
               GError **error)
{
  g_autoptr (GError) local_error = NULL;
  g_autoptr (LoftObject) object =
    loft_storage_read (storage, key, 0, -1, self->cancellable, &local_error);

  *out_content = object != NULL ? loft_object_load (object,
                                                    LOFT_STORAGE_DOCUMENT_MAX,
                                                    self->cancellable,
                                                    &local_error)
                                : NULL;
  if (*out_content != NULL && out_etag != NULL)
    *out_etag = g_strdup (loft_object_get_etag (object));
  if (*out_content != NULL || loft_migration_is_missing (local_error))
    return TRUE;

  g_propagate_error (error, g_steal_pointer (&local_error));

  return FALSE;
}

static gboolean
write_document (LoftMigration *self,
                Document *document,
                GBytes *source,
                const char *etag,
                GError **error)
{
  g_autoptr (GBytes) stored = NULL;
  g_autofree char *written = NULL;

  if (self->options.dry_run)
    return TRUE;
  if (document->prepare != NULL &&
      !document->prepare (self, document->key, source, error))
    return FALSE;

  written = loft_storage_replace (self->target,
                                  document->key,
                                  source,
                                  etag,
                                  self->cancellable,
                                  error);
  if (written == NULL)
    return FALSE;

  g_mutex_lock (&self->mutex);
  self->figures.bytes += g_bytes_get_size (source);
  g_mutex_unlock (&self->mutex);
  if (self->options.check == LOFT_MIGRATION_CHECK_SIZES)
    return TRUE;
  if (!read_document (self, self->target, document->key, &stored, NULL, error))
    return FALSE;
  if (stored != NULL && g_bytes_equal (stored, source))
    {
      g_mutex_lock (&self->mutex);
      self->figures.verified++;
      g_mutex_unlock (&self->mutex);
      return TRUE;
    }

  /* The next attempt finds out whose that is. */
  g_set_error_literal (error,
                       LOFT_STORAGE_ERROR,
                       LOFT_STORAGE_ERROR_CHANGED,
                       "The target gives back another document than was "
                       "stored");

  return FALSE;
}

static gboolean
attempt (LoftMigration *self, gpointer data, GError **error)
{
  Document *document = data;
  g_autoptr (GBytes) source = NULL;
  g_autoptr (GBytes) target = NULL;
  g_autofree char *etag = NULL;

  /* The target first: what the source has then is that or came later. */
  if (!read_document (self,
                      self->target,
                      document->key,
                      &target,
                      &etag,
                      error) ||
      !read_document (self, self->source, document->key, &source, NULL, error))
    return FALSE;

  document->order = ORDER_SAME;
  document->there = source != NULL;
  document->written = FALSE;
  if (source == NULL)
    return TRUE;
  if (target != NULL)
    document->order = g_bytes_equal (source, target)
                        ? ORDER_SAME
                        : document->compare (source, target);
  else
    document->order = ORDER_LATER;
  if (document->order != ORDER_LATER)
    return TRUE;

  if (!write_document (self, document, source, etag, error))
    return FALSE;
  document->written = TRUE;
  g_mutex_lock (&self->mutex);
  if (target != NULL)
    self->figures.replaced++;
  else
    self->figures.copied++;
  g_mutex_unlock (&self->mutex);

  return TRUE;
}

static gboolean
copy_document (LoftMigration *self, Document *document, GError **error)
{
  if (!loft_migration_insist (self, attempt, document, error))
    return FALSE;

  if (document->order == ORDER_UNCLEAR)
    return loft_migration_differ (self,
                                  document->key,
                                  "The target holds one that does not come "
                                  "before the source's",
                                  error);
  if (document->order == ORDER_KEPT)
    loft_migration_find (self,
                         "target-differs",
                         document->key,
                         "The target has counted downloads that the source has "
                         "not; its numbers stay");
  if (document->there && !document->written)
    {
      g_mutex_lock (&self->mutex);
      self->figures.same++;
      g_mutex_unlock (&self->mutex);
    }

  return TRUE;
}

static JsonNode *
parse (GBytes *content)
{
  gsize length = 0;
  const char *text = g_bytes_get_data (content, &length);

  return text != NULL ? loft_json_parse (text, length, NULL) : NULL;
}

static LoftState *
parse_state (GBytes *content)
{
  g_autoptr (JsonNode) json = parse (content);

  return json != NULL ? loft_state_from_json (json, NULL) : NULL;
}

static LoftToken *
parse_token (GBytes *content)
{
  g_autoptr (JsonNode) json = parse (content);

  return json != NULL ? loft_token_from_json (json, NULL) : NULL;
}

static Order
compare_states (GBytes *source, GBytes *target)
{
  g_autoptr (LoftState) ours = parse_state (source);
  g_autoptr (LoftState) theirs = parse_state (target);

  return ours != NULL && theirs != NULL && ours->revision > theirs->revision
           ? ORDER_LATER
           : ORDER_UNCLEAR;
}

/* A token is used again and again, and revoked at most once. */
static Order
compare_tokens (GBytes *source, GBytes *target)
{
  g_autoptr (LoftToken) ours = parse_token (source);
  g_autoptr (LoftToken) theirs = parse_token (target);

  return ours != NULL && theirs != NULL && g_str_equal (ours->id, theirs->id) &&
             ours->created_at == theirs->created_at &&
             ours->last_used_at >= theirs->last_used_at &&
             (theirs->revoked_at == 0 || theirs->revoked_at == ours->revoked_at)
           ? ORDER_LATER
           : ORDER_UNCLEAR;
}

static gboolean
copy_before (LoftMigration *self, const char *key, GError **error)
{
  LoftMigrationObject object = { .key = key, .by_the_way = TRUE };

  return loft_migration_copy (self, &object, error);
}

/**
 * loft_migration_copy_salt: (skip)
 * @self: a migration
 * @error: return location for a #GError
 *
 * Copies what the hashes of tokens are salted with, as soon as there is such a
 * thing. Blocks.
 *
 * Returns: %TRUE, or %FALSE with @error set
 */
gboolean
loft_migration_copy_salt (LoftMigration *self, GError **error)
{
  LoftMigrationObject object = { .key = SALT_KEY };

  g_mutex_lock (&self->mutex);
  gboolean done = self->has_salt;
  g_mutex_unlock (&self->mutex);
  if (done)
    return TRUE;
  if (!loft_migration_copy (self, &object, error))
    return FALSE;

  /* One that only the target has is not taken from it: then that has been used
   * as another registry. */
  if (object.outcome == LOFT_MIGRATION_LEFT)
    return loft_migration_differ (self,
                                  SALT_KEY,
                                  "The target has been used",
                                  error);

  g_mutex_lock (&self->mutex);
  self->has_salt = object.outcome != LOFT_MIGRATION_GONE;
  g_mutex_unlock (&self->mutex);

  return TRUE;
}

/* What a state rests on was written before it. */
static gboolean
prepare_state (LoftMigration *self,
               const char *key,
               GBytes *source,
               GError **error)
{
  g_autofree char *name = g_strndup (key, strcspn (key, "/"));
  g_autofree char *folded = loft_name_fold (name);
  g_autofree char *reserved = g_strconcat ("_registry/names/", folded, NULL);
  g_autoptr (LoftState) state = parse_state (source);

  if (!copy_before (self, reserved, error))
    return FALSE;
  if (state == NULL)
    return TRUE;

  for (guint i = 0; i < state->owners->len; i++)
    {
      const LoftOwner *owner = g_ptr_array_index (state->owners, i);
      g_autofree char *claim =
        g_strdup_printf ("_registry/claims/%s.json", owner->token);

      if (owner->token != NULL && (!loft_migration_copy_salt (self, error) ||
                                   !copy_before (self, claim, error)))
        return FALSE;
    }

  return TRUE;
}

/**
 * loft_migration_copy_state: (skip)
 * @self: a migration
 * @name: a package
 * @error: return location for a #GError
 *
 * Copies a package's `package.json`, if it has one, and before that what it
 * rests on. Blocks.
 *
 * Returns: %TRUE, or %FALSE with @error set
 */
gboolean
loft_migration_copy_state (LoftMigration *self,
                           const char *name,
                           GError **error)
{
  g_autofree char *key = g_strconcat (name, "/package.json", NULL);
  Document document = {
    .key = key,
    .compare = compare_states,
    .prepare = prepare_state,
  };

  return copy_document (self, &document, error);
}

/**
 * loft_migration_copy_token: (skip)
 * @self: a migration
 * @key: (type utf8): a storage key
 * @error: return location for a #GError
 *
 * Copies what is stored of a token. Blocks.
 *
 * Returns: %TRUE, or %FALSE with @error set
 */
gboolean
loft_migration_copy_token (LoftMigration *self, gpointer key, GError **error)
{
  Document document = { .key = key, .compare = compare_tokens };

  if (!copy_document (self, &document, error))
    return FALSE;
  loft_migration_note_done (self);

  return TRUE;
}

static Order
compare_counts (GBytes *source, GBytes *target)
{
  return loft_migration_counts_reach (source, target) ? ORDER_LATER
                                                      : ORDER_KEPT;
}

static Order
compare_packs (GBytes *source, GBytes *target)
{
  return loft_migration_packs_reach (source, target) ? ORDER_LATER : ORDER_KEPT;
}

/* A pack is there before it counts. */
static gboolean
prepare_packs (LoftMigration *self,
               const char *key,
               GBytes *source,
               GError **error)
{
  g_auto (GStrv) packs = loft_migration_list_packs (source);

  for (gsize i = 0; packs != NULL && packs[i] != NULL; i++)
    if (!copy_before (self, packs[i], error))
      return FALSE;

  return TRUE;
}

/**
 * loft_migration_copy_downloads: (skip)
 * @self: a migration
 * @key: (type utf8): a storage key
 * @error: return location for a #GError
 *
 * Copies numbers of downloads that may change, or what names those that count.
 * Blocks.
 *
 * Returns: %TRUE, or %FALSE with @error set
 */
gboolean
loft_migration_copy_downloads (LoftMigration *self,
                               gpointer key,
                               GError **error)
{
  gboolean is_index = g_str_equal (key, LOFT_DOWNLOADS_INDEX);
  Document document = {
    .key = key,
    .compare = is_index ? compare_packs : compare_counts,
    .prepare = is_index ? prepare_packs : NULL,
  };

  if (!copy_document (self, &document, error))
    return FALSE;
  loft_migration_note_done (self);

  return TRUE;
}
