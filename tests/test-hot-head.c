/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "gate/loft-hot-head.h"

#include "gate/loft-request-id.h"

#include <string.h>

#define DATE "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
#define NOW "Tue, 29 Feb 2028 23:59:59 GMT"
#define OK "HTTP/1.1 200 OK\r\n"

static char *
write_again (const char *head, const char *id)
{
  g_autofree char *exact = g_memdup2 (head, strlen (head));
  g_autoptr (LoftHotHead) hot = loft_hot_head_new (exact, strlen (head));

  g_assert_nonnull (hot);

  gsize size = loft_hot_head_get_size (hot);
  g_autofree char *text = g_malloc (size);
  gsize length =
    loft_hot_head_write (hot, NOW, (LoftSpan){ id, strlen (id) }, text);
  g_assert_cmpuint (length, <=, size);

  return g_strndup (text, length);
}

/* Only the date and the id change, whichever comes first, whatever length the
 * id has, and wherever else their names are spoken of. */
static void
test_write (void)
{
  static const char *const pairs[][3] = {
    { OK DATE "X-Request-Id: 0123456789abcdef\r\nETag: \"a\"\r\n\r\n",
      "fedcba9876543210",
      OK "Date: " NOW "\r\nX-Request-Id: fedcba9876543210\r\nETag: \"a\"\r\n"
         "\r\n" },
    { OK "X-Request-Id: abc\r\nETag: \"a\"\r\n" DATE "\r\n",
      "a-much-longer.id_than_before",
      OK
      "X-Request-Id: a-much-longer.id_than_before\r\nETag: \"a\"\r\nDate: " NOW
      "\r\n\r\n" },
    { OK "X-Request-Id: a-long-one\r\n" DATE "\r\n",
      "b",
      OK "X-Request-Id: b\r\nDate: " NOW "\r\n\r\n" },
    { OK DATE "X-Request-Id: a-long-one\r\n\r\n",
      "b",
      OK "Date: " NOW "\r\nX-Request-Id: b\r\n\r\n" },
    { OK "X-Y: Date: X-Request-Id: z\r\nOld-Date: 1\r\n" DATE
         "X-Request-Id: 0\r\n\r\n",
      "1",
      OK "X-Y: Date: X-Request-Id: z\r\nOld-Date: 1\r\nDate: " NOW
         "\r\nX-Request-Id: 1\r\n\r\n" },
    { OK DATE "X-Request-Id: \r\n\r\n",
      "1",
      OK "Date: " NOW "\r\nX-Request-Id: 1\r\n\r\n" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (pairs); i++)
    {
      g_autofree char *text = write_again (pairs[i][0], pairs[i][1]);

      g_assert_cmpstr (text, ==, pairs[i][2]);
    }

  g_autofree char *id = g_strnfill (LOFT_REQUEST_ID_MAX, 'x');
  g_autofree char *longest =
    write_again (OK DATE "X-Request-Id: 0\r\n\r\n", id);
  g_assert_nonnull (strstr (longest, id));
}

/* What is no whole head, or lacks a place for date or id, is not kept. */
static void
test_refused (void)
{
  static const char *const heads[] = {
    "",
    "\r\n\r\n",
    OK "\r\n",
    OK DATE "\r\n",
    OK "X-Request-Id: 0\r\n\r\n",
    OK DATE "X-Request-Id: 0\r\n",
    OK DATE "X-Request-Id: 0",
    OK DATE "X-Request-Id: 0\r\n\r\nbody",
    OK DATE "X-Request-Id: 0\r\n\r\nbody\r\n\r\n",
    "Date: X-Request-Id: 0\r\n\r\n",
    OK "X-Request-Id: 0\r\nDate: now\r\n\r\n",
    OK "X-Request-Id: 0\r\nDate: \r\n\r\n",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (heads); i++)
    {
      gsize length = strlen (heads[i]);
      g_autofree char *exact = g_memdup2 (heads[i], length);

      g_test_message ("%s", heads[i]);
      g_assert_null (loft_hot_head_new (exact, length));
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/hot-head/write", test_write);
  g_test_add_func ("/hot-head/refused", test_refused);

  return g_test_run ();
}
