/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "dbus/loft-dbus-private.h"

/* Looking after tokens, as an administrator. */

static guint64
to_seconds (gint64 time)
{
  return (guint64) (MAX (time, 0) / G_TIME_SPAN_SECOND);
}

static void
created_cb (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  GDBusMethodInvocation *invocation = G_DBUS_METHOD_INVOCATION (user_data);
  g_autofree char *secret = NULL;
  g_autoptr (GError) local_error = NULL;
  g_autoptr (LoftToken) token =
    loft_registry_create_token_finish (LOFT_REGISTRY (source_object),
                                       result,
                                       &secret,
                                       &local_error);

  loft_dbus_error_blame_arguments (&local_error);
  if (token == NULL)
    loft_dbus_error_return (invocation, local_error);
  else
    g_dbus_method_invocation_return_value (
      invocation,
      g_variant_new ("(sst)",
                     token->id,
                     secret,
                     to_seconds (token->expires_at)));
}

/**
 * loft_dbus_create_token:
 * @self: a service
 * @invocation: (transfer full): a call
 * @caller: who calls
 *
 * Answers CreateToken.
 */
void
loft_dbus_create_token (LoftDbusService *self,
                        GDBusMethodInvocation *invocation,
                        const LoftCaller *caller)
{
  GVariant *parameters = g_dbus_method_invocation_get_parameters (invocation);
  g_autofree const char **scopes = NULL;
  g_autoptr (GError) local_error = NULL;
  const char *user;
  const char *pattern;
  guint64 seconds;

  g_variant_get (parameters, "(&s^a&s&st)", &user, &scopes, &pattern, &seconds);
  if (!loft_dbus_check_text ("The user",
                             user,
                             LOFT_DBUS_NAME_MAX,
                             &local_error) ||
      !loft_dbus_check_list ("scopes", scopes, &local_error) ||
      !loft_dbus_check_text ("The pattern",
                             pattern,
                             LOFT_DBUS_NAME_MAX,
                             &local_error))
    {
      loft_dbus_error_return (invocation, local_error);
      return;
    }

  const LoftTokenWish wish = {
    .user = user,
    .scopes = scopes,
    .pattern = *pattern != '\0' ? pattern : NULL,
    .seconds = seconds,
  };
  loft_registry_create_token_async (self->registry,
                                    &wish,
                                    caller,
                                    NULL,
                                    created_cb,
                                    invocation);
}

static GVariant *
describe (const LoftToken *token)
{
  g_auto (GStrv) scopes = loft_scopes_to_strv (token->scopes);
  GVariantDict values;

  g_variant_dict_init (&values, NULL);
  g_variant_dict_insert (&values, "id", "s", token->id);
  g_variant_dict_insert (&values, "user", "s", token->user);
  g_variant_dict_insert (&values,
                         "name",
                         "s",
                         token->name != NULL ? token->name : "");
  g_variant_dict_insert (&values, "scopes", "^as", scopes);
  g_variant_dict_insert (&values, "pattern", "s", token->pattern);
  g_variant_dict_insert (&values,
                         "created",
                         "t",
                         to_seconds (token->created_at));
  g_variant_dict_insert (&values,
                         "expires",
                         "t",
                         to_seconds (token->expires_at));
  g_variant_dict_insert (&values,
                         "last-used",
                         "t",
                         to_seconds (token->last_used_at));
  g_variant_dict_insert (&values, "revoked", "b", token->revoked_at != 0);

  return g_variant_dict_end (&values);
}

static void
listed_cb (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  GDBusMethodInvocation *invocation = G_DBUS_METHOD_INVOCATION (user_data);
  g_autoptr (GError) local_error = NULL;
  g_autoptr (GPtrArray) tokens =
    loft_registry_list_tokens_finish (LOFT_REGISTRY (source_object),
                                      result,
                                      &local_error);
  if (tokens == NULL)
    {
      loft_dbus_error_return (invocation, local_error);
      return;
    }

  GVariantBuilder builder;
  g_variant_builder_init (&builder, G_VARIANT_TYPE ("aa{sv}"));
  for (guint i = 0; i < tokens->len; i++)
    g_variant_builder_add_value (&builder,
                                 describe (g_ptr_array_index (tokens, i)));
  g_dbus_method_invocation_return_value (invocation,
                                         g_variant_new ("(aa{sv})", &builder));
}

/**
 * loft_dbus_list_tokens:
 * @self: a service
 * @invocation: (transfer full): a call
 * @caller: who calls
 *
 * Answers ListTokens.
 */
void
loft_dbus_list_tokens (LoftDbusService *self,
                       GDBusMethodInvocation *invocation,
                       const LoftCaller *caller)
{

  loft_registry_list_tokens_async (self->registry,
                                   caller,
                                   self->stopping,
                                   listed_cb,
                                   invocation);
}

static void
revoked_cb (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) local_error = NULL;

  loft_registry_revoke_token_finish (LOFT_REGISTRY (source_object),
                                     result,
                                     &local_error);
  loft_dbus_return_nothing (G_DBUS_METHOD_INVOCATION (user_data), local_error);
}

/**
 * loft_dbus_revoke_token:
 * @self: a service
 * @invocation: (transfer full): a call
 * @caller: who calls
 *
 * Answers RevokeToken.
 */
void
loft_dbus_revoke_token (LoftDbusService *self,
                        GDBusMethodInvocation *invocation,
                        const LoftCaller *caller)
{
  GVariant *parameters = g_dbus_method_invocation_get_parameters (invocation);
  g_autoptr (GError) local_error = NULL;
  const char *id;

  g_variant_get (parameters, "(&s)", &id);
  if (!loft_dbus_check_text ("The id", id, LOFT_DBUS_NAME_MAX, &local_error))
    {
      loft_dbus_error_return (invocation, local_error);
      return;
    }

  loft_registry_revoke_token_async (self->registry,
                                    id,
                                    caller,
                                    NULL,
                                    revoked_cb,
                                    invocation);
}
