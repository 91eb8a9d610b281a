/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "siege/soak-clients.h"

#include <string.h>
#include <sys/socket.h>

#include "kit/package-kit.h"
#include "kit/wire-kit.h"

#define PUBLISHERS 2
#define READERS 4
#define LEAVERS 2

#define VERSIONS_MAX 40
#define PAUSE 15000
#define RETRY 10000
#define RETRIES_MAX 1000

/* A version is listed while its count is a multiple of four, yanked where it is
 * two more than one, and about to change in between. */
#define STEP_TRY 1
#define STEP_DONE 1
#define IS_LISTED(count) ((count) % 4 == 0)
#define IS_YANKED(count) ((count) % 4 == 2)

/**
 * Package:
 * @name: its name
 * @versions: how many were acknowledged
 * @changes: how many changes were acknowledged
 * @counts: for each version, how often it has changed
 * @digests: those of the tarballs
 *
 * What is known of a package: of @digests only the first @versions may be read.
 */
typedef struct
{
  char *name;                  /* owned */
  gint versions;               /* atomic */
  gint changes;                /* atomic */
  gint counts[VERSIONS_MAX];   /* atomic */
  char *digests[VERSIONS_MAX]; /* owned */
} Package;

struct _SoakClients
{
  guint16 port;
  gint stopping; /* atomic */
  GMutex mutex;
  GPtrArray *packages; /* owned, of owned Package */
  GPtrArray *threads;  /* owned, of GThread */
  guint next_number;

  gint publishes; /* atomic, as all that follows */
  gint yanks;
  gint reads;
  gint same; /* answers that nothing has changed */
  gint leaves;
  gint lost;   /* connections */
  gint losses; /* how often some may have been lost */
};

static void
package_free (gpointer data)
{
  Package *self = data;

  for (guint i = 0; i < VERSIONS_MAX; i++)
    g_free (self->digests[i]);
  g_free (self->name);
  g_free (self);
}

SoakClients *
soak_clients_new (guint16 port)
{
  SoakClients *self = g_new0 (SoakClients, 1);

  self->port = port;
  g_mutex_init (&self->mutex);
  self->packages = g_ptr_array_new_with_free_func (package_free);
  self->threads = g_ptr_array_new ();

  return self;
}

void
soak_clients_free (SoakClients *self)
{
  g_ptr_array_unref (self->packages);
  g_ptr_array_unref (self->threads);
  g_mutex_clear (&self->mutex);
  g_free (self);
}

static gboolean
is_stopping (SoakClients *self)
{
  return g_atomic_int_get (&self->stopping);
}

/* Asks until there is an answer: a worker that was killed takes its connections
 * along, and while its place is taken by another one some wait. */
static WireAnswer *
ask (SoakClients *self,
     Wire *wire,
     const char *method,
     const char *target,
     const char *headers,
     GBytes *body)
{
  for (guint i = 0; i < RETRIES_MAX; i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (WireAnswer) answer =
        wire_request (wire, method, target, headers, body, &error);

      if (answer != NULL && answer->status != 503)
        return g_steal_pointer (&answer);
      if (answer == NULL)
        {
          g_atomic_int_inc (&self->lost);
          if (g_atomic_int_get (&self->losses) == 0)
            g_error ("%s %s: %s", method, target, error->message);
        }
      g_usleep (RETRY);
    }

  g_error ("%s %s was never answered", method, target);
}

static Package *
add_package (SoakClients *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->mutex);
  Package *package = g_new0 (Package, 1);

  package->name = g_strdup_printf ("soak-%u", self->next_number++);
  g_ptr_array_add (self->packages, package);

  return package;
}

/* One of the last few, which still change, or any. */
static Package *
choose_package (SoakClients *self, GRand *random)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->mutex);
  gint32 n = (gint32) self->packages->len;
  gint32 first = g_rand_boolean (random) ? MAX (0, n - PUBLISHERS) : 0;

  return n == 0 ? NULL
                : self->packages->pdata[g_rand_int_range (random, first, n)];
}

/* Whether a list of versions has one. */
static gboolean
lists (const char *list, guint version)
{
  g_autofree char *text = g_strdup_printf ("\"version\":\"1.%u.0\"", version);

  return strstr (list, text) != NULL;
}

static char *
get_list (SoakClients *self, Wire *wire, const Package *package)
{
  g_autofree char *target = g_strconcat ("/packages/", package->name, NULL);
  g_autoptr (WireAnswer) answer = ask (self, wire, "GET", target, NULL, NULL);

  g_assert_cmpuint (answer->status, ==, 200);

  return wire_answer_dup_text (answer);
}

/* Whoever asks next is told, by whichever worker. */
static void
check_seen (SoakClients *self,
            const Package *package,
            guint version,
            gboolean listed)
{
  g_autoptr (Wire) other = wire_new (self->port);
  g_autofree char *list = get_list (self, other, package);

  if (lists (list, version) != listed)
    g_error ("%s 1.%u.0 should%s be listed: %s",
             package->name,
             version,
             listed ? "" : " not",
             list);
}

