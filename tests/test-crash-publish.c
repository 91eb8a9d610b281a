/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include <stdarg.h>
#include <string.h>

#include "kit/loft-test-archive.h"
#include "kit/package-kit.h"
#include "kit/wire-kit.h"
#include "test-crash.h"

#define VERSIONS_PER_PACKAGE 6
#define SHARED_TOKEN "a-token-that-all-of-the-clients-have-in-common"
#define BUSY_PAUSE 5000

/**
 * Wish:
 * @name: the package
 * @version: its version
 * @token: who wants it
 * @size: of the tarball
 * @seed: of its content
 * @contended: whether others may be first
 *
 * Something to publish, in a form from which the same bytes can be made again.
 */
typedef struct
{
  char *name;    /* owned */
  char *version; /* owned */
  char *token;   /* owned */
  gsize size;
  guint32 seed;
  gboolean contended;
} Wish;

typedef struct
{
  CrashPublishers *all; /* not owned */
  guint number;
  GRand *random;   /* owned */
  GThread *thread; /* owned */
  Wire *wire;      /* owned */
  char *token;     /* owned */
  guint n_solo;
  guint n_shared;
  guint n_fresh;
  Wish *unanswered; /* owned, nullable */
  char *published;  /* owned, nullable: may be yanked */
} Client;

struct _CrashPublishers
{
  CrashLedger *ledger; /* not owned */
  Client *clients;     /* owned */
  guint n_clients;
  guint round;
  guint16 port;
  int ending; /* atomic */
};

static void
wish_free (Wish *self)
{
  g_free (self->name);
  g_free (self->version);
  g_free (self->token);
  g_free (self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Wish, wish_free)

static void
version_free (gpointer data)
{
  CrashVersion *version = data;

  g_ptr_array_unref (version->tried);
  g_free (version->sha256);
  g_free (version);
}

CrashLedger *
crash_ledger_new (void)
{
  CrashLedger *self = g_new0 (CrashLedger, 1);

  g_mutex_init (&self->mutex);
  self->versions =
    g_hash_table_new_full (g_str_hash, g_str_equal, g_free, version_free);
  self->history = g_string_new (NULL);

  return self;
}

void
crash_ledger_free (CrashLedger *self)
{
  g_hash_table_unref (self->versions);
  g_string_free (self->history, TRUE);
  g_free (self->failure);
  g_mutex_clear (&self->mutex);
  g_free (self);
}

static CrashVersion *
get_version (CrashLedger *self, const char *id)
{
  CrashVersion *version = g_hash_table_lookup (self->versions, id);

  if (version == NULL)
    {
      version = g_new0 (CrashVersion, 1);
      version->tried = g_ptr_array_new_with_free_func (g_free);
      g_hash_table_insert (self->versions, g_strdup (id), version);
    }

  return version;
}

/* Keeps the first failure only: the others mostly follow from it. */
void
crash_ledger_fail (CrashLedger *self, const char *format, ...)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->mutex);
  va_list arguments;

  va_start (arguments, format);
  if (self->failure == NULL)
    self->failure = g_strdup_vprintf (format, arguments);
  va_end (arguments);
}

void
crash_ledger_try (CrashLedger *self, const char *id, const char *sha256)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->mutex);

  g_ptr_array_add (get_version (self, id)->tried, g_strdup (sha256));
}

static gboolean
acknowledge (CrashLedger *self, const char *id, const char *sha256)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->mutex);
  CrashVersion *version = get_version (self, id);

  self->acknowledged++;
  if (version->sha256 == NULL)
    version->sha256 = g_strdup (sha256);

  return g_str_equal (version->sha256, sha256);
}

void
crash_ledger_acknowledge (CrashLedger *self, const char *id, const char *sha256)
{
  if (!acknowledge (self, id, sha256))
    crash_ledger_fail (self, "%s was acknowledged with different bytes", id);
}

/* How often a publish was acknowledged so far. */
guint
crash_ledger_count (CrashLedger *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->mutex);

  return self->acknowledged;
}

void
crash_ledger_try_yank (CrashLedger *self, const char *id)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->mutex);

  get_version (self, id)->yank_tried = TRUE;
}

void
crash_ledger_acknowledge_yank (CrashLedger *self, const char *id)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->mutex);

  get_version (self, id)->yanked = TRUE;
}

