/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include <glib.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

/*
 * Many clients at once, none of which behaves well:
 *
 *   siege-load KIND PORT CONNECTIONS SECONDS TARGET
 *
 * dribble  each sends the head of a request byte by byte, and never its end
 * sip      each asks for TARGET and takes a few bytes of it now and then
 * reset    each says something or nothing, and resets the connection; there are
 *          CONNECTIONS of them, one after another but for a few
 * crowd    each asks for TARGET again and again, and comes again if it is sent
 *          away
 *
 * What happened is told in one line at the end. A process of its own, so that
 * neither the server nor the client that is measured shares its descriptors.
 */
#define EVENTS 512
#define BUFFER 65536

/* How many of those that reset are there at a time. */
#define RESETTING 200

/* Milliseconds. */
#define DRIBBLE 1000
#define SIP 1000
#define AGAIN 100
#define BREATH 20

typedef struct
{
  int fd;       /* -1 if there is none */
  guint number; /* what it is up to follows from that */
  gint64 due;   /* when it does something of its own */
  gsize sent;
  gboolean connected;
} Client;

typedef struct
{
  const char *name;
  gboolean reads; /* whether it takes what comes as soon as it does */
  gint64 (*act) (Client *client);
} Kind;

static struct
{
  const Kind *kind;
  struct sockaddr_in address;
  const char *target;
  Client *clients;
  guint n_clients;
  guint n_wanted; /* connections in all; 0 for any number */
  int epoll_fd;
  GRand *random;
  char buffer[BUFFER];
  gint64 now;

  guint64 opened;
  guint64 ended; /* by the server */
  guint64 answers;
  guint64 sent_away;
  guint64 received;
} load;

static const char head_start[] = "GET / HTTP/1.1\r\nHost: siege\r\nX-Slow: ";

static gint64
later (gint64 milliseconds)
{
  return load.now + g_rand_int_range (load.random,
                                      (gint32) (milliseconds * 500),
                                      (gint32) (milliseconds * 1500));
}

static void
leave (Client *client)
{
  close (client->fd);
  client->fd = -1;
  client->connected = FALSE;
  client->sent = 0;
}

