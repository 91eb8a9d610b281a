/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * LoftTemplatePlace:
 * @LOFT_TEMPLATE_PLACE_NONE: where nothing may be put
 * @LOFT_TEMPLATE_PLACE_TEXT: among the text of an element
 * @LOFT_TEMPLATE_PLACE_ATTRIBUTE: in an attribute
 * @LOFT_TEMPLATE_PLACE_URL: at the start of an attribute that is a URL
 * @LOFT_TEMPLATE_PLACE_URL_PART: further on in such an attribute
 *
 * What a value becomes part of, which decides how it is escaped.
 */
typedef enum
{
  LOFT_TEMPLATE_PLACE_NONE,
  LOFT_TEMPLATE_PLACE_TEXT,
  LOFT_TEMPLATE_PLACE_ATTRIBUTE,
  LOFT_TEMPLATE_PLACE_URL,
  LOFT_TEMPLATE_PLACE_URL_PART
} LoftTemplatePlace;

/**
 * LoftTemplateScan:
 *
 * How far the markup of a template has been read.
 */
typedef struct
{
  enum
  {
    LOFT_SCAN_TEXT,
    LOFT_SCAN_SCRIPT,
    LOFT_SCAN_TAG,
    LOFT_SCAN_VALUE
  } state;
  GString *name; /* owned: of the tag at first, then of the attribute */
  gsize filled;  /* bytes and gaps of the attribute's value */
  gboolean is_closing;
  gboolean is_script;
} LoftTemplateScan;

void loft_template_scan_init (LoftTemplateScan *self);
void loft_template_scan_clear (LoftTemplateScan *self);
gboolean loft_template_scan_read (LoftTemplateScan *self,
                                  const char *markup,
                                  gsize length,
                                  GError **error);
LoftTemplatePlace loft_template_scan_fill (LoftTemplateScan *self);
gboolean loft_template_scan_may_branch (const LoftTemplateScan *self);

G_END_DECLS
