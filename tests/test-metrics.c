/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "http/loft-http-figures.h"
#include "kit/log-kit.h"
#include "kit/metrics-kit.h"
#include "kit/server-kit.h"
#include "kit/storage-kit.h"

#include <string.h>

#define PATIENCE (10 * G_TIME_SPAN_SECOND)

/* A server, and a second one that counts in a slot of its own, as another
 * process would. */
typedef struct
{
  ServerFixture first;
  ServerFixture second; /* whose registry and server are all that is used */
} Fixture;

static Metrics *
fetch (guint16 port, const char *headers)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (HttpAnswer) answer =
    http_request (port, "GET", "/metrics", headers, NULL);
  g_assert_cmpuint (answer->status, ==, 200);
  g_autofree char *type = http_answer_get_header (answer, "Content-Type");
  g_assert_cmpstr (type, ==, "text/plain; version=0.0.4; charset=utf-8");

  g_autofree char *text = http_answer_dup_text (answer);
  Metrics *metrics = metrics_parse (text, &error);
  g_assert_no_error (error);

  return metrics;
}

typedef struct
{
  const char *sample;
  double value;
} Expected;

/* An answer may be read a moment before it is counted: so what is too little is
 * waited for, and what is too much is wrong at once. */
static void
assert_samples (guint16 port, const Expected *expected, gsize n)
{
  gint64 end = g_get_monotonic_time () + PATIENCE;
  gboolean waiting = TRUE;

  while (waiting)
    {
      g_autoptr (Metrics) metrics = fetch (port, NULL);

      waiting = FALSE;
      for (gsize i = 0; i < n; i++)
        {
          double value = metrics_get (metrics, expected[i].sample);

          if (value < expected[i].value && g_get_monotonic_time () < end)
            waiting = TRUE;
          else if (value != expected[i].value)
            g_error ("%s is %g, not %g",
                     expected[i].sample,
                     value,
                     expected[i].value);
        }
    }
}

static void
ask (guint16 port,
     const char *method,
     const char *target,
     const char *headers,
     guint status,
     guint times)
{
  g_autoptr (HttpClient) client = http_client_new (port);

  for (guint i = 0; i < times; i++)
    {
      g_autoptr (HttpAnswer) answer =
        http_client_request (client, method, target, headers, NULL);

      g_assert_cmpuint (answer->status, ==, status);
    }
}

static void
put (guint16 port,
     const char *name,
     const char *content,
     const char *headers,
     guint status)
{
  g_autoptr (GBytes) tarball = registry_kit_pack (name, "1.0.0", content);
  g_autofree char *target = g_strdup_printf ("/packages/%s/1.0.0", name);
  g_autoptr (HttpAnswer) answer =
    http_request (port, "PUT", target, headers, tarball);

  g_assert_cmpuint (answer->status, ==, status);
}

