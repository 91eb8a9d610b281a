/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "ctl/loft-ctl.h"

G_BEGIN_DECLS

/**
 * LoftCtlSourceOptions:
 * @seconds: how long to wait for an answer, or for more of it
 * @retries: how often to try again what failed for the moment
 *
 * How patient to be with another registry.
 */
typedef struct
{
  guint seconds;
  guint retries;
} LoftCtlSourceOptions;

/**
 * LoftCtlSourceFunc:
 * @data: (nullable): the next piece of an answer, or %NULL at its beginning,
 *   which may come more than once
 * @length: how many bytes
 * @user_data: what was given with the function
 * @error: return location for a #GError
 *
 * Takes an answer.
 *
 * Returns: %FALSE with @error set to want no more of it
 */
typedef gboolean (*LoftCtlSourceFunc) (const char *data,
                                       gsize length,
                                       gpointer user_data,
                                       GError **error);

typedef struct _LoftCtlSource LoftCtlSource;

GUri *loft_ctl_source_parse_url (const char *url, GError **error);
LoftCtlSource *loft_ctl_source_new (const char *url,
                                    const LoftCtlSourceOptions *options,
                                    GError **error);
void loft_ctl_source_free (LoftCtlSource *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LoftCtlSource, loft_ctl_source_free)

gboolean loft_ctl_source_get (LoftCtlSource *self,
                              const char *path,
                              guint64 most,
                              LoftCtlSourceFunc func,
                              gpointer user_data,
                              GError **error);

G_END_DECLS
