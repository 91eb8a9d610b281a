/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "storage/loft-storage.h"

G_BEGIN_DECLS

#define LOFT_TYPE_GIO_STORAGE (loft_gio_storage_get_type ())
G_DECLARE_FINAL_TYPE (LoftGioStorage,
                      loft_gio_storage,
                      LOFT,
                      GIO_STORAGE,
                      GObject)

G_END_DECLS
