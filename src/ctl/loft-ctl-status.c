/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include <glib/gi18n.h>
#include <json-glib/json-glib.h>

#include "ctl/loft-ctl-bus.h"
#include "ctl/loft-ctl-json.h"
#include "ctl/loft-ctl-table.h"
#include "ctl/loft-ctl-text.h"

/* "loft-registryctl status": how the registry is. */

static const LoftCtlColumn columns[] = { { NULL, TRUE }, { NULL, FALSE } };

static const struct
{
  const char *property;
  const char *member;
  const char *label;
} lines[] = {
  { "CatalogState", "catalog", N_ ("Catalog:") },
  { "Progress", "progress", NULL },
  { "Packages", "packages", N_ ("Packages:") },
  { "Versions", "versions", N_ ("Versions:") },
  { "Sequence", "sequence", N_ ("Last event:") },
  { "Problems", "problems", N_ ("Problems:") },
  { "StorageUri", "storage", N_ ("Storage:") },
  { "Backend", "backend", N_ ("Backend:") },
  { "ReadOnly", "read_only", N_ ("Read-only:") },
  { "Maintains", "maintains", N_ ("Looks after it:") },
  { "Address", "addresses", N_ ("Address:") },
  { "Workers", "workers", N_ ("Workers:") },
  { "Uptime", "uptime", N_ ("Running for:") },
  { "Version", "version", N_ ("Version:") },
};

/* A state that is not here is shown as it came. */
static const struct
{
  const char *state;
  const char *text;
} states[] = {
  { "starting", N_ ("starting") },
  { "ready", N_ ("ready") },
  { "failing", N_ ("failing") },
};

static char *
describe_catalog (GVariant *properties)
{
  const char *state = "";
  double progress = 0;

  g_variant_lookup (properties, "CatalogState", "&s", &state);
  g_variant_lookup (properties, "Progress", "d", &progress);
  if (g_str_equal (state, "rebuilding"))
    return g_strdup_printf (_ ("rebuilding, %.0f %%"), progress * 100);
  for (guint i = 0; i < G_N_ELEMENTS (states); i++)
    if (g_str_equal (states[i].state, state))
      return g_strdup (_ (states[i].text));

  return g_strdup (state);
}

static char *
describe (GVariant *properties, const char *property)
{
  g_autoptr (GVariant) value =
    g_variant_lookup_value (properties, property, NULL);

  if (value == NULL)
    return g_strdup ("");
  if (g_str_equal (property, "CatalogState"))
    return describe_catalog (properties);
  if (g_str_equal (property, "Uptime"))
    return loft_ctl_text_duration (g_variant_get_uint64 (value));
  if (g_variant_is_of_type (value, G_VARIANT_TYPE_STRING))
    return g_variant_dup_string (value, NULL);
  if (g_variant_is_of_type (value, G_VARIANT_TYPE_BOOLEAN))
    return g_strdup (g_variant_get_boolean (value) ? _ ("yes") : _ ("no"));
  if (g_variant_is_of_type (value, G_VARIANT_TYPE_STRING_ARRAY))
    {
      g_autofree const char **texts = g_variant_get_strv (value, NULL);

      return g_strjoinv (", ", (char **) texts);
    }

  return g_variant_print (value, FALSE);
}

static void
print_json (GVariant *properties)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  json_builder_begin_object (builder);
  for (guint i = 0; i < G_N_ELEMENTS (lines); i++)
    {
      g_autoptr (GVariant) value =
        g_variant_lookup_value (properties, lines[i].property, NULL);

      if (value == NULL)
        continue;
      json_builder_set_member_name (builder, lines[i].member);
      json_builder_add_value (builder, json_gvariant_serialize (value));
    }
  json_builder_end_object (builder);
  loft_ctl_json_print (builder);
}

static void
print_table (const LoftCtl *self, GVariant *properties)
{
  g_autoptr (LoftCtlTable) table =
    loft_ctl_table_new (columns, G_N_ELEMENTS (columns));

  for (guint i = 0; i < G_N_ELEMENTS (lines); i++)
    {
      g_autofree char *text = describe (properties, lines[i].property);

      if (lines[i].label != NULL)
        loft_ctl_table_add (table,
                            LOFT_CTL_STYLE_PLAIN,
                            _ (lines[i].label),
                            text,
                            NULL);
    }
  loft_ctl_table_print (table, self);
}

static gboolean
run (const LoftCtl *self, char **arguments, GError **error)
{
  g_autoptr (LoftBusRegistry1) registry = loft_ctl_bus_connect (self, error);
  if (registry == NULL)
    return FALSE;

  g_autoptr (GVariant) properties =
    loft_ctl_bus_get_properties (G_DBUS_PROXY (registry), error);
  if (properties == NULL)
    return FALSE;

  if (self->json)
    print_json (properties);
  else
    print_table (self, properties);

  return TRUE;
}

const LoftCtlCommand loft_ctl_status = {
  .name = "status",
  .summary = N_ ("Tell how the registry is"),
  .run = run,
};
