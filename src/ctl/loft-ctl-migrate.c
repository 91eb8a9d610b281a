/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include <glib-unix.h>
#include <glib/gi18n.h>
#include <inttypes.h>
#include <json-glib/json-glib.h>
#include <signal.h>

#include "ctl/loft-ctl-findings.h"
#include "ctl/loft-ctl-json.h"
#include "ctl/loft-ctl-progress.h"
#include "ctl/loft-ctl-store.h"
#include "ctl/loft-ctl-text.h"
#include "registry/loft-migration.h"

/* "loft-registryctl migrate": copies a store to another one. It works on the
 * stores themselves; the server of the source may go on meanwhile, and the
 * target has none. */

#define JOBS 8
#define JOBS_MAX 64
#define PATIENCE 60
#define PATIENCE_MAX 86400
#define LOOK_PAUSE 100

static char *option_from;        /* owned, nullable */
static char *option_from_config; /* owned, nullable */
static char *option_to;          /* owned, nullable */
static char *option_to_config;   /* owned, nullable */
static char *option_check;       /* owned, nullable */
static int option_jobs = JOBS;
static int option_patience = PATIENCE;
static gboolean option_dry_run;

/* clang-format off */
static const GOptionEntry entries[] = {
  { "from", 0, 0, G_OPTION_ARG_FILENAME, &option_from,
    N_ ("Copy from there, instead of from the store of the server"),
    N_ ("DIR|URI") },
  { "from-config", 0, 0, G_OPTION_ARG_FILENAME, &option_from_config,
    N_ ("Read in FILE how to get there"), N_ ("FILE") },
  { "to", 0, 0, G_OPTION_ARG_FILENAME, &option_to,
    N_ ("Copy to there"), N_ ("DIR|URI") },
  { "to-config", 0, 0, G_OPTION_ARG_FILENAME, &option_to_config,
    N_ ("Read in FILE how to get there"), N_ ("FILE") },
  { "verify", 0, 0, G_OPTION_ARG_STRING, &option_check,
    N_ ("Compare “sizes”, read back what was “written” as without this, or "
        "“all”"), N_ ("LEVEL") },
  { "jobs", 'j', 0, G_OPTION_ARG_INT, &option_jobs,
    N_ ("Copy N objects at once"), "N" },
  { "patience", 0, 0, G_OPTION_ARG_INT, &option_patience,
    N_ ("Give up once nothing has worked for so many seconds"),
    N_ ("SECONDS") },
  { "dry-run", 'n', 0, G_OPTION_ARG_NONE, &option_dry_run,
    N_ ("Only compare, and write nothing"), NULL },
  G_OPTION_ENTRY_NULL
};
/* clang-format on */

typedef struct
{
  GMainLoop *loop;           /* owned */
  GCancellable *cancellable; /* owned */
  LoftMigration *migration;  /* owned */
  LoftCtlProgress *progress; /* owned */
  gboolean done;
  GError *error; /* owned, nullable */
} Run;

static void
run_clear (Run *self)
{
  g_main_loop_unref (self->loop);
  g_object_unref (self->cancellable);
  g_clear_object (&self->migration);
  g_clear_pointer (&self->progress, loft_ctl_progress_free);
  g_clear_error (&self->error);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Run, run_clear)

static gboolean
refuse (GError **error, const char *message)
{
  g_set_error_literal (error, LOFT_CTL_ERROR, LOFT_CTL_ERROR_USAGE, message);

  return FALSE;
}

static gboolean
read_options (LoftMigrationOptions *options, GError **error)
{
  static const char *const levels[] = { "sizes", "written", "all", NULL };
  guint level = LOFT_MIGRATION_CHECK_WRITTEN;

  if (option_to == NULL && option_to_config == NULL)
    return refuse (error, _ ("--to says where to copy to"));
  if (option_jobs < 1 || option_jobs > JOBS_MAX)
    return refuse (error, _ ("--jobs takes a number from 1 to 64"));
  if (option_patience < 0 || option_patience > PATIENCE_MAX)
    return refuse (error, _ ("--patience takes a number of seconds"));
  if (option_check != NULL)
    for (level = 0; levels[level] != NULL; level++)
      if (g_str_equal (levels[level], option_check))
        break;
  if (levels[level] == NULL)
    return refuse (error, _ ("--verify takes “sizes”, “written” or “all”"));

  options->jobs = (guint) option_jobs;
  options->check = level;
  options->patience = option_patience * G_TIME_SPAN_SECOND;
  options->dry_run = option_dry_run;

  return TRUE;
}

