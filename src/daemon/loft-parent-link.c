/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "daemon/loft-parent-link.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The pipe from a parent to its worker.
 *
 * It carries configurations, each a length and a text. Above all it ends when
 * the parent does, however that came: then the worker ends as well, at once,
 * since another daemon may already be waiting for the storage. A thread waits
 * for that, so that nothing which keeps the main loop busy keeps the worker
 * alive. */

#define MESSAGE_MAX (8 * 1024 * 1024)

/**
 * loft_parent_link_send:
 * @fd: the pipe's end in the parent, which does not block
 * @message: a text
 *
 * Says something to a worker.
 *
 * Returns: whether all of it is in the pipe; if not, nothing more can be said
 */
gboolean
loft_parent_link_send (int fd, const char *message)
{
  g_return_val_if_fail (message != NULL, FALSE);

  guint32 length = (guint32) strlen (message);
  gsize size = sizeof length + length;
  g_autofree guint8 *bytes = g_malloc (size);
  gssize written;

  memcpy (bytes, &length, sizeof length);
  memcpy (bytes + sizeof length, message, length);
  do
    written = write (fd, bytes, size);
  while (written == -1 && errno == EINTR);

  return written == (gssize) size;
}

static gboolean
read_exactly (int fd, void *buffer, gsize size)
{
  guint8 *next = buffer;

  while (size > 0)
    {
      gssize n = read (fd, next, size);

      if (n == -1 && errno == EINTR)
        continue;
      if (n <= 0)
        return FALSE;
      next += n;
      size -= (gsize) n;
    }

  return TRUE;
}

/**
 * loft_parent_link_receive:
 * @fd: the pipe's end in the worker
 *
 * Waits for what the parent says next. Blocks.
 *
 * Returns: (transfer full) (nullable): a text, or %NULL when the parent is gone
 */
char *
loft_parent_link_receive (int fd)
{
  guint32 length;

  if (!read_exactly (fd, &length, sizeof length) || length > MESSAGE_MAX)
    return NULL;

  g_autofree char *message = g_malloc0 ((gsize) length + 1);

  return read_exactly (fd, message, length) ? g_steal_pointer (&message) : NULL;
}

typedef struct
{
  int fd;
  LoftParentLinkFunc func;
  gpointer user_data;
} Watch;

typedef struct
{
  const Watch *watch; /* not owned */
  char *message;      /* owned */
} News;

static gboolean
tell_cb (gpointer user_data)
{
  const News *news = user_data;

  news->watch->func (news->message, news->watch->user_data);

  return G_SOURCE_REMOVE;
}

static void
news_free (gpointer data)
{
  News *news = data;

  g_free (news->message);
  g_free (news);
}

static gpointer
watch_thread (gpointer data)
{
  const Watch *watch = data;

  for (char *message = loft_parent_link_receive (watch->fd); message != NULL;
       message = loft_parent_link_receive (watch->fd))
    {
      News *news = g_new0 (News, 1);

      news->watch = watch;
      news->message = message;
      g_idle_add_full (G_PRIORITY_DEFAULT, tell_cb, news, news_free);
    }

  _exit (EXIT_FAILURE);
}

/**
 * loft_parent_link_watch:
 * @fd: the pipe's end in the worker
 * @func: (scope forever): hears what the parent says
 * @user_data: for @func
 *
 * Listens to the parent from now on, and ends the process with it.
 */
void
loft_parent_link_watch (int fd, LoftParentLinkFunc func, gpointer user_data)
{
  g_return_if_fail (func != NULL);

  Watch *watch = g_new0 (Watch, 1);

  watch->fd = fd;
  watch->func = func;
  watch->user_data = user_data;
  g_thread_unref (g_thread_new ("parent", watch_thread, watch));
}
