/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "registry/loft-archive.h"
#include "registry/loft-catalog.h"
#include "registry/loft-docs-build.h"
#include "registry/loft-publish-mode.h"
#include "registry/loft-spool.h"
#include "registry/loft-tarball.h"
#include "registry/loft-token.h"
#include "storage/loft-storage.h"

G_BEGIN_DECLS

/**
 * LoftRegistrySettings:
 * @publish: who may publish
 * @redirect: whether clients fetch tarballs from the storage itself
 * @tarball_cache: bytes of copies of tarballs at most, where the storage is not
 *   on this machine; 0 for none
 * @max_tarball: bytes of a tarball at most
 * @archive: what a tarball may hold
 * @max_versions: versions of a package at most; 0 for any number
 * @max_bytes: bytes of all tarballs of a package at most; 0 for any number
 * @reserved: (nullable): names that nobody may take, besides the built-in ones
 * @token_lifetime: seconds that a token is good where nobody has said so; 0 for
 *   ever
 * @rescan_interval: seconds between two comparisons of documents and log;
 *   0 for never
 * @log_poll: milliseconds between two looks at what other daemons have written,
 *   where there may be others
 * @checkpoint_interval: events after which a copy of the catalog is left for
 *   other daemons, at the earliest; 0 for never
 * @maintenance_lease: seconds after which a daemon that was not heard of does
 *   not look after the storage any more
 * @download_counts: whether downloads are counted
 * @download_count_interval: seconds in which what was counted is handed over
 * @docs: how documentation is built
 *
 * What an administrator may choose. All may change while the registry runs.
 */
typedef struct
{
  LoftPublishMode publish;
  gboolean redirect;
  guint64 tarball_cache;
  goffset max_tarball;
  LoftArchiveLimits archive;
  guint64 max_versions;
  guint64 max_bytes;
  GStrv reserved; /* owned, nullable */
  guint64 token_lifetime;
  guint rescan_interval;
  guint log_poll;
  guint64 checkpoint_interval;
  guint maintenance_lease;
  gboolean download_counts;
  guint download_count_interval;
  LoftDocsSettings docs; /* owned */
} LoftRegistrySettings;

LoftRegistrySettings *loft_registry_settings_new (void);
LoftRegistrySettings *
loft_registry_settings_copy (const LoftRegistrySettings *self);
void loft_registry_settings_free (LoftRegistrySettings *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LoftRegistrySettings,
                               loft_registry_settings_free)

/**
 * LoftRegistryPhase:
 * @LOFT_REGISTRY_STARTING: the tail of the log is being applied
 * @LOFT_REGISTRY_REBUILDING: the catalog is incomplete and being filled
 * @LOFT_REGISTRY_READY: the catalog answers everything
 * @LOFT_REGISTRY_FAILING: the storage can't be reached; tried again
 *
 * What the registry is doing.
 */
typedef enum
{
  LOFT_REGISTRY_STARTING,
  LOFT_REGISTRY_REBUILDING,
  LOFT_REGISTRY_READY,
  LOFT_REGISTRY_FAILING
} LoftRegistryPhase;

/**
 * LoftRegistryStatus:
 * @phase: what it is doing
 * @read_only: whether the storage takes no writes
 * @packages: in the catalog
 * @versions: in the catalog
 * @sequence: the last event that is visible
 * @scanned: documents that the running comparison has seen
 * @expected: documents that it will see, while the catalog is made anew; 0 if
 *   nobody knows
 * @problems: what the last comparison found wrong in the storage
 * @lag: microseconds since the catalog held all that the storage does, as far
 *   as anybody knows; 0 while it does not answer
 * @maintains: whether it looks after the storage, which another daemon may do
 * @checkpoint: the last event in the newest copy of the catalog that was left
 *   in the storage; 0 if this daemon knows of none
 *
 * A snapshot of how the registry is.
 */
typedef struct
{
  LoftRegistryPhase phase;
  gboolean read_only;
  guint64 packages;
  guint64 versions;
  guint64 sequence;
  guint64 scanned;
  guint64 expected;
  guint64 problems;
  gint64 lag;
  gboolean maintains;
  guint64 checkpoint;
} LoftRegistryStatus;

