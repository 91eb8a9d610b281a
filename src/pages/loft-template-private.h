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
  LOFT_NODE_DATA,
  LOFT_NODE_IF,
  LOFT_NODE_EACH,
  LOFT_NODE_TEXT,
  LOFT_NODE_PART
} LoftNodeKind;

/**
 * LoftNode:
 * @kind: what it is
 * @text: markup as it stands in the template, a text to translate, or the name
 *   of what goes here
 * @context: (nullable): what tells a text from others that are alike
 * @plural: (nullable): the same text about several things
 * @count: (nullable): name of how many things a text is about
 * @place: where a value or a text goes
 * @children: (nullable): what is repeated, shown on a condition, or put into a
 *   text
 * @others: (nullable): what is shown otherwise
 * @parts: (nullable): markup that a text has
 *
 * A piece of a template.
 */
typedef struct
{
  LoftNodeKind kind;
  char *text;    /* owned */
  char *context; /* owned, nullable */
  char *plural;  /* owned, nullable */
  char *count;   /* owned, nullable */
  LoftTemplatePlace place;
  GPtrArray *children; /* owned, of owned LoftNode, nullable */
  GPtrArray *others;   /* owned, of owned LoftNode, nullable */
  GPtrArray *parts;    /* owned, of LoftNode elsewhere in the tree, nullable */
} LoftNode;

struct _LoftTemplate
{
  GPtrArray *nodes; /* owned, of owned LoftNode */
};

/**
 * LoftTextPiece:
 * @literal: what comes first
 * @length: its bytes
 * @name: (nullable): name of what follows
 *
 * A piece of a text with gaps, such as `All {n} versions`.
 */
typedef struct
{
  const char *literal;
  gsize length;
  char *name; /* owned, nullable */
} LoftTextPiece;

gboolean loft_template_text_next (const char **text, LoftTextPiece *out_piece);
LoftNode *loft_template_text_parse (const char *words, GError **error);
void loft_node_free (LoftNode *self);

G_END_DECLS
