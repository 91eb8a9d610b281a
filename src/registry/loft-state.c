/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-state.h"

#include <stdlib.h>
#include <string.h>

#include "registry/loft-registry-error.h"
#include "registry/loft-time.h"

#define USER_LENGTH_MAX 64
#define TOKEN_PREFIX "t-"
#define TOKEN_DIGITS 16

/**
 * loft_owner_id_is_token:
 * @id: what may be an owner's id
 *
 * Tells the public id of a token from the name of a user, which never looks
 * like one.
 *
 * Returns: whether @id is a token's
 */
gboolean
loft_owner_id_is_token (const char *id)
{
  g_return_val_if_fail (id != NULL, FALSE);

  return g_str_has_prefix (id, TOKEN_PREFIX) &&
         strlen (id) == strlen (TOKEN_PREFIX) + TOKEN_DIGITS &&
         strspn (id + strlen (TOKEN_PREFIX), "0123456789abcdef") ==
           TOKEN_DIGITS;
}

/**
 * loft_owner_id_is_valid:
 * @id: what is to be an owner's id
 *
 * Checks that @id is the public id of a token or may be the name of a user:
 * ASCII letters, digits, `-`, `_` and `.`, the first a letter or digit, at most
 * 64.
 *
 * Returns: whether it is
 */
gboolean
loft_owner_id_is_valid (const char *id)
{
  g_return_val_if_fail (id != NULL, FALSE);

  gsize length = strlen (id);
  if (length == 0 || length > USER_LENGTH_MAX || !g_ascii_isalnum (*id))
    return FALSE;

  for (const char *next = id; *next != '\0'; next++)
    if (!g_ascii_isalnum (*next) && strchr ("-_.", *next) == NULL)
      return FALSE;

  return TRUE;
}

static void
owner_free (gpointer data)
{
  LoftOwner *owner = data;

  g_free (owner->id);
  g_free (owner->token);
  g_free (owner);
}

/**
 * loft_state_new:
 *
 * Makes the state of a package that has no `package.json`: nobody owns it,
 * nothing is yanked, revision 0.
 *
 * Returns: (transfer full): the state
 */
LoftState *
loft_state_new (void)
{
  LoftState *self = g_new0 (LoftState, 1);

  self->owners = g_ptr_array_new_with_free_func (owner_free);
  self->yanked =
    g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);

  return self;
}

/**
 * loft_state_copy:
 * @self: a state
 *
 * Copies @self, secrets included.
 *
 * Returns: (transfer full): the copy
 */
LoftState *
loft_state_copy (const LoftState *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  LoftState *copy = loft_state_new ();
  copy->revision = self->revision;
  copy->changed_at = self->changed_at;
  loft_actor_copy (&copy->changed_by, &self->changed_by);
  copy->change = g_strdup (self->change);
  copy->change_key = g_strdup (self->change_key);
  copy->deprecated = g_strdup (self->deprecated);
  for (guint i = 0; i < self->owners->len; i++)
    {
      const LoftOwner *owner = g_ptr_array_index (self->owners, i);

      loft_state_add_owner (copy, owner->id, owner->token);
    }

  GHashTableIter iter;
  gpointer key;
  gpointer reason;
  g_hash_table_iter_init (&iter, self->yanked);
  while (g_hash_table_iter_next (&iter, &key, &reason))
    g_hash_table_insert (copy->yanked, g_strdup (key), g_strdup (reason));

  return copy;
}

/**
 * loft_state_free:
 * @self: (transfer full): a state
 *
 * Frees @self.
 */
void
loft_state_free (LoftState *self)
{
  g_return_if_fail (self != NULL);

  loft_actor_clear (&self->changed_by);
  g_free (self->change);
  g_free (self->change_key);
  g_ptr_array_unref (self->owners);
  g_hash_table_unref (self->yanked);
  g_free (self->deprecated);
  g_free (self);
}

/**
 * loft_state_add_owner:
 * @self: a state
 * @id: public id or user name
 * @token: (nullable): salted hash of a token, in hex
 *
 * Adds an owner.
 */
void
loft_state_add_owner (LoftState *self, const char *id, const char *token)
{
  g_return_if_fail (self != NULL && id != NULL);

  LoftOwner *owner = g_new0 (LoftOwner, 1);
  owner->id = g_strdup (id);
  owner->token = g_strdup (token);
  g_ptr_array_add (self->owners, owner);
}

/**
 * loft_state_list_owners:
 * @self: a state
 *
 * Tells the world who the owners are.
 *
 * Returns: (transfer full): their ids; none where anyone may publish
 */
GStrv
loft_state_list_owners (const LoftState *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  for (guint i = 0; i < self->owners->len; i++)
    {
      const LoftOwner *owner = g_ptr_array_index (self->owners, i);

      g_strv_builder_add (builder, owner->id);
    }

  return g_strv_builder_end (builder);
}

