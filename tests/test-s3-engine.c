/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include <glib/gstdio.h>
#include <string.h>

#include "kit/s3-double.h"
#include "loft-s3-storage.h"

#define N_THREADS 16
#define N_CALLS 20

static LoftStorage *
open_with (GKeyFile *config, GError **error)
{
  g_autoptr (LoftStorage) storage = g_object_new (LOFT_TYPE_S3_STORAGE, NULL);

  return loft_storage_open (storage, config, NULL, error)
           ? g_steal_pointer (&storage)
           : NULL;
}

static LoftStorage *
open_double (S3Double *engine, GError **error)
{
  g_autoptr (GKeyFile) config = s3_double_make_config (engine, "timeout=4");

  return open_with (config, error);
}

static gboolean
put (LoftStorage *storage, const char *key, const char *text, GError **error)
{
  g_autoptr (GInputStream) stream =
    g_memory_input_stream_new_from_data (text, -1, NULL);

  return loft_storage_create (storage,
                              key,
                              stream,
                              (goffset) strlen (text),
                              NULL,
                              error);
}

typedef struct
{
  const char *name;
  S3MemoryFlags flags;
  LoftStorageError code;
  const char *message;
} BadEngine;

static const BadEngine bad_engines[] = {
  { "ignores-none-match",
    S3_MEMORY_IGNORES_NONE_MATCH,
    LOFT_STORAGE_ERROR_FAILED,
    "ignores “If-None-Match”" },
  { "ignores-match",
    S3_MEMORY_IGNORES_MATCH,
    LOFT_STORAGE_ERROR_FAILED,
    "ignores “If-Match”" },
  { "ignores-all",
    S3_MEMORY_IGNORES_NONE_MATCH | S3_MEMORY_IGNORES_MATCH,
    LOFT_STORAGE_ERROR_FAILED,
    "ignores “If-None-Match”" },
  { "no-conditions",
    S3_MEMORY_HAS_NO_CONDITIONS,
    LOFT_STORAGE_ERROR_FAILED,
    "no conditional writes" },
  { "takes-no-etags",
    S3_MEMORY_TAKES_NO_ETAGS,
    LOFT_STORAGE_ERROR_FAILED,
    "refuses “If-Match”" },
  { "drops-metadata",
    S3_MEMORY_DROPS_METADATA,
    LOFT_STORAGE_ERROR_FAILED,
    "metadata" },
  { "lists-nothing",
    S3_MEMORY_LISTS_NOTHING,
    LOFT_STORAGE_ERROR_FAILED,
    "list" },
  { "removes-nothing",
    S3_MEMORY_REMOVES_NOTHING,
    LOFT_STORAGE_ERROR_FAILED,
    "remove" },
  { "no-bucket",
    S3_MEMORY_HAS_NO_BUCKET,
    LOFT_STORAGE_ERROR_FAILED,
    "NoSuchBucket" },
  { "hides-what-is-missing",
    S3_MEMORY_HIDES_WHAT_IS_MISSING,
    LOFT_STORAGE_ERROR_DENIED,
    "can't be told" },
  { "refuses-keys",
    S3_MEMORY_REFUSES_KEYS,
    LOFT_STORAGE_ERROR_DENIED,
    "InvalidAccessKeyId" },
  { "is-read-only",
    S3_MEMORY_IS_READ_ONLY,
    LOFT_STORAGE_ERROR_DENIED,
    "s3:PutObject" },
};

/* An engine that does not do what it has to is refused, and told why. */
static void
test_bad_engine (gconstpointer data)
{
  const BadEngine *bad = data;
  S3Double *engine = s3_double_new (bad->flags);
  g_autoptr (GError) error = NULL;

  g_assert_null (open_double (engine, &error));
  g_assert_error (error, LOFT_STORAGE_ERROR, (int) bad->code);
  g_test_message ("%s", error->message);
  g_assert_nonnull (strstr (error->message, bad->message));
  s3_double_free (engine);
}

#define SECRET "Gr8xVhushhush"

typedef struct
{
  guint status;
  const char *code;
  const char *message;
  gboolean by_file;
} Refusal;

static const Refusal refusals[] = {
  { 403, "SignatureDoesNotMatch", "secret-key", FALSE },
  { 403, "SignatureDoesNotMatch", "AWS_SECRET_ACCESS_KEY", FALSE },
  { 403, "SignatureDoesNotMatch", "[s3] credentials-file, “", TRUE },
  { 403, "InvalidAccessKeyId", "access-key", FALSE },
  { 400, "ExpiredToken", "session-token", FALSE },
  { 404, "NoSuchBucket", "There is no bucket “", FALSE },
  { 403, "RequestTimeTooSkewed", "The clock of this machine says 2", FALSE },
  { 403, "AccessDenied", "”: s3:PutObject", FALSE },
};

