/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "http/loft-base64.h"

#include "registry/loft-registry-error.h"

#define NO_DIGIT 0xff

static guint8
digit_value (char c)
{
  if (c >= 'A' && c <= 'Z')
    return (guint8) (c - 'A');
  if (c >= 'a' && c <= 'z')
    return (guint8) (c - 'a' + 26);
  if (c >= '0' && c <= '9')
    return (guint8) (c - '0' + 52);
  if (c == '+')
    return 62;
  if (c == '/')
    return 63;

  return NO_DIGIT;
}

static gboolean
refuse (const LoftBase64 *self, const char *problem, GError **error)
{
  g_set_error (error,
               LOFT_REGISTRY_ERROR,
               LOFT_REGISTRY_ERROR_MALFORMED,
               "The tarball is not valid base64: %s at position "
               "%" G_GUINT64_FORMAT,
               problem,
               self->offset + self->digits);

  return FALSE;
}

static gboolean
take (LoftBase64 *self, char c, GError **error)
{
  guint8 value = digit_value (c);

  if (c == '=')
    {
      if (self->digits < 2)
        return refuse (self, "unexpected padding", error);
      self->padding++;
      value = 0;
    }
  else if (value == NO_DIGIT)
    return refuse (self, "a character that is no digit", error);
  else if (self->padding > 0)
    return refuse (self, "a digit after the padding", error);

  self->bits = self->bits << 6 | value;
  self->digits++;

  return TRUE;
}

/* The bits under the padding must be zero, or two texts would mean the same. */
static gboolean
check_padding (const LoftBase64 *self, GError **error)
{
  guint32 mask = (1u << (8 * self->padding)) - 1;

  if ((self->bits & mask) != 0)
    return refuse (self, "bits that are not zero before the padding", error);

  return TRUE;
}

/**
 * loft_base64_decode:
 * @self: a decoder
 * @text: (array length=length): the next piece of the text
 * @length: how many characters
 * @out: room for %LOFT_BASE64_ROOM bytes
 * @out_length: (out): how many bytes came out
 * @error: return location for a #GError
 *
 * Decodes a piece of a text, which may be cut anywhere. Only the alphabet of
 * RFC 4648, with its padding, is taken: no white space, no other digits.
 *
 * Returns: %TRUE, or %FALSE with @error set to %LOFT_REGISTRY_ERROR_MALFORMED
 */
gboolean
loft_base64_decode (LoftBase64 *self,
                    const char *text,
                    gsize length,
                    guint8 *out,
                    gsize *out_length,
                    GError **error)
{
  g_return_val_if_fail (self != NULL && out_length != NULL, FALSE);
  g_return_val_if_fail ((text != NULL && out != NULL) || length == 0, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  gsize n = 0;
  for (gsize i = 0; i < length; i++)
    {
      if (self->digits == 4)
        return refuse (self, "text after the padding", error);
      if (!take (self, text[i], error))
        return FALSE;
      if (self->digits < 4)
        continue;
      if (!check_padding (self, error))
        return FALSE;

      for (guint j = 0; j < 3 - self->padding; j++)
        out[n++] = (guint8) (self->bits >> (16 - 8 * j));
      self->bits = 0;
      /* A padded group stays full: nothing may follow it. */
      if (self->padding > 0)
        continue;
      self->digits = 0;
      self->offset += 4;
    }
  *out_length = n;

  return TRUE;
}

/**
 * loft_base64_finish:
 * @self: a decoder
 * @error: return location for a #GError
 *
 * Ends the text.
 *
 * Returns: %TRUE, or %FALSE with @error set to %LOFT_REGISTRY_ERROR_MALFORMED
 *   if it ended within a group
 */
gboolean
loft_base64_finish (LoftBase64 *self, GError **error)
{
  g_return_val_if_fail (self != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (self->digits == 0 || self->digits == 4)
    return TRUE;

  return refuse (self, "the end of the text", error);
}
