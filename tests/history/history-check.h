/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "history/history-record.h"

G_BEGIN_DECLS

GPtrArray *history_check (GPtrArray *records);

G_END_DECLS