/* What an engine refuses is told with what of ours has to be looked at, and
 * without what is nobody's business. */
static void
test_refusal (gconstpointer data)
{
  const Refusal *refusal = data;
  S3Double *engine = s3_double_new (S3_MEMORY_GOOD);
  g_autoptr (GKeyFile) config = s3_double_make_config (engine, "timeout=4");
  g_autofree char *access_key =
    g_key_file_get_string (config, "s3", "access-key", NULL);
  g_autofree char *text =
    g_strdup_printf ("aws_access_key_id = %s\naws_secret_access_key = %s\n",
                     access_key,
                     SECRET);
  g_autofree char *folder = g_dir_make_tmp ("loft-XXXXXX", NULL);
  g_autofree char *file = g_build_filename (folder, "keys", NULL);
  g_autoptr (GError) error = NULL;

  g_key_file_set_string (config, "s3", "secret-key", SECRET);
  g_assert_true (g_file_set_contents (file, text, -1, NULL));
  if (refusal->by_file)
    {
      g_key_file_remove_key (config, "s3", "access-key", NULL);
      g_key_file_remove_key (config, "s3", "secret-key", NULL);
      g_key_file_set_string (config, "s3", "credentials-file", file);
    }
  s3_double_plan (engine,
                  "PUT",
                  S3_FATE_REFUSED,
                  refusal->status,
                  refusal->code);
  g_assert_null (open_with (config, &error));
  g_test_message ("%s", error->message);
  g_assert_nonnull (strstr (error->message, refusal->code));
  g_assert_nonnull (strstr (error->message, refusal->message));
  g_assert_null (strstr (error->message, SECRET));

  g_assert_cmpint (g_unlink (file), ==, 0);
  g_assert_cmpint (g_rmdir (folder), ==, 0);
  s3_double_free (engine);
}

/* What was tried at the start is not left behind, and etags with quotes will
 * do as well as those without. */
static void
test_good_engines (void)
{
  const S3MemoryFlags flags[] = { S3_MEMORY_GOOD, S3_MEMORY_TAKES_PLAIN_ETAGS };

  for (gsize i = 0; i < G_N_ELEMENTS (flags); i++)
    {
      S3Double *engine = s3_double_new (flags[i]);
      g_autoptr (GError) error = NULL;
      g_autoptr (LoftStorage) storage = open_double (engine, &error);
      g_autoptr (GBytes) bytes = g_bytes_new_static ("text", 4);

      g_assert_no_error (error);
      g_assert_cmpuint (s3_memory_count (s3_double_get_memory (engine)), ==, 0);
      g_assert_cmpint (loft_storage_get_features (storage),
                       ==,
                       LOFT_STORAGE_FEATURE_SHARED |
                         LOFT_STORAGE_FEATURE_REDIRECT |
                         LOFT_STORAGE_FEATURE_REMOTE);

      g_autofree char *first =
        loft_storage_replace (storage, "a", bytes, NULL, NULL, &error);
      g_assert_no_error (error);
      g_autofree char *second =
        loft_storage_replace (storage, "a", bytes, first, NULL, &error);
      g_assert_no_error (error);
      g_assert_cmpstr (first, ==, second);

      g_clear_object (&storage);
      s3_double_free (engine);
    }
}

/* The backend's own folder holds no objects of anybody. */
static void
test_own_folder (void)
{
  S3Double *engine = s3_double_new (S3_MEMORY_GOOD);
  g_autoptr (GError) error = NULL;
  g_autoptr (LoftStorage) storage = open_double (engine, &error);

  g_assert_no_error (error);
  s3_memory_put (s3_double_get_memory (engine),
                 "p/_registry/probe/left",
                 "x",
                 NULL);
  g_auto (GStrv) keys = loft_storage_list (storage, "", NULL, 0, NULL, &error);
  g_assert_no_error (error);
  g_assert_null (keys[0]);
  g_assert_null (
    loft_storage_read (storage, "_registry/probe/left", 0, -1, NULL, &error));
  g_assert_error (error, LOFT_STORAGE_ERROR, LOFT_STORAGE_ERROR_INVALID_KEY);
  g_clear_error (&error);
  g_assert_false (put (storage, "_registry/probe/x", "x", &error));
  g_assert_error (error, LOFT_STORAGE_ERROR, LOFT_STORAGE_ERROR_INVALID_KEY);

  g_clear_object (&storage);
  s3_double_free (engine);
}

