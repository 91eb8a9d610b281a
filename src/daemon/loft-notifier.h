/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "daemon/loft-workers.h"
#include "dbus/loft-dbus-service.h"
#include "registry/loft-registry.h"

G_BEGIN_DECLS

#define LOFT_TYPE_NOTIFIER (loft_notifier_get_type ())
G_DECLARE_FINAL_TYPE (LoftNotifier, loft_notifier, LOFT, NOTIFIER, GObject)

LoftNotifier *loft_notifier_new (LoftRegistry *registry,
                                 LoftWorkers *workers,
                                 LoftDbusService *bus);
void loft_notifier_begin_reload (LoftNotifier *self);
void loft_notifier_end_reload (LoftNotifier *self);
void loft_notifier_stop (LoftNotifier *self);

G_END_DECLS
