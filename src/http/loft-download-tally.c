/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "http/loft-download-tally.h"

#include <string.h>

/*
 * Downloads are counted where they are answered, in a table of this process,
 * and handed over in batches: no request waits for that, and no other process.
 *
 * A download is when the last byte of a tarball has been sent to somebody who
 * asked for it by GET, or when he was sent elsewhere for it. So one that is
 * fetched in pieces, or that broke off and is taken up again, counts once; one
 * that breaks off for good does not count, nor does what a client has already.
 * Nobody looks at who it was, and nothing of that is kept.
 *
 * The table has no more rows than there are versions, since only what exists is
 * ever sent; and it has an end. When that is reached it is handed over at once,
 * or, while that is under way, downloads are counted in all and not by version.
 */

typedef struct
{
  gint64 n;
  char *subject; /* owned: a name, a slash, and a document's key */
} Row;

struct _LoftDownloadTally
{
  LoftRegistry *registry; /* owned */
  LoftCounter *counted;   /* the page's */
  LoftCounter *missed;    /* the page's */
  GHashTable *rows;       /* owned, set of owned Row by its subject */
  gint64 day;             /* on which they were counted */
  guint n_batches;        /* that are not kept yet */
  gboolean is_closed;
  GSource *timer; /* owned, nullable: while there are rows */
};

/* What was handed over; where that fails it comes back. */
typedef struct
{
  LoftDownloadTally *tally; /* a reference of the box */
  GPtrArray *counts;        /* owned */
} Batch;

static guint
row_hash (gconstpointer data)
{
  const Row *row = data;

  return g_str_hash (row->subject);
}

static gboolean
row_equal (gconstpointer a, gconstpointer b)
{
  const Row *row = a;
  const Row *other = b;

  return g_str_equal (row->subject, other->subject);
}

static void
row_free (gpointer data)
{
  Row *row = data;

  g_free (row->subject);
  g_free (row);
}

/**
 * loft_download_tally_new:
 * @registry: whom to hand over to
 * @counted: where all downloads are counted
 * @missed: where those are that found no room
 *
 * Makes an empty tally on the main context of this thread.
 *
 * Returns: (transfer full): the tally
 */
LoftDownloadTally *
loft_download_tally_new (LoftRegistry *registry,
                         LoftCounter *counted,
                         LoftCounter *missed)
{
  g_return_val_if_fail (LOFT_IS_REGISTRY (registry), NULL);

  LoftDownloadTally *self = g_atomic_rc_box_new0 (LoftDownloadTally);

  self->registry = g_object_ref (registry);
  self->counted = counted;
  self->missed = missed;
  self->rows = g_hash_table_new_full (row_hash, row_equal, row_free, NULL);

  return self;
}

static void
clear_timer (LoftDownloadTally *self)
{
  if (self->timer != NULL)
    g_source_destroy (self->timer);
  g_clear_pointer (&self->timer, g_source_unref);
}

static void
tally_clear (gpointer data)
{
  LoftDownloadTally *self = data;

  g_hash_table_unref (self->rows);
  g_object_unref (self->registry);
}

/**
 * loft_download_tally_free:
 * @self: (transfer full): a tally
 *
 * Frees @self, once what was handed over is kept.
 */
void
loft_download_tally_free (LoftDownloadTally *self)
{
  g_return_if_fail (self != NULL);

  clear_timer (self);
  self->is_closed = TRUE;
  g_atomic_rc_box_release_full (self, tally_clear);
}

static gboolean
flush_cb (gpointer user_data)
{
  LoftDownloadTally *self = user_data;

  clear_timer (self);
  loft_download_tally_flush (self);

  return G_SOURCE_REMOVE;
}

static void
ensure_timer (LoftDownloadTally *self)
{
  guint interval;

  if (self->timer != NULL)
    return;
  loft_registry_counts_downloads (self->registry, &interval);
  self->timer = g_timeout_source_new_seconds (interval);
  g_source_set_callback (self->timer, flush_cb, self, NULL);
  g_source_attach (self->timer, g_main_context_get_thread_default ());
}

