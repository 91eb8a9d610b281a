/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-event.h"

#include <string.h>

#include "registry/loft-registry-error.h"
#include "registry/loft-time.h"

/* What is not for strangers: it names users of this machine, and requests as
 * their senders do. */
#define AUDIT "audit"

static const char *const type_names[] = {
  [LOFT_EVENT_OTHER] = "other",
  [LOFT_EVENT_PUBLISH] = "publish",
  [LOFT_EVENT_ADOPT] = "adopt",
  [LOFT_EVENT_CLAIM] = "claim",
  [LOFT_EVENT_YANK] = "yank",
  [LOFT_EVENT_UNYANK] = "unyank",
  [LOFT_EVENT_DEPRECATE] = "deprecate",
  [LOFT_EVENT_OWNERS] = "owners",
  [LOFT_EVENT_TOKEN_CREATE] = "token-create",
  [LOFT_EVENT_TOKEN_REVOKE] = "token-revoke",
  [LOFT_EVENT_ADMINISTER] = "administer",
  [LOFT_EVENT_DOCS] = "docs",
};

static LoftEventType
type_from_name (const char *name)
{
  for (gsize i = 0; i < G_N_ELEMENTS (type_names); i++)
    if (g_str_equal (type_names[i], name))
      return (LoftEventType) i;

  return LOFT_EVENT_OTHER;
}

/**
 * loft_event_new:
 * @type: what happened
 * @name: (nullable): the package
 *
 * Makes an event that is not in the log yet, with a random id.
 *
 * Returns: (transfer full): the event
 */
LoftEvent *
loft_event_new (LoftEventType type, const char *name)
{
  LoftEvent *self = g_new0 (LoftEvent, 1);
  g_atomic_ref_count_init (&self->ref_count);
  self->type = type;
  self->name = g_strdup (name);
  self->id = g_uuid_string_random ();
  self->size = -1;

  return self;
}

/**
 * loft_event_new_for_document:
 * @document: (transfer full): a document that is stored
 *
 * Makes the event that tells of a version: of one that was published, or of
 * one that the original server left.
 *
 * Returns: (transfer full): the event
 */
LoftEvent *
loft_event_new_for_document (LoftDocument *document)
{
  g_return_val_if_fail (document != NULL, NULL);

  LoftEvent *self =
    loft_event_new (document->adopted ? LOFT_EVENT_ADOPT : LOFT_EVENT_PUBLISH,
                    document->name);

  self->key = g_strdup (document->key);
  self->version = g_strdup (document->version);
  self->archive_sha256 = g_strdup (document->sha256);
  self->document_sha256 = g_strdup (document->digest);
  self->size = document->adopted ? document->size : -1;
  self->published_at = document->adopted ? document->published_at : 0;
  loft_actor_copy (&self->actor, &document->published_by);
  self->document = document;

  return self;
}

/**
 * loft_event_new_for_state:
 * @name: a package
 * @state: its state, as it is stored
 *
 * Makes the event that tells of a package's new state. Whoever makes it, it
 * tells the same: the state says itself what changed last.
 *
 * Returns: (transfer full): the event
 */
LoftEvent *
loft_event_new_for_state (const char *name, const LoftState *state)
{
  g_return_val_if_fail (name != NULL && state != NULL, NULL);

  /* A state that names a type that is about no state, as somebody may have
   * written by hand, must not tell of a version or a token. */
  LoftEventType type =
    state->change != NULL ? type_from_name (state->change) : LOFT_EVENT_OWNERS;
  LoftEvent *self = loft_event_new (
    type >= LOFT_EVENT_CLAIM && type <= LOFT_EVENT_OWNERS ? type
                                                          : LOFT_EVENT_OWNERS,
    name);

  self->key = g_strdup (state->change_key);
  self->version = g_strdup (state->change_key);
  loft_actor_copy (&self->actor, &state->changed_by);
  self->state = loft_state_copy (state);

  return self;
}

/**
 * loft_event_new_for_token:
 * @type: %LOFT_EVENT_TOKEN_CREATE or %LOFT_EVENT_TOKEN_REVOKE
 * @token: a token, as it is stored
 *
 * Makes the event that tells of a token. Whoever makes it, it tells the same.
 *
 * Returns: (transfer full): the event
 */
