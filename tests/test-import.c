/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "kit/log-kit.h"
#include "kit/storage-kit.h"
#include "kit/upkeep-kit.h"

#include <gio/gunixinputstream.h>
#include <glib-unix.h>
#include <string.h>
#include <unistd.h>

#define TOKEN REGISTRY_KIT_TOKEN
#define TIME "2024-02-29T12:00:00.000000Z"

typedef RegistryFixture Fixture;

static void
set_up (Fixture *fixture, gconstpointer test_data)
{
  registry_fixture_set_up (fixture, test_data);
  registry_fixture_start (fixture);
}

static char *
make_document (const char *name, const char *version, const char *more)
{
  return g_strdup_printf ("{\"name\":\"%s\",\"version\":\"%s\"%s}",
                          name,
                          version,
                          more);
}

static gboolean
take_in (Fixture *fixture,
         const char *name,
         const char *version,
         const char *content,
         const char *document,
         gboolean *out_created,
         GError **error)
{
  g_autoptr (GBytes) tarball = registry_kit_pack (name, version, content);
  g_autoptr (GInputStream) stream =
    g_memory_input_stream_new_from_bytes (tarball);
  g_autoptr (GBytes) text = g_bytes_new (document, strlen (document));

  return upkeep_kit_import (fixture,
                            name,
                            version,
                            stream,
                            text,
                            out_created,
                            error);
}

static char *
list_raw_changes (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;
  guint64 last;
  g_autoptr (GBytes) text =
    loft_registry_list_changes (fixture->registry, 0, 1000, &last, &error);

  g_assert_no_error (error);

  return g_strndup (g_bytes_get_data (text, NULL), g_bytes_get_size (text));
}

