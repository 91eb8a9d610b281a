/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "gate/loft-address-list.h"

#include <string.h>

#define PREFIX_MAX 128

struct _LoftAddressList
{
  GPtrArray *masks; /* owned, of owned GInetAddressMask */
};

/* GLib warns of a prefix that no address has, as if we had made it up. */
static GInetAddressMask *
parse_mask (const char *entry, GError **error)
{
  const char *slash = strchr (entry, '/');

  if (slash != NULL &&
      !g_ascii_string_to_unsigned (slash + 1, 10, 0, PREFIX_MAX, NULL, NULL))
    {
      g_set_error (error,
                   G_IO_ERROR,
                   G_IO_ERROR_INVALID_ARGUMENT,
                   "“%s” has no valid length of a prefix",
                   entry);
      return NULL;
    }

  return g_inet_address_mask_new_from_string (entry, error);
}

/**
 * loft_address_list_new:
 * @entries: (array zero-terminated=1): addresses and networks: `192.0.2.1`,
 *   `192.0.2.0/24`, `2001:db8::/32`
 * @error: return location for a #GError
 *
 * Makes a list.
 *
 * Returns: (transfer full): the list, or %NULL with @error set to
 *   %G_IO_ERROR_INVALID_ARGUMENT
 */
LoftAddressList *
loft_address_list_new (const char *const *entries, GError **error)
{
  g_return_val_if_fail (entries != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  g_autoptr (GPtrArray) masks = g_ptr_array_new_with_free_func (g_object_unref);

  for (gsize i = 0; entries[i] != NULL; i++)
    {
      GInetAddressMask *mask = parse_mask (entries[i], error);

      if (mask == NULL)
        return NULL;
      g_ptr_array_add (masks, mask);
    }

  LoftAddressList *self = g_atomic_rc_box_new0 (LoftAddressList);
  self->masks = g_steal_pointer (&masks);

  return self;
}

/**
 * loft_address_list_ref:
 * @self: a list
 *
 * Takes a reference.
 *
 * Returns: (transfer full): @self
 */
LoftAddressList *
loft_address_list_ref (LoftAddressList *self)
{
  return g_atomic_rc_box_acquire (self);
}

static void
clear (gpointer data)
{
  LoftAddressList *self = data;

  g_ptr_array_unref (self->masks);
}

/**
 * loft_address_list_unref:
 * @self: (transfer full): a list
 *
 * Drops a reference.
 */
void
loft_address_list_unref (LoftAddressList *self)
{
  g_atomic_rc_box_release_full (self, clear);
}

/**
 * loft_address_simplify:
 * @address: an address
 *
 * Gives an IPv4 address that is wrapped in an IPv6 one (RFC 4291, 2.5.5.2) as
 * what it is, so that it is the same peer however it came.
 *
 * Returns: (transfer full): @address, or the IPv4 address in it
 */
GInetAddress *
loft_address_simplify (GInetAddress *address)
{
  static const guint8 prefix[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

  g_return_val_if_fail (G_IS_INET_ADDRESS (address), NULL);

  const guint8 *bytes = g_inet_address_to_bytes (address);
  if (g_inet_address_get_family (address) == G_SOCKET_FAMILY_IPV6 &&
      memcmp (bytes, prefix, sizeof prefix) == 0)
    return g_inet_address_new_from_bytes (bytes + sizeof prefix,
                                          G_SOCKET_FAMILY_IPV4);

  return g_object_ref (address);
}

/**
 * loft_address_list_contains:
 * @self: a list
 * @address: an address
 *
 * Finds out whether an address is listed, or in a network that is.
 *
 * Returns: whether it is
 */
gboolean
loft_address_list_contains (LoftAddressList *self, GInetAddress *address)
{
  g_return_val_if_fail (self != NULL, FALSE);

  g_autoptr (GInetAddress) simple = loft_address_simplify (address);

  for (guint i = 0; i < self->masks->len; i++)
    if (g_inet_address_mask_matches (self->masks->pdata[i], simple))
      return TRUE;

  return FALSE;
}
