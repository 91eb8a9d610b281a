/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include <glib/gi18n.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "ctl/loft-ctl-bus.h"
#include "ctl/loft-ctl-text.h"

static gboolean option_user;
static gboolean option_system;
static gboolean option_json;
static gboolean option_version;
static char *option_address; /* owned, nullable */

/* What may stand before the command or after it. */
/* clang-format off */
static const GOptionEntry entries[] = {
  { "system", 0, 0, G_OPTION_ARG_NONE, &option_system,
    N_ ("Ask the registry on the system bus, as without this"), NULL },
  { "user", 0, 0, G_OPTION_ARG_NONE, &option_user,
    N_ ("Ask the registry on the session bus of the user"), NULL },
  { "address", 0, 0, G_OPTION_ARG_STRING, &option_address,
    N_ ("Ask the registry on the bus at this address"), N_ ("ADDRESS") },
  { "json", 0, 0, G_OPTION_ARG_NONE, &option_json,
    N_ ("Print JSON, for programs"), NULL },
  { "version", 0, 0, G_OPTION_ARG_NONE, &option_version,
    N_ ("Print the version, and exit"), NULL },
  G_OPTION_ENTRY_NULL
};
/* clang-format on */

static const LoftCtlCommand *const commands[] = {
  &loft_ctl_status,  &loft_ctl_packages, &loft_ctl_show,      &loft_ctl_publish,
  &loft_ctl_yank,    &loft_ctl_unyank,   &loft_ctl_deprecate, &loft_ctl_owners,
  &loft_ctl_docs,    &loft_ctl_token,    &loft_ctl_verify,    &loft_ctl_rescan,
  &loft_ctl_collect, &loft_ctl_export,   &loft_ctl_import,    &loft_ctl_migrate,
  &loft_ctl_logs,    &loft_ctl_metrics,  &loft_ctl_reload,
};

static const LoftCtlCommand *
find_command (const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (commands); i++)
    if (g_str_equal (commands[i]->name, name))
      return commands[i];

  return NULL;
}

static char *
describe_commands (void)
{
  GString *text = g_string_new (_ ("Commands:"));

  for (guint i = 0; i < G_N_ELEMENTS (commands); i++)
    g_string_append_printf (text,
                            "\n  %-12s %s",
                            commands[i]->name,
                            _ (commands[i]->summary));
  g_string_append_printf (text,
                          "\n\n%s",
                          _ ("“loft-registryctl COMMAND --help” tells of the "
                             "options of a command."));

  return g_string_free (text, FALSE);
}

/* Reads the options before the command, and leaves the rest. */
static gboolean
parse_first_options (char ***arguments, GError **error)
{
  g_autoptr (GOptionContext) context = g_option_context_new (
    _ ("COMMAND [ARGUMENT…] — administer a registry of loft packages"));
  g_autofree char *summary = describe_commands ();

  g_option_context_set_strict_posix (context, TRUE);
  g_option_context_set_summary (context, summary);
  g_option_context_add_main_entries (context, entries, GETTEXT_PACKAGE);

  return g_option_context_parse_strv (context, arguments, error);
}

static gboolean
check_arguments (const LoftCtlCommand *command,
                 char **arguments,
                 GError **error)
{
  guint n = g_strv_length (arguments) - 1;

  if (n >= command->least && n <= command->most)
    return TRUE;

  g_set_error (error,
               LOFT_CTL_ERROR,
               LOFT_CTL_ERROR_USAGE,
               _ ("Usage: loft-registryctl %s %s"),
               command->name,
               command->arguments != NULL ? _ (command->arguments) : "");
  return FALSE;
}

static gboolean
parse_command_options (const LoftCtlCommand *command,
                       char ***arguments,
                       GError **error)
{
  g_autofree char *program =
    g_strdup_printf ("loft-registryctl %s", command->name);
  g_autoptr (GOptionContext) context = g_option_context_new (
    command->arguments != NULL ? _ (command->arguments) : NULL);

  g_set_prgname (program);
  g_option_context_set_summary (context, _ (command->summary));
  if (command->options != NULL)
    g_option_context_add_main_entries (context,
                                       command->options,
                                       GETTEXT_PACKAGE);
  g_option_context_add_main_entries (context, entries, GETTEXT_PACKAGE);

  return g_option_context_parse_strv (context, arguments, error) &&
         check_arguments (command, *arguments, error);
}

