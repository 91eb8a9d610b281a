/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "loft-s3-client.h"

G_BEGIN_DECLS

gboolean loft_s3_answer_is_transient (const LoftS3Answer *answer);
gboolean loft_s3_answer_has_code (const LoftS3Answer *answer, const char *code);
gboolean loft_s3_answer_set_error (const LoftS3Answer *answer,
                                   const char *key,
                                   GError **error);
void loft_s3_error_set_unanswered (const char *host,
                                   const GError *cause,
                                   GError **error);

G_END_DECLS
