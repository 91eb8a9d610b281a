/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include <dlfcn.h>
#include <string.h>

#include "kit/storage-kit.h"
#include "loft-gio-storage.h"

/* Two owners of one store. The first is stopped at the moment when all that it
 * does next is a rename; meanwhile the second takes over, and writes the same
 * key. Then the first goes on, and knows of nothing. */

#define KEY "owner/document"
#define OWNER "_registry/gio/lease/owner"

typedef struct
{
  LoftStorage *first;  /* owned */
  LoftStorage *second; /* owned, nullable until it takes over */
  const char *expected;
} Fixture;

/* What is done when the first owner is stopped. */
static int renames_left = 0;
static void (*stopped) (Fixture *) = NULL;
static Fixture *stopped_fixture = NULL;

/* The backend is linked into this program, and so it calls this. */
GFile *
g_file_set_display_name (GFile *file,
                         const char *display_name,
                         GCancellable *cancellable,
                         GError **error)
{
  GFile *(*real) (GFile *, const char *, GCancellable *, GError **) = NULL;

  *(void **) &real = dlsym (RTLD_NEXT, "g_file_set_display_name");
  if (g_atomic_int_get (&renames_left) > 0 &&
      g_atomic_int_dec_and_test (&renames_left))
    stopped (stopped_fixture);

  return real (file, display_name, cancellable, error);
}

static LoftStorage *
open_store (gboolean take_over, GError **error)
{
  g_autoptr (GKeyFile) config = g_key_file_new ();
  g_autoptr (LoftStorage) storage = g_object_new (LOFT_TYPE_GIO_STORAGE, NULL);

  g_assert_true (g_key_file_load_from_file (config,
                                            g_getenv ("LOFT_TEST_CONFIG"),
                                            G_KEY_FILE_NONE,
                                            NULL));
  g_key_file_set_boolean (config, "registry", "take-over", take_over);
  g_key_file_set_string (config, "gio", "timeout", "20");

  return loft_storage_open (storage, config, NULL, error)
           ? g_steal_pointer (&storage)
           : NULL;
}

static void
setup (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;

  stopped_fixture = fixture;
  fixture->first = open_store (FALSE, &error);
  g_assert_no_error (error);
}

static void
teardown (Fixture *fixture, gconstpointer test_data)
{
  LoftStorage *owner = fixture->second ? fixture->second : fixture->first;
  g_autoptr (GError) error = NULL;

  /* Who lost the store does not take it along. */
  if (fixture->second != NULL)
    g_assert_finalize_object (fixture->first);
  loft_storage_remove (owner, KEY, NULL, &error);
  g_assert_no_error (error);
  g_assert_finalize_object (owner);
}

static char *
get_path (const char *name)
{
  return g_build_filename (g_getenv ("LOFT_TEST_DATA"), name, NULL);
}

static gboolean
put (LoftStorage *storage, const char *old, const char *text, GError **error)
{
  if (old == NULL)
    return storage_kit_put (storage, KEY, text, error);

  g_autofree char *etag =
    g_compute_checksum_for_string (G_CHECKSUM_SHA256, old, -1);
  g_autoptr (GBytes) content = g_bytes_new (text, strlen (text));
  g_autofree char *new_etag =
    loft_storage_replace (storage, KEY, content, etag, NULL, error);

  return new_etag != NULL;
}

static void
take_over (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;

  fixture->second = open_store (TRUE, &error);
  g_assert_no_error (error);
  put (fixture->second, fixture->expected, "acknowledged", &error);
  g_assert_no_error (error);
}

static void
take_over_only (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;

  fixture->second = open_store (TRUE, &error);
  g_assert_no_error (error);
}

