/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "kit/daemon-kit.h"
#include "kit/metrics-kit.h"
#include "kit/s3-double.h"

G_BEGIN_DECLS

#define STORE_KIT_WORKERS 2

/**
 * StoreKit:
 * @engine: an object store that does what it is told
 * @daemon: the real program before it
 *
 * A registry whose packages are in an object store.
 */
typedef struct
{
  S3Double *engine;  /* owned */
  DaemonKit *daemon; /* owned */
} StoreKit;

void store_kit_set_up (StoreKit *self);
void store_kit_configure_daemon (StoreKit *self, DaemonKit *daemon);
void store_kit_tear_down (StoreKit *self);
void store_kit_configure (StoreKit *self, const char *key, const char *value);
void store_kit_start (StoreKit *self);
void store_kit_stop (StoreKit *self);

GBytes *store_kit_publish (StoreKit *self, const char *name, gsize size);
WireAnswer *store_kit_ask (StoreKit *self,
                           const char *method,
                           const char *name,
                           const char *headers);
void store_kit_check (StoreKit *self, const char *name, GBytes *tarball);
double store_kit_get_figure (StoreKit *self, const char *sample);

G_END_DECLS
