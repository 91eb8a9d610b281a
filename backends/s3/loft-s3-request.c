/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "loft-s3-request.h"

#include <string.h>

static void
header_free (gpointer data)
{
  LoftS3Header *header = data;

  g_free (header->name);
  g_free (header->value);
  g_free (header);
}

/**
 * loft_s3_request_new:
 * @method: a method of HTTP
 * @path: percent-encoded, with its leading slash
 *
 * Returns: (transfer full): a request without query and headers
 */
LoftS3Request *
loft_s3_request_new (const char *method, const char *path)
{
  g_return_val_if_fail (method != NULL, NULL);
  g_return_val_if_fail (path != NULL && path[0] == '/', NULL);

  LoftS3Request *self = g_new0 (LoftS3Request, 1);

  self->method = g_strdup (method);
  self->path = g_strdup (path);
  self->query = g_ptr_array_new_with_free_func (g_free);
  self->headers = g_ptr_array_new_with_free_func (header_free);

  return self;
}

static gpointer
copy_text (gconstpointer source, gpointer user_data)
{
  return g_strdup (source);
}

static gpointer
copy_header (gconstpointer source, gpointer user_data)
{
  const LoftS3Header *header = source;
  LoftS3Header *copy = g_new0 (LoftS3Header, 1);

  copy->name = g_strdup (header->name);
  copy->value = g_strdup (header->value);

  return copy;
}

/**
 * loft_s3_request_copy:
 * @self: a request
 *
 * Returns: (transfer full): the same request, to be signed for one sending
 */
LoftS3Request *
loft_s3_request_copy (LoftS3Request *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  LoftS3Request *copy = g_new0 (LoftS3Request, 1);

  copy->method = g_strdup (self->method);
  copy->path = g_strdup (self->path);
  copy->query = g_ptr_array_copy (self->query, copy_text, NULL);
  copy->headers = g_ptr_array_copy (self->headers, copy_header, NULL);
  copy->flows = self->flows;

  return copy;
}

/**
 * loft_s3_request_free:
 * @self: (transfer full): a request
 *
 * Frees @self.
 */
void
loft_s3_request_free (LoftS3Request *self)
{
  g_return_if_fail (self != NULL);

  g_free (self->method);
  g_free (self->path);
  g_ptr_array_unref (self->query);
  g_ptr_array_unref (self->headers);
  g_free (self);
}

/**
 * loft_s3_encode:
 * @text: any bytes
 * @keep_slashes: whether slashes stay what they are, as in a path
 *
 * Percent-encodes @text by the rule of the signature: everything but letters,
 * digits and `-._~`, in capital digits.
 *
 * Returns: (transfer full): the encoded text
 */
char *
loft_s3_encode (const char *text, gboolean keep_slashes)
{
  g_return_val_if_fail (text != NULL, NULL);

  GString *encoded = g_string_new (NULL);

  for (const char *p = text; *p != '\0'; p++)
    if (g_ascii_isalnum (*p) || strchr ("-._~", *p) != NULL ||
        (*p == '/' && keep_slashes))
      g_string_append_c (encoded, *p);
    else
      g_string_append_printf (encoded, "%%%02X", (guchar) *p);

  return g_string_free (encoded, FALSE);
}

/**
 * loft_s3_request_add_query:
 * @self: a request
 * @name: a parameter's name
 * @value: its value
 *
 * Adds a parameter, encoding both.
 */
void
loft_s3_request_add_query (LoftS3Request *self,
                           const char *name,
                           const char *value)
{
  g_return_if_fail (self != NULL);
  g_return_if_fail (name != NULL && value != NULL);

  g_autofree char *left = loft_s3_encode (name, FALSE);
  g_autofree char *right = loft_s3_encode (value, FALSE);

  g_ptr_array_add (self->query, g_strconcat (left, "=", right, NULL));
}

/**
 * loft_s3_request_add_header:
 * @self: a request
 * @name: a header's name
 * @value: its value
 *
 * Adds a header, in the form in which it is signed: the name in small letters,
 * the value without blanks around it and with no two in a row.
 */
void
loft_s3_request_add_header (LoftS3Request *self,
                            const char *name,
                            const char *value)
{
  g_return_if_fail (self != NULL);
  g_return_if_fail (name != NULL && value != NULL);

  LoftS3Header *header = g_new0 (LoftS3Header, 1);
  g_auto (GStrv) words = g_strsplit_set (value, " \t", -1);
  g_autoptr (GString) trimmed = g_string_new (NULL);

  for (guint i = 0; words[i] != NULL; i++)
    if (words[i][0] != '\0')
      g_string_append_printf (trimmed,
                              "%s%s",
                              trimmed->len > 0 ? " " : "",
                              words[i]);

  header->name = g_ascii_strdown (name, -1);
  header->value = g_strdup (trimmed->str);
  g_ptr_array_add (self->headers, header);
}

/* By name, then by value; the equals sign would sort after a digit. */
static int
compare_parameters (gconstpointer a, gconstpointer b)
{
  const char *left = *(const char *const *) a;
  const char *right = *(const char *const *) b;
  gsize left_length = strcspn (left, "=");
  gsize right_length = strcspn (right, "=");
  int order = memcmp (left, right, MIN (left_length, right_length));

  if (order != 0)
    return order;
  if (left_length != right_length)
    return left_length < right_length ? -1 : 1;

  return strcmp (left + left_length, right + right_length);
}

/**
 * loft_s3_request_format_query:
 * @self: a request
 *
 * Puts the parameters together in the order in which they are signed.
 *
 * Returns: (transfer full): the query, empty if there are none
 */
char *
loft_s3_request_format_query (LoftS3Request *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  GString *query = g_string_new (NULL);

  g_ptr_array_sort (self->query, compare_parameters);
  for (guint i = 0; i < self->query->len; i++)
    g_string_append_printf (query,
                            "%s%s",
                            i > 0 ? "&" : "",
                            (const char *) g_ptr_array_index (self->query, i));

  return g_string_free (query, FALSE);
}