static void
publish (SoakClients *self, Wire *wire, Package *package, GRand *random)
{
  guint number = (guint) package->versions;
  gsize size = g_rand_int_range (random, 0, 20) == 0 ? 400000 : 2000;
  g_autofree char *version = g_strdup_printf ("1.%u.0", number);
  g_autoptr (GBytes) tarball =
    package_kit_make (package->name, version, size, g_rand_int (random));
  g_autofree char *target =
    g_strdup_printf ("/packages/%s/%s", package->name, version);

  package->digests[number] = package_kit_digest (tarball);
  g_autoptr (WireAnswer) answer = ask (self,
                                       wire,
                                       "PUT",
                                       target,
                                       "Content-Type: application/gzip\r\n",
                                       tarball);
  if (answer->status != 201 && answer->status != 200)
    g_error ("%s: %u", target, answer->status);

  g_atomic_int_inc (&package->changes);
  g_atomic_int_inc (&package->versions);
  g_atomic_int_inc (&self->publishes);
  check_seen (self, package, number, TRUE);
}

/* Yanks a version, or takes that back. */
static void
toggle (SoakClients *self, Wire *wire, Package *package, guint version)
{
  gboolean listed = IS_LISTED (g_atomic_int_get (&package->counts[version]));
  g_autofree char *target =
    g_strdup_printf ("/packages/%s/1.%u.0/yank", package->name, version);

  g_atomic_int_add (&package->counts[version], STEP_TRY);
  g_autoptr (WireAnswer) answer =
    ask (self, wire, listed ? "POST" : "DELETE", target, NULL, NULL);
  if (answer->status / 100 != 2)
    g_error ("%s: %u", target, answer->status);

  g_atomic_int_add (&package->counts[version], STEP_DONE);
  g_atomic_int_inc (&package->changes);
  g_atomic_int_inc (&self->yanks);
  check_seen (self, package, version, !listed);
}

static gpointer
publish_in_thread (gpointer data)
{
  SoakClients *self = data;
  g_autoptr (GRand) random = g_rand_new_with_seed (2);
  g_autoptr (Wire) wire = wire_new (self->port);

  while (!is_stopping (self))
    {
      Package *package = add_package (self);

      while (package->versions < VERSIONS_MAX && !is_stopping (self))
        {
          publish (self, wire, package, random);

          /* Never the last, or all would be as it was before. */
          if (package->versions % 3 == 0)
            toggle (
              self,
              wire,
              package,
              (guint) g_rand_int_range (random, 0, package->versions - 1));
          g_usleep (PAUSE);
        }
    }

  return NULL;
}

/* What was known before, and is known still, the list has to say. */
static void
read_list (SoakClients *self, Wire *wire, Package *package)
{
  gint before[VERSIONS_MAX];
  gint n = g_atomic_int_get (&package->versions);

  for (gint i = 0; i < n; i++)
    before[i] = g_atomic_int_get (&package->counts[i]);
  if (n == 0)
    return;

  g_autofree char *list = get_list (self, wire, package);
  g_atomic_int_inc (&self->reads);
  for (gint i = 0; i < n; i++)
    {
      gint count = g_atomic_int_get (&package->counts[i]);
      gboolean listed = lists (list, (guint) i);

      if (count == before[i] &&
          ((IS_LISTED (count) && !listed) || (IS_YANKED (count) && listed)))
        g_error ("%s 1.%d.0 is wrong in: %s", package->name, i, list);
    }
}

static void
read_tarball (SoakClients *self, Wire *wire, Package *package, GRand *random)
{
  gint n = g_atomic_int_get (&package->versions);

  if (n == 0)
    return;

  gint version = g_rand_int_range (random, 0, n);
  g_autofree char *target =
    g_strdup_printf ("/packages/%s/1.%d.0/download", package->name, version);
  g_autoptr (WireAnswer) answer = ask (self, wire, "GET", target, NULL, NULL);
  g_autofree char *digest = package_kit_digest (answer->body);

  g_atomic_int_inc (&self->reads);
  g_assert_cmpuint (answer->status, ==, 200);
  g_assert_cmpstr (digest, ==, package->digests[version]);
}

