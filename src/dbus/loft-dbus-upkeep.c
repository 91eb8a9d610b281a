/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include <fcntl.h>
#include <unistd.h>

#include "dbus/loft-dbus-job.h"
#include "registry/loft-upkeep.h"

/* Long work for an administrator: each call begins a job. */

static const LoftDbusOption verify_options[] = {
  { "repair", "b" },
  { "packages", "as" },
};

static const LoftDbusOption collect_options[] = {
  { "dry-run", "b" },
};

/* The job itself is the callback's. */
static void
return_job (LoftDbusService *self,
            GDBusMethodInvocation *invocation,
            const LoftCaller *caller,
            LoftDbusJob *job)
{
  loft_dbus_note_act (self, invocation, caller);
  g_dbus_method_invocation_return_value (
    invocation,
    g_variant_new ("(o)", loft_dbus_job_get_path (job)));
}

typedef LoftReport *(*FinishFunc) (LoftRegistry *registry,
                                   GAsyncResult *result,
                                   GError **error);

static void
end_job (GObject *source_object,
         GAsyncResult *result,
         gpointer user_data,
         FinishFunc finish)
{
  g_autoptr (LoftDbusJob) job = LOFT_DBUS_JOB (user_data);
  g_autoptr (GError) local_error = NULL;
  g_autoptr (LoftReport) report =
    finish (LOFT_REGISTRY (source_object), result, &local_error);

  loft_dbus_job_end (job, report, local_error);
}

static void
rescanned_cb (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  end_job (source_object, result, user_data, loft_registry_rescan_finish);
}

/**
 * loft_dbus_rescan:
 * @self: a service
 * @invocation: (transfer full): a call
 * @caller: who calls
 *
 * Answers Rescan.
 */
void
loft_dbus_rescan (LoftDbusService *self,
                  GDBusMethodInvocation *invocation,
                  const LoftCaller *caller)
{
  g_autoptr (GError) local_error = NULL;
  LoftDbusJob *job = loft_dbus_job_new (self, "rescan", caller, &local_error);
  if (job == NULL)
    {
      loft_dbus_error_return (invocation, local_error);
      return;
    }

  return_job (self, invocation, caller, job);
  loft_registry_rescan_async (self->registry,
                              loft_dbus_job_progress_cb,
                              job,
                              loft_dbus_job_get_cancellable (job),
                              rescanned_cb,
                              job);
}

static void
verified_cb (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  end_job (source_object, result, user_data, loft_registry_verify_finish);
}

/* No packages are all of them. */
static gboolean
parse_verify (GVariant *parameters,
              gboolean *out_repair,
              GStrv *out_packages,
              GError **error)
{
  g_autoptr (GVariant) options = NULL;
  g_auto (GStrv) packages = NULL;

  g_variant_get (parameters, "(@a{sv})", &options);
  if (!loft_dbus_check_options (options,
                                verify_options,
                                G_N_ELEMENTS (verify_options),
                                error))
    return FALSE;

  g_variant_lookup (options, "repair", "b", out_repair);
  g_variant_lookup (options, "packages", "^as", &packages);
  if (packages == NULL || packages[0] == NULL)
    return TRUE;
  if (!loft_dbus_check_list ("packages", (const char *const *) packages, error))
    return FALSE;
  *out_packages = g_steal_pointer (&packages);

  return TRUE;
}

/**
 * loft_dbus_verify:
 * @self: a service
 * @invocation: (transfer full): a call
 * @caller: who calls
 *
 * Answers Verify.
 */
