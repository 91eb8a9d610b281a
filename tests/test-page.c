/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-page.h"
#include "registry/loft-registry-error.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define RAISES 20000

static LoftPage *
open_again (LoftPage *page)
{
  g_autoptr (GError) error = NULL;
  int fd = fcntl (loft_page_get_fd (page), F_DUPFD_CLOEXEC, 0);
  g_assert_cmpint (fd, !=, -1);
  LoftPage *again = loft_page_open (fd, NULL, &error);
  g_assert_no_error (error);

  return again;
}

/* Whoever opens a page sees what others write, and finds the same slots. */
static void
test_share (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (LoftPage) page = loft_page_new (3, &error);
  g_assert_no_error (error);
  g_autoptr (LoftPage) other = open_again (page);

  g_assert_cmpuint (loft_page_get_n_slots (other), ==, 3);
  loft_page_raise_sequence (page, 7);
  loft_page_begin_epoch (page);
  g_assert_cmpuint (loft_page_get_sequence (other), ==, 7);
  g_assert_cmpuint (loft_page_get_epoch (other), ==, 1);

  for (guint i = 0; i < 3; i++)
    {
      guint8 *ours = loft_page_get_slot (page, i);
      const guint8 *theirs = loft_page_get_slot (other, i);

      for (guint j = 0; j < LOFT_PAGE_SLOT_SIZE; j += 4096)
        g_assert_cmpuint (theirs[j], ==, 0);
      memset (ours, (int) i + 1, LOFT_PAGE_SLOT_SIZE);
      g_assert_cmpuint (theirs[0], ==, i + 1);
      g_assert_cmpuint (theirs[LOFT_PAGE_SLOT_SIZE - 1], ==, i + 1);
    }
  g_assert_cmpuint (loft_page_get_sequence (other), ==, 7);
}

/* Late news change nothing. */
static void
test_raise (void)
{
  g_autoptr (LoftPage) page = loft_page_new (1, NULL);

  loft_page_raise_sequence (page, 5);
  loft_page_raise_sequence (page, 3);
  g_assert_cmpuint (loft_page_get_sequence (page), ==, 5);

  guint64 epoch = loft_page_get_epoch (page);
  loft_page_start_over (page);
  g_assert_cmpuint (loft_page_get_sequence (page), ==, 0);
  g_assert_cmpuint (loft_page_get_epoch (page), >, epoch);
}

/* Processes that raise it at once leave the highest number, and none sees it
 * fall. */
static void
test_processes (void)
{
  g_autoptr (LoftPage) page = loft_page_new (2, NULL);
  pid_t child = fork ();
  g_assert_cmpint (child, !=, -1);

  guint64 step = child == 0 ? 2 : 3;
  guint64 last = 0;
  gboolean fell = FALSE;
  for (guint64 i = 1; i <= RAISES; i++)
    {
      loft_page_raise_sequence (page, i * step);
      guint64 now = loft_page_get_sequence (page);
      fell = fell || now < last || now < i * step;
      last = now;
    }
  if (child == 0)
    _exit (fell ? 1 : 0);

  int status = 0;
  g_assert_cmpint (waitpid (child, &status, 0), ==, child);
  g_assert_cmpint (status, ==, 0);
  g_assert_false (fell);
  g_assert_cmpuint (loft_page_get_sequence (page), ==, 3 * RAISES);
}

/* A bell that was rung, however often, is heard once, by each that shares it.
 */
static void
test_bells (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (LoftPage) page = loft_page_new (2, &error);
  g_assert_no_error (error);
  int bells[2];
  eventfd_t count = 0;

  for (guint i = 0; i < 2; i++)
    bells[i] = fcntl (loft_page_get_bell (page, i), F_DUPFD_CLOEXEC, 0);
  g_autoptr (LoftPage) other =
    loft_page_open (fcntl (loft_page_get_fd (page), F_DUPFD_CLOEXEC, 0),
                    bells,
                    &error);
  g_assert_no_error (error);

  g_assert_cmpint (eventfd_read (bells[0], &count), ==, -1);
  loft_page_ring (page);
  loft_page_ring (other);
  for (guint i = 0; i < 2; i++)
    {
      int ours = loft_page_get_bell (page, i);

      g_assert_cmpint (eventfd_read (i == 0 ? bells[0] : ours, &count), ==, 0);
      g_assert_cmpuint (count, ==, 2);
      g_assert_cmpint (eventfd_read (i == 0 ? ours : bells[1], &count), ==, -1);
    }
}

