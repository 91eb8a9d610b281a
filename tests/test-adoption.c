/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "kit/log-kit.h"
#include "kit/registry-kit.h"
#include "kit/storage-kit.h"

#include <string.h>
#include <unistd.h>

#define TOKEN REGISTRY_KIT_TOKEN
#define OTHER_TOKEN REGISTRY_KIT_OTHER_TOKEN

typedef RegistryFixture Fixture;

/* Writes below the root as the original server would, or an administrator. */
static void
put (Fixture *fixture, const char *key, const char *data, gsize length)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *path = g_build_filename (fixture->root, key, NULL);
  g_autofree char *folder = g_path_get_dirname (path);

  g_assert_cmpint (g_mkdir_with_parents (folder, 0755), ==, 0);
  g_file_set_contents (path, data, (gssize) length, &error);
  g_assert_no_error (error);
}

static void
put_text (Fixture *fixture, const char *key, const char *text)
{
  put (fixture, key, text, strlen (text));
}

static void
put_document (Fixture *fixture,
              const char *name,
              const char *version,
              const char *owners)
{
  g_autofree char *key = g_strconcat (name, "/", version, ".json", NULL);
  g_autofree char *text =
    g_strdup_printf ("{\"name\":\"%s\",\"version\":\"%s\",\"description\":null,"
                     "\"manifest\":{\"dependencies\":{}},\"repository\":null,"
                     "\"authors\":[],\"license\":null,\"owners\":[%s]}",
                     name,
                     version,
                     owners);

  put_text (fixture, key, text);
}

static void
put_tarball (Fixture *fixture,
             const char *name,
             const char *version,
             const char *content)
{
  g_autofree char *key = g_strconcat (name, "/", version, ".tar.gz", NULL);
  g_autoptr (GBytes) tarball = registry_kit_pack (name, version, content);
  gsize length;
  const char *data = g_bytes_get_data (tarball, &length);

  put (fixture, key, data, length);
}

static void
put_version (Fixture *fixture, const char *name, const char *version)
{
  put_document (fixture, name, version, "");
  put_tarball (fixture, name, version, "adopted");
}

static char *
publish (Fixture *fixture,
         const char *name,
         const char *version,
         const char *content,
         const char *token)
{
  g_autoptr (GError) error = NULL;
  gboolean created = FALSE;
  g_autofree char *element = registry_kit_publish (fixture,
                                                   name,
                                                   version,
                                                   content,
                                                   token,
                                                   &created,
                                                   &error);

  if (element != NULL)
    return g_strdup (created ? "created" : "there already");

  g_assert_true (error->domain == LOFT_REGISTRY_ERROR);

  return g_strdup_printf ("error %d", error->code);
}

#define assert_publish(fixture, name, version, content, token, expected)       \
  G_STMT_START                                                                 \
  {                                                                            \
    g_autofree char *outcome =                                                 \
      publish (fixture, name, version, content, token);                        \
    g_assert_cmpstr (outcome, ==, expected);                                   \
  }                                                                            \
  G_STMT_END

#define assert_versions(fixture, name, expected)                               \
  G_STMT_START                                                                 \
  {                                                                            \
    g_autofree char *listed = registry_kit_versions (fixture, name);           \
    g_assert_cmpstr (listed, ==, expected);                                    \
  }                                                                            \
  G_STMT_END

#define assert_changes(fixture, expected)                                      \
  G_STMT_START                                                                 \
  {                                                                            \
    g_autofree char *told = registry_kit_changes (fixture);                    \
    g_assert_cmpstr (told, ==, expected);                                      \
  }                                                                            \
  G_STMT_END

static void
assert_content (Fixture *fixture, const char *key, const char *expected)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *path = g_build_filename (fixture->root, key, NULL);
  g_autofree char *content = NULL;

  g_file_get_contents (path, &content, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (content, ==, expected);
}

/* A folder of the original server is served as it is; each version gets one
 * event, and one its documentation, whatever else lies there stays as it was,
 * and what is wrong is counted. */
