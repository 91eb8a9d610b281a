/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "http/loft-limit.h"

#include "http/loft-problem.h"
#include "http/loft-request-private.h"
#include "registry/loft-message-id.h"

#include <string.h>

/* Nobody may fill the registry or its log, or try tokens, as fast as the
 * network lets him.
 *
 * It is counted for where a request comes from, as far as its proxies are
 * believed, and for the token that it bears, so that neither many tokens from
 * one place nor one token from many get further. Only what both allow is
 * counted for either. Who reads is never counted, and neither is this machine.
 */

/* Bytes of a network of which its owner can have as many addresses as he likes,
 * and of a site, which is often given to one customer with all its networks.
 * It may hold several of them, so it gets more. */
#define IPV6_PREFIX 8
#define IPV6_SITE_PREFIX 6
#define SITE_TIMES 16

/* How often the journal is told of refusals: of each address once in so many
 * seconds, and of no more addresses than so many. */
#define TOLD_INTERVAL 60
#define TOLD_MAX 20

static const struct
{
  const char *name;
  const char *message;
} infos[] = {
  [LOFT_LIMIT_NEW] = { "new", "Too many new packages were published" },
  [LOFT_LIMIT_UPDATES] = { "updates", "Too many changes were made" },
  [LOFT_LIMIT_FAILURES] = { "failures",
                            "Too many tokens were sent that are not good" },
};

G_STATIC_ASSERT (G_N_ELEMENTS (infos) == LOFT_N_LIMITS);

/**
 * loft_limit_get_name:
 * @kind: a limit
 *
 * Returns: (transfer none): what it is called in headers and figures
 */
const char *
loft_limit_get_name (LoftLimitKind kind)
{
  g_return_val_if_fail (kind < LOFT_N_LIMITS, NULL);

  return infos[kind].name;
}

static char *
make_network_key (LoftRequest *request,
                  LoftLimitKind kind,
                  const char *what,
                  gsize prefix)
{
  guint8 bytes[16] = { 0 };

  memcpy (bytes,
          g_inet_address_to_bytes (loft_request_get_peer (request)),
          prefix);
  g_autoptr (GInetAddress) network =
    g_inet_address_new_from_bytes (bytes, G_SOCKET_FAMILY_IPV6);
  g_autofree char *text = g_inet_address_to_string (network);

  return g_strconcat (infos[kind].name, what, text, NULL);
}

static gboolean
has_network (LoftRequest *request)
{
  return g_inet_address_get_family (loft_request_get_peer (request)) ==
         G_SOCKET_FAMILY_IPV6;
}

static char *
make_peer_key (LoftRequest *request, LoftLimitKind kind)
{
  if (has_network (request))
    return make_network_key (request, kind, " peer ", IPV6_PREFIX);

  g_autofree char *text =
    g_inet_address_to_string (loft_request_get_peer (request));

  return g_strconcat (infos[kind].name, " peer ", text, NULL);
}

static char *
make_site_key (LoftRequest *request, LoftLimitKind kind)
{
  return has_network (request)
           ? make_network_key (request, kind, " site ", IPV6_SITE_PREFIX)
           : NULL;
}

/* What fails is no token of anybody. */
static char *
make_token_key (LoftRequest *request, LoftLimitKind kind)
{
  g_autofree char *token = NULL;

  if (kind == LOFT_LIMIT_FAILURES ||
      !loft_request_get_token (request, &token, NULL) || token == NULL)
    return NULL;

  return g_strconcat (infos[kind].name, " token ", token, NULL);
}

/* The one that will be used up first. */
static const LoftBucket *
find_tightest (const LoftBucket *buckets, guint n)
{
  const LoftBucket *tightest = &buckets[0];

  for (guint i = 1; i < n; i++)
    if (buckets[i].left < tightest->left ||
        (buckets[i].left == tightest->left && buckets[i].wait > tightest->wait))
      tightest = &buckets[i];

  return tightest;
}

