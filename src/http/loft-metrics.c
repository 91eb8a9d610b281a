/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "http/loft-metrics.h"

#include "http/loft-http-figures.h"
#include "http/loft-limit.h"
#include "http/loft-metrics-docs.h"
#include "http/loft-metrics-process.h"
#include "http/loft-metrics-tarballs.h"
#include "http/loft-metrics-text.h"
#include "http/loft-response.h"
#include "http/loft-routes.h"
#include "registry/loft-registry-error.h"

/*
 * The figures of the daemon, for Prometheus. Whichever process is asked adds up
 * what all of them have counted, in a thread: it takes some milliseconds, in
 * which the catalog and the kernel are asked too.
 *
 * A sample that has never been counted is left out.
 */

static void
add_requests (GString *text, LoftHttpFigures *figures)
{
  static const char name[] = "loft_http_requests_total";
  static const char labels[] = "route=\"%s\",method=\"%s\",status=\"%s\"";
  char status[4];

  loft_metrics_begin (text, name, "counter", "Requests that have ended");
  for (guint i = 0; i < LOFT_HTTP_N_METHODS; i++)
    for (guint j = 0; j < LOFT_HTTP_STATUSES; j++)
      {
        guint64 value = loft_counter_get (&figures->others[i][j]);

        if (value > 0)
          loft_metrics_add (text,
                            name,
                            value,
                            labels,
                            "other",
                            loft_http_method_get_name (i),
                            loft_http_figures_get_status (j, status));
      }

  for (guint i = 1; i <= loft_routes_get_n_rows (); i++)
    for (guint j = 0; j < 2 * LOFT_HTTP_STATUSES; j++)
      {
        gboolean is_head = j >= LOFT_HTTP_STATUSES;
        guint index = j % LOFT_HTTP_STATUSES;
        guint64 value =
          loft_counter_get (&figures->requests[i][is_head][index]);
        const LoftRoute *route = loft_routes_get_row (i);

        if (value > 0)
          loft_metrics_add (text,
                            name,
                            value,
                            labels,
                            route->pattern,
                            is_head ? "HEAD" : route->method,
                            loft_http_figures_get_status (index, status));
      }
}

static gboolean
is_used (LoftHistogram *histogram)
{
  for (guint i = 0; i < LOFT_HISTOGRAM_BUCKETS; i++)
    if (loft_counter_get (&histogram->counts[i]) > 0)
      return TRUE;

  return FALSE;
}

/* Rows that differ in their method alone share a route, and a histogram must
 * not be there twice; so the method tells them apart. */
static char *
make_row_value (guint row)
{
  const LoftRoute *route = loft_routes_get_row (row);

  return row == 0 ? g_strdup ("other\",method=\"other")
                  : g_strdup_printf ("%s\",method=\"%s",
                                     route->pattern,
                                     route->method);
}

static void
add_http (GString *text, LoftHttpFigures *figures)
{
  add_requests (text, figures);
  loft_metrics_begin (text,
                      "loft_http_request_duration_seconds",
                      "histogram",
                      "Time from the end of a head to the end of the answer; "
                      "HEAD counts as GET");
  for (guint i = 0; i <= loft_routes_get_n_rows (); i++)
    {
      g_autofree char *value = make_row_value (i);

      if (is_used (&figures->times[i]))
        loft_metrics_add_histogram (text,
                                    "loft_http_request_duration_seconds",
                                    &figures->times[i],
                                    "route",
                                    value);
    }

  loft_metrics_begin (text,
                      "loft_http_response_body_bytes_total",
                      "counter",
                      "Bytes of bodies that were sent");
  for (guint i = 0; i <= loft_routes_get_n_rows (); i++)
    {
      g_autofree char *value = make_row_value (i);

      if (is_used (&figures->times[i]))
        loft_metrics_add (text,
                          "loft_http_response_body_bytes_total",
                          loft_counter_get (&figures->bytes[i]),
                          "route=\"%s\"",
                          value);
    }

  loft_metrics_begin (text,
                      "loft_http_requests_limited_total",
                      "counter",
                      "Requests that were refused since they came too often");
  for (guint i = 0; i < LOFT_N_LIMITS; i++)
    loft_metrics_add (text,
                      "loft_http_requests_limited_total",
                      loft_counter_get (&figures->limited[i]),
                      "limit=\"%s\"",
                      loft_limit_get_name (i));

  loft_metrics_add_one (text,
                        "loft_downloads_torn_total",
                        "counter",
                        "Downloads that ended since the stored tarball became "
                        "shorter",
                        loft_counter_get (&figures->torn));
  loft_metrics_add_one (text,
                        "loft_downloads_total",
                        "counter",
                        "Downloads that were counted",
                        loft_counter_get (&figures->downloads));
  loft_metrics_add_one (text,
                        "loft_downloads_uncounted_total",
                        "counter",
                        "Downloads of them that are missing in the packages' "
                        "numbers, for want of room",
                        loft_counter_get (&figures->uncounted));
  loft_metrics_add_one (text,
                        "loft_http_requests_aborted_total",
                        "counter",
                        "Requests whose client left before it had the answer",
                        loft_counter_get (&figures->aborted));
  loft_metrics_add_one (text,
                        "loft_http_requests_running",
                        "gauge",
                        "Requests that are not answered yet",
                        loft_counter_get (&figures->running));
}

