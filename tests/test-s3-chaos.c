/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include <string.h>

#include "kit/s3-double.h"
#include "loft-s3-storage.h"

/* Writers on a network in which a quarter of all requests comes to grief: they
 * or their answers get lost, are cut, delayed, doubled, or answered with an
 * error although they were done. Behind it is a store in memory, or the engine
 * that LOFT_TEST_CONFIG names. */

#define CHAOS 25
#define N_WRITERS 4
#define N_TOKENS 10
#define N_KEYS 24
#define N_TRIES 500
#define DOCUMENT "chaos/document"

typedef struct
{
  S3Double *engine;     /* owned */
  LoftStorage *storage; /* owned */
  char *folder;         /* owned: where this test has its keys */
} Fixture;

static GKeyFile *
make_config (S3Double **out_engine)
{
  const char *path = g_getenv ("LOFT_TEST_CONFIG");
  g_autoptr (GError) error = NULL;

  if (path == NULL)
    {
      *out_engine = s3_double_new (S3_MEMORY_GOOD);
      return s3_double_make_config (*out_engine, "timeout=2");
    }

  GKeyFile *config = g_key_file_new ();
  g_key_file_load_from_file (config, path, G_KEY_FILE_NONE, &error);
  g_assert_no_error (error);
  g_autofree char *endpoint =
    g_key_file_get_string (config, "s3", "endpoint", NULL);
  g_autoptr (GUri) uri = g_uri_parse (endpoint, G_URI_FLAGS_NONE, &error);
  g_assert_no_error (error);

  *out_engine = s3_double_new_proxy ((guint16) g_uri_get_port (uri));
  g_autofree char *own = s3_double_format_uri (*out_engine);
  g_key_file_set_string (config, "s3", "endpoint", own);
  g_key_file_set_string (config, "s3", "timeout", "2");

  return config;
}

static void
setup (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GKeyFile) config = make_config (&fixture->engine);
  g_autoptr (GError) error = NULL;

  fixture->folder = g_uuid_string_random ();
  fixture->storage = g_object_new (LOFT_TYPE_S3_STORAGE, NULL);
  loft_storage_open (fixture->storage, config, NULL, &error);
  g_assert_no_error (error);
  s3_double_set_chaos (fixture->engine, CHAOS);
}

static void
teardown (Fixture *fixture, gconstpointer test_data)
{
  g_assert_finalize_object (fixture->storage);
  s3_double_free (fixture->engine);
  g_free (fixture->folder);
}

static gboolean
is_code (const GError *error, LoftStorageError code)
{
  return g_error_matches (error, LOFT_STORAGE_ERROR, (int) code);
}

/* The whole content, however often that has to be tried; "" for nothing. */
static char *
read_text (LoftStorage *storage, const char *key, char **out_etag)
{
  for (guint i = 0; i < N_TRIES; i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (LoftObject) object =
        loft_storage_read (storage, key, 0, -1, NULL, &error);

      g_clear_pointer (out_etag, g_free);
      if (object != NULL)
        {
          gsize size = 0;
          const char *data =
            g_bytes_get_data (loft_object_get_bytes (object), &size);

          *out_etag = g_strdup (loft_object_get_etag (object));
          return g_strndup (data != NULL ? data : "", size);
        }
      if (is_code (error, LOFT_STORAGE_ERROR_NOT_FOUND))
        return g_strdup ("");
      g_assert_error (error,
                      LOFT_STORAGE_ERROR,
                      LOFT_STORAGE_ERROR_UNAVAILABLE);
      g_usleep (20 * G_TIME_SPAN_MILLISECOND);
    }

  g_assert_not_reached ();
}

static gboolean
append_once (LoftStorage *storage,
             const char *key,
             const char *token,
             gboolean *unsure)
{
  g_autofree char *etag = NULL;
  g_autofree char *text = read_text (storage, key, &etag);
  g_autofree char *next = g_strconcat (text, token, "\n", NULL);
  g_autoptr (GBytes) bytes = g_bytes_new (next, strlen (next));
  g_autoptr (GError) error = NULL;

  /* Only what nobody could be sure of may have happened after all. */
  if (strstr (text, token) != NULL)
    {
      g_assert_true (*unsure);
      return TRUE;
    }

  g_autofree char *new_etag =
    loft_storage_replace (storage, key, bytes, etag, NULL, &error);
  if (new_etag != NULL)
    return TRUE;

  if (is_code (error, LOFT_STORAGE_ERROR_UNKNOWN))
    *unsure = TRUE;
  else if (!is_code (error, LOFT_STORAGE_ERROR_CHANGED))
    g_assert_error (error, LOFT_STORAGE_ERROR, LOFT_STORAGE_ERROR_UNAVAILABLE);

  return FALSE;
}

