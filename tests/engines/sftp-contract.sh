#!/bin/sh
# Copyright © 2026 The loft-registry authors
#
# SPDX-License-Identifier: GPL-3.0-or-later

# The storage contract on a machine with SSH.

exec "$G_TEST_SRCDIR/engines/with-openssh" \
  "$G_TEST_BUILDDIR/test-storage-contract" --backend gio
