/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "gate/loft-hot-cache.h"

#include <string.h>

#define HEAD                                                                   \
  "HTTP/1.1 200 OK\r\n"                                                        \
  "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"                                    \
  "X-Request-Id: 0\r\n"                                                        \
  "\r\n"

typedef struct
{
  LoftHotCache *cache; /* owned */
} Fixture;

static void
setup (Fixture *fixture, gconstpointer test_data)
{
  fixture->cache = loft_hot_cache_new (100 * 1024);
}

static void
teardown (Fixture *fixture, gconstpointer test_data)
{
  g_clear_pointer (&fixture->cache, loft_hot_cache_free);
}

static LoftSpan
span (const char *text)
{
  return (LoftSpan){ text, strlen (text) };
}

static LoftHotResponse *
make (guint64 representations,
      const char *tag,
      const char *etag,
      const char *body)
{
  g_autoptr (GBytes) bytes = g_bytes_new (body, strlen (body));
  LoftHotResponse *response =
    loft_hot_response_new (representations, 0, tag, etag, bytes);

  response->head = loft_hot_head_new (HEAD, strlen (HEAD));
  g_assert_nonnull (response->head);

  return response;
}

static void
store (Fixture *fixture, const char *target, const char *tag, const char *body)
{
  loft_hot_cache_store (fixture->cache,
                        span (target),
                        make (1, tag, "\"a\"", body));
}

static const LoftHotResponse *
find (Fixture *fixture, const char *target, guint representation)
{
  return loft_hot_cache_lookup (fixture->cache, span (target), representation);
}

static void
assert_body (const LoftHotResponse *response, const char *body)
{
  gsize size = 0;

  g_assert_nonnull (response);

  const char *data = g_bytes_get_data (response->body, &size);
  g_assert_cmpmem (data, size, body, strlen (body));
}

static void
assert_empty (Fixture *fixture)
{
  g_assert_cmpuint (loft_hot_cache_get_size (fixture->cache), ==, 0);
  g_assert_cmpuint (loft_hot_cache_get_n_targets (fixture->cache), ==, 0);
}

/* An answer is found by its target, to the byte, and nothing else is. */
static void
test_lookup (Fixture *fixture, gconstpointer test_data)
{
  store (fixture, "/a", "x", "one");
  store (fixture, "/a?b", "x", "two");

  assert_body (find (fixture, "/a", 0), "one");
  assert_body (find (fixture, "/a?b", 0), "two");
  g_assert_null (find (fixture, "/", 0));
  g_assert_null (find (fixture, "/A", 0));
  g_assert_null (find (fixture, "/a?", 0));
  g_assert_null (find (fixture, "", 0));
  g_assert_cmpuint (loft_hot_cache_get_n_targets (fixture->cache), ==, 2);

  loft_hot_cache_clear (fixture->cache);
  assert_empty (fixture);
  g_assert_null (find (fixture, "/a", 0));
}

/* Representations of a target stand side by side, the first and the last one
 * that can be told apart too. */
static void
test_representations (Fixture *fixture, gconstpointer test_data)
{
  const guint64 last = G_GUINT64_CONSTANT (1) << 63;

  loft_hot_cache_store (fixture->cache,
                        span ("/a"),
                        make (1 | last, "x", "\"a\"", "plain"));
  loft_hot_cache_store (fixture->cache,
                        span ("/a"),
                        make (2, "x", "\"b\"", "packed"));

  assert_body (find (fixture, "/a", 0), "plain");
  assert_body (find (fixture, "/a", 63), "plain");
  assert_body (find (fixture, "/a", 1), "packed");
  g_assert_null (find (fixture, "/a", 2));

  loft_hot_cache_store (fixture->cache,
                        span ("/b"),
                        make (LOFT_HOT_ALL_REPRESENTATIONS, "x", "\"a\"", "b"));
  for (guint i = 0; i < LOFT_HOT_REPRESENTATIONS; i++)
    assert_body (find (fixture, "/b", i), "b");
}

