/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "kit/loft-test-archive.h"
#include "kit/log-kit.h"
#include "kit/server-kit.h"
#include "registry/loft-registry-view.h"

#include <glib/gstdio.h>
#include <string.h>
#include <utime.h>

#define FOREVER "Cache-Control: public, max-age=31536000, immutable"
#define REVALIDATE "Cache-Control: public, no-cache"

/* When the original server left old-lib: 2020-09-13. */
#define OLD_TIME 1600000000

/* A row: what is asked, and what has to be in the answer. */
/* The events: old-lib 1.0.0 adopted; hello-lib claimed, 0.1.0, 0.2.0, 0.1.0
 * yanked, deprecated; old-lib 2.0.0; user-lib claimed, 1.0.0, which depends on
 * old-lib. */
static const ServerKitRow rows[] = {
  { .name = "before-all",
    .target = "/at/1/packages/hello-lib",
    .status = 404,
    .header = "Cache-Control: no-store",
    .body = "{\"detail\":\"There was no package" },
  { .name = "claimed", .target = "/at/2/packages/hello-lib", .status = 404 },
  { .name = "first",
    .target = "/at/3/packages/hello-lib",
    .status = 200,
    .header = FOREVER,
    .body = "\"version\":\"0.1.0\"",
    .absent = "0.2.0" },
  { .name = "second",
    .target = "/at/4/packages/hello-lib",
    .status = 200,
    .body = "\"version\":\"0.1.0\"" },
  { .name = "second-too",
    .target = "/at/4/packages/hello-lib",
    .status = 200,
    .body = "\"version\":\"0.2.0\"" },
  { .name = "yanked",
    .target = "/at/5/packages/hello-lib",
    .status = 200,
    .body = "\"deprecated\":null",
    .absent = "0.1.0" },
  { .name = "deprecated",
    .target = "/at/6/packages/hello-lib",
    .status = 200,
    .body = "\"deprecated\":\"Use another\"" },
  { .name = "slashes",
    .target = "//at//3//packages//hello-lib/",
    .status = 200 },
  { .name = "encoded",
    .target = "/a%74/%33/packages/hello-lib",
    .status = 200 },
  { .name = "codings",
    .target = "/at/3/packages/hello-lib",
    .status = 200,
    .header = "Vary: Accept, Accept-Encoding" },
  { .name = "cors",
    .target = "/at/3/packages/hello-lib",
    .status = 200,
    .header = "Access-Control-Allow-Origin: *" },
  { .name = "head",
    .method = "HEAD",
    .target = "/at/3/packages/hello-lib",
    .status = 200,
    .header = "ETag: \"*\"" },
  { .name = "future-event",
    .target = "/at/999/packages/hello-lib",
    .status = 404,
    .header = "Cache-Control: no-store",
    .body = "{\"detail\":\"This view is of a moment that has not come yet\"" },
  { .name = "future-date",
    .target = "/at/9000-01-01/packages/old-lib",
    .status = 404,
    .body = "not come yet" },
  { .name = "adopted-always",
    .target = "/at/1999-01-01/packages/old-lib",
    .status = 200,
    .header = FOREVER,
    .body = "\"version\":\"1.0.0\"",
    .absent = "2.0.0" },
  { .name = "not-adopted",
    .target = "/at/1999-01-01/packages/hello-lib",
    .status = 404 },
  { .name = "version",
    .target = "/at/4/packages/hello-lib/0.1.0",
    .status = 200,
    .header = FOREVER,
    .body = "\"yanked\":false" },
  { .name = "version-manifest",
    .target = "/at/4/packages/hello-lib/0.1.0",
    .status = 200,
    .body = "\"manifest\":" },
  { .name = "yanked-version",
    .target = "/at/5/packages/hello-lib/0.1.0",
    .status = 200,
    .body = "\"yanked\":true" },
  { .name = "later-version",
    .target = "/at/3/packages/hello-lib/0.2.0",
    .status = 404,
    .body = "in this view" },
  { .name = "download",
    .target = "/at/3/packages/hello-lib/0.1.0/download",
    .status = 200,
    .header = "Content-Type: application/gzip" },
  { .name = "download-forever",
    .target = "/at/3/packages/hello-lib/0.1.0/download",
    .status = 200,
    .header = FOREVER },
  { .name = "later-download",
    .target = "/at/3/packages/hello-lib/0.2.0/download",
    .status = 404 },
  { .name = "yanked-download",
    .target = "/at/5/packages/hello-lib/0.1.0/download",
    .status = 200 },
  { .name = "root",
    .target = "/at/2/",
    .status = 200,
    .header = FOREVER,
    .body = "\"packages_count\":1,\"users_count\":0}" },
  { .name = "root-later",
    .target = "/at/3",
    .status = 200,
    .body = "\"packages_count\":2," },
  { .name = "root-of-age",
    .target = "/min-age/7d",
    .status = 200,
    .header = REVALIDATE,
    .body = "\"packages_count\":1," },
  { .name = "list",
    .target = "/at/3/packages",
    .status = 200,
    .header = FOREVER,
    .body = "[{\"name\":\"hello-lib\",\"version\":\"0.1.0\"",
    .absent = "0.2.0" },
  { .name = "list-other",
    .target = "/at/3/packages",
    .status = 200,
    .body = "\"name\":\"old-lib\",\"version\":\"1.0.0\"" },
  { .name = "list-of-age",
    .target = "/min-age/7d/packages",
    .status = 200,
    .header = REVALIDATE,
    .body = "[{\"name\":\"old-lib\",\"version\":\"1.0.0\"",
    .absent = "hello-lib" },
  { .name = "list-of-age-later",
    .target = "/min-age/7d/packages",
    .status = 200,
    .header = "Expires: *GMT" },
  { .name = "list-future", .target = "/at/999/packages", .status = 404 },
  { .name = "page",
    .target = "/at/3/packages?limit=1&sort=name",
    .status = 200,
    .header = "Link: <?sort=name&limit=1&after=*>; rel=\"next\"",
    .body = "\"version\":\"0.1.0\"",
    .absent = "old-lib" },
  { .name = "last-page",
    .target = "/at/3/packages?limit=2",
    .status = 200,
    .header = "Link:",
    .body = "old-lib" },
  { .name = "bad-cursor", .target = "/at/3/packages?after=%01", .status = 400 },
  { .name = "bad-limit", .target = "/at/3/packages?limit=-1", .status = 400 },
  { .name = "search",
    .target = "/at/3/packages?q=hello",
    .status = 400,
    .body = "{\"detail\":\"Views list packages by name only" },
  { .name = "latest",
    .target = "/at/3/packages?sort=updated",
    .status = 400,
    .body = "by name only" },
  { .name = "dependents",
    .target = "/at/7/packages/old-lib/dependents",
    .status = 200,
    .header = FOREVER,
    .body = "[]" },
  { .name = "dependents-later",
    .target = "/at/9/packages/old-lib/dependents",
    .status = 200,
    .body = "[{\"name\":\"user-lib\",\"version\":\"1.0.0\","
            "\"constraint\":\"^1.0.0\"}]" },
  { .name = "dependents-of-none",
    .target = "/at/2/packages/hello-lib/dependents",
    .status = 404 },
  { .name = "dependents-limit",
    .target = "/at/9/packages/old-lib/dependents?limit=x",
    .status = 400 },
  { .name = "changes",
    .target = "/at/3/changes?since=1",
    .status = 200,
    .header = "Content-Type: application/x-ndjson",
    .body = "{\"seq\":2,",
    .absent = "\"seq\":4" },
  { .name = "changes-next",
    .target = "/at/3/changes?limit=1",
    .status = 200,
    .header = "Link: <?limit=1&since=1>; rel=\"next\"" },
  { .name = "changes-end",
    .target = "/at/3/changes?since=3&wait=60",
    .status = 200,
    .header = "Link:" },
  { .name = "changes-forever",
    .target = "/at/3/changes?since=3",
    .status = 200,
    .header = FOREVER },
  { .name = "changes-bad-since",
    .target = "/at/3/changes?since=x",
    .status = 400 },
  { .name = "changes-of-age",
    .target = "/min-age/7d/changes",
    .status = 404,
    .body = "Views of an age do not show the log" },
  { .name = "too-young",
    .target = "/min-age/7d/packages/hello-lib",
    .status = 404,
    .body = "No version of “hello-lib” is old enough" },
  { .name = "old-enough",
    .target = "/min-age/7d/packages/old-lib",
    .status = 200,
    .header = REVALIDATE,
    .body = "\"version\":\"1.0.0\"",
    .absent = "2.0.0" },
  { .name = "of-age-later",
    .target = "/min-age/7d/packages/old-lib",
    .status = 200,
    .header = "Expires: *GMT" },
  { .name = "nothing-waits",
    .target = "/at/7/packages/old-lib",
    .status = 200,
    .header = "Expires:" },
  { .name = "young-download",
    .target = "/min-age/7d/packages/old-lib/2.0.0/download",
    .status = 404 },
  { .name = "old-download",
    .target = "/min-age/7d/packages/old-lib/1.0.0/download",
    .status = 200 },
  { .name = "old-version",
    .target = "/min-age/7d/packages/old-lib/1.0.0",
    .status = 200,
    .header = REVALIDATE },
  { .name = "bad-moment",
    .target = "/at/yesterday/packages/hello-lib",
    .status = 400,
    .body = "{\"detail\":\"“yesterday” is not a date such as 2026-09-01" },
  { .name = "bad-date",
    .target = "/at/2026-02-30/packages/hello-lib",
    .status = 400 },
  { .name = "bad-age",
    .target = "/min-age/7/packages/hello-lib",
    .status = 400,
    .body = "an age such as" },
  { .name = "no-such-path", .target = "/at/3/livez", .status = 404 },
  { .name = "no-moment", .target = "/at", .status = 404 },
  { .name = "views-of-views",
    .target = "/at/3/min-age/7d/packages/hello-lib",
    .status = 404,
    .body = "{\"detail\":\"Views do not offer this path\"" },
  { .name = "put",
    .method = "PUT",
    .target = "/at/3/packages/hello-lib/0.9.0",
    .status = 405,
    .header = "Allow: GET, HEAD, OPTIONS",
    .body = "{\"detail\":\"A view changes nothing" },
  { .name = "publish",
    .method = "POST",
    .target = "/at/3/packages/publish",
    .status = 405 },
  { .name = "yank",
    .method = "POST",
    .target = "/at/3/packages/hello-lib/0.1.0/yank",
    .status = 404 },
  { .name = "options",
    .method = "OPTIONS",
    .target = "/at/3/packages/hello-lib",
    .status = 204,
    .header = "Allow: GET, HEAD, OPTIONS" },
};

