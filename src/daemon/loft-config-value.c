/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "daemon/loft-config-key.h"

#include <glib/gi18n.h>
#include <inttypes.h>
#include <string.h>

#define KIB G_GUINT64_CONSTANT (1024)
#define MIB (1024 * KIB)
#define GIB (1024 * MIB)

/* Bytes of a command at most. */
#define COMMAND_MAX 4096

#define SEPARATORS ",; \t"

G_DEFINE_QUARK (loft_config_error, loft_config_error)

/**
 * loft_config_parse_address:
 * @text: any text
 *
 * Reads an address to listen on: a numeric IPv4 address, or an IPv6 address in
 * brackets, then a colon and a port from 0 to 65535.
 *
 * Returns: (transfer full) (nullable): the address, or %NULL if it is none
 */
GInetSocketAddress *
loft_config_parse_address (const char *text)
{
  g_return_val_if_fail (text != NULL, NULL);

  const char *colon = strrchr (text, ':');
  guint64 port;

  if (colon == NULL || !g_ascii_isdigit (colon[1]) ||
      !g_ascii_string_to_unsigned (colon + 1, 10, 0, 65535, &port, NULL))
    return NULL;

  gboolean bracketed = text[0] == '[' && colon - text > 2 && colon[-1] == ']';
  g_autofree char *host = bracketed ? g_strndup (text + 1, colon - text - 2)
                                    : g_strndup (text, colon - text);
  g_autoptr (GSocketAddress) address =
    g_inet_socket_address_new_from_string (host, port);

  if (address == NULL || bracketed != (strchr (host, ':') != NULL))
    return NULL;

  return G_INET_SOCKET_ADDRESS (g_steal_pointer (&address));
}

static GVariant *refuse (GError **error, const char *format, ...)
  G_GNUC_PRINTF (2, 3);

static GVariant *
refuse (GError **error, const char *format, ...)
{
  va_list arguments;

  va_start (arguments, format);
  g_autofree char *message = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_set_error_literal (error,
                       LOFT_CONFIG_ERROR,
                       LOFT_CONFIG_ERROR_VALUE,
                       message);
  return NULL;
}

static GVariant *
parse_text (const LoftConfigKeyInfo *info, const char *text, GError **error)
{
  if (info->minimum > 0 && text[0] == '\0')
    return refuse (error, _ ("The value must not be empty"));

  return g_variant_new_string (text);
}

static GVariant *
parse_name (const char *text, GError **error)
{
  for (const char *c = text; *c != '\0'; c++)
    if (!g_ascii_isalnum (*c) && *c != '-')
      return refuse (error,
                     _ ("“%s” is not a name of letters, digits and hyphens"),
                     text);

  return g_variant_new_string (text);
}

static GVariant *
parse_choice (const LoftConfigKeyInfo *info, const char *text, GError **error)
{
  g_auto (GStrv) choices = g_strsplit (info->choices, " ", -1);

  if (g_strv_contains ((const char *const *) choices, text))
    return g_variant_new_string (text);

  g_autofree char *list = g_strjoinv (", ", choices);

  return refuse (error, _ ("“%s” is not one of: %s"), text, list);
}

static GVariant *
parse_boolean (const char *text, GError **error)
{
  static const char *const yes[] = { "true", "yes", "on", "1", NULL };
  static const char *const no[] = { "false", "no", "off", "0", NULL };

  if (g_strv_contains (yes, text))
    return g_variant_new_boolean (TRUE);
  if (g_strv_contains (no, text))
    return g_variant_new_boolean (FALSE);

  return refuse (error, _ ("“%s” is not true or false"), text);
}

static guint64
unit_of (const char *suffix)
{
  static const struct
  {
    const char *name;
    guint64 bytes;
  } units[] = {
    { "", 1 }, { "B", 1 }, { "KiB", KIB }, { "MiB", MIB }, { "GiB", GIB },
  };

  for (guint i = 0; i < G_N_ELEMENTS (units); i++)
    if (g_ascii_strcasecmp (units[i].name, suffix) == 0)
      return units[i].bytes;

  return 0;
}

