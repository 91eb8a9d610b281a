/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "http/loft-listen.h"

#include <glib/gi18n.h>

#include <gio/gnetworking.h>

/* As many as the kernel allows; libsoup's own sockets would take ten. */
#define BACKLOG 4096

#define DEFAULT_PORT 3030

static GSocket *
open_socket (GSocketAddress *address, GError **error)
{
  GSocketFamily family = g_socket_address_get_family (address);
  g_autoptr (GSocket) socket =
    g_socket_new (family, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, error);

  if (socket == NULL)
    return NULL;

  /* So that [::]:3030 and 0.0.0.0:3030 can be listened on side by side. */
  if (family == G_SOCKET_FAMILY_IPV6 &&
      !g_socket_set_option (socket, IPPROTO_IPV6, IPV6_V6ONLY, TRUE, error))
    return NULL;

  g_socket_set_listen_backlog (socket, BACKLOG);
  if (!g_socket_bind (socket, address, TRUE, error) ||
      !g_socket_listen (socket, error))
    return NULL;

  return g_steal_pointer (&socket);
}

/**
 * loft_listen_open:
 * @address: `HOST:PORT`, with an IPv6 address in brackets; port 0 takes any
 *   that is free
 * @error: return location for a #GError
 *
 * Opens the sockets of an address: one, or as many as a name stands for. Looks
 * names up, so it may block.
 *
 * Returns: (transfer full) (element-type GSocket): the sockets, or %NULL with
 *   @error set to a #GIOErrorEnum or a #GResolverError
 */
GPtrArray *
loft_listen_open (const char *address, GError **error)
{
  g_return_val_if_fail (address != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  g_autoptr (GSocketConnectable) connectable =
    g_network_address_parse (address, DEFAULT_PORT, error);
  if (connectable == NULL)
    {
      g_prefix_error (error, _ ("Can't listen on “%s”: "), address);
      return NULL;
    }

  g_autoptr (GSocketAddressEnumerator) addresses =
    g_socket_connectable_enumerate (connectable);
  g_autoptr (GPtrArray) sockets =
    g_ptr_array_new_with_free_func (g_object_unref);
  while (TRUE)
    {
      g_autoptr (GError) local_error = NULL;
      g_autoptr (GSocketAddress) next =
        g_socket_address_enumerator_next (addresses, NULL, &local_error);

      if (next == NULL && local_error == NULL && sockets->len > 0)
        return g_steal_pointer (&sockets);

      GSocket *socket = next != NULL ? open_socket (next, &local_error) : NULL;
      if (socket == NULL)
        {
          if (local_error == NULL)
            local_error = g_error_new_literal (G_IO_ERROR,
                                               G_IO_ERROR_NOT_FOUND,
                                               _ ("It stands for no address"));
          g_propagate_prefixed_error (error,
                                      g_steal_pointer (&local_error),
                                      _ ("Can't listen on “%s”: "),
                                      address);
          return NULL;
        }
      g_ptr_array_add (sockets, socket);
    }
}
