/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "http/loft-representation-private.h"

#include "http/loft-headers.h"
#include "http/loft-hot.h"
#include "http/loft-problem.h"
#include "http/loft-response.h"
#include "registry/loft-hex.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <string.h>

#define SHA256_LENGTH 32

/* Half of a SHA-256 is more than enough to tell two lists apart. */
#define ETAG_DIGITS 32

/* Below the one, compression gains nothing; above the other, it takes longer
 * than other requests should wait. */
#define COMPRESS_MIN 256
#define COMPRESS_HERE_MAX (16 * 1024)

#define CACHE_OWN "private, no-cache"
#define CACHE_BRIEF "public, max-age=60"

/* A body that is being compressed for a request. */
typedef struct
{
  LoftRequest *request; /* owned */
  GBytes *body;         /* owned */
  char *media_type;     /* owned */
  char *etag;           /* owned */
  LoftCoding coding;
} Encoding;

static void
encoding_free (Encoding *self)
{
  g_object_unref (self->request);
  g_bytes_unref (self->body);
  g_free (self->media_type);
  g_free (self->etag);
  g_free (self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Encoding, encoding_free)

/**
 * loft_representation_make_digest:
 * @body: a body
 *
 * Returns: (transfer full): its SHA-256 in hex
 */
char *
loft_representation_make_digest (GBytes *body)
{
  guint8 digest[SHA256_LENGTH] = { 0 };
  gsize size = 0;
  gconstpointer data = g_bytes_get_data (body, &size);

  gnutls_hash_fast (GNUTLS_DIG_SHA256, data, size, digest);

  return loft_hex_encode (digest, sizeof digest);
}

/**
 * loft_representation_make_etag:
 * @digest: a digest in hex
 * @coding: how what it stands for is coded
 *
 * Returns: (transfer full): an entity tag
 */
char *
loft_representation_make_etag (const char *digest, LoftCoding coding)
{
  const char *name = loft_coding_get_name (coding);

  return g_strdup_printf ("\"%.*s%s%s\"",
                          ETAG_DIGITS,
                          digest,
                          name != NULL ? "-" : "",
                          name != NULL ? name : "");
}

/**
 * loft_representation_is_for_all:
 * @media_type: type of a body
 *
 * Returns: whether there is no page in the place of it, and it is none
 */
gboolean
loft_representation_is_for_all (const char *media_type)
{
  return !g_str_equal (media_type, LOFT_MEDIA_TYPE_HTML) &&
         !g_str_equal (media_type, LOFT_MEDIA_TYPE_JSON) &&
         !g_str_equal (media_type, LOFT_MEDIA_TYPE_NDJSON);
}

/**
 * loft_representation_get_vary:
 * @media_type: type of a body
 *
 * Returns: the headers of a request that it depends on
 */
const char *
loft_representation_get_vary (const char *media_type)
{
  if (loft_representation_is_for_all (media_type))
    return "Accept-Encoding";
  if (g_str_equal (media_type, LOFT_MEDIA_TYPE_HTML))
    return "Accept, Accept-Encoding, Accept-Language";

  return "Accept, Accept-Encoding";
}

/**
 * loft_representation_get_bits:
 * @request: a request
 * @media_type: type of the body
 * @coding: its coding
 * @any_coding: whether it is the same in any
 *
 * The gate tells clients that want pages, and in which language, from all
 * others, and codings.
 *
 * Returns: for which of them a body is
 */
guint64
loft_representation_get_bits (LoftRequest *request,
                              const char *media_type,
                              LoftCoding coding,
                              gboolean any_coding)
{
  guint64 bits = any_coding ? (G_GUINT64_CONSTANT (1) << LOFT_CODINGS) - 1
                            : G_GUINT64_CONSTANT (1) << coding;

  if (loft_representation_is_for_all (media_type))
    {
      for (guint shift = LOFT_CODINGS; shift < LOFT_HOT_REPRESENTATIONS;
           shift += LOFT_CODINGS)
        bits |= bits << LOFT_CODINGS;

      return bits;
    }
  if (!g_str_equal (media_type, LOFT_MEDIA_TYPE_HTML))
    return bits;

  guint shift = LOFT_CODINGS * (1 + loft_request_get_language (request));

  return shift < LOFT_HOT_REPRESENTATIONS ? bits << shift : 0;
}

/**
 * loft_representation_is_known:
 * @request: a request that reads
 * @etag: the entity tag of what would be answered
 *
 * Returns: whether the client has it already
 */
gboolean
loft_representation_is_known (LoftRequest *request, const char *etag)
{
  g_return_val_if_fail (LOFT_IS_REQUEST (request), FALSE);

  const char *list = loft_request_get_header (request, "If-None-Match");
  const char *since = loft_request_get_header (request, "If-Modified-Since");
  const char *modified =
    soup_message_headers_get_one (loft_request_get_response_headers (request),
                                  "Last-Modified");

  if (list == NULL && since != NULL && modified != NULL)
    return g_str_equal (since, modified);

  return list != NULL && loft_headers_match_etag (list, etag);
}

/**
 * loft_representation_is_wanted:
 * @request: a request that reads
 * @etag: the entity tag of what would be answered
 *
 * Tells what counts before anything else that the client says: whether that is
 * the representation that it wants to read, and no other (`If-Match`).
 *
 * Returns: %FALSE if it has to be refused by
 * loft_representation_send_unwanted()
 */
gboolean
loft_representation_is_wanted (LoftRequest *request, const char *etag)
{
  g_return_val_if_fail (LOFT_IS_REQUEST (request), FALSE);
  g_return_val_if_fail (etag != NULL, FALSE);

  const char *list = loft_request_get_header (request, "If-Match");

  return list == NULL || loft_headers_match_etag_strongly (list, etag);
}

/**
 * loft_representation_send_unwanted:
 * @request: a request that reads
 * @etag: the entity tag of what would be answered
 *
 * Answers a client that wants another representation than there is.
 */
void
loft_representation_send_unwanted (LoftRequest *request, const char *etag)
{
  g_return_if_fail (LOFT_IS_REQUEST (request));
  g_return_if_fail (etag != NULL);

  g_autoptr (GError) local_error =
    g_error_new (LOFT_HTTP_ERROR,
                 LOFT_HTTP_ERROR_PRECONDITION,
                 "The entity tag is %s, which If-Match does not name",
                 etag);
  loft_response_send_problem (request, local_error);
}

/**
 * loft_representation_set_modified:
 * @request: a request that reads
 * @time: microseconds since 1970
 *
 * Says when what will be answered has changed last, for clients that know no
 * entity tags. Before that second is over there may be another change in it, so
 * then nothing is said.
 */
void
loft_representation_set_modified (LoftRequest *request, gint64 time)
{
  g_return_if_fail (LOFT_IS_REQUEST (request));

  gint64 second = time / G_USEC_PER_SEC;
  if (g_get_real_time () / G_USEC_PER_SEC <= second)
    {
      loft_hot_limit (request, (second + 1) * G_USEC_PER_SEC);
      return;
    }

  g_autoptr (GDateTime) date = g_date_time_new_from_unix_utc (second);
  g_autofree char *text = soup_date_time_to_string (date, SOUP_DATE_HTTP);
  soup_message_headers_replace (loft_request_get_response_headers (request),
                                "Last-Modified",
                                text);
}

static void
send_encoded (LoftRequest *request,
              const char *media_type,
              GBytes *encoded,
              const char *etag,
              LoftCoding coding)
{
  loft_hot_offer (
    request,
    etag,
    loft_representation_get_bits (request, media_type, coding, FALSE),
    encoded);
  soup_message_headers_replace (loft_request_get_response_headers (request),
                                "Content-Encoding",
                                loft_coding_get_name (coding));
  loft_response_send (request, SOUP_STATUS_OK, media_type, encoded);
}

/* The client gets the body all the same, as if it had not asked; but then under
 * no entity tag, since the one that was set belongs to the compressed body. */
static void
send_plain (LoftRequest *request,
            const char *media_type,
            GBytes *body,
            const GError *error)
{
  g_warning ("%s", error->message);
  soup_message_headers_remove (loft_request_get_response_headers (request),
                               "ETag");
  loft_response_send (request, SOUP_STATUS_OK, media_type, body);
}

static void
encode_cb (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Encoding) encoding = user_data;
  g_autoptr (GError) local_error = NULL;
  g_autoptr (GBytes) encoded =
    loft_encoder_encode_finish (LOFT_ENCODER (source_object),
                                result,
                                &local_error);

  if (!loft_request_is_alive (encoding->request))
    return;
  if (encoded != NULL)
    send_encoded (encoding->request,
                  encoding->media_type,
                  encoded,
                  encoding->etag,
                  encoding->coding);
  else
    send_plain (encoding->request,
                encoding->media_type,
                encoding->body,
                local_error);
}

