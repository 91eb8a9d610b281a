/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The version of the protocol that is spoken on the socket. */
#define LOFT_BUILDER_PROTOCOL 1

/**
 * LoftBuilderRequest:
 * @name: the package
 * @version: its version
 * @command: what makes the documentation, and its arguments
 * @seconds: how long it may take
 * @memory: bytes of memory
 * @processes: processes and threads at a time
 * @output_bytes: bytes of all files of the documentation
 * @output_files: how many files it may have
 * @tarball_bytes: bytes of the tarball that follows
 *
 * What is to be built, and what it may take.
 */
typedef struct
{
  char *name;    /* owned */
  char *version; /* owned */
  GStrv command; /* owned */
  guint64 seconds;
  guint64 memory;
  guint64 processes;
  guint64 output_bytes;
  guint64 output_files;
  guint64 tarball_bytes;
} LoftBuilderRequest;

LoftBuilderRequest *
loft_builder_request_parse (const char *text, gsize length, GError **error);
void loft_builder_request_free (LoftBuilderRequest *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LoftBuilderRequest, loft_builder_request_free)

G_END_DECLS
