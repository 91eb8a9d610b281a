/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* For how many days it is told how often a package was downloaded on each. */
#define LOFT_DOWNLOAD_DAYS 90

/* "2026-11-26" */
#define LOFT_DOWNLOAD_DAY_LENGTH 10

/**
 * LoftDownloadCount:
 * @day: on which day, as loft_download_day() counts them
 * @name: a package
 * @version: key of one of its documents
 * @n: how often its tarball was downloaded then
 *
 * How often a version was downloaded on a day.
 */
typedef struct
{
  gint64 day;
  char *name;    /* owned */
  char *version; /* owned */
  gint64 n;
} LoftDownloadCount;

GPtrArray *loft_download_counts_new (void);
void loft_download_counts_add (GPtrArray *counts,
                               gint64 day,
                               const char *name,
                               const char *version,
                               gint64 n);
GBytes *loft_download_counts_to_bytes (GPtrArray *counts,
                                       const char *const *covers);
GPtrArray *loft_download_counts_parse (GBytes *text, GStrv *out_covers);

gint64 loft_download_day (gint64 time);
char *loft_download_day_format (gint64 day);
gboolean loft_download_day_parse (const char *text, gint64 *out_day);

G_END_DECLS