typedef struct
{
  Fixture *fixture; /* not owned */
  guint n;
  guint n_unsure;
  LoftStorageError errors[N_KEYS];
  gboolean done[N_KEYS];
} Writer;

static gpointer
append_thread (gpointer data)
{
  Writer *writer = data;
  g_autofree char *key =
    g_strconcat (writer->fixture->folder, "/" DOCUMENT, NULL);

  for (guint i = 0; i < N_TOKENS; i++)
    {
      g_autofree char *token = g_strdup_printf ("<%u-%u>", writer->n, i);
      gboolean unsure = FALSE;
      guint tries = 0;

      while (!append_once (writer->fixture->storage, key, token, &unsure))
        g_assert_cmpuint (++tries, <, N_TRIES);
      writer->n_unsure += unsure ? 1 : 0;
    }

  return NULL;
}

static void
run (Fixture *fixture, Writer *writers, GThreadFunc function)
{
  GThread *threads[N_WRITERS];

  for (guint i = 0; i < N_WRITERS; i++)
    {
      writers[i].fixture = fixture;
      writers[i].n = i;
      threads[i] = g_thread_new ("writer", function, &writers[i]);
    }
  for (guint i = 0; i < N_WRITERS; i++)
    g_thread_join (threads[i]);
  s3_double_set_chaos (fixture->engine, 0);
}

/* What each writer has added to one document is there once, whatever became of
 * the requests. */
static void
test_append (Fixture *fixture, gconstpointer test_data)
{
  Writer writers[N_WRITERS] = { 0 };
  g_autofree char *key = g_strconcat (fixture->folder, "/" DOCUMENT, NULL);
  g_autofree char *etag = NULL;
  guint n_unsure = 0;

  run (fixture, writers, append_thread);

  g_autofree char *text = read_text (fixture->storage, key, &etag);
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  g_assert_cmpuint (g_strv_length (lines), ==, N_WRITERS * N_TOKENS + 1);
  for (guint i = 0; i < N_WRITERS; i++)
    {
      n_unsure += writers[i].n_unsure;
      for (guint j = 0; j < N_TOKENS; j++)
        {
          g_autofree char *token = g_strdup_printf ("<%u-%u>", i, j);

          g_assert_true (g_strv_contains ((const char *const *) lines, token));
        }
    }
  g_test_message ("%u of %u were unsure for a while",
                  n_unsure,
                  N_WRITERS * N_TOKENS);
}

static gpointer
create_thread (gpointer data)
{
  Writer *writer = data;

  for (guint i = 0; i < N_KEYS; i++)
    {
      g_autofree char *key =
        g_strdup_printf ("%s/%u", writer->fixture->folder, i);
      g_autofree char *text = g_strdup_printf ("by %u", writer->n);
      g_autoptr (GInputStream) stream =
        g_memory_input_stream_new_from_data (text, -1, NULL);
      g_autoptr (GError) error = NULL;

      writer->done[i] = loft_storage_create (writer->fixture->storage,
                                             key,
                                             stream,
                                             (goffset) strlen (text),
                                             NULL,
                                             &error);
      if (error != NULL)
        {
          g_assert_true (error->domain == LOFT_STORAGE_ERROR);
          writer->errors[i] = (LoftStorageError) error->code;
        }
    }

  return NULL;
}

/* Of those who create one object one is told that it did, and it did. */
static void
test_create (Fixture *fixture, gconstpointer test_data)
{
  Writer writers[N_WRITERS] = { 0 };
  guint n_done = 0;

  run (fixture, writers, create_thread);

  for (guint i = 0; i < N_KEYS; i++)
    {
      g_autofree char *key = g_strdup_printf ("%s/%u", fixture->folder, i);
      g_autofree char *etag = NULL;
      g_autofree char *text = read_text (fixture->storage, key, &etag);

      for (guint j = 0; j < N_WRITERS; j++)
        {
          g_autofree char *own = g_strdup_printf ("by %u", j);

          if (writers[j].done[i])
            {
              g_assert_cmpstr (text, ==, own);
              n_done++;
            }
          else if (writers[j].errors[i] != LOFT_STORAGE_ERROR_UNKNOWN)
            g_assert_cmpstr (text, !=, own);
        }
    }
  g_test_message ("%u of %u were told that they did", n_done, N_KEYS);
  g_assert_cmpuint (n_done, <=, N_KEYS);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

#define ADD(path, func) g_test_add (path, Fixture, NULL, setup, func, teardown)

  ADD ("/s3-chaos/append", test_append);
  ADD ("/s3-chaos/create", test_create);

  return g_test_run ();
}
