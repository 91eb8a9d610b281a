/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include <glib/gi18n.h>
#include <string.h>

#include "ctl/loft-ctl-bus.h"
#include "ctl/loft-ctl-json.h"
#include "ctl/loft-ctl-table.h"
#include "ctl/loft-ctl-text.h"

/* "loft-registryctl packages": lists packages, or finds some. */

#define PAGE 500

static const LoftCtlColumn columns[] = {
  { N_ ("NAME"), FALSE },
  { N_ ("VERSION"), FALSE },
  { N_ ("PUBLISHED"), FALSE },
  { N_ ("DESCRIPTION"), FALSE },
};

static char *option_sort; /* owned, nullable */
static int option_limit;

/* clang-format off */
static const GOptionEntry entries[] = {
  { "sort", 's', 0, G_OPTION_ARG_STRING, &option_sort,
    N_ ("Sort by relevance, name or updated"), N_ ("ORDER") },
  { "limit", 'n', 0, G_OPTION_ARG_INT, &option_limit,
    N_ ("List so many at most; all if there is no limit"), N_ ("NUMBER") },
  G_OPTION_ENTRY_NULL
};
/* clang-format on */

static gboolean
add_rows (LoftCtlTable *table, const char *const *elements, GError **error)
{
  for (guint i = 0; elements[i] != NULL; i++)
    {
      g_autoptr (JsonObject) element = loft_ctl_json_parse (elements[i], error);
      if (element == NULL)
        return FALSE;

      const char *name = loft_json_get_string (element, "name");
      const char *version = loft_json_get_string (element, "version");
      const char *description = loft_json_get_string (element, "description");
      gboolean is_deprecated =
        loft_json_get_string (element, "deprecated") != NULL;
      g_autofree char *time =
        loft_ctl_text_time (loft_json_get_string (element, "published_at"));

      loft_ctl_table_add (table,
                          is_deprecated ? LOFT_CTL_STYLE_DIM
                                        : LOFT_CTL_STYLE_PLAIN,
                          name != NULL ? name : "",
                          version != NULL ? version : "",
                          time,
                          description != NULL ? description : "",
                          NULL);
    }

  return TRUE;
}

static GVariant *
make_options (const char *after, guint limit)
{
  GVariantDict options;

  g_variant_dict_init (&options, NULL);
  if (option_sort != NULL)
    g_variant_dict_insert (&options, "sort", "s", option_sort);
  g_variant_dict_insert (&options, "after", "s", after);
  g_variant_dict_insert (&options, "limit", "u", limit);

  return g_variant_dict_end (&options);
}

static gboolean
list (LoftBusRegistry1 *registry,
      const char *query,
      LoftCtlTable *table,
      gboolean json,
      GError **error)
{
  g_autofree char *after = g_strdup ("");
  guint left = option_limit > 0 ? (guint) option_limit : G_MAXUINT;
  gboolean first = TRUE;

  do
    {
      g_auto (GStrv) elements = NULL;
      g_autofree char *next = NULL;

      if (!loft_bus_registry1_call_list_packages_sync (
            registry,
            query,
            make_options (after, MIN (left, PAGE)),
            G_DBUS_CALL_FLAGS_NONE,
            -1,
            &elements,
            &next,
            NULL,
            error))
        return FALSE;
      if (json && *after == '\0')
        g_print ("[\n");
      if (json)
        loft_ctl_json_print_texts ((const char *const *) elements, &first);
      else if (!add_rows (table, (const char *const *) elements, error))
        return FALSE;
      left -= MIN (left, g_strv_length (elements));
      g_free (after);
      after = g_steal_pointer (&next);
    }
  while (*after != '\0' && left > 0);
  if (json)
    g_print ("%s]\n", first ? "" : "\n");

  return TRUE;
}

static gboolean
run (const LoftCtl *self, char **arguments, GError **error)
{
  g_autoptr (LoftCtlTable) table =
    loft_ctl_table_new (columns, G_N_ELEMENTS (columns));

  if (option_limit < 0)
    {
      g_set_error_literal (error,
                           LOFT_CTL_ERROR,
                           LOFT_CTL_ERROR_USAGE,
                           _ ("--limit takes a number that is not negative"));
      return FALSE;
    }

  g_autoptr (LoftBusRegistry1) registry = loft_ctl_bus_connect (self, error);
  if (registry == NULL || !list (registry,
                                 arguments[0] != NULL ? arguments[0] : "",
                                 table,
                                 self->json,
                                 error))
    return FALSE;
  if (!self->json)
    loft_ctl_table_print (table, self);

  return TRUE;
}

const LoftCtlCommand loft_ctl_packages = {
  .name = "packages",
  .arguments = N_ ("[QUERY]"),
  .summary = N_ ("List the packages, or those that a query finds"),
  .most = 1,
  .options = entries,
  .run = run,
};
