/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "kit/server-kit.h"
#include "registry/loft-json.h"

#include <string.h>

/* A server that asks for tokens, and the token of its administrator. */
typedef struct
{
  ServerFixture server;
  char *admin; /* owned */
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer test_data)
{
  static const char *const scopes[] = { "admin", NULL };
  const LoftTokenWish wish = { .user = "boss", .scopes = scopes };
  const LoftCaller root = { .administrator = "admin:root" };
  g_autoptr (GError) error = NULL;
  RegistryFixture *registry = &fixture->server.registry;

  server_fixture_set_up (&fixture->server, test_data);
  registry->settings->publish = LOFT_PUBLISH_TOKEN;
  loft_registry_set_settings (registry->registry, registry->settings);
  g_autoptr (LoftToken) token =
    registry_kit_create_token (registry, &wish, &root, &fixture->admin, &error);
  g_assert_no_error (error);
}

static void
tear_down (Fixture *fixture, gconstpointer test_data)
{
  server_fixture_tear_down (&fixture->server, test_data);
  g_free (fixture->admin);
}

static HttpAnswer *
send_as (Fixture *fixture,
         const char *token,
         const char *method,
         const char *target,
         const char *type,
         GBytes *body)
{
  g_autofree char *auth =
    token != NULL ? g_strdup_printf ("Authorization: Bearer %s\r\n", token)
                  : g_strdup ("");
  g_autofree char *headers = g_strconcat (auth,
                                          "X-Request-Id: the-same\r\n",
                                          type != NULL ? "Content-Type: " : "",
                                          type != NULL ? type : "",
                                          type != NULL ? "\r\n" : "",
                                          NULL);

  return http_request (fixture->server.port, method, target, headers, body);
}

static HttpAnswer *
send_text (Fixture *fixture,
           const char *token,
           const char *method,
           const char *target,
           const char *text)
{
  g_autoptr (GBytes) body = g_bytes_new (text, strlen (text));

  return send_as (fixture, token, method, target, "application/json", body);
}

static HttpAnswer *
get (Fixture *fixture, const char *token, const char *target)
{
  return send_as (fixture, token, "GET", target, NULL, NULL);
}

static guint
publish (Fixture *fixture, const char *token, const char *version)
{
  g_autoptr (GBytes) tarball = registry_kit_pack ("hello", version, "a");
  g_autofree char *target = g_strconcat ("/packages/hello/", version, NULL);
  g_autoptr (HttpAnswer) answer =
    send_as (fixture, token, "PUT", target, "application/gzip", tarball);

  return answer->status;
}

static JsonNode *
parse (const HttpAnswer *answer)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *text = http_answer_dup_text (answer);
  JsonNode *json = loft_json_parse (text, strlen (text), &error);

  g_assert_no_error (error);

  return json;
}

/* A token by its secret and its id. */
static char *
create (Fixture *fixture, const char *body, char **out_id)
{
  g_autoptr (HttpAnswer) answer =
    send_text (fixture, fixture->admin, "POST", "/tokens", body);
  g_autofree char *cache = http_answer_get_header (answer, "Cache-Control");

  g_assert_cmpuint (answer->status, ==, 200);
  g_assert_cmpstr (cache, ==, "no-store");
  g_autoptr (JsonNode) json = parse (answer);
  JsonObject *object = json_node_get_object (json);
  g_assert_nonnull (loft_json_get_string (object, "expires_at"));
  if (out_id != NULL)
    *out_id = g_strdup (loft_json_get_string (object, "id"));

  return g_strdup (loft_json_get_string (object, "token"));
}

static void
run (Fixture *fixture, ServerKitFunc func)
{
  /* The server is the first member, so its fixture is ours. */
  server_fixture_run (&fixture->server, func, NULL);
}