static gboolean
read_owners (LoftState *self, JsonObject *object)
{
  JsonArray *owners = loft_json_get_array (object, "owners");
  if (owners == NULL)
    return FALSE;

  for (guint i = 0; i < json_array_get_length (owners); i++)
    {
      JsonNode *node = json_array_get_element (owners, i);
      JsonObject *owner =
        JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
      const char *id =
        owner != NULL ? loft_json_get_string (owner, "id") : NULL;
      if (id == NULL)
        return FALSE;

      loft_state_add_owner (self, id, loft_json_get_string (owner, "token"));
    }

  return TRUE;
}

static gboolean
read_yanked (LoftState *self, JsonObject *object)
{
  JsonObject *yanked = loft_json_get_object (object, "yanked");
  if (yanked == NULL)
    return FALSE;

  JsonObjectIter iter;
  const char *key;
  json_object_iter_init (&iter, yanked);
  while (json_object_iter_next (&iter, &key, NULL))
    {
      const char *reason = loft_json_get_string (yanked, key);
      if (reason == NULL)
        return FALSE;

      g_hash_table_insert (self->yanked, g_strdup (key), g_strdup (reason));
    }

  return TRUE;
}

/**
 * loft_state_from_json:
 * @json: a `package.json`, or the state in an event
 * @error: return location for a #GError
 *
 * Reads a state. Nothing is guessed: who may publish rests on it.
 *
 * Returns: (transfer full): the state, or %NULL with @error set to
 *   %LOFT_REGISTRY_ERROR_CORRUPT
 */
LoftState *
loft_state_from_json (JsonNode *json, GError **error)
{
  g_return_val_if_fail (json != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  g_autoptr (LoftState) self = loft_state_new ();
  JsonObject *object =
    JSON_NODE_HOLDS_OBJECT (json) ? json_node_get_object (json) : NULL;
  const char *changed_at =
    object != NULL ? loft_json_get_string (object, "changed_at") : NULL;
  gint64 revision =
    object != NULL ? loft_json_get_int (object, "revision", 0) : 0;

  if (revision < 1 || changed_at == NULL ||
      !loft_time_parse (changed_at, &self->changed_at) ||
      !read_owners (self, object) || !read_yanked (self, object))
    {
      g_set_error_literal (error,
                           LOFT_REGISTRY_ERROR,
                           LOFT_REGISTRY_ERROR_CORRUPT,
                           "The state of the package is broken");
      return NULL;
    }

  self->revision = (guint64) revision;
  loft_actor_read (&self->changed_by, object, "changed");
  self->change = g_strdup (loft_json_get_string (object, "change"));
  self->change_key = g_strdup (loft_json_get_string (object, "change_key"));
  self->deprecated = g_strdup (loft_json_get_string (object, "deprecated"));

  return g_steal_pointer (&self);
}

static void
write_owners (const LoftState *self,
              JsonBuilder *builder,
              gboolean with_secrets)
{
  json_builder_set_member_name (builder, "owners");
  json_builder_begin_array (builder);
  for (guint i = 0; i < self->owners->len; i++)
    {
      const LoftOwner *owner = g_ptr_array_index (self->owners, i);

      json_builder_begin_object (builder);
      loft_json_add_string (builder, "id", owner->id);
      if (with_secrets)
        loft_json_add_string (builder, "token", owner->token);
      json_builder_end_object (builder);
    }
  json_builder_end_array (builder);
}

static int
compare_keys (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

static void
write_yanked (const LoftState *self, JsonBuilder *builder)
{
  g_autofree const char **keys =
    (const char **) g_hash_table_get_keys_as_array (self->yanked, NULL);
  guint length = g_hash_table_size (self->yanked);

  qsort (keys, length, sizeof *keys, compare_keys);
  json_builder_set_member_name (builder, "yanked");
  json_builder_begin_object (builder);
  for (guint i = 0; i < length; i++)
    {
      json_builder_set_member_name (builder, keys[i]);
      json_builder_add_string_value (
        builder,
        g_hash_table_lookup (self->yanked, keys[i]));
    }
  json_builder_end_object (builder);
}

/**
 * loft_state_to_json:
 * @self: a state
 * @with_secrets: whether the hashes of tokens are written: for `package.json`
 *   alone
 *
 * Writes a state; the same state always gives the same text.
 *
 * Returns: (transfer full): a JSON object
 */
JsonNode *
loft_state_to_json (const LoftState *self, gboolean with_secrets)
{
  g_return_val_if_fail (self != NULL, NULL);

  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autofree char *changed_at = loft_time_format (self->changed_at);

  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "revision");
  json_builder_add_int_value (builder, (gint64) self->revision);
  loft_json_add_string (builder, "changed_at", changed_at);
  if (with_secrets)
    loft_actor_write (&self->changed_by, builder, "changed");
  else
    loft_json_add_string (builder,
                          "changed_by",
                          loft_actor_get_public_name (&self->changed_by));
  loft_json_add_string (builder, "change", self->change);
  loft_json_add_string (builder, "change_key", self->change_key);
  write_owners (self, builder, with_secrets);
  write_yanked (self, builder);
  loft_json_add_string (builder, "deprecated", self->deprecated);
  json_builder_end_object (builder);

  return json_builder_get_root (builder);
}
