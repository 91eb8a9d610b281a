/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "pages/loft-pages-private.h"

#include <string.h>

#include "registry/loft-json.h"

/* What differs between two versions: all files, or one. */

/* More would make browsers slow, and nobody reads so far. */
#define LINES_MAX 20000
#define TEXT_MAX (1024 * 1024)

/* What ends a line elsewhere can't be seen, and HTML has no place for it. */
#define RETURN "\342\206\265"

typedef enum
{
  LINE_SAME,
  LINE_ADDED,
  LINE_REMOVED,
  LINE_HUNK,
  LINE_END,
} LineKind;

typedef struct
{
  JsonArray *blocks; /* owned */
  GString *text;     /* owned: of lines of one kind */
  LineKind kind;
  GString *numbers; /* owned */
  int width;
  guint64 old_line;
  guint64 new_line;
} Lines;

static LineKind
get_kind (char sign)
{
  switch (sign)
    {
    case '+':
      return LINE_ADDED;
    case '-':
      return LINE_REMOVED;
    case '@':
      return LINE_HUNK;
    case '\\':
      return LINE_END;
    default:
      return LINE_SAME;
    }
}

static void
end_block (Lines *self)
{
  static const char *const names[] = { "plain",
                                       "ins",
                                       "del",
                                       "hunk",
                                       "no_break" };

  if (self->text->len == 0)
    return;

  JsonObject *block = json_object_new ();
  g_string_replace (self->text, "\r", RETURN, 0);
  json_object_set_string_member (block, "text", self->text->str);
  json_object_set_boolean_member (block, names[self->kind], TRUE);
  json_array_add_object_element (self->blocks, block);
  g_string_truncate (self->text, 0);
}

/* `@@ -OLD,N +NEW,N @@` */
static void
read_hunk (const char *line, guint64 *out_old, guint64 *out_new)
{
  const char *old_begin = strchr (line, '-');
  const char *new_begin = old_begin != NULL ? strchr (old_begin, '+') : NULL;

  *out_old = old_begin != NULL ? g_ascii_strtoull (old_begin + 1, NULL, 10) : 0;
  *out_new = new_begin != NULL ? g_ascii_strtoull (new_begin + 1, NULL, 10) : 0;
}

static void
add_number (Lines *self, gboolean is_there, guint64 *line)
{
  if (is_there)
    g_string_append_printf (self->numbers,
                            "%*" G_GUINT64_FORMAT,
                            self->width,
                            (*line)++);
  else
    g_string_append_printf (self->numbers, "%*s", self->width, "");
}

static void
add_line (Lines *self, const char *line, gsize length)
{
  LineKind kind = get_kind (*line);

  if (kind != self->kind || kind == LINE_HUNK || kind == LINE_END)
    end_block (self);
  self->kind = kind;
  g_string_append_len (self->text, line, (gssize) length);
  if (kind == LINE_HUNK)
    read_hunk (line, &self->old_line, &self->new_line);
  add_number (self, kind == LINE_SAME || kind == LINE_REMOVED, &self->old_line);
  g_string_append_c (self->numbers, ' ');
  add_number (self, kind == LINE_SAME || kind == LINE_ADDED, &self->new_line);
  g_string_append_c (self->numbers, '\n');
}

/* How many digits the largest number of a line may have: there are no more
 * lines than what comes before the last hunk and all that is shown. */
static int
find_width (const char *diff)
{
  guint64 largest = 0;

  for (const char *line = diff; *line != '\0';)
    {
      guint64 old_line = 0;
      guint64 new_line = 0;

      if (*line == '@')
        read_hunk (line, &old_line, &new_line);
      largest = MAX (largest + 1, MAX (old_line, new_line));
      line += strcspn (line, "\n");
      line += *line == '\n';
    }

  g_autofree char *digits = g_strdup_printf ("%" G_GUINT64_FORMAT, largest);

  return (int) strlen (digits);
}

