/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-docs-wire.h"

#include <gio/gunixsocketaddress.h>
#include <glib/gstdio.h>
#include <string.h>

/* Waiting for whoever builds documentation: long enough, and no longer. */

typedef struct
{
  char *folder;            /* owned */
  char *path;              /* owned */
  GSocket *listener;       /* owned */
  LoftDocsWire *wire;      /* owned */
  GSocket *other;          /* owned: the other end */
  GCancellable *stopping;  /* owned */
  gboolean has_lost_lease; /* of the tick */
  guint ticks;
} Fixture;

static gboolean
tick_cb (gpointer user_data, GError **error)
{
  Fixture *fixture = user_data;

  fixture->ticks++;
  if (!fixture->has_lost_lease)
    return TRUE;
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_BUSY, "not our turn");

  return FALSE;
}

static void
set_up (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;

  fixture->folder = g_dir_make_tmp ("loft-XXXXXX", &error);
  g_assert_no_error (error);
  fixture->path = g_build_filename (fixture->folder, "socket", NULL);

  g_autoptr (GSocketAddress) address =
    g_unix_socket_address_new (fixture->path);
  fixture->listener = g_socket_new (G_SOCKET_FAMILY_UNIX,
                                    G_SOCKET_TYPE_STREAM,
                                    G_SOCKET_PROTOCOL_DEFAULT,
                                    &error);
  g_assert_no_error (error);
  g_socket_bind (fixture->listener, address, FALSE, &error);
  g_assert_no_error (error);
  g_socket_listen (fixture->listener, &error);
  g_assert_no_error (error);

  fixture->stopping = g_cancellable_new ();
  fixture->wire = loft_docs_wire_new (fixture->path,
                                      tick_cb,
                                      fixture,
                                      fixture->stopping,
                                      &error);
  g_assert_no_error (error);
  fixture->other = g_socket_accept (fixture->listener, NULL, &error);
  g_assert_no_error (error);
}

static void
tear_down (Fixture *fixture, gconstpointer test_data)
{
  g_clear_pointer (&fixture->wire, loft_docs_wire_free);
  g_clear_object (&fixture->other);
  g_object_unref (fixture->listener);
  g_object_unref (fixture->stopping);
  g_remove (fixture->path);
  g_rmdir (fixture->folder);
  g_free (fixture->path);
  g_free (fixture->folder);
}

static void
say (Fixture *fixture, const char *text)
{
  g_autoptr (GError) error = NULL;

  g_socket_send (fixture->other, text, strlen (text), NULL, &error);
  g_assert_no_error (error);
}

/* A line, and what follows it, come as they were sent. */
static void
test_line (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;
  char rest[4] = { '\0' };

  loft_docs_wire_set_patience (fixture->wire, 60);
  say (fixture, "{}\nabc");
  g_autofree char *line = loft_docs_wire_read_line (fixture->wire, 2, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (line, ==, "{}");
  g_assert_true (loft_docs_wire_read (fixture->wire, rest, 3, &error));
  g_assert_no_error (error);
  g_assert_cmpstr (rest, ==, "abc");

  say (fixture, "{ }\n");
  g_assert_null (loft_docs_wire_read_line (fixture->wire, 2, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_MESSAGE_TOO_LARGE);
}

/* Who says nothing is waited for no longer than that. */
static void
test_silent (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;

  loft_docs_wire_set_patience (fixture->wire, 1);
  g_assert_null (loft_docs_wire_read_line (fixture->wire, 100, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
  g_assert_cmpuint (fixture->ticks, >, 1);
}

static gpointer
drip_cb (gpointer data)
{
  Fixture *fixture = data;

  for (guint i = 0; i < 600; i++)
    {
      if (g_socket_send (fixture->other, "x", 1, NULL, NULL) != 1)
        return GINT_TO_POINTER (TRUE);
      g_usleep (50000);
    }

  return GINT_TO_POINTER (FALSE);
}

/* Nor is who says a little again and again. */
static void
test_drip (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (LoftDocsWire) wire = g_steal_pointer (&fixture->wire);
  GThread *thread = g_thread_new ("drip", drip_cb, fixture);

  loft_docs_wire_set_patience (wire, 1);
  g_assert_null (loft_docs_wire_read_line (wire, 10000, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
  loft_docs_wire_free (g_steal_pointer (&wire));
  g_assert_true (GPOINTER_TO_INT (g_thread_join (thread)));
}

/* Who takes nothing is sent no more than fits. */
static void
test_full (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;
  gsize length = 64 * 1024 * 1024;
  g_autofree char *data = g_malloc0 (length);

  loft_docs_wire_set_patience (fixture->wire, 1);
  g_assert_false (loft_docs_wire_send (fixture->wire, data, length, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
}

/* All waiting ends where the work is somebody else's, or is to end. */
static void
test_ended (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;

  loft_docs_wire_set_patience (fixture->wire, 3600);
  fixture->has_lost_lease = TRUE;
  g_assert_null (loft_docs_wire_read_line (fixture->wire, 100, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_BUSY);
  g_clear_error (&error);

  fixture->has_lost_lease = FALSE;
  g_cancellable_cancel (fixture->stopping);
  g_assert_null (loft_docs_wire_read_line (fixture->wire, 100, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

/* Who hangs up is told apart by what he has read. */
static void
test_hangs_up (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;

  loft_docs_wire_set_patience (fixture->wire, 60);
  if (test_data != NULL)
    {
      g_assert_true (loft_docs_wire_send (fixture->wire, "x", 1, &error));
      g_assert_no_error (error);
    }
  g_clear_object (&fixture->other);
  g_assert_null (loft_docs_wire_read_line (fixture->wire, 100, &error));
  g_assert_true (g_error_matches (error,
                                  G_IO_ERROR,
                                  test_data != NULL
                                    ? G_IO_ERROR_CONNECTION_CLOSED
                                    : G_IO_ERROR_PARTIAL_INPUT));
}

/* Where nobody listens, nobody is waited for. */
static void
test_nobody (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *longer = g_strnfill (200, 'x');
  g_autofree char *none = g_build_filename (fixture->folder, "none", NULL);

  g_assert_null (loft_docs_wire_new (none, tick_cb, fixture, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  g_clear_error (&error);
  g_assert_null (loft_docs_wire_new (longer, tick_cb, fixture, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_FILENAME_TOO_LONG);
}

#define ADD(path, data, func)                                                  \
  g_test_add ("/docs-wire/" path, Fixture, data, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  ADD ("line", NULL, test_line);
  ADD ("silent", NULL, test_silent);
  ADD ("drip", NULL, test_drip);
  ADD ("full", NULL, test_full);
  ADD ("ended", NULL, test_ended);
  ADD ("hangs-up/read", NULL, test_hangs_up);
  ADD ("hangs-up/unread", "x", test_hangs_up);
  ADD ("nobody", NULL, test_nobody);

  return g_test_run ();
}
