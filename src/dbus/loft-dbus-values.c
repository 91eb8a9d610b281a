/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include <gio/gunixfdlist.h>
#include <string.h>

#include "dbus/loft-dbus-private.h"

/* What calls carry, and what answers do. */

/* A bus cuts off who sends it more at once than it takes. */
#define ANSWER_MAX (8 * 1024 * 1024)

#define LIST_MAX 1000

/**
 * loft_dbus_check_options:
 * @options: options of a call, of type `a{sv}`
 * @known: (array length=n_known): those that the method takes
 * @n_known: how many these are
 * @error: return location for a #GError
 *
 * Finds out whether options are what a method takes.
 *
 * Returns: %TRUE, or %FALSE with @error set to %LOFT_DBUS_ERROR_ARGUMENT
 */
gboolean
loft_dbus_check_options (GVariant *options,
                         const LoftDbusOption *known,
                         gsize n_known,
                         GError **error)
{
  GVariantIter iter;
  const char *name;
  GVariant *value;

  g_variant_iter_init (&iter, options);
  while (g_variant_iter_next (&iter, "{&sv}", &name, &value))
    {
      g_autoptr (GVariant) owned = value;
      gsize i = 0;

      while (i < n_known && !g_str_equal (known[i].name, name))
        i++;
      if (i == n_known)
        {
          g_set_error (error,
                       LOFT_DBUS_ERROR,
                       LOFT_DBUS_ERROR_ARGUMENT,
                       "There is no option “%.40s”",
                       name);
          return FALSE;
        }
      if (!g_variant_is_of_type (value, G_VARIANT_TYPE (known[i].type)))
        {
          g_set_error (error,
                       LOFT_DBUS_ERROR,
                       LOFT_DBUS_ERROR_ARGUMENT,
                       "The option “%s” must be of type %s",
                       name,
                       known[i].type);
          return FALSE;
        }
    }

  return TRUE;
}

/**
 * loft_dbus_check_text:
 * @what: what it is, for people
 * @text: an argument
 * @most: how many bytes it may have
 * @error: return location for a #GError
 *
 * Finds out whether an argument is of bearable length.
 *
 * Returns: %TRUE, or %FALSE with @error set to %LOFT_DBUS_ERROR_ARGUMENT
 */
gboolean
loft_dbus_check_text (const char *what,
                      const char *text,
                      gsize most,
                      GError **error)
{
  if (strlen (text) <= most)
    return TRUE;

  g_set_error (error,
               LOFT_DBUS_ERROR,
               LOFT_DBUS_ERROR_ARGUMENT,
               "%s has more than %" G_GSIZE_FORMAT " bytes",
               what,
               most);

  return FALSE;
}

/**
 * loft_dbus_check_list:
 * @what: what it is, for people
 * @list: an argument
 * @error: return location for a #GError
 *
 * Finds out whether a list of names is of bearable length.
 *
 * Returns: %TRUE, or %FALSE with @error set to %LOFT_DBUS_ERROR_ARGUMENT
 */
gboolean
loft_dbus_check_list (const char *what, const char *const *list, GError **error)
{
  gsize length = g_strv_length ((GStrv) list);
  g_autofree char *one = g_strdup_printf ("One of the %s", what);

  if (length > LIST_MAX)
    {
      g_set_error (error,
                   LOFT_DBUS_ERROR,
                   LOFT_DBUS_ERROR_ARGUMENT,
                   "There are more than %d %s",
                   LIST_MAX,
                   what);
      return FALSE;
    }
  for (gsize i = 0; i < length; i++)
    if (!loft_dbus_check_text (one, list[i], LOFT_DBUS_NAME_MAX, error))
      return FALSE;

  return TRUE;
}

/**
 * loft_dbus_take_descriptor:
 * @invocation: a call
 * @handle: an argument of type `h`
 * @error: return location for a #GError
 *
 * Takes a descriptor that came with a call.
 *
 * Returns: a descriptor of the caller's own, or -1 with @error set
 */
