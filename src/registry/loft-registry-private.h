/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "registry/loft-authority.h"
#include "registry/loft-download-keeper.h"
#include "registry/loft-import.h"
#include "registry/loft-lease.h"
#include "registry/loft-log.h"
#include "registry/loft-registry-figures.h"
#include "registry/loft-registry.h"
#include "registry/loft-tarball-cache.h"

G_BEGIN_DECLS

/**
 * LoftMark:
 * @sequence: as loft_registry_get_mark() tells it
 * @epoch: as well
 *
 * A moment of the catalog.
 */
typedef struct
{
  guint64 sequence;
  guint64 epoch;
} LoftMark;

/**
 * LoftViewLists:
 *
 * The full lists of views that somebody still has.
 */
typedef struct _LoftViewLists LoftViewLists;

LoftViewLists *loft_view_lists_new (LoftRegistry *registry);
void loft_view_lists_unref (LoftViewLists *self);

struct _LoftRegistry
{
  GObject parent_instance;

  LoftStorage *storage; /* owned */
  LoftPage *page;       /* owned */
  guint slot;
  LoftRegistryFigures *figures; /* the page's */
  LoftCatalog *catalog;         /* owned */
  LoftLog *log;                 /* owned */
  LoftAuthority *authority;     /* owned */
  char *cache_directory;        /* owned */
  GMainContext *context;        /* owned */
  GSource *bell;                /* owned: rings when something has changed */
  gboolean joined;              /* another process looks after the catalog */
  LoftTarballCache *tarballs;   /* owned, NULL where none are kept */
  GThreadPool *writers;         /* owned, NULL once stopped */
  GThreadPool *upkeepers;       /* owned, the same */

  GThread *watcher;       /* owned, NULL before start and after stop */
  GThread *keeper;        /* owned, NULL before start and after stop */
  GCancellable *stopping; /* owned */
  gboolean scan_owed;     /* of the keeper: begun or wanted, and not ended */
  guint doubts;           /* of the keeper: that the log is the same */
  gboolean tidy_failed;   /* of the keeper: so that it is told of once */
  int is_leaving;         /* atomic: it begins nothing that takes long */
  int is_unchecked;       /* atomic: it answers, though nobody knows the log */
  LoftLease *lease;       /* owned; of the keeper */

  GThread *counter;              /* owned, NULL before start and after stop */
  LoftDownloadKeeper *downloads; /* owned; of the counter */
  gint64 downloads_day;          /* of the counter: looked at that day */
  gboolean downloads_failed;     /* of the counter: so that it is told once */

  GThread *docs;         /* owned, NULL before start and after stop */
  LoftLease *docs_lease; /* owned; of the thread above */

  /* Guards settings and wishes. */
  GMutex mutex;
  GCond keeper_cond;
  LoftRegistrySettings *settings; /* owned */
  gboolean rescan_wanted;
  gboolean catalog_lost; /* it is of no use any more */

  /* The full list; of the thread that owns the context. */
  GBytes *list;      /* owned, nullable */
  char *list_digest; /* owned, nullable */
  LoftMark list_mark;
  gboolean list_building;
  GQueue list_waiting; /* owned, of owned GTask */

  /* Full lists of views; of the same thread. */
  gboolean view_building;
  GQueue view_waiting;       /* owned, of owned GTask, oldest first */
  GSource *view_patience;    /* owned, while somebody waits */
  LoftViewLists *view_lists; /* owned */
};

/* Microseconds that the catalog may be behind the storage, as far as anybody
 * knows, before that is worth mentioning. */
#define LOFT_REGISTRY_LAG_MAX (5 * G_TIME_SPAN_SECOND)

LoftRegistrySettings *loft_registry_dup_settings (LoftRegistry *self);
void loft_registry_announce (LoftRegistry *self);
gboolean loft_registry_can_answer (LoftRegistry *self, GError **error);
gboolean loft_registry_can_write (LoftRegistry *self, GError **error);
void loft_registry_translate_error (GError **error);
void loft_registry_run (LoftRegistry *self, GTask *task, GTaskThreadFunc func);
void loft_registry_run_upkeep (LoftRegistry *self,
                               GTask *task,
                               GTaskThreadFunc func);

/* Publishing. */

typedef struct
{
  LoftPublishRequest *request; /* owned */
  LoftImport *import;          /* owned, nullable */
  gboolean created;
  GBytes *element; /* owned, nullable */
} LoftPublishJob;

gboolean
loft_registry_publish (LoftRegistry *self, LoftPublishJob *job, GError **error);
gboolean loft_registry_store_archive (LoftRegistry *self,
                                      const LoftPublishRequest *request,
                                      const char *key,
                                      char **out_name,
                                      gboolean *out_stored,
                                      GError **error);
gboolean loft_registry_check_owner (LoftRegistry *self,
                                    const char *name,
                                    const char *token,
                                    GError **error);
gboolean loft_registry_authorize (LoftRegistry *self,
                                  const char *name,
                                  LoftCredential *credential,
                                  const char *request,
                                  LoftState **out_state,
                                  GStrv *out_owners,
                                  LoftActor *out_actor,
                                  GError **error);
gboolean loft_registry_admit (LoftRegistry *self,
                              const LoftImport *import,
                              const char *name,
                              LoftState **out_state,
                              GStrv *out_owners,
                              LoftActor *out_actor,
                              GError **error);
gboolean loft_registry_check_names (LoftRegistry *self,
                                    const char *name,
                                    const char *version,
                                    GError **error);

gboolean loft_registry_check_quota (LoftRegistry *self,
                                    const char *name,
                                    goffset size,
                                    GError **error);

/* Changing what is published. */

