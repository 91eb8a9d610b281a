/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "http/loft-request-private.h"

/* Requests that wait, for work that goes on elsewhere or for something to
 * happen. */

static void
hung_up_cb (LoftGateStream *stream, gpointer user_data)
{
  loft_request_hurry (LOFT_REQUEST (user_data));
}

/**
 * loft_request_set_hurry:
 * @self: a request that waits for something to happen
 * @func: (nullable): answers it now
 *
 * Says how a waiting request is ended before its time, because the server stops
 * or since the client has left.
 */
void
loft_request_set_hurry (LoftRequest *self, LoftRequestFunc func)
{
  g_return_if_fail (LOFT_IS_REQUEST (self));

  self->hurry = func;
  loft_gate_stream_set_hangup (self->stream,
                               func != NULL ? hung_up_cb : NULL,
                               self);
}

/**
 * loft_request_hurry:
 * @self: a request
 *
 * Has it answered now if it waits for something to happen.
 */
void
loft_request_hurry (LoftRequest *self)
{
  g_return_if_fail (LOFT_IS_REQUEST (self));

  if (self->hurry != NULL && loft_request_is_alive (self))
    self->hurry (self);
}

/**
 * loft_request_pause:
 * @self: a living request
 *
 * Stops reading and writing until loft_request_resume(), because the next step
 * has to wait for something.
 */
void
loft_request_pause (LoftRequest *self)
{
  g_return_if_fail (LOFT_IS_REQUEST (self));
  g_return_if_fail (self->message != NULL);

  if (self->paused)
    return;
  self->paused = TRUE;
  soup_server_message_pause (self->message);
}

/**
 * loft_request_resume:
 * @self: a request
 *
 * Goes on, if it is paused and still alive.
 */
void
loft_request_resume (LoftRequest *self)
{
  g_return_if_fail (LOFT_IS_REQUEST (self));

  if (!self->paused || self->message == NULL)
    return;
  self->paused = FALSE;
  soup_server_message_unpause (self->message);
}
