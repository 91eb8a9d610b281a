/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include <json-glib/json-glib.h>
#include <sqlite3.h>

#include "registry/loft-catalog.h"

G_BEGIN_DECLS

/* Raise on every change of what is stored, be it a table, an index, or what a
 * column holds: another schema is another file, built anew. */
#define LOFT_CATALOG_SCHEMA 13

/* Tells our files from other people's databases. */
#define LOFT_CATALOG_APPLICATION_ID 0x6c6f6674

extern const char *const loft_catalog_schema;

/**
 * LoftCatalogFile:
 * @path: the database
 * @generation: its number
 * @superseded: whether it is to be deleted once nobody has it open
 *
 * One generation of the catalog. Every connection holds a reference.
 */
typedef struct
{
  char *path; /* owned */
  guint generation;
  gint superseded; /* atomic */
} LoftCatalogFile;

LoftCatalogFile *loft_catalog_file_ref (LoftCatalogFile *self);
LoftCatalogFile *loft_catalog_file_new (const char *directory,
                                        const char *stem,
                                        guint generation);
LoftCatalogFile *loft_catalog_file_new_at (const char *path);
void loft_catalog_file_unref (LoftCatalogFile *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LoftCatalogFile, loft_catalog_file_unref)

char *loft_catalog_make_stem (const char *store, guint number);
int loft_catalog_lock_again (const char *directory,
                             const char *stem,
                             int fd,
                             GError **error);
int loft_catalog_lock (const char *directory,
                       const char *store,
                       guint *out_number,
                       GError **error);

/**
 * LoftCatalogConnection:
 * @db: the connection
 * @file: what it is connected to
 * @catalog: (nullable): the pool that it belongs to
 * @statements: (element-type utf8 LoftCatalogStatement): those that were
 *   needed so far, by the address of their text
 *
 * One connection. One thread at a time may use it.
 */
typedef struct
{
  sqlite3 *db;            /* owned */
  LoftCatalogFile *file;  /* owned */
  LoftCatalog *catalog;   /* not owned, nullable */
  GHashTable *statements; /* owned */
} LoftCatalogConnection;

LoftCatalogConnection *
loft_catalog_connection_open (LoftCatalogFile *file, int flags, GError **error);
void loft_catalog_connection_free (LoftCatalogConnection *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LoftCatalogConnection,
                               loft_catalog_connection_free)

LoftCatalogConnection *loft_catalog_open_newest (const char *directory,
                                                 const char *stem,
                                                 GError **error);
LoftCatalogConnection *loft_catalog_open_existing (LoftCatalogFile *file,
                                                   GError **error);
LoftCatalogConnection *loft_catalog_open_new (const char *directory,
                                              const char *stem,
                                              guint generation,
                                              GError **error);

void
loft_catalog_set_error (LoftCatalogConnection *self, int code, GError **error);
gboolean loft_catalog_execute (LoftCatalogConnection *self,
                               const char *sql,
                               GError **error);

/**
 * LoftCatalogStatement:
 * @statement: the statement
 * @connection: (unowned): where it runs
 *
 * A statement that its connection keeps. As an autoptr it is made ready for
 * its next use where it leaves the scope, and only then: what was bound to it
 * must have been declared before it.
 */
typedef struct
{
  sqlite3_stmt *statement;           /* owned */
  LoftCatalogConnection *connection; /* not owned */
} LoftCatalogStatement;

void loft_catalog_statement_reset (LoftCatalogStatement *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LoftCatalogStatement,
                               loft_catalog_statement_reset)

LoftCatalogStatement *loft_catalog_query (LoftCatalogConnection *self,
                                          GError **error,
                                          const char *sql,
                                          const char *format,
                                          ...);
gboolean loft_catalog_run (LoftCatalogConnection *self,
                           GError **error,
                           const char *sql,
                           const char *format,
                           ...);
int loft_catalog_step (LoftCatalogStatement *self, GError **error);
gboolean loft_catalog_step_to_row (LoftCatalogStatement *self, GError **error);
const char *loft_catalog_column_text (LoftCatalogStatement *self, int column);
gint64 loft_catalog_column_int (LoftCatalogStatement *self, int column);

