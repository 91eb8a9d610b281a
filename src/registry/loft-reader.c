/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <string.h>

#include "registry/loft-element.h"
#include "registry/loft-log-entry.h"
#include "registry/loft-name.h"
#include "registry/loft-registry-private.h"
#include "registry/loft-version.h"

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

  g_autoptr (GString) hex = g_string_sized_new (2 * SHA256_LENGTH);
  for (gsize i = 0; i < SHA256_LENGTH; i++)
    g_string_append_printf (hex, "%02x", digest[i]);
  if (out_size != NULL)
    *out_size = loft_object_get_size (object);

  return g_strdup (hex->str);
}

static GStrv
list_folder (LoftRegistry *self,
             const char *name,
             GCancellable *cancellable,
             GError **error)
{
  g_autofree char *prefix = g_strconcat (name, "/", NULL);

  return loft_storage_list (self->storage, prefix, NULL, 0, cancellable, error);
}

/**
 * loft_registry_has_documents:
 * @self: a registry
 * @name: a package
 * @error: return location for a #GError
 *
 * Asks the storage whether a package has any version. Blocks.
 *
 * Returns: whether it has; %FALSE with @error set to a #LoftStorageError if
 *   that could not be found out
 */
gboolean
loft_registry_has_documents (LoftRegistry *self,
                             const char *name,
                             GError **error)
{
  g_auto (GStrv) keys = list_folder (self, name, NULL, error);
  if (keys == NULL)
    return FALSE;

  for (gsize i = 0; keys[i] != NULL; i++)
    {
      g_autofree char *owner = NULL;
      g_autofree char *key = NULL;

      if (loft_document_parse_key (keys[i], &owner, &key))
        return TRUE;
    }

  return FALSE;
}

static int
compare_documents (gconstpointer a, gconstpointer b)
{
  const LoftDocument *left = *(const LoftDocument *const *) a;
  const LoftDocument *right = *(const LoftDocument *const *) b;
  gboolean left_stable = !loft_version_is_prerelease (left->version);
  gboolean right_stable = !loft_version_is_prerelease (right->version);

  if (left_stable != right_stable)
    return left_stable ? 1 : -1;

  return loft_version_compare (left->version, right->version);
}

static gboolean
contains (GStrv keys, const LoftDocument *document)
{
  g_autofree char *key =
    g_strconcat (document->name, "/", document->archive, NULL);

  return g_strv_contains ((const char *const *) keys, key);
}

/* Reads all documents of a package, in the client's order. Those that are
 * broken, or have no tarball, are left out. */
static GPtrArray *
load_folder (LoftRegistry *self,
             const char *name,
             GCancellable *cancellable,
             GError **error)
{
  g_auto (GStrv) keys = list_folder (self, name, cancellable, error);
  if (keys == NULL)
    return NULL;

  g_autoptr (GPtrArray) documents =
    g_ptr_array_new_with_free_func ((GDestroyNotify) loft_document_free);
  for (gsize i = 0; keys[i] != NULL; i++)
    {
      g_autofree char *owner = NULL;
      g_autofree char *key = NULL;
      g_autoptr (GError) local_error = NULL;

      if (!loft_document_parse_key (keys[i], &owner, &key))
        continue;

      g_autoptr (LoftDocument) document = loft_log_load_document (self->storage,
                                                                  name,
                                                                  key,
                                                                  cancellable,
                                                                  &local_error);
      if (document != NULL && contains (keys, document))
        g_ptr_array_add (documents, g_steal_pointer (&document));
      else if (local_error != NULL)
        g_info ("%s", local_error->message);
    }
  g_ptr_array_sort (documents, compare_documents);

  return g_steal_pointer (&documents);
}

static gboolean
is_broken (const GError *error)
{
  return g_error_matches (error,
                          LOFT_REGISTRY_ERROR,
                          LOFT_REGISTRY_ERROR_CORRUPT) ||
         g_error_matches (error,
                          LOFT_STORAGE_ERROR,
                          LOFT_STORAGE_ERROR_CORRUPT);
}

/* Reads the newest document that means anything, with or without its tarball.
 * Gives %NULL with no error set if there is no document at all. One that can't
 * be read is no reason to take an older one: it may name the owners. */
