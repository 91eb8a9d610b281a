/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "kit/site-kit.h"

#include <string.h>

#define TARGET "/.well-known/security.txt"

typedef struct
{
  const char *name;
  const char *contact; /* nullable */
  const char *policy;  /* nullable */
  const char *url;     /* nullable */
  const char *before;  /* what stands before the end, and nothing else */
  const char *behind;  /* what stands behind it */
} Case;

static const Case cases[] = {
  { "none", NULL, "https://x.example/policy", "https://x.example", NULL, NULL },
  { "contact",
    "mailto:security@x.example",
    NULL,
    NULL,
    "Contact: mailto:security@x.example\n",
    "" },
  { "all",
    "https://x.example/tell",
    "https://x.example/policy",
    "https://x.example/sub",
    "Contact: https://x.example/tell\n",
    "Policy: https://x.example/policy\n"
    "Canonical: https://x.example/sub" TARGET "\n" },
  { "plain", "tel:+1-2", NULL, "http://x.example", "Contact: tel:+1-2\n", "" },
};

/* The end is to come, and not so far away that nobody should believe it. */
static void
check_end (const char *line)
{
  g_autofree char *text = g_strndup (line, strcspn (line, "\n"));
  g_autoptr (GDateTime) now = g_date_time_new_now_utc ();
  g_autoptr (GDateTime) end = NULL;

  g_assert_true (g_str_has_prefix (text, "Expires: "));
  end = g_date_time_new_from_iso8601 (text + strlen ("Expires: "), NULL);
  g_assert_nonnull (end);
  g_assert_cmpint (g_date_time_difference (end, now), >, 90 * G_TIME_SPAN_DAY);
  g_assert_cmpint (g_date_time_difference (end, now), <, 365 * G_TIME_SPAN_DAY);
}

static void
security_cb (ServerFixture *fixture, gconstpointer data)
{
  const Case *test = data;

  if (test->before == NULL)
    {
      g_autoptr (HttpAnswer) answer =
        http_request (fixture->port, "GET", TARGET, NULL, NULL);

      g_assert_cmpuint (answer->status, ==, 404);
      return;
    }

  g_autofree char *text =
    site_kit_get (fixture, TARGET, NULL, "text/plain; charset=utf-8");
  g_assert_true (g_str_has_prefix (text, test->before));
  check_end (text + strlen (test->before));
  g_assert_cmpstr (strchr (text + strlen (test->before), '\n') + 1,
                   ==,
                   test->behind);
}

/* The file has what was configured, and is there only with a contact. */
static void
test_security (ServerFixture *fixture, gconstpointer test_data)
{
  const Case *test = test_data;
  g_auto (LoftHttpSettings) settings = LOFT_HTTP_SETTINGS_DEFAULT;

  settings.security_contact = g_strdup (test->contact);
  settings.security_policy = g_strdup (test->policy);
  settings.public_url = g_strdup (test->url);
  loft_http_server_set_settings (fixture->server, &settings);
  server_fixture_run (fixture, security_cb, test);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = g_strconcat ("/security/", cases[i].name, NULL);

      g_test_add (path,
                  ServerFixture,
                  &cases[i],
                  server_fixture_set_up,
                  test_security,
                  server_fixture_tear_down);
    }

  return g_test_run ();
}