static void
add_lines (JsonObject *row, const char *diff)
{
  Lines lines = {
    .blocks = json_array_new (),
    .text = g_string_new (NULL),
    .numbers = g_string_new (NULL),
    .width = find_width (diff),
  };
  const char *next = diff;

  for (guint n = 0;
       *next != '\0' && n < LINES_MAX && (gsize) (next - diff) < TEXT_MAX;
       n++)
    {
      gsize length = strcspn (next, "\n");

      length += next[length] == '\n';
      add_line (&lines, next, length);
      next += length;
    }
  end_block (&lines);
  json_object_set_boolean_member (row, "is_cut", *next != '\0');
  json_object_set_string_member (row, "numbers", lines.numbers->str);
  json_object_set_array_member (row, "blocks", lines.blocks);
  g_string_free (lines.text, TRUE);
  g_string_free (lines.numbers, TRUE);
}

/* Whether it can be asked for: what the original server has left may lead out
 * of the package, or be no text. */
static gboolean
can_link (const char *path)
{
  g_auto (GStrv) segments = g_strsplit (path, "/", -1);

  for (gsize i = 0; segments[i] != NULL; i++)
    if (*segments[i] == '\0' || g_str_equal (segments[i], ".") ||
        g_str_equal (segments[i], ".."))
      return FALSE;
  for (; *path != '\0'; path++)
    if (g_ascii_iscntrl (*path))
      return FALSE;

  return TRUE;
}

/* Where a file is, in one version or in the comparison of both. */
static char *
format_file (const LoftPagesPlace *place,
             JsonObject *diff,
             const char *version,
             const char *path)
{
  const char *name = loft_json_get_string (diff, "name");
  g_autofree char *encoded = g_uri_escape_string (path, "/", FALSE);
  g_autofree char *one =
    g_uri_escape_string (loft_json_get_string (diff, "old"), NULL, FALSE);
  g_autofree char *other =
    g_uri_escape_string (loft_json_get_string (diff, "new"), NULL, FALSE);
  g_autofree char *both = g_strconcat (one, "/", other, "/", NULL);
  g_autofree char *folder =
    version != NULL
      ? loft_pages_format_folder (place, name, version, "files")
      : g_strconcat (place->base, "packages/", name, "/diff/", both, NULL);

  return g_strconcat (folder, encoded, NULL);
}

static void
add_side (const LoftPagesPlace *place,
          JsonObject *diff,
          JsonObject *file,
          JsonObject *row,
          const char *side)
{
  g_autofree char *size_member = g_strconcat (side, "_size", NULL);
  g_autofree char *text_member = g_strconcat (side, "_size_text", NULL);
  g_autofree char *link_member = g_strconcat (side, "_link", NULL);
  const char *path = loft_json_get_string (file, "path");
  gint64 size = loft_json_get_int (file, size_member, -1);

  if (size < 0)
    return;

  g_autofree char *text = loft_words_format_size (place->words, size);
  json_object_set_string_member (row, text_member, text);
  json_object_set_string_member (row, "size_text", text);
  if (json_object_has_member (file, "is_link") || !can_link (path))
    return;

  g_autofree char *link =
    format_file (place, diff, loft_json_get_string (diff, side), path);
  json_object_set_string_member (row, link_member, link);
}

static void
set_word (JsonObject *row,
          const char *word,
          const char *const (*members)[2],
          gsize n_members)
{
  for (gsize i = 0; word != NULL && i < n_members; i++)
    if (g_str_equal (members[i][0], word))
      json_object_set_boolean_member (row, members[i][1], TRUE);
}

