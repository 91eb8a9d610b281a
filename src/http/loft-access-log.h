/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * LoftAccess:
 * @request_id: the request's id
 * @method: (nullable): its method
 * @target: (nullable): its target
 * @peer: (nullable): where it came from
 * @status: what was answered; 0 for nothing
 * @bytes: bytes of the body that were sent
 * @duration: microseconds from the end of the head to the end of the answer
 * @aborted: whether the client left before the end
 *
 * What the access log tells of a request.
 */
typedef struct
{
  const char *request_id;
  const char *method;
  const char *target;
  GInetAddress *peer;
  guint status;
  goffset bytes;
  gint64 duration;
  gboolean aborted;
} LoftAccess;

void loft_access_log (const LoftAccess *access);
char *loft_access_log_escape (const char *text, gsize max);

G_END_DECLS
