/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include <string.h>

#include "kit/s3-double.h"
#include "loft-s3-storage.h"
#include "loft-s3-xml.h"

#define KEY "large"
#define NAME "p/" KEY
#define SIZE (9 * 1024 * 1024)

typedef struct
{
  S3Double *engine;     /* owned */
  LoftStorage *storage; /* owned */
  char *text;           /* owned: what the large object holds */
} Fixture;

static void
setup (Fixture *fixture, gconstpointer test_data)
{
  S3MemoryFlags flags = (S3MemoryFlags) GPOINTER_TO_INT (test_data);
  g_autoptr (GKeyFile) config = NULL;
  g_autoptr (GError) error = NULL;

  fixture->engine = s3_double_new (flags);
  config = s3_double_make_config (fixture->engine, "timeout=4");
  fixture->storage = g_object_new (LOFT_TYPE_S3_STORAGE, NULL);
  /* Not all of these engines would be let in. */
  loft_storage_join (fixture->storage, config, NULL, &error);
  g_assert_no_error (error);

  fixture->text = g_malloc (SIZE + 1);
  for (gsize i = 0; i < SIZE; i++)
    fixture->text[i] = (char) ('!' + (i * 7 + i / 251) % 90);
  fixture->text[SIZE] = '\0';
  s3_memory_put (s3_double_get_memory (fixture->engine),
                 NAME,
                 fixture->text,
                 "mark");
}

static void
teardown (Fixture *fixture, gconstpointer test_data)
{
  s3_double_release (fixture->engine);
  g_assert_finalize_object (fixture->storage);
  s3_double_free (fixture->engine);
  g_free (fixture->text);
}

