#!/bin/sh
# Copyright © 2026 The loft-registry authors
#
# SPDX-License-Identifier: GPL-3.0-or-later

# A real engine without conditional writes is refused, and told what it lacks.

if [ -z "${LOFT_TEST_CONFIG-}" ]; then
  exec "$G_TEST_SRCDIR/engines/with-swift" "$0"
fi

. "$G_TEST_SRCDIR/system/lib.sh"

check "a registry does not start on Swift" \
  fails 1 "PUT with “If-None-Match” is not implemented" \
  "$program" --config "$LOFT_TEST_CONFIG" --listen 127.0.0.1:0

finish
