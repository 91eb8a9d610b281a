/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "dbus/loft-dbus-authority.h"

#include <pwd.h>
#include <unistd.h>

#ifdef HAVE_POLKIT
#include <polkit/polkit.h>
#endif

#include "dbus/loft-dbus-error.h"
#include "dbus/loft-dbus-user.h"

/* Room for what the system knows of a user. */
#define USER_SIZE (16 * 1024)

/**
 * LoftDbusAuthority:
 *
 * Knows who may change something: on the system bus polkit decides. On another
 * bus, or where polkit does not answer, those may who could do as they like
 * anyway: root, and the user as whom the daemon runs. About that user polkit is
 * never asked, for the storage is his, and he has work that nobody attends.
 */
struct _LoftDbusAuthority
{
  GObject parent_instance;

  GBusType bus;
};

G_DEFINE_FINAL_TYPE (LoftDbusAuthority, loft_dbus_authority, G_TYPE_OBJECT)

typedef struct
{
  GDBusMethodInvocation *invocation; /* owned */
  char *action;                      /* owned */
  guint32 uid;
} Check;

static void
check_free (gpointer data)
{
  Check *check = data;

  g_object_unref (check->invocation);
  g_free (check->action);
  g_free (check);
}

static void
loft_dbus_authority_class_init (LoftDbusAuthorityClass *klass)
{
}

static void
loft_dbus_authority_init (LoftDbusAuthority *self)
{
}

/**
 * loft_dbus_authority_new:
 * @bus: the bus from which calls come
 *
 * Creates an authority.
 *
 * Returns: (transfer full): an authority
 */
LoftDbusAuthority *
loft_dbus_authority_new (GBusType bus)
{
  LoftDbusAuthority *self = g_object_new (LOFT_TYPE_DBUS_AUTHORITY, NULL);

  self->bus = bus;

  return self;
}

static gboolean
is_plain (const char *name)
{
  if (*name == '\0' || !g_utf8_validate (name, -1, NULL))
    return FALSE;
  for (const char *c = name; *c != '\0'; c++)
    if (g_ascii_iscntrl (*c))
      return FALSE;

  return TRUE;
}

/* Who knows users may be far away, so this may take its time. */
static void
name_in_thread_cb (GTask *task,
                   gpointer source_object,
                   gpointer task_data,
                   GCancellable *cancellable)
{
  const Check *check = task_data;
  g_autofree char *buffer = g_malloc (USER_SIZE);
  struct passwd entry;
  struct passwd *found = NULL;

  if (getpwuid_r (check->uid, &entry, buffer, USER_SIZE, &found) == 0 &&
      found != NULL && is_plain (found->pw_name))
    g_task_return_pointer (task,
                           g_strconcat ("admin:", found->pw_name, NULL),
                           g_free);
  else
    g_task_return_pointer (task,
                           g_strdup_printf ("admin:%u", check->uid),
                           g_free);
}

static void
grant (GTask *task)
{
  g_task_run_in_thread (task, name_in_thread_cb);
}

static void
decide_by_user (GTask *task)
{
  const Check *check = g_task_get_task_data (task);

  if (check->uid == 0 || check->uid == geteuid ())
    grant (task);
  else
    g_task_return_new_error (task,
                             LOFT_DBUS_ERROR,
                             LOFT_DBUS_ERROR_NOT_AUTHORIZED,
                             "Only root and the user as whom the registry runs "
                             "may do this");
}

#ifdef HAVE_POLKIT

static void
checked_cb (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = G_TASK (user_data);
  const Check *check = g_task_get_task_data (task);
  g_autoptr (GError) local_error = NULL;
  g_autoptr (PolkitAuthorizationResult) answer =
    polkit_authority_check_authorization_finish (
      POLKIT_AUTHORITY (source_object),
      result,
      &local_error);

  if (answer == NULL)
    {
      g_info ("polkit can't be asked for %s: %s",
              check->action,
              local_error->message);
      decide_by_user (task);
    }
  else if (polkit_authorization_result_get_is_authorized (answer))
    grant (task);
  else if (polkit_authorization_result_get_is_challenge (answer))
    g_task_return_new_error (task,
                             LOFT_DBUS_ERROR,
                             LOFT_DBUS_ERROR_NOT_AUTHORIZED,
                             "An administrator has to confirm %s, and nobody "
                             "could be asked",
                             check->action);
  else
    g_task_return_new_error (task,
                             LOFT_DBUS_ERROR,
                             LOFT_DBUS_ERROR_NOT_AUTHORIZED,
                             "You are not allowed %s",
                             check->action);
}

