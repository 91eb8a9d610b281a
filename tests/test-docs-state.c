/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "kit/builder-double.h"
#include "kit/log-kit.h"
#include "kit/server-kit.h"
#include "kit/storage-kit.h"

#include <string.h>

/* How it is with documentation, as it is shown. */

#define TIMEOUT (30 * G_TIME_SPAN_SECOND)
#define HTML "Accept: text/html,application/xhtml+xml,*/*;q=0.8\r\n"

typedef struct
{
  ServerFixture server;
  char *folder; /* owned */
} Fixture;

/* Nobody listens yet, and nothing is tried again. */
static void
set_up (Fixture *fixture, gconstpointer test_data)
{
  server_fixture_set_up_unready (&fixture->server);
  fixture->folder = storage_kit_make_root ();

  LoftDocsSettings *docs = &fixture->server.registry.settings->docs;
  docs->socket = g_build_filename (fixture->folder, "socket", NULL);
  docs->command = g_strsplit ("loft doc -o {output}", " ", -1);
  docs->attempts = 1;
  loft_registry_set_settings (fixture->server.registry.registry,
                              fixture->server.registry.settings);
  registry_fixture_start (&fixture->server.registry);

  gint64 end = g_get_monotonic_time () + TIMEOUT;
  LoftPage *page =
    loft_registry_get_page (fixture->server.registry.registry, NULL);
  while (loft_page_get_fact (page, LOFT_PAGE_DOCS_SINCE) == 0)
    {
      g_assert_cmpint (g_get_monotonic_time (), <, end);
      g_usleep (1000);
    }
}

static void
tear_down (Fixture *fixture, gconstpointer test_data)
{
  server_fixture_tear_down (&fixture->server, NULL);
  log_kit_check ();
  storage_kit_remove_root (fixture->folder);
  g_free (fixture->folder);
}

static void
publish (Fixture *fixture, const char *name, const char *version)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *element = registry_kit_publish (&fixture->server.registry,
                                                   name,
                                                   version,
                                                   "x",
                                                   REGISTRY_KIT_TOKEN,
                                                   NULL,
                                                   &error);

  g_assert_no_error (error);
}

typedef struct
{
  const char *target;
  const char *part;
} Wait;

static void
wait_cb (ServerFixture *fixture, gconstpointer data)
{
  const Wait *wait = data;
  gint64 end = g_get_monotonic_time () + TIMEOUT;

  for (;;)
    {
      g_autoptr (HttpAnswer) answer =
        http_request (fixture->port, "GET", wait->target, NULL, NULL);
      g_autofree char *text = http_answer_dup_text (answer);

      if (strstr (text, wait->part) != NULL)
        return;
      g_assert_cmpint (g_get_monotonic_time (), <, end);
      g_usleep (10000);
    }
}

static void
wait_for (Fixture *fixture, const char *target, const char *part)
{
  const Wait wait = { target, part };

  server_fixture_run (&fixture->server, wait_cb, &wait);
}

static const ServerKitRow waiting_rows[] = {
  { .name = "page",
    .target = "/packages/hello/1.0.0",
    .headers = HTML,
    .status = 200,
    .body = "<dd>It is being built.</dd>",
    .absent = "pkg-docs" },
  { .name = "german",
    .target = "/packages/hello/1.0.0",
    .headers = HTML "Accept-Language: de\r\n",
    .status = 200,
    .body = "<dd>Sie wird gerade erstellt.</dd>" },
  { .name = "json",
    .target = "/packages/hello/1.0.0",
    .status = 200,
    .body = ",\"docs\":{\"state\":\"waiting\",\"shown\":false,"
            "\"attempts\":0}}" },
  { .name = "json-old",
    .target = "/packages/hello",
    .status = 200,
    .absent = "docs" },
  { .name = "documentation", .target = "/d/hello/1.0.0", .status = 404 },
  { .name = "view",
    .target = "/at/2/packages/hello/1.0.0",
    .status = 200,
    .absent = "docs" },
  { .name = "view-page",
    .target = "/at/2/packages/hello/1.0.0",
    .headers = HTML,
    .status = 200,
    .absent = "being built" },
};

