/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "http/loft-headers.h"

#include "http/loft-headers-private.h"
#include "http/loft-problem.h"
#include "http/loft-router.h"
#include "registry/loft-registry-error.h"

#include <string.h>

#define TOKEN_MAX 1024
#define QUERY_MAX_BYTES 4096

#define WHITE_SPACE " \t"

static const char *
skip_space (const char *text)
{
  return text + strspn (text, WHITE_SPACE);
}

/**
 * loft_headers_next_item:
 * @list: (inout): a comma-separated list; then what follows the item
 *
 * Cuts the next item off.
 *
 * Returns: (transfer full) (nullable): the item, or %NULL at the end
 */
char *
loft_headers_next_item (const char **list)
{
  const char *start = skip_space (*list);

  if (*start == '\0')
    return NULL;

  gsize length = strcspn (start, ",");
  *list = start + length;
  if (**list == ',')
    (*list)++;

  return g_strchomp (g_strndup (start, length));
}

/**
 * loft_headers_parse_quality:
 * @parameters: what follows an item: nothing, or `;q=` and a number from 0 to 1
 *   with three digits at most
 *
 * Returns: thousandths, or %LOFT_QUALITY_UNSET if that makes no sense
 */
int
loft_headers_parse_quality (const char *parameters)
{
  const char *next = skip_space (parameters);

  if (*next == '\0')
    return LOFT_QUALITY_ONE;
  if (*next != ';')
    return LOFT_QUALITY_UNSET;
  next = skip_space (next + 1);
  if (g_ascii_tolower (next[0]) != 'q' || next[1] != '=' ||
      (next[2] != '0' && next[2] != '1'))
    return LOFT_QUALITY_UNSET;

  int quality = (next[2] - '0') * LOFT_QUALITY_ONE;
  next += 3;
  if (*next == '.')
    {
      next++;
      for (int unit = LOFT_QUALITY_ONE / 10;
           unit > 0 && g_ascii_isdigit (*next);
           unit /= 10)
        quality += (*next++ - '0') * unit;
    }
  if (*skip_space (next) != '\0' || quality > LOFT_QUALITY_ONE)
    return LOFT_QUALITY_UNSET;

  return quality;
}

/**
 * loft_headers_negotiate:
 * @accept_encoding: (nullable): value of `Accept-Encoding`
 *
 * Chooses the content coding that a client likes best; zstd before gzip where
 * it does not care. A coding has to be named: without the header, or with a
 * mere `*`, nothing is compressed, since there are clients that do not decode.
 * Items that make no sense are passed over.
 *
 * Returns: the coding; identity too if the client takes nothing that we have
 */
LoftCoding
loft_headers_negotiate (const char *accept_encoding)
{
  int qualities[LOFT_CODINGS] = { LOFT_QUALITY_UNSET,
                                  LOFT_QUALITY_UNSET,
                                  LOFT_QUALITY_UNSET };
  const char *list = accept_encoding != NULL ? accept_encoding : "";

  while (TRUE)
    {
      g_autofree char *item = loft_headers_next_item (&list);

      if (item == NULL)
        break;

      gsize length = strcspn (item, "; \t");
      int quality = loft_headers_parse_quality (item + length);

      item[length] = '\0';
      if (quality == LOFT_QUALITY_UNSET)
        continue;
      if (g_ascii_strcasecmp (item, "gzip") == 0 ||
          g_ascii_strcasecmp (item, "x-gzip") == 0)
        qualities[LOFT_CODING_GZIP] = quality;
      else if (g_ascii_strcasecmp (item, "zstd") == 0)
        qualities[LOFT_CODING_ZSTD] = quality;
      else if (g_ascii_strcasecmp (item, "identity") == 0)
        qualities[LOFT_CODING_IDENTITY] = quality;
    }

  LoftCoding best = LOFT_CODING_IDENTITY;
  int best_quality = MAX (qualities[LOFT_CODING_IDENTITY], 0);
  for (int i = 0; i < LOFT_CODINGS; i++)
    if (i != LOFT_CODING_IDENTITY && qualities[i] > 0 &&
        qualities[i] >= best_quality)
      {
        best = (LoftCoding) i;
        best_quality = qualities[i];
      }

  return best;
}