/* Where only a URI is given, the rest comes from the server's configuration and
 * the environment, which may say nothing of that place. */
static void
explain (GError **error,
         const char *option,
         const char *place,
         const char *file)
{
  g_autofree char *scheme = place != NULL ? g_uri_parse_scheme (place) : NULL;

  if (file != NULL || scheme == NULL || g_str_equal (scheme, "file"))
    return;

  g_autoptr (GError) local_error = g_steal_pointer (error);
  g_set_error (error,
               local_error->domain,
               local_error->code,
               /* Translators: %s are what is wrong, and an option */
               _ ("%s; a file that says how to get there is named by %s"),
               local_error->message,
               option);
}

typedef struct
{
  const char *place;  /* nullable */
  const char *file;   /* nullable */
  const char *option; /* which names such a file */
  gboolean only_read;
} End;

static LoftCtlStore *
find_store (const End *end, GError **error)
{
  LoftCtlStore *store = loft_ctl_store_new (end->place, end->file, error);

  if (store == NULL)
    explain (error, end->option, end->place, end->file);

  return store;
}

static LoftStorage *
open_store (const End *end,
            LoftCtlStore *store,
            gint64 patience,
            GCancellable *cancellable,
            GError **error)
{
  LoftStorage *storage =
    loft_ctl_store_open (store, end->only_read, patience, cancellable, error);

  if (storage == NULL)
    explain (error, end->option, end->place, end->file);

  return storage;
}

static LoftMigration *
open_stores (GCancellable *cancellable, GError **error)
{
  LoftMigrationOptions options = { 0 };
  const End ends[] = {
    { option_from, option_from_config, "--from-config", TRUE },
    { option_to, option_to_config, "--to-config", option_dry_run },
  };

  if (!read_options (&options, error))
    return NULL;

  g_autoptr (LoftCtlStore) from = find_store (&ends[0], error);
  g_autoptr (LoftCtlStore) to =
    from != NULL ? find_store (&ends[1], error) : NULL;
  if (to == NULL)
    return NULL;
  if (loft_ctl_store_overlaps (from, to))
    {
      refuse (error, _ ("A store can't be copied into itself"));
      return NULL;
    }

  g_autoptr (LoftStorage) source =
    open_store (&ends[0], from, options.patience, cancellable, error);
  g_autoptr (LoftStorage) target =
    source != NULL
      ? open_store (&ends[1], to, options.patience, cancellable, error)
      : NULL;

  return target != NULL ? loft_migration_new (source, target, &options) : NULL;
}

static void
run_in_thread_cb (GTask *task,
                  gpointer source_object,
                  gpointer task_data,
                  GCancellable *cancellable)
{
  g_autoptr (GError) local_error = NULL;

  if (loft_migration_run (source_object, cancellable, &local_error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, g_steal_pointer (&local_error));
}

static void
done_cb (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  Run *self = user_data;

  self->done = g_task_propagate_boolean (G_TASK (result), &self->error);
  g_main_loop_quit (self->loop);
}

static gboolean
look_cb (gpointer user_data)
{
  Run *self = user_data;
  LoftMigrationFigures figures;

  loft_migration_get_figures (self->migration, &figures);
  loft_ctl_progress_show (self->progress,
                          figures.done,
                          MAX (figures.done, figures.total),
                          "objects");

  return G_SOURCE_CONTINUE;
}

static gboolean
interrupted_cb (gpointer user_data)
{
  Run *self = user_data;

  g_cancellable_cancel (self->cancellable);

  return G_SOURCE_CONTINUE;
}

static void
wait_for_end (const LoftCtl *ctl, Run *self)
{
  static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
  guint ids[G_N_ELEMENTS (signals)];
  g_autoptr (GTask) task =
    g_task_new (self->migration, self->cancellable, done_cb, self);

  self->progress = loft_ctl_progress_new (ctl);
  for (gsize i = 0; i < G_N_ELEMENTS (signals); i++)
    ids[i] = g_unix_signal_add (signals[i], interrupted_cb, self);
  guint look = g_timeout_add (LOOK_PAUSE, look_cb, self);

  g_task_run_in_thread (task, run_in_thread_cb);
  g_main_loop_run (self->loop);

  g_source_remove (look);
  for (gsize i = 0; i < G_N_ELEMENTS (signals); i++)
    g_source_remove (ids[i]);
  g_clear_pointer (&self->progress, loft_ctl_progress_free);
}

static GVariant *
list_findings (LoftReport *report)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("aa{sv}"));
  for (guint i = 0; i < loft_report_get_length (report); i++)
    {
      const LoftReportItem *item = loft_report_get (report, i);
      GVariantDict finding;

      g_variant_dict_init (&finding, NULL);
      g_variant_dict_insert (&finding, "kind", "s", item->kind);
      g_variant_dict_insert (&finding, "subject", "s", item->subject);
      g_variant_dict_insert (&finding, "detail", "s", item->detail);
      g_variant_builder_add_value (&builder, g_variant_dict_end (&finding));
    }

  return g_variant_ref_sink (g_variant_builder_end (&builder));
}

