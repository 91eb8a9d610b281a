/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-diff.h"

#include <string.h>

#include "registry/loft-compare.h"
#include "registry/loft-json.h"
#include "registry/loft-quote.h"
#include "registry/loft-survey.h"
#include "registry/loft-text.h"

/*
 * What differs between two tarballs.
 *
 * Both are gone through twice: first for sizes and digests, which tell what
 * differs, then for the texts that are to be shown. So memory is taken by what
 * is shown, and not by what there is.
 */

/* So many files are on a page of them. */
#define FILES_MAX 200

/* Texts of so many of them are compared, if no file and no result is too large;
 * everything else is to be had file by file. */
#define SHOWN_MAX 50
#define LOADED_MAX (8 * 1024 * 1024)
#define HUNKS_MAX (64 * 1024)

/* What is larger is not compared at all. */
#define FILE_MAX (1024 * 1024)

/* For two texts, and for all of a page. */
#define TEXT_TIME (2 * G_TIME_SPAN_SECOND)
#define TEXTS_TIME (4 * G_TIME_SPAN_SECOND)

typedef struct
{
  const char *path;
  const LoftSurveyFile *old_file; /* nullable */
  const LoftSurveyFile *new_file; /* nullable */
} Change;

/* What a page may still take. */
typedef struct
{
  gsize hunks;
  gint64 end; /* by the monotonic clock */
  LoftDiffSides *sides;
} Budget;

static int
compare_changes (gconstpointer a, gconstpointer b)
{
  return strcmp (((const Change *) a)->path, ((const Change *) b)->path);
}

static GArray *
find_changes (GHashTable *old_files, GHashTable *new_files, guint *out_same)
{
  g_autoptr (GArray) changes = g_array_new (FALSE, FALSE, sizeof (Change));
  GHashTableIter iter;
  gpointer path = NULL;
  gpointer file = NULL;

  *out_same = 0;
  g_hash_table_iter_init (&iter, old_files);
  while (g_hash_table_iter_next (&iter, &path, &file))
    {
      Change change = { path, file, g_hash_table_lookup (new_files, path) };

      if (loft_survey_are_same (change.old_file, change.new_file))
        (*out_same)++;
      else
        g_array_append_val (changes, change);
    }
  g_hash_table_iter_init (&iter, new_files);
  while (g_hash_table_iter_next (&iter, &path, &file))
    {
      Change change = { path, NULL, file };

      if (!g_hash_table_contains (old_files, path))
        g_array_append_val (changes, change);
    }
  g_array_sort (changes, compare_changes);

  return g_steal_pointer (&changes);
}

static guint64
get_size (const LoftSurveyFile *file)
{
  return file != NULL ? file->size : 0;
}

static gboolean
is_large (const Change *change)
{
  return get_size (change->old_file) > FILE_MAX ||
         get_size (change->new_file) > FILE_MAX;
}

static GBytes *
get_content (const LoftSurveyFile *file)
{
  return file != NULL ? g_bytes_ref (file->content) : g_bytes_new (NULL, 0);
}

static gboolean
is_text (GBytes *content)
{
  gsize length = 0;
  const char *data = g_bytes_get_data (content, &length);
  g_autofree char *text = loft_text_decode (data, length, FALSE);

  return text != NULL;
}

static void
add_left_out (JsonBuilder *builder, const char *reason)
{
  loft_json_add_string (builder, "left_out", reason);
}

static void
add_int (JsonBuilder *builder, const char *member, gint64 value)
{
  json_builder_set_member_name (builder, member);
  json_builder_add_int_value (builder, value);
}

static void
add_hunks (JsonBuilder *builder, const char *hunks)
{
  gint64 n_added = 0;
  gint64 n_removed = 0;

  for (const char *line = hunks; *line != '\0';)
    {
      n_added += *line == '+';
      n_removed += *line == '-';
      line += strcspn (line, "\n");
      line += *line == '\n';
    }
  add_int (builder, "lines_added", n_added);
  add_int (builder, "lines_removed", n_removed);
  loft_json_add_string (builder, "diff", hunks);
}

/* The files of @change have their contents. */
static gboolean
add_texts (JsonBuilder *builder,
           const Change *change,
           Budget *budget,
           GError **error)
{
  g_autoptr (GBytes) old_text = get_content (change->old_file);
  g_autoptr (GBytes) new_text = get_content (change->new_file);
  g_autoptr (GError) local_error = NULL;
  gint64 now = g_get_monotonic_time ();

  if (!is_text (old_text) || !is_text (new_text))
    {
      add_left_out (builder, "binary");
      return TRUE;
    }

  g_autofree char *hunks =
    loft_compare_texts (old_text,
                        new_text,
                        MIN (budget->end, now + TEXT_TIME),
                        budget->sides->cancellable,
                        &local_error);
  if (g_error_matches (local_error,
                       LOFT_REGISTRY_ERROR,
                       LOFT_REGISTRY_ERROR_TOO_LARGE))
    {
      budget->sides->is_partial = TRUE;
      add_left_out (builder, "too-slow");
    }
  else if (local_error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }
  else if (strlen (hunks) > budget->hunks)
    add_left_out (builder, "elsewhere");
  else
    {
      budget->hunks -= strlen (hunks);
      add_hunks (builder, hunks);
    }

  return TRUE;
}

