/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include <glib/gi18n.h>
#include <locale.h>
#include <signal.h>

#include "daemon/loft-daemon.h"
#include "daemon/loft-log-writer.h"
#include "daemon/loft-worker.h"

#define EXIT_USAGE 2

static gboolean option_version;
static gboolean option_check;
static gboolean option_take_over;
static gboolean option_verbose;
static char *option_file;   /* owned, nullable */
static GStrv option_listen; /* owned, nullable */
static char *option_worker; /* owned, nullable */

/* What the options say for each key; owned, nullable each. */
static char *option_values[LOFT_CONFIG_N_KEYS];

/* clang-format off */
static const GOptionEntry entries[] = {
  { "config", 'c', 0, G_OPTION_ARG_FILENAME, &option_file,
    N_ ("Read the configuration from FILE"), N_ ("FILE") },
  { "check-config", 0, 0, G_OPTION_ARG_NONE, &option_check,
    N_ ("Check the configuration, print what counts, and exit"), NULL },
  { "listen", 'l', 0, G_OPTION_ARG_STRING_ARRAY, &option_listen,
    N_ ("Listen on this address; may be given several times"),
    N_ ("ADDR:PORT") },
  { "storage", 's', 0, G_OPTION_ARG_FILENAME,
    &option_values[LOFT_CONFIG_STORAGE],
    N_ ("Keep the packages in this directory, or at this URI"),
    N_ ("DIR|URI") },
  { "take-over", 0, 0, G_OPTION_ARG_NONE, &option_take_over,
    N_ ("Take the storage from another server, which has ended for good"),
    NULL },
  { "verbose", 'v', 0, G_OPTION_ARG_NONE, &option_verbose,
    N_ ("Log information too"), NULL },
  { "worker", 0, G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_STRING, &option_worker,
    NULL, NULL },
  { "version", 0, 0, G_OPTION_ARG_NONE, &option_version,
    N_ ("Print the version, and exit"), NULL },
  G_OPTION_ENTRY_NULL
};
/* clang-format on */

static gboolean
parse_options (char **arguments, GError **error)
{
  g_autoptr (GOptionContext) context =
    g_option_context_new (_ ("— serve a registry of loft packages"));
  g_auto (GStrv) rest = g_strdupv (arguments);

  g_option_context_add_main_entries (context, entries, GETTEXT_PACKAGE);
  if (!g_option_context_parse_strv (context, &rest, error))
    return FALSE;

  if (rest[0] != NULL && rest[1] != NULL)
    {
      g_set_error (error,
                   G_OPTION_ERROR,
                   G_OPTION_ERROR_FAILED,
                   _ ("Unexpected argument “%s”"),
                   rest[1]);
      return FALSE;
    }

  if (option_listen != NULL)
    option_values[LOFT_CONFIG_LISTEN] = g_strjoinv (",", option_listen);
  if (option_take_over)
    option_values[LOFT_CONFIG_TAKE_OVER] = g_strdup ("true");
  if (option_verbose)
    option_values[LOFT_CONFIG_VERBOSE] = g_strdup ("true");

  return TRUE;
}

static void
print_version (void)
{
  g_print ("loft-registryd (%s) %s\n", PACKAGE_NAME, PACKAGE_VERSION);
  g_print ("%s",
           _ ("License GPLv3+: GNU GPL version 3 or later\n"
              "This is free software: you are free to change and redistribute "
              "it.\n"
              "There is NO WARRANTY, to the extent permitted by law.\n"));
}

static int
fail (const GError *error, int status)
{
  g_printerr ("loft-registryd: %s\n", error->message);
  return status;
}

/* Numbers and dates that the server writes are read by programs, so no more of
 * the locale counts than this. */
static void
choose_language (void)
{
  const char *catalogs = g_getenv ("LOFT_LOCALEDIR");

  setlocale (LC_CTYPE, "");
  setlocale (LC_MESSAGES, "");
  bindtextdomain (GETTEXT_PACKAGE, catalogs != NULL ? catalogs : LOCALEDIR);
  bind_textdomain_codeset (GETTEXT_PACKAGE, "UTF-8");
  textdomain (GETTEXT_PACKAGE);
}

int
main (int argc, char **argv)
{
  choose_language ();
  signal (SIGPIPE, SIG_IGN);

  g_auto (GStrv) variables = g_get_environ ();
  const char *const *environment = (const char *const *) variables;
  const char *const *values = (const char *const *) option_values;
  g_autoptr (GError) error = NULL;

  if (!parse_options (argv, &error))
    return fail (error, EXIT_USAGE);

  if (option_version)
    {
      print_version ();
      return EXIT_SUCCESS;
    }

  if (option_worker != NULL)
    {
      setlocale (LC_MESSAGES, "C");
      loft_log_writer_install ();
      return loft_worker_run (option_worker);
    }

  g_autoptr (LoftConfig) config =
    loft_config_load (option_file, environment, values, &error);
  if (config == NULL)
    return fail (error, EXIT_USAGE);

  if (option_check)
    {
      g_autofree char *text = loft_config_print (config);

      g_print ("%s", text);
      return EXIT_SUCCESS;
    }

  loft_log_writer_install ();

  g_autoptr (LoftDaemon) daemon =
    loft_daemon_new (config, option_file, environment, values);
  if (!loft_daemon_run (daemon, &error))
    return fail (error, EXIT_FAILURE);

  return EXIT_SUCCESS;
}
