/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-registry-private.h"

static void
note_in_thread_cb (GTask *task,
                   gpointer source_object,
                   gpointer task_data,
                   GCancellable *cancellable)
{
  LoftRegistry *self = LOFT_REGISTRY (source_object);
  GPtrArray *events = task_data;
  g_autoptr (GError) local_error = NULL;

  if (!loft_registry_can_write (self, &local_error) ||
      !loft_log_append (self->log, events, &local_error))
    g_message ("The log was not told what an administrator did: %s",
               local_error->message);
  g_task_return_boolean (task, TRUE);
}

/**
 * loft_registry_note_act:
 * @self: a registry
 * @act: what is done that changes neither packages nor tokens, in one word
 * @caller: the administrator who does it
 *
 * Tells the log. That is done in the background and holds up nothing: the more
 * is broken, the more an administrator has to do.
 */
void
loft_registry_note_act (LoftRegistry *self,
                        const char *act,
                        const LoftCaller *caller)
{
  g_return_if_fail (LOFT_IS_REGISTRY (self));
  g_return_if_fail (act != NULL);
  g_return_if_fail (caller != NULL && caller->administrator != NULL);

  g_autoptr (GTask) task = g_task_new (self, NULL, NULL, NULL);
  GPtrArray *events =
    g_ptr_array_new_with_free_func ((GDestroyNotify) loft_event_unref);
  g_auto (LoftActor) actor = { NULL };

  loft_actor_set (&actor, caller->administrator, NULL, caller->request);
  g_ptr_array_add (events, loft_event_new_for_act (act, &actor));
  g_task_set_source_tag (task, loft_registry_note_act);
  g_task_set_task_data (task, events, (GDestroyNotify) g_ptr_array_unref);
  loft_registry_run (self, task, note_in_thread_cb);
}
