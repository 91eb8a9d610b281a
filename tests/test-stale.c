/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "kit/daemon-kit.h"
#include "kit/package-kit.h"

#include <string.h>

/*
 * No answer is older than what was acknowledged before it was asked for, by
 * whichever worker, nor tells of what nobody has asked for yet.
 *
 * Writers publish and yank, each versions of packages of its own, and count
 * what they have begun and what was acknowledged. Readers note the latter
 * before a question and the former after its answer, and what they are told has
 * to lie in between. Reads and writes are paced by each other, so that all the
 * time there is something to become stale.
 */

#define PACKAGES 8
#define WRITERS 4
#define READERS 4
#define WRITES 1000
#define READS 100000
#define SHORT 10

#define AUTH "Authorization: Bearer of-the-writers-of-this-test-alone-1234\r\n"
#define GZIP AUTH "Content-Type: application/gzip\r\n"
#define JSON AUTH "Content-Type: application/json\r\n"

typedef struct
{
  gint begun_versions;
  gint versions;
  gint begun_yanks;
  gint yanks;
} Package;

typedef struct
{
  DaemonKit *daemon; /* owned */
  GArray *workers;   /* owned, of GPid */
  Package packages[PACKAGES];
  gint begun_packages;
  gint n_packages;
  gint writes;
  gint reads;
  gint unchanged;
  gint writes_max;
  gint reads_max;
} Fixture;

/* What a reader was told of a package, and may be told again by a 304. */
typedef struct
{
  char *tag; /* owned, nullable */
  gint versions;
} Told;

typedef struct
{
  Fixture *fixture;
  guint number;
  GRand *rand;         /* owned */
  Wire **wires;        /* owned, one a worker */
  Told told[PACKAGES]; /* by the first worker */
} Client;

static void
set_up (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;
  gboolean is_short = g_getenv ("LOFT_TEST_SHORT") != NULL;

  fixture->writes_max = is_short ? WRITES / SHORT : WRITES;
  fixture->reads_max = is_short ? READS / SHORT : READS;
  fixture->daemon = daemon_kit_new (NULL, &error);
  g_assert_no_error (error);
  daemon_kit_configure (fixture->daemon, "http", "workers", "2", &error);
  g_assert_no_error (error);
  daemon_kit_start (fixture->daemon, &error);
  g_assert_no_error (error);
  daemon_kit_wait_ready (fixture->daemon, 60, &error);
  g_assert_no_error (error);
  daemon_kit_wait_workers (fixture->daemon, 2, &error);
  g_assert_no_error (error);
  fixture->workers = daemon_kit_list_workers (fixture->daemon);
}

static void
tear_down (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;

  daemon_kit_stop (fixture->daemon, &error);
  g_assert_no_error (error);
  daemon_kit_free (fixture->daemon);
  g_array_unref (fixture->workers);
}

static Client *
client_new (Fixture *fixture, guint number)
{
  Client *self = g_new0 (Client, 1);

  self->fixture = fixture;
  self->number = number;
  self->rand = g_rand_new_with_seed (number);
  self->wires = g_new0 (Wire *, fixture->workers->len);
  for (guint i = 0; i < fixture->workers->len; i++)
    {
      g_autoptr (GError) error = NULL;

      self->wires[i] =
        daemon_kit_connect (fixture->daemon,
                            g_array_index (fixture->workers, GPid, i),
                            &error);
      g_assert_no_error (error);
    }

  return self;
}

static void
client_free (Client *self)
{
  for (guint i = 0; i < self->fixture->workers->len; i++)
    wire_free (self->wires[i]);
  for (guint i = 0; i < PACKAGES; i++)
    g_free (self->told[i].tag);
  g_free (self->wires);
  g_rand_free (self->rand);
  g_free (self);
}

static WireAnswer *
ask (Client *self,
     guint worker,
     const char *method,
     const char *target,
     const char *headers,
     GBytes *body)
{
  g_autoptr (GError) error = NULL;
  WireAnswer *answer =
    wire_request (self->wires[worker], method, target, headers, body, &error);

  g_assert_no_error (error);

  return answer;
}

