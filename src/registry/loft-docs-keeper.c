/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-docs-queue.h"
#include "registry/loft-message-id.h"
#include "registry/loft-registry-private.h"

/* The thread that has documentation built, one version at a time.
 *
 * Of the daemons that share a storage one does that: it holds a lease as long
 * as there is something to be built. Before it begins it reads what the others
 * have told, and it gives up what it is at when it has lost the lease. Where
 * two hold it all the same for a while, both build, each into a folder of its
 * own; what the log tells last is shown, and the other folder is garbage.
 *
 * What was built is told of in the log once all of it is stored. A daemon that
 * is killed before that has told nothing, and the next one begins anew. */

#define MOMENT G_TIME_SPAN_SECOND
#define LEASE_PARTS 3
#define LEASE_PAUSE (5 * G_TIME_SPAN_SECOND)

/* Seconds after which it is tried again at the latest. */
#define PAUSE_MAX 60

typedef struct
{
  LoftRegistry *registry;         /* not owned */
  LoftDocsQueue *queue;           /* owned, NULL until it is loaded */
  LoftRegistrySettings *settings; /* owned; as they were at the last look */
  gboolean holds;
  gboolean is_late;  /* another one holds it, and there is something to do */
  gint64 renewed;    /* monotonic: the lease */
  guint pause;       /* seconds after the last failure; 0 after none */
  gboolean is_alone; /* nobody was there to build; so that it is told once */
  gboolean failed;   /* the storage or the catalog did; so, too */
} Keeper;

static void
keeper_clear (Keeper *self)
{
  g_clear_pointer (&self->queue, loft_docs_queue_free);
  g_clear_pointer (&self->settings, loft_registry_settings_free);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Keeper, keeper_clear)

static gboolean
is_shared (Keeper *self)
{
  return loft_storage_has (self->registry->storage,
                           LOFT_STORAGE_FEATURE_SHARED);
}

static gint64
get_patience (Keeper *self)
{
  return self->settings->maintenance_lease * G_TIME_SPAN_SECOND;
}

static gboolean
hold_lease (Keeper *self, GError **error)
{
  if (!is_shared (self))
    {
      self->holds = TRUE;
      return TRUE;
    }

  self->holds = FALSE;
  self->renewed = g_get_monotonic_time ();

  return loft_lease_hold (self->registry->docs_lease,
                          get_patience (self),
                          &self->holds,
                          self->registry->stopping,
                          error);
}

static void
give_up_lease (Keeper *self)
{
  if (self->holds && is_shared (self))
    loft_lease_give_up (self->registry->docs_lease);
  self->holds = FALSE;
}

/* Whatever takes long goes on only as long as nobody else does the same. */
static gboolean
tick (gpointer user_data, GError **error)
{
  Keeper *self = user_data;

  if (g_cancellable_set_error_if_cancelled (self->registry->stopping, error))
    return FALSE;
  if (g_get_monotonic_time () - self->renewed <
      get_patience (self) / LEASE_PARTS)
    return TRUE;
  if (!hold_lease (self, error))
    return FALSE;
  if (self->holds)
    return TRUE;

  g_set_error_literal (error,
                       LOFT_REGISTRY_ERROR,
                       LOFT_REGISTRY_ERROR_BUSY,
                       "Another daemon has documentation built now");

  return FALSE;
}

static gboolean
tell (Keeper *self,
      const LoftDocsJob *job,
      const LoftDocs *docs,
      GError **error)
{
  g_autoptr (GPtrArray) events =
    g_ptr_array_new_with_free_func ((GDestroyNotify) loft_event_unref);
  LoftEvent *event =
    loft_event_new_for_docs (job->name, job->version->key, docs);

  g_free (event->version);
  event->version = g_strdup (job->version->version);
  g_ptr_array_add (events, event);

  return loft_log_append (self->registry->log, events, error);
}

/* Whether nobody has told of the version since the job was found. */
static gboolean
is_unchanged (Keeper *self, const LoftDocsJob *job, GError **error)
{
  g_auto (LoftDocs) now = { .state = LOFT_DOCS_NONE };

  return loft_catalog_get_docs (self->registry->catalog,
                                job->name,
                                job->version->key,
                                &now,
                                error) &&
         now.state == job->docs.state && now.time == job->docs.time;
}

