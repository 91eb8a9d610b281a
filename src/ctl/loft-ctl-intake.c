/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "ctl/loft-ctl-intake.h"

#include <gio/gunixfdlist.h>
#include <glib/gi18n.h>
#include <inttypes.h>
#include <json-glib/json-glib.h>
#include <string.h>

#include "ctl/loft-ctl-bus.h"
#include "ctl/loft-ctl-json.h"
#include "ctl/loft-ctl-text.h"
#include "registry/loft-version.h"

/* Gives what comes from elsewhere to the registry, a package at a time, and
 * keeps the accounts. Nothing that is there is replaced or taken back: a
 * version with other bytes is a conflict, and what was yanked or deprecated
 * here stays so. */

/**
 * LoftCtlIntake:
 *
 * The registry that takes in what others have.
 */
struct _LoftCtlIntake
{
  const LoftCtl *ctl;         /* not owned */
  LoftBusRegistry1 *registry; /* owned */
  gboolean dry_run;

  /* Of the package that it is about. */
  char *name;           /* owned, nullable */
  GHashTable *versions; /* owned: without build metadata, to their digests */
  GHashTable *yanked;   /* owned: those of them that are */
  gboolean is_deprecated;

  guint64 created;
  guint64 present;
  guint64 conflicts;
  guint64 refused;
  guint64 n_yanked;
  guint64 n_deprecated;
};

/**
 * loft_ctl_intake_new:
 * @ctl: what the command was told; must stay
 * @dry_run: whether only to tell what would be done
 * @error: return location for a #GError
 *
 * Looks for the registry that is to take something in.
 *
 * Returns: (transfer full): an intake, or %NULL with @error set to
 *   %LOFT_CTL_ERROR_UNREACHABLE
 */
LoftCtlIntake *
loft_ctl_intake_new (const LoftCtl *ctl, gboolean dry_run, GError **error)
{
  LoftBusRegistry1 *registry = loft_ctl_bus_connect (ctl, error);
  if (registry == NULL)
    return NULL;

  LoftCtlIntake *self = g_new0 (LoftCtlIntake, 1);
  self->ctl = ctl;
  self->registry = registry;
  self->dry_run = dry_run;
  self->versions =
    g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  self->yanked = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  return self;
}

/**
 * loft_ctl_intake_free:
 * @self: (transfer full): an intake
 *
 * Frees @self.
 */
void
loft_ctl_intake_free (LoftCtlIntake *self)
{
  g_object_unref (self->registry);
  g_hash_table_unref (self->versions);
  g_hash_table_unref (self->yanked);
  g_free (self->name);
  g_free (self);
}

static void
take_element (LoftCtlIntake *self, JsonObject *element)
{
  const char *version = loft_json_get_string (element, "version");
  if (version == NULL)
    return;

  char *plain = loft_version_without_build (version);
  if (loft_ctl_json_get_boolean (element, "yanked"))
    g_hash_table_add (self->yanked, g_strdup (plain));
  if (loft_json_get_string (element, "deprecated") != NULL)
    self->is_deprecated = TRUE;
  g_hash_table_replace (self->versions,
                        plain,
                        g_strdup (loft_json_get_string (element, "sha256")));
}

static gboolean
is_failure (const GError *error, const char *name)
{
  g_autofree char *remote = g_dbus_error_get_remote_error (error);
  const char *last = remote != NULL ? strrchr (remote, '.') : NULL;

  return last != NULL && g_str_equal (last + 1, name);
}

/**
 * loft_ctl_intake_begin:
 * @self: an intake
 * @name: a package, which the registry may have or not
 * @error: return location for a #GError
 *
 * Says which package it is about from now on.
 *
 * Returns: %TRUE, or %FALSE with @error set; then there is no use in going on
 */
gboolean
loft_ctl_intake_begin (LoftCtlIntake *self, const char *name, GError **error)
{
  g_auto (GStrv) elements = NULL;
  g_autoptr (GError) local_error = NULL;

  g_free (self->name);
  self->name = g_strdup (name);
  self->is_deprecated = FALSE;
  g_hash_table_remove_all (self->versions);
  g_hash_table_remove_all (self->yanked);
  if (!loft_bus_registry1_call_show_package_sync (self->registry,
                                                  name,
                                                  G_DBUS_CALL_FLAGS_NONE,
                                                  LOFT_CTL_BUS_PATIENCE,
                                                  &elements,
                                                  NULL,
                                                  &local_error))
    {
      if (is_failure (local_error, "NoSuchPackage"))
        return TRUE;
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }

  for (gsize i = 0; elements[i] != NULL; i++)
    {
      g_autoptr (JsonObject) element = loft_ctl_json_parse (elements[i], error);

      if (element == NULL)
        return FALSE;
      take_element (self, element);
    }

  return TRUE;
}

/**
 * loft_ctl_intake_find:
 * @self: an intake
 * @version: a version of the package
 * @sha256: (nullable): digest of its tarball, in hex, if that is known
 *
 * Finds out what the registry has of a version.
 *
 * Returns: whether it has it
 */
