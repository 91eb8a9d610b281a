/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include <glib/gi18n.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/loft-ctl-feed.h"
#include "ctl/loft-ctl-json.h"
#include "ctl/loft-ctl-moment.h"
#include "ctl/loft-ctl-text.h"

/* "loft-registryctl logs": what has happened, and what happens. */

#define LINES_DEFAULT 20
#define WINDOW 1000

static char *option_since;   /* owned, nullable */
static char *option_package; /* owned, nullable */
static char *option_actor;   /* owned, nullable */
static char *option_type;    /* owned, nullable */
static int option_lines = LINES_DEFAULT;
static gboolean option_audit;
static gboolean option_follow;

/* clang-format off */
static const GOptionEntry entries[] = {
  { "audit", 0, 0, G_OPTION_ARG_NONE, &option_audit,
    N_ ("Tell who did it, by which token and which request; for "
        "administrators"), NULL },
  { "since", 0, 0, G_OPTION_ARG_STRING, &option_since,
    N_ ("Print all events after the one with this number, or since then: "
        "2026-01-31, “2026-01-31 12:00”, yesterday, 2h"), N_ ("WHEN") },
  { "lines", 'n', 0, G_OPTION_ARG_INT, &option_lines,
    N_ ("Print so many of the last events; 20 if not said otherwise"),
    N_ ("NUMBER") },
  { "package", 'p', 0, G_OPTION_ARG_STRING, &option_package,
    N_ ("Only events of this package"), N_ ("NAME") },
  { "actor", 'a', 0, G_OPTION_ARG_STRING, &option_actor,
    N_ ("Only what this user or token did"), N_ ("WHO") },
  { "type", 't', 0, G_OPTION_ARG_STRING, &option_type,
    N_ ("Only events of this type, such as yank"), N_ ("TYPE") },
  { "follow", 'f', 0, G_OPTION_ARG_NONE, &option_follow,
    N_ ("Go on with what happens from now on"), NULL },
  G_OPTION_ENTRY_NULL
};
/* clang-format on */

/* Those of the registry, whose events are as JSON to this program. */
static const char *const types[] = {
  "publish",      "adopt",      "claim",  "yank",
  "unyank",       "deprecate",  "owners", "token-create",
  "token-revoke", "administer", "docs",
};

/* What a line tells. */
typedef struct
{
  JsonObject *event; /* owned */
  const char *type;
  const char *name;
  const char *version;
  const char *actor;
  const char *token;
  const char *request;
  const char *act;
  char *reason; /* owned, nullable */
} Line;

static void
line_clear (Line *line)
{
  g_clear_pointer (&line->event, json_object_unref);
  g_clear_pointer (&line->reason, g_free);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Line, line_clear)

/* How it is with documentation since then, and why. */
static char *
describe_docs (const Line *line)
{
  const char *state = loft_json_get_string (line->event, "docs");
  const char *reason = loft_json_get_string (line->event, "reason");

  return g_strconcat (state != NULL ? state : "",
                      reason != NULL ? ": " : "",
                      reason,
                      NULL);
}

/* Why a version was yanked or a package deprecated stands in the state that the
 * package has since then, where build metadata names no version of its own. */
static char *
dup_reason (const Line *line)
{
  JsonObject *state = loft_json_get_object (line->event, "state");

  if (g_strcmp0 (line->type, "docs") == 0)
    return describe_docs (line);
  if (state == NULL)
    return NULL;
  if (g_strcmp0 (line->type, "deprecate") == 0)
    return g_strdup (loft_json_get_string (state, "deprecated"));

  JsonObject *yanked = loft_json_get_object (state, "yanked");
  if (g_strcmp0 (line->type, "yank") != 0 || yanked == NULL ||
      line->version == NULL)
    return NULL;

  g_autofree char *key =
    g_strndup (line->version, strcspn (line->version, "+"));

  return g_strdup (loft_json_get_string (yanked, key));
}

static gboolean
line_read (Line *line, const char *text, GError **error)
{
  line->event = loft_ctl_json_parse (text, error);
  if (line->event == NULL)
    return FALSE;

  JsonObject *audit = loft_json_get_object (line->event, "audit");

  line->type = loft_json_get_string (line->event, "type");
  line->name = loft_json_get_string (line->event, "name");
  line->version = loft_json_get_string (line->event, "version");
  line->actor = loft_json_get_string (line->event, "actor");
  line->reason = dup_reason (line);
  if (audit == NULL)
    return TRUE;

  if (json_object_has_member (audit, "actor"))
    line->actor = loft_json_get_string (audit, "actor");
  line->token = loft_json_get_string (audit, "token");
  line->request = loft_json_get_string (audit, "request");
  line->act = loft_json_get_string (audit, "act");

  return TRUE;
}

