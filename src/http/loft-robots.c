/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "http/loft-robots.h"

#include "http/loft-hot.h"
#include "http/loft-representation.h"

/* What search engines shall leave alone (RFC 9309): what is no page, the same
 * registry once more for each day and event, and searches, which never end. */
static const char rules[] = "User-agent: *\n"
                            "Disallow: /at/\n"
                            "Disallow: /auth/\n"
                            "Disallow: /changes\n"
                            "Disallow: /min-age/\n"
                            "Disallow: /packages?q=\n"
                            "Disallow: /packages?*&q=\n"
                            "Disallow: /packages/*/diff\n"
                            "Disallow: /packages/*/download$\n"
                            "Disallow: /packages/*/downloads$\n"
                            "Disallow: /packages/*/files/\n"
                            "Disallow: /packages/*/raw/\n"
                            "Disallow: /tokens\n";

static void
handle_robots (LoftRequest *request)
{
  const char *url = loft_request_get_shared (request)->settings.public_url;
  GString *text = g_string_new (rules);

  if (url != NULL)
    g_string_append_printf (text, "\nSitemap: %s/sitemap.xml\n", url);
  g_autoptr (GBytes) body = g_string_free_to_bytes (text);

  loft_hot_mark (request, NULL);
  loft_representation_send (request, LOFT_MEDIA_TYPE_TEXT, body, NULL);
}

const LoftEndpoint loft_read_robots = { .handle = handle_robots };
