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

/* "loft-registryctl token": creates, lists and revokes tokens. */

static GStrv option_scopes;   /* owned, nullable */
static char *option_pattern;  /* owned, nullable */
static char *option_lifetime; /* owned, nullable */

/* clang-format off */
static const GOptionEntry entries[] = {
  { "scope", 's', 0, G_OPTION_ARG_STRING_ARRAY, &option_scopes,
    N_ ("Let the new token do this; may be given several times"),
    N_ ("SCOPE") },
  { "pattern", 'p', 0, G_OPTION_ARG_STRING, &option_pattern,
    N_ ("Let the new token be good for these packages"), N_ ("PATTERN") },
  { "lifetime", 'l', 0, G_OPTION_ARG_STRING, &option_lifetime,
    N_ ("Let the new token end after so many days, hours (12h) or weeks (2w)"),
    N_ ("TIME") },
  G_OPTION_ENTRY_NULL
};
/* clang-format on */

static const LoftCtlColumn sheet_columns[] = { { NULL, TRUE },
                                               { NULL, FALSE } };
static const LoftCtlColumn list_columns[] = {
  { N_ ("ID"), FALSE },        { N_ ("USER"), FALSE },
  { N_ ("CREATED"), FALSE },   { N_ ("EXPIRES"), FALSE },
  { N_ ("LAST USED"), FALSE }, { N_ ("PATTERN"), FALSE },
  { N_ ("STATE"), FALSE },     { N_ ("SCOPES"), FALSE },
};

static const struct
{
  char unit;
  guint seconds;
} units[] = {
  { '\0', 24 * 60 * 60 },
  { 'h', 60 * 60 },
  { 'd', 24 * 60 * 60 },
  { 'w', 7 * 24 * 60 * 60 },
};

static gboolean
parse_lifetime (guint64 *out_seconds, GError **error)
{
  char *end = NULL;

  *out_seconds = 0;
  if (option_lifetime == NULL)
    return TRUE;

  guint64 number = g_ascii_strtoull (option_lifetime, &end, 10);
  for (guint i = 0; i < G_N_ELEMENTS (units); i++)
    if (g_ascii_isdigit (*option_lifetime) && number > 0 &&
        number < G_MAXUINT32 && *end == units[i].unit &&
        (*end == '\0' || end[1] == '\0'))
      {
        *out_seconds = number * units[i].seconds;
        return TRUE;
      }

  g_set_error (error,
               LOFT_CTL_ERROR,
               LOFT_CTL_ERROR_USAGE,
               _ ("--lifetime: “%s” is none, such as 30d, 12h or 2w"),
               option_lifetime);
  return FALSE;
}

static char *
describe_time (guint64 seconds, const char *none)
{
  g_autoptr (GDateTime) time =
    seconds > 0 && seconds < G_MAXINT64
      ? g_date_time_new_from_unix_local ((gint64) seconds)
      : NULL;

  /* Translators: a day as strftime() writes it */
  return time != NULL ? g_date_time_format (time, _ ("%Y-%m-%d"))
                      : g_strdup (none);
}

static void
print_token (const LoftCtl *self,
             const char *id,
             const char *token,
             guint64 expires)
{
  g_autofree char *end = describe_time (expires, _ ("never"));
  g_autoptr (LoftCtlTable) table =
    loft_ctl_table_new (sheet_columns, G_N_ELEMENTS (sheet_columns));

  loft_ctl_table_add (table, LOFT_CTL_STYLE_PLAIN, _ ("Token:"), token, NULL);
  loft_ctl_table_add (table, LOFT_CTL_STYLE_PLAIN, _ ("Id:"), id, NULL);
  loft_ctl_table_add (table, LOFT_CTL_STYLE_PLAIN, _ ("Expires:"), end, NULL);
  loft_ctl_table_print (table, self);
  g_print ("%s\n", _ ("The token is shown this once and never again."));
}

static gboolean
create (const LoftCtl *self, const char *user, GError **error)
{
  const char *const no_scopes[] = { NULL };
  g_autofree char *id = NULL;
  g_autofree char *token = NULL;
  guint64 expires = 0;
  guint64 seconds = 0;

  if (!parse_lifetime (&seconds, error))
    return FALSE;

  g_autoptr (LoftBusRegistry1) registry = loft_ctl_bus_connect (self, error);
  if (registry == NULL ||
      !loft_bus_registry1_call_create_token_sync (
        registry,
        user,
        option_scopes != NULL ? (const char *const *) option_scopes : no_scopes,
        option_pattern != NULL ? option_pattern : "",
        seconds,
        G_DBUS_CALL_FLAGS_ALLOW_INTERACTIVE_AUTHORIZATION,
        LOFT_CTL_BUS_PATIENCE,
        &id,
        &token,
        &expires,
        NULL,
        error))
    return FALSE;

  if (self->json)
    loft_ctl_json_print_strings ("id", id, "token", token, "user", user, NULL);
  else
    print_token (self, id, token, expires);

  return TRUE;
}

