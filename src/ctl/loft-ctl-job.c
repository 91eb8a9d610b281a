/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "ctl/loft-ctl-job.h"

#include <glib-unix.h>
#include <glib/gi18n.h>
#include <inttypes.h>
#include <json-glib/json-glib.h>
#include <signal.h>

#include "ctl/loft-ctl-bus.h"
#include "ctl/loft-ctl-findings.h"
#include "ctl/loft-ctl-json.h"
#include "ctl/loft-ctl-progress.h"

/* Work that takes its time is an object on the bus. Ctrl+C ends the work, not
 * only the tool that waits for it. */

typedef struct
{
  GMainLoop *loop;           /* owned */
  LoftBusRegistry1Job *job;  /* owned */
  LoftCtlProgress *progress; /* owned */
} Wait;

static void
look (Wait *self)
{
  const char *state = loft_bus_registry1_job_get_state (self->job);
  const char *unit = loft_bus_registry1_job_get_unit (self->job);

  if (g_strcmp0 (state, "running") != 0)
    g_main_loop_quit (self->loop);
  else
    loft_ctl_progress_show (self->progress,
                            loft_bus_registry1_job_get_done (self->job),
                            loft_bus_registry1_job_get_total (self->job),
                            unit != NULL ? unit : "");
}

static void
changed_cb (GDBusProxy *proxy,
            GVariant *changed,
            const char *const *invalidated,
            gpointer user_data)
{
  look (user_data);
}

static void
finished_cb (LoftBusRegistry1Job *job,
             const char *state,
             const char *message,
             gpointer user_data)
{
  Wait *self = user_data;

  g_main_loop_quit (self->loop);
}

static void
owner_cb (GObject *object, GParamSpec *property, gpointer user_data)
{
  Wait *self = user_data;

  g_main_loop_quit (self->loop);
}

static gboolean
interrupted_cb (gpointer user_data)
{
  Wait *self = user_data;

  loft_bus_registry1_job_call_cancel (
    self->job,
    G_DBUS_CALL_FLAGS_ALLOW_INTERACTIVE_AUTHORIZATION,
    -1,
    NULL,
    NULL,
    NULL);

  return G_SOURCE_CONTINUE;
}

static void
wait_for_end (const LoftCtl *ctl, LoftBusRegistry1Job *job)
{
  Wait wait = { .loop = g_main_loop_new (NULL, FALSE),
                .job = job,
                .progress = loft_ctl_progress_new (ctl) };
  guint interrupted_id = g_unix_signal_add (SIGINT, interrupted_cb, &wait);
  guint terminated_id = g_unix_signal_add (SIGTERM, interrupted_cb, &wait);

  g_signal_connect (job,
                    "g-properties-changed",
                    G_CALLBACK (changed_cb),
                    &wait);
  g_signal_connect (job, "finished", G_CALLBACK (finished_cb), &wait);
  g_signal_connect (job, "notify::g-name-owner", G_CALLBACK (owner_cb), &wait);
  if (g_strcmp0 (loft_bus_registry1_job_get_state (job), "running") == 0)
    g_main_loop_run (wait.loop);

  g_signal_handlers_disconnect_by_data (job, &wait);
  g_source_remove (interrupted_id);
  g_source_remove (terminated_id);
  loft_ctl_progress_free (wait.progress);
  g_main_loop_unref (wait.loop);
}

static gboolean
check_state (GVariant *properties, GError **error)
{
  const char *state = "";
  const char *message = "";

  g_variant_lookup (properties, "State", "&s", &state);
  g_variant_lookup (properties, "Message", "&s", &message);
  if (g_str_equal (state, "done"))
    return TRUE;

  g_set_error_literal (error,
                       LOFT_CTL_ERROR,
                       LOFT_CTL_ERROR_FAILED,
                       g_str_equal (state, "cancelled")
                         ? _ ("It was cancelled before it was done")
                       : *message != '\0' ? message
                                          : _ ("The registry gave it up"));
  return FALSE;
}

/**
 * loft_ctl_job_wait:
 * @self: what the command was told
 * @registry: the registry
 * @path: the job, as the registry has answered
 * @error: return location for a #GError
 *
 * Waits for the end of a job, and tells how far it is meanwhile.
 *
 * Returns: (transfer full): the properties of the job, which is done, or %NULL
 *   with @error set
 */
GVariant *
loft_ctl_job_wait (const LoftCtl *self,
                   LoftBusRegistry1 *registry,
                   const char *path,
                   GError **error)
{
  GDBusProxy *proxy = G_DBUS_PROXY (registry);
  g_autoptr (LoftBusRegistry1Job) job =
    loft_bus_registry1_job_proxy_new_sync (g_dbus_proxy_get_connection (proxy),
                                           G_DBUS_PROXY_FLAGS_DO_NOT_AUTO_START,
                                           g_dbus_proxy_get_name (proxy),
                                           path,
                                           NULL,
                                           error);
  if (job == NULL)
    return NULL;

  wait_for_end (self, job);
  g_autoptr (GVariant) properties =
    loft_ctl_bus_get_properties (G_DBUS_PROXY (job), error);

  return properties != NULL && check_state (properties, error)
           ? g_steal_pointer (&properties)
           : NULL;
}

static void
print_json (GVariant *findings, guint64 n)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "count");
  json_builder_add_int_value (builder, (gint64) n);
  json_builder_set_member_name (builder, "findings");
  json_builder_add_value (builder, json_gvariant_serialize (findings));
  json_builder_end_object (builder);
  loft_ctl_json_print (builder);
}

/**
 * loft_ctl_job_report:
 * @self: what the command was told
 * @job: what loft_ctl_job_wait() gave
 * @error: return location for a #GError
 *
 * Prints what a job has found.
 *
 * Returns: %TRUE, or %FALSE with @error set to %LOFT_CTL_ERROR_FINDINGS if some
 *   of that is left as it was
 */
gboolean
loft_ctl_job_report (const LoftCtl *self, GVariant *job, GError **error)
{
  guint64 n = 0;
  g_autoptr (GVariant) findings =
    g_variant_lookup_value (job, "Findings", G_VARIANT_TYPE ("aa{sv}"));

  g_variant_lookup (job, "NumFindings", "t", &n);
  if (findings == NULL)
    findings = g_variant_ref_sink (g_variant_new ("aa{sv}", NULL));

  guint64 left = loft_ctl_findings_print (self, findings);
  if (self->json)
    print_json (findings, n);
  else if (n > g_variant_n_children (findings))
    g_print (_ ("These are the first of %" PRIu64 ".\n"), n);

  /* Of those that are not shown nobody knows. */
  left += n - MIN (n, g_variant_n_children (findings));
  if (left == 0)
    return TRUE;

  g_set_error (error,
               LOFT_CTL_ERROR,
               LOFT_CTL_ERROR_FINDINGS,
               ngettext ("%" PRIu64 " finding is left",
                         "%" PRIu64 " findings are left",
                         (gulong) left),
               left);
  return FALSE;
}
