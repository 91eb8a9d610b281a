/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

/* bench-engine CONFIG put SECONDS CLIENTS SIZE PREFIX
 *
 * Puts objects into a bucket, as bench-publish publishes versions, with the
 * same bytes, and with nothing between this program and the engine. CONFIG is a
 * configuration of the daemon.
 *
 * bench-engine CONFIG get SECONDS CLIENTS COUNT NAME [once]
 *
 * Gets the tarballs of the first COUNT versions of package NAME that
 * bench-publish has published, again and again, or each once.
 *
 * bench-engine CONFIG delete KEY */

#include <stdlib.h>
#include <string.h>

#include "bench/bench-kit.h"
#include "kit/package-kit.h"
#include "kit/wire-kit.h"
#include "loft-s3-config.h"
#include "loft-s3-sign.h"

typedef struct
{
  LoftS3Config *config; /* owned */
  char *host;           /* owned */
  GPtrArray *wires;     /* owned, of Wire */
  const char *name;
  gsize size;
  guint count;
  gboolean once;
  int next; /* atomic */
} Engine;

static void
engine_clear (Engine *self)
{
  g_clear_pointer (&self->config, loft_s3_config_free);
  g_clear_pointer (&self->wires, g_ptr_array_unref);
  g_free (self->host);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Engine, engine_clear)

static gboolean
engine_init (Engine *self, const char *path, guint clients, GError **error)
{
  g_autoptr (GKeyFile) file = g_key_file_new ();

  if (!g_key_file_load_from_file (file, path, G_KEY_FILE_NONE, error))
    return FALSE;
  self->config = loft_s3_config_new (file, error);
  if (self->config == NULL)
    return FALSE;

  self->host = loft_s3_config_format_host (self->config);
  self->wires = g_ptr_array_new_with_free_func ((GDestroyNotify) wire_free);
  for (guint i = 0; i < clients; i++)
    g_ptr_array_add (
      self->wires,
      wire_new ((guint16) g_uri_get_port (self->config->endpoint)));

  return TRUE;
}

/* The headers of a signed request, except Host, which is the client's. */
static char *
sign (Engine *self, LoftS3Request *request)
{
  const LoftS3Signer signer = {
    .access_key = self->config->access_key,
    .secret_key = self->config->secret_key,
    .region = self->config->region,
    .service = "s3",
    .time = g_get_real_time () / G_USEC_PER_SEC,
  };
  GString *headers = g_string_new (NULL);

  loft_s3_request_add_header (request, "host", self->host);
  loft_s3_sign (&signer, request, LOFT_S3_UNSIGNED_PAYLOAD);
  for (guint i = 0; i < request->headers->len; i++)
    {
      const LoftS3Header *header = g_ptr_array_index (request->headers, i);

      if (!g_str_equal (header->name, "host"))
        g_string_append_printf (headers,
                                "%s: %s\r\n",
                                header->name,
                                header->value);
    }

  return g_string_free (headers, FALSE);
}

static gboolean
ask (Engine *self,
     guint worker,
     const char *method,
     const char *key,
     GBytes *body,
     GError **error)
{
  Wire *wire = g_ptr_array_index (self->wires, worker);
  g_autofree char *path = loft_s3_config_format_path (self->config, key);
  g_autoptr (LoftS3Request) request = loft_s3_request_new (method, path);
  g_autofree char *headers = sign (self, request);
  guint64 size;

  if (!wire_send (wire, method, path, headers, body, error))
    return FALSE;

  g_autoptr (WireAnswer) answer = g_str_equal (method, "DELETE")
                                    ? wire_read (wire, TRUE, error)
                                    : wire_skip (wire, &size, error);
  if (answer == NULL)
    return FALSE;
  if (answer->status == 200 || answer->status == 204)
    return TRUE;

  g_set_error (error,
               G_IO_ERROR,
               G_IO_ERROR_FAILED,
               "%s %s was answered with %u",
               method,
               key,
               answer->status);

  return FALSE;
}

static gboolean
put_cb (guint worker, guint turn, gpointer user_data, GError **error)
{
  Engine *self = user_data;
  g_autofree char *name = g_strdup_printf ("%s-%u", self->name, worker);
  g_autofree char *version = g_strdup_printf ("1.0.%u", turn);
  g_autofree char *key = g_strdup_printf ("%s/%s", name, version);
  g_autoptr (GBytes) tarball =
    package_kit_make (name, version, self->size, turn);

  return ask (self, worker, "PUT", key, tarball, error);
}

static gboolean
get_cb (guint worker, guint turn, gpointer user_data, GError **error)
{
  Engine *self = user_data;
  guint number = (guint) g_atomic_int_add (&self->next, 1);

  if (self->once && number >= self->count)
    return FALSE;

  g_autofree char *key =
    g_strdup_printf ("%s/1.0.%u.tar.gz", self->name, number % self->count);

  return ask (self, worker, "GET", key, NULL, error);
}

static guint
to_number (const char *text)
{
  return (guint) g_ascii_strtoull (text, NULL, 10);
}

static gboolean
do_command (char **args, guint n_args, GError **error)
{
  g_auto (Engine) self = { 0 };
  const char *command = args[1];

  if (n_args == 3)
    return engine_init (&self, args[0], 1, error) &&
           ask (&self, 0, "DELETE", args[2], NULL, error);

  gboolean puts = g_str_equal (command, "put");
  guint clients = to_number (args[3]);

  self.name = args[5];
  self.size = to_number (args[4]);
  self.count = MAX (to_number (args[4]), 1);
  self.once = n_args == 7;

  return engine_init (&self, args[0], clients, error) &&
         bench_run (clients,
                    g_ascii_strtod (args[2], NULL),
                    puts ? put_cb : get_cb,
                    &self,
                    error);
}

static gboolean
is_known (char **args, guint n_args)
{
  if (n_args < 3)
    return FALSE;
  if (g_str_equal (args[1], "delete"))
    return n_args == 3;
  if (g_str_equal (args[1], "put"))
    return n_args == 6;

  return g_str_equal (args[1], "get") && (n_args == 6 || n_args == 7);
}

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  guint n_args = (guint) argc - 1;

  g_set_prgname ("bench-engine");
  if (!is_known (argv + 1, n_args))
    {
      g_printerr ("usage: bench-engine CONFIG put SECONDS CLIENTS SIZE PREFIX\n"
                  "       bench-engine CONFIG get SECONDS CLIENTS COUNT NAME"
                  " [once]\n"
                  "       bench-engine CONFIG delete KEY\n");
      return 2;
    }

  return do_command (argv + 1, n_args, &error) ? EXIT_SUCCESS
                                               : bench_fail (error);
}
