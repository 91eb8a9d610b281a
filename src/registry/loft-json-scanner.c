/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-json-private.h"

#include <string.h>

#include "registry/loft-registry-error.h"

/*
 * Why a scanner of our own stands before json-glib: that is a parser for texts
 * of friends. It overflows the stack on deep nesting, cuts strings at a \u0000,
 * lets half a surrogate pair through as broken UTF-8, turns large integers into
 * others, and takes duplicate keys, comments and whatever follows the value. So
 * no text from elsewhere reaches it before it went through here, and then what
 * it gets is not that text but what the scanner wrote down: without white
 * space, with all escapes but the necessary ones resolved.
 *
 * The scanner takes its text in pieces of any size, byte by byte if need be,
 * and its verdict never depends on how the text was cut. That makes it a state
 * machine: nothing is looked at twice, nothing is looked ahead. Only inside
 * strings does it skip over whole runs of plain characters.
 */

/* What a request may hold: more than anything that is sent in earnest, and few
 * enough that the tables and trees of json-glib stay small and quick. */
#define REQUEST_MEMBERS_MAX 1024
#define REQUEST_VALUES_MAX 65536
#define REQUEST_ALIKE_MAX 1000

typedef struct
{
  guint hash;
  char text[];
} Key;

static int
compare_keys (gconstpointer a, gconstpointer b, gpointer user_data)
{
  LoftJsonScanner *self = user_data;
  const Key *one = a;
  const Key *other = b;

  if (one->hash != other->hash)
    return one->hash < other->hash ? -1 : 1;

  int order = strcmp (one->text, other->text);
  if (order != 0)
    self->alike++;

  return order;
}

/* json-glib will put the keys in a hash table. Keys can be chosen to have one
 * hash, which makes it slow, but then it shows here, in a tree that stays
 * quick; in earnest no two keys of an object do. */
static gboolean
end_key (LoftJsonScanner *self, guint64 position, GError **error)
{
  Level *level = &self->levels[self->depth - 1];
  gsize size = self->key->len + 1;
  g_autofree Key *key = g_malloc (sizeof *key + size);

  key->hash = g_str_hash (self->key->str);
  memcpy (key->text, self->key->str, size);

  if (level->keys == NULL)
    level->keys = g_tree_new_full (compare_keys, self, g_free, NULL);
  if (g_tree_lookup_extended (level->keys, key, NULL, NULL))
    return loft_json_scanner_fail (self,
                                   "a key occurs twice in one object",
                                   position,
                                   error);
  if ((guint) g_tree_nnodes (level->keys) >= self->members_max)
    return loft_json_scanner_fail (self,
                                   "an object has too many members",
                                   position,
                                   error);
  if (self->alike > self->alike_max)
    return loft_json_scanner_fail (self,
                                   "too many keys have the same hash",
                                   position,
                                   error);

  g_tree_insert (level->keys, g_steal_pointer (&key), NULL);
  self->divert_next =
    self->depth == 1 && g_strcmp0 (self->key->str, self->divert_member) == 0;
  self->state = STATE_COLON;

  return TRUE;
}

static void
end_value (LoftJsonScanner *self)
{
  self->divert_next = FALSE;
  self->state = self->depth == 0 ? STATE_DONE : STATE_AFTER;
}

static gboolean
open_level (LoftJsonScanner *self, char c, guint64 position, GError **error)
{
  if (self->depth == LOFT_JSON_DEPTH_MAX)
    return loft_json_scanner_fail (self,
                                   "it is nested too deeply",
                                   position,
                                   error);

  self->levels[self->depth++] = (Level){ .is_object = c == '{' };
  self->divert_next = FALSE;
  self->state = c == '{' ? STATE_FIRST_KEY : STATE_FIRST_ELEMENT;

  return loft_json_scanner_keep (self, &c, 1, error);
}

static gboolean
close_level (LoftJsonScanner *self, char c, guint64 position, GError **error)
{
  Level *level = &self->levels[self->depth - 1];

  if (c != (level->is_object ? '}' : ']'))
    return loft_json_scanner_fail (self,
                                   level->is_object
                                     ? "a comma or “}” must come here"
                                     : "a comma or “]” must come here",
                                   position,
                                   error);

  g_clear_pointer (&level->keys, g_tree_unref);
  self->depth--;
  end_value (self);

  return loft_json_scanner_keep (self, &c, 1, error);
}

static gboolean
begin_string (LoftJsonScanner *self, gboolean is_key, GError **error)
{
  self->state = STATE_STRING;
  self->is_key = is_key;
  self->is_diverted = !is_key && self->divert_next;
  g_string_truncate (self->key, 0);

  return loft_json_scanner_keep (self, "\"", 1, error);
}

static gboolean
end_string (LoftJsonScanner *self, guint64 position, GError **error)
{
  if (!loft_json_scanner_keep (self, "\"", 1, error))
    return FALSE;
  if (self->is_key)
    return end_key (self, position, error);

  self->is_diverted = FALSE;
  end_value (self);

  return TRUE;
}

