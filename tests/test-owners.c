/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "kit/registry-kit.h"
#include "kit/storage-kit.h"

#include <string.h>

#include "registry/loft-json.h"

#define TOKEN REGISTRY_KIT_TOKEN
#define OTHER_TOKEN REGISTRY_KIT_OTHER_TOKEN

typedef RegistryFixture Fixture;

static const LoftCaller root = { .administrator = "admin:root" };

static void
set_up (Fixture *fixture, gconstpointer test_data)
{
  registry_fixture_set_up (fixture, test_data);
  registry_fixture_start (fixture);
}

/* What comes of a publish: "published", or the number of the error. */
static char *
publish (Fixture *fixture,
         const char *name,
         const char *version,
         const char *token)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *element =
    registry_kit_publish (fixture, name, version, "a", token, NULL, &error);

  if (element != NULL)
    return g_strdup ("published");

  g_assert_true (error->domain == LOFT_REGISTRY_ERROR);

  return g_strdup (error->code == LOFT_REGISTRY_ERROR_FORBIDDEN ? "forbidden"
                   : error->code == LOFT_REGISTRY_ERROR_TOKEN_NEEDED
                     ? "token needed"
                     : error->message);
}

#define assert_publish(fixture, name, version, token, expected)                \
  G_STMT_START                                                                 \
  {                                                                            \
    g_autofree char *outcome = publish (fixture, name, version, token);        \
    g_assert_cmpstr (outcome, ==, expected);                                   \
  }                                                                            \
  G_STMT_END

static void
set_owners (Fixture *fixture, const char *name, const char *owners)
{
  g_autoptr (GError) error = NULL;

  registry_kit_set_owners (fixture, name, owners, &root, &error);
  g_assert_no_error (error);
}

/* The only owner that a list shows. */
static char *
dup_owner (Fixture *fixture, const char *name)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *list = registry_kit_list (fixture, name, &error);
  g_assert_no_error (error);
  g_autoptr (JsonNode) json = loft_json_parse (list, strlen (list), &error);
  g_assert_no_error (error);
  JsonArray *owners = loft_json_get_array (
    json_array_get_object_element (json_node_get_array (json), 0),
    "owners");

  g_assert_cmpuint (json_array_get_length (owners), ==, 1);

  return g_strdup (json_array_get_string_element (owners, 0));
}

static guint
count (const char *text, const char *part)
{
  g_auto (GStrv) pieces = g_strsplit (text, part, -1);

  return g_strv_length (pieces) - 1;
}

/* An administrator gives a name to whom he likes: to a token that has never
 * owned it by its public id alone, back again, and to everybody. */
static void
test_reset (Fixture *fixture, gconstpointer test_data)
{
  assert_publish (fixture, "mine", "1.0.0", TOKEN, "published");
  assert_publish (fixture, "theirs", "1.0.0", OTHER_TOKEN, "published");
  g_autofree char *mine = dup_owner (fixture, "mine");
  g_autofree char *theirs = dup_owner (fixture, "theirs");
  g_autofree char *both = g_strconcat (theirs, " ", mine, " ", theirs, NULL);
  g_assert_cmpstr (mine, !=, theirs);

  set_owners (fixture, "mine", theirs);
  assert_publish (fixture, "mine", "1.1.0", TOKEN, "forbidden");
  assert_publish (fixture, "mine", "1.1.0", NULL, "token needed");
  assert_publish (fixture, "mine", "1.1.0", OTHER_TOKEN, "published");

  set_owners (fixture, "mine", both);
  assert_publish (fixture, "mine", "1.2.0", TOKEN, "published");
  assert_publish (fixture, "mine", "1.3.0", OTHER_TOKEN, "published");

  set_owners (fixture, "mine", "ann");
  assert_publish (fixture, "mine", "1.4.0", TOKEN, "forbidden");
  assert_publish (fixture, "mine", "1.4.0", OTHER_TOKEN, "forbidden");

  set_owners (fixture, "mine", "");
  assert_publish (fixture, "mine", "1.4.0", NULL, "published");
}

/* It is in the log who did it, once for each change, and no secret is. */
static void
test_events (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;

  assert_publish (fixture, "mine", "1.0.0", TOKEN, "published");
  set_owners (fixture, "mine", "ann bob");
  set_owners (fixture, "mine", "ann bob");
  g_autofree char *told = registry_kit_changes (fixture);
  g_assert_cmpstr (told,
                   ==,
                   "1 claim mine -\n"
                   "2 publish mine 1.0.0\n"
                   "3 owners mine -\n");

  guint64 last;
  g_autoptr (GBytes) changes =
    loft_registry_list_changes (fixture->registry, 2, 10, &last, &error);
  g_autofree char *text =
    g_strndup (g_bytes_get_data (changes, NULL), g_bytes_get_size (changes));
  g_assert_nonnull (strstr (text, "\"actor\":\"admin\""));
  g_assert_null (strstr (text, "admin:root"));
  g_assert_nonnull (
    strstr (text, "\"owners\":[{\"id\":\"ann\"},{\"id\":\"bob\"}]"));
  g_assert_null (strstr (text, "token"));
}

