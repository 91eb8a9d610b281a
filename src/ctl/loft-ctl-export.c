/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gunixfdlist.h>
#include <glib/gi18n.h>
#include <glib/gstdio.h>
#include <json-glib/json-glib.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ctl/loft-ctl-bus.h"
#include "ctl/loft-ctl-export-check.h"
#include "ctl/loft-ctl-job.h"
#include "ctl/loft-ctl-json.h"

/* "loft-registryctl export": everything as one tar. A file has its name only
 * once it is whole; until then it has another one, which is gone when the
 * export is, were it by a signal. */

static gboolean option_check;

/* clang-format off */
static const GOptionEntry entries[] = {
  { "check", 0, 0, G_OPTION_ARG_NONE, &option_check,
    N_ ("Check an archive that was written before, without any registry"),
    NULL },
  G_OPTION_ENTRY_NULL
};
/* clang-format on */

/* For the handler of signals, which may do next to nothing. */
static const char *unfinished;

static void
remove_unfinished (int number)
{
  unlink (unfinished);
  raise (number);
}

/* Waiting for the registry has handlers of its own, and leaves none. */
static void
remove_on_signals (const char *path)
{
  const struct sigaction action = { .sa_handler = remove_unfinished,
                                    .sa_flags = (int) SA_RESETHAND };

  unfinished = path;
  sigaction (SIGINT, &action, NULL);
  sigaction (SIGTERM, &action, NULL);
  sigaction (SIGHUP, &action, NULL);
}

static gboolean
export_to (const LoftCtl *self, int fd, GError **error)
{
  g_autoptr (GUnixFDList) list = g_unix_fd_list_new ();
  g_autofree char *path = NULL;
  int handle = g_unix_fd_list_append (list, fd, error);
  if (handle == -1)
    return FALSE;

  g_autoptr (LoftBusRegistry1) registry = loft_ctl_bus_connect (self, error);
  if (registry == NULL || !loft_bus_registry1_call_export_sync (
                            registry,
                            g_variant_new_handle (handle),
                            g_variant_new ("a{sv}", NULL),
                            G_DBUS_CALL_FLAGS_ALLOW_INTERACTIVE_AUTHORIZATION,
                            LOFT_CTL_BUS_PATIENCE,
                            list,
                            &path,
                            NULL,
                            NULL,
                            error))
    return FALSE;

  g_autoptr (GVariant) job = loft_ctl_job_wait (self, registry, path, error);

  return job != NULL;
}

static void
report (const LoftCtl *self, const char *path, gint64 size)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autofree char *shown = g_filename_display_name (path);
  g_autofree char *text = g_format_size ((guint64) size);

  if (!self->json)
    {
      g_print ("%s: %s\n", shown, text);
      return;
    }
  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "file");
  json_builder_add_string_value (builder, shown);
  json_builder_set_member_name (builder, "bytes");
  json_builder_add_int_value (builder, size);
  json_builder_end_object (builder);
  loft_ctl_json_print (builder);
}

/* Whoever writes the same file at the same time holds the lock. */
static int
open_part (const char *part, GError **error)
{
  int fd = g_open (part, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd == -1)
    {
      loft_ctl_fail (error, part, g_strerror (errno));
      return -1;
    }
  if (flock (fd, LOCK_EX | LOCK_NB) == 0 && ftruncate (fd, 0) == 0)
    return fd;

  loft_ctl_fail (error,
                 part,
                 errno == EWOULDBLOCK ? _ ("Another export is writing it")
                                      : g_strerror (errno));
  close (fd);

  return -1;
}

static gboolean
sync_folder (const char *path)
{
  g_autofree char *folder = g_path_get_dirname (path);
  int fd = g_open (folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
  gboolean done = fd != -1 && fsync (fd) == 0;
  int reason = errno;

  if (fd != -1)
    close (fd);
  errno = reason;

  return done;
}

/* What is there under that name is never replaced. */
static gboolean
export_file (const LoftCtl *self, const char *path, GError **error)
{
  g_autofree char *part = g_strconcat (path, ".part", NULL);
  struct stat status = { 0 };

  if (g_file_test (path, G_FILE_TEST_EXISTS))
    return loft_ctl_fail (error, path, _ ("There is such a file already"));
  int fd = open_part (part, error);
  if (fd == -1)
    return FALSE;

  remove_on_signals (part);
  gboolean done = export_to (self, fd, error);
  remove_on_signals (part);
  if (done && (fsync (fd) == -1 || fstat (fd, &status) == -1 ||
               link (part, path) == -1 || !sync_folder (path)))
    done = loft_ctl_fail (error, path, g_strerror (errno));
  g_unlink (part);
  close (fd);
  if (done)
    report (self, path, status.st_size);

  return done;
}

static gboolean
run (const LoftCtl *self, char **arguments, GError **error)
{
  if (option_check)
    return loft_ctl_export_check (self, arguments[0], error);
  if (!g_str_equal (arguments[0], "-"))
    return export_file (self, arguments[0], error);

  if (isatty (STDOUT_FILENO) == 1)
    return loft_ctl_fail (error,
                          "-",
                          _ ("A terminal has no use for an archive"));

  return export_to (self, STDOUT_FILENO, error);
}

const LoftCtlCommand loft_ctl_export = {
  .name = "export",
  .arguments = N_ ("FILE|-"),
  .summary = N_ ("Write everything to one archive"),
  .least = 1,
  .most = 1,
  .options = entries,
  .run = run,
};
