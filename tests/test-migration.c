/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "test-migration.h"
#include <string.h>

#include "kit/storage-kit.h"
#include "registry/loft-log-entry.h"

/* Of how many writes each is the last one once. */
#define WRITES_MAX 60

typedef MigrationFixture Fixture;

static void
put (Fixture *fixture, const char *key, const char *text)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (storage_kit_put (fixture->real, key, text, &error));
  g_assert_no_error (error);
}

static char *
get (Fixture *fixture, const char *key)
{
  g_autoptr (GError) error = NULL;
  char *text = storage_kit_get (fixture->real, key, &error);

  g_assert_no_error (error);

  return text;
}

/* Flips a bit in a file of one of the folders, behind everybody's back. */
static void
flip (const char *root, const char *key)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *path = g_build_filename (root, key, NULL);
  g_autofree char *content = NULL;
  gsize length;

  g_file_get_contents (path, &content, &length, &error);
  g_assert_no_error (error);
  content[length / 2] ^= 1;
  g_file_set_contents (path, content, (gssize) length, &error);
  g_assert_no_error (error);
}

/* The copy has every object, and nothing else; and a server on it finds nothing
 * wrong. */
static void
test_complete (Fixture *fixture, gconstpointer test_data)
{
  migration_kit_succeed (fixture);
  migration_kit_assert_same (fixture);
  g_assert_cmpuint (fixture->figures.copied, ==, fixture->figures.total + 1);
  g_assert_cmpuint (fixture->figures.done, ==, fixture->figures.total);
  g_assert_cmpuint (fixture->figures.verified, >=, fixture->figures.copied);
  g_assert_cmpuint (fixture->figures.same, ==, 0);
  migration_kit_assert_serves (fixture);
}

/* Where all is there already, nothing is written. */
static void
test_again (Fixture *fixture, gconstpointer test_data)
{
  static const LoftMigrationCheck checks[] = { LOFT_MIGRATION_CHECK_SIZES,
                                               LOFT_MIGRATION_CHECK_WRITTEN,
                                               LOFT_MIGRATION_CHECK_ALL };

  migration_kit_succeed (fixture);
  for (gsize i = 0; i < G_N_ELEMENTS (checks); i++)
    {
      fixture->options.check = checks[i];
      fault_storage_arm (fixture->target, FAULT_NO_SPACE, "", 1);
      migration_kit_succeed (fixture);
      g_assert_cmpuint (fault_storage_get_left (fixture->target), ==, 1);
      g_assert_cmpuint (fixture->figures.copied, ==, 0);
      g_assert_cmpuint (fixture->figures.replaced, ==, 0);
    }
  migration_kit_assert_same (fixture);
}

/* What came later is added, and documents that have changed are replaced. */
static void
test_advanced (Fixture *fixture, gconstpointer test_data)
{
  const LoftCaller caller = { .administrator = "admin:root" };
  g_autoptr (GError) error = NULL;

  migration_kit_succeed (fixture);
  migration_kit_publish (fixture, "hello", "1.2.0");
  migration_kit_publish (fixture, "new", "1.0.0");
  g_autofree char *yanked = registry_kit_yank (&fixture->source,
                                               "other",
                                               "1.0.0",
                                               TRUE,
                                               REGISTRY_KIT_TOKEN,
                                               &error);
  g_assert_no_error (error);
  g_autoptr (GPtrArray) tokens =
    registry_kit_list_tokens (&fixture->source, &caller, &error);
  g_assert_no_error (error);
  const LoftToken *token = g_ptr_array_index (tokens, 0);
  g_assert_true (
    registry_kit_revoke_token (&fixture->source, token->id, &caller, &error));

  migration_kit_succeed (fixture);
  g_assert_cmpuint (fixture->figures.replaced, ==, 2);
  migration_kit_assert_same (fixture);
  migration_kit_assert_serves (fixture);
}

/* What is no part of a registry is mentioned, and stays where it is; so does
 * what belongs to a server. */
