/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include <glib/gi18n.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/loft-ctl-bus.h"
#include "ctl/loft-ctl-json.h"
#include "ctl/loft-ctl-text.h"

/* "loft-registryctl logs": what has happened, and what happens. */

#define LINES_DEFAULT 20
#define PAGE 1000

/* How long the registry waits for something to happen, and how long the bus
 * waits for its answer. */
#define WAIT_SECONDS 60
#define WAIT_MSEC (2 * WAIT_SECONDS * 1000)

static gint64 option_since = -1;
static int option_lines = LINES_DEFAULT;
static gboolean option_follow;

/* clang-format off */
static const GOptionEntry entries[] = {
  { "since", 0, 0, G_OPTION_ARG_INT64, &option_since,
    N_ ("Print all events after the one with this number"), N_ ("NUMBER") },
  { "lines", 'n', 0, G_OPTION_ARG_INT, &option_lines,
    N_ ("Print so many of the last events; 20 if not said otherwise"),
    N_ ("NUMBER") },
  { "follow", 'f', 0, G_OPTION_ARG_NONE, &option_follow,
    N_ ("Go on with what happens from now on"), NULL },
  G_OPTION_ENTRY_NULL
};
/* clang-format on */

static gboolean
print_event (const LoftCtl *self, const char *text, GError **error)
{
  if (self->json)
    {
      g_print ("%s\n", text);
      return TRUE;
    }

  g_autoptr (JsonObject) event = loft_ctl_json_parse (text, error);
  if (event == NULL)
    return FALSE;

  const char *type = loft_ctl_json_get_string (event, "type");
  const char *name = loft_ctl_json_get_string (event, "name");
  const char *version = loft_ctl_json_get_string (event, "version");
  const char *actor = loft_ctl_json_get_string (event, "actor");
  g_autofree char *time =
    loft_ctl_text_time (loft_ctl_json_get_string (event, "time"));
  g_autofree char *line =
    g_strdup_printf ("%" G_GINT64_FORMAT "  %s  %-12s  %s%s%s%s%s",
                     loft_ctl_json_get_int (event, "seq"),
                     time,
                     type != NULL ? type : "",
                     name != NULL ? name : "",
                     version != NULL ? " " : "",
                     version != NULL ? version : "",
                     actor != NULL ? "  " : "",
                     actor != NULL ? actor : "");

  g_autofree char *clean = loft_ctl_text_clean (line, FALSE);
  g_print ("%s\n", clean);

  return TRUE;
}

static gboolean
print_events (const LoftCtl *self,
              LoftBusRegistry1 *registry,
              guint64 since,
              GError **error)
{
  for (gboolean at_end = FALSE; !at_end || option_follow;)
    {
      g_auto (GStrv) events = NULL;
      guint64 last = since;

      if (!loft_bus_registry1_call_list_changes_sync (registry,
                                                      since,
                                                      PAGE,
                                                      at_end ? WAIT_SECONDS : 0,
                                                      G_DBUS_CALL_FLAGS_NONE,
                                                      WAIT_MSEC,
                                                      &events,
                                                      &last,
                                                      NULL,
                                                      error))
        return FALSE;
      for (guint i = 0; events[i] != NULL; i++)
        if (!print_event (self, events[i], error))
          return FALSE;
      at_end = events[0] == NULL;
      since = last;
    }

  return TRUE;
}

static gboolean
run (const LoftCtl *self, char **arguments, GError **error)
{
  if (option_since < -1 || option_lines < 0)
    {
      g_set_error_literal (error,
                           LOFT_CTL_ERROR,
                           LOFT_CTL_ERROR_USAGE,
                           _ ("--since and --lines take numbers that are not "
                              "negative"));
      return FALSE;
    }

  g_autoptr (LoftBusRegistry1) registry = loft_ctl_bus_connect (self, error);
  if (registry == NULL)
    return FALSE;

  guint64 last = loft_bus_registry1_get_sequence (registry);
  guint64 lines = (guint64) option_lines;

  return print_events (self,
                       registry,
                       option_since >= 0 ? (guint64) option_since
                                         : last - MIN (last, lines),
                       error);
}

const LoftCtlCommand loft_ctl_logs = {
  .name = "logs",
  .summary = N_ ("Tell what has happened to packages"),
  .options = entries,
  .run = run,
};
