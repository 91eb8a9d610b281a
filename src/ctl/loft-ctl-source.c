/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "ctl/loft-ctl-source.h"
#include "ctl/loft-ctl-text.h"

#include <glib/gi18n.h>
#include <libsoup/soup.h>
#include <string.h>

/* Another registry, over HTTP. It may be slow, break off, or mean harm: answers
 * are handed on in pieces and have an end, each piece has its time, the whole
 * of them a speed below which it is given up, and redirects lead a few steps
 * over HTTP and nowhere else. What may be better in a moment is tried again,
 * after a pause that doubles. */

#define CHUNK (64 * 1024)
#define REDIRECTS_MAX 5
#define BYTES_A_SECOND_LEAST 4096
#define PAUSE_MAX 60

/**
 * LoftCtlSource:
 *
 * A registry to take packages from.
 */
struct _LoftCtlSource
{
  SoupSession *session; /* owned */
  GUri *uri;            /* owned: ends in a slash */
  LoftCtlSourceOptions options;
  guint pause; /* what the source asked for, in seconds; 0 if nothing */
};

/* One operation that is to be done in time. */
typedef struct
{
  GCancellable *cancellable; /* owned */
  GAsyncResult *result;      /* owned, nullable */
  gboolean is_late;
} Wait;

/**
 * loft_ctl_source_parse_url:
 * @url: where a registry is
 * @error: return location for a #GError
 *
 * Looks whether a registry can be there.
 *
 * Returns: (transfer full): @url, ending in a slash, or %NULL with @error set
 * to %LOFT_CTL_ERROR_USAGE
 */
GUri *
loft_ctl_source_parse_url (const char *url, GError **error)
{
  g_autofree char *whole =
    g_str_has_suffix (url, "/") ? g_strdup (url) : g_strconcat (url, "/", NULL);
  g_autoptr (GUri) uri = g_uri_parse (whole, SOUP_HTTP_URI_FLAGS, NULL);
  const char *scheme = uri != NULL ? g_uri_get_scheme (uri) : NULL;
  const char *host = uri != NULL ? g_uri_get_host (uri) : NULL;

  if ((g_strcmp0 (scheme, "http") == 0 || g_strcmp0 (scheme, "https") == 0) &&
      host != NULL && *host != '\0' && g_uri_get_query (uri) == NULL &&
      g_uri_get_fragment (uri) == NULL)
    return g_steal_pointer (&uri);

  g_set_error (error,
               LOFT_CTL_ERROR,
               LOFT_CTL_ERROR_USAGE,
               _ ("“%s” is no URL of a registry"),
               url);
  return NULL;
}

/**
 * loft_ctl_source_new:
 * @url: where the registry is
 * @options: how patient to be
 * @error: return location for a #GError
 *
 * Prepares to ask another registry.
 *
 * Returns: (transfer full): the registry, or %NULL with @error set to
 *   %LOFT_CTL_ERROR_USAGE
 */
LoftCtlSource *
loft_ctl_source_new (const char *url,
                     const LoftCtlSourceOptions *options,
                     GError **error)
{
  GUri *uri = loft_ctl_source_parse_url (url, error);
  if (uri == NULL)
    return NULL;

  LoftCtlSource *self = g_new0 (LoftCtlSource, 1);
  self->uri = uri;
  self->options = *options;
  self->session =
    soup_session_new_with_options ("user-agent",
                                   "loft-registryctl/" PACKAGE_VERSION,
                                   "timeout",
                                   options->seconds,
                                   NULL);
  /* What is small may unfold into anything. */
  soup_session_remove_feature_by_type (self->session,
                                       SOUP_TYPE_CONTENT_DECODER);

  return self;
}

/**
 * loft_ctl_source_free:
 * @self: (transfer full): another registry
 *
 * Frees @self.
 */
void
loft_ctl_source_free (LoftCtlSource *self)
{
  soup_session_abort (self->session);
  g_object_unref (self->session);
  g_uri_unref (self->uri);
  g_free (self);
}

static void
done_cb (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  Wait *wait = user_data;

  wait->result = g_object_ref (result);
}

static gboolean
late_cb (gpointer user_data)
{
  Wait *wait = user_data;

  wait->is_late = TRUE;
  g_cancellable_cancel (wait->cancellable);

  return G_SOURCE_REMOVE;
}

static void
wait_for_result (Wait *wait, guint seconds)
{
  guint late_id = g_timeout_add_seconds (seconds, late_cb, wait);

  while (wait->result == NULL)
    g_main_context_iteration (NULL, TRUE);
  if (!wait->is_late)
    g_source_remove (late_id);
}

