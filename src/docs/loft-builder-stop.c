/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "docs/loft-builder-stop.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <signal.h>
#include <unistd.h>

/* Signals that ask for the end, as bytes in a pipe, which can be waited for
 * beside everything else. */

static int fds[2] = { -1, -1 };

static void
stop_cb (int number)
{
  int saved_errno = errno;

  /* If it is full, it says what it shall say. */
  if (write (fds[1], "", 1) == -1)
    errno = 0;
  errno = saved_errno;
}

/**
 * loft_builder_stop_watch:
 *
 * Has signals that would end the process be noted instead. Processes that it
 * starts are ended by them as usual.
 */
void
loft_builder_stop_watch (void)
{
  g_autoptr (GError) error = NULL;
  const struct sigaction action = { .sa_handler = stop_cb };

  if (!g_unix_open_pipe (fds, FD_CLOEXEC, &error))
    {
      g_warning ("Signals can't be noted: %s", error->message);
      return;
    }
  fcntl (fds[1], F_SETFL, O_NONBLOCK);
  sigaction (SIGHUP, &action, NULL);
  sigaction (SIGINT, &action, NULL);
  sigaction (SIGTERM, &action, NULL);
}

/**
 * loft_builder_stop_get_fd:
 *
 * Gets what to wait for.
 *
 * Returns: a descriptor that can be read once such a signal came, or -1
 */
int
loft_builder_stop_get_fd (void)
{
  return fds[0];
}