int
loft_dbus_take_descriptor (GDBusMethodInvocation *invocation,
                           gint32 handle,
                           GError **error)
{
  GUnixFDList *list = g_dbus_message_get_unix_fd_list (
    g_dbus_method_invocation_get_message (invocation));

  if (list != NULL && handle >= 0 && handle < g_unix_fd_list_get_length (list))
    return g_unix_fd_list_get (list, handle, error);

  g_set_error_literal (error,
                       LOFT_DBUS_ERROR,
                       LOFT_DBUS_ERROR_ARGUMENT,
                       "The call names a descriptor that did not come with it");

  return -1;
}

/**
 * loft_dbus_return_nothing:
 * @invocation: (transfer full): a call
 * @error: (nullable): why it failed
 *
 * Ends a call that has no answer but that it succeeded.
 */
void
loft_dbus_return_nothing (GDBusMethodInvocation *invocation,
                          const GError *error)
{
  if (error != NULL)
    loft_dbus_error_return (invocation, error);
  else
    g_dbus_method_invocation_return_value (invocation, NULL);
}

static gboolean
check_size (GBytes *bytes, GError **error)
{
  if (g_bytes_get_size (bytes) <= ANSWER_MAX)
    return TRUE;

  g_set_error_literal (error,
                       LOFT_REGISTRY_ERROR,
                       LOFT_REGISTRY_ERROR_TOO_LARGE,
                       "The answer is too large for a bus; ask for less at "
                       "once, or over HTTP");

  return FALSE;
}

static void
add_piece (GVariantBuilder *builder, const char *start, const char *end)
{
  g_autofree char *piece = g_strndup (start, (gsize) (end - start));

  g_variant_builder_add (builder, "s", piece);
}

/* The end of the value that begins at @c: at the comma or bracket after it. */
static const char *
find_end (const char *c, const char *end)
{
  guint depth = 0;

  for (gboolean quoted = FALSE; c < end; c++)
    if (quoted)
      {
        if (*c == '\\')
          c++;
        else if (*c == '"')
          quoted = FALSE;
      }
    else if (*c == '"')
      quoted = TRUE;
    else if (depth == 0 && (*c == ',' || *c == ']'))
      break;
    else if (*c == '{' || *c == '[')
      depth++;
    else if (*c == '}' || *c == ']')
      depth--;

  return MIN (c, end);
}

/**
 * loft_dbus_split_array:
 * @json: a JSON array without blanks between its elements, as the registry
 *   writes them
 * @error: return location for a #GError
 *
 * Takes an array apart.
 *
 * Returns: (transfer floating): its elements, of type `as`, or %NULL with
 *   @error set to %LOFT_REGISTRY_ERROR_TOO_LARGE
 */
GVariant *
loft_dbus_split_array (GBytes *json, GError **error)
{
  gsize size = 0;
  const char *c = g_bytes_get_data (json, &size);
  const char *end = c + size;
  GVariantBuilder builder;

  if (!check_size (json, error))
    return NULL;

  g_variant_builder_init (&builder, G_VARIANT_TYPE_STRING_ARRAY);
  for (c++; c < end && *c != ']';)
    {
      const char *next = find_end (c, end);

      add_piece (&builder, c, next);
      c = next < end && *next == ',' ? next + 1 : next;
    }

  return g_variant_builder_end (&builder);
}

/**
 * loft_dbus_split_lines:
 * @text: lines, each of which ends in a line feed
 * @error: return location for a #GError
 *
 * Takes a text apart.
 *
 * Returns: (transfer floating): its lines, of type `as`, or %NULL with @error
 *   set to %LOFT_REGISTRY_ERROR_TOO_LARGE
 */
GVariant *
loft_dbus_split_lines (GBytes *text, GError **error)
{
  gsize size = 0;
  const char *line = g_bytes_get_data (text, &size);
  const char *end = line + size;
  GVariantBuilder builder;

  if (!check_size (text, error))
    return NULL;

  g_variant_builder_init (&builder, G_VARIANT_TYPE_STRING_ARRAY);
  while (line < end)
    {
      const char *feed = memchr (line, '\n', (gsize) (end - line));
      const char *next = feed != NULL ? feed : end;

      add_piece (&builder, line, next);
      line = next + 1;
    }

  return g_variant_builder_end (&builder);
}