static void
count_client (ServerFixture *fixture, gconstpointer data)
{
  guint16 port = fixture->port;

  put (port, "hello-lib", "a", SERVER_KIT_GZIP SERVER_KIT_AUTH, 201);
  put (port, "other-lib", "a", SERVER_KIT_GZIP SERVER_KIT_AUTH, 201);
  put (port, "hello-lib", "a", SERVER_KIT_GZIP SERVER_KIT_AUTH, 200);
  put (port, "hello-lib", "b", SERVER_KIT_GZIP SERVER_KIT_AUTH, 409);
  ask (port, "GET", "/packages/hello-lib", NULL, 200, 20);
  ask (port, "HEAD", "/packages/hello-lib", NULL, 200, 5);
  ask (port, "GET", "/packages/hello-lib/1.0.0/download", NULL, 200, 3);
  ask (port, "GET", "/packages/missing", NULL, 404, 4);
  ask (port, "GET", "/nowhere", NULL, 404, 2);
  ask (port, "DELETE", "/packages", NULL, 405, 1);
  ask (port, "OPTIONS", "/packages", NULL, 204, 1);
  ask (port, "OPTIONS", "/packages/hello-lib", NULL, 204, 1);
  ask (port, "BREW", "/packages", NULL, 405, 1);
  ask (port, "GET", "/at/yesterday/packages/hello-lib", NULL, 400, 1);

  static const Expected expected[] = {
#define REQUESTS(route, method, status)                                        \
  "loft_http_requests_total{route=\"" route "\",method=\"" method              \
  "\",status=\"" status "\"}"
    { REQUESTS ("/packages/:name/:version", "PUT", "201"), 2 },
    { REQUESTS ("/packages/:name/:version", "PUT", "200"), 1 },
    { REQUESTS ("/packages/:name/:version", "PUT", "409"), 1 },
    { REQUESTS ("/packages/:name", "GET", "200"), 20 },
    { REQUESTS ("/packages/:name", "HEAD", "200"), 5 },
    { REQUESTS ("/packages/:name", "GET", "404"), 4 },
    { REQUESTS ("/packages/:name/:version/download", "GET", "200"), 3 },
    { REQUESTS ("other", "GET", "404"), 2 },
    { REQUESTS ("other", "GET", "400"), 1 },
    { REQUESTS ("other", "DELETE", "405"), 1 },
    { REQUESTS ("other", "OPTIONS", "204"), 2 },
    { REQUESTS ("other", "other", "405"), 1 },
    { "loft_http_request_duration_seconds_count{route=\"/packages/:name\","
      "method=\"GET\"}",
      29 },
    { "loft_publishes_total{outcome=\"created\"}", 2 },
    { "loft_publish_duration_seconds_count", 4 },
    { "loft_catalog_packages", 2 },
    { "loft_catalog_versions", 2 },
    /* Each name was claimed, and a version of it published. */
    { "loft_catalog_sequence", 4 },
    { "loft_catalog_ready", 1 },
    { "loft_connections_refused_total{reason=\"too-many\"}", 0 },
  };
  assert_samples (port, expected, G_N_ELEMENTS (expected));

  g_autoptr (Metrics) metrics = fetch (port, NULL);
  double hits = metrics_get (metrics, "loft_hot_hits_total");
  g_assert_cmpfloat (hits, >, 0);
  g_assert_cmpfloat (hits, <=, 28);
  g_assert_cmpfloat (metrics_get (metrics, "loft_sent_bytes_total"), >, 5000);
  g_assert_cmpfloat (metrics_get (metrics, "loft_catalog_bytes"), >, 50000);
  g_assert_cmpfloat (metrics_get (metrics, "loft_catalog_lag_seconds"), <, 60);
  g_assert_cmpfloat (
    metrics_get (
      metrics,
      "loft_storage_operations_total{operation=\"create\",outcome=\"done\"}"),
    >=,
    6);
  g_assert_cmpfloat (metrics_get (metrics, "process_open_fds{process=\"0\"}"),
                     >,
                     3);
  g_assert_cmpfloat (
    metrics_get (metrics, "process_resident_memory_bytes{process=\"0\"}"),
    >,
    1e6);
  g_assert_cmpfloat (
    ABS (metrics_get (metrics, "process_start_time_seconds{process=\"0\"}") -
         (double) g_get_real_time () / G_USEC_PER_SEC),
    <,
    3600);
}

/* What is counted is what a client did, hot answers included. */
static void
test_counted (ServerFixture *fixture, gconstpointer test_data)
{
  server_fixture_run (fixture, count_client, NULL);
}

static void
storage_client (ServerFixture *fixture, gconstpointer data)
{
  static const Expected before[] = {
    { "loft_storage_operations_total{operation=\"read\","
      "outcome=\"unavailable\"}",
      0 },
  };
  static const Expected after[] = {
    { "loft_storage_operations_total{operation=\"read\","
      "outcome=\"unavailable\"}",
      3 },
  };

  put (fixture->port, "hello-lib", "a", SERVER_KIT_GZIP SERVER_KIT_AUTH, 201);
  assert_samples (fixture->port, before, G_N_ELEMENTS (before));
  log_kit_expect (G_LOG_LEVEL_WARNING, "Request * failed: Fault on *");
  fault_storage_arm (fixture->registry.storage,
                     FAULT_UNREADABLE,
                     "hello-lib/",
                     3);
  ask (fixture->port,
       "GET",
       "/packages/hello-lib/1.0.0/download",
       NULL,
       503,
       3);
  log_kit_check ();
  assert_samples (fixture->port, after, G_N_ELEMENTS (after));
}

/* What the storage answered is counted by what it was. */
static void
test_storage (ServerFixture *fixture, gconstpointer test_data)
{
  server_fixture_run (fixture, storage_client, NULL);
}

static void
forbidden_client (ServerFixture *fixture, gconstpointer data)
{
  const char *forwarded = data;
  g_autoptr (HttpAnswer) answer =
    http_request (fixture->port, "GET", "/metrics", forwarded, NULL);

  g_assert_cmpuint (answer->status, ==, 403);
}

static void
allowed_client (ServerFixture *fixture, gconstpointer data)
{
  g_autoptr (Metrics) metrics = fetch (fixture->port, data);
}