/* What was published a moment ago says that it waits, and has what was built
 * as soon as it was. */
static void
test_waiting (Fixture *fixture, gconstpointer test_data)
{
  log_kit_expect (G_LOG_LEVEL_WARNING, "*No documentation can be built now*");
  publish (fixture, "hello", "1.0.0");
  server_kit_run_rows (&fixture->server,
                       waiting_rows,
                       G_N_ELEMENTS (waiting_rows));

  g_autofree char *path = g_build_filename (fixture->folder, "socket", NULL);
  g_usleep (2 * G_TIME_SPAN_SECOND);
  BuilderDouble *builder = builder_double_new (path);
  wait_for (fixture, "/packages/hello/1.0.0", "\"state\":\"built\"");

  const ServerKitRow rows[] = {
    { .name = "page",
      .target = "/packages/hello/1.0.0",
      .headers = HTML,
      .status = 200,
      .body = "<a href=\"../../pkg-docs/hello/1.0.0/\">",
      .absent = "being built" },
    { .name = "documentation",
      .target = "/pkg-docs/hello/1.0.0/",
      .status = 200,
      .body = "<h1>hello 1.0.0</h1>" },
  };
  server_kit_run_rows (&fixture->server, rows, G_N_ELEMENTS (rows));
  builder_double_free (builder);
}

static const ServerKitRow failed_rows[] = {
  { .name = "page",
    .target = "/packages/hello/1.0.0",
    .headers = HTML,
    .status = 200,
    .body = "<dd>It could not be built.</dd>" },
  { .name = "reason",
    .target = "/packages/hello/1.0.0",
    .headers = HTML,
    .status = 200,
    .body = "&lt;b&gt;exit status 1&lt;/b&gt;",
    .absent = "<b>exit" },
  { .name = "log",
    .target = "/packages/hello/1.0.0",
    .headers = HTML,
    .status = 200,
    .body = "dir=\"auto\" tabindex=\"0\">&lt;script&gt;steal()",
    .absent = "<script>steal" },
  { .name = "json",
    .target = "/packages/hello/1.0.0",
    .status = 200,
    .body = "\"reason\":\"<b>exit status 1</b>\","
            "\"log\":\"<script>steal()</script>\\nend\"}}" },
  { .name = "json-state",
    .target = "/packages/hello/1.0.0",
    .status = 200,
    .body = ",\"docs\":{\"state\":\"failed\",\"shown\":false,\"attempts\":1," },
};

/* What could not be built says so, and why, in nobody's language but its own,
 * and nothing of it acts. */
static void
test_failed (Fixture *fixture, gconstpointer test_data)
{
  g_autofree char *path = g_build_filename (fixture->folder, "socket", NULL);
  BuilderDouble *builder = builder_double_new (path);

  builder_double_expect (
    builder,
    &(BuilderReply){ .status = "failed",
                     .reason = "<b>exit status 1</b>",
                     .log = "<script>steal()</script>\nend\n" });
  publish (fixture, "hello", "1.0.0");
  wait_for (fixture, "/packages/hello/1.0.0", "\"state\":\"failed\"");
  server_kit_run_rows (&fixture->server,
                       failed_rows,
                       G_N_ELEMENTS (failed_rows));

  const ServerKitRow rows[] = {
    { .name = "metrics",
      .target = "/metrics",
      .status = 200,
      .body = "\nloft_docs_builds_total{outcome=\"failed\"} 1\n" },
    { .name = "metrics-failed",
      .target = "/metrics",
      .status = 200,
      .body = "\nloft_docs_failed 1\n" },
    { .name = "metrics-waiting",
      .target = "/metrics",
      .status = 200,
      .body = "\nloft_docs_waiting 0\n" },
  };
  server_kit_run_rows (&fixture->server, rows, G_N_ELEMENTS (rows));
  builder_double_free (builder);
}

