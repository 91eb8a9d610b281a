/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-token.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <string.h>

#include "registry/loft-hex.h"
#include "registry/loft-registry-error.h"
#include "registry/loft-state.h"
#include "registry/loft-time.h"

#define SECRET_LENGTH 32
#define ID_LENGTH 8
#define PATTERN_LENGTH_MAX 128
#define NAME_LENGTH_MAX 100

static const struct
{
  const char *name;
  LoftScopes scope;
} scope_names[] = {
  { "publish-new", LOFT_SCOPE_PUBLISH_NEW },
  { "publish-update", LOFT_SCOPE_PUBLISH_UPDATE },
  { "yank", LOFT_SCOPE_YANK },
  { "owners", LOFT_SCOPE_OWNERS },
  { "admin", LOFT_SCOPE_ADMIN },
};

/**
 * loft_token_copy:
 * @self: a token
 *
 * Copies @self.
 *
 * Returns: (transfer full): the copy
 */
LoftToken *
loft_token_copy (const LoftToken *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  LoftToken *copy = g_new (LoftToken, 1);
  *copy = *self;
  copy->created_by = (LoftActor){ NULL };
  copy->revoked_by = (LoftActor){ NULL };
  copy->id = g_strdup (self->id);
  copy->user = g_strdup (self->user);
  copy->name = g_strdup (self->name);
  copy->pattern = g_strdup (self->pattern);
  loft_actor_copy (&copy->created_by, &self->created_by);
  copy->parent = g_strdup (self->parent);
  loft_actor_copy (&copy->revoked_by, &self->revoked_by);
  copy->sha256 = g_strdup (self->sha256);

  return copy;
}

/**
 * loft_token_free:
 * @self: (transfer full): a token
 *
 * Frees @self.
 */
void
loft_token_free (LoftToken *self)
{
  g_return_if_fail (self != NULL);

  g_free (self->id);
  g_free (self->user);
  g_free (self->name);
  g_free (self->pattern);
  loft_actor_clear (&self->created_by);
  g_free (self->parent);
  loft_actor_clear (&self->revoked_by);
  g_free (self->sha256);
  g_free (self);
}

static char *
draw (const char *prefix, gsize length, GError **error)
{
  g_autofree guint8 *bytes = g_malloc (length);

  if (gnutls_rnd (GNUTLS_RND_KEY, bytes, length) < 0)
    {
      g_set_error_literal (error,
                           LOFT_REGISTRY_ERROR,
                           LOFT_REGISTRY_ERROR_FAILED,
                           "There are no random numbers to be had");
      return NULL;
    }

  g_autofree char *hex = loft_hex_encode (bytes, length);

  return g_strconcat (prefix, hex, NULL);
}

/**
 * loft_token_draw:
 * @error: return location for a #GError
 *
 * Draws a token of 256 random bits.
 *
 * Returns: (transfer full): what its bearer is to know, and nobody else, or
 *   %NULL with @error set to %LOFT_REGISTRY_ERROR_FAILED
 */
char *
loft_token_draw (GError **error)
{
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  return draw (LOFT_TOKEN_PREFIX, SECRET_LENGTH, error);
}

/**
 * loft_token_draw_id:
 * @error: return location for a #GError
 *
 * Draws a public id, from which nothing about a token can be told.
 *
 * Returns: (transfer full): the id, or %NULL with @error set to
 *   %LOFT_REGISTRY_ERROR_FAILED
 */
char *
loft_token_draw_id (GError **error)
{
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  return draw ("k-", ID_LENGTH, error);
}

/**
 * loft_token_hash:
 * @secret: a bearer token
 *
 * Hashes what the bearer of a token knows. It is random, so it needs no salt.
 *
 * Returns: (transfer full): SHA-256, in hex
 */
char *
loft_token_hash (const char *secret)
{
  g_return_val_if_fail (secret != NULL, NULL);

  return g_compute_checksum_for_string (G_CHECKSUM_SHA256, secret, -1);
}

/**
 * loft_token_is_adopted:
 * @self: a token
 *
 * Returns: whether it was taken over from the original server
 */
gboolean
loft_token_is_adopted (const LoftToken *self)
{
  g_return_val_if_fail (self != NULL, FALSE);

  return self->github_id != 0 ||
         g_strcmp0 (self->created_by.name, LOFT_TOKEN_ADOPTION) == 0;
}

/**
 * loft_token_is_good:
 * @self: a token
 * @now: microseconds since 1970
 *
 * Tells whether the token is neither revoked nor expired.
 *
 * Returns: whether it is good
 */
gboolean
loft_token_is_good (const LoftToken *self, gint64 now)
{
  g_return_val_if_fail (self != NULL, FALSE);

  return (self->revoked_at == 0) &
         ((self->expires_at == 0) | (now < self->expires_at));
}

