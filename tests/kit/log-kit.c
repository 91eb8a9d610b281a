/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "kit/log-kit.h"

typedef struct
{
  GLogLevelFlags level;
  char *pattern; /* owned */
} Expected;

static GMutex mutex;
static GQueue expected = G_QUEUE_INIT;

static const char *
find_message (const GLogField *fields, gsize n_fields)
{
  for (gsize i = 0; i < n_fields; i++)
    if (g_str_equal (fields[i].key, "MESSAGE"))
      return fields[i].value;

  return "";
}

static gboolean
take_expected (GLogLevelFlags level, const char *message)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&mutex);

  for (GList *link = expected.head; link != NULL; link = link->next)
    {
      Expected *item = link->data;

      if (item->level != (level & G_LOG_LEVEL_MASK) ||
          !g_pattern_match_simple (item->pattern, message))
        continue;

      g_queue_delete_link (&expected, link);
      g_free (item->pattern);
      g_free (item);
      return TRUE;
    }

  return FALSE;
}

static GLogWriterOutput
write_log_cb (GLogLevelFlags level,
              const GLogField *fields,
              gsize n_fields,
              gpointer user_data)
{
  if (take_expected (level, find_message (fields, n_fields)))
    return G_LOG_WRITER_HANDLED;

  return g_log_writer_default (level, fields, n_fields, user_data);
}

/* To be called once, at the start of main(). */
void
log_kit_init (void)
{
  g_log_set_writer_func (write_log_cb, NULL, NULL);
}

/* Says that a message is to come: once, at any time, from any thread. */
void
log_kit_expect (GLogLevelFlags level, const char *pattern)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&mutex);
  Expected *item = g_new0 (Expected, 1);

  item->level = level;
  item->pattern = g_strdup (pattern);
  g_queue_push_tail (&expected, item);
}

/* Fails unless all that was expected has come. */
void
log_kit_check (void)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&mutex);
  const Expected *first = g_queue_peek_head (&expected);

  if (first != NULL)
    g_test_message ("did not come: %s", first->pattern);
  g_assert_null (first);
}
