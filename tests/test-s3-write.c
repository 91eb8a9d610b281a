/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include <string.h>

#include "kit/s3-double.h"
#include "loft-s3-storage.h"

/* Every way in which a write may go wrong, with and without somebody else who
 * writes at the same moment, and two of them in a row. The double knows what
 * was really stored, so each answer of the backend can be checked. */

#define KEY "name/document"
#define NAME "p/" KEY
#define N_THREADS 32

typedef enum
{
  CREATE,
  CREATE_TAKEN,
  REPLACE_NOTHING,
  REPLACE_SEEN,
  N_OPERATIONS
} Operation;

typedef enum
{
  NOBODY,
  WRITER,
  REMOVER,
  N_MEDDLERS
} Meddling;

typedef struct
{
  S3Fate fate;
  guint status;
  const char *code;
  int refusal; /* what it means to be refused for good, or -1 */
} Fault;

static const Fault faults[] = {
  { S3_FATE_NORMAL, 0, NULL, -1 },
  { S3_FATE_LOST, 0, NULL, -1 },
  { S3_FATE_ANSWER_LOST, 0, NULL, -1 },
  { S3_FATE_HANGS, 0, NULL, -1 },
  { S3_FATE_ANSWER_HANGS, 0, NULL, -1 },
  { S3_FATE_LATE, 0, NULL, -1 },
  { S3_FATE_TWICE, 0, NULL, -1 },
  { S3_FATE_ANSWER_CUT, 0, NULL, -1 },
  { S3_FATE_REFUSED, 404, "NoSuchKey", -1 },
  { S3_FATE_REFUSED, 408, "RequestTimeout", -1 },
  { S3_FATE_REFUSED, 409, "ConditionalRequestConflict", -1 },
  { S3_FATE_REFUSED, 412, "PreconditionFailed", -1 },
  { S3_FATE_REFUSED, 429, "TooManyRequests", -1 },
  { S3_FATE_REFUSED, 500, "UnknownError", -1 },
  { S3_FATE_REFUSED, 502, NULL, -1 },
  { S3_FATE_REFUSED, 503, "SlowDown", -1 },
  { S3_FATE_REFUSED, 503, NULL, -1 },
  { S3_FATE_REFUSED, 504, NULL, -1 },
  { S3_FATE_DONE_REFUSED, 404, NULL, -1 },
  { S3_FATE_DONE_REFUSED, 409, "OperationAborted", -1 },
  { S3_FATE_DONE_REFUSED, 412, "PreconditionFailed", -1 },
  { S3_FATE_DONE_REFUSED, 500, "InternalError", -1 },
  { S3_FATE_DONE_REFUSED, 502, NULL, -1 },
  { S3_FATE_DONE_REFUSED, 503, NULL, -1 },
  { S3_FATE_DONE_REFUSED, 504, NULL, -1 },
  { S3_FATE_REFUSED, 400, "InvalidRequest", LOFT_STORAGE_ERROR_FAILED },
  { S3_FATE_REFUSED, 403, "AccessDenied", LOFT_STORAGE_ERROR_DENIED },
  { S3_FATE_REFUSED, 403, "QuotaExceeded", LOFT_STORAGE_ERROR_NO_SPACE },
  { S3_FATE_REFUSED, 501, "NotImplemented", LOFT_STORAGE_ERROR_FAILED },
  { S3_FATE_REFUSED, 507, NULL, LOFT_STORAGE_ERROR_NO_SPACE },
};

typedef struct
{
  Operation operation;
  const Fault *fault;
  const Fault *look; /* nullable: what becomes of looking at it */
  Meddling meddling;
} Case;

static LoftStorage *
open_double (S3Double *engine)
{
  g_autoptr (GKeyFile) config = s3_double_make_config (engine, "timeout=3");
  g_autoptr (GError) error = NULL;
  LoftStorage *storage = g_object_new (LOFT_TYPE_S3_STORAGE, NULL);

  loft_storage_open (storage, config, NULL, &error);
  g_assert_no_error (error);

  return storage;
}

/* As the backend of another server would: it takes the marks along. */
static void
write_meddler (S3Memory *memory, const char *name, gpointer data)
{
  g_autofree char *writes = s3_memory_get_writes (memory, name);
  g_autofree char *chain =
    g_strconcat ("theirs", writes != NULL ? " " : "", writes, NULL);

  if (g_str_equal (name, NAME))
    s3_memory_put (memory, name, "theirs", chain);
}

