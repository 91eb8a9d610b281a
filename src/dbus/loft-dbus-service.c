/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "dbus/loft-dbus-service.h"

#include "dbus/loft-dbus-job.h"
#include "dbus/loft-dbus-private.h"

/**
 * LoftDbusService:
 *
 * The registry on a bus: whoever can reach that may read, and administrators
 * may change. Calls are answered on the main loop; what takes its time is done
 * elsewhere meanwhile.
 */

G_DEFINE_FINAL_TYPE (LoftDbusService, loft_dbus_service, G_TYPE_OBJECT)

static void
run_reload (LoftDbusService *self,
            GDBusMethodInvocation *invocation,
            const LoftCaller *caller)
{
  g_autoptr (GError) reason = NULL;
  g_autoptr (GError) local_error = NULL;

  loft_dbus_note_act (self, invocation, caller);
  if (self->delegate.reload (self->delegate_data, &reason))
    {
      g_dbus_method_invocation_return_value (invocation, NULL);
      return;
    }

  local_error = g_error_new_literal (LOFT_DBUS_ERROR,
                                     LOFT_DBUS_ERROR_CONFIGURATION,
                                     reason->message);
  loft_dbus_error_return (invocation, local_error);
}

/* Whoever drains a registry wants it to stay away: to put a backup in its
 * place, say. Where that can't be had here, nothing is done. */
static void
run_drain (LoftDbusService *self,
           GDBusMethodInvocation *invocation,
           const LoftCaller *caller)
{
  if (self->delegate.activated)
    {
      g_autoptr (GError) local_error = g_error_new_literal (
        LOFT_DBUS_ERROR,
        LOFT_DBUS_ERROR_ACTIVATED,
        "The service manager has the sockets, and would start the registry "
        "again for the next client; stop both: systemctl stop "
        "loft-registry.socket loft-registry.service");

      loft_dbus_error_return (invocation, local_error);
      return;
    }

  loft_dbus_note_act (self, invocation, caller);
  g_dbus_method_invocation_return_value (invocation, NULL);
  self->delegate.drain (self->delegate_data);
}

/* Every method of the interface; a test compares. */
static const LoftDbusMethod methods[] = {
  { "Reload", LOFT_DBUS_MANAGE_SERVICE, FALSE, run_reload },
  { "Drain", LOFT_DBUS_MANAGE_SERVICE, FALSE, run_drain },
  { "Rescan", LOFT_DBUS_MANAGE_SERVICE, FALSE, loft_dbus_rescan },
  { "Verify", LOFT_DBUS_MANAGE_SERVICE, FALSE, loft_dbus_verify },
  { "Collect", LOFT_DBUS_MANAGE_SERVICE, FALSE, loft_dbus_collect },
  { "Export", LOFT_DBUS_MANAGE_SERVICE, FALSE, loft_dbus_export },
  { "ListPackages", NULL, TRUE, loft_dbus_list_packages },
  { "ShowPackage", NULL, TRUE, loft_dbus_show_package },
  { "ListChanges", NULL, TRUE, loft_dbus_list_changes },
  { "ListAudit", LOFT_DBUS_MANAGE_SERVICE, TRUE, loft_dbus_list_audit },
  { "Yank", LOFT_DBUS_MANAGE_PACKAGES, FALSE, loft_dbus_yank },
  { "Unyank", LOFT_DBUS_MANAGE_PACKAGES, FALSE, loft_dbus_unyank },
  { "Deprecate", LOFT_DBUS_MANAGE_PACKAGES, FALSE, loft_dbus_deprecate },
  { "SetOwners", LOFT_DBUS_MANAGE_PACKAGES, FALSE, loft_dbus_set_owners },
  { "ImportVersion",
    LOFT_DBUS_MANAGE_PACKAGES,
    FALSE,
    loft_dbus_import_version },
  { "ListDocs", NULL, TRUE, loft_dbus_list_docs },
  { "ShowDocs", NULL, TRUE, loft_dbus_show_docs },
  { "BuildDocs", LOFT_DBUS_MANAGE_PACKAGES, FALSE, loft_dbus_build_docs },
  { "BuildMissingDocs",
    LOFT_DBUS_MANAGE_PACKAGES,
    FALSE,
    loft_dbus_build_missing_docs },
  { "CreateToken", LOFT_DBUS_MANAGE_TOKENS, FALSE, loft_dbus_create_token },
  { "ListTokens", LOFT_DBUS_MANAGE_TOKENS, TRUE, loft_dbus_list_tokens },
  { "RevokeToken", LOFT_DBUS_MANAGE_TOKENS, FALSE, loft_dbus_revoke_token },
  { "GetMetrics", NULL, TRUE, loft_dbus_get_metrics },
};

