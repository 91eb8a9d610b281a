/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include <string.h>
#include <unistd.h>

#include "registry/loft-export-private.h"
#include "registry/loft-log-entry.h"

/* Everything that is the truth, in one tar archive, while others publish.
 *
 * It is of one event of the log, the last that was applied at the beginning. Of
 * the log it holds what comes up to that, and of versions those that it tells
 * of; whatever came later is left out. A `package.json` is as it stands, so it
 * may be newer than that: who owns a package is nowhere else, and a registry
 * that finds a newer one tells of it. Packages come before our own folder, so
 * whatever a `package.json` refers to there is in the archive too.
 *
 * Members are named as the objects are. So restoring is unpacking it into an
 * empty folder: that is a storage, and the catalog is made anew. The log is in
 * fewer and larger entries than it was written in. The times of members are
 * those of the objects, since the original server's documents tell none. */

static void
export_clear (LoftExport *export)
{
  g_clear_pointer (&export->verify.ledger, loft_ledger_free);
  g_clear_pointer (&export->writer, loft_tar_writer_free);
  g_hash_table_unref (export->verify.named);
  g_ptr_array_unref (export->verify.events);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (LoftExport, export_clear)

static gboolean
add_head (LoftExport *export, GError **error)
{
  g_autofree char *text =
    g_strdup_printf ("{\"format\":%d,\"sequence\":%" G_GUINT64_FORMAT "}\n",
                     LOFT_EXPORT_FORMAT,
                     export->sequence);
  g_autoptr (GBytes) bytes = g_bytes_new (text, strlen (text));

  return loft_tar_writer_add_bytes (export->writer,
                                    LOFT_EXPORT_HEAD,
                                    bytes,
                                    g_get_real_time (),
                                    error);
}

static gboolean
add_all (LoftExport *export, GError **error)
{
  return add_head (export, error) && loft_export_add_packages (export, error) &&
         loft_export_add_others (export, error) &&
         loft_export_add_log (export, error);
}

/* What the log still does not tell of has been left out by mistake. */
static gboolean
report_untold (LoftExport *export, GError **error)
{
  LoftVerify *verify = &export->verify;
  g_autoptr (GError) local_error = NULL;
  gboolean doubts = loft_ledger_has_doubts (verify->ledger, &local_error);

  if (local_error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }
  if (doubts && (!loft_upkeep_wait (verify->upkeep, error) ||
                 !loft_verify_read_log (verify, error)))
    return FALSE;

  while (doubts)
    {
      g_autoptr (GPtrArray) pairs =
        loft_ledger_take_doubts (verify->ledger, LOFT_DOUBT_DOCUMENT, error);
      if (pairs == NULL)
        return FALSE;

      for (guint i = 0; i < pairs->len; i += 2)
        {
          g_autofree char *key =
            loft_document_make_key (pairs->pdata[i], pairs->pdata[i + 1]);
          g_autoptr (LoftLedgerEntry) told = NULL;

          if (!loft_ledger_find (verify->ledger,
                                 pairs->pdata[i],
                                 pairs->pdata[i + 1],
                                 &told,
                                 error))
            return FALSE;
          if (told == NULL)
            loft_report_add (verify->upkeep->report,
                             "event-missing",
                             key,
                             FALSE,
                             "The log does not tell of “%s”, which was left "
                             "out",
                             key);
        }
      doubts = pairs->len > 0;
    }

  return TRUE;
}

static gboolean
report_lost (LoftExport *export, GError **error)
{
  for (;;)
    {
      g_autoptr (GPtrArray) pairs =
        loft_ledger_take_unmarked (export->verify.ledger, error);
      if (pairs == NULL)
        return FALSE;
      if (pairs->len == 0)
        return TRUE;

      for (guint i = 0; i < pairs->len; i += 2)
        {
          g_autofree char *key =
            loft_document_make_key (pairs->pdata[i], pairs->pdata[i + 1]);
          g_autoptr (LoftLedgerEntry) told = NULL;

          if (!loft_ledger_find (export->verify.ledger,
                                 pairs->pdata[i],
                                 pairs->pdata[i + 1],
                                 &told,
                                 error))
            return FALSE;
          if (told != NULL && told->event->seq <= export->sequence)
            loft_report_add (export->verify.upkeep->report,
                             "document-missing",
                             key,
                             FALSE,
                             "The document “%s” is missing",
                             key);
        }
    }
}

static gboolean
export_to (LoftUpkeep *upkeep, int fd, GError **error)
{
  LoftRegistry *registry = upkeep->registry;
  g_auto (LoftExport) export = {
    .verify = {
      .upkeep = upkeep,
      .registry = registry,
      .read_only =
        loft_storage_has (registry->storage, LOFT_STORAGE_FEATURE_READ_ONLY),
      .next = 1,
      .named = g_hash_table_new (g_str_hash, g_str_equal),
      .events = g_ptr_array_new (),
    },
  };

  loft_catalog_count (registry->catalog, NULL, &export.verify.total, NULL);
  loft_upkeep_show (upkeep, 0, export.verify.total, "versions");
  export.verify.ledger = loft_ledger_new (registry->cache_directory, error);
  export.writer = loft_tar_writer_new (fd,
                                       registry->cache_directory,
                                       upkeep->cancellable,
                                       error);
  if (export.verify.ledger == NULL || export.writer == NULL)
    return FALSE;

  if (!loft_catalog_read_sequence (registry->catalog,
                                   &export.sequence,
                                   NULL,
                                   error) ||
      !loft_verify_read_log (&export.verify, error) ||
      !add_all (&export, error) || !report_lost (&export, error) ||
      !report_untold (&export, error))
    return FALSE;

  if (!loft_tar_writer_finish (export.writer, LOFT_EXPORT_LIST, error))
    return FALSE;

  loft_upkeep_show_last (upkeep,
                         export.verify.done,
                         export.verify.done,
                         "versions");

  return TRUE;
}

/* A reader at the other end is told of the end before the caller is. */
static gboolean
export_all (LoftUpkeep *upkeep, GError **error)
{
  int *fd = upkeep->options;
  gboolean done = export_to (upkeep, *fd, error);

  close (*fd);
  *fd = -1;

  return done;
}

static void
free_fd (gpointer data)
{
  int *fd = data;

  if (*fd != -1)
    close (*fd);
  g_free (fd);
}

/**
 * loft_registry_export_async:
 * @self: a registry that has not joined another one
 * @fd: (transfer full): where to write
 * @progress: (nullable): told how many versions were written
 * @progress_data: for @progress
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async): called when it is done
 * @user_data: for @callback
 *
 * Writes everything that is stored as one tar archive, which
 * loft_export_verify() reads. What is wrong in the storage is exported as it is
 * and reported, in the words of loft_registry_verify_async().
 *
 * @fd may be a pipe or a socket. It is closed at the end.
 */
void
loft_registry_export_async (LoftRegistry *self,
                            int fd,
                            LoftProgressFunc progress,
                            gpointer progress_data,
                            GCancellable *cancellable,
                            GAsyncReadyCallback callback,
                            gpointer user_data)
{
  g_return_if_fail (LOFT_IS_REGISTRY (self));
  g_return_if_fail (!self->joined);
  g_return_if_fail (fd >= 0);

  LoftUpkeep *upkeep =
    loft_upkeep_new (self, export_all, progress, progress_data);

  upkeep->options = g_memdup2 (&fd, sizeof fd);
  upkeep->free_options = free_fd;
  loft_upkeep_start (upkeep,
                     loft_registry_export_async,
                     cancellable,
                     callback,
                     user_data);
}

/**
 * loft_registry_export_finish:
 * @self: a registry
 * @result: what the callback got
 * @error: return location for a #GError
 *
 * Ends what loft_registry_export_async() began.
 *
 * Returns: (transfer full): what is wrong in the storage; or %NULL with @error
 *   set to a #LoftRegistryError or to %G_IO_ERROR_CANCELLED, and what was
 *   written is of no use
 */
LoftReport *
loft_registry_export_finish (LoftRegistry *self,
                             GAsyncResult *result,
                             GError **error)
{
  g_return_val_if_fail (LOFT_IS_REGISTRY (self), NULL);

  return loft_upkeep_finish (self, loft_registry_export_async, result, error);
}
