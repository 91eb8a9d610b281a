/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kit/builder-kit.h"

#define MAKE_INDEX "echo index >$LOFT_DOCS_OUTPUT/index.html; "

static const BuilderLimits enough = { 0 };

static void
assert_file (BuilderAnswer *answer, const char *path, const char *content)
{
  GBytes *bytes = g_hash_table_lookup (answer->files, path);

  g_assert_nonnull (bytes);
  g_assert_cmpmem (g_bytes_get_data (bytes, NULL),
                   g_bytes_get_size (bytes),
                   content,
                   strlen (content));
}

static void
assert_text (const char *text, const char *part)
{
  if (text == NULL || strstr (text, part) == NULL)
    g_error ("“%s” is not in “%s”", part, text != NULL ? text : "");
}

/* What the command makes of the sources comes out. */
static void
test_build (void)
{
  if (builder_kit_skip ())
    return;

  g_autofree char *deep = g_strnfill (100, 'd');
  g_autofree char *script = g_strdup_printf (
    "set -e; mkdir -p $LOFT_DOCS_OUTPUT/sub/%s; cd $LOFT_DOCS_OUTPUT; "
    "cp /src/src/page.txt index.html; cp /src/src/grüße.txt sub; "
    "echo deep >sub/%s/page.html; echo $LOFT_DOCS_NAME $LOFT_DOCS_VERSION; "
    "pwd >&2; mkdir .cache; echo >.cache/x; echo >.hidden; : >empty.html",
    deep,
    deep);
  g_autofree char *deep_path = g_strconcat ("sub/", deep, "/page.html", NULL);
  g_autoptr (BuilderAnswer) answer = builder_kit_build (script, &enough);

  g_assert_cmpstr (answer->status, ==, "built");
  g_assert_null (answer->reason);
  g_assert_cmpstr (answer->log, ==, "hello 1.0.0\n/out\n");
  g_assert_cmpuint (g_hash_table_size (answer->files), ==, 4);
  assert_file (answer, "index.html", "a page\n");
  assert_file (answer, "sub/grüße.txt", "grüße\n");
  assert_file (answer, "empty.html", "");
  assert_file (answer, deep_path, "deep\n");
}

/* The command is told of the folder in its arguments, and starts in that of the
 * sources. */
static void
test_arguments (void)
{
  const char *const command[] = { "cp",
                                  "src/page.txt",
                                  "--target-directory={output}",
                                  "src/grüße.txt",
                                  "manifest.json",
                                  NULL };
  const char *const other[] = { "cp",
                                "src/page.txt",
                                "{output}/index.html",
                                NULL };
  g_autoptr (GBytes) package = builder_kit_make_package ();
  g_autoptr (GBytes) request =
    builder_kit_make_request (command, &enough, package);
  g_autoptr (GBytes) other_request =
    builder_kit_make_request (other, &enough, package);

  if (builder_kit_skip ())
    return;

  g_autoptr (BuilderAnswer) answer = builder_kit_ask (request, NULL);
  g_assert_cmpstr (answer->status, ==, "failed");
  assert_text (answer->reason, "No index.html was made");

  g_autoptr (BuilderAnswer) built = builder_kit_ask (other_request, NULL);
  g_assert_cmpstr (built->status, ==, "built");
  assert_file (built, "index.html", "a page\n");
}

/* What the command leaves running ends with it, and delays nothing. */
static void
test_left_behind (void)
{
  if (builder_kit_skip ())
    return;

  g_autoptr (BuilderAnswer) answer = builder_kit_build (
    "setsid sleep 1000 & (trap '' TERM HUP INT; sleep 1000) & " MAKE_INDEX,
    &enough);

  g_assert_cmpstr (answer->status, ==, "built");
}

typedef struct
{
  const char *name;
  const char *script;
  const char *reason;
  BuilderLimits limits;
} Failure;

/* What goes wrong is told apart. */
static void
test_failure (gconstpointer test_data)
{
  const Failure *failure = test_data;

  if (builder_kit_skip ())
    return;

  g_autoptr (BuilderAnswer) answer =
    builder_kit_build (failure->script, &failure->limits);
  g_assert_cmpstr (answer->status, ==, "failed");
  assert_text (answer->reason, failure->reason);
}

