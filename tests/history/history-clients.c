/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "history/history-clients.h"

#include "history/history-answer.h"
#include "kit/package-kit.h"
#include "kit/wire-kit.h"

#define HEADERS                                                                \
  "Content-Type: application/gzip\r\n"                                         \
  "Authorization: Bearer a-token-that-all-of-the-clients-share\r\n"

/* Every fifth publish is of a version that two others want as well, with other
 * bytes or, sometimes, the same. */
#define COLLISION_EVERY 5
#define COLLIDERS 3
#define VERSIONS_PER_SHARED 10
#define VERSIONS_PER_SOLO 20

/* Every fifteenth version is yanked, and some of those for a while only. */
#define YANK_EVERY 15

#define RETRY_PAUSE_MIN (50 * 1000)
#define RETRY_PAUSE_MAX (800 * 1000)
#define TRIES_MAX 400
#define KNOWN_MAX 256

/* A version that somebody was told of. */
typedef struct
{
  char *name;    /* owned */
  char *version; /* owned */
  gboolean is_yanked;
} Known;

typedef struct
{
  HistoryClients *all; /* not owned */
  char *name;          /* owned */
  guint number;
  guint home;
  GRand *random;   /* owned */
  GThread *thread; /* owned, nullable */
  Wire **wires;    /* owned */
  guint16 *ports;  /* owned */
  guint n_solo;
} Client;

struct _HistoryClients
{
  HistoryRecorder *recorder; /* not owned */
  HistoryNode **nodes;       /* not owned */
  guint n_nodes;
  guint n_publishes;
  Client *clients; /* owned */
  guint n_clients;
  GMutex mutex;
  GPtrArray *known; /* owned, of owned Known */
  gint next;        /* atomic: the next publish */
  gint running;     /* atomic: clients */
  gint stopping;    /* atomic */

  gint done; /* atomic, as all that follows */
  gint refused;
  gint unknown;
  gint given_up;
  gint yanks;
  gint reads;
};

static void
known_free (gpointer data)
{
  Known *known = data;

  g_free (known->name);
  g_free (known->version);
  g_free (known);
}

HistoryClients *
history_clients_new (HistoryRecorder *recorder,
                     HistoryNode **nodes,
                     guint n_nodes,
                     guint clients_per_node,
                     guint n_publishes,
                     guint32 seed)
{
  HistoryClients *self = g_new0 (HistoryClients, 1);

  self->recorder = recorder;
  self->nodes = nodes;
  self->n_nodes = n_nodes;
  self->n_publishes = n_publishes;
  self->n_clients = n_nodes * clients_per_node;
  self->clients = g_new0 (Client, self->n_clients);
  self->known = g_ptr_array_new_with_free_func (known_free);
  g_mutex_init (&self->mutex);
  for (guint i = 0; i < self->n_clients; i++)
    {
      Client *client = &self->clients[i];

      client->all = self;
      client->number = i;
      client->home = i % n_nodes;
      client->name = g_strdup_printf ("client-%u", i);
      client->random = g_rand_new_with_seed (seed + i);
      client->wires = g_new0 (Wire *, n_nodes);
      client->ports = g_new0 (guint16, n_nodes);
    }

  return self;
}

void
history_clients_free (HistoryClients *self)
{
  for (guint i = 0; i < self->n_clients; i++)
    {
      Client *client = &self->clients[i];

      for (guint node = 0; node < self->n_nodes; node++)
        g_clear_pointer (&client->wires[node], wire_free);
      g_free (client->wires);
      g_free (client->ports);
      g_free (client->name);
      g_rand_free (client->random);
    }
  g_free (self->clients);
  g_ptr_array_unref (self->known);
  g_mutex_clear (&self->mutex);
  g_free (self);
}

static gboolean
is_stopping (Client *self)
{
  return g_atomic_int_get (&self->all->stopping);
}

/* The connection to a node, which may listen elsewhere since it was killed. */
static Wire *
get_wire (Client *self, guint node)
{
  guint16 port = (guint16) g_atomic_int_get (&self->all->nodes[node]->port);

  if (self->wires[node] == NULL || self->ports[node] != port)
    {
      g_clear_pointer (&self->wires[node], wire_free);
      self->wires[node] = wire_new (port);
      self->ports[node] = port;
    }

  return self->wires[node];
}

static HistoryRecord *
begin (Client *self,
       HistoryOp op,
       guint node,
       const char *name,
       const char *version)
{
  HistoryRecord *record = history_record_new (op, node);

  record->client = g_strdup (self->name);
  record->name = g_strdup (name);
  record->version = g_strdup (version);
  record->begin = g_get_monotonic_time ();

  return record;
}