void
loft_dbus_verify (LoftDbusService *self,
                  GDBusMethodInvocation *invocation,
                  const LoftCaller *caller)
{
  GVariant *parameters = g_dbus_method_invocation_get_parameters (invocation);
  g_auto (GStrv) packages = NULL;
  g_autoptr (GError) local_error = NULL;
  gboolean repair = FALSE;
  LoftDbusJob *job =
    parse_verify (parameters, &repair, &packages, &local_error)
      ? loft_dbus_job_new (self, "verify", caller, &local_error)
      : NULL;
  if (job == NULL)
    {
      loft_dbus_error_return (invocation, local_error);
      return;
    }

  const LoftVerifyOptions options = { .repair = repair, .packages = packages };
  return_job (self, invocation, caller, job);
  loft_registry_verify_async (self->registry,
                              &options,
                              loft_dbus_job_progress_cb,
                              job,
                              loft_dbus_job_get_cancellable (job),
                              verified_cb,
                              job);
}

static void
collected_cb (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  end_job (source_object, result, user_data, loft_registry_collect_finish);
}

/**
 * loft_dbus_collect:
 * @self: a service
 * @invocation: (transfer full): a call
 * @caller: who calls
 *
 * Answers Collect.
 */
void
loft_dbus_collect (LoftDbusService *self,
                   GDBusMethodInvocation *invocation,
                   const LoftCaller *caller)
{
  GVariant *parameters = g_dbus_method_invocation_get_parameters (invocation);
  g_autoptr (GVariant) options = NULL;
  g_autoptr (GError) local_error = NULL;
  gboolean dry_run = FALSE;

  g_variant_get (parameters, "(@a{sv})", &options);
  g_variant_lookup (options, "dry-run", "b", &dry_run);
  LoftDbusJob *job =
    loft_dbus_check_options (options,
                             collect_options,
                             G_N_ELEMENTS (collect_options),
                             &local_error)
      ? loft_dbus_job_new (self, "collect", caller, &local_error)
      : NULL;
  if (job == NULL)
    {
      loft_dbus_error_return (invocation, local_error);
      return;
    }

  return_job (self, invocation, caller, job);
  loft_registry_collect_async (self->registry,
                               dry_run,
                               loft_dbus_job_progress_cb,
                               job,
                               loft_dbus_job_get_cancellable (job),
                               collected_cb,
                               job);
}

static void
exported_cb (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  end_job (source_object, result, user_data, loft_registry_export_finish);
}

/* A folder can't be opened for writing. */
static gboolean
check_target (int fd, GError **error)
{
  int flags = fcntl (fd, F_GETFL);

  if (flags != -1 && (flags & O_PATH) == 0 && (flags & O_ACCMODE) != O_RDONLY)
    return TRUE;

  g_set_error_literal (error,
                       LOFT_DBUS_ERROR,
                       LOFT_DBUS_ERROR_ARGUMENT,
                       "The target can't be written to");

  return FALSE;
}

/**
 * loft_dbus_export:
 * @self: a service
 * @invocation: (transfer full): a call
 * @caller: who calls
 *
 * Answers Export.
 */
void
loft_dbus_export (LoftDbusService *self,
                  GDBusMethodInvocation *invocation,
                  const LoftCaller *caller)
{
  GVariant *parameters = g_dbus_method_invocation_get_parameters (invocation);
  g_autoptr (GVariant) options = NULL;
  g_autoptr (GError) local_error = NULL;
  LoftDbusJob *job = NULL;
  int fd = -1;
  gint32 handle;

  g_variant_get (parameters, "(h@a{sv})", &handle, &options);
  if (loft_dbus_check_options (options, NULL, 0, &local_error))
    fd = loft_dbus_take_descriptor (invocation, handle, &local_error);
  if (fd != -1 && check_target (fd, &local_error))
    job = loft_dbus_job_new (self, "export", caller, &local_error);
  if (job == NULL)
    {
      if (fd != -1)
        close (fd);
      loft_dbus_error_return (invocation, local_error);
      return;
    }

  return_job (self, invocation, caller, job);
  loft_registry_export_async (self->registry,
                              fd,
                              loft_dbus_job_progress_cb,
                              job,
                              loft_dbus_job_get_cancellable (job),
                              exported_cb,
                              job);
}
