/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-registry-view-private.h"

/*
 * Full lists of views.
 *
 * Each is a file without a name that takes as much space as all packages do,
 * for as long as somebody reads it, however slowly; and there are as many views
 * as there are events. So no more than a few are there at a time, and whoever
 * wants another waits until one of them is gone, but not for ever: a few who
 * read slowly must not keep others until their clients give up.
 */

#define LISTS_MAX 8
#define PATIENCE (10 * G_TIME_SPAN_SECOND)

struct _LoftViewLists
{
  int alive;             /* atomic */
  GMainContext *context; /* owned: the registry's */
  GWeakRef registry;
};

/* A list that somebody has. */
typedef struct
{
  LoftViewLists *lists; /* owned */
  GBytes *bytes;        /* owned */
} Watched;

/**
 * loft_view_lists_new:
 * @registry: a registry, in the thread of its context
 *
 * Makes a count of lists.
 *
 * Returns: (transfer full): no list
 */
LoftViewLists *
loft_view_lists_new (LoftRegistry *registry)
{
  LoftViewLists *self = g_atomic_rc_box_new0 (LoftViewLists);

  self->context = g_main_context_ref_thread_default ();
  g_weak_ref_init (&self->registry, registry);

  return self;
}

static void
lists_clear (gpointer data)
{
  LoftViewLists *self = data;

  g_main_context_unref (self->context);
  g_weak_ref_clear (&self->registry);
}

/**
 * loft_view_lists_unref:
 * @self: (transfer full): a count
 *
 * Drops a reference.
 */
void
loft_view_lists_unref (LoftViewLists *self)
{
  g_return_if_fail (self != NULL);

  g_atomic_rc_box_release_full (self, lists_clear);
}

static void build_next (LoftRegistry *self);

static gboolean
list_gone_cb (gpointer user_data)
{
  LoftViewLists *lists = user_data;
  g_autoptr (LoftRegistry) registry = g_weak_ref_get (&lists->registry);

  if (registry != NULL)
    build_next (registry);

  return G_SOURCE_REMOVE;
}

/* In any thread. Only whoever wants a list has to be told, and that is seldom,
 * but only the registry's thread may find out. */
static void
watched_free (gpointer data)
{
  Watched *watched = data;
  g_autoptr (GSource) source = g_idle_source_new ();

  g_atomic_int_add (&watched->lists->alive, -1);
  g_source_set_callback (source,
                         list_gone_cb,
                         g_atomic_rc_box_acquire (watched->lists),
                         (GDestroyNotify) loft_view_lists_unref);
  g_source_attach (source, watched->lists->context);
  g_bytes_unref (watched->bytes);
  loft_view_lists_unref (watched->lists);
  g_free (watched);
}

/* Counts the body of an answer until nobody has it any more. */
static void
watch (LoftViewLists *lists, LoftViewAnswer *answer)
{
  Watched *watched = g_new0 (Watched, 1);
  gsize size = 0;
  gconstpointer data = g_bytes_get_data (answer->body, &size);

  watched->lists = g_atomic_rc_box_acquire (lists);
  watched->bytes = answer->body;
  g_atomic_int_inc (&lists->alive);
  answer->body = g_bytes_new_with_free_func (data, size, watched_free, watched);
}

static GBytes *
answer_packages (LoftRegistry *self,
                 const LoftViewQuestion *question,
                 LoftViewAnswer *answer,
                 GCancellable *cancellable,
                 GError **error)
{
  return loft_catalog_view_packages (self->catalog,
                                     &question->view,
                                     &answer->digest,
                                     &answer->validity,
                                     error);
}

static LoftViewAnswer *
answer_copy (const LoftViewAnswer *answer)
{
  LoftViewAnswer *copy = g_new0 (LoftViewAnswer, 1);

  copy->body = g_bytes_ref (answer->body);
  copy->digest = g_strdup (answer->digest);
  copy->validity = answer->validity;

  return copy;
}

/* All who wait for the list of the view that was built. */
static void
build_cb (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  LoftRegistry *self = LOFT_REGISTRY (source_object);
  g_autoptr (GPtrArray) served = user_data;
  g_autoptr (GError) local_error = NULL;
  g_autoptr (LoftViewAnswer) answer =
    g_task_propagate_pointer (G_TASK (result), &local_error);

  if (answer != NULL)
    watch (self->view_lists, answer);
  for (guint i = 0; i < served->len; i++)
    if (answer != NULL)
      g_task_return_pointer (served->pdata[i],
                             answer_copy (answer),
                             (GDestroyNotify) loft_view_answer_free);
    else
      g_task_return_error (served->pdata[i], g_error_copy (local_error));

  g_clear_pointer (&served, g_ptr_array_unref);
  g_clear_pointer (&answer, loft_view_answer_free);
  self->view_building = FALSE;
  build_next (self);
}

static gboolean
is_same_view (const LoftView *a, const LoftView *b)
{
  return a->kind == b->kind && a->value == b->value;
}