static void
wait_end (Wait *wait, GError **error)
{
  if (wait->is_late && error != NULL && *error != NULL)
    {
      g_clear_error (error);
      g_set_error_literal (error,
                           G_IO_ERROR,
                           G_IO_ERROR_TIMED_OUT,
                           _ ("It takes too long to answer"));
    }
  g_clear_object (&wait->result);
  g_object_unref (wait->cancellable);
}

static GInputStream *
send_message (LoftCtlSource *self, SoupMessage *message, GError **error)
{
  Wait wait = { .cancellable = g_cancellable_new () };

  soup_session_send_async (self->session,
                           message,
                           G_PRIORITY_DEFAULT,
                           wait.cancellable,
                           done_cb,
                           &wait);
  wait_for_result (&wait, self->options.seconds);
  GInputStream *body =
    soup_session_send_finish (self->session, wait.result, error);
  wait_end (&wait, error);

  return body;
}

static gssize
read_piece (LoftCtlSource *self,
            GInputStream *body,
            char *piece,
            GError **error)
{
  Wait wait = { .cancellable = g_cancellable_new () };

  g_input_stream_read_async (body,
                             piece,
                             CHUNK,
                             G_PRIORITY_DEFAULT,
                             wait.cancellable,
                             done_cb,
                             &wait);
  wait_for_result (&wait, self->options.seconds);
  gssize got = g_input_stream_read_finish (body, wait.result, error);
  wait_end (&wait, error);

  return got;
}

static gboolean
fail (GError **error, LoftCtlError code, GUri *uri, const char *reason)
{
  g_autofree char *shown =
    g_uri_to_string_partial (uri, G_URI_HIDE_USERINFO | G_URI_HIDE_QUERY);
  g_autofree char *where = loft_ctl_text_line (shown, LOFT_CTL_TEXT_NAME_WIDTH);
  g_autofree char *why =
    loft_ctl_text_line (reason, LOFT_CTL_TEXT_REASON_WIDTH);

  g_set_error (error, LOFT_CTL_ERROR, (int) code, "%s: %s", where, why);
  return FALSE;
}

/* libsoup takes a connection that was closed early for the end. */
static gboolean
check_length (SoupMessage *message, guint64 length, GError **error)
{
  SoupMessageHeaders *headers = soup_message_get_response_headers (message);

  return soup_message_headers_get_encoding (headers) !=
           SOUP_ENCODING_CONTENT_LENGTH ||
         soup_message_headers_get_content_length (headers) ==
           (goffset) length ||
         fail (error,
               LOFT_CTL_ERROR_UNREACHABLE,
               soup_message_get_uri (message),
               _ ("It broke off before the end"));
}

static gboolean
receive (LoftCtlSource *self,
         SoupMessage *message,
         GInputStream *body,
         guint64 most,
         LoftCtlSourceFunc func,
         gpointer user_data,
         GError **error)
{
  GUri *uri = soup_message_get_uri (message);
  g_autofree char *piece = g_malloc (CHUNK);
  gint64 began = g_get_monotonic_time ();
  guint64 done = 0;

  if (!func (NULL, 0, user_data, error))
    return FALSE;
  for (;;)
    {
      g_autoptr (GError) local_error = NULL;
      gssize got = read_piece (self, body, piece, &local_error);
      gint64 seconds = (g_get_monotonic_time () - began) / G_USEC_PER_SEC;

      if (got == 0)
        return check_length (message, done, error);
      if (got < 0)
        return fail (error,
                     LOFT_CTL_ERROR_UNREACHABLE,
                     uri,
                     local_error->message);

      done += (guint64) got;
      if (done > most)
        return fail (error,
                     LOFT_CTL_ERROR_FAILED,
                     uri,
                     _ ("The answer is too large"));
      if ((guint64) seconds >
          self->options.seconds + done / BYTES_A_SECOND_LEAST)
        return fail (error,
                     LOFT_CTL_ERROR_UNREACHABLE,
                     uri,
                     _ ("It takes too long to answer"));
      if (!func (piece, (gsize) got, user_data, error))
        return FALSE;
    }
}

/* Where an answer leads; %NULL with @error set if that is nowhere to go. */
static GUri *
find_next (SoupMessage *message, guint redirects, GError **error)
{
  GUri *uri = soup_message_get_uri (message);
  const char *location =
    soup_message_headers_get_one (soup_message_get_response_headers (message),
                                  "Location");
  g_autoptr (GUri) next =
    location != NULL
      ? g_uri_parse_relative (uri, location, SOUP_HTTP_URI_FLAGS, NULL)
      : NULL;
  const char *scheme = next != NULL ? g_uri_get_scheme (next) : NULL;
  const char *host = next != NULL ? g_uri_get_host (next) : NULL;
  gboolean is_safer = g_strcmp0 (scheme, "https") == 0;
  gboolean is_as_safe = g_strcmp0 (scheme, "http") == 0 &&
                        g_strcmp0 (g_uri_get_scheme (uri), "http") == 0;

  if (redirects >= REDIRECTS_MAX)
    fail (error,
          LOFT_CTL_ERROR_FAILED,
          uri,
          _ ("It redirects again and again"));
  else if ((!is_safer && !is_as_safe) || host == NULL || *host == '\0')
    fail (error,
          LOFT_CTL_ERROR_FAILED,
          uri,
          _ ("It redirects to where nothing is fetched from"));
  else
    return g_steal_pointer (&next);

  return NULL;
}

