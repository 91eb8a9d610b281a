/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "kit/metrics-kit.h"

#include <gio/gio.h>
#include <string.h>

#define NAME "[a-zA-Z_:][a-zA-Z0-9_:]*"
#define LABEL "[a-zA-Z_][a-zA-Z0-9_]*=\"(?:[^\"\\\\\n]|\\\\[\\\\\"n])*\""

/* A metric of which the samples are being read. */
typedef struct
{
  Metrics *metrics; /* not owned */
  char *helped;     /* owned, nullable: of which the help was read */
  char *name;       /* owned, nullable */
  char *type;       /* owned, nullable */
  char *series;     /* owned, nullable: labels of the histogram but “le” */
  double last_bound;
  double last_count;
} Reader;

static void
reader_clear (Reader *reader)
{
  g_free (reader->helped);
  g_free (reader->name);
  g_free (reader->type);
  g_free (reader->series);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Reader, reader_clear)

static gboolean
fail (const char *line, const char *why, GError **error)
{
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "%s: %s", why, line);

  return FALSE;
}

static GMatchInfo *
match (const char *pattern, const char *text)
{
  g_autoptr (GRegex) regex =
    g_regex_new (pattern, G_REGEX_ANCHORED | G_REGEX_DOLLAR_ENDONLY, 0, NULL);
  GMatchInfo *info = NULL;

  g_assert_nonnull (regex);
  if (g_regex_match (regex, text, 0, &info))
    return info;
  g_match_info_unref (info);

  return NULL;
}

static gboolean
read_comment (Reader *reader, const char *line, GError **error)
{
  g_autoptr (GMatchInfo) help = match ("# HELP (" NAME ") [^\\\\]+$", line);
  if (help != NULL)
    {
      g_free (reader->helped);
      reader->helped = g_match_info_fetch (help, 1);
      return TRUE;
    }

  g_autoptr (GMatchInfo) type =
    match ("# TYPE (" NAME ") (counter|gauge|histogram)$", line);
  if (type == NULL)
    return fail (line, "neither help nor type", error);

  g_free (reader->name);
  g_free (reader->type);
  g_clear_pointer (&reader->series, g_free);
  reader->name = g_match_info_fetch (type, 1);
  reader->type = g_match_info_fetch (type, 2);
  if (g_strcmp0 (reader->helped, reader->name) != 0)
    return fail (line, "no help before the type", error);
  if (g_str_equal (reader->type, "counter") !=
      g_str_has_suffix (reader->name, "_total"))
    return fail (line, "a counter ends in _total, and nothing else", error);
  if (!g_hash_table_insert (reader->metrics->types,
                            g_strdup (reader->name),
                            g_strdup (reader->type)))
    return fail (line, "the metric is there twice", error);

  return TRUE;
}

/* Buckets come in order, hold all those before, and end in one without bound,
 * which is the count. */
static gboolean
check_histogram (Reader *reader,
                 const char *line,
                 const char *part,
                 const char *labels,
                 double value,
                 GError **error)
{
  g_autoptr (GMatchInfo) bucket =
    match ("((?:" LABEL ",)*?),?le=\"([0-9.]+|\\+Inf)\"$", labels);
  g_autofree char *series =
    bucket != NULL ? g_match_info_fetch (bucket, 1) : g_strdup (labels);
  if (g_str_has_suffix (series, ","))
    series[strlen (series) - 1] = '\0';

  if (g_str_equal (part, "_bucket"))
    {
      if (bucket == NULL)
        return fail (line, "a bucket without its bound", error);

      g_autofree char *text = g_match_info_fetch (bucket, 2);
      double bound =
        g_str_equal (text, "+Inf") ? G_MAXDOUBLE : g_ascii_strtod (text, NULL);
      if (g_strcmp0 (series, reader->series) != 0)
        {
          g_free (reader->series);
          reader->series = g_strdup (series);
          reader->last_bound = -1;
          reader->last_count = 0;
        }
      if (bound <= reader->last_bound || value < reader->last_count)
        return fail (line, "buckets are not in order", error);
      reader->last_bound = bound;
      reader->last_count = value;
      return TRUE;
    }

  if (g_strcmp0 (series, reader->series) != 0 ||
      reader->last_bound != G_MAXDOUBLE)
    return fail (line, "no buckets before, or no last one", error);
  if (g_str_equal (part, "_count") && value != reader->last_count)
    return fail (line, "the count is not that of the last bucket", error);

  return TRUE;
}

static gboolean
read_sample (Reader *reader, const char *line, GError **error)
{
  g_autoptr (GMatchInfo) sample = match ("((" NAME ")(?:\\{(" LABEL "(?:," LABEL
                                         ")*)\\})?) ([0-9]+(?:\\.[0-9]+)?)$",
                                         line);
  if (sample == NULL)
    return fail (line, "no sample", error);

  g_autofree char *key = g_match_info_fetch (sample, 1);
  g_autofree char *name = g_match_info_fetch (sample, 2);
  g_autofree char *labels = g_match_info_fetch (sample, 3);
  g_autofree char *number = g_match_info_fetch (sample, 4);
  double value = g_ascii_strtod (number, NULL);

  if (reader->name == NULL || !g_str_has_prefix (name, reader->name))
    return fail (line, "a sample of another metric", error);

  const char *part = name + strlen (reader->name);
  if (g_str_equal (reader->type, "histogram"))
    {
      if (!g_str_equal (part, "_bucket") && !g_str_equal (part, "_sum") &&
          !g_str_equal (part, "_count"))
        return fail (line, "a histogram has no such sample", error);
      if (!check_histogram (reader, line, part, labels, value, error))
        return FALSE;
    }
  else if (*part != '\0')
    return fail (line, "a sample of another metric", error);

  if (!g_hash_table_insert (reader->metrics->samples,
                            g_strdup (key),
                            g_memdup2 (&value, sizeof value)))
    return fail (line, "the sample is there twice", error);

  return TRUE;
}

Metrics *
metrics_parse (const char *text, GError **error)
{
  g_autoptr (Metrics) self = g_new0 (Metrics, 1);
  g_auto (Reader) reader = { .metrics = self };
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

  self->samples =
    g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  self->types = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  if (!g_str_has_suffix (text, "\n"))
    {
      fail ("", "no line feed at the end", error);
      return NULL;
    }
  for (guint i = 0; lines[i + 1] != NULL; i++)
    if (!(lines[i][0] == '#' ? read_comment (&reader, lines[i], error)
                             : read_sample (&reader, lines[i], error)))
      return NULL;

  return g_steal_pointer (&self);
}

void
metrics_free (Metrics *self)
{
  g_hash_table_unref (self->samples);
  g_hash_table_unref (self->types);
  g_free (self);
}

/* A sample that is not there has never been counted. */
double
metrics_get (Metrics *self, const char *sample)
{
  const double *value = g_hash_table_lookup (self->samples, sample);

  return value != NULL ? *value : 0;
}