static void
publish (Client *self, guint number)
{
  Package *package = &self->fixture->packages[number];
  gint patch = g_atomic_int_add (&package->begun_versions, 1);
  g_autofree char *name = g_strdup_printf ("lib-%u", number);
  g_autofree char *version = g_strdup_printf ("0.0.%d", patch);
  g_autofree char *target = g_strdup_printf ("/packages/%s/%s", name, version);
  g_autoptr (GBytes) tarball = package_kit_make (name, version, 10, 1);

  if (patch == 0)
    g_atomic_int_inc (&self->fixture->begun_packages);
  g_autoptr (WireAnswer) answer =
    ask (self,
         (guint) g_rand_int_range (self->rand, 0, 2),
         "PUT",
         target,
         GZIP,
         tarball);
  g_assert_cmpuint (answer->status, ==, 201);
  g_atomic_int_inc (&package->versions);
  if (patch == 0)
    g_atomic_int_inc (&self->fixture->n_packages);
}

static void
yank (Client *self, guint number)
{
  Package *package = &self->fixture->packages[number];
  gint patch = g_atomic_int_add (&package->begun_yanks, 1);
  g_autofree char *target =
    g_strdup_printf ("/packages/lib-%u/0.0.%d/yank", number, patch);
  g_autoptr (GBytes) body = g_bytes_new_static ("{}", 2);
  g_autoptr (WireAnswer) answer =
    ask (self,
         (guint) g_rand_int_range (self->rand, 0, 2),
         "POST",
         target,
         JSON,
         body);

  g_assert_cmpuint (answer->status, ==, 200);
  g_atomic_int_inc (&package->yanks);
}

/* Every fifth change is a yank, of the oldest version that is not. */
static gpointer
write_in_thread (gpointer data)
{
  Fixture *fixture = ((Client *) data)->fixture;
  Client *self = data;

  for (guint i = 0; i < (guint) fixture->writes_max / WRITERS; i++)
    {
      guint number = self->number + WRITERS * (i % (PACKAGES / WRITERS));

      if (i % 5 == 4)
        yank (self, number);
      else
        publish (self, number);

      /* The readers keep up. */
      gint done = g_atomic_int_add (&fixture->writes, 1) + 1;
      while (g_atomic_int_get (&fixture->reads) <
             done * (fixture->reads_max / fixture->writes_max))
        g_usleep (100);
    }

  return NULL;
}

static gint
count (const char *text, const char *pattern)
{
  gint n = 0;

  for (const char *at = strstr (text, pattern); at != NULL;
       at = strstr (at + 1, pattern))
    n++;

  return n;
}

static void
assert_between (const char *what, gint least, gint told, gint most)
{
  if (told < least || told > most)
    g_error ("%s: %d, and not from %d to %d", what, told, least, most);
}

/* The list of a package's versions, or that it is the same as before. */
static void
read_versions (Client *self, guint worker, guint number)
{
  Package *package = &self->fixture->packages[number];
  Told *told = &self->told[number];
  gint versions = g_atomic_int_get (&package->versions);
  gint yanks = g_atomic_int_get (&package->yanks);
  gboolean conditional = told->tag != NULL && g_rand_boolean (self->rand);
  g_autofree char *target = g_strdup_printf ("/packages/lib-%u", number);
  g_autofree char *headers =
    conditional ? g_strdup_printf ("If-None-Match: %s\r\n", told->tag) : NULL;
  g_autoptr (WireAnswer) answer =
    ask (self, worker, "GET", target, headers, NULL);
  gint begun_versions = g_atomic_int_get (&package->begun_versions);
  gint begun_yanks = g_atomic_int_get (&package->begun_yanks);

  if (answer->status == 404)
    {
      g_assert_cmpint (versions, ==, 0);
      return;
    }
  if (answer->status == 304)
    {
      g_assert_true (conditional);
      g_atomic_int_inc (&self->fixture->unchanged);
    }
  else
    {
      g_autofree char *text = wire_answer_dup_text (answer);

      g_assert_cmpuint (answer->status, ==, 200);
      told->versions = count (text, "\"version\":");
      g_free (told->tag);
      told->tag = wire_answer_get_header (answer, "ETag");
    }

  /* What is yanked is not in the list. */
  assert_between ("versions",
                  versions - begun_yanks,
                  told->versions,
                  begun_versions - yanks);
}

static void
read_version (Client *self, guint worker, guint number)
{
  Package *package = &self->fixture->packages[number];
  gint versions = g_atomic_int_get (&package->versions);
  gint yanks = g_atomic_int_get (&package->yanks);

  if (versions == 0)
    return;

  /* Of those that are about to be yanked. */
  gint patch = MAX (yanks - 1, 0);
  patch += g_rand_int_range (self->rand, 0, 3);
  patch = MIN (patch, versions - 1);
  g_autofree char *target =
    g_strdup_printf ("/packages/lib-%u/0.0.%d", number, patch);
  g_autoptr (WireAnswer) answer = ask (self, worker, "GET", target, NULL, NULL);
  g_autofree char *text = wire_answer_dup_text (answer);
  gint begun_yanks = g_atomic_int_get (&package->begun_yanks);

  g_assert_cmpuint (answer->status, ==, 200);
  assert_between ("a yank",
                  patch < yanks,
                  count (text, "\"yanked\":true"),
                  patch < begun_yanks);
}

