/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include <gio/gio.h>
#include <unistd.h>

G_BEGIN_DECLS

/* A descriptor that is closed when it goes out of scope; -1 is none. */
typedef int LoftFd;

static inline void
loft_fd_close (LoftFd fd)
{
  close (fd);
}

G_DEFINE_AUTO_CLEANUP_FREE_FUNC (LoftFd, loft_fd_close, -1)

#define LOFT_FILESYSTEM_STRIPES 64

/**
 * LoftFilesystemRoot:
 *
 * The folder that holds a store, with what this process knows of it. Once it
 * is open only the fields that say so change.
 */
typedef struct
{
  char *path;       /* owned */
  LoftFd fd;        /* owned */
  LoftFd tmp_fd;    /* owned; -1 where nothing can be written */
  LoftFd lock_fd;   /* owned; says that the store is ours, or our parent's */
  LoftFd stripe_fd; /* owned; its bytes are what other processes lock */
  char *read_only;  /* owned, nullable: why nothing can be written */
  gboolean unnamed; /* there are files without a name, and they can get one */

  int link_by_proc; /* atomic: AT_EMPTY_PATH was refused */
  int broken;       /* atomic: the errno that a flush of a folder failed with */

  GMutex durable_lock;
  GHashTable *durable; /* owned, under durable_lock: folders on disk */

  GMutex stripes[LOFT_FILESYSTEM_STRIPES];
} LoftFilesystemRoot;

LoftFilesystemRoot *loft_filesystem_root_open (const char *path,
                                               GError **error);
LoftFilesystemRoot *loft_filesystem_root_join (const char *path,
                                               GError **error);
LoftFilesystemRoot *loft_filesystem_root_observe (const char *path,
                                                  GError **error);
void loft_filesystem_root_free (LoftFilesystemRoot *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LoftFilesystemRoot, loft_filesystem_root_free)

int loft_filesystem_flush (int folder);

gboolean loft_filesystem_root_check_writable (LoftFilesystemRoot *self,
                                              GError **error);
gboolean loft_filesystem_root_flush (LoftFilesystemRoot *self,
                                     int folder,
                                     GError **error);

G_END_DECLS
