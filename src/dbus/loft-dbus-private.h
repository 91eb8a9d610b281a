/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "dbus/loft-dbus-authority.h"
#include "dbus/loft-dbus-error.h"
#include "dbus/loft-dbus-service.h"

G_BEGIN_DECLS

#define LOFT_DBUS_PATH "/sh/fargone/loft/Registry1"
#define LOFT_DBUS_INTERFACE "sh.fargone.loft.Registry1"

#define LOFT_DBUS_MANAGE_PACKAGES "sh.fargone.loft.registry.manage-packages"
#define LOFT_DBUS_MANAGE_TOKENS "sh.fargone.loft.registry.manage-tokens"
#define LOFT_DBUS_MANAGE_SERVICE "sh.fargone.loft.registry.manage-service"

/* Longer strings are none that a method takes. */
#define LOFT_DBUS_NAME_MAX 255
#define LOFT_DBUS_TEXT_MAX 4096

/* Room for what was told of properties. */
#define LOFT_DBUS_PROPERTIES_MAX 16

typedef struct _LoftDbusNews LoftDbusNews;

struct _LoftDbusService
{
  GObject parent_instance;

  LoftRegistry *registry; /* owned */
  GBusType bus;
  LoftDbusDelegate delegate;
  gpointer delegate_data;       /* not owned */
  char *storage_uri;            /* owned; valid UTF-8 */
  char *backend;                /* owned */
  LoftDbusAuthority *authority; /* owned */
  GDBusConnection *connection;  /* owned, NULL without a bus */
  GCancellable *stopping;       /* owned */
  LoftDbusNews *news;           /* owned, NULL without a bus */
  guint name_id;
  guint object_id;
  gulong closed_id;
  gboolean has_name;
  GSource *again; /* owned, nullable: until the bus is looked for again */
  guint pause;    /* seconds till then, the next time */
  gint64 started_at;
  GHashTable *jobs; /* owned, of owned LoftDbusJob by their paths */
  guint last_job;
  GQueue waiting;        /* of what loft-dbus-changes.c knows */
  gint64 refusals_begin; /* of a minute, monotonic */
  guint refusals;        /* since then */
};

/**
 * LoftDbusMethod:
 * @name: the method's name
 * @action: (nullable): the polkit action that it comes to; %NULL if anybody may
 *   call it
 * @reads: whether it changes nothing, and leaves no trace
 * @run: does it, and ends the call; the last argument tells who calls, and is
 *   %NULL if anybody may call it
 *
 * What is to be done for a call.
 */
typedef struct
{
  const char *name;
  const char *action;
  gboolean reads;
  void (*run) (LoftDbusService *self,
               GDBusMethodInvocation *invocation,
               const LoftCaller *caller);
} LoftDbusMethod;

/**
 * LoftDbusOption:
 * @name: an option's name
 * @type: its type
 *
 * An option that a method takes.
 */
typedef struct
{
  const char *name;
  const char *type;
} LoftDbusOption;

extern const GDBusInterfaceVTable loft_dbus_service_vtable;

void loft_dbus_join (LoftDbusService *self);
void loft_dbus_part (LoftDbusService *self);

void loft_dbus_service_call (LoftDbusService *self,
                             GDBusMethodInvocation *invocation,
                             const LoftDbusMethod *method);

char *loft_dbus_draw_request_id (void);
void loft_dbus_note_call (LoftDbusService *self,
                          GDBusMethodInvocation *invocation,
                          const LoftDbusMethod *method,
                          const LoftCaller *caller);
void loft_dbus_note_act (LoftDbusService *self,
                         GDBusMethodInvocation *invocation,
                         const LoftCaller *caller);
void loft_dbus_note_refusal (LoftDbusService *self,
                             const LoftDbusMethod *method,
                             guint32 uid,
                             const GError *error);

gboolean loft_dbus_check_options (GVariant *options,
                                  const LoftDbusOption *known,
                                  gsize n_known,
                                  GError **error);