static void
read_root (Client *self, guint worker)
{
  gint packages = g_atomic_int_get (&self->fixture->n_packages);
  g_autoptr (WireAnswer) answer = ask (self, worker, "GET", "/", NULL, NULL);
  g_autofree char *text = wire_answer_dup_text (answer);
  const char *number = strstr (text, "\"packages_count\":");

  g_assert_cmpuint (answer->status, ==, 200);
  g_assert_nonnull (number);
  assert_between ("the root",
                  packages,
                  (gint) g_ascii_strtoll (strchr (number, ':') + 1, NULL, 10),
                  g_atomic_int_get (&self->fixture->begun_packages));
}

/* The whole list names each package once, with its newest version. */
static void
read_list (Client *self, guint worker)
{
  gint packages = g_atomic_int_get (&self->fixture->n_packages);
  g_autoptr (WireAnswer) answer =
    ask (self, worker, "GET", "/packages", NULL, NULL);
  g_autofree char *text = wire_answer_dup_text (answer);

  g_assert_cmpuint (answer->status, ==, 200);
  assert_between ("the list",
                  packages,
                  count (text, "\"name\":"),
                  g_atomic_int_get (&self->fixture->begun_packages));
}

static gpointer
read_in_thread (gpointer data)
{
  Client *self = data;
  Fixture *fixture = self->fixture;

  while (g_atomic_int_get (&fixture->writes) < fixture->writes_max ||
         g_atomic_int_get (&fixture->reads) < fixture->reads_max)
    {
      guint worker =
        (guint) g_rand_int_range (self->rand, 0, (gint) fixture->workers->len);
      guint number = (guint) g_rand_int_range (self->rand, 0, PACKAGES);
      gint kind = g_rand_int_range (self->rand, 0, 40);

      if (kind == 0)
        read_list (self, worker);
      else if (kind < 4)
        read_root (self, worker);
      else if (kind < 14)
        read_version (self, worker, number);
      else
        read_versions (self, worker, number);
      g_atomic_int_inc (&fixture->reads);
    }

  return NULL;
}

static guint64
find_figure (Client *self, const char *name)
{
  g_autoptr (WireAnswer) answer = ask (self, 0, "GET", "/metrics", NULL, NULL);
  g_autofree char *text = wire_answer_dup_text (answer);
  g_autofree char *pattern = g_strconcat ("\n", name, " ", NULL);
  const char *line = strstr (text, pattern);

  g_assert_nonnull (line);

  return g_ascii_strtoull (line + strlen (pattern), NULL, 10);
}

static void
test_stale (Fixture *fixture, gconstpointer test_data)
{
  GThread *threads[READERS + WRITERS];
  Client *clients[READERS + WRITERS];

  for (guint i = 0; i < READERS + WRITERS; i++)
    clients[i] = client_new (fixture, i);
  for (guint i = 0; i < READERS + WRITERS; i++)
    threads[i] = g_thread_new ("client",
                               i < WRITERS ? write_in_thread : read_in_thread,
                               clients[i]);
  for (guint i = 0; i < READERS + WRITERS; i++)
    g_thread_join (threads[i]);

  guint64 hot = find_figure (clients[0], "loft_hot_hits_total");
  g_test_message ("%d writes, %d reads, %" G_GUINT64_FORMAT
                  " hot, %d unchanged",
                  fixture->writes,
                  fixture->reads,
                  hot,
                  fixture->unchanged);
  g_assert_cmpint (fixture->writes, >=, fixture->writes_max);
  g_assert_cmpint (fixture->reads, >=, fixture->reads_max);
  g_assert_cmpint (fixture->unchanged, >, 0);
  g_assert_cmpuint (hot, >, (guint64) fixture->reads_max / 10);
  for (guint i = 0; i < READERS + WRITERS; i++)
    client_free (clients[i]);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  g_test_add ("/stale/two-workers",
              Fixture,
              NULL,
              set_up,
              test_stale,
              tear_down);

  return g_test_run ();
}
