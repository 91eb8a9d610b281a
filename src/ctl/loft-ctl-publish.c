/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include <errno.h>
#include <gio/gunixinputstream.h>
#include <glib/gi18n.h>
#include <libsoup/soup.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ctl/loft-ctl-json.h"
#include "ctl/loft-ctl-pack.h"
#include "ctl/loft-ctl-progress.h"
#include "ctl/loft-ctl-source.h"
#include "ctl/loft-ctl-text.h"
#include "ctl/loft-ctl.h"

/* "loft-registryctl publish": packs a folder and sends it to a registry, over
 * HTTP as anybody would. */

#define REGISTRY_DEFAULT "http://127.0.0.1:3030"
#define ANSWER_MAX (64 * 1024)
#define SECONDS_MAX 120
#define TOKEN_MAX 8192

/* From how many bytes on it is worth asking first whether they are wanted. */
#define LARGE (64 * 1024)

/* How long an answer to that is waited for. Not everything between here and a
 * registry passes it on, and none of that says so. */
#define ANSWER_SECONDS 3

static char *option_registry;   /* owned, nullable */
static char *option_token_file; /* owned, nullable */

/* clang-format off */
static const GOptionEntry entries[] = {
  { "registry", 'r', 0, G_OPTION_ARG_STRING, &option_registry,
    N_ ("Publish to the registry at this URL"), N_ ("URL") },
  { "token-file", 't', 0, G_OPTION_ARG_FILENAME, &option_token_file,
    N_ ("Show the token that is in this file"), N_ ("FILE") },
  G_OPTION_ENTRY_NULL
};
/* clang-format on */

/* What is to be sent. */
typedef struct
{
  int fd;
  guint64 size;
  const char *name;    /* not owned */
  const char *version; /* not owned */
  const char *token;   /* not owned, nullable */
} Package;

typedef struct
{
  LoftCtlProgress *progress; /* not owned */
  guint64 done;
  guint64 total;
  GCancellable *cancellable; /* not owned */
  GAsyncResult *result;      /* owned, NULL until it is sent */
  gboolean is_heard;
  gboolean is_ignored;
} Upload;

static gboolean
refuse_token (GError **error)
{
  g_set_error_literal (error,
                       LOFT_CTL_ERROR,
                       LOFT_CTL_ERROR_USAGE,
                       _ ("This is no token, with a space or a sign in it that "
                          "none has: see --token-file and LOFT_TOKEN"));
  return FALSE;
}

/* Whatever file that is, it need not have an end. */
static gboolean
read_token_file (const char *path, char **out_token, GError **error)
{
  g_autoptr (GFile) file = g_file_new_for_path (path);
  g_autofree char *text = g_malloc0 (TOKEN_MAX + 2);
  g_autoptr (GFileInputStream) stream = g_file_read (file, NULL, error);
  gsize length = 0;

  if (stream == NULL || !g_input_stream_read_all (G_INPUT_STREAM (stream),
                                                  text,
                                                  TOKEN_MAX + 1,
                                                  &length,
                                                  NULL,
                                                  error))
    return FALSE;
  if (length > TOKEN_MAX || strlen (text) < length)
    return refuse_token (error);
  *out_token = g_steal_pointer (&text);

  return TRUE;
}

static gboolean
read_token (char **out_token, GError **error)
{
  if (option_token_file == NULL)
    *out_token = g_strdup (g_getenv ("LOFT_TOKEN"));
  else if (!read_token_file (option_token_file, out_token, error))
    return FALSE;
  if (*out_token == NULL)
    return TRUE;

  g_strstrip (*out_token);
  for (const char *c = *out_token; *c != '\0'; c++)
    if (!g_ascii_isgraph (*c))
      return refuse_token (error);

  return TRUE;
}

static const char *
get_registry (void)
{
  const char *environment = g_getenv ("LOFT_REGISTRY");

  return option_registry != NULL ? option_registry
         : environment != NULL   ? environment
                                 : REGISTRY_DEFAULT;
}

static SoupMessage *
make_message (const char *name, const char *version, GError **error)
{
  const char *base = get_registry ();
  g_autoptr (GUri) registry = loft_ctl_source_parse_url (base, error);
  if (registry == NULL)
    return NULL;

  g_autofree char *start = g_uri_to_string (registry);
  g_autofree char *escaped_name = g_uri_escape_string (name, NULL, FALSE);
  g_autofree char *escaped_version = g_uri_escape_string (version, NULL, FALSE);
  g_autofree char *uri =
    g_strdup_printf ("%spackages/%s/%s", start, escaped_name, escaped_version);
  SoupMessage *message = soup_message_new ("PUT", uri);

  if (message == NULL)
    g_set_error (error,
                 LOFT_CTL_ERROR,
                 LOFT_CTL_ERROR_USAGE,
                 _ ("“%s” is no URL of a registry"),
                 base);

  return message;
}

