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

/* Logs of more than a thousand events, of which the first are sealed. */

#define LAST 1040

typedef MigrationFixture Fixture;

static char *
make_line (guint64 seq)
{
  const LoftActor actor = { .name = (char *) "admin" };
  g_autoptr (LoftEvent) event = loft_event_new_for_act ("rescan", &actor);

  loft_event_seal (event, seq, (gint64) seq);

  return g_strconcat (event->text, "\n", NULL);
}

static void
put_lines (Fixture *fixture, guint64 first, guint64 last)
{
  g_autofree char *key = loft_log_entry_key (first);
  g_autoptr (GString) lines = g_string_new (NULL);

  for (guint64 seq = first; seq <= last; seq++)
    {
      g_autofree char *line = make_line (seq);

      g_string_append (lines, line);
    }
  upkeep_kit_put (&fixture->source, key, lines->str, (gssize) lines->len);
}

static guint64
find_end (Fixture *fixture)
{
  guint64 seq = 1;

  for (;;)
    {
      g_autoptr (GPtrArray) events =
        loft_log_read (fixture->source.real, seq, NULL, NULL);

      if (events == NULL)
        return seq - 1;
      seq += events->len;
    }
}

/* Adds events behind those that there are. */
static void
grow (Fixture *fixture, guint64 last)
{
  for (guint64 seq = find_end (fixture) + 1; seq <= last;)
    {
      guint64 end = MIN (last, seq - seq % LOFT_LOG_SEAL + LOFT_LOG_SEAL - 1);

      end = MIN (end, seq + 36);
      put_lines (fixture, seq, end);
      seq = end + 1;
    }
}

/* What a server does with the first thousand, and then, if nobody else can
 * write, with its entries. */
static void
seal (Fixture *fixture, gboolean drop)
{
  LoftStorage *storage = fixture->source.real;
  g_autofree char *sealed = loft_log_sealed_key (0);
  g_autofree char *end = loft_log_entry_key (LOFT_LOG_SEAL);
  g_autoptr (GString) text = g_string_new (NULL);
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) keys =
    loft_storage_list (storage, LOFT_LOG_PREFIX, NULL, 0, NULL, &error);

  g_assert_no_error (error);
  for (gsize i = 0; keys[i] != NULL && strcmp (keys[i], end) < 0; i++)
    {
      g_autofree char *lines = storage_kit_get (storage, keys[i], &error);

      g_string_append (text, lines);
    }
  upkeep_kit_put (&fixture->source, sealed, text->str, (gssize) text->len);
  for (gsize i = 0; drop && keys[i] != NULL && strcmp (keys[i], end) < 0; i++)
    g_assert_true (loft_storage_remove (storage, keys[i], NULL, &error));
}

/* Every event can be read from the copy, up to the last and no further. */
static void
assert_log (Fixture *fixture, guint64 last)
{
  for (guint64 seq = 1; seq <= last;)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GPtrArray) ours =
        loft_log_read (fixture->source.real, seq, NULL, &error);
      g_assert_no_error (error);
      g_autoptr (GPtrArray) theirs =
        loft_log_read (fixture->real, seq, NULL, &error);
      g_assert_no_error (error);
      guint n = MIN (ours->len, theirs->len);

      g_assert_cmpuint (n, >, 0);
      for (guint i = 0; i < n; i++)
        {
          const LoftEvent *our = g_ptr_array_index (ours, i);
          const LoftEvent *their = g_ptr_array_index (theirs, i);

          g_assert_cmpstr (our->text, ==, their->text);
        }
      seq += n;
    }

  g_autoptr (GPtrArray) more =
    loft_log_read (fixture->real, last + 1, NULL, NULL);
  g_assert_null (more);
}

/* A log is copied as it is: sealed with its entries, as in a bucket, or
 * without. */
static void
test_sealed (Fixture *fixture, gconstpointer test_data)
{
  gboolean drop = test_data != NULL;

  grow (fixture, LAST);
  seal (fixture, drop);
  migration_kit_succeed (fixture);
  g_assert_cmpuint (fixture->figures.sequence, ==, LAST);
  migration_kit_assert_same (fixture);
  assert_log (fixture, LAST);

  fixture->options.check = LOFT_MIGRATION_CHECK_ALL;
  migration_kit_succeed (fixture);
  g_assert_cmpuint (fixture->figures.copied, ==, 0);
}

