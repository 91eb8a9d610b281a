/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <string.h>

#include "registry/loft-hex.h"
#include "registry/loft-log-entry.h"
#include "registry/loft-registry-docs.h"
#include "registry/loft-registry-private.h"
#include "registry/loft-version.h"

/* How long an address is good for: to ask at once, not to be passed on. */
#define REDIRECT_SECONDS 120

#define SHA256_LENGTH 32
#define HASH_CHUNK (256 * 1024)

/**
 * loft_registry_hash_object:
 * @storage: a storage
 * @key: an object's key
 * @out_size: (out) (optional): its size in bytes
 * @cancellable: (nullable): a cancellable
 * @error: return location for a #GError
 *
 * Computes the digest of a stored object of any size. Blocks.
 *
 * Returns: (transfer full): SHA-256 in hex, or %NULL with @error set to a
 *   #LoftStorageError or an I/O error
 */
char *
loft_registry_hash_object (LoftStorage *storage,
                           const char *key,
                           gint64 *out_size,
                           GCancellable *cancellable,
                           GError **error)
{
  g_autoptr (LoftObject) object =
    loft_storage_read (storage, key, 0, -1, cancellable, error);
  if (object == NULL)
    return NULL;

  GInputStream *stream = loft_object_get_stream (object);
  g_autofree char *chunk = g_malloc (HASH_CHUNK);
  gnutls_hash_hd_t hash;
  if (gnutls_hash_init (&hash, GNUTLS_DIG_SHA256) < 0)
    {
      g_set_error_literal (error,
                           LOFT_REGISTRY_ERROR,
                           LOFT_REGISTRY_ERROR_FAILED,
                           "GnuTLS offers no SHA-256");
      return NULL;
    }

  gssize got;
  while (
    (got =
       g_input_stream_read (stream, chunk, HASH_CHUNK, cancellable, error)) > 0)
    gnutls_hash (hash, chunk, (gsize) got);

  guint8 digest[SHA256_LENGTH];
  gnutls_hash_deinit (hash, digest);
  if (got < 0)
    return NULL;

  if (out_size != NULL)
    *out_size = loft_object_get_size (object);

  return loft_hex_encode (digest, sizeof digest);
}

static LoftDocument *
find_document (LoftRegistry *self,
               const char *name,
               const char *version,
               GCancellable *cancellable,
               GError **error)
{
  g_autofree char *plain = loft_version_without_build (version);
  const char *candidates[] = { version, plain };

  if (!loft_registry_check_package (name, error))
    return NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (candidates); i++)
    {
      g_autofree char *object_key =
        loft_document_make_key (name, candidates[i]);
      g_autofree char *owner = NULL;
      g_autofree char *key = NULL;
      g_autoptr (GError) local_error = NULL;

      if (!loft_document_parse_key (object_key, &owner, &key) ||
          !loft_storage_key_check (object_key, NULL))
        continue;

      LoftDocument *document = loft_log_load_document (self->storage,
                                                       name,
                                                       key,
                                                       cancellable,
                                                       &local_error);
      if (document != NULL)
        return document;
      if (!g_error_matches (local_error,
                            LOFT_STORAGE_ERROR,
                            LOFT_STORAGE_ERROR_NOT_FOUND))
        {
          g_propagate_error (error, g_steal_pointer (&local_error));
          return NULL;
        }
    }

  g_set_error (error,
               LOFT_REGISTRY_ERROR,
               LOFT_REGISTRY_ERROR_NO_SUCH_VERSION,
               "There is no version “%s” of “%s”",
               version,
               name);

  return NULL;
}

static char *
read_element (LoftRegistry *self,
              const char *name,
              const char *version,
              char **out_key,
              GCancellable *cancellable,
              GError **error)
{
  if (loft_registry_can_answer (self, NULL))
    {
      g_autoptr (LoftCatalogVersion) known =
        loft_catalog_get_version (self->catalog, name, version, error);
      if (known == NULL)
        return NULL;

      *out_key = g_strdup (known->key);
      return g_strdup (known->element);
    }

  g_autoptr (LoftDocument) document =
    find_document (self, name, version, cancellable, error);
  if (document == NULL)
    return NULL;

  g_autoptr (LoftState) state =
    loft_registry_read_any_state (self, name, error);
  if (state == NULL)
    return NULL;

  g_autoptr (GString) text = g_string_new (NULL);
  loft_registry_append_element (text, document, state);
  *out_key = g_strdup (document->key);

  return g_strdup (text->str);
}