static void
found_polkit_cb (GObject *source_object,
                 GAsyncResult *result,
                 gpointer user_data)
{
  g_autoptr (GTask) task = G_TASK (user_data);
  const Check *check = g_task_get_task_data (task);
  g_autoptr (GError) local_error = NULL;
  g_autoptr (PolkitAuthority) authority =
    polkit_authority_get_finish (result, &local_error);
  if (authority == NULL)
    {
      g_info ("polkit can't be found: %s", local_error->message);
      decide_by_user (task);
      return;
    }

  GDBusMessage *message =
    g_dbus_method_invocation_get_message (check->invocation);
  gboolean may_ask =
    (g_dbus_message_get_flags (message) &
     G_DBUS_MESSAGE_FLAGS_ALLOW_INTERACTIVE_AUTHORIZATION) != 0;
  GCancellable *cancellable = g_task_get_cancellable (task);
  g_autoptr (PolkitSubject) subject = polkit_system_bus_name_new (
    g_dbus_method_invocation_get_sender (check->invocation));

  polkit_authority_check_authorization (
    authority,
    subject,
    check->action,
    NULL,
    may_ask ? POLKIT_CHECK_AUTHORIZATION_FLAGS_ALLOW_USER_INTERACTION
            : POLKIT_CHECK_AUTHORIZATION_FLAGS_NONE,
    cancellable,
    checked_cb,
    g_steal_pointer (&task));
}

static void
decide (GTask *task)
{
  LoftDbusAuthority *self = g_task_get_source_object (task);
  const Check *check = g_task_get_task_data (task);

  if (self->bus == G_BUS_TYPE_SYSTEM && check->uid != geteuid ())
    polkit_authority_get_async (g_task_get_cancellable (task),
                                found_polkit_cb,
                                g_object_ref (task));
  else
    decide_by_user (task);
}

#else

static void
decide (GTask *task)
{
  decide_by_user (task);
}

#endif

static void
found_user_cb (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = G_TASK (user_data);
  Check *check = g_task_get_task_data (task);
  g_autoptr (GError) local_error = NULL;

  if (loft_dbus_ask_user_finish (G_DBUS_CONNECTION (source_object),
                                 result,
                                 &check->uid,
                                 &local_error))
    decide (task);
  else
    g_task_return_error (task, g_steal_pointer (&local_error));
}

/**
 * loft_dbus_authority_check_async:
 * @self: an authority
 * @invocation: a call
 * @action: the polkit action that it comes to
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async): called once it is decided
 * @user_data: for @callback
 *
 * Finds out whether the caller may do this. That may take as long as an
 * administrator takes to enter a password.
 */
void
loft_dbus_authority_check_async (LoftDbusAuthority *self,
                                 GDBusMethodInvocation *invocation,
                                 const char *action,
                                 GCancellable *cancellable,
                                 GAsyncReadyCallback callback,
                                 gpointer user_data)
{
  g_return_if_fail (LOFT_IS_DBUS_AUTHORITY (self));
  g_return_if_fail (G_IS_DBUS_METHOD_INVOCATION (invocation));
  g_return_if_fail (action != NULL);

  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);
  Check *check = g_new0 (Check, 1);

  check->invocation = g_object_ref (invocation);
  check->action = g_strdup (action);
  check->uid = G_MAXUINT32;
  g_task_set_source_tag (task, loft_dbus_authority_check_async);
  g_task_set_task_data (task, check, check_free);
  loft_dbus_ask_user (invocation,
                      cancellable,
                      found_user_cb,
                      g_steal_pointer (&task));
}

/**
 * loft_dbus_authority_check_finish:
 * @self: an authority
 * @result: what the callback got
 * @out_uid: (out): the caller, also if he may not; G_MAXUINT32 if that is not
 *   known
 * @error: return location for a #GError
 *
 * Ends what loft_dbus_authority_check_async() began.
 *
 * Returns: (transfer full): as whom the log shall name the caller, or %NULL
 *   with @error set to %LOFT_DBUS_ERROR_NOT_AUTHORIZED
 */
char *
loft_dbus_authority_check_finish (LoftDbusAuthority *self,
                                  GAsyncResult *result,
                                  guint32 *out_uid,
                                  GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);

  g_return_val_if_fail (out_uid != NULL, NULL);

  const Check *check = g_task_get_task_data (G_TASK (result));
  *out_uid = check->uid;

  return g_task_propagate_pointer (G_TASK (result), error);
}
