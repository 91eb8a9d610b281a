/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include <glib/gstdio.h>
#include <string.h>

#include "daemon/loft-config.h"
#include "loft-s3-credentials.h"
#include "storage/loft-storage.h"

#define SECRET "the+secret/of/all"

/* A configuration with keys; @lines go into the group. */
static LoftS3Config *
parse (const char *storage, const char *lines, GError **error)
{
  g_autofree char *text =
    g_strdup_printf ("[registry]\nstorage=%s\n[s3]\naccess-key=me\n"
                     "secret-key=" SECRET "\n%s\n",
                     storage,
                     lines);
  g_autoptr (GKeyFile) key_file = g_key_file_new ();

  g_key_file_load_from_data (key_file,
                             text,
                             (gsize) -1,
                             G_KEY_FILE_NONE,
                             error);
  g_assert_no_error (*error);

  return loft_s3_config_new (key_file, error);
}

typedef struct
{
  const char *storage;
  const char *lines;
  const char *host;
  const char *path; /* of the key “a b/ü” */
  const char *bucket_path;
  const char *uri;
} PlaceCase;

static const PlaceCase place_cases[] = {
  { "s3://bucket",
    "",
    "bucket.s3.us-east-1.amazonaws.com",
    "/a%20b/%C3%BC",
    "/",
    "s3://bucket?endpoint=https://bucket.s3.us-east-1.amazonaws.com" },
  { "s3://bucket/",
    "region=eu-central-1",
    "bucket.s3.eu-central-1.amazonaws.com",
    "/a%20b/%C3%BC",
    "/",
    "s3://bucket?endpoint=https://bucket.s3.eu-central-1.amazonaws.com" },
  { "s3://dotted.bucket/some/prefix/",
    "",
    "s3.us-east-1.amazonaws.com",
    "/dotted.bucket/some/prefix/a%20b/%C3%BC",
    "/dotted.bucket",
    "s3://dotted.bucket/some/prefix?endpoint=https://s3.us-east-1.amazonaws."
    "com" },
  { "s3://bucket/x",
    "endpoint=http://127.0.0.1:9000/",
    "127.0.0.1:9000",
    "/bucket/x/a%20b/%C3%BC",
    "/bucket",
    "s3://bucket/x?endpoint=http://127.0.0.1:9000" },
  { "s3://bucket/x",
    "endpoint=https://[::1]:443\naddressing=path",
    "[::1]",
    "/bucket/x/a%20b/%C3%BC",
    "/bucket",
    "s3://bucket/x?endpoint=https://[::1]" },
  { "s3://bucket/x",
    "endpoint=http://store.example:80\naddressing=virtual",
    "bucket.store.example",
    "/x/a%20b/%C3%BC",
    "/",
    "s3://bucket/x?endpoint=http://bucket.store.example" },
};

/* The bucket is in the host's name or in the path, and everything that is sent
 * is encoded as it is signed. */
static void
test_places (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (place_cases); i++)
    {
      const PlaceCase *place = &place_cases[i];
      g_autoptr (GError) error = NULL;
      g_autoptr (LoftS3Config) config =
        parse (place->storage, place->lines, &error);

      g_assert_no_error (error);
      g_autofree char *host = loft_s3_config_format_host (config);
      g_autofree char *path =
        loft_s3_config_format_path (config, "a b/\xc3\xbc");
      g_autofree char *bucket = loft_s3_config_format_path (config, NULL);
      g_autofree char *uri = loft_s3_config_format_uri (config);

      g_assert_cmpstr (host, ==, place->host);
      g_assert_cmpstr (path, ==, place->path);
      g_assert_cmpstr (bucket, ==, place->bucket_path);
      g_assert_cmpstr (uri, ==, place->uri);
    }
}

static const char *const mistakes[][2] = {
  { "/srv/registry", "" },
  { "s3://", "" },
  { "s3://a", "" },
  { "s3://.bucket", "" },
  { "s3://buc ket", "" },
  { "s3://user:password@bucket", "" },
  { "s3://bucket/a//b", "" },
  { "s3://bucket/../b", "" },
  { "s3://bucket/a?region=b", "" },
  { "s3://bucket", "endpoint=store.example" },
  { "s3://bucket", "endpoint=ftp://store.example" },
  { "s3://bucket", "endpoint=https://store.example/path" },
  { "s3://bucket", "endpoint=https://user:" SECRET "@store.example" },
  { "s3://bucket", "endpoint=https://store.example?x=y" },
  { "s3://bucket", "addressing=other" },
  { "s3://bucket", "timeout=0" },
  { "s3://bucket", "timeout=301" },
  { "s3://bucket", "timeout=4s" },
  { "s3://bucket", "redirect=true" },
  { "s3://bucket", "access-key=" },
  { "s3://bucket", "secret-key=" },
  { "s3://bucket", "access-key=\nsecret-key=" },
  { "s3://bucket", "secretkey=" SECRET },
};

