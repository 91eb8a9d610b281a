/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include <glib/gi18n.h>

#include "ctl/loft-ctl-bus.h"
#include "ctl/loft-ctl-json.h"
#include "ctl/loft-ctl-table.h"
#include "ctl/loft-ctl-text.h"

/* "loft-registryctl docs": documentation that could not be built, or waits. */

static const LoftCtlColumn columns[] = {
  { N_ ("NAME"), FALSE }, { N_ ("VERSION"), FALSE }, { N_ ("STATE"), FALSE },
  { N_ ("TRIES"), TRUE }, { N_ ("SINCE"), FALSE },   { N_ ("REASON"), FALSE },
};
static const LoftCtlColumn sheet_columns[] = { { NULL, TRUE },
                                               { NULL, FALSE } };

static gboolean option_rebuild;
static gboolean option_build_missing;
static int option_limit;

/* clang-format off */
static const GOptionEntry entries[] = {
  { "rebuild", 0, 0, G_OPTION_ARG_NONE, &option_rebuild,
    N_ ("Have the version's documentation built, be it once more"), NULL },
  { "build-missing", 0, 0, G_OPTION_ARG_NONE, &option_build_missing,
    N_ ("Have that of older versions built which have none, the newest first"),
    NULL },
  { "limit", 'n', 0, G_OPTION_ARG_INT, &option_limit,
    N_ ("List or build so many at most; 1000 if there is no limit"),
    N_ ("NUMBER") },
  G_OPTION_ENTRY_NULL
};
/* clang-format on */

/* In the language of whoever reads it. */
static const char *
describe_state (JsonObject *element)
{
  const char *state = loft_json_get_string (element, "state");

  if (g_strcmp0 (state, "failed") == 0)
    return _ ("failed");
  if (g_strcmp0 (state, "waiting") == 0)
    return _ ("waiting");
  if (g_strcmp0 (state, "built") == 0)
    return _ ("built");

  return _ ("none");
}

static const char *
get_text (JsonObject *element, const char *member)
{
  const char *text = loft_json_get_string (element, member);

  return text != NULL ? text : "";
}

static gboolean
add_row (LoftCtlTable *table, const char *text, GError **error)
{
  g_autoptr (JsonObject) element = loft_ctl_json_parse (text, error);
  if (element == NULL)
    return FALSE;

  gboolean failed = g_str_equal (get_text (element, "state"), "failed");
  gint64 attempts = loft_json_get_int (element, "attempts", 0);
  g_autofree char *tries = g_strdup_printf ("%" G_GINT64_FORMAT, attempts);
  g_autofree char *since =
    loft_ctl_text_time (loft_json_get_string (element, "since"));

  loft_ctl_table_add (table,
                      failed ? LOFT_CTL_STYLE_BAD : LOFT_CTL_STYLE_PLAIN,
                      get_text (element, "name"),
                      get_text (element, "version"),
                      describe_state (element),
                      tries,
                      since,
                      get_text (element, "reason"),
                      NULL);

  return TRUE;
}

static gboolean
list (const LoftCtl *self, LoftBusRegistry1 *registry, GError **error)
{
  g_autoptr (LoftCtlTable) table =
    loft_ctl_table_new (columns, G_N_ELEMENTS (columns));
  g_auto (GStrv) elements = NULL;
  gboolean first = TRUE;

  if (!loft_bus_registry1_call_list_docs_sync (registry,
                                               (guint) option_limit,
                                               G_DBUS_CALL_FLAGS_NONE,
                                               -1,
                                               &elements,
                                               NULL,
                                               error))
    return FALSE;

  if (self->json)
    {
      g_print ("[\n");
      loft_ctl_json_print_texts ((const char *const *) elements, &first);
      g_print ("%s]\n", first ? "" : "\n");
      return TRUE;
    }

  for (gsize i = 0; elements[i] != NULL; i++)
    if (!add_row (table, elements[i], error))
      return FALSE;
  loft_ctl_table_print (table, self);

  return TRUE;
}

static void
add_line (LoftCtlTable *table, const char *label, const char *text)
{
  if (*text != '\0')
    loft_ctl_table_add (table, LOFT_CTL_STYLE_PLAIN, label, text, NULL);
}