static void
test_adopt (Fixture *fixture, gconstpointer test_data)
{
  put_version (fixture, "hello", "1.0.0");
  put_version (fixture, "hello", "0.9.0-rc.1");
  put_version (fixture, "hello", "1.0.1+build");
  put_version (fixture, "Odd Näme", "1.0.0");
  put_version (fixture, "hello", "not-semver");
  put_document (fixture, "torn", "1.0.0", "");
  put_tarball (fixture, "torn", "2.0.0", "orphan");
  put_text (fixture, "broken/1.0.0.json", "{\"name\":");
  put_tarball (fixture, "broken", "1.0.0", "a");
  put_text (fixture, "users.json", "{\"ann\":{}}");
  put_text (fixture, "tokens.json", "{\"secret\":\"ann\"}");
  put_text (fixture, "docs/hello/1.0.0/index.html", "<p>");
  put_text (fixture, "README", "by hand");

  registry_fixture_start (fixture);
  assert_versions (fixture, "hello", "not-semver 0.9.0-rc.1 1.0.0 1.0.1+build");
  assert_versions (fixture, "Odd Näme", "1.0.0");
  assert_versions (fixture, "torn", "There is no package “torn”");
  assert_versions (fixture, "docs", "There is no package “docs”");
  assert_changes (fixture,
                  "1 adopt Odd Näme 1.0.0\n"
                  "2 adopt hello 0.9.0-rc.1\n"
                  "3 adopt hello 1.0.0\n"
                  "4 adopt hello 1.0.1+build\n"
                  "5 adopt hello not-semver\n"
                  "6 docs hello 1.0.0\n");

  LoftRegistryStatus status;
  loft_registry_get_status (fixture->registry, &status);
  g_assert_cmpuint (status.problems, ==, 2);
  g_assert_cmpuint (status.packages, ==, 2);
  g_assert_cmpuint (status.versions, ==, 5);
  assert_content (fixture, "users.json", "{\"ann\":{}}");
  assert_content (fixture, "tokens.json", "{\"secret\":\"ann\"}");
  assert_content (fixture, "docs/hello/1.0.0/index.html", "<p>");
  assert_content (fixture, "broken/1.0.0.json", "{\"name\":");

  g_autofree char *before = registry_kit_changes (fixture);
  registry_fixture_restart (fixture, TRUE);
  assert_changes (fixture, before);
  registry_fixture_restart (fixture, FALSE);
  assert_changes (fixture, before);
}

/* An adopted tarball is handed out with its digest, which no document says. */
static void
test_adopt_download (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) expected =
    registry_kit_pack ("hello", "1.0.0+a", "adopted");
  g_autofree char *sha256 =
    g_compute_checksum_for_bytes (G_CHECKSUM_SHA256, expected);

  put_version (fixture, "hello", "1.0.0+a");
  for (guint round = 0; round < 2; round++)
    {
      g_autoptr (LoftDownload) full =
        registry_kit_download (fixture, "hello", "1.0.0+a", &error);
      g_assert_no_error (error);
      g_assert_true (g_bytes_equal (full->bytes, expected));
      g_assert_cmpstr (full->sha256, ==, sha256);
      if (round == 0)
        registry_fixture_start (fixture);
    }
  g_autofree char *list = registry_kit_list (fixture, "hello", &error);
  g_assert_nonnull (strstr (list, sha256));
}

/* A name that the original server gave to users is not open to others; one
 * that it gave to nobody is. */
static void
test_adopt_owners (Fixture *fixture, gconstpointer test_data)
{
  g_autofree char *forbidden =
    g_strdup_printf ("error %d", LOFT_REGISTRY_ERROR_FORBIDDEN);

  put_document (fixture, "owned", "1.0.0", "");
  put_tarball (fixture, "owned", "1.0.0", "a");
  put_document (fixture, "owned", "1.1.0", "\"ann\"");
  put_tarball (fixture, "owned", "1.1.0", "b");
  put_version (fixture, "open", "1.0.0");
  registry_fixture_start (fixture);

  assert_publish (fixture, "owned", "2.0.0", "a", TOKEN, forbidden);
  assert_publish (fixture, "open", "2.0.0", "a", TOKEN, "created");
  assert_publish (fixture, "open", "3.0.0", "a", OTHER_TOKEN, "created");
  assert_versions (fixture, "open", "1.0.0 2.0.0 3.0.0");
}

/* Where it can't be found out to whom the original server gave a name, nobody
 * takes it. */
