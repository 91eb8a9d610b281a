/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "daemon/loft-sockets.h"

#include <fcntl.h>
#include <glib/gi18n.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http/loft-listen.h"

/* The first descriptor that a service manager passes. */
#define FIRST_PASSED 3

static guint
count_passed (const char *const *environment)
{
  const char *pid = g_environ_getenv ((char **) environment, "LISTEN_PID");
  const char *n = g_environ_getenv ((char **) environment, "LISTEN_FDS");
  guint64 value;

  if (pid == NULL || n == NULL ||
      !g_ascii_string_to_unsigned (pid, 10, 1, G_MAXINT, &value, NULL) ||
      value != (guint64) getpid () ||
      !g_ascii_string_to_unsigned (n, 10, 1, 1024, &value, NULL))
    return 0;

  return (guint) value;
}

static int
get_option (int fd, int option)
{
  int value = 0;
  socklen_t size = sizeof value;

  return getsockopt (fd, SOL_SOCKET, option, &value, &size) == 0 ? value : -1;
}

static GSocket *
take_passed (int fd, GError **error)
{
  int domain = get_option (fd, SO_DOMAIN);

  if ((domain != AF_INET && domain != AF_INET6 && domain != AF_UNIX) ||
      get_option (fd, SO_TYPE) != SOCK_STREAM ||
      get_option (fd, SO_ACCEPTCONN) != 1)
    {
      g_set_error (error,
                   G_IO_ERROR,
                   G_IO_ERROR_INVALID_ARGUMENT,
                   _ ("Descriptor %d, which was passed to the server, is no "
                      "socket of a stream that listens"),
                   fd);
      return NULL;
    }

  fcntl (fd, F_SETFD, FD_CLOEXEC);

  return g_socket_new_from_fd (fd, error);
}

static gboolean
add_passed (GPtrArray *sockets, guint n, GError **error)
{
  for (guint i = 0; i < n; i++)
    {
      GSocket *socket = take_passed (FIRST_PASSED + (int) i, error);

      if (socket == NULL)
        return FALSE;
      g_ptr_array_add (sockets, socket);
    }

  return TRUE;
}

/**
 * loft_sockets_are_passed:
 * @environment: (nullable): the environment
 *
 * Returns: whether a service manager has passed the sockets, which goes on
 *   listening on them when this program does not run
 */
gboolean
loft_sockets_are_passed (const char *const *environment)
{
  return count_passed (environment) > 0;
}

/**
 * loft_sockets_open:
 * @config: a configuration
 * @environment: (nullable): the environment
 * @error: return location for a #GError
 *
 * Listens where the configuration says, or on the sockets that a service
 * manager has passed. May block.
 *
 * Returns: (transfer full) (element-type GSocket): the sockets, or %NULL with
 *   @error set
 */
GPtrArray *
loft_sockets_open (LoftConfig *config,
                   const char *const *environment,
                   GError **error)
{
  g_return_val_if_fail (LOFT_IS_CONFIG (config), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  g_autoptr (GPtrArray) sockets =
    g_ptr_array_new_with_free_func (g_object_unref);
  guint n_passed = count_passed (environment);

  if (n_passed > 0)
    return add_passed (sockets, n_passed, error) ? g_steal_pointer (&sockets)
                                                 : NULL;

  g_auto (GStrv) wanted = loft_config_get_words (config, LOFT_CONFIG_LISTEN);
  for (guint i = 0; wanted[i] != NULL; i++)
    {
      GPtrArray *some = loft_listen_open (wanted[i], error);

      if (some == NULL)
        return NULL;
      g_ptr_array_extend_and_steal (sockets, some);
    }

  return g_steal_pointer (&sockets);
}

/* Where a token counts it is worth stealing, and ours is plain HTTP. */
static gboolean
is_overheard (GSocketAddress *address, LoftConfig *config)
{
  const char *publish = loft_config_get_text (config, LOFT_CONFIG_PUBLISH);

  return !g_str_equal (publish, "open") && G_IS_INET_SOCKET_ADDRESS (address) &&
         !g_inet_address_get_is_loopback (
           g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (address)));
}

static char *
describe (GSocketAddress *address)
{
  g_autofree char *text =
    g_socket_connectable_to_string (G_SOCKET_CONNECTABLE (address));

  return G_IS_INET_SOCKET_ADDRESS (address)
           ? g_strconcat ("http://", text, NULL)
           : g_steal_pointer (&text);
}

/**
 * loft_sockets_list_urls:
 * @sockets: (element-type GSocket): sockets
 *
 * Tells where they listen, with the real ports.
 *
 * Returns: (transfer full): URLs, or paths of UNIX sockets
 */
GStrv
loft_sockets_list_urls (GPtrArray *sockets)
{
  g_return_val_if_fail (sockets != NULL, NULL);

  g_autoptr (GStrvBuilder) urls = g_strv_builder_new ();

  for (guint i = 0; i < sockets->len; i++)
    {
      g_autoptr (GSocketAddress) address =
        g_socket_get_local_address (sockets->pdata[i], NULL);
      g_autofree char *url = address != NULL ? describe (address) : NULL;

      if (url != NULL)
        g_strv_builder_add (urls, url);
    }

  return g_strv_builder_end (urls);
}

/**
 * loft_sockets_report:
 * @sockets: (element-type GSocket): sockets
 * @config: a configuration
 *
 * Says in the log where they listen, with the real ports, and where that is not
 * wise.
 */
void
loft_sockets_report (GPtrArray *sockets, LoftConfig *config)
{
  g_return_if_fail (sockets != NULL);
  g_return_if_fail (LOFT_IS_CONFIG (config));

  for (guint i = 0; i < sockets->len; i++)
    {
      g_autoptr (GSocketAddress) address =
        g_socket_get_local_address (sockets->pdata[i], NULL);
      if (address == NULL)
        continue;

      g_autofree char *url = describe (address);
      g_message ("Listening on %s", url);
      if (is_overheard (address, config))
        g_warning ("Tokens that are sent to %s can be overheard, unless a "
                   "server that speaks TLS is in front",
                   url);
    }
}

/**
 * loft_sockets_close:
 * @sockets: (element-type GSocket): sockets
 *
 * Listens no longer, in this process.
 */
void
loft_sockets_close (GPtrArray *sockets)
{
  g_return_if_fail (sockets != NULL);

  for (guint i = 0; i < sockets->len; i++)
    g_socket_close (sockets->pdata[i], NULL);
}