/* A token comes, is seen by its user alone, and goes. */
static void
run_life (ServerFixture *server, gconstpointer data)
{
  Fixture *fixture = (Fixture *) server;
  g_autofree char *id = NULL;
  g_autofree char *ann =
    create (fixture, "{\"name\":\"laptop\",\"user\":\"ann\"}", &id);
  g_autofree char *bob =
    create (fixture, "{\"name\":\"laptop\",\"user\":\"bob\"}", NULL);
  g_autofree char *hash = loft_token_hash (ann);
  g_autofree char *target = g_strconcat ("/tokens/", id, NULL);

  g_assert_true (g_str_has_prefix (ann, "loft_"));
  g_assert_cmpuint (publish (fixture, ann, "1.0.0"), ==, 201);
  g_assert_cmpuint (publish (fixture, bob, "1.1.0"), ==, 403);
  g_assert_cmpuint (publish (fixture, NULL, "1.1.0"), ==, 401);

  g_autoptr (HttpAnswer) list = get (fixture, ann, "/tokens");
  g_autofree char *listed = http_answer_dup_text (list);
  g_autofree char *cache = http_answer_get_header (list, "Cache-Control");
  g_assert_cmpuint (list->status, ==, 200);
  g_assert_cmpstr (cache, ==, "no-store");
  g_assert_nonnull (strstr (listed, id));
  g_assert_null (strstr (listed, "bob"));
  g_assert_null (strstr (listed, ann));
  g_assert_null (strstr (listed, hash));

  g_autoptr (HttpAnswer) all = get (fixture, fixture->admin, "/tokens");
  g_autoptr (JsonNode) everybodys = parse (all);
  g_assert_cmpuint (json_array_get_length (json_node_get_array (everybodys)),
                    ==,
                    3);

  /* Nobody is told who has an account on this machine. */
  g_autofree char *everything = http_answer_dup_text (all);
  g_assert_nonnull (strstr (everything, "\"created_by\":\"admin\""));
  g_assert_null (strstr (everything, "admin:root"));

  g_autoptr (HttpAnswer) me = get (fixture, ann, "/auth/me");
  g_assert_cmpuint (me->status, ==, 200);
  g_autoptr (JsonNode) user = parse (me);
  g_assert_cmpstr (
    loft_json_get_string (json_node_get_object (user), "username"),
    ==,
    "ann");

  g_autoptr (HttpAnswer) foreign =
    send_as (fixture, bob, "DELETE", target, NULL, NULL);
  g_assert_cmpuint (foreign->status, ==, 404);
  g_autoptr (HttpAnswer) gone =
    send_as (fixture, ann, "DELETE", target, NULL, NULL);
  g_assert_cmpuint (gone->status, ==, 200);
  g_assert_cmpuint (publish (fixture, ann, "1.1.0"), ==, 401);

  g_autoptr (HttpAnswer) rest = get (fixture, fixture->admin, "/tokens");
  g_autofree char *left = http_answer_dup_text (rest);
  g_assert_null (strstr (left, id));
}

static void
test_life (Fixture *fixture, gconstpointer test_data)
{
  run (fixture, run_life);
}

/* Every endpoint refuses whatever is no good token in the same words. */
static void
run_same_answer (ServerFixture *server, gconstpointer data)
{
  static const struct
  {
    const char *method;
    const char *target;
    const char *body;
  } endpoints[] = {
    { "GET", "/tokens", NULL },
    { "GET", "/auth/me", NULL },
    { "POST", "/tokens", "{\"name\":\"x\"}" },
    { "DELETE", "/tokens/k-0123456789abcdef", NULL },
    { "PUT", "/packages/hello/owners", "{\"owners\":[]}" },
    { "POST", "/packages/hello/1.0.0/yank", "{}" },
  };
  Fixture *fixture = (Fixture *) server;
  g_autofree char *id = NULL;
  g_autofree char *revoked =
    create (fixture, "{\"name\":\"x\",\"user\":\"ann\"}", &id);
  g_autofree char *target = g_strconcat ("/tokens/", id, NULL);
  g_autofree char *guessed = loft_token_draw (NULL);
  g_autofree char *truncated =
    g_strndup (fixture->admin, strlen (fixture->admin) - 1);
  const char *const bad[] = { revoked, guessed, truncated, "loft_", "other" };
  g_autofree char *expected = NULL;

  g_assert_cmpuint (publish (fixture, revoked, "1.0.0"), ==, 201);
  g_autoptr (HttpAnswer) gone =
    send_as (fixture, fixture->admin, "DELETE", target, NULL, NULL);
  g_assert_cmpuint (gone->status, ==, 200);

  for (gsize i = 0; i < G_N_ELEMENTS (endpoints); i++)
    for (gsize j = 0; j < G_N_ELEMENTS (bad); j++)
      {
        g_autoptr (GBytes) body =
          endpoints[i].body != NULL
            ? g_bytes_new (endpoints[i].body, strlen (endpoints[i].body))
            : NULL;
        g_autoptr (HttpAnswer) answer =
          send_as (fixture,
                   bad[j],
                   endpoints[i].method,
                   endpoints[i].target,
                   body != NULL ? "application/json" : NULL,
                   body);
        g_autofree char *text = http_answer_dup_text (answer);
        g_autofree char *challenge =
          http_answer_get_header (answer, "WWW-Authenticate");

        g_test_message ("%s %s: %s",
                        endpoints[i].method,
                        endpoints[i].target,
                        text);
        g_assert_cmpuint (answer->status, ==, 401);
        g_assert_cmpstr (challenge, ==, "Bearer");
        if (expected == NULL)
          expected = g_strdup (text);
        g_assert_cmpstr (text, ==, expected);
      }
}

