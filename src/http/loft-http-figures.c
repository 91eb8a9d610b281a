/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "http/loft-http-figures.h"

#include <string.h>

/*
 * Where figures are: in the slot that a process has of the shared memory. They
 * outlive it there, and the process that takes its place counts on; so the sum
 * over all slots is what the daemon has done since its start, whatever became
 * of its workers. Only what a process has at a moment, its gauges, goes with
 * it.
 */

G_STATIC_ASSERT (sizeof (LoftFigures) <= LOFT_PAGE_SLOT_SIZE);
G_STATIC_ASSERT (sizeof (LoftFigures) % sizeof (LoftCounter) == 0);

static const char *const methods[] = {
  [LOFT_HTTP_METHOD_GET] = "GET",       [LOFT_HTTP_METHOD_HEAD] = "HEAD",
  [LOFT_HTTP_METHOD_POST] = "POST",     [LOFT_HTTP_METHOD_PUT] = "PUT",
  [LOFT_HTTP_METHOD_DELETE] = "DELETE", [LOFT_HTTP_METHOD_OPTIONS] = "OPTIONS",
  [LOFT_HTTP_METHOD_OTHER] = "other",
};

G_STATIC_ASSERT (G_N_ELEMENTS (methods) == LOFT_HTTP_N_METHODS);

/* Those that anything of ours answers. */
static const guint statuses[] = {
  200, 201, 202, 204, 206, 301, 302, 304, 307, 308, 400, 401,
  403, 404, 405, 406, 408, 409, 410, 411, 412, 413, 414, 415,
  416, 417, 421, 422, 429, 431, 500, 503, 505, 507,
};

G_STATIC_ASSERT (G_N_ELEMENTS (statuses) == LOFT_HTTP_STATUSES - 2);

static guint
find_status (guint status)
{
  if (status == 0)
    return 0;

  for (guint i = 0; i < G_N_ELEMENTS (statuses); i++)
    if (statuses[i] == status)
      return i + 1;

  return LOFT_HTTP_STATUSES - 1;
}

/**
 * loft_figures_open:
 * @page: the memory that the daemon's processes share
 * @slot: which of its slots is this process's
 *
 * Takes a slot over from the process that had it before, if there was one: its
 * counters go on, its gauges are gone.
 *
 * Returns: (transfer none): the figures, which are the page's
 */
LoftFigures *
loft_figures_open (LoftPage *page, guint slot)
{
  g_return_val_if_fail (page != NULL, NULL);

  LoftFigures *self = loft_page_get_slot (page, slot);

  loft_figure_set (&self->gate.parked, 0);
  loft_figure_set (&self->gate.served, 0);
  loft_figure_set (&self->gate.draining, 0);
  loft_figure_set (&self->gate.hot_size, 0);
  loft_figure_set (&self->gate.hot_targets, 0);
  atomic_store (&self->http.running, 0);

  return self;
}

/**
 * loft_figures_sum:
 * @page: the memory that the daemon's processes share
 *
 * Adds up what all processes have counted; safe in any thread.
 *
 * Returns: (transfer full): the sums, to be freed by g_free()
 */
LoftFigures *
loft_figures_sum (LoftPage *page)
{
  g_return_val_if_fail (page != NULL, NULL);

  LoftFigures *sum = g_new0 (LoftFigures, 1);
  guint64 *total = (guint64 *) sum;

  for (guint i = 0; i < loft_page_get_n_slots (page); i++)
    {
      LoftCounter *counters = loft_page_get_slot (page, i);

      for (gsize j = 0; j < sizeof (LoftFigures) / sizeof (LoftCounter); j++)
        total[j] += loft_counter_get (&counters[j]);
    }

  return sum;
}

/**
 * loft_http_figures_count:
 * @self: figures
 * @row: which row of the routing tables serves it, from 1; 0 for none
 * @method: its method
 * @status: what was answered; 0 for nothing
 * @bytes: bytes of the body that were sent
 * @duration: microseconds that it took
 *
 * Counts a request.
 */
void
loft_http_figures_count (LoftHttpFigures *self,
                         guint row,
                         LoftHttpMethod method,
                         guint status,
                         goffset bytes,
                         gint64 duration)
{
  g_return_if_fail (self != NULL && row < LOFT_HTTP_ROWS);

  guint index = find_status (status);

  if (row == 0)
    loft_counter_add (&self->others[method][index], 1);
  else
    loft_counter_add (
      &self->requests[row][method == LOFT_HTTP_METHOD_HEAD][index],
      1);
  loft_counter_add (&self->bytes[row], (guint64) bytes);
  loft_histogram_add (&self->times[row], duration);
}

/**
 * loft_http_method_find:
 * @text: (array length=length): a method as it was sent
 * @length: how many bytes
 *
 * Returns: the method
 */
LoftHttpMethod
loft_http_method_find (const char *text, gsize length)
{
  for (guint i = 0; i < LOFT_HTTP_METHOD_OTHER; i++)
    if (strlen (methods[i]) == length && memcmp (methods[i], text, length) == 0)
      return i;

  return LOFT_HTTP_METHOD_OTHER;
}

/**
 * loft_http_method_get_name:
 * @method: a method
 *
 * Returns: (transfer none): its name for figures
 */
const char *
loft_http_method_get_name (LoftHttpMethod method)
{
  g_return_val_if_fail (method < LOFT_HTTP_N_METHODS, NULL);

  return methods[method];
}

/**
 * loft_http_figures_get_status:
 * @index: an index of statuses
 * @buffer: room for four bytes
 *
 * Returns: (transfer none): the status as figures have it
 */
const char *
loft_http_figures_get_status (guint index, char *buffer)
{
  g_return_val_if_fail (index < LOFT_HTTP_STATUSES, NULL);

  if (index == 0)
    return "none";
  if (index == LOFT_HTTP_STATUSES - 1)
    return "other";
  g_snprintf (buffer, 4, "%u", statuses[index - 1]);

  return buffer;
}
