#!/bin/sh
# Copyright © 2026 The loft-registry authors
#
# SPDX-License-Identifier: GPL-3.0-or-later

# Takes a picture of each page, narrow and wide, light and dark.

. "$G_TEST_SRCDIR/browser/lib.sh"

if [ -n "$absent" ]; then
  echo "no screenshots: $absent" >&2
  exit 1
fi

take_all ()
{
  begin_all && node "$place/fill.mjs" "$full" && deprecate_one &&
    node "$place/screenshots.mjs" "$full" "$empty" \
      "$G_TEST_BUILDDIR/screenshots"
}

mkdir -p "$G_TEST_BUILDDIR/screenshots" || exit 1
if ! take_all; then
  tail -n 20 ./*.log >&2
  exit 1
fi
echo "The pictures are in $G_TEST_BUILDDIR/screenshots."
