/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-catalog-private.h"

/* LOFT_CATALOG_NO_EVENT */
#define UNKNOWN "9223372036854775807"

/* Keeps the tally of a column of packages; the row is made before its value is
 * known. */
#define TALLY(kind, column)                                                    \
  "CREATE TRIGGER tally_" column " AFTER UPDATE OF " column " ON packages"     \
  "  WHEN OLD." column " <> NEW." column " BEGIN"                              \
  "  UPDATE tallies SET n = n - 1 WHERE (kind, bits, bucket) IN"               \
  "    (SELECT " kind ", bits, OLD." column " >> bits FROM tally_sizes"        \
  "      WHERE OLD." column " < " UNKNOWN ");"                                 \
  "  DELETE FROM tallies WHERE n = 0 AND (kind, bits, bucket) IN"              \
  "    (SELECT " kind ", bits, OLD." column " >> bits FROM tally_sizes"        \
  "      WHERE OLD." column " < " UNKNOWN ");"                                 \
  "  INSERT INTO tallies"                                                      \
  "    SELECT " kind ", bits, NEW." column " >> bits, 1 FROM tally_sizes"      \
  "    WHERE NEW." column " < " UNKNOWN                                        \
  "    ON CONFLICT DO UPDATE SET n = n + 1;"                                   \
  "  END;"

/*
 * - meta, notes: what the generation says of itself; the registry's own notes.
 *
 * - packages: one row a name. Owners and yanked versions are those of its
 *   state, which may be known before its first version. `newest` is the version
 *   that lists show, NULL if there is none.
 *
 *   `changed` is the last event that is to be seen in it, `first` the one that
 *   told of its first version; `oldest` and `latest` are when its versions
 *   came. As long as no event has told of one of them, see
 *   LOFT_CATALOG_NO_EVENT.
 *
 * - versions: stored in the order of lists. A package's versions stand side by
 *   side, and its list is one walk. `seq` is the event that told of it first:
 *   0 for one that was adopted, LOFT_CATALOG_NO_EVENT as long as there is none.
 *   `since` is when it came.
 *
 * - states: which events told of a new state, later than any before.
 *
 * - mentions: on what any version of a package ever depended.
 *
 * - fragments: the elements of the full list, stored in its order.
 *
 * - dependencies: those of newest versions only.
 *
 * - texts, search: what is searched. It is the text of the highest version,
 *   yanked or not, so that it does not depend on the order of events. It is
 *   split into words already, so the tokenizer has nothing to decide. A package
 *   stands in the index at its `place`, NULL until it is there.
 *
 * - events: the log, as it stands there, with the packages that it is about.
 *
 * - tokens: of what an event has told: of their beginnings, of their ends.
 *
 * - problems: events whose document is missing.
 *
 * - unlogged: versions that no event has told of yet.
 *
 * - docs: how it is with the documentation of versions, as the last event about
 *   it tells; what was built before stays until something newer was.
 *
 * - tallies: how many packages have a `first` (kind 0) or an `oldest` (kind 1)
 *   in a bucket of 2^bits such values; for each of tally_sizes, of which `next`
 *   is the next. Those that are not known yet are in none.
 *
 * - download_pending: what was downloaded on this node and no part tells of.
 *
 * - download_parts, download_counts: the objects that tell of downloads, by
 *   their #LoftDownloadPart, and what those tell that may have to be taken
 * back.
 *
 * - download_days, download_versions: what all of them come to.
 */