/**
 * LoftPublishRequest:
 * @name: the package
 * @version: the version
 * @manifest: (nullable): what the request says the manifest is; must agree
 *   with the one in the tarball
 * @description: (nullable): instead of the manifest's
 * @repository: (nullable): instead of the manifest's
 * @license: (nullable): instead of the manifest's
 * @authors: (nullable): instead of the manifest's
 * @spool: the tarball, finished
 * @token: (nullable): the bearer token
 * @request_id: (nullable): id of the request
 *
 * A wish to publish.
 */
typedef struct
{
  char *name;         /* owned */
  char *version;      /* owned */
  JsonNode *manifest; /* owned, nullable */
  char *description;  /* owned, nullable */
  char *repository;   /* owned, nullable */
  char *license;      /* owned, nullable */
  GStrv authors;      /* owned, nullable */
  LoftSpool *spool;   /* owned */
  char *token;        /* owned, nullable */
  char *request_id;   /* owned, nullable */
} LoftPublishRequest;

void loft_publish_request_free (LoftPublishRequest *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LoftPublishRequest, loft_publish_request_free)

/**
 * LoftCaller:
 * @token: (nullable): the bearer token that came with a request
 * @administrator: (nullable): name of an administrator of this machine, such as
 *   `admin:root`: may do everything, and needs no token
 * @request: (nullable): id of the request
 *
 * Who wants something changed. An administrator's name stands in the log, and
 * so does the request.
 */
typedef struct
{
  const char *token;
  const char *administrator;
  const char *request;
} LoftCaller;

/**
 * LoftTokenWish:
 * @user: (nullable): whom it shall stand for; %NULL for the caller
 * @name: (nullable): what the user calls it
 * @scopes: (nullable): names of scopes; %NULL or none for the usual ones
 * @pattern: (nullable): for which packages; %NULL for as many as may be
 * @seconds: how long it shall be good; 0 for as long as is usual
 *
 * A wish for a token.
 */
typedef struct
{
  const char *user;
  const char *name;
  const char *const *scopes;
  const char *pattern;
  guint64 seconds;
} LoftTokenWish;

/**
 * LoftDownload:
 * @bytes: (nullable): the tarball, mapped unless it is small
 * @tarball: (nullable): in its place, what has to be read piece by piece, and
 *   may be on its way yet
 * @url: (nullable): in its place, where anybody may fetch it for a while
 * @size: how many bytes the tarball has
 * @sha256: in hex
 * @filename: for people: `NAME-VERSION.tar.gz`
 * @subject: what is counted: the package, a slash, and the document's key; a
 *   #GRefString
 * @published_at: microseconds since 1970
 *
 * A tarball to hand out.
 */
typedef struct
{
  GBytes *bytes;        /* owned, nullable */
  LoftTarball *tarball; /* owned, nullable */
  char *url;            /* owned, nullable */
  goffset size;
  char *sha256;   /* owned */
  char *filename; /* owned */
  char *subject;  /* owned */
  gint64 published_at;
} LoftDownload;

void loft_download_free (LoftDownload *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LoftDownload, loft_download_free)

#define LOFT_TYPE_REGISTRY (loft_registry_get_type ())
G_DECLARE_FINAL_TYPE (LoftRegistry, loft_registry, LOFT, REGISTRY, GObject)

LoftRegistry *loft_registry_new (LoftStorage *storage,
                                 const char *cache_directory,
                                 const LoftRegistrySettings *settings,
                                 LoftPage *page,
                                 GError **error);
LoftRegistry *loft_registry_join (LoftStorage *storage,
                                  const char *cache_directory,
                                  const LoftRegistrySettings *settings,
                                  LoftPage *page,
                                  guint slot,
                                  GError **error);
void loft_registry_set_settings (LoftRegistry *self,
                                 const LoftRegistrySettings *settings);
void loft_registry_start (LoftRegistry *self);
gboolean loft_registry_await_start (LoftRegistry *self, gint64 timeout);
void loft_registry_leave (LoftRegistry *self);
void loft_registry_stop (LoftRegistry *self);
void loft_registry_rescan (LoftRegistry *self);
void loft_registry_note_act (LoftRegistry *self,
                             const char *act,
                             const LoftCaller *caller);
