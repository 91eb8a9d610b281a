/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "history/history-check.h"

#include <stdarg.h>

#include "history/history-private.h"

/* Whether a history can be one of registries that keep their promises.
 *
 * What was answered with success has happened, what was refused has not, and
 * of what was answered with 5xx or not at all nobody knows: it may have
 * happened, then or a little later, or never. So a history is sound if for each
 * version there is one content that agrees with all that anybody was told, if
 * the nodes say the same in the end, and if no node forgets what it said.
 *
 * A fault is told as `RULE: what is wrong`. */

static void
version_free (gpointer data)
{
  HistoryVersion *version = data;

  g_free (version->id);
  g_ptr_array_unref (version->publishes);
  g_ptr_array_unref (version->toggles);
  g_ptr_array_unref (version->reads);
  g_ptr_array_unref (version->events);
  g_ptr_array_unref (version->yanks);
  g_free (version);
}

static void
history_clear (History *self)
{
  g_array_unref (self->nodes);
  g_hash_table_unref (self->versions);
  g_hash_table_unref (self->logs);
  g_ptr_array_unref (self->followed);
  g_hash_table_unref (self->lists);
  g_clear_pointer (&self->faults, g_ptr_array_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (History, history_clear)

void
history_fault (History *self, const char *rule, const char *format, ...)
{
  va_list arguments;

  va_start (arguments, format);
  g_autofree char *text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_ptr_array_add (self->faults, g_strconcat (rule, ": ", text, NULL));
}

/* Whether what was wanted has happened. */
gboolean
history_is_done (const HistoryRecord *record)
{
  return record->status / 100 == 2;
}

/* Whether what was wanted may have happened, or happen yet. */
gboolean
history_is_unknown (const HistoryRecord *record)
{
  return record->status == 0 || record->status >= 500;
}

static HistoryVersion *
get_version (History *self, const HistoryRecord *record)
{
  g_autofree char *id = g_strconcat (record->name, "/", record->version, NULL);
  HistoryVersion *version = g_hash_table_lookup (self->versions, id);

  if (version == NULL)
    {
      version = g_new0 (HistoryVersion, 1);
      version->id = g_steal_pointer (&id);
      version->publishes = g_ptr_array_new ();
      version->toggles = g_ptr_array_new ();
      version->reads = g_ptr_array_new ();
      version->events = g_ptr_array_new ();
      version->yanks = g_ptr_array_new ();
      g_hash_table_insert (self->versions, version->id, version);
    }

  return version;
}

static void
add_to (GHashTable *table, gpointer key, HistoryRecord *record)
{
  GPtrArray *records = g_hash_table_lookup (table, key);

  if (records == NULL)
    {
      records = g_ptr_array_new ();
      g_hash_table_insert (table, key, records);
    }
  g_ptr_array_add (records, record);
}

static void
take_event (History *self, HistoryRecord *record)
{
  add_to (self->logs, GUINT_TO_POINTER (record->node), record);
  if (g_strcmp0 (record->type, "publish") == 0 ||
      g_strcmp0 (record->type, "adopt") == 0)
    g_ptr_array_add (get_version (self, record)->events, record);
  else if (g_strcmp0 (record->type, "yank") == 0 && record->version != NULL)
    g_ptr_array_add (get_version (self, record)->yanks, record);
}

static void
take (History *self, HistoryRecord *record)
{
  switch (record->op)
    {
    case HISTORY_PUBLISH:
      g_ptr_array_add (get_version (self, record)->publishes, record);
      break;
    case HISTORY_YANK:
    case HISTORY_UNYANK:
      g_ptr_array_add (get_version (self, record)->toggles, record);
      break;
    case HISTORY_READ:
    case HISTORY_DOWNLOAD:
      g_ptr_array_add (get_version (self, record)->reads, record);
      break;
    case HISTORY_EVENT:
      take_event (self, record);
      break;
    case HISTORY_FOLLOW:
      g_ptr_array_add (self->followed, record);
      break;
    case HISTORY_LIST:
      add_to (self->lists, record->name, record);
      break;
    case HISTORY_TROUBLE:
    default:
      return;
    }

  for (guint i = 0; i < self->nodes->len; i++)
    if (g_array_index (self->nodes, guint, i) == record->node)
      return;
  g_array_append_val (self->nodes, record->node);
}

static void
take_told (HistoryVersion *version, const HistoryRecord *record)
{
  if (!history_is_done (record) || record->got == NULL)
    return;

  version->exists = TRUE;
  if (version->content == NULL)
    version->content = record->got;
}

/* The acknowledged bytes are what counts; where nobody was told of any, what
 * the log tells, or what was read. */
static void
conclude (HistoryVersion *version)
{
  for (guint i = 0; i < version->publishes->len; i++)
    {
      const HistoryRecord *record = version->publishes->pdata[i];

      if (history_is_done (record) && version->acknowledged == NULL)
        version->acknowledged = record;
      if (history_is_done (record) || record->status == 409)
        version->exists = TRUE;
    }

  if (version->acknowledged != NULL)
    version->content = version->acknowledged->sent;
  if (version->events->len > 0)
    {
      const HistoryRecord *event = version->events->pdata[0];

      version->exists = TRUE;
      if (version->content == NULL)
        version->content = event->got;
    }
  for (guint i = 0; i < version->reads->len; i++)
    take_told (version, version->reads->pdata[i]);
}

static int
compare_nodes (gconstpointer a, gconstpointer b)
{
  guint left = *(const guint *) a;
  guint right = *(const guint *) b;

  return left < right ? -1 : left > right;
}

static void
check_lists (History *self)
{
  GHashTableIter iter;
  gpointer key, value;

  g_hash_table_iter_init (&iter, self->lists);
  while (g_hash_table_iter_next (&iter, &key, &value))
    {
      GPtrArray *lists = value;
      const HistoryRecord *first = lists->pdata[0];

      if (lists->len != self->nodes->len)
        history_fault (self,
                       "unread",
                       "%s was read %u times in the end, but there are %u "
                       "nodes",
                       first->name,
                       lists->len,
                       self->nodes->len);
      for (guint i = 0; i < lists->len; i++)
        {
          const HistoryRecord *list = lists->pdata[i];

          if (list->status != 200)
            history_fault (self,
                           "lists-differ",
                           "node %u answers %s with %u",
                           list->node,
                           list->name,
                           list->status);
          else if (g_strcmp0 (list->got, first->got) != 0)
            history_fault (self,
                           "lists-differ",
                           "nodes %u and %u answer %s differently",
                           first->node,
                           list->node,
                           first->name);
        }
    }
}

static History
history_new (GPtrArray *records)
{
  History self = {
    .nodes = g_array_new (FALSE, FALSE, sizeof (guint)),
    .versions =
      g_hash_table_new_full (g_str_hash, g_str_equal, NULL, version_free),
    .logs = g_hash_table_new_full (NULL,
                                   NULL,
                                   NULL,
                                   (GDestroyNotify) g_ptr_array_unref),
    .followed = g_ptr_array_new (),
    .lists = g_hash_table_new_full (g_str_hash,
                                    g_str_equal,
                                    NULL,
                                    (GDestroyNotify) g_ptr_array_unref),
    .faults = g_ptr_array_new_with_free_func (g_free),
  };

  for (guint i = 0; i < records->len; i++)
    take (&self, records->pdata[i]);
  g_array_sort (self.nodes, compare_nodes);
  if (self.nodes->len > 0)
    self.first = g_array_index (self.nodes, guint, 0);

  return self;
}

/* Looks for all that is wrong with a history; gives the faults as strings. */
GPtrArray *
history_check (GPtrArray *records)
{
  g_auto (History) self = history_new (records);
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, self.versions);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      HistoryVersion *version = value;

      conclude (version);
      history_check_publishes (&self, version);
      history_check_reads (&self, version);
      history_check_yanks (&self, version);
    }
  history_check_logs (&self);
  check_lists (&self);

  return g_steal_pointer (&self.faults);
}