static void
test_adopt_owners_unknown (Fixture *fixture, gconstpointer test_data)
{
  g_autofree char *forbidden =
    g_strdup_printf ("error %d", LOFT_REGISTRY_ERROR_FORBIDDEN);
  g_autofree char *unavailable =
    g_strdup_printf ("error %d", LOFT_REGISTRY_ERROR_UNAVAILABLE);
  g_autofree char *corrupt =
    g_strdup_printf ("error %d", LOFT_REGISTRY_ERROR_CORRUPT);

  put_document (fixture, "owned", "1.0.0", "\"ann\"");
  put_tarball (fixture, "owned", "1.0.0", "a");
  put_document (fixture, "torn", "1.0.0", "\"ann\"");
  put_text (fixture, "broken/1.0.0.json", "{\"name\":");
  registry_fixture_start (fixture);

  assert_publish (fixture, "torn", "2.0.0", "a", TOKEN, forbidden);
  assert_publish (fixture, "broken", "2.0.0", "a", TOKEN, corrupt);
  fault_storage_arm (fixture->storage,
                     FAULT_UNREADABLE,
                     "owned/1.0.0.json",
                     100);
  assert_publish (fixture, "owned", "2.0.0", "a", TOKEN, unavailable);
  fault_storage_arm (fixture->storage, FAULT_NONE, "", 0);
  assert_publish (fixture, "owned", "2.0.0", "a", TOKEN, forbidden);
}

/* A state that says of itself what no state can say claims no version. */
static void
test_adopt_odd_state (Fixture *fixture, gconstpointer test_data)
{
  put_text (fixture,
            "hello/package.json",
            "{\"revision\":1,\"changed_at\":\"2026-01-02T03:04:05Z\","
            "\"change\":\"publish\",\"change_key\":\"1.0.0\","
            "\"owners\":[],\"yanked\":{}}");
  registry_fixture_start (fixture);
  assert_publish (fixture, "hello", "1.0.0", "a", TOKEN, "created");
  assert_versions (fixture, "hello", "1.0.0");
}

/* An adopted version counts as the same that its number says, whatever build
 * metadata its name has. */
static void
test_adopt_build (Fixture *fixture, gconstpointer test_data)
{
  g_autofree char *exists =
    g_strdup_printf ("error %d", LOFT_REGISTRY_ERROR_EXISTS);

  put_version (fixture, "hello", "1.0.0+a");
  registry_fixture_start (fixture);
  assert_publish (fixture, "hello", "1.0.0", "other", TOKEN, exists);
  assert_publish (fixture, "hello", "1.0.0+b", "other", TOKEN, exists);
  assert_publish (fixture,
                  "hello",
                  "1.0.0+a",
                  "adopted",
                  TOKEN,
                  "there already");
}

/* A version that is broken in the folder is taken all the same, and the folder
 * stays as it was. */
static void
test_adopt_broken (Fixture *fixture, gconstpointer test_data)
{
  g_autofree char *exists =
    g_strdup_printf ("error %d", LOFT_REGISTRY_ERROR_EXISTS);

  put_document (fixture, "torn", "1.0.0", "");
  put_text (fixture, "broken/1.0.0.json", "{\"name\":");
  put_version (fixture, "broken", "0.9.0");
  registry_fixture_start (fixture);
  assert_publish (fixture, "torn", "1.0.0", "a", TOKEN, exists);
  assert_publish (fixture, "broken", "1.0.0", "a", TOKEN, exists);
  assert_content (fixture, "broken/1.0.0.json", "{\"name\":");
  assert_publish (fixture, "broken", "1.1.0", "a", TOKEN, "created");
}

static void
assert_absent (Fixture *fixture, const char *key)
{
  g_autofree char *path = g_build_filename (fixture->root, key, NULL);

  g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));
}

/* So it is with a version that came into the folder after it was looked
 * through; and nothing of what was published in vain stays there. */
static void
test_adopt_unseen (Fixture *fixture, gconstpointer test_data)
{
  g_autofree char *exists =
    g_strdup_printf ("error %d", LOFT_REGISTRY_ERROR_EXISTS);
  g_autoptr (GBytes) other = registry_kit_pack ("hello", "1.2.0", "other");
  g_autofree char *digest =
    g_compute_checksum_for_bytes (G_CHECKSUM_SHA256, other);
  g_autofree char *named =
    g_strconcat ("hello/1.2.0~", digest, ".tar.gz", NULL);

  put_version (fixture, "hello", "0.9.0");
  registry_fixture_start (fixture);
  put_document (fixture, "hello", "1.0.0", "");
  put_text (fixture, "hello/1.1.0.json", "{\"name\":");
  put_version (fixture, "hello", "1.2.0");

  assert_publish (fixture, "hello", "1.0.0", "a", TOKEN, exists);
  assert_absent (fixture, "hello/1.0.0.tar.gz");
  assert_publish (fixture, "hello", "1.1.0", "a", TOKEN, exists);
  assert_content (fixture, "hello/1.1.0.json", "{\"name\":");
  assert_absent (fixture, "hello/1.1.0.tar.gz");
  assert_versions (fixture, "hello", "0.9.0");

  assert_publish (fixture, "hello", "1.2.0", "other", TOKEN, exists);
  assert_absent (fixture, named);
  assert_versions (fixture, "hello", "0.9.0 1.2.0");
  assert_publish (fixture, "hello", "1.2.0", "adopted", TOKEN, "there already");
}

