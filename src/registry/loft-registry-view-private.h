/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "registry/loft-registry-private.h"
#include "registry/loft-registry-view.h"

G_BEGIN_DECLS

typedef struct _LoftViewQuestion LoftViewQuestion;

typedef GBytes *(*LoftViewAnswerFunc) (LoftRegistry *self,
                                       const LoftViewQuestion *question,
                                       LoftViewAnswer *answer,
                                       GCancellable *cancellable,
                                       GError **error);

/**
 * LoftViewQuestion:
 * @func: (nullable): what answers it
 * @view: a view
 * @name: (nullable): a package
 * @version: (nullable): a version
 * @after: (nullable): where the page before ended
 * @limit: how many a page has at most
 * @about: of a tarball: whether no byte of it is wanted
 * @asked: when it was asked, by the monotonic clock
 *
 * A question whose answer takes its time.
 */
struct _LoftViewQuestion
{
  LoftViewAnswerFunc func;
  LoftView view;
  char *name;    /* owned, nullable */
  char *version; /* owned, nullable */
  char *after;   /* owned, nullable */
  guint limit;
  gboolean about;
  gint64 asked;
};

LoftViewQuestion *loft_view_question_new (const LoftView *view,
                                          const char *name,
                                          const char *version,
                                          LoftViewAnswerFunc func);
void loft_view_question_free (gpointer data);

void loft_view_answer_in_thread (GTask *task,
                                 gpointer source_object,
                                 gpointer task_data,
                                 GCancellable *cancellable);
void loft_registry_view_run (LoftRegistry *self,
                             GTask *task,
                             LoftViewQuestion *question,
                             GTaskThreadFunc thread_func);

G_END_DECLS
