/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "test-filesystem-storage.h"

#include <fcntl.h>
#include <gio/gunixsocketaddress.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "backend/loft-backend-loader.h"

#define LARGE 200000

static const char *program = NULL;

void
assert_storage_error (GError **error, LoftStorageError code)
{
  g_assert_error (*error, LOFT_STORAGE_ERROR, (int) code);
  g_clear_error (error);
}

LoftStorage *
open_root (const char *root, GError **error)
{
  g_autoptr (GKeyFile) config = storage_kit_config (root);

  return loft_backend_open ("filesystem", config, NULL, error);
}

/* How many files there are that are still being written. */
guint
count_unfinished (const char *root)
{
  g_autofree char *path = g_build_filename (root, "_registry", "tmp", NULL);
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  guint n = 0;

  while (dir != NULL && g_dir_read_name (dir) != NULL)
    n++;

  return n;
}

static char *
path_in (StorageFixture *fixture, const char *name)
{
  return g_build_filename (fixture->root, name, NULL);
}

static void
put (StorageFixture *fixture, const char *key, const char *text)
{
  g_autoptr (GError) error = NULL;

  storage_kit_put (fixture->storage, key, text, &error);
  g_assert_no_error (error);
}

/* Every operation on @key fails with @code. */
static void
assert_all_refused (StorageFixture *fixture,
                    const char *key,
                    LoftStorageError code)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = g_bytes_new_static ("x", 1);

  g_assert_false (storage_kit_put (fixture->storage, key, "x", &error));
  assert_storage_error (&error, code);
  g_assert_null (
    loft_storage_replace (fixture->storage, key, bytes, NULL, NULL, &error));
  assert_storage_error (&error, code);
  g_assert_null (
    loft_storage_replace (fixture->storage, key, bytes, "etag", NULL, &error));
  assert_storage_error (&error, code);
  g_assert_null (
    loft_storage_read (fixture->storage, key, 0, -1, NULL, &error));
  assert_storage_error (&error, code);
  g_assert_false (loft_storage_remove (fixture->storage, key, NULL, &error));
  assert_storage_error (&error, code);
}

/* A link in the store leads nowhere: neither out of it nor within it, neither
 * to a folder nor to a file, and it is listed as nothing. */
static void
test_links (StorageFixture *fixture, gconstpointer test_data)
{
  static const char *const keys[] = { "folder/secret", "file",       "inside/b",
                                      "dangling",      "dangling/x", "loop/x",
                                      "a/up/secret" };
  g_autofree char *outside = storage_kit_make_root ();
  g_autofree char *secret = g_build_filename (outside, "secret", NULL);
  const char *const links[][2] = {
    { outside, "folder" },     { secret, "file" }, { "a", "inside" },
    { "missing", "dangling" }, { "loop", "loop" }, { outside, "a/up" },
  };

  g_assert_true (g_file_set_contents (secret, "secret", -1, NULL));
  put (fixture, "a/b", "x");
  for (guint i = 0; i < G_N_ELEMENTS (links); i++)
    {
      g_autofree char *path = path_in (fixture, links[i][1]);
      g_assert_cmpint (symlink (links[i][0], path), ==, 0);
    }

  for (guint i = 0; i < G_N_ELEMENTS (keys); i++)
    assert_all_refused (fixture, keys[i], LOFT_STORAGE_ERROR_DENIED);

  g_autofree char *list = storage_kit_list (fixture->storage, "", NULL, 0);
  g_assert_cmpstr (list, ==, "a/b");
  g_autofree char *content = NULL;
  g_assert_true (g_file_get_contents (secret, &content, NULL, NULL));
  g_assert_cmpstr (content, ==, "secret");
  storage_kit_remove_root (outside);
}

/* A root that is itself reached by a link is the administrator's choice. */
static void
test_linked_root (StorageFixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *target = path_in (fixture, "target");
  g_autofree char *path = path_in (fixture, "link");

  g_assert_cmpint (g_mkdir (target, 0755), ==, 0);
  g_assert_cmpint (symlink ("target", path), ==, 0);
  g_autoptr (LoftStorage) storage = open_root (path, &error);
  g_assert_no_error (error);
  g_assert_true (storage_kit_put (storage, "a", "x", &error));
  g_assert_finalize_object (g_steal_pointer (&storage));
}

/* The backend's own folder may be no link either. */
static void
test_linked_registry (StorageFixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *root = path_in (fixture, "other");
  g_autofree char *path = g_build_filename (root, "_registry", NULL);
  g_autofree char *outside = storage_kit_make_root ();

  g_assert_cmpint (g_mkdir (root, 0755), ==, 0);
  g_assert_cmpint (symlink (outside, path), ==, 0);
  g_assert_null (open_root (root, &error));
  assert_storage_error (&error, LOFT_STORAGE_ERROR_FAILED);

  /* Were it not empty, this would say so. */
  g_assert_cmpint (g_rmdir (outside), ==, 0);
}

