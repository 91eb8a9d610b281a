/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * HistoryOp:
 * @HISTORY_PUBLISH: a version was published, or that was tried
 * @HISTORY_YANK: a version was yanked
 * @HISTORY_UNYANK: that was taken back
 * @HISTORY_READ: what is known of a version was read
 * @HISTORY_DOWNLOAD: its tarball was downloaded
 * @HISTORY_EVENT: an event in the log, as a node showed it in the end
 * @HISTORY_FOLLOW: the same, as a node showed it to one who followed the log
 * @HISTORY_LIST: something that a node answered in the end, as a whole
 * @HISTORY_TROUBLE: something was done to a node or to the store
 *
 * What a record is about.
 */
typedef enum
{
  HISTORY_PUBLISH,
  HISTORY_YANK,
  HISTORY_UNYANK,
  HISTORY_READ,
  HISTORY_DOWNLOAD,
  HISTORY_EVENT,
  HISTORY_FOLLOW,
  HISTORY_LIST,
  HISTORY_TROUBLE,
} HistoryOp;

/**
 * HistoryRecord:
 * @op: what it is about
 * @node: which of the registries was asked
 * @client: (nullable): who asked
 * @name: (nullable): the package; of %HISTORY_LIST the target; of
 *   %HISTORY_TROUBLE what was done
 * @version: (nullable): its version
 * @sent: (nullable): digest of the tarball that was sent
 * @status: what was answered; 0 where no answer came
 * @begin: when the request began; of an event, when it was logged
 * @end: when the answer was there
 * @got: (nullable): digest of the tarball that the answer names, or is; of
 *   %HISTORY_LIST digest of the answer
 * @yanked: of %HISTORY_READ whether the version is yanked
 * @final: whether nothing was published or killed any more
 * @seq: the number of an event
 * @type: (nullable): the type of an event
 * @revision: the revision of a package of which an event tells, or 0
 * @text: (nullable): digest of an event, to the letter
 *
 * One request and its answer. Times are microseconds of one clock.
 */
typedef struct
{
  HistoryOp op;
  guint node;
  char *client;  /* owned, nullable */
  char *name;    /* owned, nullable */
  char *version; /* owned, nullable */
  char *sent;    /* owned, nullable */
  guint status;
  gint64 begin;
  gint64 end;
  char *got; /* owned, nullable */
  gboolean yanked;
  gboolean final;
  guint64 seq;
  char *type; /* owned, nullable */
  guint64 revision;
  char *text; /* owned, nullable */
} HistoryRecord;

HistoryRecord *history_record_new (HistoryOp op, guint node);
HistoryRecord *history_record_parse (const char *line, GError **error);
void history_record_free (HistoryRecord *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (HistoryRecord, history_record_free)

char *history_record_format (const HistoryRecord *self);

GPtrArray *history_load (const char *path, GError **error);

G_END_DECLS