static const Failure failures[] = {
  { "status", MAKE_INDEX "exit 3", "exit status 3", { 0 } },
  { "signal", MAKE_INDEX "kill -9 $$", "signal 9", { 0 } },
  { "nothing", "true", "No index.html", { 0 } },
  { "time",
    MAKE_INDEX "sleep 1000",
    "longer than 1 seconds",
    { .seconds = 1 } },
  { "time-of-leftovers",
    "trap '' TERM; sleep 1000 & wait",
    "longer than 1 seconds",
    { .seconds = 1 } },
  { "fork-bomb",
    "f () { f & f & }; f; sleep 1000",
    "",
    { .seconds = 2, .processes = 20 } },
  { "bytes",
    MAKE_INDEX "head -c 200000 /dev/zero >/out/large",
    "more than 100000 bytes",
    { .bytes = 100000 } },
  { "hard-links",
    MAKE_INDEX "cd /out; head -c 60000 /dev/zero >one; ln one two",
    "more than 100000 bytes",
    { .bytes = 100000 } },
  { "large-file",
    MAKE_INDEX "head -c 17000000 /dev/zero >/out/large",
    "larger than 16 MiB",
    { .bytes = 1 << 28 } },
  { "holes",
    MAKE_INDEX "truncate -s 1T /out/large",
    "larger than 16 MiB",
    { 0 } },
  { "files",
    MAKE_INDEX "cd /out; seq 100000 | xargs touch",
    "more than 1000 files",
    { 0 } },
  { "memory-of-files",
    MAKE_INDEX "head -c 100000000 /dev/zero >/tmp/large",
    "exit status 1",
    { .memory = 32 * 1024 * 1024 } },
  { "path-control",
    MAKE_INDEX "touch \"/out/a\tb\"",
    "control character",
    { 0 } },
  { "path-bytes",
    MAKE_INDEX "touch \"/out/$(printf '\\377')\"",
    "not valid UTF-8",
    { 0 } },
  { "path-long",
    MAKE_INDEX "cd /out; for i in 1 2 3 4; do n=$(printf %099d $i); "
               "mkdir $n; cd $n; done; touch page",
    "it is too long",
    { 0 } },
  { "unreadable",
    MAKE_INDEX "cd /out; touch a; chmod 0 a",
    "can't be read",
    { 0 } },
  { "index-link",
    "ln -s /src/manifest.json /out/index.html",
    "No index",
    { 0 } },
  { "no-folder", "rm -r /out/* /out; exit 0", "No index", { 0 } },
};

/* A build takes no more processes than it may. */
static void
test_processes (void)
{
  const BuilderLimits limits = { .processes = 20 };

  if (builder_kit_skip ())
    return;

  g_autoptr (BuilderAnswer) answer = builder_kit_build (
    MAKE_INDEX "(i=0; while [ $i -lt 100 ]; do sleep 1000 & i=$((i + 1)); "
               "done) 2>/dev/null; set -- /proc/[0-9]*; echo $#",
    &limits);
  g_assert_cmpstr (answer->status, ==, "built");
  guint64 n = g_ascii_strtoull (answer->log, NULL, 10);
  g_assert_cmpuint (n, >=, 10);
  g_assert_cmpuint (n, <=, 21);
}

/* A program gets no more memory than it may. */
static void
test_memory (void)
{
  const BuilderLimits limits = { .memory = 64 * 1024 * 1024 };

  if (builder_kit_skip ())
    return;

  /* The shell doubles a variable. */
  g_autoptr (BuilderAnswer) answer = builder_kit_build (
    MAKE_INDEX "a=aaaaaaaaaaaaaaaa; while true; do a=$a$a; done",
    &limits);
  g_assert_cmpstr (answer->status, ==, "failed");
  g_assert_nonnull (answer->reason);
}

