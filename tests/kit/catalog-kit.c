/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "kit/catalog-kit.h"

#include <glib/gstdio.h>

#include "registry/loft-json.h"

/* When the first event of a test happened. */
#define START G_GINT64_CONSTANT (1700000000000000)

void
kit_setup (Kit *kit, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;

  kit->directory = g_dir_make_tmp ("loft-XXXXXX", &error);
  g_assert_no_error (error);
  kit->catalog = loft_catalog_open (kit->directory, "test", NULL, &error);
  g_assert_no_error (error);
  g_assert_true (loft_catalog_set_complete (kit->catalog, NULL, &error));
  g_assert_no_error (error);
}

void
kit_teardown (Kit *kit, gconstpointer test_data)
{
  if (kit->catalog != NULL)
    g_assert_finalize_object (kit->catalog);
  kit_remove (kit->directory);
  g_free (kit->directory);
}

/* As after a restart. */
void
kit_reopen (Kit *kit)
{
  g_autoptr (GError) error = NULL;

  if (kit->catalog != NULL)
    g_assert_finalize_object (kit->catalog);
  kit->catalog = loft_catalog_open (kit->directory, "test", NULL, &error);
  g_assert_no_error (error);
}

void
kit_remove (const char *directory)
{
  g_autoptr (GDir) dir = g_dir_open (directory, 0, NULL);
  const char *name = NULL;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (directory, name, NULL);

      g_remove (path);
    }
  g_rmdir (directory);
}

static GStrv
strv_one (const char *string)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();

  if (string != NULL)
    g_strv_builder_add (builder, string);

  return g_strv_builder_end (builder);
}

LoftDocument *
kit_document (const char *name, const char *version)
{
  LoftDocument *document = g_new0 (LoftDocument, 1);

  document->name = g_strdup (name);
  document->version = g_strdup (version);
  document->key = g_strndup (version, strcspn (version, "+"));
  document->archive = g_strconcat (document->key, ".tar.gz", NULL);
  document->description = g_strdup_printf ("What %s does", name);
  document->authors = strv_one ("Ann");
  document->keywords = strv_one (NULL);
  document->owners = strv_one (NULL);
  document->dependencies =
    g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  document->published_at = START;
  document->size = 100;
  document->sha256 =
    g_compute_checksum_for_string (G_CHECKSUM_SHA256, version, -1);
  document->digest = g_strdup (document->sha256);

  return document;
}

LoftDocument *
kit_document_copy (const LoftDocument *document)
{
  LoftDocument *copy = kit_document (document->name, document->version);
  GHashTableIter iter;
  gpointer key, value;

  g_hash_table_iter_init (&iter, document->dependencies);
  while (g_hash_table_iter_next (&iter, &key, &value))
    kit_depend (copy, key, value);
  g_free (copy->description);
  copy->description = g_strdup (document->description);
  copy->readme = g_strdup (document->readme);
  copy->published_at = document->published_at;
  g_strfreev (copy->keywords);
  copy->keywords = g_strdupv (document->keywords);
  g_strfreev (copy->owners);
  copy->owners = g_strdupv (document->owners);

  return copy;
}

void
kit_depend (LoftDocument *document, const char *name, const char *version)
{
  g_hash_table_insert (document->dependencies,
                       g_strdup (name),
                       g_strdup (version));
}

/* Takes the document. */
LoftEvent *
kit_event (LoftDocument *document, guint64 seq)
{
  LoftEvent *event = loft_event_new_for_document (document);

  loft_event_seal (event, seq, START + (gint64) seq * G_USEC_PER_SEC);

  return event;
}

/* Takes the state. */
LoftEvent *
kit_state_event (const char *name, LoftState *state, guint64 seq)
{
  g_autoptr (LoftState) owned = state;
  LoftEvent *event = loft_event_new_for_state (name, owned);

  loft_event_seal (event, seq, START + (gint64) seq * G_USEC_PER_SEC);

  return event;
}

LoftState *
kit_state (guint64 revision, const char *owner, const char *yanked)
{
  LoftState *state = loft_state_new ();

  state->revision = revision;
  state->changed_at = START;
  if (owner != NULL)
    loft_state_add_owner (state, owner, "secret");
  if (yanked != NULL)
    g_hash_table_insert (state->yanked,
                         g_strdup (yanked),
                         g_strdup ("a reason"));

  return state;
}

/* Takes the event. */
void
kit_apply (LoftCatalog *catalog, LoftEvent *event)
{
  g_autoptr (GPtrArray) events =
    g_ptr_array_new_with_free_func ((GDestroyNotify) loft_event_unref);
  g_autoptr (GError) error = NULL;

  g_ptr_array_add (events, event);
  loft_catalog_apply (catalog, events, &error);
  g_assert_no_error (error);
}

