#!/bin/sh
# Copyright © 2026 The loft-registry authors
#
# SPDX-License-Identifier: GPL-3.0-or-later

# A long history of three registries on one bucket.

LOFT_HISTORY_PUBLISHES=${LOFT_HISTORY_PUBLISHES-3000}
LOFT_HISTORY_PAUSE=${LOFT_HISTORY_PAUSE-20}
LOFT_HISTORY_HARM=${LOFT_HISTORY_HARM-4000}
LOFT_HISTORY_SECONDS=${LOFT_HISTORY_SECONDS-1500}
export LOFT_HISTORY_PUBLISHES LOFT_HISTORY_PAUSE LOFT_HISTORY_HARM \
  LOFT_HISTORY_SECONDS

exec "$G_TEST_SRCDIR/engines/with-ceph" bluestore \
  "$G_TEST_BUILDDIR/history/test-history" "$@"
