/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include <string.h>

#include "loft-s3-sign.h"

/* The vectors that were published with the specification: requests of one
 * moment in 2015 to a service that has no digest header, and the examples of
 * the S3 service itself. */

#define EMPTY "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define WELCOME                                                                \
  "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072"

typedef struct
{
  const char *name;
  const char *method;
  const char *path;        /* not encoded */
  const char *query[3][2]; /* not encoded */
  const char *headers[4][2];
  const char *body;
  const char *names;
  const char *signature;
} Vector;

static const LoftS3Signer plain_signer = {
  .access_key = "AKIDEXAMPLE",
  .secret_key = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
  .region = "us-east-1",
  .service = "service",
  .time = 1440938160,
};

static const Vector plain_vectors[] = {
  {
    .name = "vanilla",
    .names = "host;x-amz-date",
    .signature =
      "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
  },
  {
    .name = "vanilla-post",
    .method = "POST",
    .names = "host;x-amz-date",
    .signature =
      "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b",
  },
  {
    .name = "query-order",
    .query = { { "Param2", "value2" }, { "Param1", "value1" } },
    .names = "host;x-amz-date",
    .signature =
      "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
  },
  {
    .name = "query-unreserved",
    .query = { { "-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                 "abcdefghijklmnopqrstuvwxyz",
                 "-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                 "abcdefghijklmnopqrstuvwxyz" } },
    .names = "host;x-amz-date",
    .signature =
      "9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197",
  },
  {
    .name = "utf8",
    .path = "/\xe1\x88\xb4",
    .names = "host;x-amz-date",
    .signature =
      "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85",
  },
  {
    .name = "space",
    .path = "/example space/",
    .names = "host;x-amz-date",
    .signature =
      "652487583200325589f1fba4c7e578f72c47cb61beeca81406b39ddec1366741",
  },
  {
    .name = "header-trim",
    .headers = { { "My-Header1", "  value1" },
                 { "My-Header2", " \"a   b   c\"" } },
    .names = "host;my-header1;my-header2;x-amz-date",
    .signature =
      "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736",
  },
  {
    .name = "header-repeated",
    .headers = { { "My-Header1", "value2" },
                 { "My-Header1", "value2" },
                 { "My-Header1", "value1" } },
    .names = "host;my-header1;x-amz-date",
    .signature =
      "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea",
  },
  {
    .name = "form",
    .method = "POST",
    .headers = { { "Content-Type", "application/x-www-form-urlencoded" } },
    .body = "9095672bbd1f56dfc5b65f3e153adc8731a4a654192329106275f4c7b24d0b6e",
    .names = "content-type;host;x-amz-date",
    .signature =
      "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a",
  },
};

static const LoftS3Signer s3_signer = {
  .access_key = "AKIAIOSFODNN7EXAMPLE",
  .secret_key = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
  .region = "us-east-1",
  .service = "s3",
  .time = 1369353600,
};

static const Vector s3_vectors[] = {
  {
    .name = "get-range",
    .path = "/test.txt",
    .headers = { { "Range", "bytes=0-9" } },
    .names = "host;range;x-amz-content-sha256;x-amz-date",
    .signature =
      "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
  },
  {
    .name = "put",
    .method = "PUT",
    .path = "/test$file.text",
    .headers = { { "Date", "Fri, 24 May 2013 00:00:00 GMT" },
                 { "x-amz-storage-class", "REDUCED_REDUNDANCY" } },
    .body = WELCOME,
    .names = "date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class",
    .signature =
      "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
  },
  {
    .name = "get-lifecycle",
    .query = { { "lifecycle", "" } },
    .names = "host;x-amz-content-sha256;x-amz-date",
    .signature =
      "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
  },
  {
    .name = "list",
    .query = { { "prefix", "J" }, { "max-keys", "2" } },
    .names = "host;x-amz-content-sha256;x-amz-date",
    .signature =
      "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
  },
};

static LoftS3Request *
build (const Vector *vector, const char *host)
{
  g_autofree char *path =
    loft_s3_encode (vector->path != NULL ? vector->path : "/", TRUE);
  LoftS3Request *request =
    loft_s3_request_new (vector->method != NULL ? vector->method : "GET", path);

  loft_s3_request_add_header (request, "Host", host);
  for (guint i = 0; i < G_N_ELEMENTS (vector->query); i++)
    if (vector->query[i][0] != NULL)
      loft_s3_request_add_query (request,
                                 vector->query[i][0],
                                 vector->query[i][1]);
  for (guint i = 0; i < G_N_ELEMENTS (vector->headers); i++)
    if (vector->headers[i][0] != NULL)
      loft_s3_request_add_header (request,
                                  vector->headers[i][0],
                                  vector->headers[i][1]);

  return request;
}

static const char *
find_header (LoftS3Request *request, const char *name)
{
  for (guint i = 0; i < request->headers->len; i++)
    {
      const LoftS3Header *header = g_ptr_array_index (request->headers, i);

      if (g_str_equal (header->name, name))
        return header->value;
    }

  return NULL;
}

static void
check_vector (const Vector *vector,
              const LoftS3Signer *signer,
              const char *host,
              const char *scope)
{
  g_autoptr (LoftS3Request) request = build (vector, host);
  g_autofree char *expected =
    g_strdup_printf ("AWS4-HMAC-SHA256 Credential=%s/%s, SignedHeaders=%s, "
                     "Signature=%s",
                     signer->access_key,
                     scope,
                     vector->names,
                     vector->signature);

  loft_s3_sign (signer, request, vector->body != NULL ? vector->body : EMPTY);
  g_assert_cmpstr (find_header (request, "authorization"), ==, expected);
}

/* What the specification says of headers, queries and paths is computed. */
static void
test_plain (gconstpointer data)
{
  check_vector (data,
                &plain_signer,
                "example.amazonaws.com",
                "20150830/us-east-1/service/aws4_request");
}

/* The examples of the S3 service come out, digest header included. */
static void
test_s3 (gconstpointer data)
{
  check_vector (data,
                &s3_signer,
                "examplebucket.s3.amazonaws.com",
                "20130524/us-east-1/s3/aws4_request");
}

/* An address that anybody may use for a day is the published one. */
static void
test_presign (void)
{
  const Vector vector = { .path = "/test.txt" };
  g_autoptr (LoftS3Request) request =
    build (&vector, "examplebucket.s3.amazonaws.com");

  loft_s3_presign (&s3_signer, request, 86400);
  g_autofree char *query = loft_s3_request_format_query (request);

  g_assert_cmpstr (
    query,
    ==,
    "X-Amz-Algorithm=AWS4-HMAC-SHA256&"
    "X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2F"
    "aws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&"
    "X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751"
    "f604d404&X-Amz-SignedHeaders=host");
}

/* A token goes along, signed in a header, or in an address. */
static void
test_token (void)
{
  const Vector vector = { .path = "/test.txt" };
  g_autoptr (LoftS3Request) request = build (&vector, "example.com");
  g_autoptr (LoftS3Request) address = build (&vector, "example.com");
  LoftS3Signer signer = s3_signer;

  signer.token = "to/ken";
  loft_s3_sign (&signer, request, LOFT_S3_UNSIGNED_PAYLOAD);
  g_assert_cmpstr (find_header (request, "x-amz-security-token"), ==, "to/ken");
  g_assert_cmpstr (find_header (request, "x-amz-content-sha256"),
                   ==,
                   "UNSIGNED-PAYLOAD");
  g_assert_nonnull (
    strstr (find_header (request, "authorization"),
            "SignedHeaders=host;x-amz-content-sha256;x-amz-date;"
            "x-amz-security-token,"));

  loft_s3_presign (&signer, address, 1);
  g_autofree char *query = loft_s3_request_format_query (address);
  g_assert_nonnull (strstr (query, "X-Amz-Security-Token=to%2Fken"));
}

/* Paths keep their slashes and nothing else that means anything. */
static void
test_encode (void)
{
  g_autofree char *path =
    loft_s3_encode ("a b/%2F+=&?#\x01\x7f\xc3\xbc~-._", TRUE);
  g_autofree char *value = loft_s3_encode ("a/b", FALSE);

  g_assert_cmpstr (path, ==, "a%20b/%252F%2B%3D%26%3F%23%01%7F%C3%BC~-._");
  g_assert_cmpstr (value, ==, "a%2Fb");
}

/* Parameters sort by name, whatever follows it. */
static void
test_query_order (void)
{
  g_autoptr (LoftS3Request) request = loft_s3_request_new ("GET", "/");

  loft_s3_request_add_query (request, "a1", "x");
  loft_s3_request_add_query (request, "a", "z");
  loft_s3_request_add_query (request, "B", "");
  loft_s3_request_add_query (request, "a", "y z");
  g_autofree char *query = loft_s3_request_format_query (request);

  g_assert_cmpstr (query, ==, "B=&a=y%20z&a=z&a1=x");
}

static void
add_vectors (const char *group,
             const Vector *vectors,
             gsize n,
             GTestDataFunc function)
{
  for (gsize i = 0; i < n; i++)
    {
      g_autofree char *path =
        g_strconcat ("/s3-sign/", group, "/", vectors[i].name, NULL);

      g_test_add_data_func (path, &vectors[i], function);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  add_vectors ("vector",
               plain_vectors,
               G_N_ELEMENTS (plain_vectors),
               test_plain);
  add_vectors ("s3", s3_vectors, G_N_ELEMENTS (s3_vectors), test_s3);
  g_test_add_func ("/s3-sign/presign", test_presign);
  g_test_add_func ("/s3-sign/token", test_token);
  g_test_add_func ("/s3-sign/encode", test_encode);
  g_test_add_func ("/s3-sign/query-order", test_query_order);

  return g_test_run ();
}
