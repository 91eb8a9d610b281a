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
 *
 * There are two headers for it, and most proxies know one of them and let the
 * other one pass, as the client has sent it. Which one is the proxy's nobody
 * can tell, so where they differ, neither counts.
 */

/* Proxies that are gone through; a longer chain is nobody's. */
#define HOPS_MAX 100

/* Takes the last part of a text off it, whatever stands in quotes. Backwards,
 * since only the end is known to be well-formed: a quote that a stranger has
 * left open must not swallow what a proxy of ours has added. */
static char *
take_last (char *text, char separator)
{
  gboolean quoted = FALSE;
  gsize i = strlen (text);

  for (; i > 0; i--)
    {
      char c = text[i - 1];
      gsize escapes = 0;

      while (quoted && c == '"' && escapes + 1 < i &&
             text[i - 2 - escapes] == '\\')
        escapes++;
      if (c == '"' && escapes % 2 == 0)
        quoted = !quoted;
      else if (c == separator && !quoted)
        break;
    }

  char *part = text + i;
  if (i > 0)
    text[i - 1] = '\0';

  return g_strstrip (part);
}

/* An address as `Forwarded` and `X-Forwarded-For` have it: in brackets, with a
 * port, or neither. NULL if it is none, such as `unknown` or `_hidden`. */
static GInetAddress *
parse_node (char *node)
{
  gsize length = strlen (node);

  if (length >= 2 && node[0] == '"' && node[length - 1] == '"')
    {
      node[length - 1] = '\0';
      node++;
    }

  char *bracket = strchr (node, ']');
  if (node[0] == '[' && bracket != NULL)
    {
      if (bracket[1] != '\0' && bracket[1] != ':')
        return NULL;
      *bracket = '\0';
      return g_inet_address_new_from_string (node + 1);
    }

  char *colon = strchr (node, ':');
  if (colon != NULL && strchr (colon + 1, ':') == NULL)
    *colon = '\0';

  return g_inet_address_new_from_string (node);
}

/* Whom an element of `Forwarded` is for (RFC 7239, section 4), if it says so
 * once. */
static GInetAddress *
parse_element (char *element)
{
  char *node = NULL;

  while (*element != '\0')
    {
      char *pair = take_last (element, ';');
      gboolean is_last = pair == element;

      if (g_ascii_strncasecmp (pair, "for=", 4) == 0)
        {
          if (node != NULL)
            return NULL;
          node = pair + 4;
        }
      if (is_last)
        break;
    }

  return node != NULL ? parse_node (node) : NULL;
}

typedef GInetAddress *(*ParseFunc) (char *element);

/* Follows one of the headers back from a proxy of ours. */
static GInetAddress *
follow (GInetAddress *proxy,
        const char *list,
        ParseFunc parse,
        LoftAddressList *trusted)
{
  g_autoptr (GInetAddress) found = g_object_ref (proxy);
  g_autofree char *rest = g_strdup (list);

  for (guint hops = 0; hops < HOPS_MAX && *rest != '\0'; hops++)
    {
      char *element = take_last (rest, ',');
      gboolean is_last = element == rest;
      g_autoptr (GInetAddress) node = parse (element);

      if (node == NULL)
        break;
      g_object_unref (found);
      found = loft_address_simplify (node);
      if (is_last || !loft_address_list_contains (trusted, found))
        break;
    }

  return g_steal_pointer (&found);
}

/**
 * loft_forwarded_find_peer:
 * @peer: who has connected
 * @forwarded: (nullable): the `Forwarded` headers of a request, joined
 * @x_forwarded_for: (nullable): its `X-Forwarded-For` headers, joined
 * @trusted: the proxies that are believed
 *
 * Finds out where a request came from: from whom has connected or, if that is a
 * listed proxy, from the last one in its list that is not listed. Where the
 * list is not understood, it came from the last proxy that was; where both
 * headers are there and say different things, from whom has connected.
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

  g_autoptr (GInetAddress) connected = loft_address_simplify (peer);
  if ((forwarded == NULL && x_forwarded_for == NULL) ||
      !loft_address_list_contains (trusted, connected))
    return g_steal_pointer (&connected);

  g_autoptr (GInetAddress) one =
    forwarded != NULL ? follow (connected, forwarded, parse_element, trusted)
                      : NULL;
  g_autoptr (GInetAddress) other =
    x_forwarded_for != NULL
      ? follow (connected, x_forwarded_for, parse_node, trusted)
      : NULL;
  if (one != NULL && other != NULL && !g_inet_address_equal (one, other))
    return g_steal_pointer (&connected);

  return one != NULL ? g_steal_pointer (&one) : g_steal_pointer (&other);
}

/**
 * loft_forwarded_is_https:
 * @forwarded: the `Forwarded` headers of a request that a listed proxy has
 *   handed on, joined
 *
 * Tells what the proxy itself says of how the request came to it.
 *
 * Returns: whether it came by HTTPS
 */
gboolean
loft_forwarded_is_https (const char *forwarded)
{
  g_return_val_if_fail (forwarded != NULL, FALSE);

  g_autofree char *rest = g_strdup (forwarded);
  char *element = take_last (rest, ',');

  while (*element != '\0')
    {
      char *pair = take_last (element, ';');

      if (g_ascii_strcasecmp (pair, "proto=https") == 0 ||
          g_ascii_strcasecmp (pair, "proto=\"https\"") == 0)
        return TRUE;
      if (pair == element)
        break;
    }

  return FALSE;
}
