/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-registry-error.h"

#include <string.h>

#include "registry/loft-quote.h"

#define FINDINGS_MAX 100
#define SUBJECT_MAX 255

struct _LoftFindings
{
  GPtrArray *items; /* owned, of owned LoftFinding */
  guint total;
};

typedef struct
{
  LoftFindings *findings; /* owned, nullable */
} LoftRegistryErrorPrivate;

static void
loft_registry_error_private_init (LoftRegistryErrorPrivate *extra)
{
  g_return_if_fail (extra != NULL);

  extra->findings = NULL;
}

static void
loft_registry_error_private_copy (const LoftRegistryErrorPrivate *source,
                                  LoftRegistryErrorPrivate *target)
{
  g_return_if_fail (source != NULL && target != NULL);

  if (source->findings != NULL)
    target->findings = loft_findings_ref (source->findings);
}

static void
loft_registry_error_private_clear (LoftRegistryErrorPrivate *extra)
{
  g_return_if_fail (extra != NULL);

  g_clear_pointer (&extra->findings, loft_findings_unref);
}

G_DEFINE_EXTENDED_ERROR (LoftRegistryError, loft_registry_error)

static void
finding_free (gpointer data)
{
  LoftFinding *finding = data;

  g_free (finding->rule);
  g_free (finding->subject);
  g_free (finding->detail);
  g_free (finding);
}

/**
 * loft_findings_new:
 *
 * Makes an empty list of findings. One thread at a time may add to it; the
 * references may be taken and dropped in any.
 *
 * Returns: (transfer full): the list
 */
LoftFindings *
loft_findings_new (void)
{
  LoftFindings *self = g_atomic_rc_box_new0 (LoftFindings);

  self->items = g_ptr_array_new_with_free_func (finding_free);

  return self;
}

/**
 * loft_findings_ref:
 * @self: a list
 *
 * Takes another reference.
 *
 * Returns: (transfer full): @self
 */
LoftFindings *
loft_findings_ref (LoftFindings *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return g_atomic_rc_box_acquire (self);
}

static void
findings_clear (gpointer data)
{
  LoftFindings *self = data;

  g_ptr_array_unref (self->items);
}

/**
 * loft_findings_unref:
 * @self: (transfer full): a list
 *
 * Drops a reference, and with the last one the list.
 */
void
loft_findings_unref (LoftFindings *self)
{
  g_return_if_fail (self != NULL);

  g_atomic_rc_box_release_full (self, findings_clear);
}

/**
 * loft_findings_add:
 * @self: a list
 * @rule: the rule's short name
 * @subject: (nullable): what broke it; any bytes, kept escaped and shortened
 * @format: a sentence for people, without a full stop
 * @...: what @format needs; foreign text in it should have been quoted by
 *   loft_quote()
 *
 * Adds a finding; after the hundredth it is only counted.
 */
void
loft_findings_add (LoftFindings *self,
                   const char *rule,
                   const char *subject,
                   const char *format,
                   ...)
{
  g_return_if_fail (self != NULL);
  g_return_if_fail (rule != NULL && format != NULL);

  self->total++;
  if (self->items->len >= FINDINGS_MAX)
    return;

  va_list arguments;
  va_start (arguments, format);
  g_autofree char *detail = g_strdup_vprintf (format, arguments);
  va_end (arguments);

  LoftFinding *finding = g_new0 (LoftFinding, 1);
  finding->rule = g_strdup (rule);
  if (subject != NULL)
    finding->subject =
      loft_escape_length (subject, strlen (subject), SUBJECT_MAX);
  finding->detail = g_utf8_make_valid (detail, -1);
  g_ptr_array_add (self->items, finding);
}

/**
 * loft_findings_has:
 * @self: a list
 * @rule: a rule's short name
 *
 * Looks for a rule among the findings that were kept.
 *
 * Returns: whether one of them is about @rule
 */
gboolean
loft_findings_has (LoftFindings *self, const char *rule)
{
  g_return_val_if_fail (self != NULL, FALSE);
  g_return_val_if_fail (rule != NULL, FALSE);

  for (guint i = 0; i < self->items->len; i++)
    {
      const LoftFinding *finding = g_ptr_array_index (self->items, i);

      if (g_str_equal (finding->rule, rule))
        return TRUE;
    }

  return FALSE;
}

/**
 * loft_findings_get_length:
 * @self: a list
 *
 * Counts the findings that were kept, which loft_findings_get() gives.
 *
 * Returns: how many, at most a hundred
 */
guint
loft_findings_get_length (LoftFindings *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->items->len;
}

/**
 * loft_findings_get_total:
 * @self: a list
 *
 * Counts all findings, those included that were not kept.
 *
 * Returns: how many
 */
guint
loft_findings_get_total (LoftFindings *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->total;
}

/**
 * loft_findings_get:
 * @self: a list
 * @index: below loft_findings_get_length()
 *
 * Gives one finding.
 *
 * Returns: (transfer none): the finding, which lives as long as the list
 */
const LoftFinding *
loft_findings_get (LoftFindings *self, guint index)
{
  g_return_val_if_fail (self != NULL, NULL);
  g_return_val_if_fail (index < self->items->len, NULL);

  return g_ptr_array_index (self->items, index);
}

/**
 * loft_findings_to_error:
 * @self: a list
 * @error: return location for a #GError
 *
 * Turns findings into an error: %LOFT_REGISTRY_ERROR_RULES, with the first
 * finding for its message, which carries a reference to the whole list.
 *
 * Returns: %TRUE if there are no findings, and @error was left alone; %FALSE
 *   with @error set otherwise
 */
gboolean
loft_findings_to_error (LoftFindings *self, GError **error)
{
  g_return_val_if_fail (self != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (self->total == 0)
    return TRUE;

  const LoftFinding *first = g_ptr_array_index (self->items, 0);
  g_autoptr (GError) local_error = NULL;
  if (self->total == 1)
    local_error = g_error_new_literal (LOFT_REGISTRY_ERROR,
                                       LOFT_REGISTRY_ERROR_RULES,
                                       first->detail);
  else
    local_error = g_error_new (LOFT_REGISTRY_ERROR,
                               LOFT_REGISTRY_ERROR_RULES,
                               "%s (and %u more)",
                               first->detail,
                               self->total - 1);

  LoftRegistryErrorPrivate *extra =
    loft_registry_error_get_private (local_error);
  if (extra != NULL)
    extra->findings = loft_findings_ref (self);
  g_propagate_error (error, g_steal_pointer (&local_error));

  return FALSE;
}

/**
 * loft_findings_from_error:
 * @error: any error
 *
 * Gives the findings that loft_findings_to_error() put into an error; copies
 * and prefixes of the error keep them.
 *
 * Returns: (transfer none) (nullable): the findings, which live as long as
 *   @error, or %NULL if it carries none
 */
LoftFindings *
loft_findings_from_error (const GError *error)
{
  g_return_val_if_fail (error != NULL, NULL);

  if (error->domain != LOFT_REGISTRY_ERROR)
    return NULL;

  LoftRegistryErrorPrivate *extra = loft_registry_error_get_private (error);

  return extra != NULL ? extra->findings : NULL;
}
