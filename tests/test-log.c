/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-log.h"

#include <string.h>

#include "backend/loft-backend-loader.h"
#include "kit/fault-storage.h"
#include "kit/log-kit.h"
#include "kit/storage-kit.h"
#include "registry/loft-log-entry.h"
#include "registry/loft-log-seal.h"

typedef struct
{
  char *root;           /* owned */
  char *cache;          /* owned */
  LoftStorage *real;    /* owned */
  LoftStorage *storage; /* owned: the same, with faults */
  LoftCatalog *catalog; /* owned */
  LoftLog *log;         /* owned */
  int applied;          /* atomic: how often the catalog changed */
} Fixture;

static void
applied_cb (gpointer user_data)
{
  Fixture *fixture = user_data;

  g_atomic_int_inc (&fixture->applied);
}

static void
open_node (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;

  fixture->catalog = loft_catalog_open (fixture->cache, "test", NULL, &error);
  g_assert_no_error (error);
  fixture->log =
    loft_log_new (fixture->storage, fixture->catalog, applied_cb, fixture);
}

static void
follow (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;

  loft_log_follow (fixture->log, NULL, &error);
  g_assert_no_error (error);
}

static void
close_node (Fixture *fixture)
{
  g_assert_finalize_object (g_steal_pointer (&fixture->log));
  g_assert_finalize_object (g_steal_pointer (&fixture->catalog));
}

static void
setup (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;

  fixture->root = storage_kit_make_root ();
  fixture->cache = storage_kit_make_root ();
  g_autoptr (GKeyFile) config = storage_kit_config (fixture->root);
  fixture->real = loft_backend_open ("filesystem", config, NULL, &error);
  g_assert_no_error (error);
  fixture->storage = fault_storage_new (fixture->real);
  open_node (fixture);
  follow (fixture);
}

static void
teardown (Fixture *fixture, gconstpointer test_data)
{
  close_node (fixture);
  g_assert_finalize_object (fixture->storage);
  g_assert_finalize_object (fixture->real);
  storage_kit_remove_root (fixture->root);
  storage_kit_remove_root (fixture->cache);
  g_free (fixture->root);
  g_free (fixture->cache);
}

static LoftEvent *
publish_document (Fixture *fixture, const char *name, const char *version)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *key = loft_document_make_key (name, version);
  g_autofree char *sha256 =
    g_compute_checksum_for_string (G_CHECKSUM_SHA256, key, -1);
  g_autofree char *text = g_strdup_printf (
    "{\"name\":\"%s\",\"version\":\"%s\",\"published_at\":"
    "\"2026-01-02T03:04:05.000006Z\",\"size\":10,\"sha256\":\"%s\"}\n",
    name,
    version,
    sha256);

  storage_kit_put (fixture->real, key, text, NULL);
  g_autoptr (GBytes) bytes = g_bytes_new (text, strlen (text));
  LoftDocument *document =
    loft_document_parse (name, version, bytes, 0, &error);
  g_assert_no_error (error);

  return loft_event_new_for_document (document);
}

static GPtrArray *
new_events (void)
{
  return g_ptr_array_new_with_free_func ((GDestroyNotify) loft_event_unref);
}

static void
append_one (Fixture *fixture, const char *name, const char *version)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) events = new_events ();

  g_ptr_array_add (events, publish_document (fixture, name, version));
  loft_log_append (fixture->log, events, &error);
  g_assert_no_error (error);
}

/* Each event in the log has its place as its number, and none is there twice;
 * the catalog shows the same. */
static void
assert_log (Fixture *fixture, guint64 expected)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GHashTable) seen =
    g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  guint64 seq = 1;

  while (seq <= expected)
    {
      g_autoptr (GPtrArray) events =
        loft_log_read_entry (fixture->real, seq, NULL, &error);
      g_assert_no_error (error);

      for (guint i = 0; i < events->len; i++, seq++)
        {
          const LoftEvent *event = g_ptr_array_index (events, i);

          g_assert_cmpuint (event->seq, ==, seq);
          g_assert_true (g_hash_table_add (
            seen,
            g_strdup_printf ("%s/%s", event->name, event->version)));
          g_assert_true (loft_catalog_is_logged (fixture->catalog,
                                                 event->name,
                                                 event->version));
        }
    }

  g_assert_cmpuint (seq, ==, expected + 1);
  g_assert_null (loft_log_read_entry (fixture->real, seq, NULL, &error));
  g_assert_error (error, LOFT_STORAGE_ERROR, LOFT_STORAGE_ERROR_NOT_FOUND);
  g_assert_cmpuint (loft_catalog_get_sequence (fixture->catalog), ==, expected);
}

