/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "http/loft-metrics-text.h"

/* Every label's value is a text of ours, so there is nothing to escape. */

/**
 * loft_metrics_begin:
 * @text: where to write
 * @name: the name of a metric
 * @type: `counter`, `gauge` or `histogram`
 * @help: what it is, as a sentence without a full stop
 *
 * Begins a metric: all its samples are to follow.
 */
void
loft_metrics_begin (GString *text,
                    const char *name,
                    const char *type,
                    const char *help)
{
  g_string_append_printf (text, "# HELP %s %s\n", name, help);
  g_string_append_printf (text, "# TYPE %s %s\n", name, type);
}

static void
append_name (GString *text, const char *name, const char *labels, va_list args)
  G_GNUC_PRINTF (3, 0);

static void
append_name (GString *text, const char *name, const char *labels, va_list args)
{
  g_string_append (text, name);
  if (labels != NULL)
    {
      g_string_append_c (text, '{');
      g_string_append_vprintf (text, labels, args);
      g_string_append_c (text, '}');
    }
  g_string_append_c (text, ' ');
}

static void
append_seconds (GString *text, guint64 microseconds)
{
  g_string_append_printf (text,
                          "%" G_GUINT64_FORMAT ".%06u",
                          microseconds / G_USEC_PER_SEC,
                          (guint) (microseconds % G_USEC_PER_SEC));
}

/**
 * loft_metrics_add:
 * @text: where to write
 * @name: the metric
 * @value: its value
 * @labels: (nullable): a format for its labels
 * @...: for @labels
 *
 * Adds a sample.
 */
void
loft_metrics_add (GString *text,
                  const char *name,
                  guint64 value,
                  const char *labels,
                  ...)
{
  va_list args;

  va_start (args, labels);
  append_name (text, name, labels, args);
  va_end (args);
  g_string_append_printf (text, "%" G_GUINT64_FORMAT "\n", value);
}

/**
 * loft_metrics_add_seconds:
 * @text: where to write
 * @name: the metric
 * @microseconds: its value
 * @labels: (nullable): a format for its labels
 * @...: for @labels
 *
 * Adds a sample of a time, which Prometheus has in seconds.
 */
void
loft_metrics_add_seconds (GString *text,
                          const char *name,
                          guint64 microseconds,
                          const char *labels,
                          ...)
{
  va_list args;

  va_start (args, labels);
  append_name (text, name, labels, args);
  va_end (args);
  append_seconds (text, microseconds);
  g_string_append_c (text, '\n');
}

/**
 * loft_metrics_add_histogram:
 * @text: where to write
 * @name: the metric
 * @histogram: its values
 * @label: (nullable): a label that tells it from others of the metric
 * @value: (nullable): for @label
 *
 * Adds the samples of a histogram.
 */
void
loft_metrics_add_histogram (GString *text,
                            const char *name,
                            LoftHistogram *histogram,
                            const char *label,
                            const char *value)
{
  g_autofree char *pair =
    label != NULL ? g_strdup_printf ("%s=\"%s\"", label, value) : NULL;
  guint64 count = 0;

  for (guint i = 0; i < LOFT_HISTOGRAM_BUCKETS; i++)
    {
      count += loft_counter_get (&histogram->counts[i]);
      g_string_append_printf (text,
                              "%s_bucket{%s%sle=\"",
                              name,
                              pair != NULL ? pair : "",
                              pair != NULL ? "," : "");
      if (i + 1 < LOFT_HISTOGRAM_BUCKETS)
        append_seconds (text, (guint64) loft_histogram_get_bound (i));
      else
        g_string_append (text, "+Inf");
      g_string_append_printf (text, "\"} %" G_GUINT64_FORMAT "\n", count);
    }

  g_autofree char *braced =
    pair != NULL ? g_strdup_printf ("{%s}", pair) : g_strdup ("");
  g_string_append_printf (text, "%s_sum%s ", name, braced);
  append_seconds (text, loft_counter_get (&histogram->sum));
  g_string_append_printf (text,
                          "\n%s_count%s %" G_GUINT64_FORMAT "\n",
                          name,
                          braced,
                          count);
}

/**
 * loft_metrics_add_one:
 * @text: where to write
 * @name: the name of a metric
 * @type: `counter` or `gauge`
 * @help: what it is
 * @value: its value
 *
 * Writes a metric that has one sample, without labels.
 */
void
loft_metrics_add_one (GString *text,
                      const char *name,
                      const char *type,
                      const char *help,
                      guint64 value)
{
  loft_metrics_begin (text, name, type, help);
  loft_metrics_add (text, name, value, NULL);
}
