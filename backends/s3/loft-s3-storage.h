/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "storage/loft-storage.h"

G_BEGIN_DECLS

#define LOFT_TYPE_S3_STORAGE (loft_s3_storage_get_type ())
G_DECLARE_FINAL_TYPE (LoftS3Storage, loft_s3_storage, LOFT, S3_STORAGE, GObject)

G_END_DECLS
