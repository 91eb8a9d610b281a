#!/bin/sh
# Copyright © 2026 The loft-registry authors
#
# SPDX-License-Identifier: GPL-3.0-or-later

# A registry on a WebDAV server that has its troubles.

here=$(dirname "$0")

exec "$here/with-apache" "$here/gio-registry" gvfsd-dav