/* A mistake is told without the secrets that stand beside it. */
static void
test_mistakes (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (mistakes); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (parse (mistakes[i][0], mistakes[i][1], &error));
      g_assert_true (error->domain == LOFT_STORAGE_ERROR);
      g_assert_null (strstr (error->message, SECRET));
      g_assert_null (strstr (error->message, "password"));
    }
}

/* Without anything else a call takes four seconds. */
static void
test_defaults (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (LoftS3Config) config = parse ("s3://bucket", "", &error);
  g_autoptr (LoftS3Config) other =
    parse ("s3://bucket", "timeout=10\nca-file=/x", &error);

  g_assert_no_error (error);
  g_assert_cmpint (config->timeout, ==, 4 * G_USEC_PER_SEC);
  g_assert_null (config->ca_file);
  g_assert_cmpint (other->timeout, ==, 10 * G_USEC_PER_SEC);
  g_assert_cmpstr (other->ca_file, ==, "/x");
}

typedef struct
{
  char *folder; /* owned */
  char *file;   /* owned */
} Fixture;

static void
setup (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;

  fixture->folder = g_dir_make_tmp ("loft-XXXXXX", &error);
  g_assert_no_error (error);
  fixture->file = g_build_filename (fixture->folder, "key_s3", NULL);
}

static void
teardown (Fixture *fixture, gconstpointer test_data)
{
  g_unlink (fixture->file);
  g_assert_cmpint (g_rmdir (fixture->folder), ==, 0);
  g_free (fixture->file);
  g_free (fixture->folder);
}

static void
write_file (Fixture *fixture, const char *content)
{
  g_autoptr (GError) error = NULL;

  g_file_set_contents (fixture->file, content, -1, &error);
  g_assert_no_error (error);
}

/* What the daemon gives the backend of @environment and of the file. */
static LoftS3Config *
load (Fixture *fixture, const char *lines, const char *const *environment)
{
  g_autofree char *text =
    g_strconcat ("[registry]\nstorage=s3://bucket\n[s3]\n", lines, "\n", NULL);
  g_autofree char *path =
    g_build_filename (fixture->folder, "registry.conf", NULL);
  g_autoptr (GError) error = NULL;

  g_file_set_contents (path, text, -1, &error);
  g_assert_no_error (error);
  g_autoptr (LoftConfig) config =
    loft_config_load (path, environment, NULL, &error);
  g_assert_no_error (error);
  g_unlink (path);

  g_autofree char *printed = loft_config_print (config);
  g_assert_null (strstr (printed, SECRET));

  LoftS3Config *s3 =
    loft_s3_config_new (loft_config_get_key_file (config), &error);
  g_assert_no_error (error);

  return s3;
}

/* The variables that every tool for the service knows win over the file, keys
 * as a whole. */
static void
test_environment (Fixture *fixture, gconstpointer test_data)
{
  const char *const environment[] = {
    "AWS_ACCESS_KEY_ID=other",
    "AWS_SECRET_ACCESS_KEY=" SECRET,
    "AWS_DEFAULT_REGION=b",
    "AWS_REGION=a",
    "AWS_ENDPOINT_URL=https://store.example",
    "AWS_CA_BUNDLE=/ca.pem",
    "AWS_SESSION_TOKEN=",
    NULL,
  };
  const char *lines = "access-key=me\nsecret-key=x\nsession-token=y\nregion=c";
  g_autoptr (LoftS3Config) config = load (fixture, lines, environment);
  g_autoptr (LoftS3Config) plain = load (fixture, lines, NULL);

  g_assert_cmpstr (config->access_key, ==, "other");
  g_assert_cmpstr (config->secret_key, ==, SECRET);
  g_assert_null (config->token);
  g_assert_cmpstr (config->region, ==, "a");
  g_assert_cmpstr (config->ca_file, ==, "/ca.pem");
  g_assert_cmpstr (g_uri_get_host (config->endpoint), ==, "store.example");

  g_assert_cmpstr (plain->access_key, ==, "me");
  g_assert_cmpstr (plain->token, ==, "y");
  g_assert_cmpstr (plain->region, ==, "c");
}

