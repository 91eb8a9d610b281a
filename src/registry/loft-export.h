/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* The first and the last member of an export. */
#define LOFT_EXPORT_HEAD "_registry/export.json"
#define LOFT_EXPORT_LIST "_registry/export.sha256"
#define LOFT_EXPORT_FORMAT 1

/**
 * LoftExportSummary:
 * @sequence: the last event that it knows
 * @versions: how many documents it holds
 * @objects: how many objects
 * @bytes: how large they are together
 *
 * What is in an export.
 */
typedef struct
{
  guint64 sequence;
  guint64 versions;
  guint64 objects;
  guint64 bytes;
} LoftExportSummary;

/**
 * LoftExportFunc:
 * @name: a package
 * @key: key of a document of it
 * @user_data: what was given with the function
 *
 * Told of a version in an export, before it is known whether that is whole.
 */
typedef void (*LoftExportFunc) (const char *name,
                                const char *key,
                                gpointer user_data);

gboolean loft_export_verify (int fd,
                             const char *directory,
                             LoftExportFunc func,
                             gpointer user_data,
                             LoftExportSummary *out_summary,
                             GCancellable *cancellable,
                             GError **error);

G_END_DECLS