/* A yank of an adopted version is written beside it, and changes nothing of
 * it. */
static void
test_adopt_yank (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;

  put_version (fixture, "hello", "1.0.0");
  put_version (fixture, "hello", "1.1.0");
  registry_fixture_start (fixture);
  g_autofree char *element =
    registry_kit_yank (fixture, "hello", "1.1.0", TRUE, NULL, &error);
  g_assert_no_error (error);
  g_assert_nonnull (strstr (element, "\"yanked\":true"));
  assert_versions (fixture, "hello", "1.0.0");
  registry_fixture_restart (fixture, TRUE);
  assert_versions (fixture, "hello", "1.0.0");
}

/* As long as the catalog is not complete, lists and tarballs come from the
 * storage; what needs the catalog says that it is not ready. */
static void
test_not_ready (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *not_ready =
    g_strdup_printf ("error %d", LOFT_REGISTRY_ERROR_NOT_READY);

  put_version (fixture, "hello", "1.0.0");
  put_version (fixture, "hello", "1.0.0-rc.1");
  assert_versions (fixture, "hello", "1.0.0-rc.1 1.0.0");
  assert_versions (fixture, "nobody", "There is no package “nobody”");
  assert_versions (fixture, "..", "There is no package “..”");
  assert_publish (fixture, "hello", "2.0.0", "a", TOKEN, not_ready);

  g_autofree char *shown =
    registry_kit_show (fixture, "hello", "1.0.0", &error);
  g_assert_no_error (error);
  g_assert_nonnull (strstr (shown, "\"manifest\":{\"dependencies\":{}}"));
  g_assert_null (registry_kit_show (fixture, "hello", "../x", &error));
  g_assert_error (error,
                  LOFT_REGISTRY_ERROR,
                  LOFT_REGISTRY_ERROR_NO_SUCH_VERSION);
  g_clear_error (&error);
  g_assert_null (registry_kit_show (fixture, "hello", "package", &error));
  g_assert_error (error,
                  LOFT_REGISTRY_ERROR,
                  LOFT_REGISTRY_ERROR_NO_SUCH_VERSION);
  g_clear_error (&error);
  g_assert_null (registry_kit_list_all (fixture, &error));
  g_assert_error (error, LOFT_REGISTRY_ERROR, LOFT_REGISTRY_ERROR_NOT_READY);
}

/* A version that the storage does not tell of just now is not left out. */
static void
test_not_ready_cut_short (Fixture *fixture, gconstpointer test_data)
{
  put_version (fixture, "hello", "1.0.0");
  put_version (fixture, "hello", "1.1.0");
  fault_storage_arm (fixture->storage, FAULT_UNREADABLE, "hello/1.1.0.json", 1);
  assert_versions (fixture, "hello", "Fault on “hello/1.1.0.json”");
  assert_versions (fixture, "hello", "1.0.0 1.1.0");
}

/* What a crash leaves between tarball and document is used by the same bytes,
 * and stands beside others. */
static void
test_orphan_tarball (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;

  put_tarball (fixture, "same", "1.0.0", "mine");
  put_tarball (fixture, "other", "1.0.0", "theirs");
  registry_fixture_start (fixture);
  assert_publish (fixture, "same", "1.0.0", "mine", TOKEN, "created");
  assert_publish (fixture, "other", "1.0.0", "mine", TOKEN, "created");

  g_autoptr (GBytes) expected = registry_kit_pack ("other", "1.0.0", "mine");
  g_autoptr (LoftDownload) download =
    registry_kit_download (fixture, "other", "1.0.0", &error);
  g_assert_no_error (error);
  g_assert_true (g_bytes_equal (download->bytes, expected));
  g_autofree char *same = storage_kit_list (fixture->real, "same/", NULL, 0);
  g_assert_cmpstr (same, ==, "1.0.0.json 1.0.0.tar.gz package.json");
  g_autofree char *other = storage_kit_list (fixture->real, "other/", NULL, 0);
  g_autofree char *keys = g_strdup_printf ("1.0.0.json 1.0.0.tar.gz "
                                           "1.0.0~%s.tar.gz package.json",
                                           download->sha256);
  g_assert_cmpstr (other, ==, keys);
}

