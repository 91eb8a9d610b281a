/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "dbus/loft-dbus-error.h"

#include "registry/loft-registry-error.h"

#define PREFIX "sh.fargone.loft.Registry1.Error."

G_DEFINE_QUARK (loft_dbus_error, loft_dbus_error)

static const char *
get_registry_name (LoftRegistryError code)
{
  switch (code)
    {
    case LOFT_REGISTRY_ERROR_MALFORMED:
      return PREFIX "Malformed";
    case LOFT_REGISTRY_ERROR_RULES:
      return PREFIX "Rules";
    case LOFT_REGISTRY_ERROR_NO_SUCH_PACKAGE:
      return PREFIX "NoSuchPackage";
    case LOFT_REGISTRY_ERROR_NO_SUCH_VERSION:
      return PREFIX "NoSuchVersion";
    case LOFT_REGISTRY_ERROR_NOT_FOUND:
      return PREFIX "NotFound";
    case LOFT_REGISTRY_ERROR_EXISTS:
      return PREFIX "Exists";
    case LOFT_REGISTRY_ERROR_TOKEN_NEEDED:
      return PREFIX "TokenNeeded";
    case LOFT_REGISTRY_ERROR_FORBIDDEN:
      return PREFIX "Forbidden";
    case LOFT_REGISTRY_ERROR_TOO_LARGE:
      return PREFIX "TooLarge";
    case LOFT_REGISTRY_ERROR_NO_SPACE:
      return PREFIX "NoSpace";
    case LOFT_REGISTRY_ERROR_READ_ONLY:
      return PREFIX "ReadOnly";
    case LOFT_REGISTRY_ERROR_NOT_READY:
      return PREFIX "NotReady";
    case LOFT_REGISTRY_ERROR_BUSY:
      return PREFIX "Busy";
    case LOFT_REGISTRY_ERROR_UNAVAILABLE:
      return PREFIX "Unavailable";
    case LOFT_REGISTRY_ERROR_CORRUPT:
      return PREFIX "Corrupt";
    case LOFT_REGISTRY_ERROR_FAILED:
    default:
      return PREFIX "Failed";
    }
}

static const char *
get_own_name (LoftDbusError code)
{
  switch (code)
    {
    case LOFT_DBUS_ERROR_ARGUMENT:
      return PREFIX "InvalidArgument";
    case LOFT_DBUS_ERROR_NOT_AUTHORIZED:
      return PREFIX "NotAuthorized";
    case LOFT_DBUS_ERROR_BUSY:
      return PREFIX "Busy";
    case LOFT_DBUS_ERROR_CONFIGURATION:
      return PREFIX "Configuration";
    case LOFT_DBUS_ERROR_ACTIVATED:
      return PREFIX "Activated";
    default:
      return PREFIX "Failed";
    }
}

/**
 * loft_dbus_error_get_name:
 * @error: why a call failed
 *
 * Tells which name stands for a failure on the bus. They are named here and
 * nowhere else.
 *
 * Returns: the name of an error
 */
const char *
loft_dbus_error_get_name (const GError *error)
{
  g_return_val_if_fail (error != NULL, NULL);

  if (error->domain == LOFT_REGISTRY_ERROR)
    return get_registry_name ((LoftRegistryError) error->code);
  if (error->domain == LOFT_DBUS_ERROR)
    return get_own_name ((LoftDbusError) error->code);
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return PREFIX "Cancelled";

  return PREFIX "Failed";
}

/**
 * loft_dbus_error_describe:
 * @error: why a call failed
 *
 * Says why, with all that was found where rules were broken: one sentence a
 * line.
 *
 * Returns: (transfer full): text that a bus takes
 */
char *
loft_dbus_error_describe (const GError *error)
{
  g_return_val_if_fail (error != NULL, NULL);

  LoftFindings *findings = loft_findings_from_error (error);
  if (findings == NULL)
    return g_utf8_make_valid (error->message, -1);

  g_autoptr (GString) text = g_string_new (NULL);
  for (guint i = 0; i < loft_findings_get_length (findings); i++)
    {
      const LoftFinding *finding = loft_findings_get (findings, i);

      g_string_append_printf (text,
                              "%s%s",
                              text->len > 0 ? "\n" : "",
                              finding->detail);
    }

  return g_utf8_make_valid (text->str, (gssize) text->len);
}

/**
 * loft_dbus_error_blame_arguments:
 * @error: (inout) (nullable): why a call failed, if it did
 *
 * Makes of broken rules arguments that the method does not take, where the
 * arguments alone have broken them.
 */
void
loft_dbus_error_blame_arguments (GError **error)
{
  g_return_if_fail (error != NULL);

  if (!g_error_matches (*error, LOFT_REGISTRY_ERROR, LOFT_REGISTRY_ERROR_RULES))
    return;

  g_autoptr (GError) rules = g_steal_pointer (error);
  g_autofree char *text = loft_dbus_error_describe (rules);

  *error =
    g_error_new_literal (LOFT_DBUS_ERROR, LOFT_DBUS_ERROR_ARGUMENT, text);
}

/**
 * loft_dbus_error_return:
 * @invocation: (transfer full): a call
 * @error: why it failed
 *
 * Ends a call with an error.
 */
void
loft_dbus_error_return (GDBusMethodInvocation *invocation, const GError *error)
{
  g_return_if_fail (G_IS_DBUS_METHOD_INVOCATION (invocation));
  g_return_if_fail (error != NULL);

  g_autofree char *message = loft_dbus_error_describe (error);

  g_dbus_method_invocation_return_dbus_error (invocation,
                                              loft_dbus_error_get_name (error),
                                              message);
}
