/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "registry/loft-migration.h"

G_BEGIN_DECLS

/* What may be done at once, beside others. */
typedef gboolean (*LoftMigrationFunc) (LoftMigration *self,
                                       gpointer data,
                                       GError **error);

struct _LoftMigration
{
  GObject parent_instance;

  LoftStorage *source; /* owned */
  LoftStorage *target; /* owned */
  LoftMigrationOptions options;
  GCancellable *cancellable; /* owned */
  GThreadPool *pool;         /* owned, nullable while nothing runs */

  GMutex mutex; /* guards what follows */
  GCond cond;
  guint pending;      /* how much the pool has to do */
  GError *failure;    /* owned, nullable: the first one */
  LoftReport *report; /* owned */
  LoftMigrationFigures figures;
  gint64 succeeded_at;
  gboolean has_salt; /* nothing has to be done about it any more */
  gboolean differs;  /* something was found that must not be overwritten */

  GHashTable *covered; /* owned, nullable, set of keys: counted by packs */
};

/**
 * LoftMigrationPresence:
 * @LOFT_MIGRATION_UNKNOWN: it may be there
 * @LOFT_MIGRATION_ABSENT: it was not listed a moment ago
 * @LOFT_MIGRATION_PRESENT: it was listed
 *
 * Whether the target has an object: a hint, from which only the cheaper order
 * of asking follows.
 */
typedef enum
{
  LOFT_MIGRATION_UNKNOWN,
  LOFT_MIGRATION_ABSENT,
  LOFT_MIGRATION_PRESENT
} LoftMigrationPresence;

/**
 * LoftMigrationOutcome:
 * @LOFT_MIGRATION_SAME: it was there
 * @LOFT_MIGRATION_COPIED: it was stored, or would have been
 * @LOFT_MIGRATION_GONE: the source has it no more
 * @LOFT_MIGRATION_LEFT: only the target has it
 * @LOFT_MIGRATION_DAMAGED: the source has something else than it should
 * @LOFT_MIGRATION_DIFFERS: the target has something else, which stays
 *
 * What became of an object.
 */
typedef enum
{
  LOFT_MIGRATION_SAME,
  LOFT_MIGRATION_COPIED,
  LOFT_MIGRATION_GONE,
  LOFT_MIGRATION_LEFT,
  LOFT_MIGRATION_DAMAGED,
  LOFT_MIGRATION_DIFFERS
} LoftMigrationOutcome;

/**
 * LoftMigrationObject:
 * @key: its key
 * @presence: whether the target may have it
 * @content: (nullable): what the source has, if that was read already
 * @sha256: (nullable): what the source should have, in hex
 * @by_size: whether it is enough that the target's has the same size
 * @by_the_way: whether it has its turn later, when it is counted
 * @stored: whether some attempt has stored it
 * @outcome: what became of it
 *
 * An object that is written once.
 */
typedef struct
{
  const char *key; /* not owned */
  LoftMigrationPresence presence;
  GBytes *content;    /* not owned, nullable */
  const char *sha256; /* not owned, nullable */
  gboolean by_size;
  gboolean by_the_way;
  gboolean stored;
  LoftMigrationOutcome outcome;
} LoftMigrationObject;

/* loft-migration-pool.c */
void loft_migration_start_pool (LoftMigration *self);
void loft_migration_end_pool (LoftMigration *self);
gboolean loft_migration_push (LoftMigration *self,
                              LoftMigrationFunc func,
                              gpointer data,
                              GDestroyNotify free_data);
gboolean loft_migration_drain (LoftMigration *self, GError **error);

/* loft-migration.c */
gboolean loft_migration_insist (LoftMigration *self,
                                LoftMigrationFunc func,
                                gpointer data,
                                GError **error);
void loft_migration_note_done (LoftMigration *self);
void loft_migration_find (LoftMigration *self,
                          const char *kind,
                          const char *key,
                          const char *format,
                          ...) G_GNUC_PRINTF (4, 5);
gboolean loft_migration_differ (LoftMigration *self,
                                const char *key,
                                const char *detail,
                                GError **error);
void loft_migration_pass_over (LoftMigration *self, const char *key);
gboolean loft_migration_is_missing (const GError *error);
char *loft_migration_show_key (const char *key);

/* loft-migration-object.c */
gboolean loft_migration_copy (LoftMigration *self,
                              LoftMigrationObject *object,
                              GError **error);
GBytes *loft_migration_load (LoftMigration *self,
                             LoftStorage *storage,
                             const char *key,
                             gsize limit,
                             GError **error);

/* loft-migration-document.c */
gboolean loft_migration_copy_salt (LoftMigration *self, GError **error);
gboolean loft_migration_copy_state (LoftMigration *self,
                                    const char *name,
                                    GError **error);
gboolean loft_migration_copy_downloads (LoftMigration *self,
                                        gpointer key,
                                        GError **error);
gboolean
loft_migration_copy_token (LoftMigration *self, gpointer key, GError **error);

/* loft-migration-downloads.c */
gboolean loft_migration_counts_reach (GBytes *counts, GBytes *other);
GStrv loft_migration_list_packs (GBytes *index);
gboolean loft_migration_packs_reach (GBytes *index, GBytes *other);
gboolean loft_migration_drop_downloads (LoftMigration *self,
                                        const char *key,
                                        GError **error);

/* loft-migration-keys.c */
typedef struct _LoftMigrationKeys LoftMigrationKeys;

LoftMigrationKeys *loft_migration_keys_new (LoftMigration *self,
                                            LoftStorage *storage,
                                            const char *prefix);
void loft_migration_keys_free (LoftMigrationKeys *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LoftMigrationKeys, loft_migration_keys_free)
gboolean loft_migration_keys_peek (LoftMigrationKeys *self,
                                   const char **out_key,
                                   GError **error);
void loft_migration_keys_pass (LoftMigrationKeys *self);
gboolean loft_migration_keys_find (LoftMigrationKeys *self,
                                   const char *key,
                                   GPtrArray *others,
                                   gboolean *out_found,
                                   GError **error);
GPtrArray *loft_migration_keys_take (LoftMigrationKeys *self,
                                     const char *prefix,
                                     GPtrArray *others,
                                     GError **error);

/* loft-migration-package.c */
gboolean loft_migration_copy_folder (LoftMigration *self,
                                     const char *name,
                                     GPtrArray *keys,
                                     GPtrArray *target_keys);

/* loft-migration-walk.c */
gboolean loft_migration_survey (LoftMigration *self, GError **error);
gboolean loft_migration_copy_own (LoftMigration *self, GError **error);
gboolean loft_migration_copy_packages (LoftMigration *self, GError **error);
gboolean loft_migration_push_copy (LoftMigration *self,
                                   const char *key,
                                   gboolean is_there);

/* loft-migration-log.c */
typedef struct
{
  guint64 from; /* the first event of the last entry; 0 if it is sealed */
  guint64 end;  /* the last event; 0 if there is none */
} LoftMigrationEnd;

gboolean loft_migration_find_end (LoftMigration *self,
                                  LoftStorage *storage,
                                  LoftMigrationEnd *out_end,
                                  GError **error);
gboolean loft_migration_compare_ends (LoftMigration *self,
                                      const LoftMigrationEnd *source,
                                      const LoftMigrationEnd *target,
                                      GError **error);
gboolean loft_migration_copy_log (LoftMigration *self,
                                  guint64 end,
                                  guint64 had,
                                  GError **error);

G_END_DECLS
