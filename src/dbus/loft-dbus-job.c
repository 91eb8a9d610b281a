/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "dbus/loft-dbus-job.h"

#include "dbus/loft-bus-generated.h"

#define INTERFACE LOFT_DBUS_INTERFACE ".Job"

/* How long a job that has ended can be looked at; how many may run at once, of
 * all and of one user, and how many there may be with those that have ended. */
#define SECONDS_KEPT 60
#define RUNNING_MAX 8
#define RUNNING_OF_ONE_MAX 4
#define JOBS_MAX 32

/**
 * LoftDbusJob:
 *
 * Long work, as an object on the bus. The service holds it from its begin until
 * a while after its end.
 */
struct _LoftDbusJob
{
  GObject parent_instance;

  LoftDbusService *service;    /* not owned, NULL once it has left the bus */
  GDBusConnection *connection; /* owned, NULL without a bus */
  GCancellable *cancellable;   /* owned */
  GMainContext *context;       /* owned */
  char *path;                  /* owned */
  char *actor;                 /* owned; who began it */
  const char *kind;
  const char *state;
  char *message;      /* owned */
  LoftReport *report; /* owned, nullable */
  guint object_id;
  GSource *leave; /* owned, nullable: until it has ended */

  GMutex mutex; /* for what follows */
  guint64 done;
  guint64 total;
  const char *unit;
  gboolean telling;
};

G_DEFINE_FINAL_TYPE (LoftDbusJob, loft_dbus_job, G_TYPE_OBJECT)

static GVariant *
make_findings (LoftDbusJob *self)
{
  guint length =
    self->report != NULL ? loft_report_get_length (self->report) : 0;
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("aa{sv}"));
  for (guint i = 0; i < length; i++)
    {
      const LoftReportItem *item = loft_report_get (self->report, i);
      g_autofree char *subject = g_utf8_make_valid (item->subject, -1);
      g_autofree char *detail = g_utf8_make_valid (item->detail, -1);

      g_variant_builder_open (&builder, G_VARIANT_TYPE_VARDICT);
      g_variant_builder_add (&builder,
                             "{sv}",
                             "kind",
                             g_variant_new_string (item->kind));
      g_variant_builder_add (&builder,
                             "{sv}",
                             "subject",
                             g_variant_new_string (subject));
      g_variant_builder_add (&builder,
                             "{sv}",
                             "detail",
                             g_variant_new_string (detail));
      g_variant_builder_add (&builder,
                             "{sv}",
                             "repaired",
                             g_variant_new_boolean (item->repaired));
      g_variant_builder_close (&builder);
    }

  return g_variant_builder_end (&builder);
}

static GVariant *
get_property (LoftDbusJob *self, const char *name)
{
  if (g_str_equal (name, "Kind"))
    return g_variant_new_string (self->kind);
  if (g_str_equal (name, "State"))
    return g_variant_new_string (self->state);
  if (g_str_equal (name, "Message"))
    return g_variant_new_string (self->message);
  if (g_str_equal (name, "Findings"))
    return make_findings (self);
  if (g_str_equal (name, "NumFindings"))
    return g_variant_new_uint64 (
      self->report != NULL ? loft_report_get_total (self->report) : 0);

  g_mutex_lock (&self->mutex);
  guint64 done = self->done;
  guint64 total = self->total;
  const char *unit = self->unit;
  g_mutex_unlock (&self->mutex);

  if (g_str_equal (name, "Done"))
    return g_variant_new_uint64 (done);
  if (g_str_equal (name, "Total"))
    return g_variant_new_uint64 (total);
  g_return_val_if_fail (g_str_equal (name, "Unit"), NULL);

  return g_variant_new_string (unit);
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
  return get_property (LOFT_DBUS_JOB (user_data), property_name);
}

static void
run_cancel (LoftDbusService *service,
            GDBusMethodInvocation *invocation,
            const LoftCaller *caller)
{
  const char *path = g_dbus_method_invocation_get_object_path (invocation);
  LoftDbusJob *self = g_hash_table_lookup (service->jobs, path);

  /* It may be gone since the call came. */
  if (self != NULL)
    {
      loft_dbus_note_act (service, invocation, caller);
      g_cancellable_cancel (self->cancellable);
    }
  g_dbus_method_invocation_return_value (invocation, NULL);
}

static const LoftDbusMethod cancel = { "Cancel",
                                       LOFT_DBUS_MANAGE_SERVICE,
                                       FALSE,
                                       run_cancel };

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
  const LoftDbusJob *self = LOFT_DBUS_JOB (user_data);

  if (self->service != NULL)
    loft_dbus_service_call (self->service, invocation, &cancel);
  else
    g_dbus_method_invocation_return_value (invocation, NULL);
}

static const GDBusInterfaceVTable vtable = {
  .method_call = method_call_cb,
  .get_property = get_property_cb,
};

