/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include <stdlib.h>

#include "kit/bus-fixture.h"

/* Bad input over the bus, for each method that there is. */

#define INVALID_ARGS "org.freedesktop.DBus.Error.InvalidArgs"

/* What no method takes: wrong types are refused before anything happens. */
static const struct
{
  const char *method;
  const char *parameters;
  const char *error;
} bad_calls[] = {
  { "Reload", "('now',)", INVALID_ARGS },
  { "Drain", "(true,)", INVALID_ARGS },
  { "Stop", "()", "org.freedesktop.DBus.Error.UnknownMethod" },
  { "ListPackages", "()", INVALID_ARGS },
  { "ListPackages", "('', {'limit': <1>})", "InvalidArgument" },
  { "ListPackages", "('', {'limit': <uint64 1>})", "InvalidArgument" },
  { "ListPackages", "('', {'sort': <'size'>})", "InvalidArgument" },
  { "ListPackages", "('', {'sort': <b'name'>})", "InvalidArgument" },
  { "ListPackages", "('', {'colour': <'red'>})", "InvalidArgument" },
  { "ListPackages", "('', {'after': <@as []>})", "InvalidArgument" },
  { "ListPackages", "('LONG', @a{sv} {})", "InvalidArgument" },
  { "ListPackages", "('', {'after': <'LONG'>})", "InvalidArgument" },
  { "ListPackages", "('', {'LONG': <''>})", "InvalidArgument" },
  { "ShowPackage", "(1,)", INVALID_ARGS },
  { "ShowPackage", "('',)", "NoSuchPackage" },
  { "ShowPackage", "('unknown',)", "NoSuchPackage" },
  { "ShowPackage", "('../storage',)", "NoSuchPackage" },
  { "ShowPackage", "('a\\nb',)", "NoSuchPackage" },
  { "ShowPackage", "('LONG',)", "InvalidArgument" },
  { "ListChanges", "(0, 0, 0)", INVALID_ARGS },
  { "ListAudit", "(0, 0, 0)", INVALID_ARGS },
  { "ListChanges",
    "(uint64 18446744073709551615, uint32 0, uint32 0)",
    "InvalidArgument" },
  { "Rescan", "(true,)", INVALID_ARGS },
  { "Verify", "()", INVALID_ARGS },
  { "Verify", "({'repair': <1>},)", "InvalidArgument" },
  { "Verify", "({'packages': <'a'>},)", "InvalidArgument" },
  { "Verify", "({'packages': <['LONG']>},)", "InvalidArgument" },
  { "Verify", "({'dry-run': <true>},)", "InvalidArgument" },
  { "Collect", "({'dry-run': <'yes'>},)", "InvalidArgument" },
  { "Collect", "({'repair': <true>},)", "InvalidArgument" },
  { "Export", "(handle 0, @a{sv} {})", "InvalidArgument" },
  { "Export", "(handle 2147483647, @a{sv} {})", "InvalidArgument" },
  { "Export", "(handle 0, {'gzip': <true>})", "InvalidArgument" },
  { "Export", "(0, @a{sv} {})", INVALID_ARGS },
  { "Yank", "('a', '1.0.0')", INVALID_ARGS },
  { "Yank", "('unknown', '1.0.0', '')", "NoSuchPackage" },
  { "Yank", "('', '', '')", "NoSuchPackage" },
  { "Yank", "('LONG', '1.0.0', '')", "InvalidArgument" },
  { "Yank", "('a', 'LONG', '')", "InvalidArgument" },
  { "Yank", "('a', '1.0.0', 'LONG')", "InvalidArgument" },
  { "Unyank", "('unknown', '1.0.0')", "NoSuchPackage" },
  { "Unyank", "('LONG', '1.0.0')", "InvalidArgument" },
  { "Deprecate", "('../a', 'old')", "NoSuchPackage" },
  { "Deprecate", "('a', 'LONG')", "InvalidArgument" },
  { "BuildDocs", "('LONG', '1.0.0')", "InvalidArgument" },
  { "BuildDocs", "('a', 'LONG')", "InvalidArgument" },
  { "BuildDocs", "('a', '1.0.0')", "Rules" },
  { "BuildMissingDocs", "(uint32 0,)", "Rules" },
  { "ListDocs", "('a',)", INVALID_ARGS },
  { "ShowDocs", "('a', 'LONG')", "InvalidArgument" },
  { "ShowDocs", "('nothing', '1.0.0')", "NoSuchPackage" },
  { "SetOwners", "('a', 'ann')", INVALID_ARGS },
  { "SetOwners", "('a', ['LONG'])", "InvalidArgument" },
  { "SetOwners", "('LONG', ['ann'])", "InvalidArgument" },
  { "ImportVersion", "('a', '1.0.0', handle 0, '{}')", "InvalidArgument" },
  { "ImportVersion", "('a', '1.0.0', handle -1, '{}')", "InvalidArgument" },
  { "ImportVersion", "('a', '1.0.0', 0, '{}')", INVALID_ARGS },
  { "CreateToken",
    "('ann', @as [], '', uint64 18446744073709551615)",
    "InvalidArgument" },
  { "CreateToken", "('', @as [], '', uint64 0)", "InvalidArgument" },
  { "CreateToken", "('a b', @as [], '', uint64 0)", "InvalidArgument" },
  { "CreateToken", "('ann', ['everything'], '', uint64 0)", "InvalidArgument" },
  { "CreateToken", "('ann', @as [], '**/', uint64 0)", "InvalidArgument" },
  { "CreateToken", "('LONG', @as [], '', uint64 0)", "InvalidArgument" },
  { "CreateToken", "('ann', ['LONG'], '', uint64 0)", "InvalidArgument" },
  { "CreateToken", "('ann', @as [], 'LONG', uint64 0)", "InvalidArgument" },
  { "ListTokens", "(true,)", INVALID_ARGS },
  { "RevokeToken", "('unknown',)", "NotFound" },
  { "RevokeToken", "('../secret',)", "NotFound" },
  { "RevokeToken", "('LONG',)", "InvalidArgument" },
  { "GetMetrics", "('',)", INVALID_ARGS },
};

