/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "history/history-node.h"

#include "kit/wire-kit.h"
#include "registry/loft-json.h"

/* As soon as a service manager would start it again. */
#define START_PAUSE (100 * 1000)

static gboolean
copy_group (GKeyFile *store,
            const char *group,
            DaemonKit *daemon,
            GError **error)
{
  g_auto (GStrv) keys = g_key_file_get_keys (store, group, NULL, error);

  for (guint i = 0; keys != NULL && keys[i] != NULL; i++)
    {
      g_autofree char *value =
        g_key_file_get_value (store, group, keys[i], NULL);

      if (!daemon_kit_configure (daemon, group, keys[i], value, error))
        return FALSE;
    }

  return keys != NULL;
}

/* A registry on the store that @store names, with a folder of its own. */
HistoryNode *
history_node_new (GKeyFile *store, guint number, GError **error)
{
  HistoryNode *self = g_new0 (HistoryNode, 1);

  self->daemon = daemon_kit_new (NULL, error);
  if (self->daemon == NULL ||
      !copy_group (store, "registry", self->daemon, error) ||
      !copy_group (store, "s3", self->daemon, error) ||
      !daemon_kit_configure (self->daemon,
                             "http",
                             "workers",
                             number % 2 == 0 ? "2" : "1",
                             error))
    {
      history_node_free (self);
      return NULL;
    }
  self->daemon->expects_warnings = TRUE;

  return self;
}

void
history_node_free (HistoryNode *self)
{
  g_clear_pointer (&self->daemon, daemon_kit_free);
  g_free (self);
}

/* Starts the process, and waits for nothing. */
gboolean
history_node_launch (HistoryNode *self, GError **error)
{
  return daemon_kit_launch (self->daemon, error);
}

/* Looks whether a process that was launched listens by now. One that has ended,
 * as it may where the store hangs, is started again. Gives FALSE with no error
 * set if it takes longer. */
gboolean
history_node_poll (HistoryNode *self, GError **error)
{
  int status;

  if (daemon_kit_find_port (self->daemon))
    {
      g_atomic_int_set (&self->port, self->daemon->port);
      return TRUE;
    }
  if (daemon_kit_has_ended (self->daemon, &status))
    {
      g_usleep (START_PAUSE);
      daemon_kit_launch (self->daemon, error);
    }

  return FALSE;
}

gboolean
history_node_start (HistoryNode *self, GError **error)
{
  if (!daemon_kit_start (self->daemon, error))
    return FALSE;
  g_atomic_int_set (&self->port, self->daemon->port);

  return TRUE;
}

/* Kills it without warning. */
void
history_node_kill (HistoryNode *self)
{
  g_atomic_int_set (&self->port, 0);
  daemon_kit_kill (self->daemon);
}

/* The number of the last change that it has, or -1 while it is not ready. */
gint64
history_node_get_sequence (HistoryNode *self)
{
  g_autoptr (Wire) wire = wire_new ((guint16) self->port);
  g_autoptr (WireAnswer) answer = wire_get (wire, "/readyz", NULL);

  if (answer == NULL || answer->status != 200)
    return -1;

  gsize size;
  const char *text = g_bytes_get_data (answer->body, &size);
  g_autoptr (JsonNode) json = loft_json_parse (text, size, NULL);

  return json != NULL && JSON_NODE_HOLDS_OBJECT (json)
           ? loft_json_get_int (json_node_get_object (json), "sequence", -1)
           : -1;
}
