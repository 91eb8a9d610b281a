/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-event.h"

#include <string.h>

#include "registry/loft-registry-error.h"

static LoftState *
make_state (void)
{
  LoftState *state = loft_state_new ();

  state->revision = 7;
  state->changed_at = 1767323045000006;
  state->changed_by.name = g_strdup ("t-1");
  state->change = g_strdup ("yank");
  state->change_key = g_strdup ("1.0.0");
  state->deprecated = g_strdup ("use “other”");
  loft_state_add_owner (state, "t-1", "secret-hash");
  loft_state_add_owner (state, "ann", NULL);
  g_hash_table_insert (state->yanked, g_strdup ("1.0.0"), g_strdup ("broken"));
  g_hash_table_insert (state->yanked, g_strdup ("0.9.0"), g_strdup (""));

  return state;
}

static char *
write_state (const LoftState *state, gboolean with_secrets)
{
  g_autoptr (JsonNode) json = loft_state_to_json (state, with_secrets);

  return json_to_string (json, FALSE);
}

/* A state reads back as it was written, and is always written the same. */
static void
test_state (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (LoftState) state = make_state ();
  g_autoptr (LoftState) copy = loft_state_copy (state);
  g_autofree char *text = write_state (state, TRUE);
  g_autofree char *copied = write_state (copy, TRUE);
  g_assert_cmpstr (text, ==, copied);

  g_autoptr (JsonNode) json = loft_json_parse (text, strlen (text), &error);
  g_assert_no_error (error);
  g_autoptr (LoftState) read = loft_state_from_json (json, &error);
  g_assert_no_error (error);
  g_autofree char *again = write_state (read, TRUE);
  g_assert_cmpstr (text, ==, again);
  g_assert_nonnull (strstr (text, "secret-hash"));
}

/* What the world sees of a state holds no hash. */
static void
test_state_secrets (void)
{
  g_autoptr (LoftState) state = make_state ();
  g_autofree char *text = write_state (state, FALSE);

  g_assert_null (strstr (text, "secret-hash"));
  g_assert_nonnull (strstr (text, "\"t-1\""));
}

/* A state that lacks anything is no state: who may publish rests on it. */
static void
test_state_broken (void)
{
  static const char *const texts[] = {
    "[]",
    "{}",
    "{\"revision\":0,\"changed_at\":\"2026-01-01T00:00:00Z\",\"owners\":[],"
    "\"yanked\":{}}",
    "{\"revision\":1,\"owners\":[],\"yanked\":{}}",
    "{\"revision\":1,\"changed_at\":\"2026-01-01T00:00:00Z\",\"yanked\":{}}",
    "{\"revision\":1,\"changed_at\":\"2026-01-01T00:00:00Z\",\"owners\":[]}",
    "{\"revision\":1,\"changed_at\":\"2026-01-01T00:00:00Z\",\"owners\":[{}],"
    "\"yanked\":{}}",
    "{\"revision\":1,\"changed_at\":\"2026-01-01T00:00:00Z\",\"owners\":[],"
    "\"yanked\":{\"1.0.0\":true}}",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (JsonNode) json =
        loft_json_parse (texts[i], strlen (texts[i]), &error);
      g_assert_no_error (error);

      g_assert_null (loft_state_from_json (json, &error));
      g_assert_error (error, LOFT_REGISTRY_ERROR, LOFT_REGISTRY_ERROR_CORRUPT);
    }
}

/* The event of a state says what changed last, whoever makes it, and reads
 * back as it stands in the log. */
