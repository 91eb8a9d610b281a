/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "storage/loft-storage.h"

G_BEGIN_DECLS

/**
 * LoftBackendError:
 * @LOFT_BACKEND_ERROR_INVALID_NAME: not a name that a backend can have
 * @LOFT_BACKEND_ERROR_MISSING: there is no such backend
 * @LOFT_BACKEND_ERROR_FOREIGN: the module is no backend
 * @LOFT_BACKEND_ERROR_ABI: the backend belongs to another version
 *
 * Why a backend could not be loaded.
 */
typedef enum
{
  LOFT_BACKEND_ERROR_INVALID_NAME,
  LOFT_BACKEND_ERROR_MISSING,
  LOFT_BACKEND_ERROR_FOREIGN,
  LOFT_BACKEND_ERROR_ABI
} LoftBackendError;

#define LOFT_BACKEND_ERROR (loft_backend_error_quark ())
GQuark loft_backend_error_quark (void);

LoftStorage *loft_backend_open (const char *name,
                                GKeyFile *config,
                                GCancellable *cancellable,
                                GError **error);
LoftStorage *loft_backend_join (const char *name,
                                GKeyFile *config,
                                GCancellable *cancellable,
                                GError **error);
LoftStorage *loft_backend_observe (const char *name,
                                   GKeyFile *config,
                                   GCancellable *cancellable,
                                   GError **error);

G_END_DECLS
