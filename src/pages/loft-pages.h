/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "pages/loft-html.h"
#include "pages/loft-words.h"

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/**
 * LoftPagesPlace:
 * @root: relative reference that leads to the root of the server: `./`, `../`
 * @base: relative reference that links begin with: @root, or what a view puts
 *   behind it
 * @view: (nullable): what a view's paths begin with, such as `at/2026-09-01`
 * @url: (nullable): where readers find the registry, without a slash at its
 *   end; %NULL if nobody knows
 * @words: (nullable): the language of the page; %NULL for English
 *
 * Where a page is, so that it can lead elsewhere.
 */
typedef struct
{
  char *root; /* owned */
  char *base; /* owned */
  char *view; /* owned, nullable */
  char *url;  /* owned, nullable */
  const LoftWords *words;
} LoftPagesPlace;

/**
 * LoftPagesProblem:
 * @LOFT_PAGES_PROBLEM_OTHER: there is nothing to say but what programs are told
 * @LOFT_PAGES_PROBLEM_NO_PACKAGE: there is no such package
 * @LOFT_PAGES_PROBLEM_NO_VERSION: it has no such version
 * @LOFT_PAGES_PROBLEM_NOTHING: there is no such file, or whatever it was
 * @LOFT_PAGES_PROBLEM_NO_PAGE: nothing is served there
 * @LOFT_PAGES_PROBLEM_MALFORMED: the address makes no sense
 * @LOFT_PAGES_PROBLEM_TOO_OFTEN: such requests come too often
 * @LOFT_PAGES_PROBLEM_STARTING: the storage is still being read
 * @LOFT_PAGES_PROBLEM_BUSY: too many ask for the same
 * @LOFT_PAGES_PROBLEM_AWAY: the storage does not answer
 *
 * Why there is no page, where people can be told in their language.
 */
typedef enum
{
  LOFT_PAGES_PROBLEM_OTHER,
  LOFT_PAGES_PROBLEM_NO_PACKAGE,
  LOFT_PAGES_PROBLEM_NO_VERSION,
  LOFT_PAGES_PROBLEM_NOTHING,
  LOFT_PAGES_PROBLEM_NO_PAGE,
  LOFT_PAGES_PROBLEM_MALFORMED,
  LOFT_PAGES_PROBLEM_TOO_OFTEN,
  LOFT_PAGES_PROBLEM_STARTING,
  LOFT_PAGES_PROBLEM_BUSY,
  LOFT_PAGES_PROBLEM_AWAY
} LoftPagesProblem;

/**
 * LoftPagesHome:
 * @url: where the registry is, as its users write it
 * @n_packages: how many packages there are
 * @n_versions: how many versions; 0 if nobody knows
 * @newest: (nullable): packages that were published last, as the registry lists
 *   them
 * @depended_on: (nullable): those that most others depend on, likewise
 *
 * What a registry begins with.
 */
typedef struct
{
  const char *url;
  guint64 n_packages;
  guint64 n_versions;
  JsonNode *newest;
  JsonNode *depended_on;
} LoftPagesHome;

/**
 * LoftPagesList:
 * @elements: packages, as the registry lists them
 * @query: (nullable): what was searched for
 * @sort: (nullable): the order that was asked for
 * @is_first: whether no page is before this one
 * @next: (nullable): where the next page begins
 *
 * A page of packages.
 */
typedef struct
{
  JsonNode *elements;
  const char *query;
  const char *sort;
  gboolean is_first;
  const char *next;
} LoftPagesList;

/**
 * LoftPagesDocs:
 * @is_there: whether there is some
 * @is_waiting: whether it waits to be built, be it once more
 * @is_failed: whether it could not be built, and that is not tried again
 * @has_failed: whether it could not be built
 * @reason: (nullable): why
 * @log: (nullable): what was said last
 *
 * How it is with a version's documentation.
 */