static void
loft_dbus_job_finalize (GObject *object)
{
  LoftDbusJob *self = LOFT_DBUS_JOB (object);

  g_clear_pointer (&self->leave, g_source_unref);
  g_clear_object (&self->connection);
  g_object_unref (self->cancellable);
  g_main_context_unref (self->context);
  g_clear_pointer (&self->report, loft_report_unref);
  g_free (self->path);
  g_free (self->actor);
  g_free (self->message);
  g_mutex_clear (&self->mutex);

  G_OBJECT_CLASS (loft_dbus_job_parent_class)->finalize (object);
}

static void
loft_dbus_job_class_init (LoftDbusJobClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = loft_dbus_job_finalize;
}

static void
loft_dbus_job_init (LoftDbusJob *self)
{
  self->cancellable = g_cancellable_new ();
  self->context = g_main_context_ref_thread_default ();
  self->state = "running";
  self->message = g_strdup ("");
  self->unit = "";
  g_mutex_init (&self->mutex);
}

static gboolean
has_ended (const LoftDbusJob *self)
{
  return self->leave != NULL;
}

/* Makes room, if that can be done by forgetting one that has ended. */
static gboolean
check_room (LoftDbusService *service, const char *actor, GError **error)
{
  LoftDbusJob *oldest = NULL;
  guint running = 0;
  guint own = 0;
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, service->jobs);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      LoftDbusJob *job = value;

      if (!has_ended (job))
        {
          running++;
          own += g_str_equal (job->actor, actor);
        }
      else if (oldest == NULL || g_source_get_ready_time (job->leave) <
                                   g_source_get_ready_time (oldest->leave))
        oldest = job;
    }
  if (running >= RUNNING_MAX || own >= RUNNING_OF_ONE_MAX)
    {
      g_set_error (error,
                   LOFT_DBUS_ERROR,
                   LOFT_DBUS_ERROR_BUSY,
                   "Too many jobs%s are running already",
                   running < RUNNING_MAX ? " of yours" : "");
      return FALSE;
    }
  if (oldest != NULL && g_hash_table_size (service->jobs) >= JOBS_MAX)
    loft_dbus_job_leave (oldest);

  return TRUE;
}

/**
 * loft_dbus_job_join_bus:
 * @self: a job that is on no bus
 * @error: return location for a #GError
 *
 * Puts a job on the bus of its service.
 *
 * Returns: %FALSE with @error set if that can't be
 */
gboolean
loft_dbus_job_join_bus (LoftDbusJob *self, GError **error)
{
  GDBusConnection *connection = self->service->connection;

  /* Whether somebody may begin a job may be known only when the bus is gone. */
  if (connection == NULL)
    {
      g_set_error_literal (error,
                           G_IO_ERROR,
                           G_IO_ERROR_CLOSED,
                           "The bus is gone");
      return FALSE;
    }

  self->object_id =
    g_dbus_connection_register_object (connection,
                                       self->path,
                                       loft_bus_registry1_job_interface_info (),
                                       &vtable,
                                       self,
                                       NULL,
                                       error);
  if (self->object_id == 0)
    return FALSE;
  self->connection = g_object_ref (connection);

  return TRUE;
}

/**
 * loft_dbus_job_lose_bus:
 * @self: a job
 *
 * Takes a job from a bus that is gone. Its work goes on.
 */
void
loft_dbus_job_lose_bus (LoftDbusJob *self)
{
  if (self->connection != NULL)
    g_dbus_connection_unregister_object (self->connection, self->object_id);
  self->object_id = 0;
  g_clear_object (&self->connection);
}

/**
 * loft_dbus_job_new:
 * @service: a service that is on the bus
 * @kind: what kind of work it is; lives for ever
 * @caller: who wants it
 * @error: return location for a #GError
 *
 * Puts work on the bus that is about to begin.
 *
 * Returns: (transfer full): a job, which the service holds too, or %NULL with
 *   @error set
 */
LoftDbusJob *
loft_dbus_job_new (LoftDbusService *service,
                   const char *kind,
                   const LoftCaller *caller,
                   GError **error)
{
  g_return_val_if_fail (LOFT_IS_DBUS_SERVICE (service), NULL);
  g_return_val_if_fail (kind != NULL && caller != NULL, NULL);

  if (g_cancellable_set_error_if_cancelled (service->stopping, error) ||
      !check_room (service, caller->administrator, error))
    return NULL;

  g_autoptr (LoftDbusJob) self = g_object_new (LOFT_TYPE_DBUS_JOB, NULL);
  self->service = service;
  self->kind = kind;
  self->actor = g_strdup (caller->administrator);
  self->path = g_strdup_printf (LOFT_DBUS_PATH "/jobs/%u", ++service->last_job);
  if (!loft_dbus_job_join_bus (self, error))
    return NULL;

  g_hash_table_insert (service->jobs, self->path, g_object_ref (self));

  return g_steal_pointer (&self);
}

/**
 * loft_dbus_job_get_path:
 * @self: a job
 *
 * Returns: (transfer none): the path of its object
 */
