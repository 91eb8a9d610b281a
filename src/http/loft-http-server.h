/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "gate/loft-gate.h"
#include "http/loft-limit-kind.h"
#include "registry/loft-registry.h"

G_BEGIN_DECLS

/**
 * LoftHttpSettings:
 * @access_log: whether each request is logged
 * @drain_timeout: seconds that running requests get when the server stops
 * @max_wait: seconds that a request for changes may wait
 * @public_url: (nullable): where its readers find the registry, without a slash
 *   at its end
 * @security_contact: (nullable): URI by which to tell of a hole in it
 * @security_policy: (nullable): URI of what is asked of who does so
 * @metrics_allow: (nullable): who may see figures, besides this machine
 * @limits: how often things may be done
 * @count_downloads: whether downloads are counted
 * @gate: what the gate allows
 *
 * What an administrator may choose. All may change while the server runs.
 */
typedef struct
{
  gboolean access_log;
  guint drain_timeout;
  guint max_wait;
  char *public_url;               /* owned, nullable */
  char *security_contact;         /* owned, nullable */
  char *security_policy;          /* owned, nullable */
  LoftAddressList *metrics_allow; /* owned, nullable */
  LoftLimit limits[LOFT_N_LIMITS];
  gboolean count_downloads;
  LoftGateSettings gate;
} LoftHttpSettings;

#define LOFT_HTTP_SETTINGS_DEFAULT                                             \
  {                                                                            \
    .access_log = TRUE, .drain_timeout = 25, .max_wait = 60,                   \
    .limits = { { 5, 600 }, { 30, 60 }, { 10, 6 } }, .count_downloads = TRUE,  \
    .gate = LOFT_GATE_SETTINGS_DEFAULT                                         \
  }

void loft_http_settings_clear (LoftHttpSettings *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (LoftHttpSettings, loft_http_settings_clear)

#define LOFT_TYPE_HTTP_SERVER (loft_http_server_get_type ())
G_DECLARE_FINAL_TYPE (LoftHttpServer,
                      loft_http_server,
                      LOFT,
                      HTTP_SERVER,
                      GObject)

LoftHttpServer *loft_http_server_new (LoftRegistry *registry,
                                      const LoftHttpSettings *settings,
                                      GError **error);
void loft_http_server_set_settings (LoftHttpServer *self,
                                    const LoftHttpSettings *settings);
gboolean loft_http_server_listen (LoftHttpServer *self,
                                  const char *address,
                                  GError **error);
gboolean loft_http_server_add_listener (LoftHttpServer *self,
                                        GSocket *socket,
                                        GError **error);
GStrv loft_http_server_get_addresses (LoftHttpServer *self);
void loft_http_server_drain_async (LoftHttpServer *self,
                                   GCancellable *cancellable,
                                   GAsyncReadyCallback callback,
                                   gpointer user_data);
gboolean loft_http_server_drain_finish (LoftHttpServer *self,
                                        GAsyncResult *result,
                                        GError **error);

G_END_DECLS