static void
write_old (const char *folder, const char *file, const void *data, gsize size)
{
  g_autofree char *path = g_build_filename (folder, file, NULL);
  g_autoptr (GError) error = NULL;
  struct utimbuf times = { OLD_TIME, OLD_TIME };

  g_file_set_contents (path, data, (gssize) size, &error);
  g_assert_no_error (error);
  g_assert_cmpint (utime (path, &times), ==, 0);
}

/* What the original server left. */
static void
leave_old (RegistryFixture *registry)
{
  static const char document[] =
    "{\"name\":\"old-lib\",\"version\":\"1.0.0\",\"description\":null,"
    "\"manifest\":{\"name\":\"old-lib\",\"version\":\"1.0.0\",\"entrypoint\":"
    "\"src/main.lf\",\"dependencies\":{}},\"repository\":null,\"authors\":[],"
    "\"license\":null,\"owners\":[]}";
  g_autofree char *folder = g_build_filename (registry->root, "old-lib", NULL);
  g_autoptr (GBytes) tarball = registry_kit_pack ("old-lib", "1.0.0", "old");
  gsize size = 0;
  gconstpointer data = g_bytes_get_data (tarball, &size);

  g_assert_cmpint (g_mkdir (folder, 0777), ==, 0);
  write_old (folder, "1.0.0.tar.gz", data, size);
  write_old (folder, "1.0.0.json", document, strlen (document));
}

