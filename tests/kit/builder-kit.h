/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include <gio/gio.h>
#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* loft-registry-docs as it is, at the other end of a socket. */

/**
 * BuilderLimits:
 * @seconds: how long a build may take
 * @memory: bytes of memory
 * @processes: processes at a time
 * @bytes: bytes of documentation
 * @files: how many files it may have
 *
 * What a build may take; 0 stands for what is enough.
 */
typedef struct
{
  guint64 seconds;
  guint64 memory;
  guint64 processes;
  guint64 bytes;
  guint64 files;
} BuilderLimits;

/**
 * BuilderAnswer:
 * @status: what came of it
 * @reason: (nullable): why nothing better
 * @log: what was printed
 * @files: (element-type utf8 GBytes): what is in the archive, by path
 *
 * What was answered.
 */
typedef struct
{
  char *status;      /* owned */
  char *reason;      /* owned, nullable */
  char *log;         /* owned */
  GHashTable *files; /* owned */
} BuilderAnswer;

void builder_kit_set_up (void);
void builder_kit_tear_down (void);
gboolean builder_kit_skip (void);

int builder_kit_connect (char **options, GPid *out_pid);
int builder_kit_wait (GPid pid);
void builder_kit_send (int fd, GBytes *bytes);
GBytes *builder_kit_receive (int fd);
GBytes *builder_kit_make_request (const char *const *command,
                                  const BuilderLimits *limits,
                                  GBytes *tarball);
GBytes *builder_kit_make_package (void);

BuilderAnswer *builder_kit_parse (GBytes *bytes);
BuilderAnswer *builder_kit_ask (GBytes *request, char **options);
BuilderAnswer *builder_kit_build (const char *script,
                                  const BuilderLimits *limits);
void builder_answer_free (BuilderAnswer *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BuilderAnswer, builder_answer_free)

G_END_DECLS
