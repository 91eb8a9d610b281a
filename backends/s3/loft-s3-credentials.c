/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "loft-s3-credentials.h"

#include <glib/gi18n.h>
#include <json-glib/json-glib.h>
#include <string.h>
#include <sys/stat.h>

#include "storage/loft-storage.h"

/* A file with keys in it is small. */
#define FILE_MAX (64 * 1024)

struct _LoftS3Credentials
{
  char *path; /* owned, nullable: keys that never change have none */

  GMutex lock;      /* guards what follows */
  LoftS3Keys *keys; /* owned, nullable */
  struct stat seen; /* the file that the keys are from */
};

static void
clear_keys (gpointer data)
{
  LoftS3Keys *self = data;

  g_free (self->access_key);
  g_free (self->secret_key);
  g_free (self->token);
}

/**
 * loft_s3_keys_unref:
 * @self: (transfer full): keys
 *
 * Gives up a reference.
 */
void
loft_s3_keys_unref (LoftS3Keys *self)
{
  g_return_if_fail (self != NULL);

  g_atomic_rc_box_release_full (self, clear_keys);
}

static LoftS3Keys *
keys_new (const char *access_key, const char *secret_key, const char *token)
{
  LoftS3Keys *self = g_atomic_rc_box_new0 (LoftS3Keys);

  self->access_key = g_strdup (access_key);
  self->secret_key = g_strdup (secret_key);
  self->token = token != NULL && token[0] != '\0' ? g_strdup (token) : NULL;

  return self;
}

/**
 * loft_s3_credentials_new:
 * @config: where the keys are
 *
 * Returns: (transfer full): the source of the keys
 */
LoftS3Credentials *
loft_s3_credentials_new (const LoftS3Config *config)
{
  g_return_val_if_fail (config != NULL, NULL);

  LoftS3Credentials *self = g_new0 (LoftS3Credentials, 1);

  g_mutex_init (&self->lock);
  if (config->access_key != NULL)
    self->keys =
      keys_new (config->access_key, config->secret_key, config->token);
  else
    self->path = g_strdup (config->credentials_file);

  return self;
}

/**
 * loft_s3_credentials_free:
 * @self: (transfer full): a source of keys
 *
 * Frees @self.
 */
void
loft_s3_credentials_free (LoftS3Credentials *self)
{
  g_return_if_fail (self != NULL);

  g_free (self->path);
  g_clear_pointer (&self->keys, loft_s3_keys_unref);
  g_mutex_clear (&self->lock);
  g_free (self);
}

static const char *
get_member (JsonObject *object, const char *name)
{
  JsonNode *node = json_object_get_member (object, name);

  return node != NULL && JSON_NODE_HOLDS_VALUE (node) &&
             json_node_get_value_type (node) == G_TYPE_STRING
           ? json_node_get_string (node)
           : NULL;
}

/* As a cloud tells its machines: an object, good for a while. */
static LoftS3Keys *
parse_json (const char *text)
{
  g_autoptr (JsonParser) parser = json_parser_new ();

  if (!json_parser_load_from_data (parser, text, -1, NULL))
    return NULL;

  JsonNode *root = json_parser_get_root (parser);
  if (root == NULL || !JSON_NODE_HOLDS_OBJECT (root))
    return NULL;

  JsonObject *object = json_node_get_object (root);
  const char *access_key = get_member (object, "AccessKeyId");
  const char *secret_key = get_member (object, "SecretAccessKey");
  const char *token = get_member (object, "Token");

  if (token == NULL)
    token = get_member (object, "SessionToken");
  if (access_key == NULL || secret_key == NULL)
    return NULL;

  return keys_new (access_key, secret_key, token);
}

static char *
get_key (GKeyFile *key_file, const char *name)
{
  char *value = g_key_file_get_string (key_file, "default", name, NULL);

  return value != NULL ? g_strstrip (value) : NULL;
}

/* As the tools of the service keep them: a group, and lines in it. Without a
 * group the lines do as well. */
static LoftS3Keys *
parse_lines (const char *text)
{
  g_autoptr (GKeyFile) key_file = g_key_file_new ();
  g_autofree char *grouped =
    g_strconcat (strchr (text, '[') == NULL ? "[default]\n" : "", text, NULL);

  if (!g_key_file_load_from_data (key_file,
                                  grouped,
                                  (gsize) -1,
                                  G_KEY_FILE_NONE,
                                  NULL))
    return NULL;

  g_autofree char *access_key = get_key (key_file, "aws_access_key_id");
  g_autofree char *secret_key = get_key (key_file, "aws_secret_access_key");
  g_autofree char *token = get_key (key_file, "aws_session_token");

  if (access_key == NULL || secret_key == NULL)
    return NULL;

  return keys_new (access_key, secret_key, token);
}

/* No message of a parser is passed on: it might quote what it has read. */
static LoftS3Keys *
read_file (const char *path, const struct stat *status, GError **error)
{
  g_autofree char *text = NULL;
  g_autoptr (GError) local_error = NULL;

  if (status->st_size > FILE_MAX ||
      !g_file_get_contents (path, &text, NULL, &local_error))
    {
      g_set_error (error,
                   LOFT_STORAGE_ERROR,
                   LOFT_STORAGE_ERROR_DENIED,
                   _ ("The keys in “%s” can't be read: %s"),
                   path,
                   local_error != NULL ? local_error->message
                                       : _ ("The file is too large"));
      return NULL;
    }

  g_strstrip (text);

  LoftS3Keys *keys = text[0] == '{' ? parse_json (text) : parse_lines (text);
  if (keys == NULL)
    g_set_error (error,
                 LOFT_STORAGE_ERROR,
                 LOFT_STORAGE_ERROR_DENIED,
                 _ ("“%s” holds no keys, neither as aws_access_key_id and "
                    "aws_secret_access_key below [default] nor as JSON with "
                    "AccessKeyId and SecretAccessKey"),
                 path);

  return keys;
}

static gboolean
is_same_file (const struct stat *a, const struct stat *b)
{
  return a->st_dev == b->st_dev && a->st_ino == b->st_ino &&
         a->st_size == b->st_size && a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
         a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

/**
 * loft_s3_credentials_get:
 * @self: a source of keys
 * @error: return location for a #GError
 *
 * Gives the keys that are good now: a file that has changed is read again.
 * While it can't be read, the last keys stay. Any thread may ask.
 *
 * Returns: (transfer full): the keys, or %NULL with
 *   %LOFT_STORAGE_ERROR_DENIED
 */
LoftS3Keys *
loft_s3_credentials_get (LoftS3Credentials *self, GError **error)
{
  g_return_val_if_fail (self != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  struct stat status = { 0 };

  if (self->path != NULL &&
      (stat (self->path, &status) == -1 || self->keys == NULL ||
       !is_same_file (&status, &self->seen)))
    {
      g_autoptr (GError) local_error = NULL;
      LoftS3Keys *keys = read_file (self->path, &status, &local_error);

      if (keys != NULL)
        {
          g_clear_pointer (&self->keys, loft_s3_keys_unref);
          self->keys = keys;
          self->seen = status;
        }
      else if (self->keys == NULL)
        {
          g_propagate_error (error, g_steal_pointer (&local_error));
          return NULL;
        }
    }

  return g_atomic_rc_box_acquire (self->keys);
}
