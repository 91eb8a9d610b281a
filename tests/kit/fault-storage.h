/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "storage/loft-storage.h"

G_BEGIN_DECLS

/* What becomes of an operation on a key with the chosen prefix. */
typedef enum
{
  FAULT_NONE,
  FAULT_LOST_ANSWER,  /* done, but the outcome is unknown */
  FAULT_LOST_REQUEST, /* not done, and the outcome is unknown */
  FAULT_UNAVAILABLE,  /* not done, and that is known */
  FAULT_NO_SPACE,     /* not done, and that is known */
  FAULT_RIVAL,        /* somebody else is first, then it is tried */
  FAULT_LATE,         /* unknown, and done just before the next attempt */
  FAULT_UNREADABLE,   /* of reads and lists alone: not done, that is known */
  FAULT_READ_RIVAL    /* of reads alone: done, then somebody else acts */
} FaultKind;

/* Called where somebody else is to be first. */
typedef void (*FaultRivalFunc) (LoftStorage *storage,
                                const char *key,
                                gpointer user_data);

#define FAULT_TYPE_STORAGE (fault_storage_get_type ())
G_DECLARE_FINAL_TYPE (FaultStorage, fault_storage, FAULT, STORAGE, GObject)

/* A real storage that fails on demand. */
LoftStorage *fault_storage_new (LoftStorage *storage);
void fault_storage_arm (LoftStorage *storage,
                        FaultKind kind,
                        const char *prefix,
                        guint times);
guint fault_storage_get_left (LoftStorage *storage);
void fault_storage_set_rival (LoftStorage *storage,
                              FaultRivalFunc func,
                              gpointer user_data);

G_END_DECLS
