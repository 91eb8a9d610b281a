/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "dbus/loft-dbus-private.h"
#include "registry/loft-registry-docs.h"

/* Documentation: what is to be built, and what could not be. */

#define LIST_MAX 1000
#define MISSING_DEFAULT 1000
#define MISSING_MAX 100000

static void
listed_cb (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  GDBusMethodInvocation *invocation = G_DBUS_METHOD_INVOCATION (user_data);
  g_autoptr (GError) local_error = NULL;
  g_autoptr (GBytes) json =
    loft_registry_tell_docs_finish (LOFT_REGISTRY (source_object),
                                    result,
                                    &local_error);
  GVariant *elements =
    json != NULL ? loft_dbus_split_array (json, &local_error) : NULL;

  if (elements != NULL)
    g_dbus_method_invocation_return_value (invocation,
                                           g_variant_new ("(@as)", elements));
  else
    loft_dbus_error_return (invocation, local_error);
}

/**
 * loft_dbus_list_docs:
 * @self: a service
 * @invocation: (transfer full): a call
 * @caller: (nullable): not used
 *
 * Answers ListDocs.
 */
void
loft_dbus_list_docs (LoftDbusService *self,
                     GDBusMethodInvocation *invocation,
                     const LoftCaller *caller)
{
  GVariant *parameters = g_dbus_method_invocation_get_parameters (invocation);
  guint limit;

  g_variant_get (parameters, "(u)", &limit);
  loft_registry_list_docs_async (self->registry,
                                 limit > 0 ? MIN (limit, LIST_MAX) : LIST_MAX,
                                 self->stopping,
                                 listed_cb,
                                 invocation);
}

static void
shown_cb (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  GDBusMethodInvocation *invocation = G_DBUS_METHOD_INVOCATION (user_data);
  g_autoptr (GError) local_error = NULL;
  g_autoptr (GBytes) json =
    loft_registry_tell_docs_finish (LOFT_REGISTRY (source_object),
                                    result,
                                    &local_error);

  if (json == NULL)
    {
      loft_dbus_error_return (invocation, local_error);
      return;
    }

  gsize length = 0;
  const char *data = g_bytes_get_data (json, &length);
  g_autofree char *text = g_strndup (data, length);

  g_dbus_method_invocation_return_value (invocation,
                                         g_variant_new ("(s)", text));
}

/* Reads the arguments of a call that is about one version, and ends it where
 * they are none. */
static gboolean
take_version (GDBusMethodInvocation *invocation,
              const char **out_name,
              const char **out_version)
{
  GVariant *parameters = g_dbus_method_invocation_get_parameters (invocation);
  g_autoptr (GError) local_error = NULL;

  g_variant_get (parameters, "(&s&s)", out_name, out_version);
  if (loft_dbus_check_text ("The name",
                            *out_name,
                            LOFT_DBUS_NAME_MAX,
                            &local_error) &&
      loft_dbus_check_text ("The version",
                            *out_version,
                            LOFT_DBUS_NAME_MAX,
                            &local_error))
    return TRUE;

  loft_dbus_error_return (invocation, local_error);

  return FALSE;
}

/**
 * loft_dbus_show_docs:
 * @self: a service
 * @invocation: (transfer full): a call
 * @caller: (nullable): not used
 *
 * Answers ShowDocs.
 */
void
loft_dbus_show_docs (LoftDbusService *self,
                     GDBusMethodInvocation *invocation,
                     const LoftCaller *caller)
{
  const char *name;
  const char *version;

  if (take_version (invocation, &name, &version))
    loft_registry_show_docs_async (self->registry,
                                   name,
                                   version,
                                   self->stopping,
                                   shown_cb,
                                   invocation);
}

static void
wanted_cb (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) local_error = NULL;
  guint count = 0;

  loft_registry_want_docs_finish (LOFT_REGISTRY (source_object),
                                  result,
                                  &count,
                                  &local_error);
  loft_dbus_return_nothing (G_DBUS_METHOD_INVOCATION (user_data), local_error);
}

/**
 * loft_dbus_build_docs:
 * @self: a service
 * @invocation: (transfer full): a call
 * @caller: who calls
 *
 * Answers BuildDocs.
 */
void
loft_dbus_build_docs (LoftDbusService *self,
                      GDBusMethodInvocation *invocation,
                      const LoftCaller *caller)
{
  const char *name;
  const char *version;

  if (take_version (invocation, &name, &version))
    loft_registry_want_docs_async (self->registry,
                                   name,
                                   version,
                                   1,
                                   caller,
                                   NULL,
                                   wanted_cb,
                                   invocation);
}

static void
wanted_many_cb (GObject *source_object,
                GAsyncResult *result,
                gpointer user_data)
{
  GDBusMethodInvocation *invocation = G_DBUS_METHOD_INVOCATION (user_data);
  g_autoptr (GError) local_error = NULL;
  guint count = 0;

  if (loft_registry_want_docs_finish (LOFT_REGISTRY (source_object),
                                      result,
                                      &count,
                                      &local_error))
    g_dbus_method_invocation_return_value (invocation,
                                           g_variant_new ("(u)", count));
  else
    loft_dbus_error_return (invocation, local_error);
}

/**
 * loft_dbus_build_missing_docs:
 * @self: a service
 * @invocation: (transfer full): a call
 * @caller: who calls
 *
 * Answers BuildMissingDocs.
 */
void
loft_dbus_build_missing_docs (LoftDbusService *self,
                              GDBusMethodInvocation *invocation,
                              const LoftCaller *caller)
{
  GVariant *parameters = g_dbus_method_invocation_get_parameters (invocation);
  guint limit;

  g_variant_get (parameters, "(u)", &limit);
  loft_registry_want_docs_async (self->registry,
                                 NULL,
                                 NULL,
                                 limit > 0 ? MIN (limit, MISSING_MAX)
                                           : MISSING_DEFAULT,
                                 caller,
                                 NULL,
                                 wanted_many_cb,
                                 invocation);
}
