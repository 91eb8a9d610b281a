/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-migration-private.h"

#include <glib/gi18n.h>
#include <string.h>

/* How a store is copied while it is in use
 *
 * A copy that is cut short anywhere must be a registry, if an older one, or one
 * after a crash. That is so if in the target at any moment
 *
 *   1. the log is a beginning of the source's log, without a gap;
 *   2. whatever it tells of is there: each version's document, the state of
 *      each package, in that revision or a later one, each token;
 *   3. the tarball that a document names is there;
 *   4. a package has its package.json before its first document, or it would
 *      belong to whoever asks; and before that what it rests on: the salt of
 *      the hashes in it, the public ids of its owners, the reserved name.
 *
 * Whoever publishes writes in this order: salt, names/, claims/, package.json,
 * tarball, document, event. Nothing of that is ever removed or written again,
 * but for package.json, whose revision only rises, and tarballs that no
 * document names or can name. So the copy first notes the end E of the log.
 * What is told up to there is in the source from that moment on. Then it is
 * copied, in the order of its writers: what is beside the packages, then each
 * package, and the log at last, up to E.
 *
 * What may happen meanwhile, each with what the target has at the end:
 *
 *   A version is published between E and the list of its folder: its document,
 *     but not its event. That is what a crash leaves: whoever meets such a
 *     document appends the event, and the first start on the copy looks for
 *     them.
 *   It is published after that list: nothing of it, or its claim alone, or its
 *     tarball alone. Nothing refers to these.
 *   A name is claimed, and its first version published, around the moment when
 *     its package.json is looked for: that is after its folder was listed, so
 *     for a document that was listed it is found, listed or not. If there is
 *     none, then no document of a claimed package was seen either.
 *   The list of a folder is not of one moment: it may have a document and miss
 *     the tarball that was there before. So it is the document, once it was
 *     read, that tells which tarball to copy, and not the list.
 *   A publisher that lost a race removes its tarball, or the administrator has
 *     garbage removed: no document names it, so nothing is missing.
 *   A version is yanked before its package.json is read: that revision, whose
 *     event may lie beyond E. Before the next revision is written the log is
 *     made to have it, and the first start does that too. After: the revision
 *     before, and no event of the next one, which was appended later still.
 *   A token is issued, used or revoked: the same; it has no revision, but what
 *     happens to it has an order too.
 *   A thousand events are sealed, and their entries removed: an entry that is
 *     not there any more is in the sealed copy, which was there before.
 *
 * The log itself is written in its order, so that there never is a gap; only
 * the entries of a thousand whose sealed copy is already there may come in any
 * order, since a reader finds them in that.
 *
 * Numbers of downloads only grow, and packs of them are copied before what
 * names them. Where the target has counted more they stay, and that is told.
 *
 * A second run finds most of it done. What is never written again is either the
 * same there, or not this registry's: then it stops, and nothing is
 * overwritten. The others are replaced only by what came later, and only if
 * nobody else has replaced them since they were looked at. Where nobody writes
 * to the source any more, a run leaves an exact copy, except for what is not
 * copied: locks, leases and files on their way, which belong to one server;
 * checkpoints of the catalog, which servers make of the log; tarballs that no
 * document can ever name; and what is no part of a registry. */

#define FIRST_PAUSE (100 * G_TIME_SPAN_MILLISECOND)
#define LAST_PAUSE (5 * G_TIME_SPAN_SECOND)
#define MOMENT (20 * G_TIME_SPAN_MILLISECOND)

G_DEFINE_FINAL_TYPE (LoftMigration, loft_migration, G_TYPE_OBJECT)

static void
loft_migration_finalize (GObject *object)
{
  LoftMigration *self = LOFT_MIGRATION (object);

  g_clear_object (&self->source);
  g_clear_object (&self->target);
  g_clear_object (&self->cancellable);
  g_clear_error (&self->failure);
  loft_report_unref (self->report);
  g_clear_pointer (&self->covered, g_hash_table_unref);
  g_mutex_clear (&self->mutex);
  g_cond_clear (&self->cond);

  G_OBJECT_CLASS (loft_migration_parent_class)->finalize (object);
}

static void
loft_migration_class_init (LoftMigrationClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = loft_migration_finalize;
}

static void
loft_migration_init (LoftMigration *self)
{
  g_mutex_init (&self->mutex);
  g_cond_init (&self->cond);
  self->cancellable = g_cancellable_new ();
  self->report = loft_report_new ();
}

/**
 * loft_migration_new:
 * @source: an open store, which is only read
 * @target: an open store, which nobody else writes to
 * @options: how to copy
 *
 * Makes a migration. Nothing happens yet.
 *
 * Returns: (transfer full): the migration
 */