static void
test_same_answer (Fixture *fixture, gconstpointer test_data)
{
  run (fixture, run_same_answer);
}

/* A body that is none creates nothing, and is refused for what it is. */
static void
run_bodies (ServerFixture *server, gconstpointer data)
{
  static const struct
  {
    const char *body;
    guint status;
  } cases[] = {
    { "", 400 },
    { "null", 400 },
    { "[]", 400 },
    { "\"name\"", 400 },
    { "{", 400 },
    { "{}", 400 },
    { "{\"name\":null}", 400 },
    { "{\"name\":7}", 400 },
    { "{\"name\":\"a\\u0000b\"}", 400 },
    { "{\"name\":\"a\",\"name\":\"b\"}", 400 },
    { "{\"name\":\"a\"}{}", 400 },
    { "{\"name\":\"a\",\"user\":{}}", 400 },
    { "{\"name\":\"a\",\"scopes\":\"yank\"}", 400 },
    { "{\"name\":\"a\",\"scopes\":[1]}", 400 },
    { "{\"name\":\"a\",\"scopes\":[null]}", 400 },
    { "{\"name\":\"a\",\"pattern\":[\"*\"]}", 400 },
    { "{\"name\":\"a\",\"expires_in\":\"90\"}", 400 },
    { "{\"name\":\"a\",\"expires_in\":0}", 400 },
    { "{\"name\":\"a\",\"expires_in\":-1}", 400 },
    { "{\"name\":\"a\",\"expires_in\":1.5}", 400 },
    { "{\"name\":\"a\",\"expires_in\":9007199254740993}", 400 },
    { "{\"name\":\"a\",\"expires_in\":9007199254740991}", 422 },
    { "{\"name\":\"\"}", 422 },
    { "{\"name\":\"a\\u001b[2J\"}", 422 },
    { "{\"name\":\"a\",\"user\":\"../ann\"}", 422 },
    { "{\"name\":\"a\",\"user\":\"t-0123456789abcdef\"}", 422 },
    { "{\"name\":\"a\",\"scopes\":[\"root\"]}", 422 },
    { "{\"name\":\"a\",\"pattern\":\"?\"}", 422 },
    { "{\"name\":\"a\",\"token\":\"loft_mine\",\"id\":\"k-mine\"}", 200 },
    { "{\"name\":\"a\",\"user\":null,\"scopes\":null,\"pattern\":null,"
      "\"expires_in\":null}",
      200 },
    { "{\"name\":\"a\",\"scopes\":[]}", 200 },
  };
  Fixture *fixture = (Fixture *) server;
  guint created = 0;

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (HttpAnswer) answer =
        send_text (fixture, fixture->admin, "POST", "/tokens", cases[i].body);
      g_autofree char *text = http_answer_dup_text (answer);

      g_test_message ("%s: %s", cases[i].body, text);
      g_assert_cmpuint (answer->status, ==, cases[i].status);
      g_assert_null (strstr (text, "mine"));
      created += answer->status == 200;
    }

  g_autoptr (HttpAnswer) list = get (fixture, fixture->admin, "/tokens");
  g_autoptr (JsonNode) json = parse (list);
  g_assert_cmpuint (json_array_get_length (json_node_get_array (json)),
                    ==,
                    1 + created);
}

static void
test_bodies (Fixture *fixture, gconstpointer test_data)
{
  run (fixture, run_bodies);
}

