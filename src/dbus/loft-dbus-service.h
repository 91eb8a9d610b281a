/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "registry/loft-registry.h"

G_BEGIN_DECLS

/**
 * LoftDbusDelegate:
 * @storage_uri: where packages are kept
 * @backend: which backend keeps them
 * @workers: how many processes serve
 * @activated: whether somebody else listens for it, and has it started again
 * @reload: reads the configuration again
 * @drain: has the program stop, if it is not about to
 * @list_addresses: lists the URLs at which it listens
 * @render_metrics: gives the figures of a registry as text; blocks, and is
 *   called in a thread
 *
 * What only the program knows and can do.
 */
typedef struct
{
  const char *storage_uri;
  const char *backend;
  guint workers;
  gboolean activated;
  gboolean (*reload) (gpointer user_data, GError **error);
  void (*drain) (gpointer user_data);
  GStrv (*list_addresses) (gpointer user_data);
  GBytes *(*render_metrics) (LoftRegistry *registry);
} LoftDbusDelegate;

#define LOFT_TYPE_DBUS_SERVICE (loft_dbus_service_get_type ())
G_DECLARE_FINAL_TYPE (LoftDbusService,
                      loft_dbus_service,
                      LOFT,
                      DBUS_SERVICE,
                      GObject)

LoftDbusService *loft_dbus_service_new (LoftRegistry *registry,
                                        GBusType bus,
                                        const LoftDbusDelegate *delegate,
                                        gpointer user_data);
void loft_dbus_service_start (LoftDbusService *self);
gboolean loft_dbus_service_is_reachable (LoftDbusService *self);
void loft_dbus_service_stop (LoftDbusService *self);

G_END_DECLS