void loft_registry_recover (LoftRegistry *self);

void loft_registry_get_quota (LoftRegistry *self,
                              guint64 *out_versions,
                              guint64 *out_bytes);
goffset loft_registry_get_max_tarball (LoftRegistry *self);
void loft_registry_get_status (LoftRegistry *self, LoftRegistryStatus *out);
gboolean loft_registry_has_catalog (LoftRegistry *self);
guint loft_registry_get_age (LoftRegistry *self);
GStrv loft_registry_list_troubles (LoftRegistry *self);
guint64 loft_registry_get_catalog_size (LoftRegistry *self);
guint64 loft_registry_get_sequence (LoftRegistry *self);
LoftPage *loft_registry_get_page (LoftRegistry *self, guint *out_slot);
void loft_registry_get_mark (LoftRegistry *self,
                             guint64 *out_sequence,
                             guint64 *out_epoch);

/* Quick: answered from the catalog, fit for the main loop. */

gboolean loft_registry_has_package (LoftRegistry *self, const char *name);

GBytes *loft_registry_list_versions (LoftRegistry *self,
                                     const char *name,
                                     GError **error);
GBytes *loft_registry_list_changes (LoftRegistry *self,
                                    guint64 since,
                                    guint limit,
                                    guint64 *out_last,
                                    GError **error);
GBytes *loft_registry_list_audit (LoftRegistry *self,
                                  guint64 since,
                                  guint limit,
                                  guint64 *out_last,
                                  GError **error);
GStrv loft_registry_list_changed_names (LoftRegistry *self,
                                        guint64 after,
                                        guint limit);
gboolean loft_registry_check_publish (LoftRegistry *self,
                                      const char *name,
                                      const char *version,
                                      goffset size,
                                      const char *token,
                                      gboolean *out_exists,
                                      GError **error);
LoftSpool *
loft_registry_new_spool (LoftRegistry *self, goffset size, GError **error);

/* Whatever may have to wait. */

void loft_registry_list_versions_async (LoftRegistry *self,
                                        const char *name,
                                        GCancellable *cancellable,
                                        GAsyncReadyCallback callback,
                                        gpointer user_data);
GBytes *loft_registry_list_versions_finish (LoftRegistry *self,
                                            GAsyncResult *result,
                                            GError **error);

void loft_registry_list_all_versions_async (LoftRegistry *self,
                                            const char *name,
                                            GCancellable *cancellable,
                                            GAsyncReadyCallback callback,
                                            gpointer user_data);
GBytes *loft_registry_list_all_versions_finish (LoftRegistry *self,
                                                GAsyncResult *result,
                                                GError **error);

void loft_registry_list_packages_async (LoftRegistry *self,
                                        GCancellable *cancellable,
                                        GAsyncReadyCallback callback,
                                        gpointer user_data);
GBytes *loft_registry_list_packages_finish (LoftRegistry *self,
                                            GAsyncResult *result,
                                            char **out_digest,
                                            GError **error);

void loft_registry_search_async (LoftRegistry *self,
                                 const char *query,
                                 LoftSort sort,
                                 const char *after,
                                 guint limit,
                                 GCancellable *cancellable,
                                 GAsyncReadyCallback callback,
                                 gpointer user_data);
GBytes *loft_registry_search_finish (LoftRegistry *self,
                                     GAsyncResult *result,
                                     char **out_next,
                                     GError **error);

void loft_registry_list_dependents_async (LoftRegistry *self,
                                          const char *name,
                                          const char *after,
                                          guint limit,
                                          GCancellable *cancellable,
                                          GAsyncReadyCallback callback,
                                          gpointer user_data);
GBytes *loft_registry_list_dependents_finish (LoftRegistry *self,
                                              GAsyncResult *result,
                                              char **out_next,
                                              GError **error);

void loft_registry_show_version_async (LoftRegistry *self,
                                       const char *name,
                                       const char *version,
                                       GCancellable *cancellable,
                                       GAsyncReadyCallback callback,
                                       gpointer user_data);
GBytes *loft_registry_show_version_finish (LoftRegistry *self,
                                           GAsyncResult *result,
                                           GError **error);