static void
add_row (LoftCtlTable *table, GVariant *token)
{
  const char *id = "";
  const char *user = "";
  const char *pattern = "";
  guint64 created = 0;
  guint64 expires = 0;
  guint64 last_used = 0;
  gboolean revoked = FALSE;
  g_autofree const char **scopes = NULL;

  g_variant_lookup (token, "id", "&s", &id);
  g_variant_lookup (token, "user", "&s", &user);
  g_variant_lookup (token, "pattern", "&s", &pattern);
  g_variant_lookup (token, "created", "t", &created);
  g_variant_lookup (token, "expires", "t", &expires);
  g_variant_lookup (token, "last-used", "t", &last_used);
  g_variant_lookup (token, "revoked", "b", &revoked);
  g_variant_lookup (token, "scopes", "^a&s", &scopes);

  g_autofree char *begin = describe_time (created, "");
  g_autofree char *end = describe_time (expires, _ ("never"));
  g_autofree char *used = describe_time (last_used, _ ("never"));
  g_autofree char *all =
    scopes != NULL ? g_strjoinv (", ", (char **) scopes) : g_strdup ("");
  loft_ctl_table_add (table,
                      revoked ? LOFT_CTL_STYLE_DIM : LOFT_CTL_STYLE_PLAIN,
                      id,
                      user,
                      begin,
                      end,
                      used,
                      pattern,
                      revoked ? _ ("revoked") : "",
                      all,
                      NULL);
}

static gboolean
list (const LoftCtl *self, GError **error)
{
  g_autoptr (GVariant) tokens = NULL;
  g_autoptr (LoftCtlTable) table =
    loft_ctl_table_new (list_columns, G_N_ELEMENTS (list_columns));
  g_autoptr (LoftBusRegistry1) registry = loft_ctl_bus_connect (self, error);

  if (registry == NULL || !loft_bus_registry1_call_list_tokens_sync (
                            registry,
                            G_DBUS_CALL_FLAGS_ALLOW_INTERACTIVE_AUTHORIZATION,
                            LOFT_CTL_BUS_PATIENCE,
                            &tokens,
                            NULL,
                            error))
    return FALSE;

  if (self->json)
    {
      loft_ctl_json_print_variant (tokens);
      return TRUE;
    }
  for (gsize i = 0; i < g_variant_n_children (tokens); i++)
    {
      g_autoptr (GVariant) token = g_variant_get_child_value (tokens, i);

      add_row (table, token);
    }
  loft_ctl_table_print (table, self);

  return TRUE;
}

static gboolean
revoke_one (const LoftCtl *self, const char *id, GError **error)
{
  g_autoptr (LoftBusRegistry1) registry = loft_ctl_bus_connect (self, error);

  if (registry == NULL || !loft_bus_registry1_call_revoke_token_sync (
                            registry,
                            id,
                            G_DBUS_CALL_FLAGS_ALLOW_INTERACTIVE_AUTHORIZATION,
                            LOFT_CTL_BUS_PATIENCE,
                            NULL,
                            error))
    return FALSE;

  if (self->json)
    loft_ctl_json_print_strings ("revoked", id, NULL);
  else
    g_print (_ ("The token %s is good nowhere any more.\n"), id);

  return TRUE;
}

static gboolean
run (const LoftCtl *self, char **arguments, GError **error)
{
  gboolean is_create = g_str_equal (arguments[0], "create");

  if (!is_create && (option_scopes != NULL || option_pattern != NULL ||
                     option_lifetime != NULL))
    {
      g_set_error_literal (error,
                           LOFT_CTL_ERROR,
                           LOFT_CTL_ERROR_USAGE,
                           _ ("Only “token create” takes these options"));
      return FALSE;
    }

  if (is_create && arguments[1] != NULL)
    return create (self, arguments[1], error);
  if (g_str_equal (arguments[0], "list") && arguments[1] == NULL)
    return list (self, error);
  if (g_str_equal (arguments[0], "revoke") && arguments[1] != NULL)
    return revoke_one (self, arguments[1], error);

  g_set_error_literal (
    error,
    LOFT_CTL_ERROR,
    LOFT_CTL_ERROR_USAGE,
    _ ("Usage: loft-registryctl token create USER | list | revoke ID"));
  return FALSE;
}

const LoftCtlCommand loft_ctl_token = {
  .name = "token",
  .arguments = N_ ("create USER | list | revoke ID"),
  .summary = N_ ("Create, list or revoke tokens"),
  .least = 1,
  .most = 2,
  .options = entries,
  .run = run,
};
