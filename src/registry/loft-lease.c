/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-lease.h"

#include "registry/loft-json.h"

/* Which of the daemons that share a storage looks after it.
 *
 * Whoever holds the lease writes the same small document again and again, with
 * a number that grows; whoever sees it unchanged for long takes it. No clocks
 * are compared: each node measures by its own for how long it has seen the
 * same. Two may think for a while that they hold it. That costs work and
 * nothing else, since everything that is done under it may be done by several
 * at once. */

#define DOCUMENT_MAX 4096

struct _LoftLease
{
  LoftStorage *storage; /* owned */
  char *key;            /* owned */
  char *node;           /* owned */
  gint64 count;
  char *seen;   /* owned, nullable: etag of the document as it was last seen */
  gint64 since; /* monotonic: when that was seen first */
  gboolean held;
};

/**
 * loft_lease_new:
 * @storage: what is looked after
 * @key: where the lease is kept in it
 * @node: who may do that, in letters and digits
 *
 * Makes a lease that is not held.
 *
 * Returns: (transfer full): the lease
 */
LoftLease *
loft_lease_new (LoftStorage *storage, const char *key, const char *node)
{
  g_return_val_if_fail (LOFT_IS_STORAGE (storage), NULL);
  g_return_val_if_fail (key != NULL && node != NULL, NULL);

  LoftLease *self = g_new0 (LoftLease, 1);

  self->storage = g_object_ref (storage);
  self->key = g_strdup (key);
  self->node = g_strdup (node);

  return self;
}

/**
 * loft_lease_free:
 * @self: (transfer full): a lease
 *
 * Frees @self. In the storage everything stays as it is.
 */
void
loft_lease_free (LoftLease *self)
{
  g_return_if_fail (self != NULL);

  g_object_unref (self->storage);
  g_free (self->key);
  g_free (self->node);
  g_free (self->seen);
  g_free (self);
}

static GBytes *
make_document (LoftLease *self, const char *node)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  json_builder_begin_object (builder);
  loft_json_add_string (builder, "node", node);
  loft_json_add_string (builder, "host", g_get_host_name ());
  json_builder_set_member_name (builder, "count");
  json_builder_add_int_value (builder, ++self->count);
  json_builder_end_object (builder);

  g_autoptr (JsonNode) root = json_builder_get_root (builder);

  return loft_json_to_bytes (root);
}

/* Writes the document in the place of what was seen last. Where somebody else
 * was first, or might have been, this one has lost. */
static gboolean
write_document (LoftLease *self,
                const char *node,
                GCancellable *cancellable,
                GError **error)
{
  g_autoptr (GBytes) text = make_document (self, node);
  g_autoptr (GError) local_error = NULL;
  char *etag = loft_storage_replace (self->storage,
                                     self->key,
                                     text,
                                     self->seen,
                                     cancellable,
                                     &local_error);

  self->held = etag != NULL && node[0] != '\0';
  if (etag != NULL)
    {
      g_free (self->seen);
      self->seen = etag;
      self->since = g_get_monotonic_time ();
      return TRUE;
    }
  if (g_error_matches (local_error,
                       LOFT_STORAGE_ERROR,
                       LOFT_STORAGE_ERROR_CHANGED) ||
      g_error_matches (local_error,
                       LOFT_STORAGE_ERROR,
                       LOFT_STORAGE_ERROR_UNKNOWN))
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&local_error));

  return FALSE;
}

/* Looks at the document; @out_free is whether nobody claims to hold it. */
static gboolean
look (LoftLease *self,
      gboolean *out_free,
      GCancellable *cancellable,
      GError **error)
{
  g_autoptr (GError) local_error = NULL;
  g_autoptr (LoftObject) object = loft_storage_read (self->storage,
                                                     self->key,
                                                     0,
                                                     -1,
                                                     cancellable,
                                                     &local_error);

  if (g_error_matches (local_error,
                       LOFT_STORAGE_ERROR,
                       LOFT_STORAGE_ERROR_NOT_FOUND))
    {
      g_clear_pointer (&self->seen, g_free);
      *out_free = TRUE;
      return TRUE;
    }

  g_autoptr (GBytes) text =
    object != NULL
      ? loft_object_load (object, DOCUMENT_MAX, cancellable, &local_error)
      : NULL;
  if (text == NULL && !g_error_matches (local_error,
                                        LOFT_STORAGE_ERROR,
                                        LOFT_STORAGE_ERROR_CORRUPT))
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }

  /* What nobody can read is nobody's. */
  gsize length = 0;
  const char *data = text != NULL ? g_bytes_get_data (text, &length) : "";
  g_autoptr (JsonNode) json = loft_json_parse (data, length, NULL);
  const char *holder =
    json != NULL && JSON_NODE_HOLDS_OBJECT (json)
      ? loft_json_get_string (json_node_get_object (json), "node")
      : NULL;
  const char *etag = loft_object_get_etag (object);

  if (g_strcmp0 (self->seen, etag) != 0)
    {
      g_free (self->seen);
      self->seen = g_strdup (etag);
      self->since = g_get_monotonic_time ();
    }
  *out_free =
    holder == NULL || holder[0] == '\0' || g_str_equal (holder, self->node);

  return TRUE;
}

/**
 * loft_lease_hold:
 * @self: a lease
 * @patience: for how long somebody else may be silent, in microseconds
 * @out_held: (out): whether this node holds it now
 * @cancellable: (nullable): a cancellable
 * @error: return location for a #GError
 *
 * Goes on holding the lease, or takes it if nobody does. To be called several
 * times within @patience. Blocks.
 *
 * Returns: %TRUE, or %FALSE with @error set to a #LoftStorageError; then it is
 *   not held
 */
gboolean
loft_lease_hold (LoftLease *self,
                 gint64 patience,
                 gboolean *out_held,
                 GCancellable *cancellable,
                 GError **error)
{
  g_return_val_if_fail (self != NULL && out_held != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  gboolean is_free = self->held;

  *out_held = FALSE;
  if (!self->held && !look (self, &is_free, cancellable, error))
    return FALSE;
  if (!is_free && g_get_monotonic_time () - self->since < patience)
    return TRUE;
  if (!write_document (self, self->node, cancellable, error))
    return FALSE;
  *out_held = self->held;

  return TRUE;
}

/**
 * loft_lease_give_up:
 * @self: a lease
 *
 * Lets the next one have it at once, if it is held. Blocks.
 */
void
loft_lease_give_up (LoftLease *self)
{
  g_return_if_fail (self != NULL);

  if (self->held)
    write_document (self, "", NULL, NULL);
}