static void
test_foreign (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;

  upkeep_kit_put (&fixture->source, "notes.txt", "x", -1);
  upkeep_kit_put (&fixture->source, "hello/notes.txt", "x", -1);
  upkeep_kit_put (&fixture->source, "hello/more/1.0.0.json", "x", -1);
  upkeep_kit_put (&fixture->source, "_registry/notes.txt", "x", -1);
  upkeep_kit_put (&fixture->source, "_registry/maintenance.json", "{}", -1);
  upkeep_kit_put (&fixture->source, "_registry/checkpoint.json", "{}", -1);
  upkeep_kit_put (&fixture->source, "_registry/checkpoint/1", "x", -1);

  g_assert_true (migration_kit_run (fixture, NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpstr (fixture->found,
                   ==,
                   "foreign-file _registry/notes.txt\n"
                   "foreign-file hello/more/1.0.0.json\n"
                   "foreign-file hello/notes.txt\n"
                   "foreign-file notes.txt");
  g_assert_cmpuint (fixture->figures.foreign, ==, 4);
  g_assert_null (storage_kit_get (fixture->real, "notes.txt", NULL));
  g_assert_null (
    storage_kit_get (fixture->real, "_registry/maintenance.json", NULL));
  g_assert_null (
    storage_kit_get (fixture->real, "_registry/checkpoint.json", NULL));
  migration_kit_assert_sound (fixture);
}

/* Tarballs that no document names, and that one may name yet, are copied; those
 * that none can ever name are not. */
static void
test_tarballs (Fixture *fixture, gconstpointer test_data)
{
  static const char other[] =
    "hello/1.0.0~0123456789abcdef0123456789abcdef0123456789abcdef0123456789"
    "abcdef.tar.gz";

  upkeep_kit_put (&fixture->source, "hello/9.0.0.tar.gz", "orphan", -1);
  upkeep_kit_put (&fixture->source, other, "garbage", -1);
  migration_kit_succeed (fixture);

  g_autofree char *orphan = get (fixture, "hello/9.0.0.tar.gz");
  g_assert_cmpstr (orphan, ==, "orphan");
  g_assert_null (storage_kit_get (fixture->real, other, NULL));
}

typedef struct
{
  const char *key;
  const char *text; /* nullable: its bits are flipped after a copy */
  const char *message;
} DifferenceCase;

static const DifferenceCase difference_cases[] = {
  { "hello/1.0.0.json", NULL, "hello/1.0.0.json" },
  { "hello/1.0.0.json", "{}", "hello/1.0.0.json" },
  { "other/package.json", NULL, "other/package.json" },
  { "_registry/names/hello", NULL, "_registry/names/hello" },
  { "_registry/salt", "pepper", "_registry/salt" },
  { "users.json", "[]", "users.json" },
  { "docs/index.html", "<q>", "docs/index.html" },
  { "else/1.0.0.json", "{}", "else/1.0.0.json" },
  { "zzz/package.json", "{}", "zzz/package.json" },
};

/* Nothing that the target has is overwritten by something else: it is named,
 * and that is the end. */
static void
test_differences (Fixture *fixture, gconstpointer test_data)
{
  const DifferenceCase *test = test_data;

  if (test->text != NULL)
    put (fixture, test->key, test->text);
  else
    {
      migration_kit_succeed (fixture);
      flip (fixture->root, test->key);
    }
  g_autofree char *before = get (fixture, test->key);

  migration_kit_fail (fixture, test->message);
  g_autofree char *expected = g_strconcat ("target-differs ", test->key, NULL);
  g_assert_cmpstr (fixture->found, ==, expected);
  g_autofree char *after = get (fixture, test->key);
  g_assert_cmpstr (after, ==, before);
}

/* A look tells all differences, and what there is to do, and does nothing. */
static void
test_dry_run (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;

  fixture->options.dry_run = TRUE;
  migration_kit_succeed (fixture);
  g_assert_cmpuint (fixture->figures.copied, ==, fixture->figures.total + 1);
  g_autofree char *nothing = storage_kit_list (fixture->real, "", NULL, 0);
  g_assert_cmpstr (nothing, ==, "");

  put (fixture, "users.json", "[]");
  put (fixture, "hello/1.0.0.json", "{}");
  put (fixture, "else/1.0.0.json", "{}");
  g_assert_true (migration_kit_run (fixture, NULL, &error));
  g_assert_cmpstr (fixture->found,
                   ==,
                   "target-differs else/1.0.0.json\n"
                   "target-differs hello/1.0.0.json\n"
                   "target-differs users.json");
  g_autofree char *keys = storage_kit_list (fixture->real, "", NULL, 0);
  g_assert_cmpstr (keys, ==, "else/1.0.0.json hello/1.0.0.json users.json");
}

/* A copy that has been published to is none any more. */
static void
test_used (Fixture *fixture, gconstpointer test_data)
{
  g_autofree char *text = NULL;
  g_autofree char *key = loft_log_entry_key (100);

  migration_kit_succeed (fixture);
  g_autofree char *last = loft_log_entry_key (fixture->figures.sequence);
  text = get (fixture, last);
  g_autofree char *line =
    g_strdup_printf ("{\"seq\":100,%s", strchr (text, ',') + 1);
  put (fixture, key, line);

  migration_kit_fail (fixture, key);
}

static const FaultKind fault_kinds[] = {
  FAULT_LOST_ANSWER, FAULT_LOST_REQUEST, FAULT_UNAVAILABLE,
  FAULT_LATE,        FAULT_UNREADABLE,
};

/* A target that does not answer is asked again, and one of which nobody knows
 * what it did is looked at. */
static void
test_faults (Fixture *fixture, gconstpointer test_data)
{
  const FaultKind *kind = test_data;

  for (gsize i = 0; i < 3; i++)
    {
      static const char *const prefixes[] = { "hello/", "_registry/log/", "" };

      migration_kit_publish (fixture,
                             "hello",
                             (const char *[]){ "2.0.0", "2.1.0", "2.2.0" }[i]);
      fault_storage_arm (fixture->target, *kind, prefixes[i], i == 0 ? 2 : 1);
      migration_kit_succeed (fixture);
      g_assert_cmpuint (fault_storage_get_left (fixture->target), ==, 0);
      g_assert_cmpuint (fixture->figures.retries, >, 0);
      migration_kit_assert_same (fixture);
    }
}

/* What is not answered for long is given up, and why is told. */
static void
test_patience (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;

  fixture->options.patience = G_TIME_SPAN_SECOND / 4;
  fault_storage_arm (fixture->target, FAULT_UNAVAILABLE, "", G_MAXUINT);
  g_assert_false (migration_kit_run (fixture, NULL, &error));
  g_assert_error (error, LOFT_STORAGE_ERROR, LOFT_STORAGE_ERROR_UNAVAILABLE);
  fault_storage_arm (fixture->target, FAULT_NONE, "", 0);
}

/* A tarball that is not what was published is reported, and not copied until it
 * was mended; the rest is. */
static void
test_damaged_source (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;

  flip (fixture->source.root, "hello/1.0.0.tar.gz");
  upkeep_kit_remove (&fixture->source, "other/1.0.0.tar.gz");
  g_assert_true (migration_kit_run (fixture, NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpstr (fixture->found,
                   ==,
                   "archive-damaged hello/1.0.0.tar.gz\n"
                   "archive-missing other/1.0.0.tar.gz");
  g_assert_null (storage_kit_get (fixture->real, "hello/1.0.0.tar.gz", NULL));
  g_autofree char *document = get (fixture, "hello/1.0.0.json");

  flip (fixture->source.root, "hello/1.0.0.tar.gz");
  g_assert_true (migration_kit_run (fixture, NULL, &error));
  g_assert_cmpstr (fixture->found, ==, "archive-missing other/1.0.0.tar.gz");
  g_autofree char *ours = get (fixture, "hello/1.0.0.tar.gz");
  g_assert_cmpuint (fixture->figures.copied, ==, 1);
}

/* A bit that is flipped in the target later is found where that is asked for; a
 * tarball without its document was perhaps never read back, and is. */
static void
test_damaged_target (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;

  migration_kit_succeed (fixture);
  flip (fixture->root, "hello/1.0.0.tar.gz");
  fixture->options.check = LOFT_MIGRATION_CHECK_ALL;
  migration_kit_fail (fixture, "hello/1.0.0.tar.gz");

  fixture->options.check = LOFT_MIGRATION_CHECK_WRITTEN;
  migration_kit_succeed (fixture);
  g_assert_true (
    loft_storage_remove (fixture->real, "hello/1.0.0.json", NULL, &error));
  migration_kit_fail (fixture, "hello/1.0.0.tar.gz");
}

typedef struct
{
  GCancellable *cancellable; /* owned */
  int writes;                /* atomic: left */
} Cut;

static void
cut_cb (LoftStorage *storage, const char *key, gpointer user_data)
{
  Cut *cut = user_data;

  /* Who should wait for this has time to show that he does not. */
  if (g_str_has_suffix (key, "/package.json"))
    g_usleep (5000);
  if (g_atomic_int_dec_and_test (&cut->writes))
    g_cancellable_cancel (cut->cancellable);
}

/* Wherever it is cut short, there is a registry; and the next run goes on. */
static void
test_cut (Fixture *fixture, gconstpointer test_data)
{
  gboolean done = FALSE;

  for (int n = 1; n < WRITES_MAX && !done; n++)
    {
      Cut cut = { .cancellable = g_cancellable_new (), .writes = n };
      g_autoptr (GError) error = NULL;

      fault_storage_set_rival (fixture->target, cut_cb, &cut);
      fault_storage_arm (fixture->target, FAULT_RIVAL, "", G_MAXUINT);
      done = migration_kit_run (fixture, cut.cancellable, &error);
      if (!done)
        g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
      migration_kit_assert_sound (fixture);
      g_object_unref (cut.cancellable);
      fault_storage_arm (fixture->target, FAULT_NONE, "", 0);
      if (done)
        break;

      /* From nothing each time, up to the end once in a while. */
      if (n % 8 == 0)
        {
          migration_kit_succeed (fixture);
          migration_kit_assert_same (fixture);
        }
      migration_kit_close (fixture);
      storage_kit_remove_root (fixture->root);
      g_free (fixture->root);
      fixture->root = storage_kit_make_root ();
      migration_kit_open (fixture);
    }
  g_assert_true (done);
}

static gpointer
migrate_thread (gpointer data)
{
  Fixture *fixture = data;
  g_autoptr (GError) error = NULL;

  migration_kit_run (fixture, NULL, &error);
  g_assert_no_error (error);
  g_main_context_wakeup (NULL);

  return NULL;
}

/* The source is published to all the while: what the copy has is a registry
 * each time, and once nobody publishes any more one more run makes it the same.
 */
static void
test_busy (Fixture *fixture, gconstpointer test_data)
{
  for (guint round = 0; round < 6; round++)
    {
      GThread *thread = g_thread_new ("migrate", migrate_thread, fixture);

      for (guint i = 0; i < 12; i++)
        {
          g_autoptr (GError) error = NULL;
          g_autofree char *name = g_strdup_printf ("busy-%u", i / 3);
          g_autofree char *version = g_strdup_printf ("1.%u.%u", round, i % 3);

          migration_kit_publish (fixture, name, version);
          g_autofree char *yanked = registry_kit_yank (&fixture->source,
                                                       name,
                                                       version,
                                                       TRUE,
                                                       REGISTRY_KIT_TOKEN,
                                                       &error);
          g_assert_no_error (error);
        }
      g_thread_join (thread);
      g_assert_cmpstr (fixture->found, ==, "");
      migration_kit_assert_sound (fixture);
    }

  migration_kit_succeed (fixture);
  migration_kit_assert_same (fixture);
  migration_kit_assert_serves (fixture);
}

/* A token that ended long ago, and is not stored any more, does not live on in
 * the copy. */
static void
test_token_gone (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;

  migration_kit_succeed (fixture);
  g_auto (GStrv) tokens = loft_storage_list (fixture->real,
                                             "_registry/tokens/",
                                             NULL,
                                             0,
                                             NULL,
                                             &error);
  g_assert_cmpuint (g_strv_length (tokens), ==, 1);
  upkeep_kit_remove (&fixture->source, tokens[0]);
  migration_kit_succeed (fixture);
  migration_kit_assert_same (fixture);
}

/* Numbers of downloads grow, and are put together, between two runs. */
static void
test_downloads (Fixture *fixture, gconstpointer test_data)
{
  static const char *const parts[] = {
    "_registry/downloads/parts/2026-11-24-11111111-000001",
    "_registry/downloads/parts/2026-11-25-11111111-000001",
    "_registry/downloads/parts/2026-11-26-11111111-000001",
  };
  static const char counts[] = "{\"days\":{}}\n";
  static const char more[] =
    "{\"days\":{\"2026-11-26\":{\"hello\":{\"1.0.0\":1}}}}\n";
  g_autofree char *pack =
    g_strdup_printf ("{\"days\":{},\"covers\":[\"%s\",\"%s\"]}\n",
                     parts[0],
                     parts[1]);
  static const char index[] =
    "{\"packs\":[\"_registry/downloads/packs/2026-11-24-abcdef01\"]}\n";
  RegistryFixture *source = &fixture->source;

  for (guint i = 0; i < G_N_ELEMENTS (parts); i++)
    upkeep_kit_put (source, parts[i], counts, strlen (counts));
  migration_kit_succeed (fixture);
  migration_kit_assert_same (fixture);

  upkeep_kit_remove (source, parts[2]);
  upkeep_kit_put (source, parts[2], more, strlen (more));
  migration_kit_succeed (fixture);
  migration_kit_assert_same (fixture);

  upkeep_kit_put (source,
                  "_registry/downloads/packs/2026-11-24-abcdef01",
                  pack,
                  strlen (pack));
  upkeep_kit_put (source,
                  "_registry/downloads/packs.json",
                  index,
                  strlen (index));
  upkeep_kit_remove (source, parts[0]);
  upkeep_kit_remove (source, parts[1]);
  migration_kit_succeed (fixture);
  migration_kit_assert_same (fixture);
  g_autofree char *keys =
    storage_kit_list (fixture->real, "_registry/downloads/", NULL, 0);
  g_assert_cmpstr (keys,
                   ==,
                   "packs.json packs/2026-11-24-abcdef01"
                   " parts/2026-11-26-11111111-000001");
}

#define PART(node) "_registry/downloads/parts/2026-11-26-" node "-000001"
#define PACK(id) "_registry/downloads/packs/2026-11-24-" id
#define INDEX "_registry/downloads/packs.json"
#define COUNTS(numbers) "{\"days\":{\"2026-11-26\":{" numbers "}}}\n"

typedef struct
{
  const char *key;
  const char *source; /* nullable */
  const char *target;
} DownloadsCase;

/* The target has counted more, or something else, or is unlike anything. */
static const DownloadsCase downloads_cases[] = {
  { PART ("11111111"),
    COUNTS ("\"hello\":{\"1.0.0\":1}"),
    COUNTS ("\"hello\":{\"1.0.0\":2}") },
  { PART ("11111111"),
    COUNTS ("\"hello\":{\"1.0.0\":1}"),
    COUNTS ("\"hello\":{\"1.0.0\":1,\"1.1.0\":1}") },
  { PART ("11111111"),
    COUNTS ("\"hello\":{\"1.0.0\":2,\"1.1.0\":1}"),
    COUNTS ("\"hello\":{\"1.0.0\":1,\"1.1.0\":2}") },
  { PART ("11111111"), "{", COUNTS ("\"hello\":{\"1.0.0\":2}") },
  { PART ("22222222"), NULL, COUNTS ("\"hello\":{\"1.0.0\":2}") },
  { INDEX,
    "{\"packs\":[\"" PACK ("aaaaaaaa") "\"]}\n",
    "{\"packs\":[\"" PACK ("aaaaaaaa") "\",\"" PACK ("bbbbbbbb") "\"]}\n" },
  { INDEX,
    "{\"packs\":[\"" PACK ("aaaaaaaa") "\"]}\n",
    "{\"packs\":[\"" PACK ("bbbbbbbb") "\"]}\n" },
  { INDEX, NULL, "{\"packs\":[\"" PACK ("bbbbbbbb") "\"]}\n" },
};

/* What the target has counted stays, and is told; the rest is copied. */
static void
test_downloads_kept (Fixture *fixture, gconstpointer test_data)
{
  const DownloadsCase *test = test_data;
  g_autofree char *expected = g_strconcat ("target-differs ", test->key, NULL);

  if (test->source != NULL)
    upkeep_kit_put (&fixture->source, test->key, test->source, -1);
  put (fixture, test->key, test->target);
  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_true (migration_kit_run (fixture, NULL, &error));
      g_assert_no_error (error);
      g_assert_cmpstr (fixture->found, ==, expected);
      g_autofree char *kept = get (fixture, test->key);
      g_assert_cmpstr (kept, ==, test->target);
    }
  g_autofree char *copied = get (fixture, "hello/1.1.0.json");
}

static void
index_cb (LoftStorage *storage, const char *key, gpointer user_data)
{
  Fixture *fixture = user_data;

  if (g_str_equal (key, INDEX))
    g_free (get (fixture, PACK ("aaaaaaaa")));
}

/* No pack counts in the target before it is there. */
static void
test_downloads_order (Fixture *fixture, gconstpointer test_data)
{
  upkeep_kit_put (&fixture->source, PACK ("aaaaaaaa"), COUNTS (""), -1);
  upkeep_kit_put (&fixture->source,
                  INDEX,
                  "{\"packs\":[\"" PACK ("aaaaaaaa") "\"]}\n",
                  -1);
  fault_storage_set_rival (fixture->target, index_cb, fixture);
  fault_storage_arm (fixture->target, FAULT_RIVAL, "", G_MAXUINT);
  migration_kit_succeed (fixture);
  fault_storage_arm (fixture->target, FAULT_NONE, "", 0);
  migration_kit_assert_same (fixture);
}

void
migration_add (const char *path,
               gconstpointer data,
               void (*test) (Fixture *fixture, gconstpointer test_data))
{
  g_test_add (path,
              Fixture,
              data,
              migration_fixture_set_up,
              test,
              migration_fixture_tear_down);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  migration_add ("/migration/complete", NULL, test_complete);
  migration_add ("/migration/again", NULL, test_again);
  migration_add ("/migration/advanced", NULL, test_advanced);
  migration_add ("/migration/foreign", NULL, test_foreign);
  migration_add ("/migration/tarballs", NULL, test_tarballs);
  for (gsize i = 0; i < G_N_ELEMENTS (difference_cases); i++)
    {
      g_autofree char *path =
        g_strdup_printf ("/migration/differences/%" G_GSIZE_FORMAT, i);

      migration_add (path, &difference_cases[i], test_differences);
    }
  migration_add ("/migration/dry-run", NULL, test_dry_run);
  migration_add ("/migration/used", NULL, test_used);
  for (gsize i = 0; i < G_N_ELEMENTS (fault_kinds); i++)
    {
      g_autofree char *path =
        g_strdup_printf ("/migration/faults/%" G_GSIZE_FORMAT, i);

      migration_add (path, &fault_kinds[i], test_faults);
    }
  migration_add ("/migration/patience", NULL, test_patience);
  migration_add ("/migration/damaged-source", NULL, test_damaged_source);
  migration_add ("/migration/damaged-target", NULL, test_damaged_target);
  migration_add ("/migration/cut", NULL, test_cut);
  migration_add ("/migration/busy", NULL, test_busy);
  migration_add ("/migration/token-gone", NULL, test_token_gone);
  migration_add ("/migration/downloads/grow", NULL, test_downloads);
  migration_add ("/migration/downloads/order", NULL, test_downloads_order);
  for (gsize i = 0; i < G_N_ELEMENTS (downloads_cases); i++)
    {
      g_autofree char *path =
        g_strdup_printf ("/migration/downloads/kept/%" G_GSIZE_FORMAT, i);

      migration_add (path, &downloads_cases[i], test_downloads_kept);
    }
  migration_add_log_tests ();

  return g_test_run ();
}
