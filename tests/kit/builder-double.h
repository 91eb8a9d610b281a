/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* In the place of the program that builds documentation: answers what it was
 * told to, in the order in which it was told, and then with a page. */

/**
 * BuilderReply:
 * @status: (nullable): what it says; %NULL to hang up without an answer
 * @reason: (nullable): why
 * @log: (nullable): what was said
 * @archive: (nullable): what follows
 * @archive_bytes: how many bytes it says that are; -1 for the right number
 * @line: (nullable): instead of all that is said
 * @hangs: whether it then waits until the other end hangs up
 * @deaf: whether it answers without having read the tarball
 *
 * An answer.
 */
typedef struct
{
  const char *status;
  const char *reason;
  const char *log;
  GBytes *archive; /* not owned, nullable */
  gint64 archive_bytes;
  const char *line;
  gboolean hangs;
  gboolean deaf;
} BuilderReply;

typedef struct _BuilderDouble BuilderDouble;

BuilderDouble *builder_double_new (const char *path);
void builder_double_free (BuilderDouble *self);
void builder_double_expect (BuilderDouble *self, const BuilderReply *reply);
guint builder_double_count (BuilderDouble *self);
char *builder_double_dup_request (BuilderDouble *self);
GBytes *builder_double_ref_tarball (BuilderDouble *self);

GBytes *builder_double_pack (const char *path, const char *content);

G_END_DECLS
