/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "ctl/loft-ctl-bus.h"

#include <glib/gi18n.h>
#include <string.h>

#define NAME "sh.fargone.loft.Registry1"
#define PATH "/sh/fargone/loft/Registry1"
#define ERRORS NAME ".Error."

/* What the program exits with for an error of the registry, and what the user
 * can do about it. What is not here failed for a reason that its message
 * gives. */
static const struct
{
  const char *name;
  LoftCtlError code;
  const char *advice;
} failures[] = {
  { "InvalidArgument", LOFT_CTL_ERROR_USAGE, NULL },
  { "NotAuthorized",
    LOFT_CTL_ERROR_FORBIDDEN,
    N_ ("Try it as root, or as the user as whom the registry runs.") },
  { "NoSuchPackage",
    LOFT_CTL_ERROR_NOT_FOUND,
    N_ ("“loft-registryctl packages” lists those that there are.") },
  { "NoSuchVersion", LOFT_CTL_ERROR_NOT_FOUND, NULL },
  { "NotFound", LOFT_CTL_ERROR_NOT_FOUND, NULL },
  { "NotReady",
    LOFT_CTL_ERROR_FAILED,
    N_ ("“loft-registryctl status” tells how far the catalog is.") },
};

/* Whom the program talks to: what had the name when it was last looked for, on
 * which bus. */
static GDBusConnection *bus; /* owned, nullable */
static char *owner;          /* owned, nullable */

static GDBusConnection *
reach_bus (const LoftCtl *self, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  GDBusConnection *connection =
    self->address != NULL ? g_dbus_connection_new_for_address_sync (
                              self->address,
                              G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT |
                                G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
                              NULL,
                              NULL,
                              &local_error)
                          : g_bus_get_sync (self->bus, NULL, &local_error);

  if (connection == NULL)
    {
      g_autofree char *message = g_strdup_printf (
        self->address != NULL ? _ ("No connection to that bus: %s")
        : self->bus == G_BUS_TYPE_SYSTEM
          ? _ ("No connection to the system bus: %s")
          : _ ("No connection to the session bus: %s"),
        local_error->message);

      g_set_error (error,
                   LOFT_CTL_ERROR,
                   LOFT_CTL_ERROR_UNREACHABLE,
                   "%s\n%s",
                   message,
                   _ ("--system, --user and --address choose another bus."));
    }
  else
    g_dbus_connection_set_exit_on_close (connection, FALSE);

  return connection;
}

/**
 * loft_ctl_bus_connect:
 * @self: what the command was told
 * @error: return location for a #GError
 *
 * Looks for the registry on the bus.
 *
 * Returns: (transfer full): the registry, or %NULL with @error set to
 *   %LOFT_CTL_ERROR_UNREACHABLE
 */
LoftBusRegistry1 *
loft_ctl_bus_connect (const LoftCtl *self, GError **error)
{
  g_autoptr (GDBusConnection) connection = reach_bus (self, error);
  if (connection == NULL)
    return NULL;

  g_autoptr (LoftBusRegistry1) registry =
    loft_bus_registry1_proxy_new_sync (connection,
                                       G_DBUS_PROXY_FLAGS_DO_NOT_AUTO_START,
                                       NAME,
                                       PATH,
                                       NULL,
                                       error);
  if (registry == NULL)
    return NULL;

  g_set_object (&bus, connection);
  g_free (owner);
  owner = g_dbus_proxy_get_name_owner (G_DBUS_PROXY (registry));
  if (owner == NULL)
    {
      g_set_error (error,
                   LOFT_CTL_ERROR,
                   LOFT_CTL_ERROR_UNREACHABLE,
                   "%s\n%s",
                   self->address != NULL ? _ ("No registry is on that bus.")
                   : self->bus == G_BUS_TYPE_SYSTEM
                     ? _ ("No registry is on the system bus.")
                     : _ ("No registry is on the session bus."),
                   self->bus == G_BUS_TYPE_SYSTEM
                     ? _ ("Start loft-registryd, with “bus = system” in its "
                          "configuration: systemctl start loft-registry")
                     : _ ("Start loft-registryd, with “bus = session” in its "
                          "configuration."));
      return NULL;
    }

  return g_steal_pointer (&registry);
}

static void
replace (GError **error, LoftCtlError code, const char *advice)
{
  g_autoptr (GError) old = g_steal_pointer (error);

  g_dbus_error_strip_remote_error (old);
  *error = g_error_new (LOFT_CTL_ERROR,
                        (int) code,
                        "%s%s%s",
                        old->message,
                        advice != NULL ? "\n" : "",
                        advice != NULL ? advice : "");
}

static void
explain_own (GError **error, const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (failures); i++)
    if (g_str_equal (failures[i].name, name))
      {
        const char *advice = failures[i].advice;

        replace (error, failures[i].code, advice != NULL ? _ (advice) : NULL);
        return;
      }

  replace (error, LOFT_CTL_ERROR_FAILED, NULL);
}

/* Whether what is on the bus has another interface than the one that we know:
 * an older one, or one of a later release. */
