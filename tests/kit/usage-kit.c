/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "kit/usage-kit.h"

#include <errno.h>
#include <string.h>
#include <sys/resource.h>

/* So long nothing may change before it counts as settled. */
#define CALM G_USEC_PER_SEC
#define CALM_MAX (60 * G_USEC_PER_SEC)
#define PAUSE 50000

/* The daemon and its workers. */
static GArray *
list_processes (DaemonKit *daemon)
{
  GArray *pids = daemon_kit_list_workers (daemon);

  g_array_append_val (pids, daemon->pid);

  return pids;
}

/* The catalog keeps a connection for each reader that there has been at once;
 * those are few, and no leak. */
static gboolean
is_catalog (const char *folder, const char *name)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);
  g_autofree char *target = g_file_read_link (path, NULL);

  return target != NULL && strstr (target, "/catalog-") != NULL;
}

static gboolean
count_descriptors (GPid pid, guint *out, GError **error)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/fd", pid);
  g_autoptr (GDir) folder = g_dir_open (path, 0, error);

  if (folder == NULL)
    return FALSE;
  for (const char *name; (name = g_dir_read_name (folder)) != NULL;)
    *out += !is_catalog (path, name);

  return TRUE;
}

/* What is not shared with a file: the heap, and the stacks. */
static gboolean
measure_memory (GPid pid, guint64 *out, GError **error)
{
  static const char name[] = "RssAnon:";
  g_autofree char *path = g_strdup_printf ("/proc/%d/status", pid);
  g_autofree char *text = NULL;

  if (!g_file_get_contents (path, &text, NULL, error))
    return FALSE;

  const char *line = strstr (text, name);
  if (line != NULL)
    *out += g_ascii_strtoull (line + strlen (name), NULL, 10) * 1024;

  return TRUE;
}

/* What the daemon takes now. */
gboolean
usage_get (DaemonKit *daemon, Usage *out, GError **error)
{
  g_autoptr (GArray) pids = list_processes (daemon);

  *out = (Usage){ 0 };
  for (guint i = 0; i < pids->len; i++)
    {
      GPid pid = g_array_index (pids, GPid, i);

      if (!count_descriptors (pid, &out->descriptors, error) ||
          !measure_memory (pid, &out->memory, error))
        return FALSE;
    }

  return TRUE;
}

/* What the daemon takes once it has come to rest. */
gboolean
usage_settle (DaemonKit *daemon, Usage *out, GError **error)
{
  gint64 start = g_get_monotonic_time ();
  gint64 since = start;
  guint last = 0;

  do
    {
      if (!usage_get (daemon, out, error))
        return FALSE;

      gint64 now = g_get_monotonic_time ();
      if (out->descriptors != last)
        since = now;
      last = out->descriptors;
      if (now - since >= CALM || now - start >= CALM_MAX)
        return TRUE;
      g_usleep (PAUSE);
    }
  while (TRUE);
}

/* Waits until so many descriptors are open; FALSE without an error if that does
 * not happen. */
gboolean
usage_wait (DaemonKit *daemon,
            guint descriptors,
            guint seconds,
            Usage *out,
            GError **error)
{
  gint64 end = g_get_monotonic_time () + (gint64) seconds * G_USEC_PER_SEC;

  while (g_get_monotonic_time () < end)
    {
      if (!usage_get (daemon, out, error))
        return FALSE;
      if (out->descriptors == descriptors)
        return TRUE;
      g_usleep (PAUSE);
    }

  return FALSE;
}

/* Whether the memory that is taken says something: the address sanitizer keeps
 * what was freed. */
gboolean
usage_is_meaningful (void)
{
#ifdef __SANITIZE_ADDRESS__
  return FALSE;
#else
  return TRUE;
#endif
}

/* Lets each process of the daemon have no more descriptors than that. */
gboolean
usage_limit_descriptors (DaemonKit *daemon, guint limit, GError **error)
{
  g_autoptr (GArray) pids = list_processes (daemon);
  const struct rlimit limits = { limit, limit };

  for (guint i = 0; i < pids->len; i++)
    if (prlimit (g_array_index (pids, GPid, i), RLIMIT_NOFILE, &limits, NULL) <
        0)
      {
        g_set_error_literal (error,
                             G_FILE_ERROR,
                             g_file_error_from_errno (errno),
                             "The limit can't be set");
        return FALSE;
      }

  return TRUE;
}
