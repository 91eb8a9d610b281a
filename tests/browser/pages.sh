#!/bin/sh
# Copyright © 2026 The loft-registry authors
#
# SPDX-License-Identifier: GPL-3.0-or-later

# People walk the pages in a browser, on a phone and at a desk, with and without
# JavaScript, by keyboard, and with what helps who can't see them.

if [ -n "${LOFT_TEST_SHORT-}" ]; then
  echo "1..0 # SKIP it takes long, and packages are built without a network"
  exit
fi

. "$G_TEST_SRCDIR/browser/lib.sh"

if [ -n "$absent" ]; then
  echo "1..0 # SKIP $absent"
  exit
fi

if ! { begin_all && node "$place/fill.mjs" "$full" && deprecate_one; } \
  >fill.log 2>&1; then
  tail -n 20 ./*.log | sed 's/^/# /'
  echo "Bail out! there is nothing to walk"
  exit 1
fi
node "$place/walk.mjs" "$full" "$empty"