static void
publish (RegistryFixture *registry,
         const char *name,
         const char *version,
         const char *token)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *element = registry_kit_publish (registry,
                                                   name,
                                                   version,
                                                   version,
                                                   token,
                                                   NULL,
                                                   &error);

  g_assert_no_error (error);
}

static void
publish_user_cb (ServerFixture *fixture, gconstpointer data)
{
  g_autoptr (LoftTestArchive) archive = loft_test_archive_new ();

  loft_test_archive_add_file (
    archive,
    "manifest.json",
    "{\"name\":\"user-lib\",\"version\":\"1.0.0\",\"entrypoint\":\"m.lf\","
    "\"dependencies\":{\"old-lib\":\"^1.0.0\"}}");
  loft_test_archive_add_file (archive, "m.lf", "");
  loft_test_archive_end (archive);

  g_autoptr (GBytes) tarball = loft_test_archive_to_gzip (archive);
  g_autoptr (HttpAnswer) answer = http_request (fixture->port,
                                                "PUT",
                                                "/packages/user-lib/1.0.0",
                                                SERVER_KIT_GZIP,
                                                tarball);
  g_assert_cmpuint (answer->status, ==, 201);
}

static void
set_up (ServerFixture *fixture, gconstpointer test_data)
{
  RegistryFixture *registry = &fixture->registry;
  g_autoptr (GError) error = NULL;

  server_fixture_set_up_unready (fixture);
  leave_old (registry);
  registry_fixture_start (registry);
  publish (registry, "hello-lib", "0.1.0", REGISTRY_KIT_TOKEN);
  publish (registry, "hello-lib", "0.2.0", REGISTRY_KIT_TOKEN);
  g_autofree char *yanked = registry_kit_yank (registry,
                                               "hello-lib",
                                               "0.1.0",
                                               TRUE,
                                               REGISTRY_KIT_TOKEN,
                                               &error);
  g_assert_no_error (error);
  registry_kit_deprecate (registry,
                          "hello-lib",
                          "Use another",
                          REGISTRY_KIT_TOKEN,
                          &error);
  g_assert_no_error (error);
  publish (registry, "old-lib", "2.0.0", NULL);
  server_fixture_run (fixture, publish_user_cb, NULL);

  g_autofree char *changes = registry_kit_changes (registry);
  g_test_message ("%s", changes);
}

