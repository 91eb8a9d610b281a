/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "kit/s3-memory.h"

#include <string.h>

#define WRITES "x-amz-meta-loft-writes"

typedef struct
{
  GBytes *body; /* owned */
  char *etag;   /* owned */
  char *writes; /* owned, nullable */
} Object;

struct _S3Memory
{
  S3MemoryFlags flags;
  GMutex lock;
  GTree *objects;     /* owned: name to Object */
  GPtrArray *applied; /* owned: the text of everything that was ever stored */
};

static void
object_free (gpointer data)
{
  Object *object = data;

  g_bytes_unref (object->body);
  g_free (object->etag);
  g_free (object->writes);
  g_free (object);
}

void
s3_question_free (S3Question *self)
{
  g_free (self->method);
  g_free (self->target);
  g_free (self->path);
  g_hash_table_unref (self->query);
  g_hash_table_unref (self->headers);
  g_bytes_unref (self->body);
  g_free (self);
}

void
s3_reply_free (S3Reply *self)
{
  g_string_free (self->headers, TRUE);
  g_bytes_unref (self->body);
  g_free (self);
}

/* A failure with its code, or what has no body. */
S3Reply *
s3_reply_new (guint status, const char *code)
{
  S3Reply *reply = g_new0 (S3Reply, 1);
  char *text = code != NULL
                 ? g_strdup_printf ("<?xml version=\"1.0\"?>\n<Error>"
                                    "<Code>%s</Code><Message>said "
                                    "the double</Message></Error>",
                                    code)
                 : g_strdup ("");

  reply->status = status;
  reply->length = -1;
  reply->headers = g_string_new (NULL);
  reply->body = g_bytes_new_take (text, strlen (text));

  return reply;
}

S3Memory *
s3_memory_new (S3MemoryFlags flags)
{
  S3Memory *self = g_new0 (S3Memory, 1);

  self->flags = flags;
  g_mutex_init (&self->lock);
  self->objects = g_tree_new_full ((GCompareDataFunc) (void (*) (void)) strcmp,
                                   NULL,
                                   g_free,
                                   object_free);
  self->applied = g_ptr_array_new_with_free_func (g_free);

  return self;
}

void
s3_memory_free (S3Memory *self)
{
  g_tree_unref (self->objects);
  g_ptr_array_unref (self->applied);
  g_mutex_clear (&self->lock);
  g_free (self);
}

static void
store (S3Memory *self, const char *name, GBytes *body, const char *writes)
{
  Object *object = g_new0 (Object, 1);
  gsize size = 0;
  const char *data = g_bytes_get_data (body, &size);

  object->body = g_bytes_ref (body);
  object->etag = g_compute_checksum_for_bytes (G_CHECKSUM_MD5, body);
  if ((self->flags & S3_MEMORY_DROPS_METADATA) == 0)
    object->writes = g_strdup (writes);
  g_tree_replace (self->objects, g_strdup (name), object);
  g_ptr_array_add (self->applied, g_strndup (data != NULL ? data : "", size));
}

static gboolean
etag_matches (S3Memory *self, const Object *object, const char *value)
{
  g_autofree char *quoted = g_strdup_printf ("\"%s\"", object->etag);

  if (self->flags & S3_MEMORY_TAKES_NO_ETAGS)
    return FALSE;
  if (self->flags & S3_MEMORY_TAKES_PLAIN_ETAGS)
    return g_str_equal (value, object->etag);

  return g_str_equal (value, quoted);
}

static S3Reply *
put (S3Memory *self, const S3Question *question)
{
  const Object *object = g_tree_lookup (self->objects, question->path);
  const char *none = g_hash_table_lookup (question->headers, "if-none-match");
  const char *match = g_hash_table_lookup (question->headers, "if-match");

  if ((none != NULL || match != NULL) &&
      (self->flags & S3_MEMORY_HAS_NO_CONDITIONS))
    return s3_reply_new (501, "NotImplemented");
  if (none != NULL && object != NULL &&
      (self->flags & S3_MEMORY_IGNORES_NONE_MATCH) == 0)
    return s3_reply_new (412, "PreconditionFailed");
  if (match != NULL && (self->flags & S3_MEMORY_IGNORES_MATCH) == 0)
    {
      if (object == NULL)
        return s3_reply_new (404, "NoSuchKey");
      if (!etag_matches (self, object, match))
        return s3_reply_new (412, "PreconditionFailed");
    }

  store (self,
         question->path,
         question->body,
         g_hash_table_lookup (question->headers, WRITES));
  object = g_tree_lookup (self->objects, question->path);

  S3Reply *reply = s3_reply_new (200, NULL);
  g_string_append_printf (reply->headers, "ETag: \"%s\"\r\n", object->etag);

  return reply;
}

static S3Reply *
get (S3Memory *self, const S3Question *question)
{
  const Object *object = g_tree_lookup (self->objects, question->path);
  const char *range = g_hash_table_lookup (question->headers, "range");
  gsize begin = 0;

  if (object == NULL)
    return self->flags & S3_MEMORY_HIDES_WHAT_IS_MISSING
             ? s3_reply_new (403, "AccessDenied")
             : s3_reply_new (404, "NoSuchKey");

  gsize size = g_bytes_get_size (object->body);
  gsize end = size;
  S3Reply *reply = s3_reply_new (200, NULL);

  if (range != NULL && g_str_has_prefix (range, "bytes="))
    {
      char *rest = NULL;

      begin = (gsize) g_ascii_strtoull (range + strlen ("bytes="), &rest, 10);
      end = (gsize) g_ascii_strtoull (rest + 1, NULL, 10);
      end = MIN (end + 1, size);
      if (begin >= size)
        {
          s3_reply_free (reply);
          return s3_reply_new (416, "InvalidRange");
        }
      reply->status = 206;
      g_string_append_printf (reply->headers,
                              "Content-Range: bytes %" G_GSIZE_FORMAT
                              "-%" G_GSIZE_FORMAT "/%" G_GSIZE_FORMAT "\r\n",
                              begin,
                              end - 1,
                              size);
    }

  g_string_append_printf (reply->headers, "ETag: \"%s\"\r\n", object->etag);
  if (object->writes != NULL)
    g_string_append_printf (reply->headers, WRITES ": %s\r\n", object->writes);
  g_bytes_unref (reply->body);
  reply->body = g_bytes_new_from_bytes (object->body, begin, end - begin);

  return reply;
}

