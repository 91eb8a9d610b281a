/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "docs/loft-builder-run.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "docs/loft-builder-log.h"
#include "docs/loft-builder-sandbox.h"
#include "docs/loft-builder-stop.h"

/*
 * The sandbox from outside: it is started, listened to, and ended. Two pipes
 * lead out of it, one for what it prints and one for what comes of it. Both end
 * when the last process in it has.
 */

#define PIECE (64 * 1024)
#define LINE_MAX_LENGTH 16
#define REASON_MAX 1000

enum
{
  POLL_LOG,
  POLL_RESULT,
  POLL_CLIENT,
  POLL_STOP,
  N_POLL
};

typedef struct
{
  LoftBuilderRun *run; /* owned by who called */
  GString *line;       /* owned: of the head of the result */
  const char *folder;
  guint64 bytes_max;
  char *piece; /* owned */
} Session;

/**
 * loft_builder_run_free:
 * @self: (transfer full): what came of a command
 *
 * Frees it.
 */
void
loft_builder_run_free (LoftBuilderRun *self)
{
  g_return_if_fail (self != NULL);

  g_string_free (self->reason, TRUE);
  g_string_free (self->log, TRUE);
  g_clear_pointer (&self->archive, loft_spool_unref);
  g_free (self);
}

/* Takes a line of the head of the result. */
static void
take_line (Session *session)
{
  LoftBuilderRun *run = session->run;
  const char *line = session->line->str;

  if (!run->is_begun && g_str_equal (line, LOFT_BUILDER_BEGUN))
    run->is_begun = TRUE;
  else if (run->is_begun && g_str_equal (line, LOFT_BUILDER_FAILED))
    run->end = LOFT_BUILDER_END_FAILED;
  else if (run->is_begun && g_str_equal (line, LOFT_BUILDER_BUILT))
    {
      run->archive = loft_spool_new (session->folder, -1, NULL);
      run->end =
        run->archive != NULL ? LOFT_BUILDER_END_BUILT : LOFT_BUILDER_END_BROKEN;
    }
  else
    run->end = LOFT_BUILDER_END_SIZE;
  g_string_truncate (session->line, 0);
}

static void
take_archive (Session *session, const char *data, gsize length)
{
  LoftBuilderRun *run = session->run;
  guint64 size = (guint64) loft_spool_get_size (run->archive);

  if (size + length > session->bytes_max)
    run->end = LOFT_BUILDER_END_SIZE;
  else if (!loft_spool_write (run->archive, data, length, NULL))
    run->end = LOFT_BUILDER_END_BROKEN;
}

static void
take_result (Session *session, const char *data, gsize length)
{
  LoftBuilderRun *run = session->run;

  for (; length > 0 && run->end == LOFT_BUILDER_END_NONE; data++, length--)
    if (*data == '\n')
      take_line (session);
    else if (session->line->len < LINE_MAX_LENGTH)
      g_string_append_c (session->line, *data);
    else
      run->end = LOFT_BUILDER_END_SIZE;

  if (run->end == LOFT_BUILDER_END_BUILT && length > 0)
    take_archive (session, data, length);
  else if (run->end == LOFT_BUILDER_END_FAILED && run->reason->len < REASON_MAX)
    g_string_append_len (run->reason,
                         data,
                         (gssize) MIN (length, REASON_MAX - run->reason->len));
}

/* Reads what there is, and forgets the pipe when it has ended. */
static void
take (Session *session, struct pollfd *poll_fd, gboolean is_log)
{
  gssize count = read (poll_fd->fd, session->piece, PIECE);

  if (count > 0 && is_log)
    loft_builder_log_append (session->run->log, session->piece, (gsize) count);
  else if (count > 0)
    take_result (session, session->piece, (gsize) count);
  else if (count == 0 || errno != EINTR)
    poll_fd->fd = -1;
}

static int
get_rest (gint64 end)
{
  gint64 rest = (end - g_get_monotonic_time () + 999) / 1000;

  return (int) CLAMP (rest, 0, G_MAXINT);
}

static gboolean
goes_on (LoftBuilderEnd end)
{
  return end == LOFT_BUILDER_END_NONE || end == LOFT_BUILDER_END_BUILT ||
         end == LOFT_BUILDER_END_FAILED;
}

