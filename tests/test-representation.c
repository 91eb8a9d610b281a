/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "http/loft-link.h"
#include "http/loft-representation.h"

/* A plain name is written as it is; any other so that everybody can read it. */
static void
test_disposition (void)
{
  static const struct
  {
    const char *filename;
    const char *header;
  } rows[] = {
    { "hello-lib-1.0.0-rc.1+x.tar.gz",
      "attachment; filename=\"hello-lib-1.0.0-rc.1+x.tar.gz\"" },
    { "a\"b\r\n.tar.gz",
      "attachment; filename=\"a_b__.tar.gz\"; "
      "filename*=UTF-8''a%22b%0D%0A.tar.gz" },
    { "é", "attachment; filename=\"__\"; filename*=UTF-8''%C3%A9" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *header =
        loft_representation_format_disposition (rows[i].filename);

      g_assert_cmpstr (header, ==, rows[i].header);
    }
}

/* The digest is that of RFC 9530, in base64. */
static void
test_digest (void)
{
  g_autofree char *header = loft_representation_format_digest (
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");

  g_assert_cmpstr (header,
                   ==,
                   "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:");
}

/* What was made is found from where it was sent, whatever the slashes. */
static void
test_location (void)
{
  static const struct
  {
    const char *path;
    const char *uri;
  } rows[] = {
    { "/packages/x/1.0.0", "/packages/x/1.0.0+a" },
    { "/packages/x/1.0.0/", "/packages/x/1.0.0+a" },
    { "/packages/x/1.0.0///", "/packages/x/1.0.0+a" },
    { "//packages//x//1.0.0", "//packages//x//1.0.0+a" },
    { "/prefix/packages/x/1.0.0", "/prefix/packages/x/1.0.0+a" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *location =
        loft_link_format_location (rows[i].path, "1.0.0+a");
      g_autofree char *base = g_strconcat ("http://h", rows[i].path, NULL);
      g_autofree char *resolved =
        g_uri_resolve_relative (base, location, G_URI_FLAGS_NONE, NULL);
      g_autofree char *expected = g_strconcat ("http://h", rows[i].uri, NULL);

      g_assert_cmpstr (resolved, ==, expected);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/representation/disposition", test_disposition);
  g_test_add_func ("/representation/digest", test_digest);
  g_test_add_func ("/representation/location", test_location);

  return g_test_run ();
}
