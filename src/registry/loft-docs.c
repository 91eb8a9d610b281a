/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-docs.h"

#include <string.h>

#include "registry/loft-time.h"

/*
 * Where documentation is kept.
 *
 * The original server has it in `docs/NAME/VERSION/`, and what it left there is
 * shown as it is. What is built here goes to a folder of its own below that,
 * `docs/NAME/VERSION/~GENERATION/`, and is shown once the log tells of it: so
 * nobody ever sees one that is half written, or half of two.
 */

static const char *const state_names[] = {
  [LOFT_DOCS_NONE] = "none",
  [LOFT_DOCS_WAITING] = "waiting",
  [LOFT_DOCS_BUILT] = "built",
  [LOFT_DOCS_FAILED] = "failed",
};

/**
 * loft_docs_copy:
 * @self: (out caller-allocates): documentation
 * @other: another one
 *
 * Makes @self the same as @other.
 */
void
loft_docs_copy (LoftDocs *self, const LoftDocs *other)
{
  *self = *other;
  self->generation = g_strdup (other->generation);
  self->reason = g_strdup (other->reason);
  self->log = g_strdup (other->log);
}

/**
 * loft_docs_clear:
 * @self: documentation
 *
 * Frees what is in @self.
 */
void
loft_docs_clear (LoftDocs *self)
{
  g_clear_pointer (&self->generation, g_free);
  g_clear_pointer (&self->reason, g_free);
  g_clear_pointer (&self->log, g_free);
}

/**
 * loft_docs_state_to_string:
 * @state: a state
 *
 * Returns: (transfer none): how it is written in the log
 */
const char *
loft_docs_state_to_string (LoftDocsState state)
{
  g_return_val_if_fail (state < G_N_ELEMENTS (state_names), NULL);

  return state_names[state];
}

/**
 * loft_docs_state_from_string:
 * @text: (nullable): a state, as it is written in the log
 *
 * Returns: the state; %LOFT_DOCS_NONE for one that a later release writes
 */
LoftDocsState
loft_docs_state_from_string (const char *text)
{
  for (gsize i = 0; i < G_N_ELEMENTS (state_names); i++)
    if (g_strcmp0 (state_names[i], text) == 0)
      return (LoftDocsState) i;

  return LOFT_DOCS_NONE;
}

/**
 * loft_docs_make_prefix:
 * @name: a package
 * @key: key of one of its documents
 * @generation: (nullable): which build; %NULL or empty for the original
 *   server's
 *
 * Returns: (transfer full): what the keys of its files begin with
 */
char *
loft_docs_make_prefix (const char *name,
                       const char *key,
                       const char *generation)
{
  g_return_val_if_fail (name != NULL && key != NULL, NULL);

  if (generation == NULL || *generation == '\0')
    return g_strconcat (LOFT_DOCS_FOLDER "/", name, "/", key, "/", NULL);

  return g_strconcat (LOFT_DOCS_FOLDER "/",
                      name,
                      "/",
                      key,
                      "/~",
                      generation,
                      "/",
                      NULL);
}

/**
 * loft_docs_parse_key:
 * @object_key: key of an object
 * @out_name: (out) (transfer full): a package
 * @out_key: (out) (transfer full): key of one of its documents
 *
 * Finds out whose documentation an object is the beginning of, if the original
 * server has left it.
 *
 * Returns: whether it is one
 */
gboolean
loft_docs_parse_key (const char *object_key, char **out_name, char **out_key)
{
  g_return_val_if_fail (object_key != NULL, FALSE);
  g_return_val_if_fail (out_name != NULL && out_key != NULL, FALSE);

  g_auto (GStrv) parts = g_strsplit (object_key, "/", 5);
  if (g_strv_length (parts) != 4 || !g_str_equal (parts[0], LOFT_DOCS_FOLDER) ||
      !g_str_equal (parts[3], LOFT_DOCS_INDEX))
    return FALSE;

  *out_name = g_strdup (parts[1]);
  *out_key = g_strdup (parts[2]);

  return TRUE;
}

/**
 * loft_docs_write:
 * @self: documentation
 * @with_log: whether to tell what was said last
 * @builder: where an object has been begun
 *
 * Adds how it is, as programs are told.
 */
void
loft_docs_write (const LoftDocs *self, gboolean with_log, JsonBuilder *builder)
{
  g_return_if_fail (self != NULL && builder != NULL);

  g_autofree char *time = self->time > 0 ? loft_time_format (self->time) : NULL;

  loft_json_add_string (builder,
                        "state",
                        loft_docs_state_to_string (self->state));
  json_builder_set_member_name (builder, "shown");
  json_builder_add_boolean_value (builder, self->generation != NULL);
  json_builder_set_member_name (builder, "attempts");
  json_builder_add_int_value (builder, self->attempts);
  loft_json_add_string (builder, "since", time);
  loft_json_add_string (builder, "reason", self->reason);
  if (with_log)
    loft_json_add_string (builder, "log", self->log);
}

/* Behind what a terminal is told of colours and the like. */
static const char *
skip_escape (const char *text)
{
  if (*text == '[')
    for (text++; *text >= ' ' && *text < '@';)
      text++;

  return *text != '\0' && (guchar) *text < 0x80 ? text + 1 : text;
}

/**
 * loft_docs_clean_text:
 * @text: what a stranger's program has said, in UTF-8
 * @most: how many bytes of it are wanted
 * @keep_lines: whether it may have several lines
 *
 * Leaves out what is not to be read, and then all but the end. Of a text of
 * several lines no line is cut, if that can be.
 *
 * Returns: (transfer full): a text that can be kept
 */
char *
loft_docs_clean_text (const char *text, gsize most, gboolean keep_lines)
{
  g_return_val_if_fail (text != NULL && most > 0, NULL);

  g_autoptr (GString) clean = g_string_new (NULL);

  while (*text != '\0')
    {
      gunichar character = g_utf8_get_char (text);
      const char *next = g_utf8_next_char (text);

      if (character == 0x1b)
        next = skip_escape (next);
      else if (character == '\n' || character == '\t')
        g_string_append_c (clean, keep_lines ? (char) character : ' ');
      else if (!g_unichar_iscntrl (character))
        g_string_append_len (clean, text, next - text);
      text = next;
    }
  g_strchomp (clean->str);

  const char *tail = clean->str;
  gsize length = strlen (tail);
  if (length > most)
    {
      tail += length - most;
      const char *feed = keep_lines ? strchr (tail, '\n') : NULL;

      while (((guchar) *tail & 0xc0) == 0x80)
        tail++;
      if (feed != NULL && feed[1] != '\0')
        tail = feed + 1;
    }

  return g_strdup (tail);
}
