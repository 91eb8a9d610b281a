/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "history/history-sample.h"

/* Each way in which a history can be broken. */

static void
lose (HistoryRecord *read)
{
  read->status = 404;
  read->yanked = FALSE;
  sample_set (&read->got, NULL);
}

static void
lose_everywhere (GPtrArray *records)
{
  for (guint node = 0; node < N_NODES; node++)
    {
      lose (sample_find_final (records, HISTORY_READ, node, "1.2.0"));
      lose (sample_find_final (records, HISTORY_DOWNLOAD, node, "1.2.0"));
    }
}

static void
lose_on_one (GPtrArray *records)
{
  lose (sample_find_final (records, HISTORY_DOWNLOAD, 2, "1.1.0"));
}

static void
fail_on_one (GPtrArray *records)
{
  sample_find_final (records, HISTORY_READ, 3, "1.1.0")->status = 503;
}

static void
lose_acknowledged (GPtrArray *records)
{
  for (guint node = 0; node < N_NODES; node++)
    {
      HistoryRecord *event = sample_find_event (records, node, 4);

      lose (sample_find_final (records, HISTORY_READ, node, "1.2.0"));
      lose (sample_find_final (records, HISTORY_DOWNLOAD, node, "1.2.0"));
      sample_set (&event->type, "deprecate");
    }
  sample_publish (records, 2, "1.2.0", "u", 201, 41, 45);
}

static void
differ_on_one (GPtrArray *records)
{
  sample_set (&sample_find_final (records, HISTORY_DOWNLOAD, 1, "1.0.0")->got,
              "y");
}

static void
differ_from_element (GPtrArray *records)
{
  sample_set (&sample_find_final (records, HISTORY_READ, 0, "1.2.0")->got, "w");
}

static void
change_meanwhile (GPtrArray *records)
{
  sample_set (&sample_find (records, HISTORY_DOWNLOAD, 1, "1.0.0")->got, "y");
}

static void
acknowledge_both (GPtrArray *records)
{
  HistoryRecord *record = sample_find (records, HISTORY_PUBLISH, 1, "1.0.0");

  record->status = 200;
  sample_set (&record->got, "y");
}

static void
create_both (GPtrArray *records)
{
  HistoryRecord *record = sample_find (records, HISTORY_PUBLISH, 1, "1.0.0");

  record->status = 201;
  sample_set (&record->got, "y");
}

static void
create_again (GPtrArray *records)
{
  sample_publish (records, 2, "1.0.0", "x", 201, 28, 29);
}

static void
acknowledge_others (GPtrArray *records)
{
  HistoryRecord *record = sample_find (records, HISTORY_PUBLISH, 1, "1.0.0");

  record->status = 200;
  sample_set (&record->got, "x");
}

static void
refuse_alone (GPtrArray *records)
{
  sample_publish (records, 2, "1.1.0", "v", 409, 80, 81);
}

static void
refuse_own (GPtrArray *records)
{
  sample_publish (records, 2, "1.0.0", "x", 409, 80, 81);
}

static void
refuse_both (GPtrArray *records)
{
  sample_publish (records, 0, "1.3.0", "s", 409, 80, 81);
}

static void
refuse_for_nothing (GPtrArray *records)
{
  sample_publish (records, 0, "1.4.0", "s", 403, 80, 81);
}

static void
keep_refused (GPtrArray *records)
{
  HistoryRecord *record = sample_find (records, HISTORY_PUBLISH, 2, "1.2.0");

  record->status = 409;
  sample_publish (records, 1, "1.2.0", "o", 503, 29, 41);
}

static void
tell_of_nothing_sent (GPtrArray *records)
{
  for (guint node = 0; node < N_NODES; node++)
    {
      sample_event (records, node, 8, "publish", "9.0.0", "q", 0);
      sample_finish_version (records, node, "9.0.0", "q", FALSE);
    }
}

static void
tell_of_other_bytes (GPtrArray *records)
{
  for (guint node = 0; node < N_NODES; node++)
    sample_set (&sample_find_event (records, node, 2)->got, "y");
}

static void
tell_twice (GPtrArray *records)
{
  for (guint node = 0; node < N_NODES; node++)
    sample_event (records, node, 8, "publish", "1.0.0", "x", 0);
}