const char *const loft_catalog_schema =
  "CREATE TABLE meta ("
  "  id INTEGER PRIMARY KEY CHECK (id = 1),"
  "  applied INTEGER NOT NULL,"
  "  digest TEXT NOT NULL,"
  "  complete INTEGER NOT NULL,"
  "  packages INTEGER NOT NULL,"
  "  versions INTEGER NOT NULL"
  ") STRICT;"
  "INSERT INTO meta VALUES (1, 0, '', 0, 0, 0);"
  "CREATE TABLE notes ("
  "  name TEXT PRIMARY KEY,"
  "  value TEXT NOT NULL"
  ") STRICT, WITHOUT ROWID;"
  "CREATE TABLE packages ("
  "  id INTEGER PRIMARY KEY,"
  "  name TEXT NOT NULL UNIQUE,"
  "  folded TEXT NOT NULL,"
  "  revision INTEGER NOT NULL DEFAULT 0,"
  "  versions INTEGER NOT NULL DEFAULT 0,"
  "  updated INTEGER NOT NULL DEFAULT 0,"
  "  dependents INTEGER NOT NULL DEFAULT 0,"
  "  changed INTEGER NOT NULL DEFAULT 0,"
  "  first INTEGER NOT NULL DEFAULT " UNKNOWN ","
  "  oldest INTEGER NOT NULL DEFAULT " UNKNOWN ","
  "  latest INTEGER NOT NULL DEFAULT 0,"
  "  newest TEXT,"
  "  owners TEXT,"
  "  deprecated TEXT"
  ") STRICT;"
  "CREATE INDEX packages_by_fold ON packages (folded, name);"
  "CREATE INDEX packages_by_update ON packages (updated DESC, name)"
  "  WHERE newest IS NOT NULL;"
  "CREATE INDEX packages_by_dependents ON packages (dependents DESC, name)"
  "  WHERE newest IS NOT NULL;"
  "CREATE INDEX packages_by_oldest ON packages (oldest);"
  "CREATE TABLE versions ("
  "  package INTEGER NOT NULL,"
  "  stable INTEGER NOT NULL,"
  "  sort BLOB NOT NULL,"
  "  key TEXT NOT NULL,"
  "  version TEXT NOT NULL,"
  "  archive TEXT,"
  "  size INTEGER NOT NULL,"
  "  sha256 TEXT,"
  "  published INTEGER NOT NULL,"
  "  yanked INTEGER NOT NULL,"
  "  seq INTEGER NOT NULL,"
  "  since INTEGER NOT NULL,"
  "  owners TEXT,"
  "  head TEXT NOT NULL,"
  "  PRIMARY KEY (package, stable, sort, key),"
  "  UNIQUE (package, key)"
  ") STRICT, WITHOUT ROWID;"
  "CREATE INDEX versions_by_time ON versions (published DESC)"
  "  WHERE yanked = 0;"
  "CREATE TABLE yanked ("
  "  package INTEGER NOT NULL,"
  "  key TEXT NOT NULL,"
  "  reason TEXT NOT NULL,"
  "  PRIMARY KEY (package, key)"
  ") STRICT, WITHOUT ROWID;"
  "CREATE TABLE states ("
  "  package INTEGER NOT NULL,"
  "  seq INTEGER NOT NULL,"
  "  revision INTEGER NOT NULL,"
  "  PRIMARY KEY (package, seq)"
  ") STRICT, WITHOUT ROWID;"
  "CREATE TABLE mentions ("
  "  target TEXT NOT NULL,"
  "  dependent TEXT NOT NULL,"
  "  PRIMARY KEY (target, dependent)"
  ") STRICT, WITHOUT ROWID;"
  "CREATE TABLE fragments ("
  "  name TEXT PRIMARY KEY,"
  "  element TEXT NOT NULL"
  ") STRICT, WITHOUT ROWID;"
  "CREATE TABLE dependencies ("
  "  target TEXT NOT NULL,"
  "  dependent TEXT NOT NULL,"
  "  requirement TEXT NOT NULL,"
  "  PRIMARY KEY (target, dependent)"
  ") STRICT, WITHOUT ROWID;"
  "CREATE INDEX dependencies_by_dependent ON dependencies (dependent);"
  "CREATE TABLE texts ("
  "  id INTEGER PRIMARY KEY,"
  "  place INTEGER,"
  "  words TEXT NOT NULL"
  ") STRICT;"
  "CREATE INDEX texts_waiting ON texts (id) WHERE place IS NULL;"
  "CREATE VIRTUAL TABLE search USING fts5 ("
  "  words,"
  "  content='', columnsize=0, detail=none, prefix='2 3 4',"
  "  tokenize='ascii'"
  ");"
  "CREATE VIRTUAL TABLE search_terms USING fts5vocab (search, instance);"
  "CREATE TABLE events ("
  "  seq INTEGER PRIMARY KEY,"
  "  time INTEGER NOT NULL,"
  "  name TEXT NOT NULL,"
  "  text TEXT NOT NULL"
  ") STRICT;"
  "CREATE INDEX events_by_time ON events (time);"
  "CREATE TABLE tokens ("
  "  id TEXT NOT NULL,"
  "  type TEXT NOT NULL,"
  "  PRIMARY KEY (id, type)"
  ") STRICT, WITHOUT ROWID;"
  "CREATE TABLE problems ("
  "  seq INTEGER PRIMARY KEY,"
  "  name TEXT NOT NULL,"
  "  key TEXT NOT NULL"
  ") STRICT;"
  "CREATE INDEX problems_by_document ON problems (name, key);"
  "CREATE TABLE unlogged ("
  "  name TEXT NOT NULL,"
  "  key TEXT NOT NULL,"
  "  PRIMARY KEY (name, key)"
  ") STRICT, WITHOUT ROWID;"
  "CREATE TABLE docs ("
  "  name TEXT NOT NULL,"
  "  key TEXT NOT NULL,"
  "  state INTEGER NOT NULL,"
  "  generation TEXT,"
  "  attempts INTEGER NOT NULL,"
  "  reason TEXT,"
  "  log TEXT,"
  "  time INTEGER NOT NULL,"
  "  PRIMARY KEY (name, key)"
  ") STRICT, WITHOUT ROWID;"
  "CREATE INDEX docs_by_attempts ON docs (state, attempts, time)"
  "  WHERE state <> 2;"
  "CREATE TABLE tally_sizes ("
  "  bits INTEGER PRIMARY KEY,"
  "  next INTEGER"
  ") STRICT;"
  "INSERT INTO tally_sizes VALUES (0, 8), (8, 16), (16, 24), (24, 32),"
  "  (32, 40), (40, 48), (48, NULL);"
  "CREATE TABLE tallies ("
  "  kind INTEGER NOT NULL,"
  "  bits INTEGER NOT NULL,"
  "  bucket INTEGER NOT NULL,"
  "  n INTEGER NOT NULL,"
  "  PRIMARY KEY (kind, bits, bucket)"
  ") STRICT, WITHOUT ROWID;" TALLY ("0", "first")
    TALLY ("1", "oldest") "CREATE TABLE download_pending ("
                          "  id INTEGER PRIMARY KEY,"
                          "  day INTEGER NOT NULL,"
                          "  name TEXT NOT NULL,"
                          "  version TEXT NOT NULL,"
                          "  n INTEGER NOT NULL,"
                          "  UNIQUE (day, name, version)"
                          ") STRICT;"
                          "CREATE TABLE download_parts ("
                          "  id INTEGER PRIMARY KEY,"
                          "  key TEXT NOT NULL UNIQUE,"
                          "  state INTEGER NOT NULL"
                          ") STRICT;"
                          "CREATE TABLE download_counts ("
                          "  part INTEGER NOT NULL,"
                          "  day INTEGER NOT NULL,"
                          "  name TEXT NOT NULL,"
                          "  version TEXT NOT NULL,"
                          "  n INTEGER NOT NULL,"
                          "  PRIMARY KEY (part, day, name, version)"
                          ") STRICT, WITHOUT ROWID;"
                          "CREATE TABLE download_days ("
                          "  name TEXT NOT NULL,"
                          "  day INTEGER NOT NULL,"
                          "  n INTEGER NOT NULL,"
                          "  PRIMARY KEY (name, day)"
                          ") STRICT, WITHOUT ROWID;"
                          "CREATE TABLE download_versions ("
                          "  name TEXT NOT NULL,"
                          "  version TEXT NOT NULL,"
                          "  n INTEGER NOT NULL,"
                          "  PRIMARY KEY (name, version)"
                          ") STRICT, WITHOUT ROWID;";