static gboolean
begin_value (LoftJsonScanner *self, char c, guint64 position, GError **error)
{
  if (++self->values > self->values_max)
    return loft_json_scanner_fail (self,
                                   "it has too many values",
                                   position,
                                   error);

  if (c == '{' || c == '[')
    return open_level (self, c, position, error);
  if (c == '"')
    return begin_string (self, FALSE, error);

  if (c == '-' || g_ascii_isdigit (c))
    {
      self->state = STATE_NUMBER;
      loft_json_number_begin (&self->number, c);
      return TRUE;
    }

  self->literal_left = c == 't'   ? "rue"
                       : c == 'f' ? "alse"
                       : c == 'n' ? "ull"
                                  : NULL;
  if (self->literal_left == NULL)
    return loft_json_scanner_fail (self,
                                   "a value must come here",
                                   position,
                                   error);

  self->state = STATE_LITERAL;

  return loft_json_scanner_keep (self, &c, 1, error);
}

/* Takes a byte between tokens. */
static gboolean
take_structure (LoftJsonScanner *self, char c, guint64 position, GError **error)
{
  if (c == '\n')
    {
      self->line++;
      self->line_start = position + 1;
    }
  if (c == ' ' || c == '\t' || c == '\n' || c == '\r')
    return TRUE;

  switch (self->state)
    {
    case STATE_FIRST_ELEMENT:
      if (c == ']')
        return close_level (self, c, position, error);
      return begin_value (self, c, position, error);

    case STATE_VALUE:
      return begin_value (self, c, position, error);

    case STATE_FIRST_KEY:
    case STATE_KEY:
      if (c == '}' && self->state == STATE_FIRST_KEY)
        return close_level (self, c, position, error);
      if (c != '"')
        return loft_json_scanner_fail (self,
                                       "a key in “\"” must come here",
                                       position,
                                       error);
      return begin_string (self, TRUE, error);

    case STATE_COLON:
      if (c != ':')
        return loft_json_scanner_fail (self,
                                       "a colon must come here",
                                       position,
                                       error);
      self->state = STATE_VALUE;
      return loft_json_scanner_keep (self, &c, 1, error);

    case STATE_AFTER:
      if (c != ',')
        return close_level (self, c, position, error);
      self->state =
        self->levels[self->depth - 1].is_object ? STATE_KEY : STATE_VALUE;
      return loft_json_scanner_keep (self, &c, 1, error);

    case STATE_DONE:
    case STATE_STRING:
    case STATE_ESCAPE:
    case STATE_HEX:
    case STATE_LOW_BACKSLASH:
    case STATE_LOW_U:
    case STATE_STRING_END:
    case STATE_NUMBER:
    case STATE_LITERAL:
    case STATE_FAILED:
    default:
      return loft_json_scanner_fail (self,
                                     "something follows the value",
                                     position,
                                     error);
    }
}

static gboolean
end_number (LoftJsonScanner *self, guint64 position, GError **error)
{
  const char *problem = loft_json_number_end (&self->number);

  if (problem != NULL)
    return loft_json_scanner_fail (self, problem, position, error);

  end_value (self);

  return loft_json_scanner_keep (self,
                                 self->number.text,
                                 self->number.length,
                                 error);
}

static gboolean
take_literal (LoftJsonScanner *self, char c, guint64 position, GError **error)
{
  if (c != *self->literal_left)
    return loft_json_scanner_fail (self,
                                   "a value must come here",
                                   position,
                                   error);

  if (*++self->literal_left == '\0')
    end_value (self);

  return loft_json_scanner_keep (self, &c, 1, error);
}

/* Takes what belongs together, or only moves on to another state; leaves @data
 * behind what it took. */
static gboolean
take_some (LoftJsonScanner *self,
           const char **data,
           const char *end,
           guint64 position,
           GError **error)
{
  switch (self->state)
    {
    case STATE_STRING:
      return loft_json_string_take (self, data, end, position, error);

    case STATE_STRING_END:
      (*data)++;
      return end_string (self, position, error);

    case STATE_ESCAPE:
    case STATE_HEX:
    case STATE_LOW_BACKSLASH:
    case STATE_LOW_U:
      return loft_json_string_take_escape (self, *(*data)++, position, error);

    case STATE_NUMBER:
      if (loft_json_number_take (&self->number, **data))
        {
          (*data)++;
          return TRUE;
        }
      return end_number (self, position, error);

    case STATE_LITERAL:
      return take_literal (self, *(*data)++, position, error);

    case STATE_FAILED:
      return loft_json_scanner_fail (self,
                                     "it was refused before",
                                     position,
                                     error);

    case STATE_VALUE:
    case STATE_FIRST_ELEMENT:
    case STATE_FIRST_KEY:
    case STATE_KEY:
    case STATE_COLON:
    case STATE_AFTER:
    case STATE_DONE:
    default:
      return take_structure (self, *(*data)++, position, error);
    }
}