/* What was appended is in the log, in the catalog, and announced. */
static void
test_append (Fixture *fixture, gconstpointer test_data)
{
  append_one (fixture, "hello", "1.0.0");
  append_one (fixture, "hello", "1.1.0");

  assert_log (fixture, 2);
  g_assert_cmpint (g_atomic_int_get (&fixture->applied), ==, 2);
}

/* Whoever helps with what the log has already leaves no second event. */
static void
test_append_twice (Fixture *fixture, gconstpointer test_data)
{
  append_one (fixture, "hello", "1.0.0");
  append_one (fixture, "hello", "1.0.0");

  assert_log (fixture, 1);
}

/* A lost answer is looked into: the event is there once, whether the request
 * was lost or only its answer. */
static void
test_append_unknown (Fixture *fixture, gconstpointer test_data)
{
  fault_storage_arm (fixture->storage, FAULT_LOST_ANSWER, LOFT_LOG_PREFIX, 1);
  append_one (fixture, "hello", "1.0.0");
  fault_storage_arm (fixture->storage, FAULT_LOST_REQUEST, LOFT_LOG_PREFIX, 3);
  append_one (fixture, "hello", "1.1.0");

  assert_log (fixture, 2);
}

/* A storage that never tells the outcome makes the append fail, not hang, and
 * the same event can be appended later. */
static void
test_append_never_known (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) events = new_events ();

  g_ptr_array_add (events, publish_document (fixture, "hello", "1.0.0"));
  fault_storage_arm (fixture->storage,
                     FAULT_LOST_REQUEST,
                     LOFT_LOG_PREFIX,
                     1000);
  g_assert_false (loft_log_append (fixture->log, events, &error));
  g_assert_error (error, LOFT_STORAGE_ERROR, LOFT_STORAGE_ERROR_UNKNOWN);

  fault_storage_arm (fixture->storage, FAULT_NONE, "", 0);
  append_one (fixture, "hello", "1.0.0");
  assert_log (fixture, 1);
}

/* A full storage fails the append, and leaves the log as it was. */
static void
test_append_no_space (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) events = new_events ();

  append_one (fixture, "hello", "1.0.0");
  g_ptr_array_add (events, publish_document (fixture, "hello", "1.1.0"));
  fault_storage_arm (fixture->storage, FAULT_NO_SPACE, LOFT_LOG_PREFIX, 1);
  g_assert_false (loft_log_append (fixture->log, events, &error));
  g_assert_error (error, LOFT_STORAGE_ERROR, LOFT_STORAGE_ERROR_NO_SPACE);

  assert_log (fixture, 1);
}

static void
rival_cb (LoftStorage *storage, const char *key, gpointer user_data)
{
  Fixture *fixture = user_data;
  g_autoptr (GError) error = NULL;
  guint64 seq = loft_log_parse_entry_key (key);
  g_autofree char *version = g_strdup_printf ("9.0.%" G_GUINT64_FORMAT, seq);
  g_autoptr (LoftEvent) event = publish_document (fixture, "rival", version);

  loft_event_seal (event, seq, g_get_real_time ());
  g_autofree char *line = g_strconcat (event->text, "\n", NULL);
  storage_kit_put (storage, key, line, &error);
  g_assert_no_error (error);
}

/* Where another node takes the number, its event is applied and ours gets the
 * next one. */
static void
test_append_rival (Fixture *fixture, gconstpointer test_data)
{
  fault_storage_set_rival (fixture->storage, rival_cb, fixture);
  fault_storage_arm (fixture->storage, FAULT_RIVAL, LOFT_LOG_PREFIX, 3);
  append_one (fixture, "hello", "1.0.0");

  assert_log (fixture, 4);
}

