/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "loft-gio-lease.h"

#include <errno.h>
#include <glib/gi18n.h>
#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "loft-gio-error.h"
#include "loft-gio-file.h"
#include "loft-gio-upload.h"
#include "storage/loft-storage.h"

/* Who may write
 *
 * A folder says that the store is owned, since making a folder is what servers
 * do exclusively; a file in it says by whom. It goes with its owner. An owner
 * that died leaves it behind. Whoever can see for himself that the owner is
 * gone, being on the same machine since the same start of it, takes over;
 * anybody else needs the administrator's word, for a server that only hangs
 * can not be kept from writing once it goes on.
 *
 * Taking over is renaming the folder to what only that owner's can be called.
 * Of two that try one succeeds, and a third that comes late finds the name
 * taken, instead of robbing the new owner.
 *
 * Who lost the store without noticing, for it did not run, is kept from writing
 * by what it needs for that: it looks at the lease when all is ready but the
 * renames (see loft-gio-settle.c), and whoever takes over then deletes what
 * they would rename, and bars where they lead. So they happened before, or
 * never. */

#define PARENT LOFT_GIO_FOLDER
#define LEASE PARENT "/lease"
#define OWNER LEASE "/owner"
#define OWNER_MAX 4096
#define GROUP "owner"

/* How often somebody else may be faster. */
#define ATTEMPTS 4

struct _LoftGioLease
{
  LoftGioStore *store; /* not owned; outlives this */
  char *text;          /* owned: what the file says */

  int is_lost; /* atomic; it never comes back */
};

static char *
read_line (const char *path)
{
  g_autofree char *text = NULL;

  if (!g_file_get_contents (path, &text, NULL, NULL))
    return g_strdup ("");

  return g_strdup (g_strchomp (text));
}

/* What tells one start of a machine from all others. */
static char *
get_boot (void)
{
  return read_line ("/proc/sys/kernel/random/boot_id");
}

/* In which space of numbers a process has its own; containers of one machine
 * have the same boot. */
static char *
get_space (void)
{
  char *space = g_file_read_link ("/proc/self/ns/pid", NULL);

  return space != NULL ? space : g_strdup ("");
}

/* When a process began, so that its number alone is not trusted; nothing if
 * it ended or can't be looked at. */
static char *
get_start (long pid)
{
  g_autofree char *path = g_strdup_printf ("/proc/%ld/stat", pid);
  g_autofree char *line = read_line (path);
  const char *rest = strrchr (line, ')');

  if (rest == NULL)
    return g_strdup ("");

  g_auto (GStrv) fields = g_strsplit (rest + 1, " ", 0);
  gboolean is_alive = g_strv_length (fields) > 20 &&
                      !g_str_equal (fields[1], "Z") &&
                      !g_str_equal (fields[1], "X");

  return g_strdup (is_alive ? fields[20] : "");
}

static char *
describe_self (void)
{
  g_autoptr (GKeyFile) file = g_key_file_new ();
  g_autofree char *boot = get_boot ();
  g_autofree char *space = get_space ();
  g_autofree char *start = get_start (getpid ());
  g_autofree char *id = g_uuid_string_random ();

  g_key_file_set_string (file, GROUP, "host", g_get_host_name ());
  g_key_file_set_string (file, GROUP, "boot", boot);
  g_key_file_set_string (file, GROUP, "space", space);
  g_key_file_set_int64 (file, GROUP, "process", getpid ());
  g_key_file_set_string (file, GROUP, "start", start);
  g_key_file_set_string (file, GROUP, "id", id);

  return g_key_file_to_data (file, NULL, NULL);
}

static gboolean
says (GKeyFile *owner, const char *name, const char *value)
{
  g_autofree char *text = g_key_file_get_string (owner, GROUP, name, NULL);

  return *value != '\0' && g_strcmp0 (text, value) == 0;
}

