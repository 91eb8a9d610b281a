/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "test-filesystem-storage.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gunixinputstream.h>
#include <glib/gstdio.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Tests that cannot be done in a process that goes on to something else: in
 * each the system is made to behave like one that is poorer or broken. System
 * calls are made to fail by a filter in the kernel, so what is tested is what
 * is shipped. */

#define DISK_SIZE "1M"
#define N_RACERS 16

G_DEFINE_AUTOPTR_CLEANUP_FUNC (FILE, fclose)

static G_NORETURN void
skip (const char *why)
{
  g_print ("%s: %s\n", why, g_strerror (errno));
  exit (CHILD_SKIPPED);
}

/* From now on the system call @number fails with @code, if all bits of @mask
 * are in its argument @argument. */
static void
deny (long number, guint argument, guint32 mask, int code)
{
  guint32 offset =
    (guint32) (offsetof (struct seccomp_data, args) + argument * 8);
  if (G_BYTE_ORDER == G_BIG_ENDIAN)
    offset += 4;
  struct sock_filter filter[] = {
    BPF_STMT (BPF_LD | BPF_W | BPF_ABS, offsetof (struct seccomp_data, nr)),
    BPF_JUMP (BPF_JMP | BPF_JEQ | BPF_K, (guint32) number, 0, 4),
    BPF_STMT (BPF_LD | BPF_W | BPF_ABS, offset),
    BPF_STMT (BPF_ALU | BPF_AND | BPF_K, mask),
    BPF_JUMP (BPF_JMP | BPF_JEQ | BPF_K, mask, 0, 1),
    BPF_STMT (BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (guint32) code),
    BPF_STMT (BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  struct sock_fprog program = { G_N_ELEMENTS (filter), filter };

  if (prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1 ||
      prctl (PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == -1)
    skip ("System calls cannot be filtered");
}

/* O_TMPFILE holds the bit of O_DIRECTORY as well. */
static void
deny_unnamed_files (void)
{
  deny (SYS_openat, 2, O_TMPFILE, EOPNOTSUPP);
}

static void
write_file (const char *path, const char *text)
{
  g_autoptr (FILE) file = fopen (path, "we");

  if (file == NULL || fputs (text, file) == EOF)
    skip ("There are no namespaces for users");
}

/* Mounts a small disk in a namespace of our own. */
static void
mount_disk (const char *path)
{
  uid_t uid = geteuid ();
  gid_t gid = getegid ();

  if (unshare (uid == 0 ? CLONE_NEWNS : CLONE_NEWNS | CLONE_NEWUSER) == -1)
    skip ("There are no namespaces for mounts");
  if (uid != 0)
    {
      g_autofree char *users = g_strdup_printf ("0 %u 1", uid);
      g_autofree char *groups = g_strdup_printf ("0 %u 1", gid);

      write_file ("/proc/self/uid_map", users);
      write_file ("/proc/self/setgroups", "deny");
      write_file ("/proc/self/gid_map", groups);
    }
  if (mount ("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == -1 ||
      mount ("loft", path, "tmpfs", 0, "size=" DISK_SIZE) == -1)
    skip ("Nothing can be mounted");
}

static LoftStorage *
open_checked (const char *root)
{
  g_autoptr (GError) error = NULL;
  LoftStorage *storage = open_root (root, &error);

  g_assert_no_error (error);

  return storage;
}

static void
put (LoftStorage *storage, const char *key, const char *text)
{
  g_autoptr (GError) error = NULL;

  storage_kit_put (storage, key, text, &error);
  g_assert_no_error (error);
}

static void
assert_put_fails (LoftStorage *storage, const char *key, LoftStorageError code)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (storage_kit_put (storage, key, "x", &error));
  assert_storage_error (&error, code);
}

static char *
replace (LoftStorage *storage,
         const char *key,
         const char *text,
         const char *etag,
         GError **error)
{
  g_autoptr (GBytes) bytes = g_bytes_new (text, strlen (text));

  return loft_storage_replace (storage, key, bytes, etag, NULL, error);
}

static void
assert_text (LoftStorage *storage, const char *key, const char *expected)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *text = storage_kit_get (storage, key, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (text, ==, expected);
}

static void
assert_list (LoftStorage *storage, const char *expected)
{
  g_autofree char *list = storage_kit_list (storage, "", NULL, 0);

  g_assert_cmpstr (list, ==, expected);
}

static void
assert_no_folder (const char *root, const char *name)
{
  g_autofree char *path = g_build_filename (root, name, NULL);

  g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));
}

static void
fill_disk (LoftStorage *storage)
{
  g_autofree char *text = g_strnfill (4096, 'x');
  g_autoptr (GError) error = NULL;

  for (guint i = 0; error == NULL; i++)
    {
      g_autofree char *key = g_strdup_printf ("fill/%u", i);
      storage_kit_put (storage, key, text, &error);
    }
  assert_storage_error (&error, LOFT_STORAGE_ERROR_NO_SPACE);
}

/* A full disk fails the one write that met it, which leaves nothing, not even
 * its folder; what fits is stored afterwards. A server can start on it. */
static void
full_disk (const char *root)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *large = g_strnfill (600000, 'x');

  mount_disk (root);
  g_autoptr (LoftStorage) storage = open_checked (root);
  g_autofree char *etag = replace (storage, "document", "old", NULL, &error);

  put (storage, "a/first", large);
  g_assert_false (storage_kit_put (storage, "b/second", large, &error));
  assert_storage_error (&error, LOFT_STORAGE_ERROR_NO_SPACE);
  assert_no_folder (root, "b");
  g_assert_null (replace (storage, "document", large, etag, &error));
  assert_storage_error (&error, LOFT_STORAGE_ERROR_NO_SPACE);
  g_assert_cmpuint (count_unfinished (root), ==, 0);
  assert_list (storage, "a/first document");
  assert_text (storage, "document", "old");

  put (storage, "b/second", "small");
  g_assert_true (loft_storage_remove (storage, "a/first", NULL, &error));
  put (storage, "b/third", large);

  fill_disk (storage);
  g_assert_finalize_object (g_steal_pointer (&storage));
  storage = open_checked (root);
  assert_text (storage, "b/third", large);
  assert_put_fails (storage, "more", LOFT_STORAGE_ERROR_NO_SPACE);
  g_assert_finalize_object (g_steal_pointer (&storage));
}