/* A version keeps its time and its owners; the log says who took it in. */
static void
test_import (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;
  gboolean created = FALSE;
  g_autofree char *document = make_document (
    "hello",
    "1.0.0",
    ",\"published_at\":\"" TIME "\",\"owners\":[\"ann\",\"bob\"],"
    "\"description\":\"Says hello\",\"authors\":[\"Ann\"],\"license\":null,"
    "\"manifest\":{\"name\":\"x\"},\"unknown\":[{}]");

  g_assert_true (
    take_in (fixture, "hello", "1.0.0", "a", document, &created, &error));
  g_assert_no_error (error);
  g_assert_true (created);

  for (guint round = 0; round < 2; round++)
    {
      g_autofree char *list = registry_kit_list (fixture, "hello", &error);
      g_assert_no_error (error);
      g_assert_nonnull (strstr (list, "\"published_at\":\"" TIME "\""));
      g_assert_nonnull (strstr (list, "\"owners\":[\"ann\",\"bob\"]"));
      g_assert_nonnull (strstr (list, "\"description\":\"Says hello\""));
      g_assert_nonnull (strstr (list, "\"authors\":[\"Ann\"]"));
      g_autofree char *changes = registry_kit_changes (fixture);
      g_assert_cmpstr (changes, ==, "1 claim hello -\n2 publish hello 1.0.0\n");
      g_autofree char *raw = list_raw_changes (fixture);
      g_auto (GStrv) lines = g_strsplit (raw, "\n", -1);
      g_assert_nonnull (strstr (lines[0], "\"actor\":\"admin\""));
      g_assert_nonnull (strstr (lines[1], "\"actor\":\"admin\""));
      registry_fixture_restart (fixture, TRUE);
    }

  g_autofree char *found = upkeep_kit_verify (fixture, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (found, ==, "");
}

/* The same tarball again is no second version, whatever its document says now;
 * another one is refused. */
static void
test_again (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;
  gboolean created = TRUE;
  g_autofree char *document =
    make_document ("hello", "1.0.0", ",\"published_at\":\"" TIME "\"");
  g_autofree char *plain = make_document ("hello", "1.0.0", "");

  g_assert_true (
    take_in (fixture, "hello", "1.0.0", "a", document, NULL, &error));
  g_assert_no_error (error);
  g_assert_true (
    take_in (fixture, "hello", "1.0.0", "a", document, &created, &error));
  g_assert_no_error (error);
  g_assert_false (created);
  created = TRUE;
  g_assert_true (
    take_in (fixture, "hello", "1.0.0", "a", plain, &created, &error));
  g_assert_no_error (error);
  g_assert_false (created);

  g_assert_false (
    take_in (fixture, "hello", "1.0.0", "b", document, &created, &error));
  g_assert_error (error, LOFT_REGISTRY_ERROR, LOFT_REGISTRY_ERROR_EXISTS);
  g_autofree char *changes = registry_kit_changes (fixture);
  g_assert_cmpstr (changes, ==, "1 claim hello -\n2 publish hello 1.0.0\n");
}

/* A package that somebody has stays his, and one without owners is open. */
static void
test_owners (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *mine =
    registry_kit_publish (fixture, "mine", "1.0.0", "a", TOKEN, NULL, &error);
  g_assert_no_error (error);
  gsize length;
  g_autofree char *before =
    upkeep_kit_get (fixture, "mine/package.json", &length);
  g_autofree char *document =
    make_document ("mine", "1.1.0", ",\"owners\":[\"eve\"]");
  g_assert_true (
    take_in (fixture, "mine", "1.1.0", "a", document, NULL, &error));
  g_assert_no_error (error);
  g_autofree char *after =
    upkeep_kit_get (fixture, "mine/package.json", &length);
  g_assert_cmpstr (after, ==, before);

  g_autofree char *free_document = make_document ("free", "1.0.0", "");
  g_assert_true (
    take_in (fixture, "free", "1.0.0", "a", free_document, NULL, &error));
  g_assert_no_error (error);
  g_autofree char *next =
    registry_kit_publish (fixture, "free", "1.1.0", "a", NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_nonnull (next);
}

/* What another registry has stored is taken over as it is there. */
static void
test_move (Fixture *fixture, gconstpointer test_data)
{
  static const char *const versions[] = { "1.0.0", "1.1.0+build", "2.0.0-rc" };
  static const char *const keys[] = { "1.0.0", "1.1.0", "2.0.0-rc" };
  Fixture other = { NULL };

  set_up (&other, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (versions); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autofree char *element = registry_kit_publish (&other,
                                                       "hello",
                                                       versions[i],
                                                       "a",
                                                       TOKEN,
                                                       NULL,
                                                       &error);
      g_assert_no_error (error);
      g_autofree char *key = g_strdup_printf ("hello/%s.json", keys[i]);
      gsize length;
      g_autofree char *document = upkeep_kit_get (&other, key, &length);
      g_assert_true (
        take_in (fixture, "hello", versions[i], "a", document, NULL, &error));
      g_assert_no_error (error);
      g_autofree char *copy = upkeep_kit_get (fixture, key, &length);
      g_assert_cmpstr (copy, ==, document);
    }
  registry_fixture_tear_down (&other, NULL);
}

/* Wherever it was cut short, it is done by doing it again, once. */
static void
test_resume (Fixture *fixture, gconstpointer test_data)
{
  static const FaultKind kinds[] = { FAULT_UNAVAILABLE,
                                     FAULT_NO_SPACE,
                                     FAULT_LOST_ANSWER,
                                     FAULT_LOST_REQUEST };
  static const char *const places[] = {
    "_registry/names/", "%s/package.json", "%s/1.0.0.tar.gz",
    "%s/1.0.0.json",    "_registry/log/",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (places); i++)
    for (gsize j = 0; j < G_N_ELEMENTS (kinds); j++)
      {
        g_autoptr (GError) error = NULL;
        g_autofree char *name =
          g_strdup_printf ("hello-%c-%c", (int) ('a' + i), (int) ('a' + j));
        g_autofree char *document =
          make_document (name, "1.0.0", ",\"published_at\":\"" TIME "\"");
        const char *rest = places[i] + 2;
        g_autofree char *prefix = g_str_has_prefix (places[i], "%s")
                                    ? g_strconcat (name, rest, NULL)
                                    : g_strdup (places[i]);
        g_autofree char *line = g_strdup_printf (" publish %s 1.0.0\n", name);

        fault_storage_arm (fixture->storage, kinds[j], prefix, 1);
        if (!take_in (fixture, name, "1.0.0", "a", document, NULL, &error))
          {
            fault_storage_arm (fixture->storage, FAULT_NONE, "", 0);
            g_clear_error (&error);
            take_in (fixture, name, "1.0.0", "a", document, NULL, &error);
          }
        g_assert_no_error (error);
        g_autofree char *changes = registry_kit_changes (fixture);
        const char *told = strstr (changes, line);
        g_assert_nonnull (told);
        g_assert_null (strstr (told + 1, line));
      }

  g_autoptr (GError) error = NULL;
  g_autofree char *found = upkeep_kit_verify (fixture, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (found, ==, "");
}

typedef struct
{
  const char *name;
  const char *document;
  LoftRegistryError code;
} Case;

#define HELLO "\"name\":\"hello\",\"version\":\"1.0.0\""
#define RULES LOFT_REGISTRY_ERROR_RULES
#define MALFORMED LOFT_REGISTRY_ERROR_MALFORMED

static const Case cases[] = {
  { "empty", "", MALFORMED },
  { "no-json", "hello", MALFORMED },
  { "torn", "{" HELLO, MALFORMED },
  { "array", "[]", MALFORMED },
  { "utf-8", "{" HELLO ",\"description\":\"\xff\"}", MALFORMED },
  { "nul", "{" HELLO ",\"description\":\"\\u0000\"}", MALFORMED },
  { "surrogate", "{" HELLO ",\"description\":\"\\ud800\"}", MALFORMED },
  { "twice", "{" HELLO "," HELLO "}", MALFORMED },
  { "huge-number", "{" HELLO ",\"size\":1e999}", MALFORMED },
  { "large-integer", "{" HELLO ",\"size\":9223372036854775808}", MALFORMED },
  { "no-name", "{\"version\":\"1.0.0\"}", RULES },
  { "other-name", "{\"name\":\"hullo\",\"version\":\"1.0.0\"}", RULES },
  { "name-type", "{\"name\":1,\"version\":\"1.0.0\"}", RULES },
  { "no-version", "{\"name\":\"hello\"}", RULES },
  { "other-version", "{\"name\":\"hello\",\"version\":\"1.0.1\"}", RULES },
  { "version-type", "{\"name\":\"hello\",\"version\":[\"1.0.0\"]}", RULES },
  { "size", "{" HELLO ",\"size\":1}", RULES },
  { "size-negative", "{" HELLO ",\"size\":-1}", RULES },
  { "size-type", "{" HELLO ",\"size\":\"1\"}", RULES },
  { "sha256", "{" HELLO ",\"sha256\":\"00\"}", RULES },
  { "sha256-type", "{" HELLO ",\"sha256\":{}}", RULES },
  { "description", "{" HELLO ",\"description\":[]}", RULES },
  { "license", "{" HELLO ",\"license\":true}", RULES },
  { "repository", "{" HELLO ",\"repository\":0}", RULES },
  { "authors", "{" HELLO ",\"authors\":\"Ann\"}", RULES },
  { "authors-type", "{" HELLO ",\"authors\":[\"Ann\",null]}", RULES },
  { "owners", "{" HELLO ",\"owners\":{\"id\":\"ann\"}}", RULES },
  { "owners-type", "{" HELLO ",\"owners\":[[]]}", RULES },
  { "owners-form", "{" HELLO ",\"owners\":[\"a b\"]}", RULES },
  { "owners-empty", "{" HELLO ",\"owners\":[\"\"]}", RULES },
  { "time", "{" HELLO ",\"published_at\":\"yesterday\"}", RULES },
  { "time-type", "{" HELLO ",\"published_at\":1700000000}", RULES },
  { "time-before",
    "{" HELLO ",\"published_at\":\"0001-01-01T00:00:00Z\"}",
    RULES },
  { "time-after",
    "{" HELLO ",\"published_at\":\"9999-12-31T23:59:59Z\"}",
    RULES },
};

static void
assert_untouched (Fixture *fixture)
{
  g_autofree char *changes = registry_kit_changes (fixture);
  g_autofree char *keys =
    storage_kit_list (fixture->storage, "hello/", NULL, 0);
  g_autofree char *names =
    storage_kit_list (fixture->storage, "_registry/names/", NULL, 0);

  g_assert_cmpstr (changes, ==, "");
  g_assert_cmpstr (keys, ==, "");
  g_assert_cmpstr (names, ==, "");
}

/* A document that is not one, or does not tell the truth, is refused before
 * anything is stored. */
static void
test_hostile (Fixture *fixture, gconstpointer test_data)
{
  const Case *test = test_data;
  g_autoptr (GError) error = NULL;

  g_assert_false (
    take_in (fixture, "hello", "1.0.0", "a", test->document, NULL, &error));
  g_assert_error (error, LOFT_REGISTRY_ERROR, (int) test->code);
  assert_untouched (fixture);
}

static void
assert_refused (Fixture *fixture,
                const char *more,
                const char *name,
                LoftRegistryError code)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *document = make_document (name, "1.0.0", more);

  g_assert_false (
    take_in (fixture, name, "1.0.0", "a", document, NULL, &error));
  g_assert_error (error, LOFT_REGISTRY_ERROR, (int) code);
}

/* Nothing is taken in that is larger than what may be published. */
static void
test_large (Fixture *fixture, gconstpointer test_data)
{
  g_autofree char *long_text = g_strnfill (2001, 'x');
  g_autofree char *field =
    g_strconcat (",\"description\":\"", long_text, "\"", NULL);
  g_autofree char *deep = g_strnfill (100000, '[');
  g_autofree char *nested = g_strconcat (",\"x\":", deep, NULL);
  g_autofree char *huge_text = g_strnfill (33 * 1024 * 1024, 'x');
  g_autofree char *huge = g_strconcat (",\"x\":\"", huge_text, "\"", NULL);
  g_autoptr (GString) owners = g_string_new (",\"owners\":[\"a\"");
  for (guint i = 0; i < 100; i++)
    g_string_append_printf (owners, ",\"a%u\"", i);
  g_string_append_c (owners, ']');

  assert_refused (fixture, field, "hello", RULES);
  assert_refused (fixture, nested, "hello", MALFORMED);
  assert_refused (fixture, huge, "hello", LOFT_REGISTRY_ERROR_TOO_LARGE);
  assert_refused (fixture, owners->str, "hello", RULES);
  assert_refused (fixture, "", "docs", RULES);
  assert_refused (fixture, "", "../hello", RULES);

  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) document = g_bytes_new_static ("{}", 2);
  g_autoptr (GInputStream) endless =
    storage_kit_source_new (G_MAXINT64, 'x', NULL);
  g_assert_false (upkeep_kit_import (fixture,
                                     "hello",
                                     "1.0.0",
                                     endless,
                                     document,
                                     NULL,
                                     &error));
  g_assert_error (error, LOFT_REGISTRY_ERROR, LOFT_REGISTRY_ERROR_TOO_LARGE);
  assert_untouched (fixture);
}

/* A tarball that can't be read to its end is none, nor is any that breaks a
 * rule. */
static void
test_tarball (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) failure =
    g_error_new_literal (G_IO_ERROR, G_IO_ERROR_BROKEN_PIPE, "gone");
  g_autoptr (GError) error = NULL;
  g_autofree char *text = make_document ("hello", "1.0.0", "");
  g_autoptr (GBytes) document = g_bytes_new (text, strlen (text));
  g_autoptr (GInputStream) broken = storage_kit_source_new (10, 'x', failure);
  g_autoptr (GInputStream) none = storage_kit_source_new (0, 'x', NULL);

  g_assert_false (upkeep_kit_import (fixture,
                                     "hello",
                                     "1.0.0",
                                     broken,
                                     document,
                                     NULL,
                                     &error));
  g_assert_error (error, LOFT_REGISTRY_ERROR, LOFT_REGISTRY_ERROR_MALFORMED);
  g_clear_error (&error);
  g_assert_false (upkeep_kit_import (fixture,
                                     "hello",
                                     "1.0.0",
                                     none,
                                     document,
                                     NULL,
                                     &error));
  g_assert_error (error, LOFT_REGISTRY_ERROR, LOFT_REGISTRY_ERROR_RULES);
  assert_untouched (fixture);
}

