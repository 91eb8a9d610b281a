/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "registry/loft-registry-private.h"

/* How the registry is, and what it may do. Whoever keeps catalog and storage
 * together says so in the page, for all processes. */

/* Seconds that two clocks may differ. */
#define SKEW_MAX 60

static gboolean
is_read_only (LoftRegistry *self)
{
  return loft_storage_has (self->storage, LOFT_STORAGE_FEATURE_READ_ONLY);
}

/**
 * loft_registry_get_status:
 * @self: a registry
 * @out: (out caller-allocates): how it is
 *
 * Tells how the registry is. Quick.
 */
void
loft_registry_get_status (LoftRegistry *self, LoftRegistryStatus *out)
{
  g_return_if_fail (LOFT_IS_REGISTRY (self));
  g_return_if_fail (out != NULL);

  memset (out, 0, sizeof *out);
  loft_catalog_count (self->catalog, &out->packages, &out->versions, NULL);
  out->sequence = loft_catalog_get_sequence (self->catalog);
  out->read_only = is_read_only (self);

  out->phase =
    (LoftRegistryPhase) loft_page_get_fact (self->page, LOFT_PAGE_PHASE);
  out->scanned = loft_page_get_fact (self->page, LOFT_PAGE_SCANNED);
  out->expected = loft_page_get_fact (self->page, LOFT_PAGE_EXPECTED);
  out->problems = loft_page_get_fact (self->page, LOFT_PAGE_PROBLEMS);
  out->lag = loft_registry_get_lag (self);
  out->maintains = loft_page_get_fact (self->page, LOFT_PAGE_MAINTAINS) != 0;
  out->checkpoint = loft_page_get_fact (self->page, LOFT_PAGE_CHECKPOINT);
}

/**
 * loft_registry_get_lag:
 * @self: a registry
 *
 * Tells how old the catalog may be.
 *
 * Returns: microseconds since it held all that the storage does; 0 while it
 *   does not answer
 */
gint64
loft_registry_get_lag (LoftRegistry *self)
{
  gint64 reached = (gint64) loft_page_get_fact (self->page, LOFT_PAGE_REACHED);

  return loft_registry_can_answer (self, NULL)
           ? MAX (g_get_monotonic_time () - reached, 0)
           : 0;
}

/**
 * loft_registry_get_age:
 * @self: a registry
 *
 * Tells how old answers may be, where that is worth mentioning. A few loads
 * from memory.
 *
 * Returns: seconds; 0 as long as the storage is reached
 */
guint
loft_registry_get_age (LoftRegistry *self)
{
  g_return_val_if_fail (LOFT_IS_REGISTRY (self), 0);

  gint64 lag = loft_registry_get_lag (self);

  return lag > LOFT_REGISTRY_LAG_MAX ? (guint) (lag / G_TIME_SPAN_SECOND) : 0;
}

/* The log is in the order of its times, so one clock that is wrong by far would
 * spoil them for all. */
static char *
describe_clock (LoftRegistry *self)
{
  gint64 skew = (gint64) loft_page_get_fact (self->page, LOFT_PAGE_SKEW);
  gint64 seconds = ABS (skew) / G_TIME_SPAN_SECOND;

  if (seconds <= SKEW_MAX)
    return NULL;

  return g_strdup_printf ("The clock of this server is %" G_GINT64_FORMAT
                          " seconds %s that of the storage",
                          seconds,
                          skew > 0 ? "behind" : "ahead of");
}

static char *
describe_phase (LoftRegistry *self)
{
  switch (loft_page_get_fact (self->page, LOFT_PAGE_PHASE))
    {
    case LOFT_REGISTRY_STARTING:
      return g_strdup ("The log is being read");
    case LOFT_REGISTRY_REBUILDING:
      return g_strdup_printf (
        "The catalog is incomplete; %" G_GUINT64_FORMAT
        " documents were read so far",
        loft_page_get_fact (self->page, LOFT_PAGE_SCANNED));
    case LOFT_REGISTRY_FAILING:
      return g_strdup ("Catalog and storage can't be brought together; the "
                       "log of the server says why");
    case LOFT_REGISTRY_READY:
    default:
      return NULL;
    }
}

/**
 * loft_registry_list_troubles:
 * @self: a registry
 *
 * Tells what keeps the registry from answering everything, and rightly. Looks
 * at a folder, otherwise quick.
 *
 * Returns: (transfer full): sentences without full stops, none if all is well
 */
GStrv
loft_registry_list_troubles (LoftRegistry *self)
{
  g_return_val_if_fail (LOFT_IS_REGISTRY (self), NULL);

  g_autoptr (GStrvBuilder) troubles = g_strv_builder_new ();
  g_autofree char *phase = describe_phase (self);
  guint age = loft_registry_get_age (self);

  if (phase != NULL)
    g_strv_builder_add (troubles, phase);
  if (age > 0)
    {
      g_autofree char *text =
        g_strdup_printf ("The storage was not reached for %u seconds", age);

      g_strv_builder_add (troubles, text);
    }

  g_autofree char *clock = describe_clock (self);
  if (clock != NULL)
    g_strv_builder_add (troubles, clock);
  if (g_access (self->cache_directory, W_OK | X_OK) == -1)
    {
      g_autofree char *text =
        g_strdup_printf ("The cache directory can't be used: %s",
                         g_strerror (errno));

      g_strv_builder_add (troubles, text);
    }

  return g_strv_builder_end (troubles);
}