static gboolean
end_failed (Keeper *self,
            const LoftDocsJob *job,
            const LoftDocsResult *result,
            GError **error)
{
  g_autoptr (GError) local_error = NULL;
  guint attempts = job->docs.attempts + 1;
  gboolean is_last = attempts >= self->settings->docs.attempts;
  const LoftDocs docs = {
    .state = is_last ? LOFT_DOCS_FAILED : LOFT_DOCS_WAITING,
    .attempts = attempts,
    .reason = result->reason,
    .log = result->log,
  };

  if (!is_unchanged (self, job, &local_error))
    {
      if (local_error != NULL)
        g_propagate_error (error, g_steal_pointer (&local_error));
      return local_error == NULL;
    }

  g_log_structured (G_LOG_DOMAIN,
                    G_LOG_LEVEL_MESSAGE,
                    "MESSAGE_ID",
                    LOFT_MESSAGE_DOCS_FAILED,
                    "MESSAGE",
                    "The documentation of “%s” %s can't be built, %s: %s",
                    job->name,
                    job->version->version,
                    is_last ? "and that is not tried again"
                            : "and that is tried again",
                    result->reason != NULL ? result->reason : "nobody knows");

  return tell (self, job, &docs, error);
}

static gboolean
end_unavailable (Keeper *self,
                 const LoftDocsJob *job,
                 const LoftDocsResult *result)
{
  self->pause = CLAMP (self->pause * 2, 1, PAUSE_MAX);

  /* Another one may have more luck. */
  loft_docs_queue_put_off (self->queue, job, self->pause + 1);
  if (!self->is_alone)
    g_log_structured (G_LOG_DOMAIN,
                      G_LOG_LEVEL_WARNING,
                      "MESSAGE_ID",
                      LOFT_MESSAGE_DOCS_UNAVAILABLE,
                      "MESSAGE",
                      "No documentation can be built now, and that is tried "
                      "again: %s",
                      result->reason != NULL ? result->reason : "nobody knows");
  self->is_alone = TRUE;

  return TRUE;
}

static gboolean
conclude (Keeper *self,
          const LoftDocsJob *job,
          const char *generation,
          const LoftDocsResult *result,
          GError **error)
{
  const LoftDocs built = {
    .state = LOFT_DOCS_BUILT,
    .generation = (char *) generation,
  };

  if (result->outcome == LOFT_DOCS_OUTCOME_UNAVAILABLE)
    return end_unavailable (self, job, result);

  self->pause = 0;
  self->is_alone = FALSE;
  if (result->outcome == LOFT_DOCS_OUTCOME_FAILED)
    return end_failed (self, job, result, error);

  /* What was stored by one that was held up for long may be gone by now. */
  self->renewed = 0;
  if (!tick (self, error))
    return FALSE;

  g_info ("The documentation of “%s” %s is built",
          job->name,
          job->version->version);

  return tell (self, job, &built, error);
}

static char *
draw_generation (void)
{
  char *generation = g_uuid_string_random ();

  generation[18] = '\0';

  return generation;
}

static gboolean
build (Keeper *self, const LoftDocsJob *job, GError **error)
{
  g_autofree char *generation = draw_generation ();
  g_autofree char *prefix =
    loft_docs_make_prefix (job->name, job->version->key, generation);
  g_autofree char *archive =
    g_strconcat (job->name, "/", job->version->archive, NULL);
  g_auto (LoftDocsResult) result = { .outcome = LOFT_DOCS_OUTCOME_FAILED };
  const LoftDocsOrder order = {
    .settings = &self->settings->docs,
    .storage = self->registry->storage,
    .name = job->name,
    .version = job->version->version,
    .archive = archive,
    .prefix = prefix,
    .tick = tick,
    .tick_data = self,
  };

  gint64 begin = g_get_monotonic_time ();

  if (!loft_docs_build (&order, &result, self->registry->stopping, error))
    return FALSE;

  LoftDocsFigures *figures = &self->registry->figures->docs;
  loft_counter_add (&figures->outcomes[result.outcome], 1);
  if (result.outcome != LOFT_DOCS_OUTCOME_UNAVAILABLE)
    loft_histogram_add (&figures->time, g_get_monotonic_time () - begin);

  return conclude (self, job, generation, &result, error);
}

/* What others have seen to is in the log before it is in the document. */
static gboolean
follow (Keeper *self, GError **error)
{
  return !is_shared (self) ||
         loft_log_follow (self->registry->log, self->registry->stopping, error);
}

static gboolean
load (Keeper *self, GError **error)
{
  LoftRegistry *registry = self->registry;

  /* Somebody may have exchanged the log for an older one. */
  if (self->queue != NULL && loft_docs_queue_get_done (self->queue) <=
                               loft_catalog_get_sequence (registry->catalog))
    return TRUE;

  g_autoptr (LoftDocsQueue) queue =
    loft_docs_queue_new (registry->storage, registry->catalog);
  if (!follow (self, error) ||
      !loft_docs_queue_load (queue, registry->stopping, error))
    return FALSE;

  g_clear_pointer (&self->queue, loft_docs_queue_free);
  self->queue = g_steal_pointer (&queue);
  loft_page_set_fact (registry->page,
                      LOFT_PAGE_DOCS_SINCE,
                      loft_docs_queue_get_since (self->queue) + 1);
  loft_page_begin_epoch (registry->page);

  return TRUE;
}

