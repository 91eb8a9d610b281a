/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "loft-s3-list.h"

#include <string.h>

#include "loft-s3-error.h"
#include "loft-s3-xml.h"
#include "storage/loft-storage.h"

/* A thousand of the longest keys, each byte of them encoded. */
#define ANSWER_MAX (8 * 1024 * 1024)
#define PAGE_MAX 1000

/**
 * loft_s3_check_key:
 * @key: what may be a key
 * @error: return location for a #GError
 *
 * Returns: whether @key may name an object of the registry, else
 *   %LOFT_STORAGE_ERROR_INVALID_KEY
 */
gboolean
loft_s3_check_key (const char *key, GError **error)
{
  if (!loft_storage_key_check (key, error))
    return FALSE;
  if (!g_str_has_prefix (key, LOFT_S3_PROBE_FOLDER))
    return TRUE;

  g_set_error (error,
               LOFT_STORAGE_ERROR,
               LOFT_STORAGE_ERROR_INVALID_KEY,
               "“%s” is not a key: it belongs to the backend",
               key);

  return FALSE;
}

typedef struct
{
  const char *store;  /* not owned: the prefix that all our objects have */
  const char *prefix; /* not owned */
  const char *after;  /* not owned, nullable */
  guint limit;        /* G_MAXUINT for none */

  GPtrArray *keys; /* owned */
  char *last;      /* owned, nullable: what the engine has listed last */
} List;

/* Engines take UTF-8 only. What is cut off here is compared below. */
static char *
valid_head (const char *store, const char *text)
{
  const char *end = NULL;

  g_utf8_validate (text, -1, &end);
  g_autofree char *head = g_strndup (text, (gsize) (end - text));

  return g_strconcat (store, head, NULL);
}

static LoftS3Page *
fetch_page (LoftS3Engine *engine,
            List *list,
            const char *token,
            GCancellable *cancellable,
            GError **error)
{
  gint64 patience = loft_s3_engine_get_config (engine)->timeout;
  g_autoptr (LoftS3Request) request =
    loft_s3_engine_build_request (engine, "GET", NULL);
  g_autofree char *prefix = valid_head (list->store, list->prefix);
  /* Some of what comes may be none of ours. */
  g_autofree char *count =
    g_strdup_printf ("%u", MIN (list->limit - list->keys->len, PAGE_MAX));

  loft_s3_request_add_query (request, "list-type", "2");
  loft_s3_request_add_query (request, "encoding-type", "url");
  loft_s3_request_add_query (request, "max-keys", count);
  if (prefix[0] != '\0')
    loft_s3_request_add_query (request, "prefix", prefix);
  if (token != NULL)
    loft_s3_request_add_query (request, "continuation-token", token);
  else if (list->after != NULL && list->after[0] != '\0')
    {
      g_autofree char *after = valid_head (list->store, list->after);

      loft_s3_request_add_query (request, "start-after", after);
    }

  g_autoptr (LoftS3Answer) answer = loft_s3_engine_ask (engine,
                                                        request,
                                                        ANSWER_MAX,
                                                        &patience,
                                                        cancellable,
                                                        error);
  if (answer == NULL)
    return NULL;
  if (answer->status == SOUP_STATUS_OK)
    return loft_s3_xml_parse_page (answer->body, error);

  loft_s3_answer_set_error (answer, NULL, error);
  if (error != NULL && g_error_matches (*error,
                                        LOFT_STORAGE_ERROR,
                                        LOFT_STORAGE_ERROR_NOT_FOUND))
    (*error)->code = LOFT_STORAGE_ERROR_UNAVAILABLE;

  return NULL;
}

static gboolean
take_page (List *list, const LoftS3Page *page, GError **error)
{
  gsize skipped = strlen (list->store);

  for (guint i = 0; i < page->keys->len; i++)
    {
      const char *name = g_ptr_array_index (page->keys, i);

      if (!g_str_has_prefix (name, list->store) ||
          (list->last != NULL && strcmp (list->last, name) >= 0))
        {
          g_set_error_literal (
            error,
            LOFT_STORAGE_ERROR,
            LOFT_STORAGE_ERROR_FAILED,
            "The storage lists objects in no order, or others than were asked "
            "for");
          return FALSE;
        }
      g_free (list->last);
      list->last = g_strdup (name);

      const char *key = name + skipped;
      if (list->keys->len < list->limit &&
          g_str_has_prefix (key, list->prefix) &&
          (list->after == NULL || strcmp (key, list->after) > 0) &&
          loft_s3_check_key (key, NULL))
        g_ptr_array_add (list->keys, g_strdup (key));
    }

  return TRUE;
}

/**
 * loft_s3_list:
 * @engine: an engine
 * @prefix: (nullable): with what the keys begin
 * @after: (nullable): what the keys follow
 * @limit: how many keys are wanted, or 0 for all
 * @cancellable: (nullable): a cancellable
 * @error: return location for a #GError
 *
 * Lists keys in the order of their bytes. Objects whose names can be no keys
 * are none of ours.
 *
 * Returns: (transfer full): the keys, or %NULL with @error set as by
 *   loft_storage_list()
 */
GStrv
loft_s3_list (LoftS3Engine *engine,
              const char *prefix,
              const char *after,
              guint limit,
              GCancellable *cancellable,
              GError **error)
{
  g_return_val_if_fail (engine != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  g_autoptr (GPtrArray) keys = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *token = NULL;
  List list = {
    .store = loft_s3_engine_get_config (engine)->prefix,
    .prefix = prefix != NULL ? prefix : "",
    .after = after,
    .limit = limit != 0 ? limit : G_MAXUINT,
    .keys = keys,
  };
  gboolean more = TRUE;
  gboolean done = TRUE;

  while (done && more && keys->len < list.limit)
    {
      g_autoptr (LoftS3Page) page =
        fetch_page (engine, &list, token, cancellable, error);

      done = page != NULL && take_page (&list, page, error);
      g_free (token);
      token = done ? g_steal_pointer (&page->next) : NULL;
      more = token != NULL;
    }
  g_free (list.last);

  if (!done)
    return NULL;

  g_ptr_array_add (keys, NULL);

  return (GStrv) g_ptr_array_free (g_steal_pointer (&keys), FALSE);
}