/* Gives FALSE if there is no room. */
static gboolean
add (LoftDownloadTally *self, const char *subject, gint64 n)
{
  const Row wanted = { 0, (char *) subject };
  Row *row = g_hash_table_lookup (self->rows, &wanted);

  if (row == NULL && g_hash_table_size (self->rows) >= LOFT_DOWNLOAD_TALLY_MAX)
    return FALSE;
  if (row == NULL)
    {
      row = g_new0 (Row, 1);
      row->subject = g_strdup (subject);
      g_hash_table_add (self->rows, row);
      ensure_timer (self);
    }
  row->n += n;

  return TRUE;
}

/* What could not be kept is handed over with what has come meanwhile, be that
 * of another day. */
static void
take_back (LoftDownloadTally *self, GPtrArray *counts)
{
  for (guint i = 0; i < counts->len; i++)
    {
      const LoftDownloadCount *count = counts->pdata[i];
      g_autofree char *subject =
        g_strconcat (count->name, "/", count->version, NULL);

      if (g_hash_table_size (self->rows) == 0)
        self->day = count->day;
      if (!add (self, subject, count->n))
        loft_counter_add (self->missed, count->n);
    }
}

static void
noted_cb (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  Batch *batch = user_data;
  g_autoptr (GError) local_error = NULL;

  batch->tally->n_batches--;
  if (!loft_registry_note_downloads_finish (LOFT_REGISTRY (source_object),
                                            result,
                                            &local_error) &&
      !batch->tally->is_closed)
    {
      g_info ("Downloads can't be counted in the catalog yet: %s",
              local_error->message);
      take_back (batch->tally, batch->counts);
    }

  g_ptr_array_unref (batch->counts);
  g_atomic_rc_box_release_full (batch->tally, tally_clear);
  g_free (batch);
}

/**
 * loft_download_tally_flush:
 * @self: a tally
 *
 * Hands over what was counted. It is kept once the registry was stopped, at the
 * latest.
 */
void
loft_download_tally_flush (LoftDownloadTally *self)
{
  g_return_if_fail (self != NULL);

  if (g_hash_table_size (self->rows) == 0)
    return;

  Batch *batch = g_new0 (Batch, 1);
  GHashTableIter iter;
  gpointer key;

  batch->tally = g_atomic_rc_box_acquire (self);
  batch->counts = loft_download_counts_new ();
  g_hash_table_iter_init (&iter, self->rows);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    {
      const Row *row = key;
      const char *slash = strchr (row->subject, '/');
      g_autofree char *name =
        g_strndup (row->subject, (gsize) (slash - row->subject));

      loft_download_counts_add (batch->counts,
                                self->day,
                                name,
                                slash + 1,
                                row->n);
    }
  g_hash_table_remove_all (self->rows);
  clear_timer (self);
  self->n_batches++;
  loft_registry_note_downloads_async (self->registry,
                                      batch->counts,
                                      noted_cb,
                                      batch);
}

/**
 * loft_download_tally_add:
 * @self: a tally
 * @subject: what was downloaded, as #LoftDownload has it
 * @now: microseconds since 1970
 *
 * Counts a download.
 */
void
loft_download_tally_add (LoftDownloadTally *self,
                         const char *subject,
                         gint64 now)
{
  g_return_if_fail (self != NULL && subject != NULL);

  gint64 day = loft_download_day (now);

  if (day != self->day)
    {
      loft_download_tally_flush (self);
      self->day = day;
    }
  loft_counter_add (self->counted, 1);
  if (add (self, subject, 1))
    return;

  /* Not before the last batch is kept, or there might be any number. */
  if (self->n_batches == 0)
    loft_download_tally_flush (self);
  if (!add (self, subject, 1))
    loft_counter_add (self->missed, 1);
}