/* Every path behind a view's prefix answers as the contract has it. */
static void
test_rows (ServerFixture *fixture, gconstpointer test_data)
{
  server_kit_run_rows (fixture, rows, G_N_ELEMENTS (rows));
}

/* The bytes are those of the plain path, and so are their entity tags. */
static void
ask_same (ServerFixture *fixture, gconstpointer data)
{
  static const char *const paths[] = { "/packages/hello-lib",
                                       "/packages/hello-lib/0.2.0",
                                       "/packages/old-lib/2.0.0/download",
                                       "/packages",
                                       "/packages?limit=2",
                                       "/packages/old-lib/dependents",
                                       "/changes?since=2",
                                       "/" };
  g_autoptr (HttpClient) client = http_client_new (fixture->port);

  for (gsize i = 0; i < G_N_ELEMENTS (paths); i++)
    {
      g_autofree char *target = g_strconcat ("/at/9", paths[i], NULL);
      g_autoptr (HttpAnswer) plain =
        http_client_request (client, "GET", paths[i], NULL, NULL);
      g_autoptr (HttpAnswer) view =
        http_client_request (client, "GET", target, NULL, NULL);
      g_autofree char *tag = http_answer_get_header (plain, "ETag");
      g_autofree char *same = http_answer_get_header (view, "ETag");
      g_assert_cmpuint (view->status, ==, 200);
      g_assert_true (g_bytes_equal (plain->body, view->body));
      g_assert_cmpstr (same, ==, tag);

      g_autofree char *condition =
        g_strdup_printf ("If-None-Match: %s\r\n", tag);
      g_autoptr (HttpAnswer) again =
        http_client_request (client, "GET", target, condition, NULL);
      g_assert_cmpuint (again->status, ==, 304);
      server_kit_check_header (again, FOREVER);
    }
}

static void
test_same (ServerFixture *fixture, gconstpointer test_data)
{
  server_fixture_run (fixture, ask_same, NULL);
}

/* What the released client sends with a view in LOFT_REGISTRY. */
static void
ask_client (ServerFixture *fixture, gconstpointer data)
{
  static const char requests[] =
    "GET /at/5/packages/hello-lib HTTP/1.1\r\n"
    "accept: */*\r\n"
    "host: 127.0.0.1:3030\r\n"
    "\r\n"
    "GET /at/5/packages/hello-lib/0.2.0/download HTTP/1.1\r\n"
    "accept: */*\r\n"
    "host: 127.0.0.1:3030\r\n"
    "\r\n";
  g_autoptr (HttpClient) client = http_client_new (fixture->port);
  g_autoptr (GBytes) tarball =
    registry_kit_pack ("hello-lib", "0.2.0", "0.2.0");

  g_assert_true (http_client_send_text (client, requests));
  g_autoptr (HttpAnswer) list = http_client_receive (client, TRUE);
  g_autoptr (HttpAnswer) download = http_client_receive (client, TRUE);
  g_autofree char *text = http_answer_dup_text (list);

  g_assert_cmpuint (list->status, ==, 200);
  g_assert_true (g_str_has_prefix (text, "[{\"name\":\"hello-lib\""));
  g_assert_true (g_str_has_suffix (text, "}]"));
  server_kit_check_header (list, "Content-Encoding:");
  g_assert_cmpuint (download->status, ==, 200);
  g_assert_true (g_bytes_equal (download->body, tarball));
}

