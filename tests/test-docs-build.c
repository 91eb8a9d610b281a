/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "kit/builder-double.h"
#include "kit/loft-test-archive.h"
#include "kit/log-kit.h"
#include "kit/storage-kit.h"
#include "kit/upkeep-kit.h"
#include "registry/loft-registry-docs.h"

#include <glib/gstdio.h>
#include <string.h>

#define TIMEOUT (30 * G_TIME_SPAN_SECOND)

/* A registry before which something stands that says it builds documentation.
 * It is on from the start of each test, and tries again at once. */
typedef struct
{
  RegistryFixture registry;
  char *folder;           /* owned */
  BuilderDouble *builder; /* owned, nullable */
} Fixture;

static void
apply (Fixture *fixture)
{
  loft_registry_set_settings (fixture->registry.registry,
                              fixture->registry.settings);
}

static void
listen (Fixture *fixture)
{
  fixture->builder =
    builder_double_new (fixture->registry.settings->docs.socket);
}

static void
set_up (Fixture *fixture, gconstpointer test_data)
{
  registry_fixture_set_up (&fixture->registry, NULL);
  fixture->folder = storage_kit_make_root ();

  LoftDocsSettings *docs = &fixture->registry.settings->docs;
  docs->socket = g_build_filename (fixture->folder, "socket", NULL);
  docs->command = g_strsplit ("loft doc -o {output}", " ", -1);
  docs->retry_interval = 0;
  listen (fixture);
  apply (fixture);
  registry_fixture_start (&fixture->registry);

  /* Only what is published behind its beginning is built. */
  gint64 end = g_get_monotonic_time () + TIMEOUT;
  LoftPage *page = loft_registry_get_page (fixture->registry.registry, NULL);
  while (loft_page_get_fact (page, LOFT_PAGE_DOCS_SINCE) == 0)
    {
      g_assert_cmpint (g_get_monotonic_time (), <, end);
      g_usleep (1000);
    }
}

static void
tear_down (Fixture *fixture, gconstpointer test_data)
{
  registry_fixture_tear_down (&fixture->registry, NULL);
  log_kit_check ();
  g_clear_pointer (&fixture->builder, builder_double_free);
  storage_kit_remove_root (fixture->folder);
  g_free (fixture->folder);
}

static void
publish (Fixture *fixture, const char *name, const char *version)
{
  g_autoptr (GError) error = NULL;
  gboolean created = FALSE;
  g_autofree char *element = registry_kit_publish (&fixture->registry,
                                                   name,
                                                   version,
                                                   "x",
                                                   REGISTRY_KIT_TOKEN,
                                                   &created,
                                                   &error);

  g_assert_no_error (error);
  g_assert_true (created);
}

/* The last event that tells of a version's documentation. */
static LoftEvent *
find_event (Fixture *fixture, const char *name, const char *version)
{
  g_autoptr (GError) error = NULL;
  guint64 last = 0;
  g_autoptr (GBytes) bytes =
    loft_registry_list_changes (fixture->registry.registry,
                                0,
                                1000,
                                &last,
                                &error);
  g_assert_no_error (error);

  g_autofree char *text =
    g_strndup (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  LoftEvent *found = NULL;

  for (gsize i = 0; lines[i] != NULL && *lines[i] != '\0'; i++)
    {
      g_autoptr (LoftEvent) event =
        loft_event_parse (lines[i], strlen (lines[i]), &error);

      g_assert_no_error (error);
      if (event->type != LOFT_EVENT_DOCS || !g_str_equal (event->name, name) ||
          !g_str_equal (event->version, version))
        continue;
      g_clear_pointer (&found, loft_event_unref);
      found = g_steal_pointer (&event);
    }

  return found;
}

static LoftEvent *
wait_for_state (Fixture *fixture,
                const char *name,
                const char *version,
                LoftDocsState state,
                guint attempts)
{
  gint64 end = g_get_monotonic_time () + TIMEOUT;

  for (;;)
    {
      g_autoptr (LoftEvent) event = find_event (fixture, name, version);

      if (event != NULL && event->docs.state == state &&
          event->docs.attempts == attempts)
        return g_steal_pointer (&event);
      g_assert_cmpint (g_get_monotonic_time (), <, end);
      g_main_context_iteration (NULL, FALSE);
      g_usleep (1000);
    }
}

static void
wait_until_built (Fixture *fixture, const char *name, const char *version)
{
  g_autoptr (LoftEvent) event =
    wait_for_state (fixture, name, version, LOFT_DOCS_BUILT, 0);

  g_assert_nonnull (event->docs.generation);
}

/* What there is in the storage of documentation, a path a line. */
static char *
list_files (Fixture *fixture, const char *name)
{
  g_autofree char *prefix = g_strdup_printf ("docs/%s/", name);
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) keys =
    loft_storage_list (fixture->registry.real, prefix, NULL, 0, NULL, &error);

  g_assert_no_error (error);

  return g_strjoinv ("\n", keys);
}

