/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "kit/loft-test-archive.h"
#include "kit/server-kit.h"

G_BEGIN_DECLS

/* What a registry tells of packages beside pages and JSON. */

void site_kit_publish (ServerFixture *fixture,
                       const char *name,
                       const char *version,
                       const char *members);
void site_kit_publish_archive (ServerFixture *fixture,
                               const char *name,
                               const char *version,
                               LoftTestArchive *archive);
void site_kit_set_url (ServerFixture *fixture, const char *url);
char *site_kit_get (ServerFixture *fixture,
                    const char *target,
                    const char *headers,
                    const char *media_type);
char *site_kit_get_etag (ServerFixture *fixture,
                         const char *target,
                         const char *headers);
gboolean site_kit_check_xml (const char *xml, const char *schema);

G_END_DECLS