/**
 * loft_registry_read_document:
 * @self: a registry
 * @name: a package
 * @key: key of one of its documents
 * @cancellable: (nullable): a cancellable
 * @error: return location for a #GError
 *
 * Reads a document as it is stored. Blocks.
 *
 * Returns: (transfer full): its text, or %NULL with @error set to a
 *   #LoftStorageError
 */
GBytes *
loft_registry_read_document (LoftRegistry *self,
                             const char *name,
                             const char *key,
                             GCancellable *cancellable,
                             GError **error)
{
  g_autofree char *object_key = loft_document_make_key (name, key);
  g_autoptr (LoftObject) object =
    loft_storage_read (self->storage, object_key, 0, -1, cancellable, error);
  if (object == NULL)
    return NULL;

  return loft_object_load (object, LOFT_DOCUMENT_SIZE_MAX, cancellable, error);
}

/**
 * loft_registry_render_version:
 * @self: a registry
 * @name: a package
 * @key: key of one of its documents
 * @element: the version's element
 * @cancellable: (nullable): a cancellable
 * @error: return location for a #GError
 *
 * Tells all about a version whose element is known. Blocks.
 *
 * Returns: (transfer full): a JSON object, or %NULL with @error set to a
 *   #LoftRegistryError or a #LoftStorageError
 */
GBytes *
loft_registry_render_version (LoftRegistry *self,
                              const char *name,
                              const char *key,
                              const char *element,
                              GCancellable *cancellable,
                              GError **error)
{
  g_autoptr (GBytes) text =
    loft_registry_read_document (self, name, key, cancellable, error);
  if (text == NULL)
    return NULL;

  return loft_document_render (text, element, error);
}

static gboolean
append_docs (LoftRegistry *self,
             const char *name,
             const LoftCatalogVersion *version,
             GString *text,
             GError **error)
{
  g_auto (LoftDocs) docs = { .state = LOFT_DOCS_NONE };

  if (!loft_registry_look_up_docs (self, name, version, &docs, error))
    return FALSE;
  if (docs.state == LOFT_DOCS_NONE)
    return TRUE;

  g_autoptr (JsonBuilder) builder = json_builder_new ();
  json_builder_begin_object (builder);
  loft_docs_write (&docs, TRUE, builder);
  json_builder_end_object (builder);

  g_autoptr (JsonNode) root = json_builder_get_root (builder);
  g_string_append (text, ",\"docs\":");
  loft_json_append (text, root);

  return TRUE;
}

static gboolean
append_yank_reason (LoftRegistry *self,
                    const char *name,
                    const LoftCatalogVersion *version,
                    GString *text,
                    GError **error)
{
  g_autoptr (GError) local_error = NULL;
  g_autofree char *reason = version->yanked
                              ? loft_catalog_get_yank_reason (self->catalog,
                                                              name,
                                                              version->key,
                                                              &local_error)
                              : NULL;

  if (local_error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }
  if (reason == NULL)
    return TRUE;

  g_autoptr (JsonNode) node =
    json_node_init_string (json_node_alloc (), reason);
  g_string_append (text, ",\"yank_reason\":");
  loft_json_append (text, node);

  return TRUE;
}

/* What the catalog knows besides: why it is yanked, and, where there is
 * documentation or is to be, that. */
static GBytes *
add_news (LoftRegistry *self,
          const char *name,
          const char *key,
          GBytes *text,
          GError **error)
{
  gsize length = 0;
  const char *data = g_bytes_get_data (text, &length);
  const char *end = g_strrstr_len (data, (gssize) length, "}");
  g_autoptr (GString) whole = g_string_new_len (data, end - data);
  g_autoptr (LoftCatalogVersion) version =
    loft_catalog_get_version (self->catalog, name, key, error);

  if (version == NULL ||
      !append_yank_reason (self, name, version, whole, error) ||
      !append_docs (self, name, version, whole, error))
    return NULL;
  g_string_append_len (whole, end, data + length - end);

  return g_string_free_to_bytes (g_steal_pointer (&whole));
}

