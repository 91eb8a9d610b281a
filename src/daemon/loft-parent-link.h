/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * LoftParentLinkFunc:
 * @message: what the parent says
 * @user_data: what was given with the function
 *
 * Told in the default main context.
 */
typedef void (*LoftParentLinkFunc) (const char *message, gpointer user_data);

gboolean loft_parent_link_send (int fd, const char *message);
char *loft_parent_link_receive (int fd);
void
loft_parent_link_watch (int fd, LoftParentLinkFunc func, gpointer user_data);

G_END_DECLS
