/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "pages/loft-pages-private.h"

#include <glib/gi18n.h>

#include "registry/loft-json.h"

/* Pages that list packages. */

static void
add_string (JsonObject *values, const char *name, const char *value)
{
  if (value != NULL)
    json_object_set_string_member (values, name, value);
}

/* Rows of a list; what they are made of is not needed any more. */
static void
add_elements (const LoftPagesPlace *place,
              JsonObject *values,
              const char *name,
              JsonNode *elements)
{
  JsonArray *array = json_node_get_array (elements);

  for (guint i = 0; i < json_array_get_length (array); i++)
    loft_pages_add_words (place, json_array_get_object_element (array, i));
  json_object_set_array_member (values, name, json_array_ref (array));
}

/**
 * loft_pages_render_home:
 * @place: where the page is
 * @home: what to show
 *
 * Shows what the registry has, and how to use it.
 *
 * Returns: (transfer full): a page
 */
LoftHtml *
loft_pages_render_home (const LoftPagesPlace *place, const LoftPagesHome *home)
{
  g_return_val_if_fail (place != NULL && home != NULL, NULL);

  g_autoptr (JsonObject) values = loft_pages_new_values (place);

  json_object_set_string_member (values, "url", home->url);
  json_object_set_int_member (values, "n_packages", (gint64) home->n_packages);
  if (home->n_versions > 0)
    json_object_set_int_member (values,
                                "n_versions",
                                (gint64) home->n_versions);
  if (home->newest != NULL)
    add_elements (place, values, "newest", home->newest);
  if (home->depended_on != NULL)
    add_elements (place, values, "depended_on", home->depended_on);

  return loft_pages_finish (place,
                            "home",
                            values,
                            loft_words_get_in (place->words, "title", "Start"),
                            NULL);
}

/* The orders that a list may have, and which one it has. */
static void
add_orders (const LoftPagesPlace *place,
            JsonObject *values,
            const LoftPagesList *list)
{
  static const char *const orders[][2] = {
    { "relevance", NC_ ("order", "Relevance") },
    { "name", NC_ ("order", "Name") },
    { "updated", NC_ ("order", "Last published") },
    { "dependents", NC_ ("order", "Dependents") },
  };
  gboolean is_search = list->query != NULL && *list->query != '\0';
  const char *current = list->sort != NULL ? list->sort : "relevance";
  JsonArray *array = json_array_new ();

  /* Without words there is no relevance. */
  if (!is_search && g_str_equal (current, "relevance"))
    current = "name";
  for (gsize i = is_search ? 0 : 1; i < G_N_ELEMENTS (orders); i++)
    {
      JsonObject *order = json_object_new ();

      json_object_set_string_member (order, "key", orders[i][0]);
      json_object_set_string_member (
        order,
        "label",
        loft_words_get_in (place->words, "order", orders[i][1]));
      json_object_set_boolean_member (order,
                                      "current",
                                      g_str_equal (orders[i][0], current));
      json_array_add_object_element (array, order);
    }
  json_object_set_string_member (values, "sort", current);
  json_object_set_array_member (values, "orders", array);
}

/**
 * loft_pages_render_list:
 * @place: where the page is
 * @list: what to show
 *
 * Shows packages.
 *
 * Returns: (transfer full): a page
 */
LoftHtml *
loft_pages_render_list (const LoftPagesPlace *place, const LoftPagesList *list)
{
  g_return_val_if_fail (place != NULL && list != NULL, NULL);

  g_autoptr (JsonObject) values = loft_pages_new_values (place);
  gboolean is_search = list->query != NULL && *list->query != '\0';
  g_autofree char *title =
    is_search
      ? g_strdup_printf (loft_words_get (place->words, "Packages for “%s”"),
                         list->query)
      : g_strdup (loft_words_get (place->words, "All packages"));

  add_string (values, "query", list->query);
  add_string (values, "next", list->next);
  json_object_set_boolean_member (values, "further", !list->is_first);
  add_elements (place, values, "packages", list->elements);
  if (place->view == NULL)
    add_orders (place, values, list);

  return loft_pages_finish (place, "list", values, title, NULL);
}

/**
 * loft_pages_render_dependents:
 * @place: where the page is
 * @name: a package
 * @elements: some packages that depend on it, as the registry lists them
 * @is_first: whether no page is before this one
 * @next: (nullable): where the next page begins
 *
 * Shows who depends on a package.
 *
 * Returns: (transfer full): a page
 */
