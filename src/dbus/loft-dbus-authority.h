/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define LOFT_TYPE_DBUS_AUTHORITY (loft_dbus_authority_get_type ())
G_DECLARE_FINAL_TYPE (LoftDbusAuthority,
                      loft_dbus_authority,
                      LOFT,
                      DBUS_AUTHORITY,
                      GObject)

LoftDbusAuthority *loft_dbus_authority_new (GBusType bus);
void loft_dbus_authority_check_async (LoftDbusAuthority *self,
                                      GDBusMethodInvocation *invocation,
                                      const char *action,
                                      GCancellable *cancellable,
                                      GAsyncReadyCallback callback,
                                      gpointer user_data);
char *loft_dbus_authority_check_finish (LoftDbusAuthority *self,
                                        GAsyncResult *result,
                                        guint32 *out_uid,
                                        GError **error);

G_END_DECLS
