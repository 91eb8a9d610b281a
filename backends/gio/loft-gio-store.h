/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "loft-gio-engine.h"

G_BEGIN_DECLS

/* The backend's own folder; no object has a key in it. */
#define LOFT_GIO_FOLDER "_registry/gio"

typedef struct _LoftGioStore LoftGioStore;
typedef struct _LoftGioLease LoftGioLease;

/**
 * LoftGioDoubt:
 * @store: (nullable): whose @fresh that is
 * @key: what was to be written
 * @fresh: (nullable): where its new content was, before it got its name
 * @aside: (nullable): where its old content was to be put
 * @intent: (nullable): where it is noted that both were to happen
 * @asked: when in the history of mounts it was tried
 *
 * A write that may have happened, or may yet happen.
 */
typedef struct
{
  LoftGioStore *store;
  char *key;
  char *fresh;
  char *aside;
  char *intent;
  guint64 asked;
} LoftGioDoubt;

LoftGioDoubt *loft_gio_doubt_new (const char *key);
void loft_gio_doubt_free (LoftGioDoubt *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LoftGioDoubt, loft_gio_doubt_free)

/**
 * LoftGioStore:
 * @engine: (owned): does what is decided
 * @lease: (nullable): says that the store is ours, if it is
 * @list_lock: held by who swaps a document, and by who reads a folder
 *
 * What one daemon knows of the store that it owns.
 */
struct _LoftGioStore
{
  LoftGioEngine *engine;
  LoftGioLease *lease;
  GRWLock list_lock;

  /*< private >*/
  char *run;   /* owned; no two processes have the same */
  GMutex lock; /* guards what follows */
  GCond changed;
  GHashTable *busy;    /* owned, of owned keys: those being written */
  GHashTable *doubts;  /* owned: owned key → owned LoftGioDoubt */
  GHashTable *folders; /* owned, of owned paths: folders that exist */
  guint64 n_names;
  guint64 n_swaps; /* odd while one goes on somewhere */

  GMutex fresh_lock; /* guards what follows */
  GHashTable *fresh; /* owned, of owned paths: what is on its way */
};

LoftGioStore *loft_gio_store_new (LoftGioEngine *engine);
void loft_gio_store_free (LoftGioStore *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LoftGioStore, loft_gio_store_free)

gboolean loft_gio_store_check_key (const char *key, GError **error);
gboolean loft_gio_store_is_hidden (const char *name);
char *
loft_gio_store_name (LoftGioStore *self, const char *key, const char *purpose);
void loft_gio_store_begin_fresh (LoftGioStore *self, LoftGioDoubt *doubt);
gboolean loft_gio_store_is_leftover (LoftGioStore *self, const char *path);

gboolean
loft_gio_store_lock (LoftGioStore *self, const char *key, GError **error);
void loft_gio_store_unlock (LoftGioStore *self, const char *key);

gboolean loft_gio_store_is_closed (LoftGioStore *self, const char *key);
void loft_gio_store_close (LoftGioStore *self, LoftGioDoubt *doubt);
LoftGioDoubt *loft_gio_store_get_doubt (LoftGioStore *self, const char *key);
GPtrArray *loft_gio_store_get_closed (LoftGioStore *self);
void loft_gio_store_reopen (LoftGioStore *self, const char *key);

gboolean loft_gio_store_make_parent (LoftGioStore *self,
                                     const char *key,
                                     GError **error);
void loft_gio_store_forget_folders (LoftGioStore *self);

void loft_gio_store_begin_swap (LoftGioStore *self);
void loft_gio_store_end_swap (LoftGioStore *self);
guint64 loft_gio_store_get_swaps (LoftGioStore *self);

G_END_DECLS
