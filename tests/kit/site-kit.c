/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "kit/site-kit.h"

#include <string.h>

/* Ends an archive, and publishes it as anybody could. */
void
site_kit_publish_archive (ServerFixture *fixture,
                          const char *name,
                          const char *version,
                          LoftTestArchive *archive)
{
  g_autofree char *target = g_strdup_printf ("/packages/%s/%s", name, version);

  loft_test_archive_end (archive);

  g_autoptr (GBytes) tarball = loft_test_archive_to_gzip (archive);
  g_autoptr (HttpAnswer) answer = http_request (fixture->port,
                                                "PUT",
                                                target,
                                                SERVER_KIT_AUTH SERVER_KIT_GZIP,
                                                tarball);
  g_autofree char *text = http_answer_dup_text (answer);
  g_test_message ("%s: %s%s", target, answer->head, text);
  g_assert_cmpuint (answer->status, ==, 201);
}

/* Publishes what a manifest says. */
void
site_kit_publish (ServerFixture *fixture,
                  const char *name,
                  const char *version,
                  const char *members)
{
  g_autofree char *manifest =
    g_strdup_printf ("{\"name\":\"%s\",\"version\":\"%s\"%s%s}",
                     name,
                     version,
                     members != NULL ? "," : "",
                     members != NULL ? members : "");
  g_autoptr (LoftTestArchive) archive = loft_test_archive_new ();

  loft_test_archive_add_file (archive, "manifest.json", manifest);
  site_kit_publish_archive (fixture, name, version, archive);
}

/* For the thread of the server. */
void
site_kit_set_url (ServerFixture *fixture, const char *url)
{
  g_auto (LoftHttpSettings) settings = LOFT_HTTP_SETTINGS_DEFAULT;

  settings.public_url = g_strdup (url);
  loft_http_server_set_settings (fixture->server, &settings);
}

/* What is there, and of that type. */
char *
site_kit_get (ServerFixture *fixture,
              const char *target,
              const char *headers,
              const char *media_type)
{
  g_autoptr (HttpAnswer) answer =
    http_request (fixture->port, "GET", target, headers, NULL);
  g_autofree char *type = http_answer_get_header (answer, "Content-Type");

  g_test_message ("%s: %s", target, answer->head);
  g_assert_cmpuint (answer->status, ==, 200);
  g_assert_cmpstr (type, ==, media_type);

  return http_answer_dup_text (answer);
}

/* By what a client is told whether it has what is there. */
char *
site_kit_get_etag (ServerFixture *fixture,
                   const char *target,
                   const char *headers)
{
  g_autoptr (HttpAnswer) answer =
    http_request (fixture->port, "GET", target, headers, NULL);

  g_assert_cmpuint (answer->status, ==, 200);

  return http_answer_get_header (answer, "ETag");
}

/* FALSE where there is no program to check it by. */
gboolean
site_kit_check_xml (const char *xml, const char *schema)
{
  g_autofree char *program = g_find_program_in_path ("xmllint");
  g_autofree char *path =
    g_test_build_filename (G_TEST_DIST, "schemas", schema, NULL);
  const char *const command[] = { program, "--noout", "--nonet", "--relaxng",
                                  path,    "-",       NULL };
  g_autoptr (GError) error = NULL;
  g_autofree char *output = NULL;

  if (program == NULL)
    return FALSE;

  g_autoptr (GSubprocess) process = g_subprocess_newv (
    command,
    G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_SILENCE |
      G_SUBPROCESS_FLAGS_STDERR_PIPE,
    &error);
  g_assert_no_error (error);
  g_assert_true (
    g_subprocess_communicate_utf8 (process, xml, NULL, NULL, &output, &error));
  g_assert_no_error (error);
  g_test_message ("%s\n%s", output, xml);
  g_assert_cmpint (g_subprocess_get_exit_status (process), ==, 0);

  return TRUE;
}