/* Those who have left need not be waited for, nor remembered. */
static void
drop_cancelled (GQueue *waiting)
{
  for (guint i = g_queue_get_length (waiting); i > 0; i--)
    {
      g_autoptr (GTask) task = g_queue_pop_head (waiting);

      if (!g_task_return_error_if_cancelled (task))
        g_queue_push_tail (waiting, g_steal_pointer (&task));
    }
}

/* Takes out of the queue all who ask for the same view as the first one. */
static GPtrArray *
take_next (GQueue *waiting)
{
  g_autoptr (GPtrArray) taken = g_ptr_array_new_with_free_func (g_object_unref);
  guint length = g_queue_get_length (waiting);

  for (guint i = 0; i < length; i++)
    {
      g_autoptr (GTask) task = g_queue_pop_head (waiting);
      const LoftViewQuestion *question = g_task_get_task_data (task);
      const LoftViewQuestion *first =
        taken->len > 0 ? g_task_get_task_data (taken->pdata[0]) : NULL;

      if (first == NULL || is_same_view (&first->view, &question->view))
        g_ptr_array_add (taken, g_steal_pointer (&task));
      else
        g_queue_push_tail (waiting, g_steal_pointer (&task));
    }

  return g_steal_pointer (&taken);
}

static void watch_queue (LoftRegistry *self);

static gboolean
patience_cb (gpointer user_data)
{
  g_autoptr (LoftRegistry) self = g_object_ref (LOFT_REGISTRY (user_data));
  gint64 latest = g_get_monotonic_time () - PATIENCE;

  while (!g_queue_is_empty (&self->view_waiting))
    {
      GTask *oldest = g_queue_peek_head (&self->view_waiting);
      const LoftViewQuestion *question = g_task_get_task_data (oldest);
      if (question->asked > latest)
        break;

      g_autoptr (GTask) task = g_queue_pop_head (&self->view_waiting);
      g_task_return_new_error (task,
                               LOFT_REGISTRY_ERROR,
                               LOFT_REGISTRY_ERROR_BUSY,
                               "Too many full lists are being read");
    }
  watch_queue (self);

  return G_SOURCE_CONTINUE;
}

/* Those who wait keep the registry alive, and so the source is gone before it.
 */
static void
watch_queue (LoftRegistry *self)
{
  gboolean empty = g_queue_is_empty (&self->view_waiting);

  if (empty && self->view_patience != NULL)
    {
      g_source_destroy (self->view_patience);
      g_clear_pointer (&self->view_patience, g_source_unref);
    }
  else if (!empty && self->view_patience == NULL)
    {
      self->view_patience = g_timeout_source_new_seconds (1);
      g_source_set_callback (self->view_patience, patience_cb, self, NULL);
      g_source_attach (self->view_patience, self->view_lists->context);
    }
}

/* Whoever asks while a list is being built waits for another, since more may be
 * to be seen by then. */
static void
start_next (LoftRegistry *self)
{
  if (self->view_building ||
      g_atomic_int_get (&self->view_lists->alive) >= LISTS_MAX)
    return;

  drop_cancelled (&self->view_waiting);
  g_autoptr (GPtrArray) taken = take_next (&self->view_waiting);
  if (taken->len == 0)
    return;

  const LoftViewQuestion *first = g_task_get_task_data (taken->pdata[0]);
  LoftViewQuestion *question =
    loft_view_question_new (&first->view, NULL, NULL, answer_packages);
  g_autoptr (GTask) build =
    g_task_new (self, NULL, build_cb, g_steal_pointer (&taken));

  self->view_building = TRUE;
  g_task_set_source_tag (build, start_next);
  g_task_set_task_data (build, question, loft_view_question_free);
  g_task_run_in_thread (build, loft_view_answer_in_thread);
}

static void
build_next (LoftRegistry *self)
{
  start_next (self);
  watch_queue (self);
}

/**
 * loft_registry_view_packages_async:
 * @self: a registry
 * @view: a view
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async): called when the answer is there
 * @user_data: for @callback
 *
 * Lists all packages, each with its newest version, as a view shows them. Such
 * a list takes as long as there are packages, so one is made at a time,
 * whatever the number of those who ask; and no further one as long as too many
 * are being sent.
 */
void
loft_registry_view_packages_async (LoftRegistry *self,
                                   const LoftView *view,
                                   GCancellable *cancellable,
                                   GAsyncReadyCallback callback,
                                   gpointer user_data)
{
  g_return_if_fail (LOFT_IS_REGISTRY (self));
  g_return_if_fail (view != NULL);

  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);
  g_autoptr (GError) local_error = NULL;

  g_task_set_source_tag (task, loft_registry_view_packages_async);
  g_task_set_task_data (
    task,
    loft_view_question_new (view, NULL, NULL, answer_packages),
    loft_view_question_free);
  if (!loft_registry_can_answer (self, &local_error))
    {
      g_task_return_error (task, g_steal_pointer (&local_error));
      return;
    }

  drop_cancelled (&self->view_waiting);
  g_queue_push_tail (&self->view_waiting, g_steal_pointer (&task));
  build_next (self);
}