static void
test_event (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (LoftState) state = make_state ();
  g_autoptr (LoftEvent) event = loft_event_new_for_state ("hello", state);
  g_assert_cmpint (event->type, ==, LOFT_EVENT_YANK);
  g_assert_cmpstr (event->key, ==, "1.0.0");
  g_assert_cmpstr (event->actor.name, ==, "t-1");

  loft_event_seal (event, 42, 1767323045000007);
  g_assert_null (strstr (event->text, "secret-hash"));
  g_assert_null (strchr (event->text, '\n'));

  g_autoptr (LoftEvent) read =
    loft_event_parse (event->text, strlen (event->text), &error);
  g_assert_no_error (error);
  g_assert_cmpuint (read->seq, ==, 42);
  g_assert_cmpint (read->time, ==, 1767323045000007);
  g_assert_cmpint (read->type, ==, LOFT_EVENT_YANK);
  g_assert_cmpstr (read->name, ==, "hello");
  g_assert_cmpstr (read->key, ==, "1.0.0");
  g_assert_cmpstr (read->id, ==, event->id);
  g_assert_cmpstr (read->text, ==, event->text);
  g_assert_cmpuint (read->state->revision, ==, 7);
}

/* A type of a later release is read as such, not refused. */
static void
test_event_unknown (void)
{
  static const char text[] = "{\"seq\":1,\"time\":\"2026-01-01T00:00:00Z\","
                             "\"type\":\"teleport\",\"name\":\"hello\"}";
  g_autoptr (GError) error = NULL;
  g_autoptr (LoftEvent) event = loft_event_parse (text, strlen (text), &error);

  g_assert_no_error (error);
  g_assert_cmpint (event->type, ==, LOFT_EVENT_OTHER);
  g_assert_cmpstr (event->text, ==, text);
}

/* The event of a token tells who did it and what the world may know. One that a
 * later release describes otherwise is kept, and tells nothing. */
static void
test_event_token (void)
{
  LoftToken token = { .id = (char *) "k-1",
                      .user = (char *) "ann",
                      .name = (char *) "laptop",
                      .scopes = LOFT_SCOPE_YANK,
                      .pattern = (char *) "a-*",
                      .created_by = { .name = (char *) "admin:root" },
                      .revoked_by = { .name = (char *) "bob" },
                      .sha256 = (char *) "secret-hash" };
  g_autoptr (GError) error = NULL;
  g_autoptr (LoftEvent) event =
    loft_event_new_for_token (LOFT_EVENT_TOKEN_REVOKE, &token);

  loft_event_seal (event, 42, 1767323045000007);
  g_assert_null (strstr (event->text, "secret-hash"));
  g_assert_null (strstr (event->text, "laptop"));
  g_autoptr (LoftEvent) read =
    loft_event_parse (event->text, strlen (event->text), &error);
  g_assert_no_error (error);
  g_assert_cmpint (read->type, ==, LOFT_EVENT_TOKEN_REVOKE);
  g_assert_cmpstr (read->actor.name, ==, "bob");
  g_assert_null (read->name);
  g_assert_cmpstr (read->token->id, ==, "k-1");
  g_assert_cmpuint (read->token->scopes, ==, LOFT_SCOPE_YANK);

  static const char later[] = "{\"seq\":1,\"time\":\"2026-01-01T00:00:00Z\","
                              "\"type\":\"token-create\","
                              "\"token\":{\"scopes\":[\"fly\"]}}";
  g_autoptr (LoftEvent) other =
    loft_event_parse (later, strlen (later), &error);
  g_assert_no_error (error);
  g_assert_cmpstr (other->text, ==, later);
  g_assert_null (other->token);
}

/* A state is about a package, whatever it names as its last change. */
static void
test_event_forged (void)
{
  static const char *const changes[] = { "publish", "token-create", "other" };

  for (gsize i = 0; i < G_N_ELEMENTS (changes); i++)
    {
      g_autoptr (LoftState) state = make_state ();

      g_free (state->change);
      state->change = g_strdup (changes[i]);
      g_autoptr (LoftEvent) event = loft_event_new_for_state ("hello", state);
      g_assert_cmpint (event->type, ==, LOFT_EVENT_OWNERS);
    }
}

