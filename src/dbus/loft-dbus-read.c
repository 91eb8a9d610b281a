/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "dbus/loft-dbus-private.h"

/* Reading, as anybody may. */

#define LIMIT_DEFAULT 50
#define LIMIT_MAX 1000

static const LoftDbusOption list_options[] = {
  { "sort", "s" },
  { "after", "s" },
  { "limit", "u" },
};

/* Ends a call that was answered with JSON. */
static void
return_pages (GDBusMethodInvocation *invocation,
              GBytes *json,
              const char *next,
              GError *error)
{
  g_autoptr (GError) local_error = error;
  GVariant *elements =
    json != NULL ? loft_dbus_split_array (json, &local_error) : NULL;

  if (elements == NULL)
    loft_dbus_error_return (invocation, local_error);
  else if (next != NULL)
    g_dbus_method_invocation_return_value (
      invocation,
      g_variant_new ("(@ass)", elements, next));
  else
    g_dbus_method_invocation_return_value (invocation,
                                           g_variant_new ("(@as)", elements));
}

static void
list_packages_cb (GObject *source_object,
                  GAsyncResult *result,
                  gpointer user_data)
{
  GError *local_error = NULL;
  g_autofree char *next = NULL;
  g_autoptr (GBytes) json =
    loft_registry_search_finish (LOFT_REGISTRY (source_object),
                                 result,
                                 &next,
                                 &local_error);

  return_pages (G_DBUS_METHOD_INVOCATION (user_data),
                json,
                next != NULL ? next : "",
                local_error);
}

static gboolean
parse_sort (const char *text, LoftSort *out_sort, GError **error)
{
  if (g_str_equal (text, "relevance"))
    *out_sort = LOFT_SORT_RELEVANCE;
  else if (g_str_equal (text, "name"))
    *out_sort = LOFT_SORT_NAME;
  else if (g_str_equal (text, "updated"))
    *out_sort = LOFT_SORT_UPDATED;
  else
    {
      g_set_error_literal (error,
                           LOFT_DBUS_ERROR,
                           LOFT_DBUS_ERROR_ARGUMENT,
                           "“sort” must be relevance, name or updated");
      return FALSE;
    }

  return TRUE;
}

/**
 * loft_dbus_list_packages:
 * @self: a service
 * @invocation: (transfer full): a call
 * @caller: (nullable): not used
 *
 * Answers ListPackages.
 */
void
loft_dbus_list_packages (LoftDbusService *self,
                         GDBusMethodInvocation *invocation,
                         const LoftCaller *caller)
{
  GVariant *parameters = g_dbus_method_invocation_get_parameters (invocation);
  g_autoptr (GVariant) options = NULL;
  g_autoptr (GError) local_error = NULL;
  const char *query;
  const char *sort_name = "relevance";
  const char *after = NULL;
  guint limit = 0;
  LoftSort sort = LOFT_SORT_RELEVANCE;

  g_variant_get (parameters, "(&s@a{sv})", &query, &options);
  g_variant_lookup (options, "sort", "&s", &sort_name);
  g_variant_lookup (options, "after", "&s", &after);
  g_variant_lookup (options, "limit", "u", &limit);
  if (!loft_dbus_check_options (options,
                                list_options,
                                G_N_ELEMENTS (list_options),
                                &local_error) ||
      !loft_dbus_check_text ("The query",
                             query,
                             LOFT_DBUS_TEXT_MAX,
                             &local_error) ||
      !loft_dbus_check_text ("“after”",
                             after != NULL ? after : "",
                             LOFT_DBUS_TEXT_MAX,
                             &local_error) ||
      !parse_sort (sort_name, &sort, &local_error))
    {
      loft_dbus_error_return (invocation, local_error);
      return;
    }

  loft_registry_search_async (self->registry,
                              query,
                              sort,
                              after != NULL && *after != '\0' ? after : NULL,
                              limit == 0 ? LIMIT_DEFAULT
                                         : MIN (limit, LIMIT_MAX),
                              self->stopping,
                              list_packages_cb,
                              invocation);
}

static void
show_package_cb (GObject *source_object,
                 GAsyncResult *result,
                 gpointer user_data)
{
  GError *local_error = NULL;
  g_autoptr (GBytes) json =
    loft_registry_list_all_versions_finish (LOFT_REGISTRY (source_object),
                                            result,
                                            &local_error);

  return_pages (G_DBUS_METHOD_INVOCATION (user_data), json, NULL, local_error);
}

/**
 * loft_dbus_show_package:
 * @self: a service
 * @invocation: (transfer full): a call
 * @caller: (nullable): not used
 *
 * Answers ShowPackage.
 */
void
loft_dbus_show_package (LoftDbusService *self,
                        GDBusMethodInvocation *invocation,
                        const LoftCaller *caller)
{
  GVariant *parameters = g_dbus_method_invocation_get_parameters (invocation);
  g_autoptr (GError) local_error = NULL;
  const char *name;

  g_variant_get (parameters, "(&s)", &name);
  if (!loft_dbus_check_text ("The name",
                             name,
                             LOFT_DBUS_NAME_MAX,
                             &local_error))
    {
      loft_dbus_error_return (invocation, local_error);
      return;
    }

  loft_registry_list_all_versions_async (self->registry,
                                         name,
                                         self->stopping,
                                         show_package_cb,
                                         invocation);
}

static void
render_in_thread_cb (GTask *task,
                     gpointer source_object,
                     gpointer task_data,
                     GCancellable *cancellable)
{
  LoftDbusService *self = LOFT_DBUS_SERVICE (source_object);

  g_task_return_pointer (task,
                         self->delegate.render_metrics (self->registry),
                         (GDestroyNotify) g_bytes_unref);
}

static void
rendered_cb (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GBytes) bytes = g_task_propagate_pointer (G_TASK (result), NULL);
  gsize size = 0;
  const char *data = g_bytes_get_data (bytes, &size);
  g_autofree char *text = g_strndup (data, size);

  g_dbus_method_invocation_return_value (G_DBUS_METHOD_INVOCATION (user_data),
                                         g_variant_new ("(s)", text));
}

/**
 * loft_dbus_get_metrics:
 * @self: a service
 * @invocation: (transfer full): a call
 * @caller: (nullable): not used
 *
 * Answers GetMetrics.
 */
void
loft_dbus_get_metrics (LoftDbusService *self,
                       GDBusMethodInvocation *invocation,
                       const LoftCaller *caller)
{
  g_autoptr (GTask) task = g_task_new (self, NULL, rendered_cb, invocation);

  g_task_set_source_tag (task, loft_dbus_get_metrics);
  g_task_run_in_thread (task, render_in_thread_cb);
}
