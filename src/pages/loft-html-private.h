/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "pages/loft-html.h"

G_BEGIN_DECLS

/* For those alone that escape what they write: tests/check-layers knows them.
 */

LoftHtml *loft_html_new_take (GString *text);

G_END_DECLS
