/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include <gio/gio.h>

#include "kit/wire-kit.h"

G_BEGIN_DECLS

/**
 * DaemonKit:
 * @folder: holds all the rest
 * @storage: the registry's storage
 * @cache: its cache directory
 * @log: what it wrote to standard error, over all starts
 * @pid: the running process, or 0
 * @port: where it listens on 127.0.0.1
 * @listener: (nullable): a socket that is passed to it
 * @expects_warnings: whether it goes on after a warning
 *
 * The real program, in a process of its own, with a folder of its own.
 */
typedef struct
{
  char *folder;  /* owned */
  char *storage; /* owned */
  char *cache;   /* owned */
  char *config;  /* owned */
  char *log;     /* owned */
  GPid pid;
  guint16 port;
  goffset log_start;
  GSocket *listener; /* owned, nullable */
  gboolean owns_folder;
  gboolean expects_warnings;
} DaemonKit;

DaemonKit *daemon_kit_new (const char *folder, GError **error);
void daemon_kit_free (DaemonKit *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DaemonKit, daemon_kit_free)

gboolean daemon_kit_launch (DaemonKit *self, GError **error);
gboolean daemon_kit_find_port (DaemonKit *self);
gboolean daemon_kit_has_ended (DaemonKit *self, int *out_status);
gboolean daemon_kit_wait_listening (DaemonKit *self, GError **error);
gboolean daemon_kit_start (DaemonKit *self, GError **error);
gboolean daemon_kit_wait_ready (DaemonKit *self, guint seconds, GError **error);
void daemon_kit_ask_to_stop (DaemonKit *self);
gboolean daemon_kit_wait_stopped (DaemonKit *self, GError **error);
gboolean daemon_kit_stop (DaemonKit *self, GError **error);
void daemon_kit_kill (DaemonKit *self);
gboolean daemon_kit_forget_cache (DaemonKit *self, GError **error);
char *daemon_kit_dup_log (DaemonKit *self);

gboolean daemon_kit_configure (DaemonKit *self,
                               const char *group,
                               const char *key,
                               const char *value,
                               GError **error);
GArray *daemon_kit_list_workers (DaemonKit *self);
gboolean daemon_kit_wait_workers (DaemonKit *self, guint n, GError **error);
Wire *daemon_kit_connect (DaemonKit *self, GPid worker, GError **error);

G_END_DECLS
