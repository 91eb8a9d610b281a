/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "gate/loft-gate-figures.h"
#include "http/loft-limit-kind.h"
#include "registry/loft-page.h"
#include "registry/loft-registry-figures.h"

G_BEGIN_DECLS

/**
 * LoftHttpMethod:
 * @LOFT_HTTP_METHOD_OTHER: any other
 *
 * The methods that are told apart.
 */
typedef enum
{
  LOFT_HTTP_METHOD_GET,
  LOFT_HTTP_METHOD_HEAD,
  LOFT_HTTP_METHOD_POST,
  LOFT_HTTP_METHOD_PUT,
  LOFT_HTTP_METHOD_DELETE,
  LOFT_HTTP_METHOD_OPTIONS,
  LOFT_HTTP_METHOD_OTHER,
  LOFT_HTTP_N_METHODS
} LoftHttpMethod;

/* Rows of the routing tables at most. Row 0 is no row: what nothing serves. */
#define LOFT_HTTP_ROWS 64

/* Of which the first is none, and the last any that is not known. */
#define LOFT_HTTP_STATUSES 36

/**
 * LoftHttpFigures:
 * @others: requests that no row serves, by method and status
 * @requests: requests by row, whether their method was HEAD, and status
 * @times: how long they took, by row
 * @bytes: bytes of bodies that were sent, by row
 * @limited: requests that came too often, by limit
 * @torn: tarballs that were cut short while they were sent
 * @downloads: tarballs that were downloaded
 * @uncounted: those of which it was not noted which
 * @aborted: requests whose client left before it had the answer
 * @running: gauge: requests that are not answered yet
 *
 * What an HTTP server counts. The gauge comes last.
 */
typedef struct
{
  LoftCounter others[LOFT_HTTP_N_METHODS][LOFT_HTTP_STATUSES];
  LoftCounter requests[LOFT_HTTP_ROWS][2][LOFT_HTTP_STATUSES];
  LoftHistogram times[LOFT_HTTP_ROWS];
  LoftCounter bytes[LOFT_HTTP_ROWS];
  LoftCounter limited[LOFT_N_LIMITS];
  LoftCounter torn;
  LoftCounter downloads;
  LoftCounter uncounted;
  LoftCounter aborted;
  LoftCounter running;
} LoftHttpFigures;

/**
 * LoftFigures:
 * @registry: what the registry counts
 * @gate: what the gate counts
 * @http: what the HTTP server counts
 *
 * All that a process counts: what is in its slot.
 */
typedef struct
{
  LoftRegistryFigures registry;
  LoftGateFigures gate;
  LoftHttpFigures http;
} LoftFigures;

LoftFigures *loft_figures_open (LoftPage *page, guint slot);
LoftFigures *loft_figures_sum (LoftPage *page);

void loft_http_figures_count (LoftHttpFigures *self,
                              guint row,
                              LoftHttpMethod method,
                              guint status,
                              goffset bytes,
                              gint64 duration);

LoftHttpMethod loft_http_method_find (const char *text, gsize length);
const char *loft_http_method_get_name (LoftHttpMethod method);
const char *loft_http_figures_get_status (guint index, char *buffer);

G_END_DECLS