/* Adds to @row what is shown of a file. */
static void
add_file (const LoftPagesPlace *place,
          JsonObject *diff,
          JsonObject *file,
          JsonObject *row)
{
  static const char *const changes[][2] = { { "added", "is_added" },
                                            { "removed", "is_removed" },
                                            { "changed", "is_changed" },
                                            { "none", "is_same" } };
  static const char *const reasons[][2] = { { "binary", "is_binary" },
                                            { "too-large", "is_large" },
                                            { "too-slow", "is_slow" },
                                            { "elsewhere", "is_elsewhere" } };
  const char *hunks = loft_json_get_string (file, "diff");

  json_object_set_string_member (row,
                                 "path",
                                 loft_json_get_string (file, "path"));
  set_word (row,
            loft_json_get_string (file, "change"),
            changes,
            G_N_ELEMENTS (changes));
  set_word (row,
            loft_json_get_string (file, "left_out"),
            reasons,
            G_N_ELEMENTS (reasons));
  if (json_object_has_member (file, "is_link"))
    json_object_set_boolean_member (row, "is_link", TRUE);
  add_side (place, diff, file, row, "old");
  add_side (place, diff, file, row, "new");
  json_object_set_boolean_member (row,
                                  "is_both",
                                  json_object_has_member (file, "old_size") &&
                                    json_object_has_member (file, "new_size"));
  if (hunks == NULL)
    return;
  json_object_set_boolean_member (row, "has_lines", TRUE);
  json_object_set_int_member (row,
                              "lines_added",
                              loft_json_get_int (file, "lines_added", 0));
  json_object_set_int_member (row,
                              "lines_removed",
                              loft_json_get_int (file, "lines_removed", 0));
  add_lines (row, hunks);
}

/* What is shown on this page is found there, and all else on its own. */
static void
add_files (const LoftPagesPlace *place, JsonObject *diff, JsonObject *values)
{
  JsonArray *files = loft_json_get_array (diff, "files");
  JsonArray *rows = json_array_new ();

  for (guint i = 0; i < json_array_get_length (files); i++)
    {
      JsonObject *file = json_array_get_object_element (files, i);
      JsonObject *row = json_object_new ();
      const char *path = loft_json_get_string (file, "path");
      g_autofree char *id = g_strdup_printf ("f%u", i + 1);

      add_file (place, diff, file, row);
      if (json_object_has_member (row, "blocks"))
        {
          g_autofree char *link = g_strconcat ("#", id, NULL);

          json_object_set_string_member (row, "id", id);
          json_object_set_string_member (row, "link", link);
        }
      else if (can_link (path))
        {
          g_autofree char *link = format_file (place, diff, NULL, path);

          json_object_set_string_member (row, "link", link);
        }
      json_array_add_object_element (rows, row);
    }
  json_object_set_array_member (values, "files", rows);
}

static void
copy_members (JsonObject *diff, JsonObject *values)
{
  static const char *const members[] = {
    "name",      "old",   "new",     "old_yanked", "new_yanked",
    "backwards", "added", "removed", "changed",    "unchanged"
  };

  for (gsize i = 0; i < G_N_ELEMENTS (members); i++)
    if (json_object_has_member (diff, members[i]))
      json_object_set_member (values,
                              members[i],
                              json_object_dup_member (diff, members[i]));
}

/**
 * loft_pages_render_diff:
 * @place: where the page is
 * @diff: what differs, as the registry answers it: of all files, or of one
 * @is_further: whether files of an earlier page are left out
 * @next: (nullable): where the next page begins
 *
 * Shows what differs between two versions.
 *
 * Returns: (transfer full): a page
 */
LoftHtml *
loft_pages_render_diff (const LoftPagesPlace *place,
                        JsonNode *diff,
                        gboolean is_further,
                        const char *next)
{
  g_return_val_if_fail (place != NULL && diff != NULL, NULL);

  JsonObject *object = json_node_get_object (diff);
  const char *path = loft_json_get_string (object, "path");
  g_autoptr (JsonObject) values = loft_pages_new_values (place);
  g_autofree char *versions =
    g_strdup_printf ("%s %s → %s",
                     loft_json_get_string (object, "name"),
                     loft_json_get_string (object, "old"),
                     loft_json_get_string (object, "new"));
  g_autofree char *title = g_strconcat (path != NULL ? path : "",
                                        path != NULL ? " · " : "",
                                        versions,
                                        NULL);

  copy_members (object, values);
  if (path != NULL)
    add_file (place, object, object, values);
  else
    add_files (place, object, values);
  json_object_set_boolean_member (values, "further", is_further);
  if (next != NULL)
    json_object_set_string_member (values, "next", next);

  return loft_pages_finish (place, "diff", values, title, NULL);
}
