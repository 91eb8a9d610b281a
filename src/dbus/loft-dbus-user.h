/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

void loft_dbus_ask_user (GDBusMethodInvocation *invocation,
                         GCancellable *cancellable,
                         GAsyncReadyCallback callback,
                         gpointer user_data);
gboolean loft_dbus_ask_user_finish (GDBusConnection *connection,
                                    GAsyncResult *result,
                                    guint32 *out_uid,
                                    GError **error);

G_END_DECLS
