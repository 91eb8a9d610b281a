/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "loft-gio-storage.h"
#include "storage/loft-storage-plugin.h"

const LoftStoragePlugin loft_storage_plugin = {
  .abi = LOFT_STORAGE_PLUGIN_ABI,
  .get_type = loft_gio_storage_get_type,
};
