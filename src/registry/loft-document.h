/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "registry/loft-actor.h"
#include "registry/loft-archive.h"

G_BEGIN_DECLS

/**
 * LoftDocument:
 * @name: the package
 * @version: the version in full, build metadata included
 * @key: name of the object without `.json`: the version without build
 *   metadata; in an adopted folder, whatever stands there
 * @archive: name of the tarball's object, below the package
 * @description: (nullable): one sentence
 * @repository: (nullable): a URL
 * @license: (nullable): an SPDX expression
 * @authors: who wrote it
 * @keywords: for the search
 * @owners: user names that the original server wrote
 * @dependencies: package name to constraint
 * @published_at: microseconds since 1970; of an adopted document its storage
 *   time
 * @published_by: who published it
 * @adopted: whether the original server wrote it
 * @size: bytes of the tarball, or -1 if the document does not say
 * @sha256: (nullable): of the tarball, in hex
 * @readme: (nullable): text of the README
 * @digest: SHA-256 of the document itself, in hex
 *
 * What `NAME/VERSION.json` says. Never changes once it is stored.
 */
typedef struct
{
  char *name;               /* owned */
  char *version;            /* owned */
  char *key;                /* owned */
  char *archive;            /* owned */
  char *description;        /* owned, nullable */
  char *repository;         /* owned, nullable */
  char *license;            /* owned, nullable */
  GStrv authors;            /* owned, never NULL */
  GStrv keywords;           /* owned, never NULL */
  GStrv owners;             /* owned, never NULL */
  GHashTable *dependencies; /* owned, of owned strings */
  gint64 published_at;
  LoftActor published_by; /* owned */
  gboolean adopted;
  gint64 size;
  char *sha256; /* owned, nullable */
  char *readme; /* owned, nullable */
  char *digest; /* owned */
} LoftDocument;

/**
 * LoftDocumentFacts:
 * @archive: (nullable): name of the tarball's object, where it is not the
 *   version with `.tar.gz`
 * @size: bytes of the tarball
 * @sha256: of the tarball, in hex
 * @published_at: microseconds since 1970
 * @published_by: who publishes it
 * @description: (nullable): instead of the manifest's
 * @repository: (nullable): instead of the manifest's
 * @license: (nullable): instead of the manifest's
 * @authors: (nullable): instead of the manifest's
 * @owners: (nullable): public ids of the package's owners
 *
 * What a document says besides what is in the tarball.
 */
typedef struct
{
  const char *archive;
  gint64 size;
  const char *sha256;
  gint64 published_at;
  const LoftActor *published_by;
  const char *description;
  const char *repository;
  const char *license;
  const char *const *authors;
  const char *const *owners;
} LoftDocumentFacts;

/* Room for a README and 20,000 files with long paths. */
#define LOFT_DOCUMENT_SIZE_MAX (32 * 1024 * 1024)

LoftDocument *loft_document_parse (const char *name,
                                   const char *key,
                                   GBytes *text,
                                   gint64 modified,
                                   GError **error);
GBytes *loft_document_build (const LoftArchive *archive,
                             const LoftDocumentFacts *facts);
void loft_document_free (LoftDocument *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LoftDocument, loft_document_free)

GBytes *
loft_document_render (GBytes *text, const char *element, GError **error);

char *loft_document_make_key (const char *name, const char *key);
gboolean loft_document_parse_key (const char *object_key,
                                  char **out_name,
                                  char **out_key);
char *loft_document_find_stem (const char *archive);

G_END_DECLS
