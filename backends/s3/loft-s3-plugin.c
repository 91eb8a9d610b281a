/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "loft-s3-storage.h"
#include "storage/loft-storage-plugin.h"

const LoftStoragePlugin loft_storage_plugin = {
  .abi = LOFT_STORAGE_PLUGIN_ABI,
  .get_type = loft_s3_storage_get_type,
};
