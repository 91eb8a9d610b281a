/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include <string.h>

#include "registry/loft-export-private.h"
#include "registry/loft-log-entry.h"
#include "registry/loft-walk.h"

/* The members of an export. */

#define PAGE 1000
#define ENTRY_SIZE_MAX (4 * 1024 * 1024)

/* What the original server keeps beside the packages. */
static const char *const adopted_files[] = { "users.json", "tokens.json" };

static LoftObject *
read_object (LoftExport *self, const char *key, GError **error)
{
  return loft_storage_read (self->verify.registry->storage,
                            key,
                            0,
                            -1,
                            self->verify.upkeep->cancellable,
                            error);
}

static gboolean
is_missing (const GError *error)
{
  return g_error_matches (error,
                          LOFT_STORAGE_ERROR,
                          LOFT_STORAGE_ERROR_NOT_FOUND);
}

/* Adds an object, if it is there. */
static gboolean
add_object (LoftExport *self,
            const char *key,
            gboolean *out_found,
            char **out_sha256,
            GError **error)
{
  g_autoptr (GError) local_error = NULL;
  g_autoptr (LoftObject) object = read_object (self, key, &local_error);

  *out_found = object != NULL;
  if (object != NULL)
    return loft_tar_writer_add_object (self->writer,
                                       key,
                                       object,
                                       out_sha256,
                                       error);
  if (is_missing (local_error))
    return TRUE;

  g_propagate_error (error, g_steal_pointer (&local_error));

  return FALSE;
}

static gboolean
add_archive (LoftExport *self,
             const char *name,
             const char *archive,
             const char *expected,
             GError **error)
{
  LoftReport *report = self->verify.upkeep->report;
  g_autofree char *key = g_strconcat (name, "/", archive, NULL);
  g_autofree char *sha256 = NULL;
  gboolean found;

  if (!add_object (self, key, &found, &sha256, error))
    return FALSE;

  if (!found)
    loft_report_add (report,
                     "archive-missing",
                     key,
                     FALSE,
                     "The tarball “%s” is missing",
                     key);
  else if (expected != NULL && !g_str_equal (expected, sha256))
    loft_report_add (report,
                     "archive-damaged",
                     key,
                     FALSE,
                     "The tarball “%s” is not the one that was published",
                     key);

  return TRUE;
}

/* Adds a document as it stands, were it broken, and the tarball that it names,
 * or would by its own name. */
static gboolean
add_document (LoftExport *self,
              const char *name,
              const char *key,
              const LoftEvent *event,
              GError **error)
{
  LoftReport *report = self->verify.upkeep->report;
  g_autofree char *object_key = loft_document_make_key (name, key);
  g_autofree char *plain = g_strconcat (key, ".tar.gz", NULL);
  g_autoptr (GError) local_error = NULL;
  g_autoptr (LoftObject) object = read_object (self, object_key, error);
  if (object == NULL)
    return FALSE;

  g_autoptr (GBytes) text = loft_object_load (object,
                                              LOFT_DOCUMENT_SIZE_MAX,
                                              self->verify.upkeep->cancellable,
                                              error);
  if (text == NULL ||
      !loft_tar_writer_add_bytes (self->writer,
                                  object_key,
                                  text,
                                  loft_object_get_modified (object),
                                  error))
    return FALSE;

  g_autoptr (LoftDocument) document =
    loft_document_parse (name, key, text, 0, &local_error);
  gboolean changed = document != NULL && event->document_sha256 != NULL &&
                     !g_str_equal (event->document_sha256, document->digest);
  if (document == NULL)
    loft_report_add (report,
                     "document-broken",
                     object_key,
                     FALSE,
                     "%s",
                     local_error->message);
  else if (changed)
    loft_report_add (report,
                     "document-changed",
                     object_key,
                     FALSE,
                     "The document “%s” is not the one that was published",
                     object_key);

  const char *sha256 = document != NULL && !changed && document->sha256 != NULL
                         ? document->sha256
                         : event->archive_sha256;

  return add_archive (self,
                      name,
                      document != NULL ? document->archive : plain,
                      sha256,
                      error);
}

/* A version that the log tells of later is left out. One that it does not tell
 * of is on its way, or was left behind by a crash. */
static gboolean
take_version (LoftExport *self,
              const char *name,
              const char *key,
              GError **error)
{
  LoftVerify *verify = &self->verify;
  g_autoptr (LoftLedgerEntry) told = NULL;

  if (!loft_ledger_find (verify->ledger, name, key, &told, error))
    return FALSE;
  if (told == NULL && !verify->read_only)
    return loft_ledger_doubt (verify->ledger,
                              LOFT_DOUBT_DOCUMENT,
                              name,
                              key,
                              error);
  if (told != NULL && told->event->seq > self->sequence)
    return TRUE;
  if (!loft_ledger_mark (verify->ledger, name, key, error))
    return FALSE;

  verify->done++;
  loft_upkeep_show (verify->upkeep,
                    verify->done,
                    MAX (verify->done, verify->total),
                    "versions");

  g_autoptr (LoftEvent) none = loft_event_new (LOFT_EVENT_ADOPT, name);

  return add_document (self,
                       name,
                       key,
                       told != NULL ? told->event : none,
                       error);
}