/* A user gives a package to others, who then may publish. */
static void
run_owners (ServerFixture *server, gconstpointer data)
{
  static const char target[] = "/packages/hello/owners";
  static const struct
  {
    const char *body;
    guint status;
  } cases[] = {
    { "{}", 400 },
    { "{\"owners\":\"bob\"}", 400 },
    { "{\"owners\":[\"a/b\"]}", 422 },
    { "{\"owners\":[\"ann\",\"bob\"]}", 200 },
  };
  Fixture *fixture = (Fixture *) server;
  g_autofree char *ann = create (fixture,
                                 "{\"name\":\"x\",\"user\":\"ann\","
                                 "\"scopes\":[\"publish-new\",\"owners\"]}",
                                 NULL);
  g_autofree char *bob =
    create (fixture, "{\"name\":\"x\",\"user\":\"bob\"}", NULL);

  g_assert_cmpuint (publish (fixture, ann, "1.0.0"), ==, 201);
  g_assert_cmpuint (publish (fixture, bob, "1.1.0"), ==, 403);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (HttpAnswer) answer =
        send_text (fixture, ann, "PUT", target, cases[i].body);

      g_assert_cmpuint (answer->status, ==, cases[i].status);
    }
  g_assert_cmpuint (publish (fixture, bob, "1.1.0"), ==, 201);

  g_autoptr (HttpAnswer) refused =
    send_text (fixture, bob, "PUT", target, "{\"owners\":[\"bob\"]}");
  g_assert_cmpuint (refused->status, ==, 403);
  g_autoptr (HttpAnswer) list = get (fixture, NULL, "/packages/hello");
  g_autofree char *listed = http_answer_dup_text (list);
  g_assert_nonnull (strstr (listed, "\"owners\":[\"ann\",\"bob\"]"));
}

static void
test_owners (Fixture *fixture, gconstpointer test_data)
{
  run (fixture, run_owners);
}

/* Who can publish nothing is told so before the body is sent. */
static void
run_early (ServerFixture *server, gconstpointer data)
{
  Fixture *fixture = (Fixture *) server;
  g_autofree char *guessed = loft_token_draw (NULL);
  const struct
  {
    const char *token;
    guint status;
  } cases[] = { { guessed, 401 }, { fixture->admin, 100 } };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (HttpClient) client = http_client_new (fixture->server.port);
      g_autofree char *head =
        g_strdup_printf ("POST /packages/publish HTTP/1.1\r\n"
                         "Host: 127.0.0.1\r\n"
                         "Authorization: Bearer %s\r\n"
                         "Content-Type: application/json\r\n"
                         "Content-Length: 1000000\r\n"
                         "Expect: 100-continue\r\n\r\n",
                         cases[i].token);

      http_client_send_text (client, head);
      g_autoptr (HttpAnswer) answer = http_client_receive (client, TRUE);
      g_assert_cmpuint (answer->status, ==, cases[i].status);
    }
}

static void
test_early (Fixture *fixture, gconstpointer test_data)
{
  run (fixture, run_early);
}

/* Who may publish nothing does not learn what is wrong with a package, however
 * short it is. */
static void
run_order (ServerFixture *server, gconstpointer data)
{
  Fixture *fixture = (Fixture *) server;
  g_autofree char *guessed = loft_token_draw (NULL);
  g_autoptr (GBytes) body = g_bytes_new_static ("nonsense", 8);
  const struct
  {
    const char *token;
    guint status;
  } cases[] = { { NULL, 401 }, { guessed, 401 }, { fixture->admin, 422 } };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (HttpAnswer) answer = send_as (fixture,
                                               cases[i].token,
                                               "PUT",
                                               "/packages/hello/1.0.0",
                                               "application/gzip",
                                               body);

      g_assert_cmpuint (answer->status, ==, cases[i].status);
    }
}

static void
test_order (Fixture *fixture, gconstpointer test_data)
{
  run (fixture, run_order);
}

static void
add (const char *path, void (*func) (Fixture *, gconstpointer))
{
  g_test_add (path, Fixture, NULL, set_up, func, tear_down);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  add ("/http-tokens/life", test_life);
  add ("/http-tokens/same-answer", test_same_answer);
  add ("/http-tokens/bodies", test_bodies);
  add ("/http-tokens/owners", test_owners);
  add ("/http-tokens/early", test_early);
  add ("/http-tokens/order", test_order);

  return g_test_run ();
}