/**
 * LoftCatalogMeta:
 * @applied: the last event that was applied; 0 for none
 * @complete: whether the catalog holds everything
 * @packages: packages with at least one version
 * @versions: versions, yanked ones included
 *
 * What a generation says of itself.
 */
typedef struct
{
  guint64 applied;
  gboolean complete;
  guint64 packages;
  guint64 versions;
} LoftCatalogMeta;

gboolean loft_catalog_read_meta (LoftCatalogConnection *connection,
                                 LoftCatalogMeta *out_meta,
                                 GError **error);

/**
 * LoftCatalogTransaction:
 *
 * A connection with a transaction open, which is rolled back where it leaves
 * the scope without loft_catalog_commit().
 */
typedef LoftCatalogConnection LoftCatalogTransaction;

LoftCatalogTransaction *loft_catalog_begin (LoftCatalogConnection *self,
                                            const char *sql,
                                            GError **error);
gboolean loft_catalog_commit (LoftCatalogTransaction *self, GError **error);
void loft_catalog_rollback (LoftCatalogTransaction *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LoftCatalogTransaction, loft_catalog_rollback)

/**
 * LoftCatalogWrite:
 * @connection: where it is written
 * @meta: as it will stand after the transaction
 * @dirty: (element-type gint64): packages whose newest version may be another
 * @moved: (element-type gint64): packages whose place in the index may be
 *
 * What one transaction has changed so far.
 */
typedef struct
{
  LoftCatalogConnection *connection; /* not owned */
  LoftCatalogMeta meta;
  GHashTable *dirty; /* owned, set of owned gint64 */
  GHashTable *moved; /* owned, set of owned gint64 */
} LoftCatalogWrite;

gboolean loft_catalog_write_init (LoftCatalogWrite *write,
                                  LoftCatalogConnection *connection,
                                  GError **error);
void loft_catalog_write_clear (LoftCatalogWrite *write);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (LoftCatalogWrite, loft_catalog_write_clear)
gboolean loft_catalog_write_end (LoftCatalog *self,
                                 LoftCatalogWrite *write,
                                 LoftCatalogTransaction *transaction,
                                 const char *digest,
                                 GError **error);

/**
 * LoftCatalogComing:
 * @seq: the event that told of it first: 0 for what was adopted,
 *   %LOFT_CATALOG_NO_EVENT as long as there is none
 * @since: microseconds since 1970: the event's time; of what was adopted that
 *   of its document
 *
 * How a version came.
 */
typedef struct
{
  gint64 seq;
  gint64 since;
} LoftCatalogComing;

/* Greater than the number and the time of any event there will be, so that no
 * view shows the version. */
#define LOFT_CATALOG_NO_EVENT G_MAXINT64
#define LOFT_CATALOG_COMING_UNKNOWN                                            \
  {                                                                            \
    LOFT_CATALOG_NO_EVENT, LOFT_CATALOG_NO_EVENT                               \
  }

/**
 * LoftCatalogTally:
 * @LOFT_CATALOG_TALLY_EVENT: the event that told of a package's first version
 * @LOFT_CATALOG_TALLY_TIME: when the first of its versions came
 *
 * By what packages are counted, as the schema has it.
 */
typedef enum
{
  LOFT_CATALOG_TALLY_EVENT,
  LOFT_CATALOG_TALLY_TIME,
} LoftCatalogTally;

gboolean loft_catalog_find_coming (LoftCatalogWrite *write,
                                   const LoftDocument *document,
                                   const LoftEvent *event,
                                   LoftCatalogComing *coming,
                                   GError **error);
gboolean loft_catalog_note_coming (LoftCatalogWrite *write,
                                   gint64 package,
                                   const LoftCatalogComing *coming,
                                   GError **error);
gboolean loft_catalog_note_comings (LoftCatalogWrite *write,
                                    gint64 package,
                                    GError **error);
gboolean loft_catalog_note_state (LoftCatalogWrite *write,
                                  const LoftEvent *event,
                                  GError **error);
gboolean loft_catalog_note_docs (LoftCatalogWrite *write,
                                 const LoftEvent *event,
                                 GError **error);