static gboolean
find (Keeper *self, LoftDocsJob **out_job, GError **error)
{
  gboolean found =
    loft_docs_queue_find (self->queue, &self->settings->docs, out_job, error);

  loft_page_set_fact (self->registry->page,
                      LOFT_PAGE_DOCS_DONE,
                      loft_docs_queue_get_done (self->queue));

  return found;
}

static gboolean
end_work (Keeper *self, GError **error)
{
  gboolean held = self->holds;

  give_up_lease (self);

  return !held ||
         loft_docs_queue_save (self->queue, self->registry->stopping, error);
}

/* Does what is to be done next, if anything. */
static gboolean
work (Keeper *self, gboolean *out_more, GError **error)
{
  g_autoptr (LoftDocsJob) job = NULL;
  gboolean held = self->holds;

  *out_more = FALSE;
  self->is_late = FALSE;
  if (!load (self, error) || !find (self, &job, error))
    return FALSE;
  if (job == NULL)
    return end_work (self, error);
  if (!held && !hold_lease (self, error))
    return FALSE;
  self->is_late = !self->holds;
  if (self->is_late)
    return TRUE;

  /* What others have built meanwhile is not to be built again. */
  *out_more = TRUE;
  if (!held && is_shared (self))
    return follow (self, error);

  return tick (self, error) && build (self, job, error);
}

static gboolean
is_on (Keeper *self)
{
  return self->settings->docs.command != NULL &&
         !loft_storage_has (self->registry->storage,
                            LOFT_STORAGE_FEATURE_READ_ONLY);
}

static void
turn_off (Keeper *self)
{
  give_up_lease (self);
  g_clear_pointer (&self->queue, loft_docs_queue_free);
  if (loft_page_get_fact (self->registry->page, LOFT_PAGE_DOCS_SINCE) == 0)
    return;

  loft_page_set_fact (self->registry->page, LOFT_PAGE_DOCS_SINCE, 0);
  loft_page_begin_epoch (self->registry->page);
}

static void
report_failure (Keeper *self, const GError *error)
{
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;

  self->holds = FALSE;
  self->pause = CLAMP (self->pause * 2, 1, PAUSE_MAX);
  if (!self->failed)
    g_message ("Documentation can't be seen to now, and that is tried again: "
               "%s",
               error->message);
  self->failed = TRUE;
}

static void
rest (Keeper *self, gint64 pause)
{
  LoftRegistry *registry = self->registry;
  gint64 end = g_get_monotonic_time () + pause;

  g_mutex_lock (&registry->mutex);
  while (!g_cancellable_is_cancelled (registry->stopping))
    if (!g_cond_wait_until (&registry->keeper_cond, &registry->mutex, end))
      break;
  g_mutex_unlock (&registry->mutex);
}

/* Returns: for how long there is nothing to be done, in microseconds */
static gint64
run (Keeper *self)
{
  g_autoptr (GError) local_error = NULL;
  gboolean more = FALSE;

  if (!is_on (self))
    {
      turn_off (self);
      return MOMENT;
    }
  if (!loft_registry_can_write (self->registry, NULL))
    return MOMENT;
  if (!work (self, &more, &local_error))
    report_failure (self, local_error);
  else if (more && self->pause == 0)
    self->failed = FALSE;

  if (self->pause > 0)
    return self->pause * G_TIME_SPAN_SECOND;
  if (more)
    return 0;

  return self->is_late ? MIN (LEASE_PAUSE, get_patience (self) / LEASE_PARTS)
                       : MOMENT;
}

/**
 * loft_registry_keep_docs:
 * @data: (type LoftRegistry): a registry
 *
 * The thread's function: returns when the registry is being stopped.
 *
 * Returns: (nullable): %NULL
 */
gpointer
loft_registry_keep_docs (gpointer data)
{
  LoftRegistry *registry = data;
  g_auto (Keeper) self = { .registry = registry };

  while (!g_cancellable_is_cancelled (registry->stopping))
    {
      g_clear_pointer (&self.settings, loft_registry_settings_free);
      self.settings = loft_registry_dup_settings (registry);
      rest (&self, run (&self));
    }
  give_up_lease (&self);

  return NULL;
}