static void
tell_nothing (GPtrArray *records)
{
  for (guint node = 0; node < N_NODES; node++)
    sample_set (&sample_find_event (records, node, 3)->type, "deprecate");
}

static void
leave_gap (GPtrArray *records)
{
  for (guint node = 0; node < N_NODES; node++)
    sample_find_event (records, node, 7)->seq = 8;
}

static void
begin_late (GPtrArray *records)
{
  for (guint node = 0; node < N_NODES; node++)
    g_ptr_array_remove (records, sample_find_event (records, node, 1));
}

static void
count_twice (GPtrArray *records)
{
  for (guint node = 0; node < N_NODES; node++)
    sample_find_event (records, node, 7)->seq = 6;
}

static void
turn_back_time (GPtrArray *records)
{
  for (guint node = 0; node < N_NODES; node++)
    sample_find_event (records, node, 4)->begin = 5;
}

static void
tell_differently (GPtrArray *records)
{
  sample_set (&sample_find_event (records, 2, 4)->text, "something else");
}

static void
take_back (GPtrArray *records)
{
  sample_set (&sample_find (records, HISTORY_FOLLOW, 2, NULL)->text, "another");
}

static void
show_too_much (GPtrArray *records)
{
  for (guint node = 0; node < N_NODES; node++)
    for (guint64 seq = 2; seq <= 7; seq++)
      g_ptr_array_remove (records, sample_find_event (records, node, seq));
}

static void
skip_for_follower (GPtrArray *records)
{
  g_ptr_array_remove (records, sample_find (records, HISTORY_FOLLOW, 2, NULL));
}

static void
tell_less (GPtrArray *records)
{
  g_ptr_array_remove (records, sample_find_event (records, 1, 7));
}

static void
skip_revision (GPtrArray *records)
{
  for (guint node = 0; node < N_NODES; node++)
    sample_find_event (records, node, 7)->revision = 5;
}

static void
repeat_revision (GPtrArray *records)
{
  for (guint node = 0; node < N_NODES; node++)
    sample_find_event (records, node, 7)->revision = 3;
}

static void
lose_yank (GPtrArray *records)
{
  for (guint node = 0; node < N_NODES; node++)
    sample_find_final (records, HISTORY_READ, node, "1.0.0")->yanked = FALSE;
}

static void
lose_yank_on_one (GPtrArray *records)
{
  sample_find_final (records, HISTORY_READ, 2, "1.0.0")->yanked = FALSE;
}

static void
yank_for_nobody (GPtrArray *records)
{
  sample_find_final (records, HISTORY_READ, 1, "1.2.0")->yanked = TRUE;
}

static void
yank_after_all (GPtrArray *records)
{
  for (guint node = 0; node < N_NODES; node++)
    sample_find_final (records, HISTORY_READ, node, "1.1.0")->yanked = TRUE;
}

static void
forget_yank (GPtrArray *records)
{
  HistoryRecord *read =
    sample_read (records, HISTORY_READ, 0, "1.0.0", "x", 80, 81);

  read->yanked = FALSE;
}

static void
keep_yank_secret (GPtrArray *records)
{
  for (guint node = 0; node < N_NODES; node++)
    sample_set (&sample_find_event (records, node, 5)->type, "deprecate");
}

static void
forbid_yank (GPtrArray *records)
{
  sample_toggle (records, HISTORY_YANK, 0, "1.0.0", 403, 75, 76);
}

static void
list_differently (GPtrArray *records)
{
  sample_set (&sample_find (records, HISTORY_LIST, 1, NULL)->got,
              "another list");
}

static void
rebuild_differently (GPtrArray *records)
{
  sample_set (&sample_find (records, HISTORY_LIST, 3, NULL)->got,
              "another list");
}

static void
list_nothing (GPtrArray *records)
{
  sample_find (records, HISTORY_LIST, 0, NULL)->status = 503;
}

static void
read_stale (GPtrArray *records)
{
  sample_read (records, HISTORY_READ, 0, "1.0.0", NULL, 23, 24);
}

static void
read_stale_after_refusal (GPtrArray *records)
{
  sample_read (records, HISTORY_DOWNLOAD, 1, "1.0.0", NULL, 26, 27);
}