/* A page of documentation, as whoever serves it reads it. */
static char *
read_page (Fixture *fixture,
           const char *name,
           const char *version,
           const char *path)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  loft_registry_read_docs_async (fixture->registry.registry,
                                 NULL,
                                 name,
                                 version,
                                 path,
                                 NULL,
                                 upkeep_kit_take_cb,
                                 &result);
  upkeep_kit_wait (&result);

  g_autoptr (LoftDocsAnswer) answer =
    loft_registry_docs_finish (fixture->registry.registry, result, &error);
  g_assert_no_error (error);

  return g_strndup (g_bytes_get_data (answer->bytes, NULL),
                    g_bytes_get_size (answer->bytes));
}

/* What is published gets documentation by itself, of its own tarball. */
static void
test_built (Fixture *fixture, gconstpointer test_data)
{
  publish (fixture, "hello", "1.0.0");
  wait_until_built (fixture, "hello", "1.0.0");
  g_autofree char *page = read_page (fixture, "hello", "1.0.0", "");
  g_assert_cmpstr (page, ==, "<h1>hello 1.0.0</h1>");

  g_autofree char *request = builder_double_dup_request (fixture->builder);
  g_autoptr (GBytes) tarball = builder_double_ref_tarball (fixture->builder);
  g_autofree char *expected = g_strdup_printf (
    "{\"protocol\":1,\"name\":\"hello\",\"version\":\"1.0.0\",\"command\":"
    "[\"loft\",\"doc\",\"-o\",\"{output}\"],\"limits\":{\"seconds\":120,"
    "\"memory\":1073741824,\"processes\":64,\"output_bytes\":67108864,"
    "\"output_files\":10000},\"tarball_bytes\":%" G_GSIZE_FORMAT "}",
    g_bytes_get_size (tarball));
  g_assert_cmpstr (request, ==, expected);

  gsize length = 0;
  g_autofree char *stored =
    upkeep_kit_get (&fixture->registry, "hello/1.0.0.tar.gz", &length);
  g_assert_cmpmem (stored,
                   length,
                   g_bytes_get_data (tarball, NULL),
                   g_bytes_get_size (tarball));
  g_assert_cmpuint (builder_double_count (fixture->builder), ==, 1);
}

/* A command that appears builds nothing of what was there before. */
static void
test_since (Fixture *fixture, gconstpointer test_data)
{
  LoftDocsSettings *docs = &fixture->registry.settings->docs;
  g_auto (GStrv) command = g_steal_pointer (&docs->command);

  /* As in a store that has never known of such a thing. */
  registry_fixture_close (&fixture->registry);
  g_autofree char *path =
    g_build_filename (fixture->registry.root, "_registry/docs.json", NULL);
  g_assert_cmpint (g_unlink (path), ==, 0);
  registry_fixture_open (&fixture->registry);
  registry_fixture_start (&fixture->registry);
  publish (fixture, "hello", "1.0.0");

  docs->command = g_steal_pointer (&command);
  registry_fixture_restart (&fixture->registry, FALSE);
  LoftPage *page = loft_registry_get_page (fixture->registry.registry, NULL);
  while (loft_page_get_fact (page, LOFT_PAGE_DOCS_SINCE) == 0)
    g_usleep (1000);
  publish (fixture, "hello", "1.1.0");
  wait_until_built (fixture, "hello", "1.1.0");
  g_assert_cmpuint (builder_double_count (fixture->builder), ==, 1);
  g_assert_null (find_event (fixture, "hello", "1.0.0"));
}

