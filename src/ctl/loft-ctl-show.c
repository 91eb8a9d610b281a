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

/* "loft-registryctl show": a package with its versions, or one of them. */

static const LoftCtlColumn sheet_columns[] = { { NULL, TRUE },
                                               { NULL, FALSE } };
static const LoftCtlColumn version_columns[] = {
  { N_ ("VERSION"), FALSE },
  { N_ ("PUBLISHED"), FALSE },
  { N_ ("SIZE"), TRUE },
  { N_ ("STATE"), FALSE },
};

static const struct
{
  const char *member;
  const char *label;
} lines[] = {
  { "name", N_ ("Name:") },
  { "description", N_ ("Description:") },
  { "repository", N_ ("Repository:") },
  { "license", N_ ("License:") },
  { "deprecated", N_ ("Deprecated:") },
};

static const struct
{
  const char *member;
  const char *label;
} lists[] = {
  { "authors", N_ ("Authors:") },
  { "owners", N_ ("Owners:") },
};

static void
add_line (LoftCtlTable *table, const char *label, const char *text)
{
  if (text != NULL && *text != '\0')
    loft_ctl_table_add (table, LOFT_CTL_STYLE_PLAIN, _ (label), text, NULL);
}

static char *
join_dependencies (JsonObject *element)
{
  GString *text = g_string_new (NULL);
  JsonObject *dependencies = loft_json_get_object (element, "dependencies");

  if (dependencies == NULL)
    return g_string_free (text, FALSE);

  g_autoptr (GList) names = json_object_get_members (dependencies);
  for (GList *l = names; l != NULL; l = l->next)
    {
      const char *wanted = loft_json_get_string (dependencies, l->data);

      g_string_append_printf (text,
                              "%s%s %s",
                              text->len > 0 ? ", " : "",
                              (const char *) l->data,
                              wanted != NULL ? wanted : "");
    }

  return g_string_free (text, FALSE);
}

static char *
describe_size (JsonObject *element)
{
  gint64 size = loft_json_get_int (element, "size", -1);

  return size >= 0 ? g_format_size ((guint64) size) : g_strdup ("");
}

static void
add_version_lines (LoftCtlTable *table, JsonObject *element)
{
  g_autofree char *time =
    loft_ctl_text_time (loft_json_get_string (element, "published_at"));
  g_autofree char *size = describe_size (element);
  g_autofree char *dependencies = join_dependencies (element);

  add_line (table, N_ ("Version:"), loft_json_get_string (element, "version"));
  if (loft_ctl_json_get_boolean (element, "yanked"))
    add_line (table, N_ ("State:"), _ ("yanked"));
  add_line (table, N_ ("Published:"), time);
  add_line (table, N_ ("Size:"), size);
  add_line (table, N_ ("SHA-256:"), loft_json_get_string (element, "sha256"));
  add_line (table, N_ ("Depends on:"), dependencies);
}

static void
print_sheet (const LoftCtl *self, JsonObject *element, gboolean with_version)
{
  g_autoptr (LoftCtlTable) table =
    loft_ctl_table_new (sheet_columns, G_N_ELEMENTS (sheet_columns));

  for (guint i = 0; i < G_N_ELEMENTS (lines); i++)
    add_line (table,
              lines[i].label,
              loft_json_get_string (element, lines[i].member));
  for (guint i = 0; i < G_N_ELEMENTS (lists); i++)
    {
      g_autofree char *text = loft_ctl_json_join (element, lists[i].member);

      add_line (table, lists[i].label, text);
    }
  if (with_version)
    add_version_lines (table, element);
  loft_ctl_table_print (table, self);
}

static void
print_versions (const LoftCtl *self, GPtrArray *elements)
{
  g_autoptr (LoftCtlTable) table =
    loft_ctl_table_new (version_columns, G_N_ELEMENTS (version_columns));

  for (guint i = 0; i < elements->len; i++)
    {
      JsonObject *element = elements->pdata[i];
      const char *version = loft_json_get_string (element, "version");
      gboolean yanked = loft_ctl_json_get_boolean (element, "yanked");
      g_autofree char *size = describe_size (element);
      g_autofree char *time =
        loft_ctl_text_time (loft_json_get_string (element, "published_at"));

      loft_ctl_table_add (table,
                          yanked ? LOFT_CTL_STYLE_DIM : LOFT_CTL_STYLE_PLAIN,
                          version != NULL ? version : "",
                          time,
                          size,
                          yanked ? _ ("yanked") : "",
                          NULL);
    }
  g_print ("\n");
  loft_ctl_table_print (table, self);
}

static void
print_json (const char *const *texts, GPtrArray *elements, const char *version)
{
  gboolean first = TRUE;

  if (version == NULL)
    {
      g_print ("[\n");
      loft_ctl_json_print_texts (texts, &first);
      g_print ("\n]\n");
      return;
    }
  for (guint i = 0; i < elements->len; i++)
    if (g_strcmp0 (loft_json_get_string (elements->pdata[i], "version"),
                   version) == 0)
      g_print ("%s\n", texts[i]);
}

static GPtrArray *
parse (const char *const *texts, GError **error)
{
  g_autoptr (GPtrArray) elements =
    g_ptr_array_new_with_free_func ((GDestroyNotify) json_object_unref);

  for (guint i = 0; texts[i] != NULL; i++)
    {
      JsonObject *element = loft_ctl_json_parse (texts[i], error);
      if (element == NULL)
        return NULL;
      g_ptr_array_add (elements, element);
    }

  return g_steal_pointer (&elements);
}

/* The version that was asked for, else the newest. */
static JsonObject *
find (GPtrArray *elements, const char *version)
{
  if (version == NULL)
    return elements->len > 0 ? elements->pdata[elements->len - 1] : NULL;
  for (guint i = 0; i < elements->len; i++)
    if (g_strcmp0 (loft_json_get_string (elements->pdata[i], "version"),
                   version) == 0)
      return elements->pdata[i];

  return NULL;
}

static gboolean
run (const LoftCtl *self, char **arguments, GError **error)
{
  g_auto (GStrv) parts = g_strsplit (arguments[0], "@", 2);
  const char *version = parts[0] != NULL ? parts[1] : NULL;
  g_auto (GStrv) texts = NULL;
  g_autoptr (LoftBusRegistry1) registry = loft_ctl_bus_connect (self, error);

  if (registry == NULL || !loft_bus_registry1_call_show_package_sync (
                            registry,
                            parts[0] != NULL ? parts[0] : "",
                            G_DBUS_CALL_FLAGS_NONE,
                            -1,
                            &texts,
                            NULL,
                            error))
    return FALSE;

  g_autoptr (GPtrArray) elements = parse ((const char *const *) texts, error);
  if (elements == NULL)
    return FALSE;

  JsonObject *element = find (elements, version);
  if (element == NULL)
    {
      g_set_error (error,
                   LOFT_CTL_ERROR,
                   LOFT_CTL_ERROR_NOT_FOUND,
                   _ ("There is no such version: %s"),
                   arguments[0]);
      return FALSE;
    }

  if (self->json)
    {
      print_json ((const char *const *) texts, elements, version);
      return TRUE;
    }
  print_sheet (self, element, version != NULL);
  if (version == NULL)
    print_versions (self, elements);

  return TRUE;
}

const LoftCtlCommand loft_ctl_show = {
  .name = "show",
  .arguments = N_ ("NAME[@VERSION]"),
  .summary = N_ ("Show a package with all its versions, or one of them"),
  .least = 1,
  .most = 1,
  .run = run,
};
