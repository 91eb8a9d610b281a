/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "kit/server-kit.h"
#include "registry/loft-json.h"
#include "registry/loft-message-id.h"

#include <string.h>

#define ANN                                                                    \
  "Authorization: Bearer ann-has-a-token-of-more-than-32-characters\r\n"
#define BOB                                                                    \
  "Authorization: Bearer bob-has-a-token-of-more-than-32-characters\r\n"

/* A server before which a trusted proxy on this machine says who asks. */
static void
set_up (ServerFixture *fixture, gconstpointer test_data)
{
  static const char *const proxies[] = { "127.0.0.1", NULL };
  g_auto (LoftHttpSettings) settings = LOFT_HTTP_SETTINGS_DEFAULT;

  server_fixture_set_up (fixture, test_data);
  settings.access_log = FALSE;
  settings.gate.trusted = loft_address_list_new (proxies, NULL);
  settings.limits[LOFT_LIMIT_NEW].burst = 2;
  settings.limits[LOFT_LIMIT_UPDATES].burst = 3;
  settings.limits[LOFT_LIMIT_FAILURES].burst = 2;
  settings.limits[LOFT_LIMIT_FAILURES].interval = 3600;
  loft_http_server_set_settings (fixture->server, &settings);
}

static HttpAnswer *
send (ServerFixture *fixture,
      const char *method,
      const char *peer,
      const char *auth,
      const char *name,
      const char *version)
{
  g_autoptr (GBytes) tarball = registry_kit_pack (name, version, "a");
  g_autofree char *target =
    g_strconcat ("/packages/", name, "/", version, NULL);
  g_autofree char *from =
    peer != NULL ? g_strconcat ("X-Forwarded-For: ", peer, "\r\n", NULL) : NULL;
  g_autofree char *headers = g_strconcat (SERVER_KIT_GZIP, auth, from, NULL);

  return http_request (fixture->port,
                       method,
                       target,
                       headers,
                       g_str_equal (method, "PUT") ? tarball : NULL);
}

static guint
put (ServerFixture *fixture,
     const char *peer,
     const char *auth,
     const char *name,
     const char *version)
{
  g_autoptr (HttpAnswer) answer =
    send (fixture, "PUT", peer, auth, name, version);

  return answer->status;
}

static void
assert_header (const HttpAnswer *answer, const char *name, const char *value)
{
  g_autofree char *found = http_answer_get_header (answer, name);

  g_assert_cmpstr (found, ==, value);
}

/* What a client sees as it comes to the end of its bucket. */
static void
run_burst (ServerFixture *fixture, gconstpointer data)
{
  g_autoptr (HttpAnswer) first =
    send (fixture, "PUT", "192.0.2.1", ANN, "one", "1.0.0");
  g_assert_cmpuint (first->status, ==, 201);
  assert_header (first, "RateLimit-Policy", "\"new\";q=2;w=1200");
  assert_header (first, "Retry-After", NULL);
  g_assert_nonnull (strstr (first->head, "RateLimit: \"new\";r=1;t="));
  g_assert_cmpuint (put (fixture, "192.0.2.1", ANN, "two", "1.0.0"), ==, 201);

  g_autoptr (HttpAnswer) refused =
    send (fixture, "PUT", "192.0.2.1", ANN, "three", "1.0.0");
  g_autofree char *text = http_answer_dup_text (refused);
  g_autofree char *wait = http_answer_get_header (refused, "Retry-After");
  g_assert_cmpuint (refused->status, ==, 429);
  g_assert_true (g_str_has_prefix (refused->head, "HTTP/1.1 429 Too Many "));
  assert_header (refused, "Content-Type", "application/problem+json");
  g_assert_nonnull (strstr (text, "\"status\":429"));
  g_assert_nonnull (wait);
  g_assert_cmpuint (g_ascii_strtoull (wait, NULL, 10), >, 0);
  g_assert_cmpuint (g_ascii_strtoull (wait, NULL, 10), <=, 600);

  g_autoptr (HttpAnswer) metrics =
    http_request (fixture->port, "GET", "/metrics", "", NULL);
  g_autofree char *figures = http_answer_dup_text (metrics);
  g_assert_nonnull (
    strstr (figures, "loft_http_requests_limited_total{limit=\"new\"} 1\n"));

  /* Versions of what is there already are another matter, and so is reading. */
  g_assert_cmpuint (put (fixture, "192.0.2.1", ANN, "one", "1.1.0"), ==, 201);
  for (guint i = 0; i < 20; i++)
    {
      g_autoptr (HttpAnswer) read =
        send (fixture, "GET", "192.0.2.1", ANN, "one", "1.0.0");

      g_assert_cmpuint (read->status, ==, 200);
      assert_header (read, "RateLimit", NULL);
    }
}