/* Whether it is certain that the owner can not write any more. */
static gboolean
is_gone (GKeyFile *owner)
{
  g_autofree char *boot = get_boot ();
  g_autofree char *space = get_space ();
  gint64 pid = g_key_file_get_int64 (owner, GROUP, "process", NULL);

  if (!says (owner, "host", g_get_host_name ()) ||
      !says (owner, "boot", boot) || !says (owner, "space", space) ||
      pid <= 0 || pid > G_MAXINT)
    return FALSE;
  if (kill ((pid_t) pid, 0) == -1 && errno == ESRCH)
    return TRUE;

  /* A process of somebody else may be hidden, which does not make it gone. */
  g_autofree char *path = g_strdup_printf ("/proc/%" PRId64 "/stat", pid);
  g_autofree char *start = get_start ((long) pid);

  return g_file_test (path, G_FILE_TEST_EXISTS) &&
         !says (owner, "start", start);
}

static GKeyFile *
parse_owner (const char *text)
{
  g_autoptr (GKeyFile) owner = g_key_file_new ();

  if (!g_key_file_load_from_data (owner,
                                  text,
                                  (gsize) -1,
                                  G_KEY_FILE_NONE,
                                  NULL))
    return NULL;

  return g_steal_pointer (&owner);
}

/* What the lease says, or the empty string for one that says nothing yet. */
static char *
read_owner (LoftGioStore *store, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  g_autoptr (GBytes) content =
    loft_gio_file_fetch (store->engine, OWNER, 0, OWNER_MAX, &local_error);

  if (content != NULL)
    {
      gsize size = 0;
      const char *data = g_bytes_get_data (content, &size);

      return g_strndup (data != NULL ? data : "", size);
    }
  if (loft_gio_error_is (local_error, LOFT_STORAGE_ERROR_NOT_FOUND))
    return g_strdup ("");

  g_propagate_error (error, g_steal_pointer (&local_error));

  return NULL;
}

static gboolean
refuse_owned (LoftGioStore *store, GKeyFile *owner, GError **error)
{
  g_autofree char *uri =
    g_file_get_uri (loft_gio_engine_get_root (store->engine));
  g_autofree char *host =
    owner != NULL ? g_key_file_get_string (owner, GROUP, "host", NULL) : NULL;

  /* Whoever it is does not go away by waiting. */
  g_set_error (
    error,
    LOFT_STORAGE_ERROR,
    LOFT_STORAGE_ERROR_DENIED,
    _ ("“%s” is in use by another server (process %" PRId64
       " on %s). If that has ended for good, start this one with "
       "--take-over once"),
    uri,
    owner != NULL ? g_key_file_get_int64 (owner, GROUP, "process", NULL) : 0,
    host != NULL ? host : "?");

  return FALSE;
}

/* What only the lease with this text can be called once it is put away. */
static char *
name_lease (LoftGioStore *store, const char *text)
{
  g_autoptr (GKeyFile) owner = parse_owner (text);
  g_autofree char *id =
    owner != NULL ? g_key_file_get_string (owner, GROUP, "id", NULL) : NULL;

  if (id != NULL && g_uuid_string_is_valid (id))
    return g_strconcat (".loft-lease-", id, NULL);

  g_autofree char *path = loft_gio_store_name (store, PARENT "/x", "lease");

  return g_path_get_basename (path);
}

/* Puts away what another owner has left. */
static gboolean
put_away (LoftGioStore *store, const char *text, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  g_autofree char *name = name_lease (store, text);

  if (loft_gio_file_rename (store->engine, LEASE, name, &local_error) ||
      loft_gio_error_is (local_error, LOFT_STORAGE_ERROR_NOT_FOUND) ||
      loft_gio_error_is (local_error, LOFT_STORAGE_ERROR_EXISTS))
    return TRUE;

  g_propagate_error (error, g_steal_pointer (&local_error));

  return FALSE;
}