/* What can be no owner is named, and nothing changes. */
static void
test_invalid (Fixture *fixture, gconstpointer test_data)
{
  static const char *const invalid[] = {
    "ann Bj\xc3\xb6rn",
    "-ann",
    "a/b",
    "admin:root",
    "_",
    "\x1b[2J",
    "a23456789012345678901234567890123456789012345678901234567890123456",
  };
  g_autoptr (GString) many = g_string_new ("u0");
  g_autoptr (GError) error = NULL;

  assert_publish (fixture, "mine", "1.0.0", TOKEN, "published");
  for (gsize i = 0; i < G_N_ELEMENTS (invalid); i++)
    {
      g_assert_false (
        registry_kit_set_owners (fixture, "mine", invalid[i], &root, &error));
      g_assert_error (error, LOFT_REGISTRY_ERROR, LOFT_REGISTRY_ERROR_RULES);
      g_clear_error (&error);
    }
  for (guint i = 1; i <= 100; i++)
    g_string_append_printf (many, " u%u", i);
  g_assert_false (
    registry_kit_set_owners (fixture, "mine", many->str, &root, &error));
  g_assert_error (error, LOFT_REGISTRY_ERROR, LOFT_REGISTRY_ERROR_RULES);
  g_clear_error (&error);
  g_assert_false (
    registry_kit_set_owners (fixture, "none", "ann", &root, &error));
  g_assert_error (error,
                  LOFT_REGISTRY_ERROR,
                  LOFT_REGISTRY_ERROR_NO_SUCH_PACKAGE);
  assert_publish (fixture, "mine", "1.1.0", TOKEN, "published");
}

/* An owner may pass a name on; nobody else may. */
static void
test_pass_on (Fixture *fixture, gconstpointer test_data)
{
  const LoftCaller owner = { .token = TOKEN };
  const LoftCaller other = { .token = OTHER_TOKEN };
  g_autoptr (GError) error = NULL;

  assert_publish (fixture, "mine", "1.0.0", TOKEN, "published");
  assert_publish (fixture, "theirs", "1.0.0", OTHER_TOKEN, "published");
  g_autofree char *theirs = dup_owner (fixture, "theirs");

  g_assert_false (
    registry_kit_set_owners (fixture, "mine", theirs, &other, &error));
  g_assert_error (error, LOFT_REGISTRY_ERROR, LOFT_REGISTRY_ERROR_FORBIDDEN);
  g_clear_error (&error);
  registry_kit_set_owners (fixture, "mine", theirs, &owner, &error);
  g_assert_no_error (error);
  assert_publish (fixture, "mine", "1.1.0", TOKEN, "forbidden");
  assert_publish (fixture, "mine", "1.1.0", OTHER_TOKEN, "published");
}

/* What is everybody's stays so, whoever may publish, until an administrator
 * says otherwise; and that anyone may publish gives nothing away. */
static void
test_open (Fixture *fixture, gconstpointer test_data)
{
  const LoftCaller callers[] = { { .token = NULL }, { .token = TOKEN } };
  const LoftPublishMode modes[] = { LOFT_PUBLISH_CLAIM, LOFT_PUBLISH_OPEN };

  assert_publish (fixture, "theirs", "1.0.0", OTHER_TOKEN, "published");
  assert_publish (fixture, "open", "1.0.0", NULL, "published");
  for (guint i = 0; i < G_N_ELEMENTS (modes) * G_N_ELEMENTS (callers); i++)
    {
      const LoftCaller *caller = &callers[i % G_N_ELEMENTS (callers)];
      int code = caller->token == NULL ? LOFT_REGISTRY_ERROR_TOKEN_NEEDED
                                       : LOFT_REGISTRY_ERROR_FORBIDDEN;
      g_autoptr (GError) error = NULL;

      fixture->settings->publish = modes[i / G_N_ELEMENTS (callers)];
      loft_registry_set_settings (fixture->registry, fixture->settings);
      g_assert_false (
        registry_kit_set_owners (fixture, "open", "ann", caller, &error));
      g_assert_error (error,
                      LOFT_REGISTRY_ERROR,
                      LOFT_REGISTRY_ERROR_FORBIDDEN);
      g_clear_error (&error);
      g_assert_false (
        registry_kit_set_owners (fixture, "theirs", "ann", caller, &error));
      g_assert_error (error, LOFT_REGISTRY_ERROR, code);
    }

  set_owners (fixture, "open", "ann");
  fixture->settings->publish = LOFT_PUBLISH_CLAIM;
  loft_registry_set_settings (fixture->registry, fixture->settings);
  assert_publish (fixture, "open", "1.2.0", TOKEN, "forbidden");
}