/* Pipes, sockets and devices are refused at once, and never opened. */
static void
test_special_files (StorageFixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *pipe_path = path_in (fixture, "pipe");
  g_autofree char *socket_path = path_in (fixture, "socket");
  g_autofree char *device_path = path_in (fixture, "device");
  g_autoptr (GSocketAddress) address = g_unix_socket_address_new (socket_path);
  g_autoptr (GSocket) bound =
    g_socket_new (G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_STREAM, 0, &error);

  g_assert_no_error (error);
  g_assert_true (g_socket_bind (bound, address, FALSE, &error));
  g_assert_cmpint (mkfifo (pipe_path, 0644), ==, 0);

  assert_all_refused (fixture, "pipe", LOFT_STORAGE_ERROR_DENIED);
  assert_all_refused (fixture, "socket", LOFT_STORAGE_ERROR_DENIED);
  if (mknod (device_path, S_IFCHR | 0644, makedev (1, 3)) == 0)
    assert_all_refused (fixture, "device", LOFT_STORAGE_ERROR_DENIED);

  g_autofree char *list = storage_kit_list (fixture->storage, "", NULL, 0);
  g_assert_cmpstr (list, ==, "");
}

/* A file where a folder is needed, or the reverse, is said to be in the way. */
static void
test_in_the_way (StorageFixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;

  put (fixture, "a/b", "x");
  g_assert_false (storage_kit_put (fixture->storage, "a", "x", &error));
  assert_storage_error (&error, LOFT_STORAGE_ERROR_FAILED);
  g_assert_false (storage_kit_put (fixture->storage, "a/b/c", "x", &error));
  assert_storage_error (&error, LOFT_STORAGE_ERROR_FAILED);
  g_assert_false (loft_storage_remove (fixture->storage, "a", NULL, &error));
  assert_storage_error (&error, LOFT_STORAGE_ERROR_NOT_FOUND);
}

/* What the backend needs for itself is no key, and is not listed. */
static void
test_reserved (StorageFixture *fixture, gconstpointer test_data)
{
  static const char *const keys[] = { "_registry/lock",
                                      "_registry/members.lock",
                                      "_registry/replace.lock",
                                      "_registry/tmp",
                                      "_registry/tmp/x" };

  for (guint i = 0; i < G_N_ELEMENTS (keys); i++)
    assert_all_refused (fixture, keys[i], LOFT_STORAGE_ERROR_INVALID_KEY);

  put (fixture, "_registry/lockx", "x");
  g_autofree char *list = storage_kit_list (fixture->storage, "", NULL, 0);
  g_assert_cmpstr (list, ==, "_registry/lockx");
  g_autofree char *none =
    storage_kit_list (fixture->storage, "_registry/tmp/", NULL, 0);
  g_assert_cmpstr (none, ==, "");
}

static void
check_config (const char *text, const char *expected)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GKeyFile) config = g_key_file_new ();

  g_assert_true (g_key_file_load_from_data (config, text, (gsize) -1, 0, NULL));
  g_assert_null (loft_backend_open ("filesystem", config, NULL, &error));
  g_assert_nonnull (strstr (error->message, expected));
  assert_storage_error (&error, LOFT_STORAGE_ERROR_FAILED);
}

/* A configuration that will not do is refused by the name of what is wrong. */
static void
test_config (StorageFixture *fixture, gconstpointer test_data)
{
  g_autofree char *text =
    g_strdup_printf ("[filesystem]\nRoot=%s\nRoots=x\n", fixture->root);

  check_config ("", "Root");
  check_config ("[filesystem]\nRoot=\n", "Root");
  check_config (text, "Roots");
}

/* A root is made where it is missing, with the folders above it; a file is no
 * root. */
static void
test_make_root (StorageFixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *path = path_in (fixture, "one/two/three");
  g_autofree char *file = path_in (fixture, "file");

  g_autoptr (LoftStorage) storage = open_root (path, &error);
  g_assert_no_error (error);
  g_assert_true (storage_kit_put (storage, "a/b", "x", &error));
  g_assert_finalize_object (g_steal_pointer (&storage));

  put (fixture, "file", "x");
  g_assert_null (open_root (file, &error));
  assert_storage_error (&error, LOFT_STORAGE_ERROR_FAILED);
}