static void
remove_meddler (S3Memory *memory, const char *name, gpointer data)
{
  if (g_str_equal (name, NAME))
    s3_memory_remove (memory, name);
}

static gboolean
operate (LoftStorage *storage,
         Operation operation,
         const char *etag,
         GError **error)
{
  g_autoptr (GBytes) bytes = g_bytes_new_static ("ours", 4);
  g_autoptr (GInputStream) stream =
    g_memory_input_stream_new_from_bytes (bytes);

  if (operation == CREATE || operation == CREATE_TAKEN)
    return loft_storage_create (storage, KEY, stream, 4, NULL, error);

  g_autofree char *new_etag =
    loft_storage_replace (storage, KEY, bytes, etag, NULL, error);

  return new_etag != NULL;
}

/* What was stored is what the caller was told, now and later. */
static void
check_truth (const Case *test, S3Memory *memory, gboolean done, GError *error)
{
  guint applied = s3_memory_count_applied (memory, "ours");

  if (done)
    g_assert_cmpuint (applied, >=, 1);
  else if (!g_error_matches (error,
                             LOFT_STORAGE_ERROR,
                             LOFT_STORAGE_ERROR_UNKNOWN))
    g_assert_cmpuint (applied, ==, 0);

  if (test->meddling == NOBODY)
    g_assert_cmpuint (applied, <=, 1);
}

/* Where nobody else is and one thing goes wrong, the outcome is certain. */
static void
check_outcome (const Case *test, gboolean done, GError *error)
{
  if (test->meddling != NOBODY || test->look != NULL)
    return;

  if (test->fault->refusal != -1)
    g_assert_error (error, LOFT_STORAGE_ERROR, test->fault->refusal);
  else if (test->operation == CREATE_TAKEN)
    g_assert_error (error, LOFT_STORAGE_ERROR, LOFT_STORAGE_ERROR_EXISTS);
  else
    g_assert_no_error (error);
  g_assert_true (done == (error == NULL));
}

static void
run_case (gpointer data, gpointer user_data)
{
  const Case *test = data;
  S3Double *engine = s3_double_new (S3_MEMORY_GOOD);
  S3Memory *memory = s3_double_get_memory (engine);
  LoftStorage *storage = open_double (engine);
  g_autofree char *etag = NULL;
  g_autoptr (GError) error = NULL;

  if (test->operation == CREATE_TAKEN)
    s3_memory_put (memory, NAME, "before", "mark");
  if (test->operation == REPLACE_SEEN)
    {
      g_autoptr (GBytes) bytes = g_bytes_new_static ("before", 6);

      etag = loft_storage_replace (storage, KEY, bytes, NULL, NULL, &error);
      g_assert_no_error (error);
    }

  if (test->meddling != NOBODY)
    s3_double_set_meddler (engine,
                           test->meddling == WRITER ? write_meddler
                                                    : remove_meddler,
                           NULL);
  s3_double_plan (engine,
                  "PUT",
                  test->fault->fate,
                  test->fault->status,
                  test->fault->code);
  if (test->look != NULL)
    s3_double_plan (engine,
                    "HEAD",
                    test->look->fate,
                    test->look->status,
                    test->look->code);

  gboolean done = operate (storage, test->operation, etag, &error);

  s3_double_release (engine);
  g_test_message ("operation %d, fate %d (%u %s), look %d, meddling %d: %s",
                  test->operation,
                  test->fault->fate,
                  test->fault->status,
                  test->fault->code,
                  test->look != NULL ? (int) test->look->fate : -1,
                  test->meddling,
                  done ? "done" : error->message);
  check_outcome (test, done, error);
  check_truth (test, memory, done, error);
  if (test->look == NULL)
    g_assert_cmpuint (s3_double_count_plans (engine), ==, 0);

  g_object_unref (storage);
  s3_double_free (engine);
}

static void
run_cases (GArray *cases)
{
  GThreadPool *pool = g_thread_pool_new (run_case, NULL, N_THREADS, TRUE, NULL);

  for (guint i = 0; i < cases->len; i++)
    g_thread_pool_push (pool, &g_array_index (cases, Case, i), NULL);
  g_thread_pool_free (pool, FALSE, TRUE);
}

