/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "gate/loft-address-list.h"

G_BEGIN_DECLS

GInetAddress *loft_forwarded_find_peer (GInetAddress *peer,
                                        const char *forwarded,
                                        const char *x_forwarded_for,
                                        LoftAddressList *trusted);
gboolean loft_forwarded_is_https (const char *forwarded);

G_END_DECLS