static void
add_connections (GString *text, LoftGateFigures *figures)
{
  static const char now[] = "loft_connections";
  static const char refused[] = "loft_connections_refused_total";

  loft_metrics_begin (text, now, "gauge", "Connections by what they do");
  loft_metrics_add (text,
                    now,
                    loft_figure_get (&figures->parked),
                    "state=\"parked\"");
  loft_metrics_add (text,
                    now,
                    loft_figure_get (&figures->served),
                    "state=\"served\"");
  loft_metrics_add (text,
                    now,
                    loft_figure_get (&figures->draining),
                    "state=\"draining\"");

  loft_metrics_begin (text, refused, "counter", "Connections not accepted");
  loft_metrics_add (text,
                    refused,
                    loft_figure_get (&figures->too_many),
                    "reason=\"too-many\"");
  loft_metrics_add (text,
                    refused,
                    loft_figure_get (&figures->too_many_of_peer),
                    "reason=\"too-many-of-peer\"");
  loft_metrics_add (text,
                    refused,
                    loft_figure_get (&figures->no_descriptor),
                    "reason=\"no-descriptor\"");
}

static void
add_gate (GString *text, LoftGateFigures *figures)
{
  const struct
  {
    const char *name;
    const char *type;
    const char *help;
    LoftFigure *figure;
  } rows[] = {
    { "loft_connections_accepted_total",
      "counter",
      "Connections that were accepted",
      &figures->accepted },
    { "loft_connections_evicted_total",
      "counter",
      "Idle connections that were closed to make room",
      &figures->evicted },
    { "loft_connections_timed_out_total",
      "counter",
      "Connections that were closed since nothing came, or was taken, in time",
      &figures->timed_out },
    { "loft_gate_requests_refused_total",
      "counter",
      "Requests that the gate has refused for their head",
      &figures->refused },
    { "loft_received_bytes_total",
      "counter",
      "Bytes that were read from clients",
      &figures->received },
    { "loft_sent_bytes_total",
      "counter",
      "Bytes that were written to clients",
      &figures->sent },
    { "loft_hot_hits_total",
      "counter",
      "Requests that were answered from memory",
      &figures->hot_hits },
    { "loft_hot_not_modified_total",
      "counter",
      "Those of them whose client had the answer already",
      &figures->hot_not_modified },
    { "loft_hot_misses_total",
      "counter",
      "Requests that could have been answered from memory, but were not",
      &figures->hot_misses },
    { "loft_hot_sent_bytes_total",
      "counter",
      "Bytes of answers from memory",
      &figures->hot_sent },
    { "loft_hot_bytes",
      "gauge",
      "Bytes of answers that are in memory",
      &figures->hot_size },
    { "loft_hot_targets",
      "gauge",
      "Targets whose answers are in memory",
      &figures->hot_targets },
  };

  add_connections (text, figures);
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    loft_metrics_add_one (text,
                          rows[i].name,
                          rows[i].type,
                          rows[i].help,
                          loft_figure_get (rows[i].figure));
}

static void
add_storage (GString *text, LoftRegistryFigures *figures)
{
  static const char name[] = "loft_storage_operations_total";
  static const char time_name[] = "loft_storage_operation_duration_seconds";

  loft_metrics_begin (text, name, "counter", "Operations on the storage");
  for (guint i = 0; i < LOFT_N_OPERATIONS; i++)
    for (guint j = 0; j < LOFT_OPERATION_OUTCOMES; j++)
      {
        guint64 value = loft_counter_get (&figures->operations[i][j]);

        if (value > 0)
          loft_metrics_add (text,
                            name,
                            value,
                            "operation=\"%s\",outcome=\"%s\"",
                            loft_operation_get_name (i),
                            loft_operation_get_outcome_name (j));
      }

  loft_metrics_begin (text, time_name, "histogram", "Time that they took");
  for (guint i = 0; i < LOFT_N_OPERATIONS; i++)
    if (is_used (&figures->operation_times[i]))
      loft_metrics_add_histogram (text,
                                  time_name,
                                  &figures->operation_times[i],
                                  "operation",
                                  loft_operation_get_name (i));
}

static void
add_publishes (GString *text, LoftRegistryFigures *figures)
{
  static const char name[] = "loft_publishes_total";
  static const char time_name[] = "loft_publish_duration_seconds";

  loft_metrics_begin (text,
                      name,
                      "counter",
                      "Tarballs that arrived whole, by what came of them");
  for (guint i = 0; i < LOFT_PUBLISH_OUTCOMES; i++)
    {
      guint64 value = loft_counter_get (&figures->publishes[i]);

      if (value > 0)
        loft_metrics_add (text,
                          name,
                          value,
                          "outcome=\"%s\"",
                          loft_publish_get_outcome_name (i));
    }

  loft_metrics_begin (text,
                      time_name,
                      "histogram",
                      "Time from the last byte of a tarball to its answer");
  loft_metrics_add_histogram (text,
                              time_name,
                              &figures->publish_time,
                              NULL,
                              NULL);
}

