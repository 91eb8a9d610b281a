/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "http/loft-http-shared.h"

#include "gate/loft-forwarded.h"

/* Compressed lists, mostly; what does not fit is compressed again. */
#define ENCODER_CACHE_MAX (32 * 1024 * 1024)

/* Tarballs that are asked for again and again, and for how many seconds. */
#define DOWNLOADS_MAX (64 * 1024 * 1024)
#define DOWNLOADS_SECONDS 10

/**
 * loft_http_settings_clear:
 * @self: settings
 *
 * Drops what they hold.
 */
void
loft_http_settings_clear (LoftHttpSettings *self)
{
  g_clear_pointer (&self->gate.trusted, loft_address_list_unref);
  g_clear_pointer (&self->metrics_allow, loft_address_list_unref);
  g_clear_pointer (&self->public_url, g_free);
  g_clear_pointer (&self->security_contact, g_free);
  g_clear_pointer (&self->security_policy, g_free);
}

static void
loft_http_shared_clear (LoftHttpShared *self)
{
  g_clear_object (&self->registry);
  g_clear_object (&self->encoder);
  g_clear_pointer (&self->downloads, loft_download_cache_free);
  g_clear_pointer (&self->tally, loft_download_tally_free);
  g_clear_pointer (&self->torn, g_hash_table_unref);
  loft_http_settings_clear (&self->settings);
}

/**
 * loft_http_shared_new:
 * @registry: the registry
 * @settings: what the administrator has chosen
 *
 * Makes what the requests of a server share.
 *
 * Returns: (transfer full): it
 */
LoftHttpShared *
loft_http_shared_new (LoftRegistry *registry, const LoftHttpSettings *settings)
{
  g_return_val_if_fail (LOFT_IS_REGISTRY (registry), NULL);
  g_return_val_if_fail (settings != NULL, NULL);

  LoftHttpShared *self = g_atomic_rc_box_new0 (LoftHttpShared);
  self->registry = g_object_ref (registry);
  self->encoder = loft_encoder_new (ENCODER_CACHE_MAX);
  guint slot = 0;
  LoftPage *page = loft_registry_get_page (registry, &slot);
  self->figures = loft_figures_open (page, slot);
  self->downloads = loft_download_cache_new (DOWNLOADS_MAX, DOWNLOADS_SECONDS);
  self->tally = loft_download_tally_new (registry,
                                         &self->figures->http.downloads,
                                         &self->figures->http.uncounted);
  self->torn = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  loft_http_shared_set_settings (self, settings);

  return self;
}

/**
 * loft_http_shared_set_settings:
 * @self: what requests share
 * @settings: what the administrator has chosen
 *
 * Changes the settings.
 */
void
loft_http_shared_set_settings (LoftHttpShared *self,
                               const LoftHttpSettings *settings)
{
  LoftHttpSettings copy = *settings;

  if (copy.gate.trusted != NULL)
    loft_address_list_ref (copy.gate.trusted);
  if (copy.metrics_allow != NULL)
    loft_address_list_ref (copy.metrics_allow);
  copy.public_url = g_strdup (copy.public_url);
  copy.security_contact = g_strdup (copy.security_contact);
  copy.security_policy = g_strdup (copy.security_policy);
  loft_http_settings_clear (&self->settings);
  self->settings = copy;
  self->n_settings++;
}

/**
 * loft_http_shared_get_mark:
 * @self: what requests share
 * @out_mark: (out): the mark
 *
 * Tells how far the changes have come that an answer may depend on: to other
 * settings too, which change everything.
 */
void
loft_http_shared_get_mark (LoftHttpShared *self, LoftHotMark *out_mark)
{
  loft_registry_get_mark (self->registry,
                          &out_mark->sequence,
                          &out_mark->epoch);
  out_mark->epoch += self->n_settings;
}

/**
 * loft_http_shared_trusts:
 * @self: what requests share
 * @remote: who has connected
 *
 * Tells whether that is a proxy which is believed.
 *
 * Returns: whether it is
 */
gboolean
loft_http_shared_trusts (LoftHttpShared *self, GSocketAddress *remote)
{
  g_autoptr (GInetAddress) address = loft_address_simplify (
    g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (remote)));

  return self->settings.gate.trusted != NULL &&
         loft_address_list_contains (self->settings.gate.trusted, address);
}

/**
 * loft_http_shared_count_download:
 * @self: what requests share
 * @subject: what was downloaded, as #LoftDownload has it
 *
 * Counts a download, if they are counted.
 */
void
loft_http_shared_count_download (LoftHttpShared *self, const char *subject)
{
  if (self->settings.count_downloads)
    loft_download_tally_add (self->tally, subject, g_get_real_time ());
}

/**
 * loft_http_shared_find_peer:
 * @self: what requests share
 * @remote: who has connected
 * @forwarded: (nullable): the `Forwarded` headers of a request, joined
 * @x_forwarded_for: (nullable): its `X-Forwarded-For` headers, joined
 *
 * Finds out where a request came from, as far as its proxies are believed.
 *
 * Returns: (transfer full): the address
 */
GInetAddress *
loft_http_shared_find_peer (LoftHttpShared *self,
                            GSocketAddress *remote,
                            const char *forwarded,
                            const char *x_forwarded_for)
{
  GInetAddress *address =
    g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (remote));

  if (self->settings.gate.trusted == NULL)
    return loft_address_simplify (address);

  return loft_forwarded_find_peer (address,
                                   forwarded,
                                   x_forwarded_for,
                                   self->settings.gate.trusted);
}

/**
 * loft_http_shared_unref:
 * @self: (transfer full): what requests share
 *
 * Drops a reference.
 */
void
loft_http_shared_unref (LoftHttpShared *self)
{
  g_atomic_rc_box_release_full (self, (GDestroyNotify) loft_http_shared_clear);
}
