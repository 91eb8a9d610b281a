/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "http/loft-metrics-process.h"

#include <string.h>
#include <unistd.h>

#include "http/loft-metrics-text.h"
#include "registry/loft-registry-figures.h"

/* How the processes of the daemon are, as the kernel tells it. A process that
 * has ended meanwhile is left out. */

typedef struct
{
  guint slot;
  guint64 cpu_time; /* microseconds */
  guint64 threads;
  guint64 start; /* seconds since 1970 */
  guint64 virtual_memory;
  guint64 resident;
  guint64 descriptors;
  guint64 descriptors_max;
} Process;

/* When the machine was started, in seconds since 1970. */
static guint64
read_boot_time (void)
{
  g_autofree char *text = NULL;

  if (!g_file_get_contents ("/proc/stat", &text, NULL, NULL))
    return 0;

  const char *line = strstr (text, "\nbtime ");

  return line != NULL ? g_ascii_strtoull (line + 7, NULL, 10) : 0;
}

static guint64
count_descriptors (const char *folder)
{
  g_autofree char *path = g_build_filename (folder, "fd", NULL);
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  guint64 n = 0;

  while (dir != NULL && g_dir_read_name (dir) != NULL)
    n++;

  return n;
}

static guint64
read_descriptors_max (const char *folder)
{
  static const char label[] = "Max open files";
  g_autofree char *path = g_build_filename (folder, "limits", NULL);
  g_autofree char *text = NULL;

  if (!g_file_get_contents (path, &text, NULL, NULL))
    return 0;

  const char *line = strstr (text, label);

  return line != NULL ? g_ascii_strtoull (line + strlen (label), NULL, 10) : 0;
}

/* The fields of stat follow the name, which may hold anything; numbers are
 * those of proc(5). */
static gboolean
read_process (guint64 pid, guint64 boot_time, Process *out)
{
  g_autofree char *folder = g_strdup_printf ("/proc/%" G_GUINT64_FORMAT, pid);
  g_autofree char *path = g_build_filename (folder, "stat", NULL);
  g_autofree char *text = NULL;

  if (!g_file_get_contents (path, &text, NULL, NULL))
    return FALSE;

  const char *rest = strrchr (text, ')');
  g_auto (GStrv) fields = g_strsplit (rest != NULL ? rest + 1 : "", " ", -1);
  if (g_strv_length (fields) < 23)
    return FALSE;

  guint64 numbers[25] = { 0 };
  for (guint i = 3; i < G_N_ELEMENTS (numbers); i++)
    numbers[i] = g_ascii_strtoull (fields[i - 2], NULL, 10);

  guint64 ticks = (guint64) sysconf (_SC_CLK_TCK);
  out->cpu_time = (numbers[14] + numbers[15]) * (G_USEC_PER_SEC / ticks);
  out->threads = numbers[20];
  out->start = boot_time + numbers[22] / ticks;
  out->virtual_memory = numbers[23];
  out->resident = numbers[24] * (guint64) sysconf (_SC_PAGESIZE);
  out->descriptors = count_descriptors (folder);
  out->descriptors_max = read_descriptors_max (folder);

  return TRUE;
}

static GArray *
read_processes (LoftPage *page)
{
  GArray *processes = g_array_new (FALSE, TRUE, sizeof (Process));
  guint64 boot_time = read_boot_time ();

  for (guint i = 0; i < loft_page_get_n_slots (page); i++)
    {
      LoftRegistryFigures *figures = loft_page_get_slot (page, i);
      guint64 pid = loft_counter_get (&figures->pid);
      Process process = { .slot = i };

      if (pid != 0 && read_process (pid, boot_time, &process))
        g_array_append_val (processes, process);
    }

  return processes;
}

static void
add_all (GString *text,
         GArray *processes,
         const char *name,
         const char *help,
         gsize offset)
{
  loft_metrics_begin (text, name, "gauge", help);
  for (guint i = 0; i < processes->len; i++)
    {
      const Process *process = &g_array_index (processes, Process, i);

      loft_metrics_add (text,
                        name,
                        G_STRUCT_MEMBER (guint64, process, offset),
                        "process=\"%u\"",
                        process->slot);
    }
}

/**
 * loft_metrics_add_processes:
 * @text: where to write
 * @page: the memory that the daemon's processes share
 *
 * Writes how the daemon's processes are. Reads files of the kernel.
 */
void
loft_metrics_add_processes (GString *text, LoftPage *page)
{
  g_autoptr (GArray) processes = read_processes (page);

  loft_metrics_add_one (text,
                        "loft_worker_deaths_total",
                        "counter",
                        "Workers that have died and were started again",
                        loft_page_get_fact (page, LOFT_PAGE_DEATHS));
  loft_metrics_begin (text,
                      "process_cpu_seconds_total",
                      "counter",
                      "Processor time in seconds");
  for (guint i = 0; i < processes->len; i++)
    {
      const Process *process = &g_array_index (processes, Process, i);

      loft_metrics_add_seconds (text,
                                "process_cpu_seconds_total",
                                process->cpu_time,
                                "process=\"%u\"",
                                process->slot);
    }

  add_all (text,
           processes,
           "process_start_time_seconds",
           "Start in seconds since 1970",
           G_STRUCT_OFFSET (Process, start));
  add_all (text,
           processes,
           "process_resident_memory_bytes",
           "Memory in RAM",
           G_STRUCT_OFFSET (Process, resident));
  add_all (text,
           processes,
           "process_virtual_memory_bytes",
           "Memory in the address space",
           G_STRUCT_OFFSET (Process, virtual_memory));
  add_all (text,
           processes,
           "process_threads",
           "Threads",
           G_STRUCT_OFFSET (Process, threads));
  add_all (text,
           processes,
           "process_open_fds",
           "Open file descriptors",
           G_STRUCT_OFFSET (Process, descriptors));
  add_all (text,
           processes,
           "process_max_fds",
           "File descriptors that may be open",
           G_STRUCT_OFFSET (Process, descriptors_max));
}
