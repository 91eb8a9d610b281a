/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include <string.h>

#include "kit/package-kit.h"
#include "kit/wire-kit.h"
#include "registry/loft-document.h"
#include "registry/loft-json.h"
#include "test-crash.h"

#define READY_SECONDS 60
#define PAGE 1000
#define PAUSE 5000

/**
 * Audit:
 * @documents: `NAME/VERSION` to #LoftDocument: what is in the storage
 * @names: `NAME` of each package that has documents
 * @states: `NAME REVISION` of each state in the storage
 * @listed: `NAME/VERSION` of all that the server lists
 *
 * What is there, seen from both sides.
 */
typedef struct
{
  CrashLedger *ledger;   /* not owned */
  DaemonKit *daemon;     /* not owned */
  Wire *wire;            /* owned */
  GHashTable *documents; /* owned */
  GHashTable *names;     /* owned */
  GHashTable *states;    /* owned */
  GHashTable *listed;    /* owned */
} Audit;

static void
audit_clear (Audit *audit)
{
  wire_free (audit->wire);
  g_hash_table_unref (audit->documents);
  g_hash_table_unref (audit->names);
  g_hash_table_unref (audit->states);
  g_hash_table_unref (audit->listed);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Audit, audit_clear)

static WireAnswer *get (Audit *audit, const char *format, ...)
  G_GNUC_PRINTF (2, 3);

/* Gets what must be there. */
static WireAnswer *
get (Audit *audit, const char *format, ...)
{
  g_autoptr (GError) error = NULL;
  va_list arguments;

  va_start (arguments, format);
  g_autofree char *target = g_strdup_vprintf (format, arguments);
  va_end (arguments);

  WireAnswer *answer = wire_get (audit->wire, target, &error);
  g_assert_no_error (error);
  if (answer->status != 200)
    g_error ("GET %s: %u", target, answer->status);

  return answer;
}

static JsonNode *
get_json (Audit *audit, const char *target)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (WireAnswer) answer = get (audit, "%s", target);
  gsize size;
  const char *text = g_bytes_get_data (answer->body, &size);
  JsonNode *json = loft_json_parse (text, size, &error);

  g_assert_no_error (error);

  return json;
}

static void
take_document (Audit *audit,
               const char *folder,
               const char *name,
               const char *file)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *path = g_build_filename (folder, file, NULL);
  g_autofree char *key = g_strndup (file, strlen (file) - strlen (".json"));
  char *text = NULL;
  gsize length = 0;

  g_file_get_contents (path, &text, &length, &error);
  g_assert_no_error (error);

  g_autoptr (GBytes) bytes = g_bytes_new_take (text, length);
  LoftDocument *document = loft_document_parse (name, key, bytes, 0, &error);
  g_assert_no_error (error);

  g_autofree char *archive = g_build_filename (folder, document->archive, NULL);
  g_assert_true (g_file_test (archive, G_FILE_TEST_IS_REGULAR));

  g_hash_table_add (audit->names, g_strdup (name));
  g_hash_table_insert (audit->documents,
                       g_strconcat (name, "/", key, NULL),
                       document);
}

static char *
make_state_id (const char *name, JsonObject *state)
{
  return g_strdup_printf ("%s %" G_GINT64_FORMAT,
                          name,
                          loft_json_get_int (state, "revision", 0));
}

static void
take_state (Audit *audit, const char *folder, const char *name)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *path = g_build_filename (folder, "package.json", NULL);
  g_autofree char *text = NULL;
  gsize length = 0;

  g_file_get_contents (path, &text, &length, &error);
  g_assert_no_error (error);
  g_autoptr (JsonNode) json = loft_json_parse (text, length, &error);
  g_assert_no_error (error);

  g_hash_table_add (audit->states,
                    make_state_id (name, json_node_get_object (json)));
}

/* Reads all documents and states in the storage: each has to be whole. */
static void
walk_storage (Audit *audit)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GDir) root = g_dir_open (audit->daemon->storage, 0, &error);
  const char *name;

  g_assert_no_error (error);
  while ((name = g_dir_read_name (root)) != NULL)
    {
      if (g_str_equal (name, "_registry"))
        continue;

      g_autofree char *folder =
        g_build_filename (audit->daemon->storage, name, NULL);
      g_autoptr (GDir) files = g_dir_open (folder, 0, &error);
      const char *file;

      g_assert_no_error (error);
      while ((file = g_dir_read_name (files)) != NULL)
        if (g_str_equal (file, "package.json"))
          take_state (audit, folder, name);
        else if (g_str_has_suffix (file, ".json"))
          take_document (audit, folder, name, file);
        else
          g_assert_true (g_str_has_suffix (file, ".tar.gz"));
    }
}

