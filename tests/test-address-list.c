/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "gate/loft-address-list.h"

#include <string.h>

static const char *const entries[] = {
  "192.0.2.7",     "198.51.100.0/24",
  "10.0.0.0/8",    "203.0.113.8/31",
  "2001:db8::/32", "::1",
  "fe80::/10",     NULL,
};

static const struct
{
  const char *address;
  gboolean listed;
} rows[] = {
  { "192.0.2.7", TRUE },
  { "192.0.2.6", FALSE },
  { "192.0.2.8", FALSE },
  { "198.51.100.0", TRUE },
  { "198.51.100.255", TRUE },
  { "198.51.99.255", FALSE },
  { "198.51.101.0", FALSE },
  { "10.255.255.255", TRUE },
  { "11.0.0.0", FALSE },
  { "203.0.113.7", FALSE },
  { "203.0.113.8", TRUE },
  { "203.0.113.9", TRUE },
  { "203.0.113.10", FALSE },
  { "2001:db8::", TRUE },
  { "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", TRUE },
  { "2001:db9::", FALSE },
  { "::1", TRUE },
  { "::2", FALSE },
  { "::", FALSE },
  { "febf::1", TRUE },
  { "fec0::1", FALSE },
  { "::ffff:192.0.2.7", TRUE },
  { "::ffff:192.0.2.8", FALSE },
  { "::ffff:10.1.2.3", TRUE },
  { "::10.1.2.3", FALSE },
  { "::fffe:10.1.2.3", FALSE },
  { "1::ffff:10.1.2.3", FALSE },
};

static LoftAddressList *
make_list (const char *const *texts)
{
  g_autoptr (GError) error = NULL;
  LoftAddressList *list = loft_address_list_new (texts, &error);

  g_assert_no_error (error);
  g_assert_nonnull (list);

  return list;
}

static gboolean
contains (LoftAddressList *list, const char *text)
{
  g_autoptr (GInetAddress) address = g_inet_address_new_from_string (text);

  g_assert_nonnull (address);

  return loft_address_list_contains (list, address);
}

/* An address is listed by itself or by its network, to the bit; an IPv4 one is
 * also when it comes wrapped in an IPv6 one. */
static void
test_contains (void)
{
  g_autoptr (LoftAddressList) list = make_list (entries);

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_test_message ("%s", rows[i].address);
      g_assert_cmpint (contains (list, rows[i].address), ==, rows[i].listed);
    }
}

/* Nobody is in an empty list, and all are in those of everything, but for the
 * other family. */
static void
test_extremes (void)
{
  static const char *const none[] = { NULL };
  static const char *const all[] = { "0.0.0.0/0", NULL };
  g_autoptr (LoftAddressList) empty = make_list (none);
  g_autoptr (LoftAddressList) full = make_list (all);

  g_assert_false (contains (empty, "127.0.0.1"));
  g_assert_false (contains (empty, "::1"));
  g_assert_true (contains (full, "127.0.0.1"));
  g_assert_true (contains (full, "::ffff:255.255.255.255"));
  g_assert_false (contains (full, "::1"));
}

/* What is no address is an error, and no list of the others. */
static void
test_errors (void)
{
  static const char *const bad[] = {
    "",
    "localhost",
    "192.0.2.0/33",
    "192.0.2.1/24",
    "192.0.2",
    "192.0.2.1/",
    "192.0.2.1/2001",
    "::1/129",
    "::1/-1",
    "::1/x",
    "::1/99999999999999999999",
    "[::1]",
    "1.2.3.4:5",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      const char *const texts[] = { "127.0.0.1", bad[i], NULL };
      g_autoptr (GError) error = NULL;

      g_test_message ("“%s”", bad[i]);
      g_assert_null (loft_address_list_new (texts, &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
    }
}

/* Who holds a reference keeps the list. */
static void
test_references (void)
{
  LoftAddressList *list = make_list (entries);
  g_autoptr (LoftAddressList) other = loft_address_list_ref (list);

  loft_address_list_unref (list);
  g_assert_true (contains (other, "::1"));
}

/* Only a wrapped address is unwrapped. */
static void
test_simplify (void)
{
  static const char *const pairs[][2] = {
    { "::ffff:192.0.2.7", "192.0.2.7" },
    { "192.0.2.7", "192.0.2.7" },
    { "2001:db8::1", "2001:db8::1" },
    { "::1", "::1" },
    { "64:ff9b::c000:207", "64:ff9b::c000:207" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (pairs); i++)
    {
      g_autoptr (GInetAddress) address =
        g_inet_address_new_from_string (pairs[i][0]);
      g_autoptr (GInetAddress) simple = loft_address_simplify (address);
      g_autofree char *text = g_inet_address_to_string (simple);

      g_assert_cmpstr (text, ==, pairs[i][1]);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/address-list/contains", test_contains);
  g_test_add_func ("/address-list/extremes", test_extremes);
  g_test_add_func ("/address-list/errors", test_errors);
  g_test_add_func ("/address-list/references", test_references);
  g_test_add_func ("/address-list/simplify", test_simplify);

  return g_test_run ();
}