gboolean loft_registry_redirects (LoftRegistry *self);
guint64 loft_registry_get_copies_size (LoftRegistry *self);
void loft_registry_download_async (LoftRegistry *self,
                                   const char *name,
                                   const char *version,
                                   gboolean about,
                                   GCancellable *cancellable,
                                   GAsyncReadyCallback callback,
                                   gpointer user_data);
LoftDownload *loft_registry_download_finish (LoftRegistry *self,
                                             GAsyncResult *result,
                                             GError **error);

void loft_registry_check_publish_async (LoftRegistry *self,
                                        const char *name,
                                        const char *version,
                                        goffset size,
                                        const char *token,
                                        GCancellable *cancellable,
                                        GAsyncReadyCallback callback,
                                        gpointer user_data);
gboolean loft_registry_check_publish_finish (LoftRegistry *self,
                                             GAsyncResult *result,
                                             gboolean *out_exists,
                                             GError **error);

void loft_registry_check_token_async (LoftRegistry *self,
                                      const char *token,
                                      GCancellable *cancellable,
                                      GAsyncReadyCallback callback,
                                      gpointer user_data);
gboolean loft_registry_check_token_finish (LoftRegistry *self,
                                           GAsyncResult *result,
                                           GError **error);

void loft_registry_publish_async (LoftRegistry *self,
                                  LoftPublishRequest *request,
                                  GCancellable *cancellable,
                                  GAsyncReadyCallback callback,
                                  gpointer user_data);
GBytes *loft_registry_publish_finish (LoftRegistry *self,
                                      GAsyncResult *result,
                                      gboolean *out_created,
                                      GError **error);

void loft_registry_yank_async (LoftRegistry *self,
                               const char *name,
                               const char *version,
                               gboolean yank,
                               const char *reason,
                               const LoftCaller *caller,
                               GCancellable *cancellable,
                               GAsyncReadyCallback callback,
                               gpointer user_data);
GBytes *loft_registry_yank_finish (LoftRegistry *self,
                                   GAsyncResult *result,
                                   GError **error);

void loft_registry_deprecate_async (LoftRegistry *self,
                                    const char *name,
                                    const char *message,
                                    const LoftCaller *caller,
                                    GCancellable *cancellable,
                                    GAsyncReadyCallback callback,
                                    gpointer user_data);
gboolean loft_registry_deprecate_finish (LoftRegistry *self,
                                         GAsyncResult *result,
                                         GError **error);

void loft_registry_set_owners_async (LoftRegistry *self,
                                     const char *name,
                                     const char *const *owners,
                                     const LoftCaller *caller,
                                     GCancellable *cancellable,
                                     GAsyncReadyCallback callback,
                                     gpointer user_data);
gboolean loft_registry_set_owners_finish (LoftRegistry *self,
                                          GAsyncResult *result,
                                          GError **error);

void loft_registry_identify_async (LoftRegistry *self,
                                   const char *token,
                                   GCancellable *cancellable,
                                   GAsyncReadyCallback callback,
                                   gpointer user_data);
LoftToken *loft_registry_identify_finish (LoftRegistry *self,
                                          GAsyncResult *result,
                                          GError **error);

void loft_registry_create_token_async (LoftRegistry *self,
                                       const LoftTokenWish *wish,
                                       const LoftCaller *caller,
                                       GCancellable *cancellable,
                                       GAsyncReadyCallback callback,
                                       gpointer user_data);
LoftToken *loft_registry_create_token_finish (LoftRegistry *self,
                                              GAsyncResult *result,
                                              char **out_secret,
                                              GError **error);

void loft_registry_list_tokens_async (LoftRegistry *self,
                                      const LoftCaller *caller,
                                      GCancellable *cancellable,
                                      GAsyncReadyCallback callback,
                                      gpointer user_data);
GPtrArray *loft_registry_list_tokens_finish (LoftRegistry *self,
                                             GAsyncResult *result,
                                             GError **error);

void loft_registry_revoke_token_async (LoftRegistry *self,
                                       const char *id,
                                       const LoftCaller *caller,
                                       GCancellable *cancellable,
                                       GAsyncReadyCallback callback,
                                       gpointer user_data);
gboolean loft_registry_revoke_token_finish (LoftRegistry *self,
                                            GAsyncResult *result,
                                            GError **error);

G_END_DECLS
