/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-description.h"

#include "registry/loft-json.h"
#include "registry/loft-previous.h"
#include "registry/loft-registry-docs.h"
#include "registry/loft-registry-private.h"

typedef struct
{
  gboolean has_view;
  LoftView view;
  char *name;    /* owned */
  char *version; /* owned, nullable: the newest one */
  guint dependents_max;
} Wish;

static void
wish_free (gpointer data)
{
  Wish *wish = data;

  g_free (wish->name);
  g_free (wish->version);
  g_free (wish);
}

/**
 * loft_description_free:
 * @self: (transfer full): a description
 *
 * Frees @self.
 */
void
loft_description_free (LoftDescription *self)
{
  g_clear_pointer (&self->previous, g_ptr_array_unref);
  g_clear_pointer (&self->versions, json_node_unref);
  g_clear_pointer (&self->version, json_node_unref);
  g_clear_pointer (&self->dependents, json_node_unref);
  g_free (self->readme);
  loft_docs_clear (&self->docs);
  g_free (self->yank_reason);
  g_free (self->readme_path);
  g_free (self->downloads);
  g_free (self);
}

/* Takes an answer of the catalog, which is sound. */
static JsonNode *
parse (GBytes *answer, GError **error)
{
  g_autoptr (GBytes) owned = answer;
  gsize length = 0;
  const char *text = owned != NULL ? g_bytes_get_data (owned, &length) : NULL;

  return text != NULL ? loft_json_parse (text, length, error) : NULL;
}

/* The last one in the order of clients, which have nothing of yanked ones. */
static const char *
find_newest (JsonNode *versions)
{
  JsonArray *array = json_node_get_array (versions);
  const char *newest = NULL;

  for (guint i = json_array_get_length (array); i > 0; i--)
    {
      JsonObject *version = json_array_get_object_element (array, i - 1);

      if (newest == NULL)
        newest = loft_json_get_string (version, "version");
      if (!json_object_get_boolean_member_with_default (version,
                                                        "yanked",
                                                        FALSE))
        return loft_json_get_string (version, "version");
    }

  return newest;
}

static void
join_validity (LoftValidity *whole, const LoftValidity *part)
{
  whole->settled = whole->settled && part->settled;
  if (whole->until == 0 || (part->until > 0 && part->until < whole->until))
    whole->until = part->until;
}

static gboolean
read_lists (LoftRegistry *self,
            const Wish *wish,
            LoftDescription *description,
            GError **error)
{
  g_autofree char *next = NULL;
  LoftValidity of_dependents = { TRUE, 0 };

  description->versions = parse (
    wish->has_view
      ? loft_catalog_view_versions (self->catalog,
                                    &wish->view,
                                    wish->name,
                                    &description->validity,
                                    error)
      : loft_catalog_list_all_versions (self->catalog, wish->name, error),
    error);
  if (description->versions == NULL)
    return FALSE;
  description->previous =
    loft_previous_find (json_node_get_array (description->versions));

  description->dependents =
    parse (wish->has_view ? loft_catalog_view_dependents (self->catalog,
                                                          &wish->view,
                                                          wish->name,
                                                          NULL,
                                                          wish->dependents_max,
                                                          &next,
                                                          &of_dependents,
                                                          error)
                          : loft_catalog_list_dependents (self->catalog,
                                                          wish->name,
                                                          NULL,
                                                          wish->dependents_max,
                                                          &next,
                                                          error),
           error);
  description->more_dependents = next != NULL;
  join_validity (&description->validity, &of_dependents);

  return description->dependents != NULL;
}

static void
take_readme (LoftDescription *self, JsonNode *document)
{
  JsonObject *readme =
    loft_json_get_object (json_node_get_object (document), "readme");

  if (readme == NULL)
    return;
  self->readme = g_strdup (loft_json_get_string (readme, "text"));
  self->readme_path = g_strdup (loft_json_get_string (readme, "path"));
}

/* What the catalog has of a version is shown also while its document is out of
 * reach. */
static gboolean
read_document (LoftRegistry *self,
               const Wish *wish,
               const LoftCatalogVersion *found,
               LoftDescription *description,
               GCancellable *cancellable,
               GError **error)
{
  g_autoptr (GError) local_error = NULL;
  g_autoptr (GBytes) text = loft_registry_read_document (self,
                                                         wish->name,
                                                         found->key,
                                                         cancellable,
                                                         &local_error);

  if (g_error_matches (local_error,
                       LOFT_STORAGE_ERROR,
                       LOFT_STORAGE_ERROR_UNAVAILABLE))
    {
      description->is_partial = TRUE;
      description->version =
        loft_json_parse (found->element, strlen (found->element), error);
      return description->version != NULL;
    }
  if (text == NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }

  description->version =
    parse (loft_document_render (text, found->element, error), error);
  g_autoptr (JsonNode) document =
    description->version != NULL ? parse (g_bytes_ref (text), error) : NULL;
  if (document == NULL)
    return FALSE;
  take_readme (description, document);

  return TRUE;
}

