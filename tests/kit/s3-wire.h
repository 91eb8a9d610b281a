/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "kit/s3-memory.h"

G_BEGIN_DECLS

#define S3_WIRE_BUCKET "bucket"

/* HTTP as an object store in memory needs it. */
void s3_wire_hurry (GSocketConnection *connection);
S3Question *s3_wire_read (GDataInputStream *input);
gboolean s3_wire_write (GOutputStream *output,
                        const S3Question *question,
                        const S3Reply *reply,
                        gboolean cut);
S3Reply *s3_wire_forward (guint16 port, const S3Question *question);

G_END_DECLS