static gboolean
make_settings (LoftCtl *self, GError **error)
{
  struct winsize size = { 0 };
  gboolean is_terminal = isatty (STDOUT_FILENO) == 1;

  if (option_user + option_system + (option_address != NULL) > 1)
    {
      g_set_error_literal (error,
                           LOFT_CTL_ERROR,
                           LOFT_CTL_ERROR_USAGE,
                           _ ("--system, --user and --address exclude each "
                              "other"));
      return FALSE;
    }

  self->bus = option_user ? G_BUS_TYPE_SESSION : G_BUS_TYPE_SYSTEM;
  self->address = option_address;
  self->json = option_json;
  self->colours = is_terminal && g_getenv ("NO_COLOR") == NULL &&
                  g_strcmp0 (g_getenv ("TERM"), "dumb") != 0;
  if (is_terminal && ioctl (STDOUT_FILENO, TIOCGWINSZ, &size) == 0)
    self->width = size.ws_col;

  return TRUE;
}

static void
print_version (void)
{
  g_print ("loft-registryctl (%s) %s\n", PACKAGE_NAME, PACKAGE_VERSION);
  g_print ("%s",
           _ ("License GPLv3+: GNU GPL version 3 or later\n"
              "This is free software: you are free to change and redistribute "
              "it.\n"
              "There is NO WARRANTY, to the extent permitted by law.\n"));
}

static gboolean
run (char ***arguments, GError **error)
{
  LoftCtl self = { 0 };

  if (!parse_first_options (arguments, error))
    return FALSE;
  if (option_version)
    {
      print_version ();
      return TRUE;
    }

  const char *name = (*arguments)[0] != NULL ? (*arguments)[1] : NULL;
  const LoftCtlCommand *command = name != NULL ? find_command (name) : NULL;
  if (command == NULL)
    {
      g_set_error (error,
                   LOFT_CTL_ERROR,
                   LOFT_CTL_ERROR_USAGE,
                   name != NULL ? _ ("There is no command “%s”")
                                : _ ("No command was given"),
                   name);
      return FALSE;
    }

  g_autofree char *program = (*arguments)[0];
  memmove (*arguments,
           *arguments + 1,
           g_strv_length (*arguments + 1) * sizeof (char *) + sizeof (char *));
  if (!parse_command_options (command, arguments, error) ||
      !make_settings (&self, error))
    return FALSE;
  if (option_version)
    {
      print_version ();
      return TRUE;
    }

  return command->run (&self, *arguments + 1, error);
}

static int
fail (GError **error)
{
  loft_ctl_bus_explain (error);

  g_autofree char *text = loft_ctl_text_clean ((*error)->message, TRUE);
  gboolean is_usage =
    (*error)->domain == G_OPTION_ERROR ||
    g_error_matches (*error, LOFT_CTL_ERROR, LOFT_CTL_ERROR_USAGE);

  g_printerr ("loft-registryctl: %s\n", text);
  if (is_usage)
    {
      g_printerr ("%s\n", _ ("“loft-registryctl --help” tells more."));
      return LOFT_CTL_ERROR_USAGE;
    }

  return (*error)->domain == LOFT_CTL_ERROR ? (*error)->code : EXIT_FAILURE;
}

static void
choose_language (void)
{
  const char *catalogs = g_getenv ("LOFT_LOCALEDIR");

  setlocale (LC_ALL, "");
  bindtextdomain (GETTEXT_PACKAGE, catalogs != NULL ? catalogs : LOCALEDIR);
  bind_textdomain_codeset (GETTEXT_PACKAGE, "UTF-8");
  textdomain (GETTEXT_PACKAGE);
}

/* At every end, since --help ends the program from within GLib. */
static void
check_output (void)
{
  if (fflush (stdout) != EOF && !ferror (stdout))
    return;

  g_printerr ("loft-registryctl: %s\n", _ ("What is printed can't be written"));
  _exit (EXIT_FAILURE);
}

/* Whoever reads the beginning and closes the pipe wants no more, and no word of
 * it. Sockets ignore the signal for everybody as soon as there are any, though
 * they send nothing that raises it. */
static void
end_with_pipe (void)
{
  struct sigaction before;

  if (sigaction (SIGPIPE, NULL, &before) == 0 && before.sa_handler == SIG_DFL)
    {
      g_type_class_unref (g_type_class_ref (G_TYPE_SOCKET));
      sigaction (SIGPIPE, &before, NULL);
    }
}

int
main (int argc, char **argv)
{
  choose_language ();
  end_with_pipe ();
  atexit (check_output);

  g_auto (GStrv) arguments = g_strdupv (argv);
  g_autoptr (GError) error = NULL;

  return run (&arguments, &error) ? EXIT_SUCCESS : fail (&error);
}