static void
helping_rival_cb (LoftStorage *storage, const char *key, gpointer user_data)
{
  Fixture *fixture = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (LoftEvent) event = publish_document (fixture, "hello", "1.0.0");

  loft_event_seal (event, loft_log_parse_entry_key (key), g_get_real_time ());
  g_autofree char *line = g_strconcat (event->text, "\n", NULL);
  storage_kit_put (storage, key, line, &error);
  g_assert_no_error (error);
}

/* Where another node has told the same just before us, it is told once. */
static void
test_append_helped (Fixture *fixture, gconstpointer test_data)
{
  fault_storage_set_rival (fixture->storage, helping_rival_cb, fixture);
  fault_storage_arm (fixture->storage, FAULT_RIVAL, LOFT_LOG_PREFIX, 1);
  append_one (fixture, "hello", "1.0.0");

  assert_log (fixture, 1);
}

typedef struct
{
  Fixture *fixture; /* not owned */
  guint index;
} Writer;

#define WRITERS 8
#define APPENDS 20

static gpointer
writer_thread (gpointer data)
{
  const Writer *writer = data;
  g_autofree char *name = g_strdup_printf ("writer-%u", writer->index);

  for (guint i = 0; i < APPENDS; i++)
    {
      g_autofree char *version = g_strdup_printf ("1.0.%u", i);

      append_one (writer->fixture, name, version);
    }

  return NULL;
}

/* Many who append at once get one sequence without a gap. */
static void
test_append_crowd (Fixture *fixture, gconstpointer test_data)
{
  Writer writers[WRITERS];
  GThread *threads[WRITERS];

  for (guint i = 0; i < WRITERS; i++)
    {
      writers[i].fixture = fixture;
      writers[i].index = i;
      threads[i] = g_thread_new ("writer", writer_thread, &writers[i]);
    }
  for (guint i = 0; i < WRITERS; i++)
    g_thread_join (threads[i]);

  assert_log (fixture, WRITERS * APPENDS);
}

/* A catalog that is behind, or new, catches up with the log. */
static void
test_follow (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < 5; i++)
    {
      g_autofree char *version = g_strdup_printf ("1.0.%u", i);

      append_one (fixture, "hello", version);
    }
  close_node (fixture);
  storage_kit_remove_root (fixture->cache);
  open_node (fixture);
  g_assert_cmpuint (loft_catalog_get_sequence (fixture->catalog), ==, 0);

  loft_log_follow (fixture->log, NULL, &error);
  g_assert_no_error (error);
  assert_log (fixture, 5);
}

/* An event whose document is gone is told of once, and the log goes on. */
static void
test_follow_missing (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;

  append_one (fixture, "hello", "1.0.0");
  append_one (fixture, "hello", "1.1.0");
  loft_storage_remove (fixture->real, "hello/1.0.0.json", NULL, &error);
  g_assert_no_error (error);
  close_node (fixture);
  storage_kit_remove_root (fixture->cache);
  open_node (fixture);

  log_kit_expect (G_LOG_LEVEL_WARNING, "*1 documents that can't be read*");
  loft_log_follow (fixture->log, NULL, &error);
  log_kit_check ();
  g_assert_no_error (error);
  assert_log (fixture, 2);
}

static gboolean
verify (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;
  gboolean same;

  loft_log_verify (fixture->real, fixture->catalog, &same, NULL, &error);
  g_assert_no_error (error);

  return same;
}

/* A catalog that was made of another log is found out, a true one is not. */
static void
test_verify (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (verify (fixture));
  append_one (fixture, "hello", "1.0.0");
  append_one (fixture, "hello", "1.1.0");
  g_assert_true (verify (fixture));

  g_autofree char *key = loft_log_entry_key (2);
  loft_storage_remove (fixture->real, key, NULL, &error);
  g_assert_no_error (error);
  g_assert_false (verify (fixture));

  g_autoptr (LoftEvent) other = publish_document (fixture, "hello", "2.0.0");
  loft_event_seal (other, 2, g_get_real_time ());
  g_autofree char *line = g_strconcat (other->text, "\n", NULL);
  storage_kit_put (fixture->real, key, line, &error);
  g_assert_no_error (error);
  g_assert_false (verify (fixture));
}

