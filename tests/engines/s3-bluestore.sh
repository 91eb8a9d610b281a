#!/bin/sh
# Copyright © 2026 The loft-registry authors
#
# SPDX-License-Identifier: GPL-3.0-or-later

# The storage contract on an object store that writes to a disk.

exec "$G_TEST_SRCDIR/engines/with-ceph" bluestore \
  "$G_TEST_BUILDDIR/test-storage-contract" --backend s3