static void
encode_later (LoftRequest *request,
              const char *media_type,
              GBytes *body,
              const char *digest,
              const char *etag,
              LoftCoding coding)
{
  Encoding *encoding = g_new0 (Encoding, 1);

  encoding->request = g_object_ref (request);
  encoding->body = g_bytes_ref (body);
  encoding->media_type = g_strdup (media_type);
  encoding->etag = g_strdup (etag);
  encoding->coding = coding;
  loft_request_pause (request);
  loft_encoder_encode_async (loft_request_get_shared (request)->encoder,
                             body,
                             digest,
                             coding,
                             encode_cb,
                             encoding);
}

static void
encode_and_send (LoftRequest *request,
                 const char *media_type,
                 GBytes *body,
                 const char *digest,
                 const char *etag,
                 LoftCoding coding)
{
  LoftEncoder *encoder = loft_request_get_shared (request)->encoder;
  g_autoptr (GError) local_error = NULL;
  g_autoptr (GBytes) encoded = loft_encoder_lookup (encoder, digest, coding);

  if (encoded == NULL && g_bytes_get_size (body) > COMPRESS_HERE_MAX)
    {
      encode_later (request, media_type, body, digest, etag, coding);
      return;
    }

  if (encoded == NULL)
    encoded = loft_encoder_encode (encoder, body, digest, coding, &local_error);
  if (encoded != NULL)
    send_encoded (request, media_type, encoded, etag, coding);
  else
    send_plain (request, media_type, body, local_error);
}