/* A full thousand is sealed, its entries go where no other daemon can write,
 * and a new catalog reads the copy. */
static void
test_seal (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) events = new_events ();
  guint64 next;

  for (guint i = 0; i < 1003; i++)
    {
      g_autofree char *version = g_strdup_printf ("1.0.%u", i);

      g_ptr_array_add (events, publish_document (fixture, "hello", version));
    }
  loft_log_append (fixture->log, events, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (loft_catalog_get_sequence (fixture->catalog), ==, 1003);

  loft_log_seal (fixture->real, fixture->catalog, 0, &next, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (next, ==, 1000);
  g_autofree char *keys =
    storage_kit_list (fixture->real, LOFT_LOG_PREFIX, NULL, 0);
  g_assert_cmpstr (keys,
                   ==,
                   "00000000000000000000-00000000000000000999.ndjson "
                   "00000000000000001000");
  g_assert_true (verify (fixture));

  close_node (fixture);
  storage_kit_remove_root (fixture->cache);
  open_node (fixture);
  loft_log_follow (fixture->log, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (loft_catalog_get_sequence (fixture->catalog), ==, 1003);
  append_one (fixture, "hello", "2.0.0");
  g_assert_cmpuint (loft_catalog_get_sequence (fixture->catalog), ==, 1004);
}

/* A write that was given up and lands all the same is what the catalog shows,
 * to the letter. */
static void
test_append_late (Fixture *fixture, gconstpointer test_data)
{
  fault_storage_arm (fixture->storage, FAULT_LATE, LOFT_LOG_PREFIX, 1);
  append_one (fixture, "hello", "1.0.0");

  assert_log (fixture, 1);
  g_assert_true (verify (fixture));
}

typedef struct
{
  Fixture *fixture; /* not owned */
  int sealed;       /* atomic */
} Sealing;

static gpointer
seal_thread (gpointer data)
{
  Sealing *sealing = data;
  g_autoptr (GError) error = NULL;
  guint64 next;

  loft_log_seal (sealing->fixture->real,
                 sealing->fixture->catalog,
                 0,
                 &next,
                 NULL,
                 &error);
  g_assert_no_error (error);
  g_atomic_int_set (&sealing->sealed, TRUE);

  return NULL;
}

/* Entries stay as long as a process writes that may have looked at the catalog
 * before they were there. */
static void
test_seal_writing (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) events = new_events ();
  LoftPage *page = loft_catalog_get_page (fixture->catalog, NULL);
  Sealing sealing = { fixture, FALSE };

  for (guint i = 0; i < 1000; i++)
    {
      g_autofree char *version = g_strdup_printf ("1.0.%u", i);

      g_ptr_array_add (events, publish_document (fixture, "hello", version));
    }
  loft_log_append (fixture->log, events, &error);
  g_assert_no_error (error);

  loft_page_begin_write (page, 0);
  GThread *thread = g_thread_new ("seal", seal_thread, &sealing);
  g_usleep (200000);
  g_assert_false (g_atomic_int_get (&sealing.sealed));
  g_autoptr (GPtrArray) entry =
    loft_log_read_entry (fixture->real, 1, NULL, &error);
  g_assert_no_error (error);

  loft_page_end_write (page, 0);
  g_thread_join (thread);
  g_assert_null (loft_log_read_entry (fixture->real, 1, NULL, &error));
  g_assert_error (error, LOFT_STORAGE_ERROR, LOFT_STORAGE_ERROR_NOT_FOUND);
}

/* A catalog that is made anew, even in the middle, takes no number that was
 * used before: neither one that is sealed, nor the one that it would have been
 * next.
 */
static void
test_append_anew (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) events = new_events ();
  g_autoptr (GPtrArray) late = new_events ();
  guint64 next;

  for (guint i = 0; i < 1001; i++)
    {
      g_autofree char *version = g_strdup_printf ("1.0.%u", i);

      g_ptr_array_add (events, publish_document (fixture, "hello", version));
    }
  loft_log_append (fixture->log, events, &error);
  g_assert_no_error (error);
  loft_log_seal (fixture->real, fixture->catalog, 0, &next, NULL, &error);
  g_assert_no_error (error);
  g_autofree char *before =
    storage_kit_list (fixture->real, LOFT_LOG_PREFIX, NULL, 0);

  loft_catalog_reset (fixture->catalog, &error);
  g_assert_no_error (error);
  g_ptr_array_add (late, publish_document (fixture, "late", "1.0.0"));
  g_assert_false (loft_log_append (fixture->log, late, &error));
  g_assert_error (error, LOFT_REGISTRY_ERROR, LOFT_REGISTRY_ERROR_NOT_READY);
  g_clear_error (&error);
  g_autofree char *after =
    storage_kit_list (fixture->real, LOFT_LOG_PREFIX, NULL, 0);
  g_assert_cmpstr (after, ==, before);

  follow (fixture);
  append_one (fixture, "late", "1.0.0");
  g_assert_cmpuint (loft_catalog_get_sequence (fixture->catalog), ==, 1002);
  g_assert_true (verify (fixture));
}

