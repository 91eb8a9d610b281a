/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "docs/loft-builder-sandbox.h"

#include <string.h>
#include <sys/stat.h>

/*
 * What is in the sandbox. bubblewrap makes new namespaces of every kind, hence
 * no network and no process but its own, and a root of its own: /usr of this
 * machine and the sources, which can only be read; few files of /etc; folders
 * in memory for what is written, each with a size. There is no user but one,
 * who can make no further namespaces, and nothing that the machine keeps
 * elsewhere.
 *
 * The first process in it is this program again, of which it gets a copy: see
 * loft-builder-inside.c.
 */

#define PROGRAM "/loft-registry-docs"
#define SOURCES "/src"
#define USER "65534"

/* A file that is nearly empty takes a page. */
#define FILE_OVERHEAD 4096

static void
add (GStrvBuilder *builder, const char *first, ...)
{
  va_list arguments;

  va_start (arguments, first);
  for (const char *next = first; next != NULL;
       next = va_arg (arguments, const char *))
    g_strv_builder_add (builder, next);
  va_end (arguments);
}

static void
add_number (GStrvBuilder *builder, guint64 number)
{
  g_autofree char *text = g_strdup_printf ("%" G_GUINT64_FORMAT, number);

  g_strv_builder_add (builder, text);
}

static void
add_memory_folder (GStrvBuilder *builder, const char *path, guint64 size)
{
  g_strv_builder_add (builder, "--size");
  add_number (builder, size);
  add (builder, "--tmpfs", path, NULL);
}

/* As the machine has them: links into /usr, or folders. */
static void
add_system (GStrvBuilder *builder)
{
  static const char *const folders[] = { "/bin",   "/sbin",  "/lib",
                                         "/lib32", "/lib64", "/libx32" };

  add (builder, "--ro-bind", "/usr", "/usr", NULL);
  for (guint i = 0; i < G_N_ELEMENTS (folders); i++)
    {
      g_autofree char *target = g_file_read_link (folders[i], NULL);

      if (target != NULL)
        add (builder, "--symlink", target, folders[i], NULL);
      else
        add (builder, "--ro-bind-try", folders[i], folders[i], NULL);
    }
  add (builder,
       "--ro-bind-try",
       "/etc/alternatives",
       "/etc/alternatives",
       "--ro-bind-try",
       "/etc/ld.so.cache",
       "/etc/ld.so.cache",
       NULL);
}

static void
add_environment (GStrvBuilder *builder, const LoftBuilderRequest *request)
{
  const char *const variables[][2] = {
    { "PATH", "/usr/local/bin:/usr/bin:/bin" },
    { "HOME", "/tmp" },
    { "LANG", "C.UTF-8" },
    { "LOFT_DOCS_NAME", request->name },
    { "LOFT_DOCS_VERSION", request->version },
    { "LOFT_DOCS_OUTPUT", LOFT_BUILDER_OUTPUT },
  };

  g_strv_builder_add (builder, "--clearenv");
  for (guint i = 0; i < G_N_ELEMENTS (variables); i++)
    add (builder, "--setenv", variables[i][0], variables[i][1], NULL);
}

/* Only the last of the folders in memory may be filled with what is kept; the
 * one for documentation has room for a little more than may be in it, so that
 * who makes too much hears of that, and not of a full disk. */
static void
add_writable (GStrvBuilder *builder, const LoftBuilderRequest *request)
{
  guint64 overhead = (request->output_files + 1024) * FILE_OVERHEAD;

  add (builder, "--proc", "/proc", "--dev", "/dev", NULL);
  add_memory_folder (builder, "/dev/shm", request->memory);
  add (builder, "--remount-ro", "/dev", NULL);
  add_memory_folder (builder, "/tmp", request->memory);
  add_memory_folder (builder,
                     LOFT_BUILDER_OUTPUT,
                     request->output_bytes + overhead);
}

static void
add_command (GStrvBuilder *builder, const LoftBuilderRequest *request)
{
  add (builder, PROGRAM, LOFT_BUILDER_INSIDE, NULL);
  add_number (builder, request->memory);
  add_number (builder, request->processes);
  add_number (builder, request->output_bytes);
  add_number (builder, request->output_files);

  for (guint i = 0; request->command[i] != NULL; i++)
    {
      g_autoptr (GString) word = g_string_new (request->command[i]);

      g_string_replace (word, "{output}", LOFT_BUILDER_OUTPUT, 0);
      g_strv_builder_add (builder, word->str);
    }
}

/**
 * loft_builder_sandbox_make_command:
 * @request: what is to be built
 * @sources: the folder with its sources
 * @readable: (array zero-terminated=1): what else can be read
 *
 * Makes the command that builds documentation in a sandbox. It inherits
 * %LOFT_BUILDER_RESULT_FD and %LOFT_BUILDER_PROGRAM_FD.
 *
 * Returns: (transfer full): a command and its arguments
 */
GStrv
loft_builder_sandbox_make_command (const LoftBuilderRequest *request,
                                   const char *sources,
                                   const char *const *readable)
{
  g_return_val_if_fail (request != NULL, NULL);
  g_return_val_if_fail (sources != NULL && readable != NULL, NULL);

  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();

  add (builder,
       "bwrap",
       "--unshare-all",
       "--unshare-user",
       "--disable-userns",
       "--die-with-parent",
       "--new-session",
       "--as-pid-1",
       "--cap-drop",
       "ALL",
       "--uid",
       USER,
       "--gid",
       USER,
       "--hostname",
       "docs",
       NULL);
  add_environment (builder, request);
  add_system (builder);
  add_writable (builder, request);
  for (guint i = 0; readable[i] != NULL; i++)
    add (builder, "--ro-bind", readable[i], readable[i], NULL);
  add (builder, "--ro-bind", sources, SOURCES, "--chdir", SOURCES, NULL);
  add (builder,
       "--perms",
       "0555",
       "--file",
       G_STRINGIFY (LOFT_BUILDER_PROGRAM_FD),
       PROGRAM,
       "--remount-ro",
       "/",
       "--",
       NULL);
  add_command (builder, request);

  return g_strv_builder_end (builder);
}
