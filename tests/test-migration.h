/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "kit/migration-kit.h"

G_BEGIN_DECLS

void migration_add (const char *path,
                    gconstpointer data,
                    void (*test) (MigrationFixture *fixture,
                                  gconstpointer test_data));
void migration_add_log_tests (void);

G_END_DECLS
