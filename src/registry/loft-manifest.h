/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "registry/loft-json.h"
#include "registry/loft-registry-error.h"

G_BEGIN_DECLS

/**
 * LoftManifest:
 * @name: the package's name
 * @version: the version, build metadata included
 * @entrypoint: (nullable): path of the file to run
 * @description: (nullable): one sentence
 * @repository: (nullable): a URL
 * @license: (nullable): an SPDX expression
 * @authors: who wrote it
 * @keywords: for the search
 * @dependencies: package name to constraint, both strings
 * @json: the whole manifest
 *
 * What `manifest.json` says, checked.
 */
typedef struct
{
  char *name;               /* owned */
  char *version;            /* owned */
  char *entrypoint;         /* owned, nullable */
  char *description;        /* owned, nullable */
  char *repository;         /* owned, nullable */
  char *license;            /* owned, nullable */
  GStrv authors;            /* owned, never NULL */
  GStrv keywords;           /* owned, never NULL */
  GHashTable *dependencies; /* owned, of owned strings */
  JsonNode *json;           /* owned */
} LoftManifest;

LoftManifest *
loft_manifest_new (JsonNode *json, const char *where, LoftFindings *findings);
LoftManifest *loft_manifest_parse (const char *text,
                                   gsize length,
                                   const char *where,
                                   LoftFindings *findings);
void loft_manifest_free (LoftManifest *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LoftManifest, loft_manifest_free)

gboolean loft_manifest_agrees (LoftManifest *self,
                               LoftManifest *other,
                               LoftFindings *findings);

G_END_DECLS
