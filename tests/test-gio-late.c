/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include "kit/relay-kit.h"
#include "kit/storage-kit.h"
#include "loft-gio-storage.h"

/* Writes that arrive late
 *
 * Between the backend and a real server is a network that keeps back what is
 * sent from a certain call on. The backend gives up, and goes on by other
 * connections. Then what was kept back is delivered. Each case comes twice:
 * once the late write is all that happens, which shows that it has its effect;
 * and once it comes when the key was written anew, which must be left alone. */

#define KEY "late/document"
#define FILE_IN_STORE "late/document"
#define TRIES 200

typedef struct
{
  Relay *relay;         /* owned */
  LoftStorage *storage; /* owned */
} Fixture;

/* When the network begins to keep things back. */
static Relay *held_relay = NULL;
static int renames_left = 0;
static int closes_left = 0;

static void
count_down (int *left)
{
  if (g_atomic_int_get (left) > 0 && g_atomic_int_dec_and_test (left))
    relay_hold (held_relay);
}

/* The backend is linked into this program, and so it calls these. */
GFile *
g_file_set_display_name (GFile *file,
                         const char *display_name,
                         GCancellable *cancellable,
                         GError **error)
{
  GFile *(*real) (GFile *, const char *, GCancellable *, GError **) = NULL;

  *(void **) &real = dlsym (RTLD_NEXT, "g_file_set_display_name");
  count_down (&renames_left);

  return real (file, display_name, cancellable, error);
}

gboolean
g_output_stream_close (GOutputStream *stream,
                       GCancellable *cancellable,
                       GError **error)
{
  gboolean (*real) (GOutputStream *, GCancellable *, GError **) = NULL;

  *(void **) &real = dlsym (RTLD_NEXT, "g_output_stream_close");
  if (G_IS_FILE_OUTPUT_STREAM (stream))
    count_down (&closes_left);

  return real (stream, cancellable, error);
}

static void
setup (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GKeyFile) config = g_key_file_new ();
  g_autoptr (GError) error = NULL;

  g_key_file_load_from_file (config,
                             g_getenv ("LOFT_TEST_CONFIG"),
                             G_KEY_FILE_NONE,
                             &error);
  g_assert_no_error (error);
  g_autofree char *text =
    g_key_file_get_string (config, "registry", "storage", &error);
  g_assert_no_error (error);
  g_autoptr (GUri) uri = g_uri_parse (text, G_URI_FLAGS_NON_DNS, &error);
  g_assert_no_error (error);

  fixture->relay = relay_new ((guint16) g_uri_get_port (uri));
  held_relay = fixture->relay;
  g_autofree char *relayed = g_uri_join (G_URI_FLAGS_NON_DNS,
                                         g_uri_get_scheme (uri),
                                         g_uri_get_userinfo (uri),
                                         g_uri_get_host (uri),
                                         relay_get_port (fixture->relay),
                                         g_uri_get_path (uri),
                                         NULL,
                                         NULL);
  g_key_file_set_string (config, "registry", "storage", relayed);
  g_key_file_set_string (config, "gio", "timeout", "1");

  fixture->storage = g_object_new (LOFT_TYPE_GIO_STORAGE, NULL);
  loft_storage_open (fixture->storage, config, NULL, &error);
  g_assert_no_error (error);
}

static void
teardown (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;

  loft_storage_remove (fixture->storage, KEY, NULL, &error);
  if (!g_error_matches (error,
                        LOFT_STORAGE_ERROR,
                        LOFT_STORAGE_ERROR_NOT_FOUND))
    g_assert_no_error (error);

  g_assert_finalize_object (fixture->storage);
  relay_free (fixture->relay);
}

/* What the server has, without asking it. */
static char *
look_into_folder (void)
{
  g_autofree char *path =
    g_build_filename (g_getenv ("LOFT_TEST_DATA"), FILE_IN_STORE, NULL);
  char *text = NULL;

  g_file_get_contents (path, &text, NULL, NULL);

  return text;
}

/* How many files there are that are no object. */
static guint
count_leftovers (const char *prefix)
{
  g_autofree char *path =
    g_build_filename (g_getenv ("LOFT_TEST_DATA"), "late", NULL);
  g_autoptr (GDir) folder = g_dir_open (path, 0, NULL);
  guint n = 0;

  for (const char *name = NULL; (name = g_dir_read_name (folder)) != NULL;)
    {
      g_autofree char *file = g_build_filename (path, name, NULL);

      if (g_str_has_prefix (name, prefix) &&
          g_file_test (file, G_FILE_TEST_IS_REGULAR))
        n++;
    }

  return n;
}

static char *
replace (Fixture *fixture, const char *old, const char *text, GError **error)
{
  g_autofree char *etag =
    g_compute_checksum_for_string (G_CHECKSUM_SHA256, old, -1);
  g_autoptr (GBytes) content = g_bytes_new (text, strlen (text));

  return loft_storage_replace (fixture->storage,
                               KEY,
                               content,
                               etag,
                               NULL,
                               error);
}

static gboolean
put (Fixture *fixture, const char *old, const char *text, GError **error)
{
  if (old == NULL)
    return storage_kit_put (fixture->storage, KEY, text, error);

  g_autofree char *etag = replace (fixture, old, text, error);

  return etag != NULL;
}

static void
assert_away (GError **error)
{
  g_assert_error (*error, LOFT_STORAGE_ERROR, LOFT_STORAGE_ERROR_UNAVAILABLE);
  g_test_message ("%s", (*error)->message);
  g_clear_error (error);
  g_usleep (50 * G_TIME_SPAN_MILLISECOND);
}

