#!/bin/sh
# Copyright © 2026 The loft-registry authors
#
# SPDX-License-Identifier: GPL-3.0-or-later

# The storage contract with the bucket in the name of the host, all but the
# object of a gibibyte.

if [ -z "${LOFT_TEST_CONFIG-}" ]; then
  exec "$G_TEST_SRCDIR/engines/with-ceph" memstore "$0"
fi

sed -i 's,//127\.0\.0\.1:,//localhost:,' "$LOFT_TEST_CONFIG"
echo addressing=virtual >>"$LOFT_TEST_CONFIG"

exec "$G_TEST_BUILDDIR/test-storage-contract" --backend s3 \
  -s /storage-contract/read/huge
