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

/* "loft-registryctl metrics": the figures, as Prometheus takes them. */

/* Reads NAME="VALUE" and tells where it ends; NULL at the end of the labels. */
static const char *
add_label (JsonBuilder *builder, const char *text)
{
  const char *equals = strchr (text, '=');

  if (*text == '}' || equals == NULL || equals[1] != '"')
    return NULL;

  g_autofree char *name = g_strndup (text, (gsize) (equals - text));
  g_autoptr (GString) value = g_string_new (NULL);
  const char *c = equals + 2;
  for (; *c != '\0' && *c != '"'; c++)
    {
      if (*c == '\\' && c[1] != '\0')
        c++;
      g_string_append_c (value, *c);
    }
  json_builder_set_member_name (builder, name);
  json_builder_add_string_value (builder, value->str);
  if (*c == '"')
    c++;

  return *c == ',' ? c + 1 : c;
}

static void
add_sample (JsonBuilder *builder, const char *line)
{
  const char *blank = strrchr (line, ' ');
  const char *brace = strchr (line, '{');

  if (*line == '#' || blank == NULL)
    return;

  g_autofree char *name =
    g_strndup (line, (gsize) ((brace != NULL ? brace : blank) - line));
  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "name");
  json_builder_add_string_value (builder, name);
  json_builder_set_member_name (builder, "labels");
  json_builder_begin_object (builder);
  for (const char *c = brace != NULL ? brace + 1 : NULL; c != NULL;)
    c = add_label (builder, c);
  json_builder_end_object (builder);
  json_builder_set_member_name (builder, "value");
  json_builder_add_double_value (builder, g_ascii_strtod (blank + 1, NULL));
  json_builder_end_object (builder);
}

static void
print_json (const char *text)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

  json_builder_begin_array (builder);
  for (guint i = 0; lines[i] != NULL; i++)
    add_sample (builder, lines[i]);
  json_builder_end_array (builder);
  loft_ctl_json_print (builder);
}

static gboolean
run (const LoftCtl *self, char **arguments, GError **error)
{
  g_autofree char *text = NULL;
  g_autoptr (LoftBusRegistry1) registry = loft_ctl_bus_connect (self, error);

  if (registry == NULL ||
      !loft_bus_registry1_call_get_metrics_sync (registry,
                                                 G_DBUS_CALL_FLAGS_NONE,
                                                 -1,
                                                 &text,
                                                 NULL,
                                                 error))
    return FALSE;

  if (self->json)
    print_json (text);
  else
    g_print ("%s", text);

  return TRUE;
}

const LoftCtlCommand loft_ctl_metrics = {
  .name = "metrics",
  .summary = N_ ("Print the figures that Prometheus gets"),
  .run = run,
};
