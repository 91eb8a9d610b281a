/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "registry/loft-registry.h"

G_BEGIN_DECLS

/**
 * LoftImport:
 * @actor: the administrator who does it
 * @published_at: microseconds since 1970; 0 for now
 * @published_by: who published it there
 * @owners: whose the package is to be, if it is a new one
 *
 * What tells a version that is taken over from one that is published.
 */
typedef struct
{
  LoftActor actor; /* owned */
  gint64 published_at;
  LoftActor published_by; /* owned */
  GStrv owners;           /* owned, never NULL */
} LoftImport;

void loft_import_free (LoftImport *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LoftImport, loft_import_free)

gboolean loft_import_read_document (LoftImport *self,
                                    LoftPublishRequest *request,
                                    GBytes *document,
                                    GError **error);

G_END_DECLS