/**
 * loft_registry_read_version:
 * @self: a registry
 * @name: a package
 * @version: a version
 * @cancellable: (nullable): a cancellable
 * @error: return location for a #GError
 *
 * Tells all about a version: its element, its manifest and its files. Blocks.
 *
 * Returns: (transfer full): a JSON object, or %NULL with @error set to a
 *   #LoftRegistryError or a #LoftStorageError
 */
GBytes *
loft_registry_read_version (LoftRegistry *self,
                            const char *name,
                            const char *version,
                            GCancellable *cancellable,
                            GError **error)
{
  g_autofree char *key = NULL;
  g_autofree char *element =
    read_element (self, name, version, &key, cancellable, error);
  if (element == NULL)
    return NULL;

  g_autoptr (GBytes) text =
    loft_registry_render_version (self, name, key, element, cancellable, error);

  return text != NULL && loft_registry_can_answer (self, NULL)
           ? add_news (self, name, key, text, error)
           : g_steal_pointer (&text);
}

static LoftCatalogVersion *
locate_archive (LoftRegistry *self,
                const char *name,
                const char *version,
                GCancellable *cancellable,
                GError **error)
{
  if (loft_registry_can_answer (self, NULL))
    return loft_catalog_get_version (self->catalog, name, version, error);

  g_autoptr (LoftDocument) document =
    find_document (self, name, version, cancellable, error);
  if (document == NULL)
    return NULL;

  g_autoptr (LoftCatalogVersion) found = g_new0 (LoftCatalogVersion, 1);
  g_autofree char *key = g_strconcat (name, "/", document->archive, NULL);
  found->key = g_strdup (document->key);
  found->version = g_strdup (document->version);
  found->archive = g_strdup (document->archive);
  found->published_at = document->published_at;
  found->size = document->size;
  found->sha256 = g_strdup (document->sha256);
  if (found->sha256 == NULL)
    found->sha256 = loft_registry_hash_object (self->storage,
                                               key,
                                               &found->size,
                                               cancellable,
                                               error);

  return found->sha256 != NULL ? g_steal_pointer (&found) : NULL;
}

static LoftDownload *
make_download (const char *name, const LoftCatalogVersion *found)
{
  LoftDownload *download = g_new0 (LoftDownload, 1);
  g_autofree char *subject = g_strconcat (name, "/", found->key, NULL);

  download->subject = g_ref_string_new (subject);
  download->size = found->size;
  download->sha256 = g_strdup (found->sha256);
  download->filename = g_strdup_printf ("%s-%s.tar.gz", name, found->version);
  download->published_at = found->published_at;

  return download;
}

/* Where there are copies on this machine, nothing is handed out that was not
 * compared with its digest. One that nobody has noted yet is computed, so what
 * follows is at least the same each time. */
static LoftDownload *
open_copy (LoftRegistry *self,
           const char *name,
           const LoftCatalogVersion *found,
           gboolean about,
           GCancellable *cancellable,
           GError **error)
{
  g_autofree char *key = g_strconcat (name, "/", found->archive, NULL);
  g_autoptr (LoftDownload) download = make_download (name, found);

  if (download->sha256 == NULL)
    download->sha256 =
      loft_registry_hash_object (self->storage, key, NULL, cancellable, error);
  if (download->sha256 == NULL)
    return NULL;
  if (!about)
    download->tarball = loft_tarball_cache_open (self->tarballs,
                                                 key,
                                                 download->sha256,
                                                 download->size);

  return g_steal_pointer (&download);
}

/* Where a client may fetch a tarball for itself, if the storage says so. */
static LoftDownload *
redirect_archive (LoftRegistry *self,
                  const char *name,
                  const LoftCatalogVersion *found,
                  GCancellable *cancellable,
                  GError **error)
{
  g_autofree char *key = g_strconcat (name, "/", found->archive, NULL);
  char *url = loft_storage_redirect (self->storage,
                                     key,
                                     REDIRECT_SECONDS,
                                     cancellable,
                                     error);
  if (url == NULL)
    return NULL;

  LoftDownload *download = make_download (name, found);

  download->url = url;

  return download;
}