/**
 * loft_token_covers:
 * @self: a token
 * @package: a package
 *
 * Tells whether the token is for a package.
 *
 * Returns: whether its pattern fits
 */
gboolean
loft_token_covers (const LoftToken *self, const char *package)
{
  g_return_val_if_fail (self != NULL && package != NULL, FALSE);

  return g_pattern_match_simple (self->pattern, package);
}

/**
 * loft_token_is_administrator:
 * @self: a token
 *
 * Tells whether the token is good for what is about no single package, such as
 * everybody's tokens.
 *
 * Returns: whether it is
 */
gboolean
loft_token_is_administrator (const LoftToken *self)
{
  g_return_val_if_fail (self != NULL, FALSE);

  return (self->scopes & LOFT_SCOPE_ADMIN) != 0 &&
         g_str_equal (self->pattern, "*");
}

/**
 * loft_scopes_parse:
 * @names: names of scopes
 * @out_scopes: (out): the scopes
 *
 * Reads scopes.
 *
 * Returns: %FALSE if one of @names is none
 */
gboolean
loft_scopes_parse (const char *const *names, LoftScopes *out_scopes)
{
  g_return_val_if_fail (names != NULL && out_scopes != NULL, FALSE);

  *out_scopes = 0;
  for (gsize i = 0; names[i] != NULL; i++)
    {
      LoftScopes found = 0;

      for (gsize j = 0; j < G_N_ELEMENTS (scope_names); j++)
        if (g_str_equal (scope_names[j].name, names[i]))
          found = scope_names[j].scope;
      if (found == 0)
        return FALSE;
      *out_scopes |= found;
    }

  return TRUE;
}

/**
 * loft_scopes_to_strv:
 * @scopes: scopes
 *
 * Names scopes.
 *
 * Returns: (transfer full): their names, always in the same order
 */
GStrv
loft_scopes_to_strv (LoftScopes scopes)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();

  for (gsize i = 0; i < G_N_ELEMENTS (scope_names); i++)
    if ((scopes & scope_names[i].scope) != 0)
      g_strv_builder_add (builder, scope_names[i].name);

  return g_strv_builder_end (builder);
}

/**
 * loft_token_pattern_is_valid:
 * @pattern: what may be a pattern
 *
 * Checks a pattern: what names of packages are made of, and `*`.
 *
 * Returns: whether it is one
 */
gboolean
loft_token_pattern_is_valid (const char *pattern)
{
  g_return_val_if_fail (pattern != NULL, FALSE);

  gsize length = strlen (pattern);
  if (length == 0 || length > PATTERN_LENGTH_MAX)
    return FALSE;

  for (gsize i = 0; i < length; i++)
    if (!g_ascii_isalnum (pattern[i]) && strchr ("-_.*", pattern[i]) == NULL)
      return FALSE;

  return TRUE;
}

/**
 * loft_token_name_is_valid:
 * @name: what a user may call a token
 *
 * Checks a name: printable, and not long.
 *
 * Returns: whether it is one
 */
gboolean
loft_token_name_is_valid (const char *name)
{
  g_return_val_if_fail (name != NULL, FALSE);

  if (*name == '\0' || strlen (name) > NAME_LENGTH_MAX ||
      !g_utf8_validate (name, -1, NULL))
    return FALSE;

  for (const char *next = name; *next != '\0'; next = g_utf8_next_char (next))
    if (!g_unichar_isprint (g_utf8_get_char (next)))
      return FALSE;

  return TRUE;
}

static gboolean
read_time (JsonObject *object, const char *member, gint64 *out_time)
{
  const char *text = loft_json_get_string (object, member);

  *out_time = 0;
  if (text == NULL)
    {
      JsonNode *node = json_object_get_member (object, member);
      return node == NULL || JSON_NODE_HOLDS_NULL (node);
    }

  return loft_time_parse (text, out_time);
}

static gboolean
read_scopes (JsonObject *object, LoftScopes *out_scopes)
{
  JsonArray *array = loft_json_get_array (object, "scopes");
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();

  if (array == NULL)
    return FALSE;

  for (guint i = 0; i < json_array_get_length (array); i++)
    {
      JsonNode *node = json_array_get_element (array, i);

      if (!JSON_NODE_HOLDS_VALUE (node) ||
          json_node_get_value_type (node) != G_TYPE_STRING)
        return FALSE;
      g_strv_builder_add (builder, json_node_get_string (node));
    }

  g_auto (GStrv) names = g_strv_builder_end (builder);

  return loft_scopes_parse ((const char *const *) names, out_scopes);
}

/**
 * loft_token_from_json:
 * @json: what is stored of a token, or said of it in an event
 * @error: return location for a #GError
 *
 * Reads a token. Nothing is guessed: who may do what rests on it.
 *
 * Returns: (transfer full): the token, or %NULL with @error set to
 *   %LOFT_REGISTRY_ERROR_CORRUPT
 */