static GVariant *
parse_number (const LoftConfigKeyInfo *info, const char *text, GError **error)
{
  gsize digits = strspn (text, "0123456789");
  const char *suffix = text + digits + strspn (text + digits, " ");
  g_autofree char *head = g_strndup (text, digits);
  guint64 unit =
    info->type == LOFT_CONFIG_SIZE ? unit_of (suffix) : *suffix == '\0';
  guint64 number;

  if (unit > 0 &&
      g_ascii_string_to_unsigned (head,
                                  10,
                                  0,
                                  info->maximum / unit,
                                  &number,
                                  NULL) &&
      number * unit >= info->minimum)
    return g_variant_new_uint64 (number * unit);

  if (info->type == LOFT_CONFIG_SIZE)
    return refuse (error,
                   _ ("“%s” is not a size from %" PRIu64 " to %" PRIu64),
                   text,
                   info->minimum,
                   info->maximum);
  if (info->type == LOFT_CONFIG_SECONDS)
    return refuse (
      error,
      _ ("“%s” is not a number of seconds from %" PRIu64 " to %" PRIu64),
      text,
      info->minimum,
      info->maximum);

  return refuse (error,
                 _ ("“%s” is not a number from %" PRIu64 " to %" PRIu64),
                 text,
                 info->minimum,
                 info->maximum);
}

static GVariant *
parse_words (const LoftConfigKeyInfo *info, const char *text, GError **error)
{
  g_auto (GStrv) words = g_strsplit_set (text, SEPARATORS, -1);
  g_autoptr (GVariantBuilder) builder =
    g_variant_builder_new (G_VARIANT_TYPE_STRING_ARRAY);
  guint n_words = 0;

  for (guint i = 0; words[i] != NULL; i++)
    {
      if (words[i][0] == '\0')
        continue;
      if (info->type == LOFT_CONFIG_ADDRESSES)
        {
          g_autoptr (GInetSocketAddress) address =
            loft_config_parse_address (words[i]);

          if (address == NULL)
            return refuse (error,
                           _ ("“%s” is not an address and a port, such as "
                              "127.0.0.1:3030 or [::1]:3030"),
                           words[i]);
        }
      if (info->type == LOFT_CONFIG_NETWORKS)
        {
          g_autoptr (GInetAddressMask) mask =
            g_inet_address_mask_new_from_string (words[i], NULL);

          if (mask == NULL)
            return refuse (error,
                           _ ("“%s” is not an address or a network, such as "
                              "192.0.2.1 or 2001:db8::/32"),
                           words[i]);
        }
      g_variant_builder_add (builder, "s", words[i]);
      n_words++;
    }

  if (n_words < info->minimum)
    return refuse (error, _ ("The value must not be empty"));

  return g_variant_builder_end (builder);
}

static GVariant *
parse_command (const char *text, GError **error)
{
  g_auto (GStrv) words = NULL;

  if (*text == '\0')
    return g_variant_new_string (text);
  if (!g_shell_parse_argv (text, NULL, &words, NULL))
    return refuse (error,
                   _ ("“%s” is no command, or a quote has no end"),
                   text);
  if (strlen (text) > COMMAND_MAX || strstr (text, "{output}") == NULL)
    return refuse (error,
                   _ ("“%s” does not say where to put what it makes: "
                      "“{output}” has to stand in it for the folder"),
                   text);

  return g_variant_new_string (text);
}

/* It stands in texts of many kinds, so it holds nothing but what is plain in
 * all of them. */
static gboolean
is_site (const char *url)
{
  for (const char *c = url; *c != '\0'; c++)
    if (!g_ascii_isalnum (*c) && strchr ("-._~:/[]%", *c) == NULL)
      return FALSE;

  g_autoptr (GUri) uri =
    g_uri_parse (url, G_URI_FLAGS_ENCODED | G_URI_FLAGS_HAS_PASSWORD, NULL);
  const char *scheme = uri != NULL ? g_uri_get_scheme (uri) : "";

  return (g_str_equal (scheme, "http") || g_str_equal (scheme, "https")) &&
         g_uri_get_host (uri) != NULL && *g_uri_get_host (uri) != '\0' &&
         g_uri_get_userinfo (uri) == NULL &&
         strstr (g_uri_get_path (uri), "//") == NULL;
}

