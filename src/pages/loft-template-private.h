/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "pages/loft-template-place.h"
#include "pages/loft-template.h"

G_BEGIN_DECLS

typedef enum
{
  LOFT_NODE_LITERAL,
  LOFT_NODE_VALUE,
  LOFT_NODE_MARKUP,
  LOFT_NODE_IF,
  LOFT_NODE_EACH
} LoftNodeKind;

/**
 * LoftNode:
 * @kind: what it is
 * @text: markup as it stands in the template, or the name of what goes here
 * @place: where a value goes
 * @children: (nullable): what is repeated, or shown on a condition
 * @others: (nullable): what is shown otherwise
 *
 * A piece of a template.
 */
typedef struct
{
  LoftNodeKind kind;
  char *text; /* owned */
  LoftTemplatePlace place;
  GPtrArray *children; /* owned, of owned LoftNode, nullable */
  GPtrArray *others;   /* owned, of owned LoftNode, nullable */
} LoftNode;

struct _LoftTemplate
{
  GPtrArray *nodes; /* owned, of owned LoftNode */
};

G_END_DECLS