static gboolean
is_mismatch (const GError *error)
{
  static const int codes[] = {
    G_DBUS_ERROR_UNKNOWN_METHOD,    G_DBUS_ERROR_UNKNOWN_INTERFACE,
    G_DBUS_ERROR_UNKNOWN_OBJECT,    G_DBUS_ERROR_UNKNOWN_PROPERTY,
    G_DBUS_ERROR_INVALID_SIGNATURE, G_DBUS_ERROR_INVALID_ARGS,
  };

  for (gsize i = 0; i < G_N_ELEMENTS (codes); i++)
    if (g_error_matches (error, G_DBUS_ERROR, codes[i]))
      return TRUE;

  return FALSE;
}

/**
 * loft_ctl_bus_get_properties:
 * @proxy: an object on the bus
 * @error: return location for a #GError
 *
 * Asks for all properties of the interface, so for what they are at the moment
 * and not for what the proxy remembers. Blocks.
 *
 * Returns: (transfer full): a dictionary, or %NULL with @error set
 */
GVariant *
loft_ctl_bus_get_properties (GDBusProxy *proxy, GError **error)
{
  g_autoptr (GVariant) answer = g_dbus_proxy_call_sync (
    proxy,
    "org.freedesktop.DBus.Properties.GetAll",
    g_variant_new ("(s)", g_dbus_proxy_get_interface_name (proxy)),
    G_DBUS_CALL_FLAGS_NONE,
    -1,
    NULL,
    error);

  return answer != NULL ? g_variant_get_child_value (answer, 0) : NULL;
}

/**
 * loft_ctl_bus_is_relieved:
 * @registry: a registry
 *
 * Tells, and says, whether another registry looks after the storage that this
 * one shares with it. Blocks.
 *
 * Returns: whether to leave the work to that one
 */
gboolean
loft_ctl_bus_is_relieved (LoftBusRegistry1 *registry)
{
  g_autoptr (GVariant) properties =
    loft_ctl_bus_get_properties (G_DBUS_PROXY (registry), NULL);
  gboolean maintains = TRUE;

  if (properties != NULL)
    g_variant_lookup (properties, "Maintains", "b", &maintains);
  if (!maintains)
    g_print ("%s\n",
             _ ("Another registry looks after the storage; nothing was done"));

  return !maintains;
}

/**
 * loft_ctl_bus_has_left:
 *
 * Tells whether the registry that was found is there no more, for whatever
 * fails may mean that: one that stops leaves its name before the bus, and what
 * was on its way to it then is rejected, by the policy of the bus, which is
 * about the name, or since it has no object any more. Blocks.
 *
 * Returns: whether it has left, or another one has its place
 */
gboolean
loft_ctl_bus_has_left (void)
{
  const char *now = NULL;

  if (bus == NULL || owner == NULL)
    return FALSE;

  g_autoptr (GVariant) answer =
    g_dbus_connection_call_sync (bus,
                                 "org.freedesktop.DBus",
                                 "/org/freedesktop/DBus",
                                 "org.freedesktop.DBus",
                                 "GetNameOwner",
                                 g_variant_new ("(s)", NAME),
                                 G_VARIANT_TYPE ("(s)"),
                                 G_DBUS_CALL_FLAGS_NONE,
                                 -1,
                                 NULL,
                                 NULL);

  if (answer != NULL)
    g_variant_get (answer, "(&s)", &now);

  return g_strcmp0 (now, owner) != 0;
}

/**
 * loft_ctl_bus_explain:
 * @error: (inout): why a command failed
 *
 * Gives an error that came over the bus its place among those with which the
 * program exits, and says what can be done about it. Others are left alone.
 */
void
loft_ctl_bus_explain (GError **error)
{
  g_autofree char *name = g_dbus_error_get_remote_error (*error);

  if (name != NULL && g_str_has_prefix (name, ERRORS))
    explain_own (error, name + strlen (ERRORS));
  else if ((is_mismatch (*error) ||
            g_error_matches (*error,
                             G_DBUS_ERROR,
                             G_DBUS_ERROR_ACCESS_DENIED)) &&
           loft_ctl_bus_has_left ())
    replace (error,
             LOFT_CTL_ERROR_UNREACHABLE,
             _ ("The registry has just left the bus. Once it is back, try "
                "again."));
  else if (g_error_matches (*error, G_DBUS_ERROR, G_DBUS_ERROR_ACCESS_DENIED))
    replace (error,
             LOFT_CTL_ERROR_FORBIDDEN,
             _ ("The policy of the bus does not allow it. That of the registry "
                "is sh.fargone.loft.Registry1.conf; once it is installed: "
                "systemctl reload dbus"));
  else if (g_error_matches (*error,
                            G_DBUS_ERROR,
                            G_DBUS_ERROR_SERVICE_UNKNOWN) ||
           g_error_matches (*error,
                            G_DBUS_ERROR,
                            G_DBUS_ERROR_NAME_HAS_NO_OWNER) ||
           g_error_matches (*error, G_DBUS_ERROR, G_DBUS_ERROR_NO_REPLY) ||
           g_error_matches (*error, G_IO_ERROR, G_IO_ERROR_CLOSED))
    replace (error,
             LOFT_CTL_ERROR_UNREACHABLE,
             _ ("The registry has left the bus. Its log tells why: "
                "journalctl -u loft-registry"));
  else if (is_mismatch (*error))
    replace (error,
             LOFT_CTL_ERROR_FAILED,
             _ ("The registry is of another version than loft-registryctl. "
                "After an upgrade, restart it: "
                "systemctl restart loft-registry"));
  else if (name != NULL)
    replace (error, LOFT_CTL_ERROR_FAILED, NULL);
}
