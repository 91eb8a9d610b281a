/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "pages/loft-pages-feed.h"

#include <string.h>

#include "pages/loft-pages-private.h"
#include "registry/loft-json.h"

/*
 * A feed (RFC 4287). Its ids are made of what the registry and its versions
 * are, and not of where they are: a feed that is read by another name of the
 * host, or after a move, tells of the same things.
 */

#define UUID_LENGTH 16

/* What the ids are made in, as RFC 9562 has it: drawn once, and never another.
 */
static const guint8 id_space[UUID_LENGTH] = { 0x5d, 0x1c, 0x9a, 0x5e,
                                              0x0b, 0x6c, 0x4f, 0x0d,
                                              0x9c, 0x0e, 0x3e, 0x77,
                                              0x2f, 0x41, 0xd8, 0xa4 };

/* A UUID of version 5. */
static char *
make_id (const char *origin, const char *name, const char *version)
{
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA1);
  g_autofree char *subject = g_strjoin ("\n", origin, name, version, NULL);
  guint8 digest[20] = { 0 };
  gsize length = sizeof digest;
  GString *id = g_string_new ("urn:uuid:");

  g_checksum_update (checksum, id_space, sizeof id_space);
  g_checksum_update (checksum, (const guchar *) subject, -1);
  g_checksum_get_digest (checksum, digest, &length);
  digest[6] = (digest[6] & 0x0f) | 0x50;
  digest[8] = (digest[8] & 0x3f) | 0x80;
  for (gsize i = 0; i < UUID_LENGTH; i++)
    g_string_append_printf (id,
                            i == 4 || i == 6 || i == 8 || i == 10 ? "-%02x"
                                                                  : "%02x",
                            digest[i]);

  return g_string_free (id, FALSE);
}

/* Names, without the addresses for which nobody asked. */
static JsonArray *
list_authors (JsonObject *version)
{
  JsonArray *authors = loft_json_get_array (version, "authors");
  guint length = authors != NULL ? json_array_get_length (authors) : 0;
  JsonArray *names = json_array_new ();

  for (guint i = 0; i < length; i++)
    {
      const char *author = json_array_get_string_element (authors, i);
      g_autofree char *name =
        author != NULL ? g_strndup (author, strcspn (author, "<")) : NULL;

      if (name != NULL && *g_strstrip (name) != '\0')
        json_array_add_string_element (names, name);
    }

  return names;
}

static void
add_entries (JsonObject *values, const LoftPagesFeed *feed)
{
  JsonArray *entries = json_node_get_array (feed->elements);

  for (guint i = 0; i < json_array_get_length (entries); i++)
    {
      JsonObject *entry = json_array_get_object_element (entries, i);
      g_autofree char *id = make_id (feed->origin,
                                     loft_json_get_string (entry, "name"),
                                     loft_json_get_string (entry, "version"));

      json_object_set_array_member (entry, "authors", list_authors (entry));
      json_object_set_string_member (entry, "id", id);
    }
  json_object_set_array_member (values, "entries", json_array_ref (entries));
}

static void
add_links (JsonObject *values,
           const LoftPagesPlace *place,
           const LoftPagesFeed *feed)
{
  g_autofree char *base =
    feed->url != NULL ? g_strconcat (feed->url, "/", NULL) : NULL;
  g_autofree char *page = g_strconcat (base != NULL ? base : place->root,
                                       feed->name != NULL ? "packages/" : "",
                                       feed->name,
                                       NULL);
  g_autofree char *self =
    g_strconcat (page, feed->name != NULL ? "/" : "", "feed.atom", NULL);

  if (base != NULL)
    json_object_set_string_member (values, "base", base);
  json_object_set_string_member (values, "page", page);
  json_object_set_string_member (values, "self", self);
}

/* When it has changed in a way that readers care for. */
static char *
find_updated (const LoftPagesFeed *feed)
{
  JsonArray *entries = json_node_get_array (feed->elements);
  const char *newest =
    json_array_get_length (entries) > 0
      ? loft_json_get_string (json_array_get_object_element (entries, 0),
                              "published_at")
      : NULL;

  g_autoptr (GDateTime) changed =
    g_date_time_new_from_unix_utc (feed->changed / G_USEC_PER_SEC);

  return newest != NULL ? g_strdup (newest)
                        : g_date_time_format (changed, "%Y-%m-%dT%H:%M:%SZ");
}

/**
 * loft_pages_render_feed:
 * @place: where the feed is
 * @feed: what to show
 *
 * Makes an Atom feed. What its elements are made of is not needed any more.
 *
 * Returns: (transfer full): the feed, which is XML
 */
LoftHtml *
loft_pages_render_feed (const LoftPagesPlace *place, const LoftPagesFeed *feed)
{
  g_return_val_if_fail (place != NULL && feed != NULL, NULL);

  g_autoptr (JsonObject) values = loft_pages_new_values (place);
  g_autofree char *id = make_id (feed->origin, feed->name, NULL);
  g_autofree char *updated = find_updated (feed);
  g_autofree char *title =
    feed->name != NULL
      ? g_strdup_printf ("%s · %s", feed->name, LOFT_PAGES_SITE)
      : g_strdup (LOFT_PAGES_SITE);

  json_object_set_string_member (values, "id", id);
  json_object_set_string_member (values, "title", title);
  json_object_set_string_member (values, "name", LOFT_PAGES_SITE);
  json_object_set_string_member (values, "updated", updated);
  add_links (values, place, feed);
  add_entries (values, feed);

  /* It is UTF-8, and so needs no declaration. */
  return loft_pages_fill ("feed.xml", values);
}