LoftToken *
loft_token_from_json (JsonNode *json, GError **error)
{
  g_return_val_if_fail (json != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  JsonObject *object =
    JSON_NODE_HOLDS_OBJECT (json) ? json_node_get_object (json) : NULL;
  g_autoptr (LoftToken) self = g_new0 (LoftToken, 1);

  if (object != NULL)
    {
      self->id = g_strdup (loft_json_get_string (object, "id"));
      self->user = g_strdup (loft_json_get_string (object, "user"));
      self->name = g_strdup (loft_json_get_string (object, "name"));
      self->pattern = g_strdup (loft_json_get_string (object, "pattern"));
      loft_actor_read (&self->created_by, object, "created");
      self->parent = g_strdup (loft_json_get_string (object, "parent"));
      loft_actor_read (&self->revoked_by, object, "revoked");
      self->sha256 = g_strdup (loft_json_get_string (object, "sha256"));
      self->github_id = loft_json_get_int (object, "github_id", 0);
    }
  if (object == NULL || self->id == NULL || self->user == NULL ||
      self->pattern == NULL || !loft_owner_id_is_valid (self->user) ||
      !read_scopes (object, &self->scopes) ||
      !read_time (object, "created_at", &self->created_at) ||
      !read_time (object, "expires_at", &self->expires_at) ||
      !read_time (object, "revoked_at", &self->revoked_at) ||
      !read_time (object, "last_used_at", &self->last_used_at))
    {
      g_set_error_literal (error,
                           LOFT_REGISTRY_ERROR,
                           LOFT_REGISTRY_ERROR_CORRUPT,
                           "What is stored of a token is broken");
      return NULL;
    }

  return g_steal_pointer (&self);
}

static void
add_time (JsonBuilder *builder, const char *member, gint64 time)
{
  g_autofree char *text = time != 0 ? loft_time_format (time) : NULL;

  loft_json_add_string (builder, member, text);
}

static void
begin (const LoftToken *self, JsonBuilder *builder)
{
  g_auto (GStrv) scopes = loft_scopes_to_strv (self->scopes);

  json_builder_begin_object (builder);
  loft_json_add_string (builder, "id", self->id);
  loft_json_add_string (builder, "user", self->user);
  json_builder_set_member_name (builder, "scopes");
  json_builder_begin_array (builder);
  for (gsize i = 0; scopes[i] != NULL; i++)
    json_builder_add_string_value (builder, scopes[i]);
  json_builder_end_array (builder);
  loft_json_add_string (builder, "pattern", self->pattern);
  add_time (builder, "created_at", self->created_at);
  add_time (builder, "expires_at", self->expires_at);
}

/**
 * loft_token_to_public_json:
 * @self: a token
 *
 * Writes what all the world may know of a token. The same token always gives
 * the same text.
 *
 * Returns: (transfer full): a JSON object
 */
JsonNode *
loft_token_to_public_json (const LoftToken *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  g_autoptr (JsonBuilder) builder = json_builder_new ();

  begin (self, builder);
  json_builder_end_object (builder);

  return json_builder_get_root (builder);
}

static void
write_actor (const LoftActor *actor,
             JsonBuilder *builder,
             const char *deed,
             gboolean with_secrets)
{
  g_autofree char *by = g_strconcat (deed, "_by", NULL);

  if (with_secrets)
    loft_actor_write (actor, builder, deed);
  else
    loft_json_add_string (builder, by, loft_actor_get_public_name (actor));
}

/**
 * loft_token_to_json:
 * @self: a token
 * @with_secrets: whether its hash is written, by which requests and tokens it
 *   came and went, and who of this machine it was: for the storage alone
 *
 * Writes all that is known of a token, for its user or for the storage.
 *
 * Returns: (transfer full): a JSON object
 */
JsonNode *
loft_token_to_json (const LoftToken *self, gboolean with_secrets)
{
  g_return_val_if_fail (self != NULL, NULL);

  g_autoptr (JsonBuilder) builder = json_builder_new ();

  begin (self, builder);
  loft_json_add_string (builder, "name", self->name);
  write_actor (&self->created_by, builder, "created", with_secrets);
  loft_json_add_string (builder, "parent", self->parent);
  add_time (builder, "revoked_at", self->revoked_at);
  write_actor (&self->revoked_by, builder, "revoked", with_secrets);
  add_time (builder, "last_used_at", self->last_used_at);
  if (self->github_id != 0)
    {
      json_builder_set_member_name (builder, "github_id");
      json_builder_add_int_value (builder, self->github_id);
    }
  if (with_secrets)
    loft_json_add_string (builder, "sha256", self->sha256);
  json_builder_end_object (builder);

  return json_builder_get_root (builder);
}
