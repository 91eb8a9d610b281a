/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "ctl/loft-ctl-export-check.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n.h>
#include <glib/gstdio.h>
#include <inttypes.h>
#include <json-glib/json-glib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ctl/loft-ctl-json.h"
#include "ctl/loft-ctl-progress.h"
#include "ctl/loft-ctl-text.h"
#include "registry/loft-export.h"

/* "loft-registryctl export --check": whoever keeps an archive wants to know
 * that it is whole, also where no registry runs any more. */

typedef struct
{
  LoftCtlProgress *progress; /* not owned */
  int fd;
  goffset size;
} Check;

static void
version_cb (const char *name, const char *key, gpointer user_data)
{
  const Check *check = user_data;
  goffset place = lseek (check->fd, 0, SEEK_CUR);

  if (place > 0)
    loft_ctl_progress_show (check->progress,
                            (guint64) place,
                            (guint64) check->size,
                            "bytes");
}

static void
add_number (JsonBuilder *builder, const char *member, guint64 number)
{
  json_builder_set_member_name (builder, member);
  json_builder_add_int_value (builder, (gint64) number);
}

static void
report (const LoftCtl *self, const char *path, const LoftExportSummary *summary)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autofree char *shown = g_filename_display_name (path);
  g_autofree char *size = g_format_size (summary->bytes);

  if (!self->json)
    {
      g_autofree char *versions =
        loft_ctl_text_amount (summary->versions, "versions");
      g_autofree char *objects =
        loft_ctl_text_amount (summary->objects, "objects");

      /* Translators: such as “backup.tar is whole: 3 versions, 9 objects, 1.2
       * MB, up to event 17” */
      g_print (_ ("%s is whole: %s, %s, %s, up to event %" PRIu64 "\n"),
               shown,
               versions,
               objects,
               size,
               summary->sequence);
      return;
    }
  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "file");
  json_builder_add_string_value (builder, shown);
  add_number (builder, "sequence", summary->sequence);
  add_number (builder, "versions", summary->versions);
  add_number (builder, "objects", summary->objects);
  add_number (builder, "bytes", summary->bytes);
  json_builder_end_object (builder);
  loft_ctl_json_print (builder);
}

static int
open_archive (const char *path, GError **error)
{
  struct stat status;
  int fd = g_str_equal (path, "-")
             ? fcntl (STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
             : g_open (path, O_RDONLY | O_CLOEXEC | O_NOCTTY, 0);

  if (fd != -1 && fstat (fd, &status) == 0 && !S_ISDIR (status.st_mode))
    return fd;

  g_set_error (error,
               LOFT_CTL_ERROR,
               LOFT_CTL_ERROR_FAILED,
               "%s: %s",
               path,
               g_strerror (fd == -1 ? errno : EISDIR));
  if (fd != -1)
    close (fd);

  return -1;
}

/**
 * loft_ctl_export_check:
 * @self: what the command was told
 * @path: an archive that was exported, or `-` for standard input
 * @error: return location for a #GError
 *
 * Makes sure that an archive is whole, and tells what is in it. It asks no
 * registry.
 *
 * Returns: %TRUE, or %FALSE with @error set
 */
gboolean
loft_ctl_export_check (const LoftCtl *self, const char *path, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  LoftExportSummary summary = { 0 };
  struct stat status = { 0 };
  int fd = open_archive (path, error);
  if (fd == -1)
    return FALSE;

  fstat (fd, &status);
  LoftCtlProgress *progress = loft_ctl_progress_new (self);
  Check check = { .progress = progress, .fd = fd, .size = status.st_size };
  gboolean whole = loft_export_verify (fd,
                                       g_get_tmp_dir (),
                                       version_cb,
                                       &check,
                                       &summary,
                                       NULL,
                                       &local_error);
  loft_ctl_progress_free (progress);
  close (fd);

  if (whole)
    report (self, path, &summary);
  else
    g_set_error (error,
                 LOFT_CTL_ERROR,
                 LOFT_CTL_ERROR_FAILED,
                 "%s: %s",
                 path,
                 local_error->message);

  return whole;
}