/* What is no event is corrupt. */
static void
test_event_broken (void)
{
  static const char *const texts[] = {
    "",
    "{}",
    "{\"seq\":0,\"time\":\"2026-01-01T00:00:00Z\",\"type\":\"yank\"}",
    "{\"seq\":1,\"time\":\"soon\",\"type\":\"yank\"}",
    "{\"seq\":1,\"time\":\"2026-01-01T00:00:00Z\"}",
    "{\"seq\":1,\"time\":\"2026-01-01T00:00:00Z\",\"type\":\"yank\","
    "\"state\":{}}",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (loft_event_parse (texts[i], strlen (texts[i]), &error));
      g_assert_error (error, LOFT_REGISTRY_ERROR, LOFT_REGISTRY_ERROR_CORRUPT);
    }
}

/* What only administrators may know is left out for others, whatever else the
 * event holds, and nothing else is. */
static void
test_event_audit (void)
{
  const LoftActor actor = { .name = (char *) "admin:root",
                            .request = (char *) "r1" };
  g_autoptr (LoftState) state = loft_state_new ();
  g_autoptr (GError) error = NULL;

  state->revision = 1;
  state->deprecated = g_strdup (",\"audit\":{");
  g_autoptr (LoftEvent) plain = loft_event_new_for_state ("hello", state);
  loft_actor_copy (&state->changed_by, &actor);
  g_autoptr (LoftEvent) full = loft_event_new_for_state ("hello", state);
  g_autoptr (LoftEvent) act = loft_event_new_for_act ("Reload", &actor);
  loft_event_seal (plain, 1, 1767323045000007);
  loft_event_seal (full, 2, 1767323045000007);
  loft_event_seal (act, 3, 1767323045000007);

  g_autofree char *text =
    g_strdup_printf ("%s\n%s\n%s\n", plain->text, full->text, act->text);
  g_autoptr (GBytes) lines = g_bytes_new (text, strlen (text));
  g_autoptr (GBytes) shown = loft_event_leave_out_audit (lines);
  g_autofree char *left =
    g_strndup (g_bytes_get_data (shown, NULL), g_bytes_get_size (shown));
  g_auto (GStrv) split = g_strsplit (left, "\n", -1);
  g_assert_cmpuint (g_strv_length (split), ==, 4);
  g_assert_cmpstr (split[0], ==, plain->text);
  g_assert_null (strstr (left, "admin:root"));
  g_assert_null (strstr (left, "r1"));
  g_assert_null (strstr (left, "Reload"));

  for (guint i = 0; i < 3; i++)
    {
      g_autoptr (LoftEvent) event =
        loft_event_parse (split[i], strlen (split[i]), &error);
      g_assert_no_error (error);
      g_assert_cmpuint (event->seq, ==, i + 1);
      g_assert_cmpstr (event->actor.name, ==, i == 0 ? NULL : "admin");
      g_assert_null (event->act);
    }

  g_autoptr (LoftEvent) read =
    loft_event_parse (act->text, strlen (act->text), &error);
  g_assert_no_error (error);
  g_assert_cmpint (read->type, ==, LOFT_EVENT_ADMINISTER);
  g_assert_cmpstr (read->actor.name, ==, "admin:root");
  g_assert_cmpstr (read->actor.request, ==, "r1");
  g_assert_cmpstr (read->act, ==, "Reload");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  g_test_add_func ("/state/round-trip", test_state);
  g_test_add_func ("/state/secrets", test_state_secrets);
  g_test_add_func ("/state/broken", test_state_broken);
  g_test_add_func ("/event/round-trip", test_event);
  g_test_add_func ("/event/unknown-type", test_event_unknown);
  g_test_add_func ("/event/token", test_event_token);
  g_test_add_func ("/event/audit", test_event_audit);
  g_test_add_func ("/event/forged", test_event_forged);
  g_test_add_func ("/event/broken", test_event_broken);

  return g_test_run ();
}