/* What a crash leaves between document and event is told of by whoever meets
 * it: the next to publish that version, or the next scan. */
static void
test_untold (Fixture *fixture, gconstpointer test_data)
{
  gboolean by_scan = GPOINTER_TO_INT (test_data);
  g_autofree char *exists =
    g_strdup_printf ("error %d", LOFT_REGISTRY_ERROR_EXISTS);

  registry_fixture_start (fixture);
  put_version (fixture, "hello", "1.0.0");
  assert_versions (fixture, "hello", "There is no package “hello”");
  if (by_scan)
    registry_fixture_restart (fixture, TRUE);
  else
    assert_publish (fixture, "hello", "1.0.0", "other", TOKEN, exists);

  assert_versions (fixture, "hello", "1.0.0");
  assert_changes (fixture, "1 adopt hello 1.0.0\n");
  assert_publish (fixture, "hello", "1.0.0", "adopted", TOKEN, "there already");
  assert_changes (fixture, "1 adopt hello 1.0.0\n");

  g_autoptr (GError) error = NULL;
  g_autoptr (LoftDownload) download =
    registry_kit_download (fixture, "hello", "1.0.0", &error);
  g_assert_no_error (error);
  g_assert_nonnull (download);
}

/* A claimed name without versions, as a crash leaves it, is its token's. */
static void
test_untold_claim (Fixture *fixture, gconstpointer test_data)
{
  g_autofree char *forbidden =
    g_strdup_printf ("error %d", LOFT_REGISTRY_ERROR_FORBIDDEN);
  g_autofree char *full =
    g_strdup_printf ("error %d", LOFT_REGISTRY_ERROR_NO_SPACE);

  registry_fixture_start (fixture);
  fault_storage_arm (fixture->storage, FAULT_NO_SPACE, "hello/1.0.0.tar", 1);
  assert_publish (fixture, "hello", "1.0.0", "a", TOKEN, full);
  registry_fixture_restart (fixture, TRUE);

  assert_versions (fixture, "hello", "There is no package “hello”");
  assert_publish (fixture, "hello", "1.0.0", "a", OTHER_TOKEN, forbidden);
  assert_publish (fixture, "hello", "1.0.0", "a", TOKEN, "created");
  assert_changes (fixture, "1 claim hello -\n2 publish hello 1.0.0\n");
}

/* A restored backup, whose log is shorter or another, makes the catalog anew.
 */
static void
test_restored (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;

  registry_fixture_start (fixture);
  assert_publish (fixture, "hello", "1.0.0", "a", TOKEN, "created");
  assert_publish (fixture, "hello", "1.1.0", "a", TOKEN, "created");
  registry_fixture_close (fixture);

  static const char *const gone[] = { "hello/1.1.0.json",
                                      "hello/1.1.0.tar.gz",
                                      "_registry/log/00000000000000000003" };
  for (gsize i = 0; i < G_N_ELEMENTS (gone); i++)
    {
      g_autofree char *path = g_build_filename (fixture->root, gone[i], NULL);

      g_assert_cmpint (unlink (path), ==, 0);
    }
  registry_fixture_open (fixture);
  registry_fixture_start (fixture);
  assert_versions (fixture, "hello", "1.0.0");
  assert_publish (fixture, "hello", "1.1.0", "b", TOKEN, "created");
  assert_changes (fixture,
                  "1 claim hello -\n"
                  "2 publish hello 1.0.0\n"
                  "3 publish hello 1.1.0\n");
}

/* A tarball that is missing, or not the one that was published, is our fault,
 * and is not handed out. */
static void
test_damaged (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;

  registry_fixture_start (fixture);
  assert_publish (fixture, "hello", "1.0.0", "a", TOKEN, "created");
  put_text (fixture, "hello/1.0.0.tar.gz", "short");
  g_assert_null (registry_kit_download (fixture, "hello", "1.0.0", &error));
  g_assert_error (error, LOFT_REGISTRY_ERROR, LOFT_REGISTRY_ERROR_CORRUPT);
  g_clear_error (&error);

  g_autofree char *path =
    g_build_filename (fixture->root, "hello/1.0.0.tar.gz", NULL);
  g_assert_cmpint (unlink (path), ==, 0);
  g_assert_null (registry_kit_download (fixture, "hello", "1.0.0", &error));
  g_assert_error (error, LOFT_REGISTRY_ERROR, LOFT_REGISTRY_ERROR_CORRUPT);
}