/* Times never go back, not even where the clock does between two runs. */
static void
test_append_time (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;
  gint64 ahead = g_get_real_time () + G_TIME_SPAN_HOUR;
  g_autoptr (LoftEvent) event = publish_document (fixture, "hello", "1.0.0");
  g_autofree char *key = loft_log_entry_key (1);

  loft_event_seal (event, 1, ahead);
  g_autofree char *line = g_strconcat (event->text, "\n", NULL);
  storage_kit_put (fixture->real, key, line, &error);
  g_assert_no_error (error);
  loft_log_follow (fixture->log, NULL, &error);
  g_assert_no_error (error);
  close_node (fixture);
  open_node (fixture);
  follow (fixture);
  append_one (fixture, "hello", "1.1.0");

  g_autoptr (GPtrArray) events =
    loft_log_read_entry (fixture->real, 2, NULL, &error);
  g_assert_no_error (error);
  const LoftEvent *next = g_ptr_array_index (events, 0);
  g_assert_cmpint (next->time, >=, ahead);
}

/* Events that carry a lot do not make an entry that nobody can read again. */
static void
test_append_large (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) events = new_events ();

  for (guint i = 0; i < 6; i++)
    {
      g_autoptr (LoftState) state = loft_state_new ();
      g_autofree char *name = g_strdup_printf ("large-%u", i);

      state->revision = 1;
      state->deprecated = g_strnfill (3 * 1024 * 1024, 'x');
      g_ptr_array_add (events, loft_event_new_for_state (name, state));
    }
  loft_log_append (fixture->log, events, &error);
  g_assert_no_error (error);
  g_autofree char *keys =
    storage_kit_list (fixture->real, LOFT_LOG_PREFIX, NULL, 0);
  g_assert_cmpstr (keys,
                   ==,
                   "00000000000000000001 00000000000000000003 "
                   "00000000000000000005");

  guint64 last;
  g_autoptr (GBytes) page =
    loft_catalog_list_changes (fixture->catalog, 0, 100, &last, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (last, ==, 2);
}

static void
add (const char *path, void (*func) (Fixture *, gconstpointer))
{
  g_test_add (path, Fixture, NULL, setup, func, teardown);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);
  log_kit_init ();

  add ("/log/append", test_append);
  add ("/log/append/twice", test_append_twice);
  add ("/log/append/unknown", test_append_unknown);
  add ("/log/append/never-known", test_append_never_known);
  add ("/log/append/no-space", test_append_no_space);
  add ("/log/append/rival", test_append_rival);
  add ("/log/append/helped", test_append_helped);
  add ("/log/append/large", test_append_large);
  add ("/log/append/crowd", test_append_crowd);
  add ("/log/append/late", test_append_late);
  add ("/log/append/anew", test_append_anew);
  add ("/log/append/time", test_append_time);
  add ("/log/follow", test_follow);
  add ("/log/follow/missing", test_follow_missing);
  add ("/log/verify", test_verify);
  add ("/log/seal", test_seal);
  add ("/log/seal/writing", test_seal_writing);

  return g_test_run ();
}
