/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "http/loft-request.h"

G_BEGIN_DECLS

/**
 * LoftDeliveryAsk:
 * @request: a request for a tarball
 * @about: as with loft_registry_download_async()
 *
 * Asks the registry for a tarball; the answer goes to loft_delivery_send().
 */
typedef void (*LoftDeliveryAsk) (LoftRequest *request, gboolean about);

void loft_delivery_begin (LoftRequest *request, LoftDeliveryAsk ask);
void loft_delivery_send (LoftRequest *request,
                         LoftDownload *download,
                         LoftDeliveryAsk ask);
void loft_delivery_send_bytes (LoftRequest *request,
                               const LoftDownload *download);

G_END_DECLS