static LoftDocument *
load_newest (LoftRegistry *self, const char *name, GError **error)
{
  g_auto (GStrv) keys = list_folder (self, name, NULL, error);
  g_autoptr (LoftDocument) newest = NULL;
  g_autoptr (GError) broken = NULL;

  for (gsize i = 0; keys != NULL && keys[i] != NULL; i++)
    {
      g_autofree char *owner = NULL;
      g_autofree char *key = NULL;
      g_autoptr (GError) local_error = NULL;

      if (!loft_document_parse_key (keys[i], &owner, &key))
        continue;

      g_autoptr (LoftDocument) document =
        loft_log_load_document (self->storage, name, key, NULL, &local_error);
      if (document == NULL && !is_broken (local_error))
        {
          g_propagate_error (error, g_steal_pointer (&local_error));
          return NULL;
        }
      if (document == NULL && broken == NULL)
        broken = g_steal_pointer (&local_error);
      if (document != NULL &&
          (newest == NULL || compare_documents (&newest, &document) <= 0))
        {
          g_clear_pointer (&newest, loft_document_free);
          newest = g_steal_pointer (&document);
        }
    }
  if (newest == NULL && broken != NULL)
    g_propagate_error (error, g_steal_pointer (&broken));

  return g_steal_pointer (&newest);
}

/**
 * loft_registry_read_adopted:
 * @self: a registry
 * @name: a package that had no `package.json` a moment ago
 * @out_etag: (out) (optional) (transfer full): as of
 * loft_authority_read_state()
 * @out_adopted: (out): whether it has none still
 * @error: return location for a #GError
 *
 * Makes the state that an adopted package has: owned by the users that its
 * newest document names, or by nobody. Blocks.
 *
 * Whoever publishes first writes a state before the first document. So once the
 * documents were seen, the state is looked for again: they may be newer than
 * the caller's look.
 *
 * Returns: (transfer full): a state, of revision 0 if the package is adopted,
 *   or %NULL with @error set to a #LoftStorageError, or to
 *   %LOFT_REGISTRY_ERROR_CORRUPT if no document tells whose the package is
 */
LoftState *
loft_registry_read_adopted (LoftRegistry *self,
                            const char *name,
                            char **out_etag,
                            gboolean *out_adopted,
                            GError **error)
{
  g_autoptr (GError) local_error = NULL;
  g_autoptr (LoftDocument) newest = load_newest (self, name, &local_error);
  if (local_error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return NULL;
    }

  LoftState *state =
    loft_authority_read_state (self->authority, name, out_etag, &local_error);
  *out_adopted = state == NULL;
  if (state != NULL)
    return state;
  if (!g_error_matches (local_error,
                        LOFT_STORAGE_ERROR,
                        LOFT_STORAGE_ERROR_NOT_FOUND))
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return NULL;
    }

  state = loft_state_new ();
  for (gsize i = 0; newest != NULL && newest->owners[i] != NULL; i++)
    loft_state_add_owner (state, newest->owners[i], NULL);

  return state;
}

static LoftState *
read_state_or_none (LoftRegistry *self, const char *name, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  LoftState *state =
    loft_authority_read_state (self->authority, name, NULL, &local_error);

  if (state != NULL)
    return state;
  if (g_error_matches (local_error,
                       LOFT_STORAGE_ERROR,
                       LOFT_STORAGE_ERROR_NOT_FOUND))
    return loft_state_new ();

  g_propagate_error (error, g_steal_pointer (&local_error));

  return NULL;
}

static void
append_element (GString *text,
                const LoftDocument *document,
                const LoftState *state)
{
  g_autofree char *head =
    loft_element_render_head (document, document->sha256, document->size);
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();

  for (guint i = 0; i < state->owners->len; i++)
    {
      const LoftOwner *owner = g_ptr_array_index (state->owners, i);

      g_strv_builder_add (builder, owner->id);
    }
  g_auto (GStrv) ids = g_strv_builder_end (builder);
  g_autofree char *owners = loft_element_render_owners (
    (const char *const *) (state->revision > 0 ? ids : document->owners));

  loft_element_append (text,
                       head,
                       owners,
                       g_hash_table_contains (state->yanked, document->key),
                       state->deprecated);
}

static gboolean
check_package (const char *name, GError **error)
{
  if (loft_name_is_adoptable (name))
    return TRUE;

  g_set_error (error,
               LOFT_REGISTRY_ERROR,
               LOFT_REGISTRY_ERROR_NO_SUCH_PACKAGE,
               "There is no package “%s”",
               name);

  return FALSE;
}

