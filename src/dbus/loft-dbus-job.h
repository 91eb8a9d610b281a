/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "dbus/loft-dbus-private.h"
#include "registry/loft-report.h"

G_BEGIN_DECLS

#define LOFT_TYPE_DBUS_JOB (loft_dbus_job_get_type ())
G_DECLARE_FINAL_TYPE (LoftDbusJob, loft_dbus_job, LOFT, DBUS_JOB, GObject)

LoftDbusJob *loft_dbus_job_new (LoftDbusService *service,
                                const char *kind,
                                const LoftCaller *caller,
                                GError **error);
const char *loft_dbus_job_get_path (LoftDbusJob *self);
GCancellable *loft_dbus_job_get_cancellable (LoftDbusJob *self);
void loft_dbus_job_progress_cb (guint64 done,
                                guint64 total,
                                const char *unit,
                                gpointer user_data);
void
loft_dbus_job_end (LoftDbusJob *self, LoftReport *report, const GError *error);
void loft_dbus_job_leave (LoftDbusJob *self);
gboolean loft_dbus_job_join_bus (LoftDbusJob *self, GError **error);
void loft_dbus_job_lose_bus (LoftDbusJob *self);

G_END_DECLS
