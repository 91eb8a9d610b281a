/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-compare.h"

#include <errno.h>
#include <gio/gunixinputstream.h>
#include <poll.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/*
 * Two texts are compared by GNU diff, in a process of its own.
 *
 * Texts that are made for it keep every diff busy for many seconds, however
 * good its heuristics are. A process can be ended at any time, takes its memory
 * with it, and breaks nothing but itself if it trips over what strangers have
 * written. It is there wherever Debian is, and costs two milliseconds for each
 * text. The texts have no names anywhere: they are in memory, and the process
 * is handed their descriptors.
 */

#define OLD_FD 3
#define NEW_FD 4

#define CHUNK_SIZE (64 * 1024)

/* Two texts of a MiB each, of empty lines, with a sign before each line. */
#define OUTPUT_MAX (8 * 1024 * 1024)

/* How soon a client is noticed who has gone. */
#define PATIENCE_MS 100

static gboolean
set_failed (GError **error, const char *what)
{
  g_set_error (error,
               LOFT_REGISTRY_ERROR,
               LOFT_REGISTRY_ERROR_FAILED,
               "%s: %s",
               what,
               g_strerror (errno));

  return FALSE;
}

static int
open_text (GBytes *text, GError **error)
{
  gsize length = 0;
  const char *data = g_bytes_get_data (text, &length);
  int fd = memfd_create ("loft-diff", MFD_CLOEXEC);

  while (fd >= 0 && length > 0)
    {
      ssize_t count = write (fd, data, length);

      if (count < 0 && errno == EINTR)
        continue;
      if (count < 0)
        {
          set_failed (error, "A text can't be handed to diff");
          close (fd);
          return -1;
        }
      data += count;
      length -= (gsize) count;
    }
  if (fd < 0)
    set_failed (error, "There is no memory for a text");

  return fd;
}

static GSubprocess *
start (GBytes *old_text, GBytes *new_text, GError **error)
{
  static const char *const command[] = { DIFF_PROGRAM, "-a",        "-U3", "--",
                                         "/dev/fd/3",  "/dev/fd/4", NULL };
  char *environment[] = { (char *) "LC_ALL=C", NULL };
  g_autoptr (GSubprocessLauncher) launcher = g_subprocess_launcher_new (
    G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_SILENCE);
  int old_fd = open_text (old_text, error);
  int new_fd = old_fd >= 0 ? open_text (new_text, error) : -1;

  if (new_fd < 0)
    {
      if (old_fd >= 0)
        close (old_fd);
      return NULL;
    }
  g_subprocess_launcher_take_fd (launcher, old_fd, OLD_FD);
  g_subprocess_launcher_take_fd (launcher, new_fd, NEW_FD);
  g_subprocess_launcher_set_environ (launcher, environment);

  return g_subprocess_launcher_spawnv (launcher, command, error);
}

/* Waits for something to read. */
static gboolean
wait_for (int fd, gint64 end, GCancellable *cancellable, GError **error)
{
  for (;;)
    {
      struct pollfd one = { .fd = fd, .events = POLLIN };

      if (g_cancellable_set_error_if_cancelled (cancellable, error))
        return FALSE;
      if (g_get_monotonic_time () >= end)
        {
          g_set_error_literal (error,
                               LOFT_REGISTRY_ERROR,
                               LOFT_REGISTRY_ERROR_TOO_LARGE,
                               "It takes too long to compare the texts");
          return FALSE;
        }
      if (poll (&one, 1, PATIENCE_MS) > 0)
        return TRUE;
    }
}

static GString *
read_all (GSubprocess *process,
          gint64 end,
          GCancellable *cancellable,
          GError **error)
{
  GInputStream *stream = g_subprocess_get_stdout_pipe (process);
  int fd = g_unix_input_stream_get_fd (G_UNIX_INPUT_STREAM (stream));
  g_autoptr (GString) output = g_string_new (NULL);
  g_autofree char *chunk = g_malloc (CHUNK_SIZE);

  while (wait_for (fd, end, cancellable, error))
    {
      ssize_t count = read (fd, chunk, CHUNK_SIZE);

      if (count < 0 && errno == EINTR)
        continue;
      if (count == 0)
        return g_steal_pointer (&output);
      if (count < 0 || output->len + (gsize) count > OUTPUT_MAX)
        {
          set_failed (error, "What diff says can't be read");
          return NULL;
        }
      g_string_append_len (output, chunk, count);
    }

  return NULL;
}

/* Without the two lines that name the files, if there is anything at all. */
static char *
take_hunks (const GString *output)
{
  const char *next = output->str;

  for (guint i = 0; i < 2; i++)
    {
      next += strcspn (next, "\n");
      next += *next == '\n';
    }

  return g_utf8_make_valid (next, (gssize) (output->str + output->len - next));
}

/**
 * loft_compare_texts:
 * @old_text: a text, without NUL
 * @new_text: another one
 * @end: when to give up, by the monotonic clock
 * @cancellable: (nullable): a cancellable
 * @error: return location for a #GError
 *
 * Compares two texts line by line. Blocks.
 *
 * Returns: (transfer full): the hunks of a unified diff, as valid UTF-8, or
 *   %NULL with @error set; %LOFT_REGISTRY_ERROR_TOO_LARGE if it takes too long
 */
char *
loft_compare_texts (GBytes *old_text,
                    GBytes *new_text,
                    gint64 end,
                    GCancellable *cancellable,
                    GError **error)
{
  g_return_val_if_fail (old_text != NULL && new_text != NULL, NULL);

  g_autoptr (GSubprocess) process = start (old_text, new_text, error);
  if (process == NULL)
    return NULL;

  g_autoptr (GString) output = read_all (process, end, cancellable, error);
  if (output == NULL)
    g_subprocess_force_exit (process);
  g_subprocess_wait (process, NULL, NULL);
  if (output == NULL)
    return NULL;
  if (!g_subprocess_get_if_exited (process) ||
      g_subprocess_get_exit_status (process) > 1)
    {
      g_set_error_literal (error,
                           LOFT_REGISTRY_ERROR,
                           LOFT_REGISTRY_ERROR_FAILED,
                           "diff has failed");
      return NULL;
    }

  return take_hunks (output);
}