/* It is tried some times, and then no more; why, is in the log, fit to be
 * read. */
static void
test_failed (Fixture *fixture, gconstpointer test_data)
{
  g_autofree char *long_log = g_strnfill (9000, 'x');
  g_autofree char *log =
    g_strconcat (long_log, "\nlast\033[31m line\007 é\n", NULL);
  const BuilderReply reply = { .status = "failed",
                               .reason = "exit status 1\n\033[1mfoo",
                               .log = log };

  for (guint i = 0; i < 3; i++)
    builder_double_expect (fixture->builder, &reply);
  publish (fixture, "hello", "1.0.0");

  g_autoptr (LoftEvent) event =
    wait_for_state (fixture, "hello", "1.0.0", LOFT_DOCS_FAILED, 3);
  g_assert_cmpstr (event->docs.reason, ==, "exit status 1 foo");
  g_assert_cmpstr (event->docs.log, ==, "last line é");
  g_assert_null (event->docs.generation);

  publish (fixture, "hello", "2.0.0");
  wait_until_built (fixture, "hello", "2.0.0");
  g_assert_cmpuint (builder_double_count (fixture->builder), ==, 4);
}

/* One that fails once is built when its time comes. */
static void
test_second_attempt (Fixture *fixture, gconstpointer test_data)
{
  builder_double_expect (fixture->builder,
                         &(BuilderReply){ .status = "failed" });
  publish (fixture, "hello", "1.0.0");
  wait_until_built (fixture, "hello", "1.0.0");
  g_assert_cmpuint (builder_double_count (fixture->builder), ==, 2);

  g_autofree char *changes = registry_kit_changes (&fixture->registry);
  g_assert_true (g_str_has_suffix (changes,
                                   "docs hello 1.0.0\n"
                                   "4 docs hello 1.0.0\n"));
}

/* That nobody is there to build is no attempt, and is tried for ever. */
static void
test_unavailable (Fixture *fixture, gconstpointer test_data)
{
  log_kit_expect (G_LOG_LEVEL_WARNING,
                  "*No documentation can be built now*busy*");
  fixture->registry.settings->docs.attempts = 1;
  apply (fixture);
  for (guint i = 0; i < 2; i++)
    builder_double_expect (
      fixture->builder,
      &(BuilderReply){ .status = "unavailable", .reason = "busy" });
  publish (fixture, "hello", "1.0.0");
  wait_until_built (fixture, "hello", "1.0.0");
  g_assert_cmpuint (builder_double_count (fixture->builder), ==, 3);
}

/* So is a program that does not run. */
static void
test_unreachable (Fixture *fixture, gconstpointer test_data)
{
  log_kit_expect (G_LOG_LEVEL_WARNING,
                  "*No documentation can be built now*can't be reached*");
  fixture->registry.settings->docs.attempts = 1;
  apply (fixture);
  g_clear_pointer (&fixture->builder, builder_double_free);
  publish (fixture, "hello", "1.0.0");

  g_usleep (2 * G_TIME_SPAN_SECOND);
  g_assert_null (find_event (fixture, "hello", "1.0.0"));
  listen (fixture);
  wait_until_built (fixture, "hello", "1.0.0");
}

typedef struct
{
  const char *name;
  const char *reason; /* a pattern */
  LoftTestMember members[4];
  BuilderReply reply; /* the archive is made of the members */
  gsize cut;          /* bytes that are left of the archive; 0 for all */
  const char *tail;   /* behind its end */
} Hostile;

#define INDEX                                                                  \
  {                                                                            \
    .path = "index.html", .content = "<h1>hello</h1>"                          \
  }
#define BUILT                                                                  \
  {                                                                            \
    .status = "built", .archive_bytes = -1                                     \
  }