static void
print_sheet (const LoftCtl *self, JsonObject *element)
{
  g_autoptr (LoftCtlTable) table =
    loft_ctl_table_new (sheet_columns, G_N_ELEMENTS (sheet_columns));
  gint64 attempts = loft_json_get_int (element, "attempts", 0);
  g_autofree char *tries = attempts > 0
                             ? g_strdup_printf ("%" G_GINT64_FORMAT, attempts)
                             : g_strdup ("");
  g_autofree char *since =
    loft_ctl_text_time (loft_json_get_string (element, "since"));
  g_autofree char *log = loft_ctl_text_clean (get_text (element, "log"), TRUE);

  add_line (table, _ ("Name:"), get_text (element, "name"));
  add_line (table, _ ("Version:"), get_text (element, "version"));
  add_line (table, _ ("State:"), describe_state (element));
  add_line (table, _ ("Tries:"), tries);
  add_line (table, _ ("Since:"), since);
  add_line (table, _ ("Reason:"), get_text (element, "reason"));
  loft_ctl_table_print (table, self);
  if (*log != '\0')
    g_print ("\n%s\n", log);
}

static gboolean
show (const LoftCtl *self,
      LoftBusRegistry1 *registry,
      const char *name,
      const char *version,
      GError **error)
{
  g_autofree char *text = NULL;

  if (!loft_bus_registry1_call_show_docs_sync (registry,
                                               name,
                                               version,
                                               G_DBUS_CALL_FLAGS_NONE,
                                               -1,
                                               &text,
                                               NULL,
                                               error))
    return FALSE;

  g_autoptr (JsonObject) element = loft_ctl_json_parse (text, error);
  if (element == NULL)
    return FALSE;

  if (self->json)
    g_print ("%s\n", text);
  else
    print_sheet (self, element);

  return TRUE;
}

static gboolean
rebuild (const LoftCtl *self,
         LoftBusRegistry1 *registry,
         const char *name,
         const char *version,
         GError **error)
{
  if (!loft_bus_registry1_call_build_docs_sync (
        registry,
        name,
        version,
        G_DBUS_CALL_FLAGS_ALLOW_INTERACTIVE_AUTHORIZATION,
        LOFT_CTL_BUS_PATIENCE,
        NULL,
        error))
    return FALSE;

  if (self->json)
    loft_ctl_json_print_strings ("name", name, "waiting", version, NULL);
  else
    g_print (_ ("The documentation of %s %s waits to be built.\n"),
             name,
             version);

  return TRUE;
}

static gboolean
build_missing (const LoftCtl *self, LoftBusRegistry1 *registry, GError **error)
{
  guint count = 0;

  if (!loft_bus_registry1_call_build_missing_docs_sync (
        registry,
        (guint) option_limit,
        G_DBUS_CALL_FLAGS_ALLOW_INTERACTIVE_AUTHORIZATION,
        LOFT_CTL_BUS_PATIENCE,
        &count,
        NULL,
        error))
    return FALSE;

  if (self->json)
    g_print ("{ \"waiting\" : %u }\n", count);
  else
    g_print (ngettext ("The documentation of %u version waits to be built.\n",
                       "The documentation of %u versions waits to be built.\n",
                       count),
             count);

  return TRUE;
}

static gboolean
check_options (char **arguments, GError **error)
{
  const char *wrong = NULL;

  if (option_limit < 0)
    wrong = _ ("--limit takes a number that is not negative");
  else if (option_rebuild && arguments[0] == NULL)
    wrong = _ ("--rebuild takes a version: NAME@VERSION");
  else if (option_build_missing && (option_rebuild || arguments[0] != NULL))
    wrong = _ ("--build-missing takes neither --rebuild nor a version");
  if (wrong == NULL)
    return TRUE;

  g_set_error_literal (error, LOFT_CTL_ERROR, LOFT_CTL_ERROR_USAGE, wrong);

  return FALSE;
}

static gboolean
run (const LoftCtl *self, char **arguments, GError **error)
{
  g_autofree char *name = NULL;
  g_autofree char *version = NULL;

  if (!check_options (arguments, error) ||
      (arguments[0] != NULL &&
       !loft_ctl_text_split_version (arguments[0], &name, &version, error)))
    return FALSE;

  g_autoptr (LoftBusRegistry1) registry = loft_ctl_bus_connect (self, error);
  if (registry == NULL)
    return FALSE;

  if (option_build_missing)
    return build_missing (self, registry, error);
  if (option_rebuild)
    return rebuild (self, registry, name, version, error);

  return name != NULL ? show (self, registry, name, version, error)
                      : list (self, registry, error);
}

const LoftCtlCommand loft_ctl_docs = {
  .name = "docs",
  .arguments = N_ ("[NAME@VERSION]"),
  .summary = N_ ("Tell of documentation that can't be built, or have it built"),
  .most = 1,
  .options = entries,
  .run = run,
};