static void
come (Client *client)
{
  struct epoll_event event = {
    .events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
    .data.ptr = client,
  };

  client->fd = socket (AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  client->due = later (AGAIN);
  if (client->fd < 0)
    return;

  /* Little room to receive makes the server notice who reads slowly. */
  int room = 4096;
  if (!load.kind->reads)
    setsockopt (client->fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
  if (connect (client->fd,
               (const struct sockaddr *) &load.address,
               sizeof load.address) < 0 &&
      errno != EINPROGRESS)
    {
      leave (client);
      return;
    }
  epoll_ctl (load.epoll_fd, EPOLL_CTL_ADD, client->fd, &event);
  load.opened++;
}

static gboolean
say (Client *client, const char *text, gsize length)
{
  gssize n = send (client->fd, text, length, MSG_NOSIGNAL);

  if (n > 0)
    client->sent += (gsize) n;

  return n == (gssize) length;
}

static void
ask (Client *client)
{
  g_autofree char *text =
    g_strdup_printf ("GET %s HTTP/1.1\r\nHost: siege\r\n\r\n", load.target);

  say (client, text, strlen (text));
}

static gint64
dribble (Client *client)
{
  gsize length = sizeof head_start - 1;

  say (client, client->sent < length ? head_start + client->sent : "x", 1);

  return later (DRIBBLE);
}

static gint64
sip (Client *client)
{
  if (client->sent == 0)
    ask (client);
  else
    {
      gssize n = recv (client->fd, load.buffer, 256, 0);

      load.received += n > 0 ? (guint64) n : 0;
    }

  return later (SIP);
}

static gint64
reset (Client *client)
{
  static const char body[] =
    "POST /packages/publish HTTP/1.1\r\nHost: siege\r\n"
    "Content-Type: application/json\r\n"
    "Content-Length: 100000\r\n\r\n{\"name\":";
  const struct linger now = { .l_onoff = 1 };

  if (client->sent == 0 && client->number % 4 != 0)
    {
      if (client->number % 4 == 1)
        say (client, head_start, sizeof head_start - 1);
      else if (client->number % 4 == 2)
        ask (client);
      else
        say (client, body, sizeof body - 1);
      return load.now + g_rand_int_range (load.random, 0, 3000);
    }

  setsockopt (client->fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  leave (client);
  client->number += RESETTING + 1;

  return load.now;
}

static gint64
crowd (Client *client)
{
  ask (client);

  return G_MAXINT64;
}

static const Kind kinds[] = {
  { "dribble", TRUE, dribble },
  { "sip", FALSE, sip },
  { "reset", FALSE, reset },
  { "crowd", TRUE, crowd },
};

/* How many answers begin in what was read, and how many of those send it away;
 * one that is cut in two here is not counted, which is rare enough. */
static void
count_answers (const char *text, gsize length)
{
  static const char start[] = "HTTP/1.1 ";
  const char *end = text + length;
  const char *p = text;

  while ((p = memmem (p, (gsize) (end - p), start, sizeof start - 1)) != NULL)
    {
      p += sizeof start - 1;
      load.answers++;
      load.sent_away += end - p >= 3 && memcmp (p, "503", 3) == 0;
    }
}

/* Takes what has come; FALSE at the end. */
static gboolean
take (Client *client)
{
  while (TRUE)
    {
      gssize n = recv (client->fd, load.buffer, BUFFER, 0);

      if (n < 0 && errno == EAGAIN)
        return TRUE;
      if (n <= 0)
        return FALSE;
      load.received += (guint64) n;
      count_answers (load.buffer, (gsize) n);
      if (client->due == G_MAXINT64)
        client->due = later (BREATH);
    }
}

static void
handle (Client *client, guint32 events)
{
  if (client->fd < 0)
    return;

  if ((events & EPOLLOUT) != 0 && !client->connected)
    {
      client->connected = TRUE;
      client->due = load.now;
    }
  gboolean open = (events & (EPOLLERR | EPOLLHUP)) == 0;
  if (load.kind->reads)
    open &= take (client);
  else if ((events & EPOLLRDHUP) != 0 && load.kind->act == reset)
    open = FALSE;
  if (open)
    return;

  load.ended++;
  leave (client);
  client->due = later (AGAIN);
}

static void
act_all (void)
{
  for (guint i = 0; i < load.n_clients; i++)
    {
      Client *client = &load.clients[i];

      if (client->due > load.now)
        continue;
      if (client->fd < 0 && (load.n_wanted == 0 || load.opened < load.n_wanted))
        come (client);
      else if (client->fd >= 0 && client->connected)
        client->due = load.kind->act (client);
    }
}

static gboolean
is_over (gint64 end)
{
  if (load.n_wanted == 0 || load.opened < load.n_wanted)
    return load.now >= end;

  for (guint i = 0; i < load.n_clients; i++)
    if (load.clients[i].fd >= 0)
      return load.now >= end;

  return TRUE;
}

static void
run (gint64 end)
{
  struct epoll_event events[EVENTS];

  while (!is_over (end))
    {
      int n = epoll_wait (load.epoll_fd, events, EVENTS, 2);

      load.now = g_get_monotonic_time ();
      for (int i = 0; i < n; i++)
        handle (events[i].data.ptr, events[i].events);
      act_all ();
    }
}

/* As many descriptors as there may be. */
static guint
raise_limit (guint wanted)
{
  struct rlimit limit = { 0 };

  getrlimit (RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit (RLIMIT_NOFILE, &limit);

  return (guint) MIN ((rlim_t) wanted, limit.rlim_cur - 32);
}

static const Kind *
find_kind (const char *name)
{
  for (gsize i = 0; i < G_N_ELEMENTS (kinds); i++)
    if (g_str_equal (kinds[i].name, name))
      return &kinds[i];

  return NULL;
}

int
main (int argc, char **argv)
{
  if (argc != 6 || find_kind (argv[1]) == NULL)
    {
      g_printerr ("usage: siege-load KIND PORT CONNECTIONS SECONDS TARGET\n");
      return 2;
    }

  guint connections = (guint) strtoul (argv[3], NULL, 10);
  load.kind = find_kind (argv[1]);
  load.address.sin_family = AF_INET;
  load.address.sin_addr.s_addr = htonl (INADDR_LOOPBACK);
  load.address.sin_port = htons ((guint16) strtoul (argv[2], NULL, 10));
  load.target = argv[5];
  load.n_wanted = load.kind->act == reset ? connections : 0;
  load.n_clients = raise_limit (load.n_wanted > 0 ? RESETTING : connections);
  load.clients = g_new0 (Client, load.n_clients);
  load.epoll_fd = epoll_create1 (EPOLL_CLOEXEC);
  load.random = g_rand_new_with_seed (1);
  load.now = g_get_monotonic_time ();

  for (guint i = 0; i < load.n_clients; i++)
    {
      load.clients[i].fd = -1;
      load.clients[i].number = i;
    }
  run (load.now + (gint64) (strtod (argv[4], NULL) * G_USEC_PER_SEC));

  g_print ("%" G_GUINT64_FORMAT " connections, %" G_GUINT64_FORMAT
           " ended by the server, %" G_GUINT64_FORMAT
           " answers, %" G_GUINT64_FORMAT " of them 503\n",
           load.opened,
           load.ended,
           load.answers,
           load.sent_away);

  return 0;
}
