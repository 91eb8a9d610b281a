/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "registry/loft-page.h"
#include "registry/loft-registry-figures.h"

G_BEGIN_DECLS

#define LOFT_TYPE_METERED_STORAGE (loft_metered_storage_get_type ())
G_DECLARE_FINAL_TYPE (LoftMeteredStorage,
                      loft_metered_storage,
                      LOFT,
                      METERED_STORAGE,
                      GObject)

LoftStorage *
loft_metered_storage_new (LoftStorage *storage, LoftPage *page, guint slot);

G_END_DECLS
