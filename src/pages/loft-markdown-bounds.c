/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "pages/loft-markdown-private.h"

#include <string.h>

/*
 * Parsing Markdown is linear for what people write, but there are texts for
 * which it takes time, or memory, that grows with the square of their length.
 * What can make it so is counted here, in one pass, and never too low: a
 * paragraph, which is what a parser goes back and forth in, ends at a blank
 * line at the latest. What people write stays far below the limits.
 */

/* Nodes of the tree, of some 200 bytes each. */
#define MAX_NODES (192 * 1024)

/* Steps, each some nanoseconds. */
#define MAX_STEPS (16 * 1024 * 1024)

/* Cells of tables, those included that rows don't have. */
#define MAX_CELLS (128 * 1024)

/* Bytes of link definitions, each as often as it may be referred to. */
#define MAX_EXPANSION (32 * 1024 * 1024)

typedef struct
{
  guint64 nodes;      /* of the tree */
  guint64 brackets;   /* "]" in the text: each may be a reference */
  guint64 definition; /* the longest */
  guint64 depth;      /* quotes and lists in one another, at most */
  guint64 cells;
  guint64 steps;
} Bounds;

/* The same for lines between blank ones. */
typedef struct
{
  guint64 bytes; /* so far */
  guint64 lines;
  guint64 brackets;
  guint64 images;
  guint64 openings; /* of HTML whose end may be anywhere */
  guint64 columns;  /* of what may be a table */
} Run;

static gboolean
ends_marker (const char *text, const char *end)
{
  return text == end || *text == ' ' || *text == '\t';
}

/* How deep a line can be in quotes and lists: each level takes a mark, or two
 * columns of what is before the text. */
static guint64
get_depth (const char *line, const char *end, guint64 *out_marks)
{
  guint64 columns = 0;
  guint64 marks = 0;

  while (line < end)
    {
      const char *digit = line;

      while (digit < end && g_ascii_isdigit (*digit))
        digit++;
      if (*line == ' ')
        columns++;
      else if (*line == '\t')
        columns += 4;
      else if (*line == '>' ||
               (strchr ("-+*", *line) != NULL && ends_marker (line + 1, end)))
        marks++;
      else if (digit > line && digit < end &&
               (*digit == '.' || *digit == ')') && ends_marker (digit + 1, end))
        {
          marks++;
          line = digit;
        }
      else
        break;
      line++;
    }

  *out_marks = marks;
  return marks + columns / 2;
}

/* Whether a line may be the second of a table. */
static gboolean
is_ruler (const char *line, const char *end)
{
  gboolean dash = FALSE;
  gboolean bar = FALSE;

  for (; line < end; line++)
    {
      dash = dash || *line == '-';
      bar = bar || *line == '|' || *line == ':';
      if (strchr ("|:-+*>.) \t\v\f", *line) == NULL && !g_ascii_isdigit (*line))
        return FALSE;
    }

  return dash && bar;
}

/* The length of the link definition that may have its colon at @text: a target,
 * and a title that may go on until the paragraph ends. */
static guint64
get_definition (const char *text, const char *end)
{
  const char *start = text++;

  while (text < end && strchr (" \t\n", *text) != NULL)
    text++;
  if (text < end && *text == '<')
    while (text < end && *text != '>' && *text != '\n')
      text++;
  else
    while (text < end && strchr (" \t\n", *text) == NULL)
      text++;
  while (text < end && strchr ("> \t\n", *text) != NULL)
    text++;

  if (text < end && strchr ("\"'(", *text) != NULL)
    {
      char closing = *text == '(' ? ')' : *text;

      for (text++; text < end && *text != closing; text++)
        if (*text == '\\' && text + 1 < end)
          text++;
    }

  return (guint64) (text - start);
}

/* What is a node where a text would begin with it. */
static gboolean
can_stand_alone (char c)
{
  return strchr ("\"'-.", c) != NULL;
}

static void
count_character (Bounds *self, Run *run, const char *at, const char *end)
{
  char next = at + 1 < end ? at[1] : '\0';

  switch (*at)
    {
    case ']':
      self->nodes++;
      run->brackets++;
      if (next == ':' && self->steps <= MAX_STEPS)
        {
          guint64 length = get_definition (at + 1, end);

          self->definition = MAX (self->definition, length);
          self->steps += length;
        }
      break;
    case '!':
      self->nodes++;
      run->images += next == '[';
      break;
    case '<':
      self->nodes++;
      if (next == '?' || (next == '!' && !(at + 2 < end && at[2] == '-')))
        run->openings++;
      break;
    case '\\':
    case '`':
    case '&':
    case '*':
    case '_':
    case '[':
    case '~':
    case '|':
      self->nodes++;
      break;
    default:
      self->nodes += can_stand_alone (*at) && can_stand_alone (next);
      break;
    }
}

/* @end is where the line ends, @run_end where what it belongs to may. */
static void
count_line (Bounds *self,
            Run *run,
            const char *line,
            const char *end,
            const char *run_end)
{
  guint64 marks = 0;
  guint64 depth = get_depth (line, end, &marks);
  guint64 bars = 1;

  for (const char *at = line; at < end; at++)
    {
      bars += *at == '|';
      count_character (self, run, at, run_end);
    }
  /* A list, and what is in it; the block, its text, the end of the line. */
  self->nodes += 2 * marks + 3;

  run->bytes += (guint64) (end - line) + 1;
  run->lines++;
  if (is_ruler (line, end))
    {
      run->columns = MAX (run->columns, bars);
      self->steps += run->bytes;
    }
  self->cells += run->columns;
  self->steps += depth + bars * bars;
  self->depth = MAX (self->depth, depth);
}

/* Counts the lines from @text to the next blank one, and returns that. */
static const char *
count_run (Bounds *self, const char *text, const char *end)
{
  const char *run_end = text;
  Run run = { 0 };

  while (run_end < end)
    {
      const char *first = run_end;

      while (first < end && (*first == ' ' || *first == '\t'))
        first++;
      if (first == end || *first == '\n' || *first == '\r')
        break;
      const char *newline = memchr (first, '\n', (gsize) (end - first));
      run_end = newline != NULL ? newline + 1 : end;
    }

  while (text < run_end)
    {
      const char *newline = memchr (text, '\n', (gsize) (run_end - text));
      const char *line_end = newline != NULL ? newline : run_end;

      count_line (self, &run, text, line_end, run_end);
      text = newline != NULL ? newline + 1 : run_end;
    }

  self->brackets += run.brackets;
  self->steps += run.openings * run.bytes + run.images * run.brackets;

  return run_end;
}

gboolean
loft_markdown_is_bounded (const char *text, gsize length)
{
  const char *end = text + length;
  Bounds bounds = { 0 };

  while (text < end)
    {
      text = count_run (&bounds, text, end);
      if (text == end)
        break;

      /* A blank line is in all lists that are open. */
      const char *newline = memchr (text, '\n', (gsize) (end - text));
      text = newline != NULL ? newline + 1 : end;
      bounds.nodes++;
      bounds.steps += bounds.depth;
    }

  /* For each node the way up to the root is gone. */
  bounds.steps += bounds.depth * (bounds.depth + bounds.nodes);

  return bounds.nodes <= MAX_NODES && bounds.steps <= MAX_STEPS &&
         bounds.cells <= MAX_CELLS &&
         bounds.definition * bounds.brackets <= MAX_EXPANSION;
}
