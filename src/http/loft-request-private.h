/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "http/loft-request.h"

G_BEGIN_DECLS

/**
 * LoftRequest:
 *
 * A request from the end of its head to the end of its answer. It outlives the
 * message where some work on its behalf is still under way when the client
 * leaves; from then on it is not alive, and nothing can be answered.
 */
struct _LoftRequest
{
  GObject parent_instance;

  LoftHttpShared *shared;     /* owned */
  SoupServerMessage *message; /* owned, NULL once the request has ended */
  char *id;                   /* owned */
  LoftGateStream *stream;     /* owned, NULL if it came by no gate */
  GInetAddress *peer;         /* owned */
  LoftHotMark mark;           /* of the moment when it came */
  GCancellable *cancellable;  /* owned */
  gint64 started;

  const LoftEndpoint *endpoint; /* static, NULL if nothing answers */
  GStrv segments;               /* owned, nullable */
  const char *const *pattern;   /* the router's, NULL if nothing answers */
  guint row;                    /* of the routing tables, 0 for none */
  GHashTable *query;            /* owned, NULL before it was parsed */
  LoftView *view;               /* owned, NULL for the plain registry */
  char *view_prefix;            /* owned, NULL for the plain registry */

  GError *error;            /* owned, nullable: why it will be refused */
  gpointer data;            /* the endpoint's */
  GDestroyNotify free_data; /* for @data */
  LoftRequestFunc hurry;    /* nullable */

  gboolean is_hot; /* see loft_hot_mark() */
  char *hot_tag;   /* owned, nullable */
  gint64 hot_until;
  gboolean hot_copies; /* see loft_hot_copy() */

  struct
  {
    const char *name; /* static, NULL if none counts for it */
    LoftLimit limit;
    gboolean refused;
    guint left;
    guint wait; /* seconds until there is one more */
  } limit;

  char *subject;        /* owned, nullable: see loft_hot_set_subject() */
  gboolean is_download; /* of that, if all of the answer is sent */

  gboolean paused;
  SoupStatus status; /* 0 before the answer */
  goffset sent;      /* bytes of its body */
};

G_END_DECLS
