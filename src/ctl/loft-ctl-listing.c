/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "ctl/loft-ctl-listing.h"

#include <glib/gi18n.h>
#include <string.h>

#include "ctl/loft-ctl-elements.h"
#include "registry/loft-json.h"

/* What another registry has. Every registry lists its packages; one that lets
 * its changes be followed tells of those too of which all versions are yanked,
 * and why. */

#define NAMES_MAX 1000000
#define NAME_LENGTH_MAX 255
#define NOTES_SIZE_MAX (64 * 1024 * 1024)
#define EVENTS_MAX 20000000
#define PAGE_SIZE_MAX (G_GUINT64_CONSTANT (256) << 20)
#define LIST_SIZE_MAX (G_GUINT64_CONSTANT (2) << 30)

/* How much of the changes has been read. */
typedef struct
{
  LoftCtlListing *listing;   /* not owned */
  LoftCtlElements *elements; /* owned */
  gint64 since;
  gint64 last;
  guint64 events;
} Reading;

static void
note_free (gpointer data)
{
  LoftCtlNote *note = data;

  g_hash_table_unref (note->yanked);
  g_free (note->deprecated);
  g_free (note);
}

static LoftCtlListing *
listing_new (void)
{
  LoftCtlListing *self = g_new0 (LoftCtlListing, 1);

  self->names = g_ptr_array_new ();
  self->chunk = g_string_chunk_new (64 * 1024);
  self->known = g_hash_table_new (g_str_hash, g_str_equal);
  self->notes =
    g_hash_table_new_full (g_str_hash, g_str_equal, NULL, note_free);

  return self;
}

/**
 * loft_ctl_listing_free:
 * @self: (transfer full): a listing
 *
 * Frees @self.
 */
void
loft_ctl_listing_free (LoftCtlListing *self)
{
  g_ptr_array_unref (self->names);
  g_hash_table_unref (self->known);
  g_hash_table_unref (self->notes);
  g_string_chunk_free (self->chunk);
  g_free (self);
}

/* What is too long for a name is not kept whole; it is refused later. */
static const char *
add_name (LoftCtlListing *self, const char *name, GError **error)
{
  g_autofree char *cut =
    g_utf8_substring (name, 0, MIN (g_utf8_strlen (name, -1), NAME_LENGTH_MAX));
  const char *kept = g_hash_table_lookup (self->known, cut);

  if (kept != NULL)
    return kept;
  if (self->names->len >= NAMES_MAX)
    {
      loft_ctl_fail (error,
                     NULL,
                     _ ("It lists more packages than anybody could have"));
      return NULL;
    }

  char *copy = g_string_chunk_insert (self->chunk, cut);
  g_ptr_array_add (self->names, copy);
  g_hash_table_add (self->known, copy);

  return copy;
}

static void
forget_note (LoftCtlListing *self, const char *name)
{
  const LoftCtlNote *note = g_hash_table_lookup (self->notes, name);

  if (note != NULL)
    self->notes_size -= note->size;
  g_hash_table_remove (self->notes, name);
}

/* A state is the whole of what can change, so the last one counts. */
static gboolean
take_state (LoftCtlListing *self,
            const char *name,
            JsonObject *state,
            GError **error)
{
  JsonObject *yanked = loft_json_get_object (state, "yanked");
  const char *deprecated = loft_json_get_string (state, "deprecated");
  JsonObjectIter iter;
  const char *version;

  forget_note (self, name);
  if ((yanked == NULL || json_object_get_size (yanked) == 0) &&
      deprecated == NULL)
    return TRUE;

  LoftCtlNote *note = g_new0 (LoftCtlNote, 1);
  note->yanked =
    g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  note->deprecated = g_strdup (deprecated);
  note->size = sizeof *note + (deprecated != NULL ? strlen (deprecated) : 0);
  if (yanked != NULL)
    {
      json_object_iter_init (&iter, yanked);
      while (json_object_iter_next (&iter, &version, NULL))
        {
          const char *reason = loft_json_get_string (yanked, version);

          g_hash_table_replace (note->yanked,
                                g_strdup (version),
                                g_strdup (reason != NULL ? reason : ""));
          note->size +=
            strlen (version) + (reason != NULL ? strlen (reason) : 0) + 64;
        }
    }
  self->notes_size += note->size;
  g_hash_table_insert (self->notes, (gpointer) name, note);

  return self->notes_size <= NOTES_SIZE_MAX ||
         loft_ctl_fail (
           error,
           NULL,
           _ ("It tells of more yanked versions than anybody could "
              "have"));
}

