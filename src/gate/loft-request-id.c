/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "gate/loft-request-id.h"

/**
 * loft_request_id_is_good:
 * @proposed: what a client or a proxy calls its request
 *
 * Finds out whether an id can be taken over: printed anywhere, it must do no
 * harm.
 *
 * Returns: whether it can
 */
gboolean
loft_request_id_is_good (LoftSpan proposed)
{
  if (proposed.length == 0 || proposed.length > LOFT_REQUEST_ID_MAX)
    return FALSE;

  for (gsize i = 0; i < proposed.length; i++)
    {
      char c = proposed.data[i];

      if (!g_ascii_isalnum (c) && c != '-' && c != '_' && c != '.')
        return FALSE;
    }

  return TRUE;
}

/**
 * loft_request_id_make:
 * @out_id: (out caller-allocates): room for the id and a NUL
 *
 * Makes an id: digits that are hardly ever the same twice. It is no secret, so
 * it need not be hard to guess, but quick to make (the generator is
 * splitmix64). Called by one thread.
 */
void
loft_request_id_make (char out_id[LOFT_REQUEST_ID_LENGTH + 1])
{
  static guint64 state;

  if (G_UNLIKELY (state == 0))
    state = ((guint64) g_random_int () << 32) | g_random_int ();
  state += G_GUINT64_CONSTANT (0x9e3779b97f4a7c15);

  guint64 id = state;
  id = (id ^ (id >> 30)) * G_GUINT64_CONSTANT (0xbf58476d1ce4e5b9);
  id = (id ^ (id >> 27)) * G_GUINT64_CONSTANT (0x94d049bb133111eb);
  id ^= id >> 31;

  for (guint i = 0; i < LOFT_REQUEST_ID_LENGTH; i++, id >>= 4)
    out_id[i] = "0123456789abcdef"[id & 15];
  out_id[LOFT_REQUEST_ID_LENGTH] = '\0';
}