static const char *
get_kind (const Change *change)
{
  if (change->old_file == NULL)
    return "added";
  if (change->new_file == NULL)
    return "removed";

  return loft_survey_are_same (change->old_file, change->new_file) ? "none"
                                                                   : "changed";
}

static void
add_facts (JsonBuilder *builder, const Change *change)
{
  const LoftSurveyFile *old_file = change->old_file;
  const LoftSurveyFile *new_file = change->new_file;

  loft_json_add_string (builder, "path", change->path);
  loft_json_add_string (builder, "change", get_kind (change));
  if (old_file != NULL)
    add_int (builder, "old_size", (gint64) old_file->size);
  if (new_file != NULL)
    add_int (builder, "new_size", (gint64) new_file->size);
  if ((old_file != NULL && old_file->is_link) ||
      (new_file != NULL && new_file->is_link))
    {
      json_builder_set_member_name (builder, "is_link");
      json_builder_add_boolean_value (builder, TRUE);
    }
}

/* What of a page is to be compared, as far as that is there. */
static void
choose_texts (const Change *changes,
              guint n_changes,
              GHashTable *old_paths,
              GHashTable *new_paths)
{
  guint64 loaded = 0;
  guint n = 0;

  for (guint i = 0; i < n_changes && n < SHOWN_MAX; i++)
    {
      const Change *change = &changes[i];
      guint64 size = get_size (change->old_file) + get_size (change->new_file);

      if (is_large (change) || loaded + size > LOADED_MAX)
        continue;
      loaded += size;
      n++;
      if (change->old_file != NULL)
        g_hash_table_add (old_paths, (gpointer) change->path);
      if (change->new_file != NULL)
        g_hash_table_add (new_paths, (gpointer) change->path);
    }
}

static gboolean
add_listed (JsonBuilder *builder,
            const Change *change,
            GHashTable *old_texts,
            GHashTable *new_texts,
            Budget *budget,
            GError **error)
{
  const Change loaded = { change->path,
                          g_hash_table_lookup (old_texts, change->path),
                          g_hash_table_lookup (new_texts, change->path) };
  gboolean good = TRUE;

  json_builder_begin_object (builder);
  add_facts (builder, change);
  if (is_large (change))
    add_left_out (builder, "too-large");
  else if ((loaded.old_file == NULL) != (change->old_file == NULL) ||
           (loaded.new_file == NULL) != (change->new_file == NULL))
    add_left_out (builder, "elsewhere");
  else
    good = add_texts (builder, &loaded, budget, error);
  json_builder_end_object (builder);

  return good;
}

static gboolean
add_page (LoftDiffSides *sides,
          const Change *changes,
          guint n_changes,
          JsonBuilder *builder,
          GError **error)
{
  g_autoptr (GHashTable) old_paths = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr (GHashTable) new_paths = g_hash_table_new (g_str_hash, g_str_equal);

  choose_texts (changes, n_changes, old_paths, new_paths);

  g_autoptr (GHashTable) old_texts = loft_survey_new (sides->old_tarball,
                                                      old_paths,
                                                      FILE_MAX,
                                                      sides->end,
                                                      sides->cancellable,
                                                      error);
  g_autoptr (GHashTable) new_texts = old_texts != NULL
                                       ? loft_survey_new (sides->new_tarball,
                                                          new_paths,
                                                          FILE_MAX,
                                                          sides->end,
                                                          sides->cancellable,
                                                          error)
                                       : NULL;
  Budget budget = { HUNKS_MAX, g_get_monotonic_time () + TEXTS_TIME, sides };

  if (new_texts == NULL)
    return FALSE;
  json_builder_set_member_name (builder, "files");
  json_builder_begin_array (builder);
  for (guint i = 0; i < n_changes; i++)
    if (!add_listed (builder,
                     &changes[i],
                     old_texts,
                     new_texts,
                     &budget,
                     error))
      return FALSE;
  json_builder_end_array (builder);

  return TRUE;
}

static void
add_counts (JsonBuilder *builder, GArray *changes, guint n_same)
{
  gint64 added = 0;
  gint64 removed = 0;

  for (guint i = 0; i < changes->len; i++)
    {
      const Change *change = &g_array_index (changes, Change, i);

      added += change->old_file == NULL;
      removed += change->new_file == NULL;
    }
  add_int (builder, "added", added);
  add_int (builder, "removed", removed);
  add_int (builder, "changed", (gint64) changes->len - added - removed);
  add_int (builder, "unchanged", n_same);
}

