/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * LoftDbusError:
 * @LOFT_DBUS_ERROR_ARGUMENT: an argument is none that the method takes
 * @LOFT_DBUS_ERROR_NOT_AUTHORIZED: the caller may not do this
 * @LOFT_DBUS_ERROR_BUSY: too much is going on already
 * @LOFT_DBUS_ERROR_CONFIGURATION: the configuration can't be read
 * @LOFT_DBUS_ERROR_ACTIVATED: somebody else decides whether the registry runs
 *
 * Why a call is refused before the registry is asked.
 */
typedef enum
{
  LOFT_DBUS_ERROR_ARGUMENT,
  LOFT_DBUS_ERROR_NOT_AUTHORIZED,
  LOFT_DBUS_ERROR_BUSY,
  LOFT_DBUS_ERROR_CONFIGURATION,
  LOFT_DBUS_ERROR_ACTIVATED
} LoftDbusError;

#define LOFT_DBUS_ERROR (loft_dbus_error_quark ())
GQuark loft_dbus_error_quark (void);

const char *loft_dbus_error_get_name (const GError *error);
void loft_dbus_error_blame_arguments (GError **error);
char *loft_dbus_error_describe (const GError *error);
void loft_dbus_error_return (GDBusMethodInvocation *invocation,
                             const GError *error);

G_END_DECLS
