/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-catalog-private.h"

#include "registry/loft-registry-error.h"
#include "registry/loft-spool.h"

/* How much of a list is in memory while it is built. */
#define CHUNK_SIZE (256 * 1024)

struct _LoftCatalogListWriter
{
  LoftSpool *spool;      /* owned */
  const char *directory; /* the catalog's */
  GString *chunk;        /* owned */
  char before;           /* what stands before the next element */
};

/**
 * loft_catalog_list_writer_new:
 * @catalog: a catalog, which must outlive the writer
 * @error: return location for a #GError
 *
 * Begins a list of elements in a file without a name.
 *
 * Returns: (transfer full): the writer, or %NULL with @error set;
 *   %LOFT_REGISTRY_ERROR_NO_SPACE or %LOFT_REGISTRY_ERROR_FAILED
 */
LoftCatalogListWriter *
loft_catalog_list_writer_new (LoftCatalog *catalog, GError **error)
{
  LoftSpool *spool = loft_spool_new (catalog->directory, -1, error);

  if (spool == NULL)
    {
      g_prefix_error (error,
                      "The list can't be built in “%s”: ",
                      catalog->directory);
      return NULL;
    }

  LoftCatalogListWriter *self = g_new0 (LoftCatalogListWriter, 1);
  self->spool = spool;
  self->directory = catalog->directory;
  self->chunk = g_string_sized_new (CHUNK_SIZE + 4096);
  self->before = '[';

  return self;
}

/**
 * loft_catalog_list_writer_free:
 * @self: (transfer full): a writer
 *
 * Frees a writer, and drops its list unless that is finished.
 */
void
loft_catalog_list_writer_free (LoftCatalogListWriter *self)
{
  loft_spool_unref (self->spool);
  g_string_free (self->chunk, TRUE);
  g_free (self);
}

static gboolean
flush (LoftCatalogListWriter *self, GError **error)
{
  if (!loft_spool_write (self->spool,
                         self->chunk->str,
                         self->chunk->len,
                         error))
    return FALSE;

  g_string_truncate (self->chunk, 0);

  return TRUE;
}

/**
 * loft_catalog_list_writer_add:
 * @self: a writer
 * @element: an element
 * @error: return location for a #GError
 *
 * Adds an element.
 *
 * Returns: %TRUE on success; %FALSE with @error set
 */
gboolean
loft_catalog_list_writer_add (LoftCatalogListWriter *self,
                              const char *element,
                              GError **error)
{
  g_string_append_c (self->chunk, self->before);
  g_string_append (self->chunk, element);
  self->before = ',';

  return self->chunk->len < CHUNK_SIZE || flush (self, error);
}

/**
 * loft_catalog_list_writer_finish:
 * @self: a writer
 * @out_digest: (out) (optional) (transfer full): SHA-256 of the list, in hex
 * @error: return location for a #GError
 *
 * Ends the list. It is a mapped file, so that the memory it takes does not grow
 * with it.
 *
 * Returns: (transfer full): a JSON array, or %NULL with @error set
 */
GBytes *
loft_catalog_list_writer_finish (LoftCatalogListWriter *self,
                                 char **out_digest,
                                 GError **error)
{
  g_autoptr (GError) local_error = NULL;

  g_string_append (self->chunk, self->before == '[' ? "[]" : "]");
  if (!flush (self, error) || !loft_spool_finish (self->spool, error))
    return NULL;

  g_autoptr (GMappedFile) map =
    g_mapped_file_new_from_fd (loft_spool_get_fd (self->spool),
                               FALSE,
                               &local_error);
  if (map == NULL)
    {
      g_set_error (error,
                   LOFT_REGISTRY_ERROR,
                   LOFT_REGISTRY_ERROR_FAILED,
                   "The list that was built in “%s” can't be mapped: %s",
                   self->directory,
                   local_error->message);
      return NULL;
    }

  if (out_digest != NULL)
    *out_digest = g_strdup (loft_spool_get_sha256 (self->spool));

  return g_mapped_file_get_bytes (map);
}
