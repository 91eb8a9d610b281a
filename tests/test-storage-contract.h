/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "kit/storage-kit.h"

#define CONTRACT_TEST(path, function)                                          \
  g_test_add ("/storage-contract" path,                                        \
              StorageFixture,                                                  \
              NULL,                                                            \
              storage_fixture_set_up,                                          \
              function,                                                        \
              storage_fixture_tear_down)

void contract_add_write_tests (void);
void contract_add_read_tests (void);
void contract_add_race_tests (void);
void contract_add_observe_tests (void);
