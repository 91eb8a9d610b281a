/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "http/loft-download-cache.h"
#include "http/loft-download-tally.h"
#include "http/loft-encoder.h"
#include "http/loft-http-figures.h"
#include "http/loft-http-server.h"

G_BEGIN_DECLS

/**
 * LoftHttpShared:
 * @registry: what all requests are about
 * @encoder: compresses answers
 * @torn: tarballs that were cut short, as far as the log tells of them
 * @figures: where everything is counted
 * @downloads: tarballs that were asked for lately
 * @tally: where downloads are counted
 * @settings: as the administrator has chosen
 * @n_settings: how often that was done
 * @requests: (element-type LoftRequest): those that are running
 * @stopping: whether the server takes its leave
 * @idle: (nullable): called when the last running request has ended
 * @idle_data: for @idle
 *
 * What the requests of a server share.
 */
typedef struct
{
  LoftRegistry *registry;       /* owned */
  LoftEncoder *encoder;         /* owned */
  LoftDownloadCache *downloads; /* owned */
  LoftDownloadTally *tally;     /* owned */
  GHashTable *torn;             /* owned, of owned names and versions */
  LoftFigures *figures;         /* the registry's page's */
  LoftHttpSettings settings;
  guint64 n_settings;
  GQueue requests; /* of pointers that are not owned */
  gboolean stopping;
  void (*idle) (gpointer user_data);
  gpointer idle_data;
} LoftHttpShared;

LoftHttpShared *loft_http_shared_new (LoftRegistry *registry,
                                      const LoftHttpSettings *settings);
void loft_http_shared_unref (LoftHttpShared *self);
void loft_http_shared_set_settings (LoftHttpShared *self,
                                    const LoftHttpSettings *settings);
void loft_http_shared_get_mark (LoftHttpShared *self, LoftHotMark *out_mark);
gboolean loft_http_shared_trusts (LoftHttpShared *self, GSocketAddress *remote);
void loft_http_shared_count_download (LoftHttpShared *self,
                                      const char *subject);
GInetAddress *loft_http_shared_find_peer (LoftHttpShared *self,
                                          GSocketAddress *remote,
                                          const char *forwarded,
                                          const char *x_forwarded_for);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LoftHttpShared, loft_http_shared_unref)

G_END_DECLS