static GVariant *
parse_url (const char *text, GError **error)
{
  g_autofree char *url = g_strdup (text);
  gsize length = strlen (url);

  if (length > 0 && url[length - 1] == '/')
    url[length - 1] = '\0';
  if (*text != '\0' && !is_site (text))
    return refuse (error,
                   _ ("“%s” is not the URL of a site, such as "
                      "https://packages.example.org"),
                   text);

  return g_variant_new_string (url);
}

/* It goes out as a line of its own, so nothing may end that. */
static gboolean
is_reference (const char *uri)
{
  static const char *const starts[] = { "https://", "mailto:", "tel:" };

  if (!g_uri_is_valid (uri, G_URI_FLAGS_ENCODED, NULL))
    return FALSE;
  for (const char *c = uri; *c != '\0'; c++)
    if (!g_ascii_isgraph (*c) || strchr ("<>\"`{}|\\^", *c) != NULL)
      return FALSE;
  for (gsize i = 0; i < G_N_ELEMENTS (starts); i++)
    if (g_str_has_prefix (uri, starts[i]))
      return uri[strlen (starts[i])] != '\0';

  return FALSE;
}

static GVariant *
parse_reference (const char *text, GError **error)
{
  if (*text != '\0' && !is_reference (text))
    return refuse (error,
                   _ ("“%s” is not a URI such as mailto:security@example.org, "
                      "https://example.org/security or tel:+49-30-1234567"),
                   text);

  return g_variant_new_string (text);
}

/**
 * loft_config_key_parse:
 * @key: a key
 * @text: what was written for it
 * @error: return location for a #GError
 *
 * Reads the value of @key from @text.
 *
 * Returns: (transfer full): the value, in the form that its #LoftConfigType
 *   names; or %NULL with %LOFT_CONFIG_ERROR_VALUE
 */
GVariant *
loft_config_key_parse (LoftConfigKey key, const char *text, GError **error)
{
  g_return_val_if_fail (key < LOFT_CONFIG_N_KEYS, NULL);
  g_return_val_if_fail (text != NULL, NULL);

  const LoftConfigKeyInfo *info = loft_config_key_get_info (key);
  g_autofree char *stripped = g_strstrip (g_strdup (text));
  GVariant *value = NULL;

  if (!g_utf8_validate (stripped, -1, NULL))
    {
      g_autofree char *valid = g_utf8_make_valid (stripped, -1);

      return refuse (error, _ ("“%s” is not text in UTF-8"), valid);
    }

  switch (info->type)
    {
    case LOFT_CONFIG_TEXT:
      value = parse_text (info, stripped, error);
      break;
    case LOFT_CONFIG_NAME:
      value = parse_name (stripped, error);
      break;
    case LOFT_CONFIG_CHOICE:
      value = parse_choice (info, stripped, error);
      break;
    case LOFT_CONFIG_BOOLEAN:
      value = parse_boolean (stripped, error);
      break;
    case LOFT_CONFIG_COUNT:
    case LOFT_CONFIG_SIZE:
    case LOFT_CONFIG_SECONDS:
      value = parse_number (info, stripped, error);
      break;
    case LOFT_CONFIG_WORDS:
    case LOFT_CONFIG_ADDRESSES:
    case LOFT_CONFIG_NETWORKS:
      value = parse_words (info, stripped, error);
      break;
    case LOFT_CONFIG_COMMAND:
      value = parse_command (stripped, error);
      break;
    case LOFT_CONFIG_URL:
      value = parse_url (stripped, error);
      break;
    case LOFT_CONFIG_REFERENCE:
      value = parse_reference (stripped, error);
      break;
    default:
      g_assert_not_reached ();
    }

  return value == NULL ? NULL : g_variant_ref_sink (value);
}

/**
 * loft_config_key_format:
 * @value: a value as loft_config_key_parse() gives it
 *
 * Writes @value so that it can be read again.
 *
 * Returns: (transfer full): a text
 */
char *
loft_config_key_format (GVariant *value)
{
  g_return_val_if_fail (value != NULL, NULL);

  if (g_variant_is_of_type (value, G_VARIANT_TYPE_STRING))
    return g_variant_dup_string (value, NULL);

  if (g_variant_is_of_type (value, G_VARIANT_TYPE_STRING_ARRAY))
    {
      g_autofree const char **words = g_variant_get_strv (value, NULL);

      return g_strjoinv (", ", (char **) words);
    }

  return g_variant_print (value, FALSE);
}