/* Asks once. A record has the status 0 where no answer came. */
static void
ask (Client *self,
     HistoryRecord *record,
     const char *method,
     const char *action,
     GBytes *body)
{
  Wire *wire = get_wire (self, record->node);
  g_autofree char *target = g_strdup_printf ("/packages/%s/%s%s",
                                             record->name,
                                             record->version,
                                             action);
  g_autoptr (WireAnswer) answer =
    wire_request (wire, method, target, HEADERS, body, NULL);

  history_answer_take (record, answer);
}

/* Writes down what was answered, and gives the status. */
static guint
end (Client *self, HistoryRecord *record)
{
  guint status = record->status;

  history_recorder_take (self->all->recorder, record);

  return status;
}

static guint
choose_node (Client *self)
{
  return (
    guint) g_rand_int_range (self->random, 0, (gint32) self->all->n_nodes);
}

/* Most clients know one registry; some go to another when theirs fails. */
static guint
choose_other_node (Client *self, guint node)
{
  return g_rand_int_range (self->random, 0, 3) == 0 ? choose_node (self) : node;
}

static void
rest (Client *self, guint tries)
{
  gint32 most = MIN (RETRY_PAUSE_MIN << MIN (tries, 10), RETRY_PAUSE_MAX);

  g_usleep (
    (gulong) g_rand_int_range (self->random, RETRY_PAUSE_MIN / 2, most));
}

static void
read_version (Client *self,
              HistoryOp op,
              guint node,
              const char *name,
              const char *version)
{
  HistoryRecord *record = begin (self, op, node, name, version);

  ask (self, record, "GET", op == HISTORY_DOWNLOAD ? "/download" : "", NULL);
  end (self, record);
  g_atomic_int_inc (&self->all->reads);
}

/* Looks for a version that nobody ever yanks in the list of its package. */
static void
read_list (Client *self, guint node, const char *name, const char *version)
{
  HistoryRecord *record = begin (self, HISTORY_READ, node, name, version);
  g_autofree char *target = g_strconcat ("/packages/", name, NULL);
  g_autoptr (WireAnswer) answer =
    wire_get (get_wire (self, node), target, NULL);

  history_answer_take_list (record, answer);
  end (self, record);
  g_atomic_int_inc (&self->all->reads);
}

/* Tells the others of a version. */
static void
make_known (Client *self,
            const char *name,
            const char *version,
            gboolean yanked)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->all->mutex);
  Known *known = g_new0 (Known, 1);

  known->name = g_strdup (name);
  known->version = g_strdup (version);
  known->is_yanked = yanked;
  if (self->all->known->len >= KNOWN_MAX)
    g_ptr_array_remove_index (self->all->known, 0);
  g_ptr_array_add (self->all->known, known);
}

static Known *
choose_known (Client *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->all->mutex);
  GPtrArray *all = self->all->known;
  Known *copy;

  if (all->len == 0)
    return NULL;

  const Known *known =
    all->pdata[g_rand_int_range (self->random, 0, (gint32) all->len)];
  copy = g_new0 (Known, 1);
  copy->name = g_strdup (known->name);
  copy->version = g_strdup (known->version);
  copy->is_yanked = known->is_yanked;

  return copy;
}

static void
read_something (Client *self)
{
  Known *known = choose_known (self);
  guint node = choose_node (self);

  if (known == NULL)
    return;

  switch (g_rand_int_range (self->random, 0, known->is_yanked ? 2 : 3))
    {
    case 0:
      read_version (self, HISTORY_READ, node, known->name, known->version);
      break;
    case 1:
      read_version (self, HISTORY_DOWNLOAD, node, known->name, known->version);
      break;
    default:
      read_list (self, node, known->name, known->version);
      break;
    }
  known_free (known);
}

/* Yanks until the answer is certain. A node may have to learn of the version
 * first. */
static void
toggle (Client *self, HistoryOp op, const char *name, const char *version)
{
  const char *method = op == HISTORY_YANK ? "POST" : "DELETE";
  guint node = choose_node (self);

  for (guint tries = 0; tries < TRIES_MAX && !is_stopping (self); tries++)
    {
      HistoryRecord *record = begin (self, op, node, name, version);

      ask (self, record, method, "/yank", NULL);
      if (end (self, record) / 100 == 2)
        {
          g_atomic_int_inc (&self->all->yanks);
          read_version (self, HISTORY_READ, node, name, version);
          return;
        }
      node = choose_other_node (self, node);
      rest (self, tries);
    }
  g_atomic_int_inc (&self->all->given_up);
}

