/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

void loft_log_writer_install (void);
void loft_log_writer_set_verbose (gboolean verbose);
gboolean loft_log_writer_wants (GLogLevelFlags level, const char *domain);
char *loft_log_writer_format (GLogLevelFlags level,
                              const GLogField *fields,
                              gsize n_fields,
                              gint64 time);

G_END_DECLS
