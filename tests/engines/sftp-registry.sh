#!/bin/sh
# Copyright © 2026 The loft-registry authors
#
# SPDX-License-Identifier: GPL-3.0-or-later

# A registry on a machine with SSH that has its troubles.

here=$G_TEST_SRCDIR/engines

exec "$here/with-openssh" "$here/gio-registry" gvfsd-sftp
