/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include <string.h>

#include "kit/daemon-kit.h"
#include "kit/package-kit.h"
#include "kit/wire-kit.h"
#include "registry/loft-json.h"
#include "registry/loft-token.h"

/* The real program with two workers, and a connection to each. */

#define WORKERS 2
#define READY_SECONDS 60
#define ROUNDS 5

typedef struct
{
  DaemonKit *daemon;    /* owned */
  Wire *wires[WORKERS]; /* owned */
  char *admin;          /* owned */
} Fixture;

/* The first token is put where tokens are kept. */
static void
put_admin (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;
  fixture->admin = loft_token_draw (&error);
  g_assert_no_error (error);
  g_autofree char *hash = loft_token_hash (fixture->admin);
  g_autofree char *folder =
    g_build_filename (fixture->daemon->storage, "_registry", "tokens", NULL);
  g_autofree char *path = g_strconcat (folder, "/", hash, ".json", NULL);
  g_autofree char *text =
    g_strdup_printf ("{\"id\":\"k-boss\",\"user\":\"boss\","
                     "\"scopes\":[\"admin\"],\"pattern\":\"*\","
                     "\"created_at\":\"2026-01-01T00:00:00Z\","
                     "\"sha256\":\"%s\"}",
                     hash);

  g_assert_cmpint (g_mkdir_with_parents (folder, 0700), ==, 0);
  g_file_set_contents (path, text, -1, &error);
  g_assert_no_error (error);
}

static void
set_up (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;

  fixture->daemon = daemon_kit_new (NULL, &error);
  g_assert_no_error (error);
  daemon_kit_configure (fixture->daemon, "http", "access-log", "true", &error);
  g_assert_no_error (error);
  daemon_kit_configure (fixture->daemon, "http", "workers", "2", &error);
  g_assert_no_error (error);
  daemon_kit_configure (fixture->daemon,
                        "registry",
                        "publish",
                        "token",
                        &error);
  g_assert_no_error (error);
  put_admin (fixture);
  daemon_kit_start (fixture->daemon, &error);
  g_assert_no_error (error);
  daemon_kit_wait_ready (fixture->daemon, READY_SECONDS, &error);
  g_assert_no_error (error);
  daemon_kit_wait_workers (fixture->daemon, WORKERS, &error);
  g_assert_no_error (error);

  g_autoptr (GArray) pids = daemon_kit_list_workers (fixture->daemon);
  for (guint i = 0; i < WORKERS; i++)
    {
      fixture->wires[i] = daemon_kit_connect (fixture->daemon,
                                              g_array_index (pids, GPid, i),
                                              &error);
      g_assert_no_error (error);
    }
}

static void
tear_down (Fixture *fixture, gconstpointer test_data)
{
  for (guint i = 0; i < WORKERS; i++)
    g_clear_pointer (&fixture->wires[i], wire_free);
  daemon_kit_free (fixture->daemon);
  g_free (fixture->admin);
}

static WireAnswer *
send_as (Wire *wire,
         const char *token,
         const char *method,
         const char *target,
         const char *type,
         GBytes *body)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *headers =
    g_strdup_printf ("Authorization: Bearer %s\r\nContent-Type: %s\r\n",
                     token,
                     type);
  WireAnswer *answer =
    wire_request (wire, method, target, headers, body, &error);

  g_assert_no_error (error);

  return answer;
}

static guint
publish (Wire *wire, const char *token, const char *version)
{
  g_autoptr (GBytes) tarball = package_kit_make ("hello", version, 500, 1);
  g_autofree char *target = g_strconcat ("/packages/hello/", version, NULL);
  g_autoptr (WireAnswer) answer =
    send_as (wire, token, "PUT", target, "application/gzip", tarball);

  return answer->status;
}

static guint
ask (Wire *wire, const char *token)
{
  g_autoptr (WireAnswer) answer =
    send_as (wire, token, "GET", "/auth/me", "application/json", NULL);

  return answer->status;
}

static char *
create (Wire *wire, const char *admin, char **out_id)
{
  g_autoptr (GError) error = NULL;
  static const char text[] = "{\"name\":\"ci\",\"user\":\"ann\"}";
  g_autoptr (GBytes) body = g_bytes_new_static (text, strlen (text));
  g_autoptr (WireAnswer) answer =
    send_as (wire, admin, "POST", "/tokens", "application/json", body);
  g_assert_cmpuint (answer->status, ==, 200);

  g_autofree char *said = wire_answer_dup_text (answer);
  g_autoptr (JsonNode) json = loft_json_parse (said, strlen (said), &error);
  g_assert_no_error (error);
  JsonObject *object = json_node_get_object (json);
  *out_id = g_strdup (loft_json_get_string (object, "id"));

  return g_strdup (loft_json_get_string (object, "token"));
}

/* What one worker issues every worker takes, and what one revokes none takes
 * any more, from its answer on. The journal tells who was refused, without a
 * token. */
static void
test_everywhere (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) secrets = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; i < ROUNDS; i++)
    {
      Wire *one = fixture->wires[i % WORKERS];
      Wire *other = fixture->wires[(i + 1) % WORKERS];
      g_autofree char *id = NULL;
      char *secret = create (one, fixture->admin, &id);
      g_autofree char *target = g_strconcat ("/tokens/", id, NULL);
      g_autofree char *version = g_strdup_printf ("1.%u.0", i);

      g_ptr_array_add (secrets, secret);
      g_assert_cmpuint (ask (one, secret), ==, 200);
      g_assert_cmpuint (ask (other, secret), ==, 200);
      g_assert_cmpuint (publish (other, secret, version), ==, 201);
      g_autoptr (WireAnswer) gone = send_as (other,
                                             fixture->admin,
                                             "DELETE",
                                             target,
                                             "application/json",
                                             NULL);
      g_assert_cmpuint (gone->status, ==, 200);
      g_assert_cmpuint (ask (one, secret), ==, 401);
      g_assert_cmpuint (ask (other, secret), ==, 401);
      g_assert_cmpuint (publish (one, secret, "2.0.0"), ==, 401);
    }

  daemon_kit_stop (fixture->daemon, &error);
  g_assert_no_error (error);
  g_autofree char *log = daemon_kit_dup_log (fixture->daemon);
  g_assert_nonnull (strstr (log, "/tokens"));
  g_assert_nonnull (strstr (log, "was refused: The token is not valid"));
  for (guint i = 0; i < secrets->len; i++)
    {
      const char *secret = g_ptr_array_index (secrets, i);
      g_autofree char *hash = loft_token_hash (secret);

      g_assert_null (strstr (log, secret + strlen (LOFT_TOKEN_PREFIX)));
      g_assert_null (strstr (log, hash));
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add ("/token-workers/everywhere",
              Fixture,
              NULL,
              set_up,
              test_everywhere,
              tear_down);

  return g_test_run ();
}
