#!/bin/sh
# Copyright © 2026 The loft-registry authors
#
# SPDX-License-Identifier: GPL-3.0-or-later

# A real object store behind a bad network.

exec "$G_TEST_SRCDIR/engines/with-ceph" memstore "$G_TEST_BUILDDIR/test-s3-chaos"
