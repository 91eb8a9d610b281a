/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "http/loft-robots.h"

#include "http/loft-hot.h"
#include "http/loft-representation.h"

#include <string.h>

/* What search engines shall leave alone (RFC 9309): what is no page, the same
 * registry once more for each day and event, and searches, which never end. */
static const char rules[] = "User-agent: *\n"
                            "Disallow: /at/\n"
                            "Disallow: /auth/\n"
                            "Disallow: /changes\n"
                            "Disallow: /min-age/\n"
                            "Disallow: /packages?q=\n"
                            "Disallow: /packages?*&q=\n"
                            "Disallow: /packages/*/download$\n"
                            "Disallow: /packages/*/downloads$\n"
                            "Disallow: /packages/*/files/\n"
                            "Disallow: /packages/*/raw/\n"
                            "Disallow: /tokens\n";

static void
handle_robots (LoftRequest *request)
{
  g_autoptr (GBytes) body = g_bytes_new_static (rules, strlen (rules));

  loft_hot_mark (request, NULL);
  loft_representation_send (request, LOFT_MEDIA_TYPE_TEXT, body, NULL);
}

const LoftEndpoint loft_read_robots = { .handle = handle_robots };