static void
test_burst (ServerFixture *fixture, gconstpointer data)
{
  server_fixture_run (fixture, run_burst, NULL);
}

/* Neither another token nor another address gets further; and who has done
 * nothing is not held up by those who did. */
static void
run_subjects (ServerFixture *fixture, gconstpointer data)
{
  g_assert_cmpuint (put (fixture, "192.0.2.1", ANN, "one", "1.0.0"), ==, 201);
  g_assert_cmpuint (put (fixture, "192.0.2.1", ANN, "two", "1.0.0"), ==, 201);
  g_assert_cmpuint (put (fixture, "192.0.2.1", BOB, "three", "1.0.0"), ==, 429);
  g_assert_cmpuint (put (fixture, "192.0.2.2", ANN, "three", "1.0.0"), ==, 429);
  g_assert_cmpuint (put (fixture, "192.0.2.2", BOB, "three", "1.0.0"), ==, 201);

  /* What was refused for the token was not counted for the address. */
  g_assert_cmpuint (put (fixture, "192.0.2.2", BOB, "four", "1.0.0"), ==, 201);
}

static void
test_subjects (ServerFixture *fixture, gconstpointer data)
{
  server_fixture_run (fixture, run_subjects, NULL);
}

/* A network of IPv6 counts as one address. */
static void
run_network (ServerFixture *fixture, gconstpointer data)
{
  g_assert_cmpuint (put (fixture, "2001:db8::1", "", "one", "1.0.0"), ==, 201);
  g_assert_cmpuint (put (fixture, "2001:db8::2", "", "two", "1.0.0"), ==, 201);
  g_assert_cmpuint (put (fixture, "2001:db8::3", "", "six", "1.0.0"), ==, 429);
  g_assert_cmpuint (put (fixture, "2001:db8:0:1::1", "", "six", "1.0.0"),
                    ==,
                    201);
}

static void
test_network (ServerFixture *fixture, gconstpointer data)
{
  server_fixture_run (fixture, run_network, NULL);
}

/* Whoever has all networks of a site gets so much further, and no more. */
static void
run_site (ServerFixture *fixture, gconstpointer data)
{
  for (guint i = 0; i < 40; i++)
    {
      g_autofree char *name = g_strdup_printf ("package%u", i);
      g_autofree char *peer = g_strdup_printf ("2001:db8:5:%x::1", i / 2);

      g_assert_cmpuint (put (fixture, peer, "", name, "1.0.0"),
                        ==,
                        i < 32 ? 201 : 429);
    }
  g_assert_cmpuint (put (fixture, "2001:db8:6::1", "", "other", "1.0.0"),
                    ==,
                    201);
}

static void
test_site (ServerFixture *fixture, gconstpointer data)
{
  server_fixture_run (fixture, run_site, NULL);
}

static void
run_local (ServerFixture *fixture, gconstpointer data)
{
  for (guint i = 0; i < 6; i++)
    {
      g_autofree char *name = g_strdup_printf ("package%u", i);
      g_autoptr (HttpAnswer) answer =
        send (fixture, "PUT", NULL, ANN, name, "1.0.0");

      g_assert_cmpuint (answer->status, ==, 201);
      assert_header (answer, "RateLimit", NULL);
    }

  /* What a proxy has passed on is nobody's neighbour. */
  g_assert_cmpuint (put (fixture, "127.0.0.1", ANN, "a", "1.0.0"), ==, 201);
  g_assert_cmpuint (put (fixture, "127.0.0.1", ANN, "b", "1.0.0"), ==, 201);
  g_assert_cmpuint (put (fixture, "127.0.0.1", ANN, "c", "1.0.0"), ==, 429);
}

static void
test_local (ServerFixture *fixture, gconstpointer data)
{
  server_fixture_run (fixture, run_local, NULL);
}