/* A new answer takes the place of all whose representations it has. */
static void
test_replace (Fixture *fixture, gconstpointer test_data)
{
  loft_hot_cache_store (fixture->cache,
                        span ("/a"),
                        make (1, "x", "\"a\"", "one"));
  gsize one = loft_hot_cache_get_size (fixture->cache);
  loft_hot_cache_store (fixture->cache,
                        span ("/a"),
                        make (2, "x", "\"b\"", "two"));
  loft_hot_cache_store (fixture->cache,
                        span ("/a"),
                        make (4, "x", "\"c\"", "six"));
  loft_hot_cache_store (fixture->cache,
                        span ("/a"),
                        make (3, "x", "\"a\"", "new"));

  assert_body (find (fixture, "/a", 0), "new");
  assert_body (find (fixture, "/a", 1), "new");
  assert_body (find (fixture, "/a", 2), "six");

  loft_hot_cache_store (fixture->cache,
                        span ("/a"),
                        make (7, "x", "\"d\"", "all"));
  assert_body (find (fixture, "/a", 2), "all");
  g_assert_cmpuint (loft_hot_cache_get_size (fixture->cache), ==, one);
  g_assert_cmpuint (loft_hot_cache_get_n_targets (fixture->cache), ==, 1);
}

static LoftHotResponse *
make_not_modified (const char *etag)
{
  LoftHotResponse *response = make (1, "x", etag, "");

  response->not_modified = g_steal_pointer (&response->head);

  return response;
}

/* The heads of one answer come together whatever their order, with its body;
 * those of different ones do not. */
static void
test_complete (Fixture *fixture, gconstpointer test_data)
{
  store (fixture, "/a", "x", "body");
  loft_hot_cache_store (fixture->cache,
                        span ("/a"),
                        make_not_modified ("\"a\""));
  gsize size = loft_hot_cache_get_size (fixture->cache);

  const LoftHotResponse *response = find (fixture, "/a", 0);
  assert_body (response, "body");
  g_assert_nonnull (response->head);
  g_assert_nonnull (response->not_modified);

  loft_hot_cache_clear (fixture->cache);
  loft_hot_cache_store (fixture->cache,
                        span ("/a"),
                        make_not_modified ("\"a\""));
  response = find (fixture, "/a", 0);
  g_assert_null (response->head);
  store (fixture, "/a", "x", "body");
  response = find (fixture, "/a", 0);
  assert_body (response, "body");
  g_assert_nonnull (response->head);
  g_assert_nonnull (response->not_modified);
  g_assert_cmpuint (loft_hot_cache_get_size (fixture->cache), ==, size);

  loft_hot_cache_store (fixture->cache,
                        span ("/a"),
                        make_not_modified ("\"b\""));
  response = find (fixture, "/a", 0);
  g_assert_null (response->head);
  g_assert_cmpstr (response->etag, ==, "\"b\"");
}

/* A change drops what speaks of it, and what speaks of everything. */
static void
test_forget (Fixture *fixture, gconstpointer test_data)
{
  store (fixture, "/x", "x", "1");
  store (fixture, "/x/1", "x", "2");
  store (fixture, "/y", "y", "3");
  store (fixture, "/", NULL, "4");

  loft_hot_cache_forget (fixture->cache, "z");
  g_assert_null (find (fixture, "/", 0));
  g_assert_nonnull (find (fixture, "/x", 0));

  store (fixture, "/", NULL, "4");
  loft_hot_cache_forget (fixture->cache, "x");
  g_assert_null (find (fixture, "/x", 0));
  g_assert_null (find (fixture, "/x/1", 0));
  g_assert_null (find (fixture, "/", 0));
  g_assert_nonnull (find (fixture, "/y", 0));

  loft_hot_cache_forget (fixture->cache, "x");
  loft_hot_cache_forget (fixture->cache, "y");
  assert_empty (fixture);
}

/* A target whose answers speak of something else now is dropped by that. */
static void
test_retag (Fixture *fixture, gconstpointer test_data)
{
  loft_hot_cache_store (fixture->cache,
                        span ("/a"),
                        make (1, "x", "\"a\"", "one"));
  loft_hot_cache_store (fixture->cache,
                        span ("/a"),
                        make (2, "y", "\"b\"", "two"));

  g_assert_null (find (fixture, "/a", 0));
  loft_hot_cache_forget (fixture->cache, "x");
  assert_body (find (fixture, "/a", 1), "two");

  loft_hot_cache_store (fixture->cache,
                        span ("/a"),
                        make (1, NULL, "\"c\"", "any"));
  g_assert_null (find (fixture, "/a", 1));
  loft_hot_cache_forget (fixture->cache, "z");
  assert_empty (fixture);
}

static void
store_number (Fixture *fixture, guint number, gsize size)
{
  g_autofree char *target = g_strdup_printf ("/%u", number);
  g_autofree char *tag = g_strdup_printf ("%u", number % 7);
  g_autofree char *body = g_strnfill (size, 'b');

  store (fixture, target, tag, body);
}