/* The first owner acknowledges nothing, and changes nothing. */
static void
assert_fenced (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *path = get_path (KEY);
  g_autofree char *stored = NULL;

  g_assert_false (put (fixture->first, fixture->expected, "late", &error));
  g_assert_nonnull (error);
  g_clear_error (&error);

  g_file_get_contents (path, &stored, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (stored, ==, "acknowledged");

  g_assert_false (put (fixture->first, "acknowledged", "later", &error));
  g_assert_nonnull (error);
  g_clear_error (&error);
  put (fixture->second, "acknowledged", "still", &error);
  g_assert_no_error (error);
}

static void
stop_at (Fixture *fixture, int rename, const char *old)
{
  fixture->expected = old;
  stopped = take_over;
  renames_left = rename;
}

static void
test_create (Fixture *fixture, gconstpointer test_data)
{
  stop_at (fixture, 1, NULL);
  assert_fenced (fixture);
}

/* What the first one has ready is of no use any more, though the key is free.
 */
static void
test_create_free (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;

  stopped = take_over_only;
  renames_left = 1;
  g_assert_false (put (fixture->first, NULL, "late", &error));
  g_assert_error (error, LOFT_STORAGE_ERROR, LOFT_STORAGE_ERROR_UNKNOWN);
  g_clear_error (&error);
  put (fixture->second, NULL, "acknowledged", &error);
  g_assert_no_error (error);
}

static void
test_put_aside (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;

  put (fixture->first, NULL, "old", &error);
  g_assert_no_error (error);
  stop_at (fixture, 1, "old");
  assert_fenced (fixture);
}

static void
test_replace (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;

  put (fixture->first, NULL, "old", &error);
  g_assert_no_error (error);
  stop_at (fixture, 2, "old");
  assert_fenced (fixture);
}

/* Whatever is ready is not done by who finds the lease another's. */
static void
test_notice (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;

  take_over (fixture);
  g_assert_false (put (fixture->first, "acknowledged", "late", &error));
  g_assert_error (error, LOFT_STORAGE_ERROR, LOFT_STORAGE_ERROR_DENIED);
}

static void
list_all (Fixture *fixture)
{
  g_autofree char *list = storage_kit_list (fixture->first, "owner/", NULL, 0);

  g_assert_cmpstr (list, ==, "");
}

/* What a dead owner had on its way is deleted by a list; what is on its way to
 * a key at that moment is not. */
static void
test_leftovers (Fixture *fixture, gconstpointer test_data)
{
  g_autofree char *path = get_path ("owner/.loft-new-0123-4");
  g_autoptr (GError) error = NULL;

  put (fixture->first, NULL, "once", &error);
  g_assert_no_error (error);
  loft_storage_remove (fixture->first, KEY, NULL, &error);
  g_assert_no_error (error);
  g_file_set_contents (path, "left", -1, &error);
  g_assert_no_error (error);

  stopped = list_all;
  renames_left = 1;
  put (fixture->first, NULL, "now", &error);
  g_assert_no_error (error);
  g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));
}

typedef struct
{
  const char *name;  /* what the lease says otherwise */
  const char *value; /* and what */
  gboolean is_free;  /* whether it may be taken then */
} OwnerCase;

static const OwnerCase owner_cases[] = {
  { "start", "1", TRUE },
  { "host", "another", FALSE },
  { "boot", "another", FALSE },
  { "space", "another", FALSE },
};

/* Only whose process is certainly gone is robbed of the store, and that can't
 * be known of another host, boot or space of processes. */
static void
test_owners (Fixture *fixture, gconstpointer test_data)
{
  const OwnerCase *owner_case = test_data;
  g_autofree char *path = get_path (OWNER);
  g_autoptr (GKeyFile) owner = g_key_file_new ();
  g_autoptr (GError) error = NULL;

  g_key_file_load_from_file (owner, path, G_KEY_FILE_NONE, &error);
  g_assert_no_error (error);
  g_key_file_set_string (owner, "owner", "start", "1");
  g_key_file_set_string (owner, "owner", owner_case->name, owner_case->value);
  g_key_file_save_to_file (owner, path, &error);
  g_assert_no_error (error);

  fixture->second = open_store (FALSE, &error);
  if (owner_case->is_free)
    g_assert_no_error (error);
  else
    {
      g_assert_error (error, LOFT_STORAGE_ERROR, LOFT_STORAGE_ERROR_DENIED);
      g_clear_error (&error);
      fixture->second = open_store (TRUE, &error);
      g_assert_no_error (error);
    }
  put (fixture->second, NULL, "mine", &error);
  g_assert_no_error (error);
}

static void
add (const char *path, gconstpointer data, GTestFixtureFunc test)
{
  g_test_add_vtable (path,
                     sizeof (Fixture),
                     data,
                     (GTestFixtureFunc) setup,
                     test,
                     (GTestFixtureFunc) teardown);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  /* GVfs warns where a process that was ended is still looked for. */
  g_log_set_always_fatal (G_LOG_LEVEL_CRITICAL | G_LOG_FATAL_MASK);

  add ("/gio-owner/create", NULL, (GTestFixtureFunc) test_create);
  add ("/gio-owner/create-free", NULL, (GTestFixtureFunc) test_create_free);
  add ("/gio-owner/put-aside", NULL, (GTestFixtureFunc) test_put_aside);
  add ("/gio-owner/replace", NULL, (GTestFixtureFunc) test_replace);
  add ("/gio-owner/notice", NULL, (GTestFixtureFunc) test_notice);
  add ("/gio-owner/leftovers", NULL, (GTestFixtureFunc) test_leftovers);
  for (guint i = 0; i < G_N_ELEMENTS (owner_cases); i++)
    {
      g_autofree char *path =
        g_strconcat ("/gio-owner/other/", owner_cases[i].name, NULL);

      add (path, &owner_cases[i], (GTestFixtureFunc) test_owners);
    }

  return g_test_run ();
}
