/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "kit/fault-storage.h"

G_BEGIN_DECLS

typedef struct
{
  char *root;           /* owned */
  LoftStorage *real;    /* owned */
  LoftStorage *storage; /* owned: the same, with faults */
} FaultFixture;

void fault_fixture_set_up (FaultFixture *fixture, gconstpointer test_data);
void fault_fixture_tear_down (FaultFixture *fixture, gconstpointer test_data);

G_END_DECLS