/* One thing goes wrong, whatever else happens. */
static void
test_one_fault (gconstpointer data)
{
  Operation operation = (Operation) GPOINTER_TO_INT (data);
  g_autoptr (GArray) cases = g_array_new (FALSE, FALSE, sizeof (Case));

  for (gsize i = 0; i < G_N_ELEMENTS (faults); i++)
    for (Meddling meddling = 0; meddling < N_MEDDLERS; meddling++)
      {
        Case test = { operation, &faults[i], NULL, meddling };

        g_array_append_val (cases, test);
      }
  run_cases (cases);
}

/* A second thing goes wrong when the first is looked at. */
static void
test_two_faults (gconstpointer data)
{
  static const Fault looks[] = {
    { S3_FATE_LOST, 0, NULL, -1 },
    { S3_FATE_HANGS, 0, NULL, -1 },
    { S3_FATE_REFUSED, 403, NULL, -1 },
    { S3_FATE_REFUSED, 500, NULL, -1 },
  };
  Operation operation = (Operation) GPOINTER_TO_INT (data);
  g_autoptr (GArray) cases = g_array_new (FALSE, FALSE, sizeof (Case));

  for (gsize i = 0; i < G_N_ELEMENTS (faults); i++)
    for (gsize j = 0; j < G_N_ELEMENTS (looks); j++)
      for (Meddling meddling = 0; meddling < REMOVER; meddling++)
        {
          Case test = { operation, &faults[i], &looks[j], meddling };

          g_array_append_val (cases, test);
        }
  run_cases (cases);
}

typedef struct
{
  S3Double *engine;     /* owned */
  LoftStorage *storage; /* owned */
} Fixture;

static void
setup (Fixture *fixture, gconstpointer test_data)
{
  fixture->engine = s3_double_new (S3_MEMORY_GOOD);
  fixture->storage = open_double (fixture->engine);
}

static void
teardown (Fixture *fixture, gconstpointer test_data)
{
  g_assert_finalize_object (fixture->storage);
  s3_double_free (fixture->engine);
}

/* A write that was given up and takes effect later is not hidden by a second
 * try of the caller: both bear marks of their own, one of them wins. */
static void
test_late_twin (Fixture *fixture, gconstpointer test_data)
{
  S3Memory *memory = s3_double_get_memory (fixture->engine);
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < 2; i++)
    s3_double_plan (fixture->engine, "PUT", S3_FATE_LATE, 0, NULL);
  g_assert_false (operate (fixture->storage, CREATE, NULL, &error));
  g_assert_error (error, LOFT_STORAGE_ERROR, LOFT_STORAGE_ERROR_UNKNOWN);
  g_clear_error (&error);

  s3_double_release (fixture->engine);
  g_assert_cmpuint (s3_memory_count_applied (memory, "ours"), ==, 1);
  /* For a moment the engine counts as away. */
  for (guint i = 0; i < 200; i++)
    {
      g_clear_error (&error);
      g_assert_false (operate (fixture->storage, CREATE, NULL, &error));
      if (!g_error_matches (error,
                            LOFT_STORAGE_ERROR,
                            LOFT_STORAGE_ERROR_UNAVAILABLE))
        break;
      g_usleep (50 * G_TIME_SPAN_MILLISECOND);
    }
  g_assert_error (error, LOFT_STORAGE_ERROR, LOFT_STORAGE_ERROR_EXISTS);
  s3_double_release (fixture->engine);
  g_assert_cmpuint (s3_memory_count_applied (memory, "ours"), ==, 1);
}

/* However many follow, whoever wrote a document recognises its write; only
 * after more than a dozen it can't. */
static void
test_long_chain (Fixture *fixture, gconstpointer test_data)
{
  g_autofree char *etag = NULL;

  for (guint i = 0; i < 40; i++)
    {
      g_autofree char *text = g_strdup_printf ("revision %u", i);
      g_autoptr (GBytes) bytes = g_bytes_new (text, strlen (text));
      g_autoptr (GError) error = NULL;

      s3_double_plan (fixture->engine,
                      "PUT",
                      i % 2 == 0 ? S3_FATE_ANSWER_LOST : S3_FATE_TWICE,
                      0,
                      NULL);
      char *next =
        loft_storage_replace (fixture->storage, KEY, bytes, etag, NULL, &error);
      g_assert_no_error (error);
      g_free (etag);
      etag = next;
    }

  g_autofree char *writes =
    s3_memory_get_writes (s3_double_get_memory (fixture->engine), NAME);
  g_auto (GStrv) marks = g_strsplit (writes, " ", -1);
  g_assert_cmpuint (g_strv_length (marks), ==, 16);
}

