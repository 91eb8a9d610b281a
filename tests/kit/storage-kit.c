/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "kit/storage-kit.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>

#include "backend/loft-backend-loader.h"

static const char *backend_name = "filesystem";
static const char *backend_config = NULL;

/* Chooses the backend under test; without a file it gets a temporary root. */
void
storage_kit_init (const char *backend, const char *config_file)
{
  if (backend != NULL)
    backend_name = backend;
  backend_config = config_file;
}

char *
storage_kit_make_root (void)
{
  g_autoptr (GError) error = NULL;
  char *root = g_dir_make_tmp ("loft-XXXXXX", &error);

  g_assert_no_error (error);

  return root;
}

static int
remove_entry (const char *path,
              const struct stat *status,
              int type,
              struct FTW *walk)
{
  if (remove (path) == -1)
    g_error ("%s cannot be removed: %s", path, g_strerror (errno));

  return 0;
}

/* Removes a temporary folder and nothing else: tests put links into it that
 * lead out of it, so it is walked without following any, it stays on one
 * filesystem, and it must be one that storage_kit_make_root() has made. */
void
storage_kit_remove_root (const char *root)
{
  g_autofree char *start = g_build_filename (g_get_tmp_dir (), "loft-", NULL);

  g_assert_true (g_str_has_prefix (root, start));
  g_assert_null (strstr (root + strlen (start), "/"));
  g_assert_cmpint (
    nftw (root, remove_entry, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT),
    ==,
    0);
}

GKeyFile *
storage_kit_config (const char *root)
{
  GKeyFile *config = g_key_file_new ();

  g_key_file_set_string (config, "filesystem", "Root", root);

  return config;
}

void
storage_fixture_set_up (StorageFixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;

  if (backend_config == NULL)
    {
      fixture->root = storage_kit_make_root ();
      fixture->config = storage_kit_config (fixture->root);
    }
  else
    {
      fixture->config = g_key_file_new ();
      g_key_file_load_from_file (fixture->config,
                                 backend_config,
                                 G_KEY_FILE_NONE,
                                 &error);
      g_assert_no_error (error);
    }

  fixture->prefix =
    g_strdup_printf ("%08x%08x/", g_random_int (), g_random_int ());
  fixture->storage =
    loft_backend_open (backend_name, fixture->config, NULL, &error);
  g_assert_no_error (error);
}

/* Drops what must be the last reference to @object, once it can be: the thread
 * of an asynchronous call lets go a moment after its callback, and what waits
 * in the main context when it has run. */
void
storage_kit_finalize (gpointer object)
{
  for (guint i = 0; i < 5000; i++)
    {
      while (g_main_context_iteration (NULL, FALSE))
        continue;
      if (g_atomic_int_get (&G_OBJECT (object)->ref_count) == 1)
        break;
      g_usleep (1000);
    }

  g_assert_finalize_object (object);
}

void
storage_fixture_tear_down (StorageFixture *fixture, gconstpointer test_data)
{
  storage_kit_finalize (fixture->storage);
  g_key_file_unref (fixture->config);
  if (fixture->root != NULL)
    storage_kit_remove_root (fixture->root);
  g_free (fixture->root);
  g_free (fixture->prefix);
}

LoftStorage *
storage_kit_observe (GKeyFile *config, GError **error)
{
  return loft_backend_observe (backend_name, config, NULL, error);
}

/* The same store as another process sees it. */
LoftStorage *
storage_fixture_observe (StorageFixture *fixture)
{
  g_autoptr (GError) error = NULL;
  LoftStorage *observer = storage_kit_observe (fixture->config, &error);

  g_assert_no_error (error);

  return observer;
}

/* The key that @name has in this test. */
char *
storage_fixture_key (StorageFixture *fixture, const char *name)
{
  return g_strconcat (fixture->prefix, name, NULL);
}

gboolean
storage_kit_put (LoftStorage *storage,
                 const char *key,
                 const char *text,
                 GError **error)
{
  gsize size = strlen (text);
  g_autoptr (GInputStream) stream =
    g_memory_input_stream_new_from_data (text, (gssize) size, NULL);

  return loft_storage_create (storage,
                              key,
                              stream,
                              (goffset) size,
                              NULL,
                              error);
}

/* The whole content as text, or NULL. */
char *
storage_kit_get (LoftStorage *storage, const char *key, GError **error)
{
  g_autoptr (LoftObject) object =
    loft_storage_read (storage, key, 0, -1, NULL, error);
  if (object == NULL)
    return NULL;

  g_autoptr (GBytes) bytes =
    loft_object_load (object, 64 * 1024 * 1024, NULL, error);
  if (bytes == NULL)
    return NULL;

  gsize size = 0;
  const char *data = g_bytes_get_data (bytes, &size);

  return g_strndup (data != NULL ? data : "", size);
}

/* The keys of a list, joined by blanks, without their prefix. */
char *
storage_kit_list (LoftStorage *storage,
                  const char *prefix,
                  const char *after,
                  guint limit)
{
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) keys =
    loft_storage_list (storage, prefix, after, limit, NULL, &error);
  const char *slash = strrchr (prefix, '/');
  gsize skipped = slash != NULL ? (gsize) (slash - prefix) + 1 : 0;
  g_autoptr (GString) joined = g_string_new (NULL);

  g_assert_no_error (error);
  for (guint i = 0; keys[i] != NULL; i++)
    {
      g_assert_true (g_str_has_prefix (keys[i], prefix));
      g_string_append_printf (joined,
                              "%s%s",
                              i > 0 ? " " : "",
                              keys[i] + skipped);
    }

  return g_strdup (joined->str);
}

struct _StorageKitSource
{
  GInputStream parent_instance;

  goffset left;
  guchar value;
  GError *failure; /* owned, nullable: how it ends */
};

G_DEFINE_FINAL_TYPE (StorageKitSource, storage_kit_source, G_TYPE_INPUT_STREAM)

static void
storage_kit_source_finalize (GObject *object)
{
  g_clear_error (&STORAGE_KIT_SOURCE (object)->failure);

  G_OBJECT_CLASS (storage_kit_source_parent_class)->finalize (object);
}

static gssize
storage_kit_source_read (GInputStream *stream,
                         void *buffer,
                         gsize count,
                         GCancellable *cancellable,
                         GError **error)
{
  StorageKitSource *self = STORAGE_KIT_SOURCE (stream);
  gsize n = (gsize) MIN ((goffset) count, self->left);

  if (n == 0 && self->failure != NULL)
    {
      g_propagate_error (error, g_error_copy (self->failure));
      return -1;
    }

  memset (buffer, self->value, n);
  self->left -= (goffset) n;

  return (gssize) n;
}

static void
storage_kit_source_class_init (StorageKitSourceClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = storage_kit_source_finalize;
  G_INPUT_STREAM_CLASS (klass)->read_fn = storage_kit_source_read;
}

static void
storage_kit_source_init (StorageKitSource *self)
{
}

GInputStream *
storage_kit_source_new (goffset size, guchar value, const GError *failure)
{
  StorageKitSource *self = g_object_new (STORAGE_KIT_TYPE_SOURCE, NULL);

  self->left = size;
  self->value = value;
  self->failure = failure != NULL ? g_error_copy (failure) : NULL;

  return G_INPUT_STREAM (self);
}
