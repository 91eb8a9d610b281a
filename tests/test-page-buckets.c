/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-page-private.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#define BURST 5
#define INTERVAL 60
#define SECONDS(n) (G_GINT64_CONSTANT (1000000) * (n))
#define START SECONDS (1000)

static gboolean
take (LoftPage *page, const char *key, gint64 now, LoftBucket *out)
{
  *out = (LoftBucket){ .key = key, .burst = BURST, .interval = INTERVAL };

  return loft_page_use_buckets (page, out, 1, TRUE, now);
}

/* All at once, then one an interval, and never more than a bucket holds. */
static void
test_refill (void)
{
  g_autoptr (LoftPage) page = loft_page_new (1, NULL);
  LoftBucket bucket;

  for (guint i = 0; i < BURST; i++)
    {
      g_assert_true (take (page, "a", START, &bucket));
      g_assert_cmpuint (bucket.left, ==, BURST - 1 - i);
      g_assert_cmpuint (bucket.wait, ==, INTERVAL);
    }
  g_assert_false (take (page, "a", START + SECONDS (20), &bucket));
  g_assert_cmpuint (bucket.left, ==, 0);
  g_assert_cmpuint (bucket.wait, ==, 40);
  g_assert_true (take (page, "a", START + SECONDS (60), &bucket));
  g_assert_false (take (page, "a", START + SECONDS (119), &bucket));
  g_assert_cmpuint (bucket.wait, ==, 1);

  for (guint i = 0; i < BURST; i++)
    g_assert_true (take (page, "a", START + SECONDS (86400), &bucket));
  g_assert_false (take (page, "a", START + SECONDS (86400), &bucket));
}

/* A bucket may be several times as large, and fills as much sooner. */
static void
test_times (void)
{
  g_autoptr (LoftPage) page = loft_page_new (1, NULL);
  LoftBucket wide = { .key = "a",
                      .burst = BURST,
                      .interval = INTERVAL,
                      .times = 4 };

  for (guint i = 0; i < 4 * BURST; i++)
    g_assert_true (loft_page_use_buckets (page, &wide, 1, TRUE, START));
  g_assert_false (loft_page_use_buckets (page, &wide, 1, TRUE, START));
  g_assert_cmpuint (wide.left, ==, 0);
  g_assert_cmpuint (wide.wait, ==, INTERVAL / 4);
  g_assert_true (loft_page_use_buckets (page,
                                        &wide,
                                        1,
                                        TRUE,
                                        START + SECONDS (INTERVAL / 4)));
  g_assert_true (
    loft_page_use_buckets (page, &wide, 1, FALSE, START + SECONDS (86400)));
  g_assert_cmpuint (wide.left, ==, 4 * BURST);
  g_assert_cmpuint (wide.wait, ==, 0);
}

/* Nothing is taken from one bucket where another has none. */
static void
test_together (void)
{
  g_autoptr (LoftPage) page = loft_page_new (1, NULL);
  LoftBucket one;

  for (guint i = 0; i < BURST; i++)
    g_assert_true (take (page, "empty", START, &one));

  LoftBucket both[] = {
    { .key = "full", .burst = BURST, .interval = INTERVAL },
    { .key = "empty", .burst = BURST, .interval = INTERVAL },
  };
  g_assert_false (loft_page_use_buckets (page, both, 2, TRUE, START));
  g_assert_cmpuint (both[0].left, ==, BURST);
  g_assert_cmpuint (both[1].left, ==, 0);
  g_assert_true (loft_page_use_buckets (page, both, 1, FALSE, START));
  g_assert_cmpuint (both[0].left, ==, BURST);
}

/* What one process takes is not there for another. */
static void
test_processes (void)
{
  g_autoptr (LoftPage) page = loft_page_new (2, NULL);
  int fd = fcntl (loft_page_get_fd (page), F_DUPFD_CLOEXEC, 0);
  LoftBucket bucket;
  int status;
  pid_t child = fork ();

  if (child == 0)
    {
      g_autoptr (LoftPage) other = loft_page_open (fd, NULL, NULL);
      guint taken = 0;

      for (guint i = 0; i < BURST - 1; i++)
        taken += take (other, "a", START, &bucket);
      _exit (taken == BURST - 1 ? 0 : 1);
    }
  close (fd);
  g_assert_cmpint (child, >, 0);
  g_assert_cmpint (waitpid (child, &status, 0), ==, child);
  g_assert_true (WIFEXITED (status) && WEXITSTATUS (status) == 0);

  g_assert_true (take (page, "a", START, &bucket));
  g_assert_false (take (page, "a", START, &bucket));
  g_assert_true (take (page, "b", START, &bucket));
}

/* A process that dies in the midst of it takes nobody's turn with it. */
static void
test_death (void)
{
  g_autoptr (LoftPage) page = loft_page_new (1, NULL);
  LoftBucket bucket;
  pid_t child = fork ();

  if (child == 0)
    {
      pthread_mutex_lock (&page->header->buckets_mutex);
      _exit (0);
    }
  g_assert_cmpint (child, >, 0);
  g_assert_cmpint (waitpid (child, NULL, 0), ==, child);

  for (guint i = 0; i < BURST; i++)
    g_assert_true (take (page, "a", START, &bucket));
  g_assert_false (take (page, "a", START, &bucket));
}

/* However many come, all are served from the same memory; and who has used up
 * his own is not forgotten for some who have come once. */
static void
test_crowd (void)
{
  g_autoptr (LoftPage) page = loft_page_new (1, NULL);
  LoftBucket bucket;

  for (guint i = 0; i < BURST; i++)
    g_assert_true (take (page, "greedy", START, &bucket));
  for (guint i = 0; i < 100000; i++)
    {
      g_autofree char *key = g_strdup_printf ("%u", i);

      g_assert_true (take (page, key, START, &bucket));
    }
  g_assert_false (take (page, "greedy", START, &bucket));
}

/* A limit that was made stricter holds nobody up for longer than it says. */
static void
test_change (void)
{
  g_autoptr (LoftPage) page = loft_page_new (1, NULL);
  LoftBucket bucket = { .key = "a", .burst = BURST, .interval = 86400 };

  for (guint i = 0; i < BURST; i++)
    g_assert_true (loft_page_use_buckets (page, &bucket, 1, TRUE, START));
  g_assert_cmpuint (bucket.wait, ==, 86400);
  g_assert_false (take (page, "a", START, &bucket));
  g_assert_cmpuint (bucket.wait, ==, INTERVAL);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/page-buckets/refill", test_refill);
  g_test_add_func ("/page-buckets/times", test_times);
  g_test_add_func ("/page-buckets/together", test_together);
  g_test_add_func ("/page-buckets/processes", test_processes);
  g_test_add_func ("/page-buckets/death", test_death);
  g_test_add_func ("/page-buckets/crowd", test_crowd);
  g_test_add_func ("/page-buckets/change", test_change);

  return g_test_run ();
}