typedef struct
{
  gboolean is_there;
  gboolean is_waiting;
  gboolean is_failed;
  gboolean has_failed;
  const char *reason;
  const char *log;
} LoftPagesDocs;

/**
 * LoftPagesVersions:
 * @begin: how many newer versions there are than those on the page
 * @newer: (nullable): query of the page before this one
 * @older: (nullable): query of the page behind it
 *
 * A page of all versions.
 */
typedef struct
{
  guint begin;
  char *newer; /* owned, nullable */
  char *older; /* owned, nullable */
} LoftPagesVersions;

/**
 * LoftPagesPackage:
 * @versions: its versions, as the registry lists them
 * @previous: for each of them the one that it came after, or %NULL
 * @version: the version that is shown, as the registry describes it
 * @dependents: some packages that depend on it
 * @more_dependents: whether there are more
 * @readme: (nullable): text of its README
 * @readme_path: (nullable): where that is among the files
 * @is_partial: whether the storage is away, which has the rest
 * @docs: how it is with its documentation
 * @days: (nullable): how often it was downloaded on each of some days, the last
 *   of which is today; %NULL where nobody counts
 * @n_days: how many days those are
 * @downloads: how often it was ever downloaded
 * @yank_reason: (nullable): why the version is yanked
 * @is_named: whether the version was asked for by its name
 * @all_versions: (nullable): which page of all versions is wanted, and nothing
 *   else
 *
 * A package to show.
 */
typedef struct
{
  JsonNode *versions;
  GPtrArray *previous;
  JsonNode *version;
  JsonNode *dependents;
  gboolean more_dependents;
  const char *readme;
  const char *readme_path;
  const char *yank_reason;
  gboolean is_partial;
  const guint64 *days;
  guint n_days;
  guint64 downloads;
  LoftPagesDocs docs;
  gboolean is_named;
  const LoftPagesVersions *all_versions;
} LoftPagesPackage;

/* Of a file that is larger nothing is given but the whole tarball. */
#define LOFT_PAGES_RAW_MAX (8 * 1024 * 1024)

/**
 * LoftPagesFile:
 * @name: a package
 * @version: the version that it is of
 * @path: where it is in the package
 * @bytes: its content, or what may be shown of it
 * @size: how many bytes it has
 * @is_image: whether it is a picture
 *
 * A file of a package to show.
 */
typedef struct
{
  const char *name;
  const char *version;
  const char *path;
  GBytes *bytes;
  guint64 size;
  gboolean is_image;
} LoftPagesFile;

LoftHtml *loft_pages_render_home (const LoftPagesPlace *place,
                                  const LoftPagesHome *home);
LoftHtml *loft_pages_render_list (const LoftPagesPlace *place,
                                  const LoftPagesList *list);
LoftHtml *loft_pages_render_dependents (const LoftPagesPlace *place,
                                        const char *name,
                                        JsonNode *elements,
                                        gboolean is_first,
                                        const char *next);
LoftHtml *loft_pages_render_package (const LoftPagesPlace *place,
                                     const LoftPagesPackage *package);
void loft_pages_find_versions (JsonNode *versions,
                               guint begin,
                               LoftPagesVersions *out);
void loft_pages_versions_clear (LoftPagesVersions *self);
LoftHtml *loft_pages_render_files (const LoftPagesPlace *place,
                                   JsonNode *version,
                                   const char *after);
LoftHtml *loft_pages_render_file (const LoftPagesPlace *place,
                                  const LoftPagesFile *file);
LoftHtml *loft_pages_render_diff (const LoftPagesPlace *place,
                                  JsonNode *diff,
                                  gboolean is_further,
                                  const char *next);
LoftHtml *loft_pages_render_problem (const LoftPagesPlace *place,
                                     GBytes *problem,
                                     LoftPagesProblem kind);

char *loft_pages_make_digest (const LoftPagesPlace *place, const char *content);

GBytes *loft_pages_find_asset (const char *name, const char **out_media_type);

G_END_DECLS
