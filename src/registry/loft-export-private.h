/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "registry/loft-export.h"
#include "registry/loft-tar-writer.h"
#include "registry/loft-verify-private.h"

G_BEGIN_DECLS

/**
 * LoftExport:
 * @verify: what is read of the log, and what is found wrong
 * @writer: where it goes
 * @sequence: the last event that it is to know
 *
 * An export while it is written.
 */
typedef struct
{
  LoftVerify verify;
  LoftTarWriter *writer; /* owned */
  guint64 sequence;
} LoftExport;

gboolean loft_export_add_packages (LoftExport *self, GError **error);
gboolean loft_export_add_others (LoftExport *self, GError **error);
gboolean loft_export_add_log (LoftExport *self, GError **error);

G_END_DECLS