/* The original's way to publish tells what it is only in its body. */
static guint
post (ServerFixture *fixture, const char *name, const char *version)
{
  g_autoptr (GBytes) tarball = registry_kit_pack (name, version, "a");
  g_autofree char *base64 = g_base64_encode (g_bytes_get_data (tarball, NULL),
                                             g_bytes_get_size (tarball));
  g_autofree char *text =
    g_strdup_printf ("{\"name\":\"%s\",\"version\":\"%s\",\"tarball\":\"%s\"}",
                     name,
                     version,
                     base64);
  g_autoptr (GBytes) body = g_bytes_new (text, strlen (text));
  g_autoptr (HttpAnswer) answer =
    http_request (fixture->port,
                  "POST",
                  "/packages/publish",
                  SERVER_KIT_JSON ANN "X-Forwarded-For: 192.0.2.9\r\n",
                  body);

  return answer->status;
}

static void
run_post (ServerFixture *fixture, gconstpointer data)
{
  g_assert_cmpuint (post (fixture, "one", "1.0.0"), ==, 200);
  g_assert_cmpuint (post (fixture, "two", "1.0.0"), ==, 200);
  g_assert_cmpuint (post (fixture, "three", "1.0.0"), ==, 429);
  for (guint i = 0; i < 3; i++)
    {
      g_autofree char *version = g_strdup_printf ("1.%u.0", i + 1);

      g_assert_cmpuint (post (fixture, "one", version), ==, 200);
    }
  g_assert_cmpuint (post (fixture, "one", "2.0.0"), ==, 429);
}

static void
test_post (ServerFixture *fixture, gconstpointer data)
{
  server_fixture_run (fixture, run_post, NULL);
}

/* A body that is no package counts too, as one of all that may be published. */
static void
run_broken (ServerFixture *fixture, gconstpointer data)
{
  static const char *const bodies[] = { "{", "[]", "{\"tarball\":\"\"}" };

  for (guint i = 0; i < 8; i++)
    {
      const char *text = bodies[i % G_N_ELEMENTS (bodies)];
      g_autoptr (GBytes) body = g_bytes_new_static (text, strlen (text));
      g_autoptr (HttpAnswer) answer =
        http_request (fixture->port,
                      "POST",
                      "/packages/publish",
                      SERVER_KIT_JSON ANN "X-Forwarded-For: 192.0.2.9\r\n",
                      body);

      g_assert_cmpuint (answer->status, ==, i < 5 ? 400 : 429);
    }
  g_assert_cmpuint (post (fixture, "one", "1.0.0"), ==, 429);
}

static void
test_broken (ServerFixture *fixture, gconstpointer data)
{
  server_fixture_run (fixture, run_broken, NULL);
}

static guint
ask_me (ServerFixture *fixture, const char *peer, const char *auth)
{
  g_autofree char *headers =
    g_strconcat (auth, "X-Forwarded-For: ", peer, "\r\n", NULL);
  g_autoptr (HttpAnswer) answer =
    http_request (fixture->port, "GET", "/auth/me", headers, NULL);

  return answer->status;
}

static guint
change (ServerFixture *fixture, const char *method, const char *target)
{
  static const char text[] = "{\"owners\":[],\"name\":\"laptop\"}";
  g_autoptr (GBytes) body = g_bytes_new_static (text, strlen (text));
  g_autoptr (HttpAnswer) answer =
    http_request (fixture->port,
                  method,
                  target,
                  ANN "Content-Type: application/json\r\n"
                      "X-Forwarded-For: 192.0.2.1\r\n",
                  body);

  return answer->status;
}

/* Whatever leaves something in the log counts; what revokes a token does not
 * wait. */
static void
run_changes (ServerFixture *fixture, gconstpointer data)
{
  static const char yank[] = "/packages/one/1.0.0/yank";
  static const char owners[] = "/packages/one/owners";

  g_assert_cmpuint (put (fixture, NULL, ANN, "one", "1.0.0"), ==, 201);
  g_assert_cmpuint (change (fixture, "POST", yank), ==, 200);
  g_assert_cmpuint (change (fixture, "DELETE", yank), ==, 200);
  g_assert_cmpuint (change (fixture, "PUT", owners), ==, 200);
  g_assert_cmpuint (change (fixture, "POST", yank), ==, 429);
  g_assert_cmpuint (change (fixture, "DELETE", yank), ==, 429);
  g_assert_cmpuint (change (fixture, "PUT", owners), ==, 429);
  g_assert_cmpuint (change (fixture, "POST", "/tokens"), ==, 429);
  g_assert_cmpuint (change (fixture, "DELETE", "/tokens/k-0"), ==, 401);
}

static void
test_changes (ServerFixture *fixture, gconstpointer data)
{
  server_fixture_run (fixture, run_changes, NULL);
}

