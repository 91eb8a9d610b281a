/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "loft-s3-error.h"

#include <glib/gi18n.h>

#include "loft-s3-xml.h"
#include "storage/loft-storage.h"

/**
 * loft_s3_answer_is_transient:
 * @answer: an answer
 *
 * Returns: whether another try may be answered otherwise
 */
gboolean
loft_s3_answer_is_transient (const LoftS3Answer *answer)
{
  g_return_val_if_fail (answer != NULL, FALSE);

  switch (answer->status)
    {
    case SOUP_STATUS_REQUEST_TIMEOUT:
    case 429:
    case SOUP_STATUS_INTERNAL_SERVER_ERROR:
    case SOUP_STATUS_BAD_GATEWAY:
    case SOUP_STATUS_SERVICE_UNAVAILABLE:
    case SOUP_STATUS_GATEWAY_TIMEOUT:
      return TRUE;
    default:
      return FALSE;
    }
}

/**
 * loft_s3_answer_has_code:
 * @answer: an answer
 * @code: a code of the service, like `NoSuchKey`
 *
 * Returns: whether @answer is a failure of that kind
 */
gboolean
loft_s3_answer_has_code (const LoftS3Answer *answer, const char *code)
{
  g_return_val_if_fail (answer != NULL && code != NULL, FALSE);

  g_autofree char *said = loft_s3_xml_find (answer->body, "Code");

  return g_strcmp0 (said, code) == 0;
}

static LoftStorageError
translate_status (const LoftS3Answer *answer, const char *code)
{
  if (g_strcmp0 (code, "QuotaExceeded") == 0 || answer->status == 507)
    return LOFT_STORAGE_ERROR_NO_SPACE;
  if (g_strcmp0 (code, "RequestTimeTooSkewed") == 0 ||
      g_strcmp0 (code, "ExpiredToken") == 0 ||
      g_strcmp0 (code, "NoSuchBucket") == 0 ||
      loft_s3_answer_is_transient (answer))
    return LOFT_STORAGE_ERROR_UNAVAILABLE;
  if (answer->status == SOUP_STATUS_NOT_FOUND)
    return LOFT_STORAGE_ERROR_NOT_FOUND;
  if (answer->status == SOUP_STATUS_FORBIDDEN ||
      answer->status == SOUP_STATUS_UNAUTHORIZED)
    return LOFT_STORAGE_ERROR_DENIED;
  if (g_strcmp0 (code, "KeyTooLongError") == 0)
    return LOFT_STORAGE_ERROR_INVALID_KEY;

  return LOFT_STORAGE_ERROR_FAILED;
}

/* Never what the keys are. */
static char *
describe_keys (const LoftS3Config *config)
{
  return config->access_key == NULL
           ? g_strdup_printf ("[s3] credentials-file, “%s”",
                              config->credentials_file)
           : g_strdup ("[s3] access-key, secret-key, session-token; "
                       "AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, "
                       "AWS_SESSION_TOKEN");
}

static gboolean
is_about_keys (const char *code)
{
  static const char *const codes[] = { "SignatureDoesNotMatch",
                                       "InvalidAccessKeyId",
                                       "InvalidToken",
                                       "ExpiredToken",
                                       NULL };

  return code != NULL && g_strv_contains (codes, code);
}

static char *
format_now (void)
{
  g_autoptr (GDateTime) now = g_date_time_new_now_utc ();

  return g_date_time_format_iso8601 (now);
}

/* What an engine says is about itself; whoever reads it needs to know what of
 * ours to look at. */
static char *
advise (const LoftS3Answer *answer, const char *code)
{
  const LoftS3Config *config = answer->config;

  if (config == NULL)
    return NULL;
  if (is_about_keys (code))
    {
      g_autofree char *keys = describe_keys (config);

      /* Translators: %s are names of settings */
      return g_strdup_printf (
        _ ("The keys are wrong, or not good any more; they come from: %s"),
        keys);
    }
  if (g_strcmp0 (code, "NoSuchBucket") == 0)
    return g_strdup_printf (_ ("There is no bucket “%s”"), config->bucket);
  if (g_strcmp0 (code, "RequestTimeTooSkewed") == 0)
    {
      const char *there =
        soup_message_headers_get_one (answer->headers, "Date");
      g_autofree char *here = format_now ();

      return g_strdup_printf (
        _ ("The clock of this machine says %s, that of the storage %s"),
        here,
        there != NULL ? there : "?");
    }
  if (answer->status == SOUP_STATUS_FORBIDDEN &&
      (code == NULL || g_str_equal (code, "AccessDenied")))
    return g_strdup_printf (
      _ ("The access key lacks a right in the bucket “%s”: %s"),
      config->bucket,
      answer->right);

  return NULL;
}

/**
 * loft_s3_answer_set_error:
 * @answer: an answer that is no success
 * @key: (nullable): which object it is about
 * @error: return location for a #GError
 *
 * Says what the engine has said, in our terms.
 *
 * Returns: %FALSE
 */
gboolean
loft_s3_answer_set_error (const LoftS3Answer *answer,
                          const char *key,
                          GError **error)
{
  g_return_val_if_fail (answer != NULL, FALSE);

  g_autofree char *code = loft_s3_xml_find (answer->body, "Code");
  g_autofree char *text = loft_s3_xml_find (answer->body, "Message");
  g_autofree char *region = loft_s3_xml_find (answer->body, "Region");

  g_autofree char *advice = advise (answer, code);

  g_autoptr (GString) message = g_string_new (NULL);
  g_autofree char *status = code != NULL
                              ? g_strdup_printf ("%u %s", answer->status, code)
                              : g_strdup_printf ("%u", answer->status);

  if (key != NULL)
    g_string_printf (message,
                     _ ("The storage answers %s for “%s”"),
                     status,
                     key);
  else
    g_string_printf (message, _ ("The storage answers %s"), status);
  if (text != NULL && text[0] != '\0')
    g_string_append_printf (message, ": %s", text);
  if (region != NULL)
    /* Translators: ends “The storage answers 403”, and what it says */
    g_string_append_printf (message, _ ("; its region is %s"), region);
  if (advice != NULL)
    g_string_append_printf (message, ". %s", advice);
  g_set_error_literal (error,
                       LOFT_STORAGE_ERROR,
                       (int) translate_status (answer, code),
                       message->str);

  return FALSE;
}

/**
 * loft_s3_error_set_unanswered:
 * @host: who was asked
 * @cause: why there is no answer
 * @error: return location for a #GError
 *
 * Says that there is no answer: %LOFT_STORAGE_ERROR_UNAVAILABLE, since that may
 * pass. Who shows a certificate that is not trusted is there, but is not the
 * one whom the configuration means, which does not pass:
 * %LOFT_STORAGE_ERROR_DENIED.
 */
void
loft_s3_error_set_unanswered (const char *host,
                              const GError *cause,
                              GError **error)
{
  g_return_if_fail (host != NULL && cause != NULL);

  if (g_error_matches (cause, G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE))
    g_set_error (error,
                 LOFT_STORAGE_ERROR,
                 LOFT_STORAGE_ERROR_DENIED,
                 _ ("The certificate of the storage at %s is not trusted: %s"),
                 host,
                 cause->message);
  else
    g_set_error (error,
                 LOFT_STORAGE_ERROR,
                 LOFT_STORAGE_ERROR_UNAVAILABLE,
                 _ ("The storage at %s does not answer: %s"),
                 host,
                 cause->message);
}
