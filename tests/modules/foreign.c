/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

/* A module that is no backend. */

int foreign_module_marker (void);

int
foreign_module_marker (void)
{
  return 1;
}
