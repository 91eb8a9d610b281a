/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "kit/server-kit.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>

/*
 * What can be read in two ways, and what is no request at all. Behind each row
 * the client sends one more request, which is answered only if the row says
 * that the connection is kept: then it is the only one that follows. Whatever
 * looks like a request within a row must never be answered as one.
 */
#define HOST "Host: a\r\n"
#define GET "GET /livez HTTP/1.1\r\n"
#define POST "POST /livez HTTP/1.1\r\n"
#define PUT "PUT /packages/hello/1.0.0 HTTP/1.1\r\n"
#define END "\r\n"
#define PROBE GET HOST "Connection: close\r\n" END

/* A request of 32 bytes, to lie where a body should be. */
#define SMUGGLED GET HOST "\r\n"
#define SMUGGLED_LENGTH "Content-Length: 32\r\n"
G_STATIC_ASSERT (sizeof SMUGGLED - 1 == 32);

#define TARGET(target) "GET " target " HTTP/1.1\r\n" HOST END
#define FIELD(field) GET HOST field "\r\n" END
#define LENGTH(value) POST HOST "Content-Length: " value "\r\n" END "hello"
#define CODING(value)                                                          \
  POST HOST "Transfer-Encoding: " value "\r\n" END "0\r\n\r\n" SMUGGLED

typedef struct
{
  const char *name;
  const char *text;
  gsize length;
  guint status;
  gboolean kept;
} Row;

#define CLOSED(name, status, text)                                             \
  {                                                                            \
    name, text, sizeof (text) - 1, status, FALSE                               \
  }
#define KEPT(name, status, text)                                               \
  {                                                                            \
    name, text, sizeof (text) - 1, status, TRUE                                \
  }