static void
test_client (ServerFixture *fixture, gconstpointer test_data)
{
  server_fixture_run (fixture, ask_client, NULL);
}

/* More versions than a main loop lists are listed all the same. */
static void
test_many (ServerFixture *fixture, gconstpointer test_data)
{
  static const ServerKitRow row = { .target = "/at/7/packages/old-lib",
                                    .status = 200,
                                    .header = FOREVER,
                                    .body = "\"version\":\"2.0.0\"",
                                    .absent = "\"version\":\"3." };

  for (guint i = 0; i <= 200; i++)
    {
      g_autofree char *version = g_strdup_printf ("3.%u.0", i);

      publish (&fixture->registry, "old-lib", version, NULL);
    }
  server_fixture_run (fixture, server_kit_ask_row, &row);
}

/* Many who ask for full lists at once, of different views, each get theirs; and
 * one that leaves keeps nobody waiting. */
static void
ask_lists (ServerFixture *fixture, gconstpointer data)
{
  HttpClient *clients[12];

  for (guint i = 0; i < G_N_ELEMENTS (clients); i++)
    {
      g_autofree char *request =
        g_strdup_printf ("GET /at/%u/packages HTTP/1.1\r\nHost: x\r\n\r\n",
                         1 + i % 4);

      clients[i] = http_client_new (fixture->port);
      g_assert_true (http_client_send_text (clients[i], request));
    }
  g_clear_pointer (&clients[5], http_client_free);
  for (guint i = 0; i < G_N_ELEMENTS (clients); i++)
    {
      if (clients[i] == NULL)
        continue;

      g_autoptr (HttpAnswer) answer = http_client_receive (clients[i], TRUE);
      g_autofree char *text = http_answer_dup_text (answer);
      g_assert_cmpuint (answer->status, ==, 200);
      g_assert_nonnull (strstr (text, "old-lib"));
      g_assert_cmpint (strstr (text, "\"0.1.0\"") != NULL, ==, i % 4 == 2);
      g_assert_cmpint (strstr (text, "\"0.2.0\"") != NULL, ==, i % 4 == 3);
      http_client_free (clients[i]);
    }
}

static void
test_lists (ServerFixture *fixture, gconstpointer test_data)
{
  server_fixture_run (fixture, ask_lists, NULL);
}

static void
answered_cb (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  LoftViewAnswer **out_answer = user_data;
  g_autoptr (GError) error = NULL;

  *out_answer =
    loft_registry_view_finish (LOFT_REGISTRY (source_object), result, &error);
  g_assert_no_error (error);
}

