/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include <fcntl.h>
#include <gio/gunixinputstream.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dbus/loft-dbus-private.h"
#include "registry/loft-upkeep.h"

/* Changing packages, as an administrator. */

static void
yanked_cb (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) local_error = NULL;
  g_autoptr (GBytes) element =
    loft_registry_yank_finish (LOFT_REGISTRY (source_object),
                               result,
                               &local_error);

  loft_dbus_return_nothing (G_DBUS_METHOD_INVOCATION (user_data), local_error);
}

static void
yank (LoftDbusService *self,
      GDBusMethodInvocation *invocation,
      const LoftCaller *caller,
      const char *name,
      const char *version,
      const char *reason)
{
  g_autoptr (GError) local_error = NULL;

  if (!loft_dbus_check_text ("The name",
                             name,
                             LOFT_DBUS_NAME_MAX,
                             &local_error) ||
      !loft_dbus_check_text ("The version",
                             version,
                             LOFT_DBUS_NAME_MAX,
                             &local_error) ||
      !loft_dbus_check_text ("The reason",
                             reason != NULL ? reason : "",
                             LOFT_DBUS_TEXT_MAX,
                             &local_error))
    {
      loft_dbus_error_return (invocation, local_error);
      return;
    }

  loft_registry_yank_async (self->registry,
                            name,
                            version,
                            reason != NULL,
                            reason,
                            caller,
                            NULL,
                            yanked_cb,
                            invocation);
}

/**
 * loft_dbus_yank:
 * @self: a service
 * @invocation: (transfer full): a call
 * @caller: who calls
 *
 * Answers Yank.
 */
void
loft_dbus_yank (LoftDbusService *self,
                GDBusMethodInvocation *invocation,
                const LoftCaller *caller)
{
  GVariant *parameters = g_dbus_method_invocation_get_parameters (invocation);
  const char *name;
  const char *version;
  const char *reason;

  g_variant_get (parameters, "(&s&s&s)", &name, &version, &reason);
  yank (self, invocation, caller, name, version, reason);
}

/**
 * loft_dbus_unyank:
 * @self: a service
 * @invocation: (transfer full): a call
 * @caller: who calls
 *
 * Answers Unyank.
 */
void
loft_dbus_unyank (LoftDbusService *self,
                  GDBusMethodInvocation *invocation,
                  const LoftCaller *caller)
{
  GVariant *parameters = g_dbus_method_invocation_get_parameters (invocation);
  const char *name;
  const char *version;

  g_variant_get (parameters, "(&s&s)", &name, &version);
  yank (self, invocation, caller, name, version, NULL);
}

static void
deprecated_cb (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) local_error = NULL;

  loft_registry_deprecate_finish (LOFT_REGISTRY (source_object),
                                  result,
                                  &local_error);
  loft_dbus_return_nothing (G_DBUS_METHOD_INVOCATION (user_data), local_error);
}

/**
 * loft_dbus_deprecate:
 * @self: a service
 * @invocation: (transfer full): a call
 * @caller: who calls
 *
 * Answers Deprecate.
 */
void
loft_dbus_deprecate (LoftDbusService *self,
                     GDBusMethodInvocation *invocation,
                     const LoftCaller *caller)
{
  GVariant *parameters = g_dbus_method_invocation_get_parameters (invocation);
  g_autoptr (GError) local_error = NULL;
  const char *name;
  const char *message;

  g_variant_get (parameters, "(&s&s)", &name, &message);
  if (!loft_dbus_check_text ("The name",
                             name,
                             LOFT_DBUS_NAME_MAX,
                             &local_error) ||
      !loft_dbus_check_text ("The message",
                             message,
                             LOFT_DBUS_TEXT_MAX,
                             &local_error))
    {
      loft_dbus_error_return (invocation, local_error);
      return;
    }

  loft_registry_deprecate_async (self->registry,
                                 name,
                                 *message != '\0' ? message : NULL,
                                 caller,
                                 NULL,
                                 deprecated_cb,
                                 invocation);
}