/* A file that the service manager hands out is used where nothing else is
 * said; one that a variable names wins over keys in the configuration. */
static void
test_files (Fixture *fixture, gconstpointer test_data)
{
  g_autofree char *directory =
    g_strconcat ("CREDENTIALS_DIRECTORY=", fixture->folder, NULL);
  const char *const environment[] = { directory, NULL };
  const char *const shared[] = { "AWS_SHARED_CREDENTIALS_FILE=/keys", NULL };

  write_file (fixture, "aws_access_key_id=a\naws_secret_access_key=b\n");
  g_autoptr (LoftS3Config) handed = load (fixture, "", environment);
  g_assert_cmpstr (handed->credentials_file, ==, fixture->file);

  g_autoptr (LoftS3Config) written =
    load (fixture, "credentials-file=/x", environment);
  g_assert_cmpstr (written->credentials_file, ==, "/x");

  g_autoptr (LoftS3Config) named =
    load (fixture, "access-key=a\nsecret-key=b", shared);
  g_assert_cmpstr (named->credentials_file, ==, "/keys");
  g_assert_null (named->access_key);
}

static void
assert_keys (LoftS3Credentials *credentials,
             const char *access_key,
             const char *secret_key,
             const char *token)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (LoftS3Keys) keys = loft_s3_credentials_get (credentials, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (keys->access_key, ==, access_key);
  g_assert_cmpstr (keys->secret_key, ==, secret_key);
  g_assert_cmpstr (keys->token, ==, token);
}

/* Keys that are good for a while are read again when somebody has written new
 * ones, in whatever form; while the file is no good the last ones stay. */
static void
test_renewal (Fixture *fixture, gconstpointer test_data)
{
  const LoftS3Config config = { .credentials_file = fixture->file };
  g_autoptr (LoftS3Credentials) credentials = loft_s3_credentials_new (&config);

  write_file (fixture,
              "# mine\n[other]\naws_access_key_id=no\n[default]\n"
              "aws_access_key_id = a\naws_secret_access_key = b/+=\n");
  assert_keys (credentials, "a", "b/+=", NULL);

  write_file (fixture,
              "\n {\"Code\": \"Success\", \"AccessKeyId\": \"c\","
              " \"SecretAccessKey\": \"d\", \"Token\": \"e\","
              " \"Expiration\": \"2026-12-01T00:00:00Z\"}\n");
  assert_keys (credentials, "c", "d", "e");

  write_file (fixture, "{\"AccessKeyId\": 7}");
  assert_keys (credentials, "c", "d", "e");
  g_unlink (fixture->file);
  assert_keys (credentials, "c", "d", "e");

  write_file (fixture,
              "aws_access_key_id=f\naws_secret_access_key=g\n"
              "aws_session_token=h\n");
  assert_keys (credentials, "f", "g", "h");
}

/* A file without keys is told of, what it holds is not. */
static void
test_no_keys (Fixture *fixture, gconstpointer test_data)
{
  static const char *const contents[] = {
    NULL,
    "",
    SECRET,
    "{\"AccessKeyId\": \"" SECRET "\"}",
    "{" SECRET "}",
    "[default]\naws_access_key_id=" SECRET "\n",
    "[other]\naws_access_key_id=a\naws_secret_access_key=" SECRET "\n",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (contents); i++)
    {
      const LoftS3Config config = { .credentials_file = fixture->file };
      g_autoptr (LoftS3Credentials) credentials =
        loft_s3_credentials_new (&config);
      g_autoptr (GError) error = NULL;

      if (contents[i] != NULL)
        write_file (fixture, contents[i]);
      g_assert_null (loft_s3_credentials_get (credentials, &error));
      g_assert_error (error, LOFT_STORAGE_ERROR, LOFT_STORAGE_ERROR_DENIED);
      g_assert_null (strstr (error->message, SECRET));
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

#define ADD(path, func) g_test_add (path, Fixture, NULL, setup, func, teardown)

  g_test_add_func ("/s3-config/places", test_places);
  g_test_add_func ("/s3-config/mistakes", test_mistakes);
  g_test_add_func ("/s3-config/defaults", test_defaults);
  ADD ("/s3-config/environment", test_environment);
  ADD ("/s3-config/files", test_files);
  ADD ("/s3-credentials/renewal", test_renewal);
  ADD ("/s3-credentials/none", test_no_keys);

  return g_test_run ();
}