/**
 * loft_headers_prefer_html:
 * @accept: (nullable): value of `Accept`
 *
 * Tells browsers, which name HTML, from programs, which get JSON: without the
 * header, and where they take anything. A wildcard stands for JSON only, and
 * who names both and likes them equally is a program. Items that make no sense
 * are passed over.
 *
 * Returns: whether the client would rather have HTML than JSON
 */
gboolean
loft_headers_prefer_html (const char *accept)
{
  const char *list = accept != NULL ? accept : "";
  int html = LOFT_QUALITY_UNSET;
  int json = LOFT_QUALITY_UNSET;
  int other = LOFT_QUALITY_UNSET;

  while (TRUE)
    {
      g_autofree char *item = loft_headers_next_item (&list);

      if (item == NULL)
        break;

      gsize length = strcspn (item, "; \t");
      int quality = loft_headers_parse_quality (item + length);

      item[length] = '\0';
      if (quality == LOFT_QUALITY_UNSET)
        continue;
      if (g_ascii_strcasecmp (item, "text/html") == 0)
        html = quality;
      else if (g_ascii_strcasecmp (item, "application/json") == 0)
        json = quality;
      else if (g_str_equal (item, "*/*") ||
               g_ascii_strcasecmp (item, "application/*") == 0)
        other = MAX (other, quality);
    }

  return html > 0 && (json != LOFT_QUALITY_UNSET ? html > json : html >= other);
}

static gboolean
match_etag (const char *list, const char *etag, gboolean strongly)
{
  gsize etag_length = strlen (etag);
  const char *next = skip_space (list);
  if (next[0] == '*' && *skip_space (next + 1) == '\0')
    return TRUE;

  next += strspn (next, WHITE_SPACE ",");
  while (*next != '\0')
    {
      gboolean weak = g_str_has_prefix (next, "W/");

      if (weak)
        next += 2;
      if (*next != '"')
        return FALSE;

      gsize length = 1 + strcspn (next + 1, "\"");
      if (next[length] != '"')
        return FALSE;
      length++;
      if (length == etag_length && memcmp (next, etag, length) == 0 &&
          !(weak && strongly))
        return TRUE;

      next = skip_space (next + length);
      if (*next != ',' && *next != '\0')
        return FALSE;
      next += strspn (next, WHITE_SPACE ",");
    }

  return FALSE;
}

/**
 * loft_headers_match_etag:
 * @list: value of `If-None-Match`
 * @etag: a strong entity tag, with its quotes
 *
 * Compares by the weak comparison, which lets `W/"x"` match `"x"`.
 *
 * Returns: whether @etag is in the list, or the list is `*`
 */
gboolean
loft_headers_match_etag (const char *list, const char *etag)
{
  g_return_val_if_fail (list != NULL && etag != NULL, FALSE);

  return match_etag (list, etag, FALSE);
}

/**
 * loft_headers_match_etag_strongly:
 * @list: value of `If-Match`
 * @etag: a strong entity tag, with its quotes
 *
 * Compares by the strong comparison, by which nothing weak matches.
 *
 * Returns: whether @etag is in the list, or the list is `*`
 */
gboolean
loft_headers_match_etag_strongly (const char *list, const char *etag)
{
  g_return_val_if_fail (list != NULL && etag != NULL, FALSE);

  return match_etag (list, etag, TRUE);
}

/* Digits only. What is too large to count is as large as can be. */
static gboolean
parse_position (const char **text, goffset *out_position)
{
  const char *next = *text;
  goffset position = 0;

  if (!g_ascii_isdigit (*next))
    return FALSE;
  for (; g_ascii_isdigit (*next); next++)
    if (position > (G_MAXOFFSET - 9) / 10)
      position = G_MAXOFFSET;
    else
      position = position * 10 + (*next - '0');
  *text = next;
  *out_position = position;

  return TRUE;
}

