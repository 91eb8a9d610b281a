/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include <string.h>

#include "dbus/loft-dbus-error.h"
#include "dbus/loft-dbus-private.h"
#include "registry/loft-message-id.h"

/* What is left of a call: a line in the journal, and an event where nothing
 * else leads to one. Who is refused leaves a line alone, and not many of them.
 */

#define MINUTE (60 * G_TIME_SPAN_SECOND)
#define REFUSALS_MAX 10

/**
 * loft_dbus_draw_request_id:
 *
 * Draws what a call is called in the journal and the log.
 *
 * Returns: (transfer full): an id, as requests by HTTP have one
 */
char *
loft_dbus_draw_request_id (void)
{
  return g_strdup_printf ("%08x%08x", g_random_int (), g_random_int ());
}

/* What a call is about: a package, a user or a token, which comes first where
 * there is one. */
static const char *
find_subject (GDBusMethodInvocation *invocation)
{
  GVariant *parameters = g_dbus_method_invocation_get_parameters (invocation);
  g_autoptr (GVariant) first = g_variant_n_children (parameters) > 0
                                 ? g_variant_get_child_value (parameters, 0)
                                 : NULL;
  gsize length;

  if (first == NULL || !g_variant_is_of_type (first, G_VARIANT_TYPE_STRING))
    return "";

  const char *subject = g_variant_get_string (first, &length);

  return length <= LOFT_DBUS_NAME_MAX ? subject : "";
}

/**
 * loft_dbus_note_call:
 * @self: a service
 * @invocation: a call that is allowed, and changes something
 * @method: which one
 * @caller: who calls
 *
 * Tells the journal.
 */
void
loft_dbus_note_call (LoftDbusService *self,
                     GDBusMethodInvocation *invocation,
                     const LoftDbusMethod *method,
                     const LoftCaller *caller)
{
  const char *subject = find_subject (invocation);

  g_log_structured (G_LOG_DOMAIN,
                    G_LOG_LEVEL_MESSAGE,
                    "MESSAGE_ID",
                    LOFT_MESSAGE_ADMINISTERED,
                    "REQUEST_ID",
                    caller->request,
                    "LOFT_ACTOR",
                    caller->administrator,
                    "LOFT_METHOD",
                    method->name,
                    "MESSAGE",
                    "%s asks for %s%s%s (request %s)",
                    caller->administrator,
                    method->name,
                    *subject != '\0' ? " " : "",
                    subject,
                    caller->request);
}

/**
 * loft_dbus_note_act:
 * @self: a service
 * @invocation: a call that is about to be done
 * @caller: who calls
 *
 * Tells the log of a call that leads to no other event.
 */
void
loft_dbus_note_act (LoftDbusService *self,
                    GDBusMethodInvocation *invocation,
                    const LoftCaller *caller)
{
  loft_registry_note_act (self->registry,
                          g_dbus_method_invocation_get_method_name (invocation),
                          caller);
}

/**
 * loft_dbus_note_refusal:
 * @self: a service
 * @method: what was not allowed
 * @uid: to whom, or G_MAXUINT32 if that is not known
 * @error: why
 *
 * Tells the journal, unless it was told of many within a minute.
 */
void
loft_dbus_note_refusal (LoftDbusService *self,
                        const LoftDbusMethod *method,
                        guint32 uid,
                        const GError *error)
{
  gint64 now = g_get_monotonic_time ();

  if (!g_error_matches (error, LOFT_DBUS_ERROR, LOFT_DBUS_ERROR_NOT_AUTHORIZED))
    return;
  if (self->refusals_begin == 0 || now - self->refusals_begin >= MINUTE)
    {
      self->refusals_begin = now;
      self->refusals = 0;
    }
  if (self->refusals++ >= REFUSALS_MAX)
    return;

  g_autofree char *user =
    uid != G_MAXUINT32 ? g_strdup_printf ("%u", uid) : g_strdup ("unknown");
  g_log_structured (G_LOG_DOMAIN,
                    G_LOG_LEVEL_MESSAGE,
                    "MESSAGE_ID",
                    LOFT_MESSAGE_REFUSED,
                    "LOFT_ACTOR",
                    user,
                    "LOFT_METHOD",
                    method->name,
                    "MESSAGE",
                    "%s was refused to the user %s: %s",
                    method->name,
                    user,
                    error->message);
}
