/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "registry/loft-catalog.h"

G_BEGIN_DECLS

/* A catalog in a folder of its own. */
typedef struct
{
  char *directory;      /* owned */
  LoftCatalog *catalog; /* owned */
} Kit;

void kit_setup (Kit *kit, gconstpointer test_data);
void kit_teardown (Kit *kit, gconstpointer test_data);
void kit_reopen (Kit *kit);
void kit_remove (const char *directory);

LoftDocument *kit_document (const char *name, const char *version);
LoftDocument *kit_document_copy (const LoftDocument *document);
void kit_depend (LoftDocument *document, const char *name, const char *version);
LoftEvent *kit_event (LoftDocument *document, guint64 seq);
LoftEvent *kit_state_event (const char *name, LoftState *state, guint64 seq);
LoftState *kit_state (guint64 revision, const char *owner, const char *yanked);

void kit_apply (LoftCatalog *catalog, LoftEvent *event);
void kit_publish (LoftCatalog *catalog, const char *name, const char *version);
void kit_publish_document (LoftCatalog *catalog, LoftDocument *document);
void kit_change (LoftCatalog *catalog, const char *name, LoftState *state);

char *kit_members (GBytes *list, const char *member);
char *kit_versions (LoftCatalog *catalog, const char *name);
char *kit_packages (LoftCatalog *catalog);
char *kit_search (LoftCatalog *catalog,
                  const char *query,
                  LoftSort sort,
                  guint limit);
char *kit_dump (LoftCatalog *catalog);

G_END_DECLS
