/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* A blocking HTTP client that does nothing by itself: what it sends is what it
 * is given, byte for byte. For the thread of a test, never for the main loop
 * that the server lives on. */

/**
 * HttpAnswer:
 * @status: the status; 0 if the connection was closed instead
 * @head: status line and headers, as they came
 * @body: the body
 *
 * What a server said.
 */
typedef struct
{
  guint status;
  char *head;   /* owned */
  GBytes *body; /* owned */
} HttpAnswer;

void http_answer_free (HttpAnswer *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (HttpAnswer, http_answer_free)

char *http_answer_get_header (const HttpAnswer *self, const char *name);
char *http_answer_dup_text (const HttpAnswer *self);

typedef struct _HttpClient HttpClient;

HttpClient *http_client_new (guint16 port);
void http_client_free (HttpClient *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (HttpClient, http_client_free)

GSocket *http_client_get_socket (HttpClient *self);
gboolean http_client_send (HttpClient *self, const void *data, gsize length);
gboolean http_client_send_text (HttpClient *self, const char *text);
HttpAnswer *http_client_receive (HttpClient *self, gboolean has_body);
gboolean http_client_is_closed (HttpClient *self);

HttpAnswer *http_client_request (HttpClient *self,
                                 const char *method,
                                 const char *target,
                                 const char *headers,
                                 GBytes *body);
HttpAnswer *http_request (guint16 port,
                          const char *method,
                          const char *target,
                          const char *headers,
                          GBytes *body);

G_END_DECLS
