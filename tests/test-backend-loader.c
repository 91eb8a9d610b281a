/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include <glib/gstdio.h>
#include <string.h>

#include "backend/loft-backend-loader.h"
#include "kit/storage-kit.h"

static void
assert_refused (const char *name, LoftBackendError code, const char *expected)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GKeyFile) config = g_key_file_new ();

  g_assert_null (loft_backend_open (name, config, NULL, &error));
  g_assert_error (error, LOFT_BACKEND_ERROR, (int) code);
  if (strstr (error->message, expected) == NULL)
    g_error ("“%s” does not say “%s”", error->message, expected);
}

/* Runs with the folder of backends that are wrong, then restores the other. */
static void
with_modules (void (*function) (void))
{
  g_autofree char *before = g_strdup (g_getenv ("LOFT_BACKENDDIR"));
  g_autofree char *modules =
    g_test_build_filename (G_TEST_BUILT, "modules", ".libs", NULL);

  g_setenv ("LOFT_BACKENDDIR", modules, TRUE);
  function ();
  g_setenv ("LOFT_BACKENDDIR", before, TRUE);
}

/* The backend that every installation has is found and opened. */
static void
test_filesystem (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *root = storage_kit_make_root ();
  g_autoptr (GKeyFile) config = storage_kit_config (root);
  LoftStorage *storage = loft_backend_open ("filesystem", config, NULL, &error);

  g_assert_no_error (error);
  g_assert_true (g_str_has_prefix (loft_storage_get_uri (storage), "file:///"));
  g_assert_finalize_object (storage);

  /* A second time the type is registered already. */
  storage = loft_backend_open ("filesystem", config, NULL, &error);
  g_assert_no_error (error);
  g_assert_finalize_object (storage);
  storage_kit_remove_root (root);
}

/* A name is never part of a path that leads elsewhere. */
static void
test_names (void)
{
  static const char *const names[] = {
    "",           ".",   "..",  "../filesystem", "a/b",  "/etc/passwd",
    "Filesystem", "a.b", "a b", "a_b",           "a\nb", "ü",
  };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    assert_refused (names[i], LOFT_BACKEND_ERROR_INVALID_NAME, "not the name");
}

/* Of a backend that is missing one is told which there are. */
static void
test_missing (void)
{
  g_autofree char *before = g_strdup (g_getenv ("LOFT_BACKENDDIR"));

  assert_refused ("no-such", LOFT_BACKEND_ERROR_MISSING, "filesystem");
  g_setenv ("LOFT_BACKENDDIR", "/nonexistent", TRUE);
  assert_refused ("filesystem",
                  LOFT_BACKEND_ERROR_MISSING,
                  "no backend at all");
  g_setenv ("LOFT_BACKENDDIR", before, TRUE);
}

static void
check_other_abi (void)
{
  assert_refused ("other-abi", LOFT_BACKEND_ERROR_ABI, "another version");
}

/* Nothing of a backend of another version is run. */
static void
test_other_abi (void)
{
  with_modules (check_other_abi);
}

static void
check_foreign (void)
{
  assert_refused ("foreign", LOFT_BACKEND_ERROR_FOREIGN, "not a backend");
  assert_refused ("empty", LOFT_BACKEND_ERROR_FOREIGN, "no storage");
}

/* A module of somebody else, and one that brings no storage, are refused. */
static void
test_foreign (void)
{
  with_modules (check_foreign);
}

/* What is no module at all is refused with what the system says of it. */
static void
test_no_module (void)
{
  g_autofree char *before = g_strdup (g_getenv ("LOFT_BACKENDDIR"));
  g_autofree char *root = storage_kit_make_root ();
  g_autofree char *path = g_build_filename (root, "text.so", NULL);

  g_assert_true (g_file_set_contents (path, "text", -1, NULL));
  g_setenv ("LOFT_BACKENDDIR", root, TRUE);
  assert_refused ("text", LOFT_BACKEND_ERROR_FOREIGN, "cannot be loaded");
  g_setenv ("LOFT_BACKENDDIR", before, TRUE);
  storage_kit_remove_root (root);
}

/* What the storage itself says when it is opened is passed on. */
static void
test_open_fails (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GKeyFile) config = g_key_file_new ();

  g_assert_null (loft_backend_open ("filesystem", config, NULL, &error));
  g_assert_error (error, LOFT_STORAGE_ERROR, LOFT_STORAGE_ERROR_FAILED);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  g_test_add_func ("/backend-loader/filesystem", test_filesystem);
  g_test_add_func ("/backend-loader/names", test_names);
  g_test_add_func ("/backend-loader/missing", test_missing);
  g_test_add_func ("/backend-loader/other-abi", test_other_abi);
  g_test_add_func ("/backend-loader/foreign", test_foreign);
  g_test_add_func ("/backend-loader/no-module", test_no_module);
  g_test_add_func ("/backend-loader/open-fails", test_open_fails);

  return g_test_run ();
}