/* The client's own package, of which nobody else knows. */
static Wish *
wish_solo (Client *self)
{
  Wish *wish = g_new0 (Wish, 1);

  wish->name = g_strdup_printf ("solo-%u-%u",
                                self->number,
                                self->n_solo / VERSIONS_PER_PACKAGE);
  wish->version = g_strdup_printf ("1.%u.0", self->n_solo++);
  wish->token = g_strdup (self->token);

  return wish;
}

/* A version that the others want too, in everybody's package. */
static Wish *
wish_shared (Client *self)
{
  Wish *wish = g_new0 (Wish, 1);

  wish->name = g_strdup_printf ("shared-%u", self->all->round / 4);
  wish->version =
    g_strdup_printf ("0.%u.%u", self->all->round, self->n_shared++);
  wish->token = g_strdup (SHARED_TOKEN);
  wish->contended = TRUE;

  return wish;
}

/* A name that the others want too, each for itself. */
static Wish *
wish_fresh (Client *self)
{
  Wish *wish = g_new0 (Wish, 1);

  wish->name =
    g_strdup_printf ("fresh-%u-%u", self->all->round, self->n_fresh++);
  wish->version = g_strdup ("2.0.0-rc.1");
  wish->token = g_strdup (self->token);
  wish->contended = TRUE;

  return wish;
}

static Wish *
make_wish (Client *self)
{
  gint32 dice = g_rand_int_range (self->random, 0, 100);
  Wish *wish = dice < 60   ? wish_solo (self)
               : dice < 85 ? wish_shared (self)
                           : wish_fresh (self);

  /* Most are small; some are still on their way when the end comes. */
  wish->seed = g_rand_int (self->random);
  wish->size = dice % 20 == 0
                 ? 1500000
                 : (gsize) g_rand_int_range (self->random, 500, 20000);

  return wish;
}

static WireAnswer *
send_wish (Client *self, const Wish *wish, GBytes *tarball, GError **error)
{
  if (wish->seed % 3 > 0)
    {
      g_autofree char *target =
        g_strdup_printf ("/packages/%s/%s", wish->name, wish->version);
      g_autofree char *headers =
        g_strdup_printf ("Content-Type: application/gzip\r\n"
                         "Authorization: Bearer %s\r\n",
                         wish->token);

      return wire_request (self->wire, "PUT", target, headers, tarball, error);
    }

  char *body = loft_test_publish_body (wish->name, wish->version, tarball);
  g_autoptr (GBytes) bytes = g_bytes_new_take (body, strlen (body));
  g_autofree char *headers =
    g_strdup_printf ("Content-Type: application/json\r\n"
                     "Authorization: Bearer %s\r\n",
                     wish->token);

  return wire_request (self->wire,
                       "POST",
                       "/packages/publish",
                       headers,
                       bytes,
                       error);
}

/* Until the end is expected, nothing may go wrong with a connection. */
static gboolean
lose_connection (Client *self, const char *what, const GError *error)
{
  if (!g_atomic_int_get (&self->all->ending))
    crash_ledger_fail (self->all->ledger,
                       "The connection for %s was lost: %s",
                       what,
                       error->message);

  return FALSE;
}

static void
take_status (Client *self,
             const Wish *wish,
             const char *id,
             const char *sha256,
             const WireAnswer *answer)
{
  CrashLedger *ledger = self->all->ledger;
  g_autofree char *text = wire_answer_dup_text (answer);

  if (answer->status == 200 || answer->status == 201)
    {
      if (strstr (text, sha256) == NULL)
        crash_ledger_fail (ledger, "%s was published as: %s", id, text);
      crash_ledger_acknowledge (ledger, id, sha256);
      if (!wish->contended)
        {
          g_free (self->published);
          self->published = g_strdup (id);
        }
    }
  else if (!wish->contended || (answer->status != 409 && answer->status != 403))
    crash_ledger_fail (ledger, "%s: %u: %s", id, answer->status, text);
}

/* Whether the server is still getting ready; then it is given a moment. */
static gboolean
is_busy (Client *self, const WireAnswer *answer)
{
  if (answer->status != 503 || g_atomic_int_get (&self->all->ending))
    return FALSE;

  g_usleep (BUSY_PAUSE);

  return TRUE;
}