LoftCtlPresence
loft_ctl_intake_find (LoftCtlIntake *self,
                      const char *version,
                      const char *sha256)
{
  g_autofree char *plain = loft_version_without_build (version);
  const char *known = NULL;

  if (!g_hash_table_lookup_extended (self->versions,
                                     plain,
                                     NULL,
                                     (gpointer *) &known))
    return LOFT_CTL_PRESENCE_MISSING;
  if (sha256 == NULL || known == NULL)
    return LOFT_CTL_PRESENCE_UNKNOWN;

  return g_ascii_strcasecmp (known, sha256) == 0 ? LOFT_CTL_PRESENCE_SAME
                                                 : LOFT_CTL_PRESENCE_OTHER;
}

static void
complain (const char *name, const char *version, const char *reason)
{
  g_autofree char *what = loft_ctl_text_line (name, LOFT_CTL_TEXT_NAME_WIDTH);
  g_autofree char *which = loft_ctl_text_line (version != NULL ? version : "",
                                               LOFT_CTL_TEXT_NAME_WIDTH);
  g_autofree char *why =
    loft_ctl_text_line (reason, LOFT_CTL_TEXT_REASON_WIDTH);

  g_printerr ("loft-registryctl: %s%s%s: %s\n",
              what,
              version != NULL ? "/" : "",
              which,
              why);
}

/* What is said of other bytes says nothing of those that are there. */
static void
forget (LoftCtlIntake *self, const char *version)
{
  g_autofree char *plain = loft_version_without_build (version);

  g_hash_table_remove (self->versions, plain);
}

/**
 * loft_ctl_intake_note:
 * @self: an intake
 * @version: a version of the package
 * @sha256: (nullable): digest of its tarball, in hex
 * @presence: what loft_ctl_intake_find() said
 *
 * Keeps account of a version that is not given to the registry: because it has
 * it, or because nothing is to be done.
 */
void
loft_ctl_intake_note (LoftCtlIntake *self,
                      const char *version,
                      const char *sha256,
                      LoftCtlPresence presence)
{
  switch (presence)
    {
    case LOFT_CTL_PRESENCE_MISSING:
      self->created++;
      g_hash_table_replace (self->versions,
                            loft_version_without_build (version),
                            g_strdup (sha256));
      break;
    case LOFT_CTL_PRESENCE_SAME:
    case LOFT_CTL_PRESENCE_UNKNOWN:
      self->present++;
      break;
    case LOFT_CTL_PRESENCE_OTHER:
      self->conflicts++;
      forget (self, version);
      complain (self->name,
                version,
                _ ("Other bytes are there already, and are left alone"));
      break;
    default:
      g_assert_not_reached ();
    }
}

/**
 * loft_ctl_intake_give:
 * @self: an intake
 * @version: a version of the package
 * @fd: its tarball, a file at its beginning; stays the caller's
 * @document: what is said of it, a JSON object
 * @error: return location for a #GError
 *
 * Has the registry take in a version.
 *
 * Returns: %TRUE, were there other bytes; %FALSE with @error set if it was
 *   refused
 */
gboolean
loft_ctl_intake_give (LoftCtlIntake *self,
                      const char *version,
                      int fd,
                      const char *document,
                      GError **error)
{
  g_autoptr (GUnixFDList) list = g_unix_fd_list_new ();
  g_autoptr (GError) local_error = NULL;
  gboolean created = FALSE;
  int handle = g_unix_fd_list_append (list, fd, error);

  if (handle == -1)
    return FALSE;
  if (loft_bus_registry1_call_import_version_sync (
        self->registry,
        self->name,
        version,
        g_variant_new_handle (handle),
        document,
        G_DBUS_CALL_FLAGS_ALLOW_INTERACTIVE_AUTHORIZATION,
        LOFT_CTL_BUS_PATIENCE,
        list,
        &created,
        NULL,
        NULL,
        &local_error))
    loft_ctl_intake_note (self,
                          version,
                          NULL,
                          created ? LOFT_CTL_PRESENCE_MISSING
                                  : LOFT_CTL_PRESENCE_SAME);
  else if (is_failure (local_error, "Exists"))
    loft_ctl_intake_note (self, version, NULL, LOFT_CTL_PRESENCE_OTHER);
  else
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }

  return TRUE;
}

/**
 * loft_ctl_intake_yank:
 * @self: an intake
 * @version: a version of the package
 * @reason: (nullable): why
 * @error: return location for a #GError
 *
 * Has a version that is there yanked, if it is not.
 *
 * Returns: %TRUE, or %FALSE with @error set
 */
gboolean
loft_ctl_intake_yank (LoftCtlIntake *self,
                      const char *version,
                      const char *reason,
                      GError **error)
{
  g_autofree char *plain = loft_version_without_build (version);

  if (!g_hash_table_contains (self->versions, plain) ||
      g_hash_table_contains (self->yanked, plain))
    return TRUE;
  if (!self->dry_run && !loft_bus_registry1_call_yank_sync (
                          self->registry,
                          self->name,
                          version,
                          reason != NULL ? reason : "",
                          G_DBUS_CALL_FLAGS_ALLOW_INTERACTIVE_AUTHORIZATION,
                          LOFT_CTL_BUS_PATIENCE,
                          NULL,
                          error))
    return FALSE;

  self->n_yanked++;
  g_hash_table_add (self->yanked, g_steal_pointer (&plain));

  return TRUE;
}