static void
check_read_only (const char *root, const char *reason)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (LoftStorage) storage = open_checked (root);
  g_autoptr (LoftStorage) second = open_checked (root);

  g_assert_true (loft_storage_get_features (storage) &
                 LOFT_STORAGE_FEATURE_READ_ONLY);
  assert_text (storage, "a/b", "x");
  assert_list (storage, "a/b");

  g_assert_false (storage_kit_put (storage, "a/c", "x", &error));
  g_assert_nonnull (strstr (error->message, reason));
  assert_storage_error (&error, LOFT_STORAGE_ERROR_DENIED);
  assert_put_fails (storage, "a/b", LOFT_STORAGE_ERROR_DENIED);
  g_assert_null (replace (storage, "a/b", "y", NULL, &error));
  assert_storage_error (&error, LOFT_STORAGE_ERROR_DENIED);
  g_assert_false (loft_storage_remove (storage, "a/b", NULL, &error));
  assert_storage_error (&error, LOFT_STORAGE_ERROR_DENIED);
  g_assert_finalize_object (g_steal_pointer (&storage));
  g_assert_finalize_object (g_steal_pointer (&second));
}

static void
fill_root (const char *root)
{
  g_autoptr (LoftStorage) storage = open_checked (root);

  put (storage, "a/b", "x");
  g_assert_finalize_object (g_steal_pointer (&storage));
}

/* A disk that is read-only serves what is on it, to any number of servers, and
 * refuses every write with the reason. */
static void
read_only (const char *root)
{
  mount_disk (root);
  fill_root (root);
  g_assert_cmpint (mount (NULL, root, NULL, MS_REMOUNT | MS_RDONLY, NULL),
                   ==,
                   0);
  check_read_only (root, g_strerror (EROFS));
}

/* So does a folder that belongs to somebody else; and one below it that is
 * private to somebody else does not hide the rest. */
