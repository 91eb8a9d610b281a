/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "pages/loft-pages-private.h"

#include "registry/loft-json.h"

/* What programs read of a package on its page. */

static void
copy_text (JsonObject *from,
           const char *member,
           JsonObject *to,
           const char *property)
{
  const char *text = loft_json_get_string (from, member);

  if (text != NULL && *text != '\0')
    json_object_set_string_member (to, property, text);
}

static void
add_authors (JsonObject *software, JsonObject *version)
{
  JsonArray *authors = loft_json_get_array (version, "authors");
  JsonArray *people = json_array_new ();

  for (guint i = 0; authors != NULL && i < json_array_get_length (authors); i++)
    {
      JsonNode *node = json_array_get_element (authors, i);

      if (json_node_get_value_type (node) != G_TYPE_STRING)
        continue;

      JsonObject *person = json_object_new ();
      json_object_set_string_member (person, "@type", "Person");
      json_object_set_string_member (person,
                                     "name",
                                     json_node_get_string (node));
      json_array_add_object_element (people, person);
    }
  if (json_array_get_length (people) > 0)
    json_object_set_array_member (software, "author", people);
  else
    json_array_unref (people);
}

/**
 * loft_pages_new_software:
 * @place: where the page is
 * @shown: a version, as it is shown
 * @canonical: where that is
 *
 * Describes a version in the terms of schema.org.
 *
 * Returns: (transfer full): a SoftwareSourceCode
 */
JsonObject *
loft_pages_new_software (const LoftPagesPlace *place,
                         JsonObject *shown,
                         const char *canonical)
{
  g_return_val_if_fail (place != NULL && shown != NULL, NULL);
  g_return_val_if_fail (canonical != NULL, NULL);

  JsonObject *software = json_object_new ();

  json_object_set_string_member (software, "@context", "https://schema.org");
  json_object_set_string_member (software, "@type", "SoftwareSourceCode");
  copy_text (shown, "name", software, "name");
  copy_text (shown, "description", software, "description");
  copy_text (shown, "version", software, "version");
  json_object_set_string_member (software, "programmingLanguage", "loft");
  copy_text (shown, "license", software, "license");
  if (json_object_get_boolean_member_with_default (shown, "has_link", FALSE))
    copy_text (shown, "repository", software, "codeRepository");
  add_authors (software, shown);
  copy_text (shown, "published_at", software, "dateModified");
  if (place->url != NULL)
    json_object_set_string_member (software, "url", canonical);

  return software;
}