/**
 * loft_headers_parse_range:
 * @range: value of `Range`
 * @size: bytes of the whole
 * @out_first: (out): the first byte that is wanted
 * @out_last: (out): the last one
 *
 * Reads a header that asks for a single range of bytes. Several ranges, other
 * units and nonsense are ignored, as RFC 9110 allows: the answer is the whole.
 *
 * Returns: what the header comes to
 */
LoftRangeResult
loft_headers_parse_range (const char *range,
                          goffset size,
                          goffset *out_first,
                          goffset *out_last)
{
  g_return_val_if_fail (range != NULL, LOFT_RANGE_NONE);
  g_return_val_if_fail (out_first != NULL && out_last != NULL, LOFT_RANGE_NONE);

  if (g_ascii_strncasecmp (range, "bytes=", strlen ("bytes=")) != 0)
    return LOFT_RANGE_NONE;

  const char *next = skip_space (range + strlen ("bytes="));
  goffset first = -1;
  goffset last = -1;
  gboolean has_first = parse_position (&next, &first);
  if (*next != '-')
    return LOFT_RANGE_NONE;
  next++;
  gboolean has_last = parse_position (&next, &last);
  if (*skip_space (next) != '\0' || (!has_first && !has_last) ||
      (has_first && has_last && last < first))
    return LOFT_RANGE_NONE;

  if (!has_first)
    {
      /* The last so many bytes. */
      if (last == 0 || size == 0)
        return LOFT_RANGE_UNSATISFIABLE;
      first = MAX (size - last, 0);
      last = size - 1;
    }
  if (first >= size)
    return LOFT_RANGE_UNSATISFIABLE;
  *out_first = first;
  *out_last = !has_last ? size - 1 : MIN (last, size - 1);

  return LOFT_RANGE_SATISFIABLE;
}

/**
 * loft_headers_parse_token:
 * @authorization: (nullable): value of `Authorization`
 * @out_token: (out) (transfer full) (nullable): the bearer token, if there is
 *   one
 * @error: return location for a #GError
 *
 * Takes the token out of its header. The message of the error never holds any
 * of the header.
 *
 * Returns: %TRUE, or %FALSE with @error set to
 *   %LOFT_REGISTRY_ERROR_TOKEN_NEEDED if the header is there, but is no bearer
 *   token
 */