LoftMigration *
loft_migration_new (LoftStorage *source,
                    LoftStorage *target,
                    const LoftMigrationOptions *options)
{
  g_return_val_if_fail (LOFT_IS_STORAGE (source), NULL);
  g_return_val_if_fail (LOFT_IS_STORAGE (target), NULL);
  g_return_val_if_fail (options != NULL && options->jobs > 0, NULL);

  LoftMigration *self = g_object_new (LOFT_TYPE_MIGRATION, NULL);

  self->source = g_object_ref (source);
  self->target = g_object_ref (target);
  self->options = *options;

  return self;
}

/**
 * loft_migration_get_figures:
 * @self: a migration
 * @out_figures: (out caller-allocates): how far it is
 *
 * Tells, in any thread, how far it is.
 */
void
loft_migration_get_figures (LoftMigration *self,
                            LoftMigrationFigures *out_figures)
{
  g_return_if_fail (LOFT_IS_MIGRATION (self));

  g_mutex_lock (&self->mutex);
  *out_figures = self->figures;
  g_mutex_unlock (&self->mutex);
}

/**
 * loft_migration_get_report:
 * @self: a migration that has ended
 *
 * Returns: (transfer none): what was found
 */
LoftReport *
loft_migration_get_report (LoftMigration *self)
{
  g_return_val_if_fail (LOFT_IS_MIGRATION (self), NULL);

  return self->report;
}

/**
 * loft_migration_is_missing: (skip)
 * @error: (nullable): an error
 *
 * Returns: whether it says that there is no such object
 */
gboolean
loft_migration_is_missing (const GError *error)
{
  return g_error_matches (error,
                          LOFT_STORAGE_ERROR,
                          LOFT_STORAGE_ERROR_NOT_FOUND);
}

/**
 * loft_migration_show_key: (skip)
 * @key: a storage key
 *
 * Names an object for people. What is stored of tokens has their hashes for
 * names, which are nobody's business.
 *
 * Returns: (transfer full): the key, or its beginning
 */
char *
loft_migration_show_key (const char *key)
{
  const char *const hidden[] = { "_registry/tokens/", "_registry/claims/" };

  for (gsize i = 0; i < G_N_ELEMENTS (hidden); i++)
    if (g_str_has_prefix (key, hidden[i]))
      return g_strdup_printf ("%s%.8s…", hidden[i], key + strlen (hidden[i]));

  return g_strdup (key);
}

/**
 * loft_migration_find: (skip)
 * @self: a migration
 * @kind: what kind of finding it is
 * @key: a storage key
 * @format: what is wrong
 * @...: what belongs to @format
 *
 * Reports something.
 */
void
loft_migration_find (LoftMigration *self,
                     const char *kind,
                     const char *key,
                     const char *format,
                     ...)
{
  g_autofree char *shown = loft_migration_show_key (key);
  va_list arguments;

  va_start (arguments, format);
  g_autofree char *detail = g_strdup_vprintf (format, arguments);
  va_end (arguments);

  g_mutex_lock (&self->mutex);
  loft_report_add (self->report, kind, shown, FALSE, "%s", detail);
  g_mutex_unlock (&self->mutex);
}

/**
 * loft_migration_differ: (skip)
 * @self: a migration
 * @key: a storage key
 * @detail: how the target differs there
 * @error: return location for a #GError
 *
 * Reports what must not be overwritten. That is the end, unless nothing is
 * written anyway.
 *
 * Returns: whether to go on; else @error is set
 */
gboolean
loft_migration_differ (LoftMigration *self,
                       const char *key,
                       const char *detail,
                       GError **error)
{
  g_autofree char *shown = loft_migration_show_key (key);

  loft_migration_find (self, "target-differs", key, "%s", detail);
  g_mutex_lock (&self->mutex);
  self->differs = TRUE;
  g_mutex_unlock (&self->mutex);
  if (self->options.dry_run)
    return TRUE;

  g_set_error (error,
               LOFT_STORAGE_ERROR,
               LOFT_STORAGE_ERROR_EXISTS,
               _ ("The target holds something else under “%s”, which is not "
                  "overwritten"),
               shown);

  return FALSE;
}

/**
 * loft_migration_pass_over: (skip)
 * @self: a migration
 * @key: the storage key of what is no part of a registry
 *
 * Leaves something out, and says so.
 */
void
loft_migration_pass_over (LoftMigration *self, const char *key)
{
  loft_migration_find (self,
                       "foreign-file",
                       key,
                       "“%s” is no part of a registry, and not copied",
                       key);
  g_mutex_lock (&self->mutex);
  self->figures.foreign++;
  g_mutex_unlock (&self->mutex);
}

/**
 * loft_migration_note_done: (skip)
 * @self: a migration
 *
 * Counts an object of the source that was dealt with.
 */
void
loft_migration_note_done (LoftMigration *self)
{
  g_mutex_lock (&self->mutex);
  self->figures.done++;
  g_mutex_unlock (&self->mutex);
}

