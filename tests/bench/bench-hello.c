/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

/* bench-hello
 *
 * What libsoup can do by itself: a server as its manual shows one, which
 * answers everything with the same 300 bytes of JSON. Prints its URL. */

#include <libsoup/soup.h>
#include <stdlib.h>

#define LENGTH 300

static char answer[LENGTH + 1];

static void
hello_cb (SoupServer *server,
          SoupServerMessage *message,
          const char *path,
          GHashTable *query,
          gpointer user_data)
{
  soup_server_message_set_status (message, SOUP_STATUS_OK, NULL);
  soup_server_message_set_response (message,
                                    "application/json",
                                    SOUP_MEMORY_STATIC,
                                    answer,
                                    LENGTH);
}

int
main (int argc, char **argv)
{
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (SoupServer) server = soup_server_new (NULL, NULL);
  g_autoptr (GError) error = NULL;

  g_snprintf (answer, sizeof answer, "[\"%*s\"]", LENGTH - 4, "hello");
  soup_server_add_handler (server, NULL, hello_cb, NULL, NULL);
  if (!soup_server_listen_local (server,
                                 0,
                                 SOUP_SERVER_LISTEN_IPV4_ONLY,
                                 &error))
    {
      g_printerr ("bench-hello: %s\n", error->message);
      return EXIT_FAILURE;
    }

  GSList *uris = soup_server_get_uris (server);
  g_print ("http://127.0.0.1:%d\n", g_uri_get_port (uris->data));
  g_slist_free_full (uris, (GDestroyNotify) g_uri_unref);
  g_main_loop_run (loop);

  return EXIT_SUCCESS;
}
