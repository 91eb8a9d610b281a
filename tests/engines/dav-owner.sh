#!/bin/sh
# Copyright © 2026 The loft-registry authors
#
# SPDX-License-Identifier: GPL-3.0-or-later

# Two that want the same store on a WebDAV server.

exec "$G_TEST_SRCDIR/engines/with-apache" "$G_TEST_BUILDDIR/test-gio-owner"
