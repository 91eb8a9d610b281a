/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "kit/bus-kit.h"
#include "kit/daemon-kit.h"

G_BEGIN_DECLS

/**
 * CtlKit:
 * @bus: a bus
 * @connection: root's or whose the tests are
 * @daemon: a registry with two workers on it
 *
 * A registry that can be administered.
 */
typedef struct
{
  BusKit *bus;                 /* owned */
  GDBusConnection *connection; /* owned */
  DaemonKit *daemon;           /* owned */
} CtlKit;

/**
 * CtlKitResult:
 * @status: what the tool exited with
 * @out: what it printed
 * @err: what it complained about
 *
 * What came of a command.
 */
typedef struct
{
  int status;
  char *out; /* owned */
  char *err; /* owned */
} CtlKitResult;

void ctl_kit_add (const char *path, void (*test) (CtlKit *, gconstpointer));
void ctl_kit_set_up (CtlKit *self, gconstpointer test_data);
void ctl_kit_start (CtlKit *self);
void ctl_kit_tear_down (CtlKit *self, gconstpointer test_data);
void ctl_kit_publish (CtlKit *self,
                      const char *name,
                      const char *version,
                      const char *description);

GSubprocess *ctl_kit_launch (GSubprocessLauncher *launcher, const char *line);
CtlKitResult *ctl_kit_run (const char *line);
CtlKitResult *ctl_kit_run_as (const char *line, guint32 uid);
char *ctl_kit_succeed (const char *line);
char *ctl_kit_list_archive (const char *options, const char *path);
void ctl_kit_result_free (CtlKitResult *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CtlKitResult, ctl_kit_result_free)

G_END_DECLS
