/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "docs/loft-builder-inside.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "docs/loft-builder-collect.h"
#include "docs/loft-builder-sandbox.h"

/*
 * The first process in the sandbox. It starts the command, waits for it, ends
 * whatever the command has left behind, and then sends the files that were made
 * to the builder outside; for the folder that they are in is gone when the
 * sandbox is.
 *
 * It runs as the same user as the command, which may have got it to send what
 * it likes. So it is trusted with nothing: what it sends is looked at outside
 * as if the command had sent it. Only that the first line was sent means
 * something, since no command runs by then.
 */

/* Arguments before those of the command. */
enum
{
  ARGUMENT_MEMORY,
  ARGUMENT_PROCESSES,
  ARGUMENT_BYTES,
  ARGUMENT_FILES,
  ARGUMENT_COMMAND
};

/* The machine shall rather end the command than anything else. */
#define OOM_SCORE_ADJ "1000"

static guint64
parse (const char *argument)
{
  return g_ascii_strtoull (argument, NULL, 10);
}

/* Writes to the builder. If it is gone, the signal of the pipe ends this. */
static void
tell (const char *text)
{
  gsize length = strlen (text);

  while (length > 0)
    {
      gssize count = write (LOFT_BUILDER_RESULT_FD, text, length);

      if (count == -1 && errno != EINTR)
        _exit (EXIT_FAILURE);
      text += MAX (count, 0);
      length -= (gsize) MAX (count, 0);
    }
}

static gboolean
limit (int resource, guint64 most)
{
  const struct rlimit both = { .rlim_cur = most, .rlim_max = most };

  return setrlimit ((__rlimit_resource_t) resource, &both) == 0;
}

/* Becomes the command; or tells through the pipe why it could not. */
static void
become (char **arguments, int failure_fd)
{
  int fd = open ("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

  if (fd != -1)
    {
      if (write (fd, OOM_SCORE_ADJ, strlen (OOM_SCORE_ADJ)) == -1)
        g_printerr ("What to end first was not said\n");
      close (fd);
    }

  /* What is reserved and never used counts as address space, but not as data;
   * some runtimes reserve more than there is. */
  if (limit (RLIMIT_DATA, parse (arguments[ARGUMENT_MEMORY])) &&
      limit (RLIMIT_CORE, 0) &&
      /* One is this program's first process. */
      limit (RLIMIT_NPROC, parse (arguments[ARGUMENT_PROCESSES]) + 1))
    execvp (arguments[ARGUMENT_COMMAND], arguments + ARGUMENT_COMMAND);

  int code = errno;
  if (write (failure_fd, &code, sizeof code) != sizeof code)
    _exit (EXIT_FAILURE);
  _exit (EXIT_FAILURE);
}

/* Returns 0, or why the command can't be started. */
static int
start (char **arguments, pid_t *out_child)
{
  int fds[2];
  int code = 0;

  if (pipe2 (fds, O_CLOEXEC) == -1)
    return errno;

  *out_child = fork ();
  if (*out_child == 0)
    become (arguments, fds[1]);
  if (*out_child == -1)
    code = errno;
  close (fds[1]);

  gssize count;
  do
    count = read (fds[0], &code, sizeof code);
  while (count == -1 && errno == EINTR);
  close (fds[0]);

  return code;
}

/* Waits for @child, and for all others that end before it. */
static int
wait_for (pid_t child)
{
  int status = 0;
  pid_t ended;

  do
    ended = waitpid (-1, &status, 0);
  while (ended != child && (ended != -1 || errno == EINTR));

  return status;
}

/* As the first process of its namespace this one reaches all others. */
static void
end_others (void)
{
  do
    kill (-1, SIGKILL);
  while (waitpid (-1, NULL, 0) != -1 || errno == EINTR);
}

/* Returns why the build failed, if it did. */
static char *
judge (int code, int status, const char *command)
{
  if (code != 0)
    return g_strdup_printf ("The command %s can't be run: %s",
                            command,
                            g_strerror (code));
  if (WIFSIGNALED (status))
    return g_strdup_printf ("The command was ended by signal %d (%s)",
                            WTERMSIG (status),
                            g_strsignal (WTERMSIG (status)));
  if (WEXITSTATUS (status) != 0)
    return g_strdup_printf ("The command failed with exit status %d",
                            WEXITSTATUS (status));

  return NULL;
}

static int
fail (const char *reason)
{
  tell (LOFT_BUILDER_FAILED "\n");
  tell (reason);

  return EXIT_SUCCESS;
}

static int
send_pages (char **arguments)
{
  int folder = open (LOFT_BUILDER_OUTPUT, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder == -1)
    return fail ("The folder of the documentation can't be read");

  g_autoptr (GError) error = NULL;
  g_autoptr (LoftBuilderPages) pages =
    loft_builder_pages_collect (folder,
                                parse (arguments[ARGUMENT_BYTES]),
                                parse (arguments[ARGUMENT_FILES]),
                                &error);
  if (pages == NULL)
    return fail (error->message);

  if (pages->others > 0)
    g_printerr ("Left out since they are no files: %u\n", pages->others);
  tell (LOFT_BUILDER_BUILT "\n");

  return loft_builder_pages_write (pages, folder, LOFT_BUILDER_RESULT_FD)
           ? EXIT_SUCCESS
           : EXIT_FAILURE;
}

/**
 * loft_builder_inside:
 * @n_arguments: how many @arguments
 * @arguments: limits of memory, processes, bytes and files, and the command
 *
 * Runs a build as the first process in the sandbox. The process must be in a
 * locale of UTF-8.
 *
 * Returns: the exit status
 */
int
loft_builder_inside (int n_arguments, char **arguments)
{
  g_return_val_if_fail (n_arguments > ARGUMENT_COMMAND, EXIT_FAILURE);

  pid_t child = -1;

  /* The command can neither look into this process nor into its pipe. */
  prctl (PR_SET_DUMPABLE, 0);
  prctl (PR_SET_PDEATHSIG, SIGKILL);
  fcntl (LOFT_BUILDER_RESULT_FD, F_SETFD, FD_CLOEXEC);
  tell (LOFT_BUILDER_BEGUN "\n");

  int code = start (arguments, &child);
  int status = code == 0 ? wait_for (child) : 0;
  end_others ();

  g_autofree char *reason = judge (code, status, arguments[ARGUMENT_COMMAND]);

  return reason != NULL ? fail (reason) : send_pages (arguments);
}
