/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include <glib/gstdio.h>
#include <string.h>

#include "kit/ctl-kit.h"
#include "kit/storage-kit.h"

/* What "loft-registryctl migrate" says of stores that will not do. Nothing
 * answers on the port, which nobody may have without being root. */

#define SILENT "[s3]\nendpoint=http://127.0.0.1:1\naccess-key=a\nsecret-key=b\n"

typedef struct
{
  const char *file; /* in the source */
  const char *options;
  const char *expected[3];
  const char *unexpected;
} Case;

static const Case cases[] = {
  { "notes.txt",
    "--to %s/new",
    { "There is no registry in the source" },
    NULL },
  { "docs/index.html",
    "--to %s/new",
    { "There is no registry in the source" },
    NULL },
  { "app/package.json",
    "--to %s/new",
    { "There is no registry in the source" },
    NULL },
  { "users.json",
    "--to s3://bucket/x",
    { "s3://bucket/x: ", "is named by --to-config" },
    NULL },
  { "users.json",
    "--to s3://bucket/x --to-config %s/s3.conf --patience 1",
    { "does not answer: Could not connect",
      "; trying again\n",
      "loft-registryctl: s3://bucket/x: The storage at 127.0.0.1:1 does not "
      "answer" },
    "--to-config" },
  { "users.json",
    "--to s3://bucket/x --to-config %s/s3.conf --patience 0",
    { "loft-registryctl: s3://bucket/x: The storage at 127.0.0.1:1 does not "
      "answer" },
    "trying again" },
};

static void
write_file (const char *root, const char *path, const char *text)
{
  g_autofree char *full = g_build_filename (root, path, NULL);
  g_autofree char *folder = g_path_get_dirname (full);
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (g_mkdir_with_parents (folder, 0700), ==, 0);
  g_file_set_contents (full, text, -1, &error);
  g_assert_no_error (error);
}

/* It is said what is wrong, and what to do about it, and nothing is made. */
static void
test_refused (gconstpointer data)
{
  const Case *test = data;
  g_autofree char *root = storage_kit_make_root ();
  g_autofree char *file = g_build_filename ("from", test->file, NULL);
  g_auto (GStrv) parts = g_strsplit (test->options, "%s", -1);
  g_autofree char *options = g_strjoinv (root, parts);
  g_autofree char *line =
    g_strdup_printf ("migrate --from %s/from %s", root, options);
  g_autofree char *made = g_build_filename (root, "new", test->file, NULL);

  write_file (root, file, "{}");
  write_file (root, "s3.conf", SILENT);
  g_autoptr (CtlKitResult) result = ctl_kit_run (line);

  g_assert_cmpint (result->status, ==, 1);
  for (gsize i = 0; i < G_N_ELEMENTS (test->expected); i++)
    if (test->expected[i] != NULL)
      g_assert_nonnull (strstr (result->err, test->expected[i]));
  if (test->unexpected != NULL)
    g_assert_null (strstr (result->err, test->unexpected));
  g_assert_false (g_file_test (made, G_FILE_TEST_EXISTS));
  storage_kit_remove_root (root);
}

int
main (int argc, char **argv)
{
  static const char *const variables[] = {
    "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SHARED_CREDENTIALS_FILE",
    "AWS_ENDPOINT_URL",  "AWS_ENDPOINT_URL_S3",   "CREDENTIALS_DIRECTORY",
  };

  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (variables); i++)
    g_unsetenv (variables[i]);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path =
        g_strdup_printf ("/ctl-migrate/refused/%" G_GSIZE_FORMAT, i);

      g_test_add_data_func (path, &cases[i], test_refused);
    }

  return g_test_run ();
}