static gboolean
event_cb (JsonObject *event, gpointer user_data, GError **error)
{
  Reading *reading = user_data;
  gint64 sequence = loft_json_get_int (event, "seq", 0);
  const char *type = loft_json_get_string (event, "type");
  const char *name = loft_json_get_string (event, "name");
  JsonObject *state = loft_json_get_object (event, "state");

  if (sequence <= reading->last || type == NULL ||
      ++reading->events > EVENTS_MAX)
    return loft_ctl_fail (error, NULL, _ ("Its changes are in no order"));

  reading->last = sequence;
  if (name == NULL || (state == NULL && !g_str_equal (type, "publish") &&
                       !g_str_equal (type, "adopt")))
    return TRUE;

  /* A name that was only claimed has no versions yet. */
  if (g_str_equal (type, "claim"))
    return TRUE;

  const char *kept = add_name (reading->listing, name, error);

  return kept != NULL &&
         (state == NULL || take_state (reading->listing, kept, state, error));
}

static gboolean
element_cb (JsonObject *element, gpointer user_data, GError **error)
{
  Reading *reading = user_data;
  const char *name = loft_json_get_string (element, "name");

  if (name == NULL)
    return loft_ctl_fail (error, NULL, _ ("It lists a package without a name"));

  return add_name (reading->listing, name, error) != NULL;
}

static gboolean
piece_cb (const char *data, gsize length, gpointer user_data, GError **error)
{
  Reading *reading = user_data;

  if (data != NULL)
    return loft_ctl_elements_feed (reading->elements, data, length, error);

  loft_ctl_elements_reset (reading->elements);
  reading->last = reading->since;

  return TRUE;
}

static gboolean
read_page (LoftCtlSource *source, Reading *reading, GError **error)
{
  g_autofree char *path =
    g_strdup_printf ("changes?since=%" G_GINT64_FORMAT "&limit=1000",
                     reading->since);

  return loft_ctl_source_get (source,
                              path,
                              PAGE_SIZE_MAX,
                              piece_cb,
                              reading,
                              error) &&
         loft_ctl_elements_finish (reading->elements, error);
}

/* Whoever answers the first question in another way does not tell of changes.
 */
static gboolean
read_changes (LoftCtlSource *source,
              LoftCtlListing *listing,
              gboolean *out_offered,
              GError **error)
{
  g_autoptr (GError) local_error = NULL;
  Reading reading = { .listing = listing };
  g_autoptr (LoftCtlElements) elements =
    loft_ctl_elements_new (LOFT_CTL_ELEMENT_LINES, event_cb, &reading);

  reading.elements = elements;
  *out_offered =
    read_page (source, &reading, &local_error) && reading.last > reading.since;
  if (local_error != NULL &&
      g_error_matches (local_error, LOFT_CTL_ERROR, LOFT_CTL_ERROR_UNREACHABLE))
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }
  while (*out_offered && reading.last > reading.since)
    {
      reading.since = reading.last;
      if (!read_page (source, &reading, error))
        return FALSE;
    }

  return TRUE;
}

static gboolean
read_packages (LoftCtlSource *source, LoftCtlListing *listing, GError **error)
{
  Reading reading = { .listing = listing };
  g_autoptr (LoftCtlElements) elements =
    loft_ctl_elements_new (LOFT_CTL_ELEMENT_ARRAY, element_cb, &reading);

  reading.elements = elements;

  return loft_ctl_source_get (source,
                              "packages",
                              LIST_SIZE_MAX,
                              piece_cb,
                              &reading,
                              error) &&
         loft_ctl_elements_finish (elements, error);
}

/**
 * loft_ctl_listing_fetch:
 * @source: another registry
 * @error: return location for a #GError
 *
 * Finds out which packages it has. Blocks.
 *
 * Returns: (transfer full): a listing, or %NULL with @error set
 */
LoftCtlListing *
loft_ctl_listing_fetch (LoftCtlSource *source, GError **error)
{
  g_autoptr (LoftCtlListing) self = listing_new ();
  gboolean offered = FALSE;

  if (!read_changes (source, self, &offered, error) ||
      (!offered && !read_packages (source, self, error)))
    return NULL;

  return g_steal_pointer (&self);
}

/**
 * loft_ctl_listing_get_note:
 * @self: a listing
 * @name: a package in it
 *
 * Gives what is said of a package.
 *
 * Returns: (transfer none) (nullable): that, or %NULL if there is nothing to
 * say
 */
const LoftCtlNote *
loft_ctl_listing_get_note (LoftCtlListing *self, const char *name)
{
  return g_hash_table_lookup (self->notes, name);
}