static gboolean
use (LoftRequest *request, LoftLimitKind kind, gboolean taking)
{
  const LoftLimit *limit = &request->shared->settings.limits[kind];

  if (limit->burst == 0 || loft_request_is_local (request))
    return TRUE;

  g_autofree char *peer_key = make_peer_key (request, kind);
  g_autofree char *site_key = make_site_key (request, kind);
  g_autofree char *token_key = make_token_key (request, kind);
  const char *const keys[] = { peer_key, site_key, token_key };
  LoftBucket buckets[G_N_ELEMENTS (keys)];
  guint n = 0;

  for (guint i = 0; i < G_N_ELEMENTS (keys); i++)
    if (keys[i] != NULL)
      buckets[n++] =
        (LoftBucket){ .key = keys[i],
                      .burst = limit->burst,
                      .interval = limit->interval,
                      .times = keys[i] == site_key ? SITE_TIMES : 1 };
  gboolean had = loft_page_use_buckets (
    loft_registry_get_page (request->shared->registry, NULL),
    buckets,
    n,
    taking,
    g_get_monotonic_time ());
  const LoftBucket *tightest = find_tightest (buckets, n);

  request->limit.name = infos[kind].name;
  request->limit.limit = *limit;
  request->limit.left = tightest->left;
  request->limit.wait = tightest->wait;

  return had;
}

/* Tells the journal. Whoever is refused would like to fill that, so he is told
 * of once, and again only after some time; and so are all together. */
static void
tell (LoftRequest *request, LoftLimitKind kind)
{
  g_autofree char *peer = g_inet_address_to_string (request->peer);
  g_autofree char *key = make_peer_key (request, kind);
  g_autofree char *told_key = g_strconcat ("told ", key, NULL);
  LoftBucket buckets[] = {
    { .key = told_key, .burst = 1, .interval = TOLD_INTERVAL },
    { .key = "told", .burst = TOLD_MAX, .interval = TOLD_INTERVAL / TOLD_MAX },
  };

  if (!loft_page_use_buckets (
        loft_registry_get_page (request->shared->registry, NULL),
        buckets,
        G_N_ELEMENTS (buckets),
        TRUE,
        g_get_monotonic_time ()))
    return;

  g_log_structured (G_LOG_DOMAIN,
                    G_LOG_LEVEL_MESSAGE,
                    "MESSAGE_ID",
                    LOFT_MESSAGE_LIMITED,
                    "REQUEST_ID",
                    request->id,
                    "PEER",
                    peer,
                    "LOFT_LIMIT",
                    infos[kind].name,
                    "MESSAGE",
                    "Request %s of %s was put off, by limit-%s: %s",
                    request->id,
                    peer,
                    infos[kind].name,
                    infos[kind].message);
}

static gboolean
refuse (LoftRequest *request, LoftLimitKind kind, GError **error)
{
  request->limit.refused = TRUE;
  loft_counter_add (&request->shared->figures->http.limited[kind], 1);
  tell (request, kind);
  g_set_error (error,
               LOFT_HTTP_ERROR,
               LOFT_HTTP_ERROR_TOO_MANY,
               "%s; try again in %u s",
               infos[kind].message,
               request->limit.wait);

  return FALSE;
}

/**
 * loft_limit_check_publish:
 * @request: a living request that wants to publish, it is not known yet what
 * @error: return location for a #GError
 *
 * Tells whether it may publish anything, without counting that it does.
 *
 * Returns: %TRUE, or %FALSE with @error set to %LOFT_HTTP_ERROR_TOO_MANY
 */
gboolean
loft_limit_check_publish (LoftRequest *request, GError **error)
{
  g_return_val_if_fail (LOFT_IS_REQUEST (request), FALSE);

  return use (request, LOFT_LIMIT_NEW, FALSE) ||
         use (request, LOFT_LIMIT_UPDATES, FALSE) ||
         refuse (request, LOFT_LIMIT_UPDATES, error);
}

/**
 * loft_limit_take:
 * @request: a living request
 * @kind: what it is about to do
 * @error: return location for a #GError
 *
 * Counts that it does so, if it may.
 *
 * Returns: %TRUE, or %FALSE with @error set to %LOFT_HTTP_ERROR_TOO_MANY
 */