LoftHtml *
loft_pages_render_dependents (const LoftPagesPlace *place,
                              const char *name,
                              JsonNode *elements,
                              gboolean is_first,
                              const char *next)
{
  g_return_val_if_fail (place != NULL, NULL);
  g_return_val_if_fail (name != NULL && elements != NULL, NULL);

  g_autoptr (JsonObject) values = loft_pages_new_values (place);
  g_autofree char *title = g_strdup_printf (
    loft_words_get (place->words, "Packages that depend on %s"),
    name);

  json_object_set_string_member (values, "name", name);
  add_string (values, "next", next);
  json_object_set_boolean_member (values, "further", !is_first);
  json_object_set_member (values, "dependents", json_node_copy (elements));

  return loft_pages_finish (place, "dependents", values, title, NULL);
}

/* What people can make of it. All else is “Failure”. */
static const char *
get_problem_title (const LoftWords *words, gint64 status)
{
  switch (status)
    {
    case 400:
      return loft_words_get (words, "This request makes no sense");
    case 401:
    case 403:
      return loft_words_get (words, "This is not for everybody");
    case 404:
      return loft_words_get (words, "There is no such page");
    case 405:
      return loft_words_get (words, "This page can’t be used so");
    case 429:
      return loft_words_get (words, "Too many requests");
    case 503:
      return loft_words_get (words, "The registry can’t answer at present");
    default:
      return loft_words_get (words, "Failure");
    }
}

/* English has the sentence that programs get, which says more. */
static const char *
get_problem_text (const LoftWords *words, LoftPagesProblem kind)
{
  if (g_str_equal (loft_words_get_tag (words), "en"))
    return NULL;

  switch (kind)
    {
    case LOFT_PAGES_PROBLEM_NO_PACKAGE:
      return loft_words_get (words, "There is no package of that name.");
    case LOFT_PAGES_PROBLEM_NO_VERSION:
      return loft_words_get (words, "The package has no such version.");
    case LOFT_PAGES_PROBLEM_NOTHING:
      return loft_words_get (words, "Nothing of that name is there.");
    case LOFT_PAGES_PROBLEM_NO_PAGE:
      return loft_words_get (words, "Nothing is served at this address.");
    case LOFT_PAGES_PROBLEM_MALFORMED:
      return loft_words_get (words, "Something in the address is wrong.");
    case LOFT_PAGES_PROBLEM_TOO_OFTEN:
      return loft_words_get (words, "Try again in a while.");
    case LOFT_PAGES_PROBLEM_STARTING:
      return loft_words_get (
        words,
        "It is still reading its storage; try again soon.");
    case LOFT_PAGES_PROBLEM_BUSY:
      return loft_words_get (
        words,
        "Too many ask for the same at once; try again soon.");
    case LOFT_PAGES_PROBLEM_AWAY:
      return loft_words_get (words,
                             "Its storage does not answer; try again soon.");
    case LOFT_PAGES_PROBLEM_OTHER:
    default:
      return NULL;
    }
}

/**
 * loft_pages_render_problem:
 * @place: where the page would be
 * @problem: why there is none, a JSON object
 * @kind: the same, as far as people can be told in their language
 *
 * Shows a failure.
 *
 * Returns: (transfer full): a page
 */
LoftHtml *
loft_pages_render_problem (const LoftPagesPlace *place,
                           GBytes *problem,
                           LoftPagesProblem kind)
{
  g_return_val_if_fail (place != NULL && problem != NULL, NULL);

  g_autoptr (JsonObject) values = loft_pages_new_values (place);
  gsize length = 0;
  const char *text = g_bytes_get_data (problem, &length);
  g_autoptr (JsonNode) node = loft_json_parse (text, length, NULL);
  JsonObject *object = node != NULL ? json_node_get_object (node) : NULL;
  const char *title = get_problem_title (
    place->words,
    object != NULL ? loft_json_get_int (object, "status", 0) : 0);

  const char *sentence = get_problem_text (place->words, kind);

  json_object_set_boolean_member (values, "is_problem", TRUE);
  if (sentence != NULL)
    json_object_set_string_member (values, "sentence", sentence);
  json_object_set_boolean_member (values,
                                  "says_more",
                                  kind == LOFT_PAGES_PROBLEM_MALFORMED);
  if (node != NULL)
    json_object_set_member (values, "problem", json_node_copy (node));

  return loft_pages_finish (place, "problem", values, title, NULL);
}