static gpointer
call_thread (gpointer data)
{
  LoftStorage *storage = data;

  for (guint i = 0; i < N_CALLS; i++)
    {
      g_autoptr (GError) error = NULL;

      if (i % 2 == 0)
        {
          g_assert_null (loft_storage_read (storage, "a", 0, -1, NULL, &error));
          g_assert_error (error,
                          LOFT_STORAGE_ERROR,
                          LOFT_STORAGE_ERROR_UNAVAILABLE);
          continue;
        }
      g_assert_false (put (storage, "b", "b", &error));
      if (!g_error_matches (error,
                            LOFT_STORAGE_ERROR,
                            LOFT_STORAGE_ERROR_UNAVAILABLE))
        g_assert_error (error, LOFT_STORAGE_ERROR, LOFT_STORAGE_ERROR_UNKNOWN);
    }

  return NULL;
}

/* Once it is back something works again, without anybody's help. */
static void
wait_until_back (LoftStorage *storage)
{
  for (guint i = 0; i < 200; i++)
    {
      g_autoptr (GError) error = NULL;
      g_auto (GStrv) keys =
        loft_storage_list (storage, "", NULL, 0, NULL, &error);

      if (keys != NULL)
        return;
      g_assert_error (error,
                      LOFT_STORAGE_ERROR,
                      LOFT_STORAGE_ERROR_UNAVAILABLE);
      g_usleep (50 * G_TIME_SPAN_MILLISECOND);
    }
  g_assert_not_reached ();
}

/* An engine that hangs is asked a few times, not by everybody for ever; when it
 * answers again everything goes on. */
static void
test_hanging (void)
{
  S3Double *engine = s3_double_new (S3_MEMORY_GOOD);
  g_autoptr (GError) error = NULL;
  g_autoptr (LoftStorage) storage = open_double (engine, &error);
  GThread *threads[N_THREADS];

  g_assert_no_error (error);
  s3_double_set_hanging (engine, TRUE);
  guint before = s3_double_count_requests (engine);

  for (guint i = 0; i < N_THREADS; i++)
    threads[i] = g_thread_new ("call", call_thread, storage);
  for (guint i = 0; i < N_THREADS; i++)
    g_thread_join (threads[i]);
  g_assert_cmpuint (s3_double_count_requests (engine) - before,
                    <,
                    N_THREADS * N_CALLS / 2);

  s3_double_set_hanging (engine, FALSE);
  wait_until_back (storage);
  g_assert_true (put (storage, "c", "c", &error));
  g_assert_no_error (error);

  g_clear_object (&storage);
  s3_double_free (engine);
}

/* A process whose parent has the store open starts even while the engine is
 * away, and finds out for itself what it needs. */
static void
test_join (void)
{
  S3Double *engine = s3_double_new (S3_MEMORY_TAKES_PLAIN_ETAGS);
  g_autoptr (GKeyFile) config = s3_double_make_config (engine, "timeout=4");
  g_autoptr (LoftStorage) storage = g_object_new (LOFT_TYPE_S3_STORAGE, NULL);
  g_autoptr (GBytes) bytes = g_bytes_new_static ("text", 4);
  g_autoptr (GError) error = NULL;

  s3_double_set_hanging (engine, TRUE);
  loft_storage_join (storage, config, NULL, &error);
  g_assert_no_error (error);
  g_assert_false (put (storage, "a", "a", &error));
  g_clear_error (&error);

  s3_double_set_hanging (engine, FALSE);
  wait_until_back (storage);
  g_autofree char *first =
    loft_storage_replace (storage, "b", bytes, NULL, NULL, &error);
  g_assert_no_error (error);
  g_autofree char *second =
    loft_storage_replace (storage, "b", bytes, first, NULL, &error);
  g_assert_no_error (error);

  g_clear_object (&storage);
  s3_double_free (engine);
}

/* Nobody listens: that is told at once, as something that may pass. */
static void
test_nobody (void)
{
  S3Double *engine = s3_double_new (S3_MEMORY_GOOD);
  g_autoptr (GKeyFile) config = s3_double_make_config (engine, "timeout=4");
  g_autoptr (GError) error = NULL;

  s3_double_free (engine);
  g_assert_null (open_with (config, &error));
  g_assert_error (error, LOFT_STORAGE_ERROR, LOFT_STORAGE_ERROR_UNAVAILABLE);
  g_assert_null (strstr (error->message, "secret"));
}