gboolean
loft_headers_parse_token (const char *authorization,
                          char **out_token,
                          GError **error)
{
  g_return_val_if_fail (out_token != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  *out_token = NULL;
  if (authorization == NULL)
    return TRUE;

  gsize scheme = strlen ("Bearer");
  const char *token = authorization + scheme;
  gboolean good =
    g_ascii_strncasecmp (authorization, "Bearer", scheme) == 0 && *token == ' ';
  if (good)
    {
      token = skip_space (token);

      gsize length = strlen (token);
      good = length > 0 && length <= TOKEN_MAX;
      for (gsize i = 0; i < length && good; i++)
        good =
          g_ascii_isalnum (token[i]) || strchr ("-._~+/=", token[i]) != NULL;
    }
  if (!good)
    {
      g_set_error_literal (error,
                           LOFT_REGISTRY_ERROR,
                           LOFT_REGISTRY_ERROR_TOKEN_NEEDED,
                           "The Authorization header holds no bearer token");
      return FALSE;
    }
  *out_token = g_strdup (token);

  return TRUE;
}

/**
 * loft_headers_is_media_type:
 * @content_type: (nullable): value of `Content-Type`
 * @media_types: media types, in lower case
 *
 * Looks for a media type, whatever its parameters.
 *
 * Returns: whether it is one of @media_types
 */
gboolean
loft_headers_is_media_type (const char *content_type,
                            const char *const *media_types)
{
  g_return_val_if_fail (media_types != NULL, FALSE);

  if (content_type == NULL)
    return FALSE;

  g_autofree char *type =
    g_ascii_strdown (content_type, (gssize) strcspn (content_type, "; \t,"));

  return g_strv_contains (media_types, type);
}

/* Where a page comes from, without scheme and default port. */
static char *
reduce_authority (const char *origin)
{
  const char *authority = strstr (origin, "://");
  const char *port = NULL;

  if (authority == NULL)
    return g_ascii_strdown (origin, -1);

  if (g_str_has_prefix (origin, "http://"))
    port = ":80";
  else if (g_str_has_prefix (origin, "https://"))
    port = ":443";
  authority += strlen ("://");

  gsize length = strlen (authority);
  if (port != NULL && g_str_has_suffix (authority, port))
    length -= strlen (port);

  return g_ascii_strdown (authority, (gssize) length);
}

/**
 * loft_headers_is_foreign:
 * @origin: value of `Origin`
 * @host: (nullable): value of `Host`
 *
 * Compares where the page that sent a request comes from with where it went.
 *
 * Returns: whether they differ
 */
gboolean
loft_headers_is_foreign (const char *origin, const char *host)
{
  g_return_val_if_fail (origin != NULL, TRUE);

  if (host == NULL || strstr (origin, "://") == NULL)
    return TRUE;

  g_autofree char *reduced = reduce_authority (origin);
  g_autofree char *lower = g_ascii_strdown (host, -1);
  if (g_str_equal (reduced, lower))
    return FALSE;

  /* A proxy may hand the default port on. */
  g_autofree char *with_port =
    g_strconcat (reduced,
                 g_str_has_prefix (origin, "https://") ? ":443" : ":80",
                 NULL);

  return !g_str_equal (with_port, lower);
}

static gboolean
add_parameter (GHashTable *parameters,
               const char *text,
               gsize length,
               GError **error)
{
  const char *equals = memchr (text, '=', length);
  gsize name_length = equals != NULL ? (gsize) (equals - text) : length;
  g_autofree char *name = loft_router_decode (text, name_length, TRUE, error);

  if (name == NULL)
    return FALSE;

  g_autofree char *value =
    equals != NULL
      ? loft_router_decode (equals + 1, length - name_length - 1, TRUE, error)
      : g_strdup ("");
  if (value == NULL)
    return FALSE;
  if (g_hash_table_contains (parameters, name))
    {
      g_set_error (error,
                   LOFT_HTTP_ERROR,
                   LOFT_HTTP_ERROR_BAD_REQUEST,
                   "The parameter “%s” occurs twice",
                   name);
      return FALSE;
    }
  g_hash_table_insert (parameters,
                       g_steal_pointer (&name),
                       g_steal_pointer (&value));

  return TRUE;
}

/**
 * loft_headers_parse_query:
 * @query: (nullable): the query of a target, without its question mark
 * @error: return location for a #GError
 *
 * Reads the parameters of a request.
 *
 * Returns: (transfer full): names and values, or %NULL with @error set to
 *   %LOFT_HTTP_ERROR_BAD_REQUEST or %LOFT_HTTP_ERROR_TARGET_TOO_LONG
 */
GHashTable *
loft_headers_parse_query (const char *query, GError **error)
{
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  g_autoptr (GHashTable) parameters =
    g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  if (query != NULL && strlen (query) > QUERY_MAX_BYTES)
    {
      g_set_error (error,
                   LOFT_HTTP_ERROR,
                   LOFT_HTTP_ERROR_TARGET_TOO_LONG,
                   "The query is longer than %d bytes",
                   QUERY_MAX_BYTES);
      return NULL;
    }

  for (const char *next = query; next != NULL && *next != '\0';)
    {
      gsize length = strcspn (next, "&");

      if (length > 0 && !add_parameter (parameters, next, length, error))
        return NULL;
      next += length;
      if (*next == '&')
        next++;
    }

  return g_steal_pointer (&parameters);
}
