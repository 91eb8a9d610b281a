/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "pages/loft-pages.h"

G_BEGIN_DECLS

/* What the site is called. */
#define LOFT_PAGES_SITE "loft packages"

JsonObject *loft_pages_new_values (const LoftPagesPlace *place);
LoftHtml *loft_pages_fill (const char *name, JsonObject *values);
LoftHtml *loft_pages_finish (const LoftPagesPlace *place,
                             const char *name,
                             JsonObject *values,
                             const char *title,
                             LoftHtml *readme);

JsonObject *loft_pages_copy_object (JsonObject *object,
                                    const char *const *members);
void loft_pages_add_words (const LoftPagesPlace *place, JsonObject *element);
char *loft_pages_format_folder (const LoftPagesPlace *place,
                                const char *name,
                                const char *version,
                                const char *folder);
void loft_pages_add_versions (const LoftPagesPlace *place,
                              JsonObject *values,
                              const LoftPagesPackage *package);
JsonObject *loft_pages_new_software (const LoftPagesPlace *place,
                                     JsonObject *shown,
                                     const char *canonical);
JsonArray *loft_pages_new_files (const LoftPagesPlace *place,
                                 JsonObject *version,
                                 guint begin,
                                 guint max);
JsonObject *loft_pages_new_downloads (const LoftPagesPackage *package);

G_END_DECLS