/* Connections are used again. */
static void
test_connections (void)
{
  S3Double *engine = s3_double_new (S3_MEMORY_GOOD);
  g_autoptr (GError) error = NULL;
  g_autoptr (LoftStorage) storage = open_double (engine, &error);

  for (guint i = 0; i < 100; i++)
    {
      g_autofree char *key = g_strdup_printf ("%u", i);

      put (storage, key, "text", &error);
      g_assert_no_error (error);
    }
  g_assert_cmpuint (s3_double_count_requests (engine), >=, 100);
  g_assert_cmpuint (s3_double_count_connections (engine), <=, 2);

  g_clear_object (&storage);
  s3_double_free (engine);
}

/* A certificate for this machine, or NULL where openssl is missing. */
static GTlsCertificate *
make_certificate (const char *path, const char *key_path)
{
  const char *const command[] = {
    "openssl",  "req",
    "-x509",    "-newkey",
    "rsa:2048", "-nodes",
    "-days",    "2",
    "-subj",    "/CN=loft-registry",
    "-addext",  "subjectAltName=IP:127.0.0.1",
    "-keyout",  key_path,
    "-out",     path,
    NULL,
  };
  g_autoptr (GError) error = NULL;

  if (!g_spawn_sync (NULL,
                     (char **) command,
                     NULL,
                     G_SPAWN_SEARCH_PATH | G_SPAWN_STDERR_TO_DEV_NULL,
                     NULL,
                     NULL,
                     NULL,
                     NULL,
                     NULL,
                     NULL))
    return NULL;

  GTlsCertificate *certificate =
    g_tls_certificate_new_from_files (path, key_path, &error);
  g_assert_no_error (error);

  return certificate;
}

/* Over TLS the engine must show a certificate that is trusted; then bodies need
 * no digest, which they have otherwise. */
static void
test_tls (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *folder = g_dir_make_tmp ("loft-XXXXXX", &error);
  g_assert_no_error (error);
  g_autofree char *path = g_build_filename (folder, "cert.pem", NULL);
  g_autofree char *key_path = g_build_filename (folder, "key.pem", NULL);
  g_autofree char *lines = g_strdup_printf ("timeout=10\nca-file=%s", path);
  g_autoptr (GTlsCertificate) certificate = make_certificate (path, key_path);

  if (certificate == NULL)
    {
      g_test_skip ("There is no openssl");
      g_rmdir (folder);
      return;
    }

  S3Double *engine = s3_double_new_tls (S3_MEMORY_GOOD, certificate);
  g_autoptr (GKeyFile) foreign = s3_double_make_config (engine, "timeout=10");
  g_autoptr (GKeyFile) trusted = s3_double_make_config (engine, lines);

  g_assert_null (open_with (foreign, &error));
  g_assert_error (error, LOFT_STORAGE_ERROR, LOFT_STORAGE_ERROR_DENIED);
  g_test_message ("%s", error->message);
  g_assert_nonnull (strstr (error->message, "certificate"));
  g_clear_error (&error);

  g_autoptr (LoftStorage) storage = open_with (trusted, &error);
  g_assert_no_error (error);
  g_assert_true (put (storage, "a", "text", &error));
  g_autofree char *digest = s3_double_dup_digest (engine);
  g_assert_cmpstr (digest, ==, "UNSIGNED-PAYLOAD");

  g_clear_object (&storage);
  s3_double_free (engine);

  engine = s3_double_new (S3_MEMORY_GOOD);
  storage = open_double (engine, &error);
  g_assert_true (put (storage, "a", "text", &error));
  g_free (digest);
  digest = s3_double_dup_digest (engine);
  g_autofree char *expected =
    g_compute_checksum_for_string (G_CHECKSUM_SHA256, "text", -1);
  g_assert_cmpstr (digest, ==, expected);

  g_clear_object (&storage);
  s3_double_free (engine);
  g_unlink (path);
  g_unlink (key_path);
  g_rmdir (folder);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (bad_engines); i++)
    {
      g_autofree char *path =
        g_strconcat ("/s3-engine/bad/", bad_engines[i].name, NULL);

      g_test_add_data_func (path, &bad_engines[i], test_bad_engine);
    }
  g_test_add_func ("/s3-engine/good", test_good_engines);
  g_test_add_func ("/s3-engine/own-folder", test_own_folder);
  g_test_add_func ("/s3-engine/hanging", test_hanging);
  g_test_add_func ("/s3-engine/join", test_join);
  g_test_add_func ("/s3-engine/nobody", test_nobody);
  g_test_add_func ("/s3-engine/connections", test_connections);
  g_test_add_func ("/s3-engine/tls", test_tls);

  for (gsize i = 0; i < G_N_ELEMENTS (refusals); i++)
    {
      g_autofree char *path =
        g_strdup_printf ("/s3-engine/refusal/%" G_GSIZE_FORMAT, i);

      g_test_add_data_func (path, &refusals[i], test_refusal);
    }

  return g_test_run ();
}
