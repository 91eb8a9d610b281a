/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include <stdlib.h>

#include "storage/loft-storage-plugin.h"

/* A backend of another version, of which only the number may be looked at. */

static GType
never_called (void)
{
  abort ();
}

const LoftStoragePlugin loft_storage_plugin = {
  .abi = LOFT_STORAGE_PLUGIN_ABI + 1,
  .get_type = never_called,
};
