/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-actor.h"

/**
 * loft_actor_set:
 * @self: an actor
 * @name: (nullable): who
 * @token: (nullable): by which token
 * @request: (nullable): by which request
 *
 * Says anew who it was.
 */
void
loft_actor_set (LoftActor *self,
                const char *name,
                const char *token,
                const char *request)
{
  g_return_if_fail (self != NULL);

  LoftActor before = *self;

  *self = (LoftActor){ .name = g_strdup (name),
                       .token = g_strdup (token),
                       .request = g_strdup (request) };
  loft_actor_clear (&before);
}

/**
 * loft_actor_copy:
 * @self: an actor
 * @other: another
 *
 * Makes @self the same as @other.
 */
void
loft_actor_copy (LoftActor *self, const LoftActor *other)
{
  g_return_if_fail (self != NULL && other != NULL);

  loft_actor_set (self, other->name, other->token, other->request);
}

/**
 * loft_actor_clear:
 * @self: an actor
 *
 * Frees what @self holds, which is nobody then.
 */
void
loft_actor_clear (LoftActor *self)
{
  g_return_if_fail (self != NULL);

  g_clear_pointer (&self->name, g_free);
  g_clear_pointer (&self->token, g_free);
  g_clear_pointer (&self->request, g_free);
}

/**
 * loft_actor_get_public_name:
 * @self: an actor
 *
 * Names @self as strangers may know him. Who has an account on this machine is
 * none of their business.
 *
 * Returns: (transfer none) (nullable): the name
 */
const char *
loft_actor_get_public_name (const LoftActor *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->name != NULL &&
             g_str_has_prefix (self->name, LOFT_ACTOR_ADMINISTRATOR ":")
           ? LOFT_ACTOR_ADMINISTRATOR
           : self->name;
}

/**
 * loft_actor_read:
 * @self: an actor that is nobody
 * @object: what loft_actor_write() has written into
 * @deed: what was done, such as `changed`
 *
 * Reads who did it.
 */
void
loft_actor_read (LoftActor *self, JsonObject *object, const char *deed)
{
  g_return_if_fail (self != NULL && object != NULL && deed != NULL);

  g_autofree char *by = g_strconcat (deed, "_by", NULL);
  g_autofree char *via = g_strconcat (deed, "_via", NULL);
  JsonObject *means = loft_json_get_object (object, via);

  loft_actor_set (self,
                  loft_json_get_string (object, by),
                  means != NULL ? loft_json_get_string (means, "token") : NULL,
                  means != NULL ? loft_json_get_string (means, "request")
                                : NULL);
}

/**
 * loft_actor_write:
 * @self: an actor
 * @builder: where an object has begun
 * @deed: what was done
 *
 * Writes who did it, and by what: for the storage alone.
 */
void
loft_actor_write (const LoftActor *self, JsonBuilder *builder, const char *deed)
{
  g_return_if_fail (self != NULL && builder != NULL && deed != NULL);

  g_autofree char *by = g_strconcat (deed, "_by", NULL);
  g_autofree char *via = g_strconcat (deed, "_via", NULL);

  loft_json_add_string (builder, by, self->name);
  if (self->token == NULL && self->request == NULL)
    return;

  json_builder_set_member_name (builder, via);
  json_builder_begin_object (builder);
  loft_json_add_string (builder, "token", self->token);
  loft_json_add_string (builder, "request", self->request);
  json_builder_end_object (builder);
}
