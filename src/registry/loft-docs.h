/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "registry/loft-json.h"

G_BEGIN_DECLS

/* Where the original server keeps documentation, and so do we. */
#define LOFT_DOCS_FOLDER "docs"

/* What a folder leads to. */
#define LOFT_DOCS_INDEX "index.html"

/* From where on in the log versions get some. */
#define LOFT_DOCS_QUEUE_KEY "_registry/docs.json"

/* Bytes of one of its files at most. */
#define LOFT_DOCS_FILE_MAX (16 * 1024 * 1024)

/* Bytes at most of why it could not be built, and of what was said last. */
#define LOFT_DOCS_REASON_MAX 500
#define LOFT_DOCS_LOG_MAX 4096

/**
 * LoftDocsState:
 * @LOFT_DOCS_NONE: there is none, and nobody has asked for any
 * @LOFT_DOCS_WAITING: somebody wants it built
 * @LOFT_DOCS_BUILT: there is some
 * @LOFT_DOCS_FAILED: it could not be built
 *
 * How it is with a version's documentation. The numbers stand in catalogs.
 */
typedef enum
{
  LOFT_DOCS_NONE = 0,
  LOFT_DOCS_WAITING = 1,
  LOFT_DOCS_BUILT = 2,
  LOFT_DOCS_FAILED = 3
} LoftDocsState;

/**
 * LoftDocs:
 * @state: how it is
 * @generation: (nullable): which build is shown; empty for the one of the
 *   original server, and %NULL for none
 * @attempts: how often it could not be built since somebody wanted it
 * @reason: (nullable): why that was so the last time
 * @log: (nullable): what was said then, the end of it
 * @time: since when it is so, in microseconds since 1970
 *
 * A version's documentation. What was built before is shown until there is
 * something newer, even if that could not be built.
 */
typedef struct
{
  LoftDocsState state;
  char *generation; /* owned, nullable */
  guint attempts;
  char *reason; /* owned, nullable */
  char *log;    /* owned, nullable */
  gint64 time;
} LoftDocs;

void loft_docs_copy (LoftDocs *self, const LoftDocs *other);
void loft_docs_clear (LoftDocs *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (LoftDocs, loft_docs_clear)

const char *loft_docs_state_to_string (LoftDocsState state);
LoftDocsState loft_docs_state_from_string (const char *text);

char *loft_docs_make_prefix (const char *name,
                             const char *key,
                             const char *generation);
gboolean
loft_docs_parse_key (const char *object_key, char **out_name, char **out_key);
void
loft_docs_write (const LoftDocs *self, gboolean with_log, JsonBuilder *builder);
char *loft_docs_clean_text (const char *text, gsize most, gboolean keep_lines);

G_END_DECLS