/**
 * loft_ctl_intake_deprecate:
 * @self: an intake
 * @message: why the package should not be used
 * @error: return location for a #GError
 *
 * Has the package deprecated, if it is there and is not.
 *
 * Returns: %TRUE, or %FALSE with @error set
 */
gboolean
loft_ctl_intake_deprecate (LoftCtlIntake *self,
                           const char *message,
                           GError **error)
{
  if (self->is_deprecated || *message == '\0' ||
      g_hash_table_size (self->versions) == 0)
    return TRUE;
  if (!self->dry_run && !loft_bus_registry1_call_deprecate_sync (
                          self->registry,
                          self->name,
                          message,
                          G_DBUS_CALL_FLAGS_ALLOW_INTERACTIVE_AUTHORIZATION,
                          LOFT_CTL_BUS_PATIENCE,
                          NULL,
                          error))
    return FALSE;

  self->n_deprecated++;
  self->is_deprecated = TRUE;

  return TRUE;
}

/**
 * loft_ctl_intake_refuse:
 * @self: an intake
 * @name: a package
 * @version: (nullable): a version of it; %NULL for all of it
 * @error: (inout): what is wrong with it
 *
 * Says what is wrong with something, which does not keep the rest out. Without
 * the registry, the right or room there is no use in going on.
 *
 * Returns: %TRUE with @error cleared, or %FALSE with @error explained
 */
gboolean
loft_ctl_intake_refuse (LoftCtlIntake *self,
                        const char *name,
                        const char *version,
                        GError **error)
{
  gboolean is_final = is_failure (*error, "NoSpace") ||
                      is_failure (*error, "ReadOnly") ||
                      is_failure (*error, "NotReady");

  loft_ctl_bus_explain (error);
  if (is_final ||
      g_error_matches (*error, LOFT_CTL_ERROR, LOFT_CTL_ERROR_UNREACHABLE) ||
      g_error_matches (*error, LOFT_CTL_ERROR, LOFT_CTL_ERROR_FORBIDDEN))
    return FALSE;

  complain (name, version, (*error)->message);
  self->refused++;
  g_clear_error (error);

  return TRUE;
}

static void
print_json (const LoftCtlIntake *self)
{
  const struct
  {
    const char *member;
    guint64 number;
  } numbers[] = {
    { "created", self->created },     { "present", self->present },
    { "conflicts", self->conflicts }, { "refused", self->refused },
    { "yanked", self->n_yanked },     { "deprecated", self->n_deprecated },
  };
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  json_builder_begin_object (builder);
  for (gsize i = 0; i < G_N_ELEMENTS (numbers); i++)
    {
      json_builder_set_member_name (builder, numbers[i].member);
      json_builder_add_int_value (builder, (gint64) numbers[i].number);
    }
  json_builder_end_object (builder);
  loft_ctl_json_print (builder);
}

static void
print_text (const LoftCtlIntake *self)
{
  g_print (self->dry_run
             ? _ ("To import: %" PRIu64 ", there already: %" PRIu64
                  ", conflicts: %" PRIu64 ", refused: %" PRIu64 "\n")
             : _ ("Imported: %" PRIu64 ", there already: %" PRIu64
                  ", conflicts: %" PRIu64 ", refused: %" PRIu64 "\n"),
           self->created,
           self->present,
           self->conflicts,
           self->refused);
  if (self->n_yanked > 0 || self->n_deprecated > 0)
    g_print (self->dry_run
               ? _ ("To yank: %" PRIu64 ", to deprecate: %" PRIu64 "\n")
               : _ ("Yanked: %" PRIu64 ", deprecated: %" PRIu64 "\n"),
             self->n_yanked,
             self->n_deprecated);
}

/**
 * loft_ctl_intake_report:
 * @self: an intake
 * @error: return location for a #GError
 *
 * Prints the accounts.
 *
 * Returns: %TRUE, or %FALSE with @error set to %LOFT_CTL_ERROR_FAILED if
 *   something was refused, or %LOFT_CTL_ERROR_FINDINGS for conflicts
 */
gboolean
loft_ctl_intake_report (LoftCtlIntake *self, GError **error)
{
  if (self->ctl->json)
    print_json (self);
  else
    print_text (self);

  if (self->refused > 0)
    g_set_error_literal (error,
                         LOFT_CTL_ERROR,
                         LOFT_CTL_ERROR_FAILED,
                         _ ("Not everything was imported"));
  else if (self->conflicts > 0)
    g_set_error_literal (error,
                         LOFT_CTL_ERROR,
                         LOFT_CTL_ERROR_FINDINGS,
                         _ ("Versions that were there with other bytes were "
                            "left alone"));

  return self->refused == 0 && self->conflicts == 0;
}