/* A file that is cut short while it is read is damaged; nothing crashes. */
static void
test_cut_short (StorageFixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *text = g_strnfill (LARGE, 'x');
  g_autofree char *path = path_in (fixture, "a/b");
  g_autofree char *buffer = g_malloc (LARGE);

  put (fixture, "a/b", text);
  g_autoptr (LoftObject) object =
    loft_storage_read (fixture->storage, "a/b", 0, -1, NULL, &error);
  g_assert_no_error (error);
  GInputStream *stream = loft_object_get_stream (object);
  g_assert_cmpint (g_input_stream_read (stream, buffer, 100, NULL, &error),
                   ==,
                   100);
  g_assert_cmpint (truncate (path, 1000), ==, 0);

  g_assert_false (
    g_input_stream_read_all (stream, buffer, LARGE, NULL, NULL, &error));
  assert_storage_error (&error, LOFT_STORAGE_ERROR_CORRUPT);
  g_assert_null (loft_object_load (object, LARGE, NULL, &error));
  assert_storage_error (&error, LOFT_STORAGE_ERROR_CORRUPT);
  g_assert_null (loft_object_get_bytes (object));
  g_assert_null (loft_object_get_etag (object));
}

/* A folder that somebody deleted is made again, however well it was known. */
static void
test_deleted_folder (StorageFixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *file = path_in (fixture, "a/b");
  g_autofree char *folder = path_in (fixture, "a");

  for (guint i = 0; i < 3; i++)
    {
      put (fixture, "a/b", "x");
      g_assert_cmpint (g_unlink (file), ==, 0);
      g_assert_cmpint (g_rmdir (folder), ==, 0);
    }
}

/* A root that somebody deleted has lost nothing: it is not there to be asked.
 */
static void
test_deleted_root (StorageFixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;

  put (fixture, "a/b", "x");
  storage_kit_remove_root (fixture->root);

  g_assert_null (
    loft_storage_read (fixture->storage, "a/b", 0, -1, NULL, &error));
  assert_storage_error (&error, LOFT_STORAGE_ERROR_UNAVAILABLE);
  g_assert_null (
    loft_storage_read (fixture->storage, "missing", 0, -1, NULL, &error));
  assert_storage_error (&error, LOFT_STORAGE_ERROR_UNAVAILABLE);
  g_assert_null (
    loft_storage_list (fixture->storage, NULL, NULL, 10, NULL, &error));
  assert_storage_error (&error, LOFT_STORAGE_ERROR_UNAVAILABLE);

  g_assert_cmpint (g_mkdir (fixture->root, 0755), ==, 0);
}

/* Names that cannot be keys are passed over; all others are listed. */
static void
test_odd_names (StorageFixture *fixture, gconstpointer test_data)
{
  g_autofree char *segment = g_strnfill (LOFT_STORAGE_SEGMENT_MAX, 's');
  g_autofree char *bad = path_in (fixture, "a/bad-\xff");
  g_autofree char *bad_folder = path_in (fixture, "bad-\xff");
  g_autofree char *deep = path_in (fixture, segment);
  g_autofree char *deeper = g_build_filename (deep, segment, NULL);
  g_autofree char *deepest = g_build_filename (deeper, "x", NULL);

  put (fixture, "a/b", "x");
  g_assert_true (g_file_set_contents (bad, "x", 1, NULL));
  g_assert_cmpint (g_mkdir (bad_folder, 0755), ==, 0);
  g_assert_cmpint (g_mkdir_with_parents (deeper, 0755), ==, 0);
  g_assert_true (g_file_set_contents (deepest, "x", 1, NULL));

  g_autofree char *list = storage_kit_list (fixture->storage, "", NULL, 0);
  g_assert_cmpstr (list, ==, "a/b");
}

/* What a crash left in the folder for unfinished files is removed at the next
 * start, and nothing else. */
static void
test_leftovers (StorageFixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *ours = path_in (fixture, "_registry/tmp/0123.part");
  g_autofree char *foreign = path_in (fixture, "_registry/tmp/notes");

  g_assert_true (g_file_set_contents (ours, "half", -1, NULL));
  g_assert_true (g_file_set_contents (foreign, "mine", -1, NULL));
  g_assert_finalize_object (g_steal_pointer (&fixture->storage));
  fixture->storage = open_root (fixture->root, &error);
  g_assert_no_error (error);

  g_assert_false (g_file_test (ours, G_FILE_TEST_EXISTS));
  g_assert_true (g_file_test (foreign, G_FILE_TEST_EXISTS));
}

GSubprocess *
start_child (const char *name, const char *root)
{
  g_autoptr (GError) error = NULL;
  GSubprocess *child = g_subprocess_new (G_SUBPROCESS_FLAGS_STDIN_PIPE |
                                           G_SUBPROCESS_FLAGS_STDOUT_PIPE,
                                         &error,
                                         program,
                                         "--child",
                                         name,
                                         root,
                                         NULL);

  g_assert_no_error (error);

  return child;
}

void
wait_until_ready (GSubprocess *child)
{
  char ready = '\0';

  g_input_stream_read (g_subprocess_get_stdout_pipe (child),
                       &ready,
                       1,
                       NULL,
                       NULL);
  g_assert_cmpint (ready, ==, 'R');
}

