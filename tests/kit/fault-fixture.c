/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "kit/fault-fixture.h"

#include "backend/loft-backend-loader.h"
#include "kit/storage-kit.h"

void
fault_fixture_set_up (FaultFixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;

  fixture->root = storage_kit_make_root ();
  g_autoptr (GKeyFile) config = storage_kit_config (fixture->root);
  fixture->real = loft_backend_open ("filesystem", config, NULL, &error);
  g_assert_no_error (error);
  fixture->storage = fault_storage_new (fixture->real);
}

void
fault_fixture_tear_down (FaultFixture *fixture, gconstpointer test_data)
{
  g_assert_finalize_object (fixture->storage);
  g_assert_finalize_object (fixture->real);
  storage_kit_remove_root (fixture->root);
  g_free (fixture->root);
}
