/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "loft-s3-xml.h"

#include "storage/loft-storage.h"

/* What an engine says of a mistake is for a message, not for a book. */
#define TEXT_MAX 300

/**
 * loft_s3_page_free:
 * @self: (transfer full): a page
 *
 * Frees @self.
 */
void
loft_s3_page_free (LoftS3Page *self)
{
  g_return_if_fail (self != NULL);

  g_ptr_array_unref (self->keys);
  g_free (self->next);
  g_free (self);
}

typedef struct
{
  const char *name; /* not owned */
  GString *text;    /* owned, nullable until it is found */
  gboolean open;
} Search;

static void
search_start_cb (GMarkupParseContext *context,
                 const char *element,
                 const char **names,
                 const char **values,
                 gpointer user_data,
                 GError **error)
{
  Search *search = user_data;

  search->open = search->text == NULL && g_str_equal (element, search->name);
  if (search->open)
    search->text = g_string_new (NULL);
}

static void
search_end_cb (GMarkupParseContext *context,
               const char *element,
               gpointer user_data,
               GError **error)
{
  ((Search *) user_data)->open = FALSE;
}

static void
search_text_cb (GMarkupParseContext *context,
                const char *text,
                gsize length,
                gpointer user_data,
                GError **error)
{
  Search *search = user_data;

  if (search->open)
    g_string_append_len (search->text, text, (gssize) length);
}

static gboolean
parse (GBytes *xml, const GMarkupParser *parser, gpointer data, GError **error)
{
  g_autoptr (GMarkupParseContext) context =
    g_markup_parse_context_new (parser,
                                G_MARKUP_PREFIX_ERROR_POSITION,
                                data,
                                NULL);
  gsize size = 0;
  const char *text = g_bytes_get_data (xml, &size);

  return g_markup_parse_context_parse (context,
                                       text != NULL ? text : "",
                                       (gssize) size,
                                       error) &&
         g_markup_parse_context_end_parse (context, error);
}

/**
 * loft_s3_xml_find:
 * @xml: the body of an answer, whatever it is
 * @name: an element's name
 *
 * Looks for the first element called @name.
 *
 * Returns: (transfer full) (nullable): its text, fit for one line of a log
 */
char *
loft_s3_xml_find (GBytes *xml, const char *name)
{
  static const GMarkupParser parser = {
    .start_element = search_start_cb,
    .end_element = search_end_cb,
    .text = search_text_cb,
  };
  Search search = { .name = name };

  g_return_val_if_fail (xml != NULL && name != NULL, NULL);

  parse (xml, &parser, &search, NULL);
  if (search.text == NULL)
    return NULL;

  g_autofree char *text = g_string_free (search.text, FALSE);
  GString *line = g_string_new (NULL);

  for (const char *p = text; *p != '\0' && line->len < TEXT_MAX;
       p = g_utf8_next_char (p))
    g_string_append_unichar (
      line,
      g_unichar_isprint (g_utf8_get_char (p)) ? g_utf8_get_char (p) : ' ');

  return g_string_free (line, FALSE);
}

typedef struct
{
  LoftS3Page *page; /* not owned */
  GString *text;    /* owned */
  guint depth;
  gboolean in_object;
  gboolean encoded;
  gboolean truncated;
} Reader;

static void
page_start_cb (GMarkupParseContext *context,
               const char *element,
               const char **names,
               const char **values,
               gpointer user_data,
               GError **error)
{
  Reader *reader = user_data;

  if (reader->depth == 0 && !g_str_equal (element, "ListBucketResult"))
    g_set_error_literal (error,
                         G_MARKUP_ERROR,
                         G_MARKUP_ERROR_UNKNOWN_ELEMENT,
                         "no ListBucketResult");
  if (reader->depth == 1)
    reader->in_object = g_str_equal (element, "Contents");
  reader->depth++;
  g_string_truncate (reader->text, 0);
}

static void
page_end_cb (GMarkupParseContext *context,
             const char *element,
             gpointer user_data,
             GError **error)
{
  Reader *reader = user_data;
  const char *text = reader->text->str;

  reader->depth--;
  if (reader->depth == 2 && reader->in_object && g_str_equal (element, "Key"))
    g_ptr_array_add (reader->page->keys, g_strdup (text));
  else if (reader->depth == 1 && g_str_equal (element, "IsTruncated"))
    reader->truncated = g_str_equal (text, "true");
  else if (reader->depth == 1 && g_str_equal (element, "EncodingType"))
    reader->encoded = g_ascii_strcasecmp (text, "url") == 0;
  else if (reader->depth == 1 && g_str_equal (element, "NextContinuationToken"))
    {
      g_free (reader->page->next);
      reader->page->next = g_strdup (text);
    }
  g_string_truncate (reader->text, 0);
}

static void
page_text_cb (GMarkupParseContext *context,
              const char *text,
              gsize length,
              gpointer user_data,
              GError **error)
{
  g_string_append_len (((Reader *) user_data)->text, text, (gssize) length);
}

/* Engines encode a blank as a form does, or as an address does. */
static gboolean
decode_keys (GPtrArray *keys)
{
  for (guint i = 0; i < keys->len; i++)
    {
      char *key = g_strdelimit (g_ptr_array_index (keys, i), "+", ' ');
      char *plain = g_uri_unescape_string (key, NULL);

      if (plain == NULL)
        return FALSE;
      g_free (key);
      g_ptr_array_index (keys, i) = plain;
    }

  return TRUE;
}

/**
 * loft_s3_xml_parse_page:
 * @xml: the body of an answer to a list
 * @error: return location for a #GError
 *
 * Returns: (transfer full): what it lists, or %NULL with
 *   %LOFT_STORAGE_ERROR_FAILED
 */
LoftS3Page *
loft_s3_xml_parse_page (GBytes *xml, GError **error)
{
  static const GMarkupParser parser = {
    .start_element = page_start_cb,
    .end_element = page_end_cb,
    .text = page_text_cb,
  };
  g_autoptr (LoftS3Page) page = g_new0 (LoftS3Page, 1);
  g_autoptr (GString) text = g_string_new (NULL);
  g_autoptr (GError) local_error = NULL;
  Reader reader = { .page = page, .text = text };

  page->keys = g_ptr_array_new_with_free_func (g_free);
  g_return_val_if_fail (xml != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  gboolean parsed = parse (xml, &parser, &reader, &local_error);

  if (parsed && !reader.truncated)
    g_clear_pointer (&page->next, g_free);
  if (!parsed || (reader.truncated && page->next == NULL) ||
      (reader.encoded && !decode_keys (page->keys)))
    {
      g_set_error (error,
                   LOFT_STORAGE_ERROR,
                   LOFT_STORAGE_ERROR_FAILED,
                   "The storage's list is none: %s",
                   local_error != NULL ? local_error->message
                                       : "it does not say how it goes on");
      return NULL;
    }

  return g_steal_pointer (&page);
}
