/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include <string.h>

#include "registry/loft-upkeep-private.h"

/* Documentation that is not shown: what was built before something newer, and
 * what somebody was building when he was killed. Nothing leads to it.
 *
 * What somebody is building right now looks the same, so that it has to be old,
 * by the clock of the storage. No build takes that long; and should one that
 * was held up come to its end after all, it finds that it has lost its lease,
 * and tells nothing. */

#define PAGE 1000
#define KEPT G_TIME_SPAN_DAY

typedef struct
{
  LoftUpkeep *upkeep;     /* not owned */
  LoftRegistry *registry; /* not owned */
  gboolean dry_run;
  char *prefix; /* owned, nullable: of what is looked at */
  gboolean is_garbage;
} Collect;

static void
collect_clear (Collect *collect)
{
  g_clear_pointer (&collect->prefix, g_free);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Collect, collect_clear)

static gboolean
is_shown (Collect *collect,
          const char *name,
          const char *key,
          const char *generation,
          gboolean *out_shown,
          GError **error)
{
  g_auto (LoftDocs) docs = { .state = LOFT_DOCS_NONE };

  if (!loft_catalog_get_docs (collect->registry->catalog,
                              name,
                              key,
                              &docs,
                              error))
    return FALSE;
  *out_shown = g_strcmp0 (docs.generation, generation) == 0;

  return TRUE;
}

static gboolean
is_old (Collect *collect,
        const char *object_key,
        gboolean *out_old,
        GError **error)
{
  g_autoptr (GError) local_error = NULL;
  g_autoptr (LoftObject) object =
    loft_storage_read (collect->registry->storage,
                       object_key,
                       0,
                       0,
                       collect->upkeep->cancellable,
                       &local_error);
  gint64 now = g_get_real_time () +
               loft_storage_get_clock_skew (collect->registry->storage);

  *out_old = object != NULL && now - loft_object_get_modified (object) > KEPT;
  if (object != NULL || loft_upkeep_is_local (local_error))
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&local_error));

  return FALSE;
}

/* Finds out what an object is the first one of. */
static gboolean
begin (Collect *collect, const char *object_key, GError **error)
{
  g_auto (GStrv) parts = g_strsplit (object_key, "/", 5);
  gboolean shown = FALSE;
  gboolean old = FALSE;

  g_clear_pointer (&collect->prefix, g_free);
  collect->is_garbage = FALSE;
  if (g_strv_length (parts) < 5 || parts[3][0] != '~')
    return TRUE;

  if (!is_shown (collect, parts[1], parts[2], parts[3] + 1, &shown, error) ||
      (!shown && !is_old (collect, object_key, &old, error)))
    return FALSE;

  collect->prefix = loft_docs_make_prefix (parts[1], parts[2], parts[3] + 1);
  collect->is_garbage = !shown && old;
  if (collect->is_garbage)
    loft_report_add (collect->upkeep->report,
                     "docs-garbage",
                     collect->prefix,
                     !collect->dry_run,
                     "“%s” is documentation that is not shown",
                     collect->prefix);

  return TRUE;
}

static gboolean
take (Collect *collect, const char *object_key, GError **error)
{
  g_autoptr (GError) local_error = NULL;

  if ((collect->prefix == NULL ||
       !g_str_has_prefix (object_key, collect->prefix)) &&
      !begin (collect, object_key, error))
    return FALSE;
  if (!collect->is_garbage || collect->dry_run ||
      loft_storage_remove (collect->registry->storage,
                           object_key,
                           collect->upkeep->cancellable,
                           &local_error) ||
      g_error_matches (local_error,
                       LOFT_STORAGE_ERROR,
                       LOFT_STORAGE_ERROR_NOT_FOUND))
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&local_error));

  return FALSE;
}

/**
 * loft_collect_docs: (skip)
 * @upkeep: what is done
 * @dry_run: whether to remove nothing
 * @error: return location for a #GError
 *
 * Removes documentation that is not shown. Blocks.
 *
 * Returns: %TRUE, or %FALSE with @error set
 */
gboolean
loft_collect_docs (LoftUpkeep *upkeep, gboolean dry_run, GError **error)
{
  g_auto (Collect) collect = {
    .upkeep = upkeep,
    .registry = upkeep->registry,
    .dry_run = dry_run,
  };
  g_autofree char *after = NULL;

  while (!g_cancellable_set_error_if_cancelled (upkeep->cancellable, error))
    {
      g_auto (GStrv) keys = loft_storage_list (collect.registry->storage,
                                               LOFT_DOCS_FOLDER "/",
                                               after,
                                               PAGE,
                                               upkeep->cancellable,
                                               error);
      if (keys == NULL)
        return FALSE;
      if (keys[0] == NULL)
        return TRUE;

      for (gsize i = 0; keys[i] != NULL; i++)
        {
          if (!take (&collect, keys[i], error))
            return FALSE;
          g_free (after);
          after = g_strdup (keys[i]);
        }
    }

  return FALSE;
}