/* Publishes, or fails as soon as the server is gone. */
static gboolean
publish (Client *self, Wish *wish)
{
  g_autoptr (Wish) owned = wish;
  g_autofree char *id = g_strconcat (wish->name, "/", wish->version, NULL);
  g_autoptr (GBytes) tarball =
    package_kit_make (wish->name, wish->version, wish->size, wish->seed);
  g_autofree char *sha256 = package_kit_digest (tarball);

  crash_ledger_try (self->all->ledger, id, sha256);
  for (;;)
    {
      g_autoptr (GError) local_error = NULL;
      g_autoptr (WireAnswer) answer =
        send_wish (self, wish, tarball, &local_error);

      if (answer == NULL)
        {
          if (!wish->contended)
            self->unanswered = g_steal_pointer (&owned);
          return lose_connection (self, id, local_error);
        }
      if (is_busy (self, answer))
        continue;
      if (answer->status == 503)
        return FALSE;

      take_status (self, wish, id, sha256, answer);
      return TRUE;
    }
}

static gboolean
yank (Client *self)
{
  g_autoptr (GError) local_error = NULL;
  g_autofree char *id = g_steal_pointer (&self->published);
  g_autofree char *target = g_strdup_printf ("/packages/%s/yank", id);
  g_autofree char *headers =
    g_strdup_printf ("Content-Type: application/json\r\n"
                     "Authorization: Bearer %s\r\n",
                     self->token);
  const char *reason = "{\"reason\":\"it was wrong\"}";
  g_autoptr (GBytes) body = g_bytes_new_static (reason, strlen (reason));

  crash_ledger_try_yank (self->all->ledger, id);
  g_autoptr (WireAnswer) answer =
    wire_request (self->wire, "POST", target, headers, body, &local_error);
  if (answer == NULL)
    return lose_connection (self, id, local_error);

  if (answer->status / 100 == 2)
    crash_ledger_acknowledge_yank (self->all->ledger, id);
  else if (answer->status != 503)
    crash_ledger_fail (self->all->ledger, "Yanking %s: %u", id, answer->status);

  return TRUE;
}

static gpointer
run_client_cb (gpointer data)
{
  Client *self = data;
  gboolean going = TRUE;

  self->wire = wire_new (self->all->port);

  /* What got no answer is sent again, as a person would do. */
  if (self->unanswered != NULL)
    going = publish (self, g_steal_pointer (&self->unanswered));

  while (going)
    if (self->published != NULL && g_rand_int_range (self->random, 0, 10) == 0)
      going = yank (self);
    else
      going = publish (self, make_wish (self));

  g_clear_pointer (&self->wire, wire_free);

  return NULL;
}

CrashPublishers *
crash_publishers_new (CrashLedger *ledger, guint n_clients)
{
  CrashPublishers *self = g_new0 (CrashPublishers, 1);

  self->ledger = ledger;
  self->n_clients = n_clients;
  self->clients = g_new0 (Client, n_clients);
  for (guint i = 0; i < n_clients; i++)
    {
      self->clients[i].all = self;
      self->clients[i].number = i;
      self->clients[i].random =
        g_rand_new_with_seed ((guint32) g_test_rand_int ());
      self->clients[i].token =
        g_strdup_printf ("a-token-that-only-client-%u-has-and-knows", i);
    }

  return self;
}

void
crash_publishers_free (CrashPublishers *self)
{
  for (guint i = 0; i < self->n_clients; i++)
    {
      Client *client = &self->clients[i];

      g_rand_free (client->random);
      g_free (client->token);
      g_free (client->published);
      g_clear_pointer (&client->unanswered, wish_free);
    }
  g_free (self->clients);
  g_free (self);
}

/* Has all clients publish to the server at @port. */
void
crash_publishers_start (CrashPublishers *self, guint16 port)
{
  self->port = port;
  self->round++;
  g_atomic_int_set (&self->ending, FALSE);
  for (guint i = 0; i < self->n_clients; i++)
    {
      Client *client = &self->clients[i];

      client->n_shared = 0;
      client->n_fresh = 0;
      client->thread = g_thread_new ("client", run_client_cb, client);
    }
}

/* From now on the server may go away. */
void
crash_publishers_expect_end (CrashPublishers *self)
{
  g_atomic_int_set (&self->ending, TRUE);
}

/* Waits for the clients, each of which stops when the server is gone. */
void
crash_publishers_join (CrashPublishers *self)
{
  for (guint i = 0; i < self->n_clients; i++)
    g_thread_join (g_steal_pointer (&self->clients[i].thread));
}