static void
add_registry (GString *text, LoftRegistry *registry)
{
  LoftRegistryStatus status = { 0 };

  loft_registry_get_status (registry, &status);
  loft_metrics_add_one (text,
                        "loft_catalog_packages",
                        "gauge",
                        "Packages in the catalog",
                        status.packages);
  loft_metrics_add_one (text,
                        "loft_catalog_versions",
                        "gauge",
                        "Versions in the catalog",
                        status.versions);
  loft_metrics_add_one (text,
                        "loft_catalog_bytes",
                        "gauge",
                        "Bytes of the disk that the catalog takes",
                        loft_registry_get_catalog_size (registry));
  loft_metrics_add_one (text,
                        "loft_catalog_sequence",
                        "gauge",
                        "Number of the last event in the catalog",
                        status.sequence);
  loft_metrics_add_one (text,
                        "loft_catalog_ready",
                        "gauge",
                        "Whether the catalog answers everything",
                        status.phase == LOFT_REGISTRY_READY);
  loft_metrics_begin (text,
                      "loft_catalog_lag_seconds",
                      "gauge",
                      "Time since the catalog held all that the storage does");
  loft_metrics_add_seconds (text,
                            "loft_catalog_lag_seconds",
                            (guint64) status.lag,
                            NULL);
  loft_metrics_add_one (text,
                        "loft_storage_problems",
                        "gauge",
                        "What the last look through the storage found wrong",
                        status.problems);
  loft_metrics_add_one (text,
                        "loft_storage_maintained",
                        "gauge",
                        "Whether this daemon looks after the storage",
                        status.maintains);
  loft_metrics_add_one (text,
                        "loft_checkpoint_sequence",
                        "gauge",
                        "The last event in the newest copy of the catalog that "
                        "this daemon knows of in the storage",
                        status.checkpoint);
}

/**
 * loft_metrics_render:
 * @registry: a registry
 *
 * Writes all figures, as Prometheus reads them. Looks at processes and at
 * files, so not for a main loop.
 *
 * Returns: (transfer full): text in the format 0.0.4
 */
GBytes *
loft_metrics_render (LoftRegistry *registry)
{
  g_return_val_if_fail (LOFT_IS_REGISTRY (registry), NULL);

  LoftPage *page = loft_registry_get_page (registry, NULL);
  g_autofree LoftFigures *figures = loft_figures_sum (page);
  g_autoptr (GString) text = g_string_sized_new (16384);

  loft_metrics_begin (text, "loft_build_info", "gauge", "What is running");
  loft_metrics_add (text,
                    "loft_build_info",
                    1,
                    "version=\"%s\"",
                    PACKAGE_VERSION);
  add_http (text, &figures->http);
  add_gate (text, &figures->gate);
  add_publishes (text, &figures->registry);
  add_storage (text, &figures->registry);
  loft_metrics_add_tarballs (text, registry, &figures->registry.tarballs);
  loft_metrics_add_docs (text, registry, &figures->registry.docs);
  add_registry (text, registry);
  loft_metrics_add_processes (text, page);

  return g_string_free_to_bytes (g_steal_pointer (&text));
}

static void
render_in_thread_cb (GTask *task,
                     gpointer source_object,
                     gpointer task_data,
                     GCancellable *cancellable)
{
  g_task_return_pointer (task,
                         loft_metrics_render (LOFT_REGISTRY (source_object)),
                         (GDestroyNotify) g_bytes_unref);
}

static void
render_cb (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (LoftRequest) request = LOFT_REQUEST (user_data);
  g_autoptr (GBytes) body = g_task_propagate_pointer (G_TASK (result), NULL);

  if (!loft_request_is_alive (request))
    return;

  soup_message_headers_replace (loft_request_get_response_headers (request),
                                "Cache-Control",
                                "no-store");
  loft_response_send (request, SOUP_STATUS_OK, LOFT_METRICS_MEDIA_TYPE, body);
}

static void
handle_metrics (LoftRequest *request)
{
  g_autoptr (GTask) task = g_task_new (loft_request_get_registry (request),
                                       NULL,
                                       render_cb,
                                       g_object_ref (request));

  loft_request_pause (request);
  g_task_set_source_tag (task, handle_metrics);
  g_task_run_in_thread (task, render_in_thread_cb);
}

static gboolean
prepare_metrics (LoftRequest *request, GError **error)
{
  LoftAddressList *allowed =
    loft_request_get_shared (request)->settings.metrics_allow;

  if (loft_request_is_local (request) ||
      (allowed != NULL &&
       loft_address_list_contains (allowed, loft_request_get_peer (request))))
    return TRUE;

  g_set_error_literal (error,
                       LOFT_REGISTRY_ERROR,
                       LOFT_REGISTRY_ERROR_FORBIDDEN,
                       "Figures are for the addresses in metrics-allow alone");

  return FALSE;
}

const LoftEndpoint loft_read_metrics = {
  .handle = handle_metrics,
  .prepare = prepare_metrics,
};
