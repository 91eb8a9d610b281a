/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "registry/loft-event.h"
#include "registry/loft-page.h"
#include "registry/loft-view.h"

G_BEGIN_DECLS

#define LOFT_TYPE_CATALOG (loft_catalog_get_type ())
G_DECLARE_FINAL_TYPE (LoftCatalog, loft_catalog, LOFT, CATALOG, GObject)

/**
 * LoftCatalogPackage:
 * @name: the package
 * @revision: of the last state that was applied; 0 if there was none
 * @owners: public ids
 * @versions: how many versions it has, yanked ones included
 *
 * What the catalog knows of a package. A cache: no authority rests on it.
 */
typedef struct
{
  char *name; /* owned */
  guint64 revision;
  GStrv owners; /* owned */
  guint versions;
} LoftCatalogPackage;

void loft_catalog_package_free (LoftCatalogPackage *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LoftCatalogPackage, loft_catalog_package_free)

/**
 * LoftCatalogVersion:
 * @key: the document's key
 * @version: in full
 * @archive: name of the tarball's object, below the package
 * @size: bytes of the tarball
 * @sha256: of the tarball, in hex
 * @published_at: microseconds since 1970
 * @yanked: whether it is yanked
 * @seq: the event that told of it; 0 for one that was adopted
 * @element: the element of PROTOCOL, a JSON object
 *
 * What the catalog knows of a version.
 */
typedef struct
{
  char *key;     /* owned */
  char *version; /* owned */
  char *archive; /* owned */
  gint64 size;
  char *sha256; /* owned */
  gint64 published_at;
  gboolean yanked;
  gint64 seq;
  char *element; /* owned */
} LoftCatalogVersion;

void loft_catalog_version_free (LoftCatalogVersion *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LoftCatalogVersion, loft_catalog_version_free)

/**
 * LoftSort:
 * @LOFT_SORT_RELEVANCE: best match first; by name without a query
 * @LOFT_SORT_NAME: by name
 * @LOFT_SORT_UPDATED: newest change first
 * @LOFT_SORT_DEPENDENTS: what most others depend on first
 * @LOFT_SORT_DEPENDED_ON: the same, without a query, and without what nothing
 *   depends on
 *
 * Order of a search.
 */
typedef enum
{
  LOFT_SORT_RELEVANCE,
  LOFT_SORT_NAME,
  LOFT_SORT_UPDATED,
  LOFT_SORT_DEPENDENTS,
  LOFT_SORT_DEPENDED_ON
} LoftSort;

LoftCatalog *loft_catalog_open (const char *directory,
                                const char *store,
                                LoftPage *page,
                                GError **error);

LoftCatalog *loft_catalog_join (const char *directory,
                                const char *store,
                                LoftPage *page,
                                guint slot,
                                GError **error);
LoftPage *loft_catalog_get_page (LoftCatalog *self, guint *out_slot);

/* Writing: one thread at a time. */

guint64 loft_catalog_get_sequence (LoftCatalog *self);
gboolean loft_catalog_read_sequence (LoftCatalog *self,
                                     guint64 *out_sequence,
                                     guint *out_generation,
                                     GError **error);
void loft_catalog_set_followed (LoftCatalog *self, guint generation);
gboolean loft_catalog_check_followed (LoftCatalog *self,
                                      guint generation,
                                      GError **error);
gboolean loft_catalog_tell_sequence (LoftCatalog *self, GError **error);
char *loft_catalog_get_digest (LoftCatalog *self,
                               guint64 *out_sequence,
                               GError **error);
gboolean loft_catalog_is_complete (LoftCatalog *self);
gboolean loft_catalog_set_complete (LoftCatalog *self,
                                    GCancellable *cancellable,
                                    GError **error);
gboolean loft_catalog_reset (LoftCatalog *self, GError **error);
guint64 loft_catalog_get_size (LoftCatalog *self);
gboolean loft_catalog_check_file (LoftCatalog *self, GError **error);
gboolean
loft_catalog_apply (LoftCatalog *self, GPtrArray *events, GError **error);
gboolean loft_catalog_apply_unlogged (LoftCatalog *self,
                                      LoftDocument *document,
                                      LoftState *state,
                                      GError **error);
gboolean loft_catalog_apply_unlogged_state (LoftCatalog *self,
                                            const char *name,
                                            LoftState *state,
                                            GError **error);
gboolean loft_catalog_restore (LoftCatalog *self,
                               const LoftDocument *document,
                               const LoftEvent *event,
                               GError **error);
gboolean loft_catalog_checkpoint (LoftCatalog *self, GError **error);
char *loft_catalog_make_snapshot_path (LoftCatalog *self);
gboolean loft_catalog_write_snapshot (LoftCatalog *self,
                                      const char *path,
                                      guint64 *out_sequence,
                                      GError **error);
gboolean loft_catalog_adopt_snapshot (LoftCatalog *self,
                                      const char *path,
                                      GError **error);
char *
loft_catalog_get_note (LoftCatalog *self, const char *name, GError **error);
gboolean loft_catalog_set_note (LoftCatalog *self,
                                const char *name,
                                const char *value,
                                GError **error);

/* Reading: any thread, any number. */

gboolean loft_catalog_count (LoftCatalog *self,
                             guint64 *out_packages,
                             guint64 *out_versions,
                             GError **error);
gboolean loft_catalog_count_problems (LoftCatalog *self,
                                      guint64 *out_problems,
                                      GError **error);
LoftCatalogPackage *
loft_catalog_get_package (LoftCatalog *self, const char *name, GError **error);
gboolean loft_catalog_measure_package (LoftCatalog *self,
                                       const char *name,
                                       guint64 *out_versions,
                                       guint64 *out_bytes,
                                       GError **error);
