/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "http/loft-request.h"
#include "pages/loft-pages.h"
#include "registry/loft-registry-view.h"

G_BEGIN_DECLS

gboolean loft_html_is_wanted (LoftRequest *request);
LoftPagesPlace *loft_html_new_place (LoftRequest *request);
void loft_html_free_place (LoftPagesPlace *place);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LoftPagesPlace, loft_html_free_place)

/* Makes a page of what is known, in a thread. */
typedef LoftHtml *(*LoftHtmlRenderFunc) (gconstpointer facts);

/* Sends it otherwise than loft_html_send() does. */
typedef void (*LoftHtmlSendFunc) (LoftRequest *request,
                                  LoftHtml *html,
                                  gconstpointer facts);

char *loft_html_format_url (LoftRequest *request, gboolean *out_is_guess);
void loft_html_send (LoftRequest *request,
                     LoftHtml *html,
                     const LoftValidity *validity);
void loft_html_send_lasting (LoftRequest *request,
                             LoftHtml *html,
                             const char *digest);
void loft_html_send_partial (LoftRequest *request, LoftHtml *html);
void loft_html_send_own (LoftRequest *request, LoftHtml *html);
void loft_html_render (LoftRequest *request,
                       LoftHtmlRenderFunc render,
                       LoftHtmlSendFunc send,
                       gpointer facts,
                       GDestroyNotify destroy);
void loft_html_add_headers (LoftRequest *request);
void loft_html_add_page_headers (LoftRequest *request);

/* What is asked for as JSON by the same paths. */

void loft_html_handle_root (LoftRequest *request);
void
loft_html_handle_packages (LoftRequest *request, LoftSort sort, guint limit);
void loft_html_handle_dependents (LoftRequest *request, guint limit);
void loft_html_handle_package (LoftRequest *request, const char *version);

extern const LoftEndpoint loft_read_asset;

G_END_DECLS