gboolean loft_catalog_note_mentions (LoftCatalogWrite *write,
                                     const LoftDocument *document,
                                     GError **error);

gboolean loft_catalog_store_document (LoftCatalogWrite *write,
                                      const LoftDocument *document,
                                      const LoftEvent *event,
                                      GError **error);
gboolean loft_catalog_store_state (LoftCatalogWrite *write,
                                   const char *name,
                                   const LoftState *state,
                                   GError **error);
gboolean loft_catalog_refresh (LoftCatalogWrite *write, GError **error);

gboolean loft_catalog_store_text (LoftCatalogConnection *connection,
                                  gint64 package,
                                  const LoftDocument *document,
                                  GError **error);
int loft_catalog_worth (gint64 dependents);
gboolean loft_catalog_index (LoftCatalogConnection *connection,
                             GHashTable *packages,
                             GError **error);

/**
 * LoftCatalogPackageRow:
 * @id: of the package
 * @has_state: whether it has a state, which then says whose it is
 * @owners: (nullable): the state's owners, rendered
 * @deprecated: (nullable): the state's deprecation
 * @yanked: (nullable): document keys that are yanked; %NULL if the rows of the
 *   versions say so themselves
 *
 * A package's row, as far as elements need it.
 */
typedef struct
{
  gint64 id;
  gboolean has_state;
  char *owners;       /* owned, nullable */
  char *deprecated;   /* owned, nullable */
  GHashTable *yanked; /* owned, nullable */
} LoftCatalogPackageRow;

