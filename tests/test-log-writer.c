/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include <glib.h>
#include <string.h>

#include "daemon/loft-log-writer.h"

/* 2026-01-02T03:04:05.678901Z */
#define SOME_TIME G_GINT64_CONSTANT (1767323045678901)

static char *
format (GLogLevelFlags level, const char *domain, const char *message)
{
  const GLogField fields[] = {
    { "GLIB_DOMAIN", domain, -1 },
    { "OTHER", "not shown", -1 },
    { "MESSAGE", message, -1 },
  };

  return loft_log_writer_format (level,
                                 fields,
                                 G_N_ELEMENTS (fields),
                                 SOME_TIME);
}

/* A message is one line that says when, how important, whose and what. */
static void
test_line (void)
{
  g_autofree char *line =
    format (G_LOG_LEVEL_MESSAGE, "LoftHttp", "Schöne Grüße");

  g_assert_cmpstr (line,
                   ==,
                   "2026-01-02T03:04:05.678Z message  LoftHttp: Schöne "
                   "Grüße\n");
}

/* Nothing that a client puts into a message ends the line or steers a
 * terminal. */
static void
test_escapes (void)
{
  static const struct
  {
    const char *message;
    const char *shown;
  } rows[] = {
    { "a\nb", "a\\nb" },
    { "a\r\n2026 message LoftHttp: forged",
      "a\\x0d\\n2026 message LoftHttp: forged" },
    { "\x1b[2J", "\\x1b[2J" },
    { "tab\there", "tab\\x09here" },
    { "\xc2\x9b"
      "2J",
      "\\x9b2J" },
    { "\xff", "\xef\xbf\xbd" },
    { "\xe2\x80\xa8", "\\x2028" },
    { "", "" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *line =
        format (G_LOG_LEVEL_WARNING, "LoftHttp", rows[i].message);
      g_autofree char *expected =
        g_strdup_printf ("2026-01-02T03:04:05.678Z warning  LoftHttp: %s\n",
                         rows[i].shown);

      g_assert_cmpstr (line, ==, expected);
    }
}

/* Fields with a length, and a message without a domain, are shown too. */
static void
test_fields (void)
{
  const GLogField fields[] = { { "MESSAGE", "twelve bytes and more", 12 } };
  g_autofree char *line =
    loft_log_writer_format (G_LOG_LEVEL_DEBUG, fields, 1, SOME_TIME);

  g_assert_cmpstr (line,
                   ==,
                   "2026-01-02T03:04:05.678Z debug    -: twelve bytes\n");
}

/* Information is written only when verbose, and only ours. */
static void
test_verbosity (void)
{
  g_assert_true (loft_log_writer_wants (G_LOG_LEVEL_MESSAGE, "LoftHttp"));
  g_assert_true (loft_log_writer_wants (G_LOG_LEVEL_WARNING, NULL));
  g_assert_false (loft_log_writer_wants (G_LOG_LEVEL_INFO, "LoftHttp"));
  g_assert_false (loft_log_writer_wants (G_LOG_LEVEL_DEBUG, "LoftHttp"));

  loft_log_writer_set_verbose (TRUE);
  g_assert_true (loft_log_writer_wants (G_LOG_LEVEL_INFO, "LoftHttp"));
  g_assert_false (loft_log_writer_wants (G_LOG_LEVEL_INFO, "GLib-GIO"));
  g_assert_false (loft_log_writer_wants (G_LOG_LEVEL_INFO, NULL));
  g_assert_false (loft_log_writer_wants (G_LOG_LEVEL_DEBUG, "LoftHttp"));

  loft_log_writer_set_verbose (FALSE);
  g_assert_false (loft_log_writer_wants (G_LOG_LEVEL_INFO, "LoftHttp"));
}

/* The installed writer writes to standard error, one line a message. */
static void
test_installed (void)
{
  if (g_test_subprocess ())
    {
      loft_log_writer_install ();
      g_info ("not seen");
      g_message ("seen");
      return;
    }

  g_test_trap_subprocess (NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
  g_test_trap_assert_passed ();
  g_test_trap_assert_stderr ("20*Z message  LoftTest: seen\n");
  g_test_trap_assert_stderr_unmatched ("*not seen*");
}

/* Fatal warnings stay fatal with our writer, or tests would miss them. */
static void
test_fatal (void)
{
  if (g_test_subprocess ())
    {
      g_log_set_always_fatal (G_LOG_LEVEL_WARNING | G_LOG_LEVEL_CRITICAL);
      loft_log_writer_install ();
      g_warning ("the end");
      return;
    }

  g_test_trap_subprocess (NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
  g_test_trap_assert_failed ();
  g_test_trap_assert_stderr ("*LoftTest: the end\n*");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  /* What is wanted shall not depend on who runs the test. */
  g_unsetenv ("G_MESSAGES_DEBUG");

  g_test_add_func ("/log-writer/line", test_line);
  g_test_add_func ("/log-writer/escapes", test_escapes);
  g_test_add_func ("/log-writer/fields", test_fields);
  g_test_add_func ("/log-writer/verbosity", test_verbosity);
  g_test_add_func ("/log-writer/installed", test_installed);
  g_test_add_func ("/log-writer/fatal", test_fatal);

  return g_test_run ();
}