/**
 * loft_registry_open_archive_here:
 * @self: a registry
 * @name: a package
 * @found: one of its versions
 * @about: whether no byte of it is wanted, but only what is known of it
 * @cancellable: (nullable): a cancellable
 * @error: return location for a #GError
 *
 * Opens the tarball of a version that is known, wherever clients would be sent
 * for it. Blocks.
 *
 * Returns: (transfer full): the tarball, or %NULL with @error set to a
 *   #LoftRegistryError or a #LoftStorageError
 */
LoftDownload *
loft_registry_open_archive_here (LoftRegistry *self,
                                 const char *name,
                                 const LoftCatalogVersion *found,
                                 gboolean about,
                                 GCancellable *cancellable,
                                 GError **error)
{
  if (self->tarballs != NULL && found->size > 0)
    return open_copy (self, name, found, about, cancellable, error);

  g_autofree char *key = g_strconcat (name, "/", found->archive, NULL);
  g_autoptr (GError) local_error = NULL;
  g_autoptr (LoftObject) object =
    loft_storage_read (self->storage, key, 0, -1, cancellable, &local_error);
  if (object == NULL && !g_error_matches (local_error,
                                          LOFT_STORAGE_ERROR,
                                          LOFT_STORAGE_ERROR_NOT_FOUND))
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return NULL;
    }
  if (object == NULL || loft_object_get_size (object) != found->size)
    {
      g_set_error (error,
                   LOFT_REGISTRY_ERROR,
                   LOFT_REGISTRY_ERROR_CORRUPT,
                   "The tarball “%s” is %s",
                   key,
                   object == NULL ? "missing"
                                  : "not the one that was published");
      return NULL;
    }

  g_autoptr (LoftDownload) download = make_download (name, found);
  GBytes *bytes = loft_object_get_bytes (object);
  download->bytes =
    bytes != NULL ? g_bytes_ref (bytes)
                  : loft_object_load (object, G_MAXSIZE, cancellable, error);
  if (download->bytes == NULL)
    return NULL;

  if (download->sha256 == NULL)
    download->sha256 =
      loft_registry_hash_object (self->storage, key, NULL, cancellable, error);

  return download->sha256 != NULL ? g_steal_pointer (&download) : NULL;
}

/**
 * loft_registry_open_archive:
 * @self: a registry
 * @name: a package
 * @found: one of its versions
 * @about: whether no byte of it is wanted, but only what is known of it
 * @cancellable: (nullable): a cancellable
 * @error: return location for a #GError
 *
 * Opens the tarball of a version that is known, or tells where it is. Blocks.
 *
 * Returns: (transfer full): the tarball, or %NULL with @error set to a
 *   #LoftRegistryError or a #LoftStorageError
 */
LoftDownload *
loft_registry_open_archive (LoftRegistry *self,
                            const char *name,
                            const LoftCatalogVersion *found,
                            gboolean about,
                            GCancellable *cancellable,
                            GError **error)
{
  if (!about && loft_registry_redirects (self))
    return redirect_archive (self, name, found, cancellable, error);

  return loft_registry_open_archive_here (self,
                                          name,
                                          found,
                                          about,
                                          cancellable,
                                          error);
}

/**
 * loft_registry_read_archive:
 * @self: a registry
 * @name: a package
 * @version: a version
 * @about: as with loft_registry_download_async()
 * @cancellable: (nullable): a cancellable
 * @error: return location for a #GError
 *
 * Finds a tarball. Blocks.
 *
 * Returns: (transfer full): the tarball, or %NULL with @error set to a
 *   #LoftRegistryError or a #LoftStorageError
 */
LoftDownload *
loft_registry_read_archive (LoftRegistry *self,
                            const char *name,
                            const char *version,
                            gboolean about,
                            GCancellable *cancellable,
                            GError **error)
{
  g_autoptr (LoftCatalogVersion) found =
    locate_archive (self, name, version, cancellable, error);

  if (found == NULL)
    return NULL;

  return loft_registry_open_archive (self,
                                     name,
                                     found,
                                     about,
                                     cancellable,
                                     error);
}