/* Figures are for this machine, and for those that are listed; a proxy on this
 * machine makes nobody a neighbour, be it trusted or not. */
static void
test_forbidden (ServerFixture *fixture, gconstpointer test_data)
{
  static const char *const proxies[] = { "127.0.0.0/8", NULL };
  static const char *const listed[] = { "192.0.2.0/28", "2001:db8::7", NULL };
  g_auto (LoftHttpSettings) settings = LOFT_HTTP_SETTINGS_DEFAULT;
  g_autoptr (GError) error = NULL;

  settings.access_log = FALSE;
  server_fixture_run (fixture, allowed_client, NULL);
  server_fixture_run (fixture,
                      forbidden_client,
                      "X-Forwarded-For: 192.0.2.7\r\n");
  server_fixture_run (fixture,
                      forbidden_client,
                      "Forwarded: for=192.0.2.7\r\n");

  settings.gate.trusted = loft_address_list_new (proxies, &error);
  g_assert_no_error (error);
  settings.metrics_allow = loft_address_list_new (listed, &error);
  g_assert_no_error (error);
  loft_http_server_set_settings (fixture->server, &settings);

  server_fixture_run (fixture, allowed_client, NULL);
  server_fixture_run (fixture,
                      allowed_client,
                      "X-Forwarded-For: 192.0.2.7\r\n");
  server_fixture_run (fixture,
                      allowed_client,
                      "X-Forwarded-For: 2001:db8::7\r\n");
  server_fixture_run (fixture,
                      forbidden_client,
                      "X-Forwarded-For: 192.0.2.16\r\n");
  server_fixture_run (fixture,
                      forbidden_client,
                      "X-Forwarded-For: 192.0.2.7, 198.51.100.1\r\n");
  server_fixture_run (fixture,
                      forbidden_client,
                      "X-Forwarded-For: 127.0.0.1\r\n");
}

static void
begin_second (Fixture *fixture)
{
  LoftHttpSettings settings = LOFT_HTTP_SETTINGS_DEFAULT;
  RegistryFixture *owner = &fixture->first.registry;
  g_autoptr (GError) error = NULL;

  settings.access_log = FALSE;
  fixture->second.registry.registry = loft_registry_join (owner->storage,
                                                          owner->cache,
                                                          owner->settings,
                                                          owner->page,
                                                          1,
                                                          &error);
  g_assert_no_error (error);
  fixture->second.server =
    loft_http_server_new (fixture->second.registry.registry, &settings, &error);
  g_assert_no_error (error);
  loft_http_server_listen (fixture->second.server, "127.0.0.1:0", &error);
  g_assert_no_error (error);

  g_auto (GStrv) addresses =
    loft_http_server_get_addresses (fixture->second.server);
  fixture->second.port =
    (guint16) g_ascii_strtoull (strrchr (addresses[0], ':') + 1, NULL, 10);
}

static void
end_second (Fixture *fixture)
{
  gint64 end = g_get_monotonic_time () + PATIENCE;
  gpointer watched = fixture->second.server;

  g_object_add_weak_pointer (watched, &watched);
  g_clear_object (&fixture->second.server);
  while (watched != NULL)
    {
      g_assert_cmpint (g_get_monotonic_time (), <, end);
      g_main_context_iteration (NULL, FALSE);
    }
  loft_registry_stop (fixture->second.registry.registry);
  storage_kit_finalize (g_steal_pointer (&fixture->second.registry.registry));
}

static void
set_up_two (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;

  fixture->first.registry.page = loft_page_new (2, &error);
  g_assert_no_error (error);
  server_fixture_set_up (&fixture->first, test_data);
  begin_second (fixture);
}

static void
tear_down_two (Fixture *fixture, gconstpointer test_data)
{
  end_second (fixture);
  server_fixture_tear_down (&fixture->first, test_data);
}

static void
livez_client (ServerFixture *fixture, gconstpointer data)
{
  ask (fixture->port, "GET", "/livez", NULL, 200, GPOINTER_TO_UINT (data));
}

static void
publish_client (ServerFixture *fixture, gconstpointer data)
{
  put (fixture->port, data, "a", SERVER_KIT_GZIP SERVER_KIT_AUTH, 201);
}

static void
sum_client (ServerFixture *fixture, gconstpointer data)
{
  const double *sums = data;
  const Expected expected[] = {
    { REQUESTS ("/livez", "GET", "200"), sums[0] },
    { "loft_publishes_total{outcome=\"created\"}", sums[1] },
    { "loft_http_requests_running", 1 },
  };

  assert_samples (fixture->port, expected, G_N_ELEMENTS (expected));
}