/* What waits or fails now has nothing to do with what there was. */
static gboolean
read_docs (LoftRegistry *self,
           const Wish *wish,
           const LoftCatalogVersion *found,
           LoftDescription *description,
           GError **error)
{
  if (!wish->has_view)
    return loft_registry_look_up_docs (self,
                                       wish->name,
                                       found,
                                       &description->docs,
                                       error);

  g_auto (LoftDocs) docs = { .state = LOFT_DOCS_NONE };
  if (!loft_catalog_get_docs (self->catalog,
                              wish->name,
                              found->key,
                              &docs,
                              error))
    return FALSE;
  description->docs.generation = g_steal_pointer (&docs.generation);

  return TRUE;
}

static gboolean
read_version (LoftRegistry *self,
              const Wish *wish,
              const char *version,
              LoftDescription *description,
              GCancellable *cancellable,
              GError **error)
{
  LoftValidity validity = { TRUE, 0 };
  g_autoptr (LoftCatalogVersion) found =
    loft_catalog_view_version (self->catalog,
                               wish->has_view ? &wish->view : NULL,
                               wish->name,
                               version,
                               &validity,
                               error);
  if (found == NULL)
    return FALSE;

  if (!read_docs (self, wish, found, description, error))
    return FALSE;

  /* What a view shows may be kept for ever, and a reason may be changed. */
  if (found->yanked && !wish->has_view)
    {
      g_autoptr (GError) local_error = NULL;

      description->yank_reason = loft_catalog_get_yank_reason (self->catalog,
                                                               wish->name,
                                                               found->key,
                                                               &local_error);
      if (local_error != NULL)
        {
          g_propagate_error (error, g_steal_pointer (&local_error));
          return FALSE;
        }
    }

  join_validity (&description->validity, &validity);

  return read_document (self, wish, found, description, cancellable, error);
}

static gboolean
describe (LoftRegistry *self,
          const Wish *wish,
          LoftDescription *description,
          GCancellable *cancellable,
          GError **error)
{
  if (!read_lists (self, wish, description, error))
    return FALSE;

  const char *version =
    wish->version != NULL ? wish->version : find_newest (description->versions);
  if (version == NULL)
    {
      g_set_error (error,
                   LOFT_REGISTRY_ERROR,
                   LOFT_REGISTRY_ERROR_NO_SUCH_VERSION,
                   "There is no version of “%s” to show",
                   wish->name);
      return FALSE;
    }

  if (!wish->has_view && loft_registry_counts_downloads (self, NULL))
    {
      description->downloads =
        loft_registry_read_downloads (self, wish->name, error);
      if (description->downloads == NULL)
        return FALSE;
    }

  return read_version (self, wish, version, description, cancellable, error);
}

static void
describe_in_thread_cb (GTask *task,
                       gpointer source_object,
                       gpointer task_data,
                       GCancellable *cancellable)
{
  g_autoptr (GError) local_error = NULL;
  g_autoptr (LoftDescription) description = g_new0 (LoftDescription, 1);

  if (describe (LOFT_REGISTRY (source_object),
                task_data,
                description,
                cancellable,
                &local_error))
    {
      g_task_return_pointer (task,
                             g_steal_pointer (&description),
                             (GDestroyNotify) loft_description_free);
      return;
    }
  loft_registry_translate_error (&local_error);
  g_task_return_error (task, g_steal_pointer (&local_error));
}

/**
 * loft_registry_describe_async:
 * @self: a registry
 * @view: (nullable): a view; %NULL for the registry as it is
 * @name: a package
 * @version: (nullable): a version; %NULL for the newest that is not yanked, if
 *   there is one
 * @dependents_max: dependents at most
 * @cancellable: (nullable): a cancellable
 * @callback: called when it is known
 * @user_data: for @callback
 *
 * Finds out what people want to know of a package.
 */
void
loft_registry_describe_async (LoftRegistry *self,
                              const LoftView *view,
                              const char *name,
                              const char *version,
                              guint dependents_max,
                              GCancellable *cancellable,
                              GAsyncReadyCallback callback,
                              gpointer user_data)
{
  g_return_if_fail (LOFT_IS_REGISTRY (self));
  g_return_if_fail (name != NULL && dependents_max > 0);

  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);
  g_autoptr (GError) local_error = NULL;
  Wish *wish = g_new0 (Wish, 1);

  wish->has_view = view != NULL;
  if (view != NULL)
    wish->view = *view;
  wish->name = g_strdup (name);
  wish->version = g_strdup (version);
  wish->dependents_max = dependents_max;
  g_task_set_source_tag (task, loft_registry_describe_async);
  g_task_set_task_data (task, wish, wish_free);
  if (loft_registry_can_answer (self, &local_error))
    g_task_run_in_thread (task, describe_in_thread_cb);
  else
    g_task_return_error (task, g_steal_pointer (&local_error));
}

/**
 * loft_registry_describe_finish:
 * @self: a registry
 * @result: what the callback was given
 * @error: return location for a #GError
 *
 * Ends loft_registry_describe_async().
 *
 * Returns: (transfer full): the description, or %NULL with @error set to a
 *   #LoftRegistryError
 */
LoftDescription *
loft_registry_describe_finish (LoftRegistry *self,
                               GAsyncResult *result,
                               GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}