static gboolean
is_for_the_moment (guint status)
{
  return status == SOUP_STATUS_REQUEST_TIMEOUT || status == 425 ||
         status == 429 || status >= SOUP_STATUS_INTERNAL_SERVER_ERROR;
}

static gboolean
check_status (LoftCtlSource *self, SoupMessage *message, GError **error)
{
  guint status = soup_message_get_status (message);
  const char *after =
    soup_message_headers_get_one (soup_message_get_response_headers (message),
                                  "Retry-After");
  if (status == SOUP_STATUS_OK)
    return TRUE;

  LoftCtlError code =
    is_for_the_moment (status) ? LOFT_CTL_ERROR_UNREACHABLE
    : status == SOUP_STATUS_NOT_FOUND || status == SOUP_STATUS_GONE
      ? LOFT_CTL_ERROR_NOT_FOUND
      : LOFT_CTL_ERROR_FAILED;
  g_autofree char *reason = g_strdup_printf (_ ("It answers with %u (%s)"),
                                             status,
                                             soup_status_get_phrase (status));
  if (after != NULL)
    self->pause = (guint) MIN (g_ascii_strtoull (after, NULL, 10), PAUSE_MAX);

  return fail (error, code, soup_message_get_uri (message), reason);
}

/* Asks once, wherever that leads to. */
static gboolean
get_once (LoftCtlSource *self,
          GUri *first,
          guint64 most,
          LoftCtlSourceFunc func,
          gpointer user_data,
          GError **error)
{
  g_autoptr (GUri) uri = g_uri_ref (first);

  for (guint redirects = 0;; redirects++)
    {
      g_autoptr (GError) local_error = NULL;
      g_autoptr (SoupMessage) message =
        soup_message_new_from_uri (SOUP_METHOD_GET, uri);
      soup_message_add_flags (message, SOUP_MESSAGE_NO_REDIRECT);
      g_autoptr (GInputStream) body =
        send_message (self, message, &local_error);
      if (body == NULL)
        return fail (error,
                     LOFT_CTL_ERROR_UNREACHABLE,
                     uri,
                     local_error->message);

      guint status = soup_message_get_status (message);
      if (!SOUP_STATUS_IS_REDIRECTION (status))
        return check_status (self, message, error) &&
               receive (self, message, body, most, func, user_data, error);

      GUri *next = find_next (message, redirects, error);
      if (next == NULL)
        return FALSE;
      soup_session_abort (self->session);
      g_uri_unref (uri);
      uri = next;
    }
}

/**
 * loft_ctl_source_get:
 * @self: another registry
 * @path: a path below its URL, escaped
 * @most: how many bytes there may be at most
 * @func: (scope call): takes the answer
 * @user_data: for @func
 * @error: return location for a #GError
 *
 * Fetches something. Blocks.
 *
 * Returns: %TRUE, or %FALSE with @error set to %LOFT_CTL_ERROR_NOT_FOUND,
 *   %LOFT_CTL_ERROR_UNREACHABLE if it did not help to try again, to
 *   %LOFT_CTL_ERROR_FAILED for an answer that is no use, or by @func
 */
gboolean
loft_ctl_source_get (LoftCtlSource *self,
                     const char *path,
                     guint64 most,
                     LoftCtlSourceFunc func,
                     gpointer user_data,
                     GError **error)
{
  g_autoptr (GUri) uri =
    g_uri_parse_relative (self->uri, path, SOUP_HTTP_URI_FLAGS, error);
  guint pause = 1;

  if (uri == NULL)
    return FALSE;
  for (guint tries = 0;; tries++)
    {
      g_autoptr (GError) local_error = NULL;

      self->pause = 0;
      if (get_once (self, uri, most, func, user_data, &local_error))
        return TRUE;

      /* Whatever is left of an answer is not waited for. */
      soup_session_abort (self->session);
      if (!g_error_matches (local_error,
                            LOFT_CTL_ERROR,
                            LOFT_CTL_ERROR_UNREACHABLE) ||
          tries >= self->options.retries)
        {
          g_propagate_error (error, g_steal_pointer (&local_error));
          return FALSE;
        }
      g_usleep ((gulong) MAX (pause, self->pause) * G_USEC_PER_SEC);
      pause = MIN (pause * 2, PAUSE_MAX);
    }
}