static void
vanish (GPtrArray *records)
{
  sample_read (records, HISTORY_READ, 2, "1.1.0", NULL, 55, 56);
}

static void
show_early (GPtrArray *records)
{
  sample_read (records, HISTORY_READ, 1, "1.2.0", "u", 1, 2);
}

static void
leave_out_node (GPtrArray *records)
{
  g_ptr_array_remove (
    records,
    sample_find_final (records, HISTORY_DOWNLOAD, 2, "1.1.0"));
}

static void
leave_out_log (GPtrArray *records)
{
  for (guint64 seq = 1; seq <= 7; seq++)
    g_ptr_array_remove (records, sample_find_event (records, 3, seq));
}

static void
leave_out_list (GPtrArray *records)
{
  g_ptr_array_remove (records, sample_find (records, HISTORY_LIST, 3, NULL));
}

static const HistoryCase broken[] = {
  { "lost/acknowledged", "event-missing lost", lose_acknowledged },
  { "lost/logged", "lost", lose_everywhere },
  { "lost/one-node", "lost", lose_on_one },
  { "lost/unanswered", "lost", fail_on_one },
  { "bytes/one-node", "wrong-bytes", differ_on_one },
  { "bytes/element", "wrong-bytes", differ_from_element },
  { "bytes/meanwhile", "wrong-bytes", change_meanwhile },
  { "publish/both-acknowledged", "two-acknowledged", acknowledge_both },
  { "publish/both-created", "created-twice two-acknowledged", create_both },
  { "publish/created-again", "created-twice", create_again },
  { "publish/other-bytes",
    "other-bytes-acknowledged two-acknowledged",
    acknowledge_others },
  { "publish/refused-alone", "refused-alone", refuse_alone },
  { "publish/refused-own", "refused-own", refuse_own },
  { "publish/both-refused", "event-missing lost", refuse_both },
  { "publish/refused-for-nothing", "refused", refuse_for_nothing },
  { "publish/refused-and-kept", "refused-own unsent", keep_refused },
  { "event/unsent", "unsent", tell_of_nothing_sent },
  { "event/other-bytes", "event-other-bytes", tell_of_other_bytes },
  { "event/twice", "event-twice", tell_twice },
  { "event/none", "event-missing", tell_nothing },
  { "log/gap", "log-gap", leave_gap },
  { "log/begins-late", "log-changed log-gap revisions", begin_late },
  { "log/duplicate", "log-duplicate", count_twice },
  { "log/time", "log-time", turn_back_time },
  { "log/differs", "logs-differ", tell_differently },
  { "log/changed", "log-changed", take_back },
  { "log/taken-back",
    "event-missing log-changed yank-event-missing",
    show_too_much },
  { "log/skipped", "log-skipped", skip_for_follower },
  { "log/shorter", "logs-differ", tell_less },
  { "log/revision-skipped", "revisions", skip_revision },
  { "log/revision-repeated", "revisions", repeat_revision },
  { "yank/lost", "yank-lost", lose_yank },
  { "yank/lost-on-one", "yank-lost", lose_yank_on_one },
  { "yank/unwanted", "yank-unwanted", yank_for_nobody },
  { "yank/taken-back", "yank-unwanted", yank_after_all },
  { "yank/stale", "stale-yank", forget_yank },
  { "yank/not-told", "yank-event-missing", keep_yank_secret },
  { "yank/refused", "refused", forbid_yank },
  { "list/differs", "lists-differ", list_differently },
  { "list/rebuilt", "lists-differ", rebuild_differently },
  { "list/none", "lists-differ", list_nothing },
  { "read/stale", "stale-read", read_stale },
  { "read/stale-after-refusal", "stale-read", read_stale_after_refusal },
  { "read/vanished", "vanished", vanish },
  { "read/early", "shown-early", show_early },
  { "unread/node", "unread", leave_out_node },
  { "unread/log", "event-missing unread", leave_out_log },
  { "unread/list", "unread", leave_out_list },
};

const HistoryCase *
history_broken_cases (gsize *out_length)
{
  *out_length = G_N_ELEMENTS (broken);

  return broken;
}
