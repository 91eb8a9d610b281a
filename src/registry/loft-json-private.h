/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "registry/loft-json-token.h"
#include "registry/loft-json.h"

G_BEGIN_DECLS

typedef enum
{
  STATE_VALUE,         /* a value must come */
  STATE_FIRST_ELEMENT, /* a value, or the array ends */
  STATE_FIRST_KEY,     /* a key, or the object ends */
  STATE_KEY,           /* a key must come */
  STATE_COLON,         /* a colon must come */
  STATE_AFTER,         /* a comma, or the array or object ends */
  STATE_STRING,        /* within a string */
  STATE_ESCAPE,        /* after a backslash */
  STATE_HEX,           /* within the four digits of an escape */
  STATE_LOW_BACKSLASH, /* the second half of a surrogate pair must come */
  STATE_LOW_U,         /* the same, after its backslash */
  STATE_STRING_END,    /* at its closing quote */
  STATE_NUMBER,        /* within a number */
  STATE_LITERAL,       /* within true, false or null */
  STATE_DONE,          /* after the value */
  STATE_FAILED,        /* after an error */
} State;

/* An open array or object. */
typedef struct
{
  gboolean is_object;
  GTree *keys; /* owned, nullable: those seen so far, see end_key() */
} Level;

struct _LoftJsonScanner
{
  State state;
  GString *kept; /* owned */
  gsize limit;
  guint members_max;
  guint values_max;
  guint values;
  guint alike_max;
  guint alike; /* comparisons of keys that differ, but not in their hash */

  Level levels[LOFT_JSON_DEPTH_MAX];
  guint depth;

  /* Strings. */
  gboolean is_key;
  gboolean is_diverted;
  GString *key; /* owned: the key that is being read, decoded */
  LoftUtf8 utf8;
  guint hex_left;
  gunichar code;
  gunichar high_surrogate; /* 0 if none waits for its other half */

  /* Numbers and literals. */
  LoftJsonNumber number;
  const char *literal_left; /* unowned */

  /* The diverted member. */
  char *divert_member; /* owned, nullable */
  LoftJsonSinkFunc divert_func;
  gpointer divert_data; /* unowned */
  gboolean divert_next; /* the value that comes is that member's */

  /* Where we are, for messages. */
  guint64 offset; /* of the piece being read */
  guint64 line_start;
  guint64 line;
};

gboolean loft_json_scanner_fail (LoftJsonScanner *self,
                                 const char *problem,
                                 guint64 position,
                                 GError **error);
gboolean loft_json_scanner_keep (LoftJsonScanner *self,
                                 const char *data,
                                 gsize length,
                                 GError **error);

gboolean loft_json_string_take (LoftJsonScanner *self,
                                const char **data,
                                const char *end,
                                guint64 position,
                                GError **error);
gboolean loft_json_string_take_escape (LoftJsonScanner *self,
                                       char c,
                                       guint64 position,
                                       GError **error);

G_END_DECLS