static const Hostile hostile[] = {
  { "no-index", "*it has no index.html*", { { .path = "a.html" } }, BUILT },
  { "parent", "*component “..”*", { INDEX, { .path = "a/../b" } }, BUILT },
  { "first-parent", "*component “..”*", { INDEX, { .path = "../b" } }, BUILT },
  { "absolute", "*absolute*", { INDEX, { .path = "/etc/passwd" } }, BUILT },
  { "empty", "*empty component*", { INDEX, { .path = "a//b" } }, BUILT },
  { "dot", "*component “.”*", { INDEX, { .path = "./b" } }, BUILT },
  { "backslash", "*backslash*", { INDEX, { .path = "a\\b" } }, BUILT },
  { "control", "*control character*", { INDEX, { .path = "a\nb" } }, BUILT },
  { "utf8", "*not text in UTF-8*", { INDEX, { .path = "a\377" } }, BUILT },
  { "twice", "*is there twice*", { INDEX, INDEX }, BUILT },
  { "folder-file",
    "*is a file and a folder*",
    { INDEX, { .path = "a/b" }, { .path = "a" } },
    BUILT },
  { "file-folder",
    "*is a file and a folder*",
    { INDEX, { .path = "a" }, { .path = "a/b" } },
    BUILT },
  { "folder",
    "*more in it than files*",
    { INDEX, { .path = "a", .type = '5' } },
    BUILT },
  { "link",
    "*more in it than files*",
    { INDEX, { .path = "a", .type = '2', .target = "/etc/passwd" } },
    BUILT },
  { "hard-link",
    "*more in it than files*",
    { INDEX, { .path = "a", .type = '1', .target = "index.html" } },
    BUILT },
  { "device",
    "*more in it than files*",
    { INDEX, { .path = "a", .type = '3' } },
    BUILT },
  { "pax",
    "*more in it than files*",
    { { .path = "a", .type = 'x', .content = "12 path=abc\n" }, INDEX },
    BUILT },
  { "checksum",
    "*broken header*",
    { INDEX, { .path = "a", .is_damaged = TRUE } },
    BUILT },
  { "size",
    "*more than 16777216 bytes*",
    { INDEX, { .path = "a", .size_field = "77777777777" } },
    BUILT },
  { "too-large",
    "*it is too large*",
    { INDEX, { .path = "a", .size_field = "00000200000" } },
    BUILT },
  { "negative",
    "*broken header*",
    { INDEX,
      { .path = "a",
        .size_field = "\377\377\377\377\377\377\377\377"
                      "\377\377\377" } },
    BUILT },
  { "cut", "*did not come to its end*", { INDEX }, BUILT, .cut = 600 },
  { "short",
    "*archive ends too early*",
    { INDEX },
    { .status = "built", .archive_bytes = 700 } },
  { "no-end",
    "*archive has no end*",
    { INDEX },
    { .status = "built", .archive_bytes = 1024 + 512 } },
  { "tail", "*behind its end*", { INDEX }, BUILT, .tail = "x" },
  { "huge",
    "The documentation is too large",
    { INDEX },
    { .status = "built", .archive_bytes = G_MAXINT64 / 1024 } },
  { "no-archive",
    "*archive ends too early*",
    { { NULL } },
    { .status = "built" } },
  { "no-answer", "*has not answered*", { { NULL } }, { NULL } },
  { "status", "*makes no sense*", { { NULL } }, { .status = "fine" } },
  { "not-json", "*makes no sense*", { { NULL } }, { .line = "hello\n" } },
  { "protocol",
    "*makes no sense*",
    { { NULL } },
    { .line = "{\"protocol\":2,\"status\":\"built\"}\n" } },
  { "types",
    "*makes no sense*",
    { { NULL } },
    { .line = "{\"protocol\":1,\"status\":[],\"log\":7}\n" } },
  { "no-length",
    "The documentation is too large",
    { { NULL } },
    { .line = "{\"protocol\":1,\"status\":\"built\"}\n" } },
  { "no-line", "*has not answered*", { { NULL } }, { .line = "{" } },
};

static GBytes *
make_archive (const Hostile *row)
{
  g_autoptr (LoftTestArchive) archive = loft_test_archive_new ();

  for (gsize i = 0; row->members[i].path != NULL; i++)
    loft_test_archive_add (archive, &row->members[i]);
  loft_test_archive_end (archive);
  if (row->tail != NULL)
    {
      g_autofree char *tail = g_strnfill (512, *row->tail);

      loft_test_archive_add_bytes (archive, tail, 512);
    }

  g_autoptr (GBytes) bytes = loft_test_archive_to_tar (archive);

  return row->cut > 0 ? g_bytes_new_from_bytes (bytes, 0, row->cut)
                      : g_bytes_ref (bytes);
}