/* Reads the whole log of changes, page by page. */
static GString *
read_changes (Audit *audit, guint *out_events)
{
  GString *changes = g_string_new (NULL);
  guint events = 0;

  for (;;)
    {
      g_autoptr (WireAnswer) answer =
        get (audit, "/changes?since=%u&limit=%u", events, PAGE);
      gsize size;
      const char *text = g_bytes_get_data (answer->body, &size);

      if (size == 0)
        break;
      g_assert_cmpint (text[size - 1], ==, '\n');
      g_string_append_len (changes, text, (gssize) size);
      for (gsize i = 0; i < size; i++)
        events += text[i] == '\n';
    }
  *out_events = events;

  return changes;
}

static guint
count_versions (GString *changes)
{
  guint count = 0;

  for (const char *next = changes->str;
       (next = strstr (next, "\"type\":\"")) != NULL;)
    {
      next += strlen ("\"type\":\"");
      count += g_str_has_prefix (next, "publish\"") ||
               g_str_has_prefix (next, "adopt\"");
    }

  return count;
}

static gboolean
tells_all_states (Audit *audit, GString *changes)
{
  g_auto (GStrv) lines = g_strsplit (changes->str, "\n", -1);
  guint told = 0;

  for (guint i = 0; lines[i] != NULL && lines[i][0] != '\0'; i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (JsonNode) json =
        loft_json_parse (lines[i], strlen (lines[i]), &error);
      g_assert_no_error (error);
      JsonObject *event = json_node_get_object (json);

      if (!json_object_has_member (event, "state"))
        continue;

      g_autofree char *id =
        make_state_id (loft_json_get_string (event, "name"),
                       json_object_get_object_member (event, "state"));
      told += g_hash_table_contains (audit->states, id);
    }

  return told >= g_hash_table_size (audit->states);
}

/* A document or a state whose event was lost is told of soon after the start.
 */
static GString *
wait_for_changes (Audit *audit)
{
  gint64 end = g_get_monotonic_time () + READY_SECONDS * G_USEC_PER_SEC;

  for (;;)
    {
      guint events;
      GString *changes = read_changes (audit, &events);

      if (count_versions (changes) >= g_hash_table_size (audit->documents) &&
          tells_all_states (audit, changes))
        return changes;

      g_assert_cmpint (g_get_monotonic_time (), <, end);
      g_string_free (changes, TRUE);
      g_usleep (PAUSE);
    }
}

static void
check_event (Audit *audit, const char *line, guint64 seq, GHashTable *told)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonNode) json = loft_json_parse (line, strlen (line), &error);

  g_assert_no_error (error);

  JsonObject *event = json_node_get_object (json);
  const char *type = loft_json_get_string (event, "type");

  g_assert_cmpint (loft_json_get_int (event, "seq", 0), ==, seq);
  if (!g_str_equal (type, "publish") && !g_str_equal (type, "adopt"))
    return;

  g_autofree char *id = g_strconcat (loft_json_get_string (event, "name"),
                                     "/",
                                     loft_json_get_string (event, "version"),
                                     NULL);
  const LoftDocument *document = g_hash_table_lookup (audit->documents, id);

  if (document == NULL)
    g_error ("The log tells of %s, which is not there", id);
  g_assert_cmpstr (loft_json_get_string (event, "document_sha256"),
                   ==,
                   document->digest);
  if (!g_hash_table_add (told, g_steal_pointer (&id)))
    g_error ("The log tells twice of %s/%s", document->name, document->key);
}

/* The log counts without a gap, tells of each version once, and never takes
 * back what it has told. */
static void
check_changes (Audit *audit)
{
  CrashLedger *ledger = audit->ledger;
  GString *changes = wait_for_changes (audit);
  g_auto (GStrv) lines = g_strsplit (changes->str, "\n", -1);
  g_autoptr (GHashTable) told =
    g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  g_assert_true (g_str_has_prefix (changes->str, ledger->history->str));
  g_string_free (ledger->history, TRUE);
  ledger->history = changes;

  for (guint i = 0; lines[i] != NULL && lines[i][0] != '\0'; i++)
    check_event (audit, lines[i], i + 1, told);
  g_assert_cmpuint (g_hash_table_size (told),
                    ==,
                    g_hash_table_size (audit->documents));
}