typedef struct
{
  LoftDbusService *service;          /* owned */
  GDBusMethodInvocation *invocation; /* owned */
  const LoftDbusMethod *method;
} Call;

static void
authorized_cb (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  g_autofree Call *call = user_data;
  g_autoptr (LoftDbusService) self = call->service;
  g_autoptr (GError) local_error = NULL;
  guint32 uid;
  g_autofree char *actor =
    loft_dbus_authority_check_finish (LOFT_DBUS_AUTHORITY (source_object),
                                      result,
                                      &uid,
                                      &local_error);
  if (actor == NULL)
    {
      loft_dbus_note_refusal (self, call->method, uid, local_error);
      loft_dbus_error_return (call->invocation, local_error);
      return;
    }

  g_autofree char *request = loft_dbus_draw_request_id ();
  const LoftCaller caller = { .administrator = actor, .request = request };

  if (!call->method->reads)
    loft_dbus_note_call (self, call->invocation, call->method, &caller);
  call->method->run (self, call->invocation, &caller);
}

/**
 * loft_dbus_service_call:
 * @self: a service
 * @invocation: (transfer full): a call
 * @method: what is to be done for it
 *
 * Does what a call asks for, if the caller may do that.
 */
void
loft_dbus_service_call (LoftDbusService *self,
                        GDBusMethodInvocation *invocation,
                        const LoftDbusMethod *method)
{
  if (method->action == NULL)
    {
      method->run (self, invocation, NULL);
      return;
    }

  Call *call = g_new0 (Call, 1);
  call->service = g_object_ref (self);
  call->invocation = invocation;
  call->method = method;
  loft_dbus_authority_check_async (self->authority,
                                   invocation,
                                   method->action,
                                   self->stopping,
                                   authorized_cb,
                                   call);
}

static void
method_call_cb (GDBusConnection *connection,
                const char *sender,
                const char *object_path,
                const char *interface_name,
                const char *method_name,
                GVariant *parameters,
                GDBusMethodInvocation *invocation,
                gpointer user_data)
{
  for (guint i = 0; i < G_N_ELEMENTS (methods); i++)
    if (g_str_equal (methods[i].name, method_name))
      {
        loft_dbus_service_call (LOFT_DBUS_SERVICE (user_data),
                                invocation,
                                &methods[i]);
        return;
      }

  g_dbus_method_invocation_return_error_literal (invocation,
                                                 G_DBUS_ERROR,
                                                 G_DBUS_ERROR_UNKNOWN_METHOD,
                                                 "There is no such method");
}

static GVariant *
get_property_cb (GDBusConnection *connection,
                 const char *sender,
                 const char *object_path,
                 const char *interface_name,
                 const char *property_name,
                 GError **error,
                 gpointer user_data)
{
  return loft_dbus_get_property (LOFT_DBUS_SERVICE (user_data), property_name);
}

const GDBusInterfaceVTable loft_dbus_service_vtable = {
  .method_call = method_call_cb,
  .get_property = get_property_cb,
};