static void
publish_hostile (Fixture *fixture, const Hostile *row, const char *version)
{
  g_autoptr (GBytes) archive =
    row->members[0].path != NULL ? make_archive (row) : NULL;
  BuilderReply reply = row->reply;

  reply.archive = archive;
  if (row->cut > 0)
    reply.archive_bytes = 10240;
  builder_double_expect (fixture->builder, &reply);
  publish (fixture, "hello", version);
}

static void
check_hostile (Fixture *fixture, const Hostile *row, const char *version)
{
  g_autoptr (LoftEvent) event =
    wait_for_state (fixture, "hello", version, LOFT_DOCS_FAILED, 1);

  g_test_message ("%s: %s", row->name, event->docs.reason);
  g_assert_true (g_pattern_match_simple (row->reason, event->docs.reason));
}

/* Whatever is answered, nothing of it is kept but what was looked at, and the
 * next one is built. */
static void
test_hostile (Fixture *fixture, gconstpointer test_data)
{
  g_auto (GStrv) versions = g_new0 (char *, G_N_ELEMENTS (hostile) + 1);

  fixture->registry.settings->docs.attempts = 1;
  fixture->registry.settings->docs.output_size = 32768;
  apply (fixture);
  for (guint i = 0; i < G_N_ELEMENTS (hostile); i++)
    {
      versions[i] = g_strdup_printf ("%u.0.0", i);
      publish_hostile (fixture, &hostile[i], versions[i]);
    }
  for (guint i = 0; i < G_N_ELEMENTS (hostile); i++)
    check_hostile (fixture, &hostile[i], versions[i]);

  g_autofree char *files = list_files (fixture, "hello");
  g_assert_cmpstr (files, ==, "");
  publish (fixture, "hello", "100.0.0");
  wait_until_built (fixture, "hello", "100.0.0");
}

/* Paths may be long, and in folders. */
static void
test_long_paths (Fixture *fixture, gconstpointer test_data)
{
  g_autofree char *folder = g_strnfill (120, 'f');
  g_autofree char *path = g_strconcat (folder, "/é.html", NULL);
  const Hostile row = { "long",
                        "",
                        { INDEX, { .path = path, .content = "" } },
                        BUILT };
  g_autoptr (GBytes) archive = make_archive (&row);
  BuilderReply reply = BUILT;

  reply.archive = archive;
  builder_double_expect (fixture->builder, &reply);
  publish (fixture, "hello", "1.0.0");
  wait_until_built (fixture, "hello", "1.0.0");

  g_autofree char *page = read_page (fixture, "hello", "1.0.0", path);
  g_assert_cmpstr (page, ==, "");
}

/* Who answers without having read all that he is sent is heard; who hangs up
 * then has not tried. */
static void
test_deaf (Fixture *fixture, gconstpointer test_data)
{
  g_autofree char *content = g_malloc (600000);
  g_autoptr (GError) error = NULL;

  for (gsize i = 0; i < 599999; i++)
    content[i] = (char) g_test_rand_int_range (' ', '~');
  content[599999] = '\0';
  log_kit_expect (G_LOG_LEVEL_WARNING, "*No documentation can be built now*");
  fixture->registry.settings->docs.attempts = 1;
  apply (fixture);
  builder_double_expect (fixture->builder, &(BuilderReply){ .deaf = TRUE });
  builder_double_expect (
    fixture->builder,
    &(BuilderReply){ .status = "failed", .reason = "too large", .deaf = TRUE });
  g_autofree char *element = registry_kit_publish (&fixture->registry,
                                                   "hello",
                                                   "1.0.0",
                                                   content,
                                                   REGISTRY_KIT_TOKEN,
                                                   NULL,
                                                   &error);
  g_assert_no_error (error);
  g_autoptr (LoftEvent) event =
    wait_for_state (fixture, "hello", "1.0.0", LOFT_DOCS_FAILED, 1);
  g_assert_cmpstr (event->docs.reason, ==, "too large");
  g_assert_cmpuint (builder_double_count (fixture->builder), ==, 2);
}