/* What has changed meanwhile is not said to be the same. */
static void
read_again (SoakClients *self, Wire *wire, Package *package)
{
  g_autofree char *target = g_strconcat ("/packages/", package->name, NULL);

  if (g_atomic_int_get (&package->versions) == 0)
    return;

  g_autoptr (WireAnswer) first = ask (self, wire, "GET", target, NULL, NULL);
  g_autofree char *etag = wire_answer_get_header (first, "ETag");
  gint known = g_atomic_int_get (&package->changes);
  g_assert_nonnull (etag);

  g_usleep (PAUSE);
  gint now = g_atomic_int_get (&package->changes);
  g_autofree char *headers = g_strdup_printf ("If-None-Match: %s\r\n", etag);
  g_autoptr (WireAnswer) second =
    ask (self, wire, "GET", target, headers, NULL);

  g_atomic_int_add (&self->reads, 2);
  if (second->status == 304)
    g_atomic_int_inc (&self->same);
  if (second->status == 304 && now > known + 1)
    g_error ("%s has changed, but is said to be the same", package->name);
}

static gpointer
read_in_thread (gpointer data)
{
  SoakClients *self = data;
  g_autoptr (GRand) random = g_rand_new_with_seed (3);
  g_autoptr (Wire) wire = wire_new (self->port);

  while (!is_stopping (self))
    {
      Package *package = choose_package (self, random);
      gint32 dice = g_rand_int_range (random, 0, 10);

      if (package == NULL)
        g_usleep (PAUSE);
      else if (dice < 6)
        read_list (self, wire, package);
      else if (dice < 9)
        read_tarball (self, wire, package, random);
      else
        read_again (self, wire, package);
    }

  return NULL;
}

/* Begins something, and leaves without a word, or in the middle of it. */
static gpointer
leave_in_thread (gpointer data)
{
  static const char *const beginnings[] = {
    "GET /packages HTTP/1.1\r\nHost: a\r\n",
    "GET /packages/soak-0 HTTP/1.1\r\nHost: a\r\n\r\n"
    "GET /packages HTTP/1.1\r\nHost: a\r\n\r\n"
    "GET /packages/soak-0/1.0.0/download HTTP/1.1\r\nHost: a\r\n\r\n",
    "PUT /packages/soak-left/1.0.0 HTTP/1.1\r\nHost: a\r\n"
    "Content-Type: application/gzip\r\nContent-Length: 100000\r\n\r\n\x1f\x8b",
    "PUT /packages/soak-left/1.0.0 HTTP/1.1\r\nHost: a\r\nExpect: 100-continue"
    "\r\nContent-Type: application/gzip\r\nContent-Length: 100000\r\n\r\n",
    "GET /changes?since=1000000&wait=30 HTTP/1.1\r\nHost: a\r\n\r\n",
    "\x16\x03\x01",
  };
  SoakClients *self = data;
  g_autoptr (GRand) random = g_rand_new_with_seed (4);

  while (!is_stopping (self))
    {
      gint32 which = g_rand_int_range (random, 0, G_N_ELEMENTS (beginnings));
      g_autoptr (Wire) wire = wire_new (self->port);

      wire_write (wire, beginnings[which], strlen (beginnings[which]), NULL);
      g_usleep ((gulong) g_rand_int_range (random, 0, 4000));
      g_atomic_int_inc (&self->leaves);
    }

  return NULL;
}

static void
start (SoakClients *self, GThreadFunc func, guint n)
{
  for (guint i = 0; i < n; i++)
    g_ptr_array_add (self->threads, g_thread_new ("soak", func, self));
}

void
soak_clients_start (SoakClients *self)
{
  start (self, publish_in_thread, PUBLISHERS);
  start (self, read_in_thread, READERS);
  start (self, leave_in_thread, LEAVERS);
}

/* From now on connections may be lost. */
void
soak_clients_expect_loss (SoakClients *self)
{
  g_atomic_int_inc (&self->losses);
}

void
soak_clients_stop (SoakClients *self)
{
  g_atomic_int_set (&self->stopping, TRUE);
  for (guint i = 0; i < self->threads->len; i++)
    g_thread_join (self->threads->pdata[i]);
  g_ptr_array_set_size (self->threads, 0);
}

/* All that was acknowledged is there, and as it was said to be. */
void
soak_clients_audit (SoakClients *self)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (5);
  g_autoptr (Wire) wire = wire_new (self->port);

  for (guint i = 0; i < self->packages->len; i++)
    {
      Package *package = self->packages->pdata[i];

      read_list (self, wire, package);
      read_tarball (self, wire, package, random);
    }
}

void
soak_clients_report (SoakClients *self, guint kills)
{
  g_test_message ("%d publishes of %u packages, %d yanks, %d reads, %d of them "
                  "the same, %d left, %d connections lost",
                  self->publishes,
                  self->packages->len,
                  self->yanks,
                  self->reads,
                  self->same,
                  self->leaves,
                  self->lost);
  g_assert_cmpint (self->publishes, >, 0);
  g_assert_cmpint (self->yanks, >, 0);
  g_assert_cmpint (self->same, >, 0);

  /* Each loses its connection once, and may find the next one gone too. */
  g_assert_cmpint (self->lost,
                   <=,
                   (gint) kills * 3 * (PUBLISHERS * 2 + READERS));
}
