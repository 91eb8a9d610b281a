#!/bin/sh
# Copyright © 2026 The loft-registry authors
#
# SPDX-License-Identifier: GPL-3.0-or-later

# A short history of three registries on one bucket.

exec "$G_TEST_SRCDIR/engines/with-ceph" memstore \
  "$G_TEST_BUILDDIR/history/test-history" "$@"
