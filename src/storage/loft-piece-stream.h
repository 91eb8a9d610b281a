/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define LOFT_TYPE_PIECE_STREAM (loft_piece_stream_get_type ())
G_DECLARE_DERIVABLE_TYPE (LoftPieceStream,
                          loft_piece_stream,
                          LOFT,
                          PIECE_STREAM,
                          GInputStream)

/**
 * LoftPieceStreamClass:
 * @fetch: gives (transfer full) the bytes from an offset on, one at least and
 * as many as are wanted at most, or %NULL with an error
 */
struct _LoftPieceStreamClass
{
  GInputStreamClass parent_class;

  GBytes *(*fetch) (LoftPieceStream *self,
                    goffset offset,
                    gsize wanted,
                    GCancellable *cancellable,
                    GError **error);
};

void loft_piece_stream_begin (LoftPieceStream *self,
                              GBytes *first,
                              goffset offset,
                              goffset length,
                              gsize most);

G_END_DECLS