/* Whoever sends nothing can be sent away. */
static void
test_cancel (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) document = g_bytes_new_static ("{}", 2);
  int fds[2];

  g_assert_true (g_unix_open_pipe (fds, FD_CLOEXEC, &error));
  g_autoptr (GInputStream) stream = g_unix_input_stream_new (fds[0], TRUE);
  const LoftCaller caller = { .administrator = "admin:test" };
  loft_registry_import_version_async (fixture->registry,
                                      "hello",
                                      "1.0.0",
                                      stream,
                                      document,
                                      &caller,
                                      cancellable,
                                      upkeep_kit_take_cb,
                                      &result);
  g_usleep (20 * G_TIME_SPAN_MILLISECOND);
  g_cancellable_cancel (cancellable);
  upkeep_kit_wait (&result);
  g_assert_false (loft_registry_import_version_finish (fixture->registry,
                                                       result,
                                                       NULL,
                                                       &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  close (fds[1]);
  assert_untouched (fixture);
}

#define add(name, func)                                                        \
  g_test_add ("/import/" name,                                                 \
              Fixture,                                                         \
              NULL,                                                            \
              set_up,                                                          \
              func,                                                            \
              registry_fixture_tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);
  log_kit_init ();

  add ("import", test_import);
  add ("again", test_again);
  add ("owners", test_owners);
  add ("move", test_move);
  add ("resume", test_resume);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path =
        g_strconcat ("/import/hostile/", cases[i].name, NULL);

      g_test_add (path,
                  Fixture,
                  &cases[i],
                  set_up,
                  test_hostile,
                  registry_fixture_tear_down);
    }
  add ("large", test_large);
  add ("tarball", test_tarball);
  add ("cancel", test_cancel);

  return g_test_run ();
}