/* What another attempt, which looks first what there is, may change. */
static gboolean
is_transient (const GError *error)
{
  return error->domain == LOFT_STORAGE_ERROR &&
         (error->code == LOFT_STORAGE_ERROR_UNAVAILABLE ||
          error->code == LOFT_STORAGE_ERROR_UNKNOWN ||
          error->code == LOFT_STORAGE_ERROR_CHANGED);
}

static gboolean
is_patient (LoftMigration *self, gint64 begin)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->mutex);
  gint64 last = MAX (begin, self->succeeded_at);

  if (g_get_monotonic_time () - last >= self->options.patience)
    return FALSE;
  self->figures.retries++;

  return TRUE;
}

static gboolean
rest (LoftMigration *self, gint64 pause, GError **error)
{
  gint64 end = g_get_monotonic_time () + pause;

  while (g_get_monotonic_time () < end)
    {
      if (g_cancellable_set_error_if_cancelled (self->cancellable, error))
        return FALSE;
      g_usleep (MOMENT);
    }

  return TRUE;
}

/**
 * loft_migration_insist: (skip)
 * @self: a migration
 * @func: does something that may be done again
 * @data: for @func
 * @error: return location for a #GError
 *
 * Tries until it succeeds, fails for good, or nothing has succeeded for too
 * long. Blocks.
 *
 * Returns: %TRUE, or %FALSE with @error set
 */
gboolean
loft_migration_insist (LoftMigration *self,
                       LoftMigrationFunc func,
                       gpointer data,
                       GError **error)
{
  gint64 begin = g_get_monotonic_time ();

  for (gint64 pause = FIRST_PAUSE;; pause = MIN (2 * pause, LAST_PAUSE))
    {
      g_autoptr (GError) local_error = NULL;

      if (g_cancellable_set_error_if_cancelled (self->cancellable, error))
        return FALSE;
      if (func (self, data, &local_error))
        break;
      if (!is_transient (local_error) || !is_patient (self, begin))
        {
          g_propagate_error (error, g_steal_pointer (&local_error));
          return FALSE;
        }
      if (!rest (self, pause, error))
        return FALSE;
    }

  g_mutex_lock (&self->mutex);
  self->succeeded_at = g_get_monotonic_time ();
  g_mutex_unlock (&self->mutex);

  return TRUE;
}

static gboolean
copy_all (LoftMigration *self, GError **error)
{
  LoftMigrationEnd source = { 0 };
  LoftMigrationEnd target = { 0 };

  /* A target with another salt is another registry's, or has been used. */
  if (!loft_migration_copy_salt (self, error) ||
      !loft_migration_find_end (self, self->source, &source, error) ||
      !loft_migration_find_end (self, self->target, &target, error) ||
      !loft_migration_compare_ends (self, &source, &target, error) ||
      !loft_migration_survey (self, error) ||
      !loft_migration_copy_own (self, error) ||
      !loft_migration_copy_packages (self, error) ||
      !loft_migration_copy_log (self, source.end, target.end, error))
    return FALSE;

  g_mutex_lock (&self->mutex);
  self->figures.sequence = source.end;
  g_mutex_unlock (&self->mutex);

  return TRUE;
}

static void
cancelled_cb (GCancellable *cancellable, gpointer user_data)
{
  g_cancellable_cancel (user_data);
}

/**
 * loft_migration_run:
 * @self: a migration that did not run yet
 * @cancellable: (nullable): a cancellable
 * @error: return location for a #GError
 *
 * Copies a registry, or what another run has left to do. Blocks.
 *
 * Returns: whether the target has all that the source had at the beginning, or
 *   that is known where nothing is written; else @error is set to
 *   %LOFT_STORAGE_ERROR_EXISTS if the target holds something else, to another
 *   #LoftStorageError, a #LoftRegistryError or %G_IO_ERROR_CANCELLED
 */
gboolean
loft_migration_run (LoftMigration *self,
                    GCancellable *cancellable,
                    GError **error)
{
  g_return_val_if_fail (LOFT_IS_MIGRATION (self), FALSE);
  g_return_val_if_fail (self->pool == NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  gulong handler = cancellable != NULL
                     ? g_cancellable_connect (cancellable,
                                              G_CALLBACK (cancelled_cb),
                                              self->cancellable,
                                              NULL)
                     : 0;

  loft_migration_start_pool (self);
  self->succeeded_at = g_get_monotonic_time ();

  g_autoptr (GError) local_error = NULL;
  gboolean done = copy_all (self, &local_error);
  g_autoptr (GError) other = NULL;
  gboolean drained = loft_migration_drain (self, &other);

  loft_migration_end_pool (self);
  g_cancellable_disconnect (cancellable, handler);

  /* What failed in the pool has ended the rest. */
  if (self->failure != NULL)
    g_propagate_error (error, g_error_copy (self->failure));
  else if (local_error != NULL)
    g_propagate_error (error, g_steal_pointer (&local_error));
  else if (!drained)
    g_propagate_error (error, g_steal_pointer (&other));

  return done && drained;
}
