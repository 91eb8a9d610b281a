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
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ctl/loft-ctl-bus.h"
#include "ctl/loft-ctl-json.h"
#include "ctl/loft-ctl-progress.h"
#include "ctl/loft-ctl-text.h"

/* "loft-registryctl import": takes in a folder of the original server. Who runs
 * it again after it was interrupted goes on where it was: what is there already
 * is left alone. Nothing in the folder is believed: what is no plain file is
 * not opened, and the registry looks into the rest as if it were published. */

#define DOCUMENT_MAX (4 * 1024 * 1024)
#define SUFFIX ".json"

typedef struct
{
  LoftBusRegistry1 *registry; /* not owned */
  const char *folder;         /* not owned */
  guint created;
  guint present;
  guint refused;
} Import;

static int
compare_cb (gconstpointer a, gconstpointer b)
{
  return g_strcmp0 (*(const char *const *) a, *(const char *const *) b);
}

static void
list_versions (const char *folder, const char *name, GPtrArray *versions)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);
  g_autoptr (GDir) documents = g_file_test (path, G_FILE_TEST_IS_SYMLINK)
                                 ? NULL
                                 : g_dir_open (path, 0, NULL);
  const char *file;

  while (documents != NULL && (file = g_dir_read_name (documents)) != NULL)
    if (g_str_has_suffix (file, SUFFIX) && !g_str_equal (file, "package.json"))
      {
        gsize length = strlen (file) - strlen (SUFFIX);

        g_ptr_array_add (versions,
                         g_strdup_printf ("%s/%.*s", name, (int) length, file));
      }
}

static GPtrArray *
list (const char *path, GError **error)
{
  g_autoptr (GPtrArray) versions = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GDir) folder = g_dir_open (path, 0, error);
  const char *name;

  if (folder == NULL)
    return NULL;
  while ((name = g_dir_read_name (folder)) != NULL)
    if (*name != '.' && *name != '_' && !g_str_equal (name, "docs"))
      list_versions (path, name, versions);
  g_ptr_array_sort (versions, compare_cb);

  return g_steal_pointer (&versions);
}

static int
open_file (const char *folder,
           const char *stem,
           const char *suffix,
           GError **error)
{
  g_autofree char *file = g_strconcat (stem, suffix, NULL);
  g_autofree char *path = g_build_filename (folder, file, NULL);
  struct stat status;
  int fd = g_open (path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0);

  if (fd != -1 && fstat (fd, &status) == 0 && S_ISREG (status.st_mode))
    return fd;

  g_set_error (error,
               LOFT_CTL_ERROR,
               LOFT_CTL_ERROR_FAILED,
               "%s: %s",
               file,
               fd == -1 ? g_strerror (errno) : _ ("This is no plain file"));
  if (fd != -1)
    close (fd);

  return -1;
}

static char *
read_document (const char *folder, const char *stem, GError **error)
{
  g_autofree char *text = g_malloc0 (DOCUMENT_MAX + 1);
  gsize length = 0;
  ssize_t n = 0;
  int fd = open_file (folder, stem, SUFFIX, error);
  if (fd == -1)
    return NULL;

  while (length < DOCUMENT_MAX &&
         (n = read (fd, text + length, DOCUMENT_MAX - length)) > 0)
    length += (gsize) n;
  close (fd);
  if (n == 0 && g_utf8_validate_len (text, length, NULL))
    return g_steal_pointer (&text);

  g_set_error (error,
               LOFT_CTL_ERROR,
               LOFT_CTL_ERROR_FAILED,
               "%s" SUFFIX ": %s",
               stem,
               _ ("This is no document"));
  return NULL;
}

static gboolean
import_version (Import *self, const char *stem, GError **error)
{
  g_auto (GStrv) parts = g_strsplit (stem, "/", 2);
  g_autoptr (GUnixFDList) list = g_unix_fd_list_new ();
  gboolean created = FALSE;

  if (!g_utf8_validate (stem, -1, NULL))
    {
      g_set_error_literal (error,
                           LOFT_CTL_ERROR,
                           LOFT_CTL_ERROR_FAILED,
                           _ ("The name is not in UTF-8"));
      return FALSE;
    }

  g_autofree char *document = read_document (self->folder, stem, error);
  if (document == NULL)
    return FALSE;
  int fd = open_file (self->folder, stem, ".tar.gz", error);
  if (fd == -1)
    return FALSE;

  int handle = g_unix_fd_list_append (list, fd, error);
  close (fd);
  if (handle == -1 || !loft_bus_registry1_call_import_version_sync (
                        self->registry,
                        parts[0],
                        parts[1],
                        g_variant_new_handle (handle),
                        document,
                        G_DBUS_CALL_FLAGS_ALLOW_INTERACTIVE_AUTHORIZATION,
                        LOFT_CTL_BUS_PATIENCE,
                        list,
                        &created,
                        NULL,
                        NULL,
                        error))
    return FALSE;

  self->created += created ? 1 : 0;
  self->present += created ? 0 : 1;

  return TRUE;
}

/* What is wrong with one version does not keep the others out; without the
 * registry, or the right, there is no use in going on. */
static gboolean
import_all (const LoftCtl *ctl,
            Import *self,
            GPtrArray *versions,
            GError **error)
{
  g_autoptr (LoftCtlProgress) progress = loft_ctl_progress_new (ctl);

  for (guint i = 0; i < versions->len; i++)
    {
      const char *stem = versions->pdata[i];
      GError *local_error = NULL;

      loft_ctl_progress_show (progress, i, versions->len, "versions");
      if (import_version (self, stem, &local_error))
        continue;

      loft_ctl_bus_explain (&local_error);
      if (g_error_matches (local_error,
                           LOFT_CTL_ERROR,
                           LOFT_CTL_ERROR_UNREACHABLE) ||
          g_error_matches (local_error,
                           LOFT_CTL_ERROR,
                           LOFT_CTL_ERROR_FORBIDDEN))
        {
          g_propagate_error (error, local_error);
          return FALSE;
        }

      g_autofree char *text =
        g_strdup_printf ("%s: %s", stem, local_error->message);
      g_autofree char *clean = loft_ctl_text_clean (text, TRUE);
      g_printerr ("loft-registryctl: %s\n", clean);
      g_error_free (local_error);
      self->refused++;
    }

  return TRUE;
}

static void
report (const LoftCtl *ctl, const Import *self)
{
  if (ctl->json)
    g_print ("{\"created\":%u,\"present\":%u,\"refused\":%u}\n",
             self->created,
             self->present,
             self->refused);
  else
    g_print (_ ("Imported: %u, there already: %u, refused: %u\n"),
             self->created,
             self->present,
             self->refused);
}

static gboolean
run (const LoftCtl *self, char **arguments, GError **error)
{
  g_autoptr (GPtrArray) versions = list (arguments[0], error);
  if (versions == NULL)
    return FALSE;

  g_autoptr (LoftBusRegistry1) registry = loft_ctl_bus_connect (self, error);
  Import import = { .registry = registry, .folder = arguments[0] };
  if (registry == NULL || !import_all (self, &import, versions, error))
    return FALSE;

  report (self, &import);
  if (import.refused == 0)
    return TRUE;

  g_set_error_literal (error,
                       LOFT_CTL_ERROR,
                       LOFT_CTL_ERROR_FAILED,
                       _ ("Not everything was imported"));
  return FALSE;
}

const LoftCtlCommand loft_ctl_import = {
  .name = "import",
  .arguments = N_ ("DIR"),
  .summary = N_ ("Take in a folder of the original server"),
  .least = 1,
  .most = 1,
  .run = run,
};
