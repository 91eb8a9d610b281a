/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "http/loft-problem.h"
#include "http/loft-router.h"

/* Endpoints are nothing to a router but pointers. */
#define ENDPOINT(n) ((const LoftEndpoint *) GUINT_TO_POINTER (n))

static const LoftRoute routes[] = {
  { "GET", "/", ENDPOINT (1) },
  { "GET", "/packages", ENDPOINT (2) },
  { "POST", "/packages/publish", ENDPOINT (3) },
  { "GET", "/packages/:name", ENDPOINT (4) },
  { "GET", "/packages/:name/dependents", ENDPOINT (5) },
  { "GET", "/packages/:name/:version", ENDPOINT (6) },
  { "PUT", "/packages/:name/:version", ENDPOINT (7) },
  { "GET", "/docs/:name", ENDPOINT (8) },
  { "GET", "/docs/:name/*path", ENDPOINT (9) },
};

static guint
find (const LoftRouter *router, const char *method, const char *path)
{
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) segments = loft_router_split_path (path, &error);
  const char *const *pattern = NULL;

  g_assert_no_error (error);

  return GPOINTER_TO_UINT (loft_router_find (router,
                                             method,
                                             (const char *const *) segments,
                                             &pattern));
}

/* A path finds its row; slashes in a row are one, and one at the end is none;
 * of two rows that fit, the first counts; HEAD goes where GET does; a star
 * takes one segment or more. */
static void
test_find (void)
{
  g_autoptr (LoftRouter) router =
    loft_router_new (routes, G_N_ELEMENTS (routes));

  g_assert_cmpuint (find (router, "GET", "/"), ==, 1);
  g_assert_cmpuint (find (router, "GET", "///"), ==, 1);
  g_assert_cmpuint (find (router, "GET", ""), ==, 1);
  g_assert_cmpuint (find (router, "GET", "/packages"), ==, 2);
  g_assert_cmpuint (find (router, "GET", "/packages/"), ==, 2);
  g_assert_cmpuint (find (router, "HEAD", "//packages//"), ==, 2);
  g_assert_cmpuint (find (router, "POST", "//packages//publish"), ==, 3);
  g_assert_cmpuint (find (router, "GET", "/packages/publish"), ==, 4);
  g_assert_cmpuint (find (router, "GET", "/p%61ckages/x"), ==, 4);
  g_assert_cmpuint (find (router, "GET", "/packages/x/dependents"), ==, 5);
  g_assert_cmpuint (find (router, "GET", "/packages/x/1.0.0"), ==, 6);
  g_assert_cmpuint (find (router, "PUT", "/packages/x/1.0.0/"), ==, 7);
  g_assert_cmpuint (find (router, "DELETE", "/packages/x/1.0.0"), ==, 0);
  g_assert_cmpuint (find (router, "GET", "/packages/x/1.0.0/y"), ==, 0);
  g_assert_cmpuint (find (router, "GET", "/docs/x/"), ==, 8);
  g_assert_cmpuint (find (router, "GET", "/docs/x/a"), ==, 9);
  g_assert_cmpuint (find (router, "GET", "/docs/x/a/b/c/"), ==, 9);
  g_assert_cmpuint (find (router, "GET", "/docs"), ==, 0);
  g_assert_cmpuint (find (router, "PUT", "/docs/x/a"), ==, 0);
  g_assert_cmpuint (find (router, "GET", "/Packages"), ==, 0);
  g_assert_cmpuint (find (router, "get", "/packages"), ==, 0);
}

/* What a path allows is the sum of the rows that fit it. */
static void
test_methods (void)
{
  static const struct
  {
    const char *path;
    const char *methods;
  } rows[] = {
    { "/", "GET, HEAD, OPTIONS" },
    { "/packages/publish", "POST, GET, HEAD, OPTIONS" },
    { "/packages/x", "GET, HEAD, OPTIONS" },
    { "/packages/x/1", "GET, HEAD, PUT, OPTIONS" },
    { "/nothing", NULL },
  };
  g_autoptr (LoftRouter) router =
    loft_router_new (routes, G_N_ELEMENTS (routes));

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_auto (GStrv) segments = loft_router_split_path (rows[i].path, NULL);
      g_autofree char *methods =
        loft_router_list_methods (router, (const char *const *) segments);

      g_assert_cmpstr (methods, ==, rows[i].methods);
    }
}

/* Each segment is decoded once and only once, and a plus sign is one. */
static void
test_decode (void)
{
  static const struct
  {
    const char *path;
    const char *segments;
  } rows[] = {
    { "/a/b", "a|b" },
    { "/a%2Bb+c", "a+b+c" },
    { "/%2525", "%25" },
    { "/%252e%252e", "%2e%2e" },
    { "/a%20b/%c3%a9", "a b|é" },
    { "/é", "é" },
    { "/.../.a", "...|.a" },
    { "/1.0.0-rc.1%2Bx", "1.0.0-rc.1+x" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (GError) error = NULL;
      g_auto (GStrv) segments = loft_router_split_path (rows[i].path, &error);
      g_assert_no_error (error);

      g_autofree char *joined = g_strjoinv ("|", segments);
      g_assert_cmpstr (joined, ==, rows[i].segments);
    }
}

/* What could mean something else to somebody else is no path. */
static void
test_refuse (void)
{
  static const char *const paths[] = {
    "/..",      "/.",         "/a/../b",
    "/a/./b",   "/%2e%2e",    "/%2E.",
    "/.%2e/a",  "/a%2fb",     "/a%2Fb",
    "/%2f",     "/a%00",      "/%0a",
    "/%7f",     "/%1b[31m",   "/a\nb",
    "/%",       "/%4",        "/%zz",
    "/%4g",     "/a%",        "/%ff",
    "/%c0%af",  "/%ed%a0%80", "/\xff",
    "/%c3",     "/%u0041",    "/packages/..%2f..",
    "/x/%2e/y", "/%+1",       "/%-1",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (paths); i++)
    {
      g_autoptr (GError) error = NULL;
      g_auto (GStrv) segments = loft_router_split_path (paths[i], &error);

      g_test_message ("%s", paths[i]);
      g_assert_error (error, LOFT_HTTP_ERROR, LOFT_HTTP_ERROR_BAD_REQUEST);
      g_assert_null (segments);
    }
}

/* A path has a bounded length. */
static void
test_length (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *path = g_strnfill (5000, 'a');
  g_auto (GStrv) segments = loft_router_split_path (path, &error);

  g_assert_error (error, LOFT_HTTP_ERROR, LOFT_HTTP_ERROR_TARGET_TOO_LONG);
  g_assert_null (segments);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/router/find", test_find);
  g_test_add_func ("/router/methods", test_methods);
  g_test_add_func ("/router/decode", test_decode);
  g_test_add_func ("/router/refuse", test_refuse);
  g_test_add_func ("/router/length", test_length);

  return g_test_run ();
}