/* Makes room for our lease, if it may. */
static gboolean
take_from_other (LoftGioStore *store,
                 gboolean take_over,
                 const GError *cause,
                 gboolean *out_forced,
                 GError **error)
{
  LoftGioInfo info;

  if (!loft_gio_file_query (store->engine, LEASE, &info, NULL))
    {
      g_propagate_error (error, g_error_copy (cause));
      return FALSE;
    }

  g_autofree char *text = read_owner (store, error);
  if (text == NULL)
    return FALSE;

  g_autoptr (GKeyFile) owner = parse_owner (text);
  gboolean has_ended = owner != NULL && is_gone (owner);
  if (!has_ended && !take_over)
    return refuse_owned (store, owner, error);

  *out_forced = *out_forced || !has_ended;
  g_message ("Taking over the storage from another server: %s",
             has_ended ? "it has ended" : "the administrator says so");

  return put_away (store, text, error);
}

/**
 * loft_gio_lease_take: (skip)
 * @store: a store
 * @take_over: whether to take it from whoever owns it
 * @out_forced: (out): whether it was taken from somebody who may go on
 * @error: return location for a #GError
 *
 * Becomes the owner of @store.
 *
 * Returns: (transfer full): what says so, or %NULL with @error set;
 *   %LOFT_STORAGE_ERROR_UNAVAILABLE if somebody else is
 */
LoftGioLease *
loft_gio_lease_take (LoftGioStore *store,
                     gboolean take_over,
                     gboolean *out_forced,
                     GError **error)
{
  *out_forced = FALSE;
  if (!loft_gio_store_make_parent (store, LEASE, error))
    return NULL;

  for (guint i = 0; i < ATTEMPTS; i++)
    {
      g_autoptr (GError) local_error = NULL;

      if (loft_gio_file_make_folder (store->engine, LEASE, &local_error))
        {
          g_autofree char *text = describe_self ();

          if (!loft_gio_upload_text (store->engine, OWNER, text, error))
            return NULL;

          LoftGioLease *self = g_new0 (LoftGioLease, 1);

          self->store = store;
          self->text = g_steal_pointer (&text);

          return self;
        }
      if (!take_from_other (store, take_over, local_error, out_forced, error))
        return NULL;
    }

  g_set_error (error,
               LOFT_STORAGE_ERROR,
               LOFT_STORAGE_ERROR_UNAVAILABLE,
               "Somebody else is always faster to take the storage");

  return NULL;
}

/**
 * loft_gio_lease_check: (skip)
 * @self: a lease
 * @error: return location for a #GError
 *
 * Looks whether the store is still ours. It may have been taken over while this
 * process did not run.
 *
 * Returns: whether it is; else %LOFT_STORAGE_ERROR_DENIED is set, or why that
 *   is not known
 */
gboolean
loft_gio_lease_check (LoftGioLease *self, GError **error)
{
  if (!g_atomic_int_get (&self->is_lost))
    {
      g_autofree char *text = read_owner (self->store, error);

      if (text == NULL)
        return FALSE;
      if (g_str_equal (text, self->text))
        return TRUE;
      g_atomic_int_set (&self->is_lost, TRUE);
    }

  g_set_error (error,
               LOFT_STORAGE_ERROR,
               LOFT_STORAGE_ERROR_DENIED,
               "Another server has taken the storage over; this one writes "
               "nothing any more");

  return FALSE;
}

/* Somebody may take the lease while we let go of it; then our name for it is
 * taken, and his stays. */
static gboolean
give_up (LoftGioLease *self, GError **error)
{
  LoftGioEngine *engine = self->store->engine;
  g_autofree char *name = name_lease (self->store, self->text);
  g_autofree char *folder = g_strconcat (PARENT "/", name, NULL);
  g_autofree char *owner = g_strconcat (folder, "/owner", NULL);

  return loft_gio_file_rename (engine, LEASE, name, error) &&
         loft_gio_file_delete (engine, owner, error) &&
         loft_gio_file_delete (engine, folder, error);
}

/**
 * loft_gio_lease_release: (skip)
 * @self: (transfer full): a lease
 *
 * Gives the store up.
 */
void
loft_gio_lease_release (LoftGioLease *self)
{
  g_autoptr (GError) local_error = NULL;

  if (!loft_gio_lease_check (self, &local_error) ||
      !give_up (self, &local_error))
    g_debug ("The storage is not given up: %s", local_error->message);

  g_free (self->text);
  g_free (self);
}