static void
check_list (Audit *audit, const char *name)
{
  g_autofree char *target = g_strconcat ("/packages/", name, NULL);
  g_autoptr (JsonNode) json = get_json (audit, target);
  JsonArray *elements = json_node_get_array (json);

  for (guint i = 0; i < json_array_get_length (elements); i++)
    {
      JsonObject *element = json_array_get_object_element (elements, i);
      g_autofree char *id =
        g_strconcat (name,
                     "/",
                     loft_json_get_string (element, "version"),
                     NULL);
      const LoftDocument *document = g_hash_table_lookup (audit->documents, id);

      if (document == NULL)
        g_error ("%s is listed, but not there", id);
      if (document->sha256 != NULL)
        g_assert_cmpstr (loft_json_get_string (element, "sha256"),
                         ==,
                         document->sha256);
      if (!g_hash_table_add (audit->listed, g_steal_pointer (&id)))
        g_error ("%s is listed twice", id);
    }
}

static void
check_lists (Audit *audit)
{
  g_autoptr (JsonNode) json = get_json (audit, "/packages");
  JsonArray *packages = json_node_get_array (json);
  g_autoptr (GHashTable) shown =
    g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  GHashTableIter iter;
  gpointer key;

  g_hash_table_iter_init (&iter, audit->names);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    check_list (audit, key);

  for (guint i = 0; i < json_array_get_length (packages); i++)
    {
      JsonObject *element = json_array_get_object_element (packages, i);
      const char *name = loft_json_get_string (element, "name");
      g_autofree char *id =
        g_strconcat (name,
                     "/",
                     loft_json_get_string (element, "version"),
                     NULL);

      g_assert_true (g_hash_table_contains (audit->listed, id));
      g_assert_true (g_hash_table_add (shown, g_strdup (name)));
    }

  g_hash_table_iter_init (&iter, audit->listed);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    {
      g_autofree char *name = g_path_get_dirname (key);

      g_assert_true (g_hash_table_contains (shown, name));
    }
}

static gboolean
is_shown_as_yanked (Audit *audit, const char *id)
{
  g_autofree char *target = g_strconcat ("/packages/", id, NULL);
  g_autoptr (JsonNode) json = get_json (audit, target);

  return json_object_get_boolean_member (json_node_get_object (json), "yanked");
}

static void
check_download (Audit *audit, const char *id, const CrashVersion *version)
{
  g_autoptr (WireAnswer) answer = get (audit, "/packages/%s/download", id);
  g_autofree char *sha256 = package_kit_digest (answer->body);
  const LoftDocument *document = g_hash_table_lookup (audit->documents, id);
  gboolean known = g_ptr_array_find_with_equal_func (version->tried,
                                                     sha256,
                                                     g_str_equal,
                                                     NULL);

  if (!known ||
      (version->sha256 != NULL && !g_str_equal (sha256, version->sha256)))
    g_error ("%s has other bytes than were published", id);
  if (document->sha256 != NULL)
    g_assert_cmpstr (sha256, ==, document->sha256);
}

/* What was acknowledged is there; what is there was published by somebody, is
 * whole, and is listed unless it was yanked. */
static void
check_versions (Audit *audit)
{
  CrashLedger *ledger = audit->ledger;
  GHashTableIter iter;
  gpointer key, value;

  g_hash_table_iter_init (&iter, ledger->versions);
  while (g_hash_table_iter_next (&iter, &key, &value))
    {
      const CrashVersion *version = value;

      if (version->sha256 != NULL &&
          !g_hash_table_contains (audit->documents, key))
        g_error ("%s was acknowledged and is lost", (char *) key);
    }

  g_hash_table_iter_init (&iter, audit->documents);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    {
      const CrashVersion *version = g_hash_table_lookup (ledger->versions, key);
      gboolean listed = g_hash_table_contains (audit->listed, key);

      g_assert_nonnull (version);
      check_download (audit, key, version);
      if (!version->yank_tried)
        g_assert_true (listed);
      else
        g_assert_cmpint (is_shown_as_yanked (audit, key), ==, !listed);
      if (version->yanked)
        g_assert_false (listed);
    }
}

