#!/bin/sh
# Copyright © 2026 The loft-registry authors
#
# SPDX-License-Identifier: GPL-3.0-or-later

# Writes that reach a WebDAV server late.

exec "$G_TEST_SRCDIR/engines/with-apache" "$G_TEST_BUILDDIR/test-gio-late"