static JsonObject *
get_limits (ServerFixture *fixture, const char *headers, JsonNode **out_json)
{
  g_autoptr (HttpAnswer) answer =
    http_request (fixture->port, "GET", "/limits", headers, NULL);
  g_autofree char *text = http_answer_dup_text (answer);
  g_autoptr (GError) error = NULL;

  g_assert_cmpuint (answer->status, ==, 200);
  assert_header (answer, "Cache-Control", "no-store");
  *out_json = loft_json_parse (text, strlen (text), &error);
  g_assert_no_error (error);

  return json_node_get_object (*out_json);
}

static gint64
get_number (JsonObject *limits, guint index, const char *member)
{
  JsonArray *array = json_object_get_array_member (limits, "limits");

  g_assert_cmpuint (json_array_get_length (array), ==, LOFT_N_LIMITS);

  return json_object_get_int_member (
    json_array_get_object_element (array, index),
    member);
}

/* To ask what is left costs nothing. */
static void
run_look (ServerFixture *fixture, gconstpointer data)
{
  static const char from[] = ANN "X-Forwarded-For: 192.0.2.1\r\n";
  g_autoptr (JsonNode) local = NULL;
  JsonObject *limits = get_limits (fixture, "", &local);

  g_assert_cmpuint (put (fixture, "192.0.2.1", ANN, "one", "1.0.0"), ==, 201);
  g_assert_false (json_object_get_boolean_member (limits, "counted"));
  g_assert_cmpint (get_number (limits, LOFT_LIMIT_NEW, "remaining"), ==, 2);
  g_assert_cmpint (
    json_object_get_int_member (limits, "max_versions_per_package"),
    ==,
    10000);
  g_assert_true (json_object_get_null_member (limits, "max_bytes_per_package"));

  for (guint i = 0; i < 4; i++)
    {
      g_autoptr (JsonNode) json = NULL;

      limits = get_limits (fixture, from, &json);
      g_assert_true (json_object_get_boolean_member (limits, "counted"));
      g_assert_cmpint (get_number (limits, LOFT_LIMIT_NEW, "burst"), ==, 2);
      g_assert_cmpint (get_number (limits, LOFT_LIMIT_NEW, "remaining"), ==, 1);
      g_assert_cmpint (get_number (limits, LOFT_LIMIT_NEW, "more_in"), >, 0);
      g_assert_cmpint (get_number (limits, LOFT_LIMIT_UPDATES, "more_in"),
                       ==,
                       0);
    }
}

static void
test_look (ServerFixture *fixture, gconstpointer data)
{
  server_fixture_run (fixture, run_look, NULL);
}

/* Whoever guesses is not told any more whether he is right. */
static void
run_failures (ServerFixture *fixture, gconstpointer data)
{
  g_assert_cmpuint (ask_me (fixture, "192.0.2.1", ANN), ==, 401);
  g_assert_cmpuint (ask_me (fixture, "192.0.2.1", ""), ==, 401);
  g_assert_cmpuint (ask_me (fixture, "192.0.2.1", BOB), ==, 401);
  g_assert_cmpuint (ask_me (fixture, "192.0.2.1", BOB), ==, 429);
  g_assert_cmpuint (put (fixture, "192.0.2.1", BOB, "one", "1.0.0"), ==, 429);
  g_assert_cmpuint (ask_me (fixture, "192.0.2.1", ""), ==, 401);
  g_assert_cmpuint (ask_me (fixture, "192.0.2.2", ANN), ==, 401);
}

static void
test_failures (ServerFixture *fixture, gconstpointer data)
{
  server_fixture_run (fixture, run_failures, NULL);
}

/* A package that is full takes the same bytes again, and nothing else. */
static void
run_quota (ServerFixture *fixture, gconstpointer data)
{
  const char *rule = data;
  g_autofree char *member = g_strdup_printf ("\"rule\":\"%s\"", rule);

  g_assert_cmpuint (put (fixture, NULL, ANN, "one", "1.0.0"), ==, 201);
  g_assert_cmpuint (put (fixture, NULL, ANN, "one", "1.1.0"), ==, 201);
  g_assert_cmpuint (put (fixture, NULL, ANN, "one", "1.1.0"), ==, 200);

  g_autoptr (HttpAnswer) refused =
    send (fixture, "PUT", NULL, ANN, "one", "1.2.0");
  g_autofree char *text = http_answer_dup_text (refused);
  g_assert_cmpuint (refused->status, ==, 422);
  g_assert_nonnull (strstr (text, member));

  /* Nor is it worth sending. */
  g_autoptr (HttpClient) client = http_client_new (fixture->port);
  g_assert_true (http_client_send_text (
    client,
    "PUT /packages/one/1.2.0 HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n"
    "Content-Length: 700\r\n" SERVER_KIT_GZIP ANN "\r\n"));
  g_autoptr (HttpAnswer) early = http_client_receive (client, TRUE);
  g_assert_cmpuint (early->status, ==, 422);

  g_assert_cmpuint (put (fixture, NULL, ANN, "two", "1.0.0"), ==, 201);
}

