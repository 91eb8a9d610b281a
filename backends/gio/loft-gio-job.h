/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * LoftGioJob:
 * @root: (owned): the folder that it is about
 * @user: (owned) (nullable): who asks for it
 * @password: (owned) (nullable): with which password
 * @was_asked: whether the password was asked for
 * @cancellable: (owned): cancelled when nobody waits any more
 *
 * Something that GVfs does only without waiting. Whoever waits for it may give
 * up.
 */
typedef struct
{
  gatomicrefcount ref_count;
  GFile *root;
  char *user;
  char *password;
  gboolean was_asked;
  GCancellable *cancellable;

  /*< private >*/
  GMutex lock; /* guards what follows */
  GCond changed;
  gboolean is_done;
  GError *error; /* owned, nullable */
} LoftGioJob;

LoftGioJob *
loft_gio_job_new (GFile *root, const char *user, const char *password);
void loft_gio_job_unref (LoftGioJob *job);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LoftGioJob, loft_gio_job_unref)

void loft_gio_job_return (LoftGioJob *job, GError *error);
gboolean loft_gio_job_run (LoftGioJob *job,
                           GSourceFunc function,
                           gint64 timeout,
                           GError **error);

G_END_DECLS