LoftEvent *
loft_event_new_for_token (LoftEventType type, const LoftToken *token)
{
  g_return_val_if_fail (token != NULL, NULL);

  LoftEvent *self = loft_event_new (type, NULL);

  loft_actor_copy (&self->actor,
                   type == LOFT_EVENT_TOKEN_CREATE ? &token->created_by
                                                   : &token->revoked_by);
  self->token = loft_token_copy (token);

  return self;
}

/**
 * loft_event_new_for_act:
 * @act: what was done, in one word
 * @actor: the administrator who did it
 *
 * Makes the event that tells of what changes neither packages nor tokens.
 *
 * Returns: (transfer full): the event
 */
LoftEvent *
loft_event_new_for_act (const char *act, const LoftActor *actor)
{
  g_return_val_if_fail (act != NULL && actor != NULL, NULL);

  LoftEvent *self = loft_event_new (LOFT_EVENT_ADMINISTER, NULL);

  loft_actor_copy (&self->actor, actor);
  self->act = g_strdup (act);

  return self;
}

/**
 * loft_event_new_for_docs:
 * @name: a package
 * @key: key of one of its documents
 * @docs: how it is with the documentation of that version
 *
 * Makes the event that tells of a version's documentation.
 *
 * Returns: (transfer full): the event
 */
LoftEvent *
loft_event_new_for_docs (const char *name,
                         const char *key,
                         const LoftDocs *docs)
{
  g_return_val_if_fail (name != NULL && key != NULL && docs != NULL, NULL);

  LoftEvent *self = loft_event_new (LOFT_EVENT_DOCS, name);

  self->key = g_strdup (key);
  self->version = g_strdup (key);
  loft_docs_copy (&self->docs, docs);

  return self;
}

/**
 * loft_event_type_to_string:
 * @type: a type
 *
 * Names a type as the log does.
 *
 * Returns: (transfer none): the name
 */
const char *
loft_event_type_to_string (LoftEventType type)
{
  return type_names[type];
}

/**
 * loft_event_ref:
 * @self: an event
 *
 * Takes a reference.
 *
 * Returns: (transfer full): @self
 */
LoftEvent *
loft_event_ref (LoftEvent *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  g_atomic_ref_count_inc (&self->ref_count);

  return self;
}

/**
 * loft_event_unref:
 * @self: (transfer full): an event
 *
 * Drops a reference, and frees @self with the last one.
 */
void
loft_event_unref (LoftEvent *self)
{
  g_return_if_fail (self != NULL);

  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  g_free (self->name);
  g_free (self->key);
  g_free (self->version);
  g_free (self->archive_sha256);
  g_free (self->document_sha256);
  loft_actor_clear (&self->actor);
  g_free (self->act);
  g_free (self->node);
  g_free (self->id);
  g_free (self->text);
  g_clear_pointer (&self->state, loft_state_free);
  g_clear_pointer (&self->token, loft_token_free);
  loft_docs_clear (&self->docs);
  g_clear_pointer (&self->document, loft_document_free);
  g_free (self);
}

static gboolean
read_state (LoftEvent *self, JsonObject *object)
{
  if (!json_object_has_member (object, "state"))
    return TRUE;

  self->state =
    loft_state_from_json (json_object_get_member (object, "state"), NULL);

  return self->state != NULL;
}

/* A token that a later release describes otherwise is of no concern here. */
static void
read_token (LoftEvent *self, JsonObject *object)
{
  JsonNode *token = json_object_get_member (object, "token");

  if (token != NULL && (self->type == LOFT_EVENT_TOKEN_CREATE ||
                        self->type == LOFT_EVENT_TOKEN_REVOKE))
    self->token = loft_token_from_json (token, NULL);
}

static void
read_docs (LoftEvent *self, JsonObject *object)
{
  if (self->type != LOFT_EVENT_DOCS)
    return;

  self->docs.state =
    loft_docs_state_from_string (loft_json_get_string (object, "docs"));
  self->docs.generation =
    g_strdup (loft_json_get_string (object, "generation"));
  self->docs.attempts =
    (guint) CLAMP (loft_json_get_int (object, "attempts", 0), 0, G_MAXINT);
  self->docs.reason = g_strdup (loft_json_get_string (object, "reason"));
  self->docs.log = g_strdup (loft_json_get_string (object, "log"));
}