/* Of one that is not sealed yet nothing is missing. */
static void
test_unsealed (Fixture *fixture, gconstpointer test_data)
{
  static const LoftMigrationCheck checks[] = { LOFT_MIGRATION_CHECK_WRITTEN,
                                               LOFT_MIGRATION_CHECK_ALL };

  grow (fixture, LAST);
  migration_kit_succeed (fixture);
  migration_kit_assert_same (fixture);

  fixture->options.dry_run = TRUE;
  for (gsize i = 0; i < G_N_ELEMENTS (checks); i++)
    {
      fixture->options.check = checks[i];
      migration_kit_succeed (fixture);
      g_assert_cmpuint (fixture->figures.copied, ==, 0);
    }
}

/* A copy goes on where it was, though the source has sealed its log since. */
static void
test_sealed_since (Fixture *fixture, gconstpointer test_data)
{
  grow (fixture, 990);
  migration_kit_succeed (fixture);
  grow (fixture, LAST);
  seal (fixture, TRUE);
  migration_kit_succeed (fixture);
  g_assert_cmpuint (fixture->figures.sequence, ==, LAST);
  assert_log (fixture, LAST);
}

typedef struct
{
  Fixture *fixture; /* not owned */
  int calls;        /* atomic */
} Sealing;

static void
seal_cb (LoftStorage *storage, const char *key, gpointer user_data)
{
  Sealing *sealing = user_data;

  if (!g_atomic_int_dec_and_test (&sealing->calls))
    return;
  grow (sealing->fixture, LAST);
  seal (sealing->fixture, TRUE);
}

/* The source seals its log, and drops the entries, just while they are copied:
 * the copy ends where the log did when it began, or where the thousand does. */
static void
test_sealed_meanwhile (Fixture *fixture, gconstpointer test_data)
{
  guint64 end = GPOINTER_TO_UINT (test_data);
  Sealing sealing = { .fixture = fixture, .calls = 5 };

  grow (fixture, end);
  fault_storage_set_rival (fixture->target, seal_cb, &sealing);
  fault_storage_arm (fixture->target, FAULT_RIVAL, LOFT_LOG_PREFIX, G_MAXUINT);
  migration_kit_succeed (fixture);
  g_assert_cmpint (sealing.calls, <=, 0);
  g_assert_cmpuint (fixture->figures.sequence, ==, end);
  fault_storage_arm (fixture->target, FAULT_NONE, "", 0);
  assert_log (fixture, end);

  migration_kit_succeed (fixture);
  assert_log (fixture, LAST);
}

/* What is behind a broken entry nobody can find, so the copy ends before it. */
static void
test_broken (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *key = NULL;

  grow (fixture, 100);
  key = loft_log_entry_key (2);
  for (guint64 seq = 3;
       !loft_storage_remove (fixture->source.real, key, NULL, NULL);
       seq++)
    {
      g_free (key);
      key = loft_log_entry_key (seq);
    }
  upkeep_kit_put (&fixture->source, key, "{}\n", -1);
  g_assert_false (migration_kit_run (fixture, NULL, &error));
  g_assert_error (error, LOFT_REGISTRY_ERROR, LOFT_REGISTRY_ERROR_CORRUPT);
  g_assert_nonnull (strstr (error->message, key));
  migration_kit_assert_sound (fixture);
}

void
migration_add_log_tests (void)
{
  migration_add ("/migration/log/sealed", NULL, test_sealed);
  migration_add ("/migration/log/sealed-alone", "", test_sealed);
  migration_add ("/migration/log/unsealed", NULL, test_unsealed);
  migration_add ("/migration/log/sealed-since", NULL, test_sealed_since);
  migration_add ("/migration/log/sealed-meanwhile",
                 GUINT_TO_POINTER (990),
                 test_sealed_meanwhile);
  migration_add ("/migration/log/sealed-behind",
                 GUINT_TO_POINTER (1020),
                 test_sealed_meanwhile);
  migration_add ("/migration/log/broken", NULL, test_broken);
}