/* Whoever is asked gives the sums of all processes, and they stay what they
 * were when one of them ends, even in the middle of something, and another
 * takes its place. */
static void
test_sums (Fixture *fixture, gconstpointer test_data)
{
  double sums[2] = { 7, 2 };

  server_fixture_run (&fixture->first, livez_client, GUINT_TO_POINTER (3));
  server_fixture_run (&fixture->second, livez_client, GUINT_TO_POINTER (4));
  server_fixture_run (&fixture->first, publish_client, "hello-lib");
  server_fixture_run (&fixture->second, publish_client, "other-lib");
  server_fixture_run (&fixture->first, sum_client, sums);
  server_fixture_run (&fixture->second, sum_client, sums);

  /* As a process leaves it that was killed. */
  LoftPage *page = fixture->first.registry.page;
  LoftFigures *figures = loft_page_get_slot (page, 1);
  end_second (fixture);
  loft_counter_add (&figures->http.running, 5);
  loft_figure_add (&figures->gate.parked, 5);
  begin_second (fixture);
  g_assert_cmpuint (loft_figure_get (&figures->gate.parked), ==, 0);
  server_fixture_run (&fixture->first, sum_client, sums);
  server_fixture_run (&fixture->second, livez_client, GUINT_TO_POINTER (6));
  sums[0] += 6;
  server_fixture_run (&fixture->second, sum_client, sums);
}

/* The parser that the other tests rely on takes nothing that is wrong. */
static void
test_parser (void)
{
  static const char *const good[] = {
    "# HELP a_total A b c\n# TYPE a_total counter\na_total 1\n",
    "# HELP g A\n# TYPE g gauge\ng{x=\"1\"} 1\ng{x=\"2\",y=\"\\\"\"} 2.5\n",
    "# HELP h A\n# TYPE h histogram\nh_bucket{le=\"1\"} 1\n"
    "h_bucket{le=\"+Inf\"} 2\nh_sum 3\nh_count 2\n",
  };
  static const char *const bad[] = {
    "",
    "a 1\n",
    "# HELP g A\n# TYPE g gauge\ng 1",
    "# TYPE g gauge\ng 1\n",
    "# HELP g A\n# TYPE g gauge\nf 1\n",
    "# HELP g A\n# TYPE g gauge\ng 1\ng 2\n",
    "# HELP g A\n# TYPE g gauge\ng{x=1} 1\n",
    "# HELP g A\n# TYPE g gauge\ng{x=\"1\",} 1\n",
    "# HELP g A\n# TYPE g gauge\ng{x=\"\"\"} 1\n",
    "# HELP g A\n# TYPE g gauge\ng  1\n",
    "# HELP g A\n# TYPE g gauge\ng 1\n\n",
    "# HELP g A\n# TYPE g gauge\ng 1\n# HELP g A\n# TYPE g gauge\n",
    "# HELP a A\n# TYPE a counter\na 1\n",
    "# HELP h A\n# TYPE h histogram\nh_bucket{le=\"+Inf\"} 2\nh_count 3\n",
    "# HELP h A\n# TYPE h histogram\nh_bucket{le=\"1\"} 2\nh_count 2\n",
    "# HELP h A\n# TYPE h histogram\nh_bucket{le=\"2\"} 2\n"
    "h_bucket{le=\"1\"} 3\n",
    "# HELP h A\n# TYPE h histogram\nh_bucket{le=\"1\"} 2\n"
    "h_bucket{le=\"2\"} 1\n",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (good); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (Metrics) metrics = metrics_parse (good[i], &error);

      g_assert_no_error (error);
    }
  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (Metrics) metrics = metrics_parse (bad[i], NULL);

      g_test_message ("%s", bad[i]);
      g_assert_null (metrics);
    }
}

static void
add_test (const char *path, void (*func) (ServerFixture *, gconstpointer))
{
  g_test_add (path,
              ServerFixture,
              NULL,
              server_fixture_set_up,
              func,
              server_fixture_tear_down);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);
  log_kit_init ();

  g_test_add_func ("/metrics/parser", test_parser);
  add_test ("/metrics/counted", test_counted);
  add_test ("/metrics/storage", test_storage);
  add_test ("/metrics/forbidden", test_forbidden);
  g_test_add ("/metrics/sums",
              Fixture,
              NULL,
              set_up_two,
              test_sums,
              tear_down_two);

  return g_test_run ();
}