static void
no_permission (const char *root)
{
  g_autofree char *registry = g_build_filename (root, "_registry", NULL);
  g_autofree char *lock = g_build_filename (registry, "lock", NULL);
  g_autofree char *private = g_build_filename (root, "lost+found", NULL);

  fill_root (root);
  g_assert_cmpint (g_mkdir (private, 0000), ==, 0);
  g_assert_cmpint (g_chmod (lock, 0444), ==, 0);
  g_assert_cmpint (g_chmod (registry, 0555), ==, 0);
  g_assert_cmpint (g_chmod (root, 0555), ==, 0);
  gboolean root_user = geteuid () == 0;
  if (root_user && (setegid (65534) == -1 || seteuid (65534) == -1))
    skip ("There is nobody else");
  check_read_only (root, g_strerror (EACCES));
  g_assert_true (!root_user || seteuid (0) == 0);
  g_assert_cmpint (g_chmod (root, 0755), ==, 0);
  g_assert_cmpint (g_chmod (registry, 0755), ==, 0);
}

/* Where files always have names, everything works the same, and nothing is
 * left among the unfinished files. */
static void
unnamed_missing (const char *root)
{
  g_autoptr (GError) error = NULL;

  deny_unnamed_files ();
  g_autoptr (LoftStorage) storage = open_checked (root);
  g_autoptr (GInputStream) wrong = storage_kit_source_new (5, 'x', NULL);

  put (storage, "a/b", "text");
  assert_put_fails (storage, "a/b", LOFT_STORAGE_ERROR_EXISTS);
  g_assert_false (
    loft_storage_create (storage, "a/wrong", wrong, 6, NULL, &error));
  assert_storage_error (&error, LOFT_STORAGE_ERROR_FAILED);
  g_autofree char *first = replace (storage, "d", "one", NULL, &error);
  g_autofree char *second = replace (storage, "d", "two", first, &error);
  g_assert_no_error (error);
  g_assert_nonnull (second);

  assert_list (storage, "a/b d");
  assert_text (storage, "a/b", "text");
  assert_text (storage, "d", "two");
  g_assert_cmpuint (count_unfinished (root), ==, 0);
  g_assert_finalize_object (g_steal_pointer (&storage));
}

static gpointer
named_race_thread (gpointer data)
{
  g_autoptr (GError) error = NULL;
  gboolean won = storage_kit_put (data, "new/key", "text", &error);

  if (!won)
    assert_storage_error (&error, LOFT_STORAGE_ERROR_EXISTS);

  return GINT_TO_POINTER (won);
}

/* There, too, one of many creators wins. */
static void
named_race (const char *root)
{
  GThread *threads[N_RACERS];
  int n_won = 0;

  deny_unnamed_files ();
  g_autoptr (LoftStorage) storage = open_checked (root);
  for (guint i = 0; i < N_RACERS; i++)
    threads[i] = g_thread_new ("racer", named_race_thread, storage);
  for (guint i = 0; i < N_RACERS; i++)
    n_won += GPOINTER_TO_INT (g_thread_join (threads[i]));

  g_assert_cmpint (n_won, ==, 1);
  assert_text (storage, "new/key", "text");
  g_assert_cmpuint (count_unfinished (root), ==, 0);
  g_assert_finalize_object (g_steal_pointer (&storage));
}

/* A filesystem without hard links is refused, and the reason is said. */
static void
links_none (const char *root)
{
  g_autoptr (GError) error = NULL;

  deny (SYS_linkat, 0, 0, EPERM);
  g_assert_null (open_root (root, &error));
  g_assert_nonnull (strstr (error->message, "hard links"));
  assert_storage_error (&error, LOFT_STORAGE_ERROR_FAILED);
  g_assert_cmpuint (count_unfinished (root), ==, 0);
}

/* A file without a name gets one also where that needs the way by /proc. */
static void
links_by_proc (const char *root)
{
  deny (SYS_linkat, 4, AT_EMPTY_PATH, ENOENT);
  g_autoptr (LoftStorage) storage = open_checked (root);

  put (storage, "a/b", "text");
  put (storage, "a/c", "text");
  assert_put_fails (storage, "a/b", LOFT_STORAGE_ERROR_EXISTS);
  assert_list (storage, "a/b a/c");
  g_assert_finalize_object (g_steal_pointer (&storage));
}

/* What the kernel does not copy is copied by us. */
static void
copy_missing (const char *root)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *large = g_strnfill (600000, 'x');
  g_autofree char *path = g_build_filename (root, "source", NULL);
  g_autoptr (GFile) file = g_file_new_for_path (path);

  deny (SYS_copy_file_range, 0, 0, EXDEV);
  g_autoptr (LoftStorage) storage = open_checked (root);
  g_assert_true (g_file_set_contents (path, large, -1, NULL));
  g_autoptr (GFileInputStream) stream = g_file_read (file, NULL, &error);
  loft_storage_create (storage,
                       "copy",
                       G_INPUT_STREAM (stream),
                       600000,
                       NULL,
                       &error);
  g_assert_no_error (error);
  assert_text (storage, "copy", large);
  g_assert_finalize_object (g_steal_pointer (&storage));
}

