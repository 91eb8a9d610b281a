/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "kit/store-kit.h"

#include "kit/package-kit.h"
#include "kit/s3-wire.h"

#define READY_SECONDS 60

static void
configure (DaemonKit *daemon,
           const char *group,
           const char *key,
           const char *value)
{
  g_autoptr (GError) error = NULL;

  daemon_kit_configure (daemon, group, key, value, &error);
  g_assert_no_error (error);
}

/* Of the group [registry]. */
void
store_kit_configure (StoreKit *self, const char *key, const char *value)
{
  configure (self->daemon, "registry", key, value);
}

/* Has a daemon keep everything in the store. */
void
store_kit_configure_daemon (StoreKit *self, DaemonKit *daemon)
{
  g_autofree char *endpoint = s3_double_format_uri (self->engine);
  g_autofree char *workers = g_strdup_printf ("%d", STORE_KIT_WORKERS);

  configure (daemon, "registry", "storage", "s3://" S3_WIRE_BUCKET "/p");
  configure (daemon, "registry", "max-tarball-size", "256 MiB");
  configure (daemon, "s3", "endpoint", endpoint);
  configure (daemon, "s3", "access-key", "me");
  configure (daemon, "s3", "secret-key", "secret");
  configure (daemon, "http", "workers", workers);
  configure (daemon, "http", "limit-new", "0");
  daemon->expects_warnings = TRUE;
}

/* Nothing runs yet but the store. */
void
store_kit_set_up (StoreKit *self)
{
  g_autoptr (GError) error = NULL;

  self->engine = s3_double_new (S3_MEMORY_GOOD);
  self->daemon = daemon_kit_new (NULL, &error);
  g_assert_no_error (error);
  store_kit_configure_daemon (self, self->daemon);
}

void
store_kit_tear_down (StoreKit *self)
{
  daemon_kit_free (self->daemon);
  s3_double_free (self->engine);
}

void
store_kit_start (StoreKit *self)
{
  g_autoptr (GError) error = NULL;

  daemon_kit_start (self->daemon, &error);
  g_assert_no_error (error);
  daemon_kit_wait_ready (self->daemon, READY_SECONDS, &error);
  g_assert_no_error (error);
}

void
store_kit_stop (StoreKit *self)
{
  g_autoptr (GError) error = NULL;

  daemon_kit_stop (self->daemon, &error);
  g_assert_no_error (error);
}

/* Version 1.0.0, of about so many bytes. */
GBytes *
store_kit_publish (StoreKit *self, const char *name, gsize size)
{
  g_autoptr (Wire) wire = wire_new (self->daemon->port);
  GBytes *tarball = package_kit_make (name, "1.0.0", size, 1);

  g_assert_cmpuint (wire_publish (wire, name, "1.0.0", tarball), ==, 201);

  return tarball;
}

/* Asks for the tarball of a package; NULL if the answer broke off. */
WireAnswer *
store_kit_ask (StoreKit *self,
               const char *method,
               const char *name,
               const char *headers)
{
  g_autoptr (Wire) wire = wire_new (self->daemon->port);
  g_autofree char *target =
    g_strdup_printf ("/packages/%s/1.0.0/download", name);

  return wire_request (wire, method, target, headers, NULL, NULL);
}

/* Asks for the tarball of a package, which must be that one. */
void
store_kit_check (StoreKit *self, const char *name, GBytes *tarball)
{
  g_autoptr (WireAnswer) answer = store_kit_ask (self, "GET", name, NULL);

  g_assert_nonnull (answer);
  g_assert_cmpuint (answer->status, ==, 200);
  g_assert_true (g_bytes_equal (answer->body, tarball));
}

double
store_kit_get_figure (StoreKit *self, const char *sample)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (Wire) wire = wire_new (self->daemon->port);
  g_autoptr (WireAnswer) answer = wire_get (wire, "/metrics", &error);
  g_assert_no_error (error);
  g_autofree char *text = wire_answer_dup_text (answer);
  g_autoptr (Metrics) metrics = metrics_parse (text, &error);
  g_assert_no_error (error);

  return metrics_get (metrics, sample);
}