/**
 * loft_registry_get_catalog_size:
 * @self: a registry
 *
 * Returns: bytes of the disk that the catalog takes
 */
guint64
loft_registry_get_catalog_size (LoftRegistry *self)
{
  g_return_val_if_fail (LOFT_IS_REGISTRY (self), 0);

  return loft_catalog_get_size (self->catalog);
}

/**
 * loft_registry_get_page:
 * @self: a registry
 * @out_slot: (out) (optional): which of its slots is this process's
 *
 * Gives the memory where the registry counts. Every slot begins with a
 * #LoftRegistryFigures; what comes after that is its user's.
 *
 * Returns: (transfer none): the page
 */
LoftPage *
loft_registry_get_page (LoftRegistry *self, guint *out_slot)
{
  g_return_val_if_fail (LOFT_IS_REGISTRY (self), NULL);

  if (out_slot != NULL)
    *out_slot = self->slot;

  return self->page;
}

/**
 * loft_registry_get_sequence:
 * @self: a registry
 *
 * Tells how far the changes are visible.
 *
 * Returns: number of the last event that is
 */
guint64
loft_registry_get_sequence (LoftRegistry *self)
{
  g_return_val_if_fail (LOFT_IS_REGISTRY (self), 0);

  return loft_catalog_get_sequence (self->catalog);
}

/**
 * loft_registry_get_mark:
 * @self: a registry
 * @out_sequence: (out): the last event that somebody may have been told of
 * @out_epoch: (out): moves with every change that no event tells of
 *
 * Tells whether what is remembered of answers still holds: it does if it is of
 * the same mark. The mark belongs to it that was read before the answer was
 * made. If only the sequence has moved, loft_registry_list_changed_names()
 * tells what has to be forgotten. Two loads from memory.
 */
void
loft_registry_get_mark (LoftRegistry *self,
                        guint64 *out_sequence,
                        guint64 *out_epoch)
{
  g_return_if_fail (LOFT_IS_REGISTRY (self));
  g_return_if_fail (out_sequence != NULL && out_epoch != NULL);

  /* In this order: who sees a new epoch sees a sequence of it. */
  *out_epoch = loft_page_get_epoch (self->page);
  *out_sequence = loft_page_get_sequence (self->page);
}

/**
 * loft_registry_has_catalog:
 * @self: a registry
 *
 * Tells whether there is a catalog that was complete once, so that it has
 * answers even while the storage is away.
 *
 * Returns: whether there is one
 */
gboolean
loft_registry_has_catalog (LoftRegistry *self)
{
  g_return_val_if_fail (LOFT_IS_REGISTRY (self), FALSE);

  return loft_catalog_is_complete (self->catalog);
}

/**
 * loft_registry_can_answer:
 * @self: a registry
 * @error: return location for a #GError
 *
 * Tells whether the catalog may answer.
 *
 * Returns: %TRUE, or %FALSE with @error set to %LOFT_REGISTRY_ERROR_NOT_READY
 */
gboolean
loft_registry_can_answer (LoftRegistry *self, GError **error)
{
  if (loft_page_get_fact (self->page, LOFT_PAGE_ANSWERS))
    return TRUE;

  g_set_error_literal (error,
                       LOFT_REGISTRY_ERROR,
                       LOFT_REGISTRY_ERROR_NOT_READY,
                       "The registry is still reading its storage; try again "
                       "soon");

  return FALSE;
}

/**
 * loft_registry_can_write:
 * @self: a registry
 * @error: return location for a #GError
 *
 * Tells whether anything may be published or changed.
 *
 * Returns: %TRUE, or %FALSE with @error set to %LOFT_REGISTRY_ERROR_NOT_READY,
 *   to %LOFT_REGISTRY_ERROR_UNAVAILABLE while the storage is not reached, or to
 *   %LOFT_REGISTRY_ERROR_READ_ONLY
 */
gboolean
loft_registry_can_write (LoftRegistry *self, GError **error)
{
  if (!loft_registry_can_answer (self, error))
    return FALSE;
  if (loft_registry_get_age (self) > 0)
    {
      g_set_error_literal (error,
                           LOFT_REGISTRY_ERROR,
                           LOFT_REGISTRY_ERROR_UNAVAILABLE,
                           "The storage can't be reached at the moment; try "
                           "again soon");
      return FALSE;
    }

  g_autofree char *clock = describe_clock (self);
  if (clock != NULL)
    {
      g_set_error (error,
                   LOFT_REGISTRY_ERROR,
                   LOFT_REGISTRY_ERROR_UNAVAILABLE,
                   "%s; nothing is published until that is mended",
                   clock);
      return FALSE;
    }
  if (!is_read_only (self))
    return TRUE;

  g_set_error_literal (error,
                       LOFT_REGISTRY_ERROR,
                       LOFT_REGISTRY_ERROR_READ_ONLY,
                       "This registry takes no changes: its storage is "
                       "read-only");

  return FALSE;
}

/**
 * loft_registry_has_package:
 * @self: a registry
 * @name: a package
 *
 * Tells whether a name is taken, as far as this process knows.
 *
 * Returns: whether there is such a package
 */
gboolean
loft_registry_has_package (LoftRegistry *self, const char *name)
{
  g_return_val_if_fail (LOFT_IS_REGISTRY (self), FALSE);
  g_return_val_if_fail (name != NULL, FALSE);

  g_autoptr (LoftCatalogPackage) package =
    loft_catalog_get_package (self->catalog, name, NULL);

  return package != NULL;
}