static void
cancelled_cb (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  guint *n_cancelled = user_data;
  g_autoptr (GError) error = NULL;

  g_assert_null (
    loft_registry_view_finish (LOFT_REGISTRY (source_object), result, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  ++*n_cancelled;
}

/* However slowly lists of views are read, there are only so many at a time; who
 * waits gets one when another is gone, and who has left is forgotten. */
static void
test_few_lists (ServerFixture *fixture, gconstpointer test_data)
{
  LoftRegistry *registry = fixture->registry.registry;
  LoftViewAnswer *answers[9] = { NULL };
  gint64 end = g_get_monotonic_time () + 20 * G_TIME_SPAN_SECOND;

  for (guint i = 0; i < G_N_ELEMENTS (answers); i++)
    {
      LoftView view = { LOFT_VIEW_AT_EVENT, i };

      loft_registry_view_packages_async (registry,
                                         &view,
                                         NULL,
                                         answered_cb,
                                         &answers[i]);
    }
  while (answers[7] == NULL)
    {
      g_assert_cmpint (g_get_monotonic_time (), <, end);
      g_main_context_iteration (NULL, TRUE);
    }
  for (guint i = 0; i < 100; i++)
    {
      g_main_context_iteration (NULL, FALSE);
      g_usleep (1000);
    }
  g_assert_null (answers[8]);

  LoftView other = { LOFT_VIEW_AT_EVENT, 0 };
  guint n_cancelled = 0;
  for (guint i = 0; i < 3; i++)
    {
      g_autoptr (GCancellable) cancellable = g_cancellable_new ();

      loft_registry_view_packages_async (registry,
                                         &other,
                                         cancellable,
                                         cancelled_cb,
                                         &n_cancelled);
      g_cancellable_cancel (cancellable);
    }
  while (n_cancelled < 2)
    {
      g_assert_cmpint (g_get_monotonic_time (), <, end);
      g_main_context_iteration (NULL, TRUE);
    }

  g_clear_pointer (&answers[3], loft_view_answer_free);
  while (answers[8] == NULL)
    {
      g_assert_cmpint (g_get_monotonic_time (), <, end);
      g_main_context_iteration (NULL, TRUE);
    }
  g_assert_cmpuint (n_cancelled, ==, 3);
  for (guint i = 0; i < G_N_ELEMENTS (answers); i++)
    g_clear_pointer (&answers[i], loft_view_answer_free);
}

static void
refused_cb (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  gboolean *refused = user_data;
  g_autoptr (GError) error = NULL;

  g_assert_null (
    loft_registry_view_finish (LOFT_REGISTRY (source_object), result, &error));
  g_assert_error (error, LOFT_REGISTRY_ERROR, LOFT_REGISTRY_ERROR_BUSY);
  *refused = TRUE;
}

/* Nobody waits for ever for those who read lists of views and do not end. */
static void
test_late_list (ServerFixture *fixture, gconstpointer test_data)
{
  LoftRegistry *registry = fixture->registry.registry;
  LoftViewAnswer *answers[8] = { NULL };
  gint64 end = g_get_monotonic_time () + 60 * G_TIME_SPAN_SECOND;
  LoftView late = { LOFT_VIEW_AT_EVENT, 8 };
  gboolean refused = FALSE;

  for (guint i = 0; i < G_N_ELEMENTS (answers); i++)
    {
      LoftView view = { LOFT_VIEW_AT_EVENT, i };

      loft_registry_view_packages_async (registry,
                                         &view,
                                         NULL,
                                         answered_cb,
                                         &answers[i]);
    }
  loft_registry_view_packages_async (registry,
                                     &late,
                                     NULL,
                                     refused_cb,
                                     &refused);
  while (!refused)
    {
      g_assert_cmpint (g_get_monotonic_time (), <, end);
      g_main_context_iteration (NULL, TRUE);
    }
  for (guint i = 0; i < G_N_ELEMENTS (answers); i++)
    {
      g_assert_nonnull (answers[i]);
      loft_view_answer_free (answers[i]);
    }
}

/* As long as the catalog is not complete, nobody knows what there was when. */
static void
test_unready (void)
{
  static const ServerKitRow lists = { .target = "/at/3/packages/hello-lib",
                                      .status = 503,
                                      .header = "Retry-After: *" };
  static const ServerKitRow download = {
    .target = "/at/3/packages/hello-lib/0.1.0/download",
    .status = 503,
    .header = "Retry-After: *",
  };
  static const ServerKitRow full = { .target = "/at/3/packages",
                                     .status = 503,
                                     .header = "Retry-After: *" };
  static const ServerKitRow changes = { .target = "/at/3/changes",
                                        .status = 503,
                                        .header = "Retry-After: *" };
  ServerFixture fixture = { 0 };

  server_fixture_set_up_unready (&fixture);
  server_fixture_run (&fixture, server_kit_ask_row, &lists);
  server_fixture_run (&fixture, server_kit_ask_row, &full);
  server_fixture_run (&fixture, server_kit_ask_row, &changes);
  server_fixture_run (&fixture, server_kit_ask_row, &download);
  server_fixture_tear_down (&fixture, NULL);
}

#define ADD(name, func)                                                        \
  g_test_add ("/http-view/" name,                                              \
              ServerFixture,                                                   \
              NULL,                                                            \
              set_up,                                                          \
              func,                                                            \
              server_fixture_tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);
  log_kit_init ();

  ADD ("rows", test_rows);
  ADD ("same", test_same);
  ADD ("client", test_client);
  ADD ("many", test_many);
  ADD ("lists", test_lists);
  ADD ("few-lists", test_few_lists);
  ADD ("late-list", test_late_list);
  g_test_add_func ("/http-view/unready", test_unready);

  return g_test_run ();
}
