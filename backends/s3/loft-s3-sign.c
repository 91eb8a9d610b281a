/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "loft-s3-sign.h"

#include <string.h>

/* Signature Version 4
 *
 * A request is put into one canonical text: method, path, sorted query, sorted
 * headers with their names, and the digest of the body. Its digest, with the
 * time and the scope (day, region, service), is signed with a key that is
 * itself derived from the secret and the scope, so that the secret never
 * leaves its owner and an overheard key is good for one day.
 *
 * S3 differs from other services: a path is encoded once and never normalized,
 * and the body's digest is sent along as a header; over TLS it may be replaced
 * by a word that says that there is none. */

#define ALGORITHM "AWS4-HMAC-SHA256"
#define DIGEST_SIZE 32

static int
compare_headers (gconstpointer a, gconstpointer b)
{
  const LoftS3Header *left = *(const LoftS3Header *const *) a;
  const LoftS3Header *right = *(const LoftS3Header *const *) b;

  return strcmp (left->name, right->name);
}

/* Headers of one name are one, in the order in which they were added. */
static void
format_headers (LoftS3Request *request, GString *headers, GString *names)
{
  const char *last = NULL;

  g_ptr_array_sort (request->headers, compare_headers);
  for (guint i = 0; i < request->headers->len; i++)
    {
      const LoftS3Header *header = g_ptr_array_index (request->headers, i);

      if (g_strcmp0 (header->name, last) == 0)
        {
          g_string_truncate (headers, headers->len - 1);
          g_string_append_printf (headers, ",%s\n", header->value);
          continue;
        }
      g_string_append_printf (headers, "%s:%s\n", header->name, header->value);
      g_string_append_printf (names,
                              "%s%s",
                              names->len > 0 ? ";" : "",
                              header->name);
      last = header->name;
    }
}

static char *
format_canonical (LoftS3Request *request, const char *payload, char **out_names)
{
  g_autoptr (GString) headers = g_string_new (NULL);
  GString *names = g_string_new (NULL);
  g_autofree char *query = loft_s3_request_format_query (request);

  format_headers (request, headers, names);
  *out_names = g_string_free (names, FALSE);

  return g_strdup_printf ("%s\n%s\n%s\n%s\n%s\n%s",
                          request->method,
                          request->path,
                          query,
                          headers->str,
                          *out_names,
                          payload);
}

static void
sign_with (const guchar *key, gsize key_length, const char *text, guchar *out)
{
  g_autoptr (GHmac) hmac = g_hmac_new (G_CHECKSUM_SHA256, key, key_length);
  gsize length = DIGEST_SIZE;

  g_hmac_update (hmac, (const guchar *) text, (gssize) strlen (text));
  g_hmac_get_digest (hmac, out, &length);
}

static char *
format_time (const LoftS3Signer *self)
{
  g_autoptr (GDateTime) time = g_date_time_new_from_unix_utc (self->time);

  return g_date_time_format (time, "%Y%m%dT%H%M%SZ");
}

static char *
format_scope (const LoftS3Signer *self, const char *time)
{
  return g_strdup_printf ("%.8s/%s/%s/aws4_request",
                          time,
                          self->region,
                          self->service);
}

static char *
compute_signature (const LoftS3Signer *self,
                   const char *time,
                   const char *canonical)
{
  g_autofree char *secret = g_strconcat ("AWS4", self->secret_key, NULL);
  g_autofree char *scope = format_scope (self, time);
  g_autofree char *day = g_strndup (time, 8);
  g_autofree char *digest =
    g_compute_checksum_for_string (G_CHECKSUM_SHA256, canonical, -1);
  g_autofree char *text =
    g_strdup_printf (ALGORITHM "\n%s\n%s\n%s", time, scope, digest);
  const char *const steps[] = {
    day, self->region, self->service, "aws4_request", text,
  };
  guchar key[DIGEST_SIZE];
  guchar next[DIGEST_SIZE];
  GString *signature = g_string_new (NULL);

  for (guint i = 0; i < G_N_ELEMENTS (steps); i++)
    {
      if (i == 0)
        sign_with ((const guchar *) secret, strlen (secret), steps[i], next);
      else
        sign_with (key, DIGEST_SIZE, steps[i], next);
      memcpy (key, next, DIGEST_SIZE);
    }

  for (guint i = 0; i < DIGEST_SIZE; i++)
    g_string_append_printf (signature, "%02x", key[i]);

  return g_string_free (signature, FALSE);
}

/**
 * loft_s3_sign:
 * @self: who signs, and when
 * @request: a request with all its headers but those of the signature; `host`
 *   must be among them
 * @payload: the SHA-256 of the body in hexadecimal digits, or
 *   %LOFT_S3_UNSIGNED_PAYLOAD
 *
 * Adds the headers that prove to the engine who asks.
 */
void
loft_s3_sign (const LoftS3Signer *self,
              LoftS3Request *request,
              const char *payload)
{
  g_return_if_fail (self != NULL);
  g_return_if_fail (request != NULL);
  g_return_if_fail (payload != NULL);

  g_autofree char *time = format_time (self);
  g_autofree char *scope = format_scope (self, time);
  g_autofree char *names = NULL;

  loft_s3_request_add_header (request, "x-amz-date", time);
  if (g_str_equal (self->service, "s3"))
    loft_s3_request_add_header (request, "x-amz-content-sha256", payload);
  if (self->token != NULL)
    loft_s3_request_add_header (request, "x-amz-security-token", self->token);

  g_autofree char *canonical = format_canonical (request, payload, &names);
  g_autofree char *signature = compute_signature (self, time, canonical);
  g_autofree char *authorization =
    g_strdup_printf (ALGORITHM " Credential=%s/%s, SignedHeaders=%s, "
                               "Signature=%s",
                     self->access_key,
                     scope,
                     names,
                     signature);

  loft_s3_request_add_header (request, "authorization", authorization);
}

/**
 * loft_s3_presign:
 * @self: who signs, and when
 * @request: a request whose headers are all that its sender will have to send
 * @seconds: how long the signature is good for
 *
 * Adds the parameters with which anybody may send the request.
 */
void
loft_s3_presign (const LoftS3Signer *self,
                 LoftS3Request *request,
                 guint seconds)
{
  g_return_if_fail (self != NULL);
  g_return_if_fail (request != NULL);

  g_autofree char *time = format_time (self);
  g_autofree char *scope = format_scope (self, time);
  g_autofree char *credential =
    g_strconcat (self->access_key, "/", scope, NULL);
  g_autofree char *expires = g_strdup_printf ("%u", seconds);
  g_autofree char *names = NULL;
  g_autoptr (GString) headers = g_string_new (NULL);
  GString *list = g_string_new (NULL);

  format_headers (request, headers, list);
  names = g_string_free (list, FALSE);

  loft_s3_request_add_query (request, "X-Amz-Algorithm", ALGORITHM);
  loft_s3_request_add_query (request, "X-Amz-Credential", credential);
  loft_s3_request_add_query (request, "X-Amz-Date", time);
  loft_s3_request_add_query (request, "X-Amz-Expires", expires);
  loft_s3_request_add_query (request, "X-Amz-SignedHeaders", names);
  if (self->token != NULL)
    loft_s3_request_add_query (request, "X-Amz-Security-Token", self->token);

  g_autofree char *same = NULL;
  g_autofree char *canonical =
    format_canonical (request, LOFT_S3_UNSIGNED_PAYLOAD, &same);
  g_autofree char *signature = compute_signature (self, time, canonical);

  loft_s3_request_add_query (request, "X-Amz-Signature", signature);
}