static void
print_json (Run *self, const LoftMigrationFigures *figures, GVariant *findings)
{
  const struct
  {
    const char *name;
    guint64 number;
  } numbers[] = {
    { "copied", figures->copied },   { "replaced", figures->replaced },
    { "same", figures->same },       { "verified", figures->verified },
    { "bytes", figures->bytes },     { "foreign", figures->foreign },
    { "retries", figures->retries }, { "sequence", figures->sequence },
  };
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "complete");
  json_builder_add_boolean_value (builder, self->done && !option_dry_run);
  for (gsize i = 0; i < G_N_ELEMENTS (numbers); i++)
    {
      json_builder_set_member_name (builder, numbers[i].name);
      json_builder_add_int_value (builder, (gint64) numbers[i].number);
    }
  json_builder_set_member_name (builder, "findings");
  json_builder_add_value (builder, json_gvariant_serialize (findings));
  json_builder_end_object (builder);
  loft_ctl_json_print (builder);
}

static void
print_text (Run *self, const LoftMigrationFigures *figures)
{
  g_autofree char *copied = loft_ctl_text_amount (figures->copied, "objects");
  g_autofree char *replaced =
    loft_ctl_text_amount (figures->replaced, "objects");
  g_autofree char *same = loft_ctl_text_amount (figures->same, "objects");
  g_autofree char *verified =
    loft_ctl_text_amount (figures->verified, "objects");
  g_autofree char *size = g_format_size (figures->bytes);

  if (option_dry_run)
    {
      /* Translators: %s is such as “12 objects” */
      g_print (_ ("To copy: %s; to replace: %s; there already: %s\n"),
               copied,
               replaced,
               same);
      return;
    }

  /* Translators: %s is such as “12 objects”, and “3.4 MB” the second one */
  g_print (_ ("Copied: %s, %s; replaced: %s; there already: %s; compared: "
              "%s\n"),
           copied,
           size,
           replaced,
           same,
           verified);
  if (self->done)
    g_print (_ ("The target has everything up to event %" PRIu64 ".\n"),
             figures->sequence);
}

/* What is no part of a registry is mentioned, and no finding. */
static gboolean
report (const LoftCtl *ctl, Run *self, GError **error)
{
  LoftReport *found = loft_migration_get_report (self->migration);
  g_autoptr (GVariant) findings = list_findings (found);
  LoftMigrationFigures figures;

  loft_migration_get_figures (self->migration, &figures);
  loft_ctl_findings_print (ctl, findings);
  if (ctl->json)
    print_json (self, &figures, findings);
  else
    print_text (self, &figures);

  guint64 left = loft_report_get_total (found) - figures.foreign;
  if (g_error_matches (self->error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return loft_ctl_fail (
      error,
      NULL,
      _ ("It was interrupted; the same command goes on with it"));
  if (!self->done)
    {
      g_set_error_literal (error,
                           LOFT_CTL_ERROR,
                           left > 0 ? LOFT_CTL_ERROR_FINDINGS
                                    : LOFT_CTL_ERROR_FAILED,
                           self->error->message);
      return FALSE;
    }
  if (left == 0)
    return TRUE;

  g_set_error (error,
               LOFT_CTL_ERROR,
               LOFT_CTL_ERROR_FINDINGS,
               ngettext ("%" PRIu64 " finding is left",
                         "%" PRIu64 " findings are left",
                         (gulong) left),
               left);
  return FALSE;
}

static gboolean
run (const LoftCtl *ctl, char **arguments, GError **error)
{
  g_auto (Run) self = { .loop = g_main_loop_new (NULL, FALSE),
                        .cancellable = g_cancellable_new () };

  self.migration = open_stores (self.cancellable, error);
  if (self.migration == NULL)
    return FALSE;

  wait_for_end (ctl, &self);

  return report (ctl, &self, error);
}

const LoftCtlCommand loft_ctl_migrate = {
  .name = "migrate",
  .summary = N_ ("Copy a store to another one"),
  .options = entries,
  .run = run,
};