static char *
read_all (LoftStorage *storage, GError **error)
{
  g_autoptr (LoftObject) object =
    loft_storage_read (storage, KEY, 0, -1, NULL, error);
  if (object == NULL)
    return NULL;

  g_autoptr (GBytes) bytes = loft_object_load (object, SIZE, NULL, error);
  if (bytes == NULL)
    return NULL;

  return g_strndup (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
}

typedef struct
{
  S3Fate fate;
  guint status;
} Fault;

/* Whatever happens to an answer, and wherever it was cut before, the rest is
 * asked for, and the whole is right. */
static void
test_faults (Fixture *fixture, gconstpointer test_data)
{
  static const Fault faults[] = {
    { S3_FATE_LOST, 0 },        { S3_FATE_ANSWER_CUT, 0 },
    { S3_FATE_HANGS, 0 },       { S3_FATE_REFUSED, 500 },
    { S3_FATE_REFUSED, 503 },   { S3_FATE_REFUSED, 429 },
    { S3_FATE_ANSWER_LOST, 0 },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (faults); i++)
    for (guint before = 0; before < 3; before++)
      {
        g_autoptr (GError) error = NULL;

        for (guint n = 0; n < before; n++)
          s3_double_plan (fixture->engine, "GET", S3_FATE_ANSWER_CUT, 0, NULL);
        s3_double_plan (fixture->engine,
                        "GET",
                        faults[i].fate,
                        faults[i].status,
                        NULL);
        g_autofree char *text = read_all (fixture->storage, &error);
        g_assert_no_error (error);
        g_assert_cmpuint (s3_double_count_plans (fixture->engine), ==, 0);
        g_assert_true (g_str_equal (text, fixture->text));
      }
}

/* An object that is not there any more, or another, is told as such in the
 * midst of reading. */
static void
test_changed (Fixture *fixture, gconstpointer test_data)
{
  S3Memory *memory = s3_double_get_memory (fixture->engine);
  g_autoptr (GError) error = NULL;

  for (guint removed = 0; removed < 2; removed++)
    {
      int code =
        removed ? LOFT_STORAGE_ERROR_NOT_FOUND : LOFT_STORAGE_ERROR_CORRUPT;

      s3_double_plan (fixture->engine, "GET", S3_FATE_ANSWER_CUT, 0, NULL);
      g_autoptr (LoftObject) object =
        loft_storage_read (fixture->storage, KEY, 0, -1, NULL, &error);
      g_assert_no_error (error);

      if (removed)
        s3_memory_remove (memory, NAME);
      else
        {
          fixture->text[SIZE - 1] = '?';
          s3_memory_put (memory, NAME, fixture->text, "other");
        }
      g_assert_null (loft_object_load (object, SIZE, NULL, &error));
      g_assert_error (error, LOFT_STORAGE_ERROR, code);
      g_clear_error (&error);
    }
}

/* Who does not want to wait does not wait for the engine. */
static void
test_cancelled (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;

  guint before = s3_double_count_requests (fixture->engine);

  g_cancellable_cancel (cancellable);
  g_assert_null (
    loft_storage_read (fixture->storage, KEY, 0, -1, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&error);
  g_assert_null (
    loft_storage_list (fixture->storage, "", NULL, 0, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_cmpuint (s3_double_count_requests (fixture->engine), ==, before);
}

/* Without its bucket nothing is missing: all is unavailable. */
static void
test_no_bucket (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (
    loft_storage_read (fixture->storage, KEY, 0, -1, NULL, &error));
  g_assert_error (error, LOFT_STORAGE_ERROR, LOFT_STORAGE_ERROR_UNAVAILABLE);
  g_clear_error (&error);
  g_assert_null (loft_storage_read (fixture->storage, KEY, 0, 0, NULL, &error));
  g_assert_error (error, LOFT_STORAGE_ERROR, LOFT_STORAGE_ERROR_UNAVAILABLE);
  g_clear_error (&error);
  g_assert_null (
    loft_storage_list (fixture->storage, "", NULL, 0, NULL, &error));
  g_assert_error (error, LOFT_STORAGE_ERROR, LOFT_STORAGE_ERROR_UNAVAILABLE);
  g_clear_error (&error);
  g_assert_false (loft_storage_remove (fixture->storage, KEY, NULL, &error));
  g_assert_error (error, LOFT_STORAGE_ERROR, LOFT_STORAGE_ERROR_UNAVAILABLE);
}

/* An address says for how long it is good, and not by which secret. */
static void
test_redirect (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *url =
    loft_storage_redirect (fixture->storage, "a b/c", 60, NULL, &error);

  g_assert_no_error (error);
  g_assert_true (loft_storage_get_features (fixture->storage) &
                 LOFT_STORAGE_FEATURE_REDIRECT);
  g_assert_nonnull (strstr (url, "/bucket/p/a%20b/c?"));
  g_assert_nonnull (strstr (url, "X-Amz-Expires=60&"));
  g_assert_nonnull (strstr (url, "X-Amz-Credential=me%2F"));
  g_assert_null (strstr (url, "secret"));
}

/* Lists of any length are complete, and what is in the bucket beside our
 * objects is not in them. */
static void
test_list (Fixture *fixture, gconstpointer test_data)
{
  S3Memory *memory = s3_double_get_memory (fixture->engine);
  g_autoptr (GError) error = NULL;
  static const char *const foreign[] = {
    "other", "p", "p/", "p/a/", "p/a//b", "p/./x", "q/x",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (foreign); i++)
    s3_memory_put (memory, foreign[i], "x", NULL);
  s3_memory_remove (memory, NAME);
  for (guint i = 0; i < 2500; i++)
    {
      g_autofree char *name = g_strdup_printf ("p/n+ &<%05u", i);

      s3_memory_put (memory, name, "x", NULL);
    }

  g_auto (GStrv) keys =
    loft_storage_list (fixture->storage, "", NULL, 0, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (g_strv_length (keys), ==, 2500);
  g_assert_cmpstr (keys[1234], ==, "n+ &<01234");

  /* What is skipped is made up for. */
  g_auto (GStrv) one =
    loft_storage_list (fixture->storage, NULL, NULL, 1, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (g_strv_length (one), ==, 1);
  g_assert_cmpstr (one[0], ==, "n+ &<00000");
}

/* A list in no order would hide what comes after it, so it is none. */
static void
test_list_backwards (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;

  s3_memory_put (s3_double_get_memory (fixture->engine), "p/a", "x", NULL);
  g_assert_null (
    loft_storage_list (fixture->storage, "", NULL, 0, NULL, &error));
  g_assert_error (error, LOFT_STORAGE_ERROR, LOFT_STORAGE_ERROR_FAILED);
}

#define PAGE(content) "<ListBucketResult>" content "</ListBucketResult>"

/* What is no list is a failure, and never a short list. */
static void
test_xml (void)
{
  static const char *const bad[] = {
    "",
    "text",
    "<ListBucketResult>",
    "<Other/>",
    PAGE ("<Contents><Key>a</Contents>"),
    PAGE ("<IsTruncated>true</IsTruncated>"),
    PAGE ("<Contents><Key>&unknown;</Key></Contents>"),
    PAGE (
      "<EncodingType>url</EncodingType><Contents><Key>%zz</Key></Contents>"),
    PAGE (
      "<EncodingType>url</EncodingType><Contents><Key>%00</Key></Contents>"),
    "<!DOCTYPE a [<!ENTITY e \"eeee\">]><ListBucketResult>&e;"
    "</ListBucketResult>",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (GBytes) bytes = g_bytes_new (bad[i], strlen (bad[i]));
      g_autoptr (GError) error = NULL;

      g_assert_null (loft_s3_xml_parse_page (bytes, &error));
      g_assert_error (error, LOFT_STORAGE_ERROR, LOFT_STORAGE_ERROR_FAILED);
    }

  static const char good[] =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>"
    "<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
    "<Prefix>x</Prefix><Contents><Owner><ID>Key</ID></Owner>"
    "<Key>a&amp;b</Key></Contents><CommonPrefixes><Key>c</Key>"
    "</CommonPrefixes><IsTruncated>true</IsTruncated>"
    "<NextContinuationToken>t&#43;</NextContinuationToken></ListBucketResult>";
  g_autoptr (GBytes) bytes = g_bytes_new_static (good, strlen (good));
  g_autoptr (GError) error = NULL;
  g_autoptr (LoftS3Page) page = loft_s3_xml_parse_page (bytes, &error);

  g_assert_no_error (error);
  g_assert_cmpuint (page->keys->len, ==, 1);
  g_assert_cmpstr (g_ptr_array_index (page->keys, 0), ==, "a&b");
  g_assert_cmpstr (page->next, ==, "t+");
}

/* What an engine says of a mistake fits into a line of a log. */
static void
test_xml_message (void)
{
  g_autofree char *filler = g_strnfill (100000, 'x');
  g_autofree char *text =
    g_strconcat ("<Error><Code>A</Code><Message>one\ntwo\x1b[31m",
                 "</Message><Other>",
                 filler,
                 "</Other></Error>",
                 NULL);
  g_autofree char *long_text =
    g_strconcat ("<Error><Message>", filler, "</Message></Error>", NULL);
  g_autoptr (GBytes) bytes = g_bytes_new (text, strlen (text));
  g_autoptr (GBytes) long_bytes = g_bytes_new (long_text, strlen (long_text));
  g_autofree char *code = loft_s3_xml_find (bytes, "Code");
  g_autofree char *message = loft_s3_xml_find (bytes, "Message");
  g_autofree char *long_message = loft_s3_xml_find (long_bytes, "Message");

  g_assert_cmpstr (code, ==, "A");
  g_assert_cmpstr (message, ==, "one two [31m");
  g_assert_null (loft_s3_xml_find (bytes, "Nothing"));
  g_assert_cmpuint (strlen (long_message), <=, 300);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

#define ADD(path, flags, func)                                                 \
  g_test_add (path, Fixture, GINT_TO_POINTER (flags), setup, func, teardown)

  ADD ("/s3-read/faults", S3_MEMORY_GOOD, test_faults);
  ADD ("/s3-read/changed", S3_MEMORY_GOOD, test_changed);
  ADD ("/s3-read/cancelled", S3_MEMORY_GOOD, test_cancelled);
  ADD ("/s3-read/no-bucket", S3_MEMORY_HAS_NO_BUCKET, test_no_bucket);
  ADD ("/s3-read/redirect", S3_MEMORY_GOOD, test_redirect);
  ADD ("/s3-list/all", S3_MEMORY_GOOD, test_list);
  ADD ("/s3-list/backwards", S3_MEMORY_LISTS_BACKWARDS, test_list_backwards);
  g_test_add_func ("/s3-xml/pages", test_xml);
  g_test_add_func ("/s3-xml/messages", test_xml_message);

  return g_test_run ();
}
