/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "http/loft-changes.h"

#include "http/loft-link.h"
#include "http/loft-problem.h"
#include "http/loft-representation.h"
#include "http/loft-response.h"

#include <string.h>

#define LIMIT_DEFAULT 1000
#define LIMIT_MAX 10000

/*
 * A reader who has seen everything may wait for more. Nothing tells us that it
 * has left meanwhile, so the wait is bounded: then the answer is an empty one,
 * and the write finds out.
 */
typedef struct
{
  guint64 since;
  guint limit;
  gulong changed_id;      /* handler of the registry's signal; 0 if none */
  GSource *timeout;       /* owned, nullable */
  LoftRegistry *registry; /* owned */
} Wait;

static void
wait_stop (Wait *self)
{
  g_clear_signal_handler (&self->changed_id, self->registry);
  if (self->timeout != NULL)
    g_source_destroy (self->timeout);
  g_clear_pointer (&self->timeout, g_source_unref);
}

static void
wait_free (Wait *self)
{
  wait_stop (self);
  g_object_unref (self->registry);
  g_free (self);
}

/* Answers with what there is; with nothing only if @may_be_empty. */
static gboolean
answer (LoftRequest *request, gboolean may_be_empty)
{
  Wait *wait = loft_request_get_data (request);
  guint64 last = wait->since;
  g_autoptr (GError) local_error = NULL;
  g_autoptr (GBytes) body = loft_registry_list_changes (wait->registry,
                                                        wait->since,
                                                        wait->limit,
                                                        &last,
                                                        &local_error);

  if (body != NULL && g_bytes_get_size (body) == 0 && !may_be_empty)
    return FALSE;

  wait_stop (wait);
  loft_request_set_hurry (request, NULL);
  if (body == NULL)
    {
      loft_response_send_problem (request, local_error);
      return TRUE;
    }

  g_autofree char *next =
    g_strdup_printf ("%" G_GUINT64_FORMAT, MAX (last, wait->since));
  loft_link_add_next (request, "since", next);
  loft_representation_send (request, LOFT_MEDIA_TYPE_NDJSON, body, NULL);

  return TRUE;
}

static void
changed_cb (LoftRegistry *registry, gpointer user_data)
{
  g_autoptr (LoftRequest) request = g_object_ref (LOFT_REQUEST (user_data));

  if (loft_request_is_alive (request))
    answer (request, FALSE);
}

static void
hurry (LoftRequest *request)
{
  answer (request, TRUE);
}

static gboolean
timeout_cb (gpointer user_data)
{
  g_autoptr (LoftRequest) request = g_object_ref (LOFT_REQUEST (user_data));

  if (loft_request_is_alive (request))
    answer (request, TRUE);

  return G_SOURCE_REMOVE;
}

static void
wait_for_change (LoftRequest *request, guint seconds)
{
  Wait *wait = loft_request_get_data (request);

  /* The request owns both, so neither outlives it. */
  wait->changed_id = g_signal_connect (wait->registry,
                                       "changed",
                                       G_CALLBACK (changed_cb),
                                       request);
  wait->timeout = g_timeout_source_new_seconds (seconds);
  g_source_set_callback (wait->timeout, timeout_cb, request, NULL);
  g_source_attach (wait->timeout, g_main_context_get_thread_default ());
  loft_request_set_hurry (request, hurry);
  loft_request_pause (request);
}

/**
 * loft_changes_parse_page:
 * @request: a request for changes
 * @out_since: (out): the last one that the client knows
 * @out_limit: (out): how many it wants at most
 * @error: return location for a #GError
 *
 * Reads which changes are wanted.
 *
 * Returns: %TRUE, or %FALSE with @error set to %LOFT_HTTP_ERROR_BAD_REQUEST
 */
gboolean
loft_changes_parse_page (LoftRequest *request,
                         guint64 *out_since,
                         guint *out_limit,
                         GError **error)
{
  guint64 limit = 0;

  if (!loft_request_get_query_number (request,
                                      "since",
                                      0,
                                      G_MAXINT64,
                                      out_since,
                                      error) ||
      !loft_request_get_query_number (request,
                                      "limit",
                                      LIMIT_DEFAULT,
                                      LIMIT_MAX,
                                      &limit,
                                      error))
    return FALSE;
  *out_limit = (guint) MAX (limit, 1);

  return TRUE;
}

static void
handle_changes (LoftRequest *request)
{
  LoftHttpShared *shared = loft_request_get_shared (request);
  g_autoptr (GError) local_error = NULL;
  guint64 since = 0;
  guint limit = 0;
  guint64 seconds = 0;

  if (!loft_changes_parse_page (request, &since, &limit, &local_error) ||
      !loft_request_get_query_number (request,
                                      "wait",
                                      0,
                                      G_MAXUINT,
                                      &seconds,
                                      &local_error))
    {
      loft_response_send_problem (request, local_error);
      return;
    }

  Wait *wait = g_new0 (Wait, 1);
  wait->registry = g_object_ref (shared->registry);
  wait->since = since;
  wait->limit = limit;
  loft_request_set_data (request, wait, (GDestroyNotify) wait_free);

  seconds = MIN (seconds, shared->settings.max_wait);
  if (shared->stopping)
    seconds = 0;
  if (!answer (request, seconds == 0))
    wait_for_change (request, (guint) seconds);
}

const LoftEndpoint loft_read_changes = { .handle = handle_changes };