void
kit_publish_document (LoftCatalog *catalog, LoftDocument *document)
{
  kit_apply (catalog,
             kit_event (document, loft_catalog_get_sequence (catalog) + 1));
}

void
kit_publish (LoftCatalog *catalog, const char *name, const char *version)
{
  kit_publish_document (catalog, kit_document (name, version));
}

void
kit_change (LoftCatalog *catalog, const char *name, LoftState *state)
{
  kit_apply (
    catalog,
    kit_state_event (name, state, loft_catalog_get_sequence (catalog) + 1));
}

/* One member of every object in a list, with spaces between. */
char *
kit_members (GBytes *list, const char *member)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GString) text = g_string_new (NULL);
  gsize size = 0;
  const char *data = g_bytes_get_data (list, &size);
  g_autoptr (JsonNode) node = loft_json_parse (data, size, &error);
  g_assert_no_error (error);
  JsonArray *array = json_node_get_array (node);

  for (guint i = 0; i < json_array_get_length (array); i++)
    g_string_append_printf (
      text,
      "%s%s",
      i > 0 ? " " : "",
      json_object_get_string_member (json_array_get_object_element (array, i),
                                     member));

  return g_string_free (g_steal_pointer (&text), FALSE);
}

char *
kit_versions (LoftCatalog *catalog, const char *name)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) list = loft_catalog_list_versions (catalog, name, &error);
  g_assert_no_error (error);

  return kit_members (list, "version");
}

char *
kit_packages (LoftCatalog *catalog)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) list = loft_catalog_list_packages (catalog, NULL, &error);
  g_assert_no_error (error);

  return kit_members (list, "name");
}

/* All pages of a search, put together. */
char *
kit_search (LoftCatalog *catalog, const char *query, LoftSort sort, guint limit)
{
  g_autoptr (GString) names = g_string_new (NULL);
  g_autofree char *after = NULL;

  do
    {
      g_autoptr (GError) error = NULL;
      g_autofree char *next = NULL;
      g_autoptr (GBytes) page =
        loft_catalog_search (catalog, query, sort, after, limit, &next, &error);
      g_assert_no_error (error);
      g_autofree char *members = kit_members (page, "name");

      if (names->len > 0 && *members != '\0')
        g_string_append_c (names, ' ');
      g_string_append (names, members);
      g_free (after);
      after = g_steal_pointer (&next);
    }
  while (after != NULL);

  return g_string_free (g_steal_pointer (&names), FALSE);
}

static void
dump_bytes (GString *dump, GBytes *bytes)
{
  g_string_append_len (dump,
                       g_bytes_get_data (bytes, NULL),
                       g_bytes_get_size (bytes));
  g_string_append_c (dump, '\n');
}

/* All that a catalog answers about its packages. */
char *
kit_dump (LoftCatalog *catalog)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GString) dump = g_string_new (NULL);
  g_autofree char *names = kit_packages (catalog);
  g_auto (GStrv) split = g_strsplit (names, " ", -1);
  guint64 packages = 0;
  guint64 versions = 0;

  loft_catalog_count (catalog, &packages, &versions, &error);
  g_string_append_printf (dump,
                          "%" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT "\n",
                          packages,
                          versions);

  g_autoptr (GBytes) list = loft_catalog_list_packages (catalog, NULL, &error);
  g_assert_no_error (error);
  dump_bytes (dump, list);

  for (guint i = 0; split[i] != NULL && *split[i] != '\0'; i++)
    {
      g_autoptr (GBytes) all =
        loft_catalog_list_versions (catalog, split[i], &error);
      g_assert_no_error (error);
      g_autoptr (GBytes) dependents = loft_catalog_list_dependents (catalog,
                                                                    split[i],
                                                                    NULL,
                                                                    100,
                                                                    NULL,
                                                                    &error);
      g_assert_no_error (error);
      g_autofree char *found =
        kit_search (catalog, split[i], LOFT_SORT_RELEVANCE, 100);

      dump_bytes (dump, all);
      dump_bytes (dump, dependents);
      g_string_append_printf (dump, "%s\n", found);
    }

  g_autofree char *updated = kit_search (catalog, "", LOFT_SORT_UPDATED, 100);
  g_autofree char *common =
    kit_search (catalog, "what does", LOFT_SORT_RELEVANCE, 100);
  g_string_append_printf (dump, "%s\n%s\n", updated, common);

  return g_string_free (g_steal_pointer (&dump), FALSE);
}