/**
 * loft_registry_read_folder:
 * @self: a registry
 * @name: a package
 * @cancellable: (nullable): a cancellable
 * @error: return location for a #GError
 *
 * Lists the versions of a package from the storage, for as long as the catalog
 * is not complete. Blocks.
 *
 * Returns: (transfer full): a JSON array, or %NULL with @error set to
 *   %LOFT_REGISTRY_ERROR_NO_SUCH_PACKAGE or a #LoftStorageError
 */
GBytes *
loft_registry_read_folder (LoftRegistry *self,
                           const char *name,
                           GCancellable *cancellable,
                           GError **error)
{
  if (!check_package (name, error))
    return NULL;

  g_autoptr (GPtrArray) documents =
    load_folder (self, name, cancellable, error);
  if (documents == NULL)
    return NULL;
  if (documents->len == 0)
    {
      g_set_error (error,
                   LOFT_REGISTRY_ERROR,
                   LOFT_REGISTRY_ERROR_NO_SUCH_PACKAGE,
                   "There is no package “%s”",
                   name);
      return NULL;
    }

  g_autoptr (LoftState) state = read_state_or_none (self, name, error);
  if (state == NULL)
    return NULL;

  g_autoptr (GString) text = g_string_new ("[");
  for (guint i = 0; i < documents->len; i++)
    {
      const LoftDocument *document = g_ptr_array_index (documents, i);

      if (g_hash_table_contains (state->yanked, document->key))
        continue;
      if (text->len > 1)
        g_string_append_c (text, ',');
      append_element (text, document, state);
    }
  g_string_append_c (text, ']');

  return g_string_free_to_bytes (g_steal_pointer (&text));
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

  if (!check_package (name, error))
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

  g_autoptr (LoftState) state = read_state_or_none (self, name, error);
  if (state == NULL)
    return NULL;

  g_autoptr (GString) text = g_string_new (NULL);
  append_element (text, document, state);
  *out_key = g_strdup (document->key);

  return g_strdup (text->str);
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
  g_autofree char *object_key = loft_document_make_key (name, key);
  g_autoptr (LoftObject) object =
    loft_storage_read (self->storage, object_key, 0, -1, cancellable, error);
  if (object == NULL)
    return NULL;

  g_autoptr (GBytes) text =
    loft_object_load (object, LOFT_DOCUMENT_SIZE_MAX, cancellable, error);
  if (text == NULL)
    return NULL;

  return loft_document_render (text, element, error);
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

  return loft_registry_render_version (self,
                                       name,
                                       key,
                                       element,
                                       cancellable,
                                       error);
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

/**
 * loft_registry_open_archive:
 * @self: a registry
 * @name: a package
 * @found: one of its versions
 * @cancellable: (nullable): a cancellable
 * @error: return location for a #GError
 *
 * Opens the tarball of a version that is known. Blocks.
 *
 * Returns: (transfer full): the tarball, or %NULL with @error set to a
 *   #LoftRegistryError or a #LoftStorageError
 */
LoftDownload *
loft_registry_open_archive (LoftRegistry *self,
                            const char *name,
                            const LoftCatalogVersion *found,
                            GCancellable *cancellable,
                            GError **error)
{
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

  g_autoptr (LoftDownload) download = g_new0 (LoftDownload, 1);
  GBytes *bytes = loft_object_get_bytes (object);
  download->bytes =
    bytes != NULL ? g_bytes_ref (bytes)
                  : loft_object_load (object, G_MAXSIZE, cancellable, error);
  if (download->bytes == NULL)
    return NULL;

  download->sha256 = found->sha256 != NULL
                       ? g_strdup (found->sha256)
                       : loft_registry_hash_object (self->storage,
                                                    key,
                                                    NULL,
                                                    cancellable,
                                                    error);
  download->filename = g_strdup_printf ("%s-%s.tar.gz", name, found->version);
  download->published_at = found->published_at;

  return download->sha256 != NULL ? g_steal_pointer (&download) : NULL;
}

/**
 * loft_registry_read_archive:
 * @self: a registry
 * @name: a package
 * @version: a version
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
                            GCancellable *cancellable,
                            GError **error)
{
  g_autoptr (LoftCatalogVersion) found =
    locate_archive (self, name, version, cancellable, error);

  return found != NULL
           ? loft_registry_open_archive (self, name, found, cancellable, error)
           : NULL;
}