/* The program may be writing just now; what a crash left stays, however. */
static void
wait_for_no_leftovers (Audit *audit)
{
  g_autofree char *path =
    g_build_filename (audit->daemon->storage, "_registry", "tmp", NULL);
  gint64 end = g_get_monotonic_time () + READY_SECONDS * G_USEC_PER_SEC;

  for (;;)
    {
      g_autoptr (GDir) folder = g_dir_open (path, 0, NULL);
      const char *leftover = folder != NULL ? g_dir_read_name (folder) : NULL;

      if (leftover == NULL)
        return;
      if (g_get_monotonic_time () >= end)
        g_error ("A crash has left %s/%s", path, leftover);
      g_usleep (PAUSE);
    }
}

static void
check_no_leftovers (Audit *audit)
{
  wait_for_no_leftovers (audit);

  g_autoptr (GError) error = NULL;
  g_autoptr (GDir) cache = g_dir_open (audit->daemon->cache, 0, &error);
  const char *file;

  g_assert_no_error (error);
  while ((file = g_dir_read_name (cache)) != NULL)
    g_assert_true (g_str_has_prefix (file, "catalog"));
}

static Audit
audit_new (CrashLedger *ledger, DaemonKit *daemon)
{
  g_autoptr (GError) error = NULL;
  Audit audit = {
    .ledger = ledger,
    .daemon = daemon,
    .wire = wire_new (daemon->port),
    .documents = g_hash_table_new_full (g_str_hash,
                                        g_str_equal,
                                        g_free,
                                        (GDestroyNotify) loft_document_free),
    .names = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL),
    .states = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL),
    .listed = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL),
  };

  if (ledger->failure != NULL)
    g_error ("%s", ledger->failure);
  daemon_kit_wait_ready (daemon, READY_SECONDS, &error);
  g_assert_no_error (error);

  return audit;
}

/* Compares what the clients know with all that the server says and with all
 * that is in its storage, while nobody publishes. */
void
crash_audit (CrashLedger *ledger, DaemonKit *daemon)
{
  g_auto (Audit) audit = audit_new (ledger, daemon);

  walk_storage (&audit);
  check_changes (&audit);
  check_lists (&audit);
  check_versions (&audit);
  check_no_leftovers (&audit);
}

static void
take_snapshot (Audit *audit, GHashTable *snapshot, const char *target)
{
  g_autoptr (WireAnswer) answer = get (audit, "%s", target);
  g_autofree char *etag = wire_answer_get_header (answer, "ETag");
  g_autofree char *text = wire_answer_dup_text (answer);

  g_hash_table_insert (snapshot,
                       g_strdup (target),
                       g_strconcat (etag, " ", text, NULL));
}

/* Keeps what the server answers: target to ETag and body. */
GHashTable *
crash_snapshot (CrashLedger *ledger, DaemonKit *daemon)
{
  g_auto (Audit) audit = audit_new (ledger, daemon);
  GHashTable *snapshot =
    g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  GHashTableIter iter;
  gpointer key;
  guint events;

  walk_storage (&audit);
  take_snapshot (&audit, snapshot, "/packages");
  g_hash_table_insert (snapshot,
                       g_strdup ("/changes"),
                       g_string_free (read_changes (&audit, &events), FALSE));

  g_hash_table_iter_init (&iter, audit.names);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    {
      g_autofree char *target = g_strconcat ("/packages/", key, NULL);

      take_snapshot (&audit, snapshot, target);
    }

  g_hash_table_iter_init (&iter, audit.documents);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    {
      g_autofree char *target = g_strconcat ("/packages/", key, NULL);

      take_snapshot (&audit, snapshot, target);
    }

  return snapshot;
}

/* Two snapshots have to be the same, byte for byte. */
void
crash_compare (GHashTable *before, GHashTable *after)
{
  GHashTableIter iter;
  gpointer key, value;

  g_assert_cmpuint (g_hash_table_size (before), ==, g_hash_table_size (after));
  g_hash_table_iter_init (&iter, before);
  while (g_hash_table_iter_next (&iter, &key, &value))
    {
      const char *now = g_hash_table_lookup (after, key);

      if (g_strcmp0 (value, now) != 0)
        g_error ("%s was “%s”, and is now “%s”",
                 (char *) key,
                 (char *) value,
                 now);
    }
}
