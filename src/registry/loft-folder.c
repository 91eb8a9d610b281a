/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-element.h"
#include "registry/loft-log-entry.h"
#include "registry/loft-name.h"
#include "registry/loft-registry-private.h"
#include "registry/loft-upkeep-private.h"
#include "registry/loft-version.h"

/* A package as its folder in the storage shows it: to those who ask while the
 * catalog is incomplete, and to find out whose an adopted one is. */

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
 * broken, or have no tarball, are left out; but a list must not seem to be
 * whole where the storage has not told of all. */
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
      else if (local_error != NULL && !loft_upkeep_is_local (local_error))
        {
          g_propagate_error (error, g_steal_pointer (&local_error));
          return NULL;
        }
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
    loft_authority_find_state (self->authority, name, out_etag, &local_error);
  *out_adopted = state == NULL;
  if (state != NULL)
    return state;
  if (local_error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return NULL;
    }

  state = loft_state_new ();
  for (gsize i = 0; newest != NULL && newest->owners[i] != NULL; i++)
    loft_state_add_owner (state, newest->owners[i], NULL);

  return state;
}

/**
 * loft_registry_read_any_state:
 * @self: a registry
 * @name: a package
 * @error: return location for a #GError
 *
 * Reads the state of a package, for one whose documents were read. Blocks.
 *
 * Returns: (transfer full): the state, of revision 0 if none is stored, or
 *   %NULL with @error set as by loft_authority_read_state()
 */
LoftState *
loft_registry_read_any_state (LoftRegistry *self,
                              const char *name,
                              GError **error)
{
  g_autoptr (GError) local_error = NULL;
  LoftState *state =
    loft_authority_find_state (self->authority, name, NULL, &local_error);

  if (state == NULL && local_error == NULL)
    return loft_state_new ();
  if (state == NULL)
    g_propagate_error (error, g_steal_pointer (&local_error));

  return state;
}

/**
 * loft_registry_append_element:
 * @text: where to
 * @document: a document
 * @state: its package's state
 *
 * Appends the element of a version that was read from the storage.
 */
void
loft_registry_append_element (GString *text,
                              const LoftDocument *document,
                              const LoftState *state)
{
  g_autofree char *head =
    loft_element_render_head (document, document->sha256, document->size);
  g_auto (GStrv) ids = loft_state_list_owners (state);
  g_autofree char *owners = loft_element_render_owners (
    (const char *const *) (state->revision > 0 ? ids : document->owners));

  loft_element_append (text,
                       head,
                       owners,
                       g_hash_table_contains (state->yanked, document->key),
                       state->deprecated);
}

/**
 * loft_registry_check_package:
 * @name: what is asked for
 * @error: return location for a #GError
 *
 * Refuses what can be no package's name before it becomes a key.
 *
 * Returns: %TRUE, or %FALSE with @error set to
 *   %LOFT_REGISTRY_ERROR_NO_SUCH_PACKAGE
 */
gboolean
loft_registry_check_package (const char *name, GError **error)
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
  if (!loft_registry_check_package (name, error))
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

  g_autoptr (LoftState) state =
    loft_registry_read_any_state (self, name, error);
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
      loft_registry_append_element (text, document, state);
    }
  g_string_append_c (text, ']');

  return g_string_free_to_bytes (g_steal_pointer (&text));
}