typedef struct
{
  const char *prefix; /* not owned */
  const char *after;  /* not owned */
  guint left;
  GString *keys; /* owned by the caller */
  char *last;    /* owned by the caller, nullable */
  gboolean backwards;
  gboolean truncated;
} Listing;

static gboolean
list_one (gpointer key, gpointer value, gpointer data)
{
  Listing *listing = data;

  if (!g_str_has_prefix (key, listing->prefix) ||
      strcmp (key, listing->after) <= 0)
    return FALSE;
  if (listing->left == 0)
    {
      listing->truncated = TRUE;
      return TRUE;
    }

  g_autofree char *encoded = g_uri_escape_string (key, "/", FALSE);
  g_autofree char *element =
    g_strdup_printf ("<Contents><Key>%s</Key></Contents>", encoded);

  g_string_insert (listing->keys, listing->backwards ? 0 : -1, element);
  g_free (listing->last);
  listing->last = g_strdup (key);
  listing->left--;

  return FALSE;
}

static const char *
parameter (const S3Question *question, const char *name)
{
  const char *value = g_hash_table_lookup (question->query, name);

  return value != NULL ? value : "";
}

static S3Reply *
list (S3Memory *self, const S3Question *question)
{
  g_autoptr (GString) keys = g_string_new (NULL);
  g_autofree char *token =
    g_uri_unescape_string (parameter (question, "continuation-token"), NULL);
  const char *count = parameter (question, "max-keys");
  Listing listing = {
    .prefix = parameter (question, "prefix"),
    .after = *token != '\0' ? token : parameter (question, "start-after"),
    .left = *count != '\0' ? (guint) g_ascii_strtoull (count, NULL, 10) : 1000,
    .keys = keys,
    .backwards = (self->flags & S3_MEMORY_LISTS_BACKWARDS) != 0,
  };

  if ((self->flags & S3_MEMORY_LISTS_NOTHING) == 0)
    g_tree_foreach (self->objects, list_one, &listing);

  g_autofree char *next =
    g_uri_escape_string (listing.last != NULL ? listing.last : "", "/", FALSE);
  char *text = g_strdup_printf (
    "<?xml version=\"1.0\"?>\n<ListBucketResult>"
    "<EncodingType>url</EncodingType><IsTruncated>%s</IsTruncated>"
    "<NextContinuationToken>%s</NextContinuationToken>%s</ListBucketResult>",
    listing.truncated ? "true" : "false",
    next,
    keys->str);
  S3Reply *reply = s3_reply_new (200, NULL);

  g_free (listing.last);
  g_bytes_unref (reply->body);
  reply->body = g_bytes_new_take (text, strlen (text));

  return reply;
}

/* Does what is asked, and says so. */
S3Reply *
s3_memory_ask (S3Memory *self, const S3Question *question)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  if (self->flags & S3_MEMORY_REFUSES_KEYS)
    return s3_reply_new (403, "InvalidAccessKeyId");
  if (self->flags & S3_MEMORY_HAS_NO_BUCKET)
    return s3_reply_new (404, "NoSuchBucket");
  if (question->path[0] == '\0')
    return list (self, question);
  if ((self->flags & S3_MEMORY_IS_READ_ONLY) != 0 &&
      !g_str_equal (question->method, "GET") &&
      !g_str_equal (question->method, "HEAD"))
    return s3_reply_new (403, "AccessDenied");
  if (g_str_equal (question->method, "PUT"))
    return put (self, question);
  if (g_str_equal (question->method, "DELETE"))
    {
      if ((self->flags & S3_MEMORY_REMOVES_NOTHING) == 0)
        g_tree_remove (self->objects, question->path);
      return s3_reply_new (204, NULL);
    }

  return get (self, question);
}

/* Somebody else stores something, whatever was there. */
void
s3_memory_put (S3Memory *self,
               const char *name,
               const char *text,
               const char *writes)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  g_autoptr (GBytes) bytes = g_bytes_new (text, strlen (text));

  store (self, name, bytes, writes);
}

void
s3_memory_remove (S3Memory *self, const char *name)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  g_tree_remove (self->objects, name);
}

char *
s3_memory_get (S3Memory *self, const char *name)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  const Object *object = g_tree_lookup (self->objects, name);

  if (object == NULL)
    return NULL;

  gsize size = 0;
  const char *data = g_bytes_get_data (object->body, &size);

  return g_strndup (data != NULL ? data : "", size);
}

char *
s3_memory_get_writes (S3Memory *self, const char *name)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  const Object *object = g_tree_lookup (self->objects, name);

  return object != NULL ? g_strdup (object->writes) : NULL;
}

guint
s3_memory_count (S3Memory *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return (guint) g_tree_nnodes (self->objects);
}

/* How often @text was stored, whether it still stands or not. */
guint
s3_memory_count_applied (S3Memory *self, const char *text)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  guint n = 0;

  for (guint i = 0; i < self->applied->len; i++)
    if (g_str_equal (g_ptr_array_index (self->applied, i), text))
      n++;

  return n;
}