LoftCatalogVersion *loft_catalog_get_version (LoftCatalog *self,
                                              const char *name,
                                              const char *version,
                                              GError **error);
gboolean loft_catalog_has_document (LoftCatalog *self,
                                    const char *name,
                                    const char *key);
gboolean loft_catalog_matches (LoftCatalog *self,
                               const LoftDocument *document,
                               const LoftEvent *event,
                               gboolean *out_matches,
                               GError **error);
gboolean
loft_catalog_is_logged (LoftCatalog *self, const char *name, const char *key);
gboolean loft_catalog_is_token_told (LoftCatalog *self,
                                     const char *id,
                                     gboolean revoked);

/**
 * LoftCatalogDocsItem:
 * @name: a package
 * @key: key of one of its documents
 * @docs: how it is with the version's documentation
 *
 * A version, as far as its documentation goes.
 */
typedef struct
{
  char *name;    /* owned */
  char *key;     /* owned */
  LoftDocs docs; /* owned */
} LoftCatalogDocsItem;

void loft_catalog_docs_item_free (LoftCatalogDocsItem *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LoftCatalogDocsItem, loft_catalog_docs_item_free)

gboolean loft_catalog_count_docs (LoftCatalog *self,
                                  LoftDocsState state,
                                  guint64 *out_count,
                                  GError **error);
GPtrArray *loft_catalog_list_docs (LoftCatalog *self,
                                   LoftDocsState state,
                                   guint limit,
                                   GError **error);
GPtrArray *loft_catalog_list_without_docs (LoftCatalog *self,
                                           guint64 until,
                                           guint limit,
                                           GError **error);
gboolean loft_catalog_get_docs (LoftCatalog *self,
                                const char *name,
                                const char *key,
                                LoftDocs *out_docs,
                                GError **error);
char *loft_catalog_find_folded (LoftCatalog *self,
                                const char *folded,
                                GError **error);
GBytes *loft_catalog_list_versions (LoftCatalog *self,
                                    const char *name,
                                    GError **error);
GBytes *loft_catalog_list_all_versions (LoftCatalog *self,
                                        const char *name,
                                        GError **error);
GBytes *loft_catalog_list_few_versions (LoftCatalog *self,
                                        const char *name,
                                        GError **error);
gboolean loft_catalog_find_newest (LoftCatalog *self,
                                   const char *name,
                                   char **out_version,
                                   GError **error);
char *loft_catalog_get_yank_reason (LoftCatalog *self,
                                    const char *name,
                                    const char *key,
                                    GError **error);
gboolean loft_catalog_count_site_parts (LoftCatalog *self,
                                        guint64 *out_n,
                                        GError **error);
GPtrArray *
loft_catalog_list_site (LoftCatalog *self, guint64 part, GError **error);
GBytes *loft_catalog_list_news (LoftCatalog *self,
                                const char *name,
                                guint limit,
                                char **out_origin,
                                gint64 *out_changed,
                                GError **error);
GBytes *loft_catalog_list_packages (LoftCatalog *self,
                                    char **out_digest,
                                    GError **error);
GBytes *loft_catalog_search (LoftCatalog *self,
                             const char *query,
                             LoftSort sort,
                             const char *after,
                             guint limit,
                             char **out_next,
                             GError **error);
GBytes *loft_catalog_list_dependents (LoftCatalog *self,
                                      const char *name,
                                      const char *after,
                                      guint limit,
                                      char **out_next,
                                      GError **error);
GBytes *loft_catalog_list_changes (LoftCatalog *self,
                                   guint64 since,
                                   guint limit,
                                   guint64 *out_last,
                                   GError **error);
GStrv loft_catalog_list_changed_names (LoftCatalog *self,
                                       guint64 after,
                                       guint limit,
                                       GError **error);

/* The same as a view shows it. */

GBytes *loft_catalog_view_versions (LoftCatalog *self,
                                    const LoftView *view,
                                    const char *name,
                                    LoftValidity *out_validity,
                                    GError **error);
GBytes *loft_catalog_view_few_versions (LoftCatalog *self,
                                        const LoftView *view,
                                        const char *name,
                                        LoftValidity *out_validity,
                                        GError **error);
GBytes *loft_catalog_view_packages (LoftCatalog *self,
                                    const LoftView *view,
                                    char **out_digest,
                                    LoftValidity *out_validity,
                                    GError **error);
GBytes *loft_catalog_view_page (LoftCatalog *self,
                                const LoftView *view,
                                const char *after,
                                guint limit,
                                char **out_next,
                                LoftValidity *out_validity,
                                GError **error);
GBytes *loft_catalog_view_dependents (LoftCatalog *self,
                                      const LoftView *view,
                                      const char *name,
                                      const char *after,
                                      guint limit,
                                      char **out_next,
                                      LoftValidity *out_validity,
                                      GError **error);
GBytes *loft_catalog_view_changes (LoftCatalog *self,
                                   const LoftView *view,
                                   guint64 since,
                                   guint limit,
                                   guint64 *out_last,
                                   LoftValidity *out_validity,
                                   GError **error);
gboolean loft_catalog_view_count (LoftCatalog *self,
                                  const LoftView *view,
                                  guint64 *out_packages,
                                  LoftValidity *out_validity,
                                  GError **error);
LoftCatalogVersion *loft_catalog_view_version (LoftCatalog *self,
                                               const LoftView *view,
                                               const char *name,
                                               const char *version,
                                               LoftValidity *out_validity,
                                               GError **error);

G_END_DECLS