/* Until both pipes have ended, or there is no more use in it. */
static void
follow (Session *session, struct pollfd *fds, gint64 end)
{
  LoftBuilderRun *run = session->run;

  while (goes_on (run->end) &&
         (fds[POLL_LOG].fd != -1 || fds[POLL_RESULT].fd != -1))
    {
      int rest = get_rest (end);
      int ready = rest > 0 ? poll (fds, N_POLL, rest) : 0;

      if (ready == -1 && errno != EINTR)
        run->end = LOFT_BUILDER_END_BROKEN;
      else if (ready == 0)
        run->end = LOFT_BUILDER_END_TIME;
      else if (ready > 0 &&
               (fds[POLL_CLIENT].revents | fds[POLL_STOP].revents) != 0)
        run->end = LOFT_BUILDER_END_STOPPED;
      else if (ready > 0)
        {
          if (fds[POLL_LOG].revents != 0)
            take (session, &fds[POLL_LOG], TRUE);
          if (fds[POLL_RESULT].revents != 0)
            take (session, &fds[POLL_RESULT], FALSE);
        }
    }
}

static gboolean
spawn (const char *const *command,
       int program,
       int result,
       GPid *out_pid,
       int *out_log,
       GError **error)
{
  int log[2];

  if (!g_unix_open_pipe (log, FD_CLOEXEC, error))
    return FALSE;

  const int sources[] = { result, program };
  const int targets[] = { LOFT_BUILDER_RESULT_FD, LOFT_BUILDER_PROGRAM_FD };
  gboolean is_good = g_spawn_async_with_pipes_and_fds (
    NULL,
    command,
    NULL,
    G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD,
    NULL,
    NULL,
    -1,
    log[1],
    log[1],
    sources,
    targets,
    G_N_ELEMENTS (sources),
    out_pid,
    NULL,
    NULL,
    NULL,
    error);
  close (log[1]);
  if (is_good)
    *out_log = log[0];
  else
    close (log[0]);

  return is_good;
}

/* The first process in the sandbox dies with bubblewrap, and all others with
 * that; it is then a child of this process, see loft_builder_run(). Where it
 * had not come so far as to ask for that, it ends since nobody reads from its
 * pipe, which is why that is closed before. */
static void
end_sandbox (GPid pid)
{
  kill (pid, SIGKILL);
  while (waitpid (-1, NULL, 0) != -1 || errno == EINTR)
    continue;
}

/**
 * loft_builder_run:
 * @command: (array zero-terminated=1): makes a sandbox, and runs in it
 * @program: this program's file
 * @client: the connection of who asks; when it breaks, the build ends
 * @seconds: how long it may take
 * @bytes_max: how large an archive it may send
 * @folder: where there is room for that
 * @error: return location for a #GError
 *
 * Runs a build to its end, and sees to it that nothing of it is left.
 *
 * Returns: (transfer full): what came of it; or %NULL with @error set if it
 *   could not even be started
 */
LoftBuilderRun *
loft_builder_run (const char *const *command,
                  int program,
                  int client,
                  guint64 seconds,
                  guint64 bytes_max,
                  const char *folder,
                  GError **error)
{
  g_return_val_if_fail (command != NULL && folder != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  int result[2];
  int log = -1;
  GPid pid;

  prctl (PR_SET_CHILD_SUBREAPER, 1);
  if (!g_unix_open_pipe (result, FD_CLOEXEC, error))
    return NULL;
  gboolean is_running = spawn (command, program, result[1], &pid, &log, error);
  close (result[1]);
  if (!is_running)
    {
      close (result[0]);
      return NULL;
    }

  LoftBuilderRun *run = g_new0 (LoftBuilderRun, 1);
  run->reason = g_string_new (NULL);
  run->log = g_string_new (NULL);
  Session session = {
    .run = run,
    .line = g_string_new (NULL),
    .folder = folder,
    .bytes_max = bytes_max,
    .piece = g_malloc (PIECE),
  };
  struct pollfd fds[N_POLL] = {
    [POLL_LOG] = { .fd = log, .events = POLLIN },
    [POLL_RESULT] = { .fd = result[0], .events = POLLIN },
    [POLL_CLIENT] = { .fd = client },
    [POLL_STOP] = { .fd = loft_builder_stop_get_fd (), .events = POLLIN },
  };
  gint64 end = g_get_monotonic_time () + (gint64) seconds * G_USEC_PER_SEC;

  follow (&session, fds, end);
  close (log);
  close (result[0]);
  end_sandbox (pid);
  g_string_free (session.line, TRUE);
  g_free (session.piece);

  return run;
}
