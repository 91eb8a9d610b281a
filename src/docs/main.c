/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n.h>
#include <grp.h>
#include <locale.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "docs/loft-builder-inside.h"
#include "docs/loft-builder-listen.h"
#include "docs/loft-builder-sandbox.h"
#include "docs/loft-builder-stop.h"
#include "docs/loft-builder.h"

#define EXIT_USAGE 2

/* Who builds when it was started by root: a user who owns nothing. */
#define NOBODY 65534

/* IOPRIO_PRIO_VALUE (IOPRIO_CLASS_IDLE, 0) for IOPRIO_WHO_PROCESS; the C
 * library has neither these names nor the call. */
#define IOPRIO_WHO_PROCESS 1
#define IOPRIO_IDLE (3 << 13)

static gboolean option_version;
static char *option_listen; /* owned, nullable */
static GStrv option_read;   /* owned, nullable */

/* clang-format off */
static const GOptionEntry entries[] = {
  { "listen", 'l', 0, G_OPTION_ARG_FILENAME, &option_listen,
    N_ ("Make a socket at this path, and serve it"), N_ ("PATH") },
  { "read", 'r', 0, G_OPTION_ARG_FILENAME_ARRAY, &option_read,
    N_ ("Let builds read this directory; may be given several times"),
    N_ ("DIR") },
  { "version", 0, 0, G_OPTION_ARG_NONE, &option_version,
    N_ ("Print the version, and exit"), NULL },
  G_OPTION_ENTRY_NULL
};
/* clang-format on */

static gboolean
parse_options (char **arguments, GError **error)
{
  g_autoptr (GOptionContext) context = g_option_context_new (
    _ ("— build the documentation of loft packages in a sandbox"));
  g_auto (GStrv) rest = g_strdupv (arguments);

  g_option_context_add_main_entries (context, entries, GETTEXT_PACKAGE);
  if (!g_option_context_parse_strv (context, &rest, error))
    return FALSE;
  if (g_strv_length (rest) <= 1)
    return TRUE;

  g_set_error (error,
               G_OPTION_ERROR,
               G_OPTION_ERROR_BAD_VALUE,
               _ ("Unexpected argument “%s”"),
               rest[1]);

  return FALSE;
}

static gboolean
check_folders (GError **error)
{
  for (guint i = 0; option_read != NULL && option_read[i] != NULL; i++)
    if (!g_path_is_absolute (option_read[i]))
      {
        g_set_error (error,
                     G_OPTION_ERROR,
                     G_OPTION_ERROR_BAD_VALUE,
                     _ ("“%s” is no absolute path"),
                     option_read[i]);
        return FALSE;
      }

  return TRUE;
}

/* A build gets what nobody else wants, and nothing that root may. */
static gboolean
become_humble (GError **error)
{
  if (geteuid () == 0 &&
      (setgroups (0, NULL) == -1 || setresgid (NOBODY, NOBODY, NOBODY) == -1 ||
       setresuid (NOBODY, NOBODY, NOBODY) == -1))
    {
      int code = errno;

      g_set_error (error,
                   G_FILE_ERROR,
                   g_file_error_from_errno (code),
                   "The builder runs as root, and can't become another user "
                   "(%s); have it run as a user of its own",
                   g_strerror (code));
      return FALSE;
    }
  if (setpriority (PRIO_PROCESS, 0, 19) == -1 ||
      syscall (SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, IOPRIO_IDLE) == -1)
    g_info ("Builds can't be made to yield: %s", g_strerror (errno));

  return TRUE;
}

static int
serve (void)
{
  const char *const none[] = { NULL };
  struct stat status;

  if (fstat (STDIN_FILENO, &status) == -1 || !S_ISSOCK (status.st_mode))
    {
      g_printerr ("loft-registry-docs: %s\n",
                  _ ("Standard input is no connection; “loft-registry-docs "
                     "--help” tells more."));
      return EXIT_USAGE;
    }

  /* What libarchive makes of names goes by this. */
  setlocale (LC_CTYPE, "C.UTF-8");

  g_autoptr (GError) error = NULL;
  int program = open ("/proc/self/exe", O_RDONLY | O_CLOEXEC);
  if (program == -1)
    return EXIT_FAILURE;
  if (!become_humble (&error))
    return loft_builder_refuse (STDIN_FILENO, error->message) ? EXIT_SUCCESS
                                                              : EXIT_FAILURE;

  return loft_builder_serve (
           STDIN_FILENO,
           program,
           option_read != NULL ? (const char *const *) option_read : none)
           ? EXIT_SUCCESS
           : EXIT_FAILURE;
}

/* Clients are served by this program again, without the option. */
static int
listen_for_clients (void)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  g_autoptr (GError) error = NULL;

  g_strv_builder_add (builder, "/proc/self/exe");
  for (guint i = 0; option_read != NULL && option_read[i] != NULL; i++)
    g_strv_builder_add_many (builder, "--read", option_read[i], NULL);

  g_auto (GStrv) arguments = g_strv_builder_end (builder);
  if (loft_builder_listen (option_listen, arguments, &error))
    return EXIT_SUCCESS;

  g_printerr ("loft-registry-docs: %s\n", error->message);

  return EXIT_FAILURE;
}

static int
run (char **arguments)
{
  g_autoptr (GError) error = NULL;

  if (!parse_options (arguments, &error) || !check_folders (&error))
    {
      g_printerr ("loft-registry-docs: %s\n", error->message);
      return EXIT_USAGE;
    }
  if (option_version)
    {
      g_print ("loft-registry-docs (%s) %s\n", PACKAGE_NAME, PACKAGE_VERSION);
      return EXIT_SUCCESS;
    }

  loft_builder_stop_watch ();

  return option_listen != NULL ? listen_for_clients () : serve ();
}

int
main (int argc, char **argv)
{
  if (argc > 1 && g_str_equal (argv[1], LOFT_BUILDER_INSIDE))
    {
      setlocale (LC_CTYPE, "C.UTF-8");
      return loft_builder_inside (argc - 2, argv + 2);
    }

  setlocale (LC_ALL, "");
  bindtextdomain (GETTEXT_PACKAGE, LOCALEDIR);
  bind_textdomain_codeset (GETTEXT_PACKAGE, "UTF-8");
  textdomain (GETTEXT_PACKAGE);

  return run (argv);
}