/* What waits to be tried again says why; what is yanked does not wait. */
static void
test_yanked (Fixture *fixture, gconstpointer test_data)
{
  static const ServerKitRow waiting[] = {
    { .name = "page",
      .target = "/packages/hello/1.0.0",
      .headers = HTML,
      .status = 200,
      .body = "<dd>It could not be built, and that is tried again.</dd>" },
    { .name = "reason",
      .target = "/packages/hello/1.0.0",
      .headers = HTML,
      .status = 200,
      .body = "<bdi>for once</bdi>" },
  };
  static const ServerKitRow yanked[] = {
    { .name = "page",
      .target = "/packages/hello/1.0.0",
      .headers = HTML,
      .status = 200,
      .absent = "for once" },
    { .name = "json",
      .target = "/packages/hello/1.0.0",
      .status = 200,
      .absent = "docs" },
  };
  g_autofree char *path = g_build_filename (fixture->folder, "socket", NULL);
  g_autoptr (GError) error = NULL;
  BuilderDouble *builder = builder_double_new (path);

  fixture->server.registry.settings->docs.attempts = 2;
  fixture->server.registry.settings->docs.retry_interval = 3600;
  loft_registry_set_settings (fixture->server.registry.registry,
                              fixture->server.registry.settings);
  builder_double_expect (
    builder,
    &(BuilderReply){ .status = "failed", .reason = "for once" });
  publish (fixture, "hello", "1.0.0");
  wait_for (fixture, "/packages/hello/1.0.0", "\"attempts\":1");
  server_kit_run_rows (&fixture->server, waiting, G_N_ELEMENTS (waiting));

  g_autofree char *element = registry_kit_yank (&fixture->server.registry,
                                                "hello",
                                                "1.0.0",
                                                TRUE,
                                                REGISTRY_KIT_TOKEN,
                                                &error);
  g_assert_no_error (error);
  server_kit_run_rows (&fixture->server, yanked, G_N_ELEMENTS (yanked));
  builder_double_free (builder);
}

/* Where nothing is built any more, nothing waits. */
static void
test_off (Fixture *fixture, gconstpointer test_data)
{
  LoftDocsSettings *docs = &fixture->server.registry.settings->docs;

  log_kit_expect (G_LOG_LEVEL_WARNING, "*No documentation can be built now*");
  publish (fixture, "hello", "1.0.0");
  wait_for (fixture, "/packages/hello/1.0.0", "\"state\":\"waiting\"");
  g_usleep (2 * G_TIME_SPAN_SECOND);

  g_clear_pointer (&docs->command, g_strfreev);
  loft_registry_set_settings (fixture->server.registry.registry,
                              fixture->server.registry.settings);
  LoftPage *page =
    loft_registry_get_page (fixture->server.registry.registry, NULL);
  while (loft_page_get_fact (page, LOFT_PAGE_DOCS_SINCE) != 0)
    g_usleep (1000);

  const ServerKitRow rows[] = {
    { .name = "json",
      .target = "/packages/hello/1.0.0",
      .status = 200,
      .absent = "docs" },
    { .name = "page",
      .target = "/packages/hello/1.0.0",
      .headers = HTML,
      .status = 200,
      .absent = "being built" },
  };
  server_kit_run_rows (&fixture->server, rows, G_N_ELEMENTS (rows));
}

#define ADD(path, func)                                                        \
  g_test_add ("/docs-state/" path, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);
  log_kit_init ();

  ADD ("waiting", test_waiting);
  ADD ("failed", test_failed);
  ADD ("yanked", test_yanked);
  ADD ("off", test_off);

  return g_test_run ();
}