static void
loft_dbus_service_dispose (GObject *object)
{
  LoftDbusService *self = LOFT_DBUS_SERVICE (object);

  loft_dbus_service_stop (self);
  g_clear_object (&self->registry);
  g_clear_object (&self->authority);

  G_OBJECT_CLASS (loft_dbus_service_parent_class)->dispose (object);
}

static void
loft_dbus_service_finalize (GObject *object)
{
  LoftDbusService *self = LOFT_DBUS_SERVICE (object);

  g_object_unref (self->stopping);
  g_hash_table_unref (self->jobs);
  g_free (self->storage_uri);
  g_free (self->backend);

  G_OBJECT_CLASS (loft_dbus_service_parent_class)->finalize (object);
}

static void
loft_dbus_service_class_init (LoftDbusServiceClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = loft_dbus_service_dispose;
  G_OBJECT_CLASS (klass)->finalize = loft_dbus_service_finalize;
}

static void
loft_dbus_service_init (LoftDbusService *self)
{
  self->stopping = g_cancellable_new ();
  self->started_at = g_get_monotonic_time ();
  self->jobs =
    g_hash_table_new_full (g_str_hash, g_str_equal, NULL, g_object_unref);
  g_queue_init (&self->waiting);
}

/**
 * loft_dbus_service_new:
 * @registry: a registry, of the process that looks after the catalog
 * @bus: the bus on which it shall be
 * @delegate: what only the program knows and can do
 * @user_data: for the functions of @delegate
 *
 * Creates a service that is not on the bus yet.
 *
 * Returns: (transfer full): a service
 */
LoftDbusService *
loft_dbus_service_new (LoftRegistry *registry,
                       GBusType bus,
                       const LoftDbusDelegate *delegate,
                       gpointer user_data)
{
  g_return_val_if_fail (LOFT_IS_REGISTRY (registry), NULL);
  g_return_val_if_fail (delegate != NULL, NULL);

  LoftDbusService *self = g_object_new (LOFT_TYPE_DBUS_SERVICE, NULL);

  self->registry = g_object_ref (registry);
  self->bus = bus;
  self->delegate = *delegate;
  self->delegate.storage_uri = self->storage_uri =
    g_utf8_make_valid (delegate->storage_uri, -1);
  self->delegate.backend = self->backend = g_strdup (delegate->backend);
  self->delegate_data = user_data;
  self->authority = loft_dbus_authority_new (bus);

  return self;
}

/**
 * loft_dbus_service_start:
 * @self: a service
 *
 * Goes to the bus. If that can't be reached, the log says so, and it is tried
 * again until it can; the same if it goes away later. Without the name nothing
 * else happens than that the log says why.
 */
void
loft_dbus_service_start (LoftDbusService *self)
{
  g_return_if_fail (LOFT_IS_DBUS_SERVICE (self));
  g_return_if_fail (self->connection == NULL);

  loft_dbus_join (self);
}

/**
 * loft_dbus_service_is_reachable:
 * @self: a service
 *
 * Returns: whether it is on the bus and has its name there just now
 */
gboolean
loft_dbus_service_is_reachable (LoftDbusService *self)
{
  g_return_val_if_fail (LOFT_IS_DBUS_SERVICE (self), FALSE);

  return self->has_name;
}

static void
end_jobs (LoftDbusService *self)
{
  g_autoptr (GList) jobs = g_hash_table_get_values (self->jobs);

  for (GList *l = jobs; l != NULL; l = l->next)
    loft_dbus_job_leave (l->data);
}

/**
 * loft_dbus_service_stop:
 * @self: a service
 *
 * Leaves the bus. Who waits for a change is answered before; jobs are ended.
 */
void
loft_dbus_service_stop (LoftDbusService *self)
{
  g_return_if_fail (LOFT_IS_DBUS_SERVICE (self));

  g_cancellable_cancel (self->stopping);
  loft_dbus_end_waiting (self);
  end_jobs (self);
  loft_dbus_part (self);
}