/* A root has one owner, and who comes second is told who that is. */
static void
test_second_owner (StorageFixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *root = path_in (fixture, "other");
  g_autoptr (GSubprocess) child = start_child ("own", root);

  wait_until_ready (child);
  g_assert_null (open_root (root, &error));
  g_assert_nonnull (
    strstr (error->message, g_subprocess_get_identifier (child)));
  assert_storage_error (&error, LOFT_STORAGE_ERROR_UNAVAILABLE);
  g_assert_null (open_root (fixture->root, &error));
  assert_storage_error (&error, LOFT_STORAGE_ERROR_UNAVAILABLE);

  /* The lock dies with its owner, however that ends. */
  g_subprocess_force_exit (child);
  g_subprocess_wait (child, NULL, NULL);
  g_autoptr (LoftStorage) storage = open_root (root, &error);
  g_assert_no_error (error);
  g_assert_finalize_object (g_steal_pointer (&storage));
}

/* A writer that is killed leaves nothing that anybody could see, and what it
 * leaves out of sight is removed. */
static void
test_killed (StorageFixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *root = path_in (fixture, "other");
  g_autoptr (GSubprocess) child = start_child ("half", root);

  wait_until_ready (child);
  for (guint i = 0; i < 5000 && count_unfinished (root) == 0; i++)
    g_usleep (1000);
  g_assert_cmpuint (count_unfinished (root), ==, 1);
  g_subprocess_force_exit (child);
  g_subprocess_wait (child, NULL, NULL);
  g_assert_cmpuint (count_unfinished (root), ==, 1);

  g_autoptr (LoftStorage) storage = open_root (root, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (count_unfinished (root), ==, 0);
  g_autofree char *list = storage_kit_list (storage, "", NULL, 0);
  g_assert_cmpstr (list, ==, "");
  g_assert_finalize_object (g_steal_pointer (&storage));
}

/* Runs a test that changes its whole process in a process of its own. */
static void
test_in_child (gconstpointer test_data)
{
  g_autofree char *root = storage_kit_make_root ();
  g_autoptr (GSubprocess) child = start_child (test_data, root);
  g_autoptr (GError) error = NULL;
  g_autofree char *output = NULL;

  g_subprocess_communicate_utf8 (child, NULL, NULL, &output, NULL, &error);
  g_assert_no_error (error);
  storage_kit_remove_root (root);

  if (g_subprocess_get_if_exited (child) &&
      g_subprocess_get_exit_status (child) == CHILD_SKIPPED)
    g_test_skip (output);
  else
    g_assert_true (g_subprocess_get_successful (child));
}

#define FILESYSTEM_TEST(path, function)                                        \
  g_test_add ("/filesystem-storage" path,                                      \
              StorageFixture,                                                  \
              NULL,                                                            \
              storage_fixture_set_up,                                          \
              function,                                                        \
              storage_fixture_tear_down)

int
main (int argc, char **argv)
{
  static const char *const children[] = {
    "full-disk",  "read-only",    "no-permission", "unnamed-missing",
    "named-race", "links-none",   "links-by-proc", "copy-missing",
    "flush-file", "flush-folder",
  };

  if (argc == 4 && g_strcmp0 (argv[1], "--child") == 0)
    return run_child (argv[2], argv[3]);

  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);
  program = argv[0];

  FILESYSTEM_TEST ("/containment/links", test_links);
  FILESYSTEM_TEST ("/containment/linked-root", test_linked_root);
  FILESYSTEM_TEST ("/containment/linked-registry", test_linked_registry);
  FILESYSTEM_TEST ("/containment/special-files", test_special_files);
  FILESYSTEM_TEST ("/containment/reserved", test_reserved);
  FILESYSTEM_TEST ("/in-the-way", test_in_the_way);
  FILESYSTEM_TEST ("/open/config", test_config);
  FILESYSTEM_TEST ("/open/make-root", test_make_root);
  FILESYSTEM_TEST ("/open/leftovers", test_leftovers);
  FILESYSTEM_TEST ("/open/second-owner", test_second_owner);
  add_member_tests ();
  FILESYSTEM_TEST ("/read/cut-short", test_cut_short);
  FILESYSTEM_TEST ("/read/deleted-root", test_deleted_root);
  FILESYSTEM_TEST ("/create/deleted-folder", test_deleted_folder);
  FILESYSTEM_TEST ("/create/killed", test_killed);
  FILESYSTEM_TEST ("/list/odd-names", test_odd_names);

  for (guint i = 0; i < G_N_ELEMENTS (children); i++)
    {
      g_autofree char *path =
        g_strconcat ("/filesystem-storage/alone/", children[i], NULL);
      g_test_add_data_func (path, children[i], test_in_child);
    }

  return g_test_run ();
}
