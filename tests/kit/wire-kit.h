/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * Wire:
 *
 * A blocking HTTP client for one thread: one connection, kept open between
 * requests, whose failures are told and not hidden by trying again.
 */
typedef struct _Wire Wire;

/**
 * WireAnswer:
 * @status: the status code
 * @head: status line and headers
 * @body: the body
 *
 * What the server said.
 */
typedef struct
{
  guint status;
  char *head;   /* owned */
  GBytes *body; /* owned */
} WireAnswer;

Wire *wire_new (guint16 port);
void wire_free (Wire *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Wire, wire_free)

gboolean wire_write (Wire *self, const void *data, gsize size, GError **error);
gboolean wire_send (Wire *self,
                    const char *method,
                    const char *target,
                    const char *headers,
                    GBytes *body,
                    GError **error);
WireAnswer *wire_read (Wire *self, gboolean has_body, GError **error);
WireAnswer *wire_skip (Wire *self, guint64 *out_size, GError **error);
WireAnswer *wire_request (Wire *self,
                          const char *method,
                          const char *target,
                          const char *headers,
                          GBytes *body,
                          GError **error);
WireAnswer *wire_get (Wire *self, const char *target, GError **error);
guint wire_publish (Wire *self,
                    const char *name,
                    const char *version,
                    GBytes *tarball);

char *wire_answer_get_header (const WireAnswer *answer, const char *name);
char *wire_answer_dup_text (const WireAnswer *answer);
void wire_answer_free (WireAnswer *answer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (WireAnswer, wire_answer_free)

G_END_DECLS
