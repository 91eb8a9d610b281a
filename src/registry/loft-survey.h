/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "registry/loft-registry.h"

G_BEGIN_DECLS

#define LOFT_SURVEY_DIGEST 32

/**
 * LoftSurveyFile:
 * @path: where it is; valid UTF-8
 * @size: how many bytes it has
 * @digest: SHA-256 of its content
 * @is_link: whether it is a symbolic link; its content is where it leads
 * @content: (nullable): its content, where that was wanted
 *
 * A file of a package.
 */
typedef struct
{
  char *path; /* owned */
  guint64 size;
  guint8 digest[LOFT_SURVEY_DIGEST];
  gboolean is_link;
  GBytes *content; /* owned, nullable */
} LoftSurveyFile;

GHashTable *loft_survey_new (const LoftDownload *download,
                             GHashTable *wanted,
                             gsize content_max,
                             gint64 end,
                             GCancellable *cancellable,
                             GError **error);
gboolean loft_survey_are_same (const LoftSurveyFile *one,
                               const LoftSurveyFile *other);

G_END_DECLS
