/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "http/loft-request.h"

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/**
 * LoftUploadFormat:
 * @LOFT_UPLOAD_TARBALL: the body is the tarball
 * @LOFT_UPLOAD_JSON: the body is a JSON object whose `tarball` is the tarball
 *   in base64
 *
 * How a tarball is sent.
 */
typedef enum
{
  LOFT_UPLOAD_TARBALL,
  LOFT_UPLOAD_JSON
} LoftUploadFormat;

#define LOFT_TYPE_UPLOAD (loft_upload_get_type ())
G_DECLARE_FINAL_TYPE (LoftUpload, loft_upload, LOFT, UPLOAD, GObject)

LoftUpload *
loft_upload_new (LoftSpool *spool, LoftUploadFormat format, goffset max);
void loft_upload_receive (LoftUpload *self, LoftRequest *request);
void loft_upload_finish_async (LoftUpload *self,
                               LoftRequest *request,
                               GAsyncReadyCallback callback,
                               gpointer user_data);
gboolean loft_upload_finish (LoftUpload *self,
                             GAsyncResult *result,
                             LoftSpool **out_spool,
                             JsonNode **out_json,
                             GError **error);

G_END_DECLS