/* A file that cannot be flushed was never stored, and there is no second try
 * that succeeds by itself. */
static void
flush_file (const char *root)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (LoftStorage) storage = open_checked (root);
  g_autofree char *etag = replace (storage, "document", "old", NULL, &error);

  deny (SYS_fdatasync, 0, 0, EIO);
  assert_put_fails (storage, "a/b", LOFT_STORAGE_ERROR_FAILED);
  assert_put_fails (storage, "a/b", LOFT_STORAGE_ERROR_FAILED);
  g_assert_null (replace (storage, "document", "new", etag, &error));
  assert_storage_error (&error, LOFT_STORAGE_ERROR_FAILED);
  assert_list (storage, "document");
  assert_text (storage, "document", "old");
  g_assert_cmpuint (count_unfinished (root), ==, 0);
  assert_no_folder (root, "a");
  g_assert_finalize_object (g_steal_pointer (&storage));
}

void
deny_folder_flush (void)
{
  g_log_set_always_fatal (G_LOG_LEVEL_ERROR);
  deny (SYS_fsync, 0, 0, EIO);
}

/* When a folder cannot be flushed nobody can say what is on the disk: nothing
 * is stored or confirmed any more, but what is there can be read. */
static void
flush_folder (const char *root)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (LoftStorage) storage = open_checked (root);

  put (storage, "a/b", "x");
  deny_folder_flush ();

  assert_put_fails (storage, "a/c", LOFT_STORAGE_ERROR_FAILED);
  g_assert_false (storage_kit_put (storage, "a/c", "x", &error));
  g_assert_nonnull (strstr (error->message, "any more"));
  assert_storage_error (&error, LOFT_STORAGE_ERROR_FAILED);
  assert_put_fails (storage, "a/b", LOFT_STORAGE_ERROR_FAILED);
  g_assert_null (replace (storage, "d", "y", NULL, &error));
  assert_storage_error (&error, LOFT_STORAGE_ERROR_FAILED);
  g_assert_false (loft_storage_remove (storage, "a/b", NULL, &error));
  assert_storage_error (&error, LOFT_STORAGE_ERROR_FAILED);
  assert_text (storage, "a/b", "x");
  g_assert_finalize_object (g_steal_pointer (&storage));
}

/* Holds a store until it is killed. */
static void
own (const char *root)
{
  g_autoptr (LoftStorage) storage = open_checked (root);
  char byte = 'R';

  g_assert_cmpint (write (STDOUT_FILENO, &byte, 1), ==, 1);
  g_assert_cmpint (read (STDIN_FILENO, &byte, 1), ==, 0);
}

/* Is in the middle of a write until it is killed. */
static void
half (const char *root)
{
  deny_unnamed_files ();
  g_autoptr (LoftStorage) storage = open_checked (root);
  g_autoptr (GInputStream) endless =
    g_unix_input_stream_new (STDIN_FILENO, FALSE);

  g_assert_cmpint (write (STDOUT_FILENO, "R", 1), ==, 1);
  loft_storage_create (storage, "a/b", endless, 1, NULL, NULL);
}

int
run_child (const char *name, const char *root)
{
  static const struct
  {
    const char *name;
    void (*run) (const char *root);
  } children[] = {
    { "full-disk", full_disk },
    { "read-only", read_only },
    { "no-permission", no_permission },
    { "unnamed-missing", unnamed_missing },
    { "named-race", named_race },
    { "links-none", links_none },
    { "links-by-proc", links_by_proc },
    { "copy-missing", copy_missing },
    { "flush-file", flush_file },
    { "flush-folder", flush_folder },
    { "own", own },
    { "member", child_member },
    { "member-count", child_member_count },
    { "member-broken", child_member_broken },
    { "parent", child_parent },
    { "half", half },
  };

  for (guint i = 0; i < G_N_ELEMENTS (children); i++)
    if (g_strcmp0 (name, children[i].name) == 0)
      {
        children[i].run (root);
        return 0;
      }

  g_printerr ("There is no child “%s”\n", name);

  return 2;
}