static const Row rows[] = {
  /* Those that are good, for comparison. */
  KEPT ("good", 200, GET HOST END),
  KEPT ("good-empty-line", 200, "\r\n" GET HOST END),
  KEPT ("good-absolute", 200, TARGET ("http://a/livez")),
  KEPT ("good-star", 204, "OPTIONS * HTTP/1.1\r\n" HOST END),
  KEPT ("good-length-zero", 200, FIELD ("Content-Length: 0")),
  KEPT ("good-body", 200, GET HOST SMUGGLED_LENGTH END SMUGGLED),
  KEPT ("good-zeros-before", 200, FIELD ("Content-Length: 000")),
  KEPT ("good-upgrade",
        200,
        FIELD ("Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
               "HTTP2-Settings: AAMAAABkAAQAAP__")),
  KEPT ("good-trailer", 200, FIELD ("TE: trailers\r\nTrailer: X")),

  /* How long the body is. */
  CLOSED ("length-and-chunked",
          400,
          POST HOST "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n" END
                    "0\r\n\r\n" SMUGGLED),
  CLOSED ("chunked-and-length",
          400,
          POST HOST "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n" END
                    "0\r\n\r\n" SMUGGLED),
  CLOSED ("length-twice-same",
          400,
          POST HOST "Content-Length: 5\r\nContent-Length: 5\r\n" END "hello"),
  CLOSED ("length-twice-other",
          400,
          POST HOST "Content-Length: 0\r\n" SMUGGLED_LENGTH END SMUGGLED),
  CLOSED ("length-twice-case",
          400,
          POST HOST "content-length: 0\r\n" SMUGGLED_LENGTH END SMUGGLED),
  CLOSED ("length-plus", 400, LENGTH ("+5")),
  CLOSED ("length-minus", 400, LENGTH ("-5")),
  CLOSED ("length-list-same", 400, LENGTH ("5,5")),
  CLOSED ("length-list-other", 400, LENGTH ("0, 5")),
  CLOSED ("length-hex", 400, LENGTH ("0x5")),
  CLOSED ("length-exponent", 400, LENGTH ("5e0")),
  CLOSED ("length-fraction", 400, LENGTH ("5.0")),
  CLOSED ("length-quoted", 400, LENGTH ("\"5\"")),
  CLOSED ("length-space", 400, LENGTH ("1 5")),
  CLOSED ("length-empty", 400, LENGTH ("")),
  CLOSED ("length-text", 400, LENGTH ("five")),
  CLOSED ("length-past-64-bits", 400, LENGTH ("18446744073709551621")),
  CLOSED ("length-nul", 400, LENGTH ("5\0")),
  CLOSED ("length-tab-in-name",
          400,
          POST HOST "Content-Length\t: 5\r\n" END "hello"),
  CLOSED ("length-space-before-colon",
          400,
          POST HOST "Content-Length : 5\r\n" END "hello"),
  CLOSED ("length-folded",
          400,
          POST HOST "Content-Length:\r\n 5\r\n" END "hello"),
  CLOSED ("chunked", 411, CODING ("chunked")),
  CLOSED ("chunked-case", 411, CODING ("cHuNkEd")),
  CLOSED ("chunked-tab", 411, CODING ("\tchunked\t")),
  CLOSED ("chunked-quoted", 400, CODING ("\"chunked\"")),
  CLOSED ("chunked-list", 400, CODING ("gzip, chunked")),
  CLOSED ("chunked-list-behind", 400, CODING ("chunked, identity")),
  CLOSED ("chunked-parameter", 400, CODING ("chunked;q=1")),
  CLOSED ("chunked-prefix", 400, CODING ("xchunked")),
  CLOSED ("chunked-vertical-tab",
          400,
          CODING ("\x0b"
                  "chunked")),
  CLOSED ("chunked-comma", 400, CODING (",chunked")),
  CLOSED ("coding-identity", 400, CODING ("identity")),
  CLOSED ("coding-empty", 400, CODING ("")),
  CLOSED ("coding-twice",
          400,
          POST HOST "Transfer-Encoding: chunked\r\n"
                    "Transfer-Encoding: identity\r\n" END SMUGGLED),
  CLOSED ("coding-space-before-colon",
          400,
          POST HOST "Transfer-Encoding : chunked\r\n" END "0\r\n\r\n"),
  CLOSED ("coding-folded",
          400,
          POST HOST "Transfer-Encoding:\r\n chunked\r\n" END "0\r\n\r\n"),
  CLOSED ("coding-old",
          400,
          "POST /livez HTTP/1.0\r\nTransfer-Encoding: chunked\r\n" END
          "0\r\n\r\n"),

  /* Lines. */
  CLOSED ("bare-feed-all", 400, "GET /livez HTTP/1.1\nHost: a\n\n"),
  CLOSED ("bare-feed-one", 400, GET "Host: a\nX: b\r\n" END),
  CLOSED ("bare-feed-at-end", 400, GET "Host: a\r\n\n"),
  CLOSED ("bare-return", 400, GET "Host: a\rX: b\r\n" END),
  CLOSED ("bare-return-first", 400, "\r" GET HOST END),
  CLOSED ("two-empty-lines", 400, "\r\n\r\n" GET HOST END),
  CLOSED ("folded", 400, GET HOST "X: a\r\n b\r\n" END),
  CLOSED ("folded-first", 400, GET " " HOST END),
  CLOSED ("folded-tab", 400, GET HOST "X: a\r\n\tb\r\n" END),
  CLOSED ("nul-in-value", 400, FIELD ("X: a\0b")),
  CLOSED ("nul-in-name", 400, FIELD ("X\0: a")),
  CLOSED ("nul-in-target", 400, TARGET ("/livez\0x")),
  CLOSED ("control-in-value", 400, FIELD ("X: a\x01")),
  CLOSED ("no-colon", 400, FIELD ("X")),
  CLOSED ("no-name", 400, FIELD (": a")),
  CLOSED ("name-with-quote", 400, FIELD ("\"X\": a")),
  CLOSED ("name-with-8-bits", 400, FIELD ("X\xff: a")),

  /* Hosts. */
  CLOSED ("host-missing", 400, GET END),
  CLOSED ("host-twice", 400, GET HOST HOST END),
  CLOSED ("host-other", 400, GET HOST "Host: b\r\n" END),
  CLOSED ("host-empty", 400, GET "Host:\r\n" END),
  CLOSED ("host-list", 400, GET "Host: a, b\r\n" END),
  CLOSED ("host-path", 400, GET "Host: a/b\r\n" END),
  CLOSED ("host-user", 400, GET "Host: a@b\r\n" END),
  CLOSED ("host-space", 400, GET "Host: a b\r\n" END),

  /* Request lines. */
  CLOSED ("authority", 400, "CONNECT a:80 HTTP/1.1\r\n" HOST END),
  CLOSED ("authority-get", 400, TARGET ("a:80")),
  CLOSED ("star-get", 400, TARGET ("*")),
  CLOSED ("absolute-other", 400, TARGET ("http://b/livez")),
  CLOSED ("absolute-user", 400, TARGET ("http://x@a/livez")),
  CLOSED ("absolute-no-path", 400, TARGET ("http://a")),
  CLOSED ("absolute-file", 400, TARGET ("file:///etc/passwd")),
  CLOSED ("relative", 400, TARGET ("livez")),
  CLOSED ("percent-short", 400, TARGET ("/livez%4")),
  CLOSED ("percent-no-hex", 400, TARGET ("/livez%4g")),
  CLOSED ("percent-nul", 400, TARGET ("/livez%00")),
  CLOSED ("fragment", 400, TARGET ("/livez#x")),
  CLOSED ("dots", 400, TARGET ("/packages/../livez")),
  CLOSED ("dots-encoded", 400, TARGET ("/packages/%2e%2e/livez")),
  CLOSED ("8-bits", 400, TARGET ("/livez\xc3\xa9")),
  CLOSED ("space-in-target", 400, TARGET ("/livez x")),
  CLOSED ("two-spaces", 400, "GET  /livez HTTP/1.1\r\n" HOST END),
  CLOSED ("tab", 400, "GET\t/livez HTTP/1.1\r\n" HOST END),
  CLOSED ("space-at-end", 400, "GET /livez HTTP/1.1 \r\n" HOST END),
  CLOSED ("no-method", 400, " /livez HTTP/1.1\r\n" HOST END),
  CLOSED ("method-with-colon", 400, "GE:T /livez HTTP/1.1\r\n" HOST END),
  CLOSED ("version-lower", 400, "GET /livez http/1.1\r\n" HOST END),
  CLOSED ("version-long", 400, "GET /livez HTTP/1.10\r\n" HOST END),
  CLOSED ("version-1.2", 505, "GET /livez HTTP/1.2\r\n" HOST END),
  CLOSED ("version-2", 505, "GET /livez HTTP/2.0\r\n" HOST END),
  CLOSED ("version-0.9", 400, "GET /livez\r\n" END),
  CLOSED ("version-0.9-answered", 505, "GET /livez HTTP/0.9\r\n" HOST END),

  /* Other protocols. */
  CLOSED ("http2-preface", 505, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0"),
  CLOSED ("tls-hello",
          400,
          "\x16\x03\x01\x00\x2f\x01\x00\x00\x2b\x03\x03\x52\x36\x2c\x10"),
  CLOSED ("ssh", 400, "SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n\r\n"),
  CLOSED ("proxy-protocol",
          400,
          "PROXY TCP4 192.0.2.1 192.0.2.2 5 6\r\n" GET HOST END),
  CLOSED ("answer", 400, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),

  /* A body that is refused while it is already there. */
  CLOSED ("expect-refused",
          415,
          PUT HOST "Expect: 100-continue\r\n" SMUGGLED_LENGTH END SMUGGLED),
  CLOSED ("expect-nowhere",
          404,
          "PUT /nowhere HTTP/1.1\r\n" HOST
          "Expect: 100-continue\r\n" SMUGGLED_LENGTH END SMUGGLED),
  CLOSED ("expect-other",
          417,
          PUT HOST "Expect: 200-ok\r\n" SMUGGLED_LENGTH END SMUGGLED),
  CLOSED ("expect-twice",
          417,
          PUT HOST
          "Expect: 100-continue\r\nExpect: 100-continue\r\n" SMUGGLED_LENGTH END
            SMUGGLED),
  KEPT ("refused", 415, PUT HOST SMUGGLED_LENGTH END SMUGGLED),
};

static HttpClient *
connect_to (ServerFixture *fixture)
{
  HttpClient *client = http_client_new (fixture->port);
  g_autoptr (GError) error = NULL;

  g_socket_set_option (http_client_get_socket (client),
                       IPPROTO_TCP,
                       TCP_NODELAY,
                       1,
                       &error);
  g_assert_no_error (error);

  return client;
}

/* What was sent is answered once, or twice with the request behind it, and then
 * the connection is closed in order. */
static void
assert_answers (HttpClient *client, guint status, gboolean kept)
{
  g_autoptr (HttpAnswer) first = http_client_receive (client, TRUE);
  g_autofree char *connection = http_answer_get_header (first, "Connection");

  g_test_message ("%s", first->head);
  g_assert_cmpuint (first->status, ==, status);
  if (kept)
    {
      g_assert_cmpstr (connection, !=, "close");
      g_autoptr (HttpAnswer) second = http_client_receive (client, TRUE);
      g_assert_cmpuint (second->status, ==, 200);
    }
  else
    g_assert_cmpstr (connection, ==, "close");
  g_assert_true (http_client_is_closed (client));
}

static void
send_at_once (ServerFixture *fixture, gconstpointer data)
{
  const Row *row = data;
  g_autoptr (HttpClient) client = connect_to (fixture);
  g_autoptr (GByteArray) text = g_byte_array_new ();

  g_byte_array_append (text, (const guint8 *) row->text, (guint) row->length);
  g_byte_array_append (text, (const guint8 *) PROBE, sizeof PROBE - 1);
  g_assert_true (http_client_send (client, text->data, text->len));
  assert_answers (client, row->status, row->kept);
}

/* Byte by byte, so that the server has to make up its mind with what it has. */
static void
send_bytes (ServerFixture *fixture, gconstpointer data)
{
  const Row *row = data;
  g_autoptr (HttpClient) client = connect_to (fixture);

  for (gsize i = 0; i < row->length; i++)
    g_assert_true (http_client_send (client, row->text + i, 1));
  g_assert_true (http_client_send (client, PROBE, sizeof PROBE - 1));
  assert_answers (client, row->status, row->kept);
}

static void
test_row (ServerFixture *fixture, gconstpointer data)
{
  server_fixture_run (fixture, send_at_once, data);
  server_fixture_run (fixture, send_bytes, data);
}

/* A head larger than any limit, sent to its end. */
typedef struct
{
  const char *start;
  const char *piece;
  const char *end;
  guint status;
} Large;

static void
send_large (ServerFixture *fixture, gconstpointer data)
{
  const Large *large = data;
  g_autoptr (HttpClient) client = connect_to (fixture);
  g_autoptr (GString) text = g_string_new (large->start);

  while (text->len < 1024 * 1024)
    g_string_append (text, large->piece);
  g_string_append (text, large->end);
  g_string_append (text, PROBE);
  g_assert_true (http_client_send (client, text->str, text->len));
  assert_answers (client, large->status, FALSE);
}

static void
test_large (ServerFixture *fixture, gconstpointer data)
{
  server_fixture_run (fixture, send_large, data);
}

static const Large large_target = { "GET /",
                                    "a",
                                    " HTTP/1.1\r\n" HOST END,
                                    414 };
static const Large large_method = { "", "A", " / HTTP/1.1\r\n" HOST END, 414 };
static const Large large_value = { GET HOST "X: ", "a", "\r\n" END, 431 };
static const Large many_fields = { GET HOST, "X: a\r\n", END, 431 };

#define ADD(name, data, func)                                                  \
  g_test_add ("/http-smuggling/" name,                                         \
              ServerFixture,                                                   \
              data,                                                            \
              server_fixture_set_up,                                           \
              func,                                                            \
              server_fixture_tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *name =
        g_strconcat ("/http-smuggling/row/", rows[i].name, NULL);

      g_test_add (name,
                  ServerFixture,
                  &rows[i],
                  server_fixture_set_up,
                  test_row,
                  server_fixture_tear_down);
    }
  ADD ("large/target", &large_target, test_large);
  ADD ("large/method", &large_method, test_large);
  ADD ("large/value", &large_value, test_large);
  ADD ("large/fields", &many_fields, test_large);

  return g_test_run ();
}