static void
set_owners_cb (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) local_error = NULL;

  loft_registry_set_owners_finish (LOFT_REGISTRY (source_object),
                                   result,
                                   &local_error);
  loft_dbus_error_blame_arguments (&local_error);
  loft_dbus_return_nothing (G_DBUS_METHOD_INVOCATION (user_data), local_error);
}

/**
 * loft_dbus_set_owners:
 * @self: a service
 * @invocation: (transfer full): a call
 * @caller: who calls
 *
 * Answers SetOwners.
 */
void
loft_dbus_set_owners (LoftDbusService *self,
                      GDBusMethodInvocation *invocation,
                      const LoftCaller *caller)
{
  GVariant *parameters = g_dbus_method_invocation_get_parameters (invocation);
  g_autofree const char **owners = NULL;
  g_autoptr (GError) local_error = NULL;
  const char *name;

  g_variant_get (parameters, "(&s^a&s)", &name, &owners);
  if (!loft_dbus_check_text ("The name",
                             name,
                             LOFT_DBUS_NAME_MAX,
                             &local_error) ||
      !loft_dbus_check_list ("owners", owners, &local_error))
    {
      loft_dbus_error_return (invocation, local_error);
      return;
    }

  loft_registry_set_owners_async (self->registry,
                                  name,
                                  owners,
                                  caller,
                                  NULL,
                                  set_owners_cb,
                                  invocation);
}

static void
imported_cb (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  GDBusMethodInvocation *invocation = G_DBUS_METHOD_INVOCATION (user_data);
  g_autoptr (GError) local_error = NULL;
  gboolean created = FALSE;

  if (loft_registry_import_version_finish (LOFT_REGISTRY (source_object),
                                           result,
                                           &created,
                                           &local_error))
    g_dbus_method_invocation_return_value (invocation,
                                           g_variant_new ("(b)", created));
  else
    loft_dbus_error_return (invocation, local_error);
}

/* What is no file may keep a thread waiting for as long as it likes. */
static GInputStream *
open_tarball (GDBusMethodInvocation *invocation, gint32 handle, GError **error)
{
  int fd = loft_dbus_take_descriptor (invocation, handle, error);
  struct stat status;

  if (fd == -1)
    return NULL;

  g_autoptr (GInputStream) tarball = g_unix_input_stream_new (fd, TRUE);
  if (fstat (fd, &status) == 0 && S_ISREG (status.st_mode) &&
      (fcntl (fd, F_GETFL) & O_ACCMODE) != O_WRONLY)
    return g_steal_pointer (&tarball);

  g_set_error_literal (error,
                       LOFT_DBUS_ERROR,
                       LOFT_DBUS_ERROR_ARGUMENT,
                       "The tarball is no file that can be read");

  return NULL;
}

/**
 * loft_dbus_import_version:
 * @self: a service
 * @invocation: (transfer full): a call
 * @caller: who calls
 *
 * Answers ImportVersion.
 */
void
loft_dbus_import_version (LoftDbusService *self,
                          GDBusMethodInvocation *invocation,
                          const LoftCaller *caller)
{
  GVariant *parameters = g_dbus_method_invocation_get_parameters (invocation);
  g_autoptr (GInputStream) tarball = NULL;
  g_autoptr (GError) local_error = NULL;
  const char *name;
  const char *version;
  const char *text;
  gint32 handle;

  g_variant_get (parameters, "(&s&sh&s)", &name, &version, &handle, &text);
  if (loft_dbus_check_text ("The name",
                            name,
                            LOFT_DBUS_NAME_MAX,
                            &local_error) &&
      loft_dbus_check_text ("The version",
                            version,
                            LOFT_DBUS_NAME_MAX,
                            &local_error))
    tarball = open_tarball (invocation, handle, &local_error);
  if (tarball == NULL)
    {
      loft_dbus_error_return (invocation, local_error);
      return;
    }

  g_autoptr (GBytes) document = g_bytes_new (text, strlen (text));
  loft_registry_import_version_async (self->registry,
                                      name,
                                      version,
                                      tarball,
                                      document,
                                      caller,
                                      self->stopping,
                                      imported_cb,
                                      invocation);
}