static void
wrote_cb (SoupMessage *message, guint size, gpointer user_data)
{
  Upload *upload = user_data;

  upload->done += size;
  loft_ctl_progress_show (upload->progress,
                          upload->done,
                          upload->total,
                          "bytes");
}

static void
heard_cb (SoupMessage *message, gpointer user_data)
{
  Upload *upload = user_data;

  upload->is_heard = TRUE;
}

static gboolean
late_cb (gpointer user_data)
{
  Upload *upload = user_data;

  if (!upload->is_heard && upload->done == 0)
    {
      upload->is_ignored = TRUE;
      g_cancellable_cancel (upload->cancellable);
    }

  return G_SOURCE_CONTINUE;
}

static void
sent_cb (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  Upload *upload = user_data;

  upload->result = g_object_ref (result);
}

/* Sends it, and if it asks first, waits not for long. */
static GInputStream *
send_and_wait (SoupSession *session,
               SoupMessage *message,
               Upload *upload,
               gboolean asks,
               GError **error)
{
  guint late_id =
    asks ? g_timeout_add_seconds (ANSWER_SECONDS, late_cb, upload) : 0;

  g_signal_connect (message, "wrote-body-data", G_CALLBACK (wrote_cb), upload);
  g_signal_connect (message,
                    "got-informational",
                    G_CALLBACK (heard_cb),
                    upload);
  g_signal_connect (message, "got-headers", G_CALLBACK (heard_cb), upload);
  soup_session_send_async (session,
                           message,
                           G_PRIORITY_DEFAULT,
                           upload->cancellable,
                           sent_cb,
                           upload);
  while (upload->result == NULL)
    g_main_context_iteration (NULL, TRUE);
  g_clear_handle_id (&late_id, g_source_remove);
  g_signal_handlers_disconnect_by_data (message, upload);

  GInputStream *body =
    soup_session_send_finish (session, upload->result, error);
  g_clear_object (&upload->result);

  return body;
}

/* Gives %NULL with no error set if nobody says whether it is wanted. */
static char *
send_message (const LoftCtl *self,
              SoupMessage *message,
              guint64 size,
              gboolean asks,
              GError **error)
{
  g_autoptr (GError) local_error = NULL;
  g_autoptr (LoftCtlProgress) progress = loft_ctl_progress_new (self);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  Upload upload = { .progress = progress,
                    .total = size,
                    .cancellable = cancellable };
  g_autofree char *text = g_malloc0 (ANSWER_MAX + 1);
  g_autoptr (SoupSession) session =
    soup_session_new_with_options ("timeout", SECONDS_MAX, NULL);
  g_autoptr (GInputStream) body =
    send_and_wait (session, message, &upload, asks, &local_error);

  if (body == NULL && upload.is_ignored)
    return NULL;
  if (asks &&
      soup_message_get_status (message) == SOUP_STATUS_EXPECTATION_FAILED)
    return NULL;
  if (body == NULL || !g_input_stream_read_all (body,
                                                text,
                                                ANSWER_MAX,
                                                NULL,
                                                NULL,
                                                &local_error))
    {
      g_autoptr (GUri) uri = loft_ctl_source_parse_url (get_registry (), NULL);
      g_autofree char *registry = g_uri_to_string_partial (
        uri,
        G_URI_HIDE_USERINFO | G_URI_HIDE_QUERY | G_URI_HIDE_FRAGMENT);

      g_set_error (error,
                   LOFT_CTL_ERROR,
                   LOFT_CTL_ERROR_UNREACHABLE,
                   _ ("%s can't be reached: %s\n"
                      "--registry or LOFT_REGISTRY names another registry."),
                   registry,
                   local_error->message);
      return NULL;
    }

  return g_steal_pointer (&text);
}

/* All that is wrong, a line each; of a single thing the answer tells at once.
 */
static char *
describe_errors (JsonObject *problem)
{
  JsonNode *node =
    problem != NULL ? json_object_get_member (problem, "errors") : NULL;
  JsonArray *errors = node != NULL && JSON_NODE_HOLDS_ARRAY (node)
                        ? json_node_get_array (node)
                        : NULL;
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; errors != NULL && i < json_array_get_length (errors); i++)
    {
      JsonNode *one = json_array_get_element (errors, i);
      const char *detail =
        JSON_NODE_HOLDS_OBJECT (one)
          ? loft_json_get_string (json_node_get_object (one), "detail")
          : NULL;

      if (detail != NULL && json_array_get_length (errors) > 1)
        {
          g_autofree char *line =
            loft_ctl_text_line (detail, LOFT_CTL_TEXT_REASON_WIDTH);

          g_string_append_printf (text, "\n  %s", line);
        }
    }

  return g_string_free (g_steal_pointer (&text), FALSE);
}