/* A value that is far too long for where it stands. */
static char *
make_long (const char *parameters)
{
  g_autoptr (GString) text = g_string_new (parameters);
  g_autofree char *filling = g_strnfill (1000 * 1000, 'x');

  g_string_replace (text, "LONG", filling, 1);

  return g_string_free (g_steal_pointer (&text), FALSE);
}

/* Bad input has its error, and leaves nothing behind. */
static void
test_bad_calls (BusFixture *fixture, gconstpointer test_data)
{
  guint before = 0;

  for (guint round = 0; round < 3; round++)
    {
      for (guint i = 0; i < G_N_ELEMENTS (bad_calls); i++)
        {
          g_autofree char *parameters = make_long (bad_calls[i].parameters);
          g_autofree char *answer =
            bus_fixture_try (fixture, bad_calls[i].method, parameters);

          g_test_message ("%s%s", bad_calls[i].method, bad_calls[i].parameters);
          g_assert_cmpstr (answer, ==, bad_calls[i].error);
        }
      if (round == 0)
        before = bus_fixture_count_descriptors (fixture);
    }
  g_assert_true (bus_fixture_wait_descriptors (fixture, before));
}

/* The interface that is documented is the one that is there, and bad input was
 * tried with each of its methods. */
static void
test_interface (BusFixture *fixture, gconstpointer test_data)
{
  g_autofree char *path = g_test_build_filename (G_TEST_DIST,
                                                 "..",
                                                 "data",
                                                 "dbus",
                                                 BUS_KIT_NAME ".xml",
                                                 NULL);
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;

  g_file_get_contents (path, &text, NULL, &error);
  g_assert_no_error (error);
  g_autoptr (GDBusNodeInfo) node = g_dbus_node_info_new_for_xml (text, &error);
  g_assert_no_error (error);
  const GDBusInterfaceInfo *interface =
    g_dbus_node_info_lookup_interface (node, BUS_KIT_NAME);
  g_assert_nonnull (interface);

  for (guint i = 0; interface->methods[i] != NULL; i++)
    {
      const char *name = interface->methods[i]->name;
      guint rows = 0;

      for (guint j = 0; j < G_N_ELEMENTS (bad_calls); j++)
        rows += g_str_equal (bad_calls[j].method, name);
      g_test_message ("%s", name);
      g_assert_cmpuint (rows, >, 0);
    }
  for (guint i = 0; interface->properties[i] != NULL; i++)
    {
      g_autoptr (GVariant) value = bus_kit_get (fixture->connection,
                                                BUS_KIT_PATH,
                                                interface->properties[i]->name);

      g_assert_cmpstr (g_variant_get_type_string (value),
                       ==,
                       interface->properties[i]->signature);
    }
}

int
main (int argc, char **argv)
{
  if (!bus_kit_init (&argc, &argv))
    return EXIT_SUCCESS;

  bus_fixture_add ("/dbus-input/bad-calls", test_bad_calls);
  bus_fixture_add ("/dbus-input/interface", test_interface);

  return g_test_run ();
}