typedef struct
{
  LoftEventType type;  /* YANK, UNYANK, DEPRECATE or OWNERS */
  char *name;          /* owned */
  char *version;       /* owned, nullable */
  char *text;          /* owned, nullable: a reason, or a message */
  GStrv owners;        /* owned, nullable */
  char *token;         /* owned, nullable */
  char *administrator; /* owned, nullable */
  char *request;       /* owned, nullable */
  GBytes *element;     /* owned, nullable */
} LoftChangeJob;

gboolean
loft_registry_change (LoftRegistry *self, LoftChangeJob *job, GError **error);

/* Tokens. */

typedef struct
{
  char *token;         /* owned, nullable: the caller's */
  char *administrator; /* owned, nullable */
  char *request;       /* owned, nullable */
  char *id;            /* owned, nullable */
  char *user;          /* owned, nullable */
  char *name;          /* owned, nullable */
  GStrv scopes;        /* owned, nullable */
  char *pattern;       /* owned, nullable */
  guint64 seconds;
  LoftToken *found;  /* owned, nullable */
  char *secret;      /* owned, nullable */
  GPtrArray *tokens; /* owned, nullable */
} LoftTokenJob;

gboolean
loft_registry_identify (LoftRegistry *self, LoftTokenJob *job, GError **error);
gboolean loft_registry_create_token (LoftRegistry *self,
                                     LoftTokenJob *job,
                                     GError **error);
gboolean loft_registry_list_tokens (LoftRegistry *self,
                                    LoftTokenJob *job,
                                    GError **error);
gboolean loft_registry_revoke_token (LoftRegistry *self,
                                     LoftTokenJob *job,
                                     GError **error);

char *loft_registry_draw_token_id (LoftRegistry *self, GError **error);
gboolean loft_registry_adopt_tokens (LoftRegistry *self, GError **error);
gboolean
loft_registry_tell_of (LoftRegistry *self, GPtrArray *tokens, GError **error);
gboolean loft_registry_tell_tokens (LoftRegistry *self,
                                    GCancellable *cancellable,
                                    GError **error);

/* Reading from the storage. */

char *loft_registry_hash_object (LoftStorage *storage,
                                 const char *key,
                                 gint64 *out_size,
                                 GCancellable *cancellable,
                                 GError **error);
gboolean loft_registry_has_documents (LoftRegistry *self,
                                      const char *name,
                                      GError **error);
LoftState *loft_registry_read_adopted (LoftRegistry *self,
                                       const char *name,
                                       char **out_etag,
                                       gboolean *out_adopted,
                                       GError **error);
LoftState *loft_registry_read_any_state (LoftRegistry *self,
                                         const char *name,
                                         GError **error);
void loft_registry_append_element (GString *text,
                                   const LoftDocument *document,
                                   const LoftState *state);
gboolean loft_registry_check_package (const char *name, GError **error);
GBytes *loft_registry_read_folder (LoftRegistry *self,
                                   const char *name,
                                   GCancellable *cancellable,
                                   GError **error);
GBytes *loft_registry_read_version (LoftRegistry *self,
                                    const char *name,
                                    const char *version,
                                    GCancellable *cancellable,
                                    GError **error);
GBytes *loft_registry_read_document (LoftRegistry *self,
                                     const char *name,
                                     const char *key,
                                     GCancellable *cancellable,
                                     GError **error);
GBytes *loft_registry_render_version (LoftRegistry *self,
                                      const char *name,
                                      const char *key,
                                      const char *element,
                                      GCancellable *cancellable,
                                      GError **error);
LoftDownload *loft_registry_open_archive (LoftRegistry *self,
                                          const char *name,
                                          const LoftCatalogVersion *found,
                                          gboolean about,
                                          GCancellable *cancellable,
                                          GError **error);
LoftDownload *loft_registry_open_archive_here (LoftRegistry *self,
                                               const char *name,
                                               const LoftCatalogVersion *found,
                                               gboolean about,
                                               GCancellable *cancellable,
                                               GError **error);
LoftDownload *loft_registry_read_archive (LoftRegistry *self,
                                          const char *name,
                                          const char *version,
                                          gboolean about,
                                          GCancellable *cancellable,
                                          GError **error);

void loft_registry_return_download (GTask *task,
                                    LoftDownload *download,
                                    GError *local_error);

/* Keeping catalog and storage together. */

/* The note in the catalog that says when a scan came to its end last. */
#define LOFT_REGISTRY_NOTE_SCANNED "scanned-at"

typedef struct _LoftUpkeep LoftUpkeep;

gboolean
loft_registry_scan (LoftRegistry *self, LoftUpkeep *upkeep, GError **error);
gpointer loft_registry_watch (gpointer data);
void loft_registry_give_up_catalog (LoftRegistry *self, const GError *error);
void loft_registry_answer_unchecked (LoftRegistry *self, const GError *error);
gboolean loft_registry_keep_reached (LoftRegistry *self, GError **error);
void loft_registry_note_reached (LoftRegistry *self, gint64 time);
gint64 loft_registry_get_lag (LoftRegistry *self);
gpointer loft_registry_keep (gpointer data);
gpointer loft_registry_keep_downloads (gpointer data);
void loft_registry_keep_last_downloads (LoftRegistry *self);
gpointer loft_registry_keep_docs (gpointer data);
void loft_registry_note_clean_end (LoftRegistry *self);

/**
 * LoftReading:
 * @LOFT_READING_FILE: a file of a tarball
 * @LOFT_READING_BOTH: all of two tarballs
 *
 * What is read in tarballs.
 */
typedef enum
{
  LOFT_READING_FILE,
  LOFT_READING_BOTH,
} LoftReading;

void loft_registry_push_reader (LoftRegistry *self,
                                LoftReading reading,
                                GTask *task,
                                GTaskThreadFunc func);

G_END_DECLS