void loft_catalog_package_row_clear (LoftCatalogPackageRow *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (LoftCatalogPackageRow,
                                  loft_catalog_package_row_clear)

/**
 * LoftCatalogScope:
 * @seq: the last event that counts
 * @since: the last moment at which a version may have come
 * @by_age: whether states count whatever their event is
 * @age: microseconds that a version has to be old, if @by_age
 * @quick: whether what takes long is refused
 * @validity: what is known so far of how long the answer holds
 *
 * What a view comes to while one transaction lasts.
 */
typedef struct
{
  gint64 seq;
  gint64 since;
  gboolean by_age;
  gint64 age;
  gboolean quick;
  LoftValidity validity;
} LoftCatalogScope;

#define LOFT_CATALOG_PACKAGE_COLUMNS                                           \
  "p.id, p.changed, p.revision, p.owners, p.deprecated, p.first, p.oldest"
#define LOFT_CATALOG_VERSION_COLUMNS "key, yanked, seq, since, owners, head"

gboolean loft_catalog_scope_init (LoftCatalogScope *self,
                                  LoftCatalogConnection *reader,
                                  const LoftView *view,
                                  GError **error);
gboolean
loft_catalog_scope_has (LoftCatalogScope *self, gint64 seq, gint64 since);
gboolean loft_catalog_scope_take_package (const LoftCatalogScope *self,
                                          LoftCatalogStatement *statement,
                                          LoftCatalogPackageRow *out_row,
                                          GError **error);

gboolean loft_catalog_scope_has_package (LoftCatalogScope *self,
                                         LoftCatalogStatement *statement);
int loft_catalog_scope_step (LoftCatalogScope *self,
                             LoftCatalogStatement *versions,
                             const LoftCatalogPackageRow *package,
                             GError **error);
void loft_catalog_append_version (GString *text,
                                  LoftCatalogStatement *versions,
                                  const LoftCatalogPackageRow *package);
gboolean loft_catalog_scope_find_package (LoftCatalogScope *self,
                                          LoftCatalogConnection *connection,
                                          const char *name,
                                          LoftCatalogPackageRow *out_row,
                                          GError **error);

LoftCatalogVersion *
loft_catalog_find_version (LoftCatalogConnection *connection,
                           const char *name,
                           const LoftCatalogPackageRow *package,
                           const char *version,
                           const LoftCatalogScope *scope,
                           GError **error);

char *loft_catalog_render_owners (const LoftState *state);

/* Connections for reading: more than GTask and the writers have threads, so
 * that the main loop never waits for one; and how many of them are kept when
 * nobody reads. To open one costs more than what most are used for. */
#define LOFT_CATALOG_READERS_MAX 48
#define LOFT_CATALOG_READERS_IDLE 16

struct _LoftCatalog
{
  GObject parent_instance;

  char *directory; /* owned */
  char *stem;      /* owned */
  int lock_fd;     /* owned, -1 if there is none */
  LoftPage *page;  /* owned */
  guint slot;      /* ours in the page */

  GMutex writer_lock;
  LoftCatalogConnection *writer; /* owned, nullable, under writer_lock */

  GMutex lock; /* of all below */
  GCond returned;
  LoftCatalogFile *file; /* owned */
  GPtrArray *idle;       /* owned, of LoftCatalogConnection */
  guint n_readers;
  guint n_waiting; /* for a reader */
};

gboolean loft_catalog_is_owner (LoftCatalog *self);
gboolean loft_catalog_keep_lock (LoftCatalog *self, GError **error);
void loft_catalog_change_writer (LoftCatalog *self,
                                 LoftCatalogConnection *writer);
void loft_catalog_change_file (LoftCatalog *self, LoftCatalogFile *file);
LoftCatalogConnection *loft_catalog_get_writer (LoftCatalog *self,
                                                GError **error);

/**
 * LoftCatalogReader:
 *
 * A connection out of the pool. As an autoptr it ends its read transaction and
 * goes back where it leaves the scope.
 */
typedef LoftCatalogConnection LoftCatalogReader;

LoftCatalogReader *loft_catalog_take_reader (LoftCatalog *self, GError **error);
void loft_catalog_give_reader (LoftCatalogReader *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LoftCatalogReader, loft_catalog_give_reader)

/**
 * LoftCatalogCursor:
 * @rank: what a page is sorted by first, ascending
 * @score: what it is sorted by then, descending
 * @time: and then, descending
 * @name: and at last, ascending
 *
 * Where a page ends: the sort values of its last row.
 */
typedef struct
{
  gint64 rank;
  gint64 score;
  gint64 time;
  char *name; /* owned */
} LoftCatalogCursor;

char *loft_catalog_cursor_encode (const LoftCatalogCursor *self, char kind);
gboolean loft_catalog_cursor_decode (const char *text,
                                     char kind,
                                     LoftCatalogCursor *out_cursor,
                                     GError **error);
void loft_catalog_cursor_clear (LoftCatalogCursor *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (LoftCatalogCursor, loft_catalog_cursor_clear)

/**
 * LoftCatalogListWriter:
 *
 * A list in the making that may be too long to be in memory.
 */
typedef struct _LoftCatalogListWriter LoftCatalogListWriter;

LoftCatalogListWriter *loft_catalog_list_writer_new (LoftCatalog *catalog,
                                                     GError **error);
void loft_catalog_list_writer_free (LoftCatalogListWriter *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LoftCatalogListWriter,
                               loft_catalog_list_writer_free)
gboolean loft_catalog_list_writer_add (LoftCatalogListWriter *self,
                                       const char *element,
                                       GError **error);
GBytes *loft_catalog_list_writer_finish (LoftCatalogListWriter *self,
                                         char **out_digest,
                                         GError **error);

char *loft_catalog_tag_word (char tag, const char *word);
char *loft_catalog_tag_words (const LoftDocument *document);
GStrv loft_catalog_split_query (const char *query);

/* The package of a place in the index. */
#define LOFT_CATALOG_PLACE_BITS 40

GArray *loft_catalog_find (LoftCatalogReader *reader,
                           const char *query,
                           LoftSort sort,
                           GError **error);
GBytes *loft_catalog_read_changes (LoftCatalogConnection *connection,
                                   guint64 since,
                                   gint64 until,
                                   guint limit,
                                   guint64 *out_last,
                                   GError **error);
gboolean loft_catalog_disown_downloads (LoftCatalogConnection *connection,
                                        GError **error);
void loft_catalog_append_dependent (GString *text,
                                    const char *name,
                                    const char *version,
                                    const char *constraint);
JsonObject *loft_catalog_parse_dependencies (const char *head,
                                             JsonNode **out_owner);
int loft_catalog_cursor_compare (gconstpointer a, gconstpointer b);

G_END_DECLS