static void
yank (Client *self, const char *name, const char *version)
{
  toggle (self, HISTORY_YANK, name, version);
  if (g_rand_int_range (self->random, 0, 3) == 0)
    toggle (self, HISTORY_UNYANK, name, version);
}

/* What follows an answer that is certain: whoever was told looks at once. */
static void
use (Client *self,
     guint node,
     const char *name,
     const char *version,
     gboolean yankable)
{
  read_version (self, HISTORY_READ, node, name, version);
  if (g_rand_boolean (self->random))
    read_version (self, HISTORY_DOWNLOAD, node, name, version);
  else if (!yankable)
    read_list (self, node, name, version);
  make_known (self, name, version, yankable);
  if (yankable)
    yank (self, name, version);
}

/* Publishes until the answer is certain, with the same bytes each time. */
static void
publish (Client *self,
         const char *name,
         const char *version,
         guint32 seed,
         gboolean yankable)
{
  gsize size = seed % 20 == 0 ? 300000 : 500 + seed % 20000;
  g_autoptr (GBytes) tarball = package_kit_make (name, version, size, seed);
  g_autofree char *sha256 = package_kit_digest (tarball);
  guint node = self->home;

  for (guint tries = 0; tries < TRIES_MAX && !is_stopping (self); tries++)
    {
      HistoryRecord *record =
        begin (self, HISTORY_PUBLISH, node, name, version);

      record->sent = g_strdup (sha256);
      ask (self, record, "PUT", "", tarball);
      guint status = end (self, record);
      if (status != 0 && status < 500)
        {
          g_atomic_int_inc (status / 100 == 2 ? &self->all->done
                                              : &self->all->refused);
          use (self, node, name, version, yankable);
          return;
        }
      g_atomic_int_inc (&self->all->unknown);
      node = choose_other_node (self, node);
      rest (self, tries);
    }
  g_atomic_int_inc (&self->all->given_up);
}

static void
publish_shared (Client *self, guint ticket)
{
  guint group = ticket / COLLISION_EVERY / COLLIDERS;
  g_autofree char *name =
    g_strdup_printf ("shared-%u", group / VERSIONS_PER_SHARED);
  g_autofree char *version = g_strdup_printf ("1.%u.0", group);

  publish (self,
           name,
           version,
           group % 4 == 0 ? group : ticket * 7 + 1,
           group % YANK_EVERY == 0);
}

static void
publish_solo (Client *self, guint ticket)
{
  guint number = self->n_solo++;
  g_autofree char *name =
    g_strdup_printf ("solo-%u-%u", self->number, number / VERSIONS_PER_SOLO);
  g_autofree char *version = g_strdup_printf ("0.%u.0", number);

  publish (self,
           name,
           version,
           g_rand_int (self->random),
           ticket % YANK_EVERY == 1);
}

static gpointer
run_client_cb (gpointer data)
{
  Client *self = data;

  while (!is_stopping (self))
    {
      guint ticket = (guint) g_atomic_int_add (&self->all->next, 1);

      if (ticket >= self->all->n_publishes)
        break;
      if (ticket % COLLISION_EVERY == 0)
        publish_shared (self, ticket);
      else
        publish_solo (self, ticket);
      read_something (self);
    }
  g_atomic_int_add (&self->all->running, -1);

  return NULL;
}

void
history_clients_start (HistoryClients *self)
{
  g_atomic_int_set (&self->running, (gint) self->n_clients);
  for (guint i = 0; i < self->n_clients; i++)
    self->clients[i].thread =
      g_thread_new ("client", run_client_cb, &self->clients[i]);
}

/* How many publishes have begun. */
guint
history_clients_get_progress (HistoryClients *self)
{
  return MIN ((guint) g_atomic_int_get (&self->next), self->n_publishes);
}

/* How often nobody could be certain in the end. */
guint
history_clients_get_given_up (HistoryClients *self)
{
  return (guint) g_atomic_int_get (&self->given_up);
}

gboolean
history_clients_are_done (HistoryClients *self)
{
  return g_atomic_int_get (&self->running) == 0;
}

/* Has them give up what they try. */
void
history_clients_stop (HistoryClients *self)
{
  g_atomic_int_set (&self->stopping, TRUE);
}

void
history_clients_join (HistoryClients *self)
{
  for (guint i = 0; i < self->n_clients; i++)
    g_thread_join (g_steal_pointer (&self->clients[i].thread));
}

void
history_clients_report (HistoryClients *self)
{
  g_test_message ("%d publishes were acknowledged and %d refused, %d answers "
                  "were lost or uncertain, %d given up; %d yanks, %d reads",
                  self->done,
                  self->refused,
                  self->unknown,
                  self->given_up,
                  self->yanks,
                  self->reads);
}
