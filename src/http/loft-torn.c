/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "http/loft-torn.h"

/*
 * Tarballs that become shorter while they are sent: no tarball changes, but an
 * administrator may copy over one, or a file system may lose some of it. The
 * head of the answer has promised more than there is, so all that can be done
 * for the client is to end the connection. The next one is told that what is
 * stored can't be read.
 */

/* So many are remembered to have been told of. */
#define TOLD_MAX 1000

/**
 * loft_torn_expect:
 * @request: a request that is about to be answered with a tarball
 *
 * Has the tarball sent in such a way that it may become shorter meanwhile.
 */
void
loft_torn_expect (LoftRequest *request)
{
  LoftGateStream *stream = loft_request_get_stream (request);

  if (stream != NULL)
    loft_gate_stream_set_fragile (stream);
}

/**
 * loft_torn_report:
 * @request: a request that ends
 *
 * If its answer was a tarball that became shorter, counts that, tells the
 * journal of it once, and has the next one look at the tarball anew.
 */
void
loft_torn_report (LoftRequest *request)
{
  LoftGateStream *stream = loft_request_get_stream (request);

  if (stream == NULL || !loft_gate_stream_is_torn (stream))
    return;

  const char *name = loft_request_get_parameter (request, "name");
  const char *version = loft_request_get_parameter (request, "version");
  LoftHttpShared *shared = loft_request_get_shared (request);
  char *key = g_strconcat (name, " ", version, NULL);

  loft_counter_add (&shared->figures->http.torn, 1);
  loft_download_cache_remove (shared->downloads, name, version);
  if (g_hash_table_size (shared->torn) >= TOLD_MAX)
    g_hash_table_remove_all (shared->torn);
  if (!g_hash_table_contains (shared->torn, key))
    g_warning ("The tarball of %s became shorter while it was sent; see what "
               "“loft-registryctl verify” says, and restore it",
               key);
  g_hash_table_add (shared->torn, key);
}