/* An administrator may be meant by his name alone. */
static gboolean
is_actor (const Line *line, const char *who)
{
  const char *colon = line->actor != NULL ? strchr (line->actor, ':') : NULL;

  return g_strcmp0 (line->actor, who) == 0 ||
         g_strcmp0 (line->token, who) == 0 ||
         (colon != NULL && g_str_equal (colon + 1, who));
}

static gboolean
is_wanted (const Line *line)
{
  return (option_package == NULL ||
          g_strcmp0 (line->name, option_package) == 0) &&
         (option_type == NULL || g_strcmp0 (line->type, option_type) == 0) &&
         (option_actor == NULL || is_actor (line, option_actor));
}

static void
append (GString *text, const char *before, const char *value)
{
  if (value != NULL)
    g_string_append_printf (text, "%s%s", before, value);
}

static void
line_print (const Line *line)
{
  g_autofree char *time =
    loft_ctl_text_time (loft_json_get_string (line->event, "time"));
  g_autoptr (GString) text = g_string_new (NULL);

  g_string_append_printf (text,
                          "%" G_GINT64_FORMAT "  %s  %-12s",
                          loft_json_get_int (line->event, "seq", -1),
                          time,
                          line->type != NULL ? line->type : "");
  append (text, "  ", line->name != NULL ? line->name : line->act);
  append (text, " ", line->version);
  append (text, "  ", line->actor);
  append (text, "  token ", line->token);
  append (text, "  request ", line->request);
  if (line->reason != NULL && *line->reason != '\0')
    append (text, "  ", line->reason);

  g_autofree char *clean = loft_ctl_text_clean (text->str, FALSE);
  g_print ("%s\n", clean);
}

static gboolean
print_events (const LoftCtl *self, char **events, GError **error)
{
  for (guint i = 0; events[i] != NULL; i++)
    {
      g_auto (Line) line = { NULL };

      if (!line_read (&line, events[i], error))
        return FALSE;
      if (!is_wanted (&line))
        continue;
      if (self->json)
        g_print ("%s\n", events[i]);
      else
        line_print (&line);
    }

  return TRUE;
}

/* Prints what followed an event, until there is no more. */
static gboolean
print_rest (const LoftCtl *self,
            LoftCtlFeed *feed,
            guint64 *since,
            GError **error)
{
  for (;;)
    {
      g_auto (GStrv) events =
        loft_ctl_feed_read (feed, *since, 0, since, error);

      if (events == NULL || !print_events (self, events, error))
        return FALSE;
      if (events[0] == NULL)
        return TRUE;
    }
}

static gboolean
print_news (const LoftCtl *self,
            LoftCtlFeed *feed,
            guint64 since,
            GError **error)
{
  for (;;)
    {
      g_auto (GStrv) events = loft_ctl_feed_wait (feed, since, &since, error);

      if (events == NULL || !print_events (self, events, error))
        return FALSE;
    }
}

/* Finds the wanted events of a part of the log. */
static gboolean
look_back (LoftCtlFeed *feed,
           guint64 since,
           guint64 end,
           GArray *places,
           GError **error)
{
  while (since < end)
    {
      guint limit = (guint) MIN (end - since, WINDOW);
      g_auto (GStrv) events =
        loft_ctl_feed_read (feed, since, limit, &since, error);

      if (events == NULL)
        return FALSE;
      for (guint i = 0; events[i] != NULL; i++)
        {
          g_auto (Line) line = { NULL };

          if (!line_read (&line, events[i], error))
            return FALSE;

          guint64 seq = (guint64) loft_json_get_int (line.event, "seq", -1);
          if (is_wanted (&line))
            g_array_append_val (places, seq);
        }
      if (events[0] == NULL)
        break;
    }

  return TRUE;
}