/* An endless log is read, and its end is kept. */
static void
test_log (void)
{
  struct rusage usage;

  if (builder_kit_skip ())
    return;

  g_autoptr (BuilderAnswer) answer = builder_kit_build (
    MAKE_INDEX "yes | head -c 300000000; printf 'end\\033[1m\\377\\0\\r\\n'",
    &enough);
  g_assert_cmpstr (answer->status, ==, "built");
  g_assert_true (g_str_has_prefix (answer->log, "y\n"));
  g_assert_true (
    g_str_has_suffix (answer->log, "y\nend\uFFFD[1m\uFFFD\uFFFD\n"));
  g_assert_cmpint (getrusage (RUSAGE_CHILDREN, &usage), ==, 0);
  g_assert_cmpint (usage.ru_maxrss, <, 200 * 1024);
}

/* Nothing of the machine is there but what every machine has. */
static void
test_secrets (void)
{
  g_autofree char *folder = g_dir_make_tmp ("loft-secret-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "key", NULL);
  g_autofree char *script = g_strdup_printf (
    MAKE_INDEX "cat '%s'; env; cat /proc/*/environ; cat /etc/passwd "
               "/etc/shadow /etc/hostname /etc/machine-id /root/.ssh/*; "
               "ls -A /home /var /run /root /opt /srv /mnt /sys /media; "
               "ls /proc/1/fd && echo an open process; "
               "echo kept; ls /proc | grep -c '^[0-9]'; "
               "tail -n +3 /proc/net/dev | cut -d : -f 1; hostname; id -u",
    path);

  if (builder_kit_skip ())
    {
      g_rmdir (folder);
      return;
    }
  g_assert_true (g_file_set_contents (path, "a-secret-in-a-file", -1, NULL));
  g_assert_cmpint (g_chmod (path, 0644), ==, 0);
  g_assert_cmpint (g_chmod (folder, 0755), ==, 0);
  g_setenv ("LOFT_TEST_SECRET", "a-secret-in-a-variable", TRUE);

  g_autoptr (BuilderAnswer) answer = builder_kit_build (script, &enough);
  g_unsetenv ("LOFT_TEST_SECRET");
  g_unlink (path);
  g_rmdir (folder);
  g_assert_cmpstr (answer->status, ==, "built");
  g_assert_null (strstr (answer->log, "a-secret"));
  g_assert_null (strstr (answer->log, "root:"));
  g_assert_null (strstr (answer->log, "an open process"));

  /* This shell, what it runs now, and the first process; no other. */
  g_assert_true (
    g_str_has_suffix (answer->log, "kept\n4\n    lo\ndocs\n65534\n"));
}

/* Nothing can be written but what is meant for it, and nothing be undone. */
static void
test_writes (void)
{
  if (builder_kit_skip ())
    return;

  g_autoptr (BuilderAnswer) answer = builder_kit_build (
    MAKE_INDEX "exec 2>&1; for f in /x /src/x /src/manifest.json /usr/x /etc/x "
               "/dev/x /proc/sys/kernel/hostname /loft-registry-docs; do "
               "(echo x >$f) 2>/dev/null && echo written: $f; done; "
               "unshare -U true 2>/dev/null && echo a namespace; "
               "mount -t tmpfs x /tmp 2>/dev/null && echo a mount; "
               "mknod /tmp/d c 1 3 2>/dev/null && echo a device; "
               "kill -9 1 2>/dev/null; echo still here; "
               "echo x >/tmp/x && echo x >/dev/shm/x && echo room",
    &enough);

  g_assert_cmpstr (answer->status, ==, "built");
  g_assert_cmpstr (answer->log, ==, "still here\nroom\n");
}

/* What is no file does not come out, and is no failure. */
static void
test_odd_files (void)
{
  if (builder_kit_skip ())
    return;

  g_autoptr (BuilderAnswer) answer = builder_kit_build (
    MAKE_INDEX "cd /out; ln -s /etc/shadow shadow; ln -s .. up; ln -s . loop; "
               "mkfifo pipe; ln -s index.html page.html",
    &enough);

  g_assert_cmpstr (answer->status, ==, "built");
  g_assert_cmpuint (g_hash_table_size (answer->files), ==, 1);
  assert_file (answer, "index.html", "index\n");
  assert_text (answer->log, "5");
}

/* More folders can be read where the program is told so. */
static void
test_read (void)
{
  g_autofree char *folder = g_dir_make_tmp ("loft-tools-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "tool", NULL);
  const char *const command[] = { path, "{output}", NULL };
  char *options[] = { (char *) "--read", folder, NULL };
  g_autoptr (GBytes) package = builder_kit_make_package ();
  g_autoptr (GBytes) request =
    builder_kit_make_request (command, &enough, package);
  gboolean is_skipped = builder_kit_skip ();

  g_file_set_contents (path,
                       "#!/bin/sh\ncd \"${0%/*}\" && ! echo >x 2>/dev/null &&"
                       "echo made by a tool >\"$1/index.html\"\n",
                       -1,
                       NULL);
  g_assert_cmpint (g_chmod (path, 0755), ==, 0);
  g_assert_cmpint (g_chmod (folder, 0755), ==, 0);

  g_autoptr (BuilderAnswer) answer =
    is_skipped ? NULL : builder_kit_ask (request, options);
  g_autoptr (BuilderAnswer) without =
    is_skipped ? NULL : builder_kit_ask (request, NULL);
  g_unlink (path);
  g_assert_cmpint (g_rmdir (folder), ==, 0);
  if (is_skipped)
    return;
  g_assert_cmpstr (answer->status, ==, "built");
  assert_file (answer, "index.html", "made by a tool\n");
  g_assert_cmpstr (without->status, ==, "failed");
  assert_text (without->reason, "can't be run: No such file");
}

/* Starts a build that goes on for ever, and waits until it does. */
static int
start_endless (GPid *out_pid)
{
  const char *const command[] = { "sleep", "1000", NULL };
  g_autoptr (GBytes) package = builder_kit_make_package ();
  g_autoptr (GBytes) request =
    builder_kit_make_request (command, &enough, package);
  int fd = builder_kit_connect (NULL, out_pid);

  builder_kit_send (fd, request);
  g_usleep (500000);

  return fd;
}

/* Nobody builds for a client that is gone. */
static void
test_gone (void)
{
  GPid pid;

  if (builder_kit_skip ())
    return;

  int fd = start_endless (&pid);
  close (fd);
  g_assert_true (WIFEXITED (builder_kit_wait (pid)));
  g_assert_cmpint (waitpid (-1, NULL, WNOHANG), ==, -1);
}

/* A builder that shall end takes its sandbox with it, and answers nothing. */
static void
test_stop (void)
{
  GPid pid;

  if (builder_kit_skip ())
    return;

  int fd = start_endless (&pid);
  g_assert_cmpint (kill (pid, SIGTERM), ==, 0);

  g_autoptr (GBytes) bytes = builder_kit_receive (fd);
  g_assert_true (WIFEXITED (builder_kit_wait (pid)));
  g_assert_cmpuint (g_bytes_get_size (bytes), ==, 0);
  g_assert_cmpint (waitpid (-1, NULL, WNOHANG), ==, -1);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);
  builder_kit_set_up ();

  g_test_add_func ("/docs-builder/build", test_build);
  g_test_add_func ("/docs-builder/arguments", test_arguments);
  g_test_add_func ("/docs-builder/left-behind", test_left_behind);
  for (guint i = 0; i < G_N_ELEMENTS (failures); i++)
    {
      g_autofree char *path =
        g_strconcat ("/docs-builder/failure/", failures[i].name, NULL);

      g_test_add_data_func (path, &failures[i], test_failure);
    }
  g_test_add_func ("/docs-builder/processes", test_processes);
  g_test_add_func ("/docs-builder/memory", test_memory);
  g_test_add_func ("/docs-builder/log", test_log);
  g_test_add_func ("/docs-builder/secrets", test_secrets);
  g_test_add_func ("/docs-builder/writes", test_writes);
  g_test_add_func ("/docs-builder/odd-files", test_odd_files);
  g_test_add_func ("/docs-builder/read", test_read);
  g_test_add_func ("/docs-builder/gone", test_gone);
  g_test_add_func ("/docs-builder/stop", test_stop);

  int status = g_test_run ();
  builder_kit_tear_down ();

  return status;
}
