/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

/* fill.mjs URL: fills the registry there. */

import { fill } from './packages.mjs';

await fill(process.argv[2]);