static void
send_text (LoftRequest *request,
           const char *media_type,
           GBytes *body,
           const char *digest,
           const char *cache_control)
{
  SoupMessageHeaders *headers = loft_request_get_response_headers (request);
  g_autofree char *computed =
    digest == NULL ? loft_representation_make_digest (body) : NULL;
  if (digest == NULL)
    digest = computed;
  gboolean small = g_bytes_get_size (body) < COMPRESS_MIN;
  LoftCoding coding =
    small ? LOFT_CODING_IDENTITY : loft_request_get_coding (request);
  guint64 representations =
    loft_representation_get_bits (request, media_type, coding, small);
  g_autofree char *etag = loft_representation_make_etag (digest, coding);

  if (!loft_representation_is_wanted (request, etag))
    {
      loft_representation_send_unwanted (request, etag);
      return;
    }

  soup_message_headers_replace (headers, "ETag", etag);
  soup_message_headers_replace (headers, "Cache-Control", cache_control);
  soup_message_headers_replace (headers,
                                "Vary",
                                loft_representation_get_vary (media_type));
  if (loft_representation_is_known (request, etag))
    {
      loft_hot_offer (request, etag, representations, NULL);
      loft_response_send (request, SOUP_STATUS_NOT_MODIFIED, NULL, NULL);
    }
  else if (coding == LOFT_CODING_IDENTITY)
    {
      loft_hot_offer (request, etag, representations, body);
      loft_response_send (request, SOUP_STATUS_OK, media_type, body);
    }
  else
    encode_and_send (request, media_type, body, digest, etag, coding);
}

/**
 * loft_representation_send:
 * @request: a request that reads
 * @media_type: type of @body
 * @body: what to answer
 * @digest: (nullable): in hex, tells @body from all others; %NULL for the
 *   SHA-256 of @body
 *
 * Answers with a text that may change: compressed as the client likes it, under
 * an entity tag that differs from coding to coding, or not at all where the
 * client has it already. A long text is compressed in a thread.
 */
void
loft_representation_send (LoftRequest *request,
                          const char *media_type,
                          GBytes *body,
                          const char *digest)
{
  g_return_if_fail (LOFT_IS_REQUEST (request));
  g_return_if_fail (media_type != NULL && body != NULL);

  if (loft_request_is_alive (request))
    send_text (request, media_type, body, digest, LOFT_CACHE_REVALIDATE);
}

/**
 * loft_representation_send_own:
 * @request: a request that reads
 * @media_type: type of @body
 * @body: what to answer
 *
 * Answers as loft_representation_send() does, but tells caches that this is for
 * nobody else.
 */
void
loft_representation_send_own (LoftRequest *request,
                              const char *media_type,
                              GBytes *body)
{
  g_return_if_fail (LOFT_IS_REQUEST (request));
  g_return_if_fail (media_type != NULL && body != NULL);

  if (loft_request_is_alive (request))
    send_text (request, media_type, body, NULL, CACHE_OWN);
}