/* One process at a time has its turn; nobody waits for ever, and a process that
 * dies gives its turn back. */
static void
test_turns (void)
{
  g_autoptr (LoftPage) page = loft_page_new (2, NULL);

  for (guint round = 0; round < 3; round++)
    {
      int ends[2];
      char byte = 'R';

      g_assert_cmpint (pipe (ends), ==, 0);
      pid_t child = fork ();
      g_assert_cmpint (child, !=, -1);
      if (child == 0)
        {
          if (loft_page_lock (page, 10000) && write (ends[1], &byte, 1) == 1)
            pause ();
          _exit (1);
        }

      g_assert_cmpint (read (ends[0], &byte, 1), ==, 1);
      g_assert_false (loft_page_lock (page, 20));
      kill (child, SIGKILL);
      g_assert_cmpint (waitpid (child, NULL, 0), ==, child);
      g_assert_true (loft_page_lock (page, 10000));
      loft_page_unlock (page);
      close (ends[0]);
      close (ends[1]);
    }
}

/* Whoever has begun to write is waited for, and who begins later is not; what a
 * dead process has begun can be ended for it. */
static void
test_writes (void)
{
  g_autoptr (LoftPage) page = loft_page_new (3, NULL);
  g_autoptr (LoftPage) other = open_again (page);

  g_assert_true (loft_page_wait_for_writes (page, 0, NULL));
  loft_page_begin_write (other, 1);
  loft_page_begin_write (page, 2);
  g_assert_false (loft_page_wait_for_writes (page, 10, NULL));
  loft_page_end_write (page, 2);
  g_assert_false (loft_page_wait_for_writes (page, 10, NULL));
  loft_page_end_write (other, 1);
  g_assert_true (loft_page_wait_for_writes (page, 10, NULL));

  loft_page_begin_write (page, 2);
  loft_page_forget_writes (other, 2);
  g_assert_true (loft_page_wait_for_writes (page, 10, NULL));
}

/* The facts are there for all. */
static void
test_facts (void)
{
  g_autoptr (LoftPage) page = loft_page_new (2, NULL);
  g_autoptr (LoftPage) other = open_again (page);

  for (guint i = 0; i < LOFT_PAGE_N_FACTS; i++)
    {
      g_assert_cmpuint (loft_page_get_fact (other, i), ==, 0);
      loft_page_set_fact (page, i, 100 + i);
    }
  for (guint i = 0; i < LOFT_PAGE_N_FACTS; i++)
    g_assert_cmpuint (loft_page_get_fact (other, i), ==, 100 + i);
}

/* What is no page of ours is refused. */
static void
test_foreign (void)
{
  static const gsize sizes[] = { 0, 100, 2 * LOFT_PAGE_SLOT_SIZE };

  for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      g_autoptr (GError) error = NULL;
      int fd = memfd_create ("foreign", MFD_CLOEXEC);

      g_assert_cmpint (fd, !=, -1);
      g_assert_cmpint (ftruncate (fd, (off_t) sizes[i]), ==, 0);
      g_assert_null (loft_page_open (fd, NULL, &error));
      g_assert_error (error, LOFT_REGISTRY_ERROR, LOFT_REGISTRY_ERROR_FAILED);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  g_test_add_func ("/page/share", test_share);
  g_test_add_func ("/page/raise", test_raise);
  g_test_add_func ("/page/processes", test_processes);
  g_test_add_func ("/page/bells", test_bells);
  g_test_add_func ("/page/turns", test_turns);
  g_test_add_func ("/page/writes", test_writes);
  g_test_add_func ("/page/facts", test_facts);
  g_test_add_func ("/page/foreign", test_foreign);

  return g_test_run ();
}
