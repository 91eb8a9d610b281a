/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "docs/loft-builder-request.h"

G_BEGIN_DECLS

/* Descriptors that the sandbox inherits: where its result goes, and this
 * program itself. */
#define LOFT_BUILDER_RESULT_FD 3
#define LOFT_BUILDER_PROGRAM_FD 4

/* How this program is told that it runs within the sandbox. */
#define LOFT_BUILDER_INSIDE "--inside"

/* Where the documentation is made there. */
#define LOFT_BUILDER_OUTPUT "/out"

/* How its result begins, a line each. */
#define LOFT_BUILDER_BEGUN "begun"
#define LOFT_BUILDER_BUILT "built"
#define LOFT_BUILDER_FAILED "failed"

GStrv loft_builder_sandbox_make_command (const LoftBuilderRequest *request,
                                         const char *sources,
                                         const char *const *readable);

G_END_DECLS