static void
read_audit (LoftEvent *self, JsonObject *object)
{
  JsonObject *audit = loft_json_get_object (object, AUDIT);
  const char *name =
    audit != NULL ? loft_json_get_string (audit, "actor") : NULL;

  if (name == NULL)
    name = loft_json_get_string (object, "actor");
  loft_actor_set (&self->actor,
                  name,
                  audit != NULL ? loft_json_get_string (audit, "token") : NULL,
                  audit != NULL ? loft_json_get_string (audit, "request")
                                : NULL);
  if (audit != NULL)
    self->act = g_strdup (loft_json_get_string (audit, "act"));
}

/**
 * loft_event_parse:
 * @line: one event as it stands in the log
 * @length: its length in bytes
 * @error: return location for a #GError
 *
 * Reads an event. Of a type that is not known only the common fields are read.
 *
 * Returns: (transfer full): the event, or %NULL with @error set to
 *   %LOFT_REGISTRY_ERROR_CORRUPT
 */
LoftEvent *
loft_event_parse (const char *line, gsize length, GError **error)
{
  g_return_val_if_fail (line != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  g_autoptr (LoftEvent) self = g_new0 (LoftEvent, 1);
  g_atomic_ref_count_init (&self->ref_count);

  g_autoptr (JsonNode) json = loft_json_parse (line, length, NULL);
  JsonObject *object = json != NULL && JSON_NODE_HOLDS_OBJECT (json)
                         ? json_node_get_object (json)
                         : NULL;
  const char *type =
    object != NULL ? loft_json_get_string (object, "type") : NULL;
  const char *time =
    object != NULL ? loft_json_get_string (object, "time") : NULL;
  gint64 seq = object != NULL ? loft_json_get_int (object, "seq", 0) : 0;

  if (type == NULL || time == NULL || seq < 1 ||
      !loft_time_parse (time, &self->time) || !read_state (self, object))
    {
      g_set_error_literal (error,
                           LOFT_REGISTRY_ERROR,
                           LOFT_REGISTRY_ERROR_CORRUPT,
                           "An entry of the log is broken");
      return NULL;
    }

  self->seq = (guint64) seq;
  self->type = type_from_name (type);
  self->name = g_strdup (loft_json_get_string (object, "name"));
  self->version = g_strdup (loft_json_get_string (object, "version"));
  self->key = g_strdup (loft_json_get_string (object, "key"));
  if (self->key == NULL)
    self->key = g_strdup (self->version);
  self->size = loft_json_get_int (object, "size", -1);
  const char *published_at = loft_json_get_string (object, "published_at");
  if (published_at != NULL)
    loft_time_parse (published_at, &self->published_at);
  self->archive_sha256 = g_strdup (loft_json_get_string (object, "sha256"));
  self->document_sha256 =
    g_strdup (loft_json_get_string (object, "document_sha256"));
  self->node = g_strdup (loft_json_get_string (object, "node"));
  self->id = g_strdup (loft_json_get_string (object, "id"));
  self->text = g_strndup (line, length);
  read_token (self, object);
  read_docs (self, object);
  read_audit (self, object);

  return g_steal_pointer (&self);
}

static void
write_docs (const LoftEvent *self, JsonBuilder *builder)
{
  if (self->type != LOFT_EVENT_DOCS)
    return;

  loft_json_add_string (builder,
                        "docs",
                        loft_docs_state_to_string (self->docs.state));
  loft_json_add_string (builder, "generation", self->docs.generation);
  if (self->docs.attempts > 0)
    {
      json_builder_set_member_name (builder, "attempts");
      json_builder_add_int_value (builder, self->docs.attempts);
    }
  loft_json_add_string (builder, "reason", self->docs.reason);
  loft_json_add_string (builder, "log", self->docs.log);
}

/* The last member, so that it can be left out without reading the rest. */
static void
write_audit (const LoftEvent *self, JsonBuilder *builder)
{
  const char *name = loft_actor_get_public_name (&self->actor);
  gboolean named = g_strcmp0 (name, self->actor.name) == 0;

  if (named && self->actor.token == NULL && self->actor.request == NULL &&
      self->act == NULL)
    return;

  json_builder_set_member_name (builder, AUDIT);
  json_builder_begin_object (builder);
  if (!named)
    loft_json_add_string (builder, "actor", self->actor.name);
  loft_json_add_string (builder, "token", self->actor.token);
  loft_json_add_string (builder, "request", self->actor.request);
  loft_json_add_string (builder, "act", self->act);
  json_builder_end_object (builder);
}

/**
 * loft_event_date:
 * @self: the event that tells of @document
 * @document: a document, as it was read
 *
 * Gives a document that does not say when it was published the time that it
 * had when it was taken over: that of the object goes by when it was copied
 * last.
 */
void
loft_event_date (const LoftEvent *self, LoftDocument *document)
{
  g_return_if_fail (self != NULL && document != NULL);

  if (document->adopted && self->published_at > 0)
    document->published_at = self->published_at;
}

/**
 * loft_event_seal:
 * @self: an event that is not in the log yet
 * @seq: its number
 * @time: its time, in microseconds since 1970
 *
 * Gives the event its place and writes its text. May be called again, with
 * another number, as long as the event is in no log.
 */
void
loft_event_seal (LoftEvent *self, guint64 seq, gint64 time)
{
  g_return_if_fail (self != NULL);
  g_return_if_fail (self->type != LOFT_EVENT_OTHER);

  self->seq = seq;
  self->time = time;

  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autofree char *written = loft_time_format (time);

  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "seq");
  json_builder_add_int_value (builder, (gint64) seq);
  loft_json_add_string (builder, "time", written);
  loft_json_add_string (builder, "type", type_names[self->type]);
  loft_json_add_string (builder, "name", self->name);
  loft_json_add_string (builder, "version", self->version);
  if (g_strcmp0 (self->key, self->version) != 0)
    loft_json_add_string (builder, "key", self->key);
  loft_json_add_string (builder, "sha256", self->archive_sha256);
  if (self->size >= 0)
    {
      json_builder_set_member_name (builder, "size");
      json_builder_add_int_value (builder, self->size);
    }
  if (self->published_at > 0)
    {
      g_autofree char *published_at = loft_time_format (self->published_at);

      loft_json_add_string (builder, "published_at", published_at);
    }
  loft_json_add_string (builder, "document_sha256", self->document_sha256);
  loft_json_add_string (builder,
                        "actor",
                        loft_actor_get_public_name (&self->actor));
  loft_json_add_string (builder, "node", self->node);
  loft_json_add_string (builder, "id", self->id);
  write_docs (self, builder);
  if (self->state != NULL)
    {
      json_builder_set_member_name (builder, "state");
      json_builder_add_value (builder, loft_state_to_json (self->state, FALSE));
    }
  if (self->token != NULL)
    {
      json_builder_set_member_name (builder, "token");
      json_builder_add_value (builder, loft_token_to_public_json (self->token));
    }
  write_audit (self, builder);
  json_builder_end_object (builder);

  g_autoptr (JsonNode) root = json_builder_get_root (builder);
  g_free (self->text);
  self->text = json_to_string (root, FALSE);
}

/* In a string a quote is escaped, so this is the member and nothing else. */
static gsize
find_audit (const char *line, gsize length)
{
  const char *found = g_strrstr_len (line, (gssize) length, ",\"" AUDIT "\":{");

  return found != NULL ? (gsize) (found - line) : length;
}

/**
 * loft_event_leave_out_audit:
 * @lines: events as they stand in the log, each with its line feed
 *
 * Takes from each event what strangers are not told.
 *
 * Returns: (transfer full): the events without it
 */
GBytes *
loft_event_leave_out_audit (GBytes *lines)
{
  g_return_val_if_fail (lines != NULL, NULL);

  gsize size;
  const char *next = g_bytes_get_data (lines, &size);
  g_autoptr (GString) text = g_string_sized_new (size);

  while (size > 0)
    {
      const char *end = memchr (next, '\n', size);
      gsize length = end != NULL ? (gsize) (end - next) : size;
      gsize shown = find_audit (next, length);
      gsize taken = MIN (length + 1, size);

      g_string_append_len (text, next, (gssize) shown);
      g_string_append (text, shown < length ? "}\n" : "\n");
      next += taken;
      size -= taken;
    }

  return g_string_free_to_bytes (g_steal_pointer (&text));
}