gboolean loft_dbus_check_text (const char *what,
                               const char *text,
                               gsize most,
                               GError **error);
gboolean loft_dbus_check_list (const char *what,
                               const char *const *list,
                               GError **error);
int loft_dbus_take_descriptor (GDBusMethodInvocation *invocation,
                               gint32 handle,
                               GError **error);
void loft_dbus_return_nothing (GDBusMethodInvocation *invocation,
                               const GError *error);
GVariant *loft_dbus_split_array (GBytes *json, GError **error);
GVariant *loft_dbus_split_lines (GBytes *text, GError **error);

GVariant *loft_dbus_get_property (LoftDbusService *self, const char *name);
void loft_dbus_tell_properties (LoftDbusService *self, GVariant **told);

LoftDbusNews *loft_dbus_news_new (LoftDbusService *service);
void loft_dbus_news_free (LoftDbusNews *self);

void loft_dbus_end_waiting (LoftDbusService *self);

void loft_dbus_get_metrics (LoftDbusService *self,
                            GDBusMethodInvocation *invocation,
                            const LoftCaller *caller);
void loft_dbus_list_packages (LoftDbusService *self,
                              GDBusMethodInvocation *invocation,
                              const LoftCaller *caller);
void loft_dbus_show_package (LoftDbusService *self,
                             GDBusMethodInvocation *invocation,
                             const LoftCaller *caller);
void loft_dbus_list_changes (LoftDbusService *self,
                             GDBusMethodInvocation *invocation,
                             const LoftCaller *caller);
void loft_dbus_list_audit (LoftDbusService *self,
                           GDBusMethodInvocation *invocation,
                           const LoftCaller *caller);
void loft_dbus_rescan (LoftDbusService *self,
                       GDBusMethodInvocation *invocation,
                       const LoftCaller *caller);
void loft_dbus_verify (LoftDbusService *self,
                       GDBusMethodInvocation *invocation,
                       const LoftCaller *caller);
void loft_dbus_collect (LoftDbusService *self,
                        GDBusMethodInvocation *invocation,
                        const LoftCaller *caller);
void loft_dbus_export (LoftDbusService *self,
                       GDBusMethodInvocation *invocation,
                       const LoftCaller *caller);
void loft_dbus_yank (LoftDbusService *self,
                     GDBusMethodInvocation *invocation,
                     const LoftCaller *caller);
void loft_dbus_unyank (LoftDbusService *self,
                       GDBusMethodInvocation *invocation,
                       const LoftCaller *caller);
void loft_dbus_deprecate (LoftDbusService *self,
                          GDBusMethodInvocation *invocation,
                          const LoftCaller *caller);
void loft_dbus_set_owners (LoftDbusService *self,
                           GDBusMethodInvocation *invocation,
                           const LoftCaller *caller);
void loft_dbus_import_version (LoftDbusService *self,
                               GDBusMethodInvocation *invocation,
                               const LoftCaller *caller);
void loft_dbus_list_docs (LoftDbusService *self,
                          GDBusMethodInvocation *invocation,
                          const LoftCaller *caller);
void loft_dbus_show_docs (LoftDbusService *self,
                          GDBusMethodInvocation *invocation,
                          const LoftCaller *caller);
void loft_dbus_build_docs (LoftDbusService *self,
                           GDBusMethodInvocation *invocation,
                           const LoftCaller *caller);
void loft_dbus_build_missing_docs (LoftDbusService *self,
                                   GDBusMethodInvocation *invocation,
                                   const LoftCaller *caller);
void loft_dbus_create_token (LoftDbusService *self,
                             GDBusMethodInvocation *invocation,
                             const LoftCaller *caller);
void loft_dbus_list_tokens (LoftDbusService *self,
                            GDBusMethodInvocation *invocation,
                            const LoftCaller *caller);
void loft_dbus_revoke_token (LoftDbusService *self,
                             GDBusMethodInvocation *invocation,
                             const LoftCaller *caller);

G_END_DECLS