#define PATIENCE (10 * G_TIME_SPAN_SECOND)

static void
wait_for_version (Fixture *fixture, const char *name, const char *version)
{
  gint64 end = g_get_monotonic_time () + PATIENCE;

  for (;;)
    {
      g_autofree char *listed = registry_kit_versions (fixture, name);

      if (g_str_equal (listed, version))
        return;
      g_assert_cmpint (g_get_monotonic_time (), <, end);
      g_usleep (10 * G_TIME_SPAN_MILLISECOND);
    }
}

/* A scan that the storage cut short is made up for: soon, or after a restart,
 * be the end ever so clean. */
static void
test_scan_cut_short (Fixture *fixture, gconstpointer test_data)
{
  gboolean by_restart = GPOINTER_TO_INT (test_data);
  gint64 end = g_get_monotonic_time () + PATIENCE;
  guint times = by_restart ? 1000 : 1;

  registry_fixture_start (fixture);
  put_version (fixture, "hello", "1.0.0");
  log_kit_expect (G_LOG_LEVEL_WARNING, "*that is tried again*");
  fault_storage_arm (fixture->storage, FAULT_UNREADABLE, "", times);
  loft_registry_rescan (fixture->registry);
  while (fault_storage_get_left (fixture->storage) == times)
    {
      g_assert_cmpint (g_get_monotonic_time (), <, end);
      g_usleep (G_TIME_SPAN_MILLISECOND);
    }
  if (by_restart)
    registry_fixture_restart (fixture, FALSE);
  wait_for_version (fixture, "hello", "1.0.0");
  log_kit_check ();
}

/* A storage that can't be read is left alone between two attempts, also where
 * somebody is waiting for a scan, and is warned of once. */
static void
test_scan_patience (Fixture *fixture, gconstpointer test_data)
{
  log_kit_expect (G_LOG_LEVEL_WARNING, "*that is tried again*");
  fault_storage_arm (fixture->storage, FAULT_UNREADABLE, "", 1000000);
  loft_registry_rescan (fixture->registry);
  loft_registry_start (fixture->registry);
  g_usleep (2500 * G_TIME_SPAN_MILLISECOND);
  g_assert_cmpuint (fault_storage_get_left (fixture->storage), <, 1000000);
  g_assert_cmpuint (fault_storage_get_left (fixture->storage), >, 1000000 - 5);
  log_kit_check ();
}

static void
add (const char *path,
     void (*func) (Fixture *, gconstpointer),
     gboolean variant)
{
  g_test_add (path,
              Fixture,
              GINT_TO_POINTER (variant),
              registry_fixture_set_up,
              func,
              registry_fixture_tear_down);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);
  log_kit_init ();

  add ("/adoption/folder", test_adopt, FALSE);
  add ("/adoption/download", test_adopt_download, FALSE);
  add ("/adoption/owners", test_adopt_owners, FALSE);
  add ("/adoption/owners/unknown", test_adopt_owners_unknown, FALSE);
  add ("/adoption/odd-state", test_adopt_odd_state, FALSE);
  add ("/adoption/build", test_adopt_build, FALSE);
  add ("/adoption/broken", test_adopt_broken, FALSE);
  add ("/adoption/unseen", test_adopt_unseen, FALSE);
  add ("/adoption/yank", test_adopt_yank, FALSE);
  add ("/adoption/not-ready", test_not_ready, FALSE);
  add ("/adoption/not-ready/cut-short", test_not_ready_cut_short, FALSE);
  add ("/leftover/tarball", test_orphan_tarball, FALSE);
  add ("/leftover/document/publisher", test_untold, FALSE);
  add ("/leftover/document/scan", test_untold, TRUE);
  add ("/leftover/scan/failed", test_scan_cut_short, FALSE);
  add ("/leftover/scan/stopped", test_scan_cut_short, TRUE);
  add ("/leftover/scan/patience", test_scan_patience, FALSE);
  add ("/leftover/claim", test_untold_claim, FALSE);
  add ("/leftover/restored", test_restored, FALSE);
  add ("/leftover/damaged", test_damaged, FALSE);

  return g_test_run ();
}
