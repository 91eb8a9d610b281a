/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-parallel.h"

typedef struct
{
  LoftParallelFunc func;
  gpointer user_data; /* not owned */
  guint n;
  gint next;    /* atomic: the part to begin next */
  gint stopped; /* atomic */
} Work;

static gpointer
work_some (gpointer data)
{
  Work *work = data;

  while (!g_atomic_int_get (&work->stopped))
    {
      guint i = (guint) g_atomic_int_add (&work->next, 1);

      if (i >= work->n)
        break;
      if (!work->func (i, work->user_data))
        g_atomic_int_set (&work->stopped, TRUE);
    }

  return NULL;
}

/**
 * loft_parallel:
 * @n: how many parts there are
 * @threads: how many of them may be done at once
 * @func: (scope call): does one
 * @user_data: for @func
 *
 * Does several things that each wait for somebody, and returns when all are
 * done. They begin in order. What can't have a thread of its own is done by
 * the caller's.
 */
void
loft_parallel (guint n,
               guint threads,
               LoftParallelFunc func,
               gpointer user_data)
{
  g_return_if_fail (func != NULL);

  Work work = { .func = func, .user_data = user_data, .n = n };
  guint helpers = MIN (n, threads) > 1 ? MIN (n, threads) - 1 : 0;
  g_autoptr (GPtrArray) started = g_ptr_array_sized_new (helpers);

  for (guint i = 0; i < helpers; i++)
    {
      GThread *thread = g_thread_try_new ("parallel", work_some, &work, NULL);

      if (thread != NULL)
        g_ptr_array_add (started, thread);
    }
  work_some (&work);
  for (guint i = 0; i < started->len; i++)
    g_thread_join (g_ptr_array_index (started, i));
}
