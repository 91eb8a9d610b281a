/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "gate/loft-forwarded.h"

#include <string.h>

/*
 * For whom a proxy speaks.
 *
 * Each proxy on the way adds to the list whom it got the request from, at its
 * end. What a proxy of ours has added is true; what stands before that, whoever
 * is the first stranger may have invented. So the list is read from its end, as
 * long as it names proxies of ours, and the first other one is the peer.
 */

/* What a list may hold before it is nobody's list any more. */
#define ELEMENTS_MAX 100

/* An address as `Forwarded` and `X-Forwarded-For` have it: in brackets, with a
 * port, or neither. NULL if it is none, such as `unknown` or `_hidden`. */
static GInetAddress *
parse_node (const char *text)
{
  g_autofree char *node = g_strstrip (g_strdup (text));
  gsize length = strlen (node);

  if (length >= 2 && node[0] == '"' && node[length - 1] == '"')
    {
      memmove (node, node + 1, length - 2);
      node[length - 2] = '\0';
    }

  char *bracket = strchr (node, ']');
  if (node[0] == '[' && bracket != NULL)
    {
      *bracket = '\0';
      return g_inet_address_new_from_string (node + 1);
    }

  char *colon = strchr (node, ':');
  if (colon != NULL && strchr (colon + 1, ':') == NULL)
    *colon = '\0';

  return g_inet_address_new_from_string (node);
}

/* Whom an element of `Forwarded` is for (RFC 7239, section 4). */
static GInetAddress *
parse_element (const char *element)
{
  g_auto (GStrv) pairs = g_strsplit (element, ";", -1);

  for (gsize i = 0; pairs[i] != NULL; i++)
    {
      const char *pair = g_strchug (pairs[i]);

      if (g_ascii_strncasecmp (pair, "for=", 4) == 0)
        return parse_node (pair + 4);
    }

  return NULL;
}

/**
 * loft_forwarded_find_peer:
 * @peer: who has connected
 * @forwarded: (nullable): the `Forwarded` headers of a request, joined
 * @x_forwarded_for: (nullable): its `X-Forwarded-For` headers, joined; looked
 * at where the other one is missing
 * @trusted: the proxies that are believed
 *
 * Finds out where a request came from: from whom has connected or, if that is a
 * listed proxy, from the last one in its list that is not listed. Where the
 * list is not understood, it came from the last proxy that was.
 *
 * Returns: (transfer full): the address
 */
GInetAddress *
loft_forwarded_find_peer (GInetAddress *peer,
                          const char *forwarded,
                          const char *x_forwarded_for,
                          LoftAddressList *trusted)
{
  g_return_val_if_fail (G_IS_INET_ADDRESS (peer), NULL);
  g_return_val_if_fail (trusted != NULL, NULL);

  const char *list = forwarded != NULL ? forwarded : x_forwarded_for;
  g_autoptr (GInetAddress) found = loft_address_simplify (peer);
  if (list == NULL || !loft_address_list_contains (trusted, found))
    return g_steal_pointer (&found);

  g_auto (GStrv) elements = g_strsplit (list, ",", ELEMENTS_MAX + 1);
  gsize n = g_strv_length (elements);
  if (n > ELEMENTS_MAX)
    return g_steal_pointer (&found);

  for (; n > 0; n--)
    {
      g_autoptr (GInetAddress) node = forwarded != NULL
                                        ? parse_element (elements[n - 1])
                                        : parse_node (elements[n - 1]);

      if (node == NULL)
        break;
      g_object_unref (found);
      found = loft_address_simplify (node);
      if (!loft_address_list_contains (trusted, found))
        break;
    }

  return g_steal_pointer (&found);
}
