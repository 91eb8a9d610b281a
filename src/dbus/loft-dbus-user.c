/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "dbus/loft-dbus-user.h"

#include "dbus/loft-dbus-error.h"

/* Whose a connection to the bus is, which the bus alone knows. */

/**
 * loft_dbus_ask_user:
 * @invocation: a call
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async): called once it is known, with the connection
 * @user_data: for @callback
 *
 * Asks the bus which user calls.
 */
void
loft_dbus_ask_user (GDBusMethodInvocation *invocation,
                    GCancellable *cancellable,
                    GAsyncReadyCallback callback,
                    gpointer user_data)
{
  g_return_if_fail (G_IS_DBUS_METHOD_INVOCATION (invocation));

  g_dbus_connection_call (
    g_dbus_method_invocation_get_connection (invocation),
    "org.freedesktop.DBus",
    "/org/freedesktop/DBus",
    "org.freedesktop.DBus",
    "GetConnectionUnixUser",
    g_variant_new ("(s)", g_dbus_method_invocation_get_sender (invocation)),
    G_VARIANT_TYPE ("(u)"),
    G_DBUS_CALL_FLAGS_NONE,
    -1,
    cancellable,
    callback,
    user_data);
}

/**
 * loft_dbus_ask_user_finish:
 * @connection: what the callback got
 * @result: what the callback got
 * @out_uid: (out): the user
 * @error: return location for a #GError
 *
 * Ends what loft_dbus_ask_user() began.
 *
 * Returns: %TRUE on success; %FALSE with @error set,
 *   %LOFT_DBUS_ERROR_NOT_AUTHORIZED if the bus does not tell, or
 *   %G_IO_ERROR_CANCELLED
 */
gboolean
loft_dbus_ask_user_finish (GDBusConnection *connection,
                           GAsyncResult *result,
                           guint32 *out_uid,
                           GError **error)
{
  g_return_val_if_fail (G_IS_DBUS_CONNECTION (connection), FALSE);
  g_return_val_if_fail (out_uid != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  g_autoptr (GError) local_error = NULL;
  g_autoptr (GVariant) answer =
    g_dbus_connection_call_finish (connection, result, &local_error);

  if (answer != NULL)
    {
      g_variant_get (answer, "(u)", out_uid);
      return TRUE;
    }

  if (g_error_matches (local_error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    g_propagate_error (error, g_steal_pointer (&local_error));
  else
    g_set_error (error,
                 LOFT_DBUS_ERROR,
                 LOFT_DBUS_ERROR_NOT_AUTHORIZED,
                 "The bus does not tell who you are: %s",
                 local_error->message);

  return FALSE;
}