/**
 * loft_representation_send_brief:
 * @request: a request that reads
 * @media_type: type of @body
 * @body: what to answer
 *
 * Answers as loft_representation_send() does with what need not be new: it may
 * be kept for a minute.
 */
void
loft_representation_send_brief (LoftRequest *request,
                                const char *media_type,
                                GBytes *body)
{
  g_return_if_fail (LOFT_IS_REQUEST (request));
  g_return_if_fail (media_type != NULL && body != NULL);

  if (loft_request_is_alive (request))
    send_text (request, media_type, body, NULL, CACHE_BRIEF);
}

/**
 * loft_representation_send_file:
 * @request: a request that reads
 * @media_type: type of @body
 * @body: what to answer
 * @cache_control: what caches may do with it
 *
 * Answers as loft_representation_send() does, but caches may go on with it for
 * a while.
 */
void
loft_representation_send_file (LoftRequest *request,
                               const char *media_type,
                               GBytes *body,
                               const char *cache_control)
{
  g_return_if_fail (LOFT_IS_REQUEST (request));
  g_return_if_fail (media_type != NULL && body != NULL);
  g_return_if_fail (cache_control != NULL);

  if (loft_request_is_alive (request))
    send_text (request, media_type, body, NULL, cache_control);
}

/**
 * loft_representation_send_view:
 * @request: a request for a view
 * @media_type: type of @body
 * @body: what to answer
 * @digest: (nullable): SHA-256 of @body in hex, where it is known
 * @validity: how long @body holds
 *
 * Answers as loft_representation_send() does, but what is settled may be kept
 * for ever, unless it is a page, whose looks change with the server, and with
 * the documentation that it links to. What waits for a version to come of age
 * says when that is; it may not be kept till then unasked, since versions are
 * yanked under it.
 */
void
loft_representation_send_view (LoftRequest *request,
                               const char *media_type,
                               GBytes *body,
                               const char *digest,
                               const LoftValidity *validity)
{
  g_return_if_fail (LOFT_IS_REQUEST (request));
  g_return_if_fail (media_type != NULL && body != NULL && validity != NULL);

  if (!loft_request_is_alive (request))
    return;

  gboolean is_page = g_str_equal (media_type, LOFT_MEDIA_TYPE_HTML);
  g_autoptr (GDateTime) until =
    validity->until > 0
      ? g_date_time_new_from_unix_utc (validity->until / G_USEC_PER_SEC)
      : NULL;
  if (until != NULL)
    {
      g_autofree char *date = soup_date_time_to_string (until, SOUP_DATE_HTTP);

      loft_hot_limit (request, validity->until);
      soup_message_headers_replace (loft_request_get_response_headers (request),
                                    "Expires",
                                    date);
    }
  send_text (request,
             media_type,
             body,
             digest,
             validity->settled && !is_page ? LOFT_CACHE_FOREVER
                                           : LOFT_CACHE_REVALIDATE);
}

/**
 * loft_representation_format_disposition:
 * @filename: a file's name
 *
 * Writes a `Content-Disposition`. A name that is not plain is written twice: so
 * that every client can read it, and as it is.
 *
 * Returns: (transfer full): the header's value
 */
char *
loft_representation_format_disposition (const char *filename)
{
  g_return_val_if_fail (filename != NULL, NULL);

  g_autofree char *plain = g_strdup (filename);
  g_strcanon (plain, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "-_.+~", '_');
  if (g_str_equal (plain, filename))
    return g_strdup_printf ("attachment; filename=\"%s\"", plain);

  g_autofree char *encoded = g_uri_escape_string (filename, NULL, FALSE);

  return g_strdup_printf ("attachment; filename=\"%s\"; filename*=UTF-8''%s",
                          plain,
                          encoded);
}

/**
 * loft_representation_format_digest:
 * @sha256: a digest in hex
 *
 * Writes a `Repr-Digest`.
 *
 * Returns: (transfer full): the header's value
 */
char *
loft_representation_format_digest (const char *sha256)
{
  g_return_val_if_fail (sha256 != NULL, NULL);

  guint8 digest[SHA256_LENGTH] = { 0 };
  for (gsize i = 0; i < SHA256_LENGTH && strlen (sha256) >= 2 * i + 2; i++)
    digest[i] = (guint8) (g_ascii_xdigit_value (sha256[2 * i]) << 4 |
                          g_ascii_xdigit_value (sha256[2 * i + 1]));

  g_autofree char *text = g_base64_encode (digest, SHA256_LENGTH);

  return g_strdup_printf ("sha-256=:%s:", text);
}
