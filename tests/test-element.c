/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "kit/catalog-kit.h"
#include "registry/loft-element.h"
#include "registry/loft-json.h"

static char *
render (const LoftDocument *document, const char *sha256, gint64 size)
{
  g_autofree char *head = loft_element_render_head (document, sha256, size);
  g_autoptr (GString) text = g_string_new (NULL);

  loft_element_append (text, head, NULL, FALSE, NULL);

  return g_string_free (g_steal_pointer (&text), FALSE);
}

/* An element has exactly these fields, in this order. */
static void
test_whole (void)
{
  g_autoptr (LoftDocument) document = kit_document ("hello", "1.0.0");
  g_autoptr (GString) text = g_string_new (NULL);
  const char *const owners[] = { "ann", "bob", NULL };
  g_autofree char *rendered = loft_element_render_owners (owners);

  g_free (document->sha256);
  document->sha256 = g_strdup ("ab");
  document->repository = g_strdup ("https://example.org/");
  document->license = g_strdup ("MIT");
  kit_depend (document, "zoo", "^1");
  kit_depend (document, "ape", "~2.1");

  g_autofree char *head = loft_element_render_head (document, NULL, -1);
  loft_element_append (text, head, rendered, TRUE, "use “hi”");

  g_assert_cmpstr (text->str,
                   ==,
                   "{\"name\":\"hello\",\"version\":\"1.0.0\","
                   "\"description\":\"What hello does\","
                   "\"repository\":\"https://example.org/\","
                   "\"authors\":[\"Ann\"],\"license\":\"MIT\","
                   "\"published_at\":\"2023-11-14T22:13:20.000000Z\","
                   "\"size\":100,\"sha256\":\"ab\","
                   "\"dependencies\":{\"ape\":\"~2.1\",\"zoo\":\"^1\"},"
                   "\"owners\":[\"ann\",\"bob\"],\"yanked\":true,"
                   "\"deprecated\":\"use “hi”\"}");
}

/* What a document does not say is null, or taken from whoever knows it. */
static void
test_missing (void)
{
  g_autoptr (LoftDocument) document = kit_document ("hello", "1.0.0");

  g_clear_pointer (&document->description, g_free);
  g_clear_pointer (&document->sha256, g_free);
  document->size = -1;

  g_autofree char *without = render (document, NULL, -1);
  g_assert_nonnull (strstr (without, "\"description\":null"));
  g_assert_nonnull (strstr (without, "\"size\":null,\"sha256\":null"));
  g_assert_nonnull (strstr (without, "\"owners\":[]"));
  g_assert_nonnull (strstr (without, "\"deprecated\":null}"));

  g_autofree char *with = render (document, "cd", 7);
  g_assert_nonnull (strstr (with, "\"size\":7,\"sha256\":\"cd\""));

  document->size = 0;
  document->sha256 = g_strdup ("ef");
  g_autofree char *own = render (document, "cd", 7);
  g_assert_nonnull (strstr (own, "\"size\":0,\"sha256\":\"ef\""));
}

/* Whatever a document says, an element is JSON and says the same. */
static void
test_hostile (void)
{
  static const char *const texts[] = {
    "",           "\"",
    "\\",         "\\\"",
    "</script>",  "a\nb\tc\r",
    "\x01\x1f",   "\x7f",
    "\b\f",       "line\u2028sep",
    "\U0001f600", "nul\\u0000",
    "'",          "[1,2]}",
    "{\"a\":1",   "\xef\xbf\xbf",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (LoftDocument) document = kit_document ("hello", "1.0.0");
      g_autoptr (GString) text = g_string_new (NULL);
      const char *const owners[] = { texts[i], NULL };
      g_autofree char *rendered = loft_element_render_owners (owners);

      g_free (document->description);
      document->description = g_strdup (texts[i]);
      kit_depend (document, texts[i], texts[i]);
      g_autofree char *head = loft_element_render_head (document, NULL, -1);
      loft_element_append (text, head, rendered, FALSE, texts[i]);

      g_autoptr (JsonNode) node =
        loft_json_parse (text->str, text->len, &error);
      g_assert_no_error (error);
      JsonObject *object = json_node_get_object (node);
      JsonObject *dependencies =
        json_object_get_object_member (object, "dependencies");
      g_assert_cmpstr (json_object_get_string_member (object, "description"),
                       ==,
                       texts[i]);
      g_assert_cmpstr (json_object_get_string_member (object, "deprecated"),
                       ==,
                       texts[i]);
      g_assert_cmpstr (json_object_get_string_member (dependencies, texts[i]),
                       ==,
                       texts[i]);
    }
}

/* The same document gives the same bytes, whatever the order in which its
 * dependencies were read. */
static void
test_deterministic (void)
{
  g_autoptr (LoftDocument) up = kit_document ("hello", "1.0.0");
  g_autoptr (LoftDocument) down = kit_document ("hello", "1.0.0");

  for (guint i = 0; i < 500; i++)
    {
      g_autofree char *low = g_strdup_printf ("dep%u", i);
      g_autofree char *high = g_strdup_printf ("dep%u", 499 - i);

      kit_depend (up, low, "*");
      kit_depend (down, high, "*");
    }

  g_autofree char *one = render (up, NULL, -1);
  g_autofree char *other = render (down, NULL, -1);
  g_assert_cmpstr (one, ==, other);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  g_test_add_func ("/element/whole", test_whole);
  g_test_add_func ("/element/missing", test_missing);
  g_test_add_func ("/element/hostile", test_hostile);
  g_test_add_func ("/element/deterministic", test_deterministic);

  return g_test_run ();
}
