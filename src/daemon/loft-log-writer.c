/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "daemon/loft-log-writer.h"

#include <errno.h>
#include <unistd.h>

/* The writer is one a process, as GLib wants it, hence the static state. It is
 * set up before any thread starts; only the verbosity changes later. */
static gboolean to_journal;
static GLogLevelFlags fatal_levels;
static int verbose_level; /* atomic */

static gboolean
is_ours (const char *domain)
{
  return domain != NULL && g_str_has_prefix (domain, "Loft");
}

/**
 * loft_log_writer_wants:
 * @level: how important a message is
 * @domain: (nullable): whose message it is
 *
 * Decides what is written: messages, warnings and worse always; information of
 * our own parts when verbose; the rest where `G_MESSAGES_DEBUG` names it.
 *
 * Returns: whether to write such a message
 */
gboolean
loft_log_writer_wants (GLogLevelFlags level, const char *domain)
{
  if ((level & G_LOG_LEVEL_INFO) != 0 && is_ours (domain) &&
      g_atomic_int_get (&verbose_level) != 0)
    return TRUE;

  return !g_log_writer_default_would_drop (level, domain);
}

static const char *
name_of_level (GLogLevelFlags level)
{
  if ((level & G_LOG_LEVEL_ERROR) != 0)
    return "error";
  if ((level & G_LOG_LEVEL_CRITICAL) != 0)
    return "critical";
  if ((level & G_LOG_LEVEL_WARNING) != 0)
    return "warning";
  if ((level & G_LOG_LEVEL_MESSAGE) != 0)
    return "message";
  if ((level & G_LOG_LEVEL_INFO) != 0)
    return "info";

  return "debug";
}

static char *
dup_field (const GLogField *fields, gsize n_fields, const char *key)
{
  for (gsize i = 0; i < n_fields; i++)
    if (g_str_equal (fields[i].key, key))
      return fields[i].length < 0
               ? g_strdup (fields[i].value)
               : g_strndup (fields[i].value, fields[i].length);

  return NULL;
}

/* A message may quote what a client sent. Whatever could end the line or steer
 * a terminal is written as an escape. */
static void
append_escaped (GString *line, const char *text)
{
  g_autofree char *valid = g_utf8_make_valid (text, -1);

  for (const char *c = valid; *c != '\0'; c = g_utf8_next_char (c))
    {
      gunichar character = g_utf8_get_char (c);

      if (character == '\n')
        g_string_append (line, "\\n");
      else if (g_unichar_iscntrl (character) || character == 0x2028 ||
               character == 0x2029)
        g_string_append_printf (line, "\\x%02x", character);
      else
        g_string_append_unichar (line, character);
    }
}

/**
 * loft_log_writer_format:
 * @level: how important the message is
 * @fields: its fields
 * @n_fields: how many
 * @time: microseconds since 1970
 *
 * Writes a message as one line: time, level, domain and text.
 *
 * Returns: (transfer full): the line, with its line feed
 */
char *
loft_log_writer_format (GLogLevelFlags level,
                        const GLogField *fields,
                        gsize n_fields,
                        gint64 time)
{
  g_autofree char *domain = dup_field (fields, n_fields, "GLIB_DOMAIN");
  g_autofree char *message = dup_field (fields, n_fields, "MESSAGE");
  g_autoptr (GDateTime) seconds =
    g_date_time_new_from_unix_utc (time / G_USEC_PER_SEC);
  g_autofree char *date = g_date_time_format (seconds, "%Y-%m-%dT%H:%M:%S");
  GString *line = g_string_new (NULL);

  g_string_append_printf (line,
                          "%s.%03dZ %-8s ",
                          date,
                          (int) (time % G_USEC_PER_SEC / 1000),
                          name_of_level (level));
  append_escaped (line, domain != NULL ? domain : "-");
  g_string_append (line, ": ");
  append_escaped (line, message != NULL ? message : "");
  g_string_append_c (line, '\n');

  return g_string_free (line, FALSE);
}

/* One write a line, so that the lines of several processes don't mix. */
static gboolean
write_line (const char *line)
{
  gsize left = strlen (line);

  while (left > 0)
    {
      gssize written = write (STDERR_FILENO, line, left);

      if (written < 0 && errno == EINTR)
        continue;
      if (written < 0)
        return FALSE;
      line += written;
      left -= written;
    }

  return TRUE;
}

static GLogWriterOutput
write_cb (GLogLevelFlags level,
          const GLogField *fields,
          gsize n_fields,
          gpointer user_data)
{
  g_autofree char *domain = dup_field (fields, n_fields, "GLIB_DOMAIN");
  GLogWriterOutput output = G_LOG_WRITER_HANDLED;

  if (!loft_log_writer_wants (level, domain))
    return output;

  if (!to_journal || g_log_writer_journald (level, fields, n_fields, NULL) !=
                       G_LOG_WRITER_HANDLED)
    {
      g_autofree char *line =
        loft_log_writer_format (level, fields, n_fields, g_get_real_time ());

      if (!write_line (line))
        output = G_LOG_WRITER_UNHANDLED;
    }

  /* GLib leaves it to a writer to heed G_DEBUG=fatal-warnings. */
  if ((level & fatal_levels) != 0)
    G_BREAKPOINT ();

  return output;
}

/**
 * loft_log_writer_install:
 *
 * Makes this the writer of all messages of the process: with all their fields
 * to the journal where standard error leads there, else as lines. To be called
 * once, before there are threads.
 */
void
loft_log_writer_install (void)
{
  to_journal = g_log_writer_is_journald (STDERR_FILENO);
  fatal_levels = g_log_set_always_fatal (G_LOG_FATAL_MASK);
  g_log_set_always_fatal (fatal_levels);
  g_log_set_writer_func (write_cb, NULL, NULL);
}

/**
 * loft_log_writer_set_verbose:
 * @verbose: whether information is written too
 *
 * Sets the verbosity. Any thread may call this at any time.
 */
void
loft_log_writer_set_verbose (gboolean verbose)
{
  g_atomic_int_set (&verbose_level, verbose);
}
