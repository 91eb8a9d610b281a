/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct _Stranger Stranger;

/**
 * StrangerFunc:
 * @self: a server
 * @target: what it was asked for
 * @stream: the connection, which is closed afterwards
 *
 * Answers a request, in a thread of its own.
 *
 * Returns: %FALSE to have it answered as a registry would
 */
typedef gboolean (*StrangerFunc) (Stranger *self,
                                  const char *target,
                                  GOutputStream *stream);

Stranger *stranger_new (void);
void stranger_free (Stranger *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Stranger, stranger_free)

guint16 stranger_get_port (Stranger *self);
void stranger_set_func (Stranger *self, StrangerFunc func);
void stranger_set_members (Stranger *self, const char *members);
guint stranger_count (Stranger *self, const char *part);
gboolean stranger_is_stopping (Stranger *self);

gboolean stranger_write (GOutputStream *stream, const char *text);
void stranger_answer (GOutputStream *stream,
                      guint status,
                      const char *fields,
                      const char *body);
void stranger_flood (Stranger *self,
                     GOutputStream *stream,
                     const char *text,
                     guint64 most);
void stranger_drip (Stranger *self, GOutputStream *stream, const char *text);

G_END_DECLS