gboolean
loft_limit_take (LoftRequest *request, LoftLimitKind kind, GError **error)
{
  g_return_val_if_fail (LOFT_IS_REQUEST (request), FALSE);

  return use (request, kind, TRUE) || refuse (request, kind, error);
}

/**
 * loft_limit_check_failures:
 * @request: a living request that somebody has to answer for
 * @error: return location for a #GError
 *
 * Tells whether its token may be looked at. Where none of those was good that
 * came from there, nobody shall learn whether the next one is.
 *
 * Returns: %TRUE, or %FALSE with @error set to %LOFT_HTTP_ERROR_TOO_MANY
 */
gboolean
loft_limit_check_failures (LoftRequest *request, GError **error)
{
  g_return_val_if_fail (LOFT_IS_REQUEST (request), FALSE);

  if (loft_request_get_header (request, "Authorization") == NULL)
    return TRUE;
  if (!use (request, LOFT_LIMIT_FAILURES, FALSE))
    return refuse (request, LOFT_LIMIT_FAILURES, error);
  request->limit.name = NULL;

  return TRUE;
}

/**
 * loft_limit_count_failure:
 * @request: a living request that is refused for want of a good token
 *
 * Counts it, if it had one.
 */
void
loft_limit_count_failure (LoftRequest *request)
{
  g_return_if_fail (LOFT_IS_REQUEST (request));

  if (loft_request_get_header (request, "Authorization") != NULL)
    use (request, LOFT_LIMIT_FAILURES, TRUE);
}

/**
 * loft_limit_count_upload:
 * @request: a living request whose body is not what it has to be
 *
 * Counts it as a change, or where none of those is left as a new package: it
 * isn't known which it was to be, and what was sent cost as much.
 */
void
loft_limit_count_upload (LoftRequest *request)
{
  g_return_if_fail (LOFT_IS_REQUEST (request));

  if (!use (request, LOFT_LIMIT_UPDATES, TRUE))
    use (request, LOFT_LIMIT_NEW, TRUE);
}

/**
 * loft_limit_look:
 * @request: a living request
 * @kind: what it might want to do
 * @out_left: (out): how often it may at once
 * @out_wait: (out): seconds until once more; 0 if nothing is used up
 *
 * Tells how far a limit is from being reached. Where none counts for the
 * request, nothing is used up.
 */
void
loft_limit_look (LoftRequest *request,
                 LoftLimitKind kind,
                 guint *out_left,
                 guint *out_wait)
{
  g_return_if_fail (LOFT_IS_REQUEST (request));
  g_return_if_fail (out_left != NULL && out_wait != NULL);

  use (request, kind, FALSE);
  *out_left = request->shared->settings.limits[kind].burst;
  *out_wait = 0;
  if (request->limit.name == NULL)
    return;
  *out_left = request->limit.left;
  *out_wait = request->limit.wait;
  request->limit.name = NULL;
}

/**
 * loft_limit_add_headers:
 * @request: a living request
 * @headers: headers of its answer
 *
 * Says what is left of the limit that counts for it, as
 * draft-ietf-httpapi-ratelimit-headers has it.
 */
void
loft_limit_add_headers (LoftRequest *request, SoupMessageHeaders *headers)
{
  g_return_if_fail (LOFT_IS_REQUEST (request));

  if (request->limit.name == NULL)
    return;

  const LoftLimit *limit = &request->limit.limit;
  g_autofree char *policy = g_strdup_printf ("\"%s\";q=%u;w=%u",
                                             request->limit.name,
                                             limit->burst,
                                             limit->burst * limit->interval);
  g_autofree char *state = g_strdup_printf ("\"%s\";r=%u;t=%u",
                                            request->limit.name,
                                            request->limit.left,
                                            request->limit.wait);

  if (request->limit.refused)
    {
      g_autofree char *wait = g_strdup_printf ("%u", request->limit.wait);

      soup_message_headers_replace (headers, "Retry-After", wait);
    }
  soup_message_headers_replace (headers, "RateLimit-Policy", policy);
  soup_message_headers_replace (headers, "RateLimit", state);
}