/* Writes once the server is back; until then it must say so. */
static void
put_soon (Fixture *fixture, const char *old, const char *text)
{
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < TRIES && !put (fixture, old, text, &error); i++)
    assert_away (&error);

  g_autofree char *stored = look_into_folder ();
  g_assert_cmpstr (stored, ==, text);
}

/* NULL is what is read where there is nothing. */
static void
assert_reads_soon (Fixture *fixture, const char *text)
{
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < TRIES; i++)
    {
      g_autofree char *read = storage_kit_get (fixture->storage, KEY, &error);

      if (read != NULL || g_error_matches (error,
                                           LOFT_STORAGE_ERROR,
                                           LOFT_STORAGE_ERROR_NOT_FOUND))
        {
          g_assert_cmpstr (read, ==, text);
          return;
        }
      assert_away (&error);
    }

  g_assert_not_reached ();
}

static void
assert_lost (const GError *error)
{
  g_assert_error (error, LOFT_STORAGE_ERROR, LOFT_STORAGE_ERROR_UNKNOWN);
}

/* The key is closed for as long as the server can't be reached. */
static void
assert_closed (Fixture *fixture)
{
  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_false (put (fixture, NULL, "too soon", &error));
      assert_away (&error);
    }
}

/* Lets through what was held back: then @expected is there, however it is
 * looked at. */
static void
release (Fixture *fixture, const char *expected)
{
  g_assert_true (relay_release (fixture->relay));

  g_autofree char *stored = look_into_folder ();
  g_assert_cmpstr (stored, ==, expected);
  assert_reads_soon (fixture, expected);
}

static void
create_late (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;

  renames_left = 1;
  g_assert_false (put (fixture, NULL, "late", &error));
  assert_lost (error);
  assert_closed (fixture);
}

static void
test_create (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;

  create_late (fixture);
  g_assert_null (look_into_folder ());
  release (fixture, "late");
  g_assert_false (put (fixture, NULL, "other", &error));
  g_assert_error (error, LOFT_STORAGE_ERROR, LOFT_STORAGE_ERROR_EXISTS);
}

static void
test_create_anew (Fixture *fixture, gconstpointer test_data)
{
  create_late (fixture);
  relay_let_new_pass (fixture->relay);
  put_soon (fixture, NULL, "acknowledged");
  release (fixture, "acknowledged");
}

/* @step: which of the two renames gets lost. */
static void
replace_late (Fixture *fixture, int step)
{
  g_autoptr (GError) error = NULL;

  put_soon (fixture, NULL, "old");
  renames_left = step;
  g_assert_false (put (fixture, "old", "late", &error));
  assert_lost (error);
  assert_closed (fixture);
}

static void
test_put_aside (Fixture *fixture, gconstpointer test_data)
{
  replace_late (fixture, 1);
  g_assert_true (relay_release (fixture->relay));

  g_assert_null (look_into_folder ());
  g_assert_cmpuint (count_leftovers (".loft-old-"), ==, 1);
  assert_reads_soon (fixture, "old");
  put_soon (fixture, "old", "acknowledged");
}

static void
test_put_aside_anew (Fixture *fixture, gconstpointer test_data)
{
  replace_late (fixture, 1);
  relay_let_new_pass (fixture->relay);
  put_soon (fixture, "old", "acknowledged");
  release (fixture, "acknowledged");
}

static void
test_replace (Fixture *fixture, gconstpointer test_data)
{
  replace_late (fixture, 2);
  g_assert_null (look_into_folder ());
  release (fixture, "late");
  put_soon (fixture, "late", "acknowledged");
}

static void
test_replace_anew (Fixture *fixture, gconstpointer test_data)
{
  replace_late (fixture, 2);
  relay_let_new_pass (fixture->relay);
  assert_reads_soon (fixture, "old");
  put_soon (fixture, "old", "acknowledged");
  release (fixture, "acknowledged");
}

static void
remove_late (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;

  put_soon (fixture, NULL, "old");
  renames_left = 1;
  g_assert_false (loft_storage_remove (fixture->storage, KEY, NULL, &error));
  assert_lost (error);
  assert_closed (fixture);
}

static void
test_remove (Fixture *fixture, gconstpointer test_data)
{
  remove_late (fixture);
  g_assert_true (relay_release (fixture->relay));

  g_assert_null (look_into_folder ());
  assert_reads_soon (fixture, NULL);
  put_soon (fixture, NULL, "acknowledged");
}

static void
test_remove_anew (Fixture *fixture, gconstpointer test_data)
{
  remove_late (fixture);
  relay_let_new_pass (fixture->relay);
  put_soon (fixture, "old", "acknowledged");
  release (fixture, "acknowledged");
}

/* Nothing was sent that could have touched the key, so it is not closed. */
static void
test_upload (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;

  closes_left = 1;
  g_assert_false (put (fixture, NULL, "late", &error));
  assert_away (&error);
  relay_let_new_pass (fixture->relay);
  put_soon (fixture, NULL, "acknowledged");
  release (fixture, "acknowledged");
}

static void
add (const char *path, void (*test) (Fixture *, gconstpointer))
{
  g_test_add (path, Fixture, NULL, setup, test, teardown);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  /* GVfs warns where a process that was ended is still looked for. */
  g_log_set_always_fatal (G_LOG_LEVEL_CRITICAL | G_LOG_FATAL_MASK);

  add ("/gio-late/create", test_create);
  add ("/gio-late/create/anew", test_create_anew);
  add ("/gio-late/put-aside", test_put_aside);
  add ("/gio-late/put-aside/anew", test_put_aside_anew);
  add ("/gio-late/replace", test_replace);
  add ("/gio-late/replace/anew", test_replace_anew);
  add ("/gio-late/remove", test_remove);
  add ("/gio-late/remove/anew", test_remove_anew);
  add ("/gio-late/upload", test_upload);

  return g_test_run ();
}