static gboolean
has_number (Fixture *fixture, guint number)
{
  g_autofree char *target = g_strdup_printf ("/%u", number);

  return find (fixture, target, 0) != NULL;
}

/* The room is never exceeded: what was used longest ago makes room, and what is
 * in use stays. */
static void
test_bound (Fixture *fixture, gconstpointer test_data)
{
  for (guint i = 0; i < 1000; i++)
    {
      store_number (fixture, i, 1024);
      g_assert_true (has_number (fixture, i));
      g_assert_true (has_number (fixture, 0));
      g_assert_cmpuint (loft_hot_cache_get_size (fixture->cache),
                        <=,
                        100 * 1024);
    }

  guint n = loft_hot_cache_get_n_targets (fixture->cache);
  g_assert_cmpuint (n, >, 50);
  g_assert_cmpuint (n, <, 100);
  for (guint i = 1; i < 1000; i++)
    g_assert_cmpint (has_number (fixture, i), ==, i > 1000 - n);
}

/* What takes more than a quarter of the room is not kept, nor is the target
 * that grows to that; nobody else has to go for it. */
static void
test_quarter (Fixture *fixture, gconstpointer test_data)
{
  g_autofree char *half = g_strnfill (15 * 1024, 'h');

  store_number (fixture, 1, 20 * 1024);
  store_number (fixture, 2, 26 * 1024);
  g_assert_true (has_number (fixture, 1));
  g_assert_false (has_number (fixture, 2));

  loft_hot_cache_store (fixture->cache,
                        span ("/a"),
                        make (1, "x", "\"a\"", half));
  assert_body (find (fixture, "/a", 0), half);
  loft_hot_cache_store (fixture->cache,
                        span ("/a"),
                        make (2, "x", "\"b\"", half));
  g_assert_null (find (fixture, "/a", 0));
  g_assert_null (find (fixture, "/a", 1));
  g_assert_true (has_number (fixture, 1));

  loft_hot_cache_forget (fixture->cache, "1");
  loft_hot_cache_forget (fixture->cache, "2");
  loft_hot_cache_forget (fixture->cache, "x");
  assert_empty (fixture);
}

/* A cache without room keeps nothing. */
static void
test_no_room (void)
{
  g_autoptr (LoftHotCache) cache = loft_hot_cache_new (0);

  loft_hot_cache_store (cache, span ("/a"), make (1, NULL, "\"a\"", "a"));
  g_assert_null (loft_hot_cache_lookup (cache, span ("/a"), 0));
  g_assert_cmpuint (loft_hot_cache_get_size (cache), ==, 0);
}

/* Whatever happens in whatever order, the sum of the sizes is right: nothing is
 * left of it when all is forgotten. */
static void
test_any_order (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (42);

  for (guint i = 0; i < 20000; i++)
    {
      guint number = (guint) g_rand_int_range (random, 0, 50);
      g_autofree char *target = g_strdup_printf ("/%u", number);
      g_autofree char *tag =
        g_strdup_printf ("%d", g_rand_int_range (random, 0, 7));
      g_autofree char *body =
        g_strnfill ((gsize) g_rand_int_range (random, 0, 9000), 'b');
      guint64 mask = (guint64) g_rand_int_range (random, 1, 16);
      int what = g_rand_int_range (random, 0, 10);

      if (what == 0)
        loft_hot_cache_forget (fixture->cache, tag);
      else if (what < 4)
        find (fixture, target, (guint) g_rand_int_range (random, 0, 4));
      else
        loft_hot_cache_store (
          fixture->cache,
          span (target),
          make (mask, what < 8 ? tag : NULL, what < 6 ? "\"a\"" : "b", body));
      g_assert_cmpuint (loft_hot_cache_get_size (fixture->cache),
                        <=,
                        100 * 1024);
    }

  for (guint i = 0; i < 7; i++)
    {
      g_autofree char *tag = g_strdup_printf ("%u", i);

      loft_hot_cache_forget (fixture->cache, tag);
    }
  assert_empty (fixture);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(path, func)                                                        \
  g_test_add ("/hot-cache/" path, Fixture, NULL, setup, func, teardown)

  ADD ("lookup", test_lookup);
  ADD ("representations", test_representations);
  ADD ("replace", test_replace);
  ADD ("complete", test_complete);
  ADD ("forget", test_forget);
  ADD ("retag", test_retag);
  ADD ("bound", test_bound);
  ADD ("quarter", test_quarter);
  ADD ("any-order", test_any_order);
  g_test_add_func ("/hot-cache/no-room", test_no_room);

  return g_test_run ();
}
