/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "http/loft-access-log.h"

#include <string.h>

/* Enough for every target that is served; a log is no place for the rest. */
#define TARGET_MAX 512
#define METHOD_MAX 32

/**
 * loft_access_log_escape:
 * @text: any bytes
 * @max: how many of them are worth a line
 *
 * Makes bytes of a client fit for a log: one line of printable ASCII, of
 * bounded length. Backslashes, quotes and all other bytes are written as \xNN,
 * and three dots stand for what was left out.
 *
 * Returns: (transfer full): the text
 */
char *
loft_access_log_escape (const char *text, gsize max)
{
  g_return_val_if_fail (text != NULL, NULL);

  GString *escaped = g_string_sized_new (MIN (strlen (text), max) + 4);
  gsize i = 0;

  for (; text[i] != '\0' && i < max; i++)
    {
      char c = text[i];

      if (g_ascii_isgraph (c) && c != '\\' && c != '"')
        g_string_append_c (escaped, c);
      else
        g_string_append_printf (escaped, "\\x%02x", (guint) (guchar) c);
    }
  if (text[i] != '\0')
    g_string_append (escaped, "...");

  return g_string_free (escaped, FALSE);
}

static char *
format (const char *text, gsize max)
{
  return text != NULL ? loft_access_log_escape (text, max) : g_strdup ("-");
}

static GLogField
make_field (const char *key, const char *value)
{
  return (GLogField){ key, value, -1 };
}

/**
 * loft_access_log:
 * @access: what happened
 *
 * Writes the line of a request to the log. There is never a token in it, since
 * no header is.
 */
void
loft_access_log (const LoftAccess *access)
{
  g_return_if_fail (access != NULL && access->request_id != NULL);

  g_autofree char *method = format (access->method, METHOD_MAX);
  g_autofree char *target = format (access->target, TARGET_MAX);
  g_autofree char *peer = access->peer != NULL
                            ? g_inet_address_to_string (access->peer)
                            : g_strdup ("-");
  g_autofree char *status = g_strdup_printf ("%u", access->status);
  g_autofree char *bytes =
    g_strdup_printf ("%" G_GOFFSET_FORMAT, access->bytes);
  g_autofree char *duration = g_strdup_printf ("%" G_GINT64_FORMAT ".%03d",
                                               access->duration / 1000,
                                               (int) (access->duration % 1000));
  g_autofree char *text =
    g_strdup_printf ("%s \"%s %s\" %s, %s bytes, %s ms, %s%s",
                     peer,
                     method,
                     target,
                     status,
                     bytes,
                     duration,
                     access->request_id,
                     access->aborted ? ", aborted" : "");
  const GLogField fields[] = {
    make_field ("MESSAGE", text),
    make_field ("PRIORITY", "5"),
    make_field ("GLIB_DOMAIN", G_LOG_DOMAIN),
    make_field ("REQUEST_ID", access->request_id),
    make_field ("METHOD", method),
    make_field ("TARGET", target),
    make_field ("STATUS", status),
    make_field ("BYTES", bytes),
    make_field ("MILLISECONDS", duration),
    make_field ("PEER", peer),
    make_field ("ABORTED", access->aborted ? "yes" : "no"),
  };

  g_log_structured_array (G_LOG_LEVEL_MESSAGE, fields, G_N_ELEMENTS (fields));
}