/* A reason is no place to keep things, and a state that could not be read again
 * is not written. */
static void
test_large (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *most = g_strnfill (1000, 'x');
  g_autofree char *more = g_strconcat (most, "x", NULL);

  assert_publish (fixture, "mine", "1.0.0", TOKEN, "published");
  g_assert_false (
    registry_kit_deprecate (fixture, "mine", more, TOKEN, &error));
  g_assert_error (error, LOFT_REGISTRY_ERROR, LOFT_REGISTRY_ERROR_RULES);
  g_clear_error (&error);

  g_autofree char *filling = g_strnfill (8 * 1024 * 1024 - 800, 'x');
  g_autofree char *state =
    g_strdup_printf ("{\"revision\":9,\"changed_at\":\"2026-01-01T00:00:00Z\","
                     "\"owners\":[],\"yanked\":{\"0.1.0\":\"%s\"}}",
                     filling);
  storage_kit_put (fixture->real, "full/package.json", state, &error);
  g_assert_no_error (error);
  assert_publish (fixture, "full", "1.0.0", NULL, "published");
  g_assert_false (registry_kit_deprecate (fixture, "full", most, NULL, &error));
  g_assert_error (error, LOFT_REGISTRY_ERROR, LOFT_REGISTRY_ERROR_TOO_LARGE);
  assert_publish (fixture, "full", "1.1.0", NULL, "published");
}

static void
put_adopted (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;

  storage_kit_put (fixture->real, "old/1.0.0.tar.gz", "any bytes", &error);
  g_assert_no_error (error);
  storage_kit_put (fixture->real,
                   "old/1.0.0.json",
                   "{\"name\":\"old\",\"version\":\"1.0.0\",\"manifest\":{},"
                   "\"authors\":[],\"owners\":[\"Björn\"]}",
                   &error);
  g_assert_no_error (error);
}

/* What the original server said belongs to somebody who has no token here is
 * given away by an administrator, or kept as it is, odd names too. */
static void
test_adopted (Fixture *fixture, gconstpointer test_data)
{
  put_adopted (fixture);
  registry_fixture_restart (fixture, TRUE);

  assert_publish (fixture, "old", "1.1.0", TOKEN, "forbidden");
  set_owners (fixture, "old", "ann Björn");
  assert_publish (fixture, "old", "1.1.0", TOKEN, "forbidden");
  set_owners (fixture, "old", "");
  assert_publish (fixture, "old", "1.1.0", TOKEN, "published");
}

/* An administrator needs no token to yank and to deprecate. */
static void
test_administrator (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;

  assert_publish (fixture, "mine", "1.0.0", TOKEN, "published");
  g_autofree char *yanked =
    registry_kit_yank_as (fixture, "mine", "1.0.0", TRUE, &root, &error);
  g_assert_no_error (error);
  g_assert_nonnull (strstr (yanked, "\"yanked\":true"));
  g_autofree char *back =
    registry_kit_yank_as (fixture, "mine", "1.0.0", FALSE, &root, &error);
  g_assert_no_error (error);
  registry_kit_deprecate_as (fixture, "mine", "old", &root, &error);
  g_assert_no_error (error);

  guint64 last;
  g_autoptr (GBytes) changes =
    loft_registry_list_changes (fixture->registry, 0, 10, &last, &error);
  g_autofree char *text =
    g_strndup (g_bytes_get_data (changes, NULL), g_bytes_get_size (changes));
  g_assert_cmpuint (count (text, "\"actor\":\"admin\""), ==, 3);
}

static void
add (const char *path, void (*func) (Fixture *, gconstpointer))
{
  g_test_add (path, Fixture, NULL, set_up, func, registry_fixture_tear_down);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  add ("/owners/reset", test_reset);
  add ("/owners/events", test_events);
  add ("/owners/invalid", test_invalid);
  add ("/owners/pass-on", test_pass_on);
  add ("/owners/open", test_open);
  add ("/owners/large", test_large);
  add ("/owners/adopted", test_adopted);
  add ("/owners/administrator", test_administrator);

  return g_test_run ();
}