static gboolean
check_answer (SoupMessage *message, const char *text, GError **error)
{
  guint status = soup_message_get_status (message);
  if (status == SOUP_STATUS_OK || status == SOUP_STATUS_CREATED)
    return TRUE;

  gboolean is_forbidden =
    status == SOUP_STATUS_UNAUTHORIZED || status == SOUP_STATUS_FORBIDDEN;
  g_autoptr (JsonObject) problem = loft_ctl_json_parse (text, NULL);
  const char *detail =
    problem != NULL ? loft_json_get_string (problem, "detail") : NULL;
  g_autofree char *errors = describe_errors (problem);
  g_autofree char *summary = loft_ctl_text_line (
    *errors != '\0'  ? _ ("The package breaks several rules")
    : detail != NULL ? detail
                     : soup_message_get_reason_phrase (message),
    LOFT_CTL_TEXT_REASON_WIDTH);

  g_set_error (
    error,
    LOFT_CTL_ERROR,
    (int) (is_forbidden ? LOFT_CTL_ERROR_FORBIDDEN : LOFT_CTL_ERROR_FAILED),
    "%s (%u)%s%s%s",
    summary,
    status,
    errors,
    is_forbidden ? "\n" : "",
    is_forbidden ? _ ("--token-file and LOFT_TOKEN tell which token to show.")
                 : "");
  return FALSE;
}

static SoupMessage *
make_request (const Package *package, gboolean asks, GError **error)
{
  if (lseek (package->fd, 0, SEEK_SET) == -1)
    {
      g_set_error_literal (error,
                           LOFT_CTL_ERROR,
                           LOFT_CTL_ERROR_FAILED,
                           g_strerror (errno));
      return NULL;
    }

  SoupMessage *message = make_message (package->name, package->version, error);
  if (message == NULL)
    return NULL;

  SoupMessageHeaders *headers = soup_message_get_request_headers (message);
  g_autoptr (GInputStream) tarball =
    g_unix_input_stream_new (package->fd, FALSE);

  soup_message_add_flags (message, SOUP_MESSAGE_NO_REDIRECT);
  soup_message_set_request_body (message,
                                 "application/gzip",
                                 tarball,
                                 (gssize) package->size);
  if (asks)
    soup_message_headers_set_expectations (headers, SOUP_EXPECTATION_CONTINUE);
  if (package->token != NULL && *package->token != '\0')
    {
      g_autofree char *value = g_strconcat ("Bearer ", package->token, NULL);

      soup_message_headers_replace (headers, "Authorization", value);
    }

  return message;
}

/* Asks first whether it is worth it; nobody has to answer that. */
static gboolean
publish (const LoftCtl *self,
         const Package *package,
         gboolean *out_is_new,
         GError **error)
{
  g_autoptr (SoupMessage) message = NULL;
  g_autoptr (GError) local_error = NULL;
  g_autofree char *text = NULL;

  for (gboolean asks = package->size >= LARGE; text == NULL; asks = FALSE)
    {
      g_clear_object (&message);
      message = make_request (package, asks, error);
      if (message == NULL)
        return FALSE;

      text = send_message (self, message, package->size, asks, &local_error);
      if (local_error != NULL)
        {
          g_propagate_error (error, g_steal_pointer (&local_error));
          return FALSE;
        }
    }
  *out_is_new = soup_message_get_status (message) == SOUP_STATUS_CREATED;

  return check_answer (message, text, error);
}

static gboolean
run (const LoftCtl *self, char **arguments, GError **error)
{
  g_autofree char *name = NULL;
  g_autofree char *version = NULL;
  g_autofree char *token = NULL;
  struct stat status = { 0 };
  gboolean is_new;
  int fd = loft_ctl_pack_open (arguments[0], error);
  if (fd == -1)
    return FALSE;

  g_autoptr (GInputStream) tarball = g_unix_input_stream_new (fd, TRUE);
  if (!loft_ctl_pack_identify (fd, &name, &version, error) ||
      !read_token (&token, error))
    return FALSE;
  fstat (fd, &status);

  const Package package = { .fd = fd,
                            .size = (guint64) status.st_size,
                            .name = name,
                            .version = version,
                            .token = token };
  if (!publish (self, &package, &is_new, error))
    return FALSE;

  if (self->json)
    loft_ctl_json_print_strings ("name", name, "version", version, NULL);
  else if (is_new)
    g_print (_ ("%s %s is published.\n"), name, version);
  else
    g_print (_ ("%s %s was there already, the same.\n"), name, version);

  return TRUE;
}

const LoftCtlCommand loft_ctl_publish = {
  .name = "publish",
  .arguments = N_ ("DIR|TARBALL"),
  .summary = N_ ("Publish the package in a folder, or a tarball, over HTTP"),
  .least = 1,
  .most = 1,
  .options = entries,
  .run = run,
};