static void
test_quota_versions (ServerFixture *fixture, gconstpointer data)
{
  fixture->registry.settings->max_versions = 2;
  loft_registry_set_settings (fixture->registry.registry,
                              fixture->registry.settings);
  server_fixture_run (fixture, run_quota, "quota-versions");
}

static void
test_quota_bytes (ServerFixture *fixture, gconstpointer data)
{
  g_autoptr (GBytes) tarball = registry_kit_pack ("one", "1.0.0", "a");

  fixture->registry.settings->max_bytes = g_bytes_get_size (tarball) * 5 / 2;
  loft_registry_set_settings (fixture->registry.registry,
                              fixture->registry.settings);
  server_fixture_run (fixture, run_quota, "quota-bytes");
}

/* How often the journal was told of somebody who has come to a limit. */
static int n_told; /* atomic */

static gboolean
has_field (const GLogField *fields,
           gsize n_fields,
           const char *key,
           const char *value)
{
  for (gsize i = 0; i < n_fields; i++)
    if (g_str_equal (fields[i].key, key) && fields[i].length == -1)
      return value == NULL || g_str_equal (fields[i].value, value);

  return FALSE;
}

static GLogWriterOutput
count_cb (GLogLevelFlags level,
          const GLogField *fields,
          gsize n_fields,
          gpointer user_data)
{
  if (has_field (fields, n_fields, "MESSAGE_ID", LOFT_MESSAGE_LIMITED) &&
      has_field (fields, n_fields, "LOFT_LIMIT", NULL) &&
      has_field (fields, n_fields, "REQUEST_ID", NULL) &&
      has_field (fields, n_fields, "PEER", NULL))
    g_atomic_int_inc (&n_told);

  return g_log_writer_default (level, fields, n_fields, user_data);
}

static void
run_journal (ServerFixture *fixture, gconstpointer data)
{
  for (guint i = 0; i < 40; i++)
    {
      g_autofree char *peer = g_strdup_printf ("192.0.2.%u", i + 1);

      put (fixture, peer, ANN, "one", "1.0.0");
      for (guint j = 0; i < 2 && j < 6; j++)
        {
          g_autofree char *name = g_strdup_printf ("name%u", j);

          put (fixture, peer, ANN, name, "1.0.0");
        }
      if (i < 2)
        g_assert_cmpint (g_atomic_int_get (&n_told), ==, (int) i + 1);
      else
        put (fixture, peer, ANN, "other", "1.0.0");
    }

  /* Time may have brought a few back. */
  g_assert_cmpint (g_atomic_int_get (&n_told), >=, 20);
  g_assert_cmpint (g_atomic_int_get (&n_told), <, 60);
}

/* The journal is told of whoever comes to a limit once, however often he tries,
 * and of no more than a few of many. */
static void
test_journal (ServerFixture *fixture, gconstpointer data)
{
  g_atomic_int_set (&n_told, 0);
  server_fixture_run (fixture, run_journal, NULL);
}

int
main (int argc, char **argv)
{
  static const struct
  {
    const char *path;
    void (*func) (ServerFixture *fixture, gconstpointer data);
  } tests[] = {
    { "/limit/burst", test_burst },
    { "/limit/subjects", test_subjects },
    { "/limit/network", test_network },
    { "/limit/site", test_site },
    { "/limit/local", test_local },
    { "/limit/post", test_post },
    { "/limit/broken", test_broken },
    { "/limit/changes", test_changes },
    { "/limit/failures", test_failures },
    { "/limit/look", test_look },
    { "/limit/quota-versions", test_quota_versions },
    { "/limit/quota-bytes", test_quota_bytes },
    { "/limit/journal", test_journal },
  };

  g_test_init (&argc, &argv, NULL);
  g_log_set_writer_func (count_cb, NULL, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (tests); i++)
    g_test_add (tests[i].path,
                ServerFixture,
                NULL,
                set_up,
                tests[i].func,
                server_fixture_tear_down);

  return g_test_run ();
}
