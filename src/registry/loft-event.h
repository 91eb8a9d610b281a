/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "registry/loft-docs.h"
#include "registry/loft-document.h"
#include "registry/loft-state.h"
#include "registry/loft-token.h"

G_BEGIN_DECLS

/**
 * LoftEventType:
 * @LOFT_EVENT_OTHER: a type that a later release writes; kept and skipped
 * @LOFT_EVENT_PUBLISH: a version was published
 * @LOFT_EVENT_ADOPT: a version of the original server was taken over
 * @LOFT_EVENT_CLAIM: a name got its first `package.json`
 * @LOFT_EVENT_YANK: a version was yanked
 * @LOFT_EVENT_UNYANK: a version is no longer yanked
 * @LOFT_EVENT_DEPRECATE: a package was deprecated, or is no longer
 * @LOFT_EVENT_OWNERS: a package's owners changed
 * @LOFT_EVENT_TOKEN_CREATE: a token was issued, or adopted
 * @LOFT_EVENT_TOKEN_REVOKE: a token was revoked
 * @LOFT_EVENT_ADMINISTER: an administrator of this machine did something else
 * @LOFT_EVENT_DOCS: a version's documentation is another one, or was found
 *
 * What an event tells. Those from %LOFT_EVENT_CLAIM to %LOFT_EVENT_OWNERS carry
 * the package's whole new state.
 */
typedef enum
{
  LOFT_EVENT_OTHER,
  LOFT_EVENT_PUBLISH,
  LOFT_EVENT_ADOPT,
  LOFT_EVENT_CLAIM,
  LOFT_EVENT_YANK,
  LOFT_EVENT_UNYANK,
  LOFT_EVENT_DEPRECATE,
  LOFT_EVENT_OWNERS,
  LOFT_EVENT_TOKEN_CREATE,
  LOFT_EVENT_TOKEN_REVOKE,
  LOFT_EVENT_ADMINISTER,
  LOFT_EVENT_DOCS
} LoftEventType;

/**
 * LoftEvent:
 * @seq: its number in the log; 0 before it is appended
 * @time: microseconds since 1970
 * @type: what happened
 * @name: (nullable): the package
 * @key: (nullable): the document's key
 * @version: (nullable): the version in full
 * @archive_sha256: (nullable): of the tarball, in hex
 * @document_sha256: (nullable): of the document, in hex
 * @size: bytes of the tarball, or -1; for documents that do not say
 * @published_at: microseconds since 1970, or 0; for documents that do not say
 * @actor: who did it
 * @act: (nullable): what an administrator did, in one word
 * @node: which daemon wrote it
 * @id: random, tells a writer its own event
 * @state: (nullable): the package's whole new state, without secrets
 * @token: (nullable): the token, without secrets
 * @docs: how it is with the version's documentation
 * @text: (nullable): the event as it stands in the log, one line of JSON
 *   without the line feed; set once it is appended or parsed
 * @document: (nullable): the document, where its writer still has it
 *
 * One committed change.
 */
typedef struct
{
  gatomicrefcount ref_count;
  guint64 seq;
  gint64 time;
  LoftEventType type;
  char *name;            /* owned, nullable */
  char *key;             /* owned, nullable */
  char *version;         /* owned, nullable */
  char *archive_sha256;  /* owned, nullable */
  char *document_sha256; /* owned, nullable */
  gint64 size;
  gint64 published_at;
  LoftActor actor;        /* owned */
  char *act;              /* owned, nullable */
  char *node;             /* owned, nullable */
  char *id;               /* owned, nullable */
  LoftState *state;       /* owned, nullable */
  LoftToken *token;       /* owned, nullable */
  LoftDocs docs;          /* owned */
  char *text;             /* owned, nullable */
  LoftDocument *document; /* owned, nullable */
} LoftEvent;

const char *loft_event_type_to_string (LoftEventType type);

LoftEvent *loft_event_new (LoftEventType type, const char *name);
LoftEvent *loft_event_new_for_document (LoftDocument *document);
LoftEvent *loft_event_new_for_state (const char *name, const LoftState *state);
LoftEvent *loft_event_new_for_token (LoftEventType type,
                                     const LoftToken *token);
LoftEvent *loft_event_new_for_act (const char *act, const LoftActor *actor);
LoftEvent *loft_event_new_for_docs (const char *name,
                                    const char *key,
                                    const LoftDocs *docs);
LoftEvent *loft_event_parse (const char *line, gsize length, GError **error);
LoftEvent *loft_event_ref (LoftEvent *self);
void loft_event_unref (LoftEvent *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LoftEvent, loft_event_unref)

void loft_event_seal (LoftEvent *self, guint64 seq, gint64 time);
void loft_event_date (const LoftEvent *self, LoftDocument *document);
GBytes *loft_event_leave_out_audit (GBytes *lines);

G_END_DECLS