/**
 * loft_json_scanner_new:
 * @limit: the most bytes to keep: the text without white space, and without
 *   the member that loft_json_scanner_divert() names
 *
 * Makes a scanner for a text that somebody sends. It takes what RFC 8259
 * allows and any program reads alike: valid UTF-8, one value, at most
 * %LOFT_JSON_DEPTH_MAX levels deep, no key twice in an object, no NUL and no
 * half of a surrogate pair in a string, integers within ±2^53 and other numbers
 * within the range of floating point. An object may have 1024 members and the
 * whole text 65536 values.
 *
 * Returns: (transfer full): the scanner
 */
LoftJsonScanner *
loft_json_scanner_new (gsize limit)
{
  LoftJsonScanner *self = g_new0 (LoftJsonScanner, 1);

  self->state = STATE_VALUE;
  self->kept = g_string_new (NULL);
  self->limit = limit;
  self->members_max = REQUEST_MEMBERS_MAX;
  self->values_max = REQUEST_VALUES_MAX;
  self->alike_max = REQUEST_ALIKE_MAX;
  self->key = g_string_new (NULL);
  self->line = 1;

  return self;
}

/**
 * loft_json_scanner_free:
 * @self: (transfer full): a scanner
 *
 * Frees a scanner.
 */
void
loft_json_scanner_free (LoftJsonScanner *self)
{
  g_return_if_fail (self != NULL);

  for (guint i = 0; i < self->depth; i++)
    g_clear_pointer (&self->levels[i].keys, g_tree_unref);

  g_string_free (self->kept, TRUE);
  g_string_free (self->key, TRUE);
  g_free (self->divert_member);
  g_free (self);
}

/**
 * loft_json_scanner_divert:
 * @self: a scanner that has not been fed yet
 * @member: a member of the object that the text is to be
 * @func: takes the content of the string
 * @user_data: for @func; must live as long as @self is fed
 *
 * Sends the string that is @member of the outermost object to @func as it
 * arrives, instead of keeping it; the parsed text then has an empty string
 * there. A value of another type is kept like any other.
 */
void
loft_json_scanner_divert (LoftJsonScanner *self,
                          const char *member,
                          LoftJsonSinkFunc func,
                          gpointer user_data)
{
  g_return_if_fail (self != NULL);
  g_return_if_fail (member != NULL && func != NULL);
  g_return_if_fail (self->offset == 0 && self->divert_member == NULL);

  self->divert_member = g_strdup (member);
  self->divert_func = func;
  self->divert_data = user_data;
}

/**
 * loft_json_scanner_feed:
 * @self: a scanner
 * @data: (array length=length): the next piece of the text
 * @length: how many bytes
 * @error: return location for a #GError
 *
 * Takes the next piece of the text; it may be cut anywhere.
 *
 * Returns: %TRUE if the text is good so far; %FALSE with @error set otherwise:
 *   %LOFT_REGISTRY_ERROR_MALFORMED with the line and the column (in bytes),
 *   %LOFT_REGISTRY_ERROR_TOO_LARGE, or what the function of
 *   loft_json_scanner_divert() set
 */
gboolean
loft_json_scanner_feed (LoftJsonScanner *self,
                        const char *data,
                        gsize length,
                        GError **error)
{
  g_return_val_if_fail (self != NULL, FALSE);
  g_return_val_if_fail (data != NULL || length == 0, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (length == 0)
    return TRUE;

  for (const char *p = data, *end = data + length; p < end;)
    if (!take_some (self, &p, end, self->offset + (p - data), error))
      return FALSE;

  self->offset += length;

  return TRUE;
}

/**
 * loft_json_scanner_finish:
 * @self: a scanner that was fed the whole text
 * @error: return location for a #GError
 *
 * Ends the text and parses what was kept of it. The scanner can only be freed
 * after that.
 *
 * Returns: (transfer full): the value, or %NULL with @error set:
 *   %LOFT_REGISTRY_ERROR_MALFORMED if the text ended too early
 */
JsonNode *
loft_json_scanner_finish (LoftJsonScanner *self, GError **error)
{
  g_return_val_if_fail (self != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  if (self->state == STATE_NUMBER && self->depth == 0 &&
      !end_number (self, self->offset, error))
    return NULL;
  if (self->state != STATE_DONE)
    {
      loft_json_scanner_fail (self, "it ends too early", self->offset, error);
      return NULL;
    }

  self->state = STATE_FAILED;

  g_autoptr (JsonParser) parser = json_parser_new ();
  g_autoptr (GError) local_error = NULL;
  if (!json_parser_load_from_data (parser,
                                   self->kept->str,
                                   self->kept->len,
                                   &local_error))
    {
      g_set_error (error,
                   LOFT_REGISTRY_ERROR,
                   LOFT_REGISTRY_ERROR_FAILED,
                   "Cannot parse a text that was found to be JSON: %s",
                   local_error->message);
      return NULL;
    }

  return json_parser_steal_root (parser);
}
