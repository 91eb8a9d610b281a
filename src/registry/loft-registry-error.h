/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include <glib-object.h>

G_BEGIN_DECLS

/**
 * LoftRegistryError:
 * @LOFT_REGISTRY_ERROR_MALFORMED: the request makes no sense (not JSON, not
 *   base64, a path that is none)
 * @LOFT_REGISTRY_ERROR_RULES: rules were broken; see the findings
 * @LOFT_REGISTRY_ERROR_NO_SUCH_PACKAGE: nobody knows that package
 * @LOFT_REGISTRY_ERROR_NO_SUCH_VERSION: the package has no such version
 * @LOFT_REGISTRY_ERROR_NOT_FOUND: anything else that is not there
 * @LOFT_REGISTRY_ERROR_EXISTS: that version exists, with other bytes
 * @LOFT_REGISTRY_ERROR_TOKEN_NEEDED: a token is missing, or is none
 * @LOFT_REGISTRY_ERROR_FORBIDDEN: the token is good, but not for this
 * @LOFT_REGISTRY_ERROR_TOO_LARGE: over a limit of size
 * @LOFT_REGISTRY_ERROR_NO_SPACE: the storage is full
 * @LOFT_REGISTRY_ERROR_READ_ONLY: the storage takes no writes
 * @LOFT_REGISTRY_ERROR_NOT_READY: the catalog is not complete yet; try again
 * @LOFT_REGISTRY_ERROR_BUSY: too many want the same at once; try again
 * @LOFT_REGISTRY_ERROR_UNAVAILABLE: the storage can't answer; try again
 * @LOFT_REGISTRY_ERROR_CORRUPT: what is stored can't be read
 * @LOFT_REGISTRY_ERROR_FAILED: anything else that is our fault
 *
 * Why the registry refuses or fails.
 */
typedef enum
{
  LOFT_REGISTRY_ERROR_MALFORMED,
  LOFT_REGISTRY_ERROR_RULES,
  LOFT_REGISTRY_ERROR_NO_SUCH_PACKAGE,
  LOFT_REGISTRY_ERROR_NO_SUCH_VERSION,
  LOFT_REGISTRY_ERROR_NOT_FOUND,
  LOFT_REGISTRY_ERROR_EXISTS,
  LOFT_REGISTRY_ERROR_TOKEN_NEEDED,
  LOFT_REGISTRY_ERROR_FORBIDDEN,
  LOFT_REGISTRY_ERROR_TOO_LARGE,
  LOFT_REGISTRY_ERROR_NO_SPACE,
  LOFT_REGISTRY_ERROR_READ_ONLY,
  LOFT_REGISTRY_ERROR_NOT_READY,
  LOFT_REGISTRY_ERROR_BUSY,
  LOFT_REGISTRY_ERROR_UNAVAILABLE,
  LOFT_REGISTRY_ERROR_CORRUPT,
  LOFT_REGISTRY_ERROR_FAILED
} LoftRegistryError;

#define LOFT_REGISTRY_ERROR (loft_registry_error_quark ())
GQuark loft_registry_error_quark (void);

/**
 * LoftFinding:
 * @rule: the rule's short name, such as `name-pattern`
 * @subject: (nullable): what broke it: a member's path, a field
 * @detail: a sentence for people, without a full stop
 *
 * One broken rule.
 */
typedef struct
{
  char *rule;    /* owned */
  char *subject; /* owned, nullable */
  char *detail;  /* owned */
} LoftFinding;

/**
 * LoftFindings:
 *
 * An array of #LoftFinding, of bounded length: what comes after the hundredth
 * is only counted.
 */
typedef struct _LoftFindings LoftFindings;

LoftFindings *loft_findings_new (void);
LoftFindings *loft_findings_ref (LoftFindings *self);
void loft_findings_unref (LoftFindings *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LoftFindings, loft_findings_unref)

void loft_findings_add (LoftFindings *self,
                        const char *rule,
                        const char *subject,
                        const char *format,
                        ...) G_GNUC_PRINTF (4, 5);
gboolean loft_findings_has (LoftFindings *self, const char *rule);
guint loft_findings_get_length (LoftFindings *self);
guint loft_findings_get_total (LoftFindings *self);
const LoftFinding *loft_findings_get (LoftFindings *self, guint index);

gboolean loft_findings_to_error (LoftFindings *self, GError **error);
LoftFindings *loft_findings_from_error (const GError *error);

G_END_DECLS