static void
yank (Fixture *fixture, const char *version, gboolean yank)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *element = registry_kit_yank (&fixture->registry,
                                                "hello",
                                                version,
                                                yank,
                                                REGISTRY_KIT_TOKEN,
                                                &error);

  g_assert_no_error (error);
}

static void
wait_for_count (Fixture *fixture, guint count)
{
  gint64 end = g_get_monotonic_time () + TIMEOUT;

  while (builder_double_count (fixture->builder) < count)
    {
      g_assert_cmpint (g_get_monotonic_time (), <, end);
      g_main_context_iteration (NULL, FALSE);
      g_usleep (1000);
    }
}

/* What is yanked before its turn comes is built once it is no longer. */
static void
test_yanked (Fixture *fixture, gconstpointer test_data)
{
  builder_double_expect (
    fixture->builder,
    &(BuilderReply){ .status = "failed", .reason = "once" });
  fixture->registry.settings->docs.retry_interval = 3600;
  apply (fixture);
  publish (fixture, "hello", "1.0.0");
  g_autoptr (LoftEvent) waiting =
    wait_for_state (fixture, "hello", "1.0.0", LOFT_DOCS_WAITING, 1);

  yank (fixture, "1.0.0", TRUE);
  fixture->registry.settings->docs.retry_interval = 0;
  apply (fixture);
  publish (fixture, "hello", "2.0.0");
  wait_until_built (fixture, "hello", "2.0.0");
  g_usleep (3 * G_TIME_SPAN_SECOND);
  g_assert_cmpuint (builder_double_count (fixture->builder), ==, 2);

  yank (fixture, "1.0.0", FALSE);
  wait_until_built (fixture, "hello", "1.0.0");
}

/* Whoever stops while something is built has it built at the next start, and
 * who has forgotten his catalog does not have anything built again. */
static void
test_restart (Fixture *fixture, gconstpointer test_data)
{
  builder_double_expect (fixture->builder,
                         &(BuilderReply){ .line = "", .hangs = TRUE });
  publish (fixture, "hello", "1.0.0");
  wait_for_count (fixture, 1);
  g_assert_null (find_event (fixture, "hello", "1.0.0"));

  registry_fixture_restart (&fixture->registry, TRUE);
  wait_until_built (fixture, "hello", "1.0.0");
  registry_fixture_restart (&fixture->registry, TRUE);
  publish (fixture, "hello", "2.0.0");
  wait_until_built (fixture, "hello", "2.0.0");
  g_assert_cmpuint (builder_double_count (fixture->builder), ==, 3);
}

/* A storage that can't be written to is nobody's fault. */
static void
test_storage (Fixture *fixture, gconstpointer test_data)
{
  static const FaultKind kinds[] = { FAULT_UNAVAILABLE,
                                     FAULT_NO_SPACE,
                                     FAULT_LOST_ANSWER };
  LoftStorage *storage = fixture->registry.storage;

  fixture->registry.settings->docs.attempts = 1;
  apply (fixture);
  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    {
      g_autofree char *version = g_strdup_printf ("%u.0.0", i);

      fault_storage_arm (storage, kinds[i], "docs/", 1);
      publish (fixture, "hello", version);
      wait_until_built (fixture, "hello", version);
      g_assert_cmpuint (fault_storage_get_left (storage), ==, 0);
    }
  g_assert_cmpuint (builder_double_count (fixture->builder), ==, 6);

  g_autofree char *files = list_files (fixture, "hello");
  g_auto (GStrv) lines = g_strsplit (files, "\n", -1);
  g_assert_cmpuint (g_strv_length (lines), ==, 3);
}

#define ADD(path, func)                                                        \
  g_test_add ("/docs-build/" path, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);
  log_kit_init ();

  ADD ("built", test_built);
  ADD ("since", test_since);
  ADD ("failed", test_failed);
  ADD ("second-attempt", test_second_attempt);
  ADD ("unavailable", test_unavailable);
  ADD ("unreachable", test_unreachable);
  ADD ("hostile", test_hostile);
  ADD ("long-paths", test_long_paths);
  ADD ("deaf", test_deaf);
  ADD ("yanked", test_yanked);
  ADD ("restart", test_restart);
  ADD ("storage", test_storage);

  return g_test_run ();
}