const char *
loft_dbus_job_get_path (LoftDbusJob *self)
{
  g_return_val_if_fail (LOFT_IS_DBUS_JOB (self), NULL);

  return self->path;
}

/**
 * loft_dbus_job_get_cancellable:
 * @self: a job
 *
 * Returns: (transfer none): what ends the work
 */
GCancellable *
loft_dbus_job_get_cancellable (LoftDbusJob *self)
{
  g_return_val_if_fail (LOFT_IS_DBUS_JOB (self), NULL);

  return self->cancellable;
}

static void
tell (LoftDbusJob *self,
      const char *const *names,
      const char *const *invalidated)
{
  GVariantDict values;

  if (self->connection == NULL)
    return;

  g_variant_dict_init (&values, NULL);
  for (guint i = 0; names[i] != NULL; i++)
    g_variant_dict_insert_value (&values,
                                 names[i],
                                 get_property (self, names[i]));
  g_dbus_connection_emit_signal (self->connection,
                                 NULL,
                                 self->path,
                                 "org.freedesktop.DBus.Properties",
                                 "PropertiesChanged",
                                 g_variant_new ("(s@a{sv}^as)",
                                                INTERFACE,
                                                g_variant_dict_end (&values),
                                                invalidated),
                                 NULL);
}

static gboolean
tell_progress_cb (gpointer user_data)
{
  static const char *const names[] = { "Done", "Total", "Unit", NULL };
  static const char *const none[] = { NULL };
  LoftDbusJob *self = LOFT_DBUS_JOB (user_data);

  g_mutex_lock (&self->mutex);
  self->telling = FALSE;
  g_mutex_unlock (&self->mutex);
  if (!has_ended (self))
    tell (self, names, none);

  return G_SOURCE_REMOVE;
}

/**
 * loft_dbus_job_progress_cb:
 * @done: how much is done
 * @total: of how much
 * @unit: what is counted; lives for ever
 * @user_data: (type LoftDbusJob): a job
 *
 * Takes note of progress, in any thread: a #LoftProgressFunc.
 */
void
loft_dbus_job_progress_cb (guint64 done,
                           guint64 total,
                           const char *unit,
                           gpointer user_data)
{
  LoftDbusJob *self = LOFT_DBUS_JOB (user_data);

  g_mutex_lock (&self->mutex);
  gboolean telling = self->telling;
  self->done = done;
  self->total = total;
  self->unit = unit;
  self->telling = TRUE;
  g_mutex_unlock (&self->mutex);

  if (!telling)
    g_main_context_invoke_full (self->context,
                                G_PRIORITY_DEFAULT,
                                tell_progress_cb,
                                g_object_ref (self),
                                g_object_unref);
}

static gboolean
leave_cb (gpointer user_data)
{
  loft_dbus_job_leave (LOFT_DBUS_JOB (user_data));

  return G_SOURCE_REMOVE;
}

/**
 * loft_dbus_job_end:
 * @self: a job
 * @report: (nullable): what was found
 * @error: (nullable): why it failed
 *
 * Tells of the end of the work.
 */
void
loft_dbus_job_end (LoftDbusJob *self, LoftReport *report, const GError *error)
{
  static const char *const names[] = { "State", "Done",    "Total",
                                       "Unit",  "Message", "NumFindings",
                                       NULL };
  static const char *const invalidated[] = { "Findings", NULL };

  g_return_if_fail (LOFT_IS_DBUS_JOB (self));
  g_return_if_fail (!has_ended (self));

  if (report != NULL)
    self->report = loft_report_ref (report);
  if (error == NULL)
    self->state = "done";
  else if (g_cancellable_is_cancelled (self->cancellable))
    self->state = "cancelled";
  else
    self->state = "failed";
  if (error != NULL)
    {
      g_free (self->message);
      self->message = loft_dbus_error_describe (error);
    }
  g_message ("The %s is %s%s%s",
             self->kind,
             self->state,
             error != NULL ? ": " : "",
             self->message);

  self->leave = g_timeout_source_new_seconds (SECONDS_KEPT);
  g_source_set_callback (self->leave, leave_cb, self, NULL);
  if (self->service == NULL)
    return;

  g_source_attach (self->leave, self->context);
  if (self->connection == NULL)
    return;

  tell (self, names, invalidated);
  g_dbus_connection_emit_signal (
    self->connection,
    NULL,
    self->path,
    INTERFACE,
    "Finished",
    g_variant_new ("(ss)", self->state, self->message),
    NULL);
}

/**
 * loft_dbus_job_leave:
 * @self: a job
 *
 * Takes a job from the bus. Work that still runs is ended.
 */
void
loft_dbus_job_leave (LoftDbusJob *self)
{
  g_return_if_fail (LOFT_IS_DBUS_JOB (self));

  LoftDbusService *service = g_steal_pointer (&self->service);

  g_cancellable_cancel (self->cancellable);
  if (self->leave != NULL)
    g_source_destroy (self->leave);
  loft_dbus_job_lose_bus (self);
  g_hash_table_remove (service->jobs, self->path);
}