/* Finds from where on there are so many wanted events. */
static gboolean
find_lines (LoftCtlFeed *feed, guint64 *out_since, GError **error)
{
  guint64 end = loft_ctl_feed_get_end (feed);
  guint missing = (guint) option_lines;

  *out_since = end;
  while (missing > 0 && end > 0)
    {
      guint64 start = end - MIN (end, WINDOW);
      g_autoptr (GArray) places = g_array_new (FALSE, FALSE, sizeof (guint64));

      if (!look_back (feed, start, end, places, error))
        return FALSE;

      guint taken = MIN (places->len, missing);
      if (taken > 0)
        *out_since = g_array_index (places, guint64, places->len - taken) - 1;
      missing -= taken;
      end = start;
    }

  return TRUE;
}

/* Events are ordered by their time too. */
static gboolean
find_moment (LoftCtlFeed *feed,
             gint64 moment,
             guint64 *out_since,
             GError **error)
{
  guint64 before = 0;
  guint64 end = loft_ctl_feed_get_end (feed);

  while (before < end)
    {
      guint64 middle = before + (end - before) / 2;
      guint64 last = 0;
      g_auto (Line) line = { NULL };
      g_auto (GStrv) events =
        loft_ctl_feed_read (feed, middle, 1, &last, error);

      if (events == NULL ||
          (events[0] != NULL && !line_read (&line, events[0], error)))
        return FALSE;

      g_autoptr (GDateTime) time =
        line.event != NULL ? g_date_time_new_from_iso8601 (
                               loft_json_get_string (line.event, "time"),
                               NULL)
                           : NULL;
      if (time != NULL && g_date_time_to_unix (time) * G_TIME_SPAN_SECOND +
                              g_date_time_get_microsecond (time) <
                            moment)
        before = middle + 1;
      else
        end = middle;
    }
  *out_since = before;

  return TRUE;
}

static gboolean
find_start (LoftCtlFeed *feed, guint64 *out_since, GError **error)
{
  gint64 moment;

  if (option_since == NULL)
    return find_lines (feed, out_since, error);
  if (g_ascii_string_to_unsigned (option_since,
                                  10,
                                  0,
                                  G_MAXINT64,
                                  out_since,
                                  NULL))
    return TRUE;

  return loft_ctl_moment_parse (option_since, g_get_real_time (), &moment) &&
         find_moment (feed, moment, out_since, error);
}

static gboolean
check_type (GError **error)
{
  g_autoptr (GString) names = g_string_new (NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (types); i++)
    {
      if (option_type == NULL || g_str_equal (types[i], option_type))
        return TRUE;
      g_string_append_printf (names, "%s%s", i > 0 ? ", " : "", types[i]);
    }

  g_set_error (error,
               LOFT_CTL_ERROR,
               LOFT_CTL_ERROR_USAGE,
               _ ("--type: “%s” is none of %s"),
               option_type,
               names->str);

  return FALSE;
}

static gboolean
check_options (GError **error)
{
  guint64 number;
  gint64 moment;

  if (option_lines < 0)
    g_set_error_literal (error,
                         LOFT_CTL_ERROR,
                         LOFT_CTL_ERROR_USAGE,
                         _ ("--lines takes a number that is not negative"));
  else if (option_since != NULL &&
           !g_ascii_string_to_unsigned (option_since,
                                        10,
                                        0,
                                        G_MAXINT64,
                                        &number,
                                        NULL) &&
           !loft_ctl_moment_parse (option_since, g_get_real_time (), &moment))
    g_set_error (error,
                 LOFT_CTL_ERROR,
                 LOFT_CTL_ERROR_USAGE,
                 _ ("--since: “%s” is neither the number of an event nor a "
                    "time, such as 2026-01-31, “2026-01-31 12:00”, today, "
                    "yesterday, 30min, 2h, 7d or 4w"),
                 option_since);
  else
    return check_type (error);

  return FALSE;
}

static gboolean
run (const LoftCtl *self, char **arguments, GError **error)
{
  if (!check_options (error))
    return FALSE;

  g_autoptr (LoftCtlFeed) feed = loft_ctl_feed_new (self, option_audit, error);
  guint64 since;

  return feed != NULL && find_start (feed, &since, error) &&
         print_rest (self, feed, &since, error) &&
         (!option_follow || print_news (self, feed, since, error));
}

const LoftCtlCommand loft_ctl_logs = {
  .name = "logs",
  .summary = N_ ("Tell what has happened to packages"),
  .options = entries,
  .run = run,
};