/**
 * loft_diff_add_files:
 * @sides: what is compared
 * @after: (nullable): the path after which to begin
 * @builder: in an object, to which numbers and files are added
 * @out_next: (out) (nullable): the path after which more follows
 * @error: return location for a #GError
 *
 * Finds out which files differ, and how as far as that is short. Blocks.
 *
 * Returns: %FALSE with @error set to a #LoftRegistryError if that can't be told
 */
gboolean
loft_diff_add_files (LoftDiffSides *sides,
                     const char *after,
                     JsonBuilder *builder,
                     char **out_next,
                     GError **error)
{
  g_return_val_if_fail (sides != NULL && builder != NULL, FALSE);
  g_return_val_if_fail (out_next != NULL, FALSE);

  g_autoptr (GHashTable) old_files = loft_survey_new (sides->old_tarball,
                                                      NULL,
                                                      0,
                                                      sides->end,
                                                      sides->cancellable,
                                                      error);
  g_autoptr (GHashTable) new_files = old_files != NULL
                                       ? loft_survey_new (sides->new_tarball,
                                                          NULL,
                                                          0,
                                                          sides->end,
                                                          sides->cancellable,
                                                          error)
                                       : NULL;
  if (new_files == NULL)
    return FALSE;

  guint n_same = 0;
  g_autoptr (GArray) changes = find_changes (old_files, new_files, &n_same);
  const Change *all = (const Change *) (gpointer) changes->data;
  guint begin = 0;
  while (after != NULL && begin < changes->len &&
         strcmp (all[begin].path, after) <= 0)
    begin++;
  guint length = MIN (changes->len - begin, FILES_MAX);

  add_counts (builder, changes, n_same);
  if (begin + length < changes->len)
    *out_next = g_strdup (all[begin + length - 1].path);

  return add_page (sides, all + begin, length, builder, error);
}

/**
 * loft_diff_add_file:
 * @sides: what is compared
 * @path: of a file
 * @builder: in an object, to which the file is added
 * @error: return location for a #GError
 *
 * Finds out how a file differs. Blocks.
 *
 * Returns: %FALSE with @error set to a #LoftRegistryError if that can't be
 * told; %LOFT_REGISTRY_ERROR_NOT_FOUND if neither side has that file
 */
gboolean
loft_diff_add_file (LoftDiffSides *sides,
                    const char *path,
                    JsonBuilder *builder,
                    GError **error)
{
  g_return_val_if_fail (sides != NULL && path != NULL, FALSE);
  g_return_val_if_fail (builder != NULL, FALSE);

  g_autoptr (GHashTable) paths = g_hash_table_new (g_str_hash, g_str_equal);
  g_hash_table_add (paths, (gpointer) path);

  g_autoptr (GHashTable) old_files = loft_survey_new (sides->old_tarball,
                                                      paths,
                                                      FILE_MAX,
                                                      sides->end,
                                                      sides->cancellable,
                                                      error);
  g_autoptr (GHashTable) new_files = old_files != NULL
                                       ? loft_survey_new (sides->new_tarball,
                                                          paths,
                                                          FILE_MAX,
                                                          sides->end,
                                                          sides->cancellable,
                                                          error)
                                       : NULL;
  if (new_files == NULL)
    return FALSE;

  const Change change = { path,
                          g_hash_table_lookup (old_files, path),
                          g_hash_table_lookup (new_files, path) };
  Budget budget = { G_MAXSIZE, g_get_monotonic_time () + TEXTS_TIME, sides };
  if (change.old_file == NULL && change.new_file == NULL)
    {
      g_autofree char *quoted = loft_quote (path);

      g_set_error (error,
                   LOFT_REGISTRY_ERROR,
                   LOFT_REGISTRY_ERROR_NOT_FOUND,
                   "There is no file %s in either version",
                   quoted);
      return FALSE;
    }

  add_facts (builder, &change);
  if (loft_survey_are_same (change.old_file, change.new_file))
    return TRUE;
  if (!is_large (&change))
    return add_texts (builder, &change, &budget, error);
  add_left_out (builder, "too-large");

  return TRUE;
}

/**
 * loft_diff_add_nothing:
 * @builder: in an object, to which is added that there is no difference
 *
 * Adds what loft_diff_add_files() does if a version is compared with itself.
 */
void
loft_diff_add_nothing (JsonBuilder *builder)
{
  g_return_if_fail (builder != NULL);

  add_int (builder, "added", 0);
  add_int (builder, "removed", 0);
  add_int (builder, "changed", 0);
  json_builder_set_member_name (builder, "files");
  json_builder_begin_array (builder);
  json_builder_end_array (builder);
}
