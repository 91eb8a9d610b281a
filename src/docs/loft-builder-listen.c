/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "docs/loft-builder-listen.h"

#include <errno.h>
#include <gio/gio.h>
#include <gio/gunixsocketaddress.h>
#include <glib-unix.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "docs/loft-builder-stop.h"

/* Where no service manager hands over connections: one build at a time, each by
 * a process of its own. Who comes meanwhile waits in the queue of the socket.
 */

#define QUEUE 16

static GSocket *
open_socket (const char *path, GError **error)
{
  g_autoptr (GSocketAddress) address = g_unix_socket_address_new (path);
  g_autoptr (GSocket) socket = g_socket_new (G_SOCKET_FAMILY_UNIX,
                                             G_SOCKET_TYPE_STREAM,
                                             G_SOCKET_PROTOCOL_DEFAULT,
                                             error);
  struct stat status;

  if (socket == NULL)
    return NULL;

  /* What is left of one that was killed. */
  if (lstat (path, &status) == 0 && S_ISSOCK (status.st_mode))
    unlink (path);

  /* Who may build is who owns the socket, and its group. */
  mode_t before = umask (0117);
  gboolean is_bound = g_socket_bind (socket, address, FALSE, error);
  umask (before);
  g_socket_set_listen_backlog (socket, QUEUE);
  if (!is_bound || !g_socket_listen (socket, error))
    return NULL;

  return g_steal_pointer (&socket);
}

/* Waits for one of @fds. Returns whether the first one is ready, and is not to
 * be waited for any longer if the second one is. */
static gboolean
wait_for (int fd, gboolean *out_stop)
{
  struct pollfd fds[] = {
    { .fd = fd, .events = POLLIN },
    { .fd = loft_builder_stop_get_fd (), .events = POLLIN },
  };

  while (poll (fds, G_N_ELEMENTS (fds), -1) == -1 && errno == EINTR)
    continue;
  *out_stop = fds[1].revents != 0;

  return fds[0].revents != 0;
}

/* A process that builds for one client. It holds the other end of a pipe, which
 * closes with it. */
static gboolean
serve (int client, char **arguments, gboolean *out_stop, GError **error)
{
  int fds[2];
  GPid pid;

  if (!g_unix_open_pipe (fds, FD_CLOEXEC, error))
    return FALSE;

  const int target = 3;
  gboolean is_running =
    g_spawn_async_with_pipes_and_fds (NULL,
                                      (const char *const *) arguments,
                                      NULL,
                                      G_SPAWN_DO_NOT_REAP_CHILD,
                                      NULL,
                                      NULL,
                                      client,
                                      -1,
                                      -1,
                                      &fds[1],
                                      &target,
                                      1,
                                      &pid,
                                      NULL,
                                      NULL,
                                      NULL,
                                      error);
  close (fds[1]);
  if (is_running && !wait_for (fds[0], out_stop))
    kill (pid, SIGTERM);
  close (fds[0]);
  while (is_running && waitpid (pid, NULL, 0) == -1 && errno == EINTR)
    continue;

  return is_running;
}

/**
 * loft_builder_listen:
 * @path: where to make a socket
 * @arguments: a command that serves the client at its standard input
 * @error: return location for a #GError
 *
 * Serves clients one after another until it is asked to end.
 *
 * Returns: %TRUE at the end, or %FALSE with @error set if there can be no
 * socket
 */
gboolean
loft_builder_listen (const char *path, char **arguments, GError **error)
{
  g_return_val_if_fail (path != NULL && arguments != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  gboolean stop = FALSE;
  g_autoptr (GSocket) socket = open_socket (path, error);

  if (socket == NULL)
    return FALSE;
  while (!stop)
    {
      g_autoptr (GError) local_error = NULL;

      if (!wait_for (g_socket_get_fd (socket), &stop) || stop)
        continue;

      g_autoptr (GSocket) client = g_socket_accept (socket, NULL, &local_error);
      if (client == NULL ||
          !serve (g_socket_get_fd (client), arguments, &stop, &local_error))
        g_warning ("A client was not served: %s", local_error->message);
    }
  unlink (path);

  return TRUE;
}