static gboolean
take_folder_cb (const char *name,
                GPtrArray *keys,
                gpointer user_data,
                GError **error)
{
  LoftExport *self = user_data;

  for (guint i = 0; i < keys->len; i++)
    {
      const char *object_key = g_ptr_array_index (keys, i);
      g_autofree char *owner = NULL;
      g_autofree char *key = NULL;
      gboolean found;

      if (g_cancellable_set_error_if_cancelled (
            self->verify.upkeep->cancellable,
            error))
        return FALSE;
      if (g_str_has_suffix (object_key, "/package.json"))
        {
          if (!add_object (self, object_key, &found, NULL, error))
            return FALSE;
        }
      else if (loft_document_parse_key (object_key, &owner, &key) &&
               !take_version (self, name, key, error))
        return FALSE;
    }

  return TRUE;
}

/* What is below a prefix, but for what can be made of the log. */
static gboolean
add_folder (LoftExport *self, const char *prefix, GError **error)
{
  g_autofree char *after = NULL;

  for (;;)
    {
      g_auto (GStrv) keys = loft_storage_list (self->verify.registry->storage,
                                               prefix,
                                               after,
                                               PAGE,
                                               self->verify.upkeep->cancellable,
                                               error);
      if (keys == NULL)
        return FALSE;
      if (keys[0] == NULL)
        return TRUE;

      for (gsize i = 0; keys[i] != NULL; i++)
        {
          gboolean found;

          if ((g_str_has_prefix (keys[i], LOFT_DOCS_FOLDER "/") ||
               loft_verify_is_kept (keys[i])) &&
              !add_object (self, keys[i], &found, NULL, error))
            return FALSE;
          g_free (after);
          after = g_strdup (keys[i]);
        }
    }
}

static gboolean
add_entry (LoftExport *self,
           guint64 first,
           GString *lines,
           gint64 time,
           GError **error)
{
  g_autofree char *key = loft_log_entry_key (first);
  g_autoptr (GBytes) text = g_bytes_new (lines->str, lines->len);

  g_string_truncate (lines, 0);

  return loft_tar_writer_add_bytes (self->writer, key, text, time, error);
}

/**
 * loft_export_add_packages:
 * @self: an export
 * @error: return location for a #GError
 *
 * Adds what is in the packages' folders. Blocks.
 *
 * Returns: %TRUE, or %FALSE with @error set
 */
gboolean
loft_export_add_packages (LoftExport *self, GError **error)
{
  return loft_walk (self->verify.registry->storage,
                    take_folder_cb,
                    NULL,
                    self,
                    self->verify.upkeep->cancellable,
                    error);
}

/**
 * loft_export_add_others:
 * @self: an export
 * @error: return location for a #GError
 *
 * Adds what is beside the packages, but for the log. Blocks.
 *
 * Returns: %TRUE, or %FALSE with @error set
 */
gboolean
loft_export_add_others (LoftExport *self, GError **error)
{
  for (gsize i = 0; i < G_N_ELEMENTS (adopted_files); i++)
    {
      gboolean found;

      if (!add_object (self, adopted_files[i], &found, NULL, error))
        return FALSE;
    }

  return add_folder (self, LOFT_DOCS_FOLDER "/", error) &&
         add_folder (self, "_registry/", error);
}

/**
 * loft_export_add_log:
 * @self: an export
 * @error: return location for a #GError
 *
 * Adds the log. It is taken from the catalog, which has all of it, and with
 * which it was compared. An entry ends where a thousand does, or where it
 * becomes large. Blocks.
 *
 * Returns: %TRUE, or %FALSE with @error set
 */
gboolean
loft_export_add_log (LoftExport *self, GError **error)
{
  g_autoptr (GString) lines = g_string_new (NULL);
  guint64 first = 1;
  guint64 done = 0;

  while (done < self->sequence)
    {
      guint64 end = done + LOFT_LOG_SEAL - (done + 1) % LOFT_LOG_SEAL;
      guint64 since = done;
      guint most = (guint) (MIN (end, self->sequence) - since);
      g_autoptr (GBytes) page =
        loft_catalog_list_changes (self->verify.registry->catalog,
                                   since,
                                   most,
                                   &done,
                                   error);
      if (page == NULL)
        return FALSE;
      if (done == since)
        {
          g_set_error (error,
                       LOFT_REGISTRY_ERROR,
                       LOFT_REGISTRY_ERROR_UNAVAILABLE,
                       "The catalog lacks events from %" G_GUINT64_FORMAT
                       " on; it is being made anew",
                       done + 1);
          return FALSE;
        }

      gsize length;
      const char *data = g_bytes_get_data (page, &length);
      g_string_append_len (lines, data, (gssize) length);
      if (done < MIN (end, self->sequence) && lines->len < ENTRY_SIZE_MAX)
        continue;
      if (!add_entry (self, first, lines, g_get_real_time (), error))
        return FALSE;
      first = done + 1;
    }

  return TRUE;
}