/* A document that another tool has put there can be replaced, too. */
static void
test_unmarked (Fixture *fixture, gconstpointer test_data)
{
  S3Memory *memory = s3_double_get_memory (fixture->engine);
  const S3Fate fates[] = { S3_FATE_NORMAL,
                           S3_FATE_LOST,
                           S3_FATE_ANSWER_LOST,
                           S3_FATE_TWICE };

  for (gsize i = 0; i < G_N_ELEMENTS (fates); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autofree char *etag =
        g_compute_checksum_for_string (G_CHECKSUM_MD5, "foreign", -1);

      s3_memory_put (memory, NAME, "foreign", NULL);
      s3_double_plan (fixture->engine, "PUT", fates[i], 0, NULL);
      g_assert_true (operate (fixture->storage, REPLACE_SEEN, etag, &error));
      g_assert_no_error (error);
      g_assert_false (operate (fixture->storage, REPLACE_SEEN, etag, &error));
      g_assert_error (error, LOFT_STORAGE_ERROR, LOFT_STORAGE_ERROR_CHANGED);
    }
}

/* An object is removed once nobody finds it any more, whatever the engine
 * says on the way. */
static void
test_remove (Fixture *fixture, gconstpointer test_data)
{
  S3Memory *memory = s3_double_get_memory (fixture->engine);
  const Fault fates[] = {
    { S3_FATE_NORMAL, 0, NULL, -1 },
    { S3_FATE_LOST, 0, NULL, -1 },
    { S3_FATE_ANSWER_LOST, 0, NULL, -1 },
    { S3_FATE_HANGS, 0, NULL, -1 },
    { S3_FATE_TWICE, 0, NULL, -1 },
    { S3_FATE_REFUSED, 500, NULL, -1 },
    { S3_FATE_REFUSED, 204, NULL, -1 },
    { S3_FATE_DONE_REFUSED, 500, NULL, -1 },
    { S3_FATE_DONE_REFUSED, 404, "NoSuchKey", -1 },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (fates); i++)
    {
      g_autoptr (GError) error = NULL;

      s3_memory_put (memory, NAME, "text", "mark");
      s3_double_plan (fixture->engine,
                      "DELETE",
                      fates[i].fate,
                      fates[i].status,
                      fates[i].code);
      loft_storage_remove (fixture->storage, KEY, NULL, &error);
      g_assert_no_error (error);
      g_assert_cmpuint (s3_double_count_plans (fixture->engine), ==, 0);
      g_assert_cmpuint (s3_memory_count (memory), ==, 0);
      s3_double_release (fixture->engine);

      g_assert_false (
        loft_storage_remove (fixture->storage, KEY, NULL, &error));
      g_assert_error (error, LOFT_STORAGE_ERROR, LOFT_STORAGE_ERROR_NOT_FOUND);
    }
}

int
main (int argc, char **argv)
{
  static const char *const names[] = {
    "create",
    "create-taken",
    "replace-nothing",
    "replace-seen",
  };

  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  for (Operation i = 0; i < N_OPERATIONS; i++)
    {
      g_autofree char *one = g_strconcat ("/s3-write/one/", names[i], NULL);
      g_autofree char *two = g_strconcat ("/s3-write/two/", names[i], NULL);

      g_test_add_data_func (one, GINT_TO_POINTER (i), test_one_fault);
      g_test_add_data_func (two, GINT_TO_POINTER (i), test_two_faults);
    }

#define ADD(path, func) g_test_add (path, Fixture, NULL, setup, func, teardown)

  ADD ("/s3-write/late-twin", test_late_twin);
  ADD ("/s3-write/long-chain", test_long_chain);
  ADD ("/s3-write/unmarked", test_unmarked);
  ADD ("/s3-write/remove", test_remove);

  return g_test_run ();
}
